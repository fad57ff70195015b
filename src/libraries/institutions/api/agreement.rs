//! Agreements with an institution: made, renewed, ended before their time, and their paper.
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{InstitutionView, view_of};
use crate::app::App;
use crate::error::AppError;
use crate::libraries::institutions::agreement::{
    Agreement, InstitutionAgreementId, InstitutionAgreementKind, TERM,
};
use crate::libraries::institutions::institution::{Institution, InstitutionId};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::files::{StoredFile, recognised};
use crate::platform::input::{Line, Prose};
use crate::platform::upload;
use crate::platform::web::Json;

/// Bytes of the largest paper.
const MOST: usize = 10 * 1024 * 1024;
const ROOM: &str = "institutions";

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeInstitutionAgreement {
    kind: InstitutionAgreementKind,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    document_no: Option<Line<60>>,
    begins_on: NaiveDate,
    /// The last day
    ends_on: NaiveDate,
    /// What each side promises
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    promised: Prose<1000>,
}

impl MakeInstitutionAgreement {
    fn made(
        &self,
        tx: &Tx<'_>,
        of: &InstitutionId,
        renews: Option<&Agreement>,
    ) -> Result<Agreement, AppError> {
        let follows = renews.is_none_or(|old| self.begins_on > old.ends_on);
        let sensible = [self.begins_on, self.ends_on].iter().all(|day| (1990..=2100).contains(&day.year()));
        if self.ends_on <= self.begins_on || !follows || !sensible {
            return Err(AppError::Unprocessable(&TERM));
        }
        Ok(Agreement {
            id: InstitutionAgreementId::fresh(),
            institution_id: of.clone(),
            // A renewal stays with the unit that concluded the first one.
            unit_id: renews.map_or_else(|| tx.actor.unit_id.clone(), |old| old.unit_id.clone()),
            kind: self.kind,
            document_no: self.document_no.as_ref().map(|line| line.as_str().to_owned()),
            begins_on: self.begins_on,
            ends_on: self.ends_on,
            promised: self.promised.as_str().to_owned(),
            renews_id: renews.map(|old| old.id.clone()),
            paper_id: None,
            made_by: tx.actor.id.clone(),
            made_at: tx.now,
            ended_on: None,
            end_reason: None,
            reminded_days: None,
        })
    }
}

fn keep(tx: &mut Tx<'_>, made: &Agreement) -> Result<InstitutionView, AppError> {
    made.insert(tx.conn)?;
    tx.subject("institution_agreement", &made.id);
    Institution::touch(tx.conn, &made.institution_id, tx.now)?;
    view_of(tx.conn, tx.actor, &made.institution_id, tx.now.day())
}

/// Write down an agreement that one's unit has with an institution
#[utoipa::path(tag = "institutions", operation_id = "make_institution_agreement", request_body = MakeInstitutionAgreement, params(("id" = InstitutionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/{id}/agreements")]
pub(super) async fn make_institution_agreement(
    app: App,
    act: Act,
    id: web::Path<InstitutionId>,
    body: Json<MakeInstitutionAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &MakeInstitutionAgreement| {
        let institution = Institution::find(tx.conn, &id)?;
        let made = wish.made(tx, &institution.id, None)?;
        keep(tx, &made)
    })
    .await
}

/// Renew an agreement: a new one that begins after its last day; the old one stays as it was
#[utoipa::path(tag = "institutions", operation_id = "renew_institution_agreement", request_body = MakeInstitutionAgreement, params(("id" = InstitutionAgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/agreements/{id}/renewals")]
pub(super) async fn renew_institution_agreement(
    app: App,
    act: Act,
    id: web::Path<InstitutionAgreementId>,
    body: Json<MakeInstitutionAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &MakeInstitutionAgreement| {
        let old = Agreement::find(tx.conn, tx.actor, &id)?;
        let made = wish.made(tx, &old.institution_id, Some(&old))?;
        keep(tx, &made)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndInstitutionAgreement {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// End an agreement before its last day
#[utoipa::path(tag = "institutions", operation_id = "end_institution_agreement", request_body = EndInstitutionAgreement, params(("id" = InstitutionAgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/agreements/{id}/endings")]
pub(super) async fn end_institution_agreement(
    app: App,
    act: Act,
    id: web::Path<InstitutionAgreementId>,
    body: Json<EndInstitutionAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, wish: &EndInstitutionAgreement| {
        let agreement = Agreement::find(tx.conn, tx.actor, &id)?;
        agreement.end(tx.conn, tx.now.day(), wish.reason.as_str())?;
        tx.subject("institution_agreement", &agreement.id);
        view_of(tx.conn, tx.actor, &agreement.institution_id, tx.now.day())
    })
    .await
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct InstitutionPaperForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Put the paper to an agreement: a PDF, a picture or a document of at most 10 MB
#[utoipa::path(tag = "institutions", operation_id = "add_institution_paper", request_body(content = InstitutionPaperForm, content_type = "multipart/form-data"), params(("id" = InstitutionAgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = InstitutionView), WriteErrors))]
#[post("/institutions/agreements/{id}/papers")]
pub(super) async fn add_institution_paper(
    app: App,
    act: Act,
    id: web::Path<InstitutionAgreementId>,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    // Before a byte is read: a stranger must not fill the disk.
    let (actor, wanted) = (act.actor.clone(), id.clone());
    app.read(move |conn| Agreement::find(conn, &actor, &wanted).map(|_| ())).await?;
    let (name, bytes) = upload::one_file(Multipart::new(request.headers(), form), MOST).await?;
    let media_type = recognised(&name, &bytes)?;
    let by = act.actor.id.as_str();
    let file = StoredFile::new(ROOM, id.as_str(), &name, media_type, &bytes, by, app.now());
    let digest = format!("{} {}", file.name, file.sha256);
    if let Some(earlier) = act.earlier(&app, &digest).await? {
        return Ok(earlier);
    }
    let (house, file_id) = (app.clone(), file.id.clone());
    web::block(move || house.files.put(&file_id, &bytes)).await.map_err(AppError::internal)??;
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        let agreement = Agreement::find(tx.conn, tx.actor, &id)?;
        file.insert(tx.conn)?;
        agreement.set_paper(tx.conn, &file.id)?;
        tx.subject("institution_agreement", &agreement.id);
        view_of(tx.conn, tx.actor, &agreement.institution_id, tx.now.day())
    })
    .await
}

/// The bytes of a paper.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct InstitutionPaper(Vec<u8>);

/// The paper of an agreement that one may see
#[utoipa::path(tag = "institutions", operation_id = "show_institution_paper", params(("id" = InstitutionAgreementId, Path)), responses((status = 200, body = InstitutionPaper, content_type = "application/octet-stream"), ReadErrors))]
#[get("/institution-papers/{id}")]
pub(super) async fn show_institution_paper(
    app: App,
    actor: Actor,
    id: web::Path<InstitutionAgreementId>,
) -> Result<HttpResponse, AppError> {
    let file = app
        .read(move |conn| {
            let agreement = Agreement::find(conn, &actor, &id)?;
            let paper = agreement.paper_id.ok_or(AppError::NotFound)?;
            StoredFile::find(conn, &paper)
        })
        .await?;
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .body(bytes))
}
