//! Choosing among sites, over HTTP, for everybody: comparison, dossier, shared sets.
use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, get, http::header, post, web};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::{AppError, TOO_MANY};
use crate::libraries::industry::Industry;
use crate::libraries::map::api::view::several;
use crate::libraries::map::api::{SiteSummary, SiteView, site_ids};
use crate::libraries::map::atlas::atlas;
use crate::libraries::map::dossier::Dossier;
use crate::libraries::map::outline::Outlines;
use crate::libraries::map::share::{self, Share};
use crate::libraries::map::site::Site;
use crate::libraries::map::site_match::{SiteMatch, Wish};
use crate::libraries::map::site_search::parse_point;
use crate::libraries::map::utility::Utility;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Circumstances;
use crate::platform::clock::Time;
use crate::platform::geo::Datum;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::input::{Line, no_nul};
use crate::platform::language::Language;
use crate::platform::published;
use crate::platform::rate_limit::Limiter;
use crate::platform::web::Json;

const MOST_COMPARED: usize = 4;
const LONGEST_SET: usize = 200;
const LONGEST_WORDS: usize = 60;
/// Setting paper takes the better part of a second of one core: fewer a minute than of other answers.
static DOSSIERS: LazyLock<Limiter> = LazyLock::new(|| Limiter::per_minute(12));

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Comparing {
    /// One to four ids, separated by commas
    #[param(min_length = 1, max_length = 200)]
    sites: String,
    industry: Option<Industry>,
    #[param(minimum = 0)]
    area_m2: Option<i64>,
    #[param(minimum = 0)]
    price_max_fen_per_mu: Option<i64>,
    #[param(minimum = 0)]
    rent_max_fen_per_m2_month: Option<i64>,
    #[param(minimum = 0)]
    power_kva: Option<i32>,
    /// Utilities that must be at hand, by comma: power, water, sewage, gas, steam
    #[param(max_length = 60, example = "sewage,gas")]
    utilities: Option<String>,
    /// longitude,latitude in degrees of `datum`; with `within_km`
    #[param(max_length = 60, example = "112.36,28.57")]
    near: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    within_km: Option<f64>,
    /// GCJ-02 when left out
    datum: Option<Datum>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedSite {
    site: SiteView,
    #[serde(rename = "match")]
    verdict: SiteMatch,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// In the order of the question
    items: Vec<ComparedSite>,
    /// Asked for, but no longer on the map
    missing: Vec<String>,
    /// Of every longitude and latitude in this answer
    datum: Datum,
}

impl Comparing {
    fn wish(&self, datum: Datum) -> Result<Wish, AppError> {
        no_nul("near", self.near.as_deref())?;
        if self.within_km.is_some_and(|km| !(1.0..=500.0).contains(&km)) {
            return Err(AppError::field("within_km", "input.range"));
        }
        let near = match (&self.near, self.within_km) {
            (None, _) => None,
            (Some(text), Some(km)) => {
                let point = parse_point(text).filter(|_| text.len() <= LONGEST_WORDS);
                Some((point.ok_or_else(|| AppError::field("near", "input.range"))?.to_wgs84(datum), km))
            }
            (Some(_), None) => return Err(AppError::field("within_km", "input.missing")),
        };
        if self.utilities.as_ref().is_some_and(|text| text.len() > LONGEST_WORDS) {
            return Err(AppError::field("utilities", "input.too_long"));
        }
        let mut utilities: Vec<Utility> = several("utilities", self.utilities.as_deref())?;
        utilities.sort_unstable();
        utilities.dedup();
        let power = not_negative("power_kva", self.power_kva.map(i64::from))?;
        Ok(Wish {
            industry: self.industry,
            area_m2: not_negative("area_m2", self.area_m2)?,
            price_max_fen_per_mu: not_negative("price_max_fen_per_mu", self.price_max_fen_per_mu)?,
            rent_max_fen_per_m2_month: not_negative(
                "rent_max_fen_per_m2_month",
                self.rent_max_fen_per_m2_month,
            )?,
            power_kva: power.and(self.power_kva),
            utilities,
            near,
        })
    }
}

fn compared(sites: &str) -> Result<Vec<String>, AppError> {
    if sites.len() > LONGEST_SET {
        return Err(AppError::field("sites", "input.too_long"));
    }
    site_ids("sites", sites, MOST_COMPARED)
}

fn not_negative(field: &str, number: Option<i64>) -> Result<Option<i64>, AppError> {
    match number {
        Some(..0) => Err(AppError::field(field, "input.range")),
        number => Ok(number),
    }
}

/// One to four sites side by side, each weighed against a wish with a reason a criterion
#[utoipa::path(tag = "map", operation_id = "compare_sites", params(Comparing), responses((status = 200, body = Comparison), ReadErrors), security(()))]
#[get("/map/comparisons")]
pub(super) async fn compare_sites(
    app: App,
    request: HttpRequest,
    asked: web::Query<Comparing>,
) -> Result<HttpResponse, AppError> {
    let datum = asked.datum.unwrap_or(Datum::Gcj02);
    let (ids, wish) = (compared(&asked.sites)?, asked.wish(datum)?);
    let (today, atlas) = (app.now().day(), atlas(&app).await?);
    let comparison = app
        .read(move |conn| {
            let sites = Site::named(conn, ids.clone())?;
            let views = SiteView::all(conn, &ids, datum, today)?;
            let items = views
                .into_iter()
                .filter_map(|view| {
                    let (site, _, _) = sites.iter().find(|(site, _, _)| site.id == view.id())?;
                    Some(ComparedSite { verdict: wish.weigh(site, atlas.at_hand(&site.id)), site: view })
                })
                .collect();
            let missing =
                ids.into_iter().filter(|id| !sites.iter().any(|(site, _, _)| site.id == *id)).collect();
            Ok(Comparison { items, missing, datum })
        })
        .await?;
    published::fresh_json(&request, &comparison)
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DossierOf {
    /// One to four ids, separated by commas
    #[param(min_length = 1, max_length = 200)]
    sites: String,
    /// `zh` when left out
    #[param(inline)]
    language: Option<Language>,
}

/// The bytes of a PDF.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct PdfBytes(Vec<u8>);

/// One to four sites on paper: map with source and review number, facts, the day each was checked
#[utoipa::path(tag = "map", operation_id = "print_dossier", params(DossierOf), responses((status = 200, body = PdfBytes, content_type = "application/pdf"), ReadErrors), security(()))]
#[get("/map/dossiers")]
pub(super) async fn print_dossier(
    app: App,
    circumstances: Circumstances,
    asked: web::Query<DossierOf>,
) -> Result<HttpResponse, AppError> {
    let ids = compared(&asked.sites)?;
    let who = circumstances.address.unwrap_or_default();
    DOSSIERS.check(&who).map_err(|retry_after| AppError::TooMany { code: &TOO_MANY, retry_after })?;
    let language = asked.language.unwrap_or(Language::Zh);
    let mut sites = app
        .read({
            let ids = ids.clone();
            move |conn| Site::named(conn, ids)
        })
        .await?;
    if sites.len() != ids.len() {
        return Err(AppError::NotFound);
    }
    sites.sort_by_key(|(site, _, _)| ids.iter().position(|id| *id == site.id));
    let (folder, now) = (app.config.seeds_dir.clone(), app.now());
    let outlines =
        web::block(move || Outlines::read(&folder, Datum::Wgs84)).await.map_err(AppError::internal)??;
    let dossier = Dossier::new(&sites, &outlines, language, now)?;
    let number = dossier.number.clone();
    let key = format!("map:dossier:{}", sha256_hex(&number));
    let paper = app.paper.engine()?;
    let house = app.clone();
    let pdf = published::kept(&app.cache, &key, async move {
        house.paper.work(move || dossier.print(&paper).map(Bytes::from)).await
    })
    .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{number}.pdf\"")))
        .body(pdf))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateShare {
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 12)]
    site_ids: Vec<Line<40>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ShareView {
    /// Short enough for a WeChat scene
    #[schema(max_length = 32)]
    id: String,
    site_ids: Vec<String>,
    /// Those that are on the map, in the order of the set
    items: Vec<SiteSummary>,
    /// Opens the set in any browser
    link: String,
    created_at: Time,
    /// Of every longitude and latitude in this answer
    datum: Datum,
}

