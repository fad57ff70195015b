//! Persons, over HTTP: the system administrator invites, the security administrator gives roles.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, put, web};
use chrono::Duration;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{
    Account, AccountId, AccountState, Act, Actor, NewAccount, Role, Scope, Session, TaskForce, Tx, account,
    task_force,
};
use crate::people::units::Unit;
use crate::platform::db::{DbConn, containing};
use crate::platform::input::{Line, Phone, within};
use crate::platform::page::{Page, Paging};
use crate::platform::web::Json;
use crate::platform::{masked, random};
use crate::schema::{auth_accounts, auth_roles, auth_task_forces};

const SEPARATED: Code = Code::new(
    "person.administrators_separated",
    "系统、安全、审计管理员必须由不同的人担任，且不兼任其他角色",
    "System, security and audit administrator must be different people with no other role",
);
const NOT_A_NEGOTIATOR: Code = Code::new(
    "person.task_force_needs_negotiator",
    "只有产业项目谈判专班的人员才能编入专班",
    "Only a negotiator belongs to a negotiation task force",
);
const NOT_ONESELF: Code =
    Code::new("person.not_oneself", "不能对自己的账号做这项操作", "You may not do this to your own account");

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_persons)
        .service(create_person)
        .service(find_person)
        .service(set_roles)
        .service(suspend_person)
        .service(reinstate_person)
        .service(reveal_person);
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PersonView {
    id: AccountId,
    name: String,
    phone_masked: String,
    login: Option<String>,
    unit_id: Option<String>,
    unit_name: Option<String>,
    roles: Vec<Role>,
    /// Of a negotiator
    task_forces: Vec<TaskForce>,
    state: AccountState,
    demo: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PersonFilter {
    #[param(max_length = 40)]
    unit_id: Option<String>,
    role: Option<Role>,
    /// Part of a name
    #[param(max_length = 40)]
    q: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    #[param(max_length = 200)]
    cursor: Option<String>,
}

fn views(conn: &mut DbConn, accounts: Vec<Account>) -> Result<Vec<PersonView>, AppError> {
    let ids: Vec<String> = accounts.iter().map(|a| a.id.to_string()).collect();
    let unit_ids: Vec<String> = accounts.iter().filter_map(|a| a.unit_id.clone()).collect();
    let roles: Vec<(String, Role)> = auth_roles::table
        .filter(auth_roles::account_id.eq_any(ids.clone()))
        .select((auth_roles::account_id, auth_roles::role))
        .load(conn)?;
    let forces: Vec<(String, TaskForce)> = auth_task_forces::table
        .filter(auth_task_forces::account_id.eq_any(ids))
        .select((auth_task_forces::account_id, auth_task_forces::task_force))
        .order(auth_task_forces::task_force.asc())
        .load(conn)?;
    let names = Unit::short_names(conn, unit_ids)?;
    let view = |a: Account| PersonView {
        roles: roles.iter().filter(|(id, _)| *id == a.id.as_str()).map(|(_, role)| *role).collect(),
        task_forces: forces.iter().filter(|(id, _)| *id == a.id.as_str()).map(|(_, force)| *force).collect(),
        unit_name: a.unit_id.as_ref().and_then(|id| names.get(id)).cloned(),
        phone_masked: masked::phone(&a.phone),
        id: a.id,
        name: a.name,
        login: a.login,
        unit_id: a.unit_id,
        state: a.state,
        demo: a.demo,
    };
    Ok(accounts.into_iter().map(view).collect())
}

fn one(conn: &mut DbConn, actor: &Actor, id: &AccountId) -> Result<PersonView, AppError> {
    let account = Account::find(conn, id)?;
    if !actor.reaches(Some(&account.id), account.unit_id.as_deref()) {
        return Err(AppError::NotFound);
    }
    views(conn, vec![account])?.pop().ok_or(AppError::NotFound)
}

/// People with an account; officials see their own unit's
#[utoipa::path(tag = "persons", operation_id = "list_persons", params(PersonFilter), responses((status = 200, body = Page<PersonView>), ReadErrors))]
#[get("/persons")]
pub(super) async fn list_persons(
    app: App,
    actor: Actor,
    filter: web::Query<PersonFilter>,
) -> Result<web::Json<Page<PersonView>>, AppError> {
    let filter = filter.into_inner();
    within("q", filter.q.as_deref(), 40)?;
    within("unit_id", filter.unit_id.as_deref(), 40)?;
    let paging = Paging::new(filter.limit, filter.cursor.clone());
    let limit = paging.limit()?;
    let after = paging.after_key()?;
    let page = app
        .read(move |conn| {
            use auth_accounts as t;
            let mut query = t::table.into_boxed();
            if actor.scope() != Scope::Any {
                query = query.filter(t::unit_id.eq(actor.unit_id.clone().unwrap_or_default()));
            }
            if let Some(unit) = filter.unit_id {
                query = query.filter(t::unit_id.eq(unit));
            }
            if let Some(role) = filter.role {
                let holders: Vec<String> = auth_roles::table
                    .filter(auth_roles::role.eq(role))
                    .select(auth_roles::account_id)
                    .load(conn)?;
                query = query.filter(t::id.eq_any(holders));
            }
            if let Some(q) = filter.q {
                query = query.filter(t::name.like(containing(&q)).escape('\\'));
            }
            if let Some(after) = after {
                query = query.filter(t::id.gt(after));
            }
            let rows: Vec<Account> = query.order(t::id.asc()).limit(limit + 1).load(conn)?;
            let page = Page::of(rows, limit, |a| vec![a.id.to_string()]);
            Ok(Page { items: views(conn, page.items)?, next: page.next })
        })
        .await?;
    Ok(web::Json(page))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePerson {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    name: Line<40>,
    phone: Phone,
    /// Staff sign in with it
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    login: Option<Line<64>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    unit_id: Option<Line<40>>,
    #[schema(max_items = 7)]
    roles: Vec<Role>,
    /// Of a negotiator
    #[serde(default)]
    #[schema(max_items = 3)]
    task_forces: Vec<TaskForce>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PersonCreated {
    person: PersonView,
    /// Given once; the person sets a password with it within seven days
    activation_code: String,
}

/// Invite a person
#[utoipa::path(tag = "persons", operation_id = "create_person", request_body = CreatePerson, params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = PersonCreated), WriteErrors))]
#[post("/persons")]
pub(super) async fn create_person(
    app: App,
    act: Act,
    body: Json<CreatePerson>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, new: &CreatePerson| {
        refuse_mixed(&new.roles)?;
        let forces = forces_of(&new.roles, &new.task_forces)?;
        let new = NewAccount {
            name: new.name.as_str().to_owned(),
            phone: new.phone.as_str().to_owned(),
            login: new.login.as_ref().map(|l| l.as_str().to_lowercase()),
            unit_id: new.unit_id.as_ref().map(|u| u.as_str().to_owned()),
            roles: new.roles.clone(),
            demo: false,
        };
        let activation_code = random::token();
        let account = Account {
            activation_hash: Some(house.keys.hash(&["activation", &activation_code])),
            activation_expires_at: Some(tx.now.plus(Duration::days(7))),
            ..Account::new(&new, AccountState::Invited, tx.now)
        };
        account.insert(tx.conn, &new.roles)?;
        task_force::set_task_forces(tx.conn, &account.id, &forces)?;
        tx.subject("person", &account.id);
        let person = views(tx.conn, vec![account])?.pop().ok_or(AppError::NotFound)?;
        Ok(PersonCreated { person, activation_code })
    })
    .await
}

fn refuse_mixed(roles: &[Role]) -> Result<(), AppError> {
    let administers = roles.iter().any(|role| Role::ADMINISTRATORS.contains(role));
    if administers && roles.len() > 1 { Err(AppError::Unprocessable(&SEPARATED)) } else { Ok(()) }
}

/// Each once.
fn forces_of(roles: &[Role], wanted: &[TaskForce]) -> Result<Vec<TaskForce>, AppError> {
    if !wanted.is_empty() && !roles.contains(&Role::Negotiator) {
        return Err(AppError::Unprocessable(&NOT_A_NEGOTIATOR));
    }
    let mut forces = wanted.to_vec();
    forces.sort_unstable();
    forces.dedup();
    Ok(forces)
}

/// One person
#[utoipa::path(tag = "persons", operation_id = "find_person", params(("id" = AccountId, Path)), responses((status = 200, body = PersonView), ReadErrors))]
#[get("/persons/{id}")]
pub(super) async fn find_person(
    app: App,
    actor: Actor,
    id: web::Path<AccountId>,
) -> Result<web::Json<PersonView>, AppError> {
    Ok(web::Json(app.read(move |conn| one(conn, &actor, &id)).await?))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRoles {
    #[schema(max_items = 7)]
    roles: Vec<Role>,
    /// Of a negotiator
    #[serde(default)]
    #[schema(max_items = 3)]
    task_forces: Vec<TaskForce>,
}

/// Replace a person's roles and task forces; their sessions end
#[utoipa::path(tag = "persons", operation_id = "set_roles", request_body = SetRoles, params(("id" = AccountId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PersonView), WriteErrors))]
#[put("/persons/{id}/roles")]
pub(super) async fn set_roles(
    app: App,
    act: Act,
    id: web::Path<AccountId>,
    body: Json<SetRoles>,
) -> Result<HttpResponse, AppError> {
    act.change(&app, body, move |tx, change: &SetRoles| {
        refuse_mixed(&change.roles)?;
        let forces = forces_of(&change.roles, &change.task_forces)?;
        let account = another(tx, &id)?;
        let mut roles = change.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        account::set_roles(tx.conn, &account.id, &roles)?;
        task_force::set_task_forces(tx.conn, &account.id, &forces)?;
        Session::end_all(tx.conn, &account.id, "roles changed", tx.now)?;
        tx.subject("person", &account.id);
        one(tx.conn, tx.actor, &id)
    })
    .await
}

fn another(tx: &mut Tx<'_>, id: &AccountId) -> Result<Account, AppError> {
    if tx.actor.is(id) {
        return Err(AppError::Conflict(&NOT_ONESELF));
    }
    Account::find(tx.conn, id)
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspend {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    reason: Line<200>,
}

/// Suspend a person; their sessions end at once
#[utoipa::path(tag = "persons", operation_id = "suspend_person", request_body = Suspend, params(("id" = AccountId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = PersonView), WriteErrors))]
#[post("/persons/{id}/suspensions")]
pub(super) async fn suspend_person(
    app: App,
    act: Act,
    id: web::Path<AccountId>,
    body: Json<Suspend>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, why: &Suspend| {
        let account = another(tx, &id)?;
        set_state(tx, &account.id, AccountState::Disabled)?;
        Session::end_all(tx.conn, &account.id, "suspended", tx.now)?;
        tx.detail(why.reason.as_str());
        one(tx.conn, tx.actor, &id)
    })
    .await
}

/// Let a suspended person in again
#[utoipa::path(tag = "persons", operation_id = "reinstate_person", params(("id" = AccountId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 200, body = PersonView), WriteErrors))]
#[delete("/persons/{id}/suspensions")]
pub(super) async fn reinstate_person(
    app: App,
    act: Act,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, AppError> {
    act.perform(&app, StatusCode::OK, "", move |tx| {
        let account = another(tx, &id)?;
        if account.state == AccountState::Disabled {
            set_state(tx, &account.id, AccountState::Active)?;
        }
        one(tx.conn, tx.actor, &id)
    })
    .await
}

fn set_state(tx: &mut Tx<'_>, id: &AccountId, state: AccountState) -> Result<(), AppError> {
    tx.subject("person", id);
    diesel::update(auth_accounts::table.find(id)).set(auth_accounts::state.eq(state)).execute(tx.conn)?;
    Ok(())
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Why the whole number is needed; kept in the audit log
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    purpose: Line<200>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Revealed {
    phone: String,
}

/// See a person's whole phone number; logged with the purpose
#[utoipa::path(tag = "persons", operation_id = "reveal_person", request_body = Reveal, params(("id" = AccountId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = Revealed), WriteErrors))]
#[post("/persons/{id}/reveals")]
pub(super) async fn reveal_person(
    app: App,
    act: Act,
    id: web::Path<AccountId>,
    body: Json<Reveal>,
) -> Result<HttpResponse, AppError> {
    act.create(&app, body, move |tx, reveal: &Reveal| {
        let account = Account::find(tx.conn, &id)?;
        if !tx.actor.reaches(Some(&account.id), account.unit_id.as_deref()) {
            return Err(AppError::NotFound);
        }
        tx.subject("person", &account.id);
        tx.detail(reveal.purpose.as_str());
        Ok(Revealed { phone: account.phone })
    })
    .await
}
