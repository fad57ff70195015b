//! Tencent Meeting (腾讯会议): meetings made, changed and cancelled by signed requests, and its webhooks opened with
//! suspicion. Sources: cloud.tencent.com/document/product/1095/58768 (signature), /51612 and /54658 (webhooks).
//!
//! No subject, user or address appears in an error, a log line or `Debug`.
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::callback::{WebhookError, WebhookEvent, encoding_key, is_signed, opened, text_at};
use super::clock::Time;
use super::http::{BaseUrl, Outgoing, OutgoingError, text_or_number};
use super::random;

/// The mini-program of the service, to which ours jumps.
pub const MINI_PROGRAM: &str = "wx33fd6cdc62520063";
/// The terminal in whose name the server acts: a PC.
const INSTANCE: &str = "1";
/// A list comes in pages of 20; more than these are not looked through.
const MOST_PAGES: usize = 10;
/// Longest subject, in bytes.
const SUBJECT: usize = 512;

/// The enterprise's application, and the person in whose name meetings are made.
#[derive(Debug, Clone)]
pub struct MeetingAccount {
    pub secret_id: String,
    pub secret_key: SecretString,
    /// `AppId`: the enterprise
    pub app_id: String,
    /// `SdkId`: the application; left out when none was assigned
    pub sdk_id: Option<String>,
    pub user_id: String,
}

/// Why the service gave nothing usable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MeetingError {
    #[error("the meeting service gave no usable answer")]
    Outgoing(#[from] OutgoingError),
    #[error("the meeting service refused: {0}")]
    Refused(i64),
    #[error("the meeting service's answer lacks {0}")]
    Incomplete(&'static str),
}

impl MeetingError {
    /// Whether a request may have been carried out although no usable answer came.
    pub fn is_unclear(&self) -> bool {
        match self {
            Self::Outgoing(lost) => lost.may_have_happened(),
            Self::Incomplete(_) => true,
            Self::Refused(_) => false,
        }
    }

    /// The meeting does not exist, was cancelled, or is over.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Refused(9003 | 9007 | 13603))
    }

    /// Somebody is in it: it can be ended, but no longer cancelled.
    pub fn has_begun(&self) -> bool {
        matches!(self, Self::Refused(13602))
    }
}

/// What a meeting is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub subject: String,
    pub starts_at: Time,
    pub ends_at: Time,
}

/// A meeting as the service knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Meeting {
    #[serde(rename = "meeting_id", deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(rename = "meeting_code", deserialize_with = "text_or_number", default)]
    pub code: String,
    #[serde(default)]
    pub join_url: String,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub status: Option<String>,
}

impl Meeting {
    /// Whether the host called it off.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.status.as_deref(),
            Some("MEETING_STATE_CANCELLED" | "MEETING_STATE_ENDED" | "MEETING_STATE_RECYCLED")
        )
    }

    /// Whether the subject says `mark`; old answers give the subject as base64.
    fn is_marked(&self, mark: &str) -> bool {
        let decoded = STANDARD.decode(&self.subject).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        self.subject.contains(mark) || decoded.is_some_and(|subject| subject.contains(mark))
    }
}

#[derive(Deserialize)]
struct Meetings {
    #[serde(default)]
    meeting_info_list: Vec<Meeting>,
    #[serde(default)]
    remaining: i64,
    #[serde(default)]
    next_pos: i64,
    #[serde(default)]
    next_cursory: i64,
}

/// The client of the service.
#[derive(Debug, Clone)]
pub struct TencentMeeting {
    account: MeetingAccount,
    base: BaseUrl,
    outgoing: Outgoing,
}

impl TencentMeeting {
    /// # Errors
    /// `Outgoing` when the address may not be used (see [`BaseUrl::parse`]).
    pub fn new(account: MeetingAccount, base: &str, outgoing: Outgoing) -> Result<Self, MeetingError> {
        Ok(Self { account, base: BaseUrl::parse(base)?, outgoing })
    }

    /// Makes a meeting.
    ///
    /// # Errors
    /// As every call: `Outgoing`, `Refused`, `Incomplete`. After [`MeetingError::is_unclear`] it may exist.
    pub async fn create(&self, plan: &Plan, now: Time) -> Result<Meeting, MeetingError> {
        let mut body = self.body(plan);
        body["type"] = json!(0);
        self.first(Method::POST, "/v1/meetings", &[], Some(&body), now).await
    }

