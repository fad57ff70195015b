//! The outlines of the statutory counties, exactly as published, in both datums.
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::platform::geo::Datum;
use crate::platform::hash_chain::sha256_hex;

pub const SOURCE: &str = "国家地理信息公共服务平台（天地图）行政区划可视化数据（国家基础地理信息中心）";
/// 审图号: to be shown, with the source, wherever the outlines are drawn.
pub const APPROVAL_NO: &str = "GS(2024)0650号";
pub const DISCLAIMER: &str =
    "示意图，仅用于了解大致方位，不作为划界依据。大通湖区和益阳高新区是功能区，没有公布的界线，故不绘出。";
pub const DISCLAIMER_EN: &str = "For orientation only; it decides no boundary. Datong Lake Area and Yiyang High-tech Zone are functional areas without a published outline, so none is drawn.";

/// The file of a datum and the SHA-256 of its bytes; a file that differs was altered and is not shown.
const fn file(datum: Datum) -> (&'static str, &'static str) {
    match datum {
        Datum::Wgs84 => (
            "outlines/yiyang-counties.wgs84.geojson",
            "a42f9c77590d3d566b8fec8f17d263a3fab3971fc0cb6c24346801b24a12ecf9",
        ),
        Datum::Gcj02 => (
            "outlines/yiyang-counties.gcj02.geojson",
            "c2dbaf00c8e55b8285a106090371e2f656f3e3ee793cc8650d2d62f60ff219cf",
        ),
    }
}

/// GeoJSON FeatureCollection (RFC 7946) with what must be shown beside it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outlines {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Of every coordinate below. RFC 7946 means WGS-84; in `gcj02` this answer departs from it, for maps made in China
    datum: Datum,
    source: &'static str,
    /// Number of the map review (审图号)
    approval_no: &'static str,
    disclaimer: &'static str,
    disclaimer_en: &'static str,
    /// One per statutory county: properties `code`, `name`, `name_en`, `center`, `label`
    #[schema(value_type = Vec<Object>)]
    pub features: Value,
}

impl Outlines {
    pub fn read(seeds_dir: &Path, datum: Datum) -> Result<Self, AppError> {
        let (name, expected) = file(datum);
        let path = seeds_dir.join(name);
        let bytes = std::fs::read(&path)?;
        if sha256_hex(&bytes) != expected {
            return Err(AppError::internal(format!("{} was altered", path.display())));
        }
        let mut collection: Value = serde_json::from_slice(&bytes).map_err(AppError::internal)?;
        Ok(Self {
            kind: "FeatureCollection",
            datum,
            source: SOURCE,
            approval_no: APPROVAL_NO,
            disclaimer: DISCLAIMER,
            disclaimer_en: DISCLAIMER_EN,
            features: collection.get_mut("features").map(Value::take).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::geo::Point;

    fn points(outlines: &Outlines) -> Vec<Point> {
        let rings = outlines.features.as_array().unwrap().iter();
        rings
            .flat_map(|f| f["geometry"]["coordinates"][0].as_array().unwrap())
            .map(|p| Point::new(p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
            .collect()
    }

    #[test]
    fn both_files_are_unaltered_and_agree_vertex_by_vertex() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        let wgs = points(&Outlines::read(&seeds, Datum::Wgs84).unwrap());
        let gcj = points(&Outlines::read(&seeds, Datum::Gcj02).unwrap());
        assert_eq!((wgs.len(), gcj.len()), (807, 807));
        for (wgs, gcj) in wgs.iter().zip(&gcj) {
            let moved = wgs.to_datum(Datum::Gcj02);
            assert!((moved.longitude - gcj.longitude).abs() < 1.1e-5, "{wgs:?} {gcj:?}");
            assert!((moved.latitude - gcj.latitude).abs() < 1.1e-5, "{wgs:?} {gcj:?}");
        }
    }
}
