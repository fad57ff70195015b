//! Demo people, sites and times, every one of them marked; refused where real people are.
use std::path::Path;

use serde::Deserialize;

use crate::app::App;
use crate::deals::{gatherings, talks};
use crate::error::{AppError, Code};
use crate::libraries::{self, chains, enterprises, institutions};
use crate::people::auth::{Account, AccountState, NewAccount, Role, TaskForce, account, task_force};
use crate::platform::db::DbConn;

const NOT_EMPTY: Code = Code::new(
    "demo.real_people",
    "数据库里已有真实账号，不能装入演示数据",
    "The database holds real accounts; demo data is refused",
);

/// One of `seeds/demo/people.json`; passwords and secrets there are public.
#[derive(Debug, Clone, Deserialize)]
pub struct DemoPerson {
    pub name: String,
    pub title: String,
    pub phone: String,
    pub login: Option<String>,
    pub password: Option<String>,
    pub totp_secret: Option<String>,
    pub unit_id: Option<String>,
    pub roles: Vec<Role>,
    #[serde(default)]
    pub task_forces: Vec<TaskForce>,
    #[serde(default)]
    pub availability: Vec<Open>,
}

/// A weekly time at which a host can be booked, in China's time.
#[derive(Debug, Clone, Deserialize)]
pub struct Open {
    /// 1 = Monday
    pub weekday: i32,
    pub from: String,
    pub to: String,
}

/// Fills the tables with the demo; a second time changes nothing.
pub async fn fill(app: &App) -> Result<Vec<DemoPerson>, AppError> {
    let people = read(&app.config.seeds_dir.join("demo/people.json"))?;
    // One hash for the one public password: argon2 is slow on purpose.
    let password = people.iter().find_map(|p| p.password.clone()).unwrap_or_default();
    let hash = account::hash_password(&password)?;
    let (now, wanted, seeds) = (app.now(), people.clone(), app.config.seeds_dir.clone());
    app.db
        .write(move |conn| {
            refuse_real_people(conn)?;
            libraries::seed(conn, &seeds, now, true)?;
            for person in &wanted {
                if Account::by_phone(conn, &person.phone)?.is_none() {
                    welcome(conn, person, &hash, now)?;
                }
            }
            enterprises::seed_demo(conn, &seeds, now)?;
            institutions::seed_demo(conn, &seeds, now)?;
            chains::seed_demo(conn, &seeds, now)?;
            gatherings::seed_demo(conn, &seeds, now)
        })
        .await?;
    Ok(people)
}

fn read(path: &Path) -> Result<Vec<DemoPerson>, AppError> {
    serde_json::from_slice(&std::fs::read(path)?).map_err(AppError::internal)
}

fn refuse_real_people(conn: &mut DbConn) -> Result<(), AppError> {
    use crate::schema::auth_accounts as t;
    use diesel::prelude::*;
    // Whoever signed in by phone while trying the demo is an investor without a login.
    let real: i64 =
        t::table.filter(t::demo.eq(false)).filter(t::login.is_not_null()).count().get_result(conn)?;
    if real > 0 { Err(AppError::Conflict(&NOT_EMPTY)) } else { Ok(()) }
}

fn welcome(
    conn: &mut DbConn,
    person: &DemoPerson,
    hash: &str,
    now: crate::platform::clock::Time,
) -> Result<(), AppError> {
    let new = NewAccount {
        name: person.name.clone(),
        phone: person.phone.clone(),
        login: person.login.clone(),
        unit_id: person.unit_id.clone(),
        roles: person.roles.clone(),
        demo: true,
    };
    let account = Account {
        password_hash: person.password.as_ref().map(|_| hash.to_owned()),
        totp_secret: person.totp_secret.clone(),
        ..Account::new(&new, AccountState::Active, now)
    };
    account.insert(conn, &person.roles)?;
    task_force::set_task_forces(conn, &account.id, &person.task_forces)?;
    let times: Vec<(i32, i32, i32)> = person
        .availability
        .iter()
        .filter_map(|open| Some((open.weekday, minutes(&open.from)?, minutes(&open.to)?)))
        .collect();
    talks::keep_availability(conn, &account.id, &times)
}

/// Minutes after midnight of `HH:MM`.
fn minutes(time: &str) -> Option<i32> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?)
}

/// What a person who tries the demo needs to know.
pub fn introduction(app: &App, people: &[DemoPerson]) -> String {
    use crate::people::auth::totp;
    let mut out = String::from("\n演示账号 · demo sign-ins (all fictional, all passwords public)\n");
    out.push_str(&format!("  {}   投资地图、登录、全部功能 · the platform\n", app.config.public_url));
    out.push_str(
        "  http://127.0.0.1:8089   短信与微信的本地替身：验证码在这里看 · one-time codes are shown here\n\n",
    );
    for person in people.iter().filter(|p| p.login.is_none()).take(5) {
        out.push_str(&format!("  手机验证码登录 phone {}  {} {}\n", person.phone, person.name, person.title));
    }
    for person in people.iter().filter(|p| p.login.is_some()) {
        let (Some(login), Some(password), Some(secret)) =
            (&person.login, &person.password, &person.totp_secret)
        else {
            continue;
        };
        let code = totp::code_now(secret, app.now()).unwrap_or_default();
        out.push_str(&format!("  {login:<26} {password}  动态码 code now {code}  {}\n", person.title));
    }
    out.push_str("  动态码 30 秒一变：palm demo 再次运行可得新码 · run `palm demo` again for fresh codes\n");
    out
}
