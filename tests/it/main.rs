//! Every room through HTTP, on SQLite or, when `PALM_TEST_POSTGRES` is set, on PostgreSQL.
mod access;
mod auth;
mod content;
mod durability;
mod hostile;
mod house;
mod judges;
mod leads;
mod map;
mod notifications;
mod persons;
mod race;
mod redis;
mod running;
mod signings;
mod support;
mod talks;
