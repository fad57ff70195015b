//! Hours by which talks are kept, dated: a talk keeps what was in force when it was booked.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::talks::Booking;
use crate::deals::talks::rules::{self, Side, Standing};
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::talk_settings;

pub const IN_THE_PAST: Code = Code::new(
    "talk_setting.in_the_past",
    "新的规定只能从现在或以后生效，已经预约的洽谈仍按当时的规定",
    "A setting takes effect now or later; what is booked keeps the setting of its day",
);
pub const ALREADY: Code = Code::new(
    "talk_setting.already_set",
    "这一项在同一时间已有规定，请改用另一时间",
    "This setting has a value from the same time on; choose another time",
);

crate::text_enum! {
    /// What can be set.
    pub enum TalkSettingName {
        CancelNotice = "cancel_notice", "取消至少提前（小时）", "Notice of a cancellation (hours)";
        ProposalHours = "proposal_hours", "改期提议等待答复（小时）", "A proposal waits (hours)";
        NoShowAfter = "no_show_after", "开始后多久可标记未到（分钟）", "An absence may be marked after (minutes)";
        NoShowWithin = "no_show_within", "未到标记与撤销的时限（小时）", "An absence is marked or taken back within (hours)";
        RemindFirst = "remind_first", "第一次提醒提前（小时）", "First reminder before (hours)";
        RemindSecond = "remind_second", "第二次提醒提前（小时）", "Second reminder before (hours)";
        OfferHours = "offer_hours", "候补时段保留（小时）", "Time is kept for who waits (hours)";
        MinutesDays = "minutes_days", "客商未答复多久可直接定稿纪要（天）", "Minutes stand without an answer after (days)";
    }
}

/// One value from one time on. The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = talk_settings)]
#[schema(as = TalkSettingView)]
pub struct TalkSetting {
    pub name: TalkSettingName,
    pub effective_at: Time,
    pub value: i32,
    pub reason: String,
    pub set_by: Option<AccountId>,
    pub set_at: Time,
}

impl TalkSetting {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(talk_settings::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }
}

/// Every value that ever was.
#[derive(Debug, Clone)]
pub struct Settings(Vec<TalkSetting>);

impl Settings {
    /// By name and then by time.
    pub fn load(conn: &mut DbConn) -> Result<Self, AppError> {
        use talk_settings as t;
        Ok(Self(t::table.order((t::name.asc(), t::effective_at.asc())).load(conn)?))
    }

    pub fn into_list(self) -> Vec<TalkSetting> {
        self.0
    }

    /// The value in force at a time; the migration has given each one from the beginning.
    pub fn at(&self, name: TalkSettingName, at: Time) -> i32 {
        let begun = self.0.iter().filter(|one| one.name == name && one.effective_at <= at);
        begun.max_by_key(|one| one.effective_at).map_or(0, |one| one.value)
    }

    /// From when on calling this talk off counts as late.
    pub fn late_from(&self, booking: &Booking) -> Time {
        rules::late_from(booking.starts_at, self.at(TalkSettingName::CancelNotice, booking.created_at))
    }

    /// What besides its state decides about a booking; `proposed` is the side whose proposal is open.
    pub fn standing(&self, booking: &Booking, proposed: Option<Side>) -> Standing {
        let set = |name| i64::from(self.at(name, booking.created_at));
        let from = booking.starts_at.plus(chrono::Duration::minutes(set(TalkSettingName::NoShowAfter)));
        let until = booking.starts_at.plus(chrono::Duration::hours(set(TalkSettingName::NoShowWithin)));
        Standing { proposed, absence: Some((from, until)), absent: booking.no_show_at.is_some() }
    }
}
