//! A template and its versions: written, checked for law, approved, in use; what is in use is never changed.
use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::content::{TemplateContent, digest};
use crate::deals::signings::rules::{TemplateAct, TemplateStandpoint, template_acts};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor, Tx};
use crate::people::units::{Unit, UnitDuty};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::schema::{
    agreement_template_steps, agreement_template_versions, agreement_templates, auth_accounts,
};

const ALREADY_OPEN: Code = Code::new(
    "template.already_open",
    "这个模板已有一个新版本在起草或审核，请先处理那一个",
    "A new version of this template is under way already; deal with that one first",
);
const NOT_YOURS: Code = Code::new(
    "template.not_yours",
    "这一步须由另一个人办理：谈判专班起草，市商务局另一人法制审核，市领导批准，三步须是三个人",
    "This step is another person's: the negotiation task force writes, another official of the coordinator checks, a leader of the city approves",
);
const MOVED_ON: Code = Code::new(
    "template.moved_on",
    "这个版本已有变化，请刷新，看过最新内容再办理",
    "This version has moved on; refresh and read it as it is now",
);
const NOT_IN_USE: Code = Code::new(
    "template.not_in_use",
    "这个模板还没有批准使用的版本，请等它批准后再起草协议",
    "This template has no approved version yet; wait for the approval before drafting from it",
);
const NAME_TAKEN: Code = Code::new(
    "template.name_taken",
    "已有同名的模板，请换一个名称，或在原模板上起草新版本",
    "A template of this name is there; choose another name, or write a new version of that one",
);
/// The template that an agreement of rescission is drafted from.
pub const RESCISSION: &str = "rescission_agreement";
/// Versions of one template that are listed.
const MOST_LISTED: i64 = 100;

crate::typed_id!(TemplateVersionId);
crate::text_enum! {
    /// How far a version of a template has come.
    pub enum TemplateState {
        Draft = "draft", "起草中", "Draft";
        LegalCheck = "legal_check", "法制审核中", "In legal check";
        Approval = "approval", "待批准", "Waiting for approval";
        InUse = "in_use", "使用中", "In use";
        Retired = "retired", "已停用", "Retired";
        Discarded = "discarded", "已作废", "Discarded";
    }
}
crate::text_enum! {
    /// What was done with a version.
    pub enum TemplateStepKind {
        Started = "started", "起草", "Started";
        Submitted = "submitted", "提交法制审核", "Submitted for legal check";
        Checked = "checked", "通过法制审核", "Passed the legal check";
        Returned = "returned", "退回修改", "Returned";
        Approved = "approved", "批准使用", "Approved for use";
        Retired = "retired", "由新版本接替", "Replaced by a newer version";
        Discarded = "discarded", "作废", "Discarded";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_templates)]
pub struct TemplateRow {
    pub code: String,
    pub name: String,
    pub name_en: String,
    /// Where its first text comes from
    pub source: String,
    pub source_en: String,
    pub demo: bool,
    pub created_at: Time,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_template_versions)]
pub struct TemplateVersion {
    pub id: TemplateVersionId,
    pub template_code: String,
    pub number: i32,
    pub state: TemplateState,
    /// [`TemplateContent`]
    pub content: String,
    /// The version that it was written from; 0 for the first
    pub base_number: i32,
    /// What it changes, and why
    pub note: Option<String>,
    /// Nobody for what came with the program
    pub written_by: Option<AccountId>,
    pub written_at: Time,
    pub checked_by: Option<AccountId>,
    pub approved_by: Option<AccountId>,
    pub in_use_at: Option<Time>,
    pub demo: bool,
}

/// One step, as it is kept for ever.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_template_steps)]
struct Step {
    version_id: TemplateVersionId,
    seq: i32,
    kind: TemplateStepKind,
    by_id: Option<AccountId>,
    by_name: String,
    at: Time,
    note: Option<String>,
    content_sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateStepView {
    kind: TemplateStepKind,
    by_name: String,
    at: Time,
    note: Option<String>,
    /// Of what was read or written in this step
    content_sha256: String,
}

/// A template at one version: what an agreement is drafted from and stays with.
#[derive(Debug, Clone)]
pub struct Template {
    pub code: String,
    pub version: i32,
    pub name: String,
    pub name_en: String,
    pub content: TemplateContent,
}

impl Template {
    fn of(row: TemplateRow, version: &TemplateVersion) -> Result<Self, AppError> {
        Ok(Self {
            code: row.code,
            version: version.number,
            name: row.name,
            name_en: row.name_en,
            content: version.content()?,
        })
    }

