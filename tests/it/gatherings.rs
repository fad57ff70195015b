//! Gatherings: published by a second person, never oversold, tickets that count once, a line that moves up.
use std::net::SocketAddr;

use chrono::Duration;
use futures_util::future::join_all;
use palm::people::auth::Role;
use palm::platform::hash_chain::sha256_hex;
use palm::platform::id;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, ask, count, take_in};

const COUNTY: &str = "430922";
const OTHER_COUNTY: &str = "430923";
const ALL: &str = "/api/v1/gatherings";

async fn start() -> TestApp {
    start_with(&[]).await
}

async fn start_with(settings: &[&str]) -> TestApp {
    let test = TestApp::start_with(settings).await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

/// The same session after the clock was moved so far.
fn again(test: &TestApp, person: &Person, moved: Duration) -> Person {
    let (now, keys) = (test.app.now(), &test.app.keys);
    let session = keys.read(&person.token, now.minus(moved)).unwrap().sid;
    Person { token: keys.issue(&person.id, &session, now, 600).unwrap(), ..person.clone() }
}

/// A plan that begins in three hours and takes so many people.
fn plan(test: &TestApp, capacity: i32, firm_limit: i32) -> Value {
    let now = test.app.now();
    let at = |hours| now.plus(Duration::hours(hours)).to_string();
    json!({
        "title": "桃江竹产业招商会", "title_en": "Taojiang bamboo day", "summary": "竹产业链上下游对接。", "summary_en": null,
        "place": "桃江县会议中心", "place_en": null, "live_url": null,
        "starts_at": at(3), "ends_at": at(6), "closes_at": at(2),
        "capacity": capacity, "firm_limit": firm_limit,
        "agenda": [{"at": at(3), "title": "签到入场"}, {"at": at(4), "title": "园区推介", "speaker": "示例 负责人"}],
        "releases": [{"title": "竹材精深加工项目"}],
        "questions": [
            {"label": "关注的环节", "label_en": "Link of interest", "kind": "choice", "required": true, "choices": [{"label": "竹材加工"}, {"label": "竹家具"}]},
            {"label": "同行人数", "kind": "number", "required": false, "choices": []},
        ],
        "contact_name": "示例联系人", "contact_phone": "19000000012",
    })
}

/// A published gathering, its page, and the two officials.
async fn published(test: &TestApp, plan: &Value) -> (String, Person, Person) {
    let (writer, second) = (test.official(COUNTY).await, test.official(COUNTY).await);
    let made = test.post(ALL, Some(&writer), plan).await.expect(201);
    let id = made["gathering"]["id"].as_str().unwrap().to_owned();
    test.post(&format!("{ALL}/{id}/publications"), Some(&second), &json!({"version": 1})).await.expect(201);
    (id, writer, second)
}

fn form(firm: &str) -> Value {
    json!({"name": "周示例", "phone": "19000000071", "firm": firm, "answers": [{"question": 0, "text": "竹材加工"}], "source": "platform"})
}

#[actix_web::test]
async fn a_second_person_publishes_and_until_then_nobody_else_sees_it() {
    let test = start().await;
    let (writer, second, stranger) =
        (test.official(COUNTY).await, test.official(COUNTY).await, test.official(OTHER_COUNTY).await);
    let made = test.post(ALL, Some(&writer), &plan(&test, 10, 2)).await.expect(201);
    let id = made["gathering"]["id"].as_str().unwrap();
    assert_eq!(made["may"], json!(["change", "cancel"]), "not the writer's to publish, and no door yet");
    let (page, desk, publish) =
        (format!("{ALL}/{id}"), format!("{ALL}/{id}/desk"), format!("{ALL}/{id}/publications"));
    assert_eq!(test.get(&page, None).await.status, 404);
    assert_eq!(test.get(ALL, None).await.expect(200)["items"], json!([]));
    assert_eq!(test.get(&desk, Some(&stranger)).await.status, 404);
    assert_eq!(
        test.get(&desk, Some(&second)).await.expect(200)["may"],
        json!(["change", "publish", "cancel"])
    );
    let version = json!({"version": 1});
    assert_eq!(test.post(&publish, Some(&writer), &version).await.code(), "gathering.own_draft");
    assert_eq!(test.post(&publish, Some(&stranger), &version).await.status, 404);
    assert_eq!(
        test.post(&publish, Some(&second), &json!({"version": 7})).await.status,
        409,
        "not as it was read"
    );
    test.post(&publish, Some(&second), &version).await.expect(201);
    assert_eq!(
        test.post(&publish, Some(&second), &json!({"version": 2})).await.code(),
        "gathering.nothing_to_publish"
    );
    let seen = test.get(&page, None).await.expect(200);
    assert_eq!((&seen["gathering"]["phase"], &seen["gathering"]["left"]), (&json!("open"), &json!(10)));
    assert_eq!(seen["agenda"][1]["speaker"], "示例 负责人");
    assert_eq!(test.get(ALL, None).await.expect(200)["items"][0]["id"], json!(id));
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&second)).await.expect(200);
    assert_eq!(
        (&inbox["unread"], &inbox["items"][0]["link"]),
        (&json!(1), &json!(format!("/gathering-desk/{id}")))
    );
    // It is over once its time has passed, and can no longer be cancelled.
    test.app.clock.advance(Duration::hours(7));
    let second = again(&test, &second, Duration::hours(7));
    assert_eq!(test.get(ALL, None).await.expect(200)["items"], json!([]));
    let past = test.get(&format!("{ALL}?past=true"), None).await.expect(200);
    assert_eq!(past["items"][0]["phase"], "ended");
    let cancel =
        test.post(&format!("{ALL}/{id}/cancellations"), Some(&second), &json!({"reason": "x"})).await;
    assert_eq!(cancel.code(), "gathering.over");
}

