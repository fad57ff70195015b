//! Tencent RTC (实时音视频): the signed parameters with which someone enters a room (UserSig, TLSSigAPIv2, and
//! PrivateMapKey), and its callbacks opened with suspicion. Sources: github.com/tencentyun/tls-sig-api-v2-*,
//! cloud.tencent.com/document/product/647/51586.
//!
//! No key, signature or user appears in an error, a log line or `Debug`.
use std::io::Write;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::callback::{WebhookError, WebhookEvent, text_at};
use super::clock::Time;

/// The parameters are shown when one enters; whoever is inside stays.
const LIFE: Duration = Duration::minutes(10);

/// What whoever enters may do there, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privileges(u32);

impl Privileges {
    /// Opens the room, enters, sends and receives sound, picture and a second picture
    pub const ALL: Self = Self(255);
    /// Enters (2), receives sound (8) and picture (32)
    pub const LISTEN: Self = Self(42);
}

/// A room by its number, or by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomId<'a> {
    Number(u32),
    Name(&'a str),
}

/// What the program of the mini-program enters a room with.
pub struct Entrance {
    pub app_id: u32,
    pub user_id: String,
    pub user_sig: String,
    pub private_map_key: String,
    pub expires_at: Time,
}

/// The application, and the key of its callbacks.
#[derive(Debug, Clone)]
pub struct Trtc {
    pub app_id: u32,
    pub key: SecretString,
    /// Without it no callback is taken
    pub callback_key: Option<SecretString>,
}

/// An id of ours as TRTC takes one: at most 32 letters and digits.
pub fn user_id(id: &str) -> String {
    id.replace('-', "")
}

impl Trtc {
    /// The way into a room, for one person and a few minutes.
    ///
    /// # Errors
    /// When it cannot be compressed, which does not happen in memory.
    pub fn entrance(
        &self,
        room: &str,
        person: &str,
        may: Privileges,
        now: Time,
    ) -> Result<Entrance, std::io::Error> {
        let user = user_id(person);
        let buffer = self.buffer(&user, RoomId::Name(room), may, now.plus(LIFE));
        Ok(Entrance {
            app_id: self.app_id,
            user_sig: self.signed(&user, None, LIFE, now)?,
            private_map_key: self.signed(&user, Some(&buffer), LIFE, now)?,
            user_id: user,
            expires_at: now.plus(LIFE),
        })
    }

    fn signed(
        &self,
        user: &str,
        buffer: Option<&[u8]>,
        life: Duration,
        now: Time,
    ) -> Result<String, std::io::Error> {
        let (app, at, seconds) = (self.app_id, now.unix(), life.num_seconds());
        let buffer = buffer.map(|bytes| STANDARD.encode(bytes));
        let mut text =
            format!("TLS.identifier:{user}\nTLS.sdkappid:{app}\nTLS.time:{at}\nTLS.expire:{seconds}\n");
        let mut said = json!({
            "TLS.ver": "2.0", "TLS.identifier": user, "TLS.sdkappid": app, "TLS.expire": seconds, "TLS.time": at,
        });
        if let Some(buffer) = buffer {
            text.push_str(&format!("TLS.userbuf:{buffer}\n"));
            said["TLS.userbuf"] = json!(buffer);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.expose_secret().as_bytes());
        said["TLS.sig"] = json!(STANDARD.encode(hmac::sign(&key, text.as_bytes())));
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        packer.write_all(said.to_string().as_bytes())?;
        let packed = STANDARD.encode(packer.finish()?);
        Ok(packed.replace('+', "*").replace('/', "-").replace('=', "_"))
    }

    /// What a PrivateMapKey signs: who may do what in which room until when, all numbers big-endian.
    fn buffer(&self, user: &str, room: RoomId<'_>, may: Privileges, until: Time) -> Vec<u8> {
        let (version, number, name) = match room {
            RoomId::Number(number) => (0_u8, number, None),
            RoomId::Name(name) => (1, 0, Some(name)),
        };
        let until = u32::try_from(until.unix()).unwrap_or(u32::MAX);
        let mut bytes = vec![version];
        put_text(&mut bytes, user);
        for number in [self.app_id, number, until, may.0, 0] {
            bytes.extend(number.to_be_bytes());
        }
        if let Some(name) = name {
            put_text(&mut bytes, name);
        }
        bytes
    }

