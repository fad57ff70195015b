//! A policy as data: when it holds, whom it is for, and what it gives by which clause.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;
use crate::platform::input::Line;

crate::text_enum! {
    /// What a condition asks about.
    pub enum PolicyAspect {
        Period = "period", "有效期", "Period";
        Industry = "industry", "产业", "Industry";
        Investment = "investment", "投资额", "Investment";
        Place = "place", "落地区县", "Place";
        Size = "size", "企业规模", "Size";
        Origin = "origin", "资金来源", "Origin of the capital";
    }
}
crate::text_enum! {
    /// Where an investor's money comes from.
    pub enum CapitalOrigin {
        Domestic = "domestic", "内资", "Domestic";
        Foreign = "foreign", "外资", "Foreign";
    }
}

crate::text_enum! {
    /// What an investor needs a place for.
    pub enum SiteNeed {
        Land = "land", "土地", "Land";
        Factory = "factory", "厂房", "A factory building";
        Office = "office", "办公场所", "An office";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTerms {
    pub from_on: NaiveDate,
    /// The last day on which it holds; absent where none is set
    pub to_on: Option<NaiveDate>,
    /// All of them must be met
    #[schema(max_items = 20)]
    pub conditions: Vec<PolicyCondition>,
    #[schema(max_items = 20)]
    pub benefits: Vec<PolicyBenefit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyCondition {
    pub aspect: PolicyAspect,
    /// The answers that meet it; empty for an investment
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 40)]
    pub any_of: Vec<Line<40>>,
    /// Of an investment
    #[schema(minimum = 0, maximum = 1000000000000000i64)]
    pub at_least_fen: Option<i64>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub clause: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub clause_en: Option<Line<120>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBenefit {
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub name: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub name_en: Option<Line<120>>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub clause: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub clause_en: Option<Line<120>>,
    /// The highest that the investment reaches counts, alone
    #[schema(min_items = 1, max_items = 20)]
    pub tiers: Vec<BenefitTier>,
    /// No more than this
    #[schema(minimum = 0, maximum = 1000000000000000i64)]
    pub cap_fen: Option<i64>,
}

/// From an investment on: a fixed sum, and a share of the investment in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BenefitTier {
    #[schema(minimum = 0, maximum = 1000000000000000i64)]
    pub from_fen: i64,
    #[schema(minimum = 0, maximum = 1000000000000000i64)]
    pub fixed_fen: i64,
    #[schema(minimum = 0, maximum = 10000)]
    pub share_hundredths_percent: i64,
}

/// What an investor says of a plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub industry: Industry,
    pub investment_fen: i64,
    pub unit_id: String,
    /// Nothing when it was left open
    pub size: Option<EnterpriseScale>,
    pub origin: CapitalOrigin,
}
