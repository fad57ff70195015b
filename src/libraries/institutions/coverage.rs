//! What an institution covers: the regions where it knows people, and the industries.
use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::industry::Industry;
use crate::libraries::institutions::institution::InstitutionId;
use crate::platform::db::DbConn;
use crate::schema::{institution_industries, institution_regions};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub regions: Vec<String>,
    pub industries: Vec<Industry>,
}

impl Coverage {
    /// Of some institutions, regions and industries in the order of their text.
    pub fn of(conn: &mut DbConn, ids: &[InstitutionId]) -> Result<HashMap<InstitutionId, Self>, AppError> {
        use {institution_industries as i, institution_regions as r};
        let mut all: HashMap<InstitutionId, Self> = HashMap::new();
        let regions: Vec<(InstitutionId, String)> = r::table
            .filter(r::institution_id.eq_any(ids.to_vec()))
            .order(r::region.asc())
            .select((r::institution_id, r::region))
            .load(conn)?;
        for (id, region) in regions {
            all.entry(id).or_default().regions.push(region);
        }
        let industries: Vec<(InstitutionId, Industry)> = i::table
            .filter(i::institution_id.eq_any(ids.to_vec()))
            .order(i::industry.asc())
            .select((i::institution_id, i::industry))
            .load(conn)?;
        for (id, industry) in industries {
            all.entry(id).or_default().industries.push(industry);
        }
        Ok(all)
    }

    /// Writes it in the place of what was there.
    pub fn write(&self, conn: &mut DbConn, id: &InstitutionId) -> Result<(), AppError> {
        use {institution_industries as i, institution_regions as r};
        diesel::delete(r::table.filter(r::institution_id.eq(id))).execute(conn)?;
        diesel::delete(i::table.filter(i::institution_id.eq(id))).execute(conn)?;
        for region in &self.regions {
            let row = (r::institution_id.eq(id.clone()), r::region.eq(region.clone()));
            diesel::insert_into(r::table).values(row).execute(conn)?;
        }
        for industry in &self.industries {
            let row = (i::institution_id.eq(id.clone()), i::industry.eq(*industry));
            diesel::insert_into(i::table).values(row).execute(conn)?;
        }
        Ok(())
    }
}
