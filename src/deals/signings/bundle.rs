//! 存证包: everything about one agreement in one file that is checked without us, and the check itself.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deals::leads::{EntryKind, EntryProof};
use crate::deals::signings::anchor::{Anchor, leaf};
use crate::deals::signings::annex::AnnexRecord;
use crate::deals::signings::evidence::{self, Evidence, EvidenceAction};
use crate::platform::hash_chain::{GENESIS, sha256_hex};
use crate::platform::note::Key;
use crate::platform::pdf::{self, Examination, Finding, Verdict};
use crate::platform::pki::Trust;
use crate::platform::tar;

const AGREEMENT: &str = "agreement.pdf";
const EVIDENCE: &str = "evidence.json";
const ANCHOR: &str = "anchor.json";
const REPORT: &str = "report.pdf";
const ROOT: &str = "root.pem";
const STAMP_ROOTS: &str = "stamp-roots.pem";
const STROKES: &str = "strokes-";
const README: &str = "README.txt";
const EXPLAINED: &str = "\
存证包 / evidence bundle

agreement.pdf    协议原件，含全部电子签名 / the agreement with every signature
evidence.json    存证链：每条的 hash = SHA-256(规范化 JSON{action,actor,at,payload_sha256,previous_hash,seq})
                 the chain of evidence; each entry's hash is over its canonical JSON (RFC 8785)
anchor.json      每日锚定：账本中的条目、其 RFC 3161 时间戳、签名检查点及包含证明，账本公钥请与平台公布的核对
                 the daily anchor: its entry in the ledger, time stamp, signed checkpoint and proof of inclusion; absent
                 until one was made; compare the ledger's key with the one that the platform publishes
report.pdf       供人阅读的存证报告 / the report for people
root.pem         平台自签根证书（演示），请与平台公布的核对 / compare it with the one that the platform publishes
annex-….pdf      附件原文，其页面附于协议之后 / the annexes, whose pages stand behind the text
seal-….png       签名中所用印章的图片，名中是其 SHA-256 的前 16 位 / seals in the signatures, by the first 16 digits of their SHA-256
strokes-….json   手写笔迹 [x, y, 毫秒]（仅本人与起草单位的存证包内有），名中是其 SHA-256 的前 16 位
                 how it was written by hand, in the signer's and the office's bundles alone, by the first 16 digits of its SHA-256
stamp-roots.pem  外部时间戳机构的根证书（如有）/ roots of the outside time-stamp authority, if any

离线核验 / off line:  palm verify bundle.tar --root root.pem --ledger-key KEY
其他程序 / other programs:  pyhanko sign adesverify --trust root.pem --trust-replace agreement.pdf
                            （没有长期有效数据时加 --no-revocation-check / which is added while there are no long-term data）
                            pdfsig agreement.pdf ; qpdf --check agreement.pdf
";

/// The evidence as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EvidenceRecord {
    pub format: String,
    pub number: String,
    pub text_sha256: Option<String>,
    /// Revision, kind, SHA-256
    pub revisions: Vec<(i32, String, String)>,
    pub parties: Vec<PartyRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annexes: Vec<AnnexRecord>,
    pub entries: Vec<EntryRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartyRecord {
    pub title: String,
    pub organisation: String,
    pub signer_name: String,
    pub certificate_serial: Option<String>,
    pub certificate_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_name: Option<String>,
    /// Of the picture of the seal that stands in the signature
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_sha256: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryRecord {
    pub seq: i32,
    pub at: String,
    pub actor: Option<String>,
    pub actor_name: String,
    pub action: EvidenceAction,
    /// Canonical JSON, as text: its bytes are what the hash is over
    pub payload: String,
    pub previous_hash: String,
    pub hash: String,
}

impl From<&Evidence> for EntryRecord {
    fn from(e: &Evidence) -> Self {
        Self {
            seq: e.seq,
            at: e.at.to_string(),
            actor: e.actor_id.clone(),
            actor_name: e.actor_name.clone(),
            action: e.action,
            payload: e.payload.clone(),
            previous_hash: e.previous_hash.clone(),
            hash: e.hash.clone(),
        }
    }
}

impl EntryRecord {
    fn computed(&self) -> String {
        evidence::entry_digest(
            self.action,
            self.actor.as_deref(),
            &self.at,
            &self.payload,
            &self.previous_hash,
            self.seq,
        )
    }

    /// A text of the payload, by its place such as `/seal/picture_sha256`.
    fn says(&self, place: &str) -> Option<String> {
        let payload: Value = serde_json::from_str(&self.payload).ok()?;
        payload.pointer(place)?.as_str().map(str::to_owned)
    }
}

/// What goes into a bundle.
pub struct Contents<'a> {
    pub agreement: &'a [u8],
    pub record: &'a EvidenceRecord,
    pub anchor: Option<&'a EntryProof>,
    pub report: &'a [u8],
    /// Pictures of the seals that were used, by their SHA-256
    pub seals: &'a [(String, Vec<u8>)],
    /// Handwriting for whoever may see it, by its SHA-256
    pub strokes: &'a [(String, Vec<u8>)],
    /// The annexes in their order
    pub annexes: &'a [Vec<u8>],
    pub trust: &'a Trust,
    pub at: DateTime<Utc>,
}

