//! Message push as WeChat's servers do it: signs, pads to 32, encrypts, sends up to three times within 5 seconds each.

use std::time::Duration;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;

/// How the push is sealed, as chosen in the console.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Plain,
    Safe,
    /// The plain fields and the encrypted message side by side.
    Compatible,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    #[default]
    Json,
    Xml,
}

/// What is wrong with this push on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    Signature,
    App,
    Padding,
}

/// A push that the stand-in is asked to send.
#[derive(Clone, Deserialize)]
pub struct Order {
    /// On this machine only
    url: String,
    token: String,
    key: Option<String>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    form: Form,
    wrong: Option<Wrong>,
    /// Left out, the check of the address is made
    message: Option<Value>,
    /// How often the very same push is sent, as when an answer was lost
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

impl Order {
    /// Encrypted when there is a key.
    pub fn to(url: String, token: String, key: Option<String>) -> Self {
        let mode = if key.is_some() { Mode::Safe } else { Mode::Plain };
        Self { url, token, key, mode, form: Form::Json, wrong: None, message: None, times: 1 }
    }

    /// The same with this message.
    pub fn with(self, message: Value) -> Self {
        Self { message: Some(message), ..self }
    }
}

/// Whether a file of this machine could be fetched whole.
pub async fn fetch(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    if !is_here(&url) {
        return false;
    }
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build() else { return false };
    match client.get(url).send().await {
        Ok(answer) if answer.status().is_success() => answer.bytes().await.is_ok(),
        _ => false,
    }
}

pub fn is_here(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// What the other side answered to one of the tries.
#[derive(Debug, Serialize)]
pub struct Told {
    status: u16,
    body: String,
}

/// Sends the push; repeats it while there is no answer with status 200 in time, as WeChat does.
pub async fn send(order: &Order, appid: &str, now: DateTime<Utc>) -> Result<Vec<Told>, String> {
    let url = reqwest::Url::parse(&order.url).map_err(|e| e.to_string())?;
    if !is_here(&url) {
        return Err("the stand-in pushes to this machine only".to_owned());
    }
    let client =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(|e| e.to_string())?;
    let (query, body) = sealed(order, appid, now).ok_or("the key is not 43 letters and digits")?;
    let mut told = Vec::new();
    for _ in 0..order.times.clamp(1, 10) {
        for attempt in 1..=TRIES {
            let request = match &body {
                None => client.get(url.clone()),
                Some(body) => {
                    client.post(url.clone()).header("content-type", kind(order.form)).body(body.clone())
                }
            };
            match request.query(&query).send().await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    told.push(Told { status, body: answer.text().await.unwrap_or_default() });
                    if status < 500 {
                        break;
                    }
                }
                Err(e) if attempt == TRIES => return Err(e.without_url().to_string()),
                Err(_) => {}
            }
        }
    }
    Ok(told)
}

fn kind(form: Form) -> &'static str {
    match form {
        Form::Json => "application/json",
        Form::Xml => "text/xml",
    }
}

