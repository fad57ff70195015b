//! One act on many enterprises: all or none, each refusal named, a day to take the whole back.
use palm::people::auth::{AccountState, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, count};

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const ALL: &str = "/api/v1/enterprises";
const BATCHES: &str = "/api/v1/enterprises/batches";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

async fn keep(test: &TestApp, person: &Person, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let body = json!({"name": format!("{name}有限公司"), "industry": "food", "chain_link": "罐头"});
        let made = test.post(ALL, Some(person), &body).await.expect(201);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn act(test: &TestApp, person: &Person, ids: &[String], act: Value) -> Answer {
    test.post(BATCHES, Some(person), &json!({"ids": ids, "act": act})).await
}

async fn undo(test: &TestApp, person: &Person, batch: &Value) -> Answer {
    let path = format!("{BATCHES}/{}/undoings", batch["id"].as_str().unwrap());
    test.post(&path, Some(person), &json!({})).await
}

async fn see(test: &TestApp, person: &Person, id: &str) -> Value {
    test.get(&format!("{ALL}/{id}"), Some(person)).await.expect(200)
}

fn court(test: &TestApp) -> Value {
    json!({"court": {"next_step": {"what": "上门拜访", "on": test.app.now().day().to_string()}}})
}

fn misfits(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors.iter().map(|e| (e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect()
}

async fn lines(test: &TestApp, operation: &str) -> i64 {
    count(test, &format!("SELECT COUNT(*) AS n FROM audit_entries WHERE operation = '{operation}'")).await
}

#[actix_web::test]
async fn many_are_sorted_anew_at_once_and_all_of_it_is_taken_back() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let ids = keep(&test, &official, &["甲", "乙", "丙"]).await;
    let wish = json!({"classify": {"industry": "new_energy", "chain_link": "电池材料"}});
    let done = act(&test, &official, &ids, wish).await.expect(201);
    assert_eq!((&done["kind"], &done["row_count"]), (&json!("classify"), &json!(3)));
    for id in &ids {
        let one = see(&test, &official, id).await;
        assert_eq!((&one["industry"], &one["chain_link"]), (&json!("new_energy"), &json!("电池材料")));
    }
    assert_eq!(lines(&test, "make_enterprise_batch").await, 4, "one a row, and one of the whole");
    let on_link = format!("{ALL}?industry=new_energy&chain_link=电池材料");
    assert_eq!(test.get(&on_link, Some(&official)).await.expect(200)["items"].as_array().unwrap().len(), 3);

    let colleague = test.official(COUNTY).await;
    assert_eq!(undo(&test, &colleague, &done).await.status, 404, "one's own alone");
    let undone = undo(&test, &official, &done).await.expect(200);
    assert!(undone["undone_at"].is_string());
    for id in &ids {
        let one = see(&test, &official, id).await;
        assert_eq!((&one["industry"], &one["chain_link"]), (&json!("food"), &json!("罐头")));
    }
    assert_eq!(lines(&test, "undo_enterprise_batch").await, 4);
    assert_eq!(undo(&test, &official, &done).await.code(), "enterprise_batch.undone");
    let listed = test.get(BATCHES, Some(&official)).await.expect(200);
    assert_eq!(listed["items"], json!([undone]));
    assert_eq!(test.get(BATCHES, Some(&colleague)).await.expect(200)["items"], json!([]));
}

#[actix_web::test]
async fn what_is_left_out_stays_as_it_is() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let ids = keep(&test, &official, &["甲"]).await;
    act(&test, &official, &ids, json!({"classify": {"industry": "bamboo"}})).await.expect(201);
    let one = see(&test, &official, &ids[0]).await;
    assert_eq!((&one["industry"], &one["chain_link"]), (&json!("bamboo"), &json!("罐头")));
    let nothing = act(&test, &official, &ids, json!({"classify": {}})).await;
    assert_eq!((nothing.status, misfits(&nothing)), (422, vec![("act.classify.industry", "input.missing")]));
}

#[actix_web::test]
async fn every_one_with_which_it_cannot_be_done_is_named_and_nothing_is_done() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let city = test.person_of(&[Role::InformationTaskForce], Some(COUNTY), AccountState::Active).await;
    let mut ids = keep(&test, &official, &["甲", "乙", "丙"]).await;
    act(&test, &official, &ids[1..2], court(&test)).await.expect(201);
    let merge = json!({"into_id": ids[0], "reason": "同一家"});
    test.post(&format!("{ALL}/{}/merges", ids[2]), Some(&city), &merge).await.expect(201);
    ids.push(ids[0].clone());
    ids.push("01890000-0000-7000-8000-000000000000".to_owned());
    let before = see(&test, &official, &ids[0]).await;
    let refused = act(&test, &official, &ids, court(&test)).await;
    let expected = [
        ("ids[1]", "batch.already_courted"),
        ("ids[2]", "batch.gone"),
        ("ids[3]", "batch.twice"),
        ("ids[4]", "batch.gone"),
    ];
    assert_eq!((refused.status, misfits(&refused)), (422, expected.to_vec()));
    assert_eq!(see(&test, &official, &ids[0]).await, before);
    let refused = act(&test, &official, &ids[..2], json!({"let_go": {"reason": "不投了"}})).await;
    assert_eq!(misfits(&refused), [("ids[0]", "batch.not_courted")]);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM enterprise_batches").await, 1);
    for ids in [vec![], vec![ids[0].clone(); 201]] {
        assert_eq!(act(&test, &official, &ids, court(&test)).await.status, 422, "{} at once", ids.len());
    }
}

