//! Telling what happened: from the outbox into inboxes, and from there by each one's road.
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
use crate::platform::sms::Sms;
use crate::platform::wechat::{CodeVersion, PageLink, PagePath, SubscribeMessage, Wechat};
use crate::schema::auth_accounts;
use crate::views::codes;
use crate::views::notifications::delivery::{About, Claimed, Delivery, Outcome, Road};
use crate::views::notifications::mail::{self, Mail};
use crate::views::notifications::notification::Notification;
use crate::views::notifications::rule::{self, Notice, NotificationKind};
use crate::views::notifications::setting::{Rhythm, Setting};
use crate::views::notifications::subscription::{DIGEST, Subscription, TemplateKind, templates};

/// Topic of `FanOut` on which one's own inbox is hinted at, followed by the account's id.
pub const TOPIC: &str = "inbox:";
const BATCH: i64 = 100;
/// Messages that one worker has in hand: of one alone it is unknown, after a kill, whether it was sent.
const IN_HAND: i64 = 1;

/// Where a summary of the day leads.
const INBOX_PAGE: &str = "packages/notifications/list/index";
/// Characters in a place of a text message (Tencent Cloud: 12 for the accounts that get the least).
const SMS_PLACE: usize = 12;
/// How long the address in a text message opens the mini-program; WeChat allows no more.
const LINK_DAYS: u8 = 30;

/// For the worker.
pub const JOBS: &[Job] = &[
    Job {
        name: "tell",
        every: Duration::from_secs(5),
        on_outbox: true,
        run: |app| Box::pin(async move { tell(&app).await }),
    },
    Job {
        name: "sum_up",
        every: Duration::from_mins(1),
        on_outbox: false,
        run: |app| Box::pin(async move { sum_up(&app).await }),
    },
    Job {
        name: "send_deliveries",
        every: Duration::from_secs(5),
        on_outbox: false,
        run: |app| Box::pin(async move { send_deliveries(&app).await }),
    },
    Job {
        name: "send_mails",
        every: Duration::from_secs(5),
        on_outbox: false,
        run: |app| Box::pin(async move { mail::send_mails(&app).await }),
    },
];

/// The roads out of this house.
#[derive(Debug, Clone)]
struct Roads {
    templates: Vec<&'static str>,
    sms: bool,
    mail: bool,
}

impl Roads {
    fn of(app: &App) -> Self {
        Self {
            templates: templates(&app.config).iter().map(|t| t.key).collect(),
            sms: app.sms.is_some() && app.config.sms_notice_template.is_some(),
            mail: app.mailer.is_some(),
        }
    }
}

/// Tells every event that is due, each once: its inbox rows and its mark are one transaction.
pub async fn tell(app: &App) -> Result<(), AppError> {
    let roads = Roads::of(app);
    loop {
        let (now, roads) = (app.now(), roads.clone());
        let (events, readers) = app.db.write(move |conn| tell_batch(conn, &roads, now)).await?;
        for reader in readers {
            app.fan_out.publish(&format!("{TOPIC}{reader}"), "").await;
        }
        if events == 0 {
            return Ok(());
        }
    }
}

