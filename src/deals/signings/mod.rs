//! 云签约: from a template to an agreement that every party signs and that an independent program accepts.
mod agreement;
pub mod anchor;
mod api;
pub mod bundle;
mod ceremony;
pub mod events;
mod evidence;
pub mod jobs;
mod negotiation;
pub mod outside;
pub mod paper;
mod report;
mod rules;
mod sealing;
mod signers;
mod stamp;
mod template;
pub mod verification;
mod view;

pub use agreement::{AgreementId, AgreementState, OriginKind, PartyState};
pub use api::{outside, routes};
pub use ceremony::{Ceremony, CeremonyMomentKind, CeremonyState};
pub use evidence::EvidenceAction;
pub use negotiation::{ApprovalDecision, RoundKind};
pub use outside::{FlowState, SigningProvider};
pub use signers::SigningSide;
