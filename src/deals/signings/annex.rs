//! 附件: files that a draft takes along; their pages stand behind the paper that is signed.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::deals::signings::agreement::{self, Agreement, AgreementId, AgreementState};
use crate::deals::signings::evidence::EvidenceAction;
use crate::deals::signings::negotiation;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Tx};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::files::{FileId, StoredFile};
use crate::platform::hash_chain::sha256_hex;
use crate::schema::{agreement_annexes, agreements};

const TOO_MANY: Code = Code::new(
    "annex.too_many",
    "附件最多 5 份，合计不超过 120 页、12 MB；请合并或精简后再传",
    "At most 5 annexes of together 120 pages and 12 MB; merge or shorten them",
);
pub const MOST: usize = 5;
const MOST_PAGES: i32 = 120;
const MOST_BYTES: i64 = 12 * 1024 * 1024;

crate::typed_id!(AnnexId);
crate::text_enum! {
    /// What an agreement's file claims to be.
    pub enum PaperKind {
        Archival = "archival", "归档格式（PDF/A-2b）", "Archival (PDF/A-2b)";
        Plain = "plain", "普通 PDF（含附件，不声明归档格式）", "Plain PDF (with annexes, no claim to an archive standard)";
    }
}

/// One annex of an agreement, as our own program wrote it.
#[derive(Debug, Clone, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = agreement_annexes)]
pub struct AgreementAnnex {
    pub id: AnnexId,
    pub agreement_id: AgreementId,
    pub seq: i32,
    pub name: String,
    pub file_id: FileId,
    pub sha256: String,
    /// Of the file as it was uploaded
    pub uploaded_sha256: String,
    pub pages: i32,
    pub size: i64,
    pub added_by: AccountId,
    pub added_at: Time,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnnexView {
    id: AnnexId,
    seq: i32,
    name: String,
    pages: i32,
    size: i64,
    /// Of the file whose pages stand in the agreement
    sha256: String,
}

/// An annex in evidence that travels, and in a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnnexRecord {
    pub seq: i32,
    pub name: String,
    pub pages: i32,
    pub sha256: String,
}

impl From<&AgreementAnnex> for AnnexView {
    fn from(a: &AgreementAnnex) -> Self {
        Self {
            id: a.id.clone(),
            seq: a.seq,
            name: a.name.clone(),
            pages: a.pages,
            size: a.size,
            sha256: a.sha256.clone(),
        }
    }
}

impl From<&AgreementAnnex> for AnnexRecord {
    fn from(a: &AgreementAnnex) -> Self {
        Self { seq: a.seq, name: a.name.clone(), pages: a.pages, sha256: a.sha256.clone() }
    }
}

/// An annex that is not yet an agreement's.
#[derive(Debug, Clone)]
pub struct NewAnnex {
    pub stored: StoredFile,
    pub uploaded_sha256: String,
    pub pages: i32,
}

impl AgreementAnnex {
    pub fn find(conn: &mut DbConn, id: &AnnexId) -> Result<Self, AppError> {
        agreement_annexes::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// In the order in which they stand.
    pub fn of(conn: &mut DbConn, agreement: &AgreementId) -> Result<Vec<Self>, AppError> {
        use agreement_annexes as t;
        Ok(t::table.filter(t::agreement_id.eq(agreement)).order(t::seq.asc()).load(conn)?)
    }

    /// Of many agreements at once, in the order in which they stand.
    pub fn of_each(conn: &mut DbConn, agreements: &[String]) -> Result<Vec<Self>, AppError> {
        use agreement_annexes as t;
        Ok(t::table.filter(t::agreement_id.eq_any(agreements)).order(t::seq.asc()).load(conn)?)
    }

    pub fn add(tx: &mut Tx<'_>, agreement: &AgreementId, new: &NewAnnex) -> Result<(), AppError> {
        hold_draft(tx.conn, agreement)?;
        let present = Self::of(tx.conn, agreement)?;
        let pages = present.iter().map(|one| one.pages).sum::<i32>() + new.pages;
        let bytes = present.iter().map(|one| one.size).sum::<i64>() + new.stored.size;
        if present.len() >= MOST || pages > MOST_PAGES || bytes > MOST_BYTES {
            return Err(AppError::Unprocessable(&TOO_MANY));
        }
        new.stored.insert(tx.conn)?;
        let annex = Self {
            id: AnnexId::fresh(),
            agreement_id: agreement.clone(),
            seq: present.last().map_or(1, |last| last.seq + 1),
            name: new.stored.name.clone(),
            file_id: new.stored.id.clone(),
            sha256: new.stored.sha256.clone(),
            uploaded_sha256: new.uploaded_sha256.clone(),
            pages: new.pages,
            size: new.stored.size,
            added_by: tx.actor.id.clone(),
            added_at: tx.now,
        };
        diesel::insert_into(agreement_annexes::table).values(annex.clone()).execute(tx.conn)?;
        let payload = json!({
            "seq": annex.seq, "name": annex.name, "pages": annex.pages, "sha256": annex.sha256,
            "uploaded_sha256": annex.uploaded_sha256,
        });
        agreement::record(tx, agreement, EvidenceAction::Annexed, &payload)?;
        negotiation::note_annexes(tx, agreement)?;
        tx.subject("agreement", agreement);
        Ok(())
    }

    pub fn drop_from(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let agreement = &self.agreement_id;
        hold_draft(tx.conn, agreement)?;
        if diesel::delete(agreement_annexes::table.find(&self.id)).execute(tx.conn)? != 1 {
            return Err(AppError::NotFound);
        }
        let payload = json!({"seq": self.seq, "name": self.name, "sha256": self.sha256});
        agreement::record(tx, agreement, EvidenceAction::AnnexDropped, &payload)?;
        negotiation::note_annexes(tx, agreement)?;
        tx.subject("agreement", agreement);
        Ok(())
    }

    /// The same files for an agreement that revises another.
    pub fn carry(tx: &mut Tx<'_>, from: &[Self], to: &AgreementId) -> Result<(), AppError> {
        for (one, seq) in from.iter().zip(1..) {
            let annex = Self {
                id: AnnexId::fresh(),
                agreement_id: to.clone(),
                seq,
                added_by: tx.actor.id.clone(),
                added_at: tx.now,
                ..one.clone()
            };
            diesel::insert_into(agreement_annexes::table).values(annex).execute(tx.conn)?;
        }
        Ok(())
    }
}

/// Whoever changes or sends one draft waits for each other on its row.
pub fn hold_draft(conn: &mut DbConn, id: &AgreementId) -> Result<(), AppError> {
    let query = agreements::table.find(id.clone()).select(agreements::state);
    let state: AgreementState = Locked { query, skip: false }.get_result(conn)?;
    if state == AgreementState::Draft { Ok(()) } else { Err(AppError::Conflict(&agreement::NOT_DRAFT)) }
}

/// What a draft says: its values, and which annexes it takes along. An approval is bound to it.
pub fn text_digest(agreement: &Agreement, annexes: &[AgreementAnnex]) -> String {
    let mut text = agreement.field_values.clone();
    for annex in annexes {
        text.push('\n');
        text.push_str(&annex.sha256);
    }
    sha256_hex(text)
}

/// An agreement with annexes is no archival paper: the pages of strangers are not known to keep the standard.
pub fn paper_kind(annexes: usize) -> PaperKind {
    if annexes == 0 { PaperKind::Archival } else { PaperKind::Plain }
}
