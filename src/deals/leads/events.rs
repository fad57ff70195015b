//! What the rest of the house hears of leads: each event carries its readers and the words for them.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deals::leads::clock::{Clock, EscalationCause};
use crate::deals::leads::lead::Lead;
use crate::deals::leads::rules::ConfirmationAnswer;
use crate::error::AppError;
use crate::people::auth::task_force::negotiators;
use crate::people::auth::{AccountId, Role, TaskForce, holders};
use crate::people::units::Unit;
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// What WeChat is told: what happened and to which lead, by its number. Who the investor is stays in the house.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Template {
    key: String,
    values: BTreeMap<String, String>,
}

impl Template {
    fn of(lead: &Lead, title: &str, body: &str) -> Self {
        let more = body.strip_prefix(&said_zh(lead)).unwrap_or(body).trim_start_matches('，');
        let more = if more.is_empty() { lead.industry.zh() } else { more };
        let values = [("thing1", title), ("character_string2", lead.number.as_str()), ("thing3", more)];
        Self {
            key: "lead".to_owned(),
            values: values.map(|(place, value)| (place.to_owned(), value.to_owned())).into(),
        }
    }
}

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
            /// For whoever agreed to be told by WeChat
            pub template: Template,
        }
        impl Event for $name {
            const NAME: &'static str = stringify!($name);
        }
        impl $name {
            fn told(lead: &Lead, reader_ids: Vec<AccountId>, title: (&str, &str), body: (String, String)) -> Self {
                Self {
                    lead_id: lead.id.to_string(),
                    reader_ids,
                    template: Template::of(lead, title.0, &body.0),
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
    /// To whoever the level of the clock names.
    LeadOverdue,
    /// To the counties and parks that may claim it, and the task force.
    LeadPooled,
    /// To the negotiation task force that it is given to.
    LeadScreened,
    /// To the submitter.
    LeadDeclined,
    /// To both submitters of a case.
    LeadClash,
    /// To both submitters, when a case is ruled on or an appeal answered.
    LeadRuled,
    /// To the task force.
    LeadAppealed,
    /// To whoever asked, and the task force.
    LeadConfirmed,
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
    /// `days`: how soon the unit must answer.
    pub fn new(conn: &mut DbConn, lead: &Lead, unit: &Unit, days: i64) -> Result<Self, AppError> {
        let readers = holders(conn, Role::UnitOfficial, Some(&unit.id))?;
        let body = (
            format!("{}，已移交{}，请在 {days} 日内接收或退回", said_zh(lead), unit.short_name),
            format!("{} Handed to {}: accept or return it within {days} days.", said_en(lead), unit.name_en),
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

impl LeadOverdue {
    /// Level 1 tells who must act, 2 the task force, 3 the leaders of the unit, 4 all leaders; above a unit that is
    /// the task force itself, the leaders come at once after it. A level that has passed already is told again.
    pub fn new(
        conn: &mut DbConn,
        lead: &Lead,
        clock: &Clock,
        level: i32,
        cause: EscalationCause,
    ) -> Result<Self, AppError> {
        let unit = clock.unit_id.as_deref();
        let mut readers = match (level, unit) {
            (1, Some(unit)) => holders(conn, Role::UnitOfficial, Some(unit))?,
            (1, None) | (2, _) => holders(conn, Role::InformationTaskForce, None)?,
            (3, Some(unit)) => holders(conn, Role::Leader, Some(unit))?,
            _ => holders(conn, Role::Leader, None)?,
        };
        if readers.is_empty() {
            readers = holders(conn, Role::Leader, None)?;
        }
        if cause == EscalationCause::Investor {
            readers.extend(holders(conn, Role::InformationTaskForce, None)?);
            readers
                .extend(unit.map_or(Ok(Vec::new()), |unit| holders(conn, Role::UnitOfficial, Some(unit)))?);
        }
        let (title, why) = match cause {
            EscalationCause::Clock => (("招商信息逾期", "A lead is overdue"), clock.kind),
            EscalationCause::Investor => (("客商反映无人答复", "An investor was not answered"), clock.kind),
        };
        let risen = level > clock.level;
        let (zh, en) = if risen { ("已升至", "now") } else { ("仍在", "still") };
        let body = (
            format!("{}，{}，{zh}第 {level} 级", said_zh(lead), why.zh()),
            format!("{} Waiting for: {}. Level {level} {en}.", said_en(lead), why.en()),
        );
        Ok(Self::told(lead, readers, title, body))
    }
}

impl LeadPooled {
    pub fn new(conn: &mut DbConn, lead: &Lead, reason: &str) -> Result<Self, AppError> {
        let mut readers = holders(conn, Role::UnitOfficial, None)?;
        readers.extend(holders(conn, Role::InformationTaskForce, None)?);
        let body = (
            format!("{}可认领：{reason}", lead.industry.zh()),
            format!("A lead on {} can be claimed: {reason}", lead.industry.en()),
        );
        let told = Self::told(lead, readers, ("信息池有新信息", "A lead is in the pool"), body);
        Ok(Self { link: "/leads/pool".to_owned(), ..told })
    }
}

impl LeadScreened {
    pub fn new(conn: &mut DbConn, lead: &Lead, by: TaskForce, note: &str) -> Result<Self, AppError> {
        let readers = negotiators(conn, by)?;
        let body = (
            format!("{}，由{}先行洽谈：{note}", said_zh(lead), by.zh()),
            format!("{} First talk by the task force for {}: {note}", said_en(lead), by.en()),
        );
        Ok(Self::told(lead, readers, ("招商信息待谈判", "A lead to negotiate"), body))
    }
}

impl LeadDeclined {
    pub fn new(lead: &Lead, reason: &str) -> Self {
        let body = (
            format!("{}，不予跟进：{reason}", said_zh(lead)),
            format!("{} Declined: {reason}", said_en(lead)),
        );
        Self::told(lead, vec![lead.submitted_by.clone()], ("招商信息不予跟进", "A lead was declined"), body)
    }
}

impl LeadClash {
    /// Each side is told of its own lead alone; neither learns here who the other is.
    pub fn new(lead: &Lead) -> Self {
        let body = (
            format!("{}，另有人提交了疑似同一企业，正在认定谁先接触", said_zh(lead)),
            format!(
                "{} Somebody else submitted what may be the same enterprise; who was first is being decided.",
                said_en(lead)
            ),
        );
        Self::told(
            lead,
            vec![lead.submitted_by.clone()],
            ("首次接触待认定", "First contact to be decided"),
            body,
        )
    }
}

impl LeadRuled {
    pub fn new(lead: &Lead, reason: &str) -> Self {
        let body = (
            format!("{}，认定结果：{}。理由：{reason}", said_zh(lead), lead.standing.zh()),
            format!("{} Ruling: {}. Reason: {reason}", said_en(lead), lead.standing.en()),
        );
        Self::told(
            lead,
            vec![lead.submitted_by.clone()],
            ("首次接触已认定", "First contact was decided"),
            body,
        )
    }
}

impl LeadAppealed {
    pub fn new(conn: &mut DbConn, lead: &Lead, reason: &str) -> Result<Self, AppError> {
        let readers = holders(conn, Role::InformationTaskForce, None)?;
        let body = (
            format!("{}，申请复核：{reason}", said_zh(lead)),
            format!("{} The ruling was appealed: {reason}", said_en(lead)),
        );
        Ok(Self::told(lead, readers, ("认定复核申请", "A ruling was appealed"), body))
    }
}

impl LeadConfirmed {
    pub fn new(
        conn: &mut DbConn,
        lead: &Lead,
        by: &AccountId,
        answer: ConfirmationAnswer,
    ) -> Result<Self, AppError> {
        let mut readers = holders(conn, Role::InformationTaskForce, None)?;
        readers.push(by.clone());
        let body = (
            format!("{}，客商答复：{}", said_zh(lead), answer.zh()),
            format!("{} The investor answered: {}.", said_en(lead), answer.en()),
        );
        Ok(Self::told(lead, readers, ("客商已答复", "The investor answered"), body))
    }
}

fn said_zh(lead: &Lead) -> String {
    format!("{} {}", lead.number, lead.enterprise_name)
}

fn said_en(lead: &Lead) -> String {
    format!("{} {}.", lead.number, lead.enterprise_name)
}
