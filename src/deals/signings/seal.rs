//! 印章登记: seals that a second person approved; only these are used, every use is kept, and a revoked one is not used again.
use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::deals::signings::agreement::{AgreementId, HOST_TITLE, Party, PartyId, Whole};
use crate::deals::signings::rules::{SealAct, SealStandpoint, seal_acts};
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor, Scope, Tx};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::platform::files::{FileId, StoredFile};
use crate::schema::{agreements, auth_accounts, seal_steps, seal_uses, seals};

pub const ROOM: &str = "signings";
/// Subjects of the files that a seal is registered with.
pub const PICTURE: &str = "seal-picture";
pub const PAPERS: &str = "seal-papers";

pub const NOT_USABLE: Code = Code::new(
    "seal.not_usable",
    "这枚印章不属于本方，或尚未批准、已停用；请刷新后另选，或不用印",
    "This seal is not your side's, is not approved, or is no longer in use; refresh and choose another, or none",
);
const MOVED_ON: Code = Code::new(
    "seal.moved_on",
    "这枚印章的状态已变化，请刷新后再办理",
    "The seal has moved on; refresh and look at it again",
);
const NOT_YOURS: Code = Code::new(
    "seal.not_yours",
    "这一步须由另一个人办理：登记的人不能批准或恢复自己登记的印章",
    "This step is another person's: whoever registered a seal does not approve or reinstate it",
);
const UNITS_OWN: Code = Code::new(
    "seal.units_own",
    "这是责任单位的名称；单位印章须由本单位人员登记",
    "This is a unit's name; the seal of a unit is registered by its own people",
);
const FILE_USED: Code = Code::new(
    "seal.file_used",
    "图片或授权文件已用于另一枚印章，请重新上传",
    "The picture or the papers belong to another seal already; upload them again",
);
const MOST_USES: i64 = 200;
const MOST_CHOICES: i64 = 20;

crate::typed_id!(SealId);
crate::text_enum! {
    /// What a seal is for.
    pub enum SealKind {
        Official = "official", "公章", "Official seal";
        Contract = "contract", "合同专用章", "Contract seal";
    }
}
crate::text_enum! {
    /// Whose seal it is.
    pub enum SealOwnerKind {
        Unit = "unit", "责任单位", "A responsible unit";
        Enterprise = "enterprise", "企业或其他签约方", "An enterprise or another party";
    }
}
crate::text_enum! {
    /// Where a seal stands in the register.
    pub enum SealState {
        Pending = "pending", "待批准", "Waiting for approval";
        Approved = "approved", "可用", "In use";
        Suspended = "suspended", "暂停使用", "Suspended";
        Declined = "declined", "未予批准", "Declined";
        Revoked = "revoked", "已撤销", "Revoked";
    }
}
crate::text_enum! {
    /// What was done with a seal.
    pub enum SealStepKind {
        Registered = "registered", "登记", "Registered";
        Approved = "approved", "批准使用", "Approved";
        Declined = "declined", "不予批准", "Declined";
        Suspended = "suspended", "暂停使用", "Suspended";
        Reinstated = "reinstated", "恢复使用", "Reinstated";
        Revoked = "revoked", "撤销", "Revoked";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = seals)]
pub struct Seal {
    pub id: SealId,
    pub name: String,
    pub kind: SealKind,
    pub owner_kind: SealOwnerKind,
    pub owner_name: String,
    /// The unit that answers for it: its own, or the one that checked an enterprise's papers
    pub unit_id: String,
    /// Who keeps the stamp that it is a picture of
    pub keeper_name: String,
    /// The papers that authorise its use, in words
    pub authority: String,
    pub picture_file: FileId,
    pub picture_sha256: String,
    pub papers_file: FileId,
    pub papers_sha256: String,
    pub state: SealState,
    pub registered_by: AccountId,
    pub registered_at: Time,
    pub approved_by: Option<AccountId>,
    pub approved_at: Option<Time>,
    pub demo: bool,
}

