//! The floor plan: one line per room, in order; a room uses only rooms above it.
// Diesel names the tables one by one, and there are more than 128.
#![recursion_limit = "256"]
#![allow(clippy::module_inception)]

pub mod config;
pub mod error;
pub mod schema;

/// No word of the trade.
#[macro_use]
pub mod platform;
pub mod app;

/// From first talk to signature: talks, projects, leads, signings.
pub mod deals;
/// What is on offer and what is published: map, content.
pub mod libraries;
/// Who: units, audit, auth, persons, content checks.
pub mod people;
/// Read across, never written: notifications, search.
pub mod views;

pub mod cli;
/// What is only for trying the program out.
pub mod demo;
pub mod openapi;
pub mod server;
