//! Cloud talks, over HTTP.
mod availability;
mod booking;
mod conference;
mod follow_up;
mod guest;
mod holiday;
mod minutes;
mod minutes_template;
mod no_show;
mod proposal;
mod room;
mod setting;
mod slot;
mod webhook;
mod wish;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::deals::talks::meeting;

pub use webhook::outside;

pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(conference::routes)
        .service(slot::list_slots)
        .service(availability::list_availabilities)
        .service(availability::set_availability)
        .service(holiday::list_holidays)
        .service(holiday::set_holidays)
        .service(setting::list_talk_settings)
        .service(setting::set_talk_setting)
        .service(booking::create_hold)
        .service(booking::confirm_booking)
        .service(booking::decline_booking)
        .service(booking::cancel_booking)
        .service(booking::list_bookings)
        .service(booking::find_booking)
        .service(booking::find_calendar)
        .service(proposal::propose_time)
        .service(proposal::accept_proposal)
        .service(proposal::refuse_proposal)
        .service(proposal::withdraw_proposal)
        .service(no_show::mark_no_show)
        .service(no_show::undo_no_show)
        .service(wish::list_wishes)
        .service(wish::create_wish)
        .service(wish::withdraw_wish)
        .service(guest::list_guests)
        .service(guest::invite_guest)
        .service(guest::revoke_guest)
        .service(guest::seat_guest)
        .service(guest::open_guest_link)
        .service(guest::show_guest_room)
        .service(guest::create_guest_ticket)
        .service(guest::create_guest_conference_pass)
        .service(guest::find_guest_calendar)
        .service(guest::find_guest_file)
        .service(room::create_ticket)
        .service(room::create_voip_parameters)
        .service(room::list_messages)
        .service(room::create_message)
        .service(room::create_file_message)
        .service(room::find_file)
        .service(room::list_attendances)
        .service(minutes::set_minutes)
        .service(minutes::find_minutes)
        .service(minutes::publish_minutes)
        .service(minutes::find_minutes_version)
        .service(minutes::compare_minutes)
        .service(minutes::send_minutes)
        .service(minutes::recall_minutes)
        .service(minutes::confirm_minutes)
        .service(minutes::ask_minutes_change)
        .service(minutes::print_minutes)
        .service(minutes_template::find_minutes_template)
        .service(minutes_template::set_minutes_template)
        .service(follow_up::list_follow_ups)
        .service(follow_up::finish_follow_up)
        .service(follow_up::drop_follow_up)
        .service(meeting::open_talk_socket);
}