#[actix_web::test]
async fn what_is_wrong_with_a_plan_is_told_at_its_fields() {
    let test = start_with(&["--live-hosts", "meeting.example.com"]).await;
    let writer = test.official(COUNTY).await;
    let wrong = |change: Value| {
        let mut body = plan(&test, 10, 2);
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        let (test, writer) = (&test, &writer);
        async move {
            let answer = test.post(ALL, Some(writer), &body).await;
            let field = answer.body["errors"][0]["field"].as_str().map(str::to_owned);
            (answer.status, field.unwrap_or_else(|| answer.code().to_owned()))
        }
    };
    let field = |name: &str| (422, name.to_owned());
    assert_eq!(wrong(json!({"place": null})).await, field("place"));
    assert_eq!(wrong(json!({"capacity": 0})).await, field("capacity"));
    assert_eq!(wrong(json!({"firm_limit": 101})).await, field("firm_limit"));
    let early = test.app.now().to_string();
    assert_eq!(wrong(json!({"ends_at": early})).await.0, 422);
    assert_eq!(wrong(json!({"agenda": [{"at": early, "title": "太早"}]})).await, field("agenda"));
    assert_eq!(wrong(json!({"releases": [{"title": "x", "site_id": "nowhere"}]})).await, field("releases"));
    let one = json!([{"label": "a", "kind": "choice", "required": true, "choices": [{"label": "x"}]}]);
    assert_eq!(wrong(json!({"questions": one})).await, field("questions"));
    for link in ["http://meeting.example.com/1", "https://elsewhere.example/1"] {
        assert_eq!(wrong(json!({"live_url": link})).await, field("gathering.live_host"));
    }
    assert_eq!(wrong(json!({"live_url": "https://meeting.example.com/1"})).await.0, 201);
}

#[actix_web::test]
async fn the_live_link_is_shown_when_it_starts_and_not_before() {
    let test = start_with(&["--live-hosts", "meeting.example.com"]).await;
    let mut body = plan(&test, 10, 2);
    body["live_url"] = json!("https://meeting.example.com/room");
    let (id, ..) = published(&test, &body).await;
    let path = format!("{ALL}/{id}");
    let page = test.get(&path, None).await.expect(200);
    assert_eq!((&page["live_url"], &page["gathering"]["online"]), (&Value::Null, &json!(true)));
    assert!(!page.to_string().contains("meeting.example.com"));
    test.app.clock.advance(Duration::minutes(166));
    assert_eq!(test.get(&path, None).await.expect(200)["live_url"], "https://meeting.example.com/room");
    test.app.clock.advance(Duration::hours(4));
    assert_eq!(test.get(&path, None).await.expect(200)["live_url"], Value::Null);
}

#[actix_web::test]
async fn a_form_is_checked_by_what_the_organiser_asks() {
    let test = start().await;
    let (id, writer, _) = published(&test, &plan(&test, 10, 1)).await;
    let path = format!("{ALL}/{id}/registrations");
    let guest = test.person(Role::Investor).await;
    let wrong = |answers: Value| {
        let mut body = form("竹海公司");
        body["answers"] = answers;
        let (test, path, guest) = (&test, &path, &guest);
        async move {
            let answer = test.post(path, Some(guest), &body).await;
            (answer.status, answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned())
        }
    };
    assert_eq!(wrong(json!([])).await, (422, "answers[0]".to_owned()));
    assert_eq!(wrong(json!([{"question": 0, "text": "竹筷"}])).await, (422, "answers[0]".to_owned()));
    let number = json!([{"question": 0, "text": "竹家具"}, {"question": 1, "text": "两人"}]);
    assert_eq!(wrong(number).await, (422, "answers[1]".to_owned()));
    assert_eq!(wrong(json!([{"question": 2, "text": "x"}])).await, (422, "answers".to_owned()));
    let mine = test.post(&path, Some(&guest), &form("竹海公司")).await.expect(201);
    assert_eq!((&mine["state"], &mine["answers"][0]["text"]), (&json!("seated"), &json!("竹材加工")));
    // Once a person, so many of a firm however its name is written, nobody after the deadline.
    assert_eq!(
        test.post(&path, Some(&guest), &form("竹海公司")).await.code(),
        "gathering.already_registered"
    );
    let other = test.person(Role::Investor).await;
    assert_eq!(test.post(&path, Some(&other), &form("竹海 公司")).await.code(), "gathering.firm_full");
    test.app.clock.advance(Duration::hours(2));
    let late = test.person(Role::Investor).await;
    assert_eq!(test.post(&path, Some(&late), &form("别的公司")).await.code(), "gathering.closed");
    // The unit sees a masked number, and the whole one with a purpose.
    let writer = again(&test, &writer, Duration::hours(2));
    let list = test.get(&path, Some(&writer)).await.expect(200);
    assert_eq!(list["items"][0]["phone_masked"], "190******71");
    assert!(!list.to_string().contains("19000000071"));
    let one = list["items"][0]["id"].as_str().unwrap();
    let reveal = format!("{ALL}/registrations/{one}/reveals");
    let purpose = json!({"purpose": "告知停车安排"});
    assert_eq!(test.post(&reveal, Some(&writer), &purpose).await.expect(201)["phone"], "19000000071");
    let stranger = test.official(OTHER_COUNTY).await;
    assert_eq!(test.post(&reveal, Some(&stranger), &purpose).await.status, 404);
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    let guest = again(&test, &guest, Duration::hours(2));
    assert_eq!(test.get(&path, Some(&guest)).await.status, 403);
}

