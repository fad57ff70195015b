//! The map's engine: a million places on a phone's screen in less than a millisecond.
//!
//! # The question
//!
//! A person moves a map. The screen shows a rectangle of the world, and wants to know: of all places that meet
//! my filters, how many lie in each thumb-sized cell, and how many are there of each kind, industry and unit?
//! The filters are any mixture of sets, limits, words, a drawn polygon and a distance, so that nothing can be
//! counted beforehand; and the answer must be exact, for the list beside the map counts the same places.
//!
//! # The idea: a sorted array is a quadtree
//!
//! Web maps cut the world into four squares, each of these into four, and so on. Give every place two whole
//! numbers from 0 to 2³², its steps east and south in Mercator's projection ([`mercator::Spot`]), and write their
//! bits in turn into one 64-bit number: y₃₁ x₃₁ y₃₀ x₃₀ … (Morton, 1966). The first two bits name the quarter of
//! the world, the next two the quarter of that quarter:
//!
//! ```text
//!   00 | 01        0000 0001 | 0100 0101
//!   ---+---        0010 0011 | 0110 0111
//!   10 | 11        ----------+----------     a cell of level n  =  all codes with the same first 2n bits
//!                  1000 1001 | 1100 1101                        =  one unbroken stretch of the sorted array
//!                  1010 1011 | 1110 1111
//! ```
//!
//! So sort the places by this code once, and the tree is there without a node or a pointer: a node is a range
//! `lo..hi`, its four children are found by three binary searches in it, and a level on which all rows go the
//! same way is skipped by counting the leading zeros of `first ^ last` ([`store`], function `walk`).
//!
//! # Columns
//!
//! Each fact stands in an array of its own in that order: code, place, labels, area, price, rent, power, key. A
//! query reads only the columns that it asks about, from front to back, which is what memory is fast at. Three
//! things make the reading cheap:
//!
//! 1. **Running sums.** `sums[hi] - sums[lo]` is the sum of the places in `lo..hi`, and `hi - lo` their number:
//!    a cell that lies wholly inside the view costs two subtractions however full it is.
//! 2. **Labels.** Kind and status, unit and park, industries, utilities: each of these four is a small number in
//!    a list of the values that occur ([`label`]). A filter judges every *value* once; a row then costs one look at
//!    a table that lies in the nearest cache. Rows counted by label also give all facets, for the sets are
//!    unfolded after the scan, not during it.
//! 3. **A sieve without branches.** Rows are taken 256 at a time and thinned out condition by condition. A row is
//!    written to the front of the list whether it stays or not, and only the end of the list moves: a processor
//!    that cannot guess which rows fit has nothing to guess (`Store::sift`).
//!
//! # A query
//!
//! [`cluster::clusters`] goes down the tree. A node outside the [`region`] is left out; one inside is taken whole,
//! by its sums when nothing is filtered, through the sieve otherwise; one across the border is split, until it has
//! 64 rows or fewer, each of which is then asked where it lies. A region is anything that can tell how a rectangle
//! lies to it: rectangles, polygons in whole-number arithmetic, circles on the sphere, and all of these together.
//! What is found is added up in a small grid of cells, and neighbouring cells are merged until a phone can draw
//! them.
//!
//! # Change
//!
//! A store is never changed. A new one is built (a fifth of a second for a million rows) and takes the old one's
//! place in one step; whoever is reading finishes with the old one (`super::index`).
//!
//! Nothing in this folder knows the database, HTTP or the trade, so that `benches/map.rs` compiles it by itself.
pub mod cluster;
pub mod label;
pub mod mercator;
pub mod region;
pub mod shapes;
pub mod store;
#[cfg(test)]
mod tests;
pub mod tile;
