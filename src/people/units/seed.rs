//! The units that come with the program, from `units.json`.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::people::units::{Unit, UnitDuty, UnitKind};
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct UnitSeed {
    id: String,
    name: String,
    short_name: String,
    name_en: String,
    kind: UnitKind,
    duty: UnitDuty,
    parent_id: Option<String>,
    functional_area: bool,
    former_names: Vec<FormerName>,
    source: String,
    source_on: NaiveDate,
    sort: i32,
}

#[derive(Debug, Deserialize)]
struct FormerName {
    name: String,
}

impl From<UnitSeed> for Unit {
    fn from(seed: UnitSeed) -> Self {
        let former: Vec<String> = seed.former_names.into_iter().map(|former| former.name).collect();
        Self {
            id: seed.id,
            name: seed.name,
            short_name: seed.short_name,
            name_en: seed.name_en,
            kind: seed.kind,
            duty: seed.duty,
            parent_id: seed.parent_id,
            functional_area: seed.functional_area,
            former_names: serde_json::json!(former).to_string(),
            source: seed.source,
            source_on: seed.source_on,
            sort: seed.sort,
        }
    }
}

/// Inserts the units or brings them up to date; gives how many there are.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path) -> Result<usize, AppError> {
    let mut seeds: Vec<UnitSeed> = seed_file::read(&seeds_dir.join("units.json"))?;
    // A unit must be there before those inside it.
    seeds.sort_by_key(|seed| seed.parent_id.is_some());
    let count = seeds.len();
    for unit in seeds {
        Unit::from(unit).keep(conn)?;
    }
    Ok(count)
}
