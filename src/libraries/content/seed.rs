//! The guides and policies that come with the program, from `content/guides` and `content/policies`.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::content::page::{ContentPage, PageKind, Step, is_slug};
use crate::libraries::content::policy::PolicyTerms;
use crate::libraries::content::rules::problem;
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
    terms: Option<PolicyTerms>,
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
            terms: seed.terms.map(|terms| serde_json::json!(terms).to_string()),
        }
    }
}

/// Inserts the pages or brings them up to date, invented policies only `with_demo`; gives how many there are.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path, with_demo: bool) -> Result<usize, AppError> {
    let mut seeds: Vec<PageSeed> = seed_file::read_folder(&seeds_dir.join("content/guides"))?;
    seeds.extend(seed_file::read_folder(&seeds_dir.join("content/policies"))?);
    if with_demo {
        seeds.extend(seed_file::read_folder(&seeds_dir.join("demo/policies"))?);
    }
    let count = seeds.len();
    for seed in seeds {
        if !is_slug(&seed.slug) {
            return Err(AppError::internal(format!("{:?} is no slug", seed.slug)));
        }
        if let Some(wrong) = seed.terms.as_ref().and_then(problem) {
            return Err(AppError::internal(format!("terms of {}: {wrong}", seed.slug)));
        }
        ContentPage::from(seed).keep(conn)?;
    }
    Ok(count)
}
