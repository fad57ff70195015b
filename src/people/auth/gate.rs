//! The gate before every operation of the API: session, rate, and the role matrix. Default deny.
use std::collections::HashMap;
use std::net::IpAddr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, ResponseError, web};

use crate::app::App;
use crate::error::{AppError, FORBIDDEN, SIGN_IN, TOO_MANY};
use crate::people::auth::actor::Circumstances;
use crate::people::auth::session::{self, ENDED};
use crate::people::auth::{Actor, SessionId, permission};
use crate::platform::{address, id};

/// The operation behind each method and path pattern, taken from the OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct Operations(HashMap<(Method, String), &'static str>);

impl Operations {
    pub fn new(entries: impl IntoIterator<Item = (Method, String, String)>) -> Self {
        let name =
            |operation: &str| permission::rules().get_key_value(operation).map_or("", |(known, _)| *known);
        Self(entries.into_iter().map(|(method, path, op)| ((method, path), name(&op))).collect())
    }
    /// Methods that `pattern` takes, for the `Allow` header.
    pub fn methods(&self, pattern: &str) -> Vec<String> {
        self.0.keys().filter(|(_, p)| p == pattern).map(|(m, _)| m.to_string()).collect()
    }
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(_, p)| p.as_str())
    }
}

/// Middleware: lets through what the matrix allows, with the actor in the request's extensions.
pub async fn gate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let request_id = id::fresh();
    match admit(&request, &request_id).await {
        Ok(()) => {
            let mut response = next.call(request).await?.map_into_left_body();
            mark(&mut response, &request_id);
            Ok(response)
        }
        Err(refusal) => {
            let mut response = request.into_response(refusal.error_response()).map_into_right_body();
            mark(&mut response, &request_id);
            Ok(response)
        }
    }
}

fn mark<B>(response: &mut ServiceResponse<B>, request_id: &str) {
    if let Ok(value) = header::HeaderValue::from_str(request_id) {
        response.headers_mut().insert(header::HeaderName::from_static("x-request-id"), value);
    }
}

async fn admit(request: &ServiceRequest, request_id: &str) -> Result<(), AppError> {
    let app =
        request.app_data::<web::Data<App>>().ok_or_else(|| AppError::internal("no app"))?.get_ref().clone();
    let operations =
        request.app_data::<web::Data<Operations>>().ok_or_else(|| AppError::internal("no operations"))?;
    let client = client_address(request, &app);
    let Some(operation) = request
        .match_pattern()
        .and_then(|pattern| operations.0.get(&(request.method().clone(), pattern)).copied())
    else {
        // Pages, files of the front end, and unknown addresses: the router answers.
        return limit(&app, client.map(|ip| ip.to_string()));
    };
    let text = |name: header::HeaderName| {
        request.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
    };
    request.extensions_mut().insert(Circumstances {
        operation,
        request_id: request_id.to_owned(),
        address: client.map(|ip| ip.to_string()),
        user_agent: text(header::USER_AGENT).unwrap_or_default(),
    });
    let token = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer ").map(str::to_owned));
    let Some(token) = token else {
        limit(&app, client.map(|ip| ip.to_string()))?;
        return permission::grant(operation, None).map(|_| ()).ok_or(AppError::Unauthorized(&SIGN_IN));
    };
    let now = app.now();
    let claims = app.keys.read(&token, now).ok_or(AppError::Unauthorized(&ENDED))?;
    let session: SessionId = claims.sid.parse().map_err(|_| AppError::Unauthorized(&ENDED))?;
    let wanted = session.clone();
    let holder = app.read(move |conn| session::holder(conn, &wanted, now)).await?;
    let holder =
        holder.filter(|h| h.account_id.as_str() == claims.sub).ok_or(AppError::Unauthorized(&ENDED))?;
    limit(&app, Some(holder.account_id.to_string()))?;
    let grant = permission::grant(operation, Some((&holder.roles, holder.state)))
        .ok_or(AppError::Forbidden(&FORBIDDEN))?;
    request.extensions_mut().insert(Actor {
        id: holder.account_id,
        session,
        name: holder.name,
        unit_id: holder.unit_id,
        roles: holder.roles,
        grant,
    });
    Ok(())
}

fn limit(app: &App, key: Option<String>) -> Result<(), AppError> {
    let key = key.unwrap_or_else(|| "unknown".to_owned());
    app.limiter.check(&key).map_err(|retry_after| AppError::TooMany { code: &TOO_MANY, retry_after })
}

fn client_address(request: &ServiceRequest, app: &App) -> Option<IpAddr> {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
    address::of_client(request.peer_addr().map(|peer| peer.ip()), forwarded, &app.config.trusted_proxies)
}
