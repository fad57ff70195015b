//! Classes of enterprises and the rules behind them, over HTTP.
use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::EnterpriseId;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::clock::Time;
use crate::platform::input::Prose;
use crate::platform::web::Json;
use crate::views::classes::evidence::{self, Evidence};
use crate::views::classes::rules::{ClassDimension, ClassLack, ClassRule, EnterpriseClass, best, class_of};
use crate::views::classes::setting::{ClassSetting, IN_THE_PAST};

/// The fixed address comes before `/classes/{id}`, which would swallow it.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_class_settings).service(set_class_setting).service(find_class);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseClassView {
    /// Absent while no dimension has evidence
    class: Option<EnterpriseClass>,
    /// Of the dimensions that have evidence
    points: Option<i32>,
    /// The rule whose points are reached; absent for the last class
    rule: Option<ClassSetting>,
    /// All of them, in their order
    dimensions: Vec<ClassDimensionView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClassDimensionView {
    dimension: ClassDimension,
    /// The best rule that a row meets, as it holds today; absent without evidence
    rule: Option<ClassSetting>,
    evidence: Vec<ClassEvidence>,
    /// What is missing where there is no evidence
    lack: Option<ClassLack>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClassEvidence {
    /// The rule that this row meets
    rule: ClassRule,
    /// Whose chain, contact or pursuit it is
    unit_name: Option<String>,
    /// What stands in the row
    text: Option<String>,
    /// Since when, or when
    at: Option<Time>,
}

impl From<Evidence> for ClassEvidence {
    fn from(row: Evidence) -> Self {
        Self { rule: row.rule, unit_name: row.unit_name, text: row.text, at: row.at }
    }
}

fn view_of(settings: &BTreeMap<ClassRule, ClassSetting>, rows: Vec<Evidence>) -> EnterpriseClassView {
    let values: BTreeMap<ClassRule, i32> = settings.iter().map(|(rule, one)| (*rule, one.value)).collect();
    let met: Vec<ClassRule> = rows.iter().map(|row| row.rule).collect();
    let (mut points, mut dimensions) = (None, Vec::new());
    for dimension in ClassDimension::ALL {
        let found = best(*dimension, &met, &values);
        if let Some((_, earned)) = found {
            points = Some(points.unwrap_or(0) + earned);
        }
        let here = rows.iter().filter(|row| row.rule.dimension() == Some(*dimension));
        dimensions.push(ClassDimensionView {
            dimension: *dimension,
            rule: found.and_then(|(rule, _)| settings.get(&rule)).cloned(),
            evidence: here.cloned().map(ClassEvidence::from).collect(),
            lack: found.is_none().then(|| dimension.lack()),
        });
    }
    let class = class_of(points, &values);
    let rule = class.and_then(|(_, rule)| settings.get(&rule?)).cloned();
    EnterpriseClassView { class: class.map(|(class, _)| class), points, rule, dimensions }
}

/// The class of an enterprise today, by which rules and from which rows; a dimension without a row has no points
#[utoipa::path(tag = "classes", operation_id = "find_class", params(("id" = EnterpriseId, Path)), responses((status = 200, body = EnterpriseClassView), ReadErrors))]
#[get("/classes/{id}")]
pub(super) async fn find_class(
    app: App,
    _actor: Actor,
    id: web::Path<EnterpriseId>,
) -> Result<web::Json<EnterpriseClassView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let settings = ClassSetting::at(conn, now)?;
            let days = settings.get(&ClassRule::ContactDays).map_or(0, |one| one.value);
            let rows = evidence::of(conn, &id, days, now)?;
            Ok(view_of(&settings, rows))
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClassSettingList {
    /// Every value that ever was, by name and then by time; the last one that has begun holds
    items: Vec<ClassSetting>,
}

/// The rules by which enterprises are classed, with their dates
#[utoipa::path(tag = "classes", operation_id = "list_class_settings", responses((status = 200, body = ClassSettingList), ReadErrors))]
#[get("/classes/settings")]
pub(super) async fn list_class_settings(
    app: App,
    _actor: Actor,
) -> Result<web::Json<ClassSettingList>, AppError> {
    let items = app.read(ClassSetting::all).await?;
    Ok(web::Json(ClassSettingList { items }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClassSetting {
    name: ClassRule,
    #[schema(minimum = 1, maximum = 1000)]
    value: i32,
    /// Now or later
    effective_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Prose<200>,
}

/// Set a rule of classes from a time on; earlier values stay to be read
#[utoipa::path(tag = "classes", operation_id = "set_class_setting", request_body = SetClassSetting, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ClassSetting), WriteErrors))]
#[post("/classes/settings")]
pub(super) async fn set_class_setting(
    app: App,
    act: Act,
    body: Json<SetClassSetting>,
) -> Result<HttpResponse, AppError> {
    if !(1..=1000).contains(&body.value.value) {
        return Err(AppError::field("value", "input.range"));
    }
    act.create(&app, body, move |tx, wish: &SetClassSetting| {
        if wish.effective_at < tx.now {
            return Err(AppError::Unprocessable(&IN_THE_PAST));
        }
        let setting = ClassSetting {
            name: wish.name,
            effective_at: wish.effective_at,
            value: wish.value,
            reason: wish.reason.as_str().to_owned(),
            set_by: Some(tx.actor.id.clone()),
            set_at: tx.now,
        };
        setting.insert(tx.conn)?;
        tx.subject("class_setting", wish.name);
        tx.detail(wish.value.to_string());
        Ok(setting)
    })
    .await
}
