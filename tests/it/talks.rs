//! Talks: a slot is sold once, holds lapse, both sides talk in order, and a project grows out of it.
use std::collections::HashMap;

use aws_lc_rs::hmac;
use chrono::Duration;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use palm::deals::talks::{Booking, Host, Hosting, NewHold, keep_availability};
use palm::people::auth::{AccountId, Role};
use palm::platform::language::Language;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Person, TestApp, take_in};

pub const UNIT: &str = "430903";

pub async fn host(test: &TestApp) -> Person {
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let host = test.official(UNIT).await;
    let id: AccountId = host.id.parse().unwrap();
    let week: Vec<(i32, i32, i32)> = (1..=7).map(|day| (day, 540, 1020)).collect();
    test.app.db.write(move |conn| keep_availability(conn, &id, &week)).await.unwrap();
    host
}

pub async fn slots(test: &TestApp, person: &Person) -> Vec<Value> {
    let from = test.app.now().day() + Duration::days(1);
    let path = format!("/api/v1/talks/slots?unit_id={UNIT}&from={from}&to={}", from + Duration::days(6));
    test.get(&path, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

pub fn hold_body(slot: &Value) -> Value {
    json!({"unit_id": UNIT, "host_id": slot["host_id"], "starts_at": slot["starts_at"], "topic": "黑茶精深加工", "language": "zh"})
}

pub async fn hold(test: &TestApp, investor: &Person, slot: &Value) -> Value {
    test.post("/api/v1/talks/holds", Some(investor), &hold_body(slot)).await.expect(201)
}

pub async fn act(
    test: &TestApp,
    person: &Person,
    booking: &Value,
    what: &str,
    body: Value,
) -> crate::support::Answer {
    let path = format!("/api/v1/talks/bookings/{}/{what}", booking["id"].as_str().unwrap());
    test.post(&path, Some(person), &body).await
}

/// A talk that both sides have confirmed.
pub async fn confirmed(test: &TestApp, host: &Person, investor: &Person) -> Value {
    let slot = slots(test, investor).await.remove(0);
    let booking = hold(test, investor, &slot).await;
    act(test, investor, &booking, "confirmations", json!({})).await.expect(200);
    act(test, host, &booking, "confirmations", json!({})).await.expect(200)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[actix_web::test]
async fn of_200_claims_on_50_slots_each_slot_is_sold_once() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let open = slots(&test, &investor).await;
    let starts: Vec<palm::platform::clock::Time> =
        open.iter().take(50).map(|s| serde_json::from_value(s["starts_at"].clone()).unwrap()).collect();
    assert_eq!(starts.len(), 50);
    let (host_id, now): (AccountId, _) = (host.id.parse().unwrap(), test.app.now());
    let claims = (0..200).map(|n| {
        let (host_id, start, investor) =
            (host_id.clone(), starts[n / 4], investor.id.parse::<AccountId>().unwrap());
        test.app.db.write(move |conn| {
            let host = Host::find(conn, &host_id)?.unwrap();
            let hold = NewHold {
                hosts: vec![host],
                hosting: Hosting::One,
                investor_id: investor.clone(),
                investor_name: format!("客商{n}"),
                site: None,
                topic: "初谈".to_owned(),
                language: Language::Zh,
                starts_at: start,
            };
            Booking::hold(conn, &hold, now)
        })
    });
    let outcomes = join_all(claims).await;
    let mut sold: HashMap<_, u32> = HashMap::new();
    for booking in outcomes.iter().flatten() {
        *sold.entry(booking.starts_at).or_default() += 1;
    }
    assert_eq!(sold.len(), 50);
    assert!(sold.values().all(|n| *n == 1), "{sold:?}");
    let refused: Vec<&str> =
        outcomes.iter().filter_map(|o| o.as_ref().err()).map(|e| e.code().name).collect();
    assert_eq!(refused.len(), 150);
    assert!(refused.iter().all(|code| *code == "talk.slot_taken"), "{refused:?}");
}

#[actix_web::test]
async fn the_same_race_doubles_a_twin_that_looks_before_it_writes() {
    let test = TestApp::start().await;
    let create = "CREATE TABLE twin (slot TEXT NOT NULL)";
    test.app.db.write(move |conn| Ok(diesel::sql_query(create).execute(conn)?)).await.unwrap();
    // All four who want a slot have looked before the first of them writes, as can happen on any day.
    let looked: Vec<_> = (0..50).map(|_| std::sync::Arc::new(tokio::sync::Barrier::new(4))).collect();
    let claims = (0..200).map(|n| {
        let (app, looked, slot) = (test.app.clone(), looked[n / 4].clone(), n / 4);
        async move {
            let look = format!("SELECT COUNT(*) AS n FROM twin WHERE slot = '{slot}'");
            let write = format!("INSERT INTO twin VALUES ('{slot}')");
            let count = move |conn: &mut _| Ok(diesel::sql_query(look).get_result::<Count>(conn)?.n);
            let taken = app.read(count).await.unwrap();
            looked.wait().await;
            if taken == 0 {
                app.db.write(move |conn| Ok(diesel::sql_query(&write).execute(conn)?)).await.unwrap();
            }
        }
    });
    join_all(claims).await;
    let all = "SELECT COUNT(*) AS n FROM twin";
    let sold =
        test.app.read(move |conn| Ok(diesel::sql_query(all).get_result::<Count>(conn)?.n)).await.unwrap();
    assert!(sold > 50, "the race has no teeth: {sold}");
}

#[actix_web::test]
async fn a_lapsed_hold_is_sold_to_the_next_who_asks() {
    let test = TestApp::start().await;
    host(&test).await;
    let (first, second) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let slot = slots(&test, &first).await.remove(3);
    let booking = hold(&test, &first, &slot).await;
    let taken = test.post("/api/v1/talks/holds", Some(&second), &hold_body(&slot)).await;
    assert_eq!((taken.status, taken.code()), (409, "talk.slot_taken"));
    assert!(!slots(&test, &second).await.contains(&slot));
    test.app.clock.advance(Duration::minutes(6));
    assert!(slots(&test, &second).await.contains(&slot));
    hold(&test, &second, &slot).await;
    let late = act(&test, &first, &booking, "confirmations", json!({})).await;
    assert_eq!((late.status, late.code()), (409, "talk.hold_expired"));
    let seen =
        test.get(&format!("/api/v1/talks/bookings/{}", booking["id"].as_str().unwrap()), Some(&first)).await;
    assert_eq!(seen.expect(200)["state"], "expired");
}

#[actix_web::test]
async fn the_job_frees_lapsed_holds() {
    let test = TestApp::start().await;
    host(&test).await;
    let investor = test.person(Role::Investor).await;
    let slot = slots(&test, &investor).await.remove(0);
    hold(&test, &investor, &slot).await;
    test.app.clock.advance(Duration::minutes(6));
    palm::deals::talks::jobs::free_expired_holds(test.app.clone()).await.unwrap();
    let left = "SELECT COUNT(*) AS n FROM talk_slot_claims";
    let left =
        test.app.read(move |conn| Ok(diesel::sql_query(left).get_result::<Count>(conn)?.n)).await.unwrap();
    assert_eq!(left, 0);
}

#[actix_web::test]
async fn strangers_see_nothing_and_sides_keep_to_their_part() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let (investor, stranger) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let neighbour = test.official("430922").await;
    let slot = slots(&test, &investor).await.remove(0);
    let booking = hold(&test, &investor, &slot).await;
    let path = format!("/api/v1/talks/bookings/{}", booking["id"].as_str().unwrap());
    assert_eq!(booking["may"], json!(["confirm", "cancel"]));
    // A hold is the investor's own affair.
    assert_eq!(test.get(&path, Some(&host)).await.status, 404);
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    assert_eq!(
        test.get(&path, Some(&host)).await.expect(200)["may"],
        json!(["confirm", "decline", "propose", "invite"])
    );
    for person in [&stranger, &neighbour] {
        assert_eq!(test.get(&path, Some(person)).await.status, 404);
        assert_eq!(test.get(&format!("{path}/messages"), Some(person)).await.status, 404);
    }
    let again = act(&test, &investor, &booking, "confirmations", json!({})).await;
    assert_eq!((again.status, again.code()), (409, "talk.not_now"));
    let declined =
        act(&test, &host, &booking, "declines", json!({"reason": "请联系安化县"})).await.expect(200);
    assert_eq!((&declined["state"], &declined["reason"]), (&json!("declined"), &json!("请联系安化县")));
    assert!(slots(&test, &investor).await.contains(&slot));
}

pub type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub async fn ticket(test: &TestApp, person: &Person, booking: &Value) -> String {
    let issued = act(test, person, booking, "tickets", json!({})).await.expect(201);
    issued["ticket"].as_str().unwrap().to_owned()
}

pub async fn enter(test: &TestApp, ticket: &str, after: i64) -> Socket {
    let url = format!("ws://{}/api/v1/talks/socket", test.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    say(&mut socket, json!({"type": "hello", "ticket": ticket, "after": after})).await;
    socket
}

pub async fn say(socket: &mut Socket, frame: Value) {
    socket.send(Message::Text(frame.to_string().into())).await.unwrap();
}

/// The next frame of one kind, or the close code as a number.
pub async fn next(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(10), socket.next()).await.unwrap();
        match frame {
            Some(Ok(Message::Text(text))) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == kind {
                    return frame;
                }
            }
            Some(Ok(Message::Close(reason))) => return json!(u16::from(reason.unwrap().code)),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[actix_web::test]
async fn both_sides_hear_everything_once_and_in_order() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let one = ticket(&test, &investor, &booking).await;
    let mut a = enter(&test, &one, 0).await;
    let welcome = next(&mut a, "welcome").await;
    assert_eq!(welcome["last_seq"], 2);
    let mut b = enter(&test, &ticket(&test, &host, &booking).await, 2).await;
    let peer = next(&mut b, "welcome").await["peer_id"].clone();
    let sends = (0..8).map(|n| {
        let (test, host, booking) = (&test, &host, &booking);
        async move {
            let body = json!({"client_id": format!("r{n}"), "body": format!("第 {n} 条")});
            act(test, host, booking, "messages", body).await.expect(201)
        }
    });
    let over_socket = async {
        for n in 0..8 {
            say(&mut a, json!({"type": "send", "client_id": format!("s{n}"), "body": "好"})).await;
        }
    };
    futures_util::join!(join_all(sends), over_socket);
    for (socket, first) in [(&mut a, 1), (&mut b, 3)] {
        for seq in first..=18 {
            assert_eq!(next(socket, "message").await["message"]["seq"], seq);
        }
    }
    // The same client id is written once.
    say(&mut a, json!({"type": "send", "client_id": "s0", "body": "好"})).await;
    loop {
        let sent = next(&mut a, "sent").await;
        if sent["client_id"] == "s0" && sent["seq"].as_i64().unwrap() <= 18 {
            break;
        }
    }
    say(&mut a, json!({"type": "signal", "to": peer, "data": {"candidate": "x"}})).await;
    assert_eq!(next(&mut b, "signal").await["data"]["candidate"], "x");
    // A ticket works once.
    let mut c = enter(&test, &one, 0).await;
    assert_eq!(next(&mut c, "welcome").await, 4401);
}

#[actix_web::test]
async fn a_flood_is_closed_and_a_foreign_page_is_refused() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let mut socket = enter(&test, &ticket(&test, &investor, &booking).await, 0).await;
    next(&mut socket, "welcome").await;
    for _ in 0..25 {
        say(&mut socket, json!({"type": "ping"})).await;
    }
    assert_eq!(next(&mut socket, "nothing").await, 4429);
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let mut request = format!("ws://{}/api/v1/talks/socket", test.address).into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert!(tokio_tungstenite::connect_async(request).await.is_err());
}

