//! Guests by link: invited and sent away by the two sides; a guest's own pass opens this talk's room and calendar, and nothing else.
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::booking::{CalendarText, calendar_file};
use super::conference::{self, ConferencePass};
use super::room::{
    FileBytes, SOCKET_PATH, TicketView, at_open_table, at_table, download, hosting, unless_withheld,
};
use crate::app::App;
use crate::deals::talks::calendar;
use crate::deals::talks::conference::{Conference, ConferenceProvider};
use crate::deals::talks::events::{GuestLetter, TalkGuestInvited, TalkGuestRevoked};
use crate::deals::talks::guest::{Guest, GuestId, NOT_ADMITTED, NewGuest, SENT_AWAY, holds_until};
use crate::deals::talks::message::{Draft, was_shared};
use crate::deals::talks::rules::{BookingState, Deed, GuestPlace, Side};
use crate::deals::talks::setting::Settings;
use crate::deals::talks::ticket::Ticket;
use crate::deals::talks::{Booking, BookingId, file, meeting};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::people::units::Unit;
use crate::platform::calendar::Standing;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::Line;
use crate::platform::language::Language;
use crate::platform::mail::MailAddress;
use crate::platform::masked;
use crate::platform::web::{Json, Nothing};

/// The header in which a guest's device shows its pass.
const PASS: &str = "Guest-Pass";

/// Someone invited by link.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestView {
    id: GuestId,
    name: String,
    language: Language,
    invited_by_name: String,
    side: Side,
    invited_at: Time,
    /// When the link was opened, by the one device that may use it
    opened_at: Option<Time>,
    revoked_at: Option<Time>,
    place: GuestPlace,
    place_reason: Option<String>,
    /// Where the asker may seat them next
    may: Vec<GuestPlace>,
    mail_masked: Option<String>,
    /// When a mail was last handed in for them
    mailed_at: Option<Time>,
    /// Why the last one was not, in the words of the mail server
    mail_failure: Option<String>,
}

impl GuestView {
    fn of(guest: Guest, side: Side) -> Self {
        let open = side == Side::Host && guest.revoked_at.is_none();
        let next = GuestPlace::ALL.iter().filter(|next| open && guest.place.leads_to(**next));
        Self {
            may: next.copied().collect(),
            id: guest.id,
            name: guest.name,
            language: guest.language,
            invited_by_name: guest.invited_by_name,
            side: guest.side,
            invited_at: guest.invited_at,
            opened_at: guest.opened_at,
            revoked_at: guest.revoked_at,
            place: guest.place,
            place_reason: guest.place_reason,
            mail_masked: guest.mail.as_deref().map(masked::mail),
            mailed_at: guest.mailed_at,
            mail_failure: guest.mail_failure,
        }
    }
}

