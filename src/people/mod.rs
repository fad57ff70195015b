//! Who: units, what was done by whom, and who may do what.
pub mod audit;
pub mod auth;
pub mod persons;
pub mod units;
