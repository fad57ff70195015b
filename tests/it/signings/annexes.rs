//! Annexes: strangers' files judged apart, rewritten, listed in the text, put behind it, and held by evidence and verdict.
use super::ground::{document, people, project, sign, values};
use crate::support::{Answer, Person, TestApp};
use palm::deals::signings::bundle;
use palm::platform::pdf::{self, Verdict};
use palm::platform::tar;
use serde_json::{Value, json};

/// A small file of one page; `more` goes into its catalog.
fn one_page(more: &str) -> Vec<u8> {
    let objects = [
        format!("<</Type/Catalog/Pages 2 0 R{more}>>"),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>".to_owned(),
        "<</Length 16>>\nstream\n0 0 m 90 90 l S \nendstream".to_owned(),
    ];
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = "xref\n0 5\n0000000000 65535 f\r\n".to_owned();
    for (n, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n\r\n", file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let start = file.len();
    file.extend(format!("{table}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

pub async fn add(test: &TestApp, who: &Person, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = test.client.post(test.url(&format!("{path}/annexes"))).bearer_auth(&who.token);
    let answer =
        request.header("Idempotency-Key", palm::platform::id::fresh()).multipart(form).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap() }
}

/// A draft with its path.
async fn drafted(test: &TestApp, official: &Person, project: &str) -> (String, String) {
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(official), &draft).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    (format!("/api/v1/signings/agreements/{id}"), id)
}

#[actix_web::test]
async fn annexes_are_part_of_what_is_approved_read_signed_and_proven() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let colleague = test.official(super::ground::UNIT).await;
    let (path, id) = drafted(&test, &official, &project).await;
    // A paper of our own typesetter, with fonts, tags and metadata, and a bare one.
    let preview = test.bytes(&format!("{path}/document"), &official).await;
    let first = add(&test, &official, &path, "规划图.pdf", &preview).await.expect(201);
    assert_eq!((&first["paper_kind"], &first["annexes"][0]["seq"]), (&json!("plain"), &json!(1)));
    let second = add(&test, &official, &path, "红线图.pdf", &one_page("")).await.expect(201);
    let annexes = second["annexes"].as_array().unwrap().clone();
    let pages = annexes[0]["pages"].as_i64().unwrap() + 1;
    assert!(pages > 3 && annexes[1]["pages"] == 1);
    // The other side does not see it before it is shared; a yes to other annexes is no yes.
    let shown = format!("/api/v1/signings/annexes/{}", annexes[0]["id"].as_str().unwrap());
    assert_eq!(test.get(&shown, Some(&investor)).await.status, 404);
    assert!(test.bytes(&shown, &official).await.starts_with(b"%PDF-"));
    let ask = json!({"approver_id": colleague.id});
    test.post(&format!("{path}/approvals"), Some(&official), &ask).await.expect(201);
    let yes = json!({"decision": "approved"});
    test.post(&format!("{path}/approval-decisions"), Some(&colleague), &yes).await.expect(201);
    let third = add(&test, &official, &path, "多余.pdf", &one_page("")).await.expect(201);
    assert_eq!(third["approval"]["current"], false);
    let unapproved = test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await;
    assert_eq!((unapproved.status, unapproved.code()), (409, "approval.pending"));
    let surplus = third["annexes"][2]["id"].as_str().unwrap();
    let removal = format!("/api/v1/signings/annexes/{surplus}/removals");
    assert_eq!(test.post(&removal, Some(&investor), &json!({})).await.status, 403);
    let back = test.post(&removal, Some(&official), &json!({})).await.expect(201);
    assert_eq!(back["approval"]["current"], true);

    let sent = test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    let late = add(&test, &official, &path, "迟到.pdf", &one_page("")).await;
    assert_eq!((late.status, late.code()), (409, "agreement.not_draft"));
    for who in [&investor, &official] {
        sign(&test, who, &id).await.expect(201);
    }
    let file = document(&test, &investor, &id).await;
    let seen = pdf::examine(&file, &test.app.trust(), test.app.now().utc());
    assert_eq!((seen.verdict, seen.signatures.len()), (Verdict::Valid, 3));
    // Every page of the annexes is behind the paper's own, and the claim to the archive standard is gone.
    let own = test.get(&path, Some(&investor)).await.expect(200)["pages"].as_i64().unwrap();
    assert_eq!(own, sent["pages"].as_i64().unwrap());
    assert!(own > pages);
    let read = lopdf::Document::load_mem(&file).unwrap();
    assert_eq!(read.get_pages().len() as i64, own);
    let metadata = read.catalog().unwrap().get_deref(b"Metadata", &read).unwrap().as_stream().unwrap();
    assert!(!String::from_utf8_lossy(&metadata.content).contains("pdfaid:part"));
    let verdict = test.judge(file.clone()).await;
    let told: Vec<&Value> =
        verdict["registered"]["annexes"].as_array().unwrap().iter().map(|a| &a["sha256"]).collect();
    assert_eq!(told, [&annexes[0]["sha256"], &annexes[1]["sha256"]]);

    let bytes = test.bytes(&format!("{path}/evidence-bundle"), &official).await;
    let check =
        |bytes: &[u8]| bundle::check(bytes, Some(&test.app.trust()), None, test.app.now().utc()).problems;
    assert!(check(&bytes).is_empty(), "{:?}", check(&bytes));
    let files = tar::unpack(&bytes).unwrap();
    let swapped: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), if name == "annex-2.pdf" { &b"%PDF-other"[..] } else { *bytes }))
        .collect();
    assert!(check(&tar::pack(&swapped, 0)).iter().any(|problem| problem.code == "annexes_differ"));
}

