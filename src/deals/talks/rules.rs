//! What follows from a host's week and a booking's state: slots, ticks, and who may do what next.
use chrono::{Datelike, Duration, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::clock::Time;

/// One talk's length.
pub const SLOT_MINUTES: i64 = 30;
/// What is sold once: a talk takes two of these.
pub const TICK_MINUTES: i64 = 15;
/// Days ahead that may be booked, and days of one look at the slots.
pub const MOST_DAYS: i64 = 31;
/// Hours that a host has to prepare, until they say otherwise, and the most that they may ask for.
pub const NOTICE_HOURS: i32 = 2;
pub const MOST_NOTICE_HOURS: i32 = 336;
/// Minutes that a host may keep free after each talk.
pub const BUFFERS: [i32; 5] = [0, 15, 30, 45, 60];
/// Time that an investor has to turn a hold into a request.
pub const HOLD: Duration = Duration::minutes(5);

crate::text_enum! {
    /// Where a booking stands.
    pub enum BookingState {
        Held = "held", "占位中", "Held";
        Requested = "requested", "待确认", "Requested";
        Confirmed = "confirmed", "已确认", "Confirmed";
        Declined = "declined", "已婉拒", "Declined";
        Cancelled = "cancelled", "已取消", "Cancelled";
        Expired = "expired", "已过期", "Expired";
    }
}
crate::text_enum! {
    /// What happened to a booking.
    pub enum BookingMove {
        Held = "held", "占位", "Held";
        Requested = "requested", "提出预约", "Requested";
        Confirmed = "confirmed", "确认预约", "Confirmed";
        Declined = "declined", "婉拒预约", "Declined";
        Moved = "moved", "同意改期", "Agreed to move";
        Cancelled = "cancelled", "取消预约", "Cancelled";
        Expired = "expired", "占位过期", "Expired";
        Proposed = "proposed", "提议改期", "Proposed another time";
        MoveRefused = "move_refused", "不同意改期", "Refused to move";
        MoveWithdrawn = "move_withdrawn", "撤回改期提议", "Withdrew the proposal";
        MoveLapsed = "move_lapsed", "改期提议过期", "The proposal lapsed";
        NoShow = "no_show", "标记客商未到", "Marked as not shown up";
        NoShowUndone = "no_show_undone", "撤销未到标记", "Took the mark back";
    }
}
crate::text_enum! {
    /// Which side of the table someone sits at.
    pub enum Side {
        Investor = "investor", "客商", "Investor";
        Host = "host", "接洽方", "Host";
        /// Without an account, by a link for this talk
        Guest = "guest", "嘉宾", "Guest";
        None = "none", "旁观", "Onlooker";
    }
}
crate::text_enum! {
    /// Where a guest is: before the door, in the room, or sent away.
    pub enum GuestPlace {
        Waiting = "waiting", "等候中", "Waiting";
        Listener = "listener", "旁听", "Listener";
        Speaker = "speaker", "发言", "Speaker";
        Refused = "refused", "未获准进入", "Not admitted";
        Removed = "removed", "已请离", "Sent away";
    }
}
crate::text_enum! {
    /// What someone may do in the room.
    pub enum RoomRole {
        Host = "host", "主持", "Host";
        Speaker = "speaker", "发言", "Speaker";
        Listener = "listener", "旁听", "Listener";
        Waiting = "waiting", "等候中", "Waiting";
    }
}

impl GuestPlace {
    /// What a guest may do there; nothing once they are sent away.
    pub fn role(self) -> Option<RoomRole> {
        match self {
            Self::Waiting => Some(RoomRole::Waiting),
            Self::Listener => Some(RoomRole::Listener),
            Self::Speaker => Some(RoomRole::Speaker),
            Self::Refused | Self::Removed => None,
        }
    }
    pub fn is_inside(self) -> bool {
        matches!(self, Self::Listener | Self::Speaker)
    }
    /// Whether the guest is told why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Refused | Self::Removed)
    }
    /// Whether a host may give a guest who is here that place.
    pub fn leads_to(self, next: Self) -> bool {
        match next {
            Self::Waiting => false,
            Self::Listener | Self::Speaker => self != next,
            Self::Refused => self == Self::Waiting,
            Self::Removed => self.is_inside(),
        }
    }
}

