//! The receipt of a lead and the append-only ledger behind it: format `palm-receipt/1`, see docs/receipt-format.md.
use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::deals::leads::lead::{Lead, LeadId};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::hash_chain::{GENESIS, canonical, entry_hash, sha256_hex};
use crate::schema::{lead_ledger_entries, lead_ledger_heads, leads};

pub const FORMAT: &str = "palm-receipt/1";
const HEAD: i32 = 1;
const PAGE: i64 = 500;

crate::text_enum! {
    /// What is wrong with a receipt that was given for checking.
    pub enum ReceiptProblem {
        Format = "format", "格式标识不是 palm-receipt/1", "The format is not palm-receipt/1";
        Facts = "facts", "事实内容与其哈希不符，内容已被改动", "The facts do not fit their hash: they were changed";
        Head = "head", "编号或时间与事实内容不符", "Number or time do not fit the facts";
        Entry = "entry", "条目哈希与序号、时间、事实哈希和前一条哈希不符", "The entry hash does not fit sequence, time, facts and previous hash";
        Ledger = "ledger", "账本在此序号处没有这一条目", "The ledger has no such entry at this sequence";
    }
}

/// One line of the ledger. The tables refuse to change or delete it; two lines cannot follow the same one.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_ledger_entries)]
pub struct LedgerEntry {
    pub sequence: i64,
    pub lead_id: LeadId,
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
        use lead_ledger_heads as t;
        let sequence = self.next_sequence();
        let facts_sha256 = facts_sha256(&facts(lead));
        let hash = entry_hash(sequence, &lead.submitted_at.to_string(), &facts_sha256, &self.entry_hash);
        let entry = LedgerEntry {
            sequence,
            lead_id: lead.id.clone(),
            at: lead.submitted_at,
            facts_sha256,
            previous_hash: self.entry_hash.clone(),
            entry_hash: hash.clone(),
        };
        diesel::insert_into(lead_ledger_entries::table).values(entry.clone()).execute(conn)?;
        let moved = diesel::update(t::table.find(HEAD).filter(t::sequence.eq(self.sequence)))
            .set((t::sequence.eq(sequence), t::entry_hash.eq(hash), t::at.eq(entry.at)))
            .execute(conn)?;
        if moved == 1 { Ok(entry) } else { Err(AppError::internal("the head of the ledger moved")) }
    }
}

impl LedgerEntry {
    pub fn of(conn: &mut DbConn, lead: &LeadId) -> Result<Self, AppError> {
        use lead_ledger_entries as t;
        t::table.filter(t::lead_id.eq(lead)).first(conn).optional()?.ok_or(AppError::NotFound)
    }
    pub fn at_sequence(conn: &mut DbConn, sequence: i64) -> Result<Option<Self>, AppError> {
        Ok(lead_ledger_entries::table.find(sequence).first(conn).optional()?)
    }
    /// Entries after `sequence`, in order.
    pub fn after(conn: &mut DbConn, sequence: i64, most: i64) -> Result<Vec<Self>, AppError> {
        use lead_ledger_entries as t;
        Ok(t::table.filter(t::sequence.gt(sequence)).order(t::sequence.asc()).limit(most).load(conn)?)
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

/// What the submitter keeps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiptView)]
pub struct Receipt {
    /// `palm-receipt/1`
    #[schema(max_length = 40)]
    pub format: String,
    #[schema(max_length = 40)]
    pub number: String,
    pub sequence: i64,
    /// As it was hashed
    #[schema(max_length = 40)]
    pub submitted_at: String,
    /// The hashed facts
    #[schema(value_type = Object)]
    pub facts: serde_json::Map<String, Value>,
    #[schema(max_length = 64)]
    pub facts_sha256: String,
    #[schema(max_length = 64)]
    pub previous_hash: String,
    #[schema(max_length = 64)]
    pub entry_hash: String,
    /// Where the public ledger can be read
    #[schema(max_length = 400)]
    pub ledger: String,
}

impl Receipt {
    pub fn new(lead: &Lead, entry: LedgerEntry, ledger: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            number: lead.number.clone(),
            sequence: entry.sequence,
            submitted_at: entry.at.to_string(),
            facts: facts(lead).as_object().cloned().unwrap_or_default(),
            facts_sha256: entry.facts_sha256,
            previous_hash: entry.previous_hash,
            entry_hash: entry.entry_hash,
            ledger,
        }
    }

    /// Everything that is wrong with the receipt in itself: what its holder can find without us.
    pub fn problems(&self) -> Vec<ReceiptProblem> {
        let text = |key: &str| self.facts.get(key).and_then(Value::as_str);
        let mut problems = Vec::new();
        if self.format != FORMAT {
            problems.push(ReceiptProblem::Format);
        }
        if facts_sha256(&Value::Object(self.facts.clone())) != self.facts_sha256 {
            problems.push(ReceiptProblem::Facts);
        }
        if text("number") != Some(&self.number) || text("submitted_at") != Some(&self.submitted_at) {
            problems.push(ReceiptProblem::Head);
        }
        let hash = entry_hash(self.sequence, &self.submitted_at, &self.facts_sha256, &self.previous_hash);
        if hash != self.entry_hash {
            problems.push(ReceiptProblem::Entry);
        }
        problems
    }

    /// As [`Self::problems`], and whether the ledger has the entry.
    pub fn check(&self, conn: &mut DbConn) -> Result<Vec<ReceiptProblem>, AppError> {
        let mut problems = self.problems();
        let kept = LedgerEntry::at_sequence(conn, self.sequence)?;
        if kept.is_none_or(|kept| kept.entry_hash != self.entry_hash) {
            problems.push(ReceiptProblem::Ledger);
        }
        Ok(problems)
    }
}

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
    /// Hash of the last entry that holds
    pub head: String,
    pub broken: Option<LedgerBreak>,
}

