//! Guides and policies: as data, as plain pages in two languages, as feed and site map.
use crate::support::TestApp;
use palm::libraries;
use serde_json::{Value, json};

async fn seeded() -> TestApp {
    let test = TestApp::start_with(&["--public-url", "https://palm.example/"]).await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, false)).await.unwrap();
    test
}

/// Status, content type and text.
async fn read(test: &TestApp, path: &str) -> (u16, String, String) {
    let answer = test.client.get(test.url(path)).send().await.unwrap();
    let kind =
        answer.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

async fn list(test: &TestApp, query: &str) -> Value {
    test.get(&format!("/api/v1/content/pages?{query}"), None).await.expect(200)
}

#[actix_web::test]
async fn lists_hold_one_kind_in_the_editors_order() {
    let test = seeded().await;
    let (guides, policies) = (list(&test, "kind=guide").await, list(&test, "kind=policy").await);
    let count = |list: &Value| list["items"].as_array().unwrap().len();
    assert!(count(&guides) >= 1 && count(&policies) >= 1);
    assert!(guides["items"].as_array().unwrap().iter().all(|p| p["kind"] == "guide"));
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&test, &format!("limit=2{cursor}")).await;
        read.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let whole: Vec<Value> =
        [&guides, &policies].iter().flat_map(|l| l["items"].as_array().unwrap().clone()).collect();
    assert_eq!(read, whole);
}

#[actix_web::test]
async fn a_page_has_its_body_steps_and_source() {
    let test = seeded().await;
    for item in list(&test, "limit=100").await["items"].as_array().unwrap() {
        let page = test
            .get(&format!("/api/v1/content/pages/{}", item["slug"].as_str().unwrap()), None)
            .await
            .expect(200);
        assert!(page["body_html"].as_str().unwrap().contains("<h2>"), "{}", page["slug"]);
        assert!(!page["body_html"].as_str().unwrap().contains("<script"));
        assert!(!page["source"].as_str().unwrap().is_empty());
        assert!(page["steps"].is_array());
    }
    for slug in ["nothing", "No", "a%00b", "..%2Fx"] {
        assert_eq!(test.get(&format!("/api/v1/content/pages/{slug}"), None).await.status, 404, "{slug}");
    }
}

#[actix_web::test]
async fn every_page_stands_alone_in_both_languages() {
    let test = seeded().await;
    let all = list(&test, "limit=100").await;
    let mut paths = vec!["/guides".to_owned(), "/policies".to_owned()];
    for item in all["items"].as_array().unwrap() {
        let folder = if item["kind"] == "guide" { "guides" } else { "policies" };
        paths.push(format!("/{folder}/{}", item["slug"].as_str().unwrap()));
    }
    for path in &paths {
        for (prefix, language) in [("", "zh-CN"), ("/en", "en")] {
            let (status, kind, text) = read(&test, &format!("{prefix}{path}")).await;
            assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"), "{path}");
            let wanted = [
                format!("<html lang=\"{language}\">"),
                format!("<link rel=\"canonical\" href=\"https://palm.example{prefix}{path}\">"),
                format!("hreflang=\"zh-CN\" href=\"https://palm.example{path}\""),
                format!("hreflang=\"en\" href=\"https://palm.example/en{path}\""),
                "href=\"#content\"".to_owned(),
                "<main id=\"content\"".to_owned(),
                "@media print".to_owned(),
                "/#/".to_owned(),
            ];
            for part in wanted {
                assert!(text.contains(&part), "{prefix}{path} lacks {part}");
            }
            assert_eq!(text.matches("<h1").count(), 1, "{prefix}{path}");
            let data = text.matches("<script type=\"application/ld+json\">").count();
            assert_eq!(text.matches("<script").count(), data, "{prefix}{path}");
        }
    }
}

#[actix_web::test]
async fn a_policy_without_a_script_says_whom_it_is_for_and_what_it_gives_by_which_clause() {
    let test = seeded().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    let said = [
        (
            "",
            [
                "桃江县",
                "2000 万元以上",
                "（第三条）",
                "不限投资额：投资额的 3%",
                "投资额 10000 万元以上：投资额的 4%",
                "最高 800 万元",
            ],
        ),
        (
            "/en",
            [
                "Taojiang",
                "from CNY 20 million",
                "(Clause 3)",
                "Any investment: 3% of the investment",
                "Investment from CNY 100 million: 4% of the investment",
                "At most CNY 8 million",
            ],
        ),
    ];
    for (prefix, parts) in said {
        let (status, _, text) = read(&test, &format!("{prefix}/policies/demo-bamboo-equipment-grant")).await;
        assert_eq!(status, 200);
        let terms = text
            .split("<h2>")
            .skip_while(|part| !part.starts_with("适用条件</h2>") && !part.starts_with("Conditions</h2>"));
        let terms = terms.take(2).collect::<String>();
        for part in parts {
            assert!(terms.contains(part), "{prefix} lacks {part}: {terms}");
        }
    }
}

