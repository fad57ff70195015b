//! How Chinese characters are read: pinyin without tones, ü as v.
use std::sync::LazyLock;

use pinyin::ToPinyinMulti;

use super::text::{Sign, is_han};

const FIRST: u32 = 0x4e00;
const LAST: u32 = 0x9fff;
/// Readings beyond these are found in dictionaries alone.
const MOST: usize = 3;

type Readings = Vec<&'static str>;
static COMMON: LazyLock<Vec<Readings>> = LazyLock::new(|| {
    (FIRST..=LAST).map(|code| char::from_u32(code).map_or_else(Vec::new, look_up)).collect()
});

fn look_up(c: char) -> Readings {
    let mut readings: Readings = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten().map(|r| plain(r.plain())) {
        if !reading.is_empty() && !readings.contains(&reading) && readings.len() < MOST {
            readings.push(reading);
        }
    }
    readings
}

/// ü is typed as v; a reading that has no letters of its own (the m of 呣) is none.
fn plain(reading: &'static str) -> &'static str {
    match reading {
        "lü" => "lv",
        "nü" => "nv",
        "lüe" => "lve",
        "nüe" => "nve",
        other if other.bytes().all(|b| b.is_ascii_lowercase()) => other,
        _ => "",
    }
}

/// The readings of a character, the usual one first; none of what is no Chinese character.
pub fn readings(c: char) -> &'static [&'static str] {
    let at = (c as u32).checked_sub(FIRST).and_then(|at| COMMON.get(at as usize));
    at.map_or(&[], Vec::as_slice)
}

/// Where the sound of `spoken` is heard in a text, and how well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// Whole syllables
    Whole,
    /// The last syllable is begun
    Begun,
    /// Each character's first letter
    Initials,
}

/// The best hearing with the place and number of its characters.
pub fn hear(text: &[Sign], spoken: &[char]) -> Option<(Heard, usize, usize)> {
    if spoken.len() < 2 || !spoken.iter().all(char::is_ascii_lowercase) {
        return None;
    }
    let mut best: Option<(Heard, usize, usize)> = None;
    for start in 0..text.len() {
        if !text.get(start).is_some_and(|sign| is_han(sign.char())) {
            continue;
        }
        let found = [
            syllables(text, start, spoken).map(|(heard, len)| (heard, start, len)),
            initials(text, start, spoken).then_some((Heard::Initials, start, spoken.len())),
        ];
        for one in found.into_iter().flatten() {
            if best.is_none_or(|known| one.0 < known.0) {
                best = Some(one);
            }
        }
    }
    best
}

fn syllables(text: &[Sign], at: usize, rest: &[char]) -> Option<(Heard, usize)> {
    let mut best = None;
    for reading in readings(text.get(at)?.char()) {
        let n = reading.len().min(rest.len());
        if !reading.chars().zip(rest).all(|(a, b)| a == *b) {
            continue;
        }
        let found = if rest.len() < reading.len() {
            Some((Heard::Begun, 1))
        } else if rest.len() == reading.len() {
            Some((Heard::Whole, 1))
        } else {
            syllables(text, at + 1, rest.get(n..)?).map(|(heard, len)| (heard, len + 1))
        };
        if let Some(found) = found
            && best.is_none_or(|known| found < known)
        {
            best = Some(found);
        }
    }
    best
}

fn initials(text: &[Sign], start: usize, spoken: &[char]) -> bool {
    spoken.iter().enumerate().all(|(n, letter)| {
        text.get(start + n).is_some_and(|sign| readings(sign.char()).iter().any(|r| r.starts_with(*letter)))
    })
}

/// Whole syllables that differ from `spoken` by one typing error, with their place and number.
pub fn mishear(text: &[Sign], spoken: &[char]) -> Option<(usize, usize)> {
    let mut said = Vec::new();
    (0..text.len()).find_map(|start| {
        said.clear();
        mishear_from(text, start, spoken, &mut said).map(|len| (start, len))
    })
}

fn mishear_from(text: &[Sign], at: usize, spoken: &[char], said: &mut Vec<char>) -> Option<usize> {
    for reading in readings(text.get(at)?.char()) {
        let before = said.len();
        said.extend(reading.chars());
        let found = if said.len() > spoken.len() + 1 {
            None
        } else if super::typing::is_one_error(spoken, said) {
            Some(1)
        } else {
            mishear_from(text, at + 1, spoken, said).map(|len| len + 1)
        };
        said.truncate(before);
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::text::text_of;
    use super::*;

    fn heard(text: &str, spoken: &str) -> Option<(Heard, usize, usize)> {
        hear(&text_of(text), &spoken.chars().collect::<Vec<_>>())
    }

    #[test]
    fn syllables_their_beginning_and_initials_are_heard() {
        assert_eq!(heard("益阳市腾飞竹业", "tengfei"), Some((Heard::Whole, 3, 2)));
        assert_eq!(heard("益阳市腾飞竹业", "tengf"), Some((Heard::Begun, 3, 2)));
        assert_eq!(heard("益阳市腾飞竹业", "tfzy"), Some((Heard::Initials, 3, 4)));
        assert_eq!(heard("益阳市腾飞竹业", "enf"), None);
    }

    #[test]
    fn a_character_of_several_readings_is_heard_by_each() {
        for spoken in ["changsha", "zhangsha"] {
            assert!(heard("长沙银行", spoken).is_some(), "{spoken}");
        }
        assert!(heard("长沙银行", "yinhang").is_some());
        assert!(heard("绿色", "lvse").is_some());
        assert!(heard("西安", "xian").is_some());
    }

    #[test]
    fn one_letter_may_be_wrong() {
        let text = text_of("腾飞竹业");
        for spoken in ["tenfei", "tengfie", "tengfeu", "ttengfei", "zuye"] {
            assert!(mishear(&text, &spoken.chars().collect::<Vec<_>>()).is_some(), "{spoken}");
        }
        assert!(mishear(&text, &"tangfie".chars().collect::<Vec<_>>()).is_none());
    }
}
