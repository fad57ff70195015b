//! Consultants and chambers: who is appointed, what was held with them, and what they brought.
use std::collections::HashMap;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::leads::appointment::{
    Appointment, AppointmentId, AppointmentKind, NOT_A_CONSULTANT, Performance, Record, RecordId, RecordKind,
    TERM,
};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Account, Act, Actor, Role, account};
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Phone, Prose};
use crate::platform::masked;
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    id: AppointmentId,
    kind: AppointmentKind,
    name: String,
    phone_masked: String,
    region: String,
    document_no: Option<String>,
    begins_on: NaiveDate,
    ends_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    end_reason: Option<String>,
    /// Within the term, and not ended
    running: bool,
    demo: bool,
    brought: PerformanceView,
    /// The newest first
    records: Vec<RecordView>,
}

/// Counted from the leads
#[derive(Debug, Serialize, ToSchema)]
pub struct PerformanceView {
    submitted: i64,
    /// Found to be the first contact
    first: i64,
    accepted: i64,
    in_project: i64,
    declined: i64,
    /// Confirmed by the investor
    confirmed: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RecordView {
    id: RecordId,
    kind: RecordKind,
    held_on: NaiveDate,
    title: String,
    amount_fen: Option<i64>,
}

fn appointment_views(
    conn: &mut DbConn,
    today: NaiveDate,
    appointments: Vec<Appointment>,
) -> Result<Vec<AppointmentView>, AppError> {
    let ids: Vec<AppointmentId> = appointments.iter().map(|a| a.id.clone()).collect();
    let accounts: Vec<_> = appointments.iter().map(|a| a.account_id.clone()).collect();
    let phones: HashMap<_, _> =
        Account::all(conn, accounts.clone())?.into_iter().map(|a| (a.id, a.phone)).collect();
    let brought = Appointment::performance(conn, accounts)?;
    let mut records: HashMap<AppointmentId, Vec<RecordView>> = HashMap::new();
    for r in Record::of(conn, &ids)? {
        records.entry(r.appointment_id).or_default().push(RecordView {
            id: r.id,
            kind: r.kind,
            held_on: r.held_on,
            title: r.title,
            amount_fen: r.amount_fen,
        });
    }
    let view = |a: Appointment| {
        let p: Performance = brought.get(&a.account_id).copied().unwrap_or_default();
        AppointmentView {
            running: a.ended_on.is_none() && (a.begins_on..=a.ends_on).contains(&today),
            records: records.remove(&a.id).unwrap_or_default(),
            phone_masked: phones.get(&a.account_id).map(|p| masked::phone(p)).unwrap_or_default(),
            brought: PerformanceView {
                submitted: p.submitted,
                first: p.first,
                accepted: p.accepted,
                in_project: p.in_project,
                declined: p.declined,
                confirmed: p.confirmed,
            },
            id: a.id,
            kind: a.kind,
            name: a.name,
            region: a.region,
            document_no: a.document_no,
            begins_on: a.begins_on,
            ends_on: a.ends_on,
            ended_on: a.ended_on,
            end_reason: a.end_reason,
            demo: a.demo,
        }
    };
    Ok(appointments.into_iter().map(view).collect())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AppointmentFilter {
    /// This one alone
    id: Option<AppointmentId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Appointments with what each brought: one's own, or all
#[utoipa::path(tag = "leads", operation_id = "list_appointments", params(AppointmentFilter), responses((status = 200, body = Page<AppointmentView>), ReadErrors))]
#[get("/leads/appointments")]
pub(super) async fn list_appointments(
    app: App,
    actor: Actor,
    filter: web::Query<AppointmentFilter>,
) -> Result<web::Json<Page<AppointmentView>>, AppError> {
    let filter = filter.into_inner();
    let (paging, today) = (Paging::new(filter.limit, filter.cursor.clone()), app.now().day());
    let page = app
        .read(move |conn| {
            let page = Appointment::list(conn, &actor, filter.id.as_ref(), &paging)?;
            Ok(Page { items: appointment_views(conn, today, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAppointment {
    kind: AppointmentKind,
    /// As on the letter of appointment
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Line<100>,
    /// Of the consultant's account
    phone: Phone,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    region: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    document_no: Option<Line<60>>,
    begins_on: NaiveDate,
    ends_on: NaiveDate,
}

/// Appoint a consultant or a chamber for a term (article 7)
#[utoipa::path(tag = "leads", operation_id = "create_appointment", request_body = CreateAppointment, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AppointmentView), WriteErrors))]
#[post("/leads/appointments")]
pub(super) async fn create_appointment(
    app: App,
    act: Act,
    body: Json<CreateAppointment>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &CreateAppointment| {
        if new.ends_on <= new.begins_on {
            return Err(AppError::Unprocessable(&TERM));
        }
        let found = Account::by_phone(tx.conn, new.phone.as_str())?;
        let found = found.ok_or(AppError::Unprocessable(&NOT_A_CONSULTANT))?;
        if !account::roles_of(tx.conn, &found.id)?.contains(&Role::Consultant) {
            return Err(AppError::Unprocessable(&NOT_A_CONSULTANT));
        }
        let made = Appointment {
            id: AppointmentId::fresh(),
            kind: new.kind,
            name: new.name.as_str().to_owned(),
            account_id: found.id,
            region: new.region.as_str().to_owned(),
            document_no: new.document_no.as_ref().map(|line| line.as_str().to_owned()),
            begins_on: new.begins_on,
            ends_on: new.ends_on,
            ended_on: None,
            end_reason: None,
            appointed_by: tx.actor.id.clone(),
            appointed_at: tx.now,
            demo: found.demo,
        };
        made.insert(tx.conn)?;
        tx.subject("appointment", &made.id);
        appointment_views(tx.conn, tx.now.day(), vec![made])?.pop().ok_or(AppError::NotFound)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndAppointment {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Prose<200>,
}

/// End an appointment before its term
#[utoipa::path(tag = "leads", operation_id = "end_appointment", request_body = EndAppointment, params(("id" = AppointmentId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AppointmentView), WriteErrors))]
#[post("/leads/appointments/{id}/endings")]
pub(super) async fn end_appointment(
    app: App,
    act: Act,
    id: web::Path<AppointmentId>,
    body: Json<EndAppointment>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &EndAppointment| {
        let found = Appointment::find(tx.conn, tx.actor, &id)?;
        found.end(tx.conn, tx.now.day(), wish.reason.as_str())?;
        tx.subject("appointment", &found.id);
        let ended = Appointment::find(tx.conn, tx.actor, &id)?;
        appointment_views(tx.conn, tx.now.day(), vec![ended])?.pop().ok_or(AppError::NotFound)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddRecord {
    kind: RecordKind,
    held_on: NaiveDate,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    title: Line<200>,
    /// Of an award alone
    #[schema(minimum = 1, maximum = 100_000_000_000_i64)]
    amount_fen: Option<i64>,
}

/// Write down a meeting, thanks or an award
#[utoipa::path(tag = "leads", operation_id = "add_appointment_record", request_body = AddRecord, params(("id" = AppointmentId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AppointmentView), WriteErrors))]
#[post("/leads/appointments/{id}/records")]
pub(super) async fn add_appointment_record(
    app: App,
    act: Act,
    id: web::Path<AppointmentId>,
    body: Json<AddRecord>,
) -> Result<HttpResponse, AppError> {
    let wish = &body.value;
    if wish
        .amount_fen
        .is_some_and(|fen| wish.kind != RecordKind::Award || !(1..=100_000_000_000).contains(&fen))
    {
        return Err(AppError::field("amount_fen", "input.range"));
    }
    act.create(&app, body, move |tx, wish: &AddRecord| {
        let found = Appointment::find(tx.conn, tx.actor, &id)?;
        let record = Record {
            id: RecordId::fresh(),
            appointment_id: found.id.clone(),
            kind: wish.kind,
            held_on: wish.held_on,
            title: wish.title.as_str().to_owned(),
            amount_fen: wish.amount_fen,
            written_by: tx.actor.id.clone(),
            written_at: tx.now,
        };
        record.insert(tx.conn)?;
        tx.subject("appointment", &found.id);
        tx.detail(wish.kind.as_str());
        appointment_views(tx.conn, tx.now.day(), vec![found])?.pop().ok_or(AppError::NotFound)
    })
    .await
}