    /// The event in a callback, whose `Sign` is over the very bytes of the body.
    ///
    /// # Errors
    /// When it is not the service's.
    pub fn event(&self, app_id: &str, sign: &str, body: &[u8]) -> Result<WebhookEvent, WebhookError> {
        let secret = self.callback_key.as_ref().ok_or(WebhookError::Forged)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let given = STANDARD.decode(sign).map_err(|_| WebhookError::Forged)?;
        if app_id != self.app_id.to_string() || hmac::verify(&key, body, &given).is_err() {
            return Err(WebhookError::Forged);
        }
        read_event(&serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?)
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn read_event(event: &Value) -> Result<WebhookEvent, WebhookError> {
    let text = |pointer| text_at(event, pointer);
    let (Some(group), Some(kind), Some(room)) =
        (text("/EventGroupId"), text("/EventType"), text("/EventInfo/RoomId"))
    else {
        return Err(WebhookError::Malformed);
    };
    let name = match (group.as_str(), kind.as_str()) {
        ("1", "101") => "create_room",
        ("1", "102") => "dismiss_room",
        ("1", "103") => "enter_room",
        ("1", "104") => "exit_room",
        _ => kind.as_str(),
    };
    let number = |pointer| text(pointer).and_then(|number| number.parse::<i64>().ok());
    let seconds = number("/EventInfo/EventTs").and_then(|seconds| seconds.checked_mul(1000));
    let at_millis = number("/EventInfo/EventMsTs").or(seconds);
    let user = text("/EventInfo/UserId");
    // They have no number of their own; a repeat differs only in when it was sent.
    let (who, at) = (user.as_deref().unwrap_or_default(), at_millis.unwrap_or(0));
    let own = format!("{group}\n{kind}\n{room}\n{who}\n{at}");
    Ok(WebhookEvent {
        id: hex::encode(Sha256::digest(own)),
        name: name.to_owned(),
        meeting_id: room,
        at_millis,
        person: None,
        identity: user,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn vector(id: &str) -> Value {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/trtc.json")).unwrap();
        file["vectors"].as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap().clone()
    }

    fn opened(token: &str) -> Value {
        let packed = STANDARD.decode(token.replace('*', "+").replace('-', "/").replace('_', "=")).unwrap();
        let mut text = String::new();
        flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn number(vector: &Value, name: &str) -> i64 {
        vector["input"][name].as_i64().unwrap()
    }

    fn application(vector: &Value) -> Trtc {
        let key = vector["input"]["key"].as_str().unwrap();
        let app_id = u32::try_from(number(vector, "sdkappid")).unwrap();
        Trtc { app_id, key: key.into(), callback_key: Some("callback key".into()) }
    }

    #[test]
    fn both_signatures_say_what_the_vectors_say() {
        for id in ["trtc-usersig", "trtc-privatemapkey-numeric-room"] {
            let vector = vector(id);
            let (ours, user) = (application(&vector), vector["input"]["identifier"].as_str().unwrap());
            let now = Time::from_millis(number(&vector, "time") * 1000);
            let life = Duration::seconds(number(&vector, "expire"));
            let room = vector["input"]["roomid"].as_u64().map(|room| u32::try_from(room).unwrap());
            let may = |room| ours.buffer(user, RoomId::Number(room), Privileges::ALL, now.plus(life));
            let made = ours.signed(user, room.map(may).as_deref(), life, now).unwrap();
            assert_eq!(opened(&made), vector["expected"]["json"], "{id}");
            assert_eq!(
                opened(vector["expected"]["token"].as_str().unwrap()),
                vector["expected"]["json"],
                "{id}"
            );
            assert!(made.bytes().all(|b| b.is_ascii_alphanumeric() || b"*-_".contains(&b)), "{made}");
        }
    }

    #[test]
    fn a_room_by_name_is_signed_with_its_name_at_the_end() {
        let ours = application(&vector("trtc-usersig"));
        let until = Time::from_millis(1_700_086_400_000);
        let bytes = ours.buffer("xiaojun", RoomId::Name("palm-1"), Privileges::LISTEN, until);
        let due = "01 0007 7869616f6a756e 53724e00 00000000 65554280 0000002a 00000000 0006 70616c6d2d31";
        assert_eq!(hex::encode(bytes), due.replace(' ', ""));
    }

    #[test]
    fn callbacks_are_believed_for_their_very_bytes_and_repeats_are_known() {
        let ours = application(&vector("trtc-usersig"));
        let body = |sent: i64| {
            let info =
                json!({"RoomId": "palm-1", "EventTs": 1_700_000_000, "UserId": "u", "Role": 21, "Reason": 1});
            json!({"EventGroupId": 1, "EventType": 103, "CallbackTs": sent, "EventInfo": info}).to_string()
        };
        let sign = |body: &str| {
            STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"callback key"), body.as_bytes()))
        };
        let read = |body: &str| ours.event("1400000000", &sign(body), body.as_bytes()).unwrap();
        let (first, again) = (read(&body(1)), read(&body(2)));
        assert_eq!(first, again);
        assert_eq!((first.name.as_str(), first.meeting_id.as_str()), ("enter_room", "palm-1"));
        assert_eq!((first.identity.as_deref(), first.at_millis), (Some("u"), Some(1_700_000_000_000)));

        let (good, bent) = (body(1), body(2));
        let forged = |app: &str, sign: &str| ours.event(app, sign, good.as_bytes());
        for (app, sign) in [("1", sign(&good)), ("1400000000", sign(&bent)), ("1400000000", String::new())] {
            assert_eq!(forged(app, &sign), Err(WebhookError::Forged), "{app} {sign}");
        }
        let deaf = Trtc { callback_key: None, ..ours.clone() };
        assert_eq!(deaf.event("1400000000", &sign(&good), good.as_bytes()), Err(WebhookError::Forged));
    }

    #[test]
    fn signatures_of_another_program_say_the_same() {
        for vector in crate::platform::callback::unseen("trtc_signatures") {
            let (text, whole) =
                (|name: &str| vector[name].as_str().unwrap(), |name: &str| vector[name].as_i64().unwrap());
            let small = |name: &str| u32::try_from(whole(name)).unwrap();
            let ours = Trtc { app_id: small("app_id"), key: text("key").into(), callback_key: None };
            let (now, life) = (Time::from_millis(whole("at") * 1000), Duration::seconds(whole("life")));
            let room = match &vector["room"] {
                Value::Null => None,
                Value::String(name) => Some(RoomId::Name(name)),
                _ => Some(RoomId::Number(small("room"))),
            };
            let may = Privileges(small("may"));
            let buffer = room.map(|room| ours.buffer(text("user"), room, may, now.plus(life)));
            let made = ours.signed(text("user"), buffer.as_deref(), life, now).unwrap();
            assert_eq!(opened(&made), vector["json"]);
        }
    }

    #[test]
    fn callbacks_that_another_program_made_are_judged_as_it_says() {
        for vector in crate::platform::callback::unseen("trtc_callbacks") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let app_id = u32::try_from(vector["app_id"].as_u64().unwrap()).unwrap();
            let ours = Trtc { app_id, key: "key".into(), callback_key: Some(text("key").into()) };
            let event = ours.event(text("said_app_id"), text("sign"), text("body").as_bytes());
            if text("verdict") == "forged" {
                assert_eq!(event, Err(WebhookError::Forged), "{}", text("bend"));
                continue;
            }
            let event = event.unwrap();
            assert_eq!((event.name.as_str(), event.meeting_id.as_str()), (text("name"), text("room")));
            assert_eq!(
                (event.identity.as_deref(), event.at_millis),
                (Some(text("user")), vector["at_millis"].as_i64())
            );
        }
    }
}
