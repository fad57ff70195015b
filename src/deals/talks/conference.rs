//! A talk held at a meeting service outside (腾讯会议, LiveKit, TRTC): asked for by the host, then kept as the booking
//! stands. A webhook only hints that something changed; the meeting is asked for itself before it is believed.
use chrono::Duration;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::booking::{Booking, BookingId};
use crate::deals::talks::guest::Guest;
use crate::deals::talks::rules::{self, BookingState};
use crate::deals::talks::service::{Fault, Made, Service};
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::callback::WebhookEvent;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn};
use crate::platform::outbox::{self, Event};
use crate::platform::trtc;
use crate::schema::{talk_bookings, talk_conference_events, talk_conferences};

pub const NO_SERVICE: Code = Code::new(
    "talk.no_meeting_service",
    "平台没有配置这项会议服务，请在洽谈室内洽谈，或联系系统管理员",
    "This meeting service is not set up; use the platform's own room, or ask the system administrator",
);
const HAS_CONFERENCE: Code =
    Code::new("talk.has_conference", "这次洽谈已经安排了会议", "A meeting is already arranged for this talk");
pub const NO_CONFERENCE: Code =
    Code::new("talk.no_conference", "这次洽谈没有安排会议", "No meeting is arranged for this talk");
/// A worker that is gone gives its meeting back after this.
const LEASE: Duration = Duration::minutes(2);
const FIRST_WAIT: Duration = Duration::seconds(15);
const LONGEST_WAIT: Duration = Duration::hours(1);
const AT_ONCE: i64 = 20;
const MOST_EVENTS: i64 = 200;

crate::text_enum! {
    /// Where a talk is held besides the platform's own room.
    pub enum ConferenceProvider {
        TencentMeeting = "tencent_meeting", "腾讯会议", "Tencent Meeting";
        /// On a server of the platform's own
        LiveKit = "livekit", "多人会议室", "Group meeting room";
        Trtc = "trtc", "腾讯实时音视频", "Tencent RTC";
    }
}
crate::text_enum! {
    /// Where a talk's meeting at the service stands.
    pub enum ConferenceState {
        Waiting = "waiting", "正在创建", "Being made";
        Open = "open", "已安排", "Arranged";
        Ending = "ending", "正在取消", "Being cancelled";
        Ended = "ended", "已取消", "Cancelled";
    }
}

/// A talk's meeting at the service.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = talk_conferences)]
pub struct Conference {
    pub booking_id: BookingId,
    pub provider: ConferenceProvider,
    pub state: ConferenceState,
    pub meeting_id: Option<String>,
    pub meeting_code: Option<String>,
    pub join_url: Option<String>,
    /// The time that the service was told
    told_starts_at: Option<Time>,
    /// Something hinted that it changed there
    doubted: bool,
    attempts: i32,
    due_at: Time,
    pub failure: Option<String>,
}

/// Something that the service said, by its own account.
#[derive(Debug, Queryable, Insertable)]
#[diesel(table_name = talk_conference_events)]
struct Said {
    event_id: String,
    meeting_id: String,
    name: String,
    person: Option<String>,
    happened_at: Option<Time>,
    received_at: Time,
}

/// What the service reports of a meeting; not what this platform saw.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConferenceReport {
    /// As the service names it, such as `meeting.started`
    name: String,
    /// Who, by the service's name for them; given to the host's side only
    person: Option<String>,
    at: Time,
}

/// Both sides are told where to meet, or that the meeting is gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TalkConferenceChanged {
    pub booking_id: BookingId,
    reader_ids: Vec<AccountId>,
    title_zh: String,
    title_en: String,
    body_zh: String,
    body_en: String,
    link: String,
}

impl Event for TalkConferenceChanged {
    const NAME: &'static str = "TalkConferenceChanged";
}

impl TalkConferenceChanged {
    fn of(booking: &Booking, (title_zh, title_en): (String, String)) -> Self {
        let local = booking.starts_at.in_china();
        Self {
            booking_id: booking.id.clone(),
            reader_ids: vec![booking.host_id.clone(), booking.investor_id.clone()],
            title_zh,
            title_en,
            body_zh: format!("{} · {}（北京时间）", booking.topic, local.format("%m月%d日 %H:%M")),
            body_en: format!("{} · {} (Beijing)", booking.topic, local.format("%d %b %H:%M")),
            link: format!("/talks/{}", booking.id),
        }
    }
}

impl Conference {
    pub fn of(conn: &mut DbConn, id: &BookingId) -> Result<Option<Self>, AppError> {
        Ok(talk_conferences::table.find(id).first(conn).optional()?)
    }

