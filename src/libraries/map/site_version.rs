//! A version of a site: a draft that waits for a second pair of eyes, and, once published, what stands for ever.
use std::collections::{HashMap, HashSet};

use diesel::dsl::max;
use diesel::prelude::*;

use crate::each_database;
use crate::error::{AppError, Code};
use crate::libraries::map::events::SiteChanged;
use crate::libraries::map::keeper::Keeper;
use crate::libraries::map::site::Site;
use crate::libraries::map::site_content::{SiteContent, Stamp};
use crate::libraries::map::site_parts::SiteSupply;
use crate::libraries::map::{site_photo, withdrawn_parts};
use crate::people::auth::{AccountId, Actor};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::platform::outbox;
use crate::platform::page::{Page, Paging};
use crate::schema::{auth_accounts, map_site_versions, units};

pub const ALREADY_OPEN: Code = Code::new(
    "draft.already_open",
    "这处选址已有一份待复核的修改，请先处理那一份",
    "A change of this site already waits for review; deal with that one first",
);
pub const OWN: Code = Code::new(
    "draft.own",
    "不能复核自己填写的内容，请由本单位另一人或市商务局复核",
    "You wrote this yourself; another person of the unit or the coordinator has to review it",
);
pub const NOT_OPEN: Code = Code::new(
    "draft.not_open",
    "这份修改已经处理过，请刷新查看",
    "This change has been dealt with; refresh to see",
);
pub const OUTDATED: Code = Code::new(
    "draft.outdated",
    "填写之后公开内容已有变化，请退回后重新填写",
    "What is published changed after this was written; return it and have it written anew",
);
pub const OTHER_UNIT: Code = Code::new(
    "site.other_unit",
    "只能填写本单位或本园区的选址",
    "You can keep sites of your own unit or park only",
);
pub const KIND_FIXED: Code = Code::new(
    "site.kind_fixed",
    "已有选址不能更改类型，请新建一处",
    "The kind of a site stays; make a new one",
);

crate::typed_id!(VersionId);
crate::text_enum! {
    /// How far a version has come.
    pub enum VersionState {
        Open = "open", "待复核", "Waiting for review";
        Returned = "returned", "已退回", "Returned";
        Discarded = "discarded", "已放弃", "Discarded";
        Published = "published", "已公开", "Published";
        Withdrawn = "withdrawn", "已撤下", "Taken off the map";
    }
}
crate::text_enum! {
    /// What one may do with a draft.
    pub enum DraftAct {
        Publish = "publish", "公开", "Publish";
        Return = "return", "退回", "Return";
        Edit = "edit", "修改", "Edit";
        Discard = "discard", "放弃", "Discard";
    }
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = map_site_versions)]
pub struct SiteVersion {
    pub id: VersionId,
    pub site_id: String,
    /// Counted from 1 for each site; drafts have none
    pub number: Option<i32>,
    pub state: VersionState,
    pub unit_id: String,
    pub park_id: Option<String>,
    pub name: String,
    /// [`SiteContent`]
    pub content: String,
    pub note: Option<String>,
    /// The published version that it was written on; 0 for a new site
    pub base_number: i32,
    pub import_id: Option<String>,
    /// Nobody for what came with the program
    pub written_by: Option<AccountId>,
    pub written_by_name: String,
    pub written_at: Time,
    pub reviewed_by: Option<AccountId>,
    pub reviewed_by_name: Option<String>,
    pub reviewed_at: Option<Time>,
    pub review_note: Option<String>,
}

/// Who writes a draft.
#[derive(Debug, Clone)]
pub struct Author<'a> {
    pub actor: &'a Actor,
    pub now: Time,
    pub note: Option<String>,
    pub import_id: Option<String>,
}

impl SiteVersion {
    /// A draft for a new site, or for the one of this id.
    pub fn draft(
        site_id: String,
        base_number: i32,
        content: &SiteContent,
        author: &Author<'_>,
    ) -> Result<Self, AppError> {
        Ok(Self {
            id: VersionId::fresh(),
            site_id,
            number: None,
            state: VersionState::Open,
            unit_id: content.unit_id.as_str().to_owned(),
            park_id: content.park_id.as_ref().map(|park| park.as_str().to_owned()),
            name: content.name.as_str().to_owned(),
            content: serde_json::to_string(content).map_err(AppError::internal)?,
            note: author.note.clone(),
            base_number,
            import_id: author.import_id.clone(),
            written_by: Some(author.actor.id.clone()),
            written_by_name: author.actor.name.clone(),
            written_at: author.now,
            reviewed_by: None,
            reviewed_by_name: None,
            reviewed_at: None,
            review_note: None,
        })
    }

