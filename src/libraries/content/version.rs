//! A version of a page: a draft that waits for a second pair of eyes, and, once published, what is kept for ever.
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::libraries::content::page::{ContentPage, Issue, PageKind};
use crate::libraries::content::page_content::PageContent;
use crate::libraries::content::rules::{PageAct, page_acts};
use crate::people::auth::{AccountId, Actor, Tx};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, is_unique_violation};
use crate::platform::hash_chain::sha256_hex;
use crate::platform::page::{Page, Paging};
use crate::schema::{auth_accounts, content_version_steps, content_versions};

const ALREADY_OPEN: Code = Code::new(
    "page.already_open",
    "这一页已有一份草稿或待复核的修改，请先处理那一份",
    "A change of this page is under way already; deal with that one first",
);
const NOT_YOURS: Code = Code::new(
    "page.not_yours",
    "这一步现在不能由您办理：由起草人修改和提交，由另一人复核发布或退回",
    "This step is not yours now: its author edits and submits, another person publishes or returns",
);
const MOVED_ON: Code = Code::new(
    "page.moved_on",
    "这个版本已有变化，请刷新，看过最新内容再办理",
    "This version has moved on; refresh and read it as it is now",
);
const OUTDATED: Code = Code::new(
    "page.outdated",
    "这一页已有更新的版本，请在最新版本上修改；新建页面请换一个地址",
    "This page has a newer version; write on that one. For a new page choose another address",
);
const KIND_FIXED: Code = Code::new(
    "page.kind_fixed",
    "已有页面不能在指南和政策之间更改，请新建一页",
    "A guide does not become a policy, nor the other way round; make a new page",
);
const MOST_LISTED: i64 = 100;

crate::typed_id!(PageVersionId);
crate::text_enum! {
    /// How far a version of a page has come.
    pub enum PageState {
        Draft = "draft", "草稿", "Draft";
        Submitted = "submitted", "待复核", "Waiting for review";
        Published = "published", "已发布", "Published";
        Replaced = "replaced", "往期", "Past";
        Withdrawn = "withdrawn", "已撤下", "Taken down";
        Discarded = "discarded", "已放弃", "Discarded";
    }
}
crate::text_enum! {
    /// What was done with a version of a page.
    pub enum PageStepKind {
        Started = "started", "起草", "Started";
        Submitted = "submitted", "提交复核", "Submitted for review";
        Returned = "returned", "退回修改", "Returned";
        Published = "published", "发布", "Published";
        Replaced = "replaced", "由新版本接替", "Replaced by a newer version";
        Withdrawn = "withdrawn", "撤下", "Taken down";
        Discarded = "discarded", "放弃", "Discarded";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = content_versions)]
pub struct PageVersion {
    pub id: PageVersionId,
    pub slug: String,
    pub kind: PageKind,
    /// Counted from 1 for each page
    pub number: i32,
    pub state: PageState,
    /// [`PageContent`]
    pub content: String,
    /// The version that it was written on; 0 for the first
    pub base_number: i32,
    /// What it changes, and why
    pub note: Option<String>,
    /// Nobody for what came with the program
    pub written_by: Option<AccountId>,
    pub written_by_name: String,
    pub written_at: Time,
    pub published_by: Option<AccountId>,
    pub published_at: Option<Time>,
    pub demo: bool,
}

/// One step, as it is kept for ever.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = content_version_steps)]
struct VersionStep {
    version_id: PageVersionId,
    seq: i32,
    kind: PageStepKind,
    by_id: Option<AccountId>,
    by_name: String,
    at: Time,
    note: Option<String>,
    content_sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PageStepView {
    kind: PageStepKind,
    by_name: String,
    at: Time,
    /// Why it was returned, taken down or discarded
    note: Option<String>,
    /// Of what was read or written in this step
    content_sha256: String,
}

/// A page that comes with the program.
pub struct Delivered {
    pub slug: String,
    pub kind: PageKind,
    pub content: PageContent,
    pub published_on: NaiveDate,
    pub updated_on: NaiveDate,
    pub demo: bool,
}

impl PageVersion {
    pub fn content(&self) -> Result<PageContent, AppError> {
        serde_json::from_str(&self.content).map_err(AppError::internal)
    }

    pub fn sha256(&self) -> String {
        sha256_hex(&self.content)
    }

    pub fn may(&self, actor: &Actor) -> Vec<PageAct> {
        page_acts(self.state, self.written_by.as_ref().is_some_and(|author| actor.is(author)))
    }

