//! Another time needs both sides; what is called off late or missed is counted; each side is reminded once.
use chrono::Duration;
use futures_util::future::join_all;
use palm::deals::talks::jobs::{free_expired_holds, remind_talks};
use palm::people::auth::Role;
use palm::platform::clock::Time;
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, ask, count};
use crate::talks::{act, confirmed, hold, hold_body, host, slots};

/// A talk that both sides hold to, with a host and an investor.
async fn talk(test: &TestApp) -> (Person, Person, Value) {
    let host = host(test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(test, &host, &investor).await;
    (host, investor, booking)
}

async fn propose(test: &TestApp, person: &Person, booking: &Value, slot: &Value) -> Answer {
    let body = json!({"starts_at": slot["starts_at"], "reason": "另有会议"});
    act(test, person, booking, "proposals", body).await
}

fn this(view: &Value) -> Value {
    json!({"proposal_id": view["proposal"]["id"]})
}

fn refusal(view: &Value) -> Value {
    json!({"proposal_id": view["proposal"]["id"], "reason": "当天不便"})
}

async fn seen(test: &TestApp, person: &Person, booking: &Value) -> Value {
    let path = format!("/api/v1/talks/bookings/{}", booking["id"].as_str().unwrap());
    test.get(&path, Some(person)).await.expect(200)
}

async fn sequence(test: &TestApp, person: &Person, booking: &Value) -> String {
    let path = format!("/api/v1/talks/bookings/{}/calendar.ics", booking["id"].as_str().unwrap());
    let text = String::from_utf8(test.bytes(&path, person).await).unwrap();
    text.lines().find(|line| line.starts_with("SEQUENCE")).unwrap().trim().to_owned()
}

fn time(value: &Value) -> Time {
    serde_json::from_value(value.clone()).unwrap()
}

/// What happened, newest last.
fn history(view: &Value) -> Vec<&str> {
    view["history"].as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect()
}

/// Moves the clock and signs these people in again.
async fn later<const N: usize>(test: &TestApp, by: Duration, people: [&Person; N]) -> [Person; N] {
    let sessions = people.map(|p| (p.clone(), test.app.keys.read(&p.token, test.app.now()).unwrap().sid));
    test.app.clock.advance(by);
    let now = test.app.now();
    sessions.map(|(person, session)| {
        let token = test.app.keys.issue(&person.id, &session, now, 600).unwrap();
        Person { token, ..person }
    })
}

async fn told(test: &TestApp, name: &str) -> i64 {
    count(test, &format!("SELECT COUNT(*) AS n FROM outbox_events WHERE name = '{name}'")).await
}

#[actix_web::test]
async fn a_proposed_time_is_kept_and_the_old_one_stands_until_the_other_side_agrees() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let stranger = test.person(Role::Investor).await;
    let open = slots(&test, &stranger).await;
    let (old, blocked, new) = (booking["starts_at"].clone(), open[1].clone(), open[3].clone());
    hold(&test, &stranger, &blocked).await;
    assert_eq!(propose(&test, &host, &booking, &blocked).await.code(), "talk.slot_taken");
    let off_grid = json!({"starts_at": "2026-01-01T00:00:00Z", "reason": "过去"});
    assert_eq!(act(&test, &host, &booking, "proposals", off_grid).await.code(), "talk.no_such_slot");
    let same = json!({"starts_at": old, "reason": "不变"});
    assert_eq!(act(&test, &host, &booking, "proposals", same).await.code(), "talk.same_time");
    let before = sequence(&test, &investor, &booking).await;

    let asked = propose(&test, &investor, &booking, &new).await.expect(200);
    assert_eq!((&asked["state"], &asked["starts_at"]), (&json!("confirmed"), &old));
    assert_eq!(
        (&asked["proposal"]["side"], &asked["proposal"]["to_starts_at"]),
        (&json!("investor"), &new["starts_at"])
    );
    assert!(asked["may"].as_array().unwrap().contains(&json!("withdraw")), "{}", asked["may"]);
    assert!(!slots(&test, &stranger).await.contains(&new));
    let taken = test.post("/api/v1/talks/holds", Some(&stranger), &hold_body(&new)).await;
    assert_eq!((taken.status, taken.code()), (409, "talk.slot_taken"));
    assert_eq!(sequence(&test, &investor, &booking).await, before);
    // Nobody answers oneself, nobody asks for two times, nobody agrees to what they have not seen.
    for (person, what) in [(&investor, "proposal-acceptances"), (&host, "proposal-withdrawals")] {
        let refused = act(&test, person, &booking, what, this(&asked)).await;
        assert_eq!((refused.status, refused.code()), (409, "talk.not_now"), "{what}");
    }
    assert_eq!(propose(&test, &host, &booking, &open[5]).await.code(), "talk.not_now");
    let another = json!({"proposal_id": "01890000-0000-7000-8000-000000000000"});
    let blind = act(&test, &host, &booking, "proposal-acceptances", another).await;
    assert_eq!((blind.status, blind.code()), (409, "talk.proposal_over"));

    let moved = act(&test, &host, &booking, "proposal-acceptances", this(&asked)).await.expect(200);
    assert_eq!(
        (&moved["state"], &moved["starts_at"], &moved["proposal"]),
        (&json!("confirmed"), &new["starts_at"], &Value::Null)
    );
    assert_eq!(history(&moved), ["held", "requested", "confirmed", "proposed", "moved"]);
    let line = moved["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&line["from_starts_at"], &line["to_starts_at"], &line["reason"]),
        (&old, &new["starts_at"], &json!("另有会议"))
    );
    assert_ne!(sequence(&test, &investor, &booking).await, before);
    let after = slots(&test, &stranger).await;
    assert!(after.iter().any(|slot| slot["starts_at"] == old) && !after.contains(&new));
    assert_eq!(
        count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims WHERE proposal_id IS NOT NULL").await,
        0
    );
    assert_eq!((told(&test, "TalkMoveProposed").await, told(&test, "TalkMoved").await), (1, 1));
}

