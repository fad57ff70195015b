//! Sessions: what ends them, and what cannot be forged.
use crate::support::{Person, TestApp, ask};
use palm::people::auth::Role;
use serde_json::json;

#[actix_web::test]
async fn signing_out_holds_at_once_on_every_instance() {
    let test = TestApp::start().await;
    let (_, other) = test.another().await;
    let person = test.person(Role::Investor).await;
    let me = |address| {
        let (client, person) = (test.client.clone(), person.clone());
        async move {
            ask(&client, address, "GET", "/api/v1/auth/me", Some(&person), None, "k").await.unwrap().status
        }
    };
    assert_eq!(me(other).await, 200);
    test.send("DELETE", "/api/v1/auth/sessions/current", Some(&person), None).await.expect(204);
    assert_eq!(me(test.address).await, 401);
    assert_eq!(me(other).await, 401);
}

#[actix_web::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_session() {
    let test = TestApp::start().await;
    let person = test.person(Role::Investor).await;
    let turn = |token: String| {
        let test = &test;
        async move { test.post("/api/v1/auth/refreshes", None, &json!({"refresh_token": token})).await }
    };
    let next = turn(person.refresh.clone()).await.expect(201);
    let fresh = Person { token: next["access_token"].as_str().unwrap().into(), ..person.clone() };
    test.get("/api/v1/auth/me", Some(&fresh)).await.expect(200);
    let reused = turn(person.refresh.clone()).await;
    assert_eq!((reused.status, reused.code()), (401, "auth.refresh_reused"));
    assert_eq!(test.get("/api/v1/auth/me", Some(&fresh)).await.status, 401);
    assert_eq!(turn(next["refresh_token"].as_str().unwrap().into()).await.status, 401);
}

#[actix_web::test]
async fn of_two_refreshes_at_once_one_wins() {
    let test = TestApp::start().await;
    for _ in 0..10 {
        let person = test.person(Role::Investor).await;
        let body = json!({"refresh_token": person.refresh});
        let (a, b) = futures_util::join!(
            test.post("/api/v1/auth/refreshes", None, &body),
            test.post("/api/v1/auth/refreshes", None, &body)
        );
        let won = [a.status, b.status].iter().filter(|s| **s == 201).count();
        assert_eq!(won, 1, "{} {}", a.status, b.status);
    }
}

#[actix_web::test]
async fn an_access_token_ends_with_its_time() {
    let test = TestApp::start().await;
    let person = test.person(Role::Investor).await;
    test.app.clock.advance(chrono::Duration::seconds(570));
    test.get("/api/v1/auth/me", Some(&person)).await.expect(200);
    test.app.clock.advance(chrono::Duration::seconds(31));
    test.get("/api/v1/auth/me", Some(&person)).await.expect(401);
}

#[actix_web::test]
async fn forged_tokens_are_refused() {
    let test = TestApp::start().await;
    let person = test.person(Role::Investor).await;
    let parts: Vec<&str> = person.token.split('.').collect();
    let forged = [
        format!("eyJhbGciOiJub25lIn0.{}.", parts[1]),
        format!("eyJhbGciOiJub25lIn0.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], "AAAA"),
        format!("eyJhbGciOiJIUzUxMiJ9.{}.{}", parts[1], parts[2]),
        String::new(),
        "x".repeat(5000),
    ];
    for token in forged {
        let forger = Person { token, ..person.clone() };
        assert_eq!(test.get("/api/v1/auth/me", Some(&forger)).await.status, 401);
    }
}

#[actix_web::test]
async fn a_password_needs_its_second_factor_and_rests_after_five_failures() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let made = test
        .post(
            "/api/v1/persons",
            Some(&administrator),
            &json!({"name": "李喆", "phone": "19000000088", "login": "li.zhe", "roles": ["leader"]}),
        )
        .await
        .expect(201);
    let activation = json!({"activation_code": made["activation_code"], "password": "green-tea-1894"});
    let secret =
        test.post("/api/v1/auth/activations", None, &activation).await.expect(201)["totp_secret"].clone();
    test.post("/api/v1/auth/activations", None, &activation).await.expect(401);
    let code = || palm::people::auth::totp::code_now(secret.as_str().unwrap(), test.app.now()).unwrap();
    let sign_in = |password: &'static str, totp: String| {
        let test = &test;
        async move {
            let body = json!({"method": "password", "login": "LI.zhe", "password": password, "totp": totp});
            test.post("/api/v1/auth/sessions", None, &body).await
        }
    };
    // The same one-time password does not work twice.
    let once = code();
    sign_in("green-tea-1894", once.clone()).await.expect(201);
    sign_in("green-tea-1894", once).await.expect(401);
    test.app.clock.advance(chrono::Duration::seconds(60));
    for _ in 0..4 {
        sign_in("wrong-password-1", code()).await.expect(401);
    }
    assert_eq!(sign_in("green-tea-1894", code()).await.status, 429);
    test.app.clock.advance(chrono::Duration::minutes(16));
    sign_in("green-tea-1894", code()).await.expect(201);
}
