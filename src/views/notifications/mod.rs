//! 消息通知: what happened, told to whom it concerns in the inbox and through WeChat.
mod api;
mod delivery;
mod jobs;
mod notification;
mod rule;
mod subscription;

pub use api::routes;
pub use delivery::{Undelivered, mark_undelivered};
pub use jobs::{JOBS, TOPIC, send_deliveries, tell};
pub use rule::NotificationKind;
pub use subscription::{Subscription, templates};
