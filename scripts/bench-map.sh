#!/usr/bin/env bash
# The map's engine beside PostGIS and SQLite's R*Tree, on the same data in the same run. BENCH_POINTS sets how many.
. "$(dirname "$0")/env.sh"
have rustc || die "Rust 1.95 or newer is missing: see https://rustup.rs"
need_packages postgresql-15 postgresql-15-postgis-3 sqlite3
. scripts/services.sh

say "building the bench"
mkdir -p "$CARGO_TARGET_DIR/bench"
# By itself and without cargo: the engine needs only the standard library, a release build of the rest takes half an hour.
rustc --edition 2024 -C opt-level=3 --crate-name bench_map -o "$CARGO_TARGET_DIR/bench/map" benches/map.rs

say "starting a PostgreSQL of its own"
PG_PORT="${PALM_BENCH_PG_PORT:-54397}"
start_postgres -c shared_buffers=1GB -c fsync=off -c max_wal_size=4GB -c autovacuum=off
mkdir -m 777 "$SERVICES/data"
say "measuring"
"$CARGO_TARGET_DIR/bench/map" "$SERVICES/data" "$PALM_TEST_POSTGRES" "${BENCH_POINTS:-1000000}"
