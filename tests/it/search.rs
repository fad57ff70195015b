//! One box over everything: found by name, sound, code and number; by nobody who may not read it, and in step at once.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::RunQueryDsl;
use futures_util::future::join_all;
use palm::libraries;
use palm::people::auth::{AccountState, Role};
use palm::platform::credit_code::CreditCode;

use serde_json::{Value, json};

use crate::support::{Person, TestApp, ask};

const COUNTY: &str = "430922";
const OTHER_COUNTY: &str = "430923";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

async fn seeded() -> TestApp {
    let test = TestApp::start().await;
    let (seeds, now) = (test.app.config.seeds_dir.clone(), test.app.now());
    test.app.db.write(move |conn| libraries::seed(conn, &seeds, now, true)).await.unwrap();
    test
}

fn path(q: &str, more: &str) -> String {
    let q: String = q.bytes().map(|b| format!("%{b:02x}")).collect();
    format!("/api/v1/search?q={q}{more}")
}

async fn search(test: &TestApp, person: Option<&Person>, q: &str) -> Value {
    test.get(&path(q, "&limit=50"), person).await.expect(200)
}

/// Ids of what is found, by kind; the counts say the same.
async fn found(test: &TestApp, person: Option<&Person>, q: &str) -> BTreeMap<String, BTreeSet<String>> {
    let answer = search(test, person, q).await;
    let groups = answer["groups"].as_array().unwrap().iter().map(|group| {
        let items = group["items"].as_array().unwrap();
        assert_eq!(group["count"], json!(items.len()));
        let ids = items.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
        (group["kind"].as_str().unwrap().to_owned(), ids)
    });
    groups.collect()
}

/// What no room does by itself in so few steps.
async fn run_sql(test: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    let run = move |conn: &mut palm::platform::db::DbConn| Ok(diesel::sql_query(sql.clone()).execute(conn)?);
    assert_eq!(test.app.db.write(run).await.unwrap(), 1);
}

async fn keep(test: &TestApp, person: &Person, name: &str) -> String {
    let body = json!({"name": name, "industry": "bamboo"});
    let made = test.post("/api/v1/enterprises", Some(person), &body).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn lead(test: &TestApp, person: &Person, name: &str, phone: &str) -> String {
    let body = json!({"enterprise_name": name, "contact_name": "贺小明", "contact_phone": phone, "industry": "bamboo", "intention": "建厂"});
    let made = test.post("/api/v1/leads", Some(person), &body).await.expect(201);
    made["lead"]["id"].as_str().unwrap().to_owned()
}

async fn ids(test: &TestApp, person: &Person, list: &str) -> Option<BTreeSet<String>> {
    let answer = test.get(&format!("{list}?limit=100"), Some(person)).await;
    if answer.status == 403 {
        return None;
    }
    let rows = answer.expect(200)["items"].as_array().unwrap().clone();
    Some(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect())
}

#[actix_web::test]
async fn whoever_is_not_signed_in_finds_what_is_published_and_nothing_else() {
    let test = seeded().await;
    let official = test.official(COUNTY).await;
    keep(&test, &official, "安化县秘密竹业有限公司").await;
    let all = found(&test, None, "安化").await;
    let kinds: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    assert!(kinds.contains("site") && kinds.contains("unit"), "{kinds:?}");
    assert!(
        kinds.iter().all(|kind| ["site", "policy", "guide", "gathering", "unit"].contains(kind)),
        "{kinds:?}"
    );
    assert!(found(&test, None, "秘密竹业").await.is_empty());
    // The same by its sound, in whole and in initials.
    let by_sound = found(&test, None, "anhua").await;
    assert!(by_sound["site"].iter().any(|id| all["site"].contains(id)), "{by_sound:?}");
    let best = search(&test, None, "益阳高新").await;
    assert_eq!(best["forgiving"], json!(false));
    let hit = &best["groups"][0]["items"][0];
    assert!(hit["title"].as_str().unwrap().contains("高新"), "{hit}");
    assert!(!hit["marks"].as_array().unwrap().is_empty(), "{hit}");
    assert!(["prefix", "words", "exact"].contains(&hit["reason"].as_str().unwrap()), "{hit}");
    for (q, kind) in [("云签约", "guide"), ("招商引资", "policy")] {
        assert!(found(&test, None, q).await.contains_key(kind), "{q}");
    }
}

#[actix_web::test]
async fn a_change_is_found_at_once_here_and_on_another_instance() {
    let test = start().await;
    let (_other, elsewhere) = test.another().await;
    let official = test.official(COUNTY).await;
    let count = |address, q: &'static str| {
        let (test, official) = (&test, &official);
        async move {
            let answer = ask(&test.client, address, "GET", &path(q, ""), Some(official), None, "").await;
            let groups = answer.unwrap().expect(200)["groups"].as_array().unwrap().clone();
            groups.iter().map(|group| group["count"].as_u64().unwrap()).sum::<u64>()
        }
    };
    for address in [test.address, elsewhere] {
        assert_eq!(count(address, "洞庭星河").await, 0);
    }
    let id = keep(&test, &official, "深圳市洞庭星河储能有限公司").await;
    for address in [test.address, elsewhere] {
        for q in ["洞庭星河", "dongtingxinghe", "dtxh", "洞庭星合储能"] {
            assert_eq!(count(address, q).await, 1, "{q}");
        }
    }
    let facts = json!({"version": 1, "facts": {"name": "深圳市橘洲储能有限公司", "industry": "new_energy"}});
    test.put(&format!("/api/v1/enterprises/{id}"), Some(&official), &facts).await.expect(200);
    for address in [elsewhere, test.address] {
        assert_eq!((count(address, "洞庭星河").await, count(address, "橘洲").await), (0, 1));
    }
    // Many who write and look at once: whoever was answered finds what it wrote.
    let writes = (0..12_u32).map(|n| {
        let (test, official) = (&test, &official);
        async move {
            let name = format!("并发{}号竹业有限公司", char::from_u32(0x4e00 + n * 7).unwrap());
            let id = keep(test, official, &name).await;
            let address = if n % 2 == 0 { test.address } else { elsewhere };
            let answer = ask(&test.client, address, "GET", &path(&name, ""), Some(official), None, "").await;
            let hit = answer.unwrap().expect(200)["groups"][0]["items"][0].clone();
            assert_eq!(
                (hit["id"].as_str(), hit["reason"].as_str()),
                (Some(id.as_str()), Some("exact")),
                "{name}"
            );
        }
    });
    join_all(writes).await;
}

