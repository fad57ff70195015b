//! Requests from another process: wrk, one thread.
use std::process::Command;

pub const SECONDS: u32 = 4;
pub const CONNECTIONS: u32 = 16;

/// What wrk saw in one round.
pub struct Seen {
    pub per_second: f64,
    /// Answers outside 200 to 399
    pub refused: u64,
}

/// One round of `SECONDS`; `script` makes the requests, with `env` for its ears.
pub fn wrk(url: &str, script: Option<&str>, env: &[(&str, &str)]) -> Seen {
    let mut command = Command::new("wrk");
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s")]);
    if let Some(script) = script {
        command.args(["-s", script]);
    }
    let output = command.arg(url).envs(env.iter().copied()).output().expect("wrk is on the path");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "wrk: {text} {}", String::from_utf8_lossy(&output.stderr));
    let after = |label: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(label))?;
        line.rsplit(' ').next().map(str::to_owned)
    };
    Seen {
        per_second: after("Requests/sec:").and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text}")),
        refused: after("Non-2xx").and_then(|n| n.parse().ok()).unwrap_or(0),
    }
}
