//! An enterprise worth courting: one record per credit code or, before it is known, per key of its name.
use std::collections::{HashMap, HashSet};

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::enterprises::pursuit::{Pursuit, PursuitState};
use crate::libraries::industry::Industry;
use crate::libraries::likeness::{beginnings, name_key};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked, beginning, containing, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{
    enterprise_contacts, enterprise_log_entries, enterprise_merges, enterprise_pursuits, enterprises,
};

const ALREADY_KEPT: Code = Code::new(
    "enterprise.already_kept",
    "这家企业已在库中，请打开已有记录",
    "This enterprise is in the library already; open its record",
);
/// A parent's parent's parent: deeper than any group that is kept here.
const GENERATIONS: usize = 8;
/// So many enterprises that a unit courts are looked up by name.
const FEW: i64 = 500;
/// Links or regions to choose from.
const CHOICES: i64 = 200;

crate::typed_id!(EnterpriseId);
crate::text_enum! {
    /// As the statistics bureau sorts enterprises (统计上大中小微型企业划分办法).
    pub enum EnterpriseScale {
        Large = "large", "大型", "Large";
        Medium = "medium", "中型", "Medium";
        Small = "small", "小型", "Small";
        Micro = "micro", "微型", "Micro";
    }
}
crate::text_enum! {
    /// Whose pursuit one looks for.
    pub enum Courting {
        Ours = "ours", "本单位在跟进", "Courted by us";
        Others = "others", "其他单位在跟进", "Courted by others";
        Nobody = "nobody", "无人跟进", "Courted by nobody";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = enterprises)]
pub struct Enterprise {
    pub id: EnterpriseId,
    pub name: String,
    pub credit_code: Option<String>,
    pub name_key: String,
    pub name_stem: String,
    pub industry: Industry,
    /// The link of its chain, such as 电池材料
    pub chain_link: Option<String>,
    pub scale: Option<EnterpriseScale>,
    /// Where it comes from
    pub region: Option<String>,
    /// What binds it to Yiyang (湘商益商回归)
    pub hometown_tie: Option<String>,
    pub parent_id: Option<EnterpriseId>,
    pub note: Option<String>,
    pub version: i32,
    pub created_by: AccountId,
    pub created_at: Time,
    /// When anything was last written about it
    pub touched_at: Time,
    pub merged_into: Option<EnterpriseId>,
    pub demo: bool,
}

/// What a person says of an enterprise.
#[derive(Debug, Clone, Serialize, Deserialize, AsChangeset)]
#[diesel(table_name = enterprises, treat_none_as_null = true)]
pub struct EnterpriseFacts {
    pub name: String,
    pub credit_code: Option<String>,
    pub name_key: String,
    pub name_stem: String,
    pub industry: Industry,
    pub chain_link: Option<String>,
    pub scale: Option<EnterpriseScale>,
    pub region: Option<String>,
    pub hometown_tie: Option<String>,
    pub parent_id: Option<EnterpriseId>,
    pub note: Option<String>,
}

/// What one looks for in the library.
#[derive(Debug, Clone, Default)]
pub struct EnterpriseSearch {
    pub words: Option<String>,
    pub industry: Option<Industry>,
    /// The whole name of a link
    pub chain_link: Option<String>,
    pub scale: Option<EnterpriseScale>,
    /// The whole region, as it is written
    pub region: Option<String>,
    pub courting: Option<Courting>,
    /// The asker's unit, for `courting`
    pub unit_id: Option<String>,
}

impl EnterpriseSearch {
    /// Whether nothing is asked for but who courts them.
    fn is_plain(&self) -> bool {
        let placed = self.industry.is_some() || self.chain_link.is_some();
        self.words.is_none() && !placed && self.scale.is_none() && self.region.is_none()
    }
}

fn kept_once(e: diesel::result::Error) -> AppError {
    if is_unique_violation(&e) { AppError::Conflict(&ALREADY_KEPT) } else { e.into() }
}

