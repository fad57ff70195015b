//! The door: the list that a phone takes along, and the check-ins that it sends, at once or when the network is back.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::gatherings::check_in::{self, CheckInOutcome, CheckInWay, Shown};
use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::registration::{Registration, RegistrationId};
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::clock::Time;
use crate::platform::input::Line;
use crate::platform::masked;
use crate::platform::web::Json;

const DOOR_CLOSED: Code = Code::new(
    "gathering.door_closed",
    "现在不能签到：活动开始前十二小时起可以签到，结束七天后不再接收",
    "Nobody can be checked in now: the door opens twelve hours before the beginning and closes a week after the end",
);
/// Check-ins of one sending.
const MOST: usize = 200;

/// One ticket, as the phone at the door knows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorTicket {
    registration_id: RegistrationId,
    /// SHA-256 of the ticket, in hexadecimal
    ticket_sha256: String,
    name_masked: String,
    firm: String,
    checked_in_at: Option<Time>,
}

/// What a phone needs to check tickets without the network: no name, no number, no ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorList {
    gathering_id: GatheringId,
    title: String,
    title_en: Option<String>,
    taken_at: Time,
    tickets: Vec<DoorTicket>,
}

/// The list for the door, to be kept on the phone for a while without network
#[utoipa::path(tag = "gatherings", operation_id = "show_door", params(("id" = GatheringId, Path)), responses((status = 200, body = DoorList), ReadErrors))]
#[get("/gatherings/{id}/door")]
pub(super) async fn show_door(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
) -> Result<web::Json<DoorList>, AppError> {
    let now = app.now();
    let list = app
        .read(move |conn| {
            let gathering = Gathering::held(conn, &actor, &id)?;
            let seated = Registration::seated(conn, &gathering.id)?;
            let came = check_in::of(conn, seated.iter().map(|r| r.id.clone()).collect())?;
            let tickets = seated
                .into_iter()
                .map(|r| DoorTicket {
                    checked_in_at: came.get(&r.id).map(|c| c.received_at),
                    name_masked: masked::name(&r.name),
                    registration_id: r.id,
                    ticket_sha256: r.ticket_hash,
                    firm: r.firm,
                })
                .collect();
            Ok(DoorList {
                title_en: gathering.plan()?.title_en.map(Line::into_string),
                title: gathering.title,
                gathering_id: gathering.id,
                taken_at: now,
                tickets,
            })
        })
        .await?;
    Ok(web::Json(list))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownTicket {
    /// What the code on the ticket says; otherwise `registration_id`
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    ticket: Option<Line<80>>,
    /// Somebody found on the list by name
    registration_id: Option<RegistrationId>,
    /// By the phone's own clock, when it was off line
    phone_at: Option<Time>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendCheckIns {
    #[schema(min_items = 1, max_items = 200)]
    items: Vec<ShownTicket>,
}

/// What became of one ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedIn {
    outcome: CheckInOutcome,
    registration_id: Option<RegistrationId>,
    name_masked: Option<String>,
    firm: Option<String>,
    /// When the server first heard of it
    received_at: Option<Time>,
    /// When the phone that sent it first says it was
    phone_at: Option<Time>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInAnswer {
    /// In the order that was sent
    items: Vec<CheckedIn>,
    /// How many have come so far
    came: i64,
}

/// Check people in: each ticket counts once, however often and from how many phones it is sent
#[utoipa::path(tag = "gatherings", operation_id = "check_in_guests", request_body = SendCheckIns, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = CheckInAnswer), WriteErrors))]
#[post("/gatherings/{id}/check-ins")]
pub(super) async fn check_in_guests(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<SendCheckIns>,
) -> Result<HttpResponse, AppError> {
    if !(1..=MOST).contains(&body.value.items.len()) {
        return Err(AppError::field("items", "input.range"));
    }
    act.create(&app, body, move |tx, sent: &SendCheckIns| {
        let gathering = Gathering::held(tx.conn, tx.actor, &id)?;
        tx.subject("gathering", &gathering.id);
        if !gathering.standing().door_is_open(tx.now) {
            return Err(AppError::Conflict(&DOOR_CLOSED));
        }
        let mut items = Vec::new();
        for one in &sent.items {
            let (shown, way) = match (&one.ticket, &one.registration_id) {
                (Some(ticket), None) => (Shown::Ticket(ticket.as_str().to_owned()), CheckInWay::Scan),
                (None, Some(id)) => (Shown::Registration(id.clone()), CheckInWay::Hand),
                _ => return Err(AppError::field("items", "input.choice")),
            };
            let Some(holder) = check_in::holder(tx.conn, &gathering.id, &shown)? else {
                items.push(CheckedIn::unknown());
                continue;
            };
            let times = (tx.now, one.phone_at);
            let (outcome, kept) = check_in::count(tx.conn, &holder, way, &tx.actor.id, times)?;
            items.push(CheckedIn {
                outcome,
                name_masked: Some(masked::name(&holder.name)),
                firm: Some(holder.firm),
                registration_id: Some(holder.id),
                received_at: kept.as_ref().map(|kept| kept.received_at),
                phone_at: kept.and_then(|kept| kept.phone_at),
            });
        }
        Ok(CheckInAnswer { items, came: check_in::came(tx.conn, &gathering.id)? })
    })
    .await
}

impl CheckedIn {
    fn unknown() -> Self {
        Self {
            outcome: CheckInOutcome::Unknown,
            registration_id: None,
            name_masked: None,
            firm: None,
            received_at: None,
            phone_at: None,
        }
    }
}
