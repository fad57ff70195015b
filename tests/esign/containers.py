#!/usr/bin/env python3
"""Takes the signatures out of a PDF: containers.py signed.pdf folder writes n.p7s and n.bin, what n.p7s covers.

A time stamp over the whole file is written as n.tst.
"""

import re
import sys
from pathlib import Path

pdf, folder = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for n, found in enumerate(re.finditer(rb"/ByteRange \[0 (\d+) +(\d+) +(\d+) *\]", pdf)):
    gap, rest, length = map(int, found.groups())
    der = bytes.fromhex(pdf[gap + 1 : rest - 1].decode())
    # What is reserved beyond the structure's own length is zeros.
    size = der[1] & 0x7F
    whole = 2 + size + int.from_bytes(der[2 : 2 + size], "big")
    # The kind stands before the range in our dictionaries.
    stamps = pdf.rfind(b"/ETSI.RFC3161", 0, found.start()) > pdf.rfind(b"/ETSI.CAdES.detached", 0, found.start())
    (folder / f"{n}.{'tst' if stamps else 'p7s'}").write_bytes(der[:whole])
    (folder / f"{n}.bin").write_bytes(pdf[:gap] + pdf[rest : rest + length])
