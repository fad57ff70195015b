//! Where to look: rectangles, drawn polygons and circles, and how a cell of the quadtree lies to them.
use super::mercator::{Frame, Spot, longitude, northing};

/// The sphere on which distances are measured, in metres.
const EARTH: f64 = 6_371_008.8;

/// How a rectangle lies to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Outside,
    /// Some of it may be inside: every spot has to be asked.
    Partly,
    Inside,
}

/// Shapes all of which a spot must lie in; none at all is the whole world.
#[derive(Debug, Clone, Default)]
pub struct Region(Vec<Shape>);

#[derive(Debug, Clone)]
pub enum Shape {
    Frame(Frame),
    Polygon(Polygon),
    /// Inside any of them.
    Discs(Vec<Disc>),
}

impl Region {
    pub fn world() -> Self {
        Self::default()
    }
    #[must_use]
    pub fn within(mut self, shape: Shape) -> Self {
        self.0.push(shape);
        self
    }
    pub fn holds(&self, spot: Spot) -> bool {
        self.0.iter().all(|shape| match shape {
            Shape::Frame(frame) => frame.holds(spot),
            Shape::Polygon(polygon) => polygon.holds(spot),
            Shape::Discs(discs) => discs.iter().any(|disc| disc.holds(spot)),
        })
    }
    pub fn touch(&self, frame: Frame) -> Touch {
        let mut all = Touch::Inside;
        for shape in &self.0 {
            match shape.touch(frame) {
                Touch::Outside => return Touch::Outside,
                Touch::Partly => all = Touch::Partly,
                Touch::Inside => {}
            }
        }
        all
    }
    /// The smallest rectangle that is known to hold the region; `None` when nothing can be inside.
    pub fn frame(&self) -> Option<Frame> {
        self.0.iter().try_fold(Frame::WORLD, |frame, shape| frame.meet(shape.frame()?))
    }
}

impl Shape {
    fn touch(&self, frame: Frame) -> Touch {
        match self {
            Self::Frame(own) if own.encloses(frame) => Touch::Inside,
            Self::Frame(own) if own.meet(frame).is_some() => Touch::Partly,
            Self::Frame(_) => Touch::Outside,
            Self::Polygon(polygon) => polygon.touch(frame),
            Self::Discs(discs) => discs.iter().fold(Touch::Outside, |so_far, disc| match so_far {
                Touch::Inside => Touch::Inside,
                Touch::Partly if disc.touch(frame) == Touch::Outside => Touch::Partly,
                _ => disc.touch(frame),
            }),
        }
    }
    fn frame(&self) -> Option<Frame> {
        match self {
            Self::Frame(frame) => Some(*frame),
            Self::Polygon(polygon) => Some(polygon.frame),
            Self::Discs(discs) => discs.iter().map(|disc| disc.frame).reduce(around),
        }
    }
}

fn around(a: Frame, b: Frame) -> Frame {
    Frame {
        west: a.west.min(b.west),
        north: a.north.min(b.north),
        east: a.east.max(b.east),
        south: a.south.max(b.south),
    }
}

/// A closed ring. Where it crosses itself, what is surrounded twice lies outside (the even-odd rule).
#[derive(Debug, Clone)]
pub struct Polygon {
    ring: Vec<Spot>,
    frame: Frame,
}

