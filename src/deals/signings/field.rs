//! A field of a template: what it asks for, and whether a value fits it.
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::deals::signings::SigningSide;
use crate::platform::credit_code::CreditCode;
use crate::platform::input::{Line, Prose};

/// Largest number of characters of any value.
const LONGEST: usize = 4000;
const LONGEST_CELL: usize = 200;
/// Largest number of rows that a table is given.
const MOST_ROWS: usize = 60;
/// Values of a yes-or-no field, as conditions name them.
pub const YES: &str = "yes";
pub const NO: &str = "no";

crate::text_enum! {
    /// What a field holds: money in fen, areas in square metres, days as YYYY-MM-DD.
    pub enum FieldKind {
        Text = "text", "一行文字", "Line of text";
        LongText = "long_text", "多段文字", "Paragraphs";
        Money = "money", "金额", "Money";
        Area = "area", "面积", "Area";
        Day = "day", "日期", "Day";
        Integer = "integer", "数字", "Number";
        Choice = "choice", "单选", "Choice";
        YesNo = "yes_no", "是或否", "Yes or no";
        Party = "party", "签约方", "Party";
        Table = "table", "表格", "Table";
    }
}
crate::text_enum! {
    /// What a condition asks of a field's value.
    pub enum ConditionTest {
        Filled = "filled", "已填写", "is filled in";
        Is = "is", "为", "is";
        IsNot = "is_not", "不为", "is not";
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateField {
    /// Lower-case letters, digits and underscores; what `{{key}}` in a text stands for
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub key: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub label: Line<60>,
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    pub label_en: Line<120>,
    pub kind: FieldKind,
    pub required: bool,
    /// Of a text
    #[schema(minimum = 1, maximum = 4000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u16>,
    /// Of a number, money or area
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Of a number, printed behind it
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Line<20>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_en: Option<Line<40>>,
    /// Of a choice
    #[schema(max_items = 20)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<FieldChoice>,
    /// Of a table
    #[schema(max_items = 6)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<FieldColumn>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Line<120>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 240)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help_en: Option<Line<240>>,
    /// Asked for only when this holds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<TemplateCondition>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldChoice {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub value: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub label: Line<60>,
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    pub label_en: Line<120>,
}

/// A column of a table: text, money, area, day or number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldColumn {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub key: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub label: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    pub label_en: Line<80>,
    pub kind: FieldKind,
}

/// When a clause, a row or a field is there: one question to one field, never an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateCondition {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub field: Line<40>,
    pub test: ConditionTest,
    /// Of `is` and `is_not`: a value of the choice, or `yes` or `no`
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Line<40>>,
}

/// A field without a value and a text without a letter are the same.
pub fn given<'a>(values: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    values
        .get(key)
        .filter(|v| !v.is_null() && v.as_str() != Some("") && v.as_array().is_none_or(|a| !a.is_empty()))
}

impl TemplateCondition {
    pub fn holds(&self, values: &Map<String, Value>) -> bool {
        let value = given(values, self.field.as_str());
        let wanted = self.value.as_ref().map(Line::as_str);
        let is = match value {
            Some(Value::Bool(yes)) => Some(if *yes { YES } else { NO }) == wanted,
            Some(value) => value.as_str() == wanted,
            None => false,
        };
        match self.test {
            ConditionTest::Filled => value.is_some(),
            ConditionTest::Is => is,
            // What is not known yet is not shown either way.
            ConditionTest::IsNot => value.is_some() && !is,
        }
    }
}

impl FieldColumn {
    pub fn may_be(kind: FieldKind) -> bool {
        use FieldKind::{Area, Day, Integer, Money, Text};
        matches!(kind, Text | Money | Area | Day | Integer)
    }
}

impl TemplateField {
    pub fn is_asked(&self, values: &Map<String, Value>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(values))
    }

    /// The value as it is kept, or the code of what is wrong with it.
    pub fn parse(&self, value: &Value) -> Result<Value, &'static str> {
        match self.kind {
            FieldKind::Choice => {
                let text = value.as_str().ok_or("input.type")?;
                let known = self.choices.iter().any(|choice| choice.value.as_str() == text);
                if known { Ok(text.into()) } else { Err("input.choice") }
            }
            FieldKind::YesNo => Ok(value.as_bool().ok_or("input.type")?.into()),
            FieldKind::Party => {
                let side: SigningSide =
                    value.as_str().ok_or("input.type")?.parse().map_err(|_| "input.choice")?;
                Ok(side.as_str().into())
            }
            FieldKind::Table => self.rows(value),
            FieldKind::Text if self.key.as_str() == "credit_code" => {
                let clean = simple(FieldKind::Text, value, LONGEST, 0..=0)?;
                let code = clean.as_str().and_then(CreditCode::parse).ok_or("input.credit_code")?;
                Ok(Value::String(code.as_str().to_owned()))
            }
            kind => {
                let longest = self.max_length.map_or(LONGEST, usize::from);
                simple(kind, value, longest, self.min.unwrap_or(0)..=self.max.unwrap_or(i64::MAX))
            }
        }
    }

    fn rows(&self, value: &Value) -> Result<Value, &'static str> {
        let rows = value.as_array().ok_or("input.type")?;
        if rows.len() > MOST_ROWS {
            return Err("input.range");
        }
        let row = |row: &Value| {
            let cells = row.as_object().ok_or("input.type")?;
            if cells.keys().any(|key| !self.columns.iter().any(|column| column.key.as_str() == key)) {
                return Err("input.unknown_field");
            }
            let mut clean = Map::new();
            for column in &self.columns {
                if let Some(cell) = given(cells, column.key.as_str()) {
                    let cell = simple(column.kind, cell, LONGEST_CELL, 0..=i64::MAX)?;
                    clean.insert(column.key.as_str().to_owned(), cell);
                }
            }
            if clean.is_empty() { Err("input.empty") } else { Ok(Value::Object(clean)) }
        };
        Ok(Value::Array(rows.iter().map(row).collect::<Result<_, _>>()?))
    }
}

/// A text, number or day by itself.
fn simple(
    kind: FieldKind,
    value: &Value,
    longest: usize,
    range: RangeInclusive<i64>,
) -> Result<Value, &'static str> {
    let code = |message: &'static str| message.split(':').next().unwrap_or("input.type");
    match kind {
        FieldKind::Money | FieldKind::Area | FieldKind::Integer => {
            let number = value.as_i64().ok_or("input.type")?;
            if range.contains(&number) { Ok(number.into()) } else { Err("input.range") }
        }
        FieldKind::Day => {
            let text = value.as_str().ok_or("input.type")?;
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "input.type")?;
            if (2000..=2200).contains(&day.year()) { Ok(day.to_string().into()) } else { Err("input.range") }
        }
        _ => {
            let text = value.as_str().ok_or("input.type")?;
            let clean = if kind == FieldKind::LongText {
                Prose::<LONGEST>::parse(text).map_err(code)?.into_string()
            } else {
                Line::<LONGEST>::parse(text).map_err(code)?.into_string()
            };
            if clean.chars().count() > longest { Err("input.too_long") } else { Ok(clean.into()) }
        }
    }
}
