//! Mail by SMTP (RFC 5321) through one relay; a calendar travels in it as RFC 6047 says.
//!
//! What a server says may name an address: it is for the person concerned, not for a log.
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{PartialSchema, ToSchema};

/// For all that comes before the mail itself, and then for the answer to it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of a server's own words that are kept.
const SAID: usize = 200;

/// An address of 6 to 254 ASCII letters as RFC 5321 allows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailAddress(String);

impl MailAddress {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let named =
            text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.') && !domain.starts_with('['));
        if (6..=254).contains(&text.len())
            && text.is_ascii()
            && named
            && text.parse::<lettre::Address>().is_ok()
        {
            Ok(Self(text.to_owned()))
        } else {
            Err("input.mail: must be a mail address")
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl<'de> Deserialize<'de> for MailAddress {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}
impl PartialSchema for MailAddress {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(6))
            .max_length(Some(254))
            .pattern(Some(r"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]+(-[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-[A-Za-z0-9]+)*)+$"))
            .into()
    }
}
impl ToSchema for MailAddress {}

/// How the relay is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    /// TLS from the first byte
    Wrapped,
    /// STARTTLS, and nothing without it
    Upgraded,
    /// On this machine alone
    Plain,
}

/// Why a relay cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be smtps://host or smtp://host, with a port if it is not the usual one")]
pub struct RelayError;

/// Where mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    host: String,
    port: u16,
    secrecy: Secrecy,
}

impl Relay {
    /// `smtps://host` is TLS from the start, `smtp://host` insists on STARTTLS except on this machine.
    pub fn parse(text: &str) -> Result<Self, RelayError> {
        let (scheme, rest) = text.trim_end_matches('/').split_once("://").ok_or(RelayError)?;
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| RelayError)?)),
            None => (rest, None),
        };
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
            return Err(RelayError);
        }
        let here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback());
        let (secrecy, usual) = match scheme {
            "smtps" => (Secrecy::Wrapped, 465),
            "smtp" if here => (Secrecy::Plain, 25),
            "smtp" => (Secrecy::Upgraded, 587),
            _ => return Err(RelayError),
        };
        Ok(Self { host: host.to_owned(), port: port.unwrap_or(usual), secrecy })
    }
}

/// What is sent to one person.
#[derive(Clone)]
pub struct Letter<'a> {
    /// Names the mail for ever: a second one under it is the same mail
    pub id: &'a str,
    pub name: &'a str,
    pub address: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// A calendar object with its method
    pub calendar: Option<(&'a str, &'a str)>,
}

/// Why a mail was not handed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// 4xx, or no connection: not taken, and may be later
    #[error("{0}")]
    Later(String),
    /// 5xx: never
    #[error("{0}")]
    Refused(String),
    /// The mail was given and the answer is lost
    #[error("unknown whether it was sent: {0}")]
    Unknown(String),
    #[error("the mail cannot be written: {0}")]
    Unfit(String),
}

/// The client of one relay.
#[derive(Debug, Clone)]
pub struct Mailer {
    relay: Relay,
    login: Option<(String, SecretString)>,
    from: MailAddress,
    name: String,
}

impl Mailer {
    pub fn new(relay: Relay, login: Option<(String, SecretString)>, from: MailAddress, name: String) -> Self {
        Self { relay, login, from, name }
    }

    /// Whom mails are from.
    pub fn from(&self) -> &str {
        self.from.as_str()
    }

