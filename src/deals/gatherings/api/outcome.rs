//! What came of a gathering: who joined on line, the leads of those who came, and the figures.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::gatherings::check_in::{self, CheckInWay};
use crate::deals::gatherings::figures::{self, GatheringFigures};
use crate::deals::gatherings::follow_up::FollowUp;
use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::registration::{Registration, RegistrationId, RegistrationState};
use crate::deals::leads::{Brought, LeadId, bring};
use crate::error::{AppError, Code};
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::input::{Line, Prose};
use crate::platform::web::{Json, Nothing};

const NOT_LIVE: Code =
    Code::new("gathering.not_live", "直播尚未开始或已经结束", "The live broadcast has not begun or is over");
const NOT_COME: Code = Code::new(
    "gathering.not_come",
    "只有已签到的人可以转为招商信息，请先签到",
    "A lead is opened of somebody who came; check them in first",
);

#[derive(Debug, Serialize, ToSchema)]
pub struct LiveDoor {
    live_url: String,
}

/// Join on line: gives the live link, and counts whoever has a place as having come
#[utoipa::path(tag = "gatherings", operation_id = "join_live", request_body = Nothing, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LiveDoor), WriteErrors))]
#[post("/gatherings/{id}/arrivals")]
pub(super) async fn join_live(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let gathering = Gathering::public(tx.conn, &id)?;
        let live = gathering.plan()?.live_url.filter(|_| gathering.standing().is_live(tx.now));
        let live_url = live.map(Line::into_string).ok_or(AppError::Conflict(&NOT_LIVE))?;
        tx.subject("gathering", &gathering.id);
        if let Some(own) = Registration::of_person(tx.conn, &id, &tx.actor.id)? {
            check_in::count(tx.conn, &own, CheckInWay::Live, &tx.actor.id, (tx.now, None))?;
        }
        Ok(LiveDoor { live_url })
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenFollowUp {
    industry: Industry,
    /// Left out, the gathering and the answers of the form speak
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    intention: Option<Prose<1000>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GatheringLead {
    lead_id: LeadId,
    /// It had been opened before
    already: bool,
}

/// Open a lead of somebody who came; asked again it gives the same lead
#[utoipa::path(tag = "gatherings", operation_id = "open_follow_up", request_body = OpenFollowUp, params(("id" = RegistrationId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = GatheringLead), WriteErrors))]
#[post("/gatherings/registrations/{id}/leads")]
pub(super) async fn open_follow_up(
    app: App,
    act: Act,
    id: web::Path<RegistrationId>,
    body: Json<OpenFollowUp>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &OpenFollowUp| {
        let who = Registration::held(tx.conn, tx.actor, &id)?;
        // Two who ask at once wait for each other here.
        let gathering = Gathering::take(tx.conn, &who.gathering_id)?;
        if let Some(known) = FollowUp::find(tx.conn, &gathering.id, &who.account_id)? {
            tx.subject("lead", &known.lead_id);
            return Ok(GatheringLead { lead_id: known.lead_id, already: true });
        }
        let came = check_in::of(tx.conn, vec![who.id.clone()])?.contains_key(&who.id);
        if !came || who.state != RegistrationState::Seated {
            return Err(AppError::Conflict(&NOT_COME));
        }
        let intention = match &wish.intention {
            Some(words) => words.as_str().to_owned(),
            None => who.intention(&gathering.title),
        };
        let brought = Brought {
            enterprise_name: who.firm.clone(),
            contact_name: who.name.clone(),
            contact_phone: who.phone.clone(),
            industry: wish.industry,
            intention,
        };
        let lead = bring(tx.conn, brought, tx.actor, tx.now)?;
        let follow_up = FollowUp {
            gathering_id: gathering.id.clone(),
            account_id: who.account_id,
            lead_id: lead.clone(),
            opened_by: tx.actor.id.clone(),
            opened_at: tx.now,
        };
        follow_up.insert(tx.conn)?;
        tx.subject("lead", &lead);
        Ok(GatheringLead { lead_id: lead, already: false })
    })
    .await
}

/// Registered, came, stayed away, leads, and by which way people heard of it; small numbers are not given
#[utoipa::path(tag = "gatherings", operation_id = "show_gathering_figures", params(("id" = GatheringId, Path)), responses((status = 200, body = GatheringFigures), ReadErrors))]
#[get("/gatherings/{id}/figures")]
pub(super) async fn show_gathering_figures(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
) -> Result<web::Json<GatheringFigures>, AppError> {
    let now = app.now();
    let figures = app
        .read(move |conn| {
            let gathering = Gathering::held(conn, &actor, &id)?;
            figures::of(conn, &gathering, now)
        })
        .await?;
    Ok(web::Json(figures))
}
