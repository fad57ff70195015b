//! Writing a workbook that people fill in: the header row with its rules, rows that are known already, and a sheet of
//! explanations. Text is written as text, marked as such: nothing in it is ever a formula.
use rust_xlsxwriter::{Color, DataValidation, Format, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::error::AppError;
use crate::platform::spreadsheet::column::{Column, Kind};
use crate::platform::spreadsheet::reader::{Cell, MOST_ROWS};

/// What stands above the explanations.
#[derive(Debug, Clone, Copy)]
pub struct Title<'a> {
    pub sheet: &'a str,
    pub text: &'a str,
}

/// Rows of one export: enough to work with, too few to carry a library away.
pub const MOST_EXPORTED: usize = 1000;

/// The media type of a workbook.
pub const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook with these columns and rows; the cells of a row in the order of the columns. The mark of an export stands
/// among the explanations, and above and below every page of the rows that is printed.
pub fn template(
    title: Title<'_>,
    columns: &[Column],
    rows: &[Vec<Option<Cell>>],
    mark: Option<&str>,
) -> Result<Vec<u8>, AppError> {
    write(title, columns, rows, mark).map_err(AppError::internal)
}

fn write(
    title: Title<'_>,
    columns: &[Column],
    rows: &[Vec<Option<Cell>>],
    mark: Option<&str>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00e9_f1f9))
        .set_border_bottom(FormatBorder::Thin)
        .set_text_wrap();
    let inert = Format::new().set_quote_prefix();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.set_name(title.sheet)?;
    sheet.set_freeze_panes(1, 1)?;
    for (column, place) in columns.iter().zip(0u16..) {
        let star = if column.required { "*" } else { "" };
        sheet.write_string_with_format(0, place, format!("{}{star}", column.zh), &head)?;
        sheet.set_column_width(place, width(column))?;
        if let Some(rule) = rule(column)? {
            sheet.add_data_validation(1, place, MOST_ROWS, place, &rule)?;
        }
    }
    for (row, number) in rows.iter().zip(1u32..) {
        for (cell, place) in row.iter().zip(0u16..) {
            put(sheet, number, place, cell.as_ref(), (&inert, &day))?;
        }
    }
    if let Some(mark) = mark {
        // `&C` centres what follows; a longer one than 255 would be left out.
        let printed: String = mark.chars().take(120).collect();
        let printed = format!("&C{}", printed.replace('&', "&&"));
        sheet.set_header(&printed);
        sheet.set_footer(&printed);
    }
    let text = format!("{}{}", title.text, mark.unwrap_or_default());
    explain(book.add_worksheet(), &text, columns, &head)?;
    book.save_to_buffer()
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    place: u16,
    cell: Option<&Cell>,
    (inert, day): (&Format, &Format),
) -> Result<(), XlsxError> {
    match cell {
        None | Some(Cell::Merged | Cell::Unknown) => {}
        Some(Cell::Number(n)) => {
            sheet.write_number(row, place, *n)?;
        }
        Some(Cell::Day(date)) => {
            sheet.write_string_with_format(row, place, date.to_string(), day)?;
        }
        Some(Cell::Text(text) | Cell::Error(text)) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            sheet.write_string_with_format(row, place, text, inert)?;
        }
        Some(Cell::Text(text) | Cell::Error(text)) => {
            sheet.write_string(row, place, text)?;
        }
    }
    Ok(())
}

fn width(column: &Column) -> f64 {
    match &column.kind {
        Kind::Text(most) if *most > 100 => 40.0,
        Kind::Text(_) => 24.0,
        Kind::Choices(_) => 26.0,
        _ => 14.0,
    }
}

/// What the program that fills the sheet in checks by itself; we check again.
fn rule(column: &Column) -> Result<Option<DataValidation>, XlsxError> {
    let Kind::Choice(choices) = &column.kind else { return Ok(None) };
    let labels: Vec<&str> = choices.iter().map(|choice| choice.zh.as_str()).collect();
    // Longer lists are refused by the format.
    if labels.iter().map(|label| label.encode_utf16().count() + 1).sum::<usize>() > 250 {
        return Ok(None);
    }
    Ok(Some(DataValidation::new().allow_list_strings(&labels)?))
}

fn explain(sheet: &mut Worksheet, text: &str, columns: &[Column], head: &Format) -> Result<(), XlsxError> {
    sheet.set_name("填写说明")?;
    sheet.write_string(0, 0, text)?;
    for (label, place) in ["列", "Column", "必填", "填写要求", "可选值"].iter().zip(0u16..) {
        sheet.write_string_with_format(2, place, *label, head)?;
    }
    for (place, wide) in [(0, 18.0), (1, 22.0), (2, 8.0), (3, 52.0), (4, 80.0)] {
        sheet.set_column_width(place, wide)?;
    }
    for (column, row) in columns.iter().zip(3u32..) {
        sheet.write_string(row, 0, column.zh)?;
        sheet.write_string(row, 1, column.en)?;
        sheet.write_string(row, 2, if column.required { "是" } else { "" })?;
        sheet.write_string(row, 3, column.hint)?;
        if let Kind::Choice(choices) | Kind::Choices(choices) = &column.kind {
            let labels: Vec<&str> = choices.iter().map(|choice| choice.zh.as_str()).collect();
            sheet.write_string(row, 4, labels.join("、"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::spreadsheet::{reader, rows};

    fn column(key: &'static str, zh: &'static str, kind: Kind) -> Column {
        Column { key, zh, en: key, kind, required: key == "name", hint: "" }
    }

    #[test]
    fn what_is_written_is_read_back_and_no_text_is_a_formula() {
        let columns = [
            column("name", "名称", Kind::Text(40)),
            column("area", "面积", Kind::Number { least: 0.0, most: 1e9 }),
            column("day", "日期", Kind::Day),
        ];
        let bad = ["=1+1", "+A1", "-2", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "平常"];
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let written: Vec<Vec<Option<Cell>>> = bad
            .iter()
            .map(|text| {
                vec![Some(Cell::Text((*text).to_owned())), Some(Cell::Number(12.5)), Some(Cell::Day(day))]
            })
            .collect();
        let title = Title { sheet: "选址", text: "说明" };
        let bytes = template(title, &columns, &written, Some("A&B 导出")).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
        let mut xml = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut xml)
            .unwrap();
        assert!(!xml.contains("<f>"), "a formula was written");
        for place in ["oddHeader", "oddFooter"] {
            assert!(xml.contains(&format!("<{place}>&amp;CA&amp;&amp;B 导出</{place}>")), "{xml}");
        }
        let (good, wrong) = rows(&columns, &reader::cells(&bytes).unwrap()).unwrap();
        assert_eq!(wrong, []);
        let names: Vec<&str> = good.iter().map(|row| row.text("name").unwrap()).collect();
        assert_eq!(names, bad);
        assert!(good.iter().all(|row| row.number("area") == Some(12.5) && row.day("day") == Some(day)));
    }
}
