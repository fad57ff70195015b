//! A booking and its claims on the host's time: a tick is a row, and its primary key sells it once.
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::deals::talks::proposal::{Proposal, ProposalId, ProposalState};
use crate::deals::talks::rules::{
    self, BookingMove, BookingState, Deed, HOLD, Hosting, SLOT_MINUTES, Side, Standing,
};
use crate::deals::talks::site::Site;
use crate::deals::talks::wish::Wish;
use crate::deals::talks::{Host, holiday};
use crate::error::{AppError, CONFLICT, Code};
use crate::people::auth::{AccountId, Actor, Role, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn, Locked, MultiBackend};
use crate::platform::language::Language;
use crate::platform::page::{Page, Paging};
use crate::schema::{
    talk_booking_hosts, talk_booking_moves, talk_bookings, talk_proposals, talk_slot_claims,
};

pub const SLOT_TAKEN: Code = Code::new(
    "talk.slot_taken",
    "这个时段刚被别人预约，请另选时段",
    "Someone has just booked this slot; choose another",
);
pub const NO_SLOT: Code = Code::new(
    "talk.no_such_slot",
    "这个时段不开放预约，请从可选时段中选择",
    "This is not an open slot; choose one of those offered",
);
pub const HOLD_EXPIRED: Code =
    Code::new("talk.hold_expired", "占位已过期，请重新选择时段", "The hold has expired; choose a slot again");
pub const NOT_NOW: Code = Code::new(
    "talk.not_now",
    "按预约的当前状态不能这样做，请刷新查看",
    "The booking's present state does not allow this; refresh to see it",
);
pub const BEGUN: Code = Code::new(
    "talk.begun",
    "洽谈时间已到，不能再改，请另行预约",
    "The talk's time has come and can no longer be changed; book another",
);
pub const ONLOOKER: Code =
    Code::new("talk.onlooker", "您不是这场洽谈的参与方", "You are not a party to this talk");
pub const HAS_PROJECT: Code = Code::new(
    "talk.project_opened",
    "这场洽谈已经建立项目，请打开该项目",
    "A project was already opened from this talk; go to that project",
);

crate::typed_id!(BookingId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_bookings)]
pub struct Booking {
    pub id: BookingId,
    pub unit_id: String,
    pub host_id: AccountId,
    pub host_name: String,
    pub investor_id: AccountId,
    pub investor_name: String,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    pub topic: String,
    pub language: Language,
    pub state: BookingState,
    pub starts_at: Time,
    pub ends_at: Time,
    pub hold_expires_at: Option<Time>,
    pub reason: Option<String>,
    pub version: i32,
    pub last_seq: i64,
    pub project_id: Option<String>,
    pub created_at: Time,
    pub hosting: Hosting,
    /// Of the calendar object: it grows with what both sides hold to, not with what is only asked
    pub sequence: i32,
    /// When both sides last agreed on the time
    pub agreed_at: Option<Time>,
    /// Who called it off too late
    pub late_side: Option<Side>,
    /// When the host said that the investor had not come
    pub no_show_at: Option<Time>,
}

/// Who receives at a booking; the first one is the booking's own host.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_booking_hosts)]
pub struct BookingHost {
    pub booking_id: BookingId,
    pub position: i32,
    pub host_id: AccountId,
    pub host_name: String,
    /// Kept free after the talk, as it was when the talk was booked
    pub buffer_minutes: i32,
}

/// One line of a booking's history; the table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_booking_moves)]
pub struct Move {
    pub booking_id: BookingId,
    pub version: i32,
    pub at: Time,
    pub by_id: Option<AccountId>,
    pub by_name: String,
    pub what: BookingMove,
    pub starts_at: Time,
    pub reason: Option<String>,
    /// Of another time that was asked for: the old one and the new one
    pub from_starts_at: Option<Time>,
    pub to_starts_at: Option<Time>,
}

/// What a hold is made from.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// One; or those of whom any may do, or all must
    pub hosts: Vec<Host>,
    pub hosting: Hosting,
    pub investor_id: AccountId,
    pub investor_name: String,
    pub site: Option<Site>,
    pub topic: String,
    pub language: Language,
    pub starts_at: Time,
}

