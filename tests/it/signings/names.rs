//! Names: rare ones stand on the paper, and what no font has is refused where it was entered, by whose name it is.
use super::ground::{people, values};
use crate::support::{Answer, Person, TestApp};
use diesel::prelude::*;
use palm::people::auth::{AccountState, Role};
use palm::platform::db::DbConn;
use serde_json::{Value, json};

/// Gives an account another name, whatever a form would have taken.
async fn rename(test: &TestApp, who: &Person, name: &'static str) {
    let id = who.id.clone();
    let set = move |conn: &mut DbConn| {
        use palm::schema::auth_accounts as t;
        diesel::update(t::table.find(&id)).set(t::name.eq(name)).execute(conn)?;
        Ok(())
    };
    test.app.db.write(set).await.unwrap();
}

async fn draft(test: &TestApp, official: &Person, project: &str, signers: Value) -> Answer {
    let new = json!({"project_id": project, "template_code": "framework_agreement", "values": values(), "signers": signers});
    test.post("/api/v1/signings/agreements", Some(official), &new).await
}

/// Each field that was refused, with its sentence.
fn refused(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!((answer.status, answer.code()), (422, "request.invalid"), "{}", answer.body);
    let errors = answer.body["errors"].as_array().unwrap();
    assert!(errors.iter().all(|one| one["code"] == "paper.missing_glyph"), "{}", answer.body);
    let text = |one: &Value| one.as_str().unwrap().to_owned();
    errors.iter().map(|one| (text(&one["field"]), text(&one["detail"]))).collect()
}

#[actix_web::test]
async fn rare_names_of_people_and_organisations_stand_on_the_paper() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let third = test.person_of(&[Role::Investor], None, AccountState::Active).await;
    rename(&test, &investor, "喆堃犇").await;
    rename(&test, &third, "珺璟垚玥").await;
    let signers = json!([
        {"side": "host", "person_id": official.id, "step": 1},
        {"side": "investor", "person_id": investor.id, "step": 1, "authority": "法定代表人"},
        {"side": "third", "organisation": "益阳垚犇堃喆产业基金", "person_id": third.id, "step": 1},
    ]);
    let made = draft(&test, &official, &project, signers).await.expect(201);
    let path = format!("/api/v1/signings/agreements/{}", made["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    let file = test.place().path().join("names.pdf");
    std::fs::write(&file, test.bytes(&format!("{path}/document"), &official).await).unwrap();
    let text = std::process::Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
    assert!(text.status.success());
    let words: String = String::from_utf8(text.stdout).unwrap().split_whitespace().collect();
    for name in ["签署人：喆堃犇（法定代表人）", "签署人：珺璟垚玥", "益阳垚犇堃喆产业基金"]
    {
        assert!(words.contains(name), "{name}: {words}");
    }
}

#[actix_web::test]
async fn what_cannot_be_printed_is_refused_where_it_was_entered_and_says_whose_it_is() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    rename(&test, &investor, "张\u{1f409}").await;
    let host = json!({"side": "host", "person_id": official.id, "step": 1, "authority": "代表\u{1f600}"});
    let other = json!({"side": "investor", "person_id": investor.id, "step": 1});
    let answer = draft(&test, &official, &project, json!([host, other])).await;
    let told = refused(&answer);
    assert_eq!(
        told.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(),
        ["signers[0].authority", "signers[1].phone"]
    );
    assert!(told[1].1.contains("“张\u{1f409}”"), "{told:?}");
    // Without a list the same people sign.
    let told = refused(&draft(&test, &official, &project, json!([])).await);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "signers"));

    // A name that was put on record before is named when the paper is to be set.
    rename(&test, &investor, "张示例").await;
    let made = draft(&test, &official, &project, json!([])).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/signings/agreements/{id}");
    let spoil = move |conn: &mut DbConn| {
        use palm::schema::agreement_parties as t;
        let party = t::table.filter(t::agreement_id.eq(&id)).filter(t::seq.eq(1));
        diesel::update(party).set(t::organisation.eq("湖南\u{1f409}有限公司")).execute(conn)?;
        Ok(())
    };
    test.app.db.write(spoil).await.unwrap();
    let told = refused(&test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "parties[0].organisation"));
    assert!(told[0].1.contains("湖南\u{1f409}有限公司"), "{told:?}");
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["state"], "draft");
}
