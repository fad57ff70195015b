//! A time-stamp authority by URL: its stamps are taken, its faults are named, and nothing false is kept.
use super::ground::{UNIT, document, sent, sign, units};
use crate::support::{Standins, TestApp};
use palm::deals::signings::jobs::stamp_agreements;
use palm::platform::pdf::{self, Verdict};
use serde_json::json;

pub async fn with_authority(standins: &Standins, more: &[&str]) -> TestApp {
    let pem = reqwest::get(standins.at("/tsa/root.pem")).await.unwrap().bytes().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    let (url, roots) = (standins.at("/tsa"), roots.display().to_string());
    let settings = [&["--tsa-url", url.as_str(), "--tsa-roots", &roots][..], more].concat();
    let test = TestApp::start_with(&settings).await;
    units(&test).await;
    test
}

#[actix_web::test]
async fn an_authority_by_url_stamps_every_signature() {
    let standins = Standins::start();
    let test = with_authority(&standins, &[]).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[1, 1]).await;
    for who in &people {
        sign(&test, who, &id).await.expect(201);
    }
    let file = document(&test, &official, &id).await;
    let seen = pdf::examine(&file, &test.app.trust(), test.app.now().utc());
    assert_eq!(seen.verdict, Verdict::Valid);
    assert!(seen.signatures.iter().all(|row| row.timestamp_authority.as_deref() == Some("Stand-in TSA")));
    // Whoever believes only the platform's own root does not believe a foreign clock.
    let narrow = pdf::examine(&file, &test.app.authority.trust(), test.app.now().utc());
    assert_eq!(narrow.verdict, Verdict::ValidUnstamped);
}

#[actix_web::test]
async fn anyone_gets_the_root_and_its_list_and_openssl_accepts_one_by_the_other() {
    let test = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["root.pem", "root.crl"] {
        let answer = test.client.get(test.url(&format!("/pki/{name}"))).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        std::fs::write(folder.path().join(name), answer.bytes().await.unwrap()).unwrap();
    }
    let judged = |root: &str| {
        let mut openssl = std::process::Command::new("openssl");
        openssl
            .args(["crl", "-inform", "DER", "-noout", "-verify", "-in"])
            .arg(folder.path().join("root.crl"));
        let said = openssl.arg("-CAfile").arg(folder.path().join(root)).output().unwrap().stderr;
        String::from_utf8_lossy(&said).contains("verify OK")
    };
    assert!(judged("root.pem"));
    let other = TestApp::start().await.app.authority.root_pem().unwrap();
    std::fs::write(folder.path().join("other.pem"), other).unwrap();
    assert!(!judged("other.pem"));
}

#[actix_web::test]
async fn each_fault_of_the_authority_is_named_and_made_good_later() {
    let standins = Standins::start();
    let test = with_authority(&standins, &[]).await;
    let official = test.official(UNIT).await;
    for (kind, named) in [
        ("status", "status"),
        ("wrong_nonce", "wrong_nonce"),
        ("wrong_hash", "wrong_hash"),
        ("expired", "expired"),
        ("huge", "too_large"),
        ("html", "not_a_reply"),
        ("hang", "slow"),
    ] {
        let (id, people) = sent(&test, &official, &[2, 1]).await;
        let path = format!("/api/v1/signings/agreements/{id}");
        sign(&test, &people[1], &id).await.expect(201);
        standins.fault("/tsa", kind, 2).await;
        let signed = sign(&test, &official, &id).await.expect(201);
        assert_eq!(signed["state"], "completed", "{named}");
        assert_eq!(signed["missing_stamp"]["fault"], named);
        let states = |view: &serde_json::Value| -> Vec<bool> {
            view["parties"].as_array().unwrap().iter().map(|p| p["stamped"].as_bool().unwrap()).collect()
        };
        assert_eq!(states(&signed), [false, true], "{named}");
        let file = document(&test, &official, &id).await;
        let seen = pdf::examine(&file, &test.app.trust(), test.app.now().utc());
        // No stamp stands where none was had.
        assert_eq!(seen.verdict, Verdict::ValidUnstamped, "{named}");
        assert_eq!(seen.signatures[2].timestamp_authority, None, "{named}");

        // The next attempt fails as well and is counted; the one after it succeeds.
        test.app.clock.advance(chrono::Duration::seconds(61));
        stamp_agreements(test.app.clone()).await.unwrap();
        let waiting = test.get(&path, Some(&official)).await.expect(200);
        assert_eq!(
            (&waiting["missing_stamp"]["fault"], waiting["missing_stamp"]["attempts"].as_i64()),
            (&json!(named), Some(1))
        );
        assert_eq!(document(&test, &official, &id).await, file);
        test.app.clock.advance(chrono::Duration::seconds(121));
        stamp_agreements(test.app.clone()).await.unwrap();
        // The stand-in's clock is the machine's: ours went ahead of it by a few minutes, and comes back.
        test.app.clock.advance(chrono::Duration::seconds(-182));
        let done = test.get(&path, Some(&official)).await.expect(200);
        assert_eq!(
            (done["missing_stamp"].is_null(), states(&done)),
            (true, vec![true, true]),
            "{named}: {done}"
        );
        let file = document(&test, &official, &id).await;
        let seen = pdf::examine(&file, &test.app.trust(), test.app.now().utc());
        assert_eq!(seen.verdict, Verdict::Valid, "{named}");
        assert_eq!(test.judge(file).await["registered"]["final"], true, "{named}");
    }
}

#[actix_web::test]
async fn a_later_signature_with_a_stamp_makes_good_for_an_earlier_one_without() {
    let standins = Standins::start();
    let test = with_authority(&standins, &[]).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    standins.fault("/tsa", "status", 1).await;
    let first = sign(&test, &people[1], &id).await.expect(201);
    assert_eq!(first["missing_stamp"]["fault"], "status");
    let done = sign(&test, &official, &id).await.expect(201);
    assert!(done["missing_stamp"].is_null(), "{done}");
    let seen = pdf::examine(&document(&test, &official, &id).await, &test.app.trust(), test.app.now().utc());
    assert_eq!(seen.verdict, Verdict::Valid);
    assert!(seen.signatures[1].later_changes.iter().any(|change| change.code == "stamped_later"));
}
