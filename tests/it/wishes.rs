//! The waiting list: what frees up is kept for each in turn, for a time, and never for two.
use chrono::{Datelike, Duration, NaiveDate};
use futures_util::future::join_all;
use palm::deals::talks::jobs::{free_expired_holds, offer_freed_times};
use palm::deals::talks::keep_availability;
use palm::people::auth::{AccountId, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, count};
use crate::talks::act;

const UNIT: &str = "430903";

/// A unit whose one host has four times on one day, and whoever has taken them.
struct Full {
    day: NaiveDate,
    host: Person,
    holders: Vec<(Person, Value)>,
}

async fn full(test: &TestApp) -> Full {
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let host = test.official(UNIT).await;
    let day = test.app.now().day() + Duration::days(3);
    let weekday = i32::try_from(day.weekday().number_from_monday()).unwrap();
    let id: AccountId = host.id.parse().unwrap();
    let week = [(weekday, 660, 780)];
    test.app.db.write(move |conn| keep_availability(conn, &id, &week)).await.unwrap();
    let mut holders = Vec::new();
    for slot in slots(test, &host, day).await {
        let investor = test.person(Role::Investor).await;
        let body = json!({"unit_id": UNIT, "host_id": slot["host_id"], "starts_at": slot["starts_at"], "topic": "初谈", "language": "zh"});
        let held = test.post("/api/v1/talks/holds", Some(&investor), &body).await.expect(201);
        act(test, &investor, &held, "confirmations", json!({})).await.expect(200);
        let talk = act(test, &host, &held, "confirmations", json!({})).await.expect(200);
        holders.push((investor, talk));
    }
    assert_eq!(holders.len(), 4);
    Full { day, host, holders }
}

async fn slots(test: &TestApp, person: &Person, day: NaiveDate) -> Vec<Value> {
    let path = format!("/api/v1/talks/slots?unit_id={UNIT}&from={day}&to={day}");
    test.get(&path, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn wish(test: &TestApp, person: &Person, day: NaiveDate, part: &str) -> Answer {
    let body = json!({"unit_id": UNIT, "topic": "候补", "language": "zh", "from_on": day, "to_on": day, "day_part": part});
    test.post("/api/v1/talks/wishes", Some(person), &body).await
}

async fn mine(test: &TestApp, person: &Person) -> Value {
    test.get("/api/v1/talks/wishes", Some(person)).await.expect(200)["items"][0].clone()
}

async fn cancel(test: &TestApp, person: &Person, talk: &Value) {
    act(test, person, talk, "cancellations", json!({"reason": "改为来访"})).await.expect(200);
}

fn held(talk: &Value) -> Value {
    json!({"id": talk["booking_id"]})
}

#[actix_web::test]
async fn what_frees_up_is_kept_for_each_in_turn() {
    let test = TestApp::start().await;
    let full = full(&test).await;
    let (first, second) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let waiting = wish(&test, &first, full.day, "any").await.expect(201);
    assert_eq!((&waiting["state"], &waiting["ahead"]), (&json!("waiting"), &json!(0)));
    assert_eq!(wish(&test, &second, full.day, "any").await.expect(201)["ahead"], 1);
    let again = wish(&test, &first, full.day, "any").await;
    assert_eq!((again.status, again.code()), (409, "talk.already_waiting"));
    // In the transaction that frees it: nobody else sees it open.
    let (holder, talk) = &full.holders[0];
    cancel(&test, holder, talk).await;
    assert_eq!(slots(&test, &second, full.day).await, Vec::<Value>::new());
    let offered = mine(&test, &first).await;
    assert_eq!(
        (&offered["state"], &mine(&test, &second).await["state"]),
        (&json!("offered"), &json!("waiting"))
    );
    let path = format!("/api/v1/talks/bookings/{}", offered["booking_id"].as_str().unwrap());
    let kept = test.get(&path, Some(&first)).await.expect(200);
    assert_eq!(
        (&kept["state"], &kept["starts_at"], &kept["topic"]),
        (&json!("held"), &talk["starts_at"], &json!("候补"))
    );
    assert_eq!(test.get(&path, Some(&second)).await.status, 404);
    act(&test, &first, &kept, "confirmations", json!({})).await.expect(200);
    assert_eq!(mine(&test, &first).await["state"], "met");
    // What the host declines frees up for the next; whoever lets it go is not asked again.
    act(&test, &full.host, &kept, "declines", json!({"reason": "当天外出"})).await.expect(200);
    let next = mine(&test, &second).await;
    assert_eq!(next["state"], "offered");
    let third = test.person(Role::Investor).await;
    wish(&test, &third, full.day, "any").await.expect(201);
    cancel(&test, &second, &held(&next)).await;
    assert_eq!(
        (&mine(&test, &second).await["state"], &mine(&test, &third).await["state"]),
        (&json!("let_go"), &json!("offered"))
    );
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'TalkOffered'").await, 3);
}

#[actix_web::test]
async fn an_offer_that_is_not_taken_goes_to_the_next() {
    let test = TestApp::start().await;
    let full = full(&test).await;
    let (first, second) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    for person in [&first, &second] {
        wish(&test, person, full.day, "any").await.expect(201);
    }
    cancel(&test, &full.holders[1].0, &full.holders[1].1).await;
    test.app.clock.advance(Duration::hours(4) + Duration::minutes(1));
    // Any number of workers, any number of times.
    for _ in 0..2 {
        let (one, two) = (test.app.clone(), test.app.clone());
        let (a, b) = futures_util::join!(free_expired_holds(one), free_expired_holds(two));
        (a.unwrap(), b.unwrap());
        let runs = join_all([test.app.clone(), test.app.clone()].map(offer_freed_times)).await;
        runs.into_iter().for_each(|ran| ran.unwrap());
    }
    let states = |state: &str| format!("SELECT COUNT(*) AS n FROM talk_wishes WHERE state = '{state}'");
    assert_eq!((count(&test, &states("lapsed")).await, count(&test, &states("offered")).await), (1, 1));
    let live = "SELECT COUNT(*) AS n FROM talk_bookings WHERE state = 'held'";
    assert_eq!(count(&test, live).await, 1);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 8);
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'TalkOfferLapsed'").await,
        1
    );
    test.app.clock.advance(Duration::days(5));
    free_expired_holds(test.app.clone()).await.unwrap();
    offer_freed_times(test.app.clone()).await.unwrap();
    assert_eq!(count(&test, &states("lapsed")).await, 2);
}

