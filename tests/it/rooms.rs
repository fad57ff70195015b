//! The room of a talk: who may do what in it, who was there, and that nobody misses or hears twice what was said.
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use palm::people::auth::Role;
use palm::platform::{id, random};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::guests::{come_in, invite, key_of, open, seat, shows, talk};
use crate::support::{Answer, Person, Program, TestApp, ask, count, palm};
use crate::talks::{Socket, act, confirmed, enter, host, next, say, ticket};

/// A guest whose link is open; their pass and id.
async fn guest(test: &TestApp, by: &Person, booking: &Value, name: &str) -> (String, Value) {
    let (key, pass) = (key_of(&invite(test, by, booking, name).await), random::token());
    let room = open(test, &key, &pass).await.expect(200);
    (pass, room["guest_id"].clone())
}

/// Who is shown under a name, once something is true of them.
async fn shown(socket: &mut Socket, name: &str, truth: impl Fn(&Value) -> bool) -> Value {
    loop {
        let seen = next(socket, "presence").await;
        let found = seen["peers"].as_array().unwrap().iter().find(|peer| peer["name"] == name).cloned();
        if let Some(found) = found.filter(&truth) {
            return found;
        }
    }
}

async fn enters(test: &TestApp, person: &Person, booking: &Value) -> (Socket, String) {
    let mut socket = enter(test, &ticket(test, person, booking).await, 0).await;
    let peer = next(&mut socket, "welcome").await["peer_id"].as_str().unwrap().to_owned();
    (socket, peer)
}

/// What a browser says when it calls or answers, with one direction for both media.
fn description(kind: &str, direction: &str) -> Value {
    let sdp = format!("v=0\r\nm=audio 9 X 0\r\na={direction}\r\nm=video 9 X 0\r\na={direction}\r\n");
    json!({"call": 1, "description": {"type": kind, "sdp": sdp}})
}

