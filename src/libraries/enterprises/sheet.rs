//! Target enterprises as rows of a workbook: the columns, a row into facts, an enterprise into a row.
use std::collections::HashMap;

use crate::error::{AppError, Code};
use crate::libraries::enterprises::enterprise::{Enterprise, EnterpriseFacts, EnterpriseId, EnterpriseScale};
use crate::libraries::imports::{Known, Library, LibraryName, Misfit};
use crate::libraries::industry::Industry;
use crate::libraries::likeness::keys_of;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::credit_code::CreditCode;
use crate::platform::db::DbConn;
use crate::platform::spreadsheet::{Cell, Column, Kind, Row, choices};

pub const SHEET: &str = "目标企业";
pub const HOW: &str = "每行一家企业。带 * 的列必填；不知道的留空。编号列留空为新增，保留编号为修改已有企业。上传后先检查，确认后一次写入；有一行不符合要求就都不写入。";

const HAS_ERRORS: Code = Code::new(
    "enterprise_import.has_errors",
    "还有不符合要求的行，请改好后重新上传；没有写入任何内容",
    "Some rows do not fit; correct them and upload the workbook again. Nothing was written",
);
const DONE: Code = Code::new(
    "enterprise_import.already_done",
    "这次导入已经处理过，请刷新查看",
    "This import has been dealt with; refresh to see",
);

/// The library as its workbooks know it.
pub struct Enterprises;

impl Library for Enterprises {
    const NAME: LibraryName = LibraryName::Enterprises;
    const HAS_ERRORS: &'static Code = &HAS_ERRORS;
    const DONE: &'static Code = &DONE;
    type Facts = EnterpriseFacts;

    fn columns() -> Vec<Column> {
        columns()
    }

    fn named(row: &Row) -> Vec<String> {
        row.text("parent").map(str::to_owned).into_iter().collect()
    }

    fn known(conn: &mut DbConn, ids: Vec<String>) -> Result<HashMap<String, Known<Self::Facts>>, AppError> {
        let ids: Vec<EnterpriseId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let all = Enterprise::find_all(conn, ids)?.into_iter().filter(|one| one.merged_into.is_none());
        Ok(all.map(|one| (one.id.to_string(), Known { version: one.version, facts: one.facts() })).collect())
    }

    fn facts(row: &Row) -> Result<Option<Self::Facts>, AppError> {
        facts(row)
    }

    fn keys(facts: &Self::Facts) -> (&str, Option<&str>) {
        (&facts.name_key, facts.credit_code.as_deref())
    }

    fn same_as(conn: &mut DbConn, facts: &Self::Facts) -> Result<Option<String>, AppError> {
        Ok(Enterprise::same_as(conn, facts)?.map(|id| id.to_string()))
    }

    fn misfits(
        _: &mut DbConn,
        _: &Actor,
        row: &Row,
        known: &HashMap<String, Known<Self::Facts>>,
    ) -> Result<Vec<Misfit>, AppError> {
        let strange = row.text("parent").filter(|id| !known.contains_key(*id));
        let (zh, en) = ("库中没有这家上级企业".to_owned(), "The library holds no such parent".to_owned());
        Ok(strange.map(|_| ("parent", zh, en)).into_iter().collect())
    }

    fn add(
        conn: &mut DbConn,
        id: &str,
        facts: Self::Facts,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        Enterprise { id: parsed(id)?, ..Enterprise::new(facts, by.clone(), now) }.insert(conn)
    }

    fn change(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        facts: Self::Facts,
        now: Time,
    ) -> Result<(), AppError> {
        Enterprise::change(conn, &parsed(id)?, version, facts, now)
    }

    fn take_out(conn: &mut DbConn, id: &str) -> Result<bool, AppError> {
        Enterprise::take_out(conn, &parsed(id)?)
    }

    fn change_back(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        before: Self::Facts,
        now: Time,
    ) -> Result<bool, AppError> {
        Enterprise::change_back(conn, &parsed(id)?, version, before, now)
    }
}

fn parsed(id: &str) -> Result<EnterpriseId, AppError> {
    id.parse().map_err(AppError::internal)
}

fn columns() -> Vec<Column> {
    let column = |key, zh, en, kind, required, hint| Column { key, zh, en, kind, required, hint };
    let industries = choices(Industry::ALL, Industry::as_str, Industry::zh, Industry::en);
    let scales =
        choices(EnterpriseScale::ALL, EnterpriseScale::as_str, EnterpriseScale::zh, EnterpriseScale::en);
    vec![
        column("id", "编号", "Id", Kind::Text(36), false, "修改已有企业时保留原编号；新增留空"),
        column("name", "企业名称", "Name", Kind::Text(100), true, "营业执照上的全称"),
        column(
            "credit_code",
            "统一社会信用代码",
            "Unified social credit code",
            Kind::Text(18),
            false,
            "18 位，按 GB 32100 校验；还不知道的留空",
        ),
        column("industry", "产业", "Industry", Kind::Choice(industries), true, ""),
        column("chain_link", "产业链环节", "Link of the chain", Kind::Text(40), false, "如 电池材料"),
        column("scale", "规模", "Scale", Kind::Choice(scales), false, "按统计上大中小微型企业划分办法"),
        column("region", "所在地", "Region", Kind::Text(40), false, "如 广东深圳"),
        column("hometown_tie", "与益阳的渊源", "Tie to Yiyang", Kind::Text(200), false, "如 创始人籍贯"),
        column("parent", "上级企业编号", "Parent's id", Kind::Text(36), false, "须已在库中"),
        column("note", "备注", "Note", Kind::Text(1000), false, ""),
    ]
}

/// What a row says; `None` where its credit code is none (GB 32100).
fn facts(row: &Row) -> Result<Option<EnterpriseFacts>, AppError> {
    let need = |key: &str| {
        row.text(key).ok_or_else(|| AppError::internal(format!("no {key} in row {}", row.number)))
    };
    let maybe = |key: &str| row.text(key).map(str::to_owned);
    let code = match row.text("credit_code").map(|text| CreditCode::parse(text.trim())) {
        Some(None) => return Ok(None),
        code => code.flatten(),
    };
    let name = need("name")?;
    let (name_key, name_stem) = keys_of(name);
    Ok(Some(EnterpriseFacts {
        name: name.to_owned(),
        credit_code: code.map(|code| code.as_str().to_owned()),
        name_key,
        name_stem,
        industry: need("industry")?.parse().map_err(AppError::internal)?,
        chain_link: maybe("chain_link"),
        scale: row.text("scale").map(str::parse).transpose().map_err(AppError::internal)?,
        region: maybe("region"),
        hometown_tie: maybe("hometown_tie"),
        parent_id: row.text("parent").and_then(|id| id.parse().ok()),
        note: maybe("note"),
    }))
}

/// An enterprise as a row, in the order of the columns; contacts are no part of a workbook.
pub fn row(enterprise: &Enterprise) -> Vec<Option<Cell>> {
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let maybe = |value: Option<&String>| value.map(|text| Cell::Text(text.clone()));
    vec![
        text(enterprise.id.as_str()),
        text(&enterprise.name),
        maybe(enterprise.credit_code.as_ref()),
        text(enterprise.industry.zh()),
        maybe(enterprise.chain_link.as_ref()),
        enterprise.scale.map(|scale| Cell::Text(scale.zh().to_owned())),
        maybe(enterprise.region.as_ref()),
        maybe(enterprise.hometown_tie.as_ref()),
        enterprise.parent_id.as_ref().map(|id| Cell::Text(id.to_string())),
        maybe(enterprise.note.as_ref()),
    ]
}
