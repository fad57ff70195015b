//! What the rest of the house hears of leads: each event carries its readers and the words for them.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::deals::leads::lead::Lead;
use crate::error::AppError;
use crate::people::auth::{AccountId, AccountState, Role};
use crate::people::units::Unit;
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;
use crate::schema::{auth_accounts, auth_roles};

macro_rules! told_events {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $name {
            pub lead_id: String,
            pub reader_ids: Vec<AccountId>,
            pub title_zh: String,
            pub title_en: String,
            pub body_zh: String,
            pub body_en: String,
            /// Route inside the app
            pub link: String,
        }
        impl Event for $name {
            const NAME: &'static str = stringify!($name);
        }
        impl $name {
            fn told(lead: &Lead, reader_ids: Vec<AccountId>, title: (&str, &str), body: (String, String)) -> Self {
                Self {
                    lead_id: lead.id.to_string(),
                    reader_ids,
                    title_zh: title.0.to_owned(),
                    title_en: title.1.to_owned(),
                    body_zh: body.0,
                    body_en: body.1,
                    link: format!("/leads/{}", lead.id),
                }
            }
        }
    )+};
}
told_events!(
    /// To the information task force.
    LeadSubmitted,
    /// To the officials of the county or park.
    LeadHandedOver,
    /// To the submitter, and to whoever handed the lead over.
    LeadAccepted,
    /// To whoever handed the lead over.
    LeadReturned,
    /// To the submitter, and to whoever handed the lead over.
    LeadInProject
);

impl LeadSubmitted {
    /// `likenesses`: how many earlier leads may speak of the same enterprise.
    pub fn new(conn: &mut DbConn, lead: &Lead, likenesses: usize) -> Result<Self, AppError> {
        let readers = holders(conn, Role::InformationTaskForce, None)?;
        let (mut zh, mut en) = (said_zh(lead), said_en(lead));
        if likenesses > 0 {
            zh += &format!("，与 {likenesses} 条已有信息疑似同一企业，请核对");
            en += &format!(" It is like {likenesses} earlier lead(s): please compare.");
        }
        Ok(Self::told(lead, readers, ("新的招商信息", "A new lead"), (zh, en)))
    }
}

impl LeadHandedOver {
    pub fn new(conn: &mut DbConn, lead: &Lead, unit: &Unit) -> Result<Self, AppError> {
        let readers = holders(conn, Role::UnitOfficial, Some(&unit.id))?;
        let body = (
            format!("{}，已移交{}，请在三日内接收或退回", said_zh(lead), unit.short_name),
            format!("{} Handed to {}: accept or return it within three days.", said_en(lead), unit.name_en),
        );
        Ok(Self::told(lead, readers, ("招商信息移交", "A lead was handed to you"), body))
    }
}

impl LeadAccepted {
    pub fn new(lead: &Lead, unit: &Unit, handed_over_by: &AccountId) -> Self {
        let mut readers = vec![lead.submitted_by.clone(), handed_over_by.clone()];
        readers.dedup();
        let body = (
            format!("{}，{}已接收", said_zh(lead), unit.short_name),
            format!("{} Accepted by {}.", said_en(lead), unit.name_en),
        );
        Self::told(lead, readers, ("招商信息已接收", "A lead was accepted"), body)
    }
}

impl LeadInProject {
    pub fn new(lead: &Lead, unit: &Unit, project: &str, handed_over_by: Option<AccountId>) -> Self {
        let mut readers = vec![lead.submitted_by.clone()];
        readers.extend(handed_over_by.filter(|id| *id != lead.submitted_by));
        let body = (
            format!("{}，{}已立项 {project}", said_zh(lead), unit.short_name),
            format!("{} {} opened project {project} from it.", said_en(lead), unit.name_en),
        );
        Self::told(lead, readers, ("招商信息已立项", "A lead became a project"), body)
    }
}

impl LeadReturned {
    pub fn new(lead: &Lead, unit: &Unit, handed_over_by: &AccountId, reason: &str) -> Self {
        let body = (
            format!("{}，{}退回：{reason}", said_zh(lead), unit.short_name),
            format!("{} Returned by {}: {reason}", said_en(lead), unit.name_en),
        );
        Self::told(lead, vec![handed_over_by.clone()], ("招商信息退回", "A lead was returned"), body)
    }
}

fn said_zh(lead: &Lead) -> String {
    format!("{} {}", lead.number, lead.enterprise_name)
}

fn said_en(lead: &Lead) -> String {
    format!("{} {}.", lead.number, lead.enterprise_name)
}

/// The active accounts with a role, of one unit when it is given.
fn holders(conn: &mut DbConn, role: Role, unit: Option<&str>) -> Result<Vec<AccountId>, AppError> {
    let mut query = auth_roles::table
        .inner_join(auth_accounts::table)
        .filter(auth_roles::role.eq(role))
        .filter(auth_accounts::state.eq(AccountState::Active))
        .select(auth_accounts::id)
        .into_boxed();
    if let Some(unit) = unit {
        query = query.filter(auth_accounts::unit_id.eq(unit.to_owned()));
    }
    Ok(query.order(auth_accounts::id.asc()).load(conn)?)
}
