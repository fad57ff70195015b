//! The words of a locked text for a screen, as the paper's own typesetter wrote them; a reading names them by their hash.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::AgreementId;
use crate::error::AppError;
use crate::platform::db::{Both, DbConn};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::TextPart;
use crate::schema::agreement_words;

/// Every part of the text, its annexes named and not quoted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgreementText {
    /// Of the locked file that these are the words of
    pub document_sha256: String,
    /// Of the parts as they are kept; who has read them names it
    pub words_sha256: String,
    pub parts: Vec<TextPart>,
}

impl AgreementText {
    pub fn new(document_sha256: &str, parts: Vec<TextPart>) -> Result<Self, AppError> {
        let words_sha256 = sha256_hex(kept(&parts)?);
        Ok(Self { document_sha256: document_sha256.to_owned(), words_sha256, parts })
    }

    /// Kept once; what is there already stays.
    pub fn keep(&self, conn: &mut DbConn, agreement: &AgreementId) -> Result<(), AppError> {
        use agreement_words as t;
        let row = (
            t::agreement_id.eq(agreement),
            t::document_sha256.eq(&self.document_sha256),
            t::sha256.eq(&self.words_sha256),
            t::parts.eq(kept(&self.parts)?),
        );
        Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
        Ok(())
    }

    pub fn of(conn: &mut DbConn, agreement: &AgreementId) -> Result<Option<Self>, AppError> {
        use agreement_words as t;
        let row: Option<(String, String, String)> = t::table
            .find(agreement)
            .select((t::document_sha256, t::sha256, t::parts))
            .first(conn)
            .optional()?;
        let Some((document_sha256, words_sha256, parts)) = row else { return Ok(None) };
        let parts = serde_json::from_str(&parts).map_err(AppError::internal)?;
        Ok(Some(Self { document_sha256, words_sha256, parts }))
    }
}

fn kept(parts: &[TextPart]) -> Result<String, AppError> {
    serde_json::to_string(parts).map_err(AppError::internal)
}
