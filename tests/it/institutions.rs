//! The library of liaison institutions: one record an institution, people and agreements that no other county sees,
//! reminders before an agreement ends, and what each brought, from rows.
use crate::support::{Answer, Person, TestApp, ask, count};
use palm::deals::projects::{By, Stage, note_agreement, record_stage};
use palm::libraries::institutions::jobs::remind_of_endings;
use palm::people::auth::{Account, Role};
use palm::platform::credit_code::CreditCode;
use palm::platform::id;
use serde_json::{Value, json};

const COUNTY: &str = "430922";
const OTHER_COUNTY: &str = "430923";
const ALL: &str = "/api/v1/institutions";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn institution(name: &str) -> Value {
    json!({"kind": "chamber", "name": name, "seat": "上海", "regions": ["上海", "长三角"], "industries": ["bamboo", "food"]})
}

async fn keep(test: &TestApp, person: &Person, body: &Value) -> String {
    let made = test.post(ALL, Some(person), body).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn see(test: &TestApp, person: &Person, id: &str) -> Value {
    test.get(&format!("{ALL}/{id}"), Some(person)).await.expect(200)
}

fn day(test: &TestApp, days: i64) -> String {
    test.app.now().plus(chrono::Duration::days(days)).day().to_string()
}

fn agreement(test: &TestApp, from: i64, to: i64) -> Value {
    json!({"kind": "liaison", "begins_on": day(test, from), "ends_on": day(test, to), "promised": "每季度推荐两家企业"})
}

async fn phone(test: &TestApp, person: &Person) -> String {
    let id = person.id.parse().unwrap();
    test.app.read(move |conn| Account::find(conn, &id)).await.unwrap().phone
}

async fn paper(test: &TestApp, person: &Person, agreement: &str, name: &'static str, bytes: &[u8]) -> Answer {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name);
    let request = test.client.post(test.url(&format!("{ALL}/agreements/{agreement}/papers")));
    let request = request.bearer_auth(&person.token).header("Idempotency-Key", id::fresh());
    let answer = request.multipart(reqwest::multipart::Form::new().part("file", part)).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap_or_default() }
}

#[actix_web::test]
async fn one_record_an_institution_by_code_or_by_a_key_in_which_places_tell() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    keep(&test, &official, &institution("上海市湖南益阳商会")).await;
    let again = test.post(ALL, Some(&official), &institution("上海湖南省益阳市商会")).await;
    assert_eq!((again.status, again.code()), (409, "institution.already_kept"));
    keep(&test, &official, &institution("深圳市湖南益阳商会")).await;
    let mut with_code = institution("洞庭产业研究院");
    with_code["credit_code"] = json!(CreditCode::complete("91430900MA4L0001X").unwrap().as_str());
    keep(&test, &official, &with_code).await;
    with_code["name"] = json!("另一个名字研究院");
    assert_eq!(test.post(ALL, Some(&official), &with_code).await.status, 409);
}

#[actix_web::test]
async fn two_instances_keep_one_institution_once() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let official = test.official(COUNTY).await;
    let asked = (0..16).map(|n| {
        let address = if n % 2 == 0 { test.address } else { address };
        let (test, official) = (&test, &official);
        let body = institution("上海益阳商会");
        async move { ask(&test.client, address, "POST", ALL, Some(official), Some(&body), &id::fresh()).await }
    });
    let answers = futures_util::future::join_all(asked).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
}

