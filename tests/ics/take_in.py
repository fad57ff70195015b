"""Takes calendar files into an imagined calendar in the order given, as RFC 5546 says, and prints what stands in it.

python tests/ics/take_in.py FILE…: one JSON line after each file, a list of [uid, sequence, start, status, summary].
"""
import json
import sys

from icalendar import Calendar

held = {}
for path in sys.argv[1:]:
    raw = open(path, "rb").read()
    assert raw.endswith(b"\r\n") and b"\n" not in raw.replace(b"\r\n", b""), f"{path}: lines end with CRLF"
    calendar = Calendar.from_ical(raw)
    assert not calendar.errors and str(calendar["VERSION"]) == "2.0" and calendar["PRODID"], path
    (event,) = calendar.walk("VEVENT")
    assert not event.errors, event.errors
    for needed in ("UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "ORGANIZER", "SUMMARY", "STATUS"):
        assert needed in event, f"{path}: no {needed}"
    uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
    if uid not in held or held[uid][1] < sequence:
        if str(calendar["METHOD"]) == "CANCEL":
            held.pop(uid, None)
        else:
            held[uid] = [uid, sequence, event["DTSTART"].dt.isoformat(), str(event["STATUS"]), str(event["SUMMARY"])]
    print(json.dumps(list(held.values()), ensure_ascii=False))
