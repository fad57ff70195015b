//! Another time that one side proposes: its slot is kept until the other side answers; until then the old time stands.
use diesel::prelude::*;

use crate::deals::talks::booking::{NO_SLOT, NOT_NOW, Turn};
use crate::deals::talks::events::{TalkFacts, TalkMoveLapsed};
use crate::deals::talks::rules::{self, BookingMove, BookingState, Side};
use crate::deals::talks::setting::{Settings, TalkSettingName};
use crate::deals::talks::{Booking, BookingId, Host, holiday};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::outbox;
use crate::schema::{talk_proposals, talk_slot_claims};

pub const SAME_TIME: Code = Code::new(
    "talk.same_time",
    "这就是原定的时间，请选择其他时段",
    "This is the time that stands already; choose another",
);
pub const ANSWERED: Code = Code::new(
    "talk.proposal_over",
    "这项改期提议已经有了结果，请刷新查看",
    "This proposal has been settled; refresh to see how",
);

crate::typed_id!(ProposalId);
crate::text_enum! {
    /// What became of a proposal.
    pub enum ProposalState {
        Open = "open", "待答复", "Open";
        Accepted = "accepted", "已同意", "Accepted";
        Refused = "refused", "未同意", "Refused";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        Expired = "expired", "已过期", "Lapsed";
        Overtaken = "overtaken", "已失效", "Overtaken";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_proposals)]
pub struct Proposal {
    pub id: ProposalId,
    pub booking_id: BookingId,
    pub side: Side,
    pub by_id: AccountId,
    pub by_name: String,
    pub from_starts_at: Time,
    pub to_starts_at: Time,
    pub reason: String,
    pub proposed_at: Time,
    pub expires_at: Time,
    pub state: ProposalState,
    pub ended_at: Option<Time>,
}