impl RoomRole {
    /// What the two sides are in their own room.
    pub fn of(side: Side) -> Self {
        if side == Side::Host { Self::Host } else { Self::Speaker }
    }
    pub fn speaks(self) -> bool {
        matches!(self, Self::Host | Self::Speaker)
    }
    /// Whether one peer's signal goes to another: nobody calls from the lobby or into it, two listeners have
    /// nothing to give each other, and a listener's answer takes sound and picture without giving any.
    pub fn may_signal(self, to: Self, description: Option<Description<'_>>) -> bool {
        match (self, to) {
            (Self::Waiting, _) | (_, Self::Waiting) | (Self::Listener, Self::Listener) => false,
            (Self::Listener, _) => description.is_none_or(|said| said.kind == "answer" && said.only_takes()),
            _ => true,
        }
    }
}

/// What a signal says of a connection (RFC 8829): offer or answer, and its lines.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    pub kind: &'a str,
    pub sdp: &'a str,
}

impl Description<'_> {
    /// Whether each of its media says that it sends nothing; one that does not say sends (RFC 8866, 6.7).
    fn only_takes(self) -> bool {
        self.sdp.split("\nm=").skip(1).all(|media| {
            let says = |direction: &str| media.lines().any(|line| line.trim_end() == direction);
            says("a=recvonly") || says("a=inactive")
        })
    }
}

crate::text_enum! {
    /// Which of a unit's hosts receive: the one named, whoever is free, or all of them together.
    pub enum Hosting {
        One = "one", "指定接洽人", "A host I choose";
        Any = "any", "任一接洽人", "Whoever is free";
        All = "all", "全体接洽人", "All hosts together";
    }
}
crate::text_enum! {
    /// How the State Council's arrangement changes a day.
    pub enum HolidayKind {
        Off = "off", "放假", "Day off";
        Work = "work", "调休上班", "Working day";
    }
}

/// What one side does to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Confirm,
    Decline,
    /// Another time; the old one stands until the other side agrees
    Propose,
    Accept,
    Refuse,
    Withdraw,
    Cancel,
    MarkNoShow,
    UndoNoShow,
    Invite,
    Enter,
    Minutes,
    OpenProject,
}

impl Deed {
    pub const ALL: [Self; 13] = [
        Self::Confirm,
        Self::Decline,
        Self::Propose,
        Self::Accept,
        Self::Refuse,
        Self::Withdraw,
        Self::Cancel,
        Self::MarkNoShow,
        Self::UndoNoShow,
        Self::Invite,
        Self::Enter,
        Self::Minutes,
        Self::OpenProject,
    ];
    /// Whether the talk's beginning ends it.
    pub fn is_bound_to_time(self) -> bool {
        use Deed::{Accept, Cancel, Confirm, Decline, Propose, Refuse, Withdraw};
        matches!(self, Confirm | Decline | Propose | Accept | Refuse | Withdraw | Cancel)
    }
}

/// What besides its state decides about a booking.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// The side whose proposal of another time the other side has to answer
    pub proposed: Option<Side>,
    /// When an absence may be marked: from, until
    pub absence: Option<(Time, Time)>,
    /// Whether one is marked
    pub absent: bool,
}

impl Standing {
    /// Whether an absence may be marked or taken back at a time.
    fn lets_mark(self, deed: Deed, now: Time) -> bool {
        let within = self.absence.is_some_and(|(from, until)| from <= now && now < until);
        match deed {
            Deed::MarkNoShow => within && !self.absent,
            Deed::UndoNoShow => within && self.absent,
            _ => true,
        }
    }
}

/// The state after a deed; `None` where that side may not do it now. Another time needs the other side's word,
/// and while it is asked for, nothing else about the time is decided.
pub fn after(
    state: BookingState,
    side: Side,
    deed: Deed,
    standing: Standing,
    now: Time,
) -> Option<BookingState> {
    use BookingState::{Cancelled, Confirmed, Declined, Held, Requested};
    let partner = matches!(side, Side::Investor | Side::Host);
    let (mine, theirs) =
        (standing.proposed == Some(side), standing.proposed.is_some_and(|other| other != side));
    match (state, side, deed) {
        (Held, Side::Investor, Deed::Confirm) => Some(Requested),
        (Requested, Side::Host, Deed::Confirm) if standing.proposed.is_none() => Some(Confirmed),
        (Requested, Side::Host, Deed::Decline) => Some(Declined),
        (Requested | Confirmed, _, Deed::Propose) if partner && standing.proposed.is_none() => Some(state),
        (Requested | Confirmed, _, Deed::Accept) if partner && theirs => Some(Confirmed),
        (Requested | Confirmed, _, Deed::Refuse) if partner && theirs => Some(state),
        (Requested | Confirmed, _, Deed::Withdraw) if partner && mine => Some(state),
        (Requested | Confirmed, _, Deed::Invite) if partner => Some(state),
        (Held | Requested | Confirmed, Side::Investor, Deed::Cancel)
        | (Confirmed, Side::Host, Deed::Cancel) => Some(Cancelled),
        (Confirmed, Side::Host, Deed::MarkNoShow | Deed::UndoNoShow) if standing.lets_mark(deed, now) => {
            Some(Confirmed)
        }
        (Confirmed, Side::Investor | Side::Host, Deed::Enter)
        | (Confirmed, Side::Host, Deed::Minutes | Deed::OpenProject) => Some(Confirmed),
        _ => None,
    }
}

