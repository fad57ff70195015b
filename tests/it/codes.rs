//! Codes and links that open the right page: for what anybody may open, drawn by WeChat once, and never in a message's way.
use diesel::RunQueryDsl;
use palm::libraries;
use palm::people::auth::Role;
use serde_json::{Value, json};

use crate::support::{Person, Standins, TestApp};

const DRAW: &str = "/wxa/getwxacodeunlimit";
const LINK: &str = "/wxa/generate_urllink";
const SITE: &str = "/api/v1/wechat/codes/site/park-anhua";
const LINKS: &str = "/api/v1/wechat/links";
const COUNTY: &str = "430922";

async fn started(standins: &Standins, more: &[&str]) -> TestApp {
    let mut settings = standins.settings();
    settings.extend(more.iter().map(|text| (*text).to_owned()));
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    seed(&test).await;
    test
}

async fn seed(test: &TestApp) {
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
}

async fn told(standins: &Standins, what: &str) -> Vec<Value> {
    reqwest::get(standins.at(what)).await.unwrap().json().await.unwrap()
}

async fn calls(standins: &Standins, path: &str) -> usize {
    told(standins, "/calls").await.iter().filter(|call| call["path"] == path).count()
}

/// What the newest code or link opens.
async fn opened(standins: &Standins) -> String {
    told(standins, "/openings").await[0]["page"].as_str().unwrap().to_owned()
}

async fn at(test: &TestApp, path: &str) -> reqwest::Response {
    test.client.get(test.url(path)).send().await.unwrap()
}

