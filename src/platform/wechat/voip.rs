//! The signature that lets an invited person enter WeChat's own multi-party call (`wx.joinVoIPChat`).

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{SessionKey, Wechat};

/// What the client hands to `wx.joinVoIPChat`, by the names used there ("voip-chat").
///
/// Give it to invited people only: whoever holds it can enter. At most 10 people are in a call.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallTicket {
    pub group_id: String,
    pub nonce_str: String,
    /// Seconds since 1970.
    pub time_stamp: i64,
    pub signature: String,
}

impl Wechat {
    /// Signs for the user whose session key this is. The signature keeps others out: `group_id`, the call's id, is no secret.
    #[must_use]
    pub fn call_ticket(&self, session_key: &SessionKey, group_id: &str, now: DateTime<Utc>) -> CallTicket {
        let nonce_str = hex::encode(crate::platform::random::bytes::<16>());
        let time_stamp = now.timestamp();
        let signature = signature(session_key, &self.appid, group_id, &nonce_str, &time_stamp.to_string());
        CallTicket { group_id: group_id.to_owned(), nonce_str, time_stamp, signature }
    }
}

fn signature(key: &SessionKey, appid: &str, group_id: &str, nonce: &str, time_stamp: &str) -> String {
    let mut parts = [appid, group_id, nonce, time_stamp];
    parts.sort_unstable();
    key.sign(parts.concat().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::login::tests::{key, vector};
    use super::*;

    #[test]
    fn the_official_example_is_signed_alike() {
        let (input, expected) = vector("wx-voip-signature");
        let text = |name: &str| input[name].as_str().unwrap();
        let signed =
            signature(&key(&input), text("appId"), text("groupId"), text("nonceStr"), text("timeStamp"));
        assert_eq!(signed, expected["signature"].as_str().unwrap());
    }
}
