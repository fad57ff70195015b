//! Handing a lead to a county or park, and its answer.
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{LeadView, view_of};
use crate::app::App;
use crate::deals::leads::clock::{Clock, ClockKind};
use crate::deals::leads::credit::{CreditCause, CreditSlip};
use crate::deals::leads::handover::{
    ALREADY, Handover, HandoverId, HandoverState, LIKENESS_OPEN, NOT_A_RECEIVER,
};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::pool::PoolPlace;
use crate::deals::leads::setting::{Setting, SettingName};
use crate::deals::leads::{LeadAccepted, LeadHandedOver, LeadReturned, likeness_review};
use crate::error::AppError;
use crate::openapi::WriteErrors;
use crate::people::auth::{Act, Tx};
use crate::people::units::{Unit, UnitKind};
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverLead {
    /// A county or park
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    unit_id: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Prose<500>>,
}

/// Hand a lead to a county or park (article 11); it answers within the days that were set
#[utoipa::path(tag = "leads", operation_id = "hand_over_lead", request_body = HandOverLead, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/handovers")]
pub(super) async fn hand_over_lead(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<HandOverLead>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &HandOverLead| {
        let lead = Lead::take(tx.conn, tx.actor, &id)?;
        let unit = receiver(tx.conn, wish.unit_id.as_str())?;
        if !LeadState::BEFORE_HANDOVER.contains(&lead.state) {
            return Err(AppError::Conflict(&ALREADY));
        }
        if likeness_review::is_open_for(tx.conn, &lead.id)? {
            return Err(AppError::Conflict(&LIKENESS_OPEN));
        }
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned());
        // The unit answers before its clock goes over its head to the task force.
        let within = Setting::days(tx.conn, SettingName::ClockLevel2, tx.now)?;
        let (by, answer_by) = (tx.actor.id.clone(), tx.now.plus(within));
        Handover::new(lead.id.clone(), unit.id.clone(), note, by, tx.now, answer_by).insert(tx.conn)?;
        let from = LeadState::BEFORE_HANDOVER;
        Lead::move_to(tx.conn, &lead.id, &from, LeadState::HandedOver, Some(unit.id.clone()))?;
        PoolPlace::close(tx.conn, &lead.id, tx.now)?;
        Clock::start(tx.conn, &lead.id, ClockKind::Answer, Some(unit.id.clone()), tx.now)?;
        let event = LeadHandedOver::new(tx.conn, &lead, &unit, within.num_days())?;
        tx.emit(&event)?;
        tx.subject("lead", &lead.id);
        tx.detail(unit.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

fn receiver(conn: &mut DbConn, id: &str) -> Result<Unit, AppError> {
    Unit::find(conn, id)?
        .filter(|unit| matches!(unit.kind, UnitKind::County | UnitKind::Park))
        .ok_or(AppError::Unprocessable(&NOT_A_RECEIVER))
}

/// Accept a lead for one's county or park
#[utoipa::path(tag = "leads", operation_id = "accept_handover", request_body = Nothing, params(("id" = HandoverId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/handovers/{id}/acceptances")]
pub(super) async fn accept_handover(
    app: App,
    act: Act,
    id: web::Path<HandoverId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let (handover, unit, lead) = answer(tx, &id, HandoverState::Accepted, None)?;
        Lead::move_to(
            tx.conn,
            &lead.id,
            &[LeadState::HandedOver],
            LeadState::Accepted,
            Some(unit.id.clone()),
        )?;
        Clock::start(tx.conn, &lead.id, ClockKind::FollowUp, Some(unit.id.clone()), tx.now)?;
        CreditSlip::make(tx.conn, &lead, CreditCause::Acceptance, tx.now)?;
        tx.emit(&LeadAccepted::new(&lead, &unit, &handover.handed_over_by))?;
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnHandover {
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

/// Return a lead to the information task force, with the reason
#[utoipa::path(tag = "leads", operation_id = "return_handover", request_body = ReturnHandover, params(("id" = HandoverId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/handovers/{id}/returns")]
pub(super) async fn return_handover(
    app: App,
    act: Act,
    id: web::Path<HandoverId>,
    body: Json<ReturnHandover>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &ReturnHandover| {
        let reason = wish.reason.as_str();
        let (handover, unit, lead) = answer(tx, &id, HandoverState::Returned, Some(reason))?;
        Lead::move_to(tx.conn, &lead.id, &[LeadState::HandedOver], LeadState::Returned, None)?;
        Clock::start(tx.conn, &lead.id, ClockKind::Screening, None, tx.now)?;
        tx.emit(&LeadReturned::new(&lead, &unit, &handover.handed_over_by, reason))?;
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

/// Writes the answer; gives the handover, its unit and its lead as it was before.
fn answer(
    tx: &mut Tx<'_>,
    id: &HandoverId,
    state: HandoverState,
    reason: Option<&str>,
) -> Result<(Handover, Unit, Lead), AppError> {
    let handover = Handover::find(tx.conn, tx.actor, id)?;
    handover.answer(tx.conn, state, reason.map(str::to_owned), &tx.actor.id, tx.now)?;
    tx.subject("handover", &handover.id);
    let unit = Unit::find(tx.conn, &handover.unit_id)?.ok_or(AppError::NotFound)?;
    let lead = Lead::find_all(tx.conn, vec![handover.lead_id.clone()])?.pop().ok_or(AppError::NotFound)?;
    Ok((handover, unit, lead))
}
