//! What the rest of the house hears of talks; each event holds what a notice needs.
use serde::{Deserialize, Serialize};

use crate::deals::talks::{Booking, BookingId, Side, TalkLanguage};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::outbox::Event;

/// The booking as it stood after what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TalkFacts {
    pub booking_id: BookingId,
    pub topic: String,
    pub language: TalkLanguage,
    pub site_name: Option<String>,
    pub unit_id: String,
    pub host_id: AccountId,
    pub host_name: String,
    pub investor_id: AccountId,
    pub investor_name: String,
    pub starts_at: Time,
    pub ends_at: Time,
    /// Who did it: the other side is to be told
    pub by_id: AccountId,
    pub by_name: String,
    pub by_side: Side,
    pub reason: Option<String>,
    /// Before a move
    pub former_starts_at: Option<Time>,
}

impl TalkFacts {
    pub fn of(booking: &Booking, actor: &Actor, side: Side) -> Self {
        Self {
            booking_id: booking.id.clone(),
            topic: booking.topic.clone(),
            language: booking.language,
            site_name: booking.site_name.clone(),
            unit_id: booking.unit_id.clone(),
            host_id: booking.host_id.clone(),
            host_name: booking.host_name.clone(),
            investor_id: booking.investor_id.clone(),
            investor_name: booking.investor_name.clone(),
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            by_id: actor.id.clone(),
            by_name: actor.name.clone(),
            by_side: side,
            reason: booking.reason.clone(),
            former_starts_at: None,
        }
    }
}

macro_rules! talk_events {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Serialize, Deserialize)]
            pub struct $name {
                pub talk: TalkFacts,
            }
            impl Event for $name {
                const NAME: &'static str = stringify!($name);
            }
        )+
    };
}
talk_events!(
    /// An investor turned a hold into a request: the host is to answer.
    TalkRequested,
    /// The host confirmed.
    TalkConfirmed,
    /// The host declined, with a reason.
    TalkDeclined,
    /// One side moved it: `former_starts_at` to `starts_at`.
    TalkMoved,
    /// One side called it off.
    TalkCancelled,
    /// The minutes stand and both sides may read them.
    MinutesPublished,
);