/// What is done, with what goes into the history.
pub struct Turn<'a> {
    /// Nobody when the house does it
    pub actor: Option<&'a Actor>,
    pub what: BookingMove,
    pub to: BookingState,
    pub reason: Option<&'a str>,
    /// Of another time that is asked for, agreed to or given up: the old one and the new one
    pub times: Option<(Time, Time)>,
    /// Whose calling off comes too late
    pub late: Option<Side>,
}

impl<'a> Turn<'a> {
    pub fn new(actor: &'a Actor, what: BookingMove, to: BookingState, reason: Option<&'a str>) -> Self {
        Self { actor: Some(actor), what, to, reason, times: None, late: None }
    }
}

fn slot_end(start: Time) -> Time {
    start.plus(chrono::Duration::minutes(SLOT_MINUTES))
}

impl Booking {
    /// Holds a slot for five minutes; of many who ask at once, one gets it.
    pub fn hold(conn: &mut DbConn, new: &NewHold, now: Time) -> Result<Self, AppError> {
        Self::hold_until(conn, new, now.plus(HOLD), now)
    }

    /// As [`Self::hold`], for longer.
    pub fn hold_until(conn: &mut DbConn, new: &NewHold, until: Time, now: Time) -> Result<Self, AppError> {
        let day = new.starts_at.day();
        let holidays = holiday::between(conn, day, day)?;
        let offers = |host: &&Host| rules::is_slot(&host.hours, &holidays, new.starts_at, now);
        let mut open: Vec<&Host> = new.hosts.iter().filter(offers).collect();
        if open.is_empty() || (new.hosting != Hosting::Any && open.len() != new.hosts.len()) {
            return Err(AppError::Unprocessable(&NO_SLOT));
        }
        if new.hosting != Hosting::Any {
            return Self::hold_with(conn, new, &open, until, now);
        }
        let loads = loads(conn, &open, new.starts_at, now)?;
        open.sort_by_key(|host| loads.iter().filter(|id| *id == host.id.as_str()).count());
        for host in open {
            // A savepoint each: who waits for the next host keeps nothing of the last one's time.
            match conn.transaction(|conn| Self::hold_with(conn, new, &[host], until, now)) {
                Err(AppError::Conflict(code)) if *code == SLOT_TAKEN => {}
                outcome => return outcome,
            }
        }
        Err(AppError::Conflict(&SLOT_TAKEN))
    }

    fn hold_with(
        conn: &mut DbConn,
        new: &NewHold,
        hosts: &[&Host],
        until: Time,
        now: Time,
    ) -> Result<Self, AppError> {
        let lead = hosts.first().ok_or(AppError::Unprocessable(&NO_SLOT))?;
        let site = new.site.clone();
        let booking = Self {
            id: BookingId::fresh(),
            unit_id: lead.unit_id.clone(),
            host_id: lead.id.clone(),
            host_name: lead.name.clone(),
            investor_id: new.investor_id.clone(),
            investor_name: new.investor_name.clone(),
            site_id: site.as_ref().map(|s| s.id.clone()),
            site_name: site.map(|s| s.name),
            topic: new.topic.clone(),
            language: new.language,
            state: BookingState::Held,
            starts_at: new.starts_at,
            ends_at: slot_end(new.starts_at),
            hold_expires_at: Some(until),
            reason: None,
            version: 1,
            last_seq: 0,
            project_id: None,
            created_at: now,
            hosting: new.hosting,
            sequence: 0,
            agreed_at: None,
            late_side: None,
            no_show_at: None,
        };
        diesel::insert_into(talk_bookings::table).values(booking.clone()).execute(conn)?;
        for (position, host) in (0..).zip(hosts) {
            let row = BookingHost {
                booking_id: booking.id.clone(),
                position,
                host_id: host.id.clone(),
                host_name: host.name.clone(),
                buffer_minutes: host.hours.buffer_minutes,
            };
            diesel::insert_into(talk_booking_hosts::table).values(row).execute(conn)?;
        }
        booking.claim(conn, new.starts_at, None, now)?;
        booking.record(
            conn,
            (Some(&new.investor_id), &new.investor_name),
            BookingMove::Held,
            None,
            None,
            now,
        )?;
        Ok(booking)
    }

