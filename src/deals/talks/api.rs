//! Cloud talks, over HTTP.
mod availability;
mod conference;
mod holiday;

use std::collections::{BTreeMap, HashSet};

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::talks::booking::{self, BookingHost, Move, NO_SLOT, NOT_NOW, ONLOOKER, Turn};
use crate::deals::talks::calendar;
use crate::deals::talks::events::{
    MinutesPublished, TalkCancelled, TalkConfirmed, TalkDeclined, TalkFacts, TalkMoved, TalkRequested,
};
use crate::deals::talks::file::{self, Upload};
use crate::deals::talks::message::{self, Draft, MessageView};
use crate::deals::talks::minutes::{self, MinutesState, MinutesView, SetMinutes};
use crate::deals::talks::rules::{self, BookingMove, BookingState, Deed, Hosting, Side, TalkLanguage};
use crate::deals::talks::site;
use crate::deals::talks::ticket::Ticket;
use crate::deals::talks::{Booking, BookingId, Host, NewHold, holiday as holidays, meeting};
use crate::error::{AppError, Code, REFERENCE};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor, Tx};
use crate::people::content_checks::{CheckSubject, WITHHELD, judge, submit_file, withheld};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::{Line, Prose, within};
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};
use crate::platform::wechat::SessionKey;
use crate::schema::auth_wechat_identities;

const SOCKET_PATH: &str = "/api/v1/talks/socket";
const NO_CALLS: Code = Code::new(
    "talk.calls_unavailable",
    "微信通话暂不可用，请在浏览器中进入洽谈室",
    "WeChat calls are not available now; enter the room in a browser",
);
const NO_WECHAT: Code = Code::new(
    "talk.no_wechat_identity",
    "请先用微信登录，再发起微信通话",
    "Sign in through WeChat first, then start the call",
);

pub use conference::outside;

pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(conference::routes)
        .service(list_slots)
        .service(availability::list_availabilities)
        .service(availability::set_availability)
        .service(holiday::list_holidays)
        .service(holiday::set_holidays)
        .service(create_hold)
        .service(confirm_booking)
        .service(decline_booking)
        .service(move_booking)
        .service(cancel_booking)
        .service(list_bookings)
        .service(find_booking)
        .service(create_ticket)
        .service(create_voip_parameters)
        .service(list_messages)
        .service(create_message)
        .service(create_file_message)
        .service(find_file)
        .service(find_calendar)
        .service(set_minutes)
        .service(find_minutes)
        .service(publish_minutes)
        .service(meeting::open_talk_socket);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SlotFilter {
    /// This or `site_id`
    #[param(max_length = 40)]
    unit_id: Option<String>,
    #[param(max_length = 64)]
    site_id: Option<String>,
    /// A day in China; today when left out
    from: Option<NaiveDate>,
    /// At most 31 days after `from`
    to: Option<NaiveDate>,
    /// Each host's own slots when left out
    hosting: Option<Hosting>,
}

/// Someone who receives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiverView {
    id: AccountId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// The first of `hosts`
    host_id: AccountId,
    host_name: String,
    /// Who is free then: the one, those of whom any may receive, or all
    hosts: Vec<ReceiverView>,
    unit_id: String,
    starts_at: Time,
    ends_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotList {
    items: Vec<SlotView>,
    slot_minutes: i64,
}

/// Open slots of a unit's hosts
#[utoipa::path(tag = "talks", operation_id = "list_slots", params(SlotFilter), responses((status = 200, body = SlotList), ReadErrors))]
#[get("/talks/slots")]
pub(super) async fn list_slots(
    app: App,
    filter: web::Query<SlotFilter>,
) -> Result<web::Json<SlotList>, AppError> {
    let filter = filter.into_inner();
    within("unit_id", filter.unit_id.as_deref(), 40)?;
    within("site_id", filter.site_id.as_deref(), 64)?;
    let now = app.now();
    let from = filter.from.unwrap_or_else(|| now.day());
    let to = filter.to.unwrap_or(from + Duration::days(13));
    if !(0..=rules::MOST_DAYS).contains(&(to - from).num_days()) {
        return Err(AppError::field("to", "input.range"));
    }
    let items = app
        .read(move |conn| {
            let unit = match (filter.unit_id, filter.site_id) {
                (Some(unit), _) => unit,
                (None, Some(site)) => site::look_up(conn, &site)?.unit_id,
                (None, None) => return Err(AppError::field("unit_id", "input.missing")),
            };
            let hosts = hosts_for(conn, &unit)?;
            let slots = open_slots(conn, &hosts, from, to, now)?;
            Ok(match filter.hosting.unwrap_or(Hosting::One) {
                Hosting::One => slots,
                Hosting::Any => together(slots, 1),
                Hosting::All => together(slots, hosts.len()),
            })
        })
        .await?;
    Ok(web::Json(SlotList { items, slot_minutes: rules::SLOT_MINUTES }))
}

