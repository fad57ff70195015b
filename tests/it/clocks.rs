//! Clocks that escalate once a level, honest pauses, the pool, credit slips, settings with their dates, and kills.
use crate::clashes::{start, submit};
use crate::support::{Person, TestApp};
use diesel::connection::SimpleConnection;
use palm::deals::leads::escalate;
use palm::people::auth::task_force::set_task_forces;
use palm::people::auth::{AccountId, Role, TaskForce};
use palm::platform::db;
use palm::views::notifications::tell;
use serde_json::{Value, json};

const COUNTY: &str = "430922";

async fn moments(test: &TestApp, person: &Person, lead: &Value) -> Vec<Value> {
    let path = format!("/api/v1/leads/{}/moments", lead["id"].as_str().unwrap());
    test.get(&path, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

fn count(moments: &[Value], kind: &str) -> usize {
    moments.iter().filter(|m| m["kind"] == kind).count()
}

async fn act(test: &TestApp, person: &Person, lead: &Value, what: &str, body: Value) -> Value {
    let path = format!("/api/v1/leads/{}/{what}", lead["id"].as_str().unwrap());
    test.post(&path, Some(person), &body).await.expect(201)
}

/// As two workers at once would.
async fn run_twice(test: &TestApp) {
    let (one, two) = futures_util::join!(escalate(&test.app), escalate(&test.app));
    one.and(two).unwrap();
}

#[actix_web::test]
async fn a_lead_left_lying_goes_up_one_level_each_and_at_last_to_the_pool() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let (official, leader) = (test.official(COUNTY).await, test.person(Role::Leader).await);
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    act(&test, &force, &lead, "handovers", json!({"unit_id": COUNTY})).await;
    tell(&test.app).await.unwrap();
    for (days, level) in [(0, 0), (1, 1), (1, 1), (1, 2), (4, 3), (6, 3), (1, 4)] {
        test.app.clock.advance(chrono::Duration::days(days));
        run_twice(&test).await;
        let force = test.renewed(&force);
        let escalated = count(&moments(&test, &force, &lead).await, "escalated");
        assert_eq!(escalated, level, "after {days} more days");
    }
    tell(&test.app).await.unwrap();
    let overdue = |person: Person| {
        let test = &test;
        async move {
            let path = "/api/v1/notifications?limit=100";
            let inbox = test.get(path, Some(&test.renewed(&person))).await.expect(200);
            let items = inbox["items"].as_array().unwrap();
            items.iter().filter(|n| n["title"] == "招商信息逾期").count()
        }
    };
    assert_eq!(overdue(official.clone()).await, 1, "level 1");
    assert_eq!(overdue(force.clone()).await, 1, "level 2");
    assert_eq!(overdue(leader.clone()).await, 2, "levels 3 and 4: no leader of the county");
    let official = test.renewed(&official);
    let gone = test.get(&format!("/api/v1/leads/{}", lead["id"].as_str().unwrap()), Some(&official)).await;
    assert_eq!(gone.status, 404, "taken back");
    let pool = test.get("/api/v1/leads/pool", Some(&official)).await.expect(200);
    let place = pool["items"][0]["id"].as_str().unwrap();
    let claim = format!("/api/v1/leads/pool/{place}/claims");
    let claimed = test.post(&claim, Some(&official), &json!({"reason": "已与客商约好"})).await.expect(201);
    assert_eq!((&claimed["state"], &claimed["clock"]["kind"]), (&json!("accepted"), &json!("follow_up")));
    let again = test.post(&claim, Some(&official), &json!({"reason": "再来"})).await;
    assert_eq!(again.code(), "pool.already_claimed");
    let met = json!({"way": "phone", "words": "约定下周考察"});
    let contacted = act(&test, &official, &lead, "contacts", met).await;
    assert_eq!(contacted["clock"], Value::Null, "whoever spoke with the investor is not waited for");
}

#[actix_web::test]
async fn whoever_was_not_answered_is_heard_again_above_the_last_level() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let (force, leader) = (test.person(Role::InformationTaskForce).await, test.person(Role::Leader).await);
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    test.app.clock.advance(chrono::Duration::days(15));
    run_twice(&test).await;
    let [consultant, force, leader] = [&consultant, &force, &leader].map(|person| test.renewed(person));
    assert_eq!(count(&moments(&test, &force, &lead).await, "escalated"), 4);
    let link = act(&test, &consultant, &lead, "confirmations", json!({})).await;
    let (_, token) = link["link"].as_str().unwrap().rsplit_once("token=").unwrap();
    let calls = format!("/api/v1/lead-confirmations/{}/calls", link["id"].as_str().unwrap());
    tell(&test.app).await.unwrap();
    let title = "客商反映无人答复";
    assert_eq!((told(&test, &force, title).await, told(&test, &leader, title).await), (0, 0));
    test.post(&calls, None, &json!({"token": token, "words": "仍无人联系"})).await.expect(200);
    tell(&test.app).await.unwrap();
    assert_eq!((told(&test, &force, title).await, told(&test, &leader, title).await), (1, 1));
    let inbox = test.get("/api/v1/notifications?limit=100", Some(&leader)).await.expect(200);
    let heard = inbox["items"].as_array().unwrap().iter().find(|n| n["title"] == title).unwrap();
    assert!(heard["body"].as_str().unwrap().contains("仍在第 4 级"), "{heard}");
    let seen = moments(&test, &force, &lead).await;
    assert_eq!((count(&seen, "escalated"), count(&seen, "called")), (4, 1), "no level above the last");
}

