//! The engine against a scan of everything: over random rows, regions and filters the two must never differ.
use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::cluster::{clusters, clusters_and_facets, keys, merged};
use super::label::{Choice, Facets, Labels, Traits};
use super::mercator::{Frame, Spot};
use super::region::{Disc, Polygon, Region, Shape, Touch};
use super::shapes::Shapes;
use super::store::{Filter, Keys, MEASURES, Row, Store, UNKNOWN};

/// A corner of the world some 20 km wide, in steps of very different size, so that rows crowd and coincide.
fn spot() -> impl Strategy<Value = Spot> {
    let near = Spot::at(112.3, 28.5);
    let steps = || prop_oneof![0_u32..4, 0_u32..2_000, 0_u32..2_000_000];
    (steps(), steps()).prop_map(move |(x, y)| Spot { x: near.x + x, y: near.y + y })
}

fn traits() -> impl Strategy<Value = Traits> {
    (0_u8..3, 0_u8..3, 0_u16..16, 0_u16..8, 0_u8..3, proptest::option::of(3_u8..5)).prop_map(
        |(kind, status, industries, utilities, unit, park)| Traits {
            kind,
            status,
            industries,
            utilities,
            unit,
            park: park.unwrap_or(unit),
        },
    )
}

fn measure() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..50, 1 => Just(UNKNOWN), 1 => Just(UNKNOWN - 1)]
}

fn rows() -> impl Strategy<Value = Vec<(Spot, Traits, [u32; MEASURES])>> {
    let row = || (spot(), traits(), [measure(), measure(), measure(), measure()]);
    prop_oneof![proptest::collection::vec(row(), 0..40), proptest::collection::vec(row(), 0..900),]
}

fn frame() -> impl Strategy<Value = Frame> {
    (spot(), spot()).prop_map(|(a, b)| Frame {
        west: a.x.min(b.x),
        north: a.y.min(b.y),
        east: a.x.max(b.x),
        south: a.y.max(b.y),
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    let disc = (112.3_f64..112.4, 28.4_f64..28.5, 10.0_f64..9_000.0)
        .prop_map(|(longitude, latitude, metres)| Disc::new(longitude, latitude, metres));
    prop_oneof![
        frame().prop_map(Shape::Frame),
        // Few of these are simple: corners in any order cross themselves.
        proptest::collection::vec(spot(), 3..9)
            .prop_filter_map("a ring", |ring| Polygon::new(ring).map(Shape::Polygon)),
        proptest::collection::vec(disc, 1..4).prop_map(Shape::Discs),
    ]
}

fn region() -> impl Strategy<Value = Region> {
    proptest::collection::vec(shape(), 0..3)
        .prop_map(|shapes| shapes.into_iter().fold(Region::world(), Region::within))
}

fn filter() -> impl Strategy<Value = Filter> {
    let set = || proptest::option::weighted(0.4, 0_u32..8);
    let industries = proptest::option::weighted(0.4, 0_u16..16);
    let choice = (set(), set(), industries, 0_u16..3, proptest::option::weighted(0.3, 0_u8..6)).prop_map(
        |(kinds, statuses, industries, utilities, unit)| Choice {
            kinds,
            statuses,
            industries,
            utilities,
            unit,
        },
    );
    let limit = || proptest::option::weighted(0.2, (0_u32..40, 0_u32..60));
    let only = proptest::option::weighted(0.2, proptest::collection::vec(0_u32..900, 0..500));
    (choice, [limit(), limit(), limit(), limit()], only).prop_map(|(choice, limits, only)| Filter {
        choice,
        limits,
        only: only.map(|all| {
            let mut keys = Keys::default();
            all.into_iter().for_each(|key| keys.add(key));
            keys
        }),
    })
}

/// Everything as it was put in, asked row by row.
struct Scan<'a> {
    rows: &'a [(Spot, Traits, [u32; MEASURES])],
    region: &'a Region,
    filter: &'a Filter,
}

impl Scan<'_> {
    /// Rows that meet all but, perhaps, the sets.
    fn near(&self) -> impl Iterator<Item = (u32, Spot, Traits)> {
        (0_u32..).zip(self.rows).filter_map(|(key, (spot, own, measures))| {
            let limits = self.filter.limits.iter().zip(measures).all(|(limit, measure)| {
                limit.is_none_or(|(low, high)| *measure != UNKNOWN && low <= *measure && *measure <= high)
            });
            let named = self.filter.only.as_ref().is_none_or(|only| only.has(key));
            (limits && named && self.region.holds(*spot)).then_some((key, *spot, *own))
        })
    }
    fn all(&self) -> Vec<(u32, Spot)> {
        let choice = self.filter.choice;
        self.near().filter(|(_, _, own)| meets(&choice, own)).map(|(key, spot, _)| (key, spot)).collect()
    }
    /// The facets by their meaning: what would be counted if just this set were not asked for.
    fn facets(&self) -> Facets {
        let mut facets = Facets { total: self.all().len() as u64, ..Facets::default() };
        let choice = self.filter.choice;
        for (_, _, own) in self.near() {
            if meets(&Choice { kinds: None, ..choice }, &own) {
                *facets.kinds.entry(own.kind).or_default() += 1;
            }
            if meets(&Choice { statuses: None, ..choice }, &own) {
                *facets.statuses.entry(own.status).or_default() += 1;
            }
            if meets(&Choice { unit: None, ..choice }, &own) {
                *facets.units.entry(own.unit).or_default() += 1;
                if own.park != own.unit {
                    *facets.units.entry(own.park).or_default() += 1;
                }
            }
            for bit in 0..16 {
                if meets(&Choice { industries: None, ..choice }, &own) && own.industries >> bit & 1 == 1 {
                    *facets.industries.entry(bit).or_default() += 1;
                }
                if meets(&choice, &own) && own.utilities >> bit & 1 == 1 {
                    *facets.utilities.entry(bit).or_default() += 1;
                }
            }
        }
        facets
    }
}

