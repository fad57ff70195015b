//! Hostile input for every operation that writes, made from the OpenAPI document: always a problem document, never a changed row.
use palm::people::auth::Role;
use palm::people::auth::permission::{self, Rule};
use serde_json::{Map, Value, json};

use crate::support::{Person, Tables, TestApp};

/// An id that is well formed and exists nowhere.
const FOREIGN: &str = "01890000-0000-7000-8000-000000000000";
/// Stands in a body for raw text that no JSON value can hold.
const MARK: &str = "@hostile@";
/// Larger than any JSON body that is taken.
const OVERSIZE: usize = 600 * 1024;

struct Operation {
    id: String,
    method: String,
    path: String,
    /// Schema of the JSON body
    body: Option<Value>,
    /// Media type of a body that is not JSON
    other: Option<String>,
    keyed: bool,
}

/// One request that must be refused.
#[derive(Clone)]
struct Attack {
    what: String,
    path: String,
    media_type: String,
    body: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

fn document() -> Value {
    serde_json::from_str(&palm::openapi::json_text()).unwrap()
}

fn writes(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["post", "put", "delete", "patch"] {
            let Some(operation) = item.get(method) else { continue };
            let content = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                body: content.get("application/json").map(|media| media["schema"].clone()),
                other: content.keys().find(|kind| *kind != "application/json").cloned(),
                keyed: parameters.iter().any(|p| p["name"] == "Idempotency-Key"),
            });
        }
    }
    found
}

/// The schema behind references, and of several the first that is not null.
fn resolved(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(name.trim_start_matches('#')).unwrap());
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            let chosen = choices.iter().find(|c| c["type"] != "null").unwrap();
            return resolved(document, chosen);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = json!({"type": "object", "properties": {}, "required": []});
        for part in parts.iter().map(|part| resolved(document, part)) {
            let properties = part["properties"].as_object().cloned().unwrap_or_default();
            whole["properties"].as_object_mut().unwrap().extend(properties);
            let required = part["required"].as_array().cloned().unwrap_or_default();
            whole["required"].as_array_mut().unwrap().extend(required);
        }
        return whole;
    }
    schema.clone()
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or("any"),
        Value::String(kind) => kind,
        _ => "any",
    }
}

/// A value that fits the schema.
fn honest(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    match kind(&schema) {
        "object" => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            properties
                .iter()
                .map(|(name, part)| (name.clone(), honest(document, part)))
                .collect::<Map<_, _>>()
                .into()
        }
        "array" => json!([honest(document, &schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        "string" => honest_text(&schema).into(),
        _ => json!({}),
    }
}

fn honest_text(schema: &Value) -> String {
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(1)).unwrap();
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uuid"), _) => FOREIGN.to_owned(),
        (Some("date"), _) => "2030-01-01".to_owned(),
        (Some("date-time"), _) => "2030-01-01T01:00:00Z".to_owned(),
        (_, Some("^1[0-9]{10}$")) => "19000000001".to_owned(),
        (_, Some(pattern)) if pattern.contains('@') => "anna@example.com".to_owned(),
        (_, Some(_)) if least == 18 => "91350100M000100Y43".to_owned(),
        (_, Some(_)) => "0".repeat(least),
        _ => "a".repeat(least.max(1)),
    }
}

