//! A mail to one person about one event, an account's or a talk's guest: at most one row, so nobody is told twice.
use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::app::App;
use crate::deals::talks::events::{GuestLetter, TalkGuestInvited, TalkGuestRevoked};
use crate::deals::talks::{BookingId, Guest, GuestId};
use crate::error::AppError;
use crate::people::auth::AccountId;
use crate::platform::calendar::Matter;
use crate::platform::clock::Time;
use crate::platform::db::{DbConn, Locked};
use crate::platform::mail::{Letter, MailError, Mailer};
use crate::platform::outbox::Stored;
use crate::schema::{auth_accounts, notification_mails};
use crate::views::notifications::delivery::{DeliveryState, LEASE, MOST_ATTEMPTS, Outcome, wait_after};
use crate::views::notifications::rule::{self, Notice};
use crate::views::notifications::setting::Setting;

const PRODUCT: &str = "-//palm investment platform//mail//ZH";

crate::typed_id!(MailId);

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = notification_mails)]
pub struct Mail {
    pub id: MailId,
    pub event_id: String,
    pub account_id: Option<AccountId>,
    pub guest_id: Option<GuestId>,
    pub subject: String,
    /// Without the address that it ends with
    pub body: String,
    /// Page of the browser's build with its query
    pub page: Option<String>,
    /// A guest's own link, sealed, until it is sent
    pub sealed_link: Option<String>,
    /// [`Matter`], as JSON
    pub calendar: Option<String>,
    pub state: DeliveryState,
    pub attempts: i32,
    pub created_at: Time,
    pub due_at: Time,
    pub leased_until: Option<Time>,
    pub ended_at: Option<Time>,
    pub failure: Option<String>,
}

/// A mail that this worker alone may send, with a name and an address.
struct Claimed {
    mail: Mail,
    to: Option<(String, String)>,
}

impl Mail {
    /// What an event says, in both languages, from a time on.
    pub fn of(event: &str, notice: &Notice, now: Time, due_at: Time) -> Self {
        let Notice { title_zh, title_en, body_zh, body_en, .. } = notice;
        Self {
            id: MailId::fresh(),
            event_id: event.to_owned(),
            account_id: None,
            guest_id: None,
            subject: format!("{title_zh} · {title_en}"),
            body: format!("{title_zh}\n{body_zh}\n\n{title_en}\n{body_en}\n"),
            page: Some(rule::page_of(&notice.link)),
            sealed_link: None,
            calendar: notice.calendar.as_ref().map(|calendar| kept(&calendar.matter)),
            state: DeliveryState::Pending,
            attempts: 0,
            created_at: now,
            due_at,
            leased_until: None,
            ended_at: None,
            failure: None,
        }
    }

    pub fn to_account(self, account: &AccountId) -> Self {
        Self { account_id: Some(account.clone()), ..self }
    }

    /// A guest has no page of ours but the one that their own link opened.
    pub fn to_guest(self, guest: &GuestId) -> Self {
        Self { guest_id: Some(guest.clone()), page: None, ..self }
    }

    /// What a guest alone is told; `None` of every other event.
    pub fn to_one_guest(event: &Stored, now: Time) -> Option<Self> {
        let invited = || {
            let told = event.read::<TalkGuestInvited>()?;
            Some((told.letter, ("邀请您参加云洽谈", "You are invited to an online talk")))
        };
        let revoked = || {
            let told = event.read::<TalkGuestRevoked>()?;
            Some((told.letter, ("云洽谈邀请已撤回", "The invitation to an online talk was taken back")))
        };
        let (letter, titles) = invited().or_else(revoked)?;
        let GuestLetter { guest_id, by_name, topic, starts_at, matter, sealed_link } = letter;
        let at = starts_at.in_china();
        let notice = Notice {
            reader_ids: Vec::new(),
            title_zh: titles.0.to_owned(),
            title_en: titles.1.to_owned(),
            body_zh: format!("{by_name} · {topic} · {}（北京时间）", at.format("%m月%d日 %H:%M")),
            body_en: format!("{by_name} · {topic} · {} (Beijing)", at.format("%d %b %H:%M")),
            link: String::new(),
            template: None,
            calendar: None,
        };
        let mail = Self::of(&event.id, &notice, now, now).to_guest(&guest_id);
        Some(Self { calendar: Some(kept(&matter)), sealed_link, ..mail })
    }

