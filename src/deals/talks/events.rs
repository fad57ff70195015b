//! What the rest of the house hears of talks; each event holds what a notice needs.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::deals::talks::booking::BookingHost;
use crate::deals::talks::calendar;
use crate::deals::talks::guest::GuestId;
use crate::deals::talks::{Booking, BookingId, Side};
use crate::people::auth::{AccountId, Actor};
use crate::platform::calendar::Matter;
use crate::platform::clock::Time;
use crate::platform::language::Language;
use crate::platform::outbox::Event;

/// The booking as it stood after what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TalkFacts {
    pub booking_id: BookingId,
    pub topic: String,
    pub language: Language,
    pub site_name: Option<String>,
    pub unit_id: String,
    pub host_id: AccountId,
    pub host_name: String,
    pub investor_id: AccountId,
    pub investor_name: String,
    pub starts_at: Time,
    pub ends_at: Time,
    /// Everyone who receives
    #[serde(default)]
    pub host_ids: Vec<AccountId>,
    /// Who did it: the other side is to be told; both are when the house did
    pub by_id: Option<AccountId>,
    pub by_name: String,
    pub by_side: Side,
    pub reason: Option<String>,
    /// Before a move
    pub former_starts_at: Option<Time>,
    /// Of another time that is only asked for
    #[serde(default)]
    pub asked_starts_at: Option<Time>,
    /// As calendars hold it; told beside the facts where it changed
    #[serde(skip)]
    pub matter: Option<Matter>,
}

impl TalkFacts {
    pub fn of(booking: &Booking, actor: &Actor, side: Side) -> Self {
        Self {
            by_id: Some(actor.id.clone()),
            by_name: actor.name.clone(),
            by_side: side,
            ..Self::about(booking)
        }
    }

    /// What no person did: both sides are told.
    pub fn by_the_house(booking: &Booking, hosts: &[BookingHost]) -> Self {
        Self::about(booking).received_by(hosts)
    }

    fn about(booking: &Booking) -> Self {
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
            host_ids: vec![booking.host_id.clone()],
            by_id: None,
            by_name: String::new(),
            by_side: Side::None,
            reason: booking.reason.clone(),
            former_starts_at: None,
            asked_starts_at: None,
            matter: Some(calendar::matter(booking, booking.state)),
        }
    }

    /// Tells everyone who receives, where several do.
    pub fn received_by(mut self, hosts: &[BookingHost]) -> Self {
        self.host_ids = hosts.iter().map(|host| host.host_id.clone()).collect();
        self
    }

    /// Tells the investor alone.
    pub fn to_the_investor(mut self) -> Self {
        self.by_side = Side::Host;
        self
    }

    /// Tells one of those who receive alone.
    pub fn to_the_host(mut self, host: &AccountId) -> Self {
        self.by_side = Side::Investor;
        self.host_ids = vec![host.clone()];
        self
    }

    pub fn moved_from(mut self, former: Time) -> Self {
        self.former_starts_at = Some(former);
        self
    }

    pub fn asking(mut self, for_time: Time) -> Self {
        self.asked_starts_at = Some(for_time);
        self
    }

    pub fn because(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(str::to_owned);
        self
    }
}

/// What the other side is told (see the notifications' rules for the names).
#[derive(Serialize)]
struct Notice {
    reader_ids: Vec<AccountId>,
    title_zh: &'static str,
    title_en: &'static str,
    body_zh: String,
    body_en: String,
    link: String,
    template: Template,
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<Calendar>,
}

/// For the calendars of both sides, whoever did it, and of the talk's guests.
#[derive(Serialize)]
struct Calendar {
    matter: Matter,
    account_ids: Vec<AccountId>,
    booking_id: BookingId,
}

/// What changes a calendar.
const CALENDARS: &[&str] = &["TalkRequested", "TalkConfirmed", "TalkDeclined", "TalkMoved", "TalkCancelled"];

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

/// A time as it is told, or two: what stood, and what was asked for or agreed on.
fn when(first: Time, then: Option<Time>, form: &str) -> String {
    let said = |at: Time| at.in_china().format(form).to_string();
    then.map_or_else(|| said(first), |then| format!("{} → {}", said(first), said(then)))
}

impl TalkFacts {
    fn hosts(&self) -> Vec<AccountId> {
        if self.host_ids.is_empty() { vec![self.host_id.clone()] } else { self.host_ids.clone() }
    }

    fn both_sides(&self) -> Vec<AccountId> {
        self.hosts().into_iter().chain([self.investor_id.clone()]).collect()
    }

    fn readers(&self) -> Vec<AccountId> {
        match self.by_side {
            Side::Host => vec![self.investor_id.clone()],
            Side::Investor => self.hosts(),
            Side::Guest | Side::None => self.both_sides(),
        }
    }

    fn calendar(&self, event: &str) -> Option<Calendar> {
        let matter = self.matter.clone().filter(|_| CALENDARS.contains(&event))?;
        Some(Calendar { matter, account_ids: self.both_sides(), booking_id: self.booking_id.clone() })
    }

