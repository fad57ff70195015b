//! Tencent Meeting (`/v1/meetings`): verifies the request's signature, time and nonce itself, keeps meetings by the
//! documented states, and sends webhooks sealed as the console says.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::faults::{Kind, Switch};
use crate::push::{is_here, key_of, signed};
use crate::{Asked, Reply};

const LARGEST_SKEW_SECONDS: u64 = 300;
const APP: &str = "standin-enterprise";
const USER: &str = "standin-host";
const PATIENCE: Duration = Duration::from_secs(5);
/// Meetings on one page of a list.
const PAGE: usize = 20;

struct Meeting {
    code: String,
    subject: String,
    start_time: String,
    end_time: String,
    status: &'static str,
}

pub struct Meetings {
    secret_id: String,
    secret_key: String,
    nonces: HashSet<String>,
    table: BTreeMap<u64, Meeting>,
}

impl Meetings {
    pub fn new(secret_id: String, secret_key: String) -> Self {
        Self { secret_id, secret_key, nonces: HashSet::new(), table: BTreeMap::new() }
    }

    pub fn answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Reply {
        match self.checked(asked, now).and_then(|()| self.act(asked)) {
            Ok(answer) => Reply::Json(answer),
            Err(code) => refused(code),
        }
    }

    /// The refusal that a switch asks for.
    pub fn refusal(switch: &Switch) -> Reply {
        let asked_for = switch.code.as_ref().and_then(Value::as_i64);
        refused(match switch.kind {
            Kind::BadToken => 200_003,
            Kind::ExpiredToken => 190_301,
            Kind::Quota => 190_310,
            Kind::Error => asked_for.unwrap_or(9_002),
            _ => asked_for.unwrap_or(960_000),
        })
    }

    fn checked(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<(), i64> {
        let (at, nonce) = (asked.header("x-tc-timestamp"), asked.header("x-tc-nonce"));
        if asked.header("x-tc-key") != self.secret_id || asked.header("appid") != APP {
            return Err(190_303);
        }
        let seconds: i64 = at.parse().map_err(|_| 200_003)?;
        if now.timestamp().abs_diff(seconds) > LARGEST_SKEW_SECONDS {
            return Err(190_303);
        }
        let body = std::str::from_utf8(asked.body).map_err(|_| 200_003)?;
        let text = format!(
            "{}\nX-TC-Key={}&X-TC-Nonce={nonce}&X-TC-Timestamp={at}\n{}\n{body}",
            asked.method, self.secret_id, asked.uri
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret_key.as_bytes()).map_err(|_| 200_003)?;
        mac.update(text.as_bytes());
        if STANDARD.encode(hex::encode(mac.finalize().into_bytes())) != asked.header("x-tc-signature") {
            return Err(200_003);
        }
        // A nonce is taken once.
        if nonce.parse::<u64>().is_ok_and(|n| n > 0) && self.nonces.insert(format!("{at} {nonce}")) {
            Ok(())
        } else {
            Err(190_301)
        }
    }

    fn act(&mut self, asked: &Asked<'_>) -> Result<Value, i64> {
        let body: Value = match asked.body {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes).map_err(|_| 190_004)?,
        };
        let given = |name: &str| asked.query.get(name).map(String::as_str).or(body[name].as_str());
        let user = given("userid").or(given("operator_id"));
        if user != Some(USER) {
            return Err(190_001);
        }
        let parts: Vec<&str> =
            asked.path.trim_start_matches("/v1/meetings").trim_matches('/').split('/').collect();
        match (asked.method, parts.as_slice()) {
            ("POST", [""]) => self.create(&body),
            ("GET", [""]) => self.list(asked),
            ("GET", [id]) => self.found(id).map(|(id, meeting)| one(id, meeting)),
            ("PUT", [id]) => {
                let (start, end, subject) = times(&body)?;
                let (id, meeting) = self.standing(id)?;
                (meeting.start_time, meeting.end_time, meeting.subject) = (start, end, subject);
                Ok(one(id, meeting))
            }
            ("POST", [id, "cancel"]) => {
                let (_, meeting) = self.standing(id)?;
                if meeting.status == "MEETING_STATE_STARTED" {
                    return Err(13_602);
                }
                meeting.status = "MEETING_STATE_CANCELLED";
                Ok(json!({}))
            }
            ("POST", [id, "dismiss"]) => {
                let (_, meeting) = self.standing(id)?;
                meeting.status = "MEETING_STATE_NULL";
                Ok(json!({}))
            }
            _ => Err(9_002),
        }
    }

