//! What a unit says of a site: the content of a version, checked before it is kept.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{AppError, FieldError};
use crate::libraries::industry::Industry;
use crate::libraries::map::site::{Confidence, Fact, Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_parts::{self, SiteRedLine, SiteSupply};
use crate::libraries::map::site_photo;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::FileId;
use crate::platform::geo::{Datum, Point};
use crate::platform::input::{Line, Prose};

/// The box in which every place of the city lies, in WGS-84, a little widened: it catches a longitude typed as a
/// latitude and a place in another city.
const CITY: ([f64; 2], [f64; 2]) = ([110.6, 113.1], [27.8, 29.7]);
const MOST_PHOTOS: usize = 9;
const MOST_FACTS: usize = 20;

/// One photo, uploaded before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SitePhoto {
    pub file_id: FileId,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    pub caption: Option<Line<80>>,
}

/// One sourced statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteFact {
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub label: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub label_en: Option<Line<120>>,
    #[schema(value_type = String, min_length = 1, max_length = 400)]
    pub value: Line<400>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 600)]
    pub value_en: Option<Line<600>>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub source: Line<200>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 400)]
    pub source_url: Option<Line<400>>,
    pub source_on: Option<NaiveDate>,
    pub confidence: Confidence,
}

/// All that a unit may say of a site. What is left out is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteContent {
    pub kind: SiteKind,
    /// The county or functional area that answers for it
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub unit_id: Line<40>,
    /// The park that it lies in, as a unit
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    pub park_id: Option<Line<40>>,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub name: Line<80>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    pub name_en: Option<Line<160>>,
    /// Degrees in `datum`, as captured
    #[schema(minimum = 110, maximum = 114)]
    pub longitude: f64,
    #[schema(minimum = 27, maximum = 30)]
    pub latitude: f64,
    pub datum: Datum,
    pub precision: Precision,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub position_note: Option<Line<200>>,
    #[serde(default)]
    #[schema(max_items = 12)]
    pub industries: Vec<Industry>,
    /// Of a parcel the land, of a building the floors
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub area_m2: Option<i64>,
    #[schema(minimum = 0, maximum = 2_000_000_000)]
    pub price_fen_per_mu: Option<i64>,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub rent_fen_per_m2_month: Option<i64>,
    pub status: SiteStatus,
    #[schema(minimum = 1, maximum = 70)]
    pub tenure_years: Option<i32>,
    #[schema(minimum = 1, maximum = 2000)]
    pub plot_ratio_hundredths: Option<i32>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    pub zoning: Option<Line<60>>,
    #[schema(minimum = 1, maximum = 100_000)]
    pub floor_load_kg_m2: Option<i32>,
    #[schema(minimum = 100, maximum = 10_000)]
    pub clear_height_cm: Option<i32>,
    /// What the bridge crane lifts
    #[schema(minimum = 100, maximum = 1_000_000)]
    pub hoist_kg: Option<i32>,
    /// Between columns
    #[schema(minimum = 100, maximum = 10_000)]
    pub span_cm: Option<i32>,
    #[schema(minimum = 1, maximum = 99)]
    pub floors: Option<i32>,
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub power_kva: Option<i32>,
    pub free_from: Option<NaiveDate>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    pub summary: Option<Prose<1000>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    pub summary_en: Option<Prose<2000>>,
    #[serde(default)]
    #[schema(max_items = 20)]
    pub facts: Vec<SiteFact>,
    /// Where the figures come from
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub source: Line<200>,
    pub source_on: Option<NaiveDate>,
    #[serde(default)]
    #[schema(max_items = 9)]
    pub photos: Vec<SitePhoto>,
    /// Each once; left out, they stay as they are
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 5)]
    pub utilities: Option<Vec<SiteSupply>>,
    /// Left out, it stays as it is
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_line: Option<SiteRedLine>,
}

