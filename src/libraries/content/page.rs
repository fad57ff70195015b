//! A page as readers see it: what its published version says, or that it was taken down and why.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::each_database;
use crate::error::AppError;
use crate::libraries::content::medium::{Medium, PageMedium};
use crate::libraries::content::page_content::PageContent;
use crate::libraries::content::policy::{CapitalOrigin, PolicyTerms, SiteNeed};
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::schema::{content_clock, content_pages};

crate::text_enum! {
    /// What a page is.
    pub enum PageKind {
        Guide = "guide", "投资指南", "Investment guide";
        Policy = "policy", "政策", "Policy";
    }
}

/// One step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub title: Line<100>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub title_en: Option<Line<200>>,
    /// Who does it
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    pub owner: Line<150>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub owner_en: Option<Line<300>>,
    /// Working days that the rule sets; absent where it sets none
    #[schema(minimum = 1, maximum = 3650)]
    pub days: Option<i32>,
    #[schema(value_type = Vec<String>, max_items = 30)]
    pub documents: Vec<Line<100>>,
    /// As many as `documents`, or none
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 30)]
    pub documents_en: Vec<Line<200>>,
    /// What it costs; absent where nothing is known
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub cost: Option<Line<100>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub cost_en: Option<Line<200>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub legal_basis: Option<Line<200>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 400)]
    pub legal_basis_en: Option<Line<400>>,
    /// Where to complain about it
    #[schema(value_type = Option<String>, min_length = 1, max_length = 150)]
    pub complaint: Option<Line<150>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub complaint_en: Option<Line<300>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub note: Option<Line<200>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 400)]
    pub note_en: Option<Line<400>>,
    /// Whose money it concerns; empty for everybody's
    #[serde(default)]
    #[schema(max_items = 2)]
    pub origins: Vec<CapitalOrigin>,
    /// What need of a place it concerns; empty for every need
    #[serde(default)]
    #[schema(max_items = 3)]
    pub needs: Vec<SiteNeed>,
}

/// One row, written by the publication and the withdrawal of a version alone.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = content_pages, treat_none_as_null = true)]
pub struct ContentPage {
    /// Its place in addresses: lower-case letters, digits, hyphens
    pub slug: String,
    pub kind: PageKind,
    pub title: String,
    pub title_en: Option<String>,
    pub summary: String,
    pub summary_en: Option<String>,
    /// CommonMark; HTML inside is dropped
    pub body_md: String,
    pub body_md_en: Option<String>,
    /// JSON array of [`Step`]
    pub steps: String,
    pub source: String,
    pub source_en: Option<String>,
    pub source_url: Option<String>,
    pub source_on: NaiveDate,
    pub document_no: Option<String>,
    pub issuer: Option<String>,
    pub issuer_en: Option<String>,
    /// Of the page, not of the document behind it
    pub published_on: NaiveDate,
    pub updated_on: NaiveDate,
    pub demo: bool,
    pub sort: i32,
    /// [`PolicyTerms`], of a policy that can be reckoned with
    pub terms: Option<String>,
    pub version_number: i32,
    /// Readers are told so, and nothing else
    pub withdrawn_on: Option<NaiveDate>,
    pub withdrawn_reason: Option<String>,
    pub in_personal_guide: bool,
    /// JSON array of [`PageMedium`]
    pub media: String,
}

/// When a version was published, for readers.
#[derive(Debug, Clone, Copy)]
pub struct Issue {
    pub number: i32,
    /// Of the page's first version
    pub published_on: NaiveDate,
    pub updated_on: NaiveDate,
    pub demo: bool,
}

impl ContentPage {
    /// What a version says, as readers see it from its publication on.
    pub fn of(slug: &str, kind: PageKind, content: PageContent, issue: Issue) -> Result<Self, AppError> {
        let terms =
            content.terms.as_ref().map(serde_json::to_string).transpose().map_err(AppError::internal)?;
        Ok(Self {
            slug: slug.to_owned(),
            kind,
            title: content.title.into_string(),
            title_en: content.title_en.map(Line::into_string),
            summary: content.summary.into_string(),
            summary_en: content.summary_en.map(Line::into_string),
            body_md: content.body_md.into_string(),
            body_md_en: content.body_md_en.map(Prose::into_string),
            steps: serde_json::to_string(&content.steps).map_err(AppError::internal)?,
            source: content.source.into_string(),
            source_en: content.source_en.map(Line::into_string),
            source_url: content.source_url.map(Line::into_string),
            source_on: content.source_on,
            document_no: content.document_no.map(Line::into_string),
            issuer: content.issuer.map(Line::into_string),
            issuer_en: content.issuer_en.map(Line::into_string),
            published_on: issue.published_on,
            updated_on: issue.updated_on,
            demo: issue.demo,
            sort: content.sort,
            terms,
            version_number: issue.number,
            withdrawn_on: None,
            withdrawn_reason: None,
            in_personal_guide: content.in_personal_guide,
            media: serde_json::to_string(&content.media).map_err(AppError::internal)?,
        })
    }

