//! Who is asking, what they may do here, and where from; put into the request by the gate.
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};

use crate::error::{AppError, SIGN_IN};
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::{AccountId, AccountState, Grant, Role, Scope, SessionId, TaskForce, permission};
use crate::platform::clock::Time;

/// The person behind a request whose session holds, with the grant for this operation.
#[derive(Debug, Clone)]
pub struct Actor {
    pub id: AccountId,
    pub session: SessionId,
    pub name: String,
    pub unit_id: Option<String>,
    pub roles: Vec<Role>,
    /// For which the person negotiates; empty for whoever is no negotiator
    pub task_forces: Vec<TaskForce>,
    pub grant: Grant,
}

impl Actor {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
    pub fn scope(&self) -> Scope {
        self.grant.scope
    }
    pub fn is_of(&self, unit: &str) -> bool {
        self.unit_id.as_deref() == Some(unit)
    }
    pub fn is(&self, account: &AccountId) -> bool {
        self.id == *account
    }
    pub fn negotiates_for(&self, force: TaskForce) -> bool {
        self.task_forces.contains(&force)
    }
    /// The same person doing another operation than the running one; `None` when they may not.
    pub fn doing(&self, operation: &str) -> Option<Self> {
        let grant = permission::grant(operation, Some((&self.roles, AccountState::Active)))?;
        Some(Self { grant, ..self.clone() })
    }
    /// What an export says of who took it.
    pub fn export_mark(&self, now: Time) -> String {
        let at = now.in_china().format("%Y-%m-%d %H:%M");
        format!("内部资料，{} 于 {at} 导出，导出已记入审计。", self.name)
    }
    /// Whether what is made by `owner` and belongs to `unit` lies within the grant's reach.
    pub fn reaches(&self, owner: Option<&AccountId>, unit: Option<&str>) -> bool {
        match self.grant.scope {
            Scope::Any => true,
            Scope::Unit => owner.is_some_and(|o| self.is(o)) || unit.is_some_and(|u| self.is_of(u)),
            Scope::Own => owner.is_some_and(|o| self.is(o)),
        }
    }
}

impl FromRequest for Actor {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(
            request.extensions().get::<Actor>().cloned().ok_or(AppError::Unauthorized(&SIGN_IN)),
        )
    }
}

/// The circumstances of a request.
#[derive(Debug, Clone)]
pub struct Circumstances {
    pub operation: &'static str,
    pub request_id: String,
    pub address: Option<String>,
    pub user_agent: String,
}

impl Circumstances {
    /// What is written down of an export.
    pub fn exported(&self, actor: &Actor, rows: usize, now: Time) -> Entry {
        Entry {
            id: EntryId::fresh(),
            at: now,
            actor_id: Some(actor.id.to_string()),
            actor_name: Some(actor.name.clone()),
            operation: self.operation.to_owned(),
            subject: None,
            outcome: Outcome::Done,
            request_id: self.request_id.clone(),
            address: self.address.clone(),
            detail: Some(format!("{rows} rows exported")),
        }
    }
}

impl FromRequest for Circumstances {
    type Error = AppError;
    type Future = std::future::Ready<Result<Self, AppError>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Circumstances>().cloned();
        std::future::ready(found.ok_or_else(|| AppError::internal("the gate did not run")))
    }
}
