//! Finding sites on the atlas: the filters, where to look, how many fit each choice, and one page of the result.
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::atlas::{Atlas, spot};
use crate::libraries::map::engine::cluster::{self, Cluster};
use crate::libraries::map::engine::label;
use crate::libraries::map::engine::mercator::Frame;
use crate::libraries::map::engine::region::{Disc, Polygon, Region, Shape};
use crate::libraries::map::engine::store::{Filter, Keys};
use crate::libraries::map::feature::FeatureKind;
use crate::libraries::map::site::{SiteKind, SiteStatus};
use crate::libraries::map::utility::Utility;
use crate::platform::geo::{Datum, Point};
use crate::platform::page::Page;

const WORDS: usize = 8;
/// Corners of a drawn polygon.
pub const CORNERS: usize = 200;
/// Cells of a cluster are this many levels finer than the tiles of its zoom: 64 of 256 pixels.
const CELL_LEVELS: u32 = 2;
/// Clusters in a view; a phone draws no more.
pub const MOST_CLUSTERS: usize = 100;
/// Greater numbers are refused: the columns hold 32 bits.
pub const MOST_MEASURE: i64 = 4_000_000_000;

/// A box on the map, in the datum of the question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
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
    pub fn frame(&self) -> Option<Frame> {
        Frame::of_degrees(self.west, self.south, self.east, self.north)
    }
}

/// A place from `longitude,latitude` in degrees.
pub fn parse_point(text: &str) -> Option<Point> {
    let (longitude, latitude) = text.split_once(',')?;
    let (longitude, latitude) = (longitude.trim().parse().ok()?, latitude.trim().parse().ok()?);
    let fits = (-180.0..=180.0).contains(&longitude) && (-85.0..=85.0).contains(&latitude);
    fits.then_some(Point::new(longitude, latitude))
}

/// The corners of a polygon from `longitude,latitude;…`.
pub fn parse_polygon(text: &str) -> Option<Vec<Point>> {
    let corners: Vec<Point> = text.split(';').map(parse_point).collect::<Option<_>>()?;
    (3..=CORNERS).contains(&corners.len()).then_some(corners)
}

/// What a site should be near to.
#[derive(Debug, Clone, PartialEq)]
pub enum Near {
    /// Any hub of a kind
    Hubs(FeatureKind),
    /// One hub by its id
    Hub(String),
    /// A place in the datum of the question
    Place(Point),
}

impl Near {
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(kind) = text.parse::<FeatureKind>() {
            return kind.is_hub().then_some(Self::Hubs(kind));
        }
        if text.contains(',') { parse_point(text).map(Self::Place) } else { Some(Self::Hub(text.to_owned())) }
    }
}

/// What is asked for; an absent filter lets everything through, an unknown value fits no number.
#[derive(Debug, Clone, Default)]
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
    pub power_min_kva: Option<i64>,
    /// All of them must be at hand
    pub utilities: Vec<Utility>,
    /// Every word must occur in a name, a former name, the summary or the unit's name
    pub words: Option<String>,
    pub bbox: Option<BoundingBox>,
    pub polygon: Option<Vec<Point>>,
    pub near: Option<Near>,
    pub within_metres: f64,
    /// With it the box grows to whole cells of clusters
    pub zoom: Option<u32>,
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
    /// Of the sites found: how many also have this utility at hand
    pub utility: BTreeMap<String, u64>,
}

/// One page of the sites found, as ids.
#[derive(Debug)]
pub struct Found {
    pub page: Page<String>,
    pub total: u64,
    pub facets: Facets,
}

/// What a map shows.
pub struct Shown {
    pub frame: Frame,
    pub clusters: Vec<Cluster>,
    pub total: u64,
    pub facets: Facets,
}

/// Where a page ended: parks first, then parcels, then buildings; units in the order of the annex.
type Key = (SiteKind, i32, String);

/// A search made ready for one atlas.
pub struct Asked<'a> {
    atlas: &'a Atlas,
    datum: Datum,
    region: Region,
    filter: Filter,
}

