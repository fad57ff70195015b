//! Questions from the floor, over HTTP.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::gatherings::events::Answered;
use crate::deals::gatherings::floor::{self, FloorQuestion, QuestionId, QuestionState};
use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::registration::Registration;
use crate::deals::gatherings::rules::GatheringPhase;
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Account, AccountId, Act, Actor};
use crate::people::content_checks::judge;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::masked;
use crate::platform::web::{Json, Nothing};

const OVER: Code = Code::new("gathering.floor_closed", "提问已结束", "The floor is closed");

/// A question as one reader sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FloorQuestionView {
    id: QuestionId,
    words: String,
    /// Family name and stars
    asked_by_masked: String,
    state: QuestionState,
    votes: i64,
    /// The reader asked it
    mine: bool,
    /// The reader voted for it
    voted: bool,
    asked_at: Time,
    answer: Option<String>,
    answered_at: Option<Time>,
}

/// The floor of a gathering, most wanted first.
#[derive(Debug, Serialize, ToSchema)]
pub struct FloorView {
    title: String,
    title_en: Option<String>,
    #[schema(max_items = 500)]
    items: Vec<FloorQuestionView>,
    /// The reader may ask and vote now
    may_ask: bool,
    /// The reader moderates
    moderates: bool,
}

/// Whether the person moderates the floor; refuses whoever neither does nor registered.
fn standing(conn: &mut DbConn, gathering: &Gathering, actor: &Actor) -> Result<(bool, bool), AppError> {
    let moderates = actor.doing("rule_on_question").is_some_and(|actor| gathering.is_held_by(&actor));
    let registered = Registration::of_person(conn, &gathering.id, &actor.id)?.is_some();
    if moderates || registered { Ok((moderates, registered)) } else { Err(AppError::NotFound) }
}

fn is_open(gathering: &Gathering, now: Time) -> bool {
    let phase = gathering.standing().phase(now);
    !matches!(phase, GatheringPhase::Draft | GatheringPhase::Ended | GatheringPhase::Cancelled)
}

fn view(conn: &mut DbConn, gathering: &Gathering, actor: &Actor, now: Time) -> Result<FloorView, AppError> {
    let (moderates, registered) = standing(conn, gathering, actor)?;
    let rows = FloorQuestion::list(conn, &gathering.id, &actor.id, moderates)?;
    let ids: Vec<QuestionId> = rows.iter().map(|q| q.id.clone()).collect();
    let (votes, own) = floor::votes(conn, &ids, &actor.id)?;
    let askers: Vec<AccountId> = rows.iter().map(|q| q.asked_by.clone()).collect();
    let names: std::collections::HashMap<AccountId, String> =
        Account::all(conn, askers)?.into_iter().map(|a| (a.id, a.name)).collect();
    let mut items: Vec<FloorQuestionView> = rows
        .into_iter()
        .map(|q| FloorQuestionView {
            votes: votes.get(&q.id).copied().unwrap_or(0),
            mine: actor.is(&q.asked_by),
            voted: own.contains(&q.id),
            asked_by_masked: names.get(&q.asked_by).map(|name| masked::name(name)).unwrap_or_default(),
            id: q.id,
            words: q.words,
            state: q.state,
            asked_at: q.asked_at,
            answer: q.answer,
            answered_at: q.answered_at,
        })
        .collect();
    items.sort_by(|a, b| b.votes.cmp(&a.votes).then_with(|| a.id.cmp(&b.id)));
    Ok(FloorView {
        title_en: gathering.plan()?.title_en.map(Line::into_string),
        title: gathering.title.clone(),
        items,
        may_ask: registered && is_open(gathering, now),
        moderates,
    })
}