/// Packs a bundle.
///
/// # Errors
/// Never for what was read from the tables.
pub fn pack(contents: &Contents<'_>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let (root, stamp_roots) = contents.trust.pem()?;
    let record = serde_json::to_vec_pretty(contents.record)?;
    let anchor = contents.anchor.map(serde_json::to_vec_pretty).transpose()?;
    let mut files: Vec<(&str, &[u8])> = vec![
        (README, EXPLAINED.as_bytes()),
        (AGREEMENT, contents.agreement),
        (EVIDENCE, &record),
        (REPORT, contents.report),
        (ROOT, root.as_bytes()),
    ];
    if let Some(anchor) = &anchor {
        files.push((ANCHOR, anchor));
    }
    if !stamp_roots.is_empty() {
        files.push((STAMP_ROOTS, stamp_roots.as_bytes()));
    }
    let seals: Vec<(String, &[u8])> =
        contents.seals.iter().map(|(sha256, png)| (seal_file(sha256), png.as_slice())).collect();
    let annexes: Vec<(String, &[u8])> = contents
        .record
        .annexes
        .iter()
        .map(|one| annex_file(one.seq))
        .zip(contents.annexes.iter().map(Vec::as_slice))
        .collect();
    let strokes: Vec<(String, &[u8])> =
        contents.strokes.iter().map(|(sha256, file)| (strokes_file(sha256), file.as_slice())).collect();
    files.extend(strokes.iter().map(|(name, file)| (name.as_str(), *file)));
    files.extend(annexes.iter().map(|(name, file)| (name.as_str(), *file)));
    files.extend(seals.iter().map(|(name, png)| (name.as_str(), *png)));
    Ok(tar::pack(&files, contents.at.timestamp()))
}

fn annex_file(seq: i32) -> String {
    format!("annex-{seq}.pdf")
}

fn strokes_file(sha256: &str) -> String {
    format!("{STROKES}{}.json", sha256.get(..16).unwrap_or(sha256))
}

fn seal_file(sha256: &str) -> String {
    format!("seal-{}.png", sha256.get(..16).unwrap_or(sha256))
}

/// What a check of a bundle found.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub sound: bool,
    pub number: Option<String>,
    pub entries: usize,
    /// The day of the anchor that holds the chain, when there is one
    pub anchored_on: Option<String>,
    /// SHA-256 of the root that was believed when the caller named none: the one inside the bundle
    pub root_of_the_bundle_sha256: Option<String>,
    /// The ledger's key that was believed when the caller named none: the one inside the bundle
    pub ledger_key_of_the_bundle: Option<String>,
    pub problems: Vec<Finding>,
    pub examination: Option<Examination>,
}

