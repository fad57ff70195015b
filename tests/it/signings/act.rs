//! The act of signing: read to the end, agree to the words that were shown, prove oneself twice where one can, write by hand.
use super::ground::{CONSENT, UNIT, code, proof, read, sent, sign, units, whole_reading};
use crate::support::{Answer, Person, TestApp};
use base64::Engine;
use diesel::prelude::*;
use palm::deals::signings::bundle;
use palm::people::auth::totp;
use palm::platform::db::DbConn;
use palm::platform::hash_chain::sha256_hex;
use palm::platform::tar;
use serde_json::{Value, json};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const HANDWRITING: &[u8] = include_bytes!("../../esign/handwriting.png");

/// Gives the account what an activation gives a member of staff.
async fn with_second_factor(test: &TestApp, who: &Person) {
    let id = who.id.clone();
    let set = move |conn: &mut DbConn| {
        use palm::schema::auth_accounts as t;
        diesel::update(t::table.find(&id)).set(t::totp_secret.eq(Some(SECRET))).execute(conn)?;
        Ok(())
    };
    test.app.db.write(set).await.unwrap();
}

fn agreement(id: &str) -> String {
    format!("/api/v1/signings/agreements/{id}")
}

async fn text_of(test: &TestApp, who: &Person, id: &str) -> String {
    test.get(&agreement(id), Some(who)).await.expect(200)["text_sha256"].as_str().unwrap().to_owned()
}

/// Tries to sign with a fresh code from the phone and what `more` adds.
async fn tries(test: &TestApp, who: &Person, id: &str, more: Value) -> Answer {
    let text = text_of(test, who, id).await;
    let mut body = proof(&code(&test.app, who, id, &text).await, &text);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    test.post(&format!("{}/signatures", agreement(id)), Some(who), &body).await
}

/// What the evidence says of the consents, in their order.
async fn consents(test: &TestApp, who: &Person, id: &str) -> Vec<Value> {
    let chain = test.get(&format!("{}/evidence", agreement(id)), Some(who)).await.expect(200);
    assert_eq!(chain["broken_at"], Value::Null);
    let entries = chain["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "consented");
    entries.map(|entry| entry["payload"].clone()).collect()
}

fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}

