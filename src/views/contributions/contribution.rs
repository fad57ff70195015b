//! A contribution: a lead of an institution's bringer, or a project that came of one; read from the rooms of the deals.
use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::deals::leads::{AppointmentKind, LeadId, LeadState, RecordKind, Standing};
use crate::deals::projects::{Project, ProjectId, Stage};
use crate::error::AppError;
use crate::libraries::institutions::{Bringer, Institution, InstitutionId};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{
    lead_appointment_records, lead_appointments, lead_projects, leads, project_stage_moves, projects,
};
use crate::views::contributions::rules::{ContributionFigure, Counted};

/// One row behind the figures; a lead that was the first contact, and a project that was signed, stand behind two.
#[derive(Debug, Clone)]
pub struct Contribution {
    pub figures: Vec<(ContributionFigure, Time)>,
    /// Of the lead or the project
    pub id: String,
    pub number: String,
    pub name: String,
    pub unit_id: Option<String>,
    pub lead_state: Option<LeadState>,
    pub stage: Option<Stage>,
    pub fen: Option<i64>,
}

impl Contribution {
    pub fn counted(&self) -> Vec<Counted> {
        let counted = |(figure, at): &(ContributionFigure, Time)| Counted {
            figure: *figure,
            year: at.day().year(),
            fen: self.fen,
        };
        self.figures.iter().map(counted).collect()
    }

    /// When it came to stand behind this figure.
    pub fn behind(&self, figure: ContributionFigure) -> Option<Time> {
        self.figures.iter().find_map(|(one, at)| (*one == figure).then_some(*at))
    }
}

/// An appointment of somebody who brings leads for the institution (article 7).
#[derive(Debug, Clone)]
pub struct Appointed {
    pub id: String,
    pub kind: AppointmentKind,
    pub name: String,
    pub begins_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub ended_on: Option<NaiveDate>,
    pub meetings: i64,
}

/// Those who speak or spoke for an institution that is there.
pub fn bringers(conn: &mut DbConn, institution: &InstitutionId) -> Result<Vec<Bringer>, AppError> {
    Institution::find(conn, institution)?;
    Bringer::of(conn, institution)
}

/// Whether the reader's figures are the city's: all leads and all projects lie within reach.
pub fn is_whole(actor: &Actor) -> bool {
    ["find_lead", "find_project"]
        .iter()
        .all(|operation| actor.doing(operation).is_some_and(|reader| reader.scope() == Scope::Any))
}

/// What the bringers brought in their time, as far as the reader may open it.
pub fn of(conn: &mut DbConn, actor: &Actor, bringers: &[Bringer]) -> Result<Vec<Contribution>, AppError> {
    let brought = leads_of(conn, bringers)?;
    let ids: Vec<LeadId> = brought.iter().map(|lead| lead.id.clone()).collect();
    let mut all = Vec::new();
    if let Some(reader) = actor.doing("find_lead") {
        let seen =
            brought.into_iter().filter(|l| reader.reaches(Some(&l.submitted_by), l.unit_id.as_deref()));
        all.extend(seen.map(Contribution::from));
    }
    all.extend(projects_of(conn, actor, ids)?);
    Ok(all)
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = leads)]
struct BroughtLead {
    id: LeadId,
    number: String,
    enterprise_name: String,
    submitted_by: AccountId,
    submitted_at: Time,
    state: LeadState,
    standing: Standing,
    unit_id: Option<String>,
}

impl From<BroughtLead> for Contribution {
    fn from(lead: BroughtLead) -> Self {
        let mut figures = vec![(ContributionFigure::Leads, lead.submitted_at)];
        if lead.standing == Standing::First {
            figures.push((ContributionFigure::First, lead.submitted_at));
        }
        Self {
            figures,
            id: lead.id.to_string(),
            number: lead.number,
            name: lead.enterprise_name,
            unit_id: lead.unit_id,
            lead_state: Some(lead.state),
            stage: None,
            fen: None,
        }
    }
}