#[actix_web::test]
async fn a_later_socket_of_one_session_replaces_the_first_and_an_ended_session_closes() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let mut first = enter(&test, &ticket(&test, &investor, &booking).await, 0).await;
    next(&mut first, "welcome").await;
    let mut second = enter(&test, &ticket(&test, &investor, &booking).await, 0).await;
    next(&mut second, "welcome").await;
    assert_eq!(next(&mut first, "nothing").await, 4409);
    test.send("DELETE", "/api/v1/auth/sessions/current", Some(&investor), None).await;
    assert_eq!(next(&mut second, "nothing").await, 4401);
}

#[actix_web::test]
async fn files_are_for_the_two_sides() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let (investor, stranger) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    let booking = confirmed(&test, &host, &investor).await;
    let url = test.url(&format!("/api/v1/talks/bookings/{}/files", booking["id"].as_str().unwrap()));
    let upload = async |name: &str, bytes: &[u8], key: &str| {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().text("client_id", "f1").part("file", part);
        let request = test.client.post(&url).bearer_auth(&investor.token).header("Idempotency-Key", key);
        let response = request.multipart(form).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, message) = upload("厂房图.pdf", b"%PDF-1.7 plan", "k1").await;
    assert_eq!(status, 201, "{message}");
    assert_eq!(message["file"]["name"], "厂房图.pdf");
    let (_, again) = upload("厂房图.pdf", b"%PDF-1.7 plan", "k1").await;
    assert_eq!(again, message);
    let (status, problem) = upload("a.pdf", b"<html>", "k2").await;
    assert_eq!((status, &problem["code"]), (422, &json!("file.type_refused")));
    let path = format!("/api/v1/files/{}", message["file"]["id"].as_str().unwrap());
    let got = test.client.get(test.url(&path)).bearer_auth(&host.token).send().await.unwrap();
    assert!(got.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(got.bytes().await.unwrap(), "%PDF-1.7 plan");
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
}

