//! What a site has besides its own row, as a unit writes it: utilities at hand, and the red line of a parcel.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, FieldError};
use crate::libraries::map::red_line::RedLine;
use crate::libraries::map::utility::{SiteUtility, Utility};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::geo::{Datum, Point};
use crate::platform::input::Line;
use crate::schema::{map_red_lines, map_site_utilities};

const MOST_CORNERS: usize = 300;
const MOST_AVAILABLE: i64 = 1_000_000_000;

/// One utility at hand, with what can still be had of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteSupply {
    pub utility: Utility,
    /// kVA of power, t/d of water and sewage, m³/h of gas, t/h of steam; left out when it is there but not known
    /// how much; 0 when nothing is left
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub available: Option<i64>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub source: Line<200>,
    pub source_on: Option<NaiveDate>,
}

/// One corner of a red line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corner {
    #[schema(minimum = 110, maximum = 114)]
    pub longitude: f64,
    #[schema(minimum = 27, maximum = 30)]
    pub latitude: f64,
}

/// The surveyed boundary of a parcel; without corners, that it has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteRedLine {
    /// Of the corners; surveys use WGS-84 (CGCS2000)
    pub datum: Datum,
    /// In their order, the last not repeating the first
    #[schema(max_items = 300)]
    pub corners: Vec<Corner>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub source: Line<200>,
    pub source_on: Option<NaiveDate>,
}

impl SiteSupply {
    pub fn of_site(conn: &mut DbConn, site_id: &str) -> Result<Vec<Self>, AppError> {
        let supply = |row: SiteUtility| {
            Ok(Self {
                utility: row.utility,
                available: row.available,
                source: Line::parse(&row.source).map_err(AppError::internal)?,
                source_on: row.source_on,
            })
        };
        SiteUtility::of_sites(conn, &[site_id.to_owned()])?.into_iter().map(supply).collect()
    }

    /// Puts these in the place of what stood at the site.
    pub fn replace(
        conn: &mut DbConn,
        site_id: &str,
        all: &[Self],
        demo: bool,
        now: Time,
    ) -> Result<(), AppError> {
        use map_site_utilities as t;
        let before = SiteUtility::of_sites(conn, &[site_id.to_owned()])?;
        let gone: Vec<Utility> = before
            .iter()
            .map(|row| row.utility)
            .filter(|utility| all.iter().all(|supply| supply.utility != *utility))
            .collect();
        diesel::delete(t::table.filter(t::site_id.eq(site_id)).filter(t::utility.eq_any(gone)))
            .execute(conn)?;
        let row = |supply: &Self| {
            let source = supply.source.as_str();
            let known = before.iter().find(|row| row.utility == supply.utility && row.source == source);
            SiteUtility {
                site_id: site_id.to_owned(),
                utility: supply.utility,
                available: supply.available,
                source: source.to_owned(),
                source_en: known.and_then(|row| row.source_en.clone()),
                source_on: supply.source_on,
                checked_on: Some(now.day()),
                demo,
            }
        };
        SiteUtility::keep_all(conn, all.iter().map(row).collect())?;
        Ok(())
    }
}

impl SiteRedLine {
    /// As it is kept, in WGS-84.
    pub fn of_site(conn: &mut DbConn, site_id: &str) -> Result<Option<Self>, AppError> {
        let Some(line) = RedLine::of_site(conn, site_id)? else { return Ok(None) };
        let mut ring = line.ring(Datum::Wgs84)?;
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let corner = |p: &Point| Corner { longitude: p.longitude, latitude: p.latitude };
        Ok(Some(Self {
            datum: Datum::Wgs84,
            corners: ring.iter().map(corner).collect(),
            source: Line::parse(&line.source).map_err(AppError::internal)?,
            source_on: line.source_on,
        }))
    }

    /// The corners in WGS-84.
    fn places(&self) -> impl Iterator<Item = Point> {
        self.corners.iter().map(|c| Point::new(c.longitude, c.latitude).to_wgs84(self.datum))
    }

    /// Puts this in the place of what stood at the site.
    pub fn replace(&self, conn: &mut DbConn, site_id: &str, demo: bool) -> Result<(), AppError> {
        if self.corners.is_empty() {
            diesel::delete(map_red_lines::table.find(site_id)).execute(conn)?;
            return Ok(());
        }
        let before = RedLine::of_site(conn, site_id)?;
        let known = before.filter(|line| line.source == self.source.as_str());
        let mut ring: Vec<[f64; 2]> = self.places().map(|place| [place.longitude, place.latitude]).collect();
        ring.extend(ring.first().copied());
        let line = RedLine {
            site_id: site_id.to_owned(),
            ring_wgs84: serde_json::to_string(&ring).map_err(AppError::internal)?,
            source: self.source.as_str().to_owned(),
            source_en: known.and_then(|line| line.source_en),
            source_on: self.source_on,
            demo,
        };
        RedLine::keep_all(conn, vec![line])?;
        Ok(())
    }
}

