//! 磋商: drafts that both sides see, what each proposed, and the unit's own approval before a text is locked.
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::deals::signings::agreement::{self, Agreement, AgreementId, AgreementState, Whole};
use crate::deals::signings::annex::{AgreementAnnex, hold_draft};
use crate::deals::signings::difference::PartChange;
use crate::deals::signings::evidence::EvidenceAction;
use crate::error::{AppError, Code};
use crate::people::auth::{Account, AccountId, AccountState, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{agreement_approvals, agreement_round_answers, agreement_rounds, agreements};

const NO_APPROVER: Code = Code::new(
    "approval.no_approver",
    "审批人须是本单位另一位在岗人员",
    "The approver must be another active person of the unit",
);
const NOT_APPROVED: Code = Code::new(
    "approval.pending",
    "本单位审批还没有通过，或审批后内容又有改动，请重新提请审批",
    "The unit's approval is outstanding, or the text changed after it; ask for approval again",
);
const NOT_YOURS: Code = Code::new(
    "approval.not_yours",
    "这份协议没有等待您审批",
    "This agreement does not wait for your approval",
);

const ANSWERED: Code = Code::new(
    "round.answered",
    "这一轮修改已有答复，或草稿已发出",
    "This proposal was answered already, or the draft was sent",
);
const DRAFT_CHANGED: Code = Code::new(
    "round.draft_changed",
    "草稿在对方提出后又有改动，直接采用会覆盖这些改动；请自行修改草稿，或说明原因不采用",
    "The draft changed after this was proposed, and taking it over would undo that; edit the draft, or decline with a reason",
);

crate::text_enum! {
    /// What a round of the negotiation is.
    pub enum RoundKind {
        Drafted = "drafted", "起草方修改", "Changed by the office";
        Proposed = "proposed", "对方提出", "Proposed by the other side";
    }
}
crate::text_enum! {
    /// What the office said to a proposal.
    pub enum RoundAnswer {
        Accepted = "accepted", "已采用", "Taken over";
        Declined = "declined", "未采用", "Declined";
    }
}
crate::text_enum! {
    /// What an approver decided.
    pub enum ApprovalDecision {
        Approved = "approved", "同意", "Approved";
        Returned = "returned", "退回修改", "Returned";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_rounds)]
struct Round {
    agreement_id: AgreementId,
    round: i32,
    kind: RoundKind,
    field_values: String,
    note: Option<String>,
    by_id: AccountId,
    by_name: String,
    at: Time,
    /// JSON; `None` in rounds from before they were kept
    annexes: Option<String>,
}

impl Round {
    fn find(conn: &mut DbConn, id: &AgreementId, number: i32) -> Result<Self, AppError> {
        let found = agreement_rounds::table.find((id, number)).first(conn).optional()?;
        found.ok_or(AppError::NotFound)
    }

    fn filled(&self) -> Map<String, Value> {
        serde_json::from_str(&self.field_values).unwrap_or_default()
    }

    fn annexes(&self) -> Option<Vec<AgreementAnnex>> {
        self.annexes.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }
}

/// Written once for a proposal: two who answer at once wait for each other on the agreement's row.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_round_answers)]
struct Answer {
    agreement_id: AgreementId,
    round: i32,
    answer: RoundAnswer,
    reason: Option<String>,
    draft_round: Option<i32>,
    by_id: AccountId,
    by_name: String,
    at: Time,
}

/// One round with what it changed against the draft before it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundView {
    round: i32,
    kind: RoundKind,
    note: Option<String>,
    by_name: String,
    at: Time,
    changes: Vec<FieldChange>,
    annex_changes: Vec<AnnexChange>,
    /// Of a proposal: what the office said to it
    answer: Option<RoundAnswerView>,
    /// Of a draft: the proposal that it took over
    accepts: Option<i32>,
    /// A proposal that waits for an answer
    open: bool,
    /// Whether the draft is still the one that the proposal answers, so that it can be taken over as it is
    fits: bool,
}

/// What the office said to a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundAnswerView {
    answer: RoundAnswer,
    reason: Option<String>,
    by_name: String,
    at: Time,
}

impl From<&Answer> for RoundAnswerView {
    fn from(a: &Answer) -> Self {
        Self { answer: a.answer, reason: a.reason.clone(), by_name: a.by_name.clone(), at: a.at }
    }
}

/// An annex that came or went.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnnexChange {
    change: PartChange,
    name: String,
    pages: i32,
    sha256: String,
}

/// A field that was changed.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldChange {
    pub key: String,
    from: Option<Value>,
    to: Option<Value>,
}

/// What differs between two sets of values, by field.
pub fn differences(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<FieldChange> {
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| old.get(*key) != new.get(*key))
        .map(|key| FieldChange { key: key.clone(), from: old.get(key).cloned(), to: new.get(key).cloned() })
        .collect()
}