    pub fn find(conn: &mut DbConn, id: &PageVersionId) -> Result<Self, AppError> {
        content_versions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Every version of a page, newest first.
    pub fn all_of(conn: &mut DbConn, slug: &str) -> Result<Vec<Self>, AppError> {
        use content_versions as t;
        let all = t::table.filter(t::slug.eq(slug.to_owned()));
        Ok(all.order(t::number.desc()).limit(MOST_LISTED).load(conn)?)
    }

    /// The newest version of a page that readers have seen.
    fn shown(conn: &mut DbConn, slug: &str) -> Result<Option<Self>, AppError> {
        use content_versions as t;
        let all = t::table.filter(t::slug.eq(slug.to_owned())).filter(t::published_at.is_not_null());
        Ok(all.order(t::number.desc()).first(conn).optional()?)
    }

    fn next_number(conn: &mut DbConn, slug: &str) -> Result<i32, AppError> {
        use content_versions as t;
        let all = t::table.filter(t::slug.eq(slug.to_owned()));
        let last: Option<i32> = all.select(diesel::dsl::max(t::number)).first(conn)?;
        Ok(last.unwrap_or(0) + 1)
    }

    /// Versions in a state, newest first.
    pub fn list(
        conn: &mut DbConn,
        states: &[PageState],
        slug: Option<&str>,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use content_versions as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::state.eq_any(states.to_vec())).into_boxed();
        if let Some(slug) = slug {
            query = query.filter(t::slug.eq(slug.to_owned()));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |version: &Self| vec![version.id.to_string()]))
    }

    pub fn steps(&self, conn: &mut DbConn) -> Result<Vec<PageStepView>, AppError> {
        use content_version_steps as t;
        let all: Vec<VersionStep> =
            t::table.filter(t::version_id.eq(&self.id)).order(t::seq.asc()).load(conn)?;
        let shown = |step: VersionStep| PageStepView {
            kind: step.kind,
            by_name: step.by_name,
            at: step.at,
            note: step.note,
            content_sha256: step.content_sha256,
        };
        Ok(all.into_iter().map(shown).collect())
    }

    /// A draft of a new page, or of the next version of one; the tables refuse a second draft beside it. Whoever
    /// brings back what was taken down writes on the version that was.
    pub fn start(
        tx: &mut Tx<'_>,
        slug: &str,
        kind: PageKind,
        content: &PageContent,
        base_number: i32,
        note: Option<&str>,
    ) -> Result<Self, AppError> {
        let before = Self::shown(tx.conn, slug)?;
        if before.as_ref().map_or(0, |before| before.number) != base_number {
            return Err(AppError::Conflict(&OUTDATED));
        }
        if before.is_some_and(|before| before.kind != kind) {
            return Err(AppError::Conflict(&KIND_FIXED));
        }
        let demo = auth_accounts::table.find(&tx.actor.id).select(auth_accounts::demo).first(tx.conn)?;
        let version = Self {
            id: PageVersionId::fresh(),
            slug: slug.to_owned(),
            kind,
            number: Self::next_number(tx.conn, slug)?,
            state: PageState::Draft,
            content: content.text()?,
            base_number,
            note: note.map(str::to_owned),
            written_by: Some(tx.actor.id.clone()),
            written_by_name: tx.actor.name.clone(),
            written_at: tx.now,
            published_by: None,
            published_at: None,
            demo,
        };
        let insert = diesel::insert_into(content_versions::table).values(version.clone());
        insert.execute(tx.conn).map_err(|e| {
            if is_unique_violation(&e) { AppError::Conflict(&ALREADY_OPEN) } else { e.into() }
        })?;
        version.note_step(tx, PageStepKind::Started, note)?;
        Ok(version)
    }

    /// The version, for one act by this person; `seen` is the SHA-256 of the content that they read.
    pub fn take(
        tx: &mut Tx<'_>,
        id: &PageVersionId,
        act: PageAct,
        seen: Option<&str>,
    ) -> Result<Self, AppError> {
        let found = Self::find(tx.conn, id)?;
        if !states_of(act).contains(&found.state) || seen.is_some_and(|seen| seen != found.sha256()) {
            return Err(AppError::Conflict(&MOVED_ON));
        }
        if found.may(tx.actor).contains(&act) { Ok(found) } else { Err(AppError::Conflict(&NOT_YOURS)) }
    }

    pub fn rewrite(
        &self,
        tx: &mut Tx<'_>,
        content: &PageContent,
        note: Option<&str>,
    ) -> Result<(), AppError> {
        use content_versions as t;
        let draft = t::table
            .find(&self.id)
            .filter(t::state.eq(PageState::Draft))
            .filter(t::content.eq(&self.content));
        let changed = diesel::update(draft)
            .set((t::content.eq(content.text()?), t::note.eq(note), t::written_at.eq(tx.now)))
            .execute(tx.conn)?;
        moved(changed)
    }

    pub fn submit(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        self.move_to(tx, PageState::Submitted, PageStepKind::Submitted, None)
    }

    /// Back to its author, with the reason.
    pub fn send_back(&self, tx: &mut Tx<'_>, reason: &str) -> Result<(), AppError> {
        self.move_to(tx, PageState::Draft, PageStepKind::Returned, Some(reason))
    }

    pub fn discard(&self, tx: &mut Tx<'_>, reason: &str) -> Result<(), AppError> {
        self.move_to(tx, PageState::Discarded, PageStepKind::Discarded, Some(reason))
    }

