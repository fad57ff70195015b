//! Evidence: a hash chain for each agreement; its head stands inside every signature.
use chrono::Duration;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::deals::signings::AgreementId;
use crate::error::AppError;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::hash_chain::{self, GENESIS, sha256_hex};
use crate::schema::{agreement_evidence, agreements};

/// How long a consent may wait for its signature.
const CONSENT_HOLDS: Duration = Duration::minutes(15);

crate::text_enum! {
    /// What an entry of the evidence says was done.
    pub enum EvidenceAction {
        Created = "created", "起草", "Drafted";
        Annexed = "annexed", "添加附件", "Annex added";
        AnnexDropped = "annex_dropped", "移除附件", "Annex removed";
        Locked = "locked", "锁定文本并发出", "Text locked and sent";
        FlowBegun = "flow_begun", "送腾讯电子签", "Sent to Tencent E-Sign";
        Read = "read", "打开阅读", "Opened and read";
        CodeSent = "code_sent", "发送签署验证码", "Code sent";
        Consented = "consented", "验证身份并同意", "Identity proven and consent given";
        Signed = "signed", "签署", "Signed";
        Checked = "checked", "核验服务方的签署文件", "The service's signed file checked";
        Shared = "shared", "草稿送对方阅看", "Draft shared";
        Reviewed = "reviewed", "单位审批", "Reviewed by the unit";
        Reminded = "reminded", "提醒签署", "Signers reminded";
        Stamped = "stamped", "补盖时间戳", "Time stamp added";
        Refused = "refused", "拒签", "Refused";
        Revoked = "revoked", "撤回", "Revoked";
        Completed = "completed", "各方签署完成", "Completed";
        Archived = "archived", "补充长期有效数据", "Long-term data added";
        Expired = "expired", "到期失效", "Expired";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = agreement_evidence)]
pub struct Evidence {
    pub agreement_id: AgreementId,
    pub seq: i32,
    pub at: Time,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub action: EvidenceAction,
    /// canonical JSON
    pub payload: String,
    pub previous_hash: String,
    /// SHA-256 over the canonical JSON of action, actor, at, payload hash, previous hash and seq
    pub hash: String,
}

/// Who did what is recorded.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub id: Option<&'a str>,
    pub name: &'a str,
}

impl<'a> From<&'a Actor> for By<'a> {
    fn from(actor: &'a Actor) -> Self {
        By { id: Some(actor.id.as_str()), name: &actor.name }
    }
}

impl By<'_> {
    /// The platform itself.
    pub const HOUSE: By<'static> = By { id: None, name: "掌上招商平台" };
}

impl Evidence {
    /// Adds an entry and gives the new head. Two at once wait for each other on the agreement's row; the chain's
    /// own constraints would refuse the second otherwise.
    pub fn append(
        conn: &mut DbConn,
        agreement: &AgreementId,
        by: By<'_>,
        action: EvidenceAction,
        payload: &Value,
        at: Time,
    ) -> Result<String, AppError> {
        use agreement_evidence as t;
        let query = agreements::table.find(agreement).select(agreements::revision);
        let _held: i32 = Locked { query, skip: false }.get_result(conn)?;
        let last: Option<(i32, String)> = t::table
            .filter(t::agreement_id.eq(agreement))
            .order(t::seq.desc())
            .select((t::seq, t::hash))
            .first(conn)
            .optional()?;
        let (seq, previous_hash) = last.map_or((1, GENESIS.to_owned()), |(seq, hash)| (seq + 1, hash));
        let mut entry = Self {
            agreement_id: agreement.clone(),
            seq,
            at,
            actor_id: by.id.map(str::to_owned),
            actor_name: by.name.to_owned(),
            action,
            payload: hash_chain::canonical(payload),
            previous_hash,
            hash: String::new(),
        };
        entry.hash = entry.computed();
        diesel::insert_into(t::table).values(entry.clone()).execute(conn)?;
        Ok(entry.hash)
    }

    /// When an act was last recorded.
    pub fn last(
        conn: &mut DbConn,
        agreement: &AgreementId,
        action: EvidenceAction,
    ) -> Result<Option<Time>, AppError> {
        use agreement_evidence as t;
        let acts = t::table.filter(t::agreement_id.eq(agreement)).filter(t::action.eq(action));
        Ok(acts.order(t::seq.desc()).select(t::at).first(conn).optional()?)
    }

