//! The ledger as a Merkle log: proofs, checkpoints, dumps, and that no change of it goes unseen.
use crate::support::{Person, TestApp, ask, palm, python};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine;
use diesel::connection::SimpleConnection;
use palm::deals::leads::{
    EntryKind, JOBS, Lead, LeadId, LeadState, LedgerHead, Standing, Witness, checkpoint, dump, facts,
    facts_sha256, verify_dump, verify_ledger,
};
use palm::libraries::industry::Industry;
use palm::people::auth::{AccountId, Role};
use palm::platform::clock::Time;
use palm::platform::db;
use palm::platform::hash_chain::entry_hash;
use palm::platform::jobs::{self, Job};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn submit(test: &TestApp, person: &Person, n: usize) -> Value {
    let body = json!({"enterprise_name": format!("第{n}号示例竹业"), "contact_name": "王示例",
        "contact_phone": format!("190{n:08}"), "industry": "bamboo", "intention": "建厂"});
    test.post("/api/v1/leads", Some(person), &body).await.expect(201)
}

async fn sign(test: &TestApp) -> Value {
    checkpoint::sign_and_keep(&test.app).await.unwrap();
    test.get("/api/v1/leads/ledger/checkpoints?limit=100", None).await.expect(200)
}

async fn execute(test: &TestApp, sql: String) -> bool {
    let changed = test.app.db.write(move |conn| {
        match conn {
            db::DbConn::Pg(conn) => conn.batch_execute(&sql),
            db::DbConn::Sqlite(conn) => conn.batch_execute(&sql),
        }
        .map_err(Into::into)
    });
    changed.await.is_ok()
}

/// Runs the checker that knows the published format alone, beside this thread, on which our own server answers.
async fn check(proof: &Value, key: &str) -> Result<String, String> {
    let (proof, key) = (proof.to_string(), key.to_owned());
    let work = move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proof.json");
        std::fs::write(&file, proof).unwrap();
        let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/check_log.py");
        let done = std::process::Command::new(python()).arg(checker).arg(file).arg(key).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
        if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
    };
    web::block(work).await.unwrap()
}

#[actix_web::test]
async fn a_stranger_checks_receipt_inclusion_and_consistency_from_the_format_alone() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    let mut receipts = Vec::new();
    for n in 0..5 {
        receipts.push(submit(&test, &consultant, n).await["receipt"].clone());
    }
    let first = sign(&test).await;
    for n in 5..13 {
        receipts.push(submit(&test, &consultant, n).await["receipt"].clone());
    }
    let signed = sign(&test).await;
    let key = signed["key"].as_str().unwrap();
    assert_eq!(signed["items"].as_array().unwrap().len(), 2);
    let consistency =
        test.get("/api/v1/leads/ledger/consistency-proofs?from=5&to=13", None).await.expect(200);
    let mut proof = Value::Null;
    for receipt in &receipts {
        let path = format!("/api/v1/leads/ledger/inclusion-proofs?sequence={}", receipt["sequence"]);
        let included = test.get(&path, None).await.expect(200);
        assert_eq!(included["checkpoint"]["note"], signed["latest"]["note"]);
        proof = json!({"receipt": receipt, "checkpoint": included["checkpoint"]["note"],
            "inclusion": included["path"], "earlier_checkpoint": first["latest"]["note"],
            "consistency": consistency["path"]});
        let said = check(&proof, key).await.unwrap();
        assert!(said.starts_with("genuine: entry") && said.ends_with("first 5 are as they were"), "{said}");
    }
    let other = json!("00".repeat(32));
    let note = json!(signed["latest"]["note"].as_str().unwrap().replace("\n13\n", "\n12\n"));
    for (pointer, value, said) in [
        ("/receipt/facts/contact_name", json!("李示例"), "facts"),
        ("/receipt/entry_hash", json!("00"), "entry"),
        ("/receipt/sequence", json!(12), "entry"),
        ("/inclusion/0", other.clone(), "inclusion"),
        ("/consistency/0", other, "consistency"),
        ("/checkpoint", note, "signature"),
    ] {
        let mut bent = proof.clone();
        *bent.pointer_mut(pointer).unwrap() = value;
        let found = check(&bent, key).await.unwrap_err();
        assert!(found.ends_with(said), "{pointer}: {found}");
    }
}

