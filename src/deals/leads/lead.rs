//! A lead: word of an enterprise that may invest, before it is a project.
use diesel::prelude::*;

use crate::deals::leads::rules::Standing;
use crate::error::{AppError, Code};
use crate::libraries::industry::Industry;
use crate::libraries::likeness::{Features, beginnings};
use crate::people::auth::{AccountId, Actor, Scope, TaskForce};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::page::{Page, Paging};
use crate::schema::leads;

pub const STATE_CHANGED: Code = Code::new(
    "lead.state_changed",
    "这条信息的状态已经改变，请刷新后再试",
    "This lead has moved on; refresh and try again",
);

crate::typed_id!(LeadId);
crate::text_enum! {
    /// How far a lead has come.
    pub enum LeadState {
        Submitted = "submitted", "已提交", "Submitted";
        Screened = "screened", "已研判", "Screened";
        HandedOver = "handed_over", "已移交", "Handed over";
        Accepted = "accepted", "已接收", "Accepted";
        Returned = "returned", "已退回", "Returned";
        Declined = "declined", "不予跟进", "Declined";
        InProject = "in_project", "已转为项目", "In a project";
    }
}

impl LeadState {
    /// From where a lead may go to a county or park.
    pub const BEFORE_HANDOVER: [Self; 3] = [Self::Submitted, Self::Screened, Self::Returned];
}

/// The columns up to `salt` are the facts of the receipt: the tables refuse to change them.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = leads)]
pub struct Lead {
    pub id: LeadId,
    pub number: String,
    pub enterprise_name: String,
    pub credit_code: Option<String>,
    pub contact_name: String,
    pub contact_phone: String,
    pub industry: Industry,
    pub intention: String,
    /// The unit, chamber or person in whose name it was submitted, when not the submitter's own
    pub submitted_for: Option<String>,
    pub submitted_by: AccountId,
    pub submitted_by_unit: Option<String>,
    pub submitted_at: Time,
    /// Keeps the published hashes from being guessed back into facts
    pub salt: String,
    pub name_key: String,
    pub name_stem: String,
    pub state: LeadState,
    pub standing: Standing,
    /// The county or park that holds it
    pub unit_id: Option<String>,
    /// Who has the first talk, by the last screening
    pub task_force: Option<TaskForce>,
}

/// Which leads are asked for, of those within reach.
#[derive(Debug, Clone, Copy, Default)]
pub struct LeadWish {
    pub state: Option<LeadState>,
    /// Those alone that the actor's task force negotiates now
    pub negotiating: bool,
}

impl Lead {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(leads::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// The lead, when it lies within the actor's reach.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &LeadId) -> Result<Self, AppError> {
        let lead: Self = leads::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        if lead.is_within_reach_of(actor) { Ok(lead) } else { Err(AppError::NotFound) }
    }

    /// Whoever asks; holds the row until the transaction ends.
    pub fn hold(conn: &mut DbConn, id: &LeadId) -> Result<Self, AppError> {
        let query = leads::table.filter(leads::id.eq(id.clone()));
        Locked { query, skip: false }.load::<Self>(conn)?.pop().ok_or(AppError::NotFound)
    }

    /// As [`Self::find`], and holds the row until the transaction ends.
    pub fn take(conn: &mut DbConn, actor: &Actor, id: &LeadId) -> Result<Self, AppError> {
        let lead = Self::hold(conn, id)?;
        if lead.is_within_reach_of(actor) { Ok(lead) } else { Err(AppError::NotFound) }
    }

    /// As [`Self::take`], for whoever works on the lead.
    pub fn take_to_work(conn: &mut DbConn, actor: &Actor, id: &LeadId) -> Result<Self, AppError> {
        let lead = Self::hold(conn, id)?;
        if lead.is_worked_on_by(actor) { Ok(lead) } else { Err(AppError::NotFound) }
    }

    /// One's own, one's unit's, or of one's task force.
    pub fn is_within_reach_of(&self, actor: &Actor) -> bool {
        actor.reaches(Some(&self.submitted_by), self.unit_id.as_deref())
            || self.task_force.is_some_and(|force| actor.negotiates_for(force))
    }

    /// Whether the actor's task force has it in hand: screened, and no county or park holds it yet.
    pub fn is_negotiated_by(&self, actor: &Actor) -> bool {
        LeadState::BEFORE_HANDOVER.contains(&self.state)
            && self.task_force.is_some_and(|force| actor.negotiates_for(force))
    }

