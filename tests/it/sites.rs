//! Keeping sites and choosing among them: the second pair of eyes, versions, freshness, reports, comparison, sharing.
use crate::support::{Person, TestApp, ask};
use diesel::connection::SimpleConnection;
use palm::libraries;
use palm::people::auth::Role;
use palm::platform::{db, id};
use serde_json::{Value, json};

const COUNTY: &str = "430903";
const COORDINATOR: &str = "commerce-bureau";

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

fn parcel(name: &str) -> Value {
    json!({"kind": "parcel", "unit_id": COUNTY, "name": name, "longitude": 112.36, "latitude": 28.57, "datum": "gcj02",
        "precision": "exact", "status": "available", "industries": ["food"], "area_m2": 26667,
        "price_fen_per_mu": 18_000_000, "source": "示例台账", "facts": [], "photos": []})
}

async fn write(test: &TestApp, person: &Person, body: Value) -> Value {
    test.post("/api/v1/map/drafts", Some(person), &body).await.expect(201)
}

async fn publish(test: &TestApp, person: &Person, draft: &Value) -> crate::support::Answer {
    let path = format!("/api/v1/map/drafts/{}/publications", draft["id"].as_str().unwrap());
    test.post(&path, Some(person), &json!({})).await
}

async fn site(test: &TestApp, id: &str) -> crate::support::Answer {
    test.get(&format!("/api/v1/map/sites/{id}"), None).await
}

#[actix_web::test]
async fn a_new_site_is_public_once_somebody_else_has_looked_it_over() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let draft = write(&test, &author, json!({"content": parcel("示例新地块"), "note": "新收储"})).await;
    let id = draft["site_id"].as_str().unwrap().to_owned();
    assert_eq!((&draft["state"], &draft["may"]), (&json!("open"), &json!(["edit", "discard"])));
    assert_eq!(site(&test, &id).await.status, 404);
    let refused = publish(&test, &author, &draft).await;
    assert_eq!((refused.status, refused.code()), (409, "draft.own"));
    let stranger = test.official("430922").await;
    assert_eq!(publish(&test, &stranger, &draft).await.status, 404);
    let published = publish(&test, &other, &draft).await.expect(200);
    assert_eq!(published["state"], "published");
    let shown = site(&test, &id).await.expect(200);
    assert_eq!((&shown["name"], &shown["checked_by"]), (&json!("示例新地块"), &json!("赫山区")));
    assert!((shown["longitude"].as_f64().unwrap() - 112.36).abs() < 1e-5);
    assert_eq!(publish(&test, &other, &draft).await.code(), "draft.not_open");
}

#[actix_web::test]
async fn a_change_is_kept_with_who_and_when_and_what_was_before() {
    let test = seeded().await;
    let (author, coordinator) = (test.official("park-longling").await, test.official(COORDINATOR).await);
    let path = "/api/v1/map/sites/park-longling";
    let before = test.get(&format!("{path}/content"), Some(&author)).await.expect(200);
    let mut content = before["content"].clone();
    content["summary"] = json!("示例：园区新建污水管网");
    let draft = write(&test, &author, json!({"site_id": "park-longling", "content": content})).await;
    assert_eq!(draft["differences"][0]["field"], "summary");
    assert_eq!(draft["differences"].as_array().unwrap().len(), 1);
    let again = test
        .post("/api/v1/map/drafts", Some(&author), &json!({"site_id": "park-longling", "content": content}))
        .await;
    assert_eq!(again.code(), "draft.already_open");
    publish(&test, &coordinator, &draft).await.expect(200);
    let shown = site(&test, "park-longling").await.expect(200);
    assert_eq!(shown["summary"], "示例：园区新建污水管网");
    // What a unit may not say stays as it was.
    assert_eq!(shown["former_names"][0], "益阳龙岭工业集中区");
    let versions = test.get(&format!("{path}/versions"), Some(&author)).await.expect(200);
    let numbers: Vec<&Value> = versions["items"].as_array().unwrap().iter().map(|v| &v["number"]).collect();
    assert_eq!(numbers, [&json!(2), &json!(1)]);
    assert_eq!(versions["items"][0]["differences"][0]["after"], "示例：园区新建污水管网");
    assert_eq!(versions["items"][1]["reviewed_by_name"], Value::Null);
    // A start of the program brings up to date what came with it, and leaves what a unit took in hand.
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test.app.cache.forget("map:site:gcj02:park-longling").await;
    assert_eq!(site(&test, "park-longling").await.expect(200)["summary"], "示例：园区新建污水管网");
}

