//! An institution that knows investors: one record per credit code or, before it is known, per careful key of its name.
use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, CONFLICT, Code};
use crate::libraries::industry::Industry;
use crate::libraries::institutions::coverage::Coverage;
use crate::libraries::likeness::{beginnings, careful_keys_of};
use crate::people::auth::{AccountId, Actor, Scope};
use crate::people::units::Unit;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, beginning, containing, is_unique_violation};
use crate::platform::page::{Page, Paging};
use crate::schema::{
    institution_agreements, institution_bringers, institution_contacts, institution_industries,
    institution_log_entries, institution_regions, institutions,
};

const ALREADY_KEPT: Code = Code::new(
    "institution.already_kept",
    "这家机构已在库中，请打开已有记录",
    "This institution is in the library already; open its record",
);
const KEPT_BY_ANOTHER: Code = Code::new(
    "institution.kept_by_another_unit",
    "这家机构由其他单位负责联络，请联系该单位或市级专班修改",
    "Another unit keeps this institution; ask it, or the city's task force, to change the record",
);

crate::typed_id!(InstitutionId);
crate::text_enum! {
    /// What an institution is (article 7; liaison units in the annex).
    pub enum InstitutionKind {
        Chamber = "chamber", "异地商协会", "Chamber of commerce outside the city";
        Association = "association", "行业协会", "Industry association";
        Institute = "institute", "科研院所", "Research institute";
        Fund = "fund", "投资基金", "Investment fund";
        ConsultantFirm = "consultant_firm", "招商顾问机构", "Consultant firm";
        LiaisonOffice = "liaison_office", "驻外联络机构", "Liaison office";
        Other = "other", "其他机构", "Other";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = institutions)]
pub struct Institution {
    pub id: InstitutionId,
    pub kind: InstitutionKind,
    pub name: String,
    pub credit_code: Option<String>,
    pub name_key: String,
    pub name_stem: String,
    /// Where it sits
    pub seat: Option<String>,
    /// The unit that answers for being in touch with it
    pub keeper_unit_id: Option<String>,
    pub note: Option<String>,
    pub version: i32,
    pub created_by: AccountId,
    pub created_at: Time,
    /// When anything was last written about it
    pub touched_at: Time,
    /// When any unit was last in contact: everybody may know that
    pub last_contact_at: Option<Time>,
    pub demo: bool,
}

/// What a person says of an institution, besides what it covers.
#[derive(Debug, Clone, Serialize, Deserialize, AsChangeset)]
#[diesel(table_name = institutions, treat_none_as_null = true)]
pub struct InstitutionFacts {
    pub kind: InstitutionKind,
    pub name: String,
    pub credit_code: Option<String>,
    pub name_key: String,
    pub name_stem: String,
    pub seat: Option<String>,
    pub keeper_unit_id: Option<String>,
    pub note: Option<String>,
}

/// What one looks for in the library.
#[derive(Debug, Clone, Default)]
pub struct InstitutionSearch {
    pub words: Option<String>,
    pub kind: Option<InstitutionKind>,
    /// Part of the name of a region
    pub region: Option<String>,
    pub industry: Option<Industry>,
    pub keeper_unit_id: Option<String>,
    /// No contact was written down on this day or after it
    pub silent_since: Option<NaiveDate>,
}

fn kept_once(e: diesel::result::Error) -> AppError {
    if is_unique_violation(&e) { AppError::Conflict(&ALREADY_KEPT) } else { e.into() }
}

impl Institution {
    pub fn new(facts: InstitutionFacts, by: AccountId, now: Time) -> Self {
        Self {
            id: InstitutionId::fresh(),
            kind: facts.kind,
            name: facts.name,
            credit_code: facts.credit_code,
            name_key: facts.name_key,
            name_stem: facts.name_stem,
            seat: facts.seat,
            keeper_unit_id: facts.keeper_unit_id,
            note: facts.note,
            version: 1,
            created_by: by,
            created_at: now,
            touched_at: now,
            last_contact_at: None,
            demo: false,
        }
    }

    /// The table refuses a second record of one institution.
    pub fn insert(&self, conn: &mut DbConn, covers: &Coverage) -> Result<(), AppError> {
        diesel::insert_into(institutions::table).values(self.clone()).execute(conn).map_err(kept_once)?;
        covers.write(conn, &self.id)
    }

