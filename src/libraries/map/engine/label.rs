//! What a row is: the sets that it belongs to, as four labels. A label has few different values, so that a filter
//! judges each value once, and every row by looking its four values up.
use std::collections::HashMap;
use std::hash::Hash;

use super::store::Store;

/// How many labels a row has.
pub const LABELS: usize = 4;
/// Positions of the labels.
const WHAT: usize = 0;
const PLACE: usize = 1;
const INDUSTRIES: usize = 2;
const UTILITIES: usize = 3;

/// Kind, status, unit, park, industries and utilities of a row, as small numbers. Each label is made of two bytes,
/// so that sixteen bits always suffice to number its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Traits {
    /// Below 32
    pub kind: u8,
    /// Below 32
    pub status: u8,
    pub unit: u8,
    /// The park as a unit; the unit's own number when there is none
    pub park: u8,
    /// One bit for each industry
    pub industries: u16,
    /// One bit for each utility at hand
    pub utilities: u16,
}

/// The values of each label that occur.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    whats: Numbered<(u8, u8)>,
    places: Numbered<(u8, u8)>,
    industries: Numbered<u16>,
    utilities: Numbered<u16>,
}

#[derive(Debug, Clone, Default)]
struct Numbered<T> {
    all: Vec<T>,
    numbers: HashMap<T, u16>,
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u16 {
        *self.numbers.entry(value).or_insert_with(|| {
            self.all.push(value);
            (self.all.len() - 1) as u16
        })
    }
    fn judged(&self, fits: impl Fn(T) -> bool) -> Vec<bool> {
        self.all.iter().map(|value| fits(*value)).collect()
    }
}

impl Labels {
    /// The four labels of a row; values that are new are added.
    pub fn number(&mut self, traits: Traits) -> [u16; LABELS] {
        [
            self.whats.number((traits.kind, traits.status)),
            self.places.number((traits.unit, traits.park)),
            self.industries.number(traits.industries),
            self.utilities.number(traits.utilities),
        ]
    }
    /// Each label that the choice asks about, with a verdict on each of its values.
    pub fn judged(&self, choice: &Choice) -> Vec<(usize, Vec<bool>)> {
        let mut asked = Vec::new();
        if choice.kinds.is_some() || choice.statuses.is_some() {
            asked
                .push((WHAT, self.whats.judged(|(kind, status)| choice.kind(kind) && choice.status(status))));
        }
        if let Some(wanted) = choice.unit {
            asked.push((PLACE, self.places.judged(|(unit, park)| unit == wanted || park == wanted)));
        }
        if let Some(wanted) = choice.industries {
            asked.push((INDUSTRIES, self.industries.judged(|own| own & wanted != 0)));
        }
        if choice.utilities != 0 {
            asked.push((UTILITIES, self.utilities.judged(|own| own & choice.utilities == choice.utilities)));
        }
        asked
    }
}

/// Which sets are wanted; what is empty lets everything through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// Any of them, one bit each
    pub kinds: Option<u32>,
    /// Any of them, one bit each
    pub statuses: Option<u32>,
    /// Any of them
    pub industries: Option<u16>,
    /// All of them
    pub utilities: u16,
    /// As the unit or as the park
    pub unit: Option<u8>,
}

impl Choice {
    fn kind(&self, kind: u8) -> bool {
        self.kinds.is_none_or(|kinds| kinds >> kind & 1 == 1)
    }
    fn status(&self, status: u8) -> bool {
        self.statuses.is_none_or(|statuses| statuses >> status & 1 == 1)
    }
}

/// How often each value of each label was found, among rows that meet everything asked of the other labels.
#[derive(Debug)]
pub struct Tally([Vec<u64>; LABELS]);

impl Tally {
    pub fn new(labels: &Labels) -> Self {
        let sizes = [
            labels.whats.all.len(),
            labels.places.all.len(),
            labels.industries.all.len(),
            labels.utilities.all.len(),
        ];
        Self(sizes.map(|size| vec![0; size]))
    }
    /// Rows that meet everything asked of the other labels.
    pub fn add(&mut self, store: &Store, label: usize, rows: &[u32]) {
        let (counts, column) = (&mut self.0[label], store.label(label));
        rows.iter().for_each(|row| counts[column[*row as usize] as usize] += 1);
    }
    /// Unfolds the labels into their sets.
    pub fn facets(&self, labels: &Labels, choice: &Choice) -> Facets {
        let mut facets = Facets::default();
        let [whats, places, industries, utilities] = &self.0;
        let found = |counts: &[u64]| -> Vec<(usize, u64)> {
            counts.iter().copied().enumerate().filter(|(_, count)| *count > 0).collect()
        };
        for (value, count) in found(whats) {
            let (kind, status) = labels.whats.all[value];
            if choice.status(status) {
                *facets.kinds.entry(kind).or_default() += count;
            }
            if choice.kind(kind) {
                *facets.statuses.entry(status).or_default() += count;
            }
            if choice.kind(kind) && choice.status(status) {
                facets.total += count;
            }
        }
        for (value, count) in found(places) {
            let (unit, park) = labels.places.all[value];
            for unit in std::iter::once(unit).chain((park != unit).then_some(park)) {
                *facets.units.entry(unit).or_default() += count;
            }
        }
        for (value, count) in found(industries) {
            let set = labels.industries.all[value];
            bits(set).for_each(|bit| *facets.industries.entry(bit).or_default() += count);
        }
        // One more utility can only be asked for besides those that are.
        let at_hand = |value: usize| labels.utilities.all[value] & choice.utilities == choice.utilities;
        for (value, count) in found(utilities).into_iter().filter(|(value, _)| at_hand(*value)) {
            let set = labels.utilities.all[value];
            bits(set).for_each(|bit| *facets.utilities.entry(bit).or_default() += count);
        }
        facets
    }
}

/// How many rows there are of each value of a set while all other conditions hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Rows that meet everything
    pub total: u64,
    pub kinds: HashMap<u8, u64>,
    pub statuses: HashMap<u8, u64>,
    pub industries: HashMap<u8, u64>,
    /// Of the rows that meet everything: how many also have this utility
    pub utilities: HashMap<u8, u64>,
    /// Units and parks alike: a row in a park counts once for each
    pub units: HashMap<u8, u64>,
}

fn bits(mask: u16) -> impl Iterator<Item = u8> {
    (0..16).filter(move |bit| mask >> bit & 1 == 1)
}
