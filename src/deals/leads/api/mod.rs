//! Leads and all that belongs to them, over HTTP.
mod appointment;
mod attachment;
mod confirmation;
mod credit;
mod enquiry;
mod handover;
mod lead;
mod likeness_review;
mod moment;
mod outcome;
mod receipt;
mod screening;
mod view;

pub use lead::{Brought, bring};
pub use likeness_review::CaseAct;
pub use view::LeadAct;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/leads/{id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(receipt::list_ledger)
        .service(receipt::list_checkpoints)
        .service(receipt::prove_inclusion)
        .service(receipt::prove_consistency)
        .service(receipt::check_receipt)
        .service(likeness_review::list_likeness_reviews)
        .service(likeness_review::find_likeness_review)
        .service(likeness_review::decide_likeness)
        .service(likeness_review::appeal_likeness)
        .service(likeness_review::answer_appeal)
        .service(handover::accept_handover)
        .service(handover::return_handover)
        .service(screening::list_pool)
        .service(screening::claim_lead)
        .service(confirmation::show_confirmation)
        .service(confirmation::answer_confirmation)
        .service(confirmation::call_for_answer)
        .service(credit::list_credit_slips)
        .service(credit::list_lead_settings)
        .service(credit::set_lead_setting)
        .service(credit::set_credit_rule)
        .service(attachment::show_attachment)
        .service(enquiry::submit_enquiry)
        .service(appointment::list_appointments)
        .service(appointment::create_appointment)
        .service(appointment::end_appointment)
        .service(appointment::add_appointment_record)
        .service(lead::submit_lead)
        .service(lead::list_leads)
        .service(lead::find_lead)
        .service(lead::reveal_lead)
        .service(moment::list_moments)
        .service(outcome::open_lead_project)
        .service(receipt::find_receipt)
        .service(screening::screen_lead)
        .service(screening::pool_lead)
        .service(screening::record_contact)
        .service(screening::pause_clock)
        .service(screening::resume_clock)
        .service(confirmation::ask_confirmation)
        .service(attachment::add_attachment)
        .service(handover::hand_over_lead);
}
