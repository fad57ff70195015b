//! A booking as an iCalendar object (RFC 5545): a later one replaces an earlier one, a cancelled one removes it (RFC 5546).
use icalendar::{Component, Event, EventLike, EventStatus, Property};

use crate::deals::talks::booking::Booking;
use crate::deals::talks::rules::BookingState;
use crate::platform::calendar;
use crate::platform::clock::Time;

const PRODUCT: &str = "-//palm investment platform//cloud talks//ZH";

/// The object as text. `address` is where the platform is found; `state` is the booking's at `now`.
pub fn object(booking: &Booking, state: BookingState, address: &str, now: Time) -> String {
    let gone = matches!(state, BookingState::Declined | BookingState::Cancelled | BookingState::Expired);
    let link = format!("{address}/#/packages/talks/booking/index?id={}", booking.id);
    let mut event = Event::with_uid(&format!("{}@talks.palm", booking.id));
    event
        .sequence(booking.sequence.unsigned_abs())
        .timestamp(now.utc())
        .starts(booking.starts_at.utc())
        .ends(booking.ends_at.utc())
        .summary(&format!("云洽谈 · {}", booking.topic))
        .description(&description(booking, state, &link))
        .url(&link)
        .status(match (gone, state) {
            (true, _) => EventStatus::Cancelled,
            (false, BookingState::Confirmed) => EventStatus::Confirmed,
            (false, _) => EventStatus::Tentative,
        })
        .append_property(
            Property::new("ORGANIZER", format!("{address}/"))
                .add_parameter("CN", &quoted(&booking.host_name))
                .done(),
        );
    calendar::of_one(PRODUCT, event.done(), gone)
}

fn description(booking: &Booking, state: BookingState, link: &str) -> String {
    let site = booking.site_name.as_deref().map(|site| format!("\n{site}")).unwrap_or_default();
    format!(
        "{} · {}\n{} — {}{site}\n{link}",
        state.zh(),
        state.en(),
        booking.host_name,
        booking.investor_name
    )
}

/// A parameter's value holds no quotation mark (RFC 5545, 3.2).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}
