//! How long a pursuit lasts. The document says nothing of it; these are the house's reading, kept here alone. Pure.
use chrono::{Days, NaiveDate};

/// A pursuit lapses when nothing was written for so many days.
pub const QUIET: u64 = 90;
/// An extension with a reason gives so many days more.
pub const EXTENSION: u64 = 30;

/// The last day of a pursuit in which something was done on `day`.
pub fn lapses_after_contact(day: NaiveDate) -> NaiveDate {
    day + Days::new(QUIET)
}

/// The last day after an extension on `day`: never earlier than it was.
pub fn lapses_after_extension(day: NaiveDate, before: NaiveDate) -> NaiveDate {
    before.max(day) + Days::new(EXTENSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_contact_gives_ninety_days() {
        assert_eq!(lapses_after_contact(day("2026-01-01")), day("2026-04-01"));
    }

    #[test]
    fn an_extension_adds_to_what_is_left_and_never_takes_away() {
        assert_eq!(lapses_after_extension(day("2026-03-20"), day("2026-04-01")), day("2026-05-01"));
        assert_eq!(lapses_after_extension(day("2026-04-02"), day("2026-04-01")), day("2026-05-02"));
    }
}
