//! An agreement and its parties; every change of state is one conditional update.
use chrono::{Datelike, Duration};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::deals::projects::{self, ProjectId, Stage};
use crate::deals::signings::events::AgreementChanged;
use crate::deals::signings::evidence::{By, Evidence, EvidenceAction, HistoryLine};
use crate::deals::signings::template::{self, Template};
use crate::error::{AppError, Code};
use crate::people::audit;
use crate::people::auth::{AccountId, Actor, Scope, Tx};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn, Locked};
use crate::platform::files::FileId;
use crate::platform::outbox;
use crate::schema::{agreement_counters, agreement_parties, agreement_revisions, agreements};

pub const NOT_DRAFT: Code = Code::new(
    "agreement.not_draft",
    "协议已发出，不能再修改；如需更改请撤回后重新起草",
    "The agreement was sent and cannot be changed; revoke it and draft anew",
);
pub const NOT_YOUR_TURN: Code = Code::new(
    "agreement.not_your_turn",
    "还没有轮到您签署，轮到时会通知您",
    "It is not your turn; you will be told when it is",
);
pub const MOVED_ON: Code = Code::new(
    "agreement.moved_on",
    "协议文件已更新，请重新打开阅读后再操作",
    "The document has moved on; open and read it again",
);
const CLOSED: Code =
    Code::new("agreement.closed", "协议已结束，不能再操作", "The agreement is closed and takes no more acts");
const LAPSED: Code = Code::new(
    "agreement.expired",
    "签署期限已过，协议不能再签；如仍需签署，请重新起草",
    "The time for signing has passed; draft the agreement anew if it is still wanted",
);
/// Who acts when a clock does.
const HOUSE: &str = "掌上招商平台";

crate::typed_id!(AgreementId);
crate::typed_id!(PartyId);
crate::text_enum! {
    /// Where an agreement stands.
    pub enum AgreementState {
        Draft = "draft", "起草中", "Draft";
        Signing = "signing", "签署中", "Being signed";
        Completed = "completed", "已完成", "Completed";
        Refused = "refused", "已拒签", "Refused";
        Revoked = "revoked", "已撤回", "Revoked";
        Expired = "expired", "已过期", "Expired";
    }
}
crate::text_enum! {
    /// Where one party stands.
    pub enum PartyState {
        Waiting = "waiting", "等待中", "Waiting";
        Turn = "turn", "待签署", "To sign";
        Signed = "signed", "已签署", "Signed";
        Refused = "refused", "已拒签", "Refused";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreements)]
pub struct Agreement {
    pub id: AgreementId,
    pub number: String,
    pub project_id: ProjectId,
    pub project_name: String,
    pub unit_id: String,
    pub template_code: String,
    pub template_version: i32,
    pub field_values: String,
    pub state: AgreementState,
    pub revision: i32,
    pub head_file: Option<FileId>,
    pub head_sha256: Option<String>,
    pub pages: Option<i32>,
    pub reason: Option<String>,
    pub created_by: AccountId,
    pub created_at: Time,
    pub dispatched_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub expires_at: Option<Time>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreement_parties)]
pub struct Party {
    pub id: PartyId,
    pub agreement_id: AgreementId,
    pub seq: i32,
    pub field: String,
    pub title: String,
    pub title_en: String,
    pub organisation: String,
    pub signer_name: String,
    pub account_id: AccountId,
    pub state: PartyState,
    pub signed_at: Option<Time>,
    pub certificate_serial: Option<String>,
    pub certificate_sha256: Option<String>,
}

/// Who signs for whom, in order.
pub struct NewParty<'a> {
    pub field: &'a str,
    pub title: &'a str,
    pub title_en: &'a str,
    pub organisation: String,
    pub signer_name: String,
    pub account_id: AccountId,
}

/// An agreement with its parties, in the order of signing.
#[derive(Debug, Clone)]
pub struct Whole {
    pub agreement: Agreement,
    pub parties: Vec<Party>,
}

/// A new signed file, ready to become the head.
pub struct Sealed {
    pub file: FileId,
    pub sha256: String,
    pub serial: String,
    pub fingerprint: String,
}

