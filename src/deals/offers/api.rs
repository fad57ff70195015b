//! Offers, over HTTP: made by officials, opened by whoever holds the link.
use actix_web::{HttpResponse, get, post, web};
use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::offers::events::OfferOpened;
use crate::deals::offers::offer::{self, Offer, OfferId, OfferState, OfferedSite};
use crate::deals::offers::reading;
use crate::error::AppError;
use crate::libraries::content::ContentPage;
use crate::libraries::map::{Site, SiteView};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::geo::Datum;
use crate::platform::input::{Line, Phone, Prose};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::platform::random;
use crate::platform::web::{Json, Nothing};

const MOST_DAYS: i64 = 90;
const MOST_SITES: usize = 6;
const MOST_POLICIES: usize = 8;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(open_offer)
        .service(report_reading)
        .service(make_offer)
        .service(list_offers)
        .service(find_offer)
        .service(relink_offer)
        .service(withdraw_offer);
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeOffer {
    /// The enterprise or person that it is for
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    investor_name: Line<80>,
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    greeting: Prose<1000>,
    #[schema(min_items = 1, max_items = 6)]
    sites: Vec<OfferedSite>,
    /// Slugs of published pages
    #[schema(value_type = Vec<String>, max_items = 8)]
    policies: Vec<Line<80>>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    contact_name: Line<40>,
    contact_phone: Phone,
    /// How long the link opens it
    #[schema(minimum = 1, maximum = 90)]
    days: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferSummary {
    id: OfferId,
    number: String,
    investor_name: String,
    state: OfferState,
    expires_at: Time,
    created_by_name: String,
    created_at: Time,
    demo: bool,
}

/// One part of an offer as it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    /// `greeting`, `site:{id}`, `policy:{slug}` or `contact`
    #[schema(max_length = 120)]
    part: String,
    name: Option<String>,
    name_en: Option<String>,
    /// Different visits in which it was on the screen
    visits: i64,
    first_at: Option<Time>,
    last_at: Option<Time>,
    /// In all visits together
    seconds: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    #[serde(flatten)]
    offer: OfferSummary,
    greeting: String,
    sites: Vec<OfferedSite>,
    policies: Vec<String>,
    contact_name: String,
    contact_phone: String,
    /// How often the link was opened, as the server saw
    openings: i64,
    /// As the page reported: a part counts when it was on the screen; whether somebody read it nobody knows
    parts: Vec<PartView>,
    withdrawn_at: Option<Time>,
    withdrawn_reason: Option<String>,
    /// The secret of the link, shown once
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl OfferSummary {
    fn new(offer: &Offer, now: Time) -> Self {
        Self {
            id: offer.id.clone(),
            number: offer.number.clone(),
            investor_name: offer.investor_name.clone(),
            state: offer.state_at(now),
            expires_at: offer.expires_at,
            created_by_name: offer.created_by_name.clone(),
            created_at: offer.created_at,
            demo: offer.demo,
        }
    }
}

fn view(conn: &mut DbConn, offer: &Offer, now: Time, token: Option<String>) -> Result<OfferView, AppError> {
    let read = reading::by_part(conn, &offer.id)?;
    let sites = offer.offered_sites()?;
    let ids = sites.iter().map(|site| site.site_id.as_str().to_owned()).collect();
    let named = Site::named(conn, ids)?;
    let policies = offer.policy_slugs()?;
    let mut pages = Vec::new();
    for slug in &policies {
        pages.extend(ContentPage::find(conn, slug)?);
    }
    let names = |part: &str| match part.split_once(':') {
        Some(("site", id)) => named
            .iter()
            .find(|(site, _, _)| site.id == id)
            .map(|(site, _, _)| (site.name.clone(), site.name_en.clone())),
        Some(("policy", slug)) => pages
            .iter()
            .find(|page| page.slug == slug)
            .map(|page| (page.title.clone(), page.title_en.clone())),
        _ => None,
    };
    let parts = offer
        .parts()?
        .into_iter()
        .map(|part| {
            let (name, name_en) = names(&part).map_or((None, None), |(zh, en)| (Some(zh), en));
            let seen = read.iter().find(|(known, ..)| *known == part);
            PartView {
                name,
                name_en,
                visits: seen.map_or(0, |seen| seen.1),
                first_at: seen.and_then(|seen| seen.2),
                last_at: seen.and_then(|seen| seen.3),
                seconds: seen.and_then(|seen| seen.4).unwrap_or(0),
                part,
            }
        })
        .collect();
    Ok(OfferView {
        offer: OfferSummary::new(offer, now),
        greeting: offer.greeting.clone(),
        sites,
        policies,
        contact_name: offer.contact_name.clone(),
        contact_phone: offer.contact_phone.clone(),
        openings: reading::visits(conn, &offer.id)?,
        parts,
        withdrawn_at: offer.withdrawn_at,
        withdrawn_reason: offer.withdrawn_reason.clone(),
        token,
    })
}

/// Make a page for a named investor; the answer holds the secret of its link, which is not shown again
#[utoipa::path(tag = "offers", operation_id = "make_offer", request_body = MakeOffer, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = OfferView), WriteErrors))]
#[post("/offers")]
pub(super) async fn make_offer(app: App, act: Act, body: Json<MakeOffer>) -> Result<HttpResponse, AppError> {
    check(&body.value)?;
    let (token, token_hash) = offer::fresh_token(&app);
    act.create(&app, body, move |tx, wish: &MakeOffer| {
        let unit_id = tx.actor.unit_id.clone().ok_or(AppError::NotFound)?;
        let ids: Vec<String> = wish.sites.iter().map(|site| site.site_id.as_str().to_owned()).collect();
        if Site::named(tx.conn, ids.clone())?.len() != ids.len() {
            return Err(AppError::field("sites", "input.choice"));
        }
        for slug in &wish.policies {
            ContentPage::find(tx.conn, slug.as_str())?
                .ok_or_else(|| AppError::field("policies", "input.choice"))?;
        }
        let offer = Offer {
            id: OfferId::fresh(),
            number: format!("YQ{}-{}", tx.now.day().format("%Y%m%d"), random::digits(6)),
            unit_id,
            investor_name: wish.investor_name.as_str().to_owned(),
            greeting: wish.greeting.as_str().to_owned(),
            sites: serde_json::to_string(&wish.sites).map_err(AppError::internal)?,
            policies: serde_json::to_string(&wish.policies).map_err(AppError::internal)?,
            contact_name: wish.contact_name.as_str().to_owned(),
            contact_phone: wish.contact_phone.as_str().to_owned(),
            token_hash: token_hash.clone(),
            demo: offer::is_demo(tx.conn, &tx.actor.id)?,
            state: OfferState::Open,
            expires_at: tx.now.plus(Duration::days(wish.days)),
            created_by: tx.actor.id.clone(),
            created_by_name: tx.actor.name.clone(),
            created_at: tx.now,
            withdrawn_by: None,
            withdrawn_at: None,
            withdrawn_reason: None,
        };
        offer.insert(tx.conn)?;
        tx.subject("offer", &offer.id);
        view(tx.conn, &offer, tx.now, Some(token.clone()))
    })
    .await
}

fn check(wish: &MakeOffer) -> Result<(), AppError> {
    if !(1..=MOST_DAYS).contains(&wish.days) {
        return Err(AppError::field("days", "input.range"));
    }
    let ids: std::collections::BTreeSet<&str> = wish.sites.iter().map(|site| site.site_id.as_str()).collect();
    if !(1..=MOST_SITES).contains(&wish.sites.len()) || ids.len() != wish.sites.len() {
        return Err(AppError::field("sites", "input.range"));
    }
    let slugs: std::collections::BTreeSet<&str> = wish.policies.iter().map(Line::as_str).collect();
    if wish.policies.len() > MOST_POLICIES || slugs.len() != wish.policies.len() {
        return Err(AppError::field("policies", "input.range"));
    }
    Ok(())
}

/// Offers of one's unit, newest first
#[utoipa::path(tag = "offers", operation_id = "list_offers", params(Paging), responses((status = 200, body = Page<OfferSummary>), ReadErrors))]
#[get("/offers")]
pub(super) async fn list_offers(
    app: App,
    actor: Actor,
    paging: web::Query<Paging>,
) -> Result<web::Json<Page<OfferSummary>>, AppError> {
    let now = app.now();
    let page = app.read(move |conn| Offer::list(conn, &actor, &paging)).await?;
    Ok(web::Json(page.map(|offer| OfferSummary::new(&offer, now))))
}

/// One offer, with what was read of it
#[utoipa::path(tag = "offers", operation_id = "find_offer", params(("id" = OfferId, Path)), responses((status = 200, body = OfferView), ReadErrors))]
#[get("/offers/{id}")]
pub(super) async fn find_offer(
    app: App,
    actor: Actor,
    id: web::Path<OfferId>,
) -> Result<web::Json<OfferView>, AppError> {
    let now = app.now();
    let view = app
        .read(move |conn| {
            let offer = Offer::find(conn, &actor, &id)?;
            view(conn, &offer, now, None)
        })
        .await?;
    Ok(web::Json(view))
}

/// Make another link; the one before no longer opens the page
#[utoipa::path(tag = "offers", operation_id = "relink_offer", request_body = Nothing, params(("id" = OfferId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = OfferView), WriteErrors))]
#[post("/offers/{id}/links")]
pub(super) async fn relink_offer(
    app: App,
    act: Act,
    id: web::Path<OfferId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let (token, hash) = offer::fresh_token(&app);
    act.create(&app, body, move |tx, _: &Nothing| {
        let offer = Offer::find(tx.conn, tx.actor, &id)?;
        offer.relink(tx.conn, &hash)?;
        tx.subject("offer", &offer.id);
        view(tx.conn, &offer, tx.now, Some(token.clone()))
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawOffer {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Withdraw an offer: from now on its link opens nothing
#[utoipa::path(tag = "offers", operation_id = "withdraw_offer", request_body = WithdrawOffer, params(("id" = OfferId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = OfferView), WriteErrors))]
#[post("/offers/{id}/withdrawals")]
pub(super) async fn withdraw_offer(
    app: App,
    act: Act,
    id: web::Path<OfferId>,
    body: Json<WithdrawOffer>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, wish: &WithdrawOffer| {
        Offer::find(tx.conn, tx.actor, &id)?.withdraw(tx.conn, tx.actor, tx.now, wish.reason.as_str())?;
        tx.subject("offer", &*id);
        tx.detail(wish.reason.as_str());
        let offer = Offer::find(tx.conn, tx.actor, &id)?;
        view(tx.conn, &offer, tx.now, None)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenOffer {
    /// The secret of the link
    #[schema(value_type = String, min_length = 20, max_length = 64)]
    token: Line<64>,
    /// Chosen by the page for this visit
    #[schema(value_type = String, min_length = 8, max_length = 40)]
    visit_id: Line<40>,
}

/// A policy or guide of an offer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferedPolicy {
    slug: String,
    title: String,
    title_en: Option<String>,
    summary: String,
    summary_en: Option<String>,
    document_no: Option<String>,
    published_on: NaiveDate,
}

/// A site of an offer as the investor sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownSite {
    site: SiteView,
    note: Option<String>,
}

/// The page as the investor sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferPage {
    number: String,
    unit_name: String,
    unit_name_en: String,
    investor_name: String,
    greeting: String,
    /// Those that are still on the map, in the order of the offer
    sites: Vec<ShownSite>,
    policies: Vec<OfferedPolicy>,
    contact_name: String,
    contact_phone: String,
    created_at: Time,
    expires_at: Time,
    /// Of every longitude and latitude in this answer
    datum: Datum,
    demo: bool,
}

/// Open the page by its link; needs no account. The maker is told the first time
#[utoipa::path(tag = "offers", operation_id = "open_offer", request_body = OpenOffer, responses((status = 200, body = OfferPage), WriteErrors), security(()))]
#[post("/offers/openings")]
pub(super) async fn open_offer(app: App, body: Json<OpenOffer>) -> Result<HttpResponse, AppError> {
    let (now, wish) = (app.now(), body.value);
    let hash = offer::hash_of(&app, wish.token.as_str());
    let (page, first) = app
        .db
        .write(move |conn| {
            let offer = Offer::opened_by(conn, &hash, now)?;
            let first = reading::visits(conn, &offer.id)? == 0;
            reading::keep(conn, &offer.id, wish.visit_id.as_str(), (reading::OPENED, 0), now)?;
            if first {
                outbox::emit(conn, &OfferOpened::of(&offer), now)?;
            }
            Ok((page(conn, &offer, now.day())?, first))
        })
        .await?;
    if first {
        app.fan_out.publish(outbox::TOPIC, "").await;
    }
    Ok(HttpResponse::Ok().json(page))
}

fn page(conn: &mut DbConn, offer: &Offer, today: NaiveDate) -> Result<OfferPage, AppError> {
    let unit = Unit::find(conn, &offer.unit_id)?.ok_or(AppError::NotFound)?;
    let offered = offer.offered_sites()?;
    let ids: Vec<String> = offered.iter().map(|site| site.site_id.as_str().to_owned()).collect();
    let note = |id: &str| {
        let site = offered.iter().find(|site| site.site_id.as_str() == id)?;
        site.note.as_ref().map(|note| note.as_str().to_owned())
    };
    let sites = SiteView::all(conn, &ids, Datum::Gcj02, today)?
        .into_iter()
        .map(|site| ShownSite { note: note(site.id()), site })
        .collect();
    let mut policies = Vec::new();
    for slug in offer.policy_slugs()? {
        if let Some(page) = ContentPage::find(conn, &slug)? {
            policies.push(OfferedPolicy {
                slug: page.slug,
                title: page.title,
                title_en: page.title_en,
                summary: page.summary,
                summary_en: page.summary_en,
                document_no: page.document_no,
                published_on: page.published_on,
            });
        }
    }
    Ok(OfferPage {
        number: offer.number.clone(),
        unit_name: unit.name,
        unit_name_en: unit.name_en,
        investor_name: offer.investor_name.clone(),
        greeting: offer.greeting.clone(),
        sites,
        policies,
        contact_name: offer.contact_name.clone(),
        contact_phone: offer.contact_phone.clone(),
        created_at: offer.created_at,
        expires_at: offer.expires_at,
        datum: Datum::Gcj02,
        demo: offer.demo,
    })
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportReading {
    #[schema(value_type = String, min_length = 20, max_length = 64)]
    token: Line<64>,
    #[schema(value_type = String, min_length = 8, max_length = 40)]
    visit_id: Line<40>,
    /// One of the page's parts
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    part: Line<120>,
    /// How long it was on the screen in this visit so far
    #[schema(minimum = 0, maximum = 3600)]
    seconds: i32,
}

/// What the page reports of the reading; needs no account
#[utoipa::path(tag = "offers", operation_id = "report_reading", request_body = ReportReading, responses((status = 204), WriteErrors), security(()))]
#[post("/offers/readings")]
pub(super) async fn report_reading(app: App, body: Json<ReportReading>) -> Result<HttpResponse, AppError> {
    let (now, wish) = (app.now(), body.value);
    if !(0..=3600).contains(&wish.seconds) {
        return Err(AppError::field("seconds", "input.range"));
    }
    let hash = offer::hash_of(&app, wish.token.as_str());
    app.db
        .write(move |conn| {
            let offer = Offer::opened_by(conn, &hash, now)?;
            let part = wish.part.as_str();
            if !offer.parts()?.iter().any(|known| known == part) {
                return Err(AppError::field("part", "input.choice"));
            }
            reading::keep(conn, &offer.id, wish.visit_id.as_str(), (part, wish.seconds), now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
