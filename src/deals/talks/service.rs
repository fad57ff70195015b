//! The meeting services behind one face: what a booking asks of each of them.
use crate::app::App;
use crate::deals::talks::conference::ConferenceProvider;
use crate::deals::talks::guest::{GuestId, holds_until};
use crate::deals::talks::{Booking, BookingId};
use crate::platform::clock::Time;
use crate::platform::livekit::{LiveKit, LiveKitError};
use crate::platform::tencent_meeting::{Meeting, MeetingError, Plan, TencentMeeting};
use crate::platform::trtc::Trtc;

/// One that is set up.
#[derive(Debug, Clone, Copy)]
pub enum Service<'a> {
    TencentMeeting(&'a TencentMeeting),
    LiveKit(&'a LiveKit),
    /// Its rooms are opened by the first who enters: there is nothing to make, and nothing to move
    Trtc(&'a Trtc),
}

/// Why a service did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    TencentMeeting(#[from] MeetingError),
    #[error(transparent)]
    LiveKit(#[from] LiveKitError),
    #[error("the meeting service is not set up any more")]
    NotSetUp,
}

/// A meeting as it was made.
#[derive(Debug)]
pub struct Made {
    pub id: String,
    /// What one types, and what one opens, where the service gives everybody the same
    pub code: Option<String>,
    pub join_url: Option<String>,
}

/// At a service that takes our names for its rooms.
fn room(provider: ConferenceProvider, booking: &BookingId) -> Made {
    Made { id: format!("{provider}-{booking}"), code: None, join_url: None }
}

/// What a meeting's subject ends with, so that it can be found again.
fn mark(booking: &BookingId) -> String {
    let id = booking.as_str();
    format!("#{}", &id[id.len().saturating_sub(12)..])
}

fn plan(booking: &Booking) -> Plan {
    Plan {
        subject: format!("云洽谈 · {} {}", booking.topic, mark(&booking.id)),
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
    }
}

fn whole(made: Meeting) -> Result<Made, Fault> {
    if made.join_url.is_empty() || made.code.is_empty() {
        return Err(MeetingError::Incomplete("join_url").into());
    }
    Ok(Made { id: made.id, code: Some(made.code), join_url: Some(made.join_url) })
}

impl<'a> Service<'a> {
    pub fn of(app: &'a App, provider: ConferenceProvider) -> Option<Self> {
        match provider {
            ConferenceProvider::TencentMeeting => app.meetings.as_ref().map(Self::TencentMeeting),
            ConferenceProvider::LiveKit => app.livekit.as_ref().map(Self::LiveKit),
            ConferenceProvider::Trtc => app.trtc.as_ref().map(Self::Trtc),
        }
    }

    /// Those that are set up.
    pub fn offered(app: &App) -> Vec<ConferenceProvider> {
        ConferenceProvider::ALL.iter().copied().filter(|one| Service::of(app, *one).is_some()).collect()
    }

    /// Makes the meeting; `again` when an earlier, unclear attempt may have made it.
    pub async fn make(self, booking: &Booking, again: bool, now: Time) -> Result<Made, Fault> {
        match self {
            Self::TencentMeeting(service) => {
                let found = if again { service.find_marked(&mark(&booking.id), now).await? } else { None };
                match found {
                    Some(found) => whole(found),
                    None => whole(service.create(&plan(booking), now).await?),
                }
            }
            // A room of this name is made once, however often one asks.
            Self::LiveKit(server) => {
                let made = room(ConferenceProvider::LiveKit, &booking.id);
                server.make_room(&made.id, holds_until(booking), now).await?;
                Ok(made)
            }
            Self::Trtc(_) => Ok(room(ConferenceProvider::Trtc, &booking.id)),
        }
    }

    /// Whether the meeting still stands there; LiveKit's rooms come and go, and are made anew.
    pub async fn stands(self, meeting: &str, now: Time) -> Result<bool, Fault> {
        match self {
            Self::TencentMeeting(service) => match service.find(meeting, now).await {
                Ok(found) => Ok(!found.is_cancelled()),
                Err(gone) if gone.is_gone() => Ok(false),
                Err(fault) => Err(fault.into()),
            },
            Self::LiveKit(_) | Self::Trtc(_) => Ok(true),
        }
    }

    /// Makes the meeting what the booking says now; those whose links were taken back have to leave.
    pub async fn change(
        self,
        meeting: &str,
        booking: &Booking,
        away: &[GuestId],
        now: Time,
    ) -> Result<(), Fault> {
        match self {
            Self::TencentMeeting(service) => Ok(service.change(meeting, &plan(booking), now).await?),
            Self::LiveKit(server) => {
                // Nobody is let in after that.
                if now < holds_until(booking) {
                    server.make_room(meeting, holds_until(booking), now).await?;
                }
                for guest in away {
                    server.send_away(meeting, guest.as_str(), now).await?;
                }
                Ok(())
            }
            Self::Trtc(_) => Ok(()),
        }
    }

    pub async fn call_off(self, meeting: &str, now: Time) -> Result<(), Fault> {
        match self {
            Self::TencentMeeting(service) => match service.cancel(meeting, now).await {
                Err(begun) if begun.has_begun() => Ok(service.end(meeting, now).await?),
                Err(gone) if gone.is_gone() => Ok(()),
                outcome => Ok(outcome?),
            },
            Self::LiveKit(server) => Ok(server.close_room(meeting, now).await?),
            Self::Trtc(_) => Ok(()),
        }
    }

    /// Calls off what an unclear attempt may have made.
    pub async fn call_off_unknown(self, booking: &Booking, now: Time) -> Result<(), Fault> {
        match self {
            Self::TencentMeeting(service) => match service.find_marked(&mark(&booking.id), now).await? {
                Some(made) => self.call_off(&made.id, now).await,
                None => Ok(()),
            },
            Self::LiveKit(server) => {
                let made = room(ConferenceProvider::LiveKit, &booking.id);
                Ok(server.close_room(&made.id, now).await?)
            }
            Self::Trtc(_) => Ok(()),
        }
    }
}
