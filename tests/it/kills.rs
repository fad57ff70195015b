//! A worker that is killed between sending and marking: nobody is told twice, and nobody is left untold.
use crate::support::{Person, TestApp};
use actix_web::{App, HttpServer, web};
use diesel::connection::SimpleConnection;
use palm::people::auth::Role;
use palm::platform::{db, id};
use palm::views::notifications::{send_deliveries, tell};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What stands in for WeChat: it counts the ids that it was sent, and kills the worker before the answer to some.
#[derive(Default)]
struct Counter {
    ids: Vec<String>,
    victim: Option<Child>,
    /// How many more messages until the kill
    fuse: Option<usize>,
}

impl Counter {
    fn take(&mut self, id: &str) {
        self.ids.push(id.to_owned());
        self.fuse = match self.fuse {
            Some(0) => {
                if let Some(mut victim) = self.victim.take() {
                    victim.kill().unwrap();
                    victim.wait().unwrap();
                }
                None
            }
            Some(n) => Some(n - 1),
            None => None,
        };
    }
}

fn stand_in() -> (String, Arc<Mutex<Counter>>) {
    let counter = Arc::new(Mutex::new(Counter::default()));
    let shared = counter.clone();
    let token = || async { web::Json(json!({"access_token": "t", "expires_in": 7200})) };
    let server = HttpServer::new(move || {
        let shared = shared.clone();
        App::new().route("/cgi-bin/stable_token", web::post().to(token)).route(
            "/cgi-bin/message/subscribe/send",
            web::post().to(move |body: web::Json<Value>| {
                shared.lock().unwrap().take(body["data"]["thing1"]["value"].as_str().unwrap());
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
        "--wechat-talk-template",
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

/// Escalations for one reader who came through WeChat and agreed to messages.
async fn happen(test: &TestApp, reader: &Person, from: usize, to: usize) {
    let reader = &reader.id;
    let at = test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    let row = |n: usize| {
        let payload = json!({"reader_ids": [reader], "title_zh": "招商信息逾期", "title_en": "Overdue", "body_zh": "文",
            "body_en": "text", "link": format!("/leads/{reader}"),
            "template": {"key": "talk", "values": {"thing1": format!("m{n}")}}});
        format!("('{}', 'LeadOverdue', '{payload}', '{at}', '{at}', 0)", id::fresh())
    };
    let rows: Vec<String> = (from..to).map(row).collect();
    let sql = format!(
        "INSERT INTO outbox_events (id, name, payload, created_at, due_at, attempts) VALUES {};
         INSERT INTO auth_wechat_identities (app_id, open_id, account_id, session_key, updated_at) VALUES ('wx1', 'o-{reader}', '{reader}', 'k', '{at}') ON CONFLICT DO NOTHING;
         INSERT INTO notification_subscriptions (account_id, template_key, credits, updated_at) VALUES ('{reader}', 'talk', 100000, '{at}') ON CONFLICT DO NOTHING;",
        rows.join(",")
    );
    execute(test, sql).await;
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    in_inbox: i64,
    told_twice: usize,
    sent_twice: usize,
    sent: usize,
}

async fn seen(test: &TestApp, counter: &Mutex<Counter>) -> Seen {
    use diesel::prelude::*;
    use palm::schema::notifications as t;
    let events: Vec<String> =
        test.app.read(|conn| Ok(t::table.select(t::event_id).load(conn)?)).await.unwrap();
    let twice = |ids: &[String]| {
        let mut counts: HashMap<&String, usize> = HashMap::new();
        for id in ids {
            *counts.entry(id).or_default() += 1;
        }
        (counts.values().filter(|n| **n > 1).count(), counts.len())
    };
    let (sent_twice, sent) = twice(&counter.lock().unwrap().ids);
    Seen { in_inbox: i64::try_from(events.len()).unwrap(), told_twice: twice(&events).0, sent_twice, sent }
}

async fn pending(test: &TestApp) -> i64 {
    use diesel::prelude::*;
    use palm::schema::{notification_deliveries as d, outbox_events as e};
    test.app
        .read(|conn| {
            let untold: i64 = e::table.filter(e::told_at.is_null()).count().get_result(conn)?;
            let waiting: i64 = d::table
                .filter(d::ended_at.is_null())
                .filter(d::leased_until.is_null())
                .count()
                .get_result(conn)?;
            Ok(untold + waiting)
        })
        .await
        .unwrap()
}

/// Workers one after another, each killed after some messages, until all is done; `twin` sends again what a dead
/// worker had in hand.
async fn storm(messages: usize, kills: usize, twin: bool) -> Seen {
    let (url, counter) = stand_in();
    let test = TestApp::start_with(&settings(&url)).await;
    let reader = test.person(Role::InformationTaskForce).await;
    happen(&test, &reader, 0, messages / 2).await;
    tell(&test.app).await.unwrap();
    happen(&test, &reader, messages / 2, messages).await;
    for kill in 0..kills {
        let fuse = messages / (kills + 4) / 2 + kill * 7 % 20;
        let mut victim = start_worker(&test, &url);
        if counter.lock().unwrap().ids.len() + fuse >= messages {
            victim.kill().unwrap();
            panic!("the messages do not last for {kills} kills");
        }
        {
            let mut held = counter.lock().unwrap();
            held.victim = Some(victim);
            held.fuse = Some(fuse);
        }
        while counter.lock().unwrap().fuse.is_some() {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        if twin {
            execute(&test, "UPDATE notification_deliveries SET leased_until = NULL".to_owned()).await;
        }
    }
    let mut last = start_worker(&test, &url);
    while pending(&test).await > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    last.kill().unwrap();
    last.wait().unwrap();
    // What the dead had in hand ends with their lease, unsent a second time.
    test.app.clock.advance(chrono::Duration::minutes(6));
    send_deliveries(&test.app).await.unwrap();
    seen(&test, &counter).await
}

#[actix_web::test]
async fn twenty_kills_between_send_and_mark_tell_nobody_twice_and_leave_nobody_untold() {
    const MESSAGES: usize = 2000;
    const KILLS: usize = 20;
    let seen = storm(MESSAGES, KILLS, false).await;
    assert_eq!((seen.in_inbox, seen.told_twice, seen.sent_twice), (MESSAGES as i64, 0, 0));
    // Killed after sending, never before: every message arrived.
    assert_eq!(seen.sent, MESSAGES);
    println!("{MESSAGES} messages, {KILLS} kills: {seen:?}");
}

/// The broken twin sends again what it does not know to be sent; the same count must find its doubles.
#[actix_web::test]
async fn the_count_finds_a_twin_that_sends_again() {
    const KILLS: usize = 3;
    let seen = storm(120, KILLS, true).await;
    assert_eq!((seen.in_inbox, seen.told_twice, seen.sent_twice), (120, 0, KILLS));
}