#[actix_web::test]
async fn the_line_moves_up_when_a_place_is_given_back_or_added() {
    let test = start().await;
    let (id, writer, second) = published(&test, &plan(&test, 1, 5)).await;
    let path = format!("{ALL}/{id}/registrations");
    let mut guests = Vec::new();
    for n in 0..4 {
        let guest = test.person(Role::Investor).await;
        let mine = test.post(&path, Some(&guest), &form(&format!("公司{n}"))).await.expect(201);
        let wanted = if n == 0 { ("seated", Value::Null) } else { ("waiting", json!(n - 1)) };
        assert_eq!((mine["state"].as_str().unwrap(), mine["ahead"].clone()), wanted);
        assert_eq!(mine["ticket"].is_string(), n == 0, "whoever waits has no ticket");
        guests.push(guest);
        test.app.clock.advance(Duration::seconds(1));
    }
    let page = test.get(&format!("{ALL}/{id}"), None).await.expect(200);
    assert_eq!((&page["gathering"]["phase"], &page["gathering"]["waiting"]), (&json!("full"), &json!(3)));
    let back = format!("{ALL}/{id}/give-backs");
    assert_eq!(test.post(&back, Some(&guests[0]), &json!({})).await.expect(201)["state"], "given_back");
    assert_eq!(test.post(&back, Some(&guests[0]), &json!({})).await.status, 404);
    let own = format!("{ALL}/{id}/registration");
    let mine = test.get(&own, Some(&guests[1])).await.expect(200);
    assert!(mine["state"] == "seated" && mine["ticket"].is_string());
    assert_eq!(test.get(&own, Some(&guests[2])).await.expect(200)["ahead"], 0);
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&guests[1])).await.expect(200);
    assert_eq!((&inbox["unread"], &inbox["items"][0]["kind"]), (&json!(1), &json!("gathering")));
    // One place more, published by the other person, goes to whoever is next; the one after stays in the line.
    let more = json!({"version": 2, "plan": plan(&test, 2, 5)});
    test.put(&format!("{ALL}/{id}"), Some(&writer), &more).await.expect(200);
    assert_eq!(test.get(&own, Some(&guests[2])).await.expect(200)["state"], "waiting", "not published yet");
    let publish = format!("{ALL}/{id}/publications");
    assert_eq!(
        test.post(&publish, Some(&writer), &json!({"version": 3})).await.code(),
        "gathering.own_draft"
    );
    test.post(&publish, Some(&second), &json!({"version": 3})).await.expect(201);
    assert_eq!(test.get(&own, Some(&guests[2])).await.expect(200)["state"], "seated");
    assert_eq!(test.get(&own, Some(&guests[3])).await.expect(200)["state"], "waiting");
    let fewer = json!({"version": 4, "plan": plan(&test, 1, 5)});
    let refused = test.put(&format!("{ALL}/{id}"), Some(&writer), &fewer).await;
    assert_eq!(refused.code(), "gathering.too_small");
}

