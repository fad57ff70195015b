//! Tencent RTC: opens both signatures itself and says what they allow, and sends callbacks as the console is set.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::push::is_here;

const APP: u32 = 1_400_000_000;
const KEY: &str = "standin-trtc-key";
const CALLBACK_KEY: &str = "standin-trtc-callback";
const PATIENCE: Duration = Duration::from_secs(5);
const ENTER: u32 = 2;

/// With what someone enters.
#[derive(Deserialize)]
pub struct Entry {
    sdk_app_id: u32,
    user_id: String,
    room: String,
    user_sig: String,
    private_map_key: String,
}

fn mac(key: &str, bytes: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(bytes);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// What a signature says, or the number of what is wrong with it.
fn opened(token: &str, user: &str, now: DateTime<Utc>) -> Result<Value, u32> {
    let packed = token.replace('*', "+").replace('-', "/").replace('_', "=");
    let packed = STANDARD.decode(packed).map_err(|_| 70_003_u32)?;
    let mut text = String::new();
    flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_string(&mut text).map_err(|_| 70_003_u32)?;
    let said: Value = serde_json::from_str(&text).map_err(|_| 70_003_u32)?;
    let (at, life) = (said["TLS.time"].as_i64().unwrap_or(0), said["TLS.expire"].as_i64().unwrap_or(0));
    if said["TLS.identifier"] != user || user.is_empty() || user.len() > 32 {
        return Err(70_013);
    }
    let buffer = said["TLS.userbuf"].as_str().map(|buffer| format!("TLS.userbuf:{buffer}\n"));
    let text = format!(
        "TLS.identifier:{user}\nTLS.sdkappid:{APP}\nTLS.time:{at}\nTLS.expire:{life}\n{}",
        buffer.unwrap_or_default()
    );
    if mac(KEY, text.as_bytes()).as_deref() != said["TLS.sig"].as_str() || said["TLS.sdkappid"] != APP {
        return Err(70_009);
    }
    if now.timestamp() > at + life { Err(70_001) } else { Ok(said) }
}

/// What someone may do in the room, or the number of what is wrong.
pub fn enter(entry: &Entry, now: DateTime<Utc>) -> Result<Value, u32> {
    opened(&entry.user_sig, &entry.user_id, now)?;
    let said = opened(&entry.private_map_key, &entry.user_id, now)?;
    let buffer = STANDARD.decode(said["TLS.userbuf"].as_str().unwrap_or_default()).map_err(|_| 70_003_u32)?;
    let (user, room) = (entry.user_id.as_bytes(), entry.room.as_bytes());
    // 1 | length, user | application | 0 | until | privileges | 0 | length, room
    let rest = buffer.strip_prefix(&[1]).and_then(|rest| rest.strip_prefix(&length(user)[..]));
    let rest = rest.and_then(|rest| rest.strip_prefix(user)).ok_or(70_013_u32)?;
    let (numbers, name) = rest.split_at_checked(20).ok_or(70_003_u32)?;
    let number = |n: usize| {
        let four = numbers.get(n * 4..n * 4 + 4).and_then(|four| four.try_into().ok());
        four.map_or(0, u32::from_be_bytes)
    };
    if entry.sdk_app_id != APP || number(0) != APP || number(1) != 0 || number(4) != 0 {
        return Err(70_013);
    }
    if name.strip_prefix(&length(room)[..]) != Some(room) {
        return Err(70_013);
    }
    let may = number(3);
    if i64::from(number(2)) < now.timestamp() || may & ENTER == 0 {
        return Err(70_001);
    }
    Ok(json!({
        "creates": may & 1 != 0, "speaks": may & 4 != 0, "hears": may & 8 != 0, "shows": may & 16 != 0,
        "sees": may & 32 != 0,
    }))
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// A callback that the stand-in is asked to send.
#[derive(Deserialize)]
pub struct Order {
    /// On this machine only
    url: String,
    event: Value,
    /// Signed with another key
    #[serde(default)]
    forged: bool,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

/// Signs and sends it, each time with the time at which it is sent; gives the status of each answer.
pub async fn send(order: &Order, now: DateTime<Utc>) -> Result<Vec<u16>, String> {
    let url = reqwest::Url::parse(&order.url).map_err(|e| e.to_string())?;
    if !is_here(&url) {
        return Err("the stand-in sends callbacks to this machine only".to_owned());
    }
    let client =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(|e| e.to_string())?;
    let mut answers = Vec::new();
    for n in 0..order.times.clamp(1, 10) {
        let mut event = order.event.clone();
        event["CallbackTs"] = json!(now.timestamp_millis() + i64::from(n));
        let body = event.to_string();
        let sign =
            mac(if order.forged { "another" } else { CALLBACK_KEY }, body.as_bytes()).unwrap_or_default();
        let request = client.post(url.clone()).header("content-type", "application/json");
        let request = request.header("Sign", sign).header("SdkAppId", APP.to_string()).body(body);
        answers.push(request.send().await.map_err(|e| e.without_url().to_string())?.status().as_u16());
    }
    Ok(answers)
}
