//! The public list of units, over HTTP.
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::units::{Unit, UnitDuty, UnitKind};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_units);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnitView {
    id: String,
    name: String,
    short_name: String,
    name_en: String,
    kind: UnitKind,
    duty: UnitDuty,
    parent_id: Option<String>,
    functional_area: bool,
    former_names: Vec<String>,
    source: String,
    source_on: chrono::NaiveDate,
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        Self {
            former_names: serde_json::from_str(&unit.former_names).unwrap_or_default(),
            id: unit.id,
            name: unit.name,
            short_name: unit.short_name,
            name_en: unit.name_en,
            kind: unit.kind,
            duty: unit.duty,
            parent_id: unit.parent_id,
            functional_area: unit.functional_area,
            source: unit.source,
            source_on: unit.source_on,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnitList {
    items: Vec<UnitView>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnitFilter {
    kind: Option<UnitKind>,
    duty: Option<UnitDuty>,
}

/// The responsible units, in the order of the document's annex
#[utoipa::path(tag = "units", operation_id = "list_units", params(UnitFilter), responses((status = 200, body = UnitList), ReadErrors), security(()))]
#[get("/units")]
pub(super) async fn list_units(
    app: App,
    filter: web::Query<UnitFilter>,
) -> Result<web::Json<UnitList>, AppError> {
    let units = app.read(Unit::all).await?;
    let wanted = |unit: &Unit| {
        filter.kind.is_none_or(|kind| kind == unit.kind) && filter.duty.is_none_or(|duty| duty == unit.duty)
    };
    Ok(web::Json(UnitList { items: units.into_iter().filter(wanted).map(UnitView::from).collect() }))
}
