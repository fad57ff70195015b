//! TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0 (its document "签名方法 v3").

use aws_lc_rs::{digest, hmac};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

/// The account that signs.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub secret_id: String,
    pub secret_key: SecretString,
}

/// What is signed of a `POST /` request; the headers must be sent exactly as given here.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub service: &'a str,
    pub host: &'a str,
    pub content_type: &'a str,
    /// Signed as a third header when present.
    pub action: Option<&'a str>,
    pub body: &'a [u8],
    /// Goes into `X-TC-Timestamp`; the date of the scope is its day in UTC.
    pub at: DateTime<Utc>,
}

impl Request<'_> {
    /// The value of the `Authorization` header.
    #[must_use]
    pub fn authorization(&self, credentials: &Credentials) -> String {
        format!(
            "TC3-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
            credentials.secret_id,
            self.scope(),
            self.signed_headers(),
            self.signature(credentials)
        )
    }

    fn signature(&self, credentials: &Credentials) -> String {
        let first = format!("TC3{}", credentials.secret_key.expose_secret());
        let by_date = keyed(first.as_bytes(), self.date().as_bytes());
        let by_service = keyed(by_date.as_ref(), self.service.as_bytes());
        let signing = keyed(by_service.as_ref(), b"tc3_request");
        hex::encode(keyed(signing.as_ref(), self.string_to_sign().as_bytes()))
    }

    fn string_to_sign(&self) -> String {
        let hashed = hashed(self.canonical_request().as_bytes());
        format!("TC3-HMAC-SHA256\n{}\n{}\n{hashed}", self.at.timestamp(), self.scope())
    }

    fn canonical_request(&self) -> String {
        let content_type = self.content_type.trim().to_lowercase();
        let host = self.host.trim().to_lowercase();
        let action = self.action.map(|action| format!("x-tc-action:{}\n", action.trim().to_lowercase()));
        format!(
            "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n{}\n{}\n{}",
            action.unwrap_or_default(),
            self.signed_headers(),
            hashed(self.body)
        )
    }

    fn signed_headers(&self) -> &'static str {
        if self.action.is_some() { "content-type;host;x-tc-action" } else { "content-type;host" }
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date(), self.service)
    }

    fn date(&self) -> String {
        self.at.format("%Y-%m-%d").to_string()
    }
}

fn keyed(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

fn hashed(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn check(id: &str) {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/wechat.json")).unwrap();
        let vector = file["vectors"].as_array().unwrap().iter().find(|v| v["id"] == id).unwrap();
        let (input, expected) = (&vector["input"], &vector["expected"]);
        let credentials = Credentials {
            secret_id: input["secret_id"].as_str().unwrap().to_owned(),
            secret_key: input["secret_key"].as_str().unwrap().into(),
        };
        let request = Request {
            service: input["service"].as_str().unwrap(),
            host: input["host"].as_str().unwrap(),
            content_type: input["content_type"].as_str().unwrap(),
            action: input["action"].as_str(),
            body: input["payload"].as_str().unwrap().as_bytes(),
            at: DateTime::from_timestamp(input["timestamp"].as_i64().unwrap(), 0).unwrap(),
        };
        assert_eq!(request.date(), input["date_utc"].as_str().unwrap());
        assert_eq!(request.signed_headers(), input["signed_headers"].as_str().unwrap());
        assert_eq!(request.canonical_request(), expected["canonical_request"].as_str().unwrap());
        assert_eq!(request.string_to_sign(), expected["string_to_sign"].as_str().unwrap());
        assert_eq!(request.signature(&credentials), expected["signature"].as_str().unwrap());
        let authorization = request.authorization(&credentials);
        assert!(
            authorization.ends_with(&format!("Signature={}", expected["signature"].as_str().unwrap())),
            "{authorization}"
        );
    }

    #[test]
    fn the_official_example_is_signed_alike() {
        check("tc3-official-2headers");
    }

    #[test]
    fn three_headers_are_signed_alike() {
        check("tc3-ess-startflow");
    }

    #[test]
    fn the_date_is_the_day_in_utc() {
        let at = DateTime::parse_from_rfc3339("2026-11-23T07:59:59+08:00").unwrap().to_utc();
        let request = Request { service: "sms", host: "h", content_type: "c", action: None, body: b"", at };
        assert_eq!(request.date(), "2026-11-22");
    }

    #[test]
    fn the_key_is_not_shown() {
        let credentials = Credentials { secret_id: "id".to_owned(), secret_key: "hush".into() };
        assert!(!format!("{credentials:?}").contains("hush"));
    }

    #[test]
    fn what_another_program_signed_is_signed_alike() {
        for vector in crate::platform::callback::unseen("tc3") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let credentials = Credentials {
                secret_id: text("secret_id").to_owned(),
                secret_key: text("secret_key").into(),
            };
            let request = Request {
                service: text("service"),
                host: text("host"),
                content_type: text("content_type"),
                action: vector["action"].as_str(),
                body: text("body").as_bytes(),
                at: DateTime::from_timestamp(vector["at"].as_i64().unwrap(), 0).unwrap(),
            };
            assert_eq!(request.authorization(&credentials), text("authorization"));
        }
    }
}
