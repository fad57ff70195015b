//! The room of one talk: a WebSocket on which every message comes in order and none is missed.
//!
//! Messages are read from the table after the last number sent; the fan-out only hints that there are new
//! ones, and carries what may be lost: who is here, and the signals of sound and picture. What someone may do
//! here stands in the tables too: a guest waits until a host has let them in, and a listener only listens.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session as Socket};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::app::App;
use crate::deals::talks::attendance::{Attendance, AttendanceEnding};
use crate::deals::talks::booking::NOT_NOW;
use crate::deals::talks::guest::Guest;
use crate::deals::talks::message::{self, Draft, MessageView, TalkLine};
use crate::deals::talks::rules::{self, Description, GuestPlace, RoomRole, Side};
use crate::deals::talks::ticket::Ticket;
use crate::deals::talks::{Booking, BookingId};
use crate::error::{AppError, Code, FORBIDDEN, MALFORMED};
use crate::openapi::ReadErrors;
use crate::people::audit::{Entry, EntryId, Outcome};
use crate::people::auth::AccountId;
use crate::people::content_checks::judge;
use crate::platform::clock::Time;
use crate::platform::id;
use crate::platform::input::{Line, Prose};

const MOST_FRAME: usize = 64 * 1024;
const MOST_FRAMES_A_SECOND: u32 = 20;
/// Peers whose sound and picture are joined to each other.
const MOST_JOINED: usize = 4;
const HELLO: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_secs(1);
/// Beats between two looks at the session, and between two signs of life.
const LOOK: u64 = 5;
/// Beats between two notes that someone is still here.
const NOTE: u64 = 60;
const SILENCE: Duration = Duration::from_secs(15);
const DEAD: Duration = Duration::from_secs(45);
const BATCH: i64 = 100;

const ROOM_FULL: Code = Code::new(
    "talk.room_full",
    "音视频最多 4 方同时加入，您仍可用文字交流",
    "At most 4 may join with sound and picture; you can still write",
);
const IN_LOBBY: Code =
    Code::new("talk.in_lobby", "请等候主持人同意您进入", "Please wait until a host lets you in");
