//! An agreement and its parties; every change of state is one conditional update.
use std::collections::HashSet;
use std::sync::Arc;

use chrono::{Datelike, Duration};
use diesel::prelude::*;
use serde_json::{Map, Value, json};

use crate::deals::projects::{self, ProjectId, Stage};
use crate::deals::signings::annex::{self, AgreementAnnex};
use crate::deals::signings::archive::{ARCHIVED, Archive};
use crate::deals::signings::events::AgreementChanged;
use crate::deals::signings::evidence::{By, Evidence, EvidenceAction};
use crate::deals::signings::negotiation::{self, RoundKind};
use crate::deals::signings::outside::{Flow, SIGNED_ELSEWHERE, SigningProvider};
use crate::deals::signings::outside_file::OutsideCheck;
use crate::deals::signings::rules;
use crate::deals::signings::seal::Seal;
use crate::deals::signings::stamp::Missing;
use crate::deals::signings::template::{self, Template};
use crate::error::{AppError, Code};
use crate::people::audit;
use crate::people::auth::{Account, AccountId, Actor, Scope, Tx};
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn, Locked};
use crate::platform::ess::{FlowSeen, FlowStanding};
use crate::platform::files::FileId;
use crate::platform::outbox;
use crate::platform::pki::StampFault;
use crate::schema::{
    agreement_counters, agreement_parties, agreement_reminders, agreement_revisions, agreements,
};

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
/// Somebody else signed in the same moment: signed again on the new head, never shown.
pub const HEAD_MOVED: Code =
    Code::new("agreement.head_moved", "有人同时签署，请重试", "Somebody signed at the same time; try again");
const CLOSED: Code =
    Code::new("agreement.closed", "协议已结束，不能再操作", "The agreement is closed and takes no more acts");
const REMINDED: Code = Code::new(
    "agreement.reminded",
    "一小时内已提醒过，请稍后再提醒",
    "The signers were reminded within the hour; wait before reminding again",
);
const REMINDED_AGAIN: Duration = Duration::hours(1);
/// Title of the office's side.
pub const HOST_TITLE: &str = "甲方";
const RESCISSION_UNDER_WAY: Code = Code::new(
    "agreement.rescission_under_way",
    "这份协议已有解除书，请在那份解除书上继续办理",
    "This agreement has a rescission already; go on with that one",
);
const LAPSED: Code = Code::new(
    "agreement.expired",
    "签署期限已过，协议不能再签；如仍需签署，请重新起草",
    "The time for signing has passed; draft the agreement anew if it is still wanted",
);

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
    /// Why an agreement follows another.
    pub enum OriginKind {
        Revises = "revises", "修改后重签", "Revises";
        Rescinds = "rescinds", "解除", "Rescinds";
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
    /// SHA-256 of the locked file without any party's signature
    pub text_sha256: Option<String>,
    pub origin_id: Option<AgreementId>,
    pub origin_kind: Option<OriginKind>,
    /// When the draft was shown to the other parties
    pub shared_at: Option<Time>,
    pub provider: SigningProvider,
}

impl Agreement {
    pub fn filled(&self) -> Map<String, Value> {
        serde_json::from_str(&self.field_values).unwrap_or_default()
    }

    /// A draft is the office's own paper; the other side sees it once it was shared or sent.
    fn is_visible(&self, actor: &Actor, as_party: bool) -> bool {
        let known = self.dispatched_at.is_some() || self.shared_at.is_some();
        (as_party && known) || actor.reaches(Some(&self.created_by), Some(&self.unit_id))
    }

    /// What rescinds an agreement, drafted or concluded; there is at most one.
    pub fn rescission_of(conn: &mut DbConn, id: &AgreementId) -> Result<Option<Self>, AppError> {
        use AgreementState::{Completed, Draft, Signing};
        use agreements as t;
        let alive = t::table
            .filter(t::origin_id.eq(id))
            .filter(t::origin_kind.eq(OriginKind::Rescinds))
            .filter(t::state.eq_any([Draft, Signing, Completed]));
        Ok(alive.first(conn).optional()?)
    }
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
    pub step: i32,
    pub authority: Option<String>,
    pub stamped: bool,
}

/// Who signs for whom, and when.
#[derive(Debug, Clone)]
pub struct NewParty {
    /// `host`, `investor`, `third`; a second person of one side adds a number
    pub field: String,
    pub title: String,
    pub title_en: String,
    pub step: i32,
    pub authority: Option<String>,
    pub organisation: String,
    pub signer_name: String,
    pub account_id: AccountId,
}