/// The floor of a gathering, for those who registered and those who hold it
#[utoipa::path(tag = "gatherings", operation_id = "show_floor", params(("id" = GatheringId, Path)), responses((status = 200, body = FloorView), ReadErrors))]
#[get("/gatherings/{id}/questions")]
pub(super) async fn show_floor(
    app: App,
    actor: Actor,
    id: web::Path<GatheringId>,
) -> Result<web::Json<FloorView>, AppError> {
    let now = app.now();
    let floor = app
        .read(move |conn| {
            let gathering = Gathering::public(conn, &id)?;
            view(conn, &gathering, &actor, now)
        })
        .await?;
    Ok(web::Json(floor))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskQuestion {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    words: Prose<300>,
}

/// Ask from the floor; others see the question once the moderator shows it
#[utoipa::path(tag = "gatherings", operation_id = "ask_question", request_body = AskQuestion, params(("id" = GatheringId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = FloorView), WriteErrors))]
#[post("/gatherings/{id}/questions")]
pub(super) async fn ask_question(
    app: App,
    act: Act,
    id: web::Path<GatheringId>,
    body: Json<AskQuestion>,
) -> Result<HttpResponse, AppError> {
    // What is doubtful the moderator reads anyway, before anybody else.
    judge(&app, &act.actor.id, body.value.words.as_str()).await?;
    act.create(&app, body, move |tx, wish: &AskQuestion| {
        let gathering = Gathering::public(tx.conn, &id)?;
        Registration::of_person(tx.conn, &id, &tx.actor.id)?.ok_or(AppError::NotFound)?;
        if !is_open(&gathering, tx.now) {
            return Err(AppError::Conflict(&OVER));
        }
        let asked = FloorQuestion::ask(tx.conn, &id, &tx.actor.id, wish.words.as_str(), tx.now)?;
        tx.subject("gathering_question", &asked);
        view(tx.conn, &gathering, tx.actor, tx.now)
    })
    .await
}

/// Nothing for a question that is shown; one vote a person
#[utoipa::path(tag = "gatherings", operation_id = "vote_for_question", request_body = Nothing, params(("id" = QuestionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = FloorView), WriteErrors))]
#[post("/gatherings/questions/{id}/votes")]
pub(super) async fn vote_for_question(
    app: App,
    act: Act,
    id: web::Path<QuestionId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let question = FloorQuestion::find(tx.conn, &id)?;
        let gathering = Gathering::public(tx.conn, &question.gathering_id)?;
        Registration::of_person(tx.conn, &gathering.id, &tx.actor.id)?.ok_or(AppError::NotFound)?;
        if !is_open(&gathering, tx.now) {
            return Err(AppError::Conflict(&OVER));
        }
        question.vote(tx.conn, &tx.actor.id, tx.now)?;
        tx.subject("gathering_question", &question.id);
        view(tx.conn, &gathering, tx.actor, tx.now)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleOnQuestion {
    /// Everybody who registered sees it from now on; or nobody but who asked
    show: bool,
}

/// Show a question to all who registered, or leave it out
#[utoipa::path(tag = "gatherings", operation_id = "rule_on_question", request_body = RuleOnQuestion, params(("id" = QuestionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = FloorView), WriteErrors))]
#[post("/gatherings/questions/{id}/rulings")]
pub(super) async fn rule_on_question(
    app: App,
    act: Act,
    id: web::Path<QuestionId>,
    body: Json<RuleOnQuestion>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &RuleOnQuestion| {
        let question = FloorQuestion::find(tx.conn, &id)?;
        let gathering = Gathering::held(tx.conn, tx.actor, &question.gathering_id)?;
        question.rule(tx.conn, wish.show, &tx.actor.id, tx.now)?;
        tx.subject("gathering_question", &question.id);
        view(tx.conn, &gathering, tx.actor, tx.now)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    answer: Prose<1000>,
}

/// Answer a question that is shown; whoever asked is told
#[utoipa::path(tag = "gatherings", operation_id = "answer_question", request_body = AnswerQuestion, params(("id" = QuestionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = FloorView), WriteErrors))]
#[post("/gatherings/questions/{id}/answers")]
pub(super) async fn answer_question(
    app: App,
    act: Act,
    id: web::Path<QuestionId>,
    body: Json<AnswerQuestion>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &AnswerQuestion| {
        let question = FloorQuestion::find(tx.conn, &id)?;
        let gathering = Gathering::held(tx.conn, tx.actor, &question.gathering_id)?;
        question.answer(tx.conn, wish.answer.as_str(), &tx.actor.id, tx.now)?;
        tx.subject("gathering_question", &question.id);
        tx.emit(&Answered::new(&gathering, question.asked_by.clone(), wish.answer.as_str()))?;
        view(tx.conn, &gathering, tx.actor, tx.now)
    })
    .await
}
