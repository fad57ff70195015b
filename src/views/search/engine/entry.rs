//! What can be found, by what, and by whom.
use super::text::{LONGEST, Sign, walk};
use crate::people::auth::{Scope, TaskForce};
use crate::platform::clock::Time;
use crate::views::search::kind::SearchKind;

/// Who finds an entry: as its room lets them read their list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    /// Also whoever is not signed in
    pub anybody: bool,
    /// Whoever reads all of the room
    pub all: bool,
    /// Units whose people read it
    pub units: Vec<String>,
    /// Accounts that it belongs to
    pub people: Vec<String>,
    /// Whose negotiators read it
    pub task_force: Option<TaskForce>,
}

/// Who asks, and how far each room's list reaches for them.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    pub account: Option<String>,
    pub unit: Option<String>,
    /// For which they negotiate
    pub task_forces: Vec<TaskForce>,
    /// By kind; what is not here is not read
    pub reach: Vec<(SearchKind, Scope)>,
}

impl Asker {
    pub fn sees(&self, kind: SearchKind, audience: &Audience) -> bool {
        if audience.anybody {
            return true;
        }
        let Some((_, scope)) = self.reach.iter().find(|(known, _)| *known == kind) else { return false };
        let negotiated = || audience.task_force.is_some_and(|force| self.task_forces.contains(&force));
        let own = || self.account.as_ref().is_some_and(|me| audience.people.contains(me)) || negotiated();
        let ours = || self.unit.as_ref().is_some_and(|unit| audience.units.contains(unit));
        match scope {
            Scope::Any => audience.all || own(),
            Scope::Unit => ours() || own(),
            Scope::Own => own(),
        }
    }
}

/// One thing that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of the index: the table and the row
    pub key: String,
    pub kind: SearchKind,
    /// Of the thing that it opens
    pub id: String,
    pub title: String,
    pub title_en: Option<String>,
    /// Other names of the same thing
    pub aliases: Vec<String>,
    /// What else is said of it
    pub words: Vec<String>,
    /// Codes and numbers; the first is shown
    pub codes: Vec<String>,
    /// Shown below the title
    pub detail: Option<String>,
    pub detail_en: Option<String>,
    /// Where it belongs
    pub unit_id: Option<String>,
    /// When it takes place
    pub at: Option<Time>,
    pub demo: bool,
    pub audience: Audience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Title,
    Alias,
    Words,
    Code,
}

/// Adds an entry's texts to a row, as they are compared: first a sieve of what they open with, then of each a head, which
/// tells its field and length, and its signs.
pub fn put_texts(entry: &Entry, row: &mut Vec<Sign>) {
    let titles = std::iter::once(&entry.title).chain(&entry.title_en).map(|text| (Field::Title, text));
    let aliases = entry.aliases.iter().map(|text| (Field::Alias, text));
    let words = entry.words.iter().map(|text| (Field::Words, text));
    let codes = entry.codes.iter().map(|text| (Field::Code, text));
    let (sieve, mut openings) = (row.len(), 0);
    row.push(Sign::head(0, openings));
    for (field, text) in titles.chain(aliases).chain(words).chain(codes) {
        let head = row.len();
        row.push(Sign::head(field as u8, 0));
        row.extend(walk(text).take(LONGEST).map(|(_, c, starts)| Sign::new(c, starts)));
        let length = row.len() - head - 1;
        match row.get_mut(head) {
            Some(sign) if length > 0 => *sign = Sign::head(field as u8, length),
            _ => row.truncate(head),
        }
        openings |= row.get(head + 1).map_or(0, |sign| opening(sign.char()));
    }
    if let Some(sign) = row.get_mut(sieve) {
        *sign = Sign::head(0, openings);
    }
}

/// One of the 24 holes of the sieve.
fn opening(c: char) -> usize {
    1 << (c as u32 % 24)
}

/// Whether some text in the row may begin with this character: most that do not are told from the first sign alone.
pub fn may_open(row: &[Sign], c: char) -> bool {
    row.first().is_some_and(|sieve| sieve.as_head().1 & opening(c) != 0)
}

/// The texts that [`put_texts`] has put into a row.
pub fn texts_in(row: &[Sign]) -> impl Iterator<Item = (Field, &[Sign])> {
    let mut row = row.get(1..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (head, after) = row.split_first()?;
        let (field, length) = head.as_head();
        let (text, next) = after.split_at_checked(length)?;
        row = next;
        let field = match field {
            0 => Field::Title,
            1 => Field::Alias,
            2 => Field::Words,
            _ => Field::Code,
        };
        Some((field, text))
    })
}
