//! Published gatherings as plain pages: read, printed, shared and found without the app and without a script.
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::app::App;
use crate::deals::gatherings::gathering::{Gathering, GatheringId, GatheringState, When};
use crate::deals::gatherings::plan::PlanGathering;
use crate::deals::gatherings::rules::GatheringPhase;
use crate::error::AppError;
use crate::libraries::content::{
    Frame, HTML, PageLanguage, XML, base, both_languages, demo_mark, embedded, reading, url_set,
};
use crate::libraries::map::Site;
use crate::people::units::Unit;
use crate::platform::calendar::{Matter, Standing};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::page::Paging;
use crate::platform::published;

const PRODUCT: &str = "-//palm investment platform//events//ZH";
const MOST: i64 = 100;

/// Addresses outside the API; everybody may read them.
pub fn pages(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(["/events", "/en/events"]).route(reading().to(show_list)))
        .service(web::resource("/events/sitemap.xml").route(reading().to(show_sitemap)))
        .service(web::resource("/events/{id}/calendar.ics").route(reading().to(show_calendar)))
        .service(web::resource(["/events/{id}", "/en/events/{id}"]).route(reading().to(show_page)));
}

/// A gathering with what its page says of it.
struct Shown {
    gathering: Gathering,
    plan: PlanGathering,
    unit: Unit,
    /// Those of its releases that are on the map
    sites: Vec<String>,
}

impl Shown {
    fn find(conn: &mut DbConn, id: &GatheringId) -> Result<Self, AppError> {
        let gathering = Gathering::public(conn, id)?;
        let plan = gathering.plan()?;
        let unit = Unit::find(conn, &gathering.unit_id)?.ok_or(AppError::NotFound)?;
        let sites = Site::named(conn, plan.site_ids())?.into_iter().map(|(site, _, _)| site.id).collect();
        Ok(Self { gathering, plan, unit, sites })
    }

    fn unit_name(&self, l: PageLanguage) -> &str {
        l.text(&self.unit.name, Some(&self.unit.name_en))
    }
}

fn at(id: &GatheringId) -> String {
    format!("/events/{id}")
}

const fn heading(l: PageLanguage) -> &'static str {
    l.pick("招商活动", "Events")
}

/// A moment as people here read it, and as programs do.
fn moment(l: PageLanguage, at: Time) -> Markup {
    let shown = at.in_china().format(l.pick("%Y年%-m月%-d日 %H:%M", "%-d %B %Y, %H:%M")).to_string();
    html! { time datetime=(instant(at)) { (shown) } }
}

