//! Pictures, films and captions for pages: put there by editors, who also see them before readers do.
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::medium::{MOST_BYTES, Medium, MediumHash, MediumKind, recognise};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Act;
use crate::platform::files::StoredFile;
use crate::platform::upload::one_file;

const ROOM: &str = "content";

#[derive(Debug, Serialize, ToSchema)]
pub struct MediumView {
    /// Names it in a page
    sha256: String,
    kind: MediumKind,
    media_type: String,
    /// In bytes
    size: i64,
}

impl From<Medium> for MediumView {
    fn from(medium: Medium) -> Self {
        let Medium { sha256, kind, media_type, size, .. } = medium;
        Self { sha256, kind, media_type, size }
    }
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct MediumForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Put a picture, a film or captions there for a page: JPEG, PNG, MP4, WebM or WebVTT by content, at most 20 MB
#[utoipa::path(tag = "content", operation_id = "add_page_medium", request_body(content = MediumForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = MediumView), WriteErrors))]
#[post("/content/media")]
pub(super) async fn add_page_medium(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let (name, bytes) = one_file(Multipart::new(request.headers(), form), MOST_BYTES).await?;
    let (kind, media_type, bytes) =
        web::block(move || recognise(bytes)).await.map_err(AppError::internal)??;
    let by = act.actor.id.clone();
    let file = StoredFile::new(ROOM, kind.as_str(), &name, media_type, &bytes, by.as_str(), app.now());
    let digest = file.sha256.clone();
    let hash = digest.clone();
    if app.read(move |conn| Medium::find(conn, &hash)).await?.is_none() {
        let (house, id) = (app.clone(), file.id.clone());
        web::block(move || house.files.put(&id, &bytes)).await.map_err(AppError::internal)??;
    }
    act.perform(&app, StatusCode::CREATED, &digest, move |tx| {
        let medium = Medium::keep(tx.conn, &file, kind, &by)?;
        tx.subject("page_medium", &medium.sha256);
        Ok(MediumView::from(medium))
    })
    .await
}

/// The bytes of a medium.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct MediumBytes(Vec<u8>);

/// A picture, a film or captions as an editor put it there, before readers see it
#[utoipa::path(tag = "content", operation_id = "show_page_medium", params(("sha256" = String, Path, min_length = 64, max_length = 64)), responses((status = 200, content((MediumBytes = "image/png"), (MediumBytes = "image/jpeg"), (MediumBytes = "video/mp4"), (MediumBytes = "video/webm"), (MediumBytes = "text/vtt"))), ReadErrors))]
#[get("/content/media/{sha256}")]
pub(super) async fn show_page_medium(
    app: App,
    request: HttpRequest,
    hash: web::Path<MediumHash>,
) -> Result<HttpResponse, AppError> {
    let medium = app.read(move |conn| Medium::find(conn, hash.as_str())?.ok_or(AppError::NotFound)).await?;
    medium.answer(&app, &request, "private, no-store").await
}
