//! What the rest of the house hears of sites: that one changed, and what concerns whom.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::people::auth::{AccountId, AccountState, Role};
use crate::people::units::UnitDuty;
use crate::platform::db::DbConn;
use crate::platform::outbox::Event;
use crate::schema::{auth_accounts, auth_roles, units};

/// The row of a site was published, changed, checked or taken off the map.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SiteChanged {
    pub id: String,
}
impl Event for SiteChanged {
    const NAME: &'static str = "SiteChanged";
}

macro_rules! told_events {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $name {
            pub reader_ids: Vec<AccountId>,
            pub title_zh: String,
            pub title_en: String,
            pub body_zh: String,
            pub body_en: String,
            /// Route inside the app
            pub link: String,
        }
        impl Event for $name {
            const NAME: &'static str = stringify!($name);
        }
        impl $name {
            pub fn to(reader_ids: Vec<AccountId>, title: (&str, &str), body: (String, String), link: String) -> Self {
                let (title_zh, title_en) = (title.0.to_owned(), title.1.to_owned());
                Self { reader_ids, title_zh, title_en, body_zh: body.0, body_en: body.1, link }
            }
        }
    )+};
}
told_events!(
    /// To whoever may look over a draft.
    SiteDraftWritten,
    /// To the author: published, or returned with a reason.
    SiteDraftAnswered,
    /// To the keepers: a visitor says that a site is not as shown.
    SiteReported,
    /// To the keepers: sites that nobody has checked for 90 days.
    SitesGrewStale
);

/// The officials of these units, and the coordinator's when asked for.
pub fn officials(
    conn: &mut DbConn,
    unit_ids: Vec<String>,
    with_coordinator: bool,
) -> Result<Vec<AccountId>, AppError> {
    let mut query = auth_roles::table
        .inner_join(auth_accounts::table.inner_join(units::table))
        .filter(auth_roles::role.eq(Role::UnitOfficial))
        .filter(auth_accounts::state.eq(AccountState::Active))
        .select(auth_accounts::id)
        .into_boxed();
    query = if with_coordinator {
        query.filter(units::id.eq_any(unit_ids).or(units::duty.eq(UnitDuty::Coordinator)))
    } else {
        query.filter(units::id.eq_any(unit_ids))
    };
    Ok(query.order(auth_accounts::id.asc()).load(conn)?)
}

/// The unit and the park of a site.
pub fn keepers_of(unit_id: &str, park_id: Option<&str>) -> Vec<String> {
    std::iter::once(unit_id).chain(park_id).map(str::to_owned).collect()
}
