//! Invented chains for a demonstration, each marked, from `seeds/demo/chains.json`.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::chains::content::ChainContent;
use crate::libraries::chains::version::{ChainState, ChainVersion, ChainVersionId};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct ChainSeed {
    unit_id: String,
    from_on: NaiveDate,
    content: ChainContent,
}

/// Gives a chain to those counties that have none yet.
pub fn seed_demo(conn: &mut DbConn, seeds_dir: &Path, now: Time) -> Result<(), AppError> {
    let seeds: Vec<ChainSeed> = seed_file::read(&seeds_dir.join("demo/chains.json"))?;
    for seed in seeds {
        if !ChainVersion::history(conn, &seed.unit_id)?.is_empty() {
            continue;
        }
        seed.content.judge(conn)?;
        ChainVersion {
            id: ChainVersionId::fresh(),
            unit_id: seed.unit_id,
            number: Some(1),
            state: ChainState::Approved,
            name: seed.content.name.as_str().to_owned(),
            industry: seed.content.industry,
            content: serde_json::to_string(&seed.content).map_err(AppError::internal)?,
            note: None,
            base_number: 0,
            proposed_by: None,
            proposed_by_name: "示例".to_owned(),
            proposed_at: now,
            decided_by: None,
            decided_by_name: None,
            decided_at: None,
            decision_note: None,
            from_on: Some(seed.from_on),
            to_on: None,
            demo: true,
        }
        .insert(conn)?;
    }
    Ok(())
}
