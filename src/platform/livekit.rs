//! LiveKit, a media server of one's own: rooms made and closed over Twirp, passes into them, and its webhooks opened with
//! suspicion. Sources: github.com/livekit/protocol (`auth`, `webhook`, `livekit_room.proto`).
//!
//! No secret, token or name appears in an error, a log line or `Debug`.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::callback::{WebhookError, WebhookEvent, text_at};
use super::clock::Time;
use super::http::{BaseUrl, Outgoing, OutgoingError, is_safe_address};

const ALGORITHM: Algorithm = Algorithm::HS256;
/// A pass is shown when one enters; whoever is inside stays.
const PASS: Duration = Duration::minutes(10);
/// For a call of our own.
const CALL: Duration = Duration::minutes(1);
/// How far the server's clock may be from ours, in seconds.
const SKEW: i64 = 60;
/// A room that everybody has left is kept so long, for whoever lost the connection.
const DEPARTURE_SECONDS: i64 = 600;

/// Why the server gave nothing usable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LiveKitError {
    #[error("the media server gave no usable answer")]
    Outgoing(#[from] OutgoingError),
    /// Twirp's word for it
    #[error("the media server refused: {0}")]
    Refused(String),
    #[error("the media server's answer names another room")]
    OtherRoom,
    #[error("no token could be written")]
    Token,
}

impl LiveKitError {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Refused(said) if said == word)
    }
}

/// What whoever enters may do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Speaks, mutes others and sends them away
    Host,
    Speaker,
    /// Sees and hears
    Listener,
}

/// The way into a room, for one person and a few minutes.
pub struct Pass {
    /// Where a browser's program connects (`wss://…`)
    pub url: String,
    pub token: String,
    /// The meeting page with both
    pub page_url: String,
    pub expires_at: Time,
}

/// The client of the server.
#[derive(Debug, Clone)]
pub struct LiveKit {
    key: String,
    secret: SecretString,
    base: BaseUrl,
    page: Url,
    outgoing: Outgoing,
}

#[derive(Deserialize)]
struct WebhookClaims {
    exp: i64,
    #[serde(default)]
    nbf: i64,
    sha256: String,
}

impl LiveKit {
    /// `page` takes `liveKitUrl` and `token` in its query, as LiveKit's own meeting page does.
    ///
    /// # Errors
    /// `Outgoing` when an address may not be used (see [`BaseUrl::parse`]).
    pub fn new(
        (key, secret): (String, SecretString),
        base: &str,
        page: &str,
        outgoing: Outgoing,
    ) -> Result<Self, LiveKitError> {
        let safe = Url::parse(page).ok().filter(|_| is_safe_address(page));
        let page = safe.ok_or(OutgoingError::BadRequest("the meeting page must be https"))?;
        Ok(Self { key, secret, base: BaseUrl::parse(base)?, page, outgoing })
    }