/// Checks a bundle by itself. `trust` and the ledger's `key` are whom the caller believes; without them the bundle's
/// own, which prove only that the bundle agrees with itself.
pub fn check(bytes: &[u8], trust: Option<&Trust>, key: Option<&Key>, now: DateTime<Utc>) -> Checked {
    let mut found = Checked {
        sound: false,
        number: None,
        entries: 0,
        anchored_on: None,
        root_of_the_bundle_sha256: None,
        ledger_key_of_the_bundle: None,
        problems: vec![],
        examination: None,
    };
    let files: BTreeMap<String, &[u8]> = tar::unpack(bytes).unwrap_or_default().into_iter().collect();
    let file = |name: &str| files.get(name).copied();
    let (Some(agreement), Some(record)) = (file(AGREEMENT), file(EVIDENCE)) else {
        found.fail("bundle_incomplete", "存证包不完整或已损坏", "The bundle is incomplete or damaged.");
        return found;
    };
    let Ok(record) = serde_json::from_slice::<EvidenceRecord>(record) else {
        found.fail("evidence_unreadable", "存证记录无法读取", "The evidence cannot be read.");
        return found;
    };
    let Some(trust) = found.trust(trust, file(ROOT), file(STAMP_ROOTS)) else { return found };
    found.number = Some(record.number.clone());
    found.entries = record.entries.len();
    let examination = pdf::examine(agreement, &trust, now);
    found.judge_file(&examination);
    found.judge_chain(&record);
    found.judge_ties(&record, &examination, agreement);
    found.judge_seals(&record, &files);
    found.judge_annexes(&record, &files);
    found.judge_strokes(&record, &files);
    if let Some(anchor) = file(ANCHOR) {
        found.judge_anchor(&record, anchor, &trust, key);
    }
    found.sound = found.problems.is_empty();
    found.examination = Some(examination);
    found
}

impl Checked {
    fn fail(&mut self, code: &str, text: &str, text_en: &str) {
        self.problems.push(Finding { code: code.into(), text: text.into(), text_en: text_en.into() });
    }

    fn trust(&mut self, given: Option<&Trust>, root: Option<&[u8]>, stamps: Option<&[u8]>) -> Option<Trust> {
        let trust = match given {
            Some(trust) => Some(trust.clone()),
            None => {
                let pem = root.unwrap_or_default();
                self.root_of_the_bundle_sha256 = Some(sha256_hex(pem));
                Trust::from_pem(pem).ok()
            }
        };
        let trust = trust.and_then(|trust| match stamps {
            Some(pem) => trust.and_stamps_from(pem).ok(),
            None => Some(trust),
        });
        if trust.is_none() {
            self.fail("root_unreadable", "根证书无法读取", "The root certificate cannot be read.");
        }
        trust
    }

    fn judge_file(&mut self, examination: &Examination) {
        if !matches!(examination.verdict, Verdict::Valid | Verdict::ValidUnstamped | Verdict::PartlySigned) {
            self.problems.push(Finding {
                code: "agreement_not_valid".into(),
                text: examination.sentence.clone(),
                text_en: examination.sentence_en.clone(),
            });
        }
    }

    fn judge_chain(&mut self, record: &EvidenceRecord) {
        let mut previous = GENESIS;
        for (entry, n) in record.entries.iter().zip(1..) {
            if entry.seq != n || entry.previous_hash != previous || entry.hash != entry.computed() {
                self.fail(
                    "chain_broken",
                    "存证链断裂或被改动",
                    "The chain of evidence is broken or was changed.",
                );
                return;
            }
            previous = &entry.hash;
        }
    }

    /// Every signature of the file names an entry of this chain, and every signature on record is in the file.
    fn judge_ties(&mut self, record: &EvidenceRecord, examination: &Examination, agreement: &[u8]) {
        let known = |hash: &String| record.entries.iter().any(|entry| entry.hash == *hash);
        let mut heads = examination.signatures.iter().filter(|row| !row.locks).map(|row| &row.evidence_head);
        if !heads.all(|head| head.as_ref().is_some_and(known)) {
            self.fail(
                "signature_of_another_chain",
                "有签名所指的存证不在本链中",
                "A signature vouches for evidence that is not in this chain.",
            );
        }
        let serials: Vec<String> = record
            .entries
            .iter()
            .filter(|entry| entry.action == EvidenceAction::Signed)
            .filter_map(|entry| entry.says("/certificate_serial"))
            .collect();
        let signed: Vec<&String> = examination
            .signatures
            .iter()
            .filter(|row| !row.locks)
            .map(|row| &row.certificate_serial)
            .collect();
        if serials.len() != signed.len() || !signed.iter().all(|serial| serials.contains(serial)) {
            self.fail(
                "signatures_differ",
                "文件中的签名与存证记录不一致",
                "The signatures in the file are not those on record.",
            );
        }
        let last = record.revisions.iter().max_by_key(|(revision, ..)| *revision).map(|(.., sha256)| sha256);
        if last != Some(&sha256_hex(agreement)) {
            self.fail(
                "not_the_last_revision",
                "文件不是登记的末版",
                "The file is not the last registered revision.",
            );
        }
    }

