//! The first sheet of a workbook (ECMA-376), cell by cell: what is not needed is never held. Formulas are not run, and
//! entities besides those of XML itself are refused.
use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read};

use chrono::{Days, NaiveDate};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use crate::platform::spreadsheet::reader::{
    Cell, Cells, Line, MOST_ANSWER, MOST_CELL, MOST_COLUMNS, MOST_ROWS, Refusal,
};

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;
type Part<'a> = Reader<BufReader<Box<dyn Read + 'a>>>;

/// What the cells of a sheet refer to.
struct Book {
    sheet: String,
    /// Days are counted from 1904 instead of 1900
    from_1904: bool,
    texts: Vec<String>,
    /// Whether the cell format of each index shows a day
    days: Vec<bool>,
}

/// The cells of the first sheet; the archive has been measured before.
pub fn first(bytes: &[u8]) -> Result<Cells, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::NotAWorkbook)?;
    let book = Book::open(&mut archive)?;
    let mut part = part(&mut archive, &book.sheet)?.ok_or(Refusal::Unreadable)?;
    book.cells(&mut part)
}

fn part<'a>(archive: &'a mut Archive<'_>, name: &str) -> Result<Option<Part<'a>>, Refusal> {
    match archive.by_name(name) {
        Ok(file) => Ok(Some(Reader::from_reader(BufReader::new(Box::new(file))))),
        Err(zip::result::ZipError::FileNotFound) => Ok(None),
        Err(_) => Err(Refusal::Unreadable),
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    attributes(start, [name]).map(|[value]| value)
}

/// The values of these attributes, found in one pass.
fn attributes<const N: usize>(
    start: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N], Refusal> {
    let mut values = [const { None }; N];
    // Looking for repeated names would take the square of their number.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Refusal::Unreadable)?;
        for (name, found) in names.iter().zip(&mut values) {
            if found.is_none() && attribute.key.as_ref() == *name {
                let value = quick_xml::escape::unescape(&attribute.value);
                *found = Some(value.map_err(|_| Refusal::Unreadable)?.into_owned());
            }
        }
    }
    Ok(values)
}

/// The character behind `&amp;` or `&#20013;`; an entity of the file's own is refused.
fn reference(reference: &BytesRef<'_>) -> Result<char, Refusal> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| Refusal::Unreadable)? {
        return Ok(c);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Refusal::Unreadable),
    }
}

