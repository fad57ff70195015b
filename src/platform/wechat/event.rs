//! What a pushed message says, part by part: several answers may come in one, and any may come twice.

use serde_json::Value;

use crate::platform::hash_chain::sha256_hex;

/// One thing that happened, as it is stored: what it is, whom it concerns, and what tells it from others.
#[derive(Debug, Clone, PartialEq)]
pub struct PushPart {
    /// The event's name, or the type of a message that is none
    pub event: String,
    pub open_id: String,
    /// The same for every repeat of this part, and for no other
    pub dedup_key: String,
    pub content: Value,
}

/// A part that is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// Someone answered the question whether a template may be sent.
    Answered {
        template_id: String,
        accepted: bool,
    },
    /// Someone took an answer back in WeChat's settings.
    Withdrawn {
        template_id: String,
    },
    /// What became of a message in the end; no failure when it arrived.
    Delivered {
        message_id: String,
        failure: Option<String>,
    },
    /// Someone changed or took back what WeChat knows of them: the kinds, as WeChat numbers them.
    Revoked {
        kinds: Vec<String>,
    },
    /// Someone closed their account here, by WeChat.
    Cancelled,
    /// WeChat's own copy of name or picture changed; we hold neither.
    InfoModified,
    /// The verdict on a picture or a sound that was sent in for a check.
    MediaChecked {
        trace_id: String,
        error: i64,
        suggest: String,
        label: i64,
    },
    /// WeChat warns or punishes the mini-program.
    Punished {
        kind: String,
        detail: String,
    },
    /// The console's trial.
    Demo,
    Unknown,
}

const POPUP: &str = "subscribe_msg_popup_event";
const CHANGE: &str = "subscribe_msg_change_event";
const SENT: &str = "subscribe_msg_sent_event";

/// What [`PushEvent::Revoked`] says when a phone number is taken back.
pub const REVOKED_PHONE: &str = "8";

/// The parts of an opened push.
#[must_use]
pub fn parts(message: &Value) -> Vec<PushPart> {
    let event = text(message, "Event");
    let event = if event.is_empty() { text(message, "MsgType") } else { event };
    let open_id = match text(message, "OpenID") {
        id if id.is_empty() => text(message, "FromUserName"),
        id => id,
    };
    let when = text(message, "CreateTime");
    let part = |identity: &str, content: Value| PushPart {
        dedup_key: sha256_hex([open_id.as_str(), &when, &event, identity].join("\n")),
        event: event.clone(),
        open_id: open_id.clone(),
        content,
    };
    let items = match event.as_str() {
        POPUP => items(message, "SubscribeMsgPopupEvent"),
        CHANGE => items(message, "SubscribeMsgChangeEvent"),
        SENT => items(message, "SubscribeMsgSentEvent"),
        _ => return vec![part(&identity(message), message.clone())],
    };
    items.into_iter().map(|item| part(&item_identity(&item), item)).collect()
}

/// The list is an object when it holds one entry, and in XML it stands inside an element of its own.
fn items(message: &Value, inside: &str) -> Vec<Value> {
    let list = message.get("List").or_else(|| message.get(inside).and_then(|all| all.get("List")));
    match list {
        Some(Value::Array(all)) => all.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn item_identity(item: &Value) -> String {
    ["MsgID", "TemplateId", "SubscribeStatusString", "PopupScene"].map(|name| text(item, name)).join("\n")
}

/// Messages by their id, checks by their trace, wishes by their kinds; anything else by all that it says.
fn identity(message: &Value) -> String {
    for name in ["MsgId", "MsgID", "trace_id"] {
        let id = text(message, name);
        if !id.is_empty() {
            return id;
        }
    }
    if !text(message, "RevokeInfo").is_empty() {
        return text(message, "RevokeInfo");
    }
    message.to_string()
}

impl PushEvent {
    /// What a stored part means.
    #[must_use]
    pub fn of(event: &str, content: &Value) -> Self {
        let said = |name: &str| text(content, name);
        match event {
            POPUP => Self::Answered {
                template_id: said("TemplateId"),
                accepted: said("SubscribeStatusString") == "accept",
            },
            // Only a refusal is pushed; an acceptance in the settings is none of one message.
            CHANGE if said("SubscribeStatusString") == "reject" => {
                Self::Withdrawn { template_id: said("TemplateId") }
            }
            SENT => {
                let arrived = said("ErrorCode") == "0";
                let failure = (!arrived).then(|| format!("{} {}", said("ErrorCode"), said("ErrorStatus")));
                Self::Delivered { message_id: said("MsgID"), failure }
            }
            "user_info_modified" => Self::InfoModified,
            "user_authorization_revoke" => {
                let kinds = said("RevokeInfo");
                let kinds = kinds.split([',', '，', ' ', ';']).filter(|kind| !kind.is_empty());
                Self::Revoked { kinds: kinds.map(str::to_owned).collect() }
            }
            "user_authorization_cancellation" => Self::Cancelled,
            "wxa_media_check" => {
                let result = content.get("result").unwrap_or(&Value::Null);
                Self::MediaChecked {
                    trace_id: said("trace_id"),
                    error: number(content, "errcode"),
                    suggest: text(result, "suggest"),
                    label: number(result, "label"),
                }
            }
            "wxa_punish_event" => Self::Punished { kind: said("event_type"), detail: said("detail") },
            "debug_demo" => Self::Demo,
            _ => Self::Unknown,
        }
    }
}

/// A text, or a number as text: JSON sends either, XML knows texts alone.
fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        // The detail of a punishment has been both a text of JSON and JSON.
        Some(inner @ (Value::Object(_) | Value::Array(_))) => inner.to_string(),
        _ => String::new(),
    }
}

