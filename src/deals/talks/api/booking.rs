//! Bookings: held, asked for, answered, called off; one's own, or one's unit's.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::proposal::MoveProposal;
use super::slot::ReceiverView;
use crate::app::App;
use crate::deals::talks::booking::{self, BookingHost, Move, NOT_NOW, Record, Turn};
use crate::deals::talks::calendar;
use crate::deals::talks::events::{
    TalkCancelled, TalkConfirmed, TalkDeclined, TalkFacts, TalkMissed, TalkMissedUndone, TalkMoveProposed,
    TalkMoveRefused, TalkMoveWithdrawn, TalkMoved, TalkRequested,
};
use crate::deals::talks::message::Draft;
use crate::deals::talks::minutes::{self, MinutesState};
use crate::deals::talks::proposal::{ANSWERED, Proposal, ProposalId};
use crate::deals::talks::rules::{BookingMove, BookingState, Deed, Hosting, Side};
use crate::deals::talks::setting::Settings;
use crate::deals::talks::wish::Wish;
use crate::deals::talks::{Booking, BookingId, Host, NewHold, meeting, site};
use crate::error::{AppError, REFERENCE};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor, Tx};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::language::Language;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingMoveView {
    at: Time,
    by_name: String,
    what: BookingMove,
    reason: Option<String>,
    /// Of another time that was asked for: the one that stood
    from_starts_at: Option<Time>,
    to_starts_at: Option<Time>,
}

/// How someone kept to what was agreed, over all their talks.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct TalkRecord {
    /// Called off after the notice had begun
    late_cancellations: i64,
    /// Not there, as the host said
    no_shows: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BookingView {
    id: BookingId,
    state: BookingState,
    topic: String,
    language: Language,
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
    /// Another time that one side has asked for
    proposal: Option<MoveProposal>,
    /// From when on calling it off counts as late
    late_from: Time,
    /// Who called it off late
    late_side: Option<Side>,
    no_show_at: Option<Time>,
    investor_record: TalkRecord,
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
    let proposals = Proposal::open_of(conn, &ids, now)?;
    let settings = Settings::load(conn)?;
    let records: HashMap<AccountId, Record> =
        booking::records(conn, bookings.iter().map(|b| b.investor_id.clone()).collect())?;
    let view = |b: Booking| {
        let side = b.side(actor, &hosts);
        let proposal = proposals.iter().find(|p| p.booking_id == b.id);
        let standing = settings.standing(&b, proposal.map(|p| p.side));
        let can = |deed: &Deed| b.allows(side, *deed, standing, now).is_ok();
        let seen = minutes
            .iter()
            .find(|(id, state)| id == b.id.as_str() && minutes::is_seen(*state, side))
            .map(|(_, state)| *state);
        let record = records.get(&b.investor_id).copied().unwrap_or_default();
        BookingView {
            state: b.state_at(now),
            may: Deed::ALL.into_iter().filter(can).collect(),
            unit_name: names.get(&b.unit_id).cloned(),
            minutes_state: seen.unwrap_or(MinutesState::None),
            history: histories.iter().filter(|m| m.booking_id == b.id).map(move_view).collect(),
            hosts: hosts.iter().filter(|h| h.booking_id == b.id).map(receiver).collect(),
            proposal: proposal.map(MoveProposal::from),
            late_from: settings.late_from(&b),
            late_side: b.late_side,
            no_show_at: b.no_show_at,
            investor_record: TalkRecord {
                late_cancellations: record.late_cancellations,
                no_shows: record.no_shows,
            },
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
    BookingMoveView {
        at: m.at,
        by_name: m.by_name.clone(),
        what: m.what,
        reason: m.reason.clone(),
        from_starts_at: m.from_starts_at,
        to_starts_at: m.to_starts_at,
    }
}

pub(super) fn one(
    conn: &mut DbConn,
    actor: &Actor,
    booking: Booking,
    now: Time,
) -> Result<BookingView, AppError> {
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
    language: Language,
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
            return Host::receiving(conn, &unit);
        }
        let wanted = self.host_id.as_ref().ok_or_else(|| AppError::field("host_id", "input.missing"))?;
        let host = Host::find(conn, wanted)?.ok_or(AppError::Unprocessable(&REFERENCE))?;
        if let Some(unit) = unit
            && !Host::receiving(conn, &unit)?.iter().any(|h| h.id == host.id)
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
pub(super) struct Said<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) starts_at: Option<Time>,
    pub(super) proposal: Option<&'a ProposalId>,
}

