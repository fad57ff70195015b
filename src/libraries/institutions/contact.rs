//! A person of an institution, known to one unit: nobody of another unit sees the contact.
use diesel::prelude::*;

use crate::error::AppError;
use crate::libraries::institutions::institution::InstitutionId;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::institution_contacts;

crate::typed_id!(InstitutionContactId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = institution_contacts)]
pub struct Contact {
    pub id: InstitutionContactId,
    pub institution_id: InstitutionId,
    /// The unit that knows this person
    pub unit_id: Option<String>,
    pub name: String,
    pub title: Option<String>,
    pub phone: String,
    pub added_by: AccountId,
    pub added_at: Time,
    pub removed_at: Option<Time>,
}

impl Contact {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(institution_contacts::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    fn is_seen_by(&self, actor: &Actor) -> bool {
        actor.reaches(Some(&self.added_by), self.unit_id.as_deref())
    }

    /// The contact, when it lies within the actor's reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &InstitutionContactId) -> Result<Self, AppError> {
        use institution_contacts as t;
        let found: Option<Self> = t::table.find(id).filter(t::removed_at.is_null()).first(conn).optional()?;
        found.filter(|contact| contact.is_seen_by(actor)).ok_or(AppError::NotFound)
    }

    /// Those of an institution that the actor may see, oldest first.
    pub fn seen(conn: &mut DbConn, actor: &Actor, of: &InstitutionId) -> Result<Vec<Self>, AppError> {
        use institution_contacts as t;
        let standing = t::table.filter(t::institution_id.eq(of.clone())).filter(t::removed_at.is_null());
        let all: Vec<Self> = standing.order(t::id.asc()).load(conn)?;
        Ok(all.into_iter().filter(|contact| contact.is_seen_by(actor)).collect())
    }

    pub fn remove(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use institution_contacts as t;
        diesel::update(t::table.find(&self.id)).set(t::removed_at.eq(Some(now))).execute(conn)?;
        Ok(())
    }
}
