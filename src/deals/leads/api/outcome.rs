//! Opening a project from a lead.
use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{LeadView, view_of};
use crate::app::App;
use crate::deals::leads::LeadInProject;
use crate::deals::leads::clock::Clock;
use crate::deals::leads::credit::{CreditCause, CreditSlip};
use crate::deals::leads::handover::{Handover, HandoverState};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::outcome::LeadProject;
use crate::deals::projects::{NewProject, Project};
use crate::error::{AppError, Code};
use crate::openapi::WriteErrors;
use crate::people::auth::Act;
use crate::people::units::Unit;
use crate::platform::input::{Line, Prose};
use crate::platform::web::Json;

const NOT_ACCEPTED: Code = Code::new(
    "lead.not_accepted",
    "本单位接收这条信息之后才能立项",
    "Accept the lead for your unit first, then open a project from it",
);
/// A hundred thousand million yuan.
const MOST_FEN: i64 = 10_000_000_000_000;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLeadProject {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Line<100>,
    #[schema(minimum = 1, maximum = 10_000_000_000_000_i64)]
    intended_investment_fen: Option<i64>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    summary: Option<Prose<2000>>,
}

/// Open a project from an accepted lead: enterprise, code and industry are the lead's
#[utoipa::path(tag = "leads", operation_id = "open_lead_project", request_body = OpenLeadProject, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/projects")]
pub(super) async fn open_lead_project(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<OpenLeadProject>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &OpenLeadProject| {
        if wish.intended_investment_fen.is_some_and(|fen| !(1..=MOST_FEN).contains(&fen)) {
            return Err(AppError::field("intended_investment_fen", "input.range"));
        }
        let lead = Lead::find(tx.conn, tx.actor, &id)?;
        let unit = lead.unit_id.clone().filter(|unit| tx.actor.is_of(unit));
        let (Some(unit), LeadState::Accepted) = (unit, lead.state) else {
            return Err(AppError::Conflict(&NOT_ACCEPTED));
        };
        Lead::move_to(tx.conn, &lead.id, &[LeadState::Accepted], LeadState::InProject, Some(unit.clone()))?;
        let new = NewProject {
            name: wish.name.as_str().to_owned(),
            enterprise_name: lead.enterprise_name.clone(),
            credit_code: lead.credit_code.clone(),
            industry: lead.industry,
            unit_id: unit.clone(),
            site_id: None,
            site_name: None,
            booking_id: None,
            investor_id: None,
            investor_name: None,
            intended_investment_fen: wish.intended_investment_fen,
            summary: wish.summary.as_ref().map(|s| s.as_str().to_owned()),
        };
        let (by, by_name) = (&tx.actor.id, &tx.actor.name);
        let project = Project::open(tx.conn, new, by, by_name, &lead.number, tx.now)?;
        let (lead_id, project_id) = (lead.id.clone(), project.id.clone());
        LeadProject { lead_id, project_id, opened_by: by.clone(), opened_at: tx.now }.insert(tx.conn)?;
        Clock::stop(tx.conn, &lead.id, tx.now)?;
        CreditSlip::make(tx.conn, &lead, CreditCause::Project, tx.now)?;
        let unit = Unit::find(tx.conn, &unit)?.ok_or(AppError::NotFound)?;
        let handed_over_by = Handover::of_leads(tx.conn, std::slice::from_ref(&lead.id))?
            .into_iter()
            .find(|h| h.state == HandoverState::Accepted)
            .map(|h| h.handed_over_by);
        tx.emit(&LeadInProject::new(&lead, &unit, &project.number, handed_over_by))?;
        tx.subject("lead", &lead.id);
        tx.detail(format!("project/{}", project.id));
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}
