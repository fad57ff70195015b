//! Invented gatherings for a demonstration, each marked, from `seeds/demo/gatherings.json`; their days follow today's.
use std::path::Path;

use chrono::Duration;
use diesel::prelude::*;
use serde::Deserialize;

use crate::deals::gatherings::gathering::{Gathering, GatheringId};
use crate::deals::gatherings::plan::{FormQuestion, GatheringPoint, GatheringRelease, PlanGathering};
use crate::error::AppError;
use crate::people::auth::{Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Phone, Prose};
use crate::platform::seed_file;
use crate::schema::gatherings;

#[derive(Debug, Deserialize)]
struct GatheringSeed {
    unit_id: String,
    /// Days from today
    in_days: i64,
    /// Minutes after midnight in China
    from: i64,
    minutes: i64,
    title: Line<60>,
    title_en: Option<Line<120>>,
    summary: Prose<1000>,
    summary_en: Option<Prose<2000>>,
    place: Option<Line<100>>,
    place_en: Option<Line<200>>,
    capacity: i32,
    firm_limit: i32,
    agenda: Vec<PointSeed>,
    releases: Vec<GatheringRelease>,
    questions: Vec<FormQuestion>,
    contact_name: Line<40>,
    contact_phone: Phone,
}

#[derive(Debug, Deserialize)]
struct PointSeed {
    /// Minutes after the beginning
    after: i64,
    title: Line<80>,
    title_en: Option<Line<160>>,
    speaker: Option<Line<80>>,
    speaker_en: Option<Line<160>>,
}

impl GatheringSeed {
    fn plan(self, now: Time) -> PlanGathering {
        let day = now.day() + Duration::days(self.in_days);
        let starts_at = Time::start_of(day).plus(Duration::minutes(self.from));
        let point = |p: PointSeed| GatheringPoint {
            at: starts_at.plus(Duration::minutes(p.after)),
            title: p.title,
            title_en: p.title_en,
            speaker: p.speaker,
            speaker_en: p.speaker_en,
        };
        PlanGathering {
            title: self.title,
            title_en: self.title_en,
            summary: self.summary,
            summary_en: self.summary_en,
            place: self.place,
            place_en: self.place_en,
            live_url: None,
            starts_at,
            ends_at: starts_at.plus(Duration::minutes(self.minutes)),
            closes_at: starts_at.minus(Duration::hours(2)),
            capacity: self.capacity,
            firm_limit: self.firm_limit,
            agenda: self.agenda.into_iter().map(point).collect(),
            releases: self.releases,
            questions: self.questions,
            contact_name: self.contact_name,
            contact_phone: self.contact_phone,
        }
    }
}

/// Puts those in that are not there yet: written by an official of the unit, published by the task force.
pub fn seed_demo(conn: &mut DbConn, seeds_dir: &Path, now: Time) -> Result<(), AppError> {
    use gatherings as t;
    let seeds: Vec<GatheringSeed> = seed_file::read(&seeds_dir.join("demo/gatherings.json"))?;
    let Some(second) = holders(conn, Role::InformationTaskForce, None)?.into_iter().next() else {
        return Ok(());
    };
    for seed in seeds {
        let Some(by) = holders(conn, Role::UnitOfficial, Some(&seed.unit_id))?.into_iter().next() else {
            continue;
        };
        let known = t::table.filter(t::demo.eq(true)).filter(t::title.eq(seed.title.as_str().to_owned()));
        if known.select(t::id).first::<GatheringId>(conn).optional()?.is_some() {
            continue;
        }
        let unit = seed.unit_id.clone();
        let plan = seed.plan(now);
        plan.check(&[])?;
        let made = Gathering::new(unit, &plan, &by, now, true)?;
        made.insert(conn)?;
        made.publish(conn, 1, &second, now)?;
    }
    Ok(())
}
