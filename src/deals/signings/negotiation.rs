//! 磋商: drafts that both sides see, what each proposed, and the unit's own approval before a text is locked.
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::deals::signings::agreement::{self, AgreementId, AgreementState, Whole};
use crate::deals::signings::evidence::EvidenceAction;
use crate::error::{AppError, Code};
use crate::people::auth::{Account, AccountId, AccountState, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::{agreement_approvals, agreement_rounds, agreements};

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

crate::text_enum! {
    /// What a round of the negotiation is.
    pub enum RoundKind {
        Drafted = "drafted", "起草方修改", "Changed by the office";
        Proposed = "proposed", "对方提出", "Proposed by the other side";
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

/// Adds a round; the agreement's row orders two who write at once.
pub fn add_round(
    tx: &mut Tx<'_>,
    id: &AgreementId,
    kind: RoundKind,
    values: &Map<String, Value>,
    note: Option<&str>,
) -> Result<(), AppError> {
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
    let round = Round {
        agreement_id: id.clone(),
        round: last.unwrap_or(0) + 1,
        kind,
        field_values: Value::Object(values.clone()).to_string(),
        note: note.map(str::to_owned),
        by_id: tx.actor.id.clone(),
        by_name: tx.actor.name.clone(),
        at: tx.now,
    };
    diesel::insert_into(t::table).values(round).execute(tx.conn)?;
    Ok(())
}

/// Every round, oldest first. A proposal is compared with the draft that it answers, and so is the draft after it.
pub fn rounds(conn: &mut DbConn, id: &AgreementId) -> Result<Vec<RoundView>, AppError> {
    use agreement_rounds as t;
    let all: Vec<Round> = t::table.filter(t::agreement_id.eq(id)).order(t::round.asc()).load(conn)?;
    let mut draft: Map<String, Value> = Map::new();
    let mut views = Vec::new();
    for round in all {
        let values: Map<String, Value> = serde_json::from_str(&round.field_values).unwrap_or_default();
        views.push(RoundView {
            round: round.round,
            kind: round.kind,
            note: round.note,
            by_name: round.by_name,
            at: round.at,
            changes: differences(&draft, &values),
        });
        if round.kind == RoundKind::Drafted {
            draft = values;
        }
    }
    Ok(views)
}

/// Lets the other parties see the draft and answer it.
pub fn share(tx: &mut Tx<'_>, whole: &Whole) -> Result<(), AppError> {
    use agreements as t;
    let id = &whole.agreement.id;
    let shared = diesel::update(t::table.find(id).filter(t::state.eq(AgreementState::Draft)))
        .set(t::shared_at.eq(Some(tx.now)))
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
