//! Leads: receipts that anyone can check, a ledger without forks, likeness left to a person, handovers.
use crate::support::{Person, TestApp, ask, python};
use diesel::connection::SimpleConnection;
use palm::deals::leads::verify_ledger;
use palm::error::AppError;
use palm::people::auth::Role;
use palm::platform::credit_code::CreditCode;
use palm::platform::{db, id};
use serde_json::{Value, json};
use std::path::Path;

const COUNTY: &str = "430922";
const OTHER_COUNTY: &str = "430923";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn lead(name: &str, phone: &str) -> Value {
    json!({"enterprise_name": name, "contact_name": "王小明", "contact_phone": phone, "industry": "bamboo",
        "intention": "拟建竹纤维生产线，\n需地 40 亩。"})
}

/// The whole ledger hashed again.
async fn walk(test: &TestApp) -> palm::deals::leads::LedgerReport {
    let key = test.app.ledger_signer.key();
    test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap()
}

async fn submit(test: &TestApp, person: &Person, body: &Value) -> Value {
    test.post("/api/v1/leads", Some(person), body).await.expect(201)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

#[actix_web::test]
async fn a_receipt_is_genuine_until_a_letter_is_changed() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let made = submit(&test, &consultant, &lead("益阳市腾飞竹业有限公司", "19000000001")).await;
    let receipt = &made["receipt"];
    let check = |receipt: Value| {
        let test = &test;
        async move { test.post("/api/v1/leads/receipt-checks", None, &receipt).await.expect(200) }
    };
    assert_eq!(check(receipt.clone()).await["problems"], json!([]));
    let mut changed = receipt.clone();
    changed["facts"]["contact_name"] = json!("王小名");
    let verdict = check(changed).await;
    assert_eq!((&verdict["genuine"], &verdict["problems"]), (&json!(false), &json!(["facts"])));
    let mut moved = receipt.clone();
    moved["sequence"] = json!(2);
    assert_eq!(check(moved).await["problems"], json!(["entry", "ledger"]));
    let path = format!("/api/v1/leads/{}/receipt", text(&made, "/lead/id"));
    assert_eq!(test.get(&path, Some(&consultant)).await.expect(200), *receipt);
    let stranger = test.person(Role::InformationTaskForce).await;
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
}

#[actix_web::test]
async fn a_program_of_a_few_lines_checks_a_receipt_without_us() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let mut body = lead("控制\u{1f}", "19000000001");
    assert_eq!(test.post("/api/v1/leads", Some(&consultant), &body).await.status, 422);
    body = lead("引号\"斜线\\/ ünï 𠀀 公司", "19000000001");
    let made = submit(&test, &consultant, &body).await;
    let ledger = test.get("/api/v1/leads/ledger", None).await.expect(200);
    assert!(!ledger.to_string().contains("19000000001"));
    let folder = tempfile::tempdir().unwrap();
    let run = |receipt: &Value| {
        let (one, two) = (folder.path().join("receipt.json"), folder.path().join("ledger.json"));
        std::fs::write(&one, receipt.to_string()).unwrap();
        std::fs::write(&two, ledger.to_string()).unwrap();
        let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/check_receipt.py");
        let done = std::process::Command::new(python()).arg(checker).args([one, two]).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(run(&made["receipt"]), "genuine");
    let mut changed = made["receipt"].clone();
    changed["facts"]["intention"] = json!("另有打算");
    assert_eq!(run(&changed), "not genuine: facts");
}

