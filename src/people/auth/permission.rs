//! Who may do what: one table of data, `role_matrix.csv`; what it does not name is denied.
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::people::auth::account::AccountState;

const TABLE: &str = include_str!("role_matrix.csv");

crate::text_enum! {
    /// What a person is on the platform; one may be several things, but never two administrators.
    pub enum Role {
        Investor = "investor", "客商", "Investor";
        Consultant = "consultant", "招商顾问", "Investment consultant";
        InformationTaskForce = "information_task_force", "招商信息收集专班", "Information task force";
        UnitOfficial = "unit_official", "区县园区干部", "County or park official";
        Negotiator = "negotiator", "产业项目谈判专班", "Negotiation task force";
        ServiceAgent = "service_agent", "代办员", "Service agent";
        Leader = "leader", "领导", "Leader";
        SystemAdministrator = "system_administrator", "系统管理员", "System administrator";
        SecurityAdministrator = "security_administrator", "安全管理员", "Security administrator";
        AuditAdministrator = "audit_administrator", "审计管理员", "Audit administrator";
    }
}

impl Role {
    /// The three that no one may hold together (GB/T 22239-2019, 8.1.4.2 d).
    pub const ADMINISTRATORS: [Self; 3] =
        [Self::SystemAdministrator, Self::SecurityAdministrator, Self::AuditAdministrator];
    /// Roles of the city's own people: they sign in with a password and a second factor.
    pub fn is_staff(self) -> bool {
        !matches!(self, Self::Investor | Self::Consultant)
    }
}

/// How far a permission reaches. Wider ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// What the person made, hosts, signs or takes part in
    Own,
    /// What belongs to the person's unit, besides their own
    Unit,
    /// All
    Any,
}

/// One permitted operation, with its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub operation: &'static str,
    pub scope: Scope,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Rule {
    pub operation: &'static str,
    /// Whether nobody in particular (no account) may
    pub nobody: bool,
    /// States of the account in which it holds
    pub states: Vec<AccountState>,
    pub roles: HashMap<Role, Scope>,
}

static RULES: LazyLock<HashMap<&'static str, Rule>> = LazyLock::new(|| parse(TABLE));

/// Every row, by operation.
pub fn rules() -> &'static HashMap<&'static str, Rule> {
    &RULES
}

/// What the table says of `operation` for someone with these roles in this state; `None` denies.
pub fn grant(operation: &str, person: Option<(&[Role], AccountState)>) -> Option<Grant> {
    let rule = RULES.get(operation)?;
    let widest = person.and_then(|(roles, state)| {
        if !rule.states.contains(&state) {
            return None;
        }
        roles.iter().filter_map(|role| rule.roles.get(role)).max().copied()
    });
    let scope = widest.or(rule.nobody.then_some(Scope::Own))?;
    Some(Grant { operation: rule.operation, scope })
}

/// Whether `operation` needs no account.
pub fn is_public(operation: &str) -> bool {
    RULES.get(operation).is_some_and(|rule| rule.nobody)
}

/// A malformed row or cell permits nothing; a test refuses the table that holds one.
fn parse(table: &'static str) -> HashMap<&'static str, Rule> {
    let mut lines = table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').map(str::trim).collect();
    lines.map(|line| row(&head, line)).map(|rule| (rule.operation, rule)).collect()
}

fn row(head: &[&'static str], line: &'static str) -> Rule {
    let mut rule = Rule { operation: "", nobody: false, states: Vec::new(), roles: HashMap::new() };
    for (column, cell) in head.iter().zip(line.split(',').map(str::trim)) {
        match *column {
            "operation" => rule.operation = cell,
            "states" => rule.states = cell.split('|').filter_map(|s| s.parse().ok()).collect(),
            "nobody" => rule.nobody = cell == "any",
            role => {
                let scope = match cell {
                    "own" => Some(Scope::Own),
                    "unit" => Some(Scope::Unit),
                    "any" => Some(Scope::Any),
                    _ => None,
                };
                if let (Ok(role), Some(scope)) = (role.parse(), scope) {
                    rule.roles.insert(role, scope);
                }
            }
        }
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_the_table_is_understood() {
        let mut lines = TABLE.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
        let head: Vec<&str> = lines.next().unwrap().split(',').map(str::trim).collect();
        assert_eq!(head.len(), 3 + Role::ALL.len());
        let mut seen = std::collections::HashSet::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            assert_eq!(cells.len(), head.len(), "{line}");
            assert!(seen.insert(cells[0]), "twice: {}", cells[0]);
            assert!(cells[1].split('|').all(|s| s.parse::<AccountState>().is_ok()), "{line}");
            assert!(cells[2..].iter().all(|c| matches!(*c, "-" | "own" | "unit" | "any")), "{line}");
        }
    }

    #[test]
    fn what_the_table_does_not_name_is_denied() {
        assert_eq!(grant("drop_everything", Some((Role::ALL, AccountState::Active))), None);
    }

    #[test]
    fn a_disabled_account_may_do_nothing_that_needs_one() {
        for (operation, rule) in rules() {
            if !rule.nobody {
                assert_eq!(grant(operation, Some((Role::ALL, AccountState::Disabled))), None, "{operation}");
            }
        }
    }
}
