//! Days and limits of leads, dated: what was in force when something began stays in force for it.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::lead_settings;

pub const IN_THE_PAST: Code = Code::new(
    "lead_setting.in_the_past",
    "新的规定只能从现在或以后生效，已经发生的事仍按当时的规定",
    "A setting takes effect now or later; what has begun keeps the setting of its day",
);
pub const ALREADY: Code = Code::new(
    "lead_setting.already_set",
    "这一项在同一时间已有规定，请改用另一时间",
    "This setting has a value from the same time on; choose another time",
);

crate::text_enum! {
    /// What can be set.
    pub enum SettingName {
        ClockLevel1 = "clock_level_1", "第一次提醒（天）", "First reminder (days)";
        ClockLevel2 = "clock_level_2", "第二级上报（天）", "Second level (days)";
        ClockLevel3 = "clock_level_3", "第三级上报（天）", "Third level (days)";
        ClockLevel4 = "clock_level_4", "第四级上报并收回（天）", "Fourth level and back to the pool (days)";
        PauseDays = "pause_days", "一次暂停最长（天）", "Longest pause (days)";
        AppealDays = "appeal_days", "认定后可申请复核（天）", "Appeal after a ruling (days)";
        ConfirmDays = "confirm_days", "客商确认链接有效（天）", "Investor's link holds (days)";
        PoolClaims = "pool_claims", "单位同时认领上限（条）", "Claims of a unit at once";
        FormPerPhone = "form_per_phone", "公开表单每号每日（次）", "Public form: a phone a day";
        FormPerAddress = "form_per_address", "公开表单每地址每日（次）", "Public form: an address a day";
        Attachments = "attachments", "每条信息附件上限（个）", "Attachments of a lead";
    }
}

/// One value from one time on. The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = lead_settings)]
#[schema(as = LeadSettingView)]
pub struct Setting {
    pub name: SettingName,
    pub effective_at: Time,
    pub value: i32,
    pub reason: String,
    pub set_by: Option<AccountId>,
    pub set_at: Time,
}

impl Setting {
    /// The value in force at a time.
    pub fn at(conn: &mut DbConn, name: SettingName, at: Time) -> Result<i32, AppError> {
        use lead_settings as t;
        let query = t::table.filter(t::name.eq(name)).filter(t::effective_at.le(at));
        Ok(query.order(t::effective_at.desc()).select(t::value).first(conn)?)
    }

    /// As [`Self::at`], in days.
    pub fn days(conn: &mut DbConn, name: SettingName, at: Time) -> Result<Duration, AppError> {
        Ok(Duration::days(i64::from(Self::at(conn, name, at)?)))
    }

    /// The days of the four levels of a clock that began at a time.
    pub fn levels(conn: &mut DbConn, at: Time) -> Result<Vec<i32>, AppError> {
        use SettingName::{ClockLevel1, ClockLevel2, ClockLevel3, ClockLevel4};
        [ClockLevel1, ClockLevel2, ClockLevel3, ClockLevel4].iter().map(|n| Self::at(conn, *n, at)).collect()
    }

    /// Every value that ever was, by name and then by time.
    pub fn all(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use lead_settings as t;
        Ok(t::table.order((t::name.asc(), t::effective_at.asc())).load(conn)?)
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_settings::table).values(self.clone()).execute(conn).map_err(|e| {
            if crate::platform::db::is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() }
        })?;
        Ok(())
    }
}
