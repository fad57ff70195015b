//! Finding sites: the filters, how many fit each choice of a filter, and one page of the result.
//!
//! Words, areas and prices are compared by the database. The choices (kind, unit, industry, status) and the
//! exact box are applied here, over narrow rows, so that each choice can be counted as if it were free.
use std::collections::BTreeMap;

use diesel::define_sql_function;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::libraries::map::site::{Industry, Named, Site, SiteKind, SiteStatus};
use crate::platform::db::DbConn;
use crate::platform::geo::{Datum, Point};
use crate::platform::page::Page;
use crate::schema::{map_sites, units};

define_sql_function! {
    /// Folds Latin letters, so that both databases find the same.
    #[sql_name = "lower"]
    fn folded(text: Nullable<Text>) -> Nullable<Text>;
}

/// More than GCJ-02 moves any place, in degrees.
const MARGIN: f64 = 0.02;
const WORDS: usize = 8;

/// A box on the map, in the datum of the question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl BoundingBox {
    /// From `west,south,east,north` in degrees.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<f64> = text.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>().ok()?;
        let &[west, south, east, north] = numbers.as_slice() else { return None };
        let fits = (-180.0..=180.0).contains(&west)
            && (west..=180.0).contains(&east)
            && (-90.0..=90.0).contains(&south)
            && (south..=90.0).contains(&north);
        fits.then_some(Self { west, south, east, north })
    }
    fn holds(&self, p: Point) -> bool {
        (self.west..=self.east).contains(&p.longitude) && (self.south..=self.north).contains(&p.latitude)
    }
}

/// What is asked for; an absent filter lets everything through, an unknown value fits no number.
#[derive(Debug, Clone)]
pub struct SiteSearch {
    pub kind: Option<SiteKind>,
    /// A county, or a park as a unit
    pub unit_id: Option<String>,
    pub industry: Option<Industry>,
    pub status: Option<SiteStatus>,
    pub area_min_m2: Option<i64>,
    pub area_max_m2: Option<i64>,
    pub price_max_fen_per_mu: Option<i64>,
    pub rent_max_fen_per_m2_month: Option<i64>,
    /// Every word must occur in a name, a former name, the summary or the unit's name
    pub words: Option<String>,
    pub bbox: Option<BoundingBox>,
    pub datum: Datum,
}

/// How many sites fit each value of a filter when all other filters hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Facets {
    pub kind: BTreeMap<String, u64>,
    /// Counties and parks alike: a site in a park counts once for each
    pub unit_id: BTreeMap<String, u64>,
    pub industry: BTreeMap<String, u64>,
    pub status: BTreeMap<String, u64>,
}

/// One page of the sites found.
#[derive(Debug)]
pub struct Found {
    pub page: Page<Named>,
    pub total: u64,
    pub facets: Facets,
}

/// As much of a site as the choices need.
#[derive(Debug, Clone, Queryable)]
struct Narrow {
    id: String,
    kind: SiteKind,
    unit_id: String,
    park_id: Option<String>,
    industries: String,
    status: SiteStatus,
    longitude_wgs84: f64,
    latitude_wgs84: f64,
    unit_sort: i32,
}

/// Where a page ended: parks first, then parcels, then buildings; units in the order of the annex.
type Key = (SiteKind, i32, String);

impl Narrow {
    fn key(&self) -> Key {
        (self.kind, self.unit_sort, self.id.clone())
    }
    fn units(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.unit_id.as_str()).chain(self.park_id.as_deref())
    }
    fn industries(&self) -> Vec<Industry> {
        serde_json::from_str(&self.industries).unwrap_or_default()
    }
    fn place(&self, datum: Datum) -> Point {
        Point::new(self.longitude_wgs84, self.latitude_wgs84).to_datum(datum).rounded()
    }
}

/// Which of the four choices a site meets.
struct Meets {
    kind: bool,
    unit: bool,
    industry: bool,
    status: bool,
}

impl Meets {
    fn all(&self) -> bool {
        self.kind && self.unit && self.industry && self.status
    }
}

impl SiteSearch {
    /// One page after `after`, the total and the facets.
    pub fn run(&self, conn: &mut DbConn, limit: i64, after: Option<Vec<String>>) -> Result<Found, AppError> {
        let after = after.map(key_of).transpose()?;
        let rows = self.narrow(conn)?;
        let mut facets = Facets::default();
        let mut keys: Vec<Key> = Vec::new();
        for row in &rows {
            let industries = row.industries();
            let meets = self.meets(row, &industries);
            facets.count(row, &industries, &meets);
            if meets.all() {
                keys.push(row.key());
            }
        }
        keys.sort_unstable();
        let total = keys.len() as u64;
        let surplus = usize::try_from(limit).unwrap_or_default() + 1;
        let ahead = keys.into_iter().filter(|key| after.as_ref().is_none_or(|after| key > after));
        let page = Page::of(ahead.take(surplus).collect(), limit, |(kind, sort, id): &Key| {
            vec![kind.to_string(), sort.to_string(), id.clone()]
        });
        Ok(Found { page: whole(conn, page)?, total, facets })
    }

