//! Making the files: the draft's preview, the locked agreement, and each signed revision.
use actix_web::web;

use crate::app::App;
use crate::deals::signings::agreement::{Party, Sealed, Whole};
use crate::deals::signings::paper::{self, FRAMEWORK_AGREEMENT, Mark};
use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::pdf::{self, FieldPlace, Paper, Sheet, Signing, Verdict};
use crate::platform::pki::{Subject, Transport};

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

fn set(app: &App, whole: &Whole, draft: bool) -> Result<Paper, AppError> {
    let values = serde_json::Value::Object(whole.values());
    let fingerprint = sha256_hex(crate::platform::hash_chain::canonical(&values));
    let data = whole.data(&fingerprint, draft);
    let date = whole.agreement.created_at.day();
    let sheet = Sheet { template: FRAMEWORK_AGREEMENT, data: &data, files: &[], date, tagged: true };
    let engine = app.paper.engine()?;
    pdf::set(&engine, &sheet)
}

/// Sets the agreement, adds a field for every party, and locks it with the platform's own signature.
pub async fn lock(app: &App, whole: Whole, now: Time) -> Result<Made, AppError> {
    let house = app.clone();
    app.paper
        .work(move || {
            let paper = set(&house, &whole, false)?;
            let mut places = vec![FieldPlace::invisible(PLATFORM_FIELD, "平台锁定")];
            for sig_box in &paper.boxes {
                places.push(FieldPlace::over(sig_box, &sig_box.id, &format!("签署区 {}", sig_box.id)));
            }
            let prepared = pdf::prepare(&paper.pdf, &places).map_err(AppError::internal)?;
            let subject = Subject { name: "掌上招商平台", organisation: "平台自签（演示）", id: "platform" };
            let key = house.authority.issue_event_key(subject, now.utc()).map_err(AppError::internal)?;
            let (serial, fingerprint) = (key.serial(), key.fingerprint());
            let stamp = stamp(&house, now);
            let signing = Signing {
                field: PLATFORM_FIELD,
                signer_name: subject.name,
                reason: "锁定协议文本",
                location: PLACE,
                at: now.utc(),
                evidence_head: None,
                appearance: None,
                timestamp: Some(&*stamp),
            };
            let locked = pdf::lock(&prepared, key, &signing).map_err(AppError::internal)?;
            let pages = i32::try_from(paper.pages).map_err(AppError::internal)?;
            keep(&house, &whole, locked, serial, fingerprint, pages, now)
        })
        .await
}

/// What a party adds to the file.
pub struct Hand {
    pub party: Party,
    /// PNG; without it the name is set in type
    pub handwriting: Option<Vec<u8>>,
    /// Head of the evidence chain, hex
    pub evidence_head: String,
}

/// Signs the head in one party's name with a key that exists for this one signature.
pub async fn sign(app: &App, whole: Whole, head: FileId, hand: Hand, now: Time) -> Result<Made, AppError> {
    let house = app.clone();
    app.paper
        .work(move || {
            let file = house.files.get(&head)?;
            let party = &hand.party;
            let id = party.account_id.to_string();
            let subject = Subject { name: &party.signer_name, organisation: &party.organisation, id: &id };
            let key = house.authority.issue_event_key(subject, now.utc()).map_err(AppError::internal)?;
            let (serial, fingerprint) = (key.serial(), key.fingerprint());
            let engine = house.paper.engine()?;
            let mark = Mark {
                signer_name: &party.signer_name,
                handwriting: hand.handwriting.as_deref(),
                signed_at: now.utc(),
                certificate_serial: &serial,
                size_mm: box_size(&house, &whole, &party.field)?,
            };
            let appearance = mark.draw(&engine).map_err(|_| AppError::Unprocessable(&BAD_HANDWRITING))?;
            let mut evidence_head = [0; 32];
            hex::decode_to_slice(&hand.evidence_head, &mut evidence_head).map_err(AppError::internal)?;
            let stamp = stamp(&house, now);
            let reason = format!("签署《投资合作框架协议》{}", whole.agreement.number);
            let signing = Signing {
                field: &party.field,
                signer_name: &party.signer_name,
                reason: &reason,
                location: PLACE,
                at: now.utc(),
                evidence_head: Some(evidence_head),
                appearance: Some(&appearance.pdf),
                timestamp: Some(&*stamp),
            };
            let signed = pdf::sign(&file, key, &signing).map_err(AppError::internal)?;
            refuse_unsound(&house, &signed, now)?;
            let pages = whole.agreement.pages.unwrap_or_default();
            keep(&house, &whole, signed, serial, fingerprint, pages, now)
        })
        .await
}

/// Our own judge looks at every file before it becomes the head.
fn refuse_unsound(app: &App, file: &[u8], now: Time) -> Result<(), AppError> {
    let seen = pdf::examine(file, &app.authority.trust(), now.utc());
    if matches!(seen.verdict, Verdict::Valid | Verdict::PartlySigned) {
        Ok(())
    } else {
        Err(AppError::internal(format!("a fresh signature was judged {:?}", seen.verdict)))
    }
}

fn box_size(app: &App, whole: &Whole, field: &str) -> Result<(f32, f32), AppError> {
    let paper = set(app, whole, false)?;
    let found = paper.boxes.iter().find(|b| b.id == field);
    found
        .map(|b| (b.width / POINTS_PER_MM, b.height / POINTS_PER_MM))
        .ok_or_else(|| AppError::internal("the paper has no box for this party"))
}

type BoxedTransport<'a> = Box<Transport<'a>>;

fn stamp(app: &App, now: Time) -> BoxedTransport<'_> {
    Box::new(move |request| app.authority.answer_timestamp(request, now.utc()).map_err(Into::into))
}

fn keep(
    app: &App,
    whole: &Whole,
    bytes: Vec<u8>,
    serial: String,
    fingerprint: String,
    pages: i32,
    now: Time,
) -> Result<Made, AppError> {
    let agreement = &whole.agreement;
    let name = format!("{}-{}.pdf", agreement.number, agreement.revision + 1);
    let by = agreement.created_by.as_str();
    let stored = StoredFile::new(ROOM, agreement.id.as_str(), &name, "application/pdf", &bytes, by, now);
    app.files.put(&stored.id, &bytes)?;
    let sealed = Sealed { file: stored.id.clone(), sha256: stored.sha256.clone(), serial, fingerprint };
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
