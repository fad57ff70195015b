//! From lead to signature.
pub mod projects;
pub mod talks;
pub mod leads;
