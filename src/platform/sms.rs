//! Text messages by Tencent Cloud SMS, `SendSms` of 2021-01-11, signed with TC3-HMAC-SHA256.
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::config::Config;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::http::{self, Outgoing, OutgoingError};

/// The road by which one-time codes reach a phone.
#[derive(Debug, Clone)]
pub struct SmsRoad {
    outgoing: Outgoing,
    url: String,
    secret_id: String,
    secret_key: SecretString,
    app_id: String,
    sign_name: String,
    template: String,
}

#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    #[error("SMS: {0}")]
    Outgoing(#[from] OutgoingError),
    #[error("SMS refused: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Failure>,
    #[serde(default)]
    send_status_set: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    code: String,
}

impl SmsRoad {
    pub fn from_config(config: &Config, outgoing: &Outgoing) -> Option<Self> {
        Some(Self {
            outgoing: outgoing.clone(),
            url: config.sms_url.clone(),
            secret_id: config.sms_secret_id.clone()?,
            secret_key: config.sms_secret_key.clone()?,
            app_id: config.sms_app_id.clone(),
            sign_name: config.sms_sign_name.clone(),
            template: config.sms_template.clone(),
        })
    }

    /// Sends `digits` to a mainland phone of 11 digits.
    pub async fn send_code(&self, phone: &str, digits: &str, now: DateTime<Utc>) -> Result<(), SmsError> {
        let body = json!({
            "PhoneNumberSet": [format!("+86{phone}")], "SmsSdkAppId": self.app_id, "SignName": self.sign_name,
            "TemplateId": self.template, "TemplateParamSet": [digits, "5"],
        })
        .to_string();
        let content_type = "application/json; charset=utf-8";
        let host = self.url.split("://").nth(1).unwrap_or_default().trim_end_matches('/');
        let request = Signed { host, service: "sms", content_type, body: &body, at: now };
        let request = self
            .outgoing
            .post(&self.url)
            .header("Authorization", request.authorization(&self.secret_id, self.secret_key.expose_secret()))
            .header("Content-Type", content_type)
            .header("Host", host)
            .header("X-TC-Action", "SendSms")
            .header("X-TC-Version", "2021-01-11")
            .header("X-TC-Timestamp", now.timestamp().to_string())
            .header("X-TC-Region", "ap-guangzhou")
            .body(body.clone());
        let answer: Answer = http::json(request).await?;
        match answer.response {
            Response { error: Some(failure), .. } => Err(SmsError::Refused(failure.code)),
            Response { send_status_set, .. } => match send_status_set.iter().find(|s| s.code != "Ok") {
                Some(failure) => Err(SmsError::Refused(failure.code.clone())),
                None => Ok(()),
            },
        }
    }
}

/// A request as TC3-HMAC-SHA256 sees it.
struct Signed<'a> {
    host: &'a str,
    service: &'a str,
    content_type: &'a str,
    body: &'a str,
    at: DateTime<Utc>,
}

impl Signed<'_> {
    fn authorization(&self, id: &str, key: &str) -> String {
        // The day is UTC's: in China it changes at eight in the morning.
        let day = self.at.format("%Y-%m-%d").to_string();
        let scope = format!("{day}/{}/tc3_request", self.service);
        let canonical = format!(
            "POST\n/\n\ncontent-type:{}\nhost:{}\n\ncontent-type;host\n{}",
            self.content_type,
            self.host,
            sha256_hex(self.body)
        );
        let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", self.at.timestamp(), sha256_hex(canonical));
        let day_key = hmac(format!("TC3{key}").as_bytes(), &day);
        let signing_key = hmac(&hmac(&day_key, self.service), "tc3_request");
        let signature = hex::encode(hmac(&signing_key, &text));
        format!(
            "TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        )
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::Signed;
    use chrono::DateTime;

    #[test]
    fn the_published_example_of_tc3_is_reproduced() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/wechat.json")).unwrap();
        let all = vectors["vectors"].as_array().unwrap();
        let vector = all.iter().find(|v| v["id"] == "tc3-official-2headers").unwrap();
        let input = &vector["input"];
        let signed = Signed {
            host: input["host"].as_str().unwrap(),
            service: input["service"].as_str().unwrap(),
            content_type: input["content_type"].as_str().unwrap(),
            body: input["payload"].as_str().unwrap(),
            at: DateTime::from_timestamp(input["timestamp"].as_i64().unwrap(), 0).unwrap(),
        };
        let made =
            signed.authorization(input["secret_id"].as_str().unwrap(), input["secret_key"].as_str().unwrap());
        assert!(made.ends_with(vector["expected"]["signature"].as_str().unwrap()), "{made}");
    }
}
