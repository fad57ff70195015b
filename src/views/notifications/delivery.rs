//! A message outside the app to one person about one event: at most one row, so nobody is told twice.
use std::collections::HashMap;

use chrono::Duration;
use diesel::prelude::*;

use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::clock::{Time, doubled};
use crate::platform::db::{DbConn, Locked};
use crate::platform::sms::{SmsError, SmsRefusal};
use crate::platform::wechat::{SendFailure, WechatError};
use crate::schema::{auth_accounts, auth_wechat_identities, notification_deliveries};
use crate::views::notifications::setting::Setting;
use crate::views::notifications::subscription::Subscription;

/// How long a worker may take; longer than all it has in hand, so that a claim lapses only when the worker
/// is gone. What it had not begun is then sent by another; whether what it had begun was sent is unknown, and
/// nobody is told twice: the inbox has it.
pub const LEASE: Duration = Duration::minutes(5);
pub const MOST_ATTEMPTS: i32 = 8;
const FIRST_WAIT: Duration = Duration::seconds(30);
const LONGEST_WAIT: Duration = Duration::hours(1);

crate::typed_id!(DeliveryId);
crate::text_enum! {
    /// How a message leaves the house.
    pub enum Road {
        Wechat = "wechat", "微信", "WeChat";
        Sms = "sms", "短信", "Text message";
    }
}
crate::text_enum! {
    /// What became of a message.
    pub enum DeliveryState {
        Pending = "pending", "待发送", "Pending";
        Sent = "sent", "已发送", "Sent";
        Refused = "refused", "未订阅", "Not subscribed";
        Failed = "failed", "发送失败", "Failed";
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notification_deliveries)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event_id: String,
    pub account_id: AccountId,
    /// Of WeChat's template; empty on another road
    pub template_key: String,
    /// Page of the mini-program with its query; empty with text messages of old
    pub page: String,
    /// Values by the template's keys, or in the order of its places, as JSON
    pub content: String,
    pub state: DeliveryState,
    pub attempts: i32,
    pub created_at: Time,
    pub due_at: Time,
    pub leased_until: Option<Time>,
    pub ended_at: Option<Time>,
    pub failure: Option<String>,
    /// As WeChat named it; what became of it in the end is pushed under this id
    pub message_id: Option<String>,
    pub road: Road,
    /// When the last try went out; none while only claimed
    pub begun_at: Option<Time>,
}

/// A delivery that this worker alone may send, with where its road leads: an id at WeChat or a phone.
#[derive(Clone)]
pub struct Claimed {
    pub delivery: Delivery,
    pub address: Option<String>,
}

/// What a message is about, to whom, and when it was made.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub event_id: &'a str,
    pub account: &'a AccountId,
    pub now: Time,
}

impl Delivery {
    /// By a subscribe message of WeChat's.
    pub fn wechat(about: About<'_>, key: &str, page: String, content: String, due_at: Time) -> Self {
        Self::new(about, Road::Wechat, key, page, content, due_at)
    }

    /// By a text message with these places filled, and with the page's address where the template has a place for it.
    pub fn sms(about: About<'_>, page: String, places: &[String], due_at: Time) -> Self {
        Self::new(about, Road::Sms, "", page, serde_json::json!(places).to_string(), due_at)
    }

    fn new(about: About<'_>, road: Road, key: &str, page: String, content: String, due_at: Time) -> Self {
        Self {
            id: DeliveryId::fresh(),
            event_id: about.event_id.to_owned(),
            account_id: about.account.clone(),
            template_key: key.to_owned(),
            page,
            content,
            state: DeliveryState::Pending,
            attempts: 0,
            created_at: about.now,
            due_at,
            leased_until: None,
            ended_at: None,
            failure: None,
            message_id: None,
            road,
            begun_at: None,
        }
    }

    pub fn insert_all(conn: &mut DbConn, rows: &[Self]) -> Result<(), AppError> {
        if !rows.is_empty() {
            crate::each_database!(conn, c => diesel::insert_into(notification_deliveries::table).values(rows).execute(c))?;
        }
        Ok(())
    }

    /// Of those whose worker is gone: ends what it had begun, and gives back what it had not.
    pub fn end_lapsed(conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use notification_deliveries as t;
        let lapsed = t::table.filter(t::state.eq(DeliveryState::Pending)).filter(t::leased_until.lt(now));
        diesel::update(lapsed.filter(t::begun_at.is_not_null()))
            .set((
                t::state.eq(DeliveryState::Failed),
                t::failure.eq(Some("the worker ended before it knew the answer")),
                t::leased_until.eq(None::<Time>),
                t::ended_at.eq(Some(now)),
            ))
            .execute(conn)?;
        diesel::update(lapsed.filter(t::begun_at.is_null()))
            .set(t::leased_until.eq(None::<Time>))
            .execute(conn)?;
        Ok(())
    }

