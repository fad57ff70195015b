//! 一企一页: a link that opens one page until it expires or is withdrawn, and what was read of it.
use crate::support::{Person, TestApp};
use palm::libraries;
use serde_json::{Value, json};

const COUNTY: &str = "430903";

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

async fn make(test: &TestApp, official: &Person) -> Value {
    let sites =
        test.get(&format!("/api/v1/map/sites?unit_id={COUNTY}&kind=parcel&limit=2"), None).await.expect(200);
    let pages = test.get("/api/v1/content/pages?kind=policy", None).await.expect(200);
    let body = json!({"investor_name": "示例食品公司", "greeting": "欢迎来赫山。",
        "sites": [{"site_id": sites["items"][0]["id"], "note": "近高速"}, {"site_id": sites["items"][1]["id"]}],
        "policies": [pages["items"][0]["slug"]], "contact_name": "示例联系人", "contact_phone": "19000000001", "days": 7});
    test.post("/api/v1/offers", Some(official), &body).await.expect(201)
}

async fn open(test: &TestApp, token: &Value, visit: &str) -> crate::support::Answer {
    test.post("/api/v1/offers/openings", None, &json!({"token": token, "visit_id": visit})).await
}

#[actix_web::test]
async fn an_offer_opens_without_an_account_and_its_maker_sees_what_was_read() {
    let test = seeded().await;
    let official = test.official(COUNTY).await;
    let offer = make(&test, &official).await;
    let path = format!("/api/v1/offers/{}", offer["id"].as_str().unwrap());
    let page = open(&test, &offer["token"], "visit-0001").await.expect(200);
    assert_eq!(
        (&page["investor_name"], &page["sites"][0]["note"]),
        (&json!("示例食品公司"), &json!("近高速"))
    );
    assert_eq!(page["policies"].as_array().unwrap().len(), 1);
    let site = page["sites"][0]["site"]["id"].as_str().unwrap();
    let read = async |visit: &str, part: &str, seconds: i64| {
        let body = json!({"token": offer["token"], "visit_id": visit, "part": part, "seconds": seconds});
        test.post("/api/v1/offers/readings", None, &body).await.status
    };
    let part = format!("site:{site}");
    assert_eq!(read("visit-0001", &part, 4).await, 204);
    assert_eq!(read("visit-0001", &part, 9).await, 204);
    // A word that comes late says less: the longer one stands.
    assert_eq!(read("visit-0001", &part, 5).await, 204);
    open(&test, &offer["token"], "visit-0002").await.expect(200);
    assert_eq!(read("visit-0002", &part, 3).await, 204);
    assert_eq!(read("visit-0002", "site:elsewhere", 3).await, 422);
    let seen = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!((&seen["openings"], &seen["token"]), (&json!(2), &Value::Null));
    let parts = seen["parts"].as_array().unwrap();
    let read = parts.iter().find(|p| p["part"] == json!(part)).unwrap();
    assert_eq!((&read["visits"], &read["seconds"]), (&json!(2), &json!(12)));
    assert_eq!(parts.iter().find(|p| p["part"] == "contact").unwrap()["visits"], 0);
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&official)).await.expect(200);
    assert_eq!(inbox["items"].as_array().unwrap().len(), 1, "told the first time alone");
    assert_eq!(inbox["items"][0]["title"], "一企一页已打开");
    // Another unit sees nothing of it.
    assert_eq!(test.get(&path, Some(&test.official("430922").await)).await.status, 404);
}

#[actix_web::test]
async fn a_link_ends_by_withdrawal_by_time_and_by_another_link() {
    let test = seeded().await;
    let official = test.official(COUNTY).await;
    let offer = make(&test, &official).await;
    let path = format!("/api/v1/offers/{}", offer["id"].as_str().unwrap());
    let again = test.post(&format!("{path}/links"), Some(&official), &json!({})).await.expect(201);
    assert_eq!(open(&test, &offer["token"], "visit-0001").await.status, 404);
    open(&test, &again["token"], "visit-0001").await.expect(200);
    let withdrawal = format!("{path}/withdrawals");
    let withdrawn = test.post(&withdrawal, Some(&official), &json!({"reason": "条件有变"})).await.expect(200);
    assert_eq!(withdrawn["state"], "withdrawn");
    assert_eq!(open(&test, &again["token"], "visit-0002").await.code(), "offer.ended");
    assert_eq!(
        test.post(&withdrawal, Some(&official), &json!({"reason": "又撤"})).await.code(),
        "offer.withdrawn"
    );
    let second = make(&test, &official).await;
    open(&test, &second["token"], "visit-0001").await.expect(200);
    test.app.clock.advance(chrono::Duration::days(7));
    assert_eq!(open(&test, &second["token"], "visit-0002").await.code(), "offer.ended");
    assert_eq!(open(&test, &json!("x".repeat(43)), "visit-0002").await.status, 404);
}
