//! Server calls whose bodies are encrypted and signed in both directions ("服务端 API 签名加密指南").
//!
//! TLS ends at the first proxy; this holds from our program to WeChat's. It is also the road of the commercial
//! algorithms (国密): SM4 and SM2 with SM3 instead of AES and RSA. AES and RSA are those of the TLS library; RSA only
//! signs and verifies here, nothing is decrypted with it. The protocol binds an answer to address, app and time, not
//! to the one call: that the same answer did not come before is TLS's to promise.

use std::fmt;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use der::Decode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::DecodePrivateKey;
use sm4::Sm4;
use x509_cert::Certificate;
use x509_cert::spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};

use super::{Refusal, RefusalKind, Verdict, WechatError};
use crate::platform::http::Answer;
use crate::platform::random;

/// The calls of ours whose pages say that they may be sealed ("支持加密请求").
const PATHS: [&str; 4] = [
    "/wxa/business/getuserphonenumber",
    "/wxa/getwxacodeunlimit",
    "/wxa/msg_sec_check",
    "/wxa/media_check_async",
];
const OLDEST_ANSWER: TimeDelta = TimeDelta::minutes(5);
const TAG: usize = 16;
const LONGEST_SERIAL: usize = 64;
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// GCM over SM4 is what RFC 8998 describes; the crate's warning is about ciphers of another shape.
type Sm4Gcm = AesGcm<Sm4, U12>;

/// Which algorithms, as chosen in the console (API 安全).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallSuite {
    /// AES-256-GCM; RSA with PSS and SHA-256
    Aes,
    /// SM4-GCM; SM2 with SM3
    Sm,
}

/// What the console (API 安全) shows and lets one download; keys and certificate as PEM.
pub struct CallKeys<'a> {
    pub suite: CallSuite,
    /// Base64
    pub key: &'a SecretString,
    pub key_serial: &'a str,
    pub private_key: &'a SecretString,
    pub private_key_serial: &'a str,
    /// WeChat's certificate, or its public key alone
    pub certificate: &'a str,
    /// The console's number of the certificate, not the one inside it
    pub certificate_serial: &'a str,
}

/// Which of the console's parts cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallKeyError {
    #[error("KEY must be base64 of 32 bytes for aes, of 16 for sm")]
    Key,
    #[error("PRIVATE_KEY must be a PEM of the suite's kind: RSA of at least 2048 bits for aes, SM2 for sm")]
    PrivateKey,
    #[error("CERTIFICATE must be a PEM certificate or public key, RSA or SM2")]
    Certificate,
    #[error("serials must be 1 to 64 letters and digits")]
    Serial,
}

/// Why an answer is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("it is not signed")]
    Unsigned,
    #[error("it is signed under another certificate than ours")]
    Serial,
    #[error("its signature does not fit")]
    Forged,
    #[error("its time stamp is not of now")]
    Stale,
    #[error("it is meant for another app")]
    OtherApp,
    #[error("it cannot be opened")]
    Undecipherable,
}

/// Seals calls and opens their answers.
pub struct CallSeal {
    appid: String,
    cipher: BodyCipher,
    key_serial: String,
    ours: OurKey,
    theirs: TheirKey,
    certificate_serial: String,
}

impl fmt::Debug for CallSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSeal").field("key_serial", &self.key_serial).finish_non_exhaustive()
    }
}

/// A call as it travels.
pub(super) struct SealedCall {
    pub body: String,
    time_stamp: String,
    signature: String,
}

/// The encrypted body, in both directions; each part is base64.
#[derive(Serialize, Deserialize)]
struct Envelope {
    iv: String,
    data: String,
    authtag: String,
}

/// What the head of an answer says; empty where it says nothing.
#[derive(Debug, Clone, Default)]
struct Head {
    appid: String,
    time_stamp: String,
    serial: String,
    signature: String,
    /// While WeChat's certificate is being replaced: those of the older one
    old_serial: String,
    old_signature: String,
}

enum BodyCipher {
    Aes(Box<LessSafeKey>),
    Sm(Box<Sm4Gcm>),
}

enum OurKey {
    Rsa(Box<RsaKeyPair>),
    Sm2(Box<SigningKey>),
}

/// By the certificate's own kind: WeChat may sign with RSA whatever our suite is.
enum TheirKey {
    Rsa(Vec<u8>),
    Sm2(Box<VerifyingKey>),
}

