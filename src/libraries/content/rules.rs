//! Whether a policy applies to a plan, and what it gives, in whole fen. Pure.
use chrono::NaiveDate;

use crate::libraries::content::policy::{
    BenefitTier, CapitalOrigin, Plan, PolicyAspect, PolicyBenefit, PolicyCondition, PolicyTerms,
};
use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;

/// A hundredth of a percent of the whole.
const WHOLE: i128 = 10_000;
/// What no investment exceeds: a hundred thousand yi.
pub const MOST_FEN: i64 = 1_000_000_000_000_000;

pub fn is_met(condition: &PolicyCondition, plan: &Plan) -> bool {
    let says = |answer: &str| condition.any_of.iter().any(|one| one == answer);
    match condition.aspect {
        PolicyAspect::Period => true,
        PolicyAspect::Industry => says(plan.industry.as_str()),
        PolicyAspect::Investment => condition.at_least_fen.is_some_and(|least| plan.investment_fen >= least),
        PolicyAspect::Place => says(&plan.unit_id),
        PolicyAspect::Size => says(plan.size.as_str()),
        PolicyAspect::Origin => says(plan.origin.as_str()),
    }
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

/// What is wrong with terms as they are written, in words for whoever wrote them; `None` when nothing is.
pub fn problem(terms: &PolicyTerms) -> Option<&'static str> {
    if terms.to_on.is_some_and(|to| to < terms.from_on) {
        return Some("it ends before it begins");
    }
    for condition in &terms.conditions {
        let known = |one: &String| match condition.aspect {
            PolicyAspect::Industry => one.parse::<Industry>().is_ok(),
            PolicyAspect::Size => one.parse::<EnterpriseScale>().is_ok(),
            PolicyAspect::Origin => one.parse::<CapitalOrigin>().is_ok(),
            PolicyAspect::Place => !one.is_empty(),
            PolicyAspect::Investment | PolicyAspect::Period => false,
        };
        let fits = match condition.aspect {
            PolicyAspect::Period => false,
            PolicyAspect::Investment => {
                condition.any_of.is_empty() && condition.at_least_fen.is_some_and(|least| least >= 0)
            }
            _ => {
                condition.at_least_fen.is_none()
                    && !condition.any_of.is_empty()
                    && condition.any_of.iter().all(known)
            }
        };
        if !fits {
            return Some("a condition does not fit what it asks about");
        }
    }
    for benefit in &terms.benefits {
        let sound = |tier: &BenefitTier| {
            tier.from_fen >= 0
                && (0..=MOST_FEN).contains(&tier.fixed_fen)
                && (0..=10_000).contains(&tier.share_hundredths_percent)
        };
        let rising = benefit.tiers.windows(2).all(|pair| match pair {
            [low, high] => {
                low.from_fen < high.from_fen
                    && low.fixed_fen <= high.fixed_fen
                    && low.share_hundredths_percent <= high.share_hundredths_percent
            }
            _ => true,
        });
        if benefit.tiers.is_empty() || !benefit.tiers.iter().all(sound) || !rising {
            return Some("tiers rise with the investment, from 0 to 100 percent");
        }
        if benefit.cap_fen.is_some_and(|cap| cap < 0) {
            return Some("a cap is not below zero");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(investment_fen: i64) -> Plan {
        Plan {
            industry: Industry::Bamboo,
            investment_fen,
            unit_id: "430922".to_owned(),
            size: EnterpriseScale::Small,
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
            name: "示例".to_owned(),
            name_en: None,
            clause: "第一条".to_owned(),
            clause_en: None,
            tiers: tiers.into_iter().map(tier).collect(),
            cap_fen,
        }
    }

    fn condition(aspect: PolicyAspect, any_of: &[&str], least: Option<i64>) -> PolicyCondition {
        PolicyCondition {
            aspect,
            any_of: any_of.iter().map(|one| (*one).to_owned()).collect(),
            at_least_fen: least,
            clause: "第二条".to_owned(),
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
            prop_assert_eq!(problem(&terms(vec![], vec![one.clone()])), None);
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
            prop_assert_eq!(is_met(&one, &plan(a)), a >= least);
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
            assert!(is_met(&condition(aspect, &[no, yes], None), &plan), "{aspect}");
            assert!(!is_met(&condition(aspect, &[no], None), &plan), "{aspect}");
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
        assert!(wrong.iter().all(|one| problem(one).is_some()));
    }
}
