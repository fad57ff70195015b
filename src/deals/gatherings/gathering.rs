//! A gathering: planned by one person of a unit, published by a second, changed the same way, cancelled with a reason.
use diesel::prelude::*;

use crate::deals::gatherings::plan::PlanGathering;
use crate::deals::gatherings::rules::Standing;
use crate::error::{AppError, CONFLICT, Code};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::page::{Page, Paging};
use crate::schema::{auth_accounts, gatherings};

const OWN_DRAFT: Code = Code::new(
    "gathering.own_draft",
    "发布须由另一位同事复核，请他人打开本页发布",
    "A second person must check and publish this; ask a colleague to open this page",
);
const NOTHING_TO_PUBLISH: Code = Code::new(
    "gathering.nothing_to_publish",
    "没有待发布的内容，请刷新",
    "There is nothing to publish; refresh the page",
);
const OVER: Code = Code::new(
    "gathering.over",
    "活动已结束或已取消，不能再修改",
    "The event is over or cancelled and cannot be changed",
);
const TOO_SMALL: Code = Code::new(
    "gathering.too_small",
    "名额不能少于已报名人数",
    "There cannot be fewer places than people who have one",
);

crate::typed_id!(GatheringId);
crate::text_enum! {
    /// Whether a gathering is shown to everybody.
    pub enum GatheringState {
        Draft = "draft", "筹备中", "In preparation";
        Published = "published", "已发布", "Published";
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = gatherings)]
pub struct Gathering {
    pub id: GatheringId,
    pub unit_id: String,
    pub title: String,
    pub starts_at: Time,
    pub ends_at: Time,
    pub closes_at: Time,
    pub capacity: i32,
    pub firm_limit: i32,
    /// Kept by the tables, which refuse more than `capacity`
    pub taken: i32,
    pub waiting: i32,
    /// JSON of [`PlanGathering`]: what everybody sees once published
    pub plan: String,
    /// JSON of [`PlanGathering`]: what a second person has still to publish
    pub proposal: Option<String>,
    pub state: GatheringState,
    pub version: i32,
    /// Who wrote what waits to be published
    pub written_by: Option<AccountId>,
    pub created_by: AccountId,
    pub created_at: Time,
    pub published_by: Option<AccountId>,
    /// Who had written what was published; the tables refuse the same person
    pub published_from: Option<AccountId>,
    pub published_at: Option<Time>,
    pub cancelled_by: Option<AccountId>,
    pub cancelled_at: Option<Time>,
    pub cancel_reason: Option<String>,
    pub demo: bool,
}

/// Which gatherings one looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Not over yet, soonest first
    Ahead,
    /// Over, latest first
    Past,
}

