//! A WeChat identity: the person behind an open id of one mini-program.
use chrono::Duration;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::hash_chain::sha256_hex;
use crate::schema::{auth_phone_uses, auth_wechat_identities};

/// Longer than WeChat's time stamp inside is believed, in either direction.
const KEPT: Duration = Duration::minutes(15);

/// An identity is (app id, open id); signing in proves both it and the phone, so the later phone wins.
pub fn bind(
    conn: &mut DbConn,
    app_id: &str,
    open_id: &str,
    account: &AccountId,
    session_key: &str,
    now: Time,
) -> Result<(), AppError> {
    use auth_wechat_identities as t;
    unlink(conn, app_id, open_id)?;
    diesel::insert_into(t::table)
        .values((
            t::app_id.eq(app_id),
            t::open_id.eq(open_id),
            t::account_id.eq(account),
            t::session_key.eq(session_key),
            t::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes the encrypted phone of an old client, which works once.
///
/// # Errors
/// `Unauthorized` with `used` when it was taken before.
pub fn take_phone(
    conn: &mut DbConn,
    encrypted: &str,
    used: &'static Code,
    now: Time,
) -> Result<(), AppError> {
    use auth_phone_uses as t;
    diesel::delete(t::table.filter(t::used_at.lt(now.minus(KEPT)))).execute(conn)?;
    diesel::insert_into(t::table)
        .values((t::sha256.eq(sha256_hex(encrypted.as_bytes())), t::used_at.eq(now)))
        .execute(conn)
        .map_err(|e| if is_unique_violation(&e) { AppError::Unauthorized(used) } else { e.into() })?;
    Ok(())
}

/// Whose identity it is.
pub fn account_of(conn: &mut DbConn, app_id: &str, open_id: &str) -> Result<Option<AccountId>, AppError> {
    use auth_wechat_identities as t;
    Ok(t::table.find((app_id, open_id)).select(t::account_id).first(conn).optional()?)
}

/// By which open id the person last signed in.
pub fn open_id_of(conn: &mut DbConn, app_id: &str, account: &AccountId) -> Result<Option<String>, AppError> {
    use auth_wechat_identities as t;
    let theirs = t::table.filter(t::app_id.eq(app_id)).filter(t::account_id.eq(account));
    Ok(theirs.order(t::updated_at.desc()).select(t::open_id).first(conn).optional()?)
}

/// Forgets an identity and its session key.
pub fn unlink(conn: &mut DbConn, app_id: &str, open_id: &str) -> Result<(), AppError> {
    diesel::delete(auth_wechat_identities::table.find((app_id, open_id))).execute(conn)?;
    Ok(())
}
