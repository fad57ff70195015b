//! Who: units, what was done by whom, who may do what, and whether what they send may be shown.
pub mod audit;
pub mod auth;
pub mod content_checks;
pub mod persons;
pub mod units;
