//! The floor: what those who registered ask, what the moderator lets everybody see, votes, and the answer.
use std::collections::{HashMap, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::each_database;
use crate::error::{AppError, CONFLICT, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{gathering_questions, gathering_votes};

const ENOUGH: Code = Code::new(
    "gathering.enough_questions",
    "每人最多提五个问题，可以为别人的问题投票",
    "Five questions a person at most; you can vote for those of others",
);
/// Questions of one person at one gathering.
const MOST_A_PERSON: i64 = 5;
/// Questions of one gathering that are shown.
pub const MOST: i64 = 500;

crate::typed_id!(QuestionId);
crate::text_enum! {
    /// Whether everybody who registered sees a question.
    pub enum QuestionState {
        Asked = "asked", "待审核", "To be looked at";
        Shown = "shown", "已展示", "Shown";
        Hidden = "hidden", "未采用", "Not taken";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = gathering_questions)]
pub struct FloorQuestion {
    pub id: QuestionId,
    pub gathering_id: GatheringId,
    pub asked_by: AccountId,
    pub words: String,
    pub state: QuestionState,
    pub asked_at: Time,
    pub ruled_by: Option<AccountId>,
    pub ruled_at: Option<Time>,
    pub answer: Option<String>,
    pub answered_by: Option<AccountId>,
    pub answered_at: Option<Time>,
}

impl FloorQuestion {
    /// So many of one person: the gathering's row is held while they are counted.
    pub fn ask(
        conn: &mut DbConn,
        gathering: &GatheringId,
        by: &AccountId,
        words: &str,
        now: Time,
    ) -> Result<QuestionId, AppError> {
        use gathering_questions as t;
        Gathering::take(conn, gathering)?;
        let theirs = t::table.filter(t::gathering_id.eq(gathering)).filter(t::asked_by.eq(by));
        if theirs.count().get_result::<i64>(conn)? >= MOST_A_PERSON {
            return Err(AppError::Conflict(&ENOUGH));
        }
        let question = Self {
            id: QuestionId::fresh(),
            gathering_id: gathering.clone(),
            asked_by: by.clone(),
            words: words.to_owned(),
            state: QuestionState::Asked,
            asked_at: now,
            ruled_by: None,
            ruled_at: None,
            answer: None,
            answered_by: None,
            answered_at: None,
        };
        let id = question.id.clone();
        diesel::insert_into(t::table).values(question).execute(conn)?;
        Ok(id)
    }

    pub fn find(conn: &mut DbConn, id: &QuestionId) -> Result<Self, AppError> {
        gathering_questions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// The latest of a gathering: for a moderator all, for others those that are shown and their own.
    pub fn list(
        conn: &mut DbConn,
        gathering: &GatheringId,
        reader: &AccountId,
        moderates: bool,
    ) -> Result<Vec<Self>, AppError> {
        use gathering_questions as t;
        let mut query = t::table.filter(t::gathering_id.eq(gathering.clone())).into_boxed();
        if !moderates {
            query = query.filter(t::state.eq(QuestionState::Shown).or(t::asked_by.eq(reader.clone())));
        }
        Ok(query.order(t::id.desc()).limit(MOST).load(conn)?)
    }

    pub fn rule(&self, conn: &mut DbConn, show: bool, by: &AccountId, now: Time) -> Result<(), AppError> {
        use gathering_questions as t;
        let state = if show { QuestionState::Shown } else { QuestionState::Hidden };
        let set = (t::state.eq(state), t::ruled_by.eq(Some(by.clone())), t::ruled_at.eq(Some(now)));
        diesel::update(t::table.find(&self.id)).set(set).execute(conn)?;
        Ok(())
    }

    /// Answers a question that is shown.
    pub fn answer(&self, conn: &mut DbConn, words: &str, by: &AccountId, now: Time) -> Result<(), AppError> {
        use gathering_questions as t;
        let set = (
            t::answer.eq(Some(words.to_owned())),
            t::answered_by.eq(Some(by.clone())),
            t::answered_at.eq(Some(now)),
        );
        let shown = t::table.find(&self.id).filter(t::state.eq(QuestionState::Shown));
        if diesel::update(shown).set(set).execute(conn)? == 1 {
            Ok(())
        } else {
            Err(AppError::Conflict(&CONFLICT))
        }
    }

    /// One vote a person, however often they press.
    pub fn vote(&self, conn: &mut DbConn, by: &AccountId, now: Time) -> Result<(), AppError> {
        use gathering_votes as t;
        if self.state != QuestionState::Shown {
            return Err(AppError::NotFound);
        }
        let row = (t::question_id.eq(self.id.clone()), t::account_id.eq(by.clone()), t::at.eq(now));
        each_database!(conn, c => diesel::insert_into(t::table).values(row).on_conflict_do_nothing().execute(c))?;
        Ok(())
    }
}

/// Votes of some questions, and those that the reader voted for.
pub fn votes(
    conn: &mut DbConn,
    questions: &[QuestionId],
    reader: &AccountId,
) -> Result<(HashMap<QuestionId, i64>, HashSet<QuestionId>), AppError> {
    use gathering_votes as t;
    let of_these = t::table.filter(t::question_id.eq_any(questions.to_vec()));
    let counts: Vec<(QuestionId, i64)> =
        of_these.group_by(t::question_id).select((t::question_id, count_star())).load(conn)?;
    let own: Vec<QuestionId> = t::table
        .filter(t::question_id.eq_any(questions.to_vec()))
        .filter(t::account_id.eq(reader.clone()))
        .select(t::question_id)
        .load(conn)?;
    Ok((counts.into_iter().collect(), own.into_iter().collect()))
}
