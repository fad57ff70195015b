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

/// Neither done nor refused: a connection that broke, or an answer of the server's own trouble. One asks again with the same key.
async fn insistently(
    client: &reqwest::Client,
    address: std::net::SocketAddr,
    path: &str,
    person: &Person,
    body: &Value,
    key: &str,
) -> Answer {
    let mut last = None;
    for attempt in 1..=300 {
        match ask(client, address, "POST", path, Some(person), Some(body), key).await {
            Ok(answer) if answer.status < 500 => return answer,
            unknown => last = Some(unknown),
        }
        tokio::time::sleep(std::time::Duration::from_millis(1000_u64.min(50 * attempt))).await;
    }
    panic!("{address} does not answer: {last:?}")
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
                "CREATE TABLE talk_slot_claims (host_id TEXT NOT NULL, tick_start TIMESTAMP NOT NULL, booking_id TEXT NOT NULL, proposal_id TEXT)",
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

/// Times that are raced for, and times at which talks stand that may move there.
const TIMES: usize = 24;
const STANDING_TIMES: usize = 12;
/// Talks that stand, for each host.
const STANDING: usize = 4;

/// How many hosts, and how often everybody asks: `PALM_TEST_HOSTS=84` and `PALM_TEST_WAVES=10` make 40 000 requests and more
/// over 2 000 slots.
fn scale(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}
fn how_many_hosts() -> usize {
    scale("PALM_TEST_HOSTS", 3)
}

/// A unit with several hosts, talks that stand, and holds and proposals that nobody turned into anything.
struct Arena {
    hosts: HashMap<String, Person>,
    /// An investor, and the talk that stands
    talks: Vec<(Person, Value)>,
    racers: Vec<Person>,
    times: Vec<Value>,
}

async fn step(test: &TestApp, person: &Person, path: &str, body: &Value) -> Value {
    let answer = test.post(path, Some(person), body).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.body);
    answer.body
}

fn wish(time: &Value) -> Value {
    json!({"unit_id": UNIT, "hosting": "any", "starts_at": time, "topic": "初谈", "language": "zh"})
}

/// For a time, of whoever is free; in every third round over the times, of one host.
fn nth_wish(arena: &Arena, n: usize) -> Value {
    let mut body = wish(&arena.times[n % TIMES]);
    let round = n / TIMES;
    if round.is_multiple_of(3) {
        body["hosting"] = json!("one");
        body["host_id"] = json!(arena.hosts.keys().nth(round % arena.hosts.len()));
    }
    body
}

fn path_of(talk: &Value, what: &str) -> String {
    format!("/api/v1/talks/bookings/{}/{what}", talk["id"].as_str().unwrap())
}

async fn arena(test: &TestApp) -> Arena {
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let mut hosts = HashMap::new();
    for _ in 0..how_many_hosts() {
        let host = test.official(UNIT).await;
        let id: AccountId = host.id.parse().unwrap();
        let week: Vec<(i32, i32, i32)> = (1..=7).map(|day| (day, 540, 780)).collect();
        test.app.db.write(move |conn| keep_availability(conn, &id, &week)).await.unwrap();
        hosts.insert(host.id.clone(), host);
    }
    let mut racers = Vec::new();
    for _ in 0..TIMES * how_many_hosts() * 2 {
        racers.push(test.person(Role::Investor).await);
    }
    let from = test.app.now().day() + Duration::days(2);
    let path =
        format!("/api/v1/talks/slots?unit_id={UNIT}&hosting=any&from={from}&to={}", from + Duration::days(5));
    let open = test.get(&path, racers.first()).await.expect(200)["items"].as_array().unwrap().clone();
    let mut times: Vec<Value> = open.iter().map(|slot| slot["starts_at"].clone()).collect();
    let stand = times.split_off(TIMES);
    let mut talks = Vec::new();
    for time in stand[..STANDING_TIMES].iter().cycle().take(STANDING * how_many_hosts()) {
        let investor = test.person(Role::Investor).await;
        let held = step(test, &investor, "/api/v1/talks/holds", &wish(time)).await;
        step(test, &investor, &path_of(&held, "confirmations"), &json!({})).await;
        let host = &hosts[held["host_id"].as_str().unwrap()];
        let talk = step(test, host, &path_of(&held, "confirmations"), &json!({})).await;
        talks.push((investor, talk));
    }
    // Holds that ran out, and proposals that nobody answered: what they keep is anybody's.
    let idle = test.person(Role::Investor).await;
    for time in &times[..TIMES / 2] {
        for _ in 0..how_many_hosts().div_ceil(3) {
            step(test, &idle, "/api/v1/talks/holds", &wish(time)).await;
        }
    }
    // Each of a host's talks asks for another time.
    let mut asked: HashMap<String, usize> = HashMap::new();
    for (investor, talk) in talks.iter().step_by(2) {
        let nth = asked.entry(talk["host_id"].to_string()).or_default();
        let body = json!({"starts_at": times[TIMES / 2 + *nth], "reason": "另有会议"});
        *nth += 1;
        step(test, investor, &path_of(talk, "proposals"), &body).await;
    }
    run_sql(
        test,
        &["UPDATE talk_proposals SET proposed_at = '2019-12-31 00:00:00', expires_at = '2020-01-01 00:00:00'"],
    )
    .await;
    let_holds_run_out(test).await;
    Arena { hosts, talks, racers, times }
}

