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
        let (mut depth_of_text, mut merges, mut covered) = (0, Vec::new(), 0);
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
                            formula: false,
                            text: String::new(),
                        });
                    }
                    "f" => {
                        if let Some(open) = &mut open {
                            open.formula = true;
                        }
                    }
                    "mergeCell" => {
                        let place = attribute(start, "ref")?.ok_or(Refusal::Unreadable)?;
                        let merge = Merge::of(&place).ok_or(Refusal::Unreadable)?;
                        // Merges never overlap, so all of them together cover no more than the sheet.
                        covered += merge.size();
                        if covered > (MOST_ROWS + 1) * MOST_COLUMNS {
                            return Err(Refusal::TooLarge);
                        }
                        merges.push(merge);
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
        merges.iter().for_each(|merge| merge.mark(&mut rows));
        Ok(Cells { rows })
    }

    fn cell(&self, open: Open) -> Result<Option<Cell>, Refusal> {
        let Open { kind, day, formula, text } = open;
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
            _ if text.trim().is_empty() => formula.then_some(Cell::Unknown),
            _ => match text.trim().parse::<f64>() {
                Ok(number) if day => Some(self.day(number).unwrap_or(Cell::Number(number))),
                Ok(number) => Some(Cell::Number(number)),
                Err(_) => filled(text),
            },
        })
    }

    /// ECMA-376 18.17.4.1: 0 is 1904-01-01, or else 1 is 1900-01-01. Those sheets count a 29 February 1900, which never
    /// was, and a day 0; both are given as they are shown there, which is no day.
    fn day(&self, number: f64) -> Option<Cell> {
        if !(0.0..2_958_466.0).contains(&number) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        let days = number.floor() as u64;
        let (year, month, day) = match days {
            _ if self.from_1904 => (1904, 1, 1),
            0 => return Some(Cell::Text("1900-01-00".to_owned())),
            1..60 => (1899, 12, 31),
            60 => return Some(Cell::Text("1900-02-29".to_owned())),
            _ => (1899, 12, 30),
        };
        NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(days)).map(Cell::Day)
    }
}

/// Cells that are shown as one: the first of them holds the value. Rows from 1, columns from 0, the last included.
struct Merge {
    rows: (u32, u32),
    columns: (u32, u32),
}

impl Merge {
    /// `A2:B4`, cut to what a sheet may hold
    fn of(places: &str) -> Option<Self> {
        let (first, last) = places.split_once(':').unwrap_or((places, places));
        let (rows, columns) = ((row_of(first)?, row_of(last)?), (column_of(first)?, column_of(last)?));
        (rows.0 >= 1 && rows.0 <= rows.1 && columns.0 <= columns.1).then_some(Self {
            rows: (rows.0, rows.1.min(MOST_ROWS + 1)),
            columns: (columns.0, columns.1.min(MOST_COLUMNS - 1)),
        })
    }

    /// Never 0: also what lies outside of every sheet takes time.
    fn size(&self) -> u32 {
        let length = |(first, last): (u32, u32)| (last + 1).saturating_sub(first);
        (length(self.rows) * length(self.columns)).max(1)
    }

    /// Marks the covered cells of those rows in which anything stands; the others are empty as they look.
    fn mark(&self, rows: &mut [Line]) {
        let from = rows.partition_point(|line| line.number < self.rows.0);
        for line in rows.iter_mut().skip(from).take_while(|line| line.number <= self.rows.1) {
            let first = u32::from(line.number == self.rows.0);
            line.cells.extend((self.columns.0 + first..=self.columns.1).map(|place| (place, Cell::Merged)));
        }
    }
}

/// A cell that has begun.
struct Open {
    kind: String,
    day: bool,
    formula: bool,
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

/// `BC12` → 12
fn row_of(place: &str) -> Option<u32> {
    place.trim_start_matches(|c: char| c.is_ascii_uppercase()).parse().ok()
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
        let known = [
            (false, 46352.5, "2026-11-26"),
            (true, 44890.0, "2026-11-26"),
            (false, 1.0, "1900-01-01"),
            (false, 59.0, "1900-02-28"),
            (false, 61.0, "1900-03-01"),
            (true, 0.0, "1904-01-01"),
            (true, 60.0, "1904-03-01"),
        ];
        for (from_1904, number, day) in known {
            assert_eq!(book(from_1904).day(number), day.parse().ok().map(Cell::Day), "{number}");
        }
        for number in [0.0, 60.0] {
            assert!(book(false).day(number).is_some_and(|shown| shown.day().is_none()), "{number}");
        }
        assert_eq!(book(false).day(-1.0), None);
    }

    #[test]
    fn a_merge_covers_all_cells_but_its_first() {
        let line = |number| Line { number, cells: vec![(1, Cell::Number(f64::from(number)))] };
        let mut rows = vec![line(2), line(4), line(9)];
        Merge::of("A2:B4").unwrap().mark(&mut rows);
        let merged = |line: &Line| {
            line.cells.iter().filter(|(_, cell)| *cell == Cell::Merged).map(|(n, _)| *n).collect::<Vec<_>>()
        };
        assert_eq!(rows.iter().map(merged).collect::<Vec<_>>(), [vec![1], vec![0, 1], vec![]]);
        assert_eq!(Merge::of("C3").map(|merge| merge.size()), Some(1));
        assert_eq!(
            Merge::of("A1:XFD1048576").map(|merge| merge.size()),
            Some((MOST_ROWS + 1) * MOST_COLUMNS)
        );
        assert_eq!(Merge::of("ZZ9999999:ZZ9999999").map(|merge| merge.size()), Some(1));
        for bad in ["", "A0:B2", "B2:A1", "2:3", "A1:B"] {
            assert!(Merge::of(bad).is_none(), "{bad}");
        }
    }
}