#[actix_web::test]
async fn many_who_wait_and_many_who_ask_never_share_a_slot() {
    let test = TestApp::start().await;
    let full = full(&test).await;
    let mut waiters = Vec::new();
    for _ in 0..6 {
        let person = test.person(Role::Investor).await;
        wish(&test, &person, full.day, "any").await.expect(201);
        waiters.push(person);
    }
    let cancels = full.holders.iter().map(|(holder, talk)| cancel(&test, holder, talk));
    let asking: Vec<Person> = {
        let mut all = Vec::new();
        for _ in 0..8 {
            all.push(test.person(Role::Investor).await);
        }
        all
    };
    let holds = asking.iter().enumerate().map(|(n, person)| {
        let talk = &full.holders[n % 4].1;
        let body = json!({"unit_id": UNIT, "host_id": talk["host_id"], "starts_at": talk["starts_at"], "topic": "抢约", "language": "zh"});
        let test = &test;
        async move { test.post("/api/v1/talks/holds", Some(person), &body).await.status }
    });
    let jobs = [test.app.clone(), test.app.clone()].map(offer_freed_times);
    let (_, statuses, ran) = futures_util::join!(join_all(cancels), join_all(holds), join_all(jobs));
    ran.into_iter().for_each(|one| one.unwrap());
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
    // Who was being looked at by another is looked at in the next round.
    offer_freed_times(test.app.clone()).await.unwrap();
    let standing = "SELECT starts_at FROM talk_bookings WHERE state = 'held'";
    assert_eq!(count(&test, &format!("SELECT COUNT(*) AS n FROM ({standing}) s")).await, 4);
    assert_eq!(count(&test, &format!("SELECT COUNT(DISTINCT starts_at) AS n FROM ({standing}) s")).await, 4);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 8);
}

#[actix_web::test]
async fn a_wish_is_ones_own_within_its_days_and_served_at_once_by_what_is_open() {
    let test = TestApp::start().await;
    let full = full(&test).await;
    let (one, other) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let next_week = full.day + Duration::days(7);
    let served = wish(&test, &one, next_week, "afternoon").await.expect(201);
    assert_eq!(served["state"], "offered");
    let path = format!("/api/v1/talks/bookings/{}", served["booking_id"].as_str().unwrap());
    let kept = test.get(&path, Some(&one)).await.expect(200);
    let at: palm::platform::clock::Time = serde_json::from_value(kept["starts_at"].clone()).unwrap();
    assert_eq!((at.day(), at.minute_of_day()), (next_week, 720));
    let waiting = wish(&test, &other, full.day, "morning").await.expect(201);
    // The afternoon suits nobody who asked for the morning.
    cancel(&test, &full.holders[3].0, &full.holders[3].1).await;
    assert_eq!(mine(&test, &other).await["state"], "waiting");
    let withdraw = format!("/api/v1/talks/wishes/{}/withdrawals", waiting["id"].as_str().unwrap());
    assert_eq!(test.post(&withdraw, Some(&one), &json!({})).await.status, 404);
    assert_eq!(test.post(&withdraw, Some(&other), &json!({})).await.expect(200)["state"], "withdrawn");
    assert_eq!(test.post(&withdraw, Some(&other), &json!({})).await.code(), "talk.wish_ended");
    let past = test.app.now().day() - Duration::days(1);
    for (day, field) in [(past, "from_on"), (test.app.now().day() + Duration::days(40), "to_on")] {
        let refused = wish(&test, &other, day, "any").await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)));
    }
}