/// One field that two contents say differently.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// As in `SiteContent`
    #[schema(min_length = 1, max_length = 40)]
    pub field: String,
    #[schema(value_type = Option<Value>)]
    pub before: Value,
    #[schema(value_type = Option<Value>)]
    pub after: Value,
}

/// Who and when stand behind a publication.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub checked_by: String,
    pub demo: bool,
    pub now: Time,
}

fn line<const MAX: usize>(text: &str) -> Result<Line<MAX>, AppError> {
    Line::parse(text).map_err(AppError::internal)
}

fn maybe<const MAX: usize>(text: Option<&str>) -> Result<Option<Line<MAX>>, AppError> {
    text.map(line).transpose()
}

fn owned<const MAX: usize>(line: Option<&Line<MAX>>) -> Option<String> {
    line.map(|line| line.as_str().to_owned())
}

impl SiteContent {
    /// What the tables say now; places as they are kept, in WGS-84.
    pub fn of(conn: &mut DbConn, site: &Site) -> Result<Self, AppError> {
        let facts: Vec<Fact> = serde_json::from_str(&site.facts).map_err(AppError::internal)?;
        Ok(Self {
            kind: site.kind,
            unit_id: line(&site.unit_id)?,
            park_id: maybe(site.park_id.as_deref())?,
            name: line(&site.name)?,
            name_en: maybe(site.name_en.as_deref())?,
            longitude: site.longitude_wgs84,
            latitude: site.latitude_wgs84,
            datum: Datum::Wgs84,
            precision: site.precision,
            position_note: maybe(site.position_note.as_deref())?,
            industries: serde_json::from_str(&site.industries).map_err(AppError::internal)?,
            area_m2: site.area_m2,
            price_fen_per_mu: site.price_fen_per_mu,
            rent_fen_per_m2_month: site.rent_fen_per_m2_month,
            status: site.status,
            tenure_years: site.tenure_years,
            plot_ratio_hundredths: site.plot_ratio_hundredths,
            zoning: maybe(site.zoning.as_deref())?,
            floor_load_kg_m2: site.floor_load_kg_m2,
            clear_height_cm: site.clear_height_cm,
            hoist_kg: site.hoist_kg,
            span_cm: site.span_cm,
            floors: site.floors,
            power_kva: site.power_kva,
            free_from: site.free_from,
            summary: site.summary.as_deref().map(Prose::parse).transpose().map_err(AppError::internal)?,
            summary_en: site
                .summary_en
                .as_deref()
                .map(Prose::parse)
                .transpose()
                .map_err(AppError::internal)?,
            facts: facts.iter().map(SiteFact::of).collect::<Result<_, _>>()?,
            source: line(&site.source)?,
            source_on: site.source_on,
            photos: site_photo::of(conn, &site.id)?,
            utilities: Some(SiteSupply::of_site(conn, &site.id)?),
            red_line: SiteRedLine::of_site(conn, &site.id)?,
        })
    }

