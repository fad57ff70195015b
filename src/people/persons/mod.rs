//! 人员: invited, given roles, suspended; phones are masked, and each reveal is a logged act.
mod api;

pub use api::routes;
