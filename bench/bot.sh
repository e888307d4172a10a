#!/usr/bin/env bash
# A whole stack of its own with one bot that reaches it over TLS: how long a start takes, what a bot weighs after a turn,
# what the way of a message costs, and what links cost that nobody uses. Everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."

starts=${STARTS:-20} messages=${MESSAGES:-60} warm_up=${WARM_UP:-800} rounds=${ROUNDS:-7} links=${LINKS:-300} seconds=${SECONDS_EACH:-30}
base=${BENCH_PORT:-4900}
platform=http://localhost:$base dashboard=http://localhost:$((base + 1)) sandbox=http://localhost:$((base + 2)) tls=$((base + 4))
dir=$(mktemp -d /tmp/wopr-bench.XXXXXX); chmod 755 "$dir"
export WOPR_HOME=$dir/home
caddy_pid=
finish() {
    [ -z "$caddy_pid" ] || kill "$caddy_pid" 2>/dev/null || true
    ./wopr down >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap finish EXIT
fail() { echo "$1" >&2; exit 1; }
command -v caddy >/dev/null || fail "caddy is missing: apt-get install caddy"
setting() { sed -n "s/^$1=//p" "$WOPR_HOME/.env"; }
sql() { psql -qtA "$(setting DATABASE_URL)" -v ON_ERROR_STOP=1 -c "$1"; }
post() { curl -sf "$platform$1" -H "cookie: $cookie" -H "origin: $dashboard" -H 'content-type: application/json' -d "$2"; }

echo "Building…" >&2
dotnet build bench/BotBench -c Release -v q --nologo >/dev/null
bench=$PWD/artifacts/bin/BotBench/release/Wopr.BotBench
./wopr up --detach --platform-port "$base" --dashboard-port "$((base + 1))" --sandbox-port "$((base + 2))" --postgres-port "$((base + 3))" >"$dir/up.log" ||
    { cat "$dir/up.log" >&2; fail "The stack does not come up."; }

cat >"$dir/Caddyfile" <<CADDY
{
    admin off
    auto_https disable_redirects
    skip_install_trust
    storage file_system $dir/caddy
}
https://localhost:$tls {
    tls internal
    reverse_proxy 127.0.0.1:$base {
        flush_interval -1
    }
}
CADDY
caddy run --config "$dir/Caddyfile" >"$dir/caddy.log" 2>&1 & caddy_pid=$!
until curl -sk -o /dev/null "https://localhost:$tls/health"; do sleep 0.2; done
root=$dir/root.crt; install -m 644 "$dir/caddy/pki/authorities/local/root.crt" "$root"
sed -i '/^BOT_PLATFORM_URL=/d' "$WOPR_HOME/.env"
# Nobody asks this often by hand, so there is no limit here.
printf '%s\n' "BOT_PLATFORM_URL=https://localhost:$tls" GATEWAY_RATE_LIMIT_LLM=0 RATE_LIMIT_FACTOR=1000000 >>"$WOPR_HOME/.env"
./wopr restart >/dev/null

cookie=$(curl -si "$platform/api/auth/sign-up/email" -H 'content-type: application/json' -H "origin: $dashboard" \
    -d '{"name":"Bench","email":"bench@example.com","password":"Testpass1"}' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\);.*/\1/p' | paste -sd';')
tenant=$(sql "select tenant_id from auth.tenant limit 1" 2>/dev/null || curl -s "$platform/api/auth/get-session" -H "cookie: $cookie" | sed -n 's/.*"userId":"\([^"]*\)".*/\1/p')
curl -sf "$platform/api/admin/credits/grant" -H "Authorization: Bearer $(setting ADMIN_TOKEN)" -H 'content-type: application/json' \
    -d "{\"tenant\":\"$tenant\",\"amountCents\":5000,\"reason\":\"benchmark\"}" >/dev/null
