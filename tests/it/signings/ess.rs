//! Tencent 电子签 against a stand-in that checks the signature itself: a flow from upload to the signed file.
use super::ground::{UNIT, people, project, units, values};
use crate::support::{Answer, Person, Standins, TestApp};
use chrono::Utc;
use palm::deals::signings::outside::follow_flows;
use palm::people::auth::{AccountState, Role};
use palm::platform::ess::{Approver, CallbackError, Ess, EssAccount, EssError, FlowStanding, NewFlow};
use palm::platform::http::{Limits, Outgoing};
use palm::platform::tc3::Credentials;
use serde_json::{Value, json};

fn client(standins: &Standins, secret: &str, callback_key: &str) -> Ess {
    let account = EssAccount {
        credentials: Credentials { secret_id: "standin-sms-id".to_owned(), secret_key: secret.into() },
        operator_id: "yDRSRUUgygj6rq2wUuO4zjEBBzRU0xyz".to_owned(),
        callback_token: "standin-ess-token".into(),
        callback_key: callback_key.into(),
    };
    let base = standins.at("");
    Ess::new(account, &base, &base, Outgoing::new(&Limits::default()).unwrap()).unwrap()
}

const KEY: &str = "0123456789standinCALLBACKkey0123";

async fn tried(standins: &Standins, flow: &str, mobile: &str, act: &str) -> reqwest::Response {
    let step = json!({"flow_id": flow, "mobile": mobile, "act": act});
    reqwest::Client::new().post(standins.at("/ess/moves")).json(&step).send().await.unwrap()
}

async fn moved(standins: &Standins, flow: &str, mobile: &str, act: &str) -> (Vec<u8>, String) {
    let sent = tried(standins, flow, mobile, act).await;
    let sent: Value = sent.error_for_status().unwrap().json().await.unwrap();
    (sent["body"].as_str().unwrap().as_bytes().to_vec(), sent["signature"].as_str().unwrap().to_owned())
}

/// A whole file without a page.
fn paper() -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = "xref\n0 3\n0000000000 65535 f\r\n".to_owned();
    for (n, body) in ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"].iter().enumerate() {
        table += &format!("{:010} 00000 n\r\n", file.len());
        file.extend(format!("{} 0 obj\n{body}\nendobj\n", n + 1).bytes());
    }
    let start = file.len();
    file.extend(format!("{table}trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n{start}\n%%EOF").bytes());
    file
}

#[actix_web::test]
async fn a_flow_is_created_signed_and_fetched_and_its_callbacks_are_believed_only_when_genuine() {
    let standins = Standins::start();
    let ess = client(&standins, "standin-sms-key", KEY);
    let file = ess.upload("agreement.pdf", &paper(), Utc::now()).await.unwrap();
    let signers = [Approver::person("张喆堃", "19000000036"), Approver::person("李玥", "19000000002")];
    let late = NewFlow {
        name: "投资合作框架协议",
        file_id: &file,
        approvers: &signers,
        unordered: false,
        deadline: Some(Utc::now()),
        user_data: "YQY-2026-000017",
    };
    let refused = ess.create_flow(&late, Utc::now()).await.unwrap_err();
    assert!(matches!(refused, EssError::Refused { ref code, .. } if code == "InvalidParameter.Deadline"));
    let wanted = NewFlow { deadline: Some(Utc::now() + chrono::Duration::days(30)), ..late };
    let flow = ess.create_flow(&wanted, Utc::now()).await.unwrap();
    let path = ess.sign_path(&flow, "张喆堃", "19000000036", Utc::now()).await.unwrap();
    assert!(path.starts_with("pages/guide?") && path.contains(&flow), "{path}");
    let seen = ess.find_flow(&flow, Utc::now()).await.unwrap();
    assert_eq!((seen.standing, seen.signed), (FlowStanding::Open, Vec::new()));
    assert_eq!(tried(&standins, &flow, "19000000002", "sign").await.status(), 409, "out of turn");

    let (body, signature) = moved(&standins, &flow, "19000000036", "sign").await;
    assert_eq!(ess.open_callback(&body, &signature).unwrap().flow_id(), Some(flow.as_str()));
    for (bent, given) in
        [(body.clone(), "sha256=00".to_owned()), ([&body[..], b" "].concat(), signature.clone())]
    {
        assert_eq!(ess.open_callback(&bent, &given), Err(CallbackError::Forged));
    }
    let stranger = client(&standins, "standin-sms-key", "another key of thirty-two signs!");
    assert!(stranger.open_callback(&body, &signature).is_err());

    let seen = ess.find_flow(&flow, Utc::now()).await.unwrap();
    assert!(seen.has_signed("19000000036") && !seen.has_signed("19000000002"));

    moved(&standins, &flow, "19000000002", "sign").await;
    let seen = ess.find_flow(&flow, Utc::now()).await.unwrap();
    assert_eq!((seen.standing, seen.signed.len()), (FlowStanding::Signed, 2));
    let signed = ess.signed_file(&flow, Utc::now()).await.unwrap();
    assert!(signed.starts_with(&paper()) && signed.len() > paper().len());
    let late = ess.cancel(&flow, "太迟", Utc::now()).await.unwrap_err();
    assert!(matches!(late, EssError::Refused { ref code, .. } if code == "OperationDenied"), "{late:?}");
}

