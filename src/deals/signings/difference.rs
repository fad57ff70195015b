//! What differs between two versions of a template, clause by clause.
use std::collections::{HashMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::content::TemplateContent;
use crate::deals::signings::negotiation::differences;
use crate::deals::signings::reading::ReadingPart;

crate::text_enum! {
    /// Which part of a template.
    pub enum PartKind {
        Paper = "paper", "版式与开头", "Paper and opening";
        Field = "field", "字段", "Field";
        Article = "article", "条标题", "Heading";
        Clause = "clause", "条款", "Clause";
    }
}
crate::text_enum! {
    /// What became of a part.
    pub enum PartChange {
        Added = "added", "新增", "Added";
        Removed = "removed", "删除", "Removed";
        Changed = "changed", "修改", "Changed";
        Moved = "moved", "移动", "Moved";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateChange {
    pub what: PartKind,
    pub change: PartChange,
    pub key: String,
    /// The heading that a clause stands under, or a field's label
    pub title: Option<String>,
    pub title_en: Option<String>,
    pub before: Option<ReadingPart>,
    pub after: Option<ReadingPart>,
}

/// Titles and words of every part of a version, in order.
struct Listed {
    keys: Vec<(PartKind, String)>,
    parts: HashMap<(PartKind, String), Part>,
}

#[derive(Clone)]
struct Part {
    title: Option<String>,
    title_en: Option<String>,
    words: ReadingPart,
    /// The article that a clause stands in
    home: String,
}

fn listed(content: &TemplateContent) -> Listed {
    let mut all = Listed { keys: Vec::new(), parts: HashMap::new() };
    let mut add = |what: PartKind, key: &str, part: Part| {
        all.keys.push((what, key.to_owned()));
        all.parts.insert((what, key.to_owned()), part);
    };
    let bare = |words: ReadingPart| Part { title: None, title_en: None, words, home: String::new() };
    add(PartKind::Paper, "", bare(content.read_paper()));
    for field in &content.fields {
        let part = Part {
            title: Some(field.label.as_str().to_owned()),
            title_en: Some(field.label_en.as_str().to_owned()),
            ..bare(content.read_field(field))
        };
        add(PartKind::Field, field.key.as_str(), part);
    }
    for article in &content.articles {
        let head = content.read_heading(article);
        let (title, title_en) = (Some(head.text.clone()).filter(|t| !t.is_empty()), head.text_en.clone());
        add(PartKind::Article, article.key.as_str(), bare(head));
        for clause in &article.clauses {
            let part = Part {
                title: title.clone(),
                title_en: title_en.clone(),
                words: content.read_clause(clause),
                home: article.key.as_str().to_owned(),
            };
            add(PartKind::Clause, clause.key.as_str(), part);
        }
    }
    all
}

/// What becomes of each part, in the order of the new version; then what is gone.
pub fn changes(before: &TemplateContent, after: &TemplateContent) -> Vec<TemplateChange> {
    let (old, new) = (listed(before), listed(after));
    let changed: HashSet<String> =
        differences(&before.parts(), &after.parts()).into_iter().map(|change| change.key).collect();
    let moved = moved(&old, &new);
    let mut out = Vec::new();
    let gone = old.keys.iter().filter(|place| !new.parts.contains_key(place));
    for place in new.keys.iter().chain(gone) {
        let (was, is) = (old.parts.get(place), new.parts.get(place));
        let change = match (was, is) {
            (None, _) => PartChange::Added,
            (_, None) => PartChange::Removed,
            _ if changed.contains(&format!("{}/{}", place.0, place.1)) => PartChange::Changed,
            _ if moved.contains(place) => PartChange::Moved,
            _ => continue,
        };
        let Some(named) = is.or(was) else { continue };
        out.push(TemplateChange {
            what: place.0,
            change,
            key: place.1.clone(),
            title: named.title.clone(),
            title_en: named.title_en.clone(),
            before: was.map(|part| part.words.clone()),
            after: is.map(|part| part.words.clone()),
        });
    }
    out
}

/// Headings and clauses that both versions have, but in another place: all but the longest run that kept its order.
fn moved<'a>(old: &Listed, new: &'a Listed) -> HashSet<&'a (PartKind, String)> {
    let mut out = HashSet::new();
    for kind in [PartKind::Article, PartKind::Clause] {
        let was: HashMap<&(PartKind, String), usize> =
            old.keys.iter().enumerate().map(|(n, place)| (place, n)).collect();
        let both: Vec<(&(PartKind, String), usize)> = new
            .keys
            .iter()
            .filter(|place| place.0 == kind)
            .filter_map(|place| was.get(place).map(|n| (place, *n)))
            .collect();
        let kept = longest_rising(&both.iter().map(|(_, n)| *n).collect::<Vec<_>>());
        out.extend(both.iter().enumerate().filter(|(n, _)| !kept.contains(n)).map(|(_, (place, _))| *place));
        let home =
            |all: &Listed, place: &(PartKind, String)| all.parts.get(place).map(|part| part.home.clone());
        out.extend(both.iter().map(|(place, _)| *place).filter(|place| home(old, place) != home(new, place)));
    }
    out
}

/// Places of a longest rising run.
fn longest_rising(numbers: &[usize]) -> HashSet<usize> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::new();
    for (n, number) in numbers.iter().enumerate() {
        let before = (0..n).filter(|m| numbers.get(*m).is_some_and(|other| other < number));
        let from = before.max_by_key(|m| best.get(*m).map_or(0, |one| one.0));
        let length = from.and_then(|m| best.get(m)).map_or(0, |one| one.0) + 1;
        best.push((length, from));
    }
    let mut at = (0..best.len()).max_by_key(|n| best.get(*n).map_or(0, |one| one.0));
    let mut kept = HashSet::new();
    while let Some(n) = at {
        kept.insert(n);
        at = best.get(n).and_then(|one| one.1);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deals::signings::content::tests::framework;
    use serde_json::{Value, json};

    fn told(change: &dyn Fn(&mut Value)) -> Vec<(PartKind, PartChange, String)> {
        let before = framework();
        let mut after = serde_json::to_value(&before).unwrap();
        change(&mut after);
        let after = serde_json::from_value(after).unwrap();
        changes(&before, &after).into_iter().map(|one| (one.what, one.change, one.key)).collect()
    }

    #[test]
    fn the_same_differs_in_nothing() {
        assert!(told(&|_| {}).is_empty());
    }

    #[test]
    fn a_change_is_told_at_its_clause_with_both_wordings() {
        let before = framework();
        let mut after = serde_json::to_value(&before).unwrap();
        after["articles"][4]["clauses"][0]["text"] = "各方在二十个工作日内指定联系人。".into();
        let told = changes(&before, &serde_json::from_value(after).unwrap());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].what, told[0].change), (PartKind::Clause, PartChange::Changed));
        assert!(told[0].before.as_ref().unwrap().text.contains("十五个工作日"));
        assert!(told[0].after.as_ref().unwrap().text.contains("二十个工作日"));
        assert_eq!(told[0].title.as_deref(), Some("工作推进"));
    }

    #[test]
    fn what_is_new_gone_or_elsewhere_is_told_as_such() {
        let added = told(&|content| {
            let clause = json!({"key": "extra", "kind": "text", "text": "新增一款。"});
            content["articles"][0]["clauses"].as_array_mut().unwrap().push(clause);
        });
        assert_eq!(added, [(PartKind::Clause, PartChange::Added, "extra".to_owned())]);
        let mut key = String::new();
        let gone = told(&|content| {
            content["articles"][0]["clauses"].as_array_mut().unwrap().pop();
        });
        if let [(PartKind::Clause, PartChange::Removed, one)] = gone.as_slice() {
            key.clone_from(one);
        }
        assert!(!key.is_empty(), "{gone:?}");
        let moved = told(&|content| {
            let clauses = content["articles"][3]["clauses"].as_array_mut().unwrap();
            clauses.rotate_left(1);
        });
        assert_eq!(moved.len(), 1);
        assert_eq!(moved[0].1, PartChange::Moved);
    }
}
