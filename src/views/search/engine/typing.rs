//! One typing error: a letter too many, too few, another one, or two that changed places.

/// From so many letters on an error is forgiven.
pub const FEWEST: usize = 4;
/// Longer than this nobody types a name.
pub const MOST: usize = 24;

/// Whether `word` may be forgiven an error: letters from four on; with digits, which are nearer to each other, from eight.
pub fn is_forgiven(word: &[char]) -> bool {
    let fewest = if word.iter().any(char::is_ascii_digit) { 2 * FEWEST } else { FEWEST };
    (fewest..=MOST).contains(&word.len()) && word.iter().all(char::is_ascii_alphanumeric)
}

/// Whether the two differ by exactly one error.
pub fn is_one_error(typed: &[char], meant: &[char]) -> bool {
    let begin = typed.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (Some(typed), Some(meant)) = (typed.get(begin..), meant.get(begin..)) else { return false };
    let end = typed.iter().rev().zip(meant.iter().rev()).take_while(|(a, b)| a == b).count();
    match (typed.len() - end, meant.len() - end) {
        (1, 1) | (0, 1) | (1, 0) => true,
        (2, 2) => typed.first() == meant.get(1) && typed.get(1) == meant.first(),
        _ => false,
    }
}

/// Whether `meant` is one error away, and one that [`meant`](meant()) lists: where no digit was typed, none was meant.
pub fn is_mistyped(typed: &[char], meant: &[char]) -> bool {
    let digits = |word: &[char]| word.iter().any(char::is_ascii_digit);
    meant.iter().all(char::is_ascii_alphanumeric)
        && (digits(typed) || !digits(meant))
        && is_one_error(typed, meant)
}

/// Everything that may have been meant when `typed` holds one error.
pub fn meant(typed: &[char]) -> Vec<String> {
    let digits = typed.iter().any(char::is_ascii_digit);
    let letters = || ('a'..='z').chain('0'..='9').take(if digits { 36 } else { 26 });
    let mut all = Vec::new();
    for at in 0..=typed.len() {
        let (before, after) = typed.split_at(at);
        let join =
            |middle: &[char], after: &[char]| before.iter().chain(middle).chain(after).collect::<String>();
        all.extend(letters().map(|letter| join(&[letter], after)));
        if let [first, rest @ ..] = after {
            all.push(join(&[], rest));
            all.extend(letters().filter(|letter| letter != first).map(|letter| join(&[letter], rest)));
        }
        if let [first, second, rest @ ..] = after
            && first != second
        {
            all.push(join(&[*second, *first], rest));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn one_error_and_no_more_is_told() {
        let cases = [
            ("tengfei", "tenfei", true),
            ("tengfei", "tengfeii", true),
            ("tengfei", "tangfei", true),
            ("tengfei", "tengfie", true),
            ("tengfei", "tengfei", false),
            ("tengfei", "tangfie", false),
            ("ab", "ba", true),
            ("abc", "cba", false),
        ];
        for (typed, meant, one) in cases {
            assert_eq!(is_one_error(&chars(typed), &chars(meant)), one, "{typed} {meant}");
        }
    }

    #[test]
    fn whatever_is_one_error_away_is_listed() {
        let listed = meant(&chars("abca"));
        assert!(listed.iter().all(|word| is_one_error(&chars("abca"), &chars(word))));
        for word in ["bca", "abcaa", "abda", "baca", "abac"] {
            assert!(listed.iter().any(|known| known == word), "{word}");
        }
    }
}
