//! What was read of an offer: that it was opened the server knows; how long a part was on the screen the page says.
use diesel::dsl::{count_star, max, min, sum};
use diesel::prelude::*;

use crate::deals::offers::offer::OfferId;
use crate::each_database;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::id;
use crate::schema::offer_readings;

/// The part that stands for the opening itself.
pub const OPENED: &str = "opened";

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = offer_readings)]
struct Reading {
    id: String,
    offer_id: OfferId,
    visit_id: String,
    part: String,
    seconds: i32,
    at: Time,
}

/// A part, how often it was seen in different visits, first and last, and for how long in all.
pub type PartRead = (String, i64, Option<Time>, Option<Time>, Option<i64>);

/// Keeps that a part was on the screen for so long in this visit; a later word on the same part counts if it says more.
pub fn keep(
    conn: &mut DbConn,
    offer_id: &OfferId,
    visit_id: &str,
    (part, seconds): (&str, i32),
    at: Time,
) -> Result<(), AppError> {
    use offer_readings as t;
    let reading = Reading {
        id: id::fresh(),
        offer_id: offer_id.clone(),
        visit_id: visit_id.to_owned(),
        part: part.to_owned(),
        seconds,
        at,
    };
    each_database!(conn, c => diesel::insert_into(t::table).values(reading).on_conflict_do_nothing().execute(c))?;
    let same = t::table
        .filter(t::offer_id.eq(offer_id))
        .filter(t::visit_id.eq(visit_id))
        .filter(t::part.eq(part))
        .filter(t::seconds.lt(seconds));
    diesel::update(same).set(t::seconds.eq(seconds)).execute(conn)?;
    Ok(())
}

/// How many visits an offer has had.
pub fn visits(conn: &mut DbConn, offer_id: &OfferId) -> Result<i64, AppError> {
    use offer_readings as t;
    Ok(t::table.filter(t::offer_id.eq(offer_id)).filter(t::part.eq(OPENED)).count().get_result(conn)?)
}

pub fn by_part(conn: &mut DbConn, offer_id: &OfferId) -> Result<Vec<PartRead>, AppError> {
    use offer_readings as t;
    Ok(t::table
        .filter(t::offer_id.eq(offer_id))
        .group_by(t::part)
        .select((t::part, count_star(), min(t::at), max(t::at), sum(t::seconds)))
        .load(conn)?)
}
