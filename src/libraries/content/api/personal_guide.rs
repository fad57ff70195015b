//! A personal guide from five answers: the steps, policies and sites that concern an investor, on screen and on paper.
use std::sync::LazyLock;

use actix_web::{HttpResponse, get, http::header, web};
use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::{AppError, TOO_MANY};
use crate::libraries::content::api::matching::{PolicyMatch, PolicyMatches};
use crate::libraries::content::page::{ContentPage, PageKind, Step};
use crate::libraries::content::policy::{CapitalOrigin, Plan, PolicyAspect, SiteNeed};
use crate::libraries::content::rules::{MOST_FEN, concerns};
use crate::libraries::enterprises::EnterpriseScale;
use crate::libraries::industry::Industry;
use crate::libraries::map::{PdfBytes, SiteKind, SiteSummary, code, free_sites};
use crate::openapi::ReadErrors;
use crate::people::auth::Circumstances;
use crate::people::units::{Unit, UnitDuty, UnitKind};
use crate::platform::geo::Datum;
use crate::platform::hash_chain::{canonical, sha256_hex};
use crate::platform::input::within;
use crate::platform::language::Language;
use crate::platform::pdf::{self, PaperEngine, Sheet};
use crate::platform::published;
use crate::platform::rate_limit::Limiter;

const TEMPLATE: &str = include_str!("../paper/personal_guide.typ");
/// Sites that a guide names; the map has the others.
const NAMED: i64 = 5;
/// Setting paper takes the better part of a second of one core: fewer a minute than of other answers.
static GUIDES: LazyLock<Limiter> = LazyLock::new(|| Limiter::per_minute(12));

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvestorAnswers {
    origin: CapitalOrigin,
    industry: Industry,
    #[param(minimum = 0, maximum = 1000000000000000i64)]
    investment_fen: i64,
    /// The county where it would stand
    #[param(max_length = 40, example = "430922")]
    unit_id: String,
    need: SiteNeed,
    /// May be left open
    size: Option<EnterpriseScale>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PrintedAnswers {
    origin: CapitalOrigin,
    industry: Industry,
    #[param(minimum = 0, maximum = 1000000000000000i64)]
    investment_fen: i64,
    /// The county where it would stand
    #[param(max_length = 40, example = "430922")]
    unit_id: String,
    need: SiteNeed,
    /// May be left open
    size: Option<EnterpriseScale>,
    /// `zh` when left out
    #[param(inline)]
    language: Option<Language>,
}

/// What concerns one investor. What nobody has published stays empty.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalGuide {
    /// The day for which this holds
    as_of: NaiveDate,
    unit: GuideUnit,
    /// Parks of the unit
    parks: Vec<GuideUnit>,
    /// Whom to ask when the unit does not know
    coordinator: Option<GuideUnit>,
    /// The guides whose steps concern the investor, in the editors' order
    parts: Vec<GuidePart>,
    /// Policies whose every condition is met
    policies: Vec<PolicyMatch>,
    /// Those that hang on the size, which was left open
    depending: Vec<PolicyMatch>,
    /// Policies that are kept as text alone and can only be read
    unreckoned: usize,
    /// What kind of site is needed; absent where the map keeps none
    site_kind: Option<SiteKind>,
    /// Whether the sites are meant for the industry; otherwise they are the unit's others
    sites_for_industry: bool,
    #[schema(max_items = 5)]
    sites: Vec<SiteSummary>,
    /// Sites that fit, also those not named here
    site_total: u64,
    /// Of every longitude and latitude in this answer
    datum: Datum,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GuideUnit {
    id: String,
    name: String,
    name_en: String,
}

/// A guide with those of its steps that concern the investor.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuidePart {
    slug: String,
    title: String,
    title_en: Option<String>,
    steps: Vec<Step>,
    source: String,
    source_en: Option<String>,
    source_url: Option<String>,
    source_on: NaiveDate,
    updated_on: NaiveDate,
    demo: bool,
}

impl From<Unit> for GuideUnit {
    fn from(unit: Unit) -> Self {
        Self { id: unit.id, name: unit.name, name_en: unit.name_en }
    }
}

impl PrintedAnswers {
    fn answers(self) -> (InvestorAnswers, Language) {
        let Self { origin, industry, investment_fen, unit_id, need, size, language } = self;
        let answers = InvestorAnswers { origin, industry, investment_fen, unit_id, need, size };
        (answers, language.unwrap_or(Language::Zh))
    }
}