#[actix_web::test]
async fn all_who_registered_hear_of_another_time_and_of_the_end() {
    let test = start().await;
    let (id, writer, second) = published(&test, &plan(&test, 1, 5)).await;
    let path = format!("{ALL}/{id}/registrations");
    let (seated, waiting) = (test.person(Role::Investor).await, test.person(Role::Consultant).await);
    for (guest, firm) in [(&seated, "甲公司"), (&waiting, "乙公司")] {
        test.post(&path, Some(guest), &form(firm)).await.expect(201);
    }
    let mut moved = plan(&test, 1, 5);
    moved["place"] = json!("桃江县文化中心");
    test.put(&format!("{ALL}/{id}"), Some(&second), &json!({"version": 2, "plan": moved})).await.expect(200);
    test.post(&format!("{ALL}/{id}/publications"), Some(&writer), &json!({"version": 3})).await.expect(201);
    let stranger = test.official(OTHER_COUNTY).await;
    let reason = json!({"reason": "台风预警"});
    let cancel = format!("{ALL}/{id}/cancellations");
    assert_eq!(test.post(&cancel, Some(&stranger), &reason).await.status, 404);
    test.post(&cancel, Some(&writer), &reason).await.expect(201);
    assert_eq!(test.post(&cancel, Some(&writer), &reason).await.code(), "gathering.over");
    palm::views::notifications::tell(&test.app).await.unwrap();
    for guest in [&seated, &waiting] {
        let inbox = test.get("/api/v1/notifications", Some(guest)).await.expect(200);
        let titles: Vec<&str> = inbox["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n["title"].as_str().or(n["title_zh"].as_str()).unwrap())
            .collect();
        assert_eq!(titles, ["活动已取消", "活动有调整"]);
    }
    let page = test.get(&format!("{ALL}/{id}"), None).await.expect(200);
    assert_eq!(
        (&page["gathering"]["phase"], &page["cancel_reason"]),
        (&json!("cancelled"), &json!("台风预警"))
    );
    let late = test.person(Role::Investor).await;
    assert_eq!(test.post(&path, Some(&late), &form("丙公司")).await.code(), "gathering.closed");
}

#[actix_web::test]
async fn a_ticket_counts_once_also_from_phones_that_were_off_line() {
    let test = start().await;
    let (_other, second_instance) = test.another().await;
    let (id, writer, second) = published(&test, &plan(&test, 2, 5)).await;
    let path = format!("{ALL}/{id}/registrations");
    let mut tickets = Vec::new();
    for n in 0..3 {
        let guest = test.person(Role::Investor).await;
        let mine = test.post(&path, Some(&guest), &form(&format!("公司{n}"))).await.expect(201);
        tickets.push((guest, mine["ticket"].as_str().unwrap_or_default().to_owned(), mine["id"].clone()));
    }
    // What the phone takes along: hashes and masked names, neither ticket nor number.
    let door = test.get(&format!("{ALL}/{id}/door"), Some(&writer)).await.expect(200);
    let rows = door["tickets"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["name_masked"]), (2, &json!("周**")));
    assert!(rows.iter().any(|row| row["ticket_sha256"] == sha256_hex(&tickets[0].1)));
    let said = door.to_string();
    assert!(!said.contains(&tickets[0].1) && !said.contains("19000000071") && !said.contains("周示例"));

    let check_in = format!("{ALL}/{id}/check-ins");
    let phone_at = test.app.now().minus(Duration::minutes(9)).to_string();
    let sent = json!({"items": [{"ticket": tickets[0].1, "phone_at": phone_at}]});
    let one = |address: SocketAddr, person: Person| {
        let (client, sent, path) = (&test.client, &sent, &check_in);
        async move { ask(client, address, "POST", path, Some(&person), Some(sent), &id::fresh()).await.unwrap() }
    };
    // The same ticket from eight phones on two instances at once.
    let phones = (0..8).map(|n| {
        let (address, person) = if n % 2 == 0 { (test.address, &writer) } else { (second_instance, &second) };
        one(address, person.clone())
    });
    let outcomes: Vec<Value> =
        join_all(phones).await.into_iter().map(|answer| answer.expect(201)["items"][0].clone()).collect();
    assert_eq!(outcomes.iter().filter(|one| one["outcome"] == "came").count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|one| one["outcome"] == "already").count(), 7, "{outcomes:?}");
    assert!(outcomes.iter().all(|one| one["phone_at"] == phone_at && one["received_at"] != phone_at));
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM gathering_check_ins").await, 1);
    // Somebody without the ticket at hand, one who only waits, and a forged one.
    let mixed = json!({"items": [
        {"registration_id": tickets[1].2}, {"registration_id": tickets[2].2}, {"ticket": "0".repeat(32)},
    ]});
    let answer = test.post(&check_in, Some(&writer), &mixed).await.expect(201);
    let outcomes: Vec<&Value> =
        answer["items"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(
        (outcomes, &answer["came"]),
        (vec![&json!("came"), &json!("waiting"), &json!("unknown")], &json!(2))
    );
    // A ticket of another gathering is none of this one.
    let (elsewhere, ..) = published(&test, &plan(&test, 2, 5)).await;
    let there = format!("{ALL}/{elsewhere}/check-ins");
    let ticket = json!({"items": [{"ticket": tickets[0].1}]});
    assert_eq!(test.post(&there, Some(&writer), &ticket).await.expect(201)["items"][0]["outcome"], "unknown");
    assert_eq!(test.post(&there, Some(&test.official(OTHER_COUNTY).await), &ticket).await.status, 404);
    assert_eq!(test.post(&there, Some(&tickets[0].0), &ticket).await.status, 403);
    // Who came stays, and the door closes a week after the end.
    let back = test.post(&format!("{ALL}/{id}/give-backs"), Some(&tickets[0].0), &json!({})).await;
    assert_eq!(back.code(), "gathering.came");
    test.app.clock.advance(Duration::days(8));
    let official = test.official(COUNTY).await;
    assert_eq!(test.post(&check_in, Some(&official), &ticket).await.code(), "gathering.door_closed");
}

