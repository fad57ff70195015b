# Sourced: PostgreSQL and Redis of our own on private ports, gone when the script ends.
SERVICES=$(mktemp -d "${SERVICES_IN:-/tmp}/palm-services.XXXXXX")
chmod 755 "$SERVICES"
PG_PORT="${PALM_TEST_PG_PORT:-54399}"
REDIS_PORT="${PALM_TEST_REDIS_PORT:-63799}"

as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}

start_postgres() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1)
    [ -n "$bin" ] || die "PostgreSQL's programs are not under /usr/lib/postgresql"
    mkdir -p "$SERVICES/pg" && [ "$(id -u)" != 0 ] || chown postgres: "$SERVICES/pg"
    as_postgres "$bin/initdb" -D "$SERVICES/pg" -A trust -U palm --locale=C.UTF-8 --encoding=UTF8 > "$SERVICES/initdb.log"
    as_postgres "$bin/pg_ctl" -D "$SERVICES/pg" -w -s -l "$SERVICES/pg/log" \
        -o "-p $PG_PORT -k $SERVICES/pg -c listen_addresses=127.0.0.1 -c max_connections=300 $*" start
    export PALM_TEST_POSTGRES="postgres://palm@127.0.0.1:$PG_PORT/postgres"
    PG_CTL="$bin/pg_ctl"
}

start_redis() {
    redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly no --daemonize yes \
        --pidfile "$SERVICES/redis.pid" --dir "$SERVICES" > /dev/null
    export PALM_TEST_REDIS="redis://127.0.0.1:$REDIS_PORT"
}

stop_services() {
    kill $(jobs -p) 2> /dev/null || true
    [ -n "${PG_CTL:-}" ] && as_postgres "$PG_CTL" -D "$SERVICES/pg" -m immediate -s stop > /dev/null 2>&1 || true
    [ -f "$SERVICES/redis.pid" ] && kill "$(cat "$SERVICES/redis.pid")" 2> /dev/null || true
    rm -rf "$SERVICES"
}
trap stop_services EXIT
