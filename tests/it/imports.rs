//! Workbooks: a template that is read back, misfits named, all rows or none, and files made to harm.
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Person, TestApp, count, python};
use palm::libraries;
use palm::platform::id;
use palm::platform::spreadsheet::reader;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

const COUNTY: &str = "430903";
const ROWS: usize = 5000;

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

async fn upload(test: &TestApp, person: &Person, bytes: Vec<u8>) -> (u16, Value) {
    let part = reqwest::multipart::Part::bytes(bytes).file_name("选址.xlsx");
    // A connection of its own: one that was idle while a file was read alone may be closed by now.
    let answer = reqwest::Client::new()
        .post(test.url("/api/v1/map/imports"))
        .bearer_auth(&person.token)
        .header("Idempotency-Key", id::fresh())
        .multipart(reqwest::multipart::Form::new().part("file", part))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

const HEADS: [&str; 12] = [
    "类型",
    "责任单位",
    "名称",
    "经度",
    "纬度",
    "坐标系",
    "位置精度",
    "面积（平方米）",
    "地价（万元/亩）",
    "产业方向",
    "状态",
    "资料来源",
];

/// A sheet of parcels; `bend` may spoil the cells of a row.
fn sheet(rows: usize, bend: impl Fn(usize, &mut [String; 12])) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (place, head) in HEADS.iter().enumerate() {
        sheet.write_string(0, u16::try_from(place).unwrap(), *head).unwrap();
    }
    for n in 0..rows {
        let mut cells = [
            "地块",
            "赫山区",
            "",
            "112.36",
            "28.57",
            "GCJ-02（国测局坐标）",
            "准确位置",
            "26667",
            "18.5",
            "食品加工、竹产业",
            "可供",
            "示例台账",
        ]
        .map(str::to_owned);
        cells[2] = format!("示例地块 {n}");
        bend(n, &mut cells);
        for (place, cell) in cells.iter().enumerate() {
            let (row, place) = (u32::try_from(n + 1).unwrap(), u16::try_from(place).unwrap());
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, place, number).map(|_| ()).unwrap(),
                Err(_) => sheet.write_string(row, place, cell).map(|_| ()).unwrap(),
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[actix_web::test]
async fn of_five_thousand_rows_exactly_the_thirty_seven_bad_ones_are_named() {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    let bad: Vec<usize> = (0..37).map(|n| n * 131 + 7).collect();
    let kinds: [(usize, &str, &str); 6] = [
        (3, "28.57", "经度"),
        (7, "很大", "面积（平方米）"),
        (0, "城堡", "类型"),
        (2, "", "名称"),
        (1, "桃江县", "责任单位"),
        (9, "食品加工、航天", "产业方向"),
    ];
    let spoilt = bad.clone();
    let bytes = sheet(ROWS, move |n, cells| {
        if let Some(which) = spoilt.iter().position(|b| *b == n) {
            let (place, text, _) = kinds[which % kinds.len()];
            cells[place] = text.to_owned();
        }
    });
    let (status, checked) = upload(&test, &author, bytes).await;
    assert_eq!(status, 201, "{checked}");
    assert_eq!((&checked["rows"], &checked["bad_rows"]), (&json!(ROWS), &json!(37)));
    let errors = checked["errors"].as_array().unwrap();
    let named: Vec<(u64, &str)> =
        errors.iter().map(|e| (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap())).collect();
    let expected: Vec<(u64, &str)> =
        bad.iter().enumerate().map(|(which, n)| (*n as u64 + 2, kinds[which % kinds.len()].2)).collect();
    assert_eq!(named, expected);
    assert!(
        errors.iter().all(
            |e| !e["reason"].as_str().unwrap().is_empty() && !e["reason_en"].as_str().unwrap().is_empty()
        )
    );
    let confirm = format!("/api/v1/map/imports/{}/confirmations", checked["id"].as_str().unwrap());
    assert_eq!(test.post(&confirm, Some(&author), &json!({})).await.code(), "import.has_errors");
    let drafts = test.get("/api/v1/map/drafts", Some(&author)).await.expect(200);
    assert_eq!(drafts["items"], json!([]), "nothing was imported");
}

#[actix_web::test]
async fn an_import_is_whole_needs_a_second_pair_of_eyes_and_can_be_undone() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let (_, checked) = upload(&test, &author, sheet(40, |_, _| {})).await;
    assert_eq!((&checked["bad_rows"], &checked["may_confirm"]), (&json!(0), &json!(true)));
    let act = |name: &str| format!("/api/v1/map/imports/{}/{name}", checked["id"].as_str().unwrap());
    assert_eq!(test.post(&act("confirmations"), Some(&other), &json!({})).await.status, 404);
    let imported = test.post(&act("confirmations"), Some(&author), &json!({})).await.expect(200);
    assert_eq!((&imported["open"], &imported["state"]), (&json!(40), &json!("imported")));
    assert_eq!(
        test.post(&act("confirmations"), Some(&author), &json!({})).await.code(),
        "import.already_done"
    );
    let count = async || test.get("/api/v1/map/sites", None).await.expect(200)["total"].as_u64().unwrap();
    let before = count().await;
    assert_eq!(test.post(&act("publications"), Some(&author), &json!({})).await.code(), "draft.own");
    let published = test.post(&act("publications"), Some(&other), &json!({})).await.expect(200);
    assert_eq!((&published["published"], &published["open"]), (&json!(40), &json!(0)));
    let found =
        test.get("/api/v1/map/sites?q=%E7%A4%BA%E4%BE%8B%E5%9C%B0%E5%9D%97%2039", None).await.expect(200);
    assert!(before > 0 && found["total"].as_u64().unwrap() >= 1);
    // Another workbook, taken back before anybody published it.
    let (_, second) = upload(&test, &author, sheet(3, |n, cells| cells[2] = format!("另一批 {n}"))).await;
    let act = |name: &str| format!("/api/v1/map/imports/{}/{name}", second["id"].as_str().unwrap());
    test.post(&act("confirmations"), Some(&author), &json!({})).await.expect(200);
    let undone = test.post(&act("undoings"), Some(&author), &json!({})).await.expect(200);
    assert_eq!((&undone["state"], &undone["discarded"]), (&json!("undone"), &json!(3)));
    assert_eq!(test.post(&act("publications"), Some(&other), &json!({})).await.code(), "import.already_done");
}

#[actix_web::test]
async fn the_template_with_ones_sites_is_read_back_without_a_difference() {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    let bytes = test.bytes("/api/v1/map/imports/template?with_sites=true", &author).await;
    assert!(is_marked(&bytes), "whoever prints it sees whose it is");
    let exported = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'show_template'";
    assert_eq!(count(&test, exported).await, 1);
    let (status, checked) = upload(&test, &author, bytes).await;
    assert_eq!((status, &checked["errors"]), (201, &json!([])));
    assert!(checked["rows"].as_u64().unwrap() > 3);
    let empty = test.bytes("/api/v1/map/imports/template", &author).await;
    assert!(!is_marked(&empty) && count(&test, exported).await == 1, "an empty template is no export");
    assert_eq!(upload(&test, &author, empty).await.1["code"], "sheet.empty");
}

/// Whether the rows of a workbook are printed with the mark of an export.
pub fn is_marked(book: &[u8]) -> bool {
    let mut xml = String::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut xml)
        .unwrap();
    xml.split_once("<oddHeader>")
        .is_some_and(|(_, rest)| rest.contains("王示例 于") && rest.contains("导出已记入审计"))
}

