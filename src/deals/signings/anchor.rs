//! 存证锚定: once a day the heads of the evidence chains are written into the ledger, under a time stamp.
use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::deals::leads::checkpoint::Checkpoint;
use crate::deals::leads::{EntryKind, LedgerEntry, LedgerHead};
use crate::deals::signings::AgreementId;
use crate::deals::signings::evidence::{self, Evidence};
use crate::error::AppError;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::{canonical, sha256_hex};
use crate::platform::pki::{self, Stamp, StampFault, Trust, request_token};
use crate::schema::{agreement_evidence, agreements};

/// Entries written while an anchor was made are taken again with the next.
const OVERLAP: Duration = Duration::hours(1);
/// The first anchor after an entry holds it, or the next when the entry was written meanwhile.
const NEXT: i64 = 3;

/// What the ledger's entry says of one day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Anchor {
    /// In China, on which it was made
    pub day: String,
    /// One [`leaf`] for each chain that grew, sorted
    pub leaves: Vec<String>,
    /// RFC 3161 token over the canonical day and leaves, DER in base 64
    pub token: String,
}

/// What stands for one agreement's chain at one entry; it tells nobody else anything.
pub fn leaf(number: &str, seq: i32, head: &str) -> String {
    sha256_hex(canonical(&json!({"agreement": number, "head": head, "seq": seq})))
}

fn stamped(day: &str, leaves: &[String]) -> String {
    canonical(&json!({"day": day, "leaves": leaves}))
}

impl Anchor {
    pub fn of(facts: &Value) -> Option<Self> {
        Self::deserialize(facts).ok()
    }

    fn read(entry: &LedgerEntry) -> Option<Self> {
        serde_json::from_str(entry.facts.as_ref()?).ok()
    }

    pub fn contains(&self, leaf: &str) -> bool {
        self.leaves.binary_search_by(|known| known.as_str().cmp(leaf)).is_ok()
    }

    /// What its time stamp says, when that can be read.
    pub fn stamp(&self, trust: &Trust) -> Option<Stamp> {
        let token = STANDARD.decode(&self.token).ok()?;
        pki::check_stamp_token(&token, &[stamped(&self.day, &self.leaves).as_bytes()], trust)
    }

    fn last(conn: &mut DbConn) -> Result<Option<(Time, Self)>, AppError> {
        let newest = LedgerEntry::newest(conn, EntryKind::Anchor)?;
        Ok(newest.and_then(|entry| Some((entry.at, Self::read(&entry)?))))
    }

    /// The first anchor that holds `leaf`, which came to be at `at`, and its entry in the ledger.
    pub fn holding(conn: &mut DbConn, leaf: &str, at: Time) -> Result<Option<(Self, LedgerEntry)>, AppError> {
        let anchors = LedgerEntry::since(conn, EntryKind::Anchor, Some(at.minus(OVERLAP)), NEXT)?;
        let mut read = anchors.into_iter().filter_map(|entry| Some((Self::read(&entry)?, entry)));
        Ok(read.find(|(anchor, _)| anchor.contains(leaf)))
    }
}

/// What a walk over the chains of evidence and the ledger's anchors found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorReport {
    /// Chains that hold
    pub chains: usize,
    /// Anchors that hold
    pub anchors: usize,
    pub broken: Option<String>,
}

impl std::fmt::Display for AnchorReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} chains of evidence, {} anchors", self.chains, self.anchors)?;
        match &self.broken {
            None => write!(f, ": all hold"),
            Some(broken) => write!(f, "; broken: {broken}"),
        }
    }
}

/// Hashes every chain of evidence again and holds it against what was anchored; stops at the first break. Whether
/// the anchors themselves stand unchanged is for the walk over the ledger.
pub fn verify_anchors(conn: &mut DbConn, trust: &Trust) -> Result<AnchorReport, AppError> {
    let mut report = AnchorReport { chains: 0, anchors: 0, broken: None };
    let numbers: Vec<(AgreementId, String)> = agreements::table
        .select((agreements::id, agreements::number))
        .order(agreements::id.asc())
        .load(conn)?;
    let mut known = HashSet::new();
    for (id, number) in numbers {
        let chain = Evidence::all(conn, &id)?;
        if let Some(seq) = evidence::first_break(&chain) {
            report.broken = Some(format!("entry {seq} of the evidence of {number} was changed"));
            return Ok(report);
        }
        known.extend(chain.iter().map(|entry| leaf(&number, entry.seq, &entry.hash)));
        report.chains += 1;
    }
    for entry in LedgerEntry::since(conn, EntryKind::Anchor, None, i64::MAX)? {
        let at = entry.sequence;
        let Some(anchor) = Anchor::read(&entry) else {
            report.broken = Some(format!("the anchor at {at} cannot be read"));
            break;
        };
        if !anchor.stamp(trust).is_some_and(|stamp| stamp.sound) {
            report.broken = Some(format!("the time stamp of the anchor at {at} is not over it"));
            break;
        }
        if !anchor.leaves.iter().all(|leaf| known.contains(leaf)) {
            report.broken = Some(format!("the anchor at {at} holds a chain that is no longer there"));
            break;
        }
        report.anchors += 1;
    }
    Ok(report)
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
    let day = now.day().to_string();
    let today = day.clone();
    let leaves = app
        .read(move |conn| {
            let (at, last) = Anchor::last(conn)?.unzip();
            if last.as_ref().is_some_and(|last| last.day >= today) {
                return Ok(Vec::new());
            }
            let heads = grown_heads(conn, at)?;
            let mut leaves: Vec<String> =
                heads.iter().map(|(number, seq, head)| leaf(number, *seq, head)).collect();
            leaves.retain(|leaf| !last.as_ref().is_some_and(|last| last.contains(leaf)));
            leaves.sort_unstable();
            Ok(leaves)
        })
        .await?;
    if leaves.is_empty() {
        return Ok(());
    }
    let (house, text) = (app.clone(), stamped(&day, &leaves));
    let stamp = move || {
        let transport = house.time.transport(&house.authority, now.utc());
        request_token(text.as_bytes(), &*transport).map_err(|e| AppError::internal(StampFault::of(&e)))
    };
    let token = actix_web::web::block(stamp).await.map_err(AppError::internal)??;
    let anchor = Anchor { day, leaves, token: STANDARD.encode(token) };
    let house = app.clone();
    app.db
        .write(move |conn| {
            let head = LedgerHead::take(conn)?;
            // Another instance was first.
            if Anchor::last(conn)?.is_some_and(|(_, last)| last.day >= anchor.day) {
                return Ok(());
            }
            head.append_evidence(conn, None, EntryKind::Anchor, json!(anchor), now)?;
            // A bundle takes the proof along at once, not only after the hour.
            Checkpoint::sign(conn, &house.ledger_signer, now)?;
            Ok(())
        })
        .await
}
