//! Cloud signing, over HTTP.
mod annexes;
mod ceremony;
mod negotiation;
mod outside;
mod seals;
mod templates;

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, post, put, web};
use base64::Engine;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::projects::{Project, ProjectId};
use crate::deals::signings::agreement::{self, AgreementId, AgreementState, NewParty, Party, Whole};
use crate::deals::signings::annex::{self, AgreementAnnex, AnnexId};
use crate::deals::signings::consent::ConsentText;
use crate::deals::signings::evidence::{self, Evidence, EvidenceAction, EvidenceView};
use crate::deals::signings::judgement::{SignerPart, unprintable_signers, unprintable_values};
use crate::deals::signings::negotiation::{at_round, refuse_unapproved};
use crate::deals::signings::outside::{Flow, NO_SERVICE, SigningProvider};
use crate::deals::signings::report::Case;
use crate::deals::signings::seal::{Seal, SealId};
use crate::deals::signings::sealing::{self, Hand};
use crate::deals::signings::service;
use crate::deals::signings::signers::{self, NamedSigner};
use crate::deals::signings::strokes::{BAD_STROKES, Point, Strokes};
use crate::deals::signings::template::{RESCISSION, Template};
use crate::deals::signings::verification::{self, VerdictView};
use crate::deals::signings::view::AgreementView;
use crate::deals::signings::words::AgreementText;
use crate::error::{AppError, Code, FieldError};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Account, Act, Actor, CodePurpose, OneTimeCode, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::input::{Line, Prose};
use crate::platform::masked;
use crate::platform::page::{Page, Paging};
use crate::platform::web::{Json, Nothing, read_body};
use crate::schema::agreement_revisions;

const CODE_WRONG: Code = Code::new(
    "signature.code_wrong",
    "签署验证码不正确、已失效，或不是为这份文件发出的，请重新获取",
    "The code is wrong, spent, or was sent for another document; ask for a new one",
);
const NO_SECOND_FACTOR: Code = Code::new(
    "signature.second_factor_missing",
    "工作人员签署还须填写动态码",
    "Staff enter the code of their second factor as well",
);
const SECOND_FACTOR_WRONG: Code = Code::new(
    "signature.second_factor_wrong",
    "动态码不正确或已用过，请等下一个动态码",
    "The code of the second factor is wrong or was used; wait for the next one",
);
const NOT_READ: Code = Code::new(
    "signature.not_read",
    "请先把全文读到末尾、打开全部附件，再签署",
    "Read the whole text to its end and open every annex before signing",
);
const OTHER_CONSENT: Code = Code::new(
    "signature.consent_changed",
    "同意书文字已更新，请重新阅读后勾选",
    "The words of consent have changed; read them again and tick them",
);
const NO_CONSENT: Code =
    Code::new("signature.no_consent", "请先阅读并勾选同意", "Read the document and tick your consent first");
const NOT_YOUR_NAME: Code = Code::new(
    "signature.not_your_name",
    "打字签名须与您的账号姓名一致",
    "The typed name must be the name of your account",
);
/// Largest file that the verify page takes, in bytes.
const LARGEST: usize = 20 << 20;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_agreement)
        .service(list_agreements)
        .service(find_agreement)
        .service(update_agreement)
        .service(show_document)
        .service(dispatch_agreement)
        .service(show_agreement_text)
        .service(record_reading)
        .service(challenge_signature)
        .service(sign_agreement)
        .service(refuse_agreement)
        .service(revoke_agreement)
        .service(list_evidence)
        .service(show_evidence_report)
        .service(show_evidence_bundle)
        .service(verify_document)
        .configure(annexes::routes)
        .configure(negotiation::routes)
        .configure(outside::routes)
        .configure(ceremony::routes)
        .configure(seals::routes)
        .configure(templates::routes);
}

