//! Judging a file: what its bytes say by themselves, and whether it is one of ours.
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::signings::agreement::{Agreement, AgreementId, AgreementState};
use crate::deals::signings::annex::{AgreementAnnex, AnnexRecord};
use crate::deals::signings::archive::ARCHIVED;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::Examination;
use crate::schema::{agreement_revisions, agreements};

/// Whether the platform made this very file.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Registered {
    known: bool,
    number: Option<String>,
    revision: Option<i32>,
    /// Whether it holds every signature: the agreement is completed, and nothing but long-term data came after it
    #[serde(rename = "final")]
    is_final: Option<bool>,
    made_at: Option<Time>,
    /// Files whose pages stand behind the text
    annexes: Vec<AnnexRecord>,
    /// The agreement by which its parties rescinded this one, once all of them signed it
    rescinded_by: Option<RescindedBy>,
    /// When the file itself is not known: the newest revision of ours that it grew from
    grown_from: Option<GrownFrom>,
}

/// What anybody who has an agreement's file may know of its rescission.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RescindedBy {
    number: String,
    completed_at: Option<Time>,
    /// The day that its parties agreed on
    effective_on: Option<String>,
}

impl From<Agreement> for RescindedBy {
    fn from(a: Agreement) -> Self {
        let effective_on = a.filled().get("effective_on").and_then(Value::as_str).map(str::to_owned);
        Self { number: a.number, completed_at: a.completed_at, effective_on }
    }
}

/// A revision of ours that a file holds unchanged, with something behind it that we did not make.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GrownFrom {
    number: String,
    revision: i32,
    made_at: Time,
}

/// What the bytes say, and what the register says.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    #[serde(flatten)]
    examination: Examination,
    file_sha256: String,
    registered: Registered,
}

/// Judges a file against the platform's own root and register, in a process of its own.
pub async fn verify(app: &App, file: Vec<u8>) -> Result<VerdictView, AppError> {
    let file_sha256 = sha256_hex(&file);
    let examination = app.examiner.examine(&file, &app.trust(), app.now().utc()).await?;
    let sha256 = file_sha256.clone();
    let stamped = examination.document_stamps.iter().map(|stamp| &stamp.revision_sha256);
    let states = examination.signatures.iter().map(|row| &row.revision_sha256).chain(stamped);
    let states: Vec<String> = states.flatten().cloned().collect();
    let registered = app.read(move |conn| look_up(conn, &sha256, &states)).await?;
    Ok(VerdictView { examination, file_sha256, registered })
}

fn look_up(conn: &mut DbConn, sha256: &str, states: &[String]) -> Result<Registered, AppError> {
    use {agreement_revisions as r, agreements as t};
    let found: Option<(AgreementId, String, AgreementState, i32, Time)> = r::table
        .inner_join(t::table)
        .filter(r::sha256.eq(sha256))
        .select((t::id, t::number, t::state, r::revision, r::made_at))
        .first(conn)
        .optional()?;
    if let Some((id, number, state, revision, made_at)) = found {
        let later = r::table.filter(r::agreement_id.eq(&id)).filter(r::revision.gt(revision));
        let signed_later: i64 = later.filter(r::kind.ne(ARCHIVED)).count().get_result(conn)?;
        let annexes = AgreementAnnex::of(conn, &id)?.iter().map(AnnexRecord::from).collect();
        let rescission = Agreement::rescission_of(conn, &id)?;
        let concluded = rescission.filter(|by| by.state == AgreementState::Completed);
        return Ok(Registered {
            annexes,
            rescinded_by: concluded.map(RescindedBy::from),
            known: true,
            number: Some(number),
            revision: Some(revision),
            is_final: Some(signed_later == 0 && state == AgreementState::Completed),
            made_at: Some(made_at),
            grown_from: None,
        });
    }
    let grown: Option<(String, i32, Time)> = r::table
        .inner_join(t::table)
        .filter(r::sha256.eq_any(states))
        .order(r::revision.desc())
        .select((t::number, r::revision, r::made_at))
        .first(conn)
        .optional()?;
    let grown_from = grown.map(|(number, revision, made_at)| GrownFrom { number, revision, made_at });
    Ok(Registered { grown_from, ..Registered::default() })
}