    /// Gives a meeting another time or subject.
    ///
    /// # Errors
    /// As every call; doing it twice does no harm.
    pub async fn change(&self, id: &str, plan: &Plan, now: Time) -> Result<(), MeetingError> {
        let body = self.body(plan);
        self.call::<Value>(Method::PUT, &format!("/v1/meetings/{id}"), &[], Some(&body), now).await?;
        Ok(())
    }

    /// Cancels a meeting that has not begun.
    ///
    /// # Errors
    /// As every call.
    pub async fn cancel(&self, id: &str, now: Time) -> Result<(), MeetingError> {
        let body = json!({"userid": self.account.user_id, "instanceid": 1, "reason_code": 1});
        self.call::<Value>(Method::POST, &format!("/v1/meetings/{id}/cancel"), &[], Some(&body), now).await?;
        Ok(())
    }

    /// Ends a meeting in which people are.
    ///
    /// # Errors
    /// As every call.
    pub async fn end(&self, id: &str, now: Time) -> Result<(), MeetingError> {
        let body = json!({
            "operator_id": self.account.user_id, "operator_id_type": 1, "instanceid": 1, "reason_code": 1,
            "force_dismiss_meeting": 1, "retrieve_code": 0,
        });
        self.call::<Value>(Method::POST, &format!("/v1/meetings/{id}/dismiss"), &[], Some(&body), now)
            .await?;
        Ok(())
    }

    /// The meeting as it stands.
    ///
    /// # Errors
    /// As every call; [`MeetingError::is_gone`] when there is none.
    pub async fn find(&self, id: &str, now: Time) -> Result<Meeting, MeetingError> {
        let query = [("userid", self.account.user_id.as_str()), ("instanceid", INSTANCE)];
        self.first(Method::GET, &format!("/v1/meetings/{id}"), &query, None, now).await
    }

    /// The coming meeting whose subject says `mark`: how one learns whether an unclear request made it.
    ///
    /// # Errors
    /// As every call.
    pub async fn find_marked(&self, mark: &str, now: Time) -> Result<Option<Meeting>, MeetingError> {
        let (mut pos, mut cursory) = (0, 20);
        for _ in 0..MOST_PAGES {
            let (at, by) = (pos.to_string(), cursory.to_string());
            let query = [
                ("userid", self.account.user_id.as_str()),
                ("instanceid", INSTANCE),
                ("pos", &at),
                ("cursory", &by),
            ];
            let page: Meetings = self.call(Method::GET, "/v1/meetings", &query, None, now).await?;
            if let Some(found) = page.meeting_info_list.into_iter().find(|one| one.is_marked(mark)) {
                return Ok(Some(found));
            }
            if page.remaining <= 0 {
                break;
            }
            (pos, cursory) = (page.next_pos, page.next_cursory);
        }
        Ok(None)
    }

    fn body(&self, plan: &Plan) -> Value {
        json!({
            "userid": self.account.user_id, "instanceid": 1, "subject": cut(&plan.subject),
            "start_time": plan.starts_at.unix().to_string(),
            "end_time": plan.ends_at.unix().to_string(),
            "settings": {
                "allow_in_before_host": true, "auto_in_waiting_room": false, "only_user_join_type": 1,
                "auto_record_type": "none",
            },
        })
    }

    async fn first(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        now: Time,
    ) -> Result<Meeting, MeetingError> {
        let answer: Meetings = self.call(method, path, query, body, now).await?;
        answer.meeting_info_list.into_iter().next().ok_or(MeetingError::Incomplete("meeting_info_list"))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        now: Time,
    ) -> Result<T, MeetingError> {
        let url = self.base.at(path, query);
        let body = body.map(Value::to_string).unwrap_or_default();
        let nonce = u32::from_be_bytes(random::bytes::<4>()).max(1).to_string();
        let at = now.unix().to_string();
        // The very text that is sent: path and query are signed as they are encoded.
        let uri =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let signature = self.account.sign(method.as_str(), &nonce, &at, &uri, &body);
        let mut headers = vec![
            ("content-type", "application/json"),
            ("x-tc-key", &self.account.secret_id),
            ("x-tc-nonce", &nonce),
            ("x-tc-timestamp", &at),
            ("x-tc-signature", &signature),
            ("x-tc-registered", "1"),
            ("appid", &self.account.app_id),
        ];
        if let Some(sdk) = &self.account.sdk_id {
            headers.push(("sdkid", sdk));
        }
        let answer = self.outgoing.send(method, url, &headers, body).await?;
        if !(200..300).contains(&answer.status) {
            let refused = answer.json::<Value>().ok();
            let code = refused.as_ref().and_then(|body| body.pointer("/error_info/error_code"));
            return match code.and_then(Value::as_i64) {
                Some(code) => Err(MeetingError::Refused(code)),
                None => Err(OutgoingError::Status(answer.status).into()),
            };
        }
        Ok(answer.json()?)
    }
}

