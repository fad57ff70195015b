#!/usr/bin/env bash
# Every test: the program on both databases, the front end, its WeChat build, and the journeys in a browser.
. "$(dirname "$0")/env.sh"
need_toolchains
need_packages postgresql redis-server chromium-headless-shell fonts-noto-cjk poppler-utils qpdf libnss3-tools openssl python3-venv default-jre-headless
# Each test has a database of its own, a thousand small files that live for a second: in memory, where there is room.
[ "$(df -k --output=avail /dev/shm 2> /dev/null | tail -n 1)" -gt 2000000 ] 2> /dev/null && SERVICES_IN=/dev/shm
. scripts/services.sh

# One more at a time than there are cores: some of a test is waiting.
THREADS=$(($(nproc) + 1))
run_rust_tests() {
    if cargo nextest --version > /dev/null 2>&1; then
        cargo nextest run --no-fail-fast --test-threads "$THREADS" "$@"
    else
        cargo test --no-fail-fast "$@"
    fi
}

# What goes through Redis: caches, sessions, hints between instances, rooms.
run_without_redis() {
    local rooms=(auth:: content:: content_versions:: map:: notifications:: redis:: rooms:: running:: sites:: talks::)
    if cargo nextest --version > /dev/null 2>&1; then
        PALM_TEST_REDIS=redis://127.0.0.1:1 cargo nextest run --no-fail-fast --test-threads "$THREADS" --test it "${rooms[@]}"
    else
        PALM_TEST_REDIS=redis://127.0.0.1:1 cargo test --no-fail-fast --test it -- "${rooms[@]}"
    fi
}

run_ignored() {
    if cargo nextest --version > /dev/null 2>&1; then
        cargo nextest run --no-fail-fast --test-threads "$THREADS" --run-ignored only --success-output immediate --test it "$@"
    else
        cargo test --no-fail-fast --test it "$@" -- --ignored --nocapture
    fi
}

# What waits for Node and for other registries goes on beside the compiler; what it said is shown once it is asked for.
beside() {
    ( set -e; "$1" ) > "$SERVICES/$1.log" 2>&1 &
    printf -v "$1" %s $!
}
done_beside() {
    local code=0
    wait "${!1}" || code=$?
    cat "$SERVICES/$1.log"
    [ "$code" = 0 ] || die "it failed, see above"
}

document_and_judges() {
    node_modules tests/openapi
    say "the OpenAPI document: lint"
    (cd tests/openapi && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --no-install redocly lint ../../openapi/openapi.json)
    node_modules tests/html
    judges
}

front_end() {
    node_modules miniprogram
    node_modules miniprogram/wechat-check
    say "the front end: types and units"
    (cd miniprogram && npm run --silent api -- --check && npm run --silent types && npm run --silent test)
    say "the front end in WeChat's own compilers"
    (cd miniprogram && npm run --silent build:weapp && node wechat-check/check.cjs dist/build/mp-weixin)
    browser_build
}

beside document_and_judges
beside front_end
node_modules fonts

say "formatting"
cargo fmt --check

say "building the program and its tests"
cargo build --quiet --bins --tests
done_beside document_and_judges
done_beside front_end
judges

# Nothing here speaks to strangers: one authority to trust is read at every start of a program, not a hundred and fifty.
mkdir "$SERVICES/authorities"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=nobody -keyout /dev/null -out "$SERVICES/nobody.pem" 2> /dev/null
export SSL_CERT_FILE="$SERVICES/nobody.pem" SSL_CERT_DIR="$SERVICES/authorities"

say "the program on SQLite"
PALM_TEST_AGREEMENTS=50 run_rust_tests

say "the program on PostgreSQL and Redis"
start_postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off
start_redis
run_rust_tests --test it

say "what goes through Redis, without it: its address leads nowhere"
run_without_redis

say "pyHanko, pdfsig, qpdf and openssl on an agreement, the verify page on eight tamperings; a reader of calendars"
run_ignored

say "the program against its document"
node tests/openapi/run.mjs

say "the pages that the program writes: the W3C's validator, and a reader of feeds and site maps"
node tests/html/run.mjs

say "the journeys in Chromium, and the WeChat build against the same program"
node tests/journeys/run.mjs
say "all tests passed"
