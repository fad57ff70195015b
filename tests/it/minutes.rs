//! Minutes in versions that both sides confirm, what follows from them as tasks, and their paper.
use chrono::Duration;
use diesel::prelude::*;
use futures_util::future::join_all;
use palm::deals::talks::jobs::remind_follow_ups;
use palm::people::auth::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, ask, count};
use crate::talks::{act, confirmed, host};

async fn talk(test: &TestApp) -> (Person, Person, Value) {
    let host = host(test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(test, &host, &investor).await;
    (host, investor, booking)
}

fn path(booking: &Value, more: &str) -> String {
    format!("/api/v1/talks/bookings/{}/minutes{more}", booking["id"].as_str().unwrap())
}

/// What a host writes; tasks of both sides due in ten days.
fn text(test: &TestApp, summary: &str, at: (i32, i32)) -> Value {
    let due = test.app.now().day() + Duration::days(10);
    json!({"number": at.0, "revision": at.1, "summary": summary, "agreed_points": ["先看厂房"], "follow_ups": [
        {"text": "寄送资料", "owner": "host", "due_on": due},
        {"text": "提供用电需求", "owner": "investor", "due_on": due},
    ]})
}

async fn write(test: &TestApp, host: &Person, booking: &Value, body: &Value) -> Answer {
    test.put(&path(booking, ""), Some(host), body).await
}

async fn read(test: &TestApp, person: &Person, booking: &Value) -> Answer {
    test.get(&path(booking, ""), Some(person)).await
}

/// A first version that waits for the investor.
async fn sent(test: &TestApp, host: &Person, booking: &Value) -> Value {
    write(test, host, booking, &text(test, "初步达成一致", (1, 0))).await.expect(200);
    act(test, host, booking, "minutes-sendings", json!({"number": 1, "revision": 1})).await.expect(200)
}

/// Minutes that both sides have confirmed.
async fn standing(test: &TestApp, host: &Person, investor: &Person, booking: &Value) -> Value {
    sent(test, host, booking).await;
    act(test, investor, booking, "minutes-confirmations", json!({"number": 1})).await.expect(200)
}

async fn told(test: &TestApp, name: &str) -> i64 {
    count(test, &format!("SELECT COUNT(*) AS n FROM outbox_events WHERE name = '{name}'")).await
}

fn sides(view: &Value) -> Vec<&str> {
    view["confirmations"].as_array().unwrap().iter().map(|one| one["side"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn both_sides_agree_on_a_version_that_stands_and_the_others_are_kept() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let first = write(&test, &host, &booking, &text(&test, "初步达成一致", (1, 0))).await.expect(200);
    assert_eq!((&first["state"], &first["may"]), (&json!("draft"), &json!(["write", "send"])));
    assert_eq!(read(&test, &investor, &booking).await.status, 404);
    let sent = act(&test, &host, &booking, "minutes-sendings", json!({"number": 1, "revision": 1})).await;
    assert_eq!(sent.expect(200)["may"], json!(["recall"]));
    let again = write(&test, &host, &booking, &text(&test, "悄悄改动", (1, 1))).await;
    assert_eq!((again.status, again.code()), (409, "minutes.not_now"));

    let seen = read(&test, &investor, &booking).await.expect(200);
    assert_eq!((&seen["state"], &seen["may"]), (&json!("sent"), &json!(["confirm", "ask_change"])));
    assert_eq!(sides(&seen), ["host"]);
    let words = json!({"number": 1, "words": "请写明考察日期"});
    let asked = act(&test, &investor, &booking, "minutes-changes", words).await.expect(200);
    assert_eq!((&asked["state"], &asked["may"]), (&json!("changes_asked"), &json!([])));
    let late = act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await;
    assert_eq!((late.status, late.code()), (409, "minutes.not_now"));

    write(&test, &host, &booking, &text(&test, "初步达成一致\n十二月八日考察", (2, 0))).await.expect(200);
    // The next draft is the host's own affair too.
    assert_eq!(read(&test, &investor, &booking).await.expect(200)["number"], 1);
    assert_eq!(test.get(&path(&booking, "-versions/2"), Some(&investor)).await.status, 404);
    act(&test, &host, &booking, "minutes-sendings", json!({"number": 2, "revision": 1})).await.expect(200);
    // Nobody confirms a version that they have not read.
    let blind = act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await;
    assert_eq!((blind.status, blind.code()), (409, "minutes.other_version"));
    let told_apart = test.get(&path(&booking, "-versions/2/differences"), Some(&investor)).await.expect(200);
    assert_eq!((&told_apart["from"]["number"], &told_apart["to"]["number"]), (&json!(1), &json!(2)));
    assert_eq!(
        told_apart["changes"],
        json!([{"part": "summary", "before": null, "after": "十二月八日考察"}])
    );

    let stands =
        act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 2})).await.expect(200);
    assert_eq!((&stands["state"], &stands["unanswered"]), (&json!("published"), &json!(false)));
    assert_eq!(sides(&stands), ["host", "investor"]);
    let kept = test.get(&path(&booking, "-versions/1"), Some(&host)).await.expect(200);
    assert_eq!((&kept["change_asked"], &kept["may"]), (&json!("请写明考察日期"), &json!([])));
    assert_eq!(kept["versions"].as_array().unwrap().len(), 2);
    for number in [(2, 1), (3, 0)] {
        let refused = write(&test, &host, &booking, &text(&test, "再改", number)).await;
        assert_eq!((refused.status, refused.code()), (409, "minutes.published"));
    }
    let names = ["MinutesSent", "MinutesChangeAsked", "MinutesConfirmed", "MinutesPublished"];
    let mut heard = Vec::new();
    for name in names {
        heard.push(told(&test, name).await);
    }
    assert_eq!(heard, [2, 1, 1, 0]);
}

