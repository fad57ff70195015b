//! The platform's self-signed demo authority: a root, a time-stamping identity, one-time event certificates.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetString, PrintableStringRef, Utf8StringRef};
use der::{Decode, Encode};
use p256::ecdsa::{DerSignature, SigningKey, signature::Signer};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::{self, Builder, CertificateBuilder, profile::BuilderProfile};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions, ToExtension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use super::{
    ECDSA_SHA256, SHA256, TimestampError, Transport, cms, revocation, signed_by, timestamp, unix_seconds,
};
use crate::platform::random;

/// Organisation named in the root and the time-stamping certificate.
pub const ORGANISATION: &str = "掌上招商平台 Palm";
/// Common name of the root: it says itself that no licensed certification service stands behind it.
pub const ROOT_NAME: &str = "平台自签（演示） Palm self-signed (demo)";
/// Common name of the embedded time-stamping authority.
pub const TSA_NAME: &str = "平台内置时间戳（演示） Palm time stamp (demo)";

pub(super) const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const DOCUMENT_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36");
const EMAIL_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANISATION_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

const ROOT_DAYS: i64 = 3650;
const TSA_DAYS: i64 = 3285;
// Readers without a trusted time stamp show an expired certificate as a fault; the safety of an event
// certificate is that its key is gone, not that it expires.
const EVENT_DAYS: i64 = 1825;
// Clocks of readers run a little behind.
const BACKDATED: TimeDelta = TimeDelta::seconds(120);
/// Upper bound of X.520 for common names, organisations and serial numbers, in characters.
const NAME_LENGTH: usize = 64;

/// Why the authority could not be opened or could not issue.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the key folder {path} cannot be used")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{path} is missing although the authority was already in use; restore it from the backup")]
    Missing { path: PathBuf },
    #[error("{path} is not a PEM file of the expected kind")]
    Unreadable { path: PathBuf },
    #[error("the key and the certificate of {path} do not belong together")]
    Mismatch { path: PathBuf },
    #[error("the authority's certificates are not valid at the given time")]
    NotInForce,
    #[error("encoding failed")]
    Encoding(#[from] der::Error),
    #[error("the certificate could not be built")]
    Building(#[source] builder::Error),
    #[error("the key could not be encoded")]
    Key(#[from] p256::pkcs8::Error),
}

impl From<builder::Error> for IdentityError {
    fn from(error: builder::Error) -> Self {
        Self::Building(error)
    }
}

impl From<x509_cert::spki::Error> for IdentityError {
    fn from(error: x509_cert::spki::Error) -> Self {
        Self::Building(error.into())
    }
}

/// Who signs: goes into the event certificate as typed, cut at 64 characters each (X.520).
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub name: &'a str,
    pub organisation: &'a str,
    /// An opaque id of the person on the platform, never an identity number.
    pub id: &'a str,
}

/// The roots that a verification believes.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    roots: Vec<Certificate>,
    /// Believed for time stamps alone.
    stamp_roots: Vec<Certificate>,
}

impl Trust {
    /// Believes nobody: every signature is at best "untrusted".
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Believes the certificates of a PEM file, for instance `root.pem`.
    ///
    /// # Errors
    /// When the text is not a chain of PEM certificates.
    pub fn from_pem(pem: &[u8]) -> Result<Self, IdentityError> {
        Ok(Self { roots: Certificate::load_pem_chain(pem)?, stamp_roots: vec![] })
    }

    /// The same, and time stamps under the certificates of another PEM file.
    ///
    /// # Errors
    /// When the text is not a chain of PEM certificates.
    pub fn and_stamps_from(mut self, pem: &[u8]) -> Result<Self, IdentityError> {
        self.stamp_roots.extend(Certificate::load_pem_chain(pem)?);
        Ok(self)
    }

    /// Both lists as PEM, to be told to another process.
    ///
    /// # Errors
    /// Never for certificates that were read.
    pub fn pem(&self) -> Result<(String, String), IdentityError> {
        let all = |list: &[Certificate]| -> Result<String, IdentityError> {
            list.iter().map(|one| certificate_pem(&one.to_der()?)).collect()
        };
        Ok((all(&self.roots)?, all(&self.stamp_roots)?))
    }