/// What is only held is past its time, as if five minutes had gone by; nobody has swept it away.
async fn let_holds_run_out(test: &TestApp) {
    run_sql(test, &["UPDATE talk_bookings SET hold_expires_at = '2020-01-01 00:00:00' WHERE state = 'held'"])
        .await;
}

/// Both sides of every standing talk ask for one of the times, and the other side agrees, refuses or calls it off.
async fn both_sides(
    arena: &Arena,
    n: usize,
    programs: &[Program; 2],
    client: &reqwest::Client,
) -> Vec<Answer> {
    let (investor, talk) = &arena.talks[n];
    let host = &arena.hosts[talk["host_id"].as_str().unwrap()];
    let sides = [(investor, host, n % 2), (host, investor, (n + 1) % 2)];
    let asked = sides.map(|(one, other, program)| async move {
        let body = json!({"starts_at": arena.times[(n * 2 + program) % TIMES], "reason": "另有会议"});
        let (here, there) = (programs[program].address, programs[1 - program].address);
        let key = format!("ask-{n}-{program}");
        let asked = insistently(client, here, &path_of(talk, "proposals"), one, &body, &key).await;
        if asked.status != 200 {
            return vec![asked];
        }
        let id = &asked.body["proposal"]["id"];
        let (what, body) = match n % 4 {
            0 => ("proposal-refusals", json!({"proposal_id": id, "reason": "当天不便"})),
            1 => ("cancellations", json!({"reason": "改为来访"})),
            _ => ("proposal-acceptances", json!({"proposal_id": id})),
        };
        let key = format!("answer-{n}-{program}");
        let answered = insistently(client, there, &path_of(talk, what), other, &body, &key).await;
        vec![asked, answered]
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Everybody at once, in waves. Every fourth gives back what they won, the others' holds run out before the next wave;
/// in the last one everybody keeps what they win.
async fn scramble(
    test: &TestApp,
    arena: &Arena,
    programs: &[Program; 2],
    client: &reqwest::Client,
) -> Vec<Answer> {
    let waves = scale("PALM_TEST_WAVES", 2);
    let ask_for = |n: usize, wave: usize| async move {
        let (here, there) = (programs[(n + wave) % 2].address, programs[(n + wave + 1) % 2].address);
        let racer = &test.renewed(&arena.racers[n]);
        let key = format!("hold-{wave}-{n}");
        let body = nth_wish(arena, n);
        let held = insistently(client, here, "/api/v1/talks/holds", racer, &body, &key).await;
        if held.status != 201 || n % 4 != 1 || wave + 1 == waves {
            return vec![held];
        }
        let (path, key) = (path_of(&held.body, "cancellations"), format!("cancel-{wave}-{n}"));
        let body = json!({"reason": "改为来访"});
        let given_back = insistently(client, there, &path, racer, &body, &key).await;
        vec![held, given_back]
    };
    let mut answers = Vec::new();
    for wave in 0..waves {
        let movers = (0..arena.talks.len()).filter(|_| wave == 0);
        let movers = movers.map(|n| both_sides(arena, n, programs, client));
        let racers = (0..arena.racers.len()).map(|n| ask_for(n, wave));
        let (moved, asked) = futures_util::join!(join_all(movers), join_all(racers));
        answers.extend(moved.into_iter().chain(asked).flatten());
        if wave + 1 < waves {
            let_holds_run_out(test).await;
        }
    }
    answers
}

/// What the history says that happened, by its name.
async fn history(test: &TestApp) -> Vec<(&'static str, i64)> {
    let mut found = Vec::new();
    for what in ["held", "moved", "cancelled", "expired", "move_lapsed"] {
        let sql = format!("SELECT COUNT(*) AS n FROM talk_booking_moves WHERE what = '{what}'");
        found.push((what, count(test, &sql).await));
    }
    for (what, hosting) in [("with any host", "any"), ("with one host", "one")] {
        let sql = format!("SELECT COUNT(*) AS n FROM talk_bookings WHERE hosting = '{hosting}'");
        found.push((what, count(test, &sql).await));
    }
    found
}

/// Everything by which a scramble differs from each host's time sold once, and all of it sold.
async fn scramble_faults(test: &TestApp, arena: &Arena, answers: &[Answer]) -> Vec<String> {
    let mut wrong = Vec::new();
    let refusals =
        ["talk.slot_taken", "talk.not_now", "talk.proposal_over", "request.conflict", "talk.same_time"];
    for answer in answers.iter().filter(|a| !matches!(a.status, 200 | 201)) {
        if !refusals.contains(&answer.code()) {
            wrong.push(format!("answered {} {}", answer.status, answer.code()));
        }
    }
    let live = "2021-01-01 00:00:00";
    let standing = format!(
        "SELECT h.host_id AS host_id, b.starts_at AS at FROM talk_bookings b JOIN talk_booking_hosts h ON h.booking_id = b.id \
         WHERE b.state IN ('requested', 'confirmed') OR (b.state = 'held' AND b.hold_expires_at > '{live}') \
         UNION ALL SELECT h.host_id, p.to_starts_at FROM talk_proposals p JOIN talk_booking_hosts h ON h.booking_id = p.booking_id \
         WHERE p.state = 'open' AND p.expires_at > '{live}'"
    );
    let last: palm::platform::clock::Time = serde_json::from_value(arena.times[TIMES - 1].clone()).unwrap();
    let last = last.utc().format("%Y-%m-%d %H:%M:%S");
    let all = count(test, &format!("SELECT COUNT(*) AS n FROM ({standing}) s")).await;
    for (what, sql, wanted) in [
        ("doubles", format!("SELECT COUNT(*) AS n FROM (SELECT host_id, at FROM ({standing}) s GROUP BY host_id, at HAVING COUNT(*) > 1) d"), 0),
        ("sold", format!("SELECT COUNT(*) AS n FROM (SELECT DISTINCT host_id, at FROM ({standing}) s WHERE at <= '{last}') d"), i64::try_from(TIMES * how_many_hosts()).unwrap()),
        ("claims", "SELECT COUNT(*) AS n FROM talk_slot_claims".to_owned(), 2 * all),
        ("ticks", "SELECT COUNT(*) AS n FROM (SELECT DISTINCT host_id, tick_start FROM talk_slot_claims) x".to_owned(), 2 * all),
        ("open proposals of one talk", "SELECT COUNT(*) AS n FROM (SELECT booking_id FROM talk_proposals WHERE state = 'open' GROUP BY booking_id HAVING COUNT(*) > 1) d".to_owned(), 0),
    ] {
        let found = count(test, &sql).await;
        if found != wanted {
            wrong.push(format!("{found} {what} instead of {wanted}"));
        }
    }
    wrong
}

#[actix_web::test]
async fn moves_lapsed_holds_and_any_host_sell_each_hosts_time_once() {
    let test = TestApp::start().await;
    let arena = arena(&test).await;
    let programs = [Program::serve(&test), Program::serve(&test)];
    let answers = scramble(&test, &arena, &programs, &reqwest::Client::new()).await;
    assert_eq!(scramble_faults(&test, &arena, &answers).await, Vec::<String>::new());
    let history = history(&test).await;
    assert!(history.iter().all(|(_, n)| *n > 0), "something was not tried: {history:?}");
    println!(
        "{} requests over {} slots of {} hosts: 0 doubles, all sold; {history:?}",
        answers.len(),
        TIMES * how_many_hosts(),
        how_many_hosts()
    );
}

/// The broken twin: the same programs on tables in which a tick may be claimed twice.
#[actix_web::test]
async fn the_same_scramble_finds_doubles_when_the_schema_forbids_nothing() {
    let test = TestApp::start().await;
    let arena = arena(&test).await;
    if test.place().is_postgres() {
        run_sql(&test, &["ALTER TABLE talk_slot_claims DROP CONSTRAINT talk_slot_claims_pkey"]).await;
    } else {
        run_sql(
            &test,
            &[
                "CREATE TABLE loose (host_id TEXT NOT NULL, tick_start TIMESTAMP NOT NULL, booking_id TEXT NOT NULL, proposal_id TEXT)",
                "INSERT INTO loose SELECT host_id, tick_start, booking_id, proposal_id FROM talk_slot_claims",
                "DROP TABLE talk_slot_claims",
                "ALTER TABLE loose RENAME TO talk_slot_claims",
            ],
        )
        .await;
    }
    let programs = [Program::serve(&test), Program::serve(&test)];
    let answers = scramble(&test, &arena, &programs, &reqwest::Client::new()).await;
    let found = scramble_faults(&test, &arena, &answers).await;
    assert!(found.iter().any(|f| f.contains("doubles instead of 0")), "the check has no teeth: {found:?}");
    assert!(found.iter().any(|f| f.contains("ticks instead of")), "{found:?}");
}
