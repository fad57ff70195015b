//! An enterprise as it is shown: what all may know, and what only one's own unit knows.
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::libraries::enterprises::contact::{Contact, ContactId};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseId, EnterpriseScale};
use crate::libraries::enterprises::log_entry::{LogEntry, LogEntryId, LogKind};
use crate::libraries::enterprises::merge::{Merge, MergeId};
use crate::libraries::enterprises::pursuit::{Pursuit, PursuitId, PursuitState};
use crate::libraries::industry::Industry;
use crate::people::auth::Actor;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::masked;
use crate::schema::units;

/// Lines of the log that are shown.
const LINES: usize = 100;

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseSummary {
    id: EnterpriseId,
    name: String,
    credit_code: Option<String>,
    industry: Industry,
    chain_link: Option<String>,
    scale: Option<EnterpriseScale>,
    region: Option<String>,
    /// Who courts it now
    courted_by: Vec<Courtship>,
    touched_at: Time,
    /// Invented, for a demonstration
    demo: bool,
}

/// That a unit courts it, and when it was last in contact: all who read the library may know that.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Courtship {
    unit_id: String,
    unit_name: String,
    since: Time,
    last_contact_at: Option<Time>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseView {
    id: EnterpriseId,
    name: String,
    credit_code: Option<String>,
    industry: Industry,
    chain_link: Option<String>,
    scale: Option<EnterpriseScale>,
    region: Option<String>,
    hometown_tie: Option<String>,
    parent: Option<NamedEnterprise>,
    /// Those whose parent it is
    branches: Vec<NamedEnterprise>,
    note: Option<String>,
    /// Give it back with a change
    version: i32,
    touched_at: Time,
    demo: bool,
    /// The record that speaks for this one
    merged_into: Option<NamedEnterprise>,
    /// The records that this one speaks for
    merged_from: Vec<MergedEnterprise>,
    courted_by: Vec<Courtship>,
    /// Within one's reach
    pursuits: Vec<PursuitView>,
    /// Within one's reach
    contacts: Vec<ContactView>,
    /// Within one's reach, latest first
    #[schema(max_items = 100)]
    log: Vec<LogEntryView>,
    /// What the reader may do now
    may: Vec<EnterpriseAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NamedEnterprise {
    id: EnterpriseId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MergedEnterprise {
    merge_id: MergeId,
    id: EnterpriseId,
    name: String,
    reason: String,
    merged_at: Time,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PursuitView {
    id: PursuitId,
    unit_id: String,
    unit_name: String,
    state: PursuitState,
    since: Time,
    next_step: String,
    next_step_on: NaiveDate,
    /// The last day on which it holds if nothing is written
    lapses_on: NaiveDate,
    reason: Option<String>,
    /// Of the reader's own unit
    ours: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    id: ContactId,
    name: String,
    title: Option<String>,
    /// First three and last two digits; see the whole with a reveal
    phone_masked: String,
    unit_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LogEntryView {
    id: LogEntryId,
    kind: LogKind,
    at: Time,
    summary: String,
    by_name: String,
    unit_name: Option<String>,
}

crate::text_enum! {
    /// What one may do with an enterprise.
    pub enum EnterpriseAct {
        Change = "change", "修改", "Change";
        AddContact = "add_contact", "添加联系人", "Add a contact";
        Court = "court", "开始跟进", "Court it";
        WriteLog = "write_log", "记录联系", "Write down a contact";
        Merge = "merge", "合并", "Merge";
    }
}

/// Names of units, by id.
fn unit_names(conn: &mut DbConn) -> Result<HashMap<String, String>, AppError> {
    let rows: Vec<(String, String)> = units::table.select((units::id, units::short_name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Open pursuits of some enterprises with the last contact of each unit, by enterprise.
fn courtships(
    conn: &mut DbConn,
    ids: &[EnterpriseId],
    names: &HashMap<String, String>,
) -> Result<HashMap<EnterpriseId, Vec<Courtship>>, AppError> {
    let mut last: HashMap<(EnterpriseId, String), Time> = HashMap::new();
    for (enterprise, unit, at) in LogEntry::last_contacts(conn, ids)? {
        if let Some(unit) = unit {
            last.insert((enterprise, unit), at);
        }
    }
    let mut by: HashMap<EnterpriseId, Vec<Courtship>> = HashMap::new();
    for pursuit in Pursuit::of(conn, ids)?.into_iter().filter(|p| p.state == PursuitState::Open) {
        let last_contact_at = last.get(&(pursuit.enterprise_id.clone(), pursuit.unit_id.clone())).copied();
        by.entry(pursuit.enterprise_id).or_default().push(Courtship {
            unit_name: names.get(&pursuit.unit_id).cloned().unwrap_or_default(),
            unit_id: pursuit.unit_id,
            since: pursuit.since,
            last_contact_at,
        });
    }
    Ok(by)
}

/// A page of the library, in its order.
pub fn summaries(conn: &mut DbConn, rows: Vec<Enterprise>) -> Result<Vec<EnterpriseSummary>, AppError> {
    let ids: Vec<EnterpriseId> = rows.iter().map(|e| e.id.clone()).collect();
    let names = unit_names(conn)?;
    let mut courted = courtships(conn, &ids, &names)?;
    let summary = |e: Enterprise| EnterpriseSummary {
        courted_by: courted.remove(&e.id).unwrap_or_default(),
        id: e.id,
        name: e.name,
        credit_code: e.credit_code,
        industry: e.industry,
        chain_link: e.chain_link,
        scale: e.scale,
        region: e.region,
        touched_at: e.touched_at,
        demo: e.demo,
    };
    Ok(rows.into_iter().map(summary).collect())
}

/// One enterprise with all that was merged into it.
pub fn view_of(conn: &mut DbConn, actor: &Actor, id: &EnterpriseId) -> Result<EnterpriseView, AppError> {
    use crate::schema::enterprises as t;
    let one = Enterprise::find(conn, id)?;
    let names = unit_names(conn)?;
    let merged: BTreeMap<EnterpriseId, Enterprise> =
        Enterprise::merged(conn, id)?.into_iter().map(|e| (e.id.clone(), e)).collect();
    let all: Vec<EnterpriseId> = std::iter::once(id.clone()).chain(merged.keys().cloned()).collect();
    let around = Vec::from_iter([one.parent_id.clone(), one.merged_into.clone()].into_iter().flatten());
    let around: HashMap<EnterpriseId, String> =
        Enterprise::find_all(conn, around)?.into_iter().map(|e| (e.id, e.name)).collect();
    let named = |id: &Option<EnterpriseId>| {
        let id = id.as_ref()?;
        around.get(id).map(|name| NamedEnterprise { id: id.clone(), name: name.clone() })
    };
    let branches: Vec<(EnterpriseId, String)> = t::table
        .filter(t::parent_id.eq(id.clone()))
        .filter(t::merged_into.is_null())
        .order(t::id.asc())
        .select((t::id, t::name))
        .load(conn)?;
    let unit_name = |unit: &Option<String>| unit.as_ref().and_then(|unit| names.get(unit)).cloned();
    let pursuits = Pursuit::of(conn, &all)?;
    let courted_by = courtships(conn, &all, &names)?.into_values().flatten().collect();
    let merged_from = Merge::into(conn, id)?
        .into_iter()
        .filter_map(|merge| {
            merged.get(&merge.from_id).map(|from| MergedEnterprise {
                merge_id: merge.id,
                id: from.id.clone(),
                name: from.name.clone(),
                reason: merge.reason,
                merged_at: merge.merged_at,
            })
        })
        .collect();
    Ok(EnterpriseView {
        may: may(actor, &one, &pursuits),
        parent: named(&one.parent_id),
        merged_into: named(&one.merged_into),
        branches: branches.into_iter().map(|(id, name)| NamedEnterprise { id, name }).collect(),
        merged_from,
        courted_by,
        pursuits: pursuits
            .into_iter()
            .filter(|p| actor.reaches(None, Some(&p.unit_id)))
            .map(|p| PursuitView {
                ours: actor.is_of(&p.unit_id),
                unit_name: names.get(&p.unit_id).cloned().unwrap_or_default(),
                id: p.id,
                unit_id: p.unit_id,
                state: p.state,
                since: p.since,
                next_step: p.next_step,
                next_step_on: p.next_step_on,
                lapses_on: p.lapses_on,
                reason: p.reason,
            })
            .collect(),
        contacts: Contact::seen(conn, actor, &all)?
            .into_iter()
            .map(|c| ContactView {
                unit_name: unit_name(&c.unit_id),
                phone_masked: masked::phone(&c.phone),
                id: c.id,
                name: c.name,
                title: c.title,
            })
            .collect(),
        log: LogEntry::seen(conn, actor, &all, LINES)?
            .into_iter()
            .map(|line| LogEntryView {
                unit_name: unit_name(&line.unit_id),
                id: line.id,
                kind: line.kind,
                at: line.at,
                summary: line.summary,
                by_name: line.by_name,
            })
            .collect(),
        id: one.id,
        name: one.name,
        credit_code: one.credit_code,
        industry: one.industry,
        chain_link: one.chain_link,
        scale: one.scale,
        region: one.region,
        hometown_tie: one.hometown_tie,
        note: one.note,
        version: one.version,
        touched_at: one.touched_at,
        demo: one.demo,
    })
}

fn may(actor: &Actor, one: &Enterprise, pursuits: &[Pursuit]) -> Vec<EnterpriseAct> {
    if one.merged_into.is_some() {
        return Vec::new();
    }
    let allowed = |operation| actor.doing(operation).is_some();
    let courting = pursuits.iter().any(|p| p.state == PursuitState::Open && actor.is_of(&p.unit_id));
    let possible = [
        (EnterpriseAct::Change, allowed("change_enterprise")),
        (EnterpriseAct::AddContact, allowed("add_contact")),
        (EnterpriseAct::Court, actor.unit_id.is_some() && !courting && allowed("open_pursuit")),
        (EnterpriseAct::WriteLog, allowed("write_log_entry")),
        (EnterpriseAct::Merge, allowed("merge_enterprise")),
    ];
    possible.into_iter().filter_map(|(act, allowed)| allowed.then_some(act)).collect()
}
