//! What touches every request: routes, the gate, headers, problem documents, logs, the graceful stop.
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App as Web, HttpMessage, HttpRequest, HttpResponse, HttpServer, get, web};
use serde::Serialize;
use tracing::Instrument;
use utoipa::{OpenApi, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::app::App;
use crate::error::AppError;
use crate::openapi::{self, Document, ReadErrors};
use crate::people::auth::gate::{Operations, gate};
use crate::platform::web::RequestId;
use crate::platform::{db, figures, id};
use crate::{deals, libraries, people, views};

/// Every route of the API, room by room.
fn rooms(config: &mut ServiceConfig) {
    config
        .configure(people::units::routes)
        .configure(people::audit::routes)
        .configure(people::auth::routes)
        .configure(people::persons::routes)
        .configure(people::content_checks::routes)
        .configure(libraries::map::routes)
        .configure(libraries::content::routes)
        .configure(libraries::enterprises::routes)
        .configure(libraries::institutions::routes)
        .configure(libraries::saved_views::routes)
        .configure(libraries::chains::routes)
        .configure(deals::talks::routes)
        .configure(deals::projects::routes)
        .configure(deals::leads::routes)
        .configure(deals::signings::routes)
        .configure(deals::offers::routes)
        .configure(deals::gatherings::routes)
        .configure(views::classes::routes)
        .configure(views::codes::routes)
        .configure(views::contributions::routes)
        .configure(views::notifications::routes)
        .configure(views::pushes::routes)
        .configure(views::search::routes)
        .service(list_terms);
}

/// Addresses outside the API: pages for everybody.
fn pages(config: &mut web::ServiceConfig) {
    config.configure(libraries::content::pages).configure(deals::gatherings::pages);
}

macro_rules! routes {
    ($app:expr) => {
        $app.into_utoipa_app()
            .openapi(Document::openapi())
            .service(check_health)
            .service(check_readiness)
            .configure(people::content_checks::outside)
            .configure(deals::signings::outside)
            .configure(deals::talks::outside)
            .configure(views::pushes::outside)
            .service(scope::scope("/api/v1").configure(rooms))
    };
}

/// The document of the routes above, unfinished: one list makes both.
pub fn document() -> utoipa::openapi::OpenApi {
    routes!(Web::new()).split_for_parts().1
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
    demo: bool,
}

/// The process is alive
#[utoipa::path(tag = "platform", operation_id = "check_health", responses((status = 200, body = Health), ReadErrors), security(()))]
#[get("/healthz")]
pub(super) async fn check_health(app: App) -> web::Json<Health> {
    web::Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION"), demo: app.config.demo })
}

/// The database answers and is up to date
#[utoipa::path(tag = "platform", operation_id = "check_readiness", responses((status = 200, body = Health), ReadErrors), security(()))]
#[get("/readyz")]
pub(super) async fn check_readiness(app: App) -> Result<web::Json<Health>, AppError> {
    let ready = app.read(|conn| Ok(db::is_migrated(conn))).await?;
    if ready {
        Ok(web::Json(Health { status: "ready", version: env!("CARGO_PKG_VERSION"), demo: app.config.demo }))
    } else {
        Err(AppError::Unavailable)
    }
}

/// Labels of every enum, Chinese and English
#[utoipa::path(tag = "platform", operation_id = "list_terms", responses((status = 200, body = serde_json::Value), ReadErrors), security(()))]
#[get("/terms")]
pub(super) async fn list_terms() -> web::Json<openapi::TermsDocument> {
    web::Json(openapi::TermsDocument)
}

/// The document of the API, as it was written by `palm openapi` (a test compares it with the routes).
#[get("/openapi.json")]
async fn reference() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(include_str!("../openapi/openapi.json"))
}