#[actix_web::test]
async fn a_talk_gives_one_project() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let body = json!({"name": "黑茶精深加工", "enterprise_name": "示例茶业有限公司", "industry": "dark_tea", "booking_id": booking["id"], "intended_investment_fen": 5_000_000_000_i64});
    let project = test.post("/api/v1/projects", Some(&host), &body).await.expect(201);
    assert_eq!((&project["stage"], &project["unit_id"]), (&json!("in_talks"), &json!(UNIT)));
    assert_eq!(
        (&project["investor_id"], &project["may"]),
        (&json!(investor.id), &json!(["draft_agreement"]))
    );
    assert!(project["number"].as_str().unwrap().ends_with("-00001"));
    let twice = test.post("/api/v1/projects", Some(&host), &body).await;
    assert_eq!((twice.status, twice.code()), (409, "talk.project_opened"));
    let mine = test.get("/api/v1/projects", Some(&investor)).await.expect(200);
    assert_eq!(mine["items"][0]["id"], project["id"]);
    let stranger = test.person(Role::Investor).await;
    assert_eq!(test.get("/api/v1/projects", Some(&stranger)).await.expect(200)["items"], json!([]));
    let one = format!("/api/v1/projects/{}", project["id"].as_str().unwrap());
    assert_eq!(test.get(&one, Some(&stranger)).await.status, 404);
}

