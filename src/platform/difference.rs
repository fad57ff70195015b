//! What differs between two wordings, paragraph by paragraph. Pure.

/// Pairs of paragraphs that are compared at most; beyond, all is told as written anew.
const MOST_PAIRS: usize = 1_000_000;

/// What is not common to both, in order; something gone just before something new is the same, worded anew.
pub fn pairs(old: &[String], new: &[String]) -> Vec<(Option<String>, Option<String>)> {
    let alike = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (old.get(alike..).unwrap_or_default(), new.get(alike..).unwrap_or_default());
    let alike = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let old = old.get(..old.len() - alike).unwrap_or_default();
    let new = new.get(..new.len() - alike).unwrap_or_default();
    let kept = if old.len() * new.len() > MOST_PAIRS { Vec::new() } else { common(old, new) };
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (a, b) in kept.into_iter().chain([(old.len(), new.len())]) {
        let (gone, come) = (old.get(i..a).unwrap_or_default(), new.get(j..b).unwrap_or_default());
        for n in 0..gone.len().max(come.len()) {
            out.push((gone.get(n).cloned(), come.get(n).cloned()));
        }
        (i, j) = (a + 1, b + 1);
    }
    out
}

/// Places of a longest common run of paragraphs, in both.
fn common(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut length = vec![0_u32; (old.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = |n: usize| length.get(n).copied().unwrap_or_default();
            let longest =
                if a == b { best(at(i + 1, j + 1)) + 1 } else { best(at(i + 1, j)).max(best(at(i, j + 1))) };
            if let Some(cell) = length.get_mut(at(i, j)) {
                *cell = longest;
            }
        }
    }
    let best = |i: usize, j: usize| length.get(at(i, j)).copied().unwrap_or_default();
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old.get(i) == new.get(j) {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best(i + 1, j) >= best(i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::pairs;
    use proptest::prelude::*;

    proptest! {
        /// Whoever takes the old text and does what is told has the new one: nothing is left out or told twice.
        #[test]
        fn what_is_told_is_the_whole_difference(old in prop::collection::vec("[a-d]", 0..12), new in prop::collection::vec("[a-d]", 0..12)) {
            let told = pairs(&old, &new);
            let gone = told.iter().filter(|(before, _)| before.is_some()).count();
            let come = told.iter().filter(|(_, after)| after.is_some()).count();
            prop_assert_eq!(old.len() - gone, new.len() - come);
            let rest = |all: &[String], out: Vec<&String>| {
                let mut rest: Vec<String> = all.to_vec();
                for one in out {
                    let place = rest.iter().position(|other| other == one);
                    rest.remove(place.unwrap());
                }
                rest.sort();
                rest
            };
            let before = told.iter().filter_map(|(before, _)| before.as_ref()).collect();
            let after = told.iter().filter_map(|(_, after)| after.as_ref()).collect();
            prop_assert_eq!(rest(&old, before), rest(&new, after));
        }
    }
}
