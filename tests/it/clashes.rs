//! Two claims on one investor: who came first under a race, the case, the ruling, the appeal, the investor's word.
use crate::support::{Person, TestApp, ask};
use palm::deals::leads::{Lead, LeadId, LeadState, LedgerHead, LikenessReview, Standing, verify_ledger};
use palm::libraries::industry::Industry;
use palm::people::auth::{AccountId, Role};
use palm::platform::credit_code::CreditCode;
use palm::platform::id;
use serde_json::{Value, json};
use std::path::Path;

pub async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn lead(name: &str, phone: &str) -> Value {
    json!({"enterprise_name": name, "contact_name": "王小明", "contact_phone": phone, "industry": "bamboo",
        "intention": "拟建竹纤维生产线"})
}

fn coded(name: &str, phone: &str, code: &CreditCode) -> Value {
    let mut lead = lead(name, phone);
    lead["credit_code"] = json!(code);
    lead
}

pub async fn submit(test: &TestApp, person: &Person, name: &str, phone: &str) -> Value {
    test.post("/api/v1/leads", Some(person), &lead(name, phone)).await.expect(201)
}

async fn cases(test: &TestApp, person: &Person) -> Vec<Value> {
    let path = "/api/v1/lead-likeness-reviews?limit=100";
    test.get(path, Some(person)).await.expect(200)["items"].as_array().unwrap().clone()
}

/// What is wrong with a race of two claims: one of them is first, and the desk has one case between them.
async fn race_faults(test: &TestApp, force: &Person, stem: &str) -> Vec<String> {
    let all = test.get("/api/v1/leads?limit=100", Some(force)).await.expect(200);
    let mut two: Vec<&Value> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["enterprise_name"].as_str().unwrap().contains(stem))
        .collect();
    two.sort_by_key(|l| l["number"].as_str().unwrap().to_owned());
    let of_these = |c: &&Value| {
        c["claims"].as_array().unwrap().iter().all(|claim| two.iter().any(|l| l["id"] == claim["lead_id"]))
    };
    let desk = cases(test, force).await;
    let between: Vec<&Value> = desk.iter().filter(of_these).collect();
    let mut faults = Vec::new();
    if two.len() != 2 {
        faults.push(format!("{stem}: {} leads", two.len()));
    }
    let standings: Vec<&Value> = two.iter().map(|l| &l["standing"]).collect();
    if standings != ["first", "undecided"] {
        faults.push(format!("{stem}: {standings:?}"));
    }
    if between.len() != 1 {
        faults.push(format!("{stem}: {} cases", between.len()));
    }
    if let [case] = between[..] {
        let claims = case["claims"].as_array().unwrap();
        if claims[0]["sequence"].as_i64() >= claims[1]["sequence"].as_i64() {
            faults.push(format!("{stem}: not in the ledger's order"));
        }
    }
    faults
}

#[actix_web::test]
async fn of_two_claims_at_once_on_two_instances_one_is_first_and_the_desk_has_one_case() {
    // A third of them each by name, by credit code alone and by telephone alone.
    const ROUNDS: usize = 42;
    let test = start().await;
    let (_other, address) = test.another().await;
    let (one, two) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let force = test.person(Role::InformationTaskForce).await;
    let mut faults = Vec::new();
    for round in 0..ROUNDS {
        let stem = format!("竞速{round}号竹业");
        let (one_phone, other_phone) = (format!("190000{round:05}"), format!("191000{round:05}"));
        // What stands in brackets tells nothing: it is there for the check below to find the two by.
        let (first, second) =
            (format!("丹枫{round}号茶业（{stem}）"), format!("青竹{round}号纸业（{stem}）"));
        let (a, b) = match round % 3 {
            0 => (
                lead(&format!("益阳市{stem}有限公司"), &one_phone),
                lead(&format!("湖南{stem}（集团）股份有限公司"), &other_phone),
            ),
            1 => {
                let code = CreditCode::complete(&format!("91430900MA4L{round:05}")).unwrap();
                (coded(&first, &one_phone, &code), coded(&second, &other_phone, &code))
            }
            _ => (lead(&first, &one_phone), lead(&second, &one_phone)),
        };
        let (ka, kb) = (id::fresh(), id::fresh());
        let (left, right) = futures_util::join!(
            ask(&test.client, test.address, "POST", "/api/v1/leads", Some(&one), Some(&a), &ka),
            ask(&test.client, address, "POST", "/api/v1/leads", Some(&two), Some(&b), &kb),
        );
        left.unwrap().expect(201);
        right.unwrap().expect(201);
        faults.extend(race_faults(&test, &force, &stem).await);
    }
    assert_eq!(faults, Vec::<String>::new());
    let key = test.app.ledger_signer.key();
    let seen = test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap();
    assert_eq!((seen.entries, seen.broken), (2 * ROUNDS as i64, None));
    println!("{ROUNDS} races on two instances: one first and one case each");
}

