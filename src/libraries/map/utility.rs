//! What is at hand at a site: power, water, sewage, gas and steam, with what is still available.
use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::each_database;
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::schema::map_site_utilities;

crate::text_enum! {
    /// What a plant needs from outside.
    pub enum Utility {
        Power = "power", "供电", "Power";
        Water = "water", "供水", "Water";
        Sewage = "sewage", "污水处理", "Sewage treatment";
        Gas = "gas", "天然气", "Natural gas";
        Steam = "steam", "蒸汽", "Steam";
    }
}

impl Utility {
    /// As one bit of a set.
    pub fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// What one site has of one utility.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    Insertable,
    AsChangeset,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[diesel(table_name = map_site_utilities, treat_none_as_null = true)]
pub struct SiteUtility {
    pub site_id: String,
    pub utility: Utility,
    /// kVA of power, t/d of water and sewage, m³/h of gas, t/h of steam; absent when it is there but not known how much
    pub available: Option<i64>,
    pub source: String,
    pub source_en: Option<String>,
    pub source_on: Option<NaiveDate>,
    pub checked_on: Option<NaiveDate>,
    /// Invented, for a demonstration
    pub demo: bool,
}

/// The set at hand, the set that has run out, and the power that is left in kVA where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtHand {
    pub set: u16,
    pub spent: u16,
    pub power_kva: Option<i64>,
}

impl SiteUtility {
    pub fn of_sites(conn: &mut DbConn, sites: &[String]) -> Result<Vec<Self>, AppError> {
        let mut query = map_site_utilities::table
            .select(<Self as Selectable<crate::platform::db::MultiBackend>>::construct_selection())
            .order((map_site_utilities::site_id.asc(), map_site_utilities::utility.asc()))
            .into_boxed();
        if !sites.is_empty() {
            query = query.filter(map_site_utilities::site_id.eq_any(sites.to_vec()));
        }
        Ok(query.load(conn)?)
    }

    /// What each site has of its own; nothing is left to be had of what has run out.
    pub fn at_hand(rows: &[Self]) -> HashMap<&str, AtHand> {
        let mut all: HashMap<&str, AtHand> = HashMap::new();
        for row in rows {
            let own = all.entry(&row.site_id).or_default();
            if row.available == Some(0) {
                own.spent |= row.utility.bit();
                continue;
            }
            own.set |= row.utility.bit();
            if row.utility == Utility::Power {
                own.power_kva = row.available;
            }
        }
        all
    }

    /// Inserts or brings up to date what differs from the table; gives how many rows that were.
    pub fn keep_all(conn: &mut DbConn, rows: Vec<Self>) -> Result<usize, AppError> {
        let known = Self::of_sites(conn, &[])?;
        let differing: Vec<Self> = rows.into_iter().filter(|row| !known.contains(row)).collect();
        for row in &differing {
            each_database!(conn, c => diesel::insert_into(map_site_utilities::table)
                .values(row.clone())
                .on_conflict((map_site_utilities::site_id, map_site_utilities::utility))
                .do_update()
                .set(row.clone())
                .execute(c))?;
        }
        Ok(differing.len())
    }
}