/// Hosts of a unit; a park without any is received by its county.
fn hosts_for(conn: &mut DbConn, unit: &str) -> Result<Vec<Host>, AppError> {
    let hosts = Host::of_unit(conn, unit)?;
    if !hosts.is_empty() {
        return Ok(hosts);
    }
    match Unit::find(conn, unit)?.and_then(|u| u.parent_id) {
        Some(parent) => Host::of_unit(conn, &parent),
        None => Ok(Vec::new()),
    }
}

fn open_slots(
    conn: &mut DbConn,
    hosts: &[Host],
    from: NaiveDate,
    to: NaiveDate,
    now: Time,
) -> Result<Vec<SlotView>, AppError> {
    let length = Duration::minutes(rules::SLOT_MINUTES);
    let holidays = holidays::between(conn, from, to)?;
    let mut items: Vec<SlotView> = Vec::new();
    for host in hosts {
        items.extend(rules::slots(&host.hours, &holidays, from, to, now).into_iter().map(|start| SlotView {
            host_id: host.id.clone(),
            host_name: host.name.clone(),
            hosts: vec![ReceiverView { id: host.id.clone(), name: host.name.clone() }],
            unit_id: host.unit_id.clone(),
            starts_at: start,
            ends_at: start.plus(length),
        }));
    }
    items.sort_by(|a, b| (a.starts_at, &a.host_name).cmp(&(b.starts_at, &b.host_name)));
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(items) };
    let (start, end) = (first.starts_at.minus(length), last.ends_at.plus(Duration::hours(1)));
    let taken: HashSet<(String, Time)> = booking::taken(conn, hosts, start, end, now)?.into_iter().collect();
    let buffer = |slot: &SlotView| {
        hosts.iter().find(|h| h.id == slot.host_id).map_or(0, |host| host.hours.buffer_minutes)
    };
    items.retain(|slot| {
        rules::ticks(slot.starts_at, buffer(slot))
            .into_iter()
            .all(|tick| !taken.contains(&(slot.host_id.to_string(), tick)))
    });
    Ok(items)
}

