//! From lead to signature.
