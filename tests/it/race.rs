//! 200 people race for 50 slots through two programs on one database: each slot is sold once, and the rest got nothing.
use std::collections::HashMap;

use chrono::Duration;
use futures_util::future::join_all;
use palm::deals::talks::keep_availability;
use palm::people::auth::{AccountId, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Person, Program, TestApp, ask, count, run_sql};

const UNIT: &str = "430903";
const SLOTS: usize = 50;
const RACERS: usize = 200;

/// One who wants one slot, through one of the two programs, with a key to ask again with.
struct Racer {
    person: Person,
    slot: Value,
    program: usize,
    key: String,
}

/// A unit whose host has fifty open slots, and four people for each.
async fn field(test: &TestApp) -> Vec<Racer> {
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let host: AccountId = test.official(UNIT).await.id.parse().unwrap();
    let week: Vec<(i32, i32, i32)> = (1..=7).map(|day| (day, 540, 1020)).collect();
    test.app.db.write(move |conn| keep_availability(conn, &host, &week)).await.unwrap();
    let from = test.app.now().day() + Duration::days(1);
    let mut racers = Vec::new();
    for _ in 0..RACERS {
        racers.push(test.person(Role::Investor).await);
    }
    let path = format!("/api/v1/talks/slots?unit_id={UNIT}&from={from}&to={}", from + Duration::days(6));
    let open = test.get(&path, racers.first()).await.expect(200)["items"].as_array().unwrap().clone();
    let racer = |(n, person): (usize, Person)| Racer {
        person,
        slot: open[n / 4].clone(),
        program: n % 2,
        key: format!("race-{n}"),
    };
    racers.into_iter().enumerate().map(racer).collect()
}

async fn hold(racer: &Racer, programs: &[Program; 2], client: &reqwest::Client) -> Answer {
    let body = json!({"unit_id": UNIT, "host_id": racer.slot["host_id"], "starts_at": racer.slot["starts_at"], "topic": "初谈", "language": "zh"});
    let (address, path) = (programs[racer.program].address, "/api/v1/talks/holds");
    insistently(client, address, path, &racer.person, &body, &racer.key).await
}

/// A connection that broke leaves the outcome unknown: one asks again with the same key.
async fn insistently(
    client: &reqwest::Client,
    address: std::net::SocketAddr,
    path: &str,
    person: &Person,
    body: &Value,
    key: &str,
) -> Answer {
    for _ in 0..10 {
        if let Ok(answer) = ask(client, address, "POST", path, Some(person), Some(body), key).await {
            return answer;
        }
    }
    panic!("{address} does not answer")
}

async fn all_hold(racers: &[Racer], programs: &[Program; 2], client: &reqwest::Client) -> Vec<Answer> {
    join_all(racers.iter().map(|racer| hold(racer, programs, client))).await
}

/// What stands in the tables besides the answers.
async fn rows(test: &TestApp) -> HashMap<&'static str, i64> {
    let mut found = HashMap::new();
    for (what, sql) in [
        ("bookings", "SELECT COUNT(*) AS n FROM talk_bookings"),
        ("slots", "SELECT COUNT(DISTINCT starts_at) AS n FROM talk_bookings"),
        ("claims", "SELECT COUNT(*) AS n FROM talk_slot_claims"),
        ("ticks", "SELECT COUNT(*) AS n FROM (SELECT DISTINCT host_id, tick_start FROM talk_slot_claims) x"),
        ("moves", "SELECT COUNT(*) AS n FROM talk_booking_moves WHERE what = 'held'"),
        (
            "audit",
            "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'create_hold' AND outcome = 'done'",
        ),
        ("keys", "SELECT COUNT(*) AS n FROM idempotency_keys WHERE operation = 'create_hold'"),
        ("events", "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'TalkRequested'"),
    ] {
        found.insert(what, count(test, sql).await);
    }
    found
}

