//! From lead to signature.
pub mod leads;
