//! 三库一图 and what is published.
pub mod industry;