impl Party {
    /// Organisation, name and capacity, as they are printed.
    pub fn printed(&self) -> [&str; 3] {
        [&self.organisation, &self.signer_name, self.authority.as_deref().unwrap_or_default()]
    }
}

impl NewParty {
    /// As [`Party::printed`].
    pub fn printed(&self) -> [&str; 3] {
        [&self.organisation, &self.signer_name, self.authority.as_deref().unwrap_or_default()]
    }

    /// The same person in the same place of another agreement.
    fn again(party: &Party) -> Self {
        Self {
            field: party.field.clone(),
            title: party.title.clone(),
            title_en: party.title_en.clone(),
            step: party.step,
            authority: party.authority.clone(),
            organisation: party.organisation.clone(),
            signer_name: party.signer_name.clone(),
            account_id: party.account_id.clone(),
        }
    }
}

/// An agreement with its parties, in the order of signing, and the text that it was drafted from.
#[derive(Debug, Clone)]
pub struct Whole {
    pub agreement: Agreement,
    pub parties: Vec<Party>,
    /// In the order in which they stand behind the paper
    pub annexes: Vec<AgreementAnnex>,
    pub template: Arc<Template>,
}

/// A new signed file, ready to become the head.
pub struct Sealed {
    pub file: FileId,
    pub sha256: String,
    pub serial: String,
    pub fingerprint: String,
    /// Why the newest signature has no time stamp yet
    pub missing_stamp: Option<StampFault>,
}

impl Whole {
    pub fn find(conn: &mut DbConn, id: &AgreementId) -> Result<Self, AppError> {
        let agreement: Agreement =
            agreements::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        let parties = agreement_parties::table
            .filter(agreement_parties::agreement_id.eq(id))
            .order(agreement_parties::seq.asc())
            .load(conn)?;
        let annexes = AgreementAnnex::of(conn, id)?;
        let template = Template::at(conn, &agreement.template_code, agreement.template_version)?;
        Ok(Self { agreement, parties, annexes, template })
    }

    /// As [`Self::find`], for whoever may see it; to others it is not there.
    pub fn seen_by(conn: &mut DbConn, id: &AgreementId, actor: &Actor) -> Result<Self, AppError> {
        let whole = Self::find(conn, id)?;
        if whole.is_visible(actor) { Ok(whole) } else { Err(AppError::NotFound) }
    }

    fn is_visible(&self, actor: &Actor) -> bool {
        self.agreement.is_visible(actor, self.party_of(actor).is_some())
    }

    /// The agreement that this one follows, and those that follow it, oldest first: what of them the person may see.
    pub fn related(
        &self,
        conn: &mut DbConn,
        actor: &Actor,
    ) -> Result<(Option<Agreement>, Vec<Agreement>), AppError> {
        use {agreement_parties as p, agreements as t};
        let id = &self.agreement.id;
        let mut all: Vec<Agreement> = t::table.filter(t::origin_id.eq(id)).order(t::id.asc()).load(conn)?;
        if let Some(origin) = &self.agreement.origin_id {
            all.push(t::table.find(origin).first(conn)?);
        }
        let ids: Vec<String> = all.iter().map(|a| a.id.to_string()).collect();
        let mine: Vec<AgreementId> = p::table
            .filter(p::account_id.eq(&actor.id))
            .filter(p::agreement_id.eq_any(&ids))
            .select(p::agreement_id)
            .load(conn)?;
        all.retain(|a| a.is_visible(actor, mine.contains(&a.id)));
        let (followers, origin): (Vec<Agreement>, Vec<Agreement>) =
            all.into_iter().partition(|a| a.origin_id.as_ref() == Some(id));
        Ok((origin.into_iter().next(), followers))
    }

    pub fn party_of(&self, actor: &Actor) -> Option<&Party> {
        self.parties.iter().find(|p| actor.is(&p.account_id))
    }

    /// Whether the person drafted it or belongs to the unit that did.
    pub fn is_of_office(&self, actor: &Actor) -> bool {
        actor.is(&self.agreement.created_by) || actor.is_of(&self.agreement.unit_id)
    }

    /// The party whose turn it is, when it is this person's.
    pub fn turn_of(&self, actor: &Actor) -> Result<&Party, AppError> {
        if self.agreement.state != AgreementState::Signing {
            return Err(AppError::Conflict(&CLOSED));
        }
        let party = self.party_of(actor).ok_or(AppError::NotFound)?;
        if party.state == PartyState::Turn { Ok(party) } else { Err(AppError::Conflict(&NOT_YOUR_TURN)) }
    }

    /// Refuses what is done here when the signatures are made at a service outside.
    pub fn refuse_outside(&self) -> Result<(), AppError> {
        if self.agreement.provider.is_outside() { Err(AppError::Conflict(&SIGNED_ELSEWHERE)) } else { Ok(()) }
    }