fn leads_of(conn: &mut DbConn, bringers: &[Bringer]) -> Result<Vec<BroughtLead>, AppError> {
    let accounts: Vec<AccountId> = bringers.iter().map(|one| one.account_id.clone()).collect();
    let submitted: Vec<BroughtLead> = leads::table
        .filter(leads::submitted_by.eq_any(accounts))
        .select(BroughtLead::as_select())
        .load(conn)?;
    let for_it = |lead: &BroughtLead| {
        bringers.iter().any(|one| one.account_id == lead.submitted_by && one.covers(lead.submitted_at))
    };
    Ok(submitted.into_iter().filter(for_it).collect())
}

fn projects_of(conn: &mut DbConn, actor: &Actor, of: Vec<LeadId>) -> Result<Vec<Contribution>, AppError> {
    let ids: Vec<ProjectId> = lead_projects::table
        .filter(lead_projects::lead_id.eq_any(of))
        .select(lead_projects::project_id)
        .load(conn)?;
    // Two leads may have led to one project: it counts once.
    let ids: HashSet<ProjectId> = ids.into_iter().collect();
    let seen: Vec<ProjectId> =
        Project::which_seen(conn, actor, ids.into_iter().collect())?.into_iter().collect();
    let signed: Vec<(ProjectId, Time)> = project_stage_moves::table
        .filter(project_stage_moves::project_id.eq_any(seen.clone()))
        .filter(project_stage_moves::stage.eq(Stage::Signed))
        .select((project_stage_moves::project_id, project_stage_moves::at))
        .load(conn)?;
    let signed: HashMap<ProjectId, Time> = signed.into_iter().collect();
    let found: Vec<Project> = projects::table.filter(projects::id.eq_any(seen)).load(conn)?;
    let contribution = |project: Project| {
        let mut figures = vec![(ContributionFigure::Projects, project.opened_at)];
        figures.extend(signed.get(&project.id).map(|at| (ContributionFigure::Signed, *at)));
        Contribution {
            figures,
            id: project.id.to_string(),
            number: project.number,
            name: project.name,
            unit_id: Some(project.unit_id),
            lead_state: None,
            stage: Some(project.stage),
            fen: project.committed_fen,
        }
    };
    Ok(found.into_iter().map(contribution).collect())
}

/// Appointments of the bringers, newest first, for whom may read them all.
pub fn appointed(conn: &mut DbConn, actor: &Actor, bringers: &[Bringer]) -> Result<Vec<Appointed>, AppError> {
    use {lead_appointment_records as r, lead_appointments as t};
    if actor.doing("list_appointments").is_none_or(|reader| reader.scope() != Scope::Any) {
        return Ok(Vec::new());
    }
    type Row = (String, AppointmentKind, String, NaiveDate, NaiveDate, Option<NaiveDate>);
    let accounts: Vec<AccountId> = bringers.iter().map(|one| one.account_id.clone()).collect();
    let rows: Vec<Row> = t::table
        .filter(t::account_id.eq_any(accounts))
        .order(t::id.desc())
        .select((t::id, t::kind, t::name, t::begins_on, t::ends_on, t::ended_on))
        .load(conn)?;
    let ids: Vec<String> = rows.iter().map(|row| row.0.clone()).collect();
    let meetings: Vec<(String, i64)> = r::table
        .filter(r::appointment_id.eq_any(ids))
        .filter(r::kind.eq(RecordKind::Meeting))
        .group_by(r::appointment_id)
        .select((r::appointment_id, count_star()))
        .load(conn)?;
    let meetings: HashMap<String, i64> = meetings.into_iter().collect();
    let appointed = |(id, kind, name, begins_on, ends_on, ended_on): Row| Appointed {
        meetings: meetings.get(&id).copied().unwrap_or(0),
        id,
        kind,
        name,
        begins_on,
        ends_on,
        ended_on,
    };
    Ok(rows.into_iter().map(appointed).collect())
}
