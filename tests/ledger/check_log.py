"""Checks palm-receipt/1 with palm-proof/1, from docs/receipt-format.md alone: python3 check_log.py proof.json KEY"""
import base64, hashlib, json, sys

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
def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()
def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
def opened(note, key):  # RFC 8032: the size and root of a note that the key signed
    name, _, raw = key.split("+", 2)
    raw = base64.b64decode(raw)[1:]
    text, signed = note.rsplit("\n\n", 1)
    text, signed = (text + "\n").encode(), base64.b64decode(signed.split(" ")[2])[4:]
    h = int.from_bytes(hashlib.sha512(signed[:32] + raw + text).digest(), "little") % L
    base = point(bytes([0x58] + [0x66] * 31))
    assert times(int.from_bytes(signed[32:], "little"), base) == add(point(signed[:32]), times(h, point(raw))), "signature"
    lines = text.decode().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])
def climb(at, last, one, two, path):  # RFC 9162, 2.1.3.2 and 2.1.4.2: both roots that the path leads to
    for h in path:
        assert last, "path too long"
        if at & 1 or at == last:
            one, two = sha(b"\1", h, one), sha(b"\1", h, two)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            two = sha(b"\1", two, h)
        at, last = at >> 1, last >> 1
    assert not last, "path too short"
    return one, two
proof, key = json.load(open(sys.argv[1], encoding="utf-8")), sys.argv[2]
r = proof["receipt"]
assert sha(canonical(r["facts"])).hex() == r["facts_sha256"] and r["facts"]["submitted_at"] == r["submitted_at"], "facts"
entry = canonical({"at": r["submitted_at"], **{k: r[k] for k in ("facts_sha256", "previous_hash", "sequence")}})
assert sha(entry).hex() == r["entry_hash"], "entry"
size, root = opened(proof["checkpoint"], key)
leaf, path = sha(b"\0", entry), [bytes.fromhex(h) for h in proof["inclusion"]]
assert climb(r["sequence"] - 1, size - 1, leaf, leaf, path)[1] == root, "inclusion"
older, old_root = opened(proof["earlier_checkpoint"], key)
path = [bytes.fromhex(h) for h in proof["consistency"]]
path = [old_root] + path if older & older - 1 == 0 else path
shift = (older & -older).bit_length() - 1
assert older == size and old_root == root or climb(older - 1 >> shift, size - 1 >> shift, path[0], path[0], path[1:]) == (old_root, root), "consistency"
print(f"genuine: entry {r['sequence']} of {size}, whose first {older} are as they were")
