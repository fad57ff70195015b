//! The offline judgement of a PDF: who signed what, whether it still stands, and what to do next.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, ObjectId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::archive::{STAMP_FORMAT, Store, is_stamp_dictionary};
use super::field::EVIDENCE;
use super::read::{self, ReadError, SignatureField, follow, signature_fields, text};
use super::revision::{Change, changes, has_undefined_references};
use crate::platform::pki::{Checked, Trust, check_detached, check_stamp_token};

/// Signatures that are judged in one file, at most; every one costs a reading of the file.
const MAX_SIGNATURES: usize = 40;
/// Bytes of earlier states that are read again in one judgement, at most.
const MAX_REREAD: usize = 160 * 1024 * 1024;
const END_OF_FILE: &[u8] = b"%%EOF";
/// What lets a lenient reader take bytes behind the end for a newer state of the document.
const STRUCTURE: [&[u8]; 4] = [b"startxref", b"trailer", b" obj", b"%PDF-"];
const SUB_FILTERS: [&str; 3] = ["ETSI.CAdES.detached", "adbe.pkcs7.detached", STAMP_FORMAT];
/// `DocMDP` permission that forbids every later change (ISO 32000-1 12.8.2.2).
const NO_CHANGES: i64 = 1;

/// The judgement in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Valid,
    ValidUnstamped,
    PartlySigned,
    Untrusted,
    Tampered,
    Unsigned,
    Unreadable,
    TrailingBytes,
}

impl Verdict {
    /// What it means and what to do next, in Chinese.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Valid => {
                "文件完整，全部签名有效，签署时间有时间戳证明。可以采用；请保存本文件原件，不要另存或打印后扫描。"
            }
            Self::ValidUnstamped => {
                "签名有效，内容未改动，但签署时间没有可信时间戳证明。如时间重要，请以平台登记的记录为准。"
            }
            Self::PartlySigned => {
                "已有的签名有效，但还有签署方未签，这不是终版。请等其余各方签署，或在平台下载终版。"
            }
            Self::Untrusted => {
                "内容在签署后未改动，但签名者的证书不受信任，无法确认由谁签署。请核对文件来源，或在平台下载登记的版本。"
            }
            Self::Tampered => "文件在签署后被改动，或签名无效。请勿采用，请在平台下载登记的原件。",
            Self::Unsigned => "文件没有电子签名。请确认没有拿错文件，并向发件方索取已签署的版本。",
            Self::Unreadable => {
                "文件无法读取：可能已损坏、加密、过大，或不是 PDF。请重新下载原件后再验，不要用其他软件另存。"
            }
            Self::TrailingBytes => {
                "签名有效，签署内容未改动，但末次签名之后还附有未签名的数据。请改用在平台下载的登记版本。"
            }
        }
    }

    /// What it means and what to do next, in English.
    pub const fn sentence_en(self) -> &'static str {
        match self {
            Self::Valid => {
                "The file is whole, every signature is valid and every time is proven by a time stamp. You may \
                 rely on it; keep this very file rather than a saved copy or a scan."
            }
            Self::ValidUnstamped => {
                "The signatures are valid and nothing was changed, but no trusted time stamp proves when they \
                 were made. Where the time matters, go by the platform's record."
            }
            Self::PartlySigned => {
                "The signatures present are valid, but a party has not signed yet: this is not the final \
                 version. Wait for the others, or download the final version from the platform."
            }
            Self::Untrusted => {
                "Nothing was changed after signing, but a signer's certificate is not trusted, so it is unknown \
                 who signed. Check where the file came from, or download the registered version."
            }
            Self::Tampered => {
                "The file was changed after signing, or a signature is invalid. Do not rely on it; download the \
                 registered original from the platform."
            }
            Self::Unsigned => {
                "The file carries no electronic signature. Make sure it is the right file and ask its sender \
                 for the signed version."
            }
            Self::Unreadable => {
                "The file cannot be read: it may be damaged, encrypted, too large, or no PDF. Download the \
                 original again and do not save it from another program."
            }
            Self::TrailingBytes => {
                "The signatures are valid and nothing signed was changed, but unsigned data follows the last \
                 signature. Use the registered version from the platform instead."
            }
        }
    }
}

