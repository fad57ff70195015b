//! What is near a site: enterprises and their links of a chain, utilities with what is left, transport hubs.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::each_database;
use crate::error::AppError;
use crate::libraries::map::site::Precision;
use crate::platform::db::DbConn;
use crate::platform::geo::Point;
use crate::schema::map_features;

crate::text_enum! {
    /// What a feature is.
    pub enum FeatureKind {
        Enterprise = "enterprise", "企业", "Enterprise";
        Substation = "substation", "变电站", "Substation";
        Waterworks = "waterworks", "自来水厂", "Waterworks";
        SewagePlant = "sewage_plant", "污水处理厂", "Sewage plant";
        GasStation = "gas_station", "天然气门站", "Gas station";
        SteamPlant = "steam_plant", "供热站", "Steam plant";
        RailStation = "rail_station", "铁路货运站", "Rail station";
        HighSpeedRailStation = "high_speed_rail_station", "高铁站", "High-speed rail station";
        MotorwayJunction = "motorway_junction", "高速公路互通", "Motorway junction";
        Port = "port", "港口码头", "Port";
        Airport = "airport", "机场", "Airport";
    }
}

impl FeatureKind {
    /// Where goods and people change from one means of transport to another.
    pub fn is_hub(self) -> bool {
        matches!(
            self,
            Self::RailStation
                | Self::HighSpeedRailStation
                | Self::MotorwayJunction
                | Self::Port
                | Self::Airport
        )
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = map_features, treat_none_as_null = true)]
pub struct Feature {
    pub id: String,
    pub kind: FeatureKind,
    /// The unit that keeps it up to date
    pub unit_id: Option<String>,
    pub name: String,
    pub name_en: Option<String>,
    pub longitude_wgs84: f64,
    pub latitude_wgs84: f64,
    pub precision: Precision,
    /// JSON array
    pub industries: String,
    /// The link of its industry's chain, of an enterprise
    pub chain_link: Option<String>,
    pub chain_link_en: Option<String>,
    /// In the unit of the utility
    pub total: Option<i64>,
    pub available: Option<i64>,
    pub source: String,
    pub source_en: Option<String>,
    pub source_on: Option<NaiveDate>,
    pub checked_on: Option<NaiveDate>,
    pub checked_by: Option<String>,
    /// Invented, for a demonstration
    pub demo: bool,
}

impl Feature {
    pub fn place_wgs84(&self) -> Point {
        Point::new(self.longitude_wgs84, self.latitude_wgs84)
    }

    /// Everything, or those of some kinds, ordered by kind and name.
    pub fn list(conn: &mut DbConn, kinds: &[FeatureKind]) -> Result<Vec<Self>, AppError> {
        let mut query = map_features::table
            .select(<Self as Selectable<crate::platform::db::MultiBackend>>::construct_selection())
            .order((map_features::kind.asc(), map_features::id.asc()))
            .into_boxed();
        if !kinds.is_empty() {
            query = query.filter(map_features::kind.eq_any(kinds.to_vec()));
        }
        Ok(query.load(conn)?)
    }

    /// Inserts or brings up to date what differs from the table; gives how many rows that were.
    pub fn keep_all(conn: &mut DbConn, rows: Vec<Self>) -> Result<usize, AppError> {
        let known = Self::list(conn, &[])?;
        let differing: Vec<Self> = rows.into_iter().filter(|row| !known.contains(row)).collect();
        for row in &differing {
            each_database!(conn, c => diesel::insert_into(map_features::table)
                .values(row.clone())
                .on_conflict(map_features::id)
                .do_update()
                .set(row.clone())
                .execute(c))?;
        }
        Ok(differing.len())
    }
}