/// What is said of a seal when it is registered.
#[derive(Debug, Clone)]
pub struct NewSeal {
    pub name: String,
    pub kind: SealKind,
    pub keeper_name: String,
    pub authority: String,
    pub picture: FileId,
    pub papers: FileId,
    /// An enterprise's name and the unit that checks its papers; without it the seal is of one's own unit
    pub enterprise: Option<(String, String)>,
}

/// One step, as it is kept for ever.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = seal_steps)]
pub struct SealStep {
    pub seal_id: SealId,
    pub seq: i32,
    pub kind: SealStepKind,
    pub by_id: AccountId,
    pub by_name: String,
    pub at: Time,
    pub reason: Option<String>,
}

/// One use; there is at most one for each signature.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = seal_uses)]
pub struct SealUse {
    pub party_id: PartyId,
    pub agreement_id: AgreementId,
    pub seal_id: SealId,
    pub seal_name: String,
    pub signer_name: String,
    pub picture_sha256: String,
    pub used_at: Time,
}

impl Seal {
    /// A new seal, which nobody uses before a second person has approved it.
    pub fn register(tx: &mut Tx<'_>, new: NewSeal) -> Result<Self, AppError> {
        let (owner_kind, owner_name, unit_id) = match new.enterprise {
            Some((name, unit)) => {
                let units = Unit::all(tx.conn)?;
                if units.iter().any(|one| one.name == name) {
                    return Err(AppError::Unprocessable(&UNITS_OWN));
                }
                if !units.iter().any(|one| one.id == unit) {
                    return Err(AppError::field("unit_id", "input.choice"));
                }
                (SealOwnerKind::Enterprise, name, unit)
            }
            None => {
                let own = tx
                    .actor
                    .unit_id
                    .as_deref()
                    .ok_or_else(|| AppError::field("owner_kind", "input.choice"))?;
                let unit = Unit::find(tx.conn, own)?.ok_or(AppError::NotFound)?;
                (SealOwnerKind::Unit, unit.name, unit.id)
            }
        };
        let picture = uploaded(tx, &new.picture, PICTURE, "picture_file_id")?;
        let papers = uploaded(tx, &new.papers, PAPERS, "papers_file_id")?;
        let seal = Self {
            id: SealId::fresh(),
            name: new.name,
            kind: new.kind,
            owner_kind,
            owner_name,
            unit_id,
            keeper_name: new.keeper_name,
            authority: new.authority,
            picture_file: picture.id,
            picture_sha256: picture.sha256,
            papers_file: papers.id,
            papers_sha256: papers.sha256,
            state: SealState::Pending,
            registered_by: tx.actor.id.clone(),
            registered_at: tx.now,
            approved_by: None,
            approved_at: None,
            demo: auth_accounts::table.find(&tx.actor.id).select(auth_accounts::demo).first(tx.conn)?,
        };
        let insert = diesel::insert_into(seals::table).values(seal.clone());
        insert
            .execute(tx.conn)
            .map_err(|e| if is_unique_violation(&e) { AppError::Conflict(&FILE_USED) } else { e.into() })?;
        seal.note_step(tx, SealStepKind::Registered, None)?;
        Ok(seal)
    }

