//! An agreement from draft to an independent verdict: turns, codes bound to a document, evidence, tampering.
mod act;
pub mod annexes;
mod archives;
mod ceremony;
mod codes;
mod deadlines;
mod ess;
mod evidence;
pub mod ground;
mod names;
mod negotiation;
pub mod race;
pub mod seals;
mod stamps;
mod templates;
mod verify;

use crate::support::{Person, Standins, TestApp};
pub use ground::{people, values};
use palm::people::auth::Role;
use serde_json::{Value, json};

pub async fn sign(test: &TestApp, standins: &Standins, who: &Person, id: &str) -> Value {
    let path = format!("/api/v1/signings/agreements/{id}");
    let seen = test.get(&path, Some(who)).await.expect(200);
    let sha256 = seen["text_sha256"].clone();
    let challenge =
        test.post(&format!("{path}/challenges"), Some(who), &json!({"document_sha256": sha256})).await;
    let challenge = challenge.expect(201);
    let code = standins.latest_code().await;
    ground::read(test, who, id).await.expect(201);
    let body = |code: &str, sha256: &Value| {
        let mut body = ground::proof(code, sha256.as_str().unwrap());
        body["challenge_id"] = challenge["challenge_id"].clone();
        body
    };
    let wrong = test.post(&format!("{path}/signatures"), Some(who), &body("000000", &sha256)).await;
    assert_eq!((wrong.status, wrong.code()), (422, "signature.code_wrong"));
    let other = json!("0".repeat(64));
    let moved = test.post(&format!("{path}/signatures"), Some(who), &body(&code, &other)).await;
    assert_eq!((moved.status, moved.code()), (409, "agreement.moved_on"));
    test.keyed("POST", &format!("{path}/signatures"), Some(who), Some(&body(&code, &sha256)), "sign-1")
        .await
        .expect(201);
    // The same key gives the same answer and no second signature.
    let again = test
        .keyed("POST", &format!("{path}/signatures"), Some(who), Some(&body(&code, &sha256)), "sign-1")
        .await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    again.expect(201)
}

#[actix_web::test]
async fn two_parties_sign_in_turn_and_the_file_is_judged_valid() {
    let standins = Standins::start();
    let settings = standins.settings();
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (official, investor, project) = people(&test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": {}});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/signings/agreements/{id}");
    // The other side does not see a draft, and a draft with gaps is not sent.
    assert_eq!(test.get(&path, Some(&investor)).await.status, 404);
    let gaps = test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await;
    assert_eq!((gaps.status, gaps.code()), (422, "request.invalid"));
    test.put(&path, Some(&official), &json!({"values": values()})).await.expect(200);
    let sent = test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    assert_eq!((sent["state"].as_str(), sent["revision"].as_i64()), (Some("signing"), Some(1)));
    let changed = test.put(&path, Some(&official), &json!({"values": {}})).await;
    assert_eq!((changed.status, changed.code()), (409, "agreement.not_draft"));
    // Not one's turn.
    let sha256 = sent["text_sha256"].clone();
    let early =
        test.post(&format!("{path}/challenges"), Some(&official), &json!({"document_sha256": sha256})).await;
    assert_eq!((early.status, early.code()), (409, "agreement.not_your_turn"));
    // A stranger sees nothing.
    let stranger = test.person(Role::Investor).await;
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);

    sign(&test, &standins, &investor, &id).await;
    let done = sign(&test, &standins, &official, &id).await;
    assert_eq!(done["state"], "completed");
    let moved = test.get(&format!("/api/v1/projects/{project}"), Some(&official)).await.expect(200);
    assert_eq!(
        (moved["stage"].as_str(), moved["committed_fen"].as_i64()),
        (Some("signed"), Some(12_000_000_000))
    );

    let file = test.bytes(&format!("{path}/document"), &investor).await;
    let verdict = test.judge(file.clone()).await;
    assert_eq!(verdict["verdict"], "valid", "{verdict}");
    assert_eq!(verdict["registered"]["final"], true);
    assert_eq!(verdict["signatures"].as_array().unwrap().len(), 3);
    let mut bent = file.clone();
    let middle = bent.len() / 3;
    bent[middle] ^= 1;
    assert!(matches!(test.judge(bent).await["verdict"].as_str(), Some("tampered" | "unreadable")));
    let earlier = test.bytes(&format!("{path}/document?revision=2"), &investor).await;
    let verdict = test.judge(earlier).await;
    assert_eq!(
        (verdict["verdict"].as_str(), verdict["registered"]["final"].as_bool()),
        (Some("partly_signed"), Some(false))
    );

    let chain = test.get(&format!("{path}/evidence"), Some(&investor)).await.expect(200);
    assert_eq!(chain["broken_at"], Value::Null);
    let acts: Vec<&str> =
        chain["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(
        acts,
        [
            "created",
            "locked",
            "code_sent",
            "read",
            "consented",
            "signed",
            "code_sent",
            "read",
            "consented",
            "signed",
            "completed"
        ]
    );
}

