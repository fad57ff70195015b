//! 微信消息推送: what WeChat tells us is stored at once, answered within moments, and carried out once.
mod api;
mod events;
mod jobs;
mod push;
mod rights;

pub use api::{outside, routes};
pub use jobs::{JOBS, carry_out_pushes};
pub use rights::{RevokedKind, RightsWish};
