//! The index of this instance, in step with the tables: made at the start, and brought up to date before every answer.
//!
//! The tables' triggers note what changed in `search_changes`, whoever changes it. Whoever asks first looks for notes
//! that this instance has not followed, which is one read of an index; so that a change is found at once, by the
//! instance that made it and by every other, with Redis or without.
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tokio::sync::Mutex;

use crate::app::App;
use crate::error::AppError;
use crate::platform::db::DbConn;
use crate::schema::search_changes;
use crate::views::search::catalogue::{self, CONTACTS, ENTERPRISES, Names, SOURCES, UNITS};
use crate::views::search::engine::index::Index;

/// So many changed rows are asked for by name; after more, everything is read.
const BY_NAME: usize = 2000;
/// Rows asked for in one query.
const AT_ONCE: usize = 500;

#[derive(Default)]
pub struct Current {
    index: RwLock<Index>,
    seen: ArcSwapOption<Seen>,
    /// Held by whoever brings the index up to date
    turn: Mutex<()>,
}

/// How far this instance has followed.
struct Seen {
    /// Notes from this mark on may be new
    horizon: i64,
    /// Those of them that were followed already
    followed: HashSet<Note>,
    names: Arc<Names>,
}

/// Table, row, mark.
type Note = (String, String, i64);

/// The index as the tables are now, and the names of the units.
pub async fn current(app: &App) -> Result<(Arc<Current>, Arc<Names>), AppError> {
    let current = app.shelf.get::<Current>();
    let seen = current.seen.load_full();
    let behind = match seen.clone() {
        None => true,
        Some(seen) => app.read(move |conn| Ok(!news(conn, &seen)?.is_empty())).await?,
    };
    if behind {
        current.clone().catch_up(app).await?;
    }
    let names = current.seen.load().as_ref().map(|seen| Arc::clone(&seen.names));
    Ok((current, names.ok_or(AppError::Unavailable)?))
}

/// Makes the index before anybody asks for it.
pub async fn warm(app: App) {
    if let Err(e) = current(&app).await {
        tracing::warn!(error = %e, "the search could not be made ready; whoever asks first makes it");
    }
}

impl Current {
    pub fn look<T>(&self, at: impl FnOnce(&Index) -> T) -> T {
        at(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn catch_up(self: Arc<Self>, app: &App) -> Result<(), AppError> {
        let turn = Arc::clone(&self);
        let _turn = turn.turn.lock().await;
        // Making an index takes a while: a thread of the database has the time, one that answers has not.
        app.read(move |conn| {
            let seen = match self.seen.load_full() {
                None => self.read_all(conn)?,
                Some(seen) => match self.follow(conn, &seen)? {
                    Some(seen) => seen,
                    None => return Ok(()),
                },
            };
            self.seen.store(Some(Arc::new(seen)));
            Ok(())
        })
        .await
    }

    fn read_all(&self, conn: &mut DbConn) -> Result<Seen, AppError> {
        forget_foreign(conn)?;
        // The horizon first: what changes meanwhile is read again, never missed.
        let horizon = horizon(conn)?;
        let names = catalogue::names(conn)?;
        let mut index = Index::default();
        for source in SOURCES {
            for entry in catalogue::entries(conn, &names, source, None)? {
                index.put(Arc::new(entry));
            }
        }
        tracing::info!(entries = index.len(), "the search is ready");
        self.replace(index);
        Ok(Seen { horizon, followed: HashSet::new(), names: Arc::new(names) })
    }

    /// Follows what is new; `None` when somebody else has done so meanwhile.
    fn follow(&self, conn: &mut DbConn, seen: &Seen) -> Result<Option<Seen>, AppError> {
        let horizon = horizon(conn)?;
        let news = news(conn, seen)?;
        if news.is_empty() {
            return Ok(None);
        }
        if news.len() > BY_NAME || news.iter().any(|(source, _, _)| source == UNITS) {
            return self.read_all(conn).map(Some);
        }
        let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (source, row, _) in &news {
            rows.entry(source.clone()).or_default().push(row.clone());
        }
        if let Some(enterprises) = rows.get(ENTERPRISES) {
            let contacts = catalogue::contacts_of(conn, enterprises)?;
            rows.entry(CONTACTS.to_owned()).or_default().extend(contacts);
        }
        for (source, ids) in &rows {
            for ids in ids.chunks(AT_ONCE) {
                let entries = catalogue::entries(conn, &seen.names, source, Some(ids))?;
                let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
                ids.iter().for_each(|id| index.take_out(&catalogue::key(source, id)));
                entries.into_iter().for_each(|entry| index.put(Arc::new(entry)));
            }
        }
        if self.look(Index::is_worn) {
            let anew = self.look(Index::made_anew);
            self.replace(anew);
        }
        let followed = seen.followed.iter().cloned().chain(news).filter(|(_, _, mark)| *mark >= horizon);
        let followed = followed.collect();
        Ok(Some(Seen { horizon, followed, names: Arc::clone(&seen.names) }))
    }

    fn replace(&self, index: Index) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
    }
}

/// Notes that were not followed yet.
fn news(conn: &mut DbConn, seen: &Seen) -> Result<Vec<Note>, AppError> {
    use search_changes as t;
    let notes: Vec<Note> =
        t::table.filter(t::mark.ge(seen.horizon)).select((t::source, t::row_id, t::mark)).load(conn)?;
    Ok(notes.into_iter().filter(|note| !seen.followed.contains(note)).collect())
}

#[derive(QueryableByName)]
struct Mark {
    #[diesel(sql_type = BigInt)]
    mark: i64,
}

/// Whatever is written from now on has this mark or a greater one.
fn horizon(conn: &mut DbConn) -> Result<i64, AppError> {
    let mark: Mark = match conn {
        DbConn::Sqlite(conn) => {
            diesel::sql_query("SELECT COALESCE(MAX(mark), 0) + 1 AS mark FROM search_changes")
                .get_result(conn)?
        }
        DbConn::Pg(conn) => {
            diesel::sql_query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS mark")
                .get_result(conn)?
        }
    };
    Ok(mark.mark)
}

/// After a copy was restored in another cluster, marks of transactions that it has not reached would be new for ever.
fn forget_foreign(conn: &mut DbConn) -> Result<(), AppError> {
    if let DbConn::Pg(conn) = conn {
        let reached =
            "DELETE FROM search_changes WHERE mark > pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        diesel::sql_query(reached).execute(conn)?;
    }
    Ok(())
}