fn meets(choice: &Choice, own: &Traits) -> bool {
    choice.kinds.is_none_or(|set| set & 1 << own.kind != 0)
        && choice.statuses.is_none_or(|set| set & 1 << own.status != 0)
        && choice.industries.is_none_or(|set| set & own.industries != 0)
        && choice.utilities & own.utilities == choice.utilities
        && choice.unit.is_none_or(|unit| unit == own.unit || unit == own.park)
}

fn build(rows: &[(Spot, Traits, [u32; MEASURES])]) -> (Store, Labels) {
    let mut labels = Labels::default();
    let rows: Vec<Row> = (0_u32..)
        .zip(rows)
        .map(|(key, (spot, own, measures))| Row {
            spot: *spot,
            labels: labels.number(*own),
            measures: *measures,
            key,
        })
        .collect();
    (Store::build(&rows), labels)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_a_full_scan_always(
        rows in rows(), region in region(), filter in filter(), level in 0_u32..=32, most in 1_usize..120,
    ) {
        let (store, labels) = build(&rows);
        let scan = Scan { rows: &rows, region: &region, filter: &filter };
        let expected = scan.all();

        let mut found = keys(&store, &labels, &region, &filter);
        found.sort_unstable();
        prop_assert_eq!(&found, &expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());

        let plain = clusters(&store, &labels, &region, &filter, level);
        let (faceted, facets) = clusters_and_facets(&store, &labels, &region, &filter, level);
        prop_assert_eq!(&plain, &faceted);
        prop_assert_eq!(facets, scan.facets());
        let merged = merged(plain.clone(), most);
        prop_assert!(merged.len() <= most);
        for shown in [&plain, &merged] {
            let mut counts: HashMap<Frame, u64> = HashMap::new();
            for cluster in shown {
                prop_assert!(counts.insert(cluster.frame, 0).is_none(), "one cell twice");
            }
            for (_, spot) in &expected {
                let cell = counts.iter_mut().find(|(frame, _)| frame.holds(*spot));
                *cell.expect("every row is in a cell").1 += 1;
            }
            for cluster in shown {
                prop_assert_eq!(counts[&cluster.frame], cluster.count);
                let middle = Spot::at(cluster.longitude(), cluster.latitude());
                prop_assert!(cluster.frame.grown(2).holds(middle), "the middle lies in the cell");
            }
        }
    }

    #[test]
    fn what_a_rectangle_is_told_holds_for_each_of_its_spots(shape in shape(), frame in frame(), spots in proptest::collection::vec((0.0_f64..=1.0, 0.0_f64..=1.0), 30)) {
        let region = Region::world().within(shape);
        let within = |low: u32, high: u32, part: f64| low + (f64::from(high - low) * part) as u32;
        for (x, y) in spots {
            let spot = Spot { x: within(frame.west, frame.east, x), y: within(frame.north, frame.south, y) };
            match region.touch(frame) {
                Touch::Outside => prop_assert!(!region.holds(spot)),
                Touch::Inside => prop_assert!(region.holds(spot)),
                Touch::Partly => {}
            }
            if region.holds(spot) {
                prop_assert!(region.frame().is_some_and(|frame| frame.holds(spot)));
            }
        }
    }

    #[test]
    fn a_code_is_a_place_and_a_prefix_a_cell(spot in (any::<u32>(), any::<u32>()).prop_map(|(x, y)| Spot { x, y }), level in 0_u32..=32) {
        prop_assert_eq!(Spot::from_code(spot.code()), spot);
        let cell = Frame::cell(spot, level);
        let prefix = |spot: Spot| spot.code().checked_shr(64 - 2 * level).unwrap_or(0);
        prop_assert!(cell.corners().iter().all(|corner| prefix(*corner) == prefix(spot)));
    }

    #[test]
    fn red_lines_in_a_view_are_those_of_a_full_scan(rings in proptest::collection::vec(proptest::collection::vec(spot(), 3..7), 0..80), view in frame()) {
        let polygons: Vec<Polygon> = rings.into_iter().filter_map(Polygon::new).collect();
        let expected: Vec<u32> = (0_u32..).zip(&polygons).filter(|(_, p)| p.touch(view) != Touch::Outside).map(|(n, _)| n).collect();
        prop_assert_eq!(Shapes::build(polygons).meeting(view), expected);
    }
}

