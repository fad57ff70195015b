//! A project and the dated moves of its stage.
use std::collections::HashSet;

use chrono::Datelike;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::deals::projects::Stage;
use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::industry::Industry;
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn, MultiBackend};
use crate::platform::page::{Page, Paging};
use crate::schema::{project_counters, project_stage_moves, projects};

pub const STAGE_ORDER: Code = Code::new(
    "project.stage_order",
    "项目阶段只能向前推进，请刷新查看当前阶段",
    "A project's stage only moves forward; refresh to see where it stands",
);
pub const HAS_AGREEMENT: Code = Code::new(
    "project.has_agreement",
    "这个项目已有协议，请打开该协议",
    "This project already has an agreement; go to it",
);

crate::typed_id!(ProjectId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = projects)]
pub struct Project {
    pub id: ProjectId,
    pub number: String,
    pub name: String,
    pub enterprise_name: String,
    pub credit_code: Option<String>,
    pub industry: Industry,
    pub unit_id: String,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    pub booking_id: Option<String>,
    pub investor_id: Option<AccountId>,
    pub investor_name: Option<String>,
    pub intended_investment_fen: Option<i64>,
    pub committed_fen: Option<i64>,
    pub summary: Option<String>,
    pub stage: Stage,
    pub agreement_id: Option<String>,
    pub opened_by: AccountId,
    pub opened_at: Time,
    /// Number of the last stage move
    pub last_move: i32,
}

/// One move; the table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = project_stage_moves)]
pub struct StageMove {
    pub project_id: ProjectId,
    pub seq: i32,
    pub stage: Stage,
    pub at: Time,
    pub by_id: Option<AccountId>,
    pub by_name: String,
    pub because: String,
}

/// Who moves a stage: a person, or the house itself (no id) when the last party has signed.
#[derive(Debug, Clone)]
pub struct By {
    pub id: Option<AccountId>,
    pub name: String,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        Self { id: Some(actor.id.clone()), name: actor.name.clone() }
    }
}

/// What a project is opened with.
#[derive(Debug, Clone)]
pub struct NewProject {
    pub name: String,
    pub enterprise_name: String,
    pub credit_code: Option<String>,
    pub industry: Industry,
    pub unit_id: String,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    pub booking_id: Option<String>,
    pub investor_id: Option<AccountId>,
    pub investor_name: Option<String>,
    pub intended_investment_fen: Option<i64>,
    pub summary: Option<String>,
}

impl Project {
    /// Opens a project in talks, with its number and its first stage move.
    pub fn open(
        conn: &mut DbConn,
        new: NewProject,
        by: &AccountId,
        by_name: &str,
        because: &str,
        now: Time,
    ) -> Result<Self, AppError> {
        let project = Self {
            id: ProjectId::fresh(),
            number: next_number(conn, now)?,
            name: new.name,
            enterprise_name: new.enterprise_name,
            credit_code: new.credit_code,
            industry: new.industry,
            unit_id: new.unit_id,
            site_id: new.site_id,
            site_name: new.site_name,
            booking_id: new.booking_id,
            investor_id: new.investor_id,
            investor_name: new.investor_name,
            intended_investment_fen: new.intended_investment_fen,
            committed_fen: None,
            summary: new.summary,
            stage: Stage::InTalks,
            agreement_id: None,
            opened_by: by.clone(),
            opened_at: now,
            last_move: 1,
        };
        diesel::insert_into(projects::table).values(project.clone()).execute(conn)?;
        let by = By { id: Some(by.clone()), name: by_name.to_owned() };
        write_move(conn, &project.id, 1, Stage::InTalks, &by, because, now)?;
        Ok(project)
    }

