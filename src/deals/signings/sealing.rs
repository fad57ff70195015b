//! Making the files: the draft's preview, the locked agreement, and each signed revision.
use std::sync::Arc;

use actix_web::web;
use serde_json::json;

use crate::app::App;
use crate::deals::signings::agreement::{Party, Sealed, Whole};
use crate::deals::signings::annex::AgreementAnnex;
use crate::deals::signings::content::digest;
use crate::deals::signings::paper::{self, AGREEMENT, Mark, Stamp};
use crate::deals::signings::seal::Seal;
use crate::deals::signings::template::Template;
use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::{
    self, Examination, FieldError, FieldPlace, LongTerm, Paper, Sheet, Signing, TextPart, ValidationData,
    Verdict,
};
use crate::platform::pki::{EventKey, MessageError, StampFault, Subject, Transport};

const ROOM: &str = "signings";
const PLATFORM_FIELD: &str = "platform";
const PLACE: &str = "湖南益阳";
/// As the template draws the boxes, in millimetres.
const POINTS_PER_MM: f32 = 72.0 / 25.4;

pub const BAD_HANDWRITING: Code = Code::new(
    "signature.bad_handwriting",
    "手写签名图片无法使用，请重写或改用打字签名",
    "The handwriting cannot be used; write again or type your name",
);

/// A file made but not yet the head: stored and synced, so that the row that names it may be written.
pub struct Made {
    pub sealed: Sealed,
    pub stored: StoredFile,
    pub pages: i32,
}

/// The draft as it would look; nothing is kept.
pub async fn preview(app: &App, whole: Whole) -> Result<Vec<u8>, AppError> {
    let house = app.clone();
    app.paper.work(move || Ok(set(&house, &whole, true)?.pdf)).await
}

/// The words of the text as it is set, for a screen.
pub async fn parts(app: &App, whole: Whole) -> Result<Vec<TextPart>, AppError> {
    let house = app.clone();
    app.paper.work(move || Ok(set(&house, &whole, false)?.parts)).await
}

/// A version of a template with its own sample values: marked on every page, without a box to sign in, kept nowhere.
pub async fn test_rendering(app: &App, template: Arc<Template>, version: &str) -> Result<Vec<u8>, AppError> {
    let (house, now) = (app.clone(), app.now());
    let number = format!("试排 {version}");
    app.paper
        .work(move || {
            let content = &template.content;
            let party = |title: &str, title_en: &str, organisation: &str, id: &str| {
                json!({
                    "title": title, "title_en": title_en, "organisation": organisation,
                    "signer_name": "示例签署人", "id": id,
                })
            };
            let data = json!({
                "number": number, "created_on": now.day().to_string(), "test": true,
                "title": template.name, "title_en": template.name_en,
                "fingerprint": digest(&content.text()?), "values": content.samples,
                "parties": [
                    party("甲方", "Party A", "示例责任单位", "host"), party("乙方", "Party B", "示例投资企业", "investor"),
                ],
                "paper": content.compose(&content.samples),
            });
            let sheet =
                Sheet { template: AGREEMENT, data: &data, files: &[], date: now.day(), tagged: true };
            let paper = pdf::set(&*house.paper.engine()?, &sheet)?;
            if paper.boxes.is_empty() { Ok(paper.pdf) } else { Err(AppError::internal("a test rendering had a box to sign in")) }
        })
        .await
}

fn set(app: &App, whole: &Whole, draft: bool) -> Result<Paper, AppError> {
    let values = serde_json::Value::Object(whole.values());
    let fingerprint = sha256_hex(crate::platform::hash_chain::canonical(&values));
    let data = whole.data(&fingerprint, draft);
    let date = whole.agreement.created_at.day();
    let sheet = Sheet { template: AGREEMENT, data: &data, files: &[], date, tagged: true };
    let engine = app.paper.engine()?;
    let paper = pdf::set(&engine, &sheet)?;
    if whole.annexes.is_empty() {
        return Ok(paper);
    }
    let files = whole.annexes.iter().map(|annex| annex_file(app, annex));
    let files: Vec<Vec<u8>> = files.collect::<Result<_, _>>()?;
    let behind: i32 = whole.annexes.iter().map(|annex| annex.pages).sum();
    let pages = paper.pages + usize::try_from(behind).map_err(AppError::internal)?;
    let pdf = pdf::annex::append(&paper.pdf, &files).map_err(AppError::internal)?;
    Ok(Paper { pdf, pages, ..paper })
}

