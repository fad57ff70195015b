#!/usr/bin/env python3
"""Checks what signing could break of PDF/A-2 (ISO 19005-2): check_archive.py signed.pdf

Before signing, Typst enforces PDF/A-2b as a whole. A signature appends widgets, appearances, a form and
signature dictionaries; this looks at every clause that these can touch, in the last revision. It is no full
validator: what only the unsigned text decides (glyph mapping, tags, colours of the pages) is not judged again,
except that the first revision's bytes stand unchanged in front.

Needs pyHanko. Ends with 0 when nothing was found.
"""

import re
import sys
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

BYTE_RANGE = re.compile(rb"/ByteRange \[0 (\d+) +(\d+) +(\d+) *\]")
PRINT, FORBIDDEN = 4, 1 | 2 | 32 | 256  # invisible, hidden, no view, toggle no view
FORBIDDEN_ACTIONS = {
    "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition",
    "/Trans", "/GoTo3DView", "/JavaScript",
}  # fmt: skip

faults = []


def must(truth, clause, what):
    if not truth:
        faults.append(f"{clause}: {what}")


def at(item, key, default=None):
    """The value behind a reference."""
    return item[key] if key in item else default


def everything(reader):
    """Every object that the trailer reaches, once, with the path by which it was found first."""
    seen, todo = set(), [("Root", reader.root)]
    while todo:
        path, item = todo.pop()
        if isinstance(item, generic.IndirectObject):
            key = (item.idnum, item.generation)
            if key in seen:
                continue
            seen.add(key)
            item = item.get_object()
        yield path, item
        if isinstance(item, generic.DictionaryObject):
            todo.extend((f"{path}{key}", item.raw_get(key)) for key in item)
        elif isinstance(item, generic.ArrayObject):
            todo.extend((f"{path}[{n}]", item.raw_get(n)) for n in range(len(item)))


def check_file(pdf, reader):
    must(re.match(rb"%PDF-1\.[0-7][\r\n]+%[\x80-\xff]{4}", pdf), "6.1.2", "header or binary comment")
    must(re.search(rb"%%EOF[\r\n]{0,2}\Z", pdf), "6.1.3", "bytes after the last %%EOF")
    trailer = reader.trailer
    must("/Encrypt" not in trailer, "6.1.3", "encrypted")
    must("/ID" in trailer and len(trailer["/ID"]) == 2, "6.1.3", "no file identifier in the last trailer")
    signatures = list(BYTE_RANGE.finditer(pdf))
    must(signatures, "6.4.3", "no signature")
    last = max(int(m.group(2)) + int(m.group(3)) for m in signatures)
    must(last == len(pdf), "6.4.3", "the last signature does not cover the file to its end")


def check_catalog(reader, pdf):
    root = reader.root
    metadata = root["/Metadata"]
    must("/Filter" not in metadata, "6.6.2", "metadata is filtered, and strict readers of A-1 would miss it")
    text = metadata.data
    must(re.search(rb"pdfaid:part[=>\"']+2", text), "6.6.4", "the metadata does not say part 2")
    must(re.search(rb"pdfaid:conformance[=>\"']+[BUA]", text), "6.6.4", "the metadata names no conformance")
    must(text in pdf, "6.6.2", "the metadata were rewritten")
    intents = [i.get_object() for i in root["/OutputIntents"]]
    must(any(i["/S"] == "/GTS_PDFA1" and "/DestOutputProfile" in i for i in intents), "6.2.3", "no output intent")
    must("/AA" not in root and "/OpenAction" not in root, "6.5.2", "the catalog acts by itself")
    must("/EmbeddedFiles" not in at(root, "/Names", {}), "6.8", "embedded files")
    must("/OCProperties" not in root or "/D" in root["/OCProperties"], "6.9", "optional content without default")
    must("/Requirements" not in root, "6.10", "requirements")
    form = root["/AcroForm"]
    must(not at(form, "/NeedAppearances", False), "6.4.1", "NeedAppearances")
    must("/XFA" not in form, "6.4.2", "XFA")
    if "/Perms" in root:
        must(set(root["/Perms"]) <= {"/UR3", "/DocMDP"}, "6.1.12", "another permission than DocMDP")


def check_widget(path, item):
    rect = [float(n) for n in item["/Rect"]]
    empty = rect[0] == rect[2] or rect[1] == rect[3]
    flags = int(at(item, "/F", 0))
    if at(item, "/Subtype") != "/Popup":
        must("/F" in item and flags & PRINT, "6.3.2", f"{path}: not printed")
        must(not flags & FORBIDDEN, "6.3.2", f"{path}: hidden by its flags")
    must("/AA" not in item and "/A" not in item, "6.4.1", f"{path}: acts")
    appearance = at(item, "/AP")
    must(empty or appearance is not None, "6.3.3", f"{path}: no appearance")
    if appearance is not None:
        must(set(appearance) == {"/N"}, "6.3.3", f"{path}: more than the normal appearance")
        must(isinstance(appearance["/N"], generic.StreamObject), "6.3.3", f"{path}: its appearance is no stream")


