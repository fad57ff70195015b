//! Talks of many, at LiveKit and at TRTC, against stand-ins that open every token and signature themselves.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use diesel::prelude::*;
use palm::deals::talks::conference::keep_conferences;
use palm::people::auth::Role;
use palm::platform::clock::Time;
use palm::platform::random;
use palm::schema::{outbox_events, talk_bookings, talk_conference_events};
use serde_json::{Value, json};

use crate::guests::{invite, key_of, open, seat, shows};
use crate::support::{Answer, Person, Standins, TestApp};
use crate::talks::{act, confirmed, host};

const CREATE: &str = "/twirp/livekit.RoomService/CreateRoom";
const DELETE: &str = "/twirp/livekit.RoomService/DeleteRoom";

struct Scene {
    test: TestApp,
    standins: Standins,
    host: Person,
    investor: Person,
    booking: Value,
}

async fn scene(secret: &str) -> Scene {
    let standins = Standins::start();
    let (base, page) = (standins.at(""), standins.at("/livekit/page"));
    let settings = [
        ["--livekit-url", &base],
        ["--livekit-api-key", "standin-livekit"],
        ["--livekit-api-secret", secret],
        ["--livekit-page-url", &page],
        ["--trtc-app-id", "1400000000"],
        ["--trtc-key", "standin-trtc-key"],
        ["--trtc-callback-key", "standin-trtc-callback"],
    ];
    let test = TestApp::start_with(&settings.concat()).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    let scene = Scene { test, standins, host, investor, booking };
    scene.order("/livekit/webhook-address", json!({"url": scene.test.url("/callbacks/livekit")})).await;
    scene
}

