//! A column and its rules; rows of cells parsed into values, every misfit named with row, column and reason.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::platform::input::Line;
use crate::platform::spreadsheet::reader::{Cell, Cells, Line as SheetLine};

pub const HEADERS: Code = Code::new(
    "sheet.headers",
    "表头与模板不一致，请下载模板后按原表头填写",
    "The header row differs from the template's; download the template and keep its header row",
);
pub const EMPTY: Code = Code::new(
    "sheet.empty",
    "表中没有数据行，请填写后再上传",
    "The sheet holds no rows; fill it in and upload it again",
);
/// Longest text that a refusal repeats, in characters.
const SHOWN: usize = 60;
/// Sheets keep fifteen digits of a number: from here on the last ones are gone.
const DIGITS_ARE_LOST: f64 = 1e15;

/// One of the values that a cell may hold: as kept, and as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub zh: String,
    pub en: String,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One line of at most so many characters
    Text(usize),
    Number {
        least: f64,
        most: f64,
    },
    /// A day, as a date or as 2026-11-26
    Day,
    Choice(Vec<Choice>),
    /// Several, separated by 、 or a comma
    Choices(Vec<Choice>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub key: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub hint: &'static str,
}

/// All of an enum, as people write it.
pub fn choices<T: Copy>(
    all: &[T],
    value: fn(T) -> &'static str,
    zh: fn(T) -> &'static str,
    en: fn(T) -> &'static str,
) -> Vec<Choice> {
    let choice =
        |one: &T| Choice { value: value(*one).to_owned(), zh: zh(*one).to_owned(), en: en(*one).to_owned() };
    all.iter().map(choice).collect()
}

/// What is wrong with a row besides its cells, under the column that it belongs to.
pub fn misfit(columns: &[Column], row: &Row, key: &str, zh: &str, en: &str) -> Option<RowError> {
    let column = columns.iter().find(|column| column.key == key)?;
    let value = row.text(key).map(str::to_owned).or_else(|| row.number(key).map(|n| n.to_string()));
    Some(column.error(row.number, &value.unwrap_or_default(), zh, en))
}

/// A value that fits its column.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(f64),
    Day(NaiveDate),
    Texts(Vec<String>),
}

/// One row of which every cell fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As the sheet counts: the header is 1
    pub number: u32,
    values: BTreeMap<&'static str, Value>,
}

/// One cell that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// As the sheet counts: the header is 1
    #[schema(minimum = 1)]
    pub row: u32,
    pub column: String,
    pub column_en: String,
    /// What stands there, cut to 60 characters
    pub value: String,
    pub reason: String,
    pub reason_en: String,
}

impl Row {
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.values.get(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
    pub fn day(&self, key: &str) -> Option<NaiveDate> {
        match self.values.get(key) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        }
    }
    pub fn texts(&self, key: &str) -> &[String] {
        match self.values.get(key) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }
}

impl Column {
    /// What is wrong in this column of a row, found by the room itself.
    pub fn error(&self, row: u32, value: &str, reason: &str, reason_en: &str) -> RowError {
        RowError {
            row,
            column: self.zh.to_owned(),
            column_en: self.en.to_owned(),
            value: value.chars().take(SHOWN).collect(),
            reason: reason.to_owned(),
            reason_en: reason_en.to_owned(),
        }
    }

    fn parse(&self, cell: &Cell) -> Result<Value, (String, String)> {
        let said = |zh: &str, en: &str| Err((zh.to_owned(), en.to_owned()));
        match cell {
            Cell::Error(_) => return said("单元格是公式错误", "The cell holds an error of a formula"),
            Cell::Merged => {
                return said(
                    "单元格在合并区域内，请取消合并并逐格填写",
                    "The cell is part of a merge; split it and fill in every cell",
                );
            }
            Cell::Unknown => {
                return said("公式没有计算结果，请改填数值", "The formula has no result; fill in the value");
            }
            Cell::Text(_) | Cell::Number(_) | Cell::Day(_) => {}
        }
        match &self.kind {
            Kind::Text(_) if matches!(cell, Cell::Number(n) if n.abs() >= DIGITS_ARE_LOST) => said(
                "数字超过 15 位，末尾几位已丢失，请设为文本格式后重新填写",
                "A number of more than 15 digits has lost its last ones; format the cell as text and fill it in again",
            ),
            Kind::Text(most) => text(&cell.shown(), *most).map(Value::Text),
            Kind::Number { least, most } => match cell.number() {
                None => said("应为数字", "Must be a number"),
                Some(n) if (*least..=*most).contains(&n) => Ok(Value::Number(n)),
                Some(_) => Err((
                    format!("应在 {} 到 {} 之间", plain(*least), plain(*most)),
                    format!("Must be between {} and {}", plain(*least), plain(*most)),
                )),
            },
            Kind::Day => match cell.day() {
                Some(day) => Ok(Value::Day(day)),
                None => said("应为日期，如 2026-11-26", "Must be a day, such as 2026-11-26"),
            },
            Kind::Choice(choices) => one_of(choices, &cell.shown()).map(Value::Text),
            Kind::Choices(choices) => {
                let shown = cell.shown();
                let mut found = Vec::new();
                for part in shown.split(['、', ',', '，', ';', '；']).map(str::trim).filter(|p| !p.is_empty())
                {
                    let value = one_of(choices, part)?;
                    if !found.contains(&value) {
                        found.push(value);
                    }
                }
                Ok(Value::Texts(found))
            }
        }
    }
}