make() {
    post /trpc/fleet.createInstance "{\"name\":\"$1\",\"image\":\"wopr-network/wopr:latest\",\"env\":{\"SSL_CERT_FILE\":\"$root\"}}" |
        sed -n 's/.*"id":"\([^"]*\)".*/\1/p'
}
# What bots share is no one's own, so one is not measured alone.
make company >/dev/null
bot=$(make bench)
state() { curl -sf "$platform/fleet/bots/$bot" -H "cookie: $cookie" | sed -n 's/.*"status":"\([a-z]*\)".*/\1/p'; }
until [ "$(state)" = running ]; do sleep 0.1; done
pid() { for one in $(pgrep -f "$WOPR_HOME/.*/Wopr\.Bot$"); do ! grep -qz "^WOPR_BOT_ID=$bot$" "/proc/$one/environ" || echo "$one"; done; }
# The middle round counts; each is a conversation of its own, so that none is slow for being long.
memory() { awk '/^Rss/ { rss = $2 } /^Private/ { private += $2 } END { printf "private=%.1f rss=%.1f\n", private / 1024, rss / 1024 }' "/proc/$(pid)/smaps_rollup"; }
platform_pid() { pgrep -f "$WOPR_HOME/.*/Wopr\.Platform$" | head -n 1; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

echo "Starts…" >&2
"$bench" starts "$platform" "$cookie" "$bot" "$starts" | tee "$dir/starts" >&2

echo "One turn…" >&2
"$bench" talk "$dashboard" "$cookie" "$bot" first 0 1 >/dev/null; sleep 2
memory | tee "$dir/memory" >&2

echo "Messages…" >&2
model=$(setting GATEWAY_DEFAULT_MODEL)
# Until what is used most is compiled.
"$bench" talk "$dashboard" "$cookie" "$bot" warm "$warm_up" 1 >/dev/null
for ((round = 0; round < rounds; round++)); do
    "$bench" talk "$dashboard" "$cookie" "$bot" "round-$round" 20 "$messages" | tee -a "$dir/talk" >&2
    "$bench" model "$sandbox/models/openai/v1/chat/completions" sandbox "${model:-default}" "$messages" | tee -a "$dir/model" >&2
done

echo "Idle links…" >&2
idle() { local before; before=$(ticks "$(platform_pid)"); sleep "$seconds"; echo "$before $(ticks "$(platform_pid)")"; }
before=$(idle)
export PLATFORM_SECRET NODE_SECRET
PLATFORM_SECRET=$(setting PLATFORM_SECRET) NODE_SECRET=$(setting NODE_SECRET)
"$bench" bots "$links" >"$dir/made"
psql -qtA "$(setting DATABASE_URL)" -v ON_ERROR_STOP=1 <<SQL
create temp table made (id uuid, env bytea);
\copy made from '$dir/made' with (format csv, delimiter E'\t')
insert into fleet.bot (id, tenant_id, ordinal, name, image, env, restart_policy, update_policy, release_channel, resource_tier, storage_tier,
        wish, generation, node_id, state, state_at, created_at, updated_at)
select m.id, b.tenant_id, 1000 + row_number() over (), 'idle-' || m.id, b.image, m.env, b.restart_policy, b.update_policy, b.release_channel,
       b.resource_tier, b.storage_tier, 'run', 1, 'idle', 'running', now(), now(), now()
from fleet.bot b, made m where b.id = '$bot'
SQL
# As long as everybody is only just linked, that is what is measured.
settle=20
cut -f 1 "$dir/made" | "$bench" links "$platform" idle "$((settle + seconds + 10))" >"$dir/links" & linking=$!
until grep -q linked "$dir/links"; do sleep 0.5; done
sleep "$settle"
after=$(idle)
held=$(sql "select count(*) from fleet.lease l join fleet.bot b on b.id = l.bot_id where b.node_id = 'idle' and b.state = 'running'")
wait "$linking"
share() { awk -v hz="$(getconf CLK_TCK)" -v seconds="$seconds" '{ printf "%.2f", ($2 - $1) / hz / seconds * 100 }' <<<"$1"; }

figure() { awk -v what="$1" -v key="$2" '$1 == what { for (i = 2; i <= NF; i++) if (split($i, part, "=") && part[1] == key) print part[2] }' "$3" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
whole=$(figure whole p50 "$dir/talk") model_alone=$(figure model p50 "$dir/model")
echo
echo "| | |"
echo "|---|---:|"
echo "| from asking for a start until it runs, p50 of $starts, ms | $(figure start p50 "$dir/starts") |"
echo "| private memory after one turn over TLS, MiB | $(sed 's/private=\([0-9.]*\).*/\1/' "$dir/memory") |"
echo "| resident memory after one turn over TLS, MiB | $(sed 's/.*rss=//' "$dir/memory") |"
echo "| a message from the dashboard to the end of its answer, p50, ms | $whole |"
echo "| the model alone, p50, ms | $model_alone |"
echo "| what the way costs, p50, ms | $(awk "BEGIN { printf \"%.1f\", $whole - $model_alone }") |"
echo "| platform without idle links, % of a core | $(share "$before") |"
echo "| platform with $held idle links, % of a core | $(share "$after") |"
