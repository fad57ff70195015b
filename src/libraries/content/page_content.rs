//! What a version of a page says, as its editor writes it and as it is kept.
use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, FieldError};
use crate::libraries::content::medium::{Medium, MediumKind, PageMedium};
use crate::libraries::content::page::{PageKind, Step};
use crate::libraries::content::policy::{CapitalOrigin, PolicyTerms, SiteNeed};
use crate::libraries::content::rules::problems;
use crate::people::units::{Unit, UnitKind};
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};

const MOST_STEPS: usize = 40;
const MOST_DOCUMENTS: usize = 30;
const MOST_MEDIA: usize = 10;
const MOST_DAYS: i32 = 3650;
const LAST: i32 = 9999;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageContent {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub title: Line<100>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub title_en: Option<Line<200>>,
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub summary: Line<300>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 600)]
    pub summary_en: Option<Line<600>>,
    /// CommonMark; HTML inside is dropped
    #[schema(value_type = String, min_length = 1, max_length = 20000)]
    pub body_md: Prose<20000>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40000)]
    pub body_md_en: Option<Prose<40000>>,
    #[schema(max_items = 40)]
    pub steps: Vec<Step>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub source: Line<200>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 400)]
    pub source_en: Option<Line<400>>,
    /// Begins with https:// or http://
    #[schema(value_type = Option<String>, min_length = 1, max_length = 400)]
    pub source_url: Option<Line<400>>,
    pub source_on: NaiveDate,
    /// Of the document behind the page
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    pub document_no: Option<Line<60>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub issuer: Option<Line<100>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub issuer_en: Option<Line<200>>,
    /// Where it stands among its kind, from the front
    #[serde(default)]
    #[schema(minimum = 0, maximum = 9999)]
    pub sort: i32,
    /// Whether its steps are part of an investor's personal guide
    #[serde(default)]
    pub in_personal_guide: bool,
    /// Of a policy that can be reckoned with
    pub terms: Option<PolicyTerms>,
    /// Pictures and films, after the text
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub media: Vec<PageMedium>,
}

impl PageContent {
    pub fn text(&self) -> Result<String, AppError> {
        serde_json::to_string(self).map_err(AppError::internal)
    }

    /// What does not fit, each at its place.
    pub fn problems(&self, kind: PageKind, counties: &[String]) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        let mut say = |place: &str, code: &str| wrong.push(FieldError::new(format!("content.{place}"), code));
        let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if self.source_url.as_ref().is_some_and(|url| !is_web(url.as_str()) || url.as_str().contains(' ')) {
            say("source_url", "page.source_url");
        }
        if !(0..=LAST).contains(&self.sort) {
            say("sort", "input.range");
        }
        if self.steps.len() > MOST_STEPS {
            say("steps", "input.range");
        }
        for (n, step) in self.steps.iter().enumerate() {
            if step.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
                say(&format!("steps[{n}].days"), "input.range");
            }
            if step.documents.len() > MOST_DOCUMENTS {
                say(&format!("steps[{n}].documents"), "input.range");
            }
            if step.origins.len() > CapitalOrigin::ALL.len() {
                say(&format!("steps[{n}].origins"), "input.range");
            }
            if step.needs.len() > SiteNeed::ALL.len() {
                say(&format!("steps[{n}].needs"), "input.range");
            }
            let translated = step.documents_en.len();
            if translated != 0 && translated != step.documents.len() {
                say(&format!("steps[{n}].documents_en"), "page.documents_en");
            }
        }
        if self.media.len() > MOST_MEDIA {
            say("media", "input.range");
        }
        for (n, medium) in self.media.iter().enumerate() {
            match (medium.kind, &medium.captions) {
                (MediumKind::Captions, _) => say(&format!("media[{n}].kind"), "input.choice"),
                (MediumKind::Picture, Some(_)) => {
                    say(&format!("media[{n}].captions"), "page.captions_of_picture");
                }
                _ => {}
            }
        }
        match (&self.terms, kind) {
            (Some(_), PageKind::Guide) => say("terms", "page.terms_of_guide"),
            (Some(terms), PageKind::Policy) => wrong.extend(problems(terms, counties)),
            (None, _) => {}
        }
        wrong
    }

    /// Each medium that is not there, or is something else.
    fn strangers(&self, conn: &mut DbConn) -> Result<Vec<FieldError>, AppError> {
        if self.media.is_empty() {
            return Ok(Vec::new());
        }
        let hashes = self.media.iter().flat_map(PageMedium::parts).map(|(hash, _)| hash.to_owned());
        let known: HashMap<String, MediumKind> = Medium::kinds(conn, hashes.collect())?.into_iter().collect();
        let parts = self.media.iter().enumerate().flat_map(|(n, medium)| {
            let names = ["sha256", "captions"].into_iter();
            medium.parts().zip(names).map(move |((hash, kind), name)| (n, hash, kind, name))
        });
        let strange = parts.filter(|(_, hash, kind, _)| known.get(*hash) != Some(kind));
        let say = |(n, _, _, name): (usize, &str, MediumKind, &str)| {
            FieldError::new(format!("content.media[{n}].{name}"), "page.medium_unknown")
        };
        Ok(strange.map(say).collect())
    }

    /// Refuses what does not fit, places that are no county, and media that are not there.
    pub fn judge(&self, conn: &mut DbConn, kind: PageKind) -> Result<(), AppError> {
        let counties = Unit::all(conn)?.into_iter().filter(|unit| unit.kind == UnitKind::County);
        let counties: Vec<String> = counties.map(|unit| unit.id).collect();
        let mut wrong = self.problems(kind, &counties);
        wrong.extend(self.strangers(conn)?);
        if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
    }
}
