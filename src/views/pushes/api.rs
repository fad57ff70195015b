//! Where WeChat pushes to, outside the API; and the tasks about rights, over HTTP.
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::{AppError, Code, MALFORMED};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Act;
use crate::platform::input::{Prose, within};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, read_body};
use crate::platform::wechat::{PushError, PushKeys, PushSeal, push_parts};
use crate::views::pushes::push::Push;
use crate::views::pushes::rights::{self, RightsTaskId, RightsTaskView};

/// Largest push, in bytes; the longest documented one has some thousand.
const LARGEST: usize = 256 << 10;
const FORGED: Code = Code::new(
    "push.not_believed",
    "消息推送的签名或密文不可信，请核对微信后台与 PALM_WECHAT_PUSH_TOKEN、PALM_WECHAT_PUSH_KEY",
    "The signature or the cipher of the push does not fit; compare WeChat's console with PALM_WECHAT_PUSH_TOKEN and PALM_WECHAT_PUSH_KEY",
);

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_rights_tasks).service(settle_rights_task);
}

/// What WeChat alone asks.
pub fn outside(config: &mut ServiceConfig) {
    config.service(check_push_address).service(take_push);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PushQuery {
    #[param(max_length = 200)]
    #[serde(default)]
    signature: String,
    #[param(max_length = 200)]
    #[serde(default)]
    timestamp: String,
    #[param(max_length = 200)]
    #[serde(default)]
    nonce: String,
    /// `aes` when the message is encrypted
    #[param(max_length = 200)]
    #[serde(default)]
    encrypt_type: String,
    #[param(max_length = 200)]
    #[serde(default)]
    msg_signature: String,
    /// What the check of the address wants to hear again
    #[param(max_length = 200)]
    #[serde(default)]
    echostr: String,
}

impl PushQuery {
    fn seal(self) -> Result<(PushSeal, String), AppError> {
        for (name, value) in [
            ("signature", &self.signature),
            ("timestamp", &self.timestamp),
            ("nonce", &self.nonce),
            ("encrypt_type", &self.encrypt_type),
            ("msg_signature", &self.msg_signature),
            ("echostr", &self.echostr),
        ] {
            within(name, Some(value), 200)?;
        }
        let seal = PushSeal {
            signature: self.signature,
            timestamp: self.timestamp,
            nonce: self.nonce,
            encrypt_type: self.encrypt_type,
            msg_signature: self.msg_signature,
        };
        Ok((seal, self.echostr))
    }
}

fn keys(app: &App) -> Result<&PushKeys, AppError> {
    app.push_keys.as_ref().ok_or(AppError::NotFound)
}

fn refused(e: PushError) -> AppError {
    tracing::warn!(error = %e, "a push was not taken");
    match e {
        PushError::Malformed => AppError::Malformed(&MALFORMED),
        _ => AppError::Forbidden(&FORGED),
    }
}

/// WeChat checks that this address is ours
#[utoipa::path(tag = "wechat", operation_id = "check_push_address", params(PushQuery), responses((status = 200, content_type = "text/plain", body = String), ReadErrors), security(()))]
#[get("/wechat/push")]
pub(super) async fn check_push_address(
    app: App,
    query: web::Query<PushQuery>,
) -> Result<HttpResponse, AppError> {
    let (seal, echo) = query.into_inner().seal()?;
    keys(&app)?.check(&seal).map_err(refused)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(echo))
}

/// An encrypted push; a plain one is the event itself.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[allow(dead_code, reason = "describes what is read as bytes")]
pub struct SealedPush {
    #[schema(max_length = 100)]
    to_user_name: String,
    #[schema(max_length = 250000)]
    encrypt: String,
}

/// WeChat tells what happened; `success` means that it is stored
#[utoipa::path(tag = "wechat", operation_id = "take_push", params(PushQuery), request_body(content((SealedPush = "application/json"), (String = "text/xml")), description = "JSON or XML, plain or encrypted as the console says"), responses((status = 200, content_type = "text/plain", body = String), WriteErrors), security(()))]
#[post("/wechat/push")]
pub(super) async fn take_push(
    app: App,
    query: web::Query<PushQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    let (seal, _) = query.into_inner().seal()?;
    let keys = keys(&app)?;
    let body = read_body(payload.into_inner(), LARGEST).await?;
    let parts = push_parts(&keys.open(&seal, &body).map_err(refused)?);
    let now = app.now();
    let stored = app.db.write(move |conn| Push::store(conn, &parts, now)).await?;
    if stored > 0 {
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("success"))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RightsTaskFilter {
    /// Only those not yet settled, or only those settled
    open: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Who withdrew consent or closed the account at WeChat, newest first
#[utoipa::path(tag = "wechat", operation_id = "list_rights_tasks", params(RightsTaskFilter), responses((status = 200, body = Page<RightsTaskView>), ReadErrors))]
#[get("/rights-tasks")]
pub(super) async fn list_rights_tasks(
    app: App,
    filter: web::Query<RightsTaskFilter>,
) -> Result<web::Json<Page<RightsTaskView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    Ok(web::Json(app.read(move |conn| rights::list(conn, filter.open, &paging)).await?))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleRightsTask {
    /// What was erased, what is kept, and by which rule
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    note: Prose<500>,
}

/// Write down what was erased and what is kept
#[utoipa::path(tag = "wechat", operation_id = "settle_rights_task", request_body = SettleRightsTask, params(("id" = RightsTaskId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = RightsTaskView), WriteErrors))]
#[post("/rights-tasks/{id}/settlements")]
pub(super) async fn settle_rights_task(
    app: App,
    act: Act,
    id: web::Path<RightsTaskId>,
    body: Json<SettleRightsTask>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, settlement: &SettleRightsTask| {
        tx.subject("rights_task", &*id);
        rights::settle(tx.conn, &id, &tx.actor.id, settlement.note.as_str(), tx.now)
    })
    .await
}