/// What does not fit, field by field; `holds` says whether a place lies in the city.
pub fn problems(
    supplies: Option<&[SiteSupply]>,
    line: Option<&SiteRedLine>,
    holds: impl Fn(Point) -> bool,
) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let supplies = supplies.unwrap_or_default();
    for (n, supply) in supplies.iter().enumerate() {
        if supplies.iter().take(n).any(|other| other.utility == supply.utility) {
            wrong.push(FieldError::new("utilities", "input.choice"));
        }
        if supply.available.is_some_and(|amount| !(0..=MOST_AVAILABLE).contains(&amount)) {
            wrong.push(FieldError::new("utilities", "input.range"));
        }
    }
    let corners = line.map(|line| line.corners.as_slice()).unwrap_or_default();
    if corners.len() > MOST_CORNERS {
        wrong.push(FieldError::new("red_line", "input.too_long"));
    } else if !line.is_none_or(|line| line.places().all(holds)) {
        wrong.push(FieldError::new("red_line", "site.outside_city"));
    } else if !corners.is_empty() && !is_simple(corners) {
        wrong.push(FieldError::new("red_line", "site.red_line_crossed"));
    }
    wrong
}

/// Whether the ring has three corners at least, no corner twice, and no two edges that meet but neighbours.
fn is_simple(corners: &[Corner]) -> bool {
    let n = corners.len();
    let edge = |at: usize| (corners[at], corners[(at + 1) % n]);
    let apart = |a: usize, b: usize| {
        let ((a1, a2), (b1, b2)) = (edge(a), edge(b));
        let next = (a + 1) % n == b || (b + 1) % n == a;
        if next { a1 != a2 && b1 != b2 && !(a1 == b2 && a2 == b1) } else { !meet(a1, a2, b1, b2) }
    };
    n >= 3 && (0..n).all(|a| (a + 1..n).all(|b| apart(a, b)))
}

/// Twice the area of the triangle, positive when it turns to the left.
fn turn(a: Corner, b: Corner, c: Corner) -> f64 {
    (b.longitude - a.longitude) * (c.latitude - a.latitude)
        - (b.latitude - a.latitude) * (c.longitude - a.longitude)
}

fn meet(a1: Corner, a2: Corner, b1: Corner, b2: Corner) -> bool {
    let apart = |p: f64, q: f64| p > 0.0 && q > 0.0 || p < 0.0 && q < 0.0;
    let beside = |low: f64, high: f64, other: f64, another: f64| {
        low.max(high) < other.min(another) || other.max(another) < low.min(high)
    };
    !apart(turn(b1, b2, a1), turn(b1, b2, a2))
        && !apart(turn(a1, a2, b1), turn(a1, a2, b2))
        && !beside(a1.longitude, a2.longitude, b1.longitude, b2.longitude)
        && !beside(a1.latitude, a2.latitude, b1.latitude, b2.latitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(f64, f64)]) -> Vec<Corner> {
        corners
            .iter()
            .map(|(longitude, latitude)| Corner { longitude: *longitude, latitude: *latitude })
            .collect()
    }

    #[test]
    fn a_ring_that_crosses_or_touches_itself_is_none() {
        let square = ring(&[(112.0, 28.0), (112.1, 28.0), (112.1, 28.1), (112.0, 28.1)]);
        assert!(is_simple(&square));
        let bow = ring(&[(112.0, 28.0), (112.1, 28.1), (112.1, 28.0), (112.0, 28.1)]);
        assert!(!is_simple(&bow));
        assert!(!is_simple(&square[..2]));
        let twice = ring(&[(112.0, 28.0), (112.1, 28.0), (112.1, 28.0), (112.0, 28.1)]);
        assert!(!is_simple(&twice));
        let spike = ring(&[(112.0, 28.0), (112.1, 28.0), (112.0, 28.0), (112.0, 28.1)]);
        assert!(!is_simple(&spike));
        let hollow = ring(&[(112.0, 28.0), (112.2, 28.0), (112.2, 28.2), (112.1, 28.05), (112.0, 28.2)]);
        assert!(is_simple(&hollow));
    }

    #[test]
    fn what_does_not_fit_is_named_once_for_each() {
        let supply = |available| SiteSupply {
            utility: Utility::Gas,
            available,
            source: Line::parse("燃气公司").unwrap(),
            source_on: None,
        };
        let twice = [supply(None), supply(Some(-1))];
        let far = SiteRedLine {
            datum: Datum::Wgs84,
            corners: ring(&[(111.0, 28.0)]),
            source: Line::parse("测绘").unwrap(),
            source_on: None,
        };
        let told = problems(Some(&twice), Some(&far), |place| place.longitude > 112.0);
        let told: Vec<&str> = told.iter().map(|one| one.code.as_ref()).collect();
        assert_eq!(told, ["input.choice", "input.range", "site.outside_city"]);
        assert!(problems(None, None, |_| false).is_empty());
    }
}