#[actix_web::test]
async fn a_returned_draft_is_written_anew_and_a_withdrawn_site_can_come_back() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let draft = write(&test, &author, json!({"content": parcel("示例退回地块")})).await;
    let path = format!("/api/v1/map/drafts/{}", draft["id"].as_str().unwrap());
    let returned =
        test.post(&format!("{path}/returns"), Some(&other), &json!({"reason": "地价有误"})).await.expect(200);
    assert_eq!((&returned["state"], &returned["review_note"]), (&json!("returned"), &json!("地价有误")));
    assert_eq!(publish(&test, &other, &draft).await.code(), "draft.not_open");
    let mut content = parcel("示例退回地块");
    content["price_fen_per_mu"] = json!(17_000_000);
    assert_eq!(test.put(&path, Some(&other), &json!({"content": content})).await.code(), "draft.not_open");
    test.put(&path, Some(&author), &json!({"content": content})).await.expect(200);
    publish(&test, &other, &draft).await.expect(200);
    let id = draft["site_id"].as_str().unwrap();
    let withdrawal = format!("/api/v1/map/sites/{id}/withdrawals");
    test.post(&withdrawal, Some(&author), &json!({"reason": "已签约"})).await.expect(200);
    assert_eq!(site(&test, id).await.status, 404);
    let back = write(&test, &author, json!({"site_id": id, "content": content})).await;
    publish(&test, &other, &back).await.expect(200);
    assert_eq!(site(&test, id).await.expect(200)["price_fen_per_mu"], 17_000_000);
    let versions = test.get(&format!("/api/v1/map/sites/{id}/versions"), Some(&author)).await.expect(200);
    let states: Vec<&str> =
        versions["items"].as_array().unwrap().iter().map(|v| v["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["published", "withdrawn", "published"]);
}

/// What the engine knows of a parcel: its red line for people who have signed in, and the sewage that is left at it.
async fn around(test: &TestApp, person: &Person, id: &str) -> (bool, Value) {
    let path = "/api/v1/map/red-lines?bbox=111,28,113,30";
    let lines = test.get(path, Some(person)).await.expect(200);
    let drawn = lines["features"].as_array().unwrap().iter().any(|f| f["id"] == id);
    let path = format!("/api/v1/map/comparisons?sites={id}&utilities=water,sewage,gas,steam");
    let mut compared = test.get(&path, None).await.expect(200);
    let item = compared["items"].as_array_mut().unwrap().pop();
    (drawn, item.map_or(Value::Null, |mut item| item["match"].take()))
}

#[actix_web::test]
async fn a_site_that_comes_back_has_its_red_line_and_utilities_again() {
    let test = seeded().await;
    let investor = test.person(Role::Investor).await;
    let lines = test.get("/api/v1/map/red-lines?bbox=111,28,113,30", Some(&investor)).await.expect(200);
    let id = lines["features"][0]["id"].as_str().unwrap().to_owned();
    let unit = site(&test, &id).await.expect(200)["unit_id"].as_str().unwrap().to_owned();
    let (author, other) = (test.official(&unit).await, test.official(&unit).await);
    execute(
        &test,
        &format!(
            "DELETE FROM map_site_utilities WHERE site_id='{id}'; INSERT INTO map_site_utilities (site_id, utility, available, source, demo) \
             VALUES ('{id}', 'steam', 30, 'x', true), ('{id}', 'gas', 0, 'x', true)"
        ),
    )
    .unwrap();
    test.post(&format!("/api/v1/map/sites/{id}/checks"), Some(&author), &json!({})).await.expect(201);
    let before = around(&test, &investor, &id).await;
    assert!(before.0);
    let said = |verdict: &Value, criterion: &str| {
        let reasons = verdict["reasons"].as_array().unwrap();
        reasons.iter().find(|r| r["criterion"] == criterion).map(|r| r["fit"].as_str().unwrap().to_owned())
    };
    assert_eq!(said(&before.1, "steam").as_deref(), Some("yes"));
    assert_ne!(said(&before.1, "gas").as_deref(), Some("unknown"));
    let form = test.get(&format!("/api/v1/map/sites/{id}/content"), Some(&author)).await.expect(200);
    let reason = json!({"reason": "暂停供地"});
    test.post(&format!("/api/v1/map/sites/{id}/withdrawals"), Some(&author), &reason).await.expect(200);
    assert_eq!(site(&test, &id).await.status, 404);
    assert!(!around(&test, &investor, &id).await.0);
    let back = write(&test, &author, json!({"site_id": id, "content": form["content"]})).await;
    publish(&test, &other, &back).await.expect(200);
    assert_eq!(around(&test, &investor, &id).await, before);
}

#[actix_web::test]
async fn utilities_and_a_red_line_are_written_reviewed_and_taken_off_like_the_rest() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let investor = test.person(Role::Investor).await;
    let corner = |longitude: f64, latitude: f64| json!({"longitude": longitude, "latitude": latitude});
    let square = [corner(112.40, 28.50), corner(112.42, 28.50), corner(112.42, 28.52), corner(112.40, 28.52)];
    let line = |corners: Value| json!({"datum": "wgs84", "corners": corners, "source": "示例勘测定界报告"});
    let content = |utilities: Value, line: Value| {
        let mut content = parcel("示例地块");
        content["utilities"] = utilities;
        content["red_line"] = line;
        content
    };
    let gas = json!([{"utility": "gas", "available": 1200, "source": "示例燃气公司函", "source_on": null}]);
    let crossed = line(json!([square[0], square[2], square[1], square[3]]));
    for (utilities, line, field) in [
        (json!([gas[0], gas[0]]), Value::Null, "utilities"),
        (json!([{"utility": "gas", "available": -1, "source": "x"}]), Value::Null, "utilities"),
        (gas.clone(), crossed, "red_line"),
        (gas.clone(), line(json!([corner(113.9, 29.9), square[1], square[2]])), "red_line"),
    ] {
        let draft = json!({"content": content(utilities, line)});
        let refused = test.post("/api/v1/map/drafts", Some(&author), &draft).await.expect(422);
        assert!(refused["errors"][0]["field"].as_str().unwrap().contains(field), "{refused}");
    }
    let draft = write(&test, &author, json!({"content": content(gas.clone(), line(json!(square)))})).await;
    let id = draft["site_id"].as_str().unwrap().to_owned();
    publish(&test, &other, &draft).await.expect(200);
    let drawn = async || {
        let lines =
            test.get("/api/v1/map/red-lines?bbox=112.3,28.4,112.5,28.6", Some(&investor)).await.expect(200);
        lines["features"].as_array().unwrap().iter().any(|line| line["id"] == json!(id))
    };
    let form = async || {
        test.get(&format!("/api/v1/map/sites/{id}/content"), Some(&author)).await.expect(200)["content"]
            .take()
    };
    assert!(drawn().await);
    assert_eq!(form().await["utilities"][0]["available"], 1200);
    assert_eq!(form().await["red_line"]["corners"], json!(square));
    // A change that says nothing of them leaves them; one that says there are none takes them off.
    let silent = write(&test, &author, json!({"site_id": id, "content": parcel("示例地块（改名）")})).await;
    publish(&test, &other, &silent).await.expect(200);
    assert!(drawn().await && form().await["utilities"] == gas);
    let none = json!({"site_id": id, "content": content(json!([]), line(json!([])))});
    publish(&test, &other, &write(&test, &author, none).await).await.expect(200);
    assert!(!drawn().await);
    assert_eq!((&form().await["utilities"], &form().await["red_line"]), (&json!([]), &Value::Null));
}

