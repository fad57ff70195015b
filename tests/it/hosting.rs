//! Several hosts: what is offered can be booked, whoever is free receives, all receive together, holidays are kept.
use chrono::{Datelike, Duration, NaiveDate};
use futures_util::future::join_all;
use palm::people::auth::Role;
use palm::platform::clock::Time;
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, ask, count};

const UNIT: &str = "430903";

/// Hosts of one unit, one for each (from, to, buffer) in minutes, open every day.
async fn hosts(test: &TestApp, hours: &[(i32, i32, i32)]) -> Vec<Person> {
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let mut all = Vec::new();
    for (from, to, buffer) in hours {
        let host = test.official(UNIT).await;
        let week: Vec<Value> =
            (1..=7).map(|day| json!({"weekday": day, "from_minute": from, "to_minute": to})).collect();
        let body = json!({"version": 0, "week": week, "exceptions": [], "buffer_minutes": buffer, "notice_hours": 5});
        let path = format!("/api/v1/talks/availabilities/{}", host.id);
        test.put(&path, Some(&host), &body).await.expect(200);
        all.push(host);
    }
    all
}

async fn slots(test: &TestApp, person: &Person, hosting: &str) -> Vec<Value> {
    let from = test.app.now().day();
    let path = format!(
        "/api/v1/talks/slots?unit_id={UNIT}&hosting={hosting}&from={from}&to={}",
        from + Duration::days(4)
    );
    test.get(&path, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

fn start(slot: &Value) -> Time {
    serde_json::from_value(slot["starts_at"].clone()).unwrap()
}

async fn hold(test: &TestApp, person: &Person, slot: &Value, hosting: &str) -> Answer {
    let host = if hosting == "one" { slot["host_id"].clone() } else { Value::Null };
    let body = json!({"unit_id": UNIT, "host_id": host, "hosting": hosting, "starts_at": slot["starts_at"], "topic": "初谈", "language": "zh"});
    test.post("/api/v1/talks/holds", Some(person), &body).await
}

async fn act(test: &TestApp, person: &Person, booking: &Value, what: &str, body: Value) -> Answer {
    let path = format!("/api/v1/talks/bookings/{}/{what}", booking["id"].as_str().unwrap());
    test.post(&path, Some(person), &body).await
}

#[actix_web::test]
async fn every_slot_that_is_offered_can_be_booked_and_no_other() {
    let test = TestApp::start().await;
    hosts(&test, &[(540, 720, 0), (555, 735, 15), (600, 720, 60)]).await;
    let investor = test.person(Role::Investor).await;
    // What is booked already lies across the grids of the others.
    let first = slots(&test, &investor, "all").await;
    hold(&test, &investor, &first[1], "all").await.expect(201);
    for hosting in ["one", "any", "all"] {
        let offered = slots(&test, &investor, hosting).await;
        assert!(offered.len() > 3, "{hosting}: {}", offered.len());
        let mut booked = 0;
        for slot in &offered {
            let held = hold(&test, &investor, slot, hosting).await.expect(201);
            assert_eq!(held["hosts"].as_array().unwrap().len(), if hosting == "all" { 3 } else { 1 });
            act(&test, &investor, &held, "cancellations", json!({"reason": "试订"})).await.expect(200);
            booked += 1;
        }
        assert_eq!(booked, offered.len());
        let mut beside = offered[0].clone();
        beside["starts_at"] = json!(start(&beside).plus(Duration::minutes(5)));
        let refused = hold(&test, &investor, &beside, hosting).await;
        assert_eq!((refused.status, refused.code()), (422, "talk.no_such_slot"));
        println!("{hosting}: {booked} offered, {booked} booked");
    }
    // Notice of five hours: nothing sooner.
    let soonest = test.app.now().plus(Duration::hours(5));
    assert!(slots(&test, &investor, "any").await.iter().all(|slot| start(slot) >= soonest));
}

#[actix_web::test]
async fn a_buffer_is_kept_free_after_a_talk() {
    let test = TestApp::start().await;
    hosts(&test, &[(540, 720, 15)]).await;
    let investor = test.person(Role::Investor).await;
    let offered = slots(&test, &investor, "one").await;
    let gaps: Vec<i64> =
        offered.windows(2).map(|two| start(&two[1]).since(start(&two[0])).num_minutes()).collect();
    assert!(gaps.iter().all(|gap| *gap >= 45), "{gaps:?}");
    hold(&test, &investor, &offered[0], "one").await.expect(201);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 3);
}

#[actix_web::test]
async fn whoever_is_free_receives_until_nobody_is() {
    let test = TestApp::start().await;
    hosts(&test, &[(540, 720, 0), (540, 720, 0), (540, 720, 0)]).await;
    let investor = test.person(Role::Investor).await;
    let slot = slots(&test, &investor, "any").await.remove(0);
    assert_eq!(slot["hosts"].as_array().unwrap().len(), 3);
    let mut receiving = Vec::new();
    for _ in 0..3 {
        receiving.push(hold(&test, &investor, &slot, "any").await.expect(201)["host_id"].to_string());
    }
    receiving.sort_unstable();
    receiving.dedup();
    assert_eq!(receiving.len(), 3);
    let late = hold(&test, &investor, &slot, "any").await;
    assert_eq!((late.status, late.code()), (409, "talk.slot_taken"));
    for hosting in ["any", "all"] {
        assert!(slots(&test, &investor, hosting).await.iter().all(|s| s["starts_at"] != slot["starts_at"]));
    }
    // A host named where anybody may receive, and nobody named where one must.
    for (host, hosting) in [(slot["host_id"].clone(), "any"), (Value::Null, "one")] {
        let body = json!({"unit_id": UNIT, "host_id": host, "hosting": hosting, "starts_at": slot["starts_at"], "topic": "初谈", "language": "zh"});
        let refused = test.post("/api/v1/talks/holds", Some(&investor), &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("host_id")));
    }
}

