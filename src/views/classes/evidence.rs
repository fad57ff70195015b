//! The rows from which an enterprise is classed, read from the rooms of the libraries: only what all who read the library
//! may know, so the class is the same for everybody.
use std::collections::HashMap;

use crate::error::AppError;
use crate::libraries::chains::ChainVersion;
use crate::libraries::enterprises::{Enterprise, EnterpriseId, LogEntry, Pursuit, PursuitState};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::views::classes::rules::{ClassRule, is_recent, scale_rule};

/// One row and the rule that it meets.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub rule: ClassRule,
    /// Whose chain, contact or pursuit it is
    pub unit_name: Option<String>,
    /// What stands in the row
    pub text: Option<String>,
    /// Since when, or when
    pub at: Option<Time>,
}

/// All rows for an enterprise and those that were merged into it; contacts of the last `days` days.
pub fn of(conn: &mut DbConn, id: &EnterpriseId, days: i32, now: Time) -> Result<Vec<Evidence>, AppError> {
    let one = Enterprise::find(conn, id)?;
    let merged = Enterprise::merged(conn, id)?.into_iter().map(|e| e.id);
    let ids: Vec<EnterpriseId> = std::iter::once(id.clone()).chain(merged).collect();
    let chains = ChainVersion::all_in_force(conn)?;
    let contacts = LogEntry::last_contacts(conn, &ids)?;
    let pursuits = Pursuit::of(conn, &ids)?;
    let of_pursuits = pursuits.iter().map(|one| one.unit_id.clone());
    let units = chains.keys().cloned().chain(contacts.iter().filter_map(|c| c.1.clone())).chain(of_pursuits);
    let names: HashMap<String, String> = Unit::short_names(conn, units.collect())?;

    let mut rows = Vec::new();
    for (unit, version) in chains {
        if version.industry != one.industry {
            continue;
        }
        let content = version.content()?;
        let link = content.links.iter().find(|link| one.chain_link.as_deref() == Some(link.name.as_str()));
        let (rule, text) = match link {
            Some(link) => {
                let rule = if link.gap { ClassRule::ChainGap } else { ClassRule::ChainLink };
                (rule, format!("{} · {}", version.name, link.name.as_str()))
            }
            None => (ClassRule::ChainIndustry, version.name.clone()),
        };
        let at = version.from_on.map(Time::start_of);
        rows.push(Evidence { rule, unit_name: names.get(&unit).cloned(), text: Some(text), at });
    }
    rows.sort_by(|a, b| a.unit_name.cmp(&b.unit_name));
    if let Some(tie) = one.hometown_tie {
        rows.push(Evidence { rule: ClassRule::HometownTie, unit_name: None, text: Some(tie), at: None });
    }
    let named = |unit: &Option<String>| unit.as_ref().and_then(|unit| names.get(unit)).cloned();
    let mut recent: Vec<_> = contacts.iter().filter(|(_, _, at)| is_recent(*at, now, days)).collect();
    recent.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
    for (_, unit, at) in recent {
        let unit_name = named(unit);
        rows.push(Evidence { rule: ClassRule::ContactRecent, unit_name, text: None, at: Some(*at) });
    }
    for pursuit in pursuits.into_iter().filter(|one| one.state == PursuitState::Open) {
        let of_unit = |unit: &Option<String>| unit.as_deref() == Some(pursuit.unit_id.as_str());
        let since = contacts.iter().any(|(_, unit, at)| of_unit(unit) && at.day() >= pursuit.since.day());
        let rule = if since { ClassRule::CourtingContacted } else { ClassRule::CourtingOpen };
        let unit_name = names.get(&pursuit.unit_id).cloned();
        rows.push(Evidence { rule, unit_name, text: None, at: Some(pursuit.since) });
    }
    if let Some(scale) = one.scale {
        rows.push(Evidence { rule: scale_rule(scale), unit_name: None, text: None, at: None });
    }
    Ok(rows)
}
