//! Hands pictures and sounds in to WeChat, which fetches each by a key of its own, and asks about words written already.
use std::time::Duration;

use super::check::{Check, CheckId, ContentLabel};
use crate::app::App;
use crate::error::AppError;
use crate::platform::files::StoredFile;
use crate::platform::jobs::Job;
use crate::platform::random;
use crate::platform::wechat::{Advice, Media, RefusalKind, Wechat, WechatError};

pub const JOBS: &[Job] = &[Job {
    name: "check_contents",
    every: Duration::from_secs(5),
    on_outbox: true,
    run: |app| Box::pin(async move { check_contents(&app).await }),
}];

/// The hash of a key as the table has it.
pub fn key_hash(app: &App, id: &CheckId, key: &str) -> String {
    app.keys.hash(&["content-check", id.as_str(), key])
}

/// What WeChat said about one.
enum Answer {
    Words(Advice, Option<ContentLabel>),
    /// It has the file, and pushes its verdict under this id
    File(String),
}

/// Hands in all that is due, and leaves to a person what WeChat is silent about.
pub async fn check_contents(app: &App) -> Result<(), AppError> {
    let Some(wechat) = &app.wechat else { return Ok(()) };
    let now = app.now();
    app.db.write(move |conn| Check::open_overdue(conn, now)).await?;
    loop {
        let key = random::token();
        let (house, offered) = (app.clone(), key.clone());
        let leased = app
            .db
            .write(move |conn| {
                let Some(check) = Check::lease(conn, house.now())? else { return Ok(None) };
                if check.file_id.is_some() {
                    check.offer(conn, &key_hash(&house, &check.id, &offered))?;
                }
                let file = check.file_id.as_ref().map(|id| StoredFile::find(conn, id)).transpose()?;
                Ok(Some((check, file)))
            })
            .await?;
        let Some((check, file)) = leased else { return Ok(()) };
        let media = file.and_then(|file| Media::of(&file.media_type));
        let url = format!("{}/wechat/media/{}/{key}", app.config.public_url.trim_end_matches('/'), check.id);
        let answer = match &check.body {
            Some(text) => judge(wechat, &check.open_id, text).await,
            None => hand_in(wechat, &check.open_id, &url, media).await.map(Answer::File),
        };
        let now = app.now();
        app.db
            .write(move |conn| match &answer {
                Ok(Answer::Words(advice, label)) => check.judged(conn, *advice, *label, now),
                Ok(Answer::File(trace_id)) => check.handed_in(conn, trace_id, now),
                Err(error) if error.refused_as(RefusalKind::Absent) => check.forget(conn),
                Err(error) => {
                    tracing::warn!(check = %check.id, %error, "something was not taken for a check");
                    check.failed(conn, error.is_passing(), now)
                }
            })
            .await?;
    }
}

async fn judge(wechat: &Wechat, open_id: &str, text: &str) -> Result<Answer, WechatError> {
    let judgement = wechat.judge_text(open_id, text).await?;
    Ok(Answer::Words(judgement.advice, ContentLabel::of(judgement.label)))
}

async fn hand_in(
    wechat: &Wechat,
    open_id: &str,
    url: &str,
    media: Option<Media>,
) -> Result<String, WechatError> {
    match media {
        Some(media) => wechat.judge_media(open_id, url, media).await,
        None => Err(WechatError::Incomplete("a way to judge this")),
    }
}
