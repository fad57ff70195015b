//! 登录与权限: accounts, sessions, and the one table of who may do what.
pub mod account;
mod act;
mod actor;
mod api;
mod code;
pub mod gate;
pub mod identity;
mod name_check;
pub mod permission;
mod session;
pub mod task_force;
pub mod totp;

pub use account::{Account, AccountId, AccountState, NewAccount, holders};
pub use act::{Act, Tx};
pub use actor::{Actor, Circumstances};
pub use api::routes;
pub use code::{CodePurpose, OneTimeCode};
pub use name_check::{NameCheck, NameCheckState};
pub use permission::{Grant, Role, Scope};
pub use session::{Session, SessionId};
pub use task_force::TaskForce;
