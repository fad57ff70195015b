//! The audit log, for the audit administrator alone.
use actix_web::{get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::audit::Entry;
use crate::people::audit::entry::EntryFilter;
use crate::platform::input::within;
use crate::platform::page::{Page, Paging};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_audit_entries);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    #[param(max_length = 36)]
    actor_id: Option<String>,
    #[param(max_length = 64)]
    operation: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// The audit log, newest first
#[utoipa::path(tag = "audit", operation_id = "list_audit_entries", params(AuditQuery), responses((status = 200, body = Page<Entry>), ReadErrors))]
#[get("/audit/entries")]
pub(super) async fn list_audit_entries(
    app: App,
    query: web::Query<AuditQuery>,
) -> Result<web::Json<Page<Entry>>, AppError> {
    let query = query.into_inner();
    within("actor_id", query.actor_id.as_deref(), 36)?;
    within("operation", query.operation.as_deref(), 64)?;
    let filter = EntryFilter { actor_id: query.actor_id, operation: query.operation };
    let paging = Paging::new(query.limit, query.cursor);
    Ok(web::Json(app.read(move |conn| Entry::list(conn, &filter, &paging)).await?))
}
