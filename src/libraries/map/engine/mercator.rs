//! The world as a square of 2³² by 2³² steps, and the Z-shaped walk through it.
use std::f64::consts::PI;

/// Levels of the quadtree: a cell of level 0 is the world, one of level 32 a single step.
pub const DEEPEST: u32 = 32;
const SIDE: f64 = 4_294_967_296.0;
/// Where Mercator's world is cut off to be a square.
const TOP: f64 = 85.051_128_779_806_6;

/// A place in steps from the world's north-west corner. A step is less than a centimetre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    pub x: u32,
    pub y: u32,
}

impl Spot {
    /// From degrees; what lies outside the world is taken to its edge.
    pub fn at(longitude: f64, latitude: f64) -> Self {
        let sine = latitude.clamp(-TOP, TOP).to_radians().sin();
        let x = longitude / 360.0 + 0.5;
        let y = 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI);
        // A cast from a float stops at the ends of the range, which are the edges of the world.
        Self { x: (x * SIDE) as u32, y: (y * SIDE) as u32 }
    }
    /// Degrees, of the middle of the step.
    pub fn longitude(self) -> f64 {
        longitude(f64::from(self.x) + 0.5)
    }
    pub fn latitude(self) -> f64 {
        latitude(f64::from(self.y) + 0.5)
    }
    /// The bits of `x` and `y` in turn: spots that are near in the plane are near in this order.
    pub fn code(self) -> u64 {
        spread(self.x) | spread(self.y) << 1
    }
    pub fn from_code(code: u64) -> Self {
        Self { x: gather(code), y: gather(code >> 1) }
    }
}

/// Degrees of a place given in steps, which need not be whole.
pub fn longitude(x: f64) -> f64 {
    (x / SIDE - 0.5) * 360.0
}
pub fn latitude(y: f64) -> f64 {
    northing(y).sinh().atan().to_degrees()
}
/// Mercator's northing of a row of steps, in radians of the equator.
pub fn northing(y: f64) -> f64 {
    PI * (1.0 - 2.0 * y / SIDE)
}

/// Puts a zero before every bit.
fn spread(n: u32) -> u64 {
    let mut n = u64::from(n);
    n = (n | n << 16) & 0x0000_ffff_0000_ffff;
    n = (n | n << 8) & 0x00ff_00ff_00ff_00ff;
    n = (n | n << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    n = (n | n << 2) & 0x3333_3333_3333_3333;
    (n | n << 1) & 0x5555_5555_5555_5555
}

/// Takes every other bit away again.
fn gather(n: u64) -> u32 {
    let mut n = n & 0x5555_5555_5555_5555;
    n = (n | n >> 1) & 0x3333_3333_3333_3333;
    n = (n | n >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    n = (n | n >> 4) & 0x00ff_00ff_00ff_00ff;
    n = (n | n >> 8) & 0x0000_ffff_0000_ffff;
    (n | n >> 16) as u32
}

/// An upright rectangle of steps; all four sides belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frame {
    pub west: u32,
    pub north: u32,
    pub east: u32,
    pub south: u32,
}

impl Frame {
    pub const WORLD: Self = Self { west: 0, north: 0, east: u32::MAX, south: u32::MAX };

    /// From degrees; `None` when it is turned inside out.
    pub fn of_degrees(west: f64, south: f64, east: f64, north: f64) -> Option<Self> {
        let (low, high) = (Spot::at(west, north), Spot::at(east, south));
        let frame = Self { west: low.x, north: low.y, east: high.x, south: high.y };
        (frame.west <= frame.east && frame.north <= frame.south).then_some(frame)
    }
    /// The cell of a level that holds the spot.
    pub fn cell(spot: Spot, level: u32) -> Self {
        let inside = u32::MAX.checked_shr(level).unwrap_or(0);
        let (west, north) = (spot.x & !inside, spot.y & !inside);
        Self { west, north, east: west | inside, south: north | inside }
    }
    /// Grown to whole cells of a level, so that a view moved by less than a cell asks the same question.
    pub fn snapped(self, level: u32) -> Self {
        let (first, last) = (self.first(), self.last());
        let (low, high) = (Self::cell(first, level), Self::cell(last, level));
        Self { west: low.west, north: low.north, east: high.east, south: high.south }
    }
    pub fn first(self) -> Spot {
        Spot { x: self.west, y: self.north }
    }
    pub fn last(self) -> Spot {
        Spot { x: self.east, y: self.south }
    }
    pub fn corners(self) -> [Spot; 4] {
        [
            self.first(),
            Spot { x: self.east, y: self.north },
            self.last(),
            Spot { x: self.west, y: self.south },
        ]
    }
    /// The one, two or four cells that hold the rectangle, of the finest level at which so few do.
    pub fn cells(self) -> impl Iterator<Item = Self> {
        let longer = (self.east - self.west).max(self.south - self.north);
        let level = longer.leading_zeros().min(DEEPEST);
        let cells = self.corners().map(|corner| Self::cell(corner, level));
        (0..4).filter(move |n| !cells[..*n].contains(&cells[*n])).map(move |n| cells[n])
    }
    pub fn holds(self, spot: Spot) -> bool {
        self.west <= spot.x && spot.x <= self.east && self.north <= spot.y && spot.y <= self.south
    }
    pub fn encloses(self, other: Self) -> bool {
        self.holds(other.first()) && self.holds(other.last())
    }
    /// What both have in common.
    pub fn meet(self, other: Self) -> Option<Self> {
        let frame = Self {
            west: self.west.max(other.west),
            north: self.north.max(other.north),
            east: self.east.min(other.east),
            south: self.south.min(other.south),
        };
        (frame.west <= frame.east && frame.north <= frame.south).then_some(frame)
    }
    /// Wider by so many steps on every side.
    pub fn grown(self, by: u32) -> Self {
        Self {
            west: self.west.saturating_sub(by),
            north: self.north.saturating_sub(by),
            east: self.east.saturating_add(by),
            south: self.south.saturating_add(by),
        }
    }
    /// West, south, east, north in degrees, from edge to edge.
    pub fn degrees(self) -> [f64; 4] {
        [
            longitude(f64::from(self.west)),
            latitude(f64::from(self.south) + 1.0),
            longitude(f64::from(self.east) + 1.0),
            latitude(f64::from(self.north)),
        ]
    }
}
