//! Whether a policy applies to a plan, what it gives in whole fen, which steps concern an investor, and who may take
//! a version of a page which way. Pure.
use chrono::NaiveDate;

use crate::error::FieldError;
use crate::libraries::content::page::Step;
use crate::libraries::content::policy::{
    BenefitTier, CapitalOrigin, Plan, PolicyAspect, PolicyBenefit, PolicyCondition, PolicyTerms, SiteNeed,
};
use crate::libraries::content::version::PageState;
use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;

/// A hundredth of a percent of the whole.
const WHOLE: i128 = 10_000;
/// What no investment exceeds: a hundred thousand yi.
pub const MOST_FEN: i64 = 1_000_000_000_000_000;
/// Conditions, benefits, tiers.
const MOST_TERMS: usize = 20;
const MOST_ANSWERS: usize = 40;

crate::text_enum! {
    /// What one may do with a version of a page.
    pub enum PageAct {
        Edit = "edit", "修改", "Edit";
        Submit = "submit", "提交复核", "Submit";
        Publish = "publish", "发布", "Publish";
        Return = "return", "退回修改", "Return";
        Discard = "discard", "放弃草稿", "Discard";
        Withdraw = "withdraw", "撤下", "Withdraw";
    }
}

/// One editor writes, another publishes or returns; what is published can be taken down by any of them.
pub fn page_acts(state: PageState, author: bool) -> Vec<PageAct> {
    match (state, author) {
        (PageState::Draft, true) => vec![PageAct::Edit, PageAct::Submit, PageAct::Discard],
        // Another may clear away what its author left lying.
        (PageState::Draft, false) => vec![PageAct::Discard],
        (PageState::Submitted, true) => Vec::new(),
        (PageState::Submitted, false) => vec![PageAct::Publish, PageAct::Return],
        (PageState::Published, _) => vec![PageAct::Withdraw],
        (PageState::Replaced | PageState::Withdrawn | PageState::Discarded, _) => Vec::new(),
    }
}

/// Whether a step concerns an investor: one that names no origin or no need is for everybody.
pub fn concerns(step: &Step, origin: CapitalOrigin, need: SiteNeed) -> bool {
    (step.origins.is_empty() || step.origins.contains(&origin))
        && (step.needs.is_empty() || step.needs.contains(&need))
}

/// Nothing when the plan leaves open what is asked.
pub fn is_met(condition: &PolicyCondition, plan: &Plan) -> Option<bool> {
    let says = |answer: &str| condition.any_of.iter().any(|one| one.as_str() == answer);
    Some(match condition.aspect {
        PolicyAspect::Period => true,
        PolicyAspect::Industry => says(plan.industry.as_str()),
        PolicyAspect::Investment => condition.at_least_fen.is_some_and(|least| plan.investment_fen >= least),
        PolicyAspect::Place => says(&plan.unit_id),
        PolicyAspect::Size => says(plan.size?.as_str()),
        PolicyAspect::Origin => says(plan.origin.as_str()),
    })
}

pub fn holds(terms: &PolicyTerms, today: NaiveDate) -> bool {
    terms.from_on <= today && terms.to_on.is_none_or(|to| today <= to)
}

/// The tier that counts for an investment.
pub fn tier_of(benefit: &PolicyBenefit, investment_fen: i64) -> Option<BenefitTier> {
    let reached = benefit.tiers.iter().filter(|tier| tier.from_fen <= investment_fen);
    reached.max_by_key(|tier| tier.from_fen).copied()
}

/// What a benefit gives: rounded down to the fen, never above its cap; 0 below the lowest tier.
pub fn amount_fen(benefit: &PolicyBenefit, investment_fen: i64) -> i64 {
    let Some(tier) = tier_of(benefit, investment_fen) else { return 0 };
    let share = i128::from(investment_fen) * i128::from(tier.share_hundredths_percent) / WHOLE;
    let whole = i128::from(tier.fixed_fen) + share;
    let most = i128::from(benefit.cap_fen.unwrap_or(i64::MAX));
    i64::try_from(whole.min(most)).unwrap_or(i64::MAX)
}