fn text(shown: &str, most: usize) -> Result<String, (String, String)> {
    let line = Line::<4000>::parse(&shown.replace('\n', " ")).map_err(|_| {
        (
            "含有不允许的字符或过长".to_owned(),
            "Holds a character that is not allowed, or is too long".to_owned(),
        )
    })?;
    let count = line.as_str().chars().count();
    if count > most {
        return Err((
            format!("不超过 {most} 个字，现有 {count} 个"),
            format!("At most {most} characters; there are {count}"),
        ));
    }
    Ok(line.into_string())
}

fn one_of(choices: &[Choice], shown: &str) -> Result<String, (String, String)> {
    let shown = shown.trim();
    let same = |c: &&Choice| c.zh == shown || c.value == shown || c.en.eq_ignore_ascii_case(shown);
    choices.iter().find(same).map(|choice| choice.value.clone()).ok_or_else(|| {
        let some = |of: fn(&Choice) -> &str, comma: &str| {
            let rest = if choices.len() > 8 { "…" } else { "" };
            choices.iter().take(8).map(of).collect::<Vec<_>>().join(comma) + rest
        };
        (
            format!("应为以下之一：{}", some(|c| &c.zh, "、")),
            format!("Must be one of: {}", some(|c| &c.en, ", ")),
        )
    })
}

/// 1000000 → 1000000, 0.5 → 0.5
fn plain(n: f64) -> String {
    format!("{n}")
}

/// 0 → A, 26 → AA
fn letters(place: u32) -> String {
    let (mut rest, mut letters) = (place + 1, String::new());
    while rest > 0 {
        rest -= 1;
        letters.extend(char::from_u32(u32::from('A') + rest % 26));
        rest /= 26;
    }
    letters.chars().rev().collect()
}

/// What stands in a column without a header.
fn headless(row: u32, place: u32, cell: &Cell) -> RowError {
    let column = letters(place);
    RowError {
        row,
        column: format!("{column} 列"),
        column_en: format!("Column {column}"),
        value: cell.shown().chars().take(SHOWN).collect(),
        reason: "此列没有表头".to_owned(),
        reason_en: "The column has no header".to_owned(),
    }
}

/// The filled cells of a line by column; of two in one column the later counts.
fn filled(line: &SheetLine) -> BTreeMap<u32, &Cell> {
    line.cells.iter().filter(|(_, cell)| !cell.is_empty()).map(|(place, cell)| (*place, cell)).collect()
}