impl Proposal {
    /// Asks for another time, from the open slots of those who receive.
    pub fn make(
        conn: &mut DbConn,
        booking: &mut Booking,
        by: (&Actor, Side),
        wish: (Time, &str),
        now: Time,
    ) -> Result<Self, AppError> {
        let ((actor, side), (to, reason)) = (by, wish);
        if to == booking.starts_at {
            return Err(AppError::Unprocessable(&SAME_TIME));
        }
        offered(conn, booking, to, now)?;
        let hours = Settings::load(conn)?.at(TalkSettingName::ProposalHours, booking.created_at);
        let proposal = Self {
            id: ProposalId::fresh(),
            booking_id: booking.id.clone(),
            side,
            by_id: actor.id.clone(),
            by_name: actor.name.clone(),
            from_starts_at: booking.starts_at,
            to_starts_at: to,
            reason: reason.to_owned(),
            proposed_at: now,
            expires_at: rules::answer_by(booking.starts_at, to, hours, now),
            state: ProposalState::Open,
            ended_at: None,
        };
        // One that lapsed and was not swept away yet would stand in the way.
        for lapsed in Self::due(conn, Some(&booking.id), now, 1)? {
            Self::lapse(conn, &lapsed, now)?;
            booking.version += 1;
        }
        booking.turn(conn, &proposal.turn(Some(actor), BookingMove::Proposed, booking.state), now)?;
        diesel::insert_into(talk_proposals::table)
            .values(proposal.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&NOT_NOW) } else { e.into() })?;
        booking.claim(conn, to, Some(&proposal.id), now)?;
        Ok(proposal)
    }

    fn turn<'a>(&'a self, actor: Option<&'a Actor>, what: BookingMove, to: BookingState) -> Turn<'a> {
        let times = Some((self.from_starts_at, self.to_starts_at));
        // Why another time was asked for; whoever refuses gives a reason of their own.
        let reason =
            matches!(what, BookingMove::Proposed | BookingMove::Moved).then_some(self.reason.as_str());
        Turn { actor, what, to, reason, times, late: None }
    }

    /// The other side agrees: the booking moves, and the time that was kept for it becomes its own.
    pub fn accept(
        &self,
        conn: &mut DbConn,
        booking: &mut Booking,
        actor: &Actor,
        now: Time,
    ) -> Result<(), AppError> {
        booking.turn(conn, &self.turn(Some(actor), BookingMove::Moved, BookingState::Confirmed), now)?;
        self.end(conn, ProposalState::Accepted, now)?;
        booking.take_up(conn, &self.id)
    }

    /// The other side refuses with a reason, or the one who asked takes it back; the old time stands.
    pub fn give_up(
        &self,
        conn: &mut DbConn,
        booking: &mut Booking,
        actor: &Actor,
        reason: Option<&str>,
        now: Time,
    ) -> Result<(), AppError> {
        let (state, what) = match reason {
            Some(_) => (ProposalState::Refused, BookingMove::MoveRefused),
            None => (ProposalState::Withdrawn, BookingMove::MoveWithdrawn),
        };
        let turn = Turn { reason, ..self.turn(Some(actor), what, booking.state) };
        booking.turn(conn, &turn, now)?;
        self.end(conn, state, now)?;
        self.free(conn)
    }

    fn end(&self, conn: &mut DbConn, state: ProposalState, now: Time) -> Result<(), AppError> {
        use talk_proposals as t;
        let open = t::table.find(&self.id).filter(t::state.eq(ProposalState::Open));
        match diesel::update(open).set((t::state.eq(state), t::ended_at.eq(Some(now)))).execute(conn)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&ANSWERED)),
        }
    }

    /// Ends what is open of a booking whose own time is given back.
    pub fn end_of(
        conn: &mut DbConn,
        booking: &BookingId,
        state: ProposalState,
        now: Time,
    ) -> Result<(), AppError> {
        use talk_proposals as t;
        let open = t::table.filter(t::booking_id.eq(booking)).filter(t::state.eq(ProposalState::Open));
        diesel::update(open).set((t::state.eq(state), t::ended_at.eq(Some(now)))).execute(conn)?;
        Ok(())
    }

    fn free(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use talk_slot_claims as t;
        diesel::delete(t::table.filter(t::proposal_id.eq(&self.id))).execute(conn)?;
        Ok(())
    }

    /// Those of some bookings that wait for an answer.
    pub fn open_of(conn: &mut DbConn, bookings: &[String], now: Time) -> Result<Vec<Self>, AppError> {
        use talk_proposals as t;
        let of_these = t::table.filter(t::booking_id.eq_any(bookings.to_vec()));
        Ok(of_these.filter(t::state.eq(ProposalState::Open)).filter(t::expires_at.gt(now)).load(conn)?)
    }

    /// Open ones past their time: of one booking, or of any.
    fn due(
        conn: &mut DbConn,
        booking: Option<&BookingId>,
        now: Time,
        most: i64,
    ) -> Result<Vec<ProposalId>, AppError> {
        use talk_proposals as t;
        let mut due =
            t::table.filter(t::state.eq(ProposalState::Open)).filter(t::expires_at.le(now)).into_boxed();
        if let Some(booking) = booking {
            due = due.filter(t::booking_id.eq(booking.clone()));
        }
        Ok(due.order(t::id.asc()).limit(most).select(t::id).load(conn)?)
    }

    /// Ends one past its time and frees what it kept; both sides are told. Nothing when it was answered meanwhile.
    pub fn lapse(conn: &mut DbConn, id: &ProposalId, now: Time) -> Result<(), AppError> {
        use talk_proposals as t;
        let Some(seen) = t::table.find(id).first::<Self>(conn).optional()? else { return Ok(()) };
        // The booking first, as those who answer do.
        let mut booking = Booking::take(conn, &seen.booking_id)?;
        let due = t::table.find(id).filter(t::state.eq(ProposalState::Open)).filter(t::expires_at.le(now));
        let ended = diesel::update(due)
            .set((t::state.eq(ProposalState::Expired), t::ended_at.eq(Some(now))))
            .execute(conn)?;
        if ended == 0 {
            return Ok(());
        }
        booking.turn(conn, &seen.turn(None, BookingMove::MoveLapsed, booking.state), now)?;
        seen.free(conn)?;
        let hosts = booking.hosts(conn)?;
        let talk = TalkFacts::by_the_house(&booking, &hosts).asking(seen.to_starts_at);
        outbox::emit(conn, &TalkMoveLapsed { talk }, now)
    }

    /// Ends up to `most` that nobody answered; gives how many there were.
    pub fn lapse_due(conn: &mut DbConn, now: Time, most: i64) -> Result<usize, AppError> {
        let due = Self::due(conn, None, now, most)?;
        for id in &due {
            Self::lapse(conn, id, now)?;
        }
        Ok(due.len())
    }
}

/// Whether everyone who receives offers a slot then.
fn offered(conn: &mut DbConn, booking: &Booking, start: Time, now: Time) -> Result<(), AppError> {
    let holidays = holiday::between(conn, start.day(), start.day())?;
    for receiver in booking.hosts(conn)? {
        let host = Host::find(conn, &receiver.host_id)?.ok_or(AppError::Unprocessable(&NO_SLOT))?;
        if !rules::is_slot(&host.hours, &holidays, start, now) {
            return Err(AppError::Unprocessable(&NO_SLOT));
        }
    }
    Ok(())
}