    pub fn insert_all(conn: &mut DbConn, rows: &[Self]) -> Result<(), AppError> {
        if !rows.is_empty() {
            crate::each_database!(conn, c => diesel::insert_into(notification_mails::table).values(rows).execute(c))?;
        }
        Ok(())
    }

    /// Why the newest mail that has ended did not get through, if it did not.
    pub fn last_failure(conn: &mut DbConn, account: &AccountId) -> Result<Option<String>, AppError> {
        use notification_mails as t;
        let ended = t::table.filter(t::account_id.eq(account)).filter(t::state.ne(DeliveryState::Pending));
        let newest: Option<Option<String>> =
            ended.order(t::id.desc()).select(t::failure).first(conn).optional()?;
        Ok(newest.flatten())
    }

    /// Ends those whose worker is gone: whether they were sent is unknown.
    fn end_lapsed(conn: &mut DbConn, now: Time) -> Result<(), AppError> {
        use notification_mails as t;
        let lapsed = t::table.filter(t::state.eq(DeliveryState::Pending)).filter(t::leased_until.lt(now));
        let gone: Vec<Self> = lapsed.load(conn)?;
        for mail in gone {
            let why = "the worker ended before it knew the answer".to_owned();
            mail.mark(conn, &Outcome::Failed(why), now)?;
        }
        Ok(())
    }

    /// Takes the oldest that is due, for [`LEASE`]: another worker passes over it.
    fn claim(conn: &mut DbConn, now: Time) -> Result<Option<Claimed>, AppError> {
        use notification_mails as t;
        let query = t::table
            .filter(t::state.eq(DeliveryState::Pending))
            .filter(t::due_at.le(now))
            .filter(t::leased_until.is_null())
            .order(t::id.asc())
            .limit(1);
        let due: Vec<Self> = Locked { query, skip: true }.load(conn)?;
        let Some(mail) = due.into_iter().next() else { return Ok(None) };
        diesel::update(t::table.find(&mail.id))
            .set((t::leased_until.eq(Some(now.plus(LEASE))), t::attempts.eq(t::attempts + 1)))
            .execute(conn)?;
        let to = match (&mail.account_id, &mail.guest_id) {
            (Some(account), _) => addresses(conn, vec![account.clone()])?.remove(account),
            (None, Some(guest)) => Guest::addresses(conn, vec![guest.clone()])?.remove(guest),
            (None, None) => None,
        };
        let mail = Self { attempts: mail.attempts + 1, ..mail };
        Ok(Some(Claimed { mail, to }))
    }

    /// Writes what became of one try.
    fn mark(&self, conn: &mut DbConn, outcome: &Outcome, now: Time) -> Result<(), AppError> {
        use notification_mails as t;
        let this = t::table.find(&self.id);
        let (state, failure) = match outcome {
            Outcome::Sent(_) => (DeliveryState::Sent, None),
            Outcome::Later(why) if self.attempts < MOST_ATTEMPTS => {
                let due_at = match &self.account_id {
                    Some(account) => {
                        Setting::of(conn, account, now)?.loud_at(now.plus(wait_after(self.attempts)))
                    }
                    None => now.plus(wait_after(self.attempts)),
                };
                diesel::update(this)
                    .set((
                        t::due_at.eq(due_at),
                        t::failure.eq(Some(why.clone())),
                        t::leased_until.eq(None::<Time>),
                    ))
                    .execute(conn)?;
                return Ok(());
            }
            Outcome::Later(why) | Outcome::Failed(why) => (DeliveryState::Failed, Some(why.clone())),
            Outcome::CreditGone => (DeliveryState::Failed, None),
        };
        diesel::update(this)
            .set((
                t::state.eq(state),
                t::failure.eq(failure.clone()),
                t::leased_until.eq(None::<Time>),
                t::sealed_link.eq(None::<String>),
                t::ended_at.eq(Some(now)),
            ))
            .execute(conn)?;
        match &self.guest_id {
            Some(guest) => Guest::note_mail(conn, guest, failure.as_deref(), now),
            None => Ok(()),
        }
    }

    /// The address that a mail ends with.
    fn link(&self, app: &App) -> Option<String> {
        let place = app.config.public_url.trim_end_matches('/');
        match (&self.sealed_link, &self.page) {
            (Some(sealed), _) => app.keys.unseal(sealed),
            (None, Some(page)) => Some(format!("{place}/#/{page}")),
            (None, None) => Some(place.to_owned()),
        }
    }
}

