//! An import: a workbook checked first, then, when told, all its rows at once; with a way back.
use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, Code};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseFacts, EnterpriseId};
use crate::libraries::enterprises::sheet;
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::reader::Cells;
use crate::platform::spreadsheet::{self, Column, Row, RowError, misfit};
use crate::schema::enterprise_imports;

const HAS_ERRORS: Code = Code::new(
    "enterprise_import.has_errors",
    "还有不符合要求的行，请改好后重新上传；没有写入任何内容",
    "Some rows do not fit; correct them and upload the workbook again. Nothing was written",
);
const DONE: Code = Code::new(
    "enterprise_import.already_done",
    "这次导入已经处理过，请刷新查看",
    "This import has been dealt with; refresh to see",
);

crate::typed_id!(EnterpriseImportId);
crate::text_enum! {
    /// How far an import of enterprises has come.
    pub enum EnterpriseImportState {
        Checked = "checked", "已检查，未导入", "Checked, not imported";
        Imported = "imported", "已导入", "Imported";
        Undone = "undone", "已撤销", "Undone";
    }
}

/// One row that fits: what the enterprise will say, and what it said.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ImportedRow {
    id: EnterpriseId,
    /// 0 for a new one
    version: i32,
    facts: EnterpriseFacts,
    before: Option<EnterpriseFacts>,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = enterprise_imports)]
pub struct EnterpriseImport {
    pub id: EnterpriseImportId,
    pub unit_id: Option<String>,
    pub file_name: String,
    pub row_count: i32,
    /// Rows that do not fit
    pub error_count: i32,
    /// [`RowError`]s
    pub errors: String,
    /// [`ImportedRow`]s
    pub contents: String,
    pub state: EnterpriseImportState,
    /// Rows that were left as they are when it was undone: somebody has gone on with them
    pub kept_count: i32,
    pub checked_by: AccountId,
    pub checked_by_name: String,
    pub checked_at: Time,
    pub imported_at: Option<Time>,
    pub undone_at: Option<Time>,
}

impl EnterpriseImport {
    /// The dry run: every row judged, nothing changed.
    pub fn check(
        conn: &mut DbConn,
        actor: &Actor,
        file_name: &str,
        cells: &Cells,
        now: Time,
    ) -> Result<Self, AppError> {
        let columns = sheet::columns();
        let (rows, mut errors) = spreadsheet::rows(&columns, cells)?;
        let (contents, more) = Judge::new(conn, &columns, &rows)?.judge(conn, &rows)?;
        errors.extend(more);
        errors.sort_by_key(|error| error.row);
        let bad: BTreeSet<u32> = errors.iter().map(|error| error.row).collect();
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(Self {
            id: EnterpriseImportId::fresh(),
            unit_id: actor.unit_id.clone(),
            file_name: file_name.to_owned(),
            row_count: count(contents.len() + bad.len()),
            error_count: count(bad.len()),
            errors: serde_json::to_string(&errors).map_err(AppError::internal)?,
            contents: serde_json::to_string(&contents).map_err(AppError::internal)?,
            state: EnterpriseImportState::Checked,
            kept_count: 0,
            checked_by: actor.id.clone(),
            checked_by_name: actor.name.clone(),
            checked_at: now,
            imported_at: None,
            undone_at: None,
        })
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(enterprise_imports::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The import, for whom it lies within reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &EnterpriseImportId) -> Result<Self, AppError> {
        let found: Option<Self> = enterprise_imports::table.find(id).first(conn).optional()?;
        let reached = found.filter(|one| actor.reaches(Some(&one.checked_by), one.unit_id.as_deref()));
        reached.ok_or(AppError::NotFound)
    }

    /// One's own import, held for this transaction.
    pub fn take(conn: &mut DbConn, actor: &Actor, id: &EnterpriseImportId) -> Result<Self, AppError> {
        let query = enterprise_imports::table.find(id).select(enterprise_imports::id);
        let _held: Option<EnterpriseImportId> = Locked { query, skip: false }.get_result(conn).optional()?;
        Self::find(conn, actor, id)
    }

    /// Newest first: one's own, and those of one's unit or all, as far as one reaches.
    pub fn list(conn: &mut DbConn, actor: &Actor, paging: &Paging) -> Result<Page<Self>, AppError> {
        use enterprise_imports as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if actor.scope() != Scope::Any {
            let unit = actor.unit_id.clone().unwrap_or_default();
            query =
                query.filter(t::checked_by.eq(actor.id.clone()).or(t::unit_id.eq(unit).assume_not_null()));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |one| vec![one.id.to_string()]))
    }

    pub fn row_errors(&self) -> Result<Vec<RowError>, AppError> {
        serde_json::from_str(&self.errors).map_err(AppError::internal)
    }

    fn rows(&self) -> Result<Vec<ImportedRow>, AppError> {
        serde_json::from_str(&self.contents).map_err(AppError::internal)
    }

