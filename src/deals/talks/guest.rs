//! Guests of one talk, without an account: a link that one device opens once, and a pass for this talk's room alone.
use std::collections::HashMap;

use chrono::Duration;
use diesel::prelude::*;

use crate::app::App;
use crate::deals::talks::rules::{self, GuestPlace, Side};
use crate::deals::talks::{Booking, BookingId};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::language::Language;
use crate::platform::random;
use crate::schema::{talk_guest_moves, talk_guests};

/// How long after its end a talk's room is open to its guests.
const AFTER: Duration = Duration::hours(2);
/// Guests whose links hold at once, and links that one talk may ever give.
const MOST: usize = 6;
const MOST_EVER: usize = 30;

pub const TOO_MANY: Code = Code::new(
    "talk.guests_too_many",
    "这场洽谈的嘉宾已满 6 位，请先撤回不用的链接",
    "This talk has 6 guests already; take back a link that is not needed",
);
pub const USED: Code = Code::new(
    "talk.guest_link_used",
    "这个链接已在另一台设备上打开，请向邀请您的人索取新链接",
    "This link was opened on another device; ask whoever invited you for a new one",
);
pub const OVER: Code = Code::new(
    "talk.guest_link_over",
    "这个链接已失效：洽谈已结束、已取消或链接已被撤回",
    "This link no longer holds: the talk is over or called off, or the link was taken back",
);
pub const ALREADY: Code = Code::new(
    "talk.guest_already_there",
    "嘉宾已经不在原来的位置，请刷新查看",
    "The guest is no longer where they were; refresh to see it",
);
pub const NOT_ADMITTED: Code = Code::new(
    "talk.guest_not_admitted",
    "请先进入洽谈室，等主持人同意您进入",
    "Enter the room first and wait until a host admits you",
);
pub const SENT_AWAY: Code = Code::new(
    "talk.guest_sent_away",
    "主持人未同意您进入，或已请您离开",
    "A host did not admit you, or asked you to leave",
);

crate::typed_id!(GuestId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_guests)]
pub struct Guest {
    pub id: GuestId,
    pub booking_id: BookingId,
    pub name: String,
    pub language: Language,
    pub invited_by: AccountId,
    pub invited_by_name: String,
    pub side: Side,
    pub invited_at: Time,
    key_hash: String,
    /// What was said up to here stays between the two sides
    pub from_seq: i64,
    pub opened_at: Option<Time>,
    pass_hash: Option<String>,
    pub revoked_at: Option<Time>,
    pub revoked_by: Option<AccountId>,
    pub place: GuestPlace,
    pub place_reason: Option<String>,
    /// As whoever invited them gave it
    pub mail: Option<String>,
    /// When a mail was last handed in for them
    pub mailed_at: Option<Time>,
    /// Why the last one was not
    pub mail_failure: Option<String>,
}

/// Who is invited.
#[derive(Debug, Clone, Copy)]
pub struct NewGuest<'a> {
    pub name: &'a str,
    pub language: Language,
    pub mail: Option<&'a str>,
}

/// A host gave a guest a place; never changed.
#[derive(Insertable)]
#[diesel(table_name = talk_guest_moves)]
struct Seating {
    guest_id: GuestId,
    n: i32,
    place: GuestPlace,
    reason: Option<String>,
    by_id: AccountId,
    by_name: String,
    at: Time,
}

fn key_hash(app: &App, key: &str) -> String {
    app.keys.hash(&["talk guest link", key])
}

fn pass_hash(app: &App, pass: &str) -> String {
    app.keys.hash(&["talk guest pass", pass])
}

/// Until when the links of a talk hold; they follow it when it moves.
pub fn holds_until(booking: &Booking) -> Time {
    booking.ends_at.plus(AFTER)
}