fn execute(test: &TestApp, sql: &str) -> Result<(), diesel::result::Error> {
    match db::connect(&test.app.config.database()).unwrap() {
        db::DbConn::Pg(mut conn) => conn.batch_execute(sql),
        db::DbConn::Sqlite(mut conn) => conn.batch_execute(sql),
    }
}

/// The rule is in the tables: whoever goes past the program is refused too.
#[actix_web::test]
async fn the_tables_refuse_the_author_as_reviewer_and_a_change_of_history() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let draft = write(&test, &author, json!({"content": parcel("示例地块")})).await;
    let id = draft["id"].as_str().unwrap();
    let now = "2026-11-26 00:00:00";
    let forged = format!(
        "UPDATE map_site_versions SET state='published', number=1, reviewed_by='{}', reviewed_by_name='x', reviewed_at='{now}' WHERE id='{id}'",
        author.id
    );
    assert!(execute(&test, &forged).is_err());
    let unseen = format!("UPDATE map_site_versions SET state='published', number=1 WHERE id='{id}'");
    assert!(execute(&test, &unseen).is_err());
    assert!(
        execute(&test, &format!("UPDATE map_site_versions SET written_by='{}' WHERE id='{id}'", other.id))
            .is_err()
    );
    // The same statement with another person is taken: it is the rule that refused, not the sentence.
    publish(&test, &other, &draft).await.expect(200);
    assert!(execute(&test, &format!("UPDATE map_site_versions SET content='{{}}' WHERE id='{id}'")).is_err());
    assert!(execute(&test, &format!("DELETE FROM map_site_versions WHERE id='{id}'")).is_err());
}