    /// The version that new agreements are drafted from.
    pub fn in_use(conn: &mut DbConn, code: &str) -> Result<Arc<Self>, AppError> {
        use agreement_template_versions as t;
        let row = TemplateRow::find(conn, code)?;
        let one = t::table.filter(t::template_code.eq(code)).filter(t::state.eq(TemplateState::InUse));
        let version: Option<TemplateVersion> = one.first(conn).optional()?;
        Self::of(row, &version.ok_or(AppError::Unprocessable(&NOT_IN_USE))?).map(Arc::new)
    }

    /// The version that an agreement was drafted from, whatever became of it.
    pub fn at(conn: &mut DbConn, code: &str, number: i32) -> Result<Arc<Self>, AppError> {
        use agreement_template_versions as t;
        let row = TemplateRow::find(conn, code)?;
        let version: TemplateVersion =
            t::table.filter(t::template_code.eq(code)).filter(t::number.eq(number)).first(conn)?;
        Self::of(row, &version).map(Arc::new)
    }

    /// As [`Self::at`] for many agreements, each version read once.
    pub fn each_of(
        conn: &mut DbConn,
        wanted: impl Iterator<Item = (String, i32)>,
    ) -> Result<HashMap<(String, i32), Arc<Self>>, AppError> {
        let mut found = HashMap::new();
        for (code, number) in wanted {
            if !found.contains_key(&(code.clone(), number)) {
                let template = Self::at(conn, &code, number)?;
                found.insert((code, number), template);
            }
        }
        Ok(found)
    }
}

impl TemplateRow {
    pub fn find(conn: &mut DbConn, code: &str) -> Result<Self, AppError> {
        agreement_templates::table.find(code).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    pub fn all(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use agreement_templates as t;
        Ok(t::table.order((t::created_at.asc(), t::code.asc())).limit(MOST_LISTED).load(conn)?)
    }

    /// A new template; its first version is written from another's text.
    pub fn create(
        tx: &mut Tx<'_>,
        name: &str,
        name_en: &str,
        from: &str,
    ) -> Result<TemplateVersion, AppError> {
        let source = Self::find(tx.conn, from)?;
        let content = Template::in_use(tx.conn, from)?.content.clone();
        let row = Self {
            code: crate::platform::id::fresh(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            source: format!("以《{}》为底稿起草", source.name),
            source_en: format!("Written from “{}”", source.name_en),
            demo: by_demo(tx)?,
            created_at: tx.now,
        };
        let insert = diesel::insert_into(agreement_templates::table).values(row.clone());
        insert
            .execute(tx.conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&NAME_TAKEN) } else { e.into() })?;
        TemplateVersion::start(tx, &row.code, &content, 0, None)
    }
}

fn by_demo(tx: &mut Tx<'_>) -> Result<bool, AppError> {
    Ok(auth_accounts::table.find(&tx.actor.id).select(auth_accounts::demo).first(tx.conn)?)
}

/// Whether somebody is of the coordinator.
fn of_coordinator(conn: &mut DbConn, actor: &Actor) -> Result<bool, AppError> {
    let Some(unit) = &actor.unit_id else { return Ok(false) };
    Ok(Unit::find(conn, unit)?.is_some_and(|unit| unit.duty == UnitDuty::Coordinator))
}

impl TemplateVersion {
    pub fn content(&self) -> Result<TemplateContent, AppError> {
        serde_json::from_str(&self.content).map_err(AppError::internal)
    }

    pub fn sha256(&self) -> String {
        digest(&self.content)
    }