impl SiteSearch {
    /// Refuses units and hubs that the atlas does not know.
    pub fn on<'a>(&self, atlas: &'a Atlas) -> Result<Asked<'a>, AppError> {
        let mut region = Region::world();
        if let Some(frame) = self.frame() {
            region = region.within(Shape::Frame(frame));
        }
        if let Some(corners) = &self.polygon {
            let ring = corners.iter().copied().map(spot).collect();
            let polygon = Polygon::new(ring).ok_or_else(|| AppError::field("polygon", "input.range"))?;
            region = region.within(Shape::Polygon(polygon));
        }
        if let Some(near) = &self.near {
            region = region.within(Shape::Discs(self.discs(atlas, near)?));
        }
        Ok(Asked { atlas, datum: self.datum, region, filter: self.filter(atlas)? })
    }

    /// The box, snapped to the cells of the zoom.
    fn frame(&self) -> Option<Frame> {
        let frame = self.bbox?.frame()?;
        Some(self.zoom.map_or(frame, |zoom| frame.snapped(zoom + CELL_LEVELS)))
    }

    fn discs(&self, atlas: &Atlas, near: &Near) -> Result<Vec<Disc>, AppError> {
        let disc = |at: Point| Disc::new(at.longitude, at.latitude, self.within_metres);
        let hubs = |wanted: &dyn Fn(&(FeatureKind, &str)) -> bool| {
            let hubs = atlas.hubs.iter().filter(|hub| wanted(&(hub.kind, hub.id.as_str())));
            hubs.map(|hub| disc(hub.place_wgs84().to_datum(self.datum))).collect::<Vec<_>>()
        };
        match near {
            Near::Place(at) => Ok(vec![disc(*at)]),
            Near::Hubs(kind) => Ok(hubs(&|hub| hub.0 == *kind)),
            Near::Hub(id) => {
                let found = hubs(&|hub| hub.1 == id);
                if found.is_empty() { Err(AppError::field("near", "input.choice")) } else { Ok(found) }
            }
        }
    }

    fn filter(&self, atlas: &Atlas) -> Result<Filter, AppError> {
        let unit = self
            .unit_id
            .as_ref()
            .map(|id| atlas.unit_number(id).ok_or_else(|| AppError::field("unit_id", "input.choice")));
        let measure = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let limit = |low: Option<i64>, high: Option<i64>| {
            (low.is_some() || high.is_some())
                .then(|| (low.map_or(0, measure), high.map_or(u32::MAX, measure)))
        };
        Ok(Filter {
            choice: label::Choice {
                kinds: self.kind.map(|kind| 1 << kind as u32),
                statuses: self.status.map(|status| 1 << status as u32),
                industries: self.industry.map(|industry| 1 << industry as u16),
                utilities: self.utilities.iter().fold(0, |set, utility| set | utility.bit()),
                unit: unit.transpose()?,
            },
            limits: [
                limit(self.area_min_m2, self.area_max_m2),
                limit(None, self.price_max_fen_per_mu),
                limit(None, self.rent_max_fen_per_m2_month),
                limit(self.power_min_kva, None),
            ],
            only: self.words.as_deref().and_then(|words| holding(atlas, words)),
        })
    }
}

/// The places that hold every word; `None` when there is no word.
fn holding(atlas: &Atlas, text: &str) -> Option<Keys> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().take(WORDS).collect();
    if words.is_empty() {
        return None;
    }
    let mut keys = Keys::default();
    let said = (0_u32..).zip(atlas.words());
    said.filter(|(_, said)| words.iter().all(|word| said.contains(word))).for_each(|(key, _)| keys.add(key));
    Some(keys)
}

