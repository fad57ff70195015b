//! Keyset paging: a list is read forward from an opaque cursor.
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::AppError;
use crate::platform::clock::Time;

const MOST: i64 = 100;

/// `limit` and `cursor` of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Rows to give, 20 when left out
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before this one ended
    #[param(max_length = 200)]
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give this as `cursor` for the next page; absent on the last
    pub next: Option<String>,
}

impl Paging {
    pub fn new(limit: Option<i64>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }
    /// Rows to give.
    pub fn limit(&self) -> Result<i64, AppError> {
        match self.limit.unwrap_or(20) {
            n @ 1..=MOST => Ok(n),
            _ => Err(AppError::field("limit", "input.range")),
        }
    }
    /// The key at which the page before ended: the parts given to [`Page::of`].
    pub fn after(&self) -> Result<Option<Vec<String>>, AppError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .map(Some)
            .ok_or_else(|| AppError::field("cursor", "input.cursor"))
    }
    /// As [`Self::after`] for a list ordered by one text key such as an id.
    pub fn after_key(&self) -> Result<Option<String>, AppError> {
        match self.after()? {
            None => Ok(None),
            Some(mut parts) if parts.len() == 1 => Ok(parts.pop().filter(|key| !key.contains('\0'))),
            Some(_) => Err(AppError::field("cursor", "input.cursor")),
        }
    }
    /// As [`Self::after`] for a list ordered by a moment, in milliseconds, and an id.
    pub fn after_moment<I: FromStr>(&self) -> Result<Option<(Time, I)>, AppError> {
        let refused = || AppError::field("cursor", "input.cursor");
        let Some(parts) = self.after()? else { return Ok(None) };
        let [millis, id] = parts.as_slice() else { return Err(refused()) };
        let millis: i64 = millis.parse().map_err(|_| refused())?;
        Ok(Some((Time::from_millis(millis), id.parse().map_err(|_| refused())?)))
    }
}

impl<T> Page<T> {
    /// From `limit + 1` rows: the surplus row only tells that there is a next page.
    pub fn of(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> Vec<String>) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|last| encode(&key(last))) } else { None };
        Self { items, next }
    }
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

fn encode(key: &[String]) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}
