//! One party's visible signature with a time stamp (PAdES B-T), CPU time, against pyHanko on the same file.
use std::process::Command;

use chrono::{NaiveDate, Utc};
use palm::deals::signings::TemplateContent;
use palm::deals::signings::paper::{AGREEMENT, FRAMEWORK_AGREEMENT, Mark};
use palm::platform::pdf::{FieldPlace, PaperEngine, Sheet, Signing, lock, prepare, sign};
use palm::platform::pki::{Authority, Subject, Transport};

use crate::{Line, rounds};

const TIMES: u32 = 40;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/house/pyhanko_sign.py");

/// CPU time of this thread, in milliseconds (Linux).
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn signing<'a>(field: &'a str, appearance: Option<&'a [u8]>, stamp: &'a Transport<'a>) -> Signing<'a> {
    Signing {
        field,
        signer_name: "李玥",
        reason: "bench",
        location: "益阳",
        at: Utc::now(),
        evidence_head: Some([7; 32]),
        appearance,
        timestamp: Some(stamp),
    }
}

pub fn run() -> Vec<Line> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), Utc::now()).unwrap();
    let fonts = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/node_modules/@expo-google-fonts");
    let engine = PaperEngine::open(fonts.as_ref()).unwrap();
    let mut data: serde_json::Value = serde_json::from_str(include_str!("agreement.json")).unwrap();
    let content: TemplateContent = serde_json::from_str(FRAMEWORK_AGREEMENT).unwrap();
    data["paper"] = content.compose(data["values"].as_object().unwrap());
    let date = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let sheet = Sheet { template: AGREEMENT, data: &data, files: &[], date, tagged: true };
    let paper = engine.render(&sheet).unwrap();
    let mut places = vec![FieldPlace::invisible("platform", "lock")];
    places.extend(paper.boxes.iter().map(|one| FieldPlace::over(one, &one.id, &one.id)));
    let prepared = prepare(&paper.pdf, &places).unwrap();
    let stamp = |request: &[u8]| Ok(authority.answer_timestamp(request, Utc::now())?);
    let subject = Subject { name: "李玥", organisation: "示例单位", id: "P1" };
    let key = || authority.issue_event_key(subject, Utc::now()).unwrap();
    let locked = lock(&prepared, key(), &signing("platform", None, &stamp)).unwrap();
    let file = folder.path().join("locked.pdf");
    std::fs::write(&file, &locked).unwrap();
    println!("signing: {} pages, {} bytes", paper.pages, locked.len());
    let ours = |_| {
        let before = cpu_ms();
        for _ in 0..TIMES {
            let key = key();
            let serial = key.serial();
            let mark = Mark {
                signer_name: "李玥",
                handwriting: None,
                seal: None,
                signed_at: Utc::now(),
                certificate_serial: &serial,
                size_mm: (73.0, 33.0),
            };
            let appearance = mark.draw(&engine).unwrap();
            sign(&locked, key, &signing("host", Some(&appearance.pdf), &stamp)).unwrap();
        }
        (cpu_ms() - before) / f64::from(TIMES)
    };
    let floor = |_| {
        let python = std::env::var("PALM_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let output = Command::new(python).arg(SCRIPT).arg(&file).arg(TIMES.to_string()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.trim().parse().unwrap_or_else(|_| panic!("{said} {}", String::from_utf8_lossy(&output.stderr)))
    };
    let (floor, ours) = rounds(floor, ours);
    vec![Line {
        what: "sign a party's field, visible, PAdES B-T / pyHanko",
        ours,
        floor,
        unit: "CPU ms",
        more: false,
    }]
}
