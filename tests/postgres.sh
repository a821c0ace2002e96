# Starts and stops a private PostgreSQL; sourced by tests/run and benches/run.
newest_postgres() {
    local bin
    for bin in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V -r); do
        [ -x "$bin/initdb" ] && { echo "$bin"; return; }
    done
}

# PostgreSQL refuses to run as root; then it runs as the user that its package brought.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$cluster" "$@"
    else
        "$@"
    fi
}

# start_postgres [OPTION…]: a cluster of its own on a free port; its URL stands in $postgres_url. Options go to the server.
start_postgres() {
    cluster=$(mktemp -d /tmp/tenantry-pg.XXXXXX)
    postgres_bin=$(newest_postgres)
    trap stop_postgres EXIT
    if [ "$(id -u)" = 0 ]; then chown postgres: "$cluster"; fi
    (cd "$cluster" && unprivileged "$postgres_bin/initdb" -D "$cluster/data" -U tenantry --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$cluster.log" 2>&1) ||
        { cat "$cluster.log" >&2; exit 1; }
    local try port
    for try in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 12000))
        if (cd "$cluster" && unprivileged "$postgres_bin/pg_ctl" -D "$cluster/data" -w -s -l "$cluster/log" -o "-p $port -k $cluster \
            -c listen_addresses=127.0.0.1 -c max_connections=400 $*" start >>"$cluster.log" 2>&1); then
            postgres_url="postgres://tenantry@127.0.0.1:$port/postgres"
            return
        fi
    done
    cat "$cluster.log" "$cluster/log" >&2
    exit 1
}

stop_postgres() {
    (cd "$cluster" && unprivileged "$postgres_bin/pg_ctl" -D "$cluster/data" -m immediate -s stop >/dev/null 2>&1) || true
    rm -rf "$cluster" "$cluster.log"
}
