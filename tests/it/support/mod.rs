//! A server with a database of its own, people to ask it with, and short ways to ask.
#![allow(dead_code, reason = "each test uses a part")]
mod place;
mod program;
mod tables;

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser;
use palm::app::App;
use palm::cli::Cli;
use palm::config::Config;
use palm::people::auth::{Account, AccountId, AccountState, NewAccount, Role, Session};
use palm::platform::id;
use serde_json::Value;

pub use place::Place;
pub use program::{Program, palm};
pub use tables::{Tables, count, execute as run_sql};

pub struct TestApp {
    pub app: App,
    pub address: SocketAddr,
    pub client: reqwest::Client,
    place: Place,
    settings: Vec<String>,
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub token: String,
    pub refresh: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings as on the command line.
    pub async fn start_with(settings: &[&str]) -> Self {
        Self::on(Place::new(), settings).await
    }

    async fn on(place: Place, settings: &[&str]) -> Self {
        let (app, address) = run(&place, settings).await;
        let settings = settings.iter().map(|s| (*s).to_owned()).collect();
        // The server closes what was idle for 5 s; a request that meets the closing is lost.
        let client =
            reqwest::Client::builder().pool_idle_timeout(std::time::Duration::from_secs(2)).build().unwrap();
        Self { app, address, client, place, settings }
    }

    /// A second instance on the same tables, with the same settings.
    pub async fn another(&self) -> (App, SocketAddr) {
        run(&self.place, &self.settings.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A person with one role, signed in.
    pub async fn person(&self, role: Role) -> Person {
        self.person_of(&[role], None, AccountState::Active).await
    }

    pub async fn official(&self, unit: &str) -> Person {
        self.person_of(&[Role::UnitOfficial], Some(unit), AccountState::Active).await
    }

    pub async fn person_of(&self, roles: &[Role], unit: Option<&str>, state: AccountState) -> Person {
        let (app, roles, now) = (self.app.clone(), roles.to_vec(), self.app.now());
        let new = NewAccount {
            name: "王示例".to_owned(),
            phone: fresh_phone(),
            unit_id: unit.map(str::to_owned),
            ..NewAccount::default()
        };
        let (account, session, refresh): (AccountId, _, _) = self
            .app
            .db
            .write(move |conn| {
                let account = Account::new(&new, state, now);
                account.insert(conn, &roles)?;
                let (session, refresh) = Session::start(&app, conn, &account.id, "test", now)?;
                Ok((account.id, session.id, refresh))
            })
            .await
            .unwrap();
        let token = self.app.keys.issue(account.as_str(), session.as_str(), now, 600).unwrap();
        Person { id: account.to_string(), token, refresh }
    }

    /// The same session with a fresh token, after the clock was moved.
    pub fn renewed(&self, person: &Person) -> Person {
        let claims = person.token.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let session = claims["sid"].as_str().unwrap();
        let token = self.app.keys.issue(&person.id, session, self.app.now(), 600).unwrap();
        Person { token, ..person.clone() }
    }

    pub async fn get(&self, path: &str, person: Option<&Person>) -> Answer {
        self.send("GET", path, person, None).await
    }
    /// POST with a fresh Idempotency-Key.
    pub async fn post(&self, path: &str, person: Option<&Person>, body: &Value) -> Answer {
        self.send("POST", path, person, Some(body)).await
    }
    pub async fn put(&self, path: &str, person: Option<&Person>, body: &Value) -> Answer {
        self.send("PUT", path, person, Some(body)).await
    }
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        person: Option<&Person>,
        body: Option<&Value>,
    ) -> Answer {
        self.keyed(method, path, person, body, &id::fresh()).await
    }
    /// With a chosen Idempotency-Key.
    pub async fn keyed(
        &self,
        method: &str,
        path: &str,
        person: Option<&Person>,
        body: Option<&Value>,
        key: &str,
    ) -> Answer {
        ask(&self.client, self.address, method, path, person, body, key).await.unwrap()
    }
}

/// A number that no one else has in this process, from a start of its own: processes share a Redis.
fn fresh_phone() -> String {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(palm::platform::random::digits(8).parse().unwrap()));
    format!("190{:08}", NEXT.fetch_add(1, Ordering::Relaxed) % 100_000_000)
}

/// The Python that has what the judges need.
pub fn python() -> std::path::PathBuf {
    std::env::var_os("PALM_TEST_PYTHON").map_or_else(|| "python3".into(), Into::into)
}

/// What stands in an imagined calendar after each of these texts, as another program reads them: files (`ics`) or mails
/// with one (`eml`).
pub fn take_in<T: AsRef<[u8]>>(texts: &[T], ending: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..texts.len()).map(|n| folder.path().join(format!("{n}.{ending}"))).collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, text).unwrap();
    }
    let done =
        std::process::Command::new(python()).arg("tests/ics/take_in.py").args(&files).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One request to any instance.