#[actix_web::test]
async fn whoever_has_a_second_factor_signs_with_it_and_each_of_its_codes_once() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    with_second_factor(&test, &official).await;
    let (id, people) = sent(&test, &official, &[1, 2]).await;
    let seen = test.get(&agreement(&id), Some(&official)).await.expect(200);
    assert_eq!(seen["signing"]["second_factor"], true);
    assert_eq!(test.get(&agreement(&id), Some(&people[1])).await.expect(200)["signing"], Value::Null);
    read(&test, &official, &id).await.expect(201);

    let now = test.app.now();
    let right = totp::code_now(SECRET, now).unwrap();
    let wrong =
        (0..4).map(|n| format!("{n:06}")).find(|one| totp::step_of(SECRET, one, now).is_none()).unwrap();
    // One code from the phone outlives every refusal of the other factor.
    let text = text_of(&test, &official, &id).await;
    let mut body = proof(&code(&test.app, &official, &id, &text).await, &text);
    let path = format!("{}/signatures", agreement(&id));
    let without = test.post(&path, Some(&official), &body).await;
    assert_eq!(refusal(&without), (422, "signature.second_factor_missing"));
    body["totp"] = wrong.clone().into();
    let refused = test.post(&path, Some(&official), &body).await;
    assert_eq!(refusal(&refused), (422, "signature.second_factor_wrong"));
    // A wrong code from the phone uses up no code of the second factor.
    let mut other = body.clone();
    other["totp"] = right.clone().into();
    let guess = if body["code"] == "000000" { "111111" } else { "000000" };
    other["code"] = guess.into();
    assert_eq!(refusal(&test.post(&path, Some(&official), &other).await), (422, "signature.code_wrong"));
    body["totp"] = right.clone().into();
    test.post(&path, Some(&official), &body).await.expect(201);
    sign(&test, &people[1], &id).await.expect(201);
    let said = consents(&test, &official, &id).await;
    assert_eq!((&said[0]["step_up"], &said[1]["step_up"]), (&json!("totp"), &Value::Null));

    // The same code again, for another agreement; and whoever guesses on has to rest.
    let (next, _) = sent(&test, &official, &[1, 2]).await;
    read(&test, &official, &next).await.expect(201);
    for _ in 0..5 {
        let again = tries(&test, &official, &next, json!({"totp": right})).await;
        assert_eq!(refusal(&again), (422, "signature.second_factor_wrong"));
    }
    let resting = tries(&test, &official, &next, json!({"totp": right})).await;
    assert_eq!(refusal(&resting), (429, "auth.account_resting"));
    assert_eq!(consents(&test, &official, &next).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn handwriting_is_kept_stroke_by_stroke_and_only_the_signer_and_the_office_see_it() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[2, 1, 1]).await;
    let (signer, other) = (&people[1], &people[2]);
    read(&test, signer, &id).await.expect(201);
    let png = base64::engine::general_purpose::STANDARD.encode(HANDWRITING);
    let strokes = json!([[[12, 40, 0], [80, 52, 90]], [[60, 20, 400], [61, 90, 650]]]);
    // Neither comes alone, and what no hand writes is refused.
    for more in [
        json!({"handwriting_png": png}),
        json!({"strokes": strokes}),
        json!({"handwriting_png": png, "strokes": []}),
        json!({"handwriting_png": png, "strokes": [[[12, 40, 0]]]}),
        json!({"handwriting_png": png, "strokes": [[[12, 40, 90], [80, 52, 0]]]}),
        json!({"handwriting_png": png, "strokes": [[[-12, 40, 0], [80, 52, 90]]]}),
    ] {
        let refused = tries(&test, signer, &id, more.clone()).await;
        assert_eq!(refusal(&refused), (422, "signature.bad_strokes"), "{}", more["strokes"]);
    }
    for shapeless in [json!([[[12, 40]]]), json!([[12, 40, 0]]), json!([[[12, 40.5, 0]]]), json!("x")] {
        let refused = tries(&test, signer, &id, json!({"handwriting_png": png, "strokes": shapeless})).await;
        assert_eq!(refusal(&refused), (422, "request.invalid"), "{shapeless}");
    }
    tries(&test, signer, &id, json!({"handwriting_png": png, "strokes": strokes})).await.expect(201);
    sign(&test, other, &id).await.expect(201);

    let said = consents(&test, &official, &id).await;
    let document = format!("{{\"format\":\"palm-strokes-1\",\"strokes\":{strokes}}}");
    let kept = sha256_hex(&document);
    assert_eq!(said[0]["strokes"], json!({"sha256": kept, "strokes": 2, "points": 4, "duration_ms": 650}));
    assert_eq!(
        (&said[0]["handwriting_sha256"], &said[1]["strokes"]),
        (&json!(sha256_hex(HANDWRITING)), &Value::Null)
    );

    let name = format!("strokes-{}.json", &kept[..16]);
    for (who, sees) in [(signer, true), (&official, true), (other, false)] {
        let bytes = test.bytes(&format!("{}/evidence-bundle", agreement(&id)), who).await;
        let files = tar::unpack(&bytes).unwrap();
        let found = files.iter().find(|(known, _)| *known == name).map(|(_, file)| *file);
        assert_eq!(found, sees.then_some(document.as_bytes()));
        let check =
            |bytes: &[u8]| bundle::check(bytes, Some(&test.app.trust()), None, test.app.now().utc()).problems;
        assert!(check(&bytes).is_empty(), "{:?}", check(&bytes));
        let bent = document.replace("650", "651");
        let changed: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(known, file)| (known.as_str(), if *known == name { bent.as_bytes() } else { *file }))
            .collect();
        let found = check(&tar::pack(&changed, 0)).iter().any(|problem| problem.code == "strokes_differ");
        assert_eq!(found, sees);
    }
    // What was kept is not changed any more.
    for sql in ["UPDATE agreement_strokes SET document = '{}'", "DELETE FROM agreement_strokes"] {
        let change = move |conn: &mut DbConn| Ok(diesel::sql_query(sql).execute(conn)?);
        assert!(test.app.db.write(change).await.is_err(), "{sql}");
    }
}

