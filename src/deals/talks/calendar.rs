//! A booking as a calendar holds it: a later one replaces an earlier one, a cancelled one removes it (RFC 5546).
use crate::config::Config;
use crate::deals::talks::booking::Booking;
use crate::deals::talks::rules::BookingState;
use crate::platform::calendar::{Matter, Standing};
use crate::platform::clock::Time;

const PRODUCT: &str = "-//palm investment platform//cloud talks//ZH";

/// `state` is the booking's now.
pub fn matter(booking: &Booking, state: BookingState) -> Matter {
    let gone = matches!(state, BookingState::Declined | BookingState::Cancelled | BookingState::Expired);
    let site = booking.site_name.as_deref().map(|site| format!("\n{site}")).unwrap_or_default();
    Matter {
        uid: format!("{}@talks.palm", booking.id),
        sequence: booking.sequence.unsigned_abs(),
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
        summary: format!("云洽谈 · {}", booking.topic),
        description: format!(
            "{} · {}\n{} — {}{site}",
            state.zh(),
            state.en(),
            booking.host_name,
            booking.investor_name
        ),
        place: None,
        organizer: booking.host_name.clone(),
        standing: match (gone, state) {
            (true, _) => Standing::Gone,
            (false, BookingState::Confirmed) => Standing::Confirmed,
            (false, _) => Standing::Tentative,
        },
    }
}

/// The file for whoever takes it.
pub fn object(booking: &Booking, state: BookingState, config: &Config, now: Time) -> String {
    let address = &config.public_url;
    let link = format!("{address}/#/packages/talks/booking/index?id={}", booking.id);
    matter(booking, state).published(PRODUCT, &link, &config.organizer(), now)
}
