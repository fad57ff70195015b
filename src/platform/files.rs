//! Files in a folder, named by us, found by their row.
use std::io::Write;
use std::path::PathBuf;

use diesel::prelude::*;

use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::schema::files;

pub const TYPE_REFUSED: Code = Code::new(
    "file.type_refused",
    "只接受 PDF、PNG、JPEG、Word、Excel、PowerPoint 和纯文本文件，且内容须与扩展名相符",
    "Only PDF, PNG, JPEG, Word, Excel, PowerPoint and plain text are taken, and the content must fit the name",
);

crate::typed_id!(FileId);

/// One stored file; `room` and `subject` say which room owns it and what it belongs to.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = files)]
pub struct StoredFile {
    pub id: FileId,
    pub room: String,
    pub subject: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: String,
    pub created_by: String,
    pub created_at: Time,
}

/// A folder in which files stand under their ids.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn open(root: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    /// Writes the bytes and syncs them: once this returns, the row that names them may be written.
    pub fn put(&self, id: &FileId, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path(id);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let partial = path.with_extension("partial");
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, &path)?;
        if let Some(folder) = path.parent() {
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    pub fn get(&self, id: &FileId) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.path(id))
    }

    /// Where it stands, for whoever reads it in parts.
    pub fn path(&self, id: &FileId) -> PathBuf {
        // The last characters of a UUIDv7 are random: they spread the files evenly.
        let shelf: String = id.as_str().chars().rev().take(2).collect();
        self.root.join(shelf).join(id.as_str())
    }
}

impl StoredFile {
    pub fn new(
        room: &str,
        subject: &str,
        name: &str,
        media_type: &str,
        bytes: &[u8],
        by: &str,
        at: Time,
    ) -> Self {
        Self {
            id: FileId::fresh(),
            room: room.to_owned(),
            subject: subject.to_owned(),
            name: safe_name(name),
            media_type: media_type.to_owned(),
            size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            sha256: sha256_hex(bytes),
            created_by: by.to_owned(),
            created_at: at,
        }
    }
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(files::table).values(self.clone()).execute(conn)?;
        Ok(())
    }
    pub fn find(conn: &mut DbConn, id: &FileId) -> Result<Self, AppError> {
        files::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }
}

/// The last path part, without control or hidden characters, at most 120 characters.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(120)
        .collect();
    if clean.trim_matches(['.', ' ']).is_empty() { "file".to_owned() } else { clean }
}

/// The media type when name and first bytes agree on one that we take.
pub fn recognised(name: &str, bytes: &[u8]) -> Result<&'static str, AppError> {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let zip = bytes.starts_with(b"PK\x03\x04");
    let fits = match extension.as_str() {
        "pdf" => bytes.starts_with(b"%PDF-").then_some("application/pdf"),
        "png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some("image/png"),
        "jpg" | "jpeg" => bytes.starts_with(b"\xff\xd8\xff").then_some("image/jpeg"),
        "docx" => zip.then_some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "xlsx" => zip.then_some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "pptx" => zip.then_some("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        "txt" => {
            std::str::from_utf8(bytes).is_ok_and(|t| !t.contains('\0')).then_some("text/plain; charset=utf-8")
        }
        _ => None,
    };
    fits.ok_or(AppError::Unprocessable(&TYPE_REFUSED))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(super::safe_name("../../etc/passwd"), "passwd");
        assert_eq!(super::safe_name("..\\evil\u{202e}fdp.exe"), "evilfdp.exe");
        assert_eq!(super::safe_name("..."), "file");
    }
    #[test]
    fn name_and_bytes_must_agree() {
        assert!(super::recognised("a.pdf", b"%PDF-1.7").is_ok());
        assert!(super::recognised("a.pdf", b"<html>").is_err());
        assert!(super::recognised("a.exe", b"MZ").is_err());
    }
}
