//! One file out of a form, refused as soon as it grows past its limit.
use actix_multipart::{Field, Multipart, MultipartError};
use futures_util::StreamExt;

use crate::error::{AppError, MALFORMED};
use crate::platform::files;

/// The field `file` of a form, which holds nothing else: its name, made safe, and its bytes.
pub async fn one_file(mut form: Multipart, most: usize) -> Result<(String, Vec<u8>), AppError> {
    let mut file = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(refused)?;
        if field.name() != Some("file") || file.is_some() {
            let other = field.name().unwrap_or_default().to_owned();
            return Err(AppError::field(&other, "input.unknown_field"));
        }
        let name = field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default();
        file = Some((files::safe_name(name), whole(&mut field, most).await?));
    }
    file.ok_or_else(|| AppError::field("file", "input.missing"))
}

fn refused(e: MultipartError) -> AppError {
    tracing::debug!(error = %e, "form refused");
    AppError::Malformed(&MALFORMED)
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
