//! What institutions brought, over HTTP.
use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::leads::{AppointmentKind, LeadState};
use crate::deals::projects::Stage;
use crate::error::AppError;
use crate::libraries::institutions::InstitutionId;
use crate::openapi::ReadErrors;
use crate::people::auth::Actor;
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::page::{Page, Paging};
use crate::views::contributions::contribution::{self, Contribution};
use crate::views::contributions::rules::{ContributionFigure, Figures, count};

pub fn routes(config: &mut ServiceConfig) {
    config.service(find_contributions).service(list_contribution_rows);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContributionsView {
    all: Figures,
    /// Those in which something was brought, the latest first
    years: Vec<YearOfContributions>,
    /// All leads and projects were counted; otherwise those of the reader's unit alone
    whole: bool,
    /// Of those who bring leads for it, newest first; for whom may read all appointments
    appointments: Vec<BringerAppointment>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct YearOfContributions {
    year: i32,
    figures: Figures,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BringerAppointment {
    /// Among the appointments of consultants and chambers
    #[schema(min_length = 36, max_length = 36)]
    id: String,
    kind: AppointmentKind,
    name: String,
    begins_on: NaiveDate,
    ends_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    /// Attended
    meetings: i64,
}

/// What an institution brought, by year: counted from the leads of its bringers and the projects that came of them
#[utoipa::path(tag = "contributions", operation_id = "find_contributions", params(("id" = InstitutionId, Path)), responses((status = 200, body = ContributionsView), ReadErrors))]
#[get("/contributions/{id}")]
pub(super) async fn find_contributions(
    app: App,
    actor: Actor,
    id: web::Path<InstitutionId>,
) -> Result<web::Json<ContributionsView>, AppError> {
    let view = app
        .read(move |conn| {
            let bringers = contribution::bringers(conn, &id)?;
            let rows = contribution::of(conn, &actor, &bringers)?;
            let counted: Vec<_> = rows.iter().flat_map(Contribution::counted).collect();
            let (all, years) = count(&counted);
            let years = years.into_iter().map(|(year, figures)| YearOfContributions { year, figures });
            let appointed = contribution::appointed(conn, &actor, &bringers)?;
            let appointments = appointed.into_iter().map(|one| BringerAppointment {
                id: one.id,
                kind: one.kind,
                name: one.name,
                begins_on: one.begins_on,
                ends_on: one.ends_on,
                ended_on: one.ended_on,
                meetings: one.meetings,
            });
            Ok(ContributionsView {
                all,
                years: years.collect(),
                whole: contribution::is_whole(&actor),
                appointments: appointments.collect(),
            })
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContributionFilter {
    figure: ContributionFigure,
    /// All years when left out
    #[param(minimum = 1900, maximum = 9999)]
    year: Option<i32>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContributionRow {
    /// Of the lead or the project
    #[schema(min_length = 36, max_length = 36)]
    id: String,
    number: String,
    /// The enterprise of a lead, the name of a project
    name: String,
    /// Submitted, opened or signed
    at: Time,
    /// Where it is now
    unit_id: Option<String>,
    unit_name: Option<String>,
    /// Of a lead
    lead_state: Option<LeadState>,
    /// Of a project
    stage: Option<Stage>,
    /// What the agreement commits, when it says it
    amount_fen: Option<i64>,
}

/// The rows behind one figure, newest first
#[utoipa::path(tag = "contributions", operation_id = "list_contribution_rows", params(("id" = InstitutionId, Path), ContributionFilter), responses((status = 200, body = Page<ContributionRow>), ReadErrors))]
#[get("/contributions/{id}/rows")]
pub(super) async fn list_contribution_rows(
    app: App,
    actor: Actor,
    id: web::Path<InstitutionId>,
    filter: web::Query<ContributionFilter>,
) -> Result<web::Json<Page<ContributionRow>>, AppError> {
    let filter = filter.into_inner();
    if filter.year.is_some_and(|year| !(1900..=9999).contains(&year)) {
        return Err(AppError::field("year", "input.range"));
    }
    let paging = Paging::new(filter.limit, filter.cursor);
    let (limit, after) = (paging.limit()?, place(&paging)?);
    let page = app
        .read(move |conn| {
            let bringers = contribution::bringers(conn, &id)?;
            let rows = contribution::of(conn, &actor, &bringers)?;
            let behind = |row: Contribution| {
                let at = row.behind(filter.figure)?;
                let of_year = filter.year.is_none_or(|year| chrono::Datelike::year(&at.day()) == year);
                let further = after.as_ref().is_none_or(|place| (at.millis(), &row.id) < (place.0, &place.1));
                (of_year && further).then_some((at, row))
            };
            let mut rows: Vec<(Time, Contribution)> = rows.into_iter().filter_map(behind).collect();
            rows.sort_by(|a, b| (b.0, &b.1.id).cmp(&(a.0, &a.1.id)));
            rows.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
            let units = rows.iter().filter_map(|(_, row)| row.unit_id.clone()).collect();
            let names = Unit::short_names(conn, units)?;
            let page = Page::of(rows, limit, |(at, row)| vec![at.millis().to_string(), row.id.clone()]);
            Ok(page.map(|(at, row)| ContributionRow {
                unit_name: row.unit_id.as_ref().and_then(|unit| names.get(unit)).cloned(),
                id: row.id,
                number: row.number,
                name: row.name,
                at,
                unit_id: row.unit_id,
                lead_state: row.lead_state,
                stage: row.stage,
                amount_fen: row.fen,
            }))
        })
        .await?;
    Ok(web::Json(page))
}

fn place(paging: &Paging) -> Result<Option<(i64, String)>, AppError> {
    let refused = || AppError::field("cursor", "input.cursor");
    match paging.after()?.as_deref() {
        None => Ok(None),
        Some([millis, id]) => Ok(Some((millis.parse().map_err(|_| refused())?, id.clone()))),
        Some(_) => Err(refused()),
    }
}
