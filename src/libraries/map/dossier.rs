//! 选址资料: one to four sites on paper, with a map drawn from the outlines, its source and its review number.
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::outline::{APPROVAL_NO, DISCLAIMER, DISCLAIMER_EN, Outlines, SOURCE};
use crate::libraries::map::rules::is_stale;
use crate::libraries::map::site::{Fact, Named, Precision, Site, SiteKind};
use crate::platform::clock::Time;
use crate::platform::geo::Point;
use crate::platform::hash_chain::{canonical, sha256_hex};
use crate::platform::language::Language;
use crate::platform::pdf::{self, PaperEngine, Sheet};

const TEMPLATE: &str = include_str!("paper/dossier.typ");
/// Millimetres of the map on the page.
const WIDTH: f64 = 166.0;
const MARGIN: f64 = 0.04;

/// What is to be printed; the same sites on the same day give the same number and the same bytes.
pub struct Dossier {
    pub number: String,
    data: Value,
    map: String,
    date: NaiveDate,
}

/// Degrees to millimetres on the page; north is up, a degree of longitude as short as it is at this latitude.
struct Projection {
    west: f64,
    north: f64,
    narrowing: f64,
    scale: f64,
    height: f64,
}

impl Projection {
    fn of(points: &[Point]) -> Self {
        let span = |of: fn(&Point) -> f64| {
            points.iter().map(of).fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)))
        };
        let ((west, east), (south, north)) = (span(|p| p.longitude), span(|p| p.latitude));
        let narrowing = ((south + north) / 2.0).to_radians().cos();
        let scale = WIDTH / ((east - west + 2.0 * MARGIN) * narrowing);
        Self {
            west: west - MARGIN,
            north: north + MARGIN,
            narrowing,
            scale,
            height: (north - south + 2.0 * MARGIN) * scale,
        }
    }
    fn place(&self, p: Point) -> (f64, f64) {
        ((p.longitude - self.west) * self.narrowing * self.scale, (self.north - p.latitude) * self.scale)
    }
}

fn point(pair: &Value) -> Option<Point> {
    Some(Point::new(pair.get(0)?.as_f64()?, pair.get(1)?.as_f64()?))
}

/// The outer rings of an outline.
fn rings(feature: &Value) -> Vec<Vec<Point>> {
    let ring = |ring: &Value| -> Vec<Point> {
        ring.as_array().map(|pairs| pairs.iter().filter_map(point).collect()).unwrap_or_default()
    };
    let geometry = &feature["geometry"];
    let coordinates = geometry["coordinates"].as_array().cloned().unwrap_or_default();
    if geometry["type"] == "MultiPolygon" {
        coordinates.iter().map(|polygon| ring(&polygon[0])).collect()
    } else {
        coordinates.iter().take(1).map(ring).collect()
    }
}

impl Dossier {
    pub fn new(
        sites: &[Named],
        outlines: &Outlines,
        language: Language,
        now: Time,
    ) -> Result<Self, AppError> {
        let english = language == Language::En;
        let features = outlines.features.as_array().cloned().unwrap_or_default();
        let all: Vec<Point> = features.iter().flat_map(rings).flatten().collect();
        let projection = Projection::of(&all);
        let labels: Vec<Value> = features
            .iter()
            .filter_map(|feature| {
                let properties = &feature["properties"];
                let (x, y) =
                    projection.place(point(&properties["label"]).or_else(|| point(&properties["center"]))?);
                let name = if english { &properties["name_en"] } else { &properties["name"] };
                Some(json!({"x": x, "y": y, "name": name}))
            })
            .collect();
        let shown = sites
            .iter()
            .map(|named| sheet(named, &projection, english, now))
            .collect::<Result<Vec<Value>, AppError>>()?;
        let mut data = json!({
            "english": english,
            "date": now.day(),
            "width": WIDTH,
            "height": projection.height,
            "labels": labels,
            "map_source": SOURCE,
            "approval_no": APPROVAL_NO,
            "disclaimer": if english { DISCLAIMER_EN } else { DISCLAIMER },
            "demo": sites.iter().any(|(site, _, _)| site.demo),
            "sites": shown,
        });
        let hash = sha256_hex(canonical(&json!(data.to_string())));
        let number = format!(
            "XZ{}-{}",
            now.day().format("%Y%m%d"),
            hash.chars().take(8).collect::<String>().to_uppercase()
        );
        data["number"] = json!(number);
        Ok(Self { number, data, map: drawing(&features, &projection), date: now.day() })
    }

