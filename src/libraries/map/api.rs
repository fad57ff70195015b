//! The investment map, over HTTP, for everybody.
mod choice;
mod desk;
mod draft;
mod import;
mod shortlist;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::outline::Outlines;
use crate::libraries::map::site::{Fact, Named, Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_content::SitePhoto;
use crate::libraries::map::site_photo;
use crate::libraries::map::site_search::{BoundingBox, Facets, Found, SiteSearch};
use crate::openapi::ReadErrors;
use crate::people::units::Unit;
use crate::platform::db::DbConn;
use crate::platform::geo::Datum;
use crate::platform::input::no_nul;
use crate::platform::page::Paging;
use crate::platform::published;

const MOST_SITES: i64 = 200;
const LONGEST_ID: usize = 40;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_sites)
        .service(find_site)
        .service(show_outlines)
        .service(choice::compare_sites)
        .service(choice::print_dossier)
        .service(choice::create_share)
        .service(choice::find_share)
        .service(choice::draw_share_code)
        .service(shortlist::list_shortlist)
        .service(shortlist::merge_shortlist)
        .service(shortlist::keep_in_shortlist)
        .service(shortlist::drop_from_shortlist)
        .service(draft::find_site_content)
        .service(draft::list_site_versions)
        .service(draft::withdraw_site)
        .service(draft::write_draft)
        .service(draft::list_drafts)
        .service(draft::find_draft)
        .service(draft::rewrite_draft)
        .service(draft::publish_draft)
        .service(draft::return_draft)
        .service(draft::discard_draft)
        .service(desk::show_desk)
        .service(desk::list_kept_sites)
        .service(desk::check_site)
        .service(desk::report_site)
        .service(desk::list_site_reports)
        .service(desk::list_reports)
        .service(desk::answer_report)
        .service(desk::create_photo)
        .service(desk::find_photo)
        .service(import::show_template)
        .service(import::list_imports)
        .service(import::check_import)
        .service(import::find_import)
        .service(import::confirm_import)
        .service(import::publish_import)
        .service(import::undo_import);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SiteSummary {
    id: String,
    kind: SiteKind,
    name: String,
    name_en: Option<String>,
    /// The county or functional area that answers for it
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    /// Degrees, in the datum that the answer names
    longitude: f64,
    latitude: f64,
    precision: Precision,
    industries: Vec<Industry>,
    area_m2: Option<i64>,
    price_fen_per_mu: Option<i64>,
    rent_fen_per_m2_month: Option<i64>,
    status: SiteStatus,
    checked_on: Option<NaiveDate>,
    /// Invented, for a demonstration
    demo: bool,
}

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

