//! Open times of hosts: what their hours give, without what is taken.
use std::collections::HashSet;

use chrono::{Duration, NaiveDate};

use crate::deals::talks::{Host, booking, holiday, rules};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;

/// A time at which a host can be booked.
pub struct Slot<'a> {
    pub host: &'a Host,
    pub starts_at: Time,
}

impl Slot<'_> {
    pub fn ends_at(&self) -> Time {
        self.starts_at.plus(Duration::minutes(rules::SLOT_MINUTES))
    }
}

/// The open times of some hosts, by time and then by name.
pub fn open<'a>(
    conn: &mut DbConn,
    hosts: &'a [Host],
    from: NaiveDate,
    to: NaiveDate,
    now: Time,
) -> Result<Vec<Slot<'a>>, AppError> {
    let holidays = holiday::between(conn, from, to)?;
    let mut slots: Vec<Slot<'_>> = Vec::new();
    for host in hosts {
        let starts = rules::slots(&host.hours, &holidays, from, to, now);
        slots.extend(starts.into_iter().map(|starts_at| Slot { host, starts_at }));
    }
    slots.sort_by(|a, b| (a.starts_at, &a.host.name).cmp(&(b.starts_at, &b.host.name)));
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Ok(slots) };
    let (start, end) = (
        first.starts_at.minus(Duration::minutes(rules::SLOT_MINUTES)),
        last.ends_at().plus(Duration::hours(1)),
    );
    let taken: HashSet<(String, Time)> = booking::taken(conn, hosts, start, end, now)?.into_iter().collect();
    slots.retain(|slot| {
        rules::ticks(slot.starts_at, slot.host.hours.buffer_minutes)
            .into_iter()
            .all(|tick| !taken.contains(&(slot.host.id.to_string(), tick)))
    });
    Ok(slots)
}
