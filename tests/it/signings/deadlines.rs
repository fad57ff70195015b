//! The time for signing: set when an agreement is sent, told before it ends to those whose turn it is, once for each reminder.
use chrono::Duration;
use palm::deals::signings::EvidenceAction;
use palm::deals::signings::jobs::remind_of_ends;
use palm::platform::clock::Time;
use palm::platform::db::DbConn;
use serde_json::{Value, json};

use super::ground::{people, sign, values};
use crate::support::{Person, TestApp};

async fn draft(test: &TestApp, official: &Person, project: &str) -> String {
    let draft = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let draft = test.post("/api/v1/signings/agreements", Some(official), &draft).await.expect(201);
    draft["id"].as_str().unwrap().to_owned()
}

fn dispatches(id: &str) -> String {
    format!("/api/v1/signings/agreements/{id}/dispatches")
}

/// What the evidence of an agreement says of its reminders.
async fn reminders(test: &TestApp, id: &str) -> Vec<Value> {
    use diesel::prelude::*;
    use palm::schema::agreement_evidence as t;
    let id = id.to_owned();
    let find = move |conn: &mut DbConn| {
        let mine = t::table.filter(t::agreement_id.eq(id)).filter(t::action.eq(EvidenceAction::Reminded));
        Ok(mine.order(t::seq.asc()).select(t::payload).load::<String>(conn)?)
    };
    let found = test.app.read(find).await.unwrap();
    found.iter().map(|payload| serde_json::from_str(payload).unwrap()).collect()
}

/// Titles of what a person was told about the time that is left.
async fn told(test: &TestApp, who: &Person) -> usize {
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&test.renewed(who))).await.expect(200);
    let title = |one: &Value| one["title_en"].as_str().unwrap_or_default().starts_with("Less than");
    inbox["items"].as_array().unwrap().iter().filter(|one| title(one)).count()
}

#[actix_web::test]
async fn the_office_sets_the_time_within_bounds_and_the_house_where_it_does_not() {
    let test = TestApp::start_with(&["--signing-days", "20"]).await;
    let (official, _, project) = people(&test).await;
    let id = draft(&test, &official, &project).await;
    for wrong in [0, 366] {
        let body = json!({"sign_within_days": wrong});
        let refused = test.post(&dispatches(&id), Some(&official), &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("sign_within_days")));
    }
    for (body, days) in [(json!({"sign_within_days": 5}), 5), (json!({}), 20)] {
        let id = draft(&test, &official, &project).await;
        let sent = test.post(&dispatches(&id), Some(&official), &body).await.expect(201);
        let time = |name: &str| serde_json::from_value::<Time>(sent[name].clone()).unwrap();
        assert_eq!(time("expires_at"), time("dispatched_at").plus(Duration::days(days)));
    }
}

#[actix_web::test]
async fn whose_turn_it_is_hears_of_the_end_three_days_and_one_day_before_it() {
    let test = TestApp::start().await;
    let (other, _) = test.another().await;
    let (official, investor, project) = people(&test).await;
    let id = draft(&test, &official, &project).await;
    test.post(&dispatches(&id), Some(&official), &json!({"sign_within_days": 10})).await.expect(201);
    let brief = draft(&test, &official, &project).await;
    test.post(&dispatches(&brief), Some(&official), &json!({"sign_within_days": 1})).await.expect(201);
    let later = async |hours: i64| {
        for app in [&test.app, &other] {
            app.clock.advance(Duration::hours(hours));
        }
        // Two instances at once, and one of them again.
        let (one, two) = futures_util::join!(remind_of_ends(test.app.clone()), remind_of_ends(other.clone()));
        one.and(two).unwrap();
        remind_of_ends(test.app.clone()).await.unwrap();
    };
    later(0).await;
    assert!(reminders(&test, &brief).await.is_empty(), "it was sent with no more time than that");
    later(7 * 24 - 1).await;
    assert!(reminders(&test, &id).await.is_empty());
    later(1).await;
    assert_eq!(reminders(&test, &id).await, [json!({"days_left": 3, "fields": ["investor"]})]);
    assert_eq!((told(&test, &investor).await, told(&test, &official).await), (1, 0));

    sign(&test, &test.renewed(&investor), &id).await.expect(201);
    later(48).await;
    let all = reminders(&test, &id).await;
    assert_eq!(all[1..], [json!({"days_left": 1, "fields": ["host"]})]);
    assert_eq!((told(&test, &investor).await, told(&test, &official).await), (1, 1));
    later(30).await;
    assert_eq!(reminders(&test, &id).await.len(), 2, "nothing is told of what has ended");
}
