//! Evidence that is checked without us: a bundle, its anchor, and every way of bending them.
use super::ground::{UNIT, sent, sign, units};
use crate::support::TestApp;
use diesel::prelude::*;
use palm::deals::leads::{EntryKind, LedgerReport, dump, verify_dump, verify_ledger};
use palm::deals::signings::anchor::{AnchorReport, anchor_evidence, verify_anchors};
use palm::deals::signings::bundle;
use palm::platform::db::DbConn;
use palm::platform::tar;

fn problems(bytes: &[u8], test: &TestApp) -> Vec<String> {
    let key = test.app.ledger_signer.key();
    let found = bundle::check(bytes, Some(&test.app.trust()), Some(&key), test.app.now().utc());
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
    assert_eq!(bundle::check(&before, None, None, test.app.now().utc()).anchored_on, None);

    anchor_evidence(test.app.clone()).await.unwrap();
    // Once a day, however often it is asked for.
    anchor_evidence(test.app.clone()).await.unwrap();
    assert_eq!(walked(&test).await.1, AnchorReport { chains: 1, anchors: 1, broken: None });
    let whole = test.bytes(&format!("{path}/evidence-bundle"), &people[1]).await;
    let key = test.app.ledger_signer.key();
    let found = bundle::check(&whole, Some(&test.app.trust()), Some(&key), test.app.now().utc());
    assert!(found.sound, "{:?}", found.problems);
    assert_eq!(found.ledger_key_of_the_bundle, None);
    let by_itself = bundle::check(&whole, Some(&test.app.trust()), None, test.app.now().utc());
    assert_eq!((by_itself.sound, by_itself.ledger_key_of_the_bundle), (true, Some(key.to_string())));
    assert_eq!(found.anchored_on, Some(test.app.now().day().to_string()));

    let cases: [(&str, &str, &str, &str); 8] = [
        ("evidence.json", "consented", "read", "chain_broken"),
        ("evidence.json", "\\\"text\\\":\\\"我确认", "\\\"text\\\":\\\"他确认", "chain_broken"),
        ("evidence.json", "\"number\": \"YQY", "\"number\": \"XQY", "anchor_does_not_hold"),
        ("anchor.json", "\"sequence\": 1", "\"sequence\": 2", "anchor_does_not_hold"),
        ("anchor.json", "\"kind\": \"anchor\"", "\"kind\": \"ruling\"", "anchor_does_not_hold"),
        ("anchor.json", "/leads\\n1\\n", "/leads\\n2\\n", "anchor_does_not_hold"),
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
    let codes: Vec<String> = bundle::check(&whole, Some(&stranger), Some(&key), test.app.now().utc())
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
            .args(["--ledger-key", &key.to_string()])
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
    let anchors = |conn: &mut DbConn| {
        use palm::schema::lead_ledger_entries as t;
        Ok(t::table.filter(t::kind.eq(EntryKind::Anchor)).count().get_result::<i64>(conn)?)
    };
    assert_eq!(test.app.read(anchors).await.unwrap(), 2);
    let (ledger, anchored) = walked(&test).await;
    assert_eq!((ledger.entries, ledger.checkpoints, ledger.broken), (2, 2, None));
    assert_eq!(anchored, AnchorReport { chains: 1, anchors: 2, broken: None });
    for sql in [
        "UPDATE lead_ledger_entries SET facts = '{}' WHERE kind = 'anchor'",
        "DELETE FROM lead_ledger_entries WHERE kind = 'anchor'",
        // An anchor is about no lead, and nothing else is.
        "INSERT INTO lead_ledger_entries (sequence, kind, facts, at, facts_sha256, previous_hash, entry_hash)
         SELECT 3, 'ruling', facts, at, 'x', entry_hash, 'x' FROM lead_ledger_entries WHERE sequence = 2",
    ] {
        assert!(!execute(&test, sql.to_owned()).await, "{sql}");
    }
}

/// Changed by whoever owns the database: the triggers are gone, the hashes made anew as far as the keys allow.
#[actix_web::test]
async fn a_changed_anchor_and_a_changed_chain_are_found() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    sent(&test, &official, &[2, 1]).await;
    anchor_evidence(test.app.clone()).await.unwrap();

    // In a dump, by itself.
    let key = test.app.ledger_signer.key();
    let own = key.clone();
    let written = test.app.read(move |conn| {
        let mut out = Vec::new();
        dump(conn, &own, true, &mut out)?;
        Ok(out)
    });
    let written = String::from_utf8(written.await.unwrap()).unwrap();
    assert_eq!(verify_dump(written.as_bytes(), &key).unwrap().broken, None);
    let day = test.app.now().day();
    let other = written.replace(&format!("\"day\":\"{day}\""), "\"day\":\"2020-01-01\"");
    assert_ne!(other, written);
    assert_eq!(verify_dump(other.as_bytes(), &key).unwrap().broken.unwrap().reason, "the facts were changed");

    // A chain that was written anew from its first entry holds by itself, but is not the one that was anchored.
    let unguarded = |name: &str| {
        if test.place().is_postgres() {
            format!("ALTER TABLE {name} DISABLE TRIGGER USER")
        } else {
            format!("DROP TRIGGER {name}_no_update")
        }
    };
    assert!(execute(&test, unguarded("agreement_evidence")).await);
    let rewrite = |conn: &mut DbConn| {
        use palm::platform::hash_chain::{GENESIS, canonical, sha256_hex};
        use palm::schema::agreement_evidence as e;
        type Row = (i32, palm::platform::clock::Time, Option<String>, String, String);
        let rows: Vec<Row> = e::table
            .select((e::seq, e::at, e::actor_id, e::action, e::payload))
            .order(e::seq.asc())
            .load(conn)?;
        let mut previous = GENESIS.to_owned();
        for (seq, at, actor, action, payload) in rows {
            let payload = if seq == 1 { "{\"forged\":true}".to_owned() } else { payload };
            let hash = sha256_hex(canonical(&serde_json::json!({
                "action": action, "actor": actor, "at": at, "payload_sha256": sha256_hex(&payload),
                "previous_hash": previous, "seq": seq,
            })));
            diesel::update(e::table.filter(e::seq.eq(seq)))
                .set((e::payload.eq(payload), e::previous_hash.eq(previous), e::hash.eq(hash.clone())))
                .execute(conn)?;
            previous = hash;
        }
        Ok(())
    };
    test.app.db.write(rewrite).await.unwrap();
    let (ledger, anchored) = walked(&test).await;
    assert_eq!((ledger.broken, anchored.chains), (None, 1));
    assert_eq!(anchored.broken.unwrap(), "the anchor at 1 holds a chain that is no longer there");

    // The anchor itself.
    assert!(execute(&test, unguarded("lead_ledger_entries")).await);
    let forged =
        "UPDATE lead_ledger_entries SET facts = replace(facts, '\"leaves\":[\"', '\"leaves\":[\"00')";
    assert!(execute(&test, forged.to_owned()).await);
    let (ledger, _) = walked(&test).await;
    assert_eq!(ledger.broken.unwrap().reason, "the facts were changed");
}

/// Whether the database lets it be.
async fn execute(test: &TestApp, sql: String) -> bool {
    let change = move |conn: &mut DbConn| Ok(diesel::sql_query(sql.clone()).execute(conn)?);
    test.app.db.write(change).await.is_ok()
}

/// What `palm ledger verify` sees.
async fn walked(test: &TestApp) -> (LedgerReport, AnchorReport) {
    let (key, trust) = (test.app.ledger_signer.key(), test.app.trust());
    let walk = test.app.read(move |conn| Ok((verify_ledger(conn, &key)?, verify_anchors(conn, &trust)?)));
    walk.await.unwrap()
}
