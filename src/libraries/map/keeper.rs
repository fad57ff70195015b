//! Who keeps a site: the people of its unit and of its park, and the coordinator for all.
use crate::error::AppError;
use crate::people::auth::Actor;
use crate::people::units::{Unit, UnitDuty};
use crate::platform::db::DbConn;

/// What a person may keep. Somebody without a unit keeps nothing.
#[derive(Debug, Clone)]
pub struct Keeper {
    pub unit_id: Option<String>,
    /// Of the coordinator (综合协调部门, article 4)
    pub coordinates: bool,
}

impl Keeper {
    pub fn of(conn: &mut DbConn, actor: &Actor) -> Result<Self, AppError> {
        let unit = match &actor.unit_id {
            Some(id) => Unit::find(conn, id)?,
            None => None,
        };
        Ok(Self {
            coordinates: unit.as_ref().is_some_and(|unit| unit.duty == UnitDuty::Coordinator),
            unit_id: unit.map(|unit| unit.id),
        })
    }

    pub fn keeps(&self, unit_id: &str, park_id: Option<&str>) -> bool {
        self.coordinates || self.unit_id.as_deref().is_some_and(|own| own == unit_id || park_id == Some(own))
    }

    /// What one does not keep, one does not see.
    pub fn must_keep(&self, unit_id: &str, park_id: Option<&str>) -> Result<(), AppError> {
        if self.keeps(unit_id, park_id) { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// A county sees what its parks prepare, and a park what its county does.
    pub fn must_know(&self, conn: &mut DbConn, unit_id: &str) -> Result<(), AppError> {
        let parent = |conn: &mut DbConn, id: &str| {
            Ok::<_, AppError>(Unit::find(conn, id)?.and_then(|unit| unit.parent_id))
        };
        let own = self.unit_id.clone().unwrap_or_default();
        let kin = parent(conn, unit_id)?.as_ref() == Some(&own)
            || parent(conn, &own)?.is_some_and(|county| county == unit_id);
        if kin { Ok(()) } else { self.must_keep(unit_id, None) }
    }

    /// The unit to which a list is narrowed: `None` when all is seen, an id that no unit has when nothing is.
    pub fn narrowed_to(&self) -> Option<String> {
        if self.coordinates { None } else { Some(self.unit_id.clone().unwrap_or_default()) }
    }
}