#[actix_web::test]
async fn all_hosts_are_booked_and_freed_together() {
    let test = TestApp::start().await;
    let people = hosts(&test, &[(540, 720, 0), (540, 720, 0)]).await;
    let (investor, other) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let offered = slots(&test, &investor, "all").await;
    let held = hold(&test, &investor, &offered[0], "all").await.expect(201);
    assert_eq!((&held["hosting"], held["hosts"].as_array().unwrap().len()), (&json!("all"), 2));
    act(&test, &investor, &held, "confirmations", json!({})).await.expect(200);
    let mine = slots(&test, &other, "one").await;
    assert!(mine.iter().all(|slot| slot["starts_at"] != offered[0]["starts_at"]));
    // One of them is taken: all cannot be.
    hold(&test, &other, &mine[0], "one").await.expect(201);
    let both = hold(&test, &other, &mine[0], "all").await;
    assert_eq!((both.status, both.code()), (409, "talk.slot_taken"));
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 6);
    // Either host answers for both.
    for person in &people {
        let path = format!("/api/v1/talks/bookings/{}", held["id"].as_str().unwrap());
        assert_eq!(test.get(&path, Some(person)).await.expect(200)["my_side"], "host");
    }
    act(&test, &people[1], &held, "confirmations", json!({})).await.expect(200);
    act(&test, &people[0], &held, "cancellations", json!({"reason": "另有会议"})).await.expect(200);
    assert!(slots(&test, &other, "all").await.iter().any(|s| s["starts_at"] == offered[0]["starts_at"]));
}

