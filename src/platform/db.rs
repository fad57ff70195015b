//! One database with two faces: SQLite (embedded, group commit) and PostgreSQL.
//!
//! `read` and `write` run a closure on a database thread. A write is one transaction, and its answer is
//! given only after the commit: a 2xx is durable. On SQLite one thread drains its queue into a single
//! `BEGIN IMMEDIATE`, each job in a savepoint, and commits once for all of them.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::sync::oneshot;

use crate::error::AppError;

const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const MIGRATION_LOCK: i64 = 0x70616c6d;
const QUEUE: usize = 4096;
const GROUP: usize = 256;
const RETRIES: u32 = 6;

#[derive(diesel::MultiConnection)]
pub enum DbConn {
    Pg(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

type DbJob = Box<dyn FnOnce(&mut DbConn) -> After + Send>;
/// What is left to do once it is known whether the transaction was committed.
type After = Box<dyn FnOnce(Result<(), DieselError>) + Send>;
type ReadJob = Box<dyn FnOnce(&mut DbConn) + Send>;

/// Where the tables are and how they are kept.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `sqlite://path/to/file.db` or `postgres://…`
    pub url: String,
    /// Connections to PostgreSQL; SQLite has one writer and two readers.
    pub connections: usize,
    /// Accept settings that can lose acknowledged writes; for tests alone.
    pub unsafe_for_tests: bool,
    /// Commit each SQLite write by itself; the yardstick of the bench.
    pub single_commit: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("PALM_DATABASE_URL: {0:?} is neither sqlite://… nor postgres://…")]
    Scheme(String),
    #[error("PALM_DATABASE_URL: cannot connect: {0}")]
    Connect(#[from] ConnectionError),
    #[error("database: {0}")]
    Query(#[from] DieselError),
    #[error("migration: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
    #[error("PALM_DATABASE_URL: {0} is {1}; acknowledged writes could be lost")]
    Unsafe(&'static str, String),
    #[error("database files or threads: {0}")]
    Io(#[from] std::io::Error),
    #[error("backup: {0}")]
    Backup(String),
}

/// Handles to the database threads; cheap to clone.
#[derive(Clone)]
pub struct Database {
    reads: Sender<ReadJob>,
    writes: Sender<DbJob>,
    backend: Backend,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub fn of(url: &str) -> Result<Self, DatabaseError> {
        if url.starts_with("sqlite://") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres)
        } else {
            Err(DatabaseError::Scheme(url.to_owned()))
        }
    }
}

impl Database {
    /// Connects and starts the threads; refuses settings under which a 2xx would not be durable.
    pub fn open(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let backend = Backend::of(&settings.url)?;
        let mut first = connect(settings)?;
        if !settings.unsafe_for_tests {
            refuse_unsafe(&mut first)?;
        }
        drop(first);
        let (writes, write_jobs) = bounded(QUEUE);
        let (reads, read_jobs) = bounded(QUEUE);
        let (writers, readers) = match backend {
            Backend::Sqlite => (1, 2),
            Backend::Postgres => (settings.connections.max(2) / 2, settings.connections.max(2).div_ceil(2)),
        };
        for n in 0..writers {
            let (settings, jobs) = (settings.clone(), write_jobs.clone());
            std::thread::Builder::new().name(format!("db-write-{n}")).spawn(move || match backend {
                Backend::Sqlite => group_commits(&settings, &jobs),
                Backend::Postgres => single_commits(&settings, &jobs),
            })?;
        }
        for n in 0..readers {
            let (settings, jobs) = (settings.clone(), read_jobs.clone());
            std::thread::Builder::new()
                .name(format!("db-read-{n}"))
                .spawn(move || read_all(&settings, &jobs))?;
        }
        Ok(Self { reads, writes, backend })
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Runs a query outside any transaction.
    pub async fn read<T, F>(&self, query: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConn) -> Result<T, AppError> + Send + 'static,
    {
        let (answer, asked) = oneshot::channel();
        let job: ReadJob = Box::new(move |conn| {
            let _ = answer.send(query(conn));
        });
        send(&self.reads, job)?;
        asked.await.map_err(|_| AppError::Unavailable)?
    }

    /// Runs `change` in one transaction and answers after its commit. `change` may run again when the
    /// database asks for it, so it keeps its effects in the database. An error rolls everything back.
    pub async fn write<T, F>(&self, change: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: Fn(&mut DbConn) -> Result<T, AppError> + Send + 'static,
    {
        let (answer, asked) = oneshot::channel();
        let job: DbJob = Box::new(move |conn| {
            let outcome = in_transaction(conn, &change);
            Box::new(move |committed| {
                let _ = answer.send(match (outcome, committed) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Ok(_), Err(lost)) => Err(lost.into()),
                    (Err(refused), _) => Err(refused),
                });
            })
        });
        send(&self.writes, job)?;
        asked.await.map_err(|_| AppError::Unavailable)?
    }
}

fn send<J>(queue: &Sender<J>, job: J) -> Result<(), AppError> {
    queue.try_send(job).map_err(|e| match e {
        TrySendError::Full(_) | TrySendError::Disconnected(_) => AppError::Unavailable,
    })
}

/// One transaction, or a savepoint inside the group's; tried again when PostgreSQL asks for it.
fn in_transaction<T>(
    conn: &mut DbConn,
    change: &dyn Fn(&mut DbConn) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let mut tries = 0;
    loop {
        match conn.transaction(|conn| change(conn)) {
            Err(AppError::Database(e)) if is_retryable(&e) && tries < RETRIES => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(2 << tries));
            }
            outcome => return outcome,
        }
    }
}

