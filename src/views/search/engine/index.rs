//! Entries by the pieces of their texts, so that a question looks at those alone that may fit.
//!
//! A list of entries' numbers is kept for every pair of Chinese characters, every beginning of a word, every pair of
//! syllables and every three initials. What a list gives is a candidate: [`fit`](super::fit) judges it, and who may
//! not see an entry never has it counted.
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::entry::{Asker, Entry, Field, texts_of};
use super::fit::{Grade, grade};
use super::sound::readings;
use super::text::{Question, Sign, Term, Text, is_han};
use super::typing::{is_forgiven, meant};
use crate::views::search::kind::SearchKind;

/// A word's beginning is kept up to this length: a whole credit code.
const LONGEST_KEY: usize = 18;
/// A sound that can be cut in more ways than these is looked up by its first syllable.
const MOST_CUTS: usize = 32;
const LONGEST_SYLLABLE: usize = 6;
/// When so many more numbers are dead than alive, the lists are made anew.
const MOST_DEAD: usize = 1000;

type Numbers = Vec<u32>;

#[derive(Default)]
pub struct Index {
    slots: Vec<Option<Slot>>,
    by_key: HashMap<String, u32>,
    characters: HashMap<char, Numbers>,
    pairs: HashMap<(char, char), Numbers>,
    words: BTreeMap<Box<str>, Numbers>,
    syllables: BTreeMap<&'static str, Numbers>,
    spoken: HashMap<(&'static str, &'static str), Numbers>,
    /// Of two and of three characters in a row, by their letters
    initials: HashMap<[u8; 3], Numbers>,
}

struct Slot {
    entry: Arc<Entry>,
    texts: Box<[(Field, Text)]>,
    length: u16,
}

/// Where a find stands in its group; what comes later is greater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub grade: u8,
    /// Signs of the title
    pub length: u16,
    /// Of two like ones the newer comes first
    pub key: String,
}

impl Place {
    fn is_after(&self, other: &Self) -> bool {
        let order = (self.grade, self.length).cmp(&(other.grade, other.length));
        order.then_with(|| other.key.cmp(&self.key)).is_gt()
    }
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

struct Fit {
    kind: SearchKind,
    grade: Grade,
    length: u16,
    number: u32,
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
        self.slots.len() > 2 * self.len() + MOST_DEAD
    }
    pub fn made_anew(&self) -> Self {
        let mut index = Self::default();
        for slot in self.slots.iter().flatten() {
            index.put(Arc::clone(&slot.entry));
        }
        index
    }

    pub fn take_out(&mut self, key: &str) {
        let number = self.by_key.remove(key);
        if let Some(slot) = number.and_then(|number| self.slots.get_mut(number as usize)) {
            *slot = None;
        }
    }

    /// Puts an entry in the place of the one with its key.
    pub fn put(&mut self, entry: Arc<Entry>) {
        self.take_out(&entry.key);
        let Ok(number) = u32::try_from(self.slots.len()) else { return };
        let texts = texts_of(&entry);
        for (field, text) in &texts {
            self.note_characters(text, number);
            self.note_words(text, number);
            if *field == Field::Title {
                self.note_sounds(text, number);
            }
        }
        let length = texts.first().map_or(0, |(_, title)| u16::try_from(title.len()).unwrap_or(u16::MAX));
        self.by_key.insert(entry.key.clone(), number);
        self.slots.push(Some(Slot { entry, texts, length }));
    }

