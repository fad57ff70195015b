//! Evidence that is checked without us: a bundle, its anchor, and every way of bending them.
use super::ground::{UNIT, sent, sign, units};
use crate::support::TestApp;
use diesel::prelude::*;
use palm::deals::signings::anchor::{Anchor, anchor_evidence};
use palm::deals::signings::bundle;
use palm::platform::db::DbConn;
use palm::platform::tar;

fn problems(bytes: &[u8], test: &TestApp) -> Vec<String> {
    let found = bundle::check(bytes, Some(&test.app.trust()), test.app.now().utc());
    assert_eq!(found.sound, found.problems.is_empty());
    found.problems.into_iter().map(|problem| problem.code).collect()
}

/// The bundle with one file changed.
fn bent(bytes: &[u8], name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let files = tar::unpack(bytes).unwrap();
    let changed: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(known, bytes)| {
            let bytes = if known == name {
                change(std::str::from_utf8(bytes).unwrap()).into_bytes()
            } else {
                bytes.to_vec()
            };
            (known, bytes)
        })
        .collect();
    let files: Vec<(&str, &[u8])> =
        changed.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    tar::pack(&files, 0)
}

#[actix_web::test]
async fn a_bundle_is_checked_off_line_and_every_bend_is_found() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    for who in people.iter().rev() {
        sign(&test, who, &id).await.expect(201);
    }
    let path = format!("/api/v1/signings/agreements/{id}");
    let report = test.bytes(&format!("{path}/evidence-report"), &official).await;
    assert!(report.starts_with(b"%PDF-"));
    let before = test.bytes(&format!("{path}/evidence-bundle"), &official).await;
    assert_eq!(problems(&before, &test), Vec::<String>::new());
    assert_eq!(bundle::check(&before, None, test.app.now().utc()).anchored_on, None);

    anchor_evidence(test.app.clone()).await.unwrap();
    // Once a day, however often it is asked for.
    anchor_evidence(test.app.clone()).await.unwrap();
    assert_eq!(test.app.read(Anchor::first_break).await.unwrap(), None);
    let whole = test.bytes(&format!("{path}/evidence-bundle"), &people[1]).await;
    let found = bundle::check(&whole, Some(&test.app.trust()), test.app.now().utc());
    assert!(found.sound, "{:?}", found.problems);
    assert_eq!(found.anchored_on, Some(test.app.now().day().to_string()));

    let cases: [(&str, &str, &str, &str); 6] = [
        ("evidence.json", "consented", "read", "chain_broken"),
        ("evidence.json", "\\\"text\\\":\\\"我确认", "\\\"text\\\":\\\"他确认", "chain_broken"),
        ("evidence.json", "\"number\": \"YQY", "\"number\": \"XQY", "anchor_does_not_hold"),
        ("anchor.json", "\"seq\": 1", "\"seq\": 2", "anchor_does_not_hold"),
        ("anchor.json", "\"token\": \"MI", "\"token\": \"MA", "anchor_does_not_hold"),
        ("evidence.json", "[\n      1,\n", "[\n      9,\n", "not_the_last_revision"),
    ];
    for (file, from, to, code) in cases {
        let bytes = bent(&whole, file, |text| {
            assert!(text.contains(from), "{file} has no {from}");
            text.replace(from, to)
        });
        assert!(
            problems(&bytes, &test).iter().any(|found| found == code),
            "{from} -> {to}: {:?}",
            problems(&bytes, &test)
        );
    }
    // An agreement that is sound by itself but not this chain's.
    let (other, others) = sent(&test, &official, &[2, 1]).await;
    for who in others.iter().rev() {
        sign(&test, who, &other).await.expect(201);
    }
    let foreign = test.bytes(&format!("/api/v1/signings/agreements/{other}/document"), &official).await;
    let files = tar::unpack(&whole).unwrap();
    let swapped: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), if name == "agreement.pdf" { &foreign[..] } else { *bytes }))
        .collect();
    let found = problems(&tar::pack(&swapped, 0), &test);
    assert!(
        found.contains(&"signature_of_another_chain".to_owned())
            && found.contains(&"signatures_differ".to_owned()),
        "{found:?}"
    );
    // Under another root nothing is believed.
    let stranger = palm::platform::pki::Trust::nobody();
    let codes: Vec<String> = bundle::check(&whole, Some(&stranger), test.app.now().utc())
        .problems
        .into_iter()
        .map(|p| p.code)
        .collect();
    assert!(codes.contains(&"agreement_not_valid".to_owned()), "{codes:?}");
    assert_eq!(problems(b"rubbish", &test), ["bundle_incomplete"]);

    // The program does the same from the command line.
    let folder = tempfile::tempdir().unwrap();
    let (good, root, bad) =
        (folder.path().join("good.tar"), folder.path().join("root.pem"), folder.path().join("bad.tar"));
    std::fs::write(&good, &whole).unwrap();
    std::fs::write(&root, test.app.authority.root_pem().unwrap()).unwrap();
    std::fs::write(&bad, bent(&whole, "evidence.json", |text| text.replace("consented", "read"))).unwrap();
    let ended = |file: &std::path::Path| {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_palm"))
            .arg("verify")
            .arg(file)
            .arg("--root")
            .arg(&root)
            .output()
            .unwrap();
        ran.status.success()
    };
    assert!(ended(&good) && !ended(&bad));
}

#[actix_web::test]
async fn anchors_follow_each_other_and_cannot_be_changed() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (_, address) = test.another().await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    anchor_evidence(test.app.clone()).await.unwrap();
    test.app.clock.advance(chrono::Duration::hours(25));
    // A day in which nothing happened needs no anchor.
    anchor_evidence(test.app.clone()).await.unwrap();
    test.app.clock.advance(chrono::Duration::hours(-25));
    super::ground::sign_at(&test, address, &people[1], &id).await.expect(201);
    test.app.clock.advance(chrono::Duration::hours(25));
    let both =
        futures_util::future::join(anchor_evidence(test.app.clone()), anchor_evidence(test.app.clone()))
            .await;
    assert!(both.0.is_ok() && both.1.is_ok());
    let count =
        |conn: &mut DbConn| Ok(palm::schema::evidence_anchors::table.count().get_result::<i64>(conn)?);
    assert_eq!(test.app.read(count).await.unwrap(), 2);
    assert_eq!(test.app.read(Anchor::first_break).await.unwrap(), None);
    let forge = |conn: &mut DbConn| {
        use palm::schema::evidence_anchors as t;
        Ok(diesel::update(t::table).set(t::hash.eq("0")).execute(conn)?)
    };
    assert!(test.app.db.write(forge).await.is_err());
    let forget = |conn: &mut DbConn| Ok(diesel::delete(palm::schema::evidence_anchors::table).execute(conn)?);
    assert!(test.app.db.write(forget).await.is_err());
}
