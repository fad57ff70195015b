//! Reading a workbook that may be hostile, in a child process with little memory and little time.
//!
//! The child is this same program (`palm read-sheet`) without environment, with limits set by the shell before it
//! starts. It counts what each part really unpacks to before anything is parsed, walks the cells of the first sheet
//! one by one, and answers with JSON. Whatever happens to it, nothing happens to the server.
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::error::{AppError, Code};
use crate::platform::spreadsheet::sheet;

pub const NOT_A_WORKBOOK: Code = Code::new(
    "sheet.not_a_workbook",
    "这不是 .xlsx 工作簿，请用 Excel 或 WPS 另存为 .xlsx 后上传",
    "This is no .xlsx workbook; save it as .xlsx with Excel or WPS and upload it again",
);
pub const TOO_LARGE: Code = Code::new(
    "sheet.too_large",
    "工作簿过大：最多 5000 行、60 列、5 MB，请分几次上传",
    "The workbook is too large: at most 5000 rows, 60 columns and 5 MB; upload it in parts",
);
pub const UNREADABLE: Code = Code::new(
    "sheet.unreadable",
    "工作簿无法读取，请下载模板，把内容按“值”粘贴进去再上传",
    "The workbook cannot be read; download the template, paste the values into it and upload that",
);

/// Bytes of the largest file taken.
pub const MOST_BYTES: usize = 5 * 1024 * 1024;
/// Rows below the header.
pub const MOST_ROWS: u32 = 5000;
pub const MOST_COLUMNS: u32 = 60;
const MOST_PARTS: usize = 200;
/// Bytes that all parts together may unpack to, and those besides sheets and texts.
const MOST_UNPACKED: u64 = 16 * 1024 * 1024;
const MOST_SMALL_PART: u64 = 2 * 1024 * 1024;
const MOST_TEXTS: usize = 250_000;
pub const MOST_CELL: usize = 4000;
pub const MOST_ANSWER: usize = 24 * 1024 * 1024;
/// Seconds of one core, kilobytes of data, and seconds by the wall after which the child is ended. An honest workbook
/// takes a program that was built without optimisation many times as long.
const CPU_SECONDS: u32 = if cfg!(debug_assertions) { 6 } else { 2 };
const DATA_KILOBYTES: u32 = 64 * 1024;
const WALL: Duration = Duration::from_secs(20);
/// Children at once.
static HANDS: Semaphore = Semaphore::const_new(2);

/// One cell as it is shown. Formulas are never run: what the file last showed counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "n")]
    Number(f64),
    #[serde(rename = "d")]
    Day(NaiveDate),
    #[serde(rename = "e")]
    Error(String),
    /// Covered by a merge whose value stands in another cell
    #[serde(rename = "m")]
    Merged,
    /// A formula that no program has worked out
    #[serde(rename = "f")]
    Unknown,
}

/// One row with its filled cells by column, counted from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from 1, as the sheet counts
    pub number: u32,
    pub cells: Vec<(u32, Cell)>,
}

/// The first sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    pub rows: Vec<Line>,
}

/// Why there are no cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotAWorkbook,
    TooLarge,
    Unreadable,
}

/// What the child answers.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    cells: Result<Cells, Refusal>,
    /// Kilobytes of memory that the child held at its peak, where the system tells
    peak_kilobytes: Option<u64>,
}

impl Refusal {
    pub fn code(self) -> &'static Code {
        match self {
            Self::NotAWorkbook => &NOT_A_WORKBOOK,
            Self::TooLarge => &TOO_LARGE,
            Self::Unreadable => &UNREADABLE,
        }
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Unprocessable(refusal.code())
    }
}

impl Cell {
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::Number(n) => format!("{n}"),
            Self::Day(day) => day.to_string(),
            Self::Merged | Self::Unknown => String::new(),
        }
    }
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
    pub fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(n) => Some(*n),
            Self::Text(text) => text.trim().replace([',', '，'], "").parse().ok(),
            _ => None,
        };
        number.filter(|n: &f64| n.is_finite())
    }
    pub fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Text(text) => {
                let text = text.trim();
                ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]
                    .iter()
                    .find_map(|pattern| NaiveDate::parse_from_str(text, pattern).ok())
            }
            _ => None,
        }
    }
}

/// The cells of the first sheet, read by a child process of `program`; `None` is this program.
pub async fn read(program: Option<&Path>, bytes: Vec<u8>) -> Result<Cells, AppError> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooLarge.into());
    }
    let program = match program {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?,
    };
    let _hand = HANDS.acquire().await.map_err(AppError::internal)?;
    let answer = match tokio::time::timeout(WALL, ask(program, bytes)).await {
        Ok(answer) => answer?,
        Err(_) => None,
    };
    // A child that was ended by its limits says nothing.
    answer.map_or(Err(Refusal::Unreadable), |answer| answer.cells).map_err(AppError::from)
}

/// What the shell is told: `$0` is the program, started with little time and little memory.
pub fn limited() -> String {
    format!("ulimit -c 0; ulimit -t {CPU_SECONDS} && ulimit -d {DATA_KILOBYTES} && exec \"$0\" read-sheet")
}