#[actix_web::test]
async fn of_many_who_ask_at_once_each_hosts_time_is_sold_once() {
    let test = TestApp::start().await;
    hosts(&test, &[(540, 660, 0), (540, 660, 0), (540, 660, 0)]).await;
    let investor = test.person(Role::Investor).await;
    let offered: Vec<Value> = slots(&test, &investor, "any").await.into_iter().take(6).collect();
    let (_other, address) = test.another().await;
    let wishes = (0..72).map(|n| {
        let (slot, hosting) = (&offered[n % 6], if n % 9 == 0 { "all" } else { "any" });
        let body = json!({"unit_id": UNIT, "hosting": hosting, "starts_at": slot["starts_at"], "topic": "初谈", "language": "zh"});
        let (test, investor) = (&test, &investor);
        async move {
            // A connection that broke leaves the outcome unknown: one asks again with the same key.
            for _ in 0..10 {
                let (door, path) = (if n % 2 == 0 { test.address } else { address }, "/api/v1/talks/holds");
                let key = format!("wish-{n}");
                let answer = ask(&test.client, door, "POST", path, Some(investor), Some(&body), &key).await;
                if let Ok(answer) = answer {
                    return answer;
                }
            }
            panic!("nobody answers")
        }
    });
    let answers = join_all(wishes).await;
    let strange: Vec<&Answer> =
        answers.iter().filter(|a| a.status != 201 && a.code() != "talk.slot_taken").collect();
    assert!(strange.is_empty(), "{:?}", strange.iter().map(|a| &a.body).collect::<Vec<_>>());
    let mut sold: Vec<String> = answers
        .iter()
        .filter(|a| a.status == 201)
        .flat_map(|a| {
            let hosts = a.body["hosts"].as_array().unwrap().clone();
            hosts.into_iter().map(|host| format!("{} {}", a.body["starts_at"], host["id"]))
        })
        .collect();
    sold.sort_unstable();
    sold.dedup();
    let said: usize =
        answers.iter().filter(|a| a.status == 201).map(|a| a.body["hosts"].as_array().unwrap().len()).sum();
    assert_eq!((sold.len(), said), (18, 18));
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 36);
}

fn arrangement(version: i32, from: NaiveDate, to: NaiveDate) -> Value {
    json!({"version": version, "source": "测试通知", "source_url": "https://example.invalid/notice", "published_on": from,
        "days": [{"from_on": from, "to_on": to, "kind": "off", "name_zh": "示例假日", "name_en": "Sample holiday"}]})
}

#[actix_web::test]
async fn holidays_take_slots_away_and_only_the_administrator_keeps_them() {
    let test = TestApp::start().await;
    let host = hosts(&test, &[(540, 720, 0)]).await.remove(0);
    let (admin, investor) = (test.person(Role::SystemAdministrator).await, test.person(Role::Investor).await);
    let told = test.get("/api/v1/talks/holidays", None).await.expect(200);
    let year_2026 = told["items"].as_array().unwrap().iter().find(|y| y["year"] == 2026).unwrap().clone();
    assert_eq!(
        (&year_2026["published_on"], year_2026["days"].as_array().unwrap().len()),
        (&json!("2025-11-04"), 13)
    );
    let off = test.app.now().day() + Duration::days(2);
    let on_day = |list: &[Value]| list.iter().filter(|slot| start(slot).day() == off).count();
    assert_eq!(on_day(&slots(&test, &investor, "one").await), 6);
    let path = format!("/api/v1/talks/holidays/{}", off.year());
    let version = if off.year() == 2026 { 1 } else { 0 };
    let body = arrangement(version, off, off);
    assert_eq!(test.put(&path, Some(&host), &body).await.status, 403);
    let kept = test.put(&path, Some(&admin), &body).await.expect(200);
    assert_eq!(kept["version"], version + 1);
    assert_eq!(on_day(&slots(&test, &investor, "one").await), 0);
    let stale = test.put(&path, Some(&admin), &body).await;
    assert_eq!((stale.status, stale.code()), (409, "request.conflict"));
    let mut twice = arrangement(version + 1, off, off);
    let day = twice["days"][0].clone();
    twice["days"].as_array_mut().unwrap().push(day);
    let mut follows = arrangement(version + 1, off, off);
    follows["days"][0]["follows_weekday"] = json!(3);
    let backwards = arrangement(version + 1, off, off - Duration::days(1));
    for (body, field) in
        [(twice, "days[1].from_on"), (follows, "days[0].follows_weekday"), (backwards, "days[0].to_on")]
    {
        let refused = test.put(&path, Some(&admin), &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            refused.body
        );
    }
}

