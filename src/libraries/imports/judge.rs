//! The judgement of all rows of a sheet: those that fit, and what is wrong with the others.
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::imports::library::{Known, Library};
use crate::people::auth::Actor;
use crate::platform::db::DbConn;
use crate::platform::id;
use crate::platform::spreadsheet::{Column, Row, RowError, misfit};

/// One row that fits: what the record will say, and what it said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportedRow<F> {
    pub id: String,
    /// 0 for a new one
    pub version: i32,
    pub facts: F,
    pub before: Option<F>,
}

pub fn judge<L: Library>(
    conn: &mut DbConn,
    actor: &Actor,
    columns: &[Column],
    rows: &[Row],
) -> Result<(Vec<ImportedRow<L::Facts>>, Vec<RowError>), AppError> {
    let known = named::<L>(conn, rows)?;
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    let mut seen: HashMap<String, u32> = HashMap::new();
    for row in rows {
        let mut errors = Vec::new();
        let mut say = |key: &str, zh: &str, en: &str| errors.extend(misfit(columns, row, key, zh, en));
        let own = row.text("id").map(str::to_owned);
        let before = own.as_ref().and_then(|own| known.get(own));
        if own.is_some() && before.is_none() {
            say("id", "没有这个编号；新增请留空", "No such id; leave it empty for a new row");
        }
        for (key, zh, en) in L::misfits(conn, actor, row, &known)? {
            say(key, &zh, &en);
        }
        let Some(facts) = L::facts(row)? else {
            say("credit_code", "不是有效的统一社会信用代码", "Not a valid unified social credit code");
            wrong.extend(errors);
            continue;
        };
        let (name, code) = L::keys(&facts);
        if let Some(same) = L::same_as(conn, &facts)?.filter(|same| Some(same) != own.as_ref()) {
            let (zh, en) = (format!("已在库中，编号 {same}"), format!("In the library already: {same}"));
            say(if code.is_some() { "credit_code" } else { "name" }, &zh, &en);
        }
        for (key, value) in [("name", Some(name)), ("credit_code", code), ("id", own.as_deref())] {
            if let Some(first) = value.and_then(|value| seen.insert(format!("{key} {value}"), row.number)) {
                let (zh, en) = (format!("与第 {first} 行重复"), format!("The same as row {first}"));
                say(key, &zh, &en);
            }
        }
        if errors.is_empty() {
            good.push(ImportedRow {
                version: before.map_or(0, |one| one.version),
                before: before.map(|one| one.facts.clone()),
                id: own.unwrap_or_else(id::fresh),
                facts,
            });
        }
        wrong.extend(errors);
    }
    Ok((good, wrong))
}

/// Those that the rows name, as they stand.
fn named<L: Library>(conn: &mut DbConn, rows: &[Row]) -> Result<HashMap<String, Known<L::Facts>>, AppError> {
    let own = rows.iter().filter_map(|row| row.text("id").map(str::to_owned));
    let ids: Vec<String> = own.chain(rows.iter().flat_map(L::named)).collect();
    let mut known = HashMap::new();
    for some in ids.chunks(500) {
        known.extend(L::known(conn, some.to_vec())?);
    }
    Ok(known)
}
