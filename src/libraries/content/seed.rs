//! The guides and policies that come with the program, from `content/guides` and `content/policies`.
use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::AppError;
use crate::libraries::content::page::{PageKind, is_slug};
use crate::libraries::content::page_content::PageContent;
use crate::libraries::content::version::{Delivered, PageVersion};
use crate::people::units::{Unit, UnitKind};
use crate::platform::db::DbConn;
use crate::platform::seed_file;

#[derive(Debug, Deserialize)]
struct PageSeed {
    slug: String,
    kind: PageKind,
    published_on: NaiveDate,
    updated_on: NaiveDate,
    demo: bool,
    #[serde(flatten)]
    content: serde_json::Value,
}

/// Publishes the pages as first versions, or brings up to date those that nobody has changed since, invented
/// policies only `with_demo`; gives how many there are.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path, with_demo: bool) -> Result<usize, AppError> {
    let mut seeds: Vec<PageSeed> = seed_file::read_folder(&seeds_dir.join("content/guides"))?;
    seeds.extend(seed_file::read_folder(&seeds_dir.join("content/policies"))?);
    if with_demo {
        seeds.extend(seed_file::read_folder(&seeds_dir.join("demo/policies"))?);
    }
    let counties = Unit::all(conn)?.into_iter().filter(|unit| unit.kind == UnitKind::County);
    let counties: Vec<String> = counties.map(|unit| unit.id).collect();
    let count = seeds.len();
    for seed in seeds {
        let named = |what: String| AppError::internal(format!("{}: {what}", seed.slug));
        if !is_slug(&seed.slug) {
            return Err(named("is no slug".to_owned()));
        }
        let content: PageContent = serde_json::from_value(seed.content).map_err(|e| named(e.to_string()))?;
        let wrong = content.problems(seed.kind, &counties);
        if !wrong.is_empty() {
            return Err(named(format!("{wrong:?}")));
        }
        let (slug, kind) = (seed.slug, seed.kind);
        let (published_on, updated_on, demo) = (seed.published_on, seed.updated_on, seed.demo);
        PageVersion::deliver(conn, Delivered { slug, kind, content, published_on, updated_on, demo })?;
    }
    Ok(count)
}
