//! A published page: a guide to a procedure, or a summary of a policy.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::each_database;
use crate::error::AppError;
use crate::libraries::content::policy::PolicyTerms;
use crate::platform::db::DbConn;
use crate::platform::page::{Page, Paging};
use crate::schema::content_pages;

crate::text_enum! {
    /// What a page is.
    pub enum PageKind {
        Guide = "guide", "投资指南", "Investment guide";
        Policy = "policy", "政策", "Policy";
    }
}

/// One step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    pub title: String,
    pub title_en: Option<String>,
    /// Who does it
    pub owner: String,
    pub owner_en: Option<String>,
    /// Working days that the rule sets; absent where it sets none
    pub days: Option<i32>,
    pub documents: Vec<String>,
    #[serde(default)]
    pub documents_en: Vec<String>,
    pub legal_basis: Option<String>,
    pub legal_basis_en: Option<String>,
    pub note: Option<String>,
    pub note_en: Option<String>,
}

/// One row.
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
}

impl ContentPage {
    pub fn find(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        Ok(content_pages::table.find(slug).first(conn).optional()?)
    }

    /// As [`Self::find`]; also by the first 32 characters of a longer name, which is what a code to be scanned holds.
    pub fn named(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        if let Some(found) = Self::find(conn, slug)? {
            return Ok(Some(found));
        }
        let begin = format!("{slug}%");
        let mut found: Vec<Self> = match slug.len() {
            32 => content_pages::table.filter(content_pages::slug.like(begin)).limit(2).load(conn)?,
            _ => Vec::new(),
        };
        Ok(found.pop().filter(|_| found.is_empty()))
    }

    /// Every page, guides first, each kind in its own order.
    pub fn all(conn: &mut DbConn, kind: Option<PageKind>) -> Result<Vec<Self>, AppError> {
        use content_pages as t;
        let mut query = t::table.into_boxed();
        if let Some(kind) = kind {
            query = query.filter(t::kind.eq(kind));
        }
        Ok(query.order((t::kind.asc(), t::sort.asc(), t::slug.asc())).load(conn)?)
    }

    /// One page of the list that [`Self::all`] gives whole.
    pub fn list(conn: &mut DbConn, kind: Option<PageKind>, paging: &Paging) -> Result<Page<Self>, AppError> {
        use content_pages as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
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
        each_database!(conn, c => diesel::insert_into(content_pages::table)
            .values(self.clone())
            .on_conflict(content_pages::slug)
            .do_update()
            .set(self)
            .execute(c))?;
        Ok(())
    }

    pub fn terms(&self) -> Result<Option<PolicyTerms>, AppError> {
        self.terms.as_deref().map(|text| serde_json::from_str(text).map_err(AppError::internal)).transpose()
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

/// Whether `text` can be the name of a page in an address.
pub fn is_slug(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
