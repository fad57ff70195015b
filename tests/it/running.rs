//! The program as an operator meets it: settings, figures, logs, limits, backup, and how it stops.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use palm::error::AppError;
use palm::people::auth::Role;
use palm::platform::db::DbConn;
use palm::platform::jobs::{self, Job};
use serde_json::{Value, json};

use crate::support::{Program, TestApp, count, palm};

#[actix_web::test]
async fn figures_are_served_on_their_own_address_and_nowhere_else() {
    let test = TestApp::start().await;
    let mut command = palm(&test);
    let mut program = Program::spawn(command.args(["--metrics-bind", "127.0.0.1:0", "serve"]));
    let figures = program.line("metrics on ");
    let main = program.line("listening on ");
    let get = |url: String| {
        let client = test.client.clone();
        async move {
            let answer = client.get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        }
    };
    assert_eq!(get(format!("{main}/healthz")).await.0, 200);
    let odd = reqwest::Method::from_bytes(b"BREW").unwrap();
    test.client.request(odd, format!("{main}/healthz")).send().await.unwrap();
    let lines = [
        "# TYPE palm_requests_total counter",
        r#"palm_requests_total{method="GET",path="/healthz",status="200"} 1"#,
        r#"palm_request_seconds_bucket{path="/healthz",le="0.005"}"#,
        "palm_database_up 1",
        "palm_outbox_waiting 0",
        r#"palm_job_runs_total{job="tell",outcome="done"}"#,
    ];
    // The jobs run for the first time when they get to it.
    let (mut missing, mut text) = (lines.to_vec(), String::new());
    for _ in 0..100 {
        let (status, now) = get(figures.clone()).await;
        assert_eq!(status, 200);
        missing = lines.into_iter().filter(|line| !now.contains(line)).collect();
        text = now;
        if missing.is_empty() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    assert!(text.contains(r#"method="other""#) && !text.contains("BREW"), "{text}");
    assert_eq!(get(format!("{main}/metrics")).await.0, 404);
    let beside = figures.trim_end_matches("/metrics").to_owned();
    assert_eq!(get(format!("{beside}/healthz")).await.0, 404);
}

/// A request of which the server has read the head but not yet the body.
fn half_sent(program: &Program, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(program.address).unwrap();
    let head = format!(
        "POST /api/v1/auth/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut seen = [0; 25];
    stream.read_exact(&mut seen).unwrap();
    assert_eq!(&seen, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[actix_web::test]
async fn asked_to_stop_it_answers_what_it_has_begun() {
    let test = TestApp::start().await;
    let mut program = Program::serve(&test);
    let body = r#"{"method":"phone_code","phone":"19000000001","code":"000000"}"#;
    let mut stream = half_sent(&program, body);
    program.terminate();
    // It no longer listens: whoever comes now is sent elsewhere.
    while TcpStream::connect(program.address).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("auth.code_wrong"), "{answer}");
    assert!(program.wait().success());
}

#[actix_web::test]
async fn a_worker_stops_when_it_is_asked_to() {
    let test = TestApp::start().await;
    let mut worker = Program::spawn(palm(&test).arg("worker"));
    worker.line("working");
    worker.terminate();
    assert!(worker.wait().success());
}

static STEP: AtomicU8 = AtomicU8::new(0);

#[actix_web::test]
async fn a_job_that_is_under_way_ends_before_the_worker_does() {
    let test = TestApp::start().await;
    let slow = Job {
        name: "slow",
        every: Duration::from_millis(1),
        on_outbox: false,
        run: |_| {
            Box::pin(async {
                STEP.store(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(200)).await;
                STEP.store(2, Ordering::SeqCst);
                Ok(())
            })
        },
    };
    let panicking = Job { name: "panics", run: |_| Box::pin(async { panic!("as a test wants") }), ..slow };
    let running = jobs::start(&test.app, &[slow, panicking]);
    while STEP.load(Ordering::SeqCst) != 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    running.stop().await;
    assert_eq!(STEP.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn a_wrong_setting_is_refused_by_its_name() {
    let test = TestApp::start().await;
    let refusal = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_palm"));
        let keys = test.place().path().join("other");
        command.env("PALM_KEYS_DIR", keys.join("keys")).env("PALM_FILES_DIR", keys.join("files"));
        command.env("PALM_DATABASE_URL", format!("sqlite://{}", keys.join("palm.db").display()));
        command.env("PALM_BIND", "127.0.0.1:0").envs(variables.iter().copied()).args(arguments);
        let ended = command.stdout(Stdio::null()).output().unwrap();
        assert!(!ended.status.success(), "{variables:?} {arguments:?}");
        String::from_utf8(ended.stderr).unwrap()
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = taken.local_addr().unwrap().to_string();
    for (setting, value) in [
        ("PALM_BIND", "nonsense"),
        ("PALM_BIND", &busy),
        ("PALM_METRICS_BIND", &busy),
        ("PALM_DATABASE_URL", "mysql://x"),
        ("PALM_DATABASE_URL", "postgres://palm@127.0.0.1:1/none"),
        ("PALM_DATABASE_CONNECTIONS", "0"),
        ("PALM_REDIS_URL", "http://x"),
        ("PALM_SEEDS_DIR", "/nowhere"),
        ("PALM_FONTS_DIR", "/nowhere"),
        ("PALM_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("PALM_PUBLIC_URL", "palm.example"),
        ("PALM_SIGNING_DAYS", "0"),
        ("PALM_LEDGER_KEEPER", "http://keeper.example/checkpoints"),
        ("PALM_WORKERS", "0"),
        ("PALM_LOG_FORMAT", "xml"),
        ("PALM_SMS_SECRET_ID", "alone"),
    ] {
        let said = refusal(&[(setting, value)], &["serve"]);
        let stem = setting.trim_end_matches("_ID");
        assert!(said.contains(stem), "{setting}={value}: {said}");
    }
}

#[actix_web::test]
async fn every_line_about_a_request_bears_its_id() {
    let test = TestApp::start().await;
    let log = test.place().path().join("log");
    let mut command = palm(&test);
    command.args(["--log-format", "json"]).stderr(std::fs::File::create(&log).unwrap());
    let mut program = Program::start(command.arg("serve"));
    let url = format!("http://{}/api/v1/units?secret=13812345678", program.address);
    let answer = test.client.get(url).send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    program.terminate();
    program.wait();
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line =
        lines.iter().find(|line| line["span"]["id"] == id.as_str()).unwrap_or_else(|| panic!("{text}"));
    assert_eq!((&line["fields"]["path"], &line["fields"]["status"]), (&json!("/api/v1/units"), &json!(200)));
    assert!(!text.contains("13812345678"));
}

#[actix_web::test]
async fn who_asks_too_often_waits_by_person_or_by_address() {
    let limited = ["--requests-per-minute", "5"];
    let test = TestApp::start_with(&limited).await;
    let (one, other) = (test.person(Role::Investor).await, test.person(Role::Investor).await);
    for _ in 0..5 {
        assert_eq!(test.get("/api/v1/auth/me", Some(&one)).await.status, 200);
    }
    let stopped = test.get("/api/v1/auth/me", Some(&one)).await;
    assert_eq!((stopped.status, stopped.code()), (429, "request.too_many"));
    assert!(stopped.headers.contains_key("retry-after"));
    // Another person, and nobody from the same address, have their own.
    assert_eq!(test.get("/api/v1/auth/me", Some(&other)).await.status, 200);
    let forged = crate::support::Person { token: "a.b.c".to_owned(), ..one };
    for _ in 0..5 {
        assert_eq!(test.get("/api/v1/auth/me", Some(&forged)).await.status, 401);
    }
    // Who tries tokens out is stopped like anybody from that address.
    assert_eq!(test.get("/api/v1/auth/me", Some(&forged)).await.status, 429);
    assert_eq!(test.get("/api/v1/units", None).await.status, 429);
}

#[actix_web::test]
async fn a_forwarded_address_counts_when_a_trusted_proxy_says_it() {
    let from = async |test: &TestApp, address: &str| {
        let request = test.client.get(test.url("/api/v1/units")).header("X-Forwarded-For", address);
        request.send().await.unwrap().status().as_u16()
    };
    let open = TestApp::start_with(&["--requests-per-minute", "1"]).await;
    assert_eq!((from(&open, "198.51.100.1").await, from(&open, "198.51.100.2").await), (200, 429));
    let trusting =
        TestApp::start_with(&["--requests-per-minute", "1", "--trusted-proxies", "127.0.0.0/8"]).await;
    assert_eq!((from(&trusting, "198.51.100.1").await, from(&trusting, "198.51.100.2").await), (200, 200));
    assert_eq!(from(&trusting, "198.51.100.1").await, 429);
    // What the client itself wrote before the proxy's word is not believed.
    assert_eq!(from(&trusting, "203.0.113.9, 198.51.100.1").await, 429);
}

#[actix_web::test]
async fn a_backup_is_whole_and_refuses_to_overwrite() {
    let test = TestApp::start().await;
    let to = test.place().path().join("copy.db");
    let back_up = || palm(&test).arg("backup").arg(&to).stderr(Stdio::piped()).output().unwrap();
    if test.place().is_postgres() {
        let said = String::from_utf8(back_up().stderr).unwrap();
        assert!(said.contains("pg_dump"), "{said}");
        return;
    }
    let mut written = Vec::new();
    for _ in 0..40 {
        written.push(test.person(Role::Investor).await);
    }
    assert!(back_up().status.success());
    let refused = back_up();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("there already"));
    let there = TestApp::start_with(&["--database-url", &format!("sqlite://{}", to.display())]).await;
    assert_eq!(count(&there, "SELECT COUNT(*) AS n FROM auth_accounts").await, 40);
    let nowhere = test.place().path().join("missing.db");
    let mut command = palm(&test);
    let gone = format!("sqlite://{}", nowhere.display());
    let refused =
        command.args(["--database-url", &gone, "backup", "x.db"]).stderr(Stdio::piped()).output().unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("PALM_DATABASE_URL"));
    assert!(!nowhere.exists());
}

/// A table that lives as long as its connection: a new connection begins it anew.
fn jobs_of_this_connection(conn: &mut DbConn) -> Result<i64, AppError> {
    #[derive(diesel::QueryableByName)]
    struct Jobs {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let note = "CREATE TEMPORARY TABLE IF NOT EXISTS jobs_seen (n INTEGER); INSERT INTO jobs_seen VALUES (1)";
    match conn {
        DbConn::Pg(conn) => conn.batch_execute(note)?,
        DbConn::Sqlite(conn) => conn.batch_execute(note)?,
    }
    Ok(diesel::sql_query("SELECT count(*) AS n FROM jobs_seen").get_result::<Jobs>(conn)?.n)
}

#[actix_web::test]
async fn a_connection_is_kept_from_one_job_to_the_next() {
    let test = TestApp::start().await;
    let (mut reads, mut writes) = (0, 0);
    for n in 0..20 {
        reads = reads.max(test.app.db.read(jobs_of_this_connection).await.unwrap());
        writes = writes.max(test.app.db.write(jobs_of_this_connection).await.unwrap());
        // What is refused takes nothing with it but itself.
        let refused = test.app.db.write(move |conn| {
            jobs_of_this_connection(conn)?;
            if n % 2 == 0 { Err(AppError::NotFound) } else { Ok(()) }
        });
        assert_eq!(refused.await.is_err(), n % 2 == 0);
    }
    // Two connections at most share either kind of work.
    assert!(reads >= 10 && writes >= 10, "{reads} reads and {writes} writes on one connection");
}