#[actix_web::test]
async fn a_county_never_finds_the_contacts_and_leads_of_another() {
    let test = start().await;
    let (ours, theirs) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let leader = test.person(Role::Leader).await;
    let enterprise = keep(&test, &ours, "深圳市南湘储能有限公司").await;
    let contact = json!({"name": "司徒明月", "title": "副总经理", "phone": "19000000071"});
    test.post(&format!("/api/v1/enterprises/{enterprise}/contacts"), Some(&ours), &contact).await.expect(201);
    let (consultant, other) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let mine = lead(&test, &consultant, "湘江星火竹业有限公司", "19000000072").await;
    run_sql(&test, &format!("UPDATE leads SET unit_id = '{COUNTY}' WHERE id = '{mine}'")).await;

    for q in ["司徒明月", "situmingyue", "stmy", "司徒明日"] {
        assert_eq!(found(&test, Some(&ours), q).await["contact"], [enterprise.clone()].into(), "{q}");
        assert_eq!(found(&test, Some(&leader), q).await["contact"], [enterprise.clone()].into(), "{q}");
        let elsewhere = found(&test, Some(&theirs), q).await;
        assert!(elsewhere.is_empty(), "{q}: {elsewhere:?}");
    }
    for q in ["湘江星火", "xiangjiangxinghuo", "湘江星货竹业", "贺小明"] {
        for person in [&ours, &consultant, &leader] {
            assert_eq!(found(&test, Some(person), q).await["lead"], [mine.clone()].into(), "{q}");
        }
        for person in [&theirs, &other] {
            let elsewhere = found(&test, Some(person), q).await;
            assert!(elsewhere.is_empty(), "{q}: {elsewhere:?}");
        }
    }
    // No phone finds anything, whole or in part, for whoever may see most.
    for q in ["19000000071", "19000000072", "000000071", "0071", "1900000007"] {
        for person in [&ours, &leader, &consultant] {
            assert!(found(&test, Some(person), q).await.is_empty(), "{q}");
        }
    }
    // A contact that is taken out is found no more, and what is merged stands once.
    let seen = test.get(&format!("/api/v1/enterprises/{enterprise}"), Some(&ours)).await.expect(200);
    let contact = seen["contacts"][0]["id"].as_str().unwrap();
    let gone = format!("UPDATE enterprise_contacts SET removed_at = added_at WHERE id = '{contact}'");
    run_sql(&test, &gone).await;
    assert!(found(&test, Some(&ours), "司徒明月").await.is_empty());
}