    /// The row that this content makes of a site, published by `stamp`. What a unit may not say stays as it was.
    pub fn site(&self, id: &str, before: Option<Site>, stamp: &Stamp) -> Site {
        let place = self.place_wgs84();
        let facts: Vec<Fact> = self.facts.iter().map(SiteFact::fact).collect();
        let kept = |ours: &Option<Line<60>>, before: Option<&Site>| {
            let same = before.is_some_and(|before| before.zoning == owned(ours.as_ref()));
            before.filter(|_| same).and_then(|before| before.zoning_en.clone())
        };
        let before = before.as_ref();
        Site {
            id: id.to_owned(),
            kind: self.kind,
            unit_id: self.unit_id.as_str().to_owned(),
            park_id: owned(self.park_id.as_ref()),
            name: self.name.as_str().to_owned(),
            name_en: owned(self.name_en.as_ref()),
            former_names: before.map_or_else(|| "[]".to_owned(), |b| b.former_names.clone()),
            level: before.and_then(|b| b.level.clone()),
            longitude_wgs84: place.longitude,
            latitude_wgs84: place.latitude,
            precision: self.precision,
            position_note: owned(self.position_note.as_ref()),
            position_note_en: before
                .filter(|b| b.position_note == owned(self.position_note.as_ref()))
                .and_then(|b| b.position_note_en.clone()),
            industries: serde_json::json!(self.industries).to_string(),
            area_m2: self.area_m2,
            price_fen_per_mu: self.price_fen_per_mu,
            rent_fen_per_m2_month: self.rent_fen_per_m2_month,
            status: self.status,
            tenure_years: self.tenure_years,
            plot_ratio_hundredths: self.plot_ratio_hundredths,
            zoning: owned(self.zoning.as_ref()),
            zoning_en: kept(&self.zoning, before),
            floor_load_kg_m2: self.floor_load_kg_m2,
            clear_height_cm: self.clear_height_cm,
            hoist_kg: self.hoist_kg,
            span_cm: self.span_cm,
            floors: self.floors,
            power_kva: self.power_kva,
            free_from: self.free_from,
            summary: self.summary.as_ref().map(|text| text.as_str().to_owned()),
            summary_en: self.summary_en.as_ref().map(|text| text.as_str().to_owned()),
            facts: serde_json::json!(facts).to_string(),
            unknowns: before.map_or_else(|| "[]".to_owned(), |b| b.unknowns.clone()),
            unknowns_en: before.map_or_else(|| "[]".to_owned(), |b| b.unknowns_en.clone()),
            source: self.source.as_str().to_owned(),
            source_en: before.filter(|b| b.source == self.source.as_str()).and_then(|b| b.source_en.clone()),
            source_on: self.source_on,
            checked_on: Some(stamp.now.day()),
            checked_by: Some(stamp.checked_by.clone()),
            demo: before.map_or(stamp.demo, |b| b.demo),
            created_at: before.map_or(stamp.now, |b| b.created_at),
            updated_at: stamp.now,
        }
    }

    pub fn place_wgs84(&self) -> Point {
        Point::new(self.longitude, self.latitude).to_wgs84(self.datum)
    }

    /// What does not fit, field by field.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut must = |fits: bool, field: &str, code: &str| {
            if !fits {
                wrong.push(FieldError::new(field, code));
            }
        };
        let place = self.place_wgs84();
        let ([west, east], [south, north]) = CITY;
        must((west..=east).contains(&place.longitude), "longitude", "site.outside_city");
        must((south..=north).contains(&place.latitude), "latitude", "site.outside_city");
        must(self.red_line.is_none() || self.kind == SiteKind::Parcel, "red_line", "input.choice");
        let long = |n: Option<i64>, least: i64, most: i64| n.is_none_or(|n| (least..=most).contains(&n));
        let short = |n: Option<i32>, least: i32, most: i32| n.is_none_or(|n| (least..=most).contains(&n));
        must(long(self.area_m2, 1, 100_000_000), "area_m2", "input.range");
        must(long(self.price_fen_per_mu, 0, 2_000_000_000), "price_fen_per_mu", "input.range");
        must(long(self.rent_fen_per_m2_month, 0, 1_000_000), "rent_fen_per_m2_month", "input.range");
        must(short(self.tenure_years, 1, 70), "tenure_years", "input.range");
        must(short(self.plot_ratio_hundredths, 1, 2000), "plot_ratio_hundredths", "input.range");
        must(short(self.floor_load_kg_m2, 1, 100_000), "floor_load_kg_m2", "input.range");
        must(short(self.clear_height_cm, 100, 10_000), "clear_height_cm", "input.range");
        must(short(self.hoist_kg, 100, 1_000_000), "hoist_kg", "input.range");
        must(short(self.span_cm, 100, 10_000), "span_cm", "input.range");
        must(short(self.floors, 1, 99), "floors", "input.range");
        must(short(self.power_kva, 1, 10_000_000), "power_kva", "input.range");
        must(self.industries.len() <= Industry::ALL.len(), "industries", "input.too_long");
        must(self.photos.len() <= MOST_PHOTOS, "photos", "input.too_long");
        must(self.facts.len() <= MOST_FACTS, "facts", "input.too_long");
        let mut industries = self.industries.clone();
        industries.sort_unstable();
        industries.dedup();
        must(industries.len() == self.industries.len(), "industries", "input.choice");
        let mut files: Vec<&FileId> = self.photos.iter().map(|photo| &photo.file_id).collect();
        files.sort_unstable();
        files.dedup();
        must(files.len() == self.photos.len(), "photos", "input.choice");
        wrong.extend(site_parts::problems(self.utilities.as_deref(), self.red_line.as_ref(), |place| {
            (west..=east).contains(&place.longitude) && (south..=north).contains(&place.latitude)
        }));
        wrong
    }

    /// The fields that `self` says otherwise than `before`; all that it says when there was nothing before.
    pub fn differences(&self, before: Option<&Self>) -> Vec<Difference> {
        let fields = |content: &Self| match serde_json::to_value(content) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let (after, before) = (fields(self), before.map(fields).unwrap_or_default());
        after
            .into_iter()
            .map(|(field, after)| Difference {
                before: before.get(&field).cloned().unwrap_or(Value::Null),
                field,
                after,
            })
            .filter(|d| d.before != d.after && !(d.before.is_null() && d.after == Value::Array(Vec::new())))
            .collect()
    }
}