crate::text_enum! {
    /// How far a file proves itself later on, when certificates have ended and nobody can be asked.
    pub enum LongTerm {
        None = "none", "没有长期验证资料", "No long-term data";
        Incomplete = "incomplete", "长期验证资料不全", "The long-term data are incomplete";
        Archived = "archived", "已有长期验证资料和存档时间戳", "Long-term data under a document time stamp";
        Lapsed = "lapsed", "存档时间戳已到期，未及时续盖", "The document time stamp has ended and was not renewed";
    }
}

/// One thing that was noticed, for a person to read and a program to tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Stable and in `snake_case`.
    pub code: String,
    pub text: String,
    pub text_en: String,
}

impl Finding {
    fn new(code: &str, text: impl Into<String>, text_en: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into(), text_en: text_en.into() }
    }
}

/// One signature of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignatureRow {
    pub field: String,
    /// Common name in the signer's certificate; empty when the signature cannot be read.
    pub signer: String,
    /// Serial number of the signer's certificate, upper-case hex.
    pub certificate_serial: String,
    /// SHA-256 of the signer's certificate, lower-case hex.
    pub certificate_sha256: String,
    /// What the time stamp says; trust it when `timestamp_ok`.
    pub signed_at: Option<DateTime<Utc>>,
    pub timestamp_authority: Option<String>,
    pub timestamp_ok: bool,
    /// The certificate leads to a trusted root and may sign documents.
    pub trusted: bool,
    /// The signed bytes are the ones that were signed.
    pub intact: bool,
    /// The signature also locks the document against changes other than signing.
    pub locks: bool,
    pub covers_whole_file: bool,
    /// SHA-256 of the file as it was right after this signature, lower-case hex.
    pub revision_sha256: Option<String>,
    /// Head of the evidence chain that the signature vouches for, lower-case hex.
    pub evidence_head: Option<String>,
    /// Allowed changes since this signature, such as other parties signing.
    pub later_changes: Vec<Finding>,
    pub problems: Vec<Finding>,
    pub reason: String,
}

/// A time stamp over the whole file as it was then, signatures and validation data included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentStamp {
    pub field: String,
    /// What the stamp says; trust it when `trusted`.
    pub stamped_at: Option<DateTime<Utc>>,
    pub authority: Option<String>,
    /// It is over these very bytes.
    pub intact: bool,
    pub trusted: bool,
    /// When its authority's certificate ends; by then another stamp must follow.
    pub expires_at: Option<DateTime<Utc>>,
    pub covers_whole_file: bool,
    /// SHA-256 of the file as it was right after this stamp, lower-case hex.
    pub revision_sha256: Option<String>,
    pub problems: Vec<Finding>,
}

/// The judgement of a whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Examination {
    pub verdict: Verdict,
    pub sentence: String,
    pub sentence_en: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// In the order in which they were made.
    pub signatures: Vec<SignatureRow>,
    /// In the order in which they were made.
    pub document_stamps: Vec<DocumentStamp>,
    pub long_term: LongTerm,
    /// Labels of the fields that nobody has signed, such as who is to.
    pub unsigned_fields: Vec<String>,
    /// Bytes behind the last signature that no signature covers.
    pub trailing_bytes: u64,
    /// What is wrong with the file as a whole.
    pub problems: Vec<Finding>,
    /// What a reader of the file should know although it breaks no signature.
    pub notices: Vec<Finding>,
}

impl Examination {
    /// Of a file that broke the bounds of a judgement.
    pub(super) fn too_costly(pdf: &[u8]) -> Self {
        let finding = Finding::new(
            "too_costly",
            "读取这份文件所需的时间或内存超过上限",
            "Reading the file takes more time or memory than is allowed.",
        );
        let case = Case { unreadable: true, problems: vec![finding], ..Case::default() };
        case.into_examination(pdf)
    }
}

/// Judges a file without network or clock. It never fails: what cannot be read is a verdict of its own. It
/// takes tens of milliseconds for an agreement and up to seconds for a crafted upload: run it off the async
/// threads, few at once.
pub fn examine(pdf: &[u8], trust: &Trust, now: DateTime<Utc>) -> Examination {
    let judged = Judge { pdf, trust, now }.judge();
    judged.unwrap_or_else(|error| Case::unreadable(&error)).into_examination(pdf)
}

/// Everything found out before it is put into one word.
#[derive(Default)]
struct Case {
    unreadable: bool,
    signatures: Vec<Judged>,
    stamps: Vec<Judged>,
    long_term: Option<LongTerm>,
    unsigned: Vec<String>,
    trailing: u64,
    problems: Vec<Finding>,
    notices: Vec<Finding>,
}

