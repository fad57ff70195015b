//! An import: a workbook checked first, then, when told, all its rows at once as drafts; with a way back.
use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, Code};
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::site::Site;
use crate::libraries::map::site_content::SiteContent;
use crate::libraries::map::site_sheet;
use crate::libraries::map::site_version::{ALREADY_OPEN, Author, NOT_OPEN, OWN, SiteVersion, VersionState};
use crate::people::auth::{AccountId, Actor};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::id;
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::reader::Cells;
use crate::platform::spreadsheet::{self, Column, Row, RowError, misfit};
use crate::schema::{map_imports, map_site_versions};

pub const HAS_ERRORS: Code = Code::new(
    "import.has_errors",
    "还有不符合要求的行，请改好后重新上传；未导入任何内容",
    "Some rows do not fit; correct them and upload the workbook again. Nothing was imported",
);
pub const NOT_CHECKED: Code = Code::new(
    "import.already_done",
    "这次导入已经处理过，请刷新查看",
    "This import has been dealt with; refresh to see",
);

crate::typed_id!(ImportId);
crate::text_enum! {
    /// How far an import has come.
    pub enum ImportState {
        Checked = "checked", "已检查，未导入", "Checked, not imported";
        Imported = "imported", "已导入，待复核", "Imported, to be reviewed";
        Undone = "undone", "已撤销", "Undone";
    }
}

/// One row that fits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportedRow {
    pub row: u32,
    /// The site that it changes; a new one has an id already
    pub site_id: String,
    pub base_number: i32,
    pub content: SiteContent,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = map_imports)]
pub struct SiteImport {
    pub id: ImportId,
    pub unit_id: Option<String>,
    pub file_name: String,
    pub file_sha256: String,
    pub row_count: i32,
    /// Rows that do not fit
    pub error_count: i32,
    /// [`RowError`]s
    pub errors: String,
    /// [`ImportedRow`]s
    pub contents: String,
    pub state: ImportState,
    pub checked_by: AccountId,
    pub checked_by_name: String,
    pub checked_at: Time,
    pub imported_at: Option<Time>,
    pub undone_at: Option<Time>,
}

/// A file as it was uploaded.
pub struct Upload<'a> {
    pub name: &'a str,
    pub sha256: String,
    pub cells: &'a Cells,
}

/// As much of an import as a list needs.
pub type Listed = (ImportId, String, i32, i32, ImportState, String, AccountId, Time);

impl SiteImport {
    /// The dry run: every row judged, nothing changed.
    pub fn check(conn: &mut DbConn, actor: &Actor, upload: &Upload<'_>, now: Time) -> Result<Self, AppError> {
        let units = Unit::all(conn)?;
        let columns = site_sheet::columns(&units);
        let (rows, mut errors) = spreadsheet::rows(&columns, upload.cells)?;
        let keeper = Keeper::of(conn, actor)?;
        let (contents, more) = Judge::new(conn, &keeper, &units, &columns, &rows)?.judge(&rows)?;
        errors.extend(more);
        errors.sort_by_key(|error| error.row);
        let bad: BTreeSet<u32> = errors.iter().map(|error| error.row).collect();
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(Self {
            id: ImportId::fresh(),
            unit_id: keeper.unit_id,
            file_name: upload.name.to_owned(),
            file_sha256: upload.sha256.clone(),
            row_count: count(contents.len() + bad.len()),
            error_count: count(bad.len()),
            errors: serde_json::to_string(&errors).map_err(AppError::internal)?,
            contents: serde_json::to_string(&contents).map_err(AppError::internal)?,
            state: ImportState::Checked,
            checked_by: actor.id.clone(),
            checked_by_name: actor.name.clone(),
            checked_at: now,
            imported_at: None,
            undone_at: None,
        })
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(map_imports::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The import, held for this transaction.
    pub fn take(conn: &mut DbConn, actor: &Actor, id: &ImportId) -> Result<Self, AppError> {
        let query = map_imports::table.find(id).select(map_imports::id);
        let _held: Option<ImportId> = Locked { query, skip: false }.get_result(conn).optional()?;
        Self::find(conn, actor, id)
    }

    /// The import, for its maker and for whoever keeps the unit.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &ImportId) -> Result<Self, AppError> {
        let found: Self = map_imports::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        let keeper = Keeper::of(conn, actor)?;
        if !actor.is(&found.checked_by) {
            keeper.must_know(conn, found.unit_id.as_deref().unwrap_or_default())?;
        }
        Ok(found)
    }

    /// Newest first.
    pub fn list(conn: &mut DbConn, keeper: &Keeper, paging: &Paging) -> Result<Page<Listed>, AppError> {
        use map_imports as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if let Some(unit) = keeper.narrowed_to() {
            query = query.filter(t::unit_id.eq(Some(unit)));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Listed> = query
            .order(t::id.desc())
            .limit(limit + 1)
            .select((
                t::id,
                t::file_name,
                t::row_count,
                t::error_count,
                t::state,
                t::checked_by_name,
                t::checked_by,
                t::checked_at,
            ))
            .load(conn)?;
        Ok(Page::of(rows, limit, |row| vec![row.0.to_string()]))
    }

    pub fn row_errors(&self) -> Result<Vec<RowError>, AppError> {
        serde_json::from_str(&self.errors).map_err(AppError::internal)
    }

    fn rows(&self) -> Result<Vec<ImportedRow>, AppError> {
        serde_json::from_str(&self.contents).map_err(AppError::internal)
    }

    /// Makes drafts of all rows, or of none.
    pub fn confirm(&self, conn: &mut DbConn, actor: &Actor, now: Time) -> Result<usize, AppError> {
        use map_imports as t;
        if self.state != ImportState::Checked {
            return Err(AppError::Conflict(&NOT_CHECKED));
        }
        if self.error_count > 0 {
            return Err(AppError::Conflict(&HAS_ERRORS));
        }
        let rows = self.rows()?;
        let author =
            Author { actor, now, note: Some(self.file_name.clone()), import_id: Some(self.id.to_string()) };
        let drafts: Vec<SiteVersion> = rows
            .iter()
            .map(|row| SiteVersion::draft(row.site_id.clone(), row.base_number, &row.content, &author))
            .collect::<Result<_, _>>()?;
        SiteVersion::insert_all(conn, &drafts)?;
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(ImportState::Imported), t::imported_at.eq(Some(now))))
            .execute(conn)?;
        Ok(drafts.len())
    }

