//! One part of a push: stored under a key that its repeats share, ended by the transaction that carries it out.
use chrono::Duration;
use diesel::prelude::*;
use serde_json::Value;

use crate::error::AppError;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn, Locked};
use crate::platform::wechat::PushPart;
use crate::schema::wechat_pushes;

const MOST_ATTEMPTS: i32 = 8;
const FIRST_WAIT: Duration = Duration::seconds(10);
const LONGEST_WAIT: Duration = Duration::hours(1);

crate::typed_id!(PushId);
crate::text_enum! {
    /// How a part of a push ended.
    pub enum PushOutcome {
        Done = "done", "已办理", "Carried out";
        Kept = "kept", "仅留存", "Kept";
        Failed = "failed", "办理失败", "Failed";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = wechat_pushes)]
pub struct Push {
    pub id: PushId,
    pub dedup_key: String,
    pub event: String,
    pub open_id: String,
    /// The part as WeChat sent it, as JSON
    pub content: String,
    pub received_at: Time,
    pub due_at: Time,
    pub attempts: i32,
    pub ended_at: Option<Time>,
    pub outcome: Option<PushOutcome>,
    pub note: Option<String>,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    Done,
    /// Nothing to do, for this reason
    Kept(&'static str),
    /// What it is about may still be on its way
    Later,
}

impl Push {
    /// Stores the parts; one that is here already is left as it is.
    pub fn store(conn: &mut DbConn, parts: &[PushPart], now: Time) -> Result<usize, AppError> {
        let mut stored = 0;
        for part in parts {
            let row = Self {
                id: PushId::fresh(),
                dedup_key: part.dedup_key.clone(),
                event: storable(&part.event),
                open_id: storable(&part.open_id),
                content: part.content.to_string(),
                received_at: now,
                due_at: now,
                attempts: 0,
                ended_at: None,
                outcome: None,
                note: None,
            };
            let insert = diesel::insert_into(wechat_pushes::table).values(row).on_conflict_do_nothing();
            stored += Both(insert).execute(conn)?;
        }
        Ok(stored)
    }

    /// Those that are due, oldest first.
    pub fn due(conn: &mut DbConn, now: Time, most: i64) -> Result<Vec<PushId>, AppError> {
        use wechat_pushes as t;
        let due = t::table.filter(t::ended_at.is_null()).filter(t::due_at.le(now));
        Ok(due.order(t::id.asc()).select(t::id).limit(most).load(conn)?)
    }

    /// Takes one for this transaction; `None` when another worker has it or it has ended.
    pub fn take(conn: &mut DbConn, id: &PushId) -> Result<Option<Self>, AppError> {
        use wechat_pushes as t;
        let query = t::table.filter(t::id.eq(id.clone())).filter(t::ended_at.is_null());
        let taken: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        Ok(taken.into_iter().next())
    }

    pub fn content(&self) -> Value {
        serde_json::from_str(&self.content).unwrap_or_default()
    }

    /// Writes what came of a try, in the transaction that made it.
    pub fn mark(&self, conn: &mut DbConn, carried: &Carried, now: Time) -> Result<(), AppError> {
        match carried {
            Carried::Done => self.end(conn, PushOutcome::Done, None, now),
            Carried::Kept(why) => self.end(conn, PushOutcome::Kept, Some(why), now),
            Carried::Later => Self::put_off(conn, &self.id, "it is waited for what it is about", now),
        }
    }

    /// After a failure: later, twice as long each time, until it is given up.
    pub fn put_off(conn: &mut DbConn, id: &PushId, why: &str, now: Time) -> Result<(), AppError> {
        let Some(push) = Self::take(conn, id)? else { return Ok(()) };
        if push.attempts + 1 >= MOST_ATTEMPTS {
            return push.end(conn, PushOutcome::Failed, Some(why), now);
        }
        use wechat_pushes as t;
        let wait = doubled(FIRST_WAIT, push.attempts, LONGEST_WAIT);
        diesel::update(t::table.find(id))
            .set((
                t::attempts.eq(t::attempts + 1),
                t::due_at.eq(now.plus(wait)),
                t::note.eq(Some(why.to_owned())),
            ))
            .execute(conn)?;
        Ok(())
    }

    fn end(
        &self,
        conn: &mut DbConn,
        outcome: PushOutcome,
        note: Option<&str>,
        now: Time,
    ) -> Result<(), AppError> {
        use wechat_pushes as t;
        diesel::update(t::table.find(&self.id))
            .set((
                t::ended_at.eq(Some(now)),
                t::outcome.eq(Some(outcome)),
                t::note.eq(note.map(str::to_owned)),
                t::attempts.eq(t::attempts + 1),
            ))
            .execute(conn)?;
        Ok(())
    }
}

/// Names as a column holds them; what WeChat sends is far shorter.
fn storable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(100).collect()
}
