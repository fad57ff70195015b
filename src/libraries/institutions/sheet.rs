//! Institutions as rows of a workbook: the columns, a row into facts, an institution into a row.
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::error::{AppError, Code};
use crate::libraries::imports::{Known, Library, LibraryName, Misfit};
use crate::libraries::industry::Industry;
use crate::libraries::institutions::coverage::Coverage;
use crate::libraries::institutions::institution::{
    Institution, InstitutionFacts, InstitutionId, InstitutionKind,
};
use crate::libraries::likeness::careful_keys_of;
use crate::people::auth::{AccountId, Actor, Scope};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::credit_code::CreditCode;
use crate::platform::db::DbConn;
use crate::platform::input::Line;
use crate::platform::spreadsheet::{Cell, Column, Kind, Row, choices};

pub const SHEET: &str = "联络机构";
pub const HOW: &str = "每行一家机构。带 * 的列必填；不知道的留空。编号列留空为新增，保留编号为修改已有机构。上传后先检查，确认后一次写入；有一行不符合要求就都不写入。";

const HAS_ERRORS: Code = Code::new(
    "institution_import.has_errors",
    "还有不符合要求的行，请改好后重新上传；没有写入任何内容",
    "Some rows do not fit; correct them and upload the workbook again. Nothing was written",
);
const DONE: Code = Code::new(
    "institution_import.already_done",
    "这次导入已经处理过，请刷新查看",
    "This import has been dealt with; refresh to see",
);
/// Regions of one institution, as in its form.
const MOST_REGIONS: usize = 20;

/// What a row says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    said: InstitutionFacts,
    covers: Coverage,
}

/// The library as its workbooks know it.
pub struct Institutions;

impl Library for Institutions {
    const NAME: LibraryName = LibraryName::Institutions;
    const HAS_ERRORS: &'static Code = &HAS_ERRORS;
    const DONE: &'static Code = &DONE;
    type Facts = Written;

    fn columns() -> Vec<Column> {
        let column = |key, zh, en, kind, required, hint| Column { key, zh, en, kind, required, hint };
        let kinds =
            choices(InstitutionKind::ALL, InstitutionKind::as_str, InstitutionKind::zh, InstitutionKind::en);
        let industries = choices(Industry::ALL, Industry::as_str, Industry::zh, Industry::en);
        let code = "18 位，按 GB 32100 校验；还不知道的留空";
        let unit = "责任单位的代码，如 430922；留空为未指定";
        vec![
            column("id", "编号", "Id", Kind::Text(36), false, "修改已有机构时保留原编号；新增留空"),
            column("kind", "机构类型", "Kind", Kind::Choice(kinds), true, ""),
            column("name", "机构名称", "Name", Kind::Text(100), true, "全称，区域不要省略"),
            column(
                "credit_code",
                "统一社会信用代码",
                "Unified social credit code",
                Kind::Text(18),
                false,
                code,
            ),
            column("seat", "所在地", "Seat", Kind::Text(40), false, "如 上海"),
            column(
                "regions",
                "覆盖区域",
                "Regions",
                Kind::Text(400),
                false,
                "多个用顿号隔开，如 上海、长三角",
            ),
            column(
                "industries",
                "覆盖产业",
                "Industries",
                Kind::Choices(industries),
                false,
                "多个用顿号隔开",
            ),
            column("keeper", "责任单位", "Kept by", Kind::Text(40), false, unit),
            column("note", "备注", "Note", Kind::Text(1000), false, ""),
        ]
    }

    fn named(_: &Row) -> Vec<String> {
        Vec::new()
    }

    fn known(conn: &mut DbConn, ids: Vec<String>) -> Result<HashMap<String, Known<Self::Facts>>, AppError> {
        let ids: Vec<InstitutionId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let mut covered = Coverage::of(conn, &ids)?;
        let all = Institution::find_all(conn, ids)?;
        let known = |one: Institution| {
            let covers = covered.remove(&one.id).unwrap_or_default();
            (one.id.to_string(), Known { version: one.version, facts: Written { said: one.facts(), covers } })
        };
        Ok(all.into_iter().map(known).collect())
    }

