//! Persons: separated administrators, masked phones, logged reveals, writes that happen once.
use crate::support::TestApp;
use palm::people::auth::Role;
use serde_json::json;

#[actix_web::test]
async fn no_one_holds_two_administrators() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let body = json!({"name": "赵一", "phone": "19000000001", "roles": ["system_administrator", "audit_administrator"]});
    let answer = test.post("/api/v1/persons", Some(&administrator), &body).await;
    assert_eq!((answer.status, answer.code()), (422, "person.administrators_separated"));
}

#[actix_web::test]
async fn a_task_force_is_of_negotiators_and_goes_with_the_role() {
    let test = TestApp::start().await;
    let security = test.person(Role::SecurityAdministrator).await;
    let person = test.person(Role::Consultant).await;
    let path = format!("/api/v1/persons/{}/roles", person.id);
    let keep = |body: serde_json::Value| {
        let (test, path, security) = (&test, &path, &security);
        async move { test.put(path, Some(security), &body).await }
    };
    let wrong = keep(json!({"roles": ["consultant"], "task_forces": ["services"]})).await;
    assert_eq!((wrong.status, wrong.code()), (422, "person.task_force_needs_negotiator"));
    let forces = json!(["manufacturing", "services"]);
    let body = json!({"roles": ["negotiator"], "task_forces": ["services", "manufacturing", "services"]});
    assert_eq!(keep(body).await.expect(200)["task_forces"], forces);
    let seen = test.get(&format!("/api/v1/persons/{}", person.id), Some(&security)).await.expect(200);
    assert_eq!(seen["task_forces"], forces);
    assert_eq!(keep(json!({"roles": ["leader"]})).await.expect(200)["task_forces"], json!([]));
    let again = keep(json!({"roles": ["negotiator", "leader"]})).await.expect(200);
    assert_eq!(again["task_forces"], json!([]), "what went with the role does not come back with it");
    let kept = "SELECT COUNT(*) AS n FROM auth_task_forces";
    assert_eq!(crate::support::count(&test, kept).await, 0);
}

#[actix_web::test]
async fn one_key_has_one_effect() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let body = json!({"name": "赵一", "phone": "19000000001", "roles": []});
    let ask = |body: serde_json::Value| {
        let (test, administrator) = (&test, &administrator);
        async move { test.keyed("POST", "/api/v1/persons", Some(administrator), Some(&body), "key-1").await }
    };
    let (a, b) = futures_util::join!(ask(body.clone()), ask(body.clone()));
    assert_eq!(a.body, b.body);
    let replayed = ask(body).await;
    assert_eq!((replayed.status, &replayed.body), (201, &a.body));
    assert_eq!(replayed.headers["idempotency-replayed"], "true");
    let other = ask(json!({"name": "钱二", "phone": "19000000002", "roles": []})).await;
    assert_eq!((other.status, other.code()), (422, "request.idempotency_key_reused"));
    let people = test.get("/api/v1/persons?q=%E8%B5%B5", Some(&administrator)).await.expect(200);
    assert_eq!(people["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_phone_is_masked_and_its_reveal_is_logged() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let auditor = test.person(Role::AuditAdministrator).await;
    let body = json!({"name": "赵一", "phone": "19000000001", "roles": []});
    let person =
        test.post("/api/v1/persons", Some(&administrator), &body).await.expect(201)["person"].clone();
    assert_eq!(person["phone_masked"], "190******01");
    let path = format!("/api/v1/persons/{}/reveals", person["id"].as_str().unwrap());
    let revealed = test.post(&path, Some(&administrator), &json!({"purpose": "电话核实"})).await.expect(201);
    assert_eq!(revealed["phone"], "19000000001");
    let log = test.get("/api/v1/audit/entries?operation=reveal_person", Some(&auditor)).await.expect(200);
    assert_eq!(log["items"][0]["detail"], "电话核实");
    assert!(!log.to_string().contains("19000000001"));
}

#[actix_web::test]
async fn hostile_text_is_refused_and_changes_nothing() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    for name in ["", " ", "a\u{0}b", "a\u{202e}b", "\u{200b}x", &"长".repeat(41)] {
        let body = json!({"name": name, "phone": "19000000001", "roles": []});
        let answer = test.post("/api/v1/persons", Some(&administrator), &body).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["field"].as_str()),
            (422, Some("name")),
            "{name:?}"
        );
    }
    let answer = test
        .post(
            "/api/v1/persons",
            Some(&administrator),
            &json!({"name": "赵", "phone": "19000000001", "roles": [], "state": "active"}),
        )
        .await;
    assert_eq!(answer.body["errors"][0]["code"], "input.unknown_field");
    for path in [
        "/api/v1/persons?q=%00",
        "/api/v1/persons?cursor=zzz",
        "/api/v1/persons?limit=0",
        "/api/v1/persons?limit=x",
    ] {
        assert_eq!(test.get(path, Some(&administrator)).await.status, 422, "{path}");
    }
    let people = test.get("/api/v1/persons", Some(&administrator)).await.expect(200);
    assert_eq!(people["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_kept_for_a_repeat_is_sealed() {
    let test = TestApp::start().await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let body = json!({"name": "赵一", "phone": "19000000001", "roles": []});
    let made = test.post("/api/v1/persons", Some(&administrator), &body).await.expect(201);
    let path = format!("/api/v1/persons/{}/reveals", made["person"]["id"].as_str().unwrap());
    let why = json!({"purpose": "电话核实"});
    let ask = || test.keyed("POST", &path, Some(&administrator), Some(&why), "reveal-1");
    assert_eq!(ask().await.expect(201), ask().await.expect(201));
    let code = made["activation_code"].as_str().unwrap();
    for plain in ["19000000001", code, "赵一"] {
        let kept = format!("SELECT COUNT(*) AS n FROM idempotency_keys WHERE body LIKE '%{plain}%'");
        assert_eq!(crate::support::count(&test, &kept).await, 0, "{plain}");
    }
    let logged = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'reveal_person'";
    assert_eq!(crate::support::count(&test, logged).await, 1);
}
