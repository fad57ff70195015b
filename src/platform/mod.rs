//! What has no word of the trade in it.
pub mod pdf;
pub mod pki;
pub mod random;