    /// The locked text, when it is what the person says to have read. Reading, code and consent belong to it
    /// and not to the head: others may sign meanwhile, which adds their marks behind it and changes no word.
    pub fn text(&self, read: &str) -> Result<&str, AppError> {
        self.agreement
            .text_sha256
            .as_deref()
            .filter(|text| *text == read)
            .ok_or(AppError::Conflict(&MOVED_ON))
    }

    /// The newest file and its SHA-256.
    pub fn head(&self) -> Result<(&FileId, &str), AppError> {
        let head = self.agreement.head_file.as_ref().zip(self.agreement.head_sha256.as_deref());
        head.ok_or(AppError::Conflict(&MOVED_ON))
    }

    /// Of its signers, in their order.
    pub fn steps(&self) -> Vec<i32> {
        self.parties.iter().map(|party| party.step).collect()
    }

    /// Those whose turn it is: their fields and their accounts.
    fn due(&self) -> (Vec<&str>, Vec<&AccountId>) {
        let due = self.parties.iter().filter(|party| party.state == PartyState::Turn);
        due.map(|party| (party.field.as_str(), &party.account_id)).unzip()
    }

    /// Everybody who must hear of an end: the signers and the office.
    fn everybody(&self) -> Vec<&AccountId> {
        self.parties.iter().map(|party| &party.account_id).chain([&self.agreement.created_by]).collect()
    }

    /// Refuses once the time for signing is over, even before the clock has closed the agreement.
    pub fn refuse_lapsed(&self, now: Time) -> Result<(), AppError> {
        let lapsed = self.agreement.expires_at.is_some_and(|until| until <= now);
        if lapsed { Err(AppError::Conflict(&LAPSED)) } else { Ok(()) }
    }

    /// What the draft says, as one hash.
    pub fn text_digest(&self) -> String {
        annex::text_digest(&self.agreement, &self.annexes)
    }

    pub fn values(&self) -> Map<String, Value> {
        self.agreement.filled()
    }