    /// Every certificate of both lists, DER.
    ///
    /// # Errors
    /// Never for certificates that were read.
    pub fn certificates(&self) -> Result<Vec<Vec<u8>>, IdentityError> {
        self.roots.iter().chain(&self.stamp_roots).map(|one| Ok(one.to_der()?)).collect()
    }

    pub(super) fn and_stamps_of(mut self, other: &Self) -> Self {
        self.stamp_roots.extend(other.stamp_roots.iter().cloned());
        self
    }

    pub(super) fn stamp_roots(&self) -> &[Certificate] {
        &self.stamp_roots
    }

    pub(super) fn roots(&self) -> &[Certificate] {
        &self.roots
    }
}

/// A private key with its certificate.
pub(super) struct Identity {
    key: SigningKey,
    certificate: Certificate,
    der: Vec<u8>,
}

impl Identity {
    pub(super) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// SHA-256 of the DER certificate.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// ECDSA P-256 with SHA-256 over `message`, DER encoded.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.key.sign(message);
        signature.as_bytes().to_vec()
    }

    fn issue(
        role: Role,
        subject: Name,
        issuer: Option<&Identity>,
        now: DateTime<Utc>,
    ) -> Result<Self, IdentityError> {
        let key = new_key();
        let issuer_name =
            issuer.map_or(&subject, |issuer| issuer.certificate.tbs_certificate().subject()).clone();
        let profile = RoleProfile { role, subject, issuer: issuer_name };
        let builder = CertificateBuilder::new(
            profile,
            new_serial()?,
            validity(now, role.days())?,
            SubjectPublicKeyInfo::from_key(key.verifying_key())?,
        )?;
        let signer = issuer.map_or(&key, |issuer| &issuer.key);
        let certificate = builder.build::<_, DerSignature>(signer)?;
        let der = certificate.to_der()?;
        Ok(Self { key, certificate, der })
    }

    fn in_force(&self, now: DateTime<Utc>) -> bool {
        in_force(&self.certificate, now)
    }

    fn owns_its_certificate(&self) -> bool {
        SubjectPublicKeyInfo::from_key(self.key.verifying_key())
            .is_ok_and(|key| key == *self.certificate.tbs_certificate().subject_public_key_info())
    }
}

/// The root and the time-stamping identity, loaded into memory.
pub struct Authority {
    root: Identity,
    tsa: Identity,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the authority kept in `folder`, creating it on first use.
    ///
    /// Four PEM files: `root.key.pem`, `tsa.key.pem` (mode 0600), `tsa.pem`, `root.pem`. A lock file makes
    /// processes that start together agree on one authority; `root.pem` is written last, so that a crash
    /// half-way is started over, while a file lost later is an error and never silently replaced.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or its contents do not fit together.
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self, IdentityError> {
        let keys = KeyFolder::lock(folder)?;
        if !keys.path(ROOT_CERTIFICATE).exists() {
            keys.found_authority(now)?;
        }
        let authority =
            Self { root: keys.load(ROOT_KEY, ROOT_CERTIFICATE)?, tsa: keys.load(TSA_KEY, TSA_CERTIFICATE)? };
        if !authority.tsa_is_from_root() {
            return Err(IdentityError::Mismatch { path: keys.path(TSA_CERTIFICATE) });
        }
        if !authority.root.in_force(now) || !authority.tsa.in_force(now) {
            return Err(IdentityError::NotInForce);
        }
        Ok(authority)
    }

    /// The root certificate for everybody, as PEM.
    ///
    /// # Errors
    /// Never for an authority that could be opened.
    pub fn root_pem(&self) -> Result<String, IdentityError> {
        certificate_pem(&self.root.der)
    }

    /// Believes this authority's root alone.
    pub fn trust(&self) -> Trust {
        Trust { roots: vec![self.root.certificate.clone()], stamp_roots: vec![] }
    }