fn peak_kilobytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

async fn ask(program: PathBuf, bytes: Vec<u8>) -> Result<Option<Answer>, AppError> {
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(limited())
        .arg(program)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(AppError::internal("the sheet reader has no pipes"));
    };
    let giving = async move {
        // A child that has seen enough closes its end: that is no failure.
        let _ = input.write_all(&bytes).await;
        drop(input);
    };
    let mut said = Vec::new();
    let mut output = output.take(u64::try_from(MOST_ANSWER).unwrap_or(u64::MAX));
    let hearing = output.read_to_end(&mut said);
    let ((), heard) = tokio::join!(giving, hearing);
    heard?;
    let ended = child.wait().await?;
    Ok(if ended.success() { serde_json::from_slice(&said).ok() } else { None })
}

/// What the child does: a workbook on its standard input, the answer on its standard output.
pub fn answer_on_pipes() -> std::io::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(u64::try_from(MOST_BYTES).unwrap_or_default() + 1)
        .read_to_end(&mut bytes)?;
    let cells = cells(&bytes);
    drop(bytes);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut out, &Answer { cells, peak_kilobytes: peak_kilobytes() })?;
    out.flush()
}

/// The cells, or why not. Everything is measured before it is parsed.
pub fn cells(bytes: &[u8]) -> Result<Cells, Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooLarge);
    }
    measure(bytes)?;
    sheet::first(bytes)
}

/// Refuses archives with too many parts or parts that unpack to too much, whatever sizes they declare.
fn measure(bytes: &[u8]) -> Result<(), Refusal> {
    if !bytes.starts_with(b"PK\x03\x04") || declared_parts(bytes).ok_or(Refusal::NotAWorkbook)? > MOST_PARTS {
        return Err(if bytes.starts_with(b"PK\x03\x04") { Refusal::TooLarge } else { Refusal::NotAWorkbook });
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Refusal::NotAWorkbook)?;
    if archive.len() > MOST_PARTS {
        return Err(Refusal::TooLarge);
    }
    let (mut total, mut texts, mut is_workbook) = (0, 0, false);
    let mut chunk = vec![0; 64 * 1024];
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(|_| Refusal::Unreadable)?;
        let name = part.name().map_err(|_| Refusal::Unreadable)?.to_ascii_lowercase();
        is_workbook |= name == "xl/workbook.xml";
        let bulky = name.starts_with("xl/worksheets/")
            || name == "xl/sharedstrings.xml"
            || name.starts_with("xl/media/");
        let (mut size, mut tail) = (0u64, [0u8; 2]);
        loop {
            let n = part.read(&mut chunk).map_err(|_| Refusal::Unreadable)?;
            if n == 0 {
                break;
            }
            let read = chunk.get(..n).unwrap_or_default();
            size += n as u64;
            total += n as u64;
            if total > MOST_UNPACKED || (!bulky && size > MOST_SMALL_PART) {
                return Err(Refusal::TooLarge);
            }
            if name == "xl/sharedstrings.xml" {
                texts += count_items(&mut tail, read);
                if texts > MOST_TEXTS {
                    return Err(Refusal::TooLarge);
                }
            }
        }
    }
    if is_workbook { Ok(()) } else { Err(Refusal::NotAWorkbook) }
}

/// How many `<si` stand in `read`, one of which may have begun in what was read before.
fn count_items(tail: &mut [u8; 2], read: &[u8]) -> usize {
    let seam: Vec<u8> = tail.iter().chain(read.iter().take(2)).copied().collect();
    let over = seam.windows(3).filter(|w| *w == b"<si").count();
    if let Some(last) = read.last_chunk::<2>() {
        *tail = *last;
    } else if let [one] = read {
        *tail = [tail[1], *one];
    }
    over + read.windows(3).filter(|w| *w == b"<si").count()
}

/// The number of parts that the end of the archive declares.
fn declared_parts(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(66_000);
    let tail = bytes.get(from..)?;
    let at = tail.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count: [u8; 2] = tail.get(at + 10..at + 12)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_across_the_seam() {
        let text = b"<sst><si><t>a</t></si><si/><si ></sst>";
        for cut in 0..text.len() {
            let mut tail = [0; 2];
            let counted = count_items(&mut tail, &text[..cut]) + count_items(&mut tail, &text[cut..]);
            assert_eq!(counted, 3, "{cut}");
        }
    }

    #[test]
    fn what_is_no_workbook_is_said_to_be_none() {
        for bad in [&b""[..], b"PK\x03\x04", b"<html>", b"name,area\n"] {
            assert_eq!(cells(bad), Err(Refusal::NotAWorkbook), "{bad:?}");
        }
    }

    #[test]
    fn numbers_and_days_are_read_as_people_write_them() {
        let text = |t: &str| Cell::Text(t.to_owned());
        assert_eq!(text(" 1,234.5 ").number(), Some(1234.5));
        assert_eq!(text("1e400").number(), None);
        assert_eq!(text("NaN").number(), None);
        assert_eq!(text("2026年11月26日").day(), NaiveDate::from_ymd_opt(2026, 11, 26));
        assert_eq!(text("2026-13-01").day(), None);
    }
}
