//! From lead to signature.
pub mod talks;
pub mod leads;

pub mod projects;
