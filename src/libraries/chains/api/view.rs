//! A chain as it is shown: links with who is there, who is courted for them, and where a gap is.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::libraries::chains::content::{ChainContent, LinkPlace, LocalEnterprise, on_map};
use crate::libraries::chains::version::{ChainState, ChainVersion, ChainVersionId};
use crate::libraries::enterprises::{Enterprise, EnterpriseId};
use crate::libraries::industry::Industry;
use crate::libraries::map::Feature;
use crate::people::auth::Actor;
use crate::platform::db::DbConn;
use crate::schema::units;

/// Target enterprises that a link names; the library has the others.
const NAMED: usize = 5;

#[derive(Debug, Serialize, ToSchema)]
pub struct ChainView {
    id: ChainVersionId,
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    state: ChainState,
    /// Counted from 1 for each county
    number: Option<i32>,
    name: String,
    name_en: Option<String>,
    industry: Industry,
    /// The paper that names this chain, or another source
    basis: String,
    basis_on: Option<NaiveDate>,
    from_on: Option<NaiveDate>,
    /// The last day on which it held
    to_on: Option<NaiveDate>,
    gap_count: usize,
    links: Vec<LinkView>,
    /// Invented, for a demonstration
    demo: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    place: LinkPlace,
    name: String,
    name_en: Option<String>,
    gap: bool,
    gap_note: Option<String>,
    locals: Vec<LocalView>,
    /// For those who may read the library of enterprises
    targets: Option<LinkTargets>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LocalView {
    name: String,
    name_en: Option<String>,
    source: String,
    source_en: Option<String>,
    source_on: Option<NaiveDate>,
    /// Of the enterprise on the map
    feature_id: Option<String>,
    demo: bool,
}

/// Enterprises of the library with this industry and this link.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct LinkTargets {
    count: i64,
    /// Those that were touched last
    #[schema(max_items = 5)]
    items: Vec<LinkTarget>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LinkTarget {
    id: EnterpriseId,
    name: String,
    demo: bool,
}

/// Names of units in both languages, by id.
pub fn unit_names(conn: &mut DbConn) -> Result<HashMap<String, (String, String)>, AppError> {
    let rows: Vec<(String, String, String)> =
        units::table.select((units::id, units::name, units::name_en)).load(conn)?;
    Ok(rows.into_iter().map(|(id, name, name_en)| (id, (name, name_en))).collect())
}

/// Who of the library stands on each link, by its name.
fn targets(conn: &mut DbConn, content: &ChainContent) -> Result<HashMap<String, LinkTargets>, AppError> {
    let names: Vec<String> = content.links.iter().map(|link| link.name.as_str().to_owned()).collect();
    let mut by: HashMap<String, LinkTargets> = HashMap::new();
    for (link, count) in Enterprise::count_on_links(conn, content.industry, &names)? {
        by.entry(link).or_default().count = count;
    }
    for (id, name, demo, link) in Enterprise::on_links(conn, content.industry, &names)? {
        let on = by.entry(link).or_default();
        if on.items.len() < NAMED {
            on.items.push(LinkTarget { id, name, demo });
        }
    }
    Ok(by)
}

fn local(one: &LocalEnterprise, features: &HashMap<String, Feature>) -> Option<LocalView> {
    if let Some(id) = &one.feature_id {
        let feature = features.get(id.as_str())?;
        return Some(LocalView {
            name: feature.name.clone(),
            name_en: feature.name_en.clone(),
            source: feature.source.clone(),
            source_en: feature.source_en.clone(),
            source_on: feature.checked_on.or(feature.source_on),
            feature_id: Some(feature.id.clone()),
            demo: feature.demo,
        });
    }
    Some(LocalView {
        name: one.name.as_ref()?.as_str().to_owned(),
        name_en: None,
        source: one.source.as_ref()?.as_str().to_owned(),
        source_en: None,
        source_on: one.source_on,
        feature_id: None,
        demo: false,
    })
}

/// A version as it is shown; nobody is told who is courted but those who may read the library.
pub fn chain_view(
    conn: &mut DbConn,
    actor: Option<&Actor>,
    version: ChainVersion,
) -> Result<ChainView, AppError> {
    let content = version.content()?;
    let features = on_map(conn)?;
    let reads_library = actor.is_some_and(|actor| actor.doing("list_enterprises").is_some());
    let mut targets = if reads_library { Some(targets(conn, &content)?) } else { None };
    let (unit_name, unit_name_en) = unit_names(conn)?.remove(&version.unit_id).unwrap_or_default();
    let gap_count = content.gaps();
    let links = content.links.into_iter().map(|link| LinkView {
        locals: link.locals.iter().filter_map(|one| local(one, &features)).collect(),
        targets: targets.as_mut().map(|by| by.remove(link.name.as_str()).unwrap_or_default()),
        place: link.place,
        name: link.name.into_string(),
        name_en: link.name_en.map(|name| name.into_string()),
        gap: link.gap,
        gap_note: link.gap_note.map(|note| note.into_string()),
    });
    Ok(ChainView {
        links: links.collect(),
        gap_count,
        id: version.id,
        unit_id: version.unit_id,
        unit_name,
        unit_name_en,
        state: version.state,
        number: version.number,
        name: version.name,
        name_en: content.name_en.map(|name| name.into_string()),
        industry: version.industry,
        basis: content.basis.into_string(),
        basis_on: content.basis_on,
        from_on: version.from_on,
        to_on: version.to_on,
        demo: version.demo,
    })
}