#[actix_web::test]
async fn a_wrong_key_or_an_old_clock_is_refused_by_name() {
    let standins = Standins::start();
    let stranger = client(&standins, "another key", KEY);
    let refused = stranger.upload("a.pdf", b"%PDF-1.7", Utc::now()).await.unwrap_err();
    assert!(
        matches!(refused, EssError::Refused { ref code, .. } if code == "AuthFailure.SignatureFailure"),
        "{refused:?}"
    );
    let slow = client(&standins, "standin-sms-key", KEY);
    let old = slow.upload("a.pdf", b"%PDF-1.7", Utc::now() - chrono::Duration::minutes(6)).await.unwrap_err();
    assert!(
        matches!(old, EssError::Refused { ref code, .. } if code == "AuthFailure.SignatureExpire"),
        "{old:?}"
    );
    assert!(!format!("{refused:?}").contains("another key"));
}

async fn with_service(standins: &Standins) -> TestApp {
    let base = standins.at("");
    let settings = [
        ["--ess-secret-id", "standin-sms-id"],
        ["--ess-secret-key", "standin-sms-key"],
        ["--ess-operator-id", "yDRSRUUgygj6rq2wUuO4zjEBBzRU0xyz"],
        ["--ess-callback-token", "standin-ess-token"],
        ["--ess-callback-key", KEY],
        ["--ess-url", &base],
        ["--ess-files-url", &base],
    ];
    TestApp::start_with(&settings.concat()).await
}

/// An agreement for both sides, drafted for the service and sent.
async fn sent(test: &TestApp) -> (String, Person, Person) {
    let (official, investor, project) = people(test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values(), "provider": "ess"});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{}", draft["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    (path, official, investor)
}

async fn call_back(test: &TestApp, body: &[u8], signature: &str) -> u16 {
    let request = test.client.post(test.url("/callbacks/ess")).header("content-type", "application/json");
    let request = request.header("content-signature", signature).body(body.to_vec());
    request.send().await.unwrap().status().as_u16()
}

async fn flow_of(test: &TestApp) -> String {
    use diesel::prelude::*;
    use palm::schema::agreement_flows as t;
    let flow = test.app.read(|conn| Ok(t::table.select(t::flow_id).first::<Option<String>>(conn)?)).await;
    flow.unwrap().unwrap()
}

async fn phone_of(test: &TestApp, who: &Person) -> String {
    let id = who.id.parse().unwrap();
    test.app.read(move |conn| Ok(palm::people::auth::Account::find(conn, &id)?.phone)).await.unwrap()
}