/// The very file that was checked.
fn annex_file(app: &App, annex: &AgreementAnnex) -> Result<Vec<u8>, AppError> {
    let file = app.files.get(&annex.file_id)?;
    if sha256_hex(&file) == annex.sha256 {
        Ok(file)
    } else {
        Err(AppError::internal(format!("the annex {} is not the file that was checked", annex.id)))
    }
}

/// Sets the agreement, adds a field for every signer, and locks it with the platform's own signature; gives its words too.
pub async fn lock(app: &App, whole: Whole, now: Time) -> Result<(Made, Vec<TextPart>), AppError> {
    let house = app.clone();
    app.paper
        .work(move || {
            let paper = set(&house, &whole, false)?;
            let mut places = vec![FieldPlace::invisible(PLATFORM_FIELD, "平台锁定")];
            for sig_box in &paper.boxes {
                let party = whole.parties.iter().find(|party| party.field == sig_box.id);
                let label = party
                    .map_or(sig_box.id.clone(), |party| format!("{} {}", party.title, party.signer_name));
                places.push(FieldPlace::over(sig_box, &sig_box.id, &label));
            }
            let prepared = pdf::prepare(&paper.pdf, &places).map_err(AppError::internal)?;
            let subject = Subject {
                name: "掌上招商平台", organisation: "平台自签（演示）", id: "platform"
            };
            let fresh = make(&house, subject, now, |key, timestamp| {
                let signing = Signing {
                    field: PLATFORM_FIELD,
                    signer_name: subject.name,
                    reason: "锁定协议文本",
                    location: PLACE,
                    at: now.utc(),
                    evidence_head: None,
                    appearance: None,
                    timestamp,
                };
                Ok(pdf::lock(&prepared, key, &signing))
            })?;
            let pages = i32::try_from(paper.pages).map_err(AppError::internal)?;
            Ok((keep(&house, &whole, fresh, pages, now)?, paper.parts))
        })
        .await
}

/// Sets the agreement for a service outside, which makes its own marks; it is not signed here.
pub async fn set_outside(app: &App, whole: Whole, now: Time) -> Result<(Made, Vec<TextPart>), AppError> {
    let house = app.clone();
    app.paper
        .work(move || {
            let paper = set(&house, &whole, false)?;
            let pages = i32::try_from(paper.pages).map_err(AppError::internal)?;
            Ok((keep(&house, &whole, Fresh::unsigned(paper.pdf), pages, now)?, paper.parts))
        })
        .await
}

/// Keeps the file that a service outside has signed.
pub async fn keep_outside(app: &App, whole: &Whole, file: Vec<u8>) -> Result<Made, AppError> {
    let (house, whole, now) = (app.clone(), whole.clone(), app.now());
    let pages = whole.agreement.pages.unwrap_or_default();
    web::block(move || keep(&house, &whole, Fresh::unsigned(file), pages, now))
        .await
        .map_err(AppError::internal)?
}

/// What a party adds to the file.
#[derive(Debug, Clone)]
pub struct Hand {
    pub party: Party,
    /// PNG; without it the name is set in type
    pub handwriting: Option<Vec<u8>>,
    pub seal: Option<Seal>,
    /// Head of the evidence chain, hex
    pub evidence_head: String,
}