/// One slot for each time at which at least so many hosts are free.
fn together(slots: Vec<SlotView>, least: usize) -> Vec<SlotView> {
    let mut by_start: BTreeMap<i64, SlotView> = BTreeMap::new();
    for slot in slots {
        match by_start.get_mut(&slot.starts_at.millis()) {
            Some(same) => same.hosts.extend(slot.hosts),
            None => {
                by_start.insert(slot.starts_at.millis(), slot);
            }
        }
    }
    by_start.into_values().filter(|slot| slot.hosts.len() >= least).collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingMoveView {
    at: Time,
    by_name: String,
    what: BookingMove,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingView {
    id: BookingId,
    state: BookingState,
    topic: String,
    language: TalkLanguage,
    site_id: Option<String>,
    site_name: Option<String>,
    unit_id: String,
    unit_name: Option<String>,
    host_id: AccountId,
    host_name: String,
    hosting: Hosting,
    /// Who receives, `host_id` first
    hosts: Vec<ReceiverView>,
    investor_id: AccountId,
    investor_name: String,
    starts_at: Time,
    ends_at: Time,
    hold_expires_at: Option<Time>,
    reason: Option<String>,
    version: i32,
    my_side: Side,
    may: Vec<Deed>,
    project_id: Option<String>,
    minutes_state: MinutesState,
    history: Vec<BookingMoveView>,
}

fn views(
    conn: &mut DbConn,
    actor: &Actor,
    bookings: Vec<Booking>,
    now: Time,
) -> Result<Vec<BookingView>, AppError> {
    let ids: Vec<String> = bookings.iter().map(|b| b.id.to_string()).collect();
    let unit_ids: Vec<String> = bookings.iter().map(|b| b.unit_id.clone()).collect();
    let names = Unit::short_names(conn, unit_ids)?;
    let minutes = minutes::states(conn, &ids)?;
    let histories = Booking::histories(conn, &ids)?;
    let hosts = booking::hosts_of(conn, &ids)?;
    let view = |b: Booking| {
        let side = b.side(actor, &hosts);
        let can = |deed: &Deed| b.judge(side, *deed, now).is_ok();
        let written = minutes.iter().find(|(id, _)| id == b.id.as_str()).map(|(_, state)| *state);
        // A draft is the host's own affair.
        let seen = written.filter(|state| side == Side::Host || *state == MinutesState::Published);
        BookingView {
            state: b.state_at(now),
            may: Deed::ALL.into_iter().filter(can).collect(),
            unit_name: names.get(&b.unit_id).cloned(),
            minutes_state: seen.unwrap_or(MinutesState::None),
            history: histories.iter().filter(|m| m.booking_id == b.id).map(move_view).collect(),
            hosts: hosts.iter().filter(|h| h.booking_id == b.id).map(receiver).collect(),
            hosting: b.hosting,
            my_side: side,
            id: b.id,
            topic: b.topic,
            language: b.language,
            site_id: b.site_id,
            site_name: b.site_name,
            unit_id: b.unit_id,
            host_id: b.host_id,
            host_name: b.host_name,
            investor_id: b.investor_id,
            investor_name: b.investor_name,
            starts_at: b.starts_at,
            ends_at: b.ends_at,
            hold_expires_at: b.hold_expires_at,
            reason: b.reason,
            version: b.version,
            project_id: b.project_id,
        }
    };
    Ok(bookings.into_iter().map(view).collect())
}

fn receiver(host: &BookingHost) -> ReceiverView {
    ReceiverView { id: host.host_id.clone(), name: host.host_name.clone() }
}

fn move_view(m: &Move) -> BookingMoveView {
    BookingMoveView { at: m.at, by_name: m.by_name.clone(), what: m.what, reason: m.reason.clone() }
}

fn one(conn: &mut DbConn, actor: &Actor, booking: Booking, now: Time) -> Result<BookingView, AppError> {
    views(conn, actor, vec![booking], now)?.pop().ok_or(AppError::NotFound)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateHold {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    unit_id: Option<Line<40>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    site_id: Option<Line<64>>,
    /// The host chosen; left out when any or all of the unit's hosts are to receive
    host_id: Option<AccountId>,
    /// A host of one's choice when left out
    hosting: Option<Hosting>,
    starts_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    topic: Line<200>,
    language: TalkLanguage,
}

impl CreateHold {
    /// Who is to receive: the host named, or those of the unit.
    fn receivers(
        &self,
        conn: &mut DbConn,
        hosting: Hosting,
        site: Option<&site::Site>,
    ) -> Result<Vec<Host>, AppError> {
        let unit = self.unit_id.as_ref().map(|u| u.as_str().to_owned());
        let unit = unit.or_else(|| site.map(|s| s.unit_id.clone()));
        if hosting != Hosting::One {
            if self.host_id.is_some() {
                return Err(AppError::field("host_id", "input.range"));
            }
            let unit = unit.ok_or_else(|| AppError::field("unit_id", "input.missing"))?;
            return hosts_for(conn, &unit);
        }
        let wanted = self.host_id.as_ref().ok_or_else(|| AppError::field("host_id", "input.missing"))?;
        let host = Host::find(conn, wanted)?.ok_or(AppError::Unprocessable(&REFERENCE))?;
        if let Some(unit) = unit
            && !hosts_for(conn, &unit)?.iter().any(|h| h.id == host.id)
        {
            return Err(AppError::Unprocessable(&REFERENCE));
        }
        Ok(vec![host])
    }
}

/// Hold a slot for five minutes
#[utoipa::path(tag = "talks", operation_id = "create_hold", request_body = CreateHold, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = BookingView), WriteErrors))]
#[post("/talks/holds")]
pub(super) async fn create_hold(
    app: App,
    act: Act,
    body: Json<CreateHold>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, new: &CreateHold| {
        let site = match &new.site_id {
            Some(id) => Some(site::look_up(tx.conn, id.as_str())?),
            None => None,
        };
        let hosting = new.hosting.unwrap_or(Hosting::One);
        let hosts = new.receivers(tx.conn, hosting, site.as_ref())?;
        let hold = NewHold {
            hosts,
            hosting,
            investor_id: tx.actor.id.clone(),
            investor_name: tx.actor.name.clone(),
            site,
            topic: new.topic.as_str().to_owned(),
            language: new.language,
            starts_at: new.starts_at,
        };
        let booking = Booking::hold(tx.conn, &hold, tx.now)?;
        tx.subject("talk", &booking.id);
        one(tx.conn, tx.actor, booking, tx.now)
    })
    .await
}

/// What goes with a deed.
#[derive(Default)]
struct Said<'a> {
    reason: Option<&'a str>,
    starts_at: Option<Time>,
}

async fn perform<T: Clone + Send + Sync + 'static>(
    app: App,
    act: Act,
    id: BookingId,
    body: Json<T>,
    deed: Deed,
    said: for<'a> fn(&'a T) -> Said<'a>,
) -> Result<HttpResponse, AppError> {
    let booking = id.clone();
    let answer = act.change(&app, body, move |tx, body: &T| decide(tx, &id, deed, &said(body))).await?;
    meeting::hint(&app, &booking).await;
    Ok(answer)
}

