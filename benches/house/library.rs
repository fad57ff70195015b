//! The list of enterprises and its filters with 100 000 rows against the same with 1 000, over HTTP: p99 of each.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use chrono::Duration;
use palm::app::App;
use palm::config::Config;
use palm::libraries::enterprises::{Enterprise, EnterpriseFacts};
use palm::libraries::industry::Industry;
use palm::libraries::likeness::keys_of;
use palm::people::auth::{Role, Session};

use crate::Line;
use crate::ground::{Ground, Palm, UNITS, person};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
/// Asked of each, in turns.
const TIMES: usize = 400;
const LINKS: usize = 40;

/// An official's token, and where the list may be entered in its middle.
struct Library {
    ground: Ground,
    token: String,
}

impl Library {
    fn new(ground: Ground, rows: usize) -> Self {
        let token = actix_web::rt::System::new().block_on(fill(ground.config(), rows));
        ground.settle();
        Self { ground, token }
    }
}

/// One in five is courted, by eight units in turn, and has three lines in its log.
async fn fill(config: Config, rows: usize) -> String {
    let app = App::open(config).await.unwrap();
    let (house, now) = (app.clone(), app.now());
    let official = move |conn: &mut palm::platform::db::DbConn| {
        let official = person(conn, &[Role::UnitOfficial], Some(UNITS[0]), 9_000, now)?;
        let (session, _) = Session::start(&house, conn, &official, "bench", now)?;
        Ok((official, session.id))
    };
    let (official, session) = app.db.write(official).await.unwrap();
    for from in (0..rows).step_by(1000) {
        let by = official.clone();
        let some = move |conn: &mut palm::platform::db::DbConn| {
            for n in from..(from + 1000).min(rows) {
                let name = format!("示例{n:06}号企业");
                let (name_key, name_stem) = keys_of(&name);
                let facts = EnterpriseFacts {
                    name,
                    credit_code: None,
                    name_key,
                    name_stem,
                    industry: Industry::ALL[n % Industry::ALL.len()],
                    chain_link: Some(format!("环节{}", n % LINKS)),
                    scale: None,
                    region: Some(format!("r{}", n % 40)),
                    hometown_tie: None,
                    parent_id: None,
                    note: None,
                };
                let at = now.minus(Duration::seconds(i64::try_from(rows - n).unwrap_or_default()));
                Enterprise::new(facts, by.clone(), at).insert(conn)?;
            }
            Ok(())
        };
        app.db.write(some).await.unwrap();
    }
    let unit = (0..8).map(|n| format!("WHEN 'r{}' THEN '{}'", n * 5, UNITS[n])).collect::<Vec<_>>().join(" ");
    let courted = (0..8).map(|n| format!("'r{}'", n * 5)).collect::<Vec<_>>().join(", ");
    let mut statements = vec![format!(
        "INSERT INTO enterprise_pursuits (id, enterprise_id, unit_id, state, since, next_step, next_step_on, lapses_on, opened_by)
         SELECT 'p-' || id, id, CASE region {unit} END, 'open', created_at, '上门拜访', '2030-01-01', '2030-02-01', created_by
         FROM enterprises WHERE region IN ({courted})"
    )];
    for n in 0..3 {
        statements.push(format!(
            "INSERT INTO enterprise_log_entries (id, enterprise_id, unit_id, kind, at, summary, by_id, by_name, written_at)
             SELECT 'l{n}-' || id, id, CASE region {unit} END, 'call', created_at, '通话', created_by, '示例', created_at
             FROM enterprises WHERE region IN ({courted})"
        ));
    }
    let log = move |conn: &mut palm::platform::db::DbConn| {
        for sql in &statements {
            diesel::RunQueryDsl::execute(diesel::sql_query(sql.clone()), conn)?;
        }
        Ok(())
    };
    app.db.write(log).await.unwrap();
    app.keys.issue(official.as_str(), session.as_str(), now, 86_400).unwrap()
}

/// One connection that is kept.
struct Visitor {
    stream: TcpStream,
    head: String,
}

