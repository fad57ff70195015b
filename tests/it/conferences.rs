//! Talks held at Tencent Meeting, against a stand-in that checks signatures itself: made, moved, called off, and what
//! its webhooks say.
use chrono::Duration;
use diesel::prelude::*;
use palm::deals::talks::conference::keep_conferences;
use palm::people::auth::Role;
use palm::platform::clock::Time;
use palm::platform::random;
use palm::schema::{outbox_events, talk_bookings, talk_conference_events};
use serde_json::{Value, json};

use crate::guests::{invite, key_of, open, seat, shows};
use crate::support::{Person, Standins, TestApp};
use crate::talks::{confirmed, host};

const TOKEN: &str = "standinMeetingWebhook0000";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

struct Scene {
    test: TestApp,
    standins: Standins,
    host: Person,
    investor: Person,
    booking: Value,
}

async fn scene(key: &str) -> Scene {
    let standins = Standins::start();
    let base = standins.at("");
    let settings = [
        ["--meeting-secret-id", "standin-meeting-id"],
        ["--meeting-secret-key", key],
        ["--meeting-app-id", "standin-enterprise"],
        ["--meeting-user-id", "standin-host"],
        ["--meeting-url", &base],
        ["--meeting-webhook-token", TOKEN],
        ["--meeting-webhook-key", KEY],
    ];
    let test = TestApp::start_with(&settings.concat()).await;
    let host = host(&test).await;
    let investor = test.person(Role::Investor).await;
    let booking = confirmed(&test, &host, &investor).await;
    Scene { test, standins, host, investor, booking }
}

impl Scene {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/talks/bookings/{}/{rest}", self.booking["id"].as_str().unwrap())
    }

    async fn ask(&self) {
        let body = json!({"provider": "tencent_meeting"});
        let asked = self.test.post(&self.path("conferences"), Some(&self.host), &body).await.expect(201);
        assert_eq!(asked["conference"]["state"], "waiting");
        assert_eq!(asked["conference"]["join_url"], Value::Null);
    }

    async fn work(&self) {
        keep_conferences(self.test.app.clone()).await.unwrap();
    }

    /// It is later, here and at the service, which refuses what was signed by another clock.
    async fn later(&self, minutes: i64) {
        self.test.app.clock.advance(Duration::minutes(minutes));
        let ahead = json!({"advance_seconds": minutes * 60});
        reqwest::Client::new().post(self.standins.at("/clock")).json(&ahead).send().await.unwrap();
    }

    async fn conference(&self, who: &Person) -> Value {
        self.test.get(&self.path("conference"), Some(who)).await.expect(200)["conference"].clone()
    }

    /// What the service has.
    async fn meetings(&self) -> Vec<Value> {
        let all: Value = reqwest::get(self.standins.at("/meetings")).await.unwrap().json().await.unwrap();
        all.as_array().unwrap().clone()
    }

    async fn there(&self, meeting: &Value, act: &str) {
        let step = json!({"meeting_id": meeting["meeting_id"], "act": act});
        let told = reqwest::Client::new().post(self.standins.at("/meetings/acts")).json(&step).send().await;
        assert_eq!(told.unwrap().status().as_u16(), 204);
    }

    async fn webhook(&self, more: Value) -> Vec<Value> {
        let mut order =
            json!({"url": self.test.url("/callbacks/tencent-meeting"), "token": TOKEN, "key": KEY});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told =
            reqwest::Client::new().post(self.standins.at("/meetings/webhooks")).json(&order).send().await;
        told.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    async fn booked_for(&self, at: Time) {
        let id = self.booking["id"].as_str().unwrap().to_owned();
        let times =
            (talk_bookings::starts_at.eq(at), talk_bookings::ends_at.eq(at.plus(Duration::minutes(30))));
        let update = move |conn: &mut _| {
            Ok(diesel::update(talk_bookings::table.find(id.clone())).set(times).execute(conn)?)
        };
        assert_eq!(self.test.app.db.write(update).await.unwrap(), 1);
    }

    fn starts_at(&self) -> Time {
        serde_json::from_value(self.booking["starts_at"].clone()).unwrap()
    }

    async fn told(&self) -> i64 {
        let count = |conn: &mut _| {
            let named = outbox_events::table.filter(outbox_events::name.eq("TalkConferenceChanged"));
            Ok(named.count().get_result(conn)?)
        };
        self.test.app.read(count).await.unwrap()
    }
}