impl Guest {
    /// Makes a link; its key is given once and kept only as a hash.
    pub fn invite(
        app: &App,
        conn: &mut DbConn,
        booking: &Booking,
        by: (&Actor, Side),
        guest: NewGuest<'_>,
        now: Time,
    ) -> Result<(Self, String), AppError> {
        // Two who invite at once are one after the other.
        let booking = Booking::take(conn, &booking.id)?;
        let all = Self::of(conn, &booking.id)?;
        if all.len() >= MOST_EVER || all.iter().filter(|one| one.revoked_at.is_none()).count() >= MOST {
            return Err(AppError::Conflict(&TOO_MANY));
        }
        let key = random::token();
        let made = Self {
            id: GuestId::fresh(),
            booking_id: booking.id.clone(),
            name: guest.name.to_owned(),
            language: guest.language,
            invited_by: by.0.id.clone(),
            invited_by_name: by.0.name.clone(),
            side: by.1,
            invited_at: now,
            key_hash: key_hash(app, &key),
            from_seq: booking.last_seq,
            opened_at: None,
            pass_hash: None,
            revoked_at: None,
            revoked_by: None,
            place: GuestPlace::Waiting,
            place_reason: None,
            mail: guest.mail.map(str::to_owned),
            mailed_at: None,
            mail_failure: None,
        };
        diesel::insert_into(talk_guests::table).values(made.clone()).execute(conn)?;
        Ok((made, key))
    }

    /// Those of a talk, oldest first.
    pub fn of(conn: &mut DbConn, booking: &BookingId) -> Result<Vec<Self>, AppError> {
        use talk_guests as t;
        Ok(t::table.filter(t::booking_id.eq(booking)).order(t::id.asc()).load(conn)?)
    }

    /// Those of some talks who have a mail address and whose link was not taken back.
    pub fn mailed(conn: &mut DbConn, bookings: Vec<BookingId>) -> Result<Vec<Self>, AppError> {
        use talk_guests as t;
        let reached = t::mail.is_not_null().and(t::revoked_at.is_null());
        Ok(t::table.filter(t::booking_id.eq_any(bookings)).filter(reached).order(t::id.asc()).load(conn)?)
    }

    /// Names and mail addresses.
    pub fn addresses(
        conn: &mut DbConn,
        guests: Vec<GuestId>,
    ) -> Result<HashMap<GuestId, (String, String)>, AppError> {
        use talk_guests as t;
        let rows: Vec<(GuestId, String, Option<String>)> =
            t::table.filter(t::id.eq_any(guests)).select((t::id, t::name, t::mail)).load(conn)?;
        Ok(rows.into_iter().filter_map(|(id, name, mail)| Some((id, (name, mail?)))).collect())
    }

    /// Writes what became of a mail, for those who invited.
    pub fn note_mail(
        conn: &mut DbConn,
        id: &GuestId,
        failure: Option<&str>,
        now: Time,
    ) -> Result<(), AppError> {
        use talk_guests as t;
        match failure {
            None => diesel::update(t::table.find(id))
                .set((t::mailed_at.eq(Some(now)), t::mail_failure.eq(None::<String>)))
                .execute(conn)?,
            Some(_) => diesel::update(t::table.find(id)).set(t::mail_failure.eq(failure)).execute(conn)?,
        };
        Ok(())
    }

    /// Those of a talk who may no longer be there.
    pub fn sent_away(conn: &mut DbConn, booking: &BookingId) -> Result<Vec<GuestId>, AppError> {
        use talk_guests as t;
        let left =
            t::place.eq_any([GuestPlace::Refused, GuestPlace::Removed]).or(t::revoked_at.is_not_null());
        Ok(t::table.filter(t::booking_id.eq(booking)).filter(left).select(t::id).load(conn)?)
    }