/// Raw JSON that does not fit a place of this schema.
fn misfits(schema: &Value, needed: bool) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let is_null =
        |kind: &Value| kind == "null" || kind.as_array().is_some_and(|k| k.contains(&json!("null")));
    let nullable = is_null(&schema["type"])
        || schema["oneOf"].as_array().is_some_and(|choices| choices.iter().any(|c| is_null(&c["type"])));
    if needed && !nullable {
        all.push(("null", "null".to_owned()));
    }
    all.push(("a deep value", format!("{}{}", "[".repeat(3000), "]".repeat(3000))));
    all.push(("a number beyond floats", "1e400".to_owned()));
    all.push(("a lone surrogate", r#""\ud800""#.to_owned()));
    let wrong_types: &[(&str, &str)] = match kind(schema) {
        "string" => &[("a number", "7"), ("true", "true"), ("a list", "[]"), ("an object", "{}")],
        "integer" | "number" => &[
            ("text", r#""x""#),
            ("half", "1.5"),
            ("more than 64 bits", "99999999999999999999999"),
            ("the least number", "-9223372036854775808"),
            ("true", "true"),
        ],
        "boolean" => &[("text", r#""true""#), ("one", "1")],
        "array" => &[("an object", "{}"), ("text", r#""x""#)],
        "object" => &[("a list", "[]"), ("text", r#""x""#)],
        _ => &[],
    };
    all.extend(wrong_types.iter().map(|(what, raw)| (*what, (*raw).to_owned())));
    if kind(schema) == "string" {
        for (what, hidden) in [
            ("NUL", r"\u0000"),
            ("a direction override", r"\u202e"),
            ("a zero-width space", r"\u200b"),
            ("a byte order mark inside", r"\ufeff"),
            ("a language tag", r"\udb40\udc01"),
        ] {
            all.push((what, format!(r#""a{hidden}b""#)));
        }
        let longest = schema["maxLength"].as_u64().unwrap_or(64);
        all.push(("too long a text", format!(r#""{}""#, "长".repeat(usize::try_from(longest).unwrap() + 1))));
    }
    if let Some(most) = schema["maxItems"].as_u64() {
        let many = vec!["{}"; usize::try_from(most).unwrap() + 1].join(",");
        all.push(("too many", format!("[{many}]")));
    }
    all
}

/// Every place of a body, as a pointer, with its schema and whether it must be there.
fn places(document: &Value, schema: &Value, at: &str, found: &mut Vec<(String, Value, bool)>) {
    let whole = resolved(document, schema);
    if let Some(properties) = whole["properties"].as_object() {
        let required = whole["required"].as_array().cloned().unwrap_or_default();
        for (name, part) in properties {
            let at = format!("{at}/{name}");
            let mut shown = resolved(document, part);
            if part.get("oneOf").is_some() || part["type"].is_array() {
                shown["oneOf"] = part.get("oneOf").cloned().unwrap_or(json!([]));
            }
            found.push((at.clone(), shown, required.contains(&json!(name))));
            places(document, part, &at, found);
        }
    }
    if kind(&whole) == "array" {
        places(document, &whole["items"], &format!("{at}/0"), found);
    }
}

fn attacks(document: &Value, operation: &Operation) -> Vec<Attack> {
    let concrete = |id: &str| {
        let parts = operation.path.split(['{', '}']).enumerate();
        parts.map(|(n, part)| if n % 2 == 1 { id } else { part }).collect::<String>()
    };
    let path = concrete(FOREIGN);
    let honest_body = operation.body.as_ref().map(|schema| honest(document, schema));
    let ground = Attack {
        what: String::new(),
        path,
        media_type: "application/json".to_owned(),
        body: honest_body.as_ref().map(|body| body.to_string().into_bytes()),
        key: operation.keyed.then(|| b"hostile".to_vec()),
    };
    let mut all = Vec::new();
    let mut add = |what: &str, change: &dyn Fn(&mut Attack)| {
        let mut attack = Attack { what: what.to_owned(), ..ground.clone() };
        change(&mut attack);
        all.push(attack);
    };
    if operation.path.contains('{') {
        add("a foreign id", &|_| {});
        for id in
            ["x", "%00", "..%2f..%2fetc", "%e2%80%ae", "'%20OR%201=1", "01890000-0000-7000-8000-00000000000G"]
        {
            let path = concrete(id);
            add(&format!("id {id}"), &|a| a.path.clone_from(&path));
        }
        let long = concrete(&"a".repeat(5000));
        add("an endless id", &|a| a.path.clone_from(&long));
    }
    if operation.keyed {
        add("no Idempotency-Key", &|a| a.key = None);
        for (what, key) in
            [("a blank key", &b"a b"[..]), ("a key beyond ASCII", "钥匙".as_bytes()), ("an empty key", b"")]
        {
            add(what, &|a| a.key = Some(key.to_vec()));
        }
        add("too long a key", &|a| a.key = Some(vec![b'k'; 65]));
    }
    let Some(schema) = &operation.body else { return all };
    let raw = |a: &mut Attack, bytes: &[u8]| a.body = Some(bytes.to_vec());
    add("no JSON at all", &|a| raw(a, b"\x00\xff\xfe"));
    add("an empty body", &|a| raw(a, b""));
    add("a cut body", &|a| raw(a, b"{\"a\":"));
    add("a list", &|a| raw(a, b"[]"));
    add("two values", &|a| raw(a, b"{} {}"));
    add("deep lists", &|a| raw(a, "[".repeat(100_000).as_bytes()));
    add("deep objects", &|a| raw(a, "{\"a\":".repeat(50_000).as_bytes()));
    add("an oversized body", &|a| raw(a, format!("{{\"a\":\"{}\"}}", "a".repeat(OVERSIZE)).as_bytes()));
    add("another type", &|a| a.media_type = "text/plain".to_owned());
    add("no type", &|a| a.media_type = String::new());
    let body = honest_body.unwrap_or_default();
    add("an unknown field", &|a| {
        let mut body = body.clone();
        body["__proto__"] = json!({"admin": true});
        raw(a, body.to_string().as_bytes());
    });
    let mut found = Vec::new();
    places(document, schema, "", &mut found);
    for (at, part, needed) in &found {
        for (what, value) in misfits(part, *needed) {
            let mut body = body.clone();
            *body.pointer_mut(at).unwrap() = json!(MARK);
            let text = body.to_string().replace(&format!("\"{MARK}\""), &value);
            add(&format!("{what} at {at}"), &|a| raw(a, text.as_bytes()));
        }
        let (parent, name) = at.rsplit_once('/').unwrap();
        let mut less = body.clone();
        if let Some(object) = less.pointer_mut(parent).and_then(Value::as_object_mut)
            && *needed
        {
            object.remove(name);
            add(&format!("nothing at {at}"), &|a| raw(a, less.to_string().as_bytes()));
        }
    }
    all
}

/// Attacks on the three operations whose body is not JSON.
fn other_attacks(operation: &Operation, media_type: &str) -> Vec<Attack> {
    let path = operation.path.replace("{id}", FOREIGN);
    let ground = Attack {
        what: String::new(),
        path,
        media_type: "application/json".to_owned(),
        body: Some(b"{}".to_vec()),
        key: operation.keyed.then(|| b"hostile".to_vec()),
    };
    let junk = |what: &str, body: Vec<u8>| Attack {
        what: what.to_owned(),
        media_type: media_type.to_owned(),
        body: Some(body),
        ..ground.clone()
    };
    let mut all = vec![
        Attack { what: "another type".to_owned(), ..ground.clone() },
        junk("too much", vec![b'%'; (20 << 20) + 1]),
    ];
    if operation.id == "create_file_message" {
        // The verify page judges any file, and a time-stamp authority refuses in a reply of its own (RFC 3161).
        all.push(junk("rubbish", b"\x00\xff--x\r\n".to_vec()));
        all.push(junk("nothing", Vec::new()));
    }
    all
}

async fn strike(
    test: &TestApp,
    method: &str,
    person: Option<&Person>,
    attack: &Attack,
) -> Result<(), String> {
    let mut request = test.client.request(method.parse().unwrap(), test.url(&attack.path));
    if let Some(person) = person {
        request = request.bearer_auth(&person.token);
    }
    if let Some(key) = &attack.key {
        request = request.header("Idempotency-Key", reqwest::header::HeaderValue::from_bytes(key).unwrap());
    }
    if let Some(body) = &attack.body {
        if !attack.media_type.is_empty() {
            request = request.header("content-type", &attack.media_type);
        }
        request = request.body(body.clone());
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        // The server may close before it was told everything that is too large.
        Err(_) if attack.body.as_ref().is_some_and(|body| body.len() > OVERSIZE) => return Ok(()),
        Err(e) => return Err(format!("no answer: {e}")),
    };
    let status = answer.status().as_u16();
    let kind =
        answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("none").to_owned();
    let text = answer.text().await.unwrap_or_default();
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let said = |field: &str| problem[field].as_str().is_some_and(|text| !text.is_empty());
    let is_problem =
        kind == "application/problem+json" && said("code") && said("detail") && said("detail_en");
    // A receipt of whatever form is judged, and this is the judgement.
    let judged = attack.path.ends_with("/receipt-checks") && status == 200 && problem["genuine"] == false;
    if judged || (400..500).contains(&status) && is_problem {
        return Ok(());
    }
    Err(format!("{status} {kind} {}", text.chars().take(160).collect::<String>()))
}

fn allowed(rule: &Rule) -> Option<Role> {
    Role::ALL.iter().copied().find(|role| rule.roles.contains_key(role))
}

#[actix_web::test]
async fn no_write_takes_hostile_input_or_changes_a_row() {
    let test = TestApp::start().await;
    let seeds = test.app.config.seeds_dir.clone();
    test.app.db.write(move |conn| palm::people::units::seed(conn, &seeds)).await.unwrap();
    let mut people = Vec::new();
    for role in Role::ALL {
        let unit = (*role == Role::UnitOfficial).then_some("430903");
        people.push((*role, test.person_of(&[*role], unit, palm::people::auth::AccountState::Active).await));
    }
    let (document, mut wrong, mut struck, mut operations) = (document(), Vec::new(), 0, 0);
    let before = Tables::read(&test).await;
    assert!(before.len() > 30, "{}", before.len());
    for operation in writes(&document) {
        operations += 1;
        let rule = &permission::rules()[operation.id.as_str()];
        let person = allowed(rule).filter(|_| !rule.nobody);
        let person =
            person.and_then(|role| people.iter().find(|(r, _)| *r == role)).map(|(_, person)| person);
        let all = match &operation.other {
            Some(media_type) => other_attacks(&operation, media_type),
            None => attacks(&document, &operation),
        };
        for attack in all {
            struck += 1;
            if let Err(answer) = strike(&test, &operation.method, person, &attack).await {
                wrong.push(format!("{} with {}: {answer}", operation.id, attack.what));
            }
        }
        let changed = before.changed(&Tables::read(&test).await);
        assert!(changed.is_empty(), "{} changed {changed:?}; {wrong:#?}", operation.id);
    }
    assert!(wrong.is_empty(), "{} of {struck}: {wrong:#?}", wrong.len());
    println!("{struck} hostile requests to {operations} operations: all refused, nothing changed");
}

/// The check itself: an honest write is seen in the tables.
#[actix_web::test]
async fn a_changed_row_is_noticed() {
    let test = TestApp::start().await;
    let before = Tables::read(&test).await;
    let person = test.person(Role::Investor).await;
    let changed = before.changed(&Tables::read(&test).await);
    assert!(changed.iter().any(|t| t.starts_with("auth_accounts: 0 rows")), "{changed:?}");
    let between = Tables::read(&test).await;
    test.send("DELETE", "/api/v1/auth/sessions/current", Some(&person), None).await;
    assert!(
        between.changed(&Tables::read(&test).await).iter().any(|t| t.starts_with("auth_sessions: 1 rows"))
    );
}
