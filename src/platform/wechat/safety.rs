//! Content security: WeChat judges a text at once, a picture or a sound by a later push ("内容安全").
use serde::Deserialize;
use serde_json::json;

use super::{Wechat, WechatError, read, within};

/// Most characters of one text.
pub const LONGEST_TEXT: usize = 2_500;
/// Most bytes of a picture or a sound.
pub const LARGEST_MEDIA: i64 = 10 << 20;

/// What WeChat advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    Pass,
    Risky,
    /// A person should look; so they should at a word that is not known yet.
    #[serde(other)]
    Review,
}

/// The judgement on a text, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Judgement {
    #[serde(rename = "suggest")]
    pub advice: Advice,
    /// 100 is normal, 20006 a crime; the whole list is in the document
    pub label: i64,
}

/// What a file is to WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Sound = 1,
    Picture = 2,
}

impl Media {
    /// Among what WeChat can judge; `None` for anything else.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "image/jpeg" | "image/png" => Some(Self::Picture),
            "audio/mpeg" | "audio/aac" | "audio/ogg" | "audio/wav" => Some(Self::Sound),
            _ => None,
        }
    }
}

impl Advice {
    /// As a push says it.
    #[must_use]
    pub fn of(suggest: &str) -> Self {
        match suggest {
            "pass" => Self::Pass,
            "risky" => Self::Risky,
            _ => Self::Review,
        }
    }
}

/// Comments, among WeChat's scenes: one person's words to others.
const SCENE: u8 = 2;

impl Wechat {
    /// What WeChat thinks of a text of at most [`LONGEST_TEXT`] characters; longer ones are judged by their beginning.
    ///
    /// # Errors
    /// `Refused` with 61010 when the person was not in the mini-program in the last two hours.
    pub async fn judge_text(&self, open_id: &str, text: &str) -> Result<Judgement, WechatError> {
        #[derive(Deserialize)]
        struct Judged {
            result: Judgement,
        }
        let content: String = text.chars().take(LONGEST_TEXT).collect();
        let body = json!({"content": content, "version": 2, "scene": SCENE, "openid": open_id});
        within(async {
            let judged: Judged = read(&self.ask_with_token("/wxa/msg_sec_check", &body).await?)?;
            Ok(judged.result)
        })
        .await
    }

    /// Has WeChat fetch and judge a file of at most [`LARGEST_MEDIA`] bytes; the verdict is pushed under the id given,
    /// within half an hour.
    ///
    /// # Errors
    /// As `judge_text`.
    pub async fn judge_media(&self, open_id: &str, url: &str, media: Media) -> Result<String, WechatError> {
        #[derive(Deserialize)]
        struct Taken {
            trace_id: String,
        }
        let body = json!({"media_url": url, "media_type": media as u8, "version": 2, "scene": SCENE, "openid": open_id});
        within(async {
            let taken: Taken = read(&self.ask_with_token("/wxa/media_check_async", &body).await?)?;
            if taken.trace_id.is_empty() {
                return Err(WechatError::Incomplete("trace_id"));
            }
            Ok(taken.trace_id)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_advice_is_looked_at_by_a_person() {
        for (text, advice) in [
            ("pass", Advice::Pass),
            ("risky", Advice::Risky),
            ("review", Advice::Review),
            ("new word", Advice::Review),
        ] {
            let judged: Judgement = serde_json::from_value(json!({"suggest": text, "label": 100})).unwrap();
            assert_eq!((judged.advice, Advice::of(text)), (advice, advice));
        }
    }
}