#[actix_web::test]
async fn what_search_engines_are_given_is_json_of_the_types_that_they_know() {
    let test = seeded().await;
    let all = list(&test, "limit=100").await;
    let (mut laws, mut ways) = (0, 0);
    for item in all["items"].as_array().unwrap() {
        let folder = if item["kind"] == "guide" { "guides" } else { "policies" };
        let path = format!("/{folder}/{}", item["slug"].as_str().unwrap());
        let (_, _, text) = read(&test, &path).await;
        let data = text.split_once("<script type=\"application/ld+json\">").unwrap().1;
        let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        assert_eq!((&data["@context"], &data["@type"]), (&json!("https://schema.org"), &json!("Article")));
        assert_eq!(data["url"], format!("https://palm.example{path}"));
        assert_eq!((&data["headline"], &data["isPartOf"]["@type"]), (&item["title"], &json!("WebSite")));
        for day in ["datePublished", "dateModified"] {
            assert!(data[day].as_str().unwrap().parse::<chrono::NaiveDate>().is_ok(), "{data}");
        }
        if let Some(law) = data.get("about") {
            laws += 1;
            assert_eq!(law["@type"], "Legislation");
            assert!(!law["legislationIdentifier"].as_str().unwrap().is_empty(), "{data}");
        }
        if let Some(way) = data.get("mainEntity") {
            ways += 1;
            assert_eq!(way["@type"], "HowTo");
            for (step, n) in way["step"].as_array().unwrap().iter().zip(1..) {
                assert_eq!((&step["@type"], step["position"].as_u64()), (&json!("HowToStep"), Some(n)));
            }
        }
    }
    assert!(laws > 0 && ways > 0, "{laws} laws, {ways} ways");
}

#[actix_web::test]
async fn an_unknown_page_is_a_page_that_says_so() {
    let test = seeded().await;
    let policy = list(&test, "kind=policy").await["items"][0]["slug"].as_str().unwrap().to_owned();
    for path in ["/guides/nothing".to_owned(), "/en/guides/No%00".to_owned(), format!("/guides/{policy}")] {
        let (status, kind, text) = read(&test, &path).await;
        assert_eq!((status, kind.as_str()), (404, "text/html; charset=utf-8"), "{path}");
        assert!(text.contains("noindex") && !text.contains("canonical"));
    }
}

#[actix_web::test]
async fn feed_and_site_map_name_every_page() {
    let test = seeded().await;
    let all = list(&test, "limit=100").await;
    let count = all["items"].as_array().unwrap().len();
    for (path, prefix) in [("/feed.xml", ""), ("/en/feed.xml", "/en")] {
        let (status, kind, text) = read(&test, path).await;
        assert_eq!((status, kind.as_str()), (200, "application/atom+xml; charset=utf-8"));
        assert_eq!(text.matches("<entry>").count(), count);
        assert!(text.contains(&format!("<id>https://palm.example{prefix}/guides/")));
    }
    let (status, kind, text) = read(&test, "/sitemap.xml").await;
    assert_eq!((status, kind.as_str()), (200, "application/xml; charset=utf-8"));
    assert_eq!(text.matches("<url>").count(), 1 + 2 * (count + 2));
    let (status, _, text) = read(&test, "/robots.txt").await;
    assert_eq!(status, 200);
    assert!(text.contains("Sitemap: https://palm.example/sitemap.xml"));
}

#[actix_web::test]
async fn a_page_that_one_holds_is_not_sent_again() {
    let test = seeded().await;
    for path in ["/guides", "/en/policies", "/feed.xml", "/sitemap.xml"] {
        let first = test.client.get(test.url(path)).send().await.unwrap();
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = test.client.get(test.url(path)).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status().as_u16(), 304, "{path}");
        let head = test.client.head(test.url(path)).send().await.unwrap();
        assert_eq!(head.status().as_u16(), 200, "{path}");
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[actix_web::test]
async fn a_plan_is_told_what_applies_what_it_gives_and_what_fails() {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    let ask = |query: &'static str| {
        let test = &test;
        async move { test.get(&format!("/api/v1/content/policy-matches?{query}"), None).await }
    };
    let slugs = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap().to_owned()).collect()
    };
    // 150 million yuan in Taojiang's bamboo: 4 percent would be 6 million, below the cap of 8.
    let found = ask("industry=bamboo&investment_fen=15000000000&unit_id=430922&size=small&origin=domestic")
        .await
        .expect(200);
    assert_eq!(slugs(&found["applying"]), ["demo-bamboo-equipment-grant", "demo-small-enterprise-start"]);
    let figures: Vec<_> = found["applying"].as_array().unwrap().iter().map(|one| &one["gives"][0]).collect();
    assert_eq!(figures[0]["amount_fen"], 600_000_000);
    assert_eq!(
        (&figures[0]["clause"], &figures[0]["tier"]["share_hundredths_percent"]),
        (&"第五条".into(), &400.into())
    );
    assert_eq!(figures[1]["amount_fen"], 30_000_000);
    assert_eq!(slugs(&found["failing"]), ["demo-foreign-capital-bonus"]);
    let unmet: Vec<_> =
        found["failing"][0]["checks"].as_array().unwrap().iter().filter(|c| c["met"] == false).collect();
    assert_eq!(
        (unmet.len(), &unmet[0]["aspect"], &unmet[0]["clause"]),
        (1, &"origin".into(), &"第三条".into())
    );
    assert_eq!(found["unreckoned"], 4, "the city's own document gives investors no figure");
    // One fen short, another county, a large enterprise: each is named, fewest first.
    let short = ask("industry=bamboo&investment_fen=1999999999&unit_id=430923&size=large&origin=foreign")
        .await
        .expect(200);
    assert_eq!(slugs(&short["applying"]), ["demo-foreign-capital-bonus"]);
    assert_eq!(short["applying"][0]["gives"][0]["amount_fen"], 19_999_999);
    assert_eq!(slugs(&short["failing"]), ["demo-small-enterprise-start", "demo-bamboo-equipment-grant"]);
    for wrong in [
        "industry=bamboo&investment_fen=-1&unit_id=430922&size=small&origin=domestic",
        "industry=bamboo&investment_fen=1000000000000001&unit_id=430922&size=small&origin=domestic",
        "industry=bamboo&investment_fen=1&unit_id=commerce-bureau&size=small&origin=domestic",
        "industry=rockets&investment_fen=1&unit_id=430922&size=small&origin=domestic",
        "industry=bamboo&investment_fen=1&unit_id=430922&size=small",
    ] {
        assert_eq!(ask(wrong).await.status, 422, "{wrong}");
    }
    let page = test.get("/api/v1/content/pages/demo-bamboo-equipment-grant", None).await.expect(200);
    assert_eq!(page["terms"]["conditions"].as_array().unwrap().len(), 3);
    assert_eq!(page["demo"], true);
}

