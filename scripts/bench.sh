#!/usr/bin/env bash
# What the platform must do fast, each against a floor in the same run; PostgreSQL as in production, with fsync.
. "$(dirname "$0")/env.sh"
need_toolchains
need_packages postgresql redis-server wrk
. scripts/services.sh
node_modules fonts
judges
say "building for the bench (the first time takes about half an hour)"
cargo bench --quiet --bench house --no-run
start_postgres -c lc_messages=C
start_redis
PATH="$(dirname "$PG_CTL"):$PATH"
export PATH PALM_BENCH_POSTGRES="$PALM_TEST_POSTGRES" PALM_BENCH_REDIS="$PALM_TEST_REDIS" PALM_BENCH_POSTGRES_LOG="$SERVICES/pg/log" PALM_BENCH_PYTHON="$PALM_TEST_PYTHON"
cargo bench --quiet --bench house