async fn share_view(app: &App, share: Share) -> Result<ShareView, AppError> {
    let ids = share.site_ids()?;
    let wanted = ids.clone();
    let mut named = app.read(move |conn| Site::named(conn, wanted)).await?;
    named.sort_by_key(|(site, _, _)| ids.iter().position(|id| *id == site.id));
    let today = app.now().day();
    let items =
        named.iter().map(|named| SiteSummary::new(named, Datum::Gcj02, today)).collect::<Result<_, _>>()?;
    Ok(ShareView {
        link: share::link(&app.config.public_url, &share.id),
        id: share.id,
        site_ids: ids,
        items,
        created_at: share.created_at,
        datum: Datum::Gcj02,
    })
}

/// Give a set of sites a short name for a link; the same set has the same name, whoever asks
#[utoipa::path(tag = "map", operation_id = "create_share", request_body = CreateShare, responses((status = 201, body = ShareView), WriteErrors), security(()))]
#[post("/map/shares")]
pub(super) async fn create_share(app: App, body: Json<CreateShare>) -> Result<HttpResponse, AppError> {
    let joined: Vec<&str> = body.value.site_ids.iter().map(Line::as_str).collect();
    let ids = site_ids("site_ids", &joined.join(","), share::MOST_SITES)?;
    let now = app.now();
    let share = app
        .db
        .write(move |conn| {
            let found = Site::named(conn, ids.clone())?;
            if found.len() != ids.len() {
                return Err(AppError::field("site_ids", "input.choice"));
            }
            let share = Share::new(&ids, now);
            share.keep(conn)?;
            Ok(share)
        })
        .await?;
    Ok(HttpResponse::Created().json(share_view(&app, share).await?))
}

fn share_id(id: String) -> Result<String, AppError> {
    let is_id = (6..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_id { Ok(id) } else { Err(AppError::NotFound) }
}

/// The sites of a shared set
#[utoipa::path(tag = "map", operation_id = "find_share", params(("id" = String, Path, max_length = 32)), responses((status = 200, body = ShareView), ReadErrors), security(()))]
#[get("/map/shares/{id}")]
pub(super) async fn find_share(app: App, id: web::Path<String>) -> Result<web::Json<ShareView>, AppError> {
    let id = share_id(id.into_inner())?;
    let share = app.read(move |conn| Share::find(conn, &id)).await?;
    Ok(web::Json(share_view(&app, share).await?))
}

/// A picture.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct Svg(String);

/// The link of a shared set as a QR code
#[utoipa::path(tag = "map", operation_id = "draw_share_code", params(("id" = String, Path, max_length = 32)), responses((status = 200, body = Svg, content_type = "image/svg+xml"), ReadErrors), security(()))]
#[get("/map/shares/{id}/code.svg")]
pub(super) async fn draw_share_code(
    app: App,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let id = share_id(id.into_inner())?;
    let share = app.read(move |conn| Share::find(conn, &id)).await?;
    let picture = share::code(&share::link(&app.config.public_url, &share.id))?;
    Ok(published::answer(&request, "image/svg+xml", Bytes::from(picture)))
}
