//! LiveKit: verifies every token and its grants itself, keeps rooms and who is in them, and sends webhooks as the server
//! does, in order or not.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::faults::{Kind, Switch};
use crate::push::is_here;
use crate::{Asked, Reply};

const KEY: &str = "standin-livekit";
const SECRET: &str = "standin-livekit-secret";
const CALLS: &str = "/twirp/livekit.RoomService/";
const WEBHOOK_SECONDS: i64 = 300;
const PATIENCE: Duration = Duration::from_secs(5);

/// Twirp's word, its status, and what was wrong.
type Refusal = (&'static str, u16, &'static str);

#[derive(Serialize)]
struct Person {
    name: String,
    publishes: bool,
    moderates: bool,
}

struct Room {
    sid: String,
    empty_timeout: i64,
    people: BTreeMap<String, Person>,
}

pub struct Livekit {
    rooms: BTreeMap<String, Room>,
    /// Where what happens is told
    webhook: Option<String>,
    told: u64,
}

/// One event on its way.
pub struct Due {
    pub url: String,
    pub event: Value,
}

impl Livekit {
    pub fn new(webhook: Option<String>) -> Self {
        Self { rooms: BTreeMap::new(), webhook, told: 0 }
    }

    pub fn answer(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Reply {
        match self.act(asked, now) {
            Ok(answer) => Reply::Json(answer),
            Err(refusal) => refused(refusal),
        }
    }

    /// The refusal that a switch asks for.
    pub fn refusal(switch: &Switch) -> Reply {
        let exists = switch.code.as_ref().and_then(Value::as_str) == Some("already_exists");
        refused(match switch.kind {
            Kind::BadToken | Kind::ExpiredToken => ("unauthenticated", 401, "invalid token"),
            Kind::Quota => ("resource_exhausted", 429, "too many"),
            Kind::Error if exists => ("already_exists", 409, "the room exists"),
            _ => ("unavailable", 503, "no node is free"),
        })
    }

    fn act(&mut self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Value, Refusal> {
        let token = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        let grants = opened(token, now)?["video"].clone();
        let body: Value =
            serde_json::from_slice(asked.body).map_err(|_| ("malformed", 400_u16, "the body is no JSON"))?;
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
        let missing: Refusal = ("invalid_argument", 400, "a name is missing");
        match asked.path.strip_prefix(CALLS) {
            Some("CreateRoom") => {
                allowed(&grants, "roomCreate")?;
                let name = text("name").ok_or(missing)?;
                let empty_timeout = body["empty_timeout"].as_i64().unwrap_or(300);
                let room = self.rooms.entry(name.to_owned()).or_insert_with(Room::new);
                room.empty_timeout = empty_timeout;
                Ok(room.described(name))
            }
            Some("DeleteRoom") => {
                allowed(&grants, "roomCreate")?;
                let gone = self.rooms.remove(text("room").ok_or(missing)?);
                gone.map(|_| json!({})).ok_or(("not_found", 404, "requested room does not exist"))
            }
            Some("RemoveParticipant") => {
                allowed(&grants, "roomAdmin")?;
                let (name, identity) = (text("room").ok_or(missing)?, text("identity").ok_or(missing)?);
                if grants["room"] != name {
                    return Err(("permission_denied", 403, "the grant is for another room"));
                }
                let room = self.rooms.get_mut(name);
                let gone = room.and_then(|room| room.people.remove(identity));
                gone.map(|_| json!({})).ok_or(("not_found", 404, "participant does not exist"))
            }
            _ => Err(("bad_route", 404, "no handler for this path")),
        }
    }

    /// Every room with whoever is in it, for whoever tests.
    pub fn all(&self) -> Vec<Value> {
        self.rooms.iter().map(|(name, room)| room.described(name)).collect()
    }

    /// Someone connects with a pass; what happened is to be told.
    pub fn join(&mut self, token: &str, now: DateTime<Utc>) -> Result<(Value, Option<Due>), Refusal> {
        let claims = opened(token, now)?;
        let grants = &claims["video"];
        allowed(grants, "roomJoin")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, identity) = (text(&grants["room"]), text(&claims["sub"]));
        if name.is_empty() || identity.is_empty() {
            return Err(("permission_denied", 403, "the pass names no room or nobody"));
        }
        // What a grant does not say is allowed, but for moderating.
        let person = Person {
            name: text(&claims["name"]),
            publishes: grants["canPublish"] != false,
            moderates: grants["roomAdmin"] == true,
        };
        let seen = json!({"room": name, "identity": identity, "person": person, "grants": grants});
        let described = json!({"identity": identity, "name": person.name, "sid": format!("PA_{identity}")});
        self.rooms.entry(name.clone()).or_insert_with(Room::new).people.insert(identity, person);
        Ok((seen, self.due("participant_joined", &name, described, now)))
    }

    /// Someone closes the window.
    pub fn leave(&mut self, name: &str, identity: &str, now: DateTime<Utc>) -> Option<Due> {
        let person = self.rooms.get_mut(name)?.people.remove(identity)?;
        let described = json!({"identity": identity, "name": person.name, "sid": format!("PA_{identity}")});
        self.due("participant_left", name, described, now)
    }

    pub fn forget(&mut self) {
        self.rooms.clear();
    }

    pub fn tell(&mut self, url: String) {
        self.webhook = Some(url);
    }

    fn due(&mut self, name: &str, room: &str, participant: Value, now: DateTime<Utc>) -> Option<Due> {
        let url = self.webhook.clone()?;
        self.told += 1;
        let event = json!({
            "event": name, "id": format!("EV_standin{}_{}", now.timestamp_millis(), self.told),
            "createdAt": now.timestamp().to_string(), "room": {"name": room}, "participant": participant,
        });
        Some(Due { url, event })
    }
}

impl Room {
    fn new() -> Self {
        let sid = format!("RM_{:016x}", rand::random::<u64>());
        Self { sid, empty_timeout: 300, people: BTreeMap::new() }
    }

