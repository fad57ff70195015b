//! What a round stands on: tables with hosts and open slots, and the program serving them.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::Parser;
use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use palm::app::App;
use palm::cli::Cli;
use palm::config::Config;
use palm::people::auth::{Account, AccountId, AccountState, NewAccount, Role, Session};
use palm::platform::clock::Time;
use palm::platform::db;

pub const UNITS: [&str; 8] = ["430902", "430903", "430921", "430922", "430923", "430981", "430971", "430972"];
const HOSTS_A_UNIT: usize = 3;
/// Half-hours of a host's day, and the days that can be booked.
const SLOTS_A_DAY: usize = 48;
const DAYS: i64 = 30;

/// Tables filled once, and copied for every round.
pub struct Ground {
    folder: tempfile::TempDir,
    url: String,
    pub token: String,
    /// Ids that were there before any hold
    pub known: Vec<String>,
    /// One request body a slot, all different
    pub bodies: PathBuf,
}

/// The program, killed when dropped.
pub struct Palm {
    child: Child,
    address: String,
}

impl Ground {
    pub fn sqlite(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("palm-bench-{name}-")).tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("palm.db").display());
        Self::fill(folder, url)
    }

    /// A database of its own in the cluster of `PALM_BENCH_POSTGRES`.
    pub fn postgres(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("palm-bench-{name}-")).tempdir().unwrap();
        let cluster = cluster();
        psql(&cluster, &format!("CREATE DATABASE {name}"));
        Self::fill(folder, format!("{}/{name}", cluster.trim_end_matches("/postgres")))
    }

    fn fill(folder: tempfile::TempDir, url: String) -> Self {
        let bodies = folder.path().join("bodies");
        let config = config(folder.path(), &url);
        db::migrate(&config.database()).unwrap();
        let (token, known, lines) = actix_web::rt::System::new().block_on(people(config));
        std::fs::write(&bodies, lines.join("\n")).unwrap();
        Self { folder, url, token, known, bodies }
    }

    pub fn config(&self) -> Config {
        config(self.folder(), &self.url)
    }

    /// As after a night: what the planner goes by is up to date.
    pub fn settle(&self) {
        let settings = self.config().database();
        let sql = if self.url.starts_with("sqlite:") { "ANALYZE" } else { "VACUUM ANALYZE" };
        let mut conn = db::connect(&settings).unwrap();
        diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut conn).unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The same tables under another name, for one round.
    pub fn copy(&self, name: &str) -> String {
        match self.url.strip_prefix("sqlite://") {
            Some(file) => {
                let copy = self.folder.path().join(format!("{name}.db"));
                // Not by the file alone: what was written last may still stand in the log beside it.
                let mut conn = SqliteConnection::establish(file).unwrap();
                conn.batch_execute(&format!("PRAGMA busy_timeout = 10000; VACUUM INTO '{}'", copy.display()))
                    .unwrap();
                format!("sqlite://{}", copy.display())
            }
            None => {
                let (base, cluster) = (self.url.rsplit('/').next().unwrap(), cluster());
                psql(&cluster, &format!("CREATE DATABASE {name} TEMPLATE {base}"));
                self.url.replace(&format!("/{base}"), &format!("/{name}"))
            }
        }
    }

    pub fn serve(&self, flags: &[&str]) -> Palm {
        self.serve_on(&self.url, flags)
    }

    /// One worker, no background jobs, no limit of requests.
    pub fn serve_on(&self, url: &str, flags: &[&str]) -> Palm {
        let mut command = Command::new(env!("CARGO_BIN_EXE_palm"));
        command.args(["--bind", "127.0.0.1:0", "--requests-per-minute", "0", "--workers", "1"]);
        command.args(["--with-worker", "false", "--database-connections", "16", "--database-url", url]);
        command.arg("--keys-dir").arg(self.folder.path().join("keys"));
        command.arg("--files-dir").arg(self.folder.path().join("files"));
        command.args(flags).args(["--demo", "serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|l| l.unwrap().strip_prefix("listening on http://").map(str::to_owned)).unwrap();
        Palm { child, address }
    }
}

fn config(folder: &Path, url: &str) -> Config {
    let line = ["palm", "--database-url", url, "--demo", "serve"];
    let mut config = Cli::try_parse_from(line).unwrap().config;
    config.keys_dir = folder.join("keys");
    config.files_dir = folder.join("files");
    config
}

/// Hosts in every unit who can be booked day and night, and one investor, signed in for the day.
async fn people(config: Config) -> (String, Vec<String>, Vec<String>) {
    let app = App::open(config).await.unwrap();
    palm::demo::fill(&app).await.unwrap();
    let (house, now) = (app.clone(), app.now());
    let (investor, session, hosts) = app
        .db
        .write(move |conn| {
            let investor = person(conn, &[Role::Investor], None, 0, now)?;
            let (session, _) = Session::start(&house, conn, &investor, "bench", now)?;
            let week: Vec<_> = (1..=7).map(|day| (day, 0, 24 * 60)).collect();
            let mut hosts = Vec::new();
            for n in 0..UNITS.len() * HOSTS_A_UNIT {
                let unit = UNITS[n % UNITS.len()];
                let host = person(conn, &[Role::UnitOfficial], Some(unit), n + 1, now)?;
                palm::deals::talks::keep_availability(conn, &host, &week)?;
                hosts.push((host, unit));
            }
            Ok((investor, session.id, hosts))
        })
        .await
        .unwrap();
    let token = app.keys.issue(investor.as_str(), session.as_str(), now, 86_400).unwrap();
    let mut known = vec![investor.to_string(), session.to_string()];
    known.extend(hosts.iter().map(|(host, _)| host.to_string()));
    (token, known, bodies(&hosts, now))
}

pub fn person(
    conn: &mut db::DbConn,
    roles: &[Role],
    unit: Option<&str>,
    n: usize,
    now: Time,
) -> Result<AccountId, palm::error::AppError> {
    let new = NewAccount {
        name: format!("示例{n}"),
        phone: format!("1980000{n:04}"),
        unit_id: unit.map(str::to_owned),
        demo: true,
        ..NewAccount::default()
    };
    let account = Account::new(&new, AccountState::Active, now);
    account.insert(conn, roles)?;
    Ok(account.id)
}

/// Every slot of every host from the day after tomorrow, as the body of a hold.
fn bodies(hosts: &[(AccountId, &str)], now: Time) -> Vec<String> {
    let day = 86_400_000;
    let first = (now.millis() / day + 2) * day;
    let mut lines = Vec::new();
    for slot in 0..SLOTS_A_DAY as i64 * (DAYS - 2) {
        for (host, unit) in hosts {
            let starts_at = Time::from_millis(first + slot * 1_800_000);
            let body = serde_json::json!({"host_id": host, "unit_id": unit, "starts_at": starts_at, "topic": "食品厂房选址", "language": "zh"});
            lines.push(body.to_string());
        }
    }
    lines
}

/// Where the cluster of this run is.
pub fn cluster() -> String {
    std::env::var("PALM_BENCH_POSTGRES")
        .expect("scripts/bench.sh starts PostgreSQL and names it in PALM_BENCH_POSTGRES")
}

pub fn psql(url: &str, sql: &str) {
    let done =
        Command::new("psql").args(["-qX", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).status().unwrap();
    assert!(done.success(), "psql: {sql}");
}

impl Palm {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The body of a GET; asked twice, so that the second comes from the cache.
    pub fn get(&self, path: &str) -> Vec<u8> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: palm\r\nConnection: close\r\n\r\n"));
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: palm\r\nConnection: close\r\n\r\n"))
    }

    /// Holds one slot.
    pub fn hold(&self, token: &str, key: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "POST /api/v1/talks/holds HTTP/1.1\r\nHost: palm\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.ask(&head);
    }

    fn ask(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
        answer.split_off(end + 4)
    }
}

impl Drop for Palm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
