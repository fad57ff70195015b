//! Subscribe messages: what a value of each type may hold, sending, and what to do when it fails.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{RefusalKind, Wechat, WechatError, read, text_or_number, within};

const LONGEST_THING: usize = 20;

/// The type of a key such as `thing4`: the letters before its number ("订阅消息参数值内容限制说明").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// At most 20 letters of any kind; longer ones are cut.
    Thing,
    /// At most 32 digits, with a decimal point.
    Number,
    /// At most 32 latin letters.
    Letter,
    /// At most 5 symbols.
    Symbol,
    /// At most 32 digits, latin letters or symbols.
    CharacterString,
    /// `15:01`, `2019年10月1日 15:01`, or two of them with `~` between.
    Time,
    /// `2019年10月1日` (or with `-`, `/`, `.`), a time if need be, or two of them with `~` between.
    Date,
    /// A currency sign if need be, at most 10 digits with decimals, 元 at the end if need be.
    Amount,
    /// At most 17 digits and `+ - ( )`.
    PhoneNumber,
    /// At most 8 letters.
    CarNumber,
    /// At most 10 letters, or 20 if all are latin letters and symbols.
    Name,
    /// At most 5 Chinese characters.
    Phrase,
    /// One of the template's own list, which is not known here.
    Enum,
}

/// Why a value cannot be sent; names the key and never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("{0} is not a key of a template")]
    UnknownKey(String),
    #[error("{0} is empty")]
    Empty(String),
    #[error("{0} does not fit its type")]
    Unfit(String),
}

impl KeyType {
    /// The type of `key`, if `key` is a type's name and a number.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let name = key.trim_end_matches(|letter: char| letter.is_ascii_digit());
        if name.len() == key.len() {
            return None;
        }
        Some(match name {
            "thing" => Self::Thing,
            "number" => Self::Number,
            "letter" => Self::Letter,
            "symbol" => Self::Symbol,
            "character_string" => Self::CharacterString,
            "time" => Self::Time,
            "date" => Self::Date,
            "amount" => Self::Amount,
            "phone_number" => Self::PhoneNumber,
            "car_number" => Self::CarNumber,
            "name" => Self::Name,
            "phrase" => Self::Phrase,
            "enum" => Self::Enum,
            _ => return None,
        })
    }

    fn takes(self, value: &str) -> bool {
        let length = value.chars().count();
        let all = |allowed: fn(char) -> bool| value.chars().all(allowed);
        match self {
            Self::Thing => length <= LONGEST_THING,
            Self::Number => length <= 32 && is_number(value),
            Self::Letter => length <= 32 && all(|letter| letter.is_ascii_alphabetic()),
            Self::Symbol => length <= 5 && !value.contains(char::is_alphanumeric),
            Self::CharacterString => length <= 32 && all(|letter| letter.is_ascii_graphic()),
            Self::Time => one_or_two(value, |part| is_clock(part) || is_day_and_clock(part)),
            Self::Date => one_or_two(value, |part| is_day(part) || is_day_and_clock(part)),
            Self::Amount => is_amount(value),
            Self::PhoneNumber => {
                length <= 17 && all(|letter| letter.is_ascii_digit() || "+-()".contains(letter))
            }
            Self::CarNumber => length <= 8,
            Self::Name => length <= if value.is_ascii() { 20 } else { 10 },
            Self::Phrase => length <= 5 && all(is_chinese),
            Self::Enum => true,
        }
    }
}

/// `text` as it may be sent under `key`: line breaks become spaces, a long `thing` ends in `…`.
///
/// # Errors
/// [`ValueError`] when the key has no known type, nothing is left, or the type forbids the value.
pub fn fit_value(key: &str, text: &str) -> Result<String, ValueError> {
    let key_type = KeyType::of(key).ok_or_else(|| ValueError::UnknownKey(key.to_owned()))?;
    let mut value = without_control(text);
    if value.is_empty() {
        return Err(ValueError::Empty(key.to_owned()));
    }
    if key_type == KeyType::Thing && value.chars().count() > LONGEST_THING {
        value = value.chars().take(LONGEST_THING - 1).chain(['…']).collect();
    }
    if key_type.takes(&value) { Ok(value) } else { Err(ValueError::Unfit(key.to_owned())) }
}

fn without_control(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_control())
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn is_number(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    is_digits(whole, 32) && decimals.is_none_or(|decimals| is_digits(decimals, 32))
}

