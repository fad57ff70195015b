//! How an enterprise is classed: each dimension gets the points of the best rule that a row of evidence meets, and the
//! class follows from their sum. Where no row is there is no point. The article asks for classes and names no rule. Pure.
use std::collections::BTreeMap;

use crate::libraries::enterprises::EnterpriseScale;
use crate::platform::clock::Time;

crate::text_enum! {
    /// How much an enterprise is worth courting, by the rules.
    pub enum EnterpriseClass {
        A = "a", "A 类", "Class A";
        B = "b", "B 类", "Class B";
        C = "c", "C 类", "Class C";
    }
}
crate::text_enum! {
    /// What is looked at.
    pub enum ClassDimension {
        Chain = "chain", "契合区县主产业链", "Fit to a county's chain";
        Hometown = "hometown", "与益阳的渊源", "Tie to Yiyang";
        Contact = "contact", "近期联系", "Recent contact";
        Courting = "courting", "跟进阶段", "Stage of courting";
        Scale = "scale", "企业规模", "Size";
    }
}
crate::text_enum! {
    /// A value of the rules: points, or what the label says.
    pub enum ClassRule {
        ClassA = "class_a", "A 类最低分", "Class A from (points)";
        ClassB = "class_b", "B 类最低分", "Class B from (points)";
        ChainGap = "chain_gap", "填补主产业链缺口（分）", "Fills a gap of a chain (points)";
        ChainLink = "chain_link", "处于主产业链环节（分）", "On a link of a chain (points)";
        ChainIndustry = "chain_industry", "属于主产业链所在产业（分）", "Of a chain's industry (points)";
        HometownTie = "hometown_tie", "写明与益阳的渊源（分）", "A tie to Yiyang is written (points)";
        ContactDays = "contact_days", "多少天内算近期联系（天）", "Recent contact is within (days)";
        ContactRecent = "contact_recent", "近期有联系（分）", "In contact recently (points)";
        CourtingContacted = "courting_contacted", "跟进后已有联系（分）", "Courted, and in contact since (points)";
        CourtingOpen = "courting_open", "已开始跟进（分）", "Courted (points)";
        ScaleLarge = "scale_large", "大型企业（分）", "Large (points)";
        ScaleMedium = "scale_medium", "中型企业（分）", "Medium (points)";
        ScaleSmall = "scale_small", "小型或微型企业（分）", "Small or micro (points)";
    }
}
crate::text_enum! {
    /// Why a dimension is empty.
    pub enum ClassLack {
        Chain = "chain", "没有区县现行主产业链属于该企业的产业", "No county's chain in force is of its industry";
        Hometown = "hometown", "没有写明与益阳的渊源", "No tie to Yiyang is written";
        Contact = "contact", "规定天数内没有联系记录", "Nobody wrote a contact within the days of the rule";
        Courting = "courting", "没有单位在跟进", "No unit courts it";
        Scale = "scale", "没有填写企业规模", "Its size is not written";
    }
}

impl ClassRule {
    /// Where its points count; none for what gives no points.
    pub fn dimension(self) -> Option<ClassDimension> {
        match self {
            Self::ClassA | Self::ClassB | Self::ContactDays => None,
            Self::ChainGap | Self::ChainLink | Self::ChainIndustry => Some(ClassDimension::Chain),
            Self::HometownTie => Some(ClassDimension::Hometown),
            Self::ContactRecent => Some(ClassDimension::Contact),
            Self::CourtingContacted | Self::CourtingOpen => Some(ClassDimension::Courting),
            Self::ScaleLarge | Self::ScaleMedium | Self::ScaleSmall => Some(ClassDimension::Scale),
        }
    }
}

impl ClassDimension {
    pub fn lack(self) -> ClassLack {
        match self {
            Self::Chain => ClassLack::Chain,
            Self::Hometown => ClassLack::Hometown,
            Self::Contact => ClassLack::Contact,
            Self::Courting => ClassLack::Courting,
            Self::Scale => ClassLack::Scale,
        }
    }
}