#[actix_web::test]
async fn what_is_signed_at_the_service_moves_our_agreement_and_nothing_else_does() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (path, official, investor) = sent(&test).await;
    let seen = async |who: &Person| test.get(&path, Some(who)).await.expect(200);
    let begun = seen(&official).await;
    assert_eq!((&begun["provider"], &begun["flow"]["state"]), (&json!("ess"), &json!("waiting")));
    assert_eq!(
        test.get(&format!("{path}/signing-way"), Some(&investor)).await.code(),
        "agreement.flow_not_begun"
    );
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(seen(&official).await["flow"]["state"], "open");

    // The first signer is shown the way there, and cannot sign here.
    let first = if seen(&investor).await["may"].as_array().unwrap().contains(&json!("sign_outside")) {
        (&investor, &official)
    } else {
        (&official, &investor)
    };
    let way = test.get(&format!("{path}/signing-way"), Some(first.0)).await.expect(200);
    assert_eq!(way["app_id"], "wxa023b292fd19d41d");
    assert!(way["path"].as_str().unwrap().starts_with("pages/guide?"));
    assert_eq!(
        test.get(&format!("{path}/signing-way"), Some(first.1)).await.code(),
        "agreement.not_your_turn"
    );
    let text = seen(first.0).await["text_sha256"].clone();
    let here =
        test.post(&format!("{path}/challenges"), Some(first.0), &json!({"document_sha256": text})).await;
    assert_eq!(here.code(), "agreement.signed_elsewhere");

    // A forged callback changes nothing; a genuine one only makes us look; the same one again does nothing more.
    let flow = flow_of(&test).await;
    let (body, signature) = moved(&standins, &flow, &phone_of(&test, first.0).await, "sign").await;
    assert_eq!(call_back(&test, &body, "sha256=00").await, 422);
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(
        seen(&official).await["history"].as_array().unwrap().iter().filter(|h| h["what"] == "signed").count(),
        0
    );
    for _ in 0..2 {
        assert_eq!(call_back(&test, &body, &signature).await, 204);
    }
    follow_flows(test.app.clone()).await.unwrap();
    follow_flows(test.app.clone()).await.unwrap();
    let half = seen(first.1).await;
    assert_eq!(
        (&half["state"], half["may"].as_array().unwrap().contains(&json!("sign_outside"))),
        (&json!("signing"), true)
    );

    let (body, signature) = moved(&standins, &flow, &phone_of(&test, first.1).await, "sign").await;
    assert_eq!(call_back(&test, &body, &signature).await, 204);
    follow_flows(test.app.clone()).await.unwrap();
    let done = seen(&official).await;
    assert_eq!((&done["state"], &done["flow"]["state"]), (&json!("completed"), &json!("ended")));
    let signed = done["history"].as_array().unwrap().iter().filter(|h| h["what"] == "signed").count();
    assert_eq!(signed, 2);
    let sent = test.bytes(&format!("{path}/document?revision=1"), &investor).await;
    let file = test.bytes(&format!("{path}/document"), &investor).await;
    assert!(file.starts_with(&sent) && file.len() > sent.len());
    let evidence = test.get(&format!("{path}/evidence"), Some(&official)).await.expect(200);
    assert_eq!(evidence["broken_at"], Value::Null);
    // The repeat after the end is taken and does nothing.
    assert_eq!(call_back(&test, &body, &signature).await, 204);
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(
        seen(&official).await["history"].as_array().unwrap().len(),
        done["history"].as_array().unwrap().len()
    );
}

/// A draft for the service whose signers stand on `steps`: the official, the investor, and another party's.
async fn drafted(test: &TestApp, provider: &str, steps: &[i32]) -> (Answer, Vec<Person>) {
    units(test).await;
    let mut signers = vec![test.official(UNIT).await];
    for _ in 1..steps.len() {
        signers.push(test.person_of(&[Role::Investor], None, AccountState::Active).await);
    }
    let project = project(test, &signers[0], &signers[1]).await;
    let sides = ["host", "investor", "third"];
    let named: Vec<Value> = signers
        .iter()
        .zip(steps)
        .zip(sides)
        .map(|((who, step), side)| {
            let organisation = (side == "third").then_some("示例担保有限公司");
            json!({"side": side, "person_id": who.id, "step": step, "organisation": organisation})
        })
        .collect();
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values(), "signers": named, "provider": provider});
    (test.post("/api/v1/signings/agreements", Some(&signers[0]), &draft).await, signers)
}

