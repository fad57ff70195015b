#!/usr/bin/env python3
"""Judges many signed agreements in one process: judge.py root.pem agreement.pdf …

pyHanko judges every signature by the long-term algorithm of ETSI EN 319 102-1, with the revocation data that the file
itself carries and no network, now and twenty years on (its time stamps renewed till then); a file without a document
time stamp is judged now and without revocation data. pdfsig and qpdf look at each file as well, pdffonts says whether
every font is embedded, and check_archive.py looks at the clauses of PDF/A-2 when the file claims them.
One line a file; ends with 0 when every one of them is content.

Needs pyHanko, pdfsig and pdffonts (poppler-utils), certutil (libnss3-tools), qpdf.
"""

import asyncio
import logging
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone

from check_archive import judge_archive
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    FreshnessReqType,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

# The end of a line of pdffonts: embedded, subset, unicode, and the object.
EMBEDDED = re.compile(r" yes +(yes|no) +(yes|no) +(\d+ +\d+|\[none\])$")
LATER = timedelta(days=20 * 365)


def policy(roots, revocation):
    certificates = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(
            REQUIRE_REVINFO if revocation else NO_REVOCATION,
            freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        ),
    )
    nobody = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        signature_validation_spec=SignatureValidationSpec(
            cert_validation_policy=certificates, revinfo_gathering_policy=nobody
        )
    )


async def faults_by_pyhanko(path, roots):
    """What pyHanko has against the file, and how many signatures and document time stamps it has."""
    faults = []
    with open(path, "rb") as file:
        reader = PdfFileReader(file, strict=True)
        signatures, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
        spec = policy(roots, bool(stamps))
        for signature in signatures:
            judged = await ades_lta_validation(signature, spec)
            status = judged.api_status
            # Without a document time stamp nothing proves to this algorithm when the certificates were there.
            if not status.bottom_line or stamps and judged.ades_subindic != AdESPassed.OK:
                faults.append(f"{signature.field_name}: {judged.ades_subindic} {judged.failure_msg or ''}")
            if stamps:
                if judged.oldest_evidence_record_timestamp is None:
                    faults.append(f"{signature.field_name}: no document time stamp counts")
                later = await simulate_future_ades_lta_validation(signature, spec, datetime.now(timezone.utc) + LATER)
                if later.ades_subindic != AdESPassed.OK:
                    faults.append(f"{signature.field_name}, later: {later.ades_subindic} {later.failure_msg or ''}")
    return faults, len(signatures), len(stamps)


def faults_by_others(path, signatures, nss):
    said = subprocess.run(["pdfsig", "-nssdir", f"sql:{nss}", path], capture_output=True, text=True).stdout
    for words in ("Signature is Valid", "Certificate is Trusted"):
        if said.count(words) != signatures:
            yield f"pdfsig: {words}: {said.count(words)} of {signatures}"
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    if checked.returncode != 0:
        yield f"qpdf: {checked.stdout}{checked.stderr}"


def faults_of_fonts(path):
    """What pdffonts has against the file, and how many fonts it has, those of the signatures' marks included."""
    said = subprocess.run(["pdffonts", path], capture_output=True, text=True)
    fonts = said.stdout.splitlines()[2:]
    faults = [f"pdffonts: {font}" for font in fonts if not EMBEDDED.search(font)]
    if said.returncode != 0 or not fonts:
        faults.append(f"pdffonts: {len(fonts)} fonts, {said.stderr}")
    return faults, len(fonts)


def main(root, paths):
    roots = list(load_certs_from_pemder([root]))
    failed = 0
    with tempfile.TemporaryDirectory() as nss:
        for command in (
            ["certutil", "-N", "-d", f"sql:{nss}", "--empty-password"],
            ["certutil", "-A", "-d", f"sql:{nss}", "-n", "root", "-t", "CT,C,C", "-i", root],
        ):
            subprocess.run(command, check=True)
        for path in paths:
            faults, signatures, stamps = asyncio.run(faults_by_pyhanko(path, roots))
            faults.extend(faults_by_others(path, signatures, nss))
            of_fonts, fonts = faults_of_fonts(path)
            of_archive, looked_at = judge_archive(path)
            faults.extend([*of_fonts, *of_archive])
            archive = f"PDF/A-2 {'broken' if of_archive else 'stands'}" if looked_at else "no claim to PDF/A"
            failed += bool(faults)
            print(
                "FAILED " if faults else "ok     ",
                f"{path}: {signatures} signatures, {stamps} document stamps, {fonts} fonts embedded, {archive}",
            )
            for fault in faults:
                print("        ", fault)
    sys.exit(failed > 0)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    logging.disable(logging.WARNING)
    main(sys.argv[1], sys.argv[2:])
