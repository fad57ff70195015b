//! Target enterprises by workbook: misfits named, all rows or none, a way back, an export that is written down.
use palm::people::auth::Role;
use palm::platform::credit_code::CreditCode;
use palm::platform::id;
use palm::platform::spreadsheet::reader;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::imports::is_marked;
use crate::support::{Person, TestApp, count};

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const ALL: &str = "/api/v1/enterprises";
const HEADS: [&str; 6] = ["编号", "企业名称", "统一社会信用代码", "产业", "规模", "备注"];

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn code(n: usize) -> String {
    CreditCode::complete(&format!("91430900MA4L{n:05}")).unwrap().as_str().to_owned()
}

fn book(rows: &[[&str; 6]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, number) in std::iter::once(&HEADS).chain(rows).zip(0..) {
        for (cell, place) in row.iter().zip(0..) {
            if !cell.is_empty() {
                sheet.write_string(number, place, *cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

async fn upload(test: &TestApp, person: &Person, rows: &[[&str; 6]]) -> Value {
    let part = reqwest::multipart::Part::bytes(book(rows)).file_name("企业.xlsx");
    let request = test.client.post(test.url("/api/v1/enterprise-imports")).bearer_auth(&person.token);
    let request = request.header("Idempotency-Key", id::fresh());
    let answer = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
    assert_eq!(status, 201, "{body}");
    body
}

async fn act(test: &TestApp, person: &Person, import: &Value, what: &str) -> crate::support::Answer {
    let path = format!("/api/v1/enterprise-imports/{}/{what}", import["id"].as_str().unwrap());
    test.post(&path, Some(person), &json!({})).await
}

async fn listed(test: &TestApp, person: &Person) -> Vec<Value> {
    test.get(ALL, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

fn named(checked: &Value) -> Vec<(u64, &str)> {
    let errors = checked["errors"].as_array().unwrap();
    errors.iter().map(|e| (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap())).collect()
}

#[actix_web::test]
async fn every_row_that_does_not_fit_is_named_and_nothing_is_written() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let known = json!({"name": "已在库有限公司", "industry": "food", "credit_code": code(1)});
    test.post(ALL, Some(&official), &known).await.expect(201);
    let (one, two) = (code(1), code(2));
    let rows = [
        ["", "好企业有限公司", &two, "新能源", "大型", ""],
        ["", "换了名有限公司", &one, "食品加工", "", ""],
        ["", "坏代码有限公司", "914309000000000000", "食品加工", "", ""],
        ["", "航天有限公司", "", "航天", "", ""],
        ["", "好企业有限公司", "", "新能源", "", ""],
        ["0190aaaa-0000-7000-8000-000000000000", "没有此编号有限公司", "", "食品加工", "", ""],
        ["", "", "", "食品加工", "", ""],
    ];
    let checked = upload(&test, &official, &rows).await;
    assert_eq!((&checked["rows"], &checked["bad_rows"]), (&json!(7), &json!(6)), "{checked}");
    let places = [
        (3, "统一社会信用代码"),
        (4, "统一社会信用代码"),
        (5, "产业"),
        (6, "企业名称"),
        (7, "编号"),
        (8, "企业名称"),
    ];
    assert_eq!(named(&checked), places, "{checked}");
    assert_eq!(act(&test, &official, &checked, "confirmations").await.code(), "enterprise_import.has_errors");
    assert_eq!(listed(&test, &official).await.len(), 1);
}

#[actix_web::test]
async fn rows_are_written_together_and_taken_back_unless_somebody_has_gone_on() {
    let test = start().await;
    let (official, colleague, stranger) =
        (test.official(COUNTY).await, test.official(COUNTY).await, test.official(OTHER).await);
    let kept = json!({"name": "旧名有限公司", "industry": "food", "note": "原来的备注"});
    let kept = test.post(ALL, Some(&official), &kept).await.expect(201);
    let kept = kept["id"].as_str().unwrap().to_owned();
    let rows = [
        [kept.as_str(), "新名有限公司", "", "食品加工", "", "=HYPERLINK(\"http://x\")"],
        ["", "甲有限公司", "", "新能源", "小型", ""],
        ["", "乙有限公司", "", "新能源", "", ""],
    ];
    let checked = upload(&test, &official, &rows).await;
    assert_eq!(checked["bad_rows"], 0, "{checked}");
    assert_eq!(
        act(&test, &colleague, &checked, "confirmations").await.status,
        404,
        "a colleague reads it only"
    );
    assert_eq!(act(&test, &stranger, &checked, "confirmations").await.status, 404);
    let done = act(&test, &official, &checked, "confirmations").await.expect(200);
    assert_eq!((&done["state"], &done["may_undo"]), (&json!("imported"), &json!(true)));
    assert_eq!(
        act(&test, &official, &checked, "confirmations").await.code(),
        "enterprise_import.already_done"
    );
    let all = listed(&test, &official).await;
    assert_eq!(all.len(), 3);

    // One of the new ones is courted meanwhile: it stays.
    let courted = all.iter().find(|e| e["name"] == "甲有限公司").unwrap()["id"].as_str().unwrap();
    let step = json!({"next_step": {"what": "拜访", "on": test.app.now().day().to_string()}});
    test.post(&format!("{ALL}/{courted}/pursuits"), Some(&official), &step).await.expect(201);
    let undone = act(&test, &official, &checked, "undoings").await.expect(200);
    assert_eq!((&undone["state"], &undone["kept_rows"]), (&json!("undone"), &json!(1)));
    let mut names: Vec<String> =
        listed(&test, &official).await.iter().map(|e| e["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["旧名有限公司", "甲有限公司"]);
    let before = test.get(&format!("{ALL}/{kept}"), Some(&official)).await.expect(200);
    assert_eq!(before["note"], "原来的备注");
    let unit = test.get("/api/v1/enterprise-imports", Some(&colleague)).await.expect(200);
    assert_eq!(unit["items"][0]["file_name"], "企业.xlsx");
    assert!(
        test.get("/api/v1/enterprise-imports", Some(&stranger)).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[actix_web::test]
async fn what_somebody_else_wrote_since_the_check_refuses_the_whole() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let checked = upload(
        &test,
        &official,
        &[["", "甲有限公司", "", "新能源", "", ""], ["", "乙有限公司", "", "新能源", "", ""]],
    )
    .await;
    test.post(ALL, Some(&official), &json!({"name": "乙有限公司", "industry": "food"})).await.expect(201);
    assert_eq!(act(&test, &official, &checked, "confirmations").await.code(), "enterprise.already_kept");
    assert_eq!(listed(&test, &official).await.len(), 1, "not the first row either");
}

#[actix_web::test]
async fn an_export_can_be_uploaded_again_holds_no_contacts_and_is_written_down() {
    let test = start().await;
    let (official, consultant) = (test.official(COUNTY).await, test.person(Role::Consultant).await);
    let made = json!({"name": "=cmd有限公司", "industry": "food", "credit_code": code(7), "scale": "small"});
    let made = test.post(ALL, Some(&official), &made).await.expect(201);
    let contact = json!({"name": "钱总", "phone": "19012345678"});
    let path = format!("{ALL}/{}/contacts", made["id"].as_str().unwrap());
    test.post(&path, Some(&official), &contact).await.expect(201);
    let sheet = format!("{ALL}/sheet?filled=true&industry=food");
    assert_eq!(test.get(&sheet, Some(&consultant)).await.status, 403);
    let bytes = test.bytes(&sheet, &official).await;
    assert!(is_marked(&bytes), "whoever prints it sees whose it is");
    let cells = reader::cells(&bytes).unwrap();
    let said = format!("{cells:?}");
    assert!(
        said.contains("=cmd有限公司") && !said.contains("19012345678") && !said.contains("钱总"),
        "{said}"
    );
    let exported = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'show_enterprise_sheet'";
    assert_eq!(count(&test, exported).await, 1);
    test.bytes(&format!("{ALL}/sheet"), &official).await;
    assert_eq!(count(&test, exported).await, 1, "an empty template is no export");

    let part = reqwest::multipart::Part::bytes(bytes).file_name("again.xlsx");
    let request = test.client.post(test.url("/api/v1/enterprise-imports")).bearer_auth(&official.token);
    let request = request.header("Idempotency-Key", "again");
    let answer = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await.unwrap();
    let again: Value = answer.json().await.unwrap();
    assert_eq!((&again["rows"], &again["bad_rows"]), (&json!(1), &json!(0)), "{again}");
    act(&test, &official, &again, "confirmations").await.expect(200);
    assert_eq!(listed(&test, &official).await.len(), 1);
}

#[actix_web::test]
async fn an_export_ends_at_a_thousand_rows_and_says_how_many_it_holds() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let names: Vec<String> = (1..=1001).map(|n| format!("第{n:04}号示例有限公司")).collect();
    let rows: Vec<[&str; 6]> = names.iter().map(|name| ["", name.as_str(), "", "食品加工", "", ""]).collect();
    let checked = upload(&test, &official, &rows).await;
    assert_eq!((&checked["rows"], &checked["bad_rows"]), (&json!(1001), &json!(0)), "{checked}");
    act(&test, &official, &checked, "confirmations").await.expect(200);
    let bytes = test.bytes(&format!("{ALL}/sheet?filled=true"), &official).await;
    assert_eq!(reader::cells(&bytes).unwrap().rows.len(), 1 + 1000);
    let exported = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'show_enterprise_sheet' AND detail = '1000 rows exported'";
    assert_eq!(count(&test, exported).await, 1);
}