/// Gives how many events were told, and who has something new.
fn tell_batch(conn: &mut DbConn, roads: &Roads, now: Time) -> Result<(usize, HashSet<AccountId>), AppError> {
    let events = outbox::due(conn, now, BATCH)?;
    let told: Vec<(&Stored, Notice)> =
        events.iter().filter_map(|event| Some((event, rule::notice(&event.payload)?))).collect();
    let readers = existing(conn, told.iter().flat_map(|(_, notice)| notice.reader_ids.clone()).collect())?;
    let credits = credits(conn, &readers)?;
    let settings = Setting::of_all(conn, readers.iter().cloned().collect())?;
    let (mut notifications, mut deliveries) = (Vec::new(), Vec::new());
    for (event, notice) in &told {
        for reader in notice.reader_ids.iter().filter(|reader| readers.contains(*reader)) {
            let (kind, setting) = (rule::kind_of(&event.name), settings.get(reader));
            let rhythm = setting.map_or(Some(Rhythm::AtOnce), |setting| setting.tells(kind));
            notifications.push(Notification::new(event, notice, reader, rhythm == Some(Rhythm::Daily)));
            if rhythm == Some(Rhythm::AtOnce) {
                let credits = credits.get(reader).map_or(&[][..], Vec::as_slice);
                let about = About { event_id: &event.id, account: reader, now };
                deliveries.extend(delivery(kind, notice, about, roads, credits, setting));
            }
        }
    }
    Notification::insert_all(conn, &notifications)?;
    Delivery::insert_all(conn, &deliveries)?;
    if roads.mail {
        let mails = mail::about(conn, &events, &told, now)?;
        Mail::insert_all(conn, &mails)?;
    }
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

/// WeChat's road when the event has words for it and the person a consent left; otherwise a text message, to
/// whoever wants them.
fn delivery(
    kind: NotificationKind,
    notice: &Notice,
    about: About<'_>,
    roads: &Roads,
    credits: &[String],
    setting: Option<&Setting>,
) -> Option<Delivery> {
    let due_at = setting.map_or(about.now, |setting| setting.loud_at(about.now));
    let page = rule::page_of(&notice.link);
    let open = |key: &String| roads.templates.contains(&key.as_str()) && credits.contains(key);
    if let Some(template) = notice.template.as_ref().filter(|template| open(&template.key)) {
        return Some(Delivery::wechat(about, &template.key, page, template.content(), due_at));
    }
    let texted = roads.sms && setting.is_some_and(|setting| setting.sms);
    let places = || [kind.zh().to_owned(), rule::cut(&notice.title_zh, SMS_PLACE)];
    texted.then(|| Delivery::sms(about, page, &places(), due_at))
}

/// Sums up the day for those who want to be told once: how much is new, at the hour that they set.
pub async fn sum_up(app: &App) -> Result<(), AppError> {
    let roads = Roads::of(app);
    loop {
        let (now, roads) = (app.now(), roads.clone());
        let summed_up = app
            .db
            .write(move |conn| {
                let due = Setting::due(conn, now, BATCH)?;
                for setting in &due {
                    summary(conn, setting, &roads, now)?;
                }
                Ok(due.len())
            })
            .await?;
        if summed_up == 0 {
            return Ok(());
        }
    }
}

fn summary(conn: &mut DbConn, setting: &Setting, roads: &Roads, now: Time) -> Result<(), AppError> {
    if !setting.take_summary(conn, now)? {
        return Ok(());
    }
    let account = &setting.account_id;
    let new = Notification::take_awaiting(conn, account)?;
    let Some(newest) = new.first() else { return Ok(()) };
    let (event_id, count) = (format!("summary:{}", setting.summary_at.unwrap_or(now)), new.len().to_string());
    let about = About { event_id: &event_id, account, now };
    let due_at = setting.loud_at(now);
    let held = Subscription::of(conn, account)?;
    let open =
        roads.templates.contains(&DIGEST) && held.iter().any(|s| s.template_key == DIGEST && s.credits > 0);
    let delivery = if open {
        let values = serde_json::json!({
            "number1": count,
            "thing2": newest.title,
            "time3": now.in_china().format("%Y-%m-%d %H:%M").to_string(),
        });
        Some(Delivery::wechat(about, DIGEST, INBOX_PAGE.to_owned(), values.to_string(), due_at))
    } else {
        let places = ["今日汇总".to_owned(), format!("{count} 条未读消息")];
        (roads.sms && setting.sms).then(|| Delivery::sms(about, INBOX_PAGE.to_owned(), &places, due_at))
    };
    Delivery::insert_all(conn, delivery.as_slice())
}

/// A message of which nothing but its own call is left.
enum Letter<'a> {
    Wechat(&'a Wechat, SubscribeMessage),
    Sms { sms: &'a Sms, template: &'a str, phone: String, places: Vec<String> },
}

/// Sends what is due by its road: claims in one transaction, says in another that it begins, sends in none, marks
/// in a third. A worker that ends before it begins has sent nothing, and another does.
pub async fn send_deliveries(app: &App) -> Result<(), AppError> {
    let mut roads = Vec::new();
    if app.wechat.is_some() {
        roads.push(Road::Wechat);
    }
    if Roads::of(app).sms {
        roads.push(Road::Sms);
    }
    if roads.is_empty() {
        return Ok(());
    }
    let app_id = app.config.wechat_app_id.clone().unwrap_or_default();
    let templates = templates(&app.config);
    let now = app.now();
    app.db.write(move |conn| Delivery::end_lapsed(conn, now)).await?;
    loop {
        let (now, app_id, roads) = (app.now(), app_id.clone(), roads.clone());
        let claimed = app.db.write(move |conn| Delivery::claim(conn, &roads, &app_id, now, IN_HAND)).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for claimed in claimed {
            let letter = match claimed.delivery.road {
                Road::Wechat => wechat_letter(app, &templates, &claimed).await,
                Road::Sms => sms_letter(app, &claimed).await,
            };
            let outcome = match letter {
                Ok(letter) => {
                    let (delivery, now) = (claimed.delivery.clone(), app.now());
                    if !app.db.write(move |conn| delivery.begin(conn, now)).await? {
                        continue;
                    }
                    letter.send(app).await
                }
                Err(outcome) => outcome,
            };
            if let Outcome::Failed(why) | Outcome::Later(why) = &outcome {
                tracing::warn!(delivery = %claimed.delivery.id, why, "a message did not get through");
            }
            let now = app.now();
            app.db.write(move |conn| claimed.delivery.mark(conn, &outcome, now)).await?;
        }
    }
}

impl Letter<'_> {
    async fn send(self, app: &App) -> Outcome {
        match self {
            Self::Wechat(wechat, message) => {
                wechat.send(&message).await.map_or_else(Outcome::from, |sent| Outcome::Sent(sent.message_id))
            }
            Self::Sms { sms, template, phone, places } => {
                let places: Vec<&str> = places.iter().map(String::as_str).collect();
                let sent = sms.send(&phone, template, &places, app.now().utc()).await;
                sent.map_or_else(Outcome::from, |receipt| Outcome::Sent(Some(receipt.serial_no)))
            }
        }
    }
}

