//! Sealed calls as WeChat takes and answers them (API 安全): what is asked must be encrypted and signed, and so is what
//! is answered.

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use der::pem::{LineEnding, encode_string};
use serde::Deserialize;
use serde_json::{Value, json};
use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{EncodePrivateKey, EncodePublicKey};
use sm4::Sm4;

use crate::Asked;
use crate::faults::Kind;
use crate::wechat::{Refused, refuse};

/// Those that the stand-in speaks, among the calls whose pages say that they may be sealed.
pub const PATHS: &[&str] = &[
    "/wxa/business/getuserphonenumber",
    "/wxa/getwxacodeunlimit",
    "/wxa/msg_sec_check",
    "/wxa/media_check_async",
];
const OLDEST: i64 = 300;

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    Aes,
    Sm,
}

enum AppKey {
    Rsa(Vec<u8>),
    Sm2(Box<VerifyingKey>),
}

enum PlatformKey {
    Rsa(Box<RsaKeyPair>),
    Sm2(Box<SigningKey>),
}

/// What the console holds of one mini-program: both symmetric keys, its public key, and the platform's own.
pub struct Console {
    appid: String,
    suite: Suite,
    key: Vec<u8>,
    key_serial: String,
    app: AppKey,
    platform: PlatformKey,
    platform_serial: String,
}

/// An answer with what stands in its head.
pub struct Sealed {
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

fn serial() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

impl Console {
    /// Draws every key, as the console's buttons do, and gives what one downloads there.
    pub fn draw(suite: Suite, appid: &str) -> Option<(Self, Value)> {
        let key: Vec<u8> = match suite {
            Suite::Aes => rand::random::<[u8; 32]>().into(),
            Suite::Sm => rand::random::<[u8; 16]>().into(),
        };
        let (key_serial, app_serial, platform_serial) = (serial(), serial(), serial());
        let pem = |label, bytes: &[u8]| encode_string(label, LineEnding::LF, bytes).ok();
        let (app, private_key, platform, certificate) = match suite {
            Suite::Aes => {
                let (ours, theirs) = (
                    RsaKeyPair::generate(KeySize::Rsa2048).ok()?,
                    RsaKeyPair::generate(KeySize::Rsa2048).ok()?,
                );
                let private = AsDer::<Pkcs8V1Der>::as_der(&theirs).ok()?;
                let public = AsDer::<PublicKeyX509Der>::as_der(ours.public_key()).ok()?;
                let (private, public) =
                    (pem("PRIVATE KEY", private.as_ref())?, pem("PUBLIC KEY", public.as_ref())?);
                let app = AppKey::Rsa(theirs.public_key().as_ref().to_vec());
                (app, private, PlatformKey::Rsa(Box::new(ours)), public)
            }
            Suite::Sm => {
                let draw = || sm2::SecretKey::from_slice(&rand::random::<[u8; 32]>()).ok();
                let (ours, theirs) = (draw()?, draw()?);
                let private = pem("PRIVATE KEY", theirs.to_pkcs8_der().ok()?.as_bytes())?;
                let public = pem("PUBLIC KEY", ours.public_key().to_public_key_der().ok()?.as_bytes())?;
                let app = VerifyingKey::new(&app_serial, theirs.public_key()).ok()?;
                let platform = SigningKey::new(&platform_serial, &ours).ok()?;
                (AppKey::Sm2(Box::new(app)), private, PlatformKey::Sm2(Box::new(platform)), public)
            }
        };
        let download = json!({
            "key": STANDARD.encode(&key),
            "key_serial": key_serial,
            "private_key": private_key,
            "private_key_serial": app_serial,
            "certificate": certificate,
            "certificate_serial": platform_serial,
        });
        Some((
            Self { appid: appid.to_owned(), suite, key, key_serial, app, platform, platform_serial },
            download,
        ))
    }

