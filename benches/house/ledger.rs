//! A walk over a whole ledger from its dump: every fact, entry and node hashed again, and the signature over them.
use std::process::Command;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use palm::deals::leads::verify_dump;
use palm::platform::hash_chain::{GENESIS, canonical, entry_hash, entry_text, sha256_hex};
use palm::platform::merkle::{Edge, leaf_hash};
use palm::platform::note::Signer;
use serde_json::json;

use crate::{Line, rounds};

const ENTRIES: i64 = 20_000;
const AT: &str = "2026-11-24T01:02:03.456Z";
const CHECKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ledger/check_dump.py");

fn dump(signer: &Signer) -> String {
    let mut lines = vec![json!({"format": "palm-ledger/1", "key": signer.key().to_string()}).to_string()];
    let (mut previous, mut edge) = (GENESIS.to_owned(), Edge::default());
    for sequence in 1..=ENTRIES {
        let facts = json!({
            "number": format!("L2026-{sequence:06}"), "enterprise_name": format!("第{sequence}号示例竹业"),
            "credit_code": null, "contact_name": "王示例", "contact_phone": format!("190{sequence:08}"),
            "industry": "bamboo", "intention": "拟建竹纤维生产线，\n需地 40 亩。", "submitted_for": null,
            "submitted_by": "01a19468-1c71-7118-b2cd-e30b22b2ff79", "submitted_at": AT,
            "salt": sha256_hex(sequence.to_be_bytes()),
        });
        let facts_sha256 = sha256_hex(canonical(&facts));
        edge.push(leaf_hash(entry_text(sequence, AT, &facts_sha256, &previous).as_bytes()));
        let hash = entry_hash(sequence, AT, &facts_sha256, &previous);
        let entry = json!({"sequence": sequence, "at": AT, "kind": "submission", "facts": facts,
            "facts_sha256": facts_sha256, "previous_hash": previous, "entry_hash": hash});
        lines.push(json!({"entry": entry}).to_string());
        previous = hash;
    }
    let text = format!("{}\n{ENTRIES}\n{}\n{AT}\n", signer.name(), STANDARD.encode(edge.root()));
    lines.push(json!({"checkpoint": signer.sign(&text)}).to_string());
    lines.join("\n")
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e3
}

pub fn run() -> Vec<Line> {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::open(folder.path(), "ledger.secret", "palm.example/leads").unwrap();
    let (dump, key) = (dump(&signer), signer.key());
    let file = folder.path().join("dump.jsonl");
    std::fs::write(&file, &dump).unwrap();
    println!("ledger: {ENTRIES} entries, {} bytes", dump.len());
    let ours = |_| {
        milliseconds(|| {
            let seen = verify_dump(dump.as_bytes(), &key).unwrap();
            assert_eq!((seen.entries, seen.checkpoints, seen.broken), (ENTRIES, 1, None));
        })
    };
    let hashed = |_| {
        milliseconds(|| {
            std::hint::black_box(sha256_hex(&dump));
        })
    };
    let checked = |_| {
        milliseconds(|| {
            let python = std::env::var("PALM_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
            let done = Command::new(python).arg(CHECKER).arg(&file).arg(key.to_string()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        })
    };
    let (floor, own) = rounds(hashed, ours);
    let (python, again) = rounds(checked, ours);
    let line = |what, ours, floor| Line { what, ours, floor, unit: "ms", more: false };
    vec![
        line("verify a dump of 20 000 entries / SHA-256 of its bytes", own, floor),
        line("verify a dump of 20 000 entries / the checker in Python", again, python),
    ]
}