#[actix_web::test]
async fn each_side_keeps_to_its_part_and_strangers_see_nothing() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (stranger, neighbour) = (test.person(Role::Investor).await, test.official("430922").await);
    let leader = test.person(Role::Leader).await;
    sent(&test, &host, &booking).await;
    for (person, status) in [(&stranger, 404), (&neighbour, 404), (&leader, 404), (&investor, 200)] {
        assert_eq!(read(&test, person, &booking).await.status, status);
        assert_eq!(test.get(&path(&booking, "-versions/1/differences"), Some(person)).await.status, status);
    }
    let one = json!({"number": 1});
    for (person, what, status) in [
        (&investor, "minutes-recalls", 403),
        (&investor, "minutes-publications", 403),
        (&host, "minutes-confirmations", 403),
        (&stranger, "minutes-confirmations", 404),
        (&neighbour, "minutes-recalls", 404),
    ] {
        assert_eq!(act(&test, person, &booking, what, one.clone()).await.status, status, "{what}");
    }
    act(&test, &host, &booking, "minutes-recalls", one.clone()).await.expect(200);
    let gone = act(&test, &investor, &booking, "minutes-confirmations", one).await;
    assert_eq!((gone.status, gone.code()), (409, "minutes.not_now"));
    assert_eq!(read(&test, &investor, &booking).await.expect(200)["state"], "recalled");
    assert_eq!(read(&test, &leader, &booking).await.status, 404);
}

