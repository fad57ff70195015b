//! 存证报告: the evidence of one agreement as a paper for people and as a bundle for programs.
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::app::App;
use crate::deals::leads::EntryProof;
use crate::deals::signings::agreement::Whole;
use crate::deals::signings::anchor::{Anchor, leaf};
use crate::deals::signings::annex::AnnexRecord;
use crate::deals::signings::bundle::{self, Contents, EntryRecord, EvidenceRecord, PartyRecord};
use crate::deals::signings::evidence::{self, Evidence};
use crate::deals::signings::paper::EVIDENCE_REPORT;
use crate::deals::signings::seal::SealUse;
use crate::deals::signings::strokes::Strokes;
use crate::error::AppError;
use crate::people::auth::Actor;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::FileId;
use crate::platform::note::Key;
use crate::platform::pdf::{self, Examination, Sheet};
use crate::schema::agreement_revisions;

/// Everything that is known about one agreement, as it stands.
pub struct Case {
    whole: Whole,
    chain: Vec<Evidence>,
    record: EvidenceRecord,
    /// As the report shows it
    anchor: Option<Value>,
    proof: Option<EntryProof>,
    /// Pictures of the seals that were used, by their SHA-256
    seals: Vec<(String, FileId)>,
    /// Handwriting that the person who asks may see, by its SHA-256
    strokes: Vec<(String, Vec<u8>)>,
}

impl Case {
    /// As this person may see it; `key` is that of the ledger.
    pub fn of(conn: &mut DbConn, whole: Whole, actor: &Actor, key: &Key) -> Result<Self, AppError> {
        use agreement_revisions as r;
        let id = whole.agreement.id.clone();
        let chain = Evidence::all(conn, &id)?;
        let revisions = r::table
            .filter(r::agreement_id.eq(&id))
            .order(r::revision.asc())
            .select((r::revision, r::kind, r::sha256))
            .load(conn)?;
        let held = match chain.last() {
            Some(last) => {
                Anchor::holding(conn, &leaf(&whole.agreement.number, last.seq, &last.hash), last.at)?
            }
            None => None,
        };
        let anchor = held.as_ref().map(|(anchor, entry)| {
            json!({"day": anchor.day, "sequence": entry.sequence, "entry_hash": entry.entry_hash})
        });
        let proof = match held {
            Some((_, entry)) => EntryProof::of(conn, entry, key)?,
            None => None,
        };
        let used = SealUse::of(conn, &id)?;
        let party = |p: &crate::deals::signings::agreement::Party| PartyRecord {
            title: p.title.clone(),
            organisation: p.organisation.clone(),
            signer_name: p.signer_name.clone(),
            certificate_serial: p.certificate_serial.clone(),
            certificate_sha256: p.certificate_sha256.clone(),
            seal_name: used.get(&p.id).map(|seal| seal.seal_name.clone()),
            seal_sha256: used.get(&p.id).map(|seal| seal.picture_sha256.clone()),
        };
        let record = EvidenceRecord {
            format: "palm-evidence-1".to_owned(),
            number: whole.agreement.number.clone(),
            text_sha256: whole.agreement.text_sha256.clone(),
            revisions,
            parties: whole.parties.iter().map(party).collect(),
            annexes: whole.annexes.iter().map(AnnexRecord::from).collect(),
            entries: chain.iter().map(EntryRecord::from).collect(),
        };
        let seals = SealUse::pictures(conn, &id)?;
        let strokes = Strokes::seen_by(conn, &whole, actor)?;
        Ok(Self { whole, chain, record, anchor, proof, seals, strokes })
    }

    /// The report, PDF.
    pub async fn report(self, app: &App) -> Result<Vec<u8>, AppError> {
        let (house, now) = (app.clone(), app.now());
        app.paper.work(move || self.set(&house, now).map(|(report, _)| report)).await
    }

    /// The bundle, tar.
    pub async fn bundle(self, app: &App) -> Result<Vec<u8>, AppError> {
        let (house, now) = (app.clone(), app.now());
        app.paper
            .work(move || {
                let (report, file) = self.set(&house, now)?;
                let seals = self.seals.iter().map(|(sha256, id)| Ok((sha256.clone(), house.files.get(id)?)));
                let seals: Vec<(String, Vec<u8>)> = seals.collect::<Result<_, AppError>>()?;
                let annexes = self.whole.annexes.iter().map(|annex| Ok(house.files.get(&annex.file_id)?));
                let annexes: Vec<Vec<u8>> = annexes.collect::<Result<_, AppError>>()?;
                bundle::pack(&Contents {
                    agreement: &file,
                    record: &self.record,
                    anchor: self.proof.as_ref(),
                    report: &report,
                    seals: &seals,
                    strokes: &self.strokes,
                    annexes: &annexes,
                    trust: &house.trust(),
                    at: now.utc(),
                })
                .map_err(AppError::internal)
            })
            .await
    }

    fn set(&self, app: &App, now: Time) -> Result<(Vec<u8>, Vec<u8>), AppError> {
        let file = app.files.get(self.whole.head()?.0)?;
        let seen = pdf::examine(&file, &app.trust(), now.utc());
        let data = self.data(&seen, now);
        let sheet =
            Sheet { template: EVIDENCE_REPORT, data: &data, files: &[], date: now.day(), tagged: true };
        let paper = pdf::set(&*app.paper.engine()?, &sheet)?;
        Ok((paper.pdf, file))
    }

    fn data(&self, seen: &Examination, now: Time) -> Value {
        let a = &self.whole.agreement;
        let entries: Vec<Value> = self
            .chain
            .iter()
            .map(|e| {
                json!({
                    "seq": e.seq, "at": beijing(e.at), "actor": e.actor_name, "action": e.action.zh(),
                    "payload": e.payload, "hash": e.hash,
                })
            })
            .collect();
        let signatures: Vec<Value> = seen
            .signatures
            .iter()
            .map(|s| {
                json!({
                    "signer": s.signer, "serial": s.certificate_serial, "certificate_sha256": s.certificate_sha256,
                    "at": s.signed_at.map(|at| beijing(at.into())), "authority": s.timestamp_authority,
                    "intact": s.intact && s.trusted, "stamped": s.timestamp_ok, "locks": s.locks,
                    "evidence_head": s.evidence_head,
                })
            })
            .collect();
        json!({
            "number": a.number, "project": a.project_name, "state": a.state.zh(), "made_at": beijing(now),
            "document_sha256": seen.sha256, "text_sha256": a.text_sha256, "sentence": seen.sentence, "long_term": seen.long_term.zh(),
            "chain_holds": evidence::first_break(&self.chain).is_none(),
            "anchor": self.anchor,
            "annexes": self.record.annexes, "parties": self.record.parties, "revisions": self.record.revisions, "entries": entries,
            "signatures": signatures,
        })
    }
}

/// As a reader in China reads it.
fn beijing(at: Time) -> String {
    at.in_china().format("%Y-%m-%d %H:%M:%S").to_string()
}