/// Deadlocks, lock time-outs and serialization failures: the same statement may succeed now.
pub fn is_retryable(e: &DieselError) -> bool {
    match e {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // diesel has no kind for 40P01, 55P03 and SQLITE_BUSY: only their text tells.
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            ["database is locked", "deadlock detected", "lock timeout"]
                .iter()
                .any(|t| info.message().contains(t))
        }
        _ => false,
    }
}

fn group_commits(settings: &DatabaseSettings, jobs: &Receiver<DbJob>) {
    let mut held = None;
    while let Ok(first) = jobs.recv() {
        let Some(conn) = connected(&mut held, settings) else { continue };
        if let Err(e) = begin_immediate(conn) {
            tracing::error!(error = %e, "cannot begin");
            held = None;
            continue;
        }
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            group.extend(run(conn, job));
            next = if settings.single_commit || group.len() >= GROUP { None } else { jobs.try_recv().ok() };
        }
        let committed = <DbConn as Connection>::TransactionManager::commit_transaction(conn);
        let failure = committed.err().map(|e| e.to_string());
        for after in group {
            after(failure.as_ref().map_or(Ok(()), |text| Err(lost(text))));
        }
        if let Some(text) = failure {
            tracing::error!(error = text, "a group of writes was not committed");
            held = None;
        }
    }
}

fn lost(text: &str) -> DieselError {
    DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(text.to_owned()))
}

fn single_commits(settings: &DatabaseSettings, jobs: &Receiver<DbJob>) {
    let mut held = None;
    while let Ok(job) = jobs.recv() {
        let Some(conn) = connected(&mut held, settings) else { continue };
        if let Some(after) = run(conn, job) {
            after(Ok(()));
        }
        if is_broken(conn) {
            held = None;
        }
    }
}

fn read_all(settings: &DatabaseSettings, jobs: &Receiver<ReadJob>) {
    let mut held = None;
    while let Ok(job) = jobs.recv() {
        let Some(conn) = connected(&mut held, settings) else { continue };
        let sound = catch_unwind(AssertUnwindSafe(|| job(conn))).is_ok();
        if !sound || is_broken(conn) {
            held = None;
        }
    }
}

