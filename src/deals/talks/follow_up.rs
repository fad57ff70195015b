//! Follow-ups: what the minutes say that a side will do by a day, as tasks that this side ends.
use std::collections::HashMap;

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::talks::events::{TalkFacts, TalkFollowUpDue, TalkFollowUpOverdue};
use crate::deals::talks::minutes::{INCOMPLETE, PlannedFollowUp};
use crate::deals::talks::rules::Side;
use crate::deals::talks::{Booking, BookingId};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor, Role, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn, MultiBackend};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::schema::{talk_bookings, talk_follow_up_reminders, talk_follow_ups};

pub const ENDED: Code = Code::new(
    "follow_up.ended",
    "这一事项已经办结或取消，请刷新查看",
    "This follow-up is done or dropped already; refresh to see it",
);
pub const NOT_YOURS: Code = Code::new(
    "follow_up.other_side",
    "这一事项由对方办理，只能由对方办结",
    "The other side answers for this follow-up and ends it",
);

crate::typed_id!(FollowUpId);
crate::text_enum! {
    /// Who answers for a follow-up.
    pub enum FollowUpOwner {
        Host = "host", "接洽方", "Host";
        Investor = "investor", "客商", "Investor";
    }
}
crate::text_enum! {
    /// What became of a follow-up.
    pub enum FollowUpState {
        Open = "open", "待办", "Open";
        Done = "done", "已办结", "Done";
        Dropped = "dropped", "不再办理", "Dropped";
    }
}
crate::text_enum! {
    /// Which of its two reminders a follow-up has.
    pub enum FollowUpReminder {
        DayBefore = "day_before", "到期前一天", "The day before";
        Overdue = "overdue", "逾期", "Overdue";
    }
}

/// The reminder that is due: from the day before on, unless it was agreed on that day, and once the day has passed.
fn reminder_due(due_on: NaiveDate, made_on: NaiveDate, today: NaiveDate) -> Option<FollowUpReminder> {
    let eve = due_on - Duration::days(1);
    if today > due_on {
        Some(FollowUpReminder::Overdue)
    } else {
        (today >= eve && made_on < eve).then_some(FollowUpReminder::DayBefore)
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_follow_ups)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub booking_id: BookingId,
    pub position: i32,
    pub text: String,
    pub owner: FollowUpOwner,
    pub owner_id: AccountId,
    pub owner_name: String,
    /// The talk's
    pub unit_id: String,
    pub due_on: NaiveDate,
    pub made_at: Time,
    pub state: FollowUpState,
    pub ended_by_name: Option<String>,
    pub ended_at: Option<Time>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FollowUpView {
    pub id: FollowUpId,
    text: String,
    owner: FollowUpOwner,
    owner_name: String,
    due_on: NaiveDate,
    /// Open though its day has passed
    overdue: bool,
    state: FollowUpState,
    ended_by_name: Option<String>,
    ended_at: Option<Time>,
    /// Why it was dropped
    reason: Option<String>,
    /// Whether the reader may end it
    may_end: bool,
}

/// A task in the list over all talks.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FollowUpTask {
    booking_id: BookingId,
    topic: String,
    investor_name: String,
    /// Whether it is the reader's own, or a colleague's
    mine: bool,
    #[serde(flatten)]
    follow_up: FollowUpView,
}

impl FollowUp {
    /// Opens a task for each follow-up of minutes that stand from now on.
    pub fn open(
        conn: &mut DbConn,
        booking: &Booking,
        planned: &[PlannedFollowUp],
        now: Time,
    ) -> Result<(), AppError> {
        let task = |(position, plan): (i32, &PlannedFollowUp)| {
            let lead = match plan.owner {
                FollowUpOwner::Host => (&booking.host_id, &booking.host_name),
                FollowUpOwner::Investor => (&booking.investor_id, &booking.investor_name),
            };
            Ok(Self {
                id: FollowUpId::fresh(),
                booking_id: booking.id.clone(),
                position,
                text: plan.text.clone(),
                owner: plan.owner,
                owner_id: plan.owner_id.as_ref().unwrap_or(lead.0).clone(),
                owner_name: plan.owner_name.as_ref().unwrap_or(lead.1).clone(),
                unit_id: booking.unit_id.clone(),
                due_on: plan.due_on.ok_or(AppError::Unprocessable(&INCOMPLETE))?,
                made_at: now,
                state: FollowUpState::Open,
                ended_by_name: None,
                ended_at: None,
                reason: None,
            })
        };
        let rows: Vec<Self> = (0..).zip(planned).map(task).collect::<Result<_, AppError>>()?;
        crate::each_database!(conn, c => diesel::insert_into(talk_follow_ups::table).values(&rows).execute(c))?;
        Ok(())
    }

