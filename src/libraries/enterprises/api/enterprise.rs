//! Keeping enterprises and finding them.
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{EnterpriseSummary, EnterpriseView, summaries, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::enterprises::enterprise::{
    Courting, Enterprise, EnterpriseFacts, EnterpriseId, EnterpriseScale, EnterpriseSearch,
};
use crate::libraries::industry::Industry;
use crate::libraries::likeness::keys_of;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Line, Prose, within};
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepEnterprise {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Line<100>,
    credit_code: Option<CreditCode>,
    industry: Industry,
    /// The link of its chain, such as 电池材料
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    chain_link: Option<Line<40>>,
    scale: Option<EnterpriseScale>,
    /// Where it comes from
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    region: Option<Line<40>>,
    /// What binds it to Yiyang, such as where its founder was born
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    hometown_tie: Option<Line<200>>,
    parent_id: Option<EnterpriseId>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Prose<1000>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEnterprise {
    /// As it was read: a change by somebody else since then is refused
    #[schema(minimum = 1, maximum = 2147483646)]
    version: i32,
    facts: KeepEnterprise,
}

impl KeepEnterprise {
    fn facts(&self) -> EnterpriseFacts {
        let line = |text: Option<&str>| text.map(str::to_owned);
        let (name_key, name_stem) = keys_of(self.name.as_str());
        EnterpriseFacts {
            name: self.name.as_str().to_owned(),
            credit_code: line(self.credit_code.as_ref().map(CreditCode::as_str)),
            name_key,
            name_stem,
            industry: self.industry,
            chain_link: line(self.chain_link.as_ref().map(Line::as_str)),
            scale: self.scale,
            region: line(self.region.as_ref().map(Line::as_str)),
            hometown_tie: line(self.hometown_tie.as_ref().map(Line::as_str)),
            parent_id: self.parent_id.clone(),
            note: line(self.note.as_ref().map(Prose::as_str)),
        }
    }
}

/// What somebody looks for, as asked.
pub fn search_of(asked: EnterpriseSearch) -> Result<EnterpriseSearch, AppError> {
    within("q", asked.words.as_deref(), 60)?;
    within("chain_link", asked.chain_link.as_deref(), 40)?;
    within("region", asked.region.as_deref(), 40)?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(EnterpriseSearch {
        words: given(asked.words),
        chain_link: given(asked.chain_link),
        region: given(asked.region),
        ..asked
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EnterpriseFilter {
    /// Part of a name, or a whole credit code
    #[param(max_length = 60)]
    q: Option<String>,
    industry: Option<Industry>,
    /// The whole name of a link, as on a county's chain
    #[param(max_length = 40)]
    chain_link: Option<String>,
    scale: Option<EnterpriseScale>,
    /// The whole region, as it is written
    #[param(max_length = 40)]
    region: Option<String>,
    courting: Option<Courting>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// What the list is filtered by, as it is kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterpriseChoice {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    q: Option<Line<60>>,
    industry: Option<Industry>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    chain_link: Option<Line<40>>,
    scale: Option<EnterpriseScale>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    region: Option<Line<40>>,
    courting: Option<Courting>,
}

/// The library, most lately touched first
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprises", params(EnterpriseFilter), responses((status = 200, body = Page<EnterpriseSummary>), ReadErrors))]
#[get("/enterprises")]
pub(super) async fn list_enterprises(
    app: App,
    actor: Actor,
    filter: web::Query<EnterpriseFilter>,
) -> Result<web::Json<Page<EnterpriseSummary>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let search = search_of(EnterpriseSearch {
        words: filter.q,
        industry: filter.industry,
        chain_link: filter.chain_link,
        scale: filter.scale,
        region: filter.region,
        courting: filter.courting,
        unit_id: actor.unit_id,
    })?;
    let page = app
        .read(move |conn| {
            let page = Enterprise::list(conn, &search, &paging)?;
            Ok(Page { items: summaries(conn, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseChoices {
    #[schema(max_items = 200)]
    chain_links: Vec<String>,
    #[schema(max_items = 200)]
    regions: Vec<String>,
}

/// The links and regions that enterprises of the library have, to filter by
#[utoipa::path(tag = "enterprises", operation_id = "list_enterprise_choices", responses((status = 200, body = EnterpriseChoices), ReadErrors))]
#[get("/enterprises/choices")]
pub(super) async fn list_enterprise_choices(
    app: App,
    _actor: Actor,
) -> Result<web::Json<EnterpriseChoices>, AppError> {
    let (chain_links, regions) = app.read(Enterprise::choices).await?;
    Ok(web::Json(EnterpriseChoices { chain_links, regions }))
}

/// One enterprise: facts for all who may read the library, contacts and log within one's reach
#[utoipa::path(tag = "enterprises", operation_id = "find_enterprise", params(("id" = EnterpriseId, Path)), responses((status = 200, body = EnterpriseView), ReadErrors))]
#[get("/enterprises/{id}")]
pub(super) async fn find_enterprise(
    app: App,
    actor: Actor,
    id: web::Path<EnterpriseId>,
) -> Result<web::Json<EnterpriseView>, AppError> {
    app.read(move |conn| view_of(conn, &actor, &id)).await.map(web::Json)
}

/// Put an enterprise into the library; one that is there already is refused
#[utoipa::path(tag = "enterprises", operation_id = "create_enterprise", request_body = KeepEnterprise, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = EnterpriseView), WriteErrors))]
#[post("/enterprises")]
pub(super) async fn create_enterprise(
    app: App,
    act: Act,
    body: Json<KeepEnterprise>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &KeepEnterprise| {
        let enterprise = Enterprise::new(wish.facts(), tx.actor.id.clone(), tx.now);
        enterprise.insert(tx.conn)?;
        tx.subject("enterprise", &enterprise.id);
        view_of(tx.conn, tx.actor, &enterprise.id)
    })
    .await
}

/// Write what is known of an enterprise now, whole
#[utoipa::path(tag = "enterprises", operation_id = "change_enterprise", request_body = ChangeEnterprise, params(("id" = EnterpriseId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = EnterpriseView), WriteErrors))]
#[put("/enterprises/{id}")]
pub(super) async fn change_enterprise(
    app: App,
    act: Act,
    id: web::Path<EnterpriseId>,
    body: Json<ChangeEnterprise>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ChangeEnterprise| {
        if !(1..i32::MAX).contains(&wish.version) {
            return Err(AppError::field("version", "input.range"));
        }
        Enterprise::find(tx.conn, &id)?;
        tx.subject("enterprise", &*id);
        Enterprise::change(tx.conn, &id, wish.version, wish.facts.facts(), tx.now)?;
        view_of(tx.conn, tx.actor, &id)
    })
    .await
}
