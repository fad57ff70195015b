//! Signed messages (CMS, RFC 5652) as `PAdES` baseline wants them: written by hand, read with suspicion.

use chrono::{DateTime, Utc};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::identity::{Identity, TIME_STAMPING, from_time, in_force};
use super::timestamp::{TST_INFO, TimeStampInfo, TimestampError, Transport, request_token};
use super::{ECDSA_SHA256, SHA256, Trust, digest, sha256_algorithm, signed_by};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// Certificates between a signer and a root, at most.
pub(super) const MAX_PATH: usize = 3;
/// Certificates in one message that are looked at, at most.
const MAX_CERTIFICATES: usize = 8;

/// Why a message could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("the message is not well-formed")]
    Malformed(#[from] der::Error),
    #[error("the message is not signed data")]
    NotSignedData,
    #[error("the message has {0} signers instead of one")]
    SignerCount(usize),
    #[error("the message carries too many certificates")]
    TooManyCertificates,
    #[error("the signer's certificate is not in the message")]
    CertificateMissing,
    #[error("the signed attribute {0} is missing")]
    AttributeMissing(&'static str),
    #[error("the digest algorithm is not accepted")]
    DigestAlgorithm,
    #[error("the message has no content")]
    ContentMissing,
    #[error("the message has a time stamp already")]
    StampedAlready,
    #[error("no time stamp")]
    Timestamp(#[from] TimestampError),
}

/// RFC 5035: the digest algorithm is left out because SHA-256 is its default.
#[derive(Sequence)]
struct EssCertificateIdV2 {
    hash: OctetString,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertificateIdV2>,
}

/// What a detached signature says, each point judged by itself.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Common name of the signer's certificate; empty when it has none.
    pub signer: String,
    /// SHA-256 of the signer's DER certificate.
    pub certificate_sha256: [u8; 32],
    /// Serial number of the signer's certificate, upper-case hex.
    pub serial: String,
    /// The document's digest is the signed one.
    pub content_intact: bool,
    /// The signature value was made with the certificate's key over the signed attributes.
    pub signature_intact: bool,
    /// What no signature covers is as the standard prescribes.
    pub regular: bool,
    /// `signing-certificate-v2` names this certificate.
    pub certificate_bound: bool,
    /// The certificate leads to a trusted root, in force at the stamped time (or now, without a stamp).
    pub chain_trusted: bool,
    /// The certificate may sign documents: non-repudiation, neither an authority nor a time-stamping one.
    pub may_sign: bool,
    /// The time stamp, when there is one.
    pub stamp: Option<Stamp>,
}

/// A time stamp over a signature value.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub at: DateTime<Utc>,
    /// Common name of the authority.
    pub authority: String,
    /// Well-formed and over these very bytes.
    pub sound: bool,
    /// Sound, and by an authority that leads to a trusted root.
    pub trusted: bool,
    /// When the authority's certificate ends.
    pub expires_at: DateTime<Utc>,
}

/// Signs a document by its SHA-256; the time stamp goes over the signature value.
pub(super) fn sign_detached(
    identity: &Identity,
    digest: &[u8; 32],
    transport: Option<&Transport<'_>>,
) -> Result<Vec<u8>, MessageError> {
    let draft = Draft { identity, with_certificate: true, content_type: DATA, content: None, digest };
    draft.sign(transport)
}

/// Signs `content` and carries it inside, as a time-stamp token does.
pub(super) fn sign_enclosed(
    identity: &Identity,
    with_certificate: bool,
    content_type: ObjectIdentifier,
    content: &[u8],
) -> Result<Vec<u8>, MessageError> {
    let digest = Sha256::digest(content).into();
    Draft { identity, with_certificate, content_type, content: Some(content), digest: &digest }.sign(None)
}

struct Draft<'a> {
    identity: &'a Identity,
    with_certificate: bool,
    content_type: ObjectIdentifier,
    content: Option<&'a [u8]>,
    digest: &'a [u8; 32],
}

