//! One chain a county: proposed by the county, approved by the city, dated; who is courted is not public.
use crate::support::{Person, TestApp, ask};
use diesel::RunQueryDsl;
use palm::libraries;
use palm::people::auth::Role;
use palm::platform::id;
use serde_json::{Value, json};

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const CITY: &str = "commerce-bureau";
const ALL: &str = "/api/v1/chains";
const PROPOSALS: &str = "/api/v1/chains/proposals";

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

fn chain(name: &str) -> Value {
    json!({"note": "按市里要求申报", "content": {"name": name, "name_en": "Bamboo", "industry": "bamboo", "basis": "示例文件",
        "basis_on": "2026-01-05", "links": [
            {"place": "up", "name": "竹林培育", "gap": false, "locals": []},
            {"place": "mid", "name": "板材", "gap": false, "locals": [{"feature_id": "demo-enterprise-3"},
                {"name": "桃江示例竹材厂", "source": "县林业局台账（示例）", "source_on": "2026-02-01"}]},
            {"place": "mid", "name": "竹纤维", "name_en": "Fibre", "gap": true, "gap_note": "没有纤维企业", "locals": []}]}})
}

async fn propose(test: &TestApp, by: &Person, name: &str) -> String {
    let made = test.post(PROPOSALS, Some(by), &chain(name)).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn approve(test: &TestApp, by: &Person, id: &str) -> crate::support::Answer {
    test.post(&format!("{PROPOSALS}/{id}/approvals"), Some(by), &json!({})).await
}

#[actix_web::test]
async fn a_county_proposes_the_city_approves_and_each_version_keeps_its_days() {
    let test = seeded().await;
    let (county, city) = (test.official(COUNTY).await, test.official(CITY).await);
    let none = test.get(&format!("{ALL}/{COUNTY}"), None).await.expect(200);
    assert!(none["chain"].is_null() && none["versions"] == json!([]), "{none}");
    let first = propose(&test, &county, "竹产业").await;
    let seen = test.get(&format!("{PROPOSALS}/{first}"), Some(&county)).await.expect(200);
    assert_eq!(seen["may"], json!(["edit", "withdraw"]));
    assert_eq!(seen["changes"].as_array().unwrap().len(), 3);
    assert_eq!(test.get(&format!("{ALL}/versions/{first}"), None).await.status, 404, "not public before");
    let waiting = test.get(PROPOSALS, Some(&city)).await.expect(200);
    assert_eq!(waiting["items"][0]["may"], json!(["approve", "return"]));
    let began = approve(&test, &city, &first).await.expect(200)["chain"]["from_on"].clone();

    let open = test.get(&format!("{ALL}/{COUNTY}"), None).await.expect(200);
    let links = open["chain"]["links"].as_array().unwrap();
    assert_eq!((links.len(), open["chain"]["gap_count"].as_i64()), (3, Some(1)));
    assert_eq!(links[1]["locals"][0]["feature_id"], "demo-enterprise-3");
    assert_eq!(links[1]["locals"][1]["source_on"], "2026-02-01");

    // A list that changes every year: the new version begins, the old one keeps its days.
    test.app.clock.advance(chrono::Duration::days(365));
    let (county, city) = (test.official(COUNTY).await, test.official(CITY).await);
    let second = propose(&test, &county, "竹木制造").await;
    let seen = test.get(&format!("{PROPOSALS}/{second}"), Some(&city)).await.expect(200);
    assert_eq!((&seen["changes"], &seen["before_from_on"]), (&json!([]), &began));
    let too_early = json!({"from_on": began});
    let path = format!("{PROPOSALS}/{second}/approvals");
    assert_eq!(test.post(&path, Some(&city), &too_early).await.status, 422);
    let tomorrow = json!({"from_on": test.app.now().plus(chrono::Duration::days(1)).day().to_string()});
    assert_eq!(test.post(&path, Some(&city), &tomorrow).await.status, 422);
    approve(&test, &city, &second).await.expect(200);
    let now = test.get(&format!("{ALL}/{COUNTY}"), None).await.expect(200);
    let periods = now["versions"].as_array().unwrap();
    assert_eq!(
        (periods.len(), &periods[0]["name"], &periods[1]["name"]),
        (2, &json!("竹木制造"), &json!("竹产业"))
    );
    let ended: chrono::NaiveDate = periods[1]["to_on"].as_str().unwrap().parse().unwrap();
    assert_eq!(ended.succ_opt().unwrap(), test.app.now().day());
    let old = test.get(&format!("{ALL}/versions/{first}"), None).await.expect(200);
    assert_eq!((&old["state"], &old["name"]), (&json!("past"), &json!("竹产业")));
    let list = test.get(ALL, None).await.expect(200);
    let all = list["items"].as_array().unwrap();
    assert_eq!((all.len(), all.iter().filter(|c| !c["chain"].is_null()).count()), (8, 1));
}

#[actix_web::test]
async fn nobody_decides_but_the_city_and_no_other_county_looks_in() {
    let test = seeded().await;
    let (county, other) = (test.official(COUNTY).await, test.official(OTHER).await);
    let id = propose(&test, &county, "竹产业").await;
    let path = format!("{PROPOSALS}/{id}");
    let own = approve(&test, &county, &id).await;
    assert_eq!((own.status, own.code()), (409, "chain.not_yours"));
    assert_eq!(test.get(&path, Some(&other)).await.status, 404);
    assert_eq!(approve(&test, &other, &id).await.status, 404);
    assert_eq!(test.get(PROPOSALS, Some(&other)).await.expect(200)["items"], json!([]));
    let twice = test.post(PROPOSALS, Some(&county), &chain("竹产业")).await;
    assert_eq!((twice.status, twice.code()), (409, "chain.already_proposed"));
    let city = test.official(CITY).await;
    let not_a_county = test.post(PROPOSALS, Some(&city), &chain("竹产业")).await;
    assert_eq!((not_a_county.status, not_a_county.code()), (422, "chain.counties_only"));

    // Returned with a reason, written anew, taken back.
    let why = json!({"reason": "缺口请写得再具体些"});
    let returned = test.post(&format!("{path}/returns"), Some(&city), &why).await.expect(200);
    assert_eq!((&returned["state"], &returned["decision_note"]), (&json!("returned"), &why["reason"]));
    let told = test.get("/api/v1/notifications", Some(&county)).await.expect(200);
    assert!(told["items"].is_array());
    let again = test.put(&path, Some(&county), &chain("竹材制造")).await.expect(200);
    assert_eq!((&again["state"], &again["chain"]["name"]), (&json!("open"), &json!("竹材制造")));
    test.post(&format!("{path}/withdrawals"), Some(&county), &json!({})).await.expect(200);
    assert_eq!(approve(&test, &city, &id).await.code(), "chain.not_yours");
    propose(&test, &county, "竹产业").await;
}

#[actix_web::test]
async fn what_is_wrong_is_said_at_its_link() {
    let test = seeded().await;
    let county = test.official(COUNTY).await;
    let mut wish = chain("竹产业");
    wish["content"]["links"][2]["name"] = json!("板材");
    wish["content"]["links"][1]["locals"][1]["source_on"] = Value::Null;
    wish["content"]["links"][1]["locals"][0]["feature_id"] = json!("nowhere");
    let refused = test.post(PROPOSALS, Some(&county), &wish).await.expect(422);
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    let wanted = [
        "content.links[1].locals[1].source",
        "content.links[2].name",
        "content.links[1].locals[0].feature_id",
    ];
    assert_eq!(fields, wanted);
    wish["content"]["links"] = json!([]);
    assert_eq!(test.post(PROPOSALS, Some(&county), &wish).await.status, 422);
}

#[actix_web::test]
async fn targets_come_from_the_library_and_only_its_readers_see_them() {
    let test = seeded().await;
    let (county, city) = (test.official(COUNTY).await, test.official(CITY).await);
    let id = propose(&test, &county, "竹产业").await;
    approve(&test, &city, &id).await.expect(200);
    for (name, link) in [
        ("浙江青丝竹纤维有限公司", "竹纤维"),
        ("福建翠筠竹业有限公司", "竹纤维"),
        ("江西竹板有限公司", "板材"),
    ] {
        let kept = json!({"name": name, "industry": "bamboo", "chain_link": link});
        test.post("/api/v1/enterprises", Some(&county), &kept).await.expect(201);
    }
    let other_trade = json!({"name": "化纤有限公司", "industry": "textiles", "chain_link": "竹纤维"});
    test.post("/api/v1/enterprises", Some(&county), &other_trade).await.expect(201);
    let seen = test.get(&format!("{ALL}/{COUNTY}"), Some(&county)).await.expect(200);
    let targets = &seen["chain"]["links"][2]["targets"];
    assert_eq!((targets["count"].as_i64(), targets["items"].as_array().unwrap().len()), (Some(2), 2));
    // One tap: the list of exactly those.
    let query = "/api/v1/enterprises?industry=bamboo&chain_link=竹纤维";
    let list = test.get(query, Some(&county)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let long = format!("/api/v1/enterprises?chain_link={}", "长".repeat(41));
    assert_eq!(test.get(&long, Some(&county)).await.status, 422);
    let investor = test.person(Role::Investor).await;
    for reader in [None, Some(&investor)] {
        let seen = test.get(&format!("{ALL}/{COUNTY}"), reader).await.expect(200);
        assert!(!seen.to_string().contains("青丝"), "{seen}");
        assert!(seen["chain"]["links"][2]["targets"].is_null());
    }
}

#[actix_web::test]
async fn of_many_approvals_at_once_one_is_made() {
    let test = seeded().await;
    let (_other, address) = test.another().await;
    let county = test.official(COUNTY).await;
    let id = propose(&test, &county, "竹产业").await;
    let mut city = Vec::new();
    for _ in 0..8 {
        city.push(test.official(CITY).await);
    }
    let path = format!("{PROPOSALS}/{id}/approvals");
    let asked = city.iter().enumerate().map(|(n, by)| {
        let address = if n % 2 == 0 { test.address } else { address };
        let (client, path) = (&test.client, &path);
        async move { ask(client, address, "POST", path, Some(by), Some(&json!({})), &id::fresh()).await }
    });
    let answers = futures_util::future::join_all(asked).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
}

#[actix_web::test]
async fn the_table_keeps_what_was_approved_and_one_at_a_time() {
    let test = seeded().await;
    let (county, city) = (test.official(COUNTY).await, test.official(CITY).await);
    let id = propose(&test, &county, "竹产业").await;
    approve(&test, &city, &id).await.expect(200);
    let second = propose(&test, &county, "竹木制造").await;
    let force = "UPDATE chain_versions SET state = 'approved', number = 2, from_on = '2026-01-01'";
    for refused in [
        format!("UPDATE chain_versions SET content = '{{}}' WHERE id = '{id}'"),
        format!("UPDATE chain_versions SET state = 'past', to_on = from_on, name = 'x' WHERE id = '{id}'"),
        format!("UPDATE chain_versions SET state = 'open', number = NULL, from_on = NULL WHERE id = '{id}'"),
        format!("DELETE FROM chain_versions WHERE id = '{id}'"),
        format!("{force}, decided_by = '{}' WHERE id = '{second}'", city.id),
        format!("UPDATE chain_versions SET decided_by = proposed_by WHERE id = '{second}'"),
    ] {
        let sql = refused.clone();
        let done = test.app.db.write(move |conn| Ok(diesel::sql_query(&sql).execute(conn)?)).await;
        assert!(done.is_err(), "{refused}");
    }
    // The broken twin: without the county's version in force the same statement goes through.
    let end = format!("UPDATE chain_versions SET state = 'past', to_on = from_on WHERE id = '{id}'");
    let force = format!("{force}, decided_by = '{}' WHERE id = '{second}'", city.id);
    for sql in [end, force] {
        let done = test.app.db.write(move |conn| Ok(diesel::sql_query(&sql).execute(conn)?)).await.unwrap();
        assert_eq!(done, 1);
    }
}
