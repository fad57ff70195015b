//! A version of a template as people read it: labels in place of names, conditions in words.
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::signings::content::{
    ClauseKind, PaperLanguage, Piece, TemplateArticle, TemplateClause, TemplateContent, pieces,
};
use crate::deals::signings::field::{ConditionTest, FieldKind, TemplateCondition, TemplateField, YES};
use crate::platform::input::Line;

/// A clause, field or heading in words; blanks stand in 〔〕.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingPart {
    pub text: String,
    pub text_en: Option<String>,
    /// When it is there; always, when left out
    pub when: Option<String>,
    pub when_en: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingClause {
    pub key: String,
    #[serde(flatten)]
    pub part: ReadingPart,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadingArticle {
    pub key: String,
    pub heading: Option<String>,
    pub heading_en: Option<String>,
    pub when: Option<String>,
    pub when_en: Option<String>,
    pub clauses: Vec<ReadingClause>,
}

impl TemplateContent {
    pub fn reading(&self) -> Vec<ReadingArticle> {
        let article = |article: &TemplateArticle| {
            let head = self.read_heading(article);
            ReadingArticle {
                key: article.key.as_str().to_owned(),
                heading: Some(head.text).filter(|text| !text.is_empty()),
                heading_en: head.text_en,
                when: head.when,
                when_en: head.when_en,
                clauses: article
                    .clauses
                    .iter()
                    .map(|one| ReadingClause {
                        key: one.key.as_str().to_owned(),
                        part: self.read_clause(one),
                    })
                    .collect(),
            }
        };
        self.articles.iter().map(article).collect()
    }

    /// The paper's language, cover and opening.
    pub fn read_paper(&self) -> ReadingPart {
        let cover =
            if self.cover { ("有封面", "with a cover") } else { ("没有封面", "without a cover") };
        let opening = self.opening.as_ref().map(|text| self.words(text.as_str(), false));
        let opening_en = self.opening_en.as_ref().map(|text| self.words(text.as_str(), true));
        let told = |language: &str, cover: &str, opening: Option<String>| {
            let first = format!("{language} · {cover}");
            opening.map_or(first.clone(), |opening| format!("{first}\n{opening}"))
        };
        ReadingPart {
            text: told(self.language.zh(), cover.0, opening.clone()),
            text_en: Some(told(PaperLanguage::en(self.language), cover.1, opening_en.or(opening))),
            when: None,
            when_en: None,
        }
    }

    pub fn read_heading(&self, article: &TemplateArticle) -> ReadingPart {
        let (when, when_en) = self.read_when(article.when.as_ref());
        ReadingPart {
            text: article.heading.as_ref().map(|text| self.words(text.as_str(), false)).unwrap_or_default(),
            text_en: article.heading_en.as_ref().map(|text| self.words(text.as_str(), true)),
            when,
            when_en,
        }
    }

    pub fn read_clause(&self, clause: &TemplateClause) -> ReadingPart {
        let (when, when_en) = self.read_when(clause.when.as_ref());
        let field = clause.field.as_ref().and_then(|key| self.field(key.as_str()));
        let label = |en: bool| field.map(|field| blank(field, en)).unwrap_or_default();
        let (text, text_en) = match clause.kind {
            ClauseKind::Text => (
                clause.text.as_ref().map(|text| self.words(text.as_str(), false)).unwrap_or_default(),
                clause.text_en.as_ref().map(|text| self.words(text.as_str(), true)),
            ),
            ClauseKind::Lines => (
                format!("{}（每段一款）", label(false)),
                Some(format!("{} (a clause for each paragraph)", label(true))),
            ),
            ClauseKind::Table => {
                let heads = |en: bool| {
                    let columns = field.map(|field| field.columns.as_slice()).unwrap_or_default();
                    let names =
                        columns.iter().map(|one| if en { one.label_en.as_str() } else { one.label.as_str() });
                    names.collect::<Vec<_>>().join(if en { ", " } else { "、" })
                };
                (
                    format!("{}（表格：{}）", label(false), heads(false)),
                    Some(format!("{} (table: {})", label(true), heads(true))),
                )
            }
            ClauseKind::Pairs => (self.read_rows(clause, false), Some(self.read_rows(clause, true))),
        };
        ReadingPart { text, text_en, when, when_en }
    }

    fn read_rows(&self, clause: &TemplateClause, en: bool) -> String {
        let row = |row: &crate::deals::signings::content::TemplateRow| {
            let text = row.text_en.as_ref().filter(|_| en).map_or(row.text.as_str(), Line::as_str);
            let (when, when_en) = self.read_when(row.when.as_ref());
            if en {
                let when = when_en.map(|when| format!(" ({when})")).unwrap_or_default();
                format!("{}: {}{when}", row.label_en.as_str(), self.words(text, true))
            } else {
                let when = when.map(|when| format!("（{when}）")).unwrap_or_default();
                format!("{}：{}{when}", row.label.as_str(), self.words(text, false))
            }
        };
        clause.rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    /// What a field asks for.
    pub fn read_field(&self, field: &TemplateField) -> ReadingPart {
        let (when, when_en) = self.read_when(field.when.as_ref());
        ReadingPart { text: asked(field, false), text_en: Some(asked(field, true)), when, when_en }
    }

    /// A text with the labels of its fields.
    fn words(&self, text: &str, en: bool) -> String {
        let piece = |piece: Piece<'_>| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Name(name) => match (self.field(name), name, en) {
                (Some(field), ..) => blank(field, en),
                (None, "host", false) => "甲方".to_owned(),
                (None, "host", true) => "Party A".to_owned(),
                (None, "investor", false) => "乙方".to_owned(),
                (None, "investor", true) => "Party B".to_owned(),
                (None, "platform", false) => "掌上招商平台".to_owned(),
                (None, "platform", true) => "the palm investment platform".to_owned(),
                (None, _, false) => "〔编号〕".to_owned(),
                (None, _, true) => "〔Number〕".to_owned(),
            },
        };
        pieces(text).unwrap_or_default().into_iter().map(piece).collect()
    }

    fn read_when(&self, when: Option<&TemplateCondition>) -> (Option<String>, Option<String>) {
        let Some(when) = when else { return (None, None) };
        let field = self.field(when.field.as_str());
        let label = |en: bool| field.map_or_else(|| when.field.as_str().to_owned(), |field| blank(field, en));
        let value = when.value.as_ref().map(Line::as_str).unwrap_or_default();
        let choice = field.and_then(|field| field.choices.iter().find(|one| one.value.as_str() == value));
        let (zh, en) = match choice {
            Some(choice) => (choice.label.as_str(), choice.label_en.as_str()),
            None if value == YES => ("是", "Yes"),
            None => ("否", "No"),
        };
        match when.test {
            ConditionTest::Filled => (
                Some(format!("仅当{}已填写时", label(false))),
                Some(format!("only when {} is filled in", label(true))),
            ),
            test => (
                Some(format!("仅当{}{}“{zh}”时", label(false), test.zh())),
                Some(format!("only when {} {} “{en}”", label(true), test.en())),
            ),
        }
    }
}