struct Judged {
    /// Where the signed state ends.
    end: usize,
    broken: bool,
    row: SignatureRow,
    /// When the certificate of a time stamp over the document ends
    expires_at: Option<DateTime<Utc>>,
}

impl Judged {
    /// Whether it says when, and is believed.
    fn proves_time(&self) -> bool {
        !self.broken && self.row.trusted && self.row.timestamp_ok
    }

    /// What is said of a time stamp over the document.
    fn into_stamp(self) -> DocumentStamp {
        let row = self.row;
        DocumentStamp {
            field: row.field,
            stamped_at: row.signed_at,
            authority: row.timestamp_authority,
            intact: row.intact,
            trusted: row.trusted,
            expires_at: self.expires_at,
            covers_whole_file: row.covers_whole_file,
            revision_sha256: row.revision_sha256,
            problems: row.problems,
        }
    }
}

impl Case {
    fn unreadable(error: &ReadError) -> Self {
        let finding = Finding::new(read_code(error), read_text(error), error.to_string());
        Self { unreadable: true, problems: vec![finding], ..Self::default() }
    }

    fn into_examination(self, pdf: &[u8]) -> Examination {
        let verdict = self.verdict();
        Examination {
            verdict,
            sentence: verdict.sentence().into(),
            sentence_en: verdict.sentence_en().into(),
            sha256: sha256_hex(pdf),
            trailing_bytes: self.trailing,
            unsigned_fields: self.unsigned,
            problems: self.problems,
            notices: self.notices,
            signatures: self.signatures.into_iter().map(|judged| judged.row).collect(),
            document_stamps: self.stamps.into_iter().map(Judged::into_stamp).collect(),
            long_term: self.long_term.unwrap_or(LongTerm::None),
        }
    }

    fn verdict(&self) -> Verdict {
        let any = |fails: fn(&Judged) -> bool| self.signatures.iter().any(fails);
        if self.unreadable {
            Verdict::Unreadable
        } else if !self.problems.is_empty()
            || any(|judged| judged.broken)
            || self.stamps.iter().any(|judged| judged.broken)
        {
            Verdict::Tampered
        } else if self.signatures.is_empty() {
            Verdict::Unsigned
        } else if any(|judged| !judged.row.trusted) {
            Verdict::Untrusted
        } else if !self.unsigned.is_empty() {
            Verdict::PartlySigned
        } else if self.trailing > 0 {
            Verdict::TrailingBytes
        } else if any(|judged| !judged.row.timestamp_ok) {
            Verdict::ValidUnstamped
        } else {
            Verdict::Valid
        }
    }
}

/// A proven moment and who proves it.
type Proven = (DateTime<Utc>, String);
/// Who signed each field, of those that were judged.
type Signers = BTreeMap<String, String>;

struct Judge<'a> {
    pdf: &'a [u8],
    trust: &'a Trust,
    now: DateTime<Utc>,
}

