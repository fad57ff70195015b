//! An agreement of ten pages: set, signed by one party visibly and stamped (PAdES B-T), CPU time, against pyHanko that
//! signs and stamps the same file with the same algorithms (P-256, SHA-256); and our signature without the setting.
use std::fs::DirEntry;
use std::process::Command;

use chrono::{NaiveDate, Utc};
use palm::deals::signings::TemplateContent;
use palm::deals::signings::paper::{AGREEMENT, FRAMEWORK_AGREEMENT, Mark};
use palm::platform::pdf::{FieldPlace, Paper, PaperEngine, Sheet, Signing, prepare, sign};
use palm::platform::pki::{Authority, Subject, Transport};
use serde_json::{Value, json};

use crate::{Line, rounds};

const TIMES: u32 = 20;
const PAGES: usize = 10;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/house/pyhanko_sign.py");
/// What the further articles say, so that the agreement has its ten pages.
const CLAUSE: &str = "各方在本协议签署之日起十五个工作日内各自指定联系人，建立定期会商机制，协调解决本项目推进中的问题；会商形成的意见以书面记录为准，由各方联系人签字后留存，作为后续正式投资合同的参考。";

/// CPU time of every thread of this program, in milliseconds (Linux): the typesetter may use several.
fn cpu_ms() -> f64 {
    let spent = |task: std::io::Result<DirEntry>| -> Option<f64> {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    std::fs::read_dir("/proc/self/task").unwrap().filter_map(spent).sum::<f64>() / 1e6
}

/// CPU milliseconds of one of `TIMES` acts.
fn each(mut act: impl FnMut()) -> f64 {
    let before = cpu_ms();
    for _ in 0..TIMES {
        act();
    }
    (cpu_ms() - before) / f64::from(TIMES)
}

fn render(engine: &PaperEngine, data: &Value) -> Paper {
    let date = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    engine.render(&Sheet { template: AGREEMENT, data, files: &[], date, tagged: true }).unwrap()
}

fn with_fields(paper: &Paper) -> Vec<u8> {
    let mut places = vec![FieldPlace::invisible("platform", "lock")];
    places.extend(paper.boxes.iter().map(|one| FieldPlace::over(one, &one.id, &one.id)));
    prepare(&paper.pdf, &places).unwrap()
}

/// What a ten-page agreement is set from: the framework agreement with further articles until the tenth page begins.
fn ten_pages(engine: &PaperEngine) -> Value {
    let mut data: Value = serde_json::from_str(include_str!("agreement.json")).unwrap();
    let mut content: Value = serde_json::from_str(FRAMEWORK_AGREEMENT).unwrap();
    loop {
        let template: TemplateContent = serde_json::from_value(content.clone()).unwrap();
        data["paper"] = template.compose(data["values"].as_object().unwrap());
        if render(engine, &data).pages >= PAGES {
            return data;
        }
        let articles = content["articles"].as_array_mut().unwrap();
        let n = articles.len() + 1;
        let clause = |key: &str| json!({"key": key, "kind": "text", "text": CLAUSE});
        let heading = format!("会商安排之{n}");
        articles.push(
            json!({"key": format!("more_{n}"), "heading": heading, "clauses": [clause("a"), clause("b")]}),
        );
    }
}

/// Another agreement of the same length: its number stands on every page.
fn another(data: &Value, n: u32) -> Value {
    let mut other = data.clone();
    other["number"] = format!("YQY-2026-{n:06}").into();
    other["fingerprint"] = format!("{n:064x}").into();
    other["values"]["area_m2"] = (180_000 + n).into();
    other
}

pub fn run() -> Vec<Line> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), Utc::now()).unwrap();
    let fonts = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/node_modules/@expo-google-fonts");
    let engine = PaperEngine::open(fonts.as_ref()).unwrap();
    let data = ten_pages(&engine);
    let paper = render(&engine, &data);
    assert_eq!(paper.pages, PAGES);
    let prepared = with_fields(&paper);
    let file = folder.path().join("agreement.pdf");
    std::fs::write(&file, &prepared).unwrap();
    println!("signing: {} pages, {} bytes", paper.pages, prepared.len());
    let stamp = |request: &[u8]| -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(authority.answer_timestamp(request, Utc::now())?)
    };
    let signed = |pdf: &[u8]| {
        let subject = Subject { name: "李玥", organisation: "示例单位", id: "P1" };
        let key = authority.issue_event_key(subject, Utc::now()).unwrap();
        let mark = Mark {
            signer_name: "李玥",
            handwriting: None,
            seal: None,
            signed_at: Utc::now(),
            certificate_serial: &key.serial(),
            size_mm: (73.0, 33.0),
        };
        let appearance = mark.draw(&engine).unwrap();
        let transport: &Transport<'_> = &stamp;
        let signing = Signing {
            field: "host",
            signer_name: "李玥",
            reason: "bench",
            location: "益阳",
            at: Utc::now(),
            evidence_head: Some([7; 32]),
            appearance: Some(&appearance.pdf),
            timestamp: Some(transport),
        };
        sign(pdf, key, &signing).unwrap()
    };
    let mut made = 0;
    let whole = |_: usize| {
        each(|| {
            made += 1;
            let paper = render(&engine, &another(&data, made));
            assert_eq!(paper.pages, PAGES);
            signed(&with_fields(&paper));
        })
    };
    let alone = |_: usize| {
        each(|| {
            signed(&prepared);
        })
    };
    let floor = |_: usize| -> f64 {
        let python = std::env::var("PALM_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let output = Command::new(python).arg(SCRIPT).arg(&file).arg(TIMES.to_string()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.trim().parse().unwrap_or_else(|_| panic!("{said} {}", String::from_utf8_lossy(&output.stderr)))
    };
    let line = |what: &'static str, (floor, ours): (f64, f64)| Line {
        what,
        ours,
        floor,
        unit: "CPU ms",
        more: false,
    };
    vec![
        line("render, sign and stamp ten pages / pyHanko signs and stamps them", rounds(floor, whole)),
        line("sign and stamp ten pages alone / pyHanko", rounds(floor, alone)),
    ]
}