#[actix_web::test]
async fn a_guest_waits_listens_speaks_and_goes_as_a_host_decides() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (mut chair, chair_peer) = enters(&test, &host, &booking).await;
    let (mut side, _) = enters(&test, &investor, &booking).await;
    let (pass, id) = guest(&test, &investor, &booking, "Anna").await;
    let (other_pass, other) = guest(&test, &investor, &booking, "Bao").await;
    act(&test, &host, &booking, "messages", json!({"client_id": "a", "body": "趁嘉宾还没进来"}))
        .await
        .expect(201);

    // Before the door nothing is heard, seen or said; the two sides see who waits.
    let mut anna = come_in(&test, &pass).await;
    next(&mut anna, "lobby").await;
    for frame in [
        json!({"type": "send", "client_id": "x", "body": "让我进来"}),
        json!({"type": "media", "audio": true, "video": true, "joined": true}),
        json!({"type": "signal", "to": chair_peer, "data": {}}),
        json!({"type": "hand", "up": true}),
        json!({"type": "mute_all"}),
    ] {
        say(&mut anna, frame).await;
        assert_eq!(next(&mut anna, "error").await["code"], "talk.in_lobby");
    }
    for socket in [&mut chair, &mut side] {
        assert_eq!(shown(socket, "Anna", |_| true).await["role"], "waiting");
    }
    let mut bao = come_in(&test, &other_pass).await;
    next(&mut bao, "lobby").await;

    // Neither a guest's own side nor a stranger decides, and a refusal says why.
    let neighbour = test.official("430922").await;
    assert_eq!(seat(&test, &investor, &booking, &id, "speaker").await.status, 403);
    assert_eq!(seat(&test, &neighbour, &booking, &id, "speaker").await.status, 404);
    for (body, field) in [
        (json!({"guest_id": id, "place": "refused"}), "reason"),
        (json!({"guest_id": id, "place": "speaker", "reason": "请进"}), "reason"),
    ] {
        let refused = act(&test, &host, &booking, "guest-seatings", body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)));
    }
    for place in ["waiting", "removed"] {
        let refused = seat(&test, &host, &booking, &id, place).await;
        assert_eq!((refused.status, refused.code()), (409, "talk.guest_already_there"), "{place}");
    }

    // Let in as a listener: hears what is said from now on, and gives neither sound nor picture.
    seat(&test, &host, &booking, &id, "listener").await.expect(200);
    let welcome = next(&mut anna, "welcome").await;
    assert_eq!(welcome["role"], "listener");
    let first = next(&mut anna, "message").await["message"].clone();
    assert_eq!((&first["kind"], &first["seq"]), (&json!("system"), &welcome["last_seq"]));
    say(&mut anna, json!({"type": "media", "audio": true, "video": true, "screen": true, "joined": true}))
        .await;
    let listens = shown(&mut chair, "Anna", |peer| peer["media"]["joined"] == true).await;
    let media = json!({"audio": false, "video": false, "screen": false, "joined": true});
    assert_eq!((&listens["role"], &listens["media"]), (&json!("listener"), &media));
    let anna_peer = listens["peer_id"].clone();
    for refused in [
        description("offer", "sendrecv"),
        description("offer", "recvonly"),
        description("answer", "sendrecv"),
        description("answer", "sendonly"),
    ] {
        say(&mut anna, json!({"type": "signal", "to": chair_peer, "data": refused})).await;
        assert_eq!(next(&mut anna, "error").await["code"], "talk.listens_only", "{refused}");
    }
    say(&mut chair, json!({"type": "signal", "to": anna_peer, "data": description("offer", "sendrecv")}))
        .await;
    assert_eq!(next(&mut anna, "signal").await["data"]["description"]["type"], "offer");
    say(&mut anna, json!({"type": "signal", "to": chair_peer, "data": description("answer", "recvonly")}))
        .await;
    // The first that comes through: nothing of what was refused has.
    assert_eq!(next(&mut chair, "signal").await["data"], description("answer", "recvonly"));

    // A raised hand, and the floor. Another guest's waiting is no business of hers.
    say(&mut anna, json!({"type": "hand", "up": true})).await;
    shown(&mut chair, "Anna", |peer| peer["hand"] == true).await;
    let seen = loop {
        let seen = next(&mut anna, "presence").await["peers"].as_array().unwrap().clone();
        if seen.iter().any(|peer| peer["hand"] == true) {
            break seen;
        }
    };
    assert_eq!(seen.len(), 3, "{seen:?}");
    seat(&test, &host, &booking, &id, "speaker").await.expect(200);
    assert_eq!(next(&mut anna, "seated").await["role"], "speaker");
    shown(&mut chair, "Anna", |peer| peer["hand"] == false && peer["role"] == "speaker").await;
    say(&mut anna, json!({"type": "signal", "to": chair_peer, "data": description("offer", "sendrecv")}))
        .await;
    assert_eq!(next(&mut chair, "signal").await["data"]["description"]["type"], "offer");

    // A host asks for silence; nobody else does.
    say(&mut side, json!({"type": "mute_all"})).await;
    assert_eq!(next(&mut side, "error").await["code"], "auth.forbidden");
    say(&mut chair, json!({"type": "mute_all"})).await;
    for socket in [&mut anna, &mut side] {
        assert_eq!(next(socket, "mute_all").await["by"], "王示例");
    }

    // Sent away with a reason, kept out by it, and let in again.
    seat(&test, &host, &booking, &id, "removed").await.expect(200);
    let away = next(&mut anna, "sent_away").await;
    assert_eq!((&away["place"], &away["reason"]), (&json!("removed"), &json!("本场只谈用地")));
    assert_eq!(next(&mut anna, "nothing").await, 4403);
    assert_eq!(shows(&test, "POST", "/api/v1/talks/guest-tickets", &pass).await.status(), 409);
    let room: Value = shows(&test, "GET", "/api/v1/talks/guest-room", &pass).await.json().await.unwrap();
    assert_eq!((&room["place"], &room["place_reason"]), (&json!("removed"), &json!("本场只谈用地")));
    seat(&test, &host, &booking, &other, "refused").await.expect(200);
    assert_eq!(next(&mut bao, "sent_away").await["place"], "refused");
    seat(&test, &host, &booking, &id, "listener").await.expect(200);
    let mut anna = come_in(&test, &pass).await;
    assert_eq!(next(&mut anna, "welcome").await["role"], "listener");

    // Each decision is a row that nobody changes.
    let rows = "SELECT COUNT(*) AS n FROM talk_guest_moves WHERE by_name = '王示例'";
    assert_eq!(count(&test, rows).await, 5);
    for sql in ["UPDATE talk_guest_moves SET place = 'speaker'", "DELETE FROM talk_guest_moves"] {
        use diesel::prelude::*;
        let changed = test.app.db.write(move |conn| Ok(diesel::sql_query(sql).execute(conn)?)).await;
        assert!(changed.is_err(), "{sql}");
    }
}

