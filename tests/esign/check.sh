#!/bin/sh
# Asks verifiers that are not ours about a signed agreement: check.sh signed.pdf root.pem
#
# Needs pdfsig (poppler-utils), certutil (libnss3-tools), qpdf, openssl, and pyHanko:
#   python3 -m venv v && v/bin/pip install -r tests/requirements.txt
# PYTHON names the Python that has it, when python3 does not (PYTHON=v/bin/python).
# Ends with 0 when every one of them is content.
set -eu

if [ $# -ne 2 ]; then
    sed -n '2,8p' "$0"
    exit 2
fi
pdf=$1
root=$2
python=${PYTHON:-python3}
pyhanko=$(dirname "$(command -v "$python")")/pyhanko
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# The number of signatures is what the file itself says, so that none is passed over. Time stamps over the whole file are
# counted apart: pdfsig knows none of them.
stamps=$(grep -a -o '/SubFilter /ETSI.RFC3161' "$pdf" | wc -l)
signatures=$(($(grep -a -o '/ByteRange \[0 ' "$pdf" | wc -l) - stamps))

verdict() {
    if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi
}

count() {
    grep -c "$1" "$2" || true
}

expect() {
    [ "$2" -eq "$signatures" ] && good=0 || good=1
    verdict "$1: $2 of $signatures" "$good"
}

echo "$pdf: $signatures signatures, $stamps document time stamps"

good=0
"$pyhanko" sign validate --pretty-print --trust "$root" --trust-replace "$pdf" >"$work/validate" 2>&1 || good=1
verdict "pyHanko validate" "$good"
expect "pyHanko says VALID" "$(count 'judged VALID' "$work/validate")"

# With a document time stamp the file carries its revocation data, and is judged by them.
revocation=--no-revocation-check
[ "$stamps" -eq 0 ] || revocation=
good=0
"$pyhanko" sign adesverify $revocation --trust "$root" --trust-replace "$pdf" >"$work/ades" 2>&1 || good=1
verdict "pyHanko adesverify $revocation" "$good"

good=0
"$python" "$here/judge.py" "$root" "$pdf" >"$work/judge" 2>&1 || good=1
verdict "pyHanko off line, now and in twenty years" "$good"

mkdir "$work/nss"
certutil -N -d "sql:$work/nss" --empty-password
certutil -A -d "sql:$work/nss" -n root -t "CT,C,C" -i "$root"
pdfsig -nssdir "sql:$work/nss" "$pdf" >"$work/pdfsig" 2>/dev/null || true
expect "pdfsig: signature is valid" "$(count 'Signature is Valid' "$work/pdfsig")"
expect "pdfsig: certificate is trusted" "$(count 'Certificate is Trusted' "$work/pdfsig")"

good=0
qpdf --check "$pdf" >"$work/qpdf" 2>&1 || good=1
verdict "qpdf --check" "$good"

good=0
"$python" "$here/check_archive.py" "$pdf" >"$work/archive" 2>&1 || good=1
verdict "PDF/A-2: what signing could break" "$good"

# Each signature as a CMS of its own, over the bytes that it covers.
"$python" "$here/containers.py" "$pdf" "$work/cms"
trusted=0
for cms in "$work"/cms/*.p7s; do
    openssl cms -verify -cades -binary -inform DER -in "$cms" -content "${cms%.p7s}.bin" \
        -CAfile "$root" -purpose any -out /dev/null >>"$work/openssl" 2>&1 && trusted=$((trusted + 1))
done
expect "openssl cms -verify -cades" "$trusted"
for token in "$work"/cms/*.tst; do
    [ -e "$token" ] || continue
    good=0
    openssl ts -verify -token_in -in "$token" -data "${token%.tst}.bin" -CAfile "$root" >>"$work/openssl" 2>&1 || good=1
    verdict "openssl ts -verify: a document time stamp" "$good"
done

if [ "$failed" -ne 0 ] || [ -n "${VERBOSE:-}" ]; then
    for said in validate ades judge pdfsig qpdf archive openssl; do
        echo "=== $said"
        cat "$work/$said"
    done
fi
exit "$failed"
