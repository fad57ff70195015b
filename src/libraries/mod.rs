//! 三库一图 and what is published.
pub mod chains;
pub mod content;
pub mod enterprises;
pub mod imports;
pub mod industry;
pub mod institutions;
pub mod likeness;
pub mod map;
pub mod saved_views;

use std::path::Path;

use crate::error::AppError;
use crate::people::units;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;

/// Brings up to date what comes with the program: units, parks, guides and policies; invented sites and policies only
/// `with_demo`. Running it again changes nothing.
pub fn seed(conn: &mut DbConn, seeds_dir: &Path, now: Time, with_demo: bool) -> Result<(), AppError> {
    let units = units::seed(conn, seeds_dir)?;
    let sites = map::seed(conn, seeds_dir, now, with_demo)?;
    let pages = content::seed(conn, seeds_dir, with_demo)?;
    tracing::info!(units, sites, pages, "seeds are in place");
    Ok(())
}
