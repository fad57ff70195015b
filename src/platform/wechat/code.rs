//! What opens a page of the mini-program from outside: a code to be scanned, and a link for a text message.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Wechat, WechatError, read, within};
use crate::platform::http::is_safe_address;
use crate::platform::picture::{self, Picture};

/// Longer than any link of WeChat's; short enough for a text message.
const LONGEST_LINK: usize = 200;

/// What a code says to its page: 1 to 32 visible characters of WeChat's alphabet ("getUnlimited").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene(String);

impl Scene {
    pub const MOST: usize = 32;

    /// # Errors
    /// `Unfit` when it is empty, too long, or has a character that WeChat does not take (`%` above all).
    pub fn new(text: impl Into<String>) -> Result<Self, WechatError> {
        let text = text.into();
        let fits = (1..=Self::MOST).contains(&text.len()) && text.bytes().all(|byte| takes(byte, b""));
        if fits { Ok(Self(text)) } else { Err(WechatError::Unfit("scene")) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page as the mini-program lists it, such as `packages/map/site/index`: no leading `/`, no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePath(String);

impl PagePath {
    /// # Errors
    /// `Unfit`.
    pub fn new(text: impl Into<String>) -> Result<Self, WechatError> {
        let text = text.into();
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let fits = text.len() <= 128 && text.split('/').all(plain);
        if fits { Ok(Self(text)) } else { Err(WechatError::Unfit("page")) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Letters, digits, WeChat's marks, and `more`.
fn takes(byte: u8, more: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&'()*+,/:;=?@-._~".contains(&byte) || more.contains(&byte)
}

/// Which version of the mini-program opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeVersion {
    #[default]
    Release,
    Trial,
    Develop,
}

/// A code to be drawn.
#[derive(Debug, Clone)]
pub struct PageCode {
    pub page: PagePath,
    pub scene: Scene,
    /// Pixels, 280 to 1280
    pub width: u16,
    pub version: CodeVersion,
    /// Whether WeChat refuses a page that is not published; without it at most 60 000 codes exist
    pub check_path: bool,
}

/// A link to be made.
#[derive(Debug, Clone)]
pub struct PageLink {
    page: PagePath,
    query: String,
    days: u8,
    version: CodeVersion,
}

impl PageCode {
    fn body(&self) -> Result<Value, WechatError> {
        if !(280..=1280).contains(&self.width) {
            return Err(WechatError::Unfit("width"));
        }
        Ok(json!({
            "scene": self.scene.as_str(),
            "page": self.page.as_str(),
            "check_path": self.check_path,
            "env_version": self.version,
            "width": self.width,
        }))
    }
}

impl PageLink {
    /// `query` is encoded, at most 1024 characters, or empty; the link opens its page for 1 to 30 `days`.
    ///
    /// # Errors
    /// `Unfit`.
    pub fn new(page: PagePath, query: &str, days: u8, version: CodeVersion) -> Result<Self, WechatError> {
        if query.len() > 1024 || !query.bytes().all(|byte| takes(byte, b"%")) {
            return Err(WechatError::Unfit("query"));
        }
        if !(1..=30).contains(&days) {
            return Err(WechatError::Unfit("days"));
        }
        Ok(Self { page, query: query.to_owned(), days, version })
    }

    /// Page and query as one.
    #[must_use]
    pub fn target(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.page.as_str(), self.query)
    }

    fn body(&self) -> Value {
        json!({
            "path": format!("/{}", self.page.as_str()),
            "query": self.query,
            "expire_type": 1,
            "expire_interval": self.days,
            "env_version": self.version,
        })
    }
}

#[derive(Deserialize)]
struct LinkAnswer {
    #[serde(default)]
    url_link: String,
}

impl Wechat {
    /// The code as a whole PNG or JPEG.
    ///
    /// # Errors
    /// `Unfit` before anything is sent, `NotAPicture` when something else comes; the others of [`WechatError`].
    pub async fn page_code(&self, code: &PageCode) -> Result<Picture, WechatError> {
        let body = code.body()?;
        let answer = within(self.ask_with_token("/wxa/getwxacodeunlimit", &body)).await?;
        picture::cleaned(&drawn(&answer.body)?).map_err(|_| WechatError::NotAPicture)
    }

    /// An `https` address that opens the page in WeChat, from a text message too.
    ///
    /// # Errors
    /// `Incomplete` when what comes is no such address; the others of [`WechatError`].
    pub async fn page_link(&self, link: &PageLink) -> Result<String, WechatError> {
        let answer = within(self.ask_with_token("/wxa/generate_urllink", &link.body())).await?;
        let LinkAnswer { url_link } = read(&answer)?;
        if is_link(&url_link) { Ok(url_link) } else { Err(WechatError::Incomplete("url_link")) }
    }
}

/// A sealed answer is JSON and holds the picture as base64, under the name that the document's table gives it.
fn drawn(body: &[u8]) -> Result<Cow<'_, [u8]>, WechatError> {
    #[derive(Deserialize)]
    struct Drawn {
        buffer: String,
    }
    match serde_json::from_slice::<Drawn>(body) {
        Ok(Drawn { buffer }) => STANDARD.decode(buffer).map(Cow::Owned).map_err(|_| WechatError::NotAPicture),
        Err(_) => Ok(Cow::Borrowed(body)),
    }
}

fn is_link(text: &str) -> bool {
    text.len() <= LONGEST_LINK
        && text.starts_with("https://")
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && is_safe_address(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(width: u16) -> PageCode {
        PageCode {
            page: PagePath::new("packages/map/site/index").unwrap(),
            scene: Scene::new("01a19468e47b7222bad3105cb84b789b").unwrap(),
            width,
            version: CodeVersion::default(),
            check_path: true,
        }
    }

    fn link(query: &str, days: u8) -> Result<PageLink, WechatError> {
        let page = PagePath::new("packages/leads/confirm/index").unwrap();
        PageLink::new(page, query, days, CodeVersion::Trial)
    }

    #[test]
    fn a_scene_is_short_and_of_the_documented_alphabet() {
        for good in ["a", "n=12&h=0a", "!#$&'()*+,/:;=?@-._~", &"f".repeat(32)] {
            assert_eq!(Scene::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "100%", "a b", "场", "a\n", "\"", "<", "[", "{", "|", "^", "`", "\\", &"f".repeat(33)]
        {
            assert!(matches!(Scene::new(bad), Err(WechatError::Unfit("scene"))), "{bad}");
        }
    }

    #[test]
    fn a_page_has_neither_a_leading_slash_nor_a_query() {
        assert!(PagePath::new("pages/home/index").is_ok());
        for bad in
            ["", "/pages/home/index", "pages/home/index?id=1", "pages//index", "../x", "页", &"a".repeat(129)]
        {
            assert!(PagePath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_bodies_are_as_documented() {
        assert_eq!(
            code(430).body().unwrap(),
            json!({"scene": "01a19468e47b7222bad3105cb84b789b", "page": "packages/map/site/index",
                "check_path": true, "env_version": "release", "width": 430})
        );
        assert_eq!(
            link("id=1&token=a%2Fb", 30).unwrap().body(),
            json!({"path": "/packages/leads/confirm/index", "query": "id=1&token=a%2Fb",
                "expire_type": 1, "expire_interval": 30, "env_version": "trial"})
        );
        assert_eq!(link("id=1", 1).unwrap().target(), "packages/leads/confirm/index?id=1");
        assert_eq!(link("", 1).unwrap().target(), "packages/leads/confirm/index");
    }

    #[test]
    fn what_wechat_would_refuse_is_found_before_sending() {
        for width in [0, 279, 1281] {
            assert!(matches!(code(width).body(), Err(WechatError::Unfit("width"))), "{width}");
        }
        assert!(code(280).body().is_ok() && code(1280).body().is_ok());
        for days in [0, 31] {
            assert!(matches!(link("", days), Err(WechatError::Unfit("days"))), "{days}");
        }
        for query in ["名=1", "a b", "a\"b", &"a".repeat(1025)] {
            assert!(matches!(link(query, 1), Err(WechatError::Unfit("query"))), "{query}");
        }
        assert!(link(&"a".repeat(1024), 1).is_ok());
    }

    #[test]
    fn a_link_is_encrypted_and_short() {
        assert!(is_link("https://wxaurl.cn/AbC123"));
        for bad in [
            "",
            "http://wxaurl.cn/a",
            "http://127.0.0.1/a",
            "weixin://dl/business/?t=1",
            "https://",
            "https://a b",
            "javascript:alert(1)",
            &format!("https://wxaurl.cn/{}", "a".repeat(200)),
        ] {
            assert!(!is_link(bad), "{bad}");
        }
    }
}
