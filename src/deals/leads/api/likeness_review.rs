//! The clash desk: two claims on one investor side by side, the rule's suggestion, the ruling, the appeal.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::moment::{MomentView, moment_views};
use super::view::{LeadView, names_of, reaches, views};
use crate::app::App;
use crate::deals::leads::appeal::{Appeal, AppealId, AppealState, SAME_PERSON, TOO_LATE};
use crate::deals::leads::confirmation::{Confirmation, last_answer};
use crate::deals::leads::credit::CreditSlip;
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::ledger::{EntryKind, LedgerEntry, LedgerHead};
use crate::deals::leads::likeness_review::{
    LikenessDecision, LikenessReview, LikenessReviewId, LikenessState, Verdict, settle,
};
use crate::deals::leads::moment::{self, Moment, MomentKind};
use crate::deals::leads::rules::{Claim, Standing, Suggestion, SuggestionReason, suggest};
use crate::deals::leads::setting::{Setting, SettingName};
use crate::deals::leads::{LeadAppealed, LeadRuled};
use crate::error::AppError;
use crate::libraries::likeness::LikenessReason;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Scope, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Prose;
use crate::platform::masked;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

crate::text_enum! {
    /// What one may do with a case.
    pub enum CaseAct {
        Decide = "decide", "作出认定", "Decide";
        Appeal = "appeal", "申请复核", "Appeal";
        AnswerAppeal = "answer_appeal", "答复复核", "Answer the appeal";
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LikenessReviewView {
    id: LikenessReviewId,
    state: LikenessState,
    reasons: Vec<LikenessReason>,
    /// The leads of the two that the reader may see, the earlier one first
    leads: Vec<LeadView>,
    /// Both claims, the earlier one first; what the reader may not see is masked
    claims: Vec<ClaimView>,
    suggestion: SuggestionView,
    opened_at: Time,
    decision: Option<LikenessDecision>,
    first_lead_id: Option<LeadId>,
    reason: Option<String>,
    decided_by_name: Option<String>,
    decided_at: Option<Time>,
    /// Until when a side may appeal
    appeal_by: Option<Time>,
    appeals: Vec<AppealView>,
    /// What the reader may do now
    may: Vec<CaseAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimView {
    lead_id: LeadId,
    /// Only of leads that the reader may see
    number: Option<String>,
    /// Place in the ledger: the smaller came first
    sequence: i64,
    submitted_at: Time,
    submitter: String,
    standing: Standing,
    own: bool,
    moments: Vec<MomentView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionView {
    /// Left out when only a person can tell
    decision: Option<LikenessDecision>,
    first_lead_id: LeadId,
    because: Vec<SuggestionReason>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AppealView {
    id: AppealId,
    lead_id: LeadId,
    appealed_at: Time,
    reason: String,
    state: AppealState,
    answer: Option<String>,
    answered_at: Option<Time>,
}

/// What is read once for a list of cases.
struct Desk {
    leads: HashMap<LeadId, Lead>,
    shown: HashMap<LeadId, LeadView>,
    names: HashMap<crate::people::auth::AccountId, String>,
    sequences: HashMap<LeadId, i64>,
    moments: HashMap<LeadId, Vec<(Moment, MomentView)>>,
    confirmations: Vec<Confirmation>,
    appeals: Vec<Appeal>,
    appeal_by: HashMap<LikenessReviewId, Time>,
}

impl Desk {
    fn read(conn: &mut DbConn, actor: &Actor, reviews: &[LikenessReview]) -> Result<Self, AppError> {
        let mut ids: Vec<LeadId> =
            reviews.iter().flat_map(|r| [r.earlier_lead_id.clone(), r.lead_id.clone()]).collect();
        ids.sort_unstable();
        ids.dedup();
        let leads = Lead::find_all(conn, ids.clone())?;
        let seen: Vec<Lead> = leads.iter().filter(|l| sees(actor, l)).cloned().collect();
        let shown = views(conn, actor, seen)?.into_iter().map(|view| (view.id.clone(), view)).collect();
        let people = leads.iter().map(|l| l.submitted_by.clone());
        let names =
            names_of(conn, people.chain(reviews.iter().filter_map(|r| r.decided_by.clone())).collect())?;
        let submissions = LedgerEntry::of_leads(conn, &ids)?.into_iter().filter(|e| e.facts.is_none());
        let sequences = submissions.filter_map(|e| Some((e.lead_id?, e.sequence))).collect();
        let all = moment::of_leads(conn, &ids)?;
        let mut moments: HashMap<LeadId, Vec<(Moment, MomentView)>> = HashMap::new();
        for (moment, view) in all.iter().cloned().zip(moment_views(conn, all.clone())?) {
            moments.entry(moment.lead_id.clone()).or_default().push((moment, view));
        }
        let review_ids: Vec<LikenessReviewId> = reviews.iter().map(|r| r.id.clone()).collect();
        let mut appeal_by = HashMap::new();
        for review in reviews {
            if let Some(at) = review.decided_at {
                appeal_by
                    .insert(review.id.clone(), at.plus(Setting::days(conn, SettingName::AppealDays, at)?));
            }
        }
        Ok(Self {
            leads: leads.into_iter().map(|lead| (lead.id.clone(), lead)).collect(),
            shown,
            names,
            sequences,
            moments,
            confirmations: Confirmation::of_leads(conn, &ids)?,
            appeals: Appeal::of_reviews(conn, &review_ids)?,
            appeal_by,
        })
    }

    fn claim(&self, actor: &Actor, id: &LeadId) -> Option<ClaimView> {
        let lead = self.leads.get(id)?;
        let seen = self.shown.contains_key(id);
        let name = self.names.get(&lead.submitted_by).cloned().unwrap_or_default();
        let moments = self.moments.get(id).into_iter().flatten();
        let shown = moments
            .filter(|(m, _)| seen || MomentKind::SEEN_BY_BOTH.contains(&m.kind))
            .map(|(_, view)| if seen { view.clone() } else { view.without_names() });
        Some(ClaimView {
            lead_id: id.clone(),
            number: seen.then(|| lead.number.clone()),
            sequence: self.sequences.get(id).copied().unwrap_or_default(),
            submitted_at: lead.submitted_at,
            submitter: if seen { name } else { masked::name(&name) },
            standing: lead.standing,
            own: actor.is(&lead.submitted_by),
            moments: shown.collect(),
        })
    }

    fn suggestion(&self, review: &LikenessReview) -> Suggestion {
        suggestion(review, &self.leads, &self.confirmations)
    }

    fn view(&self, actor: &Actor, now: Time, review: LikenessReview) -> LikenessReviewView {
        let sides = [&review.earlier_lead_id, &review.lead_id];
        let suggested = self.suggestion(&review);
        let appeals: Vec<&Appeal> = self.appeals.iter().filter(|a| a.review_id == review.id).collect();
        let appeal_by = self.appeal_by.get(&review.id).copied();
        LikenessReviewView {
            reasons: review.reasons(),
            leads: sides.iter().filter_map(|id| self.shown.get(*id).cloned()).collect(),
            claims: sides.iter().filter_map(|id| self.claim(actor, id)).collect(),
            suggestion: SuggestionView {
                decision: suggested.same.map(decision),
                first_lead_id: if suggested.later_was_first { sides[1] } else { sides[0] }.clone(),
                because: suggested.because,
            },
            decided_by_name: review
                .decided_by
                .as_ref()
                .filter(|_| actor.scope() == Scope::Any)
                .and_then(|id| self.names.get(id))
                .cloned(),
            may: self.may(actor, now, &review, &appeals, appeal_by),
            appeals: appeals.iter().map(|a| self.appeal(a)).collect(),
            appeal_by,
            id: review.id,
            state: review.state,
            opened_at: review.opened_at,
            decision: review.decision,
            first_lead_id: review.first_lead_id,
            reason: review.reason,
            decided_at: review.decided_at,
        }
    }

    /// The words of an appeal belong to its side; the other reads its outcome.
    fn appeal(&self, appeal: &Appeal) -> AppealView {
        let seen = self.shown.contains_key(&appeal.lead_id);
        AppealView {
            id: appeal.id.clone(),
            lead_id: appeal.lead_id.clone(),
            appealed_at: appeal.appealed_at,
            reason: if seen { appeal.reason.clone() } else { String::new() },
            state: appeal.state,
            answer: appeal.answer.clone(),
            answered_at: appeal.answered_at,
        }
    }

    fn may(
        &self,
        actor: &Actor,
        now: Time,
        review: &LikenessReview,
        appeals: &[&Appeal],
        appeal_by: Option<Time>,
    ) -> Vec<CaseAct> {
        let open = appeals.iter().any(|a| a.state == AppealState::Open);
        let sides = [&review.earlier_lead_id, &review.lead_id];
        let own = sides.into_iter().any(|id| {
            self.leads.get(id).is_some_and(|l| actor.is(&l.submitted_by))
                && !appeals.iter().any(|a| a.lead_id == *id)
        });
        let possible = [
            (
                CaseAct::Decide,
                review.state == LikenessState::Open && reaches(actor, "decide_likeness", None, None),
            ),
            (
                CaseAct::Appeal,
                own && !open
                    && appeal_by.is_some_and(|by| by > now)
                    && reaches(actor, "appeal_likeness", Some(&actor.id), None),
            ),
            (
                CaseAct::AnswerAppeal,
                open && review.decided_by.as_ref().is_none_or(|by| !actor.is(by))
                    && reaches(actor, "answer_appeal", None, None),
            ),
        ];
        possible.into_iter().filter_map(|(act, allowed)| allowed.then_some(act)).collect()
    }
}

fn decision(same: bool) -> LikenessDecision {
    if same { LikenessDecision::Same } else { LikenessDecision::Different }
}

fn sees(actor: &Actor, lead: &Lead) -> bool {
    actor.scope() == Scope::Any || actor.is(&lead.submitted_by)
}

fn suggestion(
    review: &LikenessReview,
    leads: &HashMap<LeadId, Lead>,
    confirmations: &[Confirmation],
) -> Suggestion {
    let claim = |id: &LeadId| {
        leads.get(id).map(|lead| Claim { features: lead.features(), answer: last_answer(confirmations, id) })
    };
    match (claim(&review.earlier_lead_id), claim(&review.lead_id)) {
        (Some(earlier), Some(later)) => suggest(&review.reasons(), earlier, later),
        _ => Suggestion { same: None, later_was_first: false, because: Vec::new() },
    }
}

fn review_views(
    conn: &mut DbConn,
    actor: &Actor,
    now: Time,
    reviews: Vec<LikenessReview>,
) -> Result<Vec<LikenessReviewView>, AppError> {
    let desk = Desk::read(conn, actor, &reviews)?;
    Ok(reviews.into_iter().map(|review| desk.view(actor, now, review)).collect())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LikenessReviewFilter {
    state: Option<LikenessState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Cases of two leads that may speak of one enterprise, oldest first: all, or those of one's own leads
#[utoipa::path(tag = "leads", operation_id = "list_likeness_reviews", params(LikenessReviewFilter), responses((status = 200, body = Page<LikenessReviewView>), ReadErrors))]
#[get("/lead-likeness-reviews")]
pub(super) async fn list_likeness_reviews(
    app: App,
    actor: Actor,
    filter: web::Query<LikenessReviewFilter>,
) -> Result<web::Json<Page<LikenessReviewView>>, AppError> {
    let filter = filter.into_inner();
    let (paging, now) = (Paging::new(filter.limit, filter.cursor), app.now());
    let page = app
        .read(move |conn| {
            let page = LikenessReview::list(conn, &actor, filter.state, &paging)?;
            Ok(Page { items: review_views(conn, &actor, now, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One case, for whoever sees all leads and for its two sides
#[utoipa::path(tag = "leads", operation_id = "find_likeness_review", params(("id" = LikenessReviewId, Path)), responses((status = 200, body = LikenessReviewView), ReadErrors))]
#[get("/lead-likeness-reviews/{id}")]
pub(super) async fn find_likeness_review(
    app: App,
    actor: Actor,
    id: web::Path<LikenessReviewId>,
) -> Result<web::Json<LikenessReviewView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let review = LikenessReview::find(conn, &id)?;
            let leads = Lead::find_all(conn, vec![review.lead_id.clone(), review.earlier_lead_id.clone()])?;
            if !leads.iter().any(|lead| sees(&actor, lead)) {
                return Err(AppError::NotFound);
            }
            review_views(conn, &actor, now, vec![review])?.pop().ok_or(AppError::NotFound)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideLikeness {
    decision: LikenessDecision,
    /// Which of the two was the first contact; the earlier one when left out
    first_lead_id: Option<LeadId>,
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

impl DecideLikeness {
    fn verdict(&self, tx: &Tx<'_>) -> Verdict {
        Verdict {
            decision: self.decision,
            first_lead_id: self.first_lead_id.clone(),
            reason: self.reason.as_str().to_owned(),
            by: tx.actor.id.clone(),
            at: tx.now,
        }
    }
}

/// What follows from a ruling: standings, an entry in the ledger beside the rule's suggestion, credit slips, word
/// to both sides.
fn carry_out(tx: &mut Tx<'_>, review: &LikenessReview) -> Result<(), AppError> {
    let sides = [review.earlier_lead_id.clone(), review.lead_id.clone()];
    for lead in &sides {
        settle(tx.conn, lead)?;
    }
    let leads: HashMap<LeadId, Lead> =
        Lead::find_all(tx.conn, sides.to_vec())?.into_iter().map(|l| (l.id.clone(), l)).collect();
    let confirmations = Confirmation::of_leads(tx.conn, &sides)?;
    let suggested = suggestion(review, &leads, &confirmations);
    let number = |id: &LeadId| leads.get(id).map(|l| l.number.clone());
    let facts = json!({
        "review": review.id,
        "numbers": sides.iter().map(number).collect::<Vec<_>>(),
        "decision": review.decision,
        "first": review.first_lead_id.as_ref().and_then(number),
        "reason": review.reason,
        "decided_by": review.decided_by,
        "suggested": suggested.same.map(decision),
        "because": suggested.because,
    });
    let head = LedgerHead::take(tx.conn)?;
    head.append_evidence(tx.conn, Some(&review.lead_id), EntryKind::Ruling, facts, tx.now)?;
    CreditSlip::make_again(tx.conn, sides.to_vec(), tx.now)?;
    for lead in leads.values() {
        tx.emit(&LeadRuled::new(lead, review.reason.as_deref().unwrap_or_default()))?;
    }
    tx.subject("likeness_review", &review.id);
    tx.detail(review.decision.map_or("", LikenessDecision::as_str));
    Ok(())
}

/// Decide whether two leads speak of one enterprise; both keep standing, nothing is merged
#[utoipa::path(tag = "leads", operation_id = "decide_likeness", request_body = DecideLikeness, params(("id" = LikenessReviewId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LikenessReviewView), WriteErrors))]
#[post("/lead-likeness-reviews/{id}/decisions")]
pub(super) async fn decide_likeness(
    app: App,
    act: Act,
    id: web::Path<LikenessReviewId>,
    body: Json<DecideLikeness>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, decide: &DecideLikeness| {
        LikenessReview::find(tx.conn, &id)?.decide(tx.conn, &decide.verdict(tx))?;
        let decided = LikenessReview::find(tx.conn, &id)?;
        carry_out(tx, &decided)?;
        review_views(tx.conn, tx.actor, tx.now, vec![decided])?.pop().ok_or(AppError::NotFound)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealLikeness {
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

/// Ask another person to look at a ruling on one's own lead again, within the days that were set
#[utoipa::path(tag = "leads", operation_id = "appeal_likeness", request_body = AppealLikeness, params(("id" = LikenessReviewId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LikenessReviewView), WriteErrors))]
#[post("/lead-likeness-reviews/{id}/appeals")]
pub(super) async fn appeal_likeness(
    app: App,
    act: Act,
    id: web::Path<LikenessReviewId>,
    body: Json<AppealLikeness>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, appeal: &AppealLikeness| {
        let review = LikenessReview::find(tx.conn, &id)?;
        let mut sides =
            Lead::find_all(tx.conn, vec![review.lead_id.clone(), review.earlier_lead_id.clone()])?;
        // Whoever submitted both appeals for the one that was not found first.
        sides.sort_by_key(|l| review.first_lead_id.as_ref() == Some(&l.id));
        let side = sides.into_iter().find(|l| tx.actor.is(&l.submitted_by)).ok_or(AppError::NotFound)?;
        let decided_at = review.decided_at.ok_or(AppError::Conflict(&TOO_LATE))?;
        if tx.now >= decided_at.plus(Setting::days(tx.conn, SettingName::AppealDays, decided_at)?) {
            return Err(AppError::Conflict(&TOO_LATE));
        }
        let made = Appeal {
            id: AppealId::fresh(),
            review_id: review.id.clone(),
            lead_id: side.id.clone(),
            appealed_by: tx.actor.id.clone(),
            appealed_at: tx.now,
            reason: appeal.reason.as_str().to_owned(),
            state: AppealState::Open,
            answer: None,
            answered_by: None,
            answered_at: None,
        };
        made.insert(tx.conn)?;
        let event = LeadAppealed::new(tx.conn, &side, &made.reason)?;
        tx.emit(&event)?;
        tx.subject("appeal", &made.id);
        review_views(tx.conn, tx.actor, tx.now, vec![review])?.pop().ok_or(AppError::NotFound)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerAppeal {
    /// The new ruling; left out, the first one stands
    ruling: Option<DecideLikeness>,
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    answer: Prose<500>,
}

/// Answer an appeal: the ruling stands, or another takes its place; never by who made it
#[utoipa::path(tag = "leads", operation_id = "answer_appeal", request_body = AnswerAppeal, params(("id" = AppealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LikenessReviewView), WriteErrors))]
#[post("/leads/appeals/{id}/answers")]
pub(super) async fn answer_appeal(
    app: App,
    act: Act,
    id: web::Path<AppealId>,
    body: Json<AnswerAppeal>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &AnswerAppeal| {
        let appeal = Appeal::find(tx.conn, &id)?;
        let review = LikenessReview::find(tx.conn, &appeal.review_id)?;
        if review.decided_by.as_ref().is_some_and(|by| tx.actor.is(by)) {
            return Err(AppError::Conflict(&SAME_PERSON));
        }
        let state = if wish.ruling.is_some() { AppealState::Changed } else { AppealState::Upheld };
        appeal.answer(tx.conn, state, wish.answer.as_str(), &tx.actor.id, tx.now)?;
        if let Some(ruling) = &wish.ruling {
            review.overrule(tx.conn, &ruling.verdict(tx))?;
            let changed = LikenessReview::find(tx.conn, &review.id)?;
            carry_out(tx, &changed)?;
        }
        let review = LikenessReview::find(tx.conn, &review.id)?;
        if wish.ruling.is_none() {
            for lead in Lead::find_all(tx.conn, vec![appeal.lead_id.clone()])? {
                tx.emit(&LeadRuled::new(&lead, wish.answer.as_str()))?;
            }
        }
        tx.subject("appeal", &appeal.id);
        tx.detail(state.as_str());
        review_views(tx.conn, tx.actor, tx.now, vec![review])?.pop().ok_or(AppError::NotFound)
    })
    .await
}
