//! What comes in: bodies parsed into types, or a clear problem document.
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{AppError, FieldError, MALFORMED};
use crate::platform::hash_chain::sha256_hex;

/// Largest JSON body, in bytes; handwriting is the largest honest one.
pub const JSON_LIMIT: usize = 512 * 1024;

/// Up to here every whole number is exact as a float.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Names one request in its answer, in the log and in the audit.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// A body that says no more than that it is meant: `{}`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A JSON body together with the hash that tells two requests apart.
#[derive(Debug, Clone)]
pub struct Json<T> {
    pub value: T,
    /// SHA-256 of the bytes, hex
    pub digest: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.split(';').next())
            .is_some_and(|v| v.trim().eq_ignore_ascii_case("application/json"));
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(AppError::MediaType);
            }
            let bytes = read_body(payload, JSON_LIMIT).await?;
            refuse_lists(&bytes)?;
            Ok(Self { value: parse(&bytes)?, digest: sha256_hex(&bytes) })
        })
    }
}

/// The whole body, refused as soon as it grows past `limit` bytes.
pub async fn read_body(mut payload: Payload, limit: usize) -> Result<Vec<u8>, AppError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| AppError::Malformed(&MALFORMED))?;
        if bytes.len() + chunk.len() > limit {
            return Err(AppError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A body is an object; serde alone would also take its fields in a row, as a list.
fn refuse_lists(bytes: &[u8]) -> Result<(), AppError> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Ok(());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => Err(AppError::field("body", "input.type")),
        Err(_) => Err(AppError::Malformed(&MALFORMED)),
    }
}

/// Parses JSON; bad syntax is 400, a value that does not fit is 422 with the field's path.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    read(bytes).or_else(|refused| {
        // JSON has one kind of number: 5.0 is the integer 5.
        let Ok(mut value) = serde_json::from_slice(bytes) else {
            return Err(AppError::Malformed(&MALFORMED));
        };
        if make_whole(&mut value) { read(value.to_string().as_bytes()) } else { Err(refused) }
    })
}

/// Writes whole numbers as integers; `false` when there was nothing to do.
fn make_whole(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| make_whole(item) | changed),
        Value::Object(map) => map.values_mut().fold(false, |changed, item| make_whole(item) | changed),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(whole) if whole.fract() == 0.0 && whole.abs() <= LARGEST_WHOLE => {
                #[allow(clippy::cast_possible_truncation, reason = "a whole number of at most 53 bits")]
                let integer = whole as i64;
                *number = integer.into();
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let path = e.path().to_string();
        let inner = e.into_inner();
        if !inner.is_data() {
            return AppError::Malformed(&MALFORMED);
        }
        field_error(&path, &inner.to_string())
    })?;
    json.end().map_err(|_| AppError::Malformed(&MALFORMED))?;
    Ok(value)
}

fn field_error(path: &str, text: &str) -> AppError {
    let quoted = text.split('`').nth(1);
    let join = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    let (field, code) = if text.starts_with("missing field") {
        (join(quoted.unwrap_or_default()), "input.missing")
    } else if text.starts_with("unknown field") {
        // serde already names the unknown field at the end of the path.
        (path.to_owned(), "input.unknown_field")
    } else if text.starts_with("unknown variant") {
        (path.to_owned(), "input.choice")
    } else if let Some((code, _)) = text.split_once(": ").filter(|(code, _)| code.starts_with("input.")) {
        (path.to_owned(), code)
    } else {
        (path.to_owned(), "input.type")
    };
    AppError::Invalid(vec![FieldError::new(field, code)])
}

/// Answers of actix's own extractors as problem documents.
pub fn extractor_settings(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PathConfig::default().error_handler(|_, _| AppError::NotFound.into()))
        .app_data(web::QueryConfig::default().error_handler(|e, _| {
            let text = e.to_string();
            let field = text.split('`').nth(1).unwrap_or("query").to_owned();
            AppError::Invalid(vec![FieldError::new(field, "input.type")]).into()
        }))
        .app_data(web::PayloadConfig::new(JSON_LIMIT));
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::error::AppError;

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        let read = |text: &str| parse::<Vec<i32>>(text.as_bytes());
        assert_eq!(read("[5, 5.0, 5e0, -0.0]").unwrap(), [5, 5, 5, 0]);
        for bad in ["[5.5]", "[1e30]", "[\"5\"]"] {
            assert!(matches!(read(bad), Err(AppError::Invalid(_))), "{bad}");
        }
        assert!(matches!(read("[5.0"), Err(AppError::Malformed(_))));
    }
}