#[actix_web::test]
async fn proofs_are_refused_where_there_is_nothing_to_prove() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    assert_eq!(sign(&test).await["latest"], Value::Null, "an empty ledger is not signed");
    submit(&test, &consultant, 1).await;
    for (path, status) in [
        ("inclusion-proofs?sequence=2", 404),
        ("inclusion-proofs?sequence=0", 404),
        ("inclusion-proofs?sequence=1&size=2", 422),
        ("inclusion-proofs?sequence=1&size=1", 200),
        ("consistency-proofs?from=0&to=1", 422),
        ("consistency-proofs?from=1&to=2", 422),
        ("consistency-proofs?from=1&to=1", 200),
        ("checkpoints?after=-1", 422),
    ] {
        assert_eq!(test.get(&format!("/api/v1/leads/ledger/{path}"), None).await.status, status, "{path}");
    }
}

#[actix_web::test]
async fn checkpoints_stand_in_a_second_place_which_is_never_written_over() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keeper").display().to_string();
    let test = TestApp::start_with(&["--ledger-keeper", &folder]).await;
    let consultant = test.person(Role::Consultant).await;
    submit(&test, &consultant, 1).await;
    let signed = sign(&test).await;
    let file = Path::new(&folder).join("checkpoint-000000000001.txt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), signed["latest"]["note"]);
    assert!(!signed["latest"]["kept_at"].is_null());
    submit(&test, &consultant, 2).await;
    let taken = Path::new(&folder).join("checkpoint-000000000002.txt");
    std::fs::write(&taken, "another ledger").unwrap();
    assert!(checkpoint::sign_and_keep(&test.app).await.is_err());
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "another ledger");
    std::fs::remove_file(&taken).unwrap();
    checkpoint::sign_and_keep(&test.app).await.unwrap();
    assert!(std::fs::read_to_string(&taken).unwrap().contains("\n2\n"));
}

