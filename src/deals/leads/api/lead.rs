//! Submitting, finding and revealing leads.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{LeadView, view_of, views};
use crate::app::App;
use crate::deals::leads::clock::{Clock, ClockKind};
use crate::deals::leads::lead::{Lead, LeadId, LeadState, LeadWish};
use crate::deals::leads::ledger::{LedgerEntry, LedgerHead};
use crate::deals::leads::likeness_review::{LikenessReview, MOST};
use crate::deals::leads::receipt::Receipt;
use crate::deals::leads::rules::Standing;
use crate::deals::leads::{LeadClash, LeadSubmitted};
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::likeness::keys_of;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor};
use crate::people::content_checks::{CheckSubject, submit_text};
use crate::platform::clock::Time;
use crate::platform::credit_code::CreditCode;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Phone, Prose};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::platform::random;
use crate::platform::web::Json;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitLead {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    enterprise_name: Line<100>,
    credit_code: Option<CreditCode>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    contact_name: Line<40>,
    contact_phone: Phone,
    industry: Industry,
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    intention: Prose<1000>,
    /// In whose name, when not the submitter's own: a unit, a chamber, a person
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    submitted_for: Option<Line<100>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LeadSubmission {
    lead: LeadView,
    receipt: Receipt,
}

/// Submit a lead; the receipt proves when it was submitted and what it said
#[utoipa::path(tag = "leads", operation_id = "submit_lead", request_body = SubmitLead, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadSubmission), WriteErrors))]
#[post("/leads")]
pub(super) async fn submit_lead(
    app: App,
    act: Act,
    body: Json<SubmitLead>,
) -> Result<HttpResponse, AppError> {
    let ledger = super::receipt::ledger_address(&app);
    let wechat = app.config.wechat_app_id.clone();
    act.create(&app, body, move |tx, new: &SubmitLead| {
        let head = LedgerHead::take(tx.conn)?;
        let lead = new.lead(&head, &tx.actor.id, tx.actor.unit_id.clone(), tx.now);
        let entry = register(tx.conn, &head, &lead, tx.now)?;
        let subject = (CheckSubject::LeadText, lead.id.as_str());
        submit_text(tx.conn, wechat.as_deref(), subject, &tx.actor.id, &new.words(), tx.now)?;
        tx.subject("lead", &lead.id);
        let view = view_of(tx.conn, tx.actor, &lead.id)?;
        Ok(LeadSubmission { lead: view, receipt: Receipt::new(&lead, entry, ledger.clone()) })
    })
    .await
}

/// Writes the lead into the tables and the ledger, opens a case with each earlier lead that is like it, starts its
/// clock and tells whom it concerns; the ledger must have been taken in this transaction.
pub(super) fn register(
    conn: &mut DbConn,
    head: &LedgerHead,
    lead: &Lead,
    now: Time,
) -> Result<LedgerEntry, AppError> {
    let earlier = lead.candidates(conn, MOST)?;
    lead.insert(conn)?;
    let entry = head.append(conn, lead)?;
    let alike = LikenessReview::open_all(conn, lead, &earlier, now)?;
    if !alike.is_empty() {
        Lead::set_standing(conn, &lead.id, Standing::Undecided)?;
        outbox::emit(conn, &LeadClash::new(lead), now)?;
    }
    for other in Lead::find_all(conn, alike.clone())? {
        outbox::emit(conn, &LeadClash::new(&other), now)?;
    }
    Clock::start(conn, &lead.id, ClockKind::Screening, None, now)?;
    let event = LeadSubmitted::new(conn, lead, alike.len())?;
    outbox::emit(conn, &event, now)?;
    Ok(entry)
}

/// What another room knows of somebody who may invest.
#[derive(Debug, Clone)]
pub struct Brought {
    pub enterprise_name: String,
    pub contact_name: String,
    pub contact_phone: String,
    pub industry: Industry,
    pub intention: String,
}

/// A lead that another room brings, registered as if the actor had submitted it.
pub fn bring(conn: &mut DbConn, brought: Brought, by: &Actor, now: Time) -> Result<LeadId, AppError> {
    let head = LedgerHead::take(conn)?;
    let lead = brought.lead(&head, &by.id, by.unit_id.clone(), now);
    register(conn, &head, &lead, now)?;
    Ok(lead.id)
}

impl Brought {
    fn lead(self, head: &LedgerHead, by: &AccountId, unit: Option<String>, now: Time) -> Lead {
        let at = head.next_at(now);
        let (name_key, name_stem) = keys_of(&self.enterprise_name);
        Lead {
            id: LeadId::fresh(),
            number: format!("L{}-{:06}", at.day().format("%Y"), head.next_sequence()),
            enterprise_name: self.enterprise_name,
            credit_code: None,
            contact_name: self.contact_name,
            contact_phone: self.contact_phone,
            industry: self.industry,
            intention: self.intention,
            submitted_for: None,
            submitted_by: by.clone(),
            submitted_by_unit: unit,
            submitted_at: at,
            salt: random::token(),
            name_key,
            name_stem,
            state: LeadState::Submitted,
            standing: Standing::First,
            unit_id: None,
            task_force: None,
        }
    }
}

impl SubmitLead {
    /// What is judged: who it is said to be, and what it says.
    pub(super) fn words(&self) -> String {
        format!("{}\n{}", self.enterprise_name.as_str(), self.intention.as_str())
    }

    pub(super) fn phone(&self) -> &str {
        self.contact_phone.as_str()
    }

    pub(super) fn lead(&self, head: &LedgerHead, by: &AccountId, unit: Option<String>, now: Time) -> Lead {
        let brought = Brought {
            enterprise_name: self.enterprise_name.as_str().to_owned(),
            contact_name: self.contact_name.as_str().to_owned(),
            contact_phone: self.contact_phone.as_str().to_owned(),
            industry: self.industry,
            intention: self.intention.as_str().to_owned(),
        };
        Lead {
            credit_code: self.credit_code.as_ref().map(|code| code.as_str().to_owned()),
            submitted_for: self.submitted_for.as_ref().map(|line| line.as_str().to_owned()),
            ..brought.lead(head, by, unit, now)
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LeadFilter {
    state: Option<LeadState>,
    /// Those alone that the reader's negotiation task force has in hand: screened, and not handed over
    negotiating: Option<bool>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Leads, newest first: one's own, one's unit's, those that one's task force negotiates, or all
#[utoipa::path(tag = "leads", operation_id = "list_leads", params(LeadFilter), responses((status = 200, body = Page<LeadView>), ReadErrors))]
#[get("/leads")]
pub(super) async fn list_leads(
    app: App,
    actor: Actor,
    filter: web::Query<LeadFilter>,
) -> Result<web::Json<Page<LeadView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let wish = LeadWish { state: filter.state, negotiating: filter.negotiating.unwrap_or_default() };
    let page = app
        .read(move |conn| {
            let page = Lead::list(conn, &actor, wish, &paging)?;
            Ok(Page { items: views(conn, &actor, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One lead
#[utoipa::path(tag = "leads", operation_id = "find_lead", params(("id" = LeadId, Path)), responses((status = 200, body = LeadView), ReadErrors))]
#[get("/leads/{id}")]
pub(super) async fn find_lead(
    app: App,
    actor: Actor,
    id: web::Path<LeadId>,
) -> Result<web::Json<LeadView>, AppError> {
    let view = app
        .read(move |conn| {
            let lead = Lead::find(conn, &actor, &id)?;
            views(conn, &actor, vec![lead])?.pop().ok_or(AppError::NotFound)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealLead {
    /// Why the whole number is needed; kept in the audit log
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    purpose: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LeadRevealed {
    contact_phone: String,
}

/// See the contact's whole phone number; logged with the purpose
#[utoipa::path(tag = "leads", operation_id = "reveal_lead", request_body = RevealLead, params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadRevealed), WriteErrors))]
#[post("/leads/{id}/reveals")]
pub(super) async fn reveal_lead(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    body: Json<RevealLead>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reveal: &RevealLead| {
        let lead = Lead::find(tx.conn, tx.actor, &id)?;
        tx.subject("lead", &lead.id);
        tx.detail(reveal.purpose.as_str());
        Ok(LeadRevealed { contact_phone: lead.contact_phone })
    })
    .await
}
