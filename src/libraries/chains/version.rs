//! A version of a county's chain: a proposal that waits for the city, and, once approved, what stands with its days.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::libraries::chains::content::ChainContent;
use crate::libraries::chains::rules::{ChainAct, Standpoint, can_begin, may};
use crate::libraries::industry::Industry;
use crate::people::auth::{AccountId, Actor};
use crate::people::units::{Unit, UnitDuty};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{auth_accounts, chain_versions};

const ALREADY_PROPOSED: Code = Code::new(
    "chain.already_proposed",
    "本区县已有一份主产业链申报在办理，请先处理那一份",
    "A proposal for this county's chain is under way already; deal with that one first",
);
const NOT_YOURS: Code = Code::new(
    "chain.not_yours",
    "这份申报现在不能由您办理：由区县申报，市商务局审批，本人不审批本人填写的内容",
    "This proposal is not yours to deal with now: the county proposes, the coordinator decides, nobody decides on their own",
);
const OUTDATED: Code = Code::new(
    "chain.outdated",
    "填写之后现行版本已有变化，请退回后重新填写",
    "The version in force changed after this was written; return it and have it written anew",
);

crate::typed_id!(ChainVersionId);
crate::text_enum! {
    /// How far a version of a chain has come.
    pub enum ChainState {
        Open = "open", "待市级审批", "Waiting for the city";
        Returned = "returned", "已退回", "Returned";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        Approved = "approved", "现行", "In force";
        Past = "past", "往期", "Past";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = chain_versions)]
pub struct ChainVersion {
    pub id: ChainVersionId,
    pub unit_id: String,
    /// Counted from 1 for each county; proposals have none
    pub number: Option<i32>,
    pub state: ChainState,
    pub name: String,
    pub industry: Industry,
    /// [`ChainContent`]
    pub content: String,
    pub note: Option<String>,
    /// The version in force when it was written; 0 for the first
    pub base_number: i32,
    /// Nobody for what came with the program
    pub proposed_by: Option<AccountId>,
    pub proposed_by_name: String,
    pub proposed_at: Time,
    pub decided_by: Option<AccountId>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<Time>,
    pub decision_note: Option<String>,
    pub from_on: Option<NaiveDate>,
    /// The last day on which it held
    pub to_on: Option<NaiveDate>,
    pub demo: bool,
}

/// Whether somebody speaks for the city.
pub fn is_of_city(conn: &mut DbConn, actor: &Actor) -> Result<bool, AppError> {
    let Some(unit) = &actor.unit_id else { return Ok(false) };
    Ok(Unit::find(conn, unit)?.is_some_and(|unit| unit.duty == UnitDuty::Coordinator))
}

fn text_of(content: &ChainContent) -> Result<String, AppError> {
    serde_json::to_string(content).map_err(AppError::internal)
}

