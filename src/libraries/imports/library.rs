//! What a library says of itself, so that its workbooks go the one way.
use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::spreadsheet::{Column, Row};

crate::text_enum! {
    /// A library that takes workbooks.
    pub enum LibraryName {
        Enterprises = "enterprises", "目标企业库", "Target enterprises";
        Institutions = "institutions", "机构联络库", "Liaison institutions";
    }
}

/// A record as it stands.
#[derive(Debug, Clone)]
pub struct Known<F> {
    pub version: i32,
    pub facts: F,
}

/// What is wrong with a row under one of its columns, in Chinese and English.
pub type Misfit = (&'static str, String, String);

/// A library whose rows have an id, a name and perhaps a credit code.
pub trait Library: 'static {
    const NAME: LibraryName;
    /// Some rows do not fit.
    const HAS_ERRORS: &'static Code;
    /// It was imported or undone before.
    const DONE: &'static Code;
    /// What is said of one record
    type Facts: Clone + Serialize + DeserializeOwned;

    /// `id`, `name` and `credit_code` are among them.
    fn columns() -> Vec<Column>;
    /// Ids that a row names besides its own.
    fn named(row: &Row) -> Vec<String>;
    /// Those of these ids that stand, by id.
    fn known(conn: &mut DbConn, ids: Vec<String>) -> Result<HashMap<String, Known<Self::Facts>>, AppError>;
    /// What a row says; `None` where its credit code is none (GB 32100).
    fn facts(row: &Row) -> Result<Option<Self::Facts>, AppError>;
    /// The key of the name, and the credit code.
    fn keys(facts: &Self::Facts) -> (&str, Option<&str>);
    /// The record that stands for these facts already.
    fn same_as(conn: &mut DbConn, facts: &Self::Facts) -> Result<Option<String>, AppError>;
    /// What else is wrong with a row of this actor, given those that it names as they stand.
    fn misfits(
        conn: &mut DbConn,
        actor: &Actor,
        row: &Row,
        known: &HashMap<String, Known<Self::Facts>>,
    ) -> Result<Vec<Misfit>, AppError>;

    fn add(
        conn: &mut DbConn,
        id: &str,
        facts: Self::Facts,
        by: &AccountId,
        now: Time,
    ) -> Result<(), AppError>;
    /// Refuses when somebody else wrote since `version`.
    fn change(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        facts: Self::Facts,
        now: Time,
    ) -> Result<(), AppError>;
    /// Takes out a record with which nobody has gone on; tells whether it was.
    fn take_out(conn: &mut DbConn, id: &str) -> Result<bool, AppError>;
    /// Writes again what was said before, unless somebody has written since; tells whether it did.
    fn change_back(
        conn: &mut DbConn,
        id: &str,
        version: i32,
        before: Self::Facts,
        now: Time,
    ) -> Result<bool, AppError>;
}
