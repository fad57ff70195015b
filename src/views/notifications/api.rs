//! One's inbox and one's consents to WeChat messages, over HTTP.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Account, Act, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::masked;
use crate::platform::page::Paging;
use crate::platform::web::{Json, Nothing};
use crate::views::notifications::mail::Mail;
use crate::views::notifications::notification::{Notification, NotificationId};
use crate::views::notifications::setting::{NotificationWish, Rhythm, Setting};
use crate::views::notifications::subscription::{Subscription, templates};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_notifications)
        .service(read_all_notifications)
        .service(list_subscriptions)
        .service(subscribe)
        .service(find_notification_setting)
        .service(set_notification_setting)
        .service(read_notification);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationFilter {
    /// Only those not yet read, or only those read
    unread: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Inbox {
    items: Vec<Notification>,
    next: Option<String>,
    /// How many are not yet read, in all
    unread: i64,
}

/// One's notifications, newest first
#[utoipa::path(tag = "notifications", operation_id = "list_notifications", params(NotificationFilter), responses((status = 200, body = Inbox), ReadErrors))]
#[get("/notifications")]
pub(super) async fn list_notifications(
    app: App,
    actor: Actor,
    filter: web::Query<NotificationFilter>,
) -> Result<web::Json<Inbox>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let inbox = app
        .read(move |conn| {
            let page = Notification::list(conn, &actor.id, filter.unread, &paging)?;
            let unread = Notification::count_unread(conn, &actor.id)?;
            Ok(Inbox { items: page.items, next: page.next, unread })
        })
        .await?;
    Ok(web::Json(inbox))
}

/// Mark one notification as read
#[utoipa::path(tag = "notifications", operation_id = "read_notification", request_body = Nothing, params(("id" = NotificationId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 204), WriteErrors))]
#[post("/notifications/{id}/reads")]
pub(super) async fn read_notification(
    app: App,
    act: Act,
    id: web::Path<NotificationId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.perform(&app, StatusCode::NO_CONTENT, &body.digest, move |tx| {
        tx.subject("notification", &*id);
        Notification::read(tx.conn, &tx.actor.id, &id, tx.now)
    })
    .await
}