    fn note_characters(&mut self, text: &Text, number: u32) {
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

    fn note_words(&mut self, text: &Text, number: u32) {
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

    fn note_sounds(&mut self, text: &Text, number: u32) {
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
            let fits = self.fits(question, asker, &wanted.kinds, forgiving);
            if !fits.is_empty() {
                return Found { forgiving, groups: self.groups(fits, wanted) };
            }
        }
        Found::default()
    }

    fn fits(&self, question: &Question, asker: &Asker, kinds: &[SearchKind], forgiving: bool) -> Vec<Fit> {
        let lists: Vec<Numbers> =
            question.terms.iter().map(|term| self.candidates(term, forgiving)).collect();
        let candidates = common(lists.iter().map(Vec::as_slice).collect());
        let fit = |number: u32| {
            let slot = self.slots.get(number as usize)?.as_ref()?;
            let entry = &slot.entry;
            if !kinds.contains(&entry.kind) || !asker.sees(entry.kind, &entry.audience) {
                return None;
            }
            let grade = grade(question, &slot.texts, forgiving)?;
            Some(Fit { kind: entry.kind, grade, length: slot.length, number })
        };
        candidates.into_iter().filter_map(fit).collect()
    }

    fn groups(&self, fits: Vec<Fit>, wanted: &Wanted) -> Vec<Group> {
        let mut by_kind: BTreeMap<SearchKind, Vec<Fit>> = BTreeMap::new();
        for fit in fits {
            by_kind.entry(fit.kind).or_default().push(fit);
        }
        let group = |(kind, mut fits): (SearchKind, Vec<Fit>)| {
            let count = fits.len();
            let key = |fit: &Fit| {
                let slot = self.slots.get(fit.number as usize).and_then(Option::as_ref);
                slot.map_or("", |slot| slot.entry.key.as_str())
            };
            let order = |a: &Fit, b: &Fit| {
                let rank = (a.grade, a.length).cmp(&(b.grade, b.length));
                rank.then_with(|| key(b).cmp(key(a)))
            };
            if let Some(after) = &wanted.after {
                let place = |fit: &Fit| Place {
                    grade: fit.grade as u8,
                    length: fit.length,
                    key: key(fit).to_owned(),
                };
                fits.retain(|fit| place(fit).is_after(after));
            }
            if fits.len() > wanted.most {
                fits.select_nth_unstable_by(wanted.most, order);
                fits.truncate(wanted.most);
            }
            fits.sort_unstable_by(order);
            let hit = |fit: &Fit| {
                let slot = self.slots.get(fit.number as usize)?.as_ref()?;
                let entry = Arc::clone(&slot.entry);
                let place = Place { grade: fit.grade as u8, length: fit.length, key: entry.key.clone() };
                Some(Hit { entry, grade: fit.grade, place })
            };
            Group { kind, count, hits: fits.iter().filter_map(hit).collect() }
        };
        by_kind.into_iter().map(group).collect()
    }

    /// A list that misses nothing that fits.
    fn candidates(&self, term: &Term, forgiving: bool) -> Numbers {
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
                all
            }
        }
    }

    fn of_characters(&self, run: &[char], forgiving: bool) -> Numbers {
        let pair = |pair: &[char]| match pair {
            [a, b] => self.pairs.get(&(*a, *b)).map(Vec::as_slice).unwrap_or_default(),
            _ => &[],
        };
        let (Some(first), Some(last)) = (run.windows(2).next(), run.windows(2).next_back()) else {
            return run.first().and_then(|c| self.characters.get(c)).cloned().unwrap_or_default();
        };
        // In pieces or in a row, the first two and the last two stand together, and nothing between them is missing:
        // the rarest of these decides how many are looked at.
        let inner = run.get(2..run.len() - 2).unwrap_or_default().iter();
        let inner = inner.map(|c| self.characters.get(c).map(Vec::as_slice).unwrap_or_default());
        let mut all = common([pair(first), pair(last)].into_iter().chain(inner).collect());
        if forgiving && run.len() >= super::typing::FEWEST {
            // One character is another: the half without it is whole.
            let (left, right) = run.split_at(run.len() / 2);
            for half in [left, right] {
                all.extend(common(half.windows(2).map(pair).collect()));
            }
            all.sort_unstable();
            all.dedup();
        }
        all
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

/// What stands in every list.
fn common(mut lists: Vec<&[u32]>) -> Numbers {
    lists.sort_unstable_by_key(|list| list.len());
    let Some((shortest, others)) = lists.split_first() else { return Numbers::new() };
    let mut both = shortest.to_vec();
    for other in others {
        let mut rest = *other;
        both.retain(|number| {
            rest = rest.get(reach(rest, *number)..).unwrap_or_default();
            rest.first() == Some(number)
        });
    }
    both
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
