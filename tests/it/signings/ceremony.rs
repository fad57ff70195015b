//! A ceremony before an audience: what it shows, to whom, and when.
use super::ground::{UNIT, sent, sign, units};
use crate::support::TestApp;
use palm::people::auth::Role;
use serde_json::{Value, json};

fn plan(agreements: &[&str]) -> Value {
    json!({
        "title": "2026 年秋季招商签约仪式", "title_en": "Autumn signing ceremony 2026", "place": "益阳大剧院",
        "starts_at": "2026-11-28T01:30:00Z", "programme": [{"time": "09:30", "title": "开场"}, {"time": "09:40", "title": "签约", "title_en": "Signing"}],
        "agreement_ids": agreements,
    })
}

#[actix_web::test]
async fn the_audience_sees_parties_appear_as_they_sign_and_no_personal_data() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (first, people) = sent(&test, &official, &[2, 1]).await;
    let (second, _) = sent(&test, &official, &[2, 1]).await;
    let made = test
        .post("/api/v1/signings/ceremonies", Some(&official), &plan(&[&first, &second]))
        .await
        .expect(201);
    let path = format!("/api/v1/signings/ceremonies/{}", made["id"].as_str().unwrap());
    // Nobody sees it before it is open, and another unit never may change it.
    assert_eq!(test.get(&format!("{path}/screen"), None).await.status, 404);
    let stranger = test.official("430902").await;
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    assert_eq!(test.post(&format!("{path}/openings"), Some(&stranger), &json!({})).await.status, 404);
    test.post(&format!("{path}/openings"), Some(&official), &json!({})).await.expect(201);
    let screen = test.get(&format!("{path}/screen"), None).await.expect(200);
    assert_eq!(
        (screen["state"].as_str(), screen["moments"].as_array().map(Vec::len)),
        (Some("open"), Some(0))
    );
    assert_eq!(screen["totals"]["signatures"], 4);

    sign(&test, &people[1], &first).await.expect(201);
    let screen = test.get(&format!("{path}/screen"), None).await.expect(200);
    let moments = screen["moments"].as_array().unwrap();
    assert_eq!(
        (moments.len(), moments[0]["kind"].as_str(), moments[0]["agreement"].as_i64()),
        (1, Some("signed"), Some(0))
    );
    sign(&test, &people[0], &first).await.expect(201);
    let screen = test.get(&format!("{path}/screen"), None).await.expect(200);
    let kinds: Vec<&str> =
        screen["moments"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["signed", "signed", "completed"]);
    assert_eq!(
        (screen["totals"]["concluded"].as_i64(), screen["totals"]["concluded_fen"].as_i64()),
        (Some(1), Some(12_000_000_000))
    );
    let text = screen.to_string();
    let digits = |from: &str| from.chars().take_while(char::is_ascii_digit).count();
    let phone = text.match_indices("190").any(|(at, _)| digits(&text[at..]) >= 11);
    assert!(text.contains("王**") && !text.contains("王示例") && !phone, "{text}");

    let poster = test.bytes(&format!("{path}/poster"), &official).await;
    assert!(poster.starts_with(b"%PDF-"));
    let list = String::from_utf8(test.bytes(&format!("{path}/press-list"), &official).await).unwrap();
    assert!(list.starts_with('\u{feff}') && list.contains("12000.00") && !list.contains("王示例"), "{list}");

    test.post(&format!("{path}/closings"), Some(&official), &json!({})).await.expect(201);
    let changed = test.put(&path, Some(&official), &plan(&[])).await;
    assert_eq!((changed.status, changed.code()), (409, "ceremony.closed"));
    // It stays for replay.
    assert_eq!(test.get(&format!("{path}/screen"), None).await.expect(200)["state"], "closed");
}

#[actix_web::test]
async fn only_agreements_that_were_sent_and_are_ones_own_join() {
    let test = TestApp::start().await;
    let (official, _, project) = super::ground::people(&test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": {}});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let refused = test
        .post("/api/v1/signings/ceremonies", Some(&official), &plan(&[draft["id"].as_str().unwrap()]))
        .await;
    assert_eq!((refused.status, refused.code()), (422, "ceremony.agreement_not_sent"));
    let other = test.official("430902").await;
    let (theirs, _) = sent(&test, &official, &[2, 1]).await;
    assert_eq!(test.post("/api/v1/signings/ceremonies", Some(&other), &plan(&[&theirs])).await.status, 404);
    let investor = test.person(Role::Investor).await;
    assert_eq!(test.post("/api/v1/signings/ceremonies", Some(&investor), &plan(&[])).await.status, 403);
}
