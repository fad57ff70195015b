//! The map in memory: drawn from the tables at the start, drawn again when they change, one for each instance.
//!
//! The tables' triggers move a clock with every change and note what changed at which version, whoever makes it.
//! An instance that is behind reads the rows changed since its version, draws a new atlas and puts it in the place
//! of the old one. It looks when the outbox hints at a write, here or by way of Redis, and twice a second besides,
//! so that a lost hint costs half a second.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use chrono::NaiveDate;
use diesel::prelude::*;
use tokio::sync::Mutex;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::map::engine::label::{Labels, Traits};
use crate::libraries::map::engine::mercator::{Frame, Spot};
use crate::libraries::map::engine::shapes::Shapes;
use crate::libraries::map::engine::store::{Row, Store, UNKNOWN};
use crate::libraries::map::feature::{Feature, FeatureKind};
use crate::libraries::map::red_line::RedLine;
use crate::libraries::map::site::{Precision, SiteKind, SiteStatus};
use crate::libraries::map::utility::{AtHand, SiteUtility};
use crate::platform::db::DbConn;
use crate::platform::geo::{Datum, Point};
use crate::platform::outbox;
use crate::schema::{map_changes, map_clock, map_sites, units};

/// How long a change may stay unseen when its hint is lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// So many changed rows are asked for by name; after more, everything is read.
const BY_NAME: usize = 500;

/// As much of a site as the map needs.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct Place {
    pub id: String,
    pub kind: SiteKind,
    pub unit_id: String,
    pub park_id: Option<String>,
    pub name: String,
    pub name_en: Option<String>,
    former_names: String,
    pub longitude_wgs84: f64,
    pub latitude_wgs84: f64,
    pub precision: Precision,
    industries: String,
    pub area_m2: Option<i64>,
    pub price_fen_per_mu: Option<i64>,
    pub rent_fen_per_m2_month: Option<i64>,
    pub status: SiteStatus,
    power_kva: Option<i32>,
    summary: Option<String>,
    summary_en: Option<String>,
    pub checked_on: Option<NaiveDate>,
    pub demo: bool,
}

impl Place {
    /// As it may be shown to anybody.
    pub fn point(&self, datum: Datum) -> Point {
        Point::new(self.longitude_wgs84, self.latitude_wgs84).to_datum(datum).rounded()
    }
    pub fn industries(&self) -> Vec<Industry> {
        serde_json::from_str(&self.industries).unwrap_or_default()
    }
    fn says(&self) -> impl Iterator<Item = &str> {
        [Some(self.name.as_str()), self.name_en.as_deref(), Some(self.former_names.as_str())]
            .into_iter()
            .chain([self.summary.as_deref(), self.summary_en.as_deref()])
            .flatten()
    }
}

/// A unit by the number that the engine knows it by.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct NumberedUnit {
    pub id: String,
    pub name: String,
    pub name_en: String,
    pub sort: i32,
}

/// One state of the map; never changed.
pub struct Atlas {
    pub version: i64,
    pub units: Vec<NumberedUnit>,
    pub places: Vec<Arc<Place>>,
    pub hubs: Vec<Feature>,
    pub labels: Labels,
    /// Folded, for the search by words; as `places`
    words: Vec<String>,
    at_hand: Vec<AtHand>,
    numbers: Vec<[u16; 4]>,
    gcj02: Store,
    /// Drawn when somebody first asks for it
    wgs84: OnceLock<Store>,
    lines: Vec<RedLine>,
    /// As `lines`, in both datums, drawn when somebody first asks for them
    shapes: [OnceLock<Shapes>; 2],
}

impl Atlas {
    pub fn store(&self, datum: Datum) -> &Store {
        match datum {
            Datum::Gcj02 => &self.gcj02,
            Datum::Wgs84 => self.wgs84.get_or_init(|| self.draw(Datum::Wgs84)),
        }
    }
    pub fn unit_number(&self, id: &str) -> Option<u8> {
        self.units.iter().position(|unit| unit.id == id).and_then(|n| u8::try_from(n).ok())
    }
    pub fn place(&self, key: u32) -> Option<&Arc<Place>> {
        self.places.get(key as usize)
    }
    pub fn utilities(&self, key: u32) -> AtHand {
        self.at_hand.get(key as usize).copied().unwrap_or_default()
    }
    /// What is at hand at the place of this id; nothing is known of one that is not on the map.
    pub fn at_hand(&self, id: &str) -> AtHand {
        self.places
            .iter()
            .zip(&self.at_hand)
            .find(|(place, _)| place.id == id)
            .map_or_else(AtHand::default, |(_, at_hand)| *at_hand)
    }
    /// Everything that a place says, folded.
    pub fn words(&self) -> &[String] {
        &self.words
    }
    /// The smallest rectangle around all places.
    pub fn extent(&self, datum: Datum) -> Option<Frame> {
        let spots = self.places.iter().map(|place| spot(place.point(datum)));
        let frames = spots.map(|at| Frame::cell(at, 32));
        frames.reduce(|a, b| Frame {
            west: a.west.min(b.west),
            north: a.north.min(b.north),
            east: a.east.max(b.east),
            south: a.south.max(b.south),
        })
    }