#[actix_web::test]
async fn a_personal_guide_has_what_concerns_the_investor_and_leaves_open_what_is_unknown() {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    let ask = |query: String| {
        let test = &test;
        async move { test.get(&format!("/api/v1/content/personal-guide?{query}"), None).await }
    };
    let plan = "origin=domestic&industry=bamboo&investment_fen=15000000000&unit_id=430922";
    let titles = |guide: &Value| -> Vec<String> {
        let parts = guide["parts"].as_array().unwrap().iter();
        let steps = parts.flat_map(|part| part["steps"].as_array().unwrap().clone());
        steps.map(|step| step["title"].as_str().unwrap().to_owned()).collect()
    };
    let land = ask(format!("{plan}&need=land")).await.expect(200);
    assert_eq!(titles(&land).len(), 15, "nine on the path of a project, six in the green channel");
    assert!(titles(&land).contains(&"签约即供地".to_owned()));
    assert_eq!(land["unit"]["name"], "桃江县");
    assert_eq!(land["parks"].as_array().unwrap().len(), 2);
    assert_eq!(land["coordinator"]["id"], "commerce-bureau");
    assert_eq!(land["policies"][0]["slug"], "demo-bamboo-equipment-grant");
    assert_eq!(land["policies"][0]["gives"][0]["amount_fen"], 600_000_000);
    assert_eq!(land["depending"][0]["slug"], "demo-small-enterprise-start", "it hangs on the size");
    assert_eq!(land["site_kind"], "parcel");
    let found = test
        .get("/api/v1/map/sites?kind=parcel&unit_id=430922&industry=bamboo&status=available&limit=5", None);
    let found = found.await.expect(200);
    assert!(land["site_total"].as_u64().unwrap() > 0, "{}", land["sites"]);
    if land["sites_for_industry"] == true {
        assert_eq!((&land["sites"], &land["site_total"]), (&found["items"], &found["total"]));
    }
    // The size answers what was open; a factory needs no land, and of offices the map knows nothing.
    let small = ask(format!("{plan}&need=factory&size=small")).await.expect(200);
    let slugs: Vec<&str> =
        small["policies"].as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["demo-bamboo-equipment-grant", "demo-small-enterprise-start"]);
    assert_eq!(
        (&small["depending"], &small["site_kind"]),
        (&Value::Array(vec![]), &"factory_building".into())
    );
    assert_eq!(titles(&small).len(), 13);
    let office = ask(format!("{plan}&need=office")).await.expect(200);
    assert!(office["site_kind"].is_null() && office["sites"] == Value::Array(vec![]));
    for wrong in ["need=land", "need=castle", "need=land&size=huge"] {
        let query = plan.replace("430922", if wrong == "need=land" { "commerce-bureau" } else { "430922" });
        assert_eq!(ask(format!("{query}&{wrong}")).await.status, 422, "{wrong}");
    }
    let mut papers = Vec::new();
    for language in ["zh", "zh", "en"] {
        let path = format!("/api/v1/content/personal-guide/paper?{plan}&need=land&language={language}");
        let answer = test.client.get(test.url(&path)).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), kind.as_str()), (200, "application/pdf"));
        papers.push((name, answer.bytes().await.unwrap()));
    }
    assert!(papers[0].1.starts_with(b"%PDF") && papers[0] == papers[1], "the same answers, the same paper");
    assert!(papers[0].0.contains("ZN") && papers[0].0 != papers[2].0);
}