#[actix_web::test]
async fn what_is_refused_or_taken_back_changes_nothing_and_frees_the_slot() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let open = slots(&test, &investor).await;
    let before = sequence(&test, &host, &booking).await;
    for (by, answering, what) in
        [(&host, &investor, "proposal-refusals"), (&investor, &investor, "proposal-withdrawals")]
    {
        let asked = propose(&test, by, &booking, &open[4]).await.expect(200);
        assert!(!slots(&test, &investor).await.contains(&open[4]));
        let body = if what == "proposal-refusals" { refusal(&asked) } else { this(&asked) };
        let stands = act(&test, answering, &booking, what, body).await.expect(200);
        assert_eq!((&stands["starts_at"], &stands["proposal"]), (&booking["starts_at"], &Value::Null));
        assert!(slots(&test, &investor).await.contains(&open[4]));
    }
    let kept = seen(&test, &host, &booking).await;
    assert_eq!(history(&kept)[3..], ["proposed", "move_refused", "proposed", "move_withdrawn"]);
    assert_eq!(kept["history"][4]["reason"], "当天不便");
    assert_eq!(sequence(&test, &host, &booking).await, before);
}

#[actix_web::test]
async fn a_host_may_propose_another_time_instead_of_confirming() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let open = slots(&test, &investor).await;
    let booking = hold(&test, &investor, &open[0]).await;
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    let asked = propose(&test, &host, &booking, &open[2]).await.expect(200);
    assert_eq!(asked["state"], "requested");
    let early = act(&test, &host, &booking, "confirmations", json!({})).await;
    assert_eq!((early.status, early.code()), (409, "talk.not_now"));
    let view = seen(&test, &investor, &booking).await;
    assert_eq!(view["may"], json!(["accept", "refuse", "cancel", "invite"]));
    let agreed = act(&test, &investor, &booking, "proposal-acceptances", this(&view)).await.expect(200);
    assert_eq!((&agreed["state"], &agreed["starts_at"]), (&json!("confirmed"), &open[2]["starts_at"]));
}

#[actix_web::test]
async fn an_unanswered_proposal_lapses_and_whoever_asks_gets_the_slot() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let (investor, other) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let open = slots(&test, &investor).await;
    let far = &open[open.len() - 20..];
    let booking = hold(&test, &investor, &far[0]).await;
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    act(&test, &host, &booking, "confirmations", json!({})).await.expect(200);
    let asked = propose(&test, &host, &booking, &far[5]).await.expect(200);
    let day = Duration::hours(24) + Duration::minutes(1);
    let [host, investor, other] = later(&test, day, [&host, &investor, &other]).await;
    // Before anyone has swept it away it is over already: the slot is offered, and whoever asks for it gets it.
    assert!(slots(&test, &other).await.contains(&far[5]));
    assert_eq!(seen(&test, &investor, &booking).await["proposal"], Value::Null);
    let late = act(&test, &investor, &booking, "proposal-acceptances", this(&asked)).await;
    assert_eq!((late.status, late.code()), (409, "talk.proposal_over"));
    hold(&test, &other, &far[5]).await;
    assert_eq!(*history(&seen(&test, &host, &booking).await).last().unwrap(), "move_lapsed");
    // A second one is swept away by the job.
    propose(&test, &investor, &booking, &far[7]).await.expect(200);
    let [host, other] = later(&test, day, [&host, &other]).await;
    free_expired_holds(test.app.clone()).await.unwrap();
    free_expired_holds(test.app.clone()).await.unwrap();
    let stands = seen(&test, &host, &booking).await;
    assert_eq!((&stands["state"], &stands["starts_at"]), (&json!("confirmed"), &far[0]["starts_at"]));
    assert_eq!(history(&stands).iter().filter(|what| **what == "move_lapsed").count(), 2);
    assert_eq!(told(&test, "TalkMoveLapsed").await, 2);
    hold(&test, &other, &far[7]).await;
}