/// What other programs need, outside the API: the root certificate, the time-stamp authority, callbacks.
pub fn outside(config: &mut ServiceConfig) {
    config.service(show_root).service(show_revocation_list).service(stamp_time).configure(outside::callbacks);
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAgreement {
    project_id: ProjectId,
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    template_code: Line<64>,
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Map<String, Value>,
    /// Left out: the investor first, then the person who drafts
    #[schema(max_items = 12)]
    #[serde(default)]
    signers: Vec<NamedSigner>,
    /// Left out: the platform itself
    provider: Option<SigningProvider>,
}

/// Draft an agreement for a project
#[utoipa::path(tag = "signings", operation_id = "create_agreement", request_body = CreateAgreement, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements")]
pub(super) async fn create_agreement(
    app: App,
    act: Act,
    body: Json<CreateAgreement>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    if let Some(earlier) = act.earlier(&app, &body.digest).await? {
        return Ok(earlier);
    }
    let (actor, asked) = (act.actor.clone(), body.value.clone());
    let named = !asked.signers.is_empty();
    // Any other refusal is told below, in its turn.
    if let Ok((_, parties)) = app.read(move |conn| signers_of(conn, &actor, &asked)).await {
        refuse_unprintable(&app, move |missing| {
            let place = |n: usize, part: SignerPart| match part {
                _ if !named => "signers".to_owned(),
                SignerPart::Organisation => format!("signers[{n}].organisation"),
                SignerPart::Name => format!("signers[{n}].phone"),
                SignerPart::Authority => format!("signers[{n}].authority"),
            };
            unprintable_signers(parties.iter().map(NewParty::printed), &place, missing)
        })
        .await?;
    }
    act.create(&app, body, move |tx, new: &CreateAgreement| {
        let provider = new.provider.unwrap_or(SigningProvider::BuiltIn);
        let service = service::of(&house, provider).ok_or(AppError::Unprocessable(&NO_SERVICE))?;
        if new.template_code.as_str() == RESCISSION {
            return Err(AppError::field("template_code", "input.choice"));
        }
        let template = Template::in_use(tx.conn, new.template_code.as_str()).map_err(|e| match e {
            AppError::NotFound => AppError::field("template_code", "input.choice"),
            e => e,
        })?;
        let values = template.content.check(&new.values, true)?;
        let (project, parties) = signers_of(tx.conn, tx.actor, new)?;
        let steps: Vec<i32> = parties.iter().map(|party| party.step).collect();
        service.refuse_order(&steps)?;
        let facts = (project.id.clone(), project.name.clone(), project.unit_id.clone());
        let id = agreement::draft(tx, facts, &template, &values, parties, None, provider)?;
        shown(tx, &id)
    })
    .await
}

/// The project of a new agreement and who is to sign.
fn signers_of(
    conn: &mut DbConn,
    actor: &Actor,
    new: &CreateAgreement,
) -> Result<(Project, Vec<NewParty>), AppError> {
    let project = Project::find(conn, &new.project_id)?;
    if !actor.reaches(Some(&project.opened_by), Some(&project.unit_id)) {
        return Err(AppError::NotFound);
    }
    let parties = signers::parties(conn, actor, &project, &new.signers)?;
    Ok((project, parties))
}

/// The agreement as it is after a write.
fn shown(tx: &mut Tx<'_>, id: &AgreementId) -> Result<AgreementView, AppError> {
    let whole = Whole::find(tx.conn, id)?;
    AgreementView::whole(tx.conn, whole, tx.actor)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AgreementFilter {
    state: Option<AgreementState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Agreements that concern me or my unit, newest first
#[utoipa::path(tag = "signings", operation_id = "list_agreements", params(AgreementFilter), responses((status = 200, body = Page<AgreementView>), ReadErrors))]
#[get("/signings/agreements")]
pub(super) async fn list_agreements(
    app: App,
    actor: Actor,
    filter: web::Query<AgreementFilter>,
) -> Result<web::Json<Page<AgreementView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let (limit, after) = (paging.limit()?, paging.after_key()?);
    let page = app
        .read(move |conn| {
            let rows = agreement::list(conn, &actor, filter.state, after, limit + 1)?;
            let page = Page::of(rows, limit, |w| vec![w.agreement.id.to_string()]);
            Ok(page.map(|whole| AgreementView::of(whole, &actor)))
        })
        .await?;
    Ok(web::Json(page))
}

/// One agreement
#[utoipa::path(tag = "signings", operation_id = "find_agreement", params(("id" = AgreementId, Path)), responses((status = 200, body = AgreementView), ReadErrors))]
#[get("/signings/agreements/{id}")]
pub(super) async fn find_agreement(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<AgreementView>, AppError> {
    let view = app
        .read(move |conn| {
            let whole = Whole::seen_by(conn, &id, &actor)?;
            AgreementView::whole(conn, whole, &actor)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAgreement {
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Map<String, Value>,
}

/// Change the values of a draft
#[utoipa::path(tag = "signings", operation_id = "update_agreement", request_body = UpdateAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = AgreementView), WriteErrors))]
#[put("/signings/agreements/{id}")]
pub(super) async fn update_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<UpdateAgreement>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, new: &UpdateAgreement| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        let values = whole.template.content.check(&new.values, true)?;
        agreement::redraft(tx, &id, &values)?;
        shown(tx, &id)
    })
    .await
}

/// The agreement, for the office that made it.
fn of_office(conn: &mut DbConn, id: &AgreementId, actor: &Actor) -> Result<Whole, AppError> {
    let whole = Whole::find(conn, id)?;
    let (owner, unit) = (&whole.agreement.created_by, &whole.agreement.unit_id);
    if actor.is(owner) || actor.is_of(unit) { Ok(whole) } else { Err(AppError::NotFound) }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// Left out: the head, or the preview of a draft
    #[param(minimum = 1, maximum = 100)]
    revision: Option<i32>,
    /// The preview of the text as a round of the negotiation worded it
    #[param(minimum = 1)]
    round: Option<i32>,
}

/// The agreement's file; of a draft or of an earlier round, its preview
#[utoipa::path(tag = "signings", operation_id = "show_document", params(("id" = AgreementId, Path), DocumentQuery), responses((status = 200, content_type = "application/pdf", body = Vec<u8>), ReadErrors))]
#[get("/signings/agreements/{id}/document")]
pub(super) async fn show_document(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
    query: web::Query<DocumentQuery>,
) -> Result<HttpResponse, AppError> {
    let (revision, round) = (query.revision, query.round);
    if revision.is_some_and(|n| !(1..=100).contains(&n)) {
        return Err(AppError::field("revision", "input.range"));
    }
    if revision.is_some() && round.is_some() {
        return Err(AppError::field("round", "input.choice"));
    }
    let (whole, file) = app
        .read(move |conn| {
            use agreement_revisions as r;
            let whole = Whole::seen_by(conn, &id, &actor)?;
            if let Some(number) = round {
                return Ok((at_round(conn, whole, &actor, number)?, None));
            }
            let file = match revision {
                None => whole.agreement.head_file.clone(),
                Some(n) => Some(r::table.find((&*id, n)).select(r::file_id).first(conn)?),
            };
            Ok((whole, file))
        })
        .await?;
    let name = format!("{}.pdf", whole.agreement.number);
    let bytes = match file {
        Some(file) => sealing::bytes(&app, file).await?,
        None => sealing::preview(&app, whole).await?,
    };
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("inline; filename=\"{name}\"")))
        .insert_header(("Palm-Document-SHA256", sha256_hex(&bytes)))
        .body(bytes))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchAgreement {
    /// Days within which everybody must sign; left out, what the platform is set to
    #[schema(minimum = 1, maximum = 365)]
    sign_within_days: Option<u16>,
}

/// Set, lock and send a draft; from here its text cannot change
#[utoipa::path(tag = "signings", operation_id = "dispatch_agreement", request_body = DispatchAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/dispatches")]
pub(super) async fn dispatch_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<DispatchAgreement>,
) -> Result<HttpResponse, AppError> {
    if let Some(earlier) = act.earlier(&app, &body.digest).await? {
        return Ok(earlier);
    }
    let days = body.value.sign_within_days.unwrap_or(app.config.signing_days);
    if !(1..=365).contains(&days) {
        return Err(AppError::field("sign_within_days", "input.range"));
    }
    let (actor, wanted) = (act.actor.clone(), id.clone());
    let whole = app
        .read(move |conn| {
            let whole = of_office(conn, &wanted, &actor)?;
            refuse_unapproved(conn, &whole)?;
            Ok(whole)
        })
        .await?;
    if whole.agreement.state != AgreementState::Draft {
        return Err(AppError::Conflict(&agreement::NOT_DRAFT));
    }
    whole.template.content.check(&whole.values(), false)?;
    let provider = whole.agreement.provider;
    let service = service::of(&app, provider).ok_or(AppError::Unprocessable(&NO_SERVICE))?;
    service.refuse_order(&whole.steps())?;
    let printed = whole.clone();
    refuse_unprintable(&app, move |missing| {
        let place = |n: usize, part: SignerPart| match part {
            SignerPart::Organisation => format!("parties[{n}].organisation"),
            SignerPart::Name => format!("parties[{n}].signer_name"),
            SignerPart::Authority => format!("parties[{n}].authority"),
        };
        let mut wrong = unprintable_values(&printed.values(), missing);
        wrong.extend(unprintable_signers(printed.parties.iter().map(Party::printed), &place, missing));
        wrong
    })
    .await?;
    let drafted = whole.text_digest();
    let (made, parts) = service.paper(&app, whole, app.now()).await?;
    let text = AgreementText::new(&made.sealed.sha256, parts)?;
    let life = chrono::Duration::days(days.into());
    act.perform(&app, StatusCode::CREATED, &body.digest, move |tx| {
        // Values or annexes changed while the paper was set: what was locked is not what is drafted now.
        let now = of_office(tx.conn, &id, tx.actor)?;
        if now.text_digest() != drafted {
            return Err(AppError::Conflict(&agreement::MOVED_ON));
        }
        refuse_unapproved(tx.conn, &now)?;
        made.stored.insert(tx.conn)?;
        agreement::dispatch(tx, &now, &made.sealed, made.pages, life)?;
        text.keep(tx.conn, &id)?;
        if provider.is_outside() {
            Flow::ask_for(tx.conn, &id, tx.now)?;
        }
        shown(tx, &id)
    })
    .await
}

