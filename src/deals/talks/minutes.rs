//! Minutes of a talk, in versions: the host's side writes one and sends it, the investor confirms it or asks for a
//! change, and what both sides have confirmed stands and changes no more.
use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deals::talks::booking::BookingHost;
use crate::deals::talks::follow_up::{FollowUp, FollowUpOwner, FollowUpView};
use crate::deals::talks::rules::{BookingState, Side};
use crate::deals::talks::setting::{Settings, TalkSettingName};
use crate::deals::talks::{Booking, BookingId};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::difference::pairs;
use crate::platform::input::{Line, Prose};
use crate::schema::{talk_minutes_confirmations, talk_minutes_versions};

pub const PUBLISHED: Code = Code::new(
    "minutes.published",
    "纪要已经定稿，不能再改",
    "The minutes stand and can no longer be changed",
);
pub const WRITTEN_MEANWHILE: Code = Code::new(
    "minutes.written_meanwhile",
    "同事刚改动了纪要，您写的内容还在，请对照后再保存",
    "A colleague has changed the minutes meanwhile; what you wrote is still here: compare, then save again",
);
pub const NOT_NOW: Code = Code::new(
    "minutes.not_now",
    "按纪要的当前状态不能这样做，请刷新查看",
    "The state of the minutes does not allow this; refresh to see it",
);
pub const OTHER_VERSION: Code = Code::new(
    "minutes.other_version",
    "您看到的不是最新一版纪要，请刷新后再答复",
    "This is not the newest version of the minutes; refresh before you answer",
);
pub const INCOMPLETE: Code = Code::new(
    "minutes.incomplete",
    "请先写明摘要，并为每项后续事项定下完成时限",
    "Write the summary and give each follow-up its day first",
);
const MOST_LINES: usize = 30;

crate::text_enum! {
    /// Where a version of the minutes stands.
    pub enum MinutesState {
        None = "none", "未写", "None";
        Draft = "draft", "草稿", "Draft";
        Sent = "sent", "待客商确认", "Waits for the investor";
        ChangesAsked = "changes_asked", "客商要求修改", "The investor asks for a change";
        Recalled = "recalled", "已撤回", "Taken back";
        Published = "published", "已定稿", "Final";
    }
}
crate::text_enum! {
    /// Which part of the minutes.
    pub enum MinutesPart {
        Summary = "summary", "洽谈摘要", "Summary";
        AgreedPoints = "agreed_points", "达成共识", "Agreed points";
        FollowUps = "follow_ups", "后续事项", "Follow-ups";
    }
}

/// What one side does with the minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MinutesAct {
    Write,
    Send,
    Recall,
    /// Without the investor's answer, when they had their days
    Publish,
    Confirm,
    AskChange,
}

/// What a side may do with the newest version; `overdue` when the investor's days for an answer have passed.
fn acts(state: MinutesState, side: Side, overdue: bool) -> &'static [MinutesAct] {
    use MinutesAct::{AskChange, Confirm, Publish, Recall, Send, Write};
    match (state, side) {
        (MinutesState::None | MinutesState::ChangesAsked | MinutesState::Recalled, Side::Host) => &[Write],
        (MinutesState::Draft, Side::Host) => &[Write, Send],
        (MinutesState::Sent, Side::Host) if overdue => &[Recall, Publish],
        (MinutesState::Sent, Side::Host) => &[Recall],
        (MinutesState::Sent, Side::Investor) => &[Confirm, AskChange],
        _ => &[],
    }
}

/// A draft is the host's own affair, and whoever only looks on sees what stands.
pub fn is_seen(state: MinutesState, side: Side) -> bool {
    match side {
        Side::Host => true,
        Side::Investor => state != MinutesState::Draft,
        Side::Guest | Side::None => state == MinutesState::Published,
    }
}

/// One version. The table lets its text change while it is a draft, and lets it stand when both sides have
/// confirmed it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_minutes_versions)]
pub struct MinutesVersion {
    pub booking_id: BookingId,
    /// Counted from 1 for each talk
    pub number: i32,
    pub state: MinutesState,
    /// Counts the savings of a draft
    pub revision: i32,
    pub summary: String,
    /// JSON array of texts
    agreed_points: String,
    /// JSON array of [`PlannedFollowUp`]
    follow_ups: String,
    pub written_by: AccountId,
    pub written_by_name: String,
    pub written_at: Time,
    pub sent_at: Option<Time>,
    /// From when on it may be published without an answer, as it was set when it was sent
    pub publishable_at: Option<Time>,
    /// When it was answered, taken back, or stood
    pub ended_at: Option<Time>,
    pub change_asked: Option<String>,
    /// It stands without the investor's word
    pub unanswered: bool,
}