fn instant(at: Time) -> String {
    at.in_china().format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

async fn show_list(app: App, request: HttpRequest) -> Result<HttpResponse, AppError> {
    let frame = Frame::new(&app, PageLanguage::of(&request), "/events".to_owned());
    let now = app.now();
    let (ahead, past) = app
        .read(move |conn| {
            let paging = Paging::new(Some(MOST), None);
            let mut of = |when| Gathering::list(conn, when, now, &paging).map(|page| page.items);
            Ok((of(When::Ahead)?, of(When::Past)?))
        })
        .await?;
    Ok(published::answer(&request, HTML, list(&frame, &ahead, &past)?))
}

fn list(frame: &Frame, ahead: &[Gathering], past: &[Gathering]) -> Result<Bytes, AppError> {
    let l = frame.language;
    let lead = l.pick(
        "推介会、对接会和线上活动，均可免费报名。",
        "Promotion events in halls and on line; registration is free.",
    );
    let entries = |all: &[Gathering]| all.iter().map(|one| entry(l, one)).collect::<Result<Vec<_>, _>>();
    let (ahead, past) = (entries(ahead)?, entries(past)?);
    let main = html! {
        h1 { (heading(l)) }
        p.lead { (lead) }
        @if ahead.is_empty() { p { (l.pick("近期没有活动。", "No event is planned.")) } }
        @if !ahead.is_empty() { ul.list { @for one in &ahead { (one) } } }
        @if !past.is_empty() {
            h2 { (l.pick("往期活动", "Past events")) }
            ul.list { @for one in &past { (one) } }
        }
        (frame.to_app("/#/packages/gatherings/list/index", l.pick("在平台中打开", "Open in the app")))
    };
    Ok(frame.whole(heading(l), lead, &main, None))
}

fn entry(l: PageLanguage, gathering: &Gathering) -> Result<Markup, AppError> {
    let plan = gathering.plan()?;
    let (title, lang) = l.choose(plan.title.as_str(), plan.title_en.as_ref().map(Line::as_str));
    let place = place(l, &plan);
    Ok(html! {
        li {
            a href=(format!("{}{}", l.prefix(), at(&gathering.id))) lang=[lang] { (title) }
            p.small {
                (moment(l, gathering.starts_at))
                @if let Some(place) = place { " · " (place) }
                @if gathering.state == GatheringState::Cancelled { " · " (l.pick("已取消", "Cancelled")) }
            }
        }
    })
}

fn place(l: PageLanguage, plan: &PlanGathering) -> Option<&str> {
    let place = plan.place.as_ref()?;
    Some(l.text(place.as_str(), plan.place_en.as_ref().map(Line::as_str)))
}

async fn show_page(app: App, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, AppError> {
    let id = id.into_inner();
    let frame = Frame::new(&app, PageLanguage::of(&request), format!("/events/{id}"));
    match found(&app, &id).await {
        Ok(shown) => Ok(published::answer(&request, HTML, page(&frame, &shown, app.now())?)),
        Err(AppError::NotFound) => {
            Ok(HttpResponse::NotFound().insert_header(ContentType::html()).body(frame.missing()))
        }
        Err(e) => Err(e),
    }
}

async fn found(app: &App, id: &str) -> Result<Shown, AppError> {
    let id: GatheringId = id.parse().map_err(|_| AppError::NotFound)?;
    app.read(move |conn| Shown::find(conn, &id)).await
}

fn page(frame: &Frame, shown: &Shown, now: Time) -> Result<Bytes, AppError> {
    let (l, plan, gathering) = (frame.language, &shown.plan, &shown.gathering);
    let (title, title_lang) = l.choose(plan.title.as_str(), plan.title_en.as_ref().map(Line::as_str));
    let (summary, summary_lang) =
        l.choose(plan.summary.as_str(), plan.summary_en.as_ref().map(|text| text.as_str()));
    let phase = gathering.standing().phase(now);
    let open = !matches!(phase, GatheringPhase::Ended | GatheringPhase::Cancelled);
    let id = &gathering.id;
    let main = html! {
        article {
            p.small { a href=(format!("{}/events", l.prefix())) { (heading(l)) } }
            h1 lang=[title_lang] { (title) }
            @if gathering.demo { (demo_mark(l)) }
            p { strong { (l.pick(phase.zh(), phase.en())) } }
            @if let Some(reason) = &gathering.cancel_reason {
                p { (l.pick("取消原因：", "Why it was cancelled: ")) span lang="zh-CN" { (reason) } }
            }
            @for paragraph in summary.lines().filter(|line| !line.trim().is_empty()) {
                p lang=[summary_lang] { (paragraph) }
            }
            (facts(l, shown))
            @if !plan.agenda.is_empty() {
                h2 { (l.pick("议程", "Agenda")) }
                ol.steps { @for point in &plan.agenda {
                    @let (what, lang) = l.choose(point.title.as_str(), point.title_en.as_ref().map(Line::as_str));
                    li {
                        strong lang=[lang] { (what) }
                        p.small {
                            (moment(l, point.at))
                            @if let Some(speaker) = &point.speaker {
                                " · " (l.text(speaker.as_str(), point.speaker_en.as_ref().map(Line::as_str)))
                            }
                        }
                    }
                } }
            }
            @if !plan.releases.is_empty() {
                h2 { (l.pick("发布项目", "Projects and sites released")) }
                ul { @for release in &plan.releases {
                    @let (what, lang) = l.choose(release.title.as_str(), release.title_en.as_ref().map(Line::as_str));
                    li lang=[lang] {
                        @if let Some(site) = release.site_id.as_ref().filter(|one| shown.sites.iter().any(|site| site == one.as_str())) {
                            a href=(format!("/#/packages/map/site/index?id={}", site.as_str())) { (what) }
                        } @else { (what) }
                    }
                } }
            }
        }
        @if open {
            (frame.to_app(&format!("/#/packages/gatherings/gathering/index?id={id}"), l.pick("查看名额并报名", "See what is left and register")))
            p { a href=(format!("/events/{id}/calendar.ics")) { (l.pick("加入日历（.ics）", "Add to calendar (.ics)")) } }
        } @else {
            (frame.to_app(&format!("/#/packages/gatherings/gathering/index?id={id}"), l.pick("在平台中打开", "Open in the app")))
        }
    };
    let data = embedded(&data(frame, shown, (title, summary), open))?;
    let lead = summary.lines().next().unwrap_or(title);
    Ok(frame.whole(title, lead, &main, Some(&data)))
}

fn facts(l: PageLanguage, shown: &Shown) -> Markup {
    let (plan, gathering) = (&shown.plan, &shown.gathering);
    html! {
        dl {
            dt { (l.pick("开始（北京时间）", "Begins (Beijing time)")) }
            dd { (moment(l, gathering.starts_at)) }
            dt { (l.pick("结束", "Ends")) }
            dd { (moment(l, gathering.ends_at)) }
            @if let Some(place) = place(l, plan) {
                dt { (l.pick("地点", "Place")) }
                dd { (place) }
            }
            @if plan.live_url.is_some() {
                dt { (l.pick("直播", "On line")) }
                dd { (l.pick("开始前 15 分钟起，可在平台中进入", "Opens in the app 15 minutes before the beginning")) }
            }
            dt { (l.pick("主办", "Held by")) }
            dd { (shown.unit_name(l)) }
            dt { (l.pick("报名截止", "Register until")) }
            dd { (moment(l, gathering.closes_at)) }
            dt { (l.pick("名额", "Places")) }
            dd { (gathering.capacity) }
            dt { (l.pick("联系人", "Contact")) }
            dd {
                span lang="zh-CN" { (plan.contact_name.as_str()) } " "
                a href=(format!("tel:{}", plan.contact_phone.as_str())) { (plan.contact_phone.as_str()) }
            }
        }
    }
}

/// The event for search engines (schema.org), with nothing that the page itself does not say.
fn data(frame: &Frame, shown: &Shown, (title, summary): (&str, &str), open: bool) -> Value {
    let (l, plan, gathering) = (frame.language, &shown.plan, &shown.gathering);
    let address = frame.address(l);
    let hall = place(l, plan).map(|place| json!({"@type": "Place", "name": place, "address": place}));
    let line = plan.live_url.as_ref().map(|_| json!({"@type": "VirtualLocation", "url": address}));
    let mode = match (&hall, &line) {
        (Some(_), Some(_)) => "Mixed",
        (None, Some(_)) => "Online",
        _ => "Offline",
    };
    let gone = gathering.state == GatheringState::Cancelled;
    let mut event = json!({
        "@context": "https://schema.org",
        "@type": "Event",
        "name": title,
        "description": summary,
        "url": address,
        "inLanguage": l.tag(),
        "startDate": instant(gathering.starts_at),
        "endDate": instant(gathering.ends_at),
        "eventStatus": format!("https://schema.org/Event{}", if gone { "Cancelled" } else { "Scheduled" }),
        "eventAttendanceMode": format!("https://schema.org/{mode}EventAttendanceMode"),
        "location": hall.into_iter().chain(line).collect::<Vec<_>>(),
        "organizer": {"@type": "GovernmentOrganization", "name": shown.unit_name(l)},
    });
    let speakers = plan.agenda.iter().filter_map(|point| {
        let speaker = point.speaker.as_ref()?;
        let name = l.text(speaker.as_str(), point.speaker_en.as_ref().map(Line::as_str));
        Some(json!({"@type": "Person", "name": name}))
    });
    let speakers: Vec<Value> = speakers.collect();
    if !speakers.is_empty() {
        event["performer"] = json!(speakers);
    }
    if open {
        event["offers"] = json!({
            "@type": "Offer", "price": "0", "priceCurrency": "CNY", "url": address,
            "validThrough": instant(gathering.closes_at),
        });
    }
    // Nobody should travel to an invented event.
    if gathering.demo {
        event["disambiguatingDescription"] = json!("Sample, invented");
    }
    event
}

async fn show_calendar(app: App, id: web::Path<String>) -> Result<HttpResponse, AppError> {
    let shown = found(&app, &id).await?;
    let link = format!("{}{}", base(&app), at(&shown.gathering.id));
    let text = matter(&shown).published(PRODUCT, &link, &app.config.organizer(), app.now());
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"event.ics\""))
        .body(text))
}

