"""Takes calendar files, or mails with one, into an imagined calendar in the order given, as RFC 5546 says, and prints what stands in it.

python tests/ics/take_in.py FILE…: one JSON line after each file, a list of [uid, sequence, start, status, summary].
A mail (.eml) must carry its calendar as RFC 6047 says, once as a part and once as a file, and between the addresses that the mail has.
"""
import email
import email.policy
import json
import sys

from icalendar import Calendar


def mailed(path):
    mail = email.message_from_bytes(open(path, "rb").read(), policy=email.policy.default)
    (part,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
    (file,) = [p for p in mail.walk() if p.get_content_disposition() == "attachment"]
    raw = part.get_payload(decode=True)
    assert file.get_payload(decode=True) == raw and file.get_filename() == "talk.ics", path
    calendar = Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    method = str(calendar["METHOD"])
    assert method in ("REQUEST", "CANCEL") and part["Content-Type"].params["method"] == method, path
    assert part["Content-Type"].params["charset"].lower() == "utf-8", path
    for name, header in (("ORGANIZER", "From"), ("ATTENDEE", "To")):
        (address,) = mail[header].addresses
        assert str(event[name]) == f"mailto:{address.addr_spec}", f"{path}: {name} is {event[name]}"
    return raw


held = {}
for path in sys.argv[1:]:
    raw = mailed(path) if path.endswith(".eml") else open(path, "rb").read()
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
