//! Guides and policies that people write: two pairs of eyes, versions that stand, what was taken down, readers who
//! follow at once.
use crate::support::{Answer, Person, Tables, TestApp, ask, run_sql};
use diesel::RunQueryDsl;
use futures_util::future::join_all;
use palm::libraries;
use palm::people::auth::Role;
use palm::platform::id;
use serde_json::{Value, json};

const VERSIONS: &str = "/api/v1/content/versions";
const BAMBOO: &str = "/api/v1/content/policy-matches?industry=bamboo&investment_fen=15000000000&unit_id=430922&size=small&origin=domestic";

async fn seeded() -> TestApp {
    let test = TestApp::start_with(&["--public-url", "https://palm.example/"]).await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

async fn editors(test: &TestApp) -> (Person, Person) {
    (test.person(Role::InformationTaskForce).await, test.person(Role::SystemAdministrator).await)
}

fn policy(title: &str) -> Value {
    json!({"title": title, "title_en": "Grant for bamboo fibre", "summary": "桃江县竹纤维项目按投资给予补助。",
        "summary_en": "Bamboo fibre projects in Taojiang get a share of what they invest.",
        "body_md": "## 讲了什么\n\n- 第三条：按投资的 2% 补助。", "body_md_en": "## What it says\n\n- Clause 3: 2 percent.",
        "steps": [], "source": "示例来源", "source_url": "https://policy.example/1", "source_on": "2026-01-05",
        "document_no": "示例〔2026〕9号", "issuer": "示例单位", "issuer_en": "Demo unit", "sort": 5,
        "terms": {"from_on": "2026-01-01", "to_on": null,
            "conditions": [{"aspect": "industry", "any_of": ["bamboo"], "clause": "第二条"}],
            "benefits": [{"name": "投资补助", "clause": "第三条", "cap_fen": null,
                "tiers": [{"from_fen": 0, "fixed_fen": 0, "share_hundredths_percent": 200}]}]}})
}

fn guide(body: &str) -> Value {
    json!({"title": "示例指南", "summary": "示例", "body_md": body, "source": "示例", "source_on": "2026-01-05",
        "steps": [{"title": "登记", "owner": "市场监管部门", "days": 1, "documents": ["营业执照"], "cost": "免费",
            "legal_basis": "示例规定第一条", "complaint": "12345"}]})
}

async fn start(test: &TestApp, by: &Person, slug: &str, base: i32, content: &Value) -> Answer {
    let kind = if content["terms"].is_null() { "guide" } else { "policy" };
    let body =
        json!({"slug": slug, "kind": kind, "base_number": base, "content": content, "note": "示例修改"});
    test.post(VERSIONS, Some(by), &body).await
}

async fn read(test: &TestApp, version: &Value, by: &Person) -> Value {
    test.get(&format!("{VERSIONS}/{}", version["id"].as_str().unwrap()), Some(by)).await.expect(200)
}

async fn act(test: &TestApp, by: &Person, version: &Value, act: &str, reason: Option<&str>) -> Answer {
    let body = match reason {
        Some(reason) => json!({"reason": reason}),
        None => json!({"content_sha256": version["content_sha256"]}),
    };
    test.post(&format!("{VERSIONS}/{}/{act}", version["id"].as_str().unwrap()), Some(by), &body).await
}

/// Written by one, published by the other.
async fn publish(
    test: &TestApp,
    (one, other): (&Person, &Person),
    slug: &str,
    base: i32,
    content: &Value,
) -> Value {
    let draft = start(test, one, slug, base, content).await.expect(201);
    act(test, one, &draft, "submissions", None).await.expect(200);
    act(test, other, &draft, "publications", None).await.expect(200)
}

/// Status and text of a page that people read.
async fn page(test: &TestApp, path: &str) -> (u16, String) {
    let answer = test.client.get(test.url(path)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[actix_web::test]
async fn one_writes_another_sends_back_then_publishes_and_readers_follow() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let draft = start(&test, &one, "bamboo-fibre", 0, &policy("竹纤维项目补助")).await.expect(201);
    assert_eq!((&draft["state"], &draft["may"]), (&json!("draft"), &json!(["edit", "submit", "discard"])));
    assert!(draft["body_html"].as_str().unwrap().contains("<h2>讲了什么</h2>"));
    let public = "/api/v1/content/pages/bamboo-fibre";
    assert_eq!(test.get(public, None).await.status, 404, "a draft is nobody else's");
    assert_eq!(read(&test, &draft, &other).await["may"], json!(["discard"]));

    let waiting = act(&test, &one, &draft, "submissions", None).await.expect(200);
    assert_eq!((&waiting["state"], &waiting["may"]), (&json!("submitted"), &json!([])));
    let own = act(&test, &one, &waiting, "publications", None).await;
    assert_eq!((own.status, own.code()), (409, "page.not_yours"), "nobody publishes what they wrote");
    let list = test.get(VERSIONS, Some(&other)).await.expect(200);
    assert_eq!(list["items"][0]["may"], json!(["publish", "return"]));
    let back = act(&test, &other, &waiting, "returns", Some("请写明依据")).await.expect(200);
    assert_eq!((&back["state"], &back["steps"][2]["note"]), (&json!("draft"), &json!("请写明依据")));

    let path = format!("{VERSIONS}/{}", draft["id"].as_str().unwrap());
    let mended = json!({"content": policy("竹纤维项目投资补助"), "content_sha256": back["content_sha256"]});
    let mended = test.put(&path, Some(&one), &mended).await.expect(200);
    act(&test, &one, &mended, "submissions", None).await.expect(200);
    // What was read before it was mended is not what is published now.
    let stale = act(&test, &other, &waiting, "publications", None).await;
    assert_eq!((stale.status, stale.code()), (409, "page.moved_on"));
    let shown = act(&test, &other, &mended, "publications", None).await.expect(200);
    assert_eq!((&shown["state"], &shown["number"]), (&json!("published"), &json!(1)));

    let seen = test.get(public, None).await.expect(200);
    assert_eq!((&seen["title"], &seen["in_english"]), (&json!("竹纤维项目投资补助"), &json!(true)));
    for path in ["/policies/bamboo-fibre", "/policies", "/feed.xml"] {
        let (status, text) = page(&test, path).await;
        assert!(status == 200 && text.contains("竹纤维项目投资补助"), "{path}: {status}");
    }
    let (_, sitemap) = page(&test, "/sitemap.xml").await;
    assert!(sitemap.contains("https://palm.example/en/policies/bamboo-fibre"));
    let matched = test.get(BAMBOO, None).await.expect(200);
    let given =
        matched["applying"].as_array().unwrap().iter().find(|one| one["slug"] == "bamboo-fibre").unwrap();
    assert_eq!(given["gives"][0]["amount_fen"], 300_000_000);

    // The next version: the first is past, and each paragraph that differs is told.
    let mut next = policy("竹纤维项目投资补助");
    next["body_md"] = json!("## 讲了什么\n\n- 第三条：按投资的 3% 补助。");
    let second = publish(&test, (&other, &one), "bamboo-fibre", 1, &next).await;
    let states: Vec<_> = second["versions"].as_array().unwrap().iter().map(|v| v["state"].clone()).collect();
    assert_eq!(states, ["published", "replaced"]);
    let path = format!("{VERSIONS}/{}/differences", second["id"].as_str().unwrap());
    let told = test.get(&path, Some(&one)).await.expect(200);
    assert_eq!(
        told["changes"],
        json!([{"part": "body", "english": false, "before": "- 第三条：按投资的 2% 补助。", "after": "- 第三条：按投资的 3% 补助。"}])
    );
}

#[actix_web::test]
async fn what_was_taken_down_says_so_and_a_new_version_brings_it_back() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let shown = publish(&test, (&one, &other), "bamboo-fibre", 0, &policy("竹纤维项目补助")).await;
    let down = act(&test, &one, &shown, "withdrawals", Some("文件已废止")).await.expect(200);
    assert_eq!((&down["state"], &down["may"]), (&json!("withdrawn"), &json!([])));
    let gone = test.get("/api/v1/content/pages/bamboo-fibre", None).await;
    assert_eq!((gone.status, gone.code()), (410, "page.withdrawn"));
    let why = test.get("/api/v1/content/withdrawals/bamboo-fibre", None).await.expect(200);
    assert_eq!((&why["reason"], &why["title"]), (&json!("文件已废止"), &json!("竹纤维项目补助")));
    assert_eq!(why["withdrawn_on"], test.app.now().day().to_string());
    for (path, word) in
        [("/policies/bamboo-fibre", "这一页已撤下"), ("/en/policies/bamboo-fibre", "taken down")]
    {
        let (status, text) = page(&test, path).await;
        assert_eq!(status, 410, "{path}");
        assert!(text.contains(word) && text.contains("文件已废止") && text.contains("noindex"), "{path}");
    }
    for path in ["/policies", "/feed.xml", "/en/feed.xml", "/sitemap.xml", "/api/v1/content/pages?limit=100"]
    {
        assert!(!page(&test, path).await.1.contains("bamboo-fibre"), "{path}");
    }
    assert!(!test.get(BAMBOO, None).await.expect(200).to_string().contains("bamboo-fibre"));
    assert_eq!(test.get("/api/v1/codes/page/bamboo-fibre", None).await.status, 404);

    let early = start(&test, &one, "bamboo-fibre", 0, &policy("竹纤维项目补助")).await;
    assert_eq!((early.status, early.code()), (409, "page.outdated"), "it is written on what was");
    publish(&test, (&one, &other), "bamboo-fibre", 1, &policy("竹纤维项目补助（修订）")).await;
    let back = test.get("/api/v1/content/pages/bamboo-fibre", None).await.expect(200);
    assert_eq!(back["title"], "竹纤维项目补助（修订）");
    assert_eq!(test.get("/api/v1/content/withdrawals/bamboo-fibre", None).await.status, 404);
    let all = test.get(&format!("{VERSIONS}?slug=bamboo-fibre"), Some(&one)).await.expect(200);
    let states: Vec<_> = all["items"].as_array().unwrap().iter().map(|v| v["state"].clone()).collect();
    assert_eq!(states, ["published", "withdrawn"]);
}

#[actix_web::test]
async fn the_tables_refuse_ones_own_publication_and_any_change_of_what_stands() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let shown = publish(&test, (&one, &other), "bamboo-fibre", 0, &policy("竹纤维项目补助")).await;
    let waiting = start(&test, &one, "bamboo-fibre", 1, &policy("第二版")).await.expect(201);
    act(&test, &one, &waiting, "submissions", None).await.expect(200);
    let (shown, waiting) = (shown["id"].as_str().unwrap(), waiting["id"].as_str().unwrap());
    let run = |sql: String| {
        let db = test.app.db.clone();
        async move {
            db.write(move |conn| {
                diesel::sql_query(sql.clone()).execute(conn)?;
                Ok(())
            })
            .await
        }
    };
    let at = "published_at=written_at";
    for refused in [
        format!(
            "UPDATE content_versions SET state='published', published_by='{}', {at} WHERE id='{waiting}'",
            one.id
        ),
        format!("UPDATE content_versions SET state='published', {at} WHERE id='{waiting}'"),
        // A second one beside it, even by another person.
        format!(
            "UPDATE content_versions SET state='published', published_by='{}', {at} WHERE id='{waiting}'",
            other.id
        ),
        format!("UPDATE content_versions SET content='{{}}' WHERE id='{shown}'"),
        format!("UPDATE content_versions SET content='{{}}' WHERE id='{waiting}'"),
        format!("UPDATE content_versions SET published_by=NULL WHERE id='{shown}'"),
        format!("UPDATE content_versions SET written_by='{}' WHERE id='{waiting}'", other.id),
        format!("UPDATE content_versions SET state='draft', published_at=NULL WHERE id='{shown}'"),
        format!("DELETE FROM content_versions WHERE id='{waiting}'"),
        "DELETE FROM content_version_steps".to_owned(),
        "UPDATE content_version_steps SET note='x'".to_owned(),
    ] {
        assert!(run(refused.clone()).await.is_err(), "{refused}");
    }
    // The same hand may do what the rules allow.
    run(format!("UPDATE content_versions SET state='replaced' WHERE id='{shown}'")).await.unwrap();
    let last = format!(
        "UPDATE content_versions SET state='published', published_by='{}', {at} WHERE id='{waiting}'",
        other.id
    );
    run(last).await.unwrap();
}