    /// The red lines that come into a view, with their sites.
    pub fn lines_in(&self, view: Frame, datum: Datum) -> Vec<(&RedLine, &Place)> {
        let draw = || Shapes::build(self.lines.iter().filter_map(|line| line.polygon(datum)).collect());
        let shapes = self.shapes[datum as usize].get_or_init(draw);
        let lines = shapes.meeting(view).into_iter().filter_map(|n| self.lines.get(n as usize));
        lines.filter_map(|line| Some((line, self.place_of(&line.site_id)?))).collect()
    }
    fn place_of(&self, id: &str) -> Option<&Place> {
        let at = self.places.binary_search_by(|place| place.id.as_str().cmp(id)).ok()?;
        self.places.get(at).map(|place| &**place)
    }

    fn draw(&self, datum: Datum) -> Store {
        let rows = (0_u32..).zip(self.places.iter().zip(&self.numbers)).map(|(key, (place, labels))| Row {
            spot: spot(place.point(datum)),
            labels: *labels,
            measures: [
                measure(place.area_m2),
                measure(place.price_fen_per_mu),
                measure(place.rent_fen_per_m2_month),
                measure(self.utilities(key).power_kva),
            ],
            key,
        });
        Store::build(&rows.collect::<Vec<_>>())
    }

    fn of(known: &Known) -> Result<Self, AppError> {
        let own = SiteUtility::at_hand(&known.utilities);
        let park_sites: HashMap<&str, &str> = known
            .places
            .values()
            .filter(|place| place.kind == SiteKind::Park)
            .filter_map(|place| Some((place.park_id.as_deref()?, place.id.as_str())))
            .collect();
        let mut atlas = Self {
            version: known.version,
            units: known.units.clone(),
            places: known.places.values().cloned().collect(),
            hubs: known.hubs.clone(),
            labels: Labels::default(),
            words: Vec::new(),
            at_hand: Vec::new(),
            numbers: Vec::new(),
            gcj02: Store::default(),
            wgs84: OnceLock::new(),
            lines: known.lines.clone(),
            shapes: [OnceLock::new(), OnceLock::new()],
        };
        let names: HashMap<&str, u8> =
            (0_u8..).zip(&atlas.units).map(|(n, unit)| (unit.id.as_str(), n)).collect();
        let number = |id: &str| {
            names
                .get(id)
                .copied()
                .ok_or_else(|| AppError::internal(format!("the map cannot number the unit {id}")))
        };
        for place in &atlas.places {
            let park = place.park_id.as_deref().unwrap_or(&place.unit_id);
            // What a site does not say of itself, its park says.
            let of_park = park_sites.get(park).and_then(|site| own.get(site)).copied().unwrap_or_default();
            let of_site = own.get(place.id.as_str()).copied().unwrap_or_default();
            let power = place.power_kva.map(i64::from).filter(|kva| *kva > 0);
            let power_kva = of_site.power_kva.or(power).or(of_park.power_kva);
            let set = of_site.set | of_park.set | u16::from(power_kva.is_some());
            let spent = (of_site.spent | of_park.spent) & !set;
            atlas.at_hand.push(AtHand { set, spent, power_kva });
            atlas.numbers.push(atlas.labels.number(Traits {
                kind: place.kind as u8,
                status: place.status as u8,
                unit: number(&place.unit_id)?,
                park: number(park)?,
                industries: place.industries().iter().fold(0, |set, industry| set | 1 << *industry as u16),
                utilities: set,
            }));
            let unit = known.units.iter().find(|unit| unit.id == place.unit_id);
            let unit = unit.iter().flat_map(|unit| [unit.name.as_str(), unit.name_en.as_str()]);
            atlas.words.push(place.says().chain(unit).collect::<Vec<_>>().join("\n").to_lowercase());
        }
        atlas.gcj02 = atlas.draw(Datum::Gcj02);
        Ok(atlas)
    }
}

pub fn spot(point: Point) -> Spot {
    Spot::at(point.longitude, point.latitude)
}

/// What does not fit is above every limit that can be asked for, and still known.
fn measure(value: Option<i64>) -> u32 {
    value.map_or(UNKNOWN, |value| u32::try_from(value).unwrap_or(UNKNOWN - 1).min(UNKNOWN - 1))
}

/// What the tables said at `version`.
#[derive(Default)]
struct Known {
    version: i64,
    places: BTreeMap<String, Arc<Place>>,
    utilities: Vec<SiteUtility>,
    units: Vec<NumberedUnit>,
    hubs: Vec<Feature>,
    lines: Vec<RedLine>,
}

impl Known {
    fn read(conn: &mut DbConn) -> Result<Self, AppError> {
        // The version first: what changes meanwhile is read again, never missed.
        let version = clock(conn)?;
        let places = places(conn, None)?;
        Self { version, places, ..Self::default() }.with_surroundings(conn)
    }