fn at(x: u32, y: u32) -> Spot {
    Spot { x: 1000 + x, y: 1000 + y }
}

#[test]
fn a_figure_of_eight_has_two_insides_and_what_is_wound_twice_is_out() {
    let eight = Polygon::new(vec![at(0, 0), at(100, 100), at(100, 0), at(0, 100)]).unwrap();
    assert!(eight.holds(at(10, 50)) && eight.holds(at(90, 50)));
    assert!(!eight.holds(at(50, 10)) && !eight.holds(at(50, 90)));
    // A pentagram: the points are in, the pentagon in the middle is out.
    let star: Vec<Spot> = [0.0_f64, 144.0, 288.0, 72.0, 216.0]
        .iter()
        .map(|angle| angle.to_radians())
        .map(|angle| at((500.0 + 400.0 * angle.sin()) as u32, (500.0 - 400.0 * angle.cos()) as u32))
        .collect();
    let star = Polygon::new(star).unwrap();
    assert!(!star.holds(at(500, 500)) && star.holds(at(500, 150)));
}

#[test]
fn a_circle_is_round_on_the_ground() {
    let (longitude, latitude) = (112.355, 28.571);
    let disc = Disc::new(longitude, latitude, 5_000.0);
    // A degree of latitude is 111.195 km; one of longitude is shorter by the cosine.
    let (high, wide) = (5.0 / 111.195, 5.0 / 111.195 / latitude.to_radians().cos());
    for (east, north) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (0.6, 0.8), (-0.8, 0.6)] {
        let spot = |part: f64| Spot::at(longitude + east * wide * part, latitude + north * high * part);
        assert!(disc.holds(spot(0.999)) && !disc.holds(spot(1.001)), "{east} {north}");
    }
}

#[test]
fn a_place_is_kept_to_a_centimetre() {
    for (longitude, latitude) in [(112.355_24, 28.571_47), (0.0, 0.0), (-179.9, -80.0), (179.999_99, 84.9)] {
        let spot = Spot::at(longitude, latitude);
        assert!((spot.longitude() - longitude).abs() < 1e-7, "{longitude}");
        assert!((spot.latitude() - latitude).abs() < 1e-7, "{latitude}");
    }
}

#[test]
fn clusters_lie_in_the_order_of_the_screen() {
    let rows: Vec<_> = [(3, 0), (0, 0), (0, 3), (0, 0)]
        .map(|(x, y)| (Spot { x: x << 16, y: y << 16 }, Traits::default(), [UNKNOWN; MEASURES]))
        .to_vec();
    let (store, labels) = build(&rows);
    let view = Frame { west: 0, north: 0, east: 4 << 16, south: 4 << 16 };
    let region = Region::world().within(Shape::Frame(view));
    let found = clusters(&store, &labels, &region, &Filter::default(), 16);
    let cells: BTreeMap<(u32, u32), u64> =
        found.iter().map(|c| ((c.frame.north >> 16, c.frame.west >> 16), c.count)).collect();
    assert_eq!(cells, BTreeMap::from([((0, 0), 2), ((0, 3), 1), ((3, 0), 1)]));
    assert_eq!(found.iter().map(|c| c.count).collect::<Vec<_>>(), [2, 1, 1]);
}
