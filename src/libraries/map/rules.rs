//! What is decided about sites.
use chrono::{Days, NaiveDate};

/// After so many days without a look, what is said of a site is shown in grey.
pub const FRESH_DAYS: u64 = 90;

/// Whether nobody has checked it for too long, or ever.
pub fn is_stale(checked_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    checked_on.is_none_or(|day| day < stale_before(today))
}

/// Stale is what was checked before this day, or never.
pub fn stale_before(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(FRESH_DAYS)).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_checked_ninety_days_ago_is_fresh_and_a_day_more_is_not() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let checked = Some(day("2026-08-28"));
        assert!(!is_stale(checked, day("2026-08-28")));
        assert!(!is_stale(checked, day("2026-11-26")));
        assert!(is_stale(checked, day("2026-11-27")));
        assert!(is_stale(None, day("2026-11-26")));
    }
}
