//! The register of seals, over HTTP: a picture and papers, a second person's yes, uses, and the way out.
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use base64::Engine;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::attached;
use crate::app::App;
use crate::deals::signings::agreement::{AgreementId, Whole};
use crate::deals::signings::events::SigningSealMoved;
use crate::deals::signings::rules::SealAct;
use crate::deals::signings::seal::{
    NewSeal, PAPERS, PICTURE, ROOM, Seal, SealId, SealKind, SealOwnerKind, SealState, SealStep, SealStepKind,
};
use crate::deals::signings::{seal_picture, sealing};
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::files::{self, FileId, StoredFile};
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::platform::upload::one_file;
use crate::platform::web::{Json, Nothing};

const PAPERS_REFUSED: Code = Code::new(
    "seal.papers_refused",
    "授权文件须为 PDF、PNG 或 JPEG，不超过 8 MB；请扫描后再传",
    "The papers are taken as PDF, PNG or JPEG of at most 8 MB; scan them and upload again",
);
const MOST_PAPERS: usize = 8 * 1024 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_seal_picture)
        .service(create_seal_papers)
        .service(create_seal)
        .service(list_seals)
        .service(find_seal)
        .service(show_seal_papers)
        .service(approve_seal)
        .service(decline_seal)
        .service(suspend_seal)
        .service(reinstate_seal)
        .service(revoke_seal)
        .service(list_party_seals);
}

/// One file out of a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct SealFileForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SealPictureView {
    file_id: FileId,
    sha256: String,
    /// The seal as it was cut out of its paper: a PNG as a data address
    picture: String,
}