impl Draft<'_> {
    fn sign(&self, transport: Option<&Transport<'_>>) -> Result<Vec<u8>, MessageError> {
        let attributes = self.attributes()?;
        // Signed as a SET OF, stored under an implicit tag (RFC 5652 5.4).
        let signature = self.identity.sign(&attributes.to_der()?);
        let stamped = transport.map(|transport| stamp_attribute(&signature, transport)).transpose()?;
        let tbs = self.identity.certificate().tbs_certificate();
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: tbs.issuer().clone(),
                serial_number: tbs.serial_number().clone(),
            }),
            digest_alg: sha256_algorithm(),
            signed_attrs: Some(attributes),
            signature_algorithm: AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None },
            signature: OctetString::new(signature)?,
            unsigned_attrs: stamped,
        };
        let enclosed = |content: &[u8]| Any::encode_from(&OctetString::new(content)?);
        let signed = SignedData {
            version: if self.content_type == DATA { CmsVersion::V1 } else { CmsVersion::V3 },
            digest_algorithms: SetOfVec::try_from(vec![sha256_algorithm()])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: self.content_type,
                econtent: self.content.map(enclosed).transpose()?,
            },
            certificates: self.certificates()?,
            crls: None,
            signer_infos: SignerInfos::try_from(vec![signer])?,
        };
        Ok(ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()?)
    }

    /// Exactly what `PAdES` baseline asks for; it forbids signing-time (ETSI EN 319 142-1).
    fn attributes(&self) -> Result<Attributes, MessageError> {
        let named = SigningCertificateV2 {
            certificates: vec![EssCertificateIdV2 { hash: OctetString::new(self.identity.fingerprint())? }],
        };
        let mut attributes = Attributes::new();
        attributes.insert(attribute(CONTENT_TYPE, Any::encode_from(&self.content_type)?)?)?;
        attributes.insert(attribute(MESSAGE_DIGEST, Any::encode_from(&OctetString::new(*self.digest)?)?)?)?;
        attributes.insert(attribute(SIGNING_CERTIFICATE_V2, Any::encode_from(&named)?)?)?;
        Ok(attributes)
    }

    /// The signer's certificate alone. A verifier has the root already, and no signature covers certificates:
    /// a copy of the root could be changed unnoticed.
    fn certificates(&self) -> Result<Option<CertificateSet>, MessageError> {
        if !self.with_certificate {
            return Ok(None);
        }
        let certificate = CertificateChoices::Certificate(self.identity.certificate().clone());
        Ok(Some(CertificateSet::try_from(vec![certificate])?))
    }
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, der::Error> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

fn stamp_attribute(signature: &[u8], transport: &Transport<'_>) -> Result<Attributes, MessageError> {
    let token = request_token(signature, transport)?;
    let mut attributes = Attributes::new();
    attributes.insert(attribute(SIGNATURE_TIME_STAMP, Any::from_der(&token)?)?)?;
    Ok(attributes)
}

/// The same message with a time stamp over its signature value. Unsigned attributes are outside what was signed.
///
/// # Errors
/// When the message is not ours, has a stamp already, or no stamp can be had.
pub(in crate::platform) fn with_stamp(
    message_der: &[u8],
    transport: &Transport<'_>,
) -> Result<Vec<u8>, MessageError> {
    let Message { mut data, mut signer, .. } = Message::read(message_der)?;
    if signer.unsigned_attrs.is_some() {
        return Err(MessageError::StampedAlready);
    }
    signer.unsigned_attrs = Some(stamp_attribute(signer.signature.as_bytes(), transport)?);
    data.signer_infos = SignerInfos::try_from(vec![signer])?;
    Ok(ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&data)? }.to_der()?)
}

/// Whether a token was made by a believed authority whose certificate is in force.
pub(super) fn check_token(token_der: &[u8], trust: &Trust, now: DateTime<Utc>) -> Result<(), TimestampError> {
    let unreadable = |_| TimestampError::Untrusted;
    let message = Message::read(token_der).map_err(unreadable)?;
    let info = TimeStampInfo::of(&message.data)?;
    let at = info.time()?;
    if !in_force(&message.certificate, now) || !in_force(&message.certificate, at) {
        return Err(TimestampError::Expired);
    }
    let content = message.data.encap_content_info.econtent.as_ref().ok_or(TimestampError::NoToken)?;
    let content: OctetString = content.decode_as()?;
    let sound = message.digest_matches(&[content.as_bytes()]).map_err(unreadable)?
        && message.content_type_is(TST_INFO).map_err(unreadable)?
        && message.signature_matches().map_err(unreadable)?;
    if sound && message.is_believed_authority(trust, at) { Ok(()) } else { Err(TimestampError::Untrusted) }
}