/// What each role finds of a kind is what its list shows: no more, no less, and so the counts.
#[actix_web::test]
async fn the_search_reaches_as_far_as_each_list() {
    let test = start().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        for unit in [None, Some(COUNTY), Some(OTHER_COUNTY)] {
            people.push((*role, test.person_of(&[*role], unit, AccountState::Active).await));
        }
    }
    let by = |role: Role, n: usize| &people.iter().filter(|(known, _)| *known == role).nth(n).unwrap().1;
    let (official, rival) = (by(Role::UnitOfficial, 1), by(Role::UnitOfficial, 2));
    for (n, person) in [official, rival].into_iter().enumerate() {
        keep(&test, person, &format!("云梦{n}号竹业有限公司")).await;
    }
    for (n, role) in
        [Role::Consultant, Role::Investor, Role::UnitOfficial, Role::Negotiator].into_iter().enumerate()
    {
        let id =
            lead(&test, by(role, n % 3), &format!("云梦{n}甲食品有限公司"), &format!("1900000008{n}")).await;
        if n < 2 {
            let unit = [COUNTY, OTHER_COUNTY][n];
            run_sql(&test, &format!("UPDATE leads SET unit_id = '{unit}' WHERE id = '{id}'")).await;
        } else if n == 2 {
            run_sql(&test, &format!("UPDATE leads SET task_force = 'services' WHERE id = '{id}'")).await;
        }
    }
    for (person, unit) in [(official, COUNTY), (rival, OTHER_COUNTY), (by(Role::Negotiator, 0), COUNTY)] {
        let project = json!({"name": format!("云梦{unit}项目"), "enterprise_name": "云梦竹业有限公司", "industry": "bamboo", "unit_id": unit});
        test.post("/api/v1/projects", Some(person), &project).await.expect(201);
    }
    for (n, (_, person)) in people.iter().enumerate() {
        run_sql(&test, &format!("UPDATE auth_accounts SET name = '云梦{n}' WHERE id = '{}'", person.id))
            .await;
    }
    let lists = [
        ("enterprise", "/api/v1/enterprises"),
        ("lead", "/api/v1/leads"),
        ("project", "/api/v1/projects"),
        ("talk", "/api/v1/talks/bookings"),
        ("agreement", "/api/v1/signings/agreements"),
        ("person", "/api/v1/persons"),
    ];
    let mut compared = 0;
    for (role, person) in &people {
        let found = found(&test, Some(person), "云梦").await;
        for (kind, list) in lists {
            let expected = ids(&test, person, list).await.unwrap_or_default();
            let got = found.get(kind).cloned().unwrap_or_default();
            assert_eq!(got, expected, "{role} {kind}");
            compared += expected.len();
        }
    }
    assert!(compared > 100, "{compared}");
}

