//! A set of sites under a short name: for links, codes to be scanned, and WeChat scenes of at most 32 characters.
use diesel::prelude::*;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::each_database;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::schema::map_shares;

/// Sites of one set.
pub const MOST_SITES: usize = 12;
/// 64 bits of the hash of the set: the same set has the same name, and nobody can make two sets share one by chance.
const NAME: usize = 16;

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = map_shares)]
pub struct Share {
    pub id: String,
    /// JSON array, in the order that was given
    pub site_ids: String,
    pub created_at: Time,
}

impl Share {
    pub fn new(site_ids: &[String], now: Time) -> Self {
        let site_ids = serde_json::json!(site_ids).to_string();
        Self { id: sha256_hex(&site_ids).chars().take(NAME).collect(), site_ids, created_at: now }
    }

    /// Keeps the set; asking again changes nothing.
    pub fn keep(&self, conn: &mut DbConn) -> Result<(), AppError> {
        each_database!(conn, c => diesel::insert_into(map_shares::table)
            .values(self.clone())
            .on_conflict_do_nothing()
            .execute(c))?;
        let kept = Self::find(conn, &self.id)?;
        if kept.site_ids == self.site_ids { Ok(()) } else { Err(AppError::internal("two sets of one name")) }
    }

    pub fn find(conn: &mut DbConn, id: &str) -> Result<Self, AppError> {
        map_shares::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    pub fn site_ids(&self) -> Result<Vec<String>, AppError> {
        serde_json::from_str(&self.site_ids).map_err(AppError::internal)
    }
}

/// The link that opens a set in any browser.
pub fn link(public_url: &str, id: &str) -> String {
    format!("{}/#/packages/map/shared/index?id={id}", public_url.trim_end_matches('/'))
}

/// A link as a QR code, drawn as SVG.
pub fn code(link: &str) -> Result<String, AppError> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M).map_err(AppError::internal)?;
    let picture = code
        .render()
        .min_dimensions(240, 240)
        .dark_color(svg::Color("#17212e"))
        .light_color(svg::Color("#ffffff"))
        .build();
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_set_has_the_same_short_name() {
        let of = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            Share::new(&ids, Time::from_millis(0)).id
        };
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert!(of(&["a"]).len() <= 32);
    }

    #[test]
    fn a_code_is_a_picture_without_a_script() {
        let picture = code(&link("https://example.invalid/", "0123456789abcdef")).unwrap();
        assert!(picture.contains("<svg") && !picture.contains("<script"));
    }
}
