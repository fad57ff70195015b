//! Who is at the other end: the login code becomes an openid, the phone code a phone number.

use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};

use super::{Wechat, WechatError, read, secret_text, text_or_number, within};

const OLDEST_WATERMARK: TimeDelta = TimeDelta::minutes(5);

/// The key that WeChat and this server share about one user's session; never leaves the server.
#[derive(Clone)]
pub struct SessionKey(SecretString);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey([secret])")
    }
}

impl SessionKey {
    /// From its text, which is base64 of 16 bytes.
    ///
    /// # Errors
    /// `Incomplete` for any other text.
    pub fn from_text(text: SecretString) -> Result<Self, WechatError> {
        let bytes =
            STANDARD.decode(text.expose_secret()).map_err(|_| WechatError::Incomplete("session_key"))?;
        if bytes.len() == 16 { Ok(Self(text)) } else { Err(WechatError::Incomplete("session_key")) }
    }

    /// For keeping it, encrypted, until a call is signed; not for an answer or a log line.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether this session's key has signed what WeChat says of the user (`rawData`); the key is the text here too.
    #[must_use]
    pub fn has_signed(&self, raw_data: &str, signature: &str) -> bool {
        let due = Sha1::new().chain_update(raw_data).chain_update(self.0.expose_secret()).finalize();
        hex::decode(signature).is_ok_and(|given| verify_slices_are_equal(due.as_slice(), &given).is_ok())
    }

    /// What was encrypted for this session (`encryptedData` and its `iv`); the key is what the text decodes to.
    fn open(&self, encrypted: &str, iv: &str) -> Option<Vec<u8>> {
        let decoded = |text: &str| STANDARD.decode(text).ok();
        let key = UnboundCipherKey::new(&AES_128, &decoded(self.0.expose_secret())?).ok()?;
        let iv: [u8; 16] = decoded(iv)?.try_into().ok()?;
        let mut bytes = decoded(encrypted)?;
        let opening = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let plain = opening.decrypt(&mut bytes, DecryptionContext::Iv128(iv.into())).ok()?;
        Some(plain.to_vec())
    }

    /// `hex(HMAC-SHA256(key, message))`; the key is the base64 text itself, not what it decodes to.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        hex::encode(hmac::sign(&key, message))
    }
}

/// What `jscode2session` tells ("code2Session").
#[derive(Debug, Clone)]
pub struct Login {
    /// The user within this mini-program.
    pub openid: String,
    /// The user within the Open Platform account, if the mini-program is bound to one.
    pub unionid: Option<String>,
    pub session_key: SessionKey,
}

#[derive(Deserialize)]
struct LoginAnswer {
    #[serde(default)]
    openid: String,
    unionid: Option<String>,
    #[serde(default, deserialize_with = "secret_text")]
    session_key: SecretString,
}

/// A phone number that WeChat has confirmed to be bound to the user.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmedPhone {
    /// Without the country code.
    pub number: String,
    /// Such as `86`, without `+`.
    pub country_code: String,
}

impl std::fmt::Debug for ConfirmedPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfirmedPhone").field("country_code", &self.country_code).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    #[serde(deserialize_with = "text_or_number")]
    country_code: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
    timestamp: i64,
}

impl Watermark {
    fn is_good(&self, appid: &str, now: DateTime<Utc>) -> bool {
        DateTime::from_timestamp(self.timestamp, 0)
            .is_some_and(|at| self.appid == appid && (now - at).abs() <= OLDEST_WATERMARK)
    }
}