/// Checks a detached signature over the joined `parts` of a document.
///
/// # Errors
/// When the message cannot be read at all; what is merely wrong is said in the answer.
pub fn check_detached(
    message_der: &[u8],
    parts: &[&[u8]],
    trust: &Trust,
    now: DateTime<Utc>,
) -> Result<Checked, MessageError> {
    let message = Message::read(message_der)?;
    let stamp =
        message.stamp_token().map(|token| check_stamp(&token, &[message.signer.signature.as_bytes()], trust));
    let stamp = stamp.transpose()?;
    let trusted_time = stamp.as_ref().filter(|stamp| stamp.trusted).map_or(now, |stamp| stamp.at);
    let der = message.certificate.to_der()?;
    let certificate_sha256: [u8; 32] = Sha256::digest(&der).into();
    Ok(Checked {
        signer: common_name(&message.certificate),
        certificate_sha256,
        serial: hex::encode_upper(message.certificate.tbs_certificate().serial_number().as_bytes()),
        content_intact: message.digest_matches(parts)? && message.content_type_is(DATA)?,
        signature_intact: message.signature_matches()?,
        regular: message.is_regular(),
        certificate_bound: message.binds(&certificate_sha256)?,
        chain_trusted: leads_to_root(
            &message.certificate,
            &message.pool,
            trust.roots(),
            trusted_time,
            MAX_PATH,
        ),
        may_sign: may_sign_documents(&message.certificate),
        stamp,
    })
}

/// What a time-stamp token over the joined `parts` says; `None` when it cannot be read.
pub fn check_stamp_token(token_der: &[u8], parts: &[&[u8]], trust: &Trust) -> Option<Stamp> {
    check_stamp(token_der, parts, trust).ok()
}

/// Every certificate that a message and the stamp over its signature bring along, DER.
///
/// # Errors
/// When one of them cannot be read.
pub fn certificates_of(message_der: &[u8]) -> Result<Vec<Vec<u8>>, MessageError> {
    let message = Message::read(message_der)?;
    let stamp = message.stamp_token().map(|token| Message::read(&token)).transpose()?;
    let all = message.pool.iter().chain(stamp.iter().flat_map(|stamp| &stamp.pool));
    Ok(all.map(|one| one.to_der()).collect::<Result<_, _>>()?)
}

pub(super) fn check_stamp(token_der: &[u8], parts: &[&[u8]], trust: &Trust) -> Result<Stamp, MessageError> {
    let message = Message::read(token_der)?;
    let info = TimeStampInfo::of(&message.data)?;
    let at = info.time()?;
    let content: OctetString =
        message.data.encap_content_info.econtent.as_ref().ok_or(MessageError::ContentMissing)?.decode_as()?;
    let sound = info.covers(parts)
        && message.digest_matches(&[content.as_bytes()])?
        && message.content_type_is(TST_INFO)?
        && message.signature_matches()?
        && message.is_regular()
        && message.binds_if_it_names();
    let trusted = sound && message.is_believed_authority(trust, at);
    let expires_at = from_time(message.certificate.tbs_certificate().validity().not_after);
    Ok(Stamp { at, authority: common_name(&message.certificate), sound, trusted, expires_at })
}

/// Signed data with exactly one signer, whose certificate was found.
pub(super) struct Message {
    data: SignedData,
    pub signer: SignerInfo,
    pub certificate: Certificate,
    pub pool: Vec<Certificate>,
}

impl Message {
    pub(super) fn read(der: &[u8]) -> Result<Self, MessageError> {
        let info = ContentInfo::from_der(der)?;
        if info.content_type != SIGNED_DATA {
            return Err(MessageError::NotSignedData);
        }
        let data = SignedData::from_der(&info.content.to_der()?)?;
        let signers = data.signer_infos.as_ref();
        let signer = match (signers.iter().next(), signers.len()) {
            (Some(signer), 1) => signer.clone(),
            (_, count) => return Err(MessageError::SignerCount(count)),
        };
        let pool = certificates(&data);
        if pool.len() > MAX_CERTIFICATES {
            return Err(MessageError::TooManyCertificates);
        }
        let certificate = pool
            .iter()
            .find(|one| is_named(one, &signer.sid))
            .ok_or(MessageError::CertificateMissing)?
            .clone();
        Ok(Self { data, signer, certificate, pool })
    }