    /// Every seal on record was named by the consent that its signature vouches for, and its picture is the one here.
    fn judge_seals(&mut self, record: &EvidenceRecord, files: &BTreeMap<String, &[u8]>) {
        let consented = |sha256: &String| {
            let consents = record.entries.iter().filter(|entry| entry.action == EvidenceAction::Consented);
            consents.filter_map(|entry| entry.says("/seal/picture_sha256")).any(|named| named == *sha256)
        };
        let here =
            |sha256: &String| files.get(&seal_file(sha256)).is_some_and(|png| sha256_hex(png) == *sha256);
        if !record
            .parties
            .iter()
            .filter_map(|party| party.seal_sha256.as_ref())
            .all(|one| consented(one) && here(one))
        {
            self.fail(
                "seals_differ",
                "印章图片缺失，或与存证记录不一致",
                "The picture of a seal is missing or is not the one on record.",
            );
        }
    }

    /// Every annex on record was named when the text was locked, and its file is here.
    fn judge_annexes(&mut self, record: &EvidenceRecord, files: &BTreeMap<String, &[u8]>) {
        let locked = record.entries.iter().find(|entry| entry.action == EvidenceAction::Locked);
        let payload =
            locked.and_then(|entry| serde_json::from_str::<Value>(&entry.payload).ok()).unwrap_or_default();
        let named: Vec<&str> =
            payload["annexes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let recorded: Vec<&str> = record.annexes.iter().map(|annex| annex.sha256.as_str()).collect();
        let here = |annex: &AnnexRecord| {
            files.get(&annex_file(annex.seq)).is_some_and(|file| sha256_hex(file) == annex.sha256)
        };
        if named != recorded || !record.annexes.iter().all(here) {
            self.fail(
                "annexes_differ",
                "附件缺失，或与锁定文本时登记的不一致",
                "An annex is missing or is not the one that was registered when the text was locked.",
            );
        }
    }

    /// Handwriting may be left out, for those who may not see it; what is here was named by a consent.
    fn judge_strokes(&mut self, record: &EvidenceRecord, files: &BTreeMap<String, &[u8]>) {
        let consents = record.entries.iter().filter(|entry| entry.action == EvidenceAction::Consented);
        let named: Vec<String> = consents.filter_map(|entry| entry.says("/strokes/sha256")).collect();
        let mut here = files.iter().filter(|(name, _)| name.starts_with(STROKES));
        if !here.all(|(_, file)| named.contains(&sha256_hex(file))) {
            self.fail(
                "strokes_differ",
                "手写笔迹与存证记录不一致",
                "The handwriting is not the one on record.",
            );
        }
    }

    /// The anchor stands in a ledger that the key signed, and holds the last entry of the chain under a time stamp.
    fn judge_anchor(&mut self, record: &EvidenceRecord, proof: &[u8], trust: &Trust, key: Option<&Key>) {
        let Ok(proof) = serde_json::from_slice::<EntryProof>(proof) else {
            self.fail("anchor_unreadable", "锚定记录无法读取", "The anchor cannot be read.");
            return;
        };
        if key.is_none() {
            self.ledger_key_of_the_bundle = Some(proof.key.clone());
        }
        let own = Key::parse(&proof.key);
        let anchor = key
            .or(own.as_ref())
            .and_then(|key| proof.facts(key, EntryKind::Anchor))
            .and_then(Anchor::of)
            .filter(|anchor| anchor.stamp(trust).is_some_and(|stamp| stamp.trusted))
            .filter(|anchor| {
                let last = record.entries.last();
                last.is_some_and(|e| anchor.contains(&leaf(&record.number, e.seq, &e.hash)))
            });
        match anchor {
            Some(anchor) => self.anchored_on = Some(anchor.day),
            None => self.fail(
                "anchor_does_not_hold",
                "锚定记录与存证链或账本不符，或时间戳无效",
                "The anchor does not hold this chain, is not in the ledger, or its time stamp is not valid.",
            ),
        }
    }
}