    /// Those of a talk, as one side sees them.
    pub fn of(
        conn: &mut DbConn,
        booking: &BookingId,
        side: Side,
        now: Time,
    ) -> Result<Vec<FollowUpView>, AppError> {
        use talk_follow_ups as t;
        let all: Vec<Self> =
            t::table.filter(t::booking_id.eq(booking)).order(t::position.asc()).load(conn)?;
        Ok(all.into_iter().map(|one| one.view(side, now)).collect())
    }

    fn is_of(&self, side: Side) -> bool {
        match self.owner {
            FollowUpOwner::Host => side == Side::Host,
            FollowUpOwner::Investor => side == Side::Investor,
        }
    }

    pub fn view(self, side: Side, now: Time) -> FollowUpView {
        let open = self.state == FollowUpState::Open;
        FollowUpView {
            overdue: open && self.due_on < now.day(),
            may_end: open && self.is_of(side),
            id: self.id,
            text: self.text,
            owner: self.owner,
            owner_name: self.owner_name,
            due_on: self.due_on,
            state: self.state,
            ended_by_name: self.ended_by_name,
            ended_at: self.ended_at,
            reason: self.reason,
        }
    }

    /// The task with its talk, when this person may see it, and their side.
    pub fn seen_by(
        conn: &mut DbConn,
        actor: &Actor,
        id: &FollowUpId,
    ) -> Result<(Self, Booking, Side), AppError> {
        let found: Self =
            talk_follow_ups::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        let (booking, side) = Booking::seen_by(conn, actor, &found.booking_id)?;
        Ok((found, booking, side))
    }

    /// Ends a task: done, or dropped with a reason; by the side that answers for it.
    pub fn end(
        &self,
        conn: &mut DbConn,
        (actor, side): (&Actor, Side),
        reason: Option<&str>,
        now: Time,
    ) -> Result<Self, AppError> {
        use talk_follow_ups as t;
        if !self.is_of(side) {
            return Err(AppError::Forbidden(&NOT_YOURS));
        }
        let state = if reason.is_some() { FollowUpState::Dropped } else { FollowUpState::Done };
        let ended = Self {
            state,
            ended_by_name: Some(actor.name.clone()),
            ended_at: Some(now),
            reason: reason.map(str::to_owned),
            ..self.clone()
        };
        let open = t::table.find(&self.id).filter(t::state.eq(FollowUpState::Open));
        let changed = diesel::update(open)
            .set((
                t::state.eq(ended.state),
                t::ended_by_name.eq(&ended.ended_by_name),
                t::ended_at.eq(ended.ended_at),
                t::reason.eq(&ended.reason),
            ))
            .execute(conn)?;
        if changed == 1 { Ok(ended) } else { Err(AppError::Conflict(&ENDED)) }
    }

    /// One's own tasks, or one's unit's; what is open by its day, what has ended the latest day first.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        state: FollowUpState,
        of_unit: bool,
        paging: &Paging,
        now: Time,
    ) -> Result<Page<FollowUpTask>, AppError> {
        use {talk_bookings as b, talk_follow_ups as t};
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::state.eq(state)).filter(listed(actor, of_unit)).into_boxed();
        let after = after(paging)?;
        query = if state == FollowUpState::Open {
            if let Some((day, id)) = after {
                query = query.filter(t::due_on.gt(day).or(t::due_on.eq(day).and(t::id.gt(id))));
            }
            query.order((t::due_on.asc(), t::id.asc()))
        } else {
            if let Some((day, id)) = after {
                query = query.filter(t::due_on.lt(day).or(t::due_on.eq(day).and(t::id.lt(id))));
            }
            query.order((t::due_on.desc(), t::id.desc()))
        };
        let rows: Vec<Self> = query.limit(limit + 1).load(conn)?;
        let page = Page::of(rows, limit, |one| vec![one.due_on.to_string(), one.id.to_string()]);
        let talks: Vec<String> = page.items.iter().map(|one| one.booking_id.to_string()).collect();
        let talks: Vec<(BookingId, String, String)> =
            b::table.filter(b::id.eq_any(talks)).select((b::id, b::topic, b::investor_name)).load(conn)?;
        let talks: HashMap<BookingId, (String, String)> =
            talks.into_iter().map(|(id, topic, investor)| (id, (topic, investor))).collect();
        Ok(page.map(|one| {
            let (topic, investor_name) = talks.get(&one.booking_id).cloned().unwrap_or_default();
            // Whatever is listed is the reader's own or their unit's to end.
            let side = match one.owner {
                FollowUpOwner::Host => Side::Host,
                FollowUpOwner::Investor => Side::Investor,
            };
            FollowUpTask {
                booking_id: one.booking_id.clone(),
                topic,
                investor_name,
                mine: actor.is(&one.owner_id),
                follow_up: one.view(side, now),
            }
        }))
    }
}

