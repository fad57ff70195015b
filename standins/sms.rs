//! Tencent Cloud SMS `SendSms` (2021-01-11): verifies the TC3 signature itself and delivers to a list.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::faults::{Kind, Switch};
use crate::{Asked, keep};

const LARGEST_SKEW_SECONDS: u64 = 300;

/// A text as the phone would have shown it.
#[derive(Debug, Serialize)]
pub struct Text {
    pub at: DateTime<Utc>,
    /// 11 digits.
    pub phone: String,
    pub sign_name: String,
    pub template_id: String,
    pub params: Vec<String>,
    pub serial_no: String,
}

/// An account whose requests are signed with TC3.
#[derive(Clone)]
pub struct Signer {
    pub secret_id: String,
    pub secret_key: String,
}

pub struct Sms {
    signer: Signer,
    app_id: String,
    sent: VecDeque<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sending {
    #[serde(default)]
    phone_number_set: Vec<String>,
    #[serde(default)]
    sms_sdk_app_id: String,
    #[serde(default)]
    sign_name: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    template_param_set: Vec<String>,
    #[serde(default)]
    session_context: String,
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    secret_id: &'a str,
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Signer {
    /// Whether the request carries a signature of this account for `service`, made within the last minutes.
    pub fn verify(&self, asked: &Asked<'_>, now: DateTime<Utc>, service: &str) -> Result<(), &'static str> {
        let header = asked.header("authorization");
        let given = Authorization::read(header).ok_or("AuthFailure.InvalidAuthorization")?;
        let timestamp: i64 =
            asked.header("x-tc-timestamp").parse().map_err(|_| "AuthFailure.InvalidAuthorization")?;
        if now.timestamp().abs_diff(timestamp) > LARGEST_SKEW_SECONDS {
            return Err("AuthFailure.SignatureExpire");
        }
        if given.secret_id != self.secret_id {
            return Err("AuthFailure.SecretIdNotFound");
        }
        let signed: Vec<&str> = given.signed_headers.split(';').collect();
        if !signed.contains(&"content-type") || !signed.contains(&"host") {
            return Err("AuthFailure.SignatureFailure");
        }
        let day = DateTime::from_timestamp(timestamp, 0).map(|at| at.format("%Y-%m-%d").to_string());
        let day = day.ok_or("AuthFailure.SignatureFailure")?;
        if given.scope != format!("{day}/{service}/tc3_request") {
            return Err("AuthFailure.SignatureFailure");
        }
        let canonical = canonical_request(asked, &signed, given.signed_headers);
        let text = format!("TC3-HMAC-SHA256\n{timestamp}\n{}\n{}", given.scope, sha256(canonical.as_bytes()));
        if verifies(&self.secret_key, &day, service, &text, given.signature).unwrap_or(false) {
            Ok(())
        } else {
            Err("AuthFailure.SignatureFailure")
        }
    }
}

impl Sms {
    pub fn new(signer: Signer, app_id: String) -> Self {
        Self { signer, app_id, sent: VecDeque::new() }
    }

    /// Newest first.
    pub fn sent(&self) -> &VecDeque<Text> {
        &self.sent
    }

    pub fn answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Value {
        match self.checked(asked, now) {
            Ok(sending) => self.deliver(sending, now),
            Err(code) => error(code),
        }
    }

    /// The refusal that a switch asks for; a request that is not even signed well is told that instead.
    pub fn refusal(&self, asked: &Asked<'_>, switch: &Switch, now: DateTime<Utc>) -> Value {
        let sending = match self.checked(asked, now) {
            Ok(sending) => sending,
            Err(code) => return error(code),
        };
        let asked_for = switch.code.as_ref().and_then(Value::as_str);
        match switch.kind {
            Kind::BadToken => error("AuthFailure.SignatureFailure"),
            Kind::ExpiredToken => error("AuthFailure.SignatureExpire"),
            Kind::Quota => statuses(&sending, "LimitExceeded.PhoneNumberDailyLimit"),
            Kind::Error => refused_with(&sending, asked_for.unwrap_or("FailedOperation.OtherError")),
            _ => error(asked_for.unwrap_or("InternalError.Timeout")),
        }
    }

    fn checked(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Sending, &'static str> {
        self.signer.verify(asked, now, "sms")?;
        if asked.header("x-tc-action") != "SendSms" {
            return Err("InvalidAction");
        }
        if asked.header("x-tc-version") != "2021-01-11" {
            return Err("NoSuchVersion");
        }
        if asked.header("x-tc-region").is_empty() {
            return Err("MissingParameter");
        }
        let sending: Sending =
            serde_json::from_slice(asked.body).map_err(|_| "FailedOperation.FailResolvePacket")?;
        if sending.phone_number_set.is_empty() {
            return Err("MissingParameter.EmptyPhoneNumberSet");
        }
        if sending.phone_number_set.len() > 200 {
            return Err("LimitExceeded.PhoneNumberCountLimit");
        }
        if sending.sms_sdk_app_id != self.app_id {
            return Err("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
        }
        Ok(sending)
    }

    fn deliver(&mut self, sending: Sending, now: DateTime<Utc>) -> Value {
        if sending.sign_name.is_empty() {
            return statuses(&sending, "FailedOperation.SignatureIncorrectOrUnapproved");
        }
        if sending.template_id.is_empty() || !is_digits(&sending.template_id) {
            return statuses(&sending, "FailedOperation.TemplateIncorrectOrUnapproved");
        }
        let mut set = Vec::new();
        for number in &sending.phone_number_set {
            let Some(phone) = mobile(number) else {
                set.push(status(&sending, number, "", "InvalidParameterValue.IncorrectPhoneNumber"));
                continue;
            };
            let serial_no = format!("5000:{}", rand::random::<u64>());
            set.push(status(&sending, number, &serial_no, "Ok"));
            let text = Text {
                at: now,
                phone: phone.to_owned(),
                sign_name: sending.sign_name.clone(),
                template_id: sending.template_id.clone(),
                params: sending.template_param_set.clone(),
                serial_no,
            };
            keep(&mut self.sent, text);
        }
        response(json!({ "SendStatusSet": set }))
    }
}

impl<'a> Authorization<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let parts = header.strip_prefix("TC3-HMAC-SHA256 ")?;
        let part = |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name));
        let (secret_id, scope) = part("Credential=")?.split_once('/')?;
        let (signed_headers, signature) = (part("SignedHeaders=")?, part("Signature=")?);
        Some(Self { secret_id, scope, signed_headers, signature })
    }
}