impl ChainVersion {
    /// Writes a county's proposal; the table refuses a second one beside it.
    pub fn propose(
        conn: &mut DbConn,
        unit_id: &str,
        content: &ChainContent,
        note: Option<String>,
        by: &Actor,
        now: Time,
    ) -> Result<Self, AppError> {
        let before = Self::in_force(conn, unit_id)?;
        let demo = auth_accounts::table.find(&by.id).select(auth_accounts::demo).first(conn)?;
        let version = Self {
            id: ChainVersionId::fresh(),
            unit_id: unit_id.to_owned(),
            number: None,
            state: ChainState::Open,
            name: content.name.as_str().to_owned(),
            industry: content.industry,
            content: text_of(content)?,
            note,
            base_number: before.and_then(|before| before.number).unwrap_or(0),
            proposed_by: Some(by.id.clone()),
            proposed_by_name: by.name.clone(),
            proposed_at: now,
            decided_by: None,
            decided_by_name: None,
            decided_at: None,
            decision_note: None,
            from_on: None,
            to_on: None,
            demo,
        };
        version.insert(conn)?;
        Ok(version)
    }

    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(chain_versions::table).values(self.clone()).execute(conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&ALREADY_PROPOSED) } else { e.into() }
        })?;
        Ok(())
    }

    pub fn content(&self) -> Result<ChainContent, AppError> {
        serde_json::from_str(&self.content).map_err(AppError::internal)
    }

    pub fn find(conn: &mut DbConn, id: &ChainVersionId) -> Result<Self, AppError> {
        chain_versions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// A version that was approved once: everybody may read it.
    pub fn standing(conn: &mut DbConn, id: &ChainVersionId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if found.number.is_some() { Ok(found) } else { Err(AppError::NotFound) }
    }

    /// A proposal within one's reach: the county's own people, the city, and whoever may read all.
    pub fn proposal(conn: &mut DbConn, actor: &Actor, id: &ChainVersionId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if actor.reaches(None, Some(&found.unit_id)) || is_of_city(conn, actor)? {
            Ok(found)
        } else {
            Err(AppError::NotFound)
        }
    }

    /// The same, held for this transaction, for one act.
    pub fn take(
        conn: &mut DbConn,
        actor: &Actor,
        id: &ChainVersionId,
        act: ChainAct,
    ) -> Result<Self, AppError> {
        let query = chain_versions::table.find(id).select(chain_versions::id);
        let _held: Option<ChainVersionId> = Locked { query, skip: false }.get_result(conn).optional()?;
        let found = Self::proposal(conn, actor, id)?;
        let of_city = is_of_city(conn, actor)?;
        if found.may(actor, of_city).contains(&act) { Ok(found) } else { Err(AppError::Conflict(&NOT_YOURS)) }
    }

    pub fn may(&self, actor: &Actor, of_city: bool) -> Vec<ChainAct> {
        let author = self.proposed_by.as_ref().is_some_and(|author| actor.is(author));
        let of_county = actor.is_of(&self.unit_id) && actor.doing("rewrite_chain").is_some();
        let of_city = of_city && actor.doing("approve_chain").is_some();
        may(self.state, Standpoint { of_county, of_city, author })
    }

    /// What holds in each county now, by county.
    pub fn all_in_force(conn: &mut DbConn) -> Result<HashMap<String, Self>, AppError> {
        use chain_versions as t;
        let all: Vec<Self> = t::table.filter(t::state.eq(ChainState::Approved)).load(conn)?;
        Ok(all.into_iter().map(|version| (version.unit_id.clone(), version)).collect())
    }

    pub fn in_force(conn: &mut DbConn, unit_id: &str) -> Result<Option<Self>, AppError> {
        use chain_versions as t;
        let one = t::table.filter(t::unit_id.eq(unit_id.to_owned()));
        Ok(one.filter(t::state.eq(ChainState::Approved)).first(conn).optional()?)
    }

    /// Every version that was approved for a county, newest first.
    pub fn history(conn: &mut DbConn, unit_id: &str) -> Result<Vec<Self>, AppError> {
        use chain_versions as t;
        let all = t::table.filter(t::unit_id.eq(unit_id.to_owned())).filter(t::number.is_not_null());
        Ok(all.order(t::number.desc()).limit(100).load(conn)?)
    }

    /// The approved version that a proposal was written on.
    pub fn base(&self, conn: &mut DbConn) -> Result<Option<Self>, AppError> {
        use chain_versions as t;
        let all = t::table.filter(t::unit_id.eq(self.unit_id.clone()));
        Ok(all.filter(t::number.eq(self.base_number)).first(conn).optional()?)
    }

    /// Proposals of one county or of all, newest first.
    pub fn list(
        conn: &mut DbConn,
        unit_id: Option<&str>,
        states: &[ChainState],
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use chain_versions as t;
        let limit = paging.limit()?;
        let mut query = t::table
            .filter(t::state.eq_any(states.to_vec()))
            .filter(t::proposed_by.is_not_null())
            .into_boxed();
        if let Some(unit) = unit_id {
            query = query.filter(t::unit_id.eq(unit.to_owned()));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |version: &Self| vec![version.id.to_string()]))
    }

    /// Writes a proposal anew; it is then of whoever wrote it last, and waits again.
    pub fn rewrite(
        &self,
        conn: &mut DbConn,
        content: &ChainContent,
        note: Option<String>,
        by: &Actor,
        now: Time,
    ) -> Result<(), AppError> {
        use chain_versions as t;
        let base = Self::in_force(conn, &self.unit_id)?.and_then(|before| before.number).unwrap_or(0);
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(ChainState::Open),
                t::name.eq(content.name.as_str()),
                t::industry.eq(content.industry),
                t::content.eq(text_of(content)?),
                t::note.eq(note),
                t::base_number.eq(base),
                t::proposed_by.eq(Some(by.id.clone())),
                t::proposed_by_name.eq(&by.name),
                t::proposed_at.eq(now),
                t::decided_by.eq(None::<AccountId>),
                t::decided_by_name.eq(None::<String>),
                t::decided_at.eq(None::<Time>),
                t::decision_note.eq(None::<String>),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// Returns a proposal with the reason.
    pub fn send_back(&self, conn: &mut DbConn, by: &Actor, why: &str, now: Time) -> Result<(), AppError> {
        use chain_versions as t;
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(ChainState::Returned),
                t::decided_by.eq(Some(by.id.clone())),
                t::decided_by_name.eq(Some(by.name.clone())),
                t::decided_at.eq(Some(now)),
                t::decision_note.eq(Some(why.to_owned())),
            ))
            .execute(conn)?;
        Ok(())
    }

    pub fn withdraw(&self, conn: &mut DbConn) -> Result<(), AppError> {
        use chain_versions as t;
        diesel::update(t::table.find(&self.id)).set(t::state.eq(ChainState::Withdrawn)).execute(conn)?;
        Ok(())
    }

    /// Lets a proposal hold from a day on; the version before ends on the day before. The table refuses a second
    /// version in force, the author as the one who decides, and a change of what stands.
    pub fn approve(
        &self,
        conn: &mut DbConn,
        by: &Actor,
        from_on: NaiveDate,
        now: Time,
    ) -> Result<i32, AppError> {
        use chain_versions as t;
        let before = Self::in_force(conn, &self.unit_id)?;
        let base = before.as_ref().and_then(|b| b.number).unwrap_or(0);
        if base != self.base_number {
            return Err(AppError::Conflict(&OUTDATED));
        }
        if !can_begin(from_on, before.as_ref().and_then(|b| b.from_on), now.day()) {
            return Err(AppError::field("from_on", "input.range"));
        }
        if let Some(before) = before {
            diesel::update(t::table.find(&before.id))
                .set((t::state.eq(ChainState::Past), t::to_on.eq(from_on.pred_opt())))
                .execute(conn)?;
        }
        let decided = (
            t::state.eq(ChainState::Approved),
            t::number.eq(Some(base + 1)),
            t::decided_by.eq(Some(by.id.clone())),
            t::decided_by_name.eq(Some(by.name.clone())),
            t::decided_at.eq(Some(now)),
            t::from_on.eq(Some(from_on)),
        );
        let refused = |e| if is_unique_violation(&e) { AppError::Conflict(&OUTDATED) } else { e.into() };
        diesel::update(t::table.find(&self.id)).set(decided).execute(conn).map_err(refused)?;
        Ok(base + 1)
    }
}
