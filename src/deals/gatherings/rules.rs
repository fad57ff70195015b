//! What a gathering allows at a time: its phase, who gets a place, what an answer may be, which live links are taken. Pure.
use chrono::Duration;

use crate::deals::gatherings::gathering::GatheringState;
use crate::deals::gatherings::plan::{AnswerKind, FormQuestion};
use crate::deals::gatherings::registration::RegistrationState;
use crate::error::Code;
use crate::platform::clock::Time;

pub const CLOSED: Code = Code::new(
    "gathering.closed",
    "报名已截止，如需参加请联系主办单位",
    "Registration has closed; please call the organiser",
);
pub const FIRM_FULL: Code = Code::new(
    "gathering.firm_full",
    "贵单位的报名人数已达上限，可请已报名的同事退出后再报",
    "Your firm has all the places it may have; a colleague can give one back first",
);

/// So long before it begins the live link is shown.
pub const LIVE_BEFORE: i64 = 15;
/// Hours before the beginning from which people may be checked in.
const DOOR_BEFORE: i64 = 12;
/// Days after the end within which a phone that was off line may still send its check-ins.
const DOOR_AFTER: i64 = 7;

crate::text_enum! {
    /// How a gathering stands for those who might come.
    pub enum GatheringPhase {
        Draft = "draft", "筹备中", "In preparation";
        Open = "open", "报名中", "Open";
        Full = "full", "已满，可候补", "Full, waiting list";
        Closed = "closed", "报名截止", "Registration closed";
        Running = "running", "进行中", "Running";
        Ended = "ended", "已结束", "Ended";
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

/// What the rules read of a gathering.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub state: GatheringState,
    pub starts_at: Time,
    pub ends_at: Time,
    pub closes_at: Time,
    pub capacity: i32,
    pub firm_limit: i32,
    pub taken: i32,
    pub waiting: i32,
}

impl Standing {
    pub fn phase(&self, now: Time) -> GatheringPhase {
        match self.state {
            GatheringState::Draft => GatheringPhase::Draft,
            GatheringState::Cancelled => GatheringPhase::Cancelled,
            GatheringState::Published if now >= self.ends_at => GatheringPhase::Ended,
            GatheringState::Published if now >= self.starts_at => GatheringPhase::Running,
            GatheringState::Published if now >= self.closes_at => GatheringPhase::Closed,
            GatheringState::Published if self.has_place() => GatheringPhase::Open,
            GatheringState::Published => GatheringPhase::Full,
        }
    }

    /// A free place that nobody waits for.
    fn has_place(&self) -> bool {
        self.taken < self.capacity && self.waiting == 0
    }

    /// What somebody gets who registers now, with so many of the same firm on the list.
    pub fn admit(&self, of_firm: i64, now: Time) -> Result<RegistrationState, &'static Code> {
        if self.state != GatheringState::Published || now >= self.closes_at {
            return Err(&CLOSED);
        }
        if of_firm >= i64::from(self.firm_limit) {
            return Err(&FIRM_FULL);
        }
        Ok(if self.has_place() { RegistrationState::Seated } else { RegistrationState::Waiting })
    }

    pub fn door_is_open(&self, now: Time) -> bool {
        let from = self.starts_at.minus(Duration::hours(DOOR_BEFORE));
        let to = self.ends_at.plus(Duration::days(DOOR_AFTER));
        self.state == GatheringState::Published && (from..to).contains(&now)
    }

    pub fn is_live(&self, now: Time) -> bool {
        let from = self.starts_at.minus(Duration::minutes(LIVE_BEFORE));
        self.state == GatheringState::Published && (from..self.ends_at).contains(&now)
    }
}

/// The host of an https link without name, password, port or tricks; `None` for every other text.
fn host_of(link: &str) -> Option<&str> {
    let rest = link.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain =
        host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let clean = link.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>'));
    (plain && clean && host.contains('.')).then_some(host)
}

/// Whether a live link is https and of one of these hosts or below one.
pub fn link_is_allowed(link: &str, hosts: &[String]) -> bool {
    let Some(host) = host_of(link) else { return false };
    hosts.iter().any(|allowed| {
        host == allowed || host.strip_suffix(allowed.as_str()).is_some_and(|start| start.ends_with('.'))
    })
}

/// Whether an answer is one that the question takes.
pub fn answer_fits(question: &FormQuestion, text: &str) -> bool {
    match question.kind {
        AnswerKind::Text => true,
        AnswerKind::Number => text.len() <= 15 && text.parse::<f64>().is_ok_and(f64::is_finite),
        AnswerKind::Choice => question.choices.iter().any(|choice| choice.label.as_str() == text),
    }
}

/// Below this a number in a breakdown could tell who somebody is.
const SMALL: i64 = 5;

