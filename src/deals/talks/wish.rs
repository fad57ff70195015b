//! The waiting list: who wants a time of a unit or host when none suits; what frees up is held for each in turn.
use chrono::{Duration, NaiveDate};
use diesel::prelude::*;

use crate::deals::talks::booking::SLOT_TAKEN;
use crate::deals::talks::events::{TalkFacts, TalkOfferLapsed, TalkOffered};
use crate::deals::talks::rules::{BookingState, DayPart, Hosting};
use crate::deals::talks::setting::{Settings, TalkSettingName};
use crate::deals::talks::{Booking, BookingId, Host, NewHold, site, slot};
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::platform::language::Language;
use crate::platform::outbox;
use crate::schema::talk_wishes;

/// Wishes that one look serves.
const GROUP: i64 = 100;
const MOST_LISTED: i64 = 100;

pub const ALREADY: Code = Code::new(
    "talk.already_waiting",
    "您已在该单位候补，可先撤回再重新登记",
    "You are on this unit's waiting list already; withdraw that wish first",
);
pub const ENDED: Code =
    Code::new("talk.wish_ended", "这项候补已经结束，请刷新查看", "This wish has ended; refresh to see how");

crate::typed_id!(WishId);
crate::text_enum! {
    /// Where a wish stands.
    pub enum WishState {
        Waiting = "waiting", "候补中", "Waiting";
        Offered = "offered", "已保留时段", "A time is kept";
        Met = "met", "已提交预约", "Requested";
        LetGo = "let_go", "已放弃时段", "Let go";
        Lapsed = "lapsed", "保留已过期", "The offer lapsed";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        Over = "over", "已过期", "Over";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_wishes)]
pub struct Wish {
    pub id: WishId,
    pub unit_id: String,
    /// The host wanted; whoever of the unit is free when none is named
    pub host_id: Option<AccountId>,
    pub investor_id: AccountId,
    pub investor_name: String,
    pub site_id: Option<String>,
    pub topic: String,
    pub language: Language,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub day_part: DayPart,
    pub state: WishState,
    /// The time that is, or was, kept
    pub booking_id: Option<BookingId>,
    pub made_at: Time,
    pub ended_at: Option<Time>,
}

impl Wish {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(talk_wishes::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &WishId) -> Result<Self, AppError> {
        talk_wishes::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// One's own, newest first.
    pub fn of(conn: &mut DbConn, investor: &AccountId) -> Result<Vec<Self>, AppError> {
        use talk_wishes as t;
        let own = t::table.filter(t::investor_id.eq(investor));
        Ok(own.order(t::id.desc()).limit(MOST_LISTED).load(conn)?)
    }

    /// Who waits for these units, as (unit, wish): who came first is told first.
    pub fn queue(conn: &mut DbConn, units: Vec<String>) -> Result<Vec<(String, WishId)>, AppError> {
        use talk_wishes as t;
        let waiting = t::table.filter(t::unit_id.eq_any(units)).filter(t::state.eq(WishState::Waiting));
        Ok(waiting.select((t::unit_id, t::id)).load(conn)?)
    }

    pub fn withdraw(conn: &mut DbConn, id: &WishId, by: &AccountId, now: Time) -> Result<Self, AppError> {
        use talk_wishes as t;
        let own = t::table.find(id).filter(t::investor_id.eq(by));
        let found: Self = own.first(conn).optional()?.ok_or(AppError::NotFound)?;
        let waiting = t::table.find(id).filter(t::state.eq(WishState::Waiting));
        let ended = diesel::update(waiting)
            .set((t::state.eq(WishState::Withdrawn), t::ended_at.eq(Some(now))))
            .execute(conn)?;
        if ended == 0 {
            return Err(AppError::Conflict(&ENDED));
        }
        Ok(Self { state: WishState::Withdrawn, ended_at: Some(now), ..found })
    }

    /// Those of whom it is wanted.
    fn hosts(&self, conn: &mut DbConn) -> Result<Vec<Host>, AppError> {
        match &self.host_id {
            Some(host) => Ok(Host::find(conn, host)?.into_iter().collect()),
            None => Host::receiving(conn, &self.unit_id),
        }
    }