/// The ETag of a page at one instance, and whether a reader who holds `tag` is told that nothing changed.
async fn asked(
    test: &TestApp,
    address: std::net::SocketAddr,
    path: &str,
    tag: Option<&str>,
) -> (u16, String, String) {
    let mut request = test.client.get(format!("http://{address}{path}"));
    if let Some(tag) = tag {
        request = request.header("if-none-match", tag);
    }
    let answer = request.send().await.unwrap();
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), tag, answer.text().await.unwrap())
}

#[actix_web::test]
async fn every_instance_follows_a_publication_at_once_and_the_clock_is_why() {
    let test = seeded().await;
    let (_app, there) = test.another().await;
    let (one, other) = editors(&test).await;
    publish(&test, (&one, &other), "bamboo-fibre", 0, &policy("第一版")).await;
    let paths = [
        "/policies/bamboo-fibre",
        "/policies",
        "/feed.xml",
        "/api/v1/content/pages/bamboo-fibre",
        "/api/v1/content/pages?kind=policy",
    ];
    let mut held = Vec::new();
    for path in paths {
        let (status, tag, text) = asked(&test, there, path, None).await;
        assert!(status == 200 && text.contains("第一版"), "{path}");
        assert_eq!(asked(&test, there, path, Some(&tag)).await.0, 304, "{path}");
        held.push(tag);
    }
    publish(&test, (&one, &other), "bamboo-fibre", 1, &policy("第二版")).await;
    for (path, tag) in paths.iter().zip(&mut held) {
        let (status, fresh, text) = asked(&test, there, path, Some(tag)).await;
        assert!(status == 200 && text.contains("第二版"), "{path}: {status}");
        *tag = fresh;
    }
    // Without the clock's trigger the same readers are told that nothing changed: this test would see it.
    let stopped: &[&str] = if test.place().is_postgres() {
        &["DROP TRIGGER content_pages_ticks ON content_pages"]
    } else {
        &["DROP TRIGGER content_pages_tick_insert", "DROP TRIGGER content_pages_tick_update"]
    };
    run_sql(&test, stopped).await;
    publish(&test, (&one, &other), "bamboo-fibre", 2, &policy("第三版")).await;
    for (path, tag) in paths.iter().zip(&held) {
        assert_eq!(asked(&test, there, path, Some(tag)).await.0, 304, "{path}");
    }
}

