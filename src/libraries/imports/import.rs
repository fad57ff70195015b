//! An import: a workbook checked first, then, when told, all its rows at once; with a way back.
use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::error::AppError;
use crate::libraries::imports::judge::{ImportedRow, judge};
use crate::libraries::imports::library::{Library, LibraryName};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::page::{Page, Paging};
use crate::platform::spreadsheet::reader::Cells;
use crate::platform::spreadsheet::{self, RowError};
use crate::schema::library_imports;

crate::typed_id!(LibraryImportId);
crate::text_enum! {
    /// How far a workbook of a library has come.
    pub enum LibraryImportState {
        Checked = "checked", "已检查，未导入", "Checked, not imported";
        Imported = "imported", "已导入", "Imported";
        Undone = "undone", "已撤销", "Undone";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = library_imports)]
pub struct LibraryImport {
    pub id: LibraryImportId,
    pub unit_id: Option<String>,
    pub file_name: String,
    pub row_count: i32,
    /// Rows that do not fit
    pub error_count: i32,
    /// [`RowError`]s
    pub errors: String,
    /// [`ImportedRow`]s
    pub contents: String,
    pub state: LibraryImportState,
    /// Rows that were left as they are when it was undone: somebody has gone on with them
    pub kept_count: i32,
    pub checked_by: AccountId,
    pub checked_by_name: String,
    pub checked_at: Time,
    pub imported_at: Option<Time>,
    pub undone_at: Option<Time>,
    pub library: LibraryName,
}

impl LibraryImport {
    /// The dry run: every row judged, nothing changed.
    pub fn check<L: Library>(
        conn: &mut DbConn,
        actor: &Actor,
        file_name: &str,
        cells: &Cells,
        now: Time,
    ) -> Result<Self, AppError> {
        let columns = L::columns();
        let (rows, mut errors) = spreadsheet::rows(&columns, cells)?;
        let (contents, more) = judge::<L>(conn, actor, &columns, &rows)?;
        errors.extend(more);
        errors.sort_by_key(|error| error.row);
        let bad: BTreeSet<u32> = errors.iter().map(|error| error.row).collect();
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Ok(Self {
            id: LibraryImportId::fresh(),
            unit_id: actor.unit_id.clone(),
            file_name: file_name.to_owned(),
            row_count: count(contents.len() + bad.len()),
            error_count: count(bad.len()),
            errors: serde_json::to_string(&errors).map_err(AppError::internal)?,
            contents: serde_json::to_string(&contents).map_err(AppError::internal)?,
            state: LibraryImportState::Checked,
            kept_count: 0,
            checked_by: actor.id.clone(),
            checked_by_name: actor.name.clone(),
            checked_at: now,
            imported_at: None,
            undone_at: None,
            library: L::NAME,
        })
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(library_imports::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The import into this library, for whom it lies within reach.
    pub fn find<L: Library>(
        conn: &mut DbConn,
        actor: &Actor,
        id: &LibraryImportId,
    ) -> Result<Self, AppError> {
        let found: Option<Self> = library_imports::table.find(id).first(conn).optional()?;
        let found = found.filter(|one| one.library == L::NAME);
        let reached = found.filter(|one| actor.reaches(Some(&one.checked_by), one.unit_id.as_deref()));
        reached.ok_or(AppError::NotFound)
    }

    /// One's own import, held for this transaction.
    pub fn take<L: Library>(
        conn: &mut DbConn,
        actor: &Actor,
        id: &LibraryImportId,
    ) -> Result<Self, AppError> {
        let query = library_imports::table.find(id).select(library_imports::id);
        let _held: Option<LibraryImportId> = Locked { query, skip: false }.get_result(conn).optional()?;
        Self::find::<L>(conn, actor, id)
    }

    /// Newest first: one's own, and those of one's unit or all, as far as one reaches.
    pub fn list<L: Library>(
        conn: &mut DbConn,
        actor: &Actor,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use library_imports as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::library.eq(L::NAME)).into_boxed();
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

    fn rows<L: Library>(&self) -> Result<Vec<ImportedRow<L::Facts>>, AppError> {
        serde_json::from_str(&self.contents).map_err(AppError::internal)
    }

    /// Writes all rows, or none: what somebody else wrote since the check refuses the whole.
    pub fn confirm<L: Library>(&self, conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
        use library_imports as t;
        if self.state != LibraryImportState::Checked {
            return Err(AppError::Conflict(L::DONE));
        }
        if self.error_count > 0 {
            return Err(AppError::Conflict(L::HAS_ERRORS));
        }
        let rows = self.rows::<L>()?;
        let count = rows.len();
        for row in rows {
            if row.version == 0 {
                L::add(conn, &row.id, row.facts, &self.checked_by, now)?;
            } else {
                L::change(conn, &row.id, row.version, row.facts, now)?;
            }
        }
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(LibraryImportState::Imported), t::imported_at.eq(Some(now))))
            .execute(conn)?;
        Ok(count)
    }

    /// Takes back every row with which nobody has gone on; gives how many were left.
    pub fn undo<L: Library>(&self, conn: &mut DbConn, now: Time) -> Result<i32, AppError> {
        use library_imports as t;
        if self.state != LibraryImportState::Imported {
            return Err(AppError::Conflict(L::DONE));
        }
        let mut kept = 0;
        // Backwards: a new one may be named by a later one.
        for row in self.rows::<L>()?.into_iter().rev() {
            let gone = match row.before {
                None => L::take_out(conn, &row.id)?,
                Some(before) => L::change_back(conn, &row.id, row.version + 1, before, now)?,
            };
            kept += i32::from(!gone);
        }
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(LibraryImportState::Undone),
                t::undone_at.eq(Some(now)),
                t::kept_count.eq(kept),
            ))
            .execute(conn)?;
        Ok(kept)
    }
}
