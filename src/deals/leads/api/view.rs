//! A lead as it is shown: what belongs to it is read in one query each for a whole list.
use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::leads::attachment::{Attachment, AttachmentId, AttachmentKind};
use crate::deals::leads::clock::{Clock, ClockId, ClockKind, Pause};
use crate::deals::leads::confirmation::{Confirmation, last_answer};
use crate::deals::leads::handover::{Handover, HandoverId, HandoverState};
use crate::deals::leads::lead::{Lead, LeadId, LeadState};
use crate::deals::leads::likeness_review::{LikenessReview, LikenessReviewId, LikenessState};
use crate::deals::leads::outcome::LeadProject;
use crate::deals::leads::pool::PoolPlace;
use crate::deals::leads::rules::{ConfirmationAnswer, Finding, Standing};
use crate::deals::leads::screening::{Screening, ScreeningOutcome};
use crate::deals::projects::{Project, ProjectId};
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::likeness::LikenessReason;
use crate::people::auth::{AccountId, Actor, Scope, TaskForce};
use crate::people::content_checks::{CheckSubject, withheld};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::StoredFile;
use crate::platform::masked;
use crate::schema::auth_accounts;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadView {
    pub id: LeadId,
    pub number: String,
    pub enterprise_name: String,
    pub credit_code: Option<String>,
    pub contact_name: String,
    /// First three and last two digits; see the whole with a reveal
    pub contact_phone_masked: String,
    pub industry: Industry,
    /// Empty when it is withheld
    pub intention: String,
    /// What it says did not pass the content check; the receipt keeps it
    pub withheld: bool,
    pub submitted_for: Option<String>,
    pub state: LeadState,
    /// First contact or not (article 9.2)
    pub standing: Standing,
    pub submitted_at: Time,
    pub submitted_by_name: String,
    pub submitted_by_unit: Option<String>,
    pub unit_id: Option<String>,
    pub unit_name: Option<String>,
    /// Leads that may speak of the same enterprise; shown to whoever sees all leads
    pub likeness: Vec<LikenessView>,
    pub handovers: Vec<HandoverView>,
    pub screening: Option<ScreeningView>,
    /// Who must act, and until when
    pub clock: Option<ClockView>,
    /// Waiting to be claimed
    pub pooled: bool,
    /// What the investor last answered to "did this person bring you?"
    pub confirmation: Option<ConfirmationAnswer>,
    pub attachments: Vec<AttachmentView>,
    /// The project that was opened from it, for whoever may open it
    pub project_id: Option<ProjectId>,
    /// What the reader may do now
    pub may: Vec<LeadAct>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LikenessView {
    pub lead_id: LeadId,
    pub number: String,
    pub enterprise_name: String,
    pub reasons: Vec<LikenessReason>,
    pub review_id: LikenessReviewId,
    pub state: LikenessState,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandoverView {
    pub id: HandoverId,
    pub unit_id: String,
    pub unit_name: String,
    pub state: HandoverState,
    pub note: Option<String>,
    pub reason: Option<String>,
    pub handed_over_at: Time,
    pub answer_by: Time,
    pub answered_at: Option<Time>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScreeningView {
    pub value: i32,
    pub fit: i32,
    pub task_force: TaskForce,
    pub outcome: ScreeningOutcome,
    pub note: String,
    pub screened_at: Time,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClockView {
    pub kind: ClockKind,
    pub unit_id: Option<String>,
    pub unit_name: Option<String>,
    pub started_at: Time,
    /// Levels that have passed, of four
    pub level: i32,
    /// When the next level is due; none while paused
    pub due_at: Option<Time>,
    pub paused_until: Option<Time>,
    pub pause_reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub kind: AttachmentKind,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub added_at: Time,
    /// It did not pass the content check and cannot be opened
    pub withheld: bool,
}

crate::text_enum! {
    /// What one may do with a lead.
    pub enum LeadAct {
        HandOver = "hand_over", "移交", "Hand over";
        Accept = "accept", "接收", "Accept";
        Return = "return", "退回", "Return";
        DecideLikeness = "decide_likeness", "认定是否同一企业", "Decide likeness";
        OpenProject = "open_project", "立项", "Open a project";
        Reveal = "reveal", "查看原文", "Reveal";
        Screen = "screen", "研判", "Screen";
        Pool = "pool", "放入信息池", "Put into the pool";
        Contact = "contact", "记录对接", "Record a contact";
        Pause = "pause", "暂停计时", "Pause the clock";
        Resume = "resume", "恢复计时", "Resume the clock";
        AskConfirmation = "ask_confirmation", "请客商确认", "Ask the investor";
        Attach = "attach", "添加附件", "Attach";
    }
}

/// What is read once for a list of leads.
struct Around {
    people: HashMap<AccountId, String>,
    units: HashMap<String, String>,
    reviews: Vec<LikenessReview>,
    alike: HashMap<LeadId, (String, String)>,
    handovers: Vec<Handover>,
    screenings: HashMap<LeadId, Screening>,
    clocks: HashMap<LeadId, Clock>,
    pauses: HashMap<ClockId, Pause>,
    pooled: HashSet<LeadId>,
    confirmations: Vec<Confirmation>,
    attachments: Vec<(Attachment, StoredFile)>,
    withheld: HashSet<String>,
    silenced: HashSet<String>,
    projects: HashMap<LeadId, ProjectId>,
}

/// The views of these leads, in their order.
pub fn views(conn: &mut DbConn, actor: &Actor, leads: Vec<Lead>) -> Result<Vec<LeadView>, AppError> {
    let around = Around::read(conn, actor, &leads)?;
    Ok(leads.into_iter().map(|lead| around.view(actor, lead)).collect())
}

/// The view of one lead, read again.
pub fn view_of(conn: &mut DbConn, actor: &Actor, id: &LeadId) -> Result<LeadView, AppError> {
    let lead = Lead::find_all(conn, vec![id.clone()])?;
    views(conn, actor, lead)?.pop().ok_or(AppError::NotFound)
}

/// Those of these leads of which nobody is shown what they say.
pub fn silenced(conn: &mut DbConn, leads: &[LeadId]) -> Result<HashSet<String>, AppError> {
    withheld(conn, CheckSubject::LeadText, leads.iter().map(ToString::to_string).collect())
}

/// Names of accounts, by id.
pub fn names_of(conn: &mut DbConn, ids: Vec<AccountId>) -> Result<HashMap<AccountId, String>, AppError> {
    let query = auth_accounts::table.filter(auth_accounts::id.eq_any(ids));
    let rows: Vec<(AccountId, String)> = query.select((auth_accounts::id, auth_accounts::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

impl Around {
    fn read(conn: &mut DbConn, actor: &Actor, leads: &[Lead]) -> Result<Self, AppError> {
        let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id.clone()).collect();
        let people = names_of(conn, leads.iter().map(|lead| lead.submitted_by.clone()).collect())?;
        let handovers = Handover::of_leads(conn, &ids)?;
        let reviews = LikenessReview::of_leads(conn, &ids)?;
        let opened = LeadProject::of_leads(conn, &ids)?;
        let ids_of_projects = opened.iter().map(|p| p.project_id.clone()).collect();
        let seen = Project::which_seen(conn, actor, ids_of_projects)?;
        let opened = opened.into_iter().filter(|p| seen.contains(&p.project_id));
        let projects = opened.map(|p| (p.lead_id, p.project_id)).collect();
        let pairs = reviews.iter().flat_map(|r| [r.lead_id.clone(), r.earlier_lead_id.clone()]).collect();
        let alike = Lead::find_all(conn, pairs)?
            .into_iter()
            .map(|lead| (lead.id, (lead.number, lead.enterprise_name)))
            .collect();
        let named = leads
            .iter()
            .flat_map(|lead| [lead.submitted_by_unit.clone(), lead.unit_id.clone()])
            .flatten()
            .chain(handovers.iter().map(|h| h.unit_id.clone()));
        let units = Unit::short_names(conn, named.collect())?;
        let clocks: HashMap<LeadId, Clock> = Clock::of_leads(conn, &ids)?
            .into_iter()
            .filter(|c| c.stopped_at.is_none())
            .map(|c| (c.lead_id.clone(), c))
            .collect();
        let running: Vec<ClockId> = clocks.values().map(|c| c.id.clone()).collect();
        let pauses = Pause::of_clocks(conn, &running)?.into_iter().filter(|p| p.ended_at.is_none());
        let pooled = PoolPlace::of_leads(conn, &ids)?.into_iter().filter(|p| p.closed_at.is_none());
        let attachments = Attachment::of_leads(conn, &ids)?;
        let files = attachments.iter().map(|(_, file)| file.id.to_string()).collect();
        Ok(Self {
            people,
            units,
            reviews,
            alike,
            handovers,
            // Oldest first: the last one stays.
            screenings: Screening::of_leads(conn, &ids)?
                .into_iter()
                .map(|s| (s.lead_id.clone(), s))
                .collect(),
            pauses: pauses.map(|p| (p.clock_id.clone(), p)).collect(),
            clocks,
            pooled: pooled.map(|p| p.lead_id).collect(),
            confirmations: Confirmation::of_leads(conn, &ids)?,
            withheld: withheld(conn, CheckSubject::LeadAttachment, files)?,
            silenced: silenced(conn, &ids)?,
            attachments,
            projects,
        })
    }

    fn attachment(&self, (attachment, file): &(Attachment, StoredFile)) -> AttachmentView {
        AttachmentView {
            id: attachment.id.clone(),
            kind: attachment.kind,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            added_at: attachment.added_at,
            withheld: self.withheld.contains(file.id.as_str()),
        }
    }

    fn view(&self, actor: &Actor, lead: Lead) -> LeadView {
        let handovers: Vec<&Handover> = self.handovers.iter().filter(|h| h.lead_id == lead.id).collect();
        let unit_name = |id: &Option<String>| id.as_ref().and_then(|id| self.units.get(id)).cloned();
        let withheld = self.silenced.contains(lead.id.as_str());
        LeadView {
            likeness: self.likeness(actor, &lead),
            may: self.may(actor, &lead, &handovers),
            handovers: handovers.into_iter().map(|h| self.handover(h)).collect(),
            screening: self.screenings.get(&lead.id).map(|s| ScreeningView {
                value: s.value,
                fit: s.fit,
                task_force: s.task_force,
                outcome: s.outcome,
                note: s.note.clone(),
                screened_at: s.screened_at,
            }),
            clock: self.clocks.get(&lead.id).map(|c| self.clock(c)),
            pooled: self.pooled.contains(&lead.id),
            confirmation: last_answer(&self.confirmations, &lead.id),
            attachments: self
                .attachments
                .iter()
                .filter(|(a, _)| a.lead_id == lead.id)
                .map(|one| self.attachment(one))
                .collect(),
            contact_phone_masked: masked::phone(&lead.contact_phone),
            submitted_by_name: self.people.get(&lead.submitted_by).cloned().unwrap_or_default(),
            submitted_by_unit: unit_name(&lead.submitted_by_unit),
            unit_name: unit_name(&lead.unit_id),
            project_id: self.projects.get(&lead.id).cloned(),
            id: lead.id,
            number: lead.number,
            enterprise_name: lead.enterprise_name,
            credit_code: lead.credit_code,
            contact_name: lead.contact_name,
            industry: lead.industry,
            intention: if withheld { String::new() } else { lead.intention },
            withheld,
            submitted_for: lead.submitted_for,
            state: lead.state,
            standing: lead.standing,
            submitted_at: lead.submitted_at,
            unit_id: lead.unit_id,
        }
    }

    fn clock(&self, clock: &Clock) -> ClockView {
        let pause = self.pauses.get(&clock.id);
        ClockView {
            kind: clock.kind,
            unit_id: clock.unit_id.clone(),
            unit_name: clock.unit_id.as_ref().and_then(|id| self.units.get(id)).cloned(),
            started_at: clock.started_at,
            level: clock.level,
            due_at: clock.due_at,
            paused_until: pause.map(|p| p.until_at),
            pause_reason: pause.map(|p| p.reason.clone()),
        }
    }

    /// Who sees only some leads must not learn of the others through likeness.
    fn likeness(&self, actor: &Actor, lead: &Lead) -> Vec<LikenessView> {
        if actor.scope() != Scope::Any {
            return Vec::new();
        }
        let of_this = |r: &&LikenessReview| r.lead_id == lead.id || r.earlier_lead_id == lead.id;
        let view = |review: &LikenessReview| {
            let other = review.other(&lead.id);
            self.alike.get(other).map(|(number, name)| LikenessView {
                lead_id: other.clone(),
                number: number.clone(),
                enterprise_name: name.clone(),
                reasons: review.reasons(),
                review_id: review.id.clone(),
                state: review.state,
            })
        };
        self.reviews.iter().filter(of_this).filter_map(view).collect()
    }

    fn handover(&self, handover: &Handover) -> HandoverView {
        HandoverView {
            id: handover.id.clone(),
            unit_id: handover.unit_id.clone(),
            unit_name: self.units.get(&handover.unit_id).cloned().unwrap_or_default(),
            state: handover.state,
            note: handover.note.clone(),
            reason: handover.reason.clone(),
            handed_over_at: handover.handed_over_at,
            answer_by: handover.answer_by,
            answered_at: handover.answered_at,
        }
    }

    fn may(&self, actor: &Actor, lead: &Lead, handovers: &[&Handover]) -> Vec<LeadAct> {
        let open = self.reviews.iter().any(|r| r.finding(&lead.id) == Finding::Open);
        let undecided = self.reviews.iter().any(|r| {
            r.state == LikenessState::Open && (r.lead_id == lead.id || r.earlier_lead_id == lead.id)
        });
        let offered = handovers.iter().any(|h| {
            h.state == HandoverState::Offered && reaches(actor, "accept_handover", None, Some(&h.unit_id))
        });
        let before = LeadState::BEFORE_HANDOVER.contains(&lead.state);
        let clock = self.clocks.get(&lead.id);
        let paused = clock.is_some_and(|c| self.pauses.contains_key(&c.id));
        let (counts, pooled) = (clock.is_some_and(|c| c.due_at.is_some()), self.pooled.contains(&lead.id));
        let (owner, unit) = (Some(&lead.submitted_by), lead.unit_id.as_deref());
        let within = |operation| actor.doing(operation).is_some_and(|actor| lead.is_within_reach_of(&actor));
        let works = |operation| actor.doing(operation).is_some_and(|actor| lead.is_worked_on_by(&actor));
        let possible = [
            (LeadAct::HandOver, before && !open && reaches(actor, "hand_over_lead", owner, unit)),
            (LeadAct::Accept, offered),
            (LeadAct::Return, offered),
            (LeadAct::DecideLikeness, undecided && reaches(actor, "decide_likeness", owner, unit)),
            (
                LeadAct::OpenProject,
                lead.state == LeadState::Accepted
                    && unit.is_some_and(|unit| actor.is_of(unit))
                    && reaches(actor, "open_lead_project", None, unit),
            ),
            (LeadAct::Reveal, within("reveal_lead")),
            (LeadAct::Screen, before && reaches(actor, "screen_lead", owner, unit)),
            (LeadAct::Pool, before && !open && !pooled && reaches(actor, "pool_lead", owner, unit)),
            (LeadAct::Contact, (unit.is_some() || lead.is_negotiated_by(actor)) && works("record_contact")),
            (LeadAct::Pause, counts && works("pause_clock")),
            (LeadAct::Resume, paused && works("resume_clock")),
            (LeadAct::AskConfirmation, lead.state != LeadState::Declined && within("ask_confirmation")),
            (LeadAct::Attach, within("add_attachment")),
        ];
        possible.into_iter().filter_map(|(act, allowed)| allowed.then_some(act)).collect()
    }
}

/// Whether the actor may do another operation than the running one, and to this.
pub fn reaches(actor: &Actor, operation: &str, owner: Option<&AccountId>, unit: Option<&str>) -> bool {
    actor.doing(operation).is_some_and(|actor| actor.reaches(owner, unit))
}
