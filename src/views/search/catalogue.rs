//! What stands in the rooms' tables, as entries of the search: titles, names and numbers, and who may see each.
//!
//! No phone is read here, nor anything else that the rooms mask. An audience repeats the rule of its room's list.
use std::collections::HashMap;

use diesel::prelude::*;

use crate::deals::talks::BookingState;
use crate::error::AppError;
use crate::libraries::content::PageKind;
use crate::libraries::map::SiteKind;
use crate::people::auth::TaskForce;
use crate::people::units::UnitKind;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{
    agreement_parties, agreements, auth_accounts, content_pages, enterprise_contacts, enterprises,
    gatherings, leads, map_sites, projects, talk_booking_hosts, talk_bookings, units,
};
use crate::views::search::engine::entry::{Audience, Entry};
use crate::views::search::kind::SearchKind;

/// The short and the English name of each unit.
pub type Names = HashMap<String, (String, String)>;

/// The tables that hold something to be found, as `search_changes` names them.
pub const SOURCES: [&str; 11] = [
    ENTERPRISES,
    CONTACTS,
    "map_sites",
    "content_pages",
    "projects",
    "leads",
    "talk_bookings",
    "agreements",
    "gatherings",
    "auth_accounts",
    UNITS,
];
pub const ENTERPRISES: &str = "enterprises";
pub const CONTACTS: &str = "enterprise_contacts";
/// Their names stand in entries of every other kind.
pub const UNITS: &str = "units";

pub fn key(source: &str, id: &str) -> String {
    format!("{source}/{id}")
}

pub fn names(conn: &mut DbConn) -> Result<Names, AppError> {
    let rows: Vec<(String, String, String)> =
        units::table.select((units::id, units::short_name, units::name_en)).load(conn)?;
    Ok(rows.into_iter().map(|(id, short, en)| (id, (short, en))).collect())
}

/// The entries of one table; of all its rows, or of these.
pub fn entries(
    conn: &mut DbConn,
    names: &Names,
    source: &str,
    ids: Option<&[String]>,
) -> Result<Vec<Entry>, AppError> {
    match source {
        ENTERPRISES => of_enterprises(conn, ids),
        CONTACTS => of_contacts(conn, ids),
        "map_sites" => of_sites(conn, names, ids),
        "content_pages" => of_pages(conn, ids),
        "projects" => of_projects(conn, names, ids),
        "leads" => of_leads(conn, ids),
        "talk_bookings" => of_talks(conn, names, ids),
        "agreements" => of_agreements(conn, names, ids),
        "gatherings" => of_gatherings(conn, names, ids),
        "auth_accounts" => of_persons(conn, names, ids),
        UNITS => of_units(conn, ids),
        other => Err(AppError::internal(format!("{other} holds nothing to be found"))),
    }
}

/// The contacts of these enterprises, whose entries hold the enterprise's name.
pub fn contacts_of(conn: &mut DbConn, enterprises: &[String]) -> Result<Vec<String>, AppError> {
    use enterprise_contacts as t;
    Ok(t::table.filter(t::enterprise_id.eq_any(enterprises.to_vec())).select(t::id).load(conn)?)
}

impl Entry {
    fn new(source: &str, kind: SearchKind, id: String, title: String) -> Self {
        Self {
            key: key(source, &id),
            kind,
            id,
            title,
            title_en: None,
            aliases: Vec::new(),
            words: Vec::new(),
            codes: Vec::new(),
            detail: None,
            detail_en: None,
            unit_id: None,
            at: None,
            demo: false,
            audience: Audience::default(),
        }
    }
}

/// Only what is asked for by name; `$ids` is `None` for all.
macro_rules! these {
    ($query:expr, $id:expr, $ids:expr) => {{
        let mut query = $query.into_boxed();
        if let Some(ids) = $ids {
            query = query.filter($id.eq_any(ids.to_vec()));
        }
        query
    }};
}

fn named(names: &Names, unit: Option<&str>) -> Vec<String> {
    let name = unit.and_then(|unit| names.get(unit));
    name.map_or_else(Vec::new, |(short, en)| vec![short.clone(), en.clone()])
}

fn everybody() -> Audience {
    Audience { anybody: true, ..Audience::default() }
}

/// Together, without those that are missing.
fn joined(parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { None } else { Some(parts.join(" · ")) }
}

