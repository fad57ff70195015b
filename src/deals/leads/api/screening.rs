//! Screening a lead, the pool, contact with the investor, and pauses of the clock.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{LeadView, silenced, view_of};
use crate::app::App;
use crate::deals::leads::clock::{Clock, ClockKind, NOT_PAUSED, NOT_RUNNING};
use crate::deals::leads::contact::{Contact, ContactId, ContactWay};
use crate::deals::leads::credit::{CreditCause, CreditSlip};
use crate::deals::leads::handover::{ALREADY, Handover, HandoverState, LIKENESS_OPEN};
use crate::deals::leads::lead::{Lead, LeadId, LeadState, STATE_CHANGED};
use crate::deals::leads::pool::{FULL, GONE, NO_UNIT, PoolPlace, PoolPlaceId};
use crate::deals::leads::rules::task_force_of;
use crate::deals::leads::screening::{Screening, ScreeningId, ScreeningOutcome};
use crate::deals::leads::setting::{Setting, SettingName};
use crate::deals::leads::{LeadAccepted, LeadDeclined, LeadPooled, LeadScreened, likeness_review};
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, TaskForce};
use crate::people::units::{Unit, UnitKind};
use crate::platform::clock::Time;
use crate::platform::input::Prose;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenLead {
    /// What it is worth, 1 to 5
    #[schema(minimum = 1, maximum = 5)]
    value: i32,
    /// How it fits the city's chains, 1 to 5
    #[schema(minimum = 1, maximum = 5)]
    fit: i32,
    /// Who has the first talk; the task force of the industry when left out
    task_force: Option<TaskForce>,
    outcome: ScreeningOutcome,
    /// Why; a submitter reads it when the lead is declined
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    note: Prose<500>,
}

