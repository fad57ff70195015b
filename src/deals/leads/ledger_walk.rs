//! Walking the whole ledger, in the database or in a dump: every fact, entry, node and checkpoint is hashed again.
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::deals::leads::checkpoint::{self, Checkpoint};
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::ledger::{EntryKind, LedgerEntry, LedgerHead, facts, facts_sha256, nodes_between};
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::{GENESIS, entry_text, sha256_hex};
use crate::platform::merkle::{Edge, Hash, leaf_hash};
use crate::platform::note::Key;
use crate::schema::leads;

/// The format of a dump.
pub const FORMAT: &str = "palm-ledger/1";
const PAGE: i64 = 500;

/// Where a ledger no longer holds together, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerBreak {
    pub sequence: i64,
    pub reason: &'static str,
}

/// What a walk over the whole ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    /// Entries that hold, from the first on
    pub entries: i64,
    /// Checkpoints that hold
    pub checkpoints: usize,
    /// Of those kept in a second place: how many hold
    pub kept: usize,
    /// Hash of the last entry that holds
    pub head: String,
    /// Root over the entries that hold, hex
    pub root: String,
    pub broken: Option<LedgerBreak>,
}

impl std::fmt::Display for LedgerReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { entries, checkpoints, kept, root, .. } = self;
        write!(f, "{entries} entries, {checkpoints} checkpoints, {kept} kept ones, root {root}")?;
        match &self.broken {
            None => write!(f, ": all hold"),
            Some(b) => write!(f, "; broken at {}: {}", b.sequence, b.reason),
        }
    }
}

/// One entry as it is dumped.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) sequence: i64,
    at: String,
    pub(super) kind: EntryKind,
    /// Left out of a dump of hashes alone
    pub(super) facts: Option<Value>,
    facts_sha256: String,
    previous_hash: String,
    entry_hash: String,
}

impl Line {
    pub(super) fn new(entry: LedgerEntry, lead: Option<&Lead>) -> Self {
        let facts = match (&entry.facts, lead) {
            (Some(text), _) => serde_json::from_str(text).ok(),
            (None, lead) => lead.map(facts),
        };
        Self {
            sequence: entry.sequence,
            at: entry.at.to_string(),
            kind: entry.kind,
            facts,
            facts_sha256: entry.facts_sha256,
            previous_hash: entry.previous_hash,
            entry_hash: entry.entry_hash,
        }
    }

    /// What is hashed of the entry.
    pub(super) fn text(&self) -> String {
        entry_text(self.sequence, &self.at, &self.facts_sha256, &self.previous_hash)
    }

    /// What is wrong with the entry in itself, whose [`Self::text`] is `text`. A submission's facts name no kind.
    pub(super) fn fault(&self, text: &str) -> Option<&'static str> {
        let (time, kind) = match self.kind {
            EntryKind::Submission => ("submitted_at", Value::Null),
            other => ("at", json!(other)),
        };
        let facts = |wrong: &dyn Fn(&Value) -> bool| self.facts.as_ref().is_some_and(wrong);
        let wrong = [
            (facts(&|f| f["kind"] != kind), "its kind is not that of its facts"),
            (facts(&|f| f[time] != json!(self.at)), "its time is not that of its facts"),
            (facts(&|f| facts_sha256(f) != self.facts_sha256), "the facts were changed"),
            (sha256_hex(text) != self.entry_hash, "the entry was changed"),
        ];
        wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, reason)| reason)
    }
}

/// What a walk holds the ledger against: the key that signs it, and checkpoints that were kept in a second place.
#[derive(Debug, Clone)]
pub struct Witness {
    key: Key,
    /// Sizes and roots, the largest size first
    kept: Vec<(u64, Hash)>,
}

impl From<&Key> for Witness {
    fn from(key: &Key) -> Self {
        Self { key: key.clone(), kept: Vec::new() }
    }
}

