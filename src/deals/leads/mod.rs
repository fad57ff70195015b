//! 招商信息与首次接触: leads, the ledger that proves who came first, likeness reviews and handovers (articles 9.2 and 11).
mod api;
mod events;
mod handover;
mod lead;
mod likeness_review;
mod outcome;
mod receipt;
mod rules;

pub use api::{LeadAct, routes};
pub use events::{LeadAccepted, LeadHandedOver, LeadInProject, LeadReturned, LeadSubmitted};
pub use handover::{Handover, HandoverId, HandoverState};
pub use lead::{Lead, LeadId, LeadState};
pub use likeness_review::{LikenessDecision, LikenessReview, LikenessReviewId, LikenessState};
pub use receipt::{LedgerBreak, LedgerReport, ReceiptProblem, verify_ledger};
pub use rules::{LikenessReason, Standing};
