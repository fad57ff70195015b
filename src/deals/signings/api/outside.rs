//! Signing at a service outside, over HTTP: the way there, its callbacks, and starting an unclear flow again.
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Nothing, of_office, shown};
use crate::app::App;
use crate::deals::signings::agreement::{self, AgreementId, Whole};
use crate::deals::signings::evidence::EvidenceAction;
use crate::deals::signings::outside::{self, Flow, NO_SERVICE, SigningProvider};
use crate::deals::signings::service::{self, OutsideSigner, SigningWay};
use crate::deals::signings::view::AgreementView;
use crate::error::{AppError, NOT_GENUINE};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Account, Act, Actor};
use crate::platform::web::{Json, read_body};

/// Callbacks are small.
const LARGEST: usize = 256 << 10;

pub fn routes(config: &mut ServiceConfig) {
    config.service(find_signing_way).service(restart_flow);
}

/// Where the service sends its callbacks, outside the API.
pub fn callbacks(config: &mut ServiceConfig) {
    config.service(receive_ess_callback);
}

/// The way to the service's mini-program, for the party whose turn it is
#[utoipa::path(tag = "signings", operation_id = "find_signing_way", params(("id" = AgreementId, Path)), responses((status = 200, body = SigningWay), ReadErrors))]
#[get("/signings/agreements/{id}/signing-way")]
pub(super) async fn find_signing_way(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<SigningWay>, AppError> {
    let now = app.now();
    let (provider, flow, signer) = app
        .read(move |conn| {
            let whole = Whole::seen_by(conn, &id, &actor)?;
            let party = whole.turn_of(&actor)?;
            whole.refuse_lapsed(now)?;
            let flow = outside::open_flow(conn, &id)?;
            let phone = Account::find(conn, &party.account_id)?.phone;
            Ok((whole.agreement.provider, flow, OutsideSigner { name: party.signer_name.clone(), phone }))
        })
        .await?;
    let service = service::of(&app, provider).ok_or(AppError::Unprocessable(&NO_SERVICE))?;
    let way = service.way(&flow, &signer, now.utc()).await.map_err(|fault| {
        tracing::warn!(%fault, "the signing service gave no way to sign");
        AppError::Unavailable
    })?;
    Ok(web::Json(way))
}

/// Start a flow again of which it was unclear whether it began; look at the service's console first
#[utoipa::path(tag = "signings", operation_id = "restart_flow", request_body = Nothing, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/flow-restarts")]
pub(super) async fn restart_flow(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        of_office(tx.conn, &id, tx.actor)?;
        Flow::ask_again(tx.conn, &id, tx.now)?;
        agreement::record(tx, &id, EvidenceAction::FlowBegun, &serde_json::json!({"again": true}))?;
        tx.subject("agreement", &*id);
        shown(tx, &id)
    })
    .await
}

/// A callback as it is sent; its signature is over the bytes themselves.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what is read as bytes")]
pub struct SealedCallback {
    #[schema(min_length = 1, max_length = 250000)]
    encrypt: String,
}

/// What Tencent 电子签 calls when something changed; believed when it is signed and encrypted with our keys
#[utoipa::path(tag = "signings", operation_id = "receive_ess_callback", request_body = SealedCallback, params(("Content-Signature" = String, Header, min_length = 1, max_length = 100)), responses((status = 204, description = "Taken"), WriteErrors), security(()))]
#[post("/callbacks/ess")]
pub(super) async fn receive_ess_callback(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    let service = service::of(&app, SigningProvider::Ess).ok_or(AppError::NotFound)?;
    let body = read_body(payload.into_inner(), LARGEST).await?;
    let signature = request.headers().get("Content-Signature").and_then(|value| value.to_str().ok());
    let callback = service
        .open_callback(&body, signature.unwrap_or_default())
        .map_err(|_| AppError::Unprocessable(&NOT_GENUINE))?;
    let now = app.now();
    app.db.write(move |conn| outside::hear(conn, &callback, now)).await?;
    Ok(HttpResponse::NoContent().finish())
}