impl CallSeal {
    /// # Errors
    /// Names the part that cannot be used.
    pub fn new(appid: &str, keys: &CallKeys<'_>) -> Result<Self, CallKeyError> {
        for serial in [keys.key_serial, keys.private_key_serial, keys.certificate_serial] {
            let plain = serial.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !plain || !(1..=LONGEST_SERIAL).contains(&serial.len()) {
                return Err(CallKeyError::Serial);
            }
        }
        let key = STANDARD.decode(keys.key.expose_secret().trim()).map_err(|_| CallKeyError::Key)?;
        let private_key = keys.private_key.expose_secret();
        Ok(Self {
            appid: appid.to_owned(),
            cipher: BodyCipher::new(keys.suite, &key).ok_or(CallKeyError::Key)?,
            key_serial: keys.key_serial.to_owned(),
            ours: OurKey::parse(keys.suite, private_key, keys.private_key_serial)
                .ok_or(CallKeyError::PrivateKey)?,
            theirs: TheirKey::parse(keys.certificate, keys.certificate_serial)
                .ok_or(CallKeyError::Certificate)?,
            certificate_serial: keys.certificate_serial.to_owned(),
        })
    }

    pub(super) fn covers(path: &str) -> bool {
        PATHS.contains(&path)
    }

    /// The call to `url` (without its query) with these parameters.
    ///
    /// # Errors
    /// `Incomplete` when the parameters are no object or cannot be encrypted: nothing was sent.
    pub(super) fn seal(
        &self,
        url: &str,
        parameters: &Value,
        now: DateTime<Utc>,
    ) -> Result<SealedCall, WechatError> {
        self.sealed(url, parameters, now).ok_or(WechatError::Incomplete("a body that can be sealed"))
    }

    fn sealed(&self, url: &str, parameters: &Value, now: DateTime<Utc>) -> Option<SealedCall> {
        let time_stamp = now.timestamp();
        let mut plain = parameters.as_object()?.clone();
        // Of varying length, so that the length of what is encrypted tells less.
        let [length] = random::bytes::<1>();
        let nonce = STANDARD.encode(random::bytes::<32>().get(..16 + usize::from(length % 17))?);
        plain.insert("_n".to_owned(), nonce.into());
        plain.insert("_appid".to_owned(), self.appid.as_str().into());
        plain.insert("_timestamp".to_owned(), time_stamp.into());
        let plain = Value::Object(plain).to_string();
        let time_stamp = time_stamp.to_string();
        let iv = random::bytes::<12>();
        let mut data = self.cipher.seal(iv, &self.bound_to(url, &time_stamp), plain.as_bytes())?;
        let tag = data.split_off(data.len().checked_sub(TAG)?);
        let [iv, data, authtag] = [&iv[..], &data, &tag].map(|part| STANDARD.encode(part));
        let body = serde_json::to_string(&Envelope { iv, data, authtag }).ok()?;
        let signature = self.ours.sign(&self.signed_text(url, &time_stamp, body.as_bytes()))?;
        Some(SealedCall { body, time_stamp, signature: STANDARD.encode(signature) })
    }

