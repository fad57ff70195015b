//! An institution as it is shown: what all may know, and what only one's own unit knows.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::libraries::enterprises::LogWay;
use crate::libraries::industry::Industry;
use crate::libraries::institutions::agreement::{
    Agreement, InstitutionAgreementId, InstitutionAgreementKind,
};
use crate::libraries::institutions::bringer::{Bringer, BringerId};
use crate::libraries::institutions::contact::{Contact, InstitutionContactId};
use crate::libraries::institutions::coverage::Coverage;
use crate::libraries::institutions::institution::{Institution, InstitutionId, InstitutionKind};
use crate::libraries::institutions::log_entry::{InstitutionLogEntryId, LogEntry};
use crate::people::auth::{Account, Actor};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::FileId;
use crate::platform::masked;
use crate::schema::files;

/// Lines of the log that are shown.
const LINES: usize = 100;

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionSummary {
    id: InstitutionId,
    kind: InstitutionKind,
    name: String,
    seat: Option<String>,
    regions: Vec<String>,
    industries: Vec<Industry>,
    /// The unit that keeps it
    unit_id: Option<String>,
    unit_name: Option<String>,
    /// When any unit was last in contact
    last_contact_at: Option<Time>,
    touched_at: Time,
    /// Invented, for a demonstration
    demo: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionView {
    id: InstitutionId,
    kind: InstitutionKind,
    name: String,
    credit_code: Option<String>,
    seat: Option<String>,
    regions: Vec<String>,
    industries: Vec<Industry>,
    /// The unit that keeps it
    unit_id: Option<String>,
    unit_name: Option<String>,
    note: Option<String>,
    /// Give it back with a change
    version: i32,
    /// When any unit was last in contact
    last_contact_at: Option<Time>,
    touched_at: Time,
    demo: bool,
    /// Whose leads are the institution's
    bringers: Vec<BringerView>,
    /// Within one's reach
    contacts: Vec<InstitutionContactView>,
    /// What the last contact within one's reach left to do
    next_step: Option<String>,
    next_step_on: Option<NaiveDate>,
    /// Within one's reach, latest first
    #[schema(max_items = 100)]
    log: Vec<InstitutionLogEntryView>,
    /// Within one's reach, newest first
    agreements: Vec<InstitutionAgreementView>,
    /// What the reader may do now
    may: Vec<InstitutionAct>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BringerView {
    id: BringerId,
    name: String,
    phone_masked: String,
    begins_on: NaiveDate,
    /// The last day on which the account speaks for it
    ends_on: Option<NaiveDate>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionContactView {
    id: InstitutionContactId,
    name: String,
    title: Option<String>,
    /// First three and last two digits; see the whole with a reveal
    phone_masked: String,
    unit_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionLogEntryView {
    id: InstitutionLogEntryId,
    way: LogWay,
    at: Time,
    summary: String,
    next_step: Option<String>,
    next_step_on: Option<NaiveDate>,
    by_name: String,
    unit_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct InstitutionAgreementView {
    id: InstitutionAgreementId,
    kind: InstitutionAgreementKind,
    document_no: Option<String>,
    unit_id: Option<String>,
    unit_name: Option<String>,
    begins_on: NaiveDate,
    ends_on: NaiveDate,
    promised: String,
    /// It binds today
    running: bool,
    /// The one that it renews
    renews_id: Option<InstitutionAgreementId>,
    /// A later one renews it
    renewed: bool,
    /// The name of its paper
    paper_name: Option<String>,
    ended_on: Option<NaiveDate>,
    end_reason: Option<String>,
}

crate::text_enum! {
    /// What one may do with an institution.
    pub enum InstitutionAct {
        Change = "change", "修改", "Change";
        AddContact = "add_contact", "添加联系人", "Add a contact";
        WriteLog = "write_log", "记录联系", "Write down a contact";
        NameBringer = "name_bringer", "指定带来信息的账号", "Say who brings leads";
        MakeAgreement = "make_agreement", "登记协议", "Write down an agreement";
    }
}

/// A page of the library, in its order.
pub fn summaries(conn: &mut DbConn, rows: Vec<Institution>) -> Result<Vec<InstitutionSummary>, AppError> {
    let ids: Vec<InstitutionId> = rows.iter().map(|one| one.id.clone()).collect();
    let mut covered = Coverage::of(conn, &ids)?;
    let units = rows.iter().filter_map(|one| one.keeper_unit_id.clone()).collect();
    let names = Unit::short_names(conn, units)?;
    let summary = |one: Institution| {
        let covers = covered.remove(&one.id).unwrap_or_default();
        InstitutionSummary {
            unit_name: one.keeper_unit_id.as_ref().and_then(|unit| names.get(unit)).cloned(),
            id: one.id,
            kind: one.kind,
            name: one.name,
            seat: one.seat,
            regions: covers.regions,
            industries: covers.industries,
            unit_id: one.keeper_unit_id,
            last_contact_at: one.last_contact_at,
            touched_at: one.touched_at,
            demo: one.demo,
        }
    };
    Ok(rows.into_iter().map(summary).collect())
}

pub fn view_of(
    conn: &mut DbConn,
    actor: &Actor,
    id: &InstitutionId,
    today: NaiveDate,
) -> Result<InstitutionView, AppError> {
    let one = Institution::find(conn, id)?;
    let covers = Coverage::of(conn, std::slice::from_ref(id))?.remove(id).unwrap_or_default();
    let contacts = Contact::seen(conn, actor, id)?;
    let log = LogEntry::seen(conn, actor, id, LINES)?;
    let agreements = Agreement::seen(conn, actor, id)?;
    let units = [&one.keeper_unit_id].into_iter();
    let units = units.chain(contacts.iter().map(|c| &c.unit_id)).chain(log.iter().map(|line| &line.unit_id));
    let units = units.chain(agreements.iter().map(|a| &a.unit_id)).flatten().cloned().collect();
    let names = Unit::short_names(conn, units)?;
    let unit_name = |unit: &Option<String>| unit.as_ref().and_then(|unit| names.get(unit)).cloned();
    let last = log.first();
    Ok(InstitutionView {
        may: may(actor, &one),
        bringers: bringers(conn, id)?,
        next_step: last.and_then(|line| line.next_step.clone()),
        next_step_on: last.and_then(|line| line.next_step_on),
        unit_name: unit_name(&one.keeper_unit_id),
        agreements: agreement_views(conn, agreements, &names, today)?,
        contacts: contacts
            .into_iter()
            .map(|c| InstitutionContactView {
                unit_name: unit_name(&c.unit_id),
                phone_masked: masked::phone(&c.phone),
                id: c.id,
                name: c.name,
                title: c.title,
            })
            .collect(),
        log: log
            .into_iter()
            .map(|line| InstitutionLogEntryView {
                unit_name: unit_name(&line.unit_id),
                id: line.id,
                way: line.way,
                at: line.at,
                summary: line.summary,
                next_step: line.next_step,
                next_step_on: line.next_step_on,
                by_name: line.by_name,
            })
            .collect(),
        id: one.id,
        kind: one.kind,
        name: one.name,
        credit_code: one.credit_code,
        seat: one.seat,
        regions: covers.regions,
        industries: covers.industries,
        unit_id: one.keeper_unit_id,
        note: one.note,
        version: one.version,
        last_contact_at: one.last_contact_at,
        touched_at: one.touched_at,
        demo: one.demo,
    })
}

fn bringers(conn: &mut DbConn, id: &InstitutionId) -> Result<Vec<BringerView>, AppError> {
    let all = Bringer::of(conn, id)?;
    let accounts = Account::all(conn, all.iter().map(|one| one.account_id.clone()).collect())?;
    let known: HashMap<_, _> = accounts.into_iter().map(|a| (a.id, (a.name, a.phone))).collect();
    let view = |one: Bringer| {
        let (name, phone) = known.get(&one.account_id)?;
        Some(BringerView {
            name: name.clone(),
            phone_masked: masked::phone(phone),
            id: one.id,
            begins_on: one.begins_on,
            ends_on: one.ends_on,
        })
    };
    Ok(all.into_iter().filter_map(view).collect())
}

fn agreement_views(
    conn: &mut DbConn,
    agreements: Vec<Agreement>,
    names: &HashMap<String, String>,
    today: NaiveDate,
) -> Result<Vec<InstitutionAgreementView>, AppError> {
    let papers: Vec<FileId> = agreements.iter().filter_map(|a| a.paper_id.clone()).collect();
    let papers: Vec<(FileId, String)> =
        files::table.filter(files::id.eq_any(papers)).select((files::id, files::name)).load(conn)?;
    let papers: HashMap<FileId, String> = papers.into_iter().collect();
    let renewed: Vec<InstitutionAgreementId> =
        agreements.iter().filter_map(|a| a.renews_id.clone()).collect();
    let view = |a: Agreement| InstitutionAgreementView {
        running: a.is_running(today),
        renewed: renewed.contains(&a.id),
        paper_name: a.paper_id.as_ref().and_then(|paper| papers.get(paper)).cloned(),
        unit_name: a.unit_id.as_ref().and_then(|unit| names.get(unit)).cloned(),
        id: a.id,
        kind: a.kind,
        document_no: a.document_no,
        unit_id: a.unit_id,
        begins_on: a.begins_on,
        ends_on: a.ends_on,
        promised: a.promised,
        renews_id: a.renews_id,
        ended_on: a.ended_on,
        end_reason: a.end_reason,
    };
    Ok(agreements.into_iter().map(view).collect())
}

fn may(actor: &Actor, one: &Institution) -> Vec<InstitutionAct> {
    let allowed = |operation| actor.doing(operation);
    let kept = |operation| allowed(operation).is_some_and(|actor| one.is_kept_by(&actor));
    let possible = [
        (InstitutionAct::Change, kept("change_institution")),
        (InstitutionAct::AddContact, allowed("add_institution_contact").is_some()),
        (InstitutionAct::WriteLog, allowed("write_institution_log").is_some()),
        (InstitutionAct::NameBringer, kept("name_bringer")),
        (InstitutionAct::MakeAgreement, allowed("make_institution_agreement").is_some()),
    ];
    possible.into_iter().filter_map(|(act, allowed)| allowed.then_some(act)).collect()
}
