//! Minutes of a talk: drafted by the host's side, published once, then read by both and changed no more.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deals::talks::BookingId;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::schema::{talk_follow_ups, talk_minutes};

pub const PUBLISHED: Code = Code::new(
    "minutes.published",
    "纪要已经发布，不能再改",
    "The minutes are published and can no longer be changed",
);
const MOST_LINES: usize = 30;

crate::typed_id!(FollowUpId);
crate::text_enum! {
    /// Where the minutes stand.
    pub enum MinutesState {
        None = "none", "未写", "None";
        Draft = "draft", "草稿", "Draft";
        Published = "published", "已发布", "Published";
    }
}
crate::text_enum! {
    /// Who answers for a follow-up.
    pub enum FollowUpOwner {
        Host = "host", "接洽方", "Host";
        Investor = "investor", "客商", "Investor";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = talk_minutes)]
#[diesel(treat_none_as_null = true)]
struct Minutes {
    booking_id: BookingId,
    state: MinutesState,
    summary: String,
    /// JSON array of texts
    agreed_points: String,
    version: i32,
    written_by: AccountId,
    written_by_name: String,
    written_at: Time,
    published_at: Option<Time>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_follow_ups)]
struct FollowUp {
    id: FollowUpId,
    booking_id: BookingId,
    position: i32,
    text: String,
    owner: FollowUpOwner,
    due_on: NaiveDate,
    done_at: Option<Time>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFollowUp {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    text: Line<300>,
    owner: FollowUpOwner,
    due_on: NaiveDate,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMinutes {
    #[schema(value_type = String, min_length = 1, max_length = 4000)]
    summary: Prose<4000>,
    #[schema(value_type = Vec<String>, max_items = 30)]
    agreed_points: Vec<Line<300>>,
    #[schema(max_items = 30)]
    follow_ups: Vec<NewFollowUp>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FollowUpView {
    id: FollowUpId,
    text: String,
    owner: FollowUpOwner,
    due_on: NaiveDate,
    done_at: Option<Time>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MinutesView {
    booking_id: BookingId,
    pub state: MinutesState,
    summary: String,
    agreed_points: Vec<String>,
    follow_ups: Vec<FollowUpView>,
    version: i32,
    published_at: Option<Time>,
    written_by_name: String,
}

impl SetMinutes {
    fn check(&self) -> Result<(), AppError> {
        for (field, count) in
            [("agreed_points", self.agreed_points.len()), ("follow_ups", self.follow_ups.len())]
        {
            if count > MOST_LINES {
                return Err(AppError::field(field, "input.too_long"));
            }
        }
        let strange = |d: &NaiveDate| !(2000..=2999).contains(&chrono::Datelike::year(d));
        match self.follow_ups.iter().position(|f| strange(&f.due_on)) {
            Some(n) => Err(AppError::field(&format!("follow_ups[{n}].due_on"), "input.range")),
            None => Ok(()),
        }
    }

    /// Writes or rewrites the draft.
    pub fn keep(
        &self,
        conn: &mut DbConn,
        booking: &BookingId,
        actor: &Actor,
        now: Time,
    ) -> Result<MinutesView, AppError> {
        use talk_minutes as t;
        self.check()?;
        let before: Option<Minutes> = t::table.find(booking).first(conn).optional()?;
        let points: Vec<&str> = self.agreed_points.iter().map(Line::as_str).collect();
        let minutes = Minutes {
            booking_id: booking.clone(),
            state: MinutesState::Draft,
            summary: self.summary.as_str().to_owned(),
            agreed_points: serde_json::to_string(&points).map_err(AppError::internal)?,
            version: before.as_ref().map_or(1, |m| m.version + 1),
            written_by: actor.id.clone(),
            written_by_name: actor.name.clone(),
            written_at: now,
            published_at: None,
        };
        if before.is_some() {
            let draft = t::table.find(booking).filter(t::state.eq(MinutesState::Draft));
            if diesel::update(draft).set(minutes).execute(conn)? == 0 {
                return Err(AppError::Conflict(&PUBLISHED));
            }
        } else {
            diesel::insert_into(t::table).values(minutes).execute(conn)?;
        }
        self.keep_follow_ups(conn, booking)?;
        find(conn, booking)
    }

    fn keep_follow_ups(&self, conn: &mut DbConn, booking: &BookingId) -> Result<(), AppError> {
        use talk_follow_ups as t;
        diesel::delete(t::table.filter(t::booking_id.eq(booking))).execute(conn)?;
        let rows = (0..).zip(&self.follow_ups).map(|(position, new)| FollowUp {
            id: FollowUpId::fresh(),
            booking_id: booking.clone(),
            position,
            text: new.text.as_str().to_owned(),
            owner: new.owner,
            due_on: new.due_on,
            done_at: None,
        });
        let rows: Vec<FollowUp> = rows.collect();
        crate::each_database!(conn, c => diesel::insert_into(t::table).values(&rows).execute(c))?;
        Ok(())
    }
}

pub fn find(conn: &mut DbConn, booking: &BookingId) -> Result<MinutesView, AppError> {
    use {talk_follow_ups as f, talk_minutes as t};
    let minutes: Minutes = t::table.find(booking).first(conn).optional()?.ok_or(AppError::NotFound)?;
    let follow_ups: Vec<FollowUp> =
        f::table.filter(f::booking_id.eq(booking)).order(f::position.asc()).load(conn)?;
    let view = |f: FollowUp| FollowUpView {
        id: f.id,
        text: f.text,
        owner: f.owner,
        due_on: f.due_on,
        done_at: f.done_at,
    };
    Ok(MinutesView {
        booking_id: minutes.booking_id,
        state: minutes.state,
        summary: minutes.summary,
        agreed_points: serde_json::from_str(&minutes.agreed_points).map_err(AppError::internal)?,
        follow_ups: follow_ups.into_iter().map(view).collect(),
        version: minutes.version,
        published_at: minutes.published_at,
        written_by_name: minutes.written_by_name,
    })
}

/// Publishes the draft; it stands from then on.
pub fn publish(conn: &mut DbConn, booking: &BookingId, now: Time) -> Result<MinutesView, AppError> {
    use talk_minutes as t;
    let draft = t::table.find(booking).filter(t::state.eq(MinutesState::Draft));
    let changed = diesel::update(draft)
        .set((t::state.eq(MinutesState::Published), t::published_at.eq(Some(now))))
        .execute(conn)?;
    let minutes = find(conn, booking)?;
    if changed == 0 { Err(AppError::Conflict(&PUBLISHED)) } else { Ok(minutes) }
}

/// States of the minutes of some bookings; those without any are left out.
pub fn states(conn: &mut DbConn, ids: &[String]) -> Result<Vec<(String, MinutesState)>, AppError> {
    use talk_minutes as t;
    let of_these = t::table.filter(t::booking_id.eq_any(ids.to_vec()));
    Ok(of_these.select((t::booking_id, t::state)).load(conn)?)
}
