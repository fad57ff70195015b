//! Entries by the pieces of their texts, so that a question looks at those alone that may fit.
//!
//! A list of entries' numbers is kept for every pair of Chinese characters, every beginning of a word, every pair of
//! syllables and every three initials. What a list gives is a candidate: [`fit`](super::fit) judges it, and who may
//! not see an entry never has it counted.
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::entry::{Asker, Audience, Entry, Field, put_texts, texts_in};
use super::fit::{Grade, grade};
use super::sound::readings;
use super::text::{LONGEST, Question, Sign, Term, is_han};
use super::typing::{is_forgiven, meant};
use crate::views::search::kind::SearchKind;

/// A word's beginning is kept up to this length: a whole credit code.
const LONGEST_KEY: usize = 18;
/// A sound that can be cut in more ways than these is looked up by its first syllable.
const MOST_CUTS: usize = 32;
const LONGEST_SYLLABLE: usize = 6;
/// When so many more numbers are dead than alive, the lists are made anew.
const MOST_DEAD: usize = 1000;
/// So few are judged rather than looked for in further lists.
const FEW: usize = 64;
/// A list that is not so many times as long is walked along, a longer one leapt through.
const NEAR: usize = 8;

type Numbers = Vec<u32>;

#[derive(Default)]
pub struct Index {
    /// By number; `None` was taken out
    entries: Vec<Option<Arc<Entry>>>,
    /// What an entry is judged by, one after another: a head with the number of its circle, and its texts
    signs: Vec<Sign>,
    /// Where the head of each entry stands
    rows: Vec<u32>,
    newness: Vec<u128>,
    by_key: HashMap<String, u32>,
    /// Every kind with every audience that some entry has, counted from one
    circles: Vec<(SearchKind, Audience)>,
    by_circle: HashMap<(SearchKind, Audience), usize>,
    characters: HashMap<char, Numbers>,
    pairs: HashMap<(char, char), Numbers>,
    words: BTreeMap<Box<str>, Numbers>,
    syllables: BTreeMap<&'static str, Numbers>,
    spoken: HashMap<(&'static str, &'static str), Numbers>,
    /// Of two and of three characters in a row, by their letters
    initials: HashMap<[u8; 3], Numbers>,
}

/// Where a find stands in its group; what comes later is greater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub grade: u8,
    /// Signs of the title
    pub length: u16,
    /// Of two like ones the newer comes first, as the row's id tells
    pub key: String,
}

#[derive(Debug, Clone)]
pub struct Hit {
    pub entry: Arc<Entry>,
    pub grade: Grade,
    pub place: Place,
}

/// The finds of one kind.
#[derive(Debug, Clone)]
pub struct Group {
    pub kind: SearchKind,
    /// All that the asker may see
    pub count: usize,
    pub hits: Vec<Hit>,
}

#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Nothing fits as it was typed: these fit but for one error
    pub forgiving: bool,
    pub groups: Vec<Group>,
}

/// How much of each group is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub kinds: Vec<SearchKind>,
    pub most: usize,
    pub after: Option<Place>,
}

struct Fit<'a> {
    grade: Grade,
    length: u16,
    newness: u128,
    entry: &'a Arc<Entry>,
}

impl Fit<'_> {
    fn order(&self, other: &Self) -> Ordering {
        self.order_at(other.grade as u8, other.length, other.newness, &other.entry.key)
    }

    /// Against the place of another find.
    fn order_at(&self, grade: u8, length: u16, newness: u128, key: &str) -> Ordering {
        (self.grade as u8, self.length, newness)
            .cmp(&(grade, length, self.newness))
            .then_with(|| key.cmp(self.entry.key.as_str()))
    }
}

/// Orders keys as their rows' ids, which begin with the time, without reading more of them.
fn newness(key: &str) -> u128 {
    let id = key.split_once('/').map_or(key, |(_, id)| id);
    id.bytes().chain(std::iter::repeat(0)).take(16).fold(0, |all, byte| (all << 8) | u128::from(byte))
}

/// The finds of one kind: all are counted, and only so many of the best are held.
#[derive(Default)]
struct Best<'a> {
    count: usize,
    held: Vec<Fit<'a>>,
}

