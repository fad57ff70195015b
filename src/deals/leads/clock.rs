//! A clock on whoever must act next: after 1, 3, 7 and 14 days (dated settings) it escalates one level each.
use diesel::prelude::*;

use crate::deals::leads::handover::Handover;
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::pool::PoolPlace;
use crate::deals::leads::rules::{LEVELS, due_at};
use crate::deals::leads::setting::{Setting, SettingName};
use crate::deals::leads::{LeadOverdue, LeadPooled};
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::outbox;
use crate::schema::{lead_clocks, lead_escalations, lead_pauses};

pub const NOT_RUNNING: Code = Code::new(
    "lead_clock.not_running",
    "这条信息目前没有计时，或已经暂停",
    "No clock runs on this lead now, or it is paused already",
);
pub const NOT_PAUSED: Code =
    Code::new("lead_clock.not_paused", "计时没有暂停，请刷新查看", "The clock is not paused; refresh to see");
pub const TOO_LONG: Code = Code::new(
    "lead_clock.pause_too_long",
    "暂停的期限已过或过长，请改短一些",
    "The pause lies in the past or is too long; make it shorter",
);

crate::typed_id!(ClockId);
crate::typed_id!(PauseId);
crate::typed_id!(EscalationId);
crate::text_enum! {
    /// What is waited for.
    pub enum ClockKind {
        Screening = "screening", "等待研判移交", "Screening";
        Answer = "answer", "等待单位接收", "The unit's answer";
        FollowUp = "follow_up", "等待对接客商", "Contact with the investor";
        Pool = "pool", "等待认领", "A claim";
    }
}
crate::text_enum! {
    /// What made a clock escalate.
    pub enum EscalationCause {
        Clock = "clock", "到期", "Time";
        Investor = "investor", "客商反映无人答复", "The investor";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_clocks)]
pub struct Clock {
    pub id: ClockId,
    pub lead_id: LeadId,
    pub kind: ClockKind,
    /// Who must act, when it is a county or park
    pub unit_id: Option<String>,
    pub started_at: Time,
    /// Levels that have passed
    pub level: i32,
    pub paused_millis: i64,
    /// When the next level is due; none while paused, stopped, or after the last
    pub due_at: Option<Time>,
    pub stopped_at: Option<Time>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_pauses)]
pub struct Pause {
    pub id: PauseId,
    pub clock_id: ClockId,
    pub reason: String,
    pub paused_by: AccountId,
    pub began_at: Time,
    pub until_at: Time,
    pub ended_at: Option<Time>,
}

/// One level of one clock; the table refuses a second.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_escalations)]
pub struct Escalation {
    pub id: EscalationId,
    pub clock_id: ClockId,
    pub level: i32,
    pub cause: EscalationCause,
    pub due_at: Time,
    pub at: Time,
}

impl Clock {
    /// Stops the lead's clock and starts another: one runs at a time, the table refuses a second.
    pub fn start(
        conn: &mut DbConn,
        lead: &LeadId,
        kind: ClockKind,
        unit_id: Option<String>,
        now: Time,
    ) -> Result<(), AppError> {
        Self::stop(conn, lead, now)?;
        let days = Setting::levels(conn, now)?;
        let clock = Self {
            id: ClockId::fresh(),
            lead_id: lead.clone(),
            kind,
            unit_id,
            started_at: now,
            level: 0,
            paused_millis: 0,
            due_at: due_at(now, 0, 0, &days),
            stopped_at: None,
        };
        diesel::insert_into(lead_clocks::table).values(clock).execute(conn)?;
        Ok(())
    }

    pub fn stop(conn: &mut DbConn, lead: &LeadId, now: Time) -> Result<(), AppError> {
        use lead_clocks as t;
        if let Some(clock) = Self::running(conn, lead)? {
            clock.end_pause(conn, now)?;
            diesel::update(t::table.find(&clock.id))
                .set((t::due_at.eq(None::<Time>), t::stopped_at.eq(Some(now))))
                .execute(conn)?;
        }
        Ok(())
    }