#[actix_web::test]
async fn calls_inside_wechat_say_when_they_cannot_be() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let refused = act(&test, &investor, &booking, "voip-parameters", json!({})).await;
    assert_eq!(refused.status, 503);
}

#[actix_web::test]
async fn a_call_inside_wechat_is_signed_for_each_side_by_their_own_session_and_for_nobody_else() {
    let nowhere = "http://127.0.0.1:1";
    let settings = ["--wechat-app-id", "wx1", "--wechat-app-secret", "hush", "--wechat-url", nowhere];
    let test = TestApp::start_with(&settings).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let ask = async |person: &Person| act(&test, person, &booking, "voip-parameters", json!({})).await;
    let refused = ask(&host).await;
    assert_eq!((refused.status, refused.code()), (409, "talk.no_wechat_identity"));

    // Base64 of sixteen bytes, as WeChat gives them; of another mini-program's there is none for us.
    let (keys, at) = (["aW52ZXN0b3JzLW93bi1rZQ==", "aG9zdHMtb3duLWtleS0uLg=="], test.app.now());
    for (app, person, key) in [("wx1", &investor, keys[0]), ("wx1", &host, keys[1]), ("wx2", &host, keys[0])]
    {
        let sql = format!(
            "INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) \
             VALUES ('{app}', 'o-{id}', '{id}', '{key}', '{}')",
            at.utc().format("%Y-%m-%d %H:%M:%S"),
            id = person.id
        );
        test.app.db.write(move |conn| Ok(diesel::sql_query(&sql).execute(conn)?)).await.unwrap();
    }
    let mut nonces = Vec::new();
    for (person, key) in [(&investor, keys[0]), (&host, keys[1])] {
        let call = ask(person).await.expect(201);
        assert_eq!((&call["room_type"], &call["group_id"]), (&json!("voice"), &booking["id"]));
        let nonce = call["nonce_str"].as_str().unwrap().to_owned();
        let at = call["time_stamp"].as_i64().unwrap().to_string();
        let mut parts = ["wx1", booking["id"].as_str().unwrap(), &nonce, &at];
        parts.sort_unstable();
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        assert_eq!(call["signature"], hex::encode(hmac::sign(&key, parts.concat().as_bytes())));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    for stranger in [test.person(Role::Investor).await, test.official("430922").await] {
        assert_eq!(ask(&stranger).await.status, 404);
    }
    act(&test, &host, &booking, "cancellations", json!({"reason": "项目暂停"})).await.expect(200);
    let over = ask(&investor).await;
    assert_eq!((over.status, over.code()), (409, "talk.not_now"));
}

#[actix_web::test]
async fn history_cannot_be_rewritten() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    confirmed(&test, &host, &investor).await;
    for sql in ["UPDATE talk_messages SET body = 'x'", "DELETE FROM talk_booking_moves"] {
        let changed = test.app.db.write(move |conn| Ok(diesel::sql_query(sql).execute(conn)?)).await;
        assert!(changed.is_err(), "{sql}");
    }
}