    /// What is asked, without the three fields of the seal.
    pub fn open(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Vec<u8>, Refused> {
        let parts =
            ["Wechatmp-AppId", "Wechatmp-TimeStamp", "Wechatmp-Signature"].map(|name| asked.header(name));
        self.opened(asked.path, parts, asked.body, now)
    }

    fn opened(
        &self,
        path: &str,
        [appid, stamp, signature]: [&str; 3],
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, Refused> {
        for (given, code, what) in
            [(appid, 40_233, "appid"), (stamp, 40_231, "timestamp"), (signature, 40_232, "signature")]
        {
            if given.is_empty() {
                return Err(refuse(code, &format!("missing wechatmp {what}")));
            }
        }
        if appid != self.appid {
            return Err(refuse(40_236, "invalid wechatmp appid"));
        }
        let at: i64 = stamp.parse().map_err(|_| refuse(40_240, "expired wechatmp timestamp"))?;
        if (now.timestamp() - at).abs() > OLDEST {
            return Err(refuse(40_240, "expired wechatmp timestamp"));
        }
        let text = [format!("{}\n{appid}\n{stamp}\n", url(path)).as_bytes(), body].concat();
        let signature = STANDARD.decode(signature).unwrap_or_default();
        let signed = match &self.app {
            AppKey::Rsa(key) => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(&text, &signature).is_ok()
            }
            AppKey::Sm2(key) => Signature::from_der(&signature).and_then(|it| key.verify(&text, &it)).is_ok(),
        };
        if !signed {
            return Err(refuse(40_234, "invalid signature"));
        }
        self.decrypted(path, stamp, body)
            .filter(|plain| plain["_appid"] == appid && plain["_timestamp"] == at && plain["_n"].is_string())
            .and_then(|mut plain| {
                plain.as_object_mut()?.retain(|name, _| !name.starts_with('_'));
                Some(plain.to_string().into_bytes())
            })
            .ok_or_else(|| refuse(40_235, "invalid encrypt"))
    }

    fn decrypted(&self, path: &str, stamp: &str, body: &[u8]) -> Option<Value> {
        let outer: Value = serde_json::from_slice(body).ok()?;
        let [iv, data, tag] = ["iv", "data", "authtag"]
            .map(|name| outer[name].as_str().and_then(|text| STANDARD.decode(text).ok()));
        let (iv, tag): ([u8; 12], [u8; 16]) = (iv?.try_into().ok()?, tag?.try_into().ok()?);
        let plain = self.gcm(iv, &self.aad(path, stamp), [data?, tag.to_vec()].concat(), false)?;
        serde_json::from_slice(&plain).ok()
    }

    fn aad(&self, path: &str, stamp: &str) -> String {
        [url(path).as_str(), &self.appid, stamp, &self.key_serial].join("|")
    }

    /// Encrypts, and puts the tag behind; or the other way round.
    fn gcm(&self, iv: [u8; 12], aad: &str, mut data: Vec<u8>, encrypt: bool) -> Option<Vec<u8>> {
        match (self.suite, encrypt) {
            (Suite::Aes, _) => {
                let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.key).ok()?);
                let (nonce, aad) = (Nonce::assume_unique_for_key(iv), Aad::from(aad));
                if encrypt {
                    key.seal_in_place_append_tag(nonce, aad, &mut data).ok()?;
                    return Some(data);
                }
                key.open_in_place(nonce, aad, &mut data).ok().map(|plain| plain.to_vec())
            }
            (Suite::Sm, encrypt) => {
                let cipher = AesGcm::<Sm4, U12>::new_from_slice(&self.key).ok()?;
                let given = Payload { msg: &data, aad: aad.as_bytes() };
                let done = if encrypt {
                    cipher.encrypt(&iv.into(), given)
                } else {
                    cipher.decrypt(&iv.into(), given)
                };
                done.ok()
            }
        }
    }

    fn encrypted(&self, path: &str, stamp: i64, appid: &str, answer: &Value) -> Option<String> {
        let mut plain = answer.clone();
        plain.as_object_mut()?.extend([
            ("_n".to_owned(), json!(STANDARD.encode(rand::random::<[u8; 16]>()))),
            ("_appid".to_owned(), json!(appid)),
            ("_timestamp".to_owned(), json!(stamp)),
        ]);
        let iv: [u8; 12] = rand::random();
        let aad = self.aad(path, &stamp.to_string());
        let whole = self.gcm(iv, &aad, plain.to_string().into_bytes(), true)?;
        let (data, tag) = whole.split_at_checked(whole.len().checked_sub(16)?)?;
        let body = json!({"iv": STANDARD.encode(iv), "data": STANDARD.encode(data), "authtag": STANDARD.encode(tag)});
        Some(body.to_string())
    }