#[actix_web::test]
async fn of_two_who_answer_at_once_one_decides_and_calling_off_frees_both_times() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (_other, address) = test.another().await;
    let open = slots(&test, &investor).await;
    for n in 0..4 {
        let asked = propose(&test, &host, &booking, &open[n + 1]).await.expect(200);
        let path = |what: &str| format!("/api/v1/talks/bookings/{}/{what}", booking["id"].as_str().unwrap());
        let (accept, withdraw) = (path("proposal-acceptances"), path("proposal-withdrawals"));
        let (body, key) = (this(&asked), format!("there-{n}"));
        let there = ask(&test.client, address, "POST", &withdraw, Some(&host), Some(&body), &key);
        let (one, two) = futures_util::join!(test.post(&accept, Some(&investor), &body), there);
        let mut statuses = [one.status, two.unwrap().status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 2);
    }
    let proposals = join_all([&host, &investor].map(|by| propose(&test, by, &booking, &open[8]))).await;
    assert_eq!(proposals.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 4);
    act(&test, &investor, &booking, "cancellations", json!({"reason": "改为来访"})).await.expect(200);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_slot_claims").await, 0);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_proposals WHERE state = 'open'").await, 0);
}

#[actix_web::test]
async fn calling_off_late_is_allowed_told_and_counted() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let second = confirmed(&test, &host, &investor).await;
    assert_eq!(time(&second["starts_at"]).since(time(&second["late_from"])), Duration::hours(24));
    let body = json!({"reason": "临时出差"});
    // What was only asked for is not late to give up.
    let early = hold(&test, &investor, &slots(&test, &investor).await[0]).await;
    act(&test, &investor, &early, "confirmations", json!({})).await.expect(200);
    let wait = time(&second["late_from"]).since(test.app.now()).max(Duration::zero());
    let [host, investor] = later(&test, wait, [&host, &investor]).await;
    let asked = act(&test, &investor, &early, "cancellations", body.clone()).await.expect(200);
    assert_eq!(
        (&asked["late_side"], &asked["investor_record"]["late_cancellations"]),
        (&Value::Null, &json!(0))
    );
    let late = act(&test, &investor, &booking, "cancellations", body.clone()).await.expect(200);
    assert_eq!((&late["state"], &late["late_side"]), (&json!("cancelled"), &json!("investor")));
    assert_eq!(late["investor_record"]["late_cancellations"], 1);
    // The unit sees it at the investor's next talk; its own is marked as its own.
    assert_eq!(seen(&test, &host, &second).await["investor_record"]["late_cancellations"], 1);
    let own = act(&test, &host, &second, "cancellations", body).await.expect(200);
    assert_eq!(
        (&own["late_side"], &own["investor_record"]["late_cancellations"]),
        (&json!("host"), &json!(1))
    );
}

#[actix_web::test]
async fn an_absence_is_marked_within_its_window_and_taken_back() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let mark = async |person: &Person, what: &str| act(&test, person, &booking, what, json!({})).await;
    assert_eq!(mark(&host, "no-shows").await.code(), "talk.not_now");
    let start = time(&booking["starts_at"]);
    let [host, investor] =
        later(&test, start.since(test.app.now()) + Duration::minutes(11), [&host, &investor]).await;
    assert_eq!(mark(&investor, "no-shows").await.status, 403);
    let marked = mark(&host, "no-shows").await.expect(200);
    assert_eq!(marked["investor_record"]["no_shows"], 1);
    assert_eq!(mark(&host, "no-shows").await.code(), "talk.not_now");
    assert!(!seen(&test, &investor, &booking).await["no_show_at"].is_null());
    let undone = mark(&host, "no-show-retractions").await.expect(200);
    assert_eq!((&undone["no_show_at"], &undone["investor_record"]["no_shows"]), (&Value::Null, &json!(0)));
    assert_eq!(history(&undone)[3..], ["no_show", "no_show_undone"]);
    mark(&host, "no-shows").await.expect(200);
    let [host] = later(&test, Duration::hours(48), [&host]).await;
    assert_eq!(act(&test, &host, &booking, "no-show-retractions", json!({})).await.code(), "talk.not_now");
    assert_eq!((told(&test, "TalkMissed").await, told(&test, "TalkMissedUndone").await), (2, 1));
}

