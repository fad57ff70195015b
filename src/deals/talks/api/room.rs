//! The room as HTTP knows it: tickets, calls inside WeChat, messages and files.
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::deals::talks::attendance::{Attendance, AttendanceView};
use crate::deals::talks::booking::{NOT_NOW, ONLOOKER};
use crate::deals::talks::file::{self, Upload};
use crate::deals::talks::message::{self, Draft, MessageView, TalkLine};
use crate::deals::talks::rules::{self, Side};
use crate::deals::talks::ticket::Ticket;
use crate::deals::talks::{Booking, BookingId, meeting};
use crate::error::{AppError, Code, FORBIDDEN};
use crate::openapi::{ReadErrors, WriteErrors};
use crate::people::auth::{AccountId, Act, Actor};
use crate::people::content_checks::{CheckSubject, WITHHELD, judge, submit_file, withheld};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::files::{FileId, StoredFile};
use crate::platform::input::{Line, Prose};
use crate::platform::page::Paging;
use crate::platform::web::{Json, Nothing};
use crate::platform::wechat::SessionKey;
use crate::schema::auth_wechat_identities;

pub(super) const SOCKET_PATH: &str = "/api/v1/talks/socket";
const NO_CALLS: Code = Code::new(
    "talk.calls_unavailable",
    "微信通话暂不可用，请在浏览器中进入洽谈室",
    "WeChat calls are not available now; enter the room in a browser",
);
const NO_WECHAT: Code = Code::new(
    "talk.no_wechat_identity",
    "请先用微信登录，再发起微信通话",
    "Sign in through WeChat first, then start the call",
);

/// The booking and the side of someone who sits at the table.
pub(super) fn at_table(
    conn: &mut DbConn,
    actor: &Actor,
    id: &BookingId,
) -> Result<(Booking, Side), AppError> {
    let (booking, side) = Booking::seen_by(conn, actor, id)?;
    if side == Side::None { Err(AppError::Forbidden(&ONLOOKER)) } else { Ok((booking, side)) }
}

/// As [`at_table`], while both sides may write to each other.
pub(super) fn at_open_table(
    conn: &mut DbConn,
    actor: &Actor,
    id: &BookingId,
) -> Result<(Booking, Side), AppError> {
    let (booking, side) = at_table(conn, actor, id)?;
    if rules::is_open(booking.state) { Ok((booking, side)) } else { Err(AppError::Conflict(&NOT_NOW)) }
}

/// What is the host's side's alone.
pub(super) fn hosting(side: Side) -> Result<(), AppError> {
    if side == Side::Host { Ok(()) } else { Err(AppError::Forbidden(&FORBIDDEN)) }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// Works once
    pub(super) ticket: String,
    pub(super) expires_at: Time,
    pub(super) socket_path: &'static str,
}