    fn sign(&self, text: &str) -> Option<String> {
        let signature = match &self.platform {
            PlatformKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
                signature
            }
            PlatformKey::Sm2(key) => {
                let signature: Signature = key.try_sign(text.as_bytes()).ok()?;
                signature.to_der().as_bytes().to_vec()
            }
        };
        Some(STANDARD.encode(signature))
    }

    /// The answer as it travels, with what is wrong with it on purpose.
    pub fn seal(
        &self,
        path: &str,
        answer: &Value,
        now: DateTime<Utc>,
        wrong: Option<Kind>,
    ) -> Option<Sealed> {
        if wrong == Some(Kind::PlainAnswer) {
            return Some(Sealed { headers: Vec::new(), body: answer.to_string() });
        }
        let stamp = now.timestamp() - if wrong == Some(Kind::OldStamp) { OLDEST + 60 } else { 0 };
        let inside = if wrong == Some(Kind::OtherApp) { "wxsomebodyelse" } else { &self.appid };
        let mut body = self.encrypted(path, stamp, inside, answer)?;
        let line = if wrong == Some(Kind::BadSignature) { "\n" } else { "" };
        let signature = self.sign(&format!("{}\n{}\n{stamp}\n{body}{line}", url(path), self.appid))?;
        if wrong == Some(Kind::SwappedBody) {
            body = self.encrypted(path, stamp, inside, answer)?;
        }
        let mut headers =
            vec![("Wechatmp-Appid", self.appid.clone()), ("Wechatmp-TimeStamp", stamp.to_string())];
        match wrong {
            Some(Kind::Unsigned) => {}
            Some(Kind::OtherSerial) => {
                headers.extend([("Wechatmp-Serial", serial()), ("Wechatmp-Signature", signature)]);
            }
            // The certificate is being replaced: the new one's signature comes first.
            Some(Kind::Rotated) => headers.extend([
                ("Wechatmp-Serial", serial()),
                ("Wechatmp-Signature", STANDARD.encode([0; 64])),
                ("Wechatmp-Serial-Deprecated", self.platform_serial.clone()),
                ("Wechatmp-Signature-Deprecated", signature),
            ]),
            _ => headers.extend([
                ("Wechatmp-Serial", self.platform_serial.clone()),
                ("Wechatmp-Signature", signature),
            ]),
        }
        Some(Sealed { headers, body })
    }
}

