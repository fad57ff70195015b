//! The negotiation task forces of article 11, and which negotiators belong to which.
use diesel::prelude::*;

use crate::error::AppError;
use crate::people::auth::{AccountId, AccountState, Role, holders};
use crate::platform::db::DbConn;
use crate::schema::{auth_accounts, auth_task_forces};

crate::text_enum! {
    /// The negotiation task force of an industry (article 11).
    pub enum TaskForce {
        Manufacturing = "manufacturing", "先进制造业谈判专班", "Advanced manufacturing";
        Agriculture = "agriculture", "现代农业谈判专班", "Modern agriculture";
        Services = "services", "现代服务业谈判专班", "Modern services";
    }
}

/// Replaces the task forces of one account; the table takes them of a negotiator alone.
pub fn set_task_forces(conn: &mut DbConn, id: &AccountId, forces: &[TaskForce]) -> Result<(), AppError> {
    use auth_task_forces as t;
    diesel::delete(t::table.filter(t::account_id.eq(id))).execute(conn)?;
    let rows: Vec<_> = forces
        .iter()
        .map(|force| (t::account_id.eq(id.clone()), t::task_force.eq(*force), t::role.eq(Role::Negotiator)))
        .collect();
    crate::each_database!(conn, c => diesel::insert_into(t::table).values(&rows).execute(c))?;
    Ok(())
}

/// The active members of all task forces.
fn members(conn: &mut DbConn) -> Result<Vec<(AccountId, TaskForce)>, AppError> {
    use auth_task_forces as t;
    let active =
        t::table.inner_join(auth_accounts::table).filter(auth_accounts::state.eq(AccountState::Active));
    Ok(active
        .select((t::account_id, t::task_force))
        .order((t::task_force.asc(), t::account_id.asc()))
        .load(conn)?)
}

/// Who negotiates for a task force: its members; while it has none, every negotiator of the city.
pub fn negotiators(conn: &mut DbConn, force: TaskForce) -> Result<Vec<AccountId>, AppError> {
    let of_this: Vec<AccountId> =
        members(conn)?.into_iter().filter(|(_, of)| *of == force).map(|(member, _)| member).collect();
    if of_this.is_empty() { holders(conn, Role::Negotiator, None) } else { Ok(of_this) }
}

/// For which task forces somebody with these roles negotiates: the same answer as [`negotiators`] gives.
pub fn negotiates_for(conn: &mut DbConn, id: &AccountId, roles: &[Role]) -> Result<Vec<TaskForce>, AppError> {
    if !roles.contains(&Role::Negotiator) {
        return Ok(Vec::new());
    }
    let members = members(conn)?;
    let negotiates = |force: &TaskForce| {
        let mut of_this = members.iter().filter(|(_, of)| of == force).map(|(member, _)| member).peekable();
        of_this.peek().is_none() || of_this.any(|member| member == id)
    };
    Ok(TaskForce::ALL.iter().copied().filter(negotiates).collect())
}