    /// Who receives, the booking's own host first.
    pub fn hosts(&self, conn: &mut DbConn) -> Result<Vec<BookingHost>, AppError> {
        hosts_of(conn, &[self.id.to_string()])
    }

    /// Claims the ticks of a talk by host and time, so that two claimants never wait for each other in a circle.
    /// Those of a proposal are kept besides the booking's own until it is answered.
    pub fn claim(
        &self,
        conn: &mut DbConn,
        start: Time,
        proposal: Option<&ProposalId>,
        now: Time,
    ) -> Result<(), AppError> {
        use talk_slot_claims as t;
        let mut hosts = self.hosts(conn)?;
        hosts.sort_by(|a, b| a.host_id.as_str().cmp(b.host_id.as_str()));
        for host in hosts {
            let ticks = rules::ticks(start, host.buffer_minutes);
            free_expired(conn, &host.host_id, &ticks, now)?;
            for tick in ticks {
                let row = (
                    t::host_id.eq(&host.host_id),
                    t::tick_start.eq(tick),
                    t::booking_id.eq(&self.id),
                    t::proposal_id.eq(proposal),
                );
                let claim = diesel::insert_into(t::table).values(row).on_conflict_do_nothing();
                if Both(claim).execute(conn)? == 0 {
                    return Err(AppError::Conflict(&SLOT_TAKEN));
                }
            }
        }
        Ok(())
    }

    fn free(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use talk_slot_claims as t;
        diesel::delete(t::table.filter(t::booking_id.eq(&self.id))).execute(conn)?;
        Ok(())
    }

    /// What a proposal has kept becomes the booking's own time; the former one is free.
    pub fn take_up(&self, conn: &mut DbConn, proposal: &ProposalId) -> Result<(), AppError> {
        use talk_slot_claims as t;
        let own = t::table.filter(t::booking_id.eq(&self.id));
        diesel::delete(own.filter(t::proposal_id.is_null())).execute(conn)?;
        diesel::update(own.filter(t::proposal_id.eq(proposal)))
            .set(t::proposal_id.eq(None::<String>))
            .execute(conn)?;
        Ok(())
    }

    fn record(
        &self,
        conn: &mut DbConn,
        by: (Option<&AccountId>, &str),
        what: BookingMove,
        reason: Option<&str>,
        times: Option<(Time, Time)>,
        now: Time,
    ) -> Result<(), AppError> {
        let row = Move {
            booking_id: self.id.clone(),
            version: self.version,
            at: now,
            by_id: by.0.cloned(),
            by_name: by.1.to_owned(),
            what,
            starts_at: self.starts_at,
            reason: reason.map(str::to_owned),
            from_starts_at: times.map(|(from, _)| from),
            to_starts_at: times.map(|(_, to)| to),
        };
        diesel::insert_into(talk_booking_moves::table).values(row).execute(conn)?;
        Ok(())
    }

    /// The state as of `now`: a hold past its time is over before anyone has swept it away.
    pub fn state_at(&self, now: Time) -> BookingState {
        let over = self.hold_expires_at.is_some_and(|until| until <= now);
        if self.state == BookingState::Held && over { BookingState::Expired } else { self.state }
    }

    /// The side at which someone sits; colleagues of a host sit with the host.
    pub fn side(&self, actor: &Actor, hosts: &[BookingHost]) -> Side {
        if actor.is(&self.investor_id) {
            Side::Investor
        } else if hosts.iter().any(|h| h.booking_id == self.id && actor.is(&h.host_id))
            || (actor.is_of(&self.unit_id) && actor.has(Role::UnitOfficial))
        {
            Side::Host
        } else {
            Side::None
        }
    }

    /// As [`Self::allows`], of what no proposal and no absence changes.
    pub fn judge(&self, side: Side, deed: Deed, now: Time) -> Result<BookingState, AppError> {
        self.allows(side, deed, Standing::default(), now)
    }

