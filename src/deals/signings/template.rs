//! A template: typed fields, and the paper that they are set on.
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::deals::signings::paper::{
    FRAMEWORK_AGREEMENT, FRAMEWORK_AGREEMENT_FIELDS, RESCISSION_AGREEMENT, RESCISSION_AGREEMENT_FIELDS,
};
use crate::error::{AppError, FieldError};
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Line, Prose};

/// A template and the fields that it asks for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Template {
    pub code: String,
    pub version: i32,
    pub name: String,
    pub name_en: String,
    pub fields: Vec<TemplateField>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TemplateField {
    pub key: String,
    pub label: String,
    pub label_en: String,
    pub kind: FieldKind,
    pub required: bool,
    #[serde(default)]
    pub max_length: Option<usize>,
    #[serde(default)]
    pub min: Option<i64>,
    #[serde(default)]
    pub max: Option<i64>,
    #[serde(default)]
    pub choices: Vec<String>,
    #[serde(default)]
    pub help: Option<String>,
}

/// What a field holds: money in fen, areas in square metres, days as YYYY-MM-DD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    LongText,
    Money,
    Area,
    Day,
    Integer,
    Choice,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let all = [FRAMEWORK_AGREEMENT_FIELDS, RESCISSION_AGREEMENT_FIELDS];
    all.into_iter().filter_map(|fields| serde_json::from_str(fields).ok()).collect()
});
/// The template that an agreement of rescission is drafted from.
pub const RESCISSION: &str = "rescission_agreement";

/// Every template in force.
pub fn all() -> &'static [Template] {
    &TEMPLATES
}

pub fn find(code: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.code == code)
}

impl Template {
    /// The Typst source that the values are set on.
    pub fn paper(&self) -> &'static str {
        if self.code == RESCISSION { RESCISSION_AGREEMENT } else { FRAMEWORK_AGREEMENT }
    }

    /// The values cleaned and typed, or every field that does not fit. A draft may still miss some.
    pub fn check(&self, given: &Map<String, Value>, draft: bool) -> Result<Map<String, Value>, AppError> {
        let mut wrong = Vec::new();
        let mut clean = Map::new();
        for key in given.keys().filter(|key| !self.fields.iter().any(|f| f.key == **key)) {
            let name: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
            wrong.push(FieldError::new(format!("values.{name}"), "input.unknown_field"));
        }
        for field in &self.fields {
            match given.get(&field.key).filter(|v| !v.is_null() && v.as_str() != Some("")) {
                None if field.required && !draft => {
                    wrong.push(FieldError::new(format!("values.{}", field.key), "input.missing"));
                }
                None => {}
                Some(value) => match field.parse(value) {
                    Ok(value) => {
                        clean.insert(field.key.clone(), value);
                    }
                    Err(code) => wrong.push(FieldError::new(format!("values.{}", field.key), code)),
                },
            }
        }
        let day = |key: &str| clean.get(key).and_then(Value::as_str).map(str::to_owned);
        if let (Some(start), Some(production)) = (day("start_on"), day("production_on"))
            && production < start
        {
            wrong.push(FieldError::new("values.production_on", "input.range"));
        }
        if wrong.is_empty() { Ok(clean) } else { Err(AppError::Invalid(wrong)) }
    }
}

impl TemplateField {
    fn parse(&self, value: &Value) -> Result<Value, &'static str> {
        let code = |message: &'static str| message.split(':').next().unwrap_or("input.type");
        match self.kind {
            FieldKind::Text | FieldKind::LongText => {
                let text = value.as_str().ok_or("input.type")?;
                let clean = if self.kind == FieldKind::Text {
                    Line::<4000>::parse(text).map_err(code)?.into_string()
                } else {
                    Prose::<4000>::parse(text).map_err(code)?.into_string()
                };
                if clean.chars().count() > self.max_length.unwrap_or(4000) {
                    return Err("input.too_long");
                }
                if self.key == "credit_code" {
                    let code = CreditCode::parse(&clean).ok_or("input.credit_code")?;
                    return Ok(Value::String(code.as_str().to_owned()));
                }
                Ok(Value::String(clean))
            }
            FieldKind::Money | FieldKind::Area | FieldKind::Integer => {
                let number = value.as_i64().ok_or("input.type")?;
                let fits = number >= self.min.unwrap_or(0) && number <= self.max.unwrap_or(i64::MAX);
                if fits { Ok(number.into()) } else { Err("input.range") }
            }
            FieldKind::Day => {
                let text = value.as_str().ok_or("input.type")?;
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "input.type")?;
                let year = chrono::Datelike::year(&day);
                if (2000..=2200).contains(&year) { Ok(day.to_string().into()) } else { Err("input.range") }
            }
            FieldKind::Choice => {
                let text = value.as_str().ok_or("input.type")?;
                if self.choices.iter().any(|c| c == text) { Ok(text.into()) } else { Err("input.choice") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(values: Value, draft: bool) -> Vec<String> {
        match find("framework_agreement").unwrap().check(values.as_object().unwrap(), draft) {
            Ok(_) => Vec::new(),
            Err(AppError::Invalid(wrong)) => {
                wrong.into_iter().map(|w| format!("{} {}", w.field, w.code)).collect()
            }
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn a_draft_may_miss_fields_but_not_misfill_them() {
        assert!(check(json!({}), true).is_empty());
        assert!(check(json!({}), false).contains(&"values.project_name input.missing".to_owned()));
        let wrong = check(
            json!({"area_m2": "12", "valid_months": 0, "start_on": "2027-02-30", "x": 1, "project_name": "a\u{0}"}),
            true,
        );
        assert_eq!(
            wrong,
            [
                "values.x input.unknown_field",
                "values.project_name input.forbidden_character",
                "values.area_m2 input.type",
                "values.start_on input.type",
                "values.valid_months input.range"
            ]
        );
    }

    #[test]
    fn production_does_not_begin_before_construction() {
        let wrong = check(json!({"start_on": "2027-02-01", "production_on": "2027-01-01"}), true);
        assert_eq!(wrong, ["values.production_on input.range"]);
    }
}
