//! Guides and policies as plain pages: read, printed, shared and found without the app and without a script.
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use chrono::NaiveDate;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::page::{ContentPage, PageKind, Step, is_slug};
use crate::libraries::content::{feed, markdown};
use crate::platform::published;

const STYLE: &str = include_str!("style.css");
const HTML: &str = "text/html; charset=utf-8";

/// Addresses outside the API; everybody may read them.
pub fn pages(config: &mut web::ServiceConfig) {
    for pattern in ["/{kind:guides|policies}", "/en/{kind:guides|policies}"] {
        config.service(web::resource(pattern).get(show_list));
    }
    for pattern in ["/{kind:guides|policies}/{slug}", "/en/{kind:guides|policies}/{slug}"] {
        config.service(web::resource(pattern).get(show_page));
    }
    config
        .service(web::resource(["/feed.xml", "/en/feed.xml"]).get(feed::show_feed))
        .service(web::resource("/sitemap.xml").get(feed::show_sitemap))
        .service(web::resource("/robots.txt").get(feed::show_robots));
}

/// The language of a page, which stands at the front of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Zh,
    En,
}

impl Language {
    pub(super) fn of(request: &HttpRequest) -> Self {
        if request.path().starts_with("/en/") { Self::En } else { Self::Zh }
    }
    /// As in `lang` and `hreflang`.
    pub(super) const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }
    /// What stands before the path.
    pub(super) const fn prefix(self) -> &'static str {
        self.pick("", "/en")
    }
    pub(super) const fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
    /// The text in this language, or else the Chinese with its own language tag.
    fn choose<'a>(self, zh: &'a str, en: Option<&'a str>) -> (&'a str, Option<&'static str>) {
        match (self, en) {
            (Self::En, Some(en)) => (en, None),
            (Self::En, None) => (zh, Some(Self::Zh.tag())),
            (Self::Zh, _) => (zh, None),
        }
    }
    pub(super) fn text<'a>(self, zh: &'a str, en: Option<&'a str>) -> &'a str {
        self.choose(zh, en).0
    }
    fn day(self, day: NaiveDate) -> Markup {
        let shown = day.format(self.pick("%Y年%-m月%-d日", "%-d %B %Y")).to_string();
        html! { time datetime=(day.to_string()) { (shown) } }
    }
    pub(super) const fn site_name(self) -> &'static str {
        self.pick("益阳掌上招商平台", "Yiyang Palm Investment Platform")
    }
}

pub(super) const fn folder(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Guide => "guides",
        PageKind::Policy => "policies",
    }
}

fn kind_of(folder: &str) -> PageKind {
    if folder == "policies" { PageKind::Policy } else { PageKind::Guide }
}

/// The address of a page without language and host.
pub(super) fn path_of(page: &ContentPage) -> String {
    format!("/{}/{}", folder(page.kind), page.slug)
}

/// The address that people see, without a slash at the end.
pub(super) fn base(app: &App) -> String {
    app.config.public_url.trim_end_matches('/').to_owned()
}

async fn show_list(app: App, request: HttpRequest, kind: web::Path<String>) -> Result<HttpResponse, AppError> {
    let (language, kind) = (Language::of(&request), kind_of(&kind));
    let frame = Frame::new(&app, language, format!("/{}", folder(kind)));
    let key = format!("content:html:{}{}", language.prefix(), frame.path);
    let made = async {
        let pages = app.read(move |conn| ContentPage::all(conn, Some(kind))).await?;
        Ok(frame.list(kind, &pages))
    };
    let bytes = published::kept(&app.cache, &key, made).await?;
    Ok(published::answer(&request, HTML, bytes))
}

async fn show_page(
    app: App,
    request: HttpRequest,
    address: web::Path<(String, String)>,
) -> Result<HttpResponse, AppError> {
    let language = Language::of(&request);
    let (folder, slug) = address.into_inner();
    let frame = Frame::new(&app, language, format!("/{folder}/{slug}"));
    let key = format!("content:html:{}{}", language.prefix(), frame.path);
    let made = async {
        if !is_slug(&slug) {
            return Err(AppError::NotFound);
        }
        let page = app.read(move |conn| ContentPage::find(conn, &slug)).await?;
        let page = page.filter(|page| page.kind == kind_of(&folder)).ok_or(AppError::NotFound)?;
        frame.page(&page)
    };
    match published::kept(&app.cache, &key, made).await {
        Err(AppError::NotFound) => {
            Ok(HttpResponse::NotFound().insert_header(ContentType::html()).body(frame.missing()))
        }
        made => Ok(published::answer(&request, HTML, made?)),
    }
}

/// What every page has around it.
struct Frame {
    language: Language,
    base: String,
    /// Without language and host
    path: String,
    demo: bool,
}