#[actix_web::test]
async fn the_evidence_keeps_the_words_that_the_signer_agreed_to() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[1, 2]).await;
    read(&test, &official, &id).await.expect(201);
    let seen = test.get(&agreement(&id), Some(&official)).await.expect(200);
    let offered = seen["signing"]["consents"].as_array().unwrap().clone();
    let texts: Vec<&str> = offered.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!((texts.len(), texts[0], offered[1]["language"].as_str()), (2, CONSENT, Some("en")));
    for one in &offered {
        assert_eq!(one["sha256"], sha256_hex(one["text"].as_str().unwrap()));
    }
    let other = tries(&test, &official, &id, json!({"consent_sha256": sha256_hex("我同意一切。")})).await;
    assert_eq!(refusal(&other), (409, "signature.consent_changed"));
    let none = tries(&test, &official, &id, json!({"consent_sha256": null})).await;
    assert_eq!(refusal(&none), (422, "signature.no_consent"));
    tries(&test, &official, &id, json!({"consent_sha256": offered[1]["sha256"]})).await.expect(201);
    sign(&test, &people[1], &id).await.expect(201);
    let said = consents(&test, &official, &id).await;
    assert_eq!((&said[0]["consent"], &said[1]["consent"]), (&offered[1], &offered[0]));
}

#[actix_web::test]
async fn nobody_signs_a_text_that_was_not_on_the_screen_to_its_end() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, people) = sent(&test, &official, &[1, 1]).await;
    let readings = format!("{}/readings", agreement(&id));
    let text = test.get(&format!("{}/text", agreement(&id)), Some(&official)).await.expect(200);
    let words: String =
        text["parts"].as_array().unwrap().iter().map(|part| part["text"].as_str().unwrap()).collect();
    // With the values as the paper prints them, from the title to the signers.
    for piece in [
        "投资合作框架协议",
        "人民币 120,000,000.00 元（大写：壹亿贰仟万元整）",
        "有效期 12 个月",
        "签署人：王示例",
    ] {
        assert!(words.contains(piece), "{piece}: {words}");
    }
    let stranger = test.official("430902").await;
    assert_eq!(test.get(&format!("{}/text", agreement(&id)), Some(&stranger)).await.status, 404);

    let unread = tries(&test, &official, &id, json!({})).await;
    assert_eq!(refusal(&unread), (422, "signature.not_read"));
    let whole = whole_reading(&test, &official, &id).await;
    let mut half = whole.clone();
    half["parts_seen"] = json!(whole["parts_seen"].as_u64().unwrap() - 1);
    assert_eq!(refusal(&test.post(&readings, Some(&official), &half).await), (422, "signature.not_read"));
    let mut foreign = whole.clone();
    foreign["words_sha256"] = json!("0".repeat(64));
    assert_eq!(refusal(&test.post(&readings, Some(&official), &foreign).await), (409, "agreement.moved_on"));
    // Another's reading is not one's own.
    test.post(&readings, Some(&people[1]), &whole).await.expect(201);
    let others = tries(&test, &official, &id, json!({})).await;
    assert_eq!(refusal(&others), (422, "signature.not_read"));
    let seen = test.post(&readings, Some(&official), &whole).await.expect(201);
    assert_eq!(seen["signing"]["read"], true);
    tries(&test, &official, &id, json!({})).await.expect(201);

    let chain = test.get(&format!("{}/evidence", agreement(&id)), Some(&official)).await.expect(200);
    let entry = chain["items"].as_array().unwrap().iter().rfind(|entry| entry["action"] == "read").unwrap();
    assert_eq!(entry["payload"]["words_sha256"], text["words_sha256"]);
    let told = &entry["payload"]["told_by_the_reading_program"];
    assert_eq!((&told["parts_seen"], &told["file_opened"]), (&whole["parts_seen"], &json!(false)));
}

/// An agreement that was sent before its words were kept shows the same ones.
#[actix_web::test]
async fn words_that_were_not_kept_are_set_again_and_are_the_same() {
    let test = TestApp::start().await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let (id, _) = sent(&test, &official, &[1, 2]).await;
    let path = format!("{}/text", agreement(&id));
    let first = test.get(&path, Some(&official)).await.expect(200);
    // As before the migration that keeps them: the table is made anew.
    let forget = |conn: &mut DbConn| {
        diesel::sql_query("DROP TABLE agreement_words").execute(conn)?;
        diesel::sql_query(
            "CREATE TABLE agreement_words (agreement_id TEXT NOT NULL PRIMARY KEY, document_sha256 TEXT NOT NULL, sha256 TEXT NOT NULL, parts TEXT NOT NULL)",
        )
        .execute(conn)?;
        Ok(())
    };
    test.app.db.write(forget).await.unwrap();
    assert_eq!(test.get(&path, Some(&official)).await.expect(200), first);
    read(&test, &official, &id).await.expect(201);
    sign(&test, &official, &id).await.expect(201);
}