/// Random days pass, random pauses begin and end: each level comes once, and never before its days without pauses.
#[actix_web::test]
async fn each_escalation_comes_once_however_the_clock_moves() {
    const LEADS: usize = 12;
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let mut leads = Vec::new();
    for n in 0..LEADS {
        let name = format!("第{n}家互不相同的竹业{n}厂");
        let lead = submit(&test, &consultant, &name, &format!("19000001{n:03}")).await["lead"].clone();
        leads.push((lead, 0_i64, None::<i64>));
    }
    let mut state = 7_u64;
    let mut next = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % most).unwrap()
    };
    // Hours that counted for each lead, beside what the program does.
    for _ in 0..45 {
        // Somebody new each time: no session outlives all these days.
        let force = test.person(Role::InformationTaskForce).await;
        for (lead, _, paused) in &mut leads {
            match (next(5), &paused) {
                (0, None) => {
                    let days = next(20) + 1;
                    let until = test.app.now().plus(chrono::Duration::days(days));
                    let body = json!({"reason": "等待环评批复", "until_at": until});
                    let path = format!("/api/v1/leads/{}/pauses", lead["id"].as_str().unwrap());
                    // After the last level nothing counts any more.
                    if test.post(&path, Some(&force), &body).await.status == 201 {
                        *paused = Some(days * 24);
                    }
                }
                (1, Some(_)) => {
                    act(&test, &force, lead, "resumptions", json!({})).await;
                    *paused = None;
                }
                _ => {}
            }
        }
        let hours = next(30) + 1;
        test.app.clock.advance(chrono::Duration::hours(hours));
        for (_, counted, paused) in &mut leads {
            match paused {
                Some(left) if *left > hours => *left -= hours,
                Some(left) => {
                    *counted += hours - *left;
                    *paused = None;
                }
                None => *counted += hours,
            }
        }
        run_twice(&test).await;
        let force = test.person(Role::InformationTaskForce).await;
        for (lead, counted, _) in &leads {
            let expected = [1, 3, 7, 14].iter().filter(|days| *days * 24 <= *counted).count();
            let escalated = count(&moments(&test, &force, lead).await, "escalated");
            assert_eq!(escalated, expected, "{} after {counted} hours", lead["number"]);
        }
    }
    let total: usize =
        leads.iter().map(|(_, c, _)| [1, 3, 7, 14].iter().filter(|d| *d * 24 <= *c).count()).sum();
    println!("{total} escalations over {LEADS} leads, each once");
}

