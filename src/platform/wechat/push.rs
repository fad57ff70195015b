//! Message push: what WeChat sends to us is believed by its signature, opened, and made one shape of JSON and XML.
//!
//! With a key only what is encrypted is believed: the plain `signature` does not cover the body.

use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::platform::callback::{encoding_key, is_signed, opened};

/// 16 random bytes and the length of the message come before it.
const HEAD: usize = 20;
const MOST_DEPTH: usize = 8;

/// Why a push is not believed or cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    #[error("the signature does not fit")]
    Forged,
    #[error("what is encrypted cannot be opened")]
    Undecipherable,
    #[error("it is meant for another app")]
    OtherApp,
    #[error("it is neither JSON nor XML of the documented form")]
    Malformed,
    #[error("it is not encrypted although a key is set, or the other way round")]
    Mode,
}

/// Why the settings of the push cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushSettingError {
    #[error("must be 3 to 32 letters and digits")]
    Token,
    #[error("must be the 43 letters and digits of EncodingAESKey")]
    Key,
}

/// What stands in the address of a push; all four parts only when it is encrypted.
#[derive(Clone, Default, Deserialize)]
pub struct PushSeal {
    #[serde(default)]
    pub signature: String,
    #[serde(default)]
    pub timestamp: String,
    #[serde(default)]
    pub nonce: String,
    #[serde(default)]
    pub encrypt_type: String,
    #[serde(default)]
    pub msg_signature: String,
}

/// The token and key of one mini-program's push.
pub struct PushKeys {
    token: SecretString,
    key: Option<SecretSlice<u8>>,
    appid: String,
}

impl fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushKeys").field("appid", &self.appid).finish_non_exhaustive()
    }
}

impl PushKeys {
    /// # Errors
    /// When the token or the key is not of the console's form.
    pub fn new(
        token: SecretString,
        key: Option<&SecretString>,
        appid: &str,
    ) -> Result<Self, PushSettingError> {
        let plain = token.expose_secret().bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || !(3..=32).contains(&token.expose_secret().len()) {
            return Err(PushSettingError::Token);
        }
        let key =
            key.map(|key| encoding_key(key.expose_secret()).ok_or(PushSettingError::Key)).transpose()?;
        Ok(Self { token, key, appid: appid.to_owned() })
    }

    /// Whether WeChat asks: the check of the address, and of a plain push.
    ///
    /// # Errors
    /// `Forged`.
    pub fn check(&self, seal: &PushSeal) -> Result<(), PushError> {
        self.signed(&[&seal.timestamp, &seal.nonce], &seal.signature)
    }

    /// The message in a push, as JSON whichever way it came.
    ///
    /// # Errors
    /// See [`PushError`].
    pub fn open(&self, seal: &PushSeal, body: &[u8]) -> Result<Value, PushError> {
        match (&self.key, seal.encrypt_type.as_str()) {
            (Some(key), "aes") => {
                let outer = read(body)?;
                // In compatible mode the plain fields stand beside it; they are not signed.
                let encrypted = outer.get("Encrypt").and_then(Value::as_str).ok_or(PushError::Malformed)?;
                self.signed(&[&seal.timestamp, &seal.nonce, encrypted], &seal.msg_signature)?;
                read(&self.decrypted(key, encrypted)?)
            }
            (None, "" | "raw") => {
                self.check(seal)?;
                read(body)
            }
            _ => Err(PushError::Mode),
        }
    }

    fn signed(&self, parts: &[&str], signature: &str) -> Result<(), PushError> {
        if is_signed(&self.token, parts, signature) { Ok(()) } else { Err(PushError::Forged) }
    }

    /// The message stands behind its length, the app's id behind the message.
    fn decrypted(&self, key: &SecretSlice<u8>, encrypted: &str) -> Result<Vec<u8>, PushError> {
        let lost = || PushError::Undecipherable;
        let whole = opened(key.expose_secret(), encrypted).ok_or_else(lost)?;
        let length = whole.get(16..HEAD).and_then(|four| four.try_into().ok()).ok_or_else(lost)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| lost())?;
        let end = HEAD.checked_add(length).ok_or_else(lost)?;
        let (message, appid) = (whole.get(HEAD..end).ok_or_else(lost)?, whole.get(end..).ok_or_else(lost)?);
        if appid == self.appid.as_bytes() { Ok(message.to_vec()) } else { Err(PushError::OtherApp) }
    }
}

/// JSON as it is, XML as the object that its elements make; either must be an object.
fn read(body: &[u8]) -> Result<Value, PushError> {
    let text = std::str::from_utf8(body).map_err(|_| PushError::Malformed)?.trim();
    let value = if text.starts_with('<') { from_xml(text)? } else { serde_json::from_str(text).ok() };
    value.filter(Value::is_object).ok_or(PushError::Malformed)
}

/// One element while it is read.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    parts: Map<String, Value>,
}

impl Element {
    /// An element with elements is an object; one of a name that comes again makes a list of them.
    fn value(self) -> Value {
        if self.parts.is_empty() { Value::String(self.text) } else { Value::Object(self.parts) }
    }

