//! What is said to whom about a cloud talk. Pure: the events of talks hold facts, the words are made here.
use std::collections::BTreeMap;

use crate::deals::talks::Side;
use crate::deals::talks::events::{
    MinutesPublished, TalkCancelled, TalkConfirmed, TalkDeclined, TalkFacts, TalkMoved, TalkRequested,
};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::outbox::{Event, Stored};
use crate::views::notifications::rule::{Notice, Template};

/// Our key of WeChat's booking template, whose places are thing1 (topic), time2 (start), phrase3 (state)
/// and thing4 (unit or person on the other side).
pub const TEMPLATE: &str = "talk";

/// Words for one event: titles, and the state in at most five characters, as WeChat's `phrase` takes.
struct Words {
    zh: &'static str,
    en: &'static str,
    phrase: &'static str,
}

/// The notice of a talk's event; `None` for every other.
pub fn notice(event: &Stored) -> Option<Notice> {
    let talk = facts(event)?;
    let words = words(&event.name)?;
    let other = match talk.by_side {
        Side::Host => &talk.investor_id,
        _ => &talk.host_id,
    };
    Some(Notice {
        reader_ids: readers(&talk, other),
        title_zh: words.zh.to_owned(),
        title_en: words.en.to_owned(),
        body_zh: body_zh(&talk),
        body_en: body_en(&talk),
        link: format!("/talks/{}", talk.booking_id),
        template: Some(Template { key: TEMPLATE.to_owned(), values: values(&talk, &words) }),
    })
}

fn facts(event: &Stored) -> Option<TalkFacts> {
    let requested = event.read::<TalkRequested>().map(|e| e.talk);
    requested
        .or_else(|| event.read::<TalkConfirmed>().map(|e| e.talk))
        .or_else(|| event.read::<TalkDeclined>().map(|e| e.talk))
        .or_else(|| event.read::<TalkMoved>().map(|e| e.talk))
        .or_else(|| event.read::<TalkCancelled>().map(|e| e.talk))
        .or_else(|| event.read::<MinutesPublished>().map(|e| e.talk))
}

fn words(name: &str) -> Option<Words> {
    let (zh, en, phrase) = match name {
        TalkRequested::NAME => ("新的洽谈预约，请确认", "A talk was requested: please confirm", "待确认"),
        TalkConfirmed::NAME => ("洽谈预约已确认", "Your talk is confirmed", "已确认"),
        TalkDeclined::NAME => ("洽谈预约未被接受", "Your talk was declined", "未接受"),
        TalkMoved::NAME => ("洽谈时间已改", "A talk was moved", "已改期"),
        TalkCancelled::NAME => ("洽谈已取消", "A talk was cancelled", "已取消"),
        MinutesPublished::NAME => ("洽谈纪要已发布", "The minutes of a talk are published", "有纪要"),
        _ => return None,
    };
    Some(Words { zh, en, phrase })
}

/// The other side; whoever did it knows.
fn readers(talk: &TalkFacts, other: &AccountId) -> Vec<AccountId> {
    if talk.by_id == *other { Vec::new() } else { vec![other.clone()] }
}

/// The time in China, where the talk's hosts are.
fn clock(at: Time) -> String {
    at.plus(chrono::Duration::hours(8)).utc().format("%Y-%m-%d %H:%M").to_string()
}

fn body_zh(talk: &TalkFacts) -> String {
    let mut body = format!("{}，{}（北京时间）", talk.topic, clock(talk.starts_at));
    if let Some(former) = talk.former_starts_at {
        body += &format!("，原定 {}", clock(former));
    }
    if let Some(reason) = &talk.reason {
        body += &format!("。原因：{reason}");
    }
    body
}

fn body_en(talk: &TalkFacts) -> String {
    let mut body = format!("{}, {} (Beijing time)", talk.topic, clock(talk.starts_at));
    if let Some(former) = talk.former_starts_at {
        body += &format!(", formerly {}", clock(former));
    }
    if let Some(reason) = &talk.reason {
        body += &format!(". Reason: {reason}");
    }
    body
}

fn values(talk: &TalkFacts, words: &Words) -> BTreeMap<String, String> {
    [
        ("thing1", talk.topic.clone()),
        ("time2", clock(talk.starts_at)),
        ("phrase3", words.phrase.to_owned()),
        ("thing4", talk.by_name.clone()),
    ]
    .into_iter()
    .map(|(place, value)| (place.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOST: &str = "01a19468-1c71-7118-b2cd-e30b22b2ff79";
    const INVESTOR: &str = "01a19468-1c71-7118-b2cd-e30b22b2ff80";

    fn event(name: &str, by: &str, side: &str) -> Stored {
        let payload = json!({"talk": {
            "booking_id": HOST, "topic": "竹纤维项目", "language": "zh", "site_name": null, "unit_id": "430922",
            "host_id": HOST, "host_name": "谭示例", "investor_id": INVESTOR, "investor_name": "王示例",
            "starts_at": "2026-11-24T01:30:00.000Z", "ends_at": "2026-11-24T02:00:00.000Z",
            "by_id": by, "by_name": "某人", "by_side": side, "reason": "临时有会", "former_starts_at": null,
        }});
        let at = Time::from_millis(0);
        Stored {
            id: "e".to_owned(),
            name: name.to_owned(),
            payload: payload.to_string(),
            created_at: at,
            attempts: 0,
        }
    }

    #[test]
    fn the_other_side_is_told_in_beijing_time() {
        let told = notice(&event("TalkDeclined", HOST, "host")).unwrap();
        assert_eq!(told.reader_ids, [INVESTOR.parse().unwrap()]);
        assert_eq!(told.body_zh, "竹纤维项目，2026-11-24 09:30（北京时间）。原因：临时有会");
        let told = notice(&event("TalkRequested", INVESTOR, "investor")).unwrap();
        assert_eq!(told.reader_ids, [HOST.parse().unwrap()]);
    }

    #[test]
    fn every_value_fits_its_place_at_wechat() {
        for name in [
            "TalkRequested",
            "TalkConfirmed",
            "TalkDeclined",
            "TalkMoved",
            "TalkCancelled",
            "MinutesPublished",
        ] {
            let template = notice(&event(name, HOST, "host")).unwrap().template.unwrap();
            for (place, value) in &template.values {
                assert_eq!(
                    crate::platform::wechat::fit_value(place, value).as_ref(),
                    Ok(value),
                    "{name} {place}"
                );
            }
        }
    }

    #[test]
    fn other_events_are_left_to_their_own_words() {
        assert_eq!(notice(&event("LeadSubmitted", HOST, "host")), None);
    }
}
