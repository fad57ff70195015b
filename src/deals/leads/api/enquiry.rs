//! The public form: an investor without an account leaves word and keeps the receipt.
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead::{SubmitLead, register};
use crate::app::App;
use crate::deals::leads::confirmation::{Confirmation, ConfirmationId};
use crate::deals::leads::enquiry::{Enquiry, EnquiryId, form_account};
use crate::deals::leads::ledger::LedgerHead;
use crate::deals::leads::receipt::Receipt;
use crate::deals::leads::setting::{Setting, SettingName};
use crate::error::AppError;
use crate::openapi::WriteErrors;
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::Circumstances;
use crate::people::content_checks::{CheckSubject, submit_text_of_nobody};
use crate::platform::web::Json;
use crate::platform::{idempotency, outbox};

#[derive(Debug, Serialize, ToSchema)]
pub struct EnquirySubmission {
    receipt: Receipt,
    /// Opens the page on which the investor can say that nobody has answered
    link: String,
}

/// Leave word as an investor, without an account; so many a day for one phone and one address
#[utoipa::path(tag = "leads", operation_id = "submit_enquiry", request_body = SubmitLead, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnquirySubmission), WriteErrors), security(()))]
#[post("/leads/enquiries")]
pub(super) async fn submit_enquiry(
    app: App,
    circumstances: Circumstances,
    key: ClientKey,
    body: Json<SubmitLead>,
) -> Result<HttpResponse, AppError> {
    let (house, new, now) = (app.clone(), body.value, app.now());
    let ledger = super::receipt::ledger_address(&app);
    let address_hash = app.keys.hash(&["form-address", circumstances.address.as_deref().unwrap_or_default()]);
    let phone_hash = app.keys.hash(&["form-phone", new.phone()]);
    // Nobody is signed in: the address stands for the person to whom the key belongs.
    let key = idempotency::Key {
        actor: address_hash.clone(),
        key: key.0,
        operation: circumstances.operation,
        request: body.digest,
    };
    let text = app
        .db
        .write(move |conn| {
            if let Some(stored) = idempotency::claim(conn, &key, now)? {
                return house
                    .keys
                    .unseal(&stored.body)
                    .ok_or_else(|| AppError::internal("not sealed with our keys"));
            }
            let head = LedgerHead::take(conn)?;
            Enquiry::refuse_too_many(conn, &phone_hash, &address_hash, now)?;
            let account = form_account(conn, now)?;
            let lead = new.lead(&head, &account, None, now);
            let entry = register(conn, &head, &lead, now)?;
            let (subject, wechat) =
                ((CheckSubject::LeadText, lead.id.as_str()), house.config.wechat_app_id.as_deref());
            submit_text_of_nobody(conn, wechat, subject, &account, &new.words(), now)?;
            let enquiry = Enquiry {
                id: EnquiryId::fresh(),
                lead_id: lead.id.clone(),
                phone_hash: phone_hash.clone(),
                address_hash: address_hash.clone(),
                day: now.day(),
                at: now,
            };
            enquiry.insert(conn)?;
            let link = Confirmation {
                id: ConfirmationId::fresh(),
                lead_id: lead.id.clone(),
                asked_by: account,
                asked_at: now,
                expires_at: now.plus(Setting::days(conn, SettingName::ConfirmDays, now)?),
                answer: None,
                words: None,
                answered_at: None,
                sequence: None,
            };
            link.insert(conn)?;
            Entry {
                id: EntryId::fresh(),
                at: now,
                actor_id: None,
                actor_name: None,
                operation: circumstances.operation.to_owned(),
                subject: Some(format!("lead/{}", lead.id)),
                outcome: Outcome::Done,
                request_id: circumstances.request_id.clone(),
                address: circumstances.address.clone(),
                detail: None,
            }
            .write(conn)?;
            let made = EnquirySubmission {
                receipt: Receipt::new(&lead, entry, ledger.clone()),
                link: super::confirmation::link(&house, &link.id),
            };
            let text = serde_json::to_string(&made).map_err(AppError::internal)?;
            let sealed = house.keys.seal(&text).ok_or_else(|| AppError::internal("sealing failed"))?;
            idempotency::store(conn, &key, 201, &sealed)?;
            Ok(text)
        })
        .await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(HttpResponse::Created().content_type("application/json").body(text))
}

/// The Idempotency-Key of a request without a person.
pub struct ClientKey(String);

impl actix_web::FromRequest for ClientKey {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let key = request.headers().get("Idempotency-Key").and_then(|v| v.to_str().ok());
        let key = key.filter(|k| idempotency::is_well_formed(k)).map(|k| Self(k.to_owned()));
        std::future::ready(key.ok_or(AppError::Malformed(&idempotency::KEY_MISSING)))
    }
}
