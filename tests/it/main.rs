//! Every room through HTTP, on SQLite or, when `PALM_TEST_POSTGRES` is set, on PostgreSQL.
mod access;
mod auth;
mod content;
mod durability;
mod house;
mod imports;
mod leads;
mod map;
mod notifications;
mod offers;
mod persons;
mod signings;
mod sites;
mod support;
mod talks;
