//! A saved view: what one filters a list by, under a name; read again it must still be a filter of that list.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{AppError, Code};
use crate::libraries::enterprises::EnterpriseChoice;
use crate::libraries::imports::LibraryName;
use crate::libraries::institutions::InstitutionChoice;
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, is_unique_violation};
use crate::schema::{auth_accounts, saved_views};

const NAME_TAKEN: Code = Code::new(
    "saved_view.name_taken",
    "您已有同名的常用筛选，请换一个名称",
    "You have a view of this name already; choose another",
);
const FULL: Code = Code::new(
    "saved_view.full",
    "每个库最多保存 20 个常用筛选，请先删除不用的",
    "A library holds at most 20 views of yours; remove one first",
);
const NO_UNIT: Code = Code::new(
    "saved_view.no_unit",
    "您的账号不属于任何单位，不能与本单位共享",
    "Your account belongs to no unit with which a view could be shared",
);
/// As the table has it.
const PLACES: i32 = 20;
/// Days without a contact that one may look for.
const SILENCE: std::ops::RangeInclusive<u32> = 1..=3650;
/// So many views of colleagues are shown.
const MOST_SHARED: i64 = 100;

crate::typed_id!(SavedViewId);

/// The filters of one list, in that list's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListFilter {
    Enterprises(EnterpriseChoice),
    Institutions(InstitutionChoice),
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = saved_views)]
pub struct SavedView {
    pub id: SavedViewId,
    pub library: LibraryName,
    pub owner_id: AccountId,
    pub owner_name: String,
    pub place: i32,
    pub name: String,
    /// [`ListFilter`]
    pub filter: String,
    /// The unit whose people see it too
    pub shared_unit_id: Option<String>,
    pub kept_at: Time,
}

impl ListFilter {
    pub fn library(&self) -> LibraryName {
        match self {
            Self::Enterprises(_) => LibraryName::Enterprises,
            Self::Institutions(_) => LibraryName::Institutions,
        }
    }

    /// Only what is chosen: what a list filters by no more then matters to nobody who did not choose it.
    fn text(&self) -> Result<String, AppError> {
        let mut whole = serde_json::to_value(self).map_err(AppError::internal)?;
        for choice in whole.as_object_mut().into_iter().flat_map(|whole| whole.values_mut()) {
            if let Some(choice) = choice.as_object_mut() {
                choice.retain(|_, value| !value.is_null());
            }
        }
        Ok(whole.to_string())
    }

    /// Refuses what no list could be asked.
    pub fn judge(&self) -> Result<(), AppError> {
        match self {
            Self::Institutions(choice) if choice.silent_days.is_some_and(|n| !SILENCE.contains(&n)) => {
                Err(AppError::field("filter.institutions.silent_days", "input.range"))
            }
            _ => Ok(()),
        }
    }
}

fn named_once(e: diesel::result::Error) -> AppError {
    if is_unique_violation(&e) { AppError::Conflict(&NAME_TAKEN) } else { e.into() }
}

impl SavedView {
    /// Keeps a view in the first free place of its owner.
    pub fn keep(
        conn: &mut DbConn,
        owner: &Actor,
        name: &str,
        filter: &ListFilter,
        shared: bool,
        now: Time,
    ) -> Result<(), AppError> {
        use saved_views as t;
        // One at a time for each person: two requests would see the same place free.
        let query = auth_accounts::table.find(&owner.id).select(auth_accounts::id);
        let _held: AccountId = Locked { query, skip: false }.get_result(conn)?;
        let library = filter.library();
        let taken: Vec<i32> = t::table
            .filter(t::owner_id.eq(&owner.id))
            .filter(t::library.eq(library))
            .select(t::place)
            .load(conn)?;
        let place = (1..=PLACES).find(|place| !taken.contains(place)).ok_or(AppError::Conflict(&FULL))?;
        let view = Self {
            id: SavedViewId::fresh(),
            library,
            owner_id: owner.id.clone(),
            owner_name: owner.name.clone(),
            place,
            name: name.to_owned(),
            filter: filter.text()?,
            shared_unit_id: unit_of(owner, shared)?,
            kept_at: now,
        };
        diesel::insert_into(t::table).values(view).execute(conn).map_err(named_once)?;
        Ok(())
    }

    /// One's own, as they were kept, then those of the unit by name.
    pub fn seen(conn: &mut DbConn, actor: &Actor, library: LibraryName) -> Result<Vec<Self>, AppError> {
        use saved_views as t;
        let own = t::table.filter(t::owner_id.eq(&actor.id)).filter(t::library.eq(library));
        let mut seen: Vec<Self> = own.order(t::id.asc()).load(conn)?;
        if let Some(unit) = &actor.unit_id {
            let theirs = t::table
                .filter(t::shared_unit_id.eq(Some(unit.clone())))
                .filter(t::library.eq(library))
                .filter(t::owner_id.ne(&actor.id));
            seen.extend(theirs.order((t::name.asc(), t::id.asc())).limit(MOST_SHARED).load::<Self>(conn)?);
        }
        Ok(seen)
    }

    /// One's own; a colleague's is seen and not changed.
    pub fn own(conn: &mut DbConn, actor: &Actor, id: &SavedViewId) -> Result<Self, AppError> {
        let found: Option<Self> = saved_views::table.find(id).first(conn).optional()?;
        found.filter(|view| actor.is(&view.owner_id)).ok_or(AppError::NotFound)
    }

    pub fn rename(&self, conn: &mut DbConn, owner: &Actor, name: &str, shared: bool) -> Result<(), AppError> {
        use saved_views as t;
        let set = (t::name.eq(name), t::shared_unit_id.eq(unit_of(owner, shared)?));
        diesel::update(t::table.find(&self.id)).set(set).execute(conn).map_err(named_once)?;
        Ok(())
    }

    pub fn remove(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::delete(saved_views::table.find(&self.id)).execute(conn)?;
        Ok(())
    }

    /// `None` when the list no longer filters so.
    pub fn filter(&self) -> Option<ListFilter> {
        let filter: ListFilter = serde_json::from_str(&self.filter).ok()?;
        (filter.library() == self.library).then_some(filter)
    }
}

fn unit_of(owner: &Actor, shared: bool) -> Result<Option<String>, AppError> {
    match (&owner.unit_id, shared) {
        (_, false) => Ok(None),
        (None, true) => Err(AppError::Unprocessable(&NO_UNIT)),
        (Some(unit), true) => Ok(Some(unit.clone())),
    }
}