/// A gathering of a county that is written and not published.
async fn draft(test: &TestApp, writer: &Person) -> String {
    let at = |hours| test.app.now().plus(chrono::Duration::hours(hours)).to_string();
    let plan = json!({"title": "桃江竹产业招商会", "title_en": "Bamboo day", "summary": "对接。", "summary_en": null, "place": "桃江县会议中心",
        "place_en": null, "live_url": null, "starts_at": at(3), "ends_at": at(6), "closes_at": at(2), "capacity": 10, "firm_limit": 2,
        "agenda": [{"at": at(3), "title": "签到入场"}], "releases": [{"title": "竹材精深加工项目"}], "questions": [], "contact_name": "示例联系人", "contact_phone": "19000000012"});
    let made = test.post("/api/v1/gatherings", Some(writer), &plan).await.expect(201);
    made["gathering"]["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn whatever_anybody_may_open_has_a_code_that_names_its_page() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let parcel = test.get("/api/v1/map/sites?kind=parcel&limit=1", None).await.expect(200)["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let set =
        test.post("/api/v1/map/shares", None, &json!({"site_ids": [parcel, "park-anhua"]})).await.expect(201);
    let set = set["id"].as_str().unwrap();
    let (writer, second) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let gathering = draft(&test, &writer).await;
    let publish = format!("/api/v1/gatherings/{gathering}/publications");
    test.post(&publish, Some(&second), &json!({"version": 1})).await.expect(201);
    let ceremony = ceremony(&test, &writer, "open").await;
    let city = test.official("commerce-bureau").await;
    let chain = json!({"note": "申报", "content": {"name": "竹产业", "name_en": "Bamboo", "industry": "bamboo", "basis": "示例文件",
        "basis_on": "2026-01-05", "links": [{"place": "up", "name": "竹林培育", "gap": false, "locals": []},
            {"place": "mid", "name": "板材", "gap": false, "locals": []}]}});
    let chain = test.post("/api/v1/chains/proposals", Some(&writer), &chain).await.expect(201);
    let approve = format!("/api/v1/chains/proposals/{}/approvals", chain["id"].as_str().unwrap());
    test.post(&approve, Some(&city), &json!({})).await.expect(200);
    let lead = json!({"enterprise_name": "腾飞竹业", "contact_name": "王小明", "contact_phone": "19000000001",
        "industry": "bamboo", "intention": "建厂"});
    let consultant = test.person(Role::Consultant).await;
    test.post("/api/v1/leads", Some(&consultant), &lead).await.expect(201);
    let entry = test.get("/api/v1/leads/ledger?limit=1", None).await.expect(200)["items"][0].clone();
    let sequence = entry["sequence"].to_string();
    let hash: String = entry["entry_hash"].as_str().unwrap().chars().take(32 - 5 - sequence.len()).collect();
    let long = "business-environment-and-four-at-once";
    let bare = |id: &str| id.replace('-', "");
    for (kind, id, page) in [
        ("site", parcel.as_str(), format!("packages/map/site/index?scene={}", bare(&parcel))),
        ("site", "park-yiyang-hightech", "packages/map/site/index?scene=park-yiyang-hightech".to_owned()),
        ("share", set, format!("packages/map/shared/index?scene={set}")),
        ("page", long, "packages/content/page/index?scene=business-environment-and-four-at".to_owned()),
        ("chain", COUNTY, format!("packages/chains/chain/index?scene={COUNTY}")),
        ("gathering", &gathering, format!("packages/gatherings/gathering/index?scene={}", bare(&gathering))),
        ("ceremony", &ceremony, format!("packages/signings/stage/index?scene={}", bare(&ceremony))),
        ("receipt", &sequence, format!("packages/leads/check/index?scene=n={sequence}&h={hash}")),
    ] {
        let answer = at(&test, &format!("/api/v1/wechat/codes/{kind}/{id}")).await;
        assert_eq!(answer.status(), 200, "{kind} {id}");
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=60");
        assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG\r\n\x1a\n"), "{kind} {id}");
        assert_eq!(opened(&standins).await, page);
    }
    // The page finds the whole name by its beginning.
    let page = test.get("/api/v1/content/pages/business-environment-and-four-at", None).await.expect(200);
    assert_eq!(page["slug"], long);
    assert_eq!(test.get("/api/v1/content/pages/business-environment-and-four", None).await.status, 404);
}

async fn ceremony(test: &TestApp, by: &Person, state: &str) -> String {
    let id = palm::platform::id::fresh();
    let now = test.app.now().utc().format("%Y-%m-%d %H:%M:%S%.3f");
    let opened = if state == "draft" { "NULL".to_owned() } else { format!("'{now}'") };
    let sql = format!(
        "INSERT INTO ceremonies (id, unit_id, title, title_en, place, starts_at, programme, state, created_by, created_at, opened_at)
         VALUES ('{id}', '{COUNTY}', '签约仪式', 'Signing', '会堂', '{now}', '[]', '{state}', '{}', '{now}', {opened})",
        by.id
    );
    test.app
        .db
        .write(move |conn| Ok(diesel::sql_query(sql.as_str()).execute(conn).map(|_| ())?))
        .await
        .unwrap();
    id
}

#[actix_web::test]
async fn what_is_hidden_is_not_told_apart_from_what_is_not_there() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let writer = test.official(COUNTY).await;
    let (gathering, ceremony) = (draft(&test, &writer).await, ceremony(&test, &writer, "draft").await);
    let foreign = "01890000-0000-7000-8000-000000000000";
    let missing = test.get(&format!("/api/v1/wechat/codes/gathering/{foreign}"), None).await;
    assert_eq!((missing.status, missing.code()), (404, "request.not_found"));
    let missing = missing.body;
    for path in [
        format!("gathering/{gathering}"),
        format!("ceremony/{ceremony}"),
        format!("ceremony/{foreign}"),
        format!("site/{foreign}"),
        "share/0123456789abcdef".to_owned(),
        "page/no-such-page".to_owned(),
        format!("chain/{COUNTY}"),
        "receipt/1".to_owned(),
        "receipt/x".to_owned(),
        "gathering/x".to_owned(),
        "lead/1".to_owned(),
        format!("site/{}", "a".repeat(81)),
    ] {
        for who in [None, Some(&writer)] {
            let answer = test.get(&format!("/api/v1/wechat/codes/{path}"), who).await;
            assert_eq!((answer.status, &answer.body), (404, &missing), "{path}");
        }
    }
    assert_eq!(calls(&standins, DRAW).await, 0, "WeChat is not asked");
    // Where there is no mini-program, there is no code of anything.
    let without = TestApp::start().await;
    seed(&without).await;
    let answer = without.get(SITE, None).await;
    assert_eq!((answer.status, &answer.body), (404, &missing));
}

#[actix_web::test]
async fn a_code_is_drawn_once_for_all_who_ask() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    let asked = futures_util::future::join_all((0..12).map(|_| at(&test, SITE))).await;
    assert!(asked.iter().all(|answer| answer.status() == 200));
    assert_eq!(calls(&standins, DRAW).await, 1);
    let tag = asked[0].headers()["etag"].clone();
    let again = test.client.get(test.url(SITE)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
    assert_eq!(calls(&standins, DRAW).await, 1);
    // What is withdrawn has none any more, kept or not.
    let official = test.official(COUNTY).await;
    let parcels = format!("/api/v1/map/sites?kind=parcel&unit_id={COUNTY}&limit=1");
    let parcel = test.get(&parcels, None).await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let code = format!("/api/v1/wechat/codes/site/{parcel}");
    assert_eq!(at(&test, &code).await.status(), 200);
    let withdraw = format!("/api/v1/map/sites/{parcel}/withdrawals");
    test.post(&withdraw, Some(&official), &json!({"reason": "已出让"})).await;
    assert_eq!(test.get(&format!("/api/v1/map/sites/{parcel}"), None).await.status, 404);
    assert_eq!(test.get(&code, None).await.status, 404);
    if test.app.config.redis_url.is_some() {
        let other = "/api/v1/wechat/codes/site/park-longling";
        assert_eq!(at(&test, other).await.status(), 200);
        // Redis is told after the answer.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let (_second, address) = test.another().await;
        let there = test.client.get(format!("http://{address}{other}")).send().await.unwrap();
        assert_eq!(there.status(), 200);
        assert_eq!(calls(&standins, DRAW).await, 3, "the second instance finds it in Redis");
    }
}

