//! The hours by which talks are kept, with their dates.
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::setting::{IN_THE_PAST, Settings, TalkSetting, TalkSettingName};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::Act;
use crate::platform::clock::Time;
use crate::platform::input::Line;
use crate::platform::web::Json;

const MOST: i32 = 720;

#[derive(Debug, Serialize, ToSchema)]
pub struct TalkSettingList {
    /// Every value that ever was, by name and then by time; the last one that has begun holds
    items: Vec<TalkSetting>,
}

/// The hours by which talks are kept: notice, answers, absences, reminders
#[utoipa::path(tag = "talks", operation_id = "list_talk_settings", responses((status = 200, body = TalkSettingList), ReadErrors))]
#[get("/talks/settings")]
pub(super) async fn list_talk_settings(app: App) -> Result<web::Json<TalkSettingList>, AppError> {
    let settings = app.read(Settings::load).await?;
    Ok(web::Json(TalkSettingList { items: settings.into_list() }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetTalkSetting {
    name: TalkSettingName,
    #[schema(minimum = 1, maximum = 720)]
    value: i32,
    /// Now or later
    effective_at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Set one from a time on; what is booked keeps the setting of its day
#[utoipa::path(tag = "talks", operation_id = "set_talk_setting", request_body = SetTalkSetting, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TalkSetting), WriteErrors))]
#[post("/talks/settings")]
pub(super) async fn set_talk_setting(
    app: App,
    act: Act,
    body: Json<SetTalkSetting>,
) -> Result<HttpResponse, AppError> {
    if !(1..=MOST).contains(&body.value.value) {
        return Err(AppError::field("value", "input.range"));
    }
    act.create(&app, body, move |tx, wish: &SetTalkSetting| {
        if wish.effective_at < tx.now {
            return Err(AppError::Unprocessable(&IN_THE_PAST));
        }
        let setting = TalkSetting {
            name: wish.name,
            effective_at: wish.effective_at,
            value: wish.value,
            reason: wish.reason.as_str().to_owned(),
            set_by: Some(tx.actor.id.clone()),
            set_at: tx.now,
        };
        setting.insert(tx.conn)?;
        tx.subject("talk_setting", wish.name);
        tx.detail(wish.value.to_string());
        Ok(setting)
    })
    .await
}
