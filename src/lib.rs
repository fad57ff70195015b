//! The floor plan: one line per room, in order; a room uses only rooms above it.
pub mod deals;
pub mod platform;
