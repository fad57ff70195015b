//! What the rest of the house hears of talks; each event holds what a notice needs.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

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

/// What the other side is told (see the notifications' rules for the names).
#[derive(Serialize)]
struct Notice {
    reader_ids: [AccountId; 1],
    title_zh: &'static str,
    title_en: &'static str,
    body_zh: String,
    body_en: String,
    link: String,
    template: Template,
}

#[derive(Serialize)]
struct Template {
    key: &'static str,
    values: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Told<'a> {
    talk: &'a TalkFacts,
    #[serde(flatten)]
    notice: Notice,
}

impl TalkFacts {
    fn notice(&self, title_zh: &'static str, title_en: &'static str) -> Notice {
        let reader = if self.by_id == self.host_id { &self.investor_id } else { &self.host_id };
        let local = self.starts_at.in_china();
        let reason = self.reason.as_ref().map(|r| format!(" · {r}")).unwrap_or_default();
        Notice {
            reader_ids: [reader.clone()],
            title_zh,
            title_en,
            body_zh: format!(
                "{} · {}（北京时间）· {}{reason}",
                self.topic,
                local.format("%m月%d日 %H:%M"),
                self.by_name
            ),
            body_en: format!(
                "{} · {} (Beijing) · {}{reason}",
                self.topic,
                local.format("%d %b %H:%M"),
                self.by_name
            ),
            link: format!("/talks/{}", self.booking_id),
            template: Template {
                key: "talk",
                values: BTreeMap::from([
                    ("thing1", self.topic.clone()),
                    ("time2", local.format("%Y年%m月%d日 %H:%M").to_string()),
                ]),
            },
        }
    }
}

macro_rules! talk_events {
    ($($(#[$meta:meta])* $name:ident, $zh:literal, $en:literal;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Deserialize)]
            pub struct $name {
                pub talk: TalkFacts,
            }
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    Told { talk: &self.talk, notice: self.talk.notice($zh, $en) }.serialize(serializer)
                }
            }
            impl Event for $name {
                const NAME: &'static str = stringify!($name);
            }
        )+
    };
}
talk_events!(
    /// An investor turned a hold into a request: the host is to answer.
    TalkRequested, "有客商预约云洽谈，请确认", "A talk was requested; please answer";
    /// The host confirmed.
    TalkConfirmed, "云洽谈已确认", "Your talk is confirmed";
    /// The host declined, with a reason.
    TalkDeclined, "云洽谈未能安排", "Your talk was declined";
    /// One side moved it: `former_starts_at` to `starts_at`.
    TalkMoved, "云洽谈已改期", "Your talk was moved";
    /// One side called it off.
    TalkCancelled, "云洽谈已取消", "Your talk was cancelled";
    /// The minutes stand and both sides may read them.
    MinutesPublished, "洽谈纪要已发布", "The minutes are published";
);