impl Judge<'_> {
    fn judge(&self) -> Result<Case, ReadError> {
        let (body, appendix) = split_at_end(self.pdf);
        let document = read::open(body)?;
        let fields = signature_fields(&document)?;
        let mut case = Case::default();
        let mut listed = BTreeSet::new();
        let mut found = vec![];
        let mut reread = 0;
        for field in &fields {
            let Some(signature) = Signature::of(&document, field) else {
                let label = text(follow(&document, &field.dictionary, b"TU"));
                case.unsigned.push(if label.is_empty() { field.name.clone() } else { label });
                continue;
            };
            listed.extend(signature.id);
            reread += signature.end();
            if found.len() >= MAX_SIGNATURES || reread > MAX_REREAD {
                return Err(ReadError::TooManyFields);
            }
            found.push(signature);
        }
        // Last first: a stamp over a later signature proves that those which it covers were there.
        found.sort_by_key(|signature| std::cmp::Reverse(signature.end()));
        let mut proven = None;
        let mut signers = Signers::new();
        for signature in &found {
            let judged = self.judge_signature(&document, signature, proven.as_ref(), &signers)?;
            if judged.proves_time() {
                proven = judged.row.signed_at.zip(judged.row.timestamp_authority.clone());
            }
            if signature.is_stamp() {
                case.stamps.push(judged);
            } else {
                signers.insert(judged.row.field.clone(), judged.row.signer.clone());
                case.signatures.push(judged);
            }
        }
        case.long_term = self.long_term(&document, &found, &case.stamps);
        if !unlisted_signatures(&document, &listed).is_empty() {
            case.problems.push(Finding::new(
                "signature_unlisted",
                "文件中有未列入表单的签名，签名可能被隐藏",
                "The file holds a signature that its form does not list; it may have been hidden.",
            ));
        }
        if !case.signatures.is_empty() && STRUCTURE.iter().any(|mark| contains(appendix, mark)) {
            case.problems.push(Finding::new(
                "structure_behind_end",
                "文件末尾之后藏有另一份文档结构",
                "Behind the end of the file there is the structure of another document.",
            ));
        }
        if document.objects.values().any(is_active) {
            case.notices.push(Finding::new(
                "active_content",
                "文件含脚本或自动动作，显示的内容可能随打开方式变化；请勿在不信任的软件中打开",
                "The file holds scripts or actions, so what is shown may depend on the reader.",
            ));
        }
        case.signatures.sort_by_key(|judged| judged.end);
        case.stamps.sort_by_key(|judged| judged.end);
        // A stamp by nobody who is believed covers nothing.
        let stamped = case.stamps.iter().filter(|judged| judged.proves_time()).map(|judged| judged.end);
        let covered =
            case.signatures.iter().map(|judged| judged.end).chain(stamped).max().unwrap_or(self.pdf.len());
        case.trailing = self.pdf.len().saturating_sub(covered) as u64;
        Ok(case)
    }

    fn judge_signature(
        &self,
        document: &Document,
        signature: &Signature<'_>,
        proven: Option<&Proven>,
        signers: &Signers,
    ) -> Result<Judged, ReadError> {
        let mut row = signature.row();
        let Some(range) = signature.range().filter(|range| range.end <= self.pdf.len()) else {
            row.problems.push(Finding::new(
                "byte_range_invalid",
                "签名覆盖范围不合规",
                "The range of bytes that the signature covers is not allowed.",
            ));
            return Ok(Judged { end: 0, broken: true, row, expires_at: None });
        };
        let mut expires_at = None;
        let mut broken = if signature.is_stamp() {
            expires_at = self.judge_stamp(signature, &range, &mut row);
            !row.intact
        } else {
            !self.judge_message(signature, &range, proven, &mut row)
        };
        row.covers_whole_file = range.end == self.pdf.len();
        row.revision_sha256 = self.pdf.get(..range.end).map(sha256_hex);
        broken |= !self.judge_revision(document, signature, range.end, signers, &mut row)?;
        Ok(Judged { end: range.end, broken, row, expires_at })
    }

    /// The token of a time stamp over the bytes around it; gives when its certificate ends.
    fn judge_stamp(
        &self,
        signature: &Signature<'_>,
        range: &ByteRange,
        row: &mut SignatureRow,
    ) -> Option<DateTime<Utc>> {
        let cut = range.cut(self.pdf, signature.contents());
        let stamp =
            cut.and_then(|(before, token, after)| check_stamp_token(&token, &[before, after], self.trust));
        if let Some(stamp) = &stamp {
            row.signed_at = Some(stamp.at);
            row.timestamp_authority = Some(stamp.authority.clone());
            row.intact = stamp.sound;
            row.trusted = stamp.trusted;
            row.timestamp_ok = stamp.trusted;
        }
        if !row.intact {
            row.problems.push(Finding::new(
                "stamp_over_something_else",
                "存档时间戳无效，或不是对这份内容盖的",
                "The document time stamp is invalid or over something else.",
            ));
        } else if !row.trusted {
            row.problems.push(Finding::new(
                "timestamp_untrusted",
                "没有可信时间戳",
                "There is no trusted time stamp.",
            ));
        }
        stamp.map(|stamp| stamp.expires_at)
    }

    /// Whether the newest believed stamp over the document covers all that its signatures need to be judged by, so
    /// that nobody has to be asked.
    fn long_term(
        &self,
        document: &Document,
        newest_first: &[Signature<'_>],
        stamps: &[Judged],
    ) -> Option<LongTerm> {
        let newest = stamps.iter().find(|judged| judged.proves_time())?;
        if newest.expires_at.is_none_or(|end| end < self.now) {
            return Some(LongTerm::Lapsed);
        }
        let proven = newest.row.signed_at?;
        let state;
        let stamped = if newest.row.covers_whole_file {
            document
        } else {
            state = self.pdf.get(..newest.end).and_then(|state| read::open(state).ok())?;
            &state
        };
        let material = Store::of(stamped).and_then(|store| store.material(stamped));
        // What came after the newest stamp is not covered by it.
        let mut before = newest_first.iter().filter(|signature| signature.end() < newest.end);
        let complete = material.is_some_and(|material| {
            before.all(|signature| {
                let cut = signature.range().and_then(|range| range.cut(self.pdf, signature.contents()));
                let Some((before, message, after)) = cut else { return false };
                let held = if signature.is_stamp() {
                    check_stamp_token(&message, &[before, after], self.trust)
                        .map_or(Ok(false), |stamp| material.proves_stamp(&message, stamp.at, self.trust))
                } else {
                    material.proves_signature(&message, self.trust, proven)
                };
                held.unwrap_or(false)
            })
        });
        let all = newest_first.iter().all(|signature| signature.is_stamp() || signature.end() < newest.end);
        Some(if complete && all { LongTerm::Archived } else { LongTerm::Incomplete })
    }

    /// The signature message over the bytes around it.
    fn judge_message(
        &self,
        signature: &Signature<'_>,
        range: &ByteRange,
        proven: Option<&Proven>,
        row: &mut SignatureRow,
    ) -> bool {
        let Some((before, message, after)) = range.cut(self.pdf, signature.contents()) else {
            row.problems.push(Finding::new(
                "gap_not_contents",
                "签名覆盖范围的空缺里不只有签名值",
                "The gap in the signed bytes holds more than the signature.",
            ));
            return false;
        };
        let at = proven.map_or(self.now, |(at, _)| *at);
        match check_detached(&message, &[before, after], self.trust, at) {
            Ok(checked) => note_message(&checked, proven, row),
            Err(error) => {
                row.problems.push(Finding::new("message_unreadable", "签名数据无法读取", error.to_string()));
            }
        }
        row.intact
    }

    /// The state that was signed, by itself and against what the file has become.
    fn judge_revision(
        &self,
        document: &Document,
        signature: &Signature<'_>,
        end: usize,
        signers: &Signers,
        row: &mut SignatureRow,
    ) -> Result<bool, ReadError> {
        let signed = match self.pdf.get(..end).map(read::open) {
            Some(Ok(signed)) if signature.is_in(&signed)? => signed,
            _ => {
                row.problems.push(Finding::new(
                    "revision_unreadable",
                    "签名所覆盖的版本不能独立成文件",
                    "What the signature covers is not a file by itself.",
                ));
                return Ok(false);
            }
        };
        if has_undefined_references(&signed) {
            row.trusted = false;
            row.problems.push(Finding::new(
                "undefined_reference",
                "已签版本引用了不存在的对象，内容可被事后补入",
                "The signed version points at objects it does not have, which could be supplied later.",
            ));
        }
        let frozen = signature.permission() == Some(NO_CHANGES);
        let (allowed, forbidden): (Vec<_>, Vec<_>) =
            changes(&signed, document)?.into_iter().partition(|change| change.is_allowed() && !frozen);
        row.later_changes.extend(allowed.iter().map(|change| described(change, signers)));
        row.problems.extend(forbidden.iter().map(|change| described(change, signers)));
        Ok(forbidden.is_empty())
    }
}

