//! The real-person check (微信人脸核身 2.0): WeChat compares a face with the identity card's; we learn whether it fits.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Wechat, WechatError, read, within};

/// The only kind that WeChat can check.
const IDENTITY_CARD: &str = "IDENTITY_CARD";

/// Who is to be compared: the name and the number of a mainland identity card; the number is not shown.
#[derive(Debug, Clone)]
pub struct IdentityCard {
    pub name: String,
    pub number: SecretString,
}

/// One check: what each of its calls must name alike.
#[derive(Debug, Clone, Copy)]
pub struct FaceCheck<'a> {
    /// Ours, 5 to 32 letters, digits, `_` and `-`, never used before
    pub sequence: &'a str,
    pub open_id: &'a str,
    pub card: &'a IdentityCard,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceVerdict {
    Passed,
    /// Not begun, or under way
    Open,
    /// Anything else, by WeChat's number
    Failed(i64),
}

impl FaceVerdict {
    fn of(verify_ret: i64) -> Self {
        match verify_ret {
            10_000 => Self::Passed,
            10_005 | 10_300 => Self::Open,
            other => Self::Failed(other),
        }
    }
}

impl IdentityCard {
    /// By it WeChat knows that the result is asked for the same person (`cert_hash`).
    fn hash(&self) -> String {
        let [kind, name, number] =
            [IDENTITY_CARD, &self.name, self.number.expose_secret()].map(|part| STANDARD.encode(part));
        hex::encode(Sha256::digest(format!("cert_type={kind}&cert_name={name}&cert_no={number}")))
    }
}

#[derive(Deserialize)]
struct Begun {
    #[serde(default)]
    verify_id: String,
}

#[derive(Deserialize)]
struct Ended {
    verify_ret: i64,
}

impl Wechat {
    /// Begins a check; what comes goes to `wx.requestFacialVerify` and is good for an hour.
    ///
    /// # Errors
    /// `Refused` with 84014 for a name, 84015 for a number that no card has; the others of [`WechatError`].
    pub async fn begin_face_check(&self, check: FaceCheck<'_>) -> Result<String, WechatError> {
        let FaceCheck { sequence, open_id, card } = check;
        let info = json!({"cert_type": IDENTITY_CARD, "cert_name": card.name, "cert_no": card.number.expose_secret()});
        let body = json!({"out_seq_no": sequence, "cert_info": info, "openid": open_id});
        let answer = within(self.ask_with_token("/cityservice/face/identify/getverifyid", &body)).await?;
        let Begun { verify_id } = read(&answer)?;
        if verify_id.is_empty() { Err(WechatError::Incomplete("verify_id")) } else { Ok(verify_id) }
    }

    /// What came of a check: WeChat's word to us, for the client's own proves nothing.
    ///
    /// # Errors
    /// `Refused` with 84018 when the card is another, 84022 when the hour is over; the others of [`WechatError`].
    pub async fn face_verdict(
        &self,
        check: FaceCheck<'_>,
        verify_id: &str,
    ) -> Result<FaceVerdict, WechatError> {
        let FaceCheck { sequence, open_id, card } = check;
        let body = json!({"verify_id": verify_id, "out_seq_no": sequence, "cert_hash": card.hash(), "openid": open_id});
        let answer = within(self.ask_with_token("/cityservice/face/identify/queryverifyinfo", &body)).await?;
        let Ended { verify_ret } = read(&answer)?;
        Ok(FaceVerdict::of(verify_ret))
    }
}

#[cfg(test)]
mod tests {
    use super::super::login::tests::vector;
    use super::*;

    #[test]
    fn the_given_card_has_the_given_hash_and_is_not_shown() {
        let (input, expected) = vector("wx-face-cert-hash");
        let text = |name: &str| input[name].as_str().unwrap();
        assert_eq!(text("cert_type"), IDENTITY_CARD);
        let card = IdentityCard { name: text("cert_name").to_owned(), number: text("cert_no").into() };
        assert_eq!(card.hash(), expected["cert_hash"]);
        assert!(!format!("{card:?}").contains(text("cert_no")));
    }

    #[test]
    fn one_number_alone_passes() {
        assert_eq!(FaceVerdict::of(10_000), FaceVerdict::Passed);
        assert_eq!(
            (FaceVerdict::of(10_005), FaceVerdict::of(10_300)),
            (FaceVerdict::Open, FaceVerdict::Open)
        );
        for other in [0, -1, 10_001, 10_003, 10_012, 10_026, 90_002, 90_199] {
            assert_eq!(FaceVerdict::of(other), FaceVerdict::Failed(other));
        }
    }

    #[test]
    fn cards_that_another_program_hashed_have_the_same_hash() {
        for vector in crate::platform::callback::unseen("face_hashes") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let card = IdentityCard { name: text("cert_name").to_owned(), number: text("cert_no").into() };
            assert_eq!(card.hash(), text("cert_hash"));
        }
    }
}
