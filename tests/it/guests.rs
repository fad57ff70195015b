//! Guests of a talk: a link for one device, a pass for one room, and nothing else.
use chrono::Duration;
use futures_util::future::join_all;
use palm::people::auth::Role;
use palm::people::auth::permission;
use palm::platform::clock::Time;
use palm::platform::random;
use serde_json::{Value, json};

use crate::support::{Answer, Person, TestApp, ask, count, take_in};
use crate::talks::{Socket, act, confirmed, enter, host, next, say, slots, ticket};

pub async fn talk(test: &TestApp) -> (Person, Person, Value) {
    let host = host(test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(test, &host, &investor).await;
    (host, investor, booking)
}

pub async fn invite(test: &TestApp, person: &Person, booking: &Value, name: &str) -> Value {
    act(test, person, booking, "guests", json!({"name": name, "language": "en"})).await.expect(201)
}

pub fn key_of(made: &Value) -> String {
    made["link"].as_str().unwrap().split("key=").nth(1).unwrap().to_owned()
}

pub async fn open(test: &TestApp, key: &str, pass: &str) -> Answer {
    test.post("/api/v1/talks/guest-openings", None, &json!({"key": key, "pass": pass})).await
}

/// Asks as a guest's device does.
pub async fn shows(test: &TestApp, method: &str, path: &str, pass: &str) -> reqwest::Response {
    let request = test.client.request(method.parse().unwrap(), test.url(path)).header("Guest-Pass", pass);
    let request = if method == "POST" { request.json(&json!({})) } else { request };
    request.send().await.unwrap()
}

pub async fn come_in(test: &TestApp, pass: &str) -> Socket {
    let answer = shows(test, "POST", "/api/v1/talks/guest-tickets", pass).await;
    assert_eq!(answer.status(), 201);
    let body: Value = answer.json().await.unwrap();
    enter(test, body["ticket"].as_str().unwrap(), 0).await
}

/// Gives a guest a place, with a reason where one is needed.
pub async fn seat(test: &TestApp, by: &Person, booking: &Value, guest: &Value, place: &str) -> Answer {
    let mut body = json!({"guest_id": guest, "place": place});
    if ["refused", "removed"].contains(&place) {
        body["reason"] = json!("本场只谈用地");
    }
    act(test, by, booking, "guest-seatings", body).await
}

#[actix_web::test]
async fn a_link_opens_once_on_one_device_and_leads_into_one_room() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    act(&test, &investor, &booking, "messages", json!({"client_id": "a", "body": "底价先不告诉别人"}))
        .await
        .expect(201);
    let made = invite(&test, &investor, &booking, "Anna").await;
    let (key, pass) = (key_of(&made), random::token());
    // The table holds no key and no pass.
    let held =
        format!("SELECT COUNT(*) AS n FROM talk_guests WHERE key_hash = '{key}' OR key_hash LIKE '%{key}%'");
    assert_eq!(count(&test, &held).await, 0);
    assert_eq!(open(&test, &random::token(), &pass).await.status, 404);
    assert_eq!(open(&test, &key, "short").await.status, 422);
    for path in ["/api/v1/talks/guest-room", "/api/v1/talks/guest-calendar.ics"] {
        assert_eq!(shows(&test, "GET", path, &pass).await.status(), 404);
        assert_eq!(test.get(path, None).await.status, 404);
    }
    let room = open(&test, &key, &pass).await.expect(200);
    assert_eq!(
        (&room["name"], &room["language"], &room["topic"]),
        (&json!("Anna"), &json!("en"), &booking["topic"])
    );
    assert_eq!(room["investor_name"], Value::Null);
    // An answer that was lost is asked for again by the same device; another one gets nothing.
    assert_eq!(open(&test, &key, &pass).await.expect(200), room);
    let other = open(&test, &key, &random::token()).await;
    assert_eq!((other.status, other.code()), (409, "talk.guest_link_used"));
    let calendar = shows(&test, "GET", "/api/v1/talks/guest-calendar.ics", &pass).await;
    assert!(calendar.text().await.unwrap().starts_with("BEGIN:VCALENDAR"));

    let mut guest = come_in(&test, &pass).await;
    assert_eq!(next(&mut guest, "lobby").await["type"], "lobby");
    seat(&test, &host, &booking, &room["guest_id"], "speaker").await.expect(200);
    assert_eq!(next(&mut guest, "welcome").await["role"], "speaker");
    let mut side = enter(&test, &ticket(&test, &host, &booking).await, 0).await;
    let met = loop {
        let seen = next(&mut side, "presence").await;
        let found = seen["peers"].as_array().unwrap().iter().find(|peer| peer["side"] == "guest").cloned();
        if let Some(found) = found {
            break found;
        }
    };
    assert_eq!(met["name"], "Anna");
    say(&mut guest, json!({"type": "send", "client_id": "g1", "body": "Good morning"})).await;
    // What was said before the invitation stays between the two sides.
    let first = next(&mut guest, "message").await["message"].clone();
    assert_ne!(first["body"], "底价先不告诉别人");
    let heard = loop {
        let message = next(&mut side, "message").await["message"].clone();
        if message["client_id"] == "g1" {
            break message;
        }
    };
    assert_eq!((&heard["sender_name"], &heard["sender_id"]), (&json!("Anna"), &room["guest_id"]));
    for (operation, n) in [("open_guest_link", 1), ("create_guest_ticket", 1), ("invite_guest", 1)] {
        let lines = format!(
            "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = '{operation}' AND detail LIKE 'guest/%'"
        );
        assert_eq!(count(&test, &lines).await, n, "{operation}");
    }
    // Both sides see who was invited by whom; whoever is taken back has to leave.
    let path = format!("/api/v1/talks/bookings/{}/guests", booking["id"].as_str().unwrap());
    let list = test.get(&path, Some(&host)).await.expect(200);
    assert!(!list["items"][0]["opened_at"].is_null(), "{list}");
    act(&test, &host, &booking, "guest-revocations", json!({"guest_id": room["guest_id"]})).await.expect(200);
    assert_eq!(next(&mut guest, "nothing").await, 4401);
    let over = shows(&test, "GET", "/api/v1/talks/guest-room", &pass).await;
    assert_eq!(over.status(), 409);
    assert_eq!(open(&test, &key, &pass).await.code(), "talk.guest_link_over");
}