fn decide(tx: &mut Tx<'_>, id: &BookingId, deed: Deed, said: &Said<'_>) -> Result<BookingView, AppError> {
    let (mut booking, side) = Booking::seen_by(tx.conn, tx.actor, id)?;
    let to = booking.judge(side, deed, tx.now)?;
    if let Some(start) = said.starts_at {
        let holidays = holidays::between(tx.conn, start.day(), start.day())?;
        for receiver in booking.hosts(tx.conn)? {
            let host = Host::find(tx.conn, &receiver.host_id)?.ok_or(AppError::Unprocessable(&NO_SLOT))?;
            if !rules::is_slot(&host.hours, &holidays, start, tx.now) {
                return Err(AppError::Unprocessable(&NO_SLOT));
            }
        }
    }
    let what = match (deed, to) {
        (Deed::Confirm, BookingState::Requested) => BookingMove::Requested,
        (Deed::Decline, _) => BookingMove::Declined,
        (Deed::Move, _) => BookingMove::Moved,
        (Deed::Cancel, _) => BookingMove::Cancelled,
        _ => BookingMove::Confirmed,
    };
    let (former, requested) = (booking.starts_at, booking.state != BookingState::Held);
    let turn = Turn { actor: tx.actor, what, to, starts_at: said.starts_at, reason: said.reason };
    booking.turn(tx.conn, &turn, tx.now)?;
    tx.subject("talk", &booking.id);
    Draft::system(format!("{} · {} · {}", tx.actor.name, what.zh(), what.en())).append(
        tx.conn,
        &booking.id,
        tx.now,
    )?;
    let mut talk = TalkFacts::of(&booking, tx.actor, side);
    match what {
        BookingMove::Requested => tx.emit(&TalkRequested { talk })?,
        BookingMove::Confirmed => tx.emit(&TalkConfirmed { talk })?,
        BookingMove::Declined => tx.emit(&TalkDeclined { talk })?,
        BookingMove::Moved => {
            talk.former_starts_at = Some(former);
            tx.emit(&TalkMoved { talk })?;
        }
        // Nobody has heard of a mere hold.
        BookingMove::Cancelled if requested => tx.emit(&TalkCancelled { talk })?,
        BookingMove::Cancelled | BookingMove::Held | BookingMove::Expired => {}
    }
    one(tx.conn, tx.actor, booking, tx.now)
}

/// Confirm: an investor's hold becomes a request, a host's confirmation settles it
#[utoipa::path(tag = "talks", operation_id = "confirm_booking", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/confirmations")]
pub(super) async fn confirm_booking(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Confirm, |_| Said::default()).await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

fn reason(body: &Reason) -> Said<'_> {
    Said { reason: Some(body.reason.as_str()), starts_at: None }
}

/// Decline a request
#[utoipa::path(tag = "talks", operation_id = "decline_booking", request_body = Reason, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/declines")]
pub(super) async fn decline_booking(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Reason>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Decline, reason).await
}