    /// The meeting into which those may come who are let into the room.
    pub fn open_of(conn: &mut DbConn, id: &BookingId) -> Result<Option<Self>, AppError> {
        Ok(Self::of(conn, id)?.filter(|one| one.state == ConferenceState::Open))
    }

    /// A meeting that a worker will make; one that was cancelled may be asked for anew.
    pub fn ask_for(
        conn: &mut DbConn,
        booking: &Booking,
        provider: ConferenceProvider,
        now: Time,
    ) -> Result<Self, AppError> {
        use talk_conferences as t;
        let asked = Self {
            booking_id: booking.id.clone(),
            provider,
            state: ConferenceState::Waiting,
            meeting_id: None,
            meeting_code: None,
            join_url: None,
            told_starts_at: None,
            doubted: false,
            attempts: 0,
            due_at: now,
            failure: None,
        };
        let ended = t::table.find(&booking.id).filter(t::state.eq(ConferenceState::Ended));
        diesel::delete(ended).execute(conn)?;
        let row = diesel::insert_into(t::table).values(asked.clone()).on_conflict_do_nothing();
        if Both(row).execute(conn)? == 1 { Ok(asked) } else { Err(AppError::Conflict(&HAS_CONFERENCE)) }
    }

    /// The host meets in the platform's own room after all.
    pub fn give_up(conn: &mut DbConn, id: &BookingId, now: Time) -> Result<(), AppError> {
        use talk_conferences as t;
        let lives = [ConferenceState::Waiting, ConferenceState::Open];
        let lives = t::table.find(id).filter(t::state.eq_any(lives));
        let ending = (t::state.eq(ConferenceState::Ending), t::due_at.eq(now), t::attempts.eq(0));
        match diesel::update(lives).set(ending).execute(conn)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&NO_CONFERENCE)),
        }
    }

    /// Those that are due, each for this worker alone until the lease ends.
    fn claim(conn: &mut DbConn, now: Time) -> Result<Vec<(Self, Booking)>, AppError> {
        use {talk_bookings as b, talk_conferences as c};
        let settled = b::state.eq_any([BookingState::Requested, BookingState::Confirmed]);
        let moved =
            c::told_starts_at.is_null().or(c::told_starts_at.ne(b::starts_at.nullable()).assume_not_null());
        let open = c::state.eq(ConferenceState::Open);
        let wrong = open.and(c::doubted.eq(true).or(moved).or(diesel::dsl::not(settled)));
        let underway = c::state.eq_any([ConferenceState::Waiting, ConferenceState::Ending]);
        let due: Vec<(Self, Booking)> = c::table
            .inner_join(b::table)
            .filter(c::due_at.le(now))
            .filter(underway.or(wrong))
            .order(c::due_at.asc())
            .limit(AT_ONCE)
            .select((c::all_columns, b::all_columns))
            .load(conn)?;
        let mut mine = Vec::new();
        for (conference, booking) in due {
            // Another worker may have been faster.
            let free = c::table.find(&conference.booking_id).filter(c::due_at.le(now));
            let due_at = now.plus(LEASE);
            if diesel::update(free).set(c::due_at.eq(due_at)).execute(conn)? == 1 {
                mine.push((Self { due_at, ..conference }, booking));
            }
        }
        Ok(mine)
    }

    fn put_off(&self, conn: &mut DbConn, failure: &str, now: Time) -> Result<(), AppError> {
        use talk_conferences as t;
        let next = now.plus(doubled(FIRST_WAIT, self.attempts, LONGEST_WAIT));
        diesel::update(t::table.find(&self.booking_id))
            .set((t::attempts.eq(t::attempts + 1), t::due_at.eq(next), t::failure.eq(Some(failure))))
            .execute(conn)?;
        Ok(())
    }

    /// The service has it as the booking says; `false` when something happened meanwhile, which is looked at next.
    fn settle(
        &self,
        conn: &mut DbConn,
        booking: &Booking,
        made: Option<&Made>,
        now: Time,
    ) -> Result<bool, AppError> {
        use talk_conferences as t;
        // Whoever gives it up or doubts it makes it due.
        let mine =
            t::table.find(&booking.id).filter(t::due_at.eq(self.due_at)).filter(t::state.eq(self.state));
        let well = (
            t::state.eq(ConferenceState::Open),
            t::told_starts_at.eq(Some(booking.starts_at)),
            t::doubted.eq(false),
            t::attempts.eq(0),
            t::due_at.eq(now),
            t::failure.eq(None::<String>),
        );
        let changed = match made {
            None => diesel::update(mine).set(well).execute(conn)?,
            Some(made) => {
                let there = (
                    t::meeting_id.eq(Some(&made.id)),
                    t::meeting_code.eq(made.code.as_ref()),
                    t::join_url.eq(made.join_url.as_ref()),
                );
                diesel::update(mine).set((there, well)).execute(conn)?
            }
        };
        Ok(changed == 1)
    }

    /// Whoever is in it by a link that was taken back has to leave, where people come in by our passes.
    pub fn send_away(conn: &mut DbConn, id: &BookingId, now: Time) -> Result<(), AppError> {
        use talk_conferences as t;
        let ours = t::table.find(id).filter(t::provider.eq(ConferenceProvider::LiveKit));
        let open = ours.filter(t::state.eq(ConferenceState::Open));
        diesel::update(open).set((t::doubted.eq(true), t::due_at.eq(now))).execute(conn)?;
        Ok(())
    }

    fn end(conn: &mut DbConn, id: &BookingId, failure: Option<&str>, now: Time) -> Result<(), AppError> {
        use talk_conferences as t;
        diesel::update(t::table.find(id))
            .set((t::state.eq(ConferenceState::Ended), t::failure.eq(failure), t::due_at.eq(now)))
            .execute(conn)?;
        Ok(())
    }

    /// What the service reported, oldest first as far as it gives a time.
    pub fn reports(&self, conn: &mut DbConn, names: bool) -> Result<Vec<ConferenceReport>, AppError> {
        use talk_conference_events as t;
        let Some(meeting) = &self.meeting_id else { return Ok(Vec::new()) };
        let said: Vec<Said> = t::table
            .filter(t::meeting_id.eq(meeting))
            .order((t::received_at.asc(), t::event_id.asc()))
            .limit(MOST_EVENTS)
            .load(conn)?;
        let mut reports: Vec<ConferenceReport> = said
            .into_iter()
            .map(|said| ConferenceReport {
                name: said.name,
                person: said.person.filter(|_| names),
                at: said.happened_at.unwrap_or(said.received_at),
            })
            .collect();
        reports.sort_by_key(|report| report.at);
        Ok(reports)
    }
}

