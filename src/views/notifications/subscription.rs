//! What someone has agreed to receive through WeChat: each consent is good for one message.
use diesel::prelude::*;

use crate::config::Config;
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::Time;
use crate::platform::db::{Both, DbConn};
use crate::schema::notification_subscriptions;

/// Consents that are kept; more would never be used.
const MOST_CREDITS: i32 = 50;

/// Key of the summary's template: `number1` how much is new, `thing2` the newest title, `time3` when.
pub const DIGEST: &str = "digest";

/// A template of WeChat's that the house fills.
#[derive(Debug, Clone)]
pub struct TemplateKind {
    pub key: &'static str,
    pub name: &'static str,
    pub name_en: &'static str,
    /// As the mini-program's account was given it
    pub template_id: String,
}

/// The templates that this installation may send; none without WeChat.
pub fn templates(config: &Config) -> Vec<TemplateKind> {
    if config.wechat_app_id.is_none() {
        return Vec::new();
    }
    let talk = config.wechat_talk_template.clone().map(|template_id| TemplateKind {
        key: "talk",
        name: "云洽谈预约通知",
        name_en: "Cloud talk bookings",
        template_id,
    });
    // `thing1` what happened, `character_string2` the lead's number, `thing3` more of it.
    let lead = config.wechat_lead_template.clone().map(|template_id| TemplateKind {
        key: "lead",
        name: "招商信息进展提醒",
        name_en: "News of leads",
        template_id,
    });
    let digest = config.wechat_digest_template.clone().map(|template_id| TemplateKind {
        key: DIGEST,
        name: "每日消息汇总",
        name_en: "Summary of the day",
        template_id,
    });
    talk.into_iter().chain(lead).chain(digest).collect()
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notification_subscriptions)]
pub struct Subscription {
    pub account_id: AccountId,
    pub template_key: String,
    pub credits: i32,
    pub updated_at: Time,
}

impl Subscription {
    pub fn of(conn: &mut DbConn, account: &AccountId) -> Result<Vec<Self>, AppError> {
        use notification_subscriptions as t;
        Ok(t::table.filter(t::account_id.eq(account)).load(conn)?)
    }

    /// Those of these people who have a message of some kind left.
    pub fn with_credit(conn: &mut DbConn, accounts: Vec<AccountId>) -> Result<Vec<Self>, AppError> {
        use notification_subscriptions as t;
        Ok(t::table.filter(t::account_id.eq_any(accounts)).filter(t::credits.gt(0)).load(conn)?)
    }

    /// Counts one more consent.
    pub fn add(conn: &mut DbConn, account: &AccountId, key: &str, at: Time) -> Result<(), AppError> {
        use notification_subscriptions as t;
        let row = (
            t::account_id.eq(account.clone()),
            t::template_key.eq(key.to_owned()),
            t::credits.eq(0),
            t::updated_at.eq(at),
        );
        Both(diesel::insert_into(t::table).values(row).on_conflict_do_nothing()).execute(conn)?;
        diesel::update(t::table.find((account, key)).filter(t::credits.lt(MOST_CREDITS)))
            .set((t::credits.eq(t::credits + 1), t::updated_at.eq(at)))
            .execute(conn)?;
        Ok(())
    }

    /// One message was received.
    pub fn spend(conn: &mut DbConn, account: &AccountId, key: &str, at: Time) -> Result<(), AppError> {
        use notification_subscriptions as t;
        diesel::update(t::table.find((account, key)).filter(t::credits.gt(0)))
            .set((t::credits.eq(t::credits - 1), t::updated_at.eq(at)))
            .execute(conn)?;
        Ok(())
    }

    /// The person takes all of them back.
    pub fn forget(conn: &mut DbConn, account: &AccountId) -> Result<(), AppError> {
        use notification_subscriptions as t;
        diesel::delete(t::table.filter(t::account_id.eq(account))).execute(conn)?;
        Ok(())
    }

    /// WeChat says that no consent is left.
    pub fn clear(conn: &mut DbConn, account: &AccountId, key: &str, at: Time) -> Result<(), AppError> {
        use notification_subscriptions as t;
        diesel::update(t::table.find((account, key)))
            .set((t::credits.eq(0), t::updated_at.eq(at)))
            .execute(conn)?;
        Ok(())
    }
}