#[actix_web::test]
async fn two_hosts_who_seat_a_guest_at_once_are_one_after_the_other() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let colleague = test.official("430903").await;
    let (_other, address) = test.another().await;
    let (_, id) = guest(&test, &investor, &booking, "Anna").await;
    let path = format!("/api/v1/talks/bookings/{}/guest-seatings", booking["id"].as_str().unwrap());
    let body = json!({"guest_id": id, "place": "speaker"});
    let asked = (0..12).map(|n| {
        let (by, door) = if n % 2 == 0 { (&host, test.address) } else { (&colleague, address) };
        let (client, path, body, key) = (&test.client, &path, &body, format!("k{n}"));
        async move { ask(client, door, "POST", path, Some(by), Some(body), &key).await.unwrap().status }
    });
    let mut statuses = join_all(asked).await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1]), (200, 409), "{statuses:?}");
    assert_eq!(count(&test, "SELECT COUNT(*) AS n FROM talk_guest_moves").await, 1);
}

#[actix_web::test]
async fn the_server_writes_who_was_there_and_only_the_hosts_side_reads_it() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let path = format!("/api/v1/talks/bookings/{}/attendances", booking["id"].as_str().unwrap());
    let (pass, id) = guest(&test, &host, &booking, "Anna").await;
    let (chair, _) = enters(&test, &host, &booking).await;
    let (mut first, _) = enters(&test, &investor, &booking).await;
    let mut anna = come_in(&test, &pass).await;
    next(&mut anna, "lobby").await;
    // Whoever waits before the door was not in the room.
    let list = test.get(&path, Some(&host)).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");
    test.app.clock.advance(TimeDelta::minutes(1));
    let investor = test.renewed(&investor);
    seat(&test, &test.renewed(&host), &booking, &id, "listener").await.expect(200);
    next(&mut anna, "welcome").await;
    let (second, _) = enters(&test, &investor, &booking).await;
    assert_eq!(next(&mut first, "nothing").await, 4409);
    seat(&test, &test.renewed(&host), &booking, &id, "removed").await.expect(200);
    assert_eq!(next(&mut anna, "nothing").await, 4403);
    drop((chair, second));
    let ended = async |n: usize| loop {
        let list = test.get(&path, Some(&test.renewed(&host))).await.expect(200);
        let items = list["items"].as_array().unwrap().clone();
        if items.iter().filter(|item| !item["left_at"].is_null()).count() == n {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let items = ended(4).await;
    let told: Vec<(&str, &str)> =
        items.iter().rev().map(|i| (i["side"].as_str().unwrap(), i["ending"].as_str().unwrap())).collect();
    // By age of the sockets; the guest's was there before they were let in.
    assert_eq!(told, [("host", "left"), ("investor", "replaced"), ("guest", "ended"), ("investor", "left")]);
    let at = |n: usize, what: &str| -> palm::platform::clock::Time {
        serde_json::from_value(items[items.len() - 1 - n][what].clone()).unwrap()
    };
    assert!(at(2, "joined_at").since(at(0, "joined_at")) >= TimeDelta::minutes(1));
    assert!(items.iter().all(|item| item["here"] == false), "{items:?}");
    assert_eq!(test.get(&path, Some(&investor)).await.status, 403);
    assert_eq!(test.get(&path, Some(&test.official("430922").await)).await.status, 404);
}

#[actix_web::test]
async fn one_shares_a_screen_at_a_time() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (mut chair, _) = enters(&test, &host, &booking).await;
    let (mut side, peer) = enters(&test, &investor, &booking).await;
    let media = |screen: bool| json!({"type": "media", "audio": true, "video": false, "screen": screen, "joined": true});
    say(&mut side, media(true)).await;
    let shares = |peer: &Value| peer["media"]["screen"] == true;
    let stops = |peer: &Value| peer["media"]["screen"] == false && peer["media"]["joined"] == true;
    // Both have one name here: the peer tells them apart.
    loop {
        let seen = next(&mut chair, "presence").await;
        let found =
            seen["peers"].as_array().unwrap().iter().find(|one| one["peer_id"] == peer.as_str()).cloned();
        if found.is_some_and(|one| shares(&one)) {
            break;
        }
    }
    say(&mut chair, media(true)).await;
    assert_eq!(next(&mut chair, "error").await["code"], "talk.screen_taken");
    say(&mut side, media(false)).await;
    loop {
        let seen = next(&mut chair, "presence").await;
        let found =
            seen["peers"].as_array().unwrap().iter().find(|one| one["peer_id"] == peer.as_str()).cloned();
        if found.is_some_and(|one| stops(&one)) {
            break;
        }
    }
    say(&mut chair, media(true)).await;
    loop {
        let seen = next(&mut side, "presence").await;
        let others = seen["peers"].as_array().unwrap().iter().filter(|one| one["peer_id"] != peer.as_str());
        if others.clone().any(shares) {
            break;
        }
    }
}

