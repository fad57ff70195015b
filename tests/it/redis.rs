//! Redis may vanish: what it carried arrives by the tables, and it is joined again when it comes back.
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use palm::deals::talks::keep_availability;
use palm::people::auth::{AccountId, Role};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Answer, Person, TestApp, ask};

/// A Redis of this test's own, on a port of its own.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { child: run(port), port }
    }
    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
    fn die(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
    fn come_back(&mut self) {
        self.child = run(self.port);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(port: u16) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
    let child = command
        .stdout(Stdio::null())
        .spawn()
        .expect("this test needs the program redis-server (on Debian: apt-get install redis-server)");
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

async fn get(test: &TestApp, at: std::net::SocketAddr, path: &str, person: Option<&Person>) -> Answer {
    ask(&test.client, at, "GET", path, person, None, "k").await.unwrap()
}

/// Signed out at the first instance, dead at the second, at once.
async fn signed_out_everywhere(test: &TestApp, there: std::net::SocketAddr) {
    let person = test.person(Role::Investor).await;
    assert_eq!(get(test, there, "/api/v1/auth/me", Some(&person)).await.status, 200);
    let out = test.send("DELETE", "/api/v1/auth/sessions/current", Some(&person), None).await;
    assert_eq!(out.status, 204);
    assert_eq!(get(test, there, "/api/v1/auth/me", Some(&person)).await.status, 401);
}

/// Hears at the first instance what is told at the second.
async fn heard(test: &TestApp, there: &palm::app::App, topic: &str) {
    let mut listener = test.app.fan_out.subscribe(topic);
    loop {
        there.fan_out.publish(topic, "here").await;
        let next = tokio::time::timeout(Duration::from_millis(200), listener.recv()).await;
        if matches!(next, Ok(Ok(text)) if &*text == "here") {
            return;
        }
    }
}

#[actix_web::test]
async fn without_redis_sessions_rooms_and_reads_are_as_right_as_with_it() {
    let mut redis = Redis::start();
    let test = TestApp::start_with(&["--redis-url", &redis.url()]).await;
    let seeds = test.app.config.seeds_dir.clone();
    let now = test.app.now();
    let seed = move |conn: &mut _| palm::libraries::seed(conn, &seeds, now, true);
    test.app.db.write(seed).await.unwrap();
    let (other, there) = test.another().await;
    heard(&test, &other, "with redis").await;
    signed_out_everywhere(&test, there).await;

    // A room: the host listens at the first instance, the investor writes at the second.
    let host = test.official("430903").await;
    let investor = test.person(Role::Investor).await;
    let id: AccountId = host.id.parse().unwrap();
    let week: Vec<(i32, i32, i32)> = (1..=7).map(|day| (day, 540, 1020)).collect();
    test.app.db.write(move |conn| keep_availability(conn, &id, &week)).await.unwrap();
    let from = test.app.now().day() + chrono::Duration::days(1);
    let open = format!("/api/v1/talks/slots?unit_id=430903&from={from}");
    let slot = test.get(&open, Some(&investor)).await.expect(200)["items"][0].clone();
    let body = json!({"unit_id": "430903", "host_id": slot["host_id"], "starts_at": slot["starts_at"], "topic": "初谈", "language": "zh"});
    let booking = test.post("/api/v1/talks/holds", Some(&investor), &body).await.expect(201);
    let path = format!("/api/v1/talks/bookings/{}", booking["id"].as_str().unwrap());
    test.post(&format!("{path}/confirmations"), Some(&investor), &json!({})).await.expect(200);
    let ticket = test.post(&format!("{path}/tickets"), Some(&host), &json!({})).await.expect(201);
    let url = format!("ws://{}/api/v1/talks/socket", test.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello = json!({"type": "hello", "ticket": ticket["ticket"], "after": 0});
    socket.send(Message::Text(hello.to_string().into())).await.unwrap();
    let mut heard_in_room = Vec::new();
    let mut say_and_hear = async |n: usize| {
        let said = json!({"client_id": format!("c{n}"), "body": format!("第 {n} 句")});
        let to = format!("{path}/messages");
        let answer =
            ask(&test.client, there, "POST", &to, Some(&investor), Some(&said), &format!("say-{n}")).await;
        answer.unwrap().expect(201);
        loop {
            let Some(Ok(frame)) = socket.next().await else { panic!("the room closed") };
            let Message::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == "message" {
                heard_in_room.push(frame["message"]["seq"].as_i64().unwrap());
                if frame["message"]["body"] == said["body"] {
                    return;
                }
            }
        }
    };
    say_and_hear(1).await;

    let pages = "/api/v1/content/pages";
    let before = test.get(pages, None).await.expect(200);
    redis.die();
    say_and_hear(2).await;
    signed_out_everywhere(&test, there).await;
    for at in [test.address, there] {
        // What was kept, and what nobody has asked for yet.
        assert_eq!(get(&test, at, pages, None).await.expect(200), before);
        for path in ["/api/v1/map/sites", "/api/v1/map/outlines", "/readyz"] {
            assert_eq!(get(&test, at, path, None).await.status, 200, "{path}");
        }
    }

    redis.come_back();
    heard(&test, &other, "with redis again").await;
    say_and_hear(3).await;
    let all: Vec<i64> = (1..=i64::try_from(heard_in_room.len()).unwrap()).collect();
    assert_eq!(heard_in_room, all, "something was missed or came twice");
}