/// One side's word for one version.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = talk_minutes_confirmations)]
pub struct MinutesConfirmation {
    #[serde(skip)]
    booking_id: BookingId,
    #[serde(skip)]
    number: i32,
    pub side: Side,
    #[serde(skip)]
    by_id: AccountId,
    pub by_name: String,
    pub at: Time,
}

/// What is to be done, as the minutes say it; it becomes a task when they stand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlannedFollowUp {
    pub text: String,
    pub owner: FollowUpOwner,
    /// The host who leads, or the investor, when nobody is named
    pub owner_id: Option<AccountId>,
    pub owner_name: Option<String>,
    /// A draft may leave it open
    pub due_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFollowUp {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    text: Line<300>,
    owner: FollowUpOwner,
    /// One of those who receive, when the host's side answers for it
    owner_id: Option<AccountId>,
    due_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMinutes {
    /// The draft's as it was read; for a new version the one after the last
    number: i32,
    /// The draft's as it was read; 0 for a new version
    revision: i32,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000)]
    summary: Option<Prose<4000>>,
    #[schema(value_type = Vec<String>, max_items = 30)]
    agreed_points: Vec<Line<300>>,
    #[schema(max_items = 30)]
    follow_ups: Vec<NewFollowUp>,
}

/// A version in the list of all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MinutesLine {
    number: i32,
    state: MinutesState,
    written_by_name: String,
    written_at: Time,
    sent_at: Option<Time>,
    ended_at: Option<Time>,
    /// The investor's words, where they asked for a change
    change_asked: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MinutesView {
    booking_id: BookingId,
    pub number: i32,
    pub state: MinutesState,
    revision: i32,
    summary: String,
    agreed_points: Vec<String>,
    follow_ups: Vec<PlannedFollowUp>,
    written_by_name: String,
    written_at: Time,
    sent_at: Option<Time>,
    /// From when on the host may publish it without the investor's answer
    publishable_at: Option<Time>,
    published_at: Option<Time>,
    /// It stands without the investor's word
    unanswered: bool,
    change_asked: Option<String>,
    confirmations: Vec<MinutesConfirmation>,
    /// The follow-ups as tasks, once the minutes stand
    tasks: Vec<FollowUpView>,
    /// Every version that the reader may see, newest first
    versions: Vec<MinutesLine>,
    may: Vec<MinutesAct>,
}

/// A passage that is new, gone, or worded anew.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MinutesChange {
    part: MinutesPart,
    /// Absent for what is new
    before: Option<String>,
    /// Absent for what is gone
    after: Option<String>,
}

impl SetMinutes {
    fn check(&self) -> Result<(), AppError> {
        for (field, count) in
            [("agreed_points", self.agreed_points.len()), ("follow_ups", self.follow_ups.len())]
        {
            if count > MOST_LINES {
                return Err(AppError::field(field, "input.too_long"));
            }
        }
        let strange = |d: NaiveDate| !(2000..=2999).contains(&chrono::Datelike::year(&d));
        match self.follow_ups.iter().position(|f| f.due_on.is_some_and(strange)) {
            Some(n) => Err(AppError::field(&format!("follow_ups[{n}].due_on"), "input.range")),
            None => Ok(()),
        }
    }

    /// The follow-ups with the names of those who answer for them.
    fn planned(&self, booking: &Booking, hosts: &[BookingHost]) -> Result<Vec<PlannedFollowUp>, AppError> {
        let people: Vec<(FollowUpOwner, &AccountId, &str)> = hosts
            .iter()
            .map(|host| (FollowUpOwner::Host, &host.host_id, host.host_name.as_str()))
            .chain([(FollowUpOwner::Investor, &booking.investor_id, booking.investor_name.as_str())])
            .collect();
        let planned = self.follow_ups.iter().enumerate().map(|(n, new)| -> Result<_, AppError> {
            let mut side = people.iter().filter(|person| person.0 == new.owner);
            let found = match &new.owner_id {
                Some(id) => side.find(|person| person.1 == id),
                None => side.next(),
            };
            let (_, id, name) =
                found.ok_or_else(|| AppError::field(&format!("follow_ups[{n}].owner_id"), "input.choice"))?;
            Ok(PlannedFollowUp {
                text: new.text.as_str().to_owned(),
                owner: new.owner,
                owner_id: Some((*id).clone()),
                owner_name: Some((*name).to_owned()),
                due_on: new.due_on,
            })
        });
        planned.collect()
    }

