#!/usr/bin/env python3
"""Makes eight tampered copies of a signed agreement: tamper.py signed.pdf folder.

Needs pyHanko (pip install pyhanko==0.38.0) for the attacks that append an incremental update.
The names say what the platform's verification must answer:
tampered-*, partly_signed-*, trailing_bytes-*.
"""

import io
import re
import sys
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

BYTE_RANGE = re.compile(rb"/ByteRange \[0 (\d+) +(\d+) +(\d+) *\]")


def flipped_byte(pdf):
    """One bit inside the first stream of the body."""
    at = pdf.index(b"stream\n") + 40
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def changed_digit(pdf):
    """One hex digit inside the last signature."""
    at = int(last_range(pdf).group(1)) + 1 + 2000
    digit = b"1" if pdf[at : at + 1] == b"0" else b"0"
    return pdf[:at] + digit + pdf[at + 1 :]


def covered_page(pdf):
    """A black rectangle laid over the first page by an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    drawing = generic.StreamObject(stream_data=b"q 0 g 100 500 300 60 re f Q")
    writer.add_stream_to_page(0, writer.add_object(drawing))
    return written(writer)


def swapped_picture(pdf):
    """Another appearance in a signature that was made."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    field = visible_fields(writer.prev)[0]
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 100, 50)))
    picture = generic.StreamObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/XObject"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Form"),
            generic.pdf_name("/BBox"): box,
        },
        stream_data=b"1 0 0 rg 0 0 100 50 re f",
    )
    widget = field.get_object()
    widget["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): writer.add_object(picture)})
    writer.mark_update(field)
    return written(writer)


def cut_back(pdf):
    """The file as it was after the last but one signature."""
    ends = sorted(int(m.group(2)) + int(m.group(3)) for m in BYTE_RANGE.finditer(pdf))
    return pdf[: ends[-2]]


def widened_gap(pdf):
    """200 bytes more that the last signature does not cover."""
    match = last_range(pdf)
    gap, rest, length = (int(match.group(i)) for i in (1, 2, 3))
    entry = b"/ByteRange [0 %-10d %-10d %-10d]" % (gap, rest + 200, length - 200)
    assert len(entry) == len(match.group(0))
    return pdf[: match.start()] + entry + pdf[match.end() :]


def trailing_rubbish(pdf):
    """Bytes behind the end that no signature covers."""
    return pdf + b"rubbish " * 100


def added_note(pdf):
    """A text annotation on the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]
    while "/Kids" in page:
        page_reference = page.raw_get("/Kids")
        page_reference = page_reference.get_object() if hasattr(page_reference, "get_object") else page_reference
        reference = page_reference.raw_get(0)
        page = reference.get_object()
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (100, 500, 400, 560))),
            generic.pdf_name("/Contents"): generic.TextStringObject("added later"),
            generic.pdf_name("/DA"): generic.TextStringObject("/Helv 12 Tf 0 g"),
        }
    )
    annotations = generic.ArrayObject(list(page["/Annots"]) if "/Annots" in page else [])
    annotations.append(writer.add_object(note))
    page["/Annots"] = annotations
    writer.mark_update(reference)
    return written(writer)


def last_range(pdf):
    return list(BYTE_RANGE.finditer(pdf))[-1]


def visible_fields(reader: PdfFileReader):
    fields = reader.root["/AcroForm"]["/Fields"]
    references = [fields.raw_get(i) for i in range(len(fields))]
    return [r for r in references if float(r.get_object()["/Rect"][2]) > 0]


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


ATTACKS = [
    ("tampered-1-flipped-byte", flipped_byte),
    ("tampered-2-changed-digit", changed_digit),
    ("tampered-3-covered-page", covered_page),
    ("tampered-4-swapped-picture", swapped_picture),
    ("partly_signed-5-cut-back", cut_back),
    ("tampered-6-widened-gap", widened_gap),
    ("trailing_bytes-7-rubbish", trailing_rubbish),
    ("tampered-8-added-note", added_note),
]


def main():
    pdf = Path(sys.argv[1]).read_bytes()
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, attack in ATTACKS:
        (folder / f"{name}.pdf").write_bytes(attack(pdf))
        print(folder / f"{name}.pdf")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