    pub fn find(conn: &mut DbConn, id: &GuestId) -> Result<Self, AppError> {
        talk_guests::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// One of this talk's.
    fn one_of(conn: &mut DbConn, booking: &BookingId, id: &GuestId) -> Result<Self, AppError> {
        let guest = Self::find(conn, id)?;
        if guest.booking_id == *booking { Ok(guest) } else { Err(AppError::NotFound) }
    }

    /// Gives a guest their place in the room, or none; who comes in hears what is said from then on.
    pub fn seat(
        conn: &mut DbConn,
        booking: &BookingId,
        id: &GuestId,
        to: (GuestPlace, Option<&str>),
        by: &Actor,
        now: Time,
    ) -> Result<Self, AppError> {
        use {talk_guest_moves as m, talk_guests as t};
        let (place, reason) = to;
        // Two hosts who decide at once are one after the other.
        let booking = Booking::take(conn, booking)?;
        let guest = Self::one_of(conn, &booking.id, id)?;
        if guest.revoked_at.is_some() || !guest.place.leads_to(place) {
            return Err(AppError::Conflict(&ALREADY));
        }
        let enters = place.is_inside() && !guest.place.is_inside();
        let from_seq = if enters { booking.last_seq } else { guest.from_seq };
        let reason = reason.map(str::to_owned);
        diesel::update(t::table.find(id))
            .set((t::place.eq(place), t::place_reason.eq(&reason), t::from_seq.eq(from_seq)))
            .execute(conn)?;
        let before: i64 = m::table.filter(m::guest_id.eq(id)).count().get_result(conn)?;
        let row = Seating {
            guest_id: id.clone(),
            n: i32::try_from(before + 1).map_err(AppError::internal)?,
            place,
            reason: reason.clone(),
            by_id: by.id.clone(),
            by_name: by.name.clone(),
            at: now,
        };
        diesel::insert_into(m::table).values(row).execute(conn)?;
        Ok(Self { place, place_reason: reason, from_seq, ..guest })
    }

    /// Takes a link back: nobody can open it, and who is in the room has to leave.
    pub fn revoke(
        conn: &mut DbConn,
        booking: &BookingId,
        id: &GuestId,
        by: &AccountId,
        now: Time,
    ) -> Result<Self, AppError> {
        use talk_guests as t;
        let guest = Self::one_of(conn, booking, id)?;
        diesel::update(t::table.find(id).filter(t::revoked_at.is_null()))
            .set((t::revoked_at.eq(Some(now)), t::revoked_by.eq(Some(by))))
            .execute(conn)?;
        Ok(Self { revoked_at: guest.revoked_at.or(Some(now)), ..guest })
    }

    /// Opens a link for the device that shows this pass: the first one; the same one may ask again, no other.
    pub fn open(
        app: &App,
        conn: &mut DbConn,
        key: &str,
        pass: &str,
        now: Time,
    ) -> Result<(Self, Booking, bool), AppError> {
        use talk_guests as t;
        let (key, pass) = (key_hash(app, key), pass_hash(app, pass));
        let guest: Option<Self> = t::table.filter(t::key_hash.eq(key)).first(conn).optional()?;
        let guest = guest.ok_or(AppError::NotFound)?;
        let booking = guest.holds(conn, now)?;
        let unopened = t::table.find(&guest.id).filter(t::opened_at.is_null());
        let bound = diesel::update(unopened)
            .set((t::opened_at.eq(Some(now)), t::pass_hash.eq(Some(&pass))))
            .execute(conn)?;
        let guest: Self = t::table.find(&guest.id).first(conn)?;
        if guest.pass_hash.as_deref() == Some(pass.as_str()) {
            Ok((guest, booking, bound == 1))
        } else {
            Err(AppError::Conflict(&USED))
        }
    }

    /// The guest who shows this pass, and their talk.
    pub fn by_pass(app: &App, conn: &mut DbConn, pass: &str, now: Time) -> Result<(Self, Booking), AppError> {
        use talk_guests as t;
        let pass = pass_hash(app, pass);
        let guest: Option<Self> = t::table.filter(t::pass_hash.eq(Some(pass))).first(conn).optional()?;
        let guest = guest.ok_or(AppError::NotFound)?;
        let booking = guest.holds(conn, now)?;
        Ok((guest, booking))
    }

    /// The talk, while the link holds.
    fn holds(&self, conn: &mut DbConn, now: Time) -> Result<Booking, AppError> {
        let booking = Booking::find(conn, &self.booking_id)?;
        let open = rules::is_open(booking.state) && now < holds_until(&booking);
        if open && self.revoked_at.is_none() { Ok(booking) } else { Err(AppError::Conflict(&OVER)) }
    }

    /// Whether someone who came in by this link may still be there.
    pub fn may_stay(conn: &mut DbConn, id: &GuestId, now: Time) -> Result<bool, AppError> {
        let guest: Option<Self> = talk_guests::table.find(id).first(conn).optional()?;
        let Some(guest) = guest else { return Ok(false) };
        Ok(guest.holds(conn, now).is_ok())
    }
}
