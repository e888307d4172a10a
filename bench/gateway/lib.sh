# What compare.sh starts, and how it reads its figures.
. bench/lib.sh
sql() { psql -qtAh 127.0.0.1 -p "$pg_port" -U postgres -d wopr_platform -v ON_ERROR_STOP=1 -c "$1"; }
answers() { curl -s -o /dev/null -w '%{http_code}' "$1"; }
until_answers() {
    local tries=0
    until [ "$(answers "$1")" != 000 ] && [ "$(answers "$1")" != 503 ]; do
        [ $((tries += 1)) -lt 600 ] || { cat "$dir"/*.log >&2; fail "Nothing answers at $1."; }
        sleep 0.1
    done
}

# Once for each state of the lock file.
install_portkey() {
    local lock
    lock=$(sha256sum bench/gateway/npm/package-lock.json | cut -c 1-16)
    npm=${WOPR_HOME:-$PWD/.wopr}/npm/$lock
    [ -d "$npm" ] && return
    mkdir -p "$npm.$$.half"
    cp bench/gateway/npm/package*.json "$npm.$$.half"
    (cd "$npm.$$.half" && npm ci --ignore-scripts --omit=peer --no-audit --no-fund --prefer-offline >/dev/null 2>&1) ||
        { rm -rf "$npm.$$.half"; fail "Portkey could not be installed. Let this machine reach the npm registry, then run this again."; }
    mv "$npm.$$.half" "$npm"
}

prepare() {
    if [ -z "${BUILT:-}" ]; then
        echo "Building…" >&2
        build src/Hosts/Platform bench/GatewayBench
    fi
    platform=$PWD/artifacts/bin/Platform/release/Wopr.Platform
    program=$PWD/artifacts/bin/GatewayBench/release/Wopr.GatewayBench
    install_portkey
    upstream=http://127.0.0.1:$upstream_port bare=http://127.0.0.1:$bare_port
    ours=http://127.0.0.1:$ours_port portkey=http://127.0.0.1:$portkey_port
    "$program" upstream "$upstream" >"$dir/upstream.log" 2>&1 & upstream_pid=$!; started+=("$upstream_pid")
    "$program" bare "$bare" "$upstream" >"$dir/bare.log" 2>&1 & bare_pid=$!; started+=("$bare_pid")
    local node
    node=$(compgen -G "$npm/node_modules/node-linux-*/bin/node")
    NODE_ENV=production "$node" "$npm/node_modules/@portkey-ai/gateway/build/start-server.js" --headless "--port=$portkey_port" \
        >"$dir/portkey.log" 2>&1 & portkey_pid=$!; started+=("$portkey_pid")
    prepare_ours
    for url in "$upstream/served/x" "$bare" "$portkey"; do until_answers "$url"; done
}

prepare_ours() {
    start_postgres "$pg_port" -c max_wal_size=4GB
    psql -qh 127.0.0.1 -p "$pg_port" -U postgres -c 'create database wopr_platform'
    export DATABASE_URL="postgres://postgres@127.0.0.1:$pg_port/wopr_platform" BETTER_AUTH_URL=$ours
    export BETTER_AUTH_SECRET PLATFORM_SECRET ADMIN_TOKEN
    BETTER_AUTH_SECRET=$(openssl rand -hex 32) PLATFORM_SECRET=$(openssl rand -hex 32) ADMIN_TOKEN=$(openssl rand -hex 32)
    # No limit of requests: counting them is part of what is measured, refusing them is not.
    export GATEWAY_RATE_LIMIT_LLM=0 RATE_LIMIT_FACTOR=1000000 GATEWAY_SERVER_TIMING=true
    "$platform" migrate >/dev/null
    PORT=$ours_port "$platform" >"$dir/platform.log" 2>&1 & ours_pid=$!; started+=("$ours_pid")
    until_answers "$ours/health/ready"

    local cookie tries=0
    cookie=$(curl -si "$ours/api/auth/sign-up/email" -H 'content-type: application/json' \
        -d '{"name":"Bench","email":"bench@example.com","password":"Testpass1"}' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\);.*/\1/p')
    admin post providers "{\"id\":\"bench\",\"dialect\":\"openai\",\"baseUrl\":\"$upstream/ours\"}"
    admin post providers "{\"id\":\"bench-slow\",\"dialect\":\"openai\",\"baseUrl\":\"$upstream/ours/slow\"}"
    offer bench/constant bench
    offer bench/constant-slow bench-slow
    secret=$(curl -s "$ours/api/gateway/keys" -H "cookie: $cookie" -H 'content-type: application/json' -H "origin: $ours" \
        -d '{"name":"bench","requestsPerMinute":1000000,"tokensPerMinute":1000000000,"dailyBudget":100000}' | sed -n 's/.*"secret":"\([^"]*\)".*/\1/p')
    [ -n "$secret" ] || fail "No key was made."
    tenant=$(sql 'select tenant_id from gateway.key')
    admin post ../credits/grant "{\"tenant\":\"$tenant\",\"amountCents\":5000000,\"reason\":\"benchmark\"}"
    # The catalogue is told of changes, and asks again where it was not.
    until [ "$(curl -s -o /dev/null -w '%{http_code}' "$ours/v1/chat/completions" -H "Authorization: Bearer $secret" \
        -H 'content-type: application/json' -d "$(body bench/constant)")" = 200 ]; do
        [ $((tries += 1)) -lt 100 ] || fail "The gateway does not answer."
        sleep 0.1
    done
    echo 1 >"$dir/answers.ours"
}
admin() {
    local answer
    answer=$(curl -s -w '\n%{http_code}' -X "${1^^}" "$ours/api/admin/gateway/$2" -H "Authorization: Bearer $ADMIN_TOKEN" -H 'content-type: application/json' -d "$3")
    [[ ${answer##*$'\n'} = 2* ]] || fail "$2: $answer"
}
offer() {
    admin put models "{\"id\":\"$1\",\"ownedBy\":\"bench\",\"capability\":\"chat-completions\",\"contextTokens\":100000,\"outputTokensMax\":4000}"
    admin put models/offers "{\"model\":\"$1\",\"provider\":\"$2\",\"upstreamModel\":\"constant\"}"
    admin post prices "{\"model\":\"$1\",\"provider\":\"$2\",\"inputPerMillion\":150000000,\"outputPerMillion\":600000000}"
}

# What was answered, as the load saw it; requests that were cut off when a load ended are not among them.
count() {
    local line
    read -r line
    echo "$line"
    sed -n 's/.*answers=\([0-9]*\).*/\1/p' <<<"$line" >>"$dir/answers.$1"
    echo "$2" >>"$dir/open.$1"
}

# Milliseconds in which a program ran, and in which it could have run and every processor was taken.
turns() { cat $(printf '/proc/%s/task/*/schedstat ' "$@") 2>/dev/null | awk '{ ran += $1; waited += $2 } END { printf "%d %d\n", ran / 1e6, waited / 1e6 }'; }
ticks_of() { echo "$(ticks "$ours_pid") $(ticks $(backends)) $(ticks "$upstream_pid")"; }
shares() {
    awk -v hz="$(getconf CLK_TCK)" '{ match($0, /answers=[0-9]+/); n = substr($0, RSTART + 8, RLENGTH - 8)
        printf "platform=%.0f database=%.0f upstream=%.0f\n", ($4 - $1) / hz * 1e6 / n, ($5 - $2) / hz * 1e6 / n, ($6 - $3) / hz * 1e6 / n }'
}
rss() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

# The least that making one row durable takes when it is asked for as seldom as a lone request asks.
paced_commit() {
    (
        cd "$dir"
        psql -qh 127.0.0.1 -p "$pg_port" -U postgres -c 'create table if not exists paced (id bigint, text text)' 2>/dev/null
        echo "insert into paced values (1, 'x')" >paced.sql
        "$pg_bin/pgbench" -n -M prepared -h 127.0.0.1 -p "$pg_port" -U postgres -f paced.sql -R 45 -T 8 -l --log-prefix=paced postgres >/dev/null 2>&1
        # How late it began is not part of it.
        cat paced.[0-9]* | awk '{ print ($3 - $7) / 1000 }' | sort -n | awk '{ v[NR] = $1 } END { printf "took50=%.3f took99=%.3f\n", v[int((NR + 1) / 2)], v[int(NR * 0.99)] }'
        rm -f paced.[0-9]*
    )
}

# Asks until so many requests are answered, and looks at the memory each second.
soak() {
    local pid_name=$1_pid done=0 more sampler
    local pid=${!pid_name}
    (while sleep 1; do rss "$pid"; echo; done) >>"$dir/rss.$1" & sampler=$!
    while [ "$done" -lt "$3" ]; do
        more=$(load "$1" "$2" 10 | sed -n 's/.*answers=\([0-9]*\).*/\1/p')
        [ "$more" -gt 0 ] || fail "$1 does not answer any more."
        done=$((done + more))
    done
    kill "$sampler"; wait "$sampler" 2>/dev/null || true
    echo "memory $1 $(memory "$1")" >&2
}
# The middle of the memory's second half against the end, each as the median of a tenth.
memory() {
    awk '{ v[NR] = $1 } END {
        tenth = int(NR / 10); if (tenth < 1) tenth = 1
        printf "middle=%.1f end=%.1f most=%.1f\n", median(int(NR / 2) - int(tenth / 2) + 1, tenth), median(NR - tenth + 1, tenth), most() }
        function most(   i, m) { for (i = 1; i <= NR; i++) if (v[i] > m) m = v[i]; return m }
        function median(from, n,   i, j, t, w) {
            for (i = 0; i < n; i++) w[i] = v[from + i]
            for (i = 1; i < n; i++) for (j = i; j > 0 && w[j - 1] > w[j]; j--) { t = w[j]; w[j] = w[j - 1]; w[j - 1] = t }
            return w[int(n / 2)] }' "$dir/rss.$1"
}

# Every request the upstream served for us is charged once, at the price of what it used; the callers saw no more than
# that, and no fewer than that without those that were cut off when a load ended.
prove() {
    local tries=0 seen open
    # What was cut off is read to its end.
    until [ "$(sql 'select count(*) from credits.start')" = 0 ] || [ $((tries += 1)) -ge 100 ]; do sleep 0.1; done
    served=$(curl -s "$upstream/served/ours")
    read -r rows wrong nanos <<<"$(sql "select count(*), count(*) filter (where estimated or charged_nanos <> price_nanos), sum(charged_nanos) from credits.usage" | tr '|' ' ')"
    seen=$(awk '{ sum += $1 } END { print sum }' "$dir/answers.ours") open=$(awk '{ sum += $1 } END { print sum + 0 }' "$dir/open.ours")
    expected=$(sql "select sum(requests) from (select count(*) * ceil((12 * 150 + output_units * 600) * 1.3) as requests from credits.usage group by output_units) x")
    books=$("$platform" credits reconcile)
    proof="$seen answers seen by callers, $served served by the upstream, $rows usage rows, $wrong of them estimated or short, charged ${nanos} nano-dollars, expected ${expected%.*}. $books"
    echo "$proof" >&2
    [ "$served" = "$rows" ] && [ "$wrong" = 0 ] && [ "$nanos" = "${expected%.*}" ] && [ "$seen" -le "$rows" ] && [ $((rows - seen)) -le "$open" ] &&
        [[ $books = 0\ differences* ]] || fail "The books do not agree."
}
