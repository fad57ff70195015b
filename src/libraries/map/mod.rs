//! 招商地图: parks, parcels and standard factory buildings on the map, and the outlines of the counties.
mod api;
mod outline;
mod seed;
mod site;
mod site_search;

pub use api::routes;
pub use seed::seed;
pub use site::{Confidence, Industry, Precision, Site, SiteKind, SiteStatus};