/// Refuses the letters that no font has, field by field, before anything is set; `find` is given what finds them in a text.
async fn refuse_unprintable(
    app: &App,
    find: impl FnOnce(&dyn Fn(&str) -> String) -> Vec<FieldError> + Send + 'static,
) -> Result<(), AppError> {
    let house = app.clone();
    let check = move || {
        let engine = house.paper.engine()?;
        let wrong = find(&|text: &str| engine.missing(text));
        if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
    };
    app.paper.work(check).await
}

/// The words of the locked text, to be read on a screen before signing
#[utoipa::path(tag = "signings", operation_id = "show_agreement_text", params(("id" = AgreementId, Path)), responses((status = 200, body = AgreementText), ReadErrors))]
#[get("/signings/agreements/{id}/text")]
pub(super) async fn show_agreement_text(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<AgreementText>, AppError> {
    let wanted = id.clone();
    let (whole, text) = app
        .read(move |conn| {
            let whole = Whole::seen_by(conn, &wanted, &actor)?;
            let text = AgreementText::of(conn, &wanted)?;
            Ok((whole, text))
        })
        .await?;
    if let Some(text) = text {
        return Ok(web::Json(text));
    }
    // It was sent before its words were kept: the same version and values give the same words.
    let document = whole.agreement.text_sha256.clone().ok_or(AppError::NotFound)?;
    let text = AgreementText::new(&document, sealing::parts(&app, whole).await?)?;
    let kept = text.clone();
    app.db.write(move |conn| kept.keep(conn, &id)).await?;
    Ok(web::Json(text))
}

/// A reading as the reader's own program observed it; the evidence says that it is that program's account.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReading {
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    document_sha256: Line<64>,
    /// Of the words that were shown
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    words_sha256: Line<64>,
    /// Parts of the words that were on the screen
    #[schema(minimum = 0, maximum = 65535)]
    parts_seen: u16,
    #[schema(minimum = 0, maximum = 65535)]
    seconds: u16,
    /// Annexes that were opened
    #[schema(max_items = 5)]
    #[serde(default)]
    annexes_opened: Vec<AnnexId>,
    /// Whether the file was opened besides
    #[serde(default)]
    file_opened: bool,
}

