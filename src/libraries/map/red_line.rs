//! The red line of a parcel: its surveyed boundary, for people who have signed in.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::each_database;
use crate::error::AppError;
use crate::libraries::map::engine::mercator::Spot;
use crate::libraries::map::engine::region::Polygon;
use crate::platform::db::{DbConn, MultiBackend};
use crate::platform::geo::{Datum, Point};
use crate::schema::map_red_lines;

/// One row.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize,
)]
#[diesel(table_name = map_red_lines, treat_none_as_null = true)]
pub struct RedLine {
    pub site_id: String,
    /// `[[longitude, latitude], …]`, closed, the exterior only
    pub ring_wgs84: String,
    pub source: String,
    pub source_en: Option<String>,
    pub source_on: Option<NaiveDate>,
    /// Invented, for a demonstration
    pub demo: bool,
}

impl RedLine {
    /// The corners, each converted by itself, to about a centimetre.
    pub fn ring(&self, datum: Datum) -> Result<Vec<Point>, AppError> {
        let ring: Vec<[f64; 2]> = serde_json::from_str(&self.ring_wgs84).map_err(AppError::internal)?;
        let exact = |degrees: f64| (degrees * 1e7).round() / 1e7;
        let corners = ring.iter().map(|[x, y]| Point::new(*x, *y).to_datum(datum));
        Ok(corners.map(|p| Point::new(exact(p.longitude), exact(p.latitude))).collect())
    }

    /// As the engine knows it; `None` when it is no polygon.
    pub fn polygon(&self, datum: Datum) -> Option<Polygon> {
        Polygon::new(self.ring(datum).ok()?.iter().map(|p| Spot::at(p.longitude, p.latitude)).collect())
    }

    pub fn of_site(conn: &mut DbConn, site_id: &str) -> Result<Option<Self>, AppError> {
        Ok(map_red_lines::table
            .find(site_id)
            .select(<Self as Selectable<MultiBackend>>::construct_selection())
            .first(conn)
            .optional()?)
    }

    /// All that are polygons, in the order of their sites.
    pub fn list(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        let rows: Vec<Self> = map_red_lines::table
            .select(<Self as Selectable<MultiBackend>>::construct_selection())
            .order(map_red_lines::site_id.asc())
            .load(conn)?;
        Ok(rows.into_iter().filter(|line| line.polygon(Datum::Wgs84).is_some()).collect())
    }

    /// Inserts or brings up to date what differs from the table; gives how many rows that were.
    pub fn keep_all(conn: &mut DbConn, rows: Vec<Self>) -> Result<usize, AppError> {
        let known: Vec<Self> = map_red_lines::table
            .select(<Self as Selectable<MultiBackend>>::construct_selection())
            .load(conn)?;
        let differing: Vec<Self> = rows.into_iter().filter(|row| !known.contains(row)).collect();
        for row in &differing {
            each_database!(conn, c => diesel::insert_into(map_red_lines::table)
                .values(row.clone())
                .on_conflict(map_red_lines::site_id)
                .do_update()
                .set(row.clone())
                .execute(c))?;
        }
        Ok(differing.len())
    }
}
