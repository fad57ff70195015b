//! Courting an enterprise: beginning, writing down what was done, asking for more time, letting go.
use actix_web::{HttpResponse, post, web};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{EnterpriseView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId};
use crate::libraries::enterprises::log_entry::{LogEntry, LogKind, LogWay};
use crate::libraries::enterprises::pursuit::{NO_UNIT, Pursuit, PursuitId};
use crate::openapi::WriteErrors;
use crate::people::auth::{Act, Tx};
use crate::platform::clock::Time;
use crate::platform::input::{Line, Prose};
use crate::platform::web::Json;

/// A next step lies at most so many days ahead.
const FARTHEST: u64 = 366;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextStep {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    what: Line<200>,
    /// Today or within a year
    on: NaiveDate,
}

impl NextStep {
    /// What and when, if the day lies ahead; else `field` is named.
    pub fn checked(&self, field: &str, tx: &Tx<'_>) -> Result<(String, NaiveDate), AppError> {
        let today = tx.now.day();
        if self.on < today || self.on > today + Days::new(FARTHEST) {
            return Err(AppError::field(field, "input.range"));
        }
        Ok((self.what.as_str().to_owned(), self.on))
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenPursuit {
    pub(super) next_step: NextStep,
}

/// Court an enterprise for one's unit
#[utoipa::path(tag = "enterprises", operation_id = "open_pursuit", request_body = OpenPursuit, params(("id" = EnterpriseId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/{id}/pursuits")]
pub(super) async fn open_pursuit(
    app: App,
    act: Act,
    id: web::Path<EnterpriseId>,
    body: Json<OpenPursuit>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &OpenPursuit| {
        let unit_id = tx.actor.unit_id.clone().ok_or(AppError::Conflict(&NO_UNIT))?;
        let next = wish.next_step.checked("next_step.on", tx)?;
        let enterprise = Enterprise::standing(tx.conn, &id)?;
        tx.subject("enterprise", &enterprise.id);
        Pursuit::begin(&enterprise.id, unit_id, next, tx.actor, tx.now).insert(tx.conn)?;
        Enterprise::touch(tx.conn, &enterprise.id, tx.now)?;
        view_of(tx.conn, tx.actor, &enterprise.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteLogEntry {
    way: LogWay,
    /// When it took place: not in the future
    at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    summary: Prose<1000>,
    next_step: Option<NextStep>,
}

/// Write down a contact; one's unit's pursuit holds 90 days from it
#[utoipa::path(tag = "enterprises", operation_id = "write_log_entry", request_body = WriteLogEntry, params(("id" = EnterpriseId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/{id}/log")]
pub(super) async fn write_log_entry(
    app: App,
    act: Act,
    id: web::Path<EnterpriseId>,
    body: Json<WriteLogEntry>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &WriteLogEntry| {
        if wish.at > tx.now {
            return Err(AppError::field("at", "input.range"));
        }
        let next = wish.next_step.as_ref().map(|step| step.checked("next_step.on", tx)).transpose()?;
        let enterprise = Enterprise::standing(tx.conn, &id)?;
        tx.subject("enterprise", &enterprise.id);
        let summary = wish.summary.as_str();
        LogEntry::new(&enterprise.id, wish.way.into(), wish.at, summary, tx.actor, tx.now).insert(tx.conn)?;
        if let Some(unit) = &tx.actor.unit_id {
            Pursuit::renew(tx.conn, &enterprise.id, unit, wish.at.day(), next)?;
        }
        Enterprise::touch(tx.conn, &enterprise.id, tx.now)?;
        view_of(tx.conn, tx.actor, &enterprise.id)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PursuitReason {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub(super) reason: Line<200>,
}

/// Give a pursuit thirty days more, with a reason that stays in the log
#[utoipa::path(tag = "enterprises", operation_id = "extend_pursuit", request_body = PursuitReason, params(("id" = PursuitId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/pursuits/{id}/extensions")]
pub(super) async fn extend_pursuit(
    app: App,
    act: Act,
    id: web::Path<PursuitId>,
    body: Json<PursuitReason>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PursuitReason| {
        let pursuit = Pursuit::open(tx.conn, tx.actor, &id)?;
        pursuit.extend(tx.conn, tx.now.day())?;
        tell(tx, &pursuit, LogKind::Extension, wish.reason.as_str())
    })
    .await
}

/// Let an enterprise go, with a reason that stays in the log
#[utoipa::path(tag = "enterprises", operation_id = "end_pursuit", request_body = PursuitReason, params(("id" = PursuitId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/pursuits/{id}/endings")]
pub(super) async fn end_pursuit(
    app: App,
    act: Act,
    id: web::Path<PursuitId>,
    body: Json<PursuitReason>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &PursuitReason| {
        let pursuit = Pursuit::open(tx.conn, tx.actor, &id)?;
        pursuit.end(tx.conn, wish.reason.as_str(), tx.now)?;
        tell(tx, &pursuit, LogKind::Ending, wish.reason.as_str())
    })
    .await
}

/// Writes what became of a pursuit into the log, and gives the enterprise as it is then.
fn tell(tx: &mut Tx<'_>, pursuit: &Pursuit, kind: LogKind, reason: &str) -> Result<EnterpriseView, AppError> {
    let enterprise = &pursuit.enterprise_id;
    tx.subject("enterprise", enterprise);
    LogEntry::new(enterprise, kind, tx.now, reason, tx.actor, tx.now).insert(tx.conn)?;
    Enterprise::touch(tx.conn, enterprise, tx.now)?;
    view_of(tx.conn, tx.actor, enterprise)
}
