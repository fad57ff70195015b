//! When a host can be booked: read and set by the host, or by colleagues of their unit; slots follow at once.
use actix_web::{HttpResponse, get, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::Host;
use crate::deals::talks::availability;
use crate::deals::talks::rules::{self, Exception, ExceptionKind, Hours, Stretch};
use crate::error::{AppError, FieldError};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::web::Json;

const MOST_STRETCHES: usize = 42;
const MOST_EXCEPTIONS: usize = 120;
/// Days ahead that may differ from the week.
const FARTHEST: i64 = 366;

/// A stretch of every week; minutes of the day in China, on the quarter of an hour.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHours {
    /// 1 is Monday
    #[schema(minimum = 1, maximum = 7)]
    weekday: i32,
    #[schema(minimum = 0, maximum = 1410, multiple_of = 15)]
    from_minute: i32,
    /// At least 30 after `from_minute`
    #[schema(minimum = 30, maximum = 1440, multiple_of = 15)]
    to_minute: i32,
}

/// A stretch of one day on which the host is open besides the week, or closed in spite of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionalHours {
    /// A day in China, at most 366 days ahead; days that have passed are left out
    day: NaiveDate,
    #[schema(minimum = 0, maximum = 1425, multiple_of = 15)]
    from_minute: i32,
    /// After `from_minute`, by 30 at least when open
    #[schema(minimum = 15, maximum = 1440, multiple_of = 15)]
    to_minute: i32,
    kind: ExceptionKind,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityView {
    host_id: AccountId,
    host_name: String,
    week: Vec<WeeklyHours>,
    exceptions: Vec<ExceptionalHours>,
    /// Kept free after each talk
    buffer_minutes: i32,
    /// Between a booking and its talk, at least
    notice_hours: i32,
    /// 0 before the hours are first set
    version: i32,
}