impl Whole {
    pub fn find(conn: &mut DbConn, id: &AgreementId) -> Result<Self, AppError> {
        let agreement: Agreement =
            agreements::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        let parties = agreement_parties::table
            .filter(agreement_parties::agreement_id.eq(id))
            .order(agreement_parties::seq.asc())
            .load(conn)?;
        Ok(Self { agreement, parties })
    }

    /// As [`Self::find`], for whoever may see it; to others it is not there.
    pub fn seen_by(conn: &mut DbConn, id: &AgreementId, actor: &Actor) -> Result<Self, AppError> {
        let whole = Self::find(conn, id)?;
        if whole.is_visible(actor) { Ok(whole) } else { Err(AppError::NotFound) }
    }

    fn is_visible(&self, actor: &Actor) -> bool {
        let a = &self.agreement;
        // A draft is the office's own paper; the other side sees it once it was sent.
        let as_party = self.party_of(actor).is_some() && a.dispatched_at.is_some();
        as_party || actor.reaches(Some(&a.created_by), Some(&a.unit_id))
    }

    pub fn party_of(&self, actor: &Actor) -> Option<&Party> {
        self.parties.iter().find(|p| actor.is(&p.account_id))
    }

    /// The party whose turn it is, when it is this person's.
    pub fn turn_of(&self, actor: &Actor) -> Result<&Party, AppError> {
        if self.agreement.state != AgreementState::Signing {
            return Err(AppError::Conflict(&CLOSED));
        }
        let party = self.party_of(actor).ok_or(AppError::NotFound)?;
        if party.state == PartyState::Turn { Ok(party) } else { Err(AppError::Conflict(&NOT_YOUR_TURN)) }
    }

    /// Refuses once the time for signing is over, even before the clock has closed the agreement.
    pub fn refuse_lapsed(&self, now: Time) -> Result<(), AppError> {
        let lapsed = self.agreement.expires_at.is_some_and(|until| until <= now);
        if lapsed { Err(AppError::Conflict(&LAPSED)) } else { Ok(()) }
    }

    /// The head, when it is the file that the person says to have read.
    pub fn head(&self, read: &str) -> Result<(&FileId, &str), AppError> {
        match (&self.agreement.head_file, &self.agreement.head_sha256) {
            (Some(file), Some(sha256)) if sha256 == read => Ok((file, sha256)),
            _ => Err(AppError::Conflict(&MOVED_ON)),
        }
    }

    pub fn template(&self) -> Result<&'static Template, AppError> {
        template::find(&self.agreement.template_code).ok_or(AppError::NotFound)
    }

    pub fn values(&self) -> Map<String, Value> {
        serde_json::from_str(&self.agreement.field_values).unwrap_or_default()
    }

    /// What the paper is set from.
    pub fn data(&self, fingerprint: &str, draft: bool) -> Value {
        let party = |field: &str| {
            self.parties.iter().find(|p| p.field == field).map(|p| {
                json!({"title": p.title, "organisation": p.organisation, "signer_name": p.signer_name, "id": p.field})
            })
        };
        json!({
            "number": self.agreement.number, "created_on": self.agreement.created_at.day().to_string(),
            "fingerprint": fingerprint, "draft": draft, "values": self.values(),
            "parties": [party("host"), party("investor")],
        })
    }
}

/// The next number of the year, such as YQY-2026-000017; the counter's row orders those who ask at once.
fn next_number(conn: &mut DbConn, now: Time) -> Result<String, AppError> {
    use agreement_counters as t;
    let year = now.day().year();
    Both(diesel::insert_into(t::table).values((t::year.eq(year), t::last.eq(0))).on_conflict_do_nothing())
        .execute(conn)?;
    diesel::update(t::table.find(year)).set(t::last.eq(t::last + 1)).execute(conn)?;
    let last: i32 = t::table.find(year).select(t::last).first(conn)?;
    Ok(format!("YQY-{year}-{last:06}"))
}