#[actix_web::test]
async fn what_is_like_it_is_told_while_one_types_with_every_reason() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let kept = keep(&test, &official, &institution("上海益阳商会")).await;
    let contact = json!({"name": "周示例", "phone": "19000000071"});
    test.post(&format!("{ALL}/{kept}/contacts"), Some(&official), &contact).await.expect(201);
    let like = |query: &'static str| {
        let (test, official) = (&test, &official);
        async move {
            let found = test.get(&format!("{ALL}/likeness?{query}"), Some(official)).await.expect(200);
            found["items"].as_array().unwrap().iter().map(|one| one["reasons"].clone()).collect::<Vec<_>>()
        }
    };
    assert_eq!(like("name=上海市益阳商会").await, [json!(["name"])]);
    assert_eq!(like("name=上海益阳商会松江分会").await, [json!(["parent"])]);
    assert_eq!(like("name=别的名字&phone=190%200000%200071").await, [json!(["phone"])]);
    assert!(like("name=广州益阳商会").await.is_empty());
    assert!(like("").await.is_empty());
}

#[actix_web::test]
async fn what_is_the_same_is_told_before_many_that_begin_alike() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    for n in 1..=12 {
        keep(&test, &official, &institution(&format!("上海益阳商会第{n}分会"))).await;
    }
    keep(&test, &official, &institution("上海益阳商会")).await;
    let found = test.get(&format!("{ALL}/likeness?name=上海市益阳商会"), Some(&official)).await.expect(200);
    let items = found["items"].as_array().unwrap();
    assert_eq!((&items[0]["name"], items.len()), (&json!("上海益阳商会"), 10));
    assert_eq!((&items[0]["reasons"], &items[9]["reasons"]), (&json!(["name"]), &json!(["parent"])));
}

