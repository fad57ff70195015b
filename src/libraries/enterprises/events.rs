//! What the rest of the house hears of pursuits; an event carries its readers and the words for them.
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::enterprises::enterprise::Enterprise;
use crate::libraries::enterprises::pursuit::Pursuit;
use crate::people::auth::{AccountId, Role, holders};
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// To the officials of the unit that courted it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PursuitLapsed {
    pub enterprise_id: String,
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    /// Route inside the app
    pub link: String,
}

impl Event for PursuitLapsed {
    const NAME: &'static str = "PursuitLapsed";
}

impl PursuitLapsed {
    pub fn new(conn: &mut DbConn, enterprise: &Enterprise, pursuit: &Pursuit) -> Result<Self, AppError> {
        let day = pursuit.lapses_on;
        Ok(Self {
            enterprise_id: enterprise.id.to_string(),
            reader_ids: holders(conn, Role::UnitOfficial, Some(&pursuit.unit_id))?,
            title_zh: "企业跟进已到期".to_owned(),
            title_en: "A pursuit has lapsed".to_owned(),
            body_zh: format!("{}：至 {day} 没有新的联系记录，已不再由本单位跟进", enterprise.name),
            body_en: format!(
                "{}: no contact was written down by {day}; your unit no longer courts it",
                enterprise.name
            ),
            link: format!("/enterprises/{}", enterprise.id),
        })
    }
}
