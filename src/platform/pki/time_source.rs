//! Where time stamps come from: the built-in authority, or one by URL (RFC 3161 over HTTP).
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use tokio::runtime::Handle;

use super::{Authority, IdentityError, TimestampError, Transport, Trust, revocation, timestamp};
use crate::platform::http::{Limits, Outgoing, OutgoingError};

/// Largest answer of an authority, in bytes; one with a long chain has about 8 000.
const MAX_ANSWER: usize = 64 * 1024;

crate::text_enum! {
    /// Why an outside authority gave no usable time stamp.
    pub enum StampFault {
        Unreachable = "unreachable", "时间戳服务无法连接", "The time-stamp service cannot be reached";
        Slow = "slow", "时间戳服务没有按时应答", "The time-stamp service did not answer in time";
        Status = "status", "时间戳服务返回了错误状态", "The time-stamp service answered with an error status";
        TooLarge = "too_large", "时间戳服务的应答过大", "The time-stamp service's answer is too large";
        NotAReply = "not_a_reply", "时间戳服务的应答不是时间戳", "The answer is not a time stamp";
        Refused = "refused", "时间戳服务拒绝了请求", "The time-stamp service refused the request";
        WrongNonce = "wrong_nonce", "时间戳应答的是另一次请求", "The answer belongs to another request";
        WrongHash = "wrong_hash", "时间戳对应的是另一份内容", "The stamp is over something else";
        WrongTime = "wrong_time", "时间戳的时间与当前时间不符", "The stamp's time is not now";
        Expired = "expired", "时间戳服务的证书已过期", "The time-stamp service's certificate has expired";
        Untrusted = "untrusted", "时间戳服务的证书不受信任", "The time-stamp service's certificate is not trusted";
        NoRevocation = "no_revocation", "取不到时间戳服务的吊销列表", "The time-stamp service's revocation list is not to be had";
        NotLonger = "not_longer", "时间戳服务的证书有效期没有延长", "The time-stamp service's certificate lasts no longer than before";
    }
}

impl StampFault {
    /// The fault behind a failed stamp.
    #[must_use]
    pub fn of(error: &TimestampError) -> Self {
        match error {
            TimestampError::Transport(source) => source.downcast_ref().copied().unwrap_or(Self::Unreachable),
            TimestampError::Unreadable(_) | TimestampError::NoToken | TimestampError::Time => Self::NotAReply,
            TimestampError::Refused(_) => Self::Refused,
            TimestampError::WrongNonce => Self::WrongNonce,
            TimestampError::WrongHash => Self::WrongHash,
            TimestampError::WrongTime => Self::WrongTime,
            TimestampError::Expired => Self::Expired,
            TimestampError::Untrusted | TimestampError::Signing(_) => Self::Untrusted,
        }
    }
}

impl std::error::Error for StampFault {}

impl From<OutgoingError> for StampFault {
    fn from(error: OutgoingError) -> Self {
        match error {
            OutgoingError::Timeout => Self::Slow,
            OutgoingError::Status(_) => Self::Status,
            OutgoingError::TooLarge(_) => Self::TooLarge,
            _ => Self::Unreachable,
        }
    }
}

/// The authority that stamps our signatures.
pub enum TimeSource {
    BuiltIn,
    ByUrl(Box<TimeService>),
}

/// An authority elsewhere, and the roots that it must lead to.
pub struct TimeService {
    url: Url,
    outgoing: Outgoing,
    roots: Trust,
}

/// Why the setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TimeSourceError {
    #[error("the address is not http:// or https://")]
    Address,
    #[error("an authority by URL needs the file of its root certificates")]
    NoRoots,
    #[error("the root certificates cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the root certificates cannot be read: {0}")]
    Roots(#[from] IdentityError),
    #[error("{0}")]
    Outgoing(#[from] OutgoingError),
}

impl TimeSource {
    /// The built-in authority, or the one at `url`. Its roots are named: an authority that anybody could
    /// put in its place proves nothing.
    ///
    /// # Errors
    /// When the address or the roots cannot be used.
    pub fn open(url: Option<&str>, roots: Option<&Path>) -> Result<Self, TimeSourceError> {
        let Some(url) = url else { return Ok(Self::BuiltIn) };
        let url = Url::parse(url).map_err(|_| TimeSourceError::Address)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TimeSourceError::Address);
        }
        let pem = std::fs::read(roots.ok_or(TimeSourceError::NoRoots)?)?;
        let roots = Trust::nobody().and_stamps_from(&pem)?;
        let limits = Limits { total: Duration::from_secs(3), answer_bytes: MAX_ANSWER, ..Limits::default() };
        Ok(Self::ByUrl(Box::new(TimeService { url, outgoing: Outgoing::new(&limits)?, roots })))
    }

    /// `trust`, and what this source must lead to.
    #[must_use]
    pub fn and(&self, trust: Trust) -> Trust {
        match self {
            Self::BuiltIn => trust,
            Self::ByUrl(service) => trust.and_stamps_of(&service.roots),
        }
    }

    /// Carries requests there; for threads that may wait.
    pub fn transport<'a>(&'a self, authority: &'a Authority, now: DateTime<Utc>) -> Box<Transport<'a>> {
        match self {
            Self::BuiltIn => {
                Box::new(move |request| authority.answer_timestamp(request, now).map_err(Into::into))
            }
            Self::ByUrl(service) => Box::new(move |request| {
                let answer = Handle::current().block_on(service.ask(request))?;
                timestamp::check_answer(request, &answer, &service.roots, now)
                    .map_err(|error| StampFault::of(&error))?;
                Ok(answer)
            }),
        }
    }
}

impl TimeSource {
    /// The lists that the issuers of these certificates (DER) keep of what they have revoked, as far as they name a
    /// place for it; the built-in authority's own is not among them. For threads that may wait.
    ///
    /// # Errors
    /// When a list that is named cannot be had.
    pub fn revocation_lists(&self, certificates: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StampFault> {
        let Self::ByUrl(service) = self else { return Ok(vec![]) };
        let addresses = revocation::list_addresses(certificates);
        addresses.iter().map(|address| Handle::current().block_on(service.list(address))).collect()
    }
}

impl TimeService {
    async fn list(&self, address: &str) -> Result<Vec<u8>, StampFault> {
        let url = Url::parse(address).map_err(|_| StampFault::NoRevocation)?;
        let list = self.outgoing.get(url).await?.success()?.body.to_vec();
        if revocation::is_revocation_list(&list) { Ok(list) } else { Err(StampFault::NoRevocation) }
    }

    async fn ask(&self, request: &[u8]) -> Result<Vec<u8>, StampFault> {
        let headers = [("content-type", "application/timestamp-query")];
        let answer = self.outgoing.post_bytes(self.url.clone(), &headers, request.to_vec()).await?;
        Ok(answer.success()?.body.to_vec())
    }
}
