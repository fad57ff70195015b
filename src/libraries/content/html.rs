//! Guides and policies as plain pages: read, printed, shared and found without the app and without a script.
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Route, guard, web};
use bytes::Bytes;
use chrono::NaiveDate;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::app::App;
use crate::error::AppError;
use crate::libraries::content::medium::{Medium, MediumHash, MediumKind, PageMedium};
use crate::libraries::content::page::{self, ContentPage, PageKind, Step, is_slug};
use crate::libraries::content::policy::{
    BenefitTier, CapitalOrigin, PolicyAspect, PolicyCondition, PolicyTerms,
};
use crate::libraries::content::{feed, markdown, structured};
use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;
use crate::people::units::Unit;
use crate::platform::input::{Line, Prose};
use crate::platform::published;

const STYLE: &str = include_str!("style.css");
pub const HTML: &str = "text/html; charset=utf-8";

/// Addresses outside the API; everybody may read them.
pub fn pages(config: &mut web::ServiceConfig) {
    for pattern in ["/{kind:guides|policies}", "/en/{kind:guides|policies}"] {
        config.service(web::resource(pattern).route(reading().to(show_list)));
    }
    for pattern in ["/{kind:guides|policies}/{slug}", "/en/{kind:guides|policies}/{slug}"] {
        config.service(web::resource(pattern).route(reading().to(show_page)));
    }
    config
        .service(web::resource(["/feed.xml", "/en/feed.xml"]).route(reading().to(feed::show_feed)))
        .service(web::resource("/media/{sha256}").route(reading().to(show_medium)))
        .service(web::resource("/sitemap.xml").route(reading().to(feed::show_sitemap)))
        .service(web::resource("/robots.txt").route(reading().to(feed::show_robots)));
}

