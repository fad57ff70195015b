//! Guides and policies over HTTP: what everybody reads, what suits an investor, and how editors write and publish it.
mod matching;
mod medium;
mod page;
mod personal_guide;
mod version;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(page::list_pages)
        .service(page::find_page)
        .service(page::find_withdrawal)
        .service(matching::match_policies)
        .service(personal_guide::show_personal_guide)
        .service(personal_guide::print_personal_guide)
        .service(medium::add_page_medium)
        .service(medium::show_page_medium)
        .service(version::list_page_versions)
        .service(version::start_page_version)
        .service(version::find_page_version)
        .service(version::compare_page_versions)
        .service(version::rewrite_page_version)
        .service(version::submit_page_version)
        .service(version::publish_page_version)
        .service(version::return_page_version)
        .service(version::discard_page_version)
        .service(version::withdraw_page);
}