fn number(value: &Value, name: &str) -> i64 {
    text(value, name).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(more: Value) -> Value {
        let mut whole = json!({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1620973045", "MsgType": "event"});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    }

    fn events(message: &Value) -> Vec<PushEvent> {
        parts(message).iter().map(|part| PushEvent::of(&part.event, &part.content)).collect()
    }

    #[test]
    fn one_answer_is_an_object_and_several_are_a_list() {
        let answer = |id: &str, status: &str| json!({"TemplateId": id, "SubscribeStatusString": status, "PopupScene": "0"});
        let said = |id: &str, accepted| PushEvent::Answered { template_id: id.to_owned(), accepted };
        let one = message(json!({"Event": POPUP, "List": answer("t1", "accept")}));
        assert_eq!(events(&one), [said("t1", true)]);
        let two = json!([answer("t1", "accept"), answer("t2", "reject")]);
        let several = message(json!({"Event": POPUP, "List": two}));
        assert_eq!(events(&several), [said("t1", true), said("t2", false)]);
        let nested = message(json!({"Event": POPUP, "SubscribeMsgPopupEvent": {"List": two}}));
        assert_eq!(events(&nested), events(&several));
        // The two ways of one push are one push.
        let keys =
            |message: &Value| parts(message).into_iter().map(|part| part.dedup_key).collect::<Vec<_>>();
        assert_eq!(keys(&nested), keys(&several));
        assert_eq!(keys(&one)[0], keys(&several)[0]);
        assert_ne!(keys(&several)[0], keys(&several)[1]);
    }

    #[test]
    fn numbers_may_be_texts_and_ids_exceed_what_a_double_holds() {
        for (id, code) in
            [(json!("1864323726461255680"), json!("0")), (json!(1_864_323_726_461_255_680_u64), json!(0))]
        {
            let sent =
                message(json!({"Event": SENT, "List": {"TemplateId": "t1", "MsgID": id, "ErrorCode": code}}));
            let due = PushEvent::Delivered { message_id: "1864323726461255680".to_owned(), failure: None };
            assert_eq!(events(&sent), [due]);
        }
        let refused = message(
            json!({"Event": SENT, "List": {"MsgID": "1", "ErrorCode": "43101", "ErrorStatus": "user refuse"}}),
        );
        let due = PushEvent::Delivered {
            message_id: "1".to_owned(),
            failure: Some("43101 user refuse".to_owned()),
        };
        assert_eq!(events(&refused), [due]);
    }

    #[test]
    fn a_repeat_has_the_same_key_and_another_thing_has_not() {
        let key = |more: Value| parts(&message(more)).remove(0).dedup_key;
        let check = |trace: &str| json!({"Event": "wxa_media_check", "trace_id": trace, "result": {"suggest": "pass"}});
        assert_eq!(key(check("a")), key(check("a")));
        assert_ne!(key(check("a")), key(check("b")), "two verdicts in one second");
        let revoke =
            |kinds: &str| json!({"Event": "user_authorization_revoke", "OpenID": "o2", "RevokeInfo": kinds});
        assert_ne!(key(revoke("8")), key(revoke("13")));
        assert_ne!(key(json!({"Event": "new_kind", "a": 1})), key(json!({"Event": "new_kind", "a": 2})));
        assert_eq!(parts(&message(revoke("8")))[0].open_id, "o2");
    }

    #[test]
    fn the_rest_is_read_or_kept() {
        let one = |more: Value| events(&message(more)).remove(0);
        let check = json!({"Event": "wxa_media_check", "trace_id": "t", "errcode": "-1008", "result": {"suggest": "risky", "label": "20002"}});
        let due = PushEvent::MediaChecked {
            trace_id: "t".to_owned(),
            error: -1008,
            suggest: "risky".to_owned(),
            label: 20002,
        };
        assert_eq!(one(check), due);
        assert_eq!(
            one(json!({"Event": "user_authorization_revoke", "RevokeInfo": "8,13"})),
            PushEvent::Revoked { kinds: vec!["8".to_owned(), "13".to_owned()] }
        );
        assert_eq!(one(json!({"Event": "user_authorization_cancellation"})), PushEvent::Cancelled);
        assert_eq!(one(json!({"Event": "user_info_modified", "RevokeInfo": "6"})), PushEvent::InfoModified);
        assert_eq!(one(json!({"Event": "debug_demo", "debug_str": "x"})), PushEvent::Demo);
        assert_eq!(
            one(json!({"Event": "wxa_punish_event", "event_type": 2, "detail": {"a": 1}})),
            PushEvent::Punished { kind: "2".to_owned(), detail: "{\"a\":1}".to_owned() }
        );
        assert_eq!(
            one(json!({"Event": CHANGE, "List": {"TemplateId": "t1", "SubscribeStatusString": "reject"}})),
            PushEvent::Withdrawn { template_id: "t1".to_owned() }
        );
        assert_eq!(
            one(json!({"Event": CHANGE, "List": {"TemplateId": "t1", "SubscribeStatusString": "accept"}})),
            PushEvent::Unknown
        );
        assert_eq!(one(json!({"MsgType": "text", "MsgId": 1})), PushEvent::Unknown);
        assert!(events(&message(json!({"Event": POPUP, "List": []}))).is_empty());
    }
}
