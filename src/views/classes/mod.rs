//! 分级: the class of a target enterprise by dated rules, with the rows behind each point (article 5).
mod api;
mod evidence;
mod rules;
mod setting;

pub use api::routes;
pub use rules::{ClassDimension, ClassLack, ClassRule, EnterpriseClass};