/// What `tests/sheets/make_books.py` makes: what fits comes in with its days, everything else is named.
async fn books_of_others_are_understood(folder: &Path, by: &str) {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    let book = |name: &str| std::fs::read(folder.join(format!("{by}{name}.xlsx"))).unwrap();
    for (name, first) in [("1900", "1900-03-01"), ("1904", "1904-01-02")] {
        let (status, checked) = upload(&test, &author, book(name)).await;
        assert_eq!((status, &checked["errors"]), (201, &json!([])), "{name}");
        let import = checked["id"].as_str().unwrap();
        let confirm = format!("/api/v1/map/imports/{import}/confirmations");
        test.post(&confirm, Some(&author), &json!({})).await.expect(200);
        for day in [first, "2026-12-01", "2026-12-02"] {
            let said = [
                format!("\"free_from\":\"{day}\""),
                "\"source_on\":\"2026-11-26\"".to_owned(),
                "\"area_m2\":26667".to_owned(),
            ];
            let like = said.map(|part| format!("content LIKE '%{part}%'")).join(" AND ");
            let sql = format!(
                "SELECT COUNT(*) AS n FROM map_site_versions WHERE import_id = '{import}' AND {like}"
            );
            assert_eq!(count(&test, &sql).await, 1, "{name}: {day}");
        }
    }
    let (status, checked) = upload(&test, &author, book("bent")).await;
    assert_eq!((status, &checked["rows"], &checked["bad_rows"]), (201, &json!(6), &json!(5)), "{checked}");
    let errors = checked["errors"].as_array().unwrap();
    let named: Vec<(u64, &str, &str)> = errors
        .iter()
        .map(|e| {
            (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap(), e["reason_en"].as_str().unwrap())
        })
        .collect();
    let merged = "The cell is part of a merge; split it and fill in every cell";
    let long = "A number of more than 15 digits has lost its last ones; format the cell as text and fill it in again";
    assert_eq!(
        named,
        [
            (3, "责任单位", merged),
            (4, "责任单位", merged),
            (5, "名称", long),
            (6, "N 列", "The column has no header"),
            (7, "可用时间", "Must be a day, such as 2026-11-26"),
        ]
    );
}