    /// Hands one mail in. Never repeats by itself.
    pub async fn send(&self, letter: &Letter<'_>) -> Result<(), MailError> {
        let (message, to) = self.write(letter)?;
        let mut smtp = within(self.connect()).await?.map_err(|e| refusal(&e))?;
        let asked = within(ask(&mut smtp, self.address()?, to))
            .await
            .and_then(|asked| asked.map_err(|e| refusal(&e)));
        if let Err(why) = asked {
            let _ = within(smtp.abort()).await;
            return Err(why);
        }
        // From here on it may have been taken.
        let given = tokio::time::timeout(PATIENCE, smtp.message(&message)).await;
        let taken = match given {
            Err(_) => Err(MailError::Unknown("no answer in time".to_owned())),
            Ok(Err(e)) if e.status().is_some() => Err(refusal(&e)),
            Ok(Err(e)) => Err(MailError::Unknown(said(&e))),
            Ok(Ok(_)) => Ok(()),
        };
        let _ = within(smtp.abort()).await;
        taken
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let Relay { host, port, secrecy } = &self.relay;
        let hello = ClientId::default();
        let tls = || TlsParameters::new(host.clone());
        let wrapped = if *secrecy == Secrecy::Wrapped { Some(tls()?) } else { None };
        let server = (host.as_str(), *port);
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(server, Some(PATIENCE), &hello, wrapped, None).await?;
        if *secrecy == Secrecy::Upgraded {
            smtp.starttls(tls()?, &hello).await?;
        }
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.expose_secret().to_owned());
            smtp.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        Ok(smtp)
    }

    fn address(&self) -> Result<lettre::Address, MailError> {
        self.from.as_str().parse().map_err(unfit)
    }

    /// The whole mail, all ASCII, and where it goes.
    fn write(&self, letter: &Letter<'_>) -> Result<(Vec<u8>, lettre::Address), MailError> {
        let to: lettre::Address = letter.address.parse().map_err(unfit)?;
        let domain = self.from.as_str().rsplit('@').next().unwrap_or_default();
        let head = Message::builder()
            .from(Mailbox::new(Some(self.name.clone()), self.address()?))
            .to(Mailbox::new(Some(letter.name.to_owned()), to.clone()))
            .message_id(Some(format!("<{}@{domain}>", letter.id)))
            .subject(letter.subject);
        let plain = SinglePart::plain(letter.text.to_owned());
        let message = match letter.calendar {
            None => head.singlepart(plain),
            Some((method, calendar)) => {
                let kind = |text: &str| ContentType::parse(text).map_err(unfit);
                let part = SinglePart::builder()
                    .header(kind(&format!("text/calendar; method={method}; charset=UTF-8"))?)
                    .body(calendar.to_owned());
                let file = Attachment::new("talk.ics".to_owned())
                    .body(calendar.to_owned(), kind("application/ics")?);
                let both = MultiPart::alternative().singlepart(plain).singlepart(part);
                head.multipart(MultiPart::mixed().multipart(both).singlepart(file))
            }
        };
        Ok((message.map_err(unfit)?.formatted(), to))
    }
}

/// All that comes before the mail itself.
async fn ask(
    smtp: &mut AsyncSmtpConnection,
    from: lettre::Address,
    to: lettre::Address,
) -> Result<(), lettre::transport::smtp::Error> {
    smtp.command(Mail::new(Some(from), Vec::new())).await?;
    smtp.command(Rcpt::new(to, Vec::new())).await?;
    smtp.command(Data).await?;
    Ok(())
}

async fn within<T>(work: impl Future<Output = T>) -> Result<T, MailError> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .map_err(|_| MailError::Later("the mail server gave no answer in time".to_owned()))
}

fn unfit(error: impl std::fmt::Display) -> MailError {
    MailError::Unfit(error.to_string())
}

/// What the server said, cut.
fn said(error: &lettre::transport::smtp::Error) -> String {
    error.to_string().chars().take(SAID).collect()
}

/// Of what was certainly not taken.
fn refusal(error: &lettre::transport::smtp::Error) -> MailError {
    if error.is_permanent() { MailError::Refused(said(error)) } else { MailError::Later(said(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_leaves_this_machine_under_tls_alone() {
        let relay = |text: &str| Relay::parse(text).map(|r| (r.host, r.port, r.secrecy));
        assert_eq!(relay("smtps://mail.example.cn"), Ok(("mail.example.cn".into(), 465, Secrecy::Wrapped)));
        assert_eq!(relay("smtp://mail.example.cn:25"), Ok(("mail.example.cn".into(), 25, Secrecy::Upgraded)));
        assert_eq!(relay("smtp://127.0.0.1:2525"), Ok(("127.0.0.1".into(), 2525, Secrecy::Plain)));
        for bad in ["mail.example.cn", "http://mail.example.cn", "smtp://", "smtp://a:b", "smtps://u@h"] {
            assert_eq!(relay(bad), Err(RelayError), "{bad}");
        }
    }

    #[test]
    fn an_address_is_one_and_hides_no_second_line() {
        assert!(MailAddress::parse(" anna@example.com ").is_ok());
        for bad in
            ["", "anna", "a@b", "a@b.com\r\nBcc: x@y.com", "a b@c.com", "安娜@例子.cn", "a@[127.0.0.1]"]
        {
            assert!(MailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_calendar_goes_as_a_part_and_as_a_file() {
        let from = MailAddress::parse("talks@example.cn").unwrap();
        let mailer =
            Mailer::new(Relay::parse("smtp://127.0.0.1").unwrap(), None, from, "益阳招商".to_owned());
        let letter = Letter {
            id: "one",
            name: "安娜",
            address: "anna@example.com",
            subject: "云洽谈已确认",
            text: "正文",
            calendar: Some(("REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")),
        };
        let text = String::from_utf8(mailer.write(&letter).unwrap().0).unwrap();
        assert!(text.is_ascii());
        assert!(text.contains("Message-ID: <one@example.cn>") && text.contains("To: "));
        assert!(text.to_lowercase().contains("text/calendar; method=request; charset=utf-8"), "{text}");
        assert!(text.contains("talk.ics") && text.matches("BEGIN:VCALENDAR").count() == 2, "{text}");
    }
}
