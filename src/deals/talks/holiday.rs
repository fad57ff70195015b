//! Holidays of a year as the State Council arranges them: who said so and when, and the days; a year is replaced as a whole.
use chrono::{Datelike, Duration, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deals::talks::rules::{Holiday, HolidayKind, MOST_DAYS};
use crate::error::{AppError, CONFLICT, FieldError};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::platform::input::Line;
use crate::schema::{talk_holiday_years, talk_holidays};

pub const FIRST_YEAR: i32 = 2020;
pub const LAST_YEAR: i32 = 2199;
const MOST_STRETCHES: usize = 40;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = talk_holiday_years)]
#[diesel(treat_none_as_null = true)]
struct Year {
    year: i32,
    source: String,
    source_url: Option<String>,
    published_on: NaiveDate,
    version: i32,
    set_by: Option<AccountId>,
    set_at: Time,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_holidays)]
struct Stretch {
    year: i32,
    from_on: NaiveDate,
    to_on: NaiveDate,
    kind: HolidayKind,
    name_zh: String,
    name_en: String,
    follows_weekday: Option<i32>,
}

/// Days off, or working days at a weekend.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolidayView {
    from_on: NaiveDate,
    to_on: NaiveDate,
    kind: HolidayKind,
    name_zh: String,
    name_en: String,
    /// The weekday whose hours a working day follows; 1 is Monday
    follows_weekday: Option<i32>,
}

/// The arrangement of one year.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolidayYearView {
    year: i32,
    /// The notice that says so
    source: String,
    source_url: Option<String>,
    published_on: NaiveDate,
    version: i32,
    set_at: Time,
    days: Vec<HolidayView>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHoliday {
    from_on: NaiveDate,
    to_on: NaiveDate,
    kind: HolidayKind,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name_zh: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    name_en: Line<60>,
    /// The weekday whose hours a working day follows, 1 is Monday; its own when left out
    #[schema(minimum = 1, maximum = 7)]
    follows_weekday: Option<i32>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetHolidays {
    /// The version that was read; 0 for a year that is not there yet
    #[schema(minimum = 0)]
    version: i32,
    /// The notice that says so
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    source: Line<200>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300, pattern = "^https://")]
    source_url: Option<Line<300>>,
    published_on: NaiveDate,
    #[schema(min_items = 1, max_items = 40)]
    days: Vec<NewHoliday>,
}

impl SetHolidays {
    fn check(&self, year: i32) -> Result<(), AppError> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(AppError::field("year", "input.range"));
        }
        if self.version < 0 {
            return Err(AppError::field("version", "input.range"));
        }
        if self.days.is_empty() {
            return Err(AppError::field("days", "input.missing"));
        }
        if self.days.len() > MOST_STRETCHES {
            return Err(AppError::field("days", "input.too_long"));
        }
        if self.source_url.as_ref().is_some_and(|url| !url.as_str().starts_with("https://")) {
            return Err(AppError::field("source_url", "input.range"));
        }
        if !(FIRST_YEAR - 1..=LAST_YEAR).contains(&self.published_on.year()) {
            return Err(AppError::field("published_on", "input.range"));
        }
        let wrong: Vec<FieldError> = self
            .days
            .iter()
            .enumerate()
            .filter_map(|(n, day)| {
                day.fault(year, &self.days[..n])
                    .map(|(field, code)| FieldError::new(format!("days[{n}].{field}"), code))
            })
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
    }

    /// Puts this arrangement in the place of the year's former one.
    pub fn keep(
        &self,
        conn: &mut DbConn,
        year: i32,
        by: &AccountId,
        now: Time,
    ) -> Result<HolidayYearView, AppError> {
        use {talk_holiday_years as y, talk_holidays as t};
        self.check(year)?;
        let head = Year {
            year,
            source: self.source.as_str().to_owned(),
            source_url: self.source_url.as_ref().map(|url| url.as_str().to_owned()),
            published_on: self.published_on,
            version: self.version + 1,
            set_by: Some(by.clone()),
            set_at: now,
        };
        let kept = if self.version == 0 {
            Both(diesel::insert_into(y::table).values(head).on_conflict_do_nothing()).execute(conn)?
        } else {
            let unchanged = y::table.find(year).filter(y::version.eq(self.version));
            diesel::update(unchanged).set(head).execute(conn)?
        };
        if kept != 1 {
            return Err(AppError::Conflict(&CONFLICT));
        }
        diesel::delete(t::table.filter(t::year.eq(year))).execute(conn)?;
        for day in &self.days {
            diesel::insert_into(t::table).values(day.row(year)).execute(conn)?;
        }
        all(conn)?.into_iter().find(|one| one.year == year).ok_or(AppError::NotFound)
    }
}