    /// What the paper is set from.
    pub fn data(&self, fingerprint: &str, draft: bool) -> Value {
        let signer = |p: &Party| {
            json!({
                "title": p.title, "title_en": p.title_en, "organisation": p.organisation, "signer_name": p.signer_name, "id": p.field,
                "authority": p.authority,
            })
        };
        // On paper 甲方 comes first whatever the order of signing; a field's name begins with its side.
        let mut sides: Vec<&Party> = self.parties.iter().collect();
        sides.sort_by_key(|p| (p.title.as_str() != HOST_TITLE, p.field.starts_with("third"), p.seq));
        let mut parties: Vec<&Party> = Vec::new();
        for party in &sides {
            if !parties.iter().any(|known| known.title == party.title) {
                parties.push(party);
            }
        }
        let annex = |a: &AgreementAnnex| json!({"name": a.name, "pages": a.pages, "sha256": a.sha256, "size": a.size});
        json!({
            "annexes": self.annexes.iter().map(annex).collect::<Vec<_>>(),
            "number": self.agreement.number, "created_on": self.agreement.created_at.day().to_string(),
            "title": self.template.name, "title_en": self.template.name_en,
            "fingerprint": fingerprint, "draft": draft, "values": self.values(),
            "paper": self.template.content.compose(&self.values()),
            "parties": parties.into_iter().map(signer).collect::<Vec<_>>(),
            "signers": sides.into_iter().map(signer).collect::<Vec<_>>(),
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
    parties: Vec<NewParty>,
    origin: Option<(&Whole, OriginKind)>,
    provider: SigningProvider,
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
        text_sha256: None,
        origin_id: origin.map(|(whole, _)| whole.agreement.id.clone()),
        origin_kind: origin.map(|(_, kind)| kind),
        shared_at: None,
        provider,
    };
    let id = agreement.id.clone();
    diesel::insert_into(agreements::table).values(agreement).execute(tx.conn)?;
    for (seq, new) in (1..).zip(parties) {
        let party = Party {
            id: PartyId::fresh(),
            agreement_id: id.clone(),
            seq,
            field: new.field,
            title: new.title,
            title_en: new.title_en,
            organisation: new.organisation,
            signer_name: new.signer_name,
            account_id: new.account_id,
            state: PartyState::Waiting,
            signed_at: None,
            certificate_serial: None,
            certificate_sha256: None,
            step: new.step,
            authority: new.authority,
            stamped: true,
        };
        diesel::insert_into(agreement_parties::table).values(party).execute(tx.conn)?;
    }
    record(
        tx,
        &id,
        EvidenceAction::Created,
        &json!({"template": template.code, "version": template.version}),
    )?;
    if let Some((whole, OriginKind::Revises)) = origin {
        AgreementAnnex::carry(tx, &whole.annexes, &id)?;
    }
    negotiation::add_round(tx, &id, RoundKind::Drafted, values, None)?;
    tx.subject("agreement", &id);
    Ok(id)
}

/// A new draft with the same parties that revises or rescinds `whole`, from the text that is in use now: what was
/// filled in before is carried over where it still fits.
pub fn follow(tx: &mut Tx<'_>, whole: &Whole, kind: OriginKind) -> Result<AgreementId, AppError> {
    let a = &whole.agreement;
    if kind == OriginKind::Rescinds {
        // Two who rescind at once wait for each other on the agreement's row.
        let query = agreements::table.find(&a.id).select(agreements::revision);
        let _held: i32 = Locked { query, skip: false }.get_result(tx.conn)?;
        if Agreement::rescission_of(tx.conn, &a.id)?.is_some() {
            return Err(AppError::Conflict(&RESCISSION_UNDER_WAY));
        }
    }
    let template = match kind {
        OriginKind::Revises => Template::in_use(tx.conn, &a.template_code)?,
        OriginKind::Rescinds => Template::in_use(tx.conn, template::RESCISSION)?,
    };
    let values = match (kind, whole.values()) {
        (OriginKind::Revises, values) => values,
        (OriginKind::Rescinds, values) => {
            let mut known = Map::new();
            known.insert("origin_number".to_owned(), a.number.clone().into());
            known.insert("origin_name".to_owned(), whole.template.name.clone().into());
            let signed_on = a.completed_at.map(|at| at.day().to_string());
            known.extend(signed_on.map(|day| ("origin_signed_on".to_owned(), day.into())));
            known
                .extend(values.get("signing_place").map(|place| ("signing_place".to_owned(), place.clone())));
            known
        }
    };
    let parties = whole.parties.iter().map(NewParty::again).collect();
    let facts = (a.project_id.clone(), a.project_name.clone(), a.unit_id.clone());
    let values = template.content.carried(&values);
    draft(tx, facts, &template, &values, parties, Some((whole, kind)), a.provider)
}

/// Tells those whose turn it is once more, at most once an hour.
pub fn remind(tx: &mut Tx<'_>, whole: &Whole) -> Result<(), AppError> {
    let id = &whole.agreement.id;
    if whole.agreement.state != AgreementState::Signing {
        return Err(AppError::Conflict(&CLOSED));
    }
    if let Some(last) = Evidence::last(tx.conn, id, EvidenceAction::Reminded)? {
        let wait = (REMINDED_AGAIN - tx.now.since(last)).num_seconds();
        if let Some(retry_after) = u64::try_from(wait).ok().filter(|wait| *wait > 0) {
            return Err(AppError::TooMany { code: &REMINDED, retry_after });
        }
    }
    let (fields, readers) = whole.due();
    record(tx, id, EvidenceAction::Reminded, &json!({"fields": fields}))?;
    tx.subject("agreement", id);
    tell(tx, whole, &readers, "提醒：请签署协议", "A reminder: please sign the agreement")
}

/// Agreements of which a reminder of their end is due and was not told, the soonest first.
pub fn ending(conn: &mut DbConn, now: Time) -> Result<Vec<AgreementId>, AppError> {
    use {agreement_reminders as r, agreements as t};
    let coming: Vec<(AgreementId, Option<Time>, Option<Time>)> = t::table
        .filter(t::state.eq(AgreementState::Signing))
        .filter(t::expires_at.gt(now))
        .filter(t::expires_at.le(now.plus(rules::first_told())))
        .order(t::expires_at.asc())
        .select((t::id, t::dispatched_at, t::expires_at))
        .load(conn)?;
    // What was told earlier than that is of agreements that have ended.
    let told: Vec<(AgreementId, i32)> = r::table
        .filter(r::told_at.gt(now.minus(rules::first_told())))
        .select((r::agreement_id, r::days_left))
        .load(conn)?;
    let told: HashSet<(AgreementId, i32)> = told.into_iter().collect();
    let due = coming.into_iter().filter_map(|(id, sent, end)| {
        let days = rules::reminder_due(sent?, end?, now)?;
        Some((id, days))
    });
    Ok(due.filter(|one| !told.contains(one)).map(|(id, _)| id).collect())
}

/// Tells those whose turn it is that the end is near, once for each reminder.
pub fn remind_of_end(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
    use agreement_reminders as r;
    let query = agreements::table.find(id).select(agreements::state);
    let state: AgreementState = Locked { query, skip: false }.get_result(conn)?;
    if state != AgreementState::Signing {
        return Ok(());
    }
    let whole = Whole::find(conn, id)?;
    let times = whole.agreement.dispatched_at.zip(whole.agreement.expires_at);
    let Some(days) = times.and_then(|(sent, end)| rules::reminder_due(sent, end, now)) else { return Ok(()) };
    let row = (r::agreement_id.eq(id), r::days_left.eq(days), r::told_at.eq(now));
    if Both(diesel::insert_into(r::table).values(row).on_conflict_do_nothing()).execute(conn)? == 0 {
        return Ok(());
    }
    let (fields, readers) = whole.due();
    if readers.is_empty() {
        return Ok(());
    }
    let payload = json!({"fields": fields, "days_left": days});
    Evidence::append(conn, id, By::HOUSE, EvidenceAction::Reminded, &payload, now)?;
    let zh = format!("签署期限不到 {days} 天，请尽快签署协议");
    let en = match days {
        1 => "Less than a day is left to sign the agreement".to_owned(),
        days => format!("Less than {days} days are left to sign the agreement"),
    };
    outbox::emit(conn, &changed(&whole, &readers, &zh, &en), now)
}

/// New values of a draft; gives the number of their round.
pub fn redraft(tx: &mut Tx<'_>, id: &AgreementId, values: &Map<String, Value>) -> Result<i32, AppError> {
    use agreements as t;
    let changed = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set(t::field_values.eq(Value::Object(values.clone()).to_string()))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(AppError::Conflict(&NOT_DRAFT));
    }
    tx.subject("agreement", id);
    negotiation::add_round(tx, id, RoundKind::Drafted, values, None)
}

/// The locked file becomes the head and the first step's turn begins; all must sign within `life`.
pub fn dispatch(
    tx: &mut Tx<'_>,
    whole: &Whole,
    sealed: &Sealed,
    pages: i32,
    life: Duration,
) -> Result<(), AppError> {
    use agreements as t;
    let id = &whole.agreement.id;
    let changed = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set((
            t::state.eq(AgreementState::Signing),
            t::revision.eq(1),
            t::head_file.eq(Some(&sealed.file)),
            t::head_sha256.eq(Some(&sealed.sha256)),
            t::text_sha256.eq(Some(&sealed.sha256)),
            t::pages.eq(Some(pages)),
            t::dispatched_at.eq(Some(tx.now)),
            t::expires_at.eq(Some(tx.now.plus(life))),
        ))
        .execute(tx.conn)?;
    if changed != 1 {
        return Err(AppError::Conflict(&NOT_DRAFT));
    }
    keep_revision(tx.conn, tx.now, id, 1, "locked", sealed, None)?;
    let annexes: Vec<&str> = whole.annexes.iter().map(|annex| annex.sha256.as_str()).collect();
    let payload = json!({"document_sha256": sealed.sha256, "pages": pages, "annexes": annexes});
    record(tx, id, EvidenceAction::Locked, &payload)?;
    tx.subject("agreement", id);
    if let Some(fault) = sealed.missing_stamp {
        Missing::note(tx.conn, id, fault, tx.now)?;
    }
    move_on(tx.conn, By::from(tx.actor), tx.now, id)
}

fn keep_revision(
    conn: &mut DbConn,
    now: Time,
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
            t::made_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Gives the turn to everyone of the next step, or completes the agreement when nobody is left.
fn move_on(conn: &mut DbConn, by: By<'_>, now: Time, id: &AgreementId) -> Result<(), AppError> {
    use agreement_parties as p;
    let whole = Whole::find(conn, id)?;
    let standing: Vec<(i32, PartyState)> = whole.parties.iter().map(|p| (p.step, p.state)).collect();
    let due = rules::on_turn(&standing);
    if due.is_empty() {
        return complete(conn, by, now, &whole);
    }
    let fresh: Vec<&Party> = due
        .into_iter()
        .filter_map(|place| whole.parties.get(place))
        .filter(|party| party.state == PartyState::Waiting)
        .collect();
    for party in &fresh {
        diesel::update(p::table.find(&party.id)).set(p::state.eq(PartyState::Turn)).execute(conn)?;
    }
    let readers: Vec<&AccountId> = fresh.iter().map(|party| &party.account_id).collect();
    if readers.is_empty() {
        return Ok(());
    }
    outbox::emit(conn, &changed(&whole, &readers, "请签署协议", "Please sign the agreement"), now)
}

/// All have signed: told once, because the agreement's row is held and the state leaves `signing` once.
fn complete(conn: &mut DbConn, by: By<'_>, now: Time, whole: &Whole) -> Result<(), AppError> {
    use agreements as t;
    let id = &whole.agreement.id;
    let completed = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Signing)))
        .set((t::state.eq(AgreementState::Completed), t::completed_at.eq(Some(now))))
        .execute(conn)?;
    if completed != 1 {
        return Err(AppError::Conflict(&CLOSED));
    }
    let payload = json!({"document_sha256": whole.agreement.head_sha256});
    Evidence::append(conn, id, by, EvidenceAction::Completed, &payload, now)?;
    let project = &whole.agreement.project_id;
    let by = projects::By { id: by.id.and_then(|id| id.parse().ok()), name: by.name.to_owned() };
    if whole.agreement.origin_kind != Some(OriginKind::Rescinds) {
        let committed = whole.values().get("intended_investment_fen").and_then(Value::as_i64);
        projects::note_agreement(conn, project, id.as_str(), committed)?;
        let because = format!("协议 {} 各方已签署", whole.agreement.number);
        projects::record_stage(conn, project, Stage::Signed, &by, &because, now)?;
    }
    let told = changed(whole, &whole.everybody(), "协议各方已签署完成", "All parties have signed");
    outbox::emit(conn, &told, now)
}