    /// Makes a key in memory and certifies it for exactly one signature.
    ///
    /// # Errors
    /// When the subject cannot be encoded.
    pub fn issue_event_key(
        &self,
        subject: Subject<'_>,
        now: DateTime<Utc>,
    ) -> Result<EventKey, IdentityError> {
        let subject = distinguished_name(&[
            (ORGANISATION_NAME, subject.organisation),
            (SERIAL_NUMBER, subject.id),
            (COMMON_NAME, subject.name),
        ])?;
        let identity = Identity::issue(Role::Event, subject, Some(&self.root), now)?;
        Ok(EventKey { identity })
    }

    /// Answers an RFC 3161 request with the given time: DER in, DER out. Requests that cannot be served are
    /// answered with a refusal, as the standard asks.
    ///
    /// # Errors
    /// When the answer cannot be encoded.
    pub fn answer_timestamp(
        &self,
        request_der: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>, TimestampError> {
        timestamp::respond(&self.tsa, request_der, now)
    }

    /// What this authority has revoked, DER; good until its own time stamps end.
    ///
    /// # Errors
    /// Never for an authority that could be opened.
    pub fn revocation_list(&self, now: DateTime<Utc>) -> Result<Vec<u8>, IdentityError> {
        let until = from_time(self.tsa.certificate.tbs_certificate().validity().not_after);
        revocation::empty_list(&self.root, now, until)
    }

    fn tsa_is_from_root(&self) -> bool {
        let certificate = &self.tsa.certificate;
        certificate.tbs_certificate().to_der().is_ok_and(|signed| {
            signed_by(
                &self.root.certificate,
                ECDSA_SHA256,
                SHA256,
                &signed,
                certificate.signature().raw_bytes(),
            )
        })
    }
}

/// A key for one signature: signing takes it by value, and dropping it wipes the key.
pub struct EventKey {
    identity: Identity,
}

impl std::fmt::Debug for EventKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EventKey").field("serial", &self.serial()).finish_non_exhaustive()
    }
}

impl EventKey {
    /// The certificate as DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.identity.der
    }

    /// SHA-256 of the DER certificate, lower-case hex.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.identity.fingerprint())
    }

    /// The certificate's serial number, upper-case hex.
    pub fn serial(&self) -> String {
        hex::encode_upper(self.identity.certificate.tbs_certificate().serial_number().as_bytes())
    }

    /// First and last second in which the certificate is in force.
    pub fn validity(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let validity = self.identity.certificate.tbs_certificate().validity();
        (from_time(validity.not_before), from_time(validity.not_after))
    }

    /// A detached `CAdES` message over a document whose SHA-256 is `digest`, stamped through `transport` when
    /// there is one. The key is gone afterwards, whatever the outcome.
    ///
    /// # Errors
    /// When the time-stamping authority fails: a signature is never made without the stamp that was asked for.
    pub(in crate::platform) fn sign_detached(
        self,
        digest: &[u8; 32],
        transport: Option<&Transport<'_>>,
    ) -> Result<Vec<u8>, cms::MessageError> {
        cms::sign_detached(&self.identity, digest, transport)
    }
}

/// Whether the certificate is in force at `at`.
pub(super) fn in_force(certificate: &Certificate, at: DateTime<Utc>) -> bool {
    let validity = certificate.tbs_certificate().validity();
    from_time(validity.not_before) <= at && at <= from_time(validity.not_after)
}

pub(super) fn from_time(time: Time) -> DateTime<Utc> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Built by hand: parsing user text as a name would split it at commas and plus signs.
fn distinguished_name(parts: &[(ObjectIdentifier, &str)]) -> Result<Name, IdentityError> {
    let mut names = RdnSequence::default();
    let country = Any::from(PrintableStringRef::new("CN")?);
    names.push(RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue {
        oid: COUNTRY,
        value: country,
    }])?);
    for (oid, text) in parts {
        let text: String = text.trim().chars().take(NAME_LENGTH).collect();
        if text.is_empty() {
            continue;
        }
        let value = Any::from(Utf8StringRef::new(&text)?);
        names.push(RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid: *oid, value }])?);
    }
    Ok(Name::hazmat_from_rdn_sequence(names))
}