/// What a host's page sends back: the hours as read, changed.
async fn hours(test: &TestApp, person: &Person, host: &Person) -> Value {
    let all = test.get("/api/v1/talks/availabilities", Some(person)).await.expect(200);
    let own = |item: &&Value| item["host_id"] == host.id.as_str();
    let mut found = all["items"].as_array().unwrap().iter().find(own).unwrap().clone();
    found.as_object_mut().unwrap().retain(|key, _| !key.starts_with("host_"));
    found
}

#[actix_web::test]
async fn slots_follow_a_hosts_hours_at_once_and_booked_talks_stand() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let colleague = test.official(UNIT).await;
    let (neighbour, investor) = (test.official("430922").await, test.person(Role::Investor).await);
    let path = format!("/api/v1/talks/availabilities/{}", host.id);
    let before = slots(&test, &investor).await;
    let booked = hold(&test, &investor, &before[0]).await;
    let read = hours(&test, &colleague, &host).await;
    assert_eq!((read["week"].as_array().unwrap().len(), &read["version"]), (7, &json!(1)));
    let today = test.app.now().day();
    let (shut, added) = (today + Duration::days(1), today + Duration::days(2));
    let changed = json!({"version": 1, "buffer_minutes": 0, "notice_hours": 2, "week": read["week"], "exceptions": [
        {"day": shut, "from_minute": 0, "to_minute": 1440, "kind": "closed"},
        {"day": added, "from_minute": 1200, "to_minute": 1260, "kind": "open"},
        {"day": today - Duration::days(1), "from_minute": 0, "to_minute": 60, "kind": "closed"},
    ]});
    assert_eq!(test.put(&path, Some(&neighbour), &changed).await.status, 404);
    assert_eq!(test.put(&path, Some(&investor), &changed).await.status, 403);
    let set = test.put(&path, Some(&colleague), &changed).await.expect(200);
    assert_eq!((&set["version"], set["exceptions"].as_array().unwrap().len()), (&json!(2), 2));
    let after = slots(&test, &investor).await;
    let on = |list: &[Value], day: chrono::NaiveDate| {
        list.iter()
            .filter(|s| {
                serde_json::from_value::<palm::platform::clock::Time>(s["starts_at"].clone()).unwrap().day()
                    == day
            })
            .count()
    };
    assert_eq!((on(&before, shut), on(&after, shut), on(&after, added)), (16, 0, 18));
    // The talk that was booked on the day that is shut now goes on.
    act(&test, &investor, &booked, "confirmations", json!({})).await.expect(200);
    // Whoever edits what was read before is told so.
    let stale = test.put(&path, Some(&host), &changed).await;
    assert_eq!((stale.status, stale.code()), (409, "request.conflict"));
    // Nobody can be booked in no hours; the list shows colleagues who have set none.
    test.put(
        &path,
        Some(&host),
        &json!({"version": 2, "week": [], "exceptions": [], "buffer_minutes": 0, "notice_hours": 2}),
    )
    .await
    .expect(200);
    assert_eq!(slots(&test, &investor).await, Vec::<Value>::new());
    assert_eq!(hours(&test, &host, &colleague).await["version"], 0);
}

