//! The columns, sorted along the Z-shaped walk, and the search through them.
use std::ops::Range;

use super::label::{Choice, LABELS, Labels};
use super::mercator::{DEEPEST, Frame, Spot};
use super::region::{Region, Touch};

/// How many measures a row has: area, price, rent and power.
pub const MEASURES: usize = 4;
/// A measure that nobody knows; it meets no limit.
pub const UNKNOWN: u32 = u32::MAX;
/// So few rows are looked at one by one, where each must be placed: to split them further would cost more.
const LEAF: usize = 64;
/// As many are sifted in one go: a row that a condition drops costs less than a step down.
const SIFTED: usize = 192;
/// One row in so many has its code among the marks.
const MARK: usize = 32;
/// Rows that pass through the sieve together.
pub const BATCH: usize = 256;

/// One row as it is put in.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub spot: Spot,
    /// Numbers in [`Labels`]
    pub labels: [u16; LABELS],
    pub measures: [u32; MEASURES],
    /// What the caller knows the row by
    pub key: u32,
}

/// All rows, column by column, in the order of [`Spot::code`].
#[derive(Debug, Clone, Default)]
pub struct Store {
    codes: Vec<u64>,
    /// The first code of every [`MARK`] rows
    marks: Vec<u64>,
    spots: Vec<Spot>,
    labels: [Vec<u16>; LABELS],
    measures: [Vec<u32>; MEASURES],
    keys: Vec<u32>,
    /// Sum of `x` and of `y` of all rows before each row, and of all at the end.
    sums: Vec<(u64, u64)>,
}

/// Neighbouring rows that the search came to.
struct Run {
    rows: Range<usize>,
    /// All of them lie in the region.
    whole: bool,
    /// All of them lie in one cell of the level that was asked for.
    together: bool,
}

