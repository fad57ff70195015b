//! From lead to signature.
pub mod talks;