impl Frame {
    fn new(app: &App, language: Language, path: String) -> Self {
        Self { language, base: base(app), path, demo: app.config.demo }
    }

    fn address(&self, language: Language) -> String {
        format!("{}{}{}", self.base, language.prefix(), self.path)
    }

    fn list(&self, kind: PageKind, pages: &[ContentPage]) -> Bytes {
        let l = self.language;
        let title = heading(l, kind);
        let lead = match kind {
            PageKind::Guide => l.pick(
                "从看地到投产，每一步由谁办、要带什么。",
                "From looking at land to production: who does each step and what it needs.",
            ),
            PageKind::Policy => l.pick(
                "市里文件的要点和出处；以原文为准。",
                "What the city's documents say and where they say it; the Chinese originals prevail.",
            ),
        };
        let main = html! {
            h1 { (title) }
            p.lead { (lead) }
            @if pages.is_empty() { p { (l.pick("暂无内容。", "Nothing here yet.")) } }
            ul.list { @for page in pages { (entry(l, page)) } }
            (self.to_app("/#/pages/map/index", l.pick("打开招商地图", "Open the investment map")))
        };
        self.whole(title, lead, &main)
    }

    fn page(&self, page: &ContentPage) -> Result<Bytes, AppError> {
        let l = self.language;
        let (title, title_lang) = l.choose(&page.title, page.title_en.as_deref());
        let (summary, summary_lang) = l.choose(&page.summary, page.summary_en.as_deref());
        let (body, body_lang) = l.choose(&page.body_md, page.body_md_en.as_deref());
        let steps = page.steps()?;
        let app = format!("/#/packages/content/page/index?slug={}", page.slug);
        let main = html! {
            article {
                p.small { a href=(format!("{}/{}", l.prefix(), folder(page.kind))) { (heading(l, page.kind)) } }
                h1 lang=[title_lang] { (title) }
                p.lead lang=[summary_lang] { (summary) }
                @if page.demo { (demo_mark(l)) }
                @if body_lang.is_some() { p.small { "This page has not been translated yet." } }
                div lang=[body_lang] { (PreEscaped(markdown::to_html(body))) }
                @if !steps.is_empty() {
                    h2 { (l.pick("办理步骤", "Steps")) }
                    ol.steps { @for step in &steps { (step_item(l, step)) } }
                }
                (provenance(l, page))
            }
            (self.to_app(&app, l.pick("在平台中打开", "Open in the app")))
        };
        Ok(self.whole(title, summary, &main))
    }

    fn missing(&self) -> Bytes {
        let l = self.language;
        let title = l.pick("没有找到这一页", "Page not found");
        let main = html! {
            h1 { (title) }
            p { (l.pick("地址可能有误，或内容已撤下。", "The address may be wrong, or the page was taken down.")) }
            ul {
                @for kind in PageKind::ALL {
                    li { a href=(format!("{}/{}", l.prefix(), folder(*kind))) { (heading(l, *kind)) } }
                }
            }
        };
        self.document(title, title, &main, false)
    }

    fn whole(&self, title: &str, description: &str, main: &Markup) -> Bytes {
        self.document(title, description, main, true)
    }

