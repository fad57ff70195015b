//! Writing a guide or policy, looking it over, publishing it and taking it down.
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::difference::{PageChange, changes};
use crate::libraries::content::events::PageMoved;
use crate::libraries::content::markdown;
use crate::libraries::content::page::{PageKind, is_slug};
use crate::libraries::content::page_content::PageContent;
use crate::libraries::content::rules::PageAct;
use crate::libraries::content::version::{PageState, PageStepView, PageVersion, PageVersionId};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct PageVersionSummary {
    id: PageVersionId,
    slug: String,
    kind: PageKind,
    /// Counted from 1 for each page
    number: i32,
    state: PageState,
    title: String,
    title_en: Option<String>,
    /// What it changes, and why
    note: Option<String>,
    written_by_name: String,
    written_at: Time,
    published_at: Option<Time>,
    demo: bool,
    /// What the reader may do with it now
    may: Vec<PageAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageVersionLine {
    id: PageVersionId,
    number: i32,
    state: PageState,
    published_at: Option<Time>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageVersionView {
    #[serde(flatten)]
    summary: PageVersionSummary,
    content: PageContent,
    /// To be given back with every step: what was read is what is decided on
    content_sha256: String,
    /// As readers would see it
    body_html: String,
    body_html_en: Option<String>,
    /// The version that it was written on
    base_id: Option<PageVersionId>,
    steps: Vec<PageStepView>,
    /// Every version of this page, newest first
    versions: Vec<PageVersionLine>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageComparison {
    from: Option<PageVersionLine>,
    to: PageVersionLine,
    changes: Vec<PageChange>,
}

impl From<&PageVersion> for PageVersionLine {
    fn from(version: &PageVersion) -> Self {
        Self {
            id: version.id.clone(),
            number: version.number,
            state: version.state,
            published_at: version.published_at,
        }
    }
}

fn summary_of(actor: &Actor, version: &PageVersion, content: &PageContent) -> PageVersionSummary {
    PageVersionSummary {
        id: version.id.clone(),
        slug: version.slug.clone(),
        kind: version.kind,
        number: version.number,
        state: version.state,
        title: content.title.as_str().to_owned(),
        title_en: content.title_en.as_ref().map(|title| title.as_str().to_owned()),
        note: version.note.clone(),
        written_by_name: version.written_by_name.clone(),
        written_at: version.written_at,
        published_at: version.published_at,
        demo: version.demo,
        may: version.may(actor),
    }
}

fn view_of(conn: &mut DbConn, actor: &Actor, version: &PageVersion) -> Result<PageVersionView, AppError> {
    let all = PageVersion::all_of(conn, &version.slug)?;
    let content = version.content()?;
    Ok(PageVersionView {
        summary: summary_of(actor, version, &content),
        content_sha256: version.sha256(),
        body_html: markdown::to_html(content.body_md.as_str()),
        body_html_en: content.body_md_en.as_ref().map(|text| markdown::to_html(text.as_str())),
        base_id: all.iter().find(|one| one.number == version.base_number).map(|one| one.id.clone()),
        steps: version.steps(conn)?,
        versions: all.iter().map(PageVersionLine::from).collect(),
        content,
    })
}

/// The version as it is after an act; whoever acts next is told of it.
fn moved(tx: &mut Tx<'_>, id: &PageVersionId, tell: bool) -> Result<PageVersionView, AppError> {
    let version = PageVersion::find(tx.conn, id)?;
    tx.subject("page_version", id);
    tx.detail(format!("{} version {}", version.slug, version.number));
    if tell && let Some(event) = PageMoved::next(tx.conn, &version)? {
        tx.emit(&event)?;
    }
    view_of(tx.conn, tx.actor, &version)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageVersionFilter {
    /// Drafts and what waits when left out
    state: Option<PageState>,
    /// Of one page; then in every state when `state` is left out
    #[param(max_length = 80)]
    slug: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Versions of pages for their editors, newest first
#[utoipa::path(tag = "content", operation_id = "list_page_versions", params(PageVersionFilter), responses((status = 200, body = Page<PageVersionSummary>), ReadErrors))]
#[get("/content/versions")]
pub(super) async fn list_page_versions(
    app: App,
    actor: Actor,
    filter: web::Query<PageVersionFilter>,
) -> Result<web::Json<Page<PageVersionSummary>>, AppError> {
    let filter = filter.into_inner();
    if filter.slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
        return Err(AppError::field("slug", "input.choice"));
    }
    let states = match (filter.state, &filter.slug) {
        (Some(state), _) => vec![state],
        (None, Some(_)) => PageState::ALL.to_vec(),
        (None, None) => vec![PageState::Draft, PageState::Submitted],
    };
    let paging = Paging::new(filter.limit, filter.cursor);
    let found = app
        .read(move |conn| {
            let page = PageVersion::list(conn, &states, filter.slug.as_deref(), &paging)?;
            let mut items = Vec::new();
            for version in &page.items {
                items.push(summary_of(&actor, version, &version.content()?));
            }
            Ok(Page { items, next: page.next })
        })
        .await?;
    Ok(web::Json(found))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPageVersion {
    /// The page's place in addresses: lower-case letters, digits, hyphens; it stays
    #[schema(value_type = String, min_length = 1, max_length = 80, pattern = "^[a-z0-9-]+$")]
    slug: Line<80>,
    kind: PageKind,
    /// The number of the version that it is written on: the newest that was published, 0 for a new page
    #[schema(minimum = 0)]
    base_number: i32,
    content: PageContent,
    /// What it changes, and why
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
}

/// Begin a new page, or the next version of one; also of one that was taken down
#[utoipa::path(tag = "content", operation_id = "start_page_version", request_body = StartPageVersion, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = PageVersionView), WriteErrors))]
#[post("/content/versions")]
pub(super) async fn start_page_version(
    app: App,
    act: Act,
    body: Json<StartPageVersion>,
) -> Result<HttpResponse, AppError> {
    if !is_slug(body.value.slug.as_str()) {
        return Err(AppError::field("slug", "page.slug"));
    }
    if body.value.base_number < 0 {
        return Err(AppError::field("base_number", "input.range"));
    }
    act.create(&app, body, move |tx, new: &StartPageVersion| {
        new.content.judge(tx.conn, new.kind)?;
        let note = new.note.as_ref().map(Prose::as_str);
        let slug = new.slug.as_str();
        let made = PageVersion::start(tx, slug, new.kind, &new.content, new.base_number, note)?;
        moved(tx, &made.id, false)
    })
    .await
}

/// One version with its text, its steps and what one may do with it
#[utoipa::path(tag = "content", operation_id = "find_page_version", params(("id" = PageVersionId, Path)), responses((status = 200, body = PageVersionView), ReadErrors))]
#[get("/content/versions/{id}")]
pub(super) async fn find_page_version(
    app: App,
    actor: Actor,
    id: web::Path<PageVersionId>,
) -> Result<web::Json<PageVersionView>, AppError> {
    let found = app.read(move |conn| {
        let version = PageVersion::find(conn, &id)?;
        view_of(conn, &actor, &version)
    });
    found.await.map(web::Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ComparedWith {
    /// The version that it was written on when left out
    from: Option<PageVersionId>,
}

/// What differs from another version of the page, paragraph by paragraph
#[utoipa::path(tag = "content", operation_id = "compare_page_versions", params(("id" = PageVersionId, Path), ComparedWith), responses((status = 200, body = PageComparison), ReadErrors))]
#[get("/content/versions/{id}/differences")]
pub(super) async fn compare_page_versions(
    app: App,
    id: web::Path<PageVersionId>,
    with: web::Query<ComparedWith>,
) -> Result<web::Json<PageComparison>, AppError> {
    let found = app
        .read(move |conn| {
            let to = PageVersion::find(conn, &id)?;
            let all = PageVersion::all_of(conn, &to.slug)?;
            let from = match &with.from {
                Some(id) => Some(all.iter().find(|one| one.id == *id).ok_or(AppError::NotFound)?),
                None => all.iter().find(|one| one.number == to.base_number),
            };
            let before = from.map(PageVersion::content).transpose()?;
            Ok(PageComparison {
                changes: changes(before.as_ref(), &to.content()?),
                from: from.map(PageVersionLine::from),
                to: PageVersionLine::from(&to),
            })
        })
        .await?;
    Ok(web::Json(found))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewritePageVersion {
    content: PageContent,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
    /// Of the draft as it was read
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    content_sha256: Line<64>,
}

/// Write one's draft anew
#[utoipa::path(tag = "content", operation_id = "rewrite_page_version", request_body = RewritePageVersion, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[put("/content/versions/{id}")]
pub(super) async fn rewrite_page_version(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<RewritePageVersion>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &RewritePageVersion| {
        let seen = Some(wish.content_sha256.as_str());
        let version = PageVersion::take(tx, &id, PageAct::Edit, seen)?;
        wish.content.judge(tx.conn, version.kind)?;
        version.rewrite(tx, &wish.content, wish.note.as_ref().map(Prose::as_str))?;
        moved(tx, &id, false)
    })
    .await
}

/// What was read, by its digest.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageAsRead {
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    content_sha256: Line<64>,
}

/// Hand one's draft to a second pair of eyes; from now on its text stands
#[utoipa::path(tag = "content", operation_id = "submit_page_version", request_body = PageAsRead, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[post("/content/versions/{id}/submissions")]
pub(super) async fn submit_page_version(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<PageAsRead>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &PageAsRead| {
        PageVersion::take(tx, &id, PageAct::Submit, Some(wish.content_sha256.as_str()))?.submit(tx)?;
        moved(tx, &id, true)
    })
    .await
}

/// Publish what another wrote: readers see it from now on, everywhere
#[utoipa::path(tag = "content", operation_id = "publish_page_version", request_body = PageAsRead, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[post("/content/versions/{id}/publications")]
pub(super) async fn publish_page_version(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<PageAsRead>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &PageAsRead| {
        PageVersion::take(tx, &id, PageAct::Publish, Some(wish.content_sha256.as_str()))?.publish(tx)?;
        moved(tx, &id, true)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageReason {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Send a version back to its author, with the reason
#[utoipa::path(tag = "content", operation_id = "return_page_version", request_body = PageReason, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[post("/content/versions/{id}/returns")]
pub(super) async fn return_page_version(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<PageReason>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &PageReason| {
        PageVersion::take(tx, &id, PageAct::Return, None)?.send_back(tx, wish.reason.as_str())?;
        moved(tx, &id, true)
    })
    .await
}

/// Give a draft up, with the reason
#[utoipa::path(tag = "content", operation_id = "discard_page_version", request_body = PageReason, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[post("/content/versions/{id}/discards")]
pub(super) async fn discard_page_version(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<PageReason>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &PageReason| {
        PageVersion::take(tx, &id, PageAct::Discard, None)?.discard(tx, wish.reason.as_str())?;
        moved(tx, &id, false)
    })
    .await
}

/// Take a published page down, with the reason that readers are told
#[utoipa::path(tag = "content", operation_id = "withdraw_page", request_body = PageReason, params(("id" = PageVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PageVersionView), WriteErrors))]
#[post("/content/versions/{id}/withdrawals")]
pub(super) async fn withdraw_page(
    app: App,
    act: Act,
    id: web::Path<PageVersionId>,
    body: Json<PageReason>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &PageReason| {
        PageVersion::take(tx, &id, PageAct::Withdraw, None)?.withdraw(tx, wish.reason.as_str())?;
        moved(tx, &id, false)
    })
    .await
}