/// A ticket into the room's socket, for one minute
#[utoipa::path(tag = "talks", operation_id = "create_ticket", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = TicketView), WriteErrors))]
#[post("/talks/bookings/{id}/tickets")]
pub(super) async fn create_ticket(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let (booking, side) = at_open_table(tx.conn, tx.actor, &id)?;
        let (ticket, issued) = Ticket::issue(&house, tx.conn, tx.actor, &booking.id, side, tx.now)?;
        tx.subject("talk", &booking.id);
        Ok(TicketView { ticket, expires_at: issued.expires_at, socket_path: SOCKET_PATH })
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VoipParameters {
    group_id: String,
    nonce_str: String,
    /// Seconds since 1970
    time_stamp: i64,
    signature: String,
    /// `voice`: the page shows no picture
    room_type: &'static str,
}

/// Parameters for a voice call inside WeChat (`wx.joinVoIPChat`)
#[utoipa::path(tag = "talks", operation_id = "create_voip_parameters", request_body = Nothing, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = VoipParameters), WriteErrors))]
#[post("/talks/bookings/{id}/voip-parameters")]
pub(super) async fn create_voip_parameters(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<Nothing>,
) -> Result<HttpResponse, AppError> {
    let house = app.clone();
    act.create(&app, body, move |tx, _: &Nothing| {
        let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
        tx.subject("talk", &booking.id);
        let wechat = house.wechat.as_ref().ok_or(AppError::Outside(&NO_CALLS))?;
        let key = wechat_session_key(tx.conn, wechat.appid(), &tx.actor.id)?;
        let call = wechat.call_ticket(&key, booking.id.as_str(), tx.now.utc());
        Ok(VoipParameters {
            group_id: call.group_id,
            nonce_str: call.nonce_str,
            time_stamp: call.time_stamp,
            signature: call.signature,
            room_type: "voice",
        })
    })
    .await
}

fn wechat_session_key(conn: &mut DbConn, app_id: &str, account: &AccountId) -> Result<SessionKey, AppError> {
    use auth_wechat_identities as t;
    let identities = t::table.filter(t::app_id.eq(app_id)).filter(t::account_id.eq(account));
    let key: Option<String> =
        identities.order(t::updated_at.desc()).select(t::session_key).first(conn).optional()?;
    let key = key.ok_or(AppError::Conflict(&NO_WECHAT))?;
    SessionKey::from_text(key.into()).map_err(AppError::internal)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    /// The last number seen; 0 when left out
    #[param(minimum = 0)]
    after: Option<i64>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageList {
    items: Vec<MessageView>,
    last_seq: i64,
}

/// What was said after a number, in order
#[utoipa::path(tag = "talks", operation_id = "list_messages", params(("id" = BookingId, Path), MessageFilter), responses((status = 200, body = MessageList), ReadErrors))]
#[get("/talks/bookings/{id}/messages")]
pub(super) async fn list_messages(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
    filter: web::Query<MessageFilter>,
) -> Result<web::Json<MessageList>, AppError> {
    let limit = Paging::new(filter.limit.or(Some(100)), None).limit()?;
    let after = filter.after.unwrap_or(0);
    if after < 0 {
        return Err(AppError::field("after", "input.range"));
    }
    let list = app
        .read(move |conn| {
            let (booking, _) = at_table(conn, &actor, &id)?;
            let items = message::following(conn, &booking.id, after, limit)?;
            Ok(MessageList { items, last_seq: booking.last_seq })
        })
        .await?;
    Ok(web::Json(list))
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMessage {
    /// Named by the sender: the same one is written once
    #[schema(value_type = String, min_length = 1, max_length = 36)]
    client_id: Line<36>,
    #[schema(value_type = String, min_length = 1, max_length = 2000)]
    body: Prose<2000>,
    /// `main` when left out
    line: Option<TalkLine>,
}

/// Say something
#[utoipa::path(tag = "talks", operation_id = "create_message", request_body = CreateMessage, params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = MessageView), WriteErrors))]
#[post("/talks/bookings/{id}/messages")]
pub(super) async fn create_message(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    body: Json<CreateMessage>,
) -> Result<HttpResponse, AppError> {
    let talk = id.clone();
    let judged = judge(&app, &act.actor.id, body.value.body.as_str()).await?;
    let answer = act
        .create(&app, body, move |tx, new: &CreateMessage| {
            let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
            tx.subject("talk", &booking.id);
            let draft = Draft::text(sender(tx.actor), new.client_id.as_str(), new.body.as_str())
                .on(new.line.unwrap_or(TalkLine::Main));
            let message = draft.append(tx.conn, &booking.id, tx.now)?;
            message::keep(tx.conn, &judged, &message, tx.now)?;
            Ok(MessageView::from(message))
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

fn sender(actor: &Actor) -> (AccountId, String) {
    (actor.id.clone(), actor.name.clone())
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "says in the document what the form holds")]
pub struct UploadForm {
    #[schema(min_length = 1, max_length = 36)]
    client_id: String,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Share a file of at most 20 MB
#[utoipa::path(tag = "talks", operation_id = "create_file_message", request_body(content = UploadForm, content_type = "multipart/form-data"), params(("id" = BookingId, Path), ("Idempotency-Key" = String, Header, min_length = 1, max_length = 64)), responses((status = 201, body = MessageView), WriteErrors))]
#[post("/talks/bookings/{id}/files")]
pub(super) async fn create_file_message(
    app: App,
    act: Act,
    id: web::Path<BookingId>,
    request: HttpRequest,
    form: web::Payload,
) -> Result<HttpResponse, AppError> {
    // Before a byte is read: a stranger must not fill the disk.
    let (actor, wanted) = (act.actor.clone(), id.clone());
    app.read(move |conn| at_open_table(conn, &actor, &wanted).map(|_| ())).await?;
    let upload = Upload::read(Multipart::new(request.headers(), form)).await?;
    let client_id = upload.client_id.clone();
    let file = upload.store(&app, id.as_str(), act.actor.id.as_str()).await?;
    let digest = format!("{} {} {}", client_id.as_str(), file.name, file.sha256);
    let (talk, wechat) = (id.clone(), app.config.wechat_app_id.clone());
    let answer = act
        .perform(&app, StatusCode::CREATED, &digest, move |tx| {
            let (booking, _) = at_open_table(tx.conn, tx.actor, &id)?;
            tx.subject("talk", &booking.id);
            let draft = Draft::file(sender(tx.actor), client_id.as_str(), file.clone());
            let message = draft.append(tx.conn, &booking.id, tx.now)?;
            // Sent before under this name: it is judged already.
            if message.file_id.as_ref() == Some(&file.id) {
                let (subject, by) = (CheckSubject::TalkFile, &tx.actor.id);
                submit_file(tx.conn, wechat.as_deref(), subject, by, &file, tx.now)?;
            }
            Ok(MessageView::from(message))
        })
        .await?;
    meeting::hint(&app, &talk).await;
    Ok(answer)
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "says in the document what the answer is")]
pub struct FileBytes(Vec<u8>);

/// A file shared in a talk; for its two sides
#[utoipa::path(tag = "talks", operation_id = "find_file", params(("id" = FileId, Path)), responses((status = 200, body = FileBytes, content_type = "application/octet-stream"), ReadErrors))]
#[get("/files/{id}")]
pub(super) async fn find_file(
    app: App,
    actor: Actor,
    id: web::Path<FileId>,
) -> Result<HttpResponse, AppError> {
    let file = app
        .read(move |conn| {
            let file = StoredFile::find(conn, &id)?;
            let booking: BookingId = file.subject.parse().map_err(|_| AppError::NotFound)?;
            let (_, side) = Booking::seen_by(conn, &actor, &booking)?;
            if !file::is_ours(&file) || side == Side::None {
                return Err(AppError::NotFound);
            }
            unless_withheld(conn, file)
        })
        .await?;
    download(app, file).await
}

/// The file, unless WeChat or a person has found that nobody may see it.
pub(super) fn unless_withheld(conn: &mut DbConn, file: StoredFile) -> Result<StoredFile, AppError> {
    let hidden = withheld(conn, CheckSubject::TalkFile, vec![file.id.to_string()])?;
    if hidden.is_empty() { Ok(file) } else { Err(AppError::Forbidden(&WITHHELD)) }
}

/// The bytes, to be saved under the file's own name.
pub(super) async fn download(app: App, file: StoredFile) -> Result<HttpResponse, AppError> {
    let (house, id) = (app.clone(), file.id.clone());
    let bytes = web::block(move || house.files.get(&id)).await.map_err(AppError::internal)??;
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: file.name.into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    Ok(HttpResponse::Ok().content_type(file.media_type).insert_header(disposition).body(bytes))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceList {
    items: Vec<AttendanceView>,
}

/// Who was in the room and when, as the server saw it, newest first; for the host's side
#[utoipa::path(tag = "talks", operation_id = "list_attendances", params(("id" = BookingId, Path)), responses((status = 200, body = AttendanceList), ReadErrors))]
#[get("/talks/bookings/{id}/attendances")]
pub(super) async fn list_attendances(
    app: App,
    actor: Actor,
    id: web::Path<BookingId>,
) -> Result<web::Json<AttendanceList>, AppError> {
    let now = app.now();
    let list = app
        .read(move |conn| {
            let (booking, side) = at_table(conn, &actor, &id)?;
            hosting(side)?;
            Ok(AttendanceList { items: Attendance::of(conn, &booking.id, now)? })
        })
        .await?;
    Ok(web::Json(list))
}
