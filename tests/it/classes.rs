//! Classes of enterprises: points only where rows are, by rules with dates, the same for every reader.
use crate::support::{Person, TestApp};
use diesel::RunQueryDsl;
use palm::people::auth::Role;
use serde_json::{Value, json};
use std::path::Path;

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const CITY: &str = "commerce-bureau";
const SETTINGS: &str = "/api/v1/classes/settings";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

async fn keep(test: &TestApp, by: &Person, body: &Value) -> String {
    let made = test.post("/api/v1/enterprises", Some(by), body).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn class(test: &TestApp, by: &Person, id: &str) -> Value {
    test.get(&format!("/api/v1/classes/{id}"), Some(by)).await.expect(200)
}

fn dimension<'a>(view: &'a Value, name: &str) -> &'a Value {
    view["dimensions"].as_array().unwrap().iter().find(|one| one["dimension"] == name).unwrap()
}

/// The points of each dimension, in their order; null where there is no evidence.
fn points(view: &Value) -> Value {
    view["dimensions"].as_array().unwrap().iter().map(|one| one["rule"]["value"].clone()).collect()
}

#[actix_web::test]
async fn an_enterprise_of_which_nothing_is_known_has_no_class_and_says_what_is_missing() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let id = keep(&test, &official, &json!({"name": "洞庭储能有限公司", "industry": "new_energy"})).await;
    let view = class(&test, &official, &id).await;
    assert_eq!((&view["class"], &view["points"], &view["rule"]), (&json!(null), &json!(null), &json!(null)));
    for one in view["dimensions"].as_array().unwrap() {
        assert_eq!(
            (&one["rule"], &one["evidence"], &one["lack"]),
            (&json!(null), &json!([]), &one["dimension"])
        );
    }
    assert_eq!(view["dimensions"].as_array().unwrap().len(), 5);
    let unknown = format!("/api/v1/classes/{}", palm::platform::id::fresh());
    assert_eq!(test.get(&unknown, Some(&official)).await.status, 404);
}

#[actix_web::test]
async fn each_row_earns_the_points_of_its_rule_and_an_old_contact_earns_none() {
    let test = start().await;
    let (official, city) = (test.official(COUNTY).await, test.official(CITY).await);
    let chain = json!({"content": {"name": "竹产业", "industry": "bamboo", "basis": "示例文件", "links": [
        {"place": "up", "name": "竹林培育", "gap": false, "locals": []},
        {"place": "mid", "name": "竹纤维", "gap": true, "locals": []}]}});
    let proposal = test.post("/api/v1/chains/proposals", Some(&official), &chain).await.expect(201);
    let mut body = json!({"name": "示例竹纤维有限公司", "industry": "bamboo", "chain_link": "竹纤维", "scale": "large",
        "hometown_tie": "创始人为桃江籍（示例）"});
    let id = keep(&test, &official, &body).await;
    // A proposal is no chain yet.
    assert_eq!(points(&class(&test, &official, &id).await), json!([null, 15, null, null, 20]));
    let approval = format!("/api/v1/chains/proposals/{}/approvals", proposal["id"].as_str().unwrap());
    test.post(&approval, Some(&city), &json!({})).await.expect(200);
    let view = class(&test, &official, &id).await;
    assert_eq!(points(&view), json!([30, 15, null, null, 20]));
    assert_eq!((&view["points"], &view["class"]), (&json!(65), &json!("b")));
    let chain = dimension(&view, "chain");
    assert_eq!(
        (&chain["rule"]["name"], &chain["evidence"][0]["text"]),
        (&json!("chain_gap"), &json!("竹产业 · 竹纤维"))
    );

    let path = format!("/api/v1/enterprises/{id}");
    let step = json!({"next_step": {"what": "上门拜访", "on": test.app.now().day().to_string()}});
    test.post(&format!("{path}/pursuits"), Some(&official), &step).await.expect(201);
    let view = class(&test, &official, &id).await;
    assert_eq!(points(&view), json!([30, 15, null, 10, 20]));
    assert_eq!((&view["class"], &view["rule"]["value"]), (&json!("a"), &json!(70)));
    test.app.clock.advance(chrono::Duration::minutes(1));
    let line = json!({"way": "visit_out", "at": test.app.now().to_string(), "summary": "商谈供地价格底线"});
    test.post(&format!("{path}/log"), Some(&official), &line).await.expect(201);
    assert_eq!(points(&class(&test, &official, &id).await), json!([30, 15, 15, 20, 20]));

    // Another county sees the same class, and nothing of what was said.
    let other = test.official(OTHER).await;
    let seen = class(&test, &other, &id).await;
    assert_eq!(seen["points"], 100);
    assert!(!seen.to_string().contains("底线"));

    test.app.clock.advance(chrono::Duration::days(90));
    let official = test.official(COUNTY).await;
    assert_eq!(points(&class(&test, &official, &id).await)[2], 15, "the last day counts");
    test.app.clock.advance(chrono::Duration::days(1));
    let official = test.official(COUNTY).await;
    let view = class(&test, &official, &id).await;
    assert_eq!(dimension(&view, "contact")["lack"], "contact");

    // Off the link the industry alone is left; without a chain in its industry nothing.
    body["chain_link"] = json!("竹家具");
    let facts = json!({"version": 1, "facts": body});
    test.put(&path, Some(&official), &facts).await.expect(200);
    assert_eq!(points(&class(&test, &official, &id).await)[0], 15);
    body["industry"] = json!("food");
    test.put(&path, Some(&official), &json!({"version": 2, "facts": body})).await.expect(200);
    assert_eq!(dimension(&class(&test, &official, &id).await, "chain")["lack"], "chain");
}

#[actix_web::test]
async fn a_rule_is_set_from_a_day_on_with_a_reason_and_is_never_changed() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let body = json!({"name": "洞庭储能有限公司", "industry": "new_energy", "scale": "medium"});
    let id = keep(&test, &official, &body).await;
    let admin = test.person(Role::SystemAdministrator).await;
    let at = test.app.now().plus(chrono::Duration::days(1));
    let mut wish =
        json!({"name": "class_b", "value": 15, "effective_at": at.to_string(), "reason": "示例：调低门槛"});
    assert_eq!(test.post(SETTINGS, Some(&official), &wish).await.status, 403);
    test.post(SETTINGS, Some(&admin), &wish).await.expect(201);
    assert_eq!(test.post(SETTINGS, Some(&admin), &wish).await.code(), "class_setting.already_set");
    let past = test.app.now().minus(chrono::Duration::minutes(1));
    wish["effective_at"] = json!(past.to_string());
    assert_eq!(test.post(SETTINGS, Some(&admin), &wish).await.code(), "class_setting.in_the_past");
    wish["value"] = json!(0);
    assert_eq!(test.post(SETTINGS, Some(&admin), &wish).await.status, 422);
    assert_eq!(class(&test, &official, &id).await["class"], "c", "it holds from tomorrow on");
    test.app.clock.advance(chrono::Duration::days(1));
    let official = test.official(COUNTY).await;
    let view = class(&test, &official, &id).await;
    assert_eq!((&view["class"], &view["rule"]["reason"]), (&json!("b"), &json!("示例：调低门槛")));
    let all = test.get(SETTINGS, Some(&official)).await.expect(200);
    let of_b = all["items"].as_array().unwrap().iter().filter(|one| one["name"] == "class_b").count();
    assert_eq!(of_b, 2);
    let rewrite = "UPDATE class_settings SET value = 1";
    let done = test.app.db.write(move |conn| Ok(diesel::sql_query(rewrite).execute(conn)?)).await;
    assert!(done.is_err());
}
