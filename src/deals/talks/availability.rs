//! A host's hours: a week, the days that differ from it, and a version, so that two who edit do not undo each other.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::deals::talks::rules::{Exception, ExceptionKind, Hours, Stretch};
use crate::error::{AppError, CONFLICT};
use crate::people::auth::{AccountId, AccountState, Actor, Role, Scope};
use crate::people::units::Unit;
use crate::platform::db::{Both, DbConn};
use crate::schema::{
    auth_accounts, auth_roles, talk_availabilities, talk_availability_exceptions, talk_hosts,
};

/// Most people that one unit's list shows.
const MOST: i64 = 200;

/// Someone who can be booked, with their hours.
#[derive(Debug, Clone)]
pub struct Host {
    pub id: AccountId,
    pub name: String,
    pub unit_id: String,
    pub hours: Hours,
    /// 0 before the hours are first set
    pub version: i32,
}

type Person = (AccountId, String, Option<String>);

/// Replaces a host's week by stretches of (weekday 1 to 7, from minute, to minute).
pub fn keep_availability(
    conn: &mut DbConn,
    host: &AccountId,
    week: &[(i32, i32, i32)],
) -> Result<(), AppError> {
    let stretch = |(weekday, from_minute, to_minute): &(i32, i32, i32)| Stretch {
        weekday: *weekday,
        from_minute: *from_minute,
        to_minute: *to_minute,
    };
    let hours = Hours { week: week.iter().map(stretch).collect(), ..Hours::default() };
    let version = version(conn, host)?;
    keep(conn, host, version, &hours)
}

fn version(conn: &mut DbConn, host: &AccountId) -> Result<i32, AppError> {
    use talk_hosts as t;
    Ok(t::table.find(host).select(t::version).first(conn).optional()?.unwrap_or(0))
}

/// Replaces a host's hours, unless someone else did so since `version` was read.
pub fn keep(conn: &mut DbConn, host: &AccountId, version: i32, hours: &Hours) -> Result<(), AppError> {
    use {talk_availabilities as w, talk_availability_exceptions as e, talk_hosts as t};
    let manners = (t::buffer_minutes.eq(hours.buffer_minutes), t::notice_hours.eq(hours.notice_hours));
    let next = (t::host_id.eq(host), t::version.eq(version + 1), manners.0, manners.1);
    let taken = if version == 0 {
        Both(diesel::insert_into(t::table).values(next).on_conflict_do_nothing()).execute(conn)?
    } else {
        let unchanged = t::table.find(host).filter(t::version.eq(version));
        diesel::update(unchanged).set((t::version.eq(version + 1), manners)).execute(conn)?
    };
    if taken != 1 {
        return Err(AppError::Conflict(&CONFLICT));
    }
    diesel::delete(w::table.filter(w::host_id.eq(host))).execute(conn)?;
    diesel::delete(e::table.filter(e::host_id.eq(host))).execute(conn)?;
    for s in &hours.week {
        let row = (
            w::host_id.eq(host),
            w::weekday.eq(s.weekday),
            w::from_minute.eq(s.from_minute),
            w::to_minute.eq(s.to_minute),
        );
        diesel::insert_into(w::table).values(row).execute(conn)?;
    }
    for x in &hours.exceptions {
        let row = (
            e::host_id.eq(host),
            e::day.eq(x.day),
            e::from_minute.eq(x.from_minute),
            e::to_minute.eq(x.to_minute),
            e::kind.eq(x.kind),
        );
        diesel::insert_into(e::table).values(row).execute(conn)?;
    }
    Ok(())
}

impl Host {
    /// Those of a unit who can be booked, by name.
    pub fn of_unit(conn: &mut DbConn, unit: &str) -> Result<Vec<Self>, AppError> {
        use {auth_accounts as a, talk_hosts as t};
        let people: Vec<Person> = t::table
            .inner_join(a::table)
            .filter(a::unit_id.eq(unit))
            .filter(a::state.eq(AccountState::Active))
            .order((a::name.asc(), a::id.asc()))
            .select((a::id, a::name, a::unit_id))
            .load(conn)?;
        let hosts = with_hours(conn, people)?;
        Ok(hosts.into_iter().filter(|host| !host.hours.is_empty()).collect())
    }