/// A new draft.
pub fn draft(
    tx: &mut Tx<'_>,
    project: (ProjectId, String, String),
    template: &Template,
    values: &Map<String, Value>,
    parties: Vec<NewParty<'_>>,
) -> Result<AgreementId, AppError> {
    let (project_id, project_name, unit_id) = project;
    let agreement = Agreement {
        id: AgreementId::fresh(),
        number: next_number(tx.conn, tx.now)?,
        project_id,
        project_name,
        unit_id,
        template_code: template.code.clone(),
        template_version: template.version,
        field_values: Value::Object(values.clone()).to_string(),
        state: AgreementState::Draft,
        revision: 0,
        head_file: None,
        head_sha256: None,
        pages: None,
        reason: None,
        created_by: tx.actor.id.clone(),
        created_at: tx.now,
        dispatched_at: None,
        completed_at: None,
        expires_at: None,
    };
    let id = agreement.id.clone();
    diesel::insert_into(agreements::table).values(agreement).execute(tx.conn)?;
    for (seq, new) in (1..).zip(parties) {
        let party = Party {
            id: PartyId::fresh(),
            agreement_id: id.clone(),
            seq,
            field: new.field.to_owned(),
            title: new.title.to_owned(),
            title_en: new.title_en.to_owned(),
            organisation: new.organisation,
            signer_name: new.signer_name,
            account_id: new.account_id,
            state: PartyState::Waiting,
            signed_at: None,
            certificate_serial: None,
            certificate_sha256: None,
        };
        diesel::insert_into(agreement_parties::table).values(party).execute(tx.conn)?;
    }
    record(
        tx,
        &id,
        EvidenceAction::Created,
        &json!({"template": template.code, "version": template.version}),
    )?;
    tx.subject("agreement", &id);
    Ok(id)
}

/// New values of a draft.
pub fn redraft(tx: &mut Tx<'_>, id: &AgreementId, values: &Map<String, Value>) -> Result<(), AppError> {
    use agreements as t;
    let changed = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set(t::field_values.eq(Value::Object(values.clone()).to_string()))
        .execute(tx.conn)?;
    tx.subject("agreement", id);
    if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&NOT_DRAFT)) }
}

/// The locked file becomes the head and the first party's turn begins; all must sign within `life`.
pub fn dispatch(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    sealed: &Sealed,
    pages: i32,
    life: Duration,
) -> Result<(), AppError> {
    use agreements as t;
    let changed = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set((
            t::state.eq(AgreementState::Signing),
            t::revision.eq(1),
            t::head_file.eq(Some(&sealed.file)),
            t::head_sha256.eq(Some(&sealed.sha256)),
            t::pages.eq(Some(pages)),
            t::dispatched_at.eq(Some(tx.now)),
            t::expires_at.eq(Some(tx.now.plus(life))),
        ))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(AppError::Conflict(&NOT_DRAFT));
    }
    keep_revision(tx, id, 1, "locked", sealed, None)?;
    record(tx, id, EvidenceAction::Locked, &json!({"document_sha256": sealed.sha256, "pages": pages}))?;
    tx.subject("agreement", id);
    begin_turn(tx, id)
}