impl Asked<'_> {
    /// One page after `after`, the total and the facets.
    pub fn page(&self, limit: i64, after: Option<Vec<String>>) -> Result<Found, AppError> {
        let after = after.map(key_of).transpose()?;
        let store = self.atlas.store(self.datum);
        let sorts: BTreeMap<&str, i32> =
            self.atlas.units.iter().map(|unit| (unit.id.as_str(), unit.sort)).collect();
        let places = cluster::keys(store, &self.atlas.labels, &self.region, &self.filter);
        let total = places.len() as u64;
        let mut ahead: Vec<Key> = Vec::new();
        for place in places.iter().filter_map(|key| self.atlas.place(*key)) {
            let sort = sorts.get(place.unit_id.as_str()).copied().unwrap_or_default();
            let is_ahead = after.as_ref().is_none_or(|(kind, after, id)| {
                (place.kind, sort, place.id.as_str()) > (*kind, *after, id.as_str())
            });
            if is_ahead {
                ahead.push((place.kind, sort, place.id.clone()));
            }
        }
        // Only the first are put in order: the rest of a large city may stay as it is.
        let surplus = usize::try_from(limit).unwrap_or_default() + 1;
        if ahead.len() > surplus {
            ahead.select_nth_unstable(surplus);
            ahead.truncate(surplus);
        }
        ahead.sort_unstable();
        let page =
            Page::of(ahead, limit, |(kind, sort, id)| vec![kind.to_string(), sort.to_string(), id.clone()]);
        let (_, facets) =
            cluster::clusters_and_facets(store, &self.atlas.labels, &self.region, &self.filter, 0);
        Ok(Found { page: page.map(|(_, _, id)| id), total, facets: self.named(&facets) })
    }

    /// The clusters of the view at a zoom, the total and the facets.
    pub fn shown(&self, zoom: u32) -> Option<Shown> {
        // Without a view the whole of the map is looked at.
        let extent = self.atlas.extent(self.datum)?;
        let whole = self.region.clone().within(Shape::Frame(extent.snapped(zoom + CELL_LEVELS)));
        let region = if self.region.frame() == Some(Frame::WORLD) { &whole } else { &self.region };
        let store = self.atlas.store(self.datum);
        let (clusters, facets) =
            cluster::clusters_and_facets(store, &self.atlas.labels, region, &self.filter, zoom + CELL_LEVELS);
        Some(Shown {
            frame: region.frame()?,
            clusters: cluster::merged(clusters, MOST_CLUSTERS),
            total: facets.total,
            facets: self.named(&facets),
        })
    }

    /// The clusters of one tile, in cells of an eighth of its side.
    pub fn tile(&self, frame: Frame, zoom: u32) -> Vec<Cluster> {
        let region = self.region.clone().within(Shape::Frame(frame));
        cluster::clusters(self.atlas.store(self.datum), &self.atlas.labels, &region, &self.filter, zoom + 3)
    }

    /// The keys of what a frame holds.
    pub fn keys(&self, frame: Frame) -> Vec<u32> {
        let region = self.region.clone().within(Shape::Frame(frame));
        cluster::keys(self.atlas.store(self.datum), &self.atlas.labels, &region, &self.filter)
    }

    fn named(&self, facets: &label::Facets) -> Facets {
        let unit = |n: &u8| self.atlas.units.get(usize::from(*n)).map(|unit| unit.id.clone());
        Facets {
            kind: told(&facets.kinds, SiteKind::ALL, |kind| kind.as_str()),
            status: told(&facets.statuses, SiteStatus::ALL, |status| status.as_str()),
            industry: told(&facets.industries, Industry::ALL, |industry| industry.as_str()),
            utility: told(&facets.utilities, Utility::ALL, |utility| utility.as_str()),
            unit_id: facets.units.iter().filter_map(|(n, count)| Some((unit(n)?, *count))).collect(),
        }
    }
}

fn told<T: Copy>(
    counts: &std::collections::HashMap<u8, u64>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> BTreeMap<String, u64> {
    let of = |(n, count): (&u8, &u64)| Some((name(*all.get(usize::from(*n))?).to_owned(), *count));
    counts.iter().filter_map(of).collect()
}

fn key_of(parts: Vec<String>) -> Result<Key, AppError> {
    let refused = || AppError::field("cursor", "input.cursor");
    let [kind, sort, id] = <[String; 3]>::try_from(parts).map_err(|_| refused())?;
    Ok((kind.parse().map_err(|_| refused())?, sort.parse().map_err(|_| refused())?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_must_be_four_numbers_in_order() {
        assert!(BoundingBox::parse("110.7,27.9,112.9,29.5").is_some());
        for bad in ["", "1,2,3", "1,2,3,4,5", "112.9,27.9,110.7,29.5", "1,95,2,96", "NaN,1,2,3", "1,2,inf,4"]
        {
            assert_eq!(BoundingBox::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_polygon_has_three_to_two_hundred_corners() {
        assert_eq!(parse_polygon("112,28;113,28;113,29").map(|p| p.len()), Some(3));
        assert!(parse_polygon(&vec!["112,28"; 200].join(";")).is_some());
        for bad in [
            "",
            "112,28;113,28",
            "112,28;113,28;x,29",
            "112;28;113",
            "112,28;113,28;113,89",
            &vec!["112,28"; 201].join(";"),
        ] {
            assert_eq!(parse_polygon(bad), None, "{bad}");
        }
    }

    #[test]
    fn one_is_near_a_kind_of_hub_a_hub_or_a_place() {
        assert_eq!(Near::parse("port"), Some(Near::Hubs(FeatureKind::Port)));
        assert_eq!(Near::parse("hub-1"), Some(Near::Hub("hub-1".into())));
        assert_eq!(Near::parse("112.3,28.5"), Some(Near::Place(Point::new(112.3, 28.5))));
        assert_eq!(Near::parse("enterprise"), None);
        assert_eq!(Near::parse("112.3,99"), None);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        assert!(key_of(vec!["park".into(), "10".into(), "park-longling".into()]).is_ok());
        assert!(key_of(vec!["park".into()]).is_err());
        assert!(key_of(vec!["castle".into(), "10".into(), "x".into()]).is_err());
    }

    #[test]
    fn every_set_fits_into_the_bits_that_the_engine_has() {
        assert!(SiteKind::ALL.len() <= 32 && SiteStatus::ALL.len() <= 32);
        assert!(Industry::ALL.len() <= 16 && Utility::ALL.len() <= 16);
    }
}