    /// Takes the oldest that are due, for [`LEASE`]: another worker passes over them.
    pub fn claim(
        conn: &mut DbConn,
        roads: &[Road],
        app_id: &str,
        now: Time,
        most: i64,
    ) -> Result<Vec<Claimed>, AppError> {
        use notification_deliveries as t;
        let query = t::table
            .filter(t::state.eq(DeliveryState::Pending))
            .filter(t::road.eq_any(roads.to_vec()))
            .filter(t::due_at.le(now))
            .filter(t::leased_until.is_null())
            .order(t::id.asc())
            .limit(most);
        let due: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<DeliveryId> = due.iter().map(|d| d.id.clone()).collect();
        let leased_until = Some(now.plus(LEASE));
        diesel::update(t::table.filter(t::id.eq_any(ids)))
            .set((t::leased_until.eq(leased_until), t::attempts.eq(t::attempts + 1)))
            .execute(conn)?;
        let to = |road: Road| -> Vec<AccountId> {
            due.iter().filter(|d| d.road == road).map(|d| d.account_id.clone()).collect()
        };
        let (open_ids, phones) = (open_ids(conn, app_id, to(Road::Wechat))?, phones(conn, to(Road::Sms))?);
        let claimed = |delivery: Self| Claimed {
            address: match delivery.road {
                Road::Wechat => open_ids.get(&delivery.account_id).cloned(),
                Road::Sms => phones.get(&delivery.account_id).cloned(),
            },
            delivery: Self { attempts: delivery.attempts + 1, leased_until, ..delivery },
        };
        Ok(due.into_iter().map(claimed).collect())
    }

    /// Writes that the message goes out now; `false` when the claim has lapsed, and it is no longer this worker's.
    pub fn begin(&self, conn: &mut DbConn, now: Time) -> Result<bool, AppError> {
        use notification_deliveries as t;
        let own = t::table.find(&self.id).filter(t::leased_until.eq(self.leased_until));
        let idle = own.filter(t::begun_at.is_null());
        Ok(diesel::update(idle).set(t::begun_at.eq(Some(now))).execute(conn)? == 1)
    }

    /// Writes what became of one try.
    pub fn mark(&self, conn: &mut DbConn, outcome: &Outcome, now: Time) -> Result<(), AppError> {
        let (account, key) = (&self.account_id, self.template_key.as_str());
        match outcome {
            Outcome::Sent(message_id) => {
                if self.road == Road::Wechat {
                    Subscription::spend(conn, account, key, now)?;
                }
                self.end(conn, DeliveryState::Sent, None, now)?;
                self.name(conn, message_id.clone())
            }
            Outcome::CreditGone => {
                Subscription::clear(conn, account, key, now)?;
                self.end(conn, DeliveryState::Refused, Some("43101".to_owned()), now)
            }
            Outcome::Failed(why) => self.end(conn, DeliveryState::Failed, Some(why.clone()), now),
            Outcome::Later(why) if self.attempts >= MOST_ATTEMPTS => {
                self.end(conn, DeliveryState::Failed, Some(why.clone()), now)
            }
            Outcome::Later(why) => self.put_off(conn, why, now),
        }
    }

    fn end(
        &self,
        conn: &mut DbConn,
        state: DeliveryState,
        failure: Option<String>,
        now: Time,
    ) -> Result<(), AppError> {
        use notification_deliveries as t;
        diesel::update(t::table.find(&self.id))
            .set((
                t::state.eq(state),
                t::failure.eq(failure),
                t::leased_until.eq(None::<Time>),
                t::ended_at.eq(Some(now)),
            ))
            .execute(conn)?;
        Ok(())
    }

    fn name(&self, conn: &mut DbConn, message_id: Option<String>) -> Result<(), AppError> {
        use notification_deliveries as t;
        diesel::update(t::table.find(&self.id)).set(t::message_id.eq(message_id)).execute(conn)?;
        Ok(())
    }

    fn put_off(&self, conn: &mut DbConn, why: &str, now: Time) -> Result<(), AppError> {
        use notification_deliveries as t;
        let due_at = Setting::of(conn, &self.account_id, now)?.loud_at(now.plus(wait_after(self.attempts)));
        diesel::update(t::table.find(&self.id).filter(t::leased_until.eq(self.leased_until)))
            .set((
                t::due_at.eq(due_at),
                t::failure.eq(Some(why.to_owned())),
                t::leased_until.eq(None::<Time>),
                t::begun_at.eq(None::<Time>),
            ))
            .execute(conn)?;
        Ok(())
    }
}

/// Whether a message that did not arrive after all was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    Marked,
    /// WeChat may tell before our own mark is written
    NotYetKnown,
    Unknown,
}