impl GuidePart {
    /// Nothing when no step of the page concerns the investor.
    fn of(page: ContentPage, answers: &InvestorAnswers) -> Result<Option<Self>, AppError> {
        let mut steps = page.steps()?;
        steps.retain(|step| concerns(step, answers.origin, answers.need));
        Ok((!steps.is_empty()).then_some(Self {
            steps,
            slug: page.slug,
            title: page.title,
            title_en: page.title_en,
            source: page.source,
            source_en: page.source_en,
            source_url: page.source_url,
            source_on: page.source_on,
            updated_on: page.updated_on,
            demo: page.demo,
        }))
    }
}

impl InvestorAnswers {
    fn check(&self) -> Result<(), AppError> {
        within("unit_id", Some(&self.unit_id), 40)?;
        if (0..=MOST_FEN).contains(&self.investment_fen) {
            Ok(())
        } else {
            Err(AppError::field("investment_fen", "input.range"))
        }
    }

    fn site_kind(&self) -> Option<SiteKind> {
        match self.need {
            SiteNeed::Land => Some(SiteKind::Parcel),
            SiteNeed::Factory => Some(SiteKind::FactoryBuilding),
            SiteNeed::Office => None,
        }
    }

    async fn guide(&self, app: &App) -> Result<PersonalGuide, AppError> {
        self.check()?;
        let place = self.unit_id.clone();
        let (units, pages) = app
            .read(move |conn| {
                let units = Unit::all(conn)?;
                let county = |unit: &Unit| unit.id == place && unit.kind == UnitKind::County;
                if !units.iter().any(county) {
                    return Err(AppError::field("unit_id", "input.choice"));
                }
                Ok((units, ContentPage::all(conn, None)?))
            })
            .await?;
        let today = app.now().day();
        let (guides, policies): (Vec<_>, Vec<_>) =
            pages.into_iter().partition(|page| page.kind == PageKind::Guide);
        let mut parts = Vec::new();
        for page in guides.into_iter().filter(|page| page.in_personal_guide) {
            parts.extend(GuidePart::of(page, self)?);
        }
        let plan = Plan {
            industry: self.industry,
            investment_fen: self.investment_fen,
            unit_id: self.unit_id.clone(),
            size: self.size,
            origin: self.origin,
        };
        let matches = PolicyMatches::of(policies, &plan, today)?;
        let open = |one: &PolicyMatch| self.size.is_none() && one.hangs_on(PolicyAspect::Size);
        let depending = matches.failing.into_iter().filter(open).collect();
        let (sites, site_total, sites_for_industry) = self.sites(app).await?;
        let mut guide = PersonalGuide {
            as_of: today,
            unit: GuideUnit { id: self.unit_id.clone(), name: String::new(), name_en: String::new() },
            parks: Vec::new(),
            coordinator: None,
            parts,
            policies: matches.applying,
            depending,
            unreckoned: matches.unreckoned,
            site_kind: self.site_kind(),
            sites_for_industry,
            sites,
            site_total,
            datum: Datum::Gcj02,
        };
        for unit in units {
            if unit.id == self.unit_id {
                guide.unit = unit.into();
            } else if unit.kind == UnitKind::Park && unit.parent_id.as_ref() == Some(&self.unit_id) {
                guide.parks.push(unit.into());
            } else if unit.duty == UnitDuty::Coordinator {
                guide.coordinator = Some(unit.into());
            }
        }
        Ok(guide)
    }

    /// Those for the industry, or else the unit's others.
    async fn sites(&self, app: &App) -> Result<(Vec<SiteSummary>, u64, bool), AppError> {
        let Some(kind) = self.site_kind() else { return Ok((Vec::new(), 0, false)) };
        let (sites, total) = free_sites(app, &self.unit_id, kind, Some(self.industry), NAMED).await?;
        if total > 0 {
            return Ok((sites, total, true));
        }
        let (sites, total) = free_sites(app, &self.unit_id, kind, None, NAMED).await?;
        Ok((sites, total, false))
    }

    /// What brings these answers back in the app.
    fn link(&self, app: &App) -> String {
        let base = app.config.public_url.trim_end_matches('/');
        let mut query = format!(
            "origin={}&industry={}&investment_fen={}&unit_id={}&need={}",
            self.origin, self.industry, self.investment_fen, self.unit_id, self.need
        );
        query.push_str(&self.size.map(|size| format!("&size={size}")).unwrap_or_default());
        format!("{base}/#/packages/content/my-guide/index?{query}")
    }