#[actix_web::test]
async fn a_unit_courts_many_and_lets_them_go_and_both_can_be_taken_back() {
    let test = start().await;
    let (official, other) = (test.official(COUNTY).await, test.official(OTHER).await);
    let ids = keep(&test, &official, &["甲", "乙"]).await;
    act(&test, &other, &ids[..1], court(&test)).await.expect(201);
    let ours = |view: &Value| view["pursuits"].as_array().unwrap().clone();

    let begun = act(&test, &official, &ids, court(&test)).await.expect(201);
    for id in &ids {
        assert_eq!(ours(&see(&test, &official, id).await)[0]["next_step"], "上门拜访");
    }
    undo(&test, &official, &begun).await.expect(200);
    for id in &ids {
        assert!(ours(&see(&test, &official, id).await).is_empty());
    }
    assert_eq!(ours(&see(&test, &other, &ids[0]).await)[0]["state"], "open", "another unit's stays");

    act(&test, &official, &ids, court(&test)).await.expect(201);
    let ended = act(&test, &official, &ids, json!({"let_go": {"reason": "对方暂不投资"}})).await.expect(201);
    for id in &ids {
        let view = see(&test, &official, id).await;
        assert_eq!(ours(&view)[0]["state"], "ended");
        assert_eq!(view["log"][0]["summary"], "对方暂不投资");
    }
    undo(&test, &official, &ended).await.expect(200);
    for id in &ids {
        let view = see(&test, &official, id).await;
        assert_eq!((&ours(&view)[0]["state"], &ours(&view)[0]["reason"]), (&json!("open"), &Value::Null));
        assert_eq!(view["log"].as_array().unwrap().len(), 2, "nothing is taken out of the log");
    }
}

#[actix_web::test]
async fn a_batch_stays_once_somebody_has_gone_on_or_a_day_has_passed() {
    let test = start().await;
    let (official, other) = (test.official(COUNTY).await, test.official(OTHER).await);
    let ids = keep(&test, &official, &["甲", "乙"]).await;
    let begun = act(&test, &official, &ids, court(&test)).await.expect(201);
    test.app.clock.advance(chrono::Duration::seconds(1));
    let line = json!({"way": "call", "at": test.app.now().to_string(), "summary": "对方来电"});
    test.post(&format!("{ALL}/{}/log", ids[1]), Some(&other), &line).await.expect(201);
    assert_eq!(undo(&test, &official, &begun).await.code(), "enterprise_batch.gone_on");
    let open = count(&test, "SELECT COUNT(*) AS n FROM enterprise_pursuits WHERE state = 'open'").await;
    assert_eq!(open, 2, "none of it was taken back");

    let sorted = act(&test, &official, &ids, json!({"classify": {"industry": "bamboo"}})).await.expect(201);
    test.app.clock.advance(chrono::Duration::hours(25));
    let official = test.renewed(&official);
    assert_eq!(undo(&test, &official, &sorted).await.code(), "enterprise_batch.too_late");
}

#[actix_web::test]
async fn who_may_not_do_it_with_one_may_not_with_many() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let ids = keep(&test, &official, &["甲"]).await;
    let leader = test.person(Role::Leader).await;
    assert_eq!(act(&test, &leader, &ids, court(&test)).await.status, 403);
    let unitless = test.person(Role::InformationTaskForce).await;
    assert_eq!(act(&test, &unitless, &ids, court(&test)).await.code(), "pursuit.no_unit");
    act(&test, &unitless, &ids, json!({"classify": {"industry": "bamboo"}})).await.expect(201);
}
