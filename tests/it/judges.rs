//! Programs that are not ours judge a signed agreement, and our verify page judges what was done to it.
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::signings::ground::{self, UNIT, document, sent, units};
use crate::signings::{annexes, people, race, seals, sign, values};
use crate::support::{Person, Standins, TestApp, python};
use palm::deals::signings::jobs::archive_agreements;

/// Beside this thread, on which our own server answers.
async fn run(mut command: Command) -> String {
    let work = move || {
        let ended = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{command:?}\n{said}\n{}", String::from_utf8_lossy(&ended.stderr));
        said
    };
    actix_web::web::block(work).await.unwrap()
}

/// The document with the long-term data that the next run of the job brings.
async fn archived(test: &TestApp, who: &Person, id: &str) -> Vec<u8> {
    archive_agreements(test.app.clone()).await.unwrap();
    document(test, who, id).await
}

/// An agreement that two parties signed through HTTP, as a file, and the root to believe.
async fn signed(test: &TestApp, standins: &Standins, folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let (official, investor, project) = people(test).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/signings/agreements/{id}");
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    sign(test, standins, &investor, &id).await;
    assert_eq!(sign(test, standins, &official, &id).await["state"], "completed");
    let (file, root) = (folder.join("signed.pdf"), folder.join("root.pem"));
    std::fs::write(&file, document(test, &official, &id).await).unwrap();
    let long = folder.join("archived.pdf");
    std::fs::write(&long, archived(test, &official, &id).await).unwrap();
    let pem = test.client.get(test.url("/pki/root.pem")).send().await.unwrap().bytes().await.unwrap();
    std::fs::write(&root, pem).unwrap();
    (file, long, root)
}

#[actix_web::test]
#[ignore = "asks pyHanko, pdfsig, qpdf and openssl: scripts/test.sh brings them and runs it"]
async fn other_programs_accept_an_agreement_and_every_tampering_is_found() {
    let standins = Standins::start();
    let settings = standins.settings();
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, long, root) = signed(&test, &standins, folder.path()).await;
    let python = python();
    let mut judged = 0;
    for (file, stamps) in [(&file, 0), (&long, 1)] {
        let mut check = Command::new("sh");
        check.arg("tests/esign/check.sh").args([file, &root]).env("PYTHON", &python);
        let said = run(check).await;
        println!("{said}");
        assert!(said.contains(&format!("3 signatures, {stamps} document time stamps")), "{said}");
        if stamps > 0 {
            stamped_by_pyhanko(&test, file, &root).await;
        }
        let bent = folder.path().join(format!("bent-{stamps}"));
        let mut tamper = Command::new(&python);
        tamper.arg("tests/esign/tamper.py").args([file, &bent]);
        run(tamper).await;
        judged += bent_ones(&test, &bent, stamps).await;
    }
    assert_eq!(judged, 16);
}

/// Another program adds the next document time stamp in its own way, and the verify page knows it as one. Behind it stand
/// data about the stamp itself, which nothing covers: the page says that too.
async fn stamped_by_pyhanko(test: &TestApp, file: &Path, root: &Path) {
    let (copy, url) = (file.with_extension("renewed.pdf"), test.url("/pki/timestamp"));
    std::fs::copy(file, &copy).unwrap();
    let mut update = Command::new(python().with_file_name("pyhanko"));
    update
        .args(["sign", "ltaupdate", "--timestamp-url", &url, "--trust-replace", "--trust"])
        .args([root, &copy]);
    run(update).await;
    let judged = test.judge(std::fs::read(&copy).unwrap()).await;
    assert_eq!(
        (&judged["verdict"], &judged["long_term"], judged["document_stamps"].as_array().map(Vec::len)),
        (&json!("trailing_bytes"), &json!("archived"), Some(2)),
        "{judged}"
    );
}

/// Whether the verify page finds each of a folder's tampered files; their number.
async fn bent_ones(test: &TestApp, folder: &Path, stamps: usize) -> usize {
    let mut judged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let verdict = test.judge(std::fs::read(&path).unwrap()).await;
        let found = verdict["verdict"].as_str().unwrap_or_default();
        let expected = name.split_once('-').unwrap().0;
        // Cut back behind the last signature, the file is what all had signed.
        let whole = expected == "partly_signed" && stamps > 0;
        let expected = if whole { "valid" } else { expected };
        // A flipped byte can also make a file that cannot be read at all.
        let fits = found == expected || expected == "tampered" && found == "unreadable";
        assert!(fits && (verdict["registered"]["final"] == true) == whole, "{name}: {verdict}");
        assert!(expected != "tampered" || verdict["long_term"] != "archived", "{name}: {verdict}");
        println!("{name}: {found}");
        judged += 1;
    }
    judged
}