/// Walks the ledger from its first entry, hashes the facts and every entry again, and stops at the first break.
pub fn verify_ledger(conn: &mut DbConn) -> Result<LedgerReport, AppError> {
    let mut report = LedgerReport { entries: 0, head: GENESIS.to_owned(), broken: None };
    let mut last_at = None;
    loop {
        let entries = LedgerEntry::after(conn, report.entries, PAGE)?;
        if entries.is_empty() {
            break;
        }
        let ids = entries.iter().map(|e| e.lead_id.clone()).collect();
        let leads: HashMap<LeadId, Lead> =
            Lead::find_all(conn, ids)?.into_iter().map(|lead| (lead.id.clone(), lead)).collect();
        for entry in &entries {
            if let Some(reason) = fault(&report, last_at, entry, leads.get(&entry.lead_id)) {
                report.broken = Some(LedgerBreak { sequence: report.entries + 1, reason });
                return Ok(report);
            }
            report.entries = entry.sequence;
            report.head.clone_from(&entry.entry_hash);
            last_at = Some(entry.at);
        }
    }
    report.broken = fault_at_the_end(conn, &report)?;
    Ok(report)
}

fn fault(
    before: &LedgerReport,
    last_at: Option<Time>,
    entry: &LedgerEntry,
    lead: Option<&Lead>,
) -> Option<&'static str> {
    let Some(lead) = lead else { return Some("the lead is missing") };
    let hash = entry_hash(entry.sequence, &entry.at.to_string(), &entry.facts_sha256, &entry.previous_hash);
    [
        (entry.sequence != before.entries + 1, "an entry is missing"),
        (entry.previous_hash != before.head, "it does not follow the entry before"),
        (last_at.is_some_and(|at| entry.at < at), "it is dated before the entry before"),
        (lead.submitted_at != entry.at, "its time is not the lead's"),
        (facts_sha256(&facts(lead)) != entry.facts_sha256, "the facts were changed"),
        (hash != entry.entry_hash, "the entry was changed"),
    ]
    .into_iter()
    .find_map(|(wrong, reason)| wrong.then_some(reason))
}

/// What only shows when all entries hold: entries cut off at the end, and leads without an entry.
fn fault_at_the_end(conn: &mut DbConn, report: &LedgerReport) -> Result<Option<LedgerBreak>, AppError> {
    let head = LedgerHead::read(conn)?;
    let leads: i64 = leads::table.count().get_result(conn)?;
    let reason = if head.sequence != report.entries || head.entry_hash != report.head {
        Some("the head of the ledger is another entry")
    } else if leads != report.entries {
        Some("a lead has no entry")
    } else {
        None
    };
    Ok(reason.map(|reason| LedgerBreak { sequence: report.entries + 1, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        serde_json::from_str(include_str!("../../../tests/ledger/receipt.json")).unwrap()
    }

    #[test]
    fn the_published_example_holds() {
        assert_eq!(receipt().problems(), []);
    }

    #[test]
    fn a_changed_letter_is_found() {
        let mut changed = receipt();
        changed.facts.insert("enterprise_name".to_owned(), json!("另一家公司"));
        assert_eq!(changed.problems(), [ReceiptProblem::Facts]);
        let changed = Receipt { sequence: 1, ..receipt() };
        assert_eq!(changed.problems(), [ReceiptProblem::Entry]);
        let changed = Receipt { submitted_at: "2026-01-01T00:00:00.000Z".to_owned(), ..receipt() };
        assert_eq!(changed.problems(), [ReceiptProblem::Head, ReceiptProblem::Entry]);
        let changed = Receipt { format: "palm-receipt/2".to_owned(), ..receipt() };
        assert_eq!(changed.problems(), [ReceiptProblem::Format]);
    }
}