/// From when on calling off a confirmed talk counts as late.
pub fn late_from(starts_at: Time, notice_hours: i32) -> Time {
    starts_at.minus(Duration::hours(i64::from(notice_hours)))
}

/// Until when a proposal waits for its answer: for so many hours, and never past either time.
pub fn answer_by(from: Time, to: Time, hours: i32, now: Time) -> Time {
    now.plus(Duration::hours(i64::from(hours))).min(from).min(to)
}

crate::text_enum! {
    /// Which of its two reminders a talk has.
    pub enum ReminderKind {
        First = "first", "第一次提醒", "First reminder";
        Second = "second", "第二次提醒", "Second reminder";
    }
}

/// The reminder that is due: so many hours before the start, and of what was agreed on later than that none.
pub fn reminder_due(starts_at: Time, agreed_at: Time, hours: (i32, i32), now: Time) -> Option<ReminderKind> {
    let at = |hours: i32| starts_at.minus(Duration::hours(i64::from(hours)));
    let (first, second) = (at(hours.0), at(hours.1));
    if now >= starts_at || now < first.min(second) {
        None
    } else if now >= second {
        (agreed_at < second).then_some(ReminderKind::Second)
    } else {
        (agreed_at < first).then_some(ReminderKind::First)
    }
}

crate::text_enum! {
    /// A part of the day in China.
    pub enum DayPart {
        Any = "any", "全天", "Any time";
        Morning = "morning", "上午", "Morning";
        Afternoon = "afternoon", "下午", "Afternoon";
    }
}

impl DayPart {
    /// Whether a talk that begins then lies in it.
    pub fn holds(self, starts_at: Time) -> bool {
        let before_noon = starts_at.minute_of_day() < 12 * 60;
        match self {
            Self::Any => true,
            Self::Morning => before_noon,
            Self::Afternoon => !before_noon,
        }
    }
}

/// Whether the two sides may write to each other.
pub fn is_open(state: BookingState) -> bool {
    matches!(state, BookingState::Requested | BookingState::Confirmed)
}

/// Whether a booking in this state keeps the host's time.
pub fn holds_time(state: BookingState) -> bool {
    matches!(state, BookingState::Held | BookingState::Requested | BookingState::Confirmed)
}

/// One stretch of a host's week, minutes of the day in China.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// 1 is Monday
    pub weekday: i32,
    pub from_minute: i32,
    pub to_minute: i32,
}

crate::text_enum! {
    /// How a day differs from the week.
    pub enum ExceptionKind {
        Open = "open", "加开", "Also open";
        Closed = "closed", "不接洽", "Closed";
    }
}

/// A stretch of one day on which the host is open besides the week, or closed in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    pub day: NaiveDate,
    pub from_minute: i32,
    pub to_minute: i32,
    pub kind: ExceptionKind,
}

/// Days on which nobody's week counts, or a working day stands in for another weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holiday {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub kind: HolidayKind,
    /// The weekday whose hours a working day follows; its own when none is named
    pub follows_weekday: Option<i32>,
}

/// When a host can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    pub week: Vec<Stretch>,
    pub exceptions: Vec<Exception>,
    /// Kept free after each talk
    pub buffer_minutes: i32,
    /// Between a booking and its talk, at least
    pub notice_hours: i32,
}

impl Default for Hours {
    fn default() -> Self {
        Self { week: Vec::new(), exceptions: Vec::new(), buffer_minutes: 0, notice_hours: NOTICE_HOURS }
    }
}