#[actix_web::test]
async fn two_reviewers_at_once_publish_one_version() {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    let reviewers =
        [test.official(COUNTY).await, test.official(COUNTY).await, test.official(COORDINATOR).await];
    let (_second, elsewhere) = test.another().await;
    for round in 0..5 {
        let draft = write(&test, &author, json!({"content": parcel(&format!("示例地块{round}"))})).await;
        let path = format!("/api/v1/map/drafts/{}/publications", draft["id"].as_str().unwrap());
        let body = json!({});
        let tries = reviewers.iter().enumerate().map(|(n, reviewer)| {
            let address = if n % 2 == 0 { test.address } else { elsewhere };
            let (client, path, body) = (test.client.clone(), path.clone(), body.clone());
            async move {
                ask(&client, address, "POST", &path, Some(reviewer), Some(&body), &id::fresh())
                    .await
                    .unwrap()
                    .status
            }
        });
        let mut statuses = futures_util::future::join_all(tries).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409]);
        let versions = test
            .get(&format!("/api/v1/map/sites/{}/versions", draft["site_id"].as_str().unwrap()), Some(&author))
            .await
            .expect(200);
        assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn wrong_places_other_units_and_others_photos_are_refused_by_name() {
    let test = seeded().await;
    let author = test.official(COUNTY).await;
    let try_with = async |change: &dyn Fn(&mut Value)| {
        let mut content = parcel("示例");
        change(&mut content);
        test.post("/api/v1/map/drafts", Some(&author), &json!({"content": content})).await
    };
    let turned = try_with(&|c| {
        c["longitude"] = json!(28.57);
        c["latitude"] = json!(112.36);
    })
    .await;
    assert_eq!((turned.status, turned.body["errors"][0]["code"].as_str()), (422, Some("site.outside_city")));
    assert_eq!(try_with(&|c| c["unit_id"] = json!("430922")).await.code(), "site.other_unit");
    assert_eq!(try_with(&|c| c["park_id"] = json!("park-anhua")).await.body["errors"][0]["field"], "park_id");
    let photo = json!([{"file_id": "01890000-0000-7000-8000-000000000000"}]);
    assert_eq!(try_with(&|c| c["photos"] = photo.clone()).await.body["errors"][0]["field"], "photos");
    assert_eq!(try_with(&|c| c["area_m2"] = json!(0)).await.body["errors"][0]["field"], "area_m2");
    assert_eq!(try_with(&|c| c["demo"] = json!(true)).await.status, 422);
}