/// A breakdown without its small numbers, and without what would let them be worked out from the sum: what is left out
/// is at least two numbers that make [`SMALL`] together, as long as there is more to leave out.
pub fn guarded(counts: &[i64]) -> Vec<Option<i64>> {
    let mut shown: Vec<Option<i64>> =
        counts.iter().map(|n| (!(1..SMALL).contains(n)).then_some(*n)).collect();
    loop {
        let hidden: Vec<i64> =
            counts.iter().zip(&shown).filter(|(_, s)| s.is_none()).map(|(n, _)| *n).collect();
        if hidden.is_empty() || (hidden.len() > 1 && hidden.iter().sum::<i64>() >= SMALL) {
            return shown;
        }
        let smallest = shown.iter_mut().filter(|s| s.is_some_and(|n| n > 0)).min_by_key(|s| **s);
        match smallest {
            Some(next) => *next = None,
            None => return shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Line;

    const HOUR: i64 = 3_600_000;

    fn standing() -> Standing {
        Standing {
            state: GatheringState::Published,
            starts_at: Time::from_millis(100 * HOUR),
            ends_at: Time::from_millis(103 * HOUR),
            closes_at: Time::from_millis(90 * HOUR),
            capacity: 2,
            firm_limit: 1,
            taken: 0,
            waiting: 0,
        }
    }
    fn at(hour: i64) -> Time {
        Time::from_millis(hour * HOUR)
    }

    #[test]
    fn the_phase_follows_the_clock_and_the_places() {
        let g = standing();
        let full = Standing { taken: 2, ..g };
        let phases = [g.phase(at(1)), full.phase(at(1)), g.phase(at(90)), g.phase(at(100)), g.phase(at(103))];
        use GatheringPhase as P;
        assert_eq!(phases, [P::Open, P::Full, P::Closed, P::Running, P::Ended]);
        assert_eq!(Standing { state: GatheringState::Cancelled, ..g }.phase(at(101)), P::Cancelled);
    }

    #[test]
    fn a_place_goes_to_whoever_waits_first() {
        let g = standing();
        assert_eq!(g.admit(0, at(1)), Ok(RegistrationState::Seated));
        assert_eq!(Standing { taken: 2, ..g }.admit(0, at(1)), Ok(RegistrationState::Waiting));
        assert_eq!(Standing { taken: 1, waiting: 1, ..g }.admit(0, at(1)), Ok(RegistrationState::Waiting));
        assert_eq!(g.admit(1, at(1)), Err(&FIRM_FULL));
        assert_eq!(g.admit(0, at(90)), Err(&CLOSED));
    }

    #[test]
    fn the_door_opens_half_a_day_before_and_takes_late_phones_for_a_week() {
        let g = standing();
        assert!(!g.door_is_open(at(87)) && g.door_is_open(at(88)));
        assert!(g.door_is_open(at(103 + 24 * 7 - 1)) && !g.door_is_open(at(103 + 24 * 7)));
        assert!(!g.is_live(at(99)) && g.is_live(at(100)) && !g.is_live(at(103)));
    }

    #[test]
    fn only_https_links_of_known_hosts_are_taken() {
        let hosts = ["meeting.example.com".to_owned()];
        for good in [
            "https://meeting.example.com/a?b=1",
            "https://eu.meeting.example.com",
            "https://meeting.example.com#x",
        ] {
            assert!(link_is_allowed(good, &hosts), "{good}");
        }
        for bad in [
            "http://meeting.example.com/a",
            "https://evil.example.com",
            "https://meeting.example.com.evil.net",
            "https://evilmeeting.example.com",
            "https://meeting.example.com@evil.net",
            "https://meeting.example.com:444/",
            "https://evil.net\\.meeting.example.com",
            "https://meeting.example.com/ javascript",
            "javascript:alert(1)",
            "https://",
        ] {
            assert!(!link_is_allowed(bad, &hosts), "{bad}");
        }
    }

    #[test]
    fn a_small_number_is_left_out_and_cannot_be_worked_out() {
        assert_eq!(guarded(&[30, 12, 0]), [Some(30), Some(12), Some(0)]);
        assert_eq!(
            guarded(&[30, 12, 3, 0]),
            [Some(30), None, None, Some(0)],
            "the sum would give the three away"
        );
        assert_eq!(guarded(&[30, 4, 3]), [Some(30), None, None]);
        assert_eq!(guarded(&[30, 1, 1]), [None, None, None], "two that make two are one each");
        assert_eq!(guarded(&[0, 2]), [Some(0), None]);
    }

    #[test]
    fn an_answer_fits_its_question() {
        let question = |kind, choices: &[&str]| FormQuestion {
            label: Line::parse("q").unwrap(),
            label_en: None,
            kind,
            required: false,
            choices: choices
                .iter()
                .map(|c| crate::deals::gatherings::plan::FormChoice {
                    label: Line::parse(c).unwrap(),
                    label_en: None,
                })
                .collect(),
        };
        assert!(answer_fits(&question(AnswerKind::Number, &[]), "12.5"));
        assert!(!answer_fits(&question(AnswerKind::Number, &[]), "十二"));
        assert!(!answer_fits(&question(AnswerKind::Number, &[]), "inf"));
        assert!(answer_fits(&question(AnswerKind::Choice, &["电子"]), "电子"));
        assert!(!answer_fits(&question(AnswerKind::Choice, &["电子"]), "别的"));
    }
}
