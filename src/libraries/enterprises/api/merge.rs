//! Two records that a person finds to be one enterprise.
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{EnterpriseView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::EnterpriseId;
use crate::libraries::enterprises::merge::{Merge, MergeId};
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::platform::input::Line;
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeEnterprise {
    /// The record that speaks for both from now on
    into_id: EnterpriseId,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Read this record with another from now on; nothing is lost, and it can be undone
#[utoipa::path(tag = "enterprises", operation_id = "merge_enterprise", request_body = MergeEnterprise, params(("id" = EnterpriseId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/{id}/merges")]
pub(super) async fn merge_enterprise(
    app: App,
    act: Act,
    id: web::Path<EnterpriseId>,
    body: Json<MergeEnterprise>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &MergeEnterprise| {
        tx.subject("enterprise", &*id);
        tx.detail(format!("into enterprise/{}", wish.into_id));
        let by = tx.actor.id.clone();
        Merge::make(tx.conn, &id, &wish.into_id, wish.reason.as_str(), by, tx.now)?;
        view_of(tx.conn, tx.actor, &wish.into_id)
    })
    .await
}

/// Let a merged record stand alone again
#[utoipa::path(tag = "enterprises", operation_id = "undo_merge", request_body = Nothing, params(("id" = MergeId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises/merges/{id}/undoings")]
pub(super) async fn undo_merge(
    app: App,
    act: Act,
    id: web::Path<MergeId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let merge = Merge::undo(tx.conn, &id, &tx.actor.id, tx.now)?;
        tx.subject("enterprise", &merge.from_id);
        view_of(tx.conn, tx.actor, &merge.from_id)
    })
    .await
}
