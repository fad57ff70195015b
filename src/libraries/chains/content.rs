//! What a version of a chain says: its links from up to downstream, who stands on each, and where a gap is.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, FieldError};
use crate::libraries::industry::Industry;
use crate::libraries::map::{Feature, FeatureKind};
use crate::platform::db::DbConn;
use crate::platform::input::Line;

const MOST_LINKS: usize = 24;
const MOST_LOCALS: usize = 30;

crate::text_enum! {
    /// Where on the chain a link stands.
    pub enum LinkPlace {
        Up = "up", "上游", "Upstream";
        Mid = "mid", "中游", "Midstream";
        Down = "down", "下游", "Downstream";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainContent {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub name: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    pub name_en: Option<Line<80>>,
    pub industry: Industry,
    /// The paper that names this chain, or another source
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub basis: Line<200>,
    pub basis_on: Option<NaiveDate>,
    #[schema(min_items = 1, max_items = 24)]
    pub links: Vec<ChainLink>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainLink {
    pub place: LinkPlace,
    /// As target enterprises name it; once in a chain
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub name: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    pub name_en: Option<Line<80>>,
    /// Whether the county lacks it, or most of it
    pub gap: bool,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub gap_note: Option<Line<200>>,
    #[schema(max_items = 30)]
    pub locals: Vec<LocalEnterprise>,
}

/// An enterprise that is there: one of the map, or a name with its source and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalEnterprise {
    /// An enterprise of the map; then nothing else
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    pub feature_id: Option<Line<40>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub name: Option<Line<100>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub source: Option<Line<200>>,
    pub source_on: Option<NaiveDate>,
}

impl LocalEnterprise {
    fn is_whole(&self) -> bool {
        let named = self.name.is_some() && self.source.is_some() && self.source_on.is_some();
        let bare = self.name.is_none() && self.source.is_none() && self.source_on.is_none();
        if self.feature_id.is_some() { bare } else { named }
    }
}

impl ChainContent {
    /// What does not fit by itself; pure.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        if self.links.is_empty() || self.links.len() > MOST_LINKS {
            wrong.push(FieldError::new("content.links", "input.range"));
        }
        let mut names = HashSet::new();
        for (n, link) in self.links.iter().enumerate() {
            if !names.insert(link.name.as_str()) {
                wrong.push(FieldError::new(format!("content.links[{n}].name"), "chain.link_twice"));
            }
            if link.locals.len() > MOST_LOCALS {
                wrong.push(FieldError::new(format!("content.links[{n}].locals"), "input.range"));
            }
            let broken = link.locals.iter().position(|local| !local.is_whole());
            wrong.extend(broken.map(|m| {
                FieldError::new(format!("content.links[{n}].locals[{m}].source"), "chain.local_source")
            }));
        }
        wrong
    }

    /// Refuses what does not fit by itself, and enterprises that the map does not have.
    pub fn judge(&self, conn: &mut DbConn) -> Result<(), AppError> {
        let mut wrong = self.problems();
        let known = on_map(conn)?;
        for (n, link) in self.links.iter().enumerate() {
            let ids = link.locals.iter().map(|local| local.feature_id.as_ref());
            let unknown = ids.flatten().position(|id| !known.contains_key(id.as_str()));
            wrong.extend(unknown.map(|m| {
                FieldError::new(format!("content.links[{n}].locals[{m}].feature_id"), "input.choice")
            }));
        }
        if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
    }

    pub fn gaps(&self) -> usize {
        self.links.iter().filter(|link| link.gap).count()
    }
}

/// The enterprises of the map, by id.
pub fn on_map(conn: &mut DbConn) -> Result<HashMap<String, Feature>, AppError> {
    let all = Feature::list(conn, &[FeatureKind::Enterprise])?;
    Ok(all.into_iter().map(|feature| (feature.id.clone(), feature)).collect())
}