#[actix_web::test]
async fn a_guest_opens_the_files_that_were_shared_while_they_were_inside() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (_, _, other) = talk(&test).await;
    let share = async |person: &Person, booking: &Value, name: &str| {
        let url = test.url(&format!("/api/v1/talks/bookings/{}/files", booking["id"].as_str().unwrap()));
        let part = reqwest::multipart::Part::bytes(b"%PDF-1.7 plan".to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().text("client_id", name.to_owned()).part("file", part);
        let request = test
            .client
            .post(&url)
            .bearer_auth(&person.token)
            .header("Idempotency-Key", palm::platform::id::fresh());
        let sent: Value = request.multipart(form).send().await.unwrap().json().await.unwrap();
        format!("/api/v1/talks/guest-files/{}", sent["file"]["id"].as_str().unwrap())
    };
    let before = share(&investor, &booking, "底价.pdf").await;
    let made = invite(&test, &host, &booking, "Anna").await;
    let (key, pass) = (key_of(&made), random::token());
    let room = open(&test, &key, &pass).await.expect(200);
    let waiting = share(&investor, &booking, "候场.pdf").await;
    let status = async |path: &str, pass: &str| shows(&test, "GET", path, pass).await.status().as_u16();
    assert_eq!(status(&waiting, &pass).await, 409, "nobody has admitted them");
    seat(&test, &host, &booking, &room["guest_id"], "listener").await.expect(200);
    let heard = share(&host, &booking, "厂房图.pdf").await;
    let got = shows(&test, "GET", &heard, &pass).await;
    assert!(got.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(got.bytes().await.unwrap(), "%PDF-1.7 plan");
    assert_eq!(status(&heard, &random::token()).await, 404, "another device");
    for hidden in [&before, &waiting] {
        assert_eq!(status(hidden, &pass).await, 404, "shared before they came in");
    }
    assert_eq!(test.get(&heard, Some(&investor)).await.status, 404, "no pass, no file");
    let theirs = invite(&test, &host, &other, "Bob").await;
    let bobs = random::token();
    let bob = open(&test, &key_of(&theirs), &bobs).await.expect(200);
    seat(&test, &host, &other, &bob["guest_id"], "listener").await.expect(200);
    assert_eq!(status(&heard, &bobs).await, 404, "another talk's guest");
    seat(&test, &host, &booking, &room["guest_id"], "removed").await.expect(200);
    assert_eq!(status(&heard, &pass).await, 409, "sent away");
}

#[actix_web::test]
async fn a_guests_pass_opens_nothing_else() {
    let test = TestApp::start().await;
    let (_, investor, booking) = talk(&test).await;
    let (key, pass) = (key_of(&invite(&test, &investor, &booking, "翻译").await), random::token());
    open(&test, &key, &pass).await.expect(200);
    let guest = Person { id: String::new(), token: pass.clone(), refresh: String::new() };
    let id = booking["id"].as_str().unwrap();
    let mut asked = 0;
    for (method, path, operation) in palm::openapi::operations() {
        let path =
            path.split('{')
                .enumerate()
                .map(|(n, part)| {
                    if n == 0 { part.to_owned() } else { format!("{id}{}", part.split_once('}').unwrap().1) }
                })
                .collect::<String>();
        if permission::is_public(&operation) {
            continue;
        }
        asked += 1;
        // The pass in its own header makes nobody of anyone, and it is no token.
        let plain = shows(&test, method.as_str(), &path, &pass).await;
        assert_eq!(plain.status(), 401, "{operation}");
        let body = (method != "GET").then(|| json!({}));
        let as_token = test.send(method.as_str(), &path, Some(&guest), body.as_ref()).await;
        assert_eq!(as_token.status, 401, "{operation}");
    }
    assert!(asked > 100, "{asked}");
}

#[actix_web::test]
async fn of_many_devices_that_open_a_link_at_once_one_is_let_in() {
    let test = TestApp::start().await;
    let (_, investor, booking) = talk(&test).await;
    let (_other, address) = test.another().await;
    let key = key_of(&invite(&test, &investor, &booking, "同事").await);
    let passes: Vec<String> = (0..12).map(|_| random::token()).collect();
    let opened = join_all(passes.iter().enumerate().map(|(n, pass)| {
        let (body, door) =
            (json!({"key": key, "pass": pass}), if n % 2 == 0 { test.address } else { address });
        let client = &test.client;
        async move {
            ask(client, door, "POST", "/api/v1/talks/guest-openings", None, Some(&body), "k")
                .await
                .unwrap()
                .status
        }
    }))
    .await;
    assert_eq!(opened.iter().filter(|status| **status == 200).count(), 1, "{opened:?}");
    assert_eq!(opened.iter().filter(|status| **status == 409).count(), 11);
    let winner = &passes[opened.iter().position(|status| *status == 200).unwrap()];
    assert_eq!(open(&test, &key, winner).await.status, 200);
}

#[actix_web::test]
async fn links_end_with_the_talk_are_few_and_only_the_two_sides_give_them() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (stranger, leader) = (test.person(Role::Investor).await, test.person(Role::Leader).await);
    let body = json!({"name": "某人", "language": "zh"});
    assert_eq!(act(&test, &stranger, &booking, "guests", body.clone()).await.status, 404);
    assert_eq!(act(&test, &leader, &booking, "guests", body.clone()).await.status, 403);
    let mut keys = Vec::new();
    for n in 0..6 {
        let by = if n % 2 == 0 { &host } else { &investor };
        keys.push(key_of(&invite(&test, by, &booking, &format!("嘉宾{n}")).await));
    }
    let full = act(&test, &host, &booking, "guests", body.clone()).await;
    assert_eq!((full.status, full.code()), (409, "talk.guests_too_many"));
    let pass = random::token();
    open(&test, &keys[0], &pass).await.expect(200);
    let second = confirmed(&test, &host, &investor).await;
    let gone = key_of(&invite(&test, &host, &second, "嘉宾").await);
    act(&test, &investor, &second, "cancellations", json!({"reason": "改期再约"})).await.expect(200);
    assert_eq!(open(&test, &gone, &random::token()).await.code(), "talk.guest_link_over");
    let end: Time = serde_json::from_value(booking["ends_at"].clone()).unwrap();
    test.app.clock.advance(end.since(test.app.now()) + Duration::hours(2) - Duration::minutes(1));
    open(&test, &keys[1], &random::token()).await.expect(200);
    test.app.clock.advance(Duration::minutes(2));
    assert_eq!(open(&test, &keys[2], &random::token()).await.code(), "talk.guest_link_over");
    assert_eq!(shows(&test, "POST", "/api/v1/talks/guest-tickets", &pass).await.status(), 409);
}