    /// Makes a room that stays open without people until a time. A room of this name that is there already is the one;
    /// it is kept open as asked for now.
    ///
    /// # Errors
    /// As every call: `Outgoing`, `Refused`, `Token`; `OtherRoom` when something else answers.
    pub async fn make_room(&self, name: &str, until: Time, now: Time) -> Result<(), LiveKitError> {
        let body = json!({
            "name": name, "empty_timeout": until.since(now).num_seconds().max(DEPARTURE_SECONDS),
            "departure_timeout": DEPARTURE_SECONDS,
        });
        match self.call("CreateRoom", &json!({"roomCreate": true}), &body, now).await {
            Ok(made) if made["name"] != name => Err(LiveKitError::OtherRoom),
            Err(fault) if !fault.is("already_exists") => Err(fault),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Closes a room: whoever is in it has to leave.
    ///
    /// # Errors
    /// As every call; a room that is not there is closed.
    pub async fn close_room(&self, name: &str, now: Time) -> Result<(), LiveKitError> {
        let done = self.call("DeleteRoom", &json!({"roomCreate": true}), &json!({"room": name}), now).await;
        unless_absent(done)
    }

    /// Sends someone away.
    ///
    /// # Errors
    /// As every call; who is not there is away.
    pub async fn send_away(&self, room: &str, identity: &str, now: Time) -> Result<(), LiveKitError> {
        let (may, body) =
            (json!({"roomAdmin": true, "room": room}), json!({"room": room, "identity": identity}));
        unless_absent(self.call("RemoveParticipant", &may, &body, now).await)
    }

    /// A pass into a room for one person.
    ///
    /// # Errors
    /// `Token`.
    pub fn pass(
        &self,
        room: &str,
        (identity, name): (&str, &str),
        seat: Seat,
        now: Time,
    ) -> Result<Pass, LiveKitError> {
        let claims = json!({"sub": identity, "name": name, "video": grants(room, seat)});
        let token = self.token(claims, PASS, now)?;
        let url = self.socket_url();
        let mut page = self.page.clone();
        page.query_pairs_mut().append_pair("liveKitUrl", &url).append_pair("token", &token);
        Ok(Pass { url, token, page_url: page.into(), expires_at: now.plus(PASS) })
    }

    /// The event in a webhook, whose `Authorization` is a bare token over the very bytes of the body.
    ///
    /// # Errors
    /// When it is not the server's.
    pub fn event(&self, authorization: &str, body: &[u8], now: Time) -> Result<WebhookEvent, WebhookError> {
        let mut rules = Validation::new(ALGORITHM);
        rules.set_issuer(&[&self.key]);
        rules.set_required_spec_claims(&["iss", "exp"]);
        // Its times are judged by the house's clock, below.
        rules.validate_exp = false;
        rules.validate_aud = false;
        let key = DecodingKey::from_secret(self.secret.expose_secret().as_bytes());
        let read = jsonwebtoken::decode::<WebhookClaims>(authorization, &key, &rules);
        let claims = read.map_err(|_| WebhookError::Forged)?.claims;
        let fits = claims.sha256 == STANDARD.encode(Sha256::digest(body));
        if !fits || claims.exp + SKEW < now.unix() || claims.nbf > now.unix() + SKEW {
            return Err(WebhookError::Forged);
        }
        read_event(&serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?)
    }

    fn token(&self, mut claims: Value, life: Duration, now: Time) -> Result<String, LiveKitError> {
        claims["iss"] = json!(self.key);
        claims["iat"] = json!(now.unix());
        claims["nbf"] = json!(now.unix());
        claims["exp"] = json!(now.plus(life).unix());
        let key = EncodingKey::from_secret(self.secret.expose_secret().as_bytes());
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &key).map_err(|_| LiveKitError::Token)
    }

    fn socket_url(&self) -> String {
        let url = self.base.at("", &[]).to_string();
        url.replacen("http", "ws", 1).trim_end_matches('/').to_owned()
    }

    async fn call(&self, method: &str, may: &Value, body: &Value, now: Time) -> Result<Value, LiveKitError> {
        let url = self.base.at(&format!("/twirp/livekit.RoomService/{method}"), &[]);
        let bearer = format!("Bearer {}", self.token(json!({"video": may}), CALL, now)?);
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        let answer = self.outgoing.post_bytes(url, &headers, body.to_string()).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.json()?);
        }
        let said = answer.json::<Value>().ok().and_then(|said| Some(said.get("code")?.as_str()?.to_owned()));
        let word =
            said.filter(|word| word.len() <= 30 && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()));
        Err(word.map_or(OutgoingError::Status(answer.status).into(), LiveKitError::Refused))
    }
}

