//! Whether a template's content holds together: every fault with its place and what to do about it.
use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::deals::signings::content::{ClauseKind, Piece, TemplateClause, TemplateContent, pieces};
use crate::deals::signings::field::{
    ConditionTest, FieldColumn, FieldKind, NO, TemplateCondition, TemplateField, YES,
};
use crate::error::{AppError, FieldError};
use crate::platform::input::Line;

const MOST_FIELDS: usize = 60;
const MOST_ARTICLES: usize = 40;
/// Of one article, and rows of one table.
const MOST_CLAUSES: usize = 40;
/// Largest content, in bytes.
const LARGEST: usize = 200 * 1024;
/// What a text may name besides the fields: the parties' titles, the platform and the agreement's number.
const GIVEN: [&str; 4] = ["host", "investor", "platform", "number"];
/// Fields that the house itself reads, and the kind that they then are.
const KNOWN: [(&str, FieldKind); 6] = [
    ("project_name", FieldKind::Text),
    ("credit_code", FieldKind::Text),
    ("signing_place", FieldKind::Text),
    ("intended_investment_fen", FieldKind::Money),
    ("start_on", FieldKind::Day),
    ("production_on", FieldKind::Day),
];

impl TemplateContent {
    /// Refuses what does not hold together; `missing` gives the letters of a text that cannot be printed.
    pub fn judge(&self, missing: &dyn Fn(&str) -> String) -> Result<(), AppError> {
        let mut wrong = Faults { content: self, wrong: Vec::new(), used: HashSet::new() };
        wrong.sizes();
        wrong.fields();
        wrong.articles();
        wrong.unused();
        let mut wrong = wrong.wrong;
        wrong.extend(self.unprintable(missing));
        if wrong.is_empty() {
            // Only what holds together can judge values.
            let samples = self.check(&self.samples, true);
            let of_samples = |e: FieldError| FieldError {
                field: format!("content.{}", e.field.replacen("values.", "samples.", 1)),
                ..e
            };
            match samples {
                Ok(_) => return Ok(()),
                Err(AppError::Invalid(errors)) => wrong.extend(errors.into_iter().map(of_samples)),
                Err(e) => return Err(e),
            }
        }
        Err(AppError::Invalid(wrong))
    }

    /// Every letter that has no glyph, with the place of its text.
    fn unprintable(&self, missing: &dyn Fn(&str) -> String) -> Vec<FieldError> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut found = Vec::new();
        texts(&value, "content", &mut |place: &str, text: &str| {
            let letters = missing(text);
            if !letters.is_empty() {
                found.push(unprintable(place, &letters));
            }
        });
        found
    }
}

fn is_key(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn texts(value: &Value, place: &str, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => found(place, text),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(n, one)| texts(one, &format!("{place}[{n}]"), found))
        }
        Value::Object(all) => all.iter().for_each(|(key, one)| texts(one, &format!("{place}.{key}"), found)),
        _ => {}
    }
}

fn unprintable(place: &str, letters: &str) -> FieldError {
    told(
        place,
        "paper.missing_glyph",
        format!("这些字符无法印在文件上：{letters}，请改用普通汉字"),
        format!("These characters cannot be printed: {letters}; use ordinary ones"),
    )
}

fn told(
    place: impl Into<String>,
    code: &str,
    detail: impl Into<String>,
    detail_en: impl Into<String>,
) -> FieldError {
    FieldError {
        field: place.into(),
        code: code.to_owned(),
        detail: detail.into(),
        detail_en: detail_en.into(),
    }
}

/// The letters of filled-in values that cannot be printed, by field.
pub fn unprintable_values(values: &Map<String, Value>, missing: &dyn Fn(&str) -> String) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (key, value) in values {
        let mut letters = String::new();
        texts(value, key, &mut |_: &str, text: &str| letters.push_str(&missing(text)));
        if !letters.is_empty() {
            found.push(unprintable(&format!("values.{key}"), &letters));
        }
    }
    found
}