def check_signature(path, item):
    must(item["/Filter"] == "/Adobe.PPKLite", "6.4.3", f"{path}: handler")
    must(item["/SubFilter"] in ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached"), "6.4.3", f"{path}: form")
    from asn1crypto import cms

    content = cms.ContentInfo.load(bytes(item["/Contents"]), strict=False)["content"]
    must(len(content["signer_infos"]) == 1, "6.4.3", f"{path}: not one signer")
    must(len(content["certificates"]) > 0, "6.4.3", f"{path}: no certificate inside")


def check_font(path, item):
    kind = at(item, "/Subtype")
    if kind in ("/Type0", "/Type3"):
        return
    descriptor = at(item, "/FontDescriptor")
    embedded = descriptor is not None and any(k in descriptor for k in ("/FontFile", "/FontFile2", "/FontFile3"))
    must(embedded, "6.2.11.4", f"{path}: font {item.get('/BaseFont')} is not embedded")


def check_stream(path, item):
    must(not {"/F", "/FFilter", "/FDecodeParms"} & set(item), "6.1.7", f"{path}: external stream")
    filters = at(item, "/Filter", [])
    filters = [filters] if isinstance(filters, generic.NameObject) else list(filters)
    must("/LZWDecode" not in filters and "/Crypt" not in filters, "6.1.7.2", f"{path}: {filters}")
    must(at(item, "/Subtype") != "/PS" and "/OPI" not in item and "/Ref" not in item, "6.2.9", f"{path}: XObject")
    if at(item, "/Subtype") == "/Image":
        must(not at(item, "/Interpolate", False), "6.2.8", f"{path}: interpolated")
        must("/Alternates" not in item, "6.2.8", f"{path}: alternates")
    group = at(item, "/Group")
    if group is not None and at(group, "/S") == "/Transparency":
        # Without a colour space of its own a group blends in the page's, which the output intent defines.
        must(at(group, "/CS", "/DeviceRGB") != "/DeviceCMYK", "6.2.10", f"{path}: blends in CMYK")


def judge_archive(path):
    """What is wrong with the file, and how many things of each kind were looked at: none when it claims no part of PDF/A."""
    faults.clear()
    pdf = Path(path).read_bytes()
    with open(path, "rb") as file:
        reader = PdfFileReader(file, strict=True)
        if b"pdfaid" not in at(reader.root, "/Metadata", generic.StreamObject()).data.replace(b"xmlns:pdfaid", b""):
            return [], {}
        check_file(pdf, reader)
        check_catalog(reader, pdf)
        counts = {}
        for path, item in everything(reader):
            if not isinstance(item, generic.DictionaryObject):
                continue
            kind = at(item, "/Type")
            if kind == "/Annot" or at(item, "/Subtype") == "/Widget":
                counts["annotations"] = counts.get("annotations", 0) + 1
                must(at(item, "/Subtype") in ("/Widget", "/Link"), "6.3.1", f"{path}: {item.get('/Subtype')}")
                if at(item, "/Subtype") == "/Widget":
                    check_widget(path, item)
            if kind == "/DocTimeStamp":
                counts["document time stamps"] = counts.get("document time stamps", 0) + 1
                must(item["/Filter"] == "/Adobe.PPKLite", "6.4.3", f"{path}: handler")
                must(item["/SubFilter"] == "/ETSI.RFC3161", "6.4.3", f"{path}: form")
            if kind == "/Sig":
                counts["signatures"] = counts.get("signatures", 0) + 1
                check_signature(path, item)
            if kind == "/Font":
                counts["fonts"] = counts.get("fonts", 0) + 1
                check_font(path, item)
            if isinstance(item, generic.StreamObject):
                counts["streams"] = counts.get("streams", 0) + 1
                check_stream(path, item)
            must(at(item, "/S") not in FORBIDDEN_ACTIONS or kind not in (None, "/Action"), "6.5.1", f"{path}: action")
            must("/TR" not in item and "/HTP" not in item, "6.2.5", f"{path}: transfer function")
    return list(faults), counts


def main():
    found, counts = judge_archive(sys.argv[1])
    for fault in found:
        print("FAILED ", fault)
    if not counts:
        print("the file claims no part of PDF/A")
    elif not found:
        print("ok      what signing could break of PDF/A-2 stands:", ", ".join(f"{n} {k}" for k, n in counts.items()))
    sys.exit(bool(found))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
