//! A unit with a duty in investment promotion.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::each_database;
use crate::error::AppError;
use crate::platform::db::{DbConn, Locked};
use crate::schema::units;

crate::text_enum! {
    /// What a unit is.
    pub enum UnitKind {
        County = "county", "区县（市）", "County";
        Park = "park", "园区", "Park";
        Office = "office", "办事机构", "Office";
        Department = "department", "市直部门", "Department";
    }
}
crate::text_enum! {
    /// What a unit answers for (article 4 and annex).
    pub enum UnitDuty {
        Direct = "direct", "直接责任单位", "Directly responsible";
        Coordinator = "coordinator", "综合协调部门", "Coordinator";
        Liaison = "liaison", "联络单位", "Liaison";
        Information = "information", "资源信息责任单位", "Information";
        Service = "service", "项目服务责任单位", "Project service";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = units, treat_none_as_null = true)]
pub struct Unit {
    pub id: String,
    pub name: String,
    pub short_name: String,
    pub name_en: String,
    pub kind: UnitKind,
    pub duty: UnitDuty,
    pub parent_id: Option<String>,
    /// 大通湖区 and 益阳高新区: ranked as counties, but with no boundary of their own in the statutory map
    pub functional_area: bool,
    /// JSON array of names
    pub former_names: String,
    pub source: String,
    pub source_on: NaiveDate,
    pub sort: i32,
}

impl Unit {
    pub fn all(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        Ok(units::table.order((units::sort.asc(), units::id.asc())).load(conn)?)
    }
    pub fn find(conn: &mut DbConn, id: &str) -> Result<Option<Self>, AppError> {
        Ok(units::table.find(id).first(conn).optional()?)
    }
    /// As [`Self::find`], and holds the row until the transaction ends.
    pub fn hold(conn: &mut DbConn, id: &str) -> Result<Option<Self>, AppError> {
        let query = units::table.filter(units::id.eq(id.to_owned()));
        Ok(Locked { query, skip: false }.load(conn)?.pop())
    }
    /// How units are called in a list, by id.
    pub fn short_names(conn: &mut DbConn, of: Vec<String>) -> Result<HashMap<String, String>, AppError> {
        let named = units::table.filter(units::id.eq_any(of)).select((units::id, units::short_name));
        Ok(named.load::<(String, String)>(conn)?.into_iter().collect())
    }
    /// Inserts or brings up to date.
    pub fn keep(&self, conn: &mut DbConn) -> Result<(), AppError> {
        each_database!(conn, c => diesel::insert_into(units::table)
            .values(self.clone())
            .on_conflict(units::id)
            .do_update()
            .set(self.clone())
            .execute(c))?;
        Ok(())
    }
}
