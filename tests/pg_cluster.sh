#!/bin/sh
# A throw-away PostgreSQL cluster for tests: unix socket only, fsync on, about one second to start.
#
#   tests/pg_cluster.sh start DIR   makes DIR, starts the cluster there, prints its conninfo
#   tests/pg_cluster.sh stop DIR    stops it and removes DIR
#   tests/pg_cluster.sh kill DIR    kill -9 of every server process, as a crash would
#   tests/pg_cluster.sh again DIR   starts a stopped or killed cluster once more
#
# Works as root (the server then runs as postgres or nobody) and as any user with a passwd entry.
# The role is the superuser alertify, the database alertify; only the owner and root can reach the
# socket. $PG_BIN names the directory of the server's programs.
set -eu

fail() { echo "pg_cluster: $*" >&2; exit 1; }
[ $# -eq 2 ] || fail "usage: pg_cluster.sh start|stop|kill|again DIR"
verb=$1
dir=$2

find_bin() {
    for bin in ${PG_BIN:+"$PG_BIN"} "$(pg_config --bindir 2>/dev/null || :)" \
        $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn); do
        if [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ]; then
            echo "$bin"
            return
        fi
    done
    fail "no PostgreSQL server found: install postgresql or set PG_BIN"
}

# Runs a command as the server's user.
as_server() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
    else
        setpriv --reuid "$(stat -c %u "$dir/pg")" --regid "$(stat -c %g "$dir/pg")" \
            --clear-groups "$@"
    fi
}

# The longest usable socket directory is 92 bytes (107 with "/.s.PGSQL.5432").
socket_dir() {
    if [ ${#dir} -le 92 ]; then
        echo "$dir/pg"
    else
        cat "$dir/socket_dir"
    fi
}

start() {
    sockets=$(socket_dir)
    cd /
    as_server "$bin/pg_ctl" -D "$dir/pg" -l "$dir/pg/server.log" -s -w -t 30 -o "-h '' \
        -k '$sockets' -c max_connections=60 -c shared_buffers=64MB -c max_wal_size=512MB \
        -c unix_socket_permissions=0700 -c max_prepared_transactions=4 ${PG_OPTIONS:-}" \
        start >/dev/null 2>&1 </dev/null || { cat "$dir/pg/server.log" >&2; fail "did not start"; }
    echo "host=$sockets port=5432 user=alertify dbname=alertify"
}

bin=$(find_bin)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
case $verb in
start)
    [ ! -e "$dir/pg" ] || fail "$dir/pg exists"
    mkdir -m 0700 "$dir/pg"
    if [ "$(id -u)" -eq 0 ]; then
        user=postgres
        id -u "$user" >/dev/null 2>&1 || user=nobody
        chmod go+x "$dir"
        chown "$user:" "$dir/pg"
    fi
    if [ ${#dir} -gt 92 ]; then
        mktemp -d /tmp/alertify-test.XXXXXX >"$dir/socket_dir"
        chown --reference="$dir/pg" "$(cat "$dir/socket_dir")"
    fi
    (cd / && as_server "$bin/initdb" -D "$dir/pg" -U alertify -A trust -E UTF8 \
        --locale=C.UTF-8 --data-checksums --no-sync >/dev/null)
    conninfo=$(start)
    "$bin/psql" -qX "$(echo "$conninfo" | sed 's/dbname=.*/dbname=postgres/')" \
        -c 'create database alertify' >/dev/null
    echo "$conninfo"
    ;;
again)
    start
    ;;
stop)
    if [ -s "$dir/pg/postmaster.pid" ]; then
        (cd / && as_server "$bin/pg_ctl" -D "$dir/pg" -s -m immediate stop) || :
    fi
    if [ -s "$dir/socket_dir" ]; then
        rm -rf "$(cat "$dir/socket_dir")"
    fi
    rm -rf "$dir"
    ;;
kill)
    postmaster=$(head -n1 "$dir/pg/postmaster.pid")
    kill -9 "$postmaster" $(ps -o pid= --ppid "$postmaster")
    # Where nobody reaps orphans (containers without an init) the dead postmaster stays a zombie and
    # PostgreSQL would take its lock files for live ones.
    rm -f "$dir/pg/postmaster.pid" "$(socket_dir)/.s.PGSQL.5432.lock"
    ;;
*)
    fail "unknown verb $verb"
    ;;
esac