    /// Writes or rewrites the draft, unless someone else did so since it was read.
    pub fn keep(
        &self,
        conn: &mut DbConn,
        booking: &Booking,
        actor: &Actor,
        now: Time,
    ) -> Result<(), AppError> {
        self.check()?;
        let newest = MinutesVersion::newest(conn, &booking.id)?;
        let state = newest.as_ref().map_or(MinutesState::None, |v| v.state);
        allowed(state, Side::Host, false, MinutesAct::Write)?;
        let draft = newest.as_ref().filter(|v| v.state == MinutesState::Draft);
        let expected = match (draft, &newest) {
            (Some(draft), _) => (draft.number, draft.revision),
            (None, last) => (last.as_ref().map_or(1, |v| v.number + 1), 0),
        };
        if (self.number, self.revision) != expected {
            return Err(AppError::Conflict(&WRITTEN_MEANWHILE));
        }
        let hosts = booking.hosts(conn)?;
        let points: Vec<&str> = self.agreed_points.iter().map(Line::as_str).collect();
        let version = MinutesVersion {
            booking_id: booking.id.clone(),
            number: self.number,
            state: MinutesState::Draft,
            revision: self.revision + 1,
            summary: self.summary.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
            agreed_points: serde_json::to_string(&points).map_err(AppError::internal)?,
            follow_ups: serde_json::to_string(&self.planned(booking, &hosts)?).map_err(AppError::internal)?,
            written_by: actor.id.clone(),
            written_by_name: actor.name.clone(),
            written_at: now,
            sent_at: None,
            publishable_at: None,
            ended_at: None,
            change_asked: None,
            unanswered: false,
        };
        match draft {
            Some(read) => version.store(conn, read),
            None => version.insert(conn),
        }
    }
}

/// Whether an act may be done, or why not.
fn allowed(state: MinutesState, side: Side, overdue: bool, act: MinutesAct) -> Result<(), AppError> {
    match state {
        _ if acts(state, side, overdue).contains(&act) => Ok(()),
        MinutesState::Published => Err(AppError::Conflict(&PUBLISHED)),
        _ => Err(AppError::Conflict(&NOT_NOW)),
    }
}

impl MinutesVersion {
    fn newest(conn: &mut DbConn, booking: &BookingId) -> Result<Option<Self>, AppError> {
        use talk_minutes_versions as t;
        let all = t::table.filter(t::booking_id.eq(booking));
        Ok(all.order(t::number.desc()).first(conn).optional()?)
    }

    /// Those that a side may see, newest first.
    pub fn seen(conn: &mut DbConn, booking: &BookingId, side: Side) -> Result<Vec<Self>, AppError> {
        use talk_minutes_versions as t;
        let all: Vec<Self> = t::table.filter(t::booking_id.eq(booking)).order(t::number.desc()).load(conn)?;
        Ok(all.into_iter().filter(|v| is_seen(v.state, side)).collect())
    }