#[actix_web::test]
async fn of_two_who_decide_at_once_one_does_and_of_two_who_begin_at_once_one_does() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let third = test.person(Role::InformationTaskForce).await;
    for round in 0..6 {
        let slug = format!("race-{round}");
        let content = policy("竞争示例");
        let begun = join_all([&one, &other].map(|by| start(&test, by, &slug, 0, &content))).await;
        let made: Vec<&Answer> = begun.iter().filter(|a| a.status == 201).collect();
        assert_eq!(made.len(), 1, "{begun:?}");
        let author = if begun[0].status == 201 { &one } else { &other };
        let draft = made[0].body.clone();
        act(&test, author, &draft, "submissions", None).await.expect(200);
        let deciders: Vec<&Person> =
            [&one, &other, &third].into_iter().filter(|p| p.id != author.id).collect();
        let decided = futures_util::future::join(
            act(&test, deciders[0], &draft, "publications", None),
            act(&test, deciders[1], &draft, "returns", Some("再看看")),
        )
        .await;
        let done = [decided.0.status, decided.1.status];
        assert!(done == [200, 409] || done == [409, 200], "{done:?}");
        let state = read(&test, &draft, &one).await["state"].clone();
        assert_eq!(state, if done[0] == 200 { "published" } else { "draft" });
    }
}

