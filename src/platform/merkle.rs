//! Merkle trees of append-only logs as RFC 6962 defines them: roots, and proofs of inclusion and consistency.
//!
//! A tree is read through the hashes of its full subtrees, which never change once they stand. They are
//! numbered as they come to be: leaf 0, leaf 1, the node over both, leaf 2 and so on, without gaps.
use std::collections::HashMap;
use std::ops::Range;

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// What a leaf holds of its record: no inner node can be taken for a leaf.
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// How many full subtrees a tree of `leaves` leaves has.
pub fn nodes(leaves: u64) -> u64 {
    2 * leaves - u64::from(leaves.count_ones())
}

/// How many leaves a store of `nodes` full subtrees holds; `None` when it was cut in the middle of a leaf.
pub fn leaves(stored: u64) -> Option<u64> {
    (stored / 2..=stored / 2 + 64).find(|n| nodes(*n) == stored)
}

/// The number of the full subtree over `2^level` leaves that ends with leaf `last`.
fn number(level: u32, last: u64) -> u64 {
    nodes(last) + u64::from(level)
}

/// The full subtrees that come to be with the leaf after the first `size`: the leaf itself, then each node over it.
pub fn grown(size: u64, leaf: Hash, stored: impl Fn(u64) -> Option<Hash>) -> Option<Vec<Hash>> {
    let mut made = vec![leaf];
    let mut hash = leaf;
    for level in 0..size.trailing_ones() {
        let left = stored(number(level, size - (1 << level)))?;
        hash = node_hash(&left, &hash);
        made.push(hash);
    }
    Some(made)
}

/// Numbers of the stored subtrees from which [`grown`] builds.
pub fn needed_to_grow(size: u64) -> Vec<u64> {
    (0..size.trailing_ones()).map(|level| number(level, size - (1 << level))).collect()
}

/// A part of a tree as ranges of leaves, whose hashes are a root or a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan(Vec<Range<u64>>);

impl Plan {
    /// The root over the first `size` leaves.
    pub fn root(size: u64) -> Self {
        Self(if size == 0 { Vec::new() } else { vec![0..size] })
    }

    /// RFC 6962, 2.1.1: the audit path of leaf `index` in a tree of `size`.
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut path, mut whole) = (Vec::new(), 0..size);
        while whole.end - whole.start > 1 {
            let middle = whole.start + split(whole.end - whole.start);
            if index < middle {
                path.push(middle..whole.end);
                whole.end = middle;
            } else {
                path.push(whole.start..middle);
                whole.start = middle;
            }
        }
        path.reverse();
        Some(Self(path))
    }

    /// RFC 6962, 2.1.2: that the tree of `from` leaves begins the tree of `to`.
    pub fn consistency(from: u64, to: u64) -> Option<Self> {
        if from == 0 || from > to {
            return None;
        }
        let (mut path, mut whole, mut all) = (Vec::new(), 0..to, true);
        while whole.end != from {
            let middle = whole.start + split(whole.end - whole.start);
            if from <= middle {
                path.push(middle..whole.end);
                whole.end = middle;
            } else {
                path.push(whole.start..middle);
                whole.start = middle;
                all = false;
            }
        }
        if !all {
            path.push(whole);
        }
        path.reverse();
        Some(Self(path))
    }

    /// Numbers of the stored subtrees that [`Plan::hashes`] reads.
    pub fn needed(&self) -> Vec<u64> {
        let mut needed = Vec::new();
        for range in &self.0 {
            visit(range, &mut |level, last| needed.push(number(level, last)));
        }
        needed
    }

    /// The hashes of the parts, in order; `None` when a stored one is missing.
    pub fn hashes(&self, stored: &HashMap<u64, Hash>) -> Option<Vec<Hash>> {
        self.0.iter().map(|range| hash_of(range, stored)).collect()
    }
}

/// The largest power of two below `size`.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The full subtrees of which a range consists, from the left.
fn visit(range: &Range<u64>, found: &mut impl FnMut(u32, u64)) {
    let size = range.end - range.start;
    if size.is_power_of_two() {
        found(size.trailing_zeros(), range.end - 1);
    } else {
        let middle = range.start + split(size);
        visit(&(range.start..middle), found);
        visit(&(middle..range.end), found);
    }
}

fn hash_of(range: &Range<u64>, stored: &HashMap<u64, Hash>) -> Option<Hash> {
    let mut parts = Vec::new();
    visit(range, &mut |level, last| parts.push(stored.get(&number(level, last)).copied()));
    let mut parts = parts.into_iter().rev();
    let last = parts.next()??;
    parts.try_fold(last, |right, left| Some(node_hash(&left?, &right)))
}

