//! Switches that make the next requests to a path fail in a chosen way.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The platform says that it is busy.
    Busy,
    /// The access token really becomes invalid, and the request is refused for it.
    BadToken,
    /// The access token really expires, and the request is refused for it.
    ExpiredToken,
    /// The quota is used up.
    Quota,
    /// Status 200 with a gateway's page instead of JSON.
    Html,
    /// No answer for a minute.
    Hang,
    /// The connection is reset (RST) before any answer; nothing was carried out.
    Reset,
    /// Carried out, then the connection breaks in the middle of the answer.
    HalfBody,
    /// Carried out twice, as when the network repeats a request; the second answer is given.
    Duplicate,
    /// Refused with `code`.
    Error,
    /// Status 500.
    Status,
    /// A time stamp for another request.
    WrongNonce,
    /// A time stamp over something else.
    WrongHash,
    /// A time stamp under an expired certificate.
    Expired,
    /// A time stamp under a certificate that ends within a month.
    Brief,
    /// Five megabytes.
    Huge,
    /// A sealed call is answered as if nothing were sealed.
    PlainAnswer,
    /// A sealed answer, or a file of 电子签's, without its signature.
    Unsigned,
    /// A sealed answer, or a file of 电子签's, whose signature is for another text.
    BadSignature,
    /// Another body than the one that was signed; of 电子签 the file of another flow.
    SwappedBody,
    /// A sealed answer of six minutes ago, signed as it should be.
    OldStamp,
    /// A sealed answer that was meant for another app.
    OtherApp,
    /// Signed under a certificate that nobody has.
    OtherSerial,
    /// Signed under the next certificate, and beside it under the one that ends; nothing is wrong.
    Rotated,
}

/// One switch: the next `times` requests to `path` fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Switch {
    pub path: String,
    pub kind: Kind,
    /// A number for WeChat, a text such as `LimitExceeded.PhoneNumberDailyLimit` for SMS.
    #[serde(default)]
    pub code: Option<Value>,
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// All switches, taken in the order in which they were added.
#[derive(Default)]
pub struct Faults(Vec<Switch>);

impl Faults {
    pub fn add(&mut self, switch: Switch) {
        self.0.push(switch);
    }

    pub fn list(&self) -> &[Switch] {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault for this request; one of its times is used up.
    pub fn take(&mut self, path: &str) -> Option<Switch> {
        self.0.retain(|switch| switch.times > 0);
        let switch = self.0.iter_mut().find(|switch| switch.path == path)?;
        switch.times -= 1;
        let taken = switch.clone();
        self.0.retain(|switch| switch.times > 0);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_used_up() {
        let mut faults = Faults::default();
        faults.add(serde_json::from_str(r#"{"path":"/a","kind":"half_body","times":2}"#).unwrap());
        faults.add(serde_json::from_str(r#"{"path":"/a","kind":"busy"}"#).unwrap());
        assert_eq!(faults.take("/b"), None);
        let kinds: Vec<_> = (0..4).map(|_| faults.take("/a").map(|switch| switch.kind)).collect();
        assert_eq!(kinds, [Some(Kind::HalfBody), Some(Kind::HalfBody), Some(Kind::Busy), None]);
        assert!(faults.list().is_empty());
    }
}
