"""Checks a dump palm-ledger/1 from docs/receipt-format.md alone: python3 check_dump.py FILE KEY [FOLDER OF KEPT CHECKPOINTS]"""
import base64, hashlib, json, pathlib, sys

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1] % P
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P
def times(n, a):
    r = (0, 1)
    while n:
        r, a, n = add(r, a) if n & 1 else r, add(a, a), n >> 1
    return r
def point(raw):
    n = int.from_bytes(raw, "little")
    y = n & 2**255 - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return (x if x & 1 == n >> 255 else P - x), y
def opened(note):  # RFC 8032: size and root of a checkpoint that the key signed
    text, signed = note.rsplit("\n\n", 1)
    text, signed = (text + "\n").encode(), base64.b64decode(signed.split(" ")[2])[4:]
    h = int.from_bytes(hashlib.sha512(signed[:32] + PUBLIC + text).digest(), "little") % L
    right = add(point(signed[:32]), times(h, point(PUBLIC)))
    assert times(int.from_bytes(signed[32:], "little"), point(bytes([0x58] + [0x66] * 31))) == right, "signature"
    return int(text.split(b"\n")[1]), base64.b64decode(text.split(b"\n")[2])
def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
def root():
    hash = edge[-1] if edge else sha()
    for left in edge[-2::-1]:
        hash = sha(b"\1", left, hash)
    return hash

PUBLIC = base64.b64decode(sys.argv[2].split("+", 2)[2])[1:]
kept = [opened(file.read_text(encoding="utf-8")) for file in pathlib.Path(sys.argv[3]).iterdir()] if sys.argv[3:] else []
n, edge, previous, last, signed, held = 0, [], "0" * 64, "", 0, 0
for line in map(json.loads, open(sys.argv[1], encoding="utf-8")):
    if "checkpoint" in line:
        signed += 1
        assert opened(line["checkpoint"]) == (n, root()), f"broken at {n}: checkpoint"
    if "entry" in line:
        e, facts = line["entry"], line["entry"]["facts"]
        assert (e["sequence"], e["previous_hash"]) == (n + 1, previous) and e["at"] >= last, f"broken at {n + 1}: order"
        first = e["kind"] == "submission"
        assert facts is None or facts.get("kind") == (None if first else e["kind"]), f"broken at {n + 1}: kind"
        assert facts is None or facts["submitted_at" if first else "at"] == e["at"], f"broken at {n + 1}: time"
        assert facts is None or sha(canonical(facts)).hex() == e["facts_sha256"], f"broken at {n + 1}: facts"
        leaf = canonical({k: e[k] for k in ("at", "facts_sha256", "previous_hash", "sequence")})
        assert sha(leaf).hex() == e["entry_hash"], f"broken at {n + 1}: entry"
        full, hash, n, previous, last = n, sha(b"\0", leaf), n + 1, e["entry_hash"], e["at"]
        while full & 1:
            hash, full = sha(b"\1", edge.pop(), hash), full >> 1
        edge.append(hash)
        held += sum(note == (n, root()) for note in kept if note[0] == n)
assert held == len(kept), f"broken at {n + 1}: a kept checkpoint"
print(f"all hold: {n} entries, {signed} checkpoints, {held} kept, root {root().hex()}")
