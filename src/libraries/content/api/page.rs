//! Guides and policies for everybody, and what was taken down.
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::{AppError, Code, Problem};
use crate::libraries::content::markdown;
use crate::libraries::content::medium::PageMedium;
use crate::libraries::content::page::{self, ContentPage, PageKind, Step, is_slug};
use crate::libraries::content::policy::PolicyTerms;
use crate::openapi::ReadErrors;
use crate::platform::page::{Page, Paging};
use crate::platform::published;

const JSON: &str = "application/json";
const WITHDRAWN: Code = Code::new(
    "page.withdrawn",
    "这一页已撤下，请看撤下说明或返回列表",
    "This page was taken down; read why, or go back to the list",
);

#[derive(Debug, Serialize, ToSchema)]
pub struct PageSummary {
    slug: String,
    kind: PageKind,
    title: String,
    title_en: Option<String>,
    summary: String,
    summary_en: Option<String>,
    published_on: NaiveDate,
    updated_on: NaiveDate,
    /// Of the document behind the page
    document_no: Option<String>,
    issuer: Option<String>,
    issuer_en: Option<String>,
    /// Whether title, summary, text and steps are all there in English too
    in_english: bool,
    demo: bool,
}

/// That a page was taken down, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalView {
    slug: String,
    kind: PageKind,
    title: String,
    title_en: Option<String>,
    withdrawn_on: NaiveDate,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageView {
    #[serde(flatten)]
    page: PageSummary,
    /// Safe to show: made from plain CommonMark, HTML inside dropped
    body_html: String,
    body_html_en: Option<String>,
    source: String,
    source_en: Option<String>,
    source_url: Option<String>,
    source_on: NaiveDate,
    steps: Vec<Step>,
    /// Of a policy that can be reckoned with
    terms: Option<PolicyTerms>,
    /// Pictures and films, after the text
    media: Vec<PageMedium>,
}

impl PageSummary {
    fn new(page: ContentPage) -> Result<Self, AppError> {
        Ok(Self {
            in_english: page.in_english()?,
            slug: page.slug,
            kind: page.kind,
            title: page.title,
            title_en: page.title_en,
            summary: page.summary,
            summary_en: page.summary_en,
            published_on: page.published_on,
            updated_on: page.updated_on,
            document_no: page.document_no,
            issuer: page.issuer,
            issuer_en: page.issuer_en,
            demo: page.demo,
        })
    }
}

impl PageView {
    fn new(page: ContentPage) -> Result<Self, AppError> {
        Ok(Self {
            body_html: markdown::to_html(&page.body_md),
            body_html_en: page.body_md_en.as_deref().map(markdown::to_html),
            source: page.source.clone(),
            source_en: page.source_en.clone(),
            source_url: page.source_url.clone(),
            source_on: page.source_on,
            steps: page.steps()?,
            terms: page.terms()?,
            media: page.media()?,
            page: PageSummary::new(page)?,
        })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageFilter {
    kind: Option<PageKind>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Guides and policies, in the editors' order
#[utoipa::path(tag = "content", operation_id = "list_pages", params(PageFilter), responses((status = 200, body = Page<PageSummary>), ReadErrors), security(()))]
#[get("/content/pages")]
pub(super) async fn list_pages(
    app: App,
    request: HttpRequest,
    filter: web::Query<PageFilter>,
) -> Result<HttpResponse, AppError> {
    let kind = filter.kind;
    let paging = Paging::new(filter.limit, filter.cursor.clone());
    paging.limit()?;
    paging.after()?;
    let state = page::state(&app).await?;
    let made = async {
        let page = app.read(move |conn| ContentPage::list(conn, kind, &paging)).await?;
        let items = page.items.into_iter().map(PageSummary::new).collect::<Result<Vec<_>, _>>()?;
        published::to_json(&Page { items, next: page.next })
    };
    published::versioned(&app.cache, &request, JSON, &state, made).await
}

/// One guide or policy with its body as HTML
#[utoipa::path(tag = "content", operation_id = "find_page", params(("slug" = String, Path, max_length = 80)), responses((status = 200, body = PageView), (status = 410, description = "Taken down", body = Problem, content_type = "application/problem+json"), ReadErrors), security(()))]
#[get("/content/pages/{slug}")]
pub(super) async fn find_page(
    app: App,
    request: HttpRequest,
    slug: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let slug = slug.into_inner();
    if !is_slug(&slug) {
        return Err(AppError::NotFound);
    }
    let state = page::state(&app).await?;
    let made = async {
        let page = app.read(move |conn| ContentPage::named(conn, &slug)?.ok_or(AppError::NotFound)).await?;
        match page.withdrawn_on {
            Some(_) => Err(AppError::Gone(&WITHDRAWN)),
            None => published::to_json(&PageView::new(page)?),
        }
    };
    published::versioned(&app.cache, &request, JSON, &state, made).await
}

/// When and why a page was taken down
#[utoipa::path(tag = "content", operation_id = "find_withdrawal", params(("slug" = String, Path, max_length = 80)), responses((status = 200, body = WithdrawalView), ReadErrors), security(()))]
#[get("/content/withdrawals/{slug}")]
pub(super) async fn find_withdrawal(
    app: App,
    slug: web::Path<String>,
) -> Result<web::Json<WithdrawalView>, AppError> {
    let slug = slug.into_inner();
    if !is_slug(&slug) {
        return Err(AppError::NotFound);
    }
    let page = app.read(move |conn| ContentPage::named(conn, &slug)?.ok_or(AppError::NotFound)).await?;
    let withdrawn_on = page.withdrawn_on.ok_or(AppError::NotFound)?;
    let (slug, kind, title, title_en) = (page.slug, page.kind, page.title, page.title_en);
    let reason = page.withdrawn_reason;
    Ok(web::Json(WithdrawalView { slug, kind, title, title_en, withdrawn_on, reason }))
}
