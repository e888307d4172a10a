#!/bin/bash
# Makes the cluster at the first start, then becomes the server.
set -euo pipefail
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
user=${POSTGRES_USER:-postgres} name=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    "$bin/initdb" -D "$PGDATA" -U "$user" --auth-local=trust --auth-host=scram-sha-256 \
        --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    "$bin/pg_ctl" -D "$PGDATA" -w -o '-c listen_addresses= -k /tmp' start
    [ "$name" = postgres ] || "$bin/createdb" -h /tmp -U "$user" "$name"
    "$bin/pg_ctl" -D "$PGDATA" -w -m fast stop
fi
exec "$bin/postgres" -D "$PGDATA" -c 'listen_addresses=*' -k /tmp
