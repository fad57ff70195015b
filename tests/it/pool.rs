//! The pool under races on two instances: a unit holds no more than it may, and what is handed over is not in the pool.
use crate::clashes::{start, submit};
use crate::support::{Answer, Person, TestApp, ask, count, run_sql};
use diesel::prelude::*;
use palm::people::auth::Role;
use palm::platform::id;
use serde_json::{Value, json};
use std::net::SocketAddr;

const COUNTY: &str = "430922";
const ROUNDS: usize = 20;
/// A unit may claim one lead until it has spoken with the investor.
const ONE: &str = "INSERT INTO lead_settings (name, effective_at, value, reason, set_by, set_at) VALUES \
                   ('pool_claims', '2022-05-01 00:00:00', 1, '示例', NULL, '2022-05-01 00:00:00')";

async fn execute(test: &TestApp, sql: String) {
    let done = test.app.db.write(move |conn| Ok(diesel::sql_query(sql.as_str()).execute(conn)?));
    assert_eq!(done.await.unwrap(), 1);
}

/// The n-th of many leads that are unlike.
async fn lead(test: &TestApp, consultant: &Person, n: usize) -> Value {
    let name = format!("第{n}家互不相同的竹业{n}厂");
    submit(test, consultant, &name, &format!("19000001{n:03}")).await["lead"].clone()
}

/// A lead in the pool, and the id of its place.
async fn pooled(test: &TestApp, consultant: &Person, force: &Person, n: usize) -> (Value, String) {
    let lead = lead(test, consultant, n).await;
    let path = format!("/api/v1/leads/{}/pool-places", lead["id"].as_str().unwrap());
    test.post(&path, Some(force), &json!({"reason": "各地均可承接"})).await.expect(201);
    let pool = test.get("/api/v1/leads/pool?limit=100", Some(force)).await.expect(200);
    let place = pool["items"].as_array().unwrap().iter().find(|p| p["number"] == lead["number"]).unwrap();
    let place = place["id"].as_str().unwrap().to_owned();
    (lead, place)
}

async fn post(test: &TestApp, to: SocketAddr, path: &str, person: &Person, body: &Value) -> Answer {
    ask(&test.client, to, "POST", path, Some(person), Some(body), &id::fresh()).await.unwrap()
}

/// What is wrong with what the county holds: more leads without a contact than it may.
async fn claim_faults(test: &TestApp) -> Vec<String> {
    let waiting = format!(
        "SELECT COUNT(*) AS n FROM lead_clocks WHERE unit_id = '{COUNTY}' AND kind = 'follow_up' AND stopped_at IS NULL"
    );
    let held = count(test, &waiting).await;
    if held > 1 { vec![format!("{held} at once")] } else { Vec::new() }
}

#[actix_web::test]
async fn a_unit_that_claims_two_at_once_on_two_instances_gets_no_more_than_it_may() {
    let test = start().await;
    let (_other, address) = test.another().await;
    run_sql(&test, &[ONE]).await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let (one, two) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let why = json!({"reason": "产业契合"});
    let (_, mut left_over) = pooled(&test, &consultant, &force, 0).await;
    let mut faults = Vec::new();
    for round in 1..=ROUNDS {
        let (_, fresh) = pooled(&test, &consultant, &force, round).await;
        let claim = |place: &str| format!("/api/v1/leads/pool/{place}/claims");
        let (a, b) = (claim(&left_over), claim(&fresh));
        let (left, right) = futures_util::join!(
            post(&test, test.address, &a, &one, &why),
            post(&test, address, &b, &two, &why)
        );
        faults.extend(claim_faults(&test).await);
        let (won, lost) = if left.status == 201 { (left, right) } else { (right, left) };
        if (won.status, lost.status, lost.code()) != (201, 409, "pool.limit_reached") {
            faults.push(format!("{round}: {} {} {}", won.status, lost.status, lost.code()));
            break;
        }
        // Whichever is left waits for the next round.
        if !won.body["enterprise_name"].as_str().unwrap().starts_with(&format!("第{round}家")) {
            left_over = fresh;
        }
        let contacts = format!("/api/v1/leads/{}/contacts", won.body["id"].as_str().unwrap());
        test.post(&contacts, Some(&one), &json!({"way": "phone", "words": "已联系"})).await.expect(201);
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// The broken twin: both count what the county holds, and then both claim.
#[actix_web::test]
async fn the_check_finds_a_twin_that_counts_before_it_claims() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let (a, _) = pooled(&test, &consultant, &force, 0).await;
    let (b, _) = pooled(&test, &consultant, &force, 1).await;
    let (left, right) = futures_util::join!(claim_faults(&test), claim_faults(&test));
    assert!(left.is_empty() && right.is_empty(), "each finds room for its claim");
    for lead in [a, b] {
        let lead = lead["id"].as_str().unwrap();
        let sql = format!(
            "UPDATE lead_clocks SET kind = 'follow_up', unit_id = '{COUNTY}' WHERE lead_id = '{lead}' AND stopped_at IS NULL"
        );
        execute(&test, sql).await;
    }
    assert_eq!(claim_faults(&test).await, ["2 at once"]);
}

/// What is wrong with a lead: a county holds it, and it stands in the pool.
async fn pool_faults(test: &TestApp, force: &Person, lead: &Value) -> Vec<String> {
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let seen = test.get(&path, Some(force)).await.expect(200);
    let held = seen["state"] == "handed_over" && seen["pooled"] == true;
    if held { vec![format!("{} is held and in the pool", seen["number"])] } else { Vec::new() }
}

#[actix_web::test]
async fn of_a_handover_and_the_pool_at_once_on_two_instances_the_handover_stands() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let consultant = test.person(Role::Consultant).await;
    let (one, two) =
        (test.person(Role::InformationTaskForce).await, test.person(Role::InformationTaskForce).await);
    let (why, to) = (json!({"reason": "各地均可承接"}), json!({"unit_id": COUNTY}));
    let mut faults = Vec::new();
    for round in 0..ROUNDS {
        let lead = lead(&test, &consultant, round).await;
        let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
        let (pool, handover) = (format!("{path}/pool-places"), format!("{path}/handovers"));
        let (put, handed) = futures_util::join!(
            post(&test, test.address, &pool, &one, &why),
            post(&test, address, &handover, &two, &to)
        );
        handed.expect(201);
        if put.status != 201 {
            assert_eq!(put.code(), "lead.already_handed_over");
        }
        faults.extend(pool_faults(&test, &one, &lead).await);
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// The broken twin: it looks at the lead, and opens the place when the handover has been written.
#[actix_web::test]
async fn the_check_finds_a_twin_that_looks_before_the_handover() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let lead = lead(&test, &consultant, 0).await;
    assert_eq!(pool_faults(&test, &force, &lead).await, Vec::<String>::new());
    let id = lead["id"].as_str().unwrap();
    let path = format!("/api/v1/leads/{id}/handovers");
    test.post(&path, Some(&force), &json!({"unit_id": COUNTY})).await.expect(201);
    let open = format!(
        "INSERT INTO lead_pool_places (id, lead_id, reason, opened_at) VALUES ('{}', '{id}', '示例', '2026-01-01 00:00:00')",
        id::fresh()
    );
    execute(&test, open).await;
    assert_eq!(pool_faults(&test, &force, &lead).await.len(), 1);
}