fn new_key() -> SigningKey {
    loop {
        // One draw in 2^32 lies outside the group's order.
        if let Ok(key) = SigningKey::from_slice(&random::bytes::<32>()) {
            return key;
        }
    }
}

fn new_serial() -> Result<SerialNumber, IdentityError> {
    let [first, rest @ ..] = random::bytes::<16>();
    let mut serial = vec![(first & 0x7f) | 0x40];
    serial.extend(rest);
    Ok(SerialNumber::new(&serial)?)
}

fn validity(now: DateTime<Utc>, days: i64) -> Result<Validity, IdentityError> {
    let time = |at| -> Result<Time, der::Error> {
        Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(unix_seconds(at))?))
    };
    Ok(Validity::new(time(now - BACKDATED)?, time(now + TimeDelta::days(days))?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    TimeStamping,
    Event,
}

impl Role {
    const fn days(self) -> i64 {
        match self {
            Self::Root => ROOT_DAYS,
            Self::TimeStamping => TSA_DAYS,
            Self::Event => EVENT_DAYS,
        }
    }

    fn key_usage(self) -> KeyUsage {
        match self {
            Self::Root => KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
            Self::TimeStamping => KeyUsage(KeyUsages::DigitalSignature.into()),
            Self::Event => KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation),
        }
    }

    /// RFC 3161 2.3 wants the purpose of a time-stamping certificate critical and alone; NSS knows no
    /// document signers and asks for e-mail protection as well.
    fn purposes(self) -> Vec<ObjectIdentifier> {
        match self {
            Self::Root => vec![],
            Self::TimeStamping => vec![TIME_STAMPING],
            Self::Event => vec![DOCUMENT_SIGNING, EMAIL_PROTECTION],
        }
    }
}

struct RoleProfile {
    role: Role,
    subject: Name,
    issuer: Name,
}

impl RoleProfile {
    fn add(
        &self,
        extensions: &mut Extensions,
        extension: impl ToExtension<Error = der::Error>,
    ) -> builder::Result<()> {
        let extension = extension.to_extension(&self.subject, extensions)?;
        extensions.push(extension);
        Ok(())
    }
}

impl BuilderProfile for RoleProfile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let mut extensions = vec![];
        self.add(&mut extensions, &SubjectKeyIdentifier::try_from(key)?)?;
        if self.role != Role::Root {
            self.add(&mut extensions, &AuthorityKeyIdentifier::try_from(issuer_key)?)?;
        }
        let ca = self.role == Role::Root;
        self.add(&mut extensions, &BasicConstraints { ca, path_len_constraint: None })?;
        self.add(&mut extensions, &self.role.key_usage())?;
        let purposes = self.role.purposes();
        if !purposes.is_empty() {
            extensions.push(Extension {
                extn_id: EXTENDED_KEY_USAGE,
                critical: self.role == Role::TimeStamping,
                extn_value: OctetString::new(ExtendedKeyUsage(purposes).to_der()?)?,
            });
        }
        Ok(extensions)
    }
}

const LOCK: &str = "authority.lock";
const ROOT_KEY: &str = "root.key.pem";
const ROOT_CERTIFICATE: &str = "root.pem";
const TSA_KEY: &str = "tsa.key.pem";
const TSA_CERTIFICATE: &str = "tsa.pem";
const CERTIFICATE_LABEL: &str = "CERTIFICATE";
const KEY_LABEL: &str = "PRIVATE KEY";

/// The folder, held alone until dropped.
struct KeyFolder {
    folder: PathBuf,
    _lock: File,
}