/// The job as it is declared, on a clock that is moved by its hour; only the wait between two runs is shorter.
#[actix_web::test]
async fn each_hour_with_a_new_entry_is_signed_and_kept() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keeper");
    let test = TestApp::start_with(&["--ledger-keeper", &folder.display().to_string()]).await;
    let hourly = *JOBS.iter().find(|job| job.name == "sign_checkpoint").unwrap();
    assert_eq!(hourly.every, Duration::from_secs(3600));
    let running = jobs::start(&test.app, &[Job { every: Duration::from_millis(5), ..hourly }]);
    let consultant = test.person(Role::Consultant).await;
    for n in 1..=3 {
        submit(&test, &test.renewed(&consultant), n).await;
        let file = folder.join(format!("checkpoint-{n:012}.txt"));
        for _ in 0..2_000 {
            if file.exists() {
                break;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(file.exists(), "hour {n}");
        test.app.clock.advance(chrono::Duration::from_std(hourly.every).unwrap());
    }
    // An hour without a new entry has no checkpoint.
    actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    running.stop().await;
    let signed = test.get("/api/v1/leads/ledger/checkpoints?limit=100", None).await.expect(200);
    let items = signed["items"].as_array().unwrap();
    let sizes: Vec<i64> = items.iter().map(|item| item["size"].as_i64().unwrap()).collect();
    assert_eq!(sizes, [1, 2, 3]);
    assert!(items.iter().all(|item| !item["kept_at"].is_null()));
    let at = |n: usize| chrono::DateTime::parse_from_rfc3339(items[n]["at"].as_str().unwrap()).unwrap();
    assert!(at(1) - at(0) >= chrono::Duration::hours(1) && at(2) - at(1) >= chrono::Duration::hours(1));
    let key = test.app.ledger_signer.key();
    let witness = Witness::with_kept(&key, &folder).unwrap();
    let seen = test.app.read(move |conn| verify_ledger(conn, witness)).await.unwrap();
    assert_eq!((seen.entries, seen.kept, seen.broken), (3, 3, None));
}

/// An address that takes checkpoints, or refuses them while it is down.
fn address_that_keeps() -> (String, Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) {
    let (down, kept) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
    let shared = (down.clone(), kept.clone());
    let server = HttpServer::new(move || {
        let (down, kept) = shared.clone();
        App::new().route(
            "/keep",
            web::post().to(move |note: String| {
                let refused = down.load(Ordering::SeqCst);
                if !refused {
                    kept.lock().unwrap().push(note);
                }
                async move {
                    HttpResponse::build(if refused { StatusCode::BAD_GATEWAY } else { StatusCode::OK })
                        .finish()
                }
            }),
        )
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    let url = format!("http://{}/keep", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, down, kept)
}

#[actix_web::test]
async fn checkpoints_that_an_address_did_not_take_are_brought_again_in_their_order() {
    let (url, down, kept) = address_that_keeps();
    let test = TestApp::start_with(&["--ledger-keeper", &url]).await;
    let consultant = test.person(Role::Consultant).await;
    for n in 1..=2 {
        submit(&test, &consultant, n).await;
        assert!(checkpoint::sign_and_keep(&test.app).await.is_err());
    }
    down.store(false, Ordering::SeqCst);
    let signed = sign(&test).await;
    let notes: Vec<&str> =
        signed["items"].as_array().unwrap().iter().map(|item| item["note"].as_str().unwrap()).collect();
    assert_eq!(notes.len(), 2);
    assert_eq!(*kept.lock().unwrap(), notes);
    assert!(signed["items"].as_array().unwrap().iter().all(|item| !item["kept_at"].is_null()));
    sign(&test).await;
    assert_eq!(kept.lock().unwrap().len(), 2, "what is kept is not brought again");
}

const TABLES: [&str; 5] =
    ["leads", "lead_ledger_entries", "lead_ledger_heads", "lead_ledger_nodes", "lead_ledger_checkpoints"];

#[actix_web::test]
async fn the_tables_of_the_ledger_take_nothing_back() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..3 {
        submit(&test, &consultant, n).await;
    }
    sign(&test).await;
    let mut refused = Vec::new();
    for table in TABLES {
        refused.push(format!("DELETE FROM {table}"));
        if test.place().is_postgres() {
            refused.push(format!("TRUNCATE {table} CASCADE"));
        } else {
            refused.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"));
        }
    }
    for change in [
        "leads SET enterprise_name = 'x'",
        "lead_ledger_entries SET facts_sha256 = 'x' WHERE sequence = 2",
        "lead_ledger_heads SET sequence = 1",
        "lead_ledger_heads SET sequence = sequence + 1",
        "lead_ledger_nodes SET hash = 'x' WHERE id = 0",
        "lead_ledger_checkpoints SET note = 'x'",
    ] {
        refused.push(format!("UPDATE {change}"));
    }
    refused.push("INSERT INTO lead_ledger_nodes (id, hash) VALUES (99, 'x')".to_owned());
    for sql in refused {
        assert!(!execute(&test, sql.clone()).await, "{sql}");
    }
    let key = test.app.ledger_signer.key();
    let seen = test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap();
    assert_eq!((seen.entries, seen.checkpoints, seen.broken), (3, 1, None));
}

/// With the rights of `deploy/postgres_role.sql` the program works, and cannot take back what it wrote: refused by
/// right, before any trigger is asked.
#[actix_web::test]
async fn the_role_of_the_program_can_only_add_to_the_ledger() {
    let place = tempfile::tempdir().unwrap();
    let test = TestApp::start_with(&["--ledger-keeper", &place.path().display().to_string()]).await;
    if !test.place().is_postgres() {
        return;
    }
    let role = format!("app_{}", palm::platform::random::digits(12));
    let rights = include_str!("../../deploy/postgres_role.sql").replace("palm_app", &role);
    assert!(execute(&test, format!("CREATE ROLE {role} LOGIN; {rights}")).await);
    let url = test.place().url.replacen("://palm@", &format!("://{role}@"), 1);
    assert_ne!(url, test.place().url);
    let mut config = test.app.config.clone();
    config.database_url.clone_from(&url);
    let app = palm::app::App::open(config).await.unwrap();
    let (server, addresses) = palm::server::bind(app.clone()).unwrap();
    actix_web::rt::spawn(server);
    let consultant = test.person(Role::Consultant).await;
    let body = json!({"enterprise_name": "示例竹业", "contact_name": "王示例", "contact_phone": "19000000001",
        "industry": "bamboo", "intention": "建厂"});
    for _ in 0..2 {
        let key = palm::platform::id::fresh();
        let sent =
            ask(&test.client, addresses[0], "POST", "/api/v1/leads", Some(&consultant), Some(&body), &key);
        sent.await.unwrap().expect(201);
    }
    checkpoint::sign_and_keep(&app).await.unwrap();

    let settings = db::DatabaseSettings { url, connections: 1, unsafe_for_tests: true, single_commit: false };
    let mut conn = db::connect(&settings).unwrap();
    let mut said = |sql: &str| {
        let db::DbConn::Pg(conn) = &mut conn else { panic!("not PostgreSQL") };
        conn.batch_execute(sql).map_err(|e| e.to_string())
    };
    for table in ["lead_ledger_entries", "lead_ledger_nodes", "lead_ledger_checkpoints", "agreement_evidence"]
    {
        let column = match table {
            "lead_ledger_entries" => "facts_sha256",
            "lead_ledger_nodes" | "agreement_evidence" => "hash",
            _ => "note",
        };
        for sql in [
            format!("UPDATE {table} SET {column} = 'x'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER USER"),
        ] {
            let refused = said(&sql).unwrap_err();
            assert!(
                refused.contains("permission denied") || refused.contains("must be owner"),
                "{sql}: {refused}"
            );
        }
    }
    for sql in [
        "UPDATE leads SET contact_name = 'x'",
        "DELETE FROM leads",
        "DELETE FROM lead_ledger_heads",
        "TRUNCATE lead_ledger_heads",
        "DELETE FROM __diesel_schema_migrations",
    ] {
        let refused = said(sql).unwrap_err();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
    }
    let key = test.app.ledger_signer.key();
    let seen = test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap();
    assert_eq!((seen.entries, seen.checkpoints, seen.broken), (2, 1, None));
    assert!(execute(&test, format!("DROP OWNED BY {role}; DROP ROLE {role}")).await);
}

async fn dumped(test: &TestApp) -> Vec<String> {
    let key = test.app.ledger_signer.key();
    let bytes = test
        .app
        .read(move |conn| {
            let mut out = Vec::new();
            dump(conn, &key, true, &mut out)?;
            Ok(out)
        })
        .await
        .unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

/// Every fact of every entry, every field, every order and every entry itself, changed one at a time.
#[actix_web::test]
async fn every_change_of_a_dump_is_found() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..6 {
        submit(&test, &consultant, n).await;
        if n == 2 {
            sign(&test).await;
        }
    }
    sign(&test).await;
    let lines = dumped(&test).await;
    let key = test.app.ledger_signer.key();
    let judge = |lines: &[String]| verify_dump(lines.join("\n").as_bytes(), &key).unwrap();
    let whole = judge(&lines);
    assert_eq!((whole.entries, whole.checkpoints, &whole.broken), (6, 2, &None));
    let mut bent = Vec::new();
    for at in 1..lines.len() {
        let record: Value = serde_json::from_str(&lines[at]).unwrap();
        let Some(entry) = record.get("entry") else {
            let mut without = lines.clone();
            without[at] = lines[at].replacen("palm", "qalm", 1).replace("127.0.0.1", "127.0.0.2");
            bent.push((format!("note {at}"), without));
            continue;
        };
        let pointers = entry.as_object().unwrap().keys().map(|k| format!("/entry/{k}"));
        let facts = entry["facts"].as_object().unwrap().keys().map(|k| format!("/entry/facts/{k}"));
        for pointer in pointers.chain(facts).filter(|p| p != "/entry/facts") {
            let mut changed = record.clone();
            let value = changed.pointer_mut(&pointer).unwrap();
            *value = match value {
                Value::Number(n) => json!(n.as_i64().unwrap() + 1),
                Value::String(text) => json!(format!("{text}.")),
                _ => json!("more"),
            };
            let mut other = lines.clone();
            other[at] = changed.to_string();
            bent.push((format!("{at} {pointer}"), other));
        }
        let mut without = lines.clone();
        without.remove(at);
        bent.push((format!("without {at}"), without));
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        bent.push((format!("twice {at}"), twice));
        if at + 1 < lines.len() {
            let mut turned = lines.clone();
            turned.swap(at, at + 1);
            bent.push((format!("turned {at}"), turned));
        }
    }
    let missed: Vec<&String> =
        bent.iter().filter(|(_, lines)| judge(lines).broken.is_none()).map(|(what, _)| what).collect();
    assert!(missed.is_empty(), "{missed:?}");
    println!("{} changes of a dump, all found", bent.len());
}

#[actix_web::test]
async fn whoever_rewrites_the_whole_chain_is_found_by_a_checkpoint() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..4 {
        submit(&test, &consultant, n).await;
    }
    sign(&test).await;
    let lines = dumped(&test).await;
    // The forger changes a fact and hashes every entry from there on again.
    let (mut previous, mut forged) = (palm::platform::hash_chain::GENESIS.to_owned(), Vec::new());
    for line in &lines {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if let Some(entry) = record.get_mut("entry") {
            if entry["sequence"] == 2 {
                entry["facts"]["contact_name"] = json!("别人");
            }
            let facts = palm::platform::hash_chain::sha256_hex(palm::platform::hash_chain::canonical(
                &entry["facts"],
            ));
            let hash = palm::platform::hash_chain::entry_hash(
                entry["sequence"].as_i64().unwrap(),
                entry["at"].as_str().unwrap(),
                &facts,
                &previous,
            );
            entry["facts_sha256"] = json!(facts);
            entry["previous_hash"] = json!(previous);
            entry["entry_hash"] = json!(hash);
            previous = hash;
        }
        forged.push(record.to_string());
    }
    let key = test.app.ledger_signer.key();
    let seen = verify_dump(forged.join("\n").as_bytes(), &key).unwrap();
    assert_eq!(seen.broken.unwrap().reason, "a checkpoint has another root");
}

/// A program of another language, from the published format alone, finds what ours finds.
#[actix_web::test]
async fn a_stranger_verifies_a_whole_dump_and_finds_what_was_changed() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keeper");
    let test = TestApp::start_with(&["--ledger-keeper", &folder.display().to_string()]).await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..6 {
        submit(&test, &consultant, n).await;
        if n == 3 {
            sign(&test).await;
        }
    }
    sign(&test).await;
    let lines = dumped(&test).await;
    let key = test.app.ledger_signer.key().to_string();
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/check_dump.py");
    let source = std::fs::read_to_string(&checker).unwrap();
    assert!(source.lines().count() <= 60);
    let judge = |lines: &[String], kept: bool| {
        let file = place.path().join("dump.jsonl");
        std::fs::write(&file, lines.join("\n")).unwrap();
        let mut asked = std::process::Command::new(python());
        asked.arg(&checker).arg(file).arg(&key).args(kept.then_some(&folder));
        let done = asked.output().unwrap();
        let said = String::from_utf8(if done.status.success() { done.stdout } else { done.stderr }).unwrap();
        said.trim().lines().last().unwrap_or_default().to_owned()
    };
    assert!(judge(&lines, true).starts_with("all hold: 6 entries, 2 checkpoints, 2 kept, root "));
    let mut fact = lines.clone();
    fact[2] = fact[2].replace("王示例", "李示例");
    let mut order = lines.clone();
    order.swap(2, 3);
    let mut removed = lines.clone();
    removed.remove(2);
    let mut relabelled = lines.clone();
    relabelled[1] = relabelled[1].replace("\"submission\"", "\"ruling\"");
    for (what, bent, said) in [
        ("a fact", &fact, "broken at 2: facts"),
        ("the order", &order, "broken at 2: order"),
        ("an entry", &removed, "broken at 2: order"),
        ("a kind", &relabelled, "broken at 1: kind"),
    ] {
        assert_ne!(*bent, lines, "{what}");
        let found = judge(bent, false);
        assert!(found.ends_with(said), "{what}: {found}");
    }
    let cut = &lines[..6];
    assert!(judge(cut, false).starts_with("all hold: 4 entries, 1 checkpoints"));
    assert!(judge(cut, true).ends_with("broken at 5: a kept checkpoint"));
    // Hashed anew from the change on, only a signature tells.
    let mut note = lines.clone();
    note[5] = note[5].replacen("\\n4\\n", "\\n5\\n", 1);
    assert_ne!(note, lines);
    assert!(judge(&note, false).ends_with("signature"), "{}", judge(&note, false));
}

