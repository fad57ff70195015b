//! What is said in a talk: numbered per booking without gaps, in the order of commit, and never changed.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deals::talks::BookingId;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::people::content_checks::{CheckSubject, Judged, withheld};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::files::{FileId, StoredFile};
use crate::schema::{talk_bookings, talk_messages};

crate::text_enum! {
    /// What a message is.
    pub enum MessageKind {
        Text = "text", "文字", "Text";
        File = "file", "文件", "File";
        System = "system", "系统消息", "System message";
    }
}
crate::text_enum! {
    /// Where words are said: to all, or beside the talk, for whoever needs an interpreter.
    pub enum TalkLine {
        Main = "main", "会场", "The talk";
        Interpreter = "interpreter", "传译", "Interpreter";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = talk_messages)]
pub struct Message {
    pub booking_id: BookingId,
    pub seq: i64,
    pub sender_id: Option<AccountId>,
    pub sender_name: Option<String>,
    pub kind: MessageKind,
    pub body: String,
    pub client_id: Option<String>,
    pub file_id: Option<FileId>,
    pub file_name: Option<String>,
    pub file_size: Option<i64>,
    pub file_media_type: Option<String>,
    pub sent_at: Time,
    pub line: TalkLine,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SharedFileView {
    id: FileId,
    name: String,
    /// Bytes
    size: i64,
    media_type: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageView {
    /// 1, 2, 3 … within the talk
    pub seq: i64,
    sender_id: Option<AccountId>,
    sender_name: Option<String>,
    kind: MessageKind,
    body: String,
    file: Option<SharedFileView>,
    client_id: Option<String>,
    sent_at: Time,
    line: TalkLine,
    /// It did not pass the content check: neither words nor file are shown
    withheld: bool,
}

impl From<Message> for MessageView {
    fn from(m: Message) -> Self {
        let file = m.file_id.map(|id| SharedFileView {
            id,
            name: m.file_name.unwrap_or_default(),
            size: m.file_size.unwrap_or_default(),
            media_type: m.file_media_type.unwrap_or_default(),
        });
        Self {
            seq: m.seq,
            sender_id: m.sender_id,
            sender_name: m.sender_name,
            kind: m.kind,
            body: m.body,
            file,
            client_id: m.client_id,
            sent_at: m.sent_at,
            line: m.line,
            withheld: false,
        }
    }
}

impl Message {
    /// Under which its words are judged.
    pub fn judged_as(&self) -> String {
        format!("{}/{}", self.booking_id, self.seq)
    }
}

impl MessageView {
    fn hide(&mut self) {
        self.body.clear();
        self.file = None;
        self.withheld = true;
    }
}

/// A message before it has its number.
#[derive(Debug, Clone)]
pub struct Draft {
    sender: Option<(AccountId, String)>,
    kind: MessageKind,
    body: String,
    client_id: Option<String>,
    file: Option<StoredFile>,
    line: TalkLine,
}

impl Draft {
    pub fn text(sender: (AccountId, String), client_id: &str, body: &str) -> Self {
        Self {
            sender: Some(sender),
            kind: MessageKind::Text,
            body: body.to_owned(),
            client_id: Some(client_id.to_owned()),
            file: None,
            line: TalkLine::Main,
        }
    }
    pub fn file(sender: (AccountId, String), client_id: &str, file: StoredFile) -> Self {
        Self {
            sender: Some(sender),
            kind: MessageKind::File,
            body: file.name.clone(),
            client_id: Some(client_id.to_owned()),
            file: Some(file),
            line: TalkLine::Main,
        }
    }
    pub fn system(body: String) -> Self {
        let kind = MessageKind::System;
        Self { sender: None, kind, body, client_id: None, file: None, line: TalkLine::Main }
    }
    pub fn on(self, line: TalkLine) -> Self {
        Self { line, ..self }
    }

    /// Writes the message with the next number; the same sender's same `client_id` gives the first one again.
    pub fn append(&self, conn: &mut DbConn, booking: &BookingId, now: Time) -> Result<Message, AppError> {
        use {talk_bookings as b, talk_messages as t};
        // The row's lock makes numbers appear in their order: a reader never sees 7 before 6.
        let last: i64 =
            Locked { query: b::table.find(booking).select(b::last_seq), skip: false }.get_result(conn)?;
        if let (Some((sender, _)), Some(client_id)) = (&self.sender, &self.client_id) {
            let same = t::table
                .filter(t::booking_id.eq(booking))
                .filter(t::sender_id.eq(sender))
                .filter(t::client_id.eq(client_id));
            if let Some(first) = same.first::<Message>(conn).optional()? {
                return Ok(first);
            }
        }
        if let Some(file) = &self.file {
            file.insert(conn)?;
        }
        let message = self.numbered(booking, last + 1, now);
        diesel::update(b::table.find(booking)).set(b::last_seq.eq(message.seq)).execute(conn)?;
        diesel::insert_into(t::table).values(message.clone()).execute(conn)?;
        Ok(message)
    }

    fn numbered(&self, booking: &BookingId, seq: i64, now: Time) -> Message {
        let (sender_id, sender_name) = self.sender.clone().unzip();
        let file = self.file.as_ref();
        Message {
            booking_id: booking.clone(),
            seq,
            sender_id,
            sender_name,
            kind: self.kind,
            body: self.body.clone(),
            client_id: self.client_id.clone(),
            file_id: file.map(|f| f.id.clone()),
            file_name: file.map(|f| f.name.clone()),
            file_size: file.map(|f| f.size),
            file_media_type: file.map(|f| f.media_type.clone()),
            sent_at: now,
            line: self.line,
        }
    }
}

/// Up to `most` messages after a number, in order.
pub fn following(
    conn: &mut DbConn,
    booking: &BookingId,
    after: i64,
    most: i64,
) -> Result<Vec<MessageView>, AppError> {
    use talk_messages as t;
    let next = t::table.filter(t::booking_id.eq(booking)).filter(t::seq.gt(after));
    let rows: Vec<Message> = next.order(t::seq.asc()).limit(most).load(conn)?;
    let files = rows.iter().filter_map(|m| m.file_id.as_ref().map(ToString::to_string)).collect();
    let files = withheld(conn, CheckSubject::TalkFile, files)?;
    let words = rows.iter().filter(|m| m.kind == MessageKind::Text).map(Message::judged_as).collect();
    let words = withheld(conn, CheckSubject::TalkMessage, words)?;
    let views = rows.into_iter().map(|m| {
        let hidden = words.contains(&m.judged_as())
            || m.file_id.as_ref().is_some_and(|id| files.contains(id.as_str()));
        let mut view = MessageView::from(m);
        if hidden {
            view.hide();
        }
        view
    });
    Ok(views.collect())
}

/// Whether this file was shared in a talk after a number.
pub fn was_shared(
    conn: &mut DbConn,
    booking: &BookingId,
    file: &FileId,
    after: i64,
) -> Result<bool, AppError> {
    use talk_messages as t;
    let heard = t::table.filter(t::booking_id.eq(booking)).filter(t::seq.gt(after));
    let shared: i64 = heard.filter(t::file_id.eq(Some(file))).count().get_result(conn)?;
    Ok(shared > 0)
}

/// Has a person look at what was said, if WeChat has doubts.
pub fn keep(conn: &mut DbConn, judged: &Judged, message: &Message, now: Time) -> Result<(), AppError> {
    let Some(sender) = &message.sender_id else { return Ok(()) };
    judged.keep(conn, (CheckSubject::TalkMessage, &message.judged_as()), sender, &message.body, now)
}
