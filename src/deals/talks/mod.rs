//! 云洽谈: slots in a host's week, each sold once; bookings; the room where both sides talk; minutes (article 5).
mod api;
mod availability;
mod booking;
mod calendar;
pub mod conference;
pub mod events;
mod file;
mod guest;
mod holiday;
pub mod jobs;
mod meeting;
mod message;
mod minutes;
mod proposal;
mod reminder;
mod rules;
mod service;
mod setting;
mod site;
mod slot;
mod ticket;
mod wish;

pub use api::{outside, routes};
pub use availability::{Host, keep_availability};
pub use booking::{Booking, BookingId, NewHold};
pub use message::MessageKind;
pub use minutes::{FollowUpOwner, MinutesState};
pub use rules::{
    BookingMove, BookingState, DayPart, Deed, ExceptionKind, HolidayKind, Hosting, SLOT_MINUTES, Side,
};
pub use setting::TalkSettingName;
pub use wish::WishState;