fn event(meeting: &Value, id: &str, name: &str, at: i64, person: &str) -> Value {
    let info = json!({"meeting_id": meeting["meeting_id"], "meeting_code": meeting["meeting_code"]});
    json!({"event": name, "trace_id": id, "payload": [{"operate_time": at, "operator": {"userid": "u", "user_name": person}, "meeting_info": info}]})
}

#[actix_web::test]
async fn a_meeting_is_made_once_follows_the_booking_and_is_called_off_with_it() {
    let scene = scene("standin-meeting-key").await;
    assert_eq!(scene.test.get(&scene.path("conference"), Some(&scene.host)).await.expect(200)["may"], true);
    scene.ask().await;
    let again = scene
        .test
        .post(&scene.path("conferences"), Some(&scene.host), &json!({"provider": "tencent_meeting"}))
        .await;
    assert_eq!(again.expect(409)["code"], "talk.has_conference");
    let forbidden = scene
        .test
        .post(&scene.path("conferences"), Some(&scene.investor), &json!({"provider": "tencent_meeting"}))
        .await;
    forbidden.expect(403);

    scene.work().await;
    scene.work().await;
    let made = scene.meetings().await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["start_time"], scene.starts_at().unix().to_string());
    let seen = scene.conference(&scene.investor).await;
    assert_eq!((&seen["state"], &seen["join_url"]), (&json!("open"), &made[0]["join_url"]));
    let code = made[0]["meeting_code"].as_str().unwrap();
    assert!(seen["path"].as_str().unwrap().contains(code), "{seen}");
    assert_eq!(scene.told().await, 1);

    // However it was moved: what the service was told no longer fits.
    let later = scene.starts_at().plus(Duration::hours(2));
    scene.booked_for(later).await;
    scene.work().await;
    assert_eq!(scene.meetings().await[0]["start_time"], later.unix().to_string());

    let cancelled = scene
        .test
        .post(&scene.path("cancellations"), Some(&scene.host), &json!({"reason": "日程有变"}))
        .await;
    cancelled.expect(200);
    scene.work().await;
    assert_eq!(scene.meetings().await[0]["status"], "MEETING_STATE_CANCELLED");
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
}

#[actix_web::test]
async fn a_guest_is_shown_the_way_in_once_a_host_has_admitted_them() {
    let scene = scene("standin-meeting-key").await;
    scene.ask().await;
    scene.work().await;
    let made = scene.meetings().await.remove(0);
    let invited = invite(&scene.test, &scene.host, &scene.booking, "Anna").await;
    let pass = random::token();
    let waiting = open(&scene.test, &key_of(&invited), &pass).await.expect(200);
    let way =
        |room: &Value| (room["conference"].clone(), room["meeting_code"].clone(), room["join_url"].clone());
    assert_eq!(way(&waiting), (Value::Null, Value::Null, Value::Null));
    let seen = async |place: &str| {
        seat(&scene.test, &scene.host, &scene.booking, &waiting["guest_id"], place).await.expect(200);
        shows(&scene.test, "GET", "/api/v1/talks/guest-room", &pass).await.json::<Value>().await.unwrap()
    };
    let there = (json!("tencent_meeting"), made["meeting_code"].clone(), made["join_url"].clone());
    assert_eq!(way(&seen("listener").await), there);
    assert_eq!(way(&seen("removed").await), (Value::Null, Value::Null, Value::Null));
}

#[actix_web::test]
async fn an_unclear_answer_makes_no_second_meeting_and_a_clear_one_is_tried_again() {
    let scene = scene("standin-meeting-key").await;
    scene.ask().await;
    // Carried out, and the answer is lost on the way.
    scene.standins.fault("/v1/meetings", "half_body", 1).await;
    scene.work().await;
    assert_eq!(
        (scene.meetings().await.len(), &scene.conference(&scene.host).await["state"]),
        (1, &json!("waiting"))
    );
    scene.later(3).await;
    scene.work().await;
    assert_eq!(scene.meetings().await.len(), 1, "it was found again by its mark");
    assert_eq!(scene.told().await, 1);

    let made = scene.meetings().await.remove(0);
    scene.booked_for(scene.starts_at().plus(Duration::hours(1))).await;
    for kind in ["status", "quota", "bad_token", "expired_token", "html", "reset"] {
        scene
            .standins
            .fault(&format!("/v1/meetings/{}", made["meeting_id"].as_str().unwrap()), kind, 1)
            .await;
        scene.work().await;
        assert_eq!(scene.meetings().await[0]["start_time"], made["start_time"], "{kind}");
        scene.later(60).await;
    }
    scene.work().await;
    assert_ne!(scene.meetings().await[0]["start_time"], made["start_time"]);
}

