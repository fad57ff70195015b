//! What follows from a host's week and a booking's state: slots, ticks, and who may do what next.
use chrono::{Datelike, Duration, NaiveDate, NaiveTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::clock::Time;

/// One talk's length.
pub const SLOT_MINUTES: i64 = 30;
/// What is sold once: a talk takes two of these.
pub const TICK_MINUTES: i64 = 15;
/// Days ahead that may be booked, and days of one look at the slots.
pub const MOST_DAYS: i64 = 31;
/// Time that a host has to prepare.
pub const NOTICE: Duration = Duration::hours(2);
/// Time that an investor has to turn a hold into a request.
pub const HOLD: Duration = Duration::minutes(5);
/// China has one time all year, eight hours ahead of UTC.
const CHINA: Duration = Duration::hours(8);

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
        Moved = "moved", "改期", "Moved";
        Cancelled = "cancelled", "取消预约", "Cancelled";
        Expired = "expired", "占位过期", "Expired";
    }
}
crate::text_enum! {
    /// The language of a talk.
    pub enum TalkLanguage {
        Zh = "zh", "中文", "Chinese";
        En = "en", "英文", "English";
    }
}

crate::text_enum! {
    /// Which side of the table someone sits at.
    pub enum Side {
        Investor = "investor", "客商", "Investor";
        Host = "host", "接洽方", "Host";
        None = "none", "旁观", "Onlooker";
    }
}

/// What one side does to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Confirm,
    Decline,
    Move,
    Cancel,
    Enter,
    Minutes,
    OpenProject,
}

impl Deed {
    pub const ALL: [Self; 7] = [
        Self::Confirm,
        Self::Decline,
        Self::Move,
        Self::Cancel,
        Self::Enter,
        Self::Minutes,
        Self::OpenProject,
    ];
}