    fn take(&mut self, part: Self) {
        let name = part.name.clone();
        let value = part.value();
        match self.parts.get_mut(&name) {
            None => {
                self.parts.insert(name, value);
            }
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
}

fn from_xml(text: &str) -> Result<Option<Value>, PushError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let bad = PushError::Malformed;
        match reader.read_event().map_err(|_| bad)? {
            Event::Start(start) => {
                if open.len() > MOST_DEPTH {
                    return Err(bad);
                }
                open.push(Element { name: start.local_name().as_ref().to_owned(), ..Element::default() });
            }
            Event::Empty(start) => {
                let part = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
                open.last_mut().ok_or(bad)?.take(part);
            }
            Event::End(_) => {
                let part = open.pop().ok_or(bad)?;
                open.last_mut().ok_or(bad)?.take(part);
            }
            Event::Text(words) => open.last_mut().ok_or(bad)?.text.push_str(&words),
            Event::CData(words) => open.last_mut().ok_or(bad)?.text.push_str(&words),
            Event::GeneralRef(name) => open.last_mut().ok_or(bad)?.text.push(character(&name)?),
            // No document type, and with it no entities of the document's own.
            Event::DocType(_) => return Err(bad),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let root = open.pop().filter(|_| open.is_empty()).ok_or(PushError::Malformed)?;
    Ok(root.parts.into_iter().next().filter(|(name, _)| name == "xml").map(|(_, value)| value))
}

fn character(reference: &BytesRef<'_>) -> Result<char, PushError> {
    if let Some(found) = reference.resolve_char_ref().map_err(|_| PushError::Malformed)? {
        return Ok(found);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(PushError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn vectors(file: &str) -> Vec<Value> {
        let file: Value = serde_json::from_str(file).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    fn given(id: &str) -> (Value, Value) {
        let all = vectors(include_str!("../../../tests/vectors/wechat.json"));
        let one = all.into_iter().find(|vector| vector["id"] == id).unwrap();
        (one["input"].clone(), one["expected"].clone())
    }

    fn text(value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    fn keys(input: &Value, appid: &Value) -> PushKeys {
        let key = input["encoding_aes_key"].as_str().map(SecretString::from);
        PushKeys::new(text(&input["token"]).into(), key.as_ref(), &text(appid)).unwrap()
    }

    fn plain_seal(input: &Value, signature: &Value) -> PushSeal {
        PushSeal {
            signature: text(signature),
            timestamp: text(&input["timestamp"]),
            nonce: text(&input["nonce"]),
            ..PushSeal::default()
        }
    }

    fn safe_seal(input: &Value, signature: &Value) -> PushSeal {
        PushSeal {
            encrypt_type: "aes".to_owned(),
            msg_signature: text(signature),
            ..plain_seal(input, &Value::String(String::new()))
        }
    }

    fn sealed(encrypted: &Value) -> Vec<u8> {
        json!({"ToUserName": "gh_1", "Encrypt": encrypted}).to_string().into_bytes()
    }

    #[test]
    fn the_given_plain_signatures_fit_and_no_other() {
        for id in ["wx-push-url-verify", "wx-push-plain-signature"] {
            let (input, expected) = given(id);
            let keys = keys(&input, &json!("wx1"));
            let seal = plain_seal(&input, &expected["signature"]);
            assert_eq!(keys.check(&seal), Ok(()), "{id}");
            for bent in [
                PushSeal { nonce: format!("{}1", seal.nonce), ..seal.clone() },
                PushSeal { signature: seal.signature.replace('4', "5"), ..seal.clone() },
                PushSeal { signature: seal.signature[..38].to_owned(), ..seal.clone() },
                PushSeal { signature: String::new(), ..seal.clone() },
            ] {
                assert_eq!(keys.check(&bent), Err(PushError::Forged));
            }
        }
        let (input, expected) = given("wx-push-plain-signature");
        let body = input["body"].to_string();
        let opened =
            keys(&input, &json!("wx1")).open(&plain_seal(&input, &expected["signature"]), body.as_bytes());
        assert_eq!(opened.unwrap()["debug_str"], "hello world");
    }

    #[test]
    fn the_given_encrypted_messages_are_opened() {
        let (input, expected) = given("wx-push-safe-reply");
        let keys_of = keys(&input, &input["appid"]);
        let opened =
            keys_of.open(&safe_seal(&input, &expected["MsgSignature"]), &sealed(&expected["Encrypt"]));
        assert_eq!(opened.unwrap(), json!({"demo_resp": "good luck"}));

        let (input, expected) = given("wxbizmsgcrypt-wecom-decrypt-xml");
        let keys_of = keys(&input, &expected["receive_id"]);
        let body = format!(
            "<xml><ToUserName>g</ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            text(&input["Encrypt"])
        );
        let opened = keys_of.open(&safe_seal(&input, &expected["msg_signature"]), body.as_bytes()).unwrap();
        assert_eq!((&opened["Content"], &opened["MsgId"]), (&json!("hello"), &json!("4561255354251345929")));

        // What is inside these two is a text, neither JSON nor XML.
        for (id, key, plain) in [
            ("wxbizmsgcrypt-encrypt-utf8", "/input/appid", "/input/msg"),
            ("wxbizmsgcrypt-wecom-verifyurl", "/input/receive_id", "/expected/msg"),
        ] {
            let (input, expected) = given(id);
            let vector = json!({"input": input, "expected": expected});
            let keys_of = keys(&input, vector.pointer(key).unwrap());
            let encrypted = expected.get("Encrypt").or(input.get("echostr")).unwrap();
            let opened =
                keys_of.decrypted(keys_of.key.as_ref().unwrap(), encrypted.as_str().unwrap()).unwrap();
            assert_eq!(String::from_utf8(opened).unwrap(), text(vector.pointer(plain).unwrap()), "{id}");
            if id.ends_with("verifyurl") {
                let seal = safe_seal(&input, &expected["msg_signature"]);
                let parts = [seal.timestamp.as_str(), seal.nonce.as_str(), encrypted.as_str().unwrap()];
                assert_eq!(keys_of.signed(&parts, &seal.msg_signature), Ok(()));
            }
        }
    }

    #[test]
    fn a_message_for_another_app_is_refused_although_it_is_signed() {
        let (input, expected) = given("wx-push-safe-wrong-appid");
        let seal = safe_seal(&input, &expected["msg_signature"]);
        let opened = keys(&input, &input["our_appid"]).open(&seal, &sealed(&input["Encrypt"]));
        assert_eq!(opened, Err(PushError::OtherApp));
        let theirs = keys(&input, &expected["decrypted_appid"]).open(&seal, &sealed(&input["Encrypt"]));
        assert!(theirs.is_ok_and(|value| value.is_object()));
    }

    /// Made by another program from the published description alone; `verdict` says what must come of each.
    #[test]
    fn the_unseen_vectors_are_judged_as_they_say() {
        let all = vectors(include_str!("../../../tests/vectors/wechat_push.json"));
        assert!(all.len() >= 20);
        for vector in all {
            let input = &vector["input"];
            let seal: PushSeal = serde_json::from_value(input["query"].clone()).unwrap();
            let opened = keys(input, &input["appid"]).open(&seal, text(&input["body"]).as_bytes());
            let verdict = match &opened {
                Ok(_) => "opened",
                Err(PushError::Forged) => "forged",
                Err(PushError::Undecipherable) => "undecipherable",
                Err(PushError::OtherApp) => "other_app",
                Err(PushError::Malformed) => "malformed",
                Err(PushError::Mode) => "mode",
            };
            assert_eq!(verdict, vector["expected"]["verdict"], "{}", vector["id"]);
            if let (Ok(opened), Some(message)) = (opened, vector["expected"].get("message")) {
                assert_eq!(&opened, message, "{}", vector["id"]);
            }
        }
    }

    #[test]
    fn settings_that_are_not_the_consoles_are_refused() {
        let key =
            |key: &str| PushKeys::new("AAAAA".into(), Some(&key.into()), "wx1").map(|_| ()).unwrap_err();
        for bad in ["", "A", &"A".repeat(42), &"A".repeat(44), &format!("{}+", "A".repeat(42))] {
            assert_eq!(key(bad), PushSettingError::Key, "{bad}");
        }
        for bad in ["ab", "a b", "a-b", &"a".repeat(33)] {
            let refused = PushKeys::new(bad.into(), None, "wx1").map(|_| ()).unwrap_err();
            assert_eq!(refused, PushSettingError::Token, "{bad}");
        }
        let hidden = format!("{:?}", PushKeys::new("hush1".into(), None, "wx1").unwrap());
        assert!(!hidden.contains("hush1"), "{hidden}");
    }

    #[test]
    fn xml_becomes_the_json_that_it_means_and_no_entity_is_followed() {
        let xml = "<?xml version=\"1.0\"?><xml><a><![CDATA[x & y]]></a><b>1&lt;2&#20013;</b><c/>\n<L><i>1</i></L><L><i>2</i></L><one><L><i>3</i></L></one></xml>";
        assert_eq!(
            read(xml.as_bytes()).unwrap(),
            json!({"a": "x & y", "b": "1<2中", "c": "", "L": [{"i": "1"}, {"i": "2"}], "one": {"L": {"i": "3"}}})
        );
        let deep = format!("<xml>{}{}</xml>", "<a>".repeat(20), "</a>".repeat(20));
        for bad in [
            "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>",
            "<xml><a>&e;</a></xml>",
            "<xml><a></xml>",
            "<xml>",
            "<other><a>1</a></other>",
            "<xml>words</xml>",
            &deep,
            "",
            "[1]",
            "7",
            "{",
        ] {
            assert_eq!(read(bad.as_bytes()), Err(PushError::Malformed), "{bad}");
        }
        assert_eq!(read(&[0xff, 0xfe]), Err(PushError::Malformed));
    }
}
