//! Judging a file: what its bytes say by themselves, and whether it is one of ours.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::{self, Examination};
use crate::schema::{agreement_revisions, agreements};

/// Whether the platform made this very file.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Registered {
    known: bool,
    number: Option<String>,
    revision: Option<i32>,
    /// Whether it is the agreement's last revision
    #[serde(rename = "final")]
    is_final: Option<bool>,
    made_at: Option<Time>,
}

/// What the bytes say, and what the register says.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictView {
    #[serde(flatten)]
    examination: Examination,
    file_sha256: String,
    registered: Registered,
}

/// Judges a file against the platform's own root and register.
pub async fn verify(app: &App, file: Vec<u8>) -> Result<VerdictView, AppError> {
    let (house, now) = (app.clone(), app.now());
    let file_sha256 = sha256_hex(&file);
    let judge = move || Ok(pdf::examine(&file, &house.authority.trust(), now.utc()));
    let examination = app.paper.work(judge).await?;
    let sha256 = file_sha256.clone();
    let registered = app.read(move |conn| look_up(conn, &sha256)).await?;
    Ok(VerdictView { examination, file_sha256, registered })
}

fn look_up(conn: &mut DbConn, sha256: &str) -> Result<Registered, AppError> {
    use {agreement_revisions as r, agreements as t};
    let found: Option<(String, i32, i32, Time)> = r::table
        .inner_join(t::table)
        .filter(r::sha256.eq(sha256))
        .select((t::number, r::revision, t::revision, r::made_at))
        .first(conn)
        .optional()?;
    Ok(found.map_or_else(Registered::default, |(number, revision, last, made_at)| Registered {
        known: true,
        number: Some(number),
        revision: Some(revision),
        is_final: Some(revision == last),
        made_at: Some(made_at),
    }))
}
