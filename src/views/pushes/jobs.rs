//! Carries out what WeChat pushed: effect and end are one transaction, so that each part happens once.
use std::time::Duration;

use crate::app::App;
use crate::error::AppError;
use crate::people::auth::identity;
use crate::people::content_checks::{self, Verdict};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::jobs::Job;
use crate::platform::outbox;
use crate::platform::wechat::{Advice, PushEvent};
use crate::views::notifications::{self, Subscription, Undelivered};
use crate::views::pushes::events::tell_administrators;
use crate::views::pushes::push::{Carried, Push, PushId};
use crate::views::pushes::rights::{self, RightsWish};

const BATCH: i64 = 100;
/// How long the note may take of the id under which WeChat judges a file.
const NOTED: chrono::Duration = chrono::Duration::minutes(2);

pub const JOBS: &[Job] = &[Job {
    name: "carry_out_pushes",
    every: Duration::from_secs(5),
    on_outbox: true,
    run: |app| Box::pin(async move { carry_out_pushes(&app).await }),
}];

/// Carries out every part that is due; one that fails is put off and stops no other.
pub async fn carry_out_pushes(app: &App) -> Result<(), AppError> {
    let Some(app_id) = app.config.wechat_app_id.clone() else { return Ok(()) };
    let templates: Vec<(String, &'static str)> =
        notifications::templates(&app.config).into_iter().map(|t| (t.template_id, t.key)).collect();
    loop {
        let now = app.now();
        let due = app.read(move |conn| Push::due(conn, now, BATCH)).await?;
        if due.is_empty() {
            return Ok(());
        }
        for id in due {
            let (app_id, templates, wanted) = (app_id.clone(), templates.clone(), id.clone());
            let carried = app.db.write(move |conn| carry_out(conn, &wanted, &app_id, &templates, now)).await;
            if let Err(e) = carried {
                tracing::warn!(push = %id, error = %e, "a push was not carried out; it will be tried again");
                let why = e.to_string();
                app.db.write(move |conn| Push::put_off(conn, &id, &why, now)).await?;
            }
        }
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
}

fn carry_out(
    conn: &mut DbConn,
    id: &PushId,
    app_id: &str,
    templates: &[(String, &'static str)],
    now: Time,
) -> Result<(), AppError> {
    let Some(push) = Push::take(conn, id)? else { return Ok(()) };
    let key = |template: &str| templates.iter().find(|(id, _)| id == template).map(|(_, key)| *key);
    let carried = match PushEvent::of(&push.event, &push.content()) {
        PushEvent::Answered { accepted: false, .. } => Carried::Kept("the person declined"),
        PushEvent::Answered { template_id, .. } => consent(conn, &push, app_id, key(&template_id), now)?,
        PushEvent::Withdrawn { template_id } => {
            let account = identity::account_of(conn, app_id, &push.open_id)?;
            match account.zip(key(&template_id)) {
                Some((account, key)) => {
                    Subscription::clear(conn, &account, key, now)?;
                    Carried::Done
                }
                None => Carried::Kept("no such person or template"),
            }
        }
        PushEvent::Delivered { failure: None, .. } => Carried::Kept("it arrived"),
        PushEvent::Delivered { message_id, failure: Some(why) } => {
            match notifications::mark_undelivered(conn, &message_id, &why, push.received_at, now)? {
                Undelivered::Marked => Carried::Done,
                Undelivered::NotYetKnown => Carried::Later,
                Undelivered::Unknown => Carried::Kept("no such message"),
            }
        }
        PushEvent::Revoked { kinds } => {
            rights::carry_out(conn, &push, app_id, RightsWish::Revocation, &kinds, now)?
        }
        PushEvent::Cancelled => rights::carry_out(conn, &push, app_id, RightsWish::Cancellation, &[], now)?,
        PushEvent::InfoModified => Carried::Kept("neither name nor picture is taken from WeChat"),
        PushEvent::MediaChecked { trace_id, error, suggest, label } => {
            let advice = Advice::of(&suggest);
            match content_checks::take_verdict(conn, &trace_id, error, (advice, label), now)? {
                Verdict::Taken => Carried::Done,
                // WeChat may be quicker than our own note of the id.
                Verdict::Unknown if now.since(push.received_at) < NOTED => Carried::Later,
                Verdict::Unknown => Carried::Kept("no such check"),
            }
        }
        PushEvent::Punished { kind, detail } => {
            punished(conn, &kind, &detail, now)?;
            Carried::Done
        }
        PushEvent::Demo => Carried::Kept("the console's trial"),
        PushEvent::Unknown => Carried::Kept("not understood"),
    };
    push.mark(conn, &carried, now)
}

fn consent(
    conn: &mut DbConn,
    push: &Push,
    app_id: &str,
    key: Option<&'static str>,
    now: Time,
) -> Result<Carried, AppError> {
    match identity::account_of(conn, app_id, &push.open_id)?.zip(key) {
        Some((account, key)) => {
            Subscription::add(conn, &account, key, now)?;
            Ok(Carried::Done)
        }
        None => Ok(Carried::Kept("no such person or template")),
    }
}

/// WeChat's kinds of punishment in its own numbers.
fn punished(conn: &mut DbConn, kind: &str, detail: &str, now: Time) -> Result<(), AppError> {
    let (zh, en) = match kind {
        "1" => ("警告", "a warning"),
        "2" => ("能力封禁", "an ability banned"),
        "3" => ("下架", "taken off the shelves"),
        "4" => ("账号处罚", "the account punished"),
        "10" => ("页面处罚", "a page punished"),
        _ => ("其他处罚", "another punishment"),
    };
    let detail: String = detail.chars().take(200).collect();
    let (body_zh, body_en) = (
        format!("请登录微信公众平台查看并申诉。平台说明：{detail}"),
        format!("See it in the WeChat console, and appeal there. WeChat says: {detail}"),
    );
    tell_administrators(
        conn,
        (&format!("微信平台处罚通知：{zh}"), &format!("WeChat platform notice: {en}")),
        (&body_zh, &body_en),
        now,
    )
}
