//! The page of the stand-in: says what it is and shows what would have reached the phones.

use std::collections::VecDeque;

use chrono::{DateTime, FixedOffset, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::faults::Switch;
use crate::mail::Kept;
use crate::sms::Text;
use crate::wechat::{Message, Opening};

const SHOWN: usize = 20;
const BEIJING_SECONDS: i32 = 8 * 3_600;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--ground:#f4f5f7;--card:#fff;--line:#dde1e6;--mark:#b45309}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3abb5;--ground:#16181b;--card:#1f2226;--line:#343a41;--mark:#f5b041}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:30rem;padding:1rem;font:1rem/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;color:var(--ink);background:var(--ground)}
header{border:2px dashed var(--mark);border-radius:.75rem;padding:.75rem 1rem;background:var(--card)}
h1{margin:0;font-size:1.375rem;color:var(--mark)}h2{font-size:1.0625rem;margin:1.5rem 0 .5rem}
p{margin:.25rem 0}
ul{list-style:none;margin:0;padding:0}
li{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.75rem 1rem;margin-bottom:.5rem;overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:.875rem}
.code{font:700 2rem/1.25 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.15em;user-select:all}
dl{display:grid;grid-template-columns:auto 1fr;gap:0 .75rem;margin:.25rem 0}dt{color:var(--soft)}dd{margin:0}
a{color:inherit;display:inline-block;padding:.5rem 0}
pre{overflow-x:auto;font-size:.75rem}
code{font-family:ui-monospace,Menlo,Consolas,monospace}
";

/// The language of the page; the heading is always in both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    pub fn of(asked: Option<&str>) -> Self {
        if asked == Some("en") { Self::English } else { Self::Chinese }
    }

    fn say(self, chinese: &'static str, english: &'static str) -> &'static str {
        if self == Self::English { english } else { chinese }
    }
}

/// The whole page; it asks for itself again every 3 seconds.
pub fn render(
    language: Language,
    texts: &VecDeque<Text>,
    messages: &VecDeque<Message>,
    openings: &VecDeque<Opening>,
    mails: &VecDeque<Kept>,
    switches: &[Switch],
) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(language.say("zh-CN", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="3";
                meta name="robots" content="noindex";
                title { "本地替身 · Local stand-in" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (heading(language))
                main {
                    (text_list(language, texts))
                    (message_list(language, messages))
                    (opening_list(language, openings))
                    (mail_list(language, mails))
                    (switch_list(language, switches))
                    (how_to(language))
                }
            }
        }
    };
    page.into_string()
}

fn heading(language: Language) -> Markup {
    html! {
        header {
            h1 { "本地替身 · Local stand-in" }
            p { (language.say(
                "这里不是微信，也不是腾讯云。短信和订阅消息没有发给任何人，只列在本页。",
                "This is neither WeChat nor Tencent Cloud. No text and no message was sent to anyone; they are only listed here.",
            )) }
            a href=(language.say("/?lang=en", "/?lang=zh")) { (language.say("English", "中文")) }
        }
    }
}

fn text_list(language: Language, texts: &VecDeque<Text>) -> Markup {
    html! {
        h2 { (language.say("短信", "Text messages")) }
        @if texts.is_empty() { p.soft { (language.say("还没有短信。", "No text yet.")) } }
        ul {
            @for text in texts.iter().take(SHOWN) {
                li {
                    p.soft { (text.phone) " · " (clock(text.at)) }
                    @if let Some(code) = text.params.iter().find(|param| is_code(param)) { p.code { (code) } }
                    p.soft { "【" (text.sign_name) "】 " (language.say("模板", "template")) " " (text.template_id) " · " (text.params.join(" · ")) }
                }
            }
        }
    }
}

fn mail_list(language: Language, mails: &VecDeque<Kept>) -> Markup {
    html! {
        h2 { (language.say("邮件", "Mail")) }
        @if mails.is_empty() { p.soft { (language.say("还没有邮件。", "No mail yet.")) } }
        ul {
            @for mail in mails.iter().take(SHOWN) {
                li {
                    p.soft { (mail.to.join(", ")) " · " (clock(mail.at)) }
                    details { summary { (language.say("原文", "As it came")) } pre { (mail.raw) } }
                }
            }
        }
    }
}

fn message_list(language: Language, messages: &VecDeque<Message>) -> Markup {
    html! {
        h2 { (language.say("订阅消息", "Subscribe messages")) }
        @if messages.is_empty() { p.soft { (language.say("还没有订阅消息。", "No message yet.")) } }
        ul {
            @for message in messages.iter().take(SHOWN) {
                li {
                    p.soft { (message.openid) " · " (clock(message.at)) }
                    dl { @for (key, value) in &message.values { dt { (key) } dd { (value) } } }
                    @if let Some(page) = &message.page { p.soft { "→ " (page) } }
                }
            }
        }
    }
}

fn opening_list(language: Language, openings: &VecDeque<Opening>) -> Markup {
    html! {
        @if !openings.is_empty() {
            h2 { (language.say("小程序码与短链接", "Codes and links")) }
            ul {
                @for opening in openings.iter().take(SHOWN) {
                    li {
                        p.soft { (opening.link.as_deref().unwrap_or(language.say("小程序码", "Code"))) " · " (clock(opening.at)) }
                        p.soft { "→ " (opening.page) }
                    }
                }
            }
        }
    }
}

fn switch_list(language: Language, switches: &[Switch]) -> Markup {
    html! {
        @if !switches.is_empty() {
            h2 { (language.say("已打开的故障", "Faults switched on")) }
            ul { @for switch in switches { li { code { (switch.path) } " " (format!("{:?}", switch.kind)) " × " (switch.times) } } }
        }
    }
}

fn how_to(language: Language) -> Markup {
    html! {
        h2 { (language.say("怎样登录", "How to log in")) }
        p { (language.say("微信登录码：", "WeChat login code: ")) code { "demo-<name>.<nonce>" } }
        p { (language.say("手机号授权码：", "Phone code: ")) code { "phone-<11 digits>.<nonce>" } }
        p.soft { (language.say("每个码只能用一次；换一个 nonce 就是新码。", "Each code is good once; another nonce makes a new one.")) }
    }
}

fn is_code(param: &str) -> bool {
    (4..=8).contains(&param.len()) && param.bytes().all(|byte| byte.is_ascii_digit())
}

fn clock(at: DateTime<Utc>) -> String {
    FixedOffset::east_opt(BEIJING_SECONDS)
        .map(|beijing| at.with_timezone(&beijing).format("%H:%M:%S").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_it_is_and_escapes_what_it_shows() {
        let text = Text {
            at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            phone: "13800138000".to_owned(),
            sign_name: "<script>".to_owned(),
            template_id: "1".to_owned(),
            params: vec!["482913".to_owned(), "5".to_owned()],
            serial_no: "s".to_owned(),
        };
        for language in [Language::Chinese, Language::English] {
            let page =
                render(language, &VecDeque::new(), &VecDeque::new(), &VecDeque::new(), &VecDeque::new(), &[]);
            assert!(page.contains("本地替身") && page.contains("Local stand-in"));
        }
        let texts = VecDeque::from([text]);
        let page =
            render(Language::English, &texts, &VecDeque::new(), &VecDeque::new(), &VecDeque::new(), &[]);
        assert!(page.contains(r#"<p class="code">482913</p>"#), "{page}");
        assert!(page.contains("06:13:20") && !page.contains("【<script>"), "{page}");
    }
}
