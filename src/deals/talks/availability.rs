//! A host's week: when they can be booked.
use diesel::prelude::*;

use crate::deals::talks::rules::Stretch;
use crate::error::AppError;
use crate::people::auth::{AccountId, AccountState};
use crate::platform::db::DbConn;
use crate::schema::{auth_accounts, talk_availabilities};

/// A host with their week.
#[derive(Debug, Clone)]
pub struct Host {
    pub id: AccountId,
    pub name: String,
    pub unit_id: String,
    pub week: Vec<Stretch>,
}

type Row = (AccountId, String, Option<String>, i32, i32, i32);

/// Replaces a host's week by stretches of (weekday 1 to 7, from minute, to minute).
pub fn keep_availability(
    conn: &mut DbConn,
    host: &AccountId,
    week: &[(i32, i32, i32)],
) -> Result<(), AppError> {
    use talk_availabilities as t;
    diesel::delete(t::table.filter(t::host_id.eq(host))).execute(conn)?;
    for (weekday, from, to) in week {
        let row =
            (t::host_id.eq(host), t::weekday.eq(*weekday), t::from_minute.eq(*from), t::to_minute.eq(*to));
        diesel::insert_into(t::table).values(row).execute(conn)?;
    }
    Ok(())
}

impl Host {
    /// Hosts of a unit who may act, by name.
    pub fn of_unit(conn: &mut DbConn, unit: &str) -> Result<Vec<Self>, AppError> {
        use {auth_accounts as a, talk_availabilities as t};
        let rows: Vec<Row> = t::table
            .inner_join(a::table)
            .filter(a::unit_id.eq(unit))
            .filter(a::state.eq(AccountState::Active))
            .order((a::name.asc(), a::id.asc(), t::weekday.asc(), t::from_minute.asc()))
            .select((a::id, a::name, a::unit_id, t::weekday, t::from_minute, t::to_minute))
            .load(conn)?;
        Ok(gather(rows))
    }

    pub fn find(conn: &mut DbConn, host: &AccountId) -> Result<Option<Self>, AppError> {
        use {auth_accounts as a, talk_availabilities as t};
        let rows: Vec<Row> = t::table
            .inner_join(a::table)
            .filter(a::id.eq(host))
            .filter(a::state.eq(AccountState::Active))
            .order((t::weekday.asc(), t::from_minute.asc()))
            .select((a::id, a::name, a::unit_id, t::weekday, t::from_minute, t::to_minute))
            .load(conn)?;
        Ok(gather(rows).pop())
    }
}

fn gather(rows: Vec<Row>) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    for (id, name, unit_id, weekday, from_minute, to_minute) in rows {
        let Some(unit_id) = unit_id else { continue };
        let stretch = Stretch { weekday, from_minute, to_minute };
        match hosts.last_mut() {
            Some(host) if host.id == id => host.week.push(stretch),
            _ => hosts.push(Host { id, name, unit_id, week: vec![stretch] }),
        }
    }
    hosts
}