#[actix_web::test]
async fn no_byte_of_a_county_s_people_talk_or_agreements_reaches_another_county() {
    let test = start().await;
    let (ours, theirs) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let kept = keep(&test, &ours, &institution("上海益阳商会")).await;
    let path = format!("{ALL}/{kept}");
    let contact = json!({"name": "欧阳机密", "title": "秘书长", "phone": "19012345678"});
    let view = test.post(&format!("{path}/contacts"), Some(&ours), &contact).await.expect(201);
    let contact_id = view["contacts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(view["contacts"][0]["phone_masked"], "190******78");
    let log = json!({"way": "call", "at": test.app.now().to_string(), "summary": "商谈奖励底线",
        "next_step": {"what": "寄送邀请函", "on": day(&test, 3)}});
    test.post(&format!("{path}/log"), Some(&ours), &log).await.expect(201);
    let mut promised = agreement(&test, 0, 365);
    promised["promised"] = json!("顾问费每年五万元");
    let view = test.post(&format!("{path}/agreements"), Some(&ours), &promised).await.expect(201);
    let agreed = view["agreements"][0]["id"].as_str().unwrap().to_owned();
    paper(&test, &ours, &agreed, "机密协议.pdf", b"%PDF-1.7 x").await.expect(201);

    let reveal = format!("{ALL}/contacts/{contact_id}/reveals");
    let purpose = json!({"purpose": "约定拜访"});
    assert_eq!(test.post(&reveal, Some(&ours), &purpose).await.expect(201)["phone"], "19012345678");
    let revealed = "SELECT COUNT(*) AS n FROM audit_entries WHERE operation = 'reveal_institution_contact' AND detail = '约定拜访'";
    assert_eq!(count(&test, revealed).await, 1);

    let mut said = String::new();
    for address in
        [ALL.to_owned(), path.clone(), format!("{ALL}/likeness?name=上海益阳商会&phone=19012345678")]
    {
        said += &test.get(&address, Some(&theirs)).await.expect(200).to_string();
    }
    let other = json!({"name": "李示例", "phone": "19000000072"});
    said += &test.post(&format!("{path}/contacts"), Some(&theirs), &other).await.expect(201).to_string();
    for (address, body) in [
        (reveal.clone(), purpose.clone()),
        (format!("{ALL}/contacts/{contact_id}/removals"), json!({})),
        (format!("{ALL}/agreements/{agreed}/renewals"), agreement(&test, 366, 700)),
        (format!("{ALL}/agreements/{agreed}/endings"), json!({"reason": "x"})),
    ] {
        let answer = test.post(&address, Some(&theirs), &body).await;
        assert_eq!(answer.status, 404, "{address}");
        said += &answer.body.to_string();
    }
    assert_eq!(paper(&test, &theirs, &agreed, "a.pdf", b"%PDF-").await.status, 404);
    assert_eq!(test.get(&format!("/api/v1/institution-papers/{agreed}"), Some(&theirs)).await.status, 404);
    for secret in [
        "欧阳机密",
        "秘书长",
        "190******78",
        "底线",
        "邀请函",
        "五万",
        "机密协议",
        contact_id.as_str(),
        agreed.as_str(),
    ] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(!said.replace("phone=19012345678", "").contains("19012345678"));
    // That somebody was in touch, and when, everybody may know.
    assert!(see(&test, &theirs, &kept).await["last_contact_at"].is_string());
    let city = test.person(Role::InformationTaskForce).await;
    let all = see(&test, &city, &kept).await;
    assert_eq!(
        (all["contacts"].as_array().unwrap().len(), all["agreements"].as_array().unwrap().len()),
        (2, 1)
    );
    assert!(!all.to_string().contains("19012345678"), "the city sees numbers masked");
}

#[actix_web::test]
async fn its_keeper_and_the_city_alone_write_its_record() {
    let test = start().await;
    let (ours, theirs) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let city = test.person(Role::InformationTaskForce).await;
    let kept = keep(&test, &ours, &institution("上海益阳商会")).await;
    let path = format!("{ALL}/{kept}");
    let view = see(&test, &ours, &kept).await;
    assert_eq!((&view["unit_id"], &view["version"]), (&json!(COUNTY), &json!(1)));
    let facts = |keeper: &str| {
        let mut facts = institution("上海益阳商会");
        facts["keeper_unit_id"] = json!(keeper);
        facts["regions"] = json!(["苏南", "苏南", "上海"]);
        facts
    };
    let change = |version: i32, keeper: &str| json!({"version": version, "facts": facts(keeper)});
    let refused = test.put(&path, Some(&theirs), &change(1, COUNTY)).await;
    assert_eq!((refused.status, refused.code()), (403, "institution.kept_by_another_unit"));
    assert!(!see(&test, &theirs, &kept).await["may"].as_array().unwrap().contains(&json!("change")));
    let bringer = json!({"phone": "19000000001", "begins_on": day(&test, 0)});
    assert_eq!(test.post(&format!("{path}/bringers"), Some(&theirs), &bringer).await.status, 403);
    let given = test.put(&path, Some(&ours), &change(1, OTHER_COUNTY)).await.expect(422);
    assert_eq!(given["errors"][0]["field"], "keeper_unit_id");
    let changed = test.put(&path, Some(&ours), &change(1, COUNTY)).await.expect(200);
    assert_eq!(changed["regions"].as_array().unwrap().len(), 2, "each region once");
    assert_eq!(test.put(&path, Some(&ours), &change(1, COUNTY)).await.status, 409);
    assert_eq!(test.put(&path, Some(&city), &change(2, "no-such-unit")).await.status, 422);
    let moved = test.put(&path, Some(&city), &change(2, OTHER_COUNTY)).await.expect(200);
    assert_eq!(moved["unit_id"], OTHER_COUNTY);
    assert_eq!(test.put(&path, Some(&ours), &change(3, OTHER_COUNTY)).await.status, 403);
    test.put(&path, Some(&theirs), &change(3, OTHER_COUNTY)).await.expect(200);
}

#[actix_web::test]
async fn the_log_stands_in_order_with_the_last_contact_and_what_comes_next() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let kept = keep(&test, &official, &institution("上海益阳商会")).await;
    let path = format!("{ALL}/{kept}/log");
    let at = |days: i64| test.app.now().minus(chrono::Duration::days(days)).to_string();
    let write = |summary: &str, days: i64, next: Value| json!({"way": "call", "at": at(days), "summary": summary, "next_step": next});
    let next = json!({"what": "拜访会长", "on": day(&test, 5)});
    test.post(&path, Some(&official), &write("近的", 1, next)).await.expect(201);
    let view = test.post(&path, Some(&official), &write("补记远的", 9, Value::Null)).await.expect(201);
    let said: Vec<_> = view["log"].as_array().unwrap().iter().map(|line| line["summary"].clone()).collect();
    assert_eq!(said, ["近的", "补记远的"]);
    assert_eq!(view["next_step"], "拜访会长");
    assert_eq!(
        &view["last_contact_at"].as_str().unwrap()[..10],
        &at(1)[..10],
        "an earlier one moves nothing"
    );
    let future = test.post(&path, Some(&official), &write("x", -1, Value::Null)).await.expect(422);
    assert_eq!(future["errors"][0]["field"], "at");
    let past = json!({"what": "拜访", "on": day(&test, -1)});
    let past = test.post(&path, Some(&official), &write("x", 0, past)).await.expect(422);
    assert_eq!(past["errors"][0]["field"], "next_step.on");
}

