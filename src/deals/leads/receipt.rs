//! The receipt of a lead: format `palm-receipt/1`, see docs/receipt-format.md.
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::deals::leads::lead::Lead;
use crate::deals::leads::ledger::{LedgerEntry, facts, facts_sha256};
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::entry_hash;

pub const FORMAT: &str = "palm-receipt/1";

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
