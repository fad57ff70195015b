//! What the document decides about leads: who was first, how soon an answer is due. Pure.
use chrono::Duration;

use crate::libraries::industry::Industry;
use crate::libraries::likeness::{Features, LikenessReason};
use crate::people::auth::TaskForce;
use crate::platform::clock::Time;

crate::text_enum! {
    /// Whether a lead was the first contact with its enterprise (article 9.2).
    pub enum Standing {
        First = "first", "首次接触", "First contact";
        Later = "later", "非首次接触", "Later contact";
        Undecided = "undecided", "待认定", "Undecided";
    }
}
crate::text_enum! {
    /// What the investor answered to "did this person bring you?".
    pub enum ConfirmationAnswer {
        Agree = "agree", "属实", "Agree";
        Disagree = "disagree", "不属实", "Disagree";
        Later = "later", "以后再答", "Later";
    }
}
crate::text_enum! {
    /// Why the rule suggests what it suggests.
    pub enum SuggestionReason {
        SameCode = "same_code", "统一社会信用代码相同，应为同一企业", "The same credit code: one enterprise";
        DifferentCodes = "different_codes", "统一社会信用代码不同，应为不同企业", "Different credit codes: different enterprises";
        NameAndPhone = "name_and_phone", "名称与电话均相同，应为同一企业", "Name and phone agree: one enterprise";
        OneSignAlone = "one_sign_alone", "只有一项相似，须由人核实是否同一企业", "One sign alone: a person must find out";
        EarlierSubmission = "earlier_submission", "账本序号在前者为首次接触（第九条第二款）", "The earlier ledger number was first (article 9.2)";
        InvestorNamedLater = "investor_named_later", "客商否认在前者、确认在后者", "The investor denied the earlier and confirmed the later";
    }
}

/// One of two claims on one investor.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub features: Features<'a>,
    pub answer: Option<ConfirmationAnswer>,
}

/// What the rule says of a case; a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// `None` when only a person can tell
    pub same: Option<bool>,
    /// Whose the first contact is if they are one enterprise
    pub later_was_first: bool,
    pub because: Vec<SuggestionReason>,
}

/// Whether two claims are on one enterprise and whose contact came first (article 9.2).
pub fn suggest(reasons: &[LikenessReason], earlier: Claim<'_>, later: Claim<'_>) -> Suggestion {
    let has = |reason| reasons.contains(&reason);
    let both_codes = earlier.features.credit_code.is_some() && later.features.credit_code.is_some();
    let (same, why) = if has(LikenessReason::CreditCode) {
        (Some(true), SuggestionReason::SameCode)
    } else if both_codes {
        (Some(false), SuggestionReason::DifferentCodes)
    } else if has(LikenessReason::Name) && has(LikenessReason::Phone) {
        (Some(true), SuggestionReason::NameAndPhone)
    } else {
        (None, SuggestionReason::OneSignAlone)
    };
    if same == Some(false) {
        return Suggestion { same, later_was_first: false, because: vec![why] };
    }
    let later_was_first = earlier.answer == Some(ConfirmationAnswer::Disagree)
        && later.answer == Some(ConfirmationAnswer::Agree);
    let order = if later_was_first {
        SuggestionReason::InvestorNamedLater
    } else {
        SuggestionReason::EarlierSubmission
    };
    Suggestion { same, later_was_first, because: vec![why, order] }
}

/// One likeness review as seen from one of its two leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// An earlier lead is like this one, and nobody has decided yet
    Open,
    /// Another enterprise, or this lead was found to be the first, or a later lead is like this one
    Harmless,
    /// The same enterprise, and the other lead was first
    OtherWasFirst,
}

/// Who was first (article 9.2). A later lead alone never takes an earlier one's standing away.
pub fn standing(findings: &[Finding]) -> Standing {
    if findings.contains(&Finding::OtherWasFirst) {
        Standing::Later
    } else if findings.contains(&Finding::Open) {
        Standing::Undecided
    } else {
        Standing::First
    }
}

/// Which negotiation task force has the first talk with an enterprise of this industry (article 11).
pub fn task_force_of(industry: Industry) -> TaskForce {
    match industry {
        Industry::ModernAgriculture | Industry::DarkTea | Industry::Food => TaskForce::Agriculture,
        Industry::ModernServices => TaskForce::Services,
        _ => TaskForce::Manufacturing,
    }
}