impl SiteFact {
    fn of(fact: &Fact) -> Result<Self, AppError> {
        Ok(Self {
            label: line(&fact.label)?,
            label_en: maybe(fact.label_en.as_deref())?,
            value: line(&fact.value)?,
            value_en: maybe(fact.value_en.as_deref())?,
            source: line(&fact.source)?,
            source_url: maybe(fact.source_url.as_deref())?,
            source_on: fact.source_on,
            confidence: fact.confidence,
        })
    }
    fn fact(&self) -> Fact {
        Fact {
            label: self.label.as_str().to_owned(),
            label_en: owned(self.label_en.as_ref()),
            value: self.value.as_str().to_owned(),
            value_en: owned(self.value_en.as_ref()),
            source: self.source.as_str().to_owned(),
            source_url: owned(self.source_url.as_ref()),
            source_on: self.source_on,
            confidence: self.confidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel() -> SiteContent {
        serde_json::from_str(
            r#"{"kind":"parcel","unit_id":"430903","name":"示例地块","longitude":112.36,"latitude":28.57,
            "datum":"gcj02","precision":"exact","status":"available","source":"区自然资源局"}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_place_outside_the_city_or_turned_round_is_named() {
        assert!(parcel().problems().is_empty());
        let turned = SiteContent { longitude: 28.57, latitude: 112.36, ..parcel() };
        let fields: Vec<String> = turned.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["longitude", "latitude"]);
    }

    #[test]
    fn only_what_differs_is_told() {
        let after = SiteContent { price_fen_per_mu: Some(18_000_000), ..parcel() };
        let told = after.differences(Some(&parcel()));
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].field.as_str(), &told[0].before), ("price_fen_per_mu", &Value::Null));
        assert!(parcel().differences(Some(&parcel())).is_empty());
        let first: Vec<String> = parcel().differences(None).into_iter().map(|d| d.field).collect();
        assert!(first.contains(&"name".to_owned()) && !first.contains(&"photos".to_owned()));
    }

    #[test]
    fn a_place_is_kept_in_one_datum_whatever_was_captured() {
        let gcj = parcel();
        let wgs = gcj.place_wgs84();
        let same = SiteContent {
            longitude: wgs.longitude,
            latitude: wgs.latitude,
            datum: Datum::Wgs84,
            ..gcj.clone()
        };
        assert_eq!(same.place_wgs84(), gcj.place_wgs84());
        assert!((gcj.longitude - wgs.longitude) > 0.004);
    }

    #[test]
    fn twice_the_same_industry_is_refused() {
        let twice = SiteContent { industries: vec![Industry::Food, Industry::Food], ..parcel() };
        assert_eq!(twice.problems()[0].field, "industries");
    }
}
