//! 常用筛选: filters of a library's list that a person keeps under a name, and may show to the own unit.
mod api;
mod saved_view;

pub use api::routes;