impl NewHoliday {
    fn fault(&self, year: i32, before: &[Self]) -> Option<(&'static str, &'static str)> {
        let overlaps = |other: &Self| other.from_on <= self.to_on && self.from_on <= other.to_on;
        // A holiday may begin in the last days of the year before.
        let within = |day: NaiveDate| (year - 1..=year).contains(&day.year());
        if !within(self.from_on) {
            Some(("from_on", "input.range"))
        } else if !within(self.to_on) || self.to_on < self.from_on {
            Some(("to_on", "input.range"))
        } else if self
            .follows_weekday
            .is_some_and(|day| !(1..=7).contains(&day) || self.kind == HolidayKind::Off)
        {
            Some(("follows_weekday", "input.range"))
        } else if before.iter().any(overlaps) {
            Some(("from_on", "input.hours"))
        } else {
            None
        }
    }

    fn row(&self, year: i32) -> Stretch {
        Stretch {
            year,
            from_on: self.from_on,
            to_on: self.to_on,
            kind: self.kind,
            name_zh: self.name_zh.as_str().to_owned(),
            name_en: self.name_en.as_str().to_owned(),
            follows_weekday: self.follows_weekday,
        }
    }
}

/// Every year's arrangement, the latest first.
pub fn all(conn: &mut DbConn) -> Result<Vec<HolidayYearView>, AppError> {
    use {talk_holiday_years as y, talk_holidays as t};
    let years: Vec<Year> = y::table.order(y::year.desc()).load(conn)?;
    let days: Vec<Stretch> = t::table.order(t::from_on.asc()).load(conn)?;
    let view = |d: &Stretch| HolidayView {
        from_on: d.from_on,
        to_on: d.to_on,
        kind: d.kind,
        name_zh: d.name_zh.clone(),
        name_en: d.name_en.clone(),
        follows_weekday: d.follows_weekday,
    };
    let year = |y: Year| HolidayYearView {
        days: days.iter().filter(|d| d.year == y.year).map(view).collect(),
        year: y.year,
        source: y.source,
        source_url: y.source_url,
        published_on: y.published_on,
        version: y.version,
        set_at: y.set_at,
    };
    Ok(years.into_iter().map(year).collect())
}

/// Years that the days open for booking reach into although nothing is arranged for them yet.
pub fn missing(conn: &mut DbConn, today: NaiveDate) -> Result<Vec<i32>, AppError> {
    use talk_holiday_years as y;
    let (first, last) = (today.year(), (today + Duration::days(MOST_DAYS)).year());
    let known: Vec<i32> = y::table.filter(y::year.between(first, last)).select(y::year).load(conn)?;
    Ok((first..=last).filter(|year| !known.contains(year)).collect())
}

/// What is arranged for the days `from..=to`.
pub fn between(conn: &mut DbConn, from: NaiveDate, to: NaiveDate) -> Result<Vec<Holiday>, AppError> {
    use talk_holidays as t;
    let touching = t::table.filter(t::from_on.le(to)).filter(t::to_on.ge(from));
    let rows: Vec<Stretch> = touching.order(t::from_on.asc()).load(conn)?;
    let holiday = |s: Stretch| Holiday {
        from: s.from_on,
        to: s.to_on,
        kind: s.kind,
        follows_weekday: s.follows_weekday,
    };
    Ok(rows.into_iter().map(holiday).collect())
}