    fn create(&mut self, body: &Value) -> Result<Value, i64> {
        let (start_time, end_time, subject) = times(body)?;
        if body["type"] != 0 || !body["instanceid"].is_number() {
            return Err(190_004);
        }
        // Above what a double can hold, as theirs are.
        let id = 9_007_199_254_740_993 + rand::random::<u32>() as u64 * 2;
        let code = format!("{:09}", rand::random::<u32>() % 1_000_000_000);
        let meeting = Meeting { code, subject, start_time, end_time, status: "MEETING_STATE_INIT" };
        self.table.insert(id, meeting);
        self.found(&id.to_string()).map(|(id, meeting)| one(id, meeting))
    }

    fn list(&self, asked: &Asked<'_>) -> Result<Value, i64> {
        let pos: usize = asked.query.get("pos").and_then(|pos| pos.parse().ok()).unwrap_or(0);
        let coming: Vec<Value> = self
            .table
            .iter()
            .filter(|(_, meeting)| matches!(meeting.status, "MEETING_STATE_INIT" | "MEETING_STATE_STARTED"))
            .map(|(id, meeting)| described(*id, meeting))
            .collect();
        let page: Vec<Value> = coming.iter().skip(pos).take(PAGE).cloned().collect();
        let next = pos + page.len();
        Ok(json!({
            "meeting_number": page.len(), "meeting_info_list": page, "remaining": coming.len().saturating_sub(next),
            "next_pos": next, "next_cursory": PAGE,
        }))
    }

    fn found(&self, id: &str) -> Result<(u64, &Meeting), i64> {
        let id: u64 = id.parse().map_err(|_| 9_003)?;
        self.table.get(&id).map(|meeting| (id, meeting)).ok_or(9_003)
    }

    /// A meeting that can still be changed.
    fn standing(&mut self, id: &str) -> Result<(u64, &mut Meeting), i64> {
        let id: u64 = id.parse().map_err(|_| 9_003)?;
        let meeting = self.table.get_mut(&id).ok_or(9_003)?;
        match meeting.status {
            "MEETING_STATE_CANCELLED" => Err(9_007),
            "MEETING_STATE_NULL" => Err(13_603),
            _ => Ok((id, meeting)),
        }
    }

    /// Every meeting with what it was told, for whoever tests.
    pub fn all(&self) -> Vec<Value> {
        self.table.iter().map(|(id, meeting)| described(*id, meeting)).collect()
    }

    /// What people do there: `start`, `cancel`, or `end`.
    pub fn make(&mut self, id: &str, act: &str) -> bool {
        let status = match act {
            "start" => "MEETING_STATE_STARTED",
            "cancel" => "MEETING_STATE_CANCELLED",
            _ => "MEETING_STATE_NULL",
        };
        let meeting = id.parse().ok().and_then(|id: u64| self.table.get_mut(&id));
        meeting.map(|meeting| meeting.status = status).is_some()
    }
}

fn times(body: &Value) -> Result<(String, String, String), i64> {
    // Seconds, written as texts.
    let text = |name: &str| body[name].as_str().map(str::to_owned).ok_or(190_004);
    let (start, end, subject) = (text("start_time")?, text("end_time")?, text("subject")?);
    let seconds = |text: &str| text.parse::<i64>().map_err(|_| 190_004);
    if seconds(&start)? >= seconds(&end)? || subject.is_empty() || subject.len() > 512 {
        return Err(190_004);
    }
    Ok((start, end, subject))
}

fn one(id: u64, meeting: &Meeting) -> Value {
    json!({ "meeting_number": 1, "meeting_info_list": [described(id, meeting)] })
}

