//! Lists of revoked certificates (RFC 5280): ours, those of an authority elsewhere, and what they prove of a signature.

use chrono::{DateTime, Utc};
use der::asn1::BitString;
use der::{Decode, Encode};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlDistributionPoints, CrlNumber, SubjectKeyIdentifier};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::cms::{MAX_PATH, Message, check_stamp, issued, key_usage};
use super::identity::{Identity, IdentityError, Trust, from_time, in_force};
use super::{ECDSA_SHA256, MessageError, SHA256, signed_by, unix_seconds};

/// Lists and certificates in one file that are looked at, at most.
const MAX_ITEMS: usize = 64;

/// A list of the built-in authority. It revokes nothing: the keys of event certificates are gone after one
/// signature. So its word holds until `until`, and a file that carries it is checked without asking anybody.
pub(super) fn empty_list(
    root: &Identity,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<u8>, IdentityError> {
    let signed = root.certificate().tbs_certificate();
    let algorithm = AlgorithmIdentifierOwned { oid: ECDSA_SHA256, parameters: None };
    let key = signed.get_extension::<SubjectKeyIdentifier>()?.map(|(_, key)| key.0);
    let key = AuthorityKeyIdentifier { key_identifier: key, ..AuthorityKeyIdentifier::default() };
    let number = CrlNumber::try_from(unix_seconds(now).as_secs())?;
    let list: TbsCertList = TbsCertList {
        version: Version::V2,
        signature: algorithm.clone(),
        issuer: signed.subject().clone(),
        this_update: time(now)?,
        next_update: Some(time(until)?),
        revoked_certificates: None,
        crl_extensions: Some(vec![
            (&key).to_extension(signed.subject(), &[])?,
            (&number).to_extension(signed.subject(), &[])?,
        ]),
    };
    let signature = BitString::from_bytes(&root.sign(&list.to_der()?))?;
    Ok(CertificateList { tbs_cert_list: list, signature_algorithm: algorithm, signature }.to_der()?)
}

fn time(at: DateTime<Utc>) -> Result<Time, der::Error> {
    Ok(der::DateTime::from_unix_duration(unix_seconds(at))?.into())
}

/// Where the issuers of these certificates (DER) say that their lists are, each once.
pub fn list_addresses(certificates: &[Vec<u8>]) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for certificate in certificates.iter().filter_map(|der| Certificate::from_der(der).ok()) {
        let points = certificate.tbs_certificate().get_extension::<CrlDistributionPoints>().ok().flatten();
        for point in points.map(|(_, points)| points.0).unwrap_or_default() {
            found.extend(addresses(point));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn addresses(point: DistributionPoint) -> Vec<String> {
    let Some(DistributionPointName::FullName(names)) = point.distribution_point else { return vec![] };
    let web = |name: GeneralName| match name {
        GeneralName::UniformResourceIdentifier(uri) => {
            Some(uri.to_string()).filter(|uri| uri.starts_with("http"))
        }
        _ => None,
    };
    names.into_iter().filter_map(web).collect()
}

/// Whether this is a certificate and nothing else.
pub fn is_certificate(der: &[u8]) -> bool {
    Certificate::from_der(der).is_ok()
}

/// Whether this is a list of revoked certificates and nothing else.
pub fn is_revocation_list(der: &[u8]) -> bool {
    <CertificateList>::from_der(der).is_ok()
}

/// What a file carries so that its signatures can be judged without asking anybody.
pub struct Material {
    certificates: Vec<Certificate>,
    lists: Vec<CertificateList>,
}

impl Material {
    /// `None` when a part cannot be read, or there are too many.
    pub fn read(certificates: &[Vec<u8>], lists: &[Vec<u8>]) -> Option<Self> {
        if certificates.len() > MAX_ITEMS || lists.len() > MAX_ITEMS {
            return None;
        }
        let certificates =
            certificates.iter().map(|der| Certificate::from_der(der).ok()).collect::<Option<_>>()?;
        let lists = lists.iter().map(|der| <CertificateList>::from_der(der).ok()).collect::<Option<_>>()?;
        Some(Self { certificates, lists })
    }

    /// Whether the signer's certificate, and that of the stamp over the signature, lead to a believed root, and
    /// none on the way stands on its issuer's list. `proven` is when a later stamp says that the signature was there.
    ///
    /// # Errors
    /// When the message cannot be read.
    pub fn proves_signature(
        &self,
        message_der: &[u8],
        trust: &Trust,
        proven: DateTime<Utc>,
    ) -> Result<bool, MessageError> {
        let message = Message::read(message_der)?;
        let Some(token) = message.stamp_token() else {
            return Ok(self.clears(&message, trust.roots(), proven));
        };
        let at = check_stamp(&token, &[message.signer.signature.as_bytes()], trust)?.at;
        Ok(self.clears(&message, trust.roots(), at) && self.proves_stamp(&token, at, trust)?)
    }

    /// The same of a time stamp's token, given at `at`.
    ///
    /// # Errors
    /// When the token cannot be read.
    pub fn proves_stamp(
        &self,
        token_der: &[u8],
        at: DateTime<Utc>,
        trust: &Trust,
    ) -> Result<bool, MessageError> {
        let token = Message::read(token_der)?;
        Ok(self.clears(&token, trust.roots(), at) || self.clears(&token, trust.stamp_roots(), at))
    }

    fn clears(&self, message: &Message, roots: &[Certificate], at: DateTime<Utc>) -> bool {
        let pool: Vec<&Certificate> = message.pool.iter().chain(&self.certificates).collect();
        self.clears_path(&message.certificate, &pool, roots, at, MAX_PATH)
    }

    fn clears_path(
        &self,
        leaf: &Certificate,
        pool: &[&Certificate],
        roots: &[Certificate],
        at: DateTime<Utc>,
        steps: usize,
    ) -> bool {
        let cleared = |issuer: &Certificate| {
            issued(issuer, leaf) && self.lists.iter().any(|list| clears(list, issuer, leaf, at))
        };
        in_force(leaf, at)
            && (roots.iter().any(|root| in_force(root, at) && cleared(root))
                || steps > 0
                    && pool
                        .iter()
                        .filter(|issuer| **issuer != leaf && cleared(issuer))
                        .any(|issuer| self.clears_path(issuer, pool, roots, at, steps - 1)))
    }
}

/// Whether the issuer's own list, which was still its newest word at `at`, does not name the certificate.
fn clears(
    list: &CertificateList,
    issuer: &Certificate,
    certificate: &Certificate,
    at: DateTime<Utc>,
) -> bool {
    let (signed, algorithm) = (&list.tbs_cert_list, &list.signature_algorithm);
    let serial = certificate.tbs_certificate().serial_number();
    let named = signed.revoked_certificates.iter().flatten().any(|one| one.serial_number == *serial);
    !named
        && signed.issuer == *issuer.tbs_certificate().subject()
        && signed.signature == *algorithm
        && signed.next_update.is_none_or(|until| at <= from_time(until))
        && key_usage(issuer).is_none_or(|usage| usage.crl_sign())
        && signed.to_der().is_ok_and(|message| {
            signed_by(issuer, algorithm.oid, SHA256, &message, list.signature.raw_bytes())
        })
}