impl<'a> Best<'a> {
    /// Whether so many better ones are held that this has no place: told without its entry, which lies far away.
    fn is_above(&self, grade: Grade, length: u16, newness: impl FnOnce() -> u128, most: usize) -> bool {
        let better = |last: &Fit| match (last.grade, last.length).cmp(&(grade, length)) {
            Ordering::Less => true,
            Ordering::Equal => last.newness > newness(),
            Ordering::Greater => false,
        };
        self.held.len() >= most && self.held.last().is_none_or(better)
    }

    fn hold(&mut self, fit: Fit<'a>, wanted: &Wanted) {
        let after =
            |place: &Place| fit.order_at(place.grade, place.length, newness(&place.key), &place.key).is_gt();
        if wanted.after.as_ref().is_none_or(after) {
            let at = self.held.partition_point(|held| held.order(&fit).is_lt());
            if at < wanted.most {
                self.held.insert(at, fit);
                self.held.truncate(wanted.most);
            }
        }
    }
}

impl Index {
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut index = Self::default();
        for entry in entries {
            index.put(Arc::new(entry));
        }
        index
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Whether so much has changed that making everything anew is cheaper than carrying it on.
    pub fn is_worn(&self) -> bool {
        self.entries.len() > 2 * self.len() + MOST_DEAD
    }
    pub fn made_anew(&self) -> Self {
        let mut index = Self::default();
        for entry in self.entries.iter().flatten() {
            index.put(Arc::clone(entry));
        }
        index
    }

    pub fn take_out(&mut self, key: &str) {
        let Some(number) = self.by_key.remove(key) else { return };
        if let Some(entry) = self.entries.get_mut(number as usize) {
            *entry = None;
        }
        let row = self.rows.get(number as usize).copied().unwrap_or_default();
        if let Some(head) = self.signs.get_mut(row as usize) {
            *head = Sign::head(0, 0);
        }
    }

    /// Puts an entry in the place of the one with its key.
    pub fn put(&mut self, entry: Arc<Entry>) {
        self.take_out(&entry.key);
        let circle = self.circle(&entry);
        let numbers = [self.entries.len(), self.signs.len()].map(u32::try_from);
        let ([Ok(number), Ok(row)], ..=LONGEST) = (numbers, circle) else { return };
        let mut texts = Vec::new();
        put_texts(&entry, &mut texts);
        for (field, text) in texts_in(&texts) {
            self.note_characters(text, number);
            self.note_words(text, number);
            if field == Field::Title {
                self.note_sounds(text, number);
            }
        }
        self.signs.push(Sign::head(0, circle));
        self.signs.append(&mut texts);
        self.rows.push(row);
        self.newness.push(newness(&entry.key));
        self.by_key.insert(entry.key.clone(), number);
        self.entries.push(Some(entry));
    }

    fn circle(&mut self, entry: &Entry) -> usize {
        let circle = (entry.kind, entry.audience.clone());
        if let Some(number) = self.by_circle.get(&circle) {
            return *number;
        }
        self.circles.push(circle.clone());
        self.by_circle.insert(circle, self.circles.len());
        self.circles.len()
    }

    /// The circle of an entry, unless it was taken out, and its texts.
    fn row(&self, number: u32) -> Option<(&(SearchKind, Audience), &[Sign])> {
        let number = number as usize;
        let to = self.rows.get(number + 1).map_or(self.signs.len(), |to| *to as usize);
        let (head, texts) = self.signs.get(*self.rows.get(number)? as usize..to)?.split_first()?;
        let (_, circle) = head.as_head();
        Some((self.circles.get(circle.checked_sub(1)?)?, texts))
    }

    fn note_characters(&mut self, text: &[Sign], number: u32) {
        let chars: Vec<char> = text.iter().map(|sign| sign.char()).collect();
        for c in chars.iter().filter(|c| is_han(**c)) {
            note(self.characters.entry(*c).or_default(), number);
        }
        for pair in chars.windows(2) {
            if let [a, b] = pair
                && is_han(*a)
                && is_han(*b)
            {
                note(self.pairs.entry((*a, *b)).or_default(), number);
            }
        }
    }

    fn note_words(&mut self, text: &[Sign], number: u32) {
        for (at, _) in text.iter().enumerate().filter(|(_, sign)| sign.starts_word()) {
            let rest = text.get(at..).unwrap_or_default().iter().map(|sign: &Sign| sign.char());
            let key: String = rest.take_while(|c| !is_han(*c)).take(LONGEST_KEY).collect();
            match self.words.get_mut(key.as_str()) {
                Some(list) => note(list, number),
                None => {
                    self.words.insert(key.into(), vec![number]);
                }
            }
        }
    }

