//! From lead to signature.
pub mod talks;

pub mod projects;