impl Polygon {
    /// `None` for fewer than three corners. The last corner need not repeat the first.
    pub fn new(mut ring: Vec<Spot>) -> Option<Self> {
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if ring.len() < 3 {
            return None;
        }
        let dot = |spot: &Spot| Frame { west: spot.x, north: spot.y, east: spot.x, south: spot.y };
        let frame = ring.iter().map(dot).reduce(around)?;
        Some(Self { ring, frame })
    }
    pub fn frame(&self) -> Frame {
        self.frame
    }
    fn edges(&self) -> impl Iterator<Item = (Spot, Spot)> {
        let ends = self.ring.iter().skip(1).chain(self.ring.first());
        self.ring.iter().zip(ends).map(|(a, b)| (*a, *b))
    }
    /// Whether a line from the spot to the east leaves the ring once more than it enters it.
    pub fn holds(&self, spot: Spot) -> bool {
        let mut inside = false;
        for (a, b) in self.edges() {
            if (a.y > spot.y) != (b.y > spot.y) && (side(a, b, spot) > 0) == (b.y > a.y) {
                inside = !inside;
            }
        }
        inside
    }
    pub fn touch(&self, frame: Frame) -> Touch {
        if self.frame.meet(frame).is_none() {
            return Touch::Outside;
        }
        if self.edges().any(|(a, b)| crosses(a, b, frame)) {
            return Touch::Partly;
        }
        // No edge comes near: all of the rectangle is where its corner is.
        if self.holds(frame.first()) { Touch::Inside } else { Touch::Outside }
    }
}

/// Which side of the line from `a` to `b` the spot is on: positive, negative, or zero on the line.
fn side(a: Spot, b: Spot, spot: Spot) -> i128 {
    let d = |to: u32, from: u32| i128::from(to) - i128::from(from);
    d(b.x, a.x) * d(spot.y, a.y) - d(b.y, a.y) * d(spot.x, a.x)
}

/// Whether an edge and a rectangle have anything in common.
fn crosses(a: Spot, b: Spot, frame: Frame) -> bool {
    let beside = a.x.max(b.x) < frame.west
        || a.x.min(b.x) > frame.east
        || a.y.max(b.y) < frame.north
        || a.y.min(b.y) > frame.south;
    if beside {
        return false;
    }
    let sides = frame.corners().map(|corner| side(a, b, corner));
    !(sides.iter().all(|s| *s > 0) || sides.iter().all(|s| *s < 0))
}

/// All within a distance of a place, on the sphere.
#[derive(Debug, Clone, Copy)]
pub struct Disc {
    longitude: f64,
    sine: f64,
    cosine: f64,
    /// Cosine of the radius as an angle: what is nearer has a larger one.
    reach: f64,
    frame: Frame,
}

impl Disc {
    /// Degrees and metres; the radius is at most a quarter of the way round.
    pub fn new(longitude: f64, latitude: f64, metres: f64) -> Self {
        let angle = (metres / EARTH).clamp(0.0, std::f64::consts::FRAC_PI_2);
        let (sine, cosine) = latitude.to_radians().sin_cos();
        let wide = (angle.sin() / cosine).clamp(-1.0, 1.0).asin().to_degrees();
        let high = angle.to_degrees();
        let frame = Frame::of_degrees(longitude - wide, latitude - high, longitude + wide, latitude + high);
        Self {
            longitude: longitude.to_radians(),
            sine,
            cosine,
            reach: angle.cos(),
            // Grown by a step, so that rounding cannot lose what lies on the rim.
            frame: frame.unwrap_or(Frame::WORLD).grown(1),
        }
    }
    pub fn holds(&self, spot: Spot) -> bool {
        self.nearness(spot) >= self.reach
    }
    /// Cosine of the angle between the middle and the spot.
    fn nearness(&self, spot: Spot) -> f64 {
        // Of Mercator's northing, the sine of the latitude is tanh and its cosine 1/cosh: one exp() gives both.
        let e = northing(f64::from(spot.y) + 0.5).exp();
        let square = e * e;
        let (sine, cosine) = ((square - 1.0) / (square + 1.0), 2.0 * e / (square + 1.0));
        let east = longitude(f64::from(spot.x) + 0.5).to_radians() - self.longitude;
        self.sine * sine + self.cosine * cosine * east.cos()
    }
    fn touch(&self, frame: Frame) -> Touch {
        if self.frame.meet(frame).is_none() {
            return Touch::Outside;
        }
        // Along a parallel and along a meridian the farthest spot is an end: the corners speak for all.
        const ROUNDING: f64 = 1e-15;
        if frame.corners().iter().all(|corner| self.nearness(*corner) >= self.reach + ROUNDING) {
            Touch::Inside
        } else {
            Touch::Partly
        }
    }
}
