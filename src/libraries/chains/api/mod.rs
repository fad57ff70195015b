//! Chains over HTTP.
mod chain;
mod proposal;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/chains/{unit_id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(proposal::list_chain_proposals)
        .service(proposal::propose_chain)
        .service(proposal::find_chain_proposal)
        .service(proposal::rewrite_chain)
        .service(proposal::approve_chain)
        .service(proposal::return_chain)
        .service(proposal::withdraw_chain)
        .service(chain::find_chain_version)
        .service(chain::list_chains)
        .service(chain::find_chain);
}