fn annex_differences(old: &[AgreementAnnex], new: &[AgreementAnnex]) -> Vec<AnnexChange> {
    let told = |change: PartChange, these: &[AgreementAnnex], others: &[AgreementAnnex]| {
        let apart = these.iter().filter(|one| !others.iter().any(|other| other.id == one.id));
        let view = |a: &AgreementAnnex| AnnexChange {
            change,
            name: a.name.clone(),
            pages: a.pages,
            sha256: a.sha256.clone(),
        };
        apart.map(view).collect::<Vec<AnnexChange>>()
    };
    let mut all = told(PartChange::Removed, old, new);
    all.extend(told(PartChange::Added, new, old));
    all
}

/// Adds a round with the annexes as they are, and gives its number; the agreement's row orders two who write at once.
pub fn add_round(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    kind: RoundKind,
    values: &Map<String, Value>,
    note: Option<&str>,
) -> Result<i32, AppError> {
    use agreement_rounds as t;
    // An update that changes nothing holds the row on both databases.
    diesel::update(agreements::table.find(id))
        .set(agreements::revision.eq(agreements::revision))
        .execute(tx.conn)?;
    let last: Option<i32> = t::table
        .filter(t::agreement_id.eq(id))
        .order(t::round.desc())
        .select(t::round)
        .first(tx.conn)
        .optional()?;
    let number = last.unwrap_or(0) + 1;
    let annexes = AgreementAnnex::of(tx.conn, id)?;
    let round = Round {
        agreement_id: id.clone(),
        round: number,
        kind,
        field_values: Value::Object(values.clone()).to_string(),
        note: note.map(str::to_owned),
        by_id: tx.actor.id.clone(),
        by_name: tx.actor.name.clone(),
        at: tx.now,
        annexes: Some(serde_json::to_string(&annexes).map_err(AppError::internal)?),
    };
    diesel::insert_into(t::table).values(round).execute(tx.conn)?;
    Ok(number)
}

/// A round for annexes that came or went; the values stay as they are.
pub fn note_annexes(tx: &mut Tx<'_>, id: &AgreementId) -> Result<(), AppError> {
    let values = Whole::find(tx.conn, id)?.values();
    add_round(tx, id, RoundKind::Drafted, &values, None)?;
    Ok(())
}

/// The rounds that this person may see, oldest first: what the office wrote before it first showed a draft is its own.
pub fn rounds(conn: &mut DbConn, whole: &Whole, actor: &Actor) -> Result<Vec<RoundView>, AppError> {
    let mut all = every_round(conn, whole)?;
    let a = &whole.agreement;
    if actor.reaches(Some(&a.created_by), Some(&a.unit_id)) {
        return Ok(all);
    }
    let shown_at = a.shared_at.or(a.dispatched_at);
    let own = |r: &RoundView| r.kind == RoundKind::Drafted && shown_at.is_none_or(|at| r.at < at);
    if let Some(shown) = all.iter().rposition(own) {
        all.drain(..shown);
        if let Some(first) = all.first_mut() {
            first.changes.clear();
            first.annex_changes.clear();
        }
    }
    Ok(all)
}

/// A proposal is compared with the draft that it answers, and so is the draft after it.
fn every_round(conn: &mut DbConn, whole: &Whole) -> Result<Vec<RoundView>, AppError> {
    use {agreement_round_answers as a, agreement_rounds as t};
    let id = &whole.agreement.id;
    let all: Vec<Round> = t::table.filter(t::agreement_id.eq(id)).order(t::round.asc()).load(conn)?;
    let answers: Vec<Answer> = a::table.filter(a::agreement_id.eq(id)).load(conn)?;
    let now = whole.values();
    let mut draft: Map<String, Value> = Map::new();
    let mut annexes: Vec<AgreementAnnex> = Vec::new();
    let mut views = Vec::new();
    for round in all {
        let values = round.filled();
        // What an old round does not say is taken to be as it was.
        let taken = round.annexes().unwrap_or_else(|| annexes.clone());
        let answer = answers.iter().find(|answer| answer.round == round.round);
        let accepted = answers.iter().find(|answer| answer.draft_round == Some(round.round));
        let proposed = round.kind == RoundKind::Proposed;
        views.push(RoundView {
            round: round.round,
            kind: round.kind,
            note: round.note,
            by_name: round.by_name,
            at: round.at,
            changes: differences(&draft, &values),
            annex_changes: annex_differences(&annexes, &taken),
            answer: answer.map(RoundAnswerView::from),
            accepts: accepted.map(|answer| answer.round),
            open: proposed && answer.is_none() && whole.agreement.state == AgreementState::Draft,
            fits: proposed && draft == now,
        });
        if !proposed {
            draft = values;
            annexes = taken;
        }
    }
    Ok(views)
}