fn run(conn: &mut DbConn, job: DbJob) -> Option<After> {
    // A panic must not end the thread; the caller sees its channel closed, which is "unknown".
    let after = catch_unwind(AssertUnwindSafe(|| job(conn)));
    if after.is_err() {
        tracing::error!("a database job panicked");
    }
    after.ok()
}

fn connected<'a>(held: &'a mut Option<DbConn>, settings: &DatabaseSettings) -> Option<&'a mut DbConn> {
    if held.is_none() {
        match connect(settings) {
            Ok(conn) => *held = Some(conn),
            Err(e) => tracing::error!(error = %e, "no connection to the database"),
        }
    }
    held.as_mut()
}

fn is_broken(conn: &mut DbConn) -> bool {
    use diesel::connection::TransactionManagerStatus;
    let status = <DbConn as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    !matches!(status, TransactionManagerStatus::Valid(s) if s.transaction_depth().is_none())
        // diesel takes the answer to an empty query for an error.
        || if let DbConn::Pg(pg) = conn { pg.batch_execute("SELECT 1").is_err() } else { false }
}

/// A connection with every setting that this house relies on.
pub fn connect(settings: &DatabaseSettings) -> Result<DbConn, DatabaseError> {
    Ok(match Backend::of(&settings.url)? {
        Backend::Sqlite => {
            let mut conn = SqliteConnection::establish(settings.url.trim_start_matches("sqlite://"))?;
            conn.batch_execute(
                "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
                 PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;",
            )?;
            if settings.unsafe_for_tests {
                conn.batch_execute("PRAGMA synchronous=OFF;")?;
            }
            DbConn::Sqlite(conn)
        }
        Backend::Postgres => {
            let mut conn = PgConnection::establish(&settings.url)?;
            conn.batch_execute(
                "SET TIME ZONE 'UTC'; SET lock_timeout='5s'; SET statement_timeout='15s'; \
                 SET idle_in_transaction_session_timeout='30s';",
            )?;
            DbConn::Pg(conn)
        }
    })
}

