//! 云签约: from a template to an agreement that every party has signed.
pub mod paper;