type Filter = Box<dyn BoxableExpression<talk_follow_ups::table, MultiBackend, SqlType = Bool>>;

/// One's own; of one's unit also what colleagues are to do.
fn listed(actor: &Actor, of_unit: bool) -> Filter {
    use talk_follow_ups as t;
    let mine = t::owner_id.eq(actor.id.clone());
    match (actor.scope(), actor.unit_id.clone()) {
        (Scope::Unit | Scope::Any, Some(unit)) if of_unit && actor.has(Role::UnitOfficial) => {
            Box::new(mine.or(t::owner.eq(FollowUpOwner::Host).and(t::unit_id.eq(unit))))
        }
        _ => Box::new(mine),
    }
}

fn after(paging: &Paging) -> Result<Option<(NaiveDate, FollowUpId)>, AppError> {
    let refused = || AppError::field("cursor", "input.cursor");
    let Some(parts) = paging.after()? else { return Ok(None) };
    let [day, id] = parts.as_slice() else { return Err(refused()) };
    Ok(Some((day.parse().map_err(|_| refused())?, id.parse().map_err(|_| refused())?)))
}

/// A reminder to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueFollowUp {
    id: FollowUpId,
    kind: FollowUpReminder,
}

/// Reminders that are due and were not told, the earliest day first.
pub fn due(conn: &mut DbConn, now: Time) -> Result<Vec<DueFollowUp>, AppError> {
    use {talk_follow_up_reminders as r, talk_follow_ups as t};
    let today = now.day();
    let told = |kind: FollowUpReminder| r::table.filter(r::kind.eq(kind)).select(r::follow_up_id);
    let late = t::due_on.lt(today).and(t::id.ne_all(told(FollowUpReminder::Overdue)));
    let soon = t::due_on
        .ge(today)
        .and(t::due_on.le(today + Duration::days(1)))
        .and(t::id.ne_all(told(FollowUpReminder::DayBefore)));
    let near: Vec<(FollowUpId, NaiveDate, Time)> = t::table
        .filter(t::state.eq(FollowUpState::Open))
        .filter(late.or(soon))
        .order((t::due_on.asc(), t::id.asc()))
        .select((t::id, t::due_on, t::made_at))
        .load(conn)?;
    let due = near.into_iter().filter_map(|(id, due_on, made_at)| {
        reminder_due(due_on, made_at.day(), today).map(|kind| DueFollowUp { id, kind })
    });
    Ok(due.collect())
}

impl DueFollowUp {
    /// Tells whoever answers for it, unless it ended, or they were told, since it was read.
    pub fn tell(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use talk_follow_up_reminders as r;
        let found: FollowUp = talk_follow_ups::table.find(&self.id).first(conn)?;
        if found.state != FollowUpState::Open {
            return Ok(());
        }
        let row = (r::follow_up_id.eq(&self.id), r::kind.eq(self.kind), r::told_at.eq(now));
        if Both(diesel::insert_into(r::table).values(row).on_conflict_do_nothing()).execute(conn)? == 0 {
            return Ok(());
        }
        let booking = Booking::find(conn, &found.booking_id)?;
        let words = format!("{} · {}", found.text, found.due_on);
        let talk = TalkFacts::by_the_house(&booking, &[]).because(Some(&words));
        let talk = match found.owner {
            FollowUpOwner::Host => talk.to_the_host(&found.owner_id),
            FollowUpOwner::Investor => talk.to_the_investor(),
        };
        match self.kind {
            FollowUpReminder::DayBefore => outbox::emit(conn, &TalkFollowUpDue { talk }, now),
            FollowUpReminder::Overdue => outbox::emit(conn, &TalkFollowUpOverdue { talk }, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, n).unwrap()
    }

    #[test]
    fn a_reminder_comes_the_day_before_and_when_the_day_has_passed() {
        let due = |made: u32, today: u32| reminder_due(day(10), day(made), day(today));
        assert_eq!(
            (due(1, 8), due(1, 9), due(1, 10)),
            (None, Some(FollowUpReminder::DayBefore), Some(FollowUpReminder::DayBefore))
        );
        assert_eq!(
            (due(1, 11), due(1, 20)),
            (Some(FollowUpReminder::Overdue), Some(FollowUpReminder::Overdue))
        );
    }

    #[test]
    fn nobody_is_reminded_of_what_they_agreed_on_that_day() {
        assert_eq!(reminder_due(day(10), day(9), day(9)), None);
        assert_eq!(reminder_due(day(10), day(9), day(11)), Some(FollowUpReminder::Overdue));
    }
}