impl Witness {
    /// With every checkpoint in a folder.
    ///
    /// # Errors
    /// When there is none, or one of the files is not a checkpoint that `key` signed.
    pub fn with_kept(key: &Key, folder: &Path) -> std::io::Result<Self> {
        let mut kept = checkpoint::kept(key, folder)?;
        kept.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Self { key: key.clone(), kept })
    }
}

/// As far as the walk has come.
struct Walk {
    witness: Witness,
    entries: i64,
    checkpoints: usize,
    kept: usize,
    head: String,
    last_at: String,
    edge: Edge,
}

impl Walk {
    fn new(witness: impl Into<Witness>) -> Self {
        Self {
            witness: witness.into(),
            entries: 0,
            checkpoints: 0,
            kept: 0,
            head: GENESIS.to_owned(),
            last_at: String::new(),
            edge: Edge::default(),
        }
    }

    /// Takes the next entry; gives the nodes that the tree gains by it.
    fn step(&mut self, line: &Line) -> Result<Vec<Hash>, &'static str> {
        let text = line.text();
        let wrong = [
            (line.sequence != self.entries + 1, "an entry is missing or doubled"),
            (line.previous_hash != self.head, "it does not follow the entry before"),
            (line.at < self.last_at, "it is dated before the entry before"),
        ];
        let misplaced = wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, reason)| reason);
        if let Some(reason) = misplaced.or_else(|| line.fault(&text)) {
            return Err(reason);
        }
        self.entries = line.sequence;
        self.head.clone_from(&line.entry_hash);
        self.last_at.clone_from(&line.at);
        let gained = self.edge.push(leaf_hash(text.as_bytes()));
        while let Some((_, root)) = self.witness.kept.pop_if(|(size, _)| *size == self.edge.size()) {
            if root != self.edge.root() {
                return Err("a checkpoint that was kept has another root");
            }
            self.kept += 1;
        }
        Ok(gained)
    }

    /// What only shows at the end.
    fn cut(&self) -> Option<&'static str> {
        (!self.witness.kept.is_empty())
            .then_some("a checkpoint that was kept is of more entries than there are")
    }

    /// Compares a checkpoint of the present size.
    fn compare(&mut self, note: &str) -> Result<(), &'static str> {
        let (size, root) =
            checkpoint::read(&self.witness.key, note).ok_or("a checkpoint is not signed by this key")?;
        if size != self.edge.size() {
            return Err("a checkpoint is of another size");
        }
        if root != self.edge.root() {
            return Err("a checkpoint has another root");
        }
        self.checkpoints += 1;
        Ok(())
    }

    fn report(self, broken: Option<&'static str>) -> LedgerReport {
        LedgerReport {
            entries: self.entries,
            checkpoints: self.checkpoints,
            kept: self.kept,
            root: hex::encode(self.edge.root()),
            head: self.head,
            broken: broken.map(|reason| LedgerBreak { sequence: self.entries + 1, reason }),
        }
    }
}

/// Walks the ledger of the database from its first entry and stops at the first break.
pub fn verify_ledger(conn: &mut DbConn, witness: impl Into<Witness>) -> Result<LedgerReport, AppError> {
    let mut walk = Walk::new(witness);
    let signed: HashMap<i64, String> =
        Checkpoint::after(conn, 0, i64::MAX)?.into_iter().map(|c| (c.size, c.note)).collect();
    loop {
        let lines = lines_after(conn, walk.entries)?;
        if lines.is_empty() {
            break;
        }
        let last = walk.entries + i64::try_from(lines.len()).unwrap_or(0);
        let stored = nodes_between(conn, walk.entries, last)?;
        let mut stored = stored.into_iter();
        for line in &lines {
            let step = if line.facts.is_none() { Err("the lead is missing") } else { walk.step(line) };
            let gained = match step {
                Ok(gained) => gained,
                Err(reason) => return Ok(walk.report(Some(reason))),
            };
            if gained.into_iter().any(|node| stored.next() != Some(node)) {
                walk.entries -= 1;
                return Ok(walk.report(Some("the stored tree was changed")));
            }
            if let Some(Err(reason)) = signed.get(&line.sequence).map(|note| walk.compare(note)) {
                walk.entries -= 1;
                return Ok(walk.report(Some(reason)));
            }
        }
    }
    let broken = fault_at_the_end(conn, &walk, signed.len())?;
    Ok(walk.report(broken))
}

