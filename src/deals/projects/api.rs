//! The project library, over HTTP.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::projects::project::StageMove;
use crate::deals::projects::{NewProject, Project, ProjectId, Stage};
use crate::deals::talks::{Booking, BookingId, Deed};
use crate::error::{AppError, Code, REFERENCE};
use crate::libraries::industry::Industry;
use crate::libraries::map::Site;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor, Role, Scope, Tx};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::credit_code::CreditCode;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose, within};
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

/// A hundred thousand million yuan.
const MOST_FEN: i64 = 10_000_000_000_000;
const NO_UNIT: Code = Code::new(
    "project.unit_missing",
    "请选择负责的区县或园区",
    "Choose the county or park that answers for it",
);
const FOREIGN_UNIT: Code = Code::new(
    "project.foreign_unit",
    "只能为本单位建立项目",
    "You may open a project for your own unit only",
);

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_projects).service(create_project).service(find_project);
}

/// What one may do with a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectDeed {
    DraftAgreement,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StageMoveView {
    stage: Stage,
    at: Time,
    by_name: String,
    because: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectView {
    id: ProjectId,
    /// P, year and number, such as P2026-00001
    number: String,
    name: String,
    enterprise_name: String,
    credit_code: Option<String>,
    industry: Industry,
    unit_id: String,
    unit_name: Option<String>,
    site_id: Option<String>,
    site_name: Option<String>,
    booking_id: Option<String>,
    investor_id: Option<AccountId>,
    investor_name: Option<String>,
    intended_investment_fen: Option<i64>,
    /// What the agreement says
    committed_fen: Option<i64>,
    summary: Option<String>,
    stage: Stage,
    opened_at: Time,
    stage_moves: Vec<StageMoveView>,
    agreement_id: Option<String>,
    may: Vec<ProjectDeed>,
}

fn views(conn: &mut DbConn, actor: &Actor, projects: Vec<Project>) -> Result<Vec<ProjectView>, AppError> {
    let ids: Vec<String> = projects.iter().map(|p| p.id.to_string()).collect();
    let unit_ids: Vec<String> = projects.iter().map(|p| p.unit_id.clone()).collect();
    let names = Unit::short_names(conn, unit_ids)?;
    let moves = Project::moves(conn, &ids)?;
    let view = |p: Project| ProjectView {
        unit_name: names.get(&p.unit_id).cloned(),
        stage_moves: moves.iter().filter(|m| m.project_id == p.id).map(move_view).collect(),
        may: if may_draft(actor, &p) { vec![ProjectDeed::DraftAgreement] } else { Vec::new() },
        id: p.id,
        number: p.number,
        name: p.name,
        enterprise_name: p.enterprise_name,
        credit_code: p.credit_code,
        industry: p.industry,
        unit_id: p.unit_id,
        site_id: p.site_id,
        site_name: p.site_name,
        booking_id: p.booking_id,
        investor_id: p.investor_id,
        investor_name: p.investor_name,
        intended_investment_fen: p.intended_investment_fen,
        committed_fen: p.committed_fen,
        summary: p.summary,
        stage: p.stage,
        opened_at: p.opened_at,
        agreement_id: p.agreement_id,
    };
    Ok(projects.into_iter().map(view).collect())
}

fn move_view(m: &StageMove) -> StageMoveView {
    StageMoveView { stage: m.stage, at: m.at, by_name: m.by_name.clone(), because: m.because.clone() }
}

fn may_draft(actor: &Actor, project: &Project) -> bool {
    let answers = actor.has(Role::UnitOfficial) && actor.is_of(&project.unit_id);
    let opened = actor.has(Role::Negotiator) && actor.is(&project.opened_by);
    (answers || opened) && project.stage == Stage::InTalks && project.agreement_id.is_none()
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectFilter {
    stage: Option<Stage>,
    #[param(max_length = 40)]
    unit_id: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Projects, newest first; officials see their unit's, investors their own
#[utoipa::path(tag = "projects", operation_id = "list_projects", params(ProjectFilter), responses((status = 200, body = Page<ProjectView>), ReadErrors))]
#[get("/projects")]
pub(super) async fn list_projects(
    app: App,
    actor: Actor,
    filter: web::Query<ProjectFilter>,
) -> Result<web::Json<Page<ProjectView>>, AppError> {
    let filter = filter.into_inner();
    within("unit_id", filter.unit_id.as_deref(), 40)?;
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = Project::list(conn, &actor, filter.stage, filter.unit_id, &paging)?;
            Ok(Page { items: views(conn, &actor, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One project
#[utoipa::path(tag = "projects", operation_id = "find_project", params(("id" = ProjectId, Path)), responses((status = 200, body = ProjectView), ReadErrors))]
#[get("/projects/{id}")]
pub(super) async fn find_project(
    app: App,
    actor: Actor,
    id: web::Path<ProjectId>,
) -> Result<web::Json<ProjectView>, AppError> {
    let view = app
        .read(move |conn| {
            let project = Project::seen_by(conn, &actor, &id)?;
            views(conn, &actor, vec![project])?.pop().ok_or(AppError::NotFound)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Line<100>,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    enterprise_name: Line<100>,
    credit_code: Option<CreditCode>,
    industry: Industry,
    /// Needed without `booking_id`, unless the opener's own unit answers for it
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    unit_id: Option<Line<40>>,
    /// The talk it comes from: investor, unit and site are the talk's
    booking_id: Option<BookingId>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    site_id: Option<Line<64>>,
    #[schema(minimum = 1, maximum = 10_000_000_000_000_i64)]
    intended_investment_fen: Option<i64>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    summary: Option<Prose<2000>>,
}

/// Open a project, from a confirmed talk or by itself
#[utoipa::path(tag = "projects", operation_id = "create_project", request_body = CreateProject, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ProjectView), WriteErrors))]
#[post("/projects")]
pub(super) async fn create_project(
    app: App,
    act: Act,
    body: Json<CreateProject>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, new: &CreateProject| {
        if new.intended_investment_fen.is_some_and(|fen| !(1..=MOST_FEN).contains(&fen)) {
            return Err(AppError::field("intended_investment_fen", "input.range"));
        }
        let booking = match &new.booking_id {
            Some(id) => Some(talked(tx, id)?),
            None => None,
        };
        let because = if booking.is_some() { "talk" } else { "opened" };
        let facts = facts(tx, new, booking.as_ref())?;
        let project = Project::open(tx.conn, facts, &tx.actor.id, &tx.actor.name, because, tx.now)?;
        if let Some(booking) = &booking {
            booking.note_project(tx.conn, project.id.as_str())?;
        }
        tx.subject("project", &project.id);
        views(tx.conn, tx.actor, vec![project])?.pop().ok_or(AppError::NotFound)
    })
    .await
}

/// The talk that a project is opened from; its host's side alone may do so.
fn talked(tx: &mut Tx<'_>, id: &BookingId) -> Result<Booking, AppError> {
    let (booking, side) = Booking::seen_by(tx.conn, tx.actor, id)?;
    booking.judge(side, Deed::OpenProject, tx.now)?;
    Ok(booking)
}

fn facts(tx: &mut Tx<'_>, new: &CreateProject, booking: Option<&Booking>) -> Result<NewProject, AppError> {
    let site = match &new.site_id {
        Some(id) if booking.is_none() => {
            Some(Site::find(tx.conn, id.as_str())?.ok_or(AppError::Unprocessable(&REFERENCE))?)
        }
        _ => None,
    };
    let unit_id = match booking {
        Some(booking) => booking.unit_id.clone(),
        None => unit(tx, new)?,
    };
    Ok(NewProject {
        name: new.name.as_str().to_owned(),
        enterprise_name: new.enterprise_name.as_str().to_owned(),
        credit_code: new.credit_code.as_ref().map(|c| c.as_str().to_owned()),
        industry: new.industry,
        unit_id,
        site_id: booking.map_or_else(|| site.as_ref().map(|s| s.id.clone()), |b| b.site_id.clone()),
        site_name: booking.map_or_else(|| site.as_ref().map(|s| s.name.clone()), |b| b.site_name.clone()),
        booking_id: booking.map(|b| b.id.to_string()),
        investor_id: booking.map(|b| b.investor_id.clone()),
        investor_name: booking.map(|b| b.investor_name.clone()),
        intended_investment_fen: new.intended_investment_fen,
        summary: new.summary.as_ref().map(|s| s.as_str().to_owned()),
    })
}

fn unit(tx: &mut Tx<'_>, new: &CreateProject) -> Result<String, AppError> {
    let wanted = new.unit_id.as_ref().map(|u| u.as_str().to_owned());
    let unit = wanted.or_else(|| tx.actor.unit_id.clone()).ok_or(AppError::Unprocessable(&NO_UNIT))?;
    if tx.actor.scope() == Scope::Unit && !tx.actor.is_of(&unit) {
        return Err(AppError::Forbidden(&FOREIGN_UNIT));
    }
    Unit::find(tx.conn, &unit)?.map(|u| u.id).ok_or(AppError::Unprocessable(&REFERENCE))
}
