//! Freshness: a unit says that a site is as shown; after 90 days without that it is grey and a task.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::each_database;
use crate::error::AppError;
use crate::libraries::map::events::{SiteChanged, SitesGrewStale, officials};
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::rules::{FRESH_DAYS, stale_before};
use crate::libraries::map::site::Site;
use crate::libraries::map::site_version::unit_name;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::schema::{map_site_checks, map_site_reminders, map_sites};

const BATCH: i64 = 500;

#[derive(Debug, Insertable)]
#[diesel(table_name = map_site_checks)]
struct Check {
    site_id: String,
    checked_on: NaiveDate,
    checked_by: AccountId,
    checked_by_name: String,
    checked_at: Time,
}

/// Says that the site is today as shown. Twice a day is once.
pub fn check(conn: &mut DbConn, site: Site, by: &Actor, now: Time) -> Result<(), AppError> {
    let check = Check {
        site_id: site.id.clone(),
        checked_on: now.day(),
        checked_by: by.id.clone(),
        checked_by_name: by.name.clone(),
        checked_at: now,
    };
    let fresh = each_database!(conn, c => diesel::insert_into(map_site_checks::table)
        .values(check)
        .on_conflict_do_nothing()
        .execute(c))?;
    if fresh == 0 && site.checked_on == Some(now.day()) {
        return Ok(());
    }
    let checked_by = unit_name(conn, &site.unit_id)?;
    let event = SiteChanged { id: site.id.clone() };
    Site { checked_on: Some(now.day()), checked_by: Some(checked_by), updated_at: now, ..site }.keep(conn)?;
    outbox::emit(conn, &event, now)
}

/// Sites of one's units by name; the grey ones alone when asked for.
pub fn list(
    conn: &mut DbConn,
    keeper: &Keeper,
    stale_only: bool,
    now: Time,
    paging: &Paging,
) -> Result<Page<Site>, AppError> {
    use map_sites as t;
    let limit = paging.limit()?;
    let mut query = t::table.into_boxed();
    if let Some(unit) = keeper.narrowed_to() {
        query = query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit))));
    }
    if stale_only {
        query = query.filter(t::checked_on.lt(stale_before(now.day())).or(t::checked_on.is_null()));
    }
    if let Some(after) = paging.after_key()? {
        query = query.filter(t::id.gt(after));
    }
    let rows: Vec<Site> = query.order(t::id.asc()).limit(limit + 1).load(conn)?;
    Ok(Page::of(rows, limit, |site| vec![site.id.clone()]))
}

/// How many sites one keeps, and how many of them are grey.
pub fn count(conn: &mut DbConn, keeper: &Keeper, now: Time) -> Result<(i64, i64), AppError> {
    use map_sites as t;
    let narrowed = || {
        let query = t::table.count().into_boxed();
        match keeper.narrowed_to() {
            Some(unit) => query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit)))),
            None => query,
        }
    };
    let all = narrowed().get_result(conn)?;
    let stale = narrowed()
        .filter(t::checked_on.lt(stale_before(now.day())).or(t::checked_on.is_null()))
        .get_result(conn)?;
    Ok((all, stale))
}

/// A grey site, as much as a reminder needs.
type Grey = (String, String, Option<String>, String, Option<NaiveDate>, Time);

/// Reminds the units of sites that have just become grey, once for each time; gives how many sites that were. Safe
/// on several instances at once: a reminder is a row of which there can be one.
pub fn remind(conn: &mut DbConn, now: Time) -> Result<usize, AppError> {
    use map_sites as t;
    let grey: Vec<Grey> = t::table
        .filter(t::checked_on.lt(stale_before(now.day())).or(t::checked_on.is_null()))
        .select((t::id, t::unit_id, t::park_id, t::name, t::checked_on, t::created_at))
        .order(t::id.asc())
        .load(conn)?;
    let known: Vec<(String, NaiveDate)> = map_site_reminders::table
        .select((map_site_reminders::site_id, map_site_reminders::due_since))
        .load(conn)?;
    let known: std::collections::HashSet<(String, NaiveDate)> = known.into_iter().collect();
    let mut told: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    let mut reminded = 0;
    for (id, unit, park, name, checked_on, created_at) in grey {
        let since = checked_on.unwrap_or_else(|| created_at.day());
        if known.contains(&(id.clone(), since)) || reminded >= BATCH {
            continue;
        }
        let fresh = each_database!(conn, c => diesel::insert_into(map_site_reminders::table)
            .values((
                map_site_reminders::site_id.eq(&id),
                map_site_reminders::due_since.eq(since),
                map_site_reminders::reminded_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(c))?;
        if fresh == 1 {
            reminded += 1;
            told.entry((unit, park)).or_default().push(name);
        }
    }
    for ((unit, park), names) in told {
        let readers = officials(conn, std::iter::once(unit).chain(park).collect(), false)?;
        let named = names.iter().take(3).cloned().collect::<Vec<_>>().join("、");
        let count = names.len();
        let body = (
            format!("{named}{}超过 {FRESH_DAYS} 天未核实，地图上已变灰，请核实或更新", rest_zh(count)),
            format!(
                "{named}{}: not checked for {FRESH_DAYS} days and grey on the map. Please check.",
                rest_en(count)
            ),
        );
        outbox::emit(
            conn,
            &SitesGrewStale::to(
                readers,
                ("选址待核实", "Sites to be checked"),
                body,
                "/desk/stale".to_owned(),
            ),
            now,
        )?;
    }
    Ok(usize::try_from(reminded).unwrap_or_default())
}

fn rest_zh(count: usize) -> String {
    if count > 3 { format!(" 等 {count} 处") } else { String::new() }
}

fn rest_en(count: usize) -> String {
    if count > 3 { format!(" and {} more", count - 3) } else { String::new() }
}
