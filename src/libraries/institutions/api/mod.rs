//! The library of liaison institutions over HTTP.
mod agreement;
mod bringer;
mod contact;
mod import;
mod institution;
mod likeness;
mod log_entry;
mod view;

pub use institution::InstitutionChoice;
pub use view::InstitutionAct;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/institutions/{id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(likeness::list_institution_likeness)
        .service(import::show_institution_sheet)
        .service(import::check_institution_import)
        .service(import::list_institution_imports)
        .service(import::find_institution_import)
        .service(import::confirm_institution_import)
        .service(import::undo_institution_import)
        .service(contact::reveal_institution_contact)
        .service(contact::remove_institution_contact)
        .service(bringer::end_bringer)
        .service(agreement::renew_institution_agreement)
        .service(agreement::end_institution_agreement)
        .service(agreement::add_institution_paper)
        .service(agreement::show_institution_paper)
        .service(institution::list_institutions)
        .service(institution::create_institution)
        .service(institution::find_institution)
        .service(institution::change_institution)
        .service(contact::add_institution_contact)
        .service(log_entry::write_institution_log)
        .service(bringer::name_bringer)
        .service(agreement::make_institution_agreement);
}