#[actix_web::test]
async fn the_interpreters_line_is_a_second_one_in_the_same_order() {
    let test = TestApp::start().await;
    let (host, investor, booking) = talk(&test).await;
    let (mut chair, _) = enters(&test, &host, &booking).await;
    let said = json!({"client_id": "a", "body": "The land is level.", "line": "interpreter"});
    let written = act(&test, &investor, &booking, "messages", said).await.expect(201);
    assert_eq!(written["line"], "interpreter");
    say(&mut chair, json!({"type": "send", "client_id": "b", "body": "Thank you.", "line": "interpreter"}))
        .await;
    say(&mut chair, json!({"type": "send", "client_id": "c", "body": "继续。"})).await;
    let mut heard = Vec::new();
    while heard.len() < 5 {
        let message = next(&mut chair, "message").await["message"].clone();
        heard.push((message["seq"].as_i64().unwrap(), message["line"].as_str().unwrap().to_owned()));
    }
    let lines = ["main", "main", "interpreter", "interpreter", "main"];
    let expected: Vec<(i64, String)> = (1..).zip(lines.map(str::to_owned)).collect();
    assert_eq!(heard, expected);
    let strange = json!({"client_id": "d", "body": "?", "line": "third"});
    assert_eq!(act(&test, &investor, &booking, "messages", strange).await.status, 422);
}

// What follows is the endurance of rooms: sockets that come and go while everyone writes.

const ROOMS: usize = 10;
const IN_A_ROOM: usize = 10;
const RETURNS: usize = 5;
/// How long someone listens for what is still to come: longer than the room's own look at its table.
const GRACE: Duration = Duration::from_secs(5);

/// What one socket's bearer heard over all their sockets, in the order of hearing: the number and the words.
type Heard = Vec<(i64, String)>;

/// How someone who comes back says what they have heard.
#[derive(Clone, Copy)]
enum Resume {
    BySeq,
    /// Broken twins: only what is new, or everything again
    FromNow,
    FromStart,
}

impl Resume {
    fn after(self, heard: &Heard) -> i64 {
        match self {
            Self::BySeq => heard.last().map_or(0, |(seq, _)| *seq),
            Self::FromNow => {
                if heard.is_empty() {
                    0
                } else {
                    i64::MAX
                }
            }
            Self::FromStart => 0,
        }
    }
}

struct Hall<'a> {
    test: &'a TestApp,
    /// A second instance in a process of its own, until it is killed
    second: RefCell<Option<Program>>,
    /// After so many returns
    fuse: Cell<usize>,
    bookings: Vec<Value>,
    people: Vec<Person>,
    resume: Resume,
    /// Room and client id of what a server has taken
    taken: RefCell<Vec<(usize, String)>>,
    returns: Cell<usize>,
}

