//! The red line of a parcel: its surveyed boundary, for people who have signed in.
use chrono::NaiveDate;
use diesel::prelude::*;

use crate::each_database;
use crate::error::AppError;
use crate::libraries::map::engine::mercator::{Frame, Spot};
use crate::libraries::map::engine::region::{Polygon, Touch};
use crate::platform::db::{DbConn, MultiBackend};
use crate::platform::geo::{Datum, Point};
use crate::schema::{map_red_lines, map_sites};

/// Longer than any parcel reaches from its point, in degrees, and more than GCJ-02 moves it.
const MARGIN: f64 = 0.05;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
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

    /// Those that come into a box (degrees of `datum`), with their sites' names; `most` at most.
    pub fn in_view(
        conn: &mut DbConn,
        [west, south, east, north]: [f64; 4],
        datum: Datum,
        most: usize,
    ) -> Result<Vec<(Self, String, Option<String>)>, AppError> {
        let rows: Vec<(Self, String, Option<String>)> = map_red_lines::table
            .inner_join(map_sites::table)
            .filter(map_sites::longitude_wgs84.between(west - MARGIN, east + MARGIN))
            .filter(map_sites::latitude_wgs84.between(south - MARGIN, north + MARGIN))
            .order(map_red_lines::site_id.asc())
            .select((
                <Self as Selectable<MultiBackend>>::construct_selection(),
                map_sites::name,
                map_sites::name_en,
            ))
            .load(conn)?;
        let Some(view) = Frame::of_degrees(west, south, east, north) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for row in rows {
            let spots = row.0.ring(datum)?.iter().map(|p| Spot::at(p.longitude, p.latitude)).collect();
            if Polygon::new(spots).is_some_and(|polygon| polygon.touch(view) != Touch::Outside) {
                found.push(row);
            }
            if found.len() == most {
                break;
            }
        }
        Ok(found)
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
