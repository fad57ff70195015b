//! What holds now and what held before: for everybody.
use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{ChainView, chain_view};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::chains::version::{ChainVersion, ChainVersionId};
use crate::libraries::industry::Industry;
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::people::units::{Unit, UnitKind};
use crate::platform::input::within;

#[derive(Debug, Serialize, ToSchema)]
pub struct ChainList {
    items: Vec<CountySummary>,
}

/// A county, with its chain in force when there is one.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountySummary {
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    chain: Option<ChainSummary>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChainSummary {
    id: ChainVersionId,
    name: String,
    name_en: Option<String>,
    industry: Industry,
    from_on: Option<NaiveDate>,
    link_count: usize,
    gap_count: usize,
    /// Invented, for a demonstration
    demo: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CountyChain {
    unit_id: String,
    unit_name: String,
    unit_name_en: String,
    /// In force now
    chain: Option<ChainView>,
    /// All that were approved, newest first
    versions: Vec<ChainPeriod>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChainPeriod {
    id: ChainVersionId,
    number: Option<i32>,
    name: String,
    from_on: Option<NaiveDate>,
    /// The last day on which it held; absent while it holds
    to_on: Option<NaiveDate>,
}

/// The main chain of every county (一县一链)
#[utoipa::path(tag = "chains", operation_id = "list_chains", responses((status = 200, body = ChainList), ReadErrors), security(()))]
#[get("/chains")]
pub(super) async fn list_chains(app: App) -> Result<web::Json<ChainList>, AppError> {
    let items = app
        .read(|conn| {
            let mut in_force = ChainVersion::all_in_force(conn)?;
            let counties = Unit::all(conn)?.into_iter().filter(|unit| unit.kind == UnitKind::County);
            counties
                .map(|unit| {
                    let chain = in_force.remove(&unit.id).map(summary).transpose()?;
                    let (unit_name, unit_name_en) = (unit.name, unit.name_en);
                    Ok(CountySummary { unit_id: unit.id, unit_name, unit_name_en, chain })
                })
                .collect::<Result<Vec<_>, AppError>>()
        })
        .await?;
    Ok(web::Json(ChainList { items }))
}

fn summary(version: ChainVersion) -> Result<ChainSummary, AppError> {
    let content = version.content()?;
    Ok(ChainSummary {
        link_count: content.links.len(),
        gap_count: content.gaps(),
        id: version.id,
        name: version.name,
        name_en: content.name_en.map(|name| name.into_string()),
        industry: version.industry,
        from_on: version.from_on,
        demo: version.demo,
    })
}

/// One county's chain in force, and the versions before it
#[utoipa::path(tag = "chains", operation_id = "find_chain", params(("unit_id" = String, Path, max_length = 40)), responses((status = 200, body = CountyChain), ReadErrors), security(()))]
#[get("/chains/{unit_id}")]
pub(super) async fn find_chain(
    app: App,
    actor: Option<Actor>,
    unit_id: web::Path<String>,
) -> Result<web::Json<CountyChain>, AppError> {
    within("unit_id", Some(&unit_id), 40)?;
    let found = app
        .read(move |conn| {
            let unit = Unit::find(conn, &unit_id)?.filter(|unit| unit.kind == UnitKind::County);
            let unit = unit.ok_or(AppError::NotFound)?;
            let chain = match ChainVersion::in_force(conn, &unit.id)? {
                Some(version) => Some(chain_view(conn, actor.as_ref(), version)?),
                None => None,
            };
            let versions = ChainVersion::history(conn, &unit.id)?.into_iter().map(|v| ChainPeriod {
                id: v.id,
                number: v.number,
                name: v.name,
                from_on: v.from_on,
                to_on: v.to_on,
            });
            let versions = versions.collect();
            let (unit_name, unit_name_en) = (unit.name, unit.name_en);
            Ok(CountyChain { unit_id: unit.id, unit_name, unit_name_en, chain, versions })
        })
        .await?;
    Ok(web::Json(found))
}

/// One version that holds or held
#[utoipa::path(tag = "chains", operation_id = "find_chain_version", params(("id" = ChainVersionId, Path)), responses((status = 200, body = ChainView), ReadErrors), security(()))]
#[get("/chains/versions/{id}")]
pub(super) async fn find_chain_version(
    app: App,
    actor: Option<Actor>,
    id: web::Path<ChainVersionId>,
) -> Result<web::Json<ChainView>, AppError> {
    let found = app.read(move |conn| {
        let version = ChainVersion::standing(conn, &id)?;
        chain_view(conn, actor.as_ref(), version)
    });
    found.await.map(web::Json)
}