/// Upload the picture of a seal on white paper, PNG; it is freed of the paper and shown as it will be kept
#[utoipa::path(tag = "signings", operation_id = "create_seal_picture", request_body(content = SealFileForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealPictureView), WriteErrors))]
#[post("/signings/seal-pictures")]
pub(super) async fn create_seal_picture(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let scanned = one_file(Multipart::new(request.headers(), form), seal_picture::MOST_BYTES).await?.1;
    let png = web::block(move || seal_picture::cleaned(&scanned)).await.map_err(AppError::internal)??;
    let by = act.actor.id.to_string();
    let file = StoredFile::new(ROOM, PICTURE, "seal.png", "image/png", &png, &by, app.now());
    let picture = address(&png);
    keep(&app, act, file, png, move |file| SealPictureView {
        file_id: file.id.clone(),
        sha256: file.sha256.clone(),
        picture: picture.clone(),
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SealPapersView {
    file_id: FileId,
    name: String,
    size: i64,
}

/// Upload the papers that authorise a seal: PDF, PNG or JPEG of at most 8 MB
#[utoipa::path(tag = "signings", operation_id = "create_seal_papers", request_body(content = SealFileForm, content_type = "multipart/form-data"), params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealPapersView), WriteErrors))]
#[post("/signings/seal-papers")]
pub(super) async fn create_seal_papers(
    app: App,
    act: Act,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    let (name, bytes) = one_file(Multipart::new(request.headers(), form), MOST_PAPERS).await?;
    let media_type = files::recognised(&name, &bytes)
        .ok()
        .filter(|kind| matches!(*kind, "application/pdf" | "image/png" | "image/jpeg"))
        .ok_or(AppError::Unprocessable(&PAPERS_REFUSED))?;
    let by = act.actor.id.to_string();
    let file = StoredFile::new(ROOM, PAPERS, &name, media_type, &bytes, &by, app.now());
    keep(&app, act, file, bytes, |file| SealPapersView {
        file_id: file.id.clone(),
        name: file.name.clone(),
        size: file.size,
    })
    .await
}

async fn keep<V: Serialize>(
    app: &App,
    act: Act,
    file: StoredFile,
    bytes: Vec<u8>,
    view: impl Fn(&StoredFile) -> V + Send + 'static,
) -> Result<HttpResponse, AppError> {
    let digest = format!("{} {}", file.name, file.sha256);
    if let Some(earlier) = act.earlier(app, &digest).await? {
        return Ok(earlier);
    }
    let (house, id) = (app.clone(), file.id.clone());
    web::block(move || house.files.put(&id, &bytes)).await.map_err(AppError::internal)??;
    act.perform(app, StatusCode::CREATED, &digest, move |tx| {
        file.insert(tx.conn)?;
        tx.subject("file", &file.id);
        Ok(view(&file))
    })
    .await
}

fn address(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSeal {
    /// What people call it, such as 合同专用章（一）
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    kind: SealKind,
    owner_kind: SealOwnerKind,
    /// Of an enterprise its registered name; of a unit it is known
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    owner_name: Option<Line<120>>,
    /// The unit that checks an enterprise's papers; of a unit it is one's own
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    unit_id: Option<Line<64>>,
    /// Who keeps the stamp
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    keeper_name: Line<40>,
    /// What authorises its use, such as the number of the decision
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    authority: Prose<200>,
    picture_file_id: FileId,
    papers_file_id: FileId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SealStepView {
    kind: SealStepKind,
    by_name: String,
    at: Time,
    reason: Option<String>,
}

impl From<SealStep> for SealStepView {
    fn from(step: SealStep) -> Self {
        Self { kind: step.kind, by_name: step.by_name, at: step.at, reason: step.reason }
    }
}

/// One use of a seal.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealUseView {
    agreement_id: AgreementId,
    agreement_number: String,
    signer_name: String,
    used_at: Time,
    /// Of the picture that was used
    picture_sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SealView {
    id: SealId,
    name: String,
    kind: SealKind,
    owner_kind: SealOwnerKind,
    owner_name: String,
    /// The unit that answers for it
    unit_id: String,
    keeper_name: String,
    authority: String,
    state: SealState,
    demo: bool,
    picture_sha256: String,
    registered_at: Time,
    approved_at: Option<Time>,
    /// What this person may do with it now
    may: Vec<SealAct>,
    /// The picture as a data address; left out in lists
    picture: Option<String>,
    /// Left empty in lists
    steps: Vec<SealStepView>,
    /// Newest first; left empty in lists
    uses: Vec<SealUseView>,
}

impl SealView {
    fn of(seal: Seal, actor: &Actor) -> Self {
        Self {
            may: seal.may(actor),
            id: seal.id,
            name: seal.name,
            kind: seal.kind,
            owner_kind: seal.owner_kind,
            owner_name: seal.owner_name,
            unit_id: seal.unit_id,
            keeper_name: seal.keeper_name,
            authority: seal.authority,
            state: seal.state,
            demo: seal.demo,
            picture_sha256: seal.picture_sha256,
            registered_at: seal.registered_at,
            approved_at: seal.approved_at,
            picture: None,
            steps: Vec::new(),
            uses: Vec::new(),
        }
    }
}

/// Register a seal; it is not used before a second person has approved it
#[utoipa::path(tag = "signings", operation_id = "create_seal", request_body = CreateSeal, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals")]
pub(super) async fn create_seal(
    app: App,
    act: Act,
    body: Json<CreateSeal>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, |tx, new: &CreateSeal| {
        let text = |line: &Option<Line<120>>| line.as_ref().map(|line| line.as_str().to_owned());
        let enterprise = match new.owner_kind {
            SealOwnerKind::Unit => None,
            SealOwnerKind::Enterprise => {
                let name =
                    text(&new.owner_name).ok_or_else(|| AppError::field("owner_name", "input.missing"))?;
                let unit = new.unit_id.as_ref().ok_or_else(|| AppError::field("unit_id", "input.missing"))?;
                Some((name, unit.as_str().to_owned()))
            }
        };
        let new = NewSeal {
            name: new.name.as_str().to_owned(),
            kind: new.kind,
            keeper_name: new.keeper_name.as_str().to_owned(),
            authority: new.authority.as_str().to_owned(),
            picture: new.picture_file_id.clone(),
            papers: new.papers_file_id.clone(),
            enterprise,
        };
        let seal = Seal::register(tx, new)?;
        moved(tx, seal)
    })
    .await
}

/// The seal after a step; those concerned are told.
fn moved(tx: &mut Tx<'_>, seal: Seal) -> Result<SealView, AppError> {
    tx.subject("seal", &seal.id);
    let told = SigningSealMoved::told(tx.conn, &seal, &tx.actor.id)?;
    tx.emit(&told)?;
    Ok(SealView::of(seal, tx.actor))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SealFilter {
    state: Option<SealState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// Seals that I registered or that my unit answers for, newest first
#[utoipa::path(tag = "signings", operation_id = "list_seals", params(SealFilter), responses((status = 200, body = Page<SealView>), ReadErrors))]
#[get("/signings/seals")]
pub(super) async fn list_seals(
    app: App,
    actor: Actor,
    filter: web::Query<SealFilter>,
) -> Result<web::Json<Page<SealView>>, AppError> {
    let filter = filter.into_inner();
    let paging = Paging::new(filter.limit, filter.cursor);
    let (limit, after) = (paging.limit()?, paging.after_key()?);
    let page = app
        .read(move |conn| {
            let rows = Seal::list(conn, &actor, filter.state, after, limit + 1)?;
            let page = Page::of(rows, limit, |seal| vec![seal.id.to_string()]);
            Ok(page.map(|seal| SealView::of(seal, &actor)))
        })
        .await?;
    Ok(web::Json(page))
}

/// One seal with its picture, its steps and its uses
#[utoipa::path(tag = "signings", operation_id = "find_seal", params(("id" = SealId, Path)), responses((status = 200, body = SealView), ReadErrors))]
#[get("/signings/seals/{id}")]
pub(super) async fn find_seal(
    app: App,
    actor: Actor,
    id: web::Path<SealId>,
) -> Result<web::Json<SealView>, AppError> {
    let (view, picture) = app
        .read(move |conn| {
            let seal = Seal::seen_by(conn, &id, &actor)?;
            let steps = seal.steps(conn)?.into_iter().map(SealStepView::from).collect();
            let uses = seal.uses(conn)?.into_iter().map(|(used, number)| SealUseView {
                agreement_id: used.agreement_id,
                agreement_number: number,
                signer_name: used.signer_name,
                used_at: used.used_at,
                picture_sha256: used.picture_sha256,
            });
            let uses = uses.collect();
            let picture = seal.picture_file.clone();
            Ok((SealView { steps, uses, ..SealView::of(seal, &actor) }, picture))
        })
        .await?;
    let picture = Some(address(&sealing::bytes(&app, picture).await?));
    Ok(web::Json(SealView { picture, ..view }))
}

/// The papers that authorise a seal
#[utoipa::path(tag = "signings", operation_id = "show_seal_papers", params(("id" = SealId, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), ReadErrors))]
#[get("/signings/seals/{id}/papers")]
pub(super) async fn show_seal_papers(
    app: App,
    actor: Actor,
    id: web::Path<SealId>,
) -> Result<HttpResponse, AppError> {
    let file = app
        .read(move |conn| {
            let seal = Seal::seen_by(conn, &id, &actor)?;
            StoredFile::find(conn, &seal.papers_file)
        })
        .await?;
    let (name, kind) = match file.media_type.as_str() {
        "image/png" => ("papers.png", "image/png"),
        "image/jpeg" => ("papers.jpg", "image/jpeg"),
        _ => ("papers.pdf", "application/pdf"),
    };
    Ok(attached(name, kind, sealing::bytes(&app, file.id).await?))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopSeal {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Prose<200>,
}

async fn step<T: Clone + Send + Sync + 'static>(
    app: App,
    act: Act,
    id: SealId,
    body: Json<T>,
    what: SealAct,
    reason: impl Fn(&T) -> Option<String> + Send + 'static,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, body: &T| {
        let seal = Seal::step(tx, &id, what, reason(body).as_deref())?;
        moved(tx, seal)
    })
    .await
}

fn why(stop: &StopSeal) -> Option<String> {
    Some(stop.reason.as_str().to_owned())
}

/// Approve a seal that another person registered
#[utoipa::path(tag = "signings", operation_id = "approve_seal", request_body = Nothing, params(("id" = SealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals/{id}/approvals")]
pub(super) async fn approve_seal(
    app: App,
    act: Act,
    id: web::Path<SealId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    step(app, act, id.into_inner(), body, SealAct::Approve, |_| None).await
}

/// Decline a seal that waits for approval, with a reason
#[utoipa::path(tag = "signings", operation_id = "decline_seal", request_body = StopSeal, params(("id" = SealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals/{id}/refusals")]
pub(super) async fn decline_seal(
    app: App,
    act: Act,
    id: web::Path<SealId>,
    body: Json<StopSeal>,
) -> Result<HttpResponse, AppError> {
    step(app, act, id.into_inner(), body, SealAct::Decline, why).await
}

/// Suspend a seal, with a reason; from the next moment on it cannot be used
#[utoipa::path(tag = "signings", operation_id = "suspend_seal", request_body = StopSeal, params(("id" = SealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals/{id}/suspensions")]
pub(super) async fn suspend_seal(
    app: App,
    act: Act,
    id: web::Path<SealId>,
    body: Json<StopSeal>,
) -> Result<HttpResponse, AppError> {
    step(app, act, id.into_inner(), body, SealAct::Suspend, why).await
}

/// Bring a suspended seal back into use, as another person than the one who registered it
#[utoipa::path(tag = "signings", operation_id = "reinstate_seal", request_body = Nothing, params(("id" = SealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals/{id}/reinstatements")]
pub(super) async fn reinstate_seal(
    app: App,
    act: Act,
    id: web::Path<SealId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    step(app, act, id.into_inner(), body, SealAct::Reinstate, |_| None).await
}

/// Revoke a seal for good, with a reason; what it sealed before stays valid
#[utoipa::path(tag = "signings", operation_id = "revoke_seal", request_body = StopSeal, params(("id" = SealId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = SealView), WriteErrors))]
#[post("/signings/seals/{id}/revocations")]
pub(super) async fn revoke_seal(
    app: App,
    act: Act,
    id: web::Path<SealId>,
    body: Json<StopSeal>,
) -> Result<HttpResponse, AppError> {
    step(app, act, id.into_inner(), body, SealAct::Revoke, why).await
}

/// A seal that a signer may choose.
#[derive(Debug, Serialize, ToSchema)]
pub struct SealChoice {
    id: SealId,
    name: String,
    kind: SealKind,
    owner_name: String,
    demo: bool,
    /// A PNG as a data address
    picture: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SealChoiceList {
    items: Vec<SealChoice>,
}

/// The approved seals of the side that I sign for, in my turn
#[utoipa::path(tag = "signings", operation_id = "list_party_seals", params(("id" = AgreementId, Path)), responses((status = 200, body = SealChoiceList), ReadErrors))]
#[get("/signings/agreements/{id}/seals")]
pub(super) async fn list_party_seals(
    app: App,
    actor: Actor,
    id: web::Path<AgreementId>,
) -> Result<web::Json<SealChoiceList>, AppError> {
    let seals = app
        .read(move |conn| {
            let whole = Whole::seen_by(conn, &id, &actor)?;
            match whole.turn_of(&actor) {
                Ok(party) => Seal::of_side(conn, &whole, party),
                Err(_) => Ok(Vec::new()),
            }
        })
        .await?;
    let mut items = Vec::new();
    for seal in seals {
        let picture = address(&sealing::bytes(&app, seal.picture_file).await?);
        let Seal { id, name, kind, owner_name, demo, .. } = seal;
        items.push(SealChoice { id, name, kind, owner_name, demo, picture });
    }
    Ok(web::Json(SealChoiceList { items }))
}
