//! Read across the rooms, never written.
pub mod classes;
pub mod codes;
pub mod contributions;
pub mod notifications;
pub mod pushes;
pub mod search;
