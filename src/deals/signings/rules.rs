//! Whose turn it is to sign, and who may do what with a version of a template or with a seal. Pure.
use std::collections::BTreeSet;

use chrono::Duration;

use crate::deals::signings::PartyState;
use crate::deals::signings::seal::{SealState, SealStepKind};
use crate::deals::signings::template::TemplateState;
use crate::platform::clock::Time;

crate::text_enum! {
    /// What one may do with a version of a template.
    pub enum TemplateAct {
        Edit = "edit", "修改", "Edit";
        Submit = "submit", "提交法制审核", "Submit for legal check";
        Check = "check", "通过法制审核", "Pass the legal check";
        Approve = "approve", "批准使用", "Approve for use";
        Return = "return", "退回", "Return";
        Discard = "discard", "作废", "Discard";
    }
}

/// How a person stands to a version: what their roles let them do, and what they did with it.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "five plain facts about one person")]
pub struct TemplateStandpoint {
    /// Of a negotiation task force: they carry what was agreed to paper
    pub writes: bool,
    /// An official of the coordinator, who answers for the law
    pub checks: bool,
    /// A leader of the city
    pub approves: bool,
    pub author: bool,
    pub checker: bool,
}

/// Three steps by three people: nobody checks or approves what they wrote, nobody approves what they checked.
pub fn template_acts(state: TemplateState, who: TemplateStandpoint) -> Vec<TemplateAct> {
    let checks = who.checks && !who.author && state == TemplateState::LegalCheck;
    let approves = who.approves && !who.author && !who.checker && state == TemplateState::Approval;
    let draft = who.writes && state == TemplateState::Draft;
    let possible = [
        (TemplateAct::Edit, draft && who.author),
        (TemplateAct::Submit, draft && who.author),
        (TemplateAct::Check, checks),
        (TemplateAct::Approve, approves),
        (TemplateAct::Return, checks || approves),
        // Another of the task force may clear away what its author left lying.
        (TemplateAct::Discard, draft),
    ];
    possible.into_iter().filter_map(|(act, yes)| yes.then_some(act)).collect()
}

crate::text_enum! {
    /// What one may do with a registered seal.
    pub enum SealAct {
        Approve = "approve", "批准使用", "Approve";
        Decline = "decline", "不予批准", "Decline";
        Suspend = "suspend", "暂停使用", "Suspend";
        Reinstate = "reinstate", "恢复使用", "Reinstate";
        Revoke = "revoke", "撤销", "Revoke";
    }
}

impl SealAct {
    /// States from which it sets out.
    pub const fn begins_at(self) -> &'static [SealState] {
        match self {
            Self::Approve | Self::Decline => &[SealState::Pending],
            Self::Suspend => &[SealState::Approved],
            Self::Reinstate => &[SealState::Suspended],
            Self::Revoke => &[SealState::Approved, SealState::Suspended],
        }
    }

    /// The state it leads to, and the step that is kept of it.
    pub const fn leads_to(self) -> (SealState, SealStepKind) {
        match self {
            Self::Approve => (SealState::Approved, SealStepKind::Approved),
            Self::Decline => (SealState::Declined, SealStepKind::Declined),
            Self::Suspend => (SealState::Suspended, SealStepKind::Suspended),
            Self::Reinstate => (SealState::Approved, SealStepKind::Reinstated),
            Self::Revoke => (SealState::Revoked, SealStepKind::Revoked),
        }
    }
}

/// How a person stands to a seal.
#[derive(Debug, Clone, Copy, Default)]
pub struct SealStandpoint {
    /// Of the unit that answers for it, with the right to decide
    pub decides: bool,
    pub registered: bool,
}

/// Whoever registered a seal stops it at any time but never brings it into use; that takes a second person.
pub fn seal_acts(state: SealState, who: SealStandpoint) -> Vec<SealAct> {
    let second = who.decides && !who.registered;
    let may = |act: &SealAct| match act {
        SealAct::Approve | SealAct::Decline | SealAct::Reinstate => second,
        SealAct::Suspend | SealAct::Revoke => who.decides || who.registered,
    };
    let possible = SealAct::ALL.iter().filter(|act| act.begins_at().contains(&state) && may(act));
    possible.copied().collect()
}

/// Largest number of signers of one agreement.
pub const MOST_SIGNERS: usize = 12;

/// Places in `parties` (step and state) that must sign now: everyone of the first step that is not done.
pub fn on_turn(parties: &[(i32, PartyState)]) -> Vec<usize> {
    let open = |(_, state): &&(i32, PartyState)| *state != PartyState::Signed;
    let Some(first) = parties.iter().filter(open).map(|(step, _)| *step).min() else { return Vec::new() };
    let due = parties.iter().enumerate().filter(|(_, party)| party.0 == first && open(party));
    due.map(|(place, _)| place).collect()
}

/// Days before the end at which those whose turn it is are told, the nearest first.
const TOLD_BEFORE: [i32; 2] = [1, 3];

/// How far ahead of the end the first of them is told.
pub fn first_told() -> Duration {
    Duration::days(TOLD_BEFORE.into_iter().max().unwrap_or_default().into())
}