impl MeetingAccount {
    /// `X-TC-Signature`: base64 of the lowercase hex of HMAC-SHA256, 88 characters.
    fn sign(&self, method: &str, nonce: &str, at: &str, uri: &str, body: &str) -> String {
        let id = &self.secret_id;
        let text = format!("{method}\nX-TC-Key={id}&X-TC-Nonce={nonce}&X-TC-Timestamp={at}\n{uri}\n{body}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret_key.expose_secret().as_bytes());
        STANDARD.encode(hex::encode(hmac::sign(&key, text.as_bytes())))
    }
}

/// As many whole characters as the service takes.
fn cut(subject: &str) -> &str {
    let end =
        subject.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= SUBJECT).last();
    &subject[..end.unwrap_or(0)]
}

/// What stands in the headers of a webhook.
#[derive(Debug, Clone, Default)]
pub struct WebhookSeal {
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
}

/// The token and key of the webhook, as the console has them.
#[derive(Debug)]
pub struct WebhookKeys {
    token: SecretString,
    key: Option<SecretSlice<u8>>,
}

impl WebhookKeys {
    /// # Errors
    /// `Undecipherable` when the key is not the 43 characters of the console.
    pub fn new(token: SecretString, key: Option<&SecretString>) -> Result<Self, WebhookError> {
        let key = key.map(|key| encoding_key(key.expose_secret()).ok_or(WebhookError::Undecipherable));
        Ok(Self { token, key: key.transpose()? })
    }

    /// The text in `data` of an event, or in `check_str` of the address's check.
    ///
    /// # Errors
    /// When it is not the service's.
    pub fn open(&self, seal: &WebhookSeal, data: &str) -> Result<Vec<u8>, WebhookError> {
        if !is_signed(&self.token, &[&seal.timestamp, &seal.nonce, data], &seal.signature) {
            return Err(WebhookError::Forged);
        }
        match &self.key {
            Some(key) => opened(key.expose_secret(), data).ok_or(WebhookError::Undecipherable),
            // Without a key it is base64, whose padding may be missing.
            None => STANDARD_NO_PAD.decode(data.trim_end_matches('=')).map_err(|_| WebhookError::Malformed),
        }
    }

    /// The event in a body `{"data": …}`.
    ///
    /// # Errors
    /// When it is not the service's.
    pub fn event(&self, seal: &WebhookSeal, body: &[u8]) -> Result<WebhookEvent, WebhookError> {
        let outer: Value = serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?;
        let data = outer.get("data").and_then(Value::as_str).ok_or(WebhookError::Malformed)?;
        let plain = self.open(seal, data)?;
        read_event(&serde_json::from_slice(&plain).map_err(|_| WebhookError::Malformed)?)
    }
}