fn note_message(checked: &Checked, proven: Option<&Proven>, row: &mut SignatureRow) {
    row.signer.clone_from(&checked.signer);
    row.certificate_serial.clone_from(&checked.serial);
    row.certificate_sha256 = hex::encode(checked.certificate_sha256);
    row.intact = checked.content_intact && checked.signature_intact && checked.certificate_bound;
    row.trusted = checked.chain_trusted && checked.may_sign && checked.regular;
    if let Some(stamp) = &checked.stamp {
        row.signed_at = Some(stamp.at);
        row.timestamp_authority = Some(stamp.authority.clone());
        row.timestamp_ok = stamp.trusted;
    } else if let Some((at, authority)) = proven {
        row.signed_at = Some(*at);
        row.timestamp_authority = Some(authority.clone());
        row.timestamp_ok = true;
        row.later_changes.push(Finding::new(
            "stamped_later",
            "签署当时没有时间戳；时间由其后签名的时间戳证明，不晚于所示时间",
            "It was signed without a time stamp; a later signature's stamp proves that it was there by then.",
        ));
    }
    let points = [
        (
            checked.content_intact,
            "content_changed",
            "文档内容与签名不符",
            "The content is not what was signed.",
        ),
        (checked.signature_intact, "signature_invalid", "签名值无效", "The signature value is invalid."),
        (
            checked.certificate_bound,
            "certificate_not_bound",
            "签名没有绑定签名者证书",
            "The signature is not bound to the signer's certificate.",
        ),
        (
            checked.chain_trusted,
            "certificate_untrusted",
            "签名者证书不受信任或不在有效期内",
            "The signer's certificate is not trusted or was not in force.",
        ),
        (
            checked.may_sign,
            "certificate_not_for_signing",
            "证书用途不是文件签署",
            "The certificate is not meant for signing documents.",
        ),
        (
            checked.regular,
            "message_irregular",
            "签名数据中未被签名覆盖的部分不合标准",
            "The parts of the message that no signature covers are not as the standard prescribes.",
        ),
        (row.timestamp_ok, "timestamp_untrusted", "没有可信时间戳", "There is no trusted time stamp."),
    ];
    let failed = points.into_iter().filter(|(holds, ..)| !holds);
    row.problems.extend(failed.map(|(_, code, text, text_en)| Finding::new(code, text, text_en)));
}