/// Takes a genuine webhook: once for each event; where it says that the meeting changed, it is looked at now.
pub fn hear(
    conn: &mut DbConn,
    provider: ConferenceProvider,
    event: &WebhookEvent,
    now: Time,
) -> Result<(), AppError> {
    use {talk_conference_events as e, talk_conferences as c};
    let known = c::table.filter(c::provider.eq(provider)).filter(c::meeting_id.eq(&event.meeting_id));
    let known: Option<BookingId> = known.select(c::booking_id).first(conn).optional()?;
    // An account may hold meetings that are not ours, and tells of every camera.
    let Some(booking) = known.filter(|_| is_kept(provider, &event.name)) else { return Ok(()) };
    let person = match (&event.person, &event.identity) {
        (None, Some(identity)) => {
            Some(name_of(conn, &booking, identity)?.unwrap_or_else(|| identity.clone()))
        }
        (person, _) => person.clone(),
    };
    let said = Said {
        event_id: cut(&event.id),
        meeting_id: event.meeting_id.clone(),
        name: cut(&event.name),
        person: person.as_deref().map(cut),
        happened_at: event.at_millis.filter(|at| *at > 0).map(Time::from_millis),
        received_at: now,
    };
    let fresh = Both(diesel::insert_into(e::table).values(said).on_conflict_do_nothing()).execute(conn)?;
    if fresh == 1 && says_more(conn, &booking, event)? {
        let open = c::table.find(booking).filter(c::state.eq(ConferenceState::Open));
        diesel::update(open).set((c::doubted.eq(true), c::due_at.eq(now))).execute(conn)?;
    }
    Ok(())
}

fn is_kept(provider: ConferenceProvider, event: &str) -> bool {
    match provider {
        ConferenceProvider::TencentMeeting => true,
        ConferenceProvider::LiveKit => event.starts_with("room_") || event.starts_with("participant_"),
        ConferenceProvider::Trtc => event.ends_with("_room"),
    }
}

/// Whether an event asks for a look: the meeting changed or ended there, or someone came who was sent away.
fn says_more(conn: &mut DbConn, booking: &BookingId, event: &WebhookEvent) -> Result<bool, AppError> {
    match (event.name.as_str(), &event.identity) {
        ("meeting.canceled" | "meeting.updated" | "room_finished", _) => Ok(true),
        ("participant_joined", Some(identity)) => {
            Ok(Guest::sent_away(conn, booking)?.iter().any(|guest| guest.as_str() == identity))
        }
        _ => Ok(false),
    }
}

