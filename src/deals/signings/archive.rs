//! Long-term data of signed agreements: owed from the last signature on, added once, renewed before their stamp ends.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::outside::SigningProvider;
use crate::deals::signings::{AgreementId, AgreementState};
use crate::error::{AppError, CONFLICT};
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn};
use crate::platform::pki::StampFault;
use crate::schema::{agreement_archives, agreement_stamps, agreements};

/// Kind of the revisions that nobody signed: they only make the file prove itself for longer.
pub const ARCHIVED: &str = "archived";
const FIRST_WAIT: Duration = Duration::seconds(60);
const LONGEST_WAIT: Duration = Duration::hours(1);
/// How long before its certificate ends a stamp is followed by the next.
const RENEWED_BEFORE: Duration = Duration::days(90);

crate::text_enum! {
    /// Where an agreement's long-term data stand.
    pub enum ArchiveState {
        Owed = "owed", "待补", "Owed";
        Kept = "kept", "已补", "Added";
        RenewalOwed = "renewal_owed", "待续", "Renewal owed";
    }
}

/// One time stamp over the whole file, the `n`th: owed, or made. The table holds one open row for each agreement.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreement_archives)]
pub struct Archive {
    pub agreement_id: AgreementId,
    pub n: i32,
    pub since: Time,
    pub due_at: Time,
    pub attempts: i32,
    pub fault: Option<StampFault>,
    pub stamped_at: Option<Time>,
    /// When the stamp's certificate ends
    pub expires_at: Option<Time>,
}

impl Archive {
    fn open(agreement_id: AgreementId, n: i32, now: Time, due_at: Time) -> Self {
        Self {
            agreement_id,
            n,
            since: now,
            due_at,
            attempts: 0,
            fault: None,
            stamped_at: None,
            expires_at: None,
        }
    }

    /// Completed agreements, signed here and with every stamp in place, that nothing was noted of.
    pub fn missing(conn: &mut DbConn, most: i64) -> Result<Vec<AgreementId>, AppError> {
        use {agreement_archives as t, agreement_stamps as s, agreements as a};
        let unstamped = s::table.filter(s::stamped_at.is_null()).select(s::agreement_id);
        let missing = a::table
            .filter(a::state.eq(AgreementState::Completed))
            .filter(a::provider.eq(SigningProvider::BuiltIn))
            .filter(a::id.ne_all(t::table.select(t::agreement_id)))
            .filter(a::id.ne_all(unstamped));
        Ok(missing.order(a::id.asc()).limit(most).select(a::id).load(conn)?)
    }

    /// Notes that the first one is owed; nothing when it was noted already.
    pub fn note(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
        let first = Self::open(id.clone(), 1, now, now);
        Both(diesel::insert_into(agreement_archives::table).values(first).on_conflict_do_nothing())
            .execute(conn)?;
        Ok(())
    }

    /// Those that are due, longest waiting first.
    pub fn due(conn: &mut DbConn, now: Time, most: i64) -> Result<Vec<Self>, AppError> {
        use agreement_archives as t;
        let due = t::table.filter(t::stamped_at.is_null()).filter(t::due_at.le(now));
        Ok(due.order((t::due_at.asc(), t::agreement_id.asc())).limit(most).load(conn)?)
    }

    /// Puts the next attempt off, longer each time.
    pub fn put_off(&self, conn: &mut DbConn, fault: Option<StampFault>, now: Time) -> Result<(), AppError> {
        use agreement_archives as t;
        let next = now.plus(doubled(FIRST_WAIT, self.attempts, LONGEST_WAIT));
        diesel::update(t::table.find((&self.agreement_id, self.n)).filter(t::stamped_at.is_null()))
            .set((t::fault.eq(fault), t::attempts.eq(t::attempts + 1), t::due_at.eq(next)))
            .execute(conn)?;
        Ok(())
    }

    /// Notes that it was made, once, and when the next is due.
    pub fn settle(&self, conn: &mut DbConn, until: Time, now: Time) -> Result<(), AppError> {
        use agreement_archives as t;
        let open = t::table.find((&self.agreement_id, self.n)).filter(t::stamped_at.is_null());
        let made =
            (t::stamped_at.eq(Some(now)), t::expires_at.eq(Some(until)), t::fault.eq(None::<StampFault>));
        if diesel::update(open).set(made).execute(conn)? != 1 {
            return Err(AppError::Conflict(&CONFLICT));
        }
        let next =
            Self::open(self.agreement_id.clone(), self.n + 1, now, until.minus(RENEWED_BEFORE).max(now));
        diesel::insert_into(t::table).values(next).execute(conn)?;
        Ok(())
    }

    /// When the certificate of the stamp before this one ends.
    pub fn before(&self, conn: &mut DbConn) -> Result<Option<Time>, AppError> {
        use agreement_archives as t;
        let before = t::table.find((&self.agreement_id, self.n - 1)).select(t::expires_at);
        Ok(before.first::<Option<Time>>(conn).optional()?.flatten())
    }
}

/// The long-term data of an agreement, as they are shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArchiveView {
    state: ArchiveState,
    /// Time stamps over the whole file
    stamps: usize,
    stamped_at: Option<Time>,
    /// Until when the file proves itself without another stamp
    until: Option<Time>,
    /// Why the last attempt failed
    fault: Option<StampFault>,
    attempts: i32,
    next_attempt_at: Option<Time>,
}

impl ArchiveView {
    pub fn of(conn: &mut DbConn, id: &AgreementId) -> Result<Option<Self>, AppError> {
        use agreement_archives as t;
        let rows: Vec<Archive> = t::table.filter(t::agreement_id.eq(id)).order(t::n.asc()).load(conn)?;
        let newest = rows.iter().rev().find(|row| row.stamped_at.is_some());
        let Some(open) = rows.iter().find(|row| row.stamped_at.is_none()) else { return Ok(None) };
        let state = match newest {
            None => ArchiveState::Owed,
            Some(_) if open.attempts > 0 => ArchiveState::RenewalOwed,
            Some(_) => ArchiveState::Kept,
        };
        Ok(Some(Self {
            state,
            stamps: rows.len() - 1,
            stamped_at: newest.and_then(|row| row.stamped_at),
            until: newest.and_then(|row| row.expires_at),
            fault: open.fault,
            attempts: open.attempts,
            next_attempt_at: Some(open.due_at).filter(|_| state != ArchiveState::Kept),
        }))
    }
}