const CAPACITY: i64 = 12;
const RACERS: usize = 48;

/// What a race left that it must not.
async fn faults(test: &TestApp, id: &str) -> Vec<String> {
    let of = |state: &str| {
        format!(
            "SELECT COUNT(*) AS n FROM gathering_registrations WHERE gathering_id = '{id}' AND state = '{state}'"
        )
    };
    let (seated, waiting) = (count(test, &of("seated")).await, count(test, &of("waiting")).await);
    let kept =
        |column: &str| format!("SELECT CAST({column} AS BIGINT) AS n FROM gatherings WHERE id = '{id}'");
    let (taken, line) = (count(test, &kept("taken")).await, count(test, &kept("waiting")).await);
    let mut wrong = Vec::new();
    if seated > CAPACITY {
        wrong.push(format!("{seated} people on {CAPACITY} places"));
    }
    if (seated, waiting) != (taken, line) {
        wrong.push(format!("counted {taken}+{line}, there are {seated}+{waiting}"));
    }
    if waiting > 0 && seated < CAPACITY {
        wrong.push(format!("{waiting} wait for {} free places", CAPACITY - seated));
    }
    wrong
}

#[actix_web::test]
async fn two_instances_never_sell_more_places_than_there_are_while_some_give_theirs_back() {
    let test = start().await;
    let (_other, second_instance) = test.another().await;
    let (id, ..) = published(&test, &plan(&test, 12, 5)).await;
    let mut racers = Vec::new();
    for _ in 0..RACERS {
        racers.push(test.person(Role::Investor).await);
    }
    let at = |n: usize| if n % 2 == 0 { test.address } else { second_instance };
    let asked = racers.iter().enumerate().map(|(n, racer)| {
        let (client, id) = (&test.client, &id);
        async move {
            let (register, back) = (format!("{ALL}/{id}/registrations"), format!("{ALL}/{id}/give-backs"));
            let body = form(&format!("公司{n}"));
            let made =
                ask(client, at(n), "POST", &register, Some(racer), Some(&body), &id::fresh()).await.unwrap();
            assert_eq!(made.status, 201, "{}", made.body);
            if n % 3 == 0 {
                let gone =
                    ask(client, at(n + 1), "POST", &back, Some(racer), Some(&json!({})), &id::fresh()).await;
                assert_eq!(gone.unwrap().status, 201);
            }
        }
    });
    join_all(asked).await;
    assert_eq!(faults(&test, &id).await, Vec::<String>::new());
    let seated = format!(
        "SELECT COUNT(*) AS n FROM gathering_registrations WHERE gathering_id = '{id}' AND state = 'seated'"
    );
    assert_eq!(count(&test, &seated).await, CAPACITY);
}

/// A twin that looks whether there is a place and then takes one, all of them looking before any takes.
async fn careless(test: &TestApp, id: &str) -> usize {
    let mut racers = Vec::new();
    for _ in 0..20 {
        racers.push(test.person(Role::Investor).await.id);
    }
    let taken = format!(
        "SELECT COUNT(*) AS n FROM gathering_registrations WHERE gathering_id = '{id}' AND state = 'seated'"
    );
    let mut sold = 0;
    let looked = join_all(racers.iter().map(|_| count(test, &taken))).await;
    for (racer, seen) in racers.iter().zip(looked) {
        if seen < CAPACITY {
            let row = format!(
                "INSERT INTO gathering_registrations (id, gathering_id, account_id, name, phone, firm, firm_key, answers, source, state, registered_at, seated_at, ticket_hash) \
                 VALUES ('{racer}', '{id}', '{racer}', 'x', 'x', '{racer}', '{racer}', '[]', 'other', 'seated', '2020-01-01 00:00:00', '2020-01-01 00:00:00', '{racer}')"
            );
            sold += usize::from(try_sql(test, &row).await);
        }
    }
    sold
}

/// Whether the tables took it.
async fn try_sql(test: &TestApp, sql: &str) -> bool {
    use diesel::RunQueryDsl;
    let sql = sql.to_owned();
    test.app.db.write(move |conn| Ok(diesel::sql_query(sql.clone()).execute(conn)?)).await.is_ok()
}

#[actix_web::test]
async fn the_tables_refuse_a_twin_that_looks_first_and_without_them_the_judge_catches_it() {
    let test = start().await;
    let (guarded, ..) = published(&test, &plan(&test, 12, 5)).await;
    assert_eq!(careless(&test, &guarded).await, 12);
    assert_eq!(faults(&test, &guarded).await, Vec::<String>::new());
    let (bare, ..) = published(&test, &plan(&test, 12, 5)).await;
    let trigger = "DROP TRIGGER gathering_registrations_counted";
    let on = if test.place().is_postgres() { " ON gathering_registrations" } else { "" };
    assert!(try_sql(&test, &format!("{trigger}{on}")).await);
    assert_eq!(careless(&test, &bare).await, 20);
    assert!(faults(&test, &bare).await[0].contains("20 people on 12 places"));
}