    fn meets(&self, row: &Narrow, industries: &[Industry]) -> Meets {
        Meets {
            kind: self.kind.is_none_or(|kind| kind == row.kind),
            unit: self.unit_id.as_ref().is_none_or(|unit| row.units().any(|own| own == unit)),
            industry: self.industry.is_none_or(|industry| industries.contains(&industry)),
            status: self.status.is_none_or(|status| status == row.status),
        }
    }

    fn narrow(&self, conn: &mut DbConn) -> Result<Vec<Narrow>, AppError> {
        use map_sites as t;
        let mut query = t::table
            .inner_join(units::table.on(units::id.eq(t::unit_id)))
            .select((
                t::id,
                t::kind,
                t::unit_id,
                t::park_id,
                t::industries,
                t::status,
                t::longitude_wgs84,
                t::latitude_wgs84,
                units::sort,
            ))
            .into_boxed();
        if let Some(least) = self.area_min_m2 {
            query = query.filter(t::area_m2.ge(least));
        }
        if let Some(most) = self.area_max_m2 {
            query = query.filter(t::area_m2.le(most));
        }
        if let Some(most) = self.price_max_fen_per_mu {
            query = query.filter(t::price_fen_per_mu.le(most));
        }
        if let Some(most) = self.rent_max_fen_per_m2_month {
            query = query.filter(t::rent_fen_per_m2_month.le(most));
        }
        if let Some(b) = self.bbox {
            query = query
                .filter(t::longitude_wgs84.between(b.west - MARGIN, b.east + MARGIN))
                .filter(t::latitude_wgs84.between(b.south - MARGIN, b.north + MARGIN));
        }
        for word in self.words.iter().flat_map(|words| words.split_whitespace()).take(WORDS) {
            let like = containing(word);
            query = query.filter(
                folded(t::name.nullable())
                    .like(like.clone())
                    .escape('\\')
                    .or(folded(t::name_en).like(like.clone()).escape('\\'))
                    .or(folded(t::former_names.nullable()).like(like.clone()).escape('\\'))
                    .or(folded(t::summary).like(like.clone()).escape('\\'))
                    .or(folded(t::summary_en).like(like.clone()).escape('\\'))
                    .or(folded(units::name.nullable()).like(like.clone()).escape('\\'))
                    .or(folded(units::name_en.nullable()).like(like).escape('\\')),
            );
        }
        let rows: Vec<Narrow> = query.load(conn)?;
        let inside = |row: &Narrow| self.bbox.is_none_or(|b| b.holds(row.place(self.datum)));
        Ok(rows.into_iter().filter(inside).collect())
    }
}

impl Facets {
    fn count(&mut self, row: &Narrow, industries: &[Industry], meets: &Meets) {
        let add = |facet: &mut BTreeMap<String, u64>, value: &str| {
            *facet.entry(value.to_owned()).or_default() += 1;
        };
        if meets.unit && meets.industry && meets.status {
            add(&mut self.kind, row.kind.as_str());
        }
        if meets.kind && meets.industry && meets.status {
            row.units().for_each(|unit| add(&mut self.unit_id, unit));
        }
        if meets.kind && meets.unit && meets.status {
            industries.iter().for_each(|industry| add(&mut self.industry, industry.as_str()));
        }
        if meets.kind && meets.unit && meets.industry {
            add(&mut self.status, row.status.as_str());
        }
    }
}

/// The rows of one page of keys, in the order of the keys.
fn whole(conn: &mut DbConn, page: Page<Key>) -> Result<Page<Named>, AppError> {
    let ids = page.items.iter().map(|(_, _, id)| id.clone()).collect();
    let mut rows: BTreeMap<String, Named> =
        Site::named(conn, ids)?.into_iter().map(|row| (row.0.id.clone(), row)).collect();
    let items = page.items.iter().filter_map(|(_, _, id)| rows.remove(id)).collect();
    Ok(Page { items, next: page.next })
}

fn key_of(parts: Vec<String>) -> Result<Key, AppError> {
    let refused = || AppError::field("cursor", "input.cursor");
    let [kind, sort, id] = <[String; 3]>::try_from(parts).map_err(|_| refused())?;
    Ok((kind.parse().map_err(|_| refused())?, sort.parse().map_err(|_| refused())?, id))
}

fn containing(word: &str) -> String {
    let escaped = word.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_must_be_four_numbers_in_order() {
        assert!(BoundingBox::parse("110.7,27.9,112.9,29.5").is_some());
        for bad in ["", "1,2,3", "1,2,3,4,5", "112.9,27.9,110.7,29.5", "1,95,2,96", "NaN,1,2,3", "1,2,inf,4"] {
            assert_eq!(BoundingBox::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        assert!(key_of(vec!["park".into(), "10".into(), "park-longling".into()]).is_ok());
        assert!(key_of(vec!["park".into()]).is_err());
        assert!(key_of(vec!["castle".into(), "10".into(), "x".into()]).is_err());
    }

    #[test]
    fn marks_of_a_pattern_are_taken_literally() {
        assert_eq!(containing("50%_A"), "%50\\%\\_a%");
    }
}
