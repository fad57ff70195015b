//! What the rest of the house hears of pages: that a version waits for a second pair of eyes, or what became of it.
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::libraries::content::version::{PageState, PageVersion};
use crate::people::auth::{AccountId, Role, holders};
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;

/// Who writes and publishes pages (the role matrix says the same).
const EDITORS: [Role; 2] = [Role::InformationTaskForce, Role::SystemAdministrator];

/// To the other editors when a version is submitted, to its author when it is published or returned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PageMoved {
    pub reader_ids: Vec<AccountId>,
    pub title_zh: String,
    pub title_en: String,
    pub body_zh: String,
    pub body_en: String,
    /// Route inside the app
    pub link: String,
}

impl Event for PageMoved {
    const NAME: &'static str = "PageMoved";
}

impl PageMoved {
    /// As the version now stands; nobody is told of what is only written, replaced or taken down.
    pub fn next(conn: &mut DbConn, version: &PageVersion) -> Result<Option<Self>, AppError> {
        let author = version.written_by.clone();
        let (title, reader_ids) = match version.state {
            PageState::Submitted => {
                let mut others = Vec::new();
                for role in EDITORS {
                    others.extend(holders(conn, role, None)?);
                }
                others.retain(|id| Some(id) != author.as_ref());
                (("页面待复核", "A page waits for review"), others)
            }
            PageState::Draft => (("页面被退回修改", "A page was returned"), author.into_iter().collect()),
            PageState::Published => (("页面已发布", "A page was published"), author.into_iter().collect()),
            PageState::Replaced | PageState::Withdrawn | PageState::Discarded => return Ok(None),
        };
        let content = version.content()?;
        let zh = content.title.as_str();
        let en = content.title_en.as_ref().map_or(zh, |title| title.as_str());
        Ok(Some(Self {
            reader_ids,
            title_zh: title.0.to_owned(),
            title_en: title.1.to_owned(),
            body_zh: format!("《{zh}》第 {} 版", version.number),
            body_en: format!("{en}, version {}", version.number),
            link: format!("/content/{}", version.id),
        }))
    }
}