/// An unknown address, or a known one with a method that it does not take.
async fn fallback(request: HttpRequest, operations: web::Data<Operations>) -> Result<HttpResponse, AppError> {
    let known = operations.patterns().find(|p| actix_web::dev::ResourceDef::new(*p).is_match(request.path()));
    match known {
        Some(pattern) => {
            let mut methods = operations.methods(pattern);
            methods.sort_unstable();
            Err(AppError::Method { allow: methods.join(", ") })
        }
        None => Err(AppError::NotFound),
    }
}

/// The browser build of the front end: its page, and files whose names hold their hash.
fn front(config: &mut web::ServiceConfig, folder: &Path) {
    let index = folder.join("index.html");
    config
        .route(
            "/",
            web::get().to(move || {
                let index = index.clone();
                async move { actix_files::NamedFile::open(index).map_err(|_| AppError::NotFound) }
            }),
        )
        .service(actix_files::Files::new("/assets", folder.join("assets")).default_handler(web::to(fallback)))
        .service(
            actix_files::Files::new("/static", folder.join("static")).default_handler(web::to(fallback)),
        );
}

/// Headers that every answer has, and one line in the log.
async fn dress<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = Instant::now();
    let method = method_name(request.method());
    let request_id = id::fresh();
    let span = tracing::info_span!("request", id = request_id);
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let path = request.match_pattern().unwrap_or_else(|| "(unmatched)".to_owned());
    let is_api = request.path().starts_with("/api/");
    let is_hashed = request.path().starts_with("/assets/");
    let mut response = next.call(request).instrument(span.clone()).await?;
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(self), microphone=(self), geolocation=(self)"),
        (
            "content-security-policy",
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
        ),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if is_hashed && status == 200 {
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    }
    let took = started.elapsed();
    metrics::counter!("palm_requests_total", "method" => method, "path" => path.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("palm_request_seconds", "path" => path.clone()).record(took.as_secs_f64());
    let took_ms = took.as_secs_f64() * 1e3;
    span.in_scope(|| tracing::info!(method, path, status, took_ms, "answered"));
    Ok(response)
}

/// Whoever makes up methods must not make up figures.
fn method_name(method: &Method) -> &'static str {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS]
        .iter()
        .zip(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
        .find_map(|(known, name)| (known == method).then_some(name))
        .unwrap_or("other")
}

/// Serves until a signal asks to stop, then lets running requests end.
pub async fn serve(app: App) -> std::io::Result<()> {
    let figures = app.config.metrics_bind.map(|address| figures::serve(&app, address)).transpose()?;
    if let Some(figures) = &figures {
        println!("metrics on http://{}/metrics", figures.address);
    }
    let (server, addresses) = bind(app.clone())?;
    tokio::spawn(views::search::warm(app));
    for address in addresses {
        println!("listening on http://{address}");
    }
    server.await?;
    if let Some(figures) = figures {
        figures.stop().await;
    }
    Ok(())
}

/// Listens; the server answers once it is awaited or spawned.
pub fn bind(app: App) -> std::io::Result<(Server, Vec<SocketAddr>)> {
    let (address, workers) = (app.config.bind, app.config.workers);
    let front_dir = app.config.front_dir.clone();
    let house = web::Data::new(app);
    let server = HttpServer::new(move || {
        let (routed, document) = routes!(Web::new()).split_for_parts();
        routed
            .app_data(house.clone())
            .app_data(web::Data::new(Operations::new(openapi::operations_of(&document))))
            .configure(crate::platform::web::extractor_settings)
            .configure(pages)
            .service(reference)
            .service(
                utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}")
                    .config(utoipa_swagger_ui::Config::from("/openapi.json")),
            )
            .configure(|config| front(config, &front_dir))
            .default_service(web::to(fallback))
            .wrap(from_fn(gate))
            .wrap(from_fn(dress))
            .wrap(Compress::default())
    })
    .workers(workers)
    .shutdown_timeout(10)
    .bind(address)
    .map_err(|e| std::io::Error::new(e.kind(), format!("PALM_BIND: {address}: {e}")))?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}