fn jpeg() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        [&[0xff, marker], &u16::try_from(body.len() + 2).unwrap().to_be_bytes()[..], body].concat()
    };
    [
        vec![0xff, 0xd8],
        segment(0xe1, b"Exif\0\0II GPS 28.57 112.36"),
        segment(0xc0, &[8, 0, 48, 0, 64, 1, 1, 0x11, 0]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![1, 2, 0xff, 0xd9],
    ]
    .concat()
}

#[actix_web::test]
async fn a_photo_loses_its_place_and_is_public_with_its_site() {
    let test = seeded().await;
    let (author, other) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let upload = async |bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("a.jpg");
        test.client
            .post(test.url("/api/v1/map/photos"))
            .bearer_auth(&author.token)
            .header("Idempotency-Key", id::fresh())
            .multipart(reqwest::multipart::Form::new().part("file", part))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(upload(b"<svg/>".to_vec()).await.status().as_u16(), 422);
    let photo: Value = upload(jpeg()).await.json().await.unwrap();
    let file = photo["file_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/map/photos/{file}");
    assert_eq!(test.get(&path, None).await.status, 404);
    assert_eq!(test.get(&path, Some(&test.official("430922").await)).await.status, 404);
    let bytes = test.bytes(&path, &other).await;
    assert!(bytes.starts_with(&[0xff, 0xd8]) && !bytes.windows(3).any(|w| w == b"GPS"));
    let mut content = parcel("示例有照片的地块");
    content["photos"] = json!([{"file_id": file, "caption": "东侧"}]);
    let draft = write(&test, &author, json!({"content": content})).await;
    publish(&test, &other, &draft).await.expect(200);
    assert_eq!(test.get(&path, None).await.status, 200);
    let shown = site(&test, draft["site_id"].as_str().unwrap()).await.expect(200);
    assert_eq!(shown["photos"][0]["caption"], "东侧");
}

#[actix_web::test]
async fn a_site_that_nobody_checked_for_ninety_days_is_a_task_and_one_tap_freshens_it() {
    let test = seeded().await;
    let keeper = test.official(COUNTY).await;
    test.app.clock.advance(chrono::Duration::days(400));
    let keeper = Person {
        token: test
            .app
            .keys
            .issue(&keeper.id, &session_of(&test, &keeper).await, test.app.now(), 600)
            .unwrap(),
        ..keeper
    };
    libraries::map::jobs::remind_stale_sites(test.app.clone()).await.unwrap();
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&keeper)).await.expect(200);
    assert_eq!(
        (&inbox["items"][0]["title"], &inbox["items"][0]["kind"]),
        (&json!("选址待核实"), &json!("map"))
    );
    let told = inbox["items"].as_array().unwrap().len();
    libraries::map::jobs::remind_stale_sites(test.app.clone()).await.unwrap();
    palm::views::notifications::tell(&test.app).await.unwrap();
    let again = test.get("/api/v1/notifications", Some(&keeper)).await.expect(200);
    assert_eq!(again["items"].as_array().unwrap().len(), told, "reminded once");
    let stale = test.get("/api/v1/map/desk/sites?stale=true", Some(&keeper)).await.expect(200);
    let id = stale["items"][0]["id"].as_str().unwrap();
    let before = test.get("/api/v1/map/desk", Some(&keeper)).await.expect(200);
    let checked =
        test.post(&format!("/api/v1/map/sites/{id}/checks"), Some(&keeper), &json!({})).await.expect(201);
    assert_eq!(checked["checked_on"], json!(test.app.now().day()));
    let after = test.get("/api/v1/map/desk", Some(&keeper)).await.expect(200);
    assert_eq!(after["stale"].as_i64().unwrap(), before["stale"].as_i64().unwrap() - 1);
    assert_eq!(site(&test, id).await.expect(200)["checked_on"], json!(test.app.now().day()));
    let stranger = test.official("430922").await;
    let refused = test.post(&format!("/api/v1/map/sites/{id}/checks"), Some(&stranger), &json!({})).await;
    assert_eq!(refused.status, 404);
}

async fn session_of(test: &TestApp, person: &Person) -> String {
    let now = test.app.now();
    let (app, account) = (test.app.clone(), person.id.parse().unwrap());
    test.app
        .db
        .write(move |conn| palm::people::auth::Session::start(&app, conn, &account, "test", now))
        .await
        .unwrap()
        .0
        .id
        .to_string()
}