impl KeyFolder {
    fn lock(folder: &Path) -> Result<Self, IdentityError> {
        let failed = |source| IdentityError::Folder { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = private_file(&folder.join(LOCK), false).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn found_authority(&self, now: DateTime<Utc>) -> Result<(), IdentityError> {
        let name = |common| distinguished_name(&[(ORGANISATION_NAME, ORGANISATION), (COMMON_NAME, common)]);
        let root = Identity::issue(Role::Root, name(ROOT_NAME)?, None, now)?;
        let tsa = Identity::issue(Role::TimeStamping, name(TSA_NAME)?, Some(&root), now)?;
        self.write(ROOT_KEY, &key_pem(&root.key)?)?;
        self.write(TSA_KEY, &key_pem(&tsa.key)?)?;
        self.write(TSA_CERTIFICATE, &certificate_pem(&tsa.der)?)?;
        self.write(ROOT_CERTIFICATE, &certificate_pem(&root.der)?)
    }

    fn write(&self, name: &str, pem: &str) -> Result<(), IdentityError> {
        let path = self.path(name);
        let unfinished = self.path(&format!("{name}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = private_file(&unfinished, true)?;
            file.write_all(pem.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|source| IdentityError::Folder { path: path.clone(), source })
    }

    fn load(&self, key_name: &str, certificate_name: &str) -> Result<Identity, IdentityError> {
        let unreadable = |name| IdentityError::Unreadable { path: self.path(name) };
        let key_der = self.read(key_name, KEY_LABEL)?;
        let key = SigningKey::from_pkcs8_der(&key_der).map_err(|_| unreadable(key_name))?;
        let der = self.read(certificate_name, CERTIFICATE_LABEL)?;
        let certificate = Certificate::from_der(&der).map_err(|_| unreadable(certificate_name))?;
        let identity = Identity { key, certificate, der };
        if identity.owns_its_certificate() {
            Ok(identity)
        } else {
            Err(IdentityError::Mismatch { path: self.path(certificate_name) })
        }
    }

    fn read(&self, name: &str, label: &str) -> Result<Vec<u8>, IdentityError> {
        let path = self.path(name);
        let pem = fs::read(&path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => IdentityError::Missing { path: path.clone() },
            _ => IdentityError::Folder { path: path.clone(), source },
        })?;
        match der::pem::decode_vec(&pem) {
            Ok((found, der)) if found == label => Ok(der),
            _ => Err(IdentityError::Unreadable { path }),
        }
    }
}

/// Opens for writing, readable by the owner alone from the first moment on.
fn private_file(path: &Path, truncate: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(truncate);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn key_pem(key: &SigningKey) -> Result<String, IdentityError> {
    let der = key.to_pkcs8_der()?;
    Ok(der::pem::encode_string(KEY_LABEL, der::pem::LineEnding::LF, der.as_bytes())
        .map_err(der::Error::from)?)
}

fn certificate_pem(der: &[u8]) -> Result<String, IdentityError> {
    Ok(der::pem::encode_string(CERTIFICATE_LABEL, der::pem::LineEnding::LF, der).map_err(der::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::{Authority, IdentityError, KEY_LABEL, ROOT_KEY, Subject, TSA_CERTIFICATE, TSA_KEY};
    use crate::platform::pki::{TimestampError, check_detached, request_token};
    use chrono::{DateTime, TimeDelta, TimeZone, Utc};
    use sha2::{Digest, Sha256};
    use std::fs;

    fn noon() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 20, 4, 0, 0).unwrap()
    }

    #[test]
    fn an_authority_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = Authority::open(folder.path(), noon()).unwrap().root_pem().unwrap();
        let again =
            Authority::open(folder.path(), noon() + TimeDelta::days(700)).unwrap().root_pem().unwrap();
        assert_eq!(first, again);
        assert_eq!(first.as_bytes(), fs::read(folder.path().join("root.pem")).unwrap());
    }

    #[test]
    fn openers_that_start_together_agree() {
        let folder = tempfile::tempdir().unwrap();
        let roots: Vec<String> = std::thread::scope(|scope| {
            let open = || Authority::open(folder.path(), noon()).unwrap().root_pem().unwrap();
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            openers.into_iter().map(|opener| opener.join().unwrap()).collect()
        });
        assert!(roots.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Authority::open(folder.path(), noon()).unwrap();
        for name in [ROOT_KEY, TSA_KEY] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert!(fs::read_to_string(folder.path().join(name)).unwrap().contains(KEY_LABEL));
        }
    }

    #[test]
    fn a_lost_or_foreign_file_is_an_error_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        Authority::open(folder.path(), noon()).unwrap();
        let key = fs::read(folder.path().join(TSA_KEY)).unwrap();
        fs::write(folder.path().join(ROOT_KEY), &key).unwrap();
        assert!(matches!(Authority::open(folder.path(), noon()), Err(IdentityError::Mismatch { .. })));
        fs::remove_file(folder.path().join(ROOT_KEY)).unwrap();
        assert!(matches!(Authority::open(folder.path(), noon()), Err(IdentityError::Missing { .. })));
        fs::write(folder.path().join(ROOT_KEY), "rubbish").unwrap();
        assert!(matches!(Authority::open(folder.path(), noon()), Err(IdentityError::Unreadable { .. })));
    }

    #[test]
    fn a_time_authority_of_another_root_is_refused() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Authority::open(one.path(), noon()).unwrap();
        Authority::open(other.path(), noon()).unwrap();
        for name in [TSA_KEY, TSA_CERTIFICATE] {
            fs::copy(other.path().join(name), one.path().join(name)).unwrap();
        }
        assert!(matches!(Authority::open(one.path(), noon()), Err(IdentityError::Mismatch { .. })));
    }

    #[test]
    fn an_authority_past_its_years_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        Authority::open(folder.path(), noon()).unwrap();
        let late = Authority::open(folder.path(), noon() + TimeDelta::days(3300));
        assert!(matches!(late, Err(IdentityError::NotInForce)));
    }