impl Enterprise {
    pub fn new(facts: EnterpriseFacts, by: AccountId, now: Time) -> Self {
        Self {
            id: EnterpriseId::fresh(),
            name: facts.name,
            credit_code: facts.credit_code,
            name_key: facts.name_key,
            name_stem: facts.name_stem,
            industry: facts.industry,
            chain_link: facts.chain_link,
            scale: facts.scale,
            region: facts.region,
            hometown_tie: facts.hometown_tie,
            parent_id: facts.parent_id,
            note: facts.note,
            version: 1,
            created_by: by,
            created_at: now,
            touched_at: now,
            merged_into: None,
            demo: false,
        }
    }

    /// What is said of it now.
    pub fn facts(&self) -> EnterpriseFacts {
        EnterpriseFacts {
            name: self.name.clone(),
            credit_code: self.credit_code.clone(),
            name_key: self.name_key.clone(),
            name_stem: self.name_stem.clone(),
            industry: self.industry,
            chain_link: self.chain_link.clone(),
            scale: self.scale,
            region: self.region.clone(),
            hometown_tie: self.hometown_tie.clone(),
            parent_id: self.parent_id.clone(),
            note: self.note.clone(),
        }
    }

    /// The record that stands for these facts already: of the same code or, where one has none, of the same name.
    pub fn same_as(conn: &mut DbConn, facts: &EnterpriseFacts) -> Result<Option<EnterpriseId>, AppError> {
        use enterprises as t;
        let standing = || t::table.filter(t::merged_into.is_null()).select(t::id);
        if let Some(code) = &facts.credit_code {
            let same = standing().filter(t::credit_code.eq(Some(code.clone())));
            if let Some(id) = same.first(conn).optional()? {
                return Ok(Some(id));
            }
        }
        let mut same = standing().filter(t::name_key.eq(facts.name_key.clone())).into_boxed();
        if facts.credit_code.is_some() {
            same = same.filter(t::credit_code.is_null());
        }
        Ok(same.first(conn).optional()?)
    }

    /// Takes out a record that is as it was put in, and of which nothing else speaks; tells whether it was.
    pub fn take_out(conn: &mut DbConn, id: &EnterpriseId) -> Result<bool, AppError> {
        use enterprises as t;
        let one = id.clone();
        let elsewhere = [
            enterprise_contacts::table
                .filter(enterprise_contacts::enterprise_id.eq(id))
                .count()
                .get_result(conn)?,
            enterprise_pursuits::table
                .filter(enterprise_pursuits::enterprise_id.eq(id))
                .count()
                .get_result(conn)?,
            enterprise_log_entries::table
                .filter(enterprise_log_entries::enterprise_id.eq(id))
                .count()
                .get_result(conn)?,
            enterprise_merges::table
                .filter(enterprise_merges::from_id.eq(id).or(enterprise_merges::into_id.eq(id)))
                .count()
                .get_result(conn)?,
            t::table.filter(t::parent_id.eq(Some(one))).count().get_result::<i64>(conn)?,
        ];
        if elsewhere.iter().any(|n| *n > 0) {
            return Ok(false);
        }
        let untouched = t::table.find(id).filter(t::version.eq(1)).filter(t::merged_into.is_null());
        Ok(diesel::delete(untouched).execute(conn)? == 1)
    }

    /// Writes again what was said before, unless somebody has written since; tells whether it did.
    pub fn change_back(
        conn: &mut DbConn,
        id: &EnterpriseId,
        version: i32,
        before: EnterpriseFacts,
        now: Time,
    ) -> Result<bool, AppError> {
        use enterprises as t;
        let same = t::table.find(id).filter(t::version.eq(version)).filter(t::merged_into.is_null());
        let set = (before, t::version.eq(version + 1), t::touched_at.eq(now));
        Ok(diesel::update(same).set(set).execute(conn).map_err(kept_once)? == 1)
    }