    /// The state that a deed leads to, or why it may not be done.
    pub fn allows(
        &self,
        side: Side,
        deed: Deed,
        standing: Standing,
        now: Time,
    ) -> Result<BookingState, AppError> {
        if side == Side::None {
            return Err(AppError::Forbidden(&ONLOOKER));
        }
        let state = self.state_at(now);
        let Some(to) = rules::after(state, side, deed, standing, now) else {
            let lapsed = state == BookingState::Expired && side == Side::Investor;
            return Err(AppError::Conflict(if lapsed { &HOLD_EXPIRED } else { &NOT_NOW }));
        };
        if deed == Deed::OpenProject && self.project_id.is_some() {
            return Err(AppError::Conflict(&HAS_PROJECT));
        }
        if deed.is_bound_to_time() && self.starts_at <= now {
            Err(AppError::Conflict(&BEGUN))
        } else {
            Ok(to)
        }
    }

    /// Moves the booking on, unless someone else did so since it was read.
    pub fn turn(&mut self, conn: &mut DbConn, turn: &Turn<'_>, now: Time) -> Result<(), AppError> {
        use talk_bookings as t;
        let (id, version, state) = (self.id.clone(), self.version, self.state);
        let unchanged = t::table.find(id).filter(t::version.eq(version)).filter(t::state.eq(state));
        self.apply(turn, now);
        let changed = diesel::update(unchanged)
            .set((
                t::state.eq(self.state),
                t::starts_at.eq(self.starts_at),
                t::ends_at.eq(self.ends_at),
                t::hold_expires_at.eq(self.hold_expires_at),
                t::reason.eq(&self.reason),
                t::version.eq(self.version),
                t::sequence.eq(self.sequence),
                t::agreed_at.eq(self.agreed_at),
                t::late_side.eq(self.late_side),
                t::no_show_at.eq(self.no_show_at),
            ))
            .execute(conn)?;
        if changed != 1 {
            return Err(AppError::Conflict(&CONFLICT));
        }
        if !rules::holds_time(self.state) {
            Proposal::end_of(conn, &self.id, ProposalState::Overtaken, now)?;
            self.free(conn)?;
        }
        Wish::follow(conn, self, now)?;
        let by = turn.actor.map_or((None, ""), |actor| (Some(&actor.id), actor.name.as_str()));
        self.record(conn, by, turn.what, turn.reason, turn.times, now)
    }

    fn apply(&mut self, turn: &Turn<'_>, now: Time) {
        let before = (self.state, self.starts_at);
        self.version += 1;
        self.state = turn.to;
        self.hold_expires_at = None;
        self.late_side = turn.late;
        match (turn.what, turn.times) {
            (BookingMove::Moved, Some((_, to))) => {
                self.starts_at = to;
                self.ends_at = slot_end(to);
                self.reason = None;
            }
            (BookingMove::NoShow, _) => self.no_show_at = Some(now),
            (BookingMove::NoShowUndone, _) => self.no_show_at = None,
            // What is only asked for, or given up, changes nothing that stands.
            (_, Some(_)) => {}
            _ => self.reason = turn.reason.map(str::to_owned),
        }
        if before != (self.state, self.starts_at) {
            self.sequence += 1;
            if self.state == BookingState::Confirmed {
                self.agreed_at = Some(now);
            }
        }
    }

    /// Ends a hold past its time and frees its claims; nothing when it was turned into a request meanwhile.
    fn expire(conn: &mut DbConn, id: &BookingId, now: Time) -> Result<bool, AppError> {
        use talk_bookings as t;
        let lapsed =
            t::table.find(id).filter(t::state.eq(BookingState::Held)).filter(t::hold_expires_at.le(now));
        let changed = diesel::update(lapsed)
            .set((
                t::state.eq(BookingState::Expired),
                t::version.eq(t::version + 1),
                t::sequence.eq(t::sequence + 1),
            ))
            .execute(conn)?;
        if changed == 0 {
            return Ok(false);
        }
        let booking: Self = t::table.find(id).first(conn)?;
        booking.free(conn)?;
        Wish::follow(conn, &booking, now)?;
        booking.record(conn, (None, ""), BookingMove::Expired, None, None, now)?;
        Ok(true)
    }

