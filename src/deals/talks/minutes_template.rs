//! A unit's template for minutes: the headings that an empty draft begins with.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, CONFLICT};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::platform::input::Line;
use crate::schema::talk_minutes_templates;

const MOST: usize = 20;

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MinutesTemplateView {
    unit_id: String,
    /// In their order; none when the unit has set none
    headings: Vec<String>,
    /// 0 before it was first set
    version: i32,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMinutesTemplate {
    #[schema(value_type = Vec<String>, max_items = 20)]
    headings: Vec<Line<60>>,
    /// As it was read
    version: i32,
}

impl MinutesTemplateView {
    pub fn find(conn: &mut DbConn, unit: &str) -> Result<Self, AppError> {
        use talk_minutes_templates as t;
        let set: Option<(String, i32)> =
            t::table.find(unit).select((t::headings, t::version)).first(conn).optional()?;
        let (headings, version) = set.unwrap_or_else(|| ("[]".to_owned(), 0));
        let headings = serde_json::from_str(&headings).map_err(AppError::internal)?;
        Ok(Self { unit_id: unit.to_owned(), headings, version })
    }
}

impl SetMinutesTemplate {
    /// Replaces a unit's headings, unless someone else did so since they were read.
    pub fn keep(&self, conn: &mut DbConn, unit: &str, by: &AccountId, now: Time) -> Result<(), AppError> {
        use talk_minutes_templates as t;
        if self.headings.len() > MOST {
            return Err(AppError::field("headings", "input.too_long"));
        }
        let headings: Vec<&str> = self.headings.iter().map(Line::as_str).collect();
        let headings = serde_json::to_string(&headings).map_err(AppError::internal)?;
        let version = self.version + 1;
        let kept = if self.version == 0 {
            let row = (
                t::unit_id.eq(unit),
                t::headings.eq(headings),
                t::version.eq(version),
                t::set_by.eq(by),
                t::set_at.eq(now),
            );
            Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?
        } else {
            let unchanged = t::table.find(unit).filter(t::version.eq(self.version));
            let set = (t::headings.eq(headings), t::version.eq(version), t::set_by.eq(by), t::set_at.eq(now));
            diesel::update(unchanged).set(set).execute(conn)?
        };
        if kept == 1 { Ok(()) } else { Err(AppError::Conflict(&CONFLICT)) }
    }
}