#[actix_web::test]
async fn markdown_runs_nothing_and_a_missing_translation_is_marked() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let body =
        "<script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n</script><b>";
    let mut content = guide(body);
    content["title"] = json!("</script><script>alert(2)</script>");
    let draft = start(&test, &one, "inert", 0, &content).await.expect(201);
    assert!(!draft["body_html"].as_str().unwrap().contains("<script"), "{}", draft["body_html"]);
    act(&test, &one, &draft, "submissions", None).await.expect(200);
    act(&test, &other, &draft, "publications", None).await.expect(200);
    for path in ["/guides/inert", "/en/guides/inert", "/guides", "/feed.xml"] {
        let (status, text) = page(&test, path).await;
        assert_eq!(status, 200);
        let scripts = text.matches("<script").count();
        assert_eq!(scripts, text.matches("<script type=\"application/ld+json\">").count(), "{path}");
        assert!(!text.contains("javascript:") && !text.contains("onerror"), "{path}");
    }
    let (_, text) = page(&test, "/en/guides/inert").await;
    assert!(text.contains("has not been translated yet") && text.contains("lang=\"zh-CN\""));
    let (_, list) = page(&test, "/en/guides").await;
    assert!(list.contains("Not fully translated"));
    let seen = test.get("/api/v1/content/pages/inert", None).await.expect(200);
    assert_eq!((&seen["in_english"], &seen["steps"][0]["cost"]), (&json!(false), &json!("免费")));
}