fn of_enterprises(conn: &mut DbConn, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use enterprises as t;
    type Row = (String, String, Option<String>, String, Option<String>, Option<String>, bool);
    let rows: Vec<Row> = these!(t::table.filter(t::merged_into.is_null()), t::id, ids)
        .select((t::id, t::name, t::credit_code, t::name_key, t::chain_link, t::region, t::demo))
        .load(conn)?;
    let entry = |(id, name, code, name_key, link, region, demo): Row| {
        let mut entry = Entry::new(ENTERPRISES, SearchKind::Enterprise, id, name);
        entry.aliases = vec![name_key];
        entry.words = region.iter().chain(&link).cloned().collect();
        entry.codes = code.into_iter().collect();
        entry.detail = joined([region, link]);
        entry.demo = demo;
        // Whoever may read the library reads all of it.
        entry.audience = Audience { all: true, ..Audience::default() };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// By name alone, and by the people of the unit that knows the person.
fn of_contacts(conn: &mut DbConn, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use enterprise_contacts as t;
    type Row = (String, String, Option<String>, String, Option<String>, String, String, bool);
    let present = t::table.inner_join(enterprises::table.on(enterprises::id.eq(t::enterprise_id)));
    let rows: Vec<Row> = these!(present.filter(t::removed_at.is_null()), t::id, ids)
        .select((
            t::id,
            t::enterprise_id,
            t::unit_id,
            t::name,
            t::title,
            t::added_by,
            enterprises::name,
            enterprises::demo,
        ))
        .load(conn)?;
    let entry = |(id, enterprise, unit, name, title, added_by, enterprise_name, demo): Row| {
        let mut entry = Entry::new(CONTACTS, SearchKind::Contact, id, name);
        entry.id = enterprise;
        entry.words = std::iter::once(enterprise_name.clone()).chain(title.clone()).collect();
        entry.detail = joined([Some(enterprise_name), title]);
        entry.unit_id.clone_from(&unit);
        entry.demo = demo;
        entry.audience = Audience {
            all: true,
            units: unit.into_iter().collect(),
            people: vec![added_by],
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

fn of_sites(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use map_sites as t;
    type Row = (String, SiteKind, String, Option<String>, String, Option<String>, String, bool);
    let rows: Vec<Row> = these!(t::table, t::id, ids)
        .select((t::id, t::kind, t::unit_id, t::park_id, t::name, t::name_en, t::former_names, t::demo))
        .load(conn)?;
    let entry = |(id, kind, unit, park, name, name_en, former, demo): Row| {
        let mut entry = Entry::new("map_sites", SearchKind::Site, id, name);
        entry.title_en = name_en;
        entry.aliases = serde_json::from_str(&former).unwrap_or_default();
        entry.words = named(names, Some(&unit));
        entry.words.extend(named(names, park.as_deref().filter(|park| *park != unit)));
        entry.words.extend([kind.zh().to_owned(), kind.en().to_owned()]);
        entry.detail = Some(kind.zh().to_owned());
        entry.detail_en = Some(kind.en().to_owned());
        entry.unit_id = Some(unit);
        entry.demo = demo;
        entry.audience = everybody();
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(Queryable)]
struct PageRow {
    slug: String,
    kind: PageKind,
    title: String,
    title_en: Option<String>,
    summary: String,
    summary_en: Option<String>,
    steps: String,
    document_no: Option<String>,
    issuer: Option<String>,
    issuer_en: Option<String>,
    demo: bool,
}

#[derive(serde::Deserialize)]
struct StepTitle {
    title: String,
    title_en: Option<String>,
}

fn of_pages(conn: &mut DbConn, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use content_pages as t;
    let rows: Vec<PageRow> = these!(t::table, t::slug, ids)
        .select((
            t::slug,
            t::kind,
            t::title,
            t::title_en,
            t::summary,
            t::summary_en,
            t::steps,
            t::document_no,
            t::issuer,
            t::issuer_en,
            t::demo,
        ))
        .load(conn)?;
    let entry = |page: PageRow| {
        let kind = match page.kind {
            PageKind::Guide => SearchKind::Guide,
            PageKind::Policy => SearchKind::Policy,
        };
        let mut entry = Entry::new("content_pages", kind, page.slug, page.title);
        entry.title_en = page.title_en;
        let steps: Vec<StepTitle> = serde_json::from_str(&page.steps).unwrap_or_default();
        let said = [
            page.document_no,
            page.issuer,
            page.issuer_en,
            Some(page.summary.clone()),
            page.summary_en.clone(),
        ];
        entry.words = said.into_iter().flatten().collect();
        entry
            .words
            .extend(steps.into_iter().flat_map(|step| std::iter::once(step.title).chain(step.title_en)));
        entry.detail = Some(page.summary);
        entry.detail_en = page.summary_en;
        entry.demo = page.demo;
        entry.audience = everybody();
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(Queryable)]
struct ProjectRow {
    id: String,
    number: String,
    name: String,
    enterprise_name: String,
    credit_code: Option<String>,
    unit_id: String,
    site_name: Option<String>,
    investor_id: Option<String>,
    investor_name: Option<String>,
    opened_by: String,
}

fn of_projects(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use projects as t;
    let rows: Vec<ProjectRow> = these!(t::table, t::id, ids)
        .select((
            t::id,
            t::number,
            t::name,
            t::enterprise_name,
            t::credit_code,
            t::unit_id,
            t::site_name,
            t::investor_id,
            t::investor_name,
            t::opened_by,
        ))
        .load(conn)?;
    let entry = |project: ProjectRow| {
        let mut entry = Entry::new("projects", SearchKind::Project, project.id, project.name);
        entry.words = named(names, Some(&project.unit_id));
        entry.words.push(project.enterprise_name.clone());
        entry.words.extend(project.site_name.into_iter().chain(project.investor_name));
        entry.codes = std::iter::once(project.number).chain(project.credit_code).collect();
        entry.detail = Some(project.enterprise_name);
        entry.unit_id = Some(project.unit_id.clone());
        entry.audience = Audience {
            all: true,
            units: vec![project.unit_id],
            people: std::iter::once(project.opened_by).chain(project.investor_id).collect(),
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

fn of_leads(conn: &mut DbConn, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use leads as t;
    type Row = (
        String,
        String,
        String,
        String,
        Option<String>,
        String,
        Option<String>,
        String,
        Option<String>,
        Option<TaskForce>,
    );
    let rows: Vec<Row> = these!(t::table, t::id, ids)
        .select((
            t::id,
            t::number,
            t::enterprise_name,
            t::name_key,
            t::credit_code,
            t::contact_name,
            t::submitted_for,
            t::submitted_by,
            t::unit_id,
            t::task_force,
        ))
        .load(conn)?;
    let entry = |(id, number, name, name_key, code, contact, submitted_for, by, unit, task_force): Row| {
        let mut entry = Entry::new("leads", SearchKind::Lead, id, name);
        entry.aliases = vec![name_key];
        entry.words = std::iter::once(contact).chain(submitted_for).collect();
        entry.codes = std::iter::once(number).chain(code).collect();
        entry.unit_id.clone_from(&unit);
        entry.audience = Audience {
            all: true,
            units: unit.into_iter().collect(),
            people: vec![by],
            task_force,
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(Queryable)]
struct TalkRow {
    id: String,
    unit_id: String,
    investor_id: String,
    investor_name: String,
    site_name: Option<String>,
    topic: String,
    starts_at: Time,
}

/// A hold is nobody's talk yet.
fn of_talks(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use {talk_booking_hosts as h, talk_bookings as t};
    let settled = t::table.filter(t::state.ne_all([BookingState::Held, BookingState::Expired]));
    let rows: Vec<TalkRow> = these!(settled, t::id, ids)
        .select((t::id, t::unit_id, t::investor_id, t::investor_name, t::site_name, t::topic, t::starts_at))
        .load(conn)?;
    let mut hosts: HashMap<String, Vec<(String, String)>> = HashMap::new();
    let of_these: Vec<(String, String, String)> = these!(h::table, h::booking_id, ids)
        .select((h::booking_id, h::host_id, h::host_name))
        .order((h::booking_id.asc(), h::position.asc()))
        .load(conn)?;
    for (booking, host, name) in of_these {
        hosts.entry(booking).or_default().push((host, name));
    }
    let entry = |talk: TalkRow| {
        let receiving = hosts.remove(&talk.id).unwrap_or_default();
        let mut entry = Entry::new("talk_bookings", SearchKind::Talk, talk.id, talk.topic);
        entry.words = named(names, Some(&talk.unit_id));
        entry.words.push(talk.investor_name.clone());
        entry.words.extend(talk.site_name);
        entry.words.extend(receiving.iter().map(|(_, name)| name.clone()));
        entry.detail = joined([Some(talk.investor_name), receiving.first().map(|(_, name)| name.clone())]);
        entry.unit_id = Some(talk.unit_id.clone());
        entry.at = Some(talk.starts_at);
        entry.audience = Audience {
            all: true,
            units: vec![talk.unit_id],
            people: std::iter::once(talk.investor_id)
                .chain(receiving.into_iter().map(|(id, _)| id))
                .collect(),
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(Queryable)]
struct AgreementRow {
    id: String,
    number: String,
    project_name: String,
    unit_id: String,
    created_by: String,
    dispatched_at: Option<Time>,
    shared_at: Option<Time>,
}

/// A draft is its unit's alone, until it is shared or sent to the parties.
fn of_agreements(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use {agreement_parties as p, agreements as t};
    let rows: Vec<AgreementRow> = these!(t::table, t::id, ids)
        .select((
            t::id,
            t::number,
            t::project_name,
            t::unit_id,
            t::created_by,
            t::dispatched_at,
            t::shared_at,
        ))
        .load(conn)?;
    let mut parties: HashMap<String, Vec<(String, String)>> = HashMap::new();
    let of_these: Vec<(String, String, String)> = these!(p::table, p::agreement_id, ids)
        .select((p::agreement_id, p::account_id, p::organisation))
        .order((p::agreement_id.asc(), p::seq.asc()))
        .load(conn)?;
    for (agreement, account, organisation) in of_these {
        parties.entry(agreement).or_default().push((account, organisation));
    }
    let entry = |agreement: AgreementRow| {
        let parties = parties.remove(&agreement.id).unwrap_or_default();
        let mut entry = Entry::new("agreements", SearchKind::Agreement, agreement.id, agreement.project_name);
        entry.words = named(names, Some(&agreement.unit_id));
        entry.words.extend(parties.iter().map(|(_, organisation)| organisation.clone()));
        entry.codes = vec![agreement.number];
        let organisations: Vec<String> =
            parties.iter().map(|(_, organisation)| organisation.clone()).collect();
        entry.detail = Some(organisations.join(" · ")).filter(|text| !text.is_empty());
        entry.unit_id = Some(agreement.unit_id.clone());
        let sent = agreement.dispatched_at.is_some() || agreement.shared_at.is_some();
        let signers = parties.into_iter().map(|(account, _)| account).filter(|_| sent);
        entry.audience = Audience {
            all: true,
            units: vec![agreement.unit_id],
            people: std::iter::once(agreement.created_by).chain(signers).collect(),
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(Queryable)]
struct GatheringRow {
    id: String,
    unit_id: String,
    title: String,
    starts_at: Time,
    plan: String,
    created_by: String,
    published_at: Option<Time>,
    demo: bool,
}

/// As much of a gathering's plan as is searched.
#[derive(Default, serde::Deserialize)]
struct Planned {
    title_en: Option<String>,
    place: Option<String>,
    place_en: Option<String>,
}

fn of_gatherings(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use gatherings as t;
    let rows: Vec<GatheringRow> = these!(t::table, t::id, ids)
        .select((t::id, t::unit_id, t::title, t::starts_at, t::plan, t::created_by, t::published_at, t::demo))
        .load(conn)?;
    let entry = |gathering: GatheringRow| {
        let mut entry = Entry::new("gatherings", SearchKind::Gathering, gathering.id, gathering.title);
        let plan: Planned = serde_json::from_str(&gathering.plan).unwrap_or_default();
        entry.title_en = plan.title_en;
        entry.words = named(names, Some(&gathering.unit_id));
        entry.words.extend(plan.place.iter().chain(&plan.place_en).cloned());
        entry.detail = plan.place;
        entry.detail_en = plan.place_en;
        entry.unit_id = Some(gathering.unit_id.clone());
        entry.at = Some(gathering.starts_at);
        entry.demo = gathering.demo;
        entry.audience = Audience {
            anybody: gathering.published_at.is_some(),
            all: true,
            units: vec![gathering.unit_id],
            people: vec![gathering.created_by],
            ..Audience::default()
        };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

fn of_persons(conn: &mut DbConn, names: &Names, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use auth_accounts as t;
    type Row = (String, String, Option<String>, bool);
    let rows: Vec<Row> =
        these!(t::table, t::id, ids).select((t::id, t::name, t::unit_id, t::demo)).load(conn)?;
    let entry = |(id, name, unit, demo): Row| {
        let mut entry = Entry::new("auth_accounts", SearchKind::Person, id, name);
        entry.words = named(names, unit.as_deref());
        entry.unit_id.clone_from(&unit);
        entry.demo = demo;
        entry.audience = Audience { all: true, units: unit.into_iter().collect(), ..Audience::default() };
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Counties and parks: the others have nothing that could be opened.
fn of_units(conn: &mut DbConn, ids: Option<&[String]>) -> Result<Vec<Entry>, AppError> {
    use units as t;
    type Row = (String, String, String, String, String);
    let rows: Vec<Row> =
        these!(t::table.filter(t::kind.eq_any([UnitKind::County, UnitKind::Park])), t::id, ids)
            .select((t::id, t::name, t::short_name, t::name_en, t::former_names))
            .load(conn)?;
    let entry = |(id, name, short, name_en, former): Row| {
        let mut entry = Entry::new(UNITS, SearchKind::Unit, id, name);
        entry.title_en = Some(name_en);
        let former: Vec<String> = serde_json::from_str(&former).unwrap_or_default();
        entry.aliases = std::iter::once(short).chain(former).collect();
        entry.audience = everybody();
        entry
    };
    Ok(rows.into_iter().map(entry).collect())
}
