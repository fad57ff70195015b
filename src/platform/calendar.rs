//! One event as an iCalendar file (RFC 5545), published or sent to one person (RFC 5546).
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use serde::{Deserialize, Serialize};

use crate::platform::clock::Time;

/// How far a matter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Tentative,
    Confirmed,
    /// Out of whatever calendar holds it
    Gone,
}

/// What a calendar holds: under one `uid` a later `sequence` replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    pub uid: String,
    pub sequence: u32,
    pub starts_at: Time,
    pub ends_at: Time,
    pub summary: String,
    pub description: String,
    /// Where people meet, when they do
    #[serde(default)]
    pub place: Option<String>,
    pub organizer: String,
    pub standing: Standing,
}

impl Matter {
    /// For whoever takes it; `organizer` is the address of whoever answers for it, as a URI.
    pub fn published(&self, product: &str, link: &str, organizer: &str, now: Time) -> String {
        let method = if self.standing == Standing::Gone { "CANCEL" } else { "PUBLISH" };
        of(product, self.event(link, organizer, now).done(), method)
    }

    /// For one person, from a mail address to a mail address: asks them in, or takes it back.
    pub fn sent(
        &self,
        product: &str,
        link: &str,
        organizer: &str,
        (name, address): (&str, &str),
        now: Time,
    ) -> String {
        let mut event = self.event(link, &format!("mailto:{organizer}"), now);
        let attendee = Property::new("ATTENDEE", format!("mailto:{address}"))
            .add_parameter("CN", &quoted(name))
            .add_parameter("ROLE", "REQ-PARTICIPANT")
            .add_parameter("PARTSTAT", "NEEDS-ACTION")
            .add_parameter("RSVP", "FALSE")
            .done();
        event.append_multi_property(attendee);
        of(product, event.done(), self.method())
    }

    /// Of what is sent to one person.
    pub fn method(&self) -> &'static str {
        if self.standing == Standing::Gone { "CANCEL" } else { "REQUEST" }
    }

    fn event(&self, link: &str, organizer: &str, now: Time) -> Event {
        let mut event = Event::with_uid(&self.uid);
        event
            .sequence(self.sequence)
            .timestamp(now.utc())
            .starts(self.starts_at.utc())
            .ends(self.ends_at.utc())
            .summary(&self.summary)
            .description(&format!("{}\n{link}", self.description))
            .url(link)
            .status(match self.standing {
                Standing::Gone => EventStatus::Cancelled,
                Standing::Confirmed => EventStatus::Confirmed,
                Standing::Tentative => EventStatus::Tentative,
            })
            .append_property(
                Property::new("ORGANIZER", organizer).add_parameter("CN", &quoted(&self.organizer)).done(),
            );
        if let Some(place) = &self.place {
            event.location(place);
        }
        event
    }
}

/// The file as text; CANCEL takes the event out of whatever calendar holds it (RFC 5546).
fn of(product: &str, event: Event, method: &str) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", product));
    calendar.append_property(Property::new("METHOD", method));
    calendar.push(event);
    calendar.to_string()
}

/// A parameter's value holds no quotation mark (RFC 5545, 3.2).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}