/// A signature: the head moves on only from the very file that was signed, only in one's turn, and only with a seal
/// that may be used in this moment.
pub fn sign(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    party: &Party,
    seal: Option<&Seal>,
    from: &str,
    sealed: &Sealed,
) -> Result<(), AppError> {
    use agreement_parties as p;
    let revision = move_head(tx.conn, id, from, sealed)?;
    let whole = Whole::find(tx.conn, id)?;
    whole.refuse_lapsed(tx.now)?;
    let signed = diesel::update(p::table.find(&party.id).filter(p::state.eq(PartyState::Turn)))
        .set((
            p::state.eq(PartyState::Signed),
            p::signed_at.eq(Some(tx.now)),
            p::certificate_serial.eq(Some(&sealed.serial)),
            p::certificate_sha256.eq(Some(&sealed.fingerprint)),
            p::stamped.eq(sealed.missing_stamp.is_none()),
        ))
        .execute(tx.conn)?;
    if signed != 1 {
        return Err(AppError::Conflict(&NOT_YOUR_TURN));
    }
    if let Some(seal) = seal {
        Seal::note_use(tx, &seal.id, &whole, party)?;
    }
    keep_revision(tx.conn, tx.now, id, revision, "signed", sealed, Some(&party.id))?;
    let payload = json!({
        "document_sha256": sealed.sha256, "signed_sha256": from,
        "certificate_serial": sealed.serial, "certificate_sha256": sealed.fingerprint,
        "missing_stamp": sealed.missing_stamp.map(StampFault::as_str),
        "seal": seal.map(Seal::evidence),
    });
    record(tx, id, EvidenceAction::Signed, &payload)?;
    match sealed.missing_stamp {
        Some(fault) => Missing::note(tx.conn, id, fault, tx.now)?,
        None => stamped(tx.conn, id, tx.now)?,
    }
    tx.subject("agreement", id);
    move_on(tx.conn, By::from(tx.actor), tx.now, id)
}

