//! Telling what happened: from the outbox into inboxes, and from there to WeChat.
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use diesel::prelude::*;

use crate::app::App;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::jobs::Job;
use crate::platform::outbox::{self, Stored};
use crate::platform::wechat::{SubscribeMessage, Wechat};
use crate::schema::auth_accounts;
use crate::views::notifications::delivery::{Claimed, Delivery, Outcome};
use crate::views::notifications::notification::Notification;
use crate::views::notifications::rule::{self, Notice};
use crate::views::notifications::subscription::{Subscription, TemplateKind, templates};

/// Topic of `FanOut` on which one's own inbox is hinted at, followed by the account's id.
pub const TOPIC: &str = "inbox:";
const BATCH: i64 = 100;
/// Messages that one worker has in hand: of one alone it is unknown, after a kill, whether it was sent.
const IN_HAND: i64 = 1;

/// Both jobs, for the worker.
pub const JOBS: &[Job] = &[
    Job {
        name: "tell",
        every: Duration::from_secs(5),
        on_outbox: true,
        run: |app| Box::pin(async move { tell(&app).await }),
    },
    Job {
        name: "send_deliveries",
        every: Duration::from_secs(5),
        on_outbox: false,
        run: |app| Box::pin(async move { send_deliveries(&app).await }),
    },
];

/// Tells every event that is due, each once: its inbox rows and its mark are one transaction.
pub async fn tell(app: &App) -> Result<(), AppError> {
    let keys: Vec<&'static str> = templates(&app.config).iter().map(|t| t.key).collect();
    loop {
        let (now, keys) = (app.now(), keys.clone());
        let (events, readers) = app.db.write(move |conn| tell_batch(conn, &keys, now)).await?;
        for reader in readers {
            app.fan_out.publish(&format!("{TOPIC}{reader}"), "").await;
        }
        if events == 0 {
            return Ok(());
        }
    }
}

/// Gives how many events were told, and who has something new.
fn tell_batch(
    conn: &mut DbConn,
    keys: &[&'static str],
    now: Time,
) -> Result<(usize, HashSet<AccountId>), AppError> {
    let events = outbox::due(conn, now, BATCH)?;
    let told: Vec<(&Stored, Notice)> =
        events.iter().filter_map(|event| Some((event, rule::notice(&event.payload)?))).collect();
    let readers = existing(conn, told.iter().flat_map(|(_, notice)| notice.reader_ids.clone()).collect())?;
    let credits = credits(conn, &readers)?;
    let (mut notifications, mut deliveries) = (Vec::new(), Vec::new());
    for (event, notice) in &told {
        for reader in notice.reader_ids.iter().filter(|reader| readers.contains(*reader)) {
            notifications.push(Notification::new(event, notice, reader));
            deliveries.extend(delivery(event, notice, reader, keys, &credits, now));
        }
    }
    Notification::insert_all(conn, &notifications)?;
    Delivery::insert_all(conn, &deliveries)?;
    for event in &events {
        outbox::told(conn, &event.id, now)?;
    }
    Ok((events.len(), readers))
}

/// An event that names somebody who is gone must not stop the others.
fn existing(conn: &mut DbConn, readers: Vec<AccountId>) -> Result<HashSet<AccountId>, AppError> {
    let query = auth_accounts::table.filter(auth_accounts::id.eq_any(readers));
    Ok(query.select(auth_accounts::id).load::<AccountId>(conn)?.into_iter().collect())
}

type Credits = HashMap<AccountId, Vec<String>>;

/// The template keys for which each reader has a consent left.
fn credits(conn: &mut DbConn, readers: &HashSet<AccountId>) -> Result<Credits, AppError> {
    let mut credits = Credits::new();
    for s in Subscription::with_credit(conn, readers.iter().cloned().collect())? {
        credits.entry(s.account_id).or_default().push(s.template_key);
    }
    Ok(credits)
}

fn delivery(
    event: &Stored,
    notice: &Notice,
    reader: &AccountId,
    keys: &[&'static str],
    credits: &Credits,
    now: Time,
) -> Option<Delivery> {
    let template = notice.template.as_ref().filter(|t| keys.contains(&t.key.as_str()))?;
    credits.get(reader).filter(|held| held.contains(&template.key))?;
    let (page, content) = (rule::page_of(&notice.link), template.content());
    Some(Delivery::new(&event.id, reader, &template.key, page, content, now))
}

/// Sends what is due through WeChat: claims in one transaction, sends in none, marks in another.
pub async fn send_deliveries(app: &App) -> Result<(), AppError> {
    let Some((wechat, app_id)) = app.wechat.as_ref().zip(app.config.wechat_app_id.clone()) else {
        return Ok(());
    };
    let templates = templates(&app.config);
    let now = app.now();
    app.db.write(move |conn| Delivery::end_lapsed(conn, now)).await?;
    loop {
        let (now, app_id) = (app.now(), app_id.clone());
        let claimed = app.db.write(move |conn| Delivery::claim(conn, &app_id, now, IN_HAND)).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for claimed in claimed {
            let outcome = send(wechat, &templates, &claimed).await;
            if let Outcome::Failed(why) | Outcome::Later(why) = &outcome {
                tracing::warn!(delivery = %claimed.delivery.id, why, "a WeChat message did not get through");
            }
            let now = app.now();
            app.db.write(move |conn| claimed.delivery.mark(conn, &outcome, now)).await?;
        }
    }
}

async fn send(wechat: &Wechat, templates: &[TemplateKind], claimed: &Claimed) -> Outcome {
    let delivery = &claimed.delivery;
    let Some(template) = templates.iter().find(|t| t.key == delivery.template_key) else {
        return Outcome::Failed("the template is no longer set".to_owned());
    };
    let Some(open_id) = &claimed.open_id else {
        return Outcome::Failed("the person has not signed in with WeChat".to_owned());
    };
    let Ok(values) = serde_json::from_str(&delivery.content) else {
        return Outcome::Failed("the content is not JSON".to_owned());
    };
    let message = SubscribeMessage {
        openid: open_id.clone(),
        template_id: template.template_id.clone(),
        page: Some(delivery.page.clone()),
        values,
        ..SubscribeMessage::default()
    };
    wechat.send(&message).await.map_or_else(Outcome::from, |sent| Outcome::Sent(sent.message_id))
}