pub fn scale_rule(scale: EnterpriseScale) -> ClassRule {
    match scale {
        EnterpriseScale::Large => ClassRule::ScaleLarge,
        EnterpriseScale::Medium => ClassRule::ScaleMedium,
        EnterpriseScale::Small | EnterpriseScale::Micro => ClassRule::ScaleSmall,
    }
}

/// Whether a contact at `at` counts on the day of `now`: whole days in China, the last one too.
pub fn is_recent(at: Time, now: Time, days: i32) -> bool {
    (now.day() - at.day()).num_days() <= i64::from(days)
}

/// The best of the rules that rows of evidence meet in a dimension, with its points.
pub fn best(
    dimension: ClassDimension,
    met: &[ClassRule],
    values: &BTreeMap<ClassRule, i32>,
) -> Option<(ClassRule, i32)> {
    let here = met.iter().filter(|rule| rule.dimension() == Some(dimension));
    here.filter_map(|rule| Some((*rule, *values.get(rule)?))).max_by_key(|(rule, points)| (*points, *rule))
}

/// The class of a sum; none where no dimension has evidence. The rule is the one whose points it reaches.
pub fn class_of(
    points: Option<i32>,
    values: &BTreeMap<ClassRule, i32>,
) -> Option<(EnterpriseClass, Option<ClassRule>)> {
    let points = points?;
    let reaches = |rule: ClassRule| values.get(&rule).is_some_and(|least| points >= *least);
    Some(if reaches(ClassRule::ClassA) {
        (EnterpriseClass::A, Some(ClassRule::ClassA))
    } else if reaches(ClassRule::ClassB) {
        (EnterpriseClass::B, Some(ClassRule::ClassB))
    } else {
        (EnterpriseClass::C, None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> BTreeMap<ClassRule, i32> {
        let all = [
            (ClassRule::ClassA, 70),
            (ClassRule::ClassB, 40),
            (ClassRule::ChainGap, 30),
            (ClassRule::ChainLink, 25),
            (ClassRule::ScaleLarge, 20),
        ];
        all.into_iter().collect()
    }

    #[test]
    fn the_best_row_counts_once_and_the_class_names_its_rule() {
        let met = [ClassRule::ChainLink, ClassRule::ChainGap, ClassRule::ChainLink];
        assert_eq!(best(ClassDimension::Chain, &met, &values()), Some((ClassRule::ChainGap, 30)));
        assert_eq!(best(ClassDimension::Scale, &met, &values()), None);
        assert_eq!(class_of(None, &values()), None);
        assert_eq!(class_of(Some(39), &values()), Some((EnterpriseClass::C, None)));
        assert_eq!(class_of(Some(40), &values()), Some((EnterpriseClass::B, Some(ClassRule::ClassB))));
        assert_eq!(class_of(Some(70), &values()), Some((EnterpriseClass::A, Some(ClassRule::ClassA))));
    }

    proptest! {
        #[test]
        fn there_is_no_score_without_evidence(
            met in prop::collection::vec(prop::sample::select(ClassRule::ALL), 0..8),
            points in prop::collection::vec(1..=1000, ClassRule::ALL.len()),
        ) {
            let values: BTreeMap<ClassRule, i32> = ClassRule::ALL.iter().copied().zip(points).collect();
            let mut sum = None;
            for dimension in ClassDimension::ALL {
                let found = best(*dimension, &met, &values);
                let evident = met.iter().any(|rule| rule.dimension() == Some(*dimension));
                prop_assert_eq!(found.is_some(), evident);
                if let Some((rule, points)) = found {
                    prop_assert!(met.contains(&rule));
                    prop_assert_eq!(rule.dimension(), Some(*dimension));
                    sum = Some(sum.unwrap_or(0) + points);
                }
            }
            prop_assert_eq!(class_of(sum, &values).is_some(), met.iter().any(|rule| rule.dimension().is_some()));
        }
    }
}
