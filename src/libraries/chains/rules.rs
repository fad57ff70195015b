//! Who may do what with a proposal, from when a version can hold, and what it changes. Pure.
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::libraries::chains::content::ChainContent;
use crate::libraries::chains::version::ChainState;

crate::text_enum! {
    /// What one may do with a proposal.
    pub enum ChainAct {
        Approve = "approve", "批准", "Approve";
        Return = "return", "退回", "Return";
        Edit = "edit", "修改", "Edit";
        Withdraw = "withdraw", "撤回", "Withdraw";
    }
}
crate::text_enum! {
    /// What becomes of a link.
    pub enum LinkChangeKind {
        Added = "added", "新增", "Added";
        Removed = "removed", "删除", "Removed";
        Changed = "changed", "调整", "Changed";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkChange {
    pub kind: LinkChangeKind,
    pub link: String,
}

/// How a person stands to a proposal.
#[derive(Debug, Clone, Copy)]
pub struct Standpoint {
    /// Of the county whose chain it is
    pub of_county: bool,
    /// Of the coordinator, who speaks for the city (article 6: 经市人民政府批准)
    pub of_city: bool,
    pub author: bool,
}

/// The county writes, the city decides, and nobody decides on what they wrote.
pub fn may(state: ChainState, who: Standpoint) -> Vec<ChainAct> {
    let decides = who.of_city && !who.author && state == ChainState::Open;
    let writes = who.of_county && matches!(state, ChainState::Open | ChainState::Returned);
    let possible = [
        (ChainAct::Approve, decides),
        (ChainAct::Return, decides),
        (ChainAct::Edit, writes),
        (ChainAct::Withdraw, writes),
    ];
    possible.into_iter().filter_map(|(act, yes)| yes.then_some(act)).collect()
}

/// A version holds from a day after the one before began, and not from a day to come.
pub fn can_begin(from_on: NaiveDate, before: Option<NaiveDate>, today: NaiveDate) -> bool {
    from_on <= today && before.is_none_or(|before| from_on > before)
}

/// What becomes of each link, in the order of the new version; then what is gone.
pub fn changes(before: Option<&ChainContent>, after: &ChainContent) -> Vec<LinkChange> {
    let old = before.map(|b| b.links.as_slice()).unwrap_or_default();
    let said = |kind, link: &str| LinkChange { kind, link: link.to_owned() };
    let mut out = Vec::new();
    for link in &after.links {
        match old.iter().find(|o| o.name == link.name) {
            None => out.push(said(LinkChangeKind::Added, link.name.as_str())),
            Some(o) if o != link => out.push(said(LinkChangeKind::Changed, link.name.as_str())),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|o| !after.links.iter().any(|link| link.name == o.name));
    out.extend(gone.map(|o| said(LinkChangeKind::Removed, o.name.as_str())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(links: &[(&str, bool)]) -> ChainContent {
        let links: Vec<_> = links
            .iter()
            .map(|(name, gap)| serde_json::json!({"place": "mid", "name": name, "gap": gap, "locals": []}))
            .collect();
        serde_json::from_value(
            serde_json::json!({"name": "竹产业", "industry": "bamboo", "basis": "示例", "links": links}),
        )
        .unwrap()
    }

    #[test]
    fn nobody_decides_on_what_they_wrote_and_a_county_never_decides() {
        for state in ChainState::ALL {
            for bits in 0..8u8 {
                let who = Standpoint { of_county: bits & 1 > 0, of_city: bits & 2 > 0, author: bits & 4 > 0 };
                let acts = may(*state, who);
                let decides = acts.contains(&ChainAct::Approve) || acts.contains(&ChainAct::Return);
                assert!(!decides || (who.of_city && !who.author && *state == ChainState::Open));
                assert!(acts.is_empty() || matches!(state, ChainState::Open | ChainState::Returned));
            }
        }
    }

    #[test]
    fn a_version_begins_after_the_one_before_and_not_tomorrow() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 3, d).unwrap();
        assert!(can_begin(day(2), None, day(2)));
        assert!(can_begin(day(2), Some(day(1)), day(5)));
        assert!(!can_begin(day(1), Some(day(1)), day(5)));
        assert!(!can_begin(day(6), None, day(5)));
    }

    #[test]
    fn each_change_of_a_link_is_told_once() {
        let before = chain(&[("竹林培育", false), ("竹板材", false), ("竹浆", true)]);
        let after = chain(&[("竹林培育", false), ("竹板材", true), ("竹纤维", true)]);
        let told: Vec<_> = changes(Some(&before), &after).into_iter().map(|c| (c.kind, c.link)).collect();
        assert_eq!(
            told,
            [
                (LinkChangeKind::Changed, "竹板材".to_owned()),
                (LinkChangeKind::Added, "竹纤维".to_owned()),
                (LinkChangeKind::Removed, "竹浆".to_owned())
            ]
        );
        assert!(changes(Some(&after), &after).is_empty());
        assert_eq!(changes(None, &after).len(), 3);
    }
}
