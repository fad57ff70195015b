//! What the platform must do fast, each against a floor in the same run: `make bench`.
//!
//! Rounds of the floor and of ours alternate, so that both meet the same machine; a figure is the median of its
//! rounds, and what counts is the ratio. `PALM_BENCH_POSTGRES` names the cluster that scripts/bench.sh starts.
mod fan_out;
mod ground;
mod hold;
mod ledger;
mod library;
mod load;
mod read;
mod replay;
mod search;
mod sign;

use std::process::ExitCode;

/// One line of the result.
pub struct Line {
    pub what: &'static str,
    pub ours: f64,
    pub floor: f64,
    pub unit: &'static str,
    /// Whether more of the unit is better
    pub more: bool,
}

const ROUNDS: usize = 5;
/// The lines that begin so reach this ratio at least: a list a hundred times as long takes 1.3 times as long at most.
const ASKED: [(&str, f64); 2] = [("search 100 000", 5.0), ("lists of 100 000", 1.0 / 1.3)];

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Alternates `floor` and `ours`; gives both medians.
pub fn rounds(mut floor: impl FnMut(usize) -> f64, mut ours: impl FnMut(usize) -> f64) -> (f64, f64) {
    let (mut floors, mut own) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        floors.push(floor(round));
        own.push(ours(round));
    }
    (median(floors), median(own))
}

fn main() -> ExitCode {
    if let Ok(file) = std::env::var("PALM_BENCH_BARE") {
        read::serve_bare(file.as_ref());
        return ExitCode::SUCCESS;
    }
    let parts: [(&str, fn() -> Vec<Line>); 7] = [
        ("read", read::run),
        ("hold", hold::run),
        ("sign", sign::run),
        ("ledger", ledger::run),
        ("fan_out", fan_out::run),
        ("search", search::run),
        ("library", library::run),
    ];
    // `PALM_BENCH_PARTS="fan_out search" make bench` runs those alone.
    let asked = std::env::var("PALM_BENCH_PARTS").unwrap_or_default();
    let asked: Vec<&str> = asked.split_whitespace().collect();
    let lines: Vec<Line> = parts
        .into_iter()
        .filter(|(name, _)| asked.is_empty() || asked.contains(name))
        .flat_map(|(_, run)| run())
        .collect();
    println!("\n{:<64} {:>12} {:>12}  {:<16} {:>7}", "what / its floor", "ours", "floor", "unit", "ratio");
    let mut missed = false;
    let mut said = Vec::new();
    for line in lines {
        let ratio = if line.more { line.ours / line.floor } else { line.floor / line.ours };
        println!(
            "{:<64} {:>12.1} {:>12.1}  {:<16} {:>6.2}x",
            line.what, line.ours, line.floor, line.unit, ratio
        );
        if let Some((_, least)) = ASKED.iter().find(|(what, _)| line.what.starts_with(what)) {
            let holds = ratio >= *least;
            missed |= !holds;
            let what = if holds { "holds" } else { "MISSED" };
            said.push(format!("{what}: {} is {ratio:.2}x, asked at least {least:.2}x", line.what));
        }
    }
    said.iter().for_each(|target| println!("{target}"));
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