    pub fn find(conn: &mut DbConn, id: &ProjectId) -> Result<Self, AppError> {
        projects::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// The project, when this person may see it.
    pub fn seen_by(conn: &mut DbConn, actor: &Actor, id: &ProjectId) -> Result<Self, AppError> {
        let found = projects::table.filter(projects::id.eq(id)).filter(visible(actor)).first(conn);
        found.optional()?.ok_or(AppError::NotFound)
    }

    /// Those of these that this person may open.
    pub fn which_seen(
        conn: &mut DbConn,
        actor: &Actor,
        ids: Vec<ProjectId>,
    ) -> Result<HashSet<ProjectId>, AppError> {
        let Some(reader) = actor.doing("find_project") else { return Ok(HashSet::new()) };
        let seen = projects::table.filter(projects::id.eq_any(ids)).filter(visible(&reader));
        Ok(seen.select(projects::id).load(conn)?.into_iter().collect())
    }

    /// Newest first.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        stage: Option<Stage>,
        unit: Option<String>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use projects as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(visible(actor)).into_boxed();
        if let Some(stage) = stage {
            query = query.filter(t::stage.eq(stage));
        }
        if let Some(unit) = unit {
            query = query.filter(t::unit_id.eq(unit));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |p| vec![p.id.to_string()]))
    }

    /// Stage moves of some projects, oldest first.
    pub fn moves(conn: &mut DbConn, ids: &[String]) -> Result<Vec<StageMove>, AppError> {
        use project_stage_moves as t;
        let of_these = t::table.filter(t::project_id.eq_any(ids.to_vec()));
        Ok(of_these.order((t::project_id.asc(), t::seq.asc())).load(conn)?)
    }
}

type Filter = Box<dyn BoxableExpression<projects::table, MultiBackend, SqlType = Bool>>;

fn visible(actor: &Actor) -> Filter {
    use projects as t;
    let opened = t::opened_by.eq(actor.id.clone());
    let invests = t::investor_id.eq(actor.id.clone()).assume_not_null();
    match (actor.scope(), actor.unit_id.clone()) {
        (Scope::Any, _) => Box::new(t::id.is_not_null()),
        (Scope::Unit, Some(unit)) => Box::new(opened.or(invests).or(t::unit_id.eq(unit))),
        _ => Box::new(opened.or(t::investor_id.is_not_null().and(invests))),
    }
}

/// Moves a project's stage; `because` says why, for the record that stays.
pub fn record_stage(
    conn: &mut DbConn,
    project: &ProjectId,
    stage: Stage,
    by: &By,
    because: &str,
    now: Time,
) -> Result<(), AppError> {
    use projects as t;
    let before = Project::find(conn, project)?;
    if !before.stage.leads_to(stage) {
        return Err(AppError::Conflict(&STAGE_ORDER));
    }
    let seq = before.last_move + 1;
    let unmoved = t::table.find(project).filter(t::last_move.eq(before.last_move));
    let moved = diesel::update(unmoved).set((t::stage.eq(stage), t::last_move.eq(seq))).execute(conn)?;
    if moved != 1 {
        return Err(AppError::Conflict(&CONFLICT));
    }
    write_move(conn, project, seq, stage, by, because, now)
}

/// Remembers the agreement of a project and the money it commits; a project has one.
pub fn note_agreement(
    conn: &mut DbConn,
    project: &ProjectId,
    agreement: &str,
    committed_fen: Option<i64>,
) -> Result<(), AppError> {
    use projects as t;
    let same = t::agreement_id.is_null().or(t::agreement_id.eq(agreement).assume_not_null());
    let free = t::table.find(project).filter(same);
    let set = (t::agreement_id.eq(Some(agreement)), t::committed_fen.eq(committed_fen));
    match diesel::update(free).set(set).execute(conn)? {
        1 => Ok(()),
        _ => Err(AppError::Conflict(&HAS_AGREEMENT)),
    }
}

fn write_move(
    conn: &mut DbConn,
    project: &ProjectId,
    seq: i32,
    stage: Stage,
    by: &By,
    because: &str,
    now: Time,
) -> Result<(), AppError> {
    let row = StageMove {
        project_id: project.clone(),
        seq,
        stage,
        at: now,
        by_id: by.id.clone(),
        by_name: by.name.clone(),
        because: because.to_owned(),
    };
    diesel::insert_into(project_stage_moves::table).values(row).execute(conn)?;
    Ok(())
}

/// Numbers run from 1 in each China year without gaps: the counter's row is locked until the commit.
fn next_number(conn: &mut DbConn, now: Time) -> Result<String, AppError> {
    use project_counters as t;
    let year = now.day().year();
    let first = diesel::insert_into(t::table).values((t::year.eq(year), t::last.eq(0)));
    Both(first.on_conflict_do_nothing()).execute(conn)?;
    diesel::update(t::table.find(year)).set(t::last.eq(t::last + 1)).execute(conn)?;
    let last: i32 = t::table.find(year).select(t::last).first(conn)?;
    Ok(format!("P{year}-{last:05}"))
}