/// Moves the head from `from` to a new file; gives the new revision's number. Two that move it at once wait
/// for each other on the agreement's row, and the second finds that its file is no longer the head.
fn move_head(conn: &mut DbConn, id: &AgreementId, from: &str, sealed: &Sealed) -> Result<i32, AppError> {
    use agreements as t;
    let query = t::table.find(id).select((t::revision, t::state));
    let (revision, state): (i32, AgreementState) = Locked { query, skip: false }.get_result(conn)?;
    if !matches!(state, AgreementState::Signing | AgreementState::Completed) {
        return Err(AppError::Conflict(&CLOSED));
    }
    let unmoved = t::table.find(id).filter(t::head_sha256.eq(from)).filter(t::revision.eq(revision));
    let moved = diesel::update(unmoved)
        .set((
            t::revision.eq(revision + 1),
            t::head_file.eq(Some(&sealed.file)),
            t::head_sha256.eq(Some(&sealed.sha256)),
        ))
        .execute(conn)?;
    if moved == 1 { Ok(revision + 1) } else { Err(AppError::Conflict(&HEAD_MOVED)) }
}

/// The stamp that was owed came: it covers every signature before it.
pub fn stamp(
    conn: &mut DbConn,
    id: &AgreementId,
    from: &str,
    sealed: &Sealed,
    now: Time,
) -> Result<(), AppError> {
    let revision = move_head(conn, id, from, sealed)?;
    keep_revision(conn, now, id, revision, "stamped", sealed, None)?;
    let payload = json!({"document_sha256": sealed.sha256, "unstamped_sha256": from});
    Evidence::append(conn, id, By::HOUSE, EvidenceAction::Stamped, &payload, now)?;
    stamped(conn, id, now)
}

