//! Gatherings, over HTTP: their pages for everybody, registration, the door, and the desk of the unit that holds them.
mod door;
mod floor;
mod gathering;
mod outcome;
mod registration;
mod view;

pub use view::GatheringAct;

use utoipa_actix_web::service_config::ServiceConfig;

/// Fixed addresses come before `/gatherings/{id}`, which would swallow them.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(gathering::list_gatherings)
        .service(gathering::list_gathering_desk)
        .service(registration::list_my_registrations)
        .service(registration::reveal_registration)
        .service(outcome::open_follow_up)
        .service(floor::vote_for_question)
        .service(floor::rule_on_question)
        .service(floor::answer_question)
        .service(gathering::create_gathering)
        .service(gathering::find_gathering)
        .service(gathering::change_gathering)
        .service(gathering::find_gathering_desk)
        .service(gathering::publish_gathering)
        .service(gathering::cancel_gathering)
        .service(registration::create_registration)
        .service(registration::list_registrations)
        .service(registration::find_my_registration)
        .service(registration::give_back_place)
        .service(floor::show_floor)
        .service(floor::ask_question)
        .service(outcome::join_live)
        .service(outcome::show_gathering_figures)
        .service(door::show_door)
        .service(door::check_in_guests);
}