/// The name of whoever has a seat, where the service knows only the id that we gave it.
fn name_of(conn: &mut DbConn, booking: &BookingId, identity: &str) -> Result<Option<String>, AppError> {
    let booking = Booking::find(conn, booking)?;
    let hosts = booking.hosts(conn)?.into_iter().map(|host| (host.host_id.to_string(), host.host_name));
    let guests = Guest::of(conn, &booking.id)?.into_iter().map(|guest| (guest.id.to_string(), guest.name));
    let investor = (booking.investor_id.to_string(), booking.investor_name);
    let mut seats = hosts.chain([investor]).chain(guests);
    Ok(seats.find(|(id, _)| id == identity || trtc::user_id(id) == identity).map(|(_, name)| name))
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Makes, moves, looks at and calls off the meetings that are due; safe on several instances at once.
pub async fn keep_conferences(app: App) -> Result<(), AppError> {
    if Service::offered(&app).is_empty() {
        return Ok(());
    }
    let now = app.now();
    for (conference, booking) in app.db.write(move |conn| Conference::claim(conn, now)).await? {
        if let Err(fault) = keep(&app, &conference, &booking).await? {
            tracing::warn!(talk = %booking.id, %fault, "the meeting service could not be reached or refused");
            let now = app.now();
            app.db.write(move |conn| conference.put_off(conn, &fault.to_string(), now)).await?;
        }
    }
    Ok(())
}

async fn keep(app: &App, conference: &Conference, booking: &Booking) -> Result<Result<(), Fault>, AppError> {
    let Some(service) = Service::of(app, conference.provider) else { return Ok(Err(Fault::NotSetUp)) };
    let wanted = rules::is_open(booking.state) && conference.state != ConferenceState::Ending;
    match (&conference.meeting_id, wanted) {
        (None, true) => begin(app, service, conference, booking).await,
        (Some(there), true) => look(app, service, there, conference, booking).await,
        (there, false) => {
            let gone = match there {
                Some(there) => service.call_off(there, app.now()).await,
                // It was given up before it was known to exist.
                None => service.call_off_unknown(booking, app.now()).await,
            };
            match gone {
                Ok(()) => end(app, conference, booking, None).await.map(Ok),
                Err(fault) => Ok(Err(fault)),
            }
        }
    }
}

async fn begin(
    app: &App,
    service: Service<'_>,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), Fault>, AppError> {
    let made = match service.make(booking, conference.attempts > 0, app.now()).await {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault)),
    };
    let (conference, booking, now) = (conference.clone(), booking.clone(), app.now());
    app.db
        .write(move |conn| {
            if conference.settle(conn, &booking, Some(&made), now)? {
                let titles = (
                    format!("云洽谈的{}已安排", conference.provider.zh()),
                    format!("{} is arranged for your talk", conference.provider.en()),
                );
                outbox::emit(conn, &TalkConferenceChanged::of(&booking, titles), now)?;
            }
            Ok(())
        })
        .await
        .map(Ok)
}

async fn look(
    app: &App,
    service: Service<'_>,
    there: &str,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), Fault>, AppError> {
    match service.stands(there, app.now()).await {
        Ok(true) => {}
        Ok(false) => {
            return end(app, conference, booking, Some("called off at the service")).await.map(Ok);
        }
        Err(fault) => return Ok(Err(fault)),
    }
    let id = booking.id.clone();
    let away = app.read(move |conn| Guest::sent_away(conn, &id)).await?;
    // It may have been moved there too: the booking's time is the one that counts.
    if let Err(fault) = service.change(there, booking, &away, app.now()).await {
        return Ok(Err(fault));
    }
    let (conference, booking, now) = (conference.clone(), booking.clone(), app.now());
    app.db.write(move |conn| conference.settle(conn, &booking, None, now).map(|_| Ok(()))).await
}

/// The meeting is no more; when nobody here asked for that, both sides are told.
async fn end(
    app: &App,
    conference: &Conference,
    booking: &Booking,
    failure: Option<&'static str>,
) -> Result<(), AppError> {
    let (booking, provider, now) = (booking.clone(), conference.provider, app.now());
    app.db
        .write(move |conn| {
            Conference::end(conn, &booking.id, failure, now)?;
            if failure.is_some() {
                let titles = (
                    format!("{}已被取消，请改在洽谈室见面", provider.zh()),
                    format!("{} was called off; meet in the talk's room", provider.en()),
                );
                outbox::emit(conn, &TalkConferenceChanged::of(&booking, titles), now)?;
            }
            Ok(())
        })
        .await
}
