//! 带来的信息、项目和投资: what an institution brought, by year, with the rows behind each figure (article 7).
mod api;
mod contribution;
mod rules;

pub use api::routes;
pub use rules::ContributionFigure;