    /// The version that stands.
    pub fn standing(conn: &mut DbConn, booking: &BookingId) -> Result<Self, AppError> {
        use talk_minutes_versions as t;
        let standing =
            t::table.filter(t::booking_id.eq(booking)).filter(t::state.eq(MinutesState::Published));
        standing.first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// The newest version, when it is the one that was read and the act may be done with it.
    pub fn take(
        conn: &mut DbConn,
        booking: &BookingId,
        side: Side,
        number: i32,
        act: MinutesAct,
        now: Time,
    ) -> Result<Self, AppError> {
        let newest = Self::newest(conn, booking)?.ok_or(AppError::NotFound)?;
        // To the investor a draft is not there; what they read before it was answered already.
        allowed(newest.state, side, newest.is_overdue(now), act)?;
        if newest.number == number { Ok(newest) } else { Err(AppError::Conflict(&OTHER_VERSION)) }
    }

    fn is_overdue(&self, now: Time) -> bool {
        self.publishable_at.is_some_and(|from| from <= now)
    }

    fn insert(self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(talk_minutes_versions::table).values(self).execute(conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&WRITTEN_MEANWHILE) } else { e.into() }
        })?;
        Ok(())
    }

    /// Writes what has become of a version, unless someone else changed it since it was read.
    fn store(&self, conn: &mut DbConn, read: &Self) -> Result<(), AppError> {
        use talk_minutes_versions as t;
        let unchanged = t::table
            .filter(t::booking_id.eq(&read.booking_id))
            .filter(t::number.eq(read.number))
            .filter(t::state.eq(read.state))
            .filter(t::revision.eq(read.revision));
        let changed = diesel::update(unchanged)
            .set((
                t::state.eq(self.state),
                t::revision.eq(self.revision),
                t::summary.eq(&self.summary),
                t::agreed_points.eq(&self.agreed_points),
                t::follow_ups.eq(&self.follow_ups),
                t::written_by.eq(&self.written_by),
                t::written_by_name.eq(&self.written_by_name),
                t::written_at.eq(self.written_at),
                t::sent_at.eq(self.sent_at),
                t::publishable_at.eq(self.publishable_at),
                t::ended_at.eq(self.ended_at),
                t::change_asked.eq(&self.change_asked),
                t::unanswered.eq(self.unanswered),
            ))
            .execute(conn)?;
        if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&WRITTEN_MEANWHILE)) }
    }

    fn confirm_as(&self, conn: &mut DbConn, side: Side, actor: &Actor, now: Time) -> Result<(), AppError> {
        let word = MinutesConfirmation {
            booking_id: self.booking_id.clone(),
            number: self.number,
            side,
            by_id: actor.id.clone(),
            by_name: actor.name.clone(),
            at: now,
        };
        diesel::insert_into(talk_minutes_confirmations::table).values(word).execute(conn)?;
        Ok(())
    }

    pub fn agreed_points(&self) -> Result<Vec<String>, AppError> {
        serde_json::from_str(&self.agreed_points).map_err(AppError::internal)
    }

    pub fn follow_ups(&self) -> Result<Vec<PlannedFollowUp>, AppError> {
        serde_json::from_str(&self.follow_ups).map_err(AppError::internal)
    }

    /// Hands the draft, as it was read, to the investor. Whoever sends it has confirmed it for the host's side.
    pub fn send(&self, conn: &mut DbConn, revision: i32, actor: &Actor, now: Time) -> Result<(), AppError> {
        if revision != self.revision {
            return Err(AppError::Conflict(&WRITTEN_MEANWHILE));
        }
        if self.summary.is_empty() || self.follow_ups()?.iter().any(|f| f.due_on.is_none()) {
            return Err(AppError::Unprocessable(&INCOMPLETE));
        }
        let days = Settings::load(conn)?.at(TalkSettingName::MinutesDays, now);
        let sent = Self {
            state: MinutesState::Sent,
            sent_at: Some(now),
            publishable_at: Some(now.plus(Duration::days(i64::from(days)))),
            ..self.clone()
        };
        sent.store(conn, self)?;
        sent.confirm_as(conn, Side::Host, actor, now)
    }

    /// Takes a version back before it was answered.
    pub fn recall(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        Self { state: MinutesState::Recalled, ended_at: Some(now), ..self.clone() }.store(conn, self)
    }

    /// The investor asks for another wording.
    pub fn ask_change(&self, conn: &mut DbConn, words: &str, now: Time) -> Result<(), AppError> {
        let answered = Self {
            state: MinutesState::ChangesAsked,
            ended_at: Some(now),
            change_asked: Some(words.to_owned()),
            ..self.clone()
        };
        answered.store(conn, self)
    }

    /// The investor confirms: now both sides have, and the minutes stand.
    pub fn confirm(
        &self,
        conn: &mut DbConn,
        booking: &Booking,
        actor: &Actor,
        now: Time,
    ) -> Result<(), AppError> {
        self.confirm_as(conn, Side::Investor, actor, now)?;
        self.stand(conn, booking, false, now)
    }

    /// The host's side publishes what the investor has not answered in the days that they had.
    pub fn publish(&self, conn: &mut DbConn, booking: &Booking, now: Time) -> Result<(), AppError> {
        self.stand(conn, booking, true, now)
    }

    fn stand(
        &self,
        conn: &mut DbConn,
        booking: &Booking,
        unanswered: bool,
        now: Time,
    ) -> Result<(), AppError> {
        let stands = Self { state: MinutesState::Published, ended_at: Some(now), unanswered, ..self.clone() };
        stands.store(conn, self)?;
        FollowUp::open(conn, booking, &self.follow_ups()?, now)
    }

    /// A part as passages that people read.
    fn passages(&self, part: MinutesPart) -> Result<Vec<String>, AppError> {
        Ok(match part {
            MinutesPart::Summary => self
                .summary
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect(),
            MinutesPart::AgreedPoints => self.agreed_points()?,
            MinutesPart::FollowUps => {
                let said = |f: PlannedFollowUp| {
                    let day = f.due_on.map(|day| day.to_string());
                    [Some(f.text), f.owner_name, day].into_iter().flatten().collect::<Vec<_>>().join(" · ")
                };
                self.follow_ups()?.into_iter().map(said).collect()
            }
        })
    }

    /// What became of each passage since an earlier version.
    pub fn changes_since(&self, before: Option<&Self>) -> Result<Vec<MinutesChange>, AppError> {
        let mut out = Vec::new();
        for part in MinutesPart::ALL {
            let old = before.map(|v| v.passages(*part)).transpose()?.unwrap_or_default();
            let told = pairs(&old, &self.passages(*part)?).into_iter();
            out.extend(told.map(|(before, after)| MinutesChange { part: *part, before, after }));
        }
        Ok(out)
    }
}