pub(super) async fn perform<T: Clone + Send + Sync + 'static>(
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
    let open = Proposal::open_of(tx.conn, &[booking.id.to_string()], tx.now)?.pop();
    let settings = Settings::load(tx.conn)?;
    let standing = settings.standing(&booking, open.as_ref().map(|p| p.side));
    // Nobody agrees to another time than the one that they saw.
    if said.proposal.is_some() && side != Side::None && open.as_ref().map(|p| &p.id) != said.proposal {
        return Err(AppError::Conflict(&ANSWERED));
    }
    let to = booking.allows(side, deed, standing, tx.now)?;
    let what = what(deed, to)?;
    let before = booking.clone();
    let (actor, now) = (tx.actor, tx.now);
    match (what, &open) {
        (BookingMove::Proposed, _) => {
            let start = said.starts_at.ok_or_else(|| AppError::field("starts_at", "input.missing"))?;
            let wish = (start, said.reason.unwrap_or_default());
            Proposal::make(tx.conn, &mut booking, (actor, side), wish, now)?;
        }
        (BookingMove::Moved, Some(proposal)) => proposal.accept(tx.conn, &mut booking, actor, now)?,
        (BookingMove::MoveRefused | BookingMove::MoveWithdrawn, Some(proposal)) => {
            proposal.give_up(tx.conn, &mut booking, actor, said.reason, now)?;
        }
        _ => {
            let agreed = before.state == BookingState::Confirmed && what == BookingMove::Cancelled;
            let late = agreed && now >= settings.late_from(&booking);
            let turn = Turn { late: late.then_some(side), ..Turn::new(actor, what, to, said.reason) };
            booking.turn(tx.conn, &turn, now)?;
        }
    }
    tx.subject("talk", &booking.id);
    let words = format!("{} · {} · {}", actor.name, what.zh(), what.en());
    Draft::system(words).append(tx.conn, &booking.id, now)?;
    let hosts = booking.hosts(tx.conn)?;
    let talk = TalkFacts::of(&booking, actor, side).received_by(&hosts);
    tell(tx, what, talk, &before, (said, open.as_ref()))?;
    // What is free now goes to whoever waits before anyone else sees it.
    if matches!(
        what,
        BookingMove::Declined
            | BookingMove::Cancelled
            | BookingMove::Moved
            | BookingMove::MoveRefused
            | BookingMove::MoveWithdrawn
    ) {
        Wish::serve(tx.conn, Some(&booking.unit_id), now)?;
    }
    one(tx.conn, actor, booking, now)
}

/// What the history says of a deed.
fn what(deed: Deed, to: BookingState) -> Result<BookingMove, AppError> {
    Ok(match deed {
        Deed::Confirm if to == BookingState::Requested => BookingMove::Requested,
        Deed::Confirm => BookingMove::Confirmed,
        Deed::Decline => BookingMove::Declined,
        Deed::Cancel => BookingMove::Cancelled,
        Deed::Propose => BookingMove::Proposed,
        Deed::Accept => BookingMove::Moved,
        Deed::Refuse => BookingMove::MoveRefused,
        Deed::Withdraw => BookingMove::MoveWithdrawn,
        Deed::MarkNoShow => BookingMove::NoShow,
        Deed::UndoNoShow => BookingMove::NoShowUndone,
        Deed::Invite | Deed::Enter | Deed::Minutes | Deed::OpenProject => {
            return Err(AppError::Conflict(&NOT_NOW));
        }
    })
}

/// Tells the other side.
fn tell(
    tx: &mut Tx<'_>,
    what: BookingMove,
    talk: TalkFacts,
    before: &Booking,
    (said, open): (&Said<'_>, Option<&Proposal>),
) -> Result<(), AppError> {
    let asked = open.map(|p| p.to_starts_at).or(said.starts_at).unwrap_or(before.starts_at);
    match what {
        BookingMove::Requested => tx.emit(&TalkRequested { talk }),
        BookingMove::Confirmed => tx.emit(&TalkConfirmed { talk }),
        BookingMove::Declined => tx.emit(&TalkDeclined { talk }),
        BookingMove::Proposed => tx.emit(&TalkMoveProposed { talk: talk.asking(asked).because(said.reason) }),
        BookingMove::Moved => {
            let why = open.map(|p| p.reason.as_str());
            tx.emit(&TalkMoved { talk: talk.moved_from(before.starts_at).because(why) })
        }
        BookingMove::MoveRefused => tx.emit(&TalkMoveRefused { talk: talk.because(said.reason) }),
        BookingMove::MoveWithdrawn => tx.emit(&TalkMoveWithdrawn { talk: talk.because(None) }),
        BookingMove::NoShow => tx.emit(&TalkMissed { talk: talk.because(said.reason) }),
        BookingMove::NoShowUndone => tx.emit(&TalkMissedUndone { talk: talk.because(None) }),
        // Nobody has heard of a mere hold.
        BookingMove::Cancelled if before.state != BookingState::Held => tx.emit(&TalkCancelled { talk }),
        BookingMove::Cancelled | BookingMove::Held | BookingMove::Expired | BookingMove::MoveLapsed => Ok(()),
    }
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
    Said { reason: Some(body.reason.as_str()), ..Said::default() }
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

/// Call a talk off; after the notice has begun it still is, and counts as late
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
    Ok(calendar_file(&app, &booking, app.now()))
}

pub(super) fn calendar_file(app: &App, booking: &Booking, now: Time) -> HttpResponse {
    let text = calendar::object(booking, booking.state_at(now), &app.config, now);
    HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"talk.ics\""))
        .body(text)
}