/// The agreement as a round worded it, with the annexes that the draft then took along.
pub fn at_round(conn: &mut DbConn, whole: Whole, actor: &Actor, number: i32) -> Result<Whole, AppError> {
    if !rounds(conn, &whole, actor)?.iter().any(|view| view.round == number) {
        return Err(AppError::NotFound);
    }
    let round = Round::find(conn, &whole.agreement.id, number)?;
    let annexes = round.annexes().unwrap_or_else(|| whole.annexes.clone());
    let agreement = Agreement { field_values: round.field_values, ..whole.agreement };
    Ok(Whole { agreement, annexes, parties: whole.parties, template: whole.template })
}

/// The office takes a proposal over, which makes its values the draft, or declines it with a reason.
pub fn answer(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    number: i32,
    answer: RoundAnswer,
    reason: Option<&str>,
) -> Result<(), AppError> {
    hold_draft(tx.conn, id)?;
    let whole = Whole::find(tx.conn, id)?;
    let proposal = Round::find(tx.conn, id, number)?;
    let mut views = every_round(tx.conn, &whole)?.into_iter();
    let view = views.find(|view| view.round == number && view.kind == RoundKind::Proposed);
    let view = view.ok_or(AppError::NotFound)?;
    if !view.open {
        return Err(AppError::Conflict(&ANSWERED));
    }
    let (draft_round, reason) = match (answer, reason) {
        (RoundAnswer::Accepted, _) if !view.fits => return Err(AppError::Conflict(&DRAFT_CHANGED)),
        (RoundAnswer::Accepted, _) => (Some(agreement::redraft(tx, id, &proposal.filled())?), None),
        (RoundAnswer::Declined, None) => return Err(AppError::field("reason", "input.missing")),
        (RoundAnswer::Declined, reason) => (None, reason),
    };
    let row = Answer {
        agreement_id: id.clone(),
        round: number,
        answer,
        reason: reason.map(str::to_owned),
        draft_round,
        by_id: tx.actor.id.clone(),
        by_name: tx.actor.name.clone(),
        at: tx.now,
    };
    diesel::insert_into(agreement_round_answers::table).values(row).execute(tx.conn)?;
    tx.subject("agreement", id);
    let (zh, en) = match answer {
        RoundAnswer::Accepted => ("您提出的修改已采用", "Your changes were taken over"),
        RoundAnswer::Declined => ("您提出的修改未被采用", "Your changes were declined"),
    };
    agreement::tell(tx, &whole, &[&proposal.by_id], zh, en)
}

/// Lets the other parties see the draft and answer it.
pub fn share(tx: &mut Tx<'_>, whole: &Whole) -> Result<(), AppError> {
    use agreements as t;
    let id = &whole.agreement.id;
    let shared = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set(t::shared_at.eq(Some(whole.agreement.shared_at.unwrap_or(tx.now))))
        .execute(tx.conn)?;
    if shared != 1 {
        return Err(AppError::Conflict(&agreement::NOT_DRAFT));
    }
    agreement::record(tx, id, EvidenceAction::Shared, &json!({"values_sha256": whole.text_digest()}))?;
    tx.subject("agreement", id);
    let readers: Vec<&AccountId> = whole.parties.iter().map(|party| &party.account_id).collect();
    agreement::tell(
        tx,
        whole,
        &readers,
        "请看协议草稿，可提出修改",
        "A draft to read; you may propose changes",
    )
}

/// A party's own wording, for the office to take over or not.
pub fn propose(
    tx: &mut Tx<'_>,
    whole: &Whole,
    values: &Map<String, Value>,
    note: Option<&str>,
) -> Result<(), AppError> {
    let id = &whole.agreement.id;
    if whole.agreement.state != AgreementState::Draft || whole.agreement.shared_at.is_none() {
        return Err(AppError::Conflict(&agreement::NOT_DRAFT));
    }
    whole.party_of(tx.actor).ok_or(AppError::NotFound)?;
    add_round(tx, id, RoundKind::Proposed, values, note)?;
    tx.subject("agreement", id);
    agreement::tell(
        tx,
        whole,
        &[&whole.agreement.created_by],
        "对方对协议草稿提出修改",
        "Changes to the draft were proposed",
    )
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = agreement_approvals)]
struct Approval {
    agreement_id: AgreementId,
    seq: i32,
    values_sha256: String,
    asked_by: AccountId,
    asked_at: Time,
    approver_id: AccountId,
    approver_name: String,
    decision: Option<ApprovalDecision>,
    note: Option<String>,
    decided_at: Option<Time>,
}

/// The newest approval that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalView {
    approver_id: AccountId,
    approver_name: String,
    asked_at: Time,
    decision: Option<ApprovalDecision>,
    note: Option<String>,
    decided_at: Option<Time>,
    /// Whether it is about the text as it is now
    current: bool,
}