/// Levels of a clock.
pub const LEVELS: i32 = 4;

/// When a clock that has passed `level` levels is due for the next: so many days after its start, pauses left out.
pub fn due_at(started: Time, paused_millis: i64, level: i32, days: &[i32]) -> Option<Time> {
    let next = days.get(usize::try_from(level).ok()?)?;
    Some(started.plus(Duration::days(i64::from(*next))).plus(Duration::milliseconds(paused_millis)))
}

/// Basis points by weight, always 10 000 together: what rounding leaves goes to the largest remainders, the
/// first of equals first. No weights give no shares; weights of nothing are shared alike.
pub fn split(weights: &[u64]) -> Vec<u32> {
    const WHOLE: u128 = 10_000;
    let even = weights.iter().all(|w| *w == 0);
    let weight = |w: &u64| if even { 1 } else { u128::from(*w) };
    let total: u128 = weights.iter().map(weight).sum();
    if total == 0 {
        return Vec::new();
    }
    let mut shares: Vec<(u128, u128)> = weights
        .iter()
        .map(|w| {
            let exact = weight(w) * WHOLE;
            (exact / total, exact % total)
        })
        .collect();
    let given: u128 = shares.iter().map(|(share, _)| share).sum();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(shares.get(*at).map_or(0, |(_, rest)| *rest)));
    for at in order.into_iter().take(usize::try_from(WHOLE - given).unwrap_or(0)) {
        if let Some((share, _)) = shares.get_mut(at) {
            *share += 1;
        }
    }
    shares.into_iter().map(|(share, _)| u32::try_from(share).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_suggests_and_says_why() {
        use LikenessReason::{CreditCode, Name, Phone};
        let claim = |code, answer| Claim {
            features: Features { credit_code: code, name_key: "甲乙", phone: "1" },
            answer,
        };
        let plain = claim(None, None);
        let seen = suggest(&[CreditCode], claim(Some("A"), None), claim(Some("A"), None));
        assert_eq!((seen.same, seen.later_was_first), (Some(true), false));
        assert_eq!(suggest(&[Name, Phone], claim(Some("A"), None), claim(Some("B"), None)).same, Some(false));
        assert_eq!(suggest(&[Name, Phone], plain, plain).same, Some(true));
        assert_eq!(suggest(&[Name], plain, plain).same, None);
        let named = suggest(
            &[Name, Phone],
            claim(None, Some(ConfirmationAnswer::Disagree)),
            claim(None, Some(ConfirmationAnswer::Agree)),
        );
        assert!(named.later_was_first && named.because.contains(&SuggestionReason::InvestorNamedLater));
        let denied = suggest(&[Name, Phone], claim(None, Some(ConfirmationAnswer::Disagree)), plain);
        assert!(!denied.later_was_first, "a denial alone gives nobody else the first contact");
    }

    #[test]
    fn a_clock_is_due_after_its_days_and_its_pauses() {
        let start = Time::from_millis(0);
        let days = [1, 3, 7, 14];
        let day = |n: i64| Time::from_millis(n * 86_400_000);
        assert_eq!(due_at(start, 0, 0, &days), Some(day(1)));
        assert_eq!(due_at(start, 2 * 86_400_000, 1, &days), Some(day(5)));
        assert_eq!(due_at(start, 0, LEVELS, &days), None);
    }

    #[test]
    fn thirds_are_whole_together_and_the_first_has_the_rest() {
        assert_eq!(split(&[1, 1, 1]), [3334, 3333, 3333]);
        assert_eq!(split(&[50, 40]), [5556, 4444]);
        assert_eq!(split(&[0, 0]), [5000, 5000]);
        assert_eq!(split(&[]), Vec::<u32>::new());
        assert_eq!(split(&[u64::MAX, 1]), [10_000, 0]);
    }

    #[test]
    fn only_a_decision_makes_a_lead_later() {
        assert_eq!(standing(&[]), Standing::First);
        assert_eq!(standing(&[Finding::Harmless]), Standing::First);
        assert_eq!(standing(&[Finding::Harmless, Finding::Open]), Standing::Undecided);
        assert_eq!(standing(&[Finding::Open, Finding::OtherWasFirst]), Standing::Later);
    }
}