    fn document(&self, title: &str, description: &str, main: &Markup, found: bool) -> Bytes {
        let l = self.language;
        let page = html! {
            (DOCTYPE)
            html lang=(l.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · " (l.site_name()) }
                    meta name="description" content=(description);
                    @if found { (self.links(title, description)) } @else { meta name="robots" content="noindex"; }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#content" { (l.pick("跳到正文", "Skip to the content")) }
                    (self.header(found))
                    main id="content" tabindex="-1" {
                        @if self.demo {
                            p.demo { (l.pick("演示环境：内容仅供演示。", "Demonstration: the content is for show only.")) }
                        }
                        (main)
                    }
                    (self.footer())
                }
            }
        };
        Bytes::from(page.into_string())
    }

    fn links(&self, title: &str, description: &str) -> Markup {
        let l = self.language;
        html! {
            link rel="canonical" href=(self.address(l));
            @for other in [Language::Zh, Language::En] {
                link rel="alternate" hreflang=(other.tag()) href=(self.address(other));
            }
            link rel="alternate" hreflang="x-default" href=(self.address(Language::Zh));
            link rel="alternate" type="application/atom+xml" title=(l.site_name()) href=(format!("{}{}/feed.xml", self.base, l.prefix()));
            meta property="og:title" content=(title);
            meta property="og:description" content=(description);
            meta property="og:url" content=(self.address(l));
            meta property="og:type" content="article";
            meta property="og:locale" content=(l.pick("zh_CN", "en_US"));
        }
    }

    fn header(&self, found: bool) -> Markup {
        let l = self.language;
        let (other, name) = match l {
            Language::Zh => (Language::En, "English"),
            Language::En => (Language::Zh, "中文"),
        };
        let across = if found { self.path.as_str() } else { "/guides" };
        html! {
            header {
                strong { a href="/#/" { (l.site_name()) } }
                nav aria-label=(l.pick("栏目", "Sections")) {
                    @for kind in PageKind::ALL {
                        @let at = format!("/{}", folder(*kind));
                        a href=(format!("{}{at}", l.prefix())) aria-current=[(self.path == at).then_some("page")] { (heading(l, *kind)) }
                    }
                    a href="/#/pages/map/index" { (l.pick("招商地图", "Map")) }
                    a href="/#/pages/talks/index" { (l.pick("云洽谈", "Cloud talks")) }
                    a href=(format!("{}{across}", other.prefix())) lang=(other.tag()) hreflang=(other.tag()) { (name) }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let l = self.language;
        html! {
            footer {
                p { (l.pick("本站内容为便于阅读的概要，以文件原文为准。", "These pages are summaries for reading; the original documents prevail.")) }
                p { a href=(format!("{}/feed.xml", l.prefix())) { (l.pick("订阅更新（Atom）", "Follow updates (Atom)")) } }
            }
        }
    }

    fn to_app(&self, link: &str, label: &str) -> Markup {
        html! { p { a.do href=(link) { (label) } } }
    }
}

pub(super) const fn heading(l: Language, kind: PageKind) -> &'static str {
    match kind {
        PageKind::Guide => l.pick("投资指南", "Investment guides"),
        PageKind::Policy => l.pick("政策", "Policies"),
    }
}

fn demo_mark(l: Language) -> Markup {
    html! { p.demo { (l.pick("示例内容，仅供演示。", "Sample content, for demonstration only.")) } }
}

fn entry(l: Language, page: &ContentPage) -> Markup {
    let (title, title_lang) = l.choose(&page.title, page.title_en.as_deref());
    let (summary, summary_lang) = l.choose(&page.summary, page.summary_en.as_deref());
    html! {
        li {
            a href=(format!("{}{}", l.prefix(), path_of(page))) lang=[title_lang] { (title) }
            p lang=[summary_lang] { (summary) }
            p.small {
                @if let Some(number) = &page.document_no { span lang="zh-CN" { (number) } " · " }
                (l.pick("更新于 ", "Updated ")) (l.day(page.updated_on))
            }
        }
    }
}

fn step_item(l: Language, step: &Step) -> Markup {
    let (title, lang) = l.choose(&step.title, step.title_en.as_deref());
    let documents = match l {
        Language::En if !step.documents_en.is_empty() => &step.documents_en,
        _ => &step.documents,
    };
    html! {
        li {
            strong lang=[lang] { (title) }
            p.small {
                (l.pick("办理：", "By: ")) (l.text(&step.owner, step.owner_en.as_deref()))
                @if let Some(days) = step.days { (l.pick(" · 工作日：", " · working days: ")) (days) }
            }
            @if !documents.is_empty() {
                p.small { (l.pick("材料：", "Papers: ")) (documents.join(l.pick("；", "; "))) }
            }
            @if let Some(basis) = &step.legal_basis {
                p.small { (l.pick("依据：", "Basis: ")) (l.text(basis, step.legal_basis_en.as_deref())) }
            }
            @if let Some(note) = &step.note { p.small { (l.text(note, step.note_en.as_deref())) } }
        }
    }
}

fn provenance(l: Language, page: &ContentPage) -> Markup {
    let (source, lang) = l.choose(&page.source, page.source_en.as_deref());
    html! {
        dl {
            @if let Some(issuer) = &page.issuer {
                dt { (l.pick("发文机关", "Issued by")) }
                dd { (l.text(issuer, page.issuer_en.as_deref())) }
            }
            @if let Some(number) = &page.document_no {
                dt { (l.pick("文号", "Document")) }
                dd lang="zh-CN" { (number) }
            }
            dt { (l.pick("来源", "Source")) }
            dd lang=[lang] {
                @if let Some(url) = page.source_url.as_ref().filter(|url| url.starts_with("http")) {
                    a href=(url) { (source) }
                } @else { (source) }
            }
            dt { (l.pick("来源日期", "Source of")) }
            dd { (l.day(page.source_on)) }
            dt { (l.pick("本页发布", "Published")) }
            dd { (l.day(page.published_on)) }
            dt { (l.pick("本页更新", "Updated")) }
            dd { (l.day(page.updated_on)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn what_is_not_translated_says_that_it_is_chinese() {
        assert_eq!(Language::En.choose("指南", None), ("指南", Some("zh-CN")));
        assert_eq!(Language::En.choose("指南", Some("Guide")), ("Guide", None));
        assert_eq!(Language::Zh.choose("指南", Some("Guide")), ("指南", None));
    }
}
