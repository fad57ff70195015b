//! The values of the rules, dated: each holds from a time on, and what held before stays to be read.
use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::class_settings;
use crate::views::classes::rules::ClassRule;

pub const IN_THE_PAST: Code = Code::new(
    "class_setting.in_the_past",
    "新的分级规则只能从现在或以后生效",
    "A rule of classes takes effect now or later",
);
const ALREADY: Code = Code::new(
    "class_setting.already_set",
    "这一项在同一时间已有规定，请改用另一时间",
    "This rule has a value from the same time on; choose another time",
);

/// One value from one time on. The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = class_settings)]
pub struct ClassSetting {
    pub name: ClassRule,
    pub effective_at: Time,
    pub value: i32,
    pub reason: String,
    /// Nobody for what came with the program
    pub set_by: Option<AccountId>,
    pub set_at: Time,
}

impl ClassSetting {
    /// Every value that ever was, by name and then by time.
    pub fn all(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use class_settings as t;
        Ok(t::table.order((t::name.asc(), t::effective_at.asc())).load(conn)?)
    }

    /// What holds at a time.
    pub fn at(conn: &mut DbConn, at: Time) -> Result<BTreeMap<ClassRule, Self>, AppError> {
        let begun = Self::all(conn)?.into_iter().filter(|one| one.effective_at <= at);
        Ok(begun.map(|one| (one.name, one)).collect())
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(class_settings::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }
}