/// As the table keeps it.
fn kept(matter: &Matter) -> String {
    serde_json::to_string(matter).unwrap_or_default()
}

/// Names and confirmed addresses.
fn addresses(
    conn: &mut DbConn,
    accounts: Vec<AccountId>,
) -> Result<HashMap<AccountId, (String, String)>, AppError> {
    use auth_accounts as t;
    let rows: Vec<(AccountId, String, Option<String>)> =
        t::table.filter(t::id.eq_any(accounts)).select((t::id, t::name, t::mail)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, name, mail)| Some((id, (name, mail?)))).collect())
}

/// Mails about these events: to whoever reads of one or has it in their calendar, and has confirmed an address.
pub fn about(
    conn: &mut DbConn,
    events: &[Stored],
    told: &[(&Stored, Notice)],
    now: Time,
) -> Result<Vec<Mail>, AppError> {
    let parties = |notice: &Notice| -> HashSet<AccountId> {
        let calendar = notice.calendar.iter().flat_map(|calendar| calendar.account_ids.clone());
        notice.reader_ids.iter().cloned().chain(calendar).collect()
    };
    let all: HashSet<AccountId> = told.iter().flat_map(|(_, notice)| parties(notice)).collect();
    let reached = addresses(conn, all.iter().cloned().collect())?;
    let settings = Setting::of_all(conn, reached.keys().cloned().collect())?;
    let talks =
        told.iter().filter_map(|(_, notice)| notice.calendar.as_ref()?.booking_id.parse::<BookingId>().ok());
    let guests = Guest::mailed(conn, talks.collect())?;
    let mut mails: Vec<Mail> = events.iter().filter_map(|event| Mail::to_one_guest(event, now)).collect();
    for (event, notice) in told {
        let kind = rule::kind_of(&event.name);
        for account in parties(notice).iter().filter(|account| reached.contains_key(*account)) {
            let setting = settings.get(account);
            if setting.is_none_or(|setting| setting.mails(kind, notice.calendar.is_some())) {
                let due_at = setting.map_or(now, |setting| setting.loud_at(now));
                mails.push(Mail::of(&event.id, notice, now, due_at).to_account(account));
            }
        }
        let Some(calendar) = &notice.calendar else { continue };
        for guest in guests.iter().filter(|guest| guest.booking_id.as_str() == calendar.booking_id) {
            mails.push(Mail::of(&event.id, notice, now, now).to_guest(&guest.id));
        }
    }
    Ok(mails)
}

/// Sends what is due, one at a time: of one alone it is unknown, after a kill, whether it was sent.
pub async fn send_mails(app: &App) -> Result<(), AppError> {
    let Some(mailer) = &app.mailer else { return Ok(()) };
    let now = app.now();
    app.db.write(move |conn| Mail::end_lapsed(conn, now)).await?;
    loop {
        let now = app.now();
        let Some(claimed) = app.db.write(move |conn| Mail::claim(conn, now)).await? else { return Ok(()) };
        let outcome = send(app, mailer, &claimed).await;
        // The server's own words may name the address.
        if !matches!(outcome, Outcome::Sent(_)) {
            tracing::warn!(mail = %claimed.mail.id, "a mail did not get through");
        }
        let now = app.now();
        app.db.write(move |conn| claimed.mail.mark(conn, &outcome, now)).await?;
    }
}

async fn send(app: &App, mailer: &Mailer, Claimed { mail, to }: &Claimed) -> Outcome {
    let Some((name, address)) = to else {
        return Outcome::Failed("the person has no mail address any more".to_owned());
    };
    let Some(link) = mail.link(app) else {
        return Outcome::Failed("the link is not sealed with our keys".to_owned());
    };
    let matter: Option<Matter> = mail.calendar.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let calendar = matter.as_ref().map(|matter| {
        let text = matter.sent(PRODUCT, &link, mailer.from(), (name.as_str(), address.as_str()), app.now());
        (matter.method(), text)
    });
    let text = format!("{}\n{link}\n", mail.body);
    let letter = Letter {
        id: mail.id.as_str(),
        name,
        address,
        subject: &mail.subject,
        text: &text,
        calendar: calendar.as_ref().map(|(method, text)| (*method, text.as_str())),
    };
    match mailer.send(&letter).await {
        Ok(()) => Outcome::Sent(None),
        Err(MailError::Later(why)) => Outcome::Later(why),
        Err(e) => Outcome::Failed(e.to_string()),
    }
}