fn described(id: u64, meeting: &Meeting) -> Value {
    json!({
        "meeting_id": id.to_string(), "meeting_code": meeting.code, "subject": meeting.subject,
        "start_time": meeting.start_time, "end_time": meeting.end_time, "status": meeting.status,
        "join_url": format!("https://meeting.tencent.com/dm/standin{id}"), "hosts": [{"userid": USER}],
    })
}

fn refused(code: i64) -> Reply {
    let status = if code == 960_000 { 500 } else { 400 };
    let error = json!({"error_code": code, "new_error_code": 200_000_000 + code, "message": "refused by the stand-in"});
    Reply::Refused(status, json!({ "error_info": error }))
}

/// A webhook that the stand-in is asked to send.
#[derive(Deserialize)]
pub struct Webhook {
    /// On this machine only
    url: String,
    token: String,
    /// Without it the event is plain base64
    key: Option<String>,
    /// Left out, the check of the address is made
    event: Option<Value>,
    /// The signature is bent
    #[serde(default)]
    forged: bool,
    /// How often the very same event is sent
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

/// What the other side answered.
#[derive(Debug, Serialize)]
pub struct Told {
    status: u16,
    body: String,
    /// What the check wanted to hear
    wanted: Option<String>,
}

/// Seals and sends it.
pub async fn send(order: &Webhook, now: DateTime<Utc>) -> Result<Vec<Told>, String> {
    let url = reqwest::Url::parse(&order.url).map_err(|e| e.to_string())?;
    if !is_here(&url) {
        return Err("the stand-in sends webhooks to this machine only".to_owned());
    }
    let client =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(|e| e.to_string())?;
    let checked = order.event.is_none().then(|| format!("check {}", rand::random::<u64>()));
    let text = checked.clone().or(order.event.as_ref().map(Value::to_string)).unwrap_or_default();
    let data = match &order.key {
        Some(key) => encrypted(key, &text).ok_or("the key is not 43 letters and digits")?,
        None => STANDARD_NO_PAD.encode(&text),
    };
    let (timestamp, nonce) = (now.timestamp_millis().to_string(), rand::random::<u32>().to_string());
    let signature = signed(&[&order.token, &timestamp, &nonce, &data]);
    let signature = if order.forged { signed(&[&signature]) } else { signature };
    let mut told = Vec::new();
    for _ in 0..order.times.clamp(1, 10) {
        let request = match checked {
            Some(_) => client.get(url.clone()).query(&[("check_str", &data)]),
            None => client.post(url.clone()).json(&json!({ "data": data })),
        };
        let request =
            request.header("timestamp", &timestamp).header("nonce", &nonce).header("signature", &signature);
        let answer = request.send().await.map_err(|e| e.without_url().to_string())?;
        let status = answer.status().as_u16();
        told.push(Told { status, body: answer.text().await.unwrap_or_default(), wanted: checked.clone() });
    }
    Ok(told)
}

fn encrypted(key: &str, text: &str) -> Option<String> {
    let key = key_of(key)?;
    let iv: [u8; 16] = key.get(..16)?.try_into().ok()?;
    let mut bytes = text.as_bytes().to_vec();
    let sealing = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &key).ok()?).ok()?;
    sealing.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into())).ok()?;
    Some(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_given_event_is_sealed_byte_for_byte() {
        let file: Value =
            serde_json::from_str(include_str!("../tests/vectors/tencent_meeting.json")).unwrap();
        let all = file["vectors"].as_array().unwrap();
        let vector = all.iter().find(|vector| vector["id"] == "wemeet-webhook-encrypted").unwrap();
        let text = |pointer: &str| vector.pointer(pointer).unwrap().as_str().unwrap();
        let made = encrypted(text("/input/encoding_aes_key"), text("/input/plaintext")).unwrap();
        assert_eq!(made, text("/expected/data"));
        let parts = [text("/input/token"), text("/input/timestamp"), text("/input/nonce"), &made];
        assert_eq!(signed(&parts), text("/expected/signature"));
    }
}
