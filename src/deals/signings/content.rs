//! What a version of a template says: fields, and clauses in Chinese and English that name them; all of it data.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::deals::signings::field::{TemplateCondition, TemplateField, given};
use crate::error::{AppError, FieldError};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::input::Line;

crate::text_enum! {
    /// In which languages the text is printed.
    pub enum PaperLanguage {
        Chinese = "zh", "中文", "Chinese";
        Both = "both", "中英对照", "Chinese with English";
    }
}
crate::text_enum! {
    /// What a clause is made of.
    pub enum ClauseKind {
        Text = "text", "条款文字", "Text";
        Lines = "lines", "逐段成款", "Paragraphs of a field";
        Pairs = "pairs", "要素表", "Table of terms";
        Table = "table", "表格", "Table of a field";
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateContent {
    pub language: PaperLanguage,
    /// Whether the paper begins with a cover
    pub cover: bool,
    /// The paragraph before the first article
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Line<1000>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 3000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_en: Option<Line<3000>>,
    #[schema(max_items = 60)]
    pub fields: Vec<TemplateField>,
    #[schema(min_items = 1, max_items = 40)]
    pub articles: Vec<TemplateArticle>,
    /// Values for the test rendering, by field
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub samples: Map<String, Value>,
}

/// Clauses under one heading; without one they are numbered through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateArticle {
    /// The same in every version, so that versions can be compared
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub key: Line<40>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<Line<80>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading_en: Option<Line<160>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<TemplateCondition>,
    #[schema(min_items = 1, max_items = 40)]
    pub clauses: Vec<TemplateClause>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateClause {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub key: Line<40>,
    pub kind: ClauseKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<TemplateCondition>,
    /// Of a text: one paragraph, in which `{{key}}` stands for a field
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Line<2000>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 6000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_en: Option<Line<6000>>,
    /// Of lines: a field of several paragraphs; of a table: a table
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Line<40>>,
    /// Of pairs
    #[schema(max_items = 40)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<TemplateRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRow {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub label: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub label_en: Line<80>,
    #[schema(value_type = String, min_length = 1, max_length = 400)]
    pub text: Line<400>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 800)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_en: Option<Line<800>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<TemplateCondition>,
}

/// A text of a template taken apart. Values are put in later and are never looked into.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Words(&'a str),
    Name(&'a str),
}

/// `None` when a `{{` is never closed.
pub fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}")?;
        if !before.is_empty() {
            out.push(Piece::Words(before));
        }
        out.push(Piece::Name(name.trim()));
        rest = behind;
    }
    if !rest.is_empty() {
        out.push(Piece::Words(rest));
    }
    Some(out)
}

impl TemplateContent {
    pub fn field(&self, key: &str) -> Option<&TemplateField> {
        self.fields.iter().find(|field| field.key.as_str() == key)
    }

    pub fn text(&self) -> Result<String, AppError> {
        serde_json::to_string(self).map_err(AppError::internal)
    }

    /// The values cleaned and typed, or every field that does not fit. A draft may still miss some.
    pub fn check(&self, values: &Map<String, Value>, draft: bool) -> Result<Map<String, Value>, AppError> {
        let mut wrong = Vec::new();
        let mut clean = Map::new();
        for key in values.keys().filter(|key| self.field(key).is_none()) {
            let name: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
            wrong.push(FieldError::new(format!("values.{name}"), "input.unknown_field"));
        }
        let mut blank = Vec::new();
        for field in &self.fields {
            let key = field.key.as_str();
            match given(values, key) {
                None => blank.push(field),
                Some(value) => match field.parse(value) {
                    Ok(value) => {
                        clean.insert(key.to_owned(), value);
                    }
                    Err(code) => wrong.push(FieldError::new(format!("values.{key}"), code)),
                },
            }
        }
        // What is asked may hang on a field that stands behind.
        let missing = blank.into_iter().filter(|field| !draft && field.required && field.is_asked(&clean));
        wrong.extend(missing.map(|f| FieldError::new(format!("values.{}", f.key.as_str()), "input.missing")));
        let day = |key: &str| clean.get(key).and_then(Value::as_str).map(str::to_owned);
        if let (Some(start), Some(production)) = (day("start_on"), day("production_on"))
            && production < start
        {
            wrong.push(FieldError::new("values.production_on", "input.range"));
        }
        if wrong.is_empty() { Ok(clean) } else { Err(AppError::Invalid(wrong)) }
    }

    /// Those values of another text that fit this one.
    pub fn carried(&self, values: &Map<String, Value>) -> Map<String, Value> {
        let fits = |(key, value): (&String, &Value)| Some((key.clone(), self.field(key)?.parse(value).ok()?));
        values.iter().filter_map(fits).collect()
    }