    fn attributes(&self) -> Result<&Attributes, MessageError> {
        self.signer.signed_attrs.as_ref().ok_or(MessageError::AttributeMissing("any"))
    }

    /// The one value of a signed attribute; a second one of the same kind would be ambiguous.
    fn attribute(&self, oid: ObjectIdentifier, name: &'static str) -> Result<&Any, MessageError> {
        let mut values = self
            .attributes()?
            .iter()
            .filter(|attribute| attribute.oid == oid)
            .flat_map(|one| one.values.iter());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(MessageError::AttributeMissing(name)),
        }
    }

    fn digest_matches(&self, parts: &[&[u8]]) -> Result<bool, MessageError> {
        let signed: OctetString = self.attribute(MESSAGE_DIGEST, "message-digest")?.decode_as()?;
        let found = digest(self.signer.digest_alg.oid, parts).ok_or(MessageError::DigestAlgorithm)?;
        Ok(signed.as_bytes() == found)
    }

    fn content_type_is(&self, wanted: ObjectIdentifier) -> Result<bool, MessageError> {
        let signed: ObjectIdentifier = self.attribute(CONTENT_TYPE, "content-type")?.decode_as()?;
        Ok(signed == wanted && self.data.encap_content_info.econtent_type == wanted)
    }

    fn signature_matches(&self) -> Result<bool, MessageError> {
        Ok(signed_by(
            &self.certificate,
            self.signer.signature_algorithm.oid,
            self.signer.digest_alg.oid,
            &self.attributes()?.to_der()?,
            self.signer.signature.as_bytes(),
        ))
    }

    /// Whether the parts that no signature covers are what the standard prescribes (RFC 5652 5.1 and 5.3), so
    /// that they cannot be changed unnoticed. Certificates beside the signer's stay free: foreign authorities
    /// send paths to roots of others.
    fn is_regular(&self) -> bool {
        let by_issuer = matches!(self.signer.sid, SignerIdentifier::IssuerAndSerialNumber(_));
        let signer_version = if by_issuer { CmsVersion::V1 } else { CmsVersion::V3 };
        let plain = by_issuer && self.data.encap_content_info.econtent_type == DATA;
        let plain_version = if plain { CmsVersion::V1 } else { CmsVersion::V3 };
        let algorithms = [&self.signer.digest_alg, &self.signer.signature_algorithm];
        let listed = &self.data.digest_algorithms;
        self.signer.version == signer_version
            && self.data.version == plain_version
            && listed.len() == 1
            && listed.iter().all(|one| one.oid == self.signer.digest_alg.oid && has_no_parameters(one))
            && algorithms.into_iter().all(has_no_parameters)
    }

    /// Whether the first entry of signing-certificate-v2 is this certificate. Other signers write the digest
    /// algorithm and the issuer as well, so the entry is walked rather than decoded as our own type.
    fn binds(&self, certificate_sha256: &[u8; 32]) -> Result<bool, MessageError> {
        let value = self.attribute(SIGNING_CERTIFICATE_V2, "signing-certificate-v2")?;
        let named = value.decode_as::<Vec<Any>>()?;
        let entries = named.first().map(Any::decode_as::<Vec<Any>>).transpose()?.unwrap_or_default();
        let Some(entry) = entries.first().map(Any::decode_as::<Vec<Any>>).transpose()? else {
            return Ok(false);
        };
        let Some(hash) = entry.iter().find_map(|part| part.decode_as::<OctetString>().ok()) else {
            return Ok(false);
        };
        let algorithm = entry
            .first()
            .and_then(|part| part.decode_as::<AlgorithmIdentifierOwned>().ok())
            .map_or(SHA256, |algorithm| algorithm.oid);
        if algorithm == SHA256 {
            return Ok(hash.as_bytes() == certificate_sha256);
        }
        Ok(digest(algorithm, &[&self.certificate.to_der()?]).is_some_and(|found| found == hash.as_bytes()))
    }

    /// RFC 5816: an authority names its certificate; those that do it by SHA-1 alone are taken by their path.
    fn binds_if_it_names(&self) -> bool {
        self.attribute(SIGNING_CERTIFICATE_V2, "signing-certificate-v2").is_err()
            || self
                .certificate
                .to_der()
                .is_ok_and(|der| self.binds(&Sha256::digest(der).into()).unwrap_or(false))
    }

    /// Whether the signer stamps time and nothing else, under a root that is believed for it.
    fn is_believed_authority(&self, trust: &Trust, at: DateTime<Utc>) -> bool {
        let led_to = |roots| leads_to_root(&self.certificate, &self.pool, roots, at, MAX_PATH);
        self.is_regular()
            && self.binds_if_it_names()
            && stamps_time_only(&self.certificate)
            && (led_to(trust.roots()) || led_to(trust.stamp_roots()))
    }

    pub(super) fn stamp_token(&self) -> Option<Vec<u8>> {
        let attributes = self.signer.unsigned_attrs.as_ref()?;
        let stamp = attributes.iter().find(|attribute| attribute.oid == SIGNATURE_TIME_STAMP)?;
        stamp.values.iter().next()?.to_der().ok()
    }
}

