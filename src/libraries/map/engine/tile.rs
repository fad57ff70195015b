//! Mapbox vector tiles, version 2: what a view shows, in the numbers of a tile. The format is Protocol Buffers;
//! of these a tile needs varints and strings, which are written here.
use std::collections::HashMap;

/// Units along each side of a tile.
pub const EXTENT: u32 = 4096;
const CLOSE_PATH: u32 = 15;

/// A property of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Text(String),
    Number(u64),
    Truth(bool),
}

/// One named layer that is being written.
#[derive(Debug, Default)]
pub struct Layer {
    name: String,
    features: Vec<u8>,
    keys: Dictionary<&'static str>,
    values: Dictionary<Value>,
}

/// Each key and value of a layer is written once and named by its number.
#[derive(Debug)]
struct Dictionary<T> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Dictionary<T> {
    fn number(&mut self, value: T) -> u32 {
        *self.numbers.entry(value).or_insert_with_key(|value| {
            self.all.push(value.clone());
            (self.all.len() - 1) as u32
        })
    }
}

impl Layer {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A point, in units of the tile from its north-west corner.
    pub fn point(&mut self, (x, y): (i32, i32), properties: impl IntoIterator<Item = (&'static str, Value)>) {
        let geometry = [command(1, 1), zigzag(x), zigzag(y)];
        self.feature(1, &geometry, properties);
    }

    /// A closed ring, clockwise as seen on the screen; its last corner does not repeat the first.
    pub fn polygon(
        &mut self,
        ring: &[(i32, i32)],
        properties: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        let Some(((x, y), rest)) = ring.split_first() else { return };
        let mut geometry = vec![command(1, 1), zigzag(*x), zigzag(*y), command(2, rest.len() as u32)];
        let (mut from_x, mut from_y) = (*x, *y);
        for (x, y) in rest {
            geometry.extend([zigzag(x.wrapping_sub(from_x)), zigzag(y.wrapping_sub(from_y))]);
            (from_x, from_y) = (*x, *y);
        }
        geometry.push(CLOSE_PATH);
        self.feature(3, &geometry, properties);
    }

    fn feature(
        &mut self,
        geometry_type: u64,
        geometry: &[u32],
        properties: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        let mut tags = Vec::new();
        for (key, value) in properties {
            varint(&mut tags, self.keys.number(key).into());
            varint(&mut tags, self.values.number(value).into());
        }
        let mut packed = Vec::new();
        geometry.iter().for_each(|number| varint(&mut packed, (*number).into()));
        let mut feature = Vec::new();
        bytes(&mut feature, 2, &tags);
        number(&mut feature, 3, geometry_type);
        bytes(&mut feature, 4, &packed);
        bytes(&mut self.features, 2, &feature);
    }

    /// Puts the layer into a tile; an empty one leaves no trace, as the format wants it.
    pub fn write(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut layer = Vec::with_capacity(self.features.len() + 256);
        number(&mut layer, 15, 2);
        bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend(self.features);
        self.keys.all.iter().for_each(|key| bytes(&mut layer, 3, key.as_bytes()));
        for value in &self.values.all {
            let mut written = Vec::new();
            match value {
                Value::Text(text) => bytes(&mut written, 1, text.as_bytes()),
                Value::Number(n) => number(&mut written, 5, *n),
                Value::Truth(truth) => number(&mut written, 7, (*truth).into()),
            }
            bytes(&mut layer, 4, &written);
        }
        number(&mut layer, 5, EXTENT.into());
        bytes(tile, 3, &layer);
    }
}

fn command(id: u32, count: u32) -> u32 {
    id | count << 3
}

/// Small numbers of either sign become small numbers.
fn zigzag(n: i32) -> u32 {
    (n << 1 ^ n >> 31).cast_unsigned()
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n > 0x7f {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn number(out: &mut Vec<u8>, field: u64, n: u64) {
    varint(out, field << 3);
    varint(out, n);
}

fn bytes(out: &mut Vec<u8>, field: u64, content: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_written_as_the_format_says() {
        let mut layer = Layer::new("a");
        layer.point((1, -1), [("k", Value::Number(300))]);
        let mut tile = Vec::new();
        layer.write(&mut tile);
        let feature = [0x12, 11, 0x12, 2, 0, 0, 0x18, 1, 0x22, 3, 9, 2, 1];
        let mut layer = vec![0x78, 2, 0x0a, 1, b'a'];
        layer.extend(feature);
        layer.extend([0x1a, 1, b'k', 0x22, 3, 0x28, 0xac, 0x02, 0x28, 0x80, 0x20]);
        assert_eq!(tile, [&[0x1a, layer.len() as u8][..], &layer].concat());
    }

    #[test]
    fn a_ring_goes_from_corner_to_corner_and_is_closed() {
        let mut layer = Layer::new("a");
        layer.polygon(&[(0, 0), (10, 0), (10, 10)], []);
        assert_eq!(&layer.features[layer.features.len() - 9..], [9, 0, 0, 18, 20, 0, 0, 20, 15]);
    }

    #[test]
    fn nothing_is_an_empty_tile() {
        let mut tile = Vec::new();
        Layer::new("a").write(&mut tile);
        assert!(tile.is_empty());
    }
}