    fn note_sounds(&mut self, text: &[Sign], number: u32) {
        let said: Vec<&[&'static str]> = text.iter().map(|sign| readings(sign.char())).collect();
        for (at, here) in said.iter().enumerate() {
            let next = said.get(at + 1).copied().unwrap_or_default();
            let third = said.get(at + 2).copied().unwrap_or_default();
            for a in *here {
                note(self.syllables.entry(a).or_default(), number);
                for b in next {
                    note(self.spoken.entry((a, b)).or_default(), number);
                    note(self.initials.entry([initial(a), initial(b), 0]).or_default(), number);
                    for c in third {
                        let three = [initial(a), initial(b), initial(c)];
                        note(self.initials.entry(three).or_default(), number);
                    }
                }
            }
        }
    }

    /// What the asker may see of what fits, by kind; one typing error is forgiven when nothing fits otherwise.
    pub fn search(&self, question: &Question, asker: &Asker, wanted: &Wanted) -> Found {
        if question.is_empty() {
            return Found::default();
        }
        for forgiving in [false, true] {
            let groups = self.groups(question, asker, wanted, forgiving);
            if !groups.is_empty() {
                return Found { forgiving, groups };
            }
        }
        Found::default()
    }

    fn groups(&self, question: &Question, asker: &Asker, wanted: &Wanted, forgiving: bool) -> Vec<Group> {
        let mut first = Vec::new();
        let mut others = Vec::new();
        for term in &question.terms {
            let mut lists = self.candidates(term, forgiving);
            lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
            first.extend(lists.pop());
            others.append(&mut lists);
        }
        // The lists of one term often hold the same entries: its shortest is met with that of the next term first.
        first.sort_by_key(|list| list.len());
        others.sort_by_key(|list| list.len());
        let mut candidates = common_in_order(first.iter().chain(&others).map(AsRef::as_ref));
        // First whether each may be seen at all: that also has its texts at hand when they are judged.
        let seen = |(kind, audience): &(SearchKind, Audience)| {
            wanted.kinds.contains(kind) && asker.sees(*kind, audience)
        };
        candidates.retain(|number| self.row(*number).is_some_and(|(circle, _)| seen(circle)));
        let mut best: BTreeMap<SearchKind, Best> = BTreeMap::new();
        // The newest first: of many alike, those that come later then have no place.
        for number in candidates.into_iter().rev() {
            let Some(((kind, _), texts)) = self.row(number) else { continue };
            let Some(grade) = grade(question, texts, forgiving) else { continue };
            let title = texts_in(texts).next().map_or(0, |(_, title)| title.len());
            let length = u16::try_from(title).unwrap_or(u16::MAX);
            let best = best.entry(*kind).or_default();
            best.count += 1;
            let newness = || self.newness.get(number as usize).copied().unwrap_or_default();
            if !best.is_above(grade, length, newness, wanted.most)
                && let Some(entry) = self.entries.get(number as usize).and_then(Option::as_ref)
            {
                best.hold(Fit { grade, length, newness: newness(), entry }, wanted);
            }
        }
        let hit = |fit: Fit| {
            let place = Place { grade: fit.grade as u8, length: fit.length, key: fit.entry.key.clone() };
            Hit { entry: Arc::clone(fit.entry), grade: fit.grade, place }
        };
        let group = |(kind, best): (SearchKind, Best)| Group {
            kind,
            count: best.count,
            hits: best.held.into_iter().map(hit).collect(),
        };
        best.into_iter().map(group).collect()
    }

    /// Lists none of which misses anything that fits.
    fn candidates(&self, term: &Term, forgiving: bool) -> Vec<Cow<'_, [u32]>> {
        match term {
            Term::Han(run) => self.of_characters(run, forgiving),
            Term::Word(word) => {
                let mut all = Numbers::new();
                let text: String = word.iter().collect();
                self.of_beginning(&text, &mut all);
                let spoken = word.len() > 1 && word.iter().all(char::is_ascii_lowercase);
                if spoken {
                    self.of_sound(&text, true, &mut all);
                    self.of_initials(text.as_bytes(), &mut all);
                }
                if forgiving && is_forgiven(word) {
                    for meant in meant(word) {
                        self.of_beginning(&meant, &mut all);
                        if spoken {
                            self.of_sound(&meant, false, &mut all);
                        }
                    }
                }
                all.sort_unstable();
                all.dedup();
                vec![Cow::Owned(all)]
            }
        }
    }

