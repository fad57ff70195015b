//! Signers who finish at the same instant in two programs: every signature stands, and the end is told once.
use std::net::SocketAddr;

use super::ground::{document, sent, sign, sign_at, units};
use crate::support::{Person, Program, TestApp, palm};
use diesel::prelude::*;
use futures_util::stream::{self, StreamExt};
use palm::platform::db::DbConn;
use palm::platform::pdf::{self, Verdict};
use serde_json::json;

/// What must hold of a finished agreement: signatures in the file, certificates, events of the end, and a chain of
/// revisions each of which the next one continues.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    verdict: Verdict,
    signatures: usize,
    certificates: usize,
    ends: i64,
    told: i64,
    revisions_continue: bool,
    evidence_holds: bool,
}

impl Ending {
    fn sound(signers: usize) -> Self {
        Self {
            verdict: Verdict::Valid,
            signatures: signers + 1,
            certificates: signers,
            ends: 1,
            told: 1,
            revisions_continue: true,
            evidence_holds: true,
        }
    }
}

async fn ending(test: &TestApp, who: &Person, id: &str) -> Ending {
    let file = document(test, who, id).await;
    let seen = pdf::examine(&file, &test.app.trust(), test.app.now().utc());
    let wanted = id.to_owned();
    let look = move |conn: &mut DbConn| {
        use palm::schema::{
            agreement_evidence as e, agreement_parties as p, agreement_revisions as r, outbox_events as o,
        };
        let serials: Vec<Option<String>> =
            p::table.filter(p::agreement_id.eq(&wanted)).select(p::certificate_serial).load(conn)?;
        let ends: i64 = e::table
            .filter(e::agreement_id.eq(&wanted))
            .filter(e::action.eq("completed"))
            .count()
            .get_result(conn)?;
        let told: i64 = o::table
            .filter(o::payload.like(format!("%{wanted}%")))
            .filter(o::payload.like("%签署完成%"))
            .count()
            .get_result(conn)?;
        let files: Vec<(i32, String)> = r::table
            .filter(r::agreement_id.eq(&wanted))
            .order(r::revision.asc())
            .select((r::revision, r::file_id))
            .load(conn)?;
        Ok((serials, ends, told, files))
    };
    let (serials, ends, told, files) = test.app.read(look).await.unwrap();
    let mut certificates: Vec<String> = serials.into_iter().flatten().collect();
    let in_file: Vec<String> = seen.signatures.iter().map(|row| row.certificate_serial.clone()).collect();
    certificates.retain(|serial| in_file.contains(serial));
    let bytes: Vec<Vec<u8>> =
        files.iter().map(|(_, file)| test.app.files.get(&file.parse().unwrap()).unwrap()).collect();
    let continues = bytes.windows(2).all(|pair| pair[1].starts_with(&pair[0]))
        && files.iter().zip(1..).all(|((revision, _), n)| *revision == n)
        && bytes.last() == Some(&file);
    let chain = test.get(&format!("/api/v1/signings/agreements/{id}/evidence"), Some(who)).await.expect(200);
    Ending {
        verdict: seen.verdict,
        signatures: seen.signatures.len(),
        certificates: certificates.len(),
        ends,
        told,
        revisions_continue: continues,
        evidence_holds: chain["broken_at"].is_null(),
    }
}

/// How many agreements are raced for: few by default, because a program without optimisation sets each for seconds;
/// `PALM_TEST_AGREEMENTS=50` for the whole.
fn agreements() -> usize {
    std::env::var("PALM_TEST_AGREEMENTS").map_or(8, |text| text.parse().unwrap())
}

#[actix_web::test]
async fn agreements_whose_last_signers_finish_together_end_once_each() {
    let test = TestApp::start().await;
    units(&test).await;
    raced(&test, agreements()).await;
}

/// So many agreements whose last signers finish at one instant, in two programs, with their signers; each must have
/// ended once, with everybody's signature.
pub async fn raced(test: &TestApp, agreements: usize) -> Vec<(String, Vec<Person>)> {
    let races = races(test, agreements).await;
    for (id, people) in &races {
        // Fifty take longer than a token lasts.
        assert_eq!(
            ending(test, &test.renewed(&people[0]), id).await,
            Ending::sound(people.len()),
            "{} signers",
            people.len()
        );
    }
    races
}