/// What is wrong with terms as they are written, each at its place; `counties` are those that a place can be.
pub fn problems(terms: &PolicyTerms, counties: &[String]) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut say =
        |place: String, code: &str| wrong.push(FieldError::new(format!("content.terms.{place}"), code));
    if terms.to_on.is_some_and(|to| to < terms.from_on) {
        say("to_on".to_owned(), "terms.period");
    }
    if terms.conditions.len() > MOST_TERMS {
        say("conditions".to_owned(), "input.range");
    }
    if terms.benefits.len() > MOST_TERMS {
        say("benefits".to_owned(), "input.range");
    }
    for (n, condition) in terms.conditions.iter().enumerate() {
        if !condition_fits(condition, counties) {
            let part = if condition.aspect == PolicyAspect::Investment { "at_least_fen" } else { "any_of" };
            say(format!("conditions[{n}].{part}"), "terms.condition");
        }
    }
    let sum = |fen: i64| (0..=MOST_FEN).contains(&fen);
    for (n, benefit) in terms.benefits.iter().enumerate() {
        let sound = |tier: &BenefitTier| {
            sum(tier.from_fen) && sum(tier.fixed_fen) && (0..=10_000).contains(&tier.share_hundredths_percent)
        };
        let rising = benefit.tiers.windows(2).all(|pair| match pair {
            [low, high] => {
                low.from_fen < high.from_fen
                    && low.fixed_fen <= high.fixed_fen
                    && low.share_hundredths_percent <= high.share_hundredths_percent
            }
            _ => true,
        });
        let many = benefit.tiers.is_empty() || benefit.tiers.len() > MOST_TERMS;
        if many || !benefit.tiers.iter().all(sound) || !rising {
            say(format!("benefits[{n}].tiers"), "terms.tiers");
        }
        if benefit.cap_fen.is_some_and(|cap| !sum(cap)) {
            say(format!("benefits[{n}].cap_fen"), "input.range");
        }
    }
    wrong
}