    #[test]
    fn names_with_commas_and_plus_signs_stay_whole() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), noon()).unwrap();
        let name = "喆, 堃+犇=O=x";
        let subject = Subject { name, organisation: "", id: "P1" };
        let key = authority.issue_event_key(subject, noon()).unwrap();
        let transport = |request: &[u8]| Ok(authority.answer_timestamp(request, noon())?);
        let message = key.sign_detached(&Sha256::digest(b"document").into(), Some(&transport)).unwrap();
        let checked = check_detached(&message, &[b"docu", b"ment"], &authority.trust(), noon()).unwrap();
        assert_eq!(checked.signer, name);
        assert!(checked.content_intact && checked.signature_intact && checked.certificate_bound);
        assert!(checked.chain_trusted && checked.may_sign);
        assert!(checked.stamp.is_some_and(|stamp| stamp.trusted && stamp.at == noon()));
        let other = check_detached(&message, &[b"another"], &authority.trust(), noon()).unwrap();
        assert!(!other.content_intact && other.signature_intact);
    }

    /// Every byte of a stamped message, the stamp's token included, changed in two ways.
    #[test]
    fn no_byte_of_a_message_can_be_changed_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), noon()).unwrap();
        let subject = Subject { name: "李玥", organisation: "益阳市", id: "P1" };
        let key = authority.issue_event_key(subject, noon()).unwrap();
        let transport = |request: &[u8]| Ok(authority.answer_timestamp(request, noon())?);
        let message = key.sign_detached(&Sha256::digest(b"document").into(), Some(&transport)).unwrap();
        let trust = authority.trust();
        let passes = |message: &[u8]| {
            check_detached(message, &[b"document"], &trust, noon()).is_ok_and(|checked| {
                let intact = checked.content_intact && checked.signature_intact && checked.certificate_bound;
                let trusted = checked.regular && checked.chain_trusted && checked.may_sign;
                intact && trusted && checked.stamp.is_some_and(|stamp| stamp.trusted)
            })
        };
        assert!(passes(&message));
        let unnoticed: Vec<(usize, u8)> = (0..message.len())
            .flat_map(|at| [(at, 1), (at, 2), (at, 0x20), (at, 0xff)])
            .filter(|(at, mask)| {
                let mut changed = message.clone();
                changed[*at] ^= mask;
                passes(&changed)
            })
            .collect();
        assert_eq!(unnoticed, []);
    }

    #[test]
    fn what_is_no_time_stamp_request_is_refused_in_due_form() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), noon()).unwrap();
        for request in [&b"rubbish"[..], b"", &[0x30; 9000]] {
            let answer = authority.answer_timestamp(request, noon()).unwrap();
            let refused = request_token(b"x", &move |_| Ok(answer.clone()));
            assert!(matches!(refused, Err(TimestampError::Refused(2))));
        }
    }
}
