//! What the map shows, over HTTP: the list, clusters as GeoJSON, vector tiles, and what is around.
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::api::{SiteSummary, list};
use crate::libraries::map::atlas::{Atlas, Place, atlas};
use crate::libraries::map::engine::cluster::Cluster;
use crate::libraries::map::engine::mercator::{Frame, Spot};
use crate::libraries::map::engine::tile::{EXTENT, Layer, Value};
use crate::libraries::map::feature::{Feature, FeatureKind};
use crate::libraries::map::red_line::RedLine;
use crate::libraries::map::rules;
use crate::libraries::map::site::{Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_search::{
    self, BoundingBox, Facets, MOST_MEASURE, Near, SiteSearch, parse_polygon,
};
use crate::openapi::ReadErrors;
use crate::platform::geo::{Datum, Point};
use crate::platform::input::no_nul;
use crate::platform::page::Paging;
use crate::platform::published;

const MOST_SITES: i64 = 200;
const MOST_FEATURES: usize = 500;
const MOST_LINES: usize = 60;
const ZOOMS: std::ops::RangeInclusive<u32> = 6..=18;
const TILE_TYPE: &str = "application/vnd.mapbox-vector-tile";
/// Of longitude and latitude in an answer.
const DECIMALS: f64 = 1e5;

#[derive(Debug, Serialize, ToSchema)]
pub struct SiteResults {
    items: Vec<SiteSummary>,
    next: Option<String>,
    /// Sites that fit, on all pages
    total: u64,
    /// Of every longitude and latitude in this answer
    datum: Datum,
    facets: Facets,
}

/// GeoJSON FeatureCollection (RFC 7946) of what a view shows
#[derive(Debug, Serialize, ToSchema)]
pub struct MapView {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Of every coordinate below. RFC 7946 means WGS-84; in `gcj02` this answer departs from it, for maps made in China
    datum: Datum,
    /// West, south, east, north: the view, grown to whole cells. The list with this box and zoom holds the same sites
    #[schema(min_items = 4, max_items = 4)]
    bbox: Vec<f64>,
    /// Sites that fit and lie in the view
    total: u64,
    facets: Facets,
    /// Clusters and single sites, 100 at most
    #[schema(max_items = 100)]
    features: Vec<MapFeature>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MapFeature {
    #[serde(rename = "type")]
    #[schema(example = "Feature")]
    kind: &'static str,
    /// West, south, east, north of a cluster's cell: to zoom to
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 4, max_items = 4)]
    bbox: Option<Vec<f64>>,
    geometry: PointGeometry,
    properties: MapProperties,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PointGeometry {
    #[serde(rename = "type")]
    #[schema(example = "Point")]
    kind: &'static str,
    /// Longitude and latitude
    #[schema(min_items = 2, max_items = 2)]
    coordinates: Vec<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MapProperties {
    /// How many sites stand here
    count: u64,
    /// The site, where there is one
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<SitePin>,
}

/// As much of a site as a pin tells
#[derive(Debug, Serialize, ToSchema)]
pub struct SitePin {
    id: String,
    kind: SiteKind,
    name: String,
    name_en: Option<String>,
    unit_id: String,
    status: SiteStatus,
    precision: Precision,
    area_m2: Option<i64>,
    price_fen_per_mu: Option<i64>,
    rent_fen_per_m2_month: Option<i64>,
    checked_on: Option<NaiveDate>,
    /// Not checked for more than 90 days, or never
    stale: bool,
    /// Invented, for a demonstration
    demo: bool,
}

/// GeoJSON FeatureCollection of enterprises, utilities and transport hubs
#[derive(Debug, Serialize, ToSchema)]
pub struct Surroundings {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Of every coordinate below
    datum: Datum,
    #[schema(max_items = 500)]
    features: Vec<SurroundingFeature>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SurroundingFeature {
    #[serde(rename = "type")]
    #[schema(example = "Feature")]
    kind: &'static str,
    id: String,
    geometry: PointGeometry,
    properties: SurroundingProperties,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SurroundingProperties {
    kind: FeatureKind,
    name: String,
    name_en: Option<String>,
    unit_id: Option<String>,
    precision: Precision,
    industries: Vec<Industry>,
    /// The link of its industry's chain
    chain_link: Option<String>,
    chain_link_en: Option<String>,
    /// kVA of power, t/d of water and sewage, m³/h of gas, t/h of steam
    total: Option<i64>,
    /// What is left of it
    available: Option<i64>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    checked_on: Option<NaiveDate>,
    checked_by: Option<String>,
    /// Not checked for more than 90 days, or never
    stale: bool,
    /// Invented, for a demonstration
    demo: bool,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SiteFilter {
    kind: Option<SiteKind>,
    /// A county, or a park
    #[param(max_length = 40)]
    unit_id: Option<String>,
    industry: Option<Industry>,
    #[param(minimum = 0, maximum = 4000000000_i64)]
    area_min_m2: Option<i64>,
    #[param(minimum = 0, maximum = 4000000000_i64)]
    area_max_m2: Option<i64>,
    #[param(minimum = 0, maximum = 4000000000_i64)]
    price_max_fen_per_mu: Option<i64>,
    #[param(minimum = 0, maximum = 4000000000_i64)]
    rent_max_fen_per_m2_month: Option<i64>,
    /// Power that must be available
    #[param(minimum = 0, maximum = 4000000000_i64)]
    power_min_kva: Option<i64>,
    /// Utilities that must all be at hand, by comma: power, water, sewage, gas, steam
    #[param(max_length = 60, example = "sewage,gas")]
    utilities: Option<String>,
    status: Option<SiteStatus>,
    /// Words, in Chinese or English; all must occur
    #[param(max_length = 60)]
    q: Option<String>,
    /// west,south,east,north in degrees of `datum`
    #[param(max_length = 120, example = "111.5,28.2,112.9,29.2")]
    bbox: Option<String>,
    /// A drawn polygon: longitude,latitude;… of 3 to 200 corners in degrees of `datum`
    #[param(max_length = 6000, example = "112.2,28.4;112.5,28.4;112.3,28.7")]
    polygon: Option<String>,
    /// A kind of hub, a hub's id, or longitude,latitude in degrees of `datum`
    #[param(max_length = 60, example = "rail_station")]
    near: Option<String>,
    /// How near, in a straight line; 10 when left out
    #[param(minimum = 0.1, maximum = 200)]
    within_km: Option<f64>,
    /// Of the map, in tiles of 256 pixels; the box then grows to whole cells of clusters
    #[param(minimum = 6, maximum = 18)]
    zoom: Option<u32>,
    /// GCJ-02 when left out; may also be given as `crs`
    #[serde(alias = "crs")]
    datum: Option<Datum>,
    /// Rows to give, 20 when left out
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

impl SiteFilter {
    fn search(&self) -> Result<SiteSearch, AppError> {
        self.limit()?;
        self.after()?;
        for (field, text, most) in
            [("q", &self.q, 60), ("unit_id", &self.unit_id, 40), ("near", &self.near, 60)]
        {
            no_nul(field, text.as_deref())?;
            if text.as_ref().is_some_and(|text| text.chars().count() > most) {
                return Err(AppError::field(field, "input.too_long"));
            }
        }
        let refused = |field| move || AppError::field(field, "input.range");
        let within = self.within_km.unwrap_or(10.0);
        if !(0.1..=200.0).contains(&within) {
            return Err(refused("within_km")());
        }
        if self.zoom.is_some_and(|zoom| !ZOOMS.contains(&zoom)) {
            return Err(refused("zoom")());
        }
        Ok(SiteSearch {
            kind: self.kind,
            unit_id: self.unit_id.clone(),
            industry: self.industry,
            status: self.status,
            area_min_m2: measure("area_min_m2", self.area_min_m2)?,
            area_max_m2: measure("area_max_m2", self.area_max_m2)?,
            price_max_fen_per_mu: measure("price_max_fen_per_mu", self.price_max_fen_per_mu)?,
            rent_max_fen_per_m2_month: measure("rent_max_fen_per_m2_month", self.rent_max_fen_per_m2_month)?,
            power_min_kva: measure("power_min_kva", self.power_min_kva)?,
            utilities: several("utilities", self.utilities.as_deref())?,
            words: self.q.clone(),
            bbox: self
                .bbox
                .as_deref()
                .map(|b| BoundingBox::parse(b).ok_or_else(refused("bbox")))
                .transpose()?,
            polygon: self
                .polygon
                .as_deref()
                .map(|corners| parse_polygon(corners).ok_or_else(refused("polygon")))
                .transpose()?,
            near: self
                .near
                .as_deref()
                .map(|near| Near::parse(near).ok_or_else(|| AppError::field("near", "input.choice")))
                .transpose()?,
            within_metres: within * 1000.0,
            zoom: self.zoom,
            datum: self.datum.unwrap_or(Datum::Gcj02),
        })
    }
    fn limit(&self) -> Result<i64, AppError> {
        match self.limit.unwrap_or(20) {
            n @ 1..=MOST_SITES => Ok(n),
            _ => Err(AppError::field("limit", "input.range")),
        }
    }
    fn after(&self) -> Result<Option<Vec<String>>, AppError> {
        Paging::new(None, self.cursor.clone()).after()
    }
}

fn measure(field: &str, number: Option<i64>) -> Result<Option<i64>, AppError> {
    match number {
        Some(n) if !(0..=MOST_MEASURE).contains(&n) => Err(AppError::field(field, "input.range")),
        number => Ok(number),
    }
}

/// Values of an enum by comma.
pub(super) fn several<T: std::str::FromStr>(field: &str, text: Option<&str>) -> Result<Vec<T>, AppError> {
    let words =
        text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| AppError::field(field, "input.choice"))).collect()
}

/// An answer is made from the atlas, and from the day for what has gone stale.
fn version(app: &App, atlas: &Atlas) -> String {
    format!("{} {}", atlas.version, app.now().day())
}

/// Parks, parcels and factory buildings that fit; the facets count each choice of a filter while the others hold
#[utoipa::path(tag = "map", operation_id = "list_sites", params(SiteFilter), responses((status = 200, body = SiteResults), ReadErrors), security(()))]
#[get("/map/sites")]
pub async fn list_sites(
    app: App,
    request: HttpRequest,
    filter: web::Query<SiteFilter>,
) -> Result<HttpResponse, AppError> {
    let search = filter.search()?;
    let limit = filter.limit()?;
    let after = filter.after()?;
    let atlas = atlas(&app).await?;
    let asked = search.on(&atlas)?;
    let (datum, today) = (search.datum, app.now().day());
    published::versioned(&app.cache, &request, "application/json", &version(&app, &atlas), async {
        let found = asked.page(limit, after)?;
        let ids = found.page.items.clone();
        let mut rows = app.read(move |conn| Site::named(conn, ids)).await?;
        let order = |id: &str| found.page.items.iter().position(|wanted| wanted == id);
        rows.sort_by_key(|(site, _, _)| order(&site.id));
        let items = rows.iter().map(|row| SiteSummary::new(row, datum, today)).collect::<Result<_, _>>()?;
        let (next, total, facets) = (found.page.next, found.total, found.facets);
        published::to_json(&SiteResults { items, next, total, datum, facets })
    })
    .await
}

/// The first sites of a unit that are free for an industry, as the public list finds them, and how many there are.
pub async fn free_sites(
    app: &App,
    unit_id: &str,
    kind: SiteKind,
    industry: Option<Industry>,
    limit: i64,
) -> Result<(Vec<SiteSummary>, u64), AppError> {
    let search = SiteSearch {
        kind: Some(kind),
        unit_id: Some(unit_id.to_owned()),
        industry,
        status: Some(SiteStatus::Available),
        area_min_m2: None,
        area_max_m2: None,
        price_max_fen_per_mu: None,
        rent_max_fen_per_m2_month: None,
        power_min_kva: None,
        utilities: Vec::new(),
        words: None,
        bbox: None,
        polygon: None,
        near: None,
        within_metres: 0.0,
        zoom: None,
        datum: Datum::Gcj02,
    };
    let atlas = atlas(app).await?;
    let found = search.on(&atlas)?.page(limit, None)?;
    let (ids, today) = (found.page.items.clone(), app.now().day());
    let mut rows = app.read(move |conn| Site::named(conn, ids)).await?;
    let order = |id: &str| found.page.items.iter().position(|wanted| wanted == id);
    rows.sort_by_key(|(site, _, _)| order(&site.id));
    let sites = rows.iter().map(|row| SiteSummary::new(row, search.datum, today));
    Ok((sites.collect::<Result<_, _>>()?, found.total))
}

/// What a view of the map shows: at most 100 clusters and single sites, and facets that follow the view
#[utoipa::path(tag = "map", operation_id = "list_clusters", params(SiteFilter), responses((status = 200, body = MapView), ReadErrors), security(()))]
#[get("/map/clusters")]
pub async fn list_clusters(
    app: App,
    request: HttpRequest,
    filter: web::Query<SiteFilter>,
) -> Result<HttpResponse, AppError> {
    let search = SiteSearch { zoom: Some(filter.zoom.unwrap_or(*ZOOMS.start())), ..filter.search()? };
    let atlas = atlas(&app).await?;
    let asked = search.on(&atlas)?;
    published::versioned(&app.cache, &request, "application/json", &version(&app, &atlas), async {
        let today = app.now().day();
        let shown = asked.shown(search.zoom.unwrap_or(*ZOOMS.start()));
        let features = shown.iter().flat_map(|shown| &shown.clusters);
        let features =
            features.map(|cluster| feature(&atlas, &asked, cluster, search.datum, today)).collect();
        let view = MapView {
            kind: "FeatureCollection",
            datum: search.datum,
            bbox: shown.as_ref().map_or_else(|| vec![0.0; 4], |shown| inside(shown.frame)),
            total: shown.as_ref().map_or(0, |shown| shown.total),
            facets: shown.map(|shown| shown.facets).unwrap_or_default(),
            features,
        };
        published::to_json(&view)
    })
    .await
}

/// A box that, read again, is the same frame: a little inside its edges.
fn inside(frame: Frame) -> Vec<f64> {
    let round = |degrees: f64| (degrees * 1e8).round() / 1e8;
    let (first, last) = (frame.first(), frame.last());
    vec![round(first.longitude()), round(last.latitude()), round(last.longitude()), round(first.latitude())]
}

fn rounded(degrees: f64) -> f64 {
    (degrees * DECIMALS).round() / DECIMALS
}

fn point(at: Point) -> PointGeometry {
    PointGeometry { kind: "Point", coordinates: vec![at.longitude, at.latitude] }
}

/// The place that stands alone in a cell.
fn alone<'a>(atlas: &'a Atlas, asked: &site_search::Asked<'_>, cluster: &Cluster) -> Option<&'a Place> {
    if cluster.count > 1 {
        return None;
    }
    asked.keys(cluster.frame).first().and_then(|key| atlas.place(*key)).map(|place| &**place)
}

fn feature(
    atlas: &Atlas,
    asked: &site_search::Asked<'_>,
    cluster: &Cluster,
    datum: Datum,
    today: NaiveDate,
) -> MapFeature {
    let site = alone(atlas, asked, cluster);
    let middle = Point::new(rounded(cluster.longitude()), rounded(cluster.latitude()));
    MapFeature {
        kind: "Feature",
        bbox: site.is_none().then(|| inside(cluster.frame)),
        geometry: point(site.map_or(middle, |site| site.point(datum))),
        properties: MapProperties { count: cluster.count, site: site.map(|site| SitePin::new(site, today)) },
    }
}

impl SitePin {
    fn new(place: &Place, today: NaiveDate) -> Self {
        Self {
            id: place.id.clone(),
            kind: place.kind,
            name: place.name.clone(),
            name_en: place.name_en.clone(),
            unit_id: place.unit_id.clone(),
            status: place.status,
            precision: place.precision,
            area_m2: place.area_m2,
            price_fen_per_mu: place.price_fen_per_mu,
            rent_fen_per_m2_month: place.rent_fen_per_m2_month,
            checked_on: place.checked_on,
            stale: rules::is_stale(place.checked_on, today),
            demo: place.demo,
        }
    }
}

/// The same as a Mapbox vector tile: layers `clusters` (count) and `sites` (id, kind, status, name, name_en, stale, demo)
#[utoipa::path(tag = "map", operation_id = "show_tile", params(("z" = u32, Path, minimum = 6, maximum = 18), ("x" = u32, Path), ("y" = u32, Path), SiteFilter), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"), ReadErrors), security(()))]
#[get("/map/tiles/{z}/{x}/{y}.mvt")]
pub async fn show_tile(
    app: App,
    request: HttpRequest,
    tile: web::Path<(u32, u32, u32)>,
    filter: web::Query<SiteFilter>,
) -> Result<HttpResponse, AppError> {
    let (zoom, x, y) = tile.into_inner();
    if !ZOOMS.contains(&zoom) || x >> zoom != 0 || y >> zoom != 0 {
        return Err(AppError::NotFound);
    }
    let search = filter.search()?;
    let atlas = atlas(&app).await?;
    let asked = search.on(&atlas)?;
    published::versioned(&app.cache, &request, TILE_TYPE, &version(&app, &atlas), async {
        let frame = Frame::cell(Spot { x: x << (32 - zoom), y: y << (32 - zoom) }, zoom);
        let today = app.now().day();
        let (mut clusters, mut sites) = (Layer::new("clusters"), Layer::new("sites"));
        for cluster in asked.tile(frame, zoom) {
            let Some(place) = alone(&atlas, &asked, &cluster) else {
                let at = Spot::at(cluster.longitude(), cluster.latitude());
                clusters.point(in_tile(at, frame), [("count", Value::Number(cluster.count))]);
                continue;
            };
            let at = place.point(search.datum);
            let text = |text: &str| Value::Text(text.to_owned());
            let mut properties = vec![
                ("id", text(&place.id)),
                ("kind", text(place.kind.as_str())),
                ("status", text(place.status.as_str())),
                ("name", text(&place.name)),
                ("stale", Value::Truth(rules::is_stale(place.checked_on, today))),
                ("demo", Value::Truth(place.demo)),
            ];
            properties.extend(place.name_en.as_deref().map(|name| ("name_en", text(name))));
            sites.point(in_tile(Spot::at(at.longitude, at.latitude), frame), properties);
        }
        let mut bytes = Vec::new();
        clusters.write(&mut bytes);
        sites.write(&mut bytes);
        Ok(bytes.into())
    })
    .await
}

/// A place in units of the tile.
fn in_tile(at: Spot, frame: Frame) -> (i32, i32) {
    let side = u64::from(frame.east - frame.west) + 1;
    let unit = |n: u32, from: u32| (u64::from(n.saturating_sub(from)) * u64::from(EXTENT) / side) as i32;
    (unit(at.x, frame.west), unit(at.y, frame.north))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FeatureFilter {
    /// Kinds by comma; all when left out
    #[param(max_length = 200, example = "rail_station,port")]
    kinds: Option<String>,
    /// west,south,east,north in degrees of `datum`
    #[param(max_length = 120)]
    bbox: Option<String>,
    /// GCJ-02 when left out; may also be given as `crs`
    #[serde(alias = "crs")]
    datum: Option<Datum>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LineFilter {
    /// west,south,east,north in degrees of `datum`
    #[param(max_length = 120, example = "112.3,28.5,112.4,28.6")]
    bbox: String,
    /// GCJ-02 when left out; may also be given as `crs`
    #[serde(alias = "crs")]
    datum: Option<Datum>,
}

/// GeoJSON FeatureCollection of red lines
#[derive(Debug, Serialize, ToSchema)]
pub struct RedLines {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Of every coordinate below
    datum: Datum,
    #[schema(max_items = 60)]
    features: Vec<RedLineFeature>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedLineFeature {
    #[serde(rename = "type")]
    #[schema(example = "Feature")]
    kind: &'static str,
    /// Of the parcel
    id: String,
    geometry: PolygonGeometry,
    properties: RedLineProperties,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PolygonGeometry {
    #[serde(rename = "type")]
    #[schema(example = "Polygon")]
    kind: &'static str,
    /// One ring of longitudes and latitudes, closed
    #[schema(value_type = Vec<Vec<Vec<f64>>>)]
    coordinates: Vec<Vec<[f64; 2]>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RedLineProperties {
    name: String,
    name_en: Option<String>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    /// Invented, for a demonstration
    demo: bool,
}

/// Exact boundaries of the parcels in a view, 60 at most, for people who have signed in
#[utoipa::path(tag = "map", operation_id = "list_red_lines", params(LineFilter), responses((status = 200, body = RedLines), ReadErrors))]
#[get("/map/red-lines")]
pub async fn list_red_lines(app: App, filter: web::Query<LineFilter>) -> Result<HttpResponse, AppError> {
    let datum = filter.datum.unwrap_or(Datum::Gcj02);
    let view = BoundingBox::parse(&filter.bbox).and_then(|b| b.frame());
    let view = view.ok_or_else(|| AppError::field("bbox", "input.range"))?;
    let atlas = atlas(&app).await?;
    let feature = |(line, place): (&RedLine, &Place)| -> Result<RedLineFeature, AppError> {
        let ring = line.ring(datum)?.iter().map(|p| [p.longitude, p.latitude]).collect();
        Ok(RedLineFeature {
            kind: "Feature",
            id: line.site_id.clone(),
            geometry: PolygonGeometry { kind: "Polygon", coordinates: vec![ring] },
            properties: RedLineProperties {
                name: place.name.clone(),
                name_en: place.name_en.clone(),
                source: line.source.clone(),
                source_en: line.source_en.clone(),
                source_on: line.source_on,
                demo: line.demo,
            },
        })
    };
    let lines = atlas.lines_in(view, datum).into_iter().take(MOST_LINES);
    let features = lines.map(feature).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(RedLines { kind: "FeatureCollection", datum, features }))
}

/// Enterprises, utilities and transport hubs around the sites, as GeoJSON
#[utoipa::path(tag = "map", operation_id = "list_features", params(FeatureFilter), responses((status = 200, body = Surroundings), ReadErrors), security(()))]
#[get("/map/features")]
pub async fn list_features(
    app: App,
    request: HttpRequest,
    filter: web::Query<FeatureFilter>,
) -> Result<HttpResponse, AppError> {
    let kinds: Vec<FeatureKind> = several("kinds", filter.kinds.as_deref())?;
    let datum = filter.datum.unwrap_or(Datum::Gcj02);
    let view = filter.bbox.as_deref().map(|text| {
        BoundingBox::parse(text).and_then(|b| b.frame()).ok_or_else(|| AppError::field("bbox", "input.range"))
    });
    let view = view.transpose()?;
    let atlas = atlas(&app).await?;
    published::versioned(&app.cache, &request, "application/json", &version(&app, &atlas), async {
        let today = app.now().day();
        let rows = app.read(move |conn| Feature::list(conn, &kinds)).await?;
        let mut features = Vec::new();
        for row in rows {
            let at = row.place_wgs84().to_datum(datum).rounded();
            if view.is_some_and(|view| !view.holds(Spot::at(at.longitude, at.latitude))) {
                continue;
            }
            features.push(surrounding(row, at, today)?);
        }
        features.truncate(MOST_FEATURES);
        published::to_json(&Surroundings { kind: "FeatureCollection", datum, features })
    })
    .await
}

fn surrounding(row: Feature, at: Point, today: NaiveDate) -> Result<SurroundingFeature, AppError> {
    Ok(SurroundingFeature {
        kind: "Feature",
        id: row.id,
        geometry: point(at),
        properties: SurroundingProperties {
            kind: row.kind,
            name: row.name,
            name_en: row.name_en,
            unit_id: row.unit_id,
            precision: row.precision,
            industries: list(&row.industries)?,
            chain_link: row.chain_link,
            chain_link_en: row.chain_link_en,
            total: row.total,
            available: row.available,
            source: row.source,
            source_en: row.source_en,
            source_on: row.source_on,
            stale: rules::is_stale(row.checked_on, today),
            checked_on: row.checked_on,
            checked_by: row.checked_by,
            demo: row.demo,
        },
    })
}
