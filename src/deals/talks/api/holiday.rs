//! Holidays of the year: read by everyone, kept by the administrator from the State Council's notice.
use actix_web::{HttpResponse, get, put, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::holiday::{self, HolidayYearView, SetHolidays};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Act;
use crate::platform::web::Json;

#[derive(Debug, Serialize, ToSchema)]
pub struct HolidayYearList {
    items: Vec<HolidayYearView>,
    /// Years that the days open for booking reach into although their holidays are not recorded
    missing_years: Vec<i32>,
}

/// Holidays by year, the latest first, each with the notice that says so
#[utoipa::path(tag = "talks", operation_id = "list_holidays", responses((status = 200, body = HolidayYearList), ReadErrors), security(()))]
#[get("/talks/holidays")]
pub(in crate::deals::talks) async fn list_holidays(app: App) -> Result<web::Json<HolidayYearList>, AppError> {
    let today = app.now().day();
    let list = app
        .read(move |conn| {
            let missing_years = holiday::missing(conn, today)?;
            Ok(HolidayYearList { items: holiday::all(conn)?, missing_years })
        })
        .await?;
    Ok(web::Json(list))
}

/// Replace a year's holidays; talks that are booked already stand
#[utoipa::path(tag = "talks", operation_id = "set_holidays", request_body = SetHolidays, params(("year" = i32, Path, minimum = 2020, maximum = 2199), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = HolidayYearView), WriteErrors))]
#[put("/talks/holidays/{year}")]
pub(in crate::deals::talks) async fn set_holidays(
    app: App,
    act: Act,
    year: web::Path<i32>,
    body: Json<SetHolidays>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &SetHolidays| {
        tx.subject("holidays", *year);
        new.keep(tx.conn, *year, &tx.actor.id, tx.now)
    })
    .await
}
