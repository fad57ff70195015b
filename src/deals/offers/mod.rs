//! 一企一页: one page for a named investor, with chosen sites, policies and a contact; opened by a link that expires.
mod api;
mod events;
mod offer;
mod reading;

pub use api::routes;
pub use offer::OfferState;
