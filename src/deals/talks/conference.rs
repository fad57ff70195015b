//! A talk held at a meeting service outside (腾讯会议): asked for by the host, then kept as the booking stands. A webhook
//! only hints that something changed; the meeting is asked for itself before it is believed.
use std::future::Future;

use chrono::Duration;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::talks::booking::{Booking, BookingId};
use crate::deals::talks::rules::{self, BookingState};
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{Both, DbConn};
use crate::platform::outbox::{self, Event};
use crate::platform::tencent_meeting::{Meeting, MeetingError, Plan, TencentMeeting, WebhookEvent};
use crate::schema::{talk_bookings, talk_conference_events, talk_conferences};

pub const NO_SERVICE: Code = Code::new(
    "talk.no_meeting_service",
    "平台没有配置腾讯会议，请在洽谈室内洽谈，或联系系统管理员",
    "Tencent Meeting is not set up; use the platform's own room, or ask the system administrator",
);
const HAS_CONFERENCE: Code = Code::new(
    "talk.has_conference",
    "这次洽谈已经安排了腾讯会议",
    "A Tencent meeting is already arranged for this talk",
);
const NO_CONFERENCE: Code = Code::new(
    "talk.no_conference",
    "这次洽谈没有安排腾讯会议",
    "No Tencent meeting is arranged for this talk",
);
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

/// What a meeting service does for us; another one is another implementation.
pub trait MeetingService {
    fn create(&self, plan: &Plan, now: Time) -> impl Future<Output = Result<Meeting, MeetingError>>;
    /// The meeting whose subject says `mark`, when an unclear request made one.
    fn find_marked(
        &self,
        mark: &str,
        now: Time,
    ) -> impl Future<Output = Result<Option<Meeting>, MeetingError>>;
    fn find(&self, id: &str, now: Time) -> impl Future<Output = Result<Meeting, MeetingError>>;
    fn change(&self, id: &str, plan: &Plan, now: Time) -> impl Future<Output = Result<(), MeetingError>>;
    fn call_off(&self, id: &str, now: Time) -> impl Future<Output = Result<(), MeetingError>>;
}