/// Record that a party read the whole text; part of the evidence, and asked for before signing
#[utoipa::path(tag = "signings", operation_id = "record_reading", request_body = RecordReading, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/readings")]
pub(super) async fn record_reading(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<RecordReading>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reading: &RecordReading| {
        if reading.annexes_opened.len() > annex::MOST {
            return Err(AppError::field("annexes_opened", "input.range"));
        }
        let whole = Whole::seen_by(tx.conn, &id, tx.actor)?;
        let party = whole.turn_of(tx.actor)?;
        let document = whole.text(reading.document_sha256.as_str())?;
        let text = AgreementText::of(tx.conn, &id)?.filter(|text| text.document_sha256 == document);
        let text = text.filter(|text| text.words_sha256 == reading.words_sha256.as_str());
        let text = text.ok_or(AppError::Conflict(&agreement::MOVED_ON))?;
        let opened = |annex: &AgreementAnnex| reading.annexes_opened.contains(&annex.id);
        if usize::from(reading.parts_seen) != text.parts.len() || !whole.annexes.iter().all(opened) {
            return Err(AppError::Unprocessable(&NOT_READ));
        }
        let annexes: Vec<&str> = whole.annexes.iter().map(|annex| annex.sha256.as_str()).collect();
        let payload = json!({
            "party": party.seq, "document_sha256": document, "words_sha256": text.words_sha256,
            "told_by_the_reading_program": {
                "parts_seen": reading.parts_seen, "annexes_opened": annexes, "file_opened": reading.file_opened,
                "seconds": reading.seconds,
            },
        });
        agreement::record(tx, &id, EvidenceAction::Read, &payload)?;
        tx.subject("agreement", &*id);
        AgreementView::whole(tx.conn, whole, tx.actor)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    document_sha256: Line<64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    challenge_id: String,
    phone_masked: String,
    document_sha256: String,
    expires_at: Time,
    resend_after_seconds: i64,
}

/// The code belongs to the phone of one signer and to the locked text, so that it outlives others' signatures.
fn code_subject(id: &AgreementId, text_sha256: &str) -> String {
    format!("{id}:{text_sha256}")
}

/// Send a code that is good for this party and this very document alone
#[utoipa::path(tag = "signings", operation_id = "challenge_signature", request_body = Challenge, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = ChallengeView), WriteErrors))]
#[post("/signings/agreements/{id}/challenges")]
pub(super) async fn challenge_signature(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<Challenge>,
) -> Result<HttpResponse, AppError> {
    if let Some(earlier) = act.earlier(&app, &body.digest).await? {
        return Ok(earlier);
    }
    let (house, actor, wanted, asked, now) =
        (app.clone(), act.actor.clone(), id.clone(), body.value.clone(), app.now());
    // The code's row commits before the text is sent: a code that nobody holds does no harm.
    let (made, phone) = app
        .db
        .write(move |conn| {
            let whole = Whole::seen_by(conn, &wanted, &actor)?;
            whole.turn_of(&actor)?;
            whole.refuse_outside()?;
            whole.refuse_lapsed(now)?;
            let sha256 = whole.text(asked.document_sha256.as_str())?;
            let phone = Account::find(conn, &actor.id)?.phone;
            let subject = code_subject(&wanted, sha256);
            let made = OneTimeCode::make(&house, conn, &phone, CodePurpose::Signature, &subject, now)?;
            Ok((made, phone))
        })
        .await?;
    made.send(&app).await?;
    act.create(&app, body, move |tx, asked: &Challenge| {
        let payload = json!({"document_sha256": asked.document_sha256, "phone": masked::phone(&phone)});
        agreement::record(tx, &id, EvidenceAction::CodeSent, &payload)?;
        tx.subject("agreement", &*id);
        Ok(ChallengeView {
            challenge_id: made.id.clone(),
            phone_masked: masked::phone(&phone),
            document_sha256: asked.document_sha256.as_str().to_owned(),
            expires_at: made.expires_at,
            resend_after_seconds: OneTimeCode::PAUSE_SECONDS,
        })
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignAgreement {
    #[schema(value_type = Option<String>, max_length = 36)]
    #[allow(dead_code, reason = "named in the contract; the code is found by phone and document")]
    challenge_id: Option<Line<36>>,
    #[schema(value_type = String, min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    code: Line<6>,
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    document_sha256: Line<64>,
    /// Of accounts with a second factor: its code of now, never one that was used
    #[schema(value_type = Option<String>, min_length = 6, max_length = 6, pattern = "^[0-9]{6}$")]
    totp: Option<Line<6>>,
    /// SHA-256 of the words of consent that were shown and agreed to
    #[schema(value_type = Option<String>, min_length = 64, max_length = 64)]
    consent_sha256: Option<Line<64>>,
    /// PNG in base 64; left out, the name is set in type
    #[schema(max_length = 280000)]
    handwriting_png: Option<String>,
    /// How the handwriting came about, stroke by stroke: points of x and y in pixels from the frame's upper left
    /// corner and milliseconds since the first touch
    #[schema(value_type = Option<Vec<Vec<Vec<i32>>>>)]
    strokes: Option<Vec<Vec<Point>>>,
    /// The signer's own name, typed instead of written
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    typed_name: Option<Line<50>>,
    /// An approved seal of the signer's own side, to stand in the signature
    seal_id: Option<SealId>,
}

/// Heads that may move under one signer's hand before the person is asked to try again.
const TRIES: usize = 16;

/// Sign, in one's turn, the very text that was read
#[utoipa::path(tag = "signings", operation_id = "sign_agreement", request_body = SignAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/signatures")]
pub(super) async fn sign_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<SignAgreement>,
) -> Result<HttpResponse, AppError> {
    if let Some(earlier) = act.earlier(&app, &body.digest).await? {
        return Ok(earlier);
    }
    let consent = body.value.consent_sha256.as_ref().ok_or(AppError::Unprocessable(&NO_CONSENT))?;
    let consent = ConsentText::shown(consent.as_str()).ok_or(AppError::Conflict(&OTHER_CONSENT))?;
    let handwriting = handwriting(body.value.handwriting_png.as_deref())?;
    let strokes = body.value.strokes.as_deref().map(Strokes::parse).transpose()?;
    if handwriting.is_some() != strokes.is_some() {
        return Err(AppError::Unprocessable(&BAD_STROKES));
    }
    if body.value.typed_name.as_ref().is_some_and(|name| name.as_str() != act.actor.name) {
        return Err(AppError::Unprocessable(&NOT_YOUR_NAME));
    }
    let Prepared { mut whole, party, evidence_head, seal } =
        prove(&app, &act.actor, &id, &body, consent, handwriting.as_deref().zip(strokes)).await?;
    let hand = Hand { party, handwriting, seal, evidence_head };
    for _ in 0..TRIES {
        let from = whole.head()?.1.to_owned();
        let made = sealing::sign(&app, whole, hand.clone(), app.now()).await?;
        let (signed, hand_of) = (id.clone(), hand.clone());
        let outcome = act
            .clone()
            .perform(&app, StatusCode::CREATED, &body.digest, move |tx| {
                made.stored.insert(tx.conn)?;
                agreement::sign(tx, &signed, &hand_of.party, hand_of.seal.as_ref(), &from, &made.sealed)?;
                shown(tx, &signed)
            })
            .await;
        match outcome {
            // Somebody signed in the meantime. The text is the locked one still, so the consent holds:
            // the signature is made again behind theirs.
            Err(AppError::Conflict(code)) if *code == agreement::HEAD_MOVED => {}
            other => return other,
        }
        let wanted = id.clone();
        whole = app.read(move |conn| Whole::find(conn, &wanted)).await?;
        whole.turn_of(&act.actor)?;
    }
    Err(AppError::Unavailable)
}

fn handwriting(base64: Option<&str>) -> Result<Option<Vec<u8>>, AppError> {
    let Some(text) = base64.filter(|t| !t.is_empty()) else { return Ok(None) };
    let text = text.rsplit_once("base64,").map_or(text, |(_, data)| data);
    let png = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| AppError::Unprocessable(&sealing::BAD_HANDWRITING))?;
    sealing::check_handwriting(&png)?;
    Ok(Some(png))
}

struct Prepared {
    whole: Whole,
    party: Party,
    evidence_head: String,
    seal: Option<Seal>,
}

/// Uses up the codes and writes consent and proof into the evidence, whose head the signature will hold.
/// A wrong code is counted, so its refusal is a value that commits. The same request asked again after a crash
/// finds its consent and needs no second code.
async fn prove(
    app: &App,
    actor: &Actor,
    id: &AgreementId,
    body: &Json<SignAgreement>,
    consent: ConsentText,
    handwriting: Option<(&[u8], Strokes)>,
) -> Result<Prepared, AppError> {
    let (house, actor, id, now) = (app.clone(), actor.clone(), id.clone(), app.now());
    let (asked, request) = (&body.value, body.digest.clone());
    let (sha256, code) = (asked.document_sha256.as_str().to_owned(), asked.code.as_str().to_owned());
    let (drawn, strokes) = handwriting.map(|(png, strokes)| (sha256_hex(png), strokes)).unzip();
    let (totp, chosen) = (asked.totp.clone(), asked.seal_id.clone());
    app.db
        .write(move |conn| {
            let whole = Whole::seen_by(conn, &id, &actor)?;
            let party = whole.turn_of(&actor)?.clone();
            whole.refuse_outside()?;
            whole.refuse_lapsed(now)?;
            whole.text(&sha256)?;
            let seal = chosen.as_ref().map(|seal| Seal::usable(conn, seal, &whole, &party)).transpose()?;
            if let Some(evidence_head) = Evidence::consent(conn, &id, &actor.id, &request, now)? {
                return Ok(Ok(Prepared { whole, party, evidence_head, seal }));
            }
            if !Evidence::has_read(conn, &id, &actor.id, &sha256)? {
                return Err(AppError::Unprocessable(&NOT_READ));
            }
            let account = Account::find(conn, &actor.id)?;
            let step = match second_factor(&account, totp.as_ref(), now) {
                Ok(step) => step,
                Err(AppError::Unprocessable(code)) if *code == SECOND_FACTOR_WRONG => {
                    account.count_failure(conn, now)?;
                    return Ok(Err(AppError::Unprocessable(&SECOND_FACTOR_WRONG)));
                }
                Err(e) => return Err(e),
            };
            let (phone, subject) = (&account.phone, code_subject(&id, &sha256));
            if !OneTimeCode::redeem(&house, conn, phone, CodePurpose::Signature, &subject, &code, now)? {
                return Ok(Err(AppError::Unprocessable(&CODE_WRONG)));
            }
            if let Some(step) = step
                && !account.use_totp_step(conn, step)?
            {
                return Err(AppError::Unprocessable(&SECOND_FACTOR_WRONG));
            }
            if let Some(strokes) = &strokes {
                strokes.keep(conn, &id, &actor.id, now)?;
            }
            let by = evidence::By { id: Some(actor.id.as_str()), name: &actor.name };
            let payload = json!({
                "party": party.seq, "document_sha256": sha256, "phone": masked::phone(phone),
                "step_up": step.map(|_| "totp"), "consent": consent, "handwriting_sha256": drawn,
                "strokes": strokes.as_ref().map(Strokes::evidence), "request_sha256": request,
                "seal": seal.as_ref().map(Seal::evidence),
            });
            let evidence_head = Evidence::append(conn, &id, by, EvidenceAction::Consented, &payload, now)?;
            Ok(Ok(Prepared { whole, party, evidence_head, seal }))
        })
        .await?
}

/// The step of the second factor's code, which is used up once the other code holds too; `None` for an account without.
fn second_factor(account: &Account, given: Option<&Line<6>>, now: Time) -> Result<Option<i64>, AppError> {
    if account.totp_secret.is_none() {
        return Ok(None);
    }
    account.refuse_resting(now)?;
    let code = given.ok_or(AppError::Unprocessable(&NO_SECOND_FACTOR))?;
    let step = account.totp_step(code.as_str(), now);
    step.map(Some).ok_or(AppError::Unprocessable(&SECOND_FACTOR_WRONG))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseAgreement {
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Prose<500>,
}

/// Refuse to sign, with a reason; this ends the agreement
#[utoipa::path(tag = "signings", operation_id = "refuse_agreement", request_body = CloseAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/refusals")]
pub(super) async fn refuse_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<CloseAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, close: &CloseAgreement| {
        let whole = Whole::seen_by(tx.conn, &id, tx.actor)?;
        whole.turn_of(tx.actor)?;
        agreement::close(tx, &whole, AgreementState::Refused, close.reason.as_str())?;
        shown(tx, &id)
    })
    .await
}

/// Revoke before all have signed, with a reason; this ends the agreement
#[utoipa::path(tag = "signings", operation_id = "revoke_agreement", request_body = CloseAgreement, params(("id" = AgreementId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = AgreementView), WriteErrors))]
#[post("/signings/agreements/{id}/revocations")]
pub(super) async fn revoke_agreement(
    app: App,
    act: Act,
    id: web::Path<AgreementId>,
    body: Json<CloseAgreement>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, close: &CloseAgreement| {
        let whole = of_office(tx.conn, &id, tx.actor)?;
        agreement::close(tx, &whole, AgreementState::Revoked, close.reason.as_str())?;
        shown(tx, &id)
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceList {
    items: Vec<EvidenceView>,
    head: Option<String>,
    /// The first entry at which the chain does not hold; absent when it does
    broken_at: Option<i32>,
}

/// The evidence chain of an agreement
#[utoipa::path(tag = "signings", operation_id = "list_evidence", params(("id" = AgreementId, Path)), responses((status = 200, body = EvidenceList), ReadErrors))]
#[get("/signings/agreements/{id}/evidence")]
pub(super) async fn list_evidence(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<EvidenceList>, AppError> {
    let chain = app
        .read(move |conn| {
            Whole::seen_by(conn, &id, &actor)?;
            Evidence::all(conn, &id)
        })
        .await?;
    Ok(web::Json(EvidenceList {
        head: chain.last().map(|e| e.hash.clone()),
        broken_at: evidence::first_break(&chain),
        items: chain.into_iter().map(EvidenceView::from).collect(),
    }))
}

/// The report of an agreement's evidence, for people
#[utoipa::path(tag = "signings", operation_id = "show_evidence_report", params(("id" = AgreementId, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>), ReadErrors))]
#[get("/signings/agreements/{id}/evidence-report")]
pub(super) async fn show_evidence_report(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<HttpResponse, AppError> {
    let (number, case) = case(&app, actor, id.into_inner()).await?;
    Ok(attached(&format!("{number}-evidence.pdf"), "application/pdf", case.report(&app).await?))
}

/// Everything about an agreement in one bundle, which `palm verify` checks off line
#[utoipa::path(tag = "signings", operation_id = "show_evidence_bundle", params(("id" = AgreementId, Path)), responses((status = 200, content_type = "application/x-tar", body = Vec<u8>), ReadErrors))]
#[get("/signings/agreements/{id}/evidence-bundle")]
pub(super) async fn show_evidence_bundle(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<HttpResponse, AppError> {
    let (number, case) = case(&app, actor, id.into_inner()).await?;
    Ok(attached(&format!("{number}.tar"), "application/x-tar", case.bundle(&app).await?))
}

/// What is known about an agreement that was sent, for whoever may see it.
async fn case(app: &App, actor: Actor, id: AgreementId) -> Result<(String, Case), AppError> {
    let key = app.ledger_signer.key();
    app.read(move |conn| {
        let whole = Whole::seen_by(conn, &id, &actor)?;
        whole.head()?;
        Ok((whole.agreement.number.clone(), Case::of(conn, whole, &actor, &key)?))
    })
    .await
}

fn attached(name: &str, media_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("Content-Disposition", format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

/// Judge a signed file; anyone may, nothing is kept
#[utoipa::path(tag = "signings", operation_id = "verify_document", request_body(content = Vec<u8>, content_type = "application/pdf"), responses((status = 200, body = VerdictView), WriteErrors), security(()))]
#[post("/signings/verifications")]
pub(super) async fn verify_document(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<web::Json<VerdictView>, AppError> {
    if request.content_type() != "application/pdf" {
        return Err(AppError::MediaType);
    }
    let file = read_body(payload.into_inner(), LARGEST).await?;
    Ok(web::Json(verification::verify(&app, file).await?))
}

/// The root certificate of the built-in (demo) authority, PEM
#[utoipa::path(tag = "signings", operation_id = "show_root", responses((status = 200, content_type = "application/x-pem-file", body = String), ReadErrors), security(()))]
#[get("/pki/root.pem")]
pub(super) async fn show_root(app: App) -> Result<HttpResponse, AppError> {
    let pem = app.authority.root_pem().map_err(AppError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/x-pem-file").body(pem))
}

/// What the built-in (demo) authority has revoked (RFC 5280), DER
#[utoipa::path(tag = "signings", operation_id = "show_revocation_list", responses((status = 200, content_type = "application/pkix-crl", body = Vec<u8>), ReadErrors), security(()))]
#[get("/pki/root.crl")]
pub(super) async fn show_revocation_list(app: App) -> Result<HttpResponse, AppError> {
    let list = app.authority.revocation_list(app.now().utc()).map_err(AppError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/pkix-crl").body(list))
}

/// The built-in time-stamp authority (RFC 3161)
#[utoipa::path(tag = "signings", operation_id = "stamp_time", request_body(content = Vec<u8>, content_type = "application/timestamp-query"), responses((status = 200, content_type = "application/timestamp-reply", body = Vec<u8>), WriteErrors), security(()))]
#[post("/pki/timestamp")]
pub(super) async fn stamp_time(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    if request.content_type() != "application/timestamp-query" {
        return Err(AppError::MediaType);
    }
    let query = read_body(payload.into_inner(), 64 << 10).await?;
    let reply = app.authority.answer_timestamp(&query, app.now().utc()).map_err(AppError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/timestamp-reply").body(reply))
}
