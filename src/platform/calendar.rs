//! One event as an iCalendar file (RFC 5545).
use icalendar::{Calendar, Event, Property};

/// The file as text; `gone` takes the event out of whatever calendar holds it (RFC 5546).
pub fn of_one(product: &str, event: Event, gone: bool) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", product));
    calendar.append_property(Property::new("METHOD", if gone { "CANCEL" } else { "PUBLISH" }));
    calendar.push(event);
    calendar.to_string()
}
