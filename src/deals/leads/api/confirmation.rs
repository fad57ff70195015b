//! The investor's link: who brought you, and whether anybody has answered you. No account is needed.
use actix_web::{HttpResponse, get, post, web};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::view::names_of;
use crate::app::App;
use crate::deals::leads::LeadConfirmed;
use crate::deals::leads::clock::{Clock, ClockKind, EscalationCause};
use crate::deals::leads::confirmation::{ANSWERED, Call, CallId, Confirmation, ConfirmationId, EXPIRED};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::ledger::{EntryKind, LedgerHead};
use crate::deals::leads::rules::ConfirmationAnswer;
use crate::deals::leads::setting::{Setting, SettingName};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{Act, Circumstances};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::web::{Json, Nothing};
use crate::platform::{masked, outbox};

#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmationLink {
    id: ConfirmationId,
    /// To be sent to the investor alone
    link: String,
    expires_at: Time,
}

/// Make a link by which the investor confirms who brought them
#[utoipa::path(tag = "leads", operation_id = "ask_confirmation", request_body = Nothing, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ConfirmationLink), WriteErrors))]
#[post("/leads/{id}/confirmations")]
pub(super) async fn ask_confirmation(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let lead = Lead::find(tx.conn, tx.actor, &id)?;
        let made = Confirmation {
            id: ConfirmationId::fresh(),
            lead_id: lead.id.clone(),
            asked_by: tx.actor.id.clone(),
            asked_at: tx.now,
            expires_at: tx.now.plus(Setting::days(tx.conn, SettingName::ConfirmDays, tx.now)?),
            answer: None,
            words: None,
            answered_at: None,
            sequence: None,
        };
        made.insert(tx.conn)?;
        tx.subject("lead", &lead.id);
        Ok(ConfirmationLink { link: link(&house, &made.id), id: made.id, expires_at: made.expires_at })
    })
    .await
}

