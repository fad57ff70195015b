//! The map's engine beside PostGIS and SQLite's R*Tree: the same million points, the same views, the same run.
//!
//! `scripts/bench-map.sh` compiles this file by itself, optimised, in seconds: the engine knows nothing but the
//! standard library, so that nobody has to wait for a release build of everything else. Both databases are asked
//! through their own command-line clients. Work is counted as processor time, which other users of the machine
//! cannot lengthen: this thread's, the PostgreSQL backend's and the SQLite process's, all from `/proc`.
#[allow(dead_code)]
#[path = "../src/libraries/map/engine/mod.rs"]
mod engine;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use engine::cluster::{clusters, clusters_and_facets};
use engine::label::{Choice, Labels, Traits};
use engine::mercator::{Frame, Spot};
use engine::region::{Polygon, Region, Shape};
use engine::shapes::Shapes;
use engine::store::{Filter, MEASURES, Row, Store, UNKNOWN};

const PARCELS: usize = 10_000;
const ZOOMS: std::ops::RangeInclusive<u32> = 8..=14;
/// A phone's screen in CSS pixels; a tile is 512 of them wide and a cluster's cell 64.
const SCREEN: (f64, f64) = (390.0, 844.0);
const TILE: f64 = 512.0;
const CELL_LEVELS: u32 = 3;
/// What the engine must be.
const TIMES_POSTGIS: f64 = 20.0;
const P99: Duration = Duration::from_millis(5);

