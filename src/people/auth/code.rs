//! One-time codes: six digits, bound to a phone, a purpose and a subject; hashed, short-lived, few tries.
use chrono::Duration;
use diesel::prelude::*;

use crate::app::App;
use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::db::DbConn;
use crate::platform::mail::{Letter, MailError};
use crate::platform::{id, random};
use crate::schema::auth_codes;

pub const WRONG: Code = Code::new(
    "auth.code_wrong",
    "验证码不正确或已失效，请重新获取",
    "The code is wrong or no longer valid; ask for a new one",
);
pub const TOO_SOON: Code = Code::new(
    "auth.code_too_soon",
    "验证码获取过于频繁，请稍后再试",
    "Codes were asked for too often; wait before asking again",
);
pub const ROAD_CLOSED: Code = Code::new(
    "auth.sms_unavailable",
    "短信暂时发不出去，请稍后再试",
    "The text message could not be sent; try again later",
);
const LIFE: Duration = Duration::minutes(5);
const PAUSE: Duration = Duration::seconds(OneTimeCode::PAUSE_SECONDS);
const WINDOW: Duration = Duration::hours(1);
const TRIES: i32 = 5;

crate::text_enum! {
    /// What a code opens; a code for one purpose opens no other.
    pub enum CodePurpose {
        SignIn = "sign_in", "登录", "Sign in";
        Signature = "signature", "签署", "Signature";
        Mail = "mail", "邮箱", "Mail address";
    }
}

/// Codes that one phone or mail address is sent within an hour; the text-message service has limits of its own, set in its console.
struct Most {
    /// For one subject
    of_one: usize,
    /// For all subjects of the purpose
    of_all: usize,
}

impl CodePurpose {
    /// A sign-in has one subject. At a ceremony one person signs some thirty agreements, each perhaps at a second try.
    const fn most(self) -> Most {
        match self {
            Self::SignIn | Self::Mail => Most { of_one: 6, of_all: 6 },
            Self::Signature => Most { of_one: 6, of_all: 60 },
        }
    }
}

/// How long the next code has to wait; `recent` are those of the hour, newest first, with whether they have its subject.
fn wait(most: &Most, recent: &[(Time, bool)], now: Time) -> Duration {
    let own: Vec<Time> = recent.iter().filter(|(_, same)| *same).map(|(at, _)| *at).collect();
    let until = |at: Option<Time>, span: Duration| at.map_or(Duration::zero(), |at| span - now.since(at));
    let all = recent.get(most.of_all - 1).map(|(at, _)| *at);
    let waits = [
        until(own.first().copied(), PAUSE),
        until(own.get(most.of_one - 1).copied(), WINDOW),
        until(all, WINDOW),
    ];
    waits.into_iter().max().unwrap_or_default()
}

pub const MAIL_OFF: Code = Code::new("auth.mail_off", "本平台未开通邮件", "This platform sends no mail");
pub const MAIL_CLOSED: Code = Code::new(
    "auth.mail_unavailable",
    "邮件暂时发不出去，请稍后再试",
    "Mail could not be sent; try again later",
);
pub const MAIL_REFUSED: Code = Code::new(
    "auth.mail_refused",
    "对方邮件服务器拒收，请核对邮箱地址",
    "The mail server refuses this address; check it",
);

/// A code that was made but not yet sent: only its hash is in the table.
#[derive(Debug, Clone)]
pub struct OneTimeCode {
    pub id: String,
    /// Or a mail address, as its purpose says
    pub phone: String,
    pub digits: String,
    pub expires_at: Time,
}

impl OneTimeCode {
    /// Seconds before another may be asked for.
    pub const PAUSE_SECONDS: i64 = 60;

    /// Makes a code for `phone`, at most one a minute for one subject and as many an hour as its purpose allows.
    pub fn make(
        app: &App,
        conn: &mut DbConn,
        phone: &str,
        purpose: CodePurpose,
        subject: &str,
        now: Time,
    ) -> Result<Self, AppError> {
        use auth_codes as t;
        let most = purpose.most();
        let recent: Vec<(Time, String)> = t::table
            .filter(t::phone.eq(phone))
            .filter(t::purpose.eq(purpose))
            .filter(t::created_at.gt(now.minus(WINDOW)))
            .order(t::created_at.desc())
            .select((t::created_at, t::subject))
            .limit(i64::try_from(most.of_all).unwrap_or(i64::MAX))
            .load(conn)?;
        let recent: Vec<(Time, bool)> = recent.into_iter().map(|(at, of)| (at, of == subject)).collect();
        let wait = wait(&most, &recent, now);
        if wait > Duration::zero() {
            let retry_after = u64::try_from(wait.num_seconds().max(1)).unwrap_or(1);
            return Err(AppError::TooMany { code: &TOO_SOON, retry_after });
        }
        let (id, digits) = (id::fresh(), random::digits(6));
        let expires_at = now.plus(LIFE);
        diesel::insert_into(t::table)
            .values((
                t::id.eq(&id),
                t::phone.eq(phone),
                t::purpose.eq(purpose),
                t::subject.eq(subject),
                t::code_hash.eq(app.keys.hash(&[&id, &digits])),
                t::created_at.eq(now),
                t::expires_at.eq(expires_at),
                t::attempts.eq(0),
            ))
            .execute(conn)?;
        Ok(Self { id, phone: phone.to_owned(), digits, expires_at })
    }

