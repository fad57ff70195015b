//! 责任单位: counties, parks, the coordinator, liaison, information and service units (article 4, annex).
mod api;
mod seed;
mod unit;

pub use api::routes;
pub use seed::seed;
pub use unit::{Unit, UnitDuty, UnitKind};
