//! WeChat's server side: sign-in, phone number, subscribe messages, call parameters, in the documented wire format.
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::config::Config;
use crate::platform::http::{self, Outgoing, OutgoingError};

const BUSY: i64 = -1;
const TRIES: u32 = 3;

/// A client of one mini-program's server side.
#[derive(Debug, Clone)]
pub struct Wechat {
    outgoing: Outgoing,
    url: String,
    app_id: String,
    secret: SecretString,
    token: Arc<Mutex<Option<Held>>>,
}

#[derive(Debug)]
struct Held {
    token: SecretString,
    until: Instant,
}

/// The key of WeChat's session with one person: never shown, never logged.
#[derive(Clone, Deserialize)]
pub struct SessionKey(String);

impl SessionKey {
    pub fn expose(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// Answer of `jscode2session`.
#[derive(Debug, Clone, Deserialize)]
pub struct Identity {
    pub openid: String,
    pub session_key: SessionKey,
}

/// Answer of `getuserphonenumber`.
#[derive(Debug, Clone, Deserialize)]
pub struct PhoneNumber {
    #[serde(rename = "purePhoneNumber")]
    pub pure_phone_number: String,
    watermark: Watermark,
}

#[derive(Debug, Clone, Deserialize)]
struct Watermark {
    timestamp: i64,
    appid: String,
}

#[derive(Debug, thiserror::Error)]
pub enum WechatError {
    #[error("WeChat: {0}")]
    Outgoing(#[from] OutgoingError),
    #[error("WeChat answered {code}: {message}")]
    Refused { code: i64, message: String },
    #[error("the phone number was issued for another program or at another time")]
    Watermark,
}

impl WechatError {
    /// Whether WeChat judged what the person gave (a spent code), rather than failed.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { code: 40029 | 40163 | 40226 | 40013, .. } | Self::Watermark)
    }
    /// Whether the person has no message left to receive.
    pub fn is_credit_gone(&self) -> bool {
        matches!(self, Self::Refused { code: 43101, .. })
    }
    /// Whether the same message may get through later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Outgoing(_)
                | Self::Refused { code: -1 | 43108 | 45009 | 45011 | 44990 | 44991 | 44993, .. }
        )
    }
    fn is_bad_token(&self) -> bool {
        matches!(self, Self::Refused { code: 40001 | 40014 | 42001, .. })
    }
}

impl Wechat {
    pub fn from_config(config: &Config, outgoing: &Outgoing) -> Option<Self> {
        Some(Self {
            outgoing: outgoing.clone(),
            url: config.wechat_url.trim_end_matches('/').to_owned(),
            app_id: config.wechat_app_id.clone()?,
            secret: config.wechat_app_secret.clone()?,
            token: Arc::default(),
        })
    }

    /// Exchanges the code of `wx.login` (5 minutes, once).
    pub async fn code_to_session(&self, code: &str) -> Result<Identity, WechatError> {
        let url = format!("{}/sns/jscode2session", self.url);
        let query = [
            ("appid", self.app_id.as_str()),
            ("secret", self.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        patiently(|| self.outgoing.get(&url).query(&query)).await
    }

    /// Exchanges the code of the phone-number button; `open_id` keeps another's code out.
    pub async fn phone_number(
        &self,
        code: &str,
        open_id: &str,
        now: DateTime<Utc>,
    ) -> Result<PhoneNumber, WechatError> {
        #[derive(Deserialize)]
        struct Answer {
            phone_info: PhoneNumber,
        }
        let body = json!({"code": code, "openid": open_id});
        let answer: Answer = self.with_token("/wxa/business/getuserphonenumber", &body).await?;
        let mark = &answer.phone_info.watermark;
        let fresh = (now.timestamp() - mark.timestamp).abs() <= 300;
        if mark.appid == self.app_id && fresh { Ok(answer.phone_info) } else { Err(WechatError::Watermark) }
    }

    /// Sends one subscribe message; `data` maps template keys to values, already fitted to their types.
    pub async fn send_message(
        &self,
        open_id: &str,
        template: &str,
        page: &str,
        data: &Value,
    ) -> Result<(), WechatError> {
        let body = json!({"touser": open_id, "template_id": template, "page": page, "miniprogram_state": "formal", "lang": "zh_CN", "data": data});
        self.with_token::<Value>("/cgi-bin/message/subscribe/send", &body).await.map(|_| ())
    }

    /// Parameters for `wx.joinVoIPChat`: the signature over app id, group, nonce and time.
    pub fn call_signature(&self, session_key: &str, group: &str, nonce: &str, time: &str) -> String {
        call_signature(session_key, &[&self.app_id, group, nonce, time])
    }

    async fn with_token<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, WechatError> {
        let token = self.token(None).await?;
        match self.post(path, &token, body).await {
            Err(e) if e.is_bad_token() => {
                let token = self.token(Some(&token)).await?;
                self.post(path, &token, body).await
            }
            outcome => outcome,
        }
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &SecretString,
        body: &Value,
    ) -> Result<T, WechatError> {
        let url = format!("{}{path}", self.url);
        patiently(|| self.outgoing.post(&url).query(&[("access_token", token.expose_secret())]).json(body))
            .await
    }

    /// The stable token, fetched by one caller while the others wait; `failed` is one that WeChat refused.
    async fn token(&self, failed: Option<&SecretString>) -> Result<SecretString, WechatError> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            expires_in: u64,
        }
        let mut held = self.token.lock().await;
        if let Some(h) = held.as_ref()
            && h.until > Instant::now()
            && failed.is_none_or(|f| f.expose_secret() != h.token.expose_secret())
        {
            return Ok(h.token.clone());
        }
        let url = format!("{}/cgi-bin/stable_token", self.url);
        let body = json!({"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret.expose_secret(), "force_refresh": false});
        let answer: Answer = patiently(|| self.outgoing.post(&url).json(&body)).await?;
        let token = SecretString::from(answer.access_token);
        // `expires_in` is what is left of the same token, and may be short.
        let life = Duration::from_secs(answer.expires_in.saturating_sub(120).max(30));
        *held = Some(Held { token: token.clone(), until: Instant::now() + life });
        Ok(token)
    }
}

/// Asks, and again with a pause while WeChat says that it is busy.
async fn patiently<T: DeserializeOwned>(
    request: impl Fn() -> reqwest::RequestBuilder,
) -> Result<T, WechatError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let answer: Value = http::json(request()).await?;
        let code = answer.get("errcode").and_then(Value::as_i64).unwrap_or(0);
        if code == 0 {
            return serde_json::from_value(answer).map_err(|_| OutgoingError::NotJson.into());
        }
        if code != BUSY || tries >= TRIES {
            let message = answer.get("errmsg").and_then(Value::as_str).unwrap_or_default().to_owned();
            return Err(WechatError::Refused { code, message });
        }
        tokio::time::sleep(Duration::from_millis(100 << tries)).await;
    }
}

fn call_signature(session_key: &str, parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    // The key is the base64 text itself, not the bytes that it stands for.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(session_key.as_bytes()) else {
        return String::new();
    };
    mac.update(parts.concat().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_call_signature_is_reproduced() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/wechat.json")).unwrap();
        let vector =
            vectors["vectors"].as_array().unwrap().iter().find(|v| v["id"] == "wx-voip-signature").unwrap();
        let text = |key: &str| vector["input"][key].as_str().unwrap();
        let made = super::call_signature(
            text("session_key"),
            &[text("appId"), text("groupId"), text("nonceStr"), text("timeStamp")],
        );
        assert_eq!(made, vector["expected"]["signature"]);
    }
}