fn canonical_request(asked: &Asked<'_>, signed: &[&str], signed_headers: &str) -> String {
    let line = |name: &&str| format!("{name}:{}\n", asked.header(name).trim().to_lowercase());
    let headers: String = signed.iter().map(line).collect();
    format!("POST\n/\n\n{headers}\n{signed_headers}\n{}", sha256(asked.body))
}

fn verifies(secret: &str, day: &str, service: &str, text: &str, signature: &str) -> Option<bool> {
    let mut key = format!("TC3{secret}").into_bytes();
    for step in [day, service, "tc3_request"] {
        key = mac(&key, step)?.finalize().into_bytes().to_vec();
    }
    let given = hex::decode(signature).ok()?;
    Some(mac(&key, text)?.verify_slice(&given).is_ok())
}

fn mac(key: &[u8], message: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message.as_bytes());
    Some(mac)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `+86`, `0086`, `86` or nothing may stand before the 11 digits of the mainland.
fn mobile(number: &str) -> Option<&str> {
    let bare = ["+86", "0086", "86"].into_iter().find_map(|prefix| number.strip_prefix(prefix));
    let bare = bare.filter(|bare| bare.len() == 11).unwrap_or(number);
    (bare.len() == 11 && bare.starts_with('1') && is_digits(bare)).then_some(bare)
}

fn refused_with(sending: &Sending, code: &str) -> Value {
    let for_each_phone = ["LimitExceeded.", "FailedOperation.", "InvalidParameterValue."];
    if for_each_phone.into_iter().any(|family| code.starts_with(family)) {
        statuses(sending, code)
    } else {
        error(code)
    }
}

fn statuses(sending: &Sending, code: &str) -> Value {
    let set: Vec<Value> =
        sending.phone_number_set.iter().map(|number| status(sending, number, "", code)).collect();
    response(json!({ "SendStatusSet": set }))
}

fn status(sending: &Sending, number: &str, serial_no: &str, code: &str) -> Value {
    let ok = code == "Ok";
    json!({
        "SerialNo": serial_no,
        "PhoneNumber": number,
        "Fee": i32::from(ok),
        "SessionContext": sending.session_context,
        "Code": code,
        "Message": if ok { "send success" } else { "refused by the stand-in" },
        "IsoCode": "CN",
    })
}

pub fn error(code: &str) -> Value {
    response(json!({ "Error": { "Code": code, "Message": "refused by the stand-in" } }))
}

pub fn response(mut inner: Value) -> Value {
    if let Some(fields) = inner.as_object_mut() {
        fields.insert("RequestId".to_owned(), json!(hex::encode(rand::random::<[u8; 16]>())));
    }
    json!({ "Response": inner })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(id: &str) -> Value {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/wechat.json")).unwrap();
        file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == id).unwrap().clone()
    }

    #[test]
    fn the_published_signatures_verify_and_changed_ones_do_not() {
        for id in ["tc3-official-2headers", "tc3-ess-startflow"] {
            let vector = vector(id);
            let text = |part: &str, name: &str| vector[part][name].as_str().unwrap().to_owned();
            let [key, day, service] = ["secret_key", "date_utc", "service"].map(|name| text("input", name));
            let [signed, signature] = ["string_to_sign", "signature"].map(|name| text("expected", name));
            assert_eq!(verifies(&key, &day, &service, &signed, &signature), Some(true), "{id}");
            assert_eq!(verifies("other", &day, &service, &signed, &signature), Some(false), "{id}");
            assert_eq!(verifies(&key, &day, &service, "other", &signature), Some(false), "{id}");
            assert_eq!(verifies(&key, &day, &service, &signed, "00"), Some(false), "{id}");
        }
    }

    #[test]
    fn a_mobile_may_carry_the_country() {
        for number in ["+8613800138000", "008613800138000", "8613800138000", "13800138000"] {
            assert_eq!(mobile(number), Some("13800138000"), "{number}");
        }
        for number in ["+85261234567", "1380013800", "+8623800138000", "+861380013800a"] {
            assert_eq!(mobile(number), None, "{number}");
        }
    }
}
