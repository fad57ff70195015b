//! Credit slips, and the dated rules and settings behind them.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::leads::credit::{
    CreditCause, CreditPart, CreditRule, CreditShare, CreditSlip, CreditSlipId,
};
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::setting::{IN_THE_PAST, Setting, SettingName};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::input::Prose;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct CreditSlipView {
    id: CreditSlipId,
    lead_number: String,
    enterprise_name: String,
    /// 1 for the first of a lead; the last one holds
    number: i32,
    cause: CreditCause,
    made_at: Time,
    rule: CreditRuleView,
    shares: Vec<CreditShareView>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditRuleView {
    version: i32,
    effective_at: Time,
    reason: String,
    weights: Vec<PartWeight>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartWeight {
    part: CreditPart,
    weight: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreditShareView {
    part: CreditPart,
    party: String,
    /// The row behind it, as `noun/id`
    source: String,
    weight: i32,
    /// How many share this weight
    sharers: i32,
    /// Of 10 000
    basis_points: i32,
    /// The reader's own, or their unit's
    own: bool,
}

impl From<&CreditRule> for CreditRuleView {
    fn from(rule: &CreditRule) -> Self {
        let weight = |part: &CreditPart| PartWeight { part: *part, weight: rule.weight(*part) };
        Self {
            version: rule.version,
            effective_at: rule.effective_at,
            reason: rule.reason.clone(),
            weights: CreditPart::ALL.iter().map(weight).collect(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreditSlipFilter {
    lead_id: Option<LeadId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Credit slips in which one has a part, or of one's own leads; newest first, each with its formula and rows
#[utoipa::path(tag = "leads", operation_id = "list_credit_slips", params(CreditSlipFilter), responses((status = 200, body = Page<CreditSlipView>), ReadErrors))]
#[get("/leads/credit-slips")]
pub(super) async fn list_credit_slips(
    app: App,
    actor: Actor,
    filter: web::Query<CreditSlipFilter>,
) -> Result<web::Json<Page<CreditSlipView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let page = app
        .read(move |conn| {
            let page = CreditSlip::list(conn, &actor, filter.lead_id.as_ref(), &paging)?;
            let ids: Vec<CreditSlipId> = page.items.iter().map(|s| s.id.clone()).collect();
            let mut shares: HashMap<CreditSlipId, Vec<CreditShare>> = HashMap::new();
            for share in CreditSlip::shares(conn, &ids)? {
                shares.entry(share.slip_id.clone()).or_default().push(share);
            }
            let rules: HashMap<i32, CreditRuleView> =
                CreditRule::all(conn)?.iter().map(|r| (r.version, r.into())).collect();
            let leads = Lead::find_all(conn, page.items.iter().map(|s| s.lead_id.clone()).collect())?;
            let leads: HashMap<LeadId, Lead> = leads.into_iter().map(|l| (l.id.clone(), l)).collect();
            let view = |slip: CreditSlip| {
                let lead = leads.get(&slip.lead_id)?;
                Some(CreditSlipView {
                    lead_number: lead.number.clone(),
                    enterprise_name: lead.enterprise_name.clone(),
                    number: slip.number,
                    cause: slip.cause,
                    made_at: slip.made_at,
                    rule: rules.get(&slip.rule_version)?.clone(),
                    shares: shares.get(&slip.id)?.iter().map(|s| share_view(&actor, s)).collect(),
                    id: slip.id,
                })
            };
            Ok(Page { items: page.items.into_iter().filter_map(view).collect(), next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

fn share_view(actor: &Actor, share: &CreditShare) -> CreditShareView {
    let of_unit =
        actor.scope() != Scope::Own && share.unit_id.as_deref().is_some_and(|unit| actor.is_of(unit));
    CreditShareView {
        part: share.part,
        party: share.party.clone(),
        source: share.source.clone(),
        weight: share.weight,
        sharers: share.sharers,
        basis_points: share.basis_points,
        own: of_unit || share.account_id.as_ref().is_some_and(|id| actor.is(id)),
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LeadSettingsView {
    /// Every value that ever was, by name and then by time; the last one that has begun holds
    settings: Vec<Setting>,
    credit_rules: Vec<CreditRuleView>,
}

/// The days, limits and weights by which leads are handled, with their dates
#[utoipa::path(tag = "leads", operation_id = "list_lead_settings", responses((status = 200, body = LeadSettingsView), ReadErrors))]
#[get("/leads/settings")]
pub(super) async fn list_lead_settings(
    app: App,
    _actor: Actor,
) -> Result<web::Json<LeadSettingsView>, AppError> {
    let (settings, rules) = app.read(|conn| Ok((Setting::all(conn)?, CreditRule::all(conn)?))).await?;
    Ok(web::Json(LeadSettingsView { settings, credit_rules: rules.iter().map(Into::into).collect() }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLeadSetting {
    name: SettingName,
    #[schema(minimum = 1, maximum = 3650)]
    value: i32,
    /// Now or later
    effective_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Prose<200>,
}

/// Set a day or limit from a time on; what has begun keeps the setting of its day
#[utoipa::path(tag = "leads", operation_id = "set_lead_setting", request_body = SetLeadSetting, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = Setting), WriteErrors))]
#[post("/leads/settings")]
pub(super) async fn set_lead_setting(
    app: App,
    act: Act,
    body: Json<SetLeadSetting>,
) -> Result<HttpResponse, AppError> {
    if !(1..=3650).contains(&body.value.value) {
        return Err(AppError::field("value", "input.range"));
    }
    act.create(&app, body, move |tx, wish: &SetLeadSetting| {
        if wish.effective_at < tx.now {
            return Err(AppError::Unprocessable(&IN_THE_PAST));
        }
        let setting = Setting {
            name: wish.name,
            effective_at: wish.effective_at,
            value: wish.value,
            reason: wish.reason.as_str().to_owned(),
            set_by: Some(tx.actor.id.clone()),
            set_at: tx.now,
        };
        setting.insert(tx.conn)?;
        tx.subject("lead_setting", wish.name);
        tx.detail(wish.value.to_string());
        Ok(setting)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCreditRule {
    /// Now or later
    effective_at: Time,
    #[schema(minimum = 0, maximum = 1000)]
    first_contact: i32,
    #[schema(minimum = 0, maximum = 1000)]
    later_contact: i32,
    #[schema(minimum = 0, maximum = 1000)]
    negotiation: i32,
    #[schema(minimum = 0, maximum = 1000)]
    passing_on: i32,
    #[schema(minimum = 1, maximum = 1000)]
    landing: i32,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Prose<200>,
}

/// Set the weights of credit from a time on; slips that were made stay as they are
#[utoipa::path(tag = "leads", operation_id = "set_credit_rule", request_body = SetCreditRule, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = CreditRuleView), WriteErrors))]
#[post("/leads/credit-rules")]
pub(super) async fn set_credit_rule(
    app: App,
    act: Act,
    body: Json<SetCreditRule>,
) -> Result<HttpResponse, AppError> {
    let wish = &body.value;
    for (field, weight, least) in [
        ("first_contact", wish.first_contact, 0),
        ("later_contact", wish.later_contact, 0),
        ("negotiation", wish.negotiation, 0),
        ("passing_on", wish.passing_on, 0),
        ("landing", wish.landing, 1),
    ] {
        if !(least..=1000).contains(&weight) {
            return Err(AppError::field(field, "input.range"));
        }
    }
    act.create(&app, body, move |tx, wish: &SetCreditRule| {
        if wish.effective_at < tx.now {
            return Err(AppError::Unprocessable(&IN_THE_PAST));
        }
        let last = CreditRule::all(tx.conn)?.pop().map_or(0, |rule| rule.version);
        let rule = CreditRule {
            version: last + 1,
            effective_at: wish.effective_at,
            first_contact: wish.first_contact,
            later_contact: wish.later_contact,
            negotiation: wish.negotiation,
            passing_on: wish.passing_on,
            landing: wish.landing,
            reason: wish.reason.as_str().to_owned(),
            set_by: Some(tx.actor.id.clone()),
            set_at: tx.now,
        };
        rule.insert(tx.conn)?;
        tx.subject("credit_rule", rule.version);
        Ok(CreditRuleView::from(&rule))
    })
    .await
}
