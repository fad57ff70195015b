//! The append-only ledger behind the receipts: a chain of hashes, and over the same entries a Merkle tree.
use std::collections::HashMap;

use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::deals::leads::lead::{Lead, LeadId};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::hash_chain::{canonical, entry_hash, entry_text, sha256_hex};
use crate::platform::merkle::{self, Hash, Plan};
use crate::platform::random;
use crate::schema::{lead_ledger_entries, lead_ledger_heads, lead_ledger_nodes};

const HEAD: i32 = 1;
const PAGE: i64 = 500;

crate::text_enum! {
    /// What an entry of the ledger proves.
    pub enum EntryKind {
        Submission = "submission", "提交信息", "Submission";
        Answer = "answer", "客商确认", "Investor's answer";
        Ruling = "ruling", "认定结论", "Ruling";
        Anchor = "anchor", "存证锚定", "Evidence anchor";
    }
}

/// One line of the ledger. The tables refuse to change or delete it; two lines cannot follow the same one.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_ledger_entries)]
pub struct LedgerEntry {
    pub sequence: i64,
    /// None has an anchor alone
    pub lead_id: Option<LeadId>,
    pub kind: EntryKind,
    /// Canonical JSON; a submission's facts are its lead's own columns
    pub facts: Option<String>,
    pub at: Time,
    pub facts_sha256: String,
    pub previous_hash: String,
    pub entry_hash: String,
}

/// The last line of the ledger.
#[derive(Debug, Clone, Queryable)]
pub struct LedgerHead {
    pub sequence: i64,
    pub entry_hash: String,
    pub at: Time,
}

impl LedgerHead {
    pub fn read(conn: &mut DbConn) -> Result<Self, AppError> {
        use lead_ledger_heads as t;
        Ok(t::table.find(HEAD).select((t::sequence, t::entry_hash, t::at)).first(conn)?)
    }

    /// Takes the ledger until the transaction ends: submissions on every instance stand in line here, so
    /// that each sees all earlier leads and none follows the same entry as another.
    pub fn take(conn: &mut DbConn) -> Result<Self, AppError> {
        use lead_ledger_heads as t;
        let query = t::table.filter(t::id.eq(HEAD)).select((t::sequence, t::entry_hash, t::at));
        Locked { query, skip: false }.load(conn)?.pop().ok_or(AppError::NotFound)
    }

    pub fn next_sequence(&self) -> i64 {
        self.sequence + 1
    }

    /// The time of the next entry: never before the last one's, whatever the clocks of two instances say.
    pub fn next_at(&self, now: Time) -> Time {
        now.max(self.at)
    }

    /// Adds the lead as the next line; `self` must have been taken in this transaction.
    pub fn append(&self, conn: &mut DbConn, lead: &Lead) -> Result<LedgerEntry, AppError> {
        let hash = facts_sha256(&facts(lead));
        self.add(conn, Some(&lead.id), EntryKind::Submission, None, hash, lead.submitted_at)
    }

    /// Adds what else is to be proved, about a lead or about none. Salt, kind and time are put to the facts here.
    pub fn append_evidence(
        &self,
        conn: &mut DbConn,
        lead: Option<&LeadId>,
        kind: EntryKind,
        mut facts: Value,
        now: Time,
    ) -> Result<LedgerEntry, AppError> {
        let at = self.next_at(now);
        facts["kind"] = json!(kind);
        facts["at"] = json!(at);
        facts["salt"] = json!(random::token());
        let text = canonical(&facts);
        let hash = sha256_hex(&text);
        self.add(conn, lead, kind, Some(text), hash, at)
    }

    fn add(
        &self,
        conn: &mut DbConn,
        lead: Option<&LeadId>,
        kind: EntryKind,
        facts: Option<String>,
        facts_sha256: String,
        at: Time,
    ) -> Result<LedgerEntry, AppError> {
        use lead_ledger_heads as t;
        let sequence = self.next_sequence();
        let hash = entry_hash(sequence, &at.to_string(), &facts_sha256, &self.entry_hash);
        let entry = LedgerEntry {
            sequence,
            lead_id: lead.cloned(),
            kind,
            facts,
            at,
            facts_sha256,
            previous_hash: self.entry_hash.clone(),
            entry_hash: hash.clone(),
        };
        diesel::insert_into(lead_ledger_entries::table).values(entry.clone()).execute(conn)?;
        let moved = diesel::update(t::table.find(HEAD).filter(t::sequence.eq(self.sequence)))
            .set((t::sequence.eq(sequence), t::entry_hash.eq(hash), t::at.eq(entry.at)))
            .execute(conn)?;
        if moved != 1 {
            return Err(AppError::internal("the head of the ledger moved"));
        }
        grow_tree(conn, sequence)?;
        Ok(entry)
    }
}