    /// The table refuses a second record of one enterprise.
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(enterprises::table).values(self.clone()).execute(conn).map_err(kept_once)?;
        Ok(())
    }

    /// Whether a record that stands has this key of a name.
    pub fn is_kept(conn: &mut DbConn, name_key: &str) -> Result<bool, AppError> {
        use enterprises as t;
        let same = t::table.filter(t::name_key.eq(name_key.to_owned())).filter(t::merged_into.is_null());
        Ok(same.count().get_result::<i64>(conn)? > 0)
    }

    pub fn find(conn: &mut DbConn, id: &EnterpriseId) -> Result<Self, AppError> {
        enterprises::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// One that is not merged into another: what is written goes there alone.
    pub fn standing(conn: &mut DbConn, id: &EnterpriseId) -> Result<Self, AppError> {
        let found = Self::find(conn, id)?;
        if found.merged_into.is_none() { Ok(found) } else { Err(AppError::Conflict(&CONFLICT)) }
    }

    pub fn find_all(conn: &mut DbConn, ids: Vec<EnterpriseId>) -> Result<Vec<Self>, AppError> {
        Ok(enterprises::table.filter(enterprises::id.eq_any(ids)).load(conn)?)
    }

    /// Those that were merged into it.
    pub fn merged(conn: &mut DbConn, id: &EnterpriseId) -> Result<Vec<Self>, AppError> {
        use enterprises as t;
        Ok(t::table.filter(t::merged_into.eq(id.clone())).order(t::id.asc()).load(conn)?)
    }

    /// Most lately touched first.
    pub fn list(
        conn: &mut DbConn,
        search: &EnterpriseSearch,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use enterprises as t;
        let limit = paging.limit()?;
        let after = paging.after_moment::<EnterpriseId>()?;
        let mut query = t::table.filter(t::merged_into.is_null()).into_boxed();
        if let Some(words) = &search.words {
            // Of a sign alone no key is left.
            let key =
                Some(name_key(words)).filter(|key| !key.is_empty()).unwrap_or_else(|| words.to_lowercase());
            let code = words.trim().to_ascii_uppercase();
            query = query.filter(
                t::name
                    .like(containing(words.trim()))
                    .escape('\\')
                    .or(t::name_key.like(containing(&key)).escape('\\'))
                    .or(t::credit_code.eq(code).assume_not_null()),
            );
        }
        if let Some(industry) = search.industry {
            query = query.filter(t::industry.eq(industry));
        }
        if let Some(link) = &search.chain_link {
            query = query.filter(t::chain_link.eq(link.trim().to_owned()));
        }
        if let Some(scale) = search.scale {
            query = query.filter(t::scale.eq(scale));
        }
        if let Some(region) = &search.region {
            query = query.filter(t::region.eq(region.trim().to_owned()));
        }
        if let Some(courting) = search.courting {
            use enterprise_pursuits as p;
            let unit = search.unit_id.clone().unwrap_or_default();
            let open = || p::table.filter(p::state.eq(PursuitState::Open));
            let here = || open().filter(p::enterprise_id.eq(t::id));
            // Few are looked up by name; of many the list soon meets enough.
            query = match courting {
                Courting::Nobody => query.filter(not(exists(here()))),
                // Nothing else is asked for: they are listed in this order already.
                Courting::Ours if search.is_plain() => {
                    query.filter(t::id.eq_any(Pursuit::next_courted(conn, &unit, after.as_ref(), limit + 1)?))
                }
                Courting::Ours => query.filter(exists(here().filter(p::unit_id.eq(unit)))),
                Courting::Others => {
                    let theirs = || open().filter(p::unit_id.ne(unit.clone())).select(p::enterprise_id);
                    let many: Option<EnterpriseId> = theirs().offset(FEW).first(conn).optional()?;
                    match many {
                        None => {
                            let ids: Vec<EnterpriseId> = theirs().load(conn)?;
                            query.filter(t::id.eq_any(ids))
                        }
                        Some(_) => query.filter(exists(here().filter(p::unit_id.ne(unit.clone())))),
                    }
                }
            };
        }
        if let Some((at, id)) = after {
            // The first condition is where an index is entered.
            query = query.filter(t::touched_at.le(at).and(t::touched_at.lt(at).or(t::id.lt(id))));
        }
        let order = (t::touched_at.desc(), t::id.desc());
        let rows: Vec<Self> = query.order(order).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |e| vec![e.touched_at.millis().to_string(), e.id.to_string()]))
    }

    /// The links and the regions that are written of any, in order.
    pub fn choices(conn: &mut DbConn) -> Result<(Vec<String>, Vec<String>), AppError> {
        use enterprises as t;
        let links: Vec<Option<String>> = t::table
            .filter(t::merged_into.is_null())
            .filter(t::chain_link.is_not_null())
            .group_by(t::chain_link)
            .select(t::chain_link)
            .order(t::chain_link.asc())
            .limit(CHOICES)
            .load(conn)?;
        let regions: Vec<Option<String>> = t::table
            .filter(t::merged_into.is_null())
            .filter(t::region.is_not_null())
            .group_by(t::region)
            .select(t::region)
            .order(t::region.asc())
            .limit(CHOICES)
            .load(conn)?;
        Ok((links.into_iter().flatten().collect(), regions.into_iter().flatten().collect()))
    }

    /// How many of an industry stand on each of these links.
    pub fn count_on_links(
        conn: &mut DbConn,
        industry: Industry,
        links: &[String],
    ) -> Result<Vec<(String, i64)>, AppError> {
        use enterprises as t;
        let rows: Vec<(Option<String>, i64)> = t::table
            .filter(t::industry.eq(industry))
            .filter(t::chain_link.eq_any(links.to_vec()))
            .filter(t::merged_into.is_null())
            .group_by(t::chain_link)
            .select((t::chain_link, diesel::dsl::count_star()))
            .load(conn)?;
        Ok(rows.into_iter().filter_map(|(link, count)| Some((link?, count))).collect())
    }

    /// Id, name, whether it is invented, and link of those on these links, most lately touched first.
    pub fn on_links(
        conn: &mut DbConn,
        industry: Industry,
        links: &[String],
    ) -> Result<Vec<(EnterpriseId, String, bool, String)>, AppError> {
        use enterprises as t;
        let rows: Vec<(EnterpriseId, String, bool, Option<String>)> = t::table
            .filter(t::industry.eq(industry))
            .filter(t::chain_link.eq_any(links.to_vec()))
            .filter(t::merged_into.is_null())
            .order((t::touched_at.desc(), t::id.desc()))
            .limit(500)
            .select((t::id, t::name, t::demo, t::chain_link))
            .load(conn)?;
        Ok(rows.into_iter().filter_map(|(id, name, demo, link)| Some((id, name, demo, link?))).collect())
    }

    /// Those that may be the enterprise of this name, code or phone, whoever knows the phone; what is the same comes before
    /// what only begins alike.
    pub fn candidates(
        conn: &mut DbConn,
        (key, stem): (&str, &str),
        code: Option<&str>,
        phone: Option<&str>,
        most: usize,
    ) -> Result<Vec<(Self, bool)>, AppError> {
        use {enterprise_contacts as c, enterprises as t};
        let limit = i64::try_from(most).map_err(AppError::internal)?;
        let standing = || t::table.filter(t::merged_into.is_null()).order(t::id.asc()).limit(limit);
        let mut found: Vec<Self> = Vec::new();
        if let Some(code) = code {
            found.extend(standing().filter(t::credit_code.eq(code.to_owned())).load::<Self>(conn)?);
        }
        let mut by_phone: Vec<EnterpriseId> = Vec::new();
        if let Some(phone) = phone {
            let known: Vec<(EnterpriseId, Option<EnterpriseId>)> = c::table
                .inner_join(t::table)
                .filter(c::phone.eq(phone.to_owned()))
                .filter(c::removed_at.is_null())
                .select((t::id, t::merged_into))
                .distinct()
                .limit(limit)
                .load(conn)?;
            // Who was merged is spoken for by another.
            by_phone = known.into_iter().map(|(id, into)| into.unwrap_or(id)).collect();
            found.extend(standing().filter(t::id.eq_any(by_phone.clone())).load::<Self>(conn)?);
        }
        if !stem.is_empty() {
            let named = || standing().filter(t::name_stem.eq(stem.to_owned()));
            found.extend(named().filter(t::name_key.eq(key.to_owned())).load::<Self>(conn)?);
            let parents = t::name_key.eq_any(beginnings(key));
            let branches = t::name_key.like(beginning(key)).escape('\\');
            found.extend(named().filter(parents.or(branches)).load::<Self>(conn)?);
        }
        let mut seen = HashSet::new();
        found.retain(|one| seen.insert(one.id.clone()));
        found.truncate(most);
        let told = |one: Self| {
            let phone = by_phone.contains(&one.id);
            (one, phone)
        };
        Ok(found.into_iter().map(told).collect())
    }

    /// Writes what is said of it now; refuses when somebody else wrote since `version`.
    pub fn change(
        conn: &mut DbConn,
        id: &EnterpriseId,
        version: i32,
        facts: EnterpriseFacts,
        now: Time,
    ) -> Result<(), AppError> {
        use enterprises as t;
        if let Some(parent) = &facts.parent_id {
            refuse_circle(conn, id, parent)?;
        }
        let same = t::table.find(id).filter(t::version.eq(version)).filter(t::merged_into.is_null());
        let set = (facts, t::version.eq(version + 1), t::touched_at.eq(now));
        match diesel::update(same).set(set).execute(conn).map_err(kept_once)? {
            1 => Ok(()),
            _ => Err(AppError::Conflict(&CONFLICT)),
        }
    }

    pub fn touch(conn: &mut DbConn, id: &EnterpriseId, now: Time) -> Result<(), AppError> {
        diesel::update(enterprises::table.find(id)).set(enterprises::touched_at.eq(now)).execute(conn)?;
        Ok(())
    }

    /// Those of these that stand, held for this transaction.
    pub fn held(conn: &mut DbConn, ids: &[EnterpriseId]) -> Result<HashMap<EnterpriseId, Self>, AppError> {
        use enterprises as t;
        let standing = t::table.filter(t::id.eq_any(ids.to_vec())).filter(t::merged_into.is_null());
        // In one order, so that two who hold some of the same wait for each other.
        let rows: Vec<Self> = Locked { query: standing.order(t::id.asc()), skip: false }.load(conn)?;
        Ok(rows.into_iter().map(|one| (one.id.clone(), one)).collect())
    }

    /// Puts one that is held into another place of the chains.
    pub fn sort_anew(
        &self,
        conn: &mut DbConn,
        industry: Industry,
        chain_link: Option<&str>,
        now: Time,
    ) -> Result<(), AppError> {
        use enterprises as t;
        let set = (
            t::industry.eq(industry),
            t::chain_link.eq(chain_link),
            t::version.eq(self.version + 1),
            t::touched_at.eq(now),
        );
        diesel::update(t::table.find(&self.id)).set(set).execute(conn)?;
        Ok(())
    }

    /// Points it at the record that speaks for it, or lets it stand alone again.
    pub fn set_merged(
        conn: &mut DbConn,
        id: &EnterpriseId,
        into: Option<&EnterpriseId>,
    ) -> Result<(), AppError> {
        use enterprises as t;
        let set = t::merged_into.eq(into.cloned());
        diesel::update(t::table.find(id)).set(set).execute(conn).map_err(kept_once)?;
        Ok(())
    }
}

/// An enterprise is not its own ancestor.
fn refuse_circle(conn: &mut DbConn, id: &EnterpriseId, parent: &EnterpriseId) -> Result<(), AppError> {
    let mut next = Some(parent.clone());
    for _ in 0..GENERATIONS {
        let Some(one) = next else { return Ok(()) };
        if one == *id {
            return Err(AppError::field("parent_id", "input.choice"));
        }
        let found: Option<Option<EnterpriseId>> =
            enterprises::table.find(&one).select(enterprises::parent_id).first(conn).optional()?;
        next = found.flatten();
    }
    Err(AppError::field("parent_id", "input.choice"))
}