#[derive(Debug, Serialize, ToSchema)]
pub struct SiteView {
    #[serde(flatten)]
    summary: SiteSummary,
    /// Of longitude and latitude
    datum: Datum,
    /// The park that it lies in, as a unit and as a site
    park_id: Option<String>,
    park_name: Option<String>,
    park_name_en: Option<String>,
    former_names: Vec<String>,
    /// provincial or national, of a park
    level: Option<String>,
    position_note: Option<String>,
    position_note_en: Option<String>,
    #[serde(rename = "summary")]
    text: Option<String>,
    #[serde(rename = "summary_en")]
    text_en: Option<String>,
    facts: Vec<Fact>,
    /// What nobody has published about it
    unknowns: Vec<String>,
    unknowns_en: Vec<String>,
    tenure_years: Option<i32>,
    /// Floor area over land area
    plot_ratio: Option<f64>,
    zoning: Option<String>,
    zoning_en: Option<String>,
    floor_load_kg_m2: Option<i32>,
    clear_height_cm: Option<i32>,
    floors: Option<i32>,
    power_kva: Option<i32>,
    free_from: Option<NaiveDate>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    checked_by: Option<String>,
    photos: Vec<SitePhoto>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SiteFilter {
    kind: Option<SiteKind>,
    /// A county, or a park
    #[param(max_length = 40)]
    unit_id: Option<String>,
    industry: Option<Industry>,
    #[param(minimum = 0)]
    area_min_m2: Option<i64>,
    #[param(minimum = 0)]
    area_max_m2: Option<i64>,
    #[param(minimum = 0)]
    price_max_fen_per_mu: Option<i64>,
    #[param(minimum = 0)]
    rent_max_fen_per_m2_month: Option<i64>,
    status: Option<SiteStatus>,
    /// Words, in Chinese or English; all must occur
    #[param(max_length = 60)]
    q: Option<String>,
    /// west,south,east,north in degrees of `datum`
    #[param(max_length = 120, example = "111.5,28.2,112.9,29.2")]
    bbox: Option<String>,
    /// GCJ-02 when left out
    datum: Option<Datum>,
    /// Rows to give, 20 when left out
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DatumChoice {
    /// GCJ-02 when left out
    datum: Option<Datum>,
}

impl DatumChoice {
    fn datum(&self) -> Datum {
        self.datum.unwrap_or(Datum::Gcj02)
    }
}

impl SiteFilter {
    fn search(&self) -> Result<SiteSearch, AppError> {
        for (field, text, most) in
            [("q", &self.q, 60), ("unit_id", &self.unit_id, 40), ("bbox", &self.bbox, 120)]
        {
            no_nul(field, text.as_deref())?;
            if text.as_ref().is_some_and(|text| text.chars().count() > most) {
                return Err(AppError::field(field, "input.too_long"));
            }
        }
        Ok(SiteSearch {
            kind: self.kind,
            unit_id: self.unit_id.clone(),
            industry: self.industry,
            status: self.status,
            area_min_m2: not_negative("area_min_m2", self.area_min_m2)?,
            area_max_m2: not_negative("area_max_m2", self.area_max_m2)?,
            price_max_fen_per_mu: not_negative("price_max_fen_per_mu", self.price_max_fen_per_mu)?,
            rent_max_fen_per_m2_month: not_negative(
                "rent_max_fen_per_m2_month",
                self.rent_max_fen_per_m2_month,
            )?,
            words: self.q.clone(),
            bbox: self.bbox.as_deref().map(bounding_box).transpose()?,
            datum: self.datum.unwrap_or(Datum::Gcj02),
        })
    }
    fn limit(&self) -> Result<i64, AppError> {
        match self.limit.unwrap_or(20) {
            n @ 1..=MOST_SITES => Ok(n),
            _ => Err(AppError::field("limit", "input.range")),
        }
    }
    /// Words, boxes and later pages are as many as their readers: keeping them would push out the rest.
    fn is_common(&self) -> bool {
        self.q.is_none() && self.bbox.is_none() && self.cursor.is_none()
    }
}

fn not_negative(field: &str, number: Option<i64>) -> Result<Option<i64>, AppError> {
    match number {
        Some(..0) => Err(AppError::field(field, "input.range")),
        number => Ok(number),
    }
}

fn bounding_box(text: &str) -> Result<BoundingBox, AppError> {
    BoundingBox::parse(text).ok_or_else(|| AppError::field("bbox", "input.range"))
}

fn list<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, AppError> {
    serde_json::from_str(json).map_err(AppError::internal)
}

impl SiteSummary {
    fn new((site, unit_name, unit_name_en): &Named, datum: Datum) -> Result<Self, AppError> {
        let place = site.place_wgs84().to_datum(datum).rounded();
        Ok(Self {
            id: site.id.clone(),
            kind: site.kind,
            name: site.name.clone(),
            name_en: site.name_en.clone(),
            unit_id: site.unit_id.clone(),
            unit_name: unit_name.clone(),
            unit_name_en: unit_name_en.clone(),
            longitude: place.longitude,
            latitude: place.latitude,
            precision: site.precision,
            industries: list(&site.industries)?,
            area_m2: site.area_m2,
            price_fen_per_mu: site.price_fen_per_mu,
            rent_fen_per_m2_month: site.rent_fen_per_m2_month,
            status: site.status,
            checked_on: site.checked_on,
            demo: site.demo,
        })
    }
}

impl SiteResults {
    fn new(found: &Found, datum: Datum) -> Result<Self, AppError> {
        Ok(Self {
            items: found
                .page
                .items
                .iter()
                .map(|named| SiteSummary::new(named, datum))
                .collect::<Result<_, _>>()?,
            next: found.page.next.clone(),
            total: found.total,
            datum,
            facets: found.facets.clone(),
        })
    }
}

impl SiteView {
    fn new(named: Named, park: Option<Unit>, photos: Vec<SitePhoto>, datum: Datum) -> Result<Self, AppError> {
        let summary = SiteSummary::new(&named, datum)?;
        let (site, _, _) = named;
        Ok(Self {
            summary,
            datum,
            park_id: site.park_id,
            park_name: park.as_ref().map(|park| park.name.clone()),
            park_name_en: park.map(|park| park.name_en),
            former_names: list(&site.former_names)?,
            level: site.level,
            position_note: site.position_note,
            position_note_en: site.position_note_en,
            text: site.summary,
            text_en: site.summary_en,
            facts: list(&site.facts)?,
            unknowns: list(&site.unknowns)?,
            unknowns_en: list(&site.unknowns_en)?,
            tenure_years: site.tenure_years,
            plot_ratio: site.plot_ratio_hundredths.map(|hundredths| f64::from(hundredths) / 100.0),
            zoning: site.zoning,
            zoning_en: site.zoning_en,
            floor_load_kg_m2: site.floor_load_kg_m2,
            clear_height_cm: site.clear_height_cm,
            floors: site.floors,
            power_kva: site.power_kva,
            free_from: site.free_from,
            source: site.source,
            source_en: site.source_en,
            source_on: site.source_on,
            checked_by: site.checked_by,
            photos,
        })
    }

    fn find(conn: &mut DbConn, id: &str, datum: Datum) -> Result<Self, AppError> {
        Self::all(conn, &[id.to_owned()], datum)?.pop().ok_or(AppError::NotFound)
    }

    pub fn id(&self) -> &str {
        &self.summary.id
    }

    pub fn is_demo(&self) -> bool {
        self.summary.demo
    }

    /// The sites of these ids that are on the map, in this order.
    pub fn all(conn: &mut DbConn, ids: &[String], datum: Datum) -> Result<Vec<Self>, AppError> {
        let mut found = Site::named(conn, ids.to_vec())?;
        found.sort_by_key(|(site, _, _)| ids.iter().position(|id| *id == site.id));
        let mut views = Vec::with_capacity(found.len());
        for named in found {
            let park = match &named.0.park_id {
                Some(park) => Unit::find(conn, park)?,
                None => None,
            };
            let photos = site_photo::of(conn, &named.0.id)?;
            views.push(Self::new(named, park, photos, datum)?);
        }
        Ok(views)
    }
}

/// An id as sites have them; anything else is no site.
fn site_id(id: String) -> Result<String, AppError> {
    let is_id = id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id { Ok(id) } else { Err(AppError::NotFound) }
}

/// Ids separated by commas, each once, `1..=most` of them.
fn site_ids(field: &str, text: &str, most: usize) -> Result<Vec<String>, AppError> {
    let mut ids: Vec<String> = Vec::new();
    for id in text.split(',').map(str::trim) {
        let id = site_id(id.to_owned()).map_err(|_| AppError::field(field, "input.id"))?;
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    if (1..=most).contains(&ids.len()) { Ok(ids) } else { Err(AppError::field(field, "input.range")) }
}

fn cache_key(datum: Datum, id: &str) -> String {
    format!("map:site:{datum}:{id}")
}

/// Lets go of answers about a site that has changed, here and on the other instances.
async fn forget(app: &App, id: &str) {
    for datum in Datum::ALL {
        app.cache.forget(&cache_key(*datum, id)).await;
    }
}

/// Parks, parcels and factory buildings that fit; the facets count each choice of a filter while the others hold
#[utoipa::path(tag = "map", operation_id = "list_sites", params(SiteFilter), responses((status = 200, body = SiteResults), ReadErrors), security(()))]
#[get("/map/sites")]
pub(super) async fn list_sites(
    app: App,
    request: HttpRequest,
    filter: web::Query<SiteFilter>,
) -> Result<HttpResponse, AppError> {
    let search = filter.search()?;
    let limit = filter.limit()?;
    let after = Paging::new(None, filter.cursor.clone()).after()?;
    let key = filter.is_common().then(|| format!("map:sites:{limit}:{search:?}"));
    let datum = search.datum;
    let found = app
        .read(move |conn| search.run(conn, limit, after).and_then(|found| SiteResults::new(&found, datum)));
    match key {
        Some(key) => published::json(&app.cache, &request, &key, found).await,
        None => published::fresh_json(&request, &found.await?),
    }
}

/// One site with its sourced facts
#[utoipa::path(tag = "map", operation_id = "find_site", params(("id" = String, Path, max_length = 40), DatumChoice), responses((status = 200, body = SiteView), ReadErrors), security(()))]
#[get("/map/sites/{id}")]
pub(super) async fn find_site(
    app: App,
    request: HttpRequest,
    id: web::Path<String>,
    choice: web::Query<DatumChoice>,
) -> Result<HttpResponse, AppError> {
    let datum = choice.datum();
    let id = site_id(id.into_inner())?;
    let key = cache_key(datum, &id);
    published::json(&app.cache, &request, &key, app.read(move |conn| SiteView::find(conn, &id, datum))).await
}

/// Outlines of the statutory counties as GeoJSON, with source, review number and disclaimer
#[utoipa::path(tag = "map", operation_id = "show_outlines", params(DatumChoice), responses((status = 200, body = Outlines), ReadErrors), security(()))]
#[get("/map/outlines")]
pub(super) async fn show_outlines(
    app: App,
    request: HttpRequest,
    choice: web::Query<DatumChoice>,
) -> Result<HttpResponse, AppError> {
    let datum = choice.datum();
    let folder = app.config.seeds_dir.clone();
    let outlines =
        async move { web::block(move || Outlines::read(&folder, datum)).await.map_err(AppError::internal)? };
    published::json(&app.cache, &request, &format!("map:outlines:{datum}"), outlines).await
}