#[actix_web::test]
async fn of_two_who_write_one_is_told_and_a_draft_is_sent_as_it_was_read() {
    let test = TestApp::start().await;
    let (host, _, booking) = talk(&test).await;
    let colleague = test.official(crate::talks::UNIT).await;
    let (_other, address) = test.another().await;
    for revision in 0..4 {
        let (mine, yours) = (text(&test, "我写的", (1, revision)), text(&test, "您写的", (1, revision)));
        let (there, key) = (path(&booking, ""), format!("there-{revision}"));
        let other = ask(&test.client, address, "PUT", &there, Some(&colleague), Some(&yours), &key);
        let (one, two) = futures_util::join!(write(&test, &host, &booking, &mine), other);
        let mut answers = [one, two.unwrap()];
        answers.sort_by_key(|answer| answer.status);
        assert_eq!((answers[0].status, answers[1].status), (200, 409), "{}", answers[1].body);
        assert_eq!(answers[1].code(), "minutes.written_meanwhile");
        assert_eq!(read(&test, &host, &booking).await.expect(200)["summary"], answers[0].body["summary"]);
    }
    let stale = act(&test, &host, &booking, "minutes-sendings", json!({"number": 1, "revision": 3})).await;
    assert_eq!((stale.status, stale.code()), (409, "minutes.written_meanwhile"));
    let mut open = text(&test, "无时限", (1, 4));
    open["follow_ups"][0]["due_on"] = Value::Null;
    write(&test, &host, &booking, &open).await.expect(200);
    let early = act(&test, &host, &booking, "minutes-sendings", json!({"number": 1, "revision": 5})).await;
    assert_eq!((early.status, early.code()), (422, "minutes.incomplete"));
    open["revision"] = json!(5);
    open["follow_ups"][0]["owner_id"] = json!("01890000-0000-7000-8000-000000000000");
    let refused = write(&test, &host, &booking, &open).await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (422, &json!("follow_ups[0].owner_id"))
    );
}

#[actix_web::test]
async fn of_confirming_and_taking_back_at_once_one_happens() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (_other, address) = test.another().await;
    let mut stood = false;
    for number in 1..6 {
        write(&test, &host, &booking, &text(&test, "初步达成一致", (number, 0))).await.expect(200);
        let read = json!({"number": number, "revision": 1});
        act(&test, &host, &booking, "minutes-sendings", read).await.expect(200);
        let (one, key) = (json!({"number": number}), format!("there-{number}"));
        let there = path(&booking, "-recalls");
        let recall = ask(&test.client, address, "POST", &there, Some(&host), Some(&one), &key);
        let confirm = act(&test, &investor, &booking, "minutes-confirmations", one.clone());
        let (confirmed, recalled) = futures_util::join!(confirm, recall);
        let mut statuses = [confirmed.status, recalled.unwrap().status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        stood = confirmed.status == 200;
        if stood {
            break;
        }
    }
    let standing = "SELECT COUNT(*) AS n FROM talk_minutes_versions WHERE state = 'published'";
    assert_eq!(count(&test, standing).await, i64::from(stood));
    let words = "SELECT COUNT(*) AS n FROM talk_minutes_confirmations WHERE side = 'investor'";
    assert_eq!(count(&test, words).await, i64::from(stood));
}

#[actix_web::test]
async fn what_is_not_answered_stands_after_the_days_that_were_set_and_says_so() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let waits = sent(&test, &host, &booking).await;
    let one = json!({"number": 1});
    let early = act(&test, &host, &booking, "minutes-publications", one.clone()).await;
    assert_eq!((early.status, early.code()), (409, "minutes.not_now"));
    // Five days were set when it was sent; what is set later is for what is sent later.
    let admin = test.person(Role::SystemAdministrator).await;
    let at = test.app.now().plus(Duration::seconds(30));
    let longer = json!({"name": "minutes_days", "value": 30, "effective_at": at, "reason": "示例"});
    test.post("/api/v1/talks/settings", Some(&admin), &longer).await.expect(201);
    test.app.clock.advance(Duration::days(5) - Duration::hours(1));
    let host = test.renewed(&host);
    assert_eq!(read(&test, &host, &booking).await.expect(200)["may"], json!(["recall"]));
    test.app.clock.advance(Duration::hours(1));
    let (host, investor) = (test.renewed(&host), test.renewed(&investor));
    assert_eq!(read(&test, &host, &booking).await.expect(200)["may"], json!(["recall", "publish"]));
    let stands = act(&test, &host, &booking, "minutes-publications", one).await.expect(200);
    assert_eq!((&stands["state"], &stands["unanswered"]), (&json!("published"), &json!(true)));
    assert_eq!((sides(&stands), &stands["publishable_at"]), (vec!["host"], &waits["publishable_at"]));
    assert_eq!((told(&test, "MinutesPublished").await, told(&test, "MinutesConfirmed").await), (1, 0));
    let seen = read(&test, &investor, &booking).await.expect(200);
    assert_eq!((&seen["unanswered"], &seen["may"]), (&json!(true), &json!([])));
}

