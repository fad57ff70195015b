//! Institutions by workbook, the one way of every library: misfits named, all rows or none, a way back, no people in it.
use palm::people::auth::Role;
use palm::platform::id;
use palm::platform::spreadsheet::reader;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, count};

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const ALL: &str = "/api/v1/institutions";
const HEADS: [&str; 6] = ["编号", "机构类型", "机构名称", "覆盖区域", "覆盖产业", "责任单位"];

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
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

async fn upload(test: &TestApp, person: &Person, bytes: Vec<u8>) -> Value {
    let part = reqwest::multipart::Part::bytes(bytes).file_name("机构.xlsx");
    let request = test.client.post(test.url("/api/v1/institution-imports")).bearer_auth(&person.token);
    let request = request.header("Idempotency-Key", id::fresh());
    let answer = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
    assert_eq!(status, 201, "{body}");
    body
}

async fn act(test: &TestApp, person: &Person, import: &Value, what: &str) -> Answer {
    let path = format!("/api/v1/institution-imports/{}/{what}", import["id"].as_str().unwrap());
    test.post(&path, Some(person), &json!({})).await
}

async fn listed(test: &TestApp, person: &Person) -> Vec<Value> {
    test.get(ALL, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn every_row_that_does_not_fit_is_named_and_nothing_is_written() {
    let test = start().await;
    let (official, neighbour) = (test.official(COUNTY).await, test.official(OTHER).await);
    let theirs = json!({"kind": "chamber", "name": "深圳益阳商会", "regions": [], "industries": []});
    let theirs = test.post(ALL, Some(&neighbour), &theirs).await.expect(201);
    let rows = [
        ["", "异地商协会", "上海益阳商会", "上海、长三角", "竹产业、食品加工", COUNTY],
        ["", "异地商协会", "上海市益阳商会", "", "", ""],
        ["", "神秘组织", "某机构", "", "", ""],
        ["", "投资基金", "某基金", "", "航天", ""],
        ["", "投资基金", "另一基金", "", "", OTHER],
        ["", "投资基金", "第三基金", "", "", "no-such"],
        [theirs["id"].as_str().unwrap(), "异地商协会", "深圳益阳商会", "", "", ""],
        ["", "异地商协会", "深圳益阳商会", "", "", ""],
    ];
    let checked = upload(&test, &official, book(&rows)).await;
    let errors = checked["errors"].as_array().unwrap();
    let places: Vec<_> =
        errors.iter().map(|e| (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap())).collect();
    let expected = [
        (3, "机构名称"),
        (4, "机构类型"),
        (5, "覆盖产业"),
        (6, "责任单位"),
        (7, "责任单位"),
        (8, "编号"),
        (9, "机构名称"),
        (9, "机构名称"),
    ];
    assert_eq!(places, expected, "{checked}");
    assert_eq!(
        act(&test, &official, &checked, "confirmations").await.code(),
        "institution_import.has_errors"
    );
    assert_eq!(listed(&test, &official).await.len(), 1);
}

#[actix_web::test]
async fn rows_are_written_together_and_taken_back_unless_somebody_has_gone_on() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let kept =
        json!({"kind": "chamber", "name": "上海益阳商会", "regions": ["上海"], "industries": ["food"]});
    let kept = test.post(ALL, Some(&official), &kept).await.expect(201);
    let kept = kept["id"].as_str().unwrap().to_owned();
    let rows = [
        [kept.as_str(), "行业协会", "上海益阳商会", "长三角", "竹产业", COUNTY],
        ["", "投资基金", "=cmd基金", "", "", ""],
        ["", "科研院所", "湘资研究院", "", "", ""],
    ];
    let checked = upload(&test, &official, book(&rows)).await;
    assert_eq!(checked["bad_rows"], 0, "{checked}");
    act(&test, &official, &checked, "confirmations").await.expect(200);
    assert_eq!(
        act(&test, &official, &checked, "confirmations").await.code(),
        "institution_import.already_done"
    );
    let elsewhere = format!("/api/v1/enterprise-imports/{}", checked["id"].as_str().unwrap());
    assert_eq!(test.get(&elsewhere, Some(&official)).await.status, 404, "each library its own");
    let all = listed(&test, &official).await;
    assert_eq!(all.len(), 3);
    let changed = test.get(&format!("{ALL}/{kept}"), Some(&official)).await.expect(200);
    assert_eq!((&changed["kind"], &changed["regions"]), (&json!("association"), &json!(["长三角"])));
    let fund = all.iter().find(|one| one["kind"] == "fund").unwrap()["id"].as_str().unwrap();
    let log = json!({"way": "call", "at": test.app.now().to_string(), "summary": "电话"});
    test.post(&format!("{ALL}/{fund}/log"), Some(&official), &log).await.expect(201);
    let undone = act(&test, &official, &checked, "undoings").await.expect(200);
    assert_eq!((&undone["state"], &undone["kept_rows"]), (&json!("undone"), &json!(1)));
    assert_eq!(listed(&test, &official).await.len(), 2, "the fund was rung up and stays");
    let before = test.get(&format!("{ALL}/{kept}"), Some(&official)).await.expect(200);
    assert_eq!(
        (&before["kind"], &before["regions"], &before["industries"]),
        (&json!("chamber"), &json!(["上海"]), &json!(["food"]))
    );
}

#[actix_web::test]
async fn an_export_can_be_uploaded_again_holds_no_people_and_is_written_down() {
    let test = start().await;
    let (official, consultant) = (test.official(COUNTY).await, test.person(Role::Consultant).await);
    let made = json!({"kind": "fund", "name": "=cmd基金", "seat": "深圳", "regions": ["深圳", "全国"], "industries": ["food", "bamboo"]});
    let made = test.post(ALL, Some(&official), &made).await.expect(201);
    let contact = json!({"name": "钱总", "phone": "19012345678"});
    let path = format!("{ALL}/{}/contacts", made["id"].as_str().unwrap());
    test.post(&path, Some(&official), &contact).await.expect(201);
    let sheet = format!("{ALL}/sheet?filled=true&kind=fund");
    assert_eq!(test.get(&sheet, Some(&consultant)).await.status, 403);
    let bytes = test.bytes(&sheet, &official).await;
    let said = format!("{:?}", reader::cells(&bytes).unwrap());
    assert!(
        said.contains("=cmd基金")
            && said.contains("全国")
            && !said.contains("19012345678")
            && !said.contains("钱总"),
        "{said}"
    );
    let exported = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'show_institution_sheet'";
    assert_eq!(count(&test, exported).await, 1);
    test.bytes(&format!("{ALL}/sheet"), &official).await;
    assert_eq!(count(&test, exported).await, 1, "an empty template is no export");
    let again = upload(&test, &official, bytes).await;
    assert_eq!((&again["rows"], &again["bad_rows"]), (&json!(1), &json!(0)), "{again}");
    act(&test, &official, &again, "confirmations").await.expect(200);
    let view =
        test.get(&format!("{ALL}/{}", made["id"].as_str().unwrap()), Some(&official)).await.expect(200);
    assert_eq!((&view["regions"], &view["industries"]), (&made["regions"], &made["industries"]));
}