/// The kind is not under the entry's hash, but the facts name it, which are.
#[actix_web::test]
async fn a_relabelled_entry_is_found() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    let submitted = submit(&test, &consultant, 1).await;
    let (id, now): (LeadId, Time) =
        (submitted["lead"]["id"].as_str().unwrap().parse().unwrap(), test.app.now());
    let answer = move |conn: &mut db::DbConn| {
        let head = LedgerHead::take(conn)?;
        head.append_evidence(conn, Some(&id), EntryKind::Answer, json!({"answer": "agree"}), now)
    };
    test.app.db.write(answer).await.unwrap();
    let lines = dumped(&test).await;
    let key = test.app.ledger_signer.key();
    for (sequence, was, told) in [
        (1, "submission", "ruling"),
        (2, "answer", "ruling"),
        (2, "answer", "submission"),
        (2, "answer", "anchor"),
    ] {
        let mut bent = lines.clone();
        let mut record: Value = serde_json::from_str(&bent[sequence]).unwrap();
        assert_eq!(record["entry"]["kind"].take(), was);
        record["entry"]["kind"] = json!(told);
        bent[sequence] = record.to_string();
        let found = verify_dump(bent.join("\n").as_bytes(), &key).unwrap().broken.unwrap();
        assert_eq!(found.reason, "its kind is not that of its facts", "{was} as {told}");
    }
}