#[actix_web::test]
async fn a_pause_needs_a_reason_and_an_end_within_the_limit() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    let path = format!("/api/v1/leads/{}/pauses", lead["id"].as_str().unwrap());
    let until =
        |days| json!({"reason": "客商出国", "until_at": test.app.now().plus(chrono::Duration::days(days))});
    assert_eq!(test.post(&path, Some(&consultant), &until(3)).await.status, 403);
    assert_eq!(test.post(&path, Some(&force), &until(31)).await.code(), "lead_clock.pause_too_long");
    assert_eq!(test.post(&path, Some(&force), &until(-1)).await.code(), "lead_clock.pause_too_long");
    let paused = test.post(&path, Some(&force), &until(3)).await.expect(201);
    assert_eq!(
        (&paused["clock"]["due_at"], &paused["clock"]["pause_reason"]),
        (&Value::Null, &json!("客商出国"))
    );
    assert_eq!(test.post(&path, Some(&force), &until(3)).await.code(), "lead_clock.not_running");
}

#[actix_web::test]
async fn a_setting_holds_from_its_day_and_never_for_what_began_before() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let before = submit(&test, &consultant, "旧规竹业", "19000000001").await["lead"].clone();
    let set = |days: i64| {
        let at = test.app.now().plus(chrono::Duration::days(days));
        json!({"name": "clock_level_1", "value": 2, "effective_at": at, "reason": "会议决定"})
    };
    let path = "/api/v1/leads/settings";
    assert_eq!(test.post(path, Some(&force), &set(1)).await.status, 403);
    assert_eq!(test.post(path, Some(&administrator), &set(-1)).await.code(), "lead_setting.in_the_past");
    test.post(path, Some(&administrator), &set(1)).await.expect(201);
    assert_eq!(
        test.post(path, Some(&administrator), &set(1)).await.status,
        201,
        "another moment is another setting"
    );
    test.app.clock.advance(chrono::Duration::days(1) + chrono::Duration::minutes(1));
    let after = submit(&test, &test.renewed(&consultant), "新规竹业", "19000000002").await["lead"].clone();
    let days = |lead: &Value, now: &Value| {
        let at = |v: &Value| chrono::DateTime::parse_from_rfc3339(v.as_str().unwrap()).unwrap();
        (at(&now["clock"]["due_at"]) - at(&lead["clock"]["started_at"])).num_days()
    };
    assert_eq!(days(&after, &after), 2);
    assert_eq!(days(&before, &before), 1);
}