    /// Expires up to `most` holds; gives how many there were.
    pub fn expire_due(conn: &mut DbConn, now: Time, most: i64) -> Result<usize, AppError> {
        use talk_bookings as t;
        let due: Vec<BookingId> = t::table
            .filter(t::state.eq(BookingState::Held))
            .filter(t::hold_expires_at.le(now))
            .order(t::id.asc())
            .limit(most)
            .select(t::id)
            .load(conn)?;
        for id in &due {
            Self::expire(conn, id, now)?;
        }
        Ok(due.len())
    }

    /// Held by this transaction until it ends.
    pub fn take(conn: &mut DbConn, id: &BookingId) -> Result<Self, AppError> {
        let query = talk_bookings::table.filter(talk_bookings::id.eq(id.clone()));
        Locked { query, skip: false }.load(conn)?.pop().ok_or(AppError::NotFound)
    }

    pub fn find(conn: &mut DbConn, id: &BookingId) -> Result<Self, AppError> {
        talk_bookings::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// The booking, when this person may see it.
    pub fn seen_by(conn: &mut DbConn, actor: &Actor, id: &BookingId) -> Result<(Self, Side), AppError> {
        let booking: Option<Self> = talk_bookings::table
            .filter(talk_bookings::id.eq(id))
            .filter(visible(actor))
            .first(conn)
            .optional()?;
        let booking = booking.ok_or(AppError::NotFound)?;
        let side = booking.side(actor, &booking.hosts(conn)?);
        Ok((booking, side))
    }

    /// Newest first.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        state: Option<BookingState>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use talk_bookings as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(visible(actor)).into_boxed();
        if let Some(state) = state {
            query = query.filter(t::state.eq(state));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |b| vec![b.id.to_string()]))
    }

    /// Histories of some bookings, oldest first.
    pub fn histories(conn: &mut DbConn, ids: &[String]) -> Result<Vec<Move>, AppError> {
        use talk_booking_moves as t;
        let of_these = t::table.filter(t::booking_id.eq_any(ids.to_vec()));
        Ok(of_these.order((t::booking_id.asc(), t::version.asc())).load(conn)?)
    }

    /// Remembers the project that was opened from this talk; a talk gives one project.
    pub fn note_project(&self, conn: &mut DbConn, project: &str) -> Result<(), AppError> {
        use talk_bookings as t;
        let free = t::table.find(&self.id).filter(t::project_id.is_null());
        match diesel::update(free).set(t::project_id.eq(Some(project))).execute(conn)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&HAS_PROJECT)),
        }
    }
}

type Filter = Box<dyn BoxableExpression<talk_bookings::table, MultiBackend, SqlType = Bool>>;

/// Holds are the investor's own affair until they become requests.
fn visible(actor: &Actor) -> Filter {
    use talk_bookings as t;
    let settled = t::state.ne_all([BookingState::Held, BookingState::Expired]);
    let mine = t::investor_id.eq(actor.id.clone());
    let receiving = talk_booking_hosts::table.filter(talk_booking_hosts::host_id.eq(actor.id.clone()));
    let hosted = t::id.eq_any(receiving.select(talk_booking_hosts::booking_id));
    match (actor.scope(), actor.unit_id.clone()) {
        (Scope::Any, _) => Box::new(mine.or(settled)),
        (Scope::Unit, Some(unit)) => Box::new(mine.or(settled.and(hosted.or(t::unit_id.eq(unit))))),
        _ => Box::new(mine.or(settled.and(hosted))),
    }
}

/// Who receives at some bookings, each booking's own host first.
pub fn hosts_of(conn: &mut DbConn, ids: &[String]) -> Result<Vec<BookingHost>, AppError> {
    use talk_booking_hosts as t;
    let of_these = t::table.filter(t::booking_id.eq_any(ids.to_vec()));
    Ok(of_these.order((t::booking_id.asc(), t::position.asc())).load(conn)?)
}

/// How someone kept to what was agreed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record {
    pub late_cancellations: i64,
    pub no_shows: i64,
}