impl Hours {
    /// Whether no slot can ever come of them.
    pub fn is_empty(&self) -> bool {
        self.week.is_empty() && self.exceptions.iter().all(|e| e.kind == ExceptionKind::Closed)
    }

    /// Talks follow each other with the buffer between; a stretch may end within a buffer, never within a talk.
    fn of_day(&self, day: NaiveDate, holidays: &[Holiday]) -> Vec<Time> {
        let weekday = weekday_on(day, holidays);
        let midnight = Time::start_of(day);
        let step = SLOT_MINUTES + i64::from(self.buffer_minutes);
        let today = || self.exceptions.iter().filter(|e| e.day == day);
        let usual = self.week.iter().filter(|s| Some(s.weekday) == weekday);
        let usual = usual.map(|s| (s.from_minute, s.to_minute));
        let added = today().filter(|e| e.kind == ExceptionKind::Open).map(|e| (e.from_minute, e.to_minute));
        usual
            .chain(added)
            .flat_map(|(from, to)| {
                let last = i64::from(to) - SLOT_MINUTES;
                (0..).map(move |n| i64::from(from) + n * step).take_while(move |start| *start <= last)
            })
            .filter(|start| {
                !today().any(|e| {
                    e.kind == ExceptionKind::Closed
                        && *start < i64::from(e.to_minute)
                        && i64::from(e.from_minute) < start + SLOT_MINUTES
                })
            })
            .map(|start| midnight.plus(Duration::minutes(start)))
            .collect()
    }
}

/// The weekday whose hours count on a day; none on a day off.
fn weekday_on(day: NaiveDate, holidays: &[Holiday]) -> Option<i32> {
    let own = i32::try_from(day.weekday().number_from_monday()).ok();
    match holidays.iter().find(|h| (h.from..=h.to).contains(&day)) {
        Some(Holiday { kind: HolidayKind::Off, .. }) => None,
        Some(Holiday { follows_weekday, .. }) => follows_weekday.or(own),
        None => own,
    }
}

/// The place in the list of the first stretch (key, from, to, least length) that is off the grid, too short,
/// or overlaps another of the same key.
pub fn misfit<K: PartialEq>(stretches: &[(K, i32, i32, i64)]) -> Option<usize> {
    stretches.iter().enumerate().position(|(place, (key, from, to, least))| {
        let on_grid = [from, to].iter().all(|minute| i64::from(**minute) % TICK_MINUTES == 0);
        let overlaps = |(other, start, end, _): &(K, i32, i32, i64)| other == key && start < to && from < end;
        !on_grid || i64::from(to - from) < *least || stretches.iter().take(place).any(overlaps)
    })
}

