//! 招商信息与首次接触: leads, the ledger that proves who came first, the clash desk, handovers and their clocks, credit,
//! and the people who bring them (articles 7, 9.2 and 11).
mod api;
mod appeal;
mod appointment;
mod attachment;
pub mod checkpoint;
mod clock;
mod confirmation;
mod contact;
mod credit;
#[cfg(test)]
mod credit_paths;
mod enquiry;
mod events;
mod handover;
mod jobs;
mod lead;
mod ledger;
mod ledger_walk;
mod likeness_review;
mod moment;
mod outcome;
mod pool;
mod proof;
mod receipt;
mod rules;
mod screening;
mod setting;

pub use api::{Brought, CaseAct, LeadAct, bring, routes};
pub use appeal::AppealState;
pub use appointment::{AppointmentKind, RecordKind};
pub use attachment::AttachmentKind;
pub use clock::{ClockKind, EscalationCause};
pub use contact::ContactWay;
pub use credit::{CreditCause, CreditPart, Party, weigh};
pub use events::{
    LeadAccepted, LeadAppealed, LeadClash, LeadConfirmed, LeadDeclined, LeadHandedOver, LeadInProject,
    LeadOverdue, LeadPooled, LeadReturned, LeadRuled, LeadScreened, LeadSubmitted,
};
pub use handover::{Handover, HandoverId, HandoverState};
pub use jobs::{JOBS, escalate};
pub use lead::{Lead, LeadId, LeadState};
pub use ledger::{EntryKind, LedgerEntry, LedgerHead, facts, facts_sha256};
pub use ledger_walk::{LedgerBreak, LedgerReport, Witness, dump, verify_dump, verify_ledger};
pub use likeness_review::{LikenessDecision, LikenessReview, LikenessReviewId, LikenessState};
pub use moment::MomentKind;
pub use proof::EntryProof;
pub use receipt::ReceiptProblem;
pub use rules::{ConfirmationAnswer, Standing, SuggestionReason};
pub use screening::ScreeningOutcome;
pub use setting::SettingName;
