//! When and by which road someone wants to be told outside the app. The inbox has everything, whatever is set.
use std::collections::HashMap;

use chrono::Duration;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, FieldError};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::notification_settings;
use crate::views::notifications::rule::NotificationKind;

/// Minutes of a day.
const DAY: i32 = 24 * 60;
/// When the summary comes unless one says otherwise: 9:00.
const MORNING: i32 = 9 * 60;

crate::text_enum! {
    /// How often someone is told outside the app.
    pub enum Rhythm {
        AtOnce = "at_once", "每条及时提醒", "Each one at once";
        Daily = "daily", "每天汇总一次", "One summary a day";
    }
}

/// Minutes after midnight in China in which nothing is sent; they may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    #[schema(minimum = 0, maximum = 1439)]
    pub from_minute: i32,
    /// The first that is loud again
    #[schema(minimum = 0, maximum = 1439)]
    pub until_minute: i32,
}

impl QuietHours {
    /// `at`, or when the quiet that it lies in ends.
    fn loud_at(self, at: Time) -> Time {
        let minute = at.minute_of_day();
        let quiet = (self.until_minute - self.from_minute).rem_euclid(DAY);
        if (minute - self.from_minute).rem_euclid(DAY) < quiet {
            at.plus(Duration::minutes((self.until_minute - minute).rem_euclid(DAY).into()))
        } else {
            at
        }
    }
}

/// What one may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationWish {
    pub quiet: Option<QuietHours>,
    pub rhythm: Rhythm,
    /// When the summary comes, in minutes after midnight in China
    #[schema(minimum = 0, maximum = 1439)]
    pub daily_minute: i32,
    /// What one is told of in the inbox alone
    #[schema(max_items = 20)]
    pub muted: Vec<NotificationKind>,
    /// Text messages where WeChat may not tell
    pub sms: bool,
    /// Mail to the address that one has confirmed
    #[serde(default = "wanted")]
    pub mail: bool,
}

fn wanted() -> bool {
    true
}

impl NotificationWish {
    pub fn problems(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let within = |minute: i32| (0..DAY).contains(&minute);
        if let Some(quiet) = self.quiet {
            if !within(quiet.from_minute) {
                wrong.push(FieldError::new("quiet.from_minute", "input.range"));
            }
            // Two equal ends would be no quiet at all, or a day of it.
            if !within(quiet.until_minute) || quiet.until_minute == quiet.from_minute {
                wrong.push(FieldError::new("quiet.until_minute", "input.range"));
            }
        }
        if !within(self.daily_minute) {
            wrong.push(FieldError::new("daily_minute", "input.range"));
        }
        let mut kinds = self.muted.clone();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() != self.muted.len() {
            wrong.push(FieldError::new("muted", "input.choice"));
        }
        wrong
    }
}

#[derive(Debug, Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = notification_settings, primary_key(account_id), treat_none_as_null = true)]
pub struct Setting {
    pub account_id: AccountId,
    pub quiet_from: Option<i32>,
    pub quiet_until: Option<i32>,
    pub rhythm: Rhythm,
    pub daily_minute: i32,
    /// [`NotificationKind`]s, as JSON
    pub muted: String,
    pub sms: bool,
    /// When the next summary is due
    pub summary_at: Option<Time>,
    pub updated_at: Time,
    pub mail: bool,
}

impl Setting {
    /// Of whoever has set nothing.
    fn new(account: &AccountId, now: Time) -> Self {
        Self {
            account_id: account.clone(),
            quiet_from: None,
            quiet_until: None,
            rhythm: Rhythm::AtOnce,
            daily_minute: MORNING,
            muted: "[]".to_owned(),
            sms: false,
            summary_at: None,
            updated_at: now,
            mail: true,
        }
    }

    pub fn of(conn: &mut DbConn, account: &AccountId, now: Time) -> Result<Self, AppError> {
        use notification_settings as t;
        let kept = t::table.find(account).first(conn).optional()?;
        Ok(kept.unwrap_or_else(|| Self::new(account, now)))
    }

    /// Of those of these people who have set something.
    pub fn of_all(conn: &mut DbConn, accounts: Vec<AccountId>) -> Result<HashMap<AccountId, Self>, AppError> {
        use notification_settings as t;
        let rows: Vec<Self> = t::table.filter(t::account_id.eq_any(accounts)).load(conn)?;
        Ok(rows.into_iter().map(|row| (row.account_id.clone(), row)).collect())
    }

