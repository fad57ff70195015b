//! 招商地图: parks, parcels and standard factory buildings on the map, how units keep them and visitors choose
//! among them, and the outlines of the counties.
mod api;
mod dossier;
mod events;
pub mod jobs;
mod keeper;
mod outline;
mod seed;
mod share;
mod shortlist;
mod site;
mod site_check;
mod site_content;
mod site_import;
mod site_match;
mod site_photo;
mod site_report;
mod site_search;
mod site_sheet;
mod site_version;

pub use api::{SiteView, routes};
pub use events::SiteChanged;
pub use seed::seed;
pub use site::{Confidence, Precision, Site, SiteKind, SiteStatus};
pub use site_import::ImportState;
pub use site_match::{Criterion, Fit};
pub use site_report::{ReportOutcome, ReportState, ReportWhat};
pub use site_version::{DraftAct, VersionState};