type Fault = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, postgres, points] = arguments.as_slice() else {
        eprintln!("usage: bench-map FOLDER POSTGRES_URL POINTS (scripts/bench-map.sh calls it)");
        return ExitCode::FAILURE;
    };
    match points.parse().map_err(Fault::from).and_then(|points| run(folder, postgres, points)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("bench-map: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &str, postgres: &str, points: usize) -> Result<bool, Fault> {
    let city = City::read("seeds/outlines/yiyang-counties.gcj02.geojson")?;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let sites = city.sites(&mut dice, points);
    let parcels = city.parcels(&mut dice);

    let (before, started) = (resident(), cpu("self"));
    let (store, labels) = index(&sites);
    let (built, grown) = (cpu("self") - started, resident().saturating_sub(before));
    let million = sites.len() as f64 / 1e6;
    println!("{} points, {PARCELS} parcels", sites.len());
    println!(
        "columns {:.1} MB per million (resident set grew by {:.1}); built in {:.2} s of processor time per million",
        store.size() as f64 / 1e6 / million,
        grown as f64 / 1e6 / million,
        built.as_secs_f64() / million,
    );
    let started = cpu("self");
    let shapes = Shapes::build(parcels.clone().into_iter().filter_map(Polygon::new).collect());
    println!("red lines indexed in {:.1} ms", (cpu("self") - started).as_secs_f64() * 1e3);

    let origin = city.middle();
    eprintln!("loading PostGIS and SQLite …");
    load_files(folder, &sites, &parcels, origin)?;
    let mut postgis = Peer::postgis(folder, postgres)?;
    let mut sqlite = Peer::sqlite(folder)?;

    println!(
        "\nA view: {} x {} px. Times are microseconds of processor time, the mean of all views; p99 is wall time.",
        SCREEN.0, SCREEN.1
    );
    println!(
        "zoom filter  in view     ours  +facets   p99 |     scan |  PostGIS    ratio |   SQLite    ratio"
    );
    let mut good = true;
    for zoom in ZOOMS {
        let views: Vec<Frame> = (0..200).map(|_| view(dice.pick(&sites).spot, zoom)).collect();
        for (name, filter) in filters() {
            let ours = measure_ours(&store, &labels, &filter, &views, zoom);
            let checked = check(&sites, &store, &labels, &filter, &views, zoom)?;
            let few = |most: usize| views.iter().take(most).copied().collect::<Vec<_>>();
            let theirs =
                postgis.measure(&few([15, 25, 50, 100][zoom.min(11) as usize - 8]), zoom, name, origin)?;
            let light =
                sqlite.measure(&few([4, 8, 20, 50][zoom.min(11) as usize - 8]), zoom, name, origin)?;
            for (peer, (_, counts)) in [("PostGIS", &theirs), ("SQLite", &light)] {
                for (view, count) in views.iter().zip(counts) {
                    let own: u64 = count_in(&store, &labels, &filter, *view, zoom);
                    if own != *count {
                        return Err(
                            format!("{peer} counts {count} at z{zoom} {name}, the engine {own}").into()
                        );
                    }
                }
            }
            let ratio = theirs.0.as_secs_f64() / ours.cpu.as_secs_f64();
            let fast = ratio >= TIMES_POSTGIS && ours.p99 < P99;
            good &= fast;
            let us = |d: Duration| d.as_secs_f64() * 1e6;
            println!(
                "{zoom:>4} {name:<6} {:>8} {:>8.1} {:>8.1} {:>5.0} | {:>8.0} | {:>8.0} {ratio:>7.0}x | {:>8.0} {:>7.0}x{}",
                checked.in_view,
                us(ours.cpu),
                us(ours.with_facets),
                us(ours.p99),
                us(checked.scan),
                us(theirs.0),
                us(light.0),
                light.0.as_secs_f64() / ours.cpu.as_secs_f64(),
                if fast { "" } else { "  MISSED" },
            );
        }
    }
    println!("\nRed lines that come into a view:");
    for zoom in 12..=16 {
        let views: Vec<Frame> = (0..60).map(|_| view(dice.pick(&sites).spot, zoom)).collect();
        let ours = busy(|| views.iter().for_each(|view| drop(black_box(shapes.meeting(*view)))))
            / views.len() as u32;
        let (theirs, counts) = postgis.measure(&views, zoom, "lines", origin)?;
        for (view, count) in views.iter().zip(&counts) {
            let own = shapes.meeting(*view).len() as u64;
            if own != *count {
                return Err(format!("PostGIS finds {count} red lines, the engine {own}").into());
            }
        }
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!(
            "{zoom:>4} {:>6} lines {:>8.1} us | PostGIS {:>8.0} us {ratio:>6.0}x",
            counts.iter().sum::<u64>() / counts.len() as u64,
            ours.as_secs_f64() * 1e6,
            theirs.as_secs_f64() * 1e6,
        );
    }
    println!("\nEvery count above equals a full scan's, cell by cell, and both databases'.");
    println!(
        "{}",
        if good { "at least 20 x PostGIS and p99 under 5 ms everywhere" } else { "a target was MISSED" }
    );
    Ok(good)
}

/// Three questions: everything; one kind of eight (a tenth); and a narrow one of four conditions (a hundredth).
fn filters() -> [(&'static str, Filter); 3] {
    let kind = Choice { kinds: Some(1 << 3), ..Choice::default() };
    let narrow = Choice { kinds: Some(0b1_1000), industries: Some(0b111), ..Choice::default() };
    let limits = [Some((5_000, 50_000)), Some((0, 15_000_000)), None, None];
    [
        ("none", Filter::default()),
        ("kind", Filter { choice: kind, ..Filter::default() }),
        ("narrow", Filter { choice: narrow, limits, ..Filter::default() }),
    ]
}

/// The same in SQL; `{view}` stands for the test of the place.
fn sql_filter(name: &str) -> &'static str {
    match name {
        "kind" => " AND kind = 3",
        "narrow" => {
            " AND kind IN (3, 4) AND (industries & 7) <> 0 AND area BETWEEN 5000 AND 50000 AND price <= 15000000"
        }
        _ => "",
    }
}

// --- the data ---------------------------------------------------------------------------------------------------

#[derive(Debug, Clone, Copy)]
struct Site {
    spot: Spot,
    traits: Traits,
    measures: [u32; MEASURES],
}

struct City(Vec<Polygon>);

impl City {
    /// The county outlines; of the GeoJSON only the rings of coordinates matter.
    fn read(path: &str) -> Result<Self, Fault> {
        let text = fs::read_to_string(path)?;
        let rings = text.split("[[").skip(1).filter_map(|part| part.split_once("]]")).map(|(ring, _)| {
            let corners = ring.trim_start_matches('[').split("],").filter_map(|pair| {
                let (x, y) = pair.trim().trim_start_matches('[').split_once(',')?;
                Some(Spot::at(x.trim().parse().ok()?, y.trim().parse().ok()?))
            });
            corners.collect::<Vec<_>>()
        });
        let polygons: Vec<Polygon> = rings.filter_map(Polygon::new).collect();
        if polygons.len() == 6 { Ok(Self(polygons)) } else { Err("the outlines are not six rings".into()) }
    }
    fn frame(&self) -> Frame {
        let frames = self.0.iter().map(Polygon::frame);
        let around = |a: Frame, b: Frame| Frame {
            west: a.west.min(b.west),
            north: a.north.min(b.north),
            east: a.east.max(b.east),
            south: a.south.max(b.south),
        };
        frames.reduce(around).unwrap_or(Frame::WORLD)
    }
    fn middle(&self) -> Spot {
        let frame = self.frame();
        Spot {
            x: frame.west + (frame.east - frame.west) / 2,
            y: frame.north + (frame.south - frame.north) / 2,
        }
    }
    fn anywhere(&self, dice: &mut Dice) -> Spot {
        let frame = self.frame();
        loop {
            let part = |low: u32, high: u32, roll: f64| low + (f64::from(high - low) * roll) as u32;
            let (x, y) = (dice.roll(), dice.roll());
            let spot = Spot { x: part(frame.west, frame.east, x), y: part(frame.north, frame.south, y) };
            if self.0.iter().any(|county| county.holds(spot)) {
                return spot;
            }
        }
    }
    /// Seven in ten stand in ninety crowds of some kilometres, the others anywhere.
    fn sites(&self, dice: &mut Dice, count: usize) -> Vec<Site> {
        let crowds: Vec<(Spot, f64)> =
            (0..90).map(|_| (self.anywhere(dice), 5e4 + 4e5 * dice.roll())).collect();
        let mut sites = Vec::with_capacity(count);
        while sites.len() < count {
            let spot = if dice.roll() < 0.7 {
                let (middle, wide) = *dice.pick(&crowds);
                let near = |from: u32, by: f64| (f64::from(from) + by * wide) as u32;
                Spot { x: near(middle.x, dice.bell()), y: near(middle.y, dice.bell()) }
            } else {
                self.anywhere(dice)
            };
            if !self.0.iter().any(|county| county.holds(spot)) {
                continue;
            }
            let kind = [0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7];
            let traits = Traits {
                kind: *dice.pick(&kind),
                status: *dice.pick(&[0, 0, 0, 1, 2, 3]),
                industries: 1 << dice.below(12) | if dice.roll() < 0.3 { 1 << dice.below(12) } else { 0 },
                utilities: dice.below(32) as u16,
                unit: dice.below(8) as u8,
                park: 8 + dice.below(9) as u8,
            };
            let spread = |dice: &mut Dice, middle: f64| (middle * dice.bell().exp()) as u32;
            let price = if dice.roll() < 0.2 { UNKNOWN } else { spread(dice, 15e6) };
            let measures = [spread(dice, 2e4), price, spread(dice, 1200.0), spread(dice, 800.0)];
            sites.push(Site { spot, traits, measures });
        }
        sites
    }
    /// Rings of 6 to 25 corners, some hundred metres wide.
    fn parcels(&self, dice: &mut Dice) -> Vec<Vec<Spot>> {
        (0..PARCELS)
            .map(|_| {
                let (middle, corners) = (self.anywhere(dice), 6 + dice.below(20));
                let wide = 4e3 + 3e4 * dice.roll();
                (0..corners)
                    .map(|n| {
                        let angle = f64::from(n) / f64::from(corners) * std::f64::consts::TAU;
                        let far = wide * (0.6 + 0.4 * dice.roll());
                        let at = |from: u32, part: f64| (f64::from(from) + far * part) as u32;
                        Spot { x: at(middle.x, angle.cos()), y: at(middle.y, angle.sin()) }
                    })
                    .collect()
            })
            .collect()
    }
}

fn index(sites: &[Site]) -> (Store, Labels) {
    let mut labels = Labels::default();
    let row = |(key, site): (u32, &Site)| Row {
        spot: site.spot,
        labels: labels.number(site.traits),
        measures: site.measures,
        key,
    };
    let rows: Vec<Row> = (0_u32..).zip(sites).map(row).collect();
    (Store::build(&rows), labels)
}

fn view(middle: Spot, zoom: u32) -> Frame {
    let steps = 4_294_967_296.0 / f64::from(1 << zoom) / TILE;
    let half = |pixels: f64| (pixels * steps / 2.0) as u32;
    let (wide, high) = (half(SCREEN.0), half(SCREEN.1));
    Frame { west: middle.x - wide, north: middle.y - high, east: middle.x + wide, south: middle.y + high }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn roll(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn below(&mut self, most: u32) -> u32 {
        (self.roll() * f64::from(most)) as u32
    }
    /// Near zero most of the time, seldom beyond two.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.roll()).sum::<f64>() - 6.0
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }
}

// --- ours -------------------------------------------------------------------------------------------------------

struct Ours {
    cpu: Duration,
    with_facets: Duration,
    p99: Duration,
}

fn looking_at(view: Frame) -> Region {
    Region::world().within(Shape::Frame(view))
}

fn measure_ours(store: &Store, labels: &Labels, filter: &Filter, views: &[Frame], zoom: u32) -> Ours {
    let level = zoom + CELL_LEVELS;
    let each = |ask: &dyn Fn(&Region)| {
        let regions: Vec<Region> = views.iter().copied().map(looking_at).collect();
        busy(|| regions.iter().for_each(ask)) / views.len() as u32
    };
    let cpu = each(&|region| drop(black_box(clusters(store, labels, region, filter, level))));
    let with_facets =
        each(&|region| drop(black_box(clusters_and_facets(store, labels, region, filter, level))));
    // Wall time holds whatever else the machine does: the best of five is nearest to the work itself.
    let once = |view: &Frame| {
        let started = Instant::now();
        black_box(clusters_and_facets(store, labels, &looking_at(*view), filter, level));
        started.elapsed()
    };
    let mut walls: Vec<Duration> = views.iter().filter_map(|view| (0..5).map(|_| once(view)).min()).collect();
    walls.sort_unstable();
    Ours { cpu, with_facets, p99: walls[walls.len() * 99 / 100] }
}

/// Processor time of one go, from as many as take a quarter of a second.
fn busy(mut go: impl FnMut()) -> Duration {
    go();
    let (started, mut goes) = (cpu("thread-self"), 0);
    loop {
        go();
        goes += 1;
        let spent = cpu("thread-self") - started;
        if spent > Duration::from_millis(250) {
            return spent / goes;
        }
    }
}

fn count_in(store: &Store, labels: &Labels, filter: &Filter, view: Frame, zoom: u32) -> u64 {
    clusters(store, labels, &looking_at(view), filter, zoom + CELL_LEVELS).iter().map(|c| c.count).sum()
}

struct Checked {
    in_view: u64,
    scan: Duration,
}

/// Every cell of every view against a scan of all rows as they were made, without any order or class.
fn check(
    sites: &[Site],
    store: &Store,
    labels: &Labels,
    filter: &Filter,
    views: &[Frame],
    zoom: u32,
) -> Result<Checked, Fault> {
    let shift = 32 - zoom - CELL_LEVELS;
    let choice = filter.choice;
    let fits = |site: &Site| {
        choice.kinds.is_none_or(|kinds| kinds >> site.traits.kind & 1 == 1)
            && choice.industries.is_none_or(|industries| industries & site.traits.industries != 0)
            && filter.limits.iter().zip(site.measures).all(|(limit, measure)| {
                limit.is_none_or(|(low, high)| measure != UNKNOWN && low <= measure && measure <= high)
            })
    };
    let scan = |view: Frame| {
        let wide = (view.east >> shift) - (view.west >> shift) + 1;
        let mut cells = vec![0_u64; (wide * ((view.south >> shift) - (view.north >> shift) + 1)) as usize];
        for site in sites.iter().filter(|site| view.holds(site.spot) && fits(site)) {
            let column = (site.spot.x >> shift) - (view.west >> shift);
            let row = (site.spot.y >> shift) - (view.north >> shift);
            cells[(row * wide + column) as usize] += 1;
        }
        (wide, cells)
    };
    let (mut in_view, started) = (0, cpu("thread-self"));
    let scanned: Vec<_> = views.iter().map(|view| scan(*view)).collect();
    let spent = (cpu("thread-self") - started) / views.len() as u32;
    for (view, (wide, cells)) in views.iter().zip(scanned) {
        let mut expected = HashMap::new();
        for (at, count) in (0_u32..).zip(&cells).filter(|(_, count)| **count > 0) {
            expected.insert(((view.west >> shift) + at % wide, (view.north >> shift) + at / wide), *count);
        }
        let found: HashMap<_, _> = clusters(store, labels, &looking_at(*view), filter, zoom + CELL_LEVELS)
            .iter()
            .map(|c| ((c.frame.west >> shift, c.frame.north >> shift), c.count))
            .collect();
        let (faceted, facets) =
            clusters_and_facets(store, labels, &looking_at(*view), filter, zoom + CELL_LEVELS);
        let total: u64 = cells.iter().sum();
        if found != expected || facets.total != total || faceted.iter().map(|c| c.count).sum::<u64>() != total
        {
            return Err(format!("a count at z{zoom} differs from a full scan").into());
        }
        in_view += total;
    }
    Ok(Checked { in_view: in_view / views.len() as u64, scan: spent })
}

// --- the others -------------------------------------------------------------------------------------------------

/// A database that is asked through its own client.
struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whose processor time counts
    process: u32,
    /// How a client is told to print a mark, and the questions by filter
    mark: &'static str,
    question: fn(&str, Frame, u32, Spot) -> String,
}