fn unless_absent(done: Result<Value, LiveKitError>) -> Result<(), LiveKitError> {
    match done {
        Err(fault) if !fault.is("not_found") => Err(fault),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Every grant is written out: one that is left out LiveKit takes as given.
fn grants(room: &str, seat: Seat) -> Value {
    let speaks = seat != Seat::Listener;
    let sources: &[&str] =
        if speaks { &["camera", "microphone", "screen_share", "screen_share_audio"] } else { &[] };
    json!({
        "roomJoin": true, "room": room, "canPublish": speaks, "canSubscribe": true, "canPublishData": speaks,
        "canPublishSources": sources, "canUpdateOwnMetadata": false, "hidden": false, "recorder": false,
        "roomCreate": false, "roomList": false, "roomAdmin": seat == Seat::Host, "roomRecord": false,
        "ingressAdmin": false, "agent": false, "canSubscribeMetrics": false, "canManageAgentSession": false,
    })
}

fn read_event(event: &Value) -> Result<WebhookEvent, WebhookError> {
    let text = |pointer| text_at(event, pointer);
    let (Some(id), Some(name)) = (text("/id"), text("/event")) else { return Err(WebhookError::Malformed) };
    // Seconds; an int64, which protobuf writes as a text.
    let at = text("/createdAt").and_then(|seconds| seconds.parse::<i64>().ok());
    Ok(WebhookEvent {
        id,
        name,
        meeting_id: text("/room/name").unwrap_or_default(),
        at_millis: at.and_then(|seconds| seconds.checked_mul(1000)),
        person: text("/participant/name").filter(|name| !name.is_empty()),
        identity: text("/participant/identity"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::http::Limits;

    fn vector(id: &str) -> Value {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/livekit.json")).unwrap();
        file["vectors"].as_array().unwrap().iter().find(|vector| vector["id"] == id).unwrap().clone()
    }

    fn server(key: &str, secret: &str) -> LiveKit {
        let outgoing = Outgoing::new(&Limits::default()).unwrap();
        let page = "https://meet.example/custom?lang=zh";
        LiveKit::new((key.to_owned(), secret.into()), "https://media.example", page, outgoing).unwrap()
    }

    fn claims(token: &str, secret: &str) -> Value {
        let mut rules = Validation::new(ALGORITHM);
        rules.validate_exp = false;
        let key = DecodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap().claims
    }

    #[test]
    fn the_published_token_is_read_and_ours_is_of_its_form() {
        let vector = vector("livekit-access-token");
        let (key, secret) =
            (vector["input"]["api_key"].as_str().unwrap(), vector["input"]["api_secret"].as_str().unwrap());
        let published = vector["input"]["token"].as_str().unwrap();
        assert_eq!(claims(published, secret), vector["expected"]["claims"]);

        let now = Time::from_millis(1_741_869_679_000);
        let pass = server(key, secret).pass("my-room", ("identity", "name"), Seat::Speaker, now).unwrap();
        let header = |token: &str| jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header(&pass.token), header(published));
        let ours = claims(&pass.token, secret);
        let theirs = &vector["expected"]["claims"];
        for name in ["iss", "sub", "name", "nbf"] {
            assert_eq!(ours[name], theirs[name], "{name}");
        }
        for (grant, value) in theirs["video"].as_object().unwrap() {
            assert_eq!(&ours["video"][grant], value, "{grant}");
        }
        assert_eq!(ours["exp"].as_i64().unwrap() - ours["nbf"].as_i64().unwrap(), 600);
        assert_eq!(pass.url, "wss://media.example");
        let page = Url::parse(&pass.page_url).unwrap();
        let query: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let due = [pair("lang", "zh"), pair("liveKitUrl", "wss://media.example"), pair("token", &pass.token)];
        assert_eq!(query, due);
    }

    #[test]
    fn every_grant_is_written_out_for_every_seat() {
        let of = |seat| grants("r", seat);
        for seat in [Seat::Host, Seat::Speaker, Seat::Listener] {
            assert_eq!(of(seat).as_object().unwrap().len(), 17, "{seat:?}");
            let never = [
                "hidden",
                "recorder",
                "roomCreate",
                "roomList",
                "roomRecord",
                "ingressAdmin",
                "canUpdateOwnMetadata",
                "agent",
                "canSubscribeMetrics",
                "canManageAgentSession",
            ];
            for grant in never {
                assert_eq!(of(seat)[grant], false, "{seat:?} {grant}");
            }
        }
        let may = |seat| (of(seat)["canPublish"] == true, of(seat)["roomAdmin"] == true);
        assert_eq!(
            [Seat::Host, Seat::Speaker, Seat::Listener].map(may),
            [(true, true), (true, false), (false, false)]
        );
        assert_eq!(of(Seat::Listener)["canPublishData"], false);
        assert_eq!(of(Seat::Listener)["canPublishSources"], json!([]));
    }

    #[test]
    fn a_webhook_is_believed_for_its_very_bytes_its_key_and_its_time() {
        let vector = vector("livekit-webhook-sha256");
        let body = vector["input"]["body"].as_str().unwrap();
        let digest = vector["expected"]["sha256_b64"].as_str().unwrap();
        let now = Time::from_millis(1_700_000_000_000);
        let ours = server("key", "secret");
        let sealed = |by: &LiveKit| by.token(json!({"sha256": digest}), CALL, now).unwrap();
        let event = ours.event(&sealed(&ours), body.as_bytes(), now).unwrap();
        assert_eq!((event.id.as_str(), event.name.as_str()), ("EV_x", "room_started"));
        assert_eq!(event.at_millis, Some(1_700_000_000_000));

        let bent = format!("{body} ");
        assert_eq!(ours.event(&sealed(&ours), bent.as_bytes(), now), Err(WebhookError::Forged));
        for stranger in [server("key", "another"), server("another", "secret")] {
            assert_eq!(ours.event(&sealed(&stranger), body.as_bytes(), now), Err(WebhookError::Forged));
        }
        for at in [now.plus(Duration::minutes(3)), now.minus(Duration::minutes(3))] {
            assert_eq!(ours.event(&sealed(&ours), body.as_bytes(), at), Err(WebhookError::Forged));
        }
        let bearer = format!("Bearer {}", sealed(&ours));
        assert_eq!(ours.event(&bearer, body.as_bytes(), now), Err(WebhookError::Forged));
        // A pass is signed with the same secret, but says nothing of a body.
        let pass = ours.pass("r", ("i", "n"), Seat::Host, now).unwrap();
        assert_eq!(ours.event(&pass.token, body.as_bytes(), now), Err(WebhookError::Forged));
    }

    #[test]
    fn webhooks_that_another_program_made_are_judged_as_it_says() {
        for vector in crate::platform::callback::unseen("livekit_webhooks") {
            let text = |name: &str| vector[name].as_str().unwrap();
            let now = Time::from_millis(vector["now"].as_i64().unwrap() * 1000);
            let server = server(text("key"), text("secret"));
            let event = server.event(text("authorization"), text("body").as_bytes(), now);
            if text("verdict") == "forged" {
                assert_eq!(event, Err(WebhookError::Forged), "{}", text("bend"));
                continue;
            }
            let event = event.unwrap();
            assert_eq!(
                (event.meeting_id.as_str(), event.identity.as_deref(), event.person.as_deref()),
                (text("room"), Some(text("identity")), Some(text("person")))
            );
        }
    }
}
