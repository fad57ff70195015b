//! The library of target enterprises: one record an enterprise, likeness told before saving, pursuits that lapse,
//! contacts that no other county sees, merges that can be undone.
use crate::support::{Person, TestApp, ask};
use palm::libraries::enterprises::jobs::lapse_pursuits;
use palm::people::auth::Role;
use palm::platform::credit_code::CreditCode;
use palm::platform::id;
use serde_json::{Value, json};
use std::path::Path;

const COUNTY: &str = "430922";
const OTHER_COUNTY: &str = "430923";
const ALL: &str = "/api/v1/enterprises";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn code(first_17: &str) -> String {
    CreditCode::complete(first_17).unwrap().as_str().to_owned()
}

fn enterprise(name: &str) -> Value {
    json!({"name": name, "industry": "new_energy", "chain_link": "电池材料", "scale": "medium", "region": "广东深圳"})
}

async fn keep(test: &TestApp, person: &Person, body: &Value) -> String {
    let made = test.post(ALL, Some(person), body).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn see(test: &TestApp, person: &Person, id: &str) -> Value {
    test.get(&format!("{ALL}/{id}"), Some(person)).await.expect(200)
}

async fn court(test: &TestApp, person: &Person, id: &str) -> Value {
    let step = json!({"next_step": {"what": "上门拜访", "on": test.app.now().day().to_string()}});
    test.post(&format!("{ALL}/{id}/pursuits"), Some(person), &step).await.expect(201)
}

fn log(test: &TestApp, summary: &str) -> Value {
    json!({"way": "visit_out", "at": test.app.now().to_string(), "summary": summary})
}

#[actix_web::test]
async fn one_record_an_enterprise_by_code_or_by_the_key_of_its_name() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    keep(&test, &official, &enterprise("深圳市南湘储能有限公司")).await;
    let again = test.post(ALL, Some(&official), &enterprise("南湘储能（集团）股份有限公司")).await;
    assert_eq!((again.status, again.code()), (409, "enterprise.already_kept"));
    let mut with_code = enterprise("南湘储能有限公司");
    with_code["credit_code"] = json!(code("91430900MA4L0001X"));
    keep(&test, &official, &with_code).await;
    with_code["name"] = json!("另一个名字有限公司");
    assert_eq!(test.post(ALL, Some(&official), &with_code).await.status, 409);
}