    fn facts(row: &Row) -> Result<Option<Self::Facts>, AppError> {
        let need = |key: &str| {
            row.text(key).ok_or_else(|| AppError::internal(format!("no {key} in row {}", row.number)))
        };
        let maybe = |key: &str| row.text(key).map(str::to_owned);
        let code = match row.text("credit_code").map(|text| CreditCode::parse(text.trim())) {
            Some(None) => return Ok(None),
            code => code.flatten(),
        };
        let name = need("name")?;
        let (name_key, name_stem) = careful_keys_of(name);
        let industries = row.texts("industries").iter().map(|text| text.parse::<Industry>());
        let covers = Coverage {
            regions: regions(row).into_iter().collect(),
            industries: industries.collect::<Result<_, _>>().map_err(AppError::internal)?,
        };
        let said = InstitutionFacts {
            kind: need("kind")?.parse().map_err(AppError::internal)?,
            name: name.to_owned(),
            credit_code: code.map(|code| code.as_str().to_owned()),
            name_key,
            name_stem,
            seat: maybe("seat"),
            keeper_unit_id: maybe("keeper"),
            note: maybe("note"),
        };
        Ok(Some(Written { said, covers }))
    }

    fn keys(facts: &Self::Facts) -> (&str, Option<&str>) {
        (&facts.said.name_key, facts.said.credit_code.as_deref())
    }

    fn same_as(conn: &mut DbConn, facts: &Self::Facts) -> Result<Option<String>, AppError> {
        Ok(Institution::same_as(conn, &facts.said)?.map(|id| id.to_string()))
    }

    fn misfits(
        conn: &mut DbConn,
        actor: &Actor,
        row: &Row,
        known: &HashMap<String, Known<Self::Facts>>,
    ) -> Result<Vec<Misfit>, AppError> {
        let mut all: Vec<Misfit> = Vec::new();
        let mut say = |key, zh: &str, en: &str| all.push((key, zh.to_owned(), en.to_owned()));
        let before = row.text("id").and_then(|id| known.get(id));
        let kept = before.and_then(|one| one.facts.said.keeper_unit_id.as_deref());
        if kept.is_some() && !actor.reaches(None, kept) {
            say("id", "这家机构由其他单位负责联络", "Another unit keeps this institution");
        }
        if let Some(unit) = row.text("keeper") {
            let allowed = actor.scope() == Scope::Any || actor.is_of(unit) || kept == Some(unit);
            if Unit::find(conn, unit)?.is_none() {
                say("keeper", "没有这个责任单位代码", "No such unit");
            } else if !allowed {
                say("keeper", "只能填写本单位", "Name your own unit alone");
            }
        }
        let regions = regions(row);
        if regions.len() > MOST_REGIONS {
            say("regions", "最多 20 个区域", "At most 20 regions");
        }
        if regions.iter().any(|region| Line::<40>::parse(region).is_err()) {
            say("regions", "每个区域不超过 40 个字", "A region has at most 40 characters");
        }
        Ok(all)
    }

    fn add(
        conn: &mut DbConn,
        id: &str,
        facts: Self::Facts,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError> {
        let made = Institution { id: parsed(id)?, ..Institution::new(facts.said, by.clone(), now) };
        made.insert(conn, &facts.covers)
    }

    fn change(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        facts: Self::Facts,
        now: Time,
    ) -> Result<(), AppError> {
        Institution::change(conn, &parsed(id)?, version, facts.said, &facts.covers, now)
    }

    fn take_out(conn: &mut DbConn, id: &str) -> Result<bool, AppError> {
        Institution::take_out(conn, &parsed(id)?)
    }

    fn change_back(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        before: Self::Facts,
        now: Time,
    ) -> Result<bool, AppError> {
        Institution::change_back(conn, &parsed(id)?, version, before.said, &before.covers, now)
    }
}

fn parsed(id: &str) -> Result<InstitutionId, AppError> {
    id.parse().map_err(AppError::internal)
}

fn regions(row: &Row) -> BTreeSet<String> {
    let text = row.text("regions").unwrap_or_default();
    let parts = text.split(['、', ',', '，', ';', '；']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Institutions as rows, in the order of the columns; people, log and agreements are no part of a workbook.
pub fn lines(conn: &mut DbConn, all: Vec<Institution>) -> Result<Vec<Vec<Option<Cell>>>, AppError> {
    let ids: Vec<InstitutionId> = all.iter().map(|one| one.id.clone()).collect();
    let mut covered = Coverage::of(conn, &ids)?;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty()).map(Cell::Text);
    let line = |one: Institution| {
        let covers = covered.remove(&one.id).unwrap_or_default();
        let industries: Vec<&str> = covers.industries.iter().map(|industry| industry.zh()).collect();
        vec![
            text(one.id.as_str()),
            text(one.kind.zh()),
            text(&one.name),
            text(one.credit_code.as_deref().unwrap_or_default()),
            text(one.seat.as_deref().unwrap_or_default()),
            text(&covers.regions.join("、")),
            text(&industries.join("、")),
            text(one.keeper_unit_id.as_deref().unwrap_or_default()),
            text(one.note.as_deref().unwrap_or_default()),
        ]
    };
    Ok(all.into_iter().map(line).collect())
}