fn certificates(data: &SignedData) -> Vec<Certificate> {
    let choices = data.certificates.iter().flat_map(|set| set.as_ref().iter());
    choices
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect()
}

/// None, or the NULL that RSA and some digests write instead (RFC 3370, RFC 5754).
fn has_no_parameters(algorithm: &AlgorithmIdentifierOwned) -> bool {
    algorithm.parameters.as_ref().is_none_or(Any::is_null)
}

fn is_named(certificate: &Certificate, id: &SignerIdentifier) -> bool {
    let tbs = certificate.tbs_certificate();
    match id {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            *tbs.issuer() == id.issuer && *tbs.serial_number() == id.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            matches!(tbs.get_extension::<SubjectKeyIdentifier>(), Ok(Some((_, found))) if found == *id)
        }
    }
}

fn common_name(certificate: &Certificate) -> String {
    let name = certificate.tbs_certificate().subject().common_name();
    name.ok().flatten().map(|name| name.value().into_owned()).unwrap_or_default()
}

/// A path of signatures from `leaf` to one of `roots`, every certificate in force at `at`. Revocation is not
/// asked for: the keys of event certificates no longer exist.
fn leads_to_root(
    leaf: &Certificate,
    pool: &[Certificate],
    roots: &[Certificate],
    at: DateTime<Utc>,
    steps: usize,
) -> bool {
    if !in_force(leaf, at) {
        return false;
    }
    if roots.iter().any(|root| in_force(root, at) && issued(root, leaf)) {
        return true;
    }
    steps > 0
        && pool
            .iter()
            .filter(|issuer| *issuer != leaf && issued(issuer, leaf))
            .any(|issuer| leads_to_root(issuer, pool, roots, at, steps - 1))
}

pub(super) fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm();
    let signed = certificate.tbs_certificate();
    *issuer.tbs_certificate().subject() == *signed.issuer()
        && may_issue(issuer)
        && signed.signature() == algorithm
        && signed.to_der().is_ok_and(|message| {
            signed_by(issuer, algorithm.oid, SHA256, &message, certificate.signature().raw_bytes())
        })
}

fn may_issue(certificate: &Certificate) -> bool {
    let usage = key_usage(certificate);
    is_authority(certificate) && usage.is_none_or(|usage| usage.key_cert_sign())
}

fn is_authority(certificate: &Certificate) -> bool {
    matches!(certificate.tbs_certificate().get_extension::<BasicConstraints>(), Ok(Some((_, basic))) if basic.ca)
}

pub(super) fn key_usage(certificate: &Certificate) -> Option<KeyUsage> {
    certificate.tbs_certificate().get_extension::<KeyUsage>().ok().flatten().map(|(_, usage)| usage)
}

fn purposes(certificate: &Certificate) -> Option<(bool, ExtendedKeyUsage)> {
    certificate.tbs_certificate().get_extension::<ExtendedKeyUsage>().ok().flatten()
}

fn may_sign_documents(certificate: &Certificate) -> bool {
    key_usage(certificate).is_some_and(|usage| usage.non_repudiation())
        && !is_authority(certificate)
        && purposes(certificate).is_none_or(|(_, purposes)| !purposes.0.contains(&TIME_STAMPING))
}

fn stamps_time_only(certificate: &Certificate) -> bool {
    !is_authority(certificate)
        && purposes(certificate).is_some_and(|(critical, purposes)| critical && purposes.0 == [TIME_STAMPING])
}
