//! 招商地图: parks, parcels and standard factory buildings on the map, and the outlines of the counties.
mod api;
mod atlas;
mod engine;
mod feature;
mod outline;
mod red_line;
mod rules;
mod seed;
mod site;
mod site_search;
mod utility;

pub use api::routes;
pub use atlas::atlas;
pub use feature::FeatureKind;
pub use rules::is_stale;
pub use seed::seed;
pub use site::{Confidence, Precision, Site, SiteKind, SiteStatus};
pub use utility::Utility;