/// The same, sent and begun at the service; gives its path, its flow, and its signers.
async fn begun(test: &TestApp, steps: &[i32]) -> (String, String, Vec<Person>) {
    let (draft, signers) = drafted(test, "ess", steps).await;
    let path = format!("/api/v1/signings/agreements/{}", draft.expect(201)["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&signers[0]), &json!({})).await.expect(201);
    follow_flows(test.app.clone()).await.unwrap();
    let flow = flow_at(test, &path).await;
    (path, flow, signers)
}

async fn flow_at(test: &TestApp, path: &str) -> String {
    use diesel::prelude::*;
    use palm::schema::agreement_flows as t;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let find = move |conn: &mut palm::platform::db::DbConn| {
        Ok(t::table.find(id).select(t::flow_id).first::<Option<String>>(conn)?)
    };
    test.app.read(find).await.unwrap().unwrap()
}

/// Looks at every flow now, without waiting for its time.
async fn look_now(test: &TestApp) {
    let now = test.app.now();
    let due = move |conn: &mut palm::platform::db::DbConn| {
        use diesel::prelude::*;
        use palm::schema::agreement_flows as t;
        diesel::update(t::table).set(t::due_at.eq(now)).execute(conn)?;
        Ok(())
    };
    test.app.db.write(due).await.unwrap();
    follow_flows(test.app.clone()).await.unwrap();
}

/// A person signs there, and what the service tells is followed.
async fn signs(test: &TestApp, standins: &Standins, flow: &str, who: &Person) {
    let (body, signature) = moved(standins, flow, &phone_of(test, who).await, "sign").await;
    assert_eq!(call_back(test, &body, &signature).await, 204);
    follow_flows(test.app.clone()).await.unwrap();
}

/// Whose turn it is here, as each of them is told.
async fn turns(test: &TestApp, path: &str, signers: &[Person]) -> Vec<bool> {
    let mut turns = Vec::new();
    for who in signers {
        let seen = test.get(path, Some(who)).await.expect(200);
        turns.push(seen["may"].as_array().unwrap().contains(&json!("sign_outside")));
    }
    turns
}

#[actix_web::test]
async fn the_service_asks_in_the_order_of_the_steps_and_not_of_the_list() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (path, flow, signers) = begun(&test, &[2, 1]).await;
    assert_eq!(turns(&test, &path, &signers).await, [false, true]);
    let early = tried(&standins, &flow, &phone_of(&test, &signers[0]).await, "sign").await;
    assert_eq!(early.status(), 409);
    signs(&test, &standins, &flow, &signers[1]).await;
    assert_eq!(turns(&test, &path, &signers).await, [true, false]);
    let seen = test.get(&path, Some(&signers[0])).await.expect(200);
    let states: Vec<&Value> = seen["parties"].as_array().unwrap().iter().map(|p| &p["state"]).collect();
    assert_eq!(states, ["turn", "signed"], "the signature belongs to whoever made it");
    signs(&test, &standins, &flow, &signers[0]).await;
    assert_eq!(test.get(&path, Some(&signers[0])).await.expect(200)["state"], "completed");
}

#[actix_web::test]
async fn whoever_signs_at_once_here_signs_at_once_there() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (path, flow, signers) = begun(&test, &[4, 4, 4]).await;
    assert_eq!(turns(&test, &path, &signers).await, [true, true, true]);
    for (n, left) in [(2, [true, true, false]), (0, [false, true, false])] {
        signs(&test, &standins, &flow, &signers[n]).await;
        assert_eq!(turns(&test, &path, &signers).await, left);
    }
    signs(&test, &standins, &flow, &signers[1]).await;
    assert_eq!(test.get(&path, Some(&signers[0])).await.expect(200)["state"], "completed");
}

#[actix_web::test]
async fn a_file_that_is_not_the_signed_agreement_is_named_and_not_taken() {
    for (kind, finding, text) in [
        ("unsigned", "unsigned", "sent"),
        ("bad_signature", "changed", "sent"),
        ("swapped_body", "other_agreement", "other"),
    ] {
        let standins = Standins::start();
        let test = with_service(&standins).await;
        let (path, flow, signers) = begun(&test, &[1, 2]).await;
        begun(&test, &[1, 2]).await;
        let seen = async || test.get(&path, Some(&signers[0])).await.expect(200);
        let checks = |seen: &Value| {
            seen["history"].as_array().unwrap().iter().filter(|line| line["what"] == "checked").count()
        };
        standins.fault("/ess/files", kind, 2).await;
        for who in &signers {
            signs(&test, &standins, &flow, who).await;
        }
        for _ in 0..2 {
            let held = seen().await;
            assert_eq!(
                (&held["state"], &held["flow"]["state"]),
                (&json!("signing"), &json!("open")),
                "{kind}"
            );
            let file = &held["flow"]["file"];
            assert_eq!((&file["finding"], &file["text"]), (&json!(finding), &json!(text)), "{kind}");
            assert_eq!(checks(&held), 1, "the same finding is told once");
            assert!(held["flow"]["failure"].is_string());
            assert!(held["parties"].as_array().unwrap().iter().all(|party| party["state"] == "signed"));
            look_now(&test).await;
        }
        // The switch is used up: the true file came, and it is not called more than it is.
        look_now(&test).await;
        let done = seen().await;
        assert_eq!((&done["state"], &done["flow"]["state"]), (&json!("completed"), &json!("ended")));
        let file = &done["flow"]["file"];
        assert_eq!((&file["finding"], &file["text"]), (&json!("intact"), &json!("sent")));
        assert_eq!((&file["verdict"], &file["signers"]), (&json!("untrusted"), &json!(["Stand-in E-Sign"])));
        assert_eq!(file["document_sha256"], done["head_sha256"]);
        assert_eq!(checks(&done), 2);
        let kept = test.bytes(&format!("{path}/document"), &signers[0]).await;
        assert_eq!(test.judge(kept).await["verdict"], "untrusted");
        let evidence = test.get(&format!("{path}/evidence"), Some(&signers[0])).await.expect(200);
        assert_eq!(evidence["broken_at"], Value::Null);
    }
}