impl Gathering {
    pub fn new(
        unit_id: String,
        plan: &PlanGathering,
        by: &AccountId,
        now: Time,
        demo: bool,
    ) -> Result<Self, AppError> {
        Ok(Self {
            id: GatheringId::fresh(),
            unit_id,
            title: plan.title.as_str().to_owned(),
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
            closes_at: plan.closes_at,
            capacity: plan.capacity,
            firm_limit: plan.firm_limit,
            taken: 0,
            waiting: 0,
            plan: text_of(plan)?,
            proposal: None,
            state: GatheringState::Draft,
            version: 1,
            written_by: Some(by.clone()),
            created_by: by.clone(),
            created_at: now,
            published_by: None,
            published_from: None,
            published_at: None,
            cancelled_by: None,
            cancelled_at: None,
            cancel_reason: None,
            demo,
        })
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(gatherings::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &GatheringId) -> Result<Self, AppError> {
        gatherings::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// As [`Self::find`], and holds the row until the transaction ends.
    pub fn take(conn: &mut DbConn, id: &GatheringId) -> Result<Self, AppError> {
        let query = gatherings::table.filter(gatherings::id.eq(id.clone()));
        Locked { query, skip: false }.load::<Self>(conn)?.pop().ok_or(AppError::NotFound)
    }

    /// One that everybody may see.
    pub fn public(conn: &mut DbConn, id: &GatheringId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if found.published_at.is_some() { Ok(found) } else { Err(AppError::NotFound) }
    }

    /// For the unit that holds it, and whoever sees every unit.
    pub fn held(conn: &mut DbConn, actor: &Actor, id: &GatheringId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if found.is_held_by(actor) { Ok(found) } else { Err(AppError::NotFound) }
    }

    pub fn is_held_by(&self, actor: &Actor) -> bool {
        actor.reaches(Some(&self.created_by), Some(&self.unit_id))
    }

    pub fn find_all(conn: &mut DbConn, ids: Vec<GatheringId>) -> Result<Vec<Self>, AppError> {
        Ok(gatherings::table.filter(gatherings::id.eq_any(ids)).load(conn)?)
    }

    /// Published ones, for everybody.
    pub fn list(conn: &mut DbConn, when: When, now: Time, paging: &Paging) -> Result<Page<Self>, AppError> {
        use gatherings as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::published_at.is_not_null()).into_boxed();
        let after = paging.after_moment::<GatheringId>()?;
        query = match when {
            When::Ahead => query.filter(t::ends_at.gt(now).and(t::state.eq(GatheringState::Published))),
            When::Past => query.filter(t::ends_at.le(now).or(t::state.eq(GatheringState::Cancelled))),
        };
        if let Some((at, id)) = after {
            query = match when {
                When::Ahead => query.filter(t::starts_at.gt(at).or(t::starts_at.eq(at).and(t::id.gt(id)))),
                When::Past => query.filter(t::starts_at.lt(at).or(t::starts_at.eq(at).and(t::id.lt(id)))),
            };
        }
        query = match when {
            When::Ahead => query.order((t::starts_at.asc(), t::id.asc())),
            When::Past => query.order((t::starts_at.desc(), t::id.desc())),
        };
        let rows: Vec<Self> = query.limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |g| vec![g.starts_at.millis().to_string(), g.id.to_string()]))
    }

    /// Those of the actor's unit with drafts, newest first.
    pub fn desk(conn: &mut DbConn, actor: &Actor, paging: &Paging) -> Result<Page<Self>, AppError> {
        use gatherings as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if actor.scope() != Scope::Any {
            let unit = actor.unit_id.clone().unwrap_or_default();
            query = query.filter(t::unit_id.eq(unit).or(t::created_by.eq(actor.id.clone())));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |g| vec![g.id.to_string()]))
    }

    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            closes_at: self.closes_at,
            capacity: self.capacity,
            firm_limit: self.firm_limit,
            taken: self.taken,
            waiting: self.waiting,
        }
    }

    pub fn plan(&self) -> Result<PlanGathering, AppError> {
        serde_json::from_str(&self.plan).map_err(AppError::internal)
    }

    pub fn proposal(&self) -> Result<Option<PlanGathering>, AppError> {
        self.proposal.as_deref().map(serde_json::from_str).transpose().map_err(AppError::internal)
    }

    /// Whether something waits for a second person.
    pub fn waits_for_second(&self) -> bool {
        self.state == GatheringState::Draft
            || (self.state == GatheringState::Published && self.proposal.is_some())
    }

    /// Writes the plan anew: in a draft at once, in a published gathering as a proposal.
    pub fn write(
        &self,
        conn: &mut DbConn,
        version: i32,
        plan: &PlanGathering,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        use gatherings as t;
        self.refuse_when_over(now)?;
        if self.state == GatheringState::Published && plan.capacity < self.taken {
            return Err(AppError::Conflict(&TOO_SMALL));
        }
        let same = t::table.find(&self.id).filter(t::version.eq(version)).filter(t::state.eq(self.state));
        let text = text_of(plan)?;
        let head = (t::version.eq(version + 1), t::written_by.eq(Some(by.clone())));
        let changed = if self.state == GatheringState::Draft {
            diesel::update(same).set((head, columns(plan), t::plan.eq(text))).execute(conn)?
        } else {
            diesel::update(same).set((head, t::proposal.eq(Some(text)))).execute(conn)?
        };
        if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&CONFLICT)) }
    }

    /// Publishes what another person wrote; gives the plan that holds from now on.
    pub fn publish(
        &self,
        conn: &mut DbConn,
        version: i32,
        by: &AccountId,
        now: Time,
    ) -> Result<PlanGathering, AppError> {
        use gatherings as t;
        self.refuse_when_over(now)?;
        if !self.waits_for_second() {
            return Err(AppError::Conflict(&NOTHING_TO_PUBLISH));
        }
        let Some(writer) = self.written_by.clone().filter(|writer| writer != by) else {
            return Err(AppError::Conflict(&OWN_DRAFT));
        };
        let plan = match self.proposal()? {
            Some(proposal) => proposal,
            None => self.plan()?,
        };
        if plan.ends_at <= now {
            return Err(AppError::Conflict(&OVER));
        }
        if plan.capacity < self.taken {
            return Err(AppError::Conflict(&TOO_SMALL));
        }
        let same = t::table.find(&self.id).filter(t::version.eq(version)).filter(t::state.eq(self.state));
        let set = (
            t::version.eq(version + 1),
            t::state.eq(GatheringState::Published),
            t::published_by.eq(Some(by.clone())),
            t::published_from.eq(Some(writer)),
            t::published_at.eq(Some(self.published_at.unwrap_or(now))),
            t::plan.eq(text_of(&plan)?),
            t::proposal.eq(None::<String>),
            columns(&plan),
        );
        if diesel::update(same).set(set).execute(conn)? == 1 {
            Ok(plan)
        } else {
            Err(AppError::Conflict(&CONFLICT))
        }
    }

    pub fn cancel(&self, conn: &mut DbConn, by: &AccountId, reason: &str, now: Time) -> Result<(), AppError> {
        use gatherings as t;
        self.refuse_when_over(now)?;
        let set = (
            t::state.eq(GatheringState::Cancelled),
            t::version.eq(t::version + 1),
            t::cancelled_by.eq(Some(by.clone())),
            t::cancelled_at.eq(Some(now)),
            t::cancel_reason.eq(Some(reason.to_owned())),
        );
        let standing = t::table.find(&self.id).filter(t::state.ne(GatheringState::Cancelled));
        if diesel::update(standing).set(set).execute(conn)? == 1 {
            Ok(())
        } else {
            Err(AppError::Conflict(&OVER))
        }
    }

    fn refuse_when_over(&self, now: Time) -> Result<(), AppError> {
        // A draft that nobody published in time may still be given another day.
        let over = match self.state {
            GatheringState::Draft => false,
            GatheringState::Published => self.ends_at <= now,
            GatheringState::Cancelled => true,
        };
        if over { Err(AppError::Conflict(&OVER)) } else { Ok(()) }
    }
}

type Columns = (
    diesel::dsl::Eq<gatherings::title, String>,
    diesel::dsl::Eq<gatherings::starts_at, Time>,
    diesel::dsl::Eq<gatherings::ends_at, Time>,
    diesel::dsl::Eq<gatherings::closes_at, Time>,
    diesel::dsl::Eq<gatherings::capacity, i32>,
    diesel::dsl::Eq<gatherings::firm_limit, i32>,
);

/// What the tables must know of a plan.
fn columns(plan: &PlanGathering) -> Columns {
    use gatherings as t;
    (
        t::title.eq(plan.title.as_str().to_owned()),
        t::starts_at.eq(plan.starts_at),
        t::ends_at.eq(plan.ends_at),
        t::closes_at.eq(plan.closes_at),
        t::capacity.eq(plan.capacity),
        t::firm_limit.eq(plan.firm_limit),
    )
}

fn text_of(plan: &PlanGathering) -> Result<String, AppError> {
    serde_json::to_string(plan).map_err(AppError::internal)
}

/// Whether an account is of the demonstration.
pub fn is_demo(conn: &mut DbConn, account: &AccountId) -> Result<bool, AppError> {
    Ok(auth_accounts::table.find(account).select(auth_accounts::demo).first(conn)?)
}