/// Everything by which a race differs from fifty slots sold once each, with nothing half done.
fn faults(
    answers: &[Answer],
    racers: &[Racer],
    rows: &HashMap<&'static str, i64>,
    events: i64,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut sold: HashMap<String, u32> = HashMap::new();
    for (answer, racer) in answers.iter().zip(racers) {
        match (answer.status, answer.code()) {
            (201, _) => *sold.entry(racer.slot["starts_at"].to_string()).or_default() += 1,
            (409, "talk.slot_taken") => {}
            (status, code) => wrong.push(format!("answered {status} {code}")),
        }
    }
    wrong.extend(sold.iter().filter(|(_, n)| **n != 1).map(|(slot, n)| format!("{slot} sold {n} times")));
    let slots = i64::try_from(SLOTS).unwrap();
    for (what, wanted) in [
        ("bookings", slots),
        ("slots", slots),
        ("claims", 2 * slots),
        ("ticks", 2 * slots),
        ("moves", slots),
        ("audit", slots),
        ("keys", slots),
        ("events", events),
    ] {
        if rows[what] != wanted {
            wrong.push(format!("{} {what} instead of {wanted}", rows[what]));
        }
    }
    if sold.len() != SLOTS {
        wrong.push(format!("{} slots sold", sold.len()));
    }
    wrong
}

#[actix_web::test]
async fn two_programs_sell_each_slot_once_and_a_repeat_changes_nothing() {
    let test = TestApp::start().await;
    let racers = field(&test).await;
    let programs = [Program::serve(&test), Program::serve(&test)];
    let client = reqwest::Client::new();
    let answers = all_hold(&racers, &programs, &client).await;
    assert_eq!(faults(&answers, &racers, &rows(&test).await, 0), Vec::<String>::new());

    // Everybody asks again with the same key, at the other program: one answer, no second effect.
    let mut elsewhere = racers;
    for racer in &mut elsewhere {
        racer.program = 1 - racer.program;
    }
    let again = all_hold(&elsewhere, &programs, &client).await;
    assert_eq!(faults(&again, &elsewhere, &rows(&test).await, 0), Vec::<String>::new());
    for (first, second) in answers.iter().zip(&again).filter(|(first, _)| first.status == 201) {
        assert_eq!((second.status, &first.body), (201, &second.body));
        assert_eq!(second.headers["idempotency-replayed"], "true");
    }

    // The winners confirm, each through both programs at once with one key: one event each.
    let won = answers.iter().zip(&elsewhere).filter(|(answer, _)| answer.status == 201);
    let body = json!({});
    let confirmations = won.flat_map(|(answer, racer)| {
        let path = format!("/api/v1/talks/bookings/{}/confirmations", answer.body["id"].as_str().unwrap());
        let key = format!("confirm-{}", racer.key);
        let (client, body) = (&client, &body);
        programs.iter().map(move |program| {
            let (path, key, address) = (path.clone(), key.clone(), program.address);
            async move { insistently(client, address, &path, &racer.person, body, &key).await }
        })
    });
    for confirmed in join_all(confirmations).await {
        assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    }
    let events = i64::try_from(SLOTS).unwrap();
    assert_eq!(faults(&answers, &elsewhere, &rows(&test).await, events), Vec::<String>::new());
    println!("{RACERS} racers, {SLOTS} slots, 2 programs: each sold once, {} refused", RACERS - SLOTS);
}

/// The broken twin: the same programs on tables whose rule was taken away.
#[actix_web::test]
async fn the_same_check_finds_slots_sold_twice_when_the_schema_forbids_nothing() {
    let test = TestApp::start().await;
    let racers = field(&test).await;
    if test.place().is_postgres() {
        run_sql(&test, &["ALTER TABLE talk_slot_claims DROP CONSTRAINT talk_slot_claims_pkey"]).await;
    } else {
        run_sql(
            &test,
            &[
                "DROP TABLE talk_slot_claims",
                "CREATE TABLE talk_slot_claims (host_id TEXT NOT NULL, tick_start TIMESTAMP NOT NULL, booking_id TEXT NOT NULL)",
            ],
        )
        .await;
    }
    let programs = [Program::serve(&test), Program::serve(&test)];
    let answers = all_hold(&racers, &programs, &reqwest::Client::new()).await;
    let found = faults(&answers, &racers, &rows(&test).await, 0);
    assert!(found.iter().any(|f| f.ends_with("sold 4 times")), "the check has no teeth: {found:?}");
    assert!(found.iter().any(|f| f.contains("bookings instead of")), "{found:?}");
}
