//! Photos of a site: uploaded with a draft, public once a version that shows them is published.
use diesel::prelude::*;

use crate::each_database;
use crate::error::AppError;
use crate::libraries::map::site_content::SitePhoto;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::Line;
use crate::schema::{files, map_site_photos};

pub const ROOM: &str = "map";

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = map_site_photos)]
struct Row {
    file_id: FileId,
    site_id: String,
    position: i32,
    caption: Option<String>,
}

/// The published photos of a site, in their order.
pub fn of(conn: &mut DbConn, site_id: &str) -> Result<Vec<SitePhoto>, AppError> {
    use map_site_photos as t;
    let rows: Vec<Row> = t::table.filter(t::site_id.eq(site_id)).order(t::position.asc()).load(conn)?;
    rows.into_iter()
        .map(|row| {
            let caption = row.caption.as_deref().map(Line::parse).transpose().map_err(AppError::internal)?;
            Ok(SitePhoto { file_id: row.file_id, caption })
        })
        .collect()
}

/// Puts these photos in place of those before.
pub fn publish(conn: &mut DbConn, site_id: &str, photos: &[SitePhoto]) -> Result<(), AppError> {
    use map_site_photos as t;
    diesel::delete(t::table.filter(t::site_id.eq(site_id))).execute(conn)?;
    let rows: Vec<Row> = photos
        .iter()
        .zip(0..)
        .map(|(photo, position)| Row {
            file_id: photo.file_id.clone(),
            site_id: site_id.to_owned(),
            position,
            caption: photo.caption.as_ref().map(|caption| caption.as_str().to_owned()),
        })
        .collect();
    if !rows.is_empty() {
        each_database!(conn, c => diesel::insert_into(t::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Whether everybody may see it.
pub fn is_public(conn: &mut DbConn, id: &FileId) -> Result<bool, AppError> {
    let found: i64 = map_site_photos::table.find(id).count().get_result(conn)?;
    Ok(found > 0)
}

/// A photo of this room.
pub fn find(conn: &mut DbConn, id: &FileId) -> Result<StoredFile, AppError> {
    let file = StoredFile::find(conn, id)?;
    if file.room == ROOM && file.media_type.starts_with("image/") {
        Ok(file)
    } else {
        Err(AppError::NotFound)
    }
}

/// Refuses photos that nobody uploaded for this unit: a draft must not name a file of another room.
pub fn must_be_of(conn: &mut DbConn, photos: &[SitePhoto], subjects: &[&str]) -> Result<(), AppError> {
    use files as t;
    let ids: Vec<FileId> = photos.iter().map(|photo| photo.file_id.clone()).collect();
    let found: i64 = t::table
        .filter(t::id.eq_any(ids))
        .filter(t::room.eq(ROOM))
        .filter(t::media_type.like("image/%"))
        .filter(t::subject.eq_any(subjects.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()))
        .count()
        .get_result(conn)?;
    if usize::try_from(found) == Ok(photos.len()) {
        Ok(())
    } else {
        Err(AppError::field("photos", "input.choice"))
    }
}
