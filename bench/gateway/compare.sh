#!/usr/bin/env bash
# Our gateway with keys, limits, allowances, settling and usage rows on (PostgreSQL, fsync on) beside Portkey and a bare
# proxy, on the same upstream at the same time of day. Ports and folders are its own; everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. bench/gateway/lib.sh

rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-8} probes=${PROBES:-400} streams=${STREAMS:-256} repeats=${STREAM_REPEATS:-6}
requests=${REQUESTS:-1000000} warm_up=${WARM_UP:-20}
base=${BENCH_PORT:-4850}
pg_port=$base ours_port=$((base + 1)) upstream_port=$((base + 2)) bare_port=$((base + 3)) portkey_port=$((base + 4))
need wrk

body() { printf '{"model":"%s","max_tokens":256,"stream":false,"messages":[{"role":"user","content":"Hello"}]}' "$1"; }
# Who is asked, and how. A slow model is the same with 20 ms of thinking.
url_of() {
    case $1 in
        direct) echo "$upstream/direct${2:+/$2}/v1/chat/completions" ;;
        bare) echo "$bare/bare${2:+/$2}/v1/chat/completions" ;;
        ours) echo "$ours/v1/chat/completions" ;;
        portkey) echo "$portkey/v1/chat/completions" ;;
    esac
}
headers_of() {
    case $1 in
        ours) echo "Authorization: Bearer $secret" ;;
        portkey) printf 'Authorization: Bearer nobody\nx-portkey-provider: openai\nx-portkey-custom-host: %s/portkey%s/v1\n' "$upstream" "${2:+/$2}" ;;
        *) echo "Authorization: Bearer nobody" ;;
    esac
}
model_of() { echo "bench/constant${1:+-$1}"; }

# load WHO CONNECTIONS SECONDS
load() {
    WRK_BODY=$(body "$(model_of "")") WRK_HEADERS=$(printf 'Content-Type: application/json\n%s' "$(headers_of "$1")") \
        wrk -t "$(($2 < 2 ? 1 : 2))" -c "$2" -d "$3s" -s bench/gateway/request.lua "$(url_of "$1")" | sed -n 's/^RESULT //p' | count "$1" "$2"
    [ "$(tail -n 1 "$dir/answers.$1")" -gt 0 ] || { cat "$dir"/*.log >&2; fail "$1 answers nothing."; }
}
# bench VERB WHO SLOW NUMBERS…: the load that is not wrk's.
bench() {
    local verb=$1 who=$2 slow=$3 headers; shift 3
    mapfile -t headers < <(headers_of "$who" "$slow")
    "$program" "$verb" "$(url_of "$who" "$slow")" "$(model_of "$slow")" "$@" "${headers[@]}" | count "$who" 0
}

prepare
echo "Warming up…" >&2
for who in $([ -n "${PROFILE:-}" ] && echo ours || echo bare ours portkey); do load "$who" 64 "$warm_up" >/dev/null; done

# Where our processor time goes, instead of the comparison. Names of methods need DOTNET_PerfMapEnabled=1 and
# DOTNET_EnableWriteXorExecute=0.
if [ -n "${PROFILE:-}" ]; then
    before=$(ticks_of)
    load ours 16 "$seconds" >"$dir/profiled" & loading=$!
    perf record -q -F 499 -o "$dir/perf" -p "$ours_pid" -- sleep "$seconds" >&2
    wait "$loading"
    printf '%s %s %s\n' "$before" "$(ticks_of)" "$(cat "$dir/profiled")" >"$dir/ticks"
    shares <"$dir/ticks"
    symbols() { perf report -i "$dir/perf" --stdio --sort "$1" 2>/dev/null | grep -v '^#\|^$'; }
    symbols comm | head -n 8
    symbols symbol | awk '{ what = $2 == "[k]" ? "kernel" : match($0, / \[[A-Za-z][A-Za-z.]*\] /) ? substr($0, RSTART + 2, RLENGTH - 4) : "runtime"
        sum[what] += $1 } END { for (what in sum) printf "%6.2f%%  %s\n", sum[what], what }' | sort -rn | head -n 24
    symbols symbol | cut -c 1-160 | head -n "${LINES_MAX:-40}"
    exit
fi

echo "Requests a second…" >&2
for ((round = 0; round < rounds; round++)); do
    for connections in 1 16 64; do
        for who in bare ours portkey; do
            before=$(ticks_of)
            load "$who" "$connections" "$seconds" | tee -a "$dir/rate.$who.$connections" >&2
            [ "$who" != ours ] || printf '%s %s %s\n' "$before" "$(ticks_of)" "$(tail -n 1 "$dir/rate.ours.$connections")" | shares >>"$dir/cpu.$connections"
        done
    done
done

echo "What is added to 20 ms…" >&2
for ((round = 0; round < rounds; round++)); do
    for who in direct bare ours portkey; do bench latency "$who" slow "$probes" | tee -a "$dir/added.$who" >&2; done
    paced_commit | tee -a "$dir/paced" >&2
done

echo "Streams…" >&2
for ((round = 0; round < rounds; round++)); do
    for who in direct bare ours portkey; do
        pid=${who}_pid books=
        [ "$who" != ours ] || books=$(backends)
        before="$(turns ${!pid-}) $(turns $books)" began=$(date +%s%3N)
        bench streams "$who" "" "$streams" "$repeats" | tee -a "$dir/streams.$who" >&2
        echo "$before $(turns ${!pid-}) $(turns $books) $(($(date +%s%3N) - began))" | awk '{ printf "ran=%.1f waited=%.1f books=%.1f\n",
            ($5 - $1) / $9 * 100, ($6 - $2) / $9 * 100, ($8 - $4) / $9 * 100 }' >>"$dir/turns.$who"
    done
done

echo "Memory…" >&2
# Portkey keeps nothing, and takes five times as long.
soak ours 64 "$requests"
soak portkey 64 $((requests / 5))

echo "The books…" >&2
prove
. bench/gateway/report.sh
