//! The one door to the time of day; tests set it, nothing else reads it.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema};

/// China has one time zone, UTC+8.
const CHINA: Duration = Duration::hours(8);

/// A moment in UTC, to the millisecond; RFC 3339 on the wire, `timestamp` in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamp)]
pub struct Time(NaiveDateTime);

impl Time {
    /// Whole milliseconds since 1970-01-01T00:00Z; out of range gives the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(DateTime::from_timestamp_millis(millis).unwrap_or_default().naive_utc())
    }
    pub fn millis(self) -> i64 {
        self.0.and_utc().timestamp_millis()
    }
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }
    /// Seconds since the epoch, as tokens count them.
    pub fn unix(self) -> i64 {
        self.0.and_utc().timestamp()
    }
    /// What a clock in China shows.
    pub fn in_china(self) -> NaiveDateTime {
        self.0.checked_add_signed(CHINA).unwrap_or(self.0)
    }
    /// The calendar day in China, where deadlines are counted.
    pub fn day(self) -> NaiveDate {
        self.in_china().date()
    }
    /// The beginning of a day in China.
    pub fn start_of(day: NaiveDate) -> Self {
        Self(day.and_time(NaiveTime::MIN)).minus(CHINA)
    }
    /// The beginning of its day in China.
    pub fn midnight(self) -> Self {
        Self::start_of(self.day())
    }
    /// Whole minutes since midnight in China, 0 to 1439.
    pub fn minute_of_day(self) -> i32 {
        i32::try_from(self.since(self.midnight()).num_minutes()).unwrap_or(0)
    }
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.checked_add_signed(by).unwrap_or(self.0))
    }
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.checked_sub_signed(by).unwrap_or(self.0))
    }
    pub fn since(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_millis(at.timestamp_millis())
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let at = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| serde::de::Error::custom("input.time: not an RFC 3339 time"))?
            .with_timezone(&Utc);
        // PostgreSQL and people both stop far short of chrono's range.
        if !(1900..=9999).contains(&chrono::Datelike::year(&at)) {
            return Err(serde::de::Error::custom("input.time: the year is out of range"));
        }
        Ok(at.into())
    }
}

impl PartialSchema for Time {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}
impl ToSchema for Time {}

impl<DB: Backend> ToSql<Timestamp, DB> for Time
where
    NaiveDateTime: ToSql<Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<Timestamp, DB> for Time
where
    NaiveDateTime: FromSql<Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        NaiveDateTime::from_sql(bytes).map(|at| Self::from_millis(at.and_utc().timestamp_millis()))
    }
}

/// A wait that is twice as long after each failure, up to `longest`.
pub fn doubled(first: Duration, failures: i32, longest: Duration) -> Duration {
    let times = u32::try_from(failures).unwrap_or(0).min(10);
    (first * 2_i32.saturating_pow(times)).min(longest)
}

/// Tells the time: the machine's, or the machine's moved by as much as a test asks.
#[derive(Clone, Default)]
pub struct Clock {
    moved_millis: Arc<AtomicI64>,
}

impl Clock {
    pub fn now(&self) -> Time {
        #[allow(clippy::disallowed_methods, reason = "this is the door")]
        let now = Utc::now().timestamp_millis();
        Time::from_millis(now.saturating_add(self.moved_millis.load(Ordering::Relaxed)))
    }
    /// Moves this clock; for tests of expiry.
    pub fn advance(&self, by: Duration) {
        self.moved_millis.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