#[actix_web::test]
async fn submissions_at_once_on_two_instances_make_one_chain() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let consultant = test.person(Role::Consultant).await;
    let asked = (0..24).map(|n| {
        let address = if n % 2 == 0 { test.address } else { address };
        let (test, consultant) = (&test, &consultant);
        let body = lead(&format!("企业{n}号竹业"), &format!("190000001{n:02}"));
        async move {
            let key = id::fresh();
            ask(&test.client, address, "POST", "/api/v1/leads", Some(consultant), Some(&body), &key)
                .await
                .unwrap()
        }
    });
    let answers = futures_util::future::join_all(asked).await;
    let mut sequences: Vec<i64> =
        answers.into_iter().map(|a| a.expect(201)["receipt"]["sequence"].as_i64().unwrap()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=24).collect::<Vec<_>>());
    let report = walk(&test).await;
    assert_eq!((report.entries, report.broken), (24, None));
    let page = test.get("/api/v1/leads/ledger?after=20&limit=2", None).await.expect(200);
    assert_eq!((&page["items"][0]["sequence"], &page["head"]["sequence"]), (&json!(21), &json!(24)));
    assert_eq!(page["items"][1]["previous_hash"], page["items"][0]["entry_hash"]);
}

#[actix_web::test]
async fn the_tables_refuse_to_change_what_was_submitted_and_a_walk_finds_who_forced_them() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..3 {
        submit(&test, &consultant, &lead(&format!("企业{n}号竹业"), &format!("1900000010{n}"))).await;
    }
    let run = |sql: &'static str| {
        let test = &test;
        async move {
            let outcome = test
                .app
                .db
                .write(move |conn| {
                    match conn {
                        db::DbConn::Pg(conn) => conn.batch_execute(sql),
                        db::DbConn::Sqlite(conn) => conn.batch_execute(sql),
                    }
                    .map_err(AppError::Database)
                })
                .await;
            outcome.is_ok()
        }
    };
    assert!(!run("UPDATE lead_ledger_entries SET facts_sha256 = 'x' WHERE sequence = 2").await);
    assert!(!run("DELETE FROM lead_ledger_entries WHERE sequence = 3").await);
    assert!(!run("UPDATE leads SET contact_name = 'x'").await);
    let forced = if test.place().is_postgres() {
        "ALTER TABLE leads DISABLE TRIGGER ALL; UPDATE leads SET contact_name = 'x' WHERE number LIKE '%-000002'"
    } else {
        "DROP TRIGGER leads_facts_stand; UPDATE leads SET contact_name = 'x' WHERE number LIKE '%-000002'"
    };
    assert!(run(forced).await);
    let report = walk(&test).await;
    let broken = report.broken.unwrap();
    assert_eq!((report.entries, broken.sequence, broken.reason), (1, 2, "the facts were changed"));
}

#[actix_web::test]
async fn a_like_name_is_left_to_a_person() {
    let test = start().await;
    let (one, two) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let force = test.person(Role::InformationTaskForce).await;
    let first = submit(&test, &one, &lead("益阳市腾飞竹业有限公司", "19000000001")).await["lead"].clone();
    let later = submit(&test, &two, &lead("湖南腾飞竹业（集团）公司", "19000000002")).await["lead"].clone();
    assert_eq!((&first["standing"], &later["standing"]), (&json!("first"), &json!("undecided")));
    assert_eq!(later["likeness"], json!([]), "a consultant learns nothing of another's lead");
    let handover = format!("/api/v1/leads/{}/handovers", text(&later, "/id"));
    let refused = test.post(&handover, Some(&force), &json!({"unit_id": COUNTY})).await;
    assert_eq!((refused.status, refused.code()), (409, "lead.likeness_open"));
    let list = test.get("/api/v1/lead-likeness-reviews?state=open", Some(&force)).await.expect(200);
    let review = &list["items"][0];
    assert_eq!((&review["reasons"], &review["leads"][0]["id"]), (&json!(["name"]), &first["id"]));
    let path = format!("/api/v1/lead-likeness-reviews/{}/decisions", text(review, "/id"));
    let stray = json!({"decision": "same", "first_lead_id": id::fresh(), "reason": "同一"});
    assert_eq!(test.post(&path, Some(&force), &stray).await.code(), "likeness_review.not_of_the_two");
    let decision = json!({"decision": "same", "reason": "同一法人"});
    assert_eq!(test.post(&path, Some(&one), &decision).await.status, 403);
    let decided = test.post(&path, Some(&force), &decision).await.expect(201);
    assert_eq!(decided["first_lead_id"], first["id"]);
    assert_eq!(
        (&decided["leads"][1]["standing"], &decided["leads"][1]["state"]),
        (&json!("later"), &json!("screened"))
    );
    assert_eq!(test.post(&path, Some(&force), &decision).await.code(), "likeness_review.already_decided");
}