/// A signed field and its signature dictionary.
struct Signature<'a> {
    field: &'a SignatureField,
    id: Option<ObjectId>,
    dictionary: &'a Dictionary,
}

impl<'a> Signature<'a> {
    fn of(document: &'a Document, field: &'a SignatureField) -> Option<Self> {
        let dictionary = follow(document, &field.dictionary, b"V")?.as_dict().ok()?;
        let id = field.dictionary.get(b"V").and_then(Object::as_reference).ok();
        Some(Self { field, id, dictionary })
    }

    fn row(&self) -> SignatureRow {
        let evidence = self.dictionary.get(EVIDENCE.as_bytes()).and_then(Object::as_str).ok();
        SignatureRow {
            field: self.field.name.clone(),
            signer: String::new(),
            certificate_serial: String::new(),
            certificate_sha256: String::new(),
            signed_at: None,
            timestamp_authority: None,
            timestamp_ok: false,
            trusted: false,
            intact: false,
            locks: self.permission().is_some(),
            covers_whole_file: false,
            revision_sha256: None,
            evidence_head: evidence.map(hex::encode),
            later_changes: vec![],
            problems: vec![],
            reason: text(self.dictionary.get(b"Reason").ok()),
        }
    }

    /// Whether it is a time stamp over the document and nobody's signature.
    fn is_stamp(&self) -> bool {
        is_stamp_dictionary(self.dictionary)
    }

    fn contents(&self) -> Option<&[u8]> {
        self.dictionary.get(b"Contents").and_then(Object::as_str).ok()
    }

    fn range(&self) -> Option<ByteRange> {
        let format = text(self.dictionary.get(b"SubFilter").ok());
        if !SUB_FILTERS.contains(&format.as_str()) {
            return None;
        }
        let numbers = self.dictionary.get(b"ByteRange").and_then(Object::as_array).ok()?;
        let numbers: Vec<usize> = numbers
            .iter()
            .map(|number| usize::try_from(number.as_i64().ok()?).ok())
            .collect::<Option<_>>()?;
        let [0, gap, rest, length] = *numbers.as_slice() else { return None };
        (gap < rest).then_some(ByteRange { gap, rest, end: rest.checked_add(length)? })
    }

    /// Where the signed state ends; 0 when the range cannot be read.
    fn end(&self) -> usize {
        self.range().map_or(0, |range| range.end)
    }

    /// The `DocMDP` permission that this signature gives, when it certifies the document.
    fn permission(&self) -> Option<i64> {
        let references = self.dictionary.get(b"Reference").and_then(Object::as_array).ok()?;
        let reference = references.iter().filter_map(|one| one.as_dict().ok()).find(|one| {
            one.get(b"TransformMethod").and_then(Object::as_name).is_ok_and(|method| method == b"DocMDP")
        })?;
        reference
            .get(b"TransformParams")
            .and_then(Object::as_dict)
            .ok()?
            .get(b"P")
            .and_then(Object::as_i64)
            .ok()
    }

