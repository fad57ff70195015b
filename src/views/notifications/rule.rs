//! How an event is read for telling. Pure: names of events and of their fields, no type of another room.
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::people::auth::AccountId;
use crate::platform::calendar::Matter;

/// Longest title, body and link in characters; longer ones are cut, so that no event can fill an inbox.
const TITLE: usize = 60;
const BODY: usize = 400;
const LINK: usize = 200;

crate::text_enum! {
    /// What a notification is about.
    pub enum NotificationKind {
        Talk = "talk", "云洽谈", "Cloud talk";
        Signing = "signing", "云签约", "Cloud signing";
        Lead = "lead", "招商信息", "Lead";
        Project = "project", "项目", "Project";
        Map = "map", "招商地图", "Investment map";
        Chain = "chain", "产业链", "Chain";
        Enterprise = "enterprise", "目标企业", "Target enterprise";
        Institution = "institution", "联络机构", "Liaison institution";
        Gathering = "gathering", "招商活动", "Event";
        Other = "other", "其他", "Other";
    }
}

/// What an event's name begins with, and what it is then about; the first that fits.
const KINDS: &[(&str, NotificationKind)] = &[
    ("Talk", NotificationKind::Talk),
    ("Minutes", NotificationKind::Talk),
    ("Lead", NotificationKind::Lead),
    ("Agreement", NotificationKind::Signing),
    ("Signing", NotificationKind::Signing),
    ("Signature", NotificationKind::Signing),
    ("Project", NotificationKind::Project),
    ("Site", NotificationKind::Map),
    ("Offer", NotificationKind::Map),
    ("Pursuit", NotificationKind::Enterprise),
    ("Institution", NotificationKind::Institution),
    ("Chain", NotificationKind::Chain),
    ("Gathering", NotificationKind::Gathering),
];

/// Links inside the app, and the mini-program's page for each.
const PAGES: &[(&str, &str)] = &[
    ("/talks/", "packages/talks/booking/index"),
    ("/leads/", "packages/leads/lead/index"),
    ("/agreements/", "packages/signings/agreement/index"),
    ("/templates/", "packages/signings/template/index"),
    ("/seals/", "packages/signings/seal/index"),
    ("/projects/", "packages/projects/project/index"),
    ("/drafts/", "packages/map/draft/index"),
    ("/imports/", "packages/map/import/index"),
    ("/offers/", "packages/map/offer/index"),
    ("/chains/", "packages/chains/proposal/index"),
    ("/enterprises/", "packages/enterprises/enterprise/index"),
    ("/institutions/", "packages/institutions/institution/index"),
    ("/gatherings/", "packages/gatherings/gathering/index"),
    ("/gathering-desk/", "packages/gatherings/desk/index"),
];

/// The fields that an event carries when it wants to be told; whatever else it holds is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Notice {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
    #[serde(default)]
    pub template: Option<Template>,
    #[serde(default)]
    pub calendar: Option<Calendar>,
}

/// For the calendars of these people, readers or not, and of the talk's guests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Calendar {
    pub matter: Matter,
    pub account_ids: Vec<AccountId>,
    pub booking_id: String,
}

/// A WeChat subscribe message: the key of a template of ours, and a value for each of its places.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Template {
    pub key: String,
    pub values: BTreeMap<String, String>,
}

impl Template {
    /// The values as a delivery keeps them.
    pub fn content(&self) -> String {
        serde_json::to_string(&self.values).unwrap_or_default()
    }
}

pub fn kind_of(event: &str) -> NotificationKind {
    let kind = KINDS.iter().find(|(start, _)| event.starts_with(start));
    kind.map_or(NotificationKind::Other, |(_, kind)| *kind)
}

/// The notice in an event's payload, each reader once; `None` when the event tells nobody.
pub fn notice(payload: &str) -> Option<Notice> {
    let mut notice: Notice = serde_json::from_str(payload).ok()?;
    notice.reader_ids.sort_unstable();
    notice.reader_ids.dedup();
    for (text, most) in [
        (&mut notice.title_zh, TITLE),
        (&mut notice.title_en, TITLE),
        (&mut notice.body_zh, BODY),
        (&mut notice.body_en, BODY),
        (&mut notice.link, LINK),
    ] {
        *text = cut(text, most);
    }
    (!notice.reader_ids.is_empty()).then_some(notice)
}

/// At most `most` characters; what is cut ends in an ellipsis.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The mini-program's page behind a link inside the app; its home when there is none.
pub fn page_of(link: &str) -> String {
    if link == "/leads/pool" {
        return "packages/leads/pool/index".to_owned();
    }
    PAGES
        .iter()
        .find_map(|(start, page)| link.strip_prefix(start).map(|id| (id, page)))
        .filter(|(id, _)| crate::platform::id::is_well_formed(id))
        .map_or_else(|| "pages/home/index".to_owned(), |(id, page)| format!("{page}?id={id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = "01a19468-1c71-7118-b2cd-e30b22b2ff79";

    fn payload(more: &str) -> String {
        format!(
            r#"{{"booking_id":"x","reader_ids":["{READER}","{READER}"],"title_zh":"标题","title_en":"Title","body_zh":"正文","body_en":"Body","link":"/talks/{READER}"{more}}}"#
        )
    }

    #[test]
    fn an_event_is_read_by_its_fields_and_each_reader_told_once() {
        let notice = notice(&payload("")).unwrap();
        assert_eq!((notice.reader_ids.len(), notice.template), (1, None));
    }

    #[test]
    fn an_event_that_tells_nobody_is_passed_over() {
        assert_eq!(notice(r#"{"project_id":"x"}"#), None);
        assert_eq!(notice(&payload("").replace(READER, "")), None);
        assert_eq!(notice("not json"), None);
    }

    #[test]
    fn the_kind_follows_the_name() {
        assert_eq!(kind_of("TalkConfirmed"), NotificationKind::Talk);
        assert_eq!(kind_of("MinutesPublished"), NotificationKind::Talk);
        assert_eq!(kind_of("LeadHandedOver"), NotificationKind::Lead);
        assert_eq!(kind_of("SomethingElse"), NotificationKind::Other);
    }

    #[test]
    fn a_template_is_kept_with_its_values() {
        let more = r#","template":{"key":"talk","values":{"time2":"2026-11-24 09:30","thing1":"题"}}"#;
        let template = notice(&payload(more)).unwrap().template.unwrap();
        assert_eq!(template.content(), r#"{"thing1":"题","time2":"2026-11-24 09:30"}"#);
    }

    #[test]
    fn a_link_opens_the_right_page_and_nothing_else() {
        assert_eq!(page_of(&format!("/leads/{READER}")), format!("packages/leads/lead/index?id={READER}"));
        assert_eq!(page_of("/leads/x&y=1"), "pages/home/index");
        assert_eq!(page_of("https://example.com"), "pages/home/index");
    }
}