#[actix_web::test]
async fn the_list_is_searched_filtered_and_paged() {
    let test = start().await;
    let (official, city) = (test.official(COUNTY).await, test.person(Role::InformationTaskForce).await);
    let mut ids = Vec::new();
    for n in 1..=4 {
        test.app.clock.advance(chrono::Duration::seconds(1));
        ids.push(keep(&test, &official, &institution(&format!("洞庭{n}号商会"))).await);
    }
    test.app.clock.advance(chrono::Duration::seconds(1));
    let fund = json!({"kind": "fund", "name": "湘资基金", "regions": [], "industries": ["new_energy"]});
    keep(&test, &city, &fund).await;
    let log = json!({"way": "call", "at": test.app.now().to_string(), "summary": "电话"});
    test.post(&format!("{ALL}/{}/log", ids[1]), Some(&official), &log).await.expect(201);
    let names = |query: String| {
        let (test, official) = (&test, &official);
        async move {
            let page = test.get(&format!("{ALL}?{query}"), Some(official)).await.expect(200);
            let all = page["items"].as_array().unwrap().iter();
            all.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(names("kind=fund".into()).await, ["湘资基金"]);
    assert_eq!(names("industry=new_energy".into()).await, ["湘资基金"]);
    assert_eq!(names("region=长三".into()).await.len(), 4);
    assert_eq!(names("region=%25".into()).await, Vec::<String>::new(), "a wildcard is a letter");
    assert_eq!(names(format!("keeper_unit_id={COUNTY}")).await.len(), 4);
    assert_eq!(names("q=洞庭3号".into()).await, ["洞庭3号商会"]);
    assert_eq!(names(format!("silent_since={}", day(&test, 0))).await.len(), 4, "one was rung up today");
    assert_eq!(names(format!("silent_since={}", day(&test, 1))).await.len(), 5);
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    loop {
        let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        let page = test.get(&format!("{ALL}?limit=2{cursor}"), Some(&official)).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), seen.iter().collect::<std::collections::HashSet<_>>().len()), (5, 5));
    assert_eq!(seen[0], ids[1], "what was last touched comes first");
    assert_eq!(test.get(&format!("{ALL}?cursor=WyJ4Il0"), Some(&official)).await.status, 422);
}