/// The broken twin: it looks for like leads before it takes the ledger, as check-then-insert does.
#[actix_web::test]
async fn the_check_finds_a_twin_that_looks_before_it_takes_the_ledger() {
    let test = start().await;
    let (one, two) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let force = test.person(Role::InformationTaskForce).await;
    let now = test.app.now();
    let make = |person: &Person, name: &str, phone: &str| {
        let (name_key, name_stem) = palm::libraries::likeness::keys_of(name);
        let by: AccountId = person.id.parse().unwrap();
        Lead {
            id: LeadId::fresh(),
            number: String::new(),
            enterprise_name: name.to_owned(),
            credit_code: None,
            contact_name: "王小明".to_owned(),
            contact_phone: phone.to_owned(),
            industry: Industry::Bamboo,
            intention: "建厂".to_owned(),
            submitted_for: None,
            submitted_by: by,
            submitted_by_unit: None,
            submitted_at: now,
            salt: palm::platform::random::token(),
            name_key,
            name_stem,
            state: LeadState::Submitted,
            standing: Standing::First,
            unit_id: None,
            task_force: None,
        }
    };
    let a = make(&one, "益阳市孪生竹业有限公司", "19000000001");
    let b = make(&two, "湖南孪生竹业集团公司", "19000000002");
    let looked = futures_util::join!(
        test.app.read({
            let a = a.clone();
            move |conn| a.candidates(conn, 30)
        }),
        test.app.read({
            let b = b.clone();
            move |conn| b.candidates(conn, 30)
        }),
    );
    for (lead, earlier) in [(a, looked.0.unwrap()), (b, looked.1.unwrap())] {
        let write = test.app.db.write(move |conn| {
            let head = LedgerHead::take(conn)?;
            let number = format!("L2026-{:06}", head.next_sequence());
            let lead = Lead { number, submitted_at: head.next_at(now), ..lead.clone() };
            lead.insert(conn)?;
            head.append(conn, &lead)?;
            LikenessReview::open_all(conn, &lead, &earlier, now).map(|_| ())
        });
        write.await.unwrap();
    }
    let faults = race_faults(&test, &force, "孪生竹业").await;
    assert_eq!(faults.len(), 2, "two firsts and no case: {faults:?}");
}

/// Forty earlier leads share a hotline and the first characters of the name: they hide neither the one with the same
/// credit code, nor the one with the very name, nor its branch, all of which came after them.
#[actix_web::test]
async fn what_many_share_hides_no_likeness() {
    let test = start().await;
    let consultant = test.person(Role::Consultant).await;
    let force = test.person(Role::InformationTaskForce).await;
    let (hotline, code) = ("19000000000", CreditCode::complete("91430900MA4L00000").unwrap());
    for n in 0..40 {
        submit(&test, &consultant, &format!("绿野仙踪{n}号茶业"), hotline).await;
    }
    let kept = |body: Value| {
        let (test, consultant) = (&test, &consultant);
        async move { test.post("/api/v1/leads", Some(consultant), &body).await.expect(201)["lead"].clone() }
    };
    let same_code = kept(coded("丹枫纸业", "19000000001", &code)).await;
    let same_name = kept(lead("绿野仙踪茶业有限公司", "19000000002")).await;
    let branch = kept(lead("绿野仙踪茶业桃江种植基地", "19000000003")).await;
    let parent = kept(lead("绿野仙踪", "19000000004")).await;
    let last = kept(coded("湖南绿野仙踪茶业（集团）公司", hotline, &code)).await;
    let path = format!("/api/v1/leads/{}", last["id"].as_str().unwrap());
    let seen = test.get(&path, Some(&force)).await.expect(200);
    let alike = seen["likeness"].as_array().unwrap();
    let reasons =
        |lead: &Value| alike.iter().find(|l| l["lead_id"] == lead["id"]).map(|l| l["reasons"].clone());
    assert_eq!(reasons(&same_code), Some(json!(["credit_code"])));
    assert_eq!(reasons(&same_name), Some(json!(["name"])));
    assert_eq!(reasons(&branch), Some(json!(["parent"])));
    assert_eq!(reasons(&parent), Some(json!(["parent"])));
    let by_phone = alike.iter().filter(|l| l["reasons"] == json!(["phone"])).count();
    assert_eq!((by_phone, alike.len()), (30, 34), "the earliest thirty of the hotline besides");
}

