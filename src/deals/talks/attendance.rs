//! Who was in a talk's room, as the server saw it: one row a socket, from its coming in to its end.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::talks::{BookingId, Side};
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::talk_attendances;

/// How long after it was last seen a socket may still be there; it is looked at every minute.
const SILENT: Duration = Duration::seconds(150);
/// Rows of one look.
const MOST: i64 = 500;

crate::text_enum! {
    /// How someone's stay in the room ended.
    pub enum AttendanceEnding {
        /// Also by a lost line: a server cannot tell the two apart
        Left = "left", "离开或断线", "Left or lost the line";
        Replaced = "replaced", "在另一处重新进入", "Came in again elsewhere";
        Ended = "ended", "由平台结束", "Ended by the platform";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_attendances)]
pub struct Attendance {
    /// The socket's peer id
    pub id: String,
    pub booking_id: BookingId,
    /// An account, or a guest of this talk
    pub person_id: AccountId,
    pub name: String,
    pub side: Side,
    pub joined_at: Time,
    pub seen_at: Time,
    pub left_at: Option<Time>,
    pub ending: Option<AttendanceEnding>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceView {
    person_id: AccountId,
    name: String,
    side: Side,
    joined_at: Time,
    /// Not known while they are here, and when a server ended before it could say
    left_at: Option<Time>,
    ending: Option<AttendanceEnding>,
    /// When the server last saw them, to the minute
    seen_at: Time,
    here: bool,
}

impl Attendance {
    /// Writes that someone came in.
    pub fn begin(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(talk_attendances::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// Writes that they are still there.
    pub fn see(conn: &mut DbConn, id: &str, now: Time) -> Result<(), AppError> {
        use talk_attendances as t;
        let open = t::table.find(id).filter(t::left_at.is_null()).filter(t::seen_at.lt(now));
        diesel::update(open).set(t::seen_at.eq(now)).execute(conn)?;
        Ok(())
    }

    /// Writes that they are gone, and how.
    pub fn end(conn: &mut DbConn, id: &str, ending: AttendanceEnding, now: Time) -> Result<(), AppError> {
        use talk_attendances as t;
        let open = t::table.find(id).filter(t::left_at.is_null());
        diesel::update(open)
            .set((t::left_at.eq(Some(now)), t::ending.eq(Some(ending)), t::seen_at.eq(now)))
            .execute(conn)?;
        Ok(())
    }

    /// Those of a talk, newest first.
    pub fn of(conn: &mut DbConn, booking: &BookingId, now: Time) -> Result<Vec<AttendanceView>, AppError> {
        use talk_attendances as t;
        let all = t::table.filter(t::booking_id.eq(booking)).order(t::id.desc()).limit(MOST);
        let rows: Vec<Self> = all.load(conn)?;
        let views = rows.into_iter().map(|row| AttendanceView {
            here: row.left_at.is_none() && now.since(row.seen_at) < SILENT,
            person_id: row.person_id,
            name: row.name,
            side: row.side,
            joined_at: row.joined_at,
            left_at: row.left_at,
            ending: row.ending,
            seen_at: row.seen_at,
        });
        Ok(views.collect())
    }
}
