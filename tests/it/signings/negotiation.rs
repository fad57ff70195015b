//! Around a draft: rounds with both sides, the unit's own approval, and what follows an agreement that ended.
use super::ground::{UNIT, people, sent, sign, units, values};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};

async fn draft(test: &TestApp, official: &Person, project: &str) -> String {
    let new = json!({"project_id": project, "template_code": "framework_agreement", "values": values()});
    let made = test.post("/api/v1/signings/agreements", Some(official), &new).await.expect(201);
    format!("/api/v1/signings/agreements/{}", made["id"].as_str().unwrap())
}

#[actix_web::test]
async fn both_sides_negotiate_a_shared_draft_in_rounds_that_stay() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let path = draft(&test, &official, &project).await;
    // A draft that was not shared is the office's own.
    let proposal = json!({"values": {"area_m2": 50000}, "note": "面积减少"});
    assert_eq!(test.post(&format!("{path}/proposals"), Some(&investor), &proposal).await.status, 404);
    test.post(&format!("{path}/shares"), Some(&official), &json!({})).await.expect(201);
    let seen = test.get(&path, Some(&investor)).await.expect(200);
    assert!(seen["may"].as_array().unwrap().contains(&json!("propose")), "{seen}");
    let mut other = values();
    other["area_m2"] = 50_000.into();
    let proposal = json!({"values": other, "note": "面积减少"});
    test.post(&format!("{path}/proposals"), Some(&investor), &proposal).await.expect(201);
    // A proposal changes nothing by itself; wrong values are refused as in a draft.
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["values"]["area_m2"], 66667);
    let wrong = test
        .post(&format!("{path}/proposals"), Some(&investor), &json!({"values": {"area_m2": "many"}}))
        .await;
    assert_eq!((wrong.status, wrong.code()), (422, "request.invalid"));
    test.put(&path, Some(&official), &json!({"values": other})).await.expect(200);
    let rounds = test.get(&format!("{path}/rounds"), Some(&investor)).await.expect(200);
    let told: Vec<(&str, Vec<&str>)> = rounds["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|round| {
            let changes =
                round["changes"].as_array().unwrap().iter().map(|change| change["key"].as_str().unwrap());
            (round["kind"].as_str().unwrap(), changes.collect())
        })
        .collect();
    assert_eq!(told[0].0, "drafted");
    assert_eq!(told[1..], [("proposed", vec!["area_m2"]), ("drafted", vec!["area_m2"])]);
    let change = &rounds["items"][1]["changes"][0];
    assert_eq!((&change["from"], &change["to"]), (&json!(66667), &json!(50000)));
}

#[actix_web::test]
async fn a_text_that_waits_for_approval_is_not_sent_and_a_change_voids_the_yes() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let colleague = test.official(UNIT).await;
    let stranger = test.official("430902").await;
    let path = draft(&test, &official, &project).await;
    let ask = |who: &Person| json!({"approver_id": who.id});
    for who in [&official, &stranger] {
        let refused = test.post(&format!("{path}/approvals"), Some(&official), &ask(who)).await;
        assert_eq!((refused.status, refused.code()), (422, "approval.no_approver"));
    }
    test.post(&format!("{path}/approvals"), Some(&official), &ask(&colleague)).await.expect(201);
    // What the unit says to its own draft is not for the other side.
    test.post(&format!("{path}/shares"), Some(&official), &json!({})).await.expect(201);
    assert!(test.get(&path, Some(&investor)).await.expect(200)["approval"].is_null());
    assert!(test.get(&path, Some(&official)).await.expect(200)["approval"].is_object());
    let send = async || test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await;
    let early = send().await;
    assert_eq!((early.status, early.code()), (409, "approval.pending"));
    let decide = format!("{path}/approval-decisions");
    let yes = json!({"decision": "approved"});
    assert_eq!(test.post(&decide, Some(&official), &yes).await.code(), "approval.not_yours");
    let returned = json!({"decision": "returned", "note": "用地面积请核对"});
    test.post(&decide, Some(&colleague), &returned).await.expect(201);
    assert_eq!(send().await.code(), "approval.pending");
    test.post(&format!("{path}/approvals"), Some(&official), &ask(&colleague)).await.expect(201);
    test.post(&decide, Some(&colleague), &yes).await.expect(201);
    // The yes was to other words.
    let mut other = values();
    other["area_m2"] = 70_000.into();
    test.put(&path, Some(&official), &json!({"values": other})).await.expect(200);
    assert_eq!(send().await.code(), "approval.pending");
    test.post(&format!("{path}/approvals"), Some(&official), &ask(&colleague)).await.expect(201);
    test.post(&decide, Some(&colleague), &yes).await.expect(201);
    assert_eq!(send().await.expect(201)["state"], "signing");
}

