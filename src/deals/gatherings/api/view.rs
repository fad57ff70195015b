//! A gathering as it is shown: to everybody, to whoever registered, and to the unit that holds it.
use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::gatherings::check_in::{self, CheckIn, CheckInWay};
use crate::deals::gatherings::follow_up::FollowUp;
use crate::deals::gatherings::gathering::{Gathering, GatheringId, GatheringState};
use crate::deals::gatherings::plan::{FormQuestion, GatheringPoint, PlanGathering};
use crate::deals::gatherings::registration::{
    AnswerKept, GatheringSource, Registration, RegistrationId, RegistrationState, ticket_of,
};
use crate::deals::gatherings::rules::GatheringPhase;
use crate::deals::leads::LeadId;
use crate::error::AppError;
use crate::libraries::map::Site;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::masked;
use crate::schema::{auth_accounts, units};

crate::text_enum! {
    /// What one may do with a gathering.
    pub enum GatheringAct {
        Change = "change", "修改", "Change";
        Publish = "publish", "发布", "Publish";
        Cancel = "cancel", "取消活动", "Cancel";
        CheckIn = "check_in", "现场签到", "Check people in";
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GatheringSummary {
    id: GatheringId,
    unit_name: String,
    unit_name_en: String,
    title: String,
    title_en: Option<String>,
    place: Option<String>,
    place_en: Option<String>,
    /// There is a live link
    online: bool,
    starts_at: Time,
    ends_at: Time,
    closes_at: Time,
    phase: GatheringPhase,
    capacity: i32,
    /// Places that are left
    left: i32,
    waiting: i32,
    /// A second person has still to publish something; shown to the unit alone
    waits_for_second: bool,
    demo: bool,
}

/// A project or site released, with its name on the map.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    title: String,
    title_en: Option<String>,
    /// Opens its page, as long as it is on the map
    site_id: Option<String>,
    site_name: Option<String>,
    site_name_en: Option<String>,
}

/// What everybody sees.
#[derive(Debug, Serialize, ToSchema)]
pub struct GatheringPage {
    gathering: GatheringSummary,
    summary: String,
    summary_en: Option<String>,
    agenda: Vec<GatheringPoint>,
    releases: Vec<ReleaseView>,
    questions: Vec<FormQuestion>,
    firm_limit: i32,
    contact_name: String,
    contact_phone: String,
    /// From a quarter of an hour before the beginning until the end
    live_url: Option<String>,
    cancel_reason: Option<String>,
    /// The server's clock
    now: Time,
}

/// What the unit that holds it sees.
#[derive(Debug, Serialize, ToSchema)]
pub struct GatheringDesk {
    gathering: GatheringSummary,
    state: GatheringState,
    /// Give it back with a change
    version: i32,
    plan: PlanGathering,
    /// Waits for a second person
    proposal: Option<PlanGathering>,
    written_by_name: Option<String>,
    published_by_name: Option<String>,
    published_at: Option<Time>,
    cancel_reason: Option<String>,
    came: i64,
    /// What the reader may do now
    may: Vec<GatheringAct>,
}

/// One's own registration, with the ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistrationView {
    id: RegistrationId,
    gathering: GatheringSummary,
    name: String,
    phone_masked: String,
    firm: String,
    answers: Vec<AnswerKept>,
    state: RegistrationState,
    registered_at: Time,
    /// How many wait before this one
    ahead: Option<i64>,
    /// To be shown at the door; for whoever has a place
    ticket: Option<String>,
    checked_in_at: Option<Time>,
    /// The place can still be given back
    may_give_back: bool,
}

/// One who registered, for the unit that holds the gathering.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendeeView {
    id: RegistrationId,
    name: String,
    /// First three and last two digits; see the whole with a reveal
    phone_masked: String,
    firm: String,
    answers: Vec<AnswerKept>,
    source: GatheringSource,
    state: RegistrationState,
    registered_at: Time,
    /// When the server heard that they came
    checked_in_at: Option<Time>,
    /// When the phone at the door says it was, if that was off line
    phone_at: Option<Time>,
    way: Option<CheckInWay>,
    /// The lead that came of them
    lead_id: Option<LeadId>,
}