fn is_amount(text: &str) -> bool {
    let bare = text.strip_prefix(['¥', '￥', '$', '€', '£']).unwrap_or(text);
    let bare = bare.strip_suffix('元').unwrap_or(bare);
    is_number(bare) && bare.bytes().filter(u8::is_ascii_digit).count() <= 10
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

fn one_or_two(text: &str, fits: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.split('~').map(str::trim).collect();
    parts.len() <= 2 && parts.into_iter().all(fits)
}

fn is_day_and_clock(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(day, clock)| is_day(day) && is_clock(clock.trim_start()))
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = match text.strip_suffix('日') {
        Some(chinese) => chinese.split(['年', '月']).collect(),
        None => match ['-', '/', '.'].into_iter().find(|mark| text.contains(*mark)) {
            Some(mark) => text.split(mark).collect(),
            None => return false,
        },
    };
    let [year, month, day] = parts.as_slice() else { return false };
    let Some(year) = bounded(year, 4, 1_000, 9_999) else { return false };
    let (Some(month), Some(day)) = (bounded(month, 2, 1, 12), bounded(day, 2, 1, 31)) else { return false };
    i32::try_from(year).is_ok_and(|year| chrono::NaiveDate::from_ymd_opt(year, month, day).is_some())
}

fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let in_hour = |part: &str| part.len() == 2 && bounded(part, 2, 0, 59).is_some();
    match parts.as_slice() {
        [hour, rest @ ..] if (1..=2).contains(&rest.len()) => {
            bounded(hour, 2, 0, 23).is_some() && rest.iter().all(|part| in_hour(part))
        }
        _ => false,
    }
}

fn bounded(text: &str, most_digits: usize, least: u32, most: u32) -> Option<u32> {
    let number = if is_digits(text, most_digits) { text.parse().ok()? } else { return None };
    (least..=most).contains(&number).then_some(number)
}

/// Which version of the mini-program the message opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageVersion {
    Developer,
    Trial,
    #[default]
    Formal,
}

/// The language of WeChat's own words around the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum MessageLanguage {
    #[default]
    #[serde(rename = "zh_CN")]
    Chinese,
    #[serde(rename = "en_US")]
    English,
}

/// One message to one person by one template.
#[derive(Debug, Clone, Default)]
pub struct SubscribeMessage {
    pub openid: String,
    pub template_id: String,
    /// Such as `pages/leads/lead?id=1`; without it the message opens nothing.
    pub page: Option<String>,
    pub version: MessageVersion,
    pub language: MessageLanguage,
    /// By the template's keys, such as `thing1`; fitted to the rules when sent.
    pub values: BTreeMap<String, String>,
}

impl SubscribeMessage {
    fn body(&self) -> Result<Value, ValueError> {
        let mut data = Map::new();
        for (key, text) in &self.values {
            data.insert(key.clone(), json!({ "value": fit_value(key, text)? }));
        }
        let mut body = json!({
            "touser": self.openid,
            "template_id": self.template_id,
            "miniprogram_state": self.version,
            "lang": self.language,
            "data": data,
        });
        if let (Some(page), Some(body)) = (&self.page, body.as_object_mut()) {
            body.insert("page".to_owned(), json!(page.trim_start_matches('/')));
        }
        Ok(body)
    }
}

/// WeChat has taken the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The guide promises it, the interface's page does not list it.
    pub message_id: Option<String>,
}

#[derive(Deserialize)]
struct SentAnswer {
    #[serde(default, deserialize_with = "optional_id")]
    msgid: Option<String>,
}

fn optional_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    text_or_number(deserializer).map(Some)
}

/// What to do about a message that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendFailure {
    /// Passing: keep it and try again later. It may have arrived if the answer was lost.
    RetryLater,
    /// 43101: this person has no credit for this template any more; use another channel.
    CreditGone,
    /// 40003: no such person in this mini-program; do not try again.
    Recipient,
    /// Template, rights or account: for operations.
    Configuration,
    /// The words of this message: never retry it unchanged.
    Content,
}

impl SendFailure {
    #[must_use]
    pub fn of(error: &WechatError) -> Self {
        let refusal = match error {
            WechatError::Refused(refusal) => refusal,
            WechatError::Value(_) => return Self::Content,
            _ if error.is_passing() => return Self::RetryLater,
            _ => return Self::Configuration,
        };
        match (refusal.code, refusal.kind()) {
            (43_101, _) => Self::CreditGone,
            (40_003, _) => Self::Recipient,
            (45_168 | 47_003, _) => Self::Content,
            (43_108, _)
            | (_, RefusalKind::Busy | RefusalKind::TooOften | RefusalKind::Quota | RefusalKind::Token) => {
                Self::RetryLater
            }
            _ => Self::Configuration,
        }
    }
}

impl Wechat {
    /// Has the access token at hand, so that [`Self::send`] is one call.
    ///
    /// # Errors
    /// As any call's; nothing was sent.
    pub async fn ready(&self) -> Result<(), WechatError> {
        within(self.token()).await.map(drop)
    }

