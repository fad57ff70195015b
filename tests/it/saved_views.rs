//! Filters under a name: a person's own, shared with the unit, bounded, and told when a list filters so no more.
use palm::people::auth::{AccountState, Role};
use palm::platform::id;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, ask, run_sql};

const COUNTY: &str = "430922";
const OTHER: &str = "430923";
const VIEWS: &str = "/api/v1/saved-views";

async fn start() -> TestApp {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    test
}

fn view(name: &str, shared: bool) -> Value {
    json!({"name": name, "shared": shared, "filter": {"enterprises": {"industry": "new_energy", "courting": "nobody", "scale": "large", "region": "上海"}}})
}

async fn seen(test: &TestApp, person: &Person, library: &str) -> Vec<Value> {
    let views = test.get(&format!("{VIEWS}?library={library}"), Some(person)).await.expect(200);
    views["items"].as_array().unwrap().clone()
}

fn names(views: &[Value]) -> Vec<&str> {
    views.iter().map(|view| view["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_view_is_its_owner_s_until_it_is_shared_and_only_its_owner_changes_it() {
    let test = start().await;
    let (ours, colleague, stranger) =
        (test.official(COUNTY).await, test.official(COUNTY).await, test.official(OTHER).await);
    let kept = test.post(VIEWS, Some(&ours), &view("无人跟进的新能源", false)).await.expect(201);
    let one = &kept["items"][0];
    assert_eq!(one["filter"]["enterprises"]["industry"], "new_energy", "{one}");
    assert_eq!(
        (&one["filter"]["enterprises"]["scale"], &one["filter"]["enterprises"]["region"]),
        (&json!("large"), &json!("上海"))
    );
    assert_eq!((&one["own"], &one["shared"]), (&json!(true), &json!(false)));
    let path = format!("{VIEWS}/{}", one["id"].as_str().unwrap());
    assert!(seen(&test, &colleague, "enterprises").await.is_empty());

    let shared = json!({"name": "本县重点", "shared": true});
    test.put(&path, Some(&ours), &shared).await.expect(200);
    let theirs = seen(&test, &colleague, "enterprises").await;
    assert_eq!((names(&theirs), &theirs[0]["own"]), (vec!["本县重点"], &json!(false)));
    assert_eq!(theirs[0]["filter"], one["filter"]);
    assert!(seen(&test, &stranger, "enterprises").await.is_empty(), "another unit's");
    assert!(seen(&test, &ours, "institutions").await.is_empty(), "another library's");
    for person in [&colleague, &stranger] {
        assert_eq!(test.put(&path, Some(person), &shared).await.status, 404);
        assert_eq!(test.post(&format!("{path}/removals"), Some(person), &json!({})).await.status, 404);
    }
    let left = test.post(&format!("{path}/removals"), Some(&ours), &json!({})).await.expect(200);
    assert_eq!(left["items"], json!([]));
    assert!(seen(&test, &colleague, "enterprises").await.is_empty());
}

#[actix_web::test]
async fn who_belongs_to_no_unit_shares_with_none() {
    let test = start().await;
    let nobody_s = test.person_of(&[Role::InformationTaskForce], None, AccountState::Active).await;
    assert_eq!(test.post(VIEWS, Some(&nobody_s), &view("甲", true)).await.code(), "saved_view.no_unit");
    test.post(VIEWS, Some(&nobody_s), &view("甲", false)).await.expect(201);
}

#[actix_web::test]
async fn no_name_twice_and_no_more_than_twenty_however_many_ask_at_once() {
    let test = start().await;
    let (_other, address) = test.another().await;
    let official = test.official(COUNTY).await;
    let asked =
        (0..24).map(|n| {
            let address = if n % 2 == 0 { test.address } else { address };
            let (test, official) = (&test, &official);
            let body = view(&format!("第 {n} 个"), false);
            async move {
                ask(&test.client, address, "POST", VIEWS, Some(official), Some(&body), &id::fresh()).await
            }
        });
    let answers = futures_util::future::join_all(asked).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let refused: Vec<&str> =
        answers.iter().filter(|a| a.status != 201).map(crate::support::Answer::code).collect();
    assert_eq!(refused, ["saved_view.full"; 4]);
    let kept = seen(&test, &official, "enterprises").await;
    assert_eq!(kept.len(), 20);
    let path = format!("{VIEWS}/{}", kept[0]["id"].as_str().unwrap());
    let taken = json!({"name": kept[1]["name"], "shared": false});
    assert_eq!(test.put(&path, Some(&official), &taken).await.code(), "saved_view.name_taken");
    let same = json!({"name": kept[0]["name"], "shared": true});
    test.put(&path, Some(&official), &same).await.expect(200);
    test.post(&format!("{path}/removals"), Some(&official), &json!({})).await.expect(200);
    let again = test.post(VIEWS, Some(&official), &view(kept[1]["name"].as_str().unwrap(), false)).await;
    assert_eq!(again.code(), "saved_view.name_taken");
    test.post(VIEWS, Some(&official), &view("补上的", false)).await.expect(201);
    let mut other = view("第 1 个", false);
    other["filter"] = json!({"institutions": {"kind": "fund", "silent_days": 90}});
    test.post(VIEWS, Some(&official), &other).await.expect(201);
}

#[actix_web::test]
async fn a_filter_that_is_no_more_says_so_and_the_rest_is_shown() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    for name in ["旧产业", "旧条件", "好的"] {
        test.post(VIEWS, Some(&official), &view(name, false)).await.expect(201);
    }
    run_sql(
        &test,
        &[
            r#"UPDATE saved_views SET filter = '{"enterprises":{"industry":"steam_engines"}}' WHERE name = '旧产业'"#,
            r#"UPDATE saved_views SET filter = '{"enterprises":{"star_sign":"leo"}}' WHERE name = '旧条件'"#,
        ],
    )
    .await;
    let kept = seen(&test, &official, "enterprises").await;
    let broken: Vec<bool> = kept.iter().map(|view| view["filter"].is_null()).collect();
    assert_eq!((names(&kept), broken), (vec!["旧产业", "旧条件", "好的"], vec![true, true, false]));
    let gone = format!("{VIEWS}/{}/removals", kept[0]["id"].as_str().unwrap());
    test.post(&gone, Some(&official), &json!({})).await.expect(200);
}

#[actix_web::test]
async fn what_no_list_filters_by_is_not_kept() {
    let test = start().await;
    let official = test.official(COUNTY).await;
    for filter in [
        json!({"enterprises": {"kind": "fund"}}),
        json!({"institutions": {"silent_days": 0}}),
        json!({"institutions": {"silent_days": 3651}}),
        json!({"institutions": {"silent_since": "2026-01-01"}}),
        json!({"leads": {}}),
    ] {
        let body = json!({"name": "甲", "shared": false, "filter": filter});
        assert_eq!(test.post(VIEWS, Some(&official), &body).await.status, 422, "{body}");
    }
    assert_eq!(test.get(VIEWS, Some(&official)).await.status, 422, "of which library");
}