/// The state after a deed; `None` where that side may not do it now. A host's new time stands at once,
/// an investor's must be confirmed again.
pub fn after(state: BookingState, side: Side, deed: Deed) -> Option<BookingState> {
    use BookingState::{Cancelled, Confirmed, Declined, Held, Requested};
    match (state, side, deed) {
        (Held, Side::Investor, Deed::Confirm) | (Requested | Confirmed, Side::Investor, Deed::Move) => {
            Some(Requested)
        }
        (Requested, Side::Host, Deed::Confirm) | (Requested | Confirmed, Side::Host, Deed::Move) => {
            Some(Confirmed)
        }
        (Requested, Side::Host, Deed::Decline) => Some(Declined),
        (Held | Requested | Confirmed, Side::Investor, Deed::Cancel)
        | (Confirmed, Side::Host, Deed::Cancel) => Some(Cancelled),
        (Confirmed, Side::Investor | Side::Host, Deed::Enter)
        | (Confirmed, Side::Host, Deed::Minutes | Deed::OpenProject) => Some(Confirmed),
        _ => None,
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

/// When a host can be booked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    pub week: Vec<Stretch>,
    pub exceptions: Vec<Exception>,
}

impl Hours {
    /// Whether no slot can ever come of them.
    pub fn is_empty(&self) -> bool {
        self.week.is_empty() && self.exceptions.iter().all(|e| e.kind == ExceptionKind::Closed)
    }

    fn of_day(&self, day: NaiveDate) -> Vec<Time> {
        let weekday = i32::try_from(day.weekday().number_from_monday()).unwrap_or_default();
        let midnight = Time::from(day.and_time(NaiveTime::MIN).and_utc()).minus(CHINA);
        let today = || self.exceptions.iter().filter(|e| e.day == day);
        let usual = self.week.iter().filter(|s| s.weekday == weekday).map(|s| (s.from_minute, s.to_minute));
        let added = today().filter(|e| e.kind == ExceptionKind::Open).map(|e| (e.from_minute, e.to_minute));
        usual
            .chain(added)
            .flat_map(|(from, to)| {
                let count = i64::from(to - from) / SLOT_MINUTES;
                (0..count).map(move |n| i64::from(from) + n * SLOT_MINUTES)
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
pub fn slots(hours: &Hours, from: NaiveDate, to: NaiveDate, now: Time) -> Vec<Time> {
    let (first, last) = (from.max(now.day()), to.min(now.day() + Duration::days(MOST_DAYS)));
    let mut starts: Vec<Time> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .flat_map(|day| hours.of_day(day))
        .filter(|start| *start >= now.plus(NOTICE))
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Whether the hours give a slot that starts exactly then.
pub fn is_slot(hours: &Hours, start: Time, now: Time) -> bool {
    slots(hours, start.day(), start.day(), now).contains(&start)
}

/// The ticks of a talk, in order. A start off the grid still falls on the ticks it touches.
pub fn ticks(start: Time) -> Vec<Time> {
    let tick = TICK_MINUTES * 60_000;
    let first = start.millis().div_euclid(tick) * tick;
    let end = start.millis() + SLOT_MINUTES * 60_000;
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
        Hours { week: week.to_vec(), exceptions: Vec::new() }
    }
    fn differs(from_minute: i32, to_minute: i32, kind: ExceptionKind) -> Hours {
        let exceptions = vec![Exception { day: monday(), from_minute, to_minute, kind }];
        Hours { exceptions, ..weekly(&[MORNING]) }
    }
    const MORNING: Stretch = Stretch { weekday: 1, from_minute: 540, to_minute: 615 };

    #[test]
    fn a_morning_of_75_minutes_gives_two_talks() {
        assert_eq!(slots(&weekly(&[MORNING]), monday(), monday(), at(0)), [at(540), at(570)]);
    }
    #[test]
    fn a_slot_needs_two_hours_notice() {
        assert_eq!(slots(&weekly(&[MORNING]), monday(), monday(), at(540 - 120)), [at(540), at(570)]);
        assert_eq!(slots(&weekly(&[MORNING]), monday(), monday(), at(540 - 119)), [at(570)]);
    }
    #[test]
    fn days_are_counted_in_china() {
        // 07:00 on Monday in China is still Sunday in UTC.
        let early = Stretch { weekday: 1, from_minute: 420, to_minute: 450 };
        assert_eq!(slots(&weekly(&[early]), monday(), monday(), at(0)), [at(420)]);
    }
    #[test]
    fn no_slot_lies_beyond_31_days() {
        let daily: Vec<Stretch> = (1..=7).map(|weekday| Stretch { weekday, ..MORNING }).collect();
        let daily = weekly(&daily);
        let found = slots(&daily, monday(), monday() + Duration::days(400), at(0));
        assert_eq!(found.len(), 64);
        assert!(is_slot(&daily, at(570), at(0)));
        assert!(!is_slot(&daily, at(571), at(0)));
        assert!(!is_slot(&daily, at(40 * 1440 + 570), at(0)));
    }
    #[test]
    fn overlapping_stretches_give_a_slot_once() {
        assert_eq!(slots(&weekly(&[MORNING, MORNING]), monday(), monday(), at(0)).len(), 2);
    }
    #[test]
    fn a_closed_stretch_takes_every_slot_that_it_touches() {
        let on = |hours: &Hours, day| slots(hours, day, day, at(0));
        assert_eq!(on(&differs(585, 600, ExceptionKind::Closed), monday()), [at(540)]);
        assert_eq!(on(&differs(600, 660, ExceptionKind::Closed), monday()), [at(540), at(570)]);
        let shut = differs(0, 1440, ExceptionKind::Closed);
        assert_eq!(on(&shut, monday()), []);
        assert_eq!(on(&shut, monday() + Duration::days(7)).len(), 2);
    }
    #[test]
    fn an_open_stretch_adds_slots_on_its_day_alone() {
        let more = differs(900, 960, ExceptionKind::Open);
        assert_eq!(slots(&more, monday(), monday(), at(0)), [at(540), at(570), at(900), at(930)]);
        let next = monday() + Duration::days(7);
        assert_eq!(slots(&more, next, next, at(0)).len(), 2);
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
        assert_eq!(ticks(at(540)), [at(540), at(555)]);
        assert_eq!(ticks(at(550)), [at(540), at(555), at(570)]);
    }
    #[test]
    fn a_closed_booking_moves_no_more() {
        use BookingState::{Cancelled, Declined, Expired};
        for state in [Cancelled, Declined, Expired] {
            for side in [Side::Investor, Side::Host, Side::None] {
                assert!(Deed::ALL.iter().all(|deed| after(state, side, *deed).is_none()));
            }
        }
    }
    #[test]
    fn a_stranger_may_do_nothing() {
        for state in BookingState::ALL {
            assert!(Deed::ALL.iter().all(|deed| after(*state, Side::None, *deed).is_none()));
        }
    }
    #[test]
    fn a_request_is_the_hosts_to_confirm() {
        assert_eq!(after(BookingState::Held, Side::Host, Deed::Confirm), None);
        assert_eq!(after(BookingState::Requested, Side::Investor, Deed::Confirm), None);
        let confirmed = after(BookingState::Requested, Side::Host, Deed::Confirm);
        assert_eq!(confirmed, Some(BookingState::Confirmed));
        let moved = after(BookingState::Confirmed, Side::Investor, Deed::Move);
        assert_eq!(moved, Some(BookingState::Requested));
    }
}
