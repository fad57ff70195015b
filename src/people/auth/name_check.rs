//! 实名确认: a name that WeChat's real-person check has confirmed, once and only if the person wants it.
//!
//! It adds a mark and opens no door: whoever does without it may do all the same things
//! (《人脸识别技术应用安全管理办法》: a face must not be the only way).
use chrono::Duration;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::schema::auth_name_checks;

/// WeChat's own limit; afterwards another check is begun.
const LIFE: Duration = Duration::hours(1);
/// Each check costs, and a face is not to be guessed.
const MOST_A_DAY: i64 = 5;

const ALREADY: Code =
    Code::new("name_check.already", "您的姓名已经确认过了", "Your name has been confirmed already");
const ENOUGH: Code = Code::new(
    "name_check.too_many",
    "今天的核验次数已用完，请明天再试",
    "No more checks today; try again tomorrow",
);

crate::typed_id!(NameCheckId);
crate::text_enum! {
    pub enum NameCheckState {
        Open = "open", "进行中", "Under way";
        Passed = "passed", "已确认", "Confirmed";
        Failed = "failed", "未通过", "Not confirmed";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_name_checks)]
pub struct NameCheck {
    pub id: NameCheckId,
    pub account_id: AccountId,
    pub open_id: String,
    pub name: String,
    pub verify_id: String,
    pub state: NameCheckState,
    pub begun_at: Time,
    pub ended_at: Option<Time>,
}

impl NameCheckId {
    /// As WeChat takes it: at most 32 letters and digits.
    pub fn sequence(&self) -> String {
        self.as_str().replace('-', "")
    }
}

impl NameCheck {
    /// # Errors
    /// `Conflict` when the name is confirmed, `TooMany` when the day's checks are used up.
    pub fn may_begin(conn: &mut DbConn, account: &AccountId, now: Time) -> Result<(), AppError> {
        use auth_name_checks as t;
        if Self::passed(conn, account)?.is_some() {
            return Err(AppError::Conflict(&ALREADY));
        }
        let today = t::table.filter(t::account_id.eq(account)).filter(t::begun_at.ge(now.midnight()));
        let begun: i64 = today.count().get_result(conn)?;
        if begun < MOST_A_DAY {
            return Ok(());
        }
        let left = now.midnight().plus(Duration::days(1)).since(now).num_seconds();
        Err(AppError::TooMany { code: &ENOUGH, retry_after: u64::try_from(left).unwrap_or(1) })
    }

    /// Begins it; one that was left open is over.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use auth_name_checks as t;
        let own = t::table.filter(t::account_id.eq(&self.account_id));
        let open: Vec<Self> = own.filter(t::state.eq(NameCheckState::Open)).load(conn)?;
        for mut left in open {
            left.end(conn, NameCheckState::Failed, self.begun_at)?;
        }
        diesel::insert_into(t::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The person's own check.
    pub fn find(conn: &mut DbConn, id: &NameCheckId, account: &AccountId) -> Result<Self, AppError> {
        use auth_name_checks as t;
        let own = t::table.find(id).filter(t::account_id.eq(account));
        own.first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// The check by which the person's name was confirmed.
    pub fn passed(conn: &mut DbConn, account: &AccountId) -> Result<Option<Self>, AppError> {
        use auth_name_checks as t;
        let passed = t::table.filter(t::account_id.eq(account)).filter(t::state.eq(NameCheckState::Passed));
        Ok(passed.first(conn).optional()?)
    }

    /// Of a check that confirmed nothing no name is kept.
    ///
    /// # Errors
    /// `Conflict` when another check has confirmed the name meanwhile.
    pub fn end(&mut self, conn: &mut DbConn, state: NameCheckState, now: Time) -> Result<(), AppError> {
        use auth_name_checks as t;
        (self.state, self.ended_at) = (state, Some(now));
        if state == NameCheckState::Failed {
            self.name.clear();
        }
        diesel::update(t::table.find(&self.id))
            .set((t::state.eq(state), t::ended_at.eq(self.ended_at), t::name.eq(&self.name)))
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(())
    }

    /// Forgets the mark and every check behind it.
    pub fn forget(conn: &mut DbConn, account: &AccountId) -> Result<usize, AppError> {
        use auth_name_checks as t;
        Ok(diesel::delete(t::table.filter(t::account_id.eq(account))).execute(conn)?)
    }

    pub fn expires_at(&self) -> Time {
        self.begun_at.plus(LIFE)
    }
}