#[actix_web::test]
async fn two_instances_keep_one_enterprise_once() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let official = test.official(COUNTY).await;
    let asked = (0..16).map(|n| {
        let address = if n % 2 == 0 { test.address } else { address };
        let (test, official) = (&test, &official);
        let body = enterprise("洞庭储能有限公司");
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
    let mut body = enterprise("深圳市南湘储能有限公司");
    body["credit_code"] = json!(code("91430900MA4L0002X"));
    let kept = keep(&test, &official, &body).await;
    let contact = json!({"name": "周示例", "phone": "19000000071"});
    test.post(&format!("{ALL}/{kept}/contacts"), Some(&official), &contact).await.expect(201);
    let like = |query: String| {
        let (test, official) = (&test, &official);
        async move {
            let found = test.get(&format!("{ALL}/likeness?{query}"), Some(official)).await.expect(200);
            found["items"].as_array().unwrap().iter().map(|one| one["reasons"].clone()).collect::<Vec<_>>()
        }
    };
    assert_eq!(like("name=南湘储能".into()).await, [json!(["name"])]);
    assert_eq!(like("name=南湘储能材料科技".into()).await, [json!(["parent"])]);
    assert_eq!(
        like(format!("credit_code={}", body["credit_code"].as_str().unwrap())).await,
        [json!(["credit_code"])]
    );
    assert_eq!(like("name=别的名字&phone=190%200000%200071".into()).await, [json!(["phone"])]);
    assert!(like("name=洞庭食品".into()).await.is_empty());
    assert!(like(String::new()).await.is_empty());
    assert_eq!(
        test.get(&format!("{ALL}/likeness?name={}", "长".repeat(101)), Some(&official)).await.status,
        422
    );
}

#[actix_web::test]
async fn what_is_the_same_is_told_before_many_that_begin_alike_and_what_was_merged_takes_no_place() {
    let test = start().await;
    let (city, official) = (test.person(Role::InformationTaskForce).await, test.official(COUNTY).await);
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    let like = |query: String| {
        let (test, official) = (&test, &official);
        async move {
            let found = test.get(&format!("{ALL}/likeness?{query}"), Some(official)).await.expect(200);
            found["items"].as_array().unwrap().clone()
        }
    };
    // None of these is like what is typed below, though all share its first four characters; each is older.
    for n in 1..=12 {
        keep(&test, &official, &enterprise(&format!("中国建筑第{n}工程局有限公司"))).await;
    }
    // Those that were merged share all of it.
    let mut coded = enterprise("中国建筑装饰有限公司");
    for n in 0..2 {
        coded["credit_code"] = json!(code(&format!("91430900MA4L0{n}1XX")));
        let copy = keep(&test, &official, &coded).await;
        let other = keep(&test, &official, &enterprise(&format!("示例合并去向{n}号有限公司"))).await;
        let contact = json!({"name": "周示例", "phone": "19000000075"});
        test.post(&format!("{ALL}/{copy}/contacts"), Some(&official), &contact).await.expect(201);
        let merge = json!({"into_id": other, "reason": "示例"});
        test.post(&format!("{ALL}/{copy}/merges"), Some(&city), &merge).await.expect(201);
    }
    keep(&test, &official, &enterprise("中国建筑装饰湖南分公司")).await;
    coded["credit_code"] = json!(code("91430900MA4L0003X"));
    keep(&test, &official, &coded).await;
    let found = like("name=中国建筑装饰有限公司".into()).await;
    let names: Vec<String> = found.iter().map(name).collect();
    assert_eq!(names, ["中国建筑装饰有限公司", "中国建筑装饰湖南分公司"]);
    assert_eq!((&found[0]["reasons"], &found[1]["reasons"]), (&json!(["name"]), &json!(["parent"])));
    let by_code =
        like(format!("name=中国建筑第&credit_code={}", coded["credit_code"].as_str().unwrap())).await;
    assert_eq!((name(&by_code[0]), by_code.len()), ("中国建筑装饰有限公司".to_owned(), 10));
    let by_phone = like("name=中国建筑第&phone=19000000075".into()).await;
    assert_eq!(by_phone.len(), 10);
    let mut speakers: Vec<String> = by_phone[..2].iter().map(name).collect();
    speakers.sort();
    assert_eq!(speakers, ["示例合并去向0号有限公司", "示例合并去向1号有限公司"]);
}

#[actix_web::test]
async fn no_byte_of_a_county_s_contacts_reaches_another_county() {
    let test = start().await;
    let (ours, theirs) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let kept = keep(&test, &ours, &enterprise("洞庭储能有限公司")).await;
    let path = format!("{ALL}/{kept}");
    let contact = json!({"name": "欧阳机密", "title": "副总经理", "phone": "19012345678"});
    let view = test.post(&format!("{path}/contacts"), Some(&ours), &contact).await.expect(201);
    let contact_id = view["contacts"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(view["contacts"][0]["phone_masked"], "190******78");
    court(&test, &ours, &kept).await;
    test.post(&format!("{path}/log"), Some(&ours), &log(&test, "商谈供地价格底线")).await.expect(201);
    let reveal = format!("{ALL}/contacts/{contact_id}/reveals");
    let purpose = json!({"purpose": "约定来访"});
    assert_eq!(test.post(&reveal, Some(&ours), &purpose).await.expect(201)["phone"], "19012345678");

    let mut said = String::new();
    for address in [ALL.to_owned(), path.clone(), format!("{ALL}/likeness?name=洞庭储能&phone=19012345678")]
    {
        said += &test.get(&address, Some(&theirs)).await.expect(200).to_string();
    }
    for (address, body) in [
        (reveal.clone(), purpose.clone()),
        (format!("{ALL}/contacts/{contact_id}/removals"), json!({})),
        (format!("{path}/contacts"), json!({"name": "李示例", "phone": "19000000072"})),
        (format!("{path}/log"), log(&test, "电话联系")),
    ] {
        said += &test.post(&address, Some(&theirs), &body).await.body.to_string();
    }
    said += &court(&test, &theirs, &kept).await.to_string();
    for secret in ["欧阳机密", "副总经理", "190******78", "底线", contact_id.as_str()] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(!said.replace("phone=19012345678", "").contains("19012345678"));
    assert_eq!(test.post(&reveal, Some(&theirs), &purpose).await.status, 404);
    // That another county courts it, everybody may know: nobody should visit a firm twice.
    let seen = see(&test, &theirs, &kept).await;
    assert_eq!(seen["courted_by"].as_array().unwrap().len(), 2);
    assert!(seen["courted_by"][0]["last_contact_at"].is_string());
    let city = test.person(Role::InformationTaskForce).await;
    assert_eq!(see(&test, &city, &kept).await["contacts"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_pursuit_is_one_a_unit_lives_by_contacts_and_lapses_in_silence() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let kept = keep(&test, &official, &enterprise("洞庭储能有限公司")).await;
    let view = court(&test, &official, &kept).await;
    assert!(!view["may"].as_array().unwrap().contains(&json!("court")));
    let twice = json!({"next_step": {"what": "再次拜访", "on": test.app.now().day().to_string()}});
    let twice = test.post(&format!("{ALL}/{kept}/pursuits"), Some(&official), &twice).await;
    assert_eq!((twice.status, twice.code()), (409, "pursuit.already_open"));
    let first = view["pursuits"][0]["lapses_on"].as_str().unwrap().to_owned();

    // A session does not live so long; whoever else is of the unit goes on.
    test.app.clock.advance(chrono::Duration::days(60));
    let official = test.official(COUNTY).await;
    let view =
        test.post(&format!("{ALL}/{kept}/log"), Some(&official), &log(&test, "来访")).await.expect(201);
    let second = view["pursuits"][0]["lapses_on"].as_str().unwrap().to_owned();
    assert!(second > first, "{second} after {first}");
    let pursuit = view["pursuits"][0]["id"].as_str().unwrap();
    let reason = json!({"reason": "对方董事会下月审议"});
    let extended = test
        .post(&format!("{ALL}/pursuits/{pursuit}/extensions"), Some(&official), &reason)
        .await
        .expect(201);
    assert!(extended["pursuits"][0]["lapses_on"].as_str().unwrap() > second.as_str());
    assert_eq!(extended["log"][0]["kind"], "extension");

    test.app.clock.advance(chrono::Duration::days(119));
    lapse_pursuits(test.app.clone()).await.unwrap();
    let official = test.official(COUNTY).await;
    assert_eq!(see(&test, &official, &kept).await["pursuits"][0]["state"], "open", "its last day is its own");
    test.app.clock.advance(chrono::Duration::days(2));
    let official = test.official(COUNTY).await;
    lapse_pursuits(test.app.clone()).await.unwrap();
    lapse_pursuits(test.app.clone()).await.unwrap();
    let view = see(&test, &official, &kept).await;
    assert_eq!((&view["pursuits"][0]["state"], &view["courted_by"]), (&json!("lapsed"), &json!([])));
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&official)).await.expect(200);
    assert_eq!((&inbox["unread"], &inbox["items"][0]["kind"]), (&json!(1), &json!("enterprise")));
    // It may be courted again, and let go with a reason.
    let view = court(&test, &official, &kept).await;
    let pursuit = view["pursuits"][1]["id"].as_str().unwrap();
    let ended =
        test.post(&format!("{ALL}/pursuits/{pursuit}/endings"), Some(&official), &reason).await.expect(201);
    assert_eq!(ended["pursuits"][1]["state"], "ended");
    let again = test.post(&format!("{ALL}/pursuits/{pursuit}/endings"), Some(&official), &reason).await;
    assert_eq!(again.status, 409);
}

#[actix_web::test]
async fn a_next_step_lies_ahead_and_a_contact_behind() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let kept = keep(&test, &official, &enterprise("洞庭储能有限公司")).await;
    let yesterday = json!({"next_step": {"what": "拜访", "on": test.app.now().minus(chrono::Duration::days(1)).day().to_string()}});
    let refused = test.post(&format!("{ALL}/{kept}/pursuits"), Some(&official), &yesterday).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "next_step.on");
    let mut future = log(&test, "来访");
    future["at"] = json!(test.app.now().plus(chrono::Duration::minutes(5)).to_string());
    let refused = test.post(&format!("{ALL}/{kept}/log"), Some(&official), &future).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "at");
    let unitless = test.person(Role::InformationTaskForce).await;
    let step = json!({"next_step": {"what": "拜访", "on": test.app.now().day().to_string()}});
    let refused = test.post(&format!("{ALL}/{kept}/pursuits"), Some(&unitless), &step).await;
    assert_eq!((refused.status, refused.code()), (409, "pursuit.no_unit"));
}

