//! One act on many enterprises, and the way back.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::pursuit::{OpenPursuit, PursuitReason};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::batch::{
    BatchAct, EnterpriseBatch, EnterpriseBatchId, EnterpriseBatchKind, MOST,
};
use crate::libraries::enterprises::enterprise::EnterpriseId;
use crate::libraries::industry::Industry;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::input::Line;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseBatchView {
    id: EnterpriseBatchId,
    kind: EnterpriseBatchKind,
    row_count: i32,
    done_at: Time,
    /// Until then it can be taken back, if nobody has gone on with any of them
    undo_until: Time,
    undone_at: Option<Time>,
}

impl From<EnterpriseBatch> for EnterpriseBatchView {
    fn from(batch: EnterpriseBatch) -> Self {
        Self {
            undo_until: batch.undo_until(),
            id: batch.id,
            kind: batch.kind,
            row_count: batch.row_count,
            done_at: batch.done_at,
            undone_at: batch.undone_at,
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassifyEnterprises {
    /// Left as it is when left out
    industry: Option<Industry>,
    /// Left as it is when left out; one of both is given
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    chain_link: Option<Line<40>>,
}

/// One of the acts that are there for one enterprise.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchWish {
    Classify(ClassifyEnterprises),
    /// For one's unit
    Court(OpenPursuit),
    /// For one's unit
    LetGo(PursuitReason),
}

impl BatchWish {
    fn act(&self, tx: &Tx<'_>) -> Result<BatchAct, AppError> {
        match self {
            Self::Classify(ClassifyEnterprises { industry: None, chain_link: None }) => {
                Err(AppError::field("act.classify.industry", "input.missing"))
            }
            Self::Classify(wish) => Ok(BatchAct::Classify {
                industry: wish.industry,
                chain_link: wish.chain_link.as_ref().map(|link| link.as_str().to_owned()),
            }),
            Self::Court(wish) => {
                Ok(BatchAct::Court { next: wish.next_step.checked("act.court.next_step.on", tx)? })
            }
            Self::LetGo(wish) => Ok(BatchAct::LetGo { reason: wish.reason.as_str().to_owned() }),
        }
    }
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeEnterpriseBatch {
    #[schema(min_items = 1, max_items = 200)]
    ids: Vec<EnterpriseId>,
    act: BatchWish,
}

/// Do one act with up to 200 enterprises, all or none: every one with which it cannot be done is named, as `ids[n]`
#[utoipa::path(tag = "enterprises", operation_id = "make_enterprise_batch", request_body = MakeEnterpriseBatch, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseBatchView), WriteErrors))]
#[post("/enterprises/batches")]
pub(super) async fn make_enterprise_batch(
    app: App,
    act: Act,
    body: Json<MakeEnterpriseBatch>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &MakeEnterpriseBatch| {
        if !(1..=MOST).contains(&wish.ids.len()) {
            return Err(AppError::field("ids", "input.range"));
        }
        let what = wish.act.act(tx)?;
        let batch = EnterpriseBatch::make(tx, &wish.ids, &what)?;
        tx.subject("enterprise_batch", &batch.id);
        tx.detail(format!("{} {}", batch.kind, batch.row_count));
        Ok(EnterpriseBatchView::from(batch))
    })
    .await
}

/// What one did with many enterprises at once, newest first
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprise_batches", params(Paging), responses((status = 200, body = Page<EnterpriseBatchView>), ReadErrors))]
#[get("/enterprises/batches")]
pub(super) async fn list_enterprise_batches(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<EnterpriseBatchView>>, AppError> {
    let page = app.read(move |conn| EnterpriseBatch::list(conn, &actor, &paging)).await?;
    Ok(web::Json(page.map(EnterpriseBatchView::from)))
}

/// Take one's own batch back within a day, whole, if nobody has gone on with any of its enterprises
#[utoipa::path(tag = "enterprises", operation_id = "undo_enterprise_batch", request_body = Nothing, params(("id" = EnterpriseBatchId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = EnterpriseBatchView), WriteErrors))]
#[post("/enterprises/batches/{id}/undoings")]
pub(super) async fn undo_enterprise_batch(
    app: App,
    act: Act,
    id: web::Path<EnterpriseBatchId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let batch = EnterpriseBatch::undo(tx, &id)?;
        tx.subject("enterprise_batch", &batch.id);
        Ok(EnterpriseBatchView::from(batch))
    })
    .await
}