    /// Whether an earlier state holds this very signature in this field.
    fn is_in(&self, state: &Document) -> Result<bool, ReadError> {
        let fields = signature_fields(state)?;
        let field = fields.iter().find(|field| field.id == self.field.id);
        Ok(field
            .and_then(|field| Signature::of(state, field))
            .is_some_and(|then| then.id == self.id && then.dictionary == self.dictionary))
    }
}

/// The signed bytes: from the start to the gap, and from the rest to the end.
#[derive(Debug, Clone, Copy)]
struct ByteRange {
    gap: usize,
    rest: usize,
    end: usize,
}

impl ByteRange {
    /// The bytes before the gap, the message in it, and the bytes after. The gap must be exactly the hex of
    /// the signature's contents: anything else in it would be unsigned.
    fn cut<'a>(&self, pdf: &'a [u8], contents: Option<&[u8]>) -> Option<(&'a [u8], Vec<u8>, &'a [u8])> {
        let gap = pdf.get(self.gap..self.rest)?.strip_prefix(b"<")?.strip_suffix(b">")?;
        // Both cases mean the same number, so that a letter could be turned unnoticed: no program mixes them.
        if gap.iter().any(u8::is_ascii_lowercase) && gap.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        let room = hex::decode(gap).ok()?;
        if contents != Some(room.as_slice()) {
            return None;
        }
        let (message, padding) = room.split_at_checked(der_length(&room)?)?;
        if padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        Some((pdf.get(..self.gap)?, message.to_vec(), pdf.get(self.rest..self.end)?))
    }
}

/// Length of the DER value that `bytes` begin with, its head included.
pub(super) fn der_length(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(1)? {
        short @ 0..=127 => Some(2 + usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            if !(1..=4).contains(&count) {
                return None;
            }
            let length =
                bytes.get(2..2 + count)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            Some(2 + count + length)
        }
    }
}

