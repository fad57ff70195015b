//! Files shared in a talk: read from a form, checked, and put on disk before their row.
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::web;
use futures_util::StreamExt;

use crate::app::App;
use crate::error::{AppError, MALFORMED};
use crate::platform::files::{self, StoredFile};
use crate::platform::input::Line;

/// Bytes of the largest file taken.
const MOST: usize = 20 * 1024 * 1024;
const ROOM: &str = "talks";

/// What a form brought: a client id and one file.
pub struct Upload {
    pub client_id: Line<36>,
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

fn refused(e: MultipartError) -> AppError {
    tracing::debug!(error = %e, "form refused");
    AppError::Malformed(&MALFORMED)
}

impl Upload {
    pub async fn read(mut form: Multipart) -> Result<Self, AppError> {
        let (mut client_id, mut file) = (None, None);
        while let Some(field) = form.next().await {
            let mut field = field.map_err(refused)?;
            match field.name().unwrap_or_default().to_owned().as_str() {
                "client_id" if client_id.is_none() => {
                    let text = String::from_utf8(whole(&mut field, 200).await?)
                        .map_err(|_| AppError::field("client_id", "input.type"))?;
                    let line =
                        Line::parse(&text).map_err(|_| AppError::field("client_id", "input.too_long"))?;
                    client_id = Some(line);
                }
                "file" if file.is_none() => {
                    let name = field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default();
                    file = Some((files::safe_name(name), whole(&mut field, MOST).await?));
                }
                other => return Err(AppError::field(other, "input.unknown_field")),
            }
        }
        let client_id = client_id.ok_or_else(|| AppError::field("client_id", "input.missing"))?;
        let (name, bytes) = file.ok_or_else(|| AppError::field("file", "input.missing"))?;
        let media_type = files::recognised(&name, &bytes)?;
        Ok(Self { client_id, name, media_type, bytes })
    }

    /// Puts the bytes on disk and gives the row that is to name them.
    pub async fn store(self, app: &App, booking: &str, by: &str) -> Result<StoredFile, AppError> {
        let file = StoredFile::new(ROOM, booking, &self.name, self.media_type, &self.bytes, by, app.now());
        let (house, id) = (app.clone(), file.id.clone());
        web::block(move || house.files.put(&id, &self.bytes)).await.map_err(AppError::internal)??;
        Ok(file)
    }
}

async fn whole(field: &mut Field, most: usize) -> Result<Vec<u8>, AppError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(refused)?;
        if bytes.len() + chunk.len() > most {
            return Err(AppError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether this room owns the file.
pub fn is_ours(file: &StoredFile) -> bool {
    file.room == ROOM
}
