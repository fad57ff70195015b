//! 候选清单: the sites that a person keeps, with a note each; begun on the phone, merged at sign-in.
use diesel::prelude::*;

use crate::each_database;
use crate::error::{AppError, Code};
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::schema::map_shortlist_entries;

pub const FULL: Code = Code::new(
    "shortlist.full",
    "候选清单最多 50 处，请先移除一些",
    "A shortlist holds at most 50 sites; take some off first",
);
pub const MOST: usize = 50;
pub const NOTE: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = map_shortlist_entries)]
pub struct Entry {
    pub account_id: AccountId,
    pub site_id: String,
    /// Empty for none
    pub note: String,
    pub kept_at: Time,
}

/// Newest first.
pub fn of(conn: &mut DbConn, account: &AccountId) -> Result<Vec<Entry>, AppError> {
    use map_shortlist_entries as t;
    Ok(t::table.filter(t::account_id.eq(account)).order((t::kept_at.desc(), t::site_id.asc())).load(conn)?)
}

pub fn keep(conn: &mut DbConn, entry: &Entry) -> Result<(), AppError> {
    use map_shortlist_entries as t;
    each_database!(conn, c => diesel::insert_into(t::table)
        .values(entry.clone())
        .on_conflict((t::account_id, t::site_id))
        .do_update()
        .set((t::note.eq(&entry.note), t::kept_at.eq(entry.kept_at)))
        .execute(c))?;
    let count: i64 = t::table.filter(t::account_id.eq(&entry.account_id)).count().get_result(conn)?;
    if usize::try_from(count).is_ok_and(|count| count <= MOST) {
        Ok(())
    } else {
        Err(AppError::Conflict(&FULL))
    }
}

pub fn drop(conn: &mut DbConn, account: &AccountId, site_id: &str) -> Result<(), AppError> {
    match diesel::delete(map_shortlist_entries::table.find((account, site_id))).execute(conn)? {
        0 => Err(AppError::NotFound),
        _ => Ok(()),
    }
}

/// What the phone kept, put to what the account holds: no site and no note is lost.
pub fn merged(held: &str, brought: &str) -> String {
    let (held, brought) = (held.trim(), brought.trim());
    if brought.is_empty() || held.contains(brought) {
        return held.to_owned();
    }
    if brought.contains(held) {
        return brought.to_owned();
    }
    format!("{held}\n{brought}").chars().take(NOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn no_note_is_lost_and_none_stands_twice() {
        assert_eq!(merged("", "看过"), "看过");
        assert_eq!(merged("看过", ""), "看过");
        assert_eq!(merged("看过", "看过"), "看过");
        assert_eq!(merged("看过，近高速", "看过"), "看过，近高速");
        assert_eq!(merged("看过", "电力够"), "看过\n电力够");
    }
}