/// Call a talk off
#[utoipa::path(tag = "talks", operation_id = "cancel_booking", request_body = Reason, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/cancellations")]
pub(super) async fn cancel_booking(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Reason>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Cancel, reason).await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBooking {
    starts_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Move a talk to another slot of the same host: the new one is claimed and the old one freed together
#[utoipa::path(tag = "talks", operation_id = "move_booking", request_body = MoveBooking, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = BookingView), WriteErrors))]
#[post("/talks/bookings/{id}/moves")]
pub(super) async fn move_booking(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<MoveBooking>,
) -> Result<HttpResponse, AppError> {
    perform(app, act, id.into_inner(), body, Deed::Move, new_time).await
}

fn new_time(body: &MoveBooking) -> Said<'_> {
    Said { reason: Some(body.reason.as_str()), starts_at: Some(body.starts_at) }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookingFilter {
    state: Option<BookingState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// My talks, or my unit's, newest first
#[utoipa::path(tag = "talks", operation_id = "list_bookings", params(BookingFilter), responses((status = 200, body = Page<BookingView>), ReadErrors))]
#[get("/talks/bookings")]
pub(super) async fn list_bookings(
    app: App,
    actor: Actor,
    filter: web::Query<BookingFilter>,
) -> Result<web::Json<Page<BookingView>>, AppError> {
    let (now, filter) = (app.now(), filter.into_inner());
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = Booking::list(conn, &actor, filter.state, &paging)?;
            Ok(Page { items: views(conn, &actor, page.items, now)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One talk
#[utoipa::path(tag = "talks", operation_id = "find_booking", params(("id" = BookingId, Path)), responses((status = 200, body = BookingView), ReadErrors))]
#[get("/talks/bookings/{id}")]
pub(super) async fn find_booking(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<BookingView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let (booking, _) = Booking::seen_by(conn, &actor, &id)?;
            one(conn, &actor, booking, now)
        })
        .await?;
    Ok(web::Json(view))
}

/// The booking and the side of someone who sits at the table.
fn at_table(conn: &mut DbConn, actor: &Actor, id: &BookingId) -> Result<(Booking, Side), AppError> {
    let (booking, side) = Booking::seen_by(conn, actor, id)?;
    if side == Side::None { Err(AppError::Forbidden(&ONLOOKER)) } else { Ok((booking, side)) }
}

/// As [`at_table`], while both sides may write to each other.
fn at_open_table(conn: &mut DbConn, actor: &Actor, id: &BookingId) -> Result<(Booking, Side), AppError> {
    let (booking, side) = at_table(conn, actor, id)?;
    if rules::is_open(booking.state) { Ok((booking, side)) } else { Err(AppError::Conflict(&NOT_NOW)) }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Works once
    ticket: String,
    expires_at: Time,
    socket_path: &'static str,
}

/// A ticket into the room's socket, for one minute
#[utoipa::path(tag = "talks", operation_id = "create_ticket", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TicketView), WriteErrors))]
#[post("/talks/bookings/{id}/tickets")]
pub(super) async fn create_ticket(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
        let (ticket, issued) = Ticket::issue(&house, tx.conn, tx.actor, &booking.id, side, tx.now)?;
        tx.subject("talk", &booking.id);
        Ok(TicketView { ticket, expires_at: issued.expires_at, socket_path: SOCKET_PATH })
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VoipParameters {
    group_id: String,
    nonce_str: String,
    /// Seconds since 1970
    time_stamp: i64,
    signature: String,
    room_type: &'static str,
}

/// Parameters for a call inside WeChat (`wx.joinVoIPChat`)
#[utoipa::path(tag = "talks", operation_id = "create_voip_parameters", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = VoipParameters), WriteErrors))]
#[post("/talks/bookings/{id}/voip-parameters")]
pub(super) async fn create_voip_parameters(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
        tx.subject("talk", &booking.id);
        let wechat = house.wechat.as_ref().ok_or(AppError::Outside(&NO_CALLS))?;
        let key = wechat_session_key(tx.conn, wechat.appid(), &tx.actor.id)?;
        let call = wechat.call_ticket(&key, booking.id.as_str(), tx.now.utc());
        Ok(VoipParameters {
            group_id: call.group_id,
            nonce_str: call.nonce_str,
            time_stamp: call.time_stamp,
            signature: call.signature,
            room_type: "video",
        })
    })
    .await
}

fn wechat_session_key(conn: &mut DbConn, app_id: &str, account: &AccountId) -> Result<SessionKey, AppError> {
    use auth_wechat_identities as t;
    let identities = t::table.filter(t::app_id.eq(app_id)).filter(t::account_id.eq(account));
    let key: Option<String> =
        identities.order(t::updated_at.desc()).select(t::session_key).first(conn).optional()?;
    let key = key.ok_or(AppError::Conflict(&NO_WECHAT))?;
    SessionKey::from_text(key.into()).map_err(AppError::internal)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    /// The last number seen; 0 when left out
    #[param(minimum = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageList {
    items: Vec<MessageView>,
    last_seq: i64,
}

/// What was said after a number, in order
#[utoipa::path(tag = "talks", operation_id = "list_messages", params(("id" = BookingId, Path), MessageFilter), responses((status = 200, body = MessageList), ReadErrors))]
#[get("/talks/bookings/{id}/messages")]
pub(super) async fn list_messages(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
    filter: web::Query<MessageFilter>,
) -> Result<web::Json<MessageList>, AppError> {
    let limit = Paging::new(filter.limit.or(Some(100)), None).limit()?;
    let after = filter.after.unwrap_or(0);
    if after < 0 {
        return Err(AppError::field("after", "input.range"));
    }
    let list = app
        .read(move |conn| {
            let (booking, _) = at_table(conn, &actor, &id)?;
            let items = message::following(conn, &booking.id, after, limit)?;
            Ok(MessageList { items, last_seq: booking.last_seq })
        })
        .await?;
    Ok(web::Json(list))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// Named by the sender: the same one is written once
    #[schema(value_type = String, min_length = 1, max_length = 36)]
    client_id: Line<36>,
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    body: Prose<2000>,
}

/// Say something
#[utoipa::path(tag = "talks", operation_id = "create_message", request_body = CreateMessage, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = MessageView), WriteErrors))]
#[post("/talks/bookings/{id}/messages")]
pub(super) async fn create_message(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<CreateMessage>,
) -> Result<HttpResponse, AppError> {
    let talk = id.clone();
    let judged = judge(&app, &act.actor.id, body.value.body.as_str()).await?;
    let answer = act
        .create(&app, body, move |tx, new: &CreateMessage| {
            let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
            tx.subject("talk", &booking.id);
            let draft = Draft::text(sender(tx.actor), new.client_id.as_str(), new.body.as_str());
            let message = draft.append(tx.conn, &booking.id, tx.now)?;
            message::keep(tx.conn, &judged, &message, tx.now)?;
            Ok(MessageView::from(message))
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

fn sender(actor: &Actor) -> (AccountId, String) {
    (actor.id.clone(), actor.name.clone())
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct UploadForm {
    #[schema(min_length = 1, max_length = 36)]
    client_id: String,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Share a file of at most 20 MB
#[utoipa::path(tag = "talks", operation_id = "create_file_message", request_body(content = UploadForm, content_type = "multipart/form-data"), params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = MessageView), WriteErrors))]
#[post("/talks/bookings/{id}/files")]
pub(super) async fn create_file_message(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    // Before a byte is read: a stranger must not fill the disk.
    let (actor, wanted) = (act.actor.clone(), id.clone());
    app.read(move |conn| at_open_table(conn, &actor, &wanted).map(|_| ())).await?;
    let upload = Upload::read(Multipart::new(request.headers(), form)).await?;
    let client_id = upload.client_id.clone();
    let file = upload.store(&app, id.as_str(), act.actor.id.as_str()).await?;
    let digest = format!("{} {} {}", client_id.as_str(), file.name, file.sha256);
    let (talk, wechat) = (id.clone(), app.config.wechat_app_id.clone());
    let answer = act
        .perform(&app, StatusCode::CREATED, &digest, move |tx| {
            let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
            tx.subject("talk", &booking.id);
            let draft = Draft::file(sender(tx.actor), client_id.as_str(), file.clone());
            let message = draft.append(tx.conn, &booking.id, tx.now)?;
            // Sent before under this name: it is judged already.
            if message.file_id.as_ref() == Some(&file.id) {
                let (subject, by) = (CheckSubject::TalkFile, &tx.actor.id);
                submit_file(tx.conn, wechat.as_deref(), subject, by, &file, tx.now)?;
            }
            Ok(MessageView::from(message))
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct FileBytes(Vec<u8>);

#[derive(ToSchema)]
#[schema(value_type = String)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct CalendarText(String);

/// The booking for one's own calendar (RFC 5545): taken again after a change it replaces, after a cancellation it removes
#[utoipa::path(tag = "talks", operation_id = "find_calendar", params(("id" = BookingId, Path)), responses((status = 200, body = CalendarText, content_type = "text/calendar"), ReadErrors))]
#[get("/talks/bookings/{id}/calendar.ics")]
pub(super) async fn find_calendar(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<HttpResponse, AppError> {
    let (booking, _) = app.read(move |conn| Booking::seen_by(conn, &actor, &id)).await?;
    let now = app.now();
    let text = calendar::object(&booking, booking.state_at(now), &app.config.public_url, now);
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"talk.ics\""))
        .body(text))
}

/// A file shared in a talk; for its two sides
#[utoipa::path(tag = "talks", operation_id = "find_file", params(("id" = FileId, Path)), responses((status = 200, body = FileBytes, content_type = "application/octet-stream"), ReadErrors))]
#[get("/files/{id}")]
pub(super) async fn find_file(
    app: App,
    actor: Actor,
    id: web::Path<FileId>,
) -> Result<HttpResponse, AppError> {
    let file = app
        .read(move |conn| {
            let file = StoredFile::find(conn, &id)?;
            let booking: BookingId = file.subject.parse().map_err(|_| AppError::NotFound)?;
            let (_, side) = Booking::seen_by(conn, &actor, &booking)?;
            if !file::is_ours(&file) || side == Side::None {
                return Err(AppError::NotFound);
            }
            let hidden = withheld(conn, CheckSubject::TalkFile, vec![file.id.to_string()])?;
            if hidden.is_empty() { Ok(file) } else { Err(AppError::Forbidden(&WITHHELD)) }
        })
        .await?;
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: file.name.into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    Ok(HttpResponse::Ok().content_type(file.media_type).insert_header(disposition).body(bytes))
}

/// Write the minutes, or write them anew; the host's side, until they are published
#[utoipa::path(tag = "talks", operation_id = "set_minutes", request_body = SetMinutes, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[put("/talks/bookings/{id}/minutes")]
pub(super) async fn set_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<SetMinutes>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &SetMinutes| {
        let booking = minuted(tx, &id)?.0;
        new.keep(tx.conn, &booking.id, tx.actor, tx.now)
    })
    .await
}

fn minuted(tx: &mut Tx<'_>, id: &BookingId) -> Result<(Booking, Side), AppError> {
    let (booking, side) = Booking::seen_by(tx.conn, tx.actor, id)?;
    booking.judge(side, Deed::Minutes, tx.now)?;
    tx.subject("talk", &booking.id);
    Ok((booking, side))
}

/// The minutes; a draft is seen by the host's side alone
#[utoipa::path(tag = "talks", operation_id = "find_minutes", params(("id" = BookingId, Path)), responses((status = 200, body = MinutesView), ReadErrors))]
#[get("/talks/bookings/{id}/minutes")]
pub(super) async fn find_minutes(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<MinutesView>, AppError> {
    let view = app
        .read(move |conn| {
            let (booking, side) = Booking::seen_by(conn, &actor, &id)?;
            let view = minutes::find(conn, &booking.id)?;
            let open = view.state == MinutesState::Published || side == Side::Host;
            if open { Ok(view) } else { Err(AppError::NotFound) }
        })
        .await?;
    Ok(web::Json(view))
}

/// Publish the minutes; from then on they stand
#[utoipa::path(tag = "talks", operation_id = "publish_minutes", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = MinutesView), WriteErrors))]
#[post("/talks/bookings/{id}/minutes-publications")]
pub(super) async fn publish_minutes(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let (booking, side) = minuted(tx, &id)?;
        let view = minutes::publish(tx.conn, &booking.id, tx.now)?;
        tx.emit(&MinutesPublished { talk: TalkFacts::of(&booking, tx.actor, side) })?;
        Ok(view)
    })
    .await
}