impl Hall<'_> {
    fn doors(&self, n: usize) -> SocketAddr {
        let second = self.second.borrow().as_ref().map(|program| program.address);
        second.filter(|_| n % 2 == 1).unwrap_or(self.test.address)
    }

    /// Asks until somebody answers, as a client does: the same key, whichever door is open.
    async fn asks(&self, n: usize, path: &str, body: &Value, key: &str) -> Answer {
        loop {
            let person = &self.people[n % self.people.len()];
            let door = self.doors(n);
            let asked = ask(&self.test.client, door, "POST", path, Some(person), Some(body), key).await;
            match asked {
                Ok(answer) if answer.status < 500 => return answer,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn enters(&self, n: usize, heard: &Heard) -> Socket {
        loop {
            let booking = self.bookings[n / self.people.len()]["id"].as_str().unwrap();
            let path = format!("/api/v1/talks/bookings/{booking}/tickets");
            let ticket = self.asks(n, &path, &json!({}), &id::fresh()).await.expect(201);
            let url = format!("ws://{}/api/v1/talks/socket", self.doors(n));
            let Ok((mut socket, _)) = tokio_tungstenite::connect_async(url).await else { continue };
            let after = self.resume.after(heard);
            let hello = json!({"type": "hello", "ticket": ticket["ticket"], "after": after});
            if socket.send(Message::Text(hello.to_string().into())).await.is_err() {
                continue;
            }
            // Once welcome, its name is in the room and the others know.
            loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) if text.contains("\"welcome\"") => return socket,
                    Some(Ok(_)) => {}
                    _ => break,
                }
            }
        }
    }

    async fn says(&self, n: usize, nth: usize) {
        let room = n / self.people.len();
        let (booking, client_id) = (self.bookings[room]["id"].as_str().unwrap(), format!("{n}-{nth}"));
        let body = json!({"client_id": client_id, "body": format!("{room} {client_id}")});
        self.asks(n, &format!("/api/v1/talks/bookings/{booking}/messages"), &body, &client_id)
            .await
            .expect(201);
        self.taken.borrow_mut().push((room, client_id));
    }

    /// Comes in, is cut off and comes back, and says something each time while away.
    async fn comes_and_goes(&self, n: usize, times: usize) -> (Heard, Socket) {
        let mut heard = Heard::new();
        let mut socket = self.enters(n, &heard).await;
        while heard.is_empty() && hear(&mut socket, &mut heard, |heard| !heard.is_empty(), GRACE).await {}
        for nth in 0..times {
            hear(&mut socket, &mut heard, |_| false, Duration::from_millis(20 * (n as u64 % 5))).await;
            drop(socket);
            self.says(n, nth).await;
            self.returns.set(self.returns.get() + 1);
            if self.returns.get() == self.fuse.get()
                && let Some(second) = self.second.take()
            {
                second.kill();
            }
            socket = self.enters(n, &heard).await;
        }
        (heard, socket)
    }

    /// All of them at once; then each hears to the end.
    async fn runs(&self, times: usize) -> Vec<String> {
        let all = (0..self.bookings.len() * self.people.len()).map(|n| self.comes_and_goes(n, times));
        let stayed = join_all(all).await;
        let mut last = Vec::new();
        for booking in &self.bookings {
            let path = format!("/api/v1/talks/bookings/{}/messages", booking["id"].as_str().unwrap());
            let list = self.test.get(&path, Some(&self.people[0])).await.expect(200);
            last.push(list["last_seq"].as_i64().unwrap());
        }
        let listened = stayed.into_iter().enumerate().map(|(n, (mut heard, mut socket))| {
            let room = n / self.people.len();
            let (last, taken) = (last[room], self.taken.borrow());
            let said: Vec<String> =
                taken.iter().filter(|(at, _)| *at == room).map(|(_, id)| id.clone()).collect();
            async move {
                let all = |heard: &Heard| heard.last().is_some_and(|(seq, _)| *seq >= last);
                while !all(&heard) {
                    let before = heard.len();
                    if !hear(&mut socket, &mut heard, all, GRACE).await {
                        socket = self.enters(n, &heard).await;
                    } else if heard.len() == before {
                        break;
                    }
                }
                faults(n, room, &heard, &said, last)
            }
        });
        join_all(listened).await.concat()
    }
}

