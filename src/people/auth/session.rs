//! A session: a rotating refresh token in the database; when it ends, it ends on every instance at once.
use chrono::Duration;
use diesel::prelude::*;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, AccountState, Role, TaskForce, account, task_force};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::random;
use crate::schema::{auth_accounts, auth_sessions};

pub const ENDED: Code =
    Code::new("auth.session_ended", "登录已失效，请重新登录", "The session has ended; sign in again");
pub const REFRESH_REUSED: Code = Code::new(
    "auth.refresh_reused",
    "登录凭据被重复使用，为安全起见已退出，请重新登录",
    "This sign-in was used twice and has been ended for safety; sign in again",
);
/// Seconds an access token lives.
pub const ACCESS_SECONDS: i64 = 600;
const LIFE: Duration = Duration::days(30);

crate::typed_id!(SessionId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_sessions)]
pub struct Session {
    pub id: SessionId,
    pub account_id: AccountId,
    pub refresh_hash: String,
    pub previous_hash: Option<String>,
    pub user_agent: String,
    pub created_at: Time,
    pub last_used_at: Time,
    pub expires_at: Time,
    pub ended_at: Option<Time>,
    pub end_reason: Option<String>,
}

/// Who a live session belongs to.
pub struct Holder {
    pub account_id: AccountId,
    pub name: String,
    pub unit_id: Option<String>,
    pub state: AccountState,
    pub roles: Vec<Role>,
    pub task_forces: Vec<TaskForce>,
}

/// What a rotation came to.
pub enum Rotation {
    Fresh { session: Session, refresh_token: String },
    Reused,
    Unknown,
}

impl Session {
    /// Starts a session; the refresh token is given once and kept only as a hash.
    pub fn start(
        app: &App,
        conn: &mut DbConn,
        account: &AccountId,
        user_agent: &str,
        now: Time,
    ) -> Result<(Self, String), AppError> {
        let refresh_token = random::token();
        let session = Self {
            id: SessionId::fresh(),
            account_id: account.clone(),
            refresh_hash: app.keys.hash(&["refresh", &refresh_token]),
            previous_hash: None,
            user_agent: user_agent.chars().take(200).collect(),
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(LIFE),
            ended_at: None,
            end_reason: None,
        };
        diesel::insert_into(auth_sessions::table).values(session.clone()).execute(conn)?;
        Ok((session, refresh_token))
    }

    /// Exchanges a refresh token for the next one. A token that was exchanged before ends the session:
    /// one of its two holders is not who they say. Of two exchanges at once one wins.
    pub fn rotate(
        app: &App,
        conn: &mut DbConn,
        refresh_token: &str,
        now: Time,
    ) -> Result<Rotation, AppError> {
        use auth_sessions as t;
        let hash = app.keys.hash(&["refresh", refresh_token]);
        let next_token = random::token();
        let next_hash = app.keys.hash(&["refresh", &next_token]);
        let live = t::table
            .filter(t::refresh_hash.eq(&hash))
            .filter(t::ended_at.is_null())
            .filter(t::expires_at.gt(now));
        let turned = diesel::update(live)
            .set((t::previous_hash.eq(Some(&hash)), t::refresh_hash.eq(&next_hash), t::last_used_at.eq(now)))
            .execute(conn)?;
        if turned == 1 {
            let session = t::table.filter(t::refresh_hash.eq(&next_hash)).first(conn)?;
            return Ok(Rotation::Fresh { session, refresh_token: next_token });
        }
        let ended = diesel::update(t::table.filter(t::previous_hash.eq(&hash)).filter(t::ended_at.is_null()))
            .set((t::ended_at.eq(Some(now)), t::end_reason.eq(Some("refresh token reused"))))
            .execute(conn)?;
        Ok(if ended > 0 { Rotation::Reused } else { Rotation::Unknown })
    }

    /// Ends one session of an account; `false` when there is no such live one.
    pub fn end(conn: &mut DbConn, account: &AccountId, id: &SessionId, now: Time) -> Result<bool, AppError> {
        use auth_sessions as t;
        let live = t::table.find(id).filter(t::account_id.eq(account)).filter(t::ended_at.is_null());
        let ended = diesel::update(live)
            .set((t::ended_at.eq(Some(now)), t::end_reason.eq(Some("signed out"))))
            .execute(conn)?;
        Ok(ended == 1)
    }

    /// Ends every session of an account, as when it is disabled or its roles change.
    pub fn end_all(conn: &mut DbConn, account: &AccountId, reason: &str, now: Time) -> Result<(), AppError> {
        use auth_sessions as t;
        diesel::update(t::table.filter(t::account_id.eq(account)).filter(t::ended_at.is_null()))
            .set((t::ended_at.eq(Some(now)), t::end_reason.eq(Some(reason))))
            .execute(conn)?;
        Ok(())
    }

    pub fn live(conn: &mut DbConn, account: &AccountId, now: Time) -> Result<Vec<Self>, AppError> {
        use auth_sessions as t;
        let live = t::table.filter(t::account_id.eq(account)).filter(t::ended_at.is_null());
        Ok(live.filter(t::expires_at.gt(now)).order(t::created_at.desc()).limit(100).load(conn)?)
    }
}

/// The holder of a session that is live at `now`.
pub fn holder(conn: &mut DbConn, id: &SessionId, now: Time) -> Result<Option<Holder>, AppError> {
    use {auth_accounts as a, auth_sessions as t};
    let row: Option<(AccountId, String, Option<String>, AccountState)> = t::table
        .inner_join(a::table)
        .filter(t::id.eq(id))
        .filter(t::ended_at.is_null())
        .filter(t::expires_at.gt(now))
        .select((a::id, a::name, a::unit_id, a::state))
        .first(conn)
        .optional()?;
    let Some((account_id, name, unit_id, state)) = row else { return Ok(None) };
    let roles = account::roles_of(conn, &account_id)?;
    let task_forces = task_force::negotiates_for(conn, &account_id, &roles)?;
    Ok(Some(Holder { account_id, name, unit_id, state, roles, task_forces }))
}
