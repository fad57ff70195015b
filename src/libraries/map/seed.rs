//! The parks that come with the program, and the invented sites of a demonstration.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::feature::{Feature, FeatureKind};
use crate::libraries::map::red_line::RedLine;
use crate::libraries::map::site::{Fact, Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_version::SiteVersion;
use crate::libraries::map::utility::SiteUtility;
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
    hoist_kg: Option<i32>,
    span_cm: Option<i32>,
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
            hoist_kg: self.hoist_kg,
            span_cm: self.span_cm,
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

#[derive(Debug, Deserialize)]
struct FeatureSeed {
    id: String,
    kind: FeatureKind,
    unit_id: Option<String>,
    name: String,
    name_en: Option<String>,
    longitude: f64,
    latitude: f64,
    datum: Datum,
    precision: Precision,
    industries: Vec<Industry>,
    chain_link: Option<String>,
    chain_link_en: Option<String>,
    total: Option<i64>,
    available: Option<i64>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    checked_on: Option<NaiveDate>,
    checked_by: Option<String>,
    demo: bool,
}

impl FeatureSeed {
    fn into_feature(self) -> Feature {
        let place = Point::new(self.longitude, self.latitude).to_wgs84(self.datum);
        Feature {
            id: self.id,
            kind: self.kind,
            unit_id: self.unit_id,
            name: self.name,
            name_en: self.name_en,
            longitude_wgs84: place.longitude,
            latitude_wgs84: place.latitude,
            precision: self.precision,
            industries: serde_json::json!(self.industries).to_string(),
            chain_link: self.chain_link,
            chain_link_en: self.chain_link_en,
            total: self.total,
            available: self.available,
            source: self.source,
            source_en: self.source_en,
            source_on: self.source_on,
            checked_on: self.checked_on,
            checked_by: self.checked_by,
            demo: self.demo,
        }
    }
}

#[derive(Debug, Deserialize)]
struct RedLineSeed {
    site_id: String,
    ring: Vec<[f64; 2]>,
    datum: Datum,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    demo: bool,
}

impl RedLineSeed {
    fn into_red_line(self) -> RedLine {
        let corner = |[x, y]: &[f64; 2]| {
            let place = Point::new(*x, *y).to_wgs84(self.datum);
            [place.longitude, place.latitude]
        };
        let ring: Vec<[f64; 2]> = self.ring.iter().map(corner).collect();
        RedLine {
            site_id: self.site_id,
            ring_wgs84: serde_json::json!(ring).to_string(),
            source: self.source,
            source_en: self.source_en,
            source_on: self.source_on,
            demo: self.demo,
        }
    }
}

/// Inserts what comes with the program, and `with_demo` what is invented, or brings it up to date; gives how many
/// rows changed.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path, now: Time, with_demo: bool) -> Result<usize, AppError> {
    fn both<T: serde::de::DeserializeOwned>(
        files: [Option<&str>; 2],
        seeds_dir: &Path,
    ) -> Result<Vec<T>, AppError> {
        let mut all = Vec::new();
        for file in files.into_iter().flatten() {
            all.extend(seed_file::read::<Vec<T>>(&seeds_dir.join(file))?);
        }
        Ok(all)
    }
    let demo = |file| with_demo.then_some(file);
    let sites: Vec<SiteSeed> = both([Some("parks.json"), demo("demo/sites.json")], seeds_dir)?;
    let features: Vec<FeatureSeed> = both([Some("features.json"), demo("demo/features.json")], seeds_dir)?;
    let utilities: Vec<SiteUtility> = both([Some("utilities.json"), demo("demo/utilities.json")], seeds_dir)?;
    let lines: Vec<RedLineSeed> = both([None, demo("demo/red-lines.json")], seeds_dir)?;
    // What its unit has taken in hand is the unit's: a start must not undo an edit or a withdrawal.
    let in_hand = SiteVersion::in_hand(conn)?;
    let sites = sites.into_iter().filter(|seed| !in_hand.contains(&seed.id));
    let changed = Site::keep_all(conn, sites.map(|seed| seed.into_site(now)).collect())?;
    let shown = Site::ids(conn)?;
    let ours = |id: &String| shown.contains(id) && !in_hand.contains(id);
    let utilities = utilities.into_iter().filter(|utility| ours(&utility.site_id)).collect();
    let lines = lines.into_iter().filter(|line| ours(&line.site_id));
    Ok(changed
        + Feature::keep_all(conn, features.into_iter().map(FeatureSeed::into_feature).collect())?
        + SiteUtility::keep_all(conn, utilities)?
        + RedLine::keep_all(conn, lines.map(RedLineSeed::into_red_line).collect())?)
}