#[actix_web::test]
async fn a_visitor_says_not_as_shown_and_the_unit_answers() {
    let test = seeded().await;
    let keeper = test.official(COUNTY).await;
    let sites =
        test.get(&format!("/api/v1/map/sites?unit_id={COUNTY}&kind=parcel&limit=20"), None).await.expect(200);
    let ids: Vec<&str> =
        sites["items"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let path = format!("/api/v1/map/sites/{}/reports", ids[0]);
    let body = json!({"what": "price", "words": "现场报价更高"});
    test.post(&path, None, &body).await.expect(201);
    // The same visitor again the same day: one report.
    test.post(&path, None, &body).await.expect(201);
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&keeper)).await.expect(200);
    assert_eq!(inbox["items"][0]["title"], "有访客反馈不符");
    let reports = test.get("/api/v1/map/reports?state=open", Some(&keeper)).await.expect(200);
    assert_eq!(reports["items"].as_array().unwrap().len(), 1);
    assert_eq!(reports["items"][0]["words"], "现场报价更高");
    let answers = format!("/api/v1/map/reports/{}/answers", reports["items"][0]["id"].as_str().unwrap());
    let answer = json!({"outcome": "stands", "answer": "以挂牌价为准，已与园区核对。"});
    assert_eq!(test.post(&answers, Some(&test.official("430922").await), &answer).await.status, 404);
    test.post(&answers, Some(&keeper), &answer).await.expect(201);
    assert_eq!(test.post(&answers, Some(&keeper), &answer).await.code(), "report.already_answered");
    let shown = test.get(&path, None).await.expect(200);
    assert_eq!(shown["items"][0]["answer"], "以挂牌价为准，已与园区核对。");
    assert_eq!(shown["items"][0]["words"], Value::Null, "the visitor's words stay with the unit");
    // One address sends ten a day at most.
    let all = test.get("/api/v1/map/sites?limit=40", None).await.expect(200);
    let mut statuses = Vec::new();
    for s in all["items"].as_array().unwrap().iter().take(14) {
        let path = format!("/api/v1/map/sites/{}/reports", s["id"].as_str().unwrap());
        statuses.push(test.post(&path, None, &json!({"what": "other"})).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[actix_web::test]
async fn sites_are_compared_and_weighed_with_reasons() {
    let test = seeded().await;
    let sites = test.get("/api/v1/map/sites?kind=parcel&limit=3", None).await.expect(200);
    let ids: Vec<&str> =
        sites["items"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let path =
        format!("/api/v1/map/comparisons?sites={},{},nowhere&area_m2=20000&industry=food", ids[1], ids[0]);
    let compared = test.get(&path, None).await.expect(200);
    let order: Vec<&str> =
        compared["items"].as_array().unwrap().iter().map(|i| i["site"]["id"].as_str().unwrap()).collect();
    assert_eq!(order, [ids[1], ids[0]]);
    assert_eq!(compared["missing"], json!(["nowhere"]));
    for item in compared["items"].as_array().unwrap() {
        for reason in item["match"]["reasons"].as_array().unwrap() {
            assert!(
                !reason["sentence"].as_str().unwrap().is_empty()
                    && !reason["sentence_en"].as_str().unwrap().is_empty()
            );
        }
    }
    for bad in [
        "sites=",
        "sites=a,b,c,d,e",
        "sites=a&near=1",
        "sites=a&near=112,28&within_km=0",
        "sites=a&within_km=0",
        "sites=a&area_m2=-1",
        "sites=a&utilities=gold",
    ] {
        assert_eq!(test.get(&format!("/api/v1/map/comparisons?{bad}"), None).await.status, 422, "{bad}");
    }
}

#[actix_web::test]
async fn a_shortlist_begun_on_the_phone_joins_the_account_and_loses_nothing() {
    let test = seeded().await;
    let investor = test.person(Role::Investor).await;
    let sites = test.get("/api/v1/map/sites?kind=parcel&limit=3", None).await.expect(200);
    let ids: Vec<&str> =
        sites["items"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let keep = |id: &str| format!("/api/v1/map/shortlist/{id}");
    test.put(&keep(ids[0]), Some(&investor), &json!({"note": "近高速"})).await.expect(200);
    let brought = json!({"items": [
        {"site_id": ids[0], "note": "电力够"}, {"site_id": ids[1], "note": "看过"}, {"site_id": "gone"}]});
    let merged = test.post("/api/v1/map/shortlist/merges", Some(&investor), &brought).await.expect(200);
    let note = |id: &str| {
        let items = merged["items"].as_array().unwrap();
        items.iter().find(|i| i["site_id"] == id).map(|i| i["note"].as_str().unwrap().to_owned())
    };
    assert_eq!((note(ids[0]), note(ids[1])), (Some("近高速\n电力够".into()), Some("看过".into())));
    assert_eq!(merged["items"].as_array().unwrap().len(), 2);
    assert_eq!(test.send("DELETE", &keep(ids[1]), Some(&investor), None).await.status, 204);
    let other = test.person(Role::Investor).await;
    let theirs = test.get("/api/v1/map/shortlist", Some(&other)).await.expect(200);
    assert_eq!(theirs["items"], json!([]));
    let mine = test.get("/api/v1/map/shortlist", Some(&investor)).await.expect(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_shared_set_has_a_short_name_and_opens_exactly_that_set() {
    let test = seeded().await;
    let sites = test.get("/api/v1/map/sites?limit=4", None).await.expect(200);
    let ids: Vec<&Value> = sites["items"].as_array().unwrap().iter().map(|s| &s["id"]).collect();
    let set = json!({"site_ids": [ids[2], ids[0]]});
    let share = test.post("/api/v1/map/shares", None, &set).await.expect(201);
    let name = share["id"].as_str().unwrap();
    assert!(name.len() <= 32);
    assert_eq!(test.post("/api/v1/map/shares", None, &set).await.expect(201)["id"], share["id"]);
    let opened = test.get(&format!("/api/v1/map/shares/{name}"), None).await.expect(200);
    assert_eq!(opened["site_ids"], set["site_ids"]);
    assert_eq!(opened["items"][0]["id"], *ids[2]);
    let code =
        test.client.get(test.url(&format!("/api/v1/map/shares/{name}/code.svg"))).send().await.unwrap();
    assert_eq!(code.headers()["content-type"], "image/svg+xml");
    assert!(code.text().await.unwrap().contains("<svg"));
    for bad in [
        json!({"site_ids": []}),
        json!({"site_ids": ["nowhere"]}),
        json!({"site_ids": vec!["park-anhua"; 13]}),
    ] {
        let answer = test.post("/api/v1/map/shares", None, &bad).await;
        assert!(answer.status == 422 || bad["site_ids"].as_array().unwrap().len() == 13, "{bad}");
    }
    assert_eq!(test.get("/api/v1/map/shares/0000000000000000", None).await.status, 404);
}

#[actix_web::test]
async fn a_dossier_is_paper_with_the_number_of_the_map() {
    let test = seeded().await;
    let sites = test.get("/api/v1/map/sites?kind=parcel&limit=2", None).await.expect(200);
    let ids: Vec<&str> =
        sites["items"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for language in ["zh", "en"] {
        let path = format!("/api/v1/map/dossiers?sites=park-longling,{}&language={language}", ids[0]);
        let answer = test.client.get(test.url(&path)).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (200, "application/pdf")
        );
        let pdf = answer.bytes().await.unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        let file = test.place().path().join("dossier.pdf");
        std::fs::write(&file, &pdf).unwrap();
        let text =
            std::process::Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(text.stdout).unwrap().replace(' ', "");
        assert!(text.contains("GS(2024)0650号"), "{text}");
        let (title, mark) = if language == "zh" {
            ("选址资料", "演示数据")
        } else {
            ("Sitedossier", "Demonstration")
        };
        assert!(text.contains(title) && text.contains(mark), "{text}");
    }
    assert_eq!(test.get("/api/v1/map/dossiers?sites=nowhere", None).await.status, 404);
}
