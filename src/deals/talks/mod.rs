//! 云洽谈: slots in a host's week, each sold once; bookings; the room where both sides talk; minutes (article 5).
mod api;
mod attendance;
mod availability;
mod booking;
mod calendar;
pub mod conference;
pub mod events;
mod file;
mod follow_up;
mod guest;
mod holiday;
pub mod jobs;
mod meeting;
mod message;
mod minutes;
mod minutes_paper;
mod minutes_template;
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
pub use attendance::AttendanceEnding;
pub use availability::{Host, keep_availability};
pub use booking::{Booking, BookingId, NewHold};
pub use follow_up::{FollowUpOwner, FollowUpState};
pub use guest::{Guest, GuestId};
pub use message::{MessageKind, TalkLine};
pub use minutes::{MinutesPart, MinutesState};
pub use rules::{
    BookingMove, BookingState, DayPart, Deed, ExceptionKind, GuestPlace, HolidayKind, Hosting, RoomRole,
    SLOT_MINUTES, Side,
};
pub use setting::TalkSettingName;
pub use wish::WishState;
