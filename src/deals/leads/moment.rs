//! What became of a lead: every row about it as one line of time.
use std::collections::HashMap;

use crate::deals::leads::appeal::{Appeal, AppealState};
use crate::deals::leads::clock::{Clock, ClockId, Escalation, EscalationCause, Pause};
use crate::deals::leads::confirmation::{Call, Confirmation};
use crate::deals::leads::contact::Contact;
use crate::deals::leads::handover::{Handover, HandoverState};
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::ledger::LedgerEntry;
use crate::deals::leads::likeness_review::LikenessReview;
use crate::deals::leads::outcome::LeadProject;
use crate::deals::leads::pool::PoolPlace;
use crate::deals::leads::screening::{Screening, ScreeningOutcome};
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;

crate::text_enum! {
    /// What happened to a lead.
    pub enum MomentKind {
        Submitted = "submitted", "提交信息", "Submitted";
        Screened = "screened", "研判筛选", "Screened";
        Declined = "declined", "不予跟进", "Declined";
        Pooled = "pooled", "进入信息池", "Put into the pool";
        Claimed = "claimed", "认领", "Claimed";
        HandedOver = "handed_over", "移交", "Handed over";
        Accepted = "accepted", "已接收", "Accepted";
        Returned = "returned", "已退回", "Returned";
        Lapsed = "lapsed", "逾期收回", "Taken back";
        Contacted = "contacted", "对接客商", "Investor contacted";
        Negotiated = "negotiated", "专班洽谈", "Task force talk";
        Paused = "paused", "暂停计时", "Clock paused";
        Resumed = "resumed", "恢复计时", "Clock resumed";
        Escalated = "escalated", "逾期上报", "Escalated";
        Asked = "asked", "请客商确认", "Investor asked";
        Answered = "answered", "客商答复", "Investor answered";
        Called = "called", "客商反映无人答复", "Investor: nobody answered";
        Compared = "compared", "疑似同一企业，立案", "Case opened";
        Ruled = "ruled", "首次接触认定", "Ruling";
        Appealed = "appealed", "申请复核", "Appeal";
        InProject = "in_project", "立项", "Project opened";
        AppealAnswered = "appeal_answered", "复核结论", "Appeal answered";
    }
}

impl MomentKind {
    /// What the other side of a case may see of a lead that is not theirs.
    pub const SEEN_BY_BOTH: [Self; 5] =
        [Self::Submitted, Self::Answered, Self::Compared, Self::Ruled, Self::AppealAnswered];
}

#[derive(Debug, Clone)]
pub struct Moment {
    pub lead_id: LeadId,
    pub at: Time,
    pub kind: MomentKind,
    pub by: Option<AccountId>,
    pub unit_id: Option<String>,
    pub words: Option<String>,
    /// The same in English, where a label of ours is among them
    pub words_en: Option<String>,
    /// Where it stands in the ledger
    pub sequence: Option<i64>,
}

impl Moment {
    fn new(lead: &LeadId, at: Time, kind: MomentKind) -> Self {
        Self {
            lead_id: lead.clone(),
            at,
            kind,
            by: None,
            unit_id: None,
            words: None,
            words_en: None,
            sequence: None,
        }
    }
    fn by(self, by: Option<AccountId>) -> Self {
        Self { by, ..self }
    }
    fn unit(self, unit_id: Option<String>) -> Self {
        Self { unit_id, ..self }
    }
    fn says(self, words: Option<String>) -> Self {
        Self { words, ..self }
    }
    /// A label in both languages, before what somebody wrote.
    fn labelled(self, (zh, en): (&str, &str), wrote: Option<&str>) -> Self {
        let (words, words_en) = match wrote {
            None => (zh.to_owned(), en.to_owned()),
            Some(wrote) => (format!("{zh}：{wrote}"), format!("{en}: {wrote}")),
        };
        Self { words: Some(words), words_en: Some(words_en), ..self }
    }
}