#[actix_web::test]
async fn what_does_not_fit_is_said_at_its_place() {
    let test = seeded().await;
    let (one, _) = editors(&test).await;
    let mut wrong = policy("竹纤维项目补助");
    wrong["source_url"] = json!("javascript:alert(1)");
    wrong["terms"]["to_on"] = json!("2025-01-01");
    wrong["terms"]["conditions"][0]["any_of"] = json!(["rockets"]);
    wrong["terms"]["benefits"][0]["tiers"] = json!([]);
    let refused = start(&test, &one, "wrong", 0, &wrong).await.expect(422);
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    let wanted = [
        "content.source_url",
        "content.terms.to_on",
        "content.terms.conditions[0].any_of",
        "content.terms.benefits[0].tiers",
    ];
    assert_eq!(fields, wanted);
    let slug = start(&test, &one, "Not-A-Slug", 0, &policy("示例")).await.expect(422);
    assert_eq!(slug["errors"][0]["field"], "slug");
    let taken = start(&test, &one, "who-is-responsible", 0, &guide("示例")).await;
    assert_eq!((taken.status, taken.code()), (409, "page.outdated"));
    let other_kind = start(&test, &one, "who-is-responsible", 1, &policy("示例")).await;
    assert_eq!((other_kind.status, other_kind.code()), (409, "page.kind_fixed"));
    let draft = start(&test, &one, "who-is-responsible", 1, &guide("示例")).await.expect(201);
    let twice = start(&test, &one, "who-is-responsible", 1, &guide("示例")).await;
    assert_eq!((twice.status, twice.code()), (409, "page.already_open"));
    act(&test, &one, &draft, "discards", Some("写错了")).await.expect(200);
    start(&test, &one, "who-is-responsible", 1, &guide("示例")).await.expect(201);
}

