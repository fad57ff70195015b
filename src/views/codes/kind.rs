//! The kinds of things that have a code: which page shows one, and what the code says to that page.
use crate::deals::gatherings::Gathering;
use crate::deals::leads::LedgerEntry;
use crate::deals::signings::Ceremony;
use crate::error::AppError;
use crate::libraries::chains::ChainVersion;
use crate::libraries::content::ContentPage;
use crate::libraries::map::{Share, Site};
use crate::platform::db::DbConn;
use crate::platform::wechat::Scene;

crate::text_enum! {
    /// What anybody may open by a code.
    pub enum CodeKind {
        Site = "site", "选址", "Site";
        Share = "share", "一组选址", "Set of sites";
        Page = "page", "指南或政策", "Guide or policy";
        Chain = "chain", "主产业链", "Main chain";
        Gathering = "gathering", "招商活动", "Gathering";
        Ceremony = "ceremony", "签约仪式", "Signing ceremony";
        Receipt = "receipt", "首谈回执核验", "Receipt check";
    }
}

impl CodeKind {
    pub fn page(self) -> &'static str {
        match self {
            Self::Site => "packages/map/site/index",
            Self::Share => "packages/map/shared/index",
            Self::Page => "packages/content/page/index",
            Self::Chain => "packages/chains/chain/index",
            Self::Gathering => "packages/gatherings/gathering/index",
            Self::Ceremony => "packages/signings/stage/index",
            Self::Receipt => "packages/leads/check/index",
        }
    }

    /// What the code of one thing says, when there is such a thing and anybody may open it; what is hidden is not
    /// told apart from what is not there. The id is the one in the thing's own address; a receipt's is its sequence.
    pub fn scene(self, conn: &mut DbConn, id: &str) -> Result<Scene, AppError> {
        let text = match self {
            Self::Site => bare(&Site::find(conn, id)?.ok_or(AppError::NotFound)?.id),
            Self::Share => Share::find(conn, id)?.id,
            Self::Page => cut(&ContentPage::find(conn, id)?.ok_or(AppError::NotFound)?.slug),
            Self::Chain => ChainVersion::in_force(conn, id)?.ok_or(AppError::NotFound)?.unit_id,
            Self::Gathering => bare(Gathering::public(conn, &parsed(id)?)?.id.as_str()),
            Self::Ceremony => bare(Ceremony::public(conn, &parsed(id)?)?.id.as_str()),
            Self::Receipt => {
                let entry = LedgerEntry::at_sequence(conn, parsed(id)?)?.ok_or(AppError::NotFound)?;
                entry_scene(entry.sequence, &entry.entry_hash)
            }
        };
        Scene::new(text).map_err(|_| AppError::NotFound)
    }
}

fn parsed<T: std::str::FromStr>(id: &str) -> Result<T, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}

/// A UUID is 36 characters with its hyphens and fits without them; the page puts them back.
fn bare(id: &str) -> String {
    if crate::platform::id::is_well_formed(id) { id.replace('-', "") } else { id.to_owned() }
}

/// The page is found by the beginning of a long name too.
fn cut(slug: &str) -> String {
    slug.chars().take(Scene::MOST).collect()
}

/// As much of the hash as there is room for: 80 bits even of the ten millionth entry.
fn entry_scene(sequence: i64, hash: &str) -> String {
    cut(&format!("n={sequence}&h={hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_named_in_32_characters() {
        assert_eq!(bare("01a19468-e47b-7222-bad3-105cb84b789b"), "01a19468e47b7222bad3105cb84b789b");
        assert_eq!(bare("park-yiyang-hightech"), "park-yiyang-hightech");
        assert_eq!(cut("business-environment-and-four-at-once").len(), 32);
    }

    #[test]
    fn an_entry_is_named_with_twenty_digits_of_its_hash_at_least() {
        let hash = "f".repeat(64);
        for (sequence, digits) in [(1, 26), (9_999_999, 20)] {
            let scene = entry_scene(sequence, &hash);
            assert_eq!((scene.len(), scene.matches('f').count()), (32, digits));
            assert!(Scene::new(scene).is_ok());
        }
    }
}