fn blank(field: &TemplateField, en: bool) -> String {
    format!("〔{}〕", if en { field.label_en.as_str() } else { field.label.as_str() })
}

fn asked(field: &TemplateField, en: bool) -> String {
    let say = |zh: &str, english: &str| if en { english.to_owned() } else { zh.to_owned() };
    let mut all = vec![say(field.kind.zh(), field.kind.en())];
    all.push(if field.required { say("必填", "required") } else { say("选填", "optional") });
    if let Some(most) =
        field.max_length.filter(|_| matches!(field.kind, FieldKind::Text | FieldKind::LongText))
    {
        all.push(say(&format!("至多 {most} 字"), &format!("up to {most} characters")));
    }
    let shown = |n: i64| {
        if field.kind == FieldKind::Money { format!("{}.{:02}", n / 100, n % 100) } else { n.to_string() }
    };
    all.extend(field.min.map(|n| say(&format!("不小于 {}", shown(n)), &format!("at least {}", shown(n)))));
    all.extend(field.max.map(|n| say(&format!("不大于 {}", shown(n)), &format!("at most {}", shown(n)))));
    let unit =
        if en { field.unit_en.as_ref().map(Line::as_str) } else { field.unit.as_ref().map(Line::as_str) };
    all.extend(unit.map(|unit| say(&format!("单位 {unit}"), &format!("in {unit}"))));
    let choices = field.choices.iter().map(|one| if en { one.label_en.as_str() } else { one.label.as_str() });
    let columns = field.columns.iter().map(|one| if en { one.label_en.as_str() } else { one.label.as_str() });
    let names: Vec<&str> = choices.chain(columns).collect();
    if !names.is_empty() {
        all.push(names.join(if en { ", " } else { "、" }));
    }
    all.join(" · ")
}
