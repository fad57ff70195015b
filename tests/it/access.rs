//! Every operation of the document, asked by nobody, by every role, and by every state of an account.
use crate::support::{Person, TestApp};
use palm::people::auth::permission::{self, Role};
use palm::people::auth::AccountState;
use serde_json::json;
use std::collections::HashSet;

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations: HashSet<String> = palm::openapi::operations().into_iter().map(|(_, _, id)| id).collect();
    let rows: HashSet<String> = permission::rules().keys().map(|id| (*id).to_owned()).collect();
    assert_eq!(operations, rows);
}

#[test]
fn operation_ids_are_unique() {
    let all = palm::openapi::operations();
    let ids: HashSet<&String> = all.iter().map(|(_, _, id)| id).collect();
    assert_eq!(ids.len(), all.len());
}

/// Fills the parameters of a path with ids that exist nowhere.
fn concrete(path: &str) -> String {
    let mut out = String::new();
    for (n, part) in path.split(['{', '}']).enumerate() {
        out.push_str(if n % 2 == 1 { "01890000-0000-7000-8000-000000000000" } else { part });
    }
    out
}

async fn refused(test: &TestApp, method: &str, path: &str, person: Option<&Person>) -> u16 {
    let body = (method != "GET").then(|| json!({}));
    test.send(method, path, person, body.as_ref()).await.status
}

#[actix_web::test]
async fn the_matrix_decides_who_is_let_in() {
    let test = TestApp::start().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((*role, test.person(*role).await));
    }
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (method, path, operation) in palm::openapi::operations() {
        // Signing out would end the session that asks.
        if operation == "delete_session" {
            continue;
        }
        let path = concrete(&path);
        let rule = &permission::rules()[operation.as_str()];
        let status = refused(&test, method.as_str(), &path, None).await;
        asked += 1;
        if (status == 401) == rule.nobody && !(rule.nobody && operation.starts_with("create_")) {
            wrong.push(format!("nobody {operation}: {status}"));
        }
        for (role, person) in &people {
            let status = refused(&test, method.as_str(), &path, Some(person)).await;
            asked += 1;
            let allowed = rule.nobody || rule.roles.contains_key(role);
            if allowed == (status == 403) || status >= 500 && status != 503 {
                wrong.push(format!("{role} {operation}: {status}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}: {wrong:#?}", wrong.len());
    println!("{asked} requests were decided as the matrix says");
}

#[actix_web::test]
async fn an_invited_or_disabled_account_is_let_in_nowhere() {
    let test = TestApp::start().await;
    for state in [AccountState::Invited, AccountState::Disabled] {
        let person = test.person_of(&[Role::UnitOfficial], None, state).await;
        for (method, path, operation) in palm::openapi::operations() {
            if !permission::is_public(&operation) {
                let status = refused(&test, method.as_str(), &concrete(&path), Some(&person)).await;
                assert_eq!(status, 403, "{state} {operation}");
            }
        }
    }
}
