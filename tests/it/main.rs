//! Every room through HTTP, on SQLite or, when `PALM_TEST_POSTGRES` is set, on PostgreSQL.
mod access;
mod auth;
mod clashes;
mod clocks;
mod content;
mod durability;
mod house;
mod kills;
mod leads;
mod ledger;
mod map;
mod notifications;
mod persons;
mod signings;
mod support;
mod talks;
