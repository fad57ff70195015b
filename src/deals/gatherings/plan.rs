//! What a unit says of a gathering: words, times, limits, agenda, releases, and what it asks of those who register.
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deals::gatherings::rules::link_is_allowed;
use crate::error::{AppError, Code, FieldError};
use crate::platform::clock::Time;
use crate::platform::input::{Line, Phone, Prose};

const LIVE_HOST: Code = Code::new(
    "gathering.live_host",
    "直播链接须为 https，且属于允许的直播平台；请联系管理员添加平台",
    "The live link must be https and of a permitted host; ask the administrator to add the host",
);

crate::text_enum! {
    /// What an answer to a question of the form is.
    pub enum AnswerKind {
        Text = "text", "文字", "Text";
        Choice = "choice", "单选", "One of several";
        Number = "number", "数字", "Number";
    }
}

/// One point of the agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatheringPoint {
    /// Not before the beginning, not after the end
    pub at: Time,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub title: Line<80>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    pub title_en: Option<Line<160>>,
    /// Name and office
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    pub speaker: Option<Line<80>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    pub speaker_en: Option<Line<160>>,
}

/// A project or site that is released at the gathering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatheringRelease {
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub title: Line<80>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    pub title_en: Option<Line<160>>,
    /// A site of the map
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    pub site_id: Option<Line<40>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormChoice {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub label: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    pub label_en: Option<Line<80>>,
}

/// What the organiser asks of those who register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormQuestion {
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub label: Line<80>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    pub label_en: Option<Line<160>>,
    pub kind: AnswerKind,
    pub required: bool,
    /// Two to ten for `choice`, none otherwise
    #[schema(max_items = 10)]
    pub choices: Vec<FormChoice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanGathering {
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub title: Line<60>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub title_en: Option<Line<120>>,
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    pub summary: Prose<1000>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    pub summary_en: Option<Prose<2000>>,
    /// Where people meet; a gathering has a place, a live link, or both
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub place: Option<Line<100>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub place_en: Option<Line<200>>,
    /// https, of a permitted host; shown from a quarter of an hour before the beginning
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub live_url: Option<Line<300>>,
    pub starts_at: Time,
    pub ends_at: Time,
    /// Until when one can register
    pub closes_at: Time,
    #[schema(minimum = 1, maximum = 20000)]
    pub capacity: i32,
    /// Places for one firm
    #[schema(minimum = 1, maximum = 100)]
    pub firm_limit: i32,
    #[schema(max_items = 40)]
    pub agenda: Vec<GatheringPoint>,
    #[schema(max_items = 20)]
    pub releases: Vec<GatheringRelease>,
    #[schema(max_items = 10)]
    pub questions: Vec<FormQuestion>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub contact_name: Line<40>,
    pub contact_phone: Phone,
}

impl PlanGathering {
    /// Everything that is wrong with the plan in itself, all at once.
    pub fn check(&self, live_hosts: &[String]) -> Result<(), AppError> {
        let mut wrong: Vec<FieldError> = Vec::new();
        let mut refuse = |when: bool, field: &str, code: &str| {
            if when {
                wrong.push(FieldError::new(field, code));
            }
        };
        refuse(self.place.is_none() && self.live_url.is_none(), "place", "input.empty");
        refuse(self.ends_at <= self.starts_at, "ends_at", "input.range");
        refuse(self.closes_at > self.ends_at, "closes_at", "input.range");
        refuse(!(1..=20_000).contains(&self.capacity), "capacity", "input.range");
        refuse(!(1..=100).contains(&self.firm_limit), "firm_limit", "input.range");
        let day = self.starts_at..=self.ends_at;
        refuse(
            self.agenda.len() > 40 || self.agenda.iter().any(|p| !day.contains(&p.at)),
            "agenda",
            "input.range",
        );
        refuse(self.releases.len() > 20, "releases", "input.range");
        let askable = self.questions.len() <= 10 && self.questions.iter().all(FormQuestion::is_sound);
        refuse(!askable, "questions", "input.range");
        if !wrong.is_empty() {
            return Err(AppError::Invalid(wrong));
        }
        match &self.live_url {
            Some(link) if !link_is_allowed(link.as_str(), live_hosts) => {
                Err(AppError::Unprocessable(&LIVE_HOST))
            }
            _ => Ok(()),
        }
    }

    /// Ids of the sites that are released, each once.
    pub fn site_ids(&self) -> Vec<String> {
        let ids: BTreeSet<&str> =
            self.releases.iter().filter_map(|r| r.site_id.as_ref().map(Line::as_str)).collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Whether somebody who registered for `before` must be told.
    pub fn moves(&self, before: &Self) -> bool {
        (self.starts_at, self.ends_at, &self.place) != (before.starts_at, before.ends_at, &before.place)
            || self.live_url.is_some() != before.live_url.is_some()
    }
}

impl FormQuestion {
    fn is_sound(&self) -> bool {
        let labels: BTreeSet<&str> = self.choices.iter().map(|choice| choice.label.as_str()).collect();
        match self.kind {
            AnswerKind::Choice => {
                (2..=10).contains(&self.choices.len()) && labels.len() == self.choices.len()
            }
            AnswerKind::Text | AnswerKind::Number => self.choices.is_empty(),
        }
    }
}