#[actix_web::test]
async fn settings_are_the_administrators_and_what_is_booked_keeps_its_own() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let admin = test.person(Role::SystemAdministrator).await;
    let path = "/api/v1/talks/settings";
    let [host, investor, admin] = later(&test, Duration::seconds(5), [&host, &investor, &admin]).await;
    let set = |at: Time| json!({"name": "cancel_notice", "value": 48, "effective_at": at, "reason": "示例：提前两天"});
    let now = test.app.now().plus(Duration::seconds(60));
    assert_eq!(test.post(path, Some(&host), &set(now)).await.status, 403);
    let past = test.post(path, Some(&admin), &set(now.minus(Duration::hours(1)))).await;
    assert_eq!((past.status, past.code()), (422, "talk_setting.in_the_past"));
    test.post(path, Some(&admin), &set(now)).await.expect(201);
    let twice = test.post(path, Some(&admin), &set(now)).await;
    assert_eq!((twice.status, twice.code()), (409, "talk_setting.already_set"));
    let [host, investor] = later(&test, Duration::seconds(120), [&host, &investor]).await;
    let next = confirmed(&test, &host, &investor).await;
    let notice = |view: &Value| time(&view["starts_at"]).since(time(&view["late_from"])).num_hours();
    assert_eq!((notice(&seen(&test, &host, &booking).await), notice(&next)), (24, 48));
    let all = test.get(path, Some(&investor)).await.expect(200);
    assert_eq!(
        all["items"].as_array().unwrap().iter().filter(|one| one["name"] == "cancel_notice").count(),
        2
    );
}

#[actix_web::test]
async fn both_sides_are_reminded_once_a_day_and_an_hour_before_also_after_a_move() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let open = slots(&test, &investor).await;
    let far = &open[open.len() - 30..];
    let booking = hold(&test, &investor, &far[0]).await;
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    act(&test, &host, &booking, "confirmations", json!({})).await.expect(200);
    let gone = hold(&test, &investor, &far[1]).await;
    act(&test, &investor, &gone, "confirmations", json!({})).await.expect(200);
    act(&test, &host, &gone, "confirmations", json!({})).await.expect(200);
    act(&test, &investor, &gone, "cancellations", json!({"reason": "改为来访"})).await.expect(200);
    let run = async || {
        // Two workers at once, and again.
        let both = [test.app.clone(), test.app.clone()].map(remind_talks);
        join_all(both).await.into_iter().for_each(|ran| ran.unwrap());
        remind_talks(test.app.clone()).await.unwrap();
        told(&test, "TalkReminded").await
    };
    let until = |start: &Value, before: Duration| time(start).minus(before).since(test.app.now());
    let minute = Duration::minutes(1);
    let day = Duration::hours(24);
    let [host, investor] = later(&test, until(&far[0]["starts_at"], day + minute), [&host, &investor]).await;
    assert_eq!(run().await, 0);
    let [host, investor] = later(&test, minute * 2, [&host, &investor]).await;
    assert_eq!(run().await, 1);
    let payload = "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'TalkReminded' AND payload LIKE ";
    for reader in [&host.id, &investor.id] {
        assert_eq!(count(&test, &format!("{payload}'%reader_ids%{reader}%'")).await, 1);
    }
    // Moved to a time more than a day ahead: it is reminded of anew.
    let new = far.iter().find(|slot| time(&slot["starts_at"]) > test.app.now().plus(day + minute)).unwrap();
    let asked = propose(&test, &investor, &booking, new).await.expect(200);
    act(&test, &host, &booking, "proposal-acceptances", this(&asked)).await.expect(200);
    assert_eq!(run().await, 1);
    later(&test, until(&new["starts_at"], day), [&host]).await;
    assert_eq!(run().await, 2);
    test.app.clock.advance(until(&new["starts_at"], Duration::hours(1)));
    assert_eq!(run().await, 3);
    test.app.clock.advance(Duration::minutes(30));
    assert_eq!(run().await, 3);
}
