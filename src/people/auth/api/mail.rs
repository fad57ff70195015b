//! Where one's mail goes, over HTTP: nothing goes there before a code that was mailed there has come back.
use actix_web::{HttpResponse, delete, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{CodeAsked, record};
use crate::app::App;
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::Outcome;
use crate::people::auth::Actor;
use crate::people::auth::account::Account;
use crate::people::auth::actor::Circumstances;
use crate::people::auth::code::{self, CodePurpose, OneTimeCode};
use crate::platform::input::Line;
use crate::platform::mail::MailAddress;
use crate::platform::masked;
use crate::platform::web::Json;

pub fn routes(config: &mut ServiceConfig) {
    config.service(ask_mail_code).service(confirm_mail).service(forget_mail);
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskMailCode {
    address: MailAddress,
}

/// Mail a one-time code to an address that is to be mine
#[utoipa::path(tag = "auth", operation_id = "ask_mail_code", request_body = AskMailCode, responses((status = 202, body = CodeAsked), WriteErrors))]
#[post("/auth/mail-codes")]
pub(super) async fn ask_mail_code(
    app: App,
    actor: Actor,
    body: Json<AskMailCode>,
) -> Result<HttpResponse, AppError> {
    if app.mailer.is_none() {
        return Err(AppError::Unprocessable(&code::MAIL_OFF));
    }
    let (address, now, house, name) = (body.value.address, app.now(), app.clone(), actor.name.clone());
    let made = app
        .db
        .write(move |conn| {
            OneTimeCode::make(&house, conn, address.as_str(), CodePurpose::Mail, actor.id.as_str(), now)
        })
        .await?;
    made.mail(&app, &name).await?;
    Ok(HttpResponse::Accepted()
        .json(CodeAsked { expires_at: made.expires_at, resend_after_seconds: OneTimeCode::PAUSE_SECONDS }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmMail {
    address: MailAddress,
    #[schema(value_type = String, min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    code: Line<6>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MailView {
    mail_masked: String,
}

/// Confirm my address with the code that was mailed there; it replaces an earlier one
#[utoipa::path(tag = "auth", operation_id = "confirm_mail", request_body = ConfirmMail, responses((status = 200, body = MailView), WriteErrors))]
#[put("/auth/mail")]
pub(super) async fn confirm_mail(
    app: App,
    actor: Actor,
    seen: Circumstances,
    body: Json<ConfirmMail>,
) -> Result<web::Json<MailView>, AppError> {
    let (house, now, new) = (app.clone(), app.now(), body.value);
    // A wrong code is counted, so it must commit: the refusal is the value, not the error.
    let view = app
        .db
        .write(move |conn| {
            let (address, digits, own) = (new.address.as_str(), new.code.as_str(), actor.id.as_str());
            if !OneTimeCode::redeem(&house, conn, address, CodePurpose::Mail, own, digits, now)? {
                return Ok(Err(AppError::Unprocessable(&code::WRONG)));
            }
            Account::keep_mail(conn, &actor.id, Some(address))?;
            let account = Account::find(conn, &actor.id)?;
            record(conn, Some(&account), &seen, Outcome::Done, now)?;
            Ok(Ok(MailView { mail_masked: masked::mail(address) }))
        })
        .await??;
    Ok(web::Json(view))
}

/// Forget my address: no mail goes there any more
#[utoipa::path(tag = "auth", operation_id = "forget_mail", responses((status = 204), ReadErrors))]
#[delete("/auth/mail")]
pub(super) async fn forget_mail(
    app: App,
    actor: Actor,
    seen: Circumstances,
) -> Result<HttpResponse, AppError> {
    let now = app.now();
    app.db
        .write(move |conn| {
            Account::keep_mail(conn, &actor.id, None)?;
            let account = Account::find(conn, &actor.id)?;
            record(conn, Some(&account), &seen, Outcome::Done, now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
