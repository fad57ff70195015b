//! One entry of the ledger with its way to a signed checkpoint: what its holder checks without us.
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deals::leads::checkpoint::{self, Checkpoint};
use crate::deals::leads::ledger::{self, EntryKind, LedgerEntry};
use crate::deals::leads::ledger_walk::Line;
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::platform::merkle::{Hash, Plan, is_included, leaf_hash};
use crate::platform::note::Key;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryProof {
    entry: Line,
    /// From the leaf up, hex
    inclusion: Vec<String>,
    /// The signed text
    checkpoint: String,
    /// Whose signature it bears; to be believed when it is the published one
    pub key: String,
}

impl EntryProof {
    /// For an entry whose facts are its own; nothing while no checkpoint reaches so far.
    pub fn of(conn: &mut DbConn, entry: LedgerEntry, key: &Key) -> Result<Option<Self>, AppError> {
        let Some(signed) = Checkpoint::after(conn, entry.sequence - 1, 1)?.pop() else { return Ok(None) };
        let plan = Plan::inclusion(entry.sequence.unsigned_abs() - 1, signed.size.unsigned_abs());
        let path = ledger::proof(conn, &plan.ok_or(AppError::NotFound)?)?.ok_or(AppError::NotFound)?;
        Ok(Some(Self {
            entry: Line::new(entry, None),
            inclusion: path.iter().map(hex::encode).collect(),
            checkpoint: signed.note,
            key: key.to_string(),
        }))
    }

    /// The facts, when a checkpoint that `key` signed holds them in an entry of this kind.
    pub fn facts(&self, key: &Key, kind: EntryKind) -> Option<&Value> {
        let text = self.entry.text();
        if self.entry.kind != kind || self.entry.fault(&text).is_some() {
            return None;
        }
        let (size, root) = checkpoint::read(key, &self.checkpoint)?;
        let index = u64::try_from(self.entry.sequence).ok()?.checked_sub(1)?;
        let path: Vec<Hash> =
            self.inclusion.iter().map(|h| ledger::hash_of(h).ok()).collect::<Option<_>>()?;
        let held = is_included(index, size, leaf_hash(text.as_bytes()), &path, &root);
        self.entry.facts.as_ref().filter(|_| held)
    }
}