impl Store {
    pub fn build(rows: &[Row]) -> Self {
        let mut order: Vec<(u64, u32)> = (0_u32..).zip(rows).map(|(n, row)| (row.spot.code(), n)).collect();
        order.sort_unstable();
        let sorted = || order.iter().filter_map(|(_, n)| rows.get(*n as usize));
        let mut sums = Vec::with_capacity(rows.len() + 1);
        let mut sum = (0, 0);
        sums.push(sum);
        for row in sorted() {
            sum = (sum.0 + u64::from(row.spot.x), sum.1 + u64::from(row.spot.y));
            sums.push(sum);
        }
        Self {
            marks: order.iter().step_by(MARK).map(|(code, _)| *code).collect(),
            codes: order.iter().map(|(code, _)| *code).collect(),
            spots: sorted().map(|row| row.spot).collect(),
            labels: std::array::from_fn(|n| sorted().map(|row| row.labels[n]).collect()),
            measures: std::array::from_fn(|n| sorted().map(|row| row.measures[n]).collect()),
            keys: sorted().map(|row| row.key).collect(),
            sums,
        }
    }
    pub fn len(&self) -> usize {
        self.codes.len()
    }
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }
    /// Bytes of all columns.
    pub fn size(&self) -> usize {
        let column = self.codes.len();
        column * (8 + 8 + 2 * LABELS + 4 * MEASURES + 4) + self.sums.len() * 16 + self.marks.len() * 8
    }

    pub fn spot(&self, row: u32) -> Spot {
        self.spots[row as usize]
    }
    pub fn key(&self, row: u32) -> u32 {
        self.keys[row as usize]
    }
    /// One label of all rows.
    pub fn label(&self, label: usize) -> &[u16] {
        &self.labels[label]
    }

    /// Every row in the region that the sieve lets through, in batches.
    pub fn each(&self, region: &Region, sieve: &Sieve<'_>, mut found: impl FnMut(&[u32])) {
        self.walk(region, 0, sieve.leaf(), &mut |run| {
            self.sift(run.rows, run.whole, region, sieve, &mut found)
        });
    }

    /// As [`Self::each`], but neighbours that lie in one cell of `level` come together, without a look at any of
    /// them where everything is let through.
    pub fn each_cell(&self, region: &Region, sieve: &Sieve<'_>, level: u32, mut found: impl FnMut(Bunch)) {
        let finest = if sieve.open { level } else { 0 };
        self.walk(region, finest, sieve.leaf(), &mut |run| {
            if sieve.open && run.whole && run.together {
                let (from, to) = (self.sums[run.rows.start], self.sums[run.rows.end]);
                let count = run.rows.len() as u64;
                found(Bunch { first: self.spots[run.rows.start], count, x: to.0 - from.0, y: to.1 - from.1 });
            } else {
                self.sift(run.rows, run.whole, region, sieve, &mut |rows| {
                    rows.iter().for_each(|row| found(Bunch::of(self.spot(*row))));
                });
            }
        });
    }

    /// Begins at the one, two or four cells as large as the region in which it lies, so that a small view does not
    /// pay for the way down from the whole world.
    fn walk(&self, region: &Region, finest: u32, leaf: usize, visit: &mut impl FnMut(Run)) {
        let Some(frame) = region.frame() else { return };
        for cell in frame.cells() {
            self.descend(self.rows_of(cell), region, finest, leaf, visit);
        }
    }

    /// Goes down the quadtree that the sorted codes are. A node is a range of rows that share a prefix; it is left
    /// out, taken whole, taken as a leaf, or split at the next two bits. `finest` is the level down to which nodes
    /// that lie wholly inside are split, too.
    fn descend(
        &self,
        rows: Range<usize>,
        region: &Region,
        finest: u32,
        leaf: usize,
        visit: &mut impl FnMut(Run),
    ) {
        let (Some(first), Some(last)) =
            (self.codes.get(rows.start), self.codes.get(rows.end.wrapping_sub(1)))
        else {
            return;
        };
        if rows.is_empty() {
            return;
        }
        // Levels on which all rows go the same way are skipped.
        let level = (first ^ last).leading_zeros() / 2;
        let whole = match region.touch(Frame::cell(Spot::from_code(*first), level)) {
            Touch::Outside => return,
            Touch::Partly => false,
            Touch::Inside => true,
        };
        let together = level >= finest;
        if whole && together || rows.len() <= leaf || level == DEEPEST {
            visit(Run { rows, whole, together });
            return;
        }
        let shift = 64 - 2 * (level + 1);
        let quarters = first >> shift & !3;
        let mut start = rows.start;
        for quarter in 1..=4 {
            let end = match quarter {
                4 => rows.end,
                n => self.first_from(start..rows.end, (quarters | n) << shift),
            };
            self.descend(start..end, region, finest, leaf, visit);
            start = end;
        }
    }

    /// The rows in a cell of the quadtree.
    fn rows_of(&self, cell: Frame) -> Range<usize> {
        let (first, last) = (cell.first().code(), cell.last().code());
        let start = self.first_from(0..self.codes.len(), first);
        let end = match last.checked_add(1) {
            Some(next) => self.first_from(start..self.codes.len(), next),
            None => self.codes.len(),
        };
        start..end
    }

    /// The first of these rows whose code is not below `code`: first by the marks, which are so few that they stay
    /// in the processor's cache, then among the rows between two of them.
    fn first_from(&self, rows: Range<usize>, code: u64) -> usize {
        let (from, to) = (rows.start.div_ceil(MARK), rows.end.div_ceil(MARK));
        let Some(marks) = self.marks.get(from..to) else { return rows.start };
        let passed = from + marks.partition_point(|mark| *mark < code);
        let start = rows.start.max(passed.saturating_sub(1) * MARK);
        let end = rows.end.min(passed * MARK).max(start);
        start + self.codes[start..end].partition_point(|own| *own < code)
    }

    /// Thins a run out condition by condition, the cheapest first. Each pass writes the rows that stay to the
    /// front of the list without a branch, so that nothing has to be guessed.
    fn sift(
        &self,
        rows: Range<usize>,
        whole: bool,
        region: &Region,
        sieve: &Sieve<'_>,
        found: &mut impl FnMut(&[u32]),
    ) {
        let mut picked = [0_u32; BATCH];
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min(start + BATCH);
            let mut n = end - start;
            for (place, row) in picked.iter_mut().zip(start as u32..end as u32) {
                *place = row;
            }
            match sieve.asked.as_slice() {
                // What misses the only label that is asked about may still be counted by a facet.
                [_] if sieve.almost => {}
                asked if sieve.almost => {
                    let missed = |row| {
                        let misses =
                            |(label, fits): &(usize, Vec<bool>)| !fits[self.labels[*label][row] as usize];
                        asked.iter().map(|one| u8::from(misses(one))).sum::<u8>()
                    };
                    n = thin(&mut picked, n, |row| missed(row) < 2);
                }
                asked => {
                    for (label, fits) in asked {
                        let column = &self.labels[*label];
                        n = thin(&mut picked, n, |row| fits[column[row] as usize]);
                    }
                }
            }
            for (measure, low, high) in &sieve.limits {
                let column = &self.measures[*measure];
                n = thin(&mut picked, n, |row| (*low..=*high).contains(&column[row]));
            }
            if !whole {
                n = thin(&mut picked, n, |row| region.holds(self.spots[row]));
            }
            if let Some(only) = sieve.only {
                n = thin(&mut picked, n, |row| only.has(self.keys[row]));
            }
            found(&picked[..n]);
            start = end;
        }
    }
}

