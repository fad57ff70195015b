//! A signed checkpoint: how long the ledger was and what its root was, kept in a second place too.
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;

use crate::app::App;
use crate::deals::leads::ledger::{self, LedgerHead};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::merkle::Hash;
use crate::platform::note::{Key, Signer};
use crate::schema::lead_ledger_checkpoints;

const MOST: i64 = 100;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = lead_ledger_checkpoints)]
pub struct Checkpoint {
    /// Entries under the root
    pub size: i64,
    /// Hex
    pub root: String,
    /// The signed text
    pub note: String,
    pub at: Time,
    /// When the second place had it
    pub kept_at: Option<Time>,
}

impl Checkpoint {
    /// Signs the ledger as it stands; gives the checkpoint of this size when there is one, nothing for an empty ledger.
    pub fn sign(conn: &mut DbConn, signer: &Signer, now: Time) -> Result<Option<Self>, AppError> {
        let head = LedgerHead::take(conn)?;
        // A ledger from before the tree was kept.
        ledger::grow_tree(conn, head.sequence)?;
        let last = Self::latest(conn)?;
        if let Some(last) = &last {
            // A tree that no longer begins with what was signed must never be signed again.
            if last.size > head.sequence || hex::encode(ledger::root(conn, last.size)?) != last.root {
                return Err(AppError::internal("the ledger does not begin with what was signed before"));
            }
        }
        if head.sequence == 0 || last.as_ref().is_some_and(|last| last.size == head.sequence) {
            return Ok(last);
        }
        let root = ledger::root(conn, head.sequence)?;
        let note = signer.sign(&text(signer.name(), head.sequence, &root, now));
        let made = Self { size: head.sequence, root: hex::encode(root), note, at: now, kept_at: None };
        diesel::insert_into(lead_ledger_checkpoints::table).values(made.clone()).execute(conn)?;
        Ok(Some(made))
    }

    pub fn latest(conn: &mut DbConn) -> Result<Option<Self>, AppError> {
        use lead_ledger_checkpoints as t;
        Ok(t::table.order(t::size.desc()).first(conn).optional()?)
    }

    /// Checkpoints of more than `size` entries, the smallest first.
    pub fn after(conn: &mut DbConn, size: i64, most: i64) -> Result<Vec<Self>, AppError> {
        use lead_ledger_checkpoints as t;
        Ok(t::table.filter(t::size.gt(size)).order(t::size.asc()).limit(most).load(conn)?)
    }

    fn unkept(conn: &mut DbConn) -> Result<Vec<Self>, AppError> {
        use lead_ledger_checkpoints as t;
        Ok(t::table.filter(t::kept_at.is_null()).order(t::size.asc()).limit(MOST).load(conn)?)
    }
}

/// Origin, size, root and time, a line each (C2SP tlog-checkpoint with one extension line).
fn text(origin: &str, size: i64, root: &Hash, at: Time) -> String {
    format!("{origin}\n{size}\n{}\n{at}\n", STANDARD.encode(root))
}

/// Size and root of a checkpoint that `key` signed.
pub fn read(key: &Key, note: &str) -> Option<(u64, Hash)> {
    let mut lines = key.open(note)?.lines().skip(1);
    let size = lines.next()?.parse().ok()?;
    let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
    Some((size, root))
}

/// Size and root of every checkpoint that was kept in a folder.
///
/// # Errors
/// When there is none, or one of the files is not a checkpoint that `key` signed.
pub fn kept(key: &Key, folder: &Path) -> std::io::Result<Vec<(u64, Hash)>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let note = std::fs::read(&path)?;
        let checkpoint = std::str::from_utf8(&note).ok().and_then(|note| read(key, note));
        found.push(checkpoint.ok_or_else(|| {
            let said = format!("{} is no checkpoint that this key signed", path.display());
            std::io::Error::new(ErrorKind::InvalidData, said)
        })?);
    }
    if found.is_empty() {
        let said = format!("{} holds no checkpoint", folder.display());
        return Err(std::io::Error::new(ErrorKind::NotFound, said));
    }
    Ok(found)
}

/// Signs the ledger and takes to the second place whatever is not there yet.
pub async fn sign_and_keep(app: &App) -> Result<Option<Checkpoint>, AppError> {
    let (house, now) = (app.clone(), app.now());
    let made = app.db.write(move |conn| Checkpoint::sign(conn, &house.ledger_signer, now)).await?;
    let Some(place) = app.config.ledger_keeper.clone() else { return Ok(made) };
    for checkpoint in app.read(Checkpoint::unkept).await? {
        keep(app, &place, &checkpoint).await?;
        let (size, now) = (checkpoint.size, app.now());
        app.db
            .write(move |conn| {
                use lead_ledger_checkpoints as t;
                diesel::update(t::table.find(size)).set(t::kept_at.eq(Some(now))).execute(conn)?;
                Ok(())
            })
            .await?;
    }
    Ok(made)
}

async fn keep(app: &App, place: &str, checkpoint: &Checkpoint) -> Result<(), AppError> {
    if !place.contains("://") {
        return Ok(put(Path::new(place), checkpoint)?);
    }
    let url = place.parse().map_err(AppError::internal)?;
    let headers = [("content-type", "text/plain; charset=utf-8")];
    let answer = app.outgoing.post_bytes(url, &headers, checkpoint.note.clone()).await;
    answer.and_then(|answer| answer.success()).map_err(AppError::internal).map(|_| ())
}

/// A file of its own for each checkpoint; one that is there with another text is never written over.
fn put(folder: &Path, checkpoint: &Checkpoint) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("checkpoint-{:012}.txt", checkpoint.size));
    match std::fs::File::create_new(&path) {
        Ok(mut file) => {
            file.write_all(checkpoint.note.as_bytes())?;
            file.sync_all()
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            let there = std::fs::read_to_string(&path)?;
            if there == checkpoint.note || there.is_empty() {
                return std::fs::write(&path, &checkpoint.note);
            }
            Err(std::io::Error::new(
                ErrorKind::InvalidData,
                format!("{} holds another checkpoint", path.display()),
            ))
        }
        Err(e) => Err(e),
    }
}
