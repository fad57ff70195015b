//! Voice notes, photos and papers of a lead.
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa::ToSchema;

use super::view::{LeadView, view_of};
use crate::app::App;
use crate::deals::leads::attachment::{Attachment, AttachmentId, MOST, ROOM, TOO_MANY, recognised};
use crate::deals::leads::lead::{Lead, LeadId};
use crate::deals::leads::setting::{Setting, SettingName};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::people::content_checks::{CheckSubject, WITHHELD, submit_file, withheld};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::StoredFile;
use crate::platform::upload;

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct AttachmentForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

fn refuse_too_many(conn: &mut DbConn, lead: &LeadId, now: Time) -> Result<(), AppError> {
    let most = Setting::at(conn, SettingName::Attachments, now)?;
    if Attachment::count(conn, lead)? >= i64::from(most) {
        Err(AppError::Conflict(&TOO_MANY))
    } else {
        Ok(())
    }
}

/// Attach a recording, a photo or a PDF of at most 10 MB to a lead
#[utoipa::path(tag = "leads", operation_id = "add_attachment", request_body(content = AttachmentForm, content_type = "multipart/form-data"), params(("id" = LeadId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = LeadView), WriteErrors))]
#[post("/leads/{id}/attachments")]
pub(super) async fn add_attachment(
    app: App,
    act: Act,
    id: web::Path<LeadId>,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    // Before a byte is read: a stranger must not fill the disk.
    let (actor, wanted, now) = (act.actor.clone(), id.clone(), app.now());
    app.read(move |conn| Lead::find(conn, &actor, &wanted)).await?;
    let (name, bytes) = upload::one_file(Multipart::new(request.headers(), form), MOST).await?;
    let (kind, media_type) = recognised(&name, &bytes)?;
    let file = StoredFile::new(ROOM, id.as_str(), &name, media_type, &bytes, act.actor.id.as_str(), now);
    let digest = format!("{} {}", file.name, file.sha256);
    if let Some(earlier) = act.earlier(&app, &digest).await? {
        return Ok(earlier);
    }
    let wanted = id.clone();
    app.read(move |conn| refuse_too_many(conn, &wanted, now)).await?;
    let (house, file_id) = (app.clone(), file.id.clone());
    web::block(move || house.files.put(&file_id, &bytes)).await.map_err(AppError::internal)??;
    let wechat = app.config.wechat_app_id.clone();
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        let lead = Lead::take(tx.conn, tx.actor, &id)?;
        refuse_too_many(tx.conn, &lead.id, tx.now)?;
        file.insert(tx.conn)?;
        let attachment = Attachment {
            id: AttachmentId::fresh(),
            lead_id: lead.id.clone(),
            file_id: file.id.clone(),
            kind,
            added_by: tx.actor.id.clone(),
            added_at: tx.now,
        };
        attachment.insert(tx.conn)?;
        let (subject, by) = (CheckSubject::LeadAttachment, &tx.actor.id);
        submit_file(tx.conn, wechat.as_deref(), subject, by, &file, tx.now)?;
        tx.subject("lead", &lead.id);
        view_of(tx.conn, tx.actor, &lead.id)
    })
    .await
}

/// The bytes of an attachment.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct AttachmentBytes(Vec<u8>);

/// An attachment of a lead that one may see
#[utoipa::path(tag = "leads", operation_id = "show_attachment", params(("id" = AttachmentId, Path)), responses((status = 200, body = AttachmentBytes, content_type = "application/octet-stream"), ReadErrors))]
#[get("/lead-attachments/{id}")]
pub(super) async fn show_attachment(
    app: App,
    actor: Actor,
    id: web::Path<AttachmentId>,
) -> Result<HttpResponse, AppError> {
    let file = app
        .read(move |conn| {
            let attachment = Attachment::find(conn, &id)?;
            Lead::find(conn, &actor, &attachment.lead_id)?;
            let file = attachment.file_id.to_string();
            if !withheld(conn, CheckSubject::LeadAttachment, vec![file])?.is_empty() {
                return Err(AppError::Forbidden(&WITHHELD));
            }
            StoredFile::find(conn, &attachment.file_id)
        })
        .await?;
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    Ok(HttpResponse::Ok().content_type(file.media_type).body(bytes))
}