    /// Holds the first open time that suits and tells the one who waits; `false` when there is none.
    fn offer(&self, conn: &mut DbConn, settings: &Settings, now: Time) -> Result<bool, AppError> {
        let hosts = self.hosts(conn)?;
        let from = self.from_on.max(now.day());
        let open = slot::open(conn, &hosts, from, self.to_on, now)?;
        let mut suiting: Vec<Time> =
            open.iter().map(|slot| slot.starts_at).filter(|at| self.day_part.holds(*at)).collect();
        suiting.dedup();
        let site = match &self.site_id {
            Some(id) => site::look_up(conn, id).ok(),
            None => None,
        };
        let hold = NewHold {
            hosting: if self.host_id.is_some() { Hosting::One } else { Hosting::Any },
            hosts,
            investor_id: self.investor_id.clone(),
            investor_name: self.investor_name.clone(),
            site,
            topic: self.topic.clone(),
            language: self.language,
            starts_at: now,
        };
        let kept = Duration::hours(i64::from(settings.at(TalkSettingName::OfferHours, now)));
        for starts_at in suiting {
            let (hold, until) = (NewHold { starts_at, ..hold.clone() }, now.plus(kept).min(starts_at));
            // Whoever was faster has it; a savepoint keeps nothing of the attempt.
            match conn.transaction(|conn| Booking::hold_until(conn, &hold, until, now)) {
                Err(AppError::Conflict(code)) if *code == SLOT_TAKEN => {}
                Err(e) => return Err(e),
                Ok(booking) => {
                    self.keep(conn, &booking)?;
                    let talk = TalkFacts::by_the_house(&booking, &[]).to_the_investor();
                    outbox::emit(conn, &TalkOffered { talk }, now)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn keep(&self, conn: &mut DbConn, booking: &Booking) -> Result<(), AppError> {
        use talk_wishes as t;
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(WishState::Offered), t::booking_id.eq(Some(&booking.id))))
            .execute(conn)?;
        Ok(())
    }

    /// Looks at everyone who waits, in turn: of one unit, or of all; gives how many were offered a time.
    pub fn serve(conn: &mut DbConn, unit: Option<&str>, now: Time) -> Result<usize, AppError> {
        use talk_wishes as t;
        let waiting = t::table.filter(t::state.eq(WishState::Waiting)).filter(t::to_on.ge(now.day()));
        let ids: Vec<WishId> = match unit {
            Some(unit) => {
                let own = waiting.filter(t::unit_id.eq(unit.to_owned())).order(t::id.asc());
                own.limit(GROUP).select(t::id).load(conn)?
            }
            None => waiting.order(t::id.asc()).limit(GROUP).select(t::id).load(conn)?,
        };
        if ids.is_empty() {
            return Ok(0);
        }
        let settings = Settings::load(conn)?;
        let mut offered = 0;
        for id in ids {
            // Another instance may be looking at the same one.
            let query = t::table.filter(t::id.eq(id)).filter(t::state.eq(WishState::Waiting));
            let held: Vec<Self> = Locked { query, skip: true }.load(conn)?;
            for wish in held {
                offered += usize::from(wish.offer(conn, &settings, now)?);
            }
        }
        Ok(offered)
    }

    /// Ends what waited past its last day.
    pub fn end_past(conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
        use talk_wishes as t;
        let past = t::table.filter(t::state.eq(WishState::Waiting)).filter(t::to_on.lt(now.day()));
        Ok(diesel::update(past)
            .set((t::state.eq(WishState::Over), t::ended_at.eq(Some(now))))
            .execute(conn)?)
    }

    /// What becomes of the time that was kept decides about the wish: whoever lets it go is not asked again.
    pub fn follow(conn: &mut DbConn, booking: &Booking, now: Time) -> Result<(), AppError> {
        use talk_wishes as t;
        let state = match booking.state {
            BookingState::Held => return Ok(()),
            BookingState::Expired => WishState::Lapsed,
            BookingState::Cancelled => WishState::LetGo,
            BookingState::Requested | BookingState::Confirmed | BookingState::Declined => WishState::Met,
        };
        let offered = t::table.filter(t::booking_id.eq(&booking.id)).filter(t::state.eq(WishState::Offered));
        let ended =
            diesel::update(offered).set((t::state.eq(state), t::ended_at.eq(Some(now)))).execute(conn)?;
        if ended == 1 && state == WishState::Lapsed {
            let talk = TalkFacts::by_the_house(booking, &[]).to_the_investor();
            outbox::emit(conn, &TalkOfferLapsed { talk }, now)?;
        }
        Ok(())
    }
}
