//! Holding a slot through HTTP: on SQLite with group commit against one commit each, on PostgreSQL against
//! pgbench with the very statements of a hold.
use std::process::Command;

use crate::ground::{Ground, Palm, cluster};
use crate::load::{SECONDS, wrk};
use crate::replay::Replay;
use crate::{Line, rounds};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/house/hold.lua");
const CLIENTS: &str = "8";

pub fn run() -> Vec<Line> {
    vec![on_sqlite(), on_postgres()]
}

/// Holds a second, every one of them answered 201. A round before it is not counted: a fresh connection to
/// PostgreSQL needs its time for the catalogue, and pgbench's are as long-lived as ours.
fn storm(ground: &Ground, palm: &Palm, round: &str) -> f64 {
    let bodies = ground.bodies.display().to_string();
    let env = [
        ("PALM_BENCH_BODIES", bodies.as_str()),
        ("PALM_BENCH_TOKEN", &ground.token),
        ("PALM_BENCH_ROUND", round),
    ];
    // Says what is wrong, which wrk does not.
    let text = std::fs::read_to_string(&ground.bodies).unwrap();
    palm.hold(&ground.token, round, text.lines().last().unwrap());
    wrk(&palm.url("/"), Some(SCRIPT), &[&env[..], &[("PALM_BENCH_WARM", "1")]].concat());
    let seen = wrk(&palm.url("/"), Some(SCRIPT), &env);
    assert_eq!(seen.refused, 0, "holds were refused");
    seen.per_second
}

fn on_sqlite() -> Line {
    let ground = Ground::sqlite("hold");
    let (floor, ours) = rounds(
        |round| {
            let name = format!("single{round}");
            storm(&ground, &ground.serve_on(&ground.copy(&name), &["--single-commit"]), &name)
        },
        |round| {
            let name = format!("group{round}");
            storm(&ground, &ground.serve_on(&ground.copy(&name), &[]), &name)
        },
    );
    Line {
        what: "hold a slot, SQLite, group commit / one commit each",
        ours,
        floor,
        unit: "holds/s",
        more: true,
    }
}

fn on_postgres() -> Line {
    let ground = Ground::postgres("hold");
    let script = statements(&ground);
    let (floor, ours) = rounds(
        |round| pgbench(&ground.copy(&format!("floor{round}")), &script),
        |round| {
            let name = format!("ours{round}");
            storm(&ground, &ground.serve_on(&ground.copy(&name), &[]), &name)
        },
    );
    Line {
        what: "hold a slot, PostgreSQL, HTTP and all / pgbench, same statements",
        ours,
        floor,
        unit: "holds/s",
        more: true,
    }
}

/// Listens to PostgreSQL while one slot is held and writes down what it was told.
fn statements(ground: &Ground) -> std::path::PathBuf {
    let log = std::path::PathBuf::from(
        std::env::var("PALM_BENCH_POSTGRES_LOG").expect("scripts/bench.sh names the log"),
    );
    let url = ground.copy("told");
    let palm = ground.serve_on(&format!("{url}?options=-c%20log_statement%3Dall"), &[]);
    let text = std::fs::read_to_string(&ground.bodies).unwrap();
    let mut bodies = text.lines();
    palm.hold(&ground.token, "warm", bodies.next().unwrap());
    let from = std::fs::metadata(&log).unwrap().len();
    let body = bodies.next().unwrap();
    palm.hold(&ground.token, "told", body);
    drop(palm);
    let told = std::fs::read(&log).unwrap().split_off(usize::try_from(from).unwrap());
    let starts_at =
        serde_json::from_str::<serde_json::Value>(body).unwrap()["starts_at"].as_str().unwrap().to_owned();
    let replay = Replay::read(&String::from_utf8_lossy(&told), &ground.known, "told", &starts_at);
    println!("a hold on PostgreSQL is {} statements: {}", replay.statements.len(), replay.heads().join(", "));
    assert!(replay.heads().iter().any(|head| head.contains("talk_slot_claims")), "no claim among them");
    let script = ground.folder().join("hold.sql");
    std::fs::write(&script, replay.script()).unwrap();
    script
}

fn pgbench(url: &str, script: &std::path::Path) -> f64 {
    let seconds = SECONDS.to_string();
    let mut command = Command::new("pgbench");
    command
        .args(["-n", "-M", "prepared", "-c", CLIENTS, "-j", "1", "-T", &seconds, "-f"])
        .arg(script)
        .arg(url);
    let output = command.output().expect("pgbench is on the path");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !wrong.contains("ERROR"), "pgbench on {}: {wrong}", cluster());
    let tps = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|t| t.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{said}"))
}