/// The records of some investors, over all their talks; of those with none nothing is given.
pub fn records(conn: &mut DbConn, investors: Vec<AccountId>) -> Result<HashMap<AccountId, Record>, AppError> {
    use diesel::dsl::count_star;
    use talk_bookings as t;
    let of_these = t::investor_id.eq_any(investors);
    let late: Vec<(AccountId, i64)> = t::table
        .filter(of_these.clone().and(t::late_side.eq(Some(Side::Investor))))
        .group_by(t::investor_id)
        .select((t::investor_id, count_star()))
        .load(conn)?;
    let absent: Vec<(AccountId, i64)> = t::table
        .filter(of_these.and(t::no_show_at.is_not_null()))
        .group_by(t::investor_id)
        .select((t::investor_id, count_star()))
        .load(conn)?;
    let mut records: HashMap<AccountId, Record> = HashMap::new();
    for (id, n) in late {
        records.entry(id).or_default().late_cancellations = n;
    }
    for (id, n) in absent {
        records.entry(id).or_default().no_shows = n;
    }
    Ok(records)
}

/// A host's id for each tick of theirs that is taken within twelve hours of a time.
fn loads(conn: &mut DbConn, hosts: &[&Host], at: Time, now: Time) -> Result<Vec<String>, AppError> {
    let near = chrono::Duration::hours(12);
    let hosts: Vec<Host> = hosts.iter().map(|host| (*host).clone()).collect();
    let taken = taken(conn, &hosts, at.minus(near), at.plus(near), now)?;
    Ok(taken.into_iter().map(|(host, _)| host).collect())
}

/// Frees what expired holds and proposals still claim of these ticks.
fn free_expired(conn: &mut DbConn, host: &AccountId, ticks: &[Time], now: Time) -> Result<(), AppError> {
    use {talk_bookings as b, talk_proposals as p, talk_slot_claims as c};
    let wanted = c::host_id.eq(host).and(c::tick_start.eq_any(ticks.to_vec()));
    let mut lapsed: Vec<BookingId> = c::table
        .inner_join(b::table)
        .filter(wanted)
        .filter(b::state.eq(BookingState::Held))
        .filter(b::hold_expires_at.le(now))
        .select(b::id)
        .load(conn)?;
    lapsed.sort_unstable();
    lapsed.dedup();
    for id in &lapsed {
        Booking::expire(conn, id, now)?;
    }
    let due = p::table.filter(p::state.eq(ProposalState::Open)).filter(p::expires_at.le(now));
    let wanted = c::host_id.eq(host).and(c::tick_start.eq_any(ticks.to_vec()));
    let unanswered = c::table.filter(wanted).filter(c::proposal_id.eq_any(due.select(p::id.nullable())));
    let mut unanswered: Vec<ProposalId> = unanswered.select(c::proposal_id.assume_not_null()).load(conn)?;
    unanswered.sort_unstable();
    unanswered.dedup();
    for id in &unanswered {
        Proposal::lapse(conn, id, now)?;
    }
    Ok(())
}

/// Ticks of these hosts that are taken, as (host, tick).
pub fn taken(
    conn: &mut DbConn,
    hosts: &[Host],
    from: Time,
    to: Time,
    now: Time,
) -> Result<Vec<(String, Time)>, AppError> {
    use {talk_bookings as b, talk_proposals as p, talk_slot_claims as c};
    let hosts: Vec<String> = hosts.iter().map(|h| h.id.to_string()).collect();
    let stands = b::state.ne(BookingState::Held).or(b::hold_expires_at.gt(now).assume_not_null());
    let open = p::table.filter(p::state.eq(ProposalState::Open)).filter(p::expires_at.gt(now));
    let asked =
        c::proposal_id.is_null().or(c::proposal_id.eq_any(open.select(p::id.nullable())).assume_not_null());
    let taken = c::table
        .inner_join(b::table)
        .filter(c::host_id.eq_any(hosts))
        .filter(c::tick_start.ge(from))
        .filter(c::tick_start.lt(to))
        .filter(stands)
        .filter(asked)
        .select((c::host_id, c::tick_start));
    Ok(taken.load(conn)?)
}