/// Screen a lead: value, fit, the task force of its industry, or decline it (article 11)
#[utoipa::path(tag = "leads", operation_id = "screen_lead", request_body = ScreenLead, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/screenings")]
pub(super) async fn screen_lead(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<ScreenLead>,
) -> Result<HttpResponse, AppError> {
    for (field, mark) in [("value", body.value.value), ("fit", body.value.fit)] {
        if !(1..=5).contains(&mark) {
            return Err(AppError::field(field, "input.range"));
        }
    }
    act.create(&app, body, move |tx, wish: &ScreenLead| {
        let lead = Lead::take(tx.conn, tx.actor, &id)?;
        if !LeadState::BEFORE_HANDOVER.contains(&lead.state) {
            return Err(AppError::Conflict(&STATE_CHANGED));
        }
        let screening = Screening {
            id: ScreeningId::fresh(),
            lead_id: lead.id.clone(),
            value: wish.value,
            fit: wish.fit,
            task_force: wish.task_force.unwrap_or_else(|| task_force_of(lead.industry)),
            outcome: wish.outcome,
            note: wish.note.as_str().to_owned(),
            screened_by: tx.actor.id.clone(),
            screened_at: tx.now,
        };
        screening.insert(tx.conn)?;
        let from = LeadState::BEFORE_HANDOVER;
        if wish.outcome == ScreeningOutcome::Decline {
            Lead::move_to(tx.conn, &lead.id, &from, LeadState::Declined, None)?;
            Lead::entrust(tx.conn, &lead.id, None)?;
            Clock::stop(tx.conn, &lead.id, tx.now)?;
            PoolPlace::close(tx.conn, &lead.id, tx.now)?;
            tx.emit(&LeadDeclined::new(&lead, &screening.note))?;
        } else {
            Lead::screen(tx.conn, &lead.id)?;
            Lead::entrust(tx.conn, &lead.id, Some(screening.task_force))?;
            let event = LeadScreened::new(tx.conn, &lead, screening.task_force, &screening.note)?;
            tx.emit(&event)?;
        }
        tx.subject("lead", &lead.id);
        tx.detail(wish.outcome.as_str());
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolLead {
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

/// Put a lead into the pool, for counties and parks to claim
#[utoipa::path(tag = "leads", operation_id = "pool_lead", request_body = PoolLead, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/pool-places")]
pub(super) async fn pool_lead(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<PoolLead>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PoolLead| {
        let lead = Lead::take(tx.conn, tx.actor, &id)?;
        if !LeadState::BEFORE_HANDOVER.contains(&lead.state) {
            return Err(AppError::Conflict(&ALREADY));
        }
        if likeness_review::is_open_for(tx.conn, &lead.id)? {
            return Err(AppError::Conflict(&LIKENESS_OPEN));
        }
        let reason = wish.reason.as_str();
        PoolPlace::open(tx.conn, &lead.id, reason, Some(&tx.actor.id), tx.now)?;
        Lead::screen(tx.conn, &lead.id)?;
        Clock::start(tx.conn, &lead.id, ClockKind::Pool, None, tx.now)?;
        let event = LeadPooled::new(tx.conn, &lead, reason)?;
        tx.emit(&event)?;
        tx.subject("lead", &lead.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PoolPlaceView {
    id: PoolPlaceId,
    number: String,
    enterprise_name: String,
    industry: Industry,
    /// Empty when it is withheld
    intention: String,
    /// What it says did not pass the content check
    withheld: bool,
    submitted_at: Time,
    reason: String,
    opened_at: Time,
    value: Option<i32>,
    fit: Option<i32>,
    task_force: Option<TaskForce>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PoolFilter {
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Leads to claim, the longest waiting first; contacts are shown after the claim
#[utoipa::path(tag = "leads", operation_id = "list_pool", params(PoolFilter), responses((status = 200, body = Page<PoolPlaceView>), ReadErrors))]
#[get("/leads/pool")]
pub(super) async fn list_pool(
    app: App,
    _actor: Actor,
    filter: web::Query<PoolFilter>,
) -> Result<web::Json<Page<PoolPlaceView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = PoolPlace::list(conn, &paging)?;
            let ids: Vec<LeadId> = page.items.iter().map(|p| p.lead_id.clone()).collect();
            let screened: HashMap<LeadId, Screening> =
                Screening::of_leads(conn, &ids)?.into_iter().map(|s| (s.lead_id.clone(), s)).collect();
            let silenced = silenced(conn, &ids)?;
            let leads: HashMap<LeadId, Lead> =
                Lead::find_all(conn, ids)?.into_iter().map(|l| (l.id.clone(), l)).collect();
            let view = |place: PoolPlace| {
                let screening = screened.get(&place.lead_id);
                let withheld = silenced.contains(place.lead_id.as_str());
                leads.get(&place.lead_id).cloned().map(|lead| PoolPlaceView {
                    id: place.id,
                    number: lead.number,
                    enterprise_name: lead.enterprise_name,
                    industry: lead.industry,
                    intention: if withheld { String::new() } else { lead.intention },
                    withheld,
                    submitted_at: lead.submitted_at,
                    reason: place.reason,
                    opened_at: place.opened_at,
                    value: screening.map(|s| s.value),
                    fit: screening.map(|s| s.fit),
                    task_force: screening.map(|s| s.task_force),
                })
            };
            Ok(Page { items: page.items.into_iter().filter_map(view).collect(), next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// Claim a lead of the pool for one's county or park, within the limit and with a reason
#[utoipa::path(tag = "leads", operation_id = "claim_lead", request_body = PoolLead, params(("id" = PoolPlaceId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/pool/{id}/claims")]
pub(super) async fn claim_lead(
    app: App,
    act: Act,
    id: web::Path<PoolPlaceId>,
    body: Json<PoolLead>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PoolLead| {
        let place = PoolPlace::find(tx.conn, &id)?;
        // The lead and then the unit, as a handover holds them: two claims of one unit are counted one after the other.
        let lead = Lead::hold(tx.conn, &place.lead_id)?;
        let unit = match tx.actor.unit_id.as_deref() {
            Some(unit) => Unit::hold(tx.conn, unit)?,
            None => None,
        };
        let unit = unit
            .filter(|u| matches!(u.kind, UnitKind::County | UnitKind::Park))
            .ok_or(AppError::Conflict(&NO_UNIT))?;
        if place.closed_at.is_some() {
            return Err(AppError::Conflict(&GONE));
        }
        let most = Setting::at(tx.conn, SettingName::PoolClaims, tx.now)?;
        if PoolPlace::waiting_at(tx.conn, &unit.id)? >= i64::from(most) {
            return Err(AppError::Conflict(&FULL));
        }
        let (me, reason) = (tx.actor.id.clone(), wish.reason.as_str());
        place.claim(tx.conn, &unit.id, reason, &me, tx.now)?;
        let handover = Handover {
            state: HandoverState::Accepted,
            answered_by: Some(me.clone()),
            answered_at: Some(tx.now),
            ..Handover::new(
                place.lead_id.clone(),
                unit.id.clone(),
                Some(reason.to_owned()),
                me.clone(),
                tx.now,
                tx.now,
            )
        };
        handover.insert(tx.conn)?;
        let from = LeadState::BEFORE_HANDOVER;
        Lead::move_to(tx.conn, &lead.id, &from, LeadState::Accepted, Some(unit.id.clone()))?;
        Clock::start(tx.conn, &lead.id, ClockKind::FollowUp, Some(unit.id.clone()), tx.now)?;
        CreditSlip::make(tx.conn, &lead, CreditCause::Acceptance, tx.now)?;
        tx.emit(&LeadAccepted::new(&lead, &unit, place.opened_by.as_ref().unwrap_or(&me)))?;
        tx.subject("lead", &lead.id);
        tx.detail(unit.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordContact {
    way: ContactWay,
    /// What was said and agreed
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    words: Prose<500>,
}

/// Record a contact with the investor, or a task force's talk; it stops the clock of an accepted lead
#[utoipa::path(tag = "leads", operation_id = "record_contact", request_body = RecordContact, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/contacts")]
pub(super) async fn record_contact(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<RecordContact>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &RecordContact| {
        let lead = Lead::take_to_work(tx.conn, tx.actor, &id)?;
        let contact = Contact {
            id: ContactId::fresh(),
            lead_id: lead.id.clone(),
            unit_id: tx.actor.unit_id.clone(),
            way: wish.way,
            words: wish.words.as_str().to_owned(),
            made_by: tx.actor.id.clone(),
            made_at: tx.now,
            task_force: lead.task_force.filter(|_| lead.is_negotiated_by(tx.actor)),
        };
        contact.insert(tx.conn)?;
        if Clock::running(tx.conn, &lead.id)?.is_some_and(|clock| clock.kind == ClockKind::FollowUp) {
            Clock::stop(tx.conn, &lead.id, tx.now)?;
        }
        tx.subject("lead", &lead.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseClock {
    /// What is waited for, and on whom: others read it
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
    until_at: Time,
}

/// Pause the clock of a lead, with a reason and until a day
#[utoipa::path(tag = "leads", operation_id = "pause_clock", request_body = PauseClock, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/pauses")]
pub(super) async fn pause_clock(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<PauseClock>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PauseClock| {
        let lead = Lead::take_to_work(tx.conn, tx.actor, &id)?;
        let clock = Clock::running(tx.conn, &lead.id)?.ok_or(AppError::Conflict(&NOT_RUNNING))?;
        clock.pause(tx.conn, wish.reason.as_str(), wish.until_at, &tx.actor.id, tx.now)?;
        tx.subject("lead", &lead.id);
        tx.detail(wish.reason.as_str());
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

/// End the pause of a lead's clock before its day
#[utoipa::path(tag = "leads", operation_id = "resume_clock", request_body = Nothing, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/resumptions")]
pub(super) async fn resume_clock(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let lead = Lead::take_to_work(tx.conn, tx.actor, &id)?;
        let clock = Clock::running(tx.conn, &lead.id)?.ok_or(AppError::Conflict(&NOT_RUNNING))?;
        if !clock.resume(tx.conn, tx.now)? {
            return Err(AppError::Conflict(&NOT_PAUSED));
        }
        tx.subject("lead", &lead.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}