#[actix_web::test]
async fn the_tables_themselves_refuse_what_the_rule_forbids() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let tried = async |sql: &'static str| {
        test.app.db.write(move |conn| Ok(diesel::sql_query(sql).execute(conn)?)).await.is_ok()
    };
    write(&test, &host, &booking, &text(&test, "草稿", (1, 0))).await.expect(200);
    let word = "INSERT INTO talk_minutes_confirmations (booking_id, number, side, by_id, by_name, at) \
                SELECT booking_id, number, 'investor', written_by, 'x', written_at FROM talk_minutes_versions";
    assert!(!tried(word).await, "a draft is confirmed");
    act(&test, &host, &booking, "minutes-sendings", json!({"number": 1, "revision": 1})).await.expect(200);
    let stand = "UPDATE talk_minutes_versions SET state = 'published', ended_at = sent_at";
    assert!(!tried(stand).await, "it stands with one side's word");
    assert!(
        !tried("UPDATE talk_minutes_versions SET state = 'published', ended_at = sent_at, unanswered = TRUE")
            .await,
        "it stands before the days have passed"
    );
    assert!(!tried("UPDATE talk_minutes_versions SET summary = 'x'").await, "what was sent is worded anew");
    assert!(!tried("DELETE FROM talk_minutes_versions").await, "a version is gone");
    act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await.expect(200);
    assert!(!tried("DELETE FROM talk_minutes_confirmations").await, "a word is taken back");
    let second = "INSERT INTO talk_minutes_versions SELECT booking_id, 2, 'draft', 1, summary, agreed_points, \
                  follow_ups, written_by, written_by_name, written_at, NULL, NULL, NULL, NULL, FALSE \
                  FROM talk_minutes_versions";
    assert!(!tried(second).await, "there is another version beside the one that stands");
}

#[actix_web::test]
async fn follow_ups_are_tasks_of_the_side_that_answers_for_them() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let colleague = test.official(crate::talks::UNIT).await;
    let tasks = async |person: &Person, query: &str| {
        test.get(&format!("/api/v1/talks/follow-ups{query}"), Some(person)).await.expect(200)
    };
    sent(&test, &host, &booking).await;
    assert_eq!(tasks(&host, "").await["items"], json!([]));
    let stands =
        act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await.expect(200);
    assert_eq!(stands["tasks"][1]["may_end"], true);
    let (ours, theirs) = (tasks(&host, "").await, tasks(&investor, "").await);
    let (ours, theirs) = (&ours["items"][0], &theirs["items"][0]);
    assert_eq!(
        (&ours["text"], &ours["mine"], &ours["topic"]),
        (&json!("寄送资料"), &json!(true), &booking["topic"])
    );
    assert_eq!((&theirs["text"], &theirs["owner"]), (&json!("提供用电需求"), &json!("investor")));
    assert_eq!(tasks(&colleague, "").await["items"], json!([]));
    let units = tasks(&colleague, "?of_unit=true").await;
    assert_eq!((&units["items"][0]["id"], &units["items"][0]["mine"]), (&ours["id"], &json!(false)));
    assert_eq!(units["items"].as_array().unwrap().len(), 1);

    let of = |task: &Value, what: &str| {
        format!("/api/v1/talks/follow-ups/{}/{what}", task["id"].as_str().unwrap())
    };
    let wrong = test.post(&of(theirs, "completions"), Some(&host), &json!({})).await;
    assert_eq!((wrong.status, wrong.code()), (403, "follow_up.other_side"));
    let stranger = test.person(Role::Investor).await;
    assert_eq!(test.post(&of(theirs, "completions"), Some(&stranger), &json!({})).await.status, 404);
    let dropped = json!({"reason": "改用自备电源"});
    let dropped = test.post(&of(theirs, "drops"), Some(&investor), &dropped).await.expect(200);
    assert_eq!((&dropped["state"], &dropped["reason"]), (&json!("dropped"), &json!("改用自备电源")));
    let done = test.post(&of(ours, "completions"), Some(&colleague), &json!({})).await.expect(200);
    assert_eq!((&done["state"], &done["may_end"]), (&json!("done"), &json!(false)));
    let twice = test.post(&of(ours, "completions"), Some(&host), &json!({})).await;
    assert_eq!((twice.status, twice.code()), (409, "follow_up.ended"));
    assert_eq!(tasks(&host, "").await["items"], json!([]));
    assert_eq!(tasks(&host, "?state=done").await["items"][0]["id"], ours["id"]);
    assert_eq!((told(&test, "TalkFollowUpDone").await, told(&test, "TalkFollowUpDropped").await), (1, 1));
}