    /// Readers see it from now on, and the version before is past. The table refuses its author as the one who
    /// publishes.
    pub fn publish(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        use content_versions as t;
        let before = Self::shown(tx.conn, &self.slug)?;
        if before.as_ref().map_or(0, |before| before.number) != self.base_number {
            return Err(AppError::Conflict(&OUTDATED));
        }
        if let Some(before) = before.filter(|before| before.state == PageState::Published) {
            before.move_to(tx, PageState::Replaced, PageStepKind::Replaced, None)?;
        }
        let waiting = t::table
            .find(&self.id)
            .filter(t::state.eq(PageState::Submitted))
            .filter(t::content.eq(&self.content));
        let published = (
            t::state.eq(PageState::Published),
            t::published_by.eq(Some(tx.actor.id.clone())),
            t::published_at.eq(Some(tx.now)),
        );
        moved(diesel::update(waiting).set(published).execute(tx.conn)?)?;
        self.note_step(tx, PageStepKind::Published, None)?;
        let today = tx.now.day();
        let page = ContentPage::any(tx.conn, &self.slug)?;
        let issue = Issue {
            number: self.number,
            published_on: page.map_or(today, |page| page.published_on),
            updated_on: today,
            demo: self.demo,
        };
        ContentPage::of(&self.slug, self.kind, self.content()?, issue)?.keep(tx.conn)
    }

    /// Readers are told that the page was taken down, and why.
    pub fn withdraw(&self, tx: &mut Tx<'_>, reason: &str) -> Result<(), AppError> {
        self.move_to(tx, PageState::Withdrawn, PageStepKind::Withdrawn, Some(reason))?;
        ContentPage::withdraw(tx.conn, &self.slug, tx.now.day(), reason)
    }

    /// Publishes what comes with the program, as the first version or in place of an older one that came so; what
    /// people have written or taken down since is left alone.
    pub fn deliver(conn: &mut DbConn, page: Delivered) -> Result<(), AppError> {
        use content_versions as t;
        let before = Self::shown(conn, &page.slug)?;
        let text = page.content.text()?;
        let theirs = |one: &Self| one.written_by.is_some() || one.state != PageState::Published;
        if before.as_ref().is_some_and(|one| theirs(one) || one.content == text) {
            return Ok(());
        }
        if let Some(before) = &before {
            diesel::update(t::table.find(&before.id)).set(t::state.eq(PageState::Replaced)).execute(conn)?;
        }
        let at = Time::start_of(page.updated_on);
        let version = Self {
            id: PageVersionId::fresh(),
            slug: page.slug.clone(),
            kind: page.kind,
            number: Self::next_number(conn, &page.slug)?,
            state: PageState::Published,
            content: text,
            base_number: before.map_or(0, |before| before.number),
            note: None,
            written_by: None,
            written_by_name: "随程序提供".to_owned(),
            written_at: at,
            published_by: None,
            published_at: Some(at),
            demo: page.demo,
        };
        diesel::insert_into(t::table).values(version.clone()).execute(conn)?;
        let issue = Issue {
            number: version.number,
            published_on: page.published_on,
            updated_on: page.updated_on,
            demo: page.demo,
        };
        ContentPage::of(&page.slug, page.kind, page.content, issue)?.keep(conn)
    }

    fn move_to(
        &self,
        tx: &mut Tx<'_>,
        state: PageState,
        step: PageStepKind,
        note: Option<&str>,
    ) -> Result<(), AppError> {
        use content_versions as t;
        let here =
            t::table.find(&self.id).filter(t::state.eq(self.state)).filter(t::content.eq(&self.content));
        moved(diesel::update(here).set(t::state.eq(state)).execute(tx.conn)?)?;
        self.note_step(tx, step, note)
    }

    fn note_step(&self, tx: &mut Tx<'_>, kind: PageStepKind, note: Option<&str>) -> Result<(), AppError> {
        use content_version_steps as t;
        let last: Option<i32> =
            t::table.filter(t::version_id.eq(&self.id)).select(diesel::dsl::max(t::seq)).first(tx.conn)?;
        let step = VersionStep {
            version_id: self.id.clone(),
            seq: last.unwrap_or(0) + 1,
            kind,
            by_id: Some(tx.actor.id.clone()),
            by_name: tx.actor.name.clone(),
            at: tx.now,
            note: note.map(str::to_owned),
            content_sha256: self.sha256(),
        };
        diesel::insert_into(t::table).values(step).execute(tx.conn)?;
        Ok(())
    }
}

/// States from which an act sets out.
fn states_of(act: PageAct) -> &'static [PageState] {
    match act {
        PageAct::Edit | PageAct::Submit | PageAct::Discard => &[PageState::Draft],
        PageAct::Publish | PageAct::Return => &[PageState::Submitted],
        PageAct::Withdraw => &[PageState::Published],
    }
}

/// What another has done meanwhile leaves no row to change.
fn moved(rows: usize) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::Conflict(&MOVED_ON)) }
}
