//! Codes at a ceremony: one person signs many agreements one after another; one agreement's codes and sign-in keep their limits.
use super::ground::{UNIT, sent, units};
use crate::support::{Standins, TestApp};
use palm::error::AppError;
use palm::people::auth::{Account, CodePurpose, OneTimeCode};
use palm::platform::db::DbConn;
use serde_json::json;

#[actix_web::test]
async fn a_person_gets_codes_for_many_agreements_at_once_and_can_sign_in_besides() {
    let standins = Standins::start();
    let settings = standins.settings();
    let test = TestApp::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>()).await;
    units(&test).await;
    let official = test.official(UNIT).await;
    let mut agreements = Vec::new();
    for _ in 0..3 {
        agreements.push(sent(&test, &official, &[1, 2]).await.0);
    }
    let challenge = async |id: &str| {
        let path = format!("/api/v1/signings/agreements/{id}");
        let text = test.get(&path, Some(&official)).await.expect(200)["text_sha256"].clone();
        test.post(&format!("{path}/challenges"), Some(&official), &json!({"document_sha256": text})).await
    };
    for id in &agreements {
        challenge(id).await.expect(201);
    }
    // The same agreement again waits its minute, and nobody else does.
    let soon = challenge(&agreements[0]).await;
    assert_eq!((soon.status, soon.code()), (429, "auth.code_too_soon"));
    test.app.clock.advance(chrono::Duration::seconds(61));
    challenge(&agreements[0]).await.expect(201);
    let (wanted, house) = (official.id.parse().unwrap(), test.app.clone());
    let make = move |conn: &mut DbConn| {
        let phone = Account::find(conn, &wanted)?.phone;
        let mut at = house.now();
        let mut make = |purpose, subject: &str, at| match OneTimeCode::make(
            &house, conn, &phone, purpose, subject, at,
        ) {
            Ok(_) => Ok(None),
            Err(AppError::TooMany { retry_after, .. }) => Ok(Some(retry_after)),
            Err(e) => Err(e),
        };
        // One agreement has six an hour, a sign-in its own.
        for n in 0..7 {
            let refused = make(CodePurpose::Signature, "one agreement", at)?;
            assert_eq!(refused.is_some(), n == 6, "{n}: {refused:?}");
            at = at.plus(chrono::Duration::seconds(61));
        }
        assert_eq!(make(CodePurpose::SignIn, "", at)?, None);
        // Ten were sent; sixty an hour are enough for a ceremony.
        for n in 10..60 {
            assert_eq!(make(CodePurpose::Signature, &format!("agreement {n}"), at)?, None, "{n}");
        }
        Ok(make(CodePurpose::Signature, "one more", at)?.unwrap())
    };
    let wait = test.app.db.write(make).await.unwrap();
    assert!((3000..3600).contains(&wait), "{wait}");
}