#[actix_web::test]
async fn a_credit_code_and_a_phone_are_likenesses_too() {
    let test = start().await;
    let (consultant, force) =
        (test.person(Role::Consultant).await, test.person(Role::InformationTaskForce).await);
    let code = CreditCode::complete("91430900MA4L00000").unwrap();
    let mut one = lead("甲乙竹业", "19000000001");
    one["credit_code"] = json!(code);
    let mut two = lead("丙丁笋业", "19000000001");
    two["credit_code"] = json!(code);
    submit(&test, &consultant, &one).await;
    let lead = submit(&test, &consultant, &two).await["lead"].clone();
    let path = format!("/api/v1/leads/{}", text(&lead, "/id"));
    let seen = test.get(&path, Some(&force)).await.expect(200);
    assert_eq!(seen["likeness"][0]["reasons"], json!(["credit_code", "phone"]));
    assert_eq!(
        seen["may"],
        json!(["decide_likeness", "reveal", "screen", "pause", "ask_confirmation", "attach"])
    );
}

#[actix_web::test]
async fn a_lead_goes_to_one_county_which_returns_or_accepts_it() {
    let test = start().await;
    let (consultant, force) =
        (test.person(Role::Consultant).await, test.person(Role::InformationTaskForce).await);
    let (official, other) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let lead = submit(&test, &consultant, &lead("腾飞竹业", "19000000001")).await["lead"].clone();
    let path = format!("/api/v1/leads/{}", text(&lead, "/id"));
    assert_eq!(test.get(&path, Some(&official)).await.status, 404);
    let handovers = format!("{path}/handovers");
    let wrong = test.post(&handovers, Some(&force), &json!({"unit_id": "commerce-bureau"})).await;
    assert_eq!(wrong.code(), "handover.not_a_county_or_park");
    let handed =
        test.post(&handovers, Some(&force), &json!({"unit_id": COUNTY, "note": "请跟进"})).await.expect(201);
    assert_eq!((&handed["state"], &handed["unit_id"]), (&json!("handed_over"), &json!(COUNTY)));
    let twice = test.post(&handovers, Some(&force), &json!({"unit_id": OTHER_COUNTY})).await;
    assert_eq!(twice.code(), "lead.already_handed_over");
    let seen = test.get(&path, Some(&official)).await.expect(200);
    let may = json!(["accept", "return", "reveal", "contact", "pause", "ask_confirmation", "attach"]);
    assert_eq!(seen["may"], may);
    let answer = format!("/api/v1/leads/handovers/{}", text(&handed, "/handovers/0/id"));
    assert_eq!(test.post(&format!("{answer}/acceptances"), Some(&other), &json!({})).await.status, 404);
    let returns = format!("{answer}/returns");
    let returned = test.post(&returns, Some(&official), &json!({"reason": "产业不符"})).await.expect(201);
    assert_eq!(returned["state"], "returned");
    assert_eq!(
        test.post(&returns, Some(&official), &json!({"reason": "再退"})).await.code(),
        "handover.already_answered"
    );
    assert_eq!(test.get(&path, Some(&official)).await.status, 404, "what was returned is out of sight");
    let again = test.post(&handovers, Some(&force), &json!({"unit_id": OTHER_COUNTY})).await.expect(201);
    let answer = format!("/api/v1/leads/handovers/{}/acceptances", text(&again, "/handovers/1/id"));
    let accepted = test.post(&answer, Some(&other), &json!({})).await.expect(201);
    assert_eq!(
        (&accepted["state"], &accepted["handovers"][1]["state"]),
        (&json!("accepted"), &json!("accepted"))
    );
    let own = test.get("/api/v1/leads?state=accepted", Some(&consultant)).await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn the_contact_is_masked_and_every_reveal_is_logged() {
    let test = start().await;
    let (consultant, other) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let (force, auditor) =
        (test.person(Role::InformationTaskForce).await, test.person(Role::AuditAdministrator).await);
    let lead = submit(&test, &consultant, &lead("腾飞竹业", "19000000001")).await["lead"].clone();
    assert_eq!(lead["contact_phone_masked"], "190******01");
    let path = format!("/api/v1/leads/{}/reveals", text(&lead, "/id"));
    assert_eq!(test.post(&path, Some(&other), &json!({"purpose": "看看"})).await.status, 404);
    let shown = test.post(&path, Some(&force), &json!({"purpose": "电话核实"})).await.expect(201);
    assert_eq!(shown["contact_phone"], "19000000001");
    let log = test.get("/api/v1/audit/entries?operation=reveal_lead", Some(&auditor)).await.expect(200);
    assert_eq!(log["items"][0]["detail"], "电话核实");
}

#[actix_web::test]
async fn an_accepted_lead_becomes_one_project() {
    let test = start().await;
    let (consultant, task_force) =
        (test.person(Role::Consultant).await, test.person(Role::InformationTaskForce).await);
    let (official, neighbour) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let made = submit(&test, &consultant, &lead("益阳市腾飞竹业有限公司", "19000000001")).await;
    let path = format!("/api/v1/leads/{}", text(&made, "/lead/id"));
    let opening = json!({"name": "竹纤维生产线", "intended_investment_fen": 8_000_000_000_i64});
    let open = |person: &Person| {
        let (test, path, person, opening) = (&test, format!("{path}/projects"), person.clone(), &opening);
        async move { test.post(&path, Some(&person), opening).await }
    };
    assert_eq!(open(&official).await.status, 404);
    let handed =
        test.post(&format!("{path}/handovers"), Some(&task_force), &json!({"unit_id": COUNTY})).await;
    let handover = text(&handed.expect(201), "/handovers/0/id").to_owned();
    let early = open(&official).await;
    assert_eq!((early.status, early.code()), (409, "lead.not_accepted"));
    let accept = format!("/api/v1/leads/handovers/{handover}/acceptances");
    let accepted = test.post(&accept, Some(&official), &json!({})).await.expect(201);
    assert!(accepted["may"].as_array().unwrap().contains(&json!("open_project")));
    assert_eq!(open(&neighbour).await.status, 404);
    // Two who open it at once: one project.
    let (one, two) = futures_util::join!(open(&official), open(&official));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let seen = test.get(&path, Some(&consultant)).await.expect(200);
    assert_eq!(seen["state"], "in_project");
    // Nobody is waited for any more, and who had a part is written down once again.
    assert!(seen["clock"].is_null());
    let slips = test.get("/api/v1/leads/credit-slips", Some(&official)).await.expect(200);
    let causes: Vec<_> =
        slips["items"].as_array().unwrap().iter().map(|slip| slip["cause"].clone()).collect();
    assert_eq!(causes, ["project", "acceptance"]);
    let moments = test.get(&format!("{path}/moments"), Some(&consultant)).await.expect(200);
    assert_eq!(moments["items"].as_array().unwrap().last().unwrap()["kind"], "in_project");
    // The project is the unit's affair: whoever brought the lead learns that there is one.
    assert!(seen["project_id"].is_null());
    let ours = test.get(&path, Some(&official)).await.expect(200);
    let project = format!("/api/v1/projects/{}", text(&ours, "/project_id"));
    let project = test.get(&project, Some(&official)).await.expect(200);
    assert_eq!(
        (text(&project, "/enterprise_name"), text(&project, "/unit_id")),
        ("益阳市腾飞竹业有限公司", COUNTY)
    );
    assert_eq!(text(&project, "/stage_moves/0/because"), text(&seen, "/number"));
    let all = test.get("/api/v1/projects", Some(&official)).await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    let told = "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'LeadInProject'";
    assert_eq!(crate::support::count(&test, told).await, 1);
}