#[actix_web::test]
async fn a_draft_gathering_is_its_units_alone_until_it_is_published() {
    let test = start().await;
    let (writer, second, rival) =
        (test.official(COUNTY).await, test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let at = |hours| test.app.now().plus(chrono::Duration::hours(hours)).to_string();
    let plan = json!({"title": "云台山茶产业招商会", "title_en": "Yuntai tea day", "summary": "对接。", "summary_en": null, "place": "安化县会议中心",
        "place_en": null, "live_url": null, "starts_at": at(3), "ends_at": at(6), "closes_at": at(2), "capacity": 10, "firm_limit": 2,
        "agenda": [{"at": at(3), "title": "签到入场"}], "releases": [{"title": "茶叶精深加工项目"}], "questions": [], "contact_name": "示例联系人", "contact_phone": "19000000012"});
    let made = test.post("/api/v1/gatherings", Some(&writer), &plan).await.expect(201);
    let id = made["gathering"]["id"].as_str().unwrap().to_owned();
    let sees = |person: Option<Person>| {
        let test = &test;
        async move { found(test, person.as_ref(), "云台山茶").await.contains_key("gathering") }
    };
    assert!(sees(Some(writer.clone())).await && sees(Some(second.clone())).await);
    assert!(!sees(None).await && !sees(Some(rival.clone())).await);
    let publish = format!("/api/v1/gatherings/{id}/publications");
    test.post(&publish, Some(&second), &json!({"version": 1})).await.expect(201);
    assert!(sees(None).await && sees(Some(rival)).await);
    assert!(found(&test, None, "yuntai tea").await["gathering"].contains(&id));
}

#[actix_web::test]
async fn a_group_goes_on_by_its_cursor_and_kinds_narrow() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let mut kept = BTreeSet::new();
    for n in 0..13 {
        kept.insert(keep(&test, &official, &format!("连云{n}号竹业有限公司")).await);
    }
    let (mut got, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let more = cursor.map_or("&limit=5".to_owned(), |cursor| format!("&limit=5&cursor={cursor}"));
        let answer = test.get(&path("连云", &more), Some(&official)).await.expect(200);
        let group = &answer["groups"][0];
        assert_eq!((group["kind"].as_str(), group["count"].as_u64()), (Some("enterprise"), Some(13)));
        got.extend(
            group["items"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()),
        );
        cursor = group["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((got.len(), got.into_iter().collect::<BTreeSet<_>>()), (13, kept));
    let none = test.get(&path("连云", "&kinds=site,policy"), Some(&official)).await.expect(200);
    assert_eq!(none["groups"], json!([]));
}

#[actix_web::test]
async fn codes_and_numbers_find_their_thing_first() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let code = CreditCode::complete("91430900MA4L0003X").unwrap().as_str().to_owned();
    let body = json!({"name": "深圳市数码储能有限公司", "industry": "new_energy", "credit_code": code});
    test.post("/api/v1/enterprises", Some(&official), &body).await.expect(201);
    let consultant = test.person(Role::Consultant).await;
    let id = lead(&test, &consultant, "号码食品有限公司", "19000000073").await;
    let number =
        test.get(&format!("/api/v1/leads/{id}"), Some(&consultant)).await.expect(200)["number"].clone();
    let number = number.as_str().unwrap();
    for (person, q, kind, reason) in [
        (&official, code.clone(), "enterprise", "exact"),
        (&official, code.to_lowercase(), "enterprise", "exact"),
        (&official, code[..10].to_owned(), "enterprise", "prefix"),
        (&consultant, number.to_owned(), "lead", "exact"),
    ] {
        let answer = search(&test, Some(person), &q).await;
        let hit = &answer["groups"][0]["items"][0];
        assert_eq!((hit["kind"].as_str(), hit["reason"].as_str()), (Some(kind), Some(reason)), "{q}");
    }
}

#[actix_web::test]
async fn whatever_is_asked_is_answered_or_refused() {
    let test = seeded().await;
    let official = test.official(COUNTY).await;
    let long = "益".repeat(60);
    for q in [
        "",
        " ",
        "%",
        "_",
        "'; DROP TABLE leads; --",
        "\\",
        "\" OR 1=1",
        "(((",
        ".*",
        "𠀀𠀁",
        "🏭",
        "ＡＢＣ",
        "ſ",
        "İ",
        "xianxianxianxianxianxianxianxianxianxianxianxianxianxianq",
        "angangangangangangangangangangangangangangangangangq",
        "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a",
        "有限公司有限公司有限公司",
        long.as_str(),
    ] {
        for person in [None, Some(&official)] {
            let answer = test.get(&path(q, ""), person).await;
            assert_eq!(answer.status, 200, "{q}: {}", answer.body);
        }
    }
    for wrong in [
        path(&"益".repeat(61), ""),
        path("a\0b", ""),
        path("\u{202e}安化", ""),
        path("安化", "&kinds=phone"),
        path("安化", "&limit=0"),
        path("安化", "&limit=51"),
        path("安化", "&cursor=xxxx"),
        path("安化", "&cursor=WyJzaXRlIiwiMSJd"),
        path("安化", &format!("&kinds={}", "site,".repeat(60))),
    ] {
        let answer = test.get(&wrong, Some(&official)).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
    assert!([400, 422].contains(&test.get("/api/v1/search", None).await.status));
    // A made-up cursor shows no more than the asker may see.
    let enterprise = keep(&test, &official, "游标竹业有限公司").await;
    let forged = {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(json!(["enterprise", "0", "0", ""]).to_string())
    };
    let answer = test.get(&path("游标", &format!("&cursor={forged}")), None).await.expect(200);
    assert_eq!(answer["groups"], json!([]));
    let answer = test.get(&path("游标", &format!("&cursor={forged}")), Some(&official)).await.expect(200);
    assert_eq!(answer["groups"][0]["items"][0]["id"], json!(enterprise));
}