#[actix_web::test]
async fn a_refusal_ends_the_agreement() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{}", draft["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    let refused = test
        .post(&format!("{path}/refusals"), Some(&investor), &json!({"reason": "条款需再议"}))
        .await
        .expect(201);
    assert_eq!(refused["state"], "refused");
    let revoked = test.post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "x"})).await;
    assert_eq!((revoked.status, revoked.code()), (409, "agreement.closed"));
}

#[actix_web::test]
async fn an_agreement_that_is_not_signed_in_time_expires_once_and_both_sides_are_told() {
    let test = TestApp::start_with(&["--signing-days", "7"]).await;
    let (other, _) = test.another().await;
    let (official, investor, project) = people(&test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{}", draft["id"].as_str().unwrap());
    let sent = test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    let until: palm::platform::clock::Time = serde_json::from_value(sent["expires_at"].clone()).unwrap();
    assert!(until > test.app.now().plus(chrono::Duration::days(6)));
    let sweep = palm::deals::signings::jobs::expire_agreements;
    sweep(test.app.clone()).await.unwrap();
    assert_eq!(test.get(&path, Some(&investor)).await.expect(200)["state"], "signing");
    // The clock of the law is stricter than the clock of the job.
    for app in [&test.app, &other] {
        app.clock.advance(chrono::Duration::days(7));
    }
    let investor = test.renewed(&investor);
    let official = test.renewed(&official);
    let asked = json!({"document_sha256": sent["text_sha256"]});
    let late = test.post(&format!("{path}/challenges"), Some(&investor), &asked).await;
    assert_eq!((late.status, late.code()), (409, "agreement.expired"));
    let (one, two) = futures_util::join!(sweep(test.app.clone()), sweep(other.clone()));
    one.and(two).unwrap();
    let seen = test.get(&path, Some(&investor)).await.expect(200);
    assert_eq!((&seen["state"], &seen["may"]), (&json!("expired"), &json!(["download"])));
    let revoked = test.post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "x"})).await;
    assert_eq!((revoked.status, revoked.code()), (409, "agreement.closed"));
    let chain = test.get(&format!("{path}/evidence"), Some(&official)).await.expect(200);
    assert_eq!((&chain["items"][2]["action"], &chain["broken_at"]), (&json!("expired"), &Value::Null));
    assert_eq!(chain["items"].as_array().unwrap().len(), 3);
    palm::views::notifications::tell(&test.app).await.unwrap();
    for person in [&investor, &official] {
        let inbox = test.get("/api/v1/notifications", Some(person)).await.expect(200);
        let titles: Vec<&str> =
            inbox["items"].as_array().unwrap().iter().filter_map(|n| n["title_en"].as_str()).collect();
        let told = titles.iter().filter(|t| t.contains("expired")).count();
        assert_eq!(told, 1, "{titles:?}");
    }
}