/// Keeps what passes at the front, in order; gives how many there are.
fn thin(picked: &mut [u32; BATCH], n: usize, passes: impl Fn(usize) -> bool) -> usize {
    let mut kept = 0;
    for at in 0..n {
        let row = picked[at];
        picked[kept] = row;
        kept += usize::from(passes(row as usize));
    }
    kept
}

/// Rows of one cell: how many, and the sums of their places.
#[derive(Debug, Clone, Copy)]
pub struct Bunch {
    pub first: Spot,
    pub count: u64,
    pub x: u64,
    pub y: u64,
}

impl Bunch {
    pub fn of(spot: Spot) -> Self {
        Self { first: spot, count: 1, x: u64::from(spot.x), y: u64::from(spot.y) }
    }
}

/// What a row must be, besides lying in the region.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub choice: Choice,
    /// Least and most of each measure, both included
    pub limits: [Option<(u32, u32)>; MEASURES],
    /// Only these keys, such as those that hold a word
    pub only: Option<Keys>,
}

impl Filter {
    /// Made ready for rows with these labels.
    pub fn sieve<'a>(&'a self, labels: &Labels) -> Sieve<'a> {
        let limits = self.limits.iter().enumerate().filter_map(|(n, limit)| {
            // What nobody knows is above every limit.
            limit.map(|(low, high)| (n, low, high.min(UNKNOWN - 1)))
        });
        let (asked, limits, only) =
            (labels.judged(&self.choice), limits.collect::<Vec<_>>(), self.only.as_ref());
        let open = asked.is_empty() && limits.is_empty() && only.is_none();
        Sieve { asked, limits, only, open, almost: false }
    }
}

/// A [`Filter`] with every value of every label already judged.
#[derive(Debug)]
pub struct Sieve<'a> {
    asked: Vec<(usize, Vec<bool>)>,
    limits: Vec<(usize, u32, u32)>,
    only: Option<&'a Keys>,
    /// Lets everything through
    open: bool,
    /// Also lets through what misses one label: a facet counts it
    almost: bool,
}

impl Sieve<'_> {
    #[must_use]
    pub fn almost(self) -> Self {
        Self { almost: true, ..self }
    }
    fn leaf(&self) -> usize {
        if self.open { LEAF } else { SIFTED }
    }
    pub fn asks_no_label(&self) -> bool {
        self.asked.is_empty()
    }
    /// The label that a row misses, if it does.
    pub fn missed(&self, store: &Store, row: u32) -> Option<usize> {
        let missed =
            self.asked.iter().find(|(label, fits)| !fits[store.labels[*label][row as usize] as usize]);
        missed.map(|(label, _)| *label)
    }
}

/// A set of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<u64>);

impl Keys {
    pub fn add(&mut self, key: u32) {
        let word = key as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (key % 64);
    }
    pub fn has(&self, key: u32) -> bool {
        self.0.get(key as usize / 64).is_some_and(|word| word >> (key % 64) & 1 == 1)
    }
}
