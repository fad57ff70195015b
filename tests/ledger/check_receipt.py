"""Checks a receipt of the form palm-receipt/1 from docs/receipt-format.md alone: python3 check_receipt.py receipt.json

With a second argument, the URL of a ledger or a file that holds its answer, the entry is looked up there too."""
import hashlib
import json
import sys
import urllib.request


def digest(value):
    """Lower-case hex SHA-256 of the canonical JSON (RFC 8785) of a value without fractions."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def problems(receipt):
    facts = receipt["facts"]
    entry = {
        "at": receipt["submitted_at"],
        "facts_sha256": receipt["facts_sha256"],
        "previous_hash": receipt["previous_hash"],
        "sequence": receipt["sequence"],
    }
    checks = [
        ("format", receipt["format"] == "palm-receipt/1"),
        ("facts", digest(facts) == receipt["facts_sha256"]),
        ("head", (facts.get("number"), facts.get("submitted_at")) == (receipt["number"], receipt["submitted_at"])),
        ("entry", digest(entry) == receipt["entry_hash"]),
    ]
    return [name for name, holds in checks if not holds]


def ledger_holds(receipt, ledger):
    if ledger.startswith("http"):
        with urllib.request.urlopen(f"{ledger}?after={receipt['sequence'] - 1}&limit=1", timeout=10) as answer:
            page = json.load(answer)
    else:
        with open(ledger, encoding="utf-8") as file:
            page = json.load(file)
    kept = {entry["sequence"]: entry["entry_hash"] for entry in page["items"]}
    return kept.get(receipt["sequence"]) == receipt["entry_hash"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        receipt = json.load(file)
    found = problems(receipt)
    if len(sys.argv) > 2 and not ledger_holds(receipt, sys.argv[2]):
        found.append("ledger")
    print("genuine" if not found else "not genuine: " + ", ".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
