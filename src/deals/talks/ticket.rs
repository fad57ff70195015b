//! A ticket into a talk's room: a browser's socket carries no token, so it shows one of these, once, within a minute.
use chrono::Duration;
use diesel::prelude::*;

use crate::app::App;
use crate::deals::talks::guest::{Guest, GuestId};
use crate::deals::talks::{BookingId, Side};
use crate::error::AppError;
use crate::people::auth::{AccountId, Actor, Session, SessionId};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::random;
use crate::schema::talk_tickets;

const LIFE: Duration = Duration::seconds(60);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_tickets)]
pub struct Ticket {
    ticket_hash: String,
    pub booking_id: BookingId,
    pub account_id: AccountId,
    pub session_id: SessionId,
    pub name: String,
    pub side: Side,
    pub expires_at: Time,
    used_at: Option<Time>,
    /// Whoever came by a link; their id stands in the place of an account's and a session's
    pub guest_id: Option<GuestId>,
}

fn hash(app: &App, secret: &str) -> String {
    app.keys.hash(&["talk ticket", secret])
}

impl Ticket {
    /// Issues a ticket; the secret is given once and kept only as a hash.
    pub fn issue(
        app: &App,
        conn: &mut DbConn,
        actor: &Actor,
        booking: &BookingId,
        side: Side,
        now: Time,
    ) -> Result<(String, Self), AppError> {
        let secret = random::token();
        let ticket = Self {
            ticket_hash: hash(app, &secret),
            booking_id: booking.clone(),
            account_id: actor.id.clone(),
            session_id: actor.session.clone(),
            name: actor.name.clone(),
            side,
            expires_at: now.plus(LIFE),
            used_at: None,
            guest_id: None,
        };
        ticket.keep(conn, now)?;
        Ok((secret, ticket))
    }

    /// As [`Self::issue`], for a guest.
    pub fn for_guest(
        app: &App,
        conn: &mut DbConn,
        guest: &Guest,
        now: Time,
    ) -> Result<(String, Self), AppError> {
        let secret = random::token();
        let ticket = Self {
            ticket_hash: hash(app, &secret),
            booking_id: guest.booking_id.clone(),
            account_id: guest.id.as_str().parse().map_err(AppError::internal)?,
            session_id: guest.id.as_str().parse().map_err(AppError::internal)?,
            name: guest.name.clone(),
            side: Side::Guest,
            expires_at: now.plus(LIFE),
            used_at: None,
            guest_id: Some(guest.id.clone()),
        };
        ticket.keep(conn, now)?;
        Ok((secret, ticket))
    }

    fn keep(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use talk_tickets as t;
        diesel::delete(t::table.filter(t::expires_at.lt(now.minus(Duration::hours(1))))).execute(conn)?;
        diesel::insert_into(t::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Takes a ticket; of two who show the same one, one gets in.
    pub fn redeem(app: &App, conn: &mut DbConn, secret: &str, now: Time) -> Result<Option<Self>, AppError> {
        use talk_tickets as t;
        let hash = hash(app, secret);
        let unused = t::table.find(&hash).filter(t::used_at.is_null()).filter(t::expires_at.gt(now));
        if diesel::update(unused).set(t::used_at.eq(Some(now))).execute(conn)? == 0 {
            return Ok(None);
        }
        let ticket: Self = t::table.find(&hash).first(conn)?;
        let holds = ticket.session_holds(conn, now)?;
        Ok(holds.then_some(ticket))
    }

    /// Whether the session, or the link, that asked for this ticket still holds.
    pub fn session_holds(&self, conn: &mut DbConn, now: Time) -> Result<bool, AppError> {
        if let Some(guest) = &self.guest_id {
            return Guest::may_stay(conn, guest, now);
        }
        let live = Session::live(conn, &self.account_id, now)?;
        Ok(live.iter().any(|session| session.id == self.session_id))
    }
}
