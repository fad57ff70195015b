//! The engine against a scan of everything, and against a table of what should come first.
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::entry::{Asker, Audience, Entry, put_texts, texts_in};
use super::fit::{Grade, grade, marks};
use super::index::{Index, Wanted};
use super::text::{Question, Sign, text_of, walk};
use crate::people::auth::Scope;
use crate::views::search::kind::SearchKind;

fn entry(key: &str, kind: SearchKind, title: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        kind,
        id: key.to_owned(),
        title: title.to_owned(),
        title_en: None,
        aliases: Vec::new(),
        words: Vec::new(),
        codes: Vec::new(),
        detail: None,
        detail_en: None,
        unit_id: None,
        at: None,
        demo: true,
        audience: Audience { anybody: true, ..Audience::default() },
    }
}

fn texts_of(entry: &Entry) -> Vec<Sign> {
    let mut row = Vec::new();
    put_texts(entry, &mut row);
    row
}

fn all(most: usize) -> Wanted {
    Wanted { kinds: SearchKind::ALL.to_vec(), most, after: None }
}

/// kind, title, English title, other names, words, codes; lists are parted by `;`.
fn library() -> Vec<Entry> {
    let rows = include_str!("../../../../tests/vectors/search_library.tsv").lines();
    rows.filter(|row| !row.starts_with('#') && !row.is_empty())
        .enumerate()
        .map(|(n, row)| {
            let cells: Vec<&str> = row.split('\t').collect();
            let list = |at: usize| -> Vec<String> {
                let cell = cells.get(at).copied().unwrap_or_default();
                cell.split(';').filter(|text| !text.is_empty()).map(str::to_owned).collect()
            };
            let title_en = list(2).pop();
            let kind = cells[0].parse().unwrap();
            Entry {
                title_en,
                aliases: list(3),
                words: list(4),
                codes: list(5),
                ..entry(&format!("{n:03}"), kind, cells[1])
            }
        })
        .collect()
}

