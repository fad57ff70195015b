//! WeChat's server interface for mini-programs: login, phone, subscribe messages, message push, content security,
//! real-person checks, codes and links, the signature of calls, and the sealing of those between servers.
//!
//! The wire format is that of the platform's public documents; business errors come with status 200.

mod code;
mod error;
mod event;
mod face;
mod login;
mod push;
mod safety;
mod seal;
mod subscribe;
mod token;
mod voip;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

pub use code::{CodeVersion, PageCode, PageLink, PagePath, Scene};
pub use error::{Refusal, RefusalKind, WechatError};
pub use event::{PushEvent, PushPart, REVOKED_PHONE, parts as push_parts};
pub use face::{FaceCheck, FaceVerdict, IdentityCard};
pub use login::{ConfirmedPhone, Login, SessionKey};
pub use push::{PushError, PushKeys, PushSeal, PushSettingError};
pub use safety::{Advice, Judgement, LARGEST_MEDIA, LONGEST_TEXT, Media};
pub use seal::{CallKeyError, CallKeys, CallSeal, CallSuite, SealError};
pub use subscribe::{
    KeyType, MessageLanguage, MessageVersion, SendFailure, Sent, SubscribeMessage, ValueError, fit_value,
};
pub use voip::CallTicket;

use self::token::TokenCache;
use super::clock::Clock;
use super::http::{Answer, BaseUrl, Outgoing, OutgoingError, text_or_number};

/// The platform's address.
pub const OFFICIAL_BASE_URL: &str = "https://api.weixin.qq.com";

/// One operation in all, its token, retries and pauses included: who waits is answered within 3 s.
const DEADLINE: Duration = Duration::from_millis(2_800);

/// Before the second, third and fourth attempt when the platform says that it is busy.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// The client of one mini-program; one in a process, so that the token is fetched once.
pub struct Wechat {
    appid: String,
    secret: SecretString,
    base: BaseUrl,
    outgoing: Outgoing,
    tokens: TokenCache,
    /// For the calls that may be sealed, and the time that their stamps are held against
    seal: Option<(CallSeal, Clock)>,
}

impl std::fmt::Debug for Wechat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wechat").field("appid", &self.appid).field("base", &self.base).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl Wechat {
    /// # Errors
    /// `Outgoing` when `base_url` may not be used (see [`BaseUrl::parse`]).
    pub fn new(
        appid: impl Into<String>,
        secret: SecretString,
        base_url: &str,
        outgoing: Outgoing,
    ) -> Result<Self, WechatError> {
        let base = BaseUrl::parse(base_url)?;
        Ok(Self { appid: appid.into(), secret, base, outgoing, tokens: TokenCache::default(), seal: None })
    }

    /// The same client, which seals every call that may be sealed and believes no other answer to it.
    #[must_use]
    pub fn sealing(self, seal: CallSeal, clock: Clock) -> Self {
        Self { seal: Some((seal, clock)), ..self }
    }

    #[must_use]
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// Whether a stand-in on this machine is asked instead of WeChat.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        self.base.is_this_machine()
    }

    /// One call that needs the access token; renews it once when WeChat refuses it.
    async fn ask_with_token(&self, path: &str, body: &Value) -> Result<Answer, WechatError> {
        let token = self.token().await?;
        match self.ask(path, &[("access_token", token.expose_secret())], Some(body)).await {
            Err(error) if error.refused_as(RefusalKind::Token) => {
                self.tokens.forget(&token).await;
                let token = self.token().await?;
                self.ask(path, &[("access_token", token.expose_secret())], Some(body)).await
            }
            other => other,
        }
    }

    async fn token(&self) -> Result<SecretString, WechatError> {
        self.tokens
            .get(async || {
                let body = json!({
                    "grant_type": "client_credential",
                    "appid": self.appid,
                    "secret": self.secret.expose_secret(),
                    "force_refresh": false,
                });
                read(&self.ask("/cgi-bin/stable_token", &[], Some(&body)).await?)
            })
            .await
    }

    /// One call, repeated after a pause while the platform says that it is busy.
    async fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, WechatError> {
        for pause in PAUSES {
            match self.ask_once(path, query, body).await {
                Err(error) if error.refused_as(RefusalKind::Busy) => tokio::time::sleep(spread(pause)).await,
                other => return other,
            }
        }
        self.ask_once(path, query, body).await
    }

    async fn ask_once(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, WechatError> {
        let url = self.base.at(path, query);
        let seal = self.seal.as_ref().filter(|_| CallSeal::covers(path));
        let answer = match (body, seal) {
            (Some(body), Some((seal, clock))) => {
                let name = self.name_of(path);
                let call = seal.seal(&name, body, clock.now().utc())?;
                let headers = seal.headers(&call);
                let answer = self.outgoing.post_bytes(url, &headers, call.body.clone()).await?.success()?;
                let body = seal.open(&name, &answer, clock.now().utc())?;
                Answer { body: body.into(), ..answer }
            }
            (Some(body), None) => self.outgoing.post_json(url, body).await?.success()?,
            (None, _) => self.outgoing.get(url).await?.success()?,
        };
        // Refusals are objects, also where a picture is asked for; whoever asked looks at what else came.
        if answer.body.trim_ascii_start().starts_with(b"{") {
            let verdict: Verdict = answer.json()?;
            if verdict.errcode != 0 {
                return Err(WechatError::Refused(Refusal::new(verdict.errcode, &verdict.errmsg)));
            }
        }
        Ok(answer)
    }

    /// The address that is sealed in; a stand-in plays WeChat's own.
    fn name_of(&self, path: &str) -> String {
        if self.is_stand_in() {
            format!("{OFFICIAL_BASE_URL}{path}")
        } else {
            self.base.at(path, &[]).to_string()
        }
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, WechatError> {
    Ok(answer.json()?)
}

/// The deadline over a whole operation.
async fn within<T>(operation: impl Future<Output = Result<T, WechatError>>) -> Result<T, WechatError> {
    tokio::time::timeout(DEADLINE, operation).await.unwrap_or(Err(OutgoingError::Timeout.into()))
}

/// `pause`, up to a quarter longer or shorter, so that many callers do not come back in step.
fn spread(pause: Duration) -> Duration {
    let [byte] = crate::platform::random::bytes::<1>();
    pause.mul_f64(0.75 + f64::from(byte) / 510.0)
}

fn secret_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_spread_by_a_quarter() {
        for _ in 0..100 {
            let pause = spread(Duration::from_millis(100));
            assert!(pause >= Duration::from_millis(75) && pause <= Duration::from_millis(126), "{pause:?}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let outgoing = Outgoing::new(&super::super::http::Limits::default()).unwrap();
        let wechat = Wechat::new("wx1", "hush".into(), OFFICIAL_BASE_URL, outgoing).unwrap();
        assert!(!wechat.is_stand_in());
        assert!(!format!("{wechat:?}").contains("hush"));
    }

    #[test]
    fn big_ids_survive() {
        #[derive(Deserialize)]
        struct Id(#[serde(deserialize_with = "text_or_number")] String);
        for text in ["1865920475012726784", "\"1865920475012726784\""] {
            assert_eq!(serde_json::from_str::<Id>(text).unwrap().0, "1865920475012726784");
        }
    }
}