/// What only shows when all entries hold: entries cut off at the end, and leads without an entry.
fn fault_at_the_end(conn: &mut DbConn, walk: &Walk, signed: usize) -> Result<Option<&'static str>, AppError> {
    let head = LedgerHead::read(conn)?;
    let leads: i64 = leads::table.count().get_result(conn)?;
    let submissions = {
        use crate::schema::lead_ledger_entries as t;
        t::table.filter(t::kind.eq(EntryKind::Submission)).count().get_result::<i64>(conn)?
    };
    Ok(if head.sequence != walk.entries || head.entry_hash != walk.head {
        Some("the head of the ledger is another entry")
    } else if walk.checkpoints != signed {
        Some("a checkpoint is of more entries than there are")
    } else if leads != submissions {
        Some("a lead has no entry")
    } else {
        walk.cut()
    })
}

fn lines_after(conn: &mut DbConn, sequence: i64) -> Result<Vec<Line>, AppError> {
    let entries = LedgerEntry::after(conn, sequence, PAGE)?;
    let ids = entries.iter().filter(|e| e.facts.is_none()).filter_map(|e| e.lead_id.clone()).collect();
    let leads: HashMap<LeadId, Lead> =
        Lead::find_all(conn, ids)?.into_iter().map(|lead| (lead.id.clone(), lead)).collect();
    Ok(entries
        .into_iter()
        .map(|entry| {
            let lead = entry.lead_id.as_ref().and_then(|id| leads.get(id));
            Line::new(entry, lead)
        })
        .collect())
}

/// Writes the whole ledger as lines of JSON; with `facts` it holds personal data.
pub fn dump(conn: &mut DbConn, key: &Key, facts: bool, out: &mut impl Write) -> Result<i64, AppError> {
    let mut put = |value: &Value| writeln!(out, "{value}");
    put(&json!({"format": FORMAT, "key": key.to_string()}))?;
    let mut sequence = 0;
    loop {
        let lines = lines_after(conn, sequence)?;
        let Some(last) = lines.last().map(|line| line.sequence) else { return Ok(sequence) };
        let mut signed = Checkpoint::after(conn, sequence, PAGE)?.into_iter().peekable();
        for mut line in lines {
            if !facts {
                line.facts = None;
            }
            put(&json!({"entry": line}))?;
            while let Some(checkpoint) = signed.next_if(|c| c.size == line.sequence) {
                put(&json!({"checkpoint": checkpoint.note}))?;
            }
        }
        sequence = last;
    }
}

/// Walks a dump without any database.
pub fn verify_dump(dump: impl BufRead, witness: impl Into<Witness>) -> std::io::Result<LedgerReport> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Record {
        Entry(Line),
        Checkpoint(String),
    }
    let mut walk = Walk::new(witness);
    for (n, line) in dump.lines().enumerate() {
        let line = line?;
        let done = if n == 0 {
            let head: Value = serde_json::from_str(&line).unwrap_or_default();
            if head["format"] == FORMAT { Ok(()) } else { Err("the first line is not that of a dump") }
        } else {
            match serde_json::from_str(&line) {
                Ok(Record::Entry(line)) => walk.step(&line).map(|_| ()),
                Ok(Record::Checkpoint(note)) => walk.compare(&note),
                Err(_) => Err("a line cannot be read"),
            }
        };
        if let Err(reason) = done {
            return Ok(walk.report(Some(reason)));
        }
    }
    let cut = walk.cut();
    Ok(walk.report(cut))
}