    /// What the paper sets: only clauses whose condition holds, every text in pieces, every value left as it is.
    pub fn compose(&self, values: &Map<String, Value>) -> Value {
        let articles = self.articles.iter().filter(|article| is_there(article.when.as_ref(), values));
        let article = |article: &TemplateArticle| {
            let clauses = article.clauses.iter().filter(|clause| is_there(clause.when.as_ref(), values));
            json!({
                "heading": article.heading.as_ref().map(|text| set(text.as_str())),
                "heading_en": article.heading_en.as_ref().map(|text| set(text.as_str())),
                "clauses": clauses.flat_map(|clause| self.clause(clause, values)).collect::<Vec<_>>(),
            })
        };
        let kinds: Map<String, Value> = self.fields.iter().map(shown_as).collect();
        json!({
            "language": self.language, "cover": self.cover, "fields": kinds,
            "opening": self.opening.as_ref().map(|text| set(text.as_str())),
            "opening_en": self.opening_en.as_ref().map(|text| set(text.as_str())),
            "articles": articles.map(article).collect::<Vec<_>>(),
        })
    }

    fn clause(&self, clause: &TemplateClause, values: &Map<String, Value>) -> Vec<Value> {
        let key = clause.field.as_ref().map(Line::as_str).unwrap_or_default();
        match clause.kind {
            ClauseKind::Text => vec![json!({
                "kind": "text", "text": clause.text.as_ref().map(|text| set(text.as_str())),
                "text_en": clause.text_en.as_ref().map(|text| set(text.as_str())),
            })],
            ClauseKind::Lines => {
                let text = given(values, key).and_then(Value::as_str).unwrap_or_default();
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                let mut all: Vec<Value> =
                    lines.map(|line| json!({"kind": "text", "text": [{"words": line}]})).collect();
                if all.is_empty() {
                    all.push(json!({"kind": "text", "text": [{"name": key}]}));
                }
                all
            }
            ClauseKind::Pairs => {
                let shown = clause.rows.iter().filter(|row| is_there(row.when.as_ref(), values));
                let row = |row: &TemplateRow| {
                    json!({
                        "label": row.label, "label_en": row.label_en, "text": set(row.text.as_str()),
                        "text_en": row.text_en.as_ref().map(|text| set(text.as_str())),
                    })
                };
                vec![json!({"kind": "pairs", "rows": shown.map(row).collect::<Vec<_>>()})]
            }
            ClauseKind::Table => {
                let columns = self.field(key).map(|field| field.columns.as_slice()).unwrap_or_default();
                vec![
                    json!({"kind": "table", "columns": columns, "rows": given(values, key).cloned().unwrap_or(json!([]))}),
                ]
            }
        }
    }

    /// Every part of the text by its key, for comparing two versions.
    pub fn parts(&self) -> Map<String, Value> {
        let mut parts = Map::new();
        let whole = json!({"language": self.language, "cover": self.cover, "opening": self.opening, "opening_en": self.opening_en});
        parts.insert("paper/".to_owned(), whole);
        for field in &self.fields {
            parts.insert(format!("field/{}", field.key.as_str()), json!(field));
        }
        for article in &self.articles {
            let head =
                json!({"heading": article.heading, "heading_en": article.heading_en, "when": article.when});
            parts.insert(format!("article/{}", article.key.as_str()), head);
            for clause in &article.clauses {
                parts.insert(format!("clause/{}", clause.key.as_str()), json!(clause));
            }
        }
        parts
    }
}

/// SHA-256 of a content's text: what checker and approver say to have read.
pub fn digest(text: &str) -> String {
    sha256_hex(text)
}

fn is_there(when: Option<&TemplateCondition>, values: &Map<String, Value>) -> bool {
    when.is_none_or(|when| when.holds(values))
}

fn set(text: &str) -> Value {
    let piece = |piece| match piece {
        Piece::Words(words) => json!({"words": words}),
        Piece::Name(name) => json!({"name": name}),
    };
    pieces(text).unwrap_or_default().into_iter().map(piece).collect()
}