#[actix_web::test]
async fn both_sides_see_their_case_masked_and_one_appeals_to_another_person() {
    let test = start().await;
    let (one, two) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let stranger = test.person(Role::Consultant).await;
    let (force, other) =
        (test.person(Role::InformationTaskForce).await, test.person(Role::InformationTaskForce).await);
    let first = submit(&test, &one, "益阳市腾飞竹业有限公司", "19000000001").await["lead"].clone();
    let later = submit(&test, &two, "腾飞竹业公司", "19000000001").await["lead"].clone();
    let case = cases(&test, &force).await.remove(0);
    assert_eq!(case["reasons"], json!(["name", "phone"]));
    assert_eq!(case["suggestion"]["decision"], "same");
    assert_eq!(case["suggestion"]["first_lead_id"], first["id"]);
    assert_eq!(case["suggestion"]["because"], json!(["name_and_phone", "earlier_submission"]));
    assert_eq!(case["may"], json!(["decide"]));
    let path = format!("/api/v1/lead-likeness-reviews/{}", case["id"].as_str().unwrap());
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    assert_eq!(cases(&test, &stranger).await.len(), 0);
    let seen = test.get(&path, Some(&two)).await.expect(200);
    assert_eq!(seen["leads"].as_array().unwrap().len(), 1, "one sees one's own lead alone");
    let (theirs, own) = (&seen["claims"][0], &seen["claims"][1]);
    assert_eq!((&theirs["own"], &own["own"]), (&json!(false), &json!(true)));
    assert_eq!((&theirs["number"], &theirs["submitter"]), (&Value::Null, &json!("王**")));
    assert!(!seen.to_string().contains("190000"), "no telephone of the other side");
    assert!(theirs["moments"].as_array().unwrap().iter().all(|m| m["by_name"].is_null()));

    let appeals = format!("{path}/appeals");
    let reason = json!({"reason": "我方先接触，有会谈纪要"});
    assert_eq!(test.post(&appeals, Some(&two), &reason).await.code(), "appeal.too_late");
    let ruling = json!({"decision": "same", "reason": "名称与电话相同"});
    test.post(&format!("{path}/decisions"), Some(&force), &ruling).await.expect(201);
    assert_eq!(test.post(&appeals, Some(&stranger), &reason).await.status, 404);
    let appealed = test.post(&appeals, Some(&two), &reason).await.expect(201);
    assert_eq!(appealed["may"], json!([]), "once");
    assert_eq!(test.post(&appeals, Some(&two), &reason).await.code(), "appeal.already_made");
    let answer = format!("/api/v1/leads/appeals/{}/answers", appealed["appeals"][0]["id"].as_str().unwrap());
    let change = json!({"answer": "纪要属实", "ruling": {"decision": "same", "first_lead_id": later["id"], "reason": "纪要证明"}});
    assert_eq!(test.post(&answer, Some(&force), &change).await.code(), "appeal.same_person");
    let changed = test.post(&answer, Some(&other), &change).await.expect(201);
    assert_eq!(
        (&changed["first_lead_id"], &changed["appeals"][0]["state"]),
        (&later["id"], &json!("changed"))
    );
    assert_eq!(
        (&changed["claims"][0]["standing"], &changed["claims"][1]["standing"]),
        (&json!("later"), &json!("first"))
    );
    assert_eq!(test.post(&answer, Some(&force), &change).await.code(), "appeal.already_answered");
    let ledger = test.get("/api/v1/leads/ledger", None).await.expect(200);
    let kinds: Vec<&str> =
        ledger["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["submission", "submission", "ruling", "ruling"]);
    // The other side's time to appeal is over after the days that were set.
    test.app.clock.advance(chrono::Duration::days(16));
    let late = test.post(&appeals, Some(&test.renewed(&one)), &reason).await;
    assert_eq!(late.code(), "appeal.too_late");
}

#[actix_web::test]
async fn the_investor_answers_by_a_link_once_and_the_answer_is_evidence() {
    let test = start().await;
    let (consultant, other) = (test.person(Role::Consultant).await, test.person(Role::Consultant).await);
    let force = test.person(Role::InformationTaskForce).await;
    let lead = submit(&test, &consultant, "腾飞竹业", "19000000001").await["lead"].clone();
    let asks = format!("/api/v1/leads/{}/confirmations", lead["id"].as_str().unwrap());
    assert_eq!(test.post(&asks, Some(&other), &json!({})).await.status, 404);
    let link = test.post(&asks, Some(&consultant), &json!({})).await.expect(201);
    let (_, token) = link["link"].as_str().unwrap().rsplit_once("token=").unwrap();
    let path = format!("/api/v1/lead-confirmations/{}", link["id"].as_str().unwrap());
    let seen = test.get(&format!("{path}?token={token}"), None).await.expect(200);
    assert_eq!((&seen["contact_name"], &seen["answer"]), (&json!("王**"), &Value::Null));
    assert!(!seen.to_string().contains("19000000001"));
    let wrong = "0".repeat(token.len());
    assert_eq!(test.get(&format!("{path}?token={wrong}"), None).await.status, 404);
    let answers = format!("{path}/answers");
    let say = |answer: &str, token: &str| json!({"token": token, "answer": answer});
    assert_eq!(test.post(&answers, None, &say("agree", &wrong)).await.status, 404);
    let later = test.post(&answers, None, &say("later", token)).await.expect(200);
    assert_eq!(later["settled"], false);
    let (left, right) = {
        let (agree, disagree) = (say("agree", token), say("disagree", token));
        futures_util::join!(test.post(&answers, None, &agree), test.post(&answers, None, &disagree))
    };
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "of two different answers at once one stands");
    let stands = test.get(&format!("{path}?token={token}"), None).await.expect(200);
    let again = say(stands["answer"].as_str().unwrap(), token);
    assert_eq!(test.post(&answers, None, &again).await.expect(200)["sequence"], stands["sequence"]);
    let ledger = test.get("/api/v1/leads/ledger", None).await.expect(200);
    assert_eq!(ledger["items"].as_array().unwrap().len(), 3, "the submission and two answers");
    let key = test.app.ledger_signer.key();
    assert_eq!(test.app.read(move |conn| verify_ledger(conn, &key)).await.unwrap().broken, None);
    let told = test.get(&format!("/api/v1/leads/{}", lead["id"].as_str().unwrap()), Some(&force)).await;
    assert_eq!(told.expect(200)["confirmation"], stands["answer"]);

    let calls = format!("{path}/calls");
    test.post(&calls, None, &json!({"token": token, "words": "无人联系"})).await.expect(200);
    assert_eq!(test.post(&calls, None, &json!({"token": token})).await.code(), "confirmation.already_called");
    let moments = format!("/api/v1/leads/{}/moments", lead["id"].as_str().unwrap());
    let moments = test.get(&moments, Some(&consultant)).await.expect(200);
    let kinds: Vec<&str> =
        moments["items"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|k| **k == "called").count(), 1);
    assert_eq!(kinds.iter().filter(|k| **k == "escalated").count(), 1, "a call goes up one level");
    test.app.clock.advance(chrono::Duration::days(15));
    assert_eq!(test.get(&format!("{path}?token={token}"), None).await.code(), "confirmation.expired");
    assert_eq!(test.post(&answers, None, &again).await.code(), "confirmation.expired");
}