impl MeetingService for TencentMeeting {
    async fn create(&self, plan: &Plan, now: Time) -> Result<Meeting, MeetingError> {
        Self::create(self, plan, now).await
    }
    async fn find_marked(&self, mark: &str, now: Time) -> Result<Option<Meeting>, MeetingError> {
        Self::find_marked(self, mark, now).await
    }
    async fn find(&self, id: &str, now: Time) -> Result<Meeting, MeetingError> {
        Self::find(self, id, now).await
    }
    async fn change(&self, id: &str, plan: &Plan, now: Time) -> Result<(), MeetingError> {
        Self::change(self, id, plan, now).await
    }
    async fn call_off(&self, id: &str, now: Time) -> Result<(), MeetingError> {
        match self.cancel(id, now).await {
            Err(begun) if begun.has_begun() => self.end(id, now).await,
            Err(gone) if gone.is_gone() => Ok(()),
            outcome => outcome,
        }
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
    fn of(booking: &Booking, titles: (&str, &str), reader_ids: Vec<AccountId>) -> Self {
        let local = booking.starts_at.in_china();
        Self {
            booking_id: booking.id.clone(),
            reader_ids,
            title_zh: titles.0.to_owned(),
            title_en: titles.1.to_owned(),
            body_zh: format!("{} · {}（北京时间）", booking.topic, local.format("%m月%d日 %H:%M")),
            body_en: format!("{} · {} (Beijing)", booking.topic, local.format("%d %b %H:%M")),
            link: format!("/talks/{}", booking.id),
        }
    }
}

/// What the meeting's subject ends with, so that it can be found again.
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

impl Conference {
    pub fn of(conn: &mut DbConn, id: &BookingId) -> Result<Option<Self>, AppError> {
        Ok(talk_conferences::table.find(id).first(conn).optional()?)
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

    /// Whether nobody has yet told the service what the booking says.
    fn differs_from(&self, booking: &Booking) -> bool {
        self.told_starts_at != Some(booking.starts_at) || !rules::is_open(booking.state)
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
            if diesel::update(free).set(c::due_at.eq(now.plus(LEASE))).execute(conn)? == 1 {
                mine.push((conference, booking));
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

    /// The service has it now; `false` when the host gave it up meanwhile, so that it has to go again.
    fn open(conn: &mut DbConn, booking: &Booking, made: &Meeting, now: Time) -> Result<bool, AppError> {
        use talk_conferences as t;
        let there = (
            t::meeting_id.eq(Some(&made.id)),
            t::meeting_code.eq(Some(&made.code)),
            t::join_url.eq(Some(&made.join_url)),
            t::told_starts_at.eq(Some(booking.starts_at)),
        );
        let rest =
            (t::attempts.eq(0), t::due_at.eq(now), t::failure.eq(None::<String>), t::doubted.eq(false));
        diesel::update(t::table.find(&booking.id)).set((there, rest)).execute(conn)?;
        let waiting = t::table.find(&booking.id).filter(t::state.eq(ConferenceState::Waiting));
        Ok(diesel::update(waiting).set(t::state.eq(ConferenceState::Open)).execute(conn)? == 1)
    }

    fn tell_moved(conn: &mut DbConn, booking: &Booking, now: Time) -> Result<(), AppError> {
        use talk_conferences as t;
        let rest =
            (t::attempts.eq(0), t::due_at.eq(now), t::failure.eq(None::<String>), t::doubted.eq(false));
        let open = t::table.find(&booking.id).filter(t::state.eq(ConferenceState::Open));
        diesel::update(open).set((t::told_starts_at.eq(Some(booking.starts_at)), rest)).execute(conn)?;
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
pub fn hear(conn: &mut DbConn, event: &WebhookEvent, now: Time) -> Result<(), AppError> {
    use {talk_conference_events as e, talk_conferences as c};
    let known = c::table.filter(c::meeting_id.eq(&event.meeting_id)).select(c::booking_id);
    let known: Option<BookingId> = known.first(conn).optional()?;
    // An account may hold meetings that are not ours.
    let Some(booking) = known else { return Ok(()) };
    let said = Said {
        event_id: cut(&event.id),
        meeting_id: event.meeting_id.clone(),
        name: cut(&event.name),
        person: event.person.as_deref().map(cut),
        happened_at: event.at_millis.filter(|at| *at > 0).map(Time::from_millis),
        received_at: now,
    };
    let fresh = Both(diesel::insert_into(e::table).values(said).on_conflict_do_nothing()).execute(conn)?;
    if fresh == 1 && matches!(event.name.as_str(), "meeting.canceled" | "meeting.updated") {
        let open = c::table.find(booking).filter(c::state.eq(ConferenceState::Open));
        diesel::update(open).set((c::doubted.eq(true), c::due_at.eq(now))).execute(conn)?;
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Makes, moves, looks at and calls off the meetings that are due; safe on several instances at once.
pub async fn keep_conferences(app: App) -> Result<(), AppError> {
    let Some(service) = &app.meetings else { return Ok(()) };
    let now = app.now();
    for (conference, booking) in app.db.write(move |conn| Conference::claim(conn, now)).await? {
        if let Err(fault) = keep(&app, service, &conference, &booking).await? {
            tracing::warn!(talk = %booking.id, %fault, "the meeting service could not be reached or refused");
            let now = app.now();
            app.db.write(move |conn| conference.put_off(conn, &fault.to_string(), now)).await?;
        }
    }
    Ok(())
}

async fn keep<S: MeetingService>(
    app: &App,
    service: &S,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), MeetingError>, AppError> {
    let wanted = rules::is_open(booking.state) && conference.state != ConferenceState::Ending;
    match (&conference.meeting_id, wanted) {
        (None, true) => begin(app, service, conference, booking).await,
        (None, false) => abandon(app, service, conference, booking).await,
        (Some(there), false) => match service.call_off(there, app.now()).await {
            Ok(()) => end(app, booking, None).await.map(Ok),
            Err(fault) => Ok(Err(fault)),
        },
        (Some(there), true) => look(app, service, there, conference, booking).await,
    }
}

async fn begin<S: MeetingService>(
    app: &App,
    service: &S,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), MeetingError>, AppError> {
    let now = app.now();
    let made = match made_before(service, conference, now).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => service.create(&plan(booking), now).await,
        Err(fault) => Err(fault),
    };
    let made = match made {
        Ok(made) if made.join_url.is_empty() || made.code.is_empty() => {
            return Ok(Err(MeetingError::Incomplete("join_url")));
        }
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault)),
    };
    let (booking, now) = (booking.clone(), app.now());
    app.db
        .write(move |conn| {
            if Conference::open(conn, &booking, &made, now)? {
                let readers = vec![booking.host_id.clone(), booking.investor_id.clone()];
                let titles = ("云洽谈的腾讯会议已安排", "The Tencent meeting of your talk is arranged");
                outbox::emit(conn, &TalkConferenceChanged::of(&booking, titles, readers), now)?;
            }
            Ok(())
        })
        .await
        .map(Ok)
}

/// What an earlier, unclear attempt may have made.
async fn made_before<S: MeetingService>(
    service: &S,
    conference: &Conference,
    now: Time,
) -> Result<Option<Meeting>, MeetingError> {
    match conference.attempts {
        0 => Ok(None),
        _ => service.find_marked(&mark(&conference.booking_id), now).await,
    }
}

/// It was given up before it was known to exist.
async fn abandon<S: MeetingService>(
    app: &App,
    service: &S,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), MeetingError>, AppError> {
    let now = app.now();
    let gone = match service.find_marked(&mark(&conference.booking_id), now).await {
        Ok(Some(made)) => service.call_off(&made.id, now).await,
        Ok(None) => Ok(()),
        Err(fault) => Err(fault),
    };
    match gone {
        Ok(()) => end(app, booking, None).await.map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

async fn look<S: MeetingService>(
    app: &App,
    service: &S,
    there: &str,
    conference: &Conference,
    booking: &Booking,
) -> Result<Result<(), MeetingError>, AppError> {
    match service.find(there, app.now()).await {
        Ok(meeting) if !meeting.is_cancelled() => {}
        Err(fault) if !fault.is_gone() => return Ok(Err(fault)),
        Ok(_) | Err(_) => return end(app, booking, Some("called off at the service")).await.map(Ok),
    }
    // It may have been moved there: the booking's time is the one that counts.
    if (conference.differs_from(booking) || conference.doubted)
        && let Err(fault) = service.change(there, &plan(booking), app.now()).await
    {
        return Ok(Err(fault));
    }
    let (booking, now) = (booking.clone(), app.now());
    app.db.write(move |conn| Conference::tell_moved(conn, &booking, now)).await.map(Ok)
}

/// The meeting is no more; when nobody here asked for that, the host is told.
async fn end(app: &App, booking: &Booking, failure: Option<&'static str>) -> Result<(), AppError> {
    let (booking, now) = (booking.clone(), app.now());
    app.db
        .write(move |conn| {
            Conference::end(conn, &booking.id, failure, now)?;
            if failure.is_some() {
                let readers = vec![booking.host_id.clone(), booking.investor_id.clone()];
                let titles = (
                    "腾讯会议已被取消，请改在洽谈室见面",
                    "The Tencent meeting was called off; meet in the talk's room",
                );
                outbox::emit(conn, &TalkConferenceChanged::of(&booking, titles, readers), now)?;
            }
            Ok(())
        })
        .await
}