/// Mark all one's notifications as read
#[utoipa::path(tag = "notifications", operation_id = "read_all_notifications", request_body = Nothing, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 204), WriteErrors))]
#[post("/notifications/reads")]
pub(super) async fn read_all_notifications(
    app: App,
    act: Act,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.perform(&app, StatusCode::NO_CONTENT, &body.digest, |tx| {
        Notification::read_all(tx.conn, &tx.actor.id, tx.now)
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    template_key: String,
    /// What `wx.requestSubscribeMessage` asks for
    template_id: String,
    name: String,
    name_en: String,
    /// Messages that one has agreed to and not yet received
    credits: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionList {
    items: Vec<SubscriptionView>,
}

/// The WeChat messages that one can agree to; none when WeChat is not set up
#[utoipa::path(tag = "notifications", operation_id = "list_subscriptions", responses((status = 200, body = SubscriptionList), ReadErrors))]
#[get("/notifications/subscriptions")]
pub(super) async fn list_subscriptions(
    app: App,
    actor: Actor,
) -> Result<web::Json<SubscriptionList>, AppError> {
    let held = app.read(move |conn| Subscription::of(conn, &actor.id)).await?;
    let credits = |key: &str| held.iter().find(|s| s.template_key == key).map_or(0, |s| s.credits);
    let items = templates(&app.config)
        .into_iter()
        .map(|template| SubscriptionView {
            credits: credits(template.key),
            template_key: template.key.to_owned(),
            template_id: template.template_id,
            name: template.name.to_owned(),
            name_en: template.name_en.to_owned(),
        })
        .collect();
    Ok(web::Json(SubscriptionList { items }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// Keys of the templates to which one just agreed
    #[schema(max_items = 10)]
    accepted: Vec<String>,
}

/// Count one consent for each template to which one just agreed; where WeChat pushes the answers, it counts them
#[utoipa::path(tag = "notifications", operation_id = "subscribe", request_body = Subscribe, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 204), WriteErrors))]
#[post("/notifications/subscriptions")]
pub(super) async fn subscribe(app: App, act: Act, body: Json<Subscribe>) -> Result<HttpResponse, AppError> {
    let accepted = accepted(&app, &body.value)?;
    // Never both: what a person tapped comes by push as well, where it is configured.
    let counts = app.push_keys.is_none();
    act.perform(&app, StatusCode::NO_CONTENT, &body.digest, move |tx| {
        for key in accepted.iter().filter(|_| counts) {
            Subscription::add(tx.conn, &tx.actor.id, key, tx.now)?;
        }
        Ok(())
    })
    .await
}

/// Each accepted template once; one that is not offered is refused.
fn accepted(app: &App, wish: &Subscribe) -> Result<Vec<&'static str>, AppError> {
    let offered = templates(&app.config);
    let mut keys = Vec::new();
    for key in &wish.accepted {
        let offer = offered.iter().find(|t| t.key == key);
        let key = offer.ok_or_else(|| AppError::field("accepted", "input.choice"))?.key;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationSettingView {
    wish: NotificationWish,
    /// When the next summary comes
    summary_at: Option<Time>,
    /// Whether this house sends notices by text message at all
    sms_offered: bool,
    /// Whether it sends a summary through WeChat
    digest_offered: bool,
    /// Where text messages go
    phone_masked: String,
    /// Whether this house sends mail
    mail_offered: bool,
    /// Where mail goes: an address that one has confirmed
    mail_masked: Option<String>,
    /// Why the last mail did not get through, in the words of the mail server
    mail_failure: Option<String>,
}

fn setting_view(
    app: &App,
    conn: &mut DbConn,
    setting: &Setting,
) -> Result<NotificationSettingView, AppError> {
    let account = Account::find(conn, &setting.account_id)?;
    Ok(NotificationSettingView {
        wish: setting.wish(),
        summary_at: setting.summary_at,
        sms_offered: app.sms.is_some() && app.config.sms_notice_template.is_some(),
        digest_offered: app.config.wechat_digest_template.is_some() && app.wechat.is_some(),
        phone_masked: masked::phone(&account.phone),
        mail_offered: app.mailer.is_some(),
        mail_failure: if account.mail.is_some() { Mail::last_failure(conn, &account.id)? } else { None },
        mail_masked: account.mail.as_deref().map(masked::mail),
    })
}

/// When and by which road one is told outside the app
#[utoipa::path(tag = "notifications", operation_id = "find_notification_setting", responses((status = 200, body = NotificationSettingView), ReadErrors))]
#[get("/notifications/setting")]
pub(super) async fn find_notification_setting(
    app: App,
    actor: Actor,
) -> Result<web::Json<NotificationSettingView>, AppError> {
    let (now, house) = (app.now(), app.clone());
    let view = app
        .read(move |conn| {
            let setting = Setting::of(conn, &actor.id, now)?;
            setting_view(&house, conn, &setting)
        })
        .await?;
    Ok(web::Json(view))
}

/// Set when and by which road one is told outside the app; the inbox has everything
#[utoipa::path(tag = "notifications", operation_id = "set_notification_setting", request_body = NotificationWish, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = NotificationSettingView), WriteErrors))]
#[put("/notifications/setting")]
pub(super) async fn set_notification_setting(
    app: App,
    act: Act,
    body: Json<NotificationWish>,
) -> Result<HttpResponse, AppError> {
    let wrong = body.value.problems();
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    let house = app.clone();
    act.change(&app, body, move |tx, wish: &NotificationWish| {
        let setting = Setting::keep(tx.conn, &tx.actor.id, wish, tx.now)?;
        if wish.rhythm == Rhythm::AtOnce {
            Notification::take_awaiting(tx.conn, &tx.actor.id)?;
        }
        setting_view(&house, tx.conn, &setting)
    })
    .await
}
