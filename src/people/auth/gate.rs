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
use crate::people::auth::session::{self, ENDED, Holder};
use crate::people::auth::{Actor, SessionId, permission};
use crate::platform::address;
use crate::platform::web::RequestId;

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
    match admit(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

async fn admit(request: &ServiceRequest) -> Result<(), AppError> {
    let app =
        request.app_data::<web::Data<App>>().ok_or_else(|| AppError::internal("no app"))?.get_ref().clone();
    let operations =
        request.app_data::<web::Data<Operations>>().ok_or_else(|| AppError::internal("no operations"))?;
    let client = client_address(request, &app);
    refuse_shadowed(request, operations)?;
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
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    request.extensions_mut().insert(Circumstances {
        operation,
        request_id,
        address: client.map(|ip| ip.to_string()),
        user_agent: text(header::USER_AGENT).unwrap_or_default(),
    });
    let token = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer ").map(str::to_owned));
    let Some(token) = token else {
        // A few addresses of WeChat's speak for everybody; its signature is checked instead.
        if operation != "take_push" {
            limit(&app, client.map(|ip| ip.to_string()))?;
        }
        return permission::grant(operation, None).map(|_| ()).ok_or(AppError::Unauthorized(&SIGN_IN));
    };
    let Some((session, holder)) = holder(&app, &token).await? else {
        // Who tries tokens out is limited like anybody without one.
        limit(&app, client.map(|ip| ip.to_string()))?;
        return Err(AppError::Unauthorized(&ENDED));
    };
    limit(&app, Some(holder.account_id.to_string()))?;
    let grant = permission::grant(operation, Some((&holder.roles, holder.state)))
        .ok_or(AppError::Forbidden(&FORBIDDEN))?;
    request.extensions_mut().insert(Actor {
        id: holder.account_id,
        session,
        name: holder.name,
        unit_id: holder.unit_id,
        roles: holder.roles,
        task_forces: holder.task_forces,
        grant,
    });
    Ok(())
}

/// `/leads/{id}` also fits `/leads/receipt-checks`: an address that is known by itself takes its own methods alone.
fn refuse_shadowed(request: &ServiceRequest, operations: &Operations) -> Result<(), AppError> {
    let mut methods = operations.methods(request.path());
    if methods.is_empty() || methods.iter().any(|method| method == request.method().as_str()) {
        return Ok(());
    }
    methods.sort_unstable();
    Err(AppError::Method { allow: methods.join(", ") })
}

/// The person behind a token whose session holds.
async fn holder(app: &App, token: &str) -> Result<Option<(SessionId, Holder)>, AppError> {
    let now = app.now();
    let Some(claims) = app.keys.read(token, now) else { return Ok(None) };
    let Ok(session) = claims.sid.parse::<SessionId>() else { return Ok(None) };
    let wanted = session.clone();
    let holder = app.read(move |conn| session::holder(conn, &wanted, now)).await?;
    Ok(holder.filter(|h| h.account_id.as_str() == claims.sub).map(|holder| (session, holder)))
}

fn limit(app: &App, key: Option<String>) -> Result<(), AppError> {
    let key = key.unwrap_or_else(|| "unknown".to_owned());
    app.limiter.check(&key).map_err(|retry_after| AppError::TooMany { code: &TOO_MANY, retry_after })
}

fn client_address(request: &ServiceRequest, app: &App) -> Option<IpAddr> {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
    address::of_client(request.peer_addr().map(|peer| peer.ip()), forwarded, &app.config.trusted_proxies)
}