fn line<const N: usize>(text: &Option<Line<N>>) -> Option<String> {
    text.as_ref().map(|line| line.as_str().to_owned())
}

/// In the order that was given.
pub fn summaries(
    conn: &mut DbConn,
    rows: &[Gathering],
    now: Time,
) -> Result<Vec<GatheringSummary>, AppError> {
    let ids: Vec<String> = rows.iter().map(|g| g.unit_id.clone()).collect();
    let named: Vec<(String, String, String)> = units::table
        .filter(units::id.eq_any(ids))
        .select((units::id, units::name, units::name_en))
        .load(conn)?;
    let names: HashMap<&str, (&str, &str)> =
        named.iter().map(|(id, zh, en)| (id.as_str(), (zh.as_str(), en.as_str()))).collect();
    rows.iter()
        .map(|g| {
            let plan = g.plan()?;
            let (unit_name, unit_name_en) = names.get(g.unit_id.as_str()).copied().unwrap_or_default();
            Ok(GatheringSummary {
                id: g.id.clone(),
                unit_name: unit_name.to_owned(),
                unit_name_en: unit_name_en.to_owned(),
                title: g.title.clone(),
                title_en: line(&plan.title_en),
                place: line(&plan.place),
                place_en: line(&plan.place_en),
                online: plan.live_url.is_some(),
                starts_at: g.starts_at,
                ends_at: g.ends_at,
                closes_at: g.closes_at,
                phase: g.standing().phase(now),
                capacity: g.capacity,
                left: (g.capacity - g.taken).max(0),
                waiting: g.waiting,
                waits_for_second: false,
                demo: g.demo,
            })
        })
        .collect()
}

pub fn summary(conn: &mut DbConn, gathering: &Gathering, now: Time) -> Result<GatheringSummary, AppError> {
    summaries(conn, std::slice::from_ref(gathering), now)?.pop().ok_or(AppError::NotFound)
}

/// As [`summaries`], for the unit that holds them.
pub fn desk_rows(
    conn: &mut DbConn,
    rows: &[Gathering],
    now: Time,
) -> Result<Vec<GatheringSummary>, AppError> {
    let mut shown = summaries(conn, rows, now)?;
    for (row, gathering) in shown.iter_mut().zip(rows) {
        row.waits_for_second = gathering.waits_for_second();
    }
    Ok(shown)
}

pub fn page(conn: &mut DbConn, gathering: &Gathering, now: Time) -> Result<GatheringPage, AppError> {
    let plan = gathering.plan()?;
    let sites = Site::named(conn, plan.site_ids())?;
    let releases = plan
        .releases
        .iter()
        .map(|release| {
            let wanted = release.site_id.as_ref().map(Line::as_str);
            let site =
                sites.iter().find(|(site, _, _)| Some(site.id.as_str()) == wanted).map(|(site, _, _)| site);
            ReleaseView {
                title: release.title.as_str().to_owned(),
                title_en: line(&release.title_en),
                site_id: site.map(|site| site.id.clone()),
                site_name: site.map(|site| site.name.clone()),
                site_name_en: site.and_then(|site| site.name_en.clone()),
            }
        })
        .collect();
    Ok(GatheringPage {
        gathering: summary(conn, gathering, now)?,
        summary: plan.summary.as_str().to_owned(),
        summary_en: plan.summary_en.as_ref().map(|text: &Prose<2000>| text.as_str().to_owned()),
        agenda: plan.agenda.clone(),
        releases,
        questions: plan.questions.clone(),
        firm_limit: gathering.firm_limit,
        contact_name: plan.contact_name.as_str().to_owned(),
        contact_phone: plan.contact_phone.as_str().to_owned(),
        live_url: if gathering.standing().is_live(now) { line(&plan.live_url) } else { None },
        cancel_reason: gathering.cancel_reason.clone(),
        now,
    })
}