    /// Hosts of a unit; a park without any is received by its county.
    pub fn receiving(conn: &mut DbConn, unit: &str) -> Result<Vec<Self>, AppError> {
        let hosts = Self::of_unit(conn, unit)?;
        if !hosts.is_empty() {
            return Ok(hosts);
        }
        match Unit::find(conn, unit)?.and_then(|unit| unit.parent_id) {
            Some(parent) => Self::of_unit(conn, &parent),
            None => Ok(Vec::new()),
        }
    }

    pub fn find(conn: &mut DbConn, host: &AccountId) -> Result<Option<Self>, AppError> {
        use {auth_accounts as a, talk_hosts as t};
        let people: Vec<Person> = t::table
            .inner_join(a::table)
            .filter(a::id.eq(host))
            .filter(a::state.eq(AccountState::Active))
            .select((a::id, a::name, a::unit_id))
            .load(conn)?;
        Ok(with_hours(conn, people)?.pop())
    }

    /// Whoever may receive guests and lies within the actor's reach: oneself, or one's unit.
    pub fn within_reach(conn: &mut DbConn, actor: &Actor) -> Result<Vec<Self>, AppError> {
        use {auth_accounts as a, auth_roles as r};
        let receiving =
            r::table.filter(r::role.eq_any([Role::UnitOfficial, Role::Negotiator])).select(r::account_id);
        let mut query = a::table
            .filter(a::state.eq(AccountState::Active))
            .filter(a::unit_id.is_not_null())
            .filter(a::id.eq_any(receiving))
            .into_boxed();
        query = match (actor.scope(), actor.unit_id.clone()) {
            (Scope::Unit | Scope::Any, Some(unit)) => query.filter(a::unit_id.eq(unit)),
            _ => query.filter(a::id.eq(actor.id.clone())),
        };
        let people: Vec<Person> = query
            .order((a::name.asc(), a::id.asc()))
            .limit(MOST)
            .select((a::id, a::name, a::unit_id))
            .load(conn)?;
        with_hours(conn, people)
    }
}

fn with_hours(conn: &mut DbConn, people: Vec<Person>) -> Result<Vec<Host>, AppError> {
    use {talk_availabilities as w, talk_availability_exceptions as e, talk_hosts as t};
    let ids: Vec<String> = people.iter().map(|(id, ..)| id.to_string()).collect();
    let kept: HashMap<String, (i32, i32, i32)> = t::table
        .filter(t::host_id.eq_any(ids.clone()))
        .select((t::host_id, (t::version, t::buffer_minutes, t::notice_hours)))
        .load::<(String, (i32, i32, i32))>(conn)?
        .into_iter()
        .collect();
    let week: Vec<(String, i32, i32, i32)> = w::table
        .filter(w::host_id.eq_any(ids.clone()))
        .order((w::weekday.asc(), w::from_minute.asc()))
        .select((w::host_id, w::weekday, w::from_minute, w::to_minute))
        .load(conn)?;
    let differing: Vec<(String, NaiveDate, i32, i32, ExceptionKind)> = e::table
        .filter(e::host_id.eq_any(ids))
        .order((e::day.asc(), e::from_minute.asc()))
        .select((e::host_id, e::day, e::from_minute, e::to_minute, e::kind))
        .load(conn)?;
    let host = |(id, name, unit_id): Person| {
        let own = |host: &str| host == id.as_str();
        let week = week.iter().filter(|(host, ..)| own(host)).map(|(_, weekday, from, to)| Stretch {
            weekday: *weekday,
            from_minute: *from,
            to_minute: *to,
        });
        let exceptions = differing.iter().filter(|(host, ..)| own(host)).map(|(_, day, from, to, kind)| {
            Exception { day: *day, from_minute: *from, to_minute: *to, kind: *kind }
        });
        let usual = Hours { week: week.collect(), exceptions: exceptions.collect(), ..Hours::default() };
        let (version, hours) = match kept.get(id.as_str()) {
            Some((version, buffer_minutes, notice_hours)) => {
                (*version, Hours { buffer_minutes: *buffer_minutes, notice_hours: *notice_hours, ..usual })
            }
            None => (0, usual),
        };
        Some(Host { hours, version, unit_id: unit_id?, id, name })
    };
    Ok(people.into_iter().filter_map(host).collect())
}
