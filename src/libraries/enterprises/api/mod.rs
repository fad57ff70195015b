//! The library of target enterprises over HTTP.
mod batch;
mod contact;
mod enterprise;
mod import;
mod likeness;
mod merge;
mod pursuit;
mod view;

pub use enterprise::EnterpriseChoice;
pub use pursuit::NextStep;
pub use view::EnterpriseAct;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/enterprises/{id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(likeness::list_enterprise_likeness)
        .service(import::show_enterprise_sheet)
        .service(import::check_enterprise_import)
        .service(import::list_enterprise_imports)
        .service(import::find_enterprise_import)
        .service(import::confirm_enterprise_import)
        .service(import::undo_enterprise_import)
        .service(batch::list_enterprise_batches)
        .service(batch::make_enterprise_batch)
        .service(batch::undo_enterprise_batch)
        .service(contact::reveal_contact)
        .service(contact::remove_contact)
        .service(pursuit::extend_pursuit)
        .service(pursuit::end_pursuit)
        .service(merge::undo_merge)
        .service(enterprise::list_enterprise_choices)
        .service(enterprise::list_enterprises)
        .service(enterprise::create_enterprise)
        .service(enterprise::find_enterprise)
        .service(enterprise::change_enterprise)
        .service(contact::add_contact)
        .service(pursuit::open_pursuit)
        .service(pursuit::write_log_entry)
        .service(merge::merge_enterprise);
}
