//! From lead to signature; talks stand before projects, because a project is opened from a talk.
//! From lead to signature.
pub mod leads;
pub mod projects;
pub mod signings;
pub mod talks;