pub async fn ask(
    client: &reqwest::Client,
    address: SocketAddr,
    method: &str,
    path: &str,
    person: Option<&Person>,
    body: Option<&Value>,
    key: &str,
) -> Result<Answer, reqwest::Error> {
    let mut request = client
        .request(method.parse().unwrap(), format!("http://{address}{path}"))
        .header("Idempotency-Key", key);
    if let Some(person) = person {
        request = request.bearer_auth(&person.token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?;
    Ok(Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

async fn run(place: &Place, settings: &[&str]) -> (App, SocketAddr) {
    let app = App::open(config(place, settings)).await.unwrap();
    let (server, addresses) = palm::server::bind(app.clone()).unwrap();
    actix_web::rt::spawn(server);
    (app, addresses[0])
}

fn config(place: &Place, settings: &[&str]) -> Config {
    let files = place.path().join("files").display().to_string();
    let keys = place.path().join("keys").display().to_string();
    let mut line = vec![
        "palm",
        "--bind",
        "127.0.0.1:0",
        "--database-url",
        &place.url,
        "--files-dir",
        &files,
        "--keys-dir",
        &keys,
        "--program",
        env!("CARGO_BIN_EXE_palm"),
        "--unsafe-database",
        "--requests-per-minute",
        "0",
        "--workers",
        "1",
        "--database-connections",
        "4",
    ];
    let redis = std::env::var("PALM_TEST_REDIS").unwrap_or_default();
    if !redis.is_empty() && !settings.contains(&"--redis-url") {
        line.extend(["--redis-url", &redis]);
    }
    line.extend(settings);
    line.push("serve");
    Cli::try_parse_from(line).unwrap().config
}

/// The local stand-ins of outside companies, on a port of their own.
pub struct Standins {
    child: std::process::Child,
    url: String,
    smtp: String,
}

impl Standins {
    pub fn start() -> Self {
        use std::io::BufRead;
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_palm-standins"))
            .args(["--bind", "127.0.0.1:0", "--smtp-bind", "127.0.0.1:0"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after =
            |what: &str| lines.find_map(|l| l.unwrap().strip_prefix(what).map(str::to_owned)).unwrap();
        let (smtp, url) = (after("mail on "), after("listening on "));
        Self { child, url, smtp }
    }

    /// Flags that send text messages and WeChat calls here.
    pub fn settings(&self) -> Vec<String> {
        let pairs = [
            ("--sms-secret-id", "standin-sms-id"),
            ("--sms-secret-key", "standin-sms-key"),
            ("--sms-app-id", "1400000000"),
            ("--sms-template", "1"),
            ("--sms-sign-name", "demo"),
            ("--sms-url", &self.url),
            ("--wechat-app-id", "wxstandin00000001"),
            ("--wechat-app-secret", "standin-secret"),
            ("--wechat-url", &self.url),
        ];
        pairs.iter().flat_map(|(flag, value)| [(*flag).to_owned(), (*value).to_owned()]).collect()
    }

    /// Flags that hand mail in here.
    pub fn mail(&self) -> [String; 4] {
        let place = format!("smtp://{}", self.smtp);
        ["--smtp-url".to_owned(), place, "--smtp-from".to_owned(), "talks@palm.example".to_owned()]
    }

    /// Mails to an address, oldest first, as they came.
    pub async fn mails(&self, address: &str) -> Vec<String> {
        let all: Vec<Value> = reqwest::get(self.at("/mails")).await.unwrap().json().await.unwrap();
        let to = |mail: &&Value| mail["to"].as_array().unwrap().iter().any(|to| to == address);
        all.iter().rev().filter(to).map(|mail| mail["raw"].as_str().unwrap().to_owned()).collect()
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What the stand-in makes of an order.
    pub async fn order(&self, path: &str, order: &Value) -> Value {
        let made = reqwest::Client::new().post(self.at(path)).json(order).send().await.unwrap();
        assert!(made.status().is_success(), "{path}: {made:?}");
        made.json().await.unwrap_or_default()
    }

    /// Sets up the sealing of calls there; the flags with which the program seals them, and the folder of its keys.
    pub async fn sealing(&self, suite: &str) -> (Vec<String>, tempfile::TempDir) {
        let keys = self.order("/api-keys", &serde_json::json!({"suite": suite})).await;
        let folder = tempfile::tempdir().unwrap();
        let text = |name: &str| keys[name].as_str().unwrap().to_owned();
        let file = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text(name)).unwrap();
            path.display().to_string()
        };
        let flags = [
            ("suite", suite.to_owned()),
            ("key", text("key")),
            ("key-serial", text("key_serial")),
            ("private-key", file("private_key")),
            ("private-key-serial", text("private_key_serial")),
            ("certificate", file("certificate")),
            ("certificate-serial", text("certificate_serial")),
        ];
        let flags = flags.into_iter().flat_map(|(name, value)| [format!("--wechat-call-{name}"), value]);
        (flags.collect(), folder)
    }

    /// Lets the next requests to a path fail.
    pub async fn fault(&self, path: &str, kind: &str, times: u32) {
        let switch = serde_json::json!({"path": path, "kind": kind, "times": times});
        let set = reqwest::Client::new().post(self.at("/faults")).json(&switch).send().await.unwrap();
        assert_eq!(set.status().as_u16(), 201);
    }

    /// The digits of the newest text message.
    pub async fn latest_code(&self) -> String {
        let all: Value = reqwest::get(format!("{}/sms", self.url)).await.unwrap().json().await.unwrap();
        find_code(&all).unwrap_or_else(|| panic!("no code in {all}"))
    }
}

fn find_code(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(find_code),
        Value::Object(map) => map.values().find_map(find_code),
        Value::String(text) if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) => {
            Some(text.clone())
        }
        _ => None,
    }
}

impl Drop for Standins {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl TestApp {
    pub async fn bytes(&self, path: &str, person: &Person) -> Vec<u8> {
        let request = self.client.get(self.url(path)).bearer_auth(&person.token);
        request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
    }
    /// The verify page's answer about a file.
    pub async fn judge(&self, file: Vec<u8>) -> Value {
        let request = self.client.post(self.url("/api/v1/signings/verifications"));
        let request = request.header("content-type", "application/pdf").body(file);
        request.send().await.unwrap().json().await.unwrap()
    }
}