#[actix_web::test]
async fn the_service_is_told_by_when_all_must_have_signed() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (draft, signers) = drafted(&test, "ess", &[1, 2]).await;
    let path = format!("/api/v1/signings/agreements/{}", draft.expect(201)["id"].as_str().unwrap());
    let body = json!({"sign_within_days": 5});
    let sent = test.post(&format!("{path}/dispatches"), Some(&signers[0]), &body).await.expect(201);
    follow_flows(test.app.clone()).await.unwrap();
    let flows: Value = reqwest::get(standins.at("/ess/flows")).await.unwrap().json().await.unwrap();
    let until: palm::platform::clock::Time = serde_json::from_value(sent["expires_at"].clone()).unwrap();
    assert_eq!(flows[0]["deadline"], until.unix());
}

#[actix_web::test]
async fn an_order_that_the_service_cannot_be_told_is_refused_when_it_is_drafted() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (refused, _) = drafted(&test, "ess", &[1, 1, 2]).await;
    assert_eq!((refused.status, refused.code()), (422, "agreement.mixed_order"));
    let (here, _) = drafted(&test, "built_in", &[1, 1, 2]).await;
    here.expect(201);
}

#[actix_web::test]
async fn a_refusal_there_ends_it_here_and_a_revocation_here_ends_it_there() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (path, official, investor) = sent(&test).await;
    follow_flows(test.app.clone()).await.unwrap();
    let flow = flow_of(&test).await;
    let (body, signature) = moved(&standins, &flow, &phone_of(&test, &investor).await, "reject").await;
    assert_eq!(call_back(&test, &body, &signature).await, 204);
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["state"], "refused");

    let other = with_service(&standins).await;
    let (path, official, _) = sent(&other).await;
    follow_flows(other.app.clone()).await.unwrap();
    other
        .post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "条件有变"}))
        .await
        .expect(201);
    let flow = flow_of(&other).await;
    follow_flows(other.app.clone()).await.unwrap();
    assert_eq!(other.get(&path, Some(&official)).await.expect(200)["flow"]["state"], "ended");
    let ess = client(&standins, "standin-sms-key", KEY);
    assert_eq!(ess.find_flow(&flow, Utc::now()).await.unwrap().standing, FlowStanding::Revoked);
}

#[actix_web::test]
async fn an_unclear_answer_begins_no_second_flow_until_a_person_has_looked() {
    let standins = Standins::start();
    let test = with_service(&standins).await;
    let (path, official, _) = sent(&test).await;
    // The upload is answered, the answer to the flow's creation is cut in the middle.
    standins.fault("/CreateFlowByFiles", "half_body", 1).await;
    follow_flows(test.app.clone()).await.unwrap();
    let seen = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!(seen["flow"]["state"], "unknown", "{}", seen["flow"]);
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["flow"]["state"], "unknown");
    test.post(&format!("{path}/flow-restarts"), Some(&official), &json!({})).await.expect(201);
    follow_flows(test.app.clone()).await.unwrap();
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["flow"]["state"], "open");
    assert_eq!(
        test.post(&format!("{path}/flow-restarts"), Some(&official), &json!({})).await.code(),
        "agreement.flow_known"
    );
}

#[actix_web::test]
async fn without_an_account_at_the_service_nobody_can_choose_it() {
    let test = TestApp::start().await;
    let (official, _, project) = people(&test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values(), "provider": "ess"});
    let refused = test.post("/api/v1/signings/agreements", Some(&official), &draft).await;
    assert_eq!((refused.status, refused.code()), (422, "agreement.no_service"));
    let offered = test.get("/api/v1/signings/templates", Some(&official)).await.expect(200);
    assert_eq!(offered["providers"], json!(["built_in"]));
}