#[actix_web::test]
async fn a_wrong_key_is_refused_by_its_number_and_shown() {
    let scene = scene("another key").await;
    scene.ask().await;
    scene.work().await;
    let seen = scene.conference(&scene.host).await;
    assert_eq!(seen["state"], "waiting");
    assert!(seen["failure"].as_str().unwrap().contains("200003"), "{seen}");
    assert_eq!(scene.meetings().await, Vec::<Value>::new());
}

#[actix_web::test]
async fn given_up_before_or_after_it_was_made_nothing_is_left_at_the_service() {
    let scene = scene("standin-meeting-key").await;
    scene.ask().await;
    scene.standins.fault("/v1/meetings", "half_body", 1).await;
    scene.work().await;
    scene.test.post(&scene.path("conference-ends"), Some(&scene.host), &json!({})).await.expect(201);
    scene.work().await;
    assert_eq!(scene.meetings().await[0]["status"], "MEETING_STATE_CANCELLED");

    scene.ask().await;
    scene.work().await;
    let all = scene.meetings().await;
    let running = all.iter().find(|one| one["status"] == "MEETING_STATE_INIT").unwrap();
    // People are in it: it can be ended, no longer cancelled.
    scene.there(running, "start").await;
    scene.test.post(&scene.path("conference-ends"), Some(&scene.host), &json!({})).await.expect(201);
    scene.work().await;
    assert!(scene.meetings().await.iter().all(|one| one["status"] != "MEETING_STATE_STARTED"));
    assert_eq!(scene.conference(&scene.host).await["state"], "ended");
    let nothing = scene.test.post(&scene.path("conference-ends"), Some(&scene.host), &json!({})).await;
    assert_eq!(nothing.expect(409)["code"], "talk.no_conference");
}

#[actix_web::test]
async fn webhooks_are_believed_when_genuine_once_each_and_in_any_order() {
    let scene = scene("standin-meeting-key").await;
    scene.ask().await;
    scene.work().await;
    let made = scene.meetings().await.remove(0);

    let checked = scene.webhook(json!({})).await.remove(0);
    assert_eq!((&checked["status"], &checked["body"]), (&json!(200), &checked["wanted"]));

    let start = scene.test.app.now().millis();
    let left = event(&made, "t3", "meeting.participant-left", start + 2000, "Ann");
    let came = event(&made, "t2", "meeting.participant-joined", start + 1000, "Ann");
    let began = event(&made, "t1", "meeting.started", start, "Host");
    for event in [&left, &began, &came] {
        let told = scene.webhook(json!({"event": event, "times": 3})).await;
        assert!(
            told.iter().all(|one| one["status"] == 200 && one["body"] == "successfully received callback"),
            "{told:?}"
        );
    }
    let seen = scene.conference(&scene.host).await;
    let names: Vec<&str> =
        seen["reports"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["meeting.started", "meeting.participant-joined", "meeting.participant-left"]);
    assert_eq!(seen["reports"][1]["person"], "Ann");
    assert_eq!(scene.conference(&scene.investor).await["reports"][1]["person"], Value::Null);

    let forged = scene
        .webhook(json!({"event": event(&made, "t9", "meeting.canceled", start, "x"), "forged": true}))
        .await;
    assert_eq!(forged[0]["status"], 403);
    let unsealed = scene.webhook(json!({"event": began, "key": null})).await;
    assert_eq!(unsealed[0]["status"], 403, "with a key a plain event is not taken");
    // Genuine, about a meeting that is none of ours.
    let strange = json!({"meeting_id": "1", "meeting_code": "1"});
    assert_eq!(
        scene.webhook(json!({"event": event(&strange, "t8", "meeting.started", start, "x")})).await[0]["status"],
        200
    );
    let kept: i64 = scene
        .test
        .app
        .read(|conn| Ok(talk_conference_events::table.count().get_result(conn)?))
        .await
        .unwrap();
    assert_eq!(kept, 3);

    // It says so, but it is not so: the service is asked.
    scene.webhook(json!({"event": event(&made, "t4", "meeting.canceled", start, "Host")})).await;
    scene.work().await;
    assert_eq!(scene.conference(&scene.host).await["state"], "open");
    scene.there(&made, "cancel").await;
    scene.webhook(json!({"event": event(&made, "t5", "meeting.canceled", start, "Host")})).await;
    scene.work().await;
    let seen = scene.conference(&scene.investor).await;
    assert_eq!((&seen["state"], &seen["join_url"]), (&json!("ended"), &Value::Null));
    assert_eq!(scene.told().await, 2, "arranged, and called off there");
}
