//! 云招商活动: gatherings that present the city to investors, in a hall or on line: agenda, registration, tickets,
//! check-in, the floor's questions, and the leads that come of it (article 5). An `event` here is always the outbox's.
mod api;
mod check_in;
mod events;
mod figures;
mod floor;
mod follow_up;
mod gathering;
mod html;
mod plan;
mod registration;
mod rules;
mod seed;

pub use api::{GatheringAct, routes};
pub use check_in::{CheckInOutcome, CheckInWay};
pub use floor::QuestionState;
pub use gathering::{Gathering, GatheringState};
pub use html::pages;
pub use plan::AnswerKind;
pub use registration::{GatheringSource, RegistrationState};
pub use rules::GatheringPhase;
pub use seed::seed_demo;