    pub fn print(&self, engine: &PaperEngine) -> Result<Vec<u8>, AppError> {
        let files: [(&'static str, &[u8]); 1] = [("/map.svg", self.map.as_bytes())];
        let sheet =
            Sheet { template: TEMPLATE, data: &self.data, files: &files, date: self.date, tagged: true };
        Ok(pdf::set(engine, &sheet)?.pdf)
    }
}

/// The outlines, unaltered, as SVG of one millimetre a unit.
fn drawing(features: &[Value], projection: &Projection) -> String {
    let mut paths = String::new();
    for ring in features.iter().flat_map(rings) {
        let mut d = String::new();
        for (n, p) in ring.iter().enumerate() {
            let (x, y) = projection.place(*p);
            let _ = write!(d, "{}{x:.2} {y:.2}", if n == 0 { "M" } else { "L" });
        }
        let _ = write!(paths, "<path d=\"{d}Z\"/>");
    }
    let (w, h) = (WIDTH, projection.height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}mm\" height=\"{h:.2}mm\" viewBox=\"0 0 {w} {h:.2}\">\
         <g fill=\"#eef3f8\" stroke=\"#8ea3ba\" stroke-width=\"0.35\" stroke-linejoin=\"round\">{paths}</g></svg>"
    )
}

/// One site as the template reads it: everything already in words.
fn sheet(
    (site, unit_name, unit_name_en): &Named,
    projection: &Projection,
    english: bool,
    now: Time,
) -> Result<Value, AppError> {
    let pick = |zh: &str, en: Option<&str>| -> String {
        if english { en.unwrap_or(zh).to_owned() } else { zh.to_owned() }
    };
    let maybe = |zh: Option<&String>, en: Option<&String>| zh.map(|zh| pick(zh, en.map(String::as_str)));
    let facts: Vec<Fact> = serde_json::from_str(&site.facts).map_err(AppError::internal)?;
    let place = site.place_wgs84().rounded();
    let (x, y) = projection.place(place);
    let stale = is_stale(site.checked_on, now.day());
    let told: Vec<Value> = facts
        .iter()
        .map(|fact| {
            json!({
                "label": pick(&fact.label, fact.label_en.as_deref()),
                "value": pick(&fact.value, fact.value_en.as_deref()),
                "source": fact.source,
                "source_on": fact.source_on,
            })
        })
        .collect();
    Ok(json!({
        "x": x,
        "y": y,
        "name": pick(&site.name, site.name_en.as_deref()),
        "kind": if english { site.kind.en() } else { site.kind.zh() },
        "status": if english { site.status.en() } else { site.status.zh() },
        "unit": pick(unit_name, Some(unit_name_en)),
        "place": format!("{:.5}, {:.5}", place.longitude, place.latitude),
        "precision": if english { site.precision.en() } else { site.precision.zh() },
        "exact": site.precision == Precision::Exact,
        "checked_on": site.checked_on,
        "checked_by": site.checked_by,
        "stale": stale,
        "demo": site.demo,
        "rows": rows(site, english)?,
        "summary": maybe(site.summary.as_ref(), site.summary_en.as_ref()),
        "facts": told,
        "source": pick(&site.source, site.source_en.as_deref()),
        "source_on": site.source_on,
    }))
}

/// The figures that are known, each with its label.
fn rows(site: &Site, english: bool) -> Result<Vec<(String, String)>, AppError> {
    let industries: Vec<Industry> = serde_json::from_str(&site.industries).map_err(AppError::internal)?;
    let named: Vec<&str> = industries.iter().map(|i| if english { i.en() } else { i.zh() }).collect();
    let word = |zh: &'static str, en: &'static str| if english { en } else { zh };
    let land = site.kind != SiteKind::FactoryBuilding;
    let figures: [(&str, &str, Option<String>); 13] = [
        ("面积", "Area", site.area_m2.map(|m2| area(m2, land, english))),
        (
            "地价",
            "Land price",
            site.price_fen_per_mu.map(|fen| {
                if english {
                    format!("CNY {} per mu", plain(fen, 100))
                } else {
                    format!("{} 万元/亩", plain(fen, 1_000_000))
                }
            }),
        ),
        (
            "租金",
            "Rent",
            site.rent_fen_per_m2_month
                .map(|fen| format!("{}{}", plain(fen, 100), word(" 元/m²·月", " CNY/m² per month"))),
        ),
        ("产业方向", "Industries", (!named.is_empty()).then(|| named.join(word("、", ", ")))),
        (
            "用地性质",
            "Zoning",
            if english {
                site.zoning_en.clone().or_else(|| site.zoning.clone())
            } else {
                site.zoning.clone()
            },
        ),
        ("容积率", "Plot ratio", site.plot_ratio_hundredths.map(|n| plain(n.into(), 100))),
        ("出让年限", "Tenure", site.tenure_years.map(|n| format!("{n}{}", word(" 年", " years")))),
        ("层数", "Floors", site.floors.map(|n| n.to_string())),
        ("层高", "Clear height", site.clear_height_cm.map(|n| format!("{} m", plain(n.into(), 100)))),
        ("行车起重量", "Bridge crane", site.hoist_kg.map(|n| format!("{} t", plain(n.into(), 1000)))),
        ("跨度", "Span", site.span_cm.map(|n| format!("{} m", plain(n.into(), 100)))),
        ("楼面荷载", "Floor load", site.floor_load_kg_m2.map(|n| format!("{n} kg/m²"))),
        ("供电容量", "Power", site.power_kva.map(|n| format!("{n} kVA"))),
    ];
    let mut rows: Vec<(String, String)> =
        figures.into_iter().filter_map(|(zh, en, value)| Some((word(zh, en).to_owned(), value?))).collect();
    if let Some(day) = site.free_from {
        rows.push((word("可用时间", "Available from").to_owned(), day.to_string()));
    }
    Ok(rows)
}

fn area(m2: i64, land: bool, english: bool) -> String {
    let tenths = (m2.saturating_mul(30) + 1000) / 2000;
    match (land, english) {
        (true, false) => format!("{m2} m²（约 {}.{} 亩）", tenths / 10, tenths % 10),
        (true, true) => format!("{m2} m² ({}.{} mu)", tenths / 10, tenths % 10),
        (false, _) => format!("{m2} m²"),
    }
}

/// `n / unit` with at most two places and no idle noughts.
fn plain(n: i64, unit: i64) -> String {
    let hundredths = n.saturating_mul(100) / unit;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