/// The same of what is printed of each who signs: organisation, name and capacity; `place` tells where it was entered.
pub fn unprintable_signers<'a>(
    signers: impl Iterator<Item = [&'a str; 3]>,
    place: &dyn Fn(usize, SignerPart) -> String,
    missing: &dyn Fn(&str) -> String,
) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (n, printed) in signers.enumerate() {
        let parts = [SignerPart::Organisation, SignerPart::Name, SignerPart::Authority];
        for (part, text) in parts.into_iter().zip(printed) {
            let letters = missing(text);
            if !letters.is_empty() {
                found.push(told(
                    place(n, part),
                    "paper.missing_glyph",
                    format!("“{text}”中这些字符无法印在文件上：{letters}，请改用普通汉字"),
                    format!("These characters of “{text}” cannot be printed: {letters}; use ordinary ones"),
                ));
            }
        }
    }
    found
}

/// What is printed of a signer.
#[derive(Debug, Clone, Copy)]
pub enum SignerPart {
    Organisation,
    Name,
    Authority,
}

/// What is found wrong with a content, and which fields its text has named so far.
struct Faults<'a> {
    content: &'a TemplateContent,
    wrong: Vec<FieldError>,
    used: HashSet<&'a str>,
}

impl<'a> Faults<'a> {
    fn sizes(&mut self) {
        let content = self.content;
        if content.fields.len() > MOST_FIELDS {
            self.wrong.push(FieldError::new("content.fields", "input.range"));
        }
        if content.articles.is_empty() || content.articles.len() > MOST_ARTICLES {
            self.wrong.push(FieldError::new("content.articles", "input.range"));
        }
        if content.text().is_ok_and(|text| text.len() > LARGEST) {
            self.wrong.push(told(
                "content",
                "template.too_large",
                "模板内容过大，请精简到 200 KB 以内",
                "The template is too large; keep it below 200 KB",
            ));
        }
    }

    fn key(&mut self, place: &str, key: &'a str, seen: &mut HashSet<&'a str>) {
        if !is_key(key) {
            self.wrong.push(told(
                format!("{place}.key"),
                "template.bad_key",
                "标识须以小写字母开头，只含小写字母、数字和下划线",
                "A key begins with a lower-case letter and holds only these, digits and underscores",
            ));
        }
        if !seen.insert(key) {
            self.wrong.push(told(
                format!("{place}.key"),
                "template.key_twice",
                format!("标识 {key} 重复，请改用另一个"),
                format!("The key {key} is there twice; choose another"),
            ));
        }
    }

