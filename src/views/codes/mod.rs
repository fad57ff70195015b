//! 小程序码与短链接: what opens the right page of the mini-program from outside, by a camera or from a text message.
mod api;
mod kind;
mod link;

pub use api::routes;
pub use kind::CodeKind;
pub use link::{Opened, address};
