//! The parks that come with the program, and the invented sites of a demonstration.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::site::{Fact, Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_version::SiteVersion;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::geo::{Datum, Point};
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct SiteSeed {
    id: String,
    kind: SiteKind,
    unit_id: String,
    park_id: Option<String>,
    name: String,
    name_en: Option<String>,
    former_names: Vec<String>,
    level: Option<String>,
    longitude: f64,
    latitude: f64,
    datum: Datum,
    precision: Precision,
    position_note: Option<String>,
    position_note_en: Option<String>,
    industries: Vec<Industry>,
    area_m2: Option<i64>,
    price_fen_per_mu: Option<i64>,
    rent_fen_per_m2_month: Option<i64>,
    status: SiteStatus,
    tenure_years: Option<i32>,
    plot_ratio_hundredths: Option<i32>,
    zoning: Option<String>,
    zoning_en: Option<String>,
    floor_load_kg_m2: Option<i32>,
    clear_height_cm: Option<i32>,
    floors: Option<i32>,
    power_kva: Option<i32>,
    free_from: Option<NaiveDate>,
    summary: Option<String>,
    summary_en: Option<String>,
    facts: Vec<Fact>,
    #[serde(default, rename = "unknown")]
    unknowns: Vec<String>,
    #[serde(default, rename = "unknown_en")]
    unknowns_en: Vec<String>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    checked_on: Option<NaiveDate>,
    checked_by: Option<String>,
    demo: bool,
}

impl SiteSeed {
    fn into_site(self, now: Time) -> Site {
        let place = Point::new(self.longitude, self.latitude).to_wgs84(self.datum);
        Site {
            id: self.id,
            kind: self.kind,
            unit_id: self.unit_id,
            park_id: self.park_id,
            name: self.name,
            name_en: self.name_en,
            former_names: serde_json::json!(self.former_names).to_string(),
            level: self.level,
            longitude_wgs84: place.longitude,
            latitude_wgs84: place.latitude,
            precision: self.precision,
            position_note: self.position_note,
            position_note_en: self.position_note_en,
            industries: serde_json::json!(self.industries).to_string(),
            area_m2: self.area_m2,
            price_fen_per_mu: self.price_fen_per_mu,
            rent_fen_per_m2_month: self.rent_fen_per_m2_month,
            status: self.status,
            tenure_years: self.tenure_years,
            plot_ratio_hundredths: self.plot_ratio_hundredths,
            zoning: self.zoning,
            zoning_en: self.zoning_en,
            floor_load_kg_m2: self.floor_load_kg_m2,
            clear_height_cm: self.clear_height_cm,
            floors: self.floors,
            power_kva: self.power_kva,
            free_from: self.free_from,
            summary: self.summary,
            summary_en: self.summary_en,
            facts: serde_json::json!(self.facts).to_string(),
            unknowns: serde_json::json!(self.unknowns).to_string(),
            unknowns_en: serde_json::json!(self.unknowns_en).to_string(),
            source: self.source,
            source_en: self.source_en,
            source_on: self.source_on,
            checked_on: self.checked_on,
            checked_by: self.checked_by,
            demo: self.demo,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Inserts the parks, and `with_demo` the invented sites, or brings them up to date; gives how many rows changed.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path, now: Time, with_demo: bool) -> Result<usize, AppError> {
    let mut seeds: Vec<SiteSeed> = seed_file::read(&seeds_dir.join("parks.json"))?;
    if with_demo {
        let demo: Vec<SiteSeed> = seed_file::read(&seeds_dir.join("demo/sites.json"))?;
        seeds.extend(demo);
    }
    // What its unit has taken in hand is the unit's: a start must not undo an edit or a withdrawal.
    let in_hand = SiteVersion::in_hand(conn)?;
    let seeds = seeds.into_iter().filter(|seed| !in_hand.contains(&seed.id));
    Site::keep_all(conn, seeds.map(|seed| seed.into_site(now)).collect())
}