/// The reminder that is due now; none for an agreement that was sent with no more time than that.
pub fn reminder_due(dispatched_at: Time, expires_at: Time, now: Time) -> Option<i32> {
    TOLD_BEFORE.into_iter().find(|days| {
        let begins = expires_at.minus(Duration::days(i64::from(*days)));
        dispatched_at < begins && begins <= now && now < expires_at
    })
}

/// In which order a service outside asks its signers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningOrder {
    OneByOne,
    AllAtOnce,
}

/// What the signers' steps come to; nothing where some sign at once and others before or after them.
pub fn order(steps: &[i32]) -> Option<SigningOrder> {
    match steps.iter().collect::<BTreeSet<_>>().len() {
        all if all == steps.len() => Some(SigningOrder::OneByOne),
        1 => Some(SigningOrder::AllAtOnce),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        SealAct, SealStandpoint, SigningOrder, TemplateAct, TemplateStandpoint, on_turn, order, reminder_due,
        seal_acts, template_acts,
    };
    use crate::deals::signings::PartyState::{Signed, Turn, Waiting};
    use crate::deals::signings::SealState;
    use crate::deals::signings::TemplateState;
    use crate::platform::clock::Time;

    #[test]
    fn a_reminder_is_due_three_days_and_one_day_before_the_end() {
        let at = |hours: i64| Time::from_millis(hours * 3_600_000);
        let (sent, end) = (at(0), at(240));
        let due: Vec<Option<i32>> = [0, 167, 168, 215, 216, 239, 240, 300]
            .into_iter()
            .map(|hours| reminder_due(sent, end, at(hours)))
            .collect();
        assert_eq!(due, [None, None, Some(3), Some(3), Some(1), Some(1), None, None]);
        assert_eq!(reminder_due(at(168), end, at(168)), None, "sent with three days left");
        assert_eq!(reminder_due(at(168), end, at(216)), Some(1));
        assert_eq!(reminder_due(at(230), end, at(239)), None);
    }

    #[test]
    fn nobody_does_two_of_the_three_steps_and_no_step_is_skipped() {
        for state in TemplateState::ALL {
            for bits in 0..32u8 {
                let is = |n: u8| bits & (1 << n) > 0;
                let who = TemplateStandpoint {
                    writes: is(0),
                    checks: is(1),
                    approves: is(2),
                    author: is(3),
                    checker: is(4),
                };
                let acts = template_acts(*state, who);
                let may = |act| acts.contains(&act);
                assert!(!may(TemplateAct::Check) || *state == TemplateState::LegalCheck && !who.author);
                let fourth = who.approves && !who.author && !who.checker;
                assert_eq!(may(TemplateAct::Approve), *state == TemplateState::Approval && fourth);
                assert!(!may(TemplateAct::Edit) || *state == TemplateState::Draft && who.author);
                let ended =
                    matches!(state, TemplateState::InUse | TemplateState::Retired | TemplateState::Discarded);
                assert!(!ended || acts.is_empty());
            }
        }
    }

    #[test]
    fn a_seal_comes_into_use_only_by_a_second_person() {
        for state in SealState::ALL {
            for (decides, registered) in [(false, false), (false, true), (true, false), (true, true)] {
                let acts = seal_acts(*state, SealStandpoint { decides, registered });
                let brings = |act: &SealAct| act.leads_to().0 == SealState::Approved;
                assert!(decides && !registered || !acts.iter().any(brings), "{state} {acts:?}");
                assert!(decides || registered || acts.is_empty());
                let ended = matches!(state, SealState::Declined | SealState::Revoked);
                assert!(!ended || acts.is_empty());
                let stops = decides || registered;
                assert_eq!(*state == SealState::Approved && stops, acts.contains(&SealAct::Suspend));
            }
        }
    }

    #[test]
    fn in_order_each_waits_for_the_one_before() {
        assert_eq!(on_turn(&[(1, Waiting), (2, Waiting)]), [0]);
        assert_eq!(on_turn(&[(1, Signed), (2, Waiting)]), [1]);
        assert!(on_turn(&[(1, Signed), (2, Signed)]).is_empty());
    }

    #[test]
    fn in_parallel_nobody_waits() {
        assert_eq!(on_turn(&[(1, Turn), (1, Turn), (1, Signed)]), [0, 1]);
    }

    #[test]
    fn mixed_the_last_step_opens_only_when_all_before_are_done() {
        let mut parties = [(1, Turn), (1, Turn), (2, Waiting), (2, Waiting)];
        assert_eq!(on_turn(&parties), [0, 1]);
        parties[0].1 = Signed;
        assert_eq!(on_turn(&parties), [1]);
        parties[1].1 = Signed;
        assert_eq!(on_turn(&parties), [2, 3]);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        assert_eq!(on_turn(&[(7, Waiting), (3, Waiting)]), [1]);
    }

    #[test]
    fn steps_are_one_by_one_all_at_once_or_neither() {
        assert_eq!(order(&[2, 1, 5]), Some(SigningOrder::OneByOne));
        assert_eq!(order(&[3, 3]), Some(SigningOrder::AllAtOnce));
        assert_eq!(order(&[1, 1, 2]), None);
    }
}