#[actix_web::test]
async fn hours_off_the_grid_are_refused_by_their_place() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let path = format!("/api/v1/talks/availabilities/{}", host.id);
    let stretch = |from: i64, to: i64| json!({"weekday": 1, "from_minute": from, "to_minute": to});
    let many: Vec<Value> = (0..43).map(|_| stretch(540, 600)).collect();
    let far = test.app.now().day() + Duration::days(400);
    for (week, exceptions, field) in [
        (json!([stretch(540, 600), stretch(585, 660)]), json!([]), "week[1]"),
        (json!([stretch(541, 601)]), json!([]), "week[0]"),
        (json!([stretch(540, 555)]), json!([]), "week[0]"),
        (json!([stretch(0, 2_147_483_647)]), json!([]), "week[0].to_minute"),
        (json!([{"weekday": 8, "from_minute": 0, "to_minute": 60}]), json!([]), "week[0].weekday"),
        (json!(many), json!([]), "week"),
        (
            json!([]),
            json!([{"day": far, "from_minute": 0, "to_minute": 60, "kind": "open"}]),
            "exceptions[0].day",
        ),
    ] {
        let body = json!({"version": 1, "week": week, "exceptions": exceptions, "buffer_minutes": 0, "notice_hours": 2});
        let refused = test.put(&path, Some(&host), &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            refused.body
        );
    }
}

#[actix_web::test]
async fn two_who_set_a_hosts_hours_at_once_do_not_mix_them() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let (_other, address) = test.another().await;
    let path = format!("/api/v1/talks/availabilities/{}", host.id);
    for version in 1..6 {
        let day = |n: i32| json!({"version": version, "week": [{"weekday": n, "from_minute": 540, "to_minute": 600}], "exceptions": [], "buffer_minutes": 0, "notice_hours": 2});
        let (mine, yours, key) = (day(1), day(2), format!("there-{version}"));
        let there = crate::support::ask(&test.client, address, "PUT", &path, Some(&host), Some(&yours), &key);
        let (one, two) = futures_util::join!(test.put(&path, Some(&host), &mine), there);
        let mut statuses = [one.status, two.unwrap().status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(hours(&test, &host, &host).await["week"].as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
#[ignore = "asks another program that reads calendars: scripts/test.sh brings it and runs this"]
async fn a_calendar_takes_each_change_in_and_a_cancellation_out() {
    let test = TestApp::start().await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let open = slots(&test, &investor).await;
    let mut files = Vec::new();
    let mut body = hold_body(&open[0]);
    body["topic"] =
        json!("黑茶精深加工，含仓储；“茶马古道”项目 \\ 第二轮: 选址、用地与用电，以及对口的区县和园区");
    let booking = test.post("/api/v1/talks/holds", Some(&investor), &body).await.expect(201);
    let path = format!("/api/v1/talks/bookings/{}/calendar.ics", booking["id"].as_str().unwrap());
    act(&test, &investor, &booking, "confirmations", json!({})).await.expect(200);
    for step in 0..4 {
        match step {
            1 => act(&test, &host, &booking, "confirmations", json!({})).await.expect(200),
            2 => {
                let body = json!({"starts_at": open[3]["starts_at"], "reason": "另有会议"});
                let asked = act(&test, &host, &booking, "proposals", body).await.expect(200);
                let body = json!({"proposal_id": asked["proposal"]["id"]});
                act(&test, &investor, &booking, "proposal-acceptances", body).await.expect(200)
            }
            3 => act(&test, &investor, &booking, "cancellations", json!({"reason": "改为来访"}))
                .await
                .expect(200),
            _ => json!(null),
        };
        files.push(test.bytes(&path, &investor).await);
    }
    let stranger = test.person(Role::Investor).await;
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    let held = take_in(&files, "ics");
    let at = |slot: &Value| slot["starts_at"].as_str().unwrap()[..19].to_owned();
    let topic = format!("云洽谈 · {}", body["topic"].as_str().unwrap());
    for (step, (status, slot)) in
        [("TENTATIVE", 0), ("CONFIRMED", 0), ("CONFIRMED", 3)].into_iter().enumerate()
    {
        assert_eq!(held[step].as_array().unwrap().len(), 1, "{held:?}");
        assert_eq!(held[step][0][3], status, "{held:?}");
        assert!(held[step][0][2].as_str().unwrap().starts_with(&at(&open[slot])), "{held:?}");
        assert_eq!(held[step][0][4], json!(topic));
    }
    assert_eq!(held[3], json!([]), "{held:?}");
}
