//! One effect for one Idempotency-Key: the key is stored with the effect, in its transaction.
use chrono::Duration;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::schema::idempotency_keys;

pub const KEY_MISSING: Code = Code::new(
    "request.idempotency_key_missing",
    "缺少 Idempotency-Key 请求头（1 至 64 个字母、数字、- 或 _）",
    "The Idempotency-Key header is missing (1 to 64 letters, digits, - or _)",
);
pub const KEY_REUSED: Code = Code::new(
    "request.idempotency_key_reused",
    "这个 Idempotency-Key 已用于另一个请求，请换一个新的",
    "This Idempotency-Key was used for another request; use a new one",
);
/// Keys are kept this long; a client that waits longer must look before it asks again.
pub const KEPT: Duration = Duration::days(7);

/// What names one intended effect.
#[derive(Debug, Clone)]
pub struct Key {
    pub actor: String,
    pub key: String,
    pub operation: &'static str,
    /// SHA-256 of the path and body, hex
    pub request: String,
}

/// The answer that was given the first time.
#[derive(Debug, Clone, Queryable)]
pub struct Stored {
    pub operation: String,
    pub request: String,
    pub status: i32,
    pub body: String,
}

/// Whether `text` can be a key.
pub fn is_well_formed(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Takes the key for this transaction, or gives the answer of the one that had it before.
/// A transaction that still holds the same key is waited for.
pub fn claim(conn: &mut DbConn, key: &Key, now: Time) -> Result<Option<Stored>, AppError> {
    use idempotency_keys as t;
    let row = (
        t::actor.eq(&key.actor),
        t::key.eq(&key.key),
        t::operation.eq(key.operation),
        t::request.eq(&key.request),
        t::status.eq(0),
        t::body.eq(""),
        t::created_at.eq(now),
    );
    let taken = Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
    if taken == 1 {
        return Ok(None);
    }
    earlier(conn, key)
}

/// The answer that the key was given before; another request under the same key is refused.
pub fn earlier(conn: &mut DbConn, key: &Key) -> Result<Option<Stored>, AppError> {
    use idempotency_keys as t;
    let stored: Option<Stored> = t::table
        .find((&key.actor, &key.key))
        .select((t::operation, t::request, t::status, t::body))
        .first(conn)
        .optional()?;
    match stored {
        Some(stored) if stored.operation != key.operation || stored.request != key.request => {
            Err(AppError::Unprocessable(&KEY_REUSED))
        }
        stored => Ok(stored),
    }
}

/// Stores the answer beside the effect.
pub fn store(conn: &mut DbConn, key: &Key, status: u16, body: &str) -> Result<(), AppError> {
    use idempotency_keys as t;
    diesel::update(t::table.find((&key.actor, &key.key)))
        .set((t::status.eq(i32::from(status)), t::body.eq(body)))
        .execute(conn)?;
    Ok(())
}

/// Forgets keys older than [`KEPT`].
pub fn tidy(conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
    use idempotency_keys as t;
    Ok(diesel::delete(t::table.filter(t::created_at.lt(now.minus(KEPT)))).execute(conn)?)
}
