//! An account: a person who can sign in, with their unit, roles and state.
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use chrono::Duration;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::people::auth::{Role, totp};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::random;
use crate::schema::{auth_accounts, auth_roles};

pub const TAKEN: Code = Code::new(
    "person.phone_taken",
    "这个手机号或登录名已有账号",
    "This phone or login already has an account",
);
const RESTING: Code = Code::new(
    "auth.account_resting",
    "连续输错次数过多，请 15 分钟后再试",
    "Too many wrong tries; wait 15 minutes",
);
/// Wrong passwords or second factors in a row before the account rests.
const FAILURES: i32 = 5;
const REST: Duration = Duration::minutes(15);

crate::typed_id!(AccountId);
crate::text_enum! {
    /// Only an active account may do anything.
    pub enum AccountState {
        Invited = "invited", "待激活", "Invited";
        Active = "active", "正常", "Active";
        Disabled = "disabled", "已停用", "Disabled";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_accounts)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub phone: String,
    pub login: Option<String>,
    pub unit_id: Option<String>,
    pub state: AccountState,
    pub password_hash: Option<String>,
    pub totp_secret: Option<String>,
    /// The last 30-second step whose code was used: a code works once
    pub totp_last_step: i64,
    pub activation_hash: Option<String>,
    pub activation_expires_at: Option<Time>,
    pub failures: i32,
    pub locked_until: Option<Time>,
    pub demo: bool,
    pub created_at: Time,
    /// Where mail goes: a code that was mailed there has come back
    pub mail: Option<String>,
}

/// What a new account starts with.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    pub name: String,
    pub phone: String,
    pub login: Option<String>,
    pub unit_id: Option<String>,
    pub roles: Vec<Role>,
    pub demo: bool,
}

impl Account {
    pub fn new(new: &NewAccount, state: AccountState, now: Time) -> Self {
        Self {
            id: AccountId::fresh(),
            name: new.name.clone(),
            phone: new.phone.clone(),
            login: new.login.clone(),
            unit_id: new.unit_id.clone(),
            state,
            password_hash: None,
            totp_secret: None,
            totp_last_step: 0,
            activation_hash: None,
            activation_expires_at: None,
            failures: 0,
            locked_until: None,
            demo: new.demo,
            created_at: now,
            mail: None,
        }
    }

    pub fn insert(&self, conn: &mut DbConn, roles: &[Role]) -> Result<(), AppError> {
        diesel::insert_into(auth_accounts::table).values(self.clone()).execute(conn).map_err(|e| {
            if crate::platform::db::is_unique_violation(&e) { AppError::Conflict(&TAKEN) } else { e.into() }
        })?;
        set_roles(conn, &self.id, roles)
    }

    pub fn find(conn: &mut DbConn, id: &AccountId) -> Result<Self, AppError> {
        auth_accounts::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }
    pub fn all(conn: &mut DbConn, ids: Vec<AccountId>) -> Result<Vec<Self>, AppError> {
        Ok(auth_accounts::table.filter(auth_accounts::id.eq_any(ids)).load(conn)?)
    }
    pub fn by_phone(conn: &mut DbConn, phone: &str) -> Result<Option<Self>, AppError> {
        Ok(auth_accounts::table.filter(auth_accounts::phone.eq(phone)).first(conn).optional()?)
    }
    pub fn by_login(conn: &mut DbConn, login: &str) -> Result<Option<Self>, AppError> {
        Ok(auth_accounts::table.filter(auth_accounts::login.eq(login)).first(conn).optional()?)
    }

    /// Counts a wrong password or second factor; enough of them in a row make the account rest.
    pub fn count_failure(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use auth_accounts as t;
        let failures = self.failures + 1;
        let rests = failures >= FAILURES;
        diesel::update(t::table.find(&self.id))
            .set((
                t::failures.eq(if rests { 0 } else { failures }),
                t::locked_until.eq(if rests { Some(now.plus(REST)) } else { self.locked_until }),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// The step of a second-factor code, when it fits and neither it nor a later one was used.
    pub fn totp_step(&self, code: &str, now: Time) -> Option<i64> {
        let step = totp::step_of(self.totp_secret.as_deref()?, code, now)?;
        (step > self.totp_last_step).then_some(step)
    }

    /// Marks a second-factor step as used; `false` when it, or a later one, was used already.
    pub fn use_totp_step(&self, conn: &mut DbConn, step: i64) -> Result<bool, AppError> {
        use auth_accounts as t;
        let used = diesel::update(t::table.find(&self.id).filter(t::totp_last_step.lt(step)))
            .set((t::totp_last_step.eq(step), t::failures.eq(0), t::locked_until.eq(None::<Time>)))
            .execute(conn)?;
        Ok(used == 1)
    }

    /// Keeps where mail goes, or forgets it.
    pub fn keep_mail(conn: &mut DbConn, id: &AccountId, mail: Option<&str>) -> Result<(), AppError> {
        use auth_accounts as t;
        diesel::update(t::table.find(id)).set(t::mail.eq(mail)).execute(conn)?;
        Ok(())
    }

    /// Refuses any try while the account rests after too many wrong ones.
    pub fn refuse_resting(&self, now: Time) -> Result<(), AppError> {
        let rests = self.locked_until.is_some_and(|until| until > now);
        if rests { Err(AppError::TooMany { code: &RESTING, retry_after: 900 }) } else { Ok(()) }
    }
}

/// The roles of one account.
pub fn roles_of(conn: &mut DbConn, id: &AccountId) -> Result<Vec<Role>, AppError> {
    use auth_roles as t;
    Ok(t::table.filter(t::account_id.eq(id)).select(t::role).order(t::role.asc()).load(conn)?)
}

/// Replaces the roles of one account.
pub fn set_roles(conn: &mut DbConn, id: &AccountId, roles: &[Role]) -> Result<(), AppError> {
    use auth_roles as t;
    diesel::delete(t::table.filter(t::account_id.eq(id))).execute(conn)?;
    let rows: Vec<_> = roles.iter().map(|role| (t::account_id.eq(id.clone()), t::role.eq(*role))).collect();
    crate::each_database!(conn, c => diesel::insert_into(t::table).values(&rows).execute(c))?;
    Ok(())
}

/// Argon2id with the crate's recommended cost (OWASP: 19 MiB, 2 passes, 1 lane); salt from the house's randomness.
pub fn hash_password(password: &str) -> Result<String, AppError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &random::bytes::<16>())
        .map(|hash| hash.to_string())
        .map_err(|e| AppError::internal(e.to_string()))
}

/// The active accounts with a role, of one unit when it is given.
pub fn holders(conn: &mut DbConn, role: Role, unit: Option<&str>) -> Result<Vec<AccountId>, AppError> {
    let mut query = auth_roles::table
        .inner_join(auth_accounts::table)
        .filter(auth_roles::role.eq(role))
        .filter(auth_accounts::state.eq(AccountState::Active))
        .select(auth_accounts::id)
        .into_boxed();
    if let Some(unit) = unit {
        query = query.filter(auth_accounts::unit_id.eq(unit.to_owned()));
    }
    Ok(query.order(auth_accounts::id.asc()).load(conn)?)
}

/// Whether the password fits; takes as long when there is no hash at all.
pub fn password_fits(hash: Option<&str>, password: &str) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Ts5VSg3OPNE0mEIoy4SgUmG3mCkrVgC4ZSHzFTU8cxM";
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY));
    parsed.is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok()) && hash.is_some()
}