#[actix_web::test]
async fn an_agreement_has_a_term_a_paper_and_is_renewed_once_by_a_new_row() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let official = test.official(COUNTY).await;
    let kept = keep(&test, &official, &institution("上海益阳商会")).await;
    let path = format!("{ALL}/{kept}/agreements");
    let backwards = test.post(&path, Some(&official), &agreement(&test, 10, 10)).await;
    assert_eq!((backwards.status, backwards.code()), (422, "institution_agreement.term"));
    let view = test.post(&path, Some(&official), &agreement(&test, -10, 100)).await.expect(201);
    let first = view["agreements"][0].clone();
    let first_id = first["id"].as_str().unwrap();
    assert_eq!((&first["running"], &first["paper_name"]), (&json!(true), &Value::Null));
    assert_eq!(paper(&test, &official, first_id, "协议.pdf", b"<html>").await.status, 422);
    let view = paper(&test, &official, first_id, "协议.pdf", b"%PDF-1.7 signed").await.expect(201);
    assert_eq!(view["agreements"][0]["paper_name"], "协议.pdf");
    let shown = test.bytes(&format!("/api/v1/institution-papers/{first_id}"), &official).await;
    assert_eq!(shown, b"%PDF-1.7 signed");

    let renewals = format!("{ALL}/agreements/{first_id}/renewals");
    let overlapping = test.post(&renewals, Some(&official), &agreement(&test, 100, 465)).await;
    assert_eq!(overlapping.code(), "institution_agreement.term");
    let body = agreement(&test, 101, 466);
    let asked = [test.address, address].map(|at| {
        let (test, official, path, body) = (&test, &official, &renewals, &body);
        async move {
            ask(&test.client, at, "POST", path, Some(official), Some(body), &id::fresh())
                .await
                .unwrap()
                .status
        }
    });
    let mut statuses = futures_util::future::join_all(asked).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let view = see(&test, &official, &kept).await;
    let [new, old] = view["agreements"].as_array().unwrap().as_slice() else { panic!("{view}") };
    assert_eq!((&new["renews_id"], &new["running"]), (&first["id"], &json!(false)));
    assert_eq!((&old["renewed"], &old["ends_on"]), (&json!(true), &first["ends_on"]));
    let ending = format!("{ALL}/agreements/{}/endings", new["id"].as_str().unwrap());
    let reason = json!({"reason": "商会换届"});
    let view = test.post(&ending, Some(&official), &reason).await.expect(201);
    assert_eq!(view["agreements"][0]["end_reason"], "商会换届");
    assert_eq!(test.post(&ending, Some(&official), &reason).await.status, 409);
}

#[actix_web::test]
async fn a_unit_is_reminded_thirty_and_seven_days_before_an_agreement_ends_each_once() {
    let test = start().await;
    let (other, _) = test.another().await;
    let official = test.official(COUNTY).await;
    let _stranger = test.official(OTHER_COUNTY).await;
    let kept = keep(&test, &official, &institution("上海益阳商会")).await;
    let path = format!("{ALL}/{kept}/agreements");
    test.post(&path, Some(&official), &agreement(&test, -10, 40)).await.expect(201);
    let renewed = test.post(&path, Some(&official), &agreement(&test, -10, 41)).await.expect(201);
    let renewed = renewed["agreements"][0]["id"].as_str().unwrap();
    let renewals = format!("{ALL}/agreements/{renewed}/renewals");
    test.post(&renewals, Some(&official), &agreement(&test, 42, 400)).await.expect(201);
    let told = "SELECT COUNT(*) AS n FROM outbox_events WHERE name = 'InstitutionAgreementEnding'";
    let run = async || {
        let (a, b) =
            futures_util::join!(remind_of_endings(test.app.clone()), remind_of_endings(other.clone()));
        (a.unwrap(), b.unwrap());
        count(&test, told).await
    };
    assert_eq!(run().await, 0);
    for (advance, expected) in [(9, 0), (1, 1), (5, 1), (18, 2), (3, 2), (30, 2)] {
        test.app.clock.advance(chrono::Duration::days(advance));
        other.clock.advance(chrono::Duration::days(advance));
        assert_eq!(run().await, expected, "after {advance} more days");
    }
    palm::views::notifications::tell(&test.app).await.unwrap();
    let reader = test.official(COUNTY).await;
    let inbox = test.get("/api/v1/notifications", Some(&reader)).await.expect(200);
    assert_eq!(inbox["unread"], 0, "who came later is told nothing");
    let mine = format!(
        "SELECT COUNT(*) AS n FROM notifications WHERE account_id = '{}' AND kind = 'institution'",
        official.id
    );
    assert_eq!(count(&test, &mine).await, 2);
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM notifications").await, 2);
}