impl Scene {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/talks/bookings/{}/{rest}", self.booking["id"].as_str().unwrap())
    }

    fn room(&self, provider: &str) -> String {
        format!("{provider}-{}", self.booking["id"].as_str().unwrap())
    }

    async fn ask(&self, provider: &str) -> Answer {
        let who = self.test.renewed(&self.host);
        self.test.post(&self.path("conferences"), Some(&who), &json!({"provider": provider})).await
    }

    async fn work(&self) {
        keep_conferences(self.test.app.clone()).await.unwrap();
    }

    async fn arranged(&self, provider: &str) {
        self.ask(provider).await.expect(201);
        self.work().await;
        assert_eq!(self.conference(&self.host).await["state"], "open");
    }

    async fn later(&self, minutes: i64) {
        self.test.app.clock.advance(Duration::minutes(minutes));
        self.order("/clock", json!({"advance_seconds": minutes * 60})).await;
    }

    async fn conference(&self, who: &Person) -> Value {
        let who = self.test.renewed(who);
        self.test.get(&self.path("conference"), Some(&who)).await.expect(200)["conference"].clone()
    }

    async fn pass(&self, who: &Person) -> Answer {
        let who = self.test.renewed(who);
        self.test.post(&self.path("conference-passes"), Some(&who), &json!({})).await
    }

    /// A guest of the host's whose device has opened the link and whom a host has admitted: their id and pass.
    async fn guest(&self, name: &str) -> (String, String) {
        let made = invite(&self.test, &self.test.renewed(&self.host), &self.booking, name).await;
        let pass = random::token();
        open(&self.test, &key_of(&made), &pass).await.expect(200);
        let id = made["guest"]["id"].as_str().unwrap().to_owned();
        assert_eq!(self.guest_pass(&pass).await.1["code"], "talk.guest_not_admitted");
        let host = self.test.renewed(&self.host);
        seat(&self.test, &host, &self.booking, &json!(id), "listener").await.expect(200);
        (id, pass)
    }

    async fn guest_pass(&self, pass: &str) -> (u16, Value) {
        let answer = shows(&self.test, "POST", "/api/v1/talks/guest-conference-passes", pass).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Tells the stand-in to do something.
    async fn order(&self, path: &str, body: Value) -> (u16, Value) {
        let told = reqwest::Client::new().post(self.standins.at(path)).json(&body).send().await.unwrap();
        (told.status().as_u16(), serde_json::from_slice(&told.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn join(&self, way: &Value) -> (u16, Value) {
        self.order("/livekit/joins", json!({"token": way["livekit"]["token"]})).await
    }

    async fn webhook(&self, event: &Value, more: Value) -> Value {
        let mut order = json!({"url": self.test.url("/callbacks/livekit"), "event": event});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answers) = self.order("/livekit/webhooks", order).await;
        assert_eq!(status, 200, "{answers}");
        answers
    }

    async fn rooms(&self) -> Vec<Value> {
        let all: Value =
            reqwest::get(self.standins.at("/livekit/rooms")).await.unwrap().json().await.unwrap();
        all.as_array().unwrap().clone()
    }

    async fn inside(&self) -> Vec<String> {
        let rooms = self.rooms().await;
        rooms[0]["people"].as_object().unwrap().keys().cloned().collect()
    }

    async fn move_by(&self, hours: i64) {
        let id = self.booking["id"].as_str().unwrap().to_owned();
        let starts: Time = serde_json::from_value(self.booking["starts_at"].clone()).unwrap();
        let at = starts.plus(Duration::hours(hours));
        let times =
            (talk_bookings::starts_at.eq(at), talk_bookings::ends_at.eq(at.plus(Duration::minutes(30))));
        let update = move |conn: &mut _| {
            Ok(diesel::update(talk_bookings::table.find(id.clone())).set(times).execute(conn)?)
        };
        assert_eq!(self.test.app.db.write(update).await.unwrap(), 1);
    }

    async fn told(&self) -> i64 {
        let count = |conn: &mut _| {
            let named = outbox_events::table.filter(outbox_events::name.eq("TalkConferenceChanged"));
            Ok(named.count().get_result(conn)?)
        };
        self.test.app.read(count).await.unwrap()
    }

    async fn kept(&self) -> i64 {
        let count = |conn: &mut _| Ok(talk_conference_events::table.count().get_result(conn)?);
        self.test.app.read(count).await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let seen = self.conference(&self.host).await;
        let reports = seen["reports"].as_array().unwrap().iter();
        reports.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn claims(way: &Value) -> Value {
    let token = way["livekit"]["token"].as_str().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn event(room: &str, id: &str, name: &str, at: i64, person: &str) -> Value {
    json!({"event": name, "id": id, "createdAt": at.to_string(), "room": {"name": room}, "participant": {"identity": "i", "name": person}})
}

#[actix_web::test]
async fn a_room_is_made_kept_as_the_booking_stands_and_closed_with_it() {
    let scene = scene("standin-livekit-secret").await;
    let offer = scene.test.get(&scene.path("conference"), Some(&scene.host)).await.expect(200);
    assert_eq!((&offer["may"], &offer["providers"]), (&json!(true), &json!(["livekit", "trtc"])));
    assert_eq!(scene.ask("tencent_meeting").await.code(), "talk.no_meeting_service");
    let asked = scene.ask("livekit").await.expect(201);
    assert_eq!(asked["conference"]["state"], "waiting");
    assert_eq!(scene.pass(&scene.host).await.code(), "talk.no_conference");
    assert_eq!(scene.ask("trtc").await.code(), "talk.has_conference");

    scene.work().await;
    scene.work().await;
    let made = scene.rooms().await;
    assert_eq!((made.len(), &made[0]["name"]), (1, &json!(scene.room("livekit"))));
    let seen = scene.conference(&scene.investor).await;
    assert_eq!((&seen["state"], &seen["join_url"]), (&json!("open"), &Value::Null));
    assert_eq!((&seen["meeting_code"], &seen["app_id"]), (&Value::Null, &Value::Null));
    assert_eq!(scene.told().await, 1);

    scene.move_by(2).await;
    scene.work().await;
    let moved = scene.rooms().await;
    assert_eq!(moved[0]["sid"], made[0]["sid"]);
    let open_for = |rooms: &[Value]| rooms[0]["emptyTimeout"].as_i64().unwrap();
    assert!(open_for(&moved) > open_for(&made) + 7000, "{made:?} {moved:?}");

    act(&scene.test, &scene.host, &scene.booking, "cancellations", json!({"reason": "日程有变"}))
        .await
        .expect(200);
    assert_eq!(scene.pass(&scene.host).await.code(), "talk.not_now");
    scene.standins.fault(DELETE, "status", 1).await;
    scene.work().await;
    assert_eq!(scene.rooms().await.len(), 1);
    let seen = scene.conference(&scene.host).await;
    assert_ne!(seen["state"], "ended", "it is not closed, and not said to be");
    scene.later(1).await;
    scene.work().await;
    assert_eq!(scene.rooms().await, Vec::<Value>::new());
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
}

#[actix_web::test]
async fn a_server_that_fails_is_named_nothing_false_is_stored_and_a_room_is_made_once() {
    let scene = scene("standin-livekit-secret").await;
    scene.ask("livekit").await.expect(201);
    let no_answer = "no usable answer";
    let cases = [
        ("bad_token", "unauthenticated"),
        ("quota", "resource_exhausted"),
        ("busy", "unavailable"),
        ("status", no_answer),
        ("html", no_answer),
        ("reset", no_answer),
        ("hang", no_answer),
    ];
    for (kind, named) in cases {
        scene.standins.fault(CREATE, kind, 1).await;
        scene.work().await;
        let seen = scene.conference(&scene.host).await;
        assert_eq!(seen["state"], "waiting", "{kind}");
        assert!(seen["failure"].as_str().unwrap().contains(named), "{kind}: {seen}");
        assert_eq!(scene.rooms().await, Vec::<Value>::new(), "{kind}");
        assert_eq!(scene.pass(&scene.host).await.status, 409, "{kind}");
        scene.later(20).await;
    }
    // Made, and the answer is lost on the way.
    scene.standins.fault(CREATE, "half_body", 1).await;
    scene.work().await;
    let made = scene.rooms().await;
    assert_eq!((made.len(), &scene.conference(&scene.host).await["state"]), (1, &json!("waiting")));
    scene.later(60).await;
    // A server that says so instead of giving the room again.
    let exists = json!({"path": CREATE, "kind": "error", "code": "already_exists"});
    assert_eq!(scene.order("/faults", exists).await.0, 201);
    scene.work().await;
    assert_eq!(scene.rooms().await[0]["sid"], made[0]["sid"]);
    let seen = scene.conference(&scene.host).await;
    assert_eq!((&seen["state"], &seen["failure"]), (&json!("open"), &Value::Null));
    assert_eq!(scene.told().await, 1);

    // Given up before it is known whether it was made.
    let who = scene.test.renewed(&scene.host);
    scene.test.post(&scene.path("conference-ends"), Some(&who), &json!({})).await.expect(201);
    scene.work().await;
    scene.ask("livekit").await.expect(201);
    scene.standins.fault(CREATE, "half_body", 1).await;
    scene.work().await;
    scene.test.post(&scene.path("conference-ends"), Some(&who), &json!({})).await.expect(201);
    scene.work().await;
    assert_eq!(scene.rooms().await, Vec::<Value>::new());
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
}

#[actix_web::test]
async fn with_a_wrong_secret_no_room_is_made_and_no_webhook_believed() {
    let scene = scene("another secret").await;
    scene.ask("livekit").await.expect(201);
    scene.work().await;
    let seen = scene.conference(&scene.host).await;
    assert_eq!(seen["state"], "waiting");
    assert!(seen["failure"].as_str().unwrap().contains("unauthenticated"), "{seen}");
    let began = event(&scene.room("livekit"), "EV_1", "room_started", scene.test.app.now().unix(), "x");
    assert_eq!(scene.webhook(&began, json!({})).await, json!([403]));
    assert_eq!(scene.kept().await, 0);
}

#[actix_web::test]
async fn each_comes_in_as_what_they_are_while_the_talk_is_on() {
    let scene = scene("standin-livekit-secret").await;
    let (guest_id, guest) = scene.guest("Anna").await;
    assert_eq!(scene.guest_pass(&guest).await.1["code"], "talk.no_conference");
    scene.arranged("livekit").await;
    let stranger = scene.test.person(Role::Investor).await;
    let leader = scene.test.person(Role::Leader).await;
    scene.pass(&stranger).await.expect(404);
    scene.pass(&leader).await.expect(403);
    let room = shows(&scene.test, "GET", "/api/v1/talks/guest-room", &guest).await;
    assert_eq!(room.json::<Value>().await.unwrap()["conference"], "livekit");

    let host = scene.pass(&scene.host).await.expect(201);
    let investor = scene.pass(&scene.investor).await.expect(201);
    let (status, listener) = scene.guest_pass(&guest).await;
    assert_eq!(status, 201);
    // Who, whether they publish, and whether they moderate.
    let cases = [
        (&host, &scene.host.id, true, true),
        (&investor, &scene.investor.id, true, false),
        (&listener, &guest_id, false, false),
    ];
    for (way, id, publishes, moderates) in cases {
        assert!(!way.to_string().contains("standin-livekit-secret"));
        let said = claims(way);
        assert_eq!((&said["iss"], &said["sub"]), (&json!("standin-livekit"), &json!(id)));
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
        let video = &said["video"];
        assert_eq!(video["room"], scene.room("livekit"));
        assert_eq!((&video["canPublish"], &video["roomAdmin"]), (&json!(publishes), &json!(moderates)));
        assert_eq!(video["canPublishData"], publishes);
        assert_eq!((&video["roomCreate"], &video["hidden"]), (&json!(false), &json!(false)));
        let (status, seen) = scene.join(way).await;
        assert_eq!(status, 201, "{seen}");
        assert_eq!(seen["person"]["publishes"], publishes);
        assert_eq!(seen["person"]["moderates"], moderates);
    }
    assert_eq!(scene.inside().await.len(), 3);
    let bent = format!("{}x", host["livekit"]["token"].as_str().unwrap());
    assert_eq!(scene.order("/livekit/joins", json!({"token": bent})).await.0, 401);
    let page = host["livekit"]["page_url"].as_str().unwrap();
    let shown = reqwest::get(page).await.unwrap().text().await.unwrap();
    assert!(shown.contains("王示例") && shown.contains("speaks"), "{shown}");

    // A guest whose link is taken back has to leave, and cannot come in again by what they hold.
    let away = json!({"guest_id": guest_id});
    act(&scene.test, &scene.host, &scene.booking, "guest-revocations", away).await.expect(200);
    assert_eq!(scene.guest_pass(&guest).await.0, 409);
    scene.work().await;
    assert!(!scene.inside().await.contains(&guest_id));
    assert_eq!(scene.join(&listener).await.0, 201, "the server does not know yet");
    scene.work().await;
    assert!(!scene.inside().await.contains(&guest_id));
    assert_eq!(scene.inside().await.len(), 2);

    let (_, second) = scene.guest("Berta").await;
    let ends: Time = serde_json::from_value(scene.booking["ends_at"].clone()).unwrap();
    let over = ends.since(scene.test.app.now()).num_minutes() + 121;
    scene.later(over - 2).await;
    scene.pass(&scene.host).await.expect(201);
    scene.later(2).await;
    assert_eq!(scene.pass(&scene.host).await.code(), "talk.not_now");
    assert_eq!(scene.guest_pass(&second).await.1["code"], "talk.guest_link_over");
    assert_eq!(scene.join(&investor).await.0, 401, "a pass holds for minutes");
}

#[actix_web::test]
async fn what_livekit_says_is_believed_when_genuine_once_each_in_any_order_and_late() {
    let scene = scene("standin-livekit-secret").await;
    scene.arranged("livekit").await;
    let (room, at) = (scene.room("livekit"), scene.test.app.now().unix());
    let left = event(&room, "EV_3", "participant_left", at + 2, "Ann");
    let came = event(&room, "EV_2", "participant_joined", at + 1, "Ann");
    let began = event(&room, "EV_1", "room_started", at, "");
    for event in [&left, &began, &came] {
        assert_eq!(scene.webhook(event, json!({"times": 3})).await, json!([204, 204, 204]));
    }
    assert_eq!(scene.names().await, ["room_started", "participant_joined", "participant_left"]);
    assert_eq!(scene.conference(&scene.host).await["reports"][1]["person"], "Ann");
    assert_eq!(scene.conference(&scene.investor).await["reports"][1]["person"], Value::Null);

    let more = event(&room, "EV_4", "participant_joined", at, "x");
    for bad in [json!({"forged": true}), json!({"bent": true}), json!({"age_seconds": 600})] {
        assert_eq!(scene.webhook(&more, bad.clone()).await, json!([403]), "{bad}");
    }
    // Of every camera, of a room that is none of ours, and by another service of this room.
    let camera = event(&room, "EV_5", "track_published", at, "x");
    let strange = event("another", "EV_6", "room_started", at, "x");
    for unkept in [&camera, &strange] {
        assert_eq!(scene.webhook(unkept, json!({})).await, json!([204]));
    }
    let crossed = json!({"EventGroupId": 1, "EventType": 103, "EventInfo": {"RoomId": room, "EventTs": at, "UserId": "u"}});
    let order = json!({"url": scene.test.url("/callbacks/trtc"), "event": crossed});
    assert_eq!(scene.order("/trtc/callbacks", order).await.1, json!([204]));
    assert_eq!(scene.kept().await, 3);

    // The server has started anew: the room is made again as long as the talk is on.
    reqwest::Client::new().delete(scene.standins.at("/livekit/rooms")).send().await.unwrap();
    scene.work().await;
    assert_eq!(scene.rooms().await.len(), 0, "nobody said so yet");
    scene.webhook(&event(&room, "EV_7", "room_finished", at + 3, ""), json!({})).await;
    scene.work().await;
    assert_eq!(scene.rooms().await.len(), 1);
    assert_eq!(scene.conference(&scene.host).await["state"], "open");

    // Called off; what comes late is still the service's account, and changes nothing.
    scene.test.post(&scene.path("conference-ends"), Some(&scene.host), &json!({})).await.expect(201);
    scene.work().await;
    scene.webhook(&event(&room, "EV_8", "room_finished", at + 4, ""), json!({})).await;
    scene.webhook(&event(&room, "EV_9", "participant_left", at + 4, "Bob"), json!({})).await;
    scene.work().await;
    assert_eq!(scene.rooms().await.len(), 0);
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
    assert_eq!(scene.kept().await, 6);
}

#[actix_web::test]
async fn at_trtc_each_enters_with_what_the_seat_allows_and_who_came_is_told() {
    let scene = scene("standin-livekit-secret").await;
    let (_, guest) = scene.guest("Anna").await;
    scene.arranged("trtc").await;
    let room = scene.room("trtc");
    let host = scene.pass(&scene.host).await.expect(201);
    let investor = scene.pass(&scene.investor).await.expect(201);
    let (status, listener) = scene.guest_pass(&guest).await;
    assert_eq!((status, &listener["livekit"]), (201, &Value::Null));
    let all = json!({"creates": true, "speaks": true, "hears": true, "shows": true, "sees": true});
    let hears = json!({"creates": false, "speaks": false, "hears": true, "shows": false, "sees": true});
    for (way, may) in [(&host, &all), (&investor, &all), (&listener, &hears)] {
        assert!(!way.to_string().contains("standin-trtc-key"));
        assert_eq!(way["trtc"]["room"], room);
        assert_eq!(scene.order("/trtc/entries", way["trtc"].clone()).await, (200, may.clone()));
    }
    let mut swapped = listener["trtc"].clone();
    swapped["private_map_key"] = host["trtc"]["private_map_key"].clone();
    assert_eq!(scene.order("/trtc/entries", swapped).await, (403, json!({"code": 70013})));
    let mut elsewhere = host["trtc"].clone();
    elsewhere["room"] = json!("trtc-another");
    assert_eq!(scene.order("/trtc/entries", elsewhere).await, (403, json!({"code": 70013})));

    let at = scene.test.app.now().unix();
    let told = |kind: i64, user: &Value, at: i64, more: Value| {
        let info = json!({"RoomId": room, "EventTs": at, "UserId": user, "Role": 21});
        let mut order = json!({"url": scene.test.url("/callbacks/trtc"), "event": {"EventGroupId": 1, "EventType": kind, "EventInfo": info}});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let (inv, gst) = (&investor["trtc"]["user_id"], &listener["trtc"]["user_id"]);
    let orders = [
        (told(104, inv, at + 9, json!({"times": 3})), json!([204, 204, 204])),
        (told(103, inv, at, json!({"times": 2})), json!([204, 204])),
        (told(103, gst, at + 1, json!({})), json!([204])),
        (told(201, gst, at + 2, json!({})), json!([204])),
        (told(104, gst, at + 2, json!({"forged": true})), json!([403])),
    ];
    for (order, answers) in orders {
        assert_eq!(scene.order("/trtc/callbacks", order).await, (200, answers));
    }
    let reports = scene.conference(&scene.host).await["reports"].clone();
    let said: Vec<(&str, &str)> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["person"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("enter_room", "王示例"), ("enter_room", "Anna"), ("exit_room", "王示例")]);

    // Only there it is later.
    scene.order("/clock", json!({"advance_seconds": 660})).await;
    assert_eq!(scene.order("/trtc/entries", host["trtc"].clone()).await, (403, json!({"code": 70001})));
    scene.test.post(&scene.path("conference-ends"), Some(&scene.host), &json!({})).await.expect(201);
    assert_eq!(scene.pass(&scene.host).await.code(), "talk.no_conference");
    scene.work().await;
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
}
