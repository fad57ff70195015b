//! A database of its own for each test, copied from one that the migrations have made once for this build.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use palm::platform::{db, id};
use tempfile::TempDir;

/// Where the tables of one test are; gone when the test is.
pub struct Place {
    folder: TempDir,
    database: Option<Database>,
    pub url: String,
}

/// One of a PostgreSQL server's.
struct Database {
    server: String,
    name: String,
}

impl Place {
    /// Migrated, and empty.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        match std::env::var("PALM_TEST_POSTGRES") {
            Err(_) => {
                let file = folder.path().join("palm.db");
                std::fs::copy(sqlite_template(), &file).unwrap();
                Self { folder, database: None, url: format!("sqlite://{}", file.display()) }
            }
            Ok(server) => {
                let template = postgres_template(&server);
                let name = format!("t{}", id::fresh().replace('-', ""));
                execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"));
                let url = at(&server, &name);
                Self { folder, database: Some(Database { server, name }), url }
            }
        }
    }
    pub fn is_postgres(&self) -> bool {
        self.database.is_some()
    }
    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Database { server, name }) = &self.database {
            execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// This build of the tests: another has other migrations.
fn build() -> String {
    let program = std::env::current_exe().unwrap();
    let built = program.metadata().unwrap().modified().unwrap();
    let mut hash = DefaultHasher::new();
    (program, built).hash(&mut hash);
    format!("palm_{:016x}", hash.finish())
}

fn sqlite_template() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let template = folder.join(format!("{}.db", build()));
    if !template.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let own = tempfile::tempdir_in(&folder).unwrap();
        let file = own.path().join("palm.db");
        migrate(&format!("sqlite://{}", file.display()));
        // What is still in the log must be in the file.
        let mut conn = connect(&format!("sqlite://{}", file.display()));
        batch(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)");
        drop(conn);
        std::fs::rename(&file, &template).unwrap();
    }
    template
}

fn postgres_template(server: &str) -> String {
    let template = build();
    let mut conn = connect(server);
    // Whoever comes first makes it, the others wait; nobody sees half of it.
    batch(&mut conn, "SET lock_timeout='60s'; SELECT pg_advisory_lock(7306)");
    if !has_database(&mut conn, &template) {
        let raw = format!("{template}_raw");
        batch(&mut conn, &format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)"));
        batch(&mut conn, &format!("CREATE DATABASE {raw}"));
        migrate(&at(server, &raw));
        batch(&mut conn, &format!("ALTER DATABASE {raw} RENAME TO {template}"));
    }
    template
}

fn has_database(conn: &mut db::DbConn, name: &str) -> bool {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let query = format!("SELECT count(*) AS n FROM pg_database WHERE datname = '{name}'");
    diesel::sql_query(query).get_result::<Found>(conn).unwrap().n > 0
}

/// The address of another database of the same server.
fn at(server: &str, name: &str) -> String {
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{name}")
}

fn settings(url: &str) -> db::DatabaseSettings {
    db::DatabaseSettings { url: url.to_owned(), connections: 1, unsafe_for_tests: true, single_commit: false }
}

fn migrate(url: &str) {
    db::migrate(&settings(url)).unwrap();
}

fn connect(url: &str) -> db::DbConn {
    db::connect(&settings(url)).unwrap()
}

fn batch(conn: &mut db::DbConn, sql: &str) {
    match conn {
        db::DbConn::Pg(conn) => conn.batch_execute(sql).unwrap(),
        db::DbConn::Sqlite(conn) => conn.batch_execute(sql).unwrap(),
    }
}

fn execute(server: &str, sql: &str) {
    batch(&mut connect(server), sql);
}