    pub fn find(conn: &mut DbConn, id: &SealId) -> Result<Self, AppError> {
        seals::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// As [`Self::find`], for whoever may see it; to others it is not there.
    pub fn seen_by(conn: &mut DbConn, id: &SealId, actor: &Actor) -> Result<Self, AppError> {
        let seal = Self::find(conn, id)?;
        let seen = actor.reaches(Some(&seal.registered_by), Some(&seal.unit_id));
        if seen { Ok(seal) } else { Err(AppError::NotFound) }
    }

    /// The seals that this person may see, newest first.
    pub fn list(
        conn: &mut DbConn,
        actor: &Actor,
        state: Option<SealState>,
        after: Option<String>,
        most: i64,
    ) -> Result<Vec<Self>, AppError> {
        use seals as t;
        let mut query = t::table.into_boxed();
        let own = t::registered_by.eq(&actor.id);
        query = match actor.scope() {
            Scope::Any => query,
            Scope::Unit => query.filter(own.or(t::unit_id.eq(actor.unit_id.clone().unwrap_or_default()))),
            Scope::Own => query.filter(own),
        };
        if let Some(state) = state {
            query = query.filter(t::state.eq(state));
        }
        if let Some(after) = after {
            query = query.filter(t::id.lt(after));
        }
        Ok(query.order(t::id.desc()).limit(most).load(conn)?)
    }

    pub fn may(&self, actor: &Actor) -> Vec<SealAct> {
        let who = SealStandpoint {
            decides: actor.is_of(&self.unit_id) && actor.doing("approve_seal").is_some(),
            registered: actor.is(&self.registered_by),
        };
        seal_acts(self.state, who)
    }

    /// One step by this person, with the reason where the step needs one.
    pub fn step(tx: &mut Tx<'_>, id: &SealId, act: SealAct, reason: Option<&str>) -> Result<Self, AppError> {
        use seals as t;
        Self::seen_by(tx.conn, id, tx.actor)?;
        let found = Self::held(tx.conn, id)?;
        if !act.begins_at().contains(&found.state) {
            return Err(AppError::Conflict(&MOVED_ON));
        }
        if !found.may(tx.actor).contains(&act) {
            return Err(AppError::Conflict(&NOT_YOURS));
        }
        let (state, kind) = act.leads_to();
        let here = t::table.find(id).filter(t::state.eq(found.state));
        let moved = if act == SealAct::Approve {
            let approval = (t::approved_by.eq(Some(tx.actor.id.clone())), t::approved_at.eq(Some(tx.now)));
            diesel::update(here).set((t::state.eq(state), approval)).execute(tx.conn)?
        } else {
            diesel::update(here).set(t::state.eq(state)).execute(tx.conn)?
        };
        if moved != 1 {
            return Err(AppError::Conflict(&MOVED_ON));
        }
        found.note_step(tx, kind, reason)?;
        Self::find(tx.conn, id)
    }

    fn note_step(&self, tx: &mut Tx<'_>, kind: SealStepKind, reason: Option<&str>) -> Result<(), AppError> {
        use seal_steps as t;
        let last: Option<i32> =
            t::table.filter(t::seal_id.eq(&self.id)).select(diesel::dsl::max(t::seq)).first(tx.conn)?;
        let step = SealStep {
            seal_id: self.id.clone(),
            seq: last.unwrap_or(0) + 1,
            kind,
            by_id: tx.actor.id.clone(),
            by_name: tx.actor.name.clone(),
            at: tx.now,
            reason: reason.map(str::to_owned),
        };
        diesel::insert_into(t::table).values(step).execute(tx.conn)?;
        Ok(())
    }

    pub fn steps(&self, conn: &mut DbConn) -> Result<Vec<SealStep>, AppError> {
        use seal_steps as t;
        Ok(t::table.filter(t::seal_id.eq(&self.id)).order(t::seq.asc()).load(conn)?)
    }

    /// Its uses with the agreements' numbers, newest first.
    pub fn uses(&self, conn: &mut DbConn) -> Result<Vec<(SealUse, String)>, AppError> {
        use seal_uses as t;
        let uses = t::table.inner_join(agreements::table).filter(t::seal_id.eq(&self.id));
        let uses = uses.order((t::used_at.desc(), t::party_id.desc())).limit(MOST_USES);
        Ok(uses.select((t::all_columns, agreements::number)).load(conn)?)
    }

    /// The row for this transaction: whoever uses a seal and whoever revokes it wait for each other.
    fn held(conn: &mut DbConn, id: &SealId) -> Result<Self, AppError> {
        let query = seals::table.find(id.clone()).select(seals::all_columns);
        Locked { query, skip: false }.get_result(conn).optional()?.ok_or(AppError::NotFound)
    }

    fn is_of(&self, whole: &Whole, party: &Party) -> bool {
        if party.title == HOST_TITLE {
            self.owner_kind == SealOwnerKind::Unit && self.unit_id == whole.agreement.unit_id
        } else {
            self.owner_kind == SealOwnerKind::Enterprise && self.owner_name == party.organisation
        }
    }

    /// The approved seals of a party's side.
    pub fn of_side(conn: &mut DbConn, whole: &Whole, party: &Party) -> Result<Vec<Self>, AppError> {
        use seals as t;
        let approved = t::table.filter(t::state.eq(SealState::Approved)).into_boxed();
        let own = if party.title == HOST_TITLE {
            let unit = whole.agreement.unit_id.clone();
            approved.filter(t::owner_kind.eq(SealOwnerKind::Unit)).filter(t::unit_id.eq(unit))
        } else {
            let name = party.organisation.clone();
            approved.filter(t::owner_kind.eq(SealOwnerKind::Enterprise)).filter(t::owner_name.eq(name))
        };
        Ok(own.order(t::id.asc()).limit(MOST_CHOICES).load(conn)?)
    }

    /// The seal that a party wants to use, when it may: of its own side, and approved now.
    pub fn usable(conn: &mut DbConn, id: &SealId, whole: &Whole, party: &Party) -> Result<Self, AppError> {
        let found: Option<Self> = seals::table.find(id).first(conn).optional()?;
        let usable = found.filter(|seal| seal.state == SealState::Approved && seal.is_of(whole, party));
        usable.ok_or(AppError::Conflict(&NOT_USABLE))
    }

    /// Keeps the use of a seal, in the transaction that makes the signature: one that was revoked a moment ago is refused.
    pub fn note_use(tx: &mut Tx<'_>, id: &SealId, whole: &Whole, party: &Party) -> Result<(), AppError> {
        Self::held(tx.conn, id).map_err(|e| match e {
            AppError::NotFound => AppError::Conflict(&NOT_USABLE),
            e => e,
        })?;
        let seal = Self::usable(tx.conn, id, whole, party)?;
        let used = SealUse {
            party_id: party.id.clone(),
            agreement_id: whole.agreement.id.clone(),
            seal_id: seal.id,
            seal_name: seal.name,
            signer_name: party.signer_name.clone(),
            picture_sha256: seal.picture_sha256,
            used_at: tx.now,
        };
        diesel::insert_into(seal_uses::table).values(used).execute(tx.conn)?;
        Ok(())
    }

    /// What the evidence says of it.
    pub fn evidence(&self) -> Value {
        json!({"id": self.id, "name": self.name, "kind": self.kind, "picture_sha256": self.picture_sha256})
    }
}

impl SealUse {
    /// The seals that were used in an agreement, by signer.
    pub fn of(conn: &mut DbConn, agreement: &AgreementId) -> Result<HashMap<PartyId, Self>, AppError> {
        use seal_uses as t;
        let all: Vec<Self> = t::table.filter(t::agreement_id.eq(agreement)).load(conn)?;
        Ok(all.into_iter().map(|one| (one.party_id.clone(), one)).collect())
    }

    /// Pictures of the seals in an agreement: each once, by its hash.
    pub fn pictures(conn: &mut DbConn, agreement: &AgreementId) -> Result<Vec<(String, FileId)>, AppError> {
        use seal_uses as t;
        let used = t::table.inner_join(seals::table).filter(t::agreement_id.eq(agreement));
        let used = used.select((t::picture_sha256, seals::picture_file)).distinct();
        Ok(used.order(t::picture_sha256.asc()).load(conn)?)
    }
}

/// A file that this very person uploaded for this purpose.
fn uploaded(tx: &mut Tx<'_>, id: &FileId, subject: &str, field: &str) -> Result<StoredFile, AppError> {
    let found = StoredFile::find(tx.conn, id).map_err(|e| match e {
        AppError::NotFound => AppError::field(field, "input.choice"),
        e => e,
    })?;
    let own = found.room == ROOM && found.subject == subject && found.created_by == tx.actor.id.as_str();
    if own { Ok(found) } else { Err(AppError::field(field, "input.choice")) }
}