    pub(super) fn headers<'a>(&'a self, call: &'a SealedCall) -> [(&'static str, &'a str); 4] {
        [
            ("content-type", "application/json"),
            ("Wechatmp-AppId", &self.appid),
            ("Wechatmp-TimeStamp", &call.time_stamp),
            ("Wechatmp-Signature", &call.signature),
        ]
    }

    /// The answer of `url`, if it is WeChat's, whole and of now.
    ///
    /// # Errors
    /// `Unbelieved`; `Refused` when WeChat refuses the call before it opens it, which it does unsealed.
    pub(super) fn open(
        &self,
        url: &str,
        answer: &Answer,
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, WechatError> {
        let head = Head::of(answer);
        if head.signature.is_empty() && head.old_signature.is_empty() {
            return Err(refused_unopened(answer).map_or(SealError::Unsigned.into(), WechatError::Refused));
        }
        Ok(self.opened(url, &head, &answer.body, now)?)
    }

    fn opened(&self, url: &str, head: &Head, body: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, SealError> {
        let lost = || SealError::Undecipherable;
        if head.appid != self.appid {
            return Err(SealError::OtherApp);
        }
        let signature = if head.serial == self.certificate_serial {
            &head.signature
        } else if head.old_serial == self.certificate_serial {
            tracing::warn!(serial = %head.old_serial, "WeChat's certificate ends soon; the console has the next one");
            &head.old_signature
        } else {
            return Err(SealError::Serial);
        };
        let signature = STANDARD.decode(signature).map_err(|_| SealError::Forged)?;
        if !self.theirs.has_signed(&self.signed_text(url, &head.time_stamp, body), &signature) {
            return Err(SealError::Forged);
        }
        let seconds: i64 = head.time_stamp.parse().map_err(|_| SealError::Stale)?;
        let at = DateTime::from_timestamp(seconds, 0).ok_or(SealError::Stale)?;
        if (now - at).abs() > OLDEST_ANSWER {
            return Err(SealError::Stale);
        }
        let Envelope { iv, data, authtag } = serde_json::from_slice(body).map_err(|_| lost())?;
        let part = |text: &str| STANDARD.decode(text).map_err(|_| lost());
        let (iv, data, tag) = (part(&iv)?, part(&data)?, part(&authtag)?);
        let iv = iv.try_into().map_err(|_| lost())?;
        if tag.len() != TAG {
            return Err(lost());
        }
        let bound_to = self.bound_to(url, &head.time_stamp);
        let plain = self.cipher.open(iv, &bound_to, [data, tag].concat()).ok_or_else(lost)?;
        let mut said: Map<String, Value> = serde_json::from_slice(&plain).map_err(|_| lost())?;
        if said.remove("_appid") != Some(self.appid.as_str().into()) {
            return Err(SealError::OtherApp);
        }
        if said.remove("_timestamp") != Some(seconds.into()) {
            return Err(SealError::Stale);
        }
        said.remove("_n");
        Ok(Value::Object(said).to_string().into_bytes())
    }

    /// What the encryption is bound to besides the key.
    fn bound_to(&self, url: &str, time_stamp: &str) -> String {
        format!("{url}|{}|{time_stamp}|{}", self.appid, self.key_serial)
    }

    fn signed_text(&self, url: &str, time_stamp: &str, body: &[u8]) -> Vec<u8> {
        [format!("{url}\n{}\n{time_stamp}\n", self.appid).as_bytes(), body].concat()
    }
}

/// A refusal that comes before WeChat has opened the call; anything else that is not signed is nobody's word.
fn refused_unopened(answer: &Answer) -> Option<Refusal> {
    let Verdict { errcode, errmsg } = answer.json().ok()?;
    let refusal = Refusal::new(errcode, &errmsg);
    let early = matches!(
        refusal.kind(),
        RefusalKind::Busy
            | RefusalKind::Token
            | RefusalKind::TooOften
            | RefusalKind::Quota
            | RefusalKind::Configuration
    );
    early.then_some(refusal)
}

impl Head {
    fn of(answer: &Answer) -> Self {
        let said = |name| answer.header(name).to_owned();
        Self {
            appid: said("wechatmp-appid"),
            time_stamp: said("wechatmp-timestamp"),
            serial: said("wechatmp-serial"),
            signature: said("wechatmp-signature"),
            old_serial: said("wechatmp-serial-deprecated"),
            old_signature: said("wechatmp-signature-deprecated"),
        }
    }
}

impl BodyCipher {
    fn new(suite: CallSuite, key: &[u8]) -> Option<Self> {
        Some(match suite {
            CallSuite::Aes => Self::Aes(Box::new(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))),
            CallSuite::Sm => Self::Sm(Box::new(Sm4Gcm::new_from_slice(key).ok()?)),
        })
    }

    /// The ciphertext, its tag behind it.
    fn seal(&self, iv: [u8; 12], bound_to: &str, plain: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes(key) => {
                let mut data = plain.to_vec();
                let nonce = Nonce::assume_unique_for_key(iv);
                key.seal_in_place_append_tag(nonce, Aad::from(bound_to), &mut data).ok()?;
                Some(data)
            }
            Self::Sm(key) => key.encrypt(&iv.into(), Payload { msg: plain, aad: bound_to.as_bytes() }).ok(),
        }
    }

    fn open(&self, iv: [u8; 12], bound_to: &str, mut data: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::Aes(key) => {
                let nonce = Nonce::assume_unique_for_key(iv);
                let plain = key.open_in_place(nonce, Aad::from(bound_to), &mut data).ok()?;
                Some(plain.to_vec())
            }
            Self::Sm(key) => key.decrypt(&iv.into(), Payload { msg: &data, aad: bound_to.as_bytes() }).ok(),
        }
    }
}