/// GET, and HEAD for whoever only asks whether a page is still there.
pub fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// The language of a page, which stands at the front of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    pub fn of(request: &HttpRequest) -> Self {
        if request.path().starts_with("/en/") { Self::En } else { Self::Zh }
    }
    /// As in `lang` and `hreflang`.
    pub const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }
    /// What stands before the path.
    pub const fn prefix(self) -> &'static str {
        self.pick("", "/en")
    }
    pub const fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
    /// The text in this language, or else the Chinese with its own language tag.
    pub fn choose<'a>(self, zh: &'a str, en: Option<&'a str>) -> (&'a str, Option<&'static str>) {
        match (self, en) {
            (Self::En, Some(en)) => (en, None),
            (Self::En, None) => (zh, Some(Self::Zh.tag())),
            (Self::Zh, _) => (zh, None),
        }
    }
    pub fn text<'a>(self, zh: &'a str, en: Option<&'a str>) -> &'a str {
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
pub fn base(app: &App) -> String {
    app.config.public_url.trim_end_matches('/').to_owned()
}

async fn show_list(
    app: App,
    request: HttpRequest,
    kind: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let (language, kind) = (Language::of(&request), kind_of(&kind));
    let frame = Frame::new(&app, language, format!("/{}", folder(kind)));
    let made = async {
        let pages = app.read(move |conn| ContentPage::all(conn, Some(kind))).await?;
        frame.list(kind, &pages)
    };
    published::versioned(&app.cache, &request, HTML, &page::state(&app).await?, made).await
}

async fn show_page(
    app: App,
    request: HttpRequest,
    address: web::Path<(String, String)>,
) -> Result<HttpResponse, AppError> {
    let language = Language::of(&request);
    let (folder, slug) = address.into_inner();
    let frame = Frame::new(&app, language, format!("/{folder}/{slug}"));
    let state = page::state(&app).await?;
    let page = if is_slug(&slug) { app.read(move |conn| ContentPage::any(conn, &slug)).await? } else { None };
    let html =
        |mut response: HttpResponseBuilder, body| response.insert_header(ContentType::html()).body(body);
    match page.filter(|page| page.kind == kind_of(&folder)) {
        None => Ok(html(HttpResponse::NotFound(), frame.missing())),
        Some(page) if page.withdrawn_on.is_some() => Ok(html(HttpResponse::Gone(), frame.withdrawn(&page))),
        Some(page) => {
            let made = async { frame.page(&page, &app.read(Unit::all).await?) };
            published::versioned(&app.cache, &request, HTML, &state, made).await
        }
    }
}

/// A picture, a film or captions of a page that stands. What is taken down is gone from everywhere within the hour.
async fn show_medium(
    app: App,
    request: HttpRequest,
    hash: web::Path<MediumHash>,
) -> Result<HttpResponse, AppError> {
    let medium = app.read(move |conn| Medium::shown(conn, hash.as_str())).await?;
    medium.answer(&app, &request, "public, max-age=3600").await
}

/// What every page has around it.
pub struct Frame {
    pub language: Language,
    base: String,
    /// Without language and host
    path: String,
    demo: bool,
}

impl Frame {
    pub fn new(app: &App, language: Language, path: String) -> Self {
        Self { language, base: base(app), path, demo: app.config.demo }
    }

    pub fn address(&self, language: Language) -> String {
        format!("{}{}{}", self.base, language.prefix(), self.path)
    }

    fn list(&self, kind: PageKind, pages: &[ContentPage]) -> Result<Bytes, AppError> {
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
        let entries = pages.iter().map(|page| entry(l, page)).collect::<Result<Vec<_>, AppError>>()?;
        let main = html! {
            h1 { (title) }
            p.lead { (lead) }
            @if pages.is_empty() { p { (l.pick("暂无内容。", "Nothing here yet.")) } }
            @if !entries.is_empty() { ul.list { @for entry in &entries { (entry) } } }
            (self.to_app("/#/pages/map/index", l.pick("打开招商地图", "Open the investment map")))
        };
        Ok(self.whole(title, lead, &main, None))
    }

    fn page(&self, page: &ContentPage, units: &[Unit]) -> Result<Bytes, AppError> {
        let l = self.language;
        let (title, title_lang) = l.choose(&page.title, page.title_en.as_deref());
        let (summary, summary_lang) = l.choose(&page.summary, page.summary_en.as_deref());
        let (body, body_lang) = l.choose(&page.body_md, page.body_md_en.as_deref());
        let (steps, media, terms) = (page.steps()?, page.media()?, page.terms()?);
        let in_part = l == Language::En && body_lang.is_none() && !page.in_english()?;
        let app = format!("/#/packages/content/page/index?slug={}", page.slug);
        let main = html! {
            article {
                p.small { a href=(format!("{}/{}", l.prefix(), folder(page.kind))) { (heading(l, page.kind)) } }
                h1 lang=[title_lang] { (title) }
                p.lead lang=[summary_lang] { (summary) }
                @if page.demo { (demo_mark(l)) }
                @if body_lang.is_some() { p.small { "This page has not been translated yet." } }
                @if in_part { p.small { "Parts of this page have not been translated yet." } }
                div lang=[body_lang] { (PreEscaped(markdown::to_html(body))) }
                @for medium in &media { (figure(l, medium)) }
                @if !steps.is_empty() {
                    h2 { (l.pick("办理步骤", "Steps")) }
                    ol.steps { @for step in &steps { (step_item(l, step)) } }
                }
                @if let Some(terms) = &terms { (terms_of(l, terms, units)) }
                (provenance(l, page))
            }
            (self.to_app(&app, l.pick("在平台中打开", "Open in the app")))
        };
        let data = structured::of(page, l, &self.address(l), &steps)?;
        Ok(self.whole(title, summary, &main, Some(&data)))
    }

    /// What readers of a page that was taken down are told: that it was, when and why.
    fn withdrawn(&self, page: &ContentPage) -> Bytes {
        let l = self.language;
        let (title, lang) = l.choose(&page.title, page.title_en.as_deref());
        let main = html! {
            h1 { (l.pick("这一页已撤下", "This page was taken down")) }
            p.lead lang=[lang] { (title) }
            dl {
                @if let Some(day) = page.withdrawn_on {
                    dt { (l.pick("撤下日期", "Taken down on")) }
                    dd { (l.day(day)) }
                }
                @if let Some(reason) = &page.withdrawn_reason {
                    dt { (l.pick("撤下原因", "Reason")) }
                    dd lang="zh-CN" { (reason) }
                }
            }
            p { a href=(format!("{}/{}", l.prefix(), folder(page.kind))) { (heading(l, page.kind)) } }
        };
        self.document(title, title, &main, false, None)
    }

    pub fn missing(&self) -> Bytes {
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
        self.document(title, title, &main, false, None)
    }

    pub fn whole(&self, title: &str, description: &str, main: &Markup, data: Option<&str>) -> Bytes {
        self.document(title, description, main, true, data)
    }

    fn document(
        &self,
        title: &str,
        description: &str,
        main: &Markup,
        found: bool,
        data: Option<&str>,
    ) -> Bytes {
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
                    // Data for search engines; nothing in it runs.
                    @if let Some(data) = data { script type="application/ld+json" { (PreEscaped(data)) } }
                }
                body {
                    a.skip href="#content" { (l.pick("跳到正文", "Skip to the content")) }
                    (self.header(found))
                    main id="content" tabindex="-1" {
                        @if self.demo {
                            p.demo { (l.pick("演示环境：标有“示例”的内容均为虚构。", "Demonstration: whatever is marked as demo is invented.")) }
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
                    a href=(format!("{}/events", l.prefix())) aria-current=[(self.path == "/events").then_some("page")] { (l.pick("招商活动", "Events")) }
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

    pub fn to_app(&self, link: &str, label: &str) -> Markup {
        html! { p { a.do href=(link) { (label) } } }
    }
}

pub(super) const fn heading(l: Language, kind: PageKind) -> &'static str {
    match kind {
        PageKind::Guide => l.pick("投资指南", "Investment guides"),
        PageKind::Policy => l.pick("政策", "Policies"),
    }
}

pub fn demo_mark(l: Language) -> Markup {
    html! { p.demo { (l.pick("示例内容，仅供演示。", "Sample content, for demonstration only.")) } }
}

fn entry(l: Language, page: &ContentPage) -> Result<Markup, AppError> {
    let (title, title_lang) = l.choose(&page.title, page.title_en.as_deref());
    let (summary, summary_lang) = l.choose(&page.summary, page.summary_en.as_deref());
    let in_part = l == Language::En && !page.in_english()?;
    Ok(html! {
        li {
            a href=(format!("{}{}", l.prefix(), path_of(page))) lang=[title_lang] { (title) }
            p lang=[summary_lang] { (summary) }
            p.small {
                @if let Some(number) = &page.document_no { span lang="zh-CN" { (number) } " · " }
                (l.pick("更新于 ", "Updated ")) (l.day(page.updated_on))
                @if in_part { " · Not fully translated" }
            }
        }
    })
}

fn figure(l: Language, medium: &PageMedium) -> Markup {
    let (title, lang) = l.choose(medium.title.as_str(), medium.title_en.as_ref().map(Line::as_str));
    let (words, words_lang) = l.choose(medium.words.as_str(), medium.words_en.as_ref().map(Prose::as_str));
    let address = |hash: &Line<64>| format!("/media/{}", hash.as_str());
    html! {
        figure {
            @if medium.kind == MediumKind::Film {
                video controls preload="metadata" playsinline src=(address(&medium.sha256)) aria-label=(title) {
                    @if let Some(captions) = &medium.captions {
                        track kind="captions" srclang="zh-CN" label="中文" default src=(address(captions));
                    }
                    a href=(address(&medium.sha256)) { (title) }
                }
            } @else {
                img loading="lazy" src=(address(&medium.sha256)) alt=(words) lang=[words_lang];
            }
            figcaption {
                span lang=[lang] { (title) }
                @if medium.kind == MediumKind::Film {
                    details {
                        summary { (l.pick("影片内容的文字说明", "The film in words")) }
                        @for line in words.lines().filter(|line| !line.trim().is_empty()) {
                            p lang=[words_lang] { (line) }
                        }
                    }
                }
            }
        }
    }
}

fn step_item(l: Language, step: &Step) -> Markup {
    let (title, lang) = l.choose(step.title.as_str(), step.title_en.as_ref().map(Line::as_str));
    let documents: Vec<&str> = match l {
        Language::En if !step.documents_en.is_empty() => step.documents_en.iter().map(Line::as_str).collect(),
        _ => step.documents.iter().map(Line::as_str).collect(),
    };
    let owner = l.text(step.owner.as_str(), step.owner_en.as_ref().map(Line::as_str));
    let facts = [
        (
            l.pick("费用：", "Cost: "),
            step.cost.as_ref().map(Line::as_str),
            step.cost_en.as_ref().map(Line::as_str),
        ),
        (
            l.pick("依据：", "Basis: "),
            step.legal_basis.as_ref().map(Line::as_str),
            step.legal_basis_en.as_ref().map(Line::as_str),
        ),
        (
            l.pick("投诉：", "Complaints: "),
            step.complaint.as_ref().map(Line::as_str),
            step.complaint_en.as_ref().map(Line::as_str),
        ),
        ("", step.note.as_ref().map(Line::as_str), step.note_en.as_ref().map(Line::as_str)),
    ];
    html! {
        li {
            strong lang=[lang] { (title) }
            p.small {
                (l.pick("办理：", "By: ")) (owner)
                @if let Some(days) = step.days { (l.pick(" · 工作日：", " · working days: ")) (days) }
            }
            @if !documents.is_empty() {
                p.small { (l.pick("材料：", "Papers: ")) (documents.join(l.pick("；", "; "))) }
            }
            @for (label, zh, en) in facts {
                @if let Some(zh) = zh { p.small { (label) (l.text(zh, en)) } }
            }
        }
    }
}

/// Whom a policy is for and what it gives, each with the clause behind it.
fn terms_of(l: Language, terms: &PolicyTerms, units: &[Unit]) -> Markup {
    let clause = |zh: &Line<60>, en: Option<&Line<120>>| {
        let (text, lang) = l.choose(zh.as_str(), en.map(Line::as_str));
        html! { " " span.small lang=[lang] { (l.pick("（", "("))(text)(l.pick("）", ")")) } }
    };
    html! {
        h2 { (l.pick("适用条件", "Conditions")) }
        ul {
            li {
                (l.pick("有效期：", "In force: ")) (l.day(terms.from_on))
                @if let Some(day) = terms.to_on { (l.pick(" 至 ", " to ")) (l.day(day)) } @else { (l.pick(" 起", " onwards")) }
            }
            @for one in &terms.conditions {
                li {
                    (l.pick(one.aspect.zh(), one.aspect.en())) (l.pick("：", ": ")) (asks(l, one, units))
                    (clause(&one.clause, one.clause_en.as_ref()))
                }
            }
        }
        @if !terms.benefits.is_empty() {
            h2 { (l.pick("给予的支持", "What it gives")) }
            ul {
                @for one in &terms.benefits {
                    @let (name, lang) = l.choose(one.name.as_str(), one.name_en.as_ref().map(Line::as_str));
                    li {
                        span lang=[lang] { (name) } (clause(&one.clause, one.clause_en.as_ref()))
                        ul {
                            @for tier in &one.tiers { li { (gives(l, tier)) } }
                            @if let Some(cap) = one.cap_fen { li { (l.pick("最高 ", "At most ")) (money(l, cap)) } }
                        }
                        @if one.tiers.len() > 1 {
                            p.small { (l.pick("只按达到的最高一档计。", "Only the highest tier that is reached counts.")) }
                        }
                    }
                }
            }
        }
    }
}

/// The answers that meet a condition, in words.
fn asks(l: Language, condition: &PolicyCondition, units: &[Unit]) -> String {
    if let Some(least) = condition.at_least_fen {
        return format!("{}{}{}", l.pick("", "from "), money(l, least), l.pick("以上", ""));
    }
    let answer = |value: &Line<40>| {
        let value = value.as_str();
        let named = match condition.aspect {
            PolicyAspect::Industry => value.parse().ok().map(|one: Industry| l.pick(one.zh(), one.en())),
            PolicyAspect::Size => value.parse().ok().map(|one: EnterpriseScale| l.pick(one.zh(), one.en())),
            PolicyAspect::Origin => value.parse().ok().map(|one: CapitalOrigin| l.pick(one.zh(), one.en())),
            PolicyAspect::Place => {
                let unit = units.iter().find(|unit| unit.id == value);
                unit.map(|unit| l.text(&unit.name, Some(&unit.name_en)))
            }
            PolicyAspect::Period | PolicyAspect::Investment => None,
        };
        named.unwrap_or(value).to_owned()
    };
    condition.any_of.iter().map(answer).collect::<Vec<_>>().join(l.pick("、", ", "))
}

fn gives(l: Language, tier: &BenefitTier) -> String {
    let from = match (tier.from_fen, l) {
        (0, _) => l.pick("不限投资额", "Any investment").to_owned(),
        (fen, Language::Zh) => format!("投资额 {}以上", money(l, fen)),
        (fen, Language::En) => format!("Investment from {}", money(l, fen)),
    };
    let hundredths = tier.share_hundredths_percent;
    let percent = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    let share = match l {
        Language::Zh => format!("投资额的 {percent}%"),
        Language::En => format!("{percent}% of the investment"),
    };
    let fixed = (tier.fixed_fen > 0 || hundredths == 0).then(|| money(l, tier.fixed_fen));
    let both: Vec<String> = fixed.into_iter().chain((hundredths > 0).then_some(share)).collect();
    format!("{from}{}{}", l.pick("：", ": "), both.join(l.pick("，另加", " and ")))
}

/// 2 000 000 000 fen: 2000 万元, CNY 20 million
fn money(l: Language, fen: i64) -> String {
    let (one, places) = match l {
        Language::Zh => (1_000_000, 6),
        Language::En => (100_000_000, 8),
    };
    let number = format!("{}.{:0places$}", fen / one, fen % one);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    match l {
        Language::Zh => format!("{number} 万元"),
        Language::En => format!("CNY {number} million"),
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
    use super::{Language, gives, money};
    use crate::libraries::content::policy::BenefitTier;

    #[test]
    fn figures_are_written_whole_in_both_languages() {
        let said = |fen| [Language::Zh, Language::En].map(|l| money(l, fen));
        assert_eq!(said(2_000_000_000), ["2000 万元", "CNY 20 million"]);
        assert_eq!(said(0), ["0 万元", "CNY 0 million"]);
        assert_eq!(said(123_456_789), ["123.456789 万元", "CNY 1.23456789 million"]);
        let tier = BenefitTier { from_fen: 0, fixed_fen: 50_000_000, share_hundredths_percent: 1050 };
        assert_eq!(gives(Language::Zh, &tier), "不限投资额：50 万元，另加投资额的 10.5%");
        assert_eq!(
            gives(Language::En, &BenefitTier { from_fen: 100_000_000, fixed_fen: 0, ..tier }),
            "Investment from CNY 1 million: 10.5% of the investment"
        );
    }

    #[test]
    fn what_is_not_translated_says_that_it_is_chinese() {
        assert_eq!(Language::En.choose("指南", None), ("指南", Some("zh-CN")));
        assert_eq!(Language::En.choose("指南", Some("Guide")), ("Guide", None));
        assert_eq!(Language::Zh.choose("指南", Some("Guide")), ("指南", None));
    }
}