    /// With the rows that have changed since; `None` when there are none.
    fn caught_up(&self, conn: &mut DbConn) -> Result<Option<Self>, AppError> {
        let version = clock(conn)?;
        if version == self.version {
            return Ok(None);
        }
        let changed: Vec<String> = map_changes::table
            .filter(map_changes::version.gt(self.version))
            .select(map_changes::subject_id)
            .load(conn)?;
        if version < self.version || changed.len() > BY_NAME {
            return Self::read(conn).map(Some);
        }
        let names: HashSet<&str> = changed.iter().map(String::as_str).collect();
        let mut all = self.places.clone();
        all.retain(|id, _| !names.contains(id.as_str()));
        all.extend(places(conn, Some(changed.clone()))?);
        Self { version, places: all, ..Self::default() }.with_surroundings(conn).map(Some)
    }

    /// Units, utilities, hubs and red lines are few, and read whole.
    fn with_surroundings(mut self, conn: &mut DbConn) -> Result<Self, AppError> {
        self.utilities = SiteUtility::of_sites(conn, &[])?;
        let hubs: Vec<FeatureKind> = FeatureKind::ALL.iter().copied().filter(|kind| kind.is_hub()).collect();
        self.hubs = Feature::list(conn, &hubs)?;
        self.lines = RedLine::list(conn)?;
        let query = units::table.select((units::id, units::name, units::name_en, units::sort));
        self.units = query.order((units::sort.asc(), units::id.asc())).load(conn)?;
        Ok(self)
    }
}

fn clock(conn: &mut DbConn) -> Result<i64, AppError> {
    Ok(map_clock::table.select(map_clock::version).first(conn)?)
}

fn places(conn: &mut DbConn, ids: Option<Vec<String>>) -> Result<BTreeMap<String, Arc<Place>>, AppError> {
    use map_sites as t;
    let mut query = t::table
        .select((
            t::id,
            t::kind,
            t::unit_id,
            t::park_id,
            t::name,
            t::name_en,
            t::former_names,
            t::longitude_wgs84,
            t::latitude_wgs84,
            t::precision,
            t::industries,
            t::area_m2,
            t::price_fen_per_mu,
            t::rent_fen_per_m2_month,
            t::status,
            t::power_kva,
            t::summary,
            t::summary_en,
            t::checked_on,
            t::demo,
        ))
        .into_boxed();
    if let Some(ids) = ids {
        query = query.filter(t::id.eq_any(ids));
    }
    let rows: Vec<Place> = query.load(conn)?;
    Ok(rows.into_iter().map(|place| (place.id.clone(), Arc::new(place))).collect())
}

/// The newest atlas of this instance.
#[derive(Default)]
pub struct Wall {
    hung: ArcSwapOption<Atlas>,
    /// Held by whoever draws
    known: Mutex<Option<Arc<Known>>>,
    /// Somebody keeps it up to date
    followed: AtomicBool,
}

/// The atlas as it is now; the first call draws it and begins to follow the tables.
pub async fn atlas(app: &App) -> Result<Arc<Atlas>, AppError> {
    let wall = app.shelf.get::<Wall>();
    if let Some(atlas) = wall.hung.load_full() {
        return Ok(atlas);
    }
    let atlas = wall.catch_up(app).await?;
    if !wall.followed.swap(true, Ordering::Relaxed) {
        tokio::spawn(follow(app.clone(), wall));
    }
    Ok(atlas)
}

/// Lets whoever has just written a site find it as written; the other instances follow the hint.
pub async fn renew(app: &App) {
    let wall = app.shelf.get::<Wall>();
    if wall.hung.load().is_none() {
        return;
    }
    if let Err(e) = wall.catch_up(app).await {
        tracing::warn!(error = %e, "the map could not be brought up to date; it is looked at again");
    }
}

impl Wall {
    async fn catch_up(&self, app: &App) -> Result<Arc<Atlas>, AppError> {
        let mut known = self.known.lock().await;
        let before = known.clone();
        // Drawing takes a while in a large city: a thread of the database has the time, one that answers has not.
        let news = app
            .read(move |conn| {
                let now = match &before {
                    Some(before) => before.caught_up(conn)?,
                    None => Some(Known::read(conn)?),
                };
                now.map(|now| Ok::<_, AppError>((Atlas::of(&now)?, now))).transpose()
            })
            .await?;
        if let Some((atlas, now)) = news {
            // Whoever used WGS-84 will again.
            let asked = self.hung.load().as_ref().is_some_and(|old| old.wgs84.get().is_some());
            if asked {
                atlas.store(Datum::Wgs84);
            }
            *known = Some(Arc::new(now));
            self.hung.store(Some(Arc::new(atlas)));
        }
        self.hung.load_full().ok_or(AppError::Unavailable)
    }
}

async fn follow(app: App, wall: Arc<Wall>) {
    let mut hints = app.fan_out.subscribe(outbox::TOPIC);
    loop {
        tokio::select! { () = tokio::time::sleep(LOOK_EVERY) => {}, _ = hints.recv() => {} }
        if let Err(e) = wall.catch_up(&app).await {
            tracing::warn!(error = %e, "the map could not be brought up to date; it is looked at again");
        }
    }
}