    fn fields(&mut self) {
        let content = self.content;
        let mut seen: HashSet<&str> = GIVEN.into_iter().collect();
        for (n, field) in content.fields.iter().enumerate() {
            let place = format!("content.fields[{n}]");
            self.key(&place, field.key.as_str(), &mut seen);
            let known = KNOWN.iter().find(|(key, _)| *key == field.key.as_str());
            if let Some((key, kind)) = known.filter(|(_, kind)| *kind != field.kind) {
                self.wrong.push(told(
                    format!("{place}.kind"),
                    "template.reserved_kind",
                    format!("字段 {key} 由平台使用，类型须为“{}”", kind.zh()),
                    format!("The house reads the field {key}, which must be: {}", kind.en()),
                ));
            }
            if field.max_length.is_some_and(|n| !(1..=4000).contains(&n)) {
                self.wrong.push(FieldError::new(format!("{place}.max_length"), "input.range"));
            }
            if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                self.wrong.push(FieldError::new(format!("{place}.max"), "input.range"));
            }
            self.choices(&place, field);
            self.columns(&place, field);
            self.condition(&place, field.when.as_ref(), Some(field.key.as_str()));
        }
    }

    fn choices(&mut self, place: &str, field: &'a TemplateField) {
        let mut values = HashSet::new();
        let twice = field.choices.iter().any(|choice| !values.insert(choice.value.as_str()));
        let most = if field.kind == FieldKind::Choice { 2..=20 } else { 0..=0 };
        if !most.contains(&field.choices.len()) || twice {
            self.wrong.push(told(
                format!("{place}.choices"),
                "template.bad_choices",
                "单选字段须有 2 至 20 个互不相同的选项，其他字段没有选项",
                "A choice has 2 to 20 different choices, another field has none",
            ));
        }
    }

    fn columns(&mut self, place: &str, field: &'a TemplateField) {
        let mut keys = HashSet::new();
        let sound = |column: &'a FieldColumn| is_key(column.key.as_str()) && FieldColumn::may_be(column.kind);
        let all = field.columns.iter().all(|column| sound(column) && keys.insert(column.key.as_str()));
        let most = if field.kind == FieldKind::Table { 1..=6 } else { 0..=0 };
        if !most.contains(&field.columns.len()) || !all {
            self.wrong.push(told(format!("{place}.columns"), "template.bad_columns", "表格须有 1 至 6 列，列标识各不相同，只放文字、金额、面积、日期或数字；其他字段没有列", "A table has 1 to 6 columns with keys of their own, of text, money, area, day or number; another field has none"));
        }
    }

    /// `own` is the field that the condition stands at, which cannot decide about itself.
    fn condition(&mut self, place: &str, when: Option<&'a TemplateCondition>, own: Option<&str>) {
        let Some(when) = when else { return };
        let place = format!("{place}.when");
        let name = when.field.as_str();
        let Some(field) = self.content.field(name).filter(|_| own != Some(name)) else {
            self.wrong.push(told(
                format!("{place}.field"),
                "template.no_such_field",
                format!("没有可作条件的字段 {name}，请选择已有的字段"),
                format!("There is no field {name} to ask; choose one that is there"),
            ));
            return;
        };
        self.used.insert(field.key.as_str());
        let value = when.value.as_ref().map(Line::as_str);
        let fits = match (when.test, field.kind) {
            (ConditionTest::Filled, _) => value.is_none(),
            (_, FieldKind::Choice) => {
                value.is_some_and(|v| field.choices.iter().any(|c| c.value.as_str() == v))
            }
            (_, FieldKind::YesNo) => matches!(value, Some(YES | NO)),
            _ => false,
        };
        if !fits {
            self.wrong.push(told(format!("{place}.value"), "template.bad_condition", "“为”“不为”只用于单选或是否字段，并给出它的一个选项；“已填写”不带选项", "“Is” and “is not” go with a choice or a yes-or-no field and one of its values; “is filled in” has no value"));
        }
    }

    fn words(&mut self, place: String, text: Option<&'a str>) {
        let Some(text) = text else { return };
        let Some(pieces) = pieces(text) else {
            self.wrong.push(told(
                place,
                "template.bad_placeholder",
                "有一个“{{”没有配对的“}}”，请补全",
                "A “{{” is not closed; close it with “}}”",
            ));
            return;
        };
        for piece in pieces {
            let Piece::Name(name) = piece else { continue };
            match self.content.field(name) {
                Some(field) if field.kind == FieldKind::Table => {
                    self.wrong.push(told(
                        place.clone(),
                        "template.table_in_text",
                        format!("表格 {name} 不能放在文字里，请用“表格”条款"),
                        format!("The table {name} cannot stand in a text; use a table clause"),
                    ));
                }
                Some(field) => {
                    self.used.insert(field.key.as_str());
                }
                None if GIVEN.contains(&name) => {}
                None => {
                    let name: String = name.chars().take(40).collect();
                    self.wrong.push(told(
                        place.clone(),
                        "template.no_such_field",
                        format!("“{{{{{name}}}}}”没有对应的字段，请先添加字段或改正"),
                        format!("“{{{{{name}}}}}” names no field; add the field or correct it"),
                    ));
                }
            }
        }
    }

    fn articles(&mut self) {
        let content = self.content;
        self.words("content.opening".to_owned(), content.opening.as_ref().map(Line::as_str));
        self.words("content.opening_en".to_owned(), content.opening_en.as_ref().map(Line::as_str));
        let (mut articles, mut clauses) = (HashSet::new(), HashSet::new());
        for (n, article) in content.articles.iter().enumerate() {
            let place = format!("content.articles[{n}]");
            self.key(&place, article.key.as_str(), &mut articles);
            self.words(format!("{place}.heading"), article.heading.as_ref().map(Line::as_str));
            self.words(format!("{place}.heading_en"), article.heading_en.as_ref().map(Line::as_str));
            self.condition(&place, article.when.as_ref(), None);
            if article.clauses.is_empty() || article.clauses.len() > MOST_CLAUSES {
                self.wrong.push(FieldError::new(format!("{place}.clauses"), "input.range"));
            }
            for (m, clause) in article.clauses.iter().enumerate() {
                let place = format!("{place}.clauses[{m}]");
                self.key(&place, clause.key.as_str(), &mut clauses);
                self.condition(&place, clause.when.as_ref(), None);
                self.clause(&place, clause);
            }
        }
    }

    fn clause(&mut self, place: &str, clause: &'a TemplateClause) {
        let (text, field, rows) = (clause.text.is_some(), clause.field.is_some(), !clause.rows.is_empty());
        let whole = match clause.kind {
            ClauseKind::Text => text && !field && !rows,
            ClauseKind::Lines | ClauseKind::Table => field && !text && clause.text_en.is_none() && !rows,
            ClauseKind::Pairs => rows && !text && clause.text_en.is_none() && !field,
        };
        if !whole {
            let place = format!(
                "{place}.{}",
                match clause.kind {
                    ClauseKind::Text => "text",
                    ClauseKind::Pairs => "rows",
                    _ => "field",
                }
            );
            self.wrong.push(told(
                place,
                "template.clause_incomplete",
                "请写明条款文字，或选择要逐段成款、列表的字段；一个条款只用一种内容",
                "Write the clause, or choose the field that it prints; a clause holds one of these",
            ));
        }
        self.words(format!("{place}.text"), clause.text.as_ref().map(Line::as_str));
        self.words(format!("{place}.text_en"), clause.text_en.as_ref().map(Line::as_str));
        if let Some(key) = &clause.field {
            let wanted =
                if clause.kind == ClauseKind::Table { FieldKind::Table } else { FieldKind::LongText };
            match self.content.field(key.as_str()).filter(|field| field.kind == wanted) {
                Some(field) => {
                    self.used.insert(field.key.as_str());
                }
                None => self.wrong.push(told(
                    format!("{place}.field"),
                    "template.no_such_field",
                    format!("请选择一个类型为“{}”的字段", wanted.zh()),
                    format!("Choose a field of the kind: {}", wanted.en()),
                )),
            }
        }
        if clause.rows.len() > MOST_CLAUSES {
            self.wrong.push(FieldError::new(format!("{place}.rows"), "input.range"));
        }
        for (k, row) in clause.rows.iter().enumerate() {
            let place = format!("{place}.rows[{k}]");
            self.words(format!("{place}.text"), Some(row.text.as_str()));
            self.words(format!("{place}.text_en"), row.text_en.as_ref().map(Line::as_str));
            self.condition(&place, row.when.as_ref(), None);
        }
    }

    /// A field that the text never names asks people for something that is printed nowhere. The cover and the end
    /// print the project's name and the place of signing by themselves.
    fn unused(&mut self) {
        for (n, field) in self.content.fields.iter().enumerate() {
            let key = field.key.as_str();
            if !self.used.contains(key) && !matches!(key, "project_name" | "signing_place") {
                self.wrong.push(told(
                    format!("content.fields[{n}].key"),
                    "template.field_unused",
                    format!(
                        "字段“{}”没有被任何条款用到，请在条款里写入 {{{{{key}}}}} 或删除它",
                        field.label.as_str()
                    ),
                    format!(
                        "No clause uses the field “{}”; write {{{{{key}}}}} in one or delete it",
                        field.label_en.as_str()
                    ),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deals::signings::content::tests::{content, framework, varied};
    use crate::deals::signings::paper::RESCISSION_AGREEMENT;
    use serde_json::json;

    fn all_shown(_: &str) -> String {
        String::new()
    }

    /// What is found wrong after a change to the varied content.
    fn wrong(change: &dyn Fn(&mut Value)) -> Vec<String> {
        let mut value = varied();
        change(&mut value);
        match content(value).judge(&all_shown) {
            Ok(()) => Vec::new(),
            Err(AppError::Invalid(all)) => {
                all.into_iter().map(|e| format!("{} {}", e.field, e.code)).collect()
            }
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn what_comes_with_the_program_and_every_kind_of_part_hold_together() {
        framework().judge(&all_shown).unwrap();
        content(serde_json::from_str(RESCISSION_AGREEMENT).unwrap()).judge(&all_shown).unwrap();
        assert!(wrong(&|_| {}).is_empty());
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 17] = [
            (
                |v| v["articles"][0]["clauses"][0]["text"] = "{{nothing}}{{mode}}".into(),
                "content.articles[0].clauses[0].text template.no_such_field",
            ),
            (
                |v| v["articles"][0]["clauses"][0]["text"] = "{{mode".into(),
                "content.articles[0].clauses[0].text template.bad_placeholder",
            ),
            (
                |v| v["articles"][0]["clauses"][0]["text"] = "{{mode}}{{plan}}".into(),
                "content.articles[0].clauses[0].text template.table_in_text",
            ),
            (
                |v| v["articles"][0]["clauses"][1]["key"] = "mode".into(),
                "content.articles[0].clauses[1].key template.key_twice",
            ),
            (|v| v["articles"][1]["key"] = "land".into(), "content.articles[1].key template.key_twice"),
            (|v| v["fields"][0]["key"] = "host".into(), "content.fields[0].key template.key_twice"),
            (|v| v["fields"][3]["key"] = "Payer".into(), "content.fields[3].key template.bad_key"),
            (
                |v| v["articles"][1]["clauses"][0]["text"] = "{{payer}}缴纳 {{deposit_fen}}。".into(),
                "content.fields[5].key template.field_unused",
            ),
            (
                |v| v["articles"][0]["clauses"][1]["when"]["value"] = "sale".into(),
                "content.articles[0].clauses[1].when.value template.bad_condition",
            ),
            (
                |v| {
                    v["articles"][0]["clauses"][1]["when"] =
                        json!({"field": "payer", "test": "is", "value": "host"})
                },
                "content.articles[0].clauses[1].when.value template.bad_condition",
            ),
            (
                |v| v["articles"][0]["clauses"][1]["when"]["field"] = "sale".into(),
                "content.articles[0].clauses[1].when.field template.no_such_field",
            ),
            (
                |v| v["fields"][1]["when"]["field"] = "deposit_fen".into(),
                "content.fields[1].when.field template.no_such_field",
            ),
            (
                |v| v["articles"][0]["clauses"][2]["field"] = "mode".into(),
                "content.articles[0].clauses[2].field template.no_such_field",
            ),
            (
                |v| v["articles"][0]["clauses"][1]["text"] = Value::Null,
                "content.articles[0].clauses[1].text template.clause_incomplete",
            ),
            (|v| v["fields"][2]["choices"] = json!([]), "content.fields[2].choices template.bad_choices"),
            (
                |v| v["fields"][4]["columns"][0]["kind"] = "table".into(),
                "content.fields[4].columns template.bad_columns",
            ),
            (|v| v["samples"]["mode"] = "sale".into(), "content.samples.mode input.choice"),
        ];
        for (change, told) in cases {
            let found = wrong(&change);
            assert!(found.iter().any(|one| one == told), "{told}: {found:?}");
        }
    }

    #[test]
    fn a_field_that_the_house_reads_keeps_its_kind() {
        let mut value = serde_json::to_value(framework()).unwrap();
        value["fields"][5]["kind"] = "text".into();
        value["samples"]["intended_investment_fen"] = "many".into();
        let Err(AppError::Invalid(all)) = content(value).judge(&all_shown) else { panic!() };
        assert_eq!(all[0].code, "template.reserved_kind");
    }

    #[test]
    fn letters_without_a_glyph_are_named_at_their_place() {
        let missing = |text: &str| text.chars().filter(|c| *c == '\u{1F409}').collect();
        let mut value = varied();
        value["articles"][0]["clauses"][1]["text"] = "龙\u{1F409}".into();
        let Err(AppError::Invalid(all)) = content(value).judge(&missing) else { panic!() };
        assert_eq!(
            (all[0].field.as_str(), all[0].code.as_str()),
            ("content.articles[0].clauses[1].text", "paper.missing_glyph")
        );
        assert!(all[0].detail.contains('\u{1F409}') && !all[0].detail.contains('龙'));
    }
}
