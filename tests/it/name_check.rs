//! A name that WeChat confirms: once, by one's own wish, without the card's number being kept, and never needed.
use palm::people::auth::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Person, Standins, TestApp, count};

const NAME: &str = "张示例";
const NUMBER: &str = "11010519491231002X";
const OTHER: &str = "440524188001010014";
const MINE: &str = "/api/v1/auth/name-check";
const BEGIN: &str = "/api/v1/auth/name-checks";
const BEGUN: &str = "/cityservice/face/identify/getverifyid";
const ASKED: &str = "/cityservice/face/identify/queryverifyinfo";

struct Ground {
    test: TestApp,
    standins: Standins,
    person: Person,
}

async fn ground() -> Ground {
    let standins = Standins::start();
    let mut settings = standins.settings();
    settings.push("--wechat-face-check".to_owned());
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let code = |what: Value| {
        let standins = &standins;
        async move { standins.order("/codes", &what).await["code"].take() }
    };
    let body = json!({"method": "wechat", "login_code": code(json!({"login": "yang"})).await,
        "phone_code": code(json!({"phone": "13800138000"})).await});
    let tokens = test.post("/api/v1/auth/sessions", None, &body).await.expect(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let person = Person {
        id: text(&tokens["me"]["person_id"]),
        token: text(&tokens["access_token"]),
        refresh: text(&tokens["refresh_token"]),
    };
    Ground { test, standins, person }
}

impl Ground {
    async fn begin(&self) -> Answer {
        let body = json!({"name": NAME, "card_number": NUMBER, "consent": true});
        self.test.post(BEGIN, Some(&self.person), &body).await
    }

    async fn ends(&self, check: &Value, verify_ret: i64) {
        let outcome = json!({"verify_id": check["verify_id"], "verify_ret": verify_ret});
        self.standins.order("/face-outcomes", &outcome).await;
    }

    async fn result(&self, check: &Value, number: &str) -> Answer {
        let path = format!("{BEGIN}/{}/results", check["id"].as_str().unwrap());
        self.test.post(&path, Some(&self.person), &json!({"card_number": number})).await
    }

    async fn mine(&self) -> Value {
        self.test.get(MINE, Some(&self.person)).await.expect(200)
    }

    /// What stands in any table of this as text.
    async fn kept(&self, text: &str) -> i64 {
        let checks = format!(
            "SELECT COUNT(*) AS n FROM auth_name_checks WHERE id || open_id || name || verify_id LIKE '%{text}%'"
        );
        let keys =
            format!("SELECT COUNT(*) AS n FROM idempotency_keys WHERE request || body LIKE '%{text}%'");
        let lines = format!(
            "SELECT COUNT(*) AS n FROM audit_entries WHERE COALESCE(subject, '') || COALESCE(detail, '') LIKE '%{text}%'"
        );
        count(&self.test, &checks).await + count(&self.test, &keys).await + count(&self.test, &lines).await
    }
}

#[actix_web::test]
async fn a_name_is_confirmed_once_and_the_number_is_not_kept() {
    let ground = ground().await;
    assert_eq!(ground.mine().await, json!({"offered": true, "confirmed": null}));
    let check = ground.begin().await.expect(201);
    assert_eq!((&check["state"], &check["ended_at"]), (&json!("open"), &Value::Null));
    let open = ground.result(&check, NUMBER).await.expect(200);
    assert_eq!(open["state"], "open", "the client's word alone confirms nothing");
    ground.ends(&check, 10_000).await;
    let passed = ground.result(&check, "11010519491231002x").await.expect(200);
    assert_eq!(
        (&passed["state"], &passed["name"], &passed["verify_id"]),
        (&json!("passed"), &json!(NAME), &Value::Null)
    );
    assert_eq!(ground.mine().await["confirmed"]["name"], NAME);
    let again = ground.begin().await;
    assert_eq!((again.status, again.code()), (409, "name_check.already"));
    assert_eq!((ground.kept(NUMBER).await, ground.kept("19491231").await), (0, 0));
    assert!(ground.kept(NAME).await > 0, "the search finds what is kept");
    // The mark changes nothing of what the person is or may do.
    let me = ground.test.get("/api/v1/auth/me", Some(&ground.person)).await.expect(200);
    assert_eq!((&me["name"], &me["roles"]), (&json!("客商8000"), &json!(["investor"])));
}

#[actix_web::test]
async fn what_did_not_pass_confirms_nothing_and_another_check_may_be_begun() {
    let ground = ground().await;
    let first = ground.begin().await.expect(201);
    ground.ends(&first, 10_004).await;
    assert_eq!(ground.result(&first, NUMBER).await.expect(200)["state"], "failed");
    assert_eq!(ground.kept(NAME).await, 0, "of a check that confirmed nothing no name is kept");
    // Once it has ended, nothing that WeChat says later changes it.
    ground.ends(&first, 10_000).await;
    assert_eq!(ground.result(&first, NUMBER).await.expect(200)["state"], "failed");
    assert_eq!(ground.mine().await["confirmed"], Value::Null);
    let second = ground.begin().await.expect(201);
    ground.ends(&second, 10_000).await;
    let other = ground.result(&second, OTHER).await;
    assert_eq!((other.status, &other.body["errors"][0]["code"]), (422, &json!("input.id_card")));
    assert_eq!(ground.mine().await["confirmed"], Value::Null);
    ground.result(&second, NUMBER).await.expect(200);
    assert_eq!(ground.mine().await["confirmed"]["name"], NAME);
}

#[actix_web::test]
async fn an_hour_later_the_check_is_over() {
    let ground = ground().await;
    let check = ground.begin().await.expect(201);
    ground.ends(&check, 10_000).await;
    ground.standins.order("/clock", &json!({"advance_seconds": 3_601})).await;
    assert_eq!(ground.result(&check, NUMBER).await.expect(200)["state"], "failed");
}

#[actix_web::test]
async fn without_consent_number_or_wechat_nothing_begins() {
    let ground = ground().await;
    for (field, value) in [
        ("consent", json!(false)),
        ("card_number", json!("110105194912310021")),
        ("card_number", json!("1")),
        ("name", json!("")),
        ("purpose", json!("x")),
    ] {
        let mut body = json!({"name": NAME, "card_number": NUMBER, "consent": true});
        body[field] = value;
        let refused = ground.test.post(BEGIN, Some(&ground.person), &body).await;
        assert_eq!(refused.status, 422, "{field} {}", refused.body);
    }
    let browser = ground.test.person(Role::Investor).await;
    let body = json!({"name": NAME, "card_number": NUMBER, "consent": true});
    let refused = ground.test.post(BEGIN, Some(&browser), &body).await;
    assert_eq!((refused.status, refused.code()), (409, "name_check.not_in_wechat"));
    let check = ground.begin().await.expect(201);
    let path = format!("{BEGIN}/{}/results", check["id"].as_str().unwrap());
    let stranger = ground.test.post(&path, Some(&browser), &json!({"card_number": NUMBER})).await;
    assert_eq!(stranger.status, 404);
    for n in 2..=5 {
        assert_eq!(ground.begin().await.status, 201, "{n}");
    }
    let more = ground.begin().await;
    assert_eq!((more.status, more.code()), (429, "name_check.too_many"));
    let off = TestApp::start().await;
    let person = off.person(Role::Investor).await;
    assert_eq!(off.get(MINE, Some(&person)).await.expect(200)["offered"], false);
    assert_eq!(off.post(BEGIN, Some(&person), &body).await.status, 404);
}

#[actix_web::test]
async fn while_wechat_is_away_nothing_is_stored_and_a_repeat_begins_one_check() {
    let ground = ground().await;
    ground.standins.fault(BEGUN, "html", 1).await;
    let away = ground.begin().await;
    assert_eq!((away.status, away.code()), (503, "name_check.away"));
    assert_eq!(count(&ground.test, "SELECT COUNT(*) AS n FROM auth_name_checks").await, 0);
    let body = json!({"name": NAME, "card_number": NUMBER, "consent": true});
    let keyed = || ground.test.keyed("POST", BEGIN, Some(&ground.person), Some(&body), "one-key");
    let (first, repeat) = (keyed().await.expect(201), keyed().await.expect(201));
    assert_eq!(first, repeat);
    assert_eq!(count(&ground.test, "SELECT COUNT(*) AS n FROM auth_name_checks").await, 1);
    ground.ends(&first, 10_000).await;
    ground.standins.fault(ASKED, "reset", 1).await;
    assert_eq!(ground.result(&first, NUMBER).await.status, 503);
    assert_eq!(ground.mine().await["confirmed"], Value::Null);
    ground.result(&first, NUMBER).await.expect(200);
    assert_eq!(ground.mine().await["confirmed"]["name"], NAME);
}

#[actix_web::test]
async fn consent_is_taken_back_as_easily_as_given() {
    let ground = ground().await;
    let check = ground.begin().await.expect(201);
    ground.ends(&check, 10_000).await;
    ground.result(&check, NUMBER).await.expect(200);
    ground.test.send("DELETE", MINE, Some(&ground.person), None).await.expect(204);
    assert_eq!(ground.mine().await, json!({"offered": true, "confirmed": null}));
    assert_eq!(count(&ground.test, "SELECT COUNT(*) AS n FROM auth_name_checks").await, 0);
    assert_eq!(ground.test.send("DELETE", MINE, Some(&ground.person), None).await.status, 404);
}