#[actix_web::test]
async fn a_working_day_is_offered_by_the_hours_of_the_weekday_that_it_follows() {
    let test = TestApp::start().await;
    let host = hosts(&test, &[(540, 720, 0)]).await.remove(0);
    let (admin, investor) = (test.person(Role::SystemAdministrator).await, test.person(Role::Investor).await);
    let day = test.app.now().day() + Duration::days(2);
    let (own, followed) = (day.weekday(), day.weekday().succ());
    // Open on the followed weekday alone, and on the day itself not at all.
    let week = json!([{"weekday": followed.number_from_monday(), "from_minute": 600, "to_minute": 660}]);
    let hours = json!({"version": 1, "week": week, "exceptions": [], "buffer_minutes": 0, "notice_hours": 5});
    let path = format!("/api/v1/talks/availabilities/{}", host.id);
    test.put(&path, Some(&host), &hours).await.expect(200);
    let offered = async || {
        let all = slots(&test, &investor, "one").await;
        let on_day = all.into_iter().filter(|slot| start(slot).day() == day);
        on_day.collect::<Vec<Value>>()
    };
    assert_eq!(offered().await, Vec::<Value>::new(), "{own} has no hours");
    let path = format!("/api/v1/talks/holidays/{}", day.year());
    let known = test.get("/api/v1/talks/holidays", None).await.expect(200);
    let years = known["items"].as_array().unwrap();
    let version = years
        .iter()
        .find(|year| year["year"] == day.year())
        .map_or(0, |year| i32::try_from(year["version"].as_i64().unwrap()).unwrap());
    let mut arranged = arrangement(version, day, day);
    arranged["days"][0]["kind"] = json!("work");
    test.put(&path, Some(&admin), &arranged).await.expect(200);
    assert_eq!(offered().await, Vec::<Value>::new(), "its own hours are none");
    arranged["version"] = json!(version + 1);
    arranged["days"][0]["follows_weekday"] = json!(followed.number_from_monday());
    test.put(&path, Some(&admin), &arranged).await.expect(200);
    let found = offered().await;
    let minutes: Vec<i32> = found.iter().map(|slot| start(slot).minute_of_day()).collect();
    assert_eq!(minutes, [600, 630]);
    // What is offered can be booked.
    hold(&test, &investor, &found[0], "one").await.expect(201);
}

#[actix_web::test]
async fn whoever_keeps_the_holidays_is_told_of_a_year_that_is_open_for_booking_and_not_recorded() {
    let test = TestApp::start().await;
    let list = async || test.get("/api/v1/talks/holidays", None).await.expect(200);
    // The first year of which nothing is known.
    let latest = i32::try_from(list().await["items"][0]["year"].as_i64().unwrap()).unwrap();
    let next = latest.max(test.app.now().day().year()) + 1;
    for (year, month, unknown) in [(next, 3, next), (next, 12, next + 1)] {
        let day = NaiveDate::from_ymd_opt(year, month, 10).unwrap();
        test.app.clock.advance(Time::start_of(day).since(test.app.now()));
        assert_eq!(list().await["missing_years"], json!([unknown]));
        let admin = test.person(Role::SystemAdministrator).await;
        let first = NaiveDate::from_ymd_opt(unknown, 1, 1).unwrap();
        let path = format!("/api/v1/talks/holidays/{unknown}");
        test.put(&path, Some(&admin), &arrangement(0, first, first)).await.expect(200);
        assert_eq!(list().await["missing_years"], json!([]));
    }
}