fn last_approval(conn: &mut DbConn, id: &AgreementId) -> Result<Option<Approval>, AppError> {
    use agreement_approvals as t;
    Ok(t::table.filter(t::agreement_id.eq(id)).order(t::seq.desc()).first(conn).optional()?)
}

pub fn approval(conn: &mut DbConn, whole: &Whole) -> Result<Option<ApprovalView>, AppError> {
    let digest = whole.text_digest();
    Ok(last_approval(conn, &whole.agreement.id)?.map(|a| ApprovalView {
        current: a.values_sha256 == digest,
        approver_id: a.approver_id,
        approver_name: a.approver_name,
        asked_at: a.asked_at,
        decision: a.decision,
        note: a.note,
        decided_at: a.decided_at,
    }))
}

/// Asks another person of the unit; from here the text is not sent without a yes to exactly this text.
pub fn ask_approval(tx: &mut Tx<'_>, whole: &Whole, approver: &AccountId) -> Result<(), AppError> {
    let id = &whole.agreement.id;
    if whole.agreement.state != AgreementState::Draft {
        return Err(AppError::Conflict(&agreement::NOT_DRAFT));
    }
    let account = Account::find(tx.conn, approver)?;
    let of_unit = account.unit_id.as_deref() == Some(whole.agreement.unit_id.as_str());
    if !of_unit || account.state != AccountState::Active || tx.actor.is(approver) {
        return Err(AppError::Unprocessable(&NO_APPROVER));
    }
    let seq = last_approval(tx.conn, id)?.map_or(1, |last| last.seq + 1);
    let asked = Approval {
        agreement_id: id.clone(),
        seq,
        values_sha256: whole.text_digest(),
        asked_by: tx.actor.id.clone(),
        asked_at: tx.now,
        approver_id: account.id.clone(),
        approver_name: account.name,
        decision: None,
        note: None,
        decided_at: None,
    };
    diesel::insert_into(agreement_approvals::table).values(asked).execute(tx.conn)?;
    tx.subject("agreement", id);
    agreement::tell(tx, whole, &[&account.id], "请审批协议文本", "Please approve the text of an agreement")
}

pub fn decide_approval(
    tx: &mut Tx<'_>,
    whole: &Whole,
    decision: ApprovalDecision,
    note: Option<&str>,
) -> Result<(), AppError> {
    use agreement_approvals as t;
    let id = &whole.agreement.id;
    let last = last_approval(tx.conn, id)?.ok_or(AppError::Conflict(&NOT_YOURS))?;
    if !tx.actor.is(&last.approver_id) {
        return Err(AppError::Conflict(&NOT_YOURS));
    }
    if last.values_sha256 != whole.text_digest() {
        return Err(AppError::Conflict(&agreement::MOVED_ON));
    }
    let open = t::table.find((id, last.seq)).filter(t::decision.is_null());
    let decided = diesel::update(open)
        .set((t::decision.eq(Some(decision)), t::note.eq(note), t::decided_at.eq(Some(tx.now))))
        .execute(tx.conn)?;
    if decided != 1 {
        return Err(AppError::Conflict(&NOT_YOURS));
    }
    let payload = json!({"decision": decision.as_str(), "values_sha256": last.values_sha256});
    agreement::record(tx, id, EvidenceAction::Reviewed, &payload)?;
    tx.subject("agreement", id);
    let (zh, en) = match decision {
        ApprovalDecision::Approved => ("协议文本已通过审批", "The text was approved"),
        ApprovalDecision::Returned => ("协议文本被退回修改", "The text was returned"),
    };
    agreement::tell(tx, whole, &[&last.asked_by], zh, en)
}

/// Whether a draft may be sent: no approval was asked for, or the newest says yes to exactly this text.
pub fn refuse_unapproved(conn: &mut DbConn, whole: &Whole) -> Result<(), AppError> {
    match last_approval(conn, &whole.agreement.id)? {
        None => Ok(()),
        Some(last)
            if last.decision == Some(ApprovalDecision::Approved)
                && last.values_sha256 == whole.text_digest() =>
        {
            Ok(())
        }
        Some(_) => Err(AppError::Conflict(&NOT_APPROVED)),
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldChange, differences};
    use serde_json::json;

    #[test]
    fn a_change_is_told_by_field_and_what_is_alike_is_not() {
        let (old, new) = (json!({"a": 1, "b": "x", "c": true}), json!({"a": 2, "c": true, "d": null}));
        let found = differences(old.as_object().unwrap(), new.as_object().unwrap());
        let change = |key: &str, from, to| FieldChange { key: key.to_owned(), from, to };
        assert_eq!(
            found,
            [
                change("a", Some(json!(1)), Some(json!(2))),
                change("b", Some(json!("x")), None),
                change("d", None, Some(json!(null)))
            ]
        );
    }
}
