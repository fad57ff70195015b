//! Points on the map in their two datums: WGS-84 (CGCS2000) and GCJ-02, the one of maps made in China.
//!
//! GCJ-02 is WGS-84 moved by an amount that changes from place to place, so every point is converted by
//! itself. The inverse is found by fixed-point steps and returns to within a micrometre.
use std::f64::consts::PI;

crate::text_enum! {
    /// What longitude and latitude are counted from.
    pub enum Datum {
        Gcj02 = "gcj02", "GCJ-02（国测局坐标）", "GCJ-02 (maps made in China)";
        Wgs84 = "wgs84", "WGS-84（CGCS2000）", "WGS-84 (CGCS2000)";
    }
}

/// Degrees, east and north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

/// Krasovsky 1940, as GCJ-02 takes it: half of the long axis in metres, first eccentricity squared.
const AXIS: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
const STEPS: usize = 4;
/// Five decimals are about a metre: as fine as a public position may be.
const PUBLIC: f64 = 1e5;

impl Point {
    pub const fn new(longitude: f64, latitude: f64) -> Self {
        Self { longitude, latitude }
    }
    /// Given in `datum`, taken to WGS-84.
    pub fn to_wgs84(self, datum: Datum) -> Self {
        match datum {
            Datum::Wgs84 => self,
            Datum::Gcj02 => wgs84_from_gcj02(self),
        }
    }
    /// Given in WGS-84, taken to `datum`.
    pub fn to_datum(self, datum: Datum) -> Self {
        match datum {
            Datum::Wgs84 => self,
            Datum::Gcj02 => gcj02_from_wgs84(self),
        }
    }
    /// Along the ground, on a ball of the earth's mean radius (haversine).
    pub fn kilometres_to(self, other: Self) -> f64 {
        let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
        let across = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let h = half(self.latitude, other.latitude) + across * half(self.longitude, other.longitude);
        2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
    }
    /// As it may be shown to anybody.
    pub fn rounded(self) -> Self {
        let round = |degrees: f64| (degrees * PUBLIC).round() / PUBLIC;
        Self::new(round(self.longitude), round(self.latitude))
    }
}

/// Outside the country the two datums are the same.
fn is_moved(p: Point) -> bool {
    (72.004..=137.8347).contains(&p.longitude) && (0.8293..=55.8271).contains(&p.latitude)
}

pub fn gcj02_from_wgs84(p: Point) -> Point {
    if !is_moved(p) {
        return p;
    }
    let (east, north) = shift(p);
    Point::new(p.longitude + east, p.latitude + north)
}

pub fn wgs84_from_gcj02(p: Point) -> Point {
    if !is_moved(p) {
        return p;
    }
    let mut guess = p;
    for _ in 0..STEPS {
        let (east, north) = shift(guess);
        guess = Point::new(p.longitude - east, p.latitude - north);
    }
    guess
}

/// How far GCJ-02 moves a WGS-84 point, in degrees.
fn shift(p: Point) -> (f64, f64) {
    let (x, y) = (p.longitude - 105.0, p.latitude - 35.0);
    let common = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let latitude = p.latitude / 180.0 * PI;
    let magic = 1.0 - ECCENTRICITY * latitude.sin().powi(2);
    let root = magic.sqrt();
    (
        east * 180.0 / (AXIS / root * latitude.cos() * PI),
        north * 180.0 / (AXIS * (1.0 - ECCENTRICITY) / (magic * root) * PI),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WGS-84 and GCJ-02 of the same place; the first was also measured against a published map.
    const VECTORS: [[f64; 4]; 8] = [
        [112.355235, 28.571469, 112.360945763, 28.568327293],
        [116.404000, 39.915000, 116.410244499, 39.916404282],
        [121.473700, 31.230400, 121.478223059, 31.228457738],
        [110.719100, 28.300000, 110.724039326, 28.296605554],
        [112.939700, 29.522500, 112.945257026, 29.519706673],
        [112.553000, 28.951000, 112.558424584, 28.947827218],
        [121.5272106, 31.1774276, 121.531541859215, 31.17530398364597],
        [113.912316, 22.543847, 113.9171764808363, 22.540796131694766],
    ];

    fn apart(a: Point, b: Point) -> f64 {
        (a.longitude - b.longitude).abs().max((a.latitude - b.latitude).abs())
    }

    #[test]
    fn both_directions_meet_the_known_places() {
        for [x, y, gcj_x, gcj_y] in VECTORS {
            let (wgs, gcj) = (Point::new(x, y), Point::new(gcj_x, gcj_y));
            assert!(apart(gcj02_from_wgs84(wgs), gcj) < 1e-9, "{wgs:?}");
            assert!(apart(wgs84_from_gcj02(gcj), wgs) < 2e-9, "{gcj:?}");
        }
    }

    #[test]
    fn there_and_back_is_the_same_place_all_over_the_city() {
        for column in 0..60 {
            for row in 0..60 {
                let wgs = Point::new(110.7 + f64::from(column) * 0.04, 27.9 + f64::from(row) * 0.03);
                assert!(apart(wgs84_from_gcj02(gcj02_from_wgs84(wgs)), wgs) < 1e-11, "{wgs:?}");
            }
        }
    }

    #[test]
    fn the_shift_is_not_the_same_everywhere() {
        let east = |p: Point| gcj02_from_wgs84(p).longitude - p.longitude;
        assert!((east(Point::new(110.8, 28.3)) - east(Point::new(112.6, 28.9))).abs() > 4e-4);
    }

    #[test]
    fn outside_the_country_nothing_moves() {
        for abroad in [Point::new(2.35, 48.86), Point::new(-73.99, 40.73)] {
            assert_eq!(gcj02_from_wgs84(abroad), abroad);
            assert_eq!(wgs84_from_gcj02(abroad), abroad);
        }
    }
}
