//! The search, over HTTP.
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::AppError;
use crate::openapi::ReadErrors;
use crate::people::auth::{Actor, Scope};
use crate::platform::clock::Time;
use crate::platform::input::within;
use crate::platform::page::{Page, Paging};
use crate::views::search::catalogue::Names;
use crate::views::search::current::current;
use crate::views::search::engine::entry::Asker;
use crate::views::search::engine::fit::{SearchReason, marks};
use crate::views::search::engine::index::{Group, Hit, Place, Wanted};
use crate::views::search::engine::text::{Question, text_of, walk};
use crate::views::search::kind::SearchKind;

const MOST: i64 = 50;
const FEW: i64 = 5;

/// By which list of its room each kind is read; the kinds that are not here are everybody's.
const LISTS: [(SearchKind, &str); 8] = [
    (SearchKind::Enterprise, "list_enterprises"),
    (SearchKind::Contact, "find_enterprise"),
    (SearchKind::Project, "list_projects"),
    (SearchKind::Lead, "list_leads"),
    (SearchKind::Talk, "list_bookings"),
    (SearchKind::Agreement, "list_agreements"),
    (SearchKind::Gathering, "list_gathering_desk"),
    (SearchKind::Person, "list_persons"),
];

pub fn routes(config: &mut ServiceConfig) {
    config.service(search_everything);
}

