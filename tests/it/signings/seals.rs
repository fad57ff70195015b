//! Seals: registered by one, approved by another, chosen by their own side alone, seen in paper and evidence, and gone when revoked.
use super::ground::{UNIT, code, document, proof, read, sent, sign, units};
use crate::support::{Answer, Person, TestApp};
use diesel::prelude::*;
use palm::deals::signings::bundle;
use palm::platform::db::DbConn;
use palm::platform::pdf::Verdict;
use palm::platform::{pdf, tar};
use serde_json::{Value, json};

const SEAL: &[u8] = include_bytes!("../../../seeds/demo/seal.png");

async fn upload(test: &TestApp, who: &Person, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = test.client.post(test.url(&format!("/api/v1/signings/{path}"))).bearer_auth(&who.token);
    let answer =
        request.header("Idempotency-Key", palm::platform::id::fresh()).multipart(form).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap() }
}

async fn registered(test: &TestApp, who: &Person, owner: Value) -> Answer {
    let picture = upload(test, who, "seal-pictures", "seal.png", SEAL).await.expect(201);
    assert!(picture["picture"].as_str().unwrap().starts_with("data:image/png;base64,"));
    let papers = upload(test, who, "seal-papers", "授权书.pdf", b"%PDF-1.7 papers").await.expect(201);
    let mut new = json!({
        "name": "合同专用章（一）", "kind": "contract", "keeper_name": "印章保管员", "authority": "示例办发〔2026〕1号",
        "picture_file_id": picture["file_id"], "papers_file_id": papers["file_id"],
    });
    new.as_object_mut().unwrap().extend(owner.as_object().unwrap().clone());
    test.post("/api/v1/signings/seals", Some(who), &new).await
}

async fn step(test: &TestApp, who: &Person, id: &Value, act: &str) -> Answer {
    let body = if matches!(act, "approvals" | "reinstatements") {
        json!({})
    } else {
        json!({"reason": "示例原因"})
    };
    test.post(&format!("/api/v1/signings/seals/{}/{act}", id.as_str().unwrap()), Some(who), &body).await
}

/// A seal of the unit that is in use.
pub async fn approved(test: &TestApp, keeper: &Person, second: &Person) -> Value {
    let seal = registered(test, keeper, json!({"owner_kind": "unit"})).await.expect(201);
    step(test, second, &seal["id"], "approvals").await.expect(201);
    seal
}

pub async fn sign_with(test: &TestApp, who: &Person, id: &str, seal: &Value) -> Answer {
    let path = format!("/api/v1/signings/agreements/{id}");
    let text = test.get(&path, Some(who)).await.expect(200)["text_sha256"].as_str().unwrap().to_owned();
    let code = code(&test.app, who, id, &text).await;
    read(test, who, id).await;
    let mut body = proof(&code, &text);
    body["seal_id"] = seal["id"].clone();
    test.post(&format!("{path}/signatures"), Some(who), &body).await
}