/// A later one replaces an earlier one, a cancelled one removes it.
fn matter(shown: &Shown) -> Matter {
    let (gathering, plan) = (&shown.gathering, &shown.plan);
    Matter {
        uid: format!("{}@gatherings.palm", gathering.id),
        sequence: gathering.version.unsigned_abs(),
        starts_at: gathering.starts_at,
        ends_at: gathering.ends_at,
        summary: plan.title.as_str().to_owned(),
        description: plan.summary.as_str().to_owned(),
        place: plan.place.as_ref().map(|place| place.as_str().to_owned()),
        organizer: shown.unit.name.clone(),
        standing: if gathering.state == GatheringState::Cancelled {
            Standing::Gone
        } else {
            Standing::Confirmed
        },
    }
}

async fn show_sitemap(app: App, request: HttpRequest) -> Result<HttpResponse, AppError> {
    let now = app.now();
    let all = app
        .read(move |conn| {
            let paging = Paging::new(Some(MOST), None);
            let mut of = |when| Gathering::list(conn, when, now, &paging).map(|page| page.items);
            Ok([of(When::Ahead)?, of(When::Past)?].concat())
        })
        .await?;
    let (base, mut entries) = (base(&app), String::new());
    both_languages(&mut entries, &base, "/events", None);
    for one in all {
        both_languages(&mut entries, &base, &at(&one.id), None);
    }
    Ok(published::answer(&request, XML, Bytes::from(url_set(&entries))))
}
