//! Invented institutions for a demonstration, each marked, from `seeds/demo/institutions.json`.
use std::path::Path;

use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::institutions::bringer::{Bringer, BringerId};
use crate::libraries::institutions::coverage::Coverage;
use crate::libraries::institutions::institution::{Institution, InstitutionFacts, InstitutionKind};
use crate::libraries::likeness::careful_keys_of;
use crate::people::auth::{Account, Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct InstitutionSeed {
    kind: InstitutionKind,
    name: String,
    seat: Option<String>,
    regions: Vec<String>,
    industries: Vec<Industry>,
    keeper_unit_id: Option<String>,
    note: Option<String>,
    /// Of the demo consultant who brings leads for it
    bringer_phone: Option<String>,
}

/// Puts those into the library that are not there yet.
pub fn seed_demo(conn: &mut DbConn, seeds_dir: &Path, now: Time) -> Result<(), AppError> {
    let seeds: Vec<InstitutionSeed> = seed_file::read(&seeds_dir.join("demo/institutions.json"))?;
    let Some(by) = holders(conn, Role::InformationTaskForce, None)?.into_iter().next() else { return Ok(()) };
    for seed in seeds {
        let (name_key, name_stem) = careful_keys_of(&seed.name);
        if Institution::is_kept(conn, &name_key)? {
            continue;
        }
        let facts = InstitutionFacts {
            kind: seed.kind,
            name: seed.name,
            credit_code: None,
            name_key,
            name_stem,
            seat: seed.seat,
            keeper_unit_id: seed.keeper_unit_id,
            note: seed.note,
        };
        let made = Institution { demo: true, ..Institution::new(facts, by.clone(), now) };
        made.insert(conn, &Coverage { regions: seed.regions, industries: seed.industries })?;
        let bringer = match &seed.bringer_phone {
            Some(phone) => Account::by_phone(conn, phone)?.filter(|account| account.demo),
            None => None,
        };
        if let Some(account) = bringer {
            Bringer {
                id: BringerId::fresh(),
                institution_id: made.id.clone(),
                account_id: account.id,
                begins_on: now.day(),
                ends_on: None,
                named_by: by.clone(),
                named_at: now,
            }
            .insert(conn)?;
        }
    }
    Ok(())
}