const DONE: &str = "that-was-all";

impl Peer {
    fn start(
        program: &str,
        arguments: &[&str],
        mark: &'static str,
        question: fn(&str, Frame, u32, Spot) -> String,
    ) -> Result<Self, Fault> {
        let mut child =
            Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let process = child.id();
        Ok(Self { child, input, output, process, mark, question })
    }
    /// The lines that come back, without the mark.
    fn ask(&mut self, sql: &str) -> Result<Vec<String>, Fault> {
        writeln!(self.input, "{sql}\n{} {DONE}", self.mark)?;
        self.input.flush()?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err(
                    format!("the client ended at: {}", sql.chars().take(300).collect::<String>()).into()
                );
            }
            if line.trim() == DONE {
                return Ok(lines);
            }
            lines.push(line.trim().to_owned());
        }
    }
    /// Mean processor time of one view, and each view's count.
    fn measure(
        &mut self,
        views: &[Frame],
        zoom: u32,
        name: &str,
        origin: Spot,
    ) -> Result<(Duration, Vec<u64>), Fault> {
        let questions: Vec<String> =
            views.iter().map(|view| (self.question)(name, *view, 32 - zoom - CELL_LEVELS, origin)).collect();
        if let Some(first) = questions.first() {
            self.ask(first)?;
        }
        let (started, mut counts) = (cpu(&self.process.to_string()), Vec::new());
        for question in &questions {
            let rows = self.ask(question)?;
            let count = |row: &String| row.split('|').nth(2).and_then(|n| n.parse::<u64>().ok());
            counts.push(if name == "lines" {
                rows.len() as u64
            } else {
                rows.iter().filter_map(count).sum()
            });
        }
        Ok(((cpu(&self.process.to_string()) - started) / views.len() as u32, counts))
    }

    /// Points about the middle of the city are whole numbers that fit into the single-precision boxes of PostGIS'
    /// index, so that `&&` is exact and no second test is charged to it.
    fn postgis(folder: &str, url: &str) -> Result<Self, Fault> {
        let arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url];
        let mut peer = Self::start("psql", &arguments, "\\echo", |name, view, shift, origin| {
            let (w, n, e, s) = around(view, origin);
            if name == "lines" {
                return format!("EXECUTE lines({w}, {n}, {e}, {s});");
            }
            format!("EXECUTE sites_{name}({w}, {n}, {e}, {s}, {}, {}, {shift});", origin.x, origin.y)
        })?;
        peer.ask(&format!(
            "SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS postgis; DROP TABLE IF EXISTS sites, lines;
             CREATE TABLE sites (id int, x int, y int, kind int, status int, industries int, utilities int, unit int, area bigint, price bigint);
             \\copy sites FROM '{folder}/sites.csv' WITH (FORMAT csv)
             ALTER TABLE sites ADD geom geometry(Point); UPDATE sites SET geom = ST_MakePoint(x, y);
             CREATE INDEX sites_geom ON sites USING gist (geom); CLUSTER sites USING sites_geom;
             CREATE TABLE lines (id int, geom geometry);
             \\copy lines FROM '{folder}/lines.csv' WITH (FORMAT csv, DELIMITER '|')
             CREATE INDEX lines_geom ON lines USING gist (geom);
             VACUUM ANALYZE sites; VACUUM ANALYZE lines; SET jit = off; SET max_parallel_workers_per_gather = 0;
             PREPARE lines(float8, float8, float8, float8) AS SELECT id FROM lines WHERE ST_Intersects(geom, ST_MakeEnvelope($1, $2, $3, $4));"
        ))?;
        for (name, _) in filters() {
            peer.ask(&format!(
                "PREPARE sites_{name}(float8, float8, float8, float8, bigint, bigint, int) AS
                 SELECT (ST_X(geom)::bigint + $5) >> $7, (ST_Y(geom)::bigint + $6) >> $7, count(*), avg(ST_X(geom)), avg(ST_Y(geom))
                 FROM sites WHERE geom && ST_MakeEnvelope($1, $2, $3, $4){} GROUP BY 1, 2;",
                sql_filter(name)
            ))?;
        }
        let pid = peer.ask("SELECT pg_backend_pid();")?.concat();
        peer.process = pid.parse()?;
        Ok(peer)
    }

    fn sqlite(folder: &str) -> Result<Self, Fault> {
        let file = format!("{folder}/sites.db");
        let mut peer = Self::start("sqlite3", &["-batch", &file], ".print", |name, view, shift, origin| {
            let (w, n, e, s) = around(view, origin);
            format!(
                "SELECT (west + {}) >> {shift}, (north + {}) >> {shift}, count(*), avg(west), avg(north) FROM sites
                 WHERE east >= {w} AND west <= {e} AND south >= {n} AND north <= {s}{} GROUP BY 1, 2;",
                origin.x, origin.y, sql_filter(name)
            )
        })?;
        for line in [
            "PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -400000;",
            "CREATE TABLE rows (id, x, y, kind, status, industries, utilities, unit, area INTEGER, price);",
            ".mode csv",
            &format!(".import {folder}/sites.csv rows"),
            ".mode list",
            "CREATE VIRTUAL TABLE sites USING rtree_i32(id, west, east, north, south, +kind INTEGER, +industries INTEGER, +area INTEGER, +price INTEGER);",
            "INSERT INTO sites SELECT id + 0, x + 0, x + 0, y + 0, y + 0, kind + 0, industries + 0, area + 0, nullif(price, '') + 0 FROM rows;",
            "DROP TABLE rows;",
        ] {
            peer.ask(line)?;
        }
        Ok(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The view about the middle of the city: west, north, east, south.
fn around(view: Frame, origin: Spot) -> (i64, i64, i64, i64) {
    let from = |n: u32, zero: u32| i64::from(n) - i64::from(zero);
    (
        from(view.west, origin.x),
        from(view.north, origin.y),
        from(view.east, origin.x),
        from(view.south, origin.y),
    )
}

fn load_files(folder: &str, sites: &[Site], parcels: &[Vec<Spot>], origin: Spot) -> Result<(), Fault> {
    let mut text = String::new();
    for (id, site) in sites.iter().enumerate() {
        let (x, y, ..) = around(Frame::cell(site.spot, 32), origin);
        let Traits { kind, status, industries, utilities, unit, .. } = site.traits;
        let price = if site.measures[1] == UNKNOWN { String::new() } else { site.measures[1].to_string() };
        writeln!(
            text,
            "{id},{x},{y},{kind},{status},{industries},{utilities},{unit},{},{price}",
            site.measures[0]
        )?;
    }
    fs::write(format!("{folder}/sites.csv"), text)?;
    let mut text = String::new();
    for (id, ring) in parcels.iter().enumerate() {
        let corner = |spot: &Spot| {
            let (x, y, ..) = around(Frame::cell(*spot, 32), origin);
            format!("{x} {y}")
        };
        let corners: Vec<String> = ring.iter().chain(ring.first()).map(corner).collect();
        writeln!(text, "{id}|POLYGON(({}))", corners.join(","))?;
    }
    fs::write(format!("{folder}/lines.csv"), text)?;
    Ok(())
}

// --- the machine ------------------------------------------------------------------------------------------------

/// Processor time of a process or of this thread, from the scheduler's own count.
fn cpu(process: &str) -> Duration {
    // Reading `stat` first makes the scheduler bring the count of a running thread up to date.
    let _ = fs::read_to_string("/proc/self/stat");
    let text = fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let fields: BTreeMap<&str, &str> = status.lines().filter_map(|line| line.split_once(':')).collect();
    let kilobytes = fields.get("VmRSS").and_then(|text| text.trim().split(' ').next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
