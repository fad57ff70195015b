//! What a site had besides its content when it was withdrawn: its red line and utilities, kept for its return.
use diesel::prelude::*;

use crate::error::AppError;
use crate::libraries::map::red_line::RedLine;
use crate::libraries::map::site_version::VersionId;
use crate::libraries::map::utility::SiteUtility;
use crate::platform::db::DbConn;
use crate::schema::map_withdrawn_parts;

#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = map_withdrawn_parts)]
struct WithdrawnParts {
    /// The withdrawal
    version_id: VersionId,
    /// [`RedLine`]
    red_line: Option<String>,
    /// [`SiteUtility`], several
    utilities: String,
}

/// Keeps what stands at the site before it leaves the map with this version.
pub fn keep(conn: &mut DbConn, version: &VersionId, site_id: &str) -> Result<(), AppError> {
    let line = RedLine::of_site(conn, site_id)?;
    let utilities = SiteUtility::of_sites(conn, &[site_id.to_owned()])?;
    let parts = WithdrawnParts {
        version_id: version.clone(),
        red_line: line.as_ref().map(serde_json::to_string).transpose().map_err(AppError::internal)?,
        utilities: serde_json::to_string(&utilities).map_err(AppError::internal)?,
    };
    diesel::insert_into(map_withdrawn_parts::table).values(parts).execute(conn)?;
    Ok(())
}

/// Puts back what was kept with this version; the site is on the map again.
pub fn restore(conn: &mut DbConn, version: &VersionId) -> Result<(), AppError> {
    let kept: Option<WithdrawnParts> = map_withdrawn_parts::table.find(version).first(conn).optional()?;
    let Some(parts) = kept else { return Ok(()) };
    let line: Option<RedLine> = match &parts.red_line {
        Some(line) => Some(serde_json::from_str(line).map_err(AppError::internal)?),
        None => None,
    };
    RedLine::keep_all(conn, line.into_iter().collect())?;
    SiteUtility::keep_all(conn, serde_json::from_str(&parts.utilities).map_err(AppError::internal)?)?;
    Ok(())
}
