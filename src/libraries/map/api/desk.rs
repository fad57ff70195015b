//! The desk of a unit, over HTTP: its sites and how fresh they are, photos, and what visitors say.
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::map::api::draft::kept_site;
use crate::libraries::map::api::site_id;
use crate::libraries::map::atlas::renew;
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::rules::is_stale;
use crate::libraries::map::site::{Site, SiteKind, SiteStatus};
use crate::libraries::map::site_report::{ReportId, ReportOutcome, ReportState, ReportWhat, SiteReport};
use crate::libraries::map::site_version::{SiteVersion, VersionId, VersionState};
use crate::libraries::map::{site_check, site_photo};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{Act, Actor, Circumstances};
use crate::platform::clock::Time;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::Prose;
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::platform::picture::{self, Picture};
use crate::platform::upload::one_file;
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Serialize, ToSchema)]
pub struct DeskView {
    sites: i64,
    /// Not checked for 90 days
    stale: i64,
    /// Drafts that wait for a second pair of eyes
    open_drafts: i64,
    /// Drafts that were returned
    returned_drafts: i64,
    open_reports: i64,
    /// Sees every unit
    coordinates: bool,
    /// The unit for which new sites are written
    unit_id: Option<String>,
}

/// One's sites at a glance: how many, how many are grey, what waits
#[utoipa::path(tag = "map", operation_id = "show_desk", responses((status = 200, body = DeskView), ReadErrors))]
#[get("/map/desk")]
pub(super) async fn show_desk(app: App, actor: Actor) -> Result<web::Json<DeskView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let (sites, stale) = site_check::count(conn, &keeper, now)?;
            Ok(DeskView {
                sites,
                stale,
                open_drafts: SiteVersion::count(conn, &keeper, VersionState::Open)?,
                returned_drafts: SiteVersion::count(conn, &keeper, VersionState::Returned)?,
                open_reports: SiteReport::count_open(conn, &keeper)?,
                coordinates: keeper.coordinates,
                unit_id: keeper.unit_id,
            })
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeptSite {
    id: String,
    kind: SiteKind,
    name: String,
    name_en: Option<String>,
    status: SiteStatus,
    checked_on: Option<NaiveDate>,
    stale: bool,
    /// The newest version; absent when nobody has changed it since it came with the program
    number: Option<i32>,
    /// A change that waits
    draft_id: Option<VersionId>,
    demo: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KeptFilter {
    /// Only those not checked for 90 days
    stale: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// The sites that one keeps
#[utoipa::path(tag = "map", operation_id = "list_kept_sites", params(KeptFilter), responses((status = 200, body = Page<KeptSite>), ReadErrors))]
#[get("/map/desk/sites")]
pub(super) async fn list_kept_sites(
    app: App,
    actor: Actor,
    filter: web::Query<KeptFilter>,
) -> Result<web::Json<Page<KeptSite>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let now = app.now();
    let page = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let page = site_check::list(conn, &keeper, filter.stale.unwrap_or(false), now, &paging)?;
            let ids: Vec<String> = page.items.iter().map(|site| site.id.clone()).collect();
            let mut drafts = SiteVersion::waiting(conn, ids.clone())?;
            let numbers = SiteVersion::numbers(conn, ids)?;
            Ok(page.map(|site| KeptSite {
                stale: is_stale(site.checked_on, now.day()),
                number: numbers.get(&site.id).copied(),
                draft_id: drafts.remove(&site.id),
                id: site.id,
                kind: site.kind,
                name: site.name,
                name_en: site.name_en,
                status: site.status,
                checked_on: site.checked_on,
                demo: site.demo,
            }))
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    checked_on: Option<NaiveDate>,
    checked_by: Option<String>,
}

/// Say that a site is today as shown
#[utoipa::path(tag = "map", operation_id = "check_site", request_body = Nothing, params(("id" = String, Path, max_length = 40), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = Checked), WriteErrors))]
#[post("/map/sites/{id}/checks")]
pub(super) async fn check_site(
    app: App,
    act: Act,
    id: web::Path<String>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let id = site_id(id.into_inner())?;
    let wanted = id.clone();
    let answer = act
        .create(&app, body, move |tx, _: &Nothing| {
            let site = kept_site(tx, &wanted)?;
            tx.subject("site", &site.id);
            site_check::check(tx.conn, site, tx.actor, tx.now)?;
            let site = Site::find(tx.conn, &wanted)?.ok_or(AppError::NotFound)?;
            Ok(Checked { checked_on: site.checked_on, checked_by: site.checked_by })
        })
        .await?;
    renew(&app).await;
    Ok(answer)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSite {
    what: ReportWhat,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    words: Option<Prose<300>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Received {
    /// China's time
    reported_on: NaiveDate,
}

/// Say that a site is not as shown; anybody may, a few times a day
#[utoipa::path(tag = "map", operation_id = "report_site", request_body = ReportSite, params(("id" = String, Path, max_length = 40)), responses((status = 201, body = Received), WriteErrors), security(()))]
#[post("/map/sites/{id}/reports")]
pub(super) async fn report_site(
    app: App,
    circumstances: Circumstances,
    id: web::Path<String>,
    body: Json<ReportSite>,
) -> Result<HttpResponse, AppError> {
    let id = site_id(id.into_inner())?;
    let (now, wish) = (app.now(), body.value);
    let reporter = app.keys.hash(&["site report", circumstances.address.as_deref().unwrap_or_default()]);
    app.db
        .write(move |conn| {
            let site = Site::find(conn, &id)?.ok_or(AppError::NotFound)?;
            let words = wish.words.as_ref().map(|words| words.as_str().to_owned());
            SiteReport::new(&site, wish.what, words, reporter.clone(), now).send(conn)?;
            Entry {
                id: EntryId::fresh(),
                at: now,
                actor_id: None,
                actor_name: None,
                operation: circumstances.operation.to_owned(),
                subject: Some(format!("site/{}", site.id)),
                outcome: Outcome::Done,
                request_id: circumstances.request_id.clone(),
                address: circumstances.address.clone(),
                detail: Some(wish.what.to_string()),
            }
            .write(conn)
        })
        .await?;
    app.fan_out.publish(outbox::TOPIC, "").await;
    Ok(HttpResponse::Created().json(Received { reported_on: now.day() }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    id: ReportId,
    site_id: String,
    site_name: String,
    /// As the site is called now; absent when it has no English name or left the map
    site_name_en: Option<String>,
    what: ReportWhat,
    words: Option<String>,
    reported_at: Time,
    state: ReportState,
    outcome: Option<ReportOutcome>,
    answer: Option<String>,
    answered_by_name: Option<String>,
    answered_at: Option<Time>,
}

impl ReportView {
    fn new(report: SiteReport, site_name_en: Option<String>) -> Self {
        Self {
            id: report.id,
            site_id: report.site_id,
            site_name: report.site_name,
            site_name_en,
            what: report.what,
            words: report.words,
            reported_at: report.reported_at,
            state: report.state,
            outcome: report.outcome,
            answer: report.answer,
            answered_by_name: report.answered_by_name,
            answered_at: report.answered_at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportFilter {
    state: Option<ReportState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// What visitors said of one's sites, newest first
#[utoipa::path(tag = "map", operation_id = "list_reports", params(ReportFilter), responses((status = 200, body = Page<ReportView>), ReadErrors))]
#[get("/map/reports")]
pub(super) async fn list_reports(
    app: App,
    actor: Actor,
    filter: web::Query<ReportFilter>,
) -> Result<web::Json<Page<ReportView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let page = SiteReport::list(conn, &keeper, filter.state, &paging)?;
            let names = Site::names_en(conn, page.items.iter().map(|r| r.site_id.clone()).collect())?;
            Ok(page.map(|report| {
                let name_en = names.get(&report.site_id).cloned();
                ReportView::new(report, name_en)
            }))
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerReport {
    outcome: ReportOutcome,
    /// Shown at the site
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    answer: Prose<300>,
}

/// Answer what a visitor said; the answer is shown at the site
#[utoipa::path(tag = "map", operation_id = "answer_report", request_body = AnswerReport, params(("id" = ReportId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ReportView), WriteErrors))]
#[post("/map/reports/{id}/answers")]
pub(super) async fn answer_report(
    app: App,
    act: Act,
    id: web::Path<ReportId>,
    body: Json<AnswerReport>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &AnswerReport| {
        let keeper = Keeper::of(tx.conn, tx.actor)?;
        let answer = (wish.outcome, wish.answer.as_str().to_owned());
        let report = SiteReport::answer(tx.conn, &keeper, &id, answer, tx.actor, tx.now)?;
        tx.subject("report", &report.id);
        let name_en = Site::names_en(tx.conn, vec![report.site_id.clone()])?.remove(&report.site_id);
        Ok(ReportView::new(report, name_en))
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredReport {
    what: ReportWhat,
    reported_on: NaiveDate,
    outcome: Option<ReportOutcome>,
    answer: Option<String>,
    answered_at: Option<Time>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredReports {
    items: Vec<AnsweredReport>,
}

/// The newest reports on a site that its unit has answered, without the visitors' own words
#[utoipa::path(tag = "map", operation_id = "list_site_reports", params(("id" = String, Path, max_length = 40)), responses((status = 200, body = AnsweredReports), ReadErrors), security(()))]
#[get("/map/sites/{id}/reports")]
pub(super) async fn list_site_reports(
    app: App,
    id: web::Path<String>,
) -> Result<web::Json<AnsweredReports>, AppError> {
    let id = site_id(id.into_inner())?;
    let reports = app.read(move |conn| SiteReport::answered_at_site(conn, &id)).await?;
    let items = reports.into_iter().map(|report| AnsweredReport {
        what: report.what,
        reported_on: report.reported_on,
        outcome: report.outcome,
        answer: report.answer,
        answered_at: report.answered_at,
    });
    Ok(web::Json(AnsweredReports { items: items.collect() }))
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct PhotoForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PhotoView {
    file_id: FileId,
    /// Pixels
    width: u32,
    height: u32,
    /// Bytes
    size: i64,
}

/// Upload a JPEG or PNG of at most 8 MB for a site; place, time and all else besides the picture is taken off
#[utoipa::path(tag = "map", operation_id = "create_photo", request_body(content = PhotoForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = PhotoView), WriteErrors))]
#[post("/map/photos")]
pub(super) async fn create_photo(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let actor = act.actor.clone();
    let keeper = app.read(move |conn| Keeper::of(conn, &actor)).await?;
    let unit = keeper.unit_id.ok_or(AppError::NotFound)?;
    let bytes = one_file(Multipart::new(request.headers(), form), picture::MOST_BYTES).await?.1;
    let Picture { bytes, media_type, width, height } = picture::cleaned(&bytes)?;
    let file = StoredFile::new(
        site_photo::ROOM,
        &unit,
        if media_type == "image/png" { "photo.png" } else { "photo.jpg" },
        media_type,
        &bytes,
        act.actor.id.as_str(),
        app.now(),
    );
    let (house, id, digest) = (app.clone(), file.id.clone(), file.sha256.clone());
    web::block(move || house.files.put(&id, &bytes)).await.map_err(AppError::internal)??;
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        file.insert(tx.conn)?;
        tx.subject("photo", &file.id);
        Ok(PhotoView { file_id: file.id.clone(), width, height, size: file.size })
    })
    .await
}

/// The bytes of a photo.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct PhotoBytes(Vec<u8>);

/// A photo of a published site; one of a draft for those who keep the site
#[utoipa::path(tag = "map", operation_id = "find_photo", params(("id" = FileId, Path)), responses((status = 200, body = PhotoBytes, content_type = "image/jpeg"), ReadErrors), security(()))]
#[get("/map/photos/{id}")]
pub(super) async fn find_photo(
    app: App,
    actor: Option<Actor>,
    id: web::Path<FileId>,
) -> Result<HttpResponse, AppError> {
    let (file, public) = app
        .read(move |conn| {
            let file = site_photo::find(conn, &id)?;
            let public = site_photo::is_public(conn, &id)?;
            if !public {
                let actor = actor.ok_or(AppError::NotFound)?;
                Keeper::of(conn, &actor)?.must_know(conn, &file.subject)?;
            }
            Ok((file, public))
        })
        .await?;
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    let age = if public { "public, max-age=86400" } else { "private, max-age=600" };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((header::CACHE_CONTROL, age))
        .insert_header((header::CONTENT_DISPOSITION, "inline"))
        .body(bytes))
}
