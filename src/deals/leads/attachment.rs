//! An attachment: a voice note, a photo or a paper that belongs to a lead.
use std::collections::HashMap;

use diesel::prelude::*;

use crate::deals::leads::lead::LeadId;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::schema::{files, lead_attachments};

/// Bytes of the largest attachment.
pub const MOST: usize = 10 * 1024 * 1024;
pub const ROOM: &str = "leads";
pub const REFUSED: Code = Code::new(
    "attachment.type_refused",
    "只接受录音（MP3、M4A、AAC、WAV、WEBM、OGG、AMR）、照片（JPEG、PNG）和 PDF，且内容须与扩展名相符",
    "Only recordings (MP3, M4A, AAC, WAV, WEBM, OGG, AMR), photos (JPEG, PNG) and PDF are taken, and the content must fit the name",
);
pub const TOO_MANY: Code =
    Code::new("attachment.too_many", "这条信息的附件已达上限", "This lead has as many attachments as it may");

crate::typed_id!(AttachmentId);
crate::text_enum! {
    /// What an attachment is.
    pub enum AttachmentKind {
        Voice = "voice", "录音", "Voice note";
        Photo = "photo", "照片", "Photo";
        Paper = "paper", "文件", "Paper";
    }
}

/// The table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_attachments)]
pub struct Attachment {
    pub id: AttachmentId,
    pub lead_id: LeadId,
    pub file_id: FileId,
    pub kind: AttachmentKind,
    pub added_by: AccountId,
    pub added_at: Time,
}

/// How far into a container the name of what it holds is looked for, in bytes.
const HEAD: usize = 256;

/// Kind and media type when name and first bytes agree on one that we take: also what the recorders of browsers
/// (MP4, WebM, Ogg) and of WeChat (MP3, AAC) write.
pub fn recognised(name: &str, bytes: &[u8]) -> Result<(AttachmentKind, &'static str), AppError> {
    use AttachmentKind::{Paper, Photo, Voice};
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let says = |word: &[u8]| head.windows(word.len()).any(|part| part == word);
    // Frames of both begin with eleven ones; AAC's (ADTS) say layer 0, which MP3 never does.
    let adts = matches!(bytes, [0xff, second, ..] if second & 0xf6 == 0xf0);
    let mp3 =
        bytes.starts_with(b"ID3") || matches!(bytes, [0xff, second, ..] if second & 0xe0 == 0xe0 && !adts);
    let mp4 = bytes.get(4..8) == Some(b"ftyp");
    let fits = match extension.as_str() {
        "jpg" | "jpeg" => bytes.starts_with(b"\xff\xd8\xff").then_some((Photo, "image/jpeg")),
        "png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some((Photo, "image/png")),
        "pdf" => bytes.starts_with(b"%PDF-").then_some((Paper, "application/pdf")),
        "mp3" => mp3.then_some((Voice, "audio/mpeg")),
        "m4a" | "aac" if mp4 => Some((Voice, "audio/mp4")),
        "m4a" | "aac" => adts.then_some((Voice, "audio/aac")),
        "wav" => {
            (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")).then_some((Voice, "audio/wav"))
        }
        "webm" => (bytes.starts_with(b"\x1a\x45\xdf\xa3") && says(b"webm")).then_some((Voice, "audio/webm")),
        "ogg" => (bytes.starts_with(b"OggS") && (says(b"OpusHead") || says(b"\x01vorbis")))
            .then_some((Voice, "audio/ogg")),
        "amr" => bytes.starts_with(b"#!AMR").then_some((Voice, "audio/amr")),
        _ => None,
    };
    fits.ok_or(AppError::Unprocessable(&REFUSED))
}

impl Attachment {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(lead_attachments::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    pub fn find(conn: &mut DbConn, id: &AttachmentId) -> Result<Self, AppError> {
        lead_attachments::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// With the file of each, oldest first.
    pub fn of_leads(conn: &mut DbConn, leads: &[LeadId]) -> Result<Vec<(Self, StoredFile)>, AppError> {
        use lead_attachments as t;
        let all: Vec<Self> =
            t::table.filter(t::lead_id.eq_any(leads.to_vec())).order(t::id.asc()).load(conn)?;
        let ids: Vec<FileId> = all.iter().map(|a| a.file_id.clone()).collect();
        let stored: Vec<StoredFile> = files::table.filter(files::id.eq_any(ids)).load(conn)?;
        let mut stored: HashMap<FileId, StoredFile> = stored.into_iter().map(|f| (f.id.clone(), f)).collect();
        Ok(all.into_iter().filter_map(|a| stored.remove(&a.file_id).map(|file| (a, file))).collect())
    }

    pub fn count(conn: &mut DbConn, lead: &LeadId) -> Result<i64, AppError> {
        use lead_attachments as t;
        Ok(t::table.filter(t::lead_id.eq(lead.clone())).count().get_result(conn)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_bytes_must_agree() {
        assert_eq!(
            recognised("现场.JPG", b"\xff\xd8\xff\xe0").unwrap(),
            (AttachmentKind::Photo, "image/jpeg")
        );
        for (name, bytes, media_type) in [
            ("a.m4a", b"\0\0\0\x20ftypM4A ".as_slice(), "audio/mp4"),
            ("a.aac", b"\xff\xf1\x50\x80", "audio/aac"),
            ("a.mp3", b"\xff\xf3\x18\xc4", "audio/mpeg"),
            ("a.webm", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "audio/webm"),
            ("a.ogg", b"OggS\0\x02 OpusHead", "audio/ogg"),
        ] {
            assert_eq!(recognised(name, bytes).unwrap(), (AttachmentKind::Voice, media_type), "{name}");
        }
        for (name, bytes) in [
            ("a.mp3", b"<html>".as_slice()),
            ("a.mp3", b"\xff\xf1\x50\x80"),
            ("a.webm", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska"),
            ("a.ogg", b"OggS\0\x02 theora"),
            ("a.exe", b"MZ"),
            ("a.png", b"\xff\xd8\xff"),
        ] {
            assert!(recognised(name, bytes).is_err(), "{name}");
        }
    }
}