    fn drafts(&self, conn: &mut DbConn) -> Result<Vec<SiteVersion>, AppError> {
        use map_site_versions as t;
        Ok(t::table
            .filter(t::import_id.eq(Some(self.id.to_string())))
            .filter(t::state.eq_any([VersionState::Open, VersionState::Returned]))
            .order(t::id.asc())
            .load(conn)?)
    }

    /// Publishes all its drafts that wait, by somebody else than their author; gives the sites.
    pub fn publish(&self, conn: &mut DbConn, by: &Actor, now: Time) -> Result<Vec<String>, AppError> {
        if by.is(&self.checked_by) {
            return Err(AppError::Conflict(&OWN));
        }
        if self.state != ImportState::Imported {
            return Err(AppError::Conflict(&NOT_CHECKED));
        }
        let keeper = Keeper::of(conn, by)?;
        let mut sites = Vec::new();
        for draft in self.drafts(conn)?.into_iter().filter(|draft| draft.state == VersionState::Open) {
            keeper.must_keep(&draft.unit_id, draft.park_id.as_deref())?;
            draft.publish(conn, by, now)?;
            sites.push(draft.site_id);
        }
        if sites.is_empty() { Err(AppError::Conflict(&NOT_OPEN)) } else { Ok(sites) }
    }

    /// Discards all its drafts that are not published; gives how many.
    pub fn undo(&self, conn: &mut DbConn, by: &Actor, now: Time) -> Result<usize, AppError> {
        use map_imports as t;
        if self.state != ImportState::Imported {
            return Err(AppError::Conflict(&NOT_CHECKED));
        }
        let reviewer = (!by.is(&self.checked_by)).then_some(by);
        let discarded = diesel::update(
            map_site_versions::table
                .filter(map_site_versions::import_id.eq(Some(self.id.to_string())))
                .filter(map_site_versions::state.eq_any([VersionState::Open, VersionState::Returned])),
        )
        .set((
            map_site_versions::state.eq(VersionState::Discarded),
            map_site_versions::reviewed_by.eq(reviewer.map(|actor| actor.id.clone())),
            map_site_versions::reviewed_by_name.eq(reviewer.map(|actor| actor.name.clone())),
            map_site_versions::reviewed_at.eq(Some(now)),
        ))
        .execute(conn)?;
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(ImportState::Undone), t::undone_at.eq(Some(now))))
            .execute(conn)?;
        Ok(discarded)
    }

    /// How many of its drafts are in which state.
    pub fn progress(&self, conn: &mut DbConn) -> Result<HashMap<VersionState, i64>, AppError> {
        use map_site_versions as t;
        let rows: Vec<(VersionState, i64)> = t::table
            .filter(t::import_id.eq(Some(self.id.to_string())))
            .group_by(t::state)
            .select((t::state, diesel::dsl::count_star()))
            .load(conn)?;
        Ok(rows.into_iter().collect())
    }
}