async fn sms_letter<'a>(app: &'a App, claimed: &Claimed) -> Result<Letter<'a>, Outcome> {
    let failed = |why: &str| Outcome::Failed(why.to_owned());
    let set_up = app.sms.as_ref().zip(app.config.sms_notice_template.as_deref());
    let (sms, template) = set_up.ok_or_else(|| failed("text messages are no longer set up"))?;
    let phone = claimed.address.clone().ok_or_else(|| failed("the person has no phone"))?;
    let mut places: Vec<String> =
        serde_json::from_str(&claimed.delivery.content).map_err(|_| failed("the content is not JSON"))?;
    if app.config.sms_notice_links {
        places.push(page_address(app, &claimed.delivery.page).await);
    }
    Ok(Letter::Sms { sms, template, phone, places })
}

/// The address of a page such as `packages/leads/lead/index?id=…`; the first page's when it has none.
async fn page_address(app: &App, page: &str) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let link =
        PagePath::new(path).and_then(|path| PageLink::new(path, query, LINK_DAYS, CodeVersion::Release));
    match link {
        Ok(link) => codes::address(app, &link).await.into_link(),
        Err(_) => app.config.public_url.clone(),
    }
}

async fn wechat_letter<'a>(
    app: &'a App,
    templates: &[TemplateKind],
    claimed: &Claimed,
) -> Result<Letter<'a>, Outcome> {
    let failed = |why: &str| Outcome::Failed(why.to_owned());
    let delivery = &claimed.delivery;
    let wechat = app.wechat.as_ref().ok_or_else(|| failed("WeChat is no longer set up"))?;
    let template = templates.iter().find(|t| t.key == delivery.template_key);
    let template = template.ok_or_else(|| failed("the template is no longer set"))?;
    let openid = claimed.address.clone().ok_or_else(|| failed("the person has not signed in with WeChat"))?;
    let values = serde_json::from_str(&delivery.content).map_err(|_| failed("the content is not JSON"))?;
    wechat.ready().await.map_err(|e| Outcome::before_sending(&e))?;
    let message = SubscribeMessage {
        openid,
        template_id: template.template_id.clone(),
        page: Some(delivery.page.clone()),
        values,
        ..SubscribeMessage::default()
    };
    Ok(Letter::Wechat(wechat, message))
}