/// Hears for a while, or until it is enough; whether the line still stands.
async fn hear(
    socket: &mut Socket,
    heard: &mut Heard,
    enough: impl Fn(&Heard) -> bool,
    most: Duration,
) -> bool {
    let listening = async {
        while let Some(Ok(frame)) = socket.next().await {
            let Message::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == "message" {
                let message = &frame["message"];
                heard.push((message["seq"].as_i64().unwrap(), message["body"].as_str().unwrap().to_owned()));
                if enough(heard) {
                    return true;
                }
            }
        }
        false
    };
    tokio::time::timeout(most, listening).await.unwrap_or(true)
}

/// What someone missed, heard twice or out of order, or heard though it was said elsewhere.
fn faults(n: usize, room: usize, heard: &Heard, said: &[String], last: i64) -> Vec<String> {
    let mut faults = Vec::new();
    let order: Vec<i64> = heard.iter().map(|(seq, _)| *seq).collect();
    if order != (1..=last).collect::<Vec<i64>>() {
        faults.push(format!("{n} heard {order:?} of 1 to {last}"));
    }
    // The first two lines of a room are its own: asked for, and confirmed.
    let words: Vec<&str> =
        heard.iter().filter(|(seq, _)| *seq > 2).map(|(_, words)| words.as_str()).collect();
    let different: HashSet<&&str> = words.iter().collect();
    let own: HashSet<String> = said.iter().map(|id| format!("{room} {id}")).collect();
    let missed = own.iter().filter(|words| !different.contains(&words.as_str())).count();
    let foreign = words.iter().filter(|words| !own.contains(**words)).count();
    if (missed, foreign, words.len()) != (0, 0, different.len()) {
        faults.push(format!(
            "{n} missed {missed}, {foreign} from elsewhere, {} twice",
            words.len() - different.len()
        ));
    }
    faults
}

async fn hall(test: &TestApp, rooms: usize, in_a_room: usize, resume: Resume) -> Hall<'_> {
    let host = host(test).await;
    let investor = test.person(Role::Investor).await;
    let mut people = vec![host.clone(), investor.clone()];
    let mut bookings = Vec::new();
    for _ in 0..rooms {
        bookings.push(confirmed(test, &host, &investor).await);
    }
    while people.len() < in_a_room {
        people.push(test.official("430903").await);
    }
    Hall {
        test,
        second: RefCell::default(),
        fuse: Cell::new(0),
        bookings,
        people,
        resume,
        taken: RefCell::default(),
        returns: Cell::new(0),
    }
}

#[actix_web::test]
async fn a_hundred_sockets_come_back_500_times_and_nobody_misses_or_hears_twice_a_word() {
    let test = TestApp::start().await;
    let hall = hall(&test, ROOMS, IN_A_ROOM, Resume::BySeq).await;
    // SQLite is one instance's. On PostgreSQL half come in at a second one, which is killed halfway.
    if test.place().is_postgres() {
        let mut command = palm(&test);
        if let Ok(redis) = std::env::var("PALM_TEST_REDIS") {
            command.args(["--redis-url", &redis]);
        }
        hall.second.replace(Some(Program::start(command.arg("serve"))));
        hall.fuse.set(ROOMS * IN_A_ROOM * RETURNS / 2);
    }
    let faults = hall.runs(RETURNS).await;
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(hall.returns.get(), 500);
    assert_eq!(hall.taken.borrow().len(), 500);
    assert!(hall.second.borrow().is_none());
}

#[actix_web::test]
async fn whoever_comes_back_without_a_number_is_found_out() {
    for resume in [Resume::FromNow, Resume::FromStart] {
        let test = TestApp::start().await;
        let faults = hall(&test, 1, 2, resume).await.runs(2).await;
        assert!(!faults.is_empty());
    }
}