/// Walks a part; `on` is told of every start (and whether it ends at once), end, and piece of text.
fn walk(part: &mut Part<'_>, mut on: impl FnMut(Seen<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut buffer = Vec::new();
    loop {
        match part.read_event_into(&mut buffer).map_err(|_| Refusal::Unreadable)? {
            Event::Start(start) => on(Seen::Start(&start))?,
            Event::Empty(start) => {
                on(Seen::Start(&start))?;
                on(Seen::End(start.local_name().as_ref()))?;
            }
            Event::End(end) => on(Seen::End(end.local_name().as_ref()))?,
            Event::Text(text) => on(Seen::Text(&text))?,
            Event::CData(text) => on(Seen::Text(&text))?,
            Event::GeneralRef(name) => on(Seen::Text(reference(&name)?.encode_utf8(&mut [0; 4])))?,
            Event::DocType(_) => return Err(Refusal::Unreadable),
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        buffer.clear();
    }
}

enum Seen<'a> {
    Start(&'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Adds as much of a text as a cell may hold.
fn add(text: &mut String, more: &str) {
    let room = MOST_CELL.saturating_sub(text.chars().count());
    text.extend(more.chars().take(room));
}

impl Book {
    fn open(archive: &mut Archive<'_>) -> Result<Self, Refusal> {
        let (mut id, mut from_1904) = (None, false);
        let mut workbook = part(archive, "xl/workbook.xml")?.ok_or(Refusal::NotAWorkbook)?;
        walk(&mut workbook, |seen| {
            if let Seen::Start(start) = seen {
                match start.local_name().as_ref() {
                    "sheet" if id.is_none() => id = attribute(start, "r:id")?,
                    "workbookPr" => {
                        from_1904 = matches!(attribute(start, "date1904")?.as_deref(), Some("1" | "true"))
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        drop(workbook);
        let mut targets = HashMap::new();
        let mut relations = part(archive, "xl/_rels/workbook.xml.rels")?.ok_or(Refusal::Unreadable)?;
        walk(&mut relations, |seen| {
            if let Seen::Start(start) = seen
                && let (Some(id), Some(target)) = (attribute(start, "Id")?, attribute(start, "Target")?)
            {
                targets.insert(id, target);
            }
            Ok(())
        })?;
        drop(relations);
        let target = id.and_then(|id| targets.remove(&id)).ok_or(Refusal::Unreadable)?;
        let sheet = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        Ok(Self { sheet, from_1904, texts: texts(archive)?, days: day_formats(archive)? })
    }

    fn cells(&self, part: &mut Part<'_>) -> Result<Cells, Refusal> {
        let mut rows: Vec<Line> = Vec::new();
        let (mut row, mut column, mut size) = (0u32, 0u32, 0usize);
        let mut open: Option<Open> = None;
        let mut depth_of_text = 0;
        walk(part, |seen| {
            match seen {
                Seen::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        row = match attribute(start, "r")? {
                            Some(n) => n.parse().map_err(|_| Refusal::Unreadable)?,
                            None => row.saturating_add(1),
                        };
                        column = 0;
                        // The header and the rows below it.
                        if rows.last().is_some_and(|line| line.number >= row) {
                            return Err(Refusal::Unreadable);
                        }
                    }
                    "c" => {
                        let [place, style, kind] = attributes(start, ["r", "s", "t"])?;
                        if let Some(place) = place {
                            column = column_of(&place).ok_or(Refusal::Unreadable)?;
                        }
                        let style = style.and_then(|s| s.parse::<usize>().ok()).unwrap_or(0);
                        open = Some(Open {
                            kind: kind.unwrap_or_default(),
                            day: self.days.get(style).copied().unwrap_or(false),
                            text: String::new(),
                        });
                    }
                    "v" | "t" => depth_of_text += 1,
                    // The phonetic reading of a text is no part of it.
                    "rPh" => depth_of_text -= 100,
                    _ => {}
                },
                Seen::Text(text) if depth_of_text > 0 => {
                    if let Some(open) = &mut open {
                        add(&mut open.text, text);
                    }
                }
                Seen::Text(_) => {}
                Seen::End("v" | "t") => depth_of_text -= 1,
                Seen::End("rPh") => depth_of_text += 100,
                Seen::End("c") => {
                    if let Some(cell) = open.take().map(|open| self.cell(open)).transpose()?.flatten() {
                        if row > MOST_ROWS + 1 || column >= MOST_COLUMNS {
                            return Err(Refusal::TooLarge);
                        }
                        size += cell.shown().len() + 16;
                        if size > MOST_ANSWER / 2 {
                            return Err(Refusal::TooLarge);
                        }
                        match rows.last_mut().filter(|line| line.number == row) {
                            Some(line) => line.cells.push((column, cell)),
                            None => rows.push(Line { number: row, cells: vec![(column, cell)] }),
                        }
                    }
                    column = column.saturating_add(1);
                }
                Seen::End(_) => {}
            }
            Ok(())
        })?;
        Ok(Cells { rows })
    }

    fn cell(&self, open: Open) -> Result<Option<Cell>, Refusal> {
        let Open { kind, day, text } = open;
        let filled = |text: String| (!text.trim().is_empty()).then_some(Cell::Text(text));
        Ok(match kind.as_str() {
            "s" => {
                let place: usize = text.trim().parse().map_err(|_| Refusal::Unreadable)?;
                filled(self.texts.get(place).ok_or(Refusal::Unreadable)?.clone())
            }
            "e" => Some(Cell::Error(text)),
            "b" => filled(if text.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
            "str" | "inlineStr" => filled(text),
            "d" => {
                let date = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
                date.map(Cell::Day).or_else(|| filled(text))
            }
            _ if text.trim().is_empty() => None,
            _ => match text.trim().parse::<f64>() {
                Ok(number) if day => Some(self.day(number).map_or(Cell::Number(number), Cell::Day)),
                Ok(number) => Some(Cell::Number(number)),
                Err(_) => filled(text),
            },
        })
    }

    /// Days since 1899-12-30, which makes up for the 29 February 1900 that never was; or since 1904.
    fn day(&self, number: f64) -> Option<NaiveDate> {
        let (year, month, day) = if self.from_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
        if !(1.0..2_958_466.0).contains(&number) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let days = number.floor() as u64;
        NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(days))
    }
}

/// A cell that has begun.
struct Open {
    kind: String,
    day: bool,
    text: String,
}

/// `BC12` → 54
fn column_of(place: &str) -> Option<u32> {
    let letters: Vec<u32> =
        place.bytes().take_while(u8::is_ascii_uppercase).map(|b| u32::from(b - b'A') + 1).collect();
    if !(1..=3).contains(&letters.len()) {
        return None;
    }
    letters.iter().try_fold(0u32, |sum, letter| sum.checked_mul(26)?.checked_add(*letter))?.checked_sub(1)
}

fn texts(archive: &mut Archive<'_>) -> Result<Vec<String>, Refusal> {
    let Some(mut part) = part(archive, "xl/sharedStrings.xml")? else { return Ok(Vec::new()) };
    let mut texts: Vec<String> = Vec::new();
    let (mut inside, mut aside) = (0, 0);
    walk(&mut part, |seen| {
        match seen {
            Seen::Start(start) => match start.local_name().as_ref() {
                "si" => texts.push(String::new()),
                "t" => inside += 1,
                "rPh" => aside += 1,
                _ => {}
            },
            Seen::End("t") => inside -= 1,
            Seen::End("rPh") => aside -= 1,
            Seen::Text(text) if inside > 0 && aside == 0 => {
                if let Some(last) = texts.last_mut() {
                    add(last, text);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(texts)
}

/// For each cell format whether it shows a day: the built-in ones, and those of one's own that name year or day.
fn day_formats(archive: &mut Archive<'_>) -> Result<Vec<bool>, Refusal> {
    let Some(mut part) = part(archive, "xl/styles.xml")? else { return Ok(Vec::new()) };
    let mut own: HashMap<u32, bool> = HashMap::new();
    let (mut days, mut inside) = (Vec::new(), false);
    walk(&mut part, |seen| {
        match seen {
            Seen::Start(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let id = attribute(start, "numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(start, "formatCode")?) {
                        own.insert(id, shows_day(&code));
                    }
                }
                "cellXfs" => inside = true,
                "xf" if inside => {
                    let id: u32 = attribute(start, "numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    let built_in = matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58);
                    days.push(own.get(&id).copied().unwrap_or(built_in));
                }
                _ => {}
            },
            Seen::End("cellXfs") => inside = false,
            _ => {}
        }
        Ok(())
    })?;
    Ok(days)
}

/// Whether a format names year or day outside of quoted words and brackets.
fn shows_day(code: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    code.chars().any(|c| {
        let plain = !quoted && !bracketed && !escaped;
        escaped = plain && matches!(c, '\\' | '_' | '*');
        match c {
            '"' if !bracketed => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            _ => {}
        }
        plain && matches!(c.to_ascii_lowercase(), 'y' | 'd')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_sheets_do() {
        let places = [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA1", Some(26)),
            ("XFD1", Some(16383)),
            ("1", None),
            ("AAAA1", None),
        ];
        for (place, column) in places {
            assert_eq!(column_of(place), column, "{place}");
        }
    }

    #[test]
    fn a_format_of_days_is_told_from_others() {
        for code in ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\"", "[$-804]d/m/yy"] {
            assert!(shows_day(code), "{code}");
        }
        for code in ["0.00", "#,##0\"days\"", "[Red]0", "h:mm", "0\\d"] {
            assert!(!shows_day(code), "{code}");
        }
    }

    #[test]
    fn days_are_counted_from_either_beginning() {
        let book = |from_1904| Book { sheet: String::new(), from_1904, texts: vec![], days: vec![] };
        assert_eq!(book(false).day(46352.0), NaiveDate::from_ymd_opt(2026, 11, 26));
        assert_eq!(book(true).day(44890.0), NaiveDate::from_ymd_opt(2026, 11, 26));
        assert_eq!(book(false).day(-1.0), None);
    }
}