impl Visitor {
    fn of(palm: &Palm, token: &str) -> Self {
        let stream = TcpStream::connect(palm.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, head: format!("Host: palm\r\nAuthorization: Bearer {token}\r\n\r\n") }
    }
    /// Milliseconds, and the answer.
    fn ask(&mut self, path: &str) -> (f64, String) {
        let started = Instant::now();
        write!(self.stream, "GET {path} HTTP/1.1\r\n{}", self.head).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 65536];
        loop {
            let n = self.stream.read(&mut buffer).unwrap();
            assert!(n > 0, "the connection was closed at {path}");
            answer.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.to_ascii_lowercase();
            let length =
                length.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
                return (started.elapsed().as_secs_f64() * 1e3, body.to_owned());
            }
        }
    }
}

fn p99(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

/// A page in the middle: as many pages on as a list of a thousand has in half.
fn middle(visitor: &mut Visitor) -> String {
    let mut path = "/api/v1/enterprises?limit=100".to_owned();
    for _ in 0..5 {
        let answer: serde_json::Value = serde_json::from_str(&visitor.ask(&path).1).unwrap();
        path = format!("/api/v1/enterprises?limit=100&cursor={}", answer["next"].as_str().unwrap());
    }
    path.replace("limit=100", "limit=20")
}

fn compare(name: &'static str, what: &'static str, ground: impl Fn(&str) -> Ground) -> Line {
    let small = Library::new(ground(&format!("{name}_small")), SMALL);
    let large = Library::new(ground(&format!("{name}_large")), LARGE);
    let (one, other) = (small.ground.serve(&[]), large.ground.serve(&[]));
    let mut visitors = [Visitor::of(&one, &small.token), Visitor::of(&other, &large.token)];
    let industry = Industry::ALL[3];
    let paths = [
        ("the list", "/api/v1/enterprises".to_owned()),
        ("a page in its middle", String::new()),
        ("of an industry", format!("/api/v1/enterprises?industry={industry}")),
        ("on a link", "/api/v1/enterprises?chain_link=%E7%8E%AF%E8%8A%827".to_owned()),
        ("courted by us", "/api/v1/enterprises?courting=ours".to_owned()),
        ("courted by others", "/api/v1/enterprises?courting=others".to_owned()),
        ("courted by nobody", "/api/v1/enterprises?courting=nobody".to_owned()),
        ("search everywhere", "/api/v1/search?q=%E4%BC%81%E4%B8%9A%20000777".to_owned()),
        ("search in the list", "/api/v1/enterprises?q=000777".to_owned()),
    ];
    println!("\n{what}: p99 in ms of {TIMES}, asked in turns");
    let mut worst = [0.0, f64::INFINITY];
    for (asked, path) in &paths {
        let mut each = [Vec::new(), Vec::new()];
        let here: Vec<String> = visitors
            .iter_mut()
            .map(|visitor| if path.is_empty() { middle(visitor) } else { path.clone() })
            .collect();
        for round in 0..TIMES + 20 {
            for ((visitor, path), times) in visitors.iter_mut().zip(&here).zip(&mut each) {
                let (took, _) = visitor.ask(path);
                if round >= 20 {
                    times.push(took);
                }
            }
        }
        let [small, large] = each.map(p99);
        println!(
            "{asked:<24} {SMALL:>6}: {small:>7.2}   {LARGE:>6}: {large:>7.2}   ratio {:>5.2}",
            large / small
        );
        // A search is not a list. That everywhere has its own floor; that in the list reads names until enough fit.
        if !asked.starts_with("search") && large / small > worst[0] / worst[1] {
            worst = [large, small];
        }
    }
    let [ours, floor] = worst;
    println!("the worst ratio of a list is {:.2}", ours / floor);
    Line { what, ours, floor, unit: "ms p99, worst", more: false }
}

pub fn run() -> Vec<Line> {
    vec![
        compare("library", "lists of 100 000 enterprises / of 1 000, SQLite", |name| Ground::sqlite(name)),
        compare("library", "lists of 100 000 enterprises / of 1 000, PostgreSQL", |name| {
            Ground::postgres(name)
        }),
    ]
}