/// A tree that only grows: the hashes along its right edge, from which its root follows.
#[derive(Debug, Clone, Default)]
pub struct Edge {
    size: u64,
    full: Vec<Hash>,
}

impl Edge {
    /// Adds a leaf; gives the full subtrees that came to be, the leaf first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Hash> {
        let mut made = vec![leaf];
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.full.pop() {
                hash = node_hash(&left, &hash);
                made.push(hash);
            }
        }
        self.full.push(hash);
        self.size += 1;
        made
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn root(&self) -> Hash {
        let mut parts = self.full.iter().rev();
        let Some(last) = parts.next() else { return empty_root() };
        parts.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// Whether `path` leads from leaf `index` to the root of a tree of `size` (RFC 9162, 2.1.3.2).
pub fn is_included(index: u64, size: u64, leaf: Hash, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, 2.1, word for word: slow and plain, to judge the rest by.
    fn plain(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
                node_hash(&plain(left), &plain(right))
            }
        }
    }

    /// RFC 9162, 2.1.4.2.
    fn is_consistent(from: u64, to: u64, old: Hash, new: Hash, path: &[Hash]) -> bool {
        let mut path = path.to_vec();
        if from == to {
            return path.is_empty() && old == new;
        }
        if from.is_power_of_two() {
            path.insert(0, old);
        }
        let (mut at, mut last) = (from - 1, to - 1);
        while at & 1 == 1 {
            at >>= 1;
            last >>= 1;
        }
        let mut path = path.into_iter();
        let Some(first) = path.next() else { return false };
        let (mut one, mut two) = (first, first);
        for hash in path {
            if last == 0 {
                return false;
            }
            if at & 1 == 1 || at == last {
                one = node_hash(&hash, &one);
                two = node_hash(&hash, &two);
                while at & 1 == 0 && at != 0 {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                two = node_hash(&two, &hash);
            }
            at >>= 1;
            last >>= 1;
        }
        last == 0 && one == old && two == new
    }

    fn tree(size: u64) -> (Vec<Hash>, HashMap<u64, Hash>) {
        let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let (mut edge, mut stored) = (Edge::default(), HashMap::new());
        for (n, leaf) in leaves.iter().enumerate() {
            let made = edge.push(*leaf);
            assert_eq!(grown(n as u64, *leaf, |id| stored.get(&id).copied()).unwrap(), made);
            for hash in made {
                stored.insert(stored.len() as u64, hash);
            }
            assert_eq!(stored.len() as u64, nodes(n as u64 + 1));
            assert_eq!(super::leaves(stored.len() as u64), Some(n as u64 + 1));
            assert_eq!(edge.root(), plain(&leaves[..=n]));
        }
        (leaves, stored)
    }

    #[test]
    fn the_empty_tree_and_the_first_leaf_are_those_of_the_standard() {
        assert_eq!(
            hex::encode(empty_root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex::encode(leaf_hash(b"")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn every_proof_of_every_tree_up_to_seventy_holds_and_no_other_does() {
        const MOST: u64 = 70;
        let (leaves, stored) = tree(MOST);
        for size in 1..=MOST {
            let root = plain(&leaves[..size as usize]);
            assert_eq!(Plan::root(size).hashes(&stored).unwrap(), [root]);
            for index in 0..size {
                let path = Plan::inclusion(index, size).unwrap().hashes(&stored).unwrap();
                let leaf = leaves[index as usize];
                assert!(is_included(index, size, leaf, &path, &root));
                assert!(!is_included(index, size, leaf_hash(b"other"), &path, &root));
                assert!(size == 1 || !is_included((index + 1) % size, size, leaf, &path, &root));
            }
            for from in 1..=size {
                let old = plain(&leaves[..from as usize]);
                let path = Plan::consistency(from, size).unwrap().hashes(&stored).unwrap();
                assert!(is_consistent(from, size, old, root, &path), "{from} {size}");
                assert!(!is_consistent(from, size, leaf_hash(b"other"), root, &path));
            }
        }
        assert_eq!(Plan::inclusion(3, 3), None);
        assert_eq!(Plan::consistency(0, 3), None);
        assert_eq!(Plan::consistency(4, 3), None);
    }

    #[test]
    fn a_store_cut_in_the_middle_of_a_leaf_is_known() {
        assert_eq!(super::leaves(0), Some(0));
        assert_eq!(super::leaves(2), None);
        assert_eq!(super::leaves(3), Some(2));
    }
}
