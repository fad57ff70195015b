//! Every table as it stands, so that a test can say that nothing changed.
use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use palm::platform::db::DbConn;
use palm::platform::hash_chain::sha256_hex;

use super::TestApp;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Content {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Rows and hash of the content of every table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables(BTreeMap<String, (i64, String)>);

impl Tables {
    pub async fn read(test: &TestApp) -> Self {
        test.app.read(|conn| Ok(Self(all(conn)?))).await.unwrap()
    }

    /// Tables that differ.
    pub fn changed(&self, later: &Self) -> Vec<String> {
        let differs = |(name, before): (&String, &(i64, String))| {
            let after = later.0.get(name);
            (after != Some(before))
                .then(|| format!("{name}: {} rows, then {:?}", before.0, after.map(|a| a.0)))
        };
        self.0.iter().filter_map(differs).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A number that a query gives as `n`.
pub async fn count(test: &TestApp, sql: &str) -> i64 {
    let sql = sql.to_owned();
    test.app.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n)).await.unwrap()
}

/// Statements of a test's own, such as the sabotage of a rule.
pub async fn execute(test: &TestApp, statements: &'static [&'static str]) {
    let all = move |conn: &mut DbConn| {
        for sql in statements {
            diesel::sql_query(*sql).execute(conn)?;
        }
        Ok(())
    };
    test.app.db.write(all).await.unwrap();
}

fn all(conn: &mut DbConn) -> QueryResult<BTreeMap<String, (i64, String)>> {
    let names = match conn {
        DbConn::Pg(_) => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()",
        DbConn::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
    };
    let mut parts = Vec::new();
    for Name { name } in diesel::sql_query(names).load::<Name>(conn)? {
        let line = match conn {
            DbConn::Pg(_) => "t::text".to_owned(),
            DbConn::Sqlite(_) => {
                let columns = format!("SELECT name FROM pragma_table_info('{name}')");
                let columns: Vec<String> =
                    diesel::sql_query(columns).load::<Name>(conn)?.into_iter().map(|c| c.name).collect();
                columns.iter().map(|c| format!("quote(\"{c}\")")).collect::<Vec<_>>().join(" || ',' || ")
            }
        };
        let whole = match conn {
            DbConn::Pg(_) => "string_agg(line, '|' ORDER BY line)",
            DbConn::Sqlite(_) => "group_concat(line, '|')",
        };
        parts.push(format!(
            "SELECT '{name}' AS name, COUNT(*) AS rows, {whole} AS content \
             FROM (SELECT {line} AS line FROM {name} t ORDER BY 1) x"
        ));
    }
    // One question instead of a hundred; SQLite takes no more than 500 parts.
    let seen: Vec<Content> = diesel::sql_query(parts.join(" UNION ALL ")).load(conn)?;
    let hashed = |seen: Content| (seen.name, (seen.rows, sha256_hex(seen.content.unwrap_or_default())));
    Ok(seen.into_iter().map(hashed).collect())
}
