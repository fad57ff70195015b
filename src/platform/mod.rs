//! What has no word of the trade in it.
#[macro_use]
pub mod text_enum;
#[macro_use]
pub mod id;
pub mod address;
pub mod cache;
pub mod clock;
pub mod credit_code;
pub mod db;
pub mod ess;
pub mod fan_out;
pub mod figures;
pub mod files;
pub mod geo;
pub mod hash_chain;
pub mod http;
pub mod idempotency;
pub mod input;
pub mod jobs;
pub mod keys;
pub mod masked;
pub mod outbox;
pub mod page;
pub mod pdf;
pub mod pki;
pub mod published;
pub mod random;
pub mod rate_limit;
pub mod seed_file;
pub mod shelf;
pub mod sms;
pub mod tar;
pub mod tc3;
pub mod web;
pub mod wechat;