    /// Writes all rows, or none: what somebody else wrote since the check refuses the whole.
    pub fn confirm(&self, conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
        use enterprise_imports as t;
        if self.state != EnterpriseImportState::Checked {
            return Err(AppError::Conflict(&DONE));
        }
        if self.error_count > 0 {
            return Err(AppError::Conflict(&HAS_ERRORS));
        }
        let rows = self.rows()?;
        for row in &rows {
            if row.version == 0 {
                let mut new = Enterprise::new(row.facts.clone(), self.checked_by.clone(), now);
                new.id = row.id.clone();
                new.insert(conn)?;
            } else {
                Enterprise::change(conn, &row.id, row.version, row.facts.clone(), now)?;
            }
        }
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(EnterpriseImportState::Imported), t::imported_at.eq(Some(now))))
            .execute(conn)?;
        Ok(rows.len())
    }

    /// Takes back every row with which nobody has gone on; gives how many were left.
    pub fn undo(&self, conn: &mut DbConn, now: Time) -> Result<i32, AppError> {
        use enterprise_imports as t;
        if self.state != EnterpriseImportState::Imported {
            return Err(AppError::Conflict(&DONE));
        }
        let mut kept = 0;
        // Backwards: a new one may be the parent of a later one.
        for row in self.rows()?.into_iter().rev() {
            let gone = match row.before {
                None => Enterprise::take_out(conn, &row.id)?,
                Some(before) => Enterprise::change_back(conn, &row.id, row.version + 1, before, now)?,
            };
            kept += i32::from(!gone);
        }
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(EnterpriseImportState::Undone),
                t::undone_at.eq(Some(now)),
                t::kept_count.eq(kept),
            ))
            .execute(conn)?;
        Ok(kept)
    }
}

/// What all rows of a sheet are judged against.
struct Judge<'a> {
    columns: &'a [Column],
    /// Those that the rows name, as they stand
    known: HashMap<EnterpriseId, Enterprise>,
}

impl<'a> Judge<'a> {
    fn new(conn: &mut DbConn, columns: &'a [Column], rows: &[Row]) -> Result<Self, AppError> {
        let named = |key: &'static str| rows.iter().filter_map(move |row| row.text(key)?.parse().ok());
        let ids: Vec<EnterpriseId> = named("id").chain(named("parent")).collect();
        let mut known = HashMap::new();
        for some in ids.chunks(500) {
            known.extend(sheet::by_id(Enterprise::find_all(conn, some.to_vec())?));
        }
        known.retain(|_, one: &mut Enterprise| one.merged_into.is_none());
        Ok(Self { columns, known })
    }

    fn judge(&self, conn: &mut DbConn, rows: &[Row]) -> Result<(Vec<ImportedRow>, Vec<RowError>), AppError> {
        let (mut good, mut wrong) = (Vec::new(), Vec::new());
        let mut seen: HashMap<String, u32> = HashMap::new();
        for row in rows {
            let mut errors = Vec::new();
            let mut say =
                |key: &str, zh: &str, en: &str| errors.extend(misfit(self.columns, row, key, zh, en));
            let id: Option<EnterpriseId> = row.text("id").and_then(|id| id.parse().ok());
            let before = id.as_ref().and_then(|id| self.known.get(id));
            if row.text("id").is_some() && before.is_none() {
                say("id", "没有这个编号；新增请留空", "No such id; leave it empty for a new enterprise");
            }
            let parent = row.text("parent").map(|id| id.parse::<EnterpriseId>());
            if parent.is_some_and(|id| id.is_err() || id.is_ok_and(|id| !self.known.contains_key(&id))) {
                say("parent", "库中没有这家上级企业", "The library holds no such parent");
            }
            let Some(facts) = sheet::facts(row)? else {
                say("credit_code", "不是有效的统一社会信用代码", "Not a valid unified social credit code");
                wrong.extend(errors);
                continue;
            };
            let same = Enterprise::same_as(conn, &facts)?.filter(|same| Some(same) != id.as_ref());
            if let Some(same) = same {
                let (zh, en) = (format!("已在库中，编号 {same}"), format!("In the library already: {same}"));
                say(if facts.credit_code.is_some() { "credit_code" } else { "name" }, &zh, &en);
            }
            let keys = [
                Some(facts.name_key.clone()),
                facts.credit_code.clone(),
                id.as_ref().map(ToString::to_string),
            ];
            for (key, value) in ["name", "credit_code", "id"].iter().zip(keys) {
                if let Some(first) = value.and_then(|value| seen.insert(format!("{key} {value}"), row.number))
                {
                    let (zh, en) = (format!("与第 {first} 行重复"), format!("The same as row {first}"));
                    say(key, &zh, &en);
                }
            }
            if errors.is_empty() {
                good.push(ImportedRow {
                    id: id.unwrap_or_else(EnterpriseId::fresh),
                    version: before.map_or(0, |one| one.version),
                    facts,
                    before: before.map(Enterprise::facts),
                });
            }
            wrong.extend(errors);
        }
        Ok((good, wrong))
    }
}