#[actix_web::test]
async fn the_tables_themselves_refuse_late_and_crowding_and_unreviewed() {
    let test = start().await;
    let (id, ..) = published(&test, &plan(&test, 5, 1)).await;
    let guests = [test.person(Role::Investor).await.id, test.person(Role::Investor).await.id];
    let row = |guest: &str, firm: &str, at: &str| {
        format!(
            "INSERT INTO gathering_registrations (id, gathering_id, account_id, name, phone, firm, firm_key, answers, source, state, registered_at, seated_at, ticket_hash) \
             VALUES ('{guest}', '{id}', '{guest}', 'x', 'x', '{firm}', '{firm}', '[]', 'other', 'seated', '{at}', '{at}', '{guest}')"
        )
    };
    assert!(!try_sql(&test, &row(&guests[0], "a", "2099-01-01 00:00:00")).await, "after the deadline");
    assert!(try_sql(&test, &row(&guests[0], "a", "2020-01-01 00:00:00")).await);
    assert!(!try_sql(&test, &row(&guests[1], "a", "2020-01-01 00:00:00")).await, "two of one firm");
    assert!(
        !try_sql(&test, &format!("DELETE FROM gathering_registrations WHERE id = '{}'", guests[0])).await
    );
    let own = format!("UPDATE gatherings SET published_by = published_from WHERE id = '{id}'");
    assert!(!try_sql(&test, &own).await, "written and published by one person");
    assert!(!try_sql(&test, &format!("UPDATE gatherings SET capacity = 0 WHERE id = '{id}'")).await);
    let end = "state = 'cancelled', cancelled_at = starts_at, cancel_reason = 'x'";
    assert!(try_sql(&test, &format!("UPDATE gatherings SET {end} WHERE id = '{id}'")).await);
    assert!(!try_sql(&test, &row(&guests[1], "b", "2020-01-01 00:00:00")).await, "cancelled");
}

