//! A place to invest in: a park, a parcel of land or a standard factory building.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::each_database;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::geo::Point;
use crate::schema::{map_sites, units};

crate::text_enum! {
    /// What a site is.
    pub enum SiteKind {
        Park = "park", "园区", "Park";
        Parcel = "parcel", "地块", "Parcel of land";
        FactoryBuilding = "factory_building", "标准厂房", "Factory building";
    }
}
crate::text_enum! {
    /// Whether a site can be had.
    pub enum SiteStatus {
        Available = "available", "可供", "Available";
        InTalks = "in_talks", "洽谈中", "In talks";
        Taken = "taken", "已落户", "Taken";
        Unknown = "unknown", "未掌握", "Not known";
    }
}
crate::text_enum! {
    /// How near the point on the map is to the place.
    pub enum Precision {
        Exact = "exact", "准确位置", "Exact";
        Park = "park", "所在园区的示意位置", "Somewhere in its park";
        District = "district", "所在区县的示意位置", "Somewhere in its county";
    }
}
crate::text_enum! {
    /// How well a fact is supported.
    pub enum Confidence {
        A = "a", "官方发布", "Published officially";
        B = "b", "权威媒体报道", "Reported by established media";
        C = "c", "单一来源，待核实", "One source, to be checked";
    }
}

/// One sourced statement about a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    pub label: String,
    pub label_en: Option<String>,
    pub value: String,
    pub value_en: Option<String>,
    pub source: String,
    pub source_url: Option<String>,
    /// The day of the source; absent where it carries none
    pub source_on: Option<NaiveDate>,
    pub confidence: Confidence,
}

/// One row. `null` means unknown. Lists are JSON arrays in text columns.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = map_sites, treat_none_as_null = true)]
pub struct Site {
    /// A UUID, or a readable name for a park
    pub id: String,
    pub kind: SiteKind,
    /// The county or functional area that answers for it; never told from the outline
    pub unit_id: String,
    /// The park as a unit; a park's own
    pub park_id: Option<String>,
    pub name: String,
    pub name_en: Option<String>,
    pub former_names: String,
    /// provincial or national, of a park
    pub level: Option<String>,
    pub longitude_wgs84: f64,
    pub latitude_wgs84: f64,
    pub precision: Precision,
    pub position_note: Option<String>,
    pub position_note_en: Option<String>,
    pub industries: String,
    pub area_m2: Option<i64>,
    pub price_fen_per_mu: Option<i64>,
    pub rent_fen_per_m2_month: Option<i64>,
    pub status: SiteStatus,
    pub tenure_years: Option<i32>,
    pub plot_ratio_hundredths: Option<i32>,
    pub zoning: Option<String>,
    pub zoning_en: Option<String>,
    pub floor_load_kg_m2: Option<i32>,
    pub clear_height_cm: Option<i32>,
    pub floors: Option<i32>,
    pub power_kva: Option<i32>,
    pub free_from: Option<NaiveDate>,
    pub summary: Option<String>,
    pub summary_en: Option<String>,
    /// [`Fact`]s
    pub facts: String,
    /// What nobody has published about it
    pub unknowns: String,
    pub unknowns_en: String,
    pub source: String,
    pub source_en: Option<String>,
    pub source_on: Option<NaiveDate>,
    pub checked_on: Option<NaiveDate>,
    pub checked_by: Option<String>,
    /// Invented, for a demonstration
    pub demo: bool,
    pub created_at: Time,
    pub updated_at: Time,
    /// What the bridge crane lifts
    pub hoist_kg: Option<i32>,
    /// Between columns
    pub span_cm: Option<i32>,
}

/// A site with the names of the unit that answers for it.
pub type Named = (Site, String, String);

impl Site {
    pub fn find(conn: &mut DbConn, id: &str) -> Result<Option<Self>, AppError> {
        Ok(map_sites::table.find(id).first(conn).optional()?)
    }

    /// The sites of `ids` with their units' names, in no order.
    pub fn named(conn: &mut DbConn, ids: Vec<String>) -> Result<Vec<Named>, AppError> {
        Ok(map_sites::table
            .inner_join(units::table.on(units::id.eq(map_sites::unit_id)))
            .filter(map_sites::id.eq_any(ids))
            .select((map_sites::all_columns, units::name, units::name_en))
            .load(conn)?)
    }

    /// The English names of those of these sites that have one, by id.
    pub fn names_en(conn: &mut DbConn, ids: Vec<String>) -> Result<HashMap<String, String>, AppError> {
        let rows: Vec<(String, Option<String>)> = map_sites::table
            .filter(map_sites::id.eq_any(ids))
            .select((map_sites::id, map_sites::name_en))
            .load(conn)?;
        Ok(rows.into_iter().filter_map(|(id, name)| Some((id, name?))).collect())
    }

    /// The ids of all sites on the map.
    pub(super) fn ids(conn: &mut DbConn) -> Result<HashSet<String>, AppError> {
        Ok(map_sites::table.select(map_sites::id).load::<String>(conn)?.into_iter().collect())
    }

    /// Inserts or brings up to date what differs from the table; gives how many rows that were.
    pub fn keep_all(conn: &mut DbConn, sites: Vec<Self>) -> Result<usize, AppError> {
        let ids: Vec<String> = sites.iter().map(|site| site.id.clone()).collect();
        let known: Vec<Self> = map_sites::table.filter(map_sites::id.eq_any(ids)).load(conn)?;
        let mut changed = 0;
        for site in sites {
            let before = known.iter().find(|known| known.id == site.id);
            if before.is_some_and(|before| before.says_the_same(&site)) {
                continue;
            }
            let created_at = before.map_or(site.created_at, |before| before.created_at);
            Self { created_at, ..site }.keep(conn)?;
            changed += 1;
        }
        Ok(changed)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let other = Self { created_at: self.created_at, updated_at: self.updated_at, ..other.clone() };
        *self == other
    }

    /// Inserts or brings up to date.
    pub(super) fn keep(self, conn: &mut DbConn) -> Result<(), AppError> {
        each_database!(conn, c => diesel::insert_into(map_sites::table)
            .values(self.clone())
            .on_conflict(map_sites::id)
            .do_update()
            .set(self)
            .execute(c))?;
        Ok(())
    }

    /// Takes a site off the map; its versions stay.
    pub(super) fn remove(conn: &mut DbConn, id: &str) -> Result<(), AppError> {
        diesel::delete(map_sites::table.find(id)).execute(conn)?;
        Ok(())
    }

    pub fn place_wgs84(&self) -> Point {
        Point::new(self.longitude_wgs84, self.latitude_wgs84)
    }
}
