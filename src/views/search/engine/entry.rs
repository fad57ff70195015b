//! What can be found, by what, and by whom.
use super::text::{Text, text_of};
use crate::people::auth::{Scope, TaskForce};
use crate::platform::clock::Time;
use crate::views::search::kind::SearchKind;

/// Who finds an entry: as its room lets them read their list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

/// The entry's texts as they are compared.
pub fn texts_of(entry: &Entry) -> Box<[(Field, Text)]> {
    let titles = std::iter::once(&entry.title).chain(&entry.title_en).map(|text| (Field::Title, text));
    let aliases = entry.aliases.iter().map(|text| (Field::Alias, text));
    let words = entry.words.iter().map(|text| (Field::Words, text));
    let codes = entry.codes.iter().map(|text| (Field::Code, text));
    let all = titles.chain(aliases).chain(words).chain(codes);
    all.map(|(field, text)| (field, text_of(text))).filter(|(_, text)| !text.is_empty()).collect()
}