    /// The hash of the consent that this very request left within the last quarter of an hour, if any.
    pub fn consent(
        conn: &mut DbConn,
        agreement: &AgreementId,
        actor: &AccountId,
        request_sha256: &str,
        now: Time,
    ) -> Result<Option<String>, AppError> {
        use agreement_evidence as t;
        let recent: Vec<(String, String)> = t::table
            .filter(t::agreement_id.eq(agreement))
            .filter(t::actor_id.eq(actor.as_str()))
            .filter(t::action.eq(EvidenceAction::Consented))
            .filter(t::at.gt(now.minus(CONSENT_HOLDS)))
            .select((t::payload, t::hash))
            .load(conn)?;
        let same = |payload: &str| {
            serde_json::from_str::<Value>(payload).is_ok_and(|p| p["request_sha256"] == request_sha256)
        };
        Ok(recent.into_iter().find(|(payload, _)| same(payload)).map(|(_, hash)| hash))
    }

    /// Whether this person has put on record to have seen this text on the screen to its end.
    pub fn has_read(
        conn: &mut DbConn,
        agreement: &AgreementId,
        actor: &AccountId,
        document_sha256: &str,
    ) -> Result<bool, AppError> {
        use agreement_evidence as t;
        let readings: Vec<String> = t::table
            .filter(t::agreement_id.eq(agreement))
            .filter(t::actor_id.eq(actor.as_str()))
            .filter(t::action.eq(EvidenceAction::Read))
            .select(t::payload)
            .load(conn)?;
        let whole = |payload: &String| {
            serde_json::from_str::<Value>(payload)
                .is_ok_and(|p| p["document_sha256"] == document_sha256 && p["words_sha256"].is_string())
        };
        Ok(readings.iter().any(whole))
    }

    fn computed(&self) -> String {
        let (actor, at) = (self.actor_id.as_deref(), self.at.to_string());
        entry_digest(self.action, actor, &at, &self.payload, &self.previous_hash, self.seq)
    }

    pub fn all(conn: &mut DbConn, agreement: &AgreementId) -> Result<Vec<Self>, AppError> {
        use agreement_evidence as t;
        Ok(t::table.filter(t::agreement_id.eq(agreement)).order(t::seq.asc()).load(conn)?)
    }
}

/// The hash of one entry: SHA-256 over its canonical JSON.
pub fn entry_digest(
    action: EvidenceAction,
    actor: Option<&str>,
    at: &str,
    payload: &str,
    previous_hash: &str,
    seq: i32,
) -> String {
    sha256_hex(hash_chain::canonical(&json!({
        "action": action.as_str(), "actor": actor, "at": at, "payload_sha256": sha256_hex(payload),
        "previous_hash": previous_hash, "seq": seq,
    })))
}

/// The first entry at which the chain does not hold.
pub fn first_break(chain: &[Evidence]) -> Option<i32> {
    let mut previous = GENESIS;
    for (n, entry) in chain.iter().enumerate() {
        let follows =
            usize::try_from(entry.seq).is_ok_and(|seq| seq == n + 1) && entry.previous_hash == previous;
        if !follows || entry.hash != entry.computed() {
            return Some(entry.seq);
        }
        previous = &entry.hash;
    }
    None
}

/// One entry as it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    seq: i32,
    at: Time,
    actor_name: String,
    action: EvidenceAction,
    payload: Value,
    prev_hash: String,
    hash: String,
}

impl From<Evidence> for EvidenceView {
    fn from(e: Evidence) -> Self {
        Self {
            seq: e.seq,
            at: e.at,
            actor_name: e.actor_name,
            action: e.action,
            payload: serde_json::from_str(&e.payload).unwrap_or_default(),
            prev_hash: e.previous_hash,
            hash: e.hash,
        }
    }
}

/// One line of an agreement's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoryLine {
    at: Time,
    by_name: String,
    what: EvidenceAction,
    reason: Option<String>,
}

impl From<Evidence> for HistoryLine {
    fn from(e: Evidence) -> Self {
        let payload: Value = serde_json::from_str(&e.payload).unwrap_or_default();
        let reason = payload.get("reason").and_then(Value::as_str).map(str::to_owned);
        Self { at: e.at, by_name: e.actor_name, what: e.action, reason }
    }
}
