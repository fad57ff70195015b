//! A notification in someone's inbox.
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox::Stored;
use crate::platform::page::{Page, Paging};
use crate::schema::notifications;
use crate::views::notifications::rule::{Notice, NotificationKind, kind_of};

crate::typed_id!(NotificationId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, ToSchema)]
#[diesel(table_name = notifications)]
#[schema(as = NotificationView)]
pub struct Notification {
    pub id: NotificationId,
    #[serde(skip)]
    pub event_id: String,
    #[serde(skip)]
    pub account_id: AccountId,
    pub kind: NotificationKind,
    pub title: String,
    pub title_en: String,
    pub body: String,
    pub body_en: String,
    /// Route inside the app, such as /talks/{id}
    pub link: String,
    pub created_at: Time,
    pub read_at: Option<Time>,
    #[serde(skip)]
    pub awaits_summary: bool,
}

impl Notification {
    pub fn new(event: &Stored, notice: &Notice, reader: &AccountId, awaits_summary: bool) -> Self {
        Self {
            id: NotificationId::fresh(),
            event_id: event.id.clone(),
            account_id: reader.clone(),
            kind: kind_of(&event.name),
            title: notice.title_zh.clone(),
            title_en: notice.title_en.clone(),
            body: notice.body_zh.clone(),
            body_en: notice.body_en.clone(),
            link: notice.link.clone(),
            created_at: event.created_at,
            read_at: None,
            awaits_summary,
        }
    }

    pub fn insert_all(conn: &mut DbConn, rows: &[Self]) -> Result<(), AppError> {
        if !rows.is_empty() {
            crate::each_database!(conn, c => diesel::insert_into(notifications::table).values(rows).execute(c))?;
        }
        Ok(())
    }

    /// Newest first; all, or those read or not yet read.
    pub fn list(
        conn: &mut DbConn,
        reader: &AccountId,
        unread: Option<bool>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use notifications as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::account_id.eq(reader)).into_boxed();
        match unread {
            Some(true) => query = query.filter(t::read_at.is_null()),
            Some(false) => query = query.filter(t::read_at.is_not_null()),
            None => {}
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load::<Self>(conn)?;
        Ok(Page::of(rows, limit, |n| vec![n.id.to_string()]))
    }

    pub fn count_unread(conn: &mut DbConn, reader: &AccountId) -> Result<i64, AppError> {
        use notifications as t;
        let unread = t::table.filter(t::account_id.eq(reader)).filter(t::read_at.is_null());
        Ok(unread.count().get_result(conn)?)
    }

    /// Gives what awaits a summary and is not yet read, newest first; nothing awaits one afterwards.
    pub fn take_awaiting(conn: &mut DbConn, reader: &AccountId) -> Result<Vec<Self>, AppError> {
        use notifications as t;
        let awaiting = t::table.filter(t::account_id.eq(reader)).filter(t::awaits_summary);
        let unread: Vec<Self> = awaiting.filter(t::read_at.is_null()).order(t::id.desc()).load(conn)?;
        diesel::update(awaiting).set(t::awaits_summary.eq(false)).execute(conn)?;
        Ok(unread)
    }

    /// Marks one of the reader's as read; once read, the time stays.
    pub fn read(
        conn: &mut DbConn,
        reader: &AccountId,
        id: &NotificationId,
        at: Time,
    ) -> Result<(), AppError> {
        use notifications as t;
        let own = t::table.filter(t::id.eq(id)).filter(t::account_id.eq(reader));
        let found: i64 = own.count().get_result(conn)?;
        if found == 0 {
            return Err(AppError::NotFound);
        }
        diesel::update(t::table.find(id).filter(t::read_at.is_null()))
            .set(t::read_at.eq(Some(at)))
            .execute(conn)?;
        Ok(())
    }

    /// Marks all of the reader's as read.
    pub fn read_all(conn: &mut DbConn, reader: &AccountId, at: Time) -> Result<(), AppError> {
        use notifications as t;
        diesel::update(t::table.filter(t::account_id.eq(reader)).filter(t::read_at.is_null()))
            .set(t::read_at.eq(Some(at)))
            .execute(conn)?;
        Ok(())
    }
}
