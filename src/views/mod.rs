//! Read across the rooms, never written.
pub mod notifications;
pub mod pushes;
