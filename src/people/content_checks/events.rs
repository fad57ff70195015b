//! Who hears of a check: whoever decides, and the author when something is hidden or shown again.
use serde::{Deserialize, Serialize};

use super::check::Check;
use crate::error::AppError;
use crate::people::auth::{AccountId, Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox::{self, Event};

/// A person has to decide, or something was hidden or shown again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContentAttention {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for ContentAttention {
    const NAME: &'static str = "ContentAttention";
}

/// A check is open: the security administrators decide. What is hidden meanwhile, its author is told of.
pub fn opened(conn: &mut DbConn, check: &Check, now: Time) -> Result<(), AppError> {
    let why = check.cause.map_or(("", ""), |cause| (cause.zh(), cause.en()));
    let event = ContentAttention {
        reader_ids: holders(conn, Role::SecurityAdministrator, None)?,
        title_zh: "有内容待人工审核".to_owned(),
        title_en: "Something to look at".to_owned(),
        body_zh: format!("{}：{}", check.subject.zh(), why.0),
        body_en: format!("{}: {}", check.subject.en(), why.1),
        link: "/content-checks".to_owned(),
    };
    outbox::emit(conn, &event, now)?;
    if check.is_hidden() { shown_or_hidden(conn, check, now) } else { Ok(()) }
}

/// Tells the author.
pub fn shown_or_hidden(conn: &mut DbConn, check: &Check, now: Time) -> Result<(), AppError> {
    let (zh, en) = (check.subject.zh(), check.subject.en());
    let (title, body) = if check.is_hidden() {
        (
            ("您发送的内容已被隐藏", "What you sent is hidden"),
            (
                format!("{zh}未通过内容安全检查，其他人暂时看不到。如有异议，请联系对接单位或招商热线。"),
                format!(
                    "{en}: it did not pass the content check, and others cannot see it for now. If you disagree, speak to your contact or call us."
                ),
            ),
        )
    } else {
        (
            ("您发送的内容已恢复显示", "What you sent is shown again"),
            (
                format!("{zh}经人工审核可以显示。"),
                format!("{en}: a person looked at it, and it may be shown."),
            ),
        )
    };
    let event = ContentAttention {
        reader_ids: vec![check.author_id.clone()],
        title_zh: title.0.to_owned(),
        title_en: title.1.to_owned(),
        body_zh: body.0,
        body_en: body.1,
        link: String::new(),
    };
    outbox::emit(conn, &event, now)
}