/// Signs the head in one party's name with a key that exists for this one signature.
pub async fn sign(app: &App, whole: Whole, hand: Hand, now: Time) -> Result<Made, AppError> {
    let house = app.clone();
    app.paper
        .work(move || {
            let file = house.files.get(whole.head()?.0)?;
            let party = &hand.party;
            let id = party.account_id.to_string();
            let subject = Subject { name: &party.signer_name, organisation: &party.organisation, id: &id };
            let (width, height) = pdf::field_size(&file, &party.field).map_err(AppError::internal)?;
            let engine = house.paper.engine()?;
            let seal = hand
                .seal
                .as_ref()
                .map(|seal| Ok::<_, AppError>((seal, picture(&house, seal)?)))
                .transpose()?;
            let mut evidence_head = [0; 32];
            hex::decode_to_slice(&hand.evidence_head, &mut evidence_head).map_err(AppError::internal)?;
            let reason = format!("签署《{}》{}", whole.template.name, whole.agreement.number);
            let fresh = make(&house, subject, now, |key, timestamp| {
                let mark = Mark {
                    signer_name: &party.signer_name,
                    handwriting: hand.handwriting.as_deref(),
                    seal: seal.as_ref().map(|(seal, png)| Stamp { png, name: &seal.name, demo: seal.demo }),
                    signed_at: now.utc(),
                    certificate_serial: &key.serial(),
                    size_mm: (width / POINTS_PER_MM, height / POINTS_PER_MM),
                };
                let appearance = mark.draw(&engine).map_err(|_| AppError::Unprocessable(&BAD_HANDWRITING))?;
                let signing = Signing {
                    field: &party.field,
                    signer_name: &party.signer_name,
                    reason: &reason,
                    location: PLACE,
                    at: now.utc(),
                    evidence_head: Some(evidence_head),
                    appearance: Some(&appearance.pdf),
                    timestamp,
                };
                Ok(pdf::sign(&file, key, &signing))
            })?;
            refuse_unsound(&house, &fresh.file, now)?;
            keep(&house, &whole, fresh, whole.agreement.pages.unwrap_or_default(), now)
        })
        .await
}

/// The very picture that was approved.
fn picture(app: &App, seal: &Seal) -> Result<Vec<u8>, AppError> {
    let png = app.files.get(&seal.picture_file)?;
    if sha256_hex(&png) == seal.picture_sha256 {
        Ok(png)
    } else {
        Err(AppError::internal(format!(
            "the picture of the seal {} is not the one that was approved",
            seal.id
        )))
    }
}

/// The head with the stamp that its last signature lacks, or why there is still none.
pub async fn stamp(app: &App, whole: &Whole, now: Time) -> Result<Result<Made, StampFault>, AppError> {
    let (house, whole) = (app.clone(), whole.clone());
    app.paper
        .work(move || {
            let file = house.files.get(whole.head()?.0)?;
            let transport = house.time.transport(&house.authority, now.utc());
            let file = match pdf::stamp_last(&file, &*transport) {
                Ok(file) => file,
                Err(e) => return fault_of(&e).map(Err).ok_or_else(|| AppError::internal(e)),
            };
            refuse_unsound(&house, &file, now)?;
            keep(&house, &whole, Fresh::unsigned(file), whole.agreement.pages.unwrap_or_default(), now)
                .map(Ok)
        })
        .await
}

/// The head with long-term data and a time stamp over everything behind it, and when that stamp's certificate ends;
/// or why there is none yet. A stamp that ends no later than `before` would renew nothing.
pub async fn archive(
    app: &App,
    whole: &Whole,
    before: Option<Time>,
    now: Time,
) -> Result<Result<(Made, Time), StampFault>, AppError> {
    let (house, whole) = (app.clone(), whole.clone());
    app.paper
        .work(move || {
            let file = house.files.get(whole.head()?.0)?;
            let mut data = ValidationData {
                certificates: house.trust().certificates().map_err(AppError::internal)?,
                revocation_lists: vec![
                    house.authority.revocation_list(now.utc()).map_err(AppError::internal)?,
                ],
            };
            let known = pdf::certificates(&file).map_err(AppError::internal)?;
            match house.time.revocation_lists(&known) {
                Ok(lists) => data.revocation_lists.extend(lists),
                Err(fault) => return Ok(Err(fault)),
            }
            let transport = house.time.transport(&house.authority, now.utc());
            let file = match pdf::archive(&file, &data, &*transport) {
                Ok(file) => file,
                Err(e) => return fault_of(&e).map(Err).ok_or_else(|| AppError::internal(e)),
            };
            let seen = refuse_unsound(&house, &file, now)?;
            if seen.long_term != LongTerm::Archived {
                return Ok(Err(StampFault::NoRevocation));
            }
            let until = seen.document_stamps.last().and_then(|stamp| stamp.expires_at).map(Time::from);
            let until = until.ok_or_else(|| AppError::internal("a fresh document time stamp has no end"))?;
            if before.is_some_and(|before| until <= before) {
                return Ok(Err(StampFault::NotLonger));
            }
            let pages = whole.agreement.pages.unwrap_or_default();
            Ok(Ok((keep(&house, &whole, Fresh::unsigned(file), pages, now)?, until)))
        })
        .await
}