async fn races(test: &TestApp, agreements: usize) -> Vec<(String, Vec<Person>)> {
    // A process of its own: it shares the tables and the folders with ours, and nothing else.
    let other = Program::start(palm(test).args(["--with-worker", "false", "serve"]));
    // Two at a time: what costs is setting the papers, on one processor each.
    stream::iter(0..agreements).map(|n| race(test, other.address, n)).buffered(2).collect().await
}

/// Two to five signers; the last step is everybody's or everybody's but the first's, at once in both programs.
async fn race(test: &TestApp, other: SocketAddr, n: usize) -> (String, Vec<Person>) {
    let signers = 2 + n % 4;
    let first = n % 2;
    let steps: Vec<i32> =
        (0..signers).map(|s| if s < first { 1 } else { 1 + i32::from(first > 0) }).collect();
    let official = test.official(super::ground::UNIT).await;
    let (id, people) = sent(test, &official, &steps).await;
    for who in &people[..first] {
        sign(test, who, &id).await.expect(201);
    }
    let racers = people[first..].iter().enumerate().map(|(n, who)| {
        let address = if n % 2 == 0 { test.address } else { other };
        sign_at(test, address, who, &id)
    });
    for answer in futures_util::future::join_all(racers).await {
        answer.expect(201);
    }
    (id, people)
}

/// The broken twin: it looks at the head, signs it, and writes the new head without asking whether it moved.
#[actix_web::test]
async fn the_same_race_loses_a_signature_of_a_twin_that_does_not_compare_the_head() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(super::ground::UNIT).await;
    let (id, people) = sent(&test, &official, &[1, 1]).await;
    let head = document(&test, &official, &id).await;
    let mut written = Vec::new();
    // Both have looked at the same head before either writes.
    for field in ["host", "investor"] {
        let subject = palm::platform::pki::Subject { name: "甲", organisation: "乙", id: field };
        let now = test.app.now();
        let key = test.app.authority.issue_event_key(subject, now.utc()).unwrap();
        let transport = test.app.time.transport(&test.app.authority, now.utc());
        let signing = pdf::Signing {
            field,
            signer_name: "甲",
            reason: "",
            location: "",
            at: now.utc(),
            evidence_head: None,
            appearance: None,
            timestamp: Some(&*transport),
        };
        written.push((key.serial(), pdf::sign(&head, key, &signing).unwrap()));
    }
    for (n, (serial, file)) in written.into_iter().enumerate() {
        let (id, party) = (id.clone(), people[n].id.clone());
        let stored = palm::platform::files::StoredFile::new(
            "signings",
            &id,
            "twin.pdf",
            "application/pdf",
            &file,
            &party,
            test.app.now(),
        );
        test.app.files.put(&stored.id, &file).unwrap();
        let write = move |conn: &mut DbConn| {
            use palm::schema::{agreement_parties as p, agreement_revisions as r, agreements as t};
            stored.insert(conn)?;
            diesel::update(t::table.find(&id))
                .set((t::head_file.eq(Some(stored.id.as_str())), t::head_sha256.eq(Some(&stored.sha256))))
                .execute(conn)?;
            diesel::update(p::table.filter(p::agreement_id.eq(&id)).filter(p::account_id.eq(&party)))
                .set(p::certificate_serial.eq(Some(&serial)))
                .execute(conn)?;
            let row = (
                r::agreement_id.eq(&id),
                r::revision.eq(i32::try_from(n).unwrap() + 2),
                r::kind.eq("signed"),
                r::sha256.eq(&stored.sha256),
                r::file_id.eq(stored.id.as_str()),
                r::made_at.eq(palm::platform::clock::Time::from_millis(0)),
            );
            diesel::insert_into(r::table).values(row).execute(conn)?;
            Ok(())
        };
        test.app.db.write(write).await.unwrap();
    }
    let found = ending(&test, &official, &id).await;
    assert_eq!((found.signatures, found.certificates, found.revisions_continue), (2, 1, false), "{found:?}");
    assert_ne!(found, Ending::sound(2));
}