    /// Replaces what someone has set.
    pub fn keep(
        conn: &mut DbConn,
        account: &AccountId,
        wish: &NotificationWish,
        now: Time,
    ) -> Result<Self, AppError> {
        use notification_settings as t;
        let before = Self::of(conn, account, now)?;
        let row = Self {
            quiet_from: wish.quiet.map(|quiet| quiet.from_minute),
            quiet_until: wish.quiet.map(|quiet| quiet.until_minute),
            rhythm: wish.rhythm,
            daily_minute: wish.daily_minute,
            muted: serde_json::json!(wish.muted).to_string(),
            sms: wish.sms,
            mail: wish.mail,
            summary_at: (wish.rhythm == Rhythm::Daily).then(|| next(wish.daily_minute, now)),
            updated_at: now,
            ..before
        };
        crate::each_database!(conn, c => diesel::insert_into(t::table)
            .values(&row)
            .on_conflict(t::account_id)
            .do_update()
            .set(&row)
            .execute(c))?;
        Ok(row)
    }

    pub fn wish(&self) -> NotificationWish {
        NotificationWish {
            quiet: self.quiet(),
            rhythm: self.rhythm,
            daily_minute: self.daily_minute,
            muted: self.muted(),
            sms: self.sms,
            mail: self.mail,
        }
    }

    fn quiet(&self) -> Option<QuietHours> {
        let (from_minute, until_minute) = self.quiet_from.zip(self.quiet_until)?;
        Some(QuietHours { from_minute, until_minute })
    }

    fn muted(&self) -> Vec<NotificationKind> {
        serde_json::from_str(&self.muted).unwrap_or_default()
    }

    /// How a matter of this kind is told outside the app, if at all.
    pub fn tells(&self, kind: NotificationKind) -> Option<Rhythm> {
        (!self.muted().contains(&kind)).then_some(self.rhythm)
    }

    /// Whether a matter of this kind goes by mail now; what changes a calendar does not wait for the summary.
    pub fn mails(&self, kind: NotificationKind, changes_calendar: bool) -> bool {
        self.mail && self.tells(kind).is_some_and(|rhythm| rhythm == Rhythm::AtOnce || changes_calendar)
    }

    /// `at`, or the end of the quiet hours that it lies in.
    pub fn loud_at(&self, at: Time) -> Time {
        self.quiet().map_or(at, |quiet| quiet.loud_at(at))
    }

    /// Those whose summary is due.
    pub fn due(conn: &mut DbConn, now: Time, most: i64) -> Result<Vec<Self>, AppError> {
        use notification_settings as t;
        let due = t::table.filter(t::summary_at.le(now));
        Ok(due.order(t::summary_at.asc()).limit(most).load(conn)?)
    }

    /// Takes the summary that is due; `false` when another worker has.
    pub fn take_summary(&self, conn: &mut DbConn, now: Time) -> Result<bool, AppError> {
        use notification_settings as t;
        let before = t::table.find(&self.account_id).filter(t::summary_at.eq(self.summary_at));
        let after = t::summary_at.eq(Some(next(self.daily_minute, now)));
        Ok(diesel::update(before).set(after).execute(conn)? == 1)
    }
}

/// The next time that it is so many minutes after midnight in China, after `now`.
fn next(minute: i32, now: Time) -> Time {
    let today = now.midnight().plus(Duration::minutes(minute.into()));
    if today > now { today } else { today.plus(Duration::days(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many minutes after midnight in China.
    fn at(minute: i64) -> Time {
        let midnight = "2026-11-26T16:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        Time::from(midnight).plus(Duration::minutes(minute))
    }

    #[test]
    fn quiet_hours_go_over_midnight_and_end_on_their_minute() {
        let night = QuietHours { from_minute: 22 * 60, until_minute: 7 * 60 };
        for (minute, loud) in [
            (22 * 60 - 1, 22 * 60 - 1),
            (22 * 60, 31 * 60),
            (23 * 60 + 59, 31 * 60),
            (0, 7 * 60),
            (7 * 60 - 1, 7 * 60),
            (7 * 60, 7 * 60),
        ] {
            assert_eq!(night.loud_at(at(minute)), at(loud), "{minute}");
        }
        let noon = QuietHours { from_minute: 12 * 60, until_minute: 14 * 60 };
        for (minute, loud) in [(12 * 60 - 1, 12 * 60 - 1), (12 * 60, 14 * 60), (14 * 60, 14 * 60)] {
            assert_eq!(noon.loud_at(at(minute)), at(loud), "{minute}");
        }
    }

    #[test]
    fn the_next_summary_is_today_or_tomorrow_and_never_now() {
        for (now, then) in [(0, 540), (539, 540), (540, 540 + 1440), (600, 540 + 1440)] {
            assert_eq!(next(540, at(now)), at(then), "{now}");
        }
        assert_eq!(next(0, at(0)), at(1440));
    }

    #[test]
    fn a_wish_that_cannot_be_is_named_by_field() {
        let wish = NotificationWish {
            quiet: Some(QuietHours { from_minute: 60, until_minute: 60 }),
            rhythm: Rhythm::Daily,
            daily_minute: DAY,
            muted: vec![NotificationKind::Talk, NotificationKind::Talk],
            sms: false,
            mail: true,
        };
        let fields: Vec<String> = wish.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["quiet.until_minute", "daily_minute", "muted"]);
    }
}
