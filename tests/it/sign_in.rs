//! Signing in inside WeChat: by sealed calls that believe no other answer, and by what old clients hand over.
use serde_json::{Value, json};

use crate::support::{Answer, Standins, TestApp, count};

const PHONE: &str = "/wxa/business/getuserphonenumber";
const SESSIONS: &str = "/api/v1/auth/sessions";

async fn started(standins: &Standins, more: &[String]) -> TestApp {
    let settings = [standins.settings(), more.to_vec()].concat();
    TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await
}

async fn login_code(standins: &Standins) -> Value {
    standins.order("/codes", &json!({"login": "yang"})).await["code"].take()
}

async fn by_code(standins: &Standins, test: &TestApp) -> Answer {
    let phone = standins.order("/codes", &json!({"phone": "13800138000"})).await["code"].take();
    let body = json!({"method": "wechat", "login_code": login_code(standins).await, "phone_code": phone});
    test.post(SESSIONS, None, &body).await
}

/// What an old client would send after a tap; `wrong` is what is wrong with what WeChat gave it.
async fn tapped(standins: &Standins, wrong: Option<&str>) -> (Value, Value) {
    let login = login_code(standins).await;
    let tap = json!({"login": "yang", "phone": "13800138000", "wrong": wrong});
    let handed = standins.order("/phone-taps", &tap).await;
    let body = json!({"method": "wechat_encrypted", "login_code": login, "encrypted_data": handed["encryptedData"],
        "iv": handed["iv"]});
    (body, json!({"raw_data": handed["rawData"], "signature": handed["signature"]}))
}

/// Accounts, identities and sessions: what a sign-in stores.
async fn stored(test: &TestApp) -> i64 {
    let mut all = 0;
    for table in ["auth_accounts", "auth_wechat_identities", "auth_sessions", "auth_phone_uses"] {
        all += count(test, &format!("SELECT COUNT(*) AS n FROM {table}")).await;
    }
    all
}

#[actix_web::test]
async fn a_sealed_sign_in_works_in_either_suite_and_only_what_may_be_sealed_is() {
    for suite in ["aes", "sm"] {
        let standins = Standins::start();
        let (flags, _keys) = standins.sealing(suite).await;
        let test = started(&standins, &flags).await;
        let signed_in = by_code(&standins, &test).await.expect(201);
        assert_eq!(signed_in["me"]["phone_masked"], "138******00", "{suite}");
        let calls: Vec<Value> = reqwest::get(standins.at("/calls")).await.unwrap().json().await.unwrap();
        let sealed = |path: &str| calls.iter().find(|call| call["path"] == path).unwrap()["sealed"].clone();
        assert_eq!(sealed(PHONE), true);
        assert_eq!(
            (sealed("/sns/jscode2session"), sealed("/cgi-bin/stable_token")),
            (json!(false), json!(false))
        );
    }
}

#[actix_web::test]
async fn an_answer_that_is_not_believed_signs_nobody_in_and_stores_nothing() {
    for suite in ["aes", "sm"] {
        let standins = Standins::start();
        let (flags, _keys) = standins.sealing(suite).await;
        let test = started(&standins, &flags).await;
        let before = stored(&test).await;
        for wrong in [
            "plain_answer",
            "unsigned",
            "bad_signature",
            "swapped_body",
            "old_stamp",
            "other_app",
            "other_serial",
        ] {
            standins.fault(PHONE, wrong, 1).await;
            let refused = by_code(&standins, &test).await;
            assert_eq!((refused.status, refused.code()), (503, "auth.wechat_unavailable"), "{suite} {wrong}");
            assert_eq!(stored(&test).await, before, "{suite} {wrong}");
        }
        standins.fault(PHONE, "rotated", 1).await;
        by_code(&standins, &test).await.expect(201);
    }
}

#[actix_web::test]
async fn a_call_of_another_time_is_refused_there_and_stores_nothing() {
    let standins = Standins::start();
    let (flags, _keys) = standins.sealing("sm").await;
    let test = started(&standins, &flags).await;
    let before = stored(&test).await;
    test.app.clock.advance(chrono::Duration::minutes(6));
    let refused = by_code(&standins, &test).await;
    assert_eq!((refused.status, refused.code()), (503, "auth.wechat_unavailable"));
    assert_eq!(stored(&test).await, before);
}

#[actix_web::test]
async fn a_program_without_the_seal_gets_nothing_from_an_account_that_demands_it() {
    let standins = Standins::start();
    let _keys = standins.sealing("aes").await;
    let test = started(&standins, &[]).await;
    let refused = by_code(&standins, &test).await;
    assert_eq!((refused.status, refused.code()), (503, "auth.wechat_unavailable"));
}

#[actix_web::test]
async fn an_old_client_signs_in_by_the_encrypted_number() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let (body, _) = tapped(&standins, None).await;
    let first = test.post(SESSIONS, None, &body).await.expect(201);
    assert_eq!(first["me"]["phone_masked"], "138******00");
    let (mut body, profile) = tapped(&standins, None).await;
    body["profile"] = profile;
    let again = test.post(SESSIONS, None, &body).await.expect(201);
    assert_eq!(again["me"]["person_id"], first["me"]["person_id"]);
    let by_code = by_code(&standins, &test).await.expect(201);
    assert_eq!(by_code["me"]["person_id"], first["me"]["person_id"], "one phone, one account");
}

#[actix_web::test]
async fn an_encrypted_number_is_taken_once() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let other_code = login_code(&standins).await;
    // Both codes are of the session that the second began.
    let (mut body, _) = tapped(&standins, None).await;
    test.post(SESSIONS, None, &body).await.expect(201);
    let before = stored(&test).await;
    body["login_code"] = other_code;
    let refused = test.post(SESSIONS, None, &body).await;
    assert_eq!((refused.status, refused.code()), (401, "auth.wechat_refused"));
    assert_eq!(stored(&test).await, before);
}

#[actix_web::test]
async fn hostile_numbers_are_refused_and_store_nothing() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let before = stored(&test).await;
    for wrong in ["app", "old", "padding", "form", "session"] {
        let (body, _) = tapped(&standins, Some(wrong)).await;
        let refused = test.post(SESSIONS, None, &body).await;
        assert_eq!((refused.status, refused.code()), (401, "auth.wechat_refused"), "{wrong}");
    }
    let huge = "A".repeat(3_000);
    for (field, value, status) in [
        ("encrypted_data", json!("no base64!"), 401),
        ("encrypted_data", json!("AAAA"), 401),
        ("encrypted_data", json!(huge), 422),
        ("encrypted_data", json!(""), 422),
        ("encrypted_data", json!(7), 422),
        ("iv", json!("AAAA"), 401),
        ("iv", json!("AAECAwQFBgcICQoLDA0OD*=="), 401),
        ("iv", json!("AAECAwQFBgcICQoLDA0ODxAREhM="), 422),
        ("profile", json!({"raw_data": "{}", "signature": "0".repeat(40)}), 401),
        ("profile", json!({"raw_data": "{}", "signature": "no hex"}), 401),
        ("profile", json!({"raw_data": huge.repeat(2), "signature": "0".repeat(40)}), 422),
        ("profile", json!({"raw_data": "{}"}), 422),
        ("phone", json!("13800138000"), 422),
    ] {
        let (mut body, _) = tapped(&standins, None).await;
        body[field] = value.clone();
        let refused = test.post(SESSIONS, None, &body).await;
        assert_eq!(refused.status, status, "{field} {value} {}", refused.body);
        assert!(!refused.code().is_empty(), "{}", refused.body);
        assert_eq!(stored(&test).await, before, "{field} {value}");
    }
}