    fn of_characters(&self, run: &[char], forgiving: bool) -> Vec<Cow<'_, [u32]>> {
        let one = |c: &char| self.characters.get(c).map(Vec::as_slice).unwrap_or_default();
        let pair = |pair: &[char]| match pair {
            [a, b] => self.pairs.get(&(*a, *b)).map(Vec::as_slice).unwrap_or_default(),
            _ => &[],
        };
        let (Some(first), Some(last)) = (run.windows(2).next(), run.windows(2).next_back()) else {
            return run.first().map(|c| Cow::Borrowed(one(c))).into_iter().collect();
        };
        // In pieces or in a row, the first two and the last two stand together, and nothing between them is missing:
        // the rarest of these decides how many are looked at.
        let inner = run.get(2..run.len() - 2).unwrap_or_default().iter();
        let lists: Vec<&[u32]> = [pair(first), pair(last)].into_iter().chain(inner.map(one)).collect();
        if !forgiving || run.len() < super::typing::FEWEST {
            return lists.into_iter().map(Cow::Borrowed).collect();
        }
        // One character is another: the half without it is whole.
        let mut all = common(lists);
        let (left, right) = run.split_at(run.len() / 2);
        for half in [left, right] {
            all.extend(common(half.windows(2).map(pair).collect()));
        }
        all.sort_unstable();
        all.dedup();
        vec![Cow::Owned(all)]
    }

    fn of_beginning(&self, word: &str, all: &mut Numbers) {
        let cut = word.char_indices().nth(LONGEST_KEY).map_or(word.len(), |(at, _)| at);
        let begin = word.get(..cut).unwrap_or_default();
        let keys = self.words.range::<str, _>(from(begin)).take_while(|(key, _)| key.starts_with(begin));
        keys.for_each(|(_, list)| all.extend(list));
    }

    /// Whose titles may sound like this; with `begun` the last syllable may be cut.
    fn of_sound(&self, spoken: &str, begun: bool, all: &mut Numbers) {
        if let Some(cuts) = self.cuts(spoken, begun) {
            for cut in cuts {
                match cut.as_slice() {
                    [] => {
                        let begin = self.syllables.range::<str, _>(from(spoken));
                        let fits = begin.take_while(|(syllable, _)| syllable.starts_with(spoken));
                        fits.for_each(|(_, list)| all.extend(list));
                    }
                    [one] => all.extend(self.syllables.get(one).into_iter().flatten()),
                    several => {
                        let pair = |pair: &[&'static str]| match pair {
                            [a, b] => self.spoken.get(&(*a, *b)).map(Vec::as_slice).unwrap_or_default(),
                            _ => &[],
                        };
                        all.extend(common(several.windows(2).map(pair).collect()));
                    }
                }
            }
        } else {
            let first = (1..=LONGEST_SYLLABLE.min(spoken.len())).filter_map(|n| spoken.get(..n));
            first.filter_map(|first| self.syllables.get(first)).for_each(|list| all.extend(list));
        }
    }

    /// Every way to cut a sound into syllables that are heard in some title; `None` when there are too many.
    fn cuts(&self, spoken: &str, begun: bool) -> Option<Vec<Vec<&'static str>>> {
        let longer = |rest: &str| {
            let mut near = self.syllables.range::<str, _>(from(rest)).take(2);
            begun && near.any(|(syllable, _)| syllable.starts_with(rest) && syllable.len() > rest.len())
        };
        // From which places the end can be reached: nothing is tried from the others.
        let mut ends: Vec<bool> = vec![false; spoken.len()];
        for at in (0..spoken.len()).rev() {
            let rest = spoken.get(at..).unwrap_or_default();
            let reaches = longer(rest)
                || (1..=LONGEST_SYLLABLE.min(rest.len())).any(|n| {
                    ends.get(at + n).copied().unwrap_or(true)
                        && rest.get(..n).is_some_and(|syllable| self.syllables.contains_key(syllable))
                });
            if let Some(end) = ends.get_mut(at) {
                *end = reaches;
            }
        }
        let mut cuts = Vec::new();
        let mut open: Vec<(usize, Vec<&'static str>)> = vec![(0, Vec::new())];
        while let Some((at, before)) = open.pop() {
            let rest = spoken.get(at..).unwrap_or_default();
            if longer(rest) || rest.is_empty() {
                cuts.push(before.clone());
            }
            if cuts.len() + open.len() > MOST_CUTS {
                return None;
            }
            for n in 1..=LONGEST_SYLLABLE.min(rest.len()) {
                let known = rest.get(..n).and_then(|syllable| self.syllables.get_key_value(syllable));
                if let Some((syllable, _)) = known
                    && ends.get(at + n).copied().unwrap_or(true)
                {
                    open.push((at + n, before.iter().copied().chain([*syllable]).collect()));
                }
            }
        }
        Some(cuts)
    }

    fn of_initials(&self, letters: &[u8], all: &mut Numbers) {
        let list = |key: [u8; 3]| self.initials.get(&key).map(Vec::as_slice).unwrap_or_default();
        match letters {
            [a, b] => all.extend(list([*a, *b, 0])),
            _ => {
                let threes = letters.windows(3).filter_map(|three| <[u8; 3]>::try_from(three).ok());
                all.extend(common(threes.map(list).collect()));
            }
        }
    }
}

