//! A text is judged before it is written: what is against the rules is refused, what is doubtful a person looks at.
use std::time::Duration;

use super::check::{Check, CheckCause, CheckSubject, ContentLabel};
use crate::app::App;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, identity};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::wechat::{Advice, RefusalKind};

/// Nobody waits longer to have said something.
const LONGEST_WAIT: Duration = Duration::from_millis(1_500);
const REFUSED: Code = Code::new(
    "content.refused",
    "内容可能不符合微信的内容安全规定，没有发出；请修改后再发",
    "It may be against WeChat's rules on content and was not sent; change it and send it again",
);
pub const WITHHELD: Code = Code::new(
    "content.withheld",
    "这项内容未通过内容安全检查，已隐藏；如有需要请联系对接单位",
    "This did not pass the content check and is hidden; speak to your contact if you need it",
);

/// What came of asking about a text that is not refused.
#[derive(Debug, Clone)]
pub enum Judged {
    Clear,
    Doubtful { open_id: String, cause: CheckCause, label: Option<ContentLabel> },
}

/// # Errors
/// `content.refused` when WeChat finds the text against the rules. That WeChat is away is no error.
pub async fn judge(app: &App, author: &AccountId, text: &str) -> Result<Judged, AppError> {
    let Some(wechat) = &app.wechat else { return Ok(Judged::Clear) };
    let (app_id, who) = (wechat.appid().to_owned(), author.clone());
    let open_id = app.read(move |conn| identity::open_id_of(conn, &app_id, &who)).await?;
    let Some(open_id) = open_id else { return Ok(Judged::Clear) };
    let doubtful = |cause, label| Judged::Doubtful { open_id: open_id.clone(), cause, label };
    match tokio::time::timeout(LONGEST_WAIT, wechat.judge_text(&open_id, text)).await {
        Ok(Ok(judgement)) => match judgement.advice {
            Advice::Pass => Ok(Judged::Clear),
            Advice::Review => Ok(doubtful(CheckCause::Review, ContentLabel::of(judgement.label))),
            Advice::Risky => Err(AppError::Unprocessable(&REFUSED)),
        },
        Ok(Err(error)) if error.refused_as(RefusalKind::Absent) => Ok(Judged::Clear),
        failed => {
            tracing::warn!(?failed, "a text was not judged; a person will look at it");
            Ok(doubtful(CheckCause::Unavailable, None))
        }
    }
}

impl Judged {
    /// Has a person look at what was written under this id, if it is doubtful.
    pub fn keep(
        &self,
        conn: &mut DbConn,
        subject: (CheckSubject, &str),
        author: &AccountId,
        text: &str,
        now: Time,
    ) -> Result<(), AppError> {
        let Self::Doubtful { open_id, cause, label } = self else { return Ok(()) };
        let mut check =
            Check::new(subject.0, subject.1, author, open_id.clone(), now).doubtful(*cause, *label);
        check.body = Some(text.to_owned());
        check.insert(conn)
    }
}
