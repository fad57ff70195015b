//! Text as it is compared: letters, digits and Chinese characters alone, in one width and one case.
use unicode_normalization::UnicodeNormalization;

const START: u32 = 1 << 31;
/// Signs of one text.
pub const LONGEST: usize = (1 << 24) - 1;
/// Between two letters they part words that may also be written as one: Hi-tech, L2026-00012.
const JOINERS: [char; 7] = ['-', '_', '.', '/', '·', '\'', '’'];

/// A folded character; of a letter or digit also whether a word begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign(u32);

impl Sign {
    pub fn new(c: char, starts: bool) -> Self {
        Self(c as u32 | if starts { START } else { 0 })
    }
    /// No sign, but what the signs after it are; the number is [`LONGEST`] at most.
    pub fn head(what: u8, number: usize) -> Self {
        let [_, a, b, c] = u32::try_from(number).unwrap_or_default().to_be_bytes();
        Self(u32::from_be_bytes([what, a, b, c]))
    }
    pub fn as_head(self) -> (u8, usize) {
        let [what, a, b, c] = self.0.to_be_bytes();
        (what, u32::from_be_bytes([0, a, b, c]) as usize)
    }
    pub fn is(self, c: char) -> bool {
        self.0 & !START == c as u32
    }
    pub fn char(self) -> char {
        char::from_u32(self.0 & !START).unwrap_or(' ')
    }
    pub fn starts_word(self) -> bool {
        self.0 & START != 0
    }
}

/// One text, folded.
pub type Text = Box<[Sign]>;

pub fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Full width and upper case make no difference; what is no letter, digit or Chinese character is `None`.
fn fold(c: char) -> Option<char> {
    let plain = if c.is_ascii() || ('\u{4e00}'..='\u{9fff}').contains(&c) {
        c.to_ascii_lowercase()
    } else {
        let narrow = c.nfkc().next().unwrap_or(c);
        narrow.to_lowercase().next().unwrap_or(narrow)
    };
    (plain.is_alphanumeric() || is_han(plain)).then_some(plain)
}

/// What counts of a text, each with the number of its character in it and whether a word starts there.
pub fn walk(text: &str) -> impl Iterator<Item = (usize, char, bool)> + '_ {
    let mut in_word = false;
    text.chars().enumerate().filter_map(move |(at, c)| {
        let Some(plain) = fold(c) else {
            in_word = false;
            return None;
        };
        let starts = !is_han(plain) && !in_word;
        in_word = !is_han(plain);
        Some((at, plain, starts))
    })
}

pub fn text_of(text: &str) -> Text {
    walk(text).map(|(_, c, starts)| Sign::new(c, starts)).collect()
}

/// What somebody looks for: words that must all be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Everything that counts of it
    pub whole: Vec<char>,
    pub terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Chinese characters
    Han(Vec<char>),
    /// Letters and digits
    Word(Vec<char>),
}

impl Question {
    pub fn of(text: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        let mut joined = false;
        for c in text.chars() {
            let Some(plain) = fold(c) else {
                joined = joined && JOINERS.contains(&c);
                continue;
            };
            match (terms.last_mut(), is_han(plain)) {
                (Some(Term::Han(run)), true) if joined => run.push(plain),
                (Some(Term::Word(run)), false) if joined => run.push(plain),
                (_, true) => terms.push(Term::Han(vec![plain])),
                (_, false) => terms.push(Term::Word(vec![plain])),
            }
            joined = true;
        }
        let whole = terms.iter().flat_map(|term| term.chars().iter().copied()).collect();
        terms.dedup();
        Self { whole, terms }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl Term {
    pub fn chars(&self) -> &[char] {
        match self {
            Self::Han(run) | Self::Word(run) => run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        Question::of(text).terms.iter().map(|term| term.chars().iter().collect()).collect()
    }

    #[test]
    fn a_question_falls_into_runs_of_one_script() {
        assert_eq!(terms("益阳 ＡＢＣ-12腾飞"), ["益阳", "abc12", "腾飞"]);
        assert_eq!(terms("  （）!? "), Vec::<String>::new());
        assert_eq!(terms("L2026-00012"), ["l202600012"]);
        assert_eq!(terms("科技 - 园"), ["科技", "园"]);
    }

    #[test]
    fn words_start_after_whatever_is_no_letter() {
        let starts: Vec<char> = walk("Hi-tech园区Zone 5").filter(|s| s.2).map(|s| s.1).collect();
        assert_eq!(starts, ['h', 't', 'z', '5']);
        assert_eq!(walk("（甲）乙").map(|s| s.0).collect::<Vec<_>>(), [1, 3]);
    }
}
