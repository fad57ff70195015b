//! Templates and their versions, over HTTP: written, checked, approved, compared, tried out.
use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::deals::signings::content::TemplateContent;
use crate::deals::signings::difference::{TemplateChange, changes};
use crate::deals::signings::events::SigningTemplateMoved;
use crate::deals::signings::field::TemplateField;
use crate::deals::signings::outside::SigningProvider;
use crate::deals::signings::reading::{ReadingArticle, ReadingPart};
use crate::deals::signings::rules::TemplateAct;
use crate::deals::signings::sealing;
use crate::deals::signings::service;
use crate::deals::signings::template::{
    RESCISSION, Template, TemplateRow, TemplateState, TemplateStepView, TemplateVersion, TemplateVersionId,
};
use crate::error::AppError;
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{Act, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::web::Json;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_templates)
        .service(create_template)
        .service(start_template_version)
        .service(find_template_version)
        .service(compare_template_versions)
        .service(show_test_rendering)
        .service(rewrite_template_version)
        .service(submit_template_version)
        .service(check_template_version)
        .service(return_template_version)
        .service(approve_template_version)
        .service(discard_template_version);
}

/// A version in a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateVersionLine {
    id: TemplateVersionId,
    number: i32,
    state: TemplateState,
}

impl From<&TemplateVersion> for TemplateVersionLine {
    fn from(version: &TemplateVersion) -> Self {
        Self { id: version.id.clone(), number: version.number, state: version.state }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateView {
    code: String,
    name: String,
    name_en: String,
    /// Where its first text comes from
    source: String,
    source_en: String,
    demo: bool,
    /// Its agreements follow another, as a rescission does: nobody drafts from it without one
    follows: bool,
    /// What agreements are drafted from; absent until a first version is approved
    in_use: Option<TemplateVersionLine>,
    /// What is being written, checked or approved
    open: Option<TemplateVersionLine>,
    /// What the version in use asks for
    fields: Vec<TemplateField>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateList {
    items: Vec<TemplateView>,
    /// Who may make the signatures here
    providers: Vec<SigningProvider>,
}

/// Templates of agreements: what is in use, with its typed fields, and what is under way
#[utoipa::path(tag = "signings", operation_id = "list_templates", responses((status = 200, body = TemplateList), ReadErrors))]
#[get("/signings/templates")]
pub(super) async fn list_templates(app: App) -> Result<web::Json<TemplateList>, AppError> {
    let providers = service::offered(&app);
    let items = app
        .read(|conn| {
            let standing = TemplateVersion::standing(conn)?;
            let view = |row: TemplateRow| {
                let of = |in_use: bool| {
                    let is = |one: &&TemplateVersion| {
                        one.template_code == row.code && (one.state == TemplateState::InUse) == in_use
                    };
                    standing.iter().find(is)
                };
                let in_use = of(true);
                let fields = in_use.map(TemplateVersion::content).transpose()?;
                Ok(TemplateView {
                    in_use: in_use.map(TemplateVersionLine::from),
                    open: of(false).map(TemplateVersionLine::from),
                    fields: fields.map(|content| content.fields).unwrap_or_default(),
                    follows: row.code == RESCISSION,
                    code: row.code,
                    name: row.name,
                    name_en: row.name_en,
                    source: row.source,
                    source_en: row.source_en,
                    demo: row.demo,
                })
            };
            TemplateRow::all(conn)?.into_iter().map(view).collect::<Result<Vec<_>, AppError>>()
        })
        .await?;
    Ok(web::Json(TemplateList { items, providers }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateVersionView {
    id: TemplateVersionId,
    template_code: String,
    name: String,
    name_en: String,
    source: String,
    source_en: String,
    number: i32,
    state: TemplateState,
    demo: bool,
    /// What it changes, and why
    note: Option<String>,
    /// The version that it was written from
    base_id: Option<TemplateVersionId>,
    in_use_at: Option<Time>,
    content: TemplateContent,
    /// To be given back with every step: what was read is what is decided on
    content_sha256: String,
    /// The clauses as people read them
    reading: Vec<ReadingArticle>,
    /// Language, cover and opening, likewise
    paper: ReadingPart,
    steps: Vec<TemplateStepView>,
    /// What this person may do with it now
    may: Vec<TemplateAct>,
    /// Every version of this template, newest first
    versions: Vec<TemplateVersionLine>,
}

fn view_of(
    conn: &mut DbConn,
    actor: &Actor,
    version: TemplateVersion,
) -> Result<TemplateVersionView, AppError> {
    let row = TemplateRow::find(conn, &version.template_code)?;
    let all = TemplateVersion::all_of(conn, &version.template_code)?;
    let content = version.content()?;
    Ok(TemplateVersionView {
        base_id: all.iter().find(|one| one.number == version.base_number).map(|one| one.id.clone()),
        content_sha256: version.sha256(),
        reading: content.reading(),
        paper: content.read_paper(),
        content,
        steps: version.steps(conn)?,
        may: version.may(conn, actor)?,
        versions: all.iter().map(TemplateVersionLine::from).collect(),
        id: version.id,
        template_code: row.code,
        name: row.name,
        name_en: row.name_en,
        source: row.source,
        source_en: row.source_en,
        number: version.number,
        state: version.state,
        demo: version.demo,
        note: version.note,
        in_use_at: version.in_use_at,
    })
}

/// The version as it is after an act; whoever acts next is told of it.
fn moved(tx: &mut Tx<'_>, id: &TemplateVersionId, tell: bool) -> Result<TemplateVersionView, AppError> {
    let version = TemplateVersion::find(tx.conn, id)?;
    tx.subject("template_version", id);
    if tell {
        let row = TemplateRow::find(tx.conn, &version.template_code)?;
        if let Some(event) = SigningTemplateMoved::next(tx.conn, &version, (&row.name, &row.name_en))? {
            tx.emit(&event)?;
        }
    }
    view_of(tx.conn, tx.actor, version)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTemplate {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    name_en: Line<80>,
    /// The template whose text in use is its first draft
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    from_code: Line<64>,
}

/// Begin another template from the text of one that is in use
#[utoipa::path(tag = "signings", operation_id = "create_template", request_body = CreateTemplate, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/templates")]
pub(super) async fn create_template(
    app: App,
    act: Act,
    body: Json<CreateTemplate>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &CreateTemplate| {
        let (name, name_en) = (new.name.as_str(), new.name_en.as_str());
        let made = TemplateRow::create(tx, name, name_en, new.from_code.as_str()).map_err(|e| match e {
            AppError::NotFound => AppError::field("from_code", "input.choice"),
            e => e,
        })?;
        moved(tx, &made.id, false)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTemplateVersion {
    /// What is to change, and why
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
}

/// Begin the next version, as a copy of the one in use
#[utoipa::path(tag = "signings", operation_id = "start_template_version", request_body = StartTemplateVersion, params(("code" = String, Path, min_length = 1, max_length = 64), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/templates/{code}/versions")]
pub(super) async fn start_template_version(
    app: App,
    act: Act,
    code: web::Path<String>,
    body: Json<StartTemplateVersion>,
) -> Result<HttpResponse, AppError> {
    // A code that no table can hold names no template.
    let code = Line::<64>::parse(&code).map_err(|_| AppError::NotFound)?;
    act.create(&app, body, move |tx, new: &StartTemplateVersion| {
        let made = TemplateVersion::start_next(tx, code.as_str(), new.note.as_ref().map(Prose::as_str))?;
        moved(tx, &made.id, false)
    })
    .await
}

/// One version of a template: its text, its steps and who took them
#[utoipa::path(tag = "signings", operation_id = "find_template_version", params(("id" = TemplateVersionId, Path)), responses((status = 200, body = TemplateVersionView), ReadErrors))]
#[get("/signings/template-versions/{id}")]
pub(super) async fn find_template_version(
    app: App,
    actor: Actor,
    id: web::Path<TemplateVersionId>,
) -> Result<web::Json<TemplateVersionView>, AppError> {
    let view = app
        .read(move |conn| {
            let version = TemplateVersion::find(conn, &id)?;
            view_of(conn, &actor, version)
        })
        .await?;
    Ok(web::Json(view))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ComparedWith {
    /// Left out: the version that it was written from
    from: Option<TemplateVersionId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateDifferences {
    name: String,
    name_en: String,
    from: Option<TemplateVersionLine>,
    to: TemplateVersionLine,
    changes: Vec<TemplateChange>,
}

/// What differs between two versions of a template, clause by clause
#[utoipa::path(tag = "signings", operation_id = "compare_template_versions", params(("id" = TemplateVersionId, Path), ComparedWith), responses((status = 200, body = TemplateDifferences), ReadErrors))]
#[get("/signings/template-versions/{id}/differences")]
pub(super) async fn compare_template_versions(
    app: App,
    id: web::Path<TemplateVersionId>,
    query: web::Query<ComparedWith>,
) -> Result<web::Json<TemplateDifferences>, AppError> {
    let asked = query.into_inner().from;
    let found = app
        .read(move |conn| {
            let to = TemplateVersion::find(conn, &id)?;
            let row = TemplateRow::find(conn, &to.template_code)?;
            let all = TemplateVersion::all_of(conn, &to.template_code)?;
            let from = match &asked {
                Some(id) => {
                    let one = all.iter().find(|one| one.id == *id);
                    Some(one.ok_or_else(|| AppError::field("from", "input.choice"))?)
                }
                None => all.iter().find(|one| one.number == to.base_number),
            };
            let changes = match from {
                Some(from) => changes(&from.content()?, &to.content()?),
                None => Vec::new(),
            };
            Ok(TemplateDifferences {
                name: row.name,
                name_en: row.name_en,
                from: from.map(TemplateVersionLine::from),
                to: TemplateVersionLine::from(&to),
                changes,
            })
        })
        .await?;
    Ok(web::Json(found))
}

/// A version with its sample values as PDF, marked as a test rendering on every page; it cannot be signed
#[utoipa::path(tag = "signings", operation_id = "show_test_rendering", params(("id" = TemplateVersionId, Path)), responses((status = 200, content_type = "application/pdf", body = Vec<u8>), ReadErrors))]
#[get("/signings/template-versions/{id}/test-rendering")]
pub(super) async fn show_test_rendering(
    app: App,
    id: web::Path<TemplateVersionId>,
) -> Result<HttpResponse, AppError> {
    let template = app
        .read(move |conn| {
            let version = TemplateVersion::find(conn, &id)?;
            Template::at(conn, &version.template_code, version.number)
        })
        .await?;
    let version = format!("v{}", template.version);
    let bytes = sealing::test_rendering(&app, template, &version).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("inline; filename=\"test-rendering-{version}.pdf\"")))
        .body(bytes))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewriteTemplateVersion {
    content: TemplateContent,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
    /// Of the content that was changed
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    content_sha256: Line<64>,
}

/// Write a draft anew; refused when it does not hold together, with every place named
#[utoipa::path(tag = "signings", operation_id = "rewrite_template_version", request_body = RewriteTemplateVersion, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = TemplateVersionView), WriteErrors))]
#[put("/signings/template-versions/{id}")]
pub(super) async fn rewrite_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<RewriteTemplateVersion>,
) -> Result<HttpResponse, AppError> {
    if let Some(earlier) = act.earlier(&app, &body.digest).await? {
        return Ok(earlier);
    }
    let (house, content, wanted) = (app.clone(), body.value.content.clone(), id.clone());
    app.read(move |conn| TemplateVersion::find(conn, &wanted)).await?;
    // The fonts are looked into off the threads that answer.
    app.paper
        .work(move || {
            let engine = house.paper.engine()?;
            content.judge(&|text: &str| engine.missing(text))
        })
        .await?;
    act.change(&app, body, move |tx, new: &RewriteTemplateVersion| {
        let seen = new.content_sha256.as_str();
        let version = TemplateVersion::take(tx, &id, TemplateAct::Edit, Some(seen))?;
        version.rewrite(tx, &new.content, new.note.as_ref().map(Prose::as_str))?;
        moved(tx, &id, false)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitTemplateVersion {
    /// Of the content that was read
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    content_sha256: Line<64>,
}

/// Hand a draft to another person for the legal check; from here its text stands
#[utoipa::path(tag = "signings", operation_id = "submit_template_version", request_body = SubmitTemplateVersion, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/template-versions/{id}/submissions")]
pub(super) async fn submit_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<SubmitTemplateVersion>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &SubmitTemplateVersion| {
        let seen = new.content_sha256.as_str();
        TemplateVersion::take(tx, &id, TemplateAct::Submit, Some(seen))?.submit(tx)?;
        moved(tx, &id, true)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideTemplateVersion {
    /// Of the content that was read
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    content_sha256: Line<64>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    note: Option<Prose<300>>,
}

/// Pass the legal check, as an official of the coordinator who did not write it
#[utoipa::path(tag = "signings", operation_id = "check_template_version", request_body = DecideTemplateVersion, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/template-versions/{id}/legal-checks")]
pub(super) async fn check_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<DecideTemplateVersion>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &DecideTemplateVersion| {
        let seen = new.content_sha256.as_str();
        let version = TemplateVersion::take(tx, &id, TemplateAct::Check, Some(seen))?;
        version.pass_check(tx, new.note.as_ref().map(Prose::as_str))?;
        moved(tx, &id, true)
    })
    .await
}

/// Approve for use, as a leader of the city; the version in use before is retired
#[utoipa::path(tag = "signings", operation_id = "approve_template_version", request_body = DecideTemplateVersion, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/template-versions/{id}/approvals")]
pub(super) async fn approve_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<DecideTemplateVersion>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &DecideTemplateVersion| {
        let seen = new.content_sha256.as_str();
        let version = TemplateVersion::take(tx, &id, TemplateAct::Approve, Some(seen))?;
        version.approve(tx, new.note.as_ref().map(Prose::as_str))?;
        moved(tx, &id, true)
    })
    .await
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndTemplateStep {
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: Prose<300>,
}

/// Send a version back to its author with the reason, as whoever checks or approves it
#[utoipa::path(tag = "signings", operation_id = "return_template_version", request_body = EndTemplateStep, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/template-versions/{id}/returns")]
pub(super) async fn return_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<EndTemplateStep>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &EndTemplateStep| {
        TemplateVersion::take(tx, &id, TemplateAct::Return, None)?.send_back(tx, new.reason.as_str())?;
        moved(tx, &id, true)
    })
    .await
}

/// Give up a draft, with the reason; it is kept
#[utoipa::path(tag = "signings", operation_id = "discard_template_version", request_body = EndTemplateStep, params(("id" = TemplateVersionId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TemplateVersionView), WriteErrors))]
#[post("/signings/template-versions/{id}/discards")]
pub(super) async fn discard_template_version(
    app: App,
    act: Act,
    id: web::Path<TemplateVersionId>,
    body: Json<EndTemplateStep>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, new: &EndTemplateStep| {
        TemplateVersion::take(tx, &id, TemplateAct::Discard, None)?.discard(tx, new.reason.as_str())?;
        moved(tx, &id, false)
    })
    .await
}
