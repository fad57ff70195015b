//! A batch: one act on many enterprises, on all of them or none; for a day it can be taken back as a whole.
use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, Code, FORBIDDEN, FieldError};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId};
use crate::libraries::enterprises::log_entry::{LogEntry, LogKind};
use crate::libraries::enterprises::pursuit::{NO_UNIT, Pursuit, PursuitId};
use crate::libraries::industry::Industry;
use crate::people::auth::{AccountId, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::page::{Page, Paging};
use crate::schema::enterprise_batches;

const UNDONE: Code =
    Code::new("enterprise_batch.undone", "这次批量操作已经撤销", "This batch was taken back already");
const TOO_LATE: Code = Code::new(
    "enterprise_batch.too_late",
    "批量操作只能在一天之内撤销，请逐家修改",
    "A batch can be taken back within a day; change the enterprises one by one",
);
const GONE_ON: Code = Code::new(
    "enterprise_batch.gone_on",
    "其中有企业在这之后又有变化，不能整批撤销，请逐家修改",
    "Somebody has gone on with one of these since, so the batch stays; change the enterprises one by one",
);
/// At most so many at once, as the table has it.
pub const MOST: usize = 200;
const RESUMED: &str = "撤销批量结束，继续跟进";

crate::typed_id!(EnterpriseBatchId);
crate::text_enum! {
    /// What is done with many enterprises at once.
    pub enum EnterpriseBatchKind {
        Classify = "classify", "调整产业和环节", "Set industry and link";
        Court = "court", "开始跟进", "Court them";
        LetGo = "let_go", "结束跟进", "Let them go";
    }
}

/// What is to be done with each.
#[derive(Debug, Clone)]
pub enum BatchAct {
    /// What is left out stays as it is
    Classify {
        industry: Option<Industry>,
        chain_link: Option<String>,
    },
    Court {
        next: (String, NaiveDate),
    },
    LetGo {
        reason: String,
    },
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enterprise_batches)]
pub struct EnterpriseBatch {
    pub id: EnterpriseBatchId,
    pub kind: EnterpriseBatchKind,
    pub row_count: i32,
    /// [`BatchRow`]s
    pub contents: String,
    pub done_by: AccountId,
    pub done_at: Time,
    pub undone_at: Option<Time>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct BatchRow {
    id: EnterpriseId,
    /// As the act left it
    version: i32,
    industry: Industry,
    chain_link: Option<String>,
    /// The one that was opened or ended
    pursuit: Option<PursuitId>,
}

impl BatchAct {
    fn kind(&self) -> EnterpriseBatchKind {
        match self {
            Self::Classify { .. } => EnterpriseBatchKind::Classify,
            Self::Court { .. } => EnterpriseBatchKind::Court,
            Self::LetGo { .. } => EnterpriseBatchKind::LetGo,
        }
    }

    /// The operation that does the same with one.
    fn operation(&self) -> &'static str {
        match self {
            Self::Classify { .. } => "change_enterprise",
            Self::Court { .. } => "open_pursuit",
            Self::LetGo { .. } => "end_pursuit",
        }
    }

    /// Why it cannot be done with this one.
    fn obstacle(&self, standing: Option<&Enterprise>, courted: Option<&Pursuit>) -> Option<&'static str> {
        match (self, standing, courted) {
            (_, None, _) => Some("batch.gone"),
            (Self::Court { .. }, _, Some(_)) => Some("batch.already_courted"),
            (Self::LetGo { .. }, _, None) => Some("batch.not_courted"),
            _ => None,
        }
    }

    /// Does it with one that is held.
    fn perform(
        &self,
        tx: &mut Tx<'_>,
        one: &Enterprise,
        unit: &str,
        courted: Option<&Pursuit>,
    ) -> Result<BatchRow, AppError> {
        let mut row = BatchRow {
            id: one.id.clone(),
            version: one.version,
            industry: one.industry,
            chain_link: one.chain_link.clone(),
            pursuit: courted.map(|pursuit| pursuit.id.clone()),
        };
        match self {
            Self::Classify { industry, chain_link } => {
                let link = chain_link.as_deref().or(one.chain_link.as_deref());
                one.sort_anew(tx.conn, industry.unwrap_or(one.industry), link, tx.now)?;
                row.version += 1;
            }
            Self::Court { next } => {
                let pursuit = Pursuit::begin(&one.id, unit.to_owned(), next.clone(), tx.actor, tx.now);
                pursuit.insert(tx.conn)?;
                Enterprise::touch(tx.conn, &one.id, tx.now)?;
                row.pursuit = Some(pursuit.id);
            }
            Self::LetGo { reason } => {
                if let Some(pursuit) = courted {
                    pursuit.end(tx.conn, reason, tx.now)?;
                }
                note(tx, &one.id, LogKind::Ending, reason)?;
            }
        }
        Ok(row)
    }
}