/// Long-term data and a time stamp over everything came: the head moves on, once for each.
pub fn archive(
    conn: &mut DbConn,
    due: &Archive,
    from: &str,
    sealed: &Sealed,
    until: Time,
    now: Time,
) -> Result<(), AppError> {
    let id = &due.agreement_id;
    let revision = move_head(conn, id, from, sealed)?;
    due.settle(conn, until, now)?;
    keep_revision(conn, now, id, revision, ARCHIVED, sealed, None)?;
    let payload =
        json!({"document_sha256": sealed.sha256, "from_sha256": from, "stamp": due.n, "until": until});
    Evidence::append(conn, id, By::HOUSE, EvidenceAction::Archived, &payload, now)?;
    Ok(())
}

fn stamped(conn: &mut DbConn, id: &AgreementId, now: Time) -> Result<(), AppError> {
    use agreement_parties as p;
    let owed = p::table.filter(p::agreement_id.eq(id)).filter(p::stamped.eq(false));
    diesel::update(owed).set(p::stamped.eq(true)).execute(conn)?;
    Missing::settle(conn, id, now)
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
        use agreement_parties as p;
        let turn = p::table.find(&whole.turn_of(tx.actor)?.id).filter(p::state.eq(PartyState::Turn));
        if diesel::update(turn).set(p::state.eq(PartyState::Refused)).execute(tx.conn)? != 1 {
            return Err(AppError::Conflict(&NOT_YOUR_TURN));
        }
    }
    let action =
        if state == AgreementState::Refused { EvidenceAction::Refused } else { EvidenceAction::Revoked };
    record(tx, id, action, &json!({"reason": reason}))?;
    tx.subject("agreement", id);
    Flow::hasten(tx.conn, id, tx.now)?;
    let title = format!("协议{}：{reason}", state.zh());
    tell(tx, whole, &whole.everybody(), &title, &format!("Agreement {}: {reason}", state.en().to_lowercase()))
}

/// What a service outside says of an agreement: who has signed there, the final file, or the end. Told twice, it
/// changes nothing the second time.
pub fn follow_outside(
    conn: &mut DbConn,
    id: &AgreementId,
    flow: &str,
    seen: &FlowSeen,
    sealed: Option<(&Sealed, &OutsideCheck)>,
    now: Time,
) -> Result<(), AppError> {
    use {agreement_parties as p, agreements as t};
    let query = t::table.find(id).select(t::state);
    let state: AgreementState = Locked { query, skip: false }.get_result(conn)?;
    if state != AgreementState::Signing {
        return Ok(());
    }
    let whole = Whole::find(conn, id)?;
    let mut everybody = true;
    for party in &whole.parties {
        if !seen.has_signed(&Account::find(conn, &party.account_id)?.phone) {
            everybody = false;
            continue;
        }
        let unsigned = p::table.find(&party.id).filter(p::state.ne(PartyState::Signed));
        let signed = (p::state.eq(PartyState::Signed), p::signed_at.eq(Some(now)));
        if diesel::update(unsigned).set(signed).execute(conn)? == 1 {
            let payload = json!({"party": party.seq, "provider": whole.agreement.provider, "flow_id": flow});
            Evidence::append(conn, id, By::HOUSE, EvidenceAction::Signed, &payload, now)?;
        }
    }
    match (seen.standing, sealed) {
        (FlowStanding::Signed, Some((sealed, check))) => {
            check.keep(conn, id, now)?;
            let from = whole.head()?.1;
            let revision = move_head(conn, id, from, sealed)?;
            keep_revision(conn, now, id, revision, "signed", sealed, None)?;
            move_on(conn, By::HOUSE, now, id)
        }
        // All have signed and the file is on its way: the agreement is complete when it is here.
        (FlowStanding::Signed, None) => Ok(()),
        (FlowStanding::Open, _) if everybody => Ok(()),
        (FlowStanding::Open, _) => move_on(conn, By::HOUSE, now, id),
        (FlowStanding::Refused, _) => end_outside(conn, &whole, AgreementState::Refused, now),
        (FlowStanding::Revoked, _) => end_outside(conn, &whole, AgreementState::Revoked, now),
        (FlowStanding::Expired, _) => end_outside(conn, &whole, AgreementState::Expired, now),
    }
}