/// Everything that happened to these leads, oldest first: one query a table, however many leads there are.
pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Moment>, AppError> {
    use MomentKind as K;
    let mut all: Vec<Moment> = Vec::new();
    let entries = LedgerEntry::of_leads(conn, leads)?;
    for lead in Lead::find_all(conn, leads.to_vec())? {
        let own = |e: &&LedgerEntry| e.lead_id.as_ref() == Some(&lead.id) && e.facts.is_none();
        let sequence = entries.iter().find(own).map(|e| e.sequence);
        let said = Moment::new(&lead.id, lead.submitted_at, K::Submitted).by(Some(lead.submitted_by));
        all.push(Moment { sequence, ..said.unit(lead.submitted_by_unit).says(lead.submitted_for) });
    }
    for s in Screening::of_leads(conn, leads)? {
        let kind = if s.outcome == ScreeningOutcome::Keep { K::Screened } else { K::Declined };
        all.push(Moment::new(&s.lead_id, s.screened_at, kind).by(Some(s.screened_by)).says(Some(s.note)));
    }
    for p in PoolPlace::of_leads(conn, leads)? {
        all.push(Moment::new(&p.lead_id, p.opened_at, K::Pooled).by(p.opened_by).says(Some(p.reason)));
        if let (Some(at), Some(by)) = (p.closed_at, p.claimed_by) {
            let claimed = Moment::new(&p.lead_id, at, K::Claimed).by(Some(by));
            all.push(claimed.unit(p.claimed_by_unit).says(p.claim_reason));
        }
    }
    for h in Handover::of_leads(conn, leads)? {
        let unit = Some(h.unit_id);
        let offered = Moment::new(&h.lead_id, h.handed_over_at, K::HandedOver).by(Some(h.handed_over_by));
        all.push(offered.unit(unit.clone()).says(h.note));
        let kind = match (h.state, &h.answered_by) {
            (HandoverState::Accepted, _) => K::Accepted,
            (HandoverState::Returned, Some(_)) => K::Returned,
            _ => K::Lapsed,
        };
        if let Some(at) = h.answered_at {
            all.push(Moment::new(&h.lead_id, at, kind).by(h.answered_by).unit(unit).says(h.reason));
        }
    }
    for c in Contact::of_leads(conn, leads)? {
        let (zh, en) = (c.way.zh(), c.way.en());
        let made = |kind| Moment::new(&c.lead_id, c.made_at, kind).by(Some(c.made_by.clone()));
        all.push(match c.task_force {
            None => made(K::Contacted).unit(c.unit_id.clone()).labelled((zh, en), Some(&c.words)),
            Some(force) => {
                let (zh, en) = (format!("{} · {zh}", force.zh()), format!("{} · {en}", force.en()));
                made(K::Negotiated).labelled((&zh, &en), Some(&c.words))
            }
        });
    }
    for p in LeadProject::of_leads(conn, leads)? {
        all.push(Moment::new(&p.lead_id, p.opened_at, K::InProject).by(Some(p.opened_by)));
    }
    for c in Confirmation::of_leads(conn, leads)? {
        all.push(Moment::new(&c.lead_id, c.asked_at, K::Asked).by(Some(c.asked_by)));
        if let (Some(at), Some(answer)) = (c.answered_at, c.answer) {
            let said = Moment::new(&c.lead_id, at, K::Answered);
            let said = said.labelled((answer.zh(), answer.en()), c.words.as_deref());
            all.push(Moment { sequence: c.sequence, ..said });
        }
    }
    for c in Call::of_leads(conn, leads)? {
        all.push(Moment::new(&c.lead_id, c.called_at, K::Called).says(c.words));
    }
    all.extend(of_clocks(conn, leads)?);
    all.extend(of_reviews(conn, leads)?);
    all.sort_by_key(|m| m.at);
    Ok(all)
}

fn of_clocks(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Moment>, AppError> {
    let clocks: HashMap<ClockId, Clock> =
        Clock::of_leads(conn, leads)?.into_iter().map(|c| (c.id.clone(), c)).collect();
    let ids: Vec<ClockId> = clocks.keys().cloned().collect();
    let mut all = Vec::new();
    for p in Pause::of_clocks(conn, &ids)? {
        let Some(clock) = clocks.get(&p.clock_id) else { continue };
        let began = Moment::new(&clock.lead_id, p.began_at, MomentKind::Paused).by(Some(p.paused_by));
        all.push(began.says(Some(p.reason)));
        if let Some(at) = p.ended_at {
            all.push(Moment::new(&clock.lead_id, at, MomentKind::Resumed));
        }
    }
    for e in Escalation::of_clocks(conn, &ids)? {
        let Some(clock) = clocks.get(&e.clock_id) else { continue };
        let (zh, en) = match e.cause {
            EscalationCause::Investor => (e.cause.zh(), e.cause.en()),
            EscalationCause::Clock => (clock.kind.zh(), clock.kind.en()),
        };
        let risen = Moment::new(&clock.lead_id, e.at, MomentKind::Escalated).unit(clock.unit_id.clone());
        let (zh, en) = (format!("第 {} 级 · {zh}", e.level), format!("Level {} · {en}", e.level));
        all.push(risen.labelled((&zh, &en), None));
    }
    Ok(all)
}

fn of_reviews(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<Moment>, AppError> {
    let reviews = LikenessReview::of_leads(conn, leads)?;
    let mut all = Vec::new();
    for r in &reviews {
        for lead in [&r.lead_id, &r.earlier_lead_id].into_iter().filter(|id| leads.contains(id)) {
            all.push(Moment::new(lead, r.opened_at, MomentKind::Compared));
            if let (Some(at), Some(decision)) = (r.decided_at, r.decision) {
                let label = (decision.zh(), decision.en());
                all.push(Moment::new(lead, at, MomentKind::Ruled).labelled(label, r.reason.as_deref()));
            }
        }
    }
    let ids: Vec<_> = reviews.iter().map(|r| r.id.clone()).collect();
    for a in Appeal::of_reviews(conn, &ids)?.into_iter().filter(|a| leads.contains(&a.lead_id)) {
        all.push(
            Moment::new(&a.lead_id, a.appealed_at, MomentKind::Appealed)
                .by(Some(a.appealed_by))
                .says(Some(a.reason)),
        );
        if let (Some(at), true) = (a.answered_at, a.state != AppealState::Open) {
            let answered = Moment::new(&a.lead_id, at, MomentKind::AppealAnswered);
            all.push(answered.labelled((a.state.zh(), a.state.en()), a.answer.as_deref()));
        }
    }
    Ok(all)
}