#[actix_web::test]
async fn a_change_is_refused_when_somebody_else_wrote_and_nothing_is_its_own_ancestor() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let parent = keep(&test, &official, &enterprise("洞庭储能集团")).await;
    let mut body = enterprise("洞庭材料有限公司");
    body["parent_id"] = json!(parent);
    let child = keep(&test, &official, &body).await;
    assert_eq!(see(&test, &official, &parent).await["branches"][0]["id"], json!(child));
    let mut facts = enterprise("洞庭储能控股集团");
    facts["note"] = json!("已在科创板辅导期");
    let change = json!({"version": 1, "facts": facts});
    let path = format!("{ALL}/{parent}");
    assert_eq!(test.put(&path, Some(&official), &change).await.expect(200)["version"], 2);
    assert_eq!(test.put(&path, Some(&official), &change).await.status, 409);
    facts["parent_id"] = json!(child);
    let circle = json!({"version": 2, "facts": facts});
    assert_eq!(
        test.put(&path, Some(&official), &circle).await.expect(422)["errors"][0]["field"],
        "parent_id"
    );
    assert_eq!(see(&test, &official, &parent).await["version"], 2);
}

#[actix_web::test]
async fn a_merge_reads_two_records_as_one_and_is_undone_without_loss() {
    let test = start().await;
    let (city, official) = (test.person(Role::InformationTaskForce).await, test.official(COUNTY).await);
    let old = keep(&test, &official, &enterprise("洞庭储能有限公司")).await;
    let new = keep(&test, &official, &enterprise("洞庭新能源科技有限公司")).await;
    court(&test, &official, &old).await;
    test.post(&format!("{ALL}/{old}/log"), Some(&official), &log(&test, "首次拜访")).await.expect(201);
    let merge = json!({"into_id": new, "reason": "更名，工商登记可查"});
    let path = format!("{ALL}/{old}/merges");
    assert_eq!(test.post(&path, Some(&official), &merge).await.status, 403);
    let view = test.post(&path, Some(&city), &merge).await.expect(201);
    assert_eq!((&view["id"], &view["log"][0]["summary"]), (&json!(new), &json!("首次拜访")));
    assert_eq!(view["courted_by"][0]["unit_id"], COUNTY);
    let list = test.get(ALL, Some(&official)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let gone = see(&test, &official, &old).await;
    assert_eq!((&gone["merged_into"]["id"], &gone["may"]), (&json!(new), &json!([])));
    assert_eq!(test.post(&format!("{ALL}/{old}/log"), Some(&official), &log(&test, "x")).await.status, 409);
    // The other way round would make a circle.
    let back = json!({"into_id": old, "reason": "x"});
    assert_eq!(test.post(&format!("{ALL}/{new}/merges"), Some(&city), &back).await.status, 409);
    let id = view["merged_from"][0]["merge_id"].as_str().unwrap();
    let undo = format!("{ALL}/merges/{id}/undoings");
    test.post(&undo, Some(&city), &json!({})).await.expect(201);
    assert_eq!(test.post(&undo, Some(&city), &json!({})).await.status, 409);
    assert_eq!(see(&test, &official, &old).await["log"][0]["summary"], "首次拜访");
    assert_eq!(see(&test, &official, &new).await["log"], json!([]));
}

#[actix_web::test]
async fn the_list_is_searched_filtered_and_paged() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    let mut ids = Vec::new();
    for n in 1..=5 {
        test.app.clock.advance(chrono::Duration::seconds(1));
        ids.push(keep(&test, &official, &enterprise(&format!("洞庭{n}号储能有限公司"))).await);
    }
    court(&test, &official, &ids[2]).await;
    let list = |query: &'static str| {
        let (test, official) = (&test, &official);
        async move {
            let page = test.get(&format!("{ALL}?{query}"), Some(official)).await.expect(200);
            let names =
                page["items"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap().to_owned());
            (names.collect::<Vec<_>>(), page["next"].as_str().map(str::to_owned))
        }
    };
    assert_eq!(list("courting=ours").await.0, ["洞庭3号储能有限公司"]);
    assert_eq!(list("courting=others").await.0, Vec::<String>::new());
    assert_eq!(list("courting=nobody").await.0.len(), 4);
    let mut far = enterprise("洞庭6号储能有限公司");
    (far["scale"], far["region"], far["chain_link"]) = (json!("large"), json!("上海"), json!("电芯"));
    keep(&test, &official, &far).await;
    assert_eq!(list("scale=large").await.0, ["洞庭6号储能有限公司"]);
    assert_eq!(list("region=上海&chain_link=电芯&scale=large").await.0, ["洞庭6号储能有限公司"]);
    assert_eq!(list("region=上海&scale=medium").await.0, Vec::<String>::new());
    assert_eq!(list("scale=medium&courting=ours").await.0, ["洞庭3号储能有限公司"]);
    assert_eq!(list("region=上海&courting=ours").await.0, Vec::<String>::new());
    assert_eq!(list("region=广东深圳").await.0.len(), 5);
    assert_eq!(test.get(&format!("{ALL}?region={}", "长".repeat(41)), Some(&official)).await.status, 422);
    let choices = test.get(&format!("{ALL}/choices"), Some(&official)).await.expect(200);
    let sorted = |name: &str| {
        let mut all: Vec<&str> = choices[name].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(
        (sorted("chain_links"), sorted("regions")),
        (vec!["电池材料", "电芯"], vec!["上海", "广东深圳"])
    );
    assert_eq!(list("q=益阳市洞庭4号").await.0, ["洞庭4号储能有限公司"]);
    assert_eq!(list("q=%25").await.0, Vec::<String>::new(), "a wildcard is a letter");
    assert_eq!(list("industry=food").await.0, Vec::<String>::new());
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
    let (count, unique) = (seen.len(), seen.iter().collect::<std::collections::HashSet<_>>().len());
    assert_eq!((count, unique), (6, 6));
    assert_eq!(test.get(&format!("{ALL}?cursor=WyJ4Il0"), Some(&official)).await.status, 422);
}

