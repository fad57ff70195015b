//! An offer: who it is for, what it holds, until when; its link is known here only as a hash.
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::people::auth::{AccountId, Actor};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::input::{Line, Prose};
use crate::platform::page::{Page, Paging};
use crate::platform::random;
use crate::schema::{auth_accounts, offers};

pub const ENDED: Code = Code::new(
    "offer.ended",
    "这一页已到期或已撤回，请与给您链接的工作人员联系",
    "This page has expired or was withdrawn; please ask whoever gave you the link",
);
pub const WITHDRAWN: Code = Code::new("offer.withdrawn", "这一页已经撤回", "This offer has been withdrawn");

crate::typed_id!(OfferId);
crate::text_enum! {
    /// Whether an offer's link opens.
    pub enum OfferState {
        Open = "open", "有效", "Open";
        Expired = "expired", "已到期", "Expired";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
    }
}

/// One site of an offer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferedSite {
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub site_id: Line<40>,
    /// Why this one
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub note: Option<Prose<300>>,
}

#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = offers)]
pub struct Offer {
    pub id: OfferId,
    pub number: String,
    pub unit_id: String,
    pub investor_name: String,
    pub greeting: String,
    /// [`OfferedSite`]s
    pub sites: String,
    /// Slugs of content pages
    pub policies: String,
    pub contact_name: String,
    pub contact_phone: String,
    /// A keyed hash: who reads the table cannot open the page
    pub token_hash: String,
    pub demo: bool,
    /// `open` or `withdrawn`; expiry follows from the time
    pub state: OfferState,
    pub expires_at: Time,
    pub created_by: AccountId,
    pub created_by_name: String,
    pub created_at: Time,
    pub withdrawn_by: Option<String>,
    pub withdrawn_at: Option<Time>,
    pub withdrawn_reason: Option<String>,
}

/// A fresh link secret and what is kept of it.
pub fn fresh_token(app: &App) -> (String, String) {
    let token = random::token();
    let hash = hash_of(app, &token);
    (token, hash)
}

pub fn hash_of(app: &App, token: &str) -> String {
    app.keys.hash(&["offer", token])
}

impl Offer {
    pub fn insert(&self, conn: &mut DbConn) -> Result<(), AppError> {
        diesel::insert_into(offers::table).values(self.clone()).execute(conn)?;
        Ok(())
    }

    /// For the unit that made it.
    pub fn find(conn: &mut DbConn, actor: &Actor, id: &OfferId) -> Result<Self, AppError> {
        let offer: Self = offers::table.find(id).first(conn).optional()?.ok_or(AppError::NotFound)?;
        if actor.reaches(Some(&offer.created_by), Some(&offer.unit_id)) {
            Ok(offer)
        } else {
            Err(AppError::NotFound)
        }
    }

    /// Newest first.
    pub fn list(conn: &mut DbConn, actor: &Actor, paging: &Paging) -> Result<Page<Self>, AppError> {
        use offers as t;
        let limit = paging.limit()?;
        let mut query = t::table.into_boxed();
        if actor.scope() != crate::people::auth::Scope::Any {
            let unit = actor.unit_id.clone().unwrap_or_default();
            query = query.filter(t::unit_id.eq(unit).or(t::created_by.eq(actor.id.clone())));
        }
        if let Some(after) = paging.after_key()? {
            query = query.filter(t::id.lt(after));
        }
        let rows: Vec<Self> = query.order(t::id.desc()).limit(limit + 1).load(conn)?;
        Ok(Page::of(rows, limit, |offer| vec![offer.id.to_string()]))
    }

    /// The offer that a link opens, as long as it does.
    pub fn opened_by(conn: &mut DbConn, hash: &str, now: Time) -> Result<Self, AppError> {
        let found: Option<Self> = offers::table.filter(offers::token_hash.eq(hash)).first(conn).optional()?;
        let offer = found.ok_or(AppError::NotFound)?;
        if offer.state_at(now) == OfferState::Open { Ok(offer) } else { Err(AppError::Conflict(&ENDED)) }
    }

    pub fn state_at(&self, now: Time) -> OfferState {
        if self.state == OfferState::Open && self.expires_at <= now {
            OfferState::Expired
        } else {
            self.state
        }
    }

    /// From now on another link opens it, and the one before does not.
    pub fn relink(&self, conn: &mut DbConn, hash: &str) -> Result<(), AppError> {
        use offers as t;
        if self.state == OfferState::Withdrawn {
            return Err(AppError::Conflict(&WITHDRAWN));
        }
        diesel::update(t::table.find(&self.id)).set(t::token_hash.eq(hash)).execute(conn)?;
        Ok(())
    }

    pub fn withdraw(&self, conn: &mut DbConn, by: &Actor, now: Time, why: &str) -> Result<(), AppError> {
        use offers as t;
        let changed = diesel::update(t::table.find(&self.id).filter(t::state.eq(OfferState::Open)))
            .set((
                t::state.eq(OfferState::Withdrawn),
                t::withdrawn_by.eq(Some(by.id.to_string())),
                t::withdrawn_at.eq(Some(now)),
                t::withdrawn_reason.eq(Some(why)),
            ))
            .execute(conn)?;
        if changed == 1 { Ok(()) } else { Err(AppError::Conflict(&WITHDRAWN)) }
    }

    pub fn offered_sites(&self) -> Result<Vec<OfferedSite>, AppError> {
        serde_json::from_str(&self.sites).map_err(AppError::internal)
    }

    pub fn policy_slugs(&self) -> Result<Vec<String>, AppError> {
        serde_json::from_str(&self.policies).map_err(AppError::internal)
    }

    /// The parts that the page can say were read.
    pub fn parts(&self) -> Result<Vec<String>, AppError> {
        let sites = self.offered_sites()?.into_iter().map(|site| format!("site:{}", site.site_id.as_str()));
        let policies = self.policy_slugs()?.into_iter().map(|slug| format!("policy:{slug}"));
        Ok(std::iter::once("greeting".to_owned())
            .chain(sites)
            .chain(policies)
            .chain(std::iter::once("contact".to_owned()))
            .collect())
    }
}

/// Whether an account is of the demonstration.
pub fn is_demo(conn: &mut DbConn, account: &AccountId) -> Result<bool, AppError> {
    Ok(auth_accounts::table.find(account).select(auth_accounts::demo).first(conn)?)
}