/// A signature that was just made.
struct Fresh {
    file: Vec<u8>,
    serial: String,
    fingerprint: String,
    missing_stamp: Option<StampFault>,
}

impl Fresh {
    /// A file to which nothing was signed here.
    fn unsigned(file: Vec<u8>) -> Self {
        Self { file, serial: String::new(), fingerprint: String::new(), missing_stamp: None }
    }
}

/// Makes one signature with a stamp. When an outside authority gives none, a new key signs once more without,
/// and the stamp is owed: a person's signature does not wait for a service, and no stamp is ever invented.
fn make<F>(app: &App, subject: Subject<'_>, now: Time, sign: F) -> Result<Fresh, AppError>
where
    F: Fn(EventKey, Option<&Transport<'_>>) -> Result<Result<Vec<u8>, FieldError>, AppError>,
{
    let issue = || app.authority.issue_event_key(subject, now.utc()).map_err(AppError::internal);
    let transport = app.time.transport(&app.authority, now.utc());
    let key = issue()?;
    let (serial, fingerprint) = (key.serial(), key.fingerprint());
    let fault = match sign(key, Some(&*transport))? {
        Ok(file) => return Ok(Fresh { file, serial, fingerprint, missing_stamp: None }),
        Err(e) => fault_of(&e).ok_or_else(|| AppError::internal(e))?,
    };
    tracing::warn!(fault = fault.en(), "a signature is made without a time stamp, which is asked for again");
    let key = issue()?;
    let (serial, fingerprint) = (key.serial(), key.fingerprint());
    let file = sign(key, None)?.map_err(AppError::internal)?;
    Ok(Fresh { file, serial, fingerprint, missing_stamp: Some(fault) })
}

/// What the time-stamp authority did wrong, when it was that.
fn fault_of(error: &FieldError) -> Option<StampFault> {
    match error {
        FieldError::Message(MessageError::Timestamp(error)) => Some(StampFault::of(error)),
        _ => None,
    }
}

/// Our own judge looks at every file before it becomes the head.
fn refuse_unsound(app: &App, file: &[u8], now: Time) -> Result<Examination, AppError> {
    let seen = pdf::examine(file, &app.trust(), now.utc());
    if matches!(seen.verdict, Verdict::Valid | Verdict::ValidUnstamped | Verdict::PartlySigned) {
        Ok(seen)
    } else {
        Err(AppError::internal(format!("a fresh signature was judged {:?}", seen.verdict)))
    }
}

fn keep(app: &App, whole: &Whole, fresh: Fresh, pages: i32, now: Time) -> Result<Made, AppError> {
    let agreement = &whole.agreement;
    let name = format!("{}-{}.pdf", agreement.number, agreement.revision + 1);
    let by = agreement.created_by.as_str();
    let stored = StoredFile::new(ROOM, agreement.id.as_str(), &name, "application/pdf", &fresh.file, by, now);
    app.files.put(&stored.id, &fresh.file)?;
    let sealed = Sealed {
        file: stored.id.clone(),
        sha256: stored.sha256.clone(),
        serial: fresh.serial,
        fingerprint: fresh.fingerprint,
        missing_stamp: fresh.missing_stamp,
    };
    Ok(Made { sealed, stored, pages })
}

/// The bytes of a stored revision.
pub async fn bytes(app: &App, file: FileId) -> Result<Vec<u8>, AppError> {
    let house = app.clone();
    Ok(web::block(move || house.files.get(&file)).await.map_err(AppError::internal)??)
}

/// Whether a picture of handwriting can be used.
pub fn check_handwriting(png: &[u8]) -> Result<(), AppError> {
    paper::check_handwriting(png).map_err(|_| AppError::Unprocessable(&BAD_HANDWRITING))
}