    /// Whoever only brought it does not.
    pub fn is_worked_on_by(&self, actor: &Actor) -> bool {
        actor.reaches(None, self.unit_id.as_deref()) || self.is_negotiated_by(actor)
    }

    pub fn find_all(conn: &mut DbConn, ids: Vec<LeadId>) -> Result<Vec<Self>, AppError> {
        Ok(leads::table.filter(leads::id.eq_any(ids)).load(conn)?)
    }

    /// Newest first, within the actor's reach.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        wish: LeadWish,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        let limit = paging.limit()?;
        let mut query = leads::table.into_boxed();
        let mine = leads::submitted_by.eq(actor.id.clone());
        let negotiated = || leads::task_force.assume_not_null().eq_any(actor.task_forces.clone());
        match (actor.scope(), actor.unit_id.clone()) {
            (Scope::Any, _) => {}
            (Scope::Unit, Some(unit)) => {
                query = query.filter(leads::unit_id.eq(unit)).or_filter(mine).or_filter(negotiated());
            }
            (Scope::Unit | Scope::Own, _) => query = query.filter(mine).or_filter(negotiated()),
        }
        if let Some(state) = wish.state {
            query = query.filter(leads::state.eq(state));
        }
        if wish.negotiating {
            query = query.filter(negotiated()).filter(leads::state.eq_any(LeadState::BEFORE_HANDOVER));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(leads::id.lt(after));
        }
        let rows = query.order(leads::id.desc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |lead| vec![lead.id.to_string()]))
    }

    /// Earlier leads that may speak of the same enterprise, oldest first: at most so many for each sign, so that a
    /// name or a telephone that many share hides none with the same credit code.
    pub fn candidates(&self, conn: &mut DbConn, most: i64) -> Result<Vec<Self>, AppError> {
        let oldest = || leads::table.order(leads::number.asc()).limit(most);
        let of_stem = || oldest().filter(leads::name_stem.eq(self.name_stem.clone()));
        let mut found: Vec<Self> = of_stem().filter(leads::name_key.eq(self.name_key.clone())).load(conn)?;
        let parents = beginnings(&self.name_key);
        if !parents.is_empty() {
            let branches = format!("{}%", self.name_key);
            let kin = leads::name_key.eq_any(parents).or(leads::name_key.like(branches));
            found.extend(of_stem().filter(kin).load::<Self>(conn)?);
        }
        let same_phone = leads::contact_phone.eq(self.contact_phone.clone());
        found.extend(oldest().filter(same_phone).load::<Self>(conn)?);
        if let Some(code) = &self.credit_code {
            found.extend(oldest().filter(leads::credit_code.eq(code.clone())).load::<Self>(conn)?);
        }
        found.sort_by(|a, b| a.number.cmp(&b.number));
        found.dedup_by(|a, b| a.id == b.id);
        Ok(found)
    }

    pub fn features(&self) -> Features<'_> {
        Features {
            credit_code: self.credit_code.as_deref(),
            name_key: &self.name_key,
            phone: &self.contact_phone,
        }
    }

    /// Moves from one of `from`; refuses when the lead is elsewhere by now.
    pub fn move_to(
        conn: &mut DbConn,
        id: &LeadId,
        from: &[LeadState],
        to: LeadState,
        unit_id: Option<String>,
    ) -> Result<(), AppError> {
        let moved = diesel::update(leads::table.find(id).filter(leads::state.eq_any(from.to_vec())))
            .set((leads::state.eq(to), leads::unit_id.eq(unit_id)))
            .execute(conn)?;
        if moved == 1 { Ok(()) } else { Err(AppError::Conflict(&STATE_CHANGED)) }
    }

    pub fn set_standing(conn: &mut DbConn, id: &LeadId, standing: Standing) -> Result<(), AppError> {
        diesel::update(leads::table.find(id)).set(leads::standing.eq(standing)).execute(conn)?;
        Ok(())
    }

    /// Names who has the first talk.
    pub fn entrust(conn: &mut DbConn, id: &LeadId, force: Option<TaskForce>) -> Result<(), AppError> {
        diesel::update(leads::table.find(id)).set(leads::task_force.eq(force)).execute(conn)?;
        Ok(())
    }

    /// Marks as screened when it was only submitted.
    pub fn screen(conn: &mut DbConn, id: &LeadId) -> Result<(), AppError> {
        diesel::update(leads::table.find(id).filter(leads::state.eq(LeadState::Submitted)))
            .set(leads::state.eq(LeadState::Screened))
            .execute(conn)?;
        Ok(())
    }
}
