//! Agreements whose last signature still waits for its time stamp.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::{AgreementId, AgreementState};
use crate::error::AppError;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn};
use crate::platform::pki::StampFault;
use crate::schema::{agreement_stamps, agreements};

const FIRST_WAIT: Duration = Duration::seconds(60);
const LONGEST_WAIT: Duration = Duration::hours(1);

/// One agreement's missing stamp: why, since when, and how often it was asked for again.
#[derive(Debug, Clone, Queryable)]
pub struct Missing {
    pub agreement_id: AgreementId,
    pub fault: StampFault,
    pub attempts: i32,
    pub since: Time,
    pub due_at: Time,
    _stamped_at: Option<Time>,
}

/// The time stamp that is still missing, as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissingStampView {
    fault: StampFault,
    attempts: i32,
    since: Time,
    next_attempt_at: Time,
}

impl From<Missing> for MissingStampView {
    fn from(m: Missing) -> Self {
        Self { fault: m.fault, attempts: m.attempts, since: m.since, next_attempt_at: m.due_at }
    }
}

fn wait_after(attempts: i32) -> Duration {
    doubled(FIRST_WAIT, attempts, LONGEST_WAIT)
}

impl Missing {
    /// Notes that the newest signature has no stamp.
    pub fn note(conn: &mut DbConn, id: &AgreementId, fault: StampFault, now: Time) -> Result<(), AppError> {
        use agreement_stamps as t;
        let row = (
            t::agreement_id.eq(id),
            t::fault.eq(fault),
            t::attempts.eq(0),
            t::since.eq(now),
            t::due_at.eq(now.plus(FIRST_WAIT)),
        );
        Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
        let again = (t::fault.eq(fault), t::due_at.eq(now.plus(FIRST_WAIT)), t::stamped_at.eq(None::<Time>));
        diesel::update(t::table.find(id)).set(again).execute(conn)?;
        Ok(())
    }

    /// Notes that a stamp now covers everything.
    pub fn settle(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        use agreement_stamps as t;
        let open = t::table.find(id).filter(t::stamped_at.is_null());
        diesel::update(open).set(t::stamped_at.eq(Some(now))).execute(conn)?;
        Ok(())
    }

    /// Puts the next attempt off, longer each time.
    pub fn put_off(&self, conn: &mut DbConn, fault: StampFault, now: Time) -> Result<(), AppError> {
        use agreement_stamps as t;
        let next = now.plus(wait_after(self.attempts + 1));
        diesel::update(t::table.find(&self.agreement_id))
            .set((t::fault.eq(fault), t::attempts.eq(t::attempts + 1), t::due_at.eq(next)))
            .execute(conn)?;
        Ok(())
    }

    pub fn of(conn: &mut DbConn, id: &AgreementId) -> Result<Option<Self>, AppError> {
        use agreement_stamps as t;
        Ok(t::table.find(id).filter(t::stamped_at.is_null()).first(conn).optional()?)
    }

    /// Those whose next attempt is due, longest waiting first.
    pub fn due(conn: &mut DbConn, now: Time, most: i64) -> Result<Vec<Self>, AppError> {
        use {agreement_stamps as t, agreements as a};
        // What was refused, revoked or expired takes no stamp any more.
        let lives = a::state.eq_any([AgreementState::Signing, AgreementState::Completed]);
        let living = a::table.filter(lives).select(a::id);
        let due = t::table
            .filter(t::stamped_at.is_null())
            .filter(t::due_at.le(now))
            .filter(t::agreement_id.eq_any(living));
        Ok(due.order(t::since.asc()).limit(most).load(conn)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_WAIT, wait_after};

    #[test]
    fn the_wait_grows_to_an_hour() {
        let minutes: Vec<i64> = (1..8).map(|n| wait_after(n).num_minutes()).collect();
        assert_eq!(minutes, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(wait_after(i32::MAX), LONGEST_WAIT);
    }
}