/// Whoever holds the database, and even the key, cannot take back what stands in the second place.
#[actix_web::test]
async fn a_tail_that_was_cut_with_its_checkpoint_is_found_by_those_that_were_kept() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keeper");
    let test = TestApp::start_with(&["--ledger-keeper", &folder.display().to_string()]).await;
    let consultant = test.person(Role::Consultant).await;
    for n in 0..5 {
        submit(&test, &consultant, n).await;
        if n == 2 {
            sign(&test).await;
        }
    }
    sign(&test).await;
    let key = test.app.ledger_signer.key();
    let kept = || Witness::with_kept(&key, &folder).unwrap();
    let lines = dumped(&test).await;
    let whole = verify_dump(lines.join("\n").as_bytes(), kept()).unwrap();
    assert_eq!((whole.entries, whole.checkpoints, whole.kept, whole.broken), (5, 2, 2, None));
    let witness = kept();
    let seen = test.app.read(move |conn| verify_ledger(conn, witness)).await.unwrap();
    assert_eq!((seen.kept, seen.broken), (2, None));

    // The head of the dump, three entries and their checkpoint: whole by itself.
    let cut = lines[..5].join("\n");
    assert_eq!(verify_dump(cut.as_bytes(), &key).unwrap().broken, None);
    let found = verify_dump(cut.as_bytes(), kept()).unwrap();
    assert_eq!((found.entries, found.kept), (3, 1));
    assert_eq!(found.broken.unwrap().reason, "a checkpoint that was kept is of more entries than there are");
    // The program says the same.
    let file = place.path().join("cut.jsonl");
    std::fs::write(&file, &cut).unwrap();
    let ran = |file: &Path| {
        let mut program = palm(&test);
        program.args(["ledger", "verify", "--file"]).arg(file).arg("--checkpoints").arg(&folder);
        program.status().unwrap().success()
    };
    assert!(!ran(&file));
    std::fs::write(&file, lines.join("\n")).unwrap();
    assert!(ran(&file));

    // Another history, signed by the same key: without what was kept nobody could tell.
    let own = place.path().join("other");
    std::fs::create_dir(&own).unwrap();
    let root = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    let text = format!("{}\n2\n{root}\n{}\n", test.app.ledger_signer.name(), test.app.now());
    std::fs::write(own.join("checkpoint-2.txt"), test.app.ledger_signer.sign(&text)).unwrap();
    let other = Witness::with_kept(&key, &own).unwrap();
    let found = verify_dump(lines.join("\n").as_bytes(), other).unwrap();
    assert_eq!(found.broken.unwrap().reason, "a checkpoint that was kept has another root");

    // What proves nothing is said to prove nothing.
    let empty = place.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(Witness::with_kept(&key, &empty).is_err());
    std::fs::write(empty.join("note.txt"), "not signed").unwrap();
    assert!(Witness::with_kept(&key, &empty).is_err());
}