impl Wechat {
    /// The user who holds this code of `wx.login`; a code is good once and for 5 minutes.
    ///
    /// # Errors
    /// `Refused` with kind `Code` (ask for a new code) or `UserBlocked`; the others of [`WechatError`].
    pub async fn login(&self, code: &str) -> Result<Login, WechatError> {
        let query = [
            ("appid", self.appid.as_str()),
            ("secret", self.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let answer = within(self.ask("/sns/jscode2session", &query, None)).await?;
        let LoginAnswer { openid, unionid, session_key } = read(&answer)?;
        if openid.is_empty() {
            return Err(WechatError::Incomplete("openid"));
        }
        Ok(Login { openid, unionid, session_key: SessionKey::from_text(session_key)? })
    }

    /// The phone behind the code of the phone button (not the login code); good once and for 5 minutes.
    ///
    /// `openid` is sent along, so that nobody hands in another person's code.
    ///
    /// # Errors
    /// `Refused` with kind `Code`; `Watermark` when the phone is another app's or stale; the others of
    /// [`WechatError`].
    pub async fn phone(
        &self,
        code: &str,
        openid: &str,
        now: DateTime<Utc>,
    ) -> Result<ConfirmedPhone, WechatError> {
        let body = json!({ "code": code, "openid": openid });
        let answer = within(self.ask_with_token("/wxa/business/getuserphonenumber", &body)).await?;
        let PhoneAnswer { phone_info } = read(&answer)?;
        phone_info.confirmed(&self.appid, now)
    }
}

impl Wechat {
    /// The phone that the button of an old client hands over, which holds no code but the number itself, encrypted.
    ///
    /// # Errors
    /// `OtherSession` when the key does not open it: the ordinary sign of a newer sign-in; `Watermark` as in `phone`.
    pub fn phone_within(
        &self,
        key: &SessionKey,
        encrypted: &str,
        iv: &str,
        now: DateTime<Utc>,
    ) -> Result<ConfirmedPhone, WechatError> {
        let plain = key.open(encrypted, iv).ok_or(WechatError::OtherSession)?;
        let info: PhoneInfo = serde_json::from_slice(&plain).map_err(|_| WechatError::OtherSession)?;
        info.confirmed(&self.appid, now)
    }
}

impl PhoneInfo {
    fn confirmed(self, appid: &str, now: DateTime<Utc>) -> Result<ConfirmedPhone, WechatError> {
        if !self.watermark.is_good(appid, now) {
            return Err(WechatError::Watermark);
        }
        if self.pure_phone_number.is_empty() {
            return Err(WechatError::Incomplete("purePhoneNumber"));
        }
        Ok(ConfirmedPhone { number: self.pure_phone_number, country_code: self.country_code })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    use super::*;

    pub(in super::super) fn vector(id: &str) -> (Value, Value) {
        let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/wechat.json")).unwrap();
        let found = file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == id).unwrap();
        (found["input"].clone(), found["expected"].clone())
    }

    pub(in super::super) fn key(input: &Value) -> SessionKey {
        SessionKey::from_text(input["session_key"].as_str().unwrap().into()).unwrap()
    }

    #[test]
    fn the_key_of_a_signature_is_the_text_of_the_session_key() {
        let (input, expected) = vector("wx-session-signature-body");
        assert_eq!(key(&input).sign(input["body"].as_str().unwrap().as_bytes()), expected["signature"]);
        let (input, expected) = vector("wx-checksession-signature");
        assert_eq!(key(&input).sign(b""), expected["signature"]);
    }

    #[test]
    fn the_given_raw_data_is_signed_by_the_text_of_the_session_key() {
        let (input, expected) = vector("wx-rawdata-signature");
        let (raw, signature) = (input["rawData"].as_str().unwrap(), expected["signature"].as_str().unwrap());
        assert!(key(&input).has_signed(raw, signature));
        assert!(!key(&input).has_signed(&raw.replace("Band", "Bend"), signature));
        assert!(!key(&input).has_signed(raw, &signature[..38]));
        assert!(!key(&input).has_signed(raw, "no hex"));
        assert!(!key(&input).has_signed(raw, ""));
        let other = SessionKey::from_text("AAECAwQFBgcICQoLDA0ODw==".into()).unwrap();
        assert!(!other.has_signed(raw, signature));
    }

    #[test]
    fn the_given_phone_is_opened_by_its_session_and_no_other() {
        let (input, expected) = vector("wx-phone-encrypteddata");
        let text = |name: &str| input[name].as_str().unwrap();
        let opened = key(&input).open(text("encryptedData"), text("iv")).unwrap();
        assert_eq!(String::from_utf8(opened).unwrap(), expected["plaintext"]);
        let outgoing =
            crate::platform::http::Outgoing::new(&crate::platform::http::Limits::default()).unwrap();
        let of = |appid: &str| {
            Wechat::new(appid, "s".into(), super::super::OFFICIAL_BASE_URL, outgoing.clone()).unwrap()
        };
        let wechat = of(text("appid"));
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let phone = |wechat: &Wechat, key: &SessionKey, encrypted: &str, iv: &str, at| {
            wechat.phone_within(key, encrypted, iv, at)
        };
        let (key, encrypted, iv) = (key(&input), text("encryptedData"), text("iv"));
        assert_eq!(phone(&wechat, &key, encrypted, iv, at).unwrap().number, "13580006666");
        let late = phone(&wechat, &key, encrypted, iv, at + TimeDelta::seconds(301));
        assert!(matches!(late, Err(WechatError::Watermark)));
        assert!(matches!(phone(&of("wxOther"), &key, encrypted, iv, at), Err(WechatError::Watermark)));
        let other = SessionKey::from_text("HyVFkGl5F5OQWJZZaNzBBg==".into()).unwrap();
        for (key, encrypted, iv) in [
            (&other, encrypted, iv),
            (&key, "", iv),
            (&key, "AAAA", iv),
            (&key, &encrypted[..encrypted.len() - 24], iv),
            (&key, &encrypted[1..], iv),
            (&key, encrypted, ""),
            (&key, encrypted, "AAECAwQFBgcICQoLDA0O"),
            (&key, encrypted, "no base64"),
        ] {
            let opened = phone(&wechat, key, encrypted, iv, at);
            assert!(matches!(opened, Err(WechatError::OtherSession)), "{encrypted} {iv} {opened:?}");
        }
    }

    #[test]
    fn a_session_key_is_16_bytes_and_is_not_shown() {
        for bad in ["", "o0q0otL8aEzpcZL/FT9W", "no base64!", "o0q0otL8aEzpcZL/FT9WsQ"] {
            assert!(SessionKey::from_text(bad.into()).is_err(), "{bad}");
        }
        let key = SessionKey::from_text("o0q0otL8aEzpcZL/FT9WsQ==".into()).unwrap();
        assert!(!format!("{key:?}").contains("o0q0"));
    }

    fn phone(json: &str, now: i64) -> Result<ConfirmedPhone, WechatError> {
        let info: PhoneInfo = serde_json::from_str(json).unwrap();
        info.confirmed("wxOurs", DateTime::from_timestamp(now, 0).unwrap())
    }

    #[test]
    fn a_phone_is_believed_only_under_our_fresh_watermark() {
        let ours = r#"{"phoneNumber":"13580006666","purePhoneNumber":"13580006666","countryCode":86,
            "watermark":{"timestamp":1700000000,"appid":"wxOurs"}}"#;
        let good = phone(ours, 1_700_000_300).unwrap();
        assert_eq!((good.number.as_str(), good.country_code.as_str()), ("13580006666", "86"));
        assert!(!format!("{good:?}").contains("1358"));
        for now in [1_700_000_301, 1_699_999_699] {
            assert!(matches!(phone(ours, now), Err(WechatError::Watermark)), "{now}");
        }
        let theirs = ours.replace("wxOurs", "wxTheirs");
        assert!(matches!(phone(&theirs, 1_700_000_000), Err(WechatError::Watermark)));
        let far = ours.replace("1700000000", "9223372036854775807");
        assert!(matches!(phone(&far, 1_700_000_000), Err(WechatError::Watermark)));
    }
}