fn url(path: &str) -> String {
    format!("https://api.weixin.qq.com{path}")
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use sm2::pkcs8::{DecodePrivateKey, DecodePublicKey};
    use x509_cert::spki::SubjectPublicKeyInfoOwned;

    use super::*;

    fn text<'a>(value: &'a Value, name: &str) -> &'a str {
        value[name].as_str().unwrap()
    }

    fn given(id: &str) -> (Value, Value) {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/wechat.json")).unwrap();
        let one = file["vectors"].as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
        (one["input"].clone(), one["expected"].clone())
    }

    fn der_of(pem: &str) -> Vec<u8> {
        der::pem::decode_vec(pem.trim().as_bytes()).unwrap().1
    }

    fn rsa(public: &str) -> AppKey {
        let key = SubjectPublicKeyInfoOwned::from_der(&der_of(public)).unwrap();
        AppKey::Rsa(key.subject_public_key.raw_bytes().to_vec())
    }

    /// The console of one set of keys that the other program made.
    fn console(keys: &Value) -> Console {
        let (suite, app, platform) = match text(keys, "suite") {
            "aes" => {
                let platform = RsaKeyPair::from_pkcs8(&der_of(text(keys, "platform_key"))).unwrap();
                (Suite::Aes, rsa(text(keys, "public_key")), PlatformKey::Rsa(Box::new(platform)))
            }
            _ => {
                let app = sm2::PublicKey::from_public_key_der(&der_of(text(keys, "public_key"))).unwrap();
                let app = VerifyingKey::new(text(keys, "private_key_serial"), app).unwrap();
                let platform = sm2::SecretKey::from_pkcs8_der(&der_of(text(keys, "platform_key"))).unwrap();
                let platform = SigningKey::new(text(keys, "certificate_serial"), &platform).unwrap();
                (Suite::Sm, AppKey::Sm2(Box::new(app)), PlatformKey::Sm2(Box::new(platform)))
            }
        };
        Console {
            appid: text(keys, "appid").to_owned(),
            suite,
            key: STANDARD.decode(text(keys, "key")).unwrap(),
            key_serial: text(keys, "key_serial").to_owned(),
            app,
            platform,
            platform_serial: text(keys, "certificate_serial").to_owned(),
        }
    }

    #[test]
    fn the_given_request_is_taken() {
        let (encrypted, body) = given("wx-apisig-request-aes256gcm");
        let (signed, signature) = given("wx-apisig-request-rsa-pss");
        let (console, _) = Console::draw(Suite::Aes, "wxba6223c06417af7b").unwrap();
        let console = Console {
            key: STANDARD.decode(text(&encrypted, "key_b64")).unwrap(),
            key_serial: text(&encrypted, "sn").to_owned(),
            app: rsa(text(&signed, "public_key_pem")),
            ..console
        };
        let now = DateTime::from_timestamp(1_635_927_954, 0).unwrap();
        let head = ["wxba6223c06417af7b", "1635927954", text(&signature, "signature_b64")];
        let body = text(&body, "post_body").as_bytes();
        let asked = console.opened("/wxa/getuserriskrank", head, body, now).unwrap();
        let asked: Value = serde_json::from_slice(&asked).unwrap();
        assert_eq!((&asked["client_ip"], asked.get("_n")), (&json!("127.0.0.1"), None));
        let late = console.opened("/wxa/getuserriskrank", head, body, now + chrono::TimeDelta::seconds(301));
        assert_eq!(late.unwrap_err().0, 40_240);
        assert_eq!(console.opened("/wxa/msg_sec_check", head, body, now).unwrap_err().0, 40_234);
    }

    #[test]
    fn the_given_sm2_signature_fits() {
        let (input, _) = given("wx-apisig-sm2-verify");
        let point = hex::decode(format!("04{}{}", text(&input, "pub_x"), text(&input, "pub_y"))).unwrap();
        let signature =
            Signature::from_der(&STANDARD.decode(text(&input, "signature_b64")).unwrap()).unwrap();
        let fits = |identity: &str| {
            let key = VerifyingKey::from_sec1_bytes(identity, &point).unwrap();
            key.verify(text(&input, "message").as_bytes(), &signature).is_ok()
        };
        assert!(fits(text(&input, "user_id")) && !fits("1234567812345678"));
    }

    /// Made by another program; `code` is what the document says of each.
    #[test]
    fn the_unseen_requests_are_judged_as_they_say() {
        let made: Value = serde_json::from_str(include_str!("../tests/vectors/wechat_calls.json")).unwrap();
        let all = made["requests"].as_array().unwrap();
        assert!(all.len() >= 12);
        for vector in all {
            let keys = made["keys"].as_array().unwrap().iter().find(|keys| keys["id"] == vector["keys"]);
            let console = console(keys.unwrap());
            let head = ["Wechatmp-AppId", "Wechatmp-TimeStamp", "Wechatmp-Signature"]
                .map(|name| vector["headers"][name].as_str().unwrap_or_default());
            let now = DateTime::from_timestamp(vector["now"].as_i64().unwrap(), 0).unwrap();
            let asked = console.opened(text(vector, "path"), head, text(vector, "body").as_bytes(), now);
            let code = asked.as_ref().err().map_or(0, |(code, _)| *code);
            assert_eq!(code, vector["code"], "{}", vector["id"]);
            if let Ok(asked) = asked {
                assert_eq!(
                    serde_json::from_slice::<Value>(&asked).unwrap(),
                    vector["asked"],
                    "{}",
                    vector["id"]
                );
            }
        }
    }
}
