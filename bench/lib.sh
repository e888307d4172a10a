# What every bench here needs: a folder of its own, a PostgreSQL that makes durable what it commits, and an end that leaves nothing.
dir=$(mktemp -d /tmp/wopr-bench.XXXXXX)
as=(); [ "$(id -u)" = 0 ] && { as=(runuser -u postgres --); chown postgres "$dir"; }
pg_bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
started=()
finish() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    (cd / && "${as[@]}" "$pg_bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$dir"
}
trap finish EXIT
fail() { echo "$1" >&2; exit 1; }
need() { command -v "$1" >/dev/null || { echo "$1 is missing: apt-get install $1" >&2; exit 3; }; }
build() { for project in "$@"; do dotnet build "$project" -c Release -v q --nologo >/dev/null; done; }

# start_postgres PORT [WORDS…]
start_postgres() {
    (cd / && "${as[@]}" "$pg_bin/initdb" -D "$dir/data" -A trust -U postgres >/dev/null)
    (cd / && "${as[@]}" "$pg_bin/pg_ctl" -w -D "$dir/data" -l "$dir/log" \
        -o "-p $1 -k $dir -c listen_addresses=127.0.0.1 ${*:2}" start >/dev/null)
}

# Processor time in clock ticks: unlike requests a second, it says the same on a machine that others use too.
ticks() { awk '{ sum += $14 + $15 } END { print sum + 0 }' $(printf '/proc/%s/stat ' "$@") 2>/dev/null; }
backends() { local main; main=$(head -n 1 "$dir/data/postmaster.pid"); echo "$main"; pgrep -P "$main"; }