/// What all rows of a sheet are judged against, read in one query each.
struct Judge<'a> {
    keeper: &'a Keeper,
    parents: HashMap<&'a str, Option<&'a str>>,
    columns: &'a [Column],
    sites: HashMap<String, (Site, SiteContent)>,
    numbers: HashMap<String, i32>,
    waiting: HashSet<String>,
}

impl<'a> Judge<'a> {
    fn new(
        conn: &mut DbConn,
        keeper: &'a Keeper,
        units: &'a [Unit],
        columns: &'a [Column],
        rows: &[Row],
    ) -> Result<Self, AppError> {
        let ids: Vec<String> = rows.iter().filter_map(|row| row.text("id").map(str::to_owned)).collect();
        let mut sites = HashMap::new();
        let mut numbers = HashMap::new();
        let mut waiting = HashSet::new();
        for some in ids.chunks(500) {
            for (site, _, _) in Site::named(conn, some.to_vec())? {
                let content = SiteContent::of(conn, &site)?;
                sites.insert(site.id.clone(), (site, content));
            }
            numbers.extend(SiteVersion::numbers(conn, some.to_vec())?);
            waiting.extend(SiteVersion::waiting(conn, some.to_vec())?.into_keys());
        }
        let parents = units.iter().map(|unit| (unit.id.as_str(), unit.parent_id.as_deref())).collect();
        Ok(Self { keeper, parents, columns, sites, numbers, waiting })
    }

    fn judge(&self, rows: &[Row]) -> Result<(Vec<ImportedRow>, Vec<RowError>), AppError> {
        let (mut good, mut wrong) = (Vec::new(), Vec::new());
        let mut seen: HashMap<String, u32> = HashMap::new();
        for row in rows {
            let before = row.text("id").and_then(|id| self.sites.get(id));
            let content = site_sheet::content(row, before.map(|(_, content)| content.clone()))?;
            let mut errors = self.errors(row, &content, before.map(|(site, _)| site));
            let key = row.text("id").map_or_else(
                || format!("{} {}", content.unit_id.as_str(), content.name.as_str()),
                str::to_owned,
            );
            if let Some(first) = seen.insert(key, row.number) {
                let key = if row.text("id").is_some() { "id" } else { "name" };
                errors.extend(misfit(
                    self.columns,
                    row,
                    key,
                    &format!("与第 {first} 行重复"),
                    &format!("The same as row {first}"),
                ));
            }
            if errors.is_empty() {
                let site_id = row.text("id").map_or_else(id::fresh, str::to_owned);
                let base_number = self.numbers.get(&site_id).copied().unwrap_or(0);
                good.push(ImportedRow { row: row.number, site_id, base_number, content });
            }
            wrong.extend(errors);
        }
        Ok((good, wrong))
    }

    fn errors(&self, row: &Row, content: &SiteContent, before: Option<&Site>) -> Vec<RowError> {
        let mut errors = Vec::new();
        let mut say = |key: &str, zh: &str, en: &str| {
            errors.extend(misfit(self.columns, row, key, zh, en));
        };
        for problem in content.problems() {
            let key = match problem.field.as_str() {
                "price_fen_per_mu" => "price",
                "rent_fen_per_m2_month" => "rent",
                "plot_ratio_hundredths" => "plot_ratio",
                "floor_load_kg_m2" => "floor_load",
                "clear_height_cm" => "clear_height",
                "hoist_kg" => "hoist",
                "span_cm" => "span",
                field => field,
            };
            say(key, &problem.detail, &problem.detail_en);
        }
        let (unit, park) = (content.unit_id.as_str(), content.park_id.as_ref().map(|park| park.as_str()));
        if !self.keeper.keeps(unit, park) {
            say(
                "unit_id",
                "只能填写本单位或本园区的选址",
                "You can keep sites of your own unit or park only",
            );
        }
        if park.is_some_and(|park| self.parents.get(park).copied().flatten() != Some(unit)) {
            say("park_id", "园区不在所填的责任单位", "The park does not lie in that unit");
        }
        if let Some(id) = row.text("id") {
            match before {
                None => say("id", "没有这个编号；新增请留空", "No such id; leave it empty for a new site"),
                Some(site) => {
                    if !self.keeper.keeps(&site.unit_id, site.park_id.as_deref()) {
                        say("id", "这处选址不归您维护", "This site is not yours to keep");
                    }
                    if site.kind != content.kind {
                        say("kind", "已有选址不能更改类型", "The kind of a site stays");
                    }
                    if site.unit_id != unit && !self.keeper.coordinates {
                        say("unit_id", "已有选址不能更改责任单位", "The unit of a site stays");
                    }
                    if self.waiting.contains(id) {
                        say("id", ALREADY_OPEN.zh, ALREADY_OPEN.en);
                    }
                }
            }
        }
        errors
    }
}

/// What tells one upload from another.
pub fn digest(bytes: &[u8]) -> String {
    sha256_hex(bytes)
}