#[actix_web::test]
async fn steps_run_in_order_and_everybody_of_one_step_signs_in_any_order() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(super::ground::UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1, 1, 3]).await;
    let path = format!("/api/v1/signings/agreements/{id}");
    let early = test
        .post(&format!("{path}/challenges"), Some(&people[0]), &json!({"document_sha256": "0".repeat(64)}))
        .await;
    assert_eq!((early.status, early.code()), (409, "agreement.not_your_turn"));
    for (place, due) in
        [(2, vec!["waiting", "turn", "signed", "waiting"]), (1, vec!["turn", "signed", "signed", "waiting"])]
    {
        let seen = sign(&test, &people[place], &id).await.expect(201);
        let states: Vec<&str> =
            seen["parties"].as_array().unwrap().iter().map(|p| p["state"].as_str().unwrap()).collect();
        assert_eq!(states, due);
    }
    sign(&test, &people[0], &id).await.expect(201);
    let done = sign(&test, &people[3], &id).await.expect(201);
    assert_eq!(done["state"], "completed");
    assert_eq!(ending(&test, &official, &id).await, Ending::sound(4));
    // A code for the text stays good while others sign; nobody signs twice.
    let again = sign(&test, &people[1], &id).await;
    assert_eq!((again.status, again.code()), (409, "agreement.closed"));
}

#[actix_web::test]
async fn a_person_signs_for_one_party_only_and_both_sides_are_needed() {
    let test = TestApp::start().await;
    let (official, investor, project) = super::ground::people(&test).await;
    let draft = |signers: serde_json::Value| json!({"project_id": project, "template_code": "framework_agreement", "values": {}, "signers": signers});
    for (signers, code) in [
        (json!([{"side": "host", "person_id": official.id, "step": 1}]), "agreement.both_sides"),
        (
            json!([{"side": "host", "person_id": official.id, "step": 1}, {"side": "investor", "person_id": official.id, "step": 1}]),
            "agreement.signer_twice",
        ),
        (json!([{"side": "host", "phone": "19000009999", "step": 1}]), "agreement.no_such_signer"),
        (
            json!([{"side": "host", "person_id": investor.id, "phone": "19000009999", "step": 1}]),
            "request.invalid",
        ),
        (json!([{"side": "third", "person_id": investor.id, "step": 1}]), "request.invalid"),
        (json!([{"side": "host", "person_id": official.id, "step": 0}]), "request.invalid"),
    ] {
        let refused = test.post("/api/v1/signings/agreements", Some(&official), &draft(signers)).await;
        assert_eq!((refused.status, refused.code()), (422, code));
    }
}

#[actix_web::test]
async fn the_same_request_after_a_crash_needs_no_second_code() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(super::ground::UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    let path = format!("/api/v1/signings/agreements/{id}");
    let text =
        test.get(&path, Some(&people[1])).await.expect(200)["text_sha256"].as_str().unwrap().to_owned();
    let code = super::ground::code(&test.app, &people[1], &id, &text).await;
    super::ground::read(&test, &people[1], &id).await.expect(201);
    let body = super::ground::proof(&code, &text);
    // The file of the head is away: consent is on record, the signature fails.
    let files = test.place().path().join("files");
    let aside = test.place().path().join("aside");
    std::fs::rename(&files, &aside).unwrap();
    let failed =
        test.keyed("POST", &format!("{path}/signatures"), Some(&people[1]), Some(&body), "one").await;
    assert_eq!(failed.status, 500);
    std::fs::remove_dir_all(&files).ok();
    std::fs::rename(&aside, &files).unwrap();
    test.keyed("POST", &format!("{path}/signatures"), Some(&people[1]), Some(&body), "one").await.expect(201);
    let chain = test.get(&format!("{path}/evidence"), Some(&official)).await.expect(200);
    let consents = chain["items"].as_array().unwrap().iter().filter(|e| e["action"] == "consented").count();
    assert_eq!(consents, 1);
}
