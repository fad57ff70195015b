//! Keeping institutions and finding them.
use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{InstitutionSummary, InstitutionView, summaries, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::institutions::coverage::Coverage;
use crate::libraries::institutions::institution::{
    Institution, InstitutionFacts, InstitutionId, InstitutionKind, InstitutionSearch, keeper,
};
use crate::libraries::likeness::careful_keys_of;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Scope};
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Line, Prose, within};
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

const MOST_REGIONS: usize = 20;
const MOST_INDUSTRIES: usize = 20;

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepInstitution {
    kind: InstitutionKind,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Line<100>,
    credit_code: Option<CreditCode>,
    /// Where it sits, such as 上海
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    seat: Option<Line<40>>,
    /// Where it knows people, such as 长三角
    #[schema(value_type = Vec<String>, max_items = 20)]
    regions: Vec<Line<40>>,
    #[schema(max_items = 20)]
    industries: Vec<Industry>,
    /// The unit that answers for being in touch; an official names their own
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    keeper_unit_id: Option<Line<40>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Prose<1000>>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeInstitution {
    /// As it was read: a change by somebody else since then is refused
    #[schema(minimum = 1, maximum = 2147483646)]
    version: i32,
    facts: KeepInstitution,
}

impl KeepInstitution {
    fn facts(&self, keeper_unit_id: Option<String>) -> InstitutionFacts {
        let (name_key, name_stem) = careful_keys_of(self.name.as_str());
        InstitutionFacts {
            kind: self.kind,
            name: self.name.as_str().to_owned(),
            credit_code: self.credit_code.as_ref().map(|code| code.as_str().to_owned()),
            name_key,
            name_stem,
            seat: self.seat.as_ref().map(|line| line.as_str().to_owned()),
            keeper_unit_id,
            note: self.note.as_ref().map(|prose| prose.as_str().to_owned()),
        }
    }

    /// Each once, whatever was sent twice.
    fn covers(&self) -> Result<Coverage, AppError> {
        for (field, count, most) in [
            ("regions", self.regions.len(), MOST_REGIONS),
            ("industries", self.industries.len(), MOST_INDUSTRIES),
        ] {
            if count > most {
                return Err(AppError::field(field, "input.range"));
            }
        }
        let regions: BTreeSet<String> = self.regions.iter().map(|line| line.as_str().to_owned()).collect();
        let mut industries: Vec<Industry> = Vec::new();
        for industry in &self.industries {
            if !industries.contains(industry) {
                industries.push(*industry);
            }
        }
        Ok(Coverage { regions: regions.into_iter().collect(), industries })
    }

    fn keeper(&self) -> Option<&str> {
        self.keeper_unit_id.as_ref().map(Line::as_str)
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InstitutionFilter {
    /// Part of a name, or a whole credit code
    #[param(max_length = 60)]
    q: Option<String>,
    kind: Option<InstitutionKind>,
    /// Part of the name of a region that it covers
    #[param(max_length = 40)]
    region: Option<String>,
    industry: Option<Industry>,
    /// The unit that keeps it
    #[param(max_length = 40)]
    keeper_unit_id: Option<String>,
    /// No contact was written down on this day or after it
    silent_since: Option<NaiveDate>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// What somebody looks for, as asked.
pub fn search_of(asked: InstitutionSearch) -> Result<InstitutionSearch, AppError> {
    within("q", asked.words.as_deref(), 60)?;
    within("region", asked.region.as_deref(), 40)?;
    within("keeper_unit_id", asked.keeper_unit_id.as_deref(), 40)?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(InstitutionSearch {
        words: given(asked.words),
        region: given(asked.region),
        keeper_unit_id: given(asked.keeper_unit_id),
        ..asked
    })
}

/// What the list is filtered by, as it is kept under a name: days of silence, where a day would grow old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstitutionChoice {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    q: Option<Line<60>>,
    kind: Option<InstitutionKind>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    region: Option<Line<40>>,
    industry: Option<Industry>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    keeper_unit_id: Option<Line<40>>,
    /// No contact was written down for so many days
    #[schema(minimum = 1, maximum = 3650)]
    pub silent_days: Option<u32>,
}

/// The library, most lately touched first
#[utoipa::path(tag = "institutions", operation_id = "list_institutions", params(InstitutionFilter), responses((status = 200, body = Page<InstitutionSummary>), ReadErrors))]
#[get("/institutions")]
pub(super) async fn list_institutions(
    app: App,
    _actor: Actor,
    filter: web::Query<InstitutionFilter>,
) -> Result<web::Json<Page<InstitutionSummary>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let search = search_of(InstitutionSearch {
        words: filter.q,
        kind: filter.kind,
        region: filter.region,
        industry: filter.industry,
        keeper_unit_id: filter.keeper_unit_id,
        silent_since: filter.silent_since,
    })?;
    let page = app
        .read(move |conn| {
            let page = Institution::list(conn, &search, &paging)?;
            Ok(Page { items: summaries(conn, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

/// One institution: facts for all who may read the library; people, log and agreements within one's reach
#[utoipa::path(tag = "institutions", operation_id = "find_institution", params(("id" = InstitutionId, Path)), responses((status = 200, body = InstitutionView), ReadErrors))]
#[get("/institutions/{id}")]
pub(super) async fn find_institution(
    app: App,
    actor: Actor,
    id: web::Path<InstitutionId>,
) -> Result<web::Json<InstitutionView>, AppError> {
    let today = app.now().day();
    app.read(move |conn| view_of(conn, &actor, &id, today)).await.map(web::Json)
}

/// Put an institution into the library; one that is there already is refused
#[utoipa::path(tag = "institutions", operation_id = "create_institution", request_body = KeepInstitution, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions")]
pub(super) async fn create_institution(
    app: App,
    act: Act,
    body: Json<KeepInstitution>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &KeepInstitution| {
        let own = tx.actor.unit_id.as_deref().filter(|_| tx.actor.scope() != Scope::Any);
        let keeper = keeper(tx.conn, tx.actor, wish.keeper().or(own), None)?;
        let made = Institution::new(wish.facts(keeper), tx.actor.id.clone(), tx.now);
        made.insert(tx.conn, &wish.covers()?)?;
        tx.subject("institution", &made.id);
        view_of(tx.conn, tx.actor, &made.id, tx.now.day())
    })
    .await
}

/// Write what is known of an institution now, whole; for its keeper unit and the city
#[utoipa::path(tag = "institutions", operation_id = "change_institution", request_body = ChangeInstitution, params(("id" = InstitutionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = InstitutionView), WriteErrors))]
#[put("/institutions/{id}")]
pub(super) async fn change_institution(
    app: App,
    act: Act,
    id: web::Path<InstitutionId>,
    body: Json<ChangeInstitution>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &ChangeInstitution| {
        if !(1..i32::MAX).contains(&wish.version) {
            return Err(AppError::field("version", "input.range"));
        }
        let before = Institution::find(tx.conn, &id)?;
        tx.subject("institution", &before.id);
        before.refuse_strangers(tx.actor)?;
        let keeper = keeper(tx.conn, tx.actor, wish.facts.keeper(), before.keeper_unit_id.as_deref())?;
        let (facts, covers) = (wish.facts.facts(keeper), wish.facts.covers()?);
        Institution::change(tx.conn, &before.id, wish.version, facts, &covers, tx.now)?;
        view_of(tx.conn, tx.actor, &before.id, tx.now.day())
    })
    .await
}
