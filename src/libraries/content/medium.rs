//! A picture, a film or its captions, kept once under the hash of its bytes. Readers are given it as long as a page
//! that shows it stands.
use actix_files::NamedFile;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::{Line, Prose};
use crate::platform::{film, picture};
use crate::schema::{content_media, content_page_media, content_pages};

const REFUSED: Code = Code::new(
    "page_medium.refused",
    "只接受 JPEG、PNG 图片，MP4、WebM 影片和 WebVTT 字幕，请另存为其中一种再传",
    "Only JPEG and PNG pictures, MP4 and WebM films and WebVTT captions are taken; save it as one of these",
);
/// Bytes of the largest that is taken.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;

crate::text_enum! {
    /// What can be put to a page besides words.
    pub enum MediumKind {
        Picture = "picture", "图片", "Picture";
        Film = "film", "影片", "Film";
        Captions = "captions", "字幕", "Captions";
    }
}

/// A picture or a film as a page shows it. Whoever cannot see or hear it is told in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageMedium {
    /// Of its bytes; its address is `/media/{sha256}` once the page is published
    #[schema(value_type = String, min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub sha256: Line<64>,
    /// A picture or a film
    pub kind: MediumKind,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub title: Line<100>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub title_en: Option<Line<200>>,
    /// What there is to see and to hear
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    pub words: Prose<2000>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000)]
    pub words_en: Option<Prose<4000>>,
    /// Of a film: the hash of its captions in Chinese
    #[schema(value_type = Option<String>, min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub captions: Option<Line<64>>,
}

impl PageMedium {
    /// The media that it is made of, and what each has to be.
    pub fn parts(&self) -> impl Iterator<Item = (&str, MediumKind)> {
        let captions = self.captions.as_ref().map(|hash| (hash.as_str(), MediumKind::Captions));
        std::iter::once((self.sha256.as_str(), self.kind)).chain(captions)
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = content_media)]
pub struct Medium {
    pub sha256: String,
    pub kind: MediumKind,
    pub media_type: String,
    pub size: i64,
    pub file_id: FileId,
    pub uploaded_by: AccountId,
    pub uploaded_at: Time,
}

/// What the bytes are, whatever their name says; a picture is freed of what does not belong to it.
pub fn recognise(bytes: Vec<u8>) -> Result<(MediumKind, &'static str, Vec<u8>), AppError> {
    if film::is_captions(&bytes) {
        return Ok((MediumKind::Captions, "text/vtt; charset=utf-8", bytes));
    }
    if let Some(media_type) = film::media_type(&bytes) {
        return Ok((MediumKind::Film, media_type, bytes));
    }
    match picture::cleaned(&bytes) {
        Ok(picture) => Ok((MediumKind::Picture, picture.media_type, picture.bytes)),
        Err(AppError::Unprocessable(code)) if code == &picture::PHOTO_REFUSED => {
            Err(AppError::Unprocessable(&REFUSED))
        }
        Err(e) => Err(e),
    }
}

/// SHA-256 of a medium in lower-case hex: its name in addresses.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct MediumHash(String);

impl MediumHash {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MediumHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_hash =
            text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if is_hash { Ok(Self(text)) } else { Err("no SHA-256 in lower-case hex") }
    }
}

impl Medium {
    pub fn find(conn: &mut DbConn, sha256: &str) -> Result<Option<Self>, AppError> {
        Ok(content_media::table.find(sha256).first(conn).optional()?)
    }

    /// Keeps what was uploaded; what is there already stays.
    pub fn keep(
        conn: &mut DbConn,
        file: &StoredFile,
        kind: MediumKind,
        by: &AccountId,
    ) -> Result<Self, AppError> {
        if let Some(known) = Self::find(conn, &file.sha256)? {
            return Ok(known);
        }
        file.insert(conn)?;
        let medium = Self {
            sha256: file.sha256.clone(),
            kind,
            media_type: file.media_type.clone(),
            size: file.size,
            file_id: file.id.clone(),
            uploaded_by: by.clone(),
            uploaded_at: file.created_at,
        };
        diesel::insert_into(content_media::table).values(medium.clone()).execute(conn)?;
        Ok(medium)
    }

    /// Those of these that are kept, each with what it is.
    pub fn kinds(conn: &mut DbConn, hashes: Vec<String>) -> Result<Vec<(String, MediumKind)>, AppError> {
        use content_media as t;
        Ok(t::table.filter(t::sha256.eq_any(hashes)).select((t::sha256, t::kind)).load(conn)?)
    }

    /// From now on a page shows these and no others.
    pub fn show_on(conn: &mut DbConn, slug: &str, media: &[PageMedium]) -> Result<(), AppError> {
        use content_page_media as t;
        diesel::delete(t::table.filter(t::slug.eq(slug))).execute(conn)?;
        let hashes: std::collections::BTreeSet<&str> =
            media.iter().flat_map(PageMedium::parts).map(|(hash, _)| hash).collect();
        for hash in hashes {
            diesel::insert_into(t::table).values((t::slug.eq(slug), t::sha256.eq(hash))).execute(conn)?;
        }
        Ok(())
    }

    /// What a page that stands shows; to readers there is nothing else.
    pub fn shown(conn: &mut DbConn, sha256: &str) -> Result<Self, AppError> {
        use content_page_media as p;
        let standing = p::table
            .inner_join(content_pages::table)
            .filter(p::sha256.eq(sha256))
            .filter(content_pages::withdrawn_on.is_null());
        if standing.count().get_result::<i64>(conn)? == 0 {
            return Err(AppError::NotFound);
        }
        Self::find(conn, sha256)?.ok_or(AppError::NotFound)
    }

    /// Its bytes, or a range of them.
    pub async fn answer(
        self,
        app: &App,
        request: &HttpRequest,
        kept: &'static str,
    ) -> Result<HttpResponse, AppError> {
        let path = app.files.path(&self.file_id);
        let file = web::block(move || NamedFile::open(path)).await.map_err(AppError::internal)??;
        let mut response = file.disable_content_disposition().into_response(request);
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_str(&self.media_type).map_err(AppError::internal)?;
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
        Ok(response)
    }
}
