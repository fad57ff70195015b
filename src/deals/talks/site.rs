//! The place that a talk is about, as the map names it.
use crate::error::{AppError, REFERENCE};
use crate::libraries::map;
use crate::platform::db::DbConn;

/// What a booking copies of a site.
#[derive(Debug, Clone)]
pub struct Site {
    pub id: String,
    pub name: String,
    /// The unit that offers it
    pub unit_id: String,
}

/// The site of this id on the map.
pub fn look_up(conn: &mut DbConn, id: &str) -> Result<Site, AppError> {
    let site = map::Site::find(conn, id)?.ok_or(AppError::Unprocessable(&REFERENCE))?;
    Ok(Site { id: site.id, name: site.name, unit_id: site.unit_id })
}
