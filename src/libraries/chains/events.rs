//! What the rest of the house hears of chains: a proposal waits for the city, or was decided.
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::chains::version::ChainVersion;
use crate::people::auth::{AccountId, Role, holders};
use crate::people::units::{Unit, UnitDuty};
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// To the city's officials when a chain is proposed, to the county's when it is decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChainMoved {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    /// Route inside the app
    pub link: String,
}

impl Event for ChainMoved {
    const NAME: &'static str = "ChainMoved";
}

impl ChainMoved {
    pub fn proposed(conn: &mut DbConn, version: &ChainVersion) -> Result<Self, AppError> {
        let mut reader_ids = Vec::new();
        for unit in Unit::all(conn)?.into_iter().filter(|unit| unit.duty == UnitDuty::Coordinator) {
            reader_ids.extend(holders(conn, Role::UnitOfficial, Some(&unit.id))?);
        }
        let title = ("主产业链待审批", "A main chain waits for approval");
        Self::about(conn, version, reader_ids, title, ("申报", "proposed"))
    }

    pub fn decided(conn: &mut DbConn, version: &ChainVersion, said: (&str, &str)) -> Result<Self, AppError> {
        let reader_ids = holders(conn, Role::UnitOfficial, Some(&version.unit_id))?;
        Self::about(conn, version, reader_ids, ("主产业链审批结果", "A main chain was decided"), said)
    }

    fn about(
        conn: &mut DbConn,
        version: &ChainVersion,
        reader_ids: Vec<AccountId>,
        title: (&str, &str),
        said: (&str, &str),
    ) -> Result<Self, AppError> {
        let unit = Unit::find(conn, &version.unit_id)?.ok_or(AppError::NotFound)?;
        Ok(Self {
            reader_ids,
            title_zh: title.0.to_owned(),
            title_en: title.1.to_owned(),
            body_zh: format!("{}“{}”：{}", unit.name, version.name, said.0),
            body_en: format!("{}, {}: {}", unit.name_en, version.name, said.1),
            link: format!("/chains/{}", version.id),
        })
    }
}
