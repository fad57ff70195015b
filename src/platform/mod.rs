//! What has no word of the trade in it.
pub mod http;
pub mod random;
pub mod sms;
pub mod tc3;
pub mod wechat;
