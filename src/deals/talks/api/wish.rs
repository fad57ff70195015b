//! The waiting list of a unit or host: one's own wishes, made and withdrawn.
use actix_web::{HttpResponse, get, post, web};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::rules::{self, DayPart};
use crate::deals::talks::wish::{Wish, WishId, WishState};
use crate::deals::talks::{BookingId, Host, site};
use crate::error::{AppError, REFERENCE};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::language::Language;
use crate::platform::web::{Json, Nothing};

#[derive(Debug, Serialize, ToSchema)]
pub struct WishView {
    id: WishId,
    unit_id: String,
    unit_name: Option<String>,
    host_id: Option<AccountId>,
    topic: String,
    language: Language,
    from_on: NaiveDate,
    to_on: NaiveDate,
    day_part: DayPart,
    state: WishState,
    /// The talk whose time is, or was, kept
    booking_id: Option<BookingId>,
    /// How many of the unit's list come first, while one waits
    ahead: Option<usize>,
    made_at: Time,
    ended_at: Option<Time>,
}

fn views(conn: &mut DbConn, wishes: Vec<Wish>) -> Result<Vec<WishView>, AppError> {
    let units: Vec<String> = wishes.iter().map(|wish| wish.unit_id.clone()).collect();
    let names = Unit::short_names(conn, units.clone())?;
    let queue = Wish::queue(conn, units)?;
    let view = |wish: Wish| {
        let before = |(unit, id): &&(String, WishId)| *unit == wish.unit_id && *id < wish.id;
        let ahead = (wish.state == WishState::Waiting).then(|| queue.iter().filter(before).count());
        WishView {
            unit_name: names.get(&wish.unit_id).cloned(),
            ahead,
            id: wish.id,
            unit_id: wish.unit_id,
            host_id: wish.host_id,
            topic: wish.topic,
            language: wish.language,
            from_on: wish.from_on,
            to_on: wish.to_on,
            day_part: wish.day_part,
            state: wish.state,
            booking_id: wish.booking_id,
            made_at: wish.made_at,
            ended_at: wish.ended_at,
        }
    };
    Ok(wishes.into_iter().map(view).collect())
}

fn one(conn: &mut DbConn, wish: Wish) -> Result<WishView, AppError> {
    views(conn, vec![wish])?.pop().ok_or(AppError::NotFound)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WishList {
    items: Vec<WishView>,
}

/// My wishes, newest first
#[utoipa::path(tag = "talks", operation_id = "list_wishes", responses((status = 200, body = WishList), ReadErrors))]
#[get("/talks/wishes")]
pub(super) async fn list_wishes(app: App, actor: Actor) -> Result<web::Json<WishList>, AppError> {
    let items = app
        .read(move |conn| {
            let own = Wish::of(conn, &actor.id)?;
            views(conn, own)
        })
        .await?;
    Ok(web::Json(WishList { items }))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWish {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    unit_id: Line<40>,
    /// Whoever of the unit is free when left out
    host_id: Option<AccountId>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    site_id: Option<Line<64>>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    topic: Line<200>,
    language: Language,
    /// A day in China, today or later
    from_on: NaiveDate,
    /// At most 31 days ahead
    to_on: NaiveDate,
    day_part: DayPart,
}

impl CreateWish {
    fn check(&self, conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        if self.from_on < now.day() {
            return Err(AppError::field("from_on", "input.range"));
        }
        if self.to_on < self.from_on || self.to_on > now.day() + Duration::days(rules::MOST_DAYS) {
            return Err(AppError::field("to_on", "input.range"));
        }
        let hosts = Host::receiving(conn, self.unit_id.as_str())?;
        let known = match &self.host_id {
            Some(host) => hosts.iter().any(|one| one.id == *host),
            None => Unit::find(conn, self.unit_id.as_str())?.is_some(),
        };
        if !known {
            return Err(AppError::Unprocessable(&REFERENCE));
        }
        if let Some(site) = &self.site_id {
            site::look_up(conn, site.as_str())?;
        }
        Ok(())
    }
}

/// Wait for a time of a unit: what is open, or frees up, is kept for each in turn
#[utoipa::path(tag = "talks", operation_id = "create_wish", request_body = CreateWish, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = WishView), WriteErrors))]
#[post("/talks/wishes")]
pub(super) async fn create_wish(
    app: App,
    act: Act,
    body: Json<CreateWish>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, new: &CreateWish| {
        new.check(tx.conn, tx.now)?;
        let wish = Wish {
            id: WishId::fresh(),
            unit_id: new.unit_id.as_str().to_owned(),
            host_id: new.host_id.clone(),
            investor_id: tx.actor.id.clone(),
            investor_name: tx.actor.name.clone(),
            site_id: new.site_id.as_ref().map(|id| id.as_str().to_owned()),
            topic: new.topic.as_str().to_owned(),
            language: new.language,
            from_on: new.from_on,
            to_on: new.to_on,
            day_part: new.day_part,
            state: WishState::Waiting,
            booking_id: None,
            made_at: tx.now,
            ended_at: None,
        };
        wish.insert(tx.conn)?;
        tx.subject("talk_wish", &wish.id);
        Wish::serve(tx.conn, Some(&wish.unit_id), tx.now)?;
        let wish = Wish::find(tx.conn, &wish.id)?;
        one(tx.conn, wish)
    })
    .await
}

/// Wait no longer
#[utoipa::path(tag = "talks", operation_id = "withdraw_wish", request_body = Nothing, params(("id" = WishId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = WishView), WriteErrors))]
#[post("/talks/wishes/{id}/withdrawals")]
pub(super) async fn withdraw_wish(
    app: App,
    act: Act,
    id: web::Path<WishId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, _: &Nothing| {
        let wish = Wish::withdraw(tx.conn, &id, &tx.actor.id, tx.now)?;
        tx.subject("talk_wish", &wish.id);
        one(tx.conn, wish)
    })
    .await
}
