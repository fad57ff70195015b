//! A worker that is killed between claiming, sending and marking the word of an escalation: nobody is told twice, and
//! nobody is left untold.
use crate::support::{Person, TestApp, count};
use actix_web::{App, HttpServer, web};
use diesel::connection::SimpleConnection;
use palm::people::auth::{AccountId, Role};
use palm::platform::db;
use palm::views::notifications::{send_deliveries, tell};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What stands in for WeChat: it counts the messages that it was sent, and kills the worker before it answers.
#[derive(Default)]
struct Counter {
    /// To whom and what, as each was sent
    messages: Vec<String>,
    victim: Option<Child>,
    fuse: Option<Fuse>,
}

/// When the worker is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fuse {
    /// When it asks for its token: it has claimed a message and sent none
    Token,
    /// With the message after so many more, which has arrived
    Messages(usize),
}

impl Counter {
    fn take(&mut self, message: String) {
        self.messages.push(message);
        match self.fuse {
            Some(Fuse::Messages(0)) => self.kill(),
            Some(Fuse::Messages(n)) => self.fuse = Some(Fuse::Messages(n - 1)),
            Some(Fuse::Token) | None => {}
        }
    }

    fn token(&mut self) {
        if self.fuse == Some(Fuse::Token) {
            self.kill();
        }
    }

    fn kill(&mut self) {
        self.fuse = None;
        if let Some(mut victim) = self.victim.take() {
            victim.kill().unwrap();
            victim.wait().unwrap();
        }
    }
}

/// A message of the leads' template, whole.
fn message(body: &Value) -> String {
    let said = |place: &str| body["data"][place]["value"].as_str().unwrap().to_owned();
    let to = body["touser"].as_str().unwrap();
    format!("{to} {} {} {}", said("thing1"), said("character_string2"), said("thing3"))
}

