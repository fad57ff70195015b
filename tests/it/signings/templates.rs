//! Templates: three people for three steps, a text that stands once it is in use, and agreements that stay on theirs.
use super::ground::{UNIT, project, units, values};
use crate::support::{Answer, Person, TestApp, ask, count, run_sql};
use palm::people::auth::{AccountState, Role};
use palm::platform::db::DbConn;
use serde_json::{Value, json};

const CODE: &str = "framework_agreement";

struct Office {
    test: TestApp,
    writer: Person,
    checker: Person,
    approver: Person,
}

impl Office {
    async fn open() -> Self {
        let test = TestApp::start().await;
        units(&test).await;
        let writer = test.person(Role::Negotiator).await;
        let checker = test.official("commerce-bureau").await;
        let approver = test.person(Role::Leader).await;
        Self { test, writer, checker, approver }
    }

    async fn start(&self) -> Value {
        let path = format!("/api/v1/signings/templates/{CODE}/versions");
        self.test.post(&path, Some(&self.writer), &json!({"note": "按新规修改"})).await.expect(201)
    }

    async fn rewrite(&self, version: &Value, content: &Value) -> Answer {
        let body = json!({"content": content, "content_sha256": version["content_sha256"]});
        self.test.put(&path_of(version, ""), Some(&self.writer), &body).await
    }

    async fn step(&self, who: &Person, version: &Value, step: &str) -> Answer {
        let body = json!({"content_sha256": version["content_sha256"]});
        self.test.post(&path_of(version, step), Some(who), &body).await
    }

    async fn send_back(&self, who: &Person, version: &Value, reason: &str) -> Answer {
        self.test.post(&path_of(version, "/returns"), Some(who), &json!({"reason": reason})).await
    }

    /// The whole way of a version into use.
    async fn bring_into_use(&self, version: &Value) -> Value {
        self.step(&self.writer, version, "/submissions").await.expect(201);
        self.step(&self.checker, version, "/legal-checks").await.expect(201);
        self.step(&self.approver, version, "/approvals").await.expect(201)
    }

    async fn at(&self, version: &Value) -> Value {
        self.test.get(&path_of(version, ""), Some(&self.writer)).await.expect(200)
    }
}

fn path_of(version: &Value, step: &str) -> String {
    format!("/api/v1/signings/template-versions/{}{step}", version["id"].as_str().unwrap())
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}

fn acts(version: &Value) -> Vec<&str> {
    version["may"].as_array().unwrap().iter().map(|act| act.as_str().unwrap()).collect()
}

/// The words of a PDF without blanks.
fn words(test: &TestApp, pdf: &[u8]) -> String {
    let file = test.place().path().join("words.pdf");
    std::fs::write(&file, pdf).unwrap();
    let text = std::process::Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
    assert!(text.status.success());
    String::from_utf8(text.stdout).unwrap().split_whitespace().collect()
}

#[actix_web::test]
async fn what_comes_with_the_program_is_in_use_and_marked_as_a_sample() {
    let office = Office::open().await;
    let list = office.test.get("/api/v1/signings/templates", Some(&office.writer)).await.expect(200);
    for (n, (code, text)) in [
        (CODE, palm::deals::signings::paper::FRAMEWORK_AGREEMENT),
        ("rescission_agreement", palm::deals::signings::paper::RESCISSION_AGREEMENT),
    ]
    .into_iter()
    .enumerate()
    {
        let template = &list["items"][n];
        assert_eq!((&template["code"], &template["demo"]), (&json!(code), &json!(true)));
        assert!(template["source"].as_str().unwrap().contains("示例文本"));
        let version = office.at(&template["in_use"]).await;
        assert_eq!((&version["number"], &version["state"]), (&json!(1), &json!("in_use")));
        // The tables hold what the program's own tests set.
        assert_eq!(version["content"], serde_json::from_str::<Value>(text).unwrap());
        assert!(acts(&version).is_empty() && version["steps"].as_array().unwrap().is_empty());
    }
}

