//! From lead to signature; talks stand before projects, because a project is opened from a talk.
pub mod gatherings;
pub mod leads;
pub mod offers;
pub mod projects;
pub mod signings;
pub mod talks;