fn begin_immediate(conn: &mut DbConn) -> QueryResult<()> {
    match conn {
        DbConn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
        DbConn::Pg(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Pragma {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    synchronous: i32,
}

fn refuse_unsafe(conn: &mut DbConn) -> Result<(), DatabaseError> {
    match conn {
        DbConn::Sqlite(conn) => {
            let pragma: Pragma = diesel::sql_query("PRAGMA synchronous").get_result(conn)?;
            if pragma.synchronous < 2 {
                return Err(DatabaseError::Unsafe("PRAGMA synchronous", pragma.synchronous.to_string()));
            }
        }
        DbConn::Pg(conn) => {
            for name in ["synchronous_commit", "fsync", "full_page_writes"] {
                let sql = format!("SELECT current_setting('{name}') AS value");
                let setting: Setting = diesel::sql_query(sql).get_result(conn)?;
                if setting.value == "off" {
                    return Err(DatabaseError::Unsafe(name, setting.value));
                }
            }
        }
    }
    Ok(())
}

/// Brings the tables up to date, one instance at a time; gives how many migrations ran.
pub fn migrate(settings: &DatabaseSettings) -> Result<usize, DatabaseError> {
    if let Some(folder) =
        settings.url.strip_prefix("sqlite://").and_then(|p| std::path::Path::new(p).parent())
    {
        std::fs::create_dir_all(folder)?;
    }
    match connect(settings)? {
        DbConn::Sqlite(mut conn) => {
            conn.run_pending_migrations(SQLITE_MIGRATIONS).map(|v| v.len()).map_err(DatabaseError::Migration)
        }
        DbConn::Pg(mut conn) => {
            conn.batch_execute(&format!(
                "SET statement_timeout=0; SET lock_timeout=0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
            ))?;
            let ran = conn.run_pending_migrations(POSTGRES_MIGRATIONS).map(|v| v.len());
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
            ran.map_err(DatabaseError::Migration)
        }
    }
}

/// A whole and consistent copy of the embedded database at `to`, taken while it is used (`VACUUM INTO`).
/// PostgreSQL has `pg_dump`.
pub fn backup(settings: &DatabaseSettings, to: &std::path::Path) -> Result<(), DatabaseError> {
    let refuse = |why: String| Err(DatabaseError::Backup(why));
    let Some(from) = settings.url.strip_prefix("sqlite://").map(std::path::Path::new) else {
        return refuse("PALM_DATABASE_URL is PostgreSQL; use pg_dump".to_owned());
    };
    if !from.is_file() {
        return refuse(format!("PALM_DATABASE_URL: {} is not there", from.display()));
    }
    if to.exists() {
        return refuse(format!("{} is there already; choose another name", to.display()));
    }
    if let DbConn::Sqlite(mut conn) = connect(settings)? {
        let name = to.display().to_string();
        diesel::sql_query("VACUUM INTO ?").bind::<diesel::sql_types::Text, _>(name).execute(&mut conn)?;
    }
    // It holds personal data, and it must outlive a power cut like the database itself.
    let file = std::fs::File::open(to)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file.sync_all()?)
}

/// Whether every migration that this program knows has run.
pub fn is_migrated(conn: &mut DbConn) -> bool {
    match conn {
        DbConn::Sqlite(conn) => conn.has_pending_migration(SQLITE_MIGRATIONS),
        DbConn::Pg(conn) => conn.has_pending_migration(POSTGRES_MIGRATIONS),
    }
    .is_ok_and(|pending| !pending)
}

/// Whether a statement failed because a unique rule of the schema forbids it.
pub fn is_unique_violation(e: &DieselError) -> bool {
    matches!(e, DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}

/// For `LIKE … ESCAPE '\'`: whatever holds these words, none of them a wildcard.
pub fn containing(words: &str) -> String {
    format!("%{}", beginning(words))
}

/// For `LIKE … ESCAPE '\'`: whatever begins with these words, none of them a wildcard.
pub fn beginning(words: &str) -> String {
    let escaped = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{escaped}%")
}

/// Runs one body on the connection of either database: batch inserts, and syntax that only diesel's own back ends take.
#[macro_export]
macro_rules! each_database {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::platform::db::DbConn::Pg($c) => $body,
            $crate::platform::db::DbConn::Sqlite($c) => $body,
        }
    };
}

/// A statement that is valid on both databases but that the derived enum refuses: `ON CONFLICT`, `UNION`.
#[derive(Clone, Copy)]
pub struct Both<T>(pub T);
impl<T> QueryFragment<MultiBackend> for Both<T>
where
    T: QueryFragment<diesel::pg::Pg> + QueryFragment<diesel::sqlite::Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}
impl<T: QueryId> QueryId for Both<T> {
    type QueryId = T::QueryId;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}
impl<T: Query> Query for Both<T> {
    type SqlType = T::SqlType;
}
impl<T> RunQueryDsl<DbConn> for Both<T> {}

/// `SELECT … FOR UPDATE` on PostgreSQL (with `SKIP LOCKED` when asked); nothing on SQLite, where a write excludes all others.
#[derive(Clone, Copy)]
pub struct Locked<T> {
    pub query: T,
    pub skip: bool,
}
impl<T: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Locked<T> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.query.walk_ast(pass.reborrow())?;
        pass.unsafe_to_cache_prepared();
        if matches!(pass.backend(), MultiBackend::Pg(_)) {
            pass.push_sql(if self.skip { " FOR UPDATE SKIP LOCKED" } else { " FOR UPDATE" });
        }
        Ok(())
    }
}
impl<T: QueryId> QueryId for Locked<T> {
    type QueryId = T::QueryId;
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<T: Query> Query for Locked<T> {
    type SqlType = T::SqlType;
}
impl<T> RunQueryDsl<DbConn> for Locked<T> {}