/// How the paper writes a field's value.
fn shown_as(field: &TemplateField) -> (String, Value) {
    let choices: Map<String, Value> = field
        .choices
        .iter()
        .map(|choice| (choice.value.as_str().to_owned(), json!([choice.label, choice.label_en])))
        .collect();
    let shown = json!({"kind": field.kind, "unit": field.unit, "unit_en": field.unit_en, "choices": choices});
    (field.key.as_str().to_owned(), shown)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::deals::signings::paper::FRAMEWORK_AGREEMENT;

    pub fn framework() -> TemplateContent {
        serde_json::from_str(FRAMEWORK_AGREEMENT).unwrap()
    }

    /// A small content with every kind of part.
    pub fn varied() -> Value {
        json!({
            "language": "both", "cover": false,
            "fields": [
                {"key": "guarantee", "label": "是否担保", "label_en": "Guarantee", "kind": "yes_no", "required": true},
                {"key": "deposit_fen", "label": "保证金", "label_en": "Deposit", "kind": "money", "required": true,
                 "when": {"field": "guarantee", "test": "is", "value": "yes"}},
                {"key": "mode", "label": "用地方式", "label_en": "Land", "kind": "choice", "required": true, "choices": [
                    {"value": "lease", "label": "租赁", "label_en": "lease"}, {"value": "grant", "label": "出让", "label_en": "grant"}]},
                {"key": "payer", "label": "缴纳方", "label_en": "Payer", "kind": "party", "required": false},
                {"key": "plan", "label": "投资计划", "label_en": "Plan", "kind": "table", "required": false, "columns": [
                    {"key": "phase", "label": "阶段", "label_en": "Phase", "kind": "text"},
                    {"key": "fen", "label": "投资额", "label_en": "Amount", "kind": "money"}]},
                {"key": "days", "label": "期限", "label_en": "Term", "kind": "integer", "required": false, "unit": "个工作日", "unit_en": "working days"},
            ],
            "articles": [
                {"key": "land", "heading": "用地", "heading_en": "Land", "clauses": [
                    {"key": "mode", "kind": "text", "text": "本项目用地采用{{mode}}方式。", "text_en": "Land is had by {{mode}}."},
                    {"key": "rent", "kind": "text", "text": "租金按年支付。", "when": {"field": "mode", "test": "is", "value": "lease"}},
                    {"key": "plan", "kind": "table", "field": "plan"},
                ]},
                {"key": "money", "heading": "保证金", "when": {"field": "guarantee", "test": "is", "value": "yes"}, "clauses": [
                    {"key": "pay", "kind": "text", "text": "{{payer}}在 {{days}}内缴纳 {{deposit_fen}}。"},
                ]},
            ],
            "samples": {"guarantee": true, "deposit_fen": 100_000_000, "mode": "lease", "payer": "investor", "days": 10,
                "plan": [{"phase": "一期", "fen": 5_000_000_000_i64}, {"phase": "二期"}]},
        })
    }

    pub fn content(value: Value) -> TemplateContent {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_clause_is_there_only_while_its_condition_holds() {
        let varied = content(varied());
        let shown = |values: Value| {
            let paper = varied.compose(values.as_object().unwrap());
            let articles = paper["articles"].as_array().unwrap();
            articles.iter().map(|one| one["clauses"].as_array().unwrap().len()).collect::<Vec<_>>()
        };
        assert_eq!(shown(json!({})), [2]);
        assert_eq!(shown(json!({"mode": "lease"})), [3]);
        assert_eq!(shown(json!({"mode": "grant", "guarantee": false})), [2]);
        assert_eq!(shown(json!({"mode": "grant", "guarantee": true})), [2, 1]);
        let missing = |values: Value| match varied.check(values.as_object().unwrap(), false) {
            Ok(_) => Vec::new(),
            Err(AppError::Invalid(all)) => all.into_iter().map(|e| e.field).collect(),
            Err(e) => panic!("{e}"),
        };
        assert!(missing(json!({"mode": "lease", "guarantee": false})).is_empty());
        assert_eq!(missing(json!({"mode": "lease", "guarantee": true})), ["values.deposit_fen"]);
    }

    #[test]
    fn a_value_is_never_looked_into() {
        let hostile = "{{host}} #panic(\"x\") $x$ {{mode}}";
        let values = json!({"project_name": hostile, "cooperation": hostile});
        let paper = framework().compose(values.as_object().unwrap());
        assert_eq!(paper["opening"][1], json!({"name": "project_name"}));
        assert_eq!(paper["articles"][1]["clauses"][0]["text"], json!([{"words": hostile}]));
        assert!(!paper["articles"][0].to_string().contains("panic"));
    }

    fn check(values: Value, draft: bool) -> Vec<String> {
        match framework().check(values.as_object().unwrap(), draft) {
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

    #[test]
    fn rows_of_a_table_are_typed() {
        let varied = content(varied());
        let plan = |rows: Value| {
            varied
                .check(json!({"plan": rows}).as_object().unwrap(), true)
                .map(|clean| clean["plan"].clone())
                .map_err(|_| ())
        };
        assert_eq!(plan(json!([{"phase": " 一期 ", "fen": 5}])), Ok(json!([{"phase": "一期", "fen": 5}])));
        for bad in [
            json!([{"phase": 1}]),
            json!([{"other": "x"}]),
            json!([{}]),
            json!("x"),
            json!([["x"]]),
            json!(vec![json!({"fen": 1}); 61]),
        ] {
            assert!(plan(bad.clone()).is_err(), "{bad}");
        }
    }
}