/// Somebody with a place who has been checked in.
async fn guest_who_came(test: &TestApp, id: &str, official: &Person, firm: &str) -> (Person, String) {
    let guest = test.person(Role::Investor).await;
    let mine = test.post(&format!("{ALL}/{id}/registrations"), Some(&guest), &form(firm)).await.expect(201);
    let items = json!({"items": [{"ticket": mine["ticket"]}]});
    test.post(&format!("{ALL}/{id}/check-ins"), Some(official), &items).await.expect(201);
    (guest, mine["id"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn one_who_came_gives_one_lead_however_often_and_by_whom_it_is_asked_for() {
    let test = start().await;
    let (_other, second_instance) = test.another().await;
    let (id, writer, second) = published(&test, &plan(&test, 20, 5)).await;
    let (guest, came) = guest_who_came(&test, &id, &writer, "竹海装备有限公司").await;
    let path = format!("{ALL}/registrations/{came}/leads");
    let wish = json!({"industry": "bamboo"});
    let asked = (0..8).map(|n| {
        let (address, who) = if n % 2 == 0 { (test.address, &writer) } else { (second_instance, &second) };
        let (client, path, wish) = (&test.client, &path, &wish);
        async move { ask(client, address, "POST", path, Some(who), Some(wish), &id::fresh()).await.unwrap() }
    });
    let answers: Vec<Value> = join_all(asked).await.into_iter().map(|answer| answer.expect(201)).collect();
    assert_eq!(answers.iter().filter(|one| one["already"] == false).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|one| one["lead_id"] == answers[0]["lead_id"]));
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM leads").await, 1);
    let list = test.get(&format!("{ALL}/{id}/registrations"), Some(&writer)).await.expect(200);
    assert_eq!(list["items"][0]["lead_id"], answers[0]["lead_id"]);
    let by = if answers[0]["already"] == false { &writer } else { &second };
    let lead_path = format!("/api/v1/leads/{}", answers[0]["lead_id"].as_str().unwrap());
    let mut seen = test.get(&lead_path, Some(by)).await;
    if seen.status == 404 {
        seen = test.get(&lead_path, Some(if std::ptr::eq(by, &writer) { &second } else { &writer })).await;
    }
    let lead = seen.expect(200);
    assert_eq!(lead["enterprise_name"], "竹海装备有限公司");
    assert!(lead["intention"].as_str().unwrap().contains("竹材加工"), "{lead}");
    // Whoever did not come gives none; neither does another unit's official get one.
    let absent = test.person(Role::Investor).await;
    let mine =
        test.post(&format!("{ALL}/{id}/registrations"), Some(&absent), &form("未到公司")).await.expect(201);
    let theirs = format!("{ALL}/registrations/{}/leads", mine["id"].as_str().unwrap());
    assert_eq!(test.post(&theirs, Some(&writer), &wish).await.code(), "gathering.not_come");
    let stranger = test.official(OTHER_COUNTY).await;
    assert_eq!(test.post(&path, Some(&stranger), &wish).await.status, 404);
    assert_eq!(test.post(&path, Some(&guest), &wish).await.status, 403);
}

#[actix_web::test]
async fn the_floor_is_for_those_who_registered_and_what_is_asked_is_looked_at_first() {
    let test = start().await;
    let (id, writer, _) = published(&test, &plan(&test, 20, 5)).await;
    let (asker, _) = guest_who_came(&test, &id, &writer, "甲公司").await;
    let (other, _) = guest_who_came(&test, &id, &writer, "乙公司").await;
    let stranger = test.person(Role::Investor).await;
    let path = format!("{ALL}/{id}/questions");
    let words = json!({"words": "标准厂房的层高是多少？"});
    assert_eq!(test.post(&path, Some(&stranger), &words).await.status, 404);
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    let floor = test.post(&path, Some(&asker), &words).await.expect(201);
    let question = floor["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&floor["items"][0]["state"], &floor["items"][0]["mine"]), (&json!("asked"), &json!(true)));
    assert_eq!(test.get(&path, Some(&other)).await.expect(200)["items"], json!([]), "not looked at yet");
    let at = |act: &str| format!("{ALL}/questions/{question}/{act}");
    assert_eq!(test.post(&at("votes"), Some(&other), &json!({})).await.status, 404);
    assert_eq!(test.post(&at("rulings"), Some(&other), &json!({"show": true})).await.status, 403);
    let elsewhere = test.official(OTHER_COUNTY).await;
    assert_eq!(test.post(&at("rulings"), Some(&elsewhere), &json!({"show": true})).await.status, 404);
    assert_eq!(
        test.post(&at("answers"), Some(&writer), &json!({"answer": "8 米"})).await.status,
        409,
        "not shown"
    );
    test.post(&at("rulings"), Some(&writer), &json!({"show": true})).await.expect(201);
    let seen = test.get(&path, Some(&other)).await.expect(200);
    assert_eq!((&seen["items"][0]["asked_by_masked"], &seen["moderates"]), (&json!("王**"), &json!(false)));
    // One vote a person, however often; a question with more votes stands first.
    test.post(&path, Some(&other), &json!({"words": "有无专线供电？"})).await.expect(201);
    for _ in 0..3 {
        test.post(&at("votes"), Some(&other), &json!({})).await.expect(201);
    }
    let seen = test.post(&at("votes"), Some(&asker), &json!({})).await.expect(201);
    assert_eq!((&seen["items"][0]["id"], &seen["items"][0]["votes"]), (&json!(question), &json!(2)));
    test.post(&at("answers"), Some(&writer), &json!({"answer": "首层 8 米"})).await.expect(201);
    assert_eq!(test.get(&path, Some(&other)).await.expect(200)["items"][0]["answer"], "首层 8 米");
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&asker)).await.expect(200);
    assert_eq!(inbox["unread"], 1);
    for _ in 0..4 {
        test.post(&path, Some(&asker), &words).await.expect(201);
    }
    assert_eq!(test.post(&path, Some(&asker), &words).await.code(), "gathering.enough_questions");
    test.app.clock.advance(Duration::hours(7));
    let asker = again(&test, &asker, Duration::hours(7));
    assert_eq!(test.post(&path, Some(&asker), &words).await.code(), "gathering.floor_closed");
}

#[actix_web::test]
async fn the_figures_add_up_and_give_nobody_away() {
    let test = start_with(&["--live-hosts", "meeting.example.com"]).await;
    let mut body = plan(&test, 40, 5);
    body["live_url"] = json!("https://meeting.example.com/room");
    let (id, writer, _) = published(&test, &body).await;
    for n in 0..6 {
        guest_who_came(&test, &id, &writer, &format!("公司{n}")).await;
    }
    let poster = test.person(Role::Investor).await;
    let mut form = form("海报公司");
    form["source"] = json!("poster");
    test.post(&format!("{ALL}/{id}/registrations"), Some(&poster), &form).await.expect(201);
    let gone = test.person(Role::Investor).await;
    form["firm"] = json!("退出公司");
    test.post(&format!("{ALL}/{id}/registrations"), Some(&gone), &form).await.expect(201);
    test.post(&format!("{ALL}/{id}/give-backs"), Some(&gone), &json!({})).await.expect(201);
    let arrive = format!("{ALL}/{id}/arrivals");
    assert_eq!(test.post(&arrive, Some(&poster), &json!({})).await.code(), "gathering.not_live");
    test.app.clock.advance(Duration::hours(3));
    let poster = again(&test, &poster, Duration::hours(3));
    let live = test.post(&arrive, Some(&poster), &json!({})).await.expect(201);
    assert_eq!(live["live_url"], "https://meeting.example.com/room");
    test.post(&arrive, Some(&poster), &json!({})).await.expect(201);
    let official = test.official(COUNTY).await;
    let path = format!("{ALL}/{id}/figures");
    let figures = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!(figures["stayed_away"], Value::Null, "it is not over");
    test.app.clock.advance(Duration::hours(4));
    let official = test.official(COUNTY).await;
    let figures = test.get(&path, Some(&official)).await.expect(200);
    let sums: Vec<i64> =
        ["seated", "waiting", "given_back", "firms", "came", "came_live", "stayed_away", "leads"]
            .iter()
            .map(|key| figures[key].as_i64().unwrap())
            .collect();
    assert_eq!(sums, [7, 0, 1, 7, 7, 1, 0, 0]);
    // One by the poster: with the sum it would be known, so that the other number is left out too.
    let by = |source: &str| {
        figures["by_source"].as_array().unwrap().iter().find(|s| s["source"] == source).unwrap().clone()
    };
    assert_eq!(
        (&by("poster")["seated"], &by("platform")["seated"], &by("shared")["seated"]),
        (&Value::Null, &Value::Null, &json!(0))
    );
    let stranger = test.official(OTHER_COUNTY).await;
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
}

#[actix_web::test]
async fn a_published_gathering_is_a_page_without_a_script_and_a_draft_is_not() {
    let test = start_with(&["--public-url", "https://palm.example/"]).await;
    let read = async |path: &str| {
        let answer = test.client.get(test.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let mut plan = plan(&test, 10, 2);
    plan["summary"] = json!("竹产业链 <b>上下游</b> 对接。");
    let draft = test.post(ALL, Some(&test.official(COUNTY).await), &plan).await.expect(201);
    let (id, writer, _) = published(&test, &plan).await;
    let page = format!("/events/{id}");
    for path in [format!("/events/{}", draft["gathering"]["id"].as_str().unwrap()), "/events/x".to_owned()] {
        assert_eq!(read(&path).await.0, 404);
        assert_eq!(read(&format!("{path}/calendar.ics")).await.0, 404);
    }
    let (status, text) = read(&page).await;
    assert_eq!(status, 200);
    let told = [
        "桃江竹产业招商会",
        "园区推介",
        "示例 负责人",
        "桃江县会议中心",
        "竹材精深加工项目",
        "&lt;b&gt;",
        "href=\"/#/packages/gatherings/gathering/index?id=",
    ];
    for words in told {
        assert!(text.contains(words), "{words}");
    }
    let data = text.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert_eq!(text.matches("<script").count(), 1);
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&data["@type"], &data["performer"][0]["name"]), (&json!("Event"), &json!("示例 负责人")));
    assert_eq!(data["url"], format!("https://palm.example{page}"));
    assert!(data["startDate"].as_str().unwrap().ends_with("+08:00") && !data["offers"].is_null());
    assert!(read(&format!("/en{page}")).await.1.contains("Taojiang bamboo day"));
    let (listed, map) = (read("/events").await.1, read("/events/sitemap.xml").await.1);
    assert!(listed.contains(&page) && map.contains(&format!("https://palm.example/en{page}")));
    assert_eq!(listed.matches("<li>").count(), 1);
    let (_, calendar) = read(&format!("{page}/calendar.ics")).await;
    assert!(calendar.contains("METHOD:PUBLISH") && calendar.contains(&format!("UID:{id}@gatherings.palm")));

    let reason = json!({"reason": "场馆检修"});
    test.post(&format!("{ALL}/{id}/cancellations"), Some(&writer), &reason).await.expect(201);
    let (status, text) = read(&page).await;
    assert!(status == 200 && text.contains("场馆检修") && text.contains("EventCancelled"));
    assert!(read(&format!("{page}/calendar.ics")).await.1.contains("METHOD:CANCEL"));
}

#[actix_web::test]
#[ignore = "asks another program that reads calendars: scripts/test.sh brings it and runs this"]
async fn a_calendar_takes_a_moved_event_in_and_a_cancelled_one_out() {
    let test = start_with(&["--public-url", "https://palm.example/"]).await;
    let first = plan(&test, 10, 2);
    let (id, writer, second) = published(&test, &first).await;
    let calendar = async || {
        let path = test.url(&format!("/events/{id}/calendar.ics"));
        test.client.get(path).send().await.unwrap().text().await.unwrap()
    };
    let mut files = vec![calendar().await];
    let later = Duration::minutes(30);
    test.app.clock.advance(later);
    let (writer, second) = (again(&test, &writer, later), again(&test, &second, later));
    let moved = plan(&test, 10, 2);
    let change = json!({"version": 2, "plan": moved});
    test.put(&format!("{ALL}/{id}"), Some(&writer), &change).await.expect(200);
    test.post(&format!("{ALL}/{id}/publications"), Some(&second), &json!({"version": 3})).await.expect(201);
    files.push(calendar().await);
    let reason = json!({"reason": "场馆检修"});
    test.post(&format!("{ALL}/{id}/cancellations"), Some(&writer), &reason).await.expect(201);
    files.push(calendar().await);
    let held = take_in(&files, "ics");
    for (held, plan) in held.iter().zip([&first, &moved]) {
        assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
        assert_eq!(held[0][0], format!("{id}@gatherings.palm"));
        assert_eq!(held[0][2].as_str().unwrap()[..16], plan["starts_at"].as_str().unwrap()[..16]);
        assert_eq!((&held[0][3], &held[0][4]), (&json!("CONFIRMED"), &plan["title"]));
    }
    assert_eq!(held[2], json!([]));
}