    pub fn running(conn: &mut DbConn, lead: &LeadId) -> Result<Option<Self>, AppError> {
        use lead_clocks as t;
        let query = t::table.filter(t::lead_id.eq(lead.clone())).filter(t::stopped_at.is_null());
        Ok(Locked { query, skip: false }.load(conn)?.pop())
    }

    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_clocks as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?)
    }

    /// Stops counting until a day, for a reason that others read.
    pub fn pause(
        &self,
        conn: &mut DbConn,
        reason: &str,
        until_at: Time,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        if self.due_at.is_none() {
            return Err(AppError::Conflict(&NOT_RUNNING));
        }
        if until_at <= now || until_at > now.plus(Setting::days(conn, SettingName::PauseDays, now)?) {
            return Err(AppError::Unprocessable(&TOO_LONG));
        }
        let pause = Pause {
            id: PauseId::fresh(),
            clock_id: self.id.clone(),
            reason: reason.to_owned(),
            paused_by: by.clone(),
            began_at: now,
            until_at,
            ended_at: None,
        };
        diesel::insert_into(lead_pauses::table).values(pause).execute(conn)?;
        diesel::update(lead_clocks::table.find(&self.id))
            .set(lead_clocks::due_at.eq(None::<Time>))
            .execute(conn)?;
        Ok(())
    }

    /// Counts on from where the pause began; gives whether there was one.
    pub fn resume(&self, conn: &mut DbConn, now: Time) -> Result<bool, AppError> {
        let Some(ended) = self.end_pause(conn, now)? else { return Ok(false) };
        let paused = self.paused_millis + ended;
        let days = Setting::levels(conn, self.started_at)?;
        diesel::update(lead_clocks::table.find(&self.id))
            .set((
                lead_clocks::paused_millis.eq(paused),
                lead_clocks::due_at.eq(due_at(self.started_at, paused, self.level, &days)),
            ))
            .execute(conn)?;
        Ok(true)
    }

    /// Gives how many milliseconds a pause lasted: no longer than it was meant to.
    fn end_pause(&self, conn: &mut DbConn, now: Time) -> Result<Option<i64>, AppError> {
        use lead_pauses as t;
        let query = t::table.filter(t::clock_id.eq(self.id.clone())).filter(t::ended_at.is_null());
        let Some(pause) = query.first::<Pause>(conn).optional()? else { return Ok(None) };
        let ended_at = now.min(pause.until_at);
        diesel::update(t::table.find(&pause.id)).set(t::ended_at.eq(Some(ended_at))).execute(conn)?;
        Ok(Some(ended_at.since(pause.began_at).num_milliseconds().max(0)))
    }

    /// Goes up one level: the mark, the event and what follows are one transaction. Above the last level there is
    /// nobody; those who were told of it are told again.
    pub fn escalate(&self, conn: &mut DbConn, cause: EscalationCause, now: Time) -> Result<(), AppError> {
        let lead = Lead::find_all(conn, vec![self.lead_id.clone()])?.pop().ok_or(AppError::NotFound)?;
        if self.level >= LEVELS {
            let event = LeadOverdue::new(conn, &lead, self, self.level, cause)?;
            return outbox::emit(conn, &event, now);
        }
        let level = self.level + 1;
        let days = Setting::levels(conn, self.started_at)?;
        let due = self.due_at.unwrap_or(now);
        let escalation = Escalation {
            id: EscalationId::fresh(),
            clock_id: self.id.clone(),
            level,
            cause,
            due_at: due,
            at: now,
        };
        diesel::insert_into(lead_escalations::table).values(escalation).execute(conn)?;
        // A paused clock has no due time, and an investor's call gives it none.
        let next = self.due_at.and_then(|_| due_at(self.started_at, self.paused_millis, level, &days));
        diesel::update(lead_clocks::table.find(&self.id))
            .set((lead_clocks::level.eq(level), lead_clocks::due_at.eq(next)))
            .execute(conn)?;
        let event = LeadOverdue::new(conn, &lead, self, level, cause)?;
        outbox::emit(conn, &event, now)?;
        if level == LEVELS && self.unit_id.is_some() {
            self.take_back(conn, &lead, now)?;
        }
        Ok(())
    }

    /// What a unit left lying at the last level goes to the pool.
    fn take_back(&self, conn: &mut DbConn, lead: &Lead, now: Time) -> Result<(), AppError> {
        const REASON: &str = "承办单位逾期未办，自动收回信息池";
        Handover::lapse(conn, &lead.id, REASON, now)?;
        let from = [LeadState::HandedOver, LeadState::Accepted];
        Lead::move_to(conn, &lead.id, &from, LeadState::Returned, None)?;
        PoolPlace::open(conn, &lead.id, REASON, None, now)?;
        Self::start(conn, &lead.id, ClockKind::Pool, None, now)?;
        let event = LeadPooled::new(conn, lead, REASON)?;
        outbox::emit(conn, &event, now)
    }

    /// Ends pauses whose time is over, then takes every clock that is due up one level; gives how many were.
    pub fn escalate_due(conn: &mut DbConn, now: Time, most: i64) -> Result<usize, AppError> {
        let resumed = Self::resume_due(conn, now, most)?;
        use lead_clocks as t;
        let query = t::table.filter(t::due_at.le(now)).order(t::due_at.asc()).limit(most);
        let due: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        for clock in &due {
            clock.escalate(conn, EscalationCause::Clock, now)?;
        }
        Ok(resumed + due.len())
    }

    fn resume_due(conn: &mut DbConn, now: Time, most: i64) -> Result<usize, AppError> {
        use lead_pauses as t;
        let query = t::table.filter(t::ended_at.is_null()).filter(t::until_at.le(now)).limit(most);
        let over: Vec<Pause> = Locked { query, skip: true }.load(conn)?;
        for pause in &over {
            let clock: Self = lead_clocks::table.find(&pause.clock_id).first(conn)?;
            clock.resume(conn, now)?;
        }
        Ok(over.len())
    }
}

impl Escalation {
    pub fn of_clocks(conn: &mut DbConn, clocks: &[ClockId]) -> Result<Vec<Self>, AppError> {
        use lead_escalations as t;
        Ok(t::table.filter(t::clock_id.eq_any(clocks.to_vec())).order(t::id.asc()).load(conn)?)
    }
}

impl Pause {
    pub fn of_clocks(conn: &mut DbConn, clocks: &[ClockId]) -> Result<Vec<Self>, AppError> {
        use lead_pauses as t;
        Ok(t::table.filter(t::clock_id.eq_any(clocks.to_vec())).order(t::id.asc()).load(conn)?)
    }
}