/// A line in the log of one; it is touched by that.
fn note(tx: &mut Tx<'_>, id: &EnterpriseId, kind: LogKind, text: &str) -> Result<(), AppError> {
    LogEntry::new(id, kind, tx.now, text, tx.actor, tx.now).insert(tx.conn)?;
    Enterprise::touch(tx.conn, id, tx.now)
}

impl EnterpriseBatch {
    /// Does it with all of them, or names every one with which it cannot be done.
    pub fn make(tx: &mut Tx<'_>, ids: &[EnterpriseId], act: &BatchAct) -> Result<Self, AppError> {
        if tx.actor.doing(act.operation()).is_none() {
            return Err(AppError::Forbidden(&FORBIDDEN));
        }
        let unit = tx.actor.unit_id.clone().unwrap_or_default();
        if unit.is_empty() && !matches!(act, BatchAct::Classify { .. }) {
            return Err(AppError::Conflict(&NO_UNIT));
        }
        let standing = Enterprise::held(tx.conn, ids)?;
        let courted = match act {
            BatchAct::Classify { .. } => HashMap::new(),
            _ => Pursuit::of_unit(tx.conn, &unit, ids)?,
        };
        let mut seen = HashSet::new();
        let twice = |id| (!seen.insert(id)).then_some("batch.twice");
        let obstacles = ids.iter().map(twice).zip(ids).enumerate().filter_map(|(n, (twice, id))| {
            let code = twice.or_else(|| act.obstacle(standing.get(id), courted.get(id)))?;
            Some(FieldError::new(format!("ids[{n}]"), code))
        });
        let obstacles: Vec<FieldError> = obstacles.collect();
        if !obstacles.is_empty() {
            return Err(AppError::Invalid(obstacles));
        }
        let mut rows = Vec::new();
        for one in ids.iter().filter_map(|id| standing.get(id)) {
            rows.push(act.perform(tx, one, &unit, courted.get(&one.id))?);
            tx.each("enterprise", &one.id);
        }
        let batch = Self {
            id: EnterpriseBatchId::fresh(),
            kind: act.kind(),
            row_count: i32::try_from(rows.len()).unwrap_or(i32::MAX),
            contents: serde_json::to_string(&rows).map_err(AppError::internal)?,
            done_by: tx.actor.id.clone(),
            done_at: tx.now,
            undone_at: None,
        };
        diesel::insert_into(enterprise_batches::table).values(batch.clone()).execute(tx.conn)?;
        Ok(batch)
    }

    /// One's own, newest first.
    pub fn list(conn: &mut DbConn, actor: &Actor, paging: &Paging) -> Result<Page<Self>, AppError> {
        use enterprise_batches as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::done_by.eq(&actor.id)).into_boxed();
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |batch| vec![batch.id.to_string()]))
    }

    /// Until when it can be taken back.
    pub fn undo_until(&self) -> Time {
        self.done_at.plus(Duration::days(1))
    }

    /// Takes one's own batch back, if nobody has gone on with any of its enterprises.
    pub fn undo(tx: &mut Tx<'_>, id: &EnterpriseBatchId) -> Result<Self, AppError> {
        use enterprise_batches as t;
        let query = t::table.find(id).filter(t::done_by.eq(&tx.actor.id));
        let held: Option<Self> = Locked { query, skip: false }.get_result(tx.conn).optional()?;
        let batch = held.ok_or(AppError::NotFound)?;
        if batch.undone_at.is_some() {
            return Err(AppError::Conflict(&UNDONE));
        }
        if tx.now > batch.undo_until() {
            return Err(AppError::Conflict(&TOO_LATE));
        }
        let rows: Vec<BatchRow> = serde_json::from_str(&batch.contents).map_err(AppError::internal)?;
        let ids: Vec<EnterpriseId> = rows.iter().map(|row| row.id.clone()).collect();
        let standing = Enterprise::held(tx.conn, &ids)?;
        for row in &rows {
            let untouched = |one: &&Enterprise| one.version == row.version && one.touched_at == batch.done_at;
            let one = standing.get(&row.id).filter(untouched).ok_or(AppError::Conflict(&GONE_ON))?;
            match (batch.kind, &row.pursuit) {
                (EnterpriseBatchKind::Court, Some(pursuit)) => {
                    Pursuit::take_out(tx.conn, pursuit)?;
                    Enterprise::touch(tx.conn, &row.id, tx.now)?;
                }
                (EnterpriseBatchKind::LetGo, Some(pursuit)) => {
                    Pursuit::reopen(tx.conn, pursuit)?;
                    note(tx, &row.id, LogKind::Extension, RESUMED)?;
                }
                _ => one.sort_anew(tx.conn, row.industry, row.chain_link.as_deref(), tx.now)?,
            }
            tx.each("enterprise", &row.id);
        }
        let undone_at = Some(tx.now);
        diesel::update(t::table.find(&batch.id)).set(t::undone_at.eq(undone_at)).execute(tx.conn)?;
        Ok(Self { undone_at, ..batch })
    }
}