    /// One site has one draft at most: the table refuses a second.
    pub fn insert_all(conn: &mut DbConn, drafts: &[Self]) -> Result<(), AppError> {
        // A statement of PostgreSQL takes 65 535 values.
        for some in drafts.chunks(1000) {
            each_database!(conn, c => diesel::insert_into(map_site_versions::table).values(some).execute(c))
                .map_err(|e| {
                    if is_unique_violation(&e) { AppError::Conflict(&ALREADY_OPEN) } else { e.into() }
                })?;
        }
        Ok(())
    }

    pub fn content(&self) -> Result<SiteContent, AppError> {
        serde_json::from_str(&self.content).map_err(AppError::internal)
    }

    /// The version, for its keepers.
    pub fn find(conn: &mut DbConn, keeper: &Keeper, id: &VersionId) -> Result<Self, AppError> {
        let found: Self =
            map_site_versions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        keeper.must_keep(&found.unit_id, found.park_id.as_deref())?;
        Ok(found)
    }

    /// The same, held for this transaction.
    pub fn take(conn: &mut DbConn, keeper: &Keeper, id: &VersionId) -> Result<Self, AppError> {
        let query = map_site_versions::table.find(id).select(map_site_versions::id);
        let _held: Option<VersionId> = Locked { query, skip: false }.get_result(conn).optional()?;
        Self::find(conn, keeper, id)
    }

