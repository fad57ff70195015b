//! Read across the rooms, never written.
