//! From lead to signature.
pub mod signings;
