//! The investment map, over HTTP, for everybody.
mod choice;
mod desk;
mod draft;
mod import;
mod shortlist;
mod view;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::atlas::atlas;
use crate::libraries::map::outline::Outlines;
use crate::libraries::map::rules;
use crate::libraries::map::site::{Fact, Named, Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_content::SitePhoto;
use crate::libraries::map::site_photo;
use crate::openapi::ReadErrors;
use crate::people::units::Unit;
use crate::platform::db::DbConn;
use crate::platform::geo::Datum;
use crate::platform::published;

pub use choice::PdfBytes;
pub use view::free_sites;

const LONGEST_ID: usize = 40;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(view::list_sites)
        .service(view::list_clusters)
        .service(view::show_tile)
        .service(view::list_features)
        .service(view::list_red_lines)
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
    /// Not checked for more than 90 days, or never
    stale: bool,
    /// Invented, for a demonstration
    demo: bool,
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
    /// What the bridge crane lifts
    hoist_kg: Option<i32>,
    /// Between columns
    span_cm: Option<i32>,
    floors: Option<i32>,
    power_kva: Option<i32>,
    free_from: Option<NaiveDate>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    checked_by: Option<String>,
    photos: Vec<SitePhoto>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DatumChoice {
    /// GCJ-02 when left out; may also be given as `crs`
    #[serde(alias = "crs")]
    datum: Option<Datum>,
}

impl DatumChoice {
    fn datum(&self) -> Datum {
        self.datum.unwrap_or(Datum::Gcj02)
    }
}

fn list<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, AppError> {
    serde_json::from_str(json).map_err(AppError::internal)
}

impl SiteSummary {
    fn new(
        (site, unit_name, unit_name_en): &Named,
        datum: Datum,
        today: NaiveDate,
    ) -> Result<Self, AppError> {
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
            stale: rules::is_stale(site.checked_on, today),
            demo: site.demo,
        })
    }
}

impl SiteView {
    fn new(
        named: Named,
        park: Option<Unit>,
        photos: Vec<SitePhoto>,
        datum: Datum,
        today: NaiveDate,
    ) -> Result<Self, AppError> {
        let summary = SiteSummary::new(&named, datum, today)?;
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
            hoist_kg: site.hoist_kg,
            span_cm: site.span_cm,
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

    fn find(conn: &mut DbConn, id: &str, datum: Datum, today: NaiveDate) -> Result<Self, AppError> {
        Self::all(conn, &[id.to_owned()], datum, today)?.pop().ok_or(AppError::NotFound)
    }

    pub fn id(&self) -> &str {
        &self.summary.id
    }

    pub fn is_demo(&self) -> bool {
        self.summary.demo
    }

    /// The sites of these ids that are on the map, in this order.
    pub fn all(
        conn: &mut DbConn,
        ids: &[String],
        datum: Datum,
        today: NaiveDate,
    ) -> Result<Vec<Self>, AppError> {
        let mut found = Site::named(conn, ids.to_vec())?;
        found.sort_by_key(|(site, _, _)| ids.iter().position(|id| *id == site.id));
        let mut views = Vec::with_capacity(found.len());
        for named in found {
            let park = match &named.0.park_id {
                Some(park) => Unit::find(conn, park)?,
                None => None,
            };
            let photos = site_photo::of(conn, &named.0.id)?;
            views.push(Self::new(named, park, photos, datum, today)?);
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
    let today = app.now().day();
    let version = format!("{} {today}", atlas(&app).await?.version);
    let view = app.read(move |conn| SiteView::find(conn, &id, datum, today));
    published::versioned(&app.cache, &request, "application/json", &version, async {
        published::to_json(&view.await?)
    })
    .await
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