impl From<&MinutesVersion> for MinutesLine {
    fn from(v: &MinutesVersion) -> Self {
        Self {
            number: v.number,
            state: v.state,
            written_by_name: v.written_by_name.clone(),
            written_at: v.written_at,
            sent_at: v.sent_at,
            ended_at: v.ended_at,
            change_asked: v.change_asked.clone(),
        }
    }
}

/// Both sides' words for a version, the host's first.
pub fn confirmations(
    conn: &mut DbConn,
    booking: &BookingId,
    number: i32,
) -> Result<Vec<MinutesConfirmation>, AppError> {
    use talk_minutes_confirmations as t;
    let given = t::table.filter(t::booking_id.eq(booking)).filter(t::number.eq(number));
    Ok(given.order(t::side.asc()).load(conn)?)
}

/// The newest version that this side may see, or the one of that number.
pub fn find(
    conn: &mut DbConn,
    booking: &Booking,
    side: Side,
    number: Option<i32>,
    now: Time,
) -> Result<MinutesView, AppError> {
    let all = MinutesVersion::seen(conn, &booking.id, side)?;
    let newest = all.first().ok_or(AppError::NotFound)?.number;
    let wanted = number.unwrap_or(newest);
    let one = all.iter().find(|v| v.number == wanted).ok_or(AppError::NotFound)?;
    let open = booking.state == BookingState::Confirmed && one.number == newest;
    let may = if open { acts(one.state, side, one.is_overdue(now)) } else { &[] };
    let stands = one.state == MinutesState::Published;
    Ok(MinutesView {
        booking_id: booking.id.clone(),
        number: one.number,
        state: one.state,
        revision: one.revision,
        summary: one.summary.clone(),
        agreed_points: one.agreed_points()?,
        follow_ups: one.follow_ups()?,
        written_by_name: one.written_by_name.clone(),
        written_at: one.written_at,
        sent_at: one.sent_at,
        publishable_at: one.publishable_at,
        published_at: one.ended_at.filter(|_| stands),
        unanswered: one.unanswered,
        change_asked: one.change_asked.clone(),
        confirmations: confirmations(conn, &booking.id, one.number)?,
        tasks: if stands { FollowUp::of(conn, &booking.id, side, now)? } else { Vec::new() },
        versions: all.iter().map(MinutesLine::from).collect(),
        may: may.to_vec(),
    })
}

/// States of the versions of some bookings' minutes, newest first; those without any are left out.
pub fn states(conn: &mut DbConn, ids: &[String]) -> Result<Vec<(String, MinutesState)>, AppError> {
    use talk_minutes_versions as t;
    let of_these = t::table.filter(t::booking_id.eq_any(ids.to_vec()));
    let newest_first = of_these.order((t::booking_id.asc(), t::number.desc()));
    Ok(newest_first.select((t::booking_id, t::state)).load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::{MinutesAct, MinutesState, acts, is_seen};
    use crate::deals::talks::rules::Side;

    #[test]
    fn one_side_acts_at_a_time_and_nobody_once_they_stand() {
        for state in MinutesState::ALL {
            for overdue in [false, true] {
                let (host, investor) =
                    (acts(*state, Side::Host, overdue), acts(*state, Side::Investor, overdue));
                assert!(acts(*state, Side::None, overdue).is_empty());
                assert_eq!(investor.is_empty(), *state != MinutesState::Sent, "{state}");
                assert_eq!(
                    host.contains(&MinutesAct::Write),
                    investor.is_empty() && *state != MinutesState::Published
                );
                assert_eq!(host.contains(&MinutesAct::Publish), overdue && *state == MinutesState::Sent);
            }
        }
        assert!(acts(MinutesState::Published, Side::Host, true).is_empty());
    }

    #[test]
    fn a_draft_is_the_hosts_and_onlookers_see_what_stands() {
        let seen = |side| MinutesState::ALL.iter().filter(|state| is_seen(**state, side)).count();
        assert_eq!((seen(Side::Host), seen(Side::Investor), seen(Side::None)), (6, 5, 1));
        assert!(!is_seen(MinutesState::Draft, Side::Investor));
    }
}
