//! Tencent 电子签 against a stand-in that checks the signature itself: a flow from upload to the signed file.
use crate::support::Standins;
use chrono::Utc;
use palm::platform::ess::{Approver, CallbackError, Ess, EssAccount, EssError, FlowStanding};
use palm::platform::http::{Limits, Outgoing};
use palm::platform::tc3::Credentials;
use serde_json::{Value, json};

fn client(standins: &Standins, secret: &str, callback_key: &str) -> Ess {
    let account = EssAccount {
        credentials: Credentials { secret_id: "standin-sms-id".to_owned(), secret_key: secret.into() },
        operator_id: "yDRSRUUgygj6rq2wUuO4zjEBBzRU0xyz".to_owned(),
        callback_token: "standin-ess-token".into(),
        callback_key: callback_key.into(),
    };
    let base = standins.at("");
    Ess::new(account, &base, &base, Outgoing::new(&Limits::default()).unwrap()).unwrap()
}

const KEY: &str = "0123456789standinCALLBACKkey0123";

async fn moved(standins: &Standins, flow: &str, mobile: &str, act: &str) -> (Vec<u8>, String) {
    let step = json!({"flow_id": flow, "mobile": mobile, "act": act});
    let sent = reqwest::Client::new().post(standins.at("/ess/moves")).json(&step).send().await.unwrap();
    let sent: Value = sent.error_for_status().unwrap().json().await.unwrap();
    (sent["body"].as_str().unwrap().as_bytes().to_vec(), sent["signature"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_flow_is_created_signed_and_fetched_and_its_callbacks_are_believed_only_when_genuine() {
    let standins = Standins::start();
    let ess = client(&standins, "standin-sms-key", KEY);
    let file = ess.upload("agreement.pdf", b"%PDF-1.7\nexample", Utc::now()).await.unwrap();
    let signers = [Approver::person("张喆堃", "19000000036"), Approver::person("李玥", "19000000002")];
    let flow =
        ess.create_flow("投资合作框架协议", &file, &signers, "YQY-2026-000017", Utc::now()).await.unwrap();
    let path = ess.sign_path(&flow, "张喆堃", "19000000036", Utc::now()).await.unwrap();
    assert!(path.starts_with("pages/guide?") && path.contains(&flow), "{path}");
    let seen = ess.find_flow(&flow, Utc::now()).await.unwrap();
    assert_eq!((seen.standing, seen.signed), (FlowStanding::Open, vec![false, false]));

    let (body, signature) = moved(&standins, &flow, "19000000036", "sign").await;
    assert_eq!(ess.open_callback(&body, &signature).unwrap().flow_id(), Some(flow.as_str()));
    for (bent, given) in
        [(body.clone(), "sha256=00".to_owned()), ([&body[..], b" "].concat(), signature.clone())]
    {
        assert_eq!(ess.open_callback(&bent, &given), Err(CallbackError::Forged));
    }
    let stranger = client(&standins, "standin-sms-key", "another key of thirty-two signs!");
    assert!(stranger.open_callback(&body, &signature).is_err());

    moved(&standins, &flow, "19000000002", "sign").await;
    let seen = ess.find_flow(&flow, Utc::now()).await.unwrap();
    assert_eq!((seen.standing, seen.signed), (FlowStanding::Signed, vec![true, true]));
    assert!(ess.signed_file(&flow, Utc::now()).await.unwrap().starts_with(b"%PDF-1.7\nexample"));
    let late = ess.cancel(&flow, "太迟", Utc::now()).await.unwrap_err();
    assert!(matches!(late, EssError::Refused { ref code, .. } if code == "OperationDenied"), "{late:?}");
}

#[actix_web::test]
async fn a_wrong_key_or_an_old_clock_is_refused_by_name() {
    let standins = Standins::start();
    let stranger = client(&standins, "another key", KEY);
    let refused = stranger.upload("a.pdf", b"%PDF-1.7", Utc::now()).await.unwrap_err();
    assert!(
        matches!(refused, EssError::Refused { ref code, .. } if code == "AuthFailure.SignatureFailure"),
        "{refused:?}"
    );
    let slow = client(&standins, "standin-sms-key", KEY);
    let old = slow.upload("a.pdf", b"%PDF-1.7", Utc::now() - chrono::Duration::minutes(6)).await.unwrap_err();
    assert!(
        matches!(old, EssError::Refused { ref code, .. } if code == "AuthFailure.SignatureExpire"),
        "{old:?}"
    );
    assert!(!format!("{refused:?}").contains("another key"));
}