fn initial(syllable: &str) -> u8 {
    syllable.bytes().next().unwrap_or_default()
}

fn from(begin: &str) -> (Bound<&str>, Bound<&str>) {
    (Bound::Included(begin), Bound::Unbounded)
}

/// Numbers only grow, so that every list stays in order.
fn note(list: &mut Numbers, number: u32) {
    if list.last() != Some(&number) {
        list.push(number);
    }
}

/// What stands in every list; of few that is not looked up to the end.
fn common(mut lists: Vec<&[u32]>) -> Numbers {
    lists.sort_unstable_by_key(|list| list.len());
    common_in_order(lists.into_iter())
}

/// As [`common`], of lists that are met in this order.
fn common_in_order<'a>(mut lists: impl Iterator<Item = &'a [u32]>) -> Numbers {
    let mut both = lists.next().unwrap_or_default().to_vec();
    for other in lists {
        if both.len() <= FEW {
            break;
        }
        if other.len() < NEAR * both.len() {
            walk_together(&mut both, other);
        } else {
            let mut rest = other;
            both.retain(|number| {
                rest = rest.get(reach(rest, *number)..).unwrap_or_default();
                rest.first() == Some(number)
            });
        }
    }
    both
}

/// Keeps what stands in `other` too, step by step and without a branch that depends on what is read.
fn walk_together(both: &mut Numbers, other: &[u32]) {
    let (mut here, mut there, mut kept) = (0, 0, 0);
    while let (Some(&one), Some(&two)) = (both.get(here), other.get(there)) {
        if let Some(place) = both.get_mut(kept) {
            *place = one;
        }
        kept += usize::from(one == two);
        here += usize::from(one <= two);
        there += usize::from(two <= one);
    }
    both.truncate(kept);
}

/// How many stand before `number`, found in ever longer leaps.
fn reach(list: &[u32], number: u32) -> usize {
    let mut leap = 1;
    while list.get(leap).is_some_and(|known| *known < number) {
        leap *= 2;
    }
    let start = leap / 2;
    let to = (leap + 1).min(list.len());
    start + list.get(start..to).unwrap_or_default().partition_point(|known| *known < number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_stands_in_every_list_is_met(
            lists in prop::collection::vec(prop::collection::btree_set(0_u32..3000, 0..900), 1..4),
            rare in prop::collection::btree_set(0_u32..3000, 80..100),
        ) {
            let all = lists.iter().chain([&rare]);
            let every: BTreeSet<u32> =
                (0..3000).filter(|number| all.clone().all(|list| list.contains(number))).collect();
            let all: Vec<Numbers> = all.map(|list| list.iter().copied().collect()).collect();
            let wide: Numbers = (0..3000).collect();
            let slices = all.iter().chain([&wide]).map(Vec::as_slice);
            for met in [common(slices.clone().collect()), common_in_order(slices)] {
                prop_assert!(met.is_sorted() && every.iter().all(|number| met.contains(number)));
                prop_assert!(met.len() <= FEW || met.iter().all(|number| every.contains(number)));
            }
        }
    }
}