/// How long our own mark may take.
const MARKED_WITHIN: Duration = Duration::minutes(10);

/// Writes that a message which was taken did not arrive.
pub fn mark_undelivered(
    conn: &mut DbConn,
    message_id: &str,
    why: &str,
    told_at: Time,
    now: Time,
) -> Result<Undelivered, AppError> {
    use notification_deliveries as t;
    let sent = t::table.filter(t::message_id.eq(message_id)).filter(t::state.eq(DeliveryState::Sent));
    let marked = diesel::update(sent)
        .set((t::state.eq(DeliveryState::Failed), t::failure.eq(Some(why.to_owned()))))
        .execute(conn)?;
    Ok(match marked {
        0 if now.since(told_at) < MARKED_WITHIN => Undelivered::NotYetKnown,
        0 => Undelivered::Unknown,
        _ => Undelivered::Marked,
    })
}

/// 30 s after the first try, twice as long after each one more.
pub fn wait_after(attempts: i32) -> Duration {
    doubled(FIRST_WAIT, attempts - 1, LONGEST_WAIT)
}

fn open_ids(
    conn: &mut DbConn,
    app_id: &str,
    accounts: Vec<AccountId>,
) -> Result<HashMap<AccountId, String>, AppError> {
    use auth_wechat_identities as t;
    let query = t::table.filter(t::app_id.eq(app_id.to_owned())).filter(t::account_id.eq_any(accounts));
    // The identity used last wins.
    let rows: Vec<(AccountId, String)> =
        query.order(t::updated_at.asc()).select((t::account_id, t::open_id)).load(conn)?;
    Ok(rows.into_iter().collect())
}

fn phones(conn: &mut DbConn, accounts: Vec<AccountId>) -> Result<HashMap<AccountId, String>, AppError> {
    use auth_accounts as t;
    let rows: Vec<(AccountId, String)> =
        t::table.filter(t::id.eq_any(accounts)).select((t::id, t::phone)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// How one try to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With the road's name for it
    Sent(Option<String>),
    /// The person's consents are used up
    CreditGone,
    /// May get through later
    Later(String),
    Failed(String),
}

impl Outcome {
    /// Of a failure after which it is certain that nothing was sent.
    pub fn before_sending(e: &WechatError) -> Self {
        match SendFailure::of(e) {
            SendFailure::RetryLater => Self::Later(e.to_string()),
            _ => Self::Failed(e.to_string()),
        }
    }
}

impl From<WechatError> for Outcome {
    fn from(e: WechatError) -> Self {
        match (SendFailure::of(&e), &e) {
            (SendFailure::CreditGone, _) => Self::CreditGone,
            // The message may have arrived although the answer was lost.
            (SendFailure::RetryLater, WechatError::Outgoing(lost)) if lost.may_have_happened() => {
                Self::Failed(format!("unknown whether it was sent: {lost}"))
            }
            (SendFailure::RetryLater, _) => Self::Later(e.to_string()),
            _ => Self::Failed(e.to_string()),
        }
    }
}

impl From<SmsError> for Outcome {
    fn from(e: SmsError) -> Self {
        match &e {
            SmsError::Refused { kind: SmsRefusal::TooOften | SmsRefusal::Busy, .. } => {
                Self::Later(e.to_string())
            }
            SmsError::Refused { .. } | SmsError::NotAMobile => Self::Failed(e.to_string()),
            SmsError::Outgoing(lost) if lost.may_have_happened() => {
                Self::Failed(format!("unknown whether it was sent: {lost}"))
            }
            SmsError::Outgoing(_) => Self::Later(e.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::http::OutgoingError;
    use crate::platform::wechat::Refusal;

    #[test]
    fn each_wait_is_twice_the_one_before() {
        assert_eq!(wait_after(1), Duration::seconds(30));
        assert_eq!(wait_after(2), Duration::seconds(60));
        assert_eq!(wait_after(7), Duration::minutes(32));
    }

    #[test]
    fn a_used_up_consent_is_not_tried_again() {
        let refused =
            |code| Outcome::from(WechatError::Refused(Refusal { code, message: String::new(), rid: None }));
        assert_eq!(refused(43101), Outcome::CreditGone);
        assert!(matches!(refused(45009), Outcome::Later(_)));
        assert!(matches!(refused(47003), Outcome::Failed(_)));
    }

    #[test]
    fn after_a_lost_answer_nobody_is_told_twice_and_before_a_message_nobody_is_given_up() {
        let lost = || WechatError::Outgoing(OutgoingError::Timeout);
        assert!(matches!(Outcome::from(lost()), Outcome::Failed(_)));
        assert!(matches!(Outcome::before_sending(&lost()), Outcome::Later(_)));
    }
}
