//! What the system administrators hear of WeChat's pushes.
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::people::auth::{AccountId, Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox::{self, Event};

/// Somebody used a right, or the platform warned or punished: an administrator has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WechatAttention {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for WechatAttention {
    const NAME: &'static str = "WechatAttention";
}

/// Tells the system administrators, after the commit.
pub fn tell_administrators(
    conn: &mut DbConn,
    title: (&str, &str),
    body: (&str, &str),
    now: Time,
) -> Result<(), AppError> {
    let event = WechatAttention {
        reader_ids: holders(conn, Role::SystemAdministrator, None)?,
        title_zh: title.0.to_owned(),
        title_en: title.1.to_owned(),
        body_zh: body.0.to_owned(),
        body_en: body.1.to_owned(),
        link: "/rights".to_owned(),
    };
    outbox::emit(conn, &event, now)
}
