//! A policy as data: when it holds, whom it is for, and what it gives by which clause.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTerms {
    pub from_on: NaiveDate,
    /// The last day on which it holds; absent where none is set
    pub to_on: Option<NaiveDate>,
    /// All of them must be met
    pub conditions: Vec<PolicyCondition>,
    pub benefits: Vec<PolicyBenefit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyCondition {
    pub aspect: PolicyAspect,
    /// The answers that meet it; empty for an investment
    #[serde(default)]
    pub any_of: Vec<String>,
    /// Of an investment
    pub at_least_fen: Option<i64>,
    pub clause: String,
    pub clause_en: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBenefit {
    pub name: String,
    pub name_en: Option<String>,
    pub clause: String,
    pub clause_en: Option<String>,
    /// The highest that the investment reaches counts, alone
    pub tiers: Vec<BenefitTier>,
    /// No more than this
    pub cap_fen: Option<i64>,
}

/// From an investment on: a fixed sum, and a share of the investment in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BenefitTier {
    pub from_fen: i64,
    pub fixed_fen: i64,
    pub share_hundredths_percent: i64,
}

/// What an investor says of a plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub industry: Industry,
    pub investment_fen: i64,
    pub unit_id: String,
    pub size: EnterpriseScale,
    pub origin: CapitalOrigin,
}