/// The rows below the header, and everything that does not fit. Empty rows are passed over.
pub fn rows(columns: &[Column], cells: &Cells) -> Result<(Vec<Row>, Vec<RowError>), AppError> {
    let mut lines = cells.rows.iter();
    let head = lines.next().ok_or(AppError::Unprocessable(&EMPTY))?;
    let mut places: BTreeMap<u32, &Column> = BTreeMap::new();
    for (place, cell) in filled(head) {
        let shown = cell.shown();
        let shown = shown.trim().trim_end_matches('*').trim();
        if shown.is_empty() {
            continue;
        }
        let named = columns.iter().find(|c| c.zh == shown || c.en.eq_ignore_ascii_case(shown));
        let column = named.ok_or(AppError::Unprocessable(&HEADERS))?;
        if places.values().any(|known| known.key == column.key) {
            return Err(AppError::Unprocessable(&HEADERS));
        }
        places.insert(place, column);
    }
    if columns.iter().any(|c| c.required && !places.values().any(|known| known.key == c.key)) {
        return Err(AppError::Unprocessable(&HEADERS));
    }
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for line in lines {
        let filled = filled(line);
        if filled.is_empty() {
            continue;
        }
        let number = line.number;
        let (mut values, before) = (BTreeMap::new(), wrong.len());
        for (place, column) in &places {
            match filled.get(place).map(|cell| (cell, column.parse(cell))) {
                None if column.required => wrong.push(column.error(number, "", "必填", "Required")),
                None => {}
                Some((_, Ok(value))) => {
                    values.insert(column.key, value);
                }
                Some((cell, Err((zh, en)))) => wrong.push(column.error(number, &cell.shown(), &zh, &en)),
            }
        }
        let stray =
            |(place, cell): &(&u32, &&Cell)| !places.contains_key(*place) && !matches!(cell, Cell::Merged);
        wrong.extend(filled.iter().filter(stray).map(|(place, cell)| headless(number, *place, cell)));
        if wrong.len() == before {
            good.push(Row { number, values });
        }
    }
    if good.is_empty() && wrong.is_empty() {
        return Err(AppError::Unprocessable(&EMPTY));
    }
    Ok((good, wrong))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let column = |key, zh, en, kind, required| Column { key, zh, en, kind, required, hint: "" };
        let choice = |value: &str, zh: &str| Choice { value: value.into(), zh: zh.into(), en: value.into() };
        vec![
            column("name", "名称", "Name", Kind::Text(4), true),
            column("area", "面积", "Area", Kind::Number { least: 1.0, most: 100.0 }, false),
            column("day", "日期", "Day", Kind::Day, false),
            column(
                "kinds",
                "类型",
                "Kinds",
                Kind::Choices(vec![choice("a", "甲"), choice("b", "乙")]),
                false,
            ),
        ]
    }

    fn sheet(rows: &[&[&str]]) -> Cells {
        let rows = rows.iter().zip(1..).map(|(row, number)| SheetLine {
            number,
            cells: row.iter().zip(0..).map(|(text, place)| (place, Cell::Text((*text).to_owned()))).collect(),
        });
        Cells { rows: rows.collect() }
    }

    #[test]
    fn every_misfit_is_named_with_row_column_and_reason() {
        let cells = sheet(&[
            &["名称*", "面积", "日期", "类型"],
            &["一", "20", "2026/11/26", "甲、乙"],
            &["", "20", "", ""],
            &["太长的名称", "200", "昨天", "丙"],
            &["", "", "", ""],
        ]);
        let (good, wrong) = rows(&columns(), &cells).unwrap();
        assert_eq!(good.len(), 1);
        assert_eq!(
            (good[0].number, good[0].text("name"), good[0].number("area")),
            (2, Some("一"), Some(20.0))
        );
        assert_eq!(good[0].texts("kinds"), ["a", "b"]);
        assert_eq!(good[0].day("day"), NaiveDate::from_ymd_opt(2026, 11, 26));
        let named: Vec<(u32, &str, &str)> =
            wrong.iter().map(|e| (e.row, e.column.as_str(), e.reason.as_str())).collect();
        assert_eq!(
            named,
            [
                (3, "名称", "必填"),
                (4, "名称", "不超过 4 个字，现有 5 个"),
                (4, "面积", "应在 1 到 100 之间"),
                (4, "日期", "应为日期，如 2026-11-26"),
                (4, "类型", "应为以下之一：甲、乙"),
            ]
        );
    }

    #[test]
    fn what_a_sheet_has_lost_is_named() {
        let mut columns = columns();
        columns[0].kind = Kind::Text(20);
        let head = sheet(&[&["名称*", "面积", "日期", "类型"]]).rows.remove(0);
        let line = |number, cells: Vec<Cell>| SheetLine { number, cells: (0..).zip(cells).collect() };
        let one = |cell| vec![cell, Cell::Number(20.0)];
        let cells = Cells {
            rows: vec![
                head,
                line(2, one(Cell::Number(123_456_789_012_345.0))),
                line(3, one(Cell::Number(9.2e17))),
                line(4, one(Cell::Merged)),
                line(5, one(Cell::Unknown)),
                line(6, [one(Cell::Text("六".into())), vec![Cell::Merged; 2], one(Cell::Merged)].concat()),
            ],
        };
        let (good, wrong) = rows(&columns, &cells).unwrap();
        assert_eq!((good.len(), good[0].text("name")), (1, Some("123456789012345")));
        let named: Vec<(u32, &str)> = wrong.iter().map(|e| (e.row, e.column_en.as_str())).collect();
        assert_eq!(
            named,
            [(3, "Name"), (4, "Name"), (5, "Name"), (6, "Day"), (6, "Kinds"), (6, "Column F")],
            "{wrong:?}"
        );
        assert_eq!((letters(25), letters(26)), ("Z".to_owned(), "AA".to_owned()));
    }

    #[test]
    fn a_header_row_of_another_sheet_is_refused() {
        for head in [&["姓名", "面积"][..], &["面积"], &["名称", "名称"], &["名称", "面积", "备注"]]
        {
            assert!(rows(&columns(), &sheet(&[head, &["一"]])).is_err(), "{head:?}");
        }
        assert!(rows(&columns(), &sheet(&[&["名称"]])).is_err(), "no rows");
        assert!(rows(&columns(), &Cells { rows: vec![] }).is_err());
    }
}