#[actix_web::test]
async fn pages_that_come_along_are_first_versions_and_never_overwrite_people() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let all = test.get(&format!("{VERSIONS}?slug=who-is-responsible"), Some(&one)).await.expect(200);
    assert_eq!((&all["items"][0]["number"], &all["items"][0]["state"]), (&json!(1), &json!("published")));
    let seed_again = || {
        let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
        test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true))
    };
    let before = Tables::read(&test).await;
    seed_again().await.unwrap();
    // What the search reads again is noted at every writing, also of the same.
    let mut changed = before.changed(&Tables::read(&test).await);
    changed.retain(|table| !table.starts_with("search_changes:"));
    assert_eq!(changed, Vec::<String>::new());
    publish(&test, (&one, &other), "who-is-responsible", 1, &guide("由人改写")).await;
    seed_again().await.unwrap();
    let seen = test.get("/api/v1/content/pages/who-is-responsible", None).await.expect(200);
    assert!(seen["body_html"].as_str().unwrap().contains("由人改写"));
    // What nobody touched is brought up to date by a newer program, as the next version.
    let newer = test.place().path().join("seeds");
    copied(&test.app.config.seeds_dir, &newer);
    let file = newer.join("content/guides/how-a-cloud-talk-works.json");
    let text = std::fs::read_to_string(&file).unwrap().replace("云洽谈怎么进行", "云洽谈怎样进行");
    std::fs::write(&file, text).unwrap();
    let now = test.app.now();
    test.app.db.write(move |conn| libraries::seed(conn, &newer, now, true)).await.unwrap();
    let kept = test.get(&format!("{VERSIONS}?slug=how-a-cloud-talk-works"), Some(&one)).await.expect(200);
    let told: Vec<_> =
        kept["items"].as_array().unwrap().iter().map(|v| (v["number"].clone(), v["state"].clone())).collect();
    assert_eq!(told, [(json!(2), json!("published")), (json!(1), json!("replaced"))]);
    let seen = test.get("/api/v1/content/pages/who-is-responsible", None).await.expect(200);
    assert!(seen["body_html"].as_str().unwrap().contains("由人改写"));
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if from.is_dir() { copied(&from, &to) } else { std::fs::copy(&from, &to).map(|_| ()).unwrap() }
    }
}

#[actix_web::test]
async fn an_editor_is_told_of_what_waits_and_of_what_became_of_it() {
    let test = seeded().await;
    let (one, other) = editors(&test).await;
    let key = id::fresh();
    let body = json!({"slug": "told", "kind": "policy", "base_number": 0, "content": policy("示例通知")});
    let first =
        ask(&test.client, test.address, "POST", VERSIONS, Some(&one), Some(&body), &key).await.unwrap();
    let again =
        ask(&test.client, test.address, "POST", VERSIONS, Some(&one), Some(&body), &key).await.unwrap();
    assert_eq!((first.status, again.status, &first.body["id"]), (201, 201, &again.body["id"]));
    act(&test, &one, &first.body, "submissions", None).await.expect(200);
    act(&test, &other, &first.body, "publications", None).await.expect(200);
    let events = test
        .app
        .read(|conn| {
            #[derive(diesel::QueryableByName)]
            struct Row {
                #[diesel(sql_type = diesel::sql_types::Text)]
                payload: String,
            }
            let rows: Vec<Row> =
                diesel::sql_query("SELECT payload FROM outbox_events WHERE name = 'PageMoved' ORDER BY id")
                    .load(conn)?;
            Ok(rows.into_iter().map(|row| row.payload).collect::<Vec<_>>())
        })
        .await
        .unwrap();
    assert_eq!(events.len(), 2);
    assert!(events[0].contains(&other.id) && !events[0].contains(&one.id), "{}", events[0]);
    assert!(events[1].contains(&one.id) && !events[1].contains(&other.id), "{}", events[1]);
}
