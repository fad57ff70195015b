//! What the rest of the house hears of agreements: a notice for whoever has to know.
use serde::{Deserialize, Serialize};

use crate::deals::signings::seal::{Seal, SealState};
use crate::deals::signings::template::{TemplateState, TemplateVersion};
use crate::error::AppError;
use crate::people::auth::{Account, AccountId, Role, holders};
use crate::people::units::{Unit, UnitDuty};
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// A party is asked to sign, or all have signed, or one refused, or it was revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgreementChanged {
    pub agreement_id: String,
    pub reader_ids: Vec<String>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for AgreementChanged {
    const NAME: &'static str = "AgreementChanged";
}

/// A version of a template waits for its next reader, or came back to its author.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SigningTemplateMoved {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for SigningTemplateMoved {
    const NAME: &'static str = "SigningTemplateMoved";
}

impl SigningTemplateMoved {
    /// To whoever acts next on a version as it stands now; `name` is the template's.
    pub fn next(
        conn: &mut DbConn,
        version: &TemplateVersion,
        name: (&str, &str),
    ) -> Result<Option<Self>, AppError> {
        let coordinators: Vec<Unit> =
            Unit::all(conn)?.into_iter().filter(|unit| unit.duty == UnitDuty::Coordinator).collect();
        let (title, mut readers) = match version.state {
            TemplateState::LegalCheck => {
                let mut readers = Vec::new();
                for unit in &coordinators {
                    readers.extend(holders(conn, Role::UnitOfficial, Some(&unit.id))?);
                }
                (("协议模板待法制审核", "A template waits for its legal check"), readers)
            }
            TemplateState::Approval => {
                let leaders = holders(conn, Role::Leader, None)?;
                let of_city = |one: &Account| {
                    let unit = one.unit_id.as_deref();
                    unit.is_none_or(|id| coordinators.iter().any(|unit| unit.id == id))
                };
                let leaders = Account::all(conn, leaders)?.into_iter().filter(of_city).map(|one| one.id);
                (("协议模板待批准", "A template waits for approval"), leaders.collect())
            }
            TemplateState::Draft => (("协议模板被退回修改", "A template was returned"), Vec::new()),
            TemplateState::InUse => (("协议模板已批准使用", "A template came into use"), Vec::new()),
            TemplateState::Retired | TemplateState::Discarded => return Ok(None),
        };
        if matches!(version.state, TemplateState::Draft | TemplateState::InUse) {
            readers.extend(version.written_by.clone());
        } else {
            // Whoever did an earlier step does not do this one.
            let earlier = [version.written_by.as_ref(), version.checked_by.as_ref()];
            readers.retain(|id| !earlier.contains(&Some(id)));
        }
        Ok(Some(Self {
            reader_ids: readers,
            title_zh: title.0.to_owned(),
            title_en: title.1.to_owned(),
            body_zh: format!("《{}》第 {} 版", name.0, version.number),
            body_en: format!("{}, version {}", name.1, version.number),
            link: format!("/templates/{}", version.id),
        }))
    }
}

/// A seal waits for its approval, or was approved, declined, stopped or revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SigningSealMoved {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    pub link: String,
}

impl Event for SigningSealMoved {
    const NAME: &'static str = "SigningSealMoved";
}

impl SigningSealMoved {
    /// To those of its unit who decide on seals and to whoever registered it, but not to whoever did this.
    pub fn told(conn: &mut DbConn, seal: &Seal, by: &AccountId) -> Result<Self, AppError> {
        let mut reader_ids = vec![seal.registered_by.clone()];
        for role in [Role::UnitOfficial, Role::Leader] {
            reader_ids.extend(holders(conn, role, Some(&seal.unit_id))?);
        }
        reader_ids.retain(|id| id != by);
        reader_ids.sort_unstable();
        reader_ids.dedup();
        let (title_zh, title_en) = match seal.state {
            SealState::Pending => ("印章待批准", "A seal waits for approval"),
            SealState::Approved => ("印章可以使用", "A seal is in use"),
            SealState::Suspended => ("印章已暂停使用", "A seal was suspended"),
            SealState::Declined => ("印章未予批准", "A seal was declined"),
            SealState::Revoked => ("印章已撤销", "A seal was revoked"),
        };
        Ok(Self {
            reader_ids,
            title_zh: title_zh.to_owned(),
            title_en: title_en.to_owned(),
            body_zh: format!("{}（{}）", seal.name, seal.owner_name),
            body_en: format!("{} ({})", seal.name, seal.owner_name),
            link: format!("/seals/{}", seal.id),
        })
    }
}