#[actix_web::test]
#[ignore = "asks another program that reads calendars: scripts/test.sh brings it and runs this"]
async fn a_guests_calendar_follows_the_talk_while_their_link_holds() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (key, pass) = (key_of(&invite(&test, &host, &booking, "Anna").await), random::token());
    open(&test, &key, &pass).await.expect(200);
    let calendar = async || shows(&test, "GET", "/api/v1/talks/guest-calendar.ics", &pass).await;
    let mut files = vec![calendar().await.text().await.unwrap()];
    let slot = slots(&test, &investor).await[4].clone();
    let body = json!({"starts_at": slot["starts_at"], "reason": "另有会议"});
    let asked = act(&test, &host, &booking, "proposals", body).await.expect(200);
    let this = json!({"proposal_id": asked["proposal"]["id"]});
    let moved = act(&test, &investor, &booking, "proposal-acceptances", this).await.expect(200);
    files.push(calendar().await.text().await.unwrap());
    for (held, talk) in take_in(&files, "ics").iter().zip([&booking, &moved]) {
        assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
        assert_eq!(held[0][2].as_str().unwrap()[..16], talk["starts_at"].as_str().unwrap()[..16]);
        assert_eq!(held[0][3], "CONFIRMED");
    }
    // Called off, the link is over: who left an address has it taken out by mail.
    act(&test, &host, &booking, "cancellations", json!({"reason": "项目暂停"})).await.expect(200);
    assert_eq!(calendar().await.status(), 409);
}
