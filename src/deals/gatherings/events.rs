//! What the rest of the house hears of gatherings; an event carries its readers and the words for them.
use serde::{Deserialize, Serialize};

use crate::deals::gatherings::gathering::Gathering;
use crate::error::AppError;
use crate::people::auth::{AccountId, Actor, Role, holders};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::outbox::{self, Event};

/// Readers of one event: whoever tells them does so in one transaction.
const READERS: usize = 200;

macro_rules! told {
    ($($(#[$meta:meta])* $name:ident),+) => {
        $($(#[$meta])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $name {
            pub gathering_id: String,
            pub reader_ids: Vec<AccountId>,
            pub title_zh: String,
            pub title_en: String,
            pub body_zh: String,
            pub body_en: String,
            /// Route inside the app
            pub link: String,
        }
        impl Event for $name {
            const NAME: &'static str = concat!("Gathering", stringify!($name));
        }
        impl $name {
            fn said(of: &Gathering, reader_ids: Vec<AccountId>, (title_zh, title_en): (&str, &str), (body_zh, body_en): (String, String)) -> Self {
                Self {
                    gathering_id: of.id.to_string(),
                    reader_ids,
                    title_zh: title_zh.to_owned(),
                    title_en: title_en.to_owned(),
                    body_zh,
                    body_en,
                    link: format!("/gatherings/{}", of.id),
                }
            }
        })+
    };
}
told!(
    /// To the other officials of the unit: something waits to be checked and published.
    Written,
    /// To whoever moved up from the waiting list.
    PlaceGiven,
    /// To all who registered: another time or place.
    Moved,
    /// To all who registered.
    Cancelled,
    /// To whoever asked from the floor.
    Answered
);

fn moment(at: Time) -> String {
    at.in_china().format("%Y-%m-%d %H:%M").to_string()
}

impl Written {
    pub fn new(conn: &mut DbConn, of: &Gathering, by: &Actor) -> Result<Self, AppError> {
        let mut readers = holders(conn, Role::UnitOfficial, Some(&of.unit_id))?;
        readers.retain(|reader| !by.is(reader));
        let words =
            (format!("{}：请复核后发布", of.title), format!("{}: please check and publish it", of.title));
        let mut event = Self::said(of, readers, ("活动待发布", "An event waits to be published"), words);
        event.link = format!("/gathering-desk/{}", of.id);
        Ok(event)
    }
}

impl PlaceGiven {
    pub fn new(of: &Gathering, reader: AccountId) -> Self {
        let words = (
            format!("{}：您已从候补转为正式报名，请打开门票", of.title),
            format!("{}: you moved up from the waiting list; open your ticket", of.title),
        );
        Self::said(of, vec![reader], ("候补成功", "You have a place"), words)
    }
}

impl Answered {
    pub fn new(of: &Gathering, reader: AccountId, answer: &str) -> Self {
        let words = (format!("{}：{answer}", of.title), format!("{}: {answer}", of.title));
        Self::said(of, vec![reader], ("您的提问已答复", "Your question was answered"), words)
    }
}

/// Tells all who registered that time or place is another.
pub fn tell_moved(
    conn: &mut DbConn,
    of: &Gathering,
    readers: &[AccountId],
    now: Time,
) -> Result<(), AppError> {
    for some in readers.chunks(READERS) {
        let words = (
            format!("{}：时间或地点已调整，{} 开始，请查看活动页", of.title, moment(of.starts_at)),
            format!(
                "{}: time or place has changed; it begins {} (Beijing); see its page",
                of.title,
                moment(of.starts_at)
            ),
        );
        let event = Moved::said(of, some.to_vec(), ("活动有调整", "An event has changed"), words);
        outbox::emit(conn, &event, now)?;
    }
    Ok(())
}

/// Tells all who registered that it will not take place, and why.
pub fn tell_cancelled(
    conn: &mut DbConn,
    of: &Gathering,
    readers: &[AccountId],
    reason: &str,
    now: Time,
) -> Result<(), AppError> {
    for some in readers.chunks(READERS) {
        let words = (format!("{}：{reason}", of.title), format!("{}: {reason}", of.title));
        let event = Cancelled::said(of, some.to_vec(), ("活动已取消", "An event was cancelled"), words);
        outbox::emit(conn, &event, now)?;
    }
    Ok(())
}
