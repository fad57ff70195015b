//! CommonMark to HTML that is safe to show: HTML inside is dropped, links lead only where a reader expects.
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// The body of a page as HTML.
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut out = String::with_capacity(markdown.len() * 2);
    let mut hidden = Vec::new();
    let events = Parser::new_ext(markdown, options).filter_map(|event| safe(event, &mut hidden));
    html::push_html(&mut out, events);
    out
}

/// `hidden` says of each picture that is open whether only its words are shown.
fn safe<'a>(event: Event<'a>, hidden: &mut Vec<bool>) -> Option<Event<'a>> {
    match event {
        Event::Html(_) | Event::InlineHtml(_) => None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_safe(&dest_url) { dest_url } else { "#".into() };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::Start(Tag::Image { ref dest_url, .. }) => {
            hidden.push(dest_url.is_empty() || !is_safe(dest_url));
            (hidden.last() == Some(&false)).then_some(event)
        }
        Event::End(TagEnd::Image) => (hidden.pop() == Some(false)).then_some(event),
        event => Some(event),
    }
}

/// Web, mail and places of this site; never a scheme that runs something.
fn is_safe(address: &str) -> bool {
    match address.split_once(':') {
        None => true,
        Some((scheme, _)) => {
            ["https", "http", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
                || scheme.contains(['/', '?', '#'])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn plain_text_becomes_plain_html() {
        assert_eq!(
            to_html("## 一\n\n- **二**\n"),
            "<h2>一</h2>\n<ul>\n<li><strong>二</strong></li>\n</ul>\n"
        );
        assert_eq!(to_html("[map](/guides)"), "<p><a href=\"/guides\">map</a></p>\n");
    }

    #[test]
    fn html_inside_is_dropped() {
        let out = to_html("a<script>alert(1)</script>b\n\n<div onclick=x>\n\n<img src=x onerror=y>\n");
        assert!(!out.contains("<script") && !out.contains("onclick") && !out.contains("onerror"), "{out}");
    }

    #[test]
    fn links_run_nothing() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "&#106;avascript:x",
        ] {
            let out = to_html(&format!("[x]({bad}) ![y]({bad})"));
            assert!(out.contains("href=\"#\"") && !out.contains("<img") && out.contains('y'), "{out}");
        }
        assert!(to_html("[x](https://example.org/a:b)").contains("https://example.org/a:b"));
    }
}
