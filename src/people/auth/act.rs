//! A write: one transaction that holds the effect, its audit line, its events and its Idempotency-Key.
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use serde::Serialize;

use crate::app::App;
use crate::error::AppError;
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::Actor;
use crate::people::auth::actor::Circumstances;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::hash_chain::sha256_hex;
use crate::platform::web::Json;
use crate::platform::{idempotency, outbox};

/// What a write is given: the running transaction, who acts, and the one time of the whole write.
pub struct Tx<'a> {
    pub conn: &'a mut DbConn,
    pub actor: &'a Actor,
    pub now: Time,
    subject: Option<String>,
    detail: Option<String>,
    /// What was written besides, each in a line of its own
    each: Vec<String>,
}

impl Tx<'_> {
    /// Names in the audit line what was written, as `noun/id`.
    pub fn subject(&mut self, noun: &str, id: impl std::fmt::Display) {
        self.subject = Some(format!("{noun}/{id}"));
    }
    /// Gives one of many that were written in one act a line of its own, before that of the whole.
    pub fn each(&mut self, noun: &str, id: impl std::fmt::Display) {
        self.each.push(format!("{noun}/{id}"));
    }
    /// Adds to the audit line, such as the purpose of a reveal; no personal data.
    pub fn detail(&mut self, detail: impl Into<String>) {
        self.detail = Some(detail.into());
    }
    /// Tells the rest of the house, after the commit.
    pub fn emit<E: outbox::Event>(&mut self, event: &E) -> Result<(), AppError> {
        outbox::emit(self.conn, event, self.now)
    }
}

/// The right to write once: who, what, and the client's key for it.
#[derive(Debug, Clone)]
pub struct Act {
    pub actor: Actor,
    pub circumstances: Circumstances,
    path: String,
    key: String,
}

struct Done {
    status: u16,
    body: String,
    replayed: bool,
}

impl Act {
    /// 201 with what was made.
    pub async fn create<T, V, F>(self, app: &App, body: Json<T>, f: F) -> Result<HttpResponse, AppError>
    where
        T: Clone + Send + Sync + 'static,
        V: Serialize,
        F: Fn(&mut Tx<'_>, &T) -> Result<V, AppError> + Send + 'static,
    {
        let digest = body.digest;
        let value = body.value;
        self.perform(app, StatusCode::CREATED, &digest, move |tx| f(tx, &value)).await
    }

    /// 200 with what was changed.
    pub async fn change<T, V, F>(self, app: &App, body: Json<T>, f: F) -> Result<HttpResponse, AppError>
    where
        T: Clone + Send + Sync + 'static,
        V: Serialize,
        F: Fn(&mut Tx<'_>, &T) -> Result<V, AppError> + Send + 'static,
    {
        let digest = body.digest;
        let value = body.value;
        self.perform(app, StatusCode::OK, &digest, move |tx| f(tx, &value)).await
    }

    /// The answer that this key was given before, for acts that do work outside the transaction first.
    pub async fn earlier(&self, app: &App, digest: &str) -> Result<Option<HttpResponse>, AppError> {
        let key = self.idempotency_key(digest);
        let stored = app.read(move |conn| idempotency::earlier(conn, &key)).await?;
        let Some(stored) = stored else { return Ok(None) };
        answer(&replay(app, &stored)?).map(Some)
    }

    fn idempotency_key(&self, digest: &str) -> idempotency::Key {
        idempotency::Key {
            actor: self.actor.id.to_string(),
            key: self.key.clone(),
            operation: self.circumstances.operation,
            request: sha256_hex(format!("{} {digest}", self.path)),
        }
    }

    /// Runs `f` once for this key, however often it is asked; `digest` tells one request from another.
    pub async fn perform<V, F>(
        self,
        app: &App,
        status: StatusCode,
        digest: &str,
        f: F,
    ) -> Result<HttpResponse, AppError>
    where
        V: Serialize,
        F: Fn(&mut Tx<'_>) -> Result<V, AppError> + Send + 'static,
    {
        let key = self.idempotency_key(digest);
        let (house, actor, circumstances, now) = (app.clone(), self.actor, self.circumstances, app.now());
        let done = app
            .db
            .write(move |conn| {
                if let Some(stored) = idempotency::claim(conn, &key, now)? {
                    return replay(&house, &stored);
                }
                let mut tx = Tx { conn, actor: &actor, now, subject: None, detail: None, each: Vec::new() };
                let value = f(&mut tx)?;
                let (subject, detail, each) =
                    (tx.subject.take(), tx.detail.take(), std::mem::take(&mut tx.each));
                for one in each {
                    audit(conn, &actor, &circumstances, now, Some(one), subject.clone())?;
                }
                audit(conn, &actor, &circumstances, now, subject, detail)?;
                let body = serde_json::to_string(&value).map_err(AppError::internal)?;
                let sealed = house.keys.seal(&body).ok_or_else(|| AppError::internal("sealing failed"))?;
                idempotency::store(conn, &key, status.as_u16(), &sealed)?;
                Ok(Done { status: status.as_u16(), body, replayed: false })
            })
            .await?;
        app.fan_out.publish(outbox::TOPIC, "").await;
        answer(&done)
    }
}

/// The answer kept for a repeat; it may hold a phone number or a code, so the table has it sealed.
fn replay(app: &App, stored: &idempotency::Stored) -> Result<Done, AppError> {
    let status = u16::try_from(stored.status).map_err(AppError::internal)?;
    let body = app.keys.unseal(&stored.body).ok_or_else(|| AppError::internal("not sealed with our keys"))?;
    Ok(Done { status, body, replayed: true })
}

fn answer(done: &Done) -> Result<HttpResponse, AppError> {
    let status = StatusCode::from_u16(done.status).map_err(AppError::internal)?;
    let mut response = HttpResponse::build(status);
    if done.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    if status == StatusCode::NO_CONTENT {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(done.body.clone()))
}

fn audit(
    conn: &mut DbConn,
    actor: &Actor,
    circumstances: &Circumstances,
    now: Time,
    subject: Option<String>,
    detail: Option<String>,
) -> Result<(), AppError> {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: Some(actor.id.to_string()),
        actor_name: Some(actor.name.clone()),
        operation: circumstances.operation.to_owned(),
        subject,
        outcome: Outcome::Done,
        request_id: circumstances.request_id.clone(),
        address: circumstances.address.clone(),
        detail,
    }
    .write(conn)
}

impl FromRequest for Act {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let mut act = || {
            let actor = Actor::from_request(request, payload).into_inner()?;
            let circumstances = Circumstances::from_request(request, payload).into_inner()?;
            let key = request.headers().get("Idempotency-Key").and_then(|v| v.to_str().ok());
            let key = key
                .filter(|k| idempotency::is_well_formed(k))
                .ok_or(AppError::Malformed(&idempotency::KEY_MISSING))?
                .to_owned();
            Ok(Act { actor, circumstances, path: request.uri().to_string(), key })
        };
        std::future::ready(act())
    }
}
