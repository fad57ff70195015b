//! What was acknowledged is there after a kill, once; what was not is settled by asking with the same key.
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Person, Program, TestApp, ask};
use palm::people::auth::Role;
use serde_json::{Value, json};

const KILLS: usize = 5;
const WRITERS: usize = 8;
/// Acknowledged writes before a kill.
const LOAD: usize = 40;

#[derive(Debug, Clone)]
struct Intent {
    name: String,
    key: String,
}

fn body(intent: &Intent) -> Value {
    json!({"enterprise_name": intent.name, "contact_name": "李示例", "contact_phone": "19000000099", "industry": "food", "intention": "建厂"})
}

async fn submit(
    address: SocketAddr,
    person: &Person,
    intent: &Intent,
    client: &reqwest::Client,
) -> Option<u16> {
    let answer =
        ask(client, address, "POST", "/api/v1/leads", Some(person), Some(&body(intent)), &intent.key).await;
    answer.ok().map(|a| a.status).filter(|status| *status < 500)
}

/// Writes under load and kills the program in the middle; gives what was acknowledged and what is unknown.
async fn storm(test: &TestApp, person: &Person, round: usize) -> (Vec<Intent>, Vec<Intent>) {
    let victim = Program::serve(test);
    let stop = Arc::new(AtomicBool::new(false));
    let (acked, unknown) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (stop, acked, unknown) = (stop.clone(), acked.clone(), unknown.clone());
            let (person, address, client) = (person.clone(), victim.address, reqwest::Client::new());
            actix_web::rt::spawn(async move {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let name = format!("风暴{round}号{writer}组{n}企业");
                    let intent = Intent { name, key: format!("storm-{round}-{writer}-{n}") };
                    match submit(address, &person, &intent, &client).await {
                        Some(201) => acked.lock().unwrap().push(intent),
                        Some(status) => panic!("{status} for {intent:?}"),
                        None => unknown.lock().unwrap().push(intent),
                    }
                    if !unknown.lock().unwrap().is_empty() {
                        break;
                    }
                }
            })
        })
        .collect();
    // In the middle of the load, however fast this machine is.
    while acked.lock().unwrap().len() < LOAD + 7 * round {
        actix_web::rt::time::sleep(Duration::from_millis(3)).await;
    }
    victim.kill();
    actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let (acked, unknown) = (acked.lock().unwrap().clone(), unknown.lock().unwrap().clone());
    (acked, unknown)
}

/// How often each enterprise stands in the tables.
async fn counts(test: &TestApp) -> HashMap<String, usize> {
    let task_force = test.person(Role::InformationTaskForce).await;
    let (mut counts, mut cursor) = (HashMap::new(), String::new());
    loop {
        let page = test.get(&format!("/api/v1/leads?limit=100{cursor}"), Some(&task_force)).await.expect(200);
        for lead in page["items"].as_array().unwrap() {
            *counts.entry(lead["enterprise_name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return counts,
        }
    }
}

/// Intents that do not stand exactly once.
fn faults(intents: &[Intent], counts: &HashMap<String, usize>) -> Vec<String> {
    let wrong = intents.iter().filter(|i| counts.get(&i.name) != Some(&1));
    wrong.map(|i| format!("{} stands {} times", i.name, counts.get(&i.name).unwrap_or(&0))).collect()
}

#[actix_web::test]
async fn five_kills_lose_no_acknowledged_write_and_double_none() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    let (mut all, mut acknowledged, mut asked_again) = (Vec::new(), 0, 0);
    for round in 0..KILLS {
        let (acked, unknown) = storm(&test, &consultant, round).await;
        acknowledged += acked.len();
        asked_again += unknown.len();
        for intent in &unknown {
            assert_eq!(submit(test.address, &consultant, intent, &test.client).await, Some(201));
        }
        all.extend(acked);
        all.extend(unknown);
    }
    let found = counts(&test).await;
    assert_eq!(faults(&all, &found), Vec::<String>::new());
    assert_eq!(found.len(), all.len());
    println!("{KILLS} kills, {acknowledged} acknowledged, {asked_again} asked again: 0 lost, 0 doubled");
}

/// The broken twin: a client that asks again with a new key. The same check must find its doubles, and a
/// write that never happened.
#[actix_web::test]
async fn the_check_finds_what_a_new_key_doubles_and_what_was_lost() {
    let test = TestApp::start().await;
    let consultant = test.person(Role::Consultant).await;
    let intent = Intent { name: "双写企业".to_owned(), key: "first".to_owned() };
    let again = Intent { key: "second".to_owned(), ..intent.clone() };
    let lost = Intent { name: "丢失企业".to_owned(), key: "never".to_owned() };
    for asked in [&intent, &again] {
        assert_eq!(submit(test.address, &consultant, asked, &test.client).await, Some(201));
    }
    let found = counts(&test).await;
    assert_eq!(faults(&[intent, lost], &found), ["双写企业 stands 2 times", "丢失企业 stands 0 times"]);
}
