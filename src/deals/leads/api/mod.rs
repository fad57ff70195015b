//! Leads, their receipts, likeness reviews and handovers, over HTTP.
mod handover;
mod lead;
mod likeness_review;
mod outcome;
mod receipt;
mod view;

pub use view::LeadAct;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/leads/{id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(receipt::list_ledger)
        .service(receipt::check_receipt)
        .service(likeness_review::list_likeness_reviews)
        .service(likeness_review::decide_likeness)
        .service(handover::accept_handover)
        .service(handover::return_handover)
        .service(lead::submit_lead)
        .service(lead::list_leads)
        .service(lead::find_lead)
        .service(lead::reveal_lead)
        .service(outcome::open_lead_project)
        .service(receipt::find_receipt)
        .service(handover::hand_over_lead);
}
