//! A registration: a place, or a place in the line for one; its ticket is known to the tables only by its hash.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::gatherings::events::PlaceGiven;
use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::plan::PlanGathering;
use crate::deals::gatherings::rules::answer_fits;
use crate::error::{AppError, CONFLICT, Code, FieldError};
use crate::libraries::likeness::keys_of;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::input::{Line, Phone};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::schema::{gathering_check_ins, gathering_registrations};

const ALREADY: Code = Code::new(
    "gathering.already_registered",
    "您已报名，请在“我的门票”中查看",
    "You have registered already; see your ticket",
);
const CAME: Code = Code::new(
    "gathering.came",
    "您已签到，不能再退出",
    "You have been checked in and cannot give the place back",
);
/// Characters of a ticket: 128 bits in hexadecimal.
const TICKET: usize = 32;

crate::typed_id!(RegistrationId);
crate::text_enum! {
    /// What somebody who registered has.
    pub enum RegistrationState {
        Seated = "seated", "已报名", "Has a place";
        Waiting = "waiting", "候补中", "On the waiting list";
        GivenBack = "given_back", "已退出", "Given back";
    }
}
crate::text_enum! {
    /// How somebody heard of the gathering.
    pub enum GatheringSource {
        Platform = "platform", "平台首页", "The platform";
        Shared = "shared", "他人分享", "A shared link";
        Poster = "poster", "海报", "A poster";
        Invited = "invited", "单位邀请", "An invitation";
        Other = "other", "其他", "Other";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = gathering_registrations)]
pub struct Registration {
    pub id: RegistrationId,
    pub gathering_id: GatheringId,
    pub account_id: AccountId,
    pub name: String,
    pub phone: String,
    pub firm: String,
    pub firm_key: String,
    /// JSON array of [`AnswerKept`]
    pub answers: String,
    pub source: GatheringSource,
    pub state: RegistrationState,
    pub registered_at: Time,
    pub seated_at: Option<Time>,
    pub given_back_at: Option<Time>,
    /// SHA-256 of the ticket, so that a phone at the door can check without the network
    pub ticket_hash: String,
}

/// A question as it was asked, and what was said.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswerKept {
    label: String,
    label_en: Option<String>,
    text: String,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormAnswer {
    /// Place of the question in the form, from 0
    #[schema(minimum = 0, maximum = 9)]
    question: usize,
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    text: Line<300>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    phone: Phone,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    firm: Line<100>,
    #[schema(max_items = 10)]
    answers: Vec<FormAnswer>,
    source: GatheringSource,
}

/// The ticket of a registration: follows from the house's secret, so that no table holds it.
pub fn ticket_of(app: &App, id: &RegistrationId) -> String {
    app.keys.hash(&["gathering ticket", id.as_str()]).chars().take(TICKET).collect()
}

/// What the tables and the phones at the door know of a ticket.
pub fn hash_of(ticket: &str) -> String {
    sha256_hex(ticket)
}

impl Register {
    fn answers(&self, plan: &PlanGathering) -> Result<Vec<AnswerKept>, AppError> {
        if self.answers.len() > 10 {
            return Err(AppError::field("answers", "input.range"));
        }
        let mut wrong = Vec::new();
        let mut kept = Vec::new();
        if self.answers.iter().any(|given| given.question >= plan.questions.len()) {
            return Err(AppError::field("answers", "input.choice"));
        }
        for (n, question) in plan.questions.iter().enumerate() {
            let mut given = self.answers.iter().filter(|given| given.question == n);
            match (given.next(), given.next()) {
                (None, _) if question.required => {
                    wrong.push(FieldError::new(format!("answers[{n}]"), "input.empty"));
                }
                (None, _) => {}
                (Some(one), None) if answer_fits(question, one.text.as_str()) => kept.push(AnswerKept {
                    label: question.label.as_str().to_owned(),
                    label_en: question.label_en.as_ref().map(|label| label.as_str().to_owned()),
                    text: one.text.as_str().to_owned(),
                }),
                _ => wrong.push(FieldError::new(format!("answers[{n}]"), "input.choice")),
            }
        }
        if wrong.is_empty() { Ok(kept) } else { Err(AppError::Invalid(wrong)) }
    }
}