    /// Sends one message; two at once to the same person are refused by WeChat (43108), so take turns.
    ///
    /// # Errors
    /// `Value` before anything is sent; the others of [`WechatError`]; see [`SendFailure::of`].
    pub async fn send(&self, message: &SubscribeMessage) -> Result<Sent, WechatError> {
        let body = message.body()?;
        let answer = within(self.ask_with_token("/cgi-bin/message/subscribe/send", &body)).await?;
        let SentAnswer { msgid } = read(&answer)?;
        Ok(Sent { message_id: msgid })
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Refusal;
    use super::*;
    use crate::platform::http::OutgoingError;

    #[test]
    fn each_type_takes_what_its_rule_says() {
        for (key, good, bad) in [
            (
                "number1",
                &["12", "3.14", "00000000000000000000000000000000"][..],
                &["", "1.2.3", "一", "-1"][..],
            ),
            ("letter2", &["abcZ"], &["ab1", "甲"]),
            ("symbol1", &["+-*/="], &["++++++", "a"]),
            ("character_string3", &["HT-2026-001"], &["合同1", "123456789012345678901234567890123"]),
            (
                "time4",
                &["15:01", "2019年10月1日 15:01", "9:00~10:30", "2026-11-22 15:01 ~ 2026-11-23 00:00"],
                &["25:00", "15:60", "2019年10月1日", "15", "9:00~10:00~11:00"],
            ),
            (
                "date5",
                &["2019年10月1日", "2019-10-01", "2019/10/1", "2019.10.1 8:00", "2019-10-01~2019-10-02"],
                &["2019-02-30", "2019-13-01", "昨天", "19-1-1", "15:01"],
            ),
            ("amount6", &["¥100", "100.50元", "￥9999999999"], &["12345678901", "百元", "¥¥1", "元"]),
            (
                "phone_number7",
                &["+86-0766-66888888", "13800138000"],
                &["13800138000转1", "+86-0766-6688888888"],
            ),
            ("car_number8", &["粤A8Z888挂"], &["粤A8Z888挂挂挂"]),
            (
                "name9",
                &["欧阳修", "Alexander Hamilton"],
                &["一二三四五六七八九十一", "Alexander Hamilton the First"],
            ),
            ("phrase10", &["已受理"], &["已经受理了吗", "OK"]),
            ("enum11", &["甲"], &[""]),
        ] {
            for value in good {
                assert_eq!(fit_value(key, value).as_deref(), Ok(*value), "{key} {value}");
            }
            for value in bad {
                assert!(fit_value(key, value).is_err(), "{key} {value}");
            }
        }
    }

    #[test]
    fn a_long_thing_is_cut_and_a_broken_line_is_joined() {
        let twenty = "项".repeat(20);
        assert_eq!(fit_value("thing1", &twenty), Ok(twenty.clone()));
        let cut = fit_value("thing1", &"项".repeat(21)).unwrap();
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (20, true));
        assert_eq!(fit_value("thing1", " 第一行\r\n第二行\t").as_deref(), Ok("第一行 第二行"));
        assert_eq!(fit_value("thing1", " \n "), Err(ValueError::Empty("thing1".to_owned())));
    }

    #[test]
    fn a_key_is_a_type_and_a_number() {
        assert_eq!(KeyType::of("character_string12"), Some(KeyType::CharacterString));
        for bad in ["thing", "thang1", "1", "", "thing1a"] {
            assert_eq!(KeyType::of(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_body_is_as_documented() {
        let message = SubscribeMessage {
            openid: "o1".to_owned(),
            template_id: "t1".to_owned(),
            page: Some("/pages/leads/lead?id=1".to_owned()),
            values: [("thing1".to_owned(), "线索".to_owned())].into(),
            ..SubscribeMessage::default()
        };
        assert_eq!(
            message.body().unwrap(),
            json!({"touser": "o1", "template_id": "t1", "page": "pages/leads/lead?id=1",
                "miniprogram_state": "formal", "lang": "zh_CN", "data": {"thing1": {"value": "线索"}}})
        );
    }

    #[test]
    fn a_failure_says_what_to_do() {
        for (code, failure) in [
            (-1, SendFailure::RetryLater),
            (42_001, SendFailure::RetryLater),
            (43_108, SendFailure::RetryLater),
            (45_009, SendFailure::RetryLater),
            (43_101, SendFailure::CreditGone),
            (40_003, SendFailure::Recipient),
            (40_037, SendFailure::Configuration),
            (43_107, SendFailure::Configuration),
            (99_999, SendFailure::Configuration),
            (47_003, SendFailure::Content),
            (45_168, SendFailure::Content),
        ] {
            let error = WechatError::Refused(Refusal::new(code, ""));
            assert_eq!(SendFailure::of(&error), failure, "{code}");
        }
        assert_eq!(SendFailure::of(&OutgoingError::Timeout.into()), SendFailure::RetryLater);
        let value = WechatError::Value(ValueError::Empty("thing1".to_owned()));
        assert_eq!(SendFailure::of(&value), SendFailure::Content);
    }

    #[test]
    fn an_answer_may_name_the_message_or_not() {
        let id = |text: &str| serde_json::from_str::<SentAnswer>(text).unwrap().msgid;
        assert_eq!(id(r#"{"errcode":0}"#), None);
        assert_eq!(id(r#"{"msgid":1865920475012726784}"#).as_deref(), Some("1865920475012726784"));
    }
}