    /// Sends the digits by the configured road.
    pub async fn send(&self, app: &App) -> Result<(), AppError> {
        let road = app.sms.as_ref().ok_or(AppError::Outside(&ROAD_CLOSED))?;
        let (template, minutes) = (&app.config.sms_template, LIFE.num_minutes().to_string());
        let sent = road.send(&self.phone, template, &[&self.digits, &minutes], app.now().utc()).await;
        sent.map(|_| ()).map_err(|e| {
            tracing::warn!(error = %e, "a one-time code could not be sent");
            AppError::Outside(&ROAD_CLOSED)
        })
    }

    /// Mails the digits, in both languages.
    pub async fn mail(&self, app: &App, name: &str) -> Result<(), AppError> {
        let road = app.mailer.as_ref().ok_or(AppError::Unprocessable(&MAIL_OFF))?;
        let (digits, minutes) = (&self.digits, LIFE.num_minutes());
        let subject = format!("验证码 {digits} · Your code");
        let text = format!(
            "{digits} 是您确认邮箱的验证码，{minutes} 分钟内有效。如果不是您本人操作，请不要理会。\n\n\
             {digits} is the code that confirms this address, valid for {minutes} minutes. If you did not ask for it, ignore this mail.\n"
        );
        let letter = Letter {
            id: &self.id,
            name,
            address: &self.phone,
            subject: &subject,
            text: &text,
            calendar: None,
        };
        road.send(&letter).await.map_err(|e| {
            let refused = matches!(e, MailError::Refused(_) | MailError::Unfit(_));
            tracing::warn!(code = %self.id, refused, "a code could not be mailed");
            if refused { AppError::Unprocessable(&MAIL_REFUSED) } else { AppError::Outside(&MAIL_CLOSED) }
        })
    }

    /// Uses up a try on the newest code that fits; `Ok(false)` when the digits are wrong. The try is counted
    /// by the caller's transaction, so a wrong code must not be answered by rolling it back.
    pub fn redeem(
        app: &App,
        conn: &mut DbConn,
        phone: &str,
        purpose: CodePurpose,
        subject: &str,
        digits: &str,
        now: Time,
    ) -> Result<bool, AppError> {
        use auth_codes as t;
        let newest: Option<(String, String)> = t::table
            .filter(t::phone.eq(phone))
            .filter(t::purpose.eq(purpose))
            .filter(t::subject.eq(subject))
            .filter(t::used_at.is_null())
            .filter(t::expires_at.gt(now))
            .order(t::created_at.desc())
            .select((t::id, t::code_hash))
            .first(conn)
            .optional()?;
        let Some((id, hash)) = newest else { return Ok(false) };
        let counted =
            diesel::update(t::table.find(&id).filter(t::attempts.lt(TRIES)).filter(t::used_at.is_null()))
                .set(t::attempts.eq(t::attempts + 1))
                .execute(conn)?;
        let fits = app.keys.hash(&[&id, digits]) == hash;
        if counted == 1 && fits {
            diesel::update(t::table.find(&id)).set(t::used_at.eq(Some(now))).execute(conn)?;
            return Ok(true);
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::{CodePurpose, wait};
    use crate::platform::clock::Time;

    /// Seconds to wait after codes that were sent so many seconds ago, each for the same subject or another.
    fn seconds(purpose: CodePurpose, sent: &[(i64, bool)]) -> i64 {
        let now = Time::from_millis(10_000_000);
        let recent: Vec<(Time, bool)> =
            sent.iter().map(|(ago, same)| (Time::from_millis(10_000_000 - ago * 1000), *same)).collect();
        wait(&purpose.most(), &recent, now).num_seconds()
    }

    #[test]
    fn one_subject_waits_a_minute_and_another_does_not() {
        assert_eq!(seconds(CodePurpose::Signature, &[]), 0);
        assert_eq!(seconds(CodePurpose::Signature, &[(10, true)]), 50);
        assert_eq!(seconds(CodePurpose::Signature, &[(10, false), (70, true)]), 0);
        assert_eq!(seconds(CodePurpose::SignIn, &[(10, true)]), 50);
    }

    #[test]
    fn a_phone_is_sent_thirty_agreements_twice_an_hour_and_a_sign_in_six_times() {
        let ceremony: Vec<(i64, bool)> = (0..59).map(|n| (n, false)).collect();
        assert_eq!(seconds(CodePurpose::Signature, &ceremony), 0);
        let full: Vec<(i64, bool)> = (0..60).map(|n| (n * 10, false)).collect();
        assert_eq!(seconds(CodePurpose::Signature, &full), 3600 - 590);
        let six: Vec<(i64, bool)> = (1..7).map(|n| (n * 100, true)).collect();
        for purpose in [CodePurpose::SignIn, CodePurpose::Signature] {
            assert_eq!(seconds(purpose, &six[..5]), 0);
            assert_eq!(seconds(purpose, &six), 3000);
        }
    }
}