#[actix_web::test]
async fn what_it_brought_is_counted_from_rows_and_each_figure_lists_its_rows() {
    let test = start().await;
    let (official, neighbour) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let (city, consultant) =
        (test.person(Role::InformationTaskForce).await, test.person(Role::Consultant).await);
    let kept = keep(&test, &city, &institution("上海益阳商会")).await;
    let contributions = format!("/api/v1/contributions/{kept}");
    let empty = test.get(&contributions, Some(&city)).await.expect(200);
    assert_eq!((&empty["years"], &empty["all"]["signed_fen"]), (&json!([]), &Value::Null));

    let bringers = format!("{ALL}/{kept}/bringers");
    let named = json!({"phone": phone(&test, &consultant).await, "begins_on": day(&test, 0)});
    let stranger = json!({"phone": phone(&test, &official).await, "begins_on": day(&test, 0)});
    assert_eq!(test.post(&bringers, Some(&city), &stranger).await.code(), "bringer.not_a_consultant");
    let view = test.post(&bringers, Some(&city), &named).await.expect(201);
    let bringer = view["bringers"][0]["id"].as_str().unwrap().to_owned();
    let elsewhere = keep(&test, &city, &institution("广州益阳商会")).await;
    let twice = test.post(&format!("{ALL}/{elsewhere}/bringers"), Some(&city), &named).await;
    assert_eq!((twice.status, twice.code()), (409, "bringer.speaks_already"));

    let submit = |name: &'static str, phone: &'static str| {
        let (test, consultant) = (&test, &consultant);
        async move {
            let body = json!({"enterprise_name": name, "contact_name": "王小明", "contact_phone": phone,
                "industry": "bamboo", "intention": "拟建生产线，需地 40 亩。"});
            let made = test.post("/api/v1/leads", Some(consultant), &body).await.expect(201);
            format!("/api/v1/leads/{}", made["lead"]["id"].as_str().unwrap())
        }
    };
    let first = submit("腾飞竹业有限公司", "19000000001").await;
    submit("洞庭食品有限公司", "19000000002").await;
    let mut projects = Vec::new();
    for lead in [first, submit("资江新材料有限公司", "19000000003").await] {
        let handed = test
            .post(&format!("{lead}/handovers"), Some(&city), &json!({"unit_id": COUNTY}))
            .await
            .expect(201);
        let handover = handed["handovers"][0]["id"].as_str().unwrap();
        let accept = format!("/api/v1/leads/handovers/{handover}/acceptances");
        test.post(&accept, Some(&official), &json!({})).await.expect(201);
        let opening = json!({"name": "生产线项目"});
        let opened = test.post(&format!("{lead}/projects"), Some(&official), &opening).await.expect(201);
        projects.push(opened["project_id"].as_str().unwrap().to_owned());
    }
    for (project, fen) in projects.iter().zip([Some(8_000_000_000_i64), None]) {
        let (project, now) = (project.parse().unwrap(), test.app.now());
        test.app
            .db
            .write(move |conn| {
                let by = By { id: None, name: "测试".to_owned() };
                note_agreement(conn, &project, &id::fresh(), fen)?;
                record_stage(conn, &project, Stage::Signed, &by, "签约", now)
            })
            .await
            .unwrap();
    }
    let seen = test.get(&contributions, Some(&city)).await.expect(200);
    let all = &seen["all"];
    assert_eq!(
        (&all["leads"], &all["projects"], &all["signed"]),
        (&json!(3), &json!(2), &json!(2)),
        "{seen}"
    );
    assert_eq!((&all["signed_fen"], &all["signed_without_amount"]), (&json!(8_000_000_000_i64), &json!(1)));
    assert_eq!((&seen["whole"], seen["years"].as_array().unwrap().len()), (&json!(true), 1));
    let year = seen["years"][0]["year"].as_i64().unwrap();
    for figure in ["leads", "first", "projects", "signed"] {
        let rows = test.get(&format!("{contributions}/rows?figure={figure}&year={year}"), Some(&city)).await;
        assert_eq!(json!(rows.expect(200)["items"].as_array().unwrap().len()), all[figure], "{figure}");
        let before = format!("{contributions}/rows?figure={figure}&year={}", year - 1);
        assert_eq!(test.get(&before, Some(&city)).await.expect(200)["items"], json!([]));
    }
    let (mut listed, mut next) = (Vec::new(), None::<String>);
    loop {
        let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        let page = test.get(&format!("{contributions}/rows?figure=leads&limit=1{cursor}"), Some(&city)).await;
        let page = page.expect(200);
        listed.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
        next = page["next"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    assert_eq!(listed.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{listed:?}");

    // A county counts what lies with it, and says that this is not all.
    let ours = test.get(&contributions, Some(&official)).await.expect(200);
    assert_eq!(
        (&ours["all"]["leads"], &ours["all"]["projects"], &ours["whole"]),
        (&json!(2), &json!(2), &json!(false))
    );
    let theirs = test.get(&contributions, Some(&neighbour)).await.expect(200);
    assert_eq!((&theirs["all"]["leads"], &theirs["years"]), (&json!(0), &json!([])));
    let rows = test.get(&format!("{contributions}/rows?figure=projects"), Some(&neighbour)).await.expect(200);
    assert_eq!(rows["items"], json!([]));

    // What is brought after its last day is another's; the appointment is one tap away.
    let appointment = json!({"kind": "chamber", "name": "上海益阳商会", "phone": named["phone"], "region": "上海",
        "begins_on": day(&test, 0), "ends_on": day(&test, 365)});
    let appointed = test.post("/api/v1/leads/appointments", Some(&city), &appointment).await.expect(201);
    let appointed = appointed["id"].as_str().unwrap();
    let record = json!({"kind": "meeting", "held_on": day(&test, 0), "title": "座谈会"});
    test.post(&format!("/api/v1/leads/appointments/{appointed}/records"), Some(&city), &record)
        .await
        .expect(201);
    let seen = test.get(&contributions, Some(&city)).await.expect(200);
    assert_eq!(
        (&seen["appointments"][0]["id"], &seen["appointments"][0]["meetings"]),
        (&json!(appointed), &json!(1))
    );
    let alone =
        test.get(&format!("/api/v1/leads/appointments?id={appointed}"), Some(&city)).await.expect(200);
    assert_eq!(alone["items"].as_array().unwrap().len(), 1);
    let ours = test.get(&contributions, Some(&official)).await.expect(200);
    assert_eq!(ours["appointments"], json!([]), "appointments are the city's");
    let ending = format!("{ALL}/bringers/{bringer}/endings");
    let view = test.post(&ending, Some(&city), &json!({})).await.expect(201);
    assert_eq!(view["bringers"][0]["ends_on"], json!(day(&test, 0)));
    assert_eq!(test.post(&ending, Some(&city), &json!({})).await.status, 409);
    test.app.clock.advance(chrono::Duration::days(7));
    let consultant = test.renewed(&consultant);
    let body = json!({"enterprise_name": "桃江竹居有限公司", "contact_name": "王小明", "contact_phone": "19000000004",
        "industry": "bamboo", "intention": "拟建生产线。"});
    test.post("/api/v1/leads", Some(&consultant), &body).await.expect(201);
    let city = test.renewed(&city);
    assert_eq!(test.get(&contributions, Some(&city)).await.expect(200)["all"]["leads"], 3);
}
