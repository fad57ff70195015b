//! Long-term data behind the last signature: once, by whichever instance, owed while the authority is down, renewed.
use super::ground::{UNIT, document, sent, sign, units};
use super::stamps::with_authority;
use crate::support::{Person, Standins, TestApp, count};
use palm::deals::signings::bundle;
use palm::deals::signings::jobs::{archive_agreements, stamp_agreements};
use palm::platform::pdf::{self, Examination, LongTerm, Verdict};
use serde_json::{Value, json};

async fn completed(test: &TestApp, official: &Person) -> (String, String) {
    let (id, people) = sent(test, official, &[1, 1]).await;
    for who in &people {
        sign(test, who, &id).await.expect(201);
    }
    let path = format!("/api/v1/signings/agreements/{id}");
    (id, path)
}

async fn examined(test: &TestApp, who: &Person, id: &str) -> Examination {
    let file = document(test, who, id).await;
    pdf::examine(&file, &test.app.trust(), test.app.now().utc())
}

/// State and fault of an agreement's long-term data.
async fn standing(test: &TestApp, who: &Person, path: &str) -> (Value, Value) {
    let seen = test.get(path, Some(who)).await.expect(200);
    (seen["archive"]["state"].clone(), seen["archive"]["fault"].clone())
}

#[actix_web::test]
async fn a_completed_agreement_gets_long_term_data_once_whichever_instance_is_first() {
    let test = TestApp::start().await;
    let (other, _) = test.another().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (open, _) = sent(&test, &official, &[2, 1]).await;
    let (id, path) = completed(&test, &official).await;
    let signed = document(&test, &official, &id).await;
    let (one, two) =
        futures_util::join!(archive_agreements(test.app.clone()), archive_agreements(other.clone()));
    one.and(two).unwrap();

    let seen = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!((&seen["archive"]["state"], seen["archive"]["stamps"].as_u64()), (&json!("kept"), Some(1)));
    assert_eq!(seen["revision"], 4);
    let file = document(&test, &official, &id).await;
    assert!(file.starts_with(&signed) && file.len() > signed.len());
    // Everybody's file is a final one, with the data or without; the page tells which has them.
    let (before, after) = (test.judge(signed).await, test.judge(file.clone()).await);
    for (judged, long_term, stamps) in [(before, "none", 0), (after, "archived", 1)] {
        assert_eq!((&judged["verdict"], &judged["registered"]["final"]), (&json!("valid"), &json!(true)));
        assert_eq!(judged["long_term"], long_term);
        assert_eq!(judged["document_stamps"].as_array().unwrap().len(), stamps);
        assert_eq!(judged["signatures"].as_array().unwrap().len(), 3);
    }
    let chain = test.get(&format!("{path}/evidence"), Some(&official)).await.expect(200);
    let acts: Vec<&Value> = chain["items"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!((acts[acts.len() - 2], acts[acts.len() - 1]), (&json!("completed"), &json!("archived")));
    assert!(chain["broken_at"].is_null());
    let tar = test.bytes(&format!("{path}/evidence-bundle"), &official).await;
    let checked = bundle::check(&tar, Some(&test.app.trust()), None, test.app.now().utc());
    assert!(checked.sound, "{:?}", checked.problems);

    // Nothing is left to do, and what is not complete was not touched.
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(document(&test, &official, &id).await, file);
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM agreement_evidence WHERE action = 'archived'").await,
        1
    );
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM agreement_archives WHERE stamped_at IS NOT NULL").await,
        1
    );
    let waiting = test.get(&format!("/api/v1/signings/agreements/{open}"), Some(&official)).await.expect(200);
    assert!(waiting["archive"].is_null());
}

#[actix_web::test]
async fn the_setting_turns_it_off_and_an_authority_by_url_is_not_asked_by_default() {
    let standins = Standins::start();
    let off = TestApp::start_with(&["--long-term", "false"]).await;
    units(&off).await;
    let by_url = with_authority(&standins, &[]).await;
    for test in [off, by_url] {
        let official = test.official(UNIT).await;
        let (id, path) = completed(&test, &official).await;
        archive_agreements(test.app.clone()).await.unwrap();
        assert!(test.get(&path, Some(&official)).await.expect(200)["archive"].is_null());
        assert_eq!(examined(&test, &official, &id).await.long_term, LongTerm::None);
    }
}