fn keep_revision(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    revision: i32,
    kind: &str,
    sealed: &Sealed,
    party: Option<&PartyId>,
) -> Result<(), AppError> {
    use agreement_revisions as t;
    diesel::insert_into(t::table)
        .values((
            t::agreement_id.eq(id),
            t::revision.eq(revision),
            t::kind.eq(kind),
            t::sha256.eq(&sealed.sha256),
            t::file_id.eq(&sealed.file),
            t::party_id.eq(party),
            t::made_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives the turn to the first who waits, or completes the agreement when none does.
fn begin_turn(tx: &mut Tx<'_>, id: &AgreementId) -> Result<(), AppError> {
    use agreement_parties as p;
    let whole = Whole::find(tx.conn, id)?;
    if let Some(next) = whole.parties.iter().find(|party| party.state == PartyState::Waiting) {
        diesel::update(p::table.find(&next.id)).set(p::state.eq(PartyState::Turn)).execute(tx.conn)?;
        return tell(tx, &whole, &[&next.account_id], "请签署协议", "Please sign the agreement");
    }
    diesel::update(agreements::table.find(id))
        .set((agreements::state.eq(AgreementState::Completed), agreements::completed_at.eq(Some(tx.now))))
        .execute(tx.conn)?;
    record(tx, id, EvidenceAction::Completed, &json!({"document_sha256": whole.agreement.head_sha256}))?;
    let committed = whole.values().get("intended_investment_fen").and_then(Value::as_i64);
    let project = &whole.agreement.project_id;
    projects::note_agreement(tx.conn, project, id.as_str(), committed)?;
    let by = projects::By { id: Some(tx.actor.id.clone()), name: tx.actor.name.clone() };
    let because = format!("协议 {} 各方已签署", whole.agreement.number);
    projects::record_stage(tx.conn, project, Stage::Signed, &by, &because, tx.now)?;
    let all: Vec<&AccountId> = whole.parties.iter().map(|party| &party.account_id).collect();
    tell(tx, &whole, &all, "协议各方已签署完成", "All parties have signed")
}

/// A signature: the head moves on only from the very file that was signed, and only in one's turn.
pub fn sign(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    party: &PartyId,
    from: &str,
    sealed: &Sealed,
) -> Result<(), AppError> {
    use {agreement_parties as p, agreements as t};
    // The agreement's row orders two who sign at once.
    let query = t::table.find(id).select(t::revision);
    let revision: i32 = Locked { query, skip: false }.get_result(tx.conn)?;
    Whole::find(tx.conn, id)?.refuse_lapsed(tx.now)?;
    let moved = diesel::update(
        t::table
            .find(id)
            .filter(t::state.eq(AgreementState::Signing))
            .filter(t::head_sha256.eq(from))
            .filter(t::revision.eq(revision)),
    )
    .set((
        t::revision.eq(revision + 1),
        t::head_file.eq(Some(&sealed.file)),
        t::head_sha256.eq(Some(&sealed.sha256)),
    ))
    .execute(tx.conn)?;
    let signed = diesel::update(p::table.find(party).filter(p::state.eq(PartyState::Turn)))
        .set((
            p::state.eq(PartyState::Signed),
            p::signed_at.eq(Some(tx.now)),
            p::certificate_serial.eq(Some(&sealed.serial)),
            p::certificate_sha256.eq(Some(&sealed.fingerprint)),
        ))
        .execute(tx.conn)?;
    if moved != 1 || signed != 1 {
        return Err(AppError::Conflict(&MOVED_ON));
    }
    keep_revision(tx, id, revision + 1, "signed", sealed, Some(party))?;
    let payload = json!({
        "document_sha256": sealed.sha256, "signed_sha256": from,
        "certificate_serial": sealed.serial, "certificate_sha256": sealed.fingerprint,
    });
    record(tx, id, EvidenceAction::Signed, &payload)?;
    tx.subject("agreement", id);
    begin_turn(tx, id)
}

/// A party refuses, or the office revokes; either ends the agreement.
pub fn close(tx: &mut Tx<'_>, whole: &Whole, state: AgreementState, reason: &str) -> Result<(), AppError> {
    use agreements as t;
    let id = &whole.agreement.id;
    let open = t::state.eq_any([AgreementState::Draft, AgreementState::Signing]);
    let changed = diesel::update(t::table.find(id).filter(open))
        .set((t::state.eq(state), t::reason.eq(Some(reason))))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(AppError::Conflict(&CLOSED));
    }
    if state == AgreementState::Refused {
        let party = whole.turn_of(tx.actor)?;
        diesel::update(agreement_parties::table.find(&party.id))
            .set(agreement_parties::state.eq(PartyState::Refused))
            .execute(tx.conn)?;
    }
    let action =
        if state == AgreementState::Refused { EvidenceAction::Refused } else { EvidenceAction::Revoked };
    record(tx, id, action, &json!({"reason": reason}))?;
    tx.subject("agreement", id);
    let mut all: Vec<&AccountId> = whole.parties.iter().map(|party| &party.account_id).collect();
    all.push(&whole.agreement.created_by);
    let title = format!("协议{}：{reason}", state.zh());
    tell(tx, whole, &all, &title, &format!("Agreement {}: {reason}", state.en().to_lowercase()))
}

/// Adds to the agreement's evidence in the acting person's name.
pub fn record(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    action: EvidenceAction,
    payload: &Value,
) -> Result<String, AppError> {
    let by = By { id: Some(tx.actor.id.as_str()), name: &tx.actor.name };
    Evidence::append(tx.conn, id, by, action, payload, tx.now)
}

fn tell(tx: &mut Tx<'_>, whole: &Whole, readers: &[&AccountId], zh: &str, en: &str) -> Result<(), AppError> {
    let told = changed(whole, readers, zh, en);
    tx.emit(&told)
}

fn changed(whole: &Whole, readers: &[&AccountId], zh: &str, en: &str) -> AgreementChanged {
    let agreement = &whole.agreement;
    let mut reader_ids: Vec<String> = readers.iter().map(|id| id.to_string()).collect();
    reader_ids.sort_unstable();
    reader_ids.dedup();
    AgreementChanged {
        agreement_id: agreement.id.to_string(),
        reader_ids,
        title_zh: zh.to_owned(),
        title_en: en.to_owned(),
        body_zh: format!("{}（{}）", agreement.project_name, agreement.number),
        body_en: format!("{} ({})", agreement.project_name, agreement.number),
        link: format!("/agreements/{}", agreement.id),
    }
}

/// Closes up to `most` agreements that were not signed in time and tells both sides; gives how many were due.
pub fn expire_due(conn: &mut DbConn, now: Time, most: i64) -> Result<usize, AppError> {
    use agreements as t;
    let due: Vec<AgreementId> = t::table
        .filter(t::state.eq(AgreementState::Signing))
        .filter(t::expires_at.le(now))
        .order(t::id.asc())
        .limit(most)
        .select(t::id)
        .load(conn)?;
    for id in &due {
        expire(conn, id, now)?;
    }
    Ok(due.len())
}

/// Nothing when the last party signed meanwhile, or another instance was first.
fn expire(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
    use {agreement_parties as p, agreements as t};
    let open = t::table.find(id).filter(t::state.eq(AgreementState::Signing)).filter(t::expires_at.le(now));
    if diesel::update(open).set(t::state.eq(AgreementState::Expired)).execute(conn)? == 0 {
        return Ok(());
    }
    diesel::update(p::table.filter(p::agreement_id.eq(id)).filter(p::state.eq(PartyState::Turn)))
        .set(p::state.eq(PartyState::Waiting))
        .execute(conn)?;
    let whole = Whole::find(conn, id)?;
    let payload =
        json!({"expires_at": whole.agreement.expires_at, "document_sha256": whole.agreement.head_sha256});
    Evidence::append(conn, id, By { id: None, name: HOUSE }, EvidenceAction::Expired, &payload, now)?;
    audit::Entry::by_the_house("expire_agreement", format!("agreement/{id}"), now).write(conn)?;
    let mut all: Vec<&AccountId> = whole.parties.iter().map(|party| &party.account_id).collect();
    all.push(&whole.agreement.created_by);
    let told = changed(&whole, &all, "协议到期未签完，已失效", "The agreement expired before all had signed");
    outbox::emit(conn, &told, now)
}

/// The agreements that this person may see, newest first.
pub fn list(
    conn: &mut DbConn,
    actor: &Actor,
    state: Option<AgreementState>,
    after: Option<String>,
    most: i64,
) -> Result<Vec<Whole>, AppError> {
    use {agreement_parties as p, agreements as t};
    let mut query = t::table.into_boxed();
    let mine = p::table.filter(p::account_id.eq(&actor.id)).select(p::agreement_id);
    let sent = t::id.eq_any(mine).and(t::dispatched_at.is_not_null());
    query = match actor.scope() {
        Scope::Any => query,
        Scope::Unit => query.filter(
            sent.or(t::created_by.eq(&actor.id)).or(t::unit_id.eq(actor.unit_id.clone().unwrap_or_default())),
        ),
        Scope::Own => query.filter(sent.or(t::created_by.eq(&actor.id))),
    };
    if let Some(state) = state {
        query = query.filter(t::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(t::id.lt(after));
    }
    let found: Vec<Agreement> = query.order(t::id.desc()).limit(most).load(conn)?;
    let ids: Vec<String> = found.iter().map(|a| a.id.to_string()).collect();
    let parties: Vec<Party> = p::table.filter(p::agreement_id.eq_any(ids)).order(p::seq.asc()).load(conn)?;
    let whole = |agreement: Agreement| {
        let parties = parties.iter().filter(|p| p.agreement_id == agreement.id).cloned().collect();
        Whole { agreement, parties }
    };
    Ok(found.into_iter().map(whole).collect())
}

/// One party as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartyView {
    id: PartyId,
    seq: i32,
    field: String,
    title: String,
    title_en: String,
    organisation: String,
    signer_name: String,
    person_id: AccountId,
    state: PartyState,
    signed_at: Option<Time>,
    certificate_serial: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementView {
    id: AgreementId,
    number: String,
    state: AgreementState,
    template_code: String,
    template_version: i32,
    template_name: String,
    template_name_en: String,
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Map<String, Value>,
    project_id: ProjectId,
    project_name: String,
    unit_id: String,
    head_sha256: Option<String>,
    revision: i32,
    pages: Option<i32>,
    parties: Vec<PartyView>,
    my_party: Option<PartyId>,
    /// What this person may do now: edit, preview, dispatch, sign, refuse, revoke, download
    may: Vec<&'static str>,
    reason: Option<String>,
    created_at: Time,
    dispatched_at: Option<Time>,
    completed_at: Option<Time>,
    expires_at: Option<Time>,
    /// Newest last; left empty in lists
    history: Vec<HistoryLine>,
}

impl AgreementView {
    /// With its history.
    pub fn whole(conn: &mut DbConn, whole: Whole, actor: &Actor) -> Result<Self, AppError> {
        let history = Evidence::all(conn, &whole.agreement.id)?.into_iter().map(HistoryLine::from).collect();
        Ok(Self { history, ..Self::of(whole, actor) })
    }

    pub fn of(whole: Whole, actor: &Actor) -> Self {
        let may = acts(&whole, actor);
        let my_party = whole.party_of(actor).map(|p| p.id.clone());
        let values = whole.values();
        let template = template::find(&whole.agreement.template_code);
        let a = whole.agreement;
        let party = |p: Party| PartyView {
            id: p.id,
            seq: p.seq,
            field: p.field,
            title: p.title,
            title_en: p.title_en,
            organisation: p.organisation,
            signer_name: p.signer_name,
            person_id: p.account_id,
            state: p.state,
            signed_at: p.signed_at,
            certificate_serial: p.certificate_serial,
        };
        Self {
            id: a.id,
            number: a.number,
            state: a.state,
            template_name: template.map(|t| t.name.clone()).unwrap_or_default(),
            template_name_en: template.map(|t| t.name_en.clone()).unwrap_or_default(),
            template_code: a.template_code,
            template_version: a.template_version,
            values,
            project_id: a.project_id,
            project_name: a.project_name,
            unit_id: a.unit_id,
            head_sha256: a.head_sha256,
            revision: a.revision,
            pages: a.pages,
            parties: whole.parties.into_iter().map(party).collect(),
            my_party,
            may,
            reason: a.reason,
            created_at: a.created_at,
            dispatched_at: a.dispatched_at,
            completed_at: a.completed_at,
            expires_at: a.expires_at,
            history: Vec::new(),
        }
    }
}

fn acts(whole: &Whole, actor: &Actor) -> Vec<&'static str> {
    let a = &whole.agreement;
    let office = actor.is(&a.created_by) || actor.is_of(&a.unit_id);
    let mut may = Vec::new();
    match a.state {
        AgreementState::Draft if office => may.extend(["edit", "preview", "dispatch", "revoke"]),
        AgreementState::Signing => {
            may.push("download");
            if whole.turn_of(actor).is_ok() {
                may.extend(["sign", "refuse"]);
            }
            if office {
                may.push("revoke");
            }
        }
        AgreementState::Draft => {}
        _ if a.head_file.is_some() => may.push("download"),
        _ => {}
    }
    may
}
