//! A stranger's file is judged in a process of its own: hostile ones are bounded, bent ones are found.
use std::path::PathBuf;

use super::ground::{UNIT, document, sent, sign, units};
use crate::support::TestApp;
use palm::platform::pdf::{Bounds, Examiner, Verdict};
use serde_json::json;

/// A well-formed file of the given objects; the first is the catalog.
fn file_of(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", objects.len() + 1);
    for (body, n) in objects.iter().zip(1..) {
        table += &format!("{:010} 00000 n\r\n", file.len());
        file.extend(format!("{n} 0 obj\n").bytes());
        file.extend(body);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.extend(format!("{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

fn hostile() -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let catalog = || b"<</Type/Catalog/Pages 2 0 R>>".to_vec();
    let pages = || b"<</Type/Pages/Kids[]/Count 0>>".to_vec();
    let with = |object: Vec<u8>| file_of(&[catalog(), pages(), object]);
    let nested = [b"[".repeat(1_000_000), b"]".repeat(1_000_000)].concat();
    let loops = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\nxref\n0 2\n0000000000 65535 f\r\n0000000009 00000 n\r\ntrailer\n<</Size 2/Root 1 0 R/Prev 61>>\nstartxref\n61\n%%EOF\n".to_vec();
    let mut many = vec![catalog(), {
        let kids: String = (0..100_000).map(|n| format!("{} 0 R ", n + 3)).collect();
        format!("<</Type/Pages/Count 100000/Kids[{kids}]>>").into_bytes()
    }];
    many.extend((0..100_000).map(|_| b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>".to_vec()));
    let huge = {
        // A deflated stream of a gigabyte of zeros, written by hand: stored blocks would be as large as their content.
        let zeros = miniature_bomb();
        let mut body =
            format!("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length {}>>\nstream\n", zeros.len())
                .into_bytes();
        body.extend(zeros);
        body.extend(b"\nendstream");
        with(body)
    };
    let script = file_of(&[
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 3 0 R>>".to_vec(),
        pages(),
        b"<</S/JavaScript/JS(app.alert\\(1\\))>>".to_vec(),
    ]);
    let refused: &[&str] = &["unreadable"];
    vec![
        ("deep nesting", with(nested), refused),
        ("a table that is its own predecessor", loops, &["unreadable", "unsigned"]),
        ("a hundred thousand pages", file_of(&many), &["unsigned", "unreadable"]),
        ("a stream that unfolds without end", huge, refused),
        ("a script", script, &["unsigned"]),
        ("nothing", Vec::new(), refused),
        ("no PDF", b"PK\x03\x04".to_vec(), refused),
    ]
}

/// zlib data that unfolds to a great many zeros: one fixed-Huffman block of repeats.
fn miniature_bomb() -> Vec<u8> {
    let mut bits: Vec<u8> = Vec::new();
    let mut push = |value: u32, count: u32, reversed: bool| {
        for n in 0..count {
            let place = if reversed { count - 1 - n } else { n };
            bits.push(u8::from(value >> place & 1 == 1));
        }
    };
    push(1, 1, false);
    push(1, 2, false);
    // Literal 0 is 0x30 in eight bits; length 258 is symbol 285 (0xC5 in eight bits), distance 1 is symbol 0.
    push(0x30, 8, true);
    for _ in 0..400_000 {
        push(0xC5, 8, true);
        push(0, 5, true);
    }
    push(0, 7, true);
    let mut out = vec![0x78, 0x9c];
    for byte in bits.chunks(8) {
        out.push(byte.iter().enumerate().map(|(n, bit)| bit << n).sum());
    }
    out.extend([0, 0, 0, 0]);
    out
}

#[actix_web::test]
async fn hostile_files_get_an_answer_and_the_house_goes_on() {
    let test = TestApp::start().await;
    for (name, file, allowed) in hostile() {
        let judged = test.judge(file).await;
        let verdict = judged["verdict"].as_str().unwrap_or_default();
        assert!(allowed.contains(&verdict), "{name}: {judged}");
        if name == "a script" {
            assert_eq!(judged["notices"][0]["code"], "active_content");
        }
    }
    test.get("/healthz", None).await.expect(200);
}

#[actix_web::test]
async fn a_judgement_that_breaks_its_bounds_is_ended_and_says_so() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, _) = sent(&test, &official, &[2, 1]).await;
    let file = document(&test, &official, &id).await;
    let program = PathBuf::from(env!("CARGO_BIN_EXE_palm"));
    let (trust, now) = (test.app.trust(), test.app.now().utc());
    let ample = Examiner::new(program.clone(), Bounds::default());
    assert_eq!(ample.examine(&file, &trust, now).await.unwrap().verdict, Verdict::PartlySigned);
    // The same file and the same program under bounds that nothing fits into.
    for bounds in [Bounds { megabytes: 8, ..Bounds::default() }, Bounds { seconds: 0, ..Bounds::default() }] {
        let narrow = Examiner::new(program.clone(), bounds).examine(&file, &trust, now).await.unwrap();
        assert_eq!((narrow.verdict, narrow.problems[0].code.as_str()), (Verdict::Unreadable, "too_costly"));
    }
}

#[actix_web::test]
async fn a_file_that_grew_from_ours_is_told_by_the_revision_it_holds() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    sign(&test, &people[1], &id).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{id}");
    let number = test.get(&path, Some(&official)).await.expect(200)["number"].clone();
    let partly = document(&test, &official, &id).await;
    // The newest revision is no final one while a signature is wanting.
    let newest = test.judge(partly.clone()).await;
    assert_eq!(
        (&newest["registered"]["known"], &newest["registered"]["final"]),
        (&json!(true), &json!(false))
    );
    sign(&test, &people[0], &id).await.expect(201);
    let earlier = test.judge(partly).await;
    assert_eq!(
        (&earlier["registered"]["number"], earlier["registered"]["final"].as_bool()),
        (&number, Some(false))
    );
    let mut grown = document(&test, &official, &id).await;
    grown.extend(b"x".repeat(100));
    let judged = test.judge(grown).await;
    assert_eq!(judged["verdict"], "trailing_bytes");
    assert_eq!(judged["registered"]["known"], false);
    assert_eq!(
        (
            &judged["registered"]["grown_from"]["number"],
            judged["registered"]["grown_from"]["revision"].as_i64()
        ),
        (&number, Some(3))
    );
}