    fn described(&self, name: &str) -> Value {
        json!({
            "sid": self.sid, "name": name, "emptyTimeout": self.empty_timeout, "numParticipants": self.people.len(),
            "people": self.people,
        })
    }
}

fn allowed(grants: &Value, grant: &str) -> Result<(), Refusal> {
    if grants[grant] == true { Ok(()) } else { Err(("permission_denied", 403, "permissions denied")) }
}

fn refused((code, status, said): Refusal) -> Reply {
    Reply::Refused(status, json!({"code": code, "msg": said, "meta": {}}))
}

fn mac(text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// The claims of a token that is ours and holds now.
fn opened(token: &str, now: DateTime<Utc>) -> Result<Value, Refusal> {
    let bad: Refusal = ("unauthenticated", 401, "invalid authorization token");
    let (signed, signature) = token.rsplit_once('.').ok_or(bad)?;
    let (header, claims) = signed.split_once('.').ok_or(bad)?;
    let read =
        |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    if URL_SAFE_NO_PAD.decode(signature).ok() != mac(signed) || read(header).ok_or(bad)?["alg"] != "HS256" {
        return Err(bad);
    }
    let claims = read(claims).ok_or(bad)?;
    let at = |name: &str| claims[name].as_i64();
    let holds = at("exp").is_some_and(|exp| exp >= now.timestamp())
        && at("nbf").is_none_or(|nbf| nbf <= now.timestamp() + 60);
    if claims["iss"] != KEY || !holds { Err(bad) } else { Ok(claims) }
}

/// A webhook that the stand-in is asked to send.
#[derive(Deserialize)]
pub struct Order {
    /// On this machine only
    url: String,
    event: Value,
    /// Signed by someone who does not know the secret
    #[serde(default)]
    forged: bool,
    /// One byte more than was signed
    #[serde(default)]
    bent: bool,
    /// Signed so long ago
    #[serde(default)]
    age_seconds: i64,
    /// How often the very same event is sent
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

impl From<Due> for Order {
    fn from(due: Due) -> Self {
        Self { url: due.url, event: due.event, forged: false, bent: false, age_seconds: 0, times: 1 }
    }
}

/// Signs and sends it; gives the status of each answer.
pub async fn send(order: &Order, now: DateTime<Utc>) -> Result<Vec<u16>, String> {
    let url = reqwest::Url::parse(&order.url).map_err(|e| e.to_string())?;
    if !is_here(&url) {
        return Err("the stand-in sends webhooks to this machine only".to_owned());
    }
    let client =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(|e| e.to_string())?;
    let mut body = order.event.to_string();
    let at = now.timestamp() - order.age_seconds;
    let digest = STANDARD.encode(Sha256::digest(&body));
    let claims = json!({"iss": KEY, "nbf": at, "exp": at + WEBHOOK_SECONDS, "sha256": digest});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let signature = mac(if order.forged { "another text" } else { &signed }).unwrap_or_default();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    if order.bent {
        body.push(' ');
    }
    let mut answers = Vec::new();
    for _ in 0..order.times.clamp(1, 10) {
        let request = client.post(url.clone()).header("content-type", "application/webhook+json");
        let request = request.header("authorization", &token).body(body.clone());
        answers.push(request.send().await.map_err(|e| e.without_url().to_string())?.status().as_u16());
    }
    Ok(answers)
}

/// The meeting page of the stand-in: it says who came in and as what, and shows no picture.
pub fn page(joined: &Result<Value, Refusal>) -> String {
    let said = match joined {
        Ok(seen) => {
            let name = seen["person"]["name"].as_str().unwrap_or_default();
            let safe = name.replace('&', "&amp;").replace('<', "&lt;");
            let publishes = seen["person"]["publishes"] == true;
            format!("<h1>{safe}</h1><p>{}</p>", if publishes { "speaks" } else { "listens" })
        }
        Err((code, _, why)) => format!("<h1>{code}</h1><p>{why}</p>"),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Stand-in</title></head><body>\
         <p>STAND-IN: not LiveKit, and no sound or picture.</p>{said}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_token_is_of_the_form_that_is_read_here() {
        let file: Value = serde_json::from_str(include_str!("../tests/vectors/livekit.json")).unwrap();
        let all = file["vectors"].as_array().unwrap();
        let vector = all.iter().find(|vector| vector["id"] == "livekit-access-token").unwrap();
        let token = vector["input"]["token"].as_str().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let secret = vector["input"]["api_secret"].as_str().unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        // Not with this server's secret.
        assert!(opened(token, Utc::now()).is_err());
    }
}