pub fn desk(
    conn: &mut DbConn,
    actor: &Actor,
    gathering: &Gathering,
    now: Time,
) -> Result<GatheringDesk, AppError> {
    let mut name = |id: &Option<AccountId>| -> Result<Option<String>, AppError> {
        let Some(id) = id else { return Ok(None) };
        Ok(auth_accounts::table.find(id).select(auth_accounts::name).first(conn).optional()?)
    };
    let written_by_name = name(&gathering.written_by)?;
    let published_by_name = name(&gathering.published_by)?;
    Ok(GatheringDesk {
        gathering: desk_rows(conn, std::slice::from_ref(gathering), now)?.pop().ok_or(AppError::NotFound)?,
        state: gathering.state,
        version: gathering.version,
        plan: gathering.plan()?,
        proposal: gathering.proposal()?,
        written_by_name,
        published_by_name,
        published_at: gathering.published_at,
        cancel_reason: gathering.cancel_reason.clone(),
        came: check_in::came(conn, &gathering.id)?,
        may: may(actor, gathering, now),
    })
}

fn may(actor: &Actor, gathering: &Gathering, now: Time) -> Vec<GatheringAct> {
    let allowed = |operation| actor.doing(operation).is_some_and(|actor| gathering.is_held_by(&actor));
    let phase = gathering.standing().phase(now);
    let over = matches!(phase, GatheringPhase::Ended | GatheringPhase::Cancelled);
    let theirs = gathering.written_by.as_ref().is_some_and(|writer| actor.is(writer));
    let door = gathering.standing().door_is_open(now);
    let possible = [
        (GatheringAct::Change, !over && allowed("change_gathering")),
        (
            GatheringAct::Publish,
            !over && gathering.waits_for_second() && !theirs && allowed("publish_gathering"),
        ),
        (GatheringAct::Cancel, !over && allowed("cancel_gathering")),
        (GatheringAct::CheckIn, door && allowed("check_in_guests")),
    ];
    possible.into_iter().filter_map(|(act, allowed)| allowed.then_some(act)).collect()
}

/// One's own registrations, in the order that was given.
pub fn registrations(
    conn: &mut DbConn,
    app: &App,
    rows: Vec<Registration>,
    now: Time,
) -> Result<Vec<RegistrationView>, AppError> {
    let ids: Vec<GatheringId> = rows.iter().map(|r| r.gathering_id.clone()).collect();
    let gatherings = Gathering::find_all(conn, ids)?;
    let shown: HashMap<GatheringId, GatheringSummary> =
        summaries(conn, &gatherings, now)?.into_iter().map(|one| (one.id.clone(), one)).collect();
    let came = check_in::of(conn, rows.iter().map(|r| r.id.clone()).collect())?;
    let mut views = Vec::new();
    for r in rows {
        let Some(gathering) = shown.get(&r.gathering_id).cloned() else { continue };
        let checked_in_at = came.get(&r.id).map(|c| c.received_at);
        let stands = r.state != RegistrationState::GivenBack;
        let over = matches!(gathering.phase, GatheringPhase::Ended | GatheringPhase::Cancelled);
        views.push(RegistrationView {
            ahead: if r.state == RegistrationState::Waiting { Some(r.ahead(conn)?) } else { None },
            ticket: (r.state == RegistrationState::Seated).then(|| ticket_of(app, &r.id)),
            may_give_back: stands && !over && checked_in_at.is_none(),
            answers: r.answers_kept(),
            phone_masked: masked::phone(&r.phone),
            id: r.id,
            gathering,
            name: r.name,
            firm: r.firm,
            state: r.state,
            registered_at: r.registered_at,
            checked_in_at,
        });
    }
    Ok(views)
}

pub fn attendees(
    conn: &mut DbConn,
    gathering: &GatheringId,
    rows: Vec<Registration>,
) -> Result<Vec<AttendeeView>, AppError> {
    let leads = FollowUp::of(conn, gathering)?;
    let came = check_in::of(conn, rows.iter().map(|r| r.id.clone()).collect())?;
    let view = |r: Registration| {
        let seen: Option<&CheckIn> = came.get(&r.id);
        AttendeeView {
            checked_in_at: seen.map(|c| c.received_at),
            phone_at: seen.and_then(|c| c.phone_at),
            way: seen.map(|c| c.way),
            lead_id: leads.get(&r.account_id).cloned(),
            answers: r.answers_kept(),
            phone_masked: masked::phone(&r.phone),
            id: r.id,
            name: r.name,
            firm: r.firm,
            source: r.source,
            state: r.state,
            registered_at: r.registered_at,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}