#[actix_web::test]
async fn anyone_leaves_word_so_often_a_day_and_keeps_a_receipt() {
    let test = start().await;
    let mut last = Value::Null;
    for n in 0..3 {
        last = test
            .post("/api/v1/leads/enquiries", None, &lead(&format!("来客{n}号"), "19000000001"))
            .await
            .expect(201);
    }
    let check = test.post("/api/v1/leads/receipt-checks", None, &last["receipt"]).await.expect(200);
    assert_eq!(check["genuine"], true);
    assert!(last["link"].as_str().unwrap().contains("/packages/leads/confirm/"));
    let refused = test.post("/api/v1/leads/enquiries", None, &lead("来客4号", "19000000001")).await;
    assert_eq!((refused.status, refused.code()), (429, "enquiry.too_many"));
    let key = id::fresh();
    let body = lead("来客5号", "19000000002");
    let once = test.keyed("POST", "/api/v1/leads/enquiries", None, Some(&body), &key).await.expect(201);
    let twice = test.keyed("POST", "/api/v1/leads/enquiries", None, Some(&body), &key).await.expect(201);
    assert_eq!(once, twice);
    for n in 6..22 {
        test.post("/api/v1/leads/enquiries", None, &lead(&format!("来客{n}号"), &format!("190000001{n:02}")))
            .await
            .expect(201);
    }
    let refused = test.post("/api/v1/leads/enquiries", None, &lead("来客23号", "19000000123")).await;
    assert_eq!(refused.code(), "enquiry.too_many", "one address has its number too");
    test.app.clock.advance(chrono::Duration::days(1));
    test.post("/api/v1/leads/enquiries", None, &lead("来客24号", "19000000001")).await.expect(201);
}
