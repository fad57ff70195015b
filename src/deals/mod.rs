//! From lead to production.
pub mod signings;