    /// What is said of it now, besides what it covers.
    pub fn facts(&self) -> InstitutionFacts {
        InstitutionFacts {
            kind: self.kind,
            name: self.name.clone(),
            credit_code: self.credit_code.clone(),
            name_key: self.name_key.clone(),
            name_stem: self.name_stem.clone(),
            seat: self.seat.clone(),
            keeper_unit_id: self.keeper_unit_id.clone(),
            note: self.note.clone(),
        }
    }

    /// The record that stands for these facts already: of the same code or, where one has none, of the same name.
    pub fn same_as(conn: &mut DbConn, facts: &InstitutionFacts) -> Result<Option<InstitutionId>, AppError> {
        use institutions as t;
        if let Some(code) = &facts.credit_code {
            let same = t::table.filter(t::credit_code.eq(code.clone())).select(t::id);
            if let Some(id) = same.first(conn).optional()? {
                return Ok(Some(id));
            }
        }
        let mut same = t::table.filter(t::name_key.eq(facts.name_key.clone())).select(t::id).into_boxed();
        if facts.credit_code.is_some() {
            same = same.filter(t::credit_code.is_null());
        }
        Ok(same.first(conn).optional()?)
    }

    /// Takes out a record that is as it was put in, and of which nothing else speaks; tells whether it was.
    pub fn take_out(conn: &mut DbConn, id: &InstitutionId) -> Result<bool, AppError> {
        use {institution_agreements as a, institution_bringers as b, institution_contacts as c};
        use {institution_log_entries as l, institutions as t};
        let elsewhere: [i64; 4] = [
            c::table.filter(c::institution_id.eq(id)).count().get_result(conn)?,
            l::table.filter(l::institution_id.eq(id)).count().get_result(conn)?,
            b::table.filter(b::institution_id.eq(id)).count().get_result(conn)?,
            a::table.filter(a::institution_id.eq(id)).count().get_result(conn)?,
        ];
        let untouched = t::table.find(id).filter(t::version.eq(1));
        if elsewhere.iter().any(|n| *n > 0) || untouched.count().get_result::<i64>(conn)? == 0 {
            return Ok(false);
        }
        Coverage::default().write(conn, id)?;
        diesel::delete(t::table.find(id)).execute(conn)?;
        Ok(true)
    }

    /// Writes again what was said before, unless somebody has written since; tells whether it did.
    pub fn change_back(
        conn: &mut DbConn,
        id: &InstitutionId,
        version: i32,
        before: InstitutionFacts,
        covers: &Coverage,
        now: Time,
    ) -> Result<bool, AppError> {
        match Self::change(conn, id, version, before, covers, now) {
            Ok(()) => Ok(true),
            Err(AppError::Conflict(code)) if code == &CONFLICT => Ok(false),
            Err(e) => Err(e),
        }
    }

    pub fn find_all(conn: &mut DbConn, ids: Vec<InstitutionId>) -> Result<Vec<Self>, AppError> {
        Ok(institutions::table.filter(institutions::id.eq_any(ids)).load(conn)?)
    }

    pub fn is_kept(conn: &mut DbConn, name_key: &str) -> Result<bool, AppError> {
        let same = institutions::table.filter(institutions::name_key.eq(name_key.to_owned()));
        Ok(same.count().get_result::<i64>(conn)? > 0)
    }

