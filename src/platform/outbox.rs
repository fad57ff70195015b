//! What the rest of the house should hear of, written in the transaction that did it and told afterwards.
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::id;
use crate::schema::outbox_events;

/// The topic on which a fresh event is hinted at.
pub const TOPIC: &str = "outbox";

/// Something that happened in a room: noun and past, such as `TalkConfirmed`.
pub trait Event: Serialize + DeserializeOwned {
    const NAME: &'static str;
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox_events)]
pub struct Stored {
    pub id: String,
    pub name: String,
    pub payload: String,
    pub created_at: Time,
    pub attempts: i32,
}

impl Stored {
    /// The event, when it is an `E`.
    pub fn read<E: Event>(&self) -> Option<E> {
        if self.name == E::NAME { serde_json::from_str(&self.payload).ok() } else { None }
    }
}

/// Writes an event in the running transaction.
pub fn emit<E: Event>(conn: &mut DbConn, event: &E, now: Time) -> Result<(), AppError> {
    use outbox_events as t;
    let payload = serde_json::to_string(event).map_err(AppError::internal)?;
    diesel::insert_into(t::table)
        .values((
            t::id.eq(id::fresh()),
            t::name.eq(E::NAME),
            t::payload.eq(payload),
            t::created_at.eq(now),
            t::attempts.eq(0),
            t::due_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The oldest events that are due; other workers do not see them until this transaction ends.
pub fn due(conn: &mut DbConn, now: Time, most: i64) -> Result<Vec<Stored>, AppError> {
    use outbox_events as t;
    let query = t::table
        .filter(t::told_at.is_null())
        .filter(t::due_at.le(now))
        .order(t::id.asc())
        .limit(most)
        .select((t::id, t::name, t::payload, t::created_at, t::attempts));
    Ok(Locked { query, skip: true }.load(conn)?)
}

/// How many events are not told yet.
pub fn waiting(conn: &mut DbConn) -> Result<i64, AppError> {
    use outbox_events as t;
    Ok(t::table.filter(t::told_at.is_null()).count().get_result(conn)?)
}

/// Marks an event as told.
pub fn told(conn: &mut DbConn, event: &str, now: Time) -> Result<(), AppError> {
    use outbox_events as t;
    diesel::update(t::table.find(event)).set(t::told_at.eq(Some(now))).execute(conn)?;
    Ok(())
}

/// Puts an event off until `due_at` after a failure, with the reason.
pub fn put_off(conn: &mut DbConn, event: &str, due_at: Time, reason: &str) -> Result<(), AppError> {
    use outbox_events as t;
    diesel::update(t::table.find(event))
        .set((t::attempts.eq(t::attempts + 1), t::due_at.eq(due_at), t::failure.eq(Some(reason))))
        .execute(conn)?;
    Ok(())
}
