//! A link that opens a page from a text message: in the mini-program where WeChat gives one, else in any browser.
use crate::app::App;
use crate::platform::wechat::PageLink;

/// Where a link opens its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    MiniProgram(String),
    Browser(String),
}

impl Opened {
    pub fn into_link(self) -> String {
        match self {
            Self::MiniProgram(link) | Self::Browser(link) => link,
        }
    }
}

/// Without WeChat, or while it is away, the page's address in a browser.
pub async fn address(app: &App, link: &PageLink) -> Opened {
    if let Some(wechat) = &app.wechat {
        match wechat.page_link(link).await {
            Ok(link) => return Opened::MiniProgram(link),
            Err(error) => tracing::warn!(%error, "WeChat gave no link; the address for browsers is used"),
        }
    }
    Opened::Browser(format!("{}/#/{}", app.config.public_url.trim_end_matches('/'), link.target()))
}