    pub fn find(conn: &mut DbConn, id: &InstitutionId) -> Result<Self, AppError> {
        institutions::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)
    }

    /// Whether the actor may write its record: of its keeper unit, or reaching all; one without a keeper is anybody's.
    pub fn is_kept_by(&self, actor: &Actor) -> bool {
        self.keeper_unit_id.is_none() || actor.reaches(None, self.keeper_unit_id.as_deref())
    }

    pub fn refuse_strangers(&self, actor: &Actor) -> Result<(), AppError> {
        if self.is_kept_by(actor) { Ok(()) } else { Err(AppError::Forbidden(&KEPT_BY_ANOTHER)) }
    }

    /// Most lately touched first.
    pub fn list(
        conn: &mut DbConn,
        search: &InstitutionSearch,
        paging: &Paging,
    ) -> Result<Page<Self>, AppError> {
        use institutions as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if let Some(words) = &search.words {
            // Of a sign alone no key is left.
            let key = Some(careful_keys_of(words).0).filter(|key| !key.is_empty());
            let key = key.unwrap_or_else(|| words.to_lowercase());
            let code = words.trim().to_ascii_uppercase();
            query = query.filter(
                t::name
                    .like(containing(words.trim()))
                    .escape('\\')
                    .or(t::name_key.like(containing(&key)).escape('\\'))
                    .or(t::credit_code.eq(code).assume_not_null()),
            );
        }
        if let Some(kind) = search.kind {
            query = query.filter(t::kind.eq(kind));
        }
        if let Some(region) = &search.region {
            use institution_regions as r;
            let there = r::table.filter(r::region.like(containing(region.trim())).escape('\\'));
            query = query.filter(t::id.eq_any(there.select(r::institution_id)));
        }
        if let Some(industry) = search.industry {
            use institution_industries as i;
            query = query
                .filter(t::id.eq_any(i::table.filter(i::industry.eq(industry)).select(i::institution_id)));
        }
        if let Some(unit) = &search.keeper_unit_id {
            query = query.filter(t::keeper_unit_id.eq(unit.clone()));
        }
        if let Some(day) = search.silent_since {
            let day = Time::start_of(day);
            query =
                query.filter(t::last_contact_at.is_null().or(t::last_contact_at.lt(day).assume_not_null()));
        }
        if let Some((at, id)) = paging.after_moment::<InstitutionId>()? {
            // The first condition is where an index is entered.
            query = query.filter(t::touched_at.le(at).and(t::touched_at.lt(at).or(t::id.lt(id))));
        }
        let order = (t::touched_at.desc(), t::id.desc());
        let rows: Vec<Self> = query.order(order).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |one| vec![one.touched_at.millis().to_string(), one.id.to_string()]))
    }

    /// Those that may be the institution of this name, code or phone, whoever knows the phone; what is the same comes before
    /// what only begins alike.
    pub fn candidates(
        conn: &mut DbConn,
        (key, stem): (&str, &str),
        code: Option<&str>,
        phone: Option<&str>,
        most: usize,
    ) -> Result<Vec<(Self, bool)>, AppError> {
        use {institution_contacts as c, institutions as t};
        let limit = i64::try_from(most).map_err(AppError::internal)?;
        let standing = || t::table.order(t::id.asc()).limit(limit);
        let mut found: Vec<Self> = Vec::new();
        if let Some(code) = code {
            found.extend(standing().filter(t::credit_code.eq(code.to_owned())).load::<Self>(conn)?);
        }
        let mut by_phone: Vec<InstitutionId> = Vec::new();
        if let Some(phone) = phone {
            by_phone = c::table
                .filter(c::phone.eq(phone.to_owned()))
                .filter(c::removed_at.is_null())
                .select(c::institution_id)
                .distinct()
                .limit(limit)
                .load(conn)?;
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
        id: &InstitutionId,
        version: i32,
        facts: InstitutionFacts,
        covers: &Coverage,
        now: Time,
    ) -> Result<(), AppError> {
        use institutions as t;
        let same = t::table.find(id).filter(t::version.eq(version));
        let set = (facts, t::version.eq(version + 1), t::touched_at.eq(now));
        match diesel::update(same).set(set).execute(conn).map_err(kept_once)? {
            1 => covers.write(conn, id),
            _ => Err(AppError::Conflict(&CONFLICT)),
        }
    }

    pub fn touch(conn: &mut DbConn, id: &InstitutionId, now: Time) -> Result<(), AppError> {
        use institutions as t;
        diesel::update(t::table.find(id)).set(t::touched_at.eq(now)).execute(conn)?;
        Ok(())
    }

    /// A contact took place; an earlier one that is written down later moves nothing.
    pub fn note_contact(conn: &mut DbConn, id: &InstitutionId, at: Time, now: Time) -> Result<(), AppError> {
        use institutions as t;
        let earlier = t::last_contact_at.is_null().or(t::last_contact_at.lt(at).assume_not_null());
        diesel::update(t::table.find(id).filter(earlier))
            .set(t::last_contact_at.eq(Some(at)))
            .execute(conn)?;
        Self::touch(conn, id, now)
    }
}

/// The unit that keeps an institution from now on: whoever does not reach all names their own, or leaves it as it is.
pub fn keeper(
    conn: &mut DbConn,
    actor: &Actor,
    wish: Option<&str>,
    before: Option<&str>,
) -> Result<Option<String>, AppError> {
    let refused = || AppError::field("keeper_unit_id", "input.choice");
    let allowed = actor.scope() == Scope::Any || wish == before || wish.is_none_or(|unit| actor.is_of(unit));
    if !allowed {
        return Err(refused());
    }
    match wish {
        Some(unit) => Ok(Some(Unit::find(conn, unit)?.ok_or_else(refused)?.id)),
        None => Ok(None),
    }
}