/// A time stamp over `file` from our own authority, as openssl asks for it: the request and the answer.
async fn stamped(test: &TestApp, file: &Path, folder: &Path) -> (PathBuf, PathBuf) {
    let (query, reply) = (folder.join("stamp.tsq"), folder.join("stamp.tsr"));
    let mut ask = Command::new("openssl");
    ask.args(["ts", "-query", "-sha256", "-cert", "-data"]).arg(file).arg("-out").arg(&query);
    run(ask).await;
    let asked = test
        .client
        .post(test.url("/pki/timestamp"))
        .header("content-type", "application/timestamp-query")
        .body(std::fs::read(&query).unwrap());
    let answer = asked.send().await.unwrap().error_for_status().unwrap();
    std::fs::write(&reply, answer.bytes().await.unwrap()).unwrap();
    (query, reply)
}

#[actix_web::test]
#[ignore = "asks pyHanko, pdfsig, qpdf and openssl: scripts/test.sh brings them and runs it"]
async fn other_programs_accept_three_to_five_signers_and_our_time_stamps() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, test.app.authority.root_pem().unwrap()).unwrap();
    for steps in [&[2, 1, 1][..], &[1, 1, 1, 1], &[3, 1, 2, 2, 2]] {
        let (id, people) = sent(&test, &official, steps).await;
        let mut turns: Vec<usize> = (0..steps.len()).collect();
        turns.sort_by_key(|place| steps[*place]);
        for place in turns {
            ground::sign(&test, &people[place], &id).await.expect(201);
        }
        let file = folder.path().join("signed.pdf");
        std::fs::write(&file, document(&test, &official, &id).await).unwrap();
        let mut check = Command::new("sh");
        check.arg("tests/esign/check.sh").args([&file, &root]).env("PYTHON", python());
        let said = run(check).await;
        assert!(said.contains(&format!("{} signatures, 0", steps.len() + 1)), "{said}");
        let (query, reply) = stamped(&test, &file, folder.path()).await;
        let mut openssl = Command::new("sh");
        openssl.arg("tests/esign/openssl.sh").args([&file, &root, &query, &reply]);
        let said = run(openssl).await;
        println!("{said}");
        assert_eq!(said.matches("ok  ").count(), steps.len() + 2, "{said}");
    }
}

/// With two to five signers, the last of whom finished together in two programs.
#[actix_web::test]
#[ignore = "asks pyHanko, pdfsig, qpdf and openssl: scripts/test.sh brings them and runs it"]
async fn fifty_agreements_with_long_term_data_are_accepted_by_other_programs_off_line() {
    let test = TestApp::start().await;
    units(&test).await;
    let races = race::raced(&test, 50).await;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, test.app.authority.root_pem().unwrap()).unwrap();
    let mut judge = Command::new(python());
    judge.arg("tests/esign/judge.py").arg(&root);
    // One run of the job takes twenty.
    for _ in 0..3 {
        archive_agreements(test.app.clone()).await.unwrap();
    }
    let mut signatures = 0;
    for (id, people) in &races {
        let file = folder.path().join(format!("{id}.pdf"));
        std::fs::write(&file, document(&test, &test.renewed(&people[0]), id).await).unwrap();
        judge.arg(&file);
        signatures += people.len() + 1;
    }
    let said = run(judge).await;
    assert_eq!(said.matches("1 document stamps").count(), 50, "{said}");
    assert_eq!(said.matches("PDF/A-2 stands").count(), 50, "{said}");
    println!("{signatures} signatures of 50 agreements\n{said}");
}

#[actix_web::test]
#[ignore = "asks pyHanko, pdfsig, qpdf and openssl: scripts/test.sh brings them and runs it"]
async fn other_programs_accept_seals_in_signatures_and_annexes_behind_the_paper() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let second = test.official(UNIT).await;
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/signings/agreements/{id}");
    let preview = test.bytes(&format!("{path}/document"), &official).await;
    annexes::add(&test, &official, &path, "附件.pdf", &preview).await.expect(201);
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    ground::sign(&test, &investor, &id).await.expect(201);
    let seal = seals::approved(&test, &official, &second).await;
    seals::sign_with(&test, &official, &id, &seal).await.expect(201);
    let folder = tempfile::tempdir().unwrap();
    let (file, root) = (folder.path().join("signed.pdf"), folder.path().join("root.pem"));
    std::fs::write(&root, test.app.authority.root_pem().unwrap()).unwrap();
    std::fs::write(&file, document(&test, &official, &id).await).unwrap();
    let mut check = Command::new("sh");
    check.arg("tests/esign/check.sh").args([&file, &root]).env("PYTHON", python());
    let said = run(check).await;
    println!("{said}");
    assert!(said.contains("3 signatures"), "{said}");
}