#[actix_web::test]
async fn a_credit_slip_shows_its_formula_and_a_later_rule_leaves_it_alone() {
    let test = start().await;
    let (one, two) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let force = test.person(Role::InformationTaskForce).await;
    let administrator = test.person(Role::SystemAdministrator).await;
    let negotiator = test.person(Role::Negotiator).await;
    let (official, other) = (test.official(COUNTY).await, test.official("430923").await);
    submit(&test, &one, "益阳市腾飞竹业有限公司", "19000000001").await;
    let lead = submit(&test, &two, "腾飞竹业公司", "19000000002").await["lead"].clone();
    let desk = test.get("/api/v1/lead-likeness-reviews", Some(&force)).await.expect(200);
    let decide =
        format!("/api/v1/lead-likeness-reviews/{}/decisions", desk["items"][0]["id"].as_str().unwrap());
    test.post(&decide, Some(&force), &json!({"decision": "same", "reason": "同一法人"})).await.expect(201);
    let screening = json!({"value": 4, "fit": 5, "outcome": "keep", "note": "契合竹产业"});
    let screened = act(&test, &force, &lead, "screenings", screening).await;
    assert_eq!(screened["screening"]["task_force"], "manufacturing");
    tell(&test.app).await.unwrap();
    let told = test.get("/api/v1/notifications", Some(&negotiator)).await.expect(200);
    let said = &told["items"][0]["body"];
    assert!(said.as_str().unwrap().contains("由先进制造业谈判专班先行洽谈：契合竹产业"), "{told}");
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    assert_eq!(test.get(&path, Some(&negotiator)).await.expect(200)["contact_phone_masked"], "190******02");
    let handed = act(&test, &force, &lead, "handovers", json!({"unit_id": "430923"})).await;
    let answer =
        format!("/api/v1/leads/handovers/{}/returns", handed["handovers"][0]["id"].as_str().unwrap());
    test.post(&answer, Some(&other), &json!({"reason": "用地不足"})).await.expect(201);
    let handed = act(&test, &force, &lead, "handovers", json!({"unit_id": COUNTY})).await;
    let answer =
        format!("/api/v1/leads/handovers/{}/acceptances", handed["handovers"][1]["id"].as_str().unwrap());
    test.post(&answer, Some(&official), &json!({})).await.expect(201);
    let slips = |person: Person| {
        let test = &test;
        async move { test.get("/api/v1/leads/credit-slips", Some(&person)).await.expect(200)["items"].clone() }
    };
    let first = slips(force.clone()).await[0].clone();
    let shares: Vec<(&str, i64)> = first["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["part"].as_str().unwrap(), s["basis_points"].as_i64().unwrap()))
        .collect();
    let wanted = [
        ("first_contact", 4545),
        ("later_contact", 455),
        ("negotiation", 909),
        ("passing_on", 455),
        ("landing", 3636),
    ];
    assert_eq!(shares, wanted, "50:5:10:5:40 of 110");
    for person in [&one, &two, &official, &other] {
        let seen = slips(person.clone()).await;
        assert_eq!(seen.as_array().unwrap().len(), 1, "each party sees the slip");
        assert!(seen[0]["shares"].as_array().unwrap().iter().any(|s| s["own"] == true));
    }
    assert_eq!(slips(test.person(Role::Consultant).await).await, json!([]));
    let rule = json!({"effective_at": test.app.now().plus(chrono::Duration::minutes(1)), "first_contact": 10,
        "later_contact": 0, "negotiation": 0, "passing_on": 0, "landing": 90, "reason": "新办法"});
    test.post("/api/v1/leads/credit-rules", Some(&administrator), &rule).await.expect(201);
    test.app.clock.advance(chrono::Duration::minutes(2));
    assert_eq!(slips(force.clone()).await[0], first, "an old slip stays as it was");
    for sql in [
        "UPDATE lead_credit_shares SET basis_points = 1",
        "DELETE FROM lead_credit_slips",
        "UPDATE lead_credit_rules SET landing = 1",
        "INSERT INTO lead_credit_slips SELECT 'x', lead_id, 9, rule_version, cause, made_at FROM lead_credit_slips",
        "INSERT INTO lead_credit_shares SELECT slip_id, 99, part, party, unit_id, account_id, source, weight, sharers, basis_points FROM lead_credit_shares",
    ] {
        assert!(!execute(&test, sql.to_owned()).await, "{sql}");
    }
}

async fn negotiator(test: &TestApp, force: TaskForce) -> Person {
    let person = test.person(Role::Negotiator).await;
    let id: AccountId = person.id.parse().unwrap();
    test.app.db.write(move |conn| set_task_forces(conn, &id, &[force])).await.unwrap();
    person
}

/// How often an inbox holds a title.
async fn told(test: &TestApp, person: &Person, title: &str) -> usize {
    let inbox = test.get("/api/v1/notifications?limit=100", Some(person)).await.expect(200);
    inbox["items"].as_array().unwrap().iter().filter(|n| n["title"] == title).count()
}

#[actix_web::test]
async fn the_task_force_of_its_industry_has_the_first_talk_and_the_credit_for_it() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let official = test.official(COUNTY).await;
    let (makers, farmers) =
        (negotiator(&test, TaskForce::Manufacturing).await, negotiator(&test, TaskForce::Agriculture).await);
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let may = |person: Person| {
        let (test, path) = (&test, &path);
        async move { test.get(path, Some(&person)).await.expect(200)["may"].clone() }
    };
    assert_eq!(may(makers.clone()).await, json!([]), "nobody has screened it");
    let screening = |task_force: Value| json!({"value": 4, "fit": 5, "outcome": "keep", "note": "契合", "task_force": task_force});
    act(&test, &force, &lead, "screenings", screening(Value::Null)).await;
    tell(&test.app).await.unwrap();
    let title = "招商信息待谈判";
    assert_eq!((told(&test, &makers, title).await, told(&test, &farmers, title).await), (1, 0));
    let in_hand = |person: Person| {
        let test = &test;
        async move {
            let list = test.get("/api/v1/leads?negotiating=true", Some(&person)).await.expect(200);
            let items = list["items"].as_array().unwrap();
            items.iter().map(|l| l["enterprise_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!((in_hand(makers.clone()).await.len(), in_hand(farmers.clone()).await.len()), (1, 0));
    // A task force without a member: every negotiator stands in for it.
    let other = submit(&test, &consultant, "云梦物流", "19000000002").await["lead"].clone();
    act(&test, &force, &other, "screenings", screening(json!("services"))).await;
    tell(&test.app).await.unwrap();
    assert_eq!((told(&test, &makers, title).await, told(&test, &farmers, title).await), (2, 1));
    assert_eq!(in_hand(makers.clone()).await, ["云梦物流", "腾飞竹业"]);
    assert_eq!(in_hand(farmers.clone()).await, ["云梦物流"]);

    let met = json!({"way": "meeting", "words": "初谈用地"});
    let until = test.app.now().plus(chrono::Duration::days(3));
    let pause = json!({"reason": "等客商提供用水数据", "until_at": until});
    for (what, body) in [("contacts", &met), ("pauses", &pause), ("resumptions", &json!({}))] {
        let there = format!("{path}/{what}");
        assert_eq!(test.post(&there, Some(&farmers), body).await.status, 404, "{what}");
        assert_eq!(test.post(&there, Some(&consultant), body).await.status, 403, "{what}");
    }
    assert_eq!(may(farmers.clone()).await, json!([]));
    let all = json!(["reveal", "contact", "pause", "ask_confirmation", "attach"]);
    assert_eq!(may(makers.clone()).await, all);
    let receipt = test.get(&format!("{path}/receipt"), Some(&makers)).await;
    assert_eq!(receipt.status, 404, "the receipt says all unmasked: it is the submitter's");
    let talked = act(&test, &makers, &lead, "contacts", met).await;
    assert_eq!(talked["clock"]["kind"], "screening", "the city is still waited for");
    act(&test, &makers, &lead, "pauses", pause).await;
    let resumed = act(&test, &makers, &lead, "resumptions", json!({})).await;
    assert!(resumed["clock"]["due_at"].is_string());
    let all = moments(&test, &consultant, &lead).await;
    assert_eq!((count(&all, "negotiated"), count(&all, "paused"), count(&all, "resumed")), (1, 1, 1));
    let talk = all.iter().find(|m| m["kind"] == "negotiated").unwrap();
    assert_eq!(talk["words"], "先进制造业谈判专班 · 面谈：初谈用地");
    assert_eq!(talk["words_en"], "Advanced manufacturing · Meeting: 初谈用地");

    let handed = act(&test, &force, &lead, "handovers", json!({"unit_id": COUNTY})).await;
    let handover = handed["handovers"][0]["id"].as_str().unwrap();
    let accept = format!("/api/v1/leads/handovers/{handover}/acceptances");
    test.post(&accept, Some(&official), &json!({})).await.expect(201);
    assert_eq!(in_hand(makers.clone()).await, ["云梦物流"]);
    let rest = json!(["reveal", "ask_confirmation", "attach"]);
    assert_eq!(may(makers.clone()).await, rest, "the county talks now");
    let late = json!({"way": "phone", "words": "再谈"});
    assert_eq!(test.post(&format!("{path}/contacts"), Some(&makers), &late).await.status, 404);
    for (person, own) in [(&makers, true), (&force, false)] {
        let slips = test.get("/api/v1/leads/credit-slips", Some(person)).await.expect(200);
        let shares = slips["items"][0]["shares"].as_array().unwrap();
        let negotiation: Vec<&Value> = shares.iter().filter(|s| s["part"] == "negotiation").collect();
        assert_eq!(negotiation.len(), 1);
        assert_eq!(negotiation[0]["own"], own, "whoever negotiated, not whoever screened");
        assert!(negotiation[0]["source"].as_str().unwrap().starts_with("contact/"));
    }
}

async fn execute(test: &TestApp, sql: String) -> bool {
    let changed = test.app.db.write(move |conn| {
        match conn {
            db::DbConn::Pg(conn) => conn.batch_execute(&sql),
            db::DbConn::Sqlite(conn) => conn.batch_execute(&sql),
        }
        .map_err(Into::into)
    });
    changed.await.is_ok()
}

#[actix_web::test]
async fn a_unit_claims_no_more_than_it_may_and_of_two_units_one_gets_the_lead() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let (official, other) = (test.official(COUNTY).await, test.official("430923").await);
    for n in 0..6 {
        let name = format!("第{n}家互不相同的竹业{n}厂");
        let lead = submit(&test, &consultant, &name, &format!("19000001{n:03}")).await["lead"].clone();
        act(&test, &force, &lead, "pool-places", json!({"reason": "各地均可承接"})).await;
    }
    let pool = test.get("/api/v1/leads/pool", Some(&official)).await.expect(200);
    let contacts = ["190000", "190*"].iter().any(|phone| pool.to_string().contains(phone));
    assert!(!contacts, "contacts are shown after the claim");
    let places: Vec<String> =
        pool["items"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
    let claim = |person: Person, place: String| {
        let test = &test;
        async move {
            let path = format!("/api/v1/leads/pool/{place}/claims");
            test.post(&path, Some(&person), &json!({"reason": "产业契合"})).await
        }
    };
    let (left, right) = futures_util::join!(
        claim(official.clone(), places[0].clone()),
        claim(other.clone(), places[0].clone())
    );
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let (winner, held) = if left.status == 201 { (official, left) } else { (other, right) };
    for place in &places[1..5] {
        claim(winner.clone(), place.clone()).await.expect(201);
    }
    let full = claim(winner.clone(), places[5].clone()).await;
    assert_eq!(full.code(), "pool.limit_reached");
    act(&test, &winner, &held.body, "contacts", json!({"way": "meeting", "words": "面谈"})).await;
    claim(winner, places[5].clone()).await.expect(201);
}

#[actix_web::test]
async fn a_consultant_sees_what_became_of_what_they_brought() {
    let test = start().await;
    let force = test.person(Role::InformationTaskForce).await;
    let (consultant, other) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let phone = phone_of(&test, &consultant).await;
    let new = json!({"kind": "chamber", "name": "上海益阳商会（示例）", "phone": phone, "region": "上海",
        "begins_on": "2026-01-01", "ends_on": "2028-12-31"});
    let path = "/api/v1/leads/appointments";
    assert_eq!(test.post(path, Some(&consultant), &new).await.status, 403);
    let mut wrong = new.clone();
    wrong["ends_on"] = json!("2025-12-31");
    assert_eq!(test.post(path, Some(&force), &wrong).await.code(), "appointment.term");
    let made = test.post(path, Some(&force), &new).await.expect(201);
    assert_eq!(test.post(path, Some(&force), &new).await.code(), "appointment.already_appointed");
    let records = format!("{path}/{}/records", made["id"].as_str().unwrap());
    let meeting = json!({"kind": "meeting", "held_on": "2026-05-01", "title": "沪上恳谈会", "amount_fen": 1});
    assert_eq!(test.post(&records, Some(&force), &meeting).await.status, 422, "money belongs to awards");
    let award =
        json!({"kind": "award", "held_on": "2026-06-01", "title": "年度招商顾问", "amount_fen": 500_000});
    test.post(&records, Some(&force), &award).await.expect(201);
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    submit(&test, &consultant, "另一家电子厂", "19000000002").await;
    let screening = json!({"value": 1, "fit": 1, "outcome": "decline", "note": "已停业"});
    act(&test, &force, &lead, "screenings", screening).await;
    let own = test.get(path, Some(&consultant)).await.expect(200)["items"][0].clone();
    assert_eq!((&own["brought"]["submitted"], &own["brought"]["declined"]), (&json!(2), &json!(1)));
    assert_eq!(own["records"][0]["amount_fen"], 500_000);
    assert_eq!(test.get(path, Some(&other)).await.expect(200)["items"], json!([]));
    let end = format!("{path}/{}/endings", made["id"].as_str().unwrap());
    let ended = test.post(&end, Some(&force), &json!({"reason": "任期届满"})).await.expect(201);
    assert_eq!(ended["running"], false);
}

async fn phone_of(test: &TestApp, person: &Person) -> String {
    use palm::people::auth::{Account, AccountId};
    let id: AccountId = person.id.parse().unwrap();
    test.app.read(move |conn| Ok(Account::find(conn, &id)?.phone)).await.unwrap()
}

#[actix_web::test]
async fn a_photo_is_attached_and_what_only_calls_itself_one_is_refused() {
    let test = start().await;
    let (consultant, other) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    let path = format!("/api/v1/leads/{}/attachments", lead["id"].as_str().unwrap());
    let post = |person: &Person, name: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = test.client.post(test.url(&path)).bearer_auth(&person.token);
        let request = request.header("Idempotency-Key", palm::platform::id::fresh()).multipart(form);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let photo = b"\xff\xd8\xff\xe0 a photo".to_vec();
    assert_eq!(post(&other, "a.jpg", photo.clone()).await.0, 404);
    assert_eq!(post(&consultant, "a.jpg", b"<html>".to_vec()).await.0, 422);
    assert_eq!(post(&consultant, "a.jpg", vec![0xff; 11 << 20]).await.0, 413);
    let (status, seen) = post(&consultant, "名片.jpg", photo.clone()).await;
    assert_eq!((status, &seen["attachments"][0]["kind"]), (201, &json!("photo")));
    let shown = format!("/api/v1/lead-attachments/{}", seen["attachments"][0]["id"].as_str().unwrap());
    assert_eq!(test.bytes(&shown, &consultant).await, photo);
    assert_eq!(test.get(&shown, Some(&other)).await.status, 404);
    for _ in 1..6 {
        assert_eq!(post(&consultant, "b.jpg", photo.clone()).await.0, 201);
    }
    assert_eq!(post(&consultant, "c.jpg", photo).await.1["code"], "attachment.too_many");
}

#[actix_web::test]
async fn a_voice_note_of_any_recorder_is_attached_once_however_often_it_is_sent() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    let path = format!("/api/v1/leads/{}/attachments", lead["id"].as_str().unwrap());
    let post = async |key: &str, name: &str, bytes: &[u8]| {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = test.client.post(test.url(&path)).bearer_auth(&consultant.token);
        let answer = request.header("Idempotency-Key", key).multipart(form).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let notes: [(&str, &[u8], &str); 6] = [
        ("safari.m4a", b"\0\0\0\x20ftypM4A voice", "audio/mp4"),
        ("chromium.webm", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm voice", "audio/webm"),
        ("firefox.ogg", b"OggS\0\x02 OpusHead voice", "audio/ogg"),
        ("wechat.mp3", b"\xff\xf3\x18\xc4 voice", "audio/mpeg"),
        ("wechat.aac", b"\xff\xf1\x50\x80 voice", "audio/aac"),
        ("old.amr", b"#!AMR voice", "audio/amr"),
    ];
    for (n, (name, bytes, media_type)) in notes.into_iter().enumerate() {
        // The first answer is lost; the last note fills what a lead may have.
        for _ in 0..2 {
            let (status, seen) = post(&name.replace('.', "-"), name, bytes).await;
            let all = seen["attachments"].as_array().unwrap();
            assert_eq!((status, all.len()), (201, n + 1), "{name}");
            assert_eq!((&all[n]["kind"], &all[n]["name"]), (&json!("voice"), &json!(name)));
        }
        let seen =
            test.get(&format!("/api/v1/leads/{}", lead["id"].as_str().unwrap()), Some(&consultant)).await;
        let shown =
            format!("/api/v1/lead-attachments/{}", seen.body["attachments"][n]["id"].as_str().unwrap());
        let heard = test.client.get(test.url(&shown)).bearer_auth(&consultant.token).send().await.unwrap();
        assert_eq!(heard.headers()["content-type"], media_type);
        assert_eq!(heard.bytes().await.unwrap(), bytes);
    }
    assert_eq!(post("more", "more.mp3", notes[3].1).await.1["code"], "attachment.too_many");
    assert_eq!(post("film", "film.ogg", b"OggS\0\x02 theora").await.1["code"], "attachment.type_refused");
}
