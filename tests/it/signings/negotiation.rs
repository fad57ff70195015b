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

/// A shared draft, and what proposes another area for it.
async fn proposed(test: &TestApp, official: &Person, investor: &Person, project: &str, area: i64) -> String {
    let path = draft(test, official, project).await;
    test.post(&format!("{path}/shares"), Some(official), &json!({})).await.expect(201);
    propose(test, investor, &path, area).await;
    path
}

async fn propose(test: &TestApp, investor: &Person, path: &str, area: i64) {
    let mut other = values();
    other["area_m2"] = area.into();
    let proposal = json!({"values": other, "note": "面积调整"});
    test.post(&format!("{path}/proposals"), Some(investor), &proposal).await.expect(201);
}

async fn rounds(test: &TestApp, who: &Person, path: &str) -> Vec<Value> {
    let all = test.get(&format!("{path}/rounds"), Some(who)).await.expect(200);
    all["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_proposal_is_taken_over_in_one_act_or_declined_with_a_reason_and_answered_once() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let path = proposed(&test, &official, &investor, &project, 50_000).await;
    let answer =
        async |who: &Person, body: Value| test.post(&format!("{path}/round-answers"), Some(who), &body).await;
    let accept = |round: i32| json!({"round": round, "answer": "accepted"});
    // It is the office's to answer; a draft is no proposal, and a refusal has a reason.
    assert_eq!(answer(&investor, accept(2)).await.status, 403);
    for round in [1, 3] {
        assert_eq!(answer(&official, accept(round)).await.status, 404);
    }
    let bare = answer(&official, json!({"round": 2, "answer": "declined"})).await;
    assert_eq!((bare.status, bare.code()), (422, "request.invalid"));
    let all = rounds(&test, &official, &path).await;
    assert_eq!(
        (&all[1]["open"], &all[1]["fits"], &all[0]["open"]),
        (&json!(true), &json!(true), &json!(false))
    );

    let taken = answer(&official, accept(2)).await.expect(201);
    assert_eq!(taken["values"]["area_m2"], 50_000);
    let all = rounds(&test, &investor, &path).await;
    assert_eq!(all.len(), 3);
    assert_eq!((&all[1]["answer"]["answer"], &all[1]["open"]), (&json!("accepted"), &json!(false)));
    assert_eq!((&all[2]["kind"], &all[2]["accepts"]), (&json!("drafted"), &json!(2)));
    assert_eq!(all[2]["changes"][0]["to"], 50_000);
    let again = answer(&official, accept(2)).await;
    assert_eq!((again.status, again.code()), (409, "round.answered"));

    propose(&test, &investor, &path, 20_000).await;
    let no = json!({"round": 4, "answer": "declined", "reason": "低于最小地块面积"});
    let kept = answer(&official, no.clone()).await.expect(201);
    assert_eq!(kept["values"]["area_m2"], 50_000);
    assert_eq!(answer(&official, no).await.code(), "round.answered");
    assert_eq!(rounds(&test, &investor, &path).await[3]["answer"]["reason"], "低于最小地块面积");

    // What the office changed since is not undone by taking over an older proposal.
    propose(&test, &investor, &path, 30_000).await;
    let mut other = values();
    other["site"] = "赫山区另一示例地块".into();
    test.put(&path, Some(&official), &json!({"values": other})).await.expect(200);
    let late = answer(&official, accept(5)).await;
    assert_eq!((late.status, late.code()), (409, "round.draft_changed"));
    assert_eq!(test.get(&path, Some(&official)).await.expect(200)["values"]["site"], other["site"]);
    answer(&official, json!({"round": 5, "answer": "declined", "reason": "选址已变"})).await.expect(201);

    // A sent text takes no answers.
    propose(&test, &investor, &path, 40_000).await;
    test.post(&format!("{path}/dispatches"), Some(&official), &json!({})).await.expect(201);
    assert_eq!(answer(&official, accept(7)).await.code(), "agreement.not_draft");
    assert_eq!(rounds(&test, &official, &path).await[6]["open"], false);
}

#[actix_web::test]
async fn two_who_answer_one_proposal_at_once_are_one_answer() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let colleague = test.official(UNIT).await;
    let (_, other) = test.another().await;
    let path = proposed(&test, &official, &investor, &project, 50_000).await;
    let say = async |address: std::net::SocketAddr, who: &Person, body: Value| {
        let key = palm::platform::id::fresh();
        let path = format!("{path}/round-answers");
        crate::support::ask(&test.client, address, "POST", &path, Some(who), Some(&body), &key).await.unwrap()
    };
    let (yes, no) = futures_util::join!(
        say(test.address, &official, json!({"round": 2, "answer": "accepted"})),
        say(other, &colleague, json!({"round": 2, "answer": "declined", "reason": "不采用"})),
    );
    let mut got = [yes.status, no.status];
    got.sort_unstable();
    assert_eq!(got, [201, 409], "{} {}", yes.body, no.body);
    let all = rounds(&test, &official, &path).await;
    let accepted = all[1]["answer"]["answer"] == "accepted";
    assert_eq!((accepted, all.len()), (yes.status == 201, if accepted { 3 } else { 2 }));
}

