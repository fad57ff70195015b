//! 一县一链: each county's main chain as links, proposed by the county, approved by the city, dated (article 6).
mod api;
mod content;
mod events;
mod rules;
mod seed;
mod version;

pub use api::routes;
pub use content::LinkPlace;
pub use rules::{ChainAct, LinkChangeKind};
pub use seed::seed_demo;
pub use version::{ChainState, ChainVersion};