/// The page for the investor, on a phone and without an account.
pub(super) fn link(app: &App, id: &ConfirmationId) -> String {
    let place = app.config.public_url.trim_end_matches('/');
    format!("{place}/#/packages/leads/confirm/index?id={id}&token={}", Confirmation::token(&app.keys, id))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmationView {
    enterprise_name: String,
    contact_name: String,
    submitter: String,
    submitted_for: Option<String>,
    submitted_at: Time,
    state: LeadState,
    /// Who holds it now
    unit_name: Option<String>,
    unit_name_en: Option<String>,
    answer: Option<ConfirmationAnswer>,
    answered_at: Option<Time>,
    /// Where the answer stands in the ledger
    sequence: Option<i64>,
    expires_at: Time,
    /// Whether the answer can no longer be changed
    settled: bool,
}

fn is_right(app: &App, id: &ConfirmationId, token: &str) -> bool {
    let right = Confirmation::token(&app.keys, id);
    verify_slices_are_equal(right.as_bytes(), token.as_bytes()).is_ok()
}

fn view(conn: &mut DbConn, confirmation: Confirmation) -> Result<ConfirmationView, AppError> {
    let lead = lead_of(conn, &confirmation)?;
    let name = names_of(conn, vec![lead.submitted_by.clone()])?.remove(&lead.submitted_by);
    let unit = match &lead.unit_id {
        Some(unit) => Unit::find(conn, unit)?,
        None => None,
    };
    Ok(ConfirmationView {
        settled: confirmation.is_final(),
        enterprise_name: lead.enterprise_name,
        contact_name: masked::name(&lead.contact_name),
        submitter: name.unwrap_or_default(),
        submitted_for: lead.submitted_for,
        submitted_at: lead.submitted_at,
        state: lead.state,
        unit_name_en: unit.as_ref().map(|unit| unit.name_en.clone()),
        unit_name: unit.map(|unit| unit.short_name),
        answer: confirmation.answer,
        answered_at: confirmation.answered_at,
        sequence: confirmation.sequence,
        expires_at: confirmation.expires_at,
    })
}

fn lead_of(conn: &mut DbConn, confirmation: &Confirmation) -> Result<Lead, AppError> {
    Lead::find_all(conn, vec![confirmation.lead_id.clone()])?.pop().ok_or(AppError::NotFound)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkToken {
    #[param(min_length = 1, max_length = 64)]
    token: String,
}

/// What the investor is asked
#[utoipa::path(tag = "leads", operation_id = "show_confirmation", params(("id" = ConfirmationId, Path), LinkToken), responses((status = 200, body = ConfirmationView), (status = 409, body = crate::error::Problem, description = "The link has expired"), ReadErrors), security(()))]
#[get("/lead-confirmations/{id}")]
pub(super) async fn show_confirmation(
    app: App,
    id: web::Path<ConfirmationId>,
    link: web::Query<LinkToken>,
) -> Result<web::Json<ConfirmationView>, AppError> {
    if !is_right(&app, &id, &link.token) {
        return Err(AppError::NotFound);
    }
    let now = app.now();
    let seen = app
        .read(move |conn| {
            let confirmation = Confirmation::find(conn, &id)?;
            if confirmation.expires_at <= now {
                return Err(AppError::Conflict(&EXPIRED));
            }
            view(conn, confirmation)
        })
        .await?;
    Ok(web::Json(seen))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerConfirmation {
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    token: Line<64>,
    answer: ConfirmationAnswer,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    words: Option<Prose<300>>,
}

/// Answer who brought one: agree and disagree are kept as evidence in the ledger and stand
#[utoipa::path(tag = "leads", operation_id = "answer_confirmation", request_body = AnswerConfirmation, params(("id" = ConfirmationId, Path)), responses((status = 200, body = ConfirmationView), WriteErrors), security(()))]
#[post("/lead-confirmations/{id}/answers")]
pub(super) async fn answer_confirmation(
    app: App,
    circumstances: Circumstances,
    id: web::Path<ConfirmationId>,
    body: Json<AnswerConfirmation>,
) -> Result<web::Json<ConfirmationView>, AppError> {
    let body = body.value;
    if !is_right(&app, &id, body.token.as_str()) {
        return Err(AppError::NotFound);
    }
    let now = app.now();
    let answered = app
        .db
        .write(move |conn| {
            let head = LedgerHead::take(conn)?;
            let confirmation = Confirmation::take(conn, &id, now)?;
            // The same answer again has no effect and the same result.
            if confirmation.answer == Some(body.answer) {
                return view(conn, confirmation);
            }
            if confirmation.is_final() {
                return Err(AppError::Conflict(&ANSWERED));
            }
            let lead = lead_of(conn, &confirmation)?;
            let words = body.words.as_ref().map(Prose::as_str);
            let facts = json!({"confirmation": confirmation.id, "number": lead.number, "answer": body.answer,
                "words": words, "submitted_by": lead.submitted_by});
            let entry = head.append_evidence(conn, Some(&lead.id), EntryKind::Answer, facts, now)?;
            confirmation.answer(conn, body.answer, words, entry.sequence, now)?;
            let event = LeadConfirmed::new(conn, &lead, &confirmation.asked_by, body.answer)?;
            outbox::emit(conn, &event, now)?;
            audit(conn, &circumstances, &confirmation, Some(body.answer.to_string()), now)?;
            let answered = Confirmation::find(conn, &id)?;
            view(conn, answered)
        })
        .await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(web::Json(answered))
}

fn audit(
    conn: &mut DbConn,
    circumstances: &Circumstances,
    confirmation: &Confirmation,
    detail: Option<String>,
    now: Time,
) -> Result<(), AppError> {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: None,
        actor_name: None,
        operation: circumstances.operation.to_owned(),
        subject: Some(format!("confirmation/{}", confirmation.id)),
        outcome: Outcome::Done,
        request_id: circumstances.request_id.clone(),
        address: circumstances.address.clone(),
        detail,
    }
    .write(conn)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallForAnswer {
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    token: Line<64>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    words: Option<Prose<300>>,
}

/// "Nobody has answered me": goes up one level at once; once a day
#[utoipa::path(tag = "leads", operation_id = "call_for_answer", request_body = CallForAnswer, params(("id" = ConfirmationId, Path)), responses((status = 200, body = ConfirmationView), WriteErrors), security(()))]
#[post("/lead-confirmations/{id}/calls")]
pub(super) async fn call_for_answer(
    app: App,
    circumstances: Circumstances,
    id: web::Path<ConfirmationId>,
    body: Json<CallForAnswer>,
) -> Result<web::Json<ConfirmationView>, AppError> {
    let body = body.value;
    if !is_right(&app, &id, body.token.as_str()) {
        return Err(AppError::NotFound);
    }
    let now = app.now();
    let seen = app
        .db
        .write(move |conn| {
            let confirmation = Confirmation::take(conn, &id, now)?;
            let lead = lead_of(conn, &confirmation)?;
            let call = Call {
                id: CallId::fresh(),
                lead_id: lead.id.clone(),
                confirmation_id: confirmation.id.clone(),
                called_on: now.day(),
                called_at: now,
                words: body.words.as_ref().map(|w| w.as_str().to_owned()),
            };
            call.insert(conn)?;
            // A lead that was thought to be in good hands is waited for again.
            if Clock::running(conn, &lead.id)?.is_none() {
                let kind = if lead.unit_id.is_some() { ClockKind::FollowUp } else { ClockKind::Screening };
                Clock::start(conn, &lead.id, kind, lead.unit_id.clone(), now)?;
            }
            if let Some(clock) = Clock::running(conn, &lead.id)? {
                clock.escalate(conn, EscalationCause::Investor, now)?;
            }
            audit(conn, &circumstances, &confirmation, None, now)?;
            view(conn, confirmation)
        })
        .await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(web::Json(seen))
}
