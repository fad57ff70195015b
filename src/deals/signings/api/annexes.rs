//! The annexes of a draft, over HTTP.
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{of_office, shown};
use crate::app::App;
use crate::deals::signings::agreement::{self, AgreementId, AgreementState, Whole};
use crate::deals::signings::annex::{AgreementAnnex, AnnexId, NewAnnex};
use crate::deals::signings::sealing;
use crate::deals::signings::view::AgreementView;
use crate::error::{AppError, FieldError};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::platform::files::StoredFile;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::annex::MOST_BYTES;
use crate::platform::pdf::{AnnexFault, shop::MISSING_GLYPH};
use crate::platform::upload::one_file;
use crate::platform::web::{Json, Nothing};

pub fn routes(config: &mut ServiceConfig) {
    config.service(add_annex).service(show_annex).service(drop_annex);
}

/// One file out of a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct AnnexForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

fn refused(fault: AnnexFault) -> AppError {
    AppError::Invalid(vec![FieldError {
        field: "file".to_owned(),
        code: format!("annex.{fault}"),
        detail: fault.zh().to_owned(),
        detail_en: fault.en().to_owned(),
    }])
}

/// Put a PDF behind a draft: checked, rewritten as nothing but its pages, and listed in the text with its SHA-256
#[utoipa::path(tag = "signings", operation_id = "add_annex", request_body(content = AnnexForm, content_type = "multipart/form-data"), params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/annexes")]
pub(super) async fn add_annex(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    // Before a byte is read: a stranger must not fill the disk.
    let (actor, wanted) = (act.actor.clone(), id.clone());
    app.read(move |conn| {
        let whole = of_office(conn, &wanted, &actor)?;
        let draft = whole.agreement.state == AgreementState::Draft;
        if draft { Ok(()) } else { Err(AppError::Conflict(&agreement::NOT_DRAFT)) }
    })
    .await?;
    let (name, uploaded) = one_file(Multipart::new(request.headers(), form), MOST_BYTES + 1).await?;
    let uploaded_sha256 = sha256_hex(&uploaded);
    let digest = format!("{name} {uploaded_sha256}");
    if let Some(earlier) = act.earlier(&app, &digest).await? {
        return Ok(earlier);
    }
    let annex = app.examiner.annex(&uploaded, app.now().utc()).await?.map_err(refused)?;
    let by = act.actor.id.to_string();
    let stored =
        StoredFile::new("signings", id.as_str(), &name, "application/pdf", &annex.pdf, &by, app.now());
    let pages = i32::try_from(annex.pages).map_err(AppError::internal)?;
    let new = NewAnnex { stored, uploaded_sha256, pages };
    let (house, kept) = (app.clone(), new.stored.clone());
    app.paper
        .work(move || {
            if !house.paper.engine()?.missing(&kept.name).is_empty() {
                return Err(AppError::Unprocessable(&MISSING_GLYPH));
            }
            Ok(house.files.put(&kept.id, &annex.pdf)?)
        })
        .await?;
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        of_office(tx.conn, &id, tx.actor)?;
        AgreementAnnex::add(tx, &id, &new)?;
        shown(tx, &id)
    })
    .await
}

/// An annex as its pages stand in the agreement
#[utoipa::path(tag = "signings", operation_id = "show_annex", params(("id" = AnnexId, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>), ReadErrors))]
#[get("/signings/annexes/{id}")]
pub(super) async fn show_annex(
    app: App,
    actor: Actor,
    id: web::Path<AnnexId>,
) -> Result<HttpResponse, AppError> {
    let (number, annex) = app
        .read(move |conn| {
            let annex = AgreementAnnex::find(conn, &id)?;
            let whole = Whole::seen_by(conn, &annex.agreement_id, &actor)?;
            Ok((whole.agreement.number, annex))
        })
        .await?;
    let name = format!("{number}-annex-{}.pdf", annex.seq);
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("inline; filename=\"{name}\"")))
        .body(sealing::bytes(&app, annex.file_id).await?))
}

/// Take an annex out of a draft
#[utoipa::path(tag = "signings", operation_id = "drop_annex", request_body = Nothing, params(("id" = AnnexId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/annexes/{id}/removals")]
pub(super) async fn drop_annex(
    app: App,
    act: Act,
    id: web::Path<AnnexId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, _: &Nothing| {
        let annex = AgreementAnnex::find(tx.conn, &id)?;
        of_office(tx.conn, &annex.agreement_id, tx.actor)?;
        annex.drop_from(tx)?;
        shown(tx, &annex.agreement_id)
    })
    .await
}