#[actix_web::test]
async fn what_a_unit_courts_is_paged_in_the_order_of_what_was_written_last_by_anybody() {
    let test = start().await;
    let (official, other) = (test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let mut ids = Vec::new();
    for n in 1..=5 {
        test.app.clock.advance(chrono::Duration::seconds(1));
        let id = keep(&test, &official, &enterprise(&format!("洞庭{n}号储能有限公司"))).await;
        court(&test, &official, &id).await;
        ids.push(id);
    }
    keep(&test, &official, &enterprise("无人跟进储能有限公司")).await;
    court(&test, &other, &ids[4]).await;
    test.app.clock.advance(chrono::Duration::seconds(1));
    test.post(&format!("{ALL}/{}/log", ids[1]), Some(&other), &log(&test, "电话联系")).await.expect(201);
    let expected = [1, 4, 3, 2, 0].map(|n: usize| ids[n].clone());
    for filter in ["courting=ours", "courting=ours&industry=new_energy"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                test.get(&format!("{ALL}?{filter}&limit=2{cursor}"), Some(&official)).await.expect(200);
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{filter}");
    }
    let open = test.get(&format!("{ALL}/{}", ids[0]), Some(&official)).await.expect(200);
    let end = format!("{ALL}/pursuits/{}/endings", open["pursuits"][0]["id"].as_str().unwrap());
    test.post(&end, Some(&official), &json!({"reason": "示例"})).await.expect(201);
    let left = test.get(&format!("{ALL}?courting=ours"), Some(&official)).await.expect(200);
    assert_eq!(left["items"].as_array().unwrap().len(), 4);
}
