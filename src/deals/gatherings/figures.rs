//! The figures of a gathering: sums that are whole, and a breakdown in which no small number gives somebody away.
use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::gatherings::check_in::{self, CheckInWay};
use crate::deals::gatherings::gathering::Gathering;
use crate::deals::gatherings::registration::{GatheringSource, RegistrationState};
use crate::deals::gatherings::rules::guarded;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{gathering_check_ins, gathering_leads, gathering_registrations};

#[derive(Debug, Serialize, ToSchema)]
pub struct GatheringFigures {
    seated: i64,
    waiting: i64,
    given_back: i64,
    /// Different firms with a place
    firms: i64,
    came: i64,
    /// Of those who came, on line
    came_live: i64,
    /// Had a place and did not come; once it is over
    stayed_away: Option<i64>,
    leads: i64,
    by_source: Vec<SourceFigures>,
}

/// People with a place by how they heard of it; absent where a number would be too small to show.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceFigures {
    source: GatheringSource,
    seated: Option<i64>,
    came: Option<i64>,
}

pub fn of(conn: &mut DbConn, gathering: &Gathering, now: Time) -> Result<GatheringFigures, AppError> {
    use {gathering_check_ins as c, gathering_leads as l, gathering_registrations as t};
    let id = &gathering.id;
    let states: HashMap<RegistrationState, i64> = t::table
        .filter(t::gathering_id.eq(id))
        .group_by(t::state)
        .select((t::state, count_star()))
        .load::<(RegistrationState, i64)>(conn)?
        .into_iter()
        .collect();
    let sources: HashMap<GatheringSource, i64> = t::table
        .filter(t::gathering_id.eq(id))
        .filter(t::state.eq(RegistrationState::Seated))
        .group_by(t::source)
        .select((t::source, count_star()))
        .load::<(GatheringSource, i64)>(conn)?
        .into_iter()
        .collect();
    let who_came = c::table.filter(c::gathering_id.eq(id)).select(c::registration_id);
    let came_by: HashMap<GatheringSource, i64> = t::table
        .filter(t::id.eq_any(who_came))
        .group_by(t::source)
        .select((t::source, count_star()))
        .load::<(GatheringSource, i64)>(conn)?
        .into_iter()
        .collect();
    let firms: Vec<String> = t::table
        .filter(t::gathering_id.eq(id))
        .filter(t::state.eq(RegistrationState::Seated))
        .select(t::firm_key)
        .distinct()
        .load(conn)?;
    let came_live = c::table
        .filter(c::gathering_id.eq(id))
        .filter(c::way.eq(CheckInWay::Live))
        .count()
        .get_result(conn)?;
    let leads = l::table.filter(l::gathering_id.eq(id)).count().get_result(conn)?;
    let came = check_in::came(conn, id)?;
    let count = |state| states.get(&state).copied().unwrap_or(0);
    let row = |of: &HashMap<GatheringSource, i64>| -> Vec<Option<i64>> {
        guarded(&GatheringSource::ALL.iter().map(|s| of.get(s).copied().unwrap_or(0)).collect::<Vec<_>>())
    };
    let (seated_by, came_by) = (row(&sources), row(&came_by));
    let by_source = GatheringSource::ALL
        .iter()
        .zip(seated_by.into_iter().zip(came_by))
        .map(|(source, (seated, came))| SourceFigures { source: *source, seated, came })
        .collect();
    let seated = count(RegistrationState::Seated);
    Ok(GatheringFigures {
        seated,
        waiting: count(RegistrationState::Waiting),
        given_back: count(RegistrationState::GivenBack),
        firms: i64::try_from(firms.len()).map_err(AppError::internal)?,
        came,
        came_live,
        stayed_away: (now >= gathering.ends_at).then_some(seated - came),
        leads,
        by_source,
    })
}
