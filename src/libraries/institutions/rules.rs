//! When somebody is reminded of an agreement that ends. The document says nothing of it; this is the house's reading. Pure.
use chrono::NaiveDate;

/// So many days before its last day an agreement is spoken of, the earliest first.
pub const REMINDERS: [i32; 2] = [30, 7];

/// The reminder that is due today, as its number of days, when none so late was sent before.
pub fn reminder(today: NaiveDate, ends_on: NaiveDate, sent: Option<i32>) -> Option<i32> {
    let left = (ends_on - today).num_days();
    let reached = REMINDERS.into_iter().filter(|days| (0..=i64::from(*days)).contains(&left)).min()?;
    sent.is_none_or(|before| before > reached).then_some(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn each_reminder_is_sent_once_and_none_after_the_end() {
        let ends = day("2027-03-31");
        let due = |today: &str, sent| reminder(day(today), ends, sent);
        assert_eq!(due("2027-02-28", None), None);
        assert_eq!(due("2027-03-01", None), Some(30));
        assert_eq!(due("2027-03-10", Some(30)), None);
        assert_eq!(due("2027-03-24", Some(30)), Some(7));
        assert_eq!(due("2027-03-24", None), Some(7), "one that was made late is spoken of once");
        assert_eq!(due("2027-03-31", Some(7)), None);
        assert_eq!(due("2027-04-01", None), None);
    }
}
