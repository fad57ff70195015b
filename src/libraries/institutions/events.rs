//! What the rest of the house hears of institutions; an event carries its readers and the words for them.
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::institutions::agreement::Agreement;
use crate::libraries::institutions::institution::Institution;
use crate::people::auth::{AccountId, Role, holders};
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// To the officials of the unit that concluded it; to the task force when no unit did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstitutionAgreementEnding {
    pub institution_id: String,
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    /// Route inside the app
    pub link: String,
}

impl Event for InstitutionAgreementEnding {
    const NAME: &'static str = "InstitutionAgreementEnding";
}

impl InstitutionAgreementEnding {
    pub fn new(
        conn: &mut DbConn,
        institution: &Institution,
        agreement: &Agreement,
    ) -> Result<Self, AppError> {
        let readers = match &agreement.unit_id {
            Some(unit) => holders(conn, Role::UnitOfficial, Some(unit))?,
            None => Vec::new(),
        };
        let readers =
            if readers.is_empty() { holders(conn, Role::InformationTaskForce, None)? } else { readers };
        let (name, day, kind) = (&institution.name, agreement.ends_on, agreement.kind);
        Ok(Self {
            institution_id: institution.id.to_string(),
            reader_ids: readers,
            title_zh: format!("{}即将到期", kind.zh()),
            title_en: format!("{} ends soon", kind.en()),
            body_zh: format!("{name}：{day} 到期，请及时续签或结束"),
            body_en: format!("{name}: the last day is {day}; renew it or let it end"),
            link: format!("/institutions/{}", institution.id),
        })
    }
}