impl LedgerEntry {
    /// The submission of a lead.
    pub fn of(conn: &mut DbConn, lead: &LeadId) -> Result<Self, AppError> {
        use lead_ledger_entries as t;
        let query = t::table.filter(t::lead_id.eq(lead)).filter(t::kind.eq(EntryKind::Submission));
        query.first(conn).optional()?.ok_or(AppError::NotFound)
    }
    pub fn at_sequence(conn: &mut DbConn, sequence: i64) -> Result<Option<Self>, AppError> {
        Ok(lead_ledger_entries::table.find(sequence).first(conn).optional()?)
    }
    /// Entries after `sequence`, in order.
    pub fn after(conn: &mut DbConn, sequence: i64, most: i64) -> Result<Vec<Self>, AppError> {
        use lead_ledger_entries as t;
        Ok(t::table.filter(t::sequence.gt(sequence)).order(t::sequence.asc()).limit(most).load(conn)?)
    }
    /// Every entry about these leads, in order.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Self>, AppError> {
        use lead_ledger_entries as t;
        Ok(t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::sequence.asc()).load(conn)?)
    }

    /// Entries of one kind from a time on, in order.
    pub fn since(
        conn: &mut DbConn,
        kind: EntryKind,
        from: Option<Time>,
        most: i64,
    ) -> Result<Vec<Self>, AppError> {
        use lead_ledger_entries as t;
        let mut query = t::table.filter(t::kind.eq(kind)).order(t::sequence.asc()).limit(most).into_boxed();
        if let Some(from) = from {
            query = query.filter(t::at.ge(from));
        }
        Ok(query.load(conn)?)
    }
    /// The newest entry of one kind.
    pub fn newest(conn: &mut DbConn, kind: EntryKind) -> Result<Option<Self>, AppError> {
        use lead_ledger_entries as t;
        Ok(t::table.filter(t::kind.eq(kind)).order(t::sequence.desc()).first(conn).optional()?)
    }

    /// The hash of the entry as a leaf of the tree.
    pub fn leaf(&self) -> Hash {
        let at = self.at.to_string();
        merkle::leaf_hash(entry_text(self.sequence, &at, &self.facts_sha256, &self.previous_hash).as_bytes())
    }
}

/// The facts that a receipt proves, as the JSON object whose canonical form is hashed.
pub fn facts(lead: &Lead) -> Value {
    json!({
        "number": lead.number,
        "enterprise_name": lead.enterprise_name,
        "credit_code": lead.credit_code,
        "contact_name": lead.contact_name,
        "contact_phone": lead.contact_phone,
        "industry": lead.industry,
        "intention": lead.intention,
        "submitted_for": lead.submitted_for,
        "submitted_by": lead.submitted_by,
        "submitted_at": lead.submitted_at,
        "salt": lead.salt,
    })
}

/// Lower-case hex SHA-256 of the canonical facts.
pub fn facts_sha256(facts: &Value) -> String {
    sha256_hex(canonical(facts))
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = lead_ledger_nodes)]
struct Node {
    id: i64,
    hash: String,
}

/// How many leaves the tree holds.
fn leaves(conn: &mut DbConn) -> Result<u64, AppError> {
    let last: Option<i64> = lead_ledger_nodes::table.select(max(lead_ledger_nodes::id)).first(conn)?;
    let stored = last.map_or(0, |id| id.unsigned_abs() + 1);
    merkle::leaves(stored).ok_or_else(|| AppError::internal("the tree of the ledger was cut"))
}

/// Brings the tree up to `size` entries: one at a time as they come, or all that were there before it was kept.
pub fn grow_tree(conn: &mut DbConn, size: i64) -> Result<(), AppError> {
    let mut grown = i64::try_from(leaves(conn)?).unwrap_or(i64::MAX);
    while grown < size {
        let entries = LedgerEntry::after(conn, grown, PAGE.min(size - grown))?;
        let mut stored = match entries.first() {
            Some(first) => hashes(conn, edge(first.sequence - 1))?,
            None => return Err(AppError::internal("the ledger is shorter than its head")),
        };
        let mut made = Vec::new();
        for entry in &entries {
            let before = entry.sequence.unsigned_abs() - 1;
            let nodes = merkle::grown(before, entry.leaf(), |id| stored.get(&id).copied())
                .ok_or_else(|| AppError::internal("a node of the ledger is missing"))?;
            for (id, hash) in (merkle::nodes(before)..).zip(nodes) {
                stored.insert(id, hash);
                made.push(Node { id: id.cast_signed(), hash: hex::encode(hash) });
            }
            grown = entry.sequence;
        }
        crate::each_database!(conn, c => diesel::insert_into(lead_ledger_nodes::table).values(&made).execute(c))?;
    }
    Ok(())
}

/// The subtrees along the right edge of a tree: all that its growth will ever read.
fn edge(size: i64) -> Vec<u64> {
    Plan::root(size.unsigned_abs()).needed()
}

fn hashes(conn: &mut DbConn, ids: Vec<u64>) -> Result<HashMap<u64, Hash>, AppError> {
    let ids: Vec<i64> = ids.into_iter().map(u64::cast_signed).collect();
    let nodes: Vec<Node> = lead_ledger_nodes::table.filter(lead_ledger_nodes::id.eq_any(ids)).load(conn)?;
    nodes.into_iter().map(|node| Ok((node.id.unsigned_abs(), hash_of(&node.hash)?))).collect()
}

pub fn hash_of(text: &str) -> Result<Hash, AppError> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).map_err(AppError::internal)?;
    Ok(hash)
}

/// The stored nodes that came to be with the entries after `from` up to `to`, in order.
pub fn nodes_between(conn: &mut DbConn, from: i64, to: i64) -> Result<Vec<Hash>, AppError> {
    use lead_ledger_nodes as t;
    let id = |size: i64| merkle::nodes(size.unsigned_abs()).cast_signed();
    let query = t::table.filter(t::id.ge(id(from))).filter(t::id.lt(id(to))).order(t::id.asc());
    query.load::<Node>(conn)?.iter().map(|node| hash_of(&node.hash)).collect()
}

/// The hashes of a plan in the stored tree; `None` when the plan reaches past it.
pub fn proof(conn: &mut DbConn, plan: &Plan) -> Result<Option<Vec<Hash>>, AppError> {
    let stored = hashes(conn, plan.needed())?;
    Ok(plan.hashes(&stored))
}

/// The root over the first `size` entries.
pub fn root(conn: &mut DbConn, size: i64) -> Result<Hash, AppError> {
    let plan = Plan::root(size.unsigned_abs());
    let root = proof(conn, &plan)?.and_then(|mut hashes| hashes.pop());
    root.ok_or_else(|| AppError::internal("a node of the ledger is missing"))
}
