//! How well an entry fits a question: the definition, without any index. Smaller grades come first.
use super::entry::{Field, may_open, texts_in};
use super::sound::{Heard, hear, mishear};
use super::text::{Question, Sign, Term, Text, is_han};
use super::typing::{FEWEST, is_forgiven, is_mistyped};

crate::text_enum! {
    /// Why something was found.
    pub enum SearchReason {
        Exact = "exact", "完全一致", "Exact";
        Prefix = "prefix", "开头一致", "Beginning";
        Words = "words", "含有词语", "Words";
        Pinyin = "pinyin", "拼音", "Pinyin";
        Fuzzy = "fuzzy", "相近", "Similar";
    }
}

/// The order of finds; two of one grade are ordered by how short their titles are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Exact,
    ExactAlias,
    Prefix,
    PrefixAlias,
    /// Whole words or characters in a row, in the title
    Word,
    /// The beginning of a word, in the title
    WordBegun,
    /// Pieces of the question in its order, in the title
    Pieces,
    /// In anything else that is said
    Elsewhere,
    Sound,
    SoundBegun,
    Initials,
    Forgiven,
}

impl Grade {
    pub fn reason(self) -> SearchReason {
        match self {
            Self::Exact | Self::ExactAlias => SearchReason::Exact,
            Self::Prefix | Self::PrefixAlias => SearchReason::Prefix,
            Self::Word | Self::WordBegun | Self::Pieces | Self::Elsewhere => SearchReason::Words,
            Self::Sound | Self::SoundBegun | Self::Initials => SearchReason::Pinyin,
            Self::Forgiven => SearchReason::Fuzzy,
        }
    }
}

/// The grade of the whole: every term must fit, and the worst one counts. With `forgiving` one typing error is let pass.
pub fn grade(question: &Question, texts: &[Sign], forgiving: bool) -> Option<Grade> {
    let mut worst = Grade::Exact;
    for term in &question.terms {
        let plainly = term_grade(term, texts);
        let grade = if forgiving { plainly.or_else(|| forgiven(term, texts)) } else { plainly };
        worst = worst.max(grade?);
    }
    Some(worst.min(as_a_whole(&question.whole, texts).unwrap_or(worst)))
}

/// The title, another name or a code that is the question or begins with it.
fn as_a_whole(whole: &[char], texts: &[Sign]) -> Option<Grade> {
    if !may_open(texts, *whole.first()?) {
        return None;
    }
    let grades = texts_in(texts).filter_map(|(field, text)| {
        if field == Field::Words || !starts_with(text, whole) {
            return None;
        }
        Some(match (field, text.len() == whole.len()) {
            (Field::Alias, true) => Grade::ExactAlias,
            (Field::Alias, false) => Grade::PrefixAlias,
            (_, true) => Grade::Exact,
            (_, false) => Grade::Prefix,
        })
    });
    grades.min().filter(|grade| whole.len() > 1 || *grade == Grade::Exact)
}

fn term_grade(term: &Term, texts: &[Sign]) -> Option<Grade> {
    let grade = |(field, text): (Field, &[Sign])| match term {
        Term::Han(run) => match (field, find(text, run)) {
            (Field::Title, Some(_)) => Some(Grade::Word),
            (Field::Title, None) => pieces(text, run).then_some(Grade::Pieces),
            (_, found) => found.map(|_| Grade::Elsewhere),
        },
        Term::Word(word) => {
            let read = word_in(text, word).map(|(whole, _)| match (field, whole) {
                (Field::Title | Field::Code, true) => Grade::Word,
                (Field::Title | Field::Code, false) => Grade::WordBegun,
                _ => Grade::Elsewhere,
            });
            let heard = || match hear(text, word)?.0 {
                Heard::Whole => Some(Grade::Sound),
                Heard::Begun => Some(Grade::SoundBegun),
                Heard::Initials => Some(Grade::Initials),
            };
            if field == Field::Title { read.or_else(heard) } else { read }
        }
    };
    let mut best = None;
    for found in texts_in(texts).filter_map(grade) {
        best = Some(best.map_or(found, |best: Grade| best.min(found)));
        // No term fits better than that: what else is said of it need not be read.
        if best == Some(Grade::Word) {
            break;
        }
    }
    best
}

fn forgiven(term: &Term, texts: &[Sign]) -> Option<Grade> {
    let near = texts_in(texts).any(|(field, text)| match (term, field) {
        (_, Field::Words) => false,
        (Term::Han(run), Field::Title) => nearly(text, run).is_some(),
        (Term::Han(_), _) => false,
        (Term::Word(word), _) => {
            is_forgiven(word)
                && (mistyped(text, word).is_some() || field == Field::Title && misheard(text, word).is_some())
        }
    });
    near.then_some(Grade::Forgiven)
}

fn misheard(text: &[Sign], word: &[char]) -> Option<(usize, usize)> {
    if word.iter().all(char::is_ascii_lowercase) { mishear(text, word) } else { None }
}