#[actix_web::test]
async fn while_wechat_fails_it_is_left_in_peace_for_moments_and_then_draws() {
    let standins = Standins::start();
    let test = started(&standins, &[]).await;
    for (kind, park) in [
        ("html", "park-anhua"),
        ("half_body", "park-longling"),
        ("hang", "park-taojiang"),
        ("quota", "park-nanxian"),
        ("huge", "park-yuanjiang"),
        ("reset", "park-datonghu"),
    ] {
        let path = format!("/api/v1/wechat/codes/site/{park}");
        standins.fault(DRAW, kind, 1).await;
        let before = calls(&standins, DRAW).await;
        for _ in 0..2 {
            let answer = test.get(&path, None).await;
            assert_eq!((answer.status, answer.code()), (503, "code.away"), "{kind}");
            assert!(answer.headers.contains_key("retry-after"), "{kind}");
        }
        assert_eq!(calls(&standins, DRAW).await, before + 1, "{kind}: asked once");
    }
    // Busy and a stale token are got over without anybody's noticing.
    for (kind, park) in [("busy", "park-changchun"), ("bad_token", "park-huishangang")] {
        standins.fault(DRAW, kind, 1).await;
        assert_eq!(test.get(&format!("/api/v1/wechat/codes/site/{park}"), None).await.status, 200, "{kind}");
    }
    let mut drawn = false;
    for _ in 0..60 {
        drawn = test.get(SITE, None).await.status == 200;
        if drawn {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    assert!(drawn, "the failure is forgotten");
}

#[actix_web::test]
async fn a_link_opens_the_mini_program_or_else_a_browser_and_never_fails_for_wechat() {
    let standins = Standins::start();
    let test = started(&standins, &["--public-url", "https://invest.example/"]).await;
    let official = test.official(COUNTY).await;
    let wish = json!({"page": "packages/leads/confirm/index", "query": "id=1&token=a%2Fb", "days": 7});
    let made = test.post(LINKS, Some(&official), &wish).await.expect(201);
    assert_eq!(made["mini_program"], true);
    assert!(made["link"].as_str().unwrap().starts_with("https://wxaurl.invalid/standin-"), "{made}");
    assert_eq!(opened(&standins).await, "packages/leads/confirm/index?id=1&token=a%2Fb");
    let plain = json!({"link": "https://invest.example/#/packages/leads/confirm/index?id=1&token=a%2Fb", "mini_program": false});
    for kind in ["html", "half_body", "hang", "quota", "huge", "reset", "error"] {
        standins.fault(LINK, kind, 1).await;
        assert_eq!(test.post(LINKS, Some(&official), &wish).await.expect(201), plain, "{kind}");
    }
    standins.fault(LINK, "expired_token", 1).await;
    assert_eq!(test.post(LINKS, Some(&official), &wish).await.expect(201)["mini_program"], true);
    let unknown = json!({"page": "packages/none/none/index", "days": 1});
    let unknown = test.post(LINKS, Some(&official), &unknown).await.expect(201);
    assert_eq!(unknown["link"], "https://invest.example/#/packages/none/none/index");
    for (body, field) in [
        (json!({"page": "/packages/leads/confirm/index", "days": 1}), "page"),
        (json!({"page": "packages/leads/confirm/index?id=1", "days": 1}), "page"),
        (json!({"page": "https://example.com", "days": 1}), "page"),
        (json!({"page": "pages/home/index", "query": "名=1", "days": 1}), "query"),
        (json!({"page": "pages/home/index", "days": 0}), "days"),
        (json!({"page": "pages/home/index", "days": 31}), "days"),
    ] {
        let refused = test.post(LINKS, Some(&official), &body).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{body}");
    }
    let investor = test.person(Role::Investor).await;
    assert_eq!(test.post(LINKS, Some(&investor), &wish).await.status, 403);
    assert_eq!(test.post(LINKS, None, &wish).await.status, 401);
    let without = TestApp::start().await;
    seed(&without).await;
    let official = without.official(COUNTY).await;
    let bad = json!({"page": "pages/home/index", "query": "名=1", "days": 1});
    assert_eq!(
        without.post(LINKS, Some(&official), &bad).await.status,
        422,
        "the same with and without WeChat"
    );
    assert_eq!(without.post(LINKS, Some(&official), &wish).await.expect(201)["mini_program"], false);
}