/// The file up to its last end mark, and what follows.
fn split_at_end(pdf: &[u8]) -> (&[u8], &[u8]) {
    let mark = pdf.windows(END_OF_FILE.len()).rposition(|window| window == END_OF_FILE);
    let end = mark.map_or(pdf.len(), |at| at + END_OF_FILE.len());
    let (body, rest) = pdf.split_at_checked(end).unwrap_or((pdf, &[]));
    let line_end = rest.iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    pdf.split_at_checked(body.len() + line_end).unwrap_or((pdf, &[]))
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// Whether an object makes a reader do something by itself.
fn is_active(object: &Object) -> bool {
    let keys: [&[u8]; 4] = [b"JS", b"JavaScript", b"AA", b"EmbeddedFiles"];
    let dictionary = match object {
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &stream.dict,
        _ => return false,
    };
    let kind = dictionary.get(b"S").and_then(Object::as_name).unwrap_or_default();
    keys.iter().any(|key| dictionary.has(key)) || matches!(kind, b"JavaScript" | b"Launch")
}

fn unlisted_signatures(document: &Document, listed: &BTreeSet<ObjectId>) -> Vec<ObjectId> {
    let signs = |object: &Object| matches!(object, Object::Dictionary(one) if one.has(b"ByteRange") && one.has(b"Contents"));
    let all = document.objects.iter().filter(|(_, object)| signs(object)).map(|(id, _)| *id);
    all.filter(|id| !listed.contains(id)).collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn described(change: &Change, signers: &Signers) -> Finding {
    match change {
        Change::FieldSigned(name) => match signers.get(name).filter(|signer| !signer.is_empty()) {
            Some(signer) => {
                Finding::new("field_signed", format!("{signer} 完成签署"), format!("{signer} signed."))
            }
            None => Finding::new(
                "field_signed",
                format!("签署域 {name} 完成签署"),
                format!("The field {name} was signed."),
            ),
        },
        Change::DocumentStamped => Finding::new(
            "document_stamped",
            "加盖了存档时间戳",
            "A time stamp over the whole document was added.",
        ),
        Change::FieldAdded(name) => Finding::new(
            "field_added",
            format!("签署后添加了表单域 {name}"),
            format!("A form field {name} was added after signing."),
        ),
        Change::StoreBent => Finding::new(
            "validation_data_bent",
            "签署后添加的验证资料不合规，或原有资料被删减",
            "The validation data added after signing are not as the standard prescribes, or some were taken away.",
        ),
        Change::MetadataUpdated => {
            Finding::new("metadata_updated", "文件属性有更新", "The file's properties were updated.")
        }
        Change::CatalogExtended => Finding::new(
            "catalog_extended",
            "补充了签名验证资料",
            "Validation data for the signatures was added.",
        ),
        Change::FormFlagsChanged => {
            Finding::new("form_flags_changed", "表单标志有更新", "The form's flags were updated.")
        }
        Change::RootReplaced => Finding::new(
            "root_replaced",
            "整份文档被另一份顶替",
            "The whole document was replaced by another one.",
        ),
        Change::ObjectDeleted(number) => Finding::new(
            "object_deleted",
            format!("签署后删除了内容（对象 {number}）"),
            format!("Content was deleted after signing (object {number})."),
        ),
        Change::ObjectRewritten(number) => Finding::new(
            "object_rewritten",
            format!("签署后改写了内容（对象 {number}）"),
            format!("Content was rewritten after signing (object {number})."),
        ),
        Change::FieldPainted(name) => Finding::new(
            "field_painted",
            format!("签署域 {name} 未签署却换了外观"),
            format!("The field {name} got a new look without a signature."),
        ),
        Change::ObjectSupplied(number) => Finding::new(
            "object_supplied",
            format!("签署后补入了原先不存在的内容（对象 {number}）"),
            format!("Content that did not exist was supplied after signing (object {number})."),
        ),
    }
}

fn read_code(error: &ReadError) -> &'static str {
    match error {
        ReadError::TooLarge => "file_too_large",
        ReadError::NotPdf => "not_a_pdf",
        ReadError::Malformed(_) => "file_malformed",
        ReadError::Encrypted => "file_encrypted",
        ReadError::Repaired => "file_damaged",
        ReadError::Hostile => "file_hostile",
        ReadError::TooManyFields => "file_too_complex",
    }
}

fn read_text(error: &ReadError) -> &'static str {
    match error {
        ReadError::TooLarge => "文件过大（上限 20 MB）",
        ReadError::NotPdf => "文件不是 PDF",
        ReadError::Malformed(_) => "文件结构不合规，可能已损坏",
        ReadError::Encrypted => "文件已加密",
        ReadError::Repaired => "文件目录已损坏",
        ReadError::Hostile => "文件结构异常，已停止读取",
        ReadError::TooManyFields => "文件过于复杂",
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, der_length, examine, split_at_end};
    use crate::platform::pki::Trust;
    use chrono::{DateTime, Utc};

    #[test]
    fn what_is_no_pdf_is_unreadable_and_never_a_panic() {
        for bytes in [&b""[..], b"hello", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", &[0xff; 4096]] {
            let examination = examine(bytes, &Trust::nobody(), DateTime::<Utc>::UNIX_EPOCH);
            assert_eq!(examination.verdict, Verdict::Unreadable);
            assert_eq!(examination.problems.len(), 1);
        }
    }

    #[test]
    fn der_lengths_are_read_with_their_heads() {
        assert_eq!(der_length(&[0x30, 0x05]), Some(7));
        assert_eq!(der_length(&[0x30, 0x82, 0x01, 0x00]), Some(260));
        assert_eq!(der_length(&[0x30, 0x80]), None);
        assert_eq!(der_length(&[0x30, 0x88]), None);
        assert_eq!(der_length(&[0x30]), None);
    }

    #[test]
    fn what_follows_the_last_end_mark_is_cut_off() {
        assert_eq!(split_at_end(b"a%%EOF\nb"), (&b"a%%EOF\n"[..], &b"b"[..]));
        assert_eq!(split_at_end(b"a%%EOF\r\n"), (&b"a%%EOF\r\n"[..], &b""[..]));
        assert_eq!(split_at_end(b"a"), (&b"a"[..], &b""[..]));
    }

    #[test]
    fn every_verdict_says_what_to_do_in_both_languages() {
        let all = [
            Verdict::Valid,
            Verdict::ValidUnstamped,
            Verdict::PartlySigned,
            Verdict::Untrusted,
            Verdict::Tampered,
            Verdict::Unsigned,
            Verdict::Unreadable,
            Verdict::TrailingBytes,
        ];
        for verdict in all {
            assert!(verdict.sentence().ends_with('。'));
            assert!(verdict.sentence_en().ends_with('.'));
        }
    }
}