    fn notice(&self, event: &str, title_zh: &'static str, title_en: &'static str) -> Notice {
        let (from, to) = match (self.former_starts_at, self.asked_starts_at) {
            (Some(former), _) => (former, Some(self.starts_at)),
            (None, asked) => (self.starts_at, asked),
        };
        let more: String = [Some(&self.by_name).filter(|name| !name.is_empty()), self.reason.as_ref()]
            .into_iter()
            .flatten()
            .map(|text| format!(" · {text}"))
            .collect();
        Notice {
            reader_ids: self.readers(),
            title_zh,
            title_en,
            body_zh: format!("{} · {}（北京时间）{more}", self.topic, when(from, to, "%m月%d日 %H:%M")),
            body_en: format!("{} · {} (Beijing){more}", self.topic, when(from, to, "%d %b %H:%M")),
            link: format!("/talks/{}", self.booking_id),
            template: Template {
                key: "talk",
                values: BTreeMap::from([
                    ("thing1", self.topic.clone()),
                    ("time2", self.starts_at.in_china().format("%Y年%m月%d日 %H:%M").to_string()),
                ]),
            },
            calendar: self.calendar(event),
        }
    }
}

/// What one guest is mailed: an invitation, or that it no longer holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GuestLetter {
    pub guest_id: GuestId,
    pub by_name: String,
    pub topic: String,
    pub starts_at: Time,
    pub matter: Matter,
    /// The guest's link under the house's seal: it opens once
    pub sealed_link: Option<String>,
}

macro_rules! guest_events {
    ($($(#[$meta:meta])* $name:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Serialize, Deserialize)]
            pub struct $name {
                pub letter: GuestLetter,
            }
            impl Event for $name {
                const NAME: &'static str = stringify!($name);
            }
        )+
    };
}
guest_events!(
    /// A guest was invited by mail.
    TalkGuestInvited;
    /// The link of a guest who has a mail address was taken back.
    TalkGuestRevoked;
);

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
                    Told { talk: &self.talk, notice: self.talk.notice(Self::NAME, $zh, $en) }.serialize(serializer)
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
    /// One side asks for another time: `asked_starts_at`.
    TalkMoveProposed, "对方提议改期，请答复", "Another time is proposed; please answer";
    /// The other side agreed: `former_starts_at` to `starts_at`.
    TalkMoved, "云洽谈已改期", "Your talk was moved";
    /// The other side did not agree: the old time stands.
    TalkMoveRefused, "对方未同意改期，仍按原时间", "The old time stands: the other side cannot move";
    /// Whoever asked took it back: the old time stands.
    TalkMoveWithdrawn, "对方撤回改期，仍按原时间", "The old time stands: the proposal was withdrawn";
    /// Nobody answered in time: the old time stands.
    TalkMoveLapsed, "改期提议已过期，仍按原时间", "The old time stands: the proposal lapsed";
    /// The host says that the investor did not come.
    TalkMissed, "接洽方标记您未到场", "You were marked as not shown up";
    /// The host took that back.
    TalkMissedUndone, "接洽方已撤销未到标记", "The mark of your absence was taken back";
    /// A time that freed up is kept for whoever waits for one.
    TalkOffered, "有空出的洽谈时段为您保留", "A time has freed up and is kept for you";
    /// They did not take it.
    TalkOfferLapsed, "为您保留的时段已过期", "The time kept for you has lapsed";
    /// It comes soon: for both sides.
    TalkReminded, "云洽谈提醒", "Your talk is coming up";
    /// One side called it off.
    TalkCancelled, "云洽谈已取消", "Your talk was cancelled";
    /// The host asks the investor to confirm the minutes.
    MinutesSent, "洽谈纪要请您确认", "Please confirm the minutes of your talk";
    /// The investor asks for another wording, with words.
    MinutesChangeAsked, "客商请您修改洽谈纪要", "The investor asks for a change of the minutes";
    /// The host took the minutes back before they were answered.
    MinutesRecalled, "接洽方撤回了洽谈纪要", "The minutes were taken back for another wording";
    /// The investor confirmed: the minutes stand.
    MinutesConfirmed, "双方已确认，洽谈纪要定稿", "Both sides have confirmed: the minutes are final";
    /// The minutes stand without the investor's answer.
    MinutesPublished, "洽谈纪要未经您答复已定稿", "The minutes are final without your answer";
    /// A follow-up was done by its side.
    TalkFollowUpDone, "洽谈后续事项已办结", "A follow-up of your talk is done";
    /// A follow-up was given up by its side, with a reason.
    TalkFollowUpDropped, "洽谈后续事项不再办理", "A follow-up of your talk was dropped";
    /// A follow-up's day is tomorrow or today: for whoever answers for it.
    TalkFollowUpDue, "您的洽谈后续事项即将到期", "A follow-up of yours is due";
    /// A follow-up's day has passed.
    TalkFollowUpOverdue, "您的洽谈后续事项已逾期", "A follow-up of yours is overdue";
);
