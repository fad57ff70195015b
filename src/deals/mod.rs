//! From lead to signature.
pub mod leads;
pub mod projects;
pub mod talks;