/// What is mailed to a guest; a link taken back is out of their calendar although the talk stands.
fn letter(booking: &Booking, guest: &Guest, by: &Actor, sealed_link: Option<String>) -> GuestLetter {
    let mut matter = calendar::matter(booking, booking.state);
    if sealed_link.is_none() {
        matter.sequence += 1;
        matter.standing = Standing::Gone;
    }
    GuestLetter {
        guest_id: guest.id.clone(),
        by_name: by.name.clone(),
        topic: booking.topic.clone(),
        starts_at: booking.starts_at,
        matter,
        sealed_link,
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GuestList {
    items: Vec<GuestView>,
    /// Whether a link can be sent by mail
    mail_offered: bool,
    /// Until when the links hold; they follow the talk when it moves
    until: Time,
}

/// A talk's guests, oldest first
#[utoipa::path(tag = "talks", operation_id = "list_guests", params(("id" = BookingId, Path)), responses((status = 200, body = GuestList), ReadErrors))]
#[get("/talks/bookings/{id}/guests")]
pub(super) async fn list_guests(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<GuestList>, AppError> {
    let mail_offered = app.mailer.is_some();
    let list = app
        .read(move |conn| {
            let (booking, side) = at_table(conn, &actor, &id)?;
            let items = Guest::of(conn, &booking.id)?.into_iter().map(|guest| GuestView::of(guest, side));
            Ok(GuestList { items: items.collect(), mail_offered, until: holds_until(&booking) })
        })
        .await?;
    Ok(web::Json(list))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteGuest {
    /// As the room shows it
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    language: Language,
    /// Where the link, and what changes in the talk, is mailed
    mail: Option<MailAddress>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GuestLink {
    guest: GuestView,
    /// For one device of the guest's; it is shown this once
    link: String,
    until: Time,
}

/// Invite someone without an account: a link for one device, which both sides see and may take back
#[utoipa::path(tag = "talks", operation_id = "invite_guest", request_body = InviteGuest, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = GuestLink), WriteErrors))]
#[post("/talks/bookings/{id}/guests")]
pub(super) async fn invite_guest(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<InviteGuest>,
) -> Result<HttpResponse, AppError> {
    if body.value.mail.is_some() && app.mailer.is_none() {
        return Err(AppError::field("mail", "input.unknown_field"));
    }
    let (house, talk) = (app.clone(), id.clone());
    let answer = act
        .create(&app, body, move |tx, new: &InviteGuest| {
            let (booking, side) = at_table(tx.conn, tx.actor, &id)?;
            let standing = Settings::load(tx.conn)?.standing(&booking, None);
            booking.allows(side, Deed::Invite, standing, tx.now)?;
            let said = format!("{} 邀请嘉宾 {} · invited a guest", tx.actor.name, new.name.as_str());
            Draft::system(said).append(tx.conn, &booking.id, tx.now)?;
            let mail = new.mail.as_ref().map(MailAddress::as_str);
            let who = NewGuest { name: new.name.as_str(), language: new.language, mail };
            let (guest, key) = Guest::invite(&house, tx.conn, &booking, (tx.actor, side), who, tx.now)?;
            tx.subject("talk", &booking.id);
            tx.detail(format!("guest/{}", guest.id));
            let place = house.config.public_url.trim_end_matches('/');
            let link = format!("{place}/#/packages/talks/guest/index?key={key}");
            if mail.is_some() {
                let sealed = house.keys.seal(&link).ok_or_else(|| AppError::internal("sealing failed"))?;
                let letter = letter(&booking, &guest, tx.actor, Some(sealed));
                tx.emit(&TalkGuestInvited { letter })?;
            }
            Ok(GuestLink { guest: GuestView::of(guest, side), link, until: holds_until(&booking) })
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneGuest {
    guest_id: GuestId,
}

/// Take a guest's link back: who is in the room by it has to leave
#[utoipa::path(tag = "talks", operation_id = "revoke_guest", request_body = OneGuest, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = GuestView), WriteErrors))]
#[post("/talks/bookings/{id}/guest-revocations")]
pub(super) async fn revoke_guest(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<OneGuest>,
) -> Result<HttpResponse, AppError> {
    let talk = id.clone();
    let answer = act
        .change(&app, body, move |tx, one: &OneGuest| {
            let (booking, side) = at_table(tx.conn, tx.actor, &id)?;
            let guest = Guest::revoke(tx.conn, &booking.id, &one.guest_id, &tx.actor.id, tx.now)?;
            if guest.mail.is_some() && guest.revoked_at == Some(tx.now) {
                let letter = letter(&booking, &guest, tx.actor, None);
                tx.emit(&TalkGuestRevoked { letter })?;
            }
            Conference::send_away(tx.conn, &booking.id, tx.now)?;
            let said = format!("{} 撤回嘉宾 {} 的链接 · took a guest's link back", tx.actor.name, guest.name);
            Draft::system(said).append(tx.conn, &booking.id, tx.now)?;
            tx.subject("talk", &booking.id);
            tx.detail(format!("guest/{}", guest.id));
            Ok(GuestView::of(guest, side))
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatGuest {
    guest_id: GuestId,
    /// `waiting` is where every guest begins; nobody is sent back there
    place: GuestPlace,
    /// With `refused` and `removed`, and only there; the guest reads it
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    reason: Option<Line<200>>,
}

impl SeatGuest {
    fn check(&self) -> Result<(), AppError> {
        match (self.place.needs_reason(), &self.reason) {
            (true, None) => Err(AppError::field("reason", "input.missing")),
            (false, Some(_)) => Err(AppError::field("reason", "input.unknown_field")),
            _ => Ok(()),
        }
    }
}

/// Admit a guest as listener or speaker, seat them anew, refuse them or send them away; a host's to decide
#[utoipa::path(tag = "talks", operation_id = "seat_guest", request_body = SeatGuest, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = GuestView), WriteErrors))]
#[post("/talks/bookings/{id}/guest-seatings")]
pub(super) async fn seat_guest(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<SeatGuest>,
) -> Result<HttpResponse, AppError> {
    let talk = id.clone();
    body.value.check()?;
    let answer = act
        .change(&app, body, move |tx, new: &SeatGuest| {
            let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
            hosting(side)?;
            let to = (new.place, new.reason.as_ref().map(Line::as_str));
            let guest = Guest::seat(tx.conn, &booking.id, &new.guest_id, to, tx.actor, tx.now)?;
            if new.place.role().is_none() {
                Conference::send_away(tx.conn, &booking.id, tx.now)?;
            }
            let (by, place) = (&tx.actor.name, new.place);
            let said = format!("{by} · {}：{} · {}", guest.name, place.zh(), place.en());
            Draft::system(said).append(tx.conn, &booking.id, tx.now)?;
            tx.subject("talk", &booking.id);
            tx.detail(format!("guest/{} {place}", guest.id));
            Ok(GuestView::of(guest, side))
        })
        .await?;
    meeting::hint_seats(&app, &talk).await;
    Ok(answer)
}

/// What a guest is shown of the talk: no more than an invitation would say.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestRoomView {
    guest_id: GuestId,
    name: String,
    language: Language,
    invited_by_name: String,
    topic: String,
    state: BookingState,
    starts_at: Time,
    ends_at: Time,
    unit_name: Option<String>,
    unit_name_en: Option<String>,
    host_names: Vec<String>,
    /// The service of a meeting that is arranged; for those whom a host has admitted
    conference: Option<ConferenceProvider>,
    /// Its number and link, where the service gives everybody the same; elsewhere one asks for a pass
    meeting_code: Option<String>,
    join_url: Option<String>,
    /// Until when this pass holds
    until: Time,
    place: GuestPlace,
    /// Why a host did not admit them, or sent them away
    place_reason: Option<String>,
}

fn view(conn: &mut DbConn, guest: Guest, booking: &Booking) -> Result<GuestRoomView, AppError> {
    let unit = Unit::find(conn, &booking.unit_id)?;
    let hosts = booking.hosts(conn)?;
    let open = if guest.place.is_inside() { Conference::open_of(conn, &booking.id)? } else { None };
    let conference = open.as_ref().map(|one| one.provider);
    let (meeting_code, join_url) = open.map(|one| (one.meeting_code, one.join_url)).unwrap_or_default();
    Ok(GuestRoomView {
        guest_id: guest.id,
        name: guest.name,
        language: guest.language,
        invited_by_name: guest.invited_by_name,
        topic: booking.topic.clone(),
        state: booking.state,
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
        unit_name_en: unit.as_ref().map(|unit| unit.name_en.clone()),
        unit_name: unit.map(|unit| unit.short_name),
        host_names: hosts.into_iter().map(|host| host.host_name).collect(),
        conference,
        meeting_code,
        join_url,
        until: holds_until(booking),
        place: guest.place,
        place_reason: guest.place_reason,
    })
}

/// A guest has no account: the line names the link.
fn audit(conn: &mut DbConn, circumstances: &Circumstances, guest: &Guest, now: Time) -> Result<(), AppError> {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: None,
        actor_name: Some(guest.name.clone()),
        operation: circumstances.operation.to_owned(),
        subject: Some(format!("talk/{}", guest.booking_id)),
        outcome: Outcome::Done,
        request_id: circumstances.request_id.clone(),
        address: circumstances.address.clone(),
        detail: Some(format!("guest/{}", guest.id)),
    }
    .write(conn)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenGuestLink {
    /// Out of the link
    #[schema(value_type = String, min_length = 43, max_length = 43)]
    key: Line<43>,
    /// 256 random bits that this device keeps and shows from then on, in base 64 (URL)
    #[schema(value_type = String, min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
    pass: Line<43>,
}

/// Open an invitation: the first device binds it to its pass; the same one may ask again, no other
#[utoipa::path(tag = "talks", operation_id = "open_guest_link", request_body = OpenGuestLink, responses((status = 200, body = GuestRoomView), WriteErrors), security(()))]
#[post("/talks/guest-openings")]
pub(super) async fn open_guest_link(
    app: App,
    circumstances: Circumstances,
    body: Json<OpenGuestLink>,
) -> Result<web::Json<GuestRoomView>, AppError> {
    let (house, now, body) = (app.clone(), app.now(), body.value);
    if !is_pass(body.pass.as_str()) {
        return Err(AppError::field("pass", "input.range"));
    }
    let opened = app
        .db
        .write(move |conn| {
            let (key, pass) = (body.key.as_str(), body.pass.as_str());
            let (guest, booking, first) = Guest::open(&house, conn, key, pass, now)?;
            if first {
                audit(conn, &circumstances, &guest, now)?;
            }
            view(conn, guest, &booking)
        })
        .await?;
    Ok(web::Json(opened))
}

fn is_pass(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The pass that a device shows; a request without one finds nothing.
pub(super) struct GuestPass(String);

impl FromRequest for GuestPass {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let shown = request.headers().get(PASS).and_then(|v| v.to_str().ok()).filter(|text| is_pass(text));
        std::future::ready(shown.map(|text| Self(text.to_owned())).ok_or(AppError::NotFound))
    }
}

/// The talk, as its guest sees it
#[utoipa::path(tag = "talks", operation_id = "show_guest_room", params(("Guest-Pass" = String, Header, min_length = 43, max_length = 43)), responses((status = 200, body = GuestRoomView), (status = 409, body = crate::error::Problem, description = "The link no longer holds"), ReadErrors), security(()))]
#[get("/talks/guest-room")]
pub(super) async fn show_guest_room(app: App, pass: GuestPass) -> Result<web::Json<GuestRoomView>, AppError> {
    let (house, now) = (app.clone(), app.now());
    let seen = app
        .read(move |conn| {
            let (guest, booking) = Guest::by_pass(&house, conn, &pass.0, now)?;
            view(conn, guest, &booking)
        })
        .await?;
    Ok(web::Json(seen))
}

/// A guest's ticket into the room's socket, for one minute
#[utoipa::path(tag = "talks", operation_id = "create_guest_ticket", request_body = Nothing, params(("Guest-Pass" = String, Header, min_length = 43, max_length = 43)), responses((status = 201, body = TicketView), WriteErrors), security(()))]
#[post("/talks/guest-tickets")]
pub(super) async fn create_guest_ticket(
    app: App,
    circumstances: Circumstances,
    pass: GuestPass,
    _body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let (house, now) = (app.clone(), app.now());
    let issued = app
        .db
        .write(move |conn| {
            let (guest, _) = Guest::by_pass(&house, conn, &pass.0, now)?;
            if guest.place.role().is_none() {
                return Err(AppError::Conflict(&SENT_AWAY));
            }
            let (ticket, issued) = Ticket::for_guest(&house, conn, &guest, now)?;
            audit(conn, &circumstances, &guest, now)?;
            Ok(TicketView { ticket, expires_at: issued.expires_at, socket_path: SOCKET_PATH })
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(issued))
}

/// A guest's way into the talk's meeting, for some minutes: they see and hear
#[utoipa::path(tag = "talks", operation_id = "create_guest_conference_pass", request_body = Nothing, params(("Guest-Pass" = String, Header, min_length = 43, max_length = 43)), responses((status = 201, body = ConferencePass), WriteErrors), security(()))]
#[post("/talks/guest-conference-passes")]
pub(super) async fn create_guest_conference_pass(
    app: App,
    circumstances: Circumstances,
    pass: GuestPass,
    _body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let (house, now) = (app.clone(), app.now());
    let way = app
        .db
        .write(move |conn| {
            let (guest, booking) = Guest::by_pass(&house, conn, &pass.0, now)?;
            if !guest.place.is_inside() {
                return Err(AppError::Conflict(&NOT_ADMITTED));
            }
            let who = (guest.id.as_str(), guest.name.as_str(), Side::Guest);
            let way = conference::pass(&house, conn, &booking, who, now)?;
            audit(conn, &circumstances, &guest, now)?;
            Ok(way)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(way))
}

/// A file that was shared while the guest was in the room
#[utoipa::path(tag = "talks", operation_id = "find_guest_file", params(("id" = FileId, Path), ("Guest-Pass" = String, Header, min_length = 43, max_length = 43)), responses((status = 200, body = FileBytes, content_type = "application/octet-stream"), (status = 409, body = crate::error::Problem, description = "The link no longer holds, or a host has not admitted the guest"), ReadErrors), security(()))]
#[get("/talks/guest-files/{id}")]
pub(super) async fn find_guest_file(
    app: App,
    pass: GuestPass,
    id: web::Path<FileId>,
) -> Result<HttpResponse, AppError> {
    let (house, now) = (app.clone(), app.now());
    let file = app
        .read(move |conn| {
            let (guest, booking) = Guest::by_pass(&house, conn, &pass.0, now)?;
            if !guest.place.is_inside() {
                return Err(AppError::Conflict(&NOT_ADMITTED));
            }
            let file = StoredFile::find(conn, &id)?;
            let heard = was_shared(conn, &booking.id, &file.id, guest.from_seq)?;
            if file::is_ours(&file) && heard { unless_withheld(conn, file) } else { Err(AppError::NotFound) }
        })
        .await?;
    download(app, file).await
}

/// The talk for a guest's own calendar (RFC 5545)
#[utoipa::path(tag = "talks", operation_id = "find_guest_calendar", params(("Guest-Pass" = String, Header, min_length = 43, max_length = 43)), responses((status = 200, body = CalendarText, content_type = "text/calendar"), (status = 409, body = crate::error::Problem, description = "The link no longer holds"), ReadErrors), security(()))]
#[get("/talks/guest-calendar.ics")]
pub(super) async fn find_guest_calendar(app: App, pass: GuestPass) -> Result<HttpResponse, AppError> {
    let (house, now) = (app.clone(), app.now());
    let (_, booking) = app.read(move |conn| Guest::by_pass(&house, conn, &pass.0, now)).await?;
    Ok(calendar_file(&app, &booking, now))
}
