#!/usr/bin/env bash
# How fast is one authenticated read, beside a bare web server on the same machine at the same time of day?
# Ports and folders are its own; everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh

seconds=${SECONDS_EACH:-10} rounds=${ROUNDS:-3} connections=${CONNECTIONS:-32}
base=${BENCH_PORT:-4720}
pg_port=$base api_port=$((base + 1)) bare_port=$((base + 2))
need wrk

echo "Building…" >&2
build src/Hosts/Platform bench/Bare
platform=$PWD/artifacts/bin/Platform/release/Wopr.Platform
bare=$PWD/artifacts/bin/Bare/release/Wopr.Bare

start_postgres "$pg_port"
psql -qh 127.0.0.1 -p "$pg_port" -U postgres -c 'create database wopr_platform'

export PORT=$api_port DATABASE_URL="postgres://postgres@127.0.0.1:$pg_port/wopr_platform" BETTER_AUTH_URL="http://127.0.0.1:$api_port"
# What is measured is the server, not its limits on callers.
export RATE_LIMIT_FACTOR=1000000
export BETTER_AUTH_SECRET PLATFORM_SECRET
BETTER_AUTH_SECRET=$(openssl rand -hex 32) PLATFORM_SECRET=$(openssl rand -hex 32)
"$platform" migrate >/dev/null

# The second start counts: the first one reads the program from a cold disk.
start() {
    local from to
    from=$(date +%s%N)
    "$platform" >"$dir/platform.log" 2>&1 &
    api=$!
    until [ "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$api_port/health/ready")" = 200 ]; do
        [ $((($(date +%s%N) - from) / 1000000)) -lt 30000 ] || { cat "$dir/platform.log" >&2; exit 1; }
        sleep 0.01
    done
    to=$(date +%s%N)
    ready=$(((to - from) / 1000000))
}
start; kill "$api"; wait "$api" || true
start; started+=("$api")
sleep 5
idle=$(awk '/VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$api/status")
"$bare" "http://127.0.0.1:$bare_port" >/dev/null 2>&1 & started+=($!)

cookie=$(curl -si "http://127.0.0.1:$api_port/api/auth/sign-up/email" -H 'content-type: application/json' \
    -d '{"name":"Bench","email":"bench@example.com","password":"Testpass1"}' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\);.*/\1/p')
read_url="http://127.0.0.1:$api_port/trpc/billing.creditsBalance?input=%7B%7D"
curl -sf -H "cookie: $cookie" "$read_url" | grep -q balance_cents || fail "The read does not answer."

cat >"$dir/report.lua" <<'LUA'
done = function(summary, latency)
    local errors = summary.errors
    local bad = errors.status + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("RESULT %.0f %.2f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000, bad))
end
LUA
load() { wrk -t 2 -c "$connections" -d "${seconds}s" -s "$dir/report.lua" "$@" | sed -n 's/^RESULT //p'; }

echo "Warming up…" >&2
# The just-in-time compiler measures for a while before it settles on its best code.
wrk -t 2 -c "$connections" -d "${WARM_UP:-30}s" -H "cookie: $cookie" "$read_url" >/dev/null
wrk -t 2 -c "$connections" -d 2s "http://127.0.0.1:$bare_port/" >/dev/null
for ((round = 0; round < rounds; round++)); do
    load "http://127.0.0.1:$bare_port/" >>"$dir/bare"
    before="$(ticks "$api") $(ticks $(backends))"
    load -H "cookie: $cookie" "$read_url" >>"$dir/read"
    printf '%s %s %s %s\n' "$before" "$(ticks "$api")" "$(ticks $(backends))" "$(tail -n 1 "$dir/read" | cut -d' ' -f1)" |
        awk -v hz="$(getconf CLK_TCK)" -v seconds="$seconds" \
            '{ n = $5 * seconds; printf "%.0f %.0f\n", ($3 - $1) / hz * 1e6 / n, ($4 - $2) / hz * 1e6 / n }' >>"$dir/cpu"
done
loaded=$(awk '/VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$api/status")

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }
errors=$(awk '{ sum += $3 } END { print sum }' "$dir/read")
read -r bare_rate bare_p99 _ <<<"$(median "$dir/bare")"
read -r rate p99 _ <<<"$(median "$dir/read")"
read -r api_cpu pg_cpu <<<"$(median "$dir/cpu")"
verdict() { awk -v value="$1" -v limit="$3" "BEGIN { exit !(value $2 limit) }" && echo met || echo MISSED; }
printf '%-36s %10s  %s\n' \
    "bare Kestrel, requests/s" "$bare_rate" "" \
    "bare Kestrel, p99 ms" "$bare_p99" "" \
    "authenticated read, requests/s" "$rate" "target >= 8000: $(verdict "$rate" '>=' 8000)" \
    "authenticated read, p99 ms" "$p99" "target < 15: $(verdict "$p99" '<' 15)" \
    "processor time a read, platform, us" "$api_cpu" "" \
    "processor time a read, database, us" "$pg_cpu" "" \
    "answers that were no 2xx" "$errors" "target 0: $(verdict "$errors" '==' 0)" \
    "ready after start, ms" "$ready" "target < 1500: $(verdict "$ready" '<' 1500)" \
    "memory idle, MiB" "$idle" "target < 160: $(verdict "$idle" '<' 160)" \
    "memory after load, MiB" "$loaded" ""
