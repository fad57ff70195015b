//! What was acknowledged is there after a kill, once; what was not is settled by asking with the same key.