    pub fn find(conn: &mut DbConn, id: &TemplateVersionId) -> Result<Self, AppError> {
        agreement_template_versions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Every version of a template, newest first.
    pub fn all_of(conn: &mut DbConn, code: &str) -> Result<Vec<Self>, AppError> {
        use agreement_template_versions as t;
        Ok(t::table
            .filter(t::template_code.eq(code))
            .order(t::number.desc())
            .limit(MOST_LISTED)
            .load(conn)?)
    }

    /// What is in use or under way, of every template.
    pub fn standing(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use TemplateState::{Approval, Draft, InUse, LegalCheck};
        use agreement_template_versions as t;
        Ok(t::table.filter(t::state.eq_any([Draft, LegalCheck, Approval, InUse])).load(conn)?)
    }

    pub fn steps(&self, conn: &mut DbConn) -> Result<Vec<TemplateStepView>, AppError> {
        use agreement_template_steps as t;
        let all: Vec<Step> = t::table.filter(t::version_id.eq(&self.id)).order(t::seq.asc()).load(conn)?;
        let shown = |step: Step| TemplateStepView {
            kind: step.kind,
            by_name: step.by_name,
            at: step.at,
            note: step.note,
            content_sha256: step.content_sha256,
        };
        Ok(all.into_iter().map(shown).collect())
    }

    pub fn may(&self, conn: &mut DbConn, actor: &Actor) -> Result<Vec<TemplateAct>, AppError> {
        let coordinator = of_coordinator(conn, actor)?;
        let is = |who: Option<&AccountId>| who.is_some_and(|id| actor.is(id));
        let who = TemplateStandpoint {
            writes: actor.doing("rewrite_template_version").is_some(),
            checks: coordinator && actor.doing("check_template_version").is_some(),
            // A county's leader does not speak for the city.
            approves: (coordinator || actor.unit_id.is_none())
                && actor.doing("approve_template_version").is_some(),
            author: is(self.written_by.as_ref()),
            checker: is(self.checked_by.as_ref()),
        };
        Ok(template_acts(self.state, who))
    }

    /// A new draft of a template, by whoever writes; the tables refuse a second one beside it.
    pub fn start(
        tx: &mut Tx<'_>,
        code: &str,
        content: &TemplateContent,
        base_number: i32,
        note: Option<&str>,
    ) -> Result<Self, AppError> {
        use agreement_template_versions as t;
        hold(tx.conn, code)?;
        let last: Option<i32> =
            t::table.filter(t::template_code.eq(code)).select(diesel::dsl::max(t::number)).first(tx.conn)?;
        let version = Self {
            id: TemplateVersionId::fresh(),
            template_code: code.to_owned(),
            number: last.unwrap_or(0) + 1,
            state: TemplateState::Draft,
            content: content.text()?,
            base_number,
            note: note.map(str::to_owned),
            written_by: Some(tx.actor.id.clone()),
            written_at: tx.now,
            checked_by: None,
            approved_by: None,
            in_use_at: None,
            demo: by_demo(tx)?,
        };
        let insert = diesel::insert_into(t::table).values(version.clone());
        insert.execute(tx.conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&ALREADY_OPEN) } else { e.into() }
        })?;
        version.note_step(tx, TemplateStepKind::Started, note)?;
        Ok(version)
    }

    /// A draft of the next version, as a copy of the one in use.
    pub fn start_next(tx: &mut Tx<'_>, code: &str, note: Option<&str>) -> Result<Self, AppError> {
        let template = Template::in_use(tx.conn, code)?;
        Self::start(tx, code, &template.content, template.version, note)
    }

    /// Holds the template for this transaction and gives the version, for one act by this person; `seen` is the
    /// SHA-256 of the content that they read.
    pub fn take(
        tx: &mut Tx<'_>,
        id: &TemplateVersionId,
        act: TemplateAct,
        seen: Option<&str>,
    ) -> Result<Self, AppError> {
        let code = Self::find(tx.conn, id)?.template_code;
        hold(tx.conn, &code)?;
        let found = Self::find(tx.conn, id)?;
        if !state_of(act).contains(&found.state) || seen.is_some_and(|seen| seen != found.sha256()) {
            return Err(AppError::Conflict(&MOVED_ON));
        }
        let may = found.may(tx.conn, tx.actor)?;
        if may.contains(&act) { Ok(found) } else { Err(AppError::Conflict(&NOT_YOURS)) }
    }

    pub fn rewrite(
        &self,
        tx: &mut Tx<'_>,
        content: &TemplateContent,
        note: Option<&str>,
    ) -> Result<(), AppError> {
        use agreement_template_versions as t;
        let draft = t::table.find(&self.id).filter(t::state.eq(TemplateState::Draft));
        let changed = diesel::update(draft)
            .set((t::content.eq(content.text()?), t::note.eq(note), t::written_at.eq(tx.now)))
            .execute(tx.conn)?;
        moved(changed)
    }

    pub fn submit(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        self.move_to(tx, TemplateState::LegalCheck, TemplateStepKind::Submitted, None)
    }

    pub fn pass_check(&self, tx: &mut Tx<'_>, opinion: Option<&str>) -> Result<(), AppError> {
        use agreement_template_versions as t;
        let waiting = t::table.find(&self.id).filter(t::state.eq(TemplateState::LegalCheck));
        let checked = (t::state.eq(TemplateState::Approval), t::checked_by.eq(Some(tx.actor.id.clone())));
        moved(diesel::update(waiting).set(checked).execute(tx.conn)?)?;
        self.note_step(tx, TemplateStepKind::Checked, opinion)
    }

    /// Back to its author; whoever passed it before has not passed what comes next.
    pub fn send_back(&self, tx: &mut Tx<'_>, reason: &str) -> Result<(), AppError> {
        use agreement_template_versions as t;
        let waiting = t::table.find(&self.id).filter(t::state.eq(self.state));
        let returned = (t::state.eq(TemplateState::Draft), t::checked_by.eq(None::<AccountId>));
        moved(diesel::update(waiting).set(returned).execute(tx.conn)?)?;
        self.note_step(tx, TemplateStepKind::Returned, Some(reason))
    }

    /// Comes into use, and the one before is retired in the same breath.
    pub fn approve(&self, tx: &mut Tx<'_>, note: Option<&str>) -> Result<(), AppError> {
        use agreement_template_versions as t;
        let one = t::table.filter(t::template_code.eq(&self.template_code));
        let before: Option<Self> = one.filter(t::state.eq(TemplateState::InUse)).first(tx.conn).optional()?;
        if let Some(before) = before {
            before.move_to(tx, TemplateState::Retired, TemplateStepKind::Retired, None)?;
        }
        let waiting = t::table.find(&self.id).filter(t::state.eq(TemplateState::Approval));
        let approved = (
            t::state.eq(TemplateState::InUse),
            t::approved_by.eq(Some(tx.actor.id.clone())),
            t::in_use_at.eq(Some(tx.now)),
        );
        moved(diesel::update(waiting).set(approved).execute(tx.conn)?)?;
        self.note_step(tx, TemplateStepKind::Approved, note)
    }

    pub fn discard(&self, tx: &mut Tx<'_>, reason: &str) -> Result<(), AppError> {
        self.move_to(tx, TemplateState::Discarded, TemplateStepKind::Discarded, Some(reason))
    }

    fn move_to(
        &self,
        tx: &mut Tx<'_>,
        state: TemplateState,
        step: TemplateStepKind,
        note: Option<&str>,
    ) -> Result<(), AppError> {
        use agreement_template_versions as t;
        let here = t::table.find(&self.id).filter(t::state.eq(self.state));
        moved(diesel::update(here).set(t::state.eq(state)).execute(tx.conn)?)?;
        self.note_step(tx, step, note)
    }

    fn note_step(&self, tx: &mut Tx<'_>, kind: TemplateStepKind, note: Option<&str>) -> Result<(), AppError> {
        use agreement_template_steps as t;
        let last: Option<i32> =
            t::table.filter(t::version_id.eq(&self.id)).select(diesel::dsl::max(t::seq)).first(tx.conn)?;
        let step = Step {
            version_id: self.id.clone(),
            seq: last.unwrap_or(0) + 1,
            kind,
            by_id: Some(tx.actor.id.clone()),
            by_name: tx.actor.name.clone(),
            at: tx.now,
            note: note.map(str::to_owned),
            content_sha256: self.sha256(),
        };
        diesel::insert_into(t::table).values(step).execute(tx.conn)?;
        Ok(())
    }
}

/// States from which an act sets out.
fn state_of(act: TemplateAct) -> &'static [TemplateState] {
    use TemplateState::{Approval, Draft, LegalCheck};
    match act {
        TemplateAct::Edit | TemplateAct::Submit | TemplateAct::Discard => &[Draft],
        TemplateAct::Check => &[LegalCheck],
        TemplateAct::Approve => &[Approval],
        TemplateAct::Return => &[LegalCheck, Approval],
    }
}

/// Those who act on one template wait for each other on its row.
fn hold(conn: &mut DbConn, code: &str) -> Result<(), AppError> {
    let query = agreement_templates::table.find(code.to_owned()).select(agreement_templates::code);
    let held: Option<String> = Locked { query, skip: false }.get_result(conn).optional()?;
    held.map(|_| ()).ok_or(AppError::NotFound)
}

fn moved(rows: usize) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::Conflict(&MOVED_ON)) }
}