impl AvailabilityView {
    fn of(host: Host, now: Time) -> Self {
        let weekly = |s: Stretch| WeeklyHours {
            weekday: s.weekday,
            from_minute: s.from_minute,
            to_minute: s.to_minute,
        };
        let exceptional = |e: Exception| ExceptionalHours {
            day: e.day,
            from_minute: e.from_minute,
            to_minute: e.to_minute,
            kind: e.kind,
        };
        let coming = host.hours.exceptions.into_iter().filter(|e| e.day >= now.day());
        Self {
            host_id: host.id,
            host_name: host.name,
            week: host.hours.week.into_iter().map(weekly).collect(),
            exceptions: coming.map(exceptional).collect(),
            buffer_minutes: host.hours.buffer_minutes,
            notice_hours: host.hours.notice_hours,
            version: host.version,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityList {
    items: Vec<AvailabilityView>,
    slot_minutes: i64,
}

/// Hours of those whom I may edit: myself, or everyone of my unit who receives guests
#[utoipa::path(tag = "talks", operation_id = "list_availabilities", responses((status = 200, body = AvailabilityList), ReadErrors))]
#[get("/talks/availabilities")]
pub(in crate::deals::talks) async fn list_availabilities(
    app: App,
    actor: Actor,
) -> Result<web::Json<AvailabilityList>, AppError> {
    let now = app.now();
    let hosts = app.read(move |conn| Host::within_reach(conn, &actor)).await?;
    let items = hosts.into_iter().map(|host| AvailabilityView::of(host, now)).collect();
    Ok(web::Json(AvailabilityList { items, slot_minutes: rules::SLOT_MINUTES }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAvailability {
    /// The version that was read
    #[schema(minimum = 0)]
    version: i32,
    #[schema(max_items = 42)]
    week: Vec<WeeklyHours>,
    #[schema(max_items = 120)]
    exceptions: Vec<ExceptionalHours>,
    /// Kept free after each talk: 0, 15, 30, 45 or 60
    #[schema(minimum = 0, maximum = 60, multiple_of = 15)]
    buffer_minutes: i32,
    /// Between a booking and its talk, at least
    #[schema(minimum = 1, maximum = 336)]
    notice_hours: i32,
}

/// Replace a host's hours; talks that are booked already stand
#[utoipa::path(tag = "talks", operation_id = "set_availability", request_body = SetAvailability, params(("host_id" = AccountId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = AvailabilityView), WriteErrors))]
#[put("/talks/availabilities/{host_id}")]
pub(in crate::deals::talks) async fn set_availability(
    app: App,
    act: Act,
    host: web::Path<AccountId>,
    body: Json<SetAvailability>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &SetAvailability| {
        let hours = new.hours(tx.now)?;
        within_reach(tx, &host)?;
        availability::keep(tx.conn, &host, new.version, &hours)?;
        tx.subject("host", &*host);
        Ok(AvailabilityView::of(within_reach(tx, &host)?, tx.now))
    })
    .await
}

fn within_reach(tx: &mut Tx<'_>, host: &AccountId) -> Result<Host, AppError> {
    let reach = Host::within_reach(tx.conn, tx.actor)?;
    reach.into_iter().find(|h| h.id == *host).ok_or(AppError::NotFound)
}

impl SetAvailability {
    fn hours(&self, now: Time) -> Result<Hours, AppError> {
        if self.version < 0 {
            return Err(AppError::field("version", "input.range"));
        }
        if !rules::BUFFERS.contains(&self.buffer_minutes) {
            return Err(AppError::field("buffer_minutes", "input.range"));
        }
        if !(1..=rules::MOST_NOTICE_HOURS).contains(&self.notice_hours) {
            return Err(AppError::field("notice_hours", "input.range"));
        }
        if self.week.len() > MOST_STRETCHES {
            return Err(AppError::field("week", "input.too_long"));
        }
        if self.exceptions.len() > MOST_EXCEPTIONS {
            return Err(AppError::field("exceptions", "input.too_long"));
        }
        let weekly: Vec<_> =
            self.week.iter().map(|w| (w.weekday, w.from_minute, w.to_minute, rules::SLOT_MINUTES)).collect();
        let differing: Vec<_> =
            self.exceptions.iter().map(|e| (e.day, e.from_minute, e.to_minute, e.least())).collect();
        let in_day = |from: i32, to: i32| (0..=1440).contains(&from) && (0..=1440).contains(&to);
        let misplaced = |place: Option<usize>, list: &str| {
            place.map(|n| FieldError::new(format!("{list}[{n}]"), "input.hours"))
        };
        let last = now.day() + chrono::Duration::days(FARTHEST);
        let wrong: Vec<FieldError> = [
            self.week.iter().position(|w| !(1..=7).contains(&w.weekday)).map(|n| range("week", n, "weekday")),
            self.week
                .iter()
                .position(|w| !in_day(w.from_minute, w.to_minute))
                .map(|n| range("week", n, "to_minute")),
            self.exceptions
                .iter()
                .position(|e| !in_day(e.from_minute, e.to_minute))
                .map(|n| range("exceptions", n, "to_minute")),
            self.exceptions.iter().position(|e| e.day > last).map(|n| range("exceptions", n, "day")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !wrong.is_empty() {
            return Err(AppError::Invalid(wrong));
        }
        let misfits =
            [misplaced(rules::misfit(&weekly), "week"), misplaced(rules::misfit(&differing), "exceptions")];
        let wrong: Vec<FieldError> = misfits.into_iter().flatten().collect();
        if !wrong.is_empty() {
            return Err(AppError::Invalid(wrong));
        }
        let week = self.week.iter().map(|w| Stretch {
            weekday: w.weekday,
            from_minute: w.from_minute,
            to_minute: w.to_minute,
        });
        let coming = self.exceptions.iter().filter(|e| e.day >= now.day());
        let exceptions = coming.map(|e| Exception {
            day: e.day,
            from_minute: e.from_minute,
            to_minute: e.to_minute,
            kind: e.kind,
        });
        Ok(Hours {
            week: week.collect(),
            exceptions: exceptions.collect(),
            buffer_minutes: self.buffer_minutes,
            notice_hours: self.notice_hours,
        })
    }
}

impl ExceptionalHours {
    fn least(self) -> i64 {
        match self.kind {
            ExceptionKind::Open => rules::SLOT_MINUTES,
            ExceptionKind::Closed => rules::TICK_MINUTES,
        }
    }
}

fn range(list: &str, place: usize, field: &str) -> FieldError {
    FieldError::new(format!("{list}[{place}].{field}"), "input.range")
}
