//! Invented enterprises for a demonstration, each marked, from `seeds/demo/enterprises.json`.
use std::path::Path;

use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseFacts, EnterpriseScale};
use crate::libraries::industry::Industry;
use crate::libraries::likeness::keys_of;
use crate::people::auth::{Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct EnterpriseSeed {
    name: String,
    industry: Industry,
    chain_link: Option<String>,
    scale: Option<EnterpriseScale>,
    region: Option<String>,
    hometown_tie: Option<String>,
    note: Option<String>,
}

/// Puts those into the library that are not there yet.
pub fn seed_demo(conn: &mut DbConn, seeds_dir: &Path, now: Time) -> Result<(), AppError> {
    let seeds: Vec<EnterpriseSeed> = seed_file::read(&seeds_dir.join("demo/enterprises.json"))?;
    let Some(by) = holders(conn, Role::InformationTaskForce, None)?.into_iter().next() else { return Ok(()) };
    for seed in seeds {
        let (name_key, name_stem) = keys_of(&seed.name);
        if Enterprise::is_kept(conn, &name_key)? {
            continue;
        }
        let facts = EnterpriseFacts {
            name: seed.name,
            credit_code: None,
            name_key,
            name_stem,
            industry: seed.industry,
            chain_link: seed.chain_link,
            scale: seed.scale,
            region: seed.region,
            hometown_tie: seed.hometown_tie,
            parent_id: None,
            note: seed.note,
        };
        Enterprise { demo: true, ..Enterprise::new(facts, by.clone(), now) }.insert(conn)?;
    }
    Ok(())
}