/// Starts of the slots that these hours give on the China days `from..=to`, in order, each once.
pub fn slots(hours: &Hours, holidays: &[Holiday], from: NaiveDate, to: NaiveDate, now: Time) -> Vec<Time> {
    let (first, last) = (from.max(now.day()), to.min(now.day() + Duration::days(MOST_DAYS)));
    let earliest = now.plus(Duration::hours(i64::from(hours.notice_hours)));
    let mut starts: Vec<Time> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .flat_map(|day| hours.of_day(day, holidays))
        .filter(|start| *start >= earliest)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Whether the hours give a slot that starts exactly then.
pub fn is_slot(hours: &Hours, holidays: &[Holiday], start: Time, now: Time) -> bool {
    slots(hours, holidays, start.day(), start.day(), now).contains(&start)
}

/// The ticks of a talk and of the buffer after it, in order. A start off the grid still falls on the ticks it touches.
pub fn ticks(start: Time, buffer_minutes: i32) -> Vec<Time> {
    let tick = TICK_MINUTES * 60_000;
    let first = start.millis().div_euclid(tick) * tick;
    let end = start.millis() + (SLOT_MINUTES + i64::from(buffer_minutes)) * 60_000;
    (0..).map(|n| first + n * tick).take_while(|at| *at < end).map(Time::from_millis).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes after Monday 2026-11-23 00:00 in China.
    fn at(minutes: i64) -> Time {
        let midnight = "2026-11-22T16:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        Time::from(midnight).plus(Duration::minutes(minutes))
    }
    fn monday() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }
    fn weekly(week: &[Stretch]) -> Hours {
        Hours { week: week.to_vec(), ..Hours::default() }
    }
    fn differs(from_minute: i32, to_minute: i32, kind: ExceptionKind) -> Hours {
        let exceptions = vec![Exception { day: monday(), from_minute, to_minute, kind }];
        Hours { exceptions, ..weekly(&[MORNING]) }
    }
    const MORNING: Stretch = Stretch { weekday: 1, from_minute: 540, to_minute: 615 };

    #[test]
    fn a_morning_of_75_minutes_gives_two_talks() {
        assert_eq!(slots(&weekly(&[MORNING]), &[], monday(), monday(), at(0)), [at(540), at(570)]);
    }
    #[test]
    fn a_slot_needs_two_hours_notice() {
        assert_eq!(slots(&weekly(&[MORNING]), &[], monday(), monday(), at(540 - 120)), [at(540), at(570)]);
        assert_eq!(slots(&weekly(&[MORNING]), &[], monday(), monday(), at(540 - 119)), [at(570)]);
    }
    #[test]
    fn days_are_counted_in_china() {
        // 07:00 on Monday in China is still Sunday in UTC.
        let early = Stretch { weekday: 1, from_minute: 420, to_minute: 450 };
        assert_eq!(slots(&weekly(&[early]), &[], monday(), monday(), at(0)), [at(420)]);
    }
    #[test]
    fn no_slot_lies_beyond_31_days() {
        let daily: Vec<Stretch> = (1..=7).map(|weekday| Stretch { weekday, ..MORNING }).collect();
        let daily = weekly(&daily);
        let found = slots(&daily, &[], monday(), monday() + Duration::days(400), at(0));
        assert_eq!(found.len(), 64);
        assert!(is_slot(&daily, &[], at(570), at(0)));
        assert!(!is_slot(&daily, &[], at(571), at(0)));
        assert!(!is_slot(&daily, &[], at(40 * 1440 + 570), at(0)));
    }
    #[test]
    fn overlapping_stretches_give_a_slot_once() {
        assert_eq!(slots(&weekly(&[MORNING, MORNING]), &[], monday(), monday(), at(0)).len(), 2);
    }
    #[test]
    fn a_closed_stretch_takes_every_slot_that_it_touches() {
        let on = |hours: &Hours, day| slots(hours, &[], day, day, at(0));
        assert_eq!(on(&differs(585, 600, ExceptionKind::Closed), monday()), [at(540)]);
        assert_eq!(on(&differs(600, 660, ExceptionKind::Closed), monday()), [at(540), at(570)]);
        let shut = differs(0, 1440, ExceptionKind::Closed);
        assert_eq!(on(&shut, monday()), []);
        assert_eq!(on(&shut, monday() + Duration::days(7)).len(), 2);
    }
    #[test]
    fn a_buffer_stands_between_two_talks_and_not_within_one() {
        let buffered = Hours { buffer_minutes: 15, ..weekly(&[MORNING]) };
        assert_eq!(slots(&buffered, &[], monday(), monday(), at(0)), [at(540), at(585)]);
        assert_eq!(ticks(at(540), 15), [at(540), at(555), at(570)]);
        let wide = Hours { buffer_minutes: 60, ..weekly(&[MORNING]) };
        assert_eq!(slots(&wide, &[], monday(), monday(), at(0)), [at(540)]);
    }
    #[test]
    fn a_host_may_ask_for_more_notice() {
        let careful = Hours { notice_hours: 24, ..weekly(&[MORNING]) };
        assert_eq!(slots(&careful, &[], monday(), monday(), at(540 - 1440)), [at(540), at(570)]);
        assert_eq!(slots(&careful, &[], monday(), monday(), at(541 - 1440)), [at(570)]);
    }
    #[test]
    fn a_day_off_has_no_week_but_what_is_opened_besides() {
        let holiday =
            |kind, follows_weekday| [Holiday { from: monday(), to: monday(), kind, follows_weekday }];
        let off = holiday(HolidayKind::Off, None);
        assert_eq!(slots(&weekly(&[MORNING]), &off, monday(), monday(), at(0)), []);
        let opened = differs(900, 930, ExceptionKind::Open);
        assert_eq!(slots(&opened, &off, monday(), monday(), at(0)), [at(900)]);
        let friday = Stretch { weekday: 5, from_minute: 600, to_minute: 630 };
        let both = weekly(&[MORNING, friday]);
        let stands_in = holiday(HolidayKind::Work, Some(5));
        assert_eq!(slots(&both, &stands_in, monday(), monday(), at(0)), [at(600)]);
        let unnamed = holiday(HolidayKind::Work, None);
        assert_eq!(slots(&both, &unnamed, monday(), monday(), at(0)), [at(540), at(570)]);
    }
    #[test]
    fn an_open_stretch_adds_slots_on_its_day_alone() {
        let more = differs(900, 960, ExceptionKind::Open);
        assert_eq!(slots(&more, &[], monday(), monday(), at(0)), [at(540), at(570), at(900), at(930)]);
        let next = monday() + Duration::days(7);
        assert_eq!(slots(&more, &[], next, next, at(0)).len(), 2);
    }
    #[test]
    fn hours_that_overlap_or_leave_the_grid_are_found() {
        assert_eq!(misfit(&[(1, 540, 600, 30), (2, 540, 600, 30), (1, 600, 660, 30)]), None);
        assert_eq!(misfit(&[(1, 540, 600, 30), (1, 585, 660, 30)]), Some(1));
        assert_eq!(misfit(&[(1, 540, 555, 30)]), Some(0));
        assert_eq!(misfit(&[(1, 541, 600, 30)]), Some(0));
        assert_eq!(misfit(&[(1, 600, 540, 30)]), Some(0));
    }
    #[test]
    fn talks_that_overlap_share_a_tick() {
        assert_eq!(ticks(at(540), 0), [at(540), at(555)]);
        assert_eq!(ticks(at(550), 0), [at(540), at(555), at(570)]);
    }
    /// Every circumstance that a rule may look at.
    fn standings() -> Vec<Standing> {
        let sides = [None, Some(Side::Investor), Some(Side::Host)];
        let windows = [None, Some((at(0), at(60)))];
        let all = sides.iter().flat_map(|proposed| {
            windows.iter().flat_map(move |absence| {
                [false, true].map(|absent| Standing { proposed: *proposed, absence: *absence, absent })
            })
        });
        all.collect()
    }
    fn may(state: BookingState, side: Side, deed: Deed, proposed: Option<Side>) -> Option<BookingState> {
        after(state, side, deed, Standing { proposed, ..Standing::default() }, at(0))
    }

    #[test]
    fn a_closed_booking_moves_no_more() {
        use BookingState::{Cancelled, Declined, Expired};
        for state in [Cancelled, Declined, Expired] {
            for (side, standing) in
                Side::ALL.iter().flat_map(|s| standings().into_iter().map(move |x| (s, x)))
            {
                assert!(Deed::ALL.iter().all(|deed| after(state, *side, *deed, standing, at(30)).is_none()));
            }
        }
    }
    #[test]
    fn a_stranger_or_a_guest_may_do_nothing() {
        for (state, standing) in
            BookingState::ALL.iter().flat_map(|s| standings().into_iter().map(move |x| (s, x)))
        {
            for side in [Side::None, Side::Guest] {
                assert!(Deed::ALL.iter().all(|deed| after(*state, side, *deed, standing, at(30)).is_none()));
            }
        }
    }
    #[test]
    fn a_request_is_the_hosts_to_confirm() {
        use BookingState::{Confirmed, Held, Requested};
        assert_eq!(may(Held, Side::Host, Deed::Confirm, None), None);
        assert_eq!(may(Requested, Side::Investor, Deed::Confirm, None), None);
        assert_eq!(may(Requested, Side::Host, Deed::Confirm, None), Some(Confirmed));
        assert_eq!(may(Requested, Side::Host, Deed::Confirm, Some(Side::Host)), None);
    }
    #[test]
    fn another_time_needs_the_other_side_and_nobody_answers_oneself() {
        use BookingState::{Confirmed, Requested};
        for (side, other) in [(Side::Investor, Side::Host), (Side::Host, Side::Investor)] {
            for state in [Requested, Confirmed] {
                assert_eq!(may(state, side, Deed::Propose, None), Some(state));
                assert_eq!(may(state, side, Deed::Propose, Some(other)), None);
                assert_eq!(may(state, side, Deed::Accept, Some(side)), None);
                assert_eq!(may(state, side, Deed::Accept, None), None);
                assert_eq!(may(state, other, Deed::Accept, Some(side)), Some(Confirmed));
                assert_eq!(may(state, other, Deed::Refuse, Some(side)), Some(state));
                assert_eq!(may(state, other, Deed::Withdraw, Some(side)), None);
                assert_eq!(may(state, side, Deed::Withdraw, Some(side)), Some(state));
            }
        }
        assert_eq!(may(BookingState::Held, Side::Investor, Deed::Propose, None), None);
    }
    #[test]
    fn an_absence_is_the_hosts_to_mark_within_its_window_and_to_take_back() {
        let on = |absent| Standing { absence: Some((at(10), at(60))), absent, ..Standing::default() };
        let by =
            |side, deed, absent, minute| after(BookingState::Confirmed, side, deed, on(absent), at(minute));
        for (minute, open) in [(9, false), (10, true), (59, true), (60, false)] {
            assert_eq!(by(Side::Host, Deed::MarkNoShow, false, minute).is_some(), open, "{minute}");
            assert_eq!(by(Side::Host, Deed::UndoNoShow, true, minute).is_some(), open, "{minute}");
        }
        assert_eq!(by(Side::Host, Deed::MarkNoShow, true, 30), None);
        assert_eq!(by(Side::Host, Deed::UndoNoShow, false, 30), None);
        assert_eq!(by(Side::Investor, Deed::MarkNoShow, false, 30), None);
    }
    #[test]
    fn a_proposal_ends_before_either_time() {
        assert_eq!(answer_by(at(3000), at(4000), 24, at(0)), at(1440));
        assert_eq!(answer_by(at(600), at(4000), 24, at(0)), at(600));
        assert_eq!(answer_by(at(4000), at(300), 24, at(0)), at(300));
        assert_eq!(late_from(at(3000), 24), at(1560));
    }
    #[test]
    fn each_reminder_has_its_time_and_what_was_agreed_later_has_none() {
        let due = |agreed, now| reminder_due(at(3000), at(agreed), (24, 1), at(now));
        assert_eq!(due(0, 3000 - 1441), None);
        assert_eq!(due(0, 3000 - 1440), Some(ReminderKind::First));
        assert_eq!(due(0, 3000 - 61), Some(ReminderKind::First));
        assert_eq!(due(0, 3000 - 60), Some(ReminderKind::Second));
        assert_eq!(due(0, 3000), None);
        assert_eq!(due(3000 - 1440, 3000 - 1400), None);
        assert_eq!(due(3000 - 1440, 3000 - 60), Some(ReminderKind::Second));
        assert_eq!(due(3000 - 30, 3000 - 10), None);
    }
    #[test]
    fn a_guest_is_let_in_once_seated_anew_and_sent_away_only_from_inside() {
        use GuestPlace::{Listener, Refused, Removed, Speaker, Waiting};
        for from in GuestPlace::ALL {
            assert!(!from.leads_to(Waiting) && !from.leads_to(*from), "{from}");
            assert_eq!(from.leads_to(Refused), *from == Waiting, "{from}");
            assert_eq!(from.leads_to(Removed), from.is_inside(), "{from}");
            assert_eq!(from.leads_to(Speaker), *from != Speaker, "{from}");
            assert_eq!(from.leads_to(Listener), *from != Listener, "{from}");
            assert_eq!(from.role().is_none(), from.needs_reason(), "{from}");
        }
    }
    #[test]
    fn a_listener_takes_sound_and_picture_and_gives_none() {
        use RoomRole::{Host, Listener, Speaker, Waiting};
        let says = |kind, directions: [&str; 2]| {
            let [sound, picture] = directions;
            let sdp = format!(
                "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{sound}a=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n{picture}"
            );
            Listener.may_signal(Speaker, Some(Description { kind, sdp: &sdp }))
        };
        let (takes, none) = ("a=recvonly\r\n", "a=inactive\r\n");
        assert!(says("answer", [takes, takes]) && says("answer", [takes, none]));
        for gives in ["a=sendrecv\r\n", "a=sendonly\r\n", ""] {
            assert!(!says("answer", [takes, gives]) && !says("answer", [gives, takes]), "{gives}");
        }
        assert!(!says("offer", [takes, takes]));
        for (from, to, may) in [
            (Listener, Host, true),
            (Listener, Listener, false),
            (Waiting, Host, false),
            (Host, Waiting, false),
            (Speaker, Listener, true),
            (Speaker, Host, true),
        ] {
            assert_eq!(from.may_signal(to, None), may, "{from} to {to}");
        }
    }
    #[test]
    fn noon_belongs_to_the_afternoon() {
        assert!(DayPart::Morning.holds(at(719)) && !DayPart::Morning.holds(at(720)));
        assert!(DayPart::Afternoon.holds(at(720)) && DayPart::Any.holds(at(0)));
    }
}