impl Registration {
    /// A place if there is one, else a place in the line. The gathering's row is held meanwhile, and the tables
    /// themselves count: they refuse one too many, one after the deadline, and one too many of a firm.
    pub fn make(
        conn: &mut DbConn,
        app: &App,
        gathering: &GatheringId,
        wish: &Register,
        by: &AccountId,
        now: Time,
    ) -> Result<Self, AppError> {
        let held = Gathering::take(conn, gathering)?;
        if held.published_at.is_none() {
            return Err(AppError::NotFound);
        }
        if Self::of_person(conn, gathering, by)?.is_some() {
            return Err(AppError::Conflict(&ALREADY));
        }
        let (firm_key, _) = keys_of(wish.firm.as_str());
        let of_firm = Self::of_firm(conn, gathering, &firm_key)?;
        let state = held.standing().admit(of_firm, now).map_err(AppError::Conflict)?;
        let answers = wish.answers(&held.plan()?)?;
        let id = RegistrationId::fresh();
        let made = Self {
            ticket_hash: hash_of(&ticket_of(app, &id)),
            id,
            gathering_id: gathering.clone(),
            account_id: by.clone(),
            name: wish.name.as_str().to_owned(),
            phone: wish.phone.as_str().to_owned(),
            firm: wish.firm.as_str().to_owned(),
            firm_key,
            answers: serde_json::to_string(&answers).map_err(AppError::internal)?,
            source: wish.source,
            state,
            registered_at: now,
            seated_at: (state == RegistrationState::Seated).then_some(now),
            given_back_at: None,
        };
        diesel::insert_into(gathering_registrations::table)
            .values(made.clone())
            .execute(conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&ALREADY) } else { e.into() })?;
        Ok(made)
    }

    fn of_firm(conn: &mut DbConn, gathering: &GatheringId, firm_key: &str) -> Result<i64, AppError> {
        use gathering_registrations as t;
        Ok(t::table
            .filter(t::gathering_id.eq(gathering))
            .filter(t::firm_key.eq(firm_key))
            .filter(t::state.ne(RegistrationState::GivenBack))
            .count()
            .get_result(conn)?)
    }

    /// The registration that a person has there now.
    pub fn of_person(
        conn: &mut DbConn,
        gathering: &GatheringId,
        account: &AccountId,
    ) -> Result<Option<Self>, AppError> {
        use gathering_registrations as t;
        Ok(t::table
            .filter(t::gathering_id.eq(gathering))
            .filter(t::account_id.eq(account))
            .filter(t::state.ne(RegistrationState::GivenBack))
            .first(conn)
            .optional()?)
    }

    pub fn find(conn: &mut DbConn, id: &RegistrationId) -> Result<Self, AppError> {
        gathering_registrations::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// One of a gathering that the actor's unit holds.
    pub fn held(conn: &mut DbConn, actor: &Actor, id: &RegistrationId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        Gathering::held(conn, actor, &found.gathering_id)?;
        Ok(found)
    }

    /// A person's own, newest first.
    pub fn mine(conn: &mut DbConn, account: &AccountId, paging: &Paging) -> Result<Page<Self>, AppError> {
        use gathering_registrations as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::account_id.eq(account)).into_boxed();
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |r| vec![r.id.to_string()]))
    }

    /// Those of a gathering, newest first.
    pub fn list(
        conn: &mut DbConn,
        gathering: &GatheringId,
        state: Option<RegistrationState>,
        came: Option<bool>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use {gathering_check_ins as c, gathering_registrations as t};
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::gathering_id.eq(gathering.clone())).into_boxed();
        if let Some(state) = state {
            query = query.filter(t::state.eq(state));
        }
        let seen = c::table.filter(c::gathering_id.eq(gathering.clone())).select(c::registration_id);
        query = match came {
            Some(true) => query.filter(t::id.eq_any(seen)),
            Some(false) => query.filter(t::id.ne_all(seen)),
            None => query,
        };
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |r| vec![r.id.to_string()]))
    }

    /// Everybody who has a place.
    pub fn seated(conn: &mut DbConn, gathering: &GatheringId) -> Result<Vec<Self>, AppError> {
        use gathering_registrations as t;
        Ok(t::table
            .filter(t::gathering_id.eq(gathering))
            .filter(t::state.eq(RegistrationState::Seated))
            .order(t::id.asc())
            .load(conn)?)
    }

    /// Accounts of all who have a place or wait for one.
    pub fn readers(conn: &mut DbConn, gathering: &GatheringId) -> Result<Vec<AccountId>, AppError> {
        use gathering_registrations as t;
        Ok(t::table
            .filter(t::gathering_id.eq(gathering))
            .filter(t::state.ne(RegistrationState::GivenBack))
            .select(t::account_id)
            .load(conn)?)
    }

    /// How many stand in the line before this one.
    pub fn ahead(&self, conn: &mut DbConn) -> Result<i64, AppError> {
        use gathering_registrations as t;
        let earlier = t::registered_at
            .lt(self.registered_at)
            .or(t::registered_at.eq(self.registered_at).and(t::id.lt(self.id.clone())));
        Ok(t::table
            .filter(t::gathering_id.eq(&self.gathering_id))
            .filter(t::state.eq(RegistrationState::Waiting))
            .filter(earlier)
            .count()
            .get_result(conn)?)
    }

    pub fn answers_kept(&self) -> Vec<AnswerKept> {
        serde_json::from_str(&self.answers).unwrap_or_default()
    }

    /// What a lead says when nobody wrote anything else: the gathering and the answers of the form.
    pub fn intention(&self, title: &str) -> String {
        let said =
            self.answers_kept().into_iter().map(|answer| format!("\n{}：{}", answer.label, answer.text));
        let text: String = std::iter::once(format!("参加招商活动“{title}”")).chain(said).collect();
        text.chars().take(1000).collect()
    }

    /// Gives the place back, and gives it to whoever waits first.
    pub fn give_back(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use {gathering_check_ins as c, gathering_registrations as t};
        Gathering::take(conn, &self.gathering_id)?;
        if c::table.find(&self.id).count().get_result::<i64>(conn)? > 0 {
            return Err(AppError::Conflict(&CAME));
        }
        let set = (t::state.eq(RegistrationState::GivenBack), t::given_back_at.eq(Some(now)));
        let standing = t::table.find(&self.id).filter(t::state.ne(RegistrationState::GivenBack));
        if diesel::update(standing).set(set).execute(conn)? != 1 {
            return Err(AppError::Conflict(&CONFLICT));
        }
        move_up(conn, &self.gathering_id, now)
    }
}

/// Gives every free place to whoever waits first, and tells them. The gathering's row must be held.
pub fn move_up(conn: &mut DbConn, gathering: &GatheringId, now: Time) -> Result<(), AppError> {
    use gathering_registrations as t;
    let held = Gathering::take(conn, gathering)?;
    if held.ends_at <= now {
        return Ok(());
    }
    let free = i64::from(held.capacity - held.taken);
    if free < 1 || held.waiting < 1 {
        return Ok(());
    }
    let next: Vec<Registration> = t::table
        .filter(t::gathering_id.eq(gathering))
        .filter(t::state.eq(RegistrationState::Waiting))
        .order((t::registered_at.asc(), t::id.asc()))
        .limit(free)
        .load(conn)?;
    for one in next {
        let set = (t::state.eq(RegistrationState::Seated), t::seated_at.eq(Some(now)));
        diesel::update(t::table.find(&one.id)).set(set).execute(conn)?;
        outbox::emit(conn, &PlaceGiven::new(&held, one.account_id), now)?;
    }
    Ok(())
}
