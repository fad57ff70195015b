//! An agreement with an institution: its term, what is promised, the paper; a renewal is a new row that names the old.
use chrono::{Days, NaiveDate};
use diesel::prelude::*;

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::institutions::institution::InstitutionId;
use crate::libraries::institutions::rules;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::files::FileId;
use crate::schema::institution_agreements;

pub const TERM: Code = Code::new(
    "institution_agreement.term",
    "协议止期须晚于起期，续签须从原协议止期之后开始",
    "The last day must be after the first, and a renewal begins after the last day of the one it renews",
);
const RENEWED: Code = Code::new(
    "institution_agreement.already_renewed",
    "这份协议已续签，请打开新的一份",
    "This agreement has been renewed already; go on with the new one",
);

crate::typed_id!(InstitutionAgreementId);
crate::text_enum! {
    /// What an agreement with an institution is about.
    pub enum InstitutionAgreementKind {
        Liaison = "liaison", "联络协议", "Liaison agreement";
        Consulting = "consulting", "顾问协议", "Consulting agreement";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = institution_agreements)]
pub struct Agreement {
    pub id: InstitutionAgreementId,
    pub institution_id: InstitutionId,
    /// The unit that concluded it; nobody of another unit sees it
    pub unit_id: Option<String>,
    pub kind: InstitutionAgreementKind,
    pub document_no: Option<String>,
    pub begins_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub promised: String,
    pub renews_id: Option<InstitutionAgreementId>,
    pub paper_id: Option<FileId>,
    pub made_by: AccountId,
    pub made_at: Time,
    pub ended_on: Option<NaiveDate>,
    pub end_reason: Option<String>,
    /// The last reminder, as days before the end
    pub reminded_days: Option<i32>,
}

impl Agreement {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(institution_agreements::table)
            .values(self.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&RENEWED) } else { e.into() })?;
        Ok(())
    }

    fn is_seen_by(&self, actor: &Actor) -> bool {
        actor.reaches(Some(&self.made_by), self.unit_id.as_deref())
    }

    /// The agreement, when it lies within the actor's reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &InstitutionAgreementId) -> Result<Self, AppError> {
        let found: Option<Self> = institution_agreements::table.find(id).first(conn).optional()?;
        found.filter(|one| one.is_seen_by(actor)).ok_or(AppError::NotFound)
    }

    /// Those with an institution that the actor may see, newest first.
    pub fn seen(conn: &mut DbConn, actor: &Actor, of: &InstitutionId) -> Result<Vec<Self>, AppError> {
        use institution_agreements as t;
        let all = t::table.filter(t::institution_id.eq(of.clone())).order(t::id.desc());
        Ok(all.load::<Self>(conn)?.into_iter().filter(|one| one.is_seen_by(actor)).collect())
    }

    /// Whether it binds on this day.
    pub fn is_running(&self, today: NaiveDate) -> bool {
        self.ended_on.is_none() && (self.begins_on..=self.ends_on).contains(&today)
    }

    pub fn end(&self, conn: &mut DbConn, on: NaiveDate, reason: &str) -> Result<(), AppError> {
        use institution_agreements as t;
        let standing = t::table.find(&self.id).filter(t::ended_on.is_null());
        let set = (t::ended_on.eq(Some(on)), t::end_reason.eq(Some(reason.to_owned())));
        match diesel::update(standing).set(set).execute(conn)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&CONFLICT)),
        }
    }

    /// Puts the paper to it, in the place of an earlier one; the earlier file stays on the shelf.
    pub fn set_paper(&self, conn: &mut DbConn, paper: &FileId) -> Result<(), AppError> {
        use institution_agreements as t;
        diesel::update(t::table.find(&self.id)).set(t::paper_id.eq(Some(paper.clone()))).execute(conn)?;
        Ok(())
    }

    /// Those of which a reminder is due, with it: standing, near their end, and not renewed.
    pub fn to_remind(conn: &mut DbConn, today: NaiveDate, most: i64) -> Result<Vec<(Self, i32)>, AppError> {
        use institution_agreements as t;
        let last = |days: i32| today + Days::new(u64::from(days.unsigned_abs()));
        let [first, second] = rules::REMINDERS;
        let renewals = diesel::alias!(institution_agreements as renewals);
        let renewed = renewals
            .filter(renewals.field(t::renews_id).is_not_null())
            .select(renewals.field(t::renews_id).assume_not_null());
        let due = t::table
            .filter(t::ended_on.is_null())
            .filter(t::ends_on.ge(today).and(t::ends_on.le(last(first))))
            .filter(
                t::reminded_days
                    .is_null()
                    .or(t::ends_on.le(last(second)).and(t::reminded_days.gt(second).assume_not_null())),
            )
            .filter(t::id.ne_all(renewed));
        let rows: Vec<Self> = due.order(t::id.asc()).limit(most).load(conn)?;
        let due = |one: Self| {
            let days = rules::reminder(today, one.ends_on, one.reminded_days)?;
            Some((one, days))
        };
        Ok(rows.into_iter().filter_map(due).collect())
    }

    /// Writes down that it was spoken of; `false` when another instance did.
    pub fn note_reminder(&self, conn: &mut DbConn, days: i32) -> Result<bool, AppError> {
        use institution_agreements as t;
        let not_yet = t::reminded_days.is_null().or(t::reminded_days.gt(days).assume_not_null());
        let one = t::table.find(&self.id).filter(not_yet);
        Ok(diesel::update(one).set(t::reminded_days.eq(Some(days))).execute(conn)? == 1)
    }
}
