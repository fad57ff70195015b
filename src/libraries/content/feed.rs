//! For readers that are programs: the Atom feeds, the site map and `robots.txt`.
use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::NaiveDate;

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::html::{Language, base, folder, heading, path_of};
use crate::libraries::content::markdown;
use crate::libraries::content::page::{self, ContentPage, PageKind};
use crate::platform::published;

const ATOM: &str = "application/atom+xml; charset=utf-8";
pub const XML: &str = "application/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const FEED_LENGTH: usize = 50;

/// Text as it may stand in XML; what XML cannot hold is left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// A day as the moment at which it begins in China (RFC 3339).
fn moment(day: NaiveDate) -> String {
    format!("{day}T00:00:00+08:00")
}

pub(super) async fn show_feed(app: App, request: HttpRequest) -> Result<HttpResponse, AppError> {
    let language = Language::of(&request);
    let base = base(&app);
    let made = async {
        let mut pages = app.read(|conn| ContentPage::all(conn, None)).await?;
        pages.sort_by(|a, b| (b.updated_on, &a.slug).cmp(&(a.updated_on, &b.slug)));
        pages.truncate(FEED_LENGTH);
        Ok(Bytes::from(feed(&base, language, &pages)))
    };
    published::versioned(&app.cache, &request, ATOM, &page::state(&app).await?, made).await
}

/// Atom (RFC 4287), newest first.
fn feed(base: &str, l: Language, pages: &[ContentPage]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let at = |path: &str| xml(&format!("{base}{}{path}", l.prefix()));
    let updated = pages.first().map_or(NaiveDate::default(), |page| page.updated_on);
    let title = xml(l.site_name());
    let _ = write!(
        out,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<id>{}</id>\n<title>{title}</title>\n<updated>{}</updated>\n\
         <author><name>{title}</name></author>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
        l.tag(),
        at("/feed.xml"),
        moment(updated),
        at("/feed.xml"),
        at("/guides"),
    );
    for page in pages {
        let _ = write!(
            out,
            "<entry>\n<id>{address}</id>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{address}\"/>\n\
             <published>{}</published>\n<updated>{}</updated>\n<category term=\"{}\" label=\"{}\"/>\n\
             <summary>{}</summary>\n<content type=\"html\">{}</content>\n</entry>\n",
            xml(l.text(&page.title, page.title_en.as_deref())),
            moment(page.published_on),
            moment(page.updated_on),
            page.kind,
            xml(heading(l, page.kind)),
            xml(l.text(&page.summary, page.summary_en.as_deref())),
            xml(&markdown::to_html(l.text(&page.body_md, page.body_md_en.as_deref()))),
            address = at(&path_of(page)),
        );
    }
    out.push_str("</feed>\n");
    out
}

pub(super) async fn show_sitemap(app: App, request: HttpRequest) -> Result<HttpResponse, AppError> {
    let base = base(&app);
    let made = async {
        let pages = app.read(|conn| ContentPage::all(conn, None)).await?;
        Ok(Bytes::from(sitemap(&base, &pages)))
    };
    published::versioned(&app.cache, &request, XML, &page::state(&app).await?, made).await
}

fn sitemap(base: &str, pages: &[ContentPage]) -> String {
    let mut out = format!("<url><loc>{}/</loc></url>\n", xml(base));
    for kind in PageKind::ALL {
        let newest = pages.iter().filter(|page| page.kind == *kind).map(|page| page.updated_on).max();
        both_languages(&mut out, base, &format!("/{}", folder(*kind)), newest);
    }
    for page in pages {
        both_languages(&mut out, base, &path_of(page), Some(page.updated_on));
    }
    url_set(&out)
}

/// A site map (sitemaps.org 0.9) of these entries.
pub fn url_set(entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n{entries}</urlset>\n"
    )
}

/// The entries of a page that has both languages.
pub fn both_languages(out: &mut String, base: &str, path: &str, updated: Option<NaiveDate>) {
    let languages = [Language::Zh, Language::En];
    let at = |language: Language| xml(&format!("{base}{}{path}", language.prefix()));
    for language in languages {
        let _ = write!(out, "<url><loc>{}</loc>", at(language));
        if let Some(day) = updated {
            let _ = write!(out, "<lastmod>{day}</lastmod>");
        }
        for other in languages {
            let _ = write!(
                out,
                "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{}\"/>",
                other.tag(),
                at(other)
            );
        }
        out.push_str("</url>\n");
    }
}

pub(super) async fn show_robots(app: App, request: HttpRequest) -> HttpResponse {
    let base = base(&app);
    let text = format!(
        "User-agent: *\nAllow: /\nDisallow: /api/\n\nSitemap: {base}/sitemap.xml\nSitemap: {base}/events/sitemap.xml\n"
    );
    published::answer(&request, TEXT, Bytes::from(text))
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn xml_holds_no_markup_from_outside() {
        assert_eq!(xml("a<b>&\"'\u{b}\n"), "a&lt;b&gt;&amp;&quot;&#39;\n");
    }
}
