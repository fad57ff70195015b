//! Writing down a contact with an institution, and what comes next.
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{InstitutionView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::{LogWay, NextStep};
use crate::libraries::institutions::institution::{Institution, InstitutionId};
use crate::libraries::institutions::log_entry::{InstitutionLogEntryId, LogEntry};
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::clock::Time;
use crate::platform::input::Prose;
use crate::platform::web::Json;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteInstitutionLog {
    way: LogWay,
    /// When it took place: not in the future
    at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    summary: Prose<1000>,
    next_step: Option<NextStep>,
}

/// Write down a contact; that there was one, and when, everybody sees who reads the library
#[utoipa::path(tag = "institutions", operation_id = "write_institution_log", request_body = WriteInstitutionLog, params(("id" = InstitutionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/{id}/log")]
pub(super) async fn write_institution_log(
    app: App,
    act: Act,
    id: web::Path<InstitutionId>,
    body: Json<WriteInstitutionLog>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &WriteInstitutionLog| {
        if wish.at > tx.now {
            return Err(AppError::field("at", "input.range"));
        }
        let next = wish.next_step.as_ref().map(|step| step.checked("next_step.on", tx)).transpose()?;
        let (next_step, next_step_on) = next.unzip();
        let institution = Institution::find(tx.conn, &id)?;
        tx.subject("institution", &institution.id);
        LogEntry {
            id: InstitutionLogEntryId::fresh(),
            institution_id: institution.id.clone(),
            unit_id: tx.actor.unit_id.clone(),
            way: wish.way,
            at: wish.at,
            summary: wish.summary.as_str().to_owned(),
            next_step,
            next_step_on,
            by_id: tx.actor.id.clone(),
            by_name: tx.actor.name.clone(),
            written_at: tx.now,
        }
        .insert(tx.conn)?;
        Institution::note_contact(tx.conn, &institution.id, wish.at, tx.now)?;
        view_of(tx.conn, tx.actor, &institution.id, tx.now.day())
    })
    .await
}