    /// The answers in words, each with its question.
    fn said(&self, unit: &GuideUnit, english: bool) -> Vec<(&'static str, String)> {
        let word = |zh: &'static str, en: &'static str| if english { en } else { zh };
        let yuan = self.investment_fen / 100;
        let money = if english { format!("CNY {yuan}") } else { format!("{yuan} 元") };
        let mut said = vec![
            (word("投资方", "Capital"), word(self.origin.zh(), self.origin.en()).to_owned()),
            (word("产业", "Industry"), word(self.industry.zh(), self.industry.en()).to_owned()),
            (word("计划投资", "Investment"), money),
            (word("意向区县", "County"), if english { unit.name_en.clone() } else { unit.name.clone() }),
            (word("需要", "Needs"), word(self.need.zh(), self.need.en()).to_owned()),
        ];
        if let Some(size) = self.size {
            said.push((word("企业规模", "Size"), word(size.zh(), size.en()).to_owned()));
        }
        said
    }
}

/// What concerns an investor, from five answers: steps in order, policies with figures, sites, whom to ask
#[utoipa::path(tag = "content", operation_id = "show_personal_guide", params(InvestorAnswers), responses((status = 200, body = PersonalGuide), ReadErrors), security(()))]
#[get("/content/personal-guide")]
pub(super) async fn show_personal_guide(
    app: App,
    answers: web::Query<InvestorAnswers>,
) -> Result<web::Json<PersonalGuide>, AppError> {
    answers.guide(&app).await.map(web::Json)
}

/// The same on paper, with a code that brings the answers back
#[utoipa::path(tag = "content", operation_id = "print_personal_guide", params(PrintedAnswers), responses((status = 200, body = PdfBytes, content_type = "application/pdf"), ReadErrors), security(()))]
#[get("/content/personal-guide/paper")]
pub(super) async fn print_personal_guide(
    app: App,
    circumstances: Circumstances,
    asked: web::Query<PrintedAnswers>,
) -> Result<HttpResponse, AppError> {
    let (answers, language) = asked.into_inner().answers();
    answers.check()?;
    let who = circumstances.address.unwrap_or_default();
    GUIDES.check(&who).map_err(|retry_after| AppError::TooMany { code: &TOO_MANY, retry_after })?;
    let guide = answers.guide(&app).await?;
    let date = guide.as_of;
    let (data, number, link) = sheet(&app, &answers, &guide, language == Language::En)?;
    let picture = code(&link)?;
    let paper = app.paper.engine()?;
    let house = app.clone();
    let pdf = published::kept(&app.cache, &format!("content:personal-guide:{number}"), async move {
        house.paper.work(move || print(&paper, &data, &picture, date).map(Bytes::from)).await
    })
    .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{number}.pdf\"")))
        .body(pdf))
}

/// What the template reads, the paper's number, and the link on it; the same guide has the same number and bytes.
fn sheet(
    app: &App,
    answers: &InvestorAnswers,
    guide: &PersonalGuide,
    english: bool,
) -> Result<(Value, String, String), AppError> {
    let link = answers.link(app);
    let invented = guide.parts.iter().any(|part| part.demo) || guide.policies.iter().any(|one| one.demo);
    let guide_json = serde_json::to_value(guide).map_err(AppError::internal)?;
    let demo_sites =
        guide_json["sites"].as_array().is_some_and(|all| all.iter().any(|one| one["demo"] == true));
    let labels = |terms: &[(&'static str, &'static str, &'static str)]| -> Value {
        terms
            .iter()
            .map(|(value, zh, en)| ((*value).to_owned(), json!(if english { en } else { zh })))
            .collect()
    };
    let mut data = json!({
        "english": english,
        "answers": answers.said(&guide.unit, english),
        "guide": guide_json,
        "kinds": labels(SiteKind::TERMS.labels),
        "demo": invented || demo_sites,
        "link": link,
    });
    let hash = sha256_hex(canonical(&json!(data.to_string())));
    let day = guide.as_of.format("%Y%m%d");
    let number = format!("ZN{day}-{}", hash.chars().take(8).collect::<String>().to_uppercase());
    data["number"] = json!(number);
    Ok((data, number, link))
}

fn print(engine: &PaperEngine, data: &Value, picture: &str, date: NaiveDate) -> Result<Vec<u8>, AppError> {
    let files: [(&'static str, &[u8]); 1] = [("/code.svg", picture.as_bytes())];
    let sheet = Sheet { template: TEMPLATE, data, files: &files, date, tagged: true };
    Ok(pdf::set(engine, &sheet)?.pdf)
}