fn asker(actor: Option<&Actor>) -> Asker {
    let Some(actor) = actor else { return Asker::default() };
    let reach = LISTS.iter().filter_map(|(kind, operation)| {
        let scope = actor.doing(operation)?.scope();
        // The library is read whole by whoever may read it; only its contacts are each unit's own.
        Some((*kind, if *kind == SearchKind::Enterprise { Scope::Any } else { scope }))
    });
    Asker {
        account: Some(actor.id.to_string()),
        unit: actor.unit_id.clone(),
        task_forces: actor.task_forces.clone(),
        reach: reach.collect(),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchWish {
    /// Names, words, pinyin whole or in initials, codes, numbers; all of them must be found
    #[param(max_length = 60)]
    q: String,
    /// Only these kinds, parted by commas
    #[param(max_length = 200)]
    kinds: Option<String>,
    /// Finds of each kind, 5 when left out
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i64>,
    /// `next` of a group: gives the finds of that kind that come after
    #[param(max_length = 300)]
    cursor: Option<String>,
}

/// Characters of a title that answer the question.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchMark {
    from: usize,
    length: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchHit {
    kind: SearchKind,
    /// Of what it opens: of a contact the enterprise, of a page its slug
    id: String,
    title: String,
    title_en: Option<String>,
    /// In `title`, by characters
    marks: Vec<SearchMark>,
    /// In `title_en`
    marks_en: Vec<SearchMark>,
    reason: SearchReason,
    /// Its code or number
    number: Option<String>,
    detail: Option<String>,
    detail_en: Option<String>,
    unit_id: Option<String>,
    unit_name: Option<String>,
    unit_name_en: Option<String>,
    /// When it takes place
    at: Option<Time>,
    /// Not published yet
    draft: bool,
    demo: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchGroup {
    kind: SearchKind,
    /// All that fit and that the asker may see
    count: usize,
    items: Vec<SearchHit>,
    /// Give this as `cursor` for those that come after; absent when there are none
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchView {
    /// Nothing fits as it was typed; these fit but for one typing error
    forgiving: bool,
    groups: Vec<SearchGroup>,
}

/// Everything that the asker may see and that fits, by kind, the best first
#[utoipa::path(tag = "search", operation_id = "search_everything", params(SearchWish), responses((status = 200, body = SearchView), ReadErrors), security(()))]
#[get("/search")]
pub(super) async fn search_everything(
    app: App,
    actor: Option<Actor>,
    wish: web::Query<SearchWish>,
) -> Result<web::Json<SearchView>, AppError> {
    let wish = wish.into_inner();
    within("q", Some(&wish.q), 60)?;
    let limit = match wish.limit.unwrap_or(FEW) {
        n @ 1..=MOST => n,
        _ => return Err(AppError::field("limit", "input.range")),
    };
    let wanted = wanted(wish.kinds.as_deref(), limit, wish.cursor)?;
    let (question, asker) = (Question::of(&wish.q), asker(actor.as_ref()));
    let (index, names) = current(&app).await?;
    let found = index.look(|index| index.search(&question, &asker, &wanted));
    let view = |hit: Hit| view(&question, hit, found.forgiving, &names);
    let group = |group: Group| {
        let kind = group.kind;
        let page = Page::of(group.hits, limit, |hit| cursor(kind, &hit.place)).map(view);
        SearchGroup { kind, count: group.count, items: page.items, next: page.next }
    };
    Ok(web::Json(SearchView {
        forgiving: found.forgiving,
        groups: found.groups.into_iter().map(group).collect(),
    }))
}

fn cursor(kind: SearchKind, place: &Place) -> Vec<String> {
    vec![kind.to_string(), place.grade.to_string(), place.length.to_string(), place.key.clone()]
}

fn wanted(kinds: Option<&str>, limit: i64, cursor: Option<String>) -> Result<Wanted, AppError> {
    within("kinds", kinds, 200)?;
    // One more than is shown tells that there are more.
    let most = usize::try_from(limit + 1).unwrap_or_default();
    let refused = || AppError::field("cursor", "input.cursor");
    if let Some(parts) = Paging::new(None, cursor).after()? {
        let [kind, grade, length, key] = <[String; 4]>::try_from(parts).map_err(|_| refused())?;
        let place = Place {
            grade: grade.parse().map_err(|_| refused())?,
            length: length.parse().map_err(|_| refused())?,
            key,
        };
        let kind = kind.parse().map_err(|_| refused())?;
        return Ok(Wanted { kinds: vec![kind], most, after: Some(place) });
    }
    let given = kinds.map(str::trim).filter(|kinds| !kinds.is_empty());
    let kinds = match given {
        None => SearchKind::ALL.to_vec(),
        Some(kinds) => {
            let each = kinds.split(',').map(|kind| kind.trim().parse::<SearchKind>());
            each.collect::<Result<_, _>>().map_err(|_| AppError::field("kinds", "input.choice"))?
        }
    };
    Ok(Wanted { kinds, most, after: None })
}

fn view(question: &Question, hit: Hit, forgiving: bool, names: &Names) -> SearchHit {
    let entry = &hit.entry;
    let unit = entry.unit_id.as_ref().and_then(|unit| names.get(unit));
    SearchHit {
        kind: entry.kind,
        id: entry.id.clone(),
        marks: marked(question, &entry.title, forgiving),
        marks_en: entry.title_en.as_deref().map_or_else(Vec::new, |text| marked(question, text, forgiving)),
        title: entry.title.clone(),
        title_en: entry.title_en.clone(),
        reason: hit.grade.reason(),
        number: entry.codes.first().cloned(),
        detail: entry.detail.clone(),
        detail_en: entry.detail_en.clone(),
        unit_id: entry.unit_id.clone(),
        unit_name: unit.map(|(short, _)| short.clone()),
        unit_name_en: unit.map(|(_, en)| en.clone()),
        at: entry.at,
        draft: entry.kind == SearchKind::Gathering && !entry.audience.anybody,
        demo: entry.demo,
    }
}

/// From places among what counts of a text to places among its characters.
fn marked(question: &Question, text: &str, forgiving: bool) -> Vec<SearchMark> {
    let at: Vec<usize> = walk(text).map(|(at, _, _)| at).collect();
    let mark = |(from, length): (usize, usize)| {
        let (first, last) = (*at.get(from)?, *at.get((from + length).checked_sub(1)?)?);
        Some(SearchMark { from: first, length: last + 1 - first })
    };
    marks(question, &text_of(text), forgiving).into_iter().filter_map(mark).collect()
}
