//! Sites as rows of a workbook: the columns, a row into a content, a site into a row.
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::site::{Precision, Site, SiteKind, SiteStatus};
use crate::libraries::map::site_content::SiteContent;
use crate::people::units::{Unit, UnitKind};
use crate::platform::geo::Datum;
use crate::platform::input::{Line, Prose};
use crate::platform::spreadsheet::{Cell, Choice, Column, Kind, Row, Title, choices};

pub const TITLE: Title<'static> = Title {
    sheet: "选址",
    text: "每行一处选址。带 * 的列必填；不知道的留空，不要填 0。编号列留空为新增，保留编号为修改已有选址。上传后先检查，确认后成为待复核的修改，由另一人复核后公开。",
};

/// The columns for somebody who may choose among these units and parks.
pub fn columns(units: &[Unit]) -> Vec<Column> {
    let unit_choices = |kind: UnitKind| {
        let of_kind = units.iter().filter(|unit| unit.kind == kind);
        Kind::Choice(
            of_kind
                .map(|unit| Choice {
                    value: unit.id.clone(),
                    zh: unit.name.clone(),
                    en: unit.name_en.clone(),
                })
                .collect(),
        )
    };
    let column = |key, zh, en, kind, required, hint| Column { key, zh, en, kind, required, hint };
    let number = |least: f64, most: f64| Kind::Number { least, most };
    vec![
        column("id", "编号", "Id", Kind::Text(40), false, "修改已有选址时保留原编号；新增留空"),
        column(
            "kind",
            "类型",
            "Kind",
            Kind::Choice(choices(SiteKind::ALL, SiteKind::as_str, SiteKind::zh, SiteKind::en)),
            true,
            "",
        ),
        column("unit_id", "责任单位", "Unit", unit_choices(UnitKind::County), true, "区县（市）或功能区全称"),
        column("park_id", "所在园区", "Park", unit_choices(UnitKind::Park), false, "不在园区内的留空"),
        column("name", "名称", "Name", Kind::Text(80), true, ""),
        column("name_en", "英文名称", "English name", Kind::Text(160), false, ""),
        column("longitude", "经度", "Longitude", number(110.0, 114.0), true, "十进制度，如 112.36001"),
        column("latitude", "纬度", "Latitude", number(27.0, 30.0), true, "十进制度，如 28.57001"),
        column(
            "datum",
            "坐标系",
            "Datum",
            Kind::Choice(choices(Datum::ALL, Datum::as_str, Datum::zh, Datum::en)),
            true,
            "腾讯、高德地图为 GCJ-02；测绘成果（CGCS2000）选 WGS-84",
        ),
        column(
            "precision",
            "位置精度",
            "Precision",
            Kind::Choice(choices(Precision::ALL, Precision::as_str, Precision::zh, Precision::en)),
            true,
            "",
        ),
        column(
            "industries",
            "产业方向",
            "Industries",
            Kind::Choices(choices(Industry::ALL, Industry::as_str, Industry::zh, Industry::en)),
            false,
            "可填多个，用顿号分隔",
        ),
        column(
            "area_m2",
            "面积（平方米）",
            "Area (m²)",
            number(1.0, 1e8),
            false,
            "地块填用地面积，厂房填建筑面积；1 亩约 666.67 平方米",
        ),
        column("price", "地价（万元/亩）", "Land price (10,000 CNY per mu)", number(0.0, 2000.0), false, ""),
        column("rent", "租金（元/m²·月）", "Rent (CNY/m² per month)", number(0.0, 10_000.0), false, ""),
        column(
            "status",
            "状态",
            "Status",
            Kind::Choice(choices(SiteStatus::ALL, SiteStatus::as_str, SiteStatus::zh, SiteStatus::en)),
            true,
            "",
        ),
        column("tenure_years", "出让年限", "Tenure (years)", number(1.0, 70.0), false, ""),
        column("plot_ratio", "容积率", "Plot ratio", number(0.01, 20.0), false, ""),
        column("zoning", "用地性质", "Zoning", Kind::Text(60), false, "如 一类工业用地"),
        column("floor_load", "楼面荷载（kg/m²）", "Floor load (kg/m²)", number(1.0, 100_000.0), false, ""),
        column("clear_height", "层高（米）", "Clear height (m)", number(1.0, 100.0), false, ""),
        column("hoist", "行车起重量（吨）", "Bridge crane (t)", number(0.1, 1000.0), false, ""),
        column("span", "跨度（米）", "Span (m)", number(1.0, 100.0), false, "柱与柱之间"),
        column("floors", "层数", "Floors", number(1.0, 99.0), false, ""),
        column("power_kva", "供电容量（kVA）", "Power (kVA)", number(1.0, 1e7), false, "可用容量"),
        column("free_from", "可用时间", "Available from", Kind::Day, false, "如 2026-11-26"),
        column("summary", "简介", "About", Kind::Text(1000), false, ""),
        column("source", "资料来源", "Source", Kind::Text(200), true, "如 区自然资源局供地台账"),
        column("source_on", "资料日期", "Date of source", Kind::Day, false, "如 2026-11-26"),
    ]
}

