//! Answers that are the same for everybody: kept for a while here and by whoever asked, told apart by an ETag.
use std::future::Future;
use std::sync::Arc;

use actix_web::http::header::{self, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::Serialize;

use crate::error::AppError;
use crate::platform::cache::Cache;
use crate::platform::hash_chain::sha256_hex;

/// How long an answer may be shown without asking again.
const AGE: &str = "public, max-age=60";

/// `bytes` with an ETag, or 304 when the client already holds them.
pub fn answer(request: &HttpRequest, media_type: &'static str, bytes: Bytes) -> HttpResponse {
    let digest = sha256_hex(&bytes);
    // Weak: the same text may travel compressed or not.
    let tag = EntityTag::new_weak(digest.get(..32).unwrap_or_default().to_owned());
    let mut response = if holds(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(header::ETag(tag.clone())).insert_header((header::CACHE_CONTROL, AGE));
    if holds(request, &tag) {
        return response.finish();
    }
    response.content_type(media_type).body(bytes)
}

/// An answer that follows from a version of the data and from the question alone. Whoever holds it asks each time
/// and is told "unchanged" without its being made again, so that nobody sees an old one; of those who do not hold
/// it, one waits for its being made, and the others of the next seconds are given the same.
pub async fn versioned<F>(
    cache: &Cache,
    request: &HttpRequest,
    media_type: &'static str,
    version: &str,
    make: F,
) -> Result<HttpResponse, AppError>
where
    F: Future<Output = Result<Bytes, AppError>>,
{
    let digest = sha256_hex(format!("{version} {} {}", env!("CARGO_PKG_VERSION"), request.uri()));
    let name = digest.get(..32).unwrap_or_default();
    let tag = EntityTag::new_weak(name.to_owned());
    let held = holds(request, &tag);
    let mut response = if held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(header::ETag(tag)).insert_header((header::CACHE_CONTROL, "public, no-cache"));
    if held {
        return Ok(response.finish());
    }
    let bytes = cache.near(name, make).await.map_err(own)?;
    Ok(response.content_type(media_type).body(bytes))
}

fn holds(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

/// The value as JSON, made once for all who ask within a few seconds. `key` names what is asked for.
pub async fn json<T, F>(
    cache: &Cache,
    request: &HttpRequest,
    key: &str,
    make: F,
) -> Result<HttpResponse, AppError>
where
    T: Serialize,
    F: Future<Output = Result<T, AppError>>,
{
    let filled = kept(cache, key, async { to_json(&make.await?) }).await?;
    Ok(answer(request, "application/json", filled))
}

/// As [`json`], but asked for in so many ways that keeping the answer would help nobody.
pub fn fresh_json<T: Serialize>(request: &HttpRequest, value: &T) -> Result<HttpResponse, AppError> {
    Ok(answer(request, "application/json", to_json(value)?))
}

/// Text kept under `key`.
pub async fn kept<F>(cache: &Cache, key: &str, make: F) -> Result<Bytes, AppError>
where
    F: Future<Output = Result<Bytes, AppError>>,
{
    cache.get(key, make).await.map_err(own)
}

pub fn to_json<T: Serialize>(value: &T) -> Result<Bytes, AppError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(AppError::internal)
}

/// One failure may be told to several who asked at once; each needs an error of their own.
fn own(failure: Arc<AppError>) -> AppError {
    Arc::try_unwrap(failure).unwrap_or_else(|shared| match shared.as_ref() {
        AppError::NotFound => AppError::NotFound,
        AppError::Gone(code) => AppError::Gone(code),
        AppError::Unavailable => AppError::Unavailable,
        AppError::Invalid(wrong) => AppError::Invalid(wrong.clone()),
        AppError::Unprocessable(code) => AppError::Unprocessable(code),
        other => AppError::internal(other.to_string()),
    })
}