type Sealed = (Vec<(&'static str, String)>, Option<String>);

fn sealed(order: &Order, appid: &str, now: DateTime<Utc>) -> Option<Sealed> {
    let (timestamp, nonce) = (now.timestamp().to_string(), rand::random::<u32>().to_string());
    let signature = signed(&[&order.token, &timestamp, &nonce]);
    let mut query = vec![("timestamp", timestamp.clone()), ("nonce", nonce.clone())];
    let bend = |text: String| match (order.wrong, text.strip_prefix('0')) {
        (Some(Wrong::Signature), Some(rest)) => format!("1{rest}"),
        (Some(Wrong::Signature), None) => format!("0{}", text.get(1..).unwrap_or_default()),
        _ => text,
    };
    let Some(message) = &order.message else {
        query.extend([("signature", bend(signature)), ("echostr", rand::random::<u64>().to_string())]);
        return Some((query, None));
    };
    let text = written(message, order.form, "xml");
    if order.mode == Mode::Plain {
        query.push(("signature", bend(signature)));
        return Some((query, Some(text)));
    }
    let app = if order.wrong == Some(Wrong::App) { "wxsomebodyelse" } else { appid };
    let encrypted = encrypted(order.key.as_deref()?, &text, app, rand::random(), order.wrong)?;
    let whole = bend(signed(&[&order.token, &timestamp, &nonce, &encrypted]));
    query.extend([("signature", signature), ("encrypt_type", "aes".to_owned()), ("msg_signature", whole)]);
    let mut outer = if order.mode == Mode::Compatible { message.clone() } else { json!({}) };
    outer
        .as_object_mut()?
        .extend([("ToUserName".to_owned(), json!("gh_standin")), ("Encrypt".to_owned(), json!(encrypted))]);
    Some((query, Some(written(&outer, order.form, "xml"))))
}

pub fn signed(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hex::encode(hash.finalize())
}

/// 16 random bytes, the length, the message and the app's id, padded to 32, under AES-256-CBC.
fn encrypted(key: &str, text: &str, appid: &str, random: [u8; 16], wrong: Option<Wrong>) -> Option<String> {
    let key = key_of(key)?;
    let length = u32::try_from(text.len()).ok()?.to_be_bytes();
    let mut bytes = [&random[..], &length, text.as_bytes(), appid.as_bytes()].concat();
    let missing = 32 - bytes.len() % 32;
    bytes.resize(bytes.len() + missing, u8::try_from(missing).ok()?);
    if wrong == Some(Wrong::Padding) {
        *bytes.last_mut()? = 0;
    }
    let iv: [u8; 16] = key.get(..16)?.try_into().ok()?;
    let sealing = EncryptingKey::cbc(UnboundCipherKey::new(&AES_256, &key).ok()?).ok()?;
    sealing.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv.into())).ok()?;
    Some(STANDARD.encode(bytes))
}

/// By hand, six bits a letter: the last two bits of the 43 letters are not looked at.
pub fn key_of(key: &str) -> Option<Vec<u8>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    for letter in key.chars() {
        let value = LETTERS.find(letter)?;
        bits.extend((0..6).rev().map(|shift| u8::from(value >> shift & 1 == 1)));
    }
    (key.len() == 43)
        .then(|| bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect())
}

fn written(value: &Value, form: Form, name: &str) -> String {
    match (form, value) {
        (Form::Json, value) => value.to_string(),
        (Form::Xml, Value::Array(all)) => all.iter().map(|one| written(one, form, name)).collect(),
        (Form::Xml, Value::Object(parts)) => {
            let inner: String = parts.iter().map(|(name, part)| written(part, form, name)).collect();
            format!("<{name}>{inner}</{name}>")
        }
        (Form::Xml, Value::String(text)) => format!("<{name}><![CDATA[{text}]]></{name}>"),
        (Form::Xml, other) => format!("<{name}>{other}</{name}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &str) -> (Value, Value) {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/wechat.json")).unwrap();
        let one = file["vectors"].as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap();
        (one["input"].clone(), one["expected"].clone())
    }

    #[test]
    fn the_given_messages_are_encrypted_byte_for_byte() {
        for (id, signature) in [("wx-push-safe-reply", true), ("wxbizmsgcrypt-encrypt-utf8", false)] {
            let (input, expected) = given(id);
            let text = |name: &str| input[name].as_str().unwrap();
            let random: [u8; 16] = text("random16").as_bytes().try_into().unwrap();
            let made = encrypted(text("encoding_aes_key"), text("msg"), text("appid"), random, None).unwrap();
            assert_eq!(made, expected["Encrypt"].as_str().unwrap(), "{id}");
            if signature {
                let parts = [text("token"), "1713424427", text("nonce"), &made];
                assert_eq!(signed(&parts), expected["MsgSignature"].as_str().unwrap());
            }
        }
    }

    #[test]
    fn the_given_plain_signatures_are_made() {
        for id in ["wx-push-url-verify", "wx-push-plain-signature"] {
            let (input, expected) = given(id);
            let text = |name: &str| input[name].as_str().unwrap();
            assert_eq!(
                signed(&[text("token"), text("timestamp"), text("nonce")]),
                expected["signature"].as_str().unwrap()
            );
        }
    }
}