#[actix_web::test]
async fn three_people_bring_a_version_into_use_and_each_step_is_kept() {
    let office = Office::open().await;
    let Office { test, writer, checker, approver } = &office;
    let draft = office.start().await;
    assert_eq!((&draft["number"], &draft["state"]), (&json!(2), &json!("draft")));
    assert_eq!(acts(&draft), ["edit", "submit", "discard"]);
    // One at a time.
    let path = format!("/api/v1/signings/templates/{CODE}/versions");
    assert_eq!(told(&test.post(&path, Some(writer), &json!({})).await), (409, "template.already_open"));
    // No step is skipped, and nobody else's is taken.
    assert_eq!(told(&office.step(checker, &draft, "/legal-checks").await), (409, "template.moved_on"));
    assert_eq!(told(&office.step(approver, &draft, "/approvals").await), (409, "template.moved_on"));
    assert_eq!(office.step(checker, &draft, "/submissions").await.status, 403);
    let colleague = test.person(Role::Negotiator).await;
    assert_eq!(told(&office.step(&colleague, &draft, "/submissions").await), (409, "template.not_yours"));
    office.step(writer, &draft, "/submissions").await.expect(201);
    // Submitted, its text stands.
    assert_eq!(told(&office.rewrite(&draft, &draft["content"]).await), (409, "template.moved_on"));
    let county = test.official(UNIT).await;
    assert_eq!(told(&office.step(&county, &draft, "/legal-checks").await), (409, "template.not_yours"));
    let returned = office.send_back(checker, &draft, "第三条请写明依据").await.expect(201);
    assert_eq!(returned["state"], "draft");
    // Mended; what was read before is not what is there now.
    let mut content = draft["content"].clone();
    content["articles"][4]["clauses"][0]["text"] =
        "各方在本协议签署之日起十个工作日内各自指定联系人。".into();
    let mended = office.rewrite(&draft, &content).await.expect(200);
    assert_ne!(mended["content_sha256"], draft["content_sha256"]);
    office.step(writer, &mended, "/submissions").await.expect(201);
    assert_eq!(told(&office.step(checker, &draft, "/legal-checks").await), (409, "template.moved_on"));
    office.step(checker, &mended, "/legal-checks").await.expect(201);
    let of_county = test.person_of(&[Role::Leader], Some(UNIT), AccountState::Active).await;
    assert_eq!(told(&office.step(&of_county, &mended, "/approvals").await), (409, "template.not_yours"));
    let key = "approve-1";
    let body = json!({"content_sha256": mended["content_sha256"]});
    let approved =
        test.keyed("POST", &path_of(&mended, "/approvals"), Some(approver), Some(&body), key).await;
    assert_eq!(approved.expect(201)["state"], "in_use");
    let again = test.keyed("POST", &path_of(&mended, "/approvals"), Some(approver), Some(&body), key).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let now = office.at(&mended).await;
    let steps: Vec<&str> =
        now["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(steps, ["started", "submitted", "returned", "submitted", "checked", "approved"]);
    assert_eq!(now["steps"][2]["note"], "第三条请写明依据");
    let states: Vec<&Value> = now["versions"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["in_use", "retired"]);
    let audited = "SELECT COUNT(*) AS n FROM audit_entries WHERE subject LIKE 'template_version/%'";
    assert_eq!(count(test, audited).await, 7);
    // Each was told when it was their turn, and the author of the end.
    palm::views::notifications::tell(&test.app).await.unwrap();
    for (who, wanted) in [(checker, "legal check"), (approver, "approval"), (writer, "came into use")] {
        let inbox = test.get("/api/v1/notifications", Some(who)).await.expect(200).to_string();
        assert!(inbox.contains(wanted), "{wanted}: {inbox}");
    }
}

#[actix_web::test]
async fn nobody_does_two_of_the_three_steps_even_with_every_role() {
    let office = Office::open().await;
    let roles = [Role::Negotiator, Role::UnitOfficial, Role::Leader];
    let all = office.test.person_of(&roles, Some("commerce-bureau"), AccountState::Active).await;
    let office = Office { writer: all.clone(), ..office };
    let draft = office.start().await;
    office.step(&all, &draft, "/submissions").await.expect(201);
    assert_eq!(told(&office.step(&all, &draft, "/legal-checks").await), (409, "template.not_yours"));
    let other = office.test.person_of(&roles, Some("commerce-bureau"), AccountState::Active).await;
    office.step(&other, &draft, "/legal-checks").await.expect(201);
    for who in [&all, &other] {
        assert_eq!(told(&office.step(who, &draft, "/approvals").await), (409, "template.not_yours"));
    }
    // The tables refuse it too, whoever writes to them.
    let id = draft["id"].as_str().unwrap();
    for who in [&all, &other] {
        let sql = format!(
            "UPDATE agreement_template_versions SET state = 'in_use', approved_by = '{}', in_use_at = written_at WHERE id = '{id}'",
            who.id
        );
        assert!(refused(&office.test, sql).await);
    }
    office.step(&office.approver, &draft, "/approvals").await.expect(201);
}

/// Whether the tables refuse a statement.
async fn refused(test: &TestApp, sql: String) -> bool {
    use diesel::prelude::*;
    let run = move |conn: &mut DbConn| {
        diesel::sql_query(&sql).execute(conn)?;
        Ok(())
    };
    test.app.db.write(run).await.is_err()
}

#[actix_web::test]
async fn a_version_in_use_is_never_changed_and_nothing_is_deleted() {
    let office = Office::open().await;
    let draft = office.start().await;
    office.bring_into_use(&draft).await;
    let id = draft["id"].as_str().unwrap();
    let table = "agreement_template_versions";
    for (set, of) in [
        ("content = '{}'", id),
        ("note = 'x'", id),
        ("number = 9", id),
        ("checked_by = NULL", id),
        ("approved_by = NULL", id),
        ("written_by = NULL", id),
        ("state = 'draft', in_use_at = NULL, checked_by = NULL, approved_by = NULL", id),
        ("state = 'retired', content = '{}'", id),
        ("state = 'in_use'", "01a19468-0045-7a11-8b01-000000000001"),
        ("content = '{}'", "01a19468-0045-7a11-8b01-000000000001"),
    ] {
        assert!(refused(&office.test, format!("UPDATE {table} SET {set} WHERE id = '{of}'")).await, "{set}");
    }
    for sql in [
        format!("DELETE FROM {table} WHERE id = '{id}'"),
        "DELETE FROM agreement_template_steps".to_owned(),
        "UPDATE agreement_template_steps SET note = 'x'".to_owned(),
    ] {
        assert!(refused(&office.test, sql.clone()).await, "{sql}");
    }
    // The check itself: a draft's text may change.
    let next = office.start().await;
    let sql = format!("UPDATE {table} SET note = 'x' WHERE id = '{}'", next["id"].as_str().unwrap());
    assert!(!refused(&office.test, sql).await);
}

/// Two leaders approve in the same instant on two instances; what became of it.
async fn approve_twice(office: &Office, draft: &Value) -> Vec<u16> {
    let Office { test, writer, checker, approver } = office;
    let second = test.person(Role::Leader).await;
    let (_other, address) = test.another().await;
    office.step(writer, draft, "/submissions").await.expect(201);
    office.step(checker, draft, "/legal-checks").await.expect(201);
    let body = json!({"content_sha256": draft["content_sha256"]});
    let path = path_of(draft, "/approvals");
    let (key, other_key) = (palm::platform::id::fresh(), palm::platform::id::fresh());
    let (one, two) = futures_util::join!(
        ask(&test.client, test.address, "POST", &path, Some(approver), Some(&body), &key),
        ask(&test.client, address, "POST", &path, Some(&second), Some(&body), &other_key),
    );
    let mut statuses = vec![one.unwrap().status, two.unwrap().status];
    statuses.sort_unstable();
    statuses
}

#[actix_web::test]
async fn of_two_approvals_at_once_one_wins() {
    let office = Office::open().await;
    for _ in 0..5 {
        let draft = office.start().await;
        assert_eq!(approve_twice(&office, &draft).await, [201, 409]);
    }
    let of = |sql: &'static str| count(&office.test, sql);
    assert_eq!(of("SELECT COUNT(*) AS n FROM agreement_template_steps WHERE kind = 'approved'").await, 5);
    assert_eq!(of("SELECT COUNT(*) AS n FROM agreement_template_steps WHERE kind = 'retired'").await, 5);
    let in_use = "SELECT COUNT(*) AS n FROM agreement_template_versions WHERE state = 'in_use' AND template_code = 'framework_agreement'";
    assert_eq!(of(in_use).await, 1);
}

#[actix_web::test]
async fn an_agreement_stays_on_the_version_that_it_was_drafted_from() {
    let office = Office::open().await;
    let test = &office.test;
    let (official, investor) = (test.official(UNIT).await, test.person(Role::Investor).await);
    let project = project(test, &official, &investor).await;
    let new = json!({"project_id": project, "template_code": CODE, "values": values()});
    let old = test.post("/api/v1/signings/agreements", Some(&official), &new).await.expect(201);
    let version = office.start().await;
    let mut content = version["content"].clone();
    content["articles"][7]["clauses"][0]["text"] = "争议提交{{forum}}。".into();
    let forum = json!({"key": "forum", "label": "争议解决", "label_en": "Forum", "kind": "choice", "required": true, "choices": [
        {"value": "court", "label": "人民法院", "label_en": "the court"}, {"value": "arbitration", "label": "仲裁委员会", "label_en": "arbitration"}]});
    content["fields"].as_array_mut().unwrap().push(forum);
    let version = office.rewrite(&version, &content).await.expect(200);
    // What is not approved is not drafted from.
    let early = test.post("/api/v1/signings/agreements", Some(&official), &new).await.expect(201);
    assert_eq!(early["template_version"], 1);
    office.bring_into_use(&version).await;
    let mut newer = new.clone();
    newer["values"]["forum"] = "arbitration".into();
    let young = test.post("/api/v1/signings/agreements", Some(&official), &newer).await.expect(201);
    let document = async |agreement: &Value| {
        let path = format!("/api/v1/signings/agreements/{}/document", agreement["id"].as_str().unwrap());
        words(test, &test.bytes(&path, &official).await)
    };
    for (agreement, number, there, gone) in
        [(&old, 1, "有管辖权的人民法院起诉", "仲裁"), (&young, 2, "争议提交仲裁委员会。", "人民法院起诉")]
    {
        let path = format!("/api/v1/signings/agreements/{}", agreement["id"].as_str().unwrap());
        let seen = test.get(&path, Some(&official)).await.expect(200);
        assert_eq!(seen["template_version"], number);
        assert_eq!(seen["fields"].as_array().unwrap().len(), 12 + usize::try_from(number).unwrap());
        let text = document(agreement).await;
        assert!(text.contains(there) && !text.contains(gone), "{text}");
        // Each is judged by its own fields.
        let with_forum = test.put(&path, Some(&official), &json!({"values": newer["values"]})).await;
        assert_eq!(with_forum.status, if number == 1 { 422 } else { 200 });
    }
    // A draft on the older text is still sent, and revised it comes to the text in use.
    let path = format!("/api/v1/signings/agreements/{}", old["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    test.post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "改用新文本"}))
        .await
        .expect(201);
    let revised = test
        .post(&format!("{path}/followers"), Some(&official), &json!({"kind": "revises"}))
        .await
        .expect(201);
    assert_eq!((&revised["template_version"], &revised["values"]["site"]), (&json!(2), &values()["site"]));
}

#[actix_web::test]
async fn what_does_not_hold_together_is_refused_with_every_place() {
    let office = Office::open().await;
    let draft = office.start().await;
    let mut content = draft["content"].clone();
    content["articles"][1]["heading"] = "合作\u{1F409}内容".into();
    let answer = office.rewrite(&draft, &content).await;
    let letters = &answer.body["errors"][0];
    assert_eq!(told(&answer), (422, "request.invalid"));
    assert_eq!(letters["field"], "content.articles[1].heading");
    assert!(
        letters["detail"].as_str().unwrap().contains('\u{1F409}')
            && letters["detail_en"].as_str().unwrap().contains('\u{1F409}')
    );
    content["articles"][1]["heading"] = "喆堃犇玥的合作".into();
    content["articles"][2]["clauses"][1]["text"] = "{{agent}}负责。".into();
    let answer = office.rewrite(&draft, &content).await;
    assert_eq!(answer.body["errors"][0]["field"], "content.articles[2].clauses[1].text");
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1, "{}", answer.body);
    content["articles"][2]["clauses"][1]["text"] = "{{host}}负责。".into();
    office.rewrite(&draft, &content).await.expect(200);
}

#[actix_web::test]
async fn a_letter_that_no_font_has_is_named_before_an_agreement_is_sent() {
    let office = Office::open().await;
    let test = &office.test;
    let (official, investor) = (test.official(UNIT).await, test.person(Role::Investor).await);
    let project = project(test, &official, &investor).await;
    let mut values = values();
    values["site"] = "东区\u{1F409}一号".into();
    let new = json!({"project_id": project, "template_code": CODE, "values": values});
    let draft = test.post("/api/v1/signings/agreements", Some(&official), &new).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{}/dispatches", draft["id"].as_str().unwrap());
    let answer = test.post(&path, Some(&official), &json!({})).await;
    assert_eq!(answer.body["errors"][0]["field"], "values.site");
    assert!(answer.body["errors"][0]["detail"].as_str().unwrap().contains('\u{1F409}'));
}

#[actix_web::test]
async fn versions_are_compared_clause_by_clause_and_tried_out() {
    let office = Office::open().await;
    let test = &office.test;
    let draft = office.start().await;
    let mut content = draft["content"].clone();
    content["language"] = "both".into();
    content["articles"][4]["clauses"][0]["text"] = "各方在十个工作日内指定联系人。".into();
    content["articles"][3]["clauses"].as_array_mut().unwrap().remove(2);
    content["samples"]["industry"] = "{{site}} #panic(1)".into();
    let draft = office.rewrite(&draft, &content).await.expect(200);
    let found = test.get(&path_of(&draft, "/differences"), Some(&office.checker)).await.expect(200);
    let told: Vec<(&str, &str, &str)> = found["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap();
            (text("what"), text("change"), text("key"))
        })
        .collect();
    assert_eq!(
        told,
        [("paper", "changed", ""), ("clause", "changed", "contacts"), ("clause", "removed", "reporting")]
    );
    assert_eq!((&found["from"]["number"], &found["to"]["number"]), (&json!(1), &json!(2)));
    assert_eq!(found["changes"][1]["after"]["text"], "各方在十个工作日内指定联系人。");
    let same = test
        .get(
            &format!("{}?from={}", path_of(&draft, "/differences"), draft["id"].as_str().unwrap()),
            Some(&office.writer),
        )
        .await
        .expect(200);
    assert!(same["changes"].as_array().unwrap().is_empty());
    let pdf = test.bytes(&path_of(&draft, "/test-rendering"), &office.approver).await;
    let text = words(test, &pdf);
    assert!(text.contains("TESTRENDERING") && text.contains("不得签署"), "{text}");
    assert!(text.contains("{{site}}#panic(1)") && text.contains("CNY120,000,000.00"), "{text}");
    // Nothing was kept, and the verify page knows it for no agreement.
    assert_eq!(count(test, "SELECT COUNT(*) AS n FROM files").await, 0);
    assert_eq!(test.judge(pdf).await["verdict"], "unsigned");
}

#[actix_web::test]
async fn a_new_template_is_drafted_from_only_after_its_first_approval() {
    let office = Office::open().await;
    let test = &office.test;
    let new = json!({"name": "产业基金合作协议", "name_en": "Fund agreement", "from_code": CODE});
    let made = test.post("/api/v1/signings/templates", Some(&office.writer), &new).await.expect(201);
    let again = test.post("/api/v1/signings/templates", Some(&office.writer), &new).await;
    assert_eq!(told(&again), (409, "template.name_taken"));
    let (official, investor) = (test.official(UNIT).await, test.person(Role::Investor).await);
    let project = project(test, &official, &investor).await;
    let draft = json!({"project_id": project, "template_code": made["template_code"], "values": {}});
    let early = test.post("/api/v1/signings/agreements", Some(&official), &draft).await;
    assert_eq!(told(&early), (422, "template.not_in_use"));
    office.bring_into_use(&made).await;
    let drafted = test.post("/api/v1/signings/agreements", Some(&official), &draft).await.expect(201);
    assert_eq!(drafted["template_name"], "产业基金合作协议");
    // Given up, a draft is kept and makes room for the next.
    let path = format!("/api/v1/signings/templates/{CODE}/versions");
    let version = office.start().await;
    let colleague = test.person(Role::Negotiator).await;
    test.post(&path_of(&version, "/discards"), Some(&colleague), &json!({"reason": "不再需要"}))
        .await
        .expect(201);
    assert_eq!(test.post(&path, Some(&colleague), &json!({})).await.expect(201)["number"], 3);
}

/// The race above, with the rules of the tables taken away: the twin that they hold back is seen.
#[actix_web::test]
async fn without_the_rules_of_the_tables_a_second_version_comes_into_use() {
    let office = Office::open().await;
    let first = office.start().await;
    office.step(&office.writer, &first, "/submissions").await.expect(201);
    office.step(&office.checker, &first, "/legal-checks").await.expect(201);
    let twin = format!(
        "UPDATE agreement_template_versions SET state = 'in_use', approved_by = '{}', in_use_at = written_at WHERE id = '{}'",
        office.approver.id,
        first["id"].as_str().unwrap()
    );
    assert!(refused(&office.test, twin.clone()).await);
    run_sql(&office.test, &["DROP INDEX agreement_template_versions_one_in_use"]).await;
    assert!(!refused(&office.test, twin).await);
}