#[actix_web::test]
async fn what_libreoffice_wrote_comes_in_right_or_is_named() {
    books_of_others_are_understood(Path::new("tests/vectors"), "libreoffice_").await;
}

#[actix_web::test]
#[ignore = "asks openpyxl: scripts/test.sh brings it and runs it"]
async fn what_openpyxl_wrote_comes_in_right_or_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(python()).arg("tests/sheets/make_books.py").arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    books_of_others_are_understood(folder.path(), "").await;
}

fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

/// A workbook of one sheet with this XML and these texts.
fn book(sheet: Vec<u8>, texts: Option<Vec<u8>>) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.into()),
        ("_rels/.rels", RELS.into()),
        ("xl/workbook.xml", BOOK.into()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.into()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    parts.extend(texts.map(|texts| ("xl/sharedStrings.xml", texts)));
    archive(&parts)
}

fn within(data: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{data}</worksheet>"#).into_bytes()
}

/// The declared size of every part made as small as can be.
fn lying(mut bytes: Vec<u8>) -> Vec<u8> {
    for (mark, at) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let places: Vec<usize> = (0..bytes.len() - 30).filter(|n| bytes[*n..].starts_with(mark)).collect();
        for place in places {
            bytes[place + at..place + at + 4].copy_from_slice(&16u32.to_le_bytes());
        }
    }
    bytes
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let cell = r#"<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row></sheetData>"#;
    let huge = vec![b' '; 80 << 20];
    let nested = "<a>".repeat(400_000);
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    let namespaces: String = (0..50_000).map(|n| format!(" xmlns:n{n}=\"u\"")).collect();
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>"#;
    let columns: String = (0..4000).map(|n| format!(r#"<col min="{n}" max="16384" width="9"/>"#)).collect();
    let many: Vec<(String, Vec<u8>)> = (0..20_000).map(|n| (format!("xl/{n}.xml"), vec![])).collect();
    let many: Vec<(&str, Vec<u8>)> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let wide: String =
        (0..2000).map(|n| format!(r#"<row r="{}"><c r="XFD{}"><v>1</v></c></row>"#, n + 1, n + 1)).collect();
    let long: String =
        (0..6000).map(|n| format!(r#"<row r="{}"><c r="A{}"><v>1</v></c></row>"#, n + 1, n + 1)).collect();
    let texts = format!("<sst>{}</sst>", "<si/>".repeat(4_000_000));
    let whole = book(within(cell), None);
    vec![
        ("a part that unpacks to 80 MB", book(huge.clone(), None)),
        ("the same with lying sizes", lying(book(huge.clone(), None))),
        ("80 MB of texts", book(within(cell), Some(huge))),
        ("four million texts", book(within(cell), Some(texts.into_bytes()))),
        ("20 000 parts", archive(&many)),
        ("elements 400 000 deep", book(within(&nested), None)),
        ("100 000 attributes", book(within(&format!("<sheetData{attributes}/>")), None)),
        ("50 000 namespaces", book(within(&format!("<sheetData{namespaces}/>")), None)),
        ("a million declared columns", book(within(&format!(r#"<dimension ref="A1:XFD1048576"/><cols>{columns}</cols><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#)), None)),
        ("cells in the last column", book(within(&format!("<sheetData>{wide}</sheetData>")), None)),
        ("200 000 merges of everything", book(within(&format!("<sheetData/>{}", r#"<mergeCell ref="A1:XFD1048576"/>"#.repeat(200_000))), None)),
        ("six thousand rows", book(within(&format!("<sheetData>{long}</sheetData>")), None)),
        ("entities that unfold", book(format!("{laughs}<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&d;</t></is></c></row></sheetData></worksheet>").into_bytes(), None)),
        ("cut off in the middle", whole[..whole.len() / 2].to_vec()),
        ("a text named .xlsx", b"name,area\n".to_vec()),
        ("an archive without a workbook", archive(&[("a.txt", b"x".to_vec())])),
        ("an encrypted workbook", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), vec![0; 4096]].concat()),
    ]
}

/// The reader's own process as the program starts it: what it answered, its seconds of a core, and its memory.
fn read_alone(bytes: &[u8]) -> (Option<Value>, f64) {
    let spent = || {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // Of children that were waited for, in hundredths: user and system.
        (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
    };
    let before = spent();
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(reader::limited())
        .arg(env!("CARGO_BIN_EXE_palm"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let giving = std::thread::spawn(move || {
        let _ = input.write_all(&bytes);
    });
    let out = child.wait_with_output().unwrap();
    giving.join().unwrap();
    (serde_json::from_slice(&out.stdout).ok(), spent() - before)
}

#[actix_web::test]
async fn files_made_to_harm_are_refused_in_two_seconds_and_sixty_four_megabytes() {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    for (name, bytes) in hostile() {
        let (answer, seconds) = read_alone(&bytes);
        // A child that its limits ended answers nothing; one that answered tells what it held.
        let peak = answer.as_ref().and_then(|a| a["peak_kilobytes"].as_u64());
        println!(
            "{name}: {} bytes, {seconds:.2} s, {peak:?} kB, {:?}",
            bytes.len(),
            answer.as_ref().map(|a| &a["cells"]["Err"])
        );
        assert!(seconds <= 2.3, "{name}: {seconds} s");
        assert!(peak.is_none_or(|peak| peak <= 64 * 1024), "{name}: {peak:?} kB");
        let (status, problem) = upload(&test, &author, bytes).await;
        assert!(matches!(status, 413 | 422), "{name}: {status} {problem}");
    }
    // The server is none the worse, and an honest workbook still passes through the same door.
    let (status, checked) = upload(&test, &author, sheet(2, |_, _| {})).await;
    assert_eq!((status, &checked["bad_rows"]), (201, &json!(0)));
    let (answer, seconds) = read_alone(&sheet(ROWS, |_, _| {}));
    let answer = answer.expect("an honest workbook of 5000 rows is read");
    println!("5000 honest rows: {seconds:.2} s, {} kB", answer["peak_kilobytes"]);
    assert_eq!(answer["cells"]["Ok"]["rows"].as_array().unwrap().len(), ROWS + 1);
}