#[actix_web::test]
async fn while_the_authority_is_down_it_is_owed_and_nothing_false_is_added() {
    let standins = Standins::start();
    let test = with_authority(&standins, &["--long-term", "true"]).await;
    let official = test.official(UNIT).await;
    let (id, path) = completed(&test, &official).await;
    let file = document(&test, &official, &id).await;
    let mut moved = 0;
    for (at, kind, named, wait) in [
        ("/tsa/root.crl", "status", "status", 61),
        ("/tsa", "status", "status", 121),
        ("/tsa", "expired", "expired", 241),
        ("/tsa", "wrong_hash", "wrong_hash", 0),
    ] {
        standins.fault(at, kind, 1).await;
        archive_agreements(test.app.clone()).await.unwrap();
        assert_eq!(standing(&test, &official, &path).await, (json!("owed"), json!(named)), "{at} {kind}");
        assert_eq!(document(&test, &official, &id).await, file);
        // Not asked again before its time.
        archive_agreements(test.app.clone()).await.unwrap();
        assert_eq!(standing(&test, &official, &path).await.0, "owed");
        test.app.clock.advance(chrono::Duration::seconds(wait));
        moved += wait;
    }
    // The stand-in's clock is the machine's: ours comes back, and the row is made due.
    test.app.clock.advance(chrono::Duration::seconds(-moved));
    crate::support::run_sql(&test, &["UPDATE agreement_archives SET due_at = since"]).await;
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(standing(&test, &official, &path).await, (json!("kept"), Value::Null));
    let seen = examined(&test, &official, &id).await;
    assert_eq!((seen.verdict, seen.long_term), (Verdict::Valid, LongTerm::Archived));
    assert_eq!(seen.document_stamps[0].authority.as_deref(), Some("Stand-in TSA"));
}

#[actix_web::test]
async fn a_signature_that_waits_for_its_stamp_gets_it_before_the_long_term_data() {
    let standins = Standins::start();
    let test = with_authority(&standins, &["--long-term", "true"]).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    let path = format!("/api/v1/signings/agreements/{id}");
    sign(&test, &people[1], &id).await.expect(201);
    standins.fault("/tsa", "status", 1).await;
    assert_eq!(sign(&test, &official, &id).await.expect(201)["missing_stamp"]["fault"], "status");
    archive_agreements(test.app.clone()).await.unwrap();
    assert!(test.get(&path, Some(&official)).await.expect(200)["archive"].is_null());
    test.app.clock.advance(chrono::Duration::seconds(61));
    stamp_agreements(test.app.clone()).await.unwrap();
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(standing(&test, &official, &path).await.0, "kept");
    assert_eq!(examined(&test, &official, &id).await.long_term, LongTerm::Archived);
}

#[actix_web::test]
async fn a_stamp_whose_certificate_ends_is_followed_by_one_that_lasts_longer() {
    let standins = Standins::start();
    let test = with_authority(&standins, &["--long-term", "true"]).await;
    let official = test.official(UNIT).await;
    let (id, path) = completed(&test, &official).await;
    // The first stamp is by a certificate that ends within a month, and so is the next that is offered.
    standins.fault("/tsa", "brief", 2).await;
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(standing(&test, &official, &path).await.0, "kept");
    let first = document(&test, &official, &id).await;
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(standing(&test, &official, &path).await, (json!("renewal_owed"), json!("not_longer")));
    assert_eq!(document(&test, &official, &id).await, first);

    test.app.clock.advance(chrono::Duration::seconds(61));
    archive_agreements(test.app.clone()).await.unwrap();
    let seen = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!((&seen["archive"]["state"], seen["archive"]["stamps"].as_u64()), (&json!("kept"), Some(2)));
    let second = document(&test, &official, &id).await;
    assert!(second.starts_with(&first));
    let seen = examined(&test, &official, &id).await;
    assert_eq!((seen.verdict, seen.long_term), (Verdict::Valid, LongTerm::Archived));
    let [old, new] = seen.document_stamps.as_slice() else { panic!("{:?}", seen.document_stamps) };
    assert!(new.expires_at > old.expires_at && new.covers_whole_file && !old.covers_whole_file);
    // The first alone says later that nobody renewed it.
    let late = test.app.now().utc() + chrono::Duration::days(60);
    assert_eq!(pdf::examine(&first, &test.app.trust(), late).long_term, LongTerm::Lapsed);
    assert_eq!(pdf::examine(&second, &test.app.trust(), late).long_term, LongTerm::Archived);
    // Nothing is due for most of a year.
    archive_agreements(test.app.clone()).await.unwrap();
    assert_eq!(document(&test, &official, &id).await, second);
}
