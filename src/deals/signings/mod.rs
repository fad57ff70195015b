//! 云签约: from a template to an agreement that every party signs and that an independent program accepts.
mod agreement;
mod api;
pub mod events;
mod evidence;
pub mod jobs;
pub mod paper;
mod sealing;
mod template;
pub mod verification;

pub use agreement::{AgreementId, AgreementState, PartyState};
pub use api::{outside, routes};
pub use evidence::EvidenceAction;
