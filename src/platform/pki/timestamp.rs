//! RFC 3161 time stamps: the messages, the embedded authority's answer, the client's half of the exchange.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::{Any, BitString, GeneralizedTime, Int, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Sequence};
use sha2::{Digest, Sha256};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::identity::{Identity, Trust};
use super::{SHA256, SHA384, SHA512, digest, sha256_algorithm, unix_seconds};
use crate::platform::random;

pub(super) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// The policy named in the embedded authority's stamps: an example arc, as befits a demo authority.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1.1");
/// How far a foreign authority's clock may be from ours.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);
/// Largest request that is looked at, in bytes; an ordinary one has about 70.
const MAX_REQUEST: usize = 4096;

// PKIStatus and PKIFailureInfo bit of RFC 3161 2.4.2
const GRANTED: u32 = 0;
const GRANTED_WITH_MODS: u32 = 1;
const REJECTION: u32 = 2;
const BAD_ALGORITHM: u8 = 0;
const BAD_DATA_FORMAT: u8 = 5;
const UNACCEPTED_POLICY: u8 = 15;
const UNACCEPTED_EXTENSION: u8 = 16;

/// Carries a DER request to an authority and brings its DER answer back; HTTP lives behind it.
pub type Transport<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Why no time stamp could be had.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    #[error("the time-stamping authority could not be reached")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the time-stamping authority's answer cannot be read")]
    Unreadable(#[from] der::Error),
    #[error("the time-stamping authority refused with status {0}")]
    Refused(u32),
    #[error("the time-stamping authority granted the request but sent no token")]
    NoToken,
    #[error("the time-stamping authority answered another request: the nonce differs")]
    WrongNonce,
    #[error("the time-stamping authority stamped something else: the hash differs")]
    WrongHash,
    #[error("the time in the stamp cannot be read")]
    Time,
    #[error("the time in the stamp is not now")]
    WrongTime,
    #[error("the time-stamping certificate has expired")]
    Expired,
    #[error("the time-stamping authority is not one that is believed")]
    Untrusted,
    #[error("the stamp could not be signed")]
    Signing(#[source] Box<super::cms::MessageError>),
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct MessageImprint {
    pub algorithm: AlgorithmIdentifierOwned,
    pub hash: OctetString,
}

#[derive(Clone, Debug, Sequence)]
struct TimeStampRequest {
    version: u8,
    imprint: MessageImprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    certificate_wanted: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<x509_cert::ext::Extensions>,
}

#[derive(Clone, Debug, Sequence)]
pub(super) struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    milliseconds: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    microseconds: Option<u16>,
}

#[derive(Clone, Debug, Sequence)]
pub(super) struct TimeStampInfo {
    version: u8,
    policy: ObjectIdentifier,
    pub imprint: MessageImprint,
    serial: Int,
    // The standard allows fractions of a second, which the ready-made type refuses.
    time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    authority: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<x509_cert::ext::Extensions>,
}

#[derive(Clone, Debug, Sequence)]
struct Status {
    status: u32,
    #[asn1(optional = "true")]
    text: Option<Any>,
    #[asn1(optional = "true")]
    failure: Option<BitString>,
}

#[derive(Clone, Debug, Sequence)]
struct TimeStampResponse {
    status: Status,
    #[asn1(optional = "true")]
    token: Option<ContentInfo>,
}

impl TimeStampInfo {
    /// The content of a time-stamp token.
    pub(super) fn of(token: &SignedData) -> Result<Self, TimestampError> {
        let content = token.encap_content_info.econtent.as_ref().ok_or(TimestampError::NoToken)?;
        Ok(Self::from_der(content.decode_as::<OctetString>()?.as_bytes())?)
    }

    /// The stamped moment, cut to the second.
    pub(super) fn time(&self) -> Result<DateTime<Utc>, TimestampError> {
        let text = std::str::from_utf8(self.time.value()).map_err(|_| TimestampError::Time)?;
        let whole =
            text.strip_suffix('Z').and_then(|text| text.split('.').next()).ok_or(TimestampError::Time)?;
        NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S")
            .map(|time| time.and_utc())
            .map_err(|_| TimestampError::Time)
    }

    /// Whether the stamp is over the joined `parts`.
    pub(super) fn covers(&self, parts: &[&[u8]]) -> bool {
        digest(self.imprint.algorithm.oid, parts).is_some_and(|hash| hash == self.imprint.hash.as_bytes())
    }
}

/// Asks for a stamp over `message` and checks that the answer belongs to the question.
///
/// # Errors
/// When the transport fails, the authority refuses, or its answer is about something else.
pub fn request_token(message: &[u8], transport: &Transport<'_>) -> Result<Vec<u8>, TimestampError> {
    request_token_over(&Sha256::digest(message).into(), transport)
}

/// The same for something whose SHA-256 is `hash`.
///
/// # Errors
/// As [`request_token`].
pub fn request_token_over(hash: &[u8; 32], transport: &Transport<'_>) -> Result<Vec<u8>, TimestampError> {
    let request = TimeStampRequest {
        version: 1,
        imprint: MessageImprint { algorithm: sha256_algorithm(), hash: OctetString::new(*hash)? },
        policy: None,
        nonce: Some(positive_number()?),
        certificate_wanted: true,
        extensions: None,
    };
    let answer = transport(&request.to_der()?).map_err(TimestampError::Transport)?;
    granted_token(&request, &answer).map(|(token, _)| token)
}

/// The token of an answer that belongs to the request, and what it says.
fn granted_token(
    request: &TimeStampRequest,
    answer: &[u8],
) -> Result<(Vec<u8>, TimeStampInfo), TimestampError> {
    let response = TimeStampResponse::from_der(answer)?;
    if response.status.status > GRANTED_WITH_MODS {
        return Err(TimestampError::Refused(response.status.status));
    }
    let token = response.token.ok_or(TimestampError::NoToken)?;
    let info = TimeStampInfo::of(&SignedData::from_der(&token.content.to_der()?)?)?;
    if info.imprint.hash != request.imprint.hash
        || info.imprint.algorithm.oid != request.imprint.algorithm.oid
    {
        return Err(TimestampError::WrongHash);
    }
    if info.nonce != request.nonce {
        return Err(TimestampError::WrongNonce);
    }
    Ok((token.to_der()?, info))
}

/// Whether a foreign authority's answer may be kept: it belongs to the request, its time is now, and its
/// certificate is in force and leads to a root that is believed.
///
/// # Errors
/// What is wrong with it, by name.
pub fn check_answer(
    request_der: &[u8],
    answer: &[u8],
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<(), TimestampError> {
    let request = TimeStampRequest::from_der(request_der)?;
    let (token, info) = granted_token(&request, answer)?;
    super::cms::check_token(&token, trust, now)?;
    if (info.time()? - now).abs() > CLOCKS_DIFFER { Err(TimestampError::WrongTime) } else { Ok(()) }
}

/// The embedded authority: grants any well-formed request for an accepted digest.
pub(super) fn respond(
    tsa: &Identity,
    request_der: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<u8>, TimestampError> {
    let request = match read_request(request_der) {
        Ok(request) => request,
        Err(failure) => return refusal(failure),
    };
    let info = TimeStampInfo {
        version: 1,
        policy: POLICY,
        imprint: request.imprint,
        serial: positive_number()?,
        time: Any::encode_from(&GeneralizedTime::from_unix_duration(unix_seconds(now))?)?,
        accuracy: Some(Accuracy { seconds: Some(1), milliseconds: None, microseconds: None }),
        ordering: false,
        nonce: request.nonce,
        authority: None,
        extensions: None,
    };
    let token = super::cms::sign_enclosed(tsa, request.certificate_wanted, TST_INFO, &info.to_der()?)
        .map_err(|error| TimestampError::Signing(Box::new(error)))?;
    let status = Status { status: GRANTED, text: None, failure: None };
    Ok(TimeStampResponse { status, token: Some(ContentInfo::from_der(&token)?) }.to_der()?)
}

fn read_request(request_der: &[u8]) -> Result<TimeStampRequest, u8> {
    if request_der.len() > MAX_REQUEST {
        return Err(BAD_DATA_FORMAT);
    }
    let request = TimeStampRequest::from_der(request_der).map_err(|_| BAD_DATA_FORMAT)?;
    let length = match request.imprint.algorithm.oid {
        SHA256 => 32,
        SHA384 => 48,
        SHA512 => 64,
        _ => return Err(BAD_ALGORITHM),
    };
    if request.version != 1 || request.imprint.hash.as_bytes().len() != length {
        return Err(BAD_DATA_FORMAT);
    }
    if request.policy.is_some_and(|policy| policy != POLICY) {
        return Err(UNACCEPTED_POLICY);
    }
    if request.extensions.is_some() {
        return Err(UNACCEPTED_EXTENSION);
    }
    Ok(request)
}

fn refusal(failure: u8) -> Result<Vec<u8>, TimestampError> {
    let used = usize::from(failure) + 1;
    let mut bits = vec![0; used.div_ceil(8)];
    if let Some(last) = bits.last_mut() {
        *last = 0x80_u8 >> (failure % 8);
    }
    let unused = u8::try_from(bits.len() * 8 - used).unwrap_or(0);
    let status = Status { status: REJECTION, text: None, failure: Some(BitString::new(unused, bits)?) };
    Ok(TimeStampResponse { status, token: None }.to_der()?)
}

fn positive_number() -> Result<Int, TimestampError> {
    let [first, rest @ ..] = random::bytes::<16>();
    let mut number = vec![(first & 0x7f) | 0x40];
    number.extend(rest);
    Ok(Int::new(&number)?)
}
