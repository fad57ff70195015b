//! 机构联络库: chambers, associations, institutes, funds, consultants and liaison offices; whom each unit knows there,
//! when it was last in contact, who brings leads for them, and what was agreed (articles 5 and 7).
mod agreement;
mod api;
mod bringer;
mod contact;
mod coverage;
mod events;
mod institution;
pub mod jobs;
mod log_entry;
mod rules;
mod seed;
mod sheet;

pub use agreement::InstitutionAgreementKind;
pub use api::{InstitutionAct, InstitutionChoice, routes};
pub use bringer::Bringer;
pub use institution::{Institution, InstitutionId, InstitutionKind};
pub use seed::seed_demo;
