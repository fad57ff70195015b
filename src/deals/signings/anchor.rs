//! 存证锚定: once a day the heads of the evidence chains are set into a chain of their own, under a time stamp.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::hash_chain::{GENESIS, canonical, entry_hash, sha256_hex};
use crate::platform::pki::{StampFault, request_token};
use crate::schema::{agreement_evidence, agreements, evidence_anchors};

/// Entries written while an anchor was made are taken again with the next.
const OVERLAP: Duration = Duration::hours(1);

/// One day's anchor; the table refuses to change it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = evidence_anchors)]
pub struct Anchor {
    pub seq: i32,
    /// The day in China on which it was made
    pub day: NaiveDate,
    /// One [`leaf`] a line, sorted
    pub leaves: String,
    pub leaves_sha256: String,
    pub previous_hash: String,
    /// `entry_hash` of seq, day, `leaves_sha256` and `previous_hash`
    pub hash: String,
    /// RFC 3161 token over the text of `hash`
    pub token: Vec<u8>,
    pub made_at: Time,
}

/// As it travels in a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnchorRecord {
    pub seq: i32,
    pub day: String,
    pub leaves: Vec<String>,
    pub previous_hash: String,
    pub hash: String,
    /// DER in base 64
    pub token: String,
}

/// What stands for one agreement's chain at one entry; it tells nobody else anything.
pub fn leaf(number: &str, seq: i32, head: &str) -> String {
    sha256_hex(canonical(&json!({"agreement": number, "head": head, "seq": seq})))
}

fn leaves_digest(leaves: &str) -> String {
    sha256_hex(leaves)
}

impl AnchorRecord {
    /// Whether the record's own hash follows from what it says.
    pub fn holds(&self) -> bool {
        let leaves = leaves_digest(&self.leaves.join("\n"));
        self.hash == entry_hash(i64::from(self.seq), &self.day, &leaves, &self.previous_hash)
    }
    pub fn contains(&self, leaf: &str) -> bool {
        self.leaves.iter().any(|known| known == leaf)
    }
    pub fn token_der(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.token).ok()
    }
}

impl From<Anchor> for AnchorRecord {
    fn from(a: Anchor) -> Self {
        Self {
            seq: a.seq,
            day: a.day.to_string(),
            leaves: a.leaves.lines().map(str::to_owned).collect(),
            previous_hash: a.previous_hash,
            hash: a.hash,
            token: STANDARD.encode(a.token),
        }
    }
}

impl Anchor {
    fn last(conn: &mut DbConn) -> Result<Option<Self>, AppError> {
        use evidence_anchors as t;
        Ok(t::table.order(t::seq.desc()).first(conn).optional()?)
    }

    /// The first anchor made after `at`, which holds everything written before.
    pub fn after(conn: &mut DbConn, at: Time) -> Result<Option<Self>, AppError> {
        use evidence_anchors as t;
        Ok(t::table.filter(t::made_at.ge(at)).order(t::seq.asc()).first(conn).optional()?)
    }

    /// Whether every anchor follows from the one before; the first that does not.
    pub fn first_break(conn: &mut DbConn) -> Result<Option<i32>, AppError> {
        use evidence_anchors as t;
        let all: Vec<Self> = t::table.order(t::seq.asc()).load(conn)?;
        let mut previous = GENESIS.to_owned();
        for (anchor, n) in all.into_iter().zip(1..) {
            let (seq, record) = (anchor.seq, AnchorRecord::from(anchor));
            if seq != n || record.previous_hash != previous || !record.holds() {
                return Ok(Some(seq));
            }
            previous = record.hash;
        }
        Ok(None)
    }
}

/// Heads of the chains that grew since the last anchor.
fn grown_heads(conn: &mut DbConn, since: Option<Time>) -> Result<Vec<(String, i32, String)>, AppError> {
    use {agreement_evidence as e, agreements as t};
    let mut query = e::table
        .inner_join(t::table)
        .select((t::number, e::seq, e::hash))
        .order((t::number.asc(), e::seq.asc()))
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(e::at.gt(since.minus(OVERLAP)));
    }
    let entries: Vec<(String, i32, String)> = query.load(conn)?;
    let mut heads: Vec<(String, i32, String)> = Vec::new();
    for entry in entries {
        if heads.last().is_some_and(|last| last.0 == entry.0) {
            heads.pop();
        }
        heads.push(entry);
    }
    Ok(heads)
}

/// Makes today's anchor once, whatever number of instances try. Without a time stamp there is none: the next
/// round tries again.
pub async fn anchor_evidence(app: App) -> Result<(), AppError> {
    let now = app.now();
    let (last, heads) = app
        .read(move |conn| {
            let last = Anchor::last(conn)?;
            if last.as_ref().is_some_and(|last| last.day >= now.day()) {
                return Ok((last, Vec::new()));
            }
            let heads = grown_heads(conn, last.as_ref().map(|last| last.made_at))?;
            Ok((last, heads))
        })
        .await?;
    if heads.is_empty() {
        return Ok(());
    }
    let mut leaves: Vec<String> = heads.iter().map(|(number, seq, head)| leaf(number, *seq, head)).collect();
    leaves.sort_unstable();
    let leaves = leaves.join("\n");
    let (seq, previous_hash) = last.map_or((1, GENESIS.to_owned()), |last| (last.seq + 1, last.hash));
    let leaves_sha256 = leaves_digest(&leaves);
    let hash = entry_hash(i64::from(seq), &now.day().to_string(), &leaves_sha256, &previous_hash);
    let (house, stamped) = (app.clone(), hash.clone());
    let stamp = move || {
        let transport = house.time.transport(&house.authority, now.utc());
        request_token(stamped.as_bytes(), &*transport).map_err(|e| AppError::internal(StampFault::of(&e)))
    };
    let token = actix_web::web::block(stamp).await.map_err(AppError::internal)??;
    let anchor =
        Anchor { seq, day: now.day(), leaves, leaves_sha256, previous_hash, hash, token, made_at: now };
    let write = move |conn: &mut DbConn| {
        match diesel::insert_into(evidence_anchors::table).values(anchor.clone()).execute(conn) {
            // Another instance was first.
            Err(e) if is_unique_violation(&e) => Err(AppError::Conflict(&crate::error::CONFLICT)),
            other => other.map(|_| ()).map_err(AppError::from),
        }
    };
    match app.db.write(write).await {
        Err(AppError::Conflict(_)) => Ok(()),
        other => other,
    }
}
