//! 目标企业库: enterprises worth courting, who courts them, and what was said (article 5).
mod api;
mod batch;
mod contact;
mod enterprise;
mod events;
pub mod jobs;
mod log_entry;
mod merge;
mod pursuit;
mod rules;
mod seed;
mod sheet;

pub use api::{EnterpriseAct, EnterpriseChoice, NextStep, routes};
pub use batch::EnterpriseBatchKind;
pub use enterprise::{Courting, Enterprise, EnterpriseFacts, EnterpriseId, EnterpriseScale};
pub use log_entry::{LogEntry, LogKind, LogWay};
pub use pursuit::{Pursuit, PursuitState};
pub use seed::seed_demo;