fn read_event(event: &Value) -> Result<WebhookEvent, WebhookError> {
    let text = |pointer| text_at(event, pointer);
    let id = text("/trace_id").or_else(|| text("/unique_sequence")).ok_or(WebhookError::Malformed)?;
    let name = text("/event").ok_or(WebhookError::Malformed)?;
    let at_millis = event.pointer("/payload/0/operate_time").and_then(Value::as_i64);
    Ok(WebhookEvent {
        id,
        name,
        meeting_id: text("/payload/0/meeting_info/meeting_id").unwrap_or_default(),
        at_millis,
        person: text("/payload/0/operator/user_name"),
        identity: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Vec<Value> {
        let text = include_str!("../../tests/vectors/tencent_meeting.json");
        serde_json::from_str::<Value>(text).unwrap()["vectors"].as_array().unwrap().clone()
    }

    fn vector(id: &str) -> Value {
        vectors().into_iter().find(|vector| vector["id"] == id).unwrap()
    }

    fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
        value.pointer(pointer).unwrap().as_str().unwrap()
    }

    #[test]
    fn requests_are_signed_as_the_vectors_say() {
        for id in ["wemeet-request-signature-get", "wemeet-request-signature-post"] {
            let vector = vector(id);
            let input = |name: &str| text(&vector, &format!("/input/{name}")).to_owned();
            let account = MeetingAccount {
                secret_id: input("secret_id"),
                secret_key: input("secret_key").into(),
                app_id: String::new(),
                sdk_id: None,
                user_id: String::new(),
            };
            let (nonce, at) = (input("nonce"), input("timestamp"));
            let signed = account.sign(&input("method"), &nonce, &at, &input("request_uri"), &input("body"));
            assert_eq!(signed, text(&vector, "/expected/x_tc_signature"), "{id}");
        }
    }

    fn seal(vector: &Value) -> WebhookSeal {
        let given = |pointer: &str| text(vector, pointer).to_owned();
        WebhookSeal {
            timestamp: given("/input/timestamp"),
            nonce: given("/input/nonce"),
            signature: given("/expected/signature"),
        }
    }

    #[test]
    fn webhooks_are_opened_plain_and_encrypted_and_forged_ones_are_not() {
        let plain = vector("wemeet-webhook-signature");
        let keys = WebhookKeys::new(text(&plain, "/input/token").into(), None).unwrap();
        let data = text(&plain, "/input/data");
        let opened = keys.open(&seal(&plain), data).unwrap();
        assert_eq!(opened, text(&plain, "/expected/data_base64_decoded").as_bytes());
        let event = keys.event(&seal(&plain), json!({"data": data}).to_string().as_bytes()).unwrap();
        assert_eq!(
            (event.name.as_str(), event.meeting_id.as_str()),
            ("meeting.created", "6058890385480921052")
        );
        assert_eq!(event.at_millis, None, "the sample gives the time as a text");

        let sealed = vector("wemeet-webhook-encrypted");
        let key: SecretString = text(&sealed, "/input/encoding_aes_key").into();
        let keys = WebhookKeys::new(text(&sealed, "/input/token").into(), Some(&key)).unwrap();
        let data = text(&sealed, "/expected/data");
        assert_eq!(keys.open(&seal(&sealed), data).unwrap(), text(&sealed, "/input/plaintext").as_bytes());
        // With a key a plain event is not taken, whoever signed it.
        assert!(keys.open(&seal(&plain), text(&plain, "/input/data")).is_err());
        for (name, bent) in [
            ("data", (seal(&sealed), format!("{data} "))),
            ("nonce", (WebhookSeal { nonce: "1".to_owned(), ..seal(&sealed) }, data.to_owned())),
            ("signature", (WebhookSeal { signature: "00".to_owned(), ..seal(&sealed) }, data.to_owned())),
        ] {
            assert_eq!(keys.open(&bent.0, &bent.1), Err(WebhookError::Forged), "{name}");
        }
        assert!(WebhookKeys::new("token".into(), Some(&"short".into())).is_err());
    }

    #[test]
    fn a_subject_is_cut_between_characters() {
        assert_eq!(cut("云洽谈"), "云洽谈");
        let long = "谈".repeat(200);
        assert_eq!(cut(&long).len(), 510);
    }

    #[test]
    fn a_mark_is_found_in_plain_and_in_coded_subjects() {
        let meeting = |subject: &str| Meeting {
            id: "1".to_owned(),
            code: String::new(),
            join_url: String::new(),
            subject: subject.to_owned(),
            status: None,
        };
        assert!(meeting("厂房 #a1b2").is_marked("#a1b2"));
        assert!(meeting(&STANDARD.encode("厂房 #a1b2")).is_marked("#a1b2"));
        assert!(!meeting("厂房").is_marked("#a1b2"));
    }

    #[test]
    fn requests_that_another_program_signed_are_signed_alike() {
        for vector in crate::platform::callback::unseen("meeting_requests") {
            let input = |name: &str| vector[name].as_str().unwrap();
            let account = MeetingAccount {
                secret_id: input("secret_id").to_owned(),
                secret_key: input("secret_key").into(),
                app_id: String::new(),
                sdk_id: None,
                user_id: String::new(),
            };
            let signed =
                account.sign(input("method"), input("nonce"), input("at"), input("uri"), input("body"));
            assert_eq!(signed, input("signature"));
        }
    }

    #[test]
    fn webhooks_that_another_program_made_are_judged_as_it_says() {
        for vector in crate::platform::callback::unseen("meeting_webhooks") {
            let input = |name: &str| vector[name].as_str().unwrap();
            let key = vector["key"].as_str().map(SecretString::from);
            let keys = WebhookKeys::new(input("token").into(), key.as_ref()).unwrap();
            let seal = WebhookSeal {
                timestamp: input("timestamp").to_owned(),
                nonce: input("nonce").to_owned(),
                signature: input("signature").to_owned(),
            };
            let opened = keys.open(&seal, input("data"));
            match input("verdict") {
                "genuine" => assert_eq!(opened.unwrap(), input("plain").as_bytes()),
                "forged" => assert_eq!(opened, Err(WebhookError::Forged), "{}", input("bend")),
                _ => assert_eq!(opened, Err(WebhookError::Undecipherable), "{}", input("bend")),
            }
        }
    }
}
