//! What a view shows: the rows of each cell as one cluster, and how many there are of everything.
use super::label::{Facets, LABELS, Labels, Tally};
use super::mercator::{DEEPEST, Frame, Spot, latitude, longitude};
use super::region::Region;
use super::store::{BATCH, Bunch, Filter, Store};

/// A grid is made coarser until it has no more cells than this.
const CELLS: u64 = 1024;

/// Rows that stand so near to each other that they are shown as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cluster {
    pub count: u64,
    /// Sums of the places of its rows
    x: u64,
    y: u64,
    /// The cell that it fills
    pub frame: Frame,
}

impl Cluster {
    /// Degrees of the middle of its rows.
    pub fn longitude(&self) -> f64 {
        longitude(self.x as f64 / self.count as f64 + 0.5)
    }
    pub fn latitude(&self) -> f64 {
        latitude(self.y as f64 / self.count as f64 + 0.5)
    }
}

/// Rows by cell, west to east and north to south.
struct Grid {
    level: u32,
    frame: Frame,
    columns: usize,
    cells: Vec<(u64, u64, u64)>,
}

impl Grid {
    fn over(frame: Frame, level: u32) -> Self {
        let count = |low: u32, high: u32, level: u32| u64::from(index(high, level) - index(low, level)) + 1;
        let size = |level| (count(frame.west, frame.east, level), count(frame.north, frame.south, level));
        let level = (0..=level.min(DEEPEST)).rev().find(|level| {
            let (columns, rows) = size(*level);
            columns.saturating_mul(rows) <= CELLS
        });
        let level = level.unwrap_or(0);
        let (columns, rows) = size(level);
        Self { level, frame, columns: columns as usize, cells: vec![(0, 0, 0); (columns * rows) as usize] }
    }
    fn cell(&mut self, spot: Spot) -> &mut (u64, u64, u64) {
        let column = index(spot.x, self.level) - index(self.frame.west, self.level);
        let row = index(spot.y, self.level) - index(self.frame.north, self.level);
        &mut self.cells[row as usize * self.columns + column as usize]
    }
    fn add(&mut self, bunch: Bunch) {
        let (count, x, y) = self.cell(bunch.first);
        *count += bunch.count;
        *x += bunch.x;
        *y += bunch.y;
    }
    fn clusters(&self) -> Vec<Cluster> {
        let clusters = self.cells.iter().enumerate().filter(|(_, (count, ..))| *count > 0);
        clusters
            .map(|(at, (count, x, y))| {
                let corner = |first: u32, n: usize| {
                    (index(first, self.level) + n as u32).checked_shl(DEEPEST - self.level).unwrap_or(0)
                };
                let spot = Spot {
                    x: corner(self.frame.west, at % self.columns),
                    y: corner(self.frame.north, at / self.columns),
                };
                Cluster { count: *count, x: *x, y: *y, frame: Frame::cell(spot, self.level) }
            })
            .collect()
    }
}

/// Number of the cell of a level in one direction.
fn index(step: u32, level: u32) -> u32 {
    step.checked_shr(DEEPEST - level).unwrap_or(0)
}

/// The clusters of a region in cells of `level`, or of a coarser one when there would be too many cells.
pub fn clusters(
    store: &Store,
    labels: &Labels,
    region: &Region,
    filter: &Filter,
    level: u32,
) -> Vec<Cluster> {
    let Some(frame) = region.frame() else { return Vec::new() };
    let mut grid = Grid::over(frame, level);
    store.each_cell(region, &filter.sieve(labels), grid.level, |bunch| grid.add(bunch));
    grid.clusters()
}

/// The clusters of a region, and how many rows there are of each value of each set.
pub fn clusters_and_facets(
    store: &Store,
    labels: &Labels,
    region: &Region,
    filter: &Filter,
    level: u32,
) -> (Vec<Cluster>, Facets) {
    let Some(frame) = region.frame() else { return (Vec::new(), Facets::default()) };
    let mut grid = Grid::over(frame, level);
    let mut tally = Tally::new(labels);
    let sieve = filter.sieve(labels).almost();
    let mut fitting = Vec::with_capacity(BATCH);
    store.each(region, &sieve, |rows| {
        fitting.clear();
        let fitting = if sieve.asks_no_label() {
            rows
        } else {
            for row in rows {
                match sieve.missed(store, *row) {
                    None => fitting.push(*row),
                    Some(label) => tally.add(store, label, &[*row]),
                }
            }
            fitting.as_slice()
        };
        (0..LABELS).for_each(|label| tally.add(store, label, fitting));
        fitting.iter().for_each(|row| grid.add(Bunch::of(store.spot(*row))));
    });
    (grid.clusters(), tally.facets(labels, &filter.choice))
}

/// Four cells become one, again and again, until there are no more than `most` clusters.
pub fn merged(mut clusters: Vec<Cluster>, most: usize) -> Vec<Cluster> {
    while let Some(frame) = clusters.first().map(|one| one.frame).filter(|_| clusters.len() > most) {
        // A cell of level n shares its first n bits from side to side.
        let Some(level) = (frame.west ^ frame.east).leading_zeros().checked_sub(1) else { break };
        let mut coarser: Vec<Cluster> = Vec::with_capacity(clusters.len());
        let mut places = std::collections::HashMap::new();
        for cluster in clusters {
            let frame = Frame::cell(cluster.frame.first(), level);
            let at = *places.entry(frame).or_insert(coarser.len());
            match coarser.get_mut(at) {
                Some(known) => {
                    known.count += cluster.count;
                    known.x += cluster.x;
                    known.y += cluster.y;
                }
                None => coarser.push(Cluster { frame, ..cluster }),
            }
        }
        clusters = coarser;
    }
    clusters
}

/// The keys of all rows in a region that meet the filter, in no order that means anything.
pub fn keys(store: &Store, labels: &Labels, region: &Region, filter: &Filter) -> Vec<u32> {
    let mut keys = Vec::new();
    store.each(region, &filter.sieve(labels), |rows| keys.extend(rows.iter().map(|row| store.key(*row))));
    keys
}
