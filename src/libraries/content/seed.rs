//! The guides and policies that come with the program, from `content/guides` and `content/policies`.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::content::page::{ContentPage, PageKind, Step, is_slug};
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct PageSeed {
    slug: String,
    kind: PageKind,
    title: String,
    title_en: Option<String>,
    summary: String,
    summary_en: Option<String>,
    body_md: String,
    body_md_en: Option<String>,
    source: String,
    source_en: Option<String>,
    source_url: Option<String>,
    source_on: NaiveDate,
    document_no: Option<String>,
    issuer: Option<String>,
    issuer_en: Option<String>,
    published_on: NaiveDate,
    updated_on: NaiveDate,
    demo: bool,
    #[serde(default)]
    sort: i32,
    steps: Vec<Step>,
}

impl From<PageSeed> for ContentPage {
    fn from(seed: PageSeed) -> Self {
        Self {
            slug: seed.slug,
            kind: seed.kind,
            title: seed.title,
            title_en: seed.title_en,
            summary: seed.summary,
            summary_en: seed.summary_en,
            body_md: seed.body_md,
            body_md_en: seed.body_md_en,
            steps: serde_json::json!(seed.steps).to_string(),
            source: seed.source,
            source_en: seed.source_en,
            source_url: seed.source_url,
            source_on: seed.source_on,
            document_no: seed.document_no,
            issuer: seed.issuer,
            issuer_en: seed.issuer_en,
            published_on: seed.published_on,
            updated_on: seed.updated_on,
            demo: seed.demo,
            sort: seed.sort,
        }
    }
}

/// Inserts the pages or brings them up to date; gives how many there are.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path) -> Result<usize, AppError> {
    let mut seeds: Vec<PageSeed> = seed_file::read_folder(&seeds_dir.join("content/guides"))?;
    seeds.extend(seed_file::read_folder(&seeds_dir.join("content/policies"))?);
    let count = seeds.len();
    for seed in seeds {
        if !is_slug(&seed.slug) {
            return Err(AppError::internal(format!("{:?} is no slug", seed.slug)));
        }
        ContentPage::from(seed).keep(conn)?;
    }
    Ok(count)
}
