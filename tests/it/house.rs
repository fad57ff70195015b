//! The house itself: its order, its documents, its problem documents.
use crate::support::TestApp;
use serde_json::json;

/// Wings and rooms in their order: a room uses only rooms above it.
const ORDER: &[&str] = &[
    "platform",
    "people::units",
    "people::audit",
    "people::auth",
    "people::persons",
    "people::content_checks",
    "libraries::map",
    "libraries::imports",
    "libraries::enterprises",
    "libraries::institutions",
    "libraries::saved_views",
    "libraries::chains",
    "libraries::content",
    "deals::talks",
    "deals::projects",
    "deals::leads",
    "deals::signings",
    "deals::offers",
    "deals::gatherings",
    "views::classes",
    "views::codes",
    "views::contributions",
    "views::notifications",
    "views::pushes",
    "views::search",
];

#[test]
fn a_room_uses_only_rooms_above_it() {
    let mut wrong = Vec::new();
    for (place, room) in ORDER.iter().enumerate() {
        let folder = format!("src/{}", room.replace("::", "/"));
        for (file, text) in sources(&folder) {
            let later = ORDER.iter().skip(place + 1).filter(|r| text.contains(&format!("crate::{r}")));
            wrong.extend(later.map(|r| format!("{file} uses {r}")));
        }
    }
    // The worker's clock is handed the app; nothing else of the platform knows what stands above it.
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_opens_with_what_it_is() {
    let silent: Vec<String> = sources("src")
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| file)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            found.extend(sources(&name));
        } else if name.ends_with(".rs") {
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// The document names what it describes by the type alone, so two types of one name must say the same.
#[test]
fn no_two_types_of_one_name_are_described_differently() {
    let mut seen: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    for (file, text) in sources("src") {
        let mut described = false;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            described |= line.starts_with("#[derive(") && line.contains("ToSchema");
            described |= line.starts_with("crate::text_enum!");
            let named = ["pub struct ", "pub enum "].iter().find_map(|start| line.trim().strip_prefix(start));
            let Some(named) = named.filter(|_| described) else { continue };
            described = false;
            let mut body = named.to_owned();
            if named.ends_with('{') {
                lines.by_ref().take_while(|line| line.trim() != "}").for_each(|line| body += line.trim());
            }
            let name: String = named.chars().take_while(|c| c.is_alphanumeric()).collect();
            let before = seen.entry(name).or_insert_with(|| body.clone());
            assert_eq!(*before, body, "in {file}");
        }
    }
    assert!(seen.len() > 100);
}

#[test]
fn the_documents_are_current() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    assert!(read("openapi/openapi.json") == palm::openapi::json_text(), "run `palm openapi`");
    assert!(read("openapi/terms.json") == palm::openapi::terms_text(), "run `palm openapi`");
}

#[test]
fn every_migration_stands_on_both_databases() {
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("migrations/sqlite"), names("migrations/postgres"));
}

#[actix_web::test]
async fn unknown_addresses_wrong_methods_and_bad_bodies_are_problem_documents() {
    let test = TestApp::start().await;
    let problem = |answer: &crate::support::Answer| {
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(answer.headers.contains_key("x-request-id"));
    };
    let answer = test.get("/api/v1/nothing", None).await;
    assert_eq!((answer.status, answer.code()), (404, "request.not_found"));
    problem(&answer);
    let answer = test.post("/api/v1/units", None, &json!({})).await;
    assert_eq!((answer.status, answer.headers["allow"].to_str().unwrap()), (405, "GET"));
    problem(&answer);
    // Also where another address with a place for an id would take it.
    let answer = test.get("/api/v1/leads/receipt-checks", None).await;
    assert_eq!((answer.status, answer.headers["allow"].to_str().unwrap()), (405, "POST"));
    let post = |body: String, kind: &'static str| {
        let request =
            test.client.post(test.url("/api/v1/auth/codes")).header("content-type", kind).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(post("{".into(), "application/json").await, 400);
    assert_eq!(post("[".repeat(100_000), "application/json").await, 400);
    assert_eq!(post("[\"19000000001\"]".into(), "application/json").await, 422);
    assert_eq!(post("{}".into(), "text/plain").await, 415);
    assert_eq!(post("{\"phone\":1e400}".into(), "application/json").await, 400);
    assert_eq!(post("{\"phone\":7}".into(), "application/json").await, 422);
    assert_eq!(post(format!("{{\"phone\":\"{}\"}}", "1".repeat(600_000)), "application/json").await, 413);
}