fn lead(n: i64, by: AccountId, at: Time) -> Lead {
    let (name_key, name_stem) = palm::libraries::likeness::keys_of(&format!("第{n}号示例竹业"));
    Lead {
        id: LeadId::fresh(),
        number: format!("L2026-{n:06}"),
        enterprise_name: format!("第{n}号示例竹业"),
        credit_code: None,
        contact_name: "王示例".to_owned(),
        contact_phone: format!("190{n:08}"),
        industry: Industry::Bamboo,
        intention: "拟建竹纤维生产线，\n需地 40 亩。".to_owned(),
        submitted_for: None,
        submitted_by: by,
        submitted_by_unit: None,
        submitted_at: at,
        salt: palm::platform::random::token(),
        name_key,
        name_stem,
        state: LeadState::Submitted,
        standing: Standing::First,
        unit_id: None,
        task_force: None,
    }
}

/// A ledger as it was before the tree was kept, written in bulk.
async fn fill(test: &TestApp, by: &AccountId, entries: i64) {
    use diesel::prelude::*;
    use palm::schema::{lead_ledger_entries as e, leads as l};
    let (by, now) = (by.clone(), test.app.now());
    let mut previous = palm::platform::hash_chain::GENESIS.to_owned();
    for from in (0..entries).step_by(500) {
        let leads: Vec<Lead> = (from + 1..=from + 500).map(|n| lead(n, by.clone(), now)).collect();
        let mut rows = Vec::new();
        for (lead, sequence) in leads.iter().zip(from + 1..) {
            let facts = facts_sha256(&facts(lead));
            let hash = entry_hash(sequence, &now.to_string(), &facts, &previous);
            rows.push((
                e::sequence.eq(sequence),
                e::lead_id.eq(lead.id.clone()),
                e::kind.eq(EntryKind::Submission),
                e::at.eq(now),
                e::facts_sha256.eq(facts),
                e::previous_hash.eq(std::mem::replace(&mut previous, hash.clone())),
                e::entry_hash.eq(hash),
            ));
        }
        let written = test.app.db.write(move |conn| {
            palm::each_database!(conn, c => diesel::insert_into(l::table).values(&leads).execute(c))?;
            palm::each_database!(conn, c => diesel::insert_into(e::table).values(&rows).execute(c))?;
            Ok(())
        });
        written.await.unwrap();
    }
    let still = if test.place().is_postgres() {
        "ALTER TABLE lead_ledger_heads DISABLE TRIGGER USER"
    } else {
        "DROP TRIGGER lead_ledger_heads_moves"
    };
    let moved =
        format!("{still}; UPDATE lead_ledger_heads SET sequence = {entries}, entry_hash = '{previous}'");
    assert!(execute(test, moved).await);
}

#[actix_web::test]
async fn twenty_thousand_entries_grow_one_tree_and_hold_in_database_and_dump() {
    const ENTRIES: i64 = 20_000;
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    let by: AccountId = consultant.id.parse().unwrap();
    fill(&test, &by, ENTRIES).await;
    sign(&test).await;
    let key = test.app.ledger_signer.key();
    let seen = test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap();
    assert_eq!((seen.entries, seen.checkpoints, seen.broken), (ENTRIES, 1, None));
    let lines = dumped(&test).await.join("\n");
    let key = test.app.ledger_signer.key();
    let read = verify_dump(lines.as_bytes(), &key).unwrap();
    assert_eq!((read.entries, read.root, read.broken), (ENTRIES, seen.root, None));
}