/// The service ended the flow without everybody's signature.
fn end_outside(conn: &mut DbConn, whole: &Whole, state: AgreementState, now: Time) -> Result<(), AppError> {
    let provider = whole.agreement.provider;
    let reason = format!("{}：{}", provider.zh(), state.zh());
    let ending = Ending {
        state,
        payload: json!({"reason": reason, "provider": provider}),
        operation: "follow_flow",
        title: format!("协议{}（{}）", state.zh(), provider.zh()),
        title_en: format!("Agreement {} at {}", state.en().to_lowercase(), provider.en()),
        reason: Some(reason),
    };
    end(conn, whole, &ending, now)
}

/// How the house itself ends an agreement that waited for signatures.
struct Ending {
    state: AgreementState,
    reason: Option<String>,
    payload: Value,
    operation: &'static str,
    title: String,
    title_en: String,
}

/// The agreement's row must be held: it is ended once.
fn end(conn: &mut DbConn, whole: &Whole, ending: &Ending, now: Time) -> Result<(), AppError> {
    use {agreement_parties as p, agreements as t};
    let id = &whole.agreement.id;
    let open = t::table.find(id).filter(t::state.eq(AgreementState::Signing));
    let ended = (t::state.eq(ending.state), t::reason.eq(&ending.reason));
    if diesel::update(open).set(ended).execute(conn)? != 1 {
        return Err(AppError::Conflict(&CLOSED));
    }
    diesel::update(p::table.filter(p::agreement_id.eq(id)).filter(p::state.eq(PartyState::Turn)))
        .set(p::state.eq(PartyState::Waiting))
        .execute(conn)?;
    let action = match ending.state {
        AgreementState::Refused => EvidenceAction::Refused,
        AgreementState::Expired => EvidenceAction::Expired,
        _ => EvidenceAction::Revoked,
    };
    Evidence::append(conn, id, By::HOUSE, action, &ending.payload, now)?;
    audit::Entry::by_the_house(ending.operation, format!("agreement/{id}"), now).write(conn)?;
    outbox::emit(conn, &changed(whole, &whole.everybody(), &ending.title, &ending.title_en), now)
}

/// Tells the office of something that the service outside did or did not do.
pub fn tell_office(conn: &mut DbConn, whole: &Whole, zh: &str, en: &str, now: Time) -> Result<(), AppError> {
    outbox::emit(conn, &changed(whole, &[&whole.agreement.created_by], zh, en), now)
}

/// Adds to the agreement's evidence in the acting person's name.
pub fn record(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    action: EvidenceAction,
    payload: &Value,
) -> Result<String, AppError> {
    Evidence::append(tx.conn, id, By::from(tx.actor), action, payload, tx.now)
}

/// Tells some people about the agreement, after the commit.
pub fn tell(
    tx: &mut Tx<'_>,
    whole: &Whole,
    readers: &[&AccountId],
    zh: &str,
    en: &str,
) -> Result<(), AppError> {
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
    let query = agreements::table.find(id).select(agreements::state);
    let state: AgreementState = Locked { query, skip: false }.get_result(conn)?;
    if state != AgreementState::Signing {
        return Ok(());
    }
    let whole = Whole::find(conn, id)?;
    let ending = Ending {
        state: AgreementState::Expired,
        reason: None,
        payload: json!({"expires_at": whole.agreement.expires_at, "document_sha256": whole.agreement.head_sha256}),
        operation: "expire_agreement",
        title: "协议到期未签完，已失效".to_owned(),
        title_en: "The agreement expired before all had signed".to_owned(),
    };
    end(conn, &whole, &ending, now)?;
    Flow::hasten(conn, id, now)
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
    let sent = t::id.eq_any(mine).and(t::dispatched_at.is_not_null().or(t::shared_at.is_not_null()));
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
    let parties: Vec<Party> = p::table.filter(p::agreement_id.eq_any(&ids)).order(p::seq.asc()).load(conn)?;
    let annexes = AgreementAnnex::of_each(conn, &ids)?;
    let drafted = found.iter().map(|a| (a.template_code.clone(), a.template_version));
    let templates = Template::each_of(conn, drafted)?;
    let whole = |agreement: Agreement| {
        let parties = parties.iter().filter(|p| p.agreement_id == agreement.id).cloned().collect();
        let annexes = annexes.iter().filter(|a| a.agreement_id == agreement.id).cloned().collect();
        let at = (agreement.template_code.clone(), agreement.template_version);
        let template = templates.get(&at).cloned().ok_or(AppError::NotFound)?;
        Ok(Whole { agreement, parties, annexes, template })
    };
    found.into_iter().map(whole).collect()
}
