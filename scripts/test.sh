#!/usr/bin/env bash
# Every test: the program on both databases, the front end, its WeChat build, and the journeys in a browser.
. "$(dirname "$0")/env.sh"
need_toolchains
need_packages postgresql redis-server chromium fonts-noto-cjk poppler-utils qpdf libnss3-tools
. scripts/services.sh

run_rust_tests() {
    if cargo nextest --version > /dev/null 2>&1; then
        cargo nextest run --no-fail-fast "$@"
    else
        cargo test --no-fail-fast "$@"
    fi
}

node_modules fonts
node_modules miniprogram
node_modules miniprogram/wechat-check

say "formatting"
cargo fmt --check

say "the program on SQLite"
cargo build --quiet --bins --tests
run_rust_tests

say "the program on PostgreSQL and Redis"
start_postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off
start_redis
run_rust_tests --test it

say "the front end: types and units"
(cd miniprogram && npm run --silent api -- --check && npm run --silent types && npm run --silent test)

say "the front end in WeChat's own compilers"
(cd miniprogram && npm run --silent build:weapp)
(cd miniprogram && node wechat-check/check.cjs dist/build/mp-weixin)

browser_build
say "the journeys in Chromium, and the WeChat build against the same program"
node tests/journeys/run.mjs
say "all tests passed"
