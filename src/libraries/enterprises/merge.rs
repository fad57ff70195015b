//! A merge: a person finds that two records are one enterprise. Nothing moves, so that it can be undone.
use diesel::prelude::*;

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::enterprise_merges;

const HOLDS_OTHERS: Code = Code::new(
    "enterprise.holds_merged",
    "已有其他记录并入这家企业，请先撤销或改为并入对方",
    "Other records were merged into this one; undo that first, or merge the other way round",
);

crate::typed_id!(MergeId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enterprise_merges)]
pub struct Merge {
    pub id: MergeId,
    pub from_id: EnterpriseId,
    pub into_id: EnterpriseId,
    pub reason: String,
    pub merged_by: AccountId,
    pub merged_at: Time,
    pub undone_by: Option<AccountId>,
    pub undone_at: Option<Time>,
}

impl Merge {
    /// The record `from` is from now on read with `into`.
    pub fn make(
        conn: &mut DbConn,
        from: &EnterpriseId,
        into: &EnterpriseId,
        reason: &str,
        by: AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        if from == into {
            return Err(AppError::field("into_id", "input.choice"));
        }
        let (from, into) = (Enterprise::standing(conn, from)?, Enterprise::standing(conn, into)?);
        if !Enterprise::merged(conn, &from.id)?.is_empty() {
            return Err(AppError::Conflict(&HOLDS_OTHERS));
        }
        let merge = Self {
            id: MergeId::fresh(),
            from_id: from.id.clone(),
            into_id: into.id.clone(),
            reason: reason.to_owned(),
            merged_by: by,
            merged_at: now,
            undone_by: None,
            undone_at: None,
        };
        diesel::insert_into(enterprise_merges::table)
            .values(merge)
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&CONFLICT) } else { e.into() })?;
        Enterprise::set_merged(conn, &from.id, Some(&into.id))?;
        Enterprise::touch(conn, &into.id, now)
    }

    /// The merges into an enterprise that stand.
    pub fn into(conn: &mut DbConn, id: &EnterpriseId) -> Result<Vec<Self>, AppError> {
        use enterprise_merges as t;
        let standing = t::table.filter(t::into_id.eq(id.clone())).filter(t::undone_at.is_null());
        Ok(standing.order(t::id.asc()).load(conn)?)
    }

    /// Lets the merged record stand alone again; refused when its code or name is another record's by now.
    pub fn undo(conn: &mut DbConn, id: &MergeId, by: &AccountId, now: Time) -> Result<Self, AppError> {
        use enterprise_merges as t;
        let merge: Self = t::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        let set = (t::undone_by.eq(Some(by.clone())), t::undone_at.eq(Some(now)));
        let standing = t::table.find(id).filter(t::undone_at.is_null());
        if diesel::update(standing).set(set).execute(conn)? != 1 {
            return Err(AppError::Conflict(&CONFLICT));
        }
        Enterprise::set_merged(conn, &merge.from_id, None)?;
        Enterprise::touch(conn, &merge.into_id, now)?;
        Ok(merge)
    }
}
