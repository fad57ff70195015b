//! Reminders of what comes: each once, for both sides, after a move for the new time, and none of what was called off.
use std::collections::HashSet;

use chrono::Duration;
use diesel::prelude::*;

use crate::deals::talks::events::{TalkFacts, TalkReminded};
use crate::deals::talks::rules::{self, BookingState, ReminderKind};
use crate::deals::talks::setting::{Settings, TalkSettingName};
use crate::deals::talks::{Booking, BookingId};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::platform::outbox;
use crate::schema::{talk_bookings, talk_reminders};

/// Told at this time, once for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub booking_id: BookingId,
    pub starts_at: Time,
    pub kind: ReminderKind,
}

/// Every reminder that is due and was not told, the soonest talk first.
pub fn due(conn: &mut DbConn, now: Time) -> Result<Vec<Reminder>, AppError> {
    use {talk_bookings as b, talk_reminders as t};
    let settings = Settings::load(conn)?;
    let hours =
        (settings.at(TalkSettingName::RemindFirst, now), settings.at(TalkSettingName::RemindSecond, now));
    let last = now.plus(Duration::hours(i64::from(hours.0.max(hours.1))));
    let coming: Vec<(BookingId, Time, Time)> = b::table
        .filter(b::state.eq(BookingState::Confirmed))
        .filter(b::starts_at.gt(now))
        .filter(b::starts_at.le(last))
        .filter(b::agreed_at.is_not_null())
        .order(b::starts_at.asc())
        .select((b::id, b::starts_at, b::agreed_at.assume_not_null()))
        .load(conn)?;
    let told: Vec<(BookingId, Time, ReminderKind)> =
        t::table.filter(t::starts_at.gt(now)).select((t::booking_id, t::starts_at, t::kind)).load(conn)?;
    let told: HashSet<(BookingId, Time, ReminderKind)> = told.into_iter().collect();
    let due = coming.into_iter().filter_map(|(booking_id, starts_at, agreed_at)| {
        let kind = rules::reminder_due(starts_at, agreed_at, hours, now)?;
        Some(Reminder { booking_id, starts_at, kind })
    });
    Ok(due.filter(|one| !told.contains(&(one.booking_id.clone(), one.starts_at, one.kind))).collect())
}

impl Reminder {
    /// Tells both sides, unless the talk was moved or called off, or they were told, since it was read.
    pub fn tell(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use talk_reminders as t;
        let booking = Booking::take(conn, &self.booking_id)?;
        if booking.state != BookingState::Confirmed || booking.starts_at != self.starts_at {
            return Ok(());
        }
        let row = (
            t::booking_id.eq(&self.booking_id),
            t::starts_at.eq(self.starts_at),
            t::kind.eq(self.kind),
            t::told_at.eq(now),
        );
        if Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)? == 0 {
            return Ok(());
        }
        let hosts = booking.hosts(conn)?;
        let talk = TalkFacts::by_the_house(&booking, &hosts).because(None);
        outbox::emit(conn, &TalkReminded { talk }, now)
    }
}