#[test]
fn what_should_come_first_comes_first() {
    let index = Index::of(library());
    let table = include_str!("../../../../tests/vectors/search_first.tsv").lines();
    let rows: Vec<Vec<&str>> = table
        .filter(|row| !row.starts_with('#') && !row.is_empty())
        .map(|row| row.split('\t').collect())
        .collect();
    assert!(rows.len() >= 60, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let (asked, reason, first) = (row[0], row[1], row.get(2).copied().unwrap_or_default());
        let found = index.search(&Question::of(asked), &Asker::default(), &all(3));
        // Of all groups the best find.
        let hits = found.groups.iter().flat_map(|group| &group.hits);
        let best = hits.min_by_key(|hit| (hit.place.grade, hit.place.length));
        let got = best.map_or(("none", ""), |hit| (hit.grade.reason().as_str(), hit.entry.title.as_str()));
        if got != (reason, first) {
            wrong.push(format!("{asked}: {reason} {first} expected, {} {} found", got.0, got.1));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn counts_are_of_what_the_asker_may_see() {
    let mut theirs = entry("a", SearchKind::Lead, "腾飞竹业");
    theirs.audience = Audience { units: vec!["B".to_owned()], all: true, ..Audience::default() };
    let mut mine = entry("b", SearchKind::Lead, "腾飞竹业集团");
    mine.audience = Audience { people: vec!["me".to_owned()], all: true, ..Audience::default() };
    let index = Index::of([theirs, mine]);
    let count = |asker: &Asker| {
        let found = index.search(&Question::of("腾飞"), asker, &all(9));
        found.groups.iter().map(|group| group.count).sum::<usize>()
    };
    let asker = |scope, unit: &str| Asker {
        account: Some("me".to_owned()),
        unit: Some(unit.to_owned()),
        task_forces: Vec::new(),
        reach: vec![(SearchKind::Lead, scope)],
    };
    assert_eq!(count(&Asker::default()), 0);
    assert_eq!(count(&asker(Scope::Own, "B")), 1);
    assert_eq!(count(&asker(Scope::Unit, "A")), 1);
    assert_eq!(count(&asker(Scope::Unit, "B")), 2);
    assert_eq!(count(&asker(Scope::Any, "A")), 2);
}

#[test]
fn whether_an_error_is_forgiven_does_not_tell_of_what_is_hidden() {
    let mut hidden = entry("a", SearchKind::Lead, "腾飞竹业");
    hidden.audience = Audience::default();
    let index = Index::of([hidden, entry("b", SearchKind::Site, "腾飞竹园")]);
    let found = index.search(&Question::of("腾飞竹业"), &Asker::default(), &all(9));
    assert!(found.forgiving);
    assert_eq!(found.groups[0].hits[0].entry.key, "b");
}

#[test]
fn a_changed_entry_is_found_by_its_new_name_alone() {
    let mut index = Index::of([entry("a", SearchKind::Site, "旧厂房")]);
    index.put(Arc::new(entry("a", SearchKind::Site, "新地块")));
    let count =
        |index: &Index, q: &str| index.search(&Question::of(q), &Asker::default(), &all(9)).groups.len();
    assert_eq!((count(&index, "厂房"), count(&index, "地块")), (0, 1));
    index.take_out("a");
    assert_eq!((count(&index, "地块"), index.len()), (0, 0));
    for n in 0..3000 {
        index.put(Arc::new(entry("a", SearchKind::Site, &format!("地块{n}"))));
    }
    assert!(index.is_worn());
    let anew = index.made_anew();
    assert!(!anew.is_worn());
    assert_eq!(count(&anew, "地块2999"), 1);
}

#[test]
fn marks_name_the_characters_that_were_found() {
    let marked = |q: &str, title: &str| {
        let text = text_of(title);
        let at: Vec<usize> = walk(title).map(|(at, _, _)| at).collect();
        let chars: Vec<char> = title.chars().collect();
        marks(&Question::of(q), &text, true)
            .into_iter()
            .map(|(from, len)| chars[at[from]..=at[from + len - 1]].iter().collect::<String>())
            .collect::<Vec<_>>()
    };
    assert_eq!(marked("腾飞 集团", "湖南腾飞竹业（集团）有限公司"), ["腾飞", "集团"]);
    assert_eq!(marked("湖南竹业", "湖南腾飞竹业（集团）"), ["湖南", "竹业"]);
    assert_eq!(marked("tfzy", "益阳市腾飞竹业"), ["腾飞竹业"]);
    assert_eq!(marked("腾非竹业", "益阳市腾飞竹业"), ["腾飞竹业"]);
    assert_eq!(marked("hitech", "Yiyang Hi-tech Park"), ["Hi-tech"]);
}

/// Few signs, so that everything meets everything: two readings, syllables that run into each other, letters, digits.
fn text(most: usize) -> impl Strategy<Value = String> {
    let signs = vec![
        "益", "阳", "腾", "飞", "竹", "业", "长", "西", "安", "先", "a", "n", "xi", "9", "1", " ", "-", "（",
    ];
    prop::collection::vec(prop::sample::select(signs), 0..most).prop_map(|parts| parts.concat())
}

/// Letters as one types a sound, whole, cut, in initials, or wrong.
fn typed() -> impl Strategy<Value = String> {
    let parts = vec![
        "yi", "yang", "teng", "fei", "zhu", "ye", "chang", "xi", "an", "xian", "t", "f", "z", "g", "n", "91",
    ];
    prop::collection::vec(prop::sample::select(parts), 1..5).prop_map(|parts| parts.concat())
}

fn made_up() -> impl Strategy<Value = (String, Vec<String>, u8)> {
    (text(9), prop::collection::vec(text(7), 0..4), 0_u8..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn the_index_finds_what_a_scan_finds(
        rows in prop::collection::vec(made_up(), 1..30),
        gone in prop::collection::vec(0_usize..30, 0..4),
        questions in prop::collection::vec(prop_oneof![text(6), typed()], 1..6),
        unit in 0_u8..4,
    ) {
        let kinds = SearchKind::ALL;
        let mut entries: Vec<Entry> = rows.iter().enumerate().map(|(n, (title, more, unit))| {
            let mut made = entry(&format!("{n:02}"), kinds[n % 3], title);
            made.title_en = more.first().cloned();
            made.aliases = more.iter().skip(1).take(1).cloned().collect();
            made.words = more.iter().skip(2).take(1).cloned().collect();
            made.codes = more.iter().skip(3).cloned().collect();
            made.audience = Audience { anybody: *unit == 0, all: true, units: vec![unit.to_string()], ..Audience::default() };
            made
        }).collect();
        let mut index = Index::of(entries.clone());
        for n in gone {
            let key = format!("{n:02}");
            index.take_out(&key);
            entries.retain(|entry| entry.key != key);
        }
        let asker = Asker {
            account: None,
            unit: Some(unit.to_string()),
            task_forces: Vec::new(),
            reach: kinds.iter().map(|kind| (*kind, Scope::Unit)).collect(),
        };
        for q in questions {
            let question = Question::of(&q);
            let scan = |forgiving: bool| {
                let mut found: BTreeMap<SearchKind, Vec<(Grade, usize, std::cmp::Reverse<String>)>> = BTreeMap::new();
                for entry in entries.iter().filter(|entry| asker.sees(entry.kind, &entry.audience)) {
                    let fit = if question.is_empty() { None } else { grade(&question, &texts_of(entry), forgiving) };
                    if let Some(grade) = fit {
                        let length = texts_in(&texts_of(entry)).next().map_or(0, |(_, text)| text.len());
                        found.entry(entry.kind).or_default().push((grade, length, std::cmp::Reverse(entry.key.clone())));
                    }
                }
                found.values_mut().for_each(|list| list.sort());
                found
            };
            let mut expected = scan(false);
            if expected.is_empty() {
                expected = scan(true);
            }
            let got = index.search(&question, &asker, &all(100));
            let got: BTreeMap<SearchKind, Vec<_>> = got.groups.into_iter().map(|group| {
                assert_eq!(group.count, group.hits.len());
                let hits = group.hits.into_iter();
                (group.kind, hits.map(|hit| (hit.grade, usize::from(hit.place.length), std::cmp::Reverse(hit.entry.key.clone()))).collect())
            }).collect();
            prop_assert_eq!(got, expected, "{:?}", q);
        }
    }
}

#[test]
fn pages_go_on_where_the_one_before_ended() {
    let index =
        Index::of((0..50).map(|n| entry(&format!("{n:02}"), SearchKind::Site, &format!("地块{}", n % 7))));
    let whole = index.search(&Question::of("地块"), &Asker::default(), &all(100));
    let expected: Vec<String> = whole.groups[0].hits.iter().map(|hit| hit.entry.key.clone()).collect();
    let (mut got, mut after) = (Vec::new(), None);
    loop {
        let wanted = Wanted { after: after.clone(), ..all(8) };
        let group = index.search(&Question::of("地块"), &Asker::default(), &wanted).groups.remove(0);
        assert_eq!(group.count, 50);
        after = group.hits.last().map(|hit| hit.place.clone());
        let some = group.hits.len();
        got.extend(group.hits.into_iter().map(|hit| hit.entry.key.clone()));
        if some < 8 {
            break;
        }
    }
    assert_eq!(got, expected);
}
