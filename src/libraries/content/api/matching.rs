//! Policy match over HTTP: a few answers give what applies, what each would give, and which condition fails elsewhere.
use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::page::{ContentPage, PageKind};
use crate::libraries::content::policy::{BenefitTier, CapitalOrigin, Plan, PolicyAspect, PolicyTerms};
use crate::libraries::content::rules::{MOST_FEN, amount_fen, holds, is_met, tier_of};
use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;
use crate::openapi::ReadErrors;
use crate::people::units::{Unit, UnitKind};
use crate::platform::input::{Line, within};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    industry: Industry,
    #[param(minimum = 0, maximum = 1000000000000000i64)]
    investment_fen: i64,
    /// The county where it would stand
    #[param(max_length = 40, example = "430922")]
    unit_id: String,
    size: EnterpriseScale,
    origin: CapitalOrigin,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyMatches {
    /// Those whose every condition is met
    pub(super) applying: Vec<PolicyMatch>,
    /// The others, fewest unmet conditions first
    pub(super) failing: Vec<PolicyMatch>,
    /// Policies that are kept as text alone and can only be read
    pub(super) unreckoned: usize,
    /// The day for which this holds
    as_of: NaiveDate,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyMatch {
    slug: String,
    title: String,
    title_en: Option<String>,
    issuer: Option<String>,
    issuer_en: Option<String>,
    document_no: Option<String>,
    from_on: NaiveDate,
    to_on: Option<NaiveDate>,
    pub(super) demo: bool,
    checks: Vec<ConditionCheck>,
    gives: Vec<BenefitFigure>,
}

/// One condition, whether the plan meets it, and the clause that sets it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConditionCheck {
    aspect: PolicyAspect,
    met: bool,
    /// The answers that would meet it
    any_of: Vec<String>,
    at_least_fen: Option<i64>,
    /// Absent for the period, which the policy's own days set
    clause: Option<String>,
    clause_en: Option<String>,
}

/// What a benefit would give for this investment, and how that is reckoned.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenefitFigure {
    name: String,
    name_en: Option<String>,
    clause: String,
    clause_en: Option<String>,
    amount_fen: i64,
    /// The tier that counts; absent below the lowest
    tier: Option<BenefitTier>,
    cap_fen: Option<i64>,
}

fn matched(page: ContentPage, terms: PolicyTerms, plan: &Plan, today: NaiveDate) -> PolicyMatch {
    let period = ConditionCheck {
        aspect: PolicyAspect::Period,
        met: holds(&terms, today),
        any_of: Vec::new(),
        at_least_fen: None,
        clause: None,
        clause_en: None,
    };
    let checks = terms.conditions.into_iter().map(|condition| ConditionCheck {
        met: is_met(&condition, plan).unwrap_or(false),
        aspect: condition.aspect,
        any_of: condition.any_of.into_iter().map(Line::into_string).collect(),
        at_least_fen: condition.at_least_fen,
        clause: Some(condition.clause.into_string()),
        clause_en: condition.clause_en.map(Line::into_string),
    });
    let gives = terms.benefits.into_iter().map(|benefit| BenefitFigure {
        amount_fen: amount_fen(&benefit, plan.investment_fen),
        tier: tier_of(&benefit, plan.investment_fen),
        name: benefit.name.into_string(),
        name_en: benefit.name_en.map(Line::into_string),
        clause: benefit.clause.into_string(),
        clause_en: benefit.clause_en.map(Line::into_string),
        cap_fen: benefit.cap_fen,
    });
    PolicyMatch {
        slug: page.slug,
        title: page.title,
        title_en: page.title_en,
        issuer: page.issuer,
        issuer_en: page.issuer_en,
        document_no: page.document_no,
        from_on: terms.from_on,
        to_on: terms.to_on,
        demo: page.demo,
        checks: std::iter::once(period).chain(checks).collect(),
        gives: gives.collect(),
    }
}

impl PolicyMatches {
    pub(super) fn of(pages: Vec<ContentPage>, plan: &Plan, today: NaiveDate) -> Result<Self, AppError> {
        let mut matches = Self { applying: vec![], failing: vec![], unreckoned: 0, as_of: today };
        for page in pages {
            let Some(terms) = page.terms()? else {
                matches.unreckoned += 1;
                continue;
            };
            let one = matched(page, terms, plan, today);
            let applies = one.checks.iter().all(|check| check.met);
            if applies { matches.applying.push(one) } else { matches.failing.push(one) }
        }
        matches.failing.sort_by_key(|one| one.checks.iter().filter(|check| !check.met).count());
        Ok(matches)
    }
}

impl PolicyMatch {
    /// Whether nothing but answers to one question stands in the way.
    pub(super) fn hangs_on(&self, aspect: PolicyAspect) -> bool {
        self.checks.iter().all(|check| check.met || check.aspect == aspect)
    }
}

/// The policies that apply to a plan, what each would give by which clause, and what fails for the others
#[utoipa::path(tag = "content", operation_id = "match_policies", params(PlanQuery), responses((status = 200, body = PolicyMatches), ReadErrors), security(()))]
#[get("/content/policy-matches")]
pub(super) async fn match_policies(
    app: App,
    query: web::Query<PlanQuery>,
) -> Result<web::Json<PolicyMatches>, AppError> {
    let query = query.into_inner();
    within("unit_id", Some(&query.unit_id), 40)?;
    if !(0..=MOST_FEN).contains(&query.investment_fen) {
        return Err(AppError::field("investment_fen", "input.range"));
    }
    let plan = Plan {
        industry: query.industry,
        investment_fen: query.investment_fen,
        unit_id: query.unit_id,
        size: Some(query.size),
        origin: query.origin,
    };
    let today = app.now().day();
    let place = plan.unit_id.clone();
    let pages = app
        .read(move |conn| {
            let county = Unit::find(conn, &place)?.filter(|unit| unit.kind == UnitKind::County);
            county.ok_or_else(|| AppError::field("unit_id", "input.choice"))?;
            ContentPage::all(conn, Some(PageKind::Policy))
        })
        .await?;
    Ok(web::Json(PolicyMatches::of(pages, &plan, today)?))
}