impl OurKey {
    /// PKCS #8, or the older form of its kind.
    fn parse(suite: CallSuite, text: &str, serial: &str) -> Option<Self> {
        let (label, bytes) = der::pem::decode_vec(text.trim().as_bytes()).ok()?;
        Some(match (suite, label) {
            (CallSuite::Aes, "PRIVATE KEY") => Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(&bytes).ok()?)),
            (CallSuite::Aes, "RSA PRIVATE KEY") => Self::Rsa(Box::new(RsaKeyPair::from_der(&bytes).ok()?)),
            (CallSuite::Sm, label) => {
                let secret = match label {
                    "PRIVATE KEY" => sm2::SecretKey::from_pkcs8_der(&bytes).ok()?,
                    "EC PRIVATE KEY" => sm2::SecretKey::from_sec1_der(&bytes).ok()?,
                    _ => return None,
                };
                // The key's number stands where the standard has the signer's identity.
                Self::Sm2(Box::new(SigningKey::new(serial, &secret).ok()?))
            }
            _ => return None,
        })
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), text, &mut signature).ok()?;
                Some(signature)
            }
            Self::Sm2(key) => {
                let signature: Signature = key.try_sign(text).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

impl TheirKey {
    fn parse(text: &str, serial: &str) -> Option<Self> {
        let (label, bytes) = der::pem::decode_vec(text.trim().as_bytes()).ok()?;
        let key = match label {
            "CERTIFICATE" => {
                Certificate::from_der(&bytes).ok()?.tbs_certificate().subject_public_key_info().clone()
            }
            "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&bytes).ok()?,
            _ => return None,
        };
        let bits = key.subject_public_key.raw_bytes();
        if key.algorithm.oid == RSA {
            return Some(Self::Rsa(bits.to_vec()));
        }
        let curve: ObjectIdentifier = key.algorithm.parameters?.decode_as().ok()?;
        let key = VerifyingKey::from_sec1_bytes(serial, bits).ok()?;
        (curve == SM2_CURVE).then(|| Self::Sm2(Box::new(key)))
    }

    fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(text, signature).is_ok()
            }
            Self::Sm2(key) => {
                Signature::from_der(signature).is_ok_and(|signature| key.verify(text, &signature).is_ok())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::login::tests::vector;
    use super::*;

    const URL: &str = "https://api.weixin.qq.com/wxa/getuserriskrank";
    const APP: &str = "wxba6223c06417af7b";

    fn text<'a>(value: &'a Value, name: &str) -> &'a str {
        value[name].as_str().unwrap()
    }

    fn bytes(value: &Value, name: &str) -> Vec<u8> {
        hex::decode(text(value, name)).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn made() -> Value {
        serde_json::from_str(include_str!("../../../tests/vectors/wechat_calls.json")).unwrap()
    }

    fn suite(name: &str) -> CallSuite {
        if name == "sm" { CallSuite::Sm } else { CallSuite::Aes }
    }

    /// The seal of one set of keys that the other program made.
    fn seal(keys: &Value) -> CallSeal {
        let secret = |name| SecretString::from(text(keys, name));
        let given = CallKeys {
            suite: suite(text(keys, "suite")),
            key: &secret("key"),
            key_serial: text(keys, "key_serial"),
            private_key: &secret("private_key"),
            private_key_serial: text(keys, "private_key_serial"),
            certificate: text(keys, "certificate"),
            certificate_serial: text(keys, "certificate_serial"),
        };
        CallSeal::new(text(keys, "appid"), &given).unwrap()
    }

    #[test]
    fn the_given_request_is_encrypted_byte_for_byte() {
        let (input, expected) = vector("wx-apisig-request-aes256gcm");
        let key = STANDARD.decode(text(&input, "key_b64")).unwrap();
        let cipher = BodyCipher::new(CallSuite::Aes, &key).unwrap();
        let iv: [u8; 12] = STANDARD.decode(text(&input, "iv_b64")).unwrap().try_into().unwrap();
        let mut data = cipher.seal(iv, text(&input, "aad"), text(&input, "plaintext").as_bytes()).unwrap();
        let tag = data.split_off(data.len() - TAG);
        assert_eq!(STANDARD.encode(&data), text(&expected, "data_b64"));
        assert_eq!(STANDARD.encode(&tag), text(&expected, "authtag_b64"));
        let body =
            Envelope { iv: STANDARD.encode(iv), data: STANDARD.encode(data), authtag: STANDARD.encode(tag) };
        assert_eq!(serde_json::to_string(&body).unwrap(), text(&expected, "post_body"));
    }

    #[test]
    fn the_given_request_signature_fits_and_no_other() {
        let (input, expected) = vector("wx-apisig-request-rsa-pss");
        let key = TheirKey::parse(text(&input, "public_key_pem"), "1").unwrap();
        let signature = STANDARD.decode(text(&expected, "signature_b64")).unwrap();
        let message = text(&input, "message");
        assert!(key.has_signed(message.as_bytes(), &signature));
        assert!(!key.has_signed(format!("{message}\n").as_bytes(), &signature));
        assert!(!key.has_signed(message.as_bytes(), &signature[1..]));
    }

    #[test]
    fn the_given_answer_is_opened_and_a_bent_one_is_not() {
        let (input, expected) = vector("wx-apisig-response");
        let ours = made()["keys"][0].clone();
        let (key, private_key) =
            (SecretString::from(text(&input, "key_b64")), SecretString::from(text(&ours, "private_key")));
        let keys = CallKeys {
            suite: CallSuite::Aes,
            key: &key,
            key_serial: text(&input, "sn"),
            private_key: &private_key,
            private_key_serial: "1",
            certificate: text(&input, "certificate_pem"),
            certificate_serial: text(&input, "wechatmp_serial"),
        };
        let seal = CallSeal::new(APP, &keys).unwrap();
        let head = Head {
            appid: APP.to_owned(),
            time_stamp: text(&input, "wechatmp_timestamp").to_owned(),
            serial: text(&input, "wechatmp_serial").to_owned(),
            signature: text(&expected, "signature_b64").to_owned(),
            ..Head::default()
        };
        let body = text(&input, "body").as_bytes();
        let now = at(1_635_927_956);
        let opened: Value = serde_json::from_slice(&seal.opened(URL, &head, body, now).unwrap()).unwrap();
        let mut plain: Value = serde_json::from_str(text(&expected, "plaintext")).unwrap();
        for own in ["_n", "_appid", "_timestamp"] {
            plain.as_object_mut().unwrap().remove(own).unwrap();
        }
        assert_eq!(opened, plain);

        let judged =
            |url: &str, head: &Head, body: &[u8], now| seal.opened(url, head, body, now).unwrap_err();
        assert_eq!(judged(URL, &head, body, now + TimeDelta::seconds(301)), SealError::Stale);
        assert_eq!(judged(URL, &head, body, now - TimeDelta::seconds(301)), SealError::Stale);
        assert_eq!(
            judged("https://api.weixin.qq.com/wxa/msg_sec_check", &head, body, now),
            SealError::Forged
        );
        assert_eq!(judged(URL, &head, &body[..body.len() - 1], now), SealError::Forged);
        let other = Head { appid: "wx1".to_owned(), ..head.clone() };
        assert_eq!(judged(URL, &other, body, now), SealError::OtherApp);
        let other = Head { serial: "2171af9cdf1d7404423852e7e183d852".to_owned(), ..head.clone() };
        assert_eq!(judged(URL, &other, body, now), SealError::Serial);
        let rotated = Head {
            serial: "ffff".to_owned(),
            signature: "AAAA".to_owned(),
            old_serial: head.serial.clone(),
            old_signature: head.signature.clone(),
            ..head.clone()
        };
        assert!(seal.opened(URL, &rotated, body, now).is_ok());
    }

    #[test]
    fn the_given_sm2_signatures_fit_under_their_identities() {
        let (input, expected) = vector("wx-apisig-sm2-verify");
        let certificate = STANDARD.decode(text(&input, "certificate_der_b64")).unwrap();
        let certificate =
            der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, &certificate).unwrap();
        let signature = STANDARD.decode(text(&input, "signature_b64")).unwrap();
        let message = text(&input, "message").as_bytes();
        let key = TheirKey::parse(&certificate, text(&input, "user_id")).unwrap();
        assert_eq!(key.has_signed(message, &signature), expected["valid"]);
        let by_default = TheirKey::parse(&certificate, "1234567812345678").unwrap();
        assert_eq!(by_default.has_signed(message, &signature), expected["valid_with_default_id"]);
        let TheirKey::Sm2(point) = &key else { panic!("not SM2") };
        let coordinates = format!("04{}{}", text(&input, "pub_x"), text(&input, "pub_y"));
        assert_eq!(hex::encode(point.to_sec1_bytes()), coordinates);
        let parts = Signature::from_der(&signature).unwrap();
        assert_eq!(hex::encode(parts.r_bytes()), text(&expected, "r"));
        assert_eq!(hex::encode(parts.s_bytes()), text(&expected, "s"));

        let (input, expected) = vector("sm2-sign");
        let key = SigningKey::from_slice(text(&input, "id_ascii"), &bytes(&input, "d")).unwrap();
        let coordinates = format!("04{}{}", text(&input, "xA"), text(&input, "yA"));
        assert_eq!(hex::encode(key.verifying_key().to_sec1_bytes()), coordinates);
        let message = text(&input, "msg_ascii").as_bytes();
        let signature =
            Signature::from_slice(&[bytes(&expected, "r"), bytes(&expected, "s")].concat()).unwrap();
        assert!(key.verifying_key().verify(message, &signature).is_ok());
        assert!(key.verifying_key().verify(b"message digesT", &signature).is_err());
        // Ours has another k, and fits all the same.
        let ours: Signature = key.try_sign(message).unwrap();
        assert!(key.verifying_key().verify(message, &ours).is_ok());
    }

    #[test]
    fn sm3_and_sm4_are_those_of_the_standards() {
        use sm3::{Digest, Sm3};
        use sm4::cipher::BlockCipherEncrypt;
        for id in ["sm3-abc", "sm3-abcd16"] {
            let (input, expected) = vector(id);
            assert_eq!(hex::encode(Sm3::digest(text(&input, "msg_utf8"))), text(&expected, "hash"), "{id}");
        }
        let (input, expected) = vector("sm4-ecb-block");
        let mut block: [u8; 16] = bytes(&input, "plaintext").try_into().unwrap();
        Sm4::new_from_slice(&bytes(&input, "key")).unwrap().encrypt_block((&mut block).into());
        assert_eq!(hex::encode(block), text(&expected, "ciphertext"));

        let (input, expected) = vector("sm4-gcm-rfc8998");
        let cipher = Sm4Gcm::new_from_slice(&bytes(&input, "key")).unwrap();
        let iv: [u8; 12] = bytes(&input, "iv").try_into().unwrap();
        let payload = Payload { msg: &bytes(&input, "plaintext"), aad: &bytes(&input, "aad") };
        let sealed = hex::encode(cipher.encrypt(&iv.into(), payload).unwrap());
        assert_eq!(sealed, format!("{}{}", text(&expected, "ciphertext"), text(&expected, "tag")));
    }

    /// Made by another program from the published description alone; `verdict` says what must come of each answer.
    #[test]
    fn the_unseen_answers_are_judged_as_they_say() {
        let made = made();
        let all = made["answers"].as_array().unwrap();
        assert!(all.len() >= 20);
        for vector in all {
            let keys = made["keys"].as_array().unwrap().iter().find(|keys| keys["id"] == vector["keys"]);
            let seal = seal(keys.unwrap());
            let head = |name: &str| vector["headers"][name].as_str().unwrap_or_default().to_owned();
            let head = Head {
                appid: head("Wechatmp-Appid"),
                time_stamp: head("Wechatmp-TimeStamp"),
                serial: head("Wechatmp-Serial"),
                signature: head("Wechatmp-Signature"),
                old_serial: head("Wechatmp-Serial-Deprecated"),
                old_signature: head("Wechatmp-Signature-Deprecated"),
            };
            let now = at(vector["now"].as_i64().unwrap());
            let opened = seal.opened(text(vector, "url"), &head, text(vector, "body").as_bytes(), now);
            let verdict = match &opened {
                Ok(_) => "opened",
                Err(SealError::Unsigned) => "unsigned",
                Err(SealError::Serial) => "serial",
                Err(SealError::Forged) => "forged",
                Err(SealError::Stale) => "stale",
                Err(SealError::OtherApp) => "other_app",
                Err(SealError::Undecipherable) => "undecipherable",
            };
            assert_eq!(verdict, text(vector, "verdict"), "{}", vector["id"]);
            if let Ok(opened) = opened {
                let opened: Value = serde_json::from_slice(&opened).unwrap();
                assert_eq!(opened, vector["answer"], "{}", vector["id"]);
            }
        }
    }

    #[test]
    fn a_call_of_ours_is_fresh_each_time_and_bound_to_its_address() {
        for keys in made()["keys"].as_array().unwrap() {
            let seal = seal(keys);
            let now = at(1_700_000_000);
            let calls: Vec<SealedCall> =
                (0..2).map(|_| seal.seal(URL, &json!({"content": "话"}), now).unwrap()).collect();
            assert_ne!(calls[0].body, calls[1].body);
            let public = TheirKey::parse(text(keys, "public_key"), text(keys, "private_key_serial")).unwrap();
            for call in &calls {
                let signature = STANDARD.decode(&call.signature).unwrap();
                let signed = format!("{URL}\n{}\n1700000000\n{}", text(keys, "appid"), call.body);
                assert!(public.has_signed(signed.as_bytes(), &signature));
                let Envelope { iv, data, authtag } = serde_json::from_str(&call.body).unwrap();
                let [iv, data, tag] = [iv, data, authtag].map(|part| STANDARD.decode(part).unwrap());
                let iv: [u8; 12] = iv.try_into().unwrap();
                let open = |url: &str| {
                    let data = [&data[..], &tag].concat();
                    seal.cipher.open(iv, &seal.bound_to(url, "1700000000"), data)
                };
                let plain: Value = serde_json::from_slice(&open(URL).unwrap()).unwrap();
                assert_eq!((&plain["content"], &plain["_timestamp"]), (&json!("话"), &json!(1_700_000_000)));
                assert!((24..=44).contains(&text(&plain, "_n").len()));
                assert_eq!(open("https://api.weixin.qq.com/wxa/msg_sec_check"), None);
            }
        }
    }

    #[test]
    fn keys_that_are_not_the_consoles_are_refused() {
        let made = made();
        let (aes, sm) = (&made["keys"][0], &made["keys"][1]);
        let tried = |keys: &Value, change: &str, value: &str| {
            let mut keys = keys.clone();
            keys[change] = value.into();
            let secret = |name| SecretString::from(text(&keys, name));
            let (key, private_key) = (secret("key"), secret("private_key"));
            let given = CallKeys {
                suite: suite(text(&keys, "suite")),
                key: &key,
                key_serial: text(&keys, "key_serial"),
                private_key: &private_key,
                private_key_serial: text(&keys, "private_key_serial"),
                certificate: text(&keys, "certificate"),
                certificate_serial: text(&keys, "certificate_serial"),
            };
            CallSeal::new("wx1", &given).map(|seal| format!("{seal:?}"))
        };
        let shown = tried(aes, "key_serial", "abc1").unwrap();
        assert!(shown.contains("abc1") && !shown.contains(text(aes, "key")), "{shown}");
        assert!(tried(sm, "certificate", text(aes, "certificate")).is_ok(), "WeChat may sign with RSA");
        for (keys, part, value, wrong) in [
            (aes, "key", text(sm, "key"), CallKeyError::Key),
            (sm, "key", text(aes, "key"), CallKeyError::Key),
            (aes, "key", "no base64!", CallKeyError::Key),
            (aes, "private_key", text(sm, "private_key"), CallKeyError::PrivateKey),
            (sm, "private_key", text(aes, "private_key"), CallKeyError::PrivateKey),
            (sm, "private_key", text(sm, "public_key"), CallKeyError::PrivateKey),
            (aes, "certificate", text(aes, "private_key"), CallKeyError::Certificate),
            (aes, "certificate", "", CallKeyError::Certificate),
            (aes, "key_serial", "", CallKeyError::Serial),
            (sm, "private_key_serial", "12\n34", CallKeyError::Serial),
        ] {
            assert_eq!(tried(keys, part, value).unwrap_err(), wrong, "{part}");
        }
    }
}
