//! The line of time of a lead.
use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::names_of;
use crate::app::App;
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::moment::{self, Moment, MomentKind};
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MomentView {
    pub at: Time,
    pub kind: MomentKind,
    pub by_name: Option<String>,
    pub unit_id: Option<String>,
    pub unit_name: Option<String>,
    pub words: Option<String>,
    /// The same in English, where a label of the platform is among them
    pub words_en: Option<String>,
    /// Where it stands in the ledger
    pub sequence: Option<i64>,
}

impl MomentView {
    /// As the other side of a case may see it.
    pub fn without_names(&self) -> Self {
        let words = self.words.clone().filter(|_| self.kind != MomentKind::Submitted);
        Self { by_name: None, unit_id: None, unit_name: None, words, ..self.clone() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MomentsView {
    items: Vec<MomentView>,
}

pub fn moment_views(conn: &mut DbConn, moments: Vec<Moment>) -> Result<Vec<MomentView>, AppError> {
    let names = names_of(conn, moments.iter().filter_map(|m| m.by.clone()).collect())?;
    let ids: Vec<String> = moments.iter().filter_map(|m| m.unit_id.clone()).collect();
    let named = Unit::short_names(conn, ids)?;
    let view = |m: Moment| MomentView {
        at: m.at,
        kind: m.kind,
        by_name: m.by.as_ref().and_then(|id| names.get(id)).cloned(),
        unit_name: m.unit_id.as_ref().and_then(|id| named.get(id)).cloned(),
        unit_id: m.unit_id,
        words: m.words,
        words_en: m.words_en,
        sequence: m.sequence,
    };
    Ok(moments.into_iter().map(view).collect())
}

/// What became of a lead, oldest first
#[utoipa::path(tag = "leads", operation_id = "list_moments", params(("id" = LeadId, Path)), responses((status = 200, body = MomentsView), ReadErrors))]
#[get("/leads/{id}/moments")]
pub(super) async fn list_moments(
    app: App,
    actor: Actor,
    id: web::Path<LeadId>,
) -> Result<web::Json<MomentsView>, AppError> {
    let items = app
        .read(move |conn| {
            let lead = Lead::find(conn, &actor, &id)?;
            let moments = moment::of_leads(conn, std::slice::from_ref(&lead.id))?;
            moment_views(conn, moments)
        })
        .await?;
    Ok(web::Json(MomentsView { items }))
}
