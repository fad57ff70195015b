//! What the tests of this room share: a unit, a project, agreements with many signers, signatures without a telephone.
use std::net::SocketAddr;

use crate::support::{Answer, Person, TestApp, ask};
use palm::app::App;
use palm::people::auth::{AccountState, CodePurpose, OneTimeCode, Role};
use palm::platform::db::DbConn;
use palm::platform::hash_chain::sha256_hex;
use serde_json::{Value, json};

pub const UNIT: &str = "430903";

pub async fn units(test: &TestApp) {
    let seed = |conn: &mut DbConn| palm::people::units::seed(conn, std::path::Path::new("seeds")).map(|_| ());
    test.app.db.write(seed).await.unwrap();
}

/// A project of the unit with this investor, opened by the official.
pub async fn project(test: &TestApp, official: &Person, investor: &Person) -> String {
    let new = json!({"name": "年产万吨示例项目", "enterprise_name": "湖南犇腾新材料有限公司", "industry": "new_materials", "unit_id": UNIT});
    let made = test.post("/api/v1/projects", Some(official), &new).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    // The investor comes with the talk from which a project is opened; here there was none.
    let (wanted, who) = (id.clone(), investor.id.clone());
    let known = move |conn: &mut DbConn| {
        use diesel::prelude::*;
        use palm::schema::projects as t;
        diesel::update(t::table.find(&wanted)).set(t::investor_id.eq(Some(&who))).execute(conn)?;
        Ok(())
    };
    test.app.db.write(known).await.unwrap();
    id
}

pub async fn people(test: &TestApp) -> (Person, Person, String) {
    units(test).await;
    let official = test.official(UNIT).await;
    let investor = test.person(Role::Investor).await;
    let project = project(test, &official, &investor).await;
    (official, investor, project)
}

pub fn values() -> Value {
    json!({
        "project_name": "年产万吨示例项目", "enterprise_name": "湖南犇腾新材料有限公司", "site": "赫山区示例地块", "area_m2": 66667,
        "intended_investment_fen": 12_000_000_000_i64, "industry": "新材料", "start_on": "2027-03-01", "production_on": "2028-06-30",
        "cooperation": "分两期建设。", "government_support": "协调供电供水。", "valid_months": 12, "signing_place": "湖南省益阳市",
    })
}

/// An agreement that was sent, with signers on `steps`: the first is the official, the second the investor, the
/// rest are other parties'.
pub async fn sent(test: &TestApp, official: &Person, steps: &[i32]) -> (String, Vec<Person>) {
    let mut signers = vec![official.clone()];
    for _ in 1..steps.len() {
        signers.push(test.person_of(&[Role::Investor], None, AccountState::Active).await);
    }
    let project = project(test, official, &signers[1]).await;
    let side = |n: usize| ["host", "investor", "third"][n.min(2)];
    let named: Vec<Value> = signers
        .iter()
        .zip(steps)
        .enumerate()
        .map(|(n, (who, step))| {
            let mut one =
                json!({"side": side(n), "person_id": who.id, "step": step, "authority": "授权代表"});
            if n > 1 {
                one["organisation"] = format!("示例第{n}方有限公司").into();
            }
            one
        })
        .collect();
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values(), "signers": named});
    let draft = test.post("/api/v1/signings/agreements", Some(official), &draft).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    test.post(&format!("/api/v1/signings/agreements/{id}/dispatches"), Some(official), &json!({}))
        .await
        .expect(201);
    (id, signers)
}

/// A code for this signer and this text, made where the text message would be sent.
pub async fn code(app: &App, who: &Person, id: &str, text: &str) -> String {
    let (house, subject, who) = (app.clone(), format!("{id}:{text}"), who.id.parse().unwrap());
    let make = move |conn: &mut DbConn| {
        use diesel::prelude::*;
        use palm::schema::auth_codes as t;
        let phone = palm::people::auth::Account::find(conn, &who)?.phone;
        // Nobody here waits the minute between two messages to one telephone.
        diesel::delete(t::table.filter(t::phone.eq(&phone))).execute(conn)?;
        OneTimeCode::make(&house, conn, &phone, CodePurpose::Signature, &subject, house.now())
    };
    app.db.write(make).await.unwrap().digits
}

/// The words of consent in Chinese.
pub const CONSENT: &str = "我确认已阅读并同意本协议全部内容，同意以电子签名方式签署。";

/// What a signer's program says once all of the text was on the screen and every annex opened.
pub async fn whole_reading(test: &TestApp, who: &Person, id: &str) -> Value {
    let path = format!("/api/v1/signings/agreements/{id}");
    let seen = test.get(&path, Some(who)).await.expect(200);
    let text = test.get(&format!("{path}/text"), Some(who)).await.expect(200);
    let annexes: Vec<&Value> = seen["annexes"].as_array().unwrap().iter().map(|annex| &annex["id"]).collect();
    json!({
        "document_sha256": text["document_sha256"], "words_sha256": text["words_sha256"],
        "parts_seen": text["parts"].as_array().unwrap().len(), "seconds": 30, "annexes_opened": annexes,
    })
}

/// Reads the whole text; whoever is not on turn is refused, which shows when they sign.
pub async fn read(test: &TestApp, who: &Person, id: &str) -> Answer {
    let reading = whole_reading(test, who, id).await;
    test.post(&format!("/api/v1/signings/agreements/{id}/readings"), Some(who), &reading).await
}

/// What a signature needs at least.
pub fn proof(code: &str, text: &str) -> Value {
    json!({"code": code, "document_sha256": text, "consent_sha256": sha256_hex(CONSENT)})
}

/// Signs through the given instance.
pub async fn sign_at(test: &TestApp, address: SocketAddr, who: &Person, id: &str) -> Answer {
    let path = format!("/api/v1/signings/agreements/{id}");
    let seen = test.get(&path, Some(who)).await.expect(200);
    let text = seen["text_sha256"].as_str().unwrap().to_owned();
    read(test, who, id).await;
    let code = code(&test.app, who, id, &text).await;
    let body = proof(&code, &text);
    let key = palm::platform::id::fresh();
    ask(&test.client, address, "POST", &format!("{path}/signatures"), Some(who), Some(&body), &key)
        .await
        .unwrap()
}

pub async fn sign(test: &TestApp, who: &Person, id: &str) -> Answer {
    sign_at(test, test.address, who, id).await
}

pub async fn document(test: &TestApp, who: &Person, id: &str) -> Vec<u8> {
    test.bytes(&format!("/api/v1/signings/agreements/{id}/document"), who).await
}