#[actix_web::test]
async fn what_ended_is_followed_by_a_new_agreement_and_never_changed() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, signers) = sent(&test, &official, &[2, 1]).await;
    let path = format!("/api/v1/signings/agreements/{id}");
    let follow = async |path: &str, kind: &str| {
        test.post(&format!("{path}/followers"), Some(&official), &json!({"kind": kind})).await
    };
    assert_eq!(follow(&path, "rescinds").await.code(), "agreement.not_followed");
    // Nobody drafts a rescission without an agreement that it rescinds.
    let project = test.get(&path, Some(&official)).await.expect(200)["project_id"].clone();
    let alone = json!({"project_id": project, "template_code": "rescission_agreement", "values": {}});
    let refused = test.post("/api/v1/signings/agreements", Some(&official), &alone).await;
    assert_eq!((refused.status, refused.code()), (422, "request.invalid"));
    test.post(&format!("{path}/refusals"), Some(&signers[1]), &json!({"reason": "条款需再议"}))
        .await
        .expect(201);
    let revised = follow(&path, "revises").await.expect(201);
    assert_eq!(
        (&revised["origin_id"], revised["origin_kind"].as_str(), revised["state"].as_str()),
        (&json!(id), Some("revises"), Some("draft"))
    );
    let origin = test.get(&path, Some(&official)).await.expect(200);
    assert_eq!(
        (&revised["origin"]["number"], &origin["followers"][0]["id"], &origin["followers"][0]["kind"]),
        (&origin["number"], &revised["id"], &json!("revises"))
    );
    assert_eq!(
        (&revised["values"]["site"], revised["parties"].as_array().map(Vec::len)),
        (&json!("赫山区示例地块"), Some(2))
    );
    let path = format!("/api/v1/signings/agreements/{}", revised["id"].as_str().unwrap());
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    let again = test.post(&format!("{path}/reminders"), Some(&official), &json!({})).await.expect(201);
    assert_eq!(again["history"].as_array().unwrap().last().unwrap()["what"], "reminded");
    assert_eq!(test.post(&format!("{path}/reminders"), Some(&official), &json!({})).await.status, 429);
    let id = revised["id"].as_str().unwrap();
    for who in [&signers[1], &official] {
        sign(&test, who, id).await.expect(201);
    }
    let file = super::ground::document(&test, &official, id).await;
    let rescission = follow(&path, "rescinds").await.expect(201);
    assert_eq!(
        (rescission["template_code"].as_str(), &rescission["values"]["origin_number"]),
        (Some("rescission_agreement"), &revised["number"])
    );
    // While it is the office's own draft the other side does not see it; there is no second one.
    let concluded = path;
    assert_eq!(follow(&concluded, "rescinds").await.code(), "agreement.rescission_under_way");
    let seen = async |who: &Person| test.get(&concluded, Some(who)).await.expect(200);
    let (ours, theirs) = (seen(&official).await, seen(&signers[1]).await);
    assert_eq!(
        (&ours["followers"][0]["state"], ours["may"].as_array().unwrap().contains(&json!("rescind"))),
        (&json!("draft"), false)
    );
    assert_eq!((&theirs["followers"], theirs["origin"].is_null()), (&json!([]), false));
    let path = format!("/api/v1/signings/agreements/{}", rescission["id"].as_str().unwrap());
    let mut all = rescission["values"].clone();
    all["reason"] = "市场变化，各方协商一致。".into();
    all["effective_on"] = "2026-12-31".into();
    test.put(&path, Some(&official), &json!({"values": all})).await.expect(200);
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    assert_eq!(seen(&signers[1]).await["followers"][0]["number"], rescission["number"]);
    assert!(test.judge(file.clone()).await["registered"]["rescinded_by"].is_null());
    let id = rescission["id"].as_str().unwrap();
    let mut done = Value::Null;
    for who in [&signers[1], &official] {
        // One code a minute for one phone.
        test.app.clock.advance(chrono::Duration::seconds(61));
        done = sign(&test, who, id).await.expect(201);
    }
    assert_eq!(done["state"], "completed");
    // What was concluded stands as it was, and says by what it was rescinded, to strangers too.
    assert_eq!(super::ground::document(&test, &official, revised["id"].as_str().unwrap()).await, file);
    assert_eq!(seen(&signers[1]).await["followers"][0]["state"], "completed");
    let verdict = test.judge(file).await;
    assert_eq!(verdict["verdict"], "valid", "{verdict}");
    assert_eq!(
        (
            &verdict["registered"]["rescinded_by"]["number"],
            &verdict["registered"]["rescinded_by"]["effective_on"]
        ),
        (&rescission["number"], &json!("2026-12-31"))
    );
    let verdict = test.judge(super::ground::document(&test, &official, id).await).await;
    assert_eq!(verdict["verdict"], "valid", "{verdict}");
}