    /// Moves on with every change of what readers see: what was made of an older state shows by its number.
    fn clock(conn: &mut DbConn) -> Result<i64, AppError> {
        Ok(content_clock::table.select(content_clock::version).first(conn)?)
    }

    /// A page that stands.
    pub fn find(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        Ok(Self::any(conn, slug)?.filter(|page| page.withdrawn_on.is_none()))
    }

    /// A page that stands or was taken down.
    pub fn any(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        Ok(content_pages::table.find(slug).first(conn).optional()?)
    }

    /// As [`Self::any`]; also by the first 32 characters of a longer name, which is what a code to be scanned holds.
    pub fn named(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        if let Some(found) = Self::any(conn, slug)? {
            return Ok(Some(found));
        }
        let begin = format!("{slug}%");
        let mut found: Vec<Self> = match slug.len() {
            32 => content_pages::table.filter(content_pages::slug.like(begin)).limit(2).load(conn)?,
            _ => Vec::new(),
        };
        Ok(found.pop().filter(|_| found.is_empty()))
    }

    /// Every page that stands, guides first, each kind in its own order.
    pub fn all(conn: &mut DbConn, kind: Option<PageKind>) -> Result<Vec<Self>, AppError> {
        use content_pages as t;
        let mut query = t::table.filter(t::withdrawn_on.is_null()).into_boxed();
        if let Some(kind) = kind {
            query = query.filter(t::kind.eq(kind));
        }
        Ok(query.order((t::kind.asc(), t::sort.asc(), t::slug.asc())).load(conn)?)
    }

    /// One page of the list that [`Self::all`] gives whole.
    pub fn list(conn: &mut DbConn, kind: Option<PageKind>, paging: &Paging) -> Result<Page<Self>, AppError> {
        use content_pages as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::withdrawn_on.is_null()).into_boxed();
        if let Some(kind) = kind {
            query = query.filter(t::kind.eq(kind));
        }
        if let Some((kind, sort, slug)) = paging.after()?.map(key_of).transpose()? {
            let later = t::sort.gt(sort).or(t::sort.eq(sort).and(t::slug.gt(slug)));
            query = query.filter(t::kind.gt(kind).or(t::kind.eq(kind).and(later)));
        }
        let rows =
            query.order((t::kind.asc(), t::sort.asc(), t::slug.asc())).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |p| vec![p.kind.to_string(), p.sort.to_string(), p.slug.clone()]))
    }

    /// Inserts or brings up to date.
    pub fn keep(self, conn: &mut DbConn) -> Result<(), AppError> {
        let (slug, media) = (self.slug.clone(), self.media()?);
        each_database!(conn, c => diesel::insert_into(content_pages::table)
            .values(self.clone())
            .on_conflict(content_pages::slug)
            .do_update()
            .set(self)
            .execute(c))?;
        Medium::show_on(conn, &slug, &media)
    }

    /// Tells readers that the page was taken down, and why.
    pub fn withdraw(conn: &mut DbConn, slug: &str, on: NaiveDate, reason: &str) -> Result<(), AppError> {
        use content_pages as t;
        diesel::update(t::table.find(slug))
            .set((t::withdrawn_on.eq(Some(on)), t::withdrawn_reason.eq(Some(reason))))
            .execute(conn)?;
        Ok(())
    }

    /// Whether all of it is there in English too.
    pub fn in_english(&self) -> Result<bool, AppError> {
        let texts = [&self.title_en, &self.summary_en, &self.body_md_en];
        Ok(texts.iter().all(|text| text.is_some())
            && self.steps()?.iter().all(|step| step.title_en.is_some()))
    }

    pub fn terms(&self) -> Result<Option<PolicyTerms>, AppError> {
        self.terms.as_deref().map(|text| serde_json::from_str(text).map_err(AppError::internal)).transpose()
    }

    pub fn media(&self) -> Result<Vec<PageMedium>, AppError> {
        serde_json::from_str(&self.media).map_err(AppError::internal)
    }

    pub fn steps(&self) -> Result<Vec<Step>, AppError> {
        serde_json::from_str(&self.steps).map_err(AppError::internal)
    }
}

fn key_of(parts: Vec<String>) -> Result<(PageKind, i32, String), AppError> {
    let refused = || AppError::field("cursor", "input.cursor");
    let [kind, sort, slug] = <[String; 3]>::try_from(parts).map_err(|_| refused())?;
    if slug.contains('\0') {
        return Err(refused());
    }
    Ok((kind.parse().map_err(|_| refused())?, sort.parse().map_err(|_| refused())?, slug))
}

/// The state of everything that is published: an answer made of an older one is none any more, on any instance.
pub async fn state(app: &App) -> Result<String, AppError> {
    Ok(format!("content {}", app.read(ContentPage::clock).await?))
}

/// Whether `text` can be the name of a page in an address.
pub fn is_slug(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