#[actix_web::test]
async fn a_changed_annex_is_a_difference_and_every_earlier_round_can_be_opened() {
    let test = TestApp::start().await;
    let (official, investor, project) = people(&test).await;
    let path = draft(&test, &official, &project).await;
    let preview = test.bytes(&format!("{path}/document"), &official).await;
    let pages = |file: &[u8]| lopdf::Document::load_mem(file).unwrap().get_pages().len();
    let plain = pages(&preview);
    let added = super::annexes::add(&test, &official, &path, "规划图.pdf", &preview).await.expect(201);
    let annex = added["annexes"][0].clone();
    let removal = format!("/api/v1/signings/annexes/{}/removals", annex["id"].as_str().unwrap());
    test.post(&removal, Some(&official), &json!({})).await.expect(201);
    super::annexes::add(&test, &official, &path, "红线图.pdf", &preview).await.expect(201);
    let all = rounds(&test, &official, &path).await;
    let told = |round: &Value| -> Vec<(String, String)> {
        let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
        let changes = round["annex_changes"].as_array().unwrap();
        changes.iter().map(|change| (text(change, "change"), text(change, "name"))).collect()
    };
    let one = |change: &str, name: &str| vec![(change.to_owned(), name.to_owned())];
    assert_eq!(
        all.iter().map(told).collect::<Vec<_>>(),
        [vec![], one("added", "规划图.pdf"), one("removed", "规划图.pdf"), one("added", "红线图.pdf")]
    );
    assert_eq!(all[1]["annex_changes"][0]["sha256"], annex["sha256"]);
    assert!(all[1..].iter().all(|round| round["changes"] == json!([])));

    // Each round opens with the words and the annexes that it had, a dropped one too.
    for (round, behind) in [(1, 0), (2, plain), (3, 0), (4, plain)] {
        let file = test.bytes(&format!("{path}/document?round={round}"), &official).await;
        let own = pages(&file);
        assert!(
            if behind == 0 { own == plain } else { own >= plain + behind },
            "round {round}: {own} of {plain}"
        );
    }
    // The other side sees the rounds from the draft that it was shown, and opens no other.
    test.app.clock.advance(chrono::Duration::seconds(1));
    test.post(&format!("{path}/shares"), Some(&official), &json!({})).await.expect(201);
    let theirs = rounds(&test, &investor, &path).await;
    assert_eq!((theirs.len(), &theirs[0]["round"], &theirs[0]["annex_changes"]), (1, &json!(4), &json!([])));
    assert!(!test.bytes(&format!("{path}/document?round=4"), &investor).await.is_empty());
    let closed = test.get(&format!("{path}/document?round=2"), Some(&investor)).await;
    assert_eq!(closed.status, 404);
    let none = test.get(&format!("{path}/document?round=9"), Some(&official)).await;
    assert_eq!(none.status, 404);
    let both = test.get(&format!("{path}/document?round=1&revision=1"), Some(&official)).await;
    assert_eq!((both.status, both.code()), (422, "request.invalid"));
    // What revises it begins with its annexes.
    test.post(&format!("{path}/revocations"), Some(&official), &json!({"reason": "x"})).await.expect(201);
    let revised = test
        .post(&format!("{path}/followers"), Some(&official), &json!({"kind": "revises"}))
        .await
        .expect(201);
    let path = format!("/api/v1/signings/agreements/{}", revised["id"].as_str().unwrap());
    assert_eq!(told(&rounds(&test, &official, &path).await[0]), one("added", "红线图.pdf"));
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
