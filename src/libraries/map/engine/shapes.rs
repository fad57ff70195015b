//! Polygons by place: which red lines come into a view.
use super::label::{Labels, Traits};
use super::mercator::{Frame, Spot};
use super::region::{Polygon, Region, Shape, Touch};
use super::store::{Filter, MEASURES, Row, Store, UNKNOWN};

/// Polygons, found by the middles of their frames. None is larger than the largest, so that a view grown by half
/// of that one holds the middle of everything that reaches into it.
#[derive(Debug, Clone, Default)]
pub struct Shapes {
    middles: Store,
    labels: Labels,
    polygons: Vec<Polygon>,
    /// Half the longer side of the largest
    reach: u32,
}

impl Shapes {
    pub fn build(polygons: Vec<Polygon>) -> Self {
        let mut labels = Labels::default();
        let none = labels.number(Traits::default());
        let (mut rows, mut reach) = (Vec::with_capacity(polygons.len()), 0);
        for (key, polygon) in (0_u32..).zip(&polygons) {
            let frame = polygon.frame();
            let (wide, high) = ((frame.east - frame.west) / 2, (frame.south - frame.north) / 2);
            let spot = Spot { x: frame.west + wide, y: frame.north + high };
            rows.push(Row { spot, labels: none, measures: [UNKNOWN; MEASURES], key });
            reach = reach.max(wide).max(high);
        }
        Self { middles: Store::build(&rows), labels, polygons, reach: reach + 1 }
    }
    /// Numbers of the polygons that have anything in common with the view, in the order they were given.
    pub fn meeting(&self, view: Frame) -> Vec<u32> {
        let region = Region::world().within(Shape::Frame(view.grown(self.reach)));
        let filter = Filter::default();
        let mut found = Vec::new();
        self.middles.each(&region, &filter.sieve(&self.labels), |rows| {
            let keys = rows.iter().map(|row| self.middles.key(*row));
            found.extend(keys.filter(|key| {
                self.polygons.get(*key as usize).is_some_and(|polygon| polygon.touch(view) != Touch::Outside)
            }));
        });
        found.sort_unstable();
        found
    }
}