#[actix_web::test]
async fn a_file_that_cannot_be_an_annex_is_refused_with_what_to_do() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let (path, _) = drafted(&test, &official, &project).await;
    assert_eq!(add(&test, &investor, &path, "a.pdf", &one_page("")).await.status, 403);
    for (bytes, code) in [
        (b"words".to_vec(), "annex.not_pdf"),
        (b"%PDF-1.7 words".to_vec(), "annex.damaged"),
        (one_page("/AcroForm<</Fields[]>>"), "annex.form"),
        (one_page("/OpenAction<</S/JavaScript/JS(x)>>"), "annex.script"),
        (one_page("/Names<</EmbeddedFiles<<>>>>"), "annex.attachment"),
        (one_page("/OCProperties<<>>"), "annex.layers"),
    ] {
        let refused = add(&test, &official, &path, "a.pdf", &bytes).await;
        assert_eq!(refused.status, 422);
        let fault = &refused.body["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!("file"), &json!(code)), "{}", refused.body);
    }
    let unprintable = add(&test, &official, &path, "附件\u{1f600}.pdf", &one_page("")).await;
    assert_eq!((unprintable.status, unprintable.code()), (422, "paper.missing_glyph"));
    for n in 0..5 {
        add(&test, &official, &path, &format!("{n}.pdf"), &one_page("")).await.expect(201);
    }
    let sixth = add(&test, &official, &path, "6.pdf", &one_page("")).await;
    assert_eq!((sixth.status, sixth.code()), (422, "annex.too_many"));
    // What came to nothing is revised with its annexes.
    let revoked =
        test.post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "x"})).await.expect(201);
    assert_eq!(revoked["state"], "revoked");
    let revised = test
        .post(&format!("{path}/followers"), Some(&official), &json!({"kind": "revises"}))
        .await
        .expect(201);
    assert_eq!(revised["annexes"].as_array().unwrap().len(), 5);
    let other = self::project(&test, &official, &investor).await;
    let (bare, _) = drafted(&test, &official, &other).await;
    assert_eq!(test.get(&bare, Some(&official)).await.expect(200)["paper_kind"], "archival");
}
