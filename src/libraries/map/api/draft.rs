//! Keeping sites, over HTTP: drafts, the second pair of eyes, versions, withdrawal.
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::map::api::site_id;
use crate::libraries::map::atlas::renew;
use crate::libraries::map::events::{SiteDraftAnswered, SiteDraftWritten, keepers_of, officials};
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::site::{Site, SiteKind};
use crate::libraries::map::site_content::{Difference, SiteContent};
use crate::libraries::map::site_photo;
use crate::libraries::map::site_version::{
    Author, DraftAct, KIND_FIXED, OTHER_UNIT, SiteVersion, VersionId, VersionState, unit_names,
};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::id;
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSummary {
    id: VersionId,
    #[schema(max_length = 40)]
    site_id: String,
    /// Of the site, as the draft has it
    name: String,
    kind: SiteKind,
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    state: VersionState,
    /// Whether the site is not on the map yet
    new: bool,
    written_by_name: String,
    written_at: Time,
    note: Option<String>,
    reviewed_by_name: Option<String>,
    reviewed_at: Option<Time>,
    review_note: Option<String>,
    /// What the reader may do with it now
    may: Vec<DraftAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DraftView {
    #[serde(flatten)]
    draft: DraftSummary,
    content: SiteContent,
    /// Against what is published now
    differences: Vec<Difference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    id: VersionId,
    /// Counted from 1
    number: Option<i32>,
    state: VersionState,
    written_by_name: String,
    written_at: Time,
    note: Option<String>,
    /// Absent for what came with the program
    reviewed_by_name: Option<String>,
    reviewed_at: Option<Time>,
    /// Against the version before
    differences: Vec<Difference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionList {
    items: Vec<VersionView>,
}

/// What a form begins with.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContentView {
    content: SiteContent,
    /// The newest version, 0 when nobody has changed it yet
    number: i32,
    /// A change that waits already
    draft_id: Option<VersionId>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteDraft {
    /// The site to change; left out, a new one
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    site_id: Option<Line<40>>,
    content: SiteContent,
    /// Why, for whoever looks it over
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    note: Option<Line<200>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewriteDraft {
    content: SiteContent,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    note: Option<Line<200>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftReason {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: Prose<300>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DraftFilter {
    /// `open` when left out
    state: Option<VersionState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Drafts as they are shown, for a whole list at once.
pub(super) fn summaries(
    conn: &mut DbConn,
    actor: &Actor,
    versions: Vec<SiteVersion>,
) -> Result<Vec<DraftSummary>, AppError> {
    let names = unit_names(conn)?;
    versions
        .into_iter()
        .map(|version| {
            let (unit_name, unit_name_en) = names.get(&version.unit_id).cloned().unwrap_or_default();
            Ok(DraftSummary {
                kind: version.content()?.kind,
                may: version.may(actor),
                new: version.base_number == 0
                    && id::is_well_formed(&version.site_id)
                    && version.number.is_none(),
                id: version.id,
                site_id: version.site_id,
                name: version.name,
                unit_id: version.unit_id,
                unit_name,
                unit_name_en,
                state: version.state,
                written_by_name: version.written_by_name,
                written_at: version.written_at,
                note: version.note,
                reviewed_by_name: version.reviewed_by_name,
                reviewed_at: version.reviewed_at,
                review_note: version.review_note,
            })
        })
        .collect()
}

fn view(conn: &mut DbConn, actor: &Actor, version: SiteVersion) -> Result<DraftView, AppError> {
    let content = version.content()?;
    let published = Site::find(conn, &version.site_id)?;
    let before = match &published {
        Some(site) => Some(SiteContent::of(conn, site)?),
        None => None,
    };
    let mut draft = summaries(conn, actor, vec![version])?.pop().ok_or(AppError::NotFound)?;
    draft.new = published.is_none();
    Ok(DraftView { draft, differences: content.differences(before.as_ref()), content })
}

fn view_of(conn: &mut DbConn, actor: &Actor, id: &VersionId) -> Result<DraftView, AppError> {
    let keeper = Keeper::of(conn, actor)?;
    let version = SiteVersion::find(conn, &keeper, id)?;
    view(conn, actor, version)
}

/// Refuses content that the actor may not say: wrong fields, another unit, somebody else's photos.
fn judge(conn: &mut DbConn, keeper: &Keeper, content: &SiteContent) -> Result<(), AppError> {
    let problems = content.problems();
    if !problems.is_empty() {
        return Err(AppError::Invalid(problems));
    }
    let (unit, park) = (content.unit_id.as_str(), content.park_id.as_ref().map(Line::as_str));
    if !keeper.keeps(unit, park) {
        return Err(AppError::Unprocessable(&OTHER_UNIT));
    }
    Unit::find(conn, unit)?.ok_or_else(|| AppError::field("unit_id", "input.choice"))?;
    if let Some(park) = park {
        // A park is offered by the county that it lies in.
        let lies_here = Unit::find(conn, park)?.is_some_and(|p| p.parent_id.as_deref() == Some(unit));
        if !lies_here {
            return Err(AppError::field("park_id", "input.choice"));
        }
    }
    let subjects: Vec<&str> = std::iter::once(unit).chain(park).chain(keeper.unit_id.as_deref()).collect();
    site_photo::must_be_of(conn, &content.photos, &subjects)
}

fn tell_reviewers(tx: &mut Tx<'_>, version: &SiteVersion) -> Result<(), AppError> {
    let units = keepers_of(&version.unit_id, version.park_id.as_deref());
    let mut readers = officials(tx.conn, units, true)?;
    readers.retain(|reader| !tx.actor.is(reader));
    let body = (
        format!("{}：{} 填写，请复核后公开", version.name, version.written_by_name),
        format!("{}: written by {}. Please review.", version.name, version.written_by_name),
    );
    let link = format!("/drafts/{}", version.id);
    tx.emit(&SiteDraftWritten::to(readers, ("选址待复核", "A site waits for review"), body, link))
}

/// Write a new site or a change of one; it is public once another person has looked it over
#[utoipa::path(tag = "map", operation_id = "write_draft", request_body = WriteDraft, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = DraftView), WriteErrors))]
#[post("/map/drafts")]
pub(super) async fn write_draft(
    app: App,
    act: Act,
    body: Json<WriteDraft>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, wish: &WriteDraft| {
        let keeper = Keeper::of(tx.conn, tx.actor)?;
        judge(tx.conn, &keeper, &wish.content)?;
        let (site_id, base) = match &wish.site_id {
            None => (id::fresh(), 0),
            Some(id) => changed_site(tx.conn, &keeper, id.as_str(), &wish.content)?,
        };
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned());
        let author = Author { actor: tx.actor, now: tx.now, note, import_id: None };
        let version = SiteVersion::draft(site_id, base, &wish.content, &author)?;
        SiteVersion::insert_all(tx.conn, std::slice::from_ref(&version))?;
        tx.subject("site", &version.site_id);
        tell_reviewers(tx, &version)?;
        view(tx.conn, tx.actor, version)
    })
    .await
}

/// The id and the newest number of a site that may be changed so: published, or once published and withdrawn.
fn changed_site(
    conn: &mut DbConn,
    keeper: &Keeper,
    id: &str,
    content: &SiteContent,
) -> Result<(String, i32), AppError> {
    let latest = SiteVersion::latest(conn, id)?;
    let (kind, unit, park) = match (Site::find(conn, id)?, &latest) {
        (Some(site), _) => (site.kind, site.unit_id, site.park_id),
        (None, Some(latest)) => (latest.content()?.kind, latest.unit_id.clone(), latest.park_id.clone()),
        (None, None) => return Err(AppError::NotFound),
    };
    keeper.must_keep(&unit, park.as_deref())?;
    if kind != content.kind {
        return Err(AppError::Unprocessable(&KIND_FIXED));
    }
    if unit != content.unit_id.as_str() && !keeper.coordinates {
        return Err(AppError::Unprocessable(&OTHER_UNIT));
    }
    Ok((id.to_owned(), latest.and_then(|latest| latest.number).unwrap_or(0)))
}

/// Write a draft anew; its author, until it is published
#[utoipa::path(tag = "map", operation_id = "rewrite_draft", request_body = RewriteDraft, params(("id" = VersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = DraftView), WriteErrors))]
#[put("/map/drafts/{id}")]
pub(super) async fn rewrite_draft(
    app: App,
    act: Act,
    id: web::Path<VersionId>,
    body: Json<RewriteDraft>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &RewriteDraft| {
        let keeper = Keeper::of(tx.conn, tx.actor)?;
        let version = SiteVersion::take(tx.conn, &keeper, &id)?;
        version.must(tx.actor, DraftAct::Edit)?;
        judge(tx.conn, &keeper, &wish.content)?;
        if version.content()?.kind != wish.content.kind && version.base_number > 0 {
            return Err(AppError::Unprocessable(&KIND_FIXED));
        }
        if version.unit_id != wish.content.unit_id.as_str() {
            return Err(AppError::Unprocessable(&OTHER_UNIT));
        }
        let note = wish.note.as_ref().map(|note| note.as_str().to_owned());
        version.rewrite(tx.conn, &wish.content, note, tx.now)?;
        tx.subject("site", &version.site_id);
        if version.state == VersionState::Returned {
            tell_reviewers(tx, &version)?;
        }
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// Drafts of one's unit and park, or of all for the coordinator; newest first
#[utoipa::path(tag = "map", operation_id = "list_drafts", params(DraftFilter), responses((status = 200, body = Page<DraftSummary>), ReadErrors))]
#[get("/map/drafts")]
pub(super) async fn list_drafts(
    app: App,
    actor: Actor,
    filter: web::Query<DraftFilter>,
) -> Result<web::Json<Page<DraftSummary>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let states = [filter.state.unwrap_or(VersionState::Open)];
            let page = SiteVersion::list(conn, &keeper, &states, &paging)?;
            Ok(Page { items: summaries(conn, &actor, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One draft, with what it changes
#[utoipa::path(tag = "map", operation_id = "find_draft", params(("id" = VersionId, Path)), responses((status = 200, body = DraftView), ReadErrors))]
#[get("/map/drafts/{id}")]
pub(super) async fn find_draft(
    app: App,
    actor: Actor,
    id: web::Path<VersionId>,
) -> Result<web::Json<DraftView>, AppError> {
    Ok(web::Json(app.read(move |conn| view_of(conn, &actor, &id)).await?))
}

fn answer_author(tx: &mut Tx<'_>, version: &SiteVersion, zh: &str, en: &str) -> Result<(), AppError> {
    let Some(author) = version.written_by.clone().filter(|author| !tx.actor.is(author)) else {
        return Ok(());
    };
    let body = (format!("{}：{zh}", version.name), format!("{}: {en}", version.name));
    let link = format!("/drafts/{}", version.id);
    tx.emit(&SiteDraftAnswered::to(vec![author], ("选址复核结果", "A site was reviewed"), body, link))
}

/// Publish a draft: another person of the unit or park, or the coordinator; never its author
#[utoipa::path(tag = "map", operation_id = "publish_draft", request_body = Nothing, params(("id" = VersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = DraftView), WriteErrors))]
#[post("/map/drafts/{id}/publications")]
pub(super) async fn publish_draft(
    app: App,
    act: Act,
    id: web::Path<VersionId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let answer = act
        .change(&app, body, move |tx, _: &Nothing| {
            let keeper = Keeper::of(tx.conn, tx.actor)?;
            let version = SiteVersion::take(tx.conn, &keeper, &id)?;
            version.must(tx.actor, DraftAct::Publish)?;
            let number = version.publish(tx.conn, tx.actor, tx.now)?;
            tx.subject("site", &version.site_id);
            tx.detail(format!("version {number}"));
            answer_author(tx, &version, "已复核公开", "reviewed and published")?;
            view_of(tx.conn, tx.actor, &id)
        })
        .await?;
    renew(&app).await;
    Ok(answer)
}

/// Return a draft to its author, with the reason
#[utoipa::path(tag = "map", operation_id = "return_draft", request_body = DraftReason, params(("id" = VersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = DraftView), WriteErrors))]
#[post("/map/drafts/{id}/returns")]
pub(super) async fn return_draft(
    app: App,
    act: Act,
    id: web::Path<VersionId>,
    body: Json<DraftReason>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &DraftReason| {
        let keeper = Keeper::of(tx.conn, tx.actor)?;
        let version = SiteVersion::take(tx.conn, &keeper, &id)?;
        version.must(tx.actor, DraftAct::Return)?;
        let why = wish.reason.as_str();
        version.close(tx.conn, VersionState::Returned, tx.actor, tx.now, Some(why.to_owned()))?;
        tx.subject("site", &version.site_id);
        answer_author(tx, &version, &format!("退回，{why}"), &format!("returned, {why}"))?;
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// Give a draft up; its author or another keeper
#[utoipa::path(tag = "map", operation_id = "discard_draft", request_body = Nothing, params(("id" = VersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = DraftView), WriteErrors))]
#[post("/map/drafts/{id}/discards")]
pub(super) async fn discard_draft(
    app: App,
    act: Act,
    id: web::Path<VersionId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let keeper = Keeper::of(tx.conn, tx.actor)?;
        let version = SiteVersion::take(tx.conn, &keeper, &id)?;
        version.must(tx.actor, DraftAct::Discard)?;
        version.close(tx.conn, VersionState::Discarded, tx.actor, tx.now, None)?;
        tx.subject("site", &version.site_id);
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}

/// What a site says now, as its keepers may change it
#[utoipa::path(tag = "map", operation_id = "find_site_content", params(("id" = String, Path, max_length = 40)), responses((status = 200, body = ContentView), ReadErrors))]
#[get("/map/sites/{id}/content")]
pub(super) async fn find_site_content(
    app: App,
    actor: Actor,
    id: web::Path<String>,
) -> Result<web::Json<ContentView>, AppError> {
    let id = site_id(id.into_inner())?;
    let view = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let latest = SiteVersion::latest(conn, &id)?;
            let content = match (Site::find(conn, &id)?, &latest) {
                (Some(site), _) => {
                    keeper.must_keep(&site.unit_id, site.park_id.as_deref())?;
                    SiteContent::of(conn, &site)?
                }
                (None, Some(latest)) => {
                    keeper.must_keep(&latest.unit_id, latest.park_id.as_deref())?;
                    latest.content()?
                }
                (None, None) => return Err(AppError::NotFound),
            };
            let draft_id = SiteVersion::waiting(conn, vec![id.clone()])?.remove(&id);
            Ok(ContentView { content, number: latest.and_then(|l| l.number).unwrap_or(0), draft_id })
        })
        .await?;
    Ok(web::Json(view))
}

/// Every version of a site, newest first, with who and when and what changed; for its keepers
#[utoipa::path(tag = "map", operation_id = "list_site_versions", params(("id" = String, Path, max_length = 40)), responses((status = 200, body = VersionList), ReadErrors))]
#[get("/map/sites/{id}/versions")]
pub(super) async fn list_site_versions(
    app: App,
    actor: Actor,
    id: web::Path<String>,
) -> Result<web::Json<VersionList>, AppError> {
    let id = site_id(id.into_inner())?;
    let list = app
        .read(move |conn| {
            let keeper = Keeper::of(conn, &actor)?;
            let versions = SiteVersion::history(conn, &id)?;
            match (versions.first(), Site::find(conn, &id)?) {
                (Some(newest), _) => keeper.must_keep(&newest.unit_id, newest.park_id.as_deref())?,
                (None, Some(site)) => keeper.must_keep(&site.unit_id, site.park_id.as_deref())?,
                (None, None) => return Err(AppError::NotFound),
            }
            Ok(VersionList { items: compared(versions)? })
        })
        .await?;
    Ok(web::Json(list))
}

/// Newest first, each with what it says otherwise than the one before.
fn compared(versions: Vec<SiteVersion>) -> Result<Vec<VersionView>, AppError> {
    let contents: Vec<SiteContent> = versions.iter().map(SiteVersion::content).collect::<Result<_, _>>()?;
    let views = versions.into_iter().enumerate().map(|(place, version)| VersionView {
        id: version.id,
        number: version.number,
        state: version.state,
        written_by_name: version.written_by_name,
        written_at: version.written_at,
        note: version.note,
        reviewed_by_name: version.reviewed_by_name,
        reviewed_at: version.reviewed_at,
        differences: contents
            .get(place)
            .zip(contents.get(place + 1))
            .map(|(after, before)| after.differences(Some(before)))
            .unwrap_or_default(),
    });
    Ok(views.collect())
}

/// Take a site off the map at once, with the reason; its versions stay and it can be published again
#[utoipa::path(tag = "map", operation_id = "withdraw_site", request_body = DraftReason, params(("id" = String, Path, max_length = 40), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = VersionList), WriteErrors))]
#[post("/map/sites/{id}/withdrawals")]
pub(super) async fn withdraw_site(
    app: App,
    act: Act,
    id: web::Path<String>,
    body: Json<DraftReason>,
) -> Result<HttpResponse, AppError> {
    let id = site_id(id.into_inner())?;
    let answer = act
        .change(&app, body, move |tx, wish: &DraftReason| {
            let site = kept_site(tx, &id)?;
            SiteVersion::withdraw(tx.conn, &site, tx.actor, tx.now, wish.reason.as_str().to_owned())?;
            tx.subject("site", &site.id);
            tx.detail(wish.reason.as_str());
            Ok(VersionList { items: compared(SiteVersion::history(tx.conn, &site.id)?)? })
        })
        .await?;
    renew(&app).await;
    Ok(answer)
}

/// A published site that the actor keeps.
pub(super) fn kept_site(tx: &mut Tx<'_>, id: &str) -> Result<Site, AppError> {
    let keeper = Keeper::of(tx.conn, tx.actor)?;
    let site = Site::find(tx.conn, id)?.ok_or(AppError::NotFound)?;
    keeper.must_keep(&site.unit_id, site.park_id.as_deref())?;
    Ok(site)
}
