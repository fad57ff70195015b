#!/bin/sh
# Asks openssl about the signatures of an agreement, one by one: openssl.sh signed.pdf root.pem [stamp.tsq stamp.tsr]
#
# Each message is taken out of the file as its /ByteRange says; with a request and its answer the time stamp is checked too.
# Needs python3 and openssl. Ends with 0 when every signature verifies.
set -eu

if [ $# -ne 2 ] && [ $# -ne 4 ]; then
    sed -n '2,5p' "$0"
    exit 2
fi
pdf=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$pdf" "$work" <<'CUT'
import pathlib, re, sys
pdf, folder = pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2])
for n, found in enumerate(re.finditer(rb"/ByteRange \[0 (\d+) +(\d+) +(\d+) *\]", pdf), 1):
    gap, rest, length = map(int, found.groups())
    message = bytes.fromhex(pdf[gap + 1 : rest - 1].decode())
    size = message[1] & 0x7F
    size = 2 + size + int.from_bytes(message[2 : 2 + size], "big") if message[1] & 0x80 else 2 + message[1]
    (folder / f"{n}.p7s").write_bytes(message[:size])
    (folder / f"{n}.bin").write_bytes(pdf[:gap] + pdf[rest : rest + length])
CUT
failed=0
for message in "$work"/*.p7s; do
    n=$(basename "$message" .p7s)
    if openssl cms -verify -cades -inform DER -in "$message" -content "$work/$n.bin" -binary -CAfile "$root" -purpose any -out /dev/null 2>"$work/said"; then
        echo "ok      openssl cms -verify -cades: signature $n"
    else
        echo "FAILED  openssl cms -verify -cades: signature $n"
        cat "$work/said"
        failed=1
    fi
done
if [ $# -eq 4 ]; then
    if openssl ts -verify -queryfile "$3" -in "$4" -CAfile "$root" >"$work/said" 2>&1; then
        echo "ok      openssl ts -verify"
    else
        echo "FAILED  openssl ts -verify"
        cat "$work/said"
        failed=1
    fi
fi
exit "$failed"