/// The content of a row on top of what the site says now: the sheet has no column for photos and facts, and an empty
/// cell means unknown.
pub fn content(row: &Row, before: Option<SiteContent>) -> Result<SiteContent, AppError> {
    let need = |key: &str| {
        row.text(key).ok_or_else(|| AppError::internal(format!("no {key} in row {}", row.number)))
    };
    let choice = |key: &str| need(key).map(str::to_owned);
    let before = before.as_ref();
    let rounded = |n: f64| {
        #[allow(clippy::cast_possible_truncation, reason = "the columns keep it far inside")]
        let whole = n.round() as i64;
        whole
    };
    let long = |key: &str, times: f64| row.number(key).map(|n| rounded(n * times));
    let short = |key: &str, times: f64| long(key, times).and_then(|n| i32::try_from(n).ok());
    Ok(SiteContent {
        kind: choice("kind")?.parse().map_err(AppError::internal)?,
        unit_id: line(need("unit_id")?)?,
        park_id: row.text("park_id").map(line).transpose()?,
        name: line(need("name")?)?,
        name_en: row.text("name_en").map(line).transpose()?,
        longitude: row.number("longitude").unwrap_or_default(),
        latitude: row.number("latitude").unwrap_or_default(),
        datum: choice("datum")?.parse().map_err(AppError::internal)?,
        precision: choice("precision")?.parse().map_err(AppError::internal)?,
        position_note: before.and_then(|b| b.position_note.clone()),
        industries: row
            .texts("industries")
            .iter()
            .map(|value| value.parse().map_err(AppError::internal))
            .collect::<Result<_, _>>()?,
        area_m2: long("area_m2", 1.0),
        price_fen_per_mu: long("price", 1_000_000.0),
        rent_fen_per_m2_month: long("rent", 100.0),
        status: choice("status")?.parse().map_err(AppError::internal)?,
        tenure_years: short("tenure_years", 1.0),
        plot_ratio_hundredths: short("plot_ratio", 100.0),
        zoning: row.text("zoning").map(line).transpose()?,
        floor_load_kg_m2: short("floor_load", 1.0),
        clear_height_cm: short("clear_height", 100.0),
        hoist_kg: short("hoist", 1000.0),
        span_cm: short("span", 100.0),
        floors: short("floors", 1.0),
        power_kva: short("power_kva", 1.0),
        free_from: row.day("free_from"),
        summary: row.text("summary").map(Prose::parse).transpose().map_err(AppError::internal)?,
        summary_en: before.and_then(|b| b.summary_en.clone()),
        facts: before.map(|b| b.facts.clone()).unwrap_or_default(),
        source: line(need("source")?)?,
        source_on: row.day("source_on"),
        photos: before.map(|b| b.photos.clone()).unwrap_or_default(),
        utilities: before.and_then(|b| b.utilities.clone()),
        red_line: before.and_then(|b| b.red_line.clone()),
    })
}

fn line<const MAX: usize>(text: &str) -> Result<Line<MAX>, AppError> {
    Line::parse(text).map_err(AppError::internal)
}

/// A site as a row, in the order of the columns.
pub fn row(site: &Site, units: &[Unit]) -> Vec<Option<Cell>> {
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let maybe = |value: Option<&String>| value.map(|text| Cell::Text(text.clone()));
    #[allow(clippy::cast_precision_loss, reason = "areas and prices are far inside")]
    let over = |n: Option<i64>, by: f64| n.map(|n| Cell::Number(n as f64 / by));
    let small = |n: Option<i32>, by: f64| n.map(|n| Cell::Number(f64::from(n) / by));
    let unit = |id: &str| units.iter().find(|unit| unit.id == id).map(|unit| Cell::Text(unit.name.clone()));
    let industries: Vec<Industry> = serde_json::from_str(&site.industries).unwrap_or_default();
    let place = site.place_wgs84().rounded();
    vec![
        text(&site.id),
        text(site.kind.zh()),
        unit(&site.unit_id),
        site.park_id.as_deref().and_then(unit),
        text(&site.name),
        maybe(site.name_en.as_ref()),
        Some(Cell::Number(place.longitude)),
        Some(Cell::Number(place.latitude)),
        text(Datum::Wgs84.zh()),
        text(site.precision.zh()),
        (!industries.is_empty())
            .then(|| Cell::Text(industries.iter().map(|i| i.zh()).collect::<Vec<_>>().join("、"))),
        over(site.area_m2, 1.0),
        over(site.price_fen_per_mu, 1_000_000.0),
        over(site.rent_fen_per_m2_month, 100.0),
        text(site.status.zh()),
        small(site.tenure_years, 1.0),
        small(site.plot_ratio_hundredths, 100.0),
        maybe(site.zoning.as_ref()),
        small(site.floor_load_kg_m2, 1.0),
        small(site.clear_height_cm, 100.0),
        small(site.hoist_kg, 1000.0),
        small(site.span_cm, 100.0),
        small(site.floors, 1.0),
        small(site.power_kva, 1.0),
        site.free_from.map(Cell::Day),
        maybe(site.summary.as_ref()),
        text(&site.source),
        site.source_on.map(Cell::Day),
    ]
}
