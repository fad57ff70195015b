# Sourced by the other scripts: one target directory outside the clone, and what must be on the machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/palm/target}"
# The first build is shorter without what later ones could begin from; from then on it is kept.
[ -d "$CARGO_TARGET_DIR/debug/deps" ] || export CARGO_INCREMENTAL=0
PALM="$CARGO_TARGET_DIR/debug/palm"
STANDINS="$CARGO_TARGET_DIR/debug/palm-standins"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() { printf 'palm: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" > /dev/null 2>&1; }

# Installs Debian packages when we may; otherwise says which are missing.
need_packages() {
    local missing=()
    for package in "$@"; do
        dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && have apt-get; then
        say "installing ${missing[*]}"
        apt-get update -qq > /dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" > /dev/null
    else
        die "missing: ${missing[*]} (install them, then run this again)"
    fi
}

need_toolchains() {
    have cargo || die "Rust 1.95 or newer is missing: see https://rustup.rs"
    have node || die "Node.js 20 or newer is missing"
    have cc || need_packages gcc
}

# npm ci, only when the lock has changed since the last time.
node_modules() {
    local folder=$1 mark=$1/node_modules/.palm-lock
    if ! cmp -s "$folder/package-lock.json" "$mark"; then
        say "npm ci in $folder"
        (cd "$folder" && npm ci --no-audit --no-fund > /dev/null)
        cp "$folder/package-lock.json" "$mark"
    fi
}

# A Python of our own with the programs that judge ours; made anew when their versions change.
judges() {
    local folder="${XDG_CACHE_HOME:-$HOME/.cache}/palm/python"
    if ! cmp -s tests/requirements.txt "$folder/requirements.txt"; then
        say "installing pyHanko and schemathesis"
        rm -rf "$folder"
        python3 -m venv "$folder" || die "python3 cannot make a virtual environment: python3 and python3-venv are needed"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement tests/requirements.txt ||
            die "what tests/requirements.txt names could not be installed: is a Python package index within reach?"
        cp tests/requirements.txt "$folder/"
    fi
    export PALM_TEST_PYTHON="$folder/bin/python"
}

# The browser build of the front end, only when its sources have changed.
browser_build() {
    local now mark=miniprogram/dist/build/h5/.palm-sources
    now=$(find miniprogram openapi -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
    if [ "$(cat "$mark" 2> /dev/null)" != "$now" ]; then
        say "building the front end for browsers"
        (cd miniprogram && npm run --silent build:h5)
        printf '%s\n' "$now" > "$mark"
    fi
}