fn condition_fits(condition: &PolicyCondition, counties: &[String]) -> bool {
    let known = |one: &str| match condition.aspect {
        PolicyAspect::Industry => one.parse::<Industry>().is_ok(),
        PolicyAspect::Size => one.parse::<EnterpriseScale>().is_ok(),
        PolicyAspect::Origin => one.parse::<CapitalOrigin>().is_ok(),
        PolicyAspect::Place => counties.iter().any(|county| county == one),
        PolicyAspect::Investment | PolicyAspect::Period => false,
    };
    match condition.aspect {
        PolicyAspect::Period => false,
        PolicyAspect::Investment => {
            condition.any_of.is_empty()
                && condition.at_least_fen.is_some_and(|least| (0..=MOST_FEN).contains(&least))
        }
        _ => {
            condition.at_least_fen.is_none()
                && (1..=MOST_ANSWERS).contains(&condition.any_of.len())
                && condition.any_of.iter().all(|one| known(one.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::input::Line;
    use proptest::prelude::*;

    fn line<const MAX: usize>(text: &str) -> Line<MAX> {
        Line::parse(text).unwrap()
    }

    fn problem(terms: &PolicyTerms) -> bool {
        !problems(terms, &["430922".to_owned(), "430923".to_owned()]).is_empty()
    }

    fn plan(investment_fen: i64) -> Plan {
        Plan {
            industry: Industry::Bamboo,
            investment_fen,
            unit_id: "430922".to_owned(),
            size: Some(EnterpriseScale::Small),
            origin: CapitalOrigin::Domestic,
        }
    }

    fn benefit(tiers: Vec<(i64, i64, i64)>, cap_fen: Option<i64>) -> PolicyBenefit {
        let tier = |(from_fen, fixed_fen, share)| BenefitTier {
            from_fen,
            fixed_fen,
            share_hundredths_percent: share,
        };
        PolicyBenefit {
            name: line("示例"),
            name_en: None,
            clause: line("第一条"),
            clause_en: None,
            tiers: tiers.into_iter().map(tier).collect(),
            cap_fen,
        }
    }

    fn condition(aspect: PolicyAspect, any_of: &[&str], least: Option<i64>) -> PolicyCondition {
        PolicyCondition {
            aspect,
            any_of: any_of.iter().map(|one| line(one)).collect(),
            at_least_fen: least,
            clause: line("第二条"),
            clause_en: None,
        }
    }

    fn terms(conditions: Vec<PolicyCondition>, benefits: Vec<PolicyBenefit>) -> PolicyTerms {
        let from_on = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        PolicyTerms { from_on, to_on: NaiveDate::from_ymd_opt(2026, 12, 31), conditions, benefits }
    }

    prop_compose! {
        /// Tiers that rise, as [`problem`] wants them.
        fn rising()(steps in prop::collection::vec((1..1_000_000_000_000i64, 0..1_000_000_000i64, 0..500i64), 1..6),
            cap in prop::option::of(0..1_000_000_000_000i64)) -> PolicyBenefit {
            let mut tiers = Vec::new();
            let (mut from, mut fixed, mut share) = (0, 0, 0);
            for (a, b, c) in steps {
                tiers.push((from, fixed + b, share + c));
                from += a;
                fixed += b;
                share += c;
            }
            benefit(tiers, cap)
        }
    }

    proptest! {
        #[test]
        fn more_investment_never_gives_less(one in rising(), a in 0..MOST_FEN, b in 0..MOST_FEN) {
            prop_assert!(!problem(&terms(vec![], vec![one.clone()])));
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(amount_fen(&one, low) <= amount_fen(&one, high));
        }

        #[test]
        fn nothing_exceeds_its_cap_or_falls_below_zero(one in rising(), a in 0..MOST_FEN) {
            let given = amount_fen(&one, a);
            prop_assert!(given >= 0);
            prop_assert!(given <= one.cap_fen.unwrap_or(i64::MAX));
        }

        #[test]
        fn a_share_is_exact_to_the_fen(share in 0..=10_000i64, a in 0..MOST_FEN) {
            let given = i128::from(amount_fen(&benefit(vec![(0, 0, share)], None), a));
            let exact = i128::from(a) * i128::from(share);
            prop_assert!(given * WHOLE <= exact && exact < (given + 1) * WHOLE);
        }

        #[test]
        fn a_condition_on_an_investment_turns_exactly_at_its_threshold(least in 0..MOST_FEN, a in 0..MOST_FEN) {
            let one = condition(PolicyAspect::Investment, &[], Some(least));
            prop_assert_eq!(is_met(&one, &plan(a)), Some(a >= least));
        }
    }

    #[test]
    fn each_answer_meets_only_what_names_it() {
        let plan = plan(1);
        for (aspect, yes, no) in [
            (PolicyAspect::Industry, "bamboo", "food"),
            (PolicyAspect::Place, "430922", "430923"),
            (PolicyAspect::Size, "small", "large"),
            (PolicyAspect::Origin, "domestic", "foreign"),
        ] {
            assert_eq!(is_met(&condition(aspect, &[no, yes], None), &plan), Some(true), "{aspect}");
            assert_eq!(is_met(&condition(aspect, &[no], None), &plan), Some(false), "{aspect}");
        }
    }

    #[test]
    fn the_highest_tier_that_is_reached_counts_alone() {
        let one = benefit(vec![(0, 0, 100), (1000, 50, 200)], Some(80));
        assert_eq!([0, 999, 1000, 2000].map(|fen| amount_fen(&one, fen)), [0, 9, 70, 80]);
        assert_eq!(amount_fen(&benefit(vec![(500, 7, 0)], None), 499), 0);
    }

    #[test]
    fn a_policy_holds_on_its_first_and_last_day_and_not_outside() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let one = terms(vec![], vec![]);
        assert!(holds(&one, day(2026, 1, 1)) && holds(&one, day(2026, 12, 31)));
        assert!(!holds(&one, day(2025, 12, 31)) && !holds(&one, day(2027, 1, 1)));
        assert!(holds(&PolicyTerms { to_on: None, ..one }, day(2099, 1, 1)));
    }

    #[test]
    fn terms_that_make_no_sense_are_named() {
        let wrong = [
            terms(vec![condition(PolicyAspect::Industry, &["rockets"], None)], vec![]),
            terms(vec![condition(PolicyAspect::Investment, &[], None)], vec![]),
            terms(vec![condition(PolicyAspect::Size, &[], None)], vec![]),
            terms(vec![], vec![benefit(vec![], None)]),
            terms(vec![], vec![benefit(vec![(10, 0, 5), (5, 0, 6)], None)]),
            terms(vec![], vec![benefit(vec![(0, 0, 10_001)], None)]),
            terms(vec![], vec![benefit(vec![(0, 0, 1)], Some(-1))]),
        ];
        assert!(wrong.iter().all(problem));
        let nowhere = terms(vec![condition(PolicyAspect::Place, &["430000"], None)], vec![]);
        let said = problems(&nowhere, &["430922".to_owned()]);
        assert_eq!(said[0].field, "content.terms.conditions[0].any_of");
    }

    #[test]
    fn what_a_plan_leaves_open_is_neither_met_nor_unmet() {
        let open = Plan { size: None, ..plan(1) };
        assert_eq!(is_met(&condition(PolicyAspect::Size, &["small"], None), &open), None);
    }

    #[test]
    fn nobody_publishes_or_returns_what_they_wrote_and_only_the_author_edits() {
        for state in PageState::ALL {
            let own = page_acts(*state, true);
            assert!(!own.contains(&PageAct::Publish) && !own.contains(&PageAct::Return), "{state}");
            let others = page_acts(*state, false);
            assert!(!others.contains(&PageAct::Edit) && !others.contains(&PageAct::Submit), "{state}");
            assert_eq!(others.contains(&PageAct::Publish), *state == PageState::Submitted);
            assert_eq!(own.contains(&PageAct::Withdraw), *state == PageState::Published);
        }
    }
}
