//! 消息通知: what happened, told to whom it concerns in the inbox and by each one's road.
mod api;
mod delivery;
mod jobs;
mod mail;
mod notification;
mod rule;
mod setting;
mod subscription;

pub use api::routes;
pub use delivery::{Undelivered, mark_undelivered};
pub use jobs::{JOBS, TOPIC, send_deliveries, sum_up, tell};
pub use mail::send_mails;
pub use rule::NotificationKind;
pub use setting::Rhythm;
pub use subscription::{Subscription, templates};