fn stand_in() -> (String, Arc<Mutex<Counter>>) {
    let counter = Arc::new(Mutex::new(Counter::default()));
    let shared = counter.clone();
    let server = HttpServer::new(move || {
        let (tokens, messages) = (shared.clone(), shared.clone());
        App::new()
            .route(
                "/cgi-bin/stable_token",
                web::post().to(move || {
                    tokens.lock().unwrap().token();
                    async { web::Json(json!({"access_token": "t", "expires_in": 7200})) }
                }),
            )
            .route(
                "/cgi-bin/message/subscribe/send",
                web::post().to(move |body: web::Json<Value>| {
                    messages.lock().unwrap().take(message(&body));
                    async { web::Json(json!({"errcode": 0, "errmsg": "ok"})) }
                }),
            )
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, counter)
}

fn settings(wechat: &str) -> [&str; 8] {
    [
        "--wechat-app-id",
        "wx1",
        "--wechat-app-secret",
        "hush",
        "--wechat-url",
        wechat,
        "--wechat-lead-template",
        "tmpl",
    ]
}

fn start_worker(test: &TestApp, wechat: &str) -> Child {
    let place = test.place();
    let mut command = Command::new(env!("CARGO_BIN_EXE_palm"));
    command.args(settings(wechat)).args(["--database-url", &place.url, "--unsafe-database"]);
    command
        .arg("--files-dir")
        .arg(place.path().join("files"))
        .arg("--keys-dir")
        .arg(place.path().join("keys"));
    command.arg("worker").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

async fn execute(test: &TestApp, sql: String) {
    let changed = test.app.db.write(move |conn| {
        match conn {
            db::DbConn::Pg(conn) => conn.batch_execute(&sql),
            db::DbConn::Sqlite(conn) => conn.batch_execute(&sql),
        }
        .map_err(Into::into)
    });
    changed.await.unwrap();
}

/// Came through WeChat and agreed to messages.
async fn agree(test: &TestApp, reader: &Person) {
    let reader = &reader.id;
    let at = test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    let sql = format!(
        "INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('wx1', 'o-{reader}', '{reader}', 'k', '{at}');
         INSERT INTO notification_subscriptions (account_id, template_key, credits, updated_at) VALUES ('{reader}', 'lead', 100000, '{at}');"
    );
    execute(test, sql).await;
}

/// Messages about one lead that nobody screens: the task force is told of it, and of two levels; its leader of two.
const OF_A_LEAD: usize = 5;

/// Leads that were submitted so long ago that every level of their clocks is due, which no worker has seen yet.
async fn lie(test: &TestApp, leads: usize) {
    test.app.clock.advance(chrono::Duration::days(-15));
    let consultant = test.person(Role::Consultant).await;
    for role in [Role::InformationTaskForce, Role::Leader] {
        agree(test, &test.person(role).await).await;
    }
    for n in 0..leads {
        let unlike: String = format!("{n:04}").bytes().map(|b| STEMS[usize::from(b - b'0')]).collect();
        let body = json!({"enterprise_name": format!("{unlike}竹业"), "contact_name": "王小明",
            "contact_phone": format!("1900000{n:04}"), "industry": "bamboo", "intention": "建厂"});
        test.post("/api/v1/leads", Some(&consultant), &body).await.expect(201);
    }
    test.app.clock.advance(chrono::Duration::days(15));
}

/// For names of which none is like another.
const STEMS: [char; 10] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸'];

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    in_inbox: usize,
    told_twice: usize,
    sent_twice: usize,
    sent: usize,
    escalations: i64,
}

async fn seen(test: &TestApp, counter: &Mutex<Counter>) -> Seen {
    use diesel::prelude::*;
    use palm::schema::notifications as t;
    let told: Vec<(String, AccountId)> =
        test.app.read(|conn| Ok(t::table.select((t::event_id, t::account_id)).load(conn)?)).await.unwrap();
    let told: Vec<String> = told.into_iter().map(|(event, reader)| format!("{event} {reader}")).collect();
    let twice = |all: &[String]| {
        let mut counts: HashMap<&String, usize> = HashMap::new();
        for one in all {
            *counts.entry(one).or_default() += 1;
        }
        (counts.values().filter(|n| **n > 1).count(), counts.len())
    };
    let escalations = count(test, "SELECT COUNT(*) AS n FROM lead_escalations").await;
    let (sent_twice, sent) = twice(&counter.lock().unwrap().messages);
    Seen { in_inbox: told.len(), told_twice: twice(&told).0, sent_twice, sent, escalations }
}

/// What is left for a worker to do: levels that are due, events untold, messages that nobody has in hand.
async fn pending(test: &TestApp) -> i64 {
    use diesel::prelude::*;
    use palm::schema::{lead_clocks as c, notification_deliveries as d, outbox_events as e};
    let now = test.app.now();
    test.app
        .read(move |conn| {
            let due: i64 = c::table.filter(c::due_at.le(now)).count().get_result(conn)?;
            let untold: i64 = e::table.filter(e::told_at.is_null()).count().get_result(conn)?;
            let waiting: i64 = d::table
                .filter(d::ended_at.is_null())
                .filter(d::leased_until.is_null())
                .count()
                .get_result(conn)?;
            Ok(due + untold + waiting)
        })
        .await
        .unwrap()
}

/// Workers one after another, each killed at its moment, until all is done. A twin's statement is run behind each
/// kill: what a broken worker would have left.
async fn storm(leads: usize, kills: usize, before_sending: bool, twin: Option<&str>) -> Seen {
    let (url, counter) = stand_in();
    let test = TestApp::start_with(&settings(&url)).await;
    lie(&test, leads).await;
    tell(&test.app).await.unwrap();
    let messages = leads * OF_A_LEAD;
    for kill in 0..kills {
        let after = messages / (kills + 4) / 2 + kill * 7 % 20;
        {
            let mut held = counter.lock().unwrap();
            assert!(held.messages.len() + after < messages, "the messages do not last for {kills} kills");
            held.fuse = Some(if before_sending { Fuse::Token } else { Fuse::Messages(after) });
            held.victim = Some(start_worker(&test, &url));
        }
        while counter.lock().unwrap().fuse.is_some() {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        if let Some(twin) = twin {
            execute(&test, twin.to_owned()).await;
        }
    }
    let mut last = start_worker(&test, &url);
    while pending(&test).await > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    last.kill().unwrap();
    last.wait().unwrap();
    // What the dead had in hand is settled when their claims lapse.
    test.app.clock.advance(chrono::Duration::minutes(6));
    send_deliveries(&test.app).await.unwrap();
    seen(&test, &counter).await
}

const LEADS: usize = 400;
const KILLS: usize = 20;

/// Every level of every clock once, in the inbox once, at WeChat once.
fn whole(leads: usize) -> Seen {
    let messages = leads * OF_A_LEAD;
    let escalations = i64::try_from(leads * 4).unwrap();
    Seen { in_inbox: messages, told_twice: 0, sent_twice: 0, sent: messages, escalations }
}

#[actix_web::test]
async fn twenty_kills_between_send_and_mark_tell_nobody_twice_and_leave_nobody_untold() {
    let seen = storm(LEADS, KILLS, false, None).await;
    assert_eq!(seen, whole(LEADS));
    println!("{} messages, {KILLS} kills: {seen:?}", LEADS * OF_A_LEAD);
}

#[actix_web::test]
async fn twenty_kills_between_claim_and_send_lose_no_message() {
    assert_eq!(storm(40, KILLS, true, None).await, whole(40));
}

/// The broken twin sends again what it does not know to be sent; the same count must find its doubles.
#[actix_web::test]
async fn the_count_finds_a_twin_that_sends_again() {
    const FORGETS: &str = "UPDATE notification_deliveries SET leased_until = NULL, begun_at = NULL WHERE leased_until IS NOT NULL";
    let seen = storm(24, 3, false, Some(FORGETS)).await;
    assert_eq!(seen, Seen { sent_twice: 3, ..whole(24) });
}

/// The broken twin says that it begins when it claims; the same count must miss what it never sent.
#[actix_web::test]
async fn the_count_misses_what_a_twin_begins_too_soon() {
    const TOO_SOON: &str =
        "UPDATE notification_deliveries SET begun_at = leased_until WHERE leased_until IS NOT NULL";
    let seen = storm(24, 3, true, Some(TOO_SOON)).await;
    assert_eq!(seen, Seen { sent: whole(24).sent - 3, ..whole(24) });
}