#[actix_web::test]
async fn my_tasks_go_over_all_talks_by_their_day_in_pages_and_the_late_ones_are_marked() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let today = test.app.now().day();
    for days in [[3, 9, 3], [1, 20, 5]] {
        let booking = confirmed(&test, &host, &investor).await;
        let follow_ups = days.map(|n| json!({"text": format!("第 {n} 天"), "owner": "investor", "due_on": today + Duration::days(n)}));
        let body = json!({"number": 1, "revision": 0, "summary": "示例", "agreed_points": [], "follow_ups": follow_ups});
        write(&test, &host, &booking, &body).await.expect(200);
        act(&test, &host, &booking, "minutes-sendings", json!({"number": 1, "revision": 1}))
            .await
            .expect(200);
        act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await.expect(200);
    }
    test.app.clock.advance(Duration::days(4));
    let investor = test.renewed(&investor);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            test.get(&format!("/api/v1/talks/follow-ups?limit=2{cursor}"), Some(&investor)).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items.iter().map(|one| (one["text"].as_str().unwrap().to_owned(), one["overdue"] == true)),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected = [1, 3, 3, 5, 9, 20].map(|n| (format!("第 {n} 天"), n < 4));
    assert_eq!(seen, expected);
    for bad in ["x", "WyJhIiwiYiJd"] {
        let answer = test.get(&format!("/api/v1/talks/follow-ups?cursor={bad}"), Some(&investor)).await;
        assert_eq!(answer.status, 422);
    }
}

#[actix_web::test]
async fn who_answers_for_a_follow_up_is_reminded_the_day_before_and_when_it_is_late_each_once() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let view = standing(&test, &host, &investor, &booking).await;
    let run = async || {
        // Two workers at once, and again.
        let both = [test.app.clone(), test.app.clone()].map(remind_follow_ups);
        join_all(both).await.into_iter().for_each(|ran| ran.unwrap());
        remind_follow_ups(test.app.clone()).await.unwrap();
        (told(&test, "TalkFollowUpDue").await, told(&test, "TalkFollowUpOverdue").await)
    };
    assert_eq!(run().await, (0, 0));
    test.app.clock.advance(Duration::days(9));
    assert_eq!(run().await, (2, 0));
    let payload = "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'TalkFollowUpDue' AND payload LIKE ";
    for (reader, words) in [(&host.id, "寄送资料"), (&investor.id, "提供用电需求")] {
        let only = format!("{payload}'%\"reader_ids\":[\"{reader}\"]%{words}%'");
        assert_eq!(count(&test, &only).await, 1, "{words}");
    }
    let task = view["tasks"][0]["id"].as_str().unwrap();
    let done = format!("/api/v1/talks/follow-ups/{task}/completions");
    test.post(&done, Some(&test.renewed(&host)), &json!({})).await.expect(200);
    test.app.clock.advance(Duration::days(1));
    assert_eq!(run().await, (2, 0));
    test.app.clock.advance(Duration::days(1));
    assert_eq!(run().await, (2, 1));
    test.app.clock.advance(Duration::days(30));
    assert_eq!(run().await, (2, 1));
}