fn starts_with(text: &[Sign], run: &[char]) -> bool {
    text.len() >= run.len() && text.iter().zip(run).all(|(sign, c)| sign.is(*c))
}

/// Where the run stands first.
fn find(text: &[Sign], run: &[char]) -> Option<usize> {
    let (first, others) = run.split_first()?;
    let stands = |part: &[Sign]| {
        part.split_first().is_some_and(|(sign, rest)| sign.is(*first) && starts_with(rest, others))
    };
    text.windows(run.len()).position(stands)
}

/// Whether a word starts with `word`, whether it is the whole of it, and where.
fn word_in(text: &[Sign], word: &[char]) -> Option<(bool, usize)> {
    let mut begun = None;
    for at in 0..text.len() {
        let rest = text.get(at..)?;
        if rest.first().is_some_and(|sign| sign.starts_word()) && starts_with(rest, word) {
            if ends_word(rest, word.len()) {
                return Some((true, at));
            }
            begun = begun.or(Some((false, at)));
        }
    }
    begun
}

fn ends_word(text: &[Sign], at: usize) -> bool {
    text.get(at).is_none_or(|next| next.starts_word() || is_han(next.char()))
}

/// A single word that is `word` but for one error.
fn mistyped(text: &[Sign], word: &[char]) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|at| {
        let rest = text.get(at..)?;
        if !rest.first()?.starts_word() {
            return None;
        }
        let len = (1..=rest.len()).find(|len| ends_word(rest, *len))?;
        if len.abs_diff(word.len()) > 1 {
            return None;
        }
        let meant: Vec<char> = rest.iter().take(len).map(|sign| sign.char()).collect();
        is_mistyped(word, &meant).then_some((at, len))
    })
}

/// Characters in a row of which one is another.
fn nearly(text: &[Sign], run: &[char]) -> Option<usize> {
    if run.len() < FEWEST {
        return None;
    }
    let wrong = |part: &[Sign]| part.iter().zip(run).filter(|(sign, c)| !sign.is(**c)).count();
    text.windows(run.len()).position(|part| wrong(part) == 1)
}

/// A run longer than this stands in a row or not at all.
pub const MOST_PIECES: usize = 24;

/// Whether the run falls into pieces of two characters or more that stand in this order.
fn pieces(text: &[Sign], run: &[char]) -> bool {
    !spots(text, run).is_empty()
}

/// Where the pieces stand, each with its length; empty when they do not.
fn spots(text: &[Sign], run: &[char]) -> Vec<(usize, usize)> {
    if !(FEWEST..=MOST_PIECES).contains(&run.len()) {
        return Vec::new();
    }
    // How early the first n characters may end, and by which last piece: an early end leaves most room.
    let mut ends: Vec<Option<(usize, Option<(usize, usize)>)>> = vec![None; run.len() + 1];
    if let Some(first) = ends.first_mut() {
        *first = Some((0, None));
    }
    for from in 0..run.len() {
        let Some((end, _)) = ends.get(from).copied().flatten() else { continue };
        for to in from + 2..=run.len() {
            let Some(piece) = run.get(from..to) else { break };
            let Some(at) = text.get(end..).and_then(|rest| find(rest, piece)) else { break };
            let ends_at = end + at + piece.len();
            if let Some(known) = ends.get_mut(to)
                && known.is_none_or(|(end, _)| ends_at < end)
            {
                *known = Some((ends_at, Some((from, end + at))));
            }
        }
    }
    let mut found = Vec::new();
    let mut to = run.len();
    while let Some(Some((_, Some((from, at))))) = ends.get(to).copied() {
        found.push((at, to - from));
        to = from;
    }
    found.reverse();
    found
}

/// Which signs of a title the question speaks of: places and lengths, in order.
pub fn marks(question: &Question, title: &Text, forgiving: bool) -> Vec<(usize, usize)> {
    let of_term = |term: &Term| -> Vec<(usize, usize)> {
        let plainly = match term {
            Term::Han(run) => match find(title, run) {
                Some(at) => vec![(at, run.len())],
                None => spots(title, run),
            },
            Term::Word(word) => {
                let read = word_in(title, word).map(|(_, at)| (at, word.len()));
                read.or_else(|| hear(title, word).map(|(_, at, len)| (at, len))).into_iter().collect()
            }
        };
        if !plainly.is_empty() || !forgiving {
            return plainly;
        }
        let near = match term {
            Term::Han(run) => nearly(title, run).map(|at| (at, run.len())),
            Term::Word(word) if is_forgiven(word) => mistyped(title, word).or_else(|| misheard(title, word)),
            Term::Word(_) => None,
        };
        near.into_iter().collect()
    };
    let mut all: Vec<(usize, usize)> = question.terms.iter().flat_map(of_term).collect();
    all.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (at, len) in all {
        match joined.last_mut() {
            Some((from, known)) if at <= *from + *known => *known = (*known).max(at + len - *from),
            _ => joined.push((at, len)),
        }
    }
    joined
}
