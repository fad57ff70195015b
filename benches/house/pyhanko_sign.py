"""pyHanko's CPU milliseconds for one visible PAdES B-T signature with P-256: pyhanko_sign.py FILE TIMES."""
import io
import sys
import time
from datetime import datetime, timedelta, timezone

from asn1crypto import algos, cms, core, keys, x509
from cryptography import x509 as cx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore


def issue(key, name, usage):
    now = datetime.now(timezone.utc)
    subject = cx.Name([cx.NameAttribute(NameOID.COMMON_NAME, name)])
    made = cx.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(cx.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    if usage:
        made = made.add_extension(cx.ExtendedKeyUsage([usage]), critical=True)
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    secret = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return x509.Certificate.load(der), keys.PrivateKeyInfo.load(secret)


class Stamper(DummyTimeStamper):
    """pyHanko's own authority in the same process, which knows RSA alone, with the algorithm that ours has."""

    def _sign_tst_info(self, tst_info_data, md_algorithm, dt):
        digest = hashes.Hash(hashes.SHA256())
        digest.update(tst_info_data)
        attributes = cms.CMSAttributes([
            simple_cms_attribute("content_type", "tst_info"),
            simple_cms_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(dt)})),
            simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(self.tsa_cert)),
            simple_cms_attribute("message_digest", digest.finalize()),
        ])
        return tsa_secret.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())), attributes

    def _build_signed_data(self, tst_info_data, md_algorithm, signature, signed_attrs):
        made = super()._build_signed_data(tst_info_data, md_algorithm, signature, signed_attrs)
        made["signer_infos"][0]["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
        return made


signer_cert, signer_key = issue(ec.generate_private_key(ec.SECP256R1()), "signer", None)
tsa_secret = ec.generate_private_key(ec.SECP256R1())
tsa_cert, tsa_key = issue(tsa_secret, "tsa", ExtendedKeyUsageOID.TIME_STAMPING)
signer = SimpleSigner(signing_cert=signer_cert, signing_key=signer_key, cert_registry=SimpleCertificateStore())
stamper = Stamper(tsa_cert, tsa_key)
style = TextStampStyle(stamp_text="Signed by %(signer)s\n%(ts)s")
data = open(sys.argv[1], "rb").read()
times = int(sys.argv[2])


def once():
    meta = PdfSignatureMetadata(field_name="host", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    PdfSigner(meta, signer, timestamper=stamper, stamp_style=style).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=io.BytesIO())


once()
before = time.process_time()
for _ in range(times):
    once()
print((time.process_time() - before) / times * 1e3)
