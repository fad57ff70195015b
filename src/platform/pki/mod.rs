//! Keys, certificates, signed messages and time stamps of the platform's own (demo) authority.

pub mod cms;
pub mod identity;
pub mod revocation;
pub mod time_source;
pub mod timestamp;

pub(in crate::platform) use cms::with_stamp;
pub use cms::{Checked, MessageError, Stamp, certificates_of, check_detached, check_stamp_token};
pub use identity::{Authority, EventKey, IdentityError, Subject, Trust};
pub use time_source::{StampFault, TimeSource};
pub(in crate::platform) use timestamp::request_token_over;
pub use timestamp::{TimestampError, Transport, request_token};

use chrono::{DateTime, Utc};
use der::asn1::ObjectIdentifier;
use sha2::{Digest, Sha256};
use x509_cert::spki::AlgorithmIdentifierOwned;

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const CURVE_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const CURVE_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

fn sha256_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SHA256, parameters: None }
}

/// The digest of the joined `parts`, or `None` for an algorithm that is not accepted (SHA-1, MD5).
fn digest(algorithm: ObjectIdentifier, parts: &[&[u8]]) -> Option<Vec<u8>> {
    fn over<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut digest = D::new();
        for part in parts {
            digest.update(part);
        }
        digest.finalize().to_vec()
    }
    match algorithm {
        SHA256 => Some(over::<Sha256>(parts)),
        SHA384 => Some(over::<sha2::Sha384>(parts)),
        SHA512 => Some(over::<sha2::Sha512>(parts)),
        _ => None,
    }
}

/// Whether `signature` over `message` was made by the key of `certificate`; weak algorithms never pass.
fn signed_by(
    certificate: &x509_cert::Certificate,
    algorithm: ObjectIdentifier,
    digest_algorithm: ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> bool {
    use aws_lc_rs::signature as accepted;
    let key = certificate.tbs_certificate().subject_public_key_info();
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let rule: &dyn accepted::VerificationAlgorithm = match (algorithm, curve, digest_algorithm) {
        (ECDSA_SHA256, Some(CURVE_P256), _) => &accepted::ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA384, Some(CURVE_P256), _) => &accepted::ECDSA_P256_SHA384_ASN1,
        (ECDSA_SHA256, Some(CURVE_P384), _) => &accepted::ECDSA_P384_SHA256_ASN1,
        (ECDSA_SHA384, Some(CURVE_P384), _) => &accepted::ECDSA_P384_SHA384_ASN1,
        (RSA_SHA256, ..) | (RSA, _, SHA256) => &accepted::RSA_PKCS1_2048_8192_SHA256,
        (RSA_SHA384, ..) | (RSA, _, SHA384) => &accepted::RSA_PKCS1_2048_8192_SHA384,
        (RSA_SHA512, ..) | (RSA, _, SHA512) => &accepted::RSA_PKCS1_2048_8192_SHA512,
        _ => return false,
    };
    accepted::UnparsedPublicKey::new(rule, key.subject_public_key.raw_bytes())
        .verify(message, signature)
        .is_ok()
}

fn unix_seconds(at: DateTime<Utc>) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(at.timestamp()).unwrap_or(0))
}