    /// Drafts of one's units in one of these states, newest first.
    pub fn list(
        conn: &mut DbConn,
        keeper: &Keeper,
        states: &[VersionState],
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use map_site_versions as t;
        let limit = paging.limit()?;
        let mut query = t::table.filter(t::state.eq_any(states.to_vec())).into_boxed();
        if let Some(unit) = keeper.narrowed_to() {
            query = query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit))));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |version| vec![version.id.to_string()]))
    }

    /// How many drafts of one's units are in this state.
    pub fn count(conn: &mut DbConn, keeper: &Keeper, state: VersionState) -> Result<i64, AppError> {
        use map_site_versions as t;
        let mut query = t::table.filter(t::state.eq(state)).count().into_boxed();
        if let Some(unit) = keeper.narrowed_to() {
            query = query.filter(t::unit_id.eq(unit.clone()).or(t::park_id.eq(Some(unit))));
        }
        Ok(query.get_result(conn)?)
    }

    /// What stands of a site, newest first.
    pub fn history(conn: &mut DbConn, site_id: &str) -> Result<Vec<Self>, AppError> {
        use map_site_versions as t;
        Ok(t::table
            .filter(t::site_id.eq(site_id))
            .filter(t::number.is_not_null())
            .order(t::number.desc())
            .limit(100)
            .load(conn)?)
    }

    /// The version that a site was published or withdrawn with last.
    pub fn latest(conn: &mut DbConn, site_id: &str) -> Result<Option<Self>, AppError> {
        use map_site_versions as t;
        Ok(t::table
            .filter(t::site_id.eq(site_id))
            .filter(t::number.is_not_null())
            .order(t::number.desc())
            .first(conn)
            .optional()?)
    }

    /// The drafts that wait at these sites, by site.
    pub fn waiting(conn: &mut DbConn, site_ids: Vec<String>) -> Result<HashMap<String, VersionId>, AppError> {
        use map_site_versions as t;
        let rows: Vec<(String, VersionId)> = t::table
            .filter(t::site_id.eq_any(site_ids))
            .filter(t::state.eq_any([VersionState::Open, VersionState::Returned]))
            .select((t::site_id, t::id))
            .load(conn)?;
        Ok(rows.into_iter().collect())
    }

    /// The newest number of each of these sites.
    pub fn numbers(conn: &mut DbConn, site_ids: Vec<String>) -> Result<HashMap<String, i32>, AppError> {
        use map_site_versions as t;
        let rows: Vec<(String, Option<i32>)> = t::table
            .filter(t::site_id.eq_any(site_ids))
            .group_by(t::site_id)
            .select((t::site_id, max(t::number)))
            .load(conn)?;
        Ok(rows.into_iter().filter_map(|(site, number)| Some((site, number?))).collect())
    }

    /// Sites that somebody published or withdrew since they came with the program.
    pub fn in_hand(conn: &mut DbConn) -> Result<HashSet<String>, AppError> {
        use map_site_versions as t;
        Ok(t::table
            .filter(t::number.is_not_null())
            .filter(t::written_by.is_not_null())
            .select(t::site_id)
            .distinct()
            .load::<String>(conn)?
            .into_iter()
            .collect())
    }

    /// What this person may do with it.
    pub fn may(&self, actor: &Actor) -> Vec<DraftAct> {
        let own = self.written_by.as_ref().is_some_and(|author| actor.is(author));
        match (self.state, own) {
            (VersionState::Open, false) => vec![DraftAct::Publish, DraftAct::Return, DraftAct::Discard],
            (VersionState::Open | VersionState::Returned, true) => vec![DraftAct::Edit, DraftAct::Discard],
            (VersionState::Returned, false) => vec![DraftAct::Discard],
            _ => vec![],
        }
    }

    pub fn must(&self, actor: &Actor, act: DraftAct) -> Result<(), AppError> {
        if self.may(actor).contains(&act) {
            return Ok(());
        }
        let own = self.written_by.as_ref().is_some_and(|author| actor.is(author));
        let refusal = if self.state == VersionState::Open && own { &OWN } else { &NOT_OPEN };
        Err(AppError::Conflict(refusal))
    }

    /// Writes the content anew; a returned draft waits again.
    pub fn rewrite(
        &self,
        conn: &mut DbConn,
        content: &SiteContent,
        note: Option<String>,
        now: Time,
    ) -> Result<(), AppError> {
        use map_site_versions as t;
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(VersionState::Open),
                t::park_id.eq(content.park_id.as_ref().map(|park| park.as_str().to_owned())),
                t::name.eq(content.name.as_str()),
                t::content.eq(serde_json::to_string(content).map_err(AppError::internal)?),
                t::note.eq(note),
                t::written_at.eq(now),
                t::reviewed_by.eq(None::<AccountId>),
                t::reviewed_by_name.eq(None::<String>),
                t::reviewed_at.eq(None::<Time>),
                t::review_note.eq(None::<String>),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// Returns or discards a draft.
    pub fn close(
        &self,
        conn: &mut DbConn,
        state: VersionState,
        by: &Actor,
        now: Time,
        why: Option<String>,
    ) -> Result<(), AppError> {
        use map_site_versions as t;
        let reviewer = self.written_by.as_ref().is_none_or(|author| !by.is(author)).then_some(by);
        let changed = diesel::update(t::table.find(&self.id).filter(t::number.is_null()))
            .set((
                t::state.eq(state),
                t::reviewed_by.eq(reviewer.map(|actor| actor.id.clone())),
                t::reviewed_by_name.eq(reviewer.map(|actor| actor.name.clone())),
                t::reviewed_at.eq(Some(now)),
                t::review_note.eq(why),
            ))
            .execute(conn)?;
        if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&NOT_OPEN)) }
    }

    /// Publishes a draft with a second pair of eyes: the version gets its number, the map its row. The table refuses
    /// the author as the reviewer, a second version of one number, and a change of what is published.
    pub fn publish(&self, conn: &mut DbConn, by: &Actor, now: Time) -> Result<i32, AppError> {
        use map_site_versions as t;
        let content = self.content()?;
        let before = Site::find(conn, &self.site_id)?;
        let withdrawn = match &before {
            Some(_) => None,
            None => Self::latest(conn, &self.site_id)?,
        };
        let base = match &before {
            Some(site) => Self::keep_first(conn, site, now)?,
            None => withdrawn.as_ref().and_then(|latest| latest.number).unwrap_or(0),
        };
        // A site as it came with the program had no number yet when the draft was written.
        if self.base_number != base && !(self.base_number == 0 && base == 1) {
            return Err(AppError::Conflict(&OUTDATED));
        }
        let number = base + 1;
        let changed = diesel::update(t::table.find(&self.id).filter(t::state.eq(VersionState::Open)))
            .set((
                t::state.eq(VersionState::Published),
                t::number.eq(Some(number)),
                t::reviewed_by.eq(Some(by.id.clone())),
                t::reviewed_by_name.eq(Some(by.name.clone())),
                t::reviewed_at.eq(Some(now)),
            ))
            .execute(conn)?;
        if changed != 1 {
            return Err(AppError::Conflict(&NOT_OPEN));
        }
        let stamp = Stamp { checked_by: unit_name(conn, &self.unit_id)?, demo: is_demo(conn, self)?, now };
        let site = content.site(&self.site_id, before, &stamp);
        let demo = site.demo;
        site.keep(conn)?;
        if let Some(version) = withdrawn {
            withdrawn_parts::restore(conn, &version.id)?;
        }
        if let Some(utilities) = &content.utilities {
            SiteSupply::replace(conn, &self.site_id, utilities, demo, now)?;
        }
        if let Some(line) = &content.red_line {
            line.replace(conn, &self.site_id, demo)?;
        }
        site_photo::publish(conn, &self.site_id, &content.photos)?;
        outbox::emit(conn, &SiteChanged { id: self.site_id.clone() }, now)?;
        Ok(number)
    }

    /// Keeps what came with the program as version 1, so that the first change can be compared; gives the newest
    /// number of the site.
    fn keep_first(conn: &mut DbConn, site: &Site, now: Time) -> Result<i32, AppError> {
        if let Some(latest) = Self::latest(conn, &site.id)? {
            return Ok(latest.number.unwrap_or(0));
        }
        let content = SiteContent::of(conn, site)?;
        let first = Self {
            id: VersionId::fresh(),
            site_id: site.id.clone(),
            number: Some(1),
            state: VersionState::Published,
            unit_id: site.unit_id.clone(),
            park_id: site.park_id.clone(),
            name: site.name.clone(),
            content: serde_json::to_string(&content).map_err(AppError::internal)?,
            note: None,
            base_number: 0,
            import_id: None,
            written_by: None,
            written_by_name: site.source.clone(),
            written_at: site.updated_at.min(now),
            reviewed_by: None,
            reviewed_by_name: None,
            reviewed_at: None,
            review_note: None,
        };
        diesel::insert_into(map_site_versions::table).values(first).execute(conn)?;
        Ok(1)
    }

    /// Takes a site off the map at once; the version says who and why.
    pub fn withdraw(
        conn: &mut DbConn,
        site: &Site,
        by: &Actor,
        now: Time,
        why: String,
    ) -> Result<(), AppError> {
        let base = Self::keep_first(conn, site, now)?;
        let content = SiteContent::of(conn, site)?;
        let author = Author { actor: by, now, note: Some(why), import_id: None };
        let version = Self {
            number: Some(base + 1),
            state: VersionState::Withdrawn,
            ..Self::draft(site.id.clone(), base, &content, &author)?
        };
        let id = version.id.clone();
        diesel::insert_into(map_site_versions::table).values(version).execute(conn)?;
        withdrawn_parts::keep(conn, &id, &site.id)?;
        site_photo::publish(conn, &site.id, &[])?;
        Site::remove(conn, &site.id)?;
        outbox::emit(conn, &SiteChanged { id: site.id.clone() }, now)
    }
}

/// What a visitor reads as the checker: the unit, not the person.
pub fn unit_name(conn: &mut DbConn, unit_id: &str) -> Result<String, AppError> {
    Ok(Unit::find(conn, unit_id)?.ok_or(AppError::NotFound)?.name)
}

fn is_demo(conn: &mut DbConn, version: &SiteVersion) -> Result<bool, AppError> {
    let Some(author) = &version.written_by else { return Ok(false) };
    Ok(auth_accounts::table.find(author).select(auth_accounts::demo).first(conn)?)
}

/// The units of these ids, by id: short names for lists.
pub fn unit_names(conn: &mut DbConn) -> Result<HashMap<String, (String, String)>, AppError> {
    let rows: Vec<(String, String, String)> =
        units::table.select((units::id, units::short_name, units::name_en)).load(conn)?;
    Ok(rows.into_iter().map(|(id, name, name_en)| (id, (name, name_en))).collect())
}