const LISTENS_ONLY: Code = Code::new(
    "talk.listens_only",
    "旁听者不能发送音视频，可举手申请发言",
    "A listener sends no sound and picture; raise your hand to speak",
);
const SCREEN_TAKEN: Code = Code::new(
    "talk.screen_taken",
    "已有人正在共享屏幕，请等对方结束",
    "Somebody is sharing a screen already; wait until they stop",
);
const PEER_GONE: Code = Code::new("talk.peer_gone", "对方已离开洽谈室", "The other side has left the room");

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromClient {
    Hello {
        ticket: String,
        #[serde(default)]
        after: i64,
    },
    Send {
        client_id: Line<36>,
        body: Prose<2000>,
        #[serde(default)]
        line: Option<TalkLine>,
    },
    Signal {
        to: String,
        data: Value,
    },
    Media(Media),
    Hand {
        up: bool,
    },
    /// A host asks all others to turn their microphones off
    MuteAll,
    Ping,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Media {
    audio: bool,
    video: bool,
    joined: bool,
    #[serde(default)]
    screen: bool,
}

impl Media {
    /// What of it someone may send.
    fn of(self, role: RoomRole) -> Self {
        if role.speaks() { self } else { Self { joined: self.joined, ..Self::default() } }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToClient<'a> {
    Welcome {
        peer_id: &'a str,
        person_id: &'a AccountId,
        role: RoomRole,
        last_seq: i64,
        ice_servers: Vec<Value>,
    },
    /// Instead of a welcome, until a host has decided
    Lobby,
    /// A host gave them another role
    Seated {
        role: RoomRole,
    },
    SentAway {
        place: GuestPlace,
        reason: Option<String>,
    },
    MuteAll {
        by: String,
    },
    Message {
        message: MessageView,
    },
    Presence {
        peers: Vec<PeerView<'a>>,
    },
    Signal {
        from: String,
        data: Value,
    },
    Sent {
        client_id: &'a str,
        seq: i64,
    },
    Error {
        code: &'a str,
        detail: &'a str,
        detail_en: &'a str,
    },
    Pong,
}

/// What instances tell each other about a room.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Hint {
    Message,
    /// Guests were given places
    Seats,
    MuteAll {
        from: String,
        by: String,
    },
    Who,
    Here(Peer),
    Gone {
        peer_id: String,
    },
    Signal {
        from: String,
        to: String,
        data: Value,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Peer {
    peer_id: String,
    person_id: AccountId,
    session_id: String,
    name: String,
    side: Side,
    role: RoomRole,
    media: Media,
    #[serde(default)]
    hand: bool,
}

#[derive(Serialize)]
struct PeerView<'a> {
    peer_id: &'a str,
    person_id: &'a AccountId,
    name: &'a str,
    side: Side,
    role: RoomRole,
    media: Media,
    hand: bool,
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    BadTicket,
    NotAllowed,
    Replaced,
    TooMany,
    TooLarge,
}

impl End {
    fn reason(self) -> CloseReason {
        let (code, text) = match self {
            Self::Left => (CloseCode::Normal, ""),
            Self::BadTicket => (CloseCode::Other(4401), "bad ticket or ended session"),
            Self::NotAllowed => (CloseCode::Other(4403), "not allowed"),
            Self::Replaced => (CloseCode::Other(4409), "replaced"),
            Self::TooMany => (CloseCode::Other(4429), "too many frames"),
            Self::TooLarge => (CloseCode::Size, "frame too large"),
        };
        CloseReason { code, description: Some(text.to_owned()) }
    }
    fn ending(self) -> AttendanceEnding {
        match self {
            Self::Left => AttendanceEnding::Left,
            Self::Replaced => AttendanceEnding::Replaced,
            Self::BadTicket | Self::NotAllowed | Self::TooMany | Self::TooLarge => AttendanceEnding::Ended,
        }
    }
}

/// Tells every instance that a talk has new messages.
pub async fn hint(app: &App, booking: &BookingId) {
    tell(app, booking, &Hint::Message).await;
}

/// Tells every instance that guests were given places, and that the talk says so.
pub async fn hint_seats(app: &App, booking: &BookingId) {
    tell(app, booking, &Hint::Seats).await;
    hint(app, booking).await;
}

async fn tell(app: &App, booking: &BookingId, hint: &Hint) {
    if let Ok(text) = serde_json::to_string(hint) {
        app.fan_out.publish(&topic(booking), &text).await;
    }
}

fn topic(booking: &BookingId) -> String {
    format!("talk:{booking}")
}

/// The room of a talk, as a WebSocket; the first frame is `hello` with a ticket
#[utoipa::path(tag = "talks", operation_id = "open_talk_socket", responses((status = 101, description = "A WebSocket"), ReadErrors), security(()))]
#[get("/talks/socket")]
pub(super) async fn open_talk_socket(
    app: App,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, AppError> {
    refuse_foreign(&app, &request)?;
    let (response, socket, stream) =
        actix_ws::handle(&request, payload).map_err(|_| AppError::Malformed(&MALFORMED))?;
    let stream =
        stream.max_frame_size(MOST_FRAME).aggregate_continuations().max_continuation_size(MOST_FRAME);
    actix_web::rt::spawn(attend(app, socket, stream));
    Ok(response)
}

/// A page of another site must not open our sockets in a visitor's name (RFC 6455, 10.2).
fn refuse_foreign(app: &App, request: &HttpRequest) -> Result<(), AppError> {
    let text = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    if !request.headers().contains_key(header::ORIGIN) {
        return Ok(());
    }
    let origin = text(header::ORIGIN).unwrap_or_default();
    let from = origin.split_once("://").map(|(_, host)| host);
    let same = from.is_some() && from == text(header::HOST);
    if same || origin == app.config.public_url.trim_end_matches('/') {
        Ok(())
    } else {
        Err(AppError::Forbidden(&FORBIDDEN))
    }
}

async fn attend(app: App, socket: Socket, mut stream: AggregatedMessageStream) {
    let closer = socket.clone();
    let end = match Meeting::enter(app, socket, &mut stream).await {
        Ok((mut meeting, hints, last_seq)) => {
            let end = match meeting.begin(last_seq).await {
                Ok(()) => meeting.run(stream, hints).await,
                Err(end) => end,
            };
            meeting.announce(&Hint::Gone { peer_id: meeting.me.peer_id.clone() }).await;
            meeting.note_end(end).await;
            end
        }
        Err(end) => end,
    };
    let _ = closer.close(Some(end.reason())).await;
}

struct Meeting {
    app: App,
    socket: Socket,
    ticket: Ticket,
    me: Peer,
    last_seq: i64,
    others: HashMap<String, (Peer, Instant)>,
    /// Who was shown last
    shown: Option<Vec<Peer>>,
    heard_at: Instant,
    frames: (Instant, u32),
    beats: u64,
}

impl Meeting {
    async fn enter(
        app: App,
        socket: Socket,
        stream: &mut AggregatedMessageStream,
    ) -> Result<(Self, Receiver<Arc<str>>, i64), End> {
        let first = timeout(HELLO, stream.recv()).await.map_err(|_| End::BadTicket)?;
        let Some(Ok(AggregatedMessage::Text(text))) = first else { return Err(End::BadTicket) };
        let Ok(FromClient::Hello { ticket, after }) = serde_json::from_str(&text) else {
            return Err(End::BadTicket);
        };
        let Entrance { ticket, booking, me, heard } = Entrance::by_ticket(&app, ticket).await?;
        // Heard from before the first read on, so that no hint falls between the two.
        let hints = app.fan_out.subscribe(&topic(&booking.id));
        let meeting = Self {
            app,
            socket,
            ticket,
            me,
            last_seq: after.max(heard).clamp(0, booking.last_seq),
            others: HashMap::new(),
            shown: None,
            heard_at: Instant::now(),
            frames: (Instant::now(), 0),
            beats: 0,
        };
        Ok((meeting, hints, booking.last_seq))
    }

    async fn begin(&mut self, last_seq: i64) -> Result<(), End> {
        if self.me.role == RoomRole::Waiting { self.wait().await } else { self.welcome(last_seq).await }
    }

    /// Before the door: the two sides see who waits.
    async fn wait(&mut self) -> Result<(), End> {
        self.show(&ToClient::Lobby).await?;
        self.announce(&Hint::Who).await;
        self.announce(&Hint::Here(self.me.clone())).await;
        Ok(())
    }

    async fn welcome(&mut self, last_seq: i64) -> Result<(), End> {
        let ice_servers = self.app.config.ice_servers.iter().map(|s| ice_server(s)).collect();
        let me = self.me.clone();
        let (peer_id, person_id, role) = (&me.peer_id, &me.person_id, me.role);
        self.show(&ToClient::Welcome { peer_id, person_id, role, last_seq, ice_servers }).await?;
        self.pump().await?;
        self.show_presence().await?;
        self.announce(&Hint::Who).await;
        self.announce(&Hint::Here(me)).await;
        Ok(())
    }

    async fn run(&mut self, mut stream: AggregatedMessageStream, mut hints: Receiver<Arc<str>>) -> End {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                frame = stream.recv() => self.on_frame(frame).await,
                hint = hints.recv() => self.on_hint(hint).await,
                _ = beat.tick() => self.on_beat().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn show(&mut self, frame: &ToClient<'_>) -> Result<(), End> {
        let text = serde_json::to_string(frame).map_err(|_| End::Left)?;
        // Who does not read for so long is gone.
        match timeout(HELLO, self.socket.text(text)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Left),
        }
    }

    async fn refuse(&mut self, code: &Code) -> Result<(), End> {
        self.show(&ToClient::Error { code: code.name, detail: code.zh, detail_en: code.en }).await
    }

    async fn announce(&self, hint: &Hint) {
        tell(&self.app, &self.ticket.booking_id, hint).await;
    }

    /// Sends what the table has after the last number sent.
    async fn pump(&mut self) -> Result<(), End> {
        if self.me.role == RoomRole::Waiting {
            return Ok(());
        }
        loop {
            let (booking, after) = (self.ticket.booking_id.clone(), self.last_seq);
            let next = self.app.read(move |conn| message::following(conn, &booking, after, BATCH)).await;
            // A database that is away is asked again at the next beat.
            let Ok(next) = next else { return Ok(()) };
            let full = i64::try_from(next.len()).is_ok_and(|n| n == BATCH);
            for message in next {
                let seq = message.seq;
                self.show(&ToClient::Message { message }).await?;
                self.last_seq = seq;
            }
            if !full {
                return Ok(());
            }
        }
    }

    async fn on_frame(
        &mut self,
        frame: Option<Result<AggregatedMessage, actix_ws::ProtocolError>>,
    ) -> Result<(), End> {
        self.heard_at = Instant::now();
        let text = match frame {
            None | Some(Ok(AggregatedMessage::Close(_))) => return Err(End::Left),
            Some(Err(actix_ws::ProtocolError::Overflow)) => return Err(End::TooLarge),
            Some(Err(_)) => return Err(End::Left),
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                self.count_frame()?;
                return self.socket.pong(&bytes).await.map_err(|_| End::Left);
            }
            Some(Ok(AggregatedMessage::Pong(_))) => return Ok(()),
            Some(Ok(AggregatedMessage::Binary(_))) => {
                self.count_frame()?;
                return self.refuse(&MALFORMED).await;
            }
            Some(Ok(AggregatedMessage::Text(text))) => text,
        };
        self.count_frame()?;
        match serde_json::from_str(&text) {
            Ok(FromClient::Hello { .. }) | Err(_) => self.refuse(&MALFORMED).await,
            Ok(FromClient::Ping) => self.show(&ToClient::Pong).await,
            Ok(_) if self.me.role == RoomRole::Waiting => self.refuse(&IN_LOBBY).await,
            Ok(FromClient::Send { client_id, body, line }) => {
                self.send(client_id, body, line.unwrap_or(TalkLine::Main)).await
            }
            Ok(FromClient::Signal { to, data }) => self.signal(to, data).await,
            Ok(FromClient::Media(media)) => self.set_media(media).await,
            Ok(FromClient::Hand { up }) => self.set_hand(up).await,
            Ok(FromClient::MuteAll) => self.mute_all().await,
        }
    }

    fn count_frame(&mut self) -> Result<(), End> {
        let (since, count) = &mut self.frames;
        if since.elapsed() >= Duration::from_secs(1) {
            (*since, *count) = (Instant::now(), 0);
        }
        *count += 1;
        if *count > MOST_FRAMES_A_SECOND { Err(End::TooMany) } else { Ok(()) }
    }

    async fn send(&mut self, client_id: Line<36>, body: Prose<2000>, line: TalkLine) -> Result<(), End> {
        let judged = match judge(&self.app, &self.ticket.account_id, body.as_str()).await {
            Ok(judged) => judged,
            Err(e) => return self.refuse(e.code()).await,
        };
        let (ticket, now) = (self.ticket.clone(), self.app.now());
        let sender = (ticket.account_id.clone(), ticket.name.clone());
        let draft = Draft::text(sender, client_id.as_str(), body.as_str()).on(line);
        let peer_id = self.me.peer_id.clone();
        let written = self
            .app
            .db
            .write(move |conn| {
                let booking = Booking::find(conn, &ticket.booking_id)?;
                if !rules::is_open(booking.state) {
                    return Err(AppError::Conflict(&NOT_NOW));
                }
                let message = draft.append(conn, &booking.id, now)?;
                message::keep(conn, &judged, &message, now)?;
                entry(&ticket, &peer_id, now).write(conn)?;
                Ok(message.seq)
            })
            .await;
        match written {
            Ok(seq) => {
                self.announce(&Hint::Message).await;
                self.show(&ToClient::Sent { client_id: client_id.as_str(), seq }).await
            }
            Err(e) => self.refuse(e.code()).await,
        }
    }

    async fn signal(&mut self, to: String, data: Value) -> Result<(), End> {
        let Some(role) = self.others.get(&to).map(|(peer, _)| peer.role) else {
            return self.refuse(&PEER_GONE).await;
        };
        if !self.me.role.may_signal(role, description(&data)) {
            return self.refuse(&LISTENS_ONLY).await;
        }
        self.announce(&Hint::Signal { from: self.me.peer_id.clone(), to, data }).await;
        Ok(())
    }

    async fn set_media(&mut self, media: Media) -> Result<(), End> {
        // One's own earlier socket, which has not yet been seen to end, takes no seat.
        let elsewhere = |peer: &&Peer| peer.session_id != self.me.session_id;
        let others = || self.others.values().map(|(peer, _)| peer).filter(elsewhere);
        let joined = others().filter(|peer| peer.media.joined).count();
        if media.joined && !self.me.media.joined && joined >= MOST_JOINED {
            return self.refuse(&ROOM_FULL).await;
        }
        if media.screen && others().any(|peer| peer.media.screen) {
            return self.refuse(&SCREEN_TAKEN).await;
        }
        self.me.media = media.of(self.me.role);
        self.tell_of_me().await
    }

    async fn set_hand(&mut self, up: bool) -> Result<(), End> {
        self.me.hand = up;
        self.tell_of_me().await
    }

    async fn tell_of_me(&mut self) -> Result<(), End> {
        self.announce(&Hint::Here(self.me.clone())).await;
        self.show_presence().await
    }

    /// Sound goes from page to page: the server asks the pages, and each turns its own microphone off.
    async fn mute_all(&mut self) -> Result<(), End> {
        if self.me.role != RoomRole::Host {
            return self.refuse(&FORBIDDEN).await;
        }
        let (from, by) = (self.me.peer_id.clone(), self.me.name.clone());
        self.announce(&Hint::MuteAll { from, by }).await;
        Ok(())
    }

    async fn on_hint(&mut self, hint: Result<Arc<str>, RecvError>) -> Result<(), End> {
        let text = match hint {
            Ok(text) => text,
            // Too slow to hear all: the table has the messages, the others say again who they are.
            Err(RecvError::Lagged(_)) => {
                self.announce(&Hint::Who).await;
                return self.pump().await;
            }
            Err(RecvError::Closed) => return Err(End::Left),
        };
        match serde_json::from_str(&text) {
            Ok(Hint::Message) => self.pump().await,
            Ok(Hint::Seats) => self.look_at_place().await,
            Ok(Hint::MuteAll { from, by }) if from != self.me.peer_id && self.me.role.speaks() => {
                self.show(&ToClient::MuteAll { by }).await
            }
            Ok(Hint::Who) => {
                self.announce(&Hint::Here(self.me.clone())).await;
                Ok(())
            }
            Ok(Hint::Here(peer)) => self.meet(peer).await,
            Ok(Hint::Gone { peer_id }) => {
                self.others.remove(&peer_id);
                self.show_presence().await
            }
            Ok(Hint::Signal { from, to, data }) if to == self.me.peer_id => {
                self.show(&ToClient::Signal { from, data }).await
            }
            Ok(Hint::Signal { .. } | Hint::MuteAll { .. }) | Err(_) => Ok(()),
        }
    }

    async fn meet(&mut self, peer: Peer) -> Result<(), End> {
        if peer.peer_id == self.me.peer_id {
            return Ok(());
        }
        // Ids are of increasing age: the later socket of one session stays.
        if peer.session_id == self.me.session_id && peer.peer_id > self.me.peer_id {
            return Err(End::Replaced);
        }
        // Two who began to share at once: the one who has been here longer goes on.
        let yields = self.me.media.screen && peer.media.screen && peer.peer_id < self.me.peer_id;
        self.others.insert(peer.peer_id.clone(), (peer, Instant::now()));
        if yields {
            self.me.media.screen = false;
            self.refuse(&SCREEN_TAKEN).await?;
            return self.tell_of_me().await;
        }
        self.show_presence().await
    }

    /// Shows who is here, when that has changed.
    async fn show_presence(&mut self) -> Result<(), End> {
        if self.me.role == RoomRole::Waiting {
            return Ok(());
        }
        // Who waits is shown to the two sides alone.
        let seen = |peer: &&Peer| peer.role != RoomRole::Waiting || self.me.side != Side::Guest;
        let mut peers: Vec<Peer> = self.others.values().map(|(peer, _)| peer).filter(seen).cloned().collect();
        peers.push(self.me.clone());
        peers.sort_by(|a, b| a.peer_id.cmp(&b.peer_id));
        if self.shown.as_ref() == Some(&peers) {
            return Ok(());
        }
        let views = peers.iter().map(|peer| PeerView {
            peer_id: &peer.peer_id,
            person_id: &peer.person_id,
            name: &peer.name,
            side: peer.side,
            role: peer.role,
            media: peer.media,
            hand: peer.hand,
        });
        self.show(&ToClient::Presence { peers: views.collect() }).await?;
        self.shown = Some(peers);
        Ok(())
    }

    async fn on_beat(&mut self) -> Result<(), End> {
        self.beats += 1;
        self.pump().await?;
        if !self.beats.is_multiple_of(LOOK) {
            return Ok(());
        }
        self.look_again().await?;
        self.look_at_place().await?;
        if self.beats.is_multiple_of(NOTE) {
            self.note_seen().await;
        }
        if self.heard_at.elapsed() > DEAD {
            return Err(End::Left);
        }
        self.socket.ping(b"").await.map_err(|_| End::Left)?;
        self.announce(&Hint::Here(self.me.clone())).await;
        self.others.retain(|_, (_, heard)| heard.elapsed() < SILENCE);
        self.show_presence().await
    }

    /// Whether this person may still be here: sessions end and talks are called off while sockets stand.
    async fn look_again(&self) -> Result<(), End> {
        let (ticket, now) = (self.ticket.clone(), self.app.now());
        let held = self.app.read(move |conn| {
            Ok((ticket.session_holds(conn, now)?, Booking::find(conn, &ticket.booking_id)?.state))
        });
        match held.await {
            Ok((false, _)) => Err(End::BadTicket),
            Ok((true, state)) if !rules::is_open(state) => Err(End::NotAllowed),
            // A database that is away says nothing about the session.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Takes the place that a host gave this guest.
    async fn look_at_place(&mut self) -> Result<(), End> {
        let Some(guest) = self.ticket.guest_id.clone() else { return Ok(()) };
        let booking = self.ticket.booking_id.clone();
        let read = self
            .app
            .read(move |conn| Ok((Guest::find(conn, &guest)?, Booking::find(conn, &booking)?.last_seq)));
        // A database that is away is asked again at the next look.
        let Ok((guest, last_seq)) = read.await else { return Ok(()) };
        let Some(role) = guest.place.role() else {
            self.show(&ToClient::SentAway { place: guest.place, reason: guest.place_reason }).await?;
            return Err(End::NotAllowed);
        };
        let before = std::mem::replace(&mut self.me.role, role);
        if before == role {
            return Ok(());
        }
        if before == RoomRole::Waiting {
            self.last_seq = self.last_seq.max(guest.from_seq);
            self.note_begin().await?;
            return self.welcome(last_seq).await;
        }
        self.me.media = self.me.media.of(role);
        self.me.hand = false;
        self.show(&ToClient::Seated { role }).await?;
        self.tell_of_me().await
    }

    async fn note_begin(&self) -> Result<(), End> {
        let (row, app) = (attendance(&self.ticket, &self.me.peer_id, self.app.now()), &self.app);
        app.db.write(move |conn| row.begin(conn)).await.map_err(|_| End::Left)
    }

    async fn note_seen(&self) {
        let (id, now) = (self.me.peer_id.clone(), self.app.now());
        let _ = self.app.db.write(move |conn| Attendance::see(conn, &id, now)).await;
    }

    async fn note_end(&self, end: End) {
        if self.me.role == RoomRole::Waiting {
            return;
        }
        let (id, now) = (self.me.peer_id.clone(), self.app.now());
        let noted = self.app.db.write(move |conn| Attendance::end(conn, &id, end.ending(), now)).await;
        if let Err(e) = noted {
            tracing::warn!(error = %e, "nobody wrote that someone left a talk");
        }
    }
}

/// What a ticket lets in: who it is, and up to which number they have heard what concerns them.
struct Entrance {
    ticket: Ticket,
    booking: Booking,
    me: Peer,
    heard: i64,
}

impl Entrance {
    /// Takes the ticket and writes that its bearer came in, unless they wait before the door.
    async fn by_ticket(app: &App, secret: String) -> Result<Self, End> {
        let (house, now) = (app.clone(), app.now());
        let entered = app.db.write(move |conn| {
            let Some(ticket) = Ticket::redeem(&house, conn, &secret, now)? else { return Ok(None) };
            let booking = Booking::find(conn, &ticket.booking_id)?;
            let guest = ticket.guest_id.as_ref().map(|id| Guest::find(conn, id)).transpose()?;
            let role = guest.as_ref().map_or(Some(RoomRole::of(ticket.side)), |guest| guest.place.role());
            let role = role.filter(|_| rules::is_open(booking.state));
            let peer_id = id::fresh();
            if role.is_some_and(|role| role != RoomRole::Waiting) {
                attendance(&ticket, &peer_id, now).begin(conn)?;
            }
            Ok(Some((ticket, booking, role, peer_id, guest.map_or(0, |guest| guest.from_seq))))
        });
        let entered = entered.await.ok().flatten().ok_or(End::BadTicket)?;
        let (ticket, booking, role, peer_id, heard) = entered;
        let me = Peer {
            peer_id,
            person_id: ticket.account_id.clone(),
            session_id: ticket.session_id.to_string(),
            name: ticket.name.clone(),
            side: ticket.side,
            role: role.ok_or(End::NotAllowed)?,
            media: Media::default(),
            hand: false,
        };
        Ok(Self { ticket, booking, me, heard })
    }
}

fn attendance(ticket: &Ticket, peer_id: &str, now: Time) -> Attendance {
    Attendance {
        id: peer_id.to_owned(),
        booking_id: ticket.booking_id.clone(),
        person_id: ticket.account_id.clone(),
        name: ticket.name.clone(),
        side: ticket.side,
        joined_at: now,
        seen_at: now,
        left_at: None,
        ending: None,
    }
}

/// The offer or answer in a signal, when there is one.
fn description(data: &Value) -> Option<Description<'_>> {
    let said = data.get("description").filter(|said| !said.is_null())?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(Description { kind: text("type"), sdp: text("sdp") })
}

fn entry(ticket: &Ticket, peer_id: &str, now: Time) -> Entry {
    Entry {
        id: EntryId::fresh(),
        at: now,
        actor_id: Some(ticket.account_id.to_string()),
        actor_name: Some(ticket.name.clone()),
        operation: "create_message".to_owned(),
        subject: Some(format!("talk/{}", ticket.booking_id)),
        outcome: Outcome::Done,
        request_id: peer_id.to_owned(),
        address: None,
        detail: Some("socket".to_owned()),
    }
}

/// `stun:host:port`, or `turn:user:password@host:port`, as browsers take it.
fn ice_server(text: &str) -> Value {
    let parts = text.split_once(':').and_then(|(scheme, rest)| {
        let (person, host) = rest.rsplit_once('@')?;
        let (user, password) = person.split_once(':')?;
        Some((format!("{scheme}:{host}"), user, password))
    });
    match parts {
        Some((urls, user, password)) => json!({"urls": urls, "username": user, "credential": password}),
        None => json!({"urls": text}),
    }
}

#[cfg(test)]
mod tests {
    use super::ice_server;
    use serde_json::json;

    #[test]
    fn a_turn_server_keeps_its_password_out_of_the_address() {
        assert_eq!(
            ice_server("turn:palm:secret@turn.example:3478"),
            json!({"urls": "turn:turn.example:3478", "username": "palm", "credential": "secret"})
        );
        assert_eq!(ice_server("stun:stun.example"), json!({"urls": "stun:stun.example"}));
    }
}