#[actix_web::test]
async fn a_unit_keeps_the_headings_that_its_minutes_begin_with() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let neighbour = test.official("430922").await;
    let path = format!("/api/v1/talks/minutes-templates/{}", crate::talks::UNIT);
    let empty = test.get(&path, Some(&host)).await.expect(200);
    assert_eq!((&empty["headings"], &empty["version"]), (&json!([]), &json!(0)));
    let set = |version: i32| json!({"version": version, "headings": ["项目概况", "用地需求", "下一步"]});
    assert_eq!(test.put(&path, Some(&neighbour), &set(0)).await.status, 404);
    assert_eq!(test.put(&path, Some(&host), &set(0)).await.expect(200)["version"], 1);
    for stale in [0, 2] {
        let refused = test.put(&path, Some(&host), &set(stale)).await;
        assert_eq!((refused.status, refused.code()), (409, "request.conflict"));
    }
    assert_eq!(test.get(&path, Some(&neighbour)).await.expect(200)["headings"][1], "用地需求");
    let many: Vec<String> = (0..21).map(|n| format!("第 {n} 节")).collect();
    let refused = test.put(&path, Some(&host), &json!({"version": 1, "headings": many})).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("headings")));
}

/// The words of a PDF without blanks.
fn words(test: &TestApp, pdf: &[u8]) -> String {
    let file = test.place().path().join("minutes.pdf");
    std::fs::write(&file, pdf).unwrap();
    let text = std::process::Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
    assert!(text.status.success());
    String::from_utf8(text.stdout).unwrap().split_whitespace().collect()
}

#[actix_web::test]
async fn minutes_that_stand_can_be_printed_and_no_others() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    sent(&test, &host, &booking).await;
    assert_eq!(test.get(&path(&booking, "/paper"), Some(&host)).await.status, 404);
    act(&test, &investor, &booking, "minutes-confirmations", json!({"number": 1})).await.expect(200);
    let pdf = test.bytes(&path(&booking, "/paper"), &investor).await;
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(test.bytes(&path(&booking, "/paper"), &host).await, pdf);
    // Read by another program, without its blanks: the wording, what follows, both confirmations, the version.
    let words = words(&test, &pdf);
    let view = read(&test, &host, &booking).await.expect(200);
    assert_eq!(sides(&view), ["host", "investor"]);
    let day = (test.app.now().day() + Duration::days(10)).to_string();
    for told in [
        "黑茶精深加工",
        "初步达成一致",
        "先看厂房",
        "寄送资料",
        "提供用电需求",
        day.as_str(),
        "第1版",
        "Version1",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    for one in view["confirmations"].as_array().unwrap() {
        let at: palm::platform::clock::Time = serde_json::from_value(one["at"].clone()).unwrap();
        let line = format!("{}{}", one["by_name"].as_str().unwrap(), at.in_china().format("%Y-%m-%d%H:%M"));
        assert!(words.contains(&line), "{line}: {words}");
    }
    assert_eq!(words.matches("（北京时间Beijing）").count(), 2, "{words}");
    assert!(!words.contains("未答复"), "both have answered: {words}");
    let stranger = test.person(Role::Investor).await;
    assert_eq!(test.get(&path(&booking, "/paper"), Some(&stranger)).await.status, 404);
}