async fn choices(test: &TestApp, who: &Person, id: &str) -> Vec<Value> {
    let list = test.get(&format!("/api/v1/signings/agreements/{id}/seals"), Some(who)).await.expect(200);
    list["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_seal_takes_two_people_and_papers_and_only_a_seal_on_white_paper_is_taken() {
    let test = TestApp::start().await;
    units(&test).await;
    let (keeper, second) = (test.official(UNIT).await, test.official(UNIT).await);
    let stranger = test.official("430902").await;
    for (path, name, bytes, code) in [
        ("seal-pictures", "a.png", &b"no picture"[..], "seal.picture_refused"),
        ("seal-papers", "a.txt", b"words", "seal.papers_refused"),
        ("seal-papers", "a.pdf", b"words", "seal.papers_refused"),
    ] {
        let refused = upload(&test, &keeper, path, name, bytes).await;
        assert_eq!((refused.status, refused.code()), (422, code), "{path} {name}");
    }
    let seal = registered(&test, &keeper, json!({"owner_kind": "unit"})).await.expect(201);
    assert_eq!((&seal["state"], &seal["may"], &seal["demo"]), (&json!("pending"), &json!([]), &json!(false)));
    // The same files make no second seal, and nobody uses another's.
    let again = json!({
        "name": "另一枚", "kind": "official", "owner_kind": "unit", "keeper_name": "某人", "authority": "某文",
        "picture_file_id": file_of(&test, &seal, "picture").await, "papers_file_id": file_of(&test, &seal, "papers").await,
    });
    let twice = test.post("/api/v1/signings/seals", Some(&keeper), &again).await;
    assert_eq!((twice.status, twice.code()), (409, "seal.file_used"));
    let foreign = test.post("/api/v1/signings/seals", Some(&second), &again).await;
    assert_eq!((foreign.status, foreign.code()), (422, "request.invalid"));
    // Whoever registered it does not approve it, a stranger does not see it.
    let own = step(&test, &keeper, &seal["id"], "approvals").await;
    assert_eq!((own.status, own.code()), (409, "seal.not_yours"));
    assert_eq!(step(&test, &stranger, &seal["id"], "approvals").await.status, 404);
    let path = format!("/api/v1/signings/seals/{}", seal["id"].as_str().unwrap());
    assert_eq!(test.get(&path, Some(&stranger)).await.status, 404);
    assert_eq!(step(&test, &second, &seal["id"], "suspensions").await.code(), "seal.moved_on");
    let done = step(&test, &second, &seal["id"], "approvals").await.expect(201);
    assert_eq!((&done["state"], &done["may"]), (&json!("approved"), &json!(["suspend", "revoke"])));
    assert_eq!(test.bytes(&format!("{path}/papers"), &second).await, b"%PDF-1.7 papers");
    for (who, act, state) in [
        (&keeper, "suspensions", "suspended"),
        (&second, "reinstatements", "approved"),
        (&keeper, "revocations", "revoked"),
    ] {
        assert_eq!(step(&test, who, &seal["id"], act).await.expect(201)["state"], state);
    }
    assert_eq!(step(&test, &second, &seal["id"], "reinstatements").await.code(), "seal.moved_on");
    let seen = test.get(&path, Some(&second)).await.expect(200);
    let steps: Vec<&str> =
        seen["steps"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(steps, ["registered", "approved", "suspended", "reinstated", "revoked"]);
    let list = test.get("/api/v1/signings/seals?state=revoked", Some(&second)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    palm::views::notifications::tell(&test.app).await.unwrap();
    let inbox = test.get("/api/v1/notifications", Some(&second)).await.expect(200);
    assert!(inbox["items"].to_string().contains("印章待批准"), "{inbox}");
}

async fn file_of(test: &TestApp, seal: &Value, which: &'static str) -> Value {
    let id = seal["id"].as_str().unwrap().to_owned();
    let look = move |conn: &mut DbConn| {
        use palm::schema::seals as t;
        let (picture, papers): (String, String) =
            t::table.find(&id).select((t::picture_file, t::papers_file)).first(conn)?;
        Ok(if which == "picture" { picture } else { papers })
    };
    test.app.read(look).await.unwrap().into()
}

#[actix_web::test]
async fn a_signer_uses_a_seal_of_the_own_side_and_it_stands_in_paper_and_evidence() {
    let test = TestApp::start().await;
    units(&test).await;
    let (official, second) = (test.official(UNIT).await, test.official(UNIT).await);
    let (id, people) = sent(&test, &official, &[2, 1]).await;
    let investor = &people[1];
    let of_unit = approved(&test, &official, &second).await;
    let firm = json!({"owner_kind": "enterprise", "owner_name": "湖南犇腾新材料有限公司", "unit_id": UNIT});
    let of_firm = registered(&test, investor, firm).await.expect(201);
    // A unit's name is its own people's to register.
    let posing = json!({"owner_kind": "enterprise", "owner_name": unit_name(&test).await, "unit_id": UNIT});
    assert_eq!(registered(&test, investor, posing).await.code(), "seal.units_own");
    // Not before it is approved, and not the other side's.
    for seal in [&of_firm, &of_unit] {
        let refused = sign_with(&test, investor, &id, seal).await;
        assert_eq!((refused.status, refused.code()), (409, "seal.not_usable"));
    }
    assert!(choices(&test, investor, &id).await.is_empty());
    step(&test, &second, &of_firm["id"], "approvals").await.expect(201);
    let offered = choices(&test, investor, &id).await;
    assert_eq!(offered.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&of_firm["id"]]);
    // In one's turn only.
    assert!(choices(&test, &official, &id).await.is_empty());
    let signed = sign_with(&test, investor, &id, &of_firm).await.expect(201);
    let seal =
        signed["parties"].as_array().unwrap().iter().find_map(|p| p["seal"].as_object()).unwrap().clone();
    assert_eq!((&seal["name"], &seal["picture_sha256"]), (&of_firm["name"], &of_firm["picture_sha256"]));

    // Revoked: from the next moment on it is not used, and what it sealed stays valid.
    step(&test, &second, &of_firm["id"], "revocations").await.expect(201);
    let done = sign_with(&test, &official, &id, &of_unit).await.expect(201);
    assert_eq!(done["state"], "completed");
    let file = document(&test, &official, &id).await;
    assert_eq!(pdf::examine(&file, &test.app.trust(), test.app.now().utc()).verdict, Verdict::Valid);
    let seen = test
        .get(&format!("/api/v1/signings/seals/{}", of_firm["id"].as_str().unwrap()), Some(&second))
        .await
        .expect(200);
    assert_eq!((&seen["uses"][0]["agreement_id"], &seen["uses"].as_array().unwrap().len()), (&json!(id), &1));

    // The consent that the signature vouches for names the picture, and so does the bundle, which holds it.
    let chain =
        test.get(&format!("/api/v1/signings/agreements/{id}/evidence"), Some(&official)).await.expect(200);
    let named: Vec<&Value> = chain["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["payload"]["seal"]["picture_sha256"])
        .filter(|v| !v.is_null())
        .collect();
    let (firm, unit) = (&of_firm["picture_sha256"], &of_unit["picture_sha256"]);
    assert_eq!(named, [firm, firm, unit, unit]);
    let bytes = test.bytes(&format!("/api/v1/signings/agreements/{id}/evidence-bundle"), &official).await;
    let check =
        |bytes: &[u8]| bundle::check(bytes, Some(&test.app.trust()), None, test.app.now().utc()).problems;
    assert!(check(&bytes).is_empty(), "{:?}", check(&bytes));
    let files = tar::unpack(&bytes).unwrap();
    let without: Vec<(&str, &[u8])> = files
        .iter()
        .filter(|(name, _)| !name.starts_with("seal-"))
        .map(|(name, bytes)| (name.as_str(), *bytes))
        .collect();
    assert!(without.len() < files.len());
    assert!(check(&tar::pack(&without, 0)).iter().any(|problem| problem.code == "seals_differ"));
}

async fn unit_name(test: &TestApp) -> String {
    let find = |conn: &mut DbConn| Ok(palm::people::units::Unit::find(conn, UNIT)?.unwrap().name);
    test.app.read(find).await.unwrap()
}

/// What the tables refuse by themselves, whatever a program does.
#[actix_web::test]
async fn the_tables_refuse_what_a_broken_program_would_write() {
    let test = TestApp::start().await;
    units(&test).await;
    let (keeper, second) = (test.official(UNIT).await, test.official(UNIT).await);
    let seal = registered(&test, &keeper, json!({"owner_kind": "unit"})).await.expect(201);
    let id = seal["id"].as_str().unwrap().to_owned();
    let refuses = async |sql: String| {
        let run = move |conn: &mut DbConn| Ok(diesel::sql_query(sql.clone()).execute(conn)?);
        test.app.db.write(run).await.is_err()
    };
    let approve = |by: &str| {
        format!(
            "UPDATE seals SET state = 'approved', approved_by = '{by}', approved_at = registered_at WHERE id = '{id}'"
        )
    };
    assert!(refuses(approve(&keeper.id)).await);
    assert!(refuses(format!("UPDATE seals SET state = 'approved' WHERE id = '{id}'")).await);
    assert!(!refuses(approve(&second.id)).await);
    for change in [
        "picture_sha256 = papers_sha256",
        "owner_name = 'x'",
        "state = 'pending'",
        "registered_by = approved_by",
    ] {
        assert!(refuses(format!("UPDATE seals SET {change} WHERE id = '{id}'")).await, "{change}");
    }
    assert!(refuses("DELETE FROM seals".to_owned()).await);
    assert!(refuses("UPDATE seal_steps SET reason = 'x'".to_owned()).await);
    let (agreement, _) = sent(&test, &keeper, &[1, 2]).await;
    let used = |sha: &str| {
        format!(
            "INSERT INTO seal_uses SELECT p.id, p.agreement_id, '{id}', 'x', 'x', {sha}, s.registered_at FROM agreement_parties p, seals s WHERE p.agreement_id = '{agreement}' AND p.seq = 1 AND s.id = '{id}'"
        )
    };
    assert!(refuses(used("'00'")).await);
    let suspended = format!("UPDATE seals SET state = 'suspended' WHERE id = '{id}'");
    assert!(!refuses(suspended).await);
    assert!(refuses(used("s.picture_sha256")).await);
    assert!(!refuses(format!("UPDATE seals SET state = 'approved' WHERE id = '{id}'")).await);
    assert!(!refuses(used("s.picture_sha256")).await);
    assert!(refuses("DELETE FROM seal_uses".to_owned()).await);
    assert!(refuses(format!("UPDATE seals SET state = 'declined' WHERE id = '{id}'")).await);
}

/// Signing with a seal and revoking it at once: either the signature came first, or it is refused and nothing is signed.
#[actix_web::test]
async fn a_seal_that_is_revoked_while_somebody_signs_seals_either_before_or_not_at_all() {
    let test = TestApp::start().await;
    units(&test).await;
    let (official, second) = (test.official(UNIT).await, test.official(UNIT).await);
    let seal = approved(&test, &official, &second).await;
    let (id, _) = sent(&test, &official, &[1, 2]).await;
    let (signed, revoked) = futures_util::join!(
        sign_with(&test, &official, &id, &seal),
        step(&test, &second, &seal["id"], "revocations")
    );
    revoked.expect(201);
    let seen = test
        .get(&format!("/api/v1/signings/seals/{}", seal["id"].as_str().unwrap()), Some(&second))
        .await
        .expect(200);
    let uses = seen["uses"].as_array().unwrap();
    if signed.status == 201 {
        assert_eq!(uses.len(), 1);
    } else {
        assert_eq!((signed.status, signed.code(), uses.len()), (409, "seal.not_usable", 0));
        let after = test.get(&format!("/api/v1/signings/agreements/{id}"), Some(&official)).await.expect(200);
        assert_eq!((&after["revision"], &after["parties"][0]["state"]), (&json!(1), &json!("turn")));
    }
    // Without a seal one signs all the same.
    if signed.status != 201 {
        sign(&test, &official, &id).await.expect(201);
    }
}
