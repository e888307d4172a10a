#!/usr/bin/env bash
# How many metered requests a second can be started and settled, beside the obvious way of writing the same rows, on the
# same PostgreSQL (fsync on) at the same time of day? Ports and folders are its own; everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/lib.sh

seconds=${SECONDS_EACH:-6} rounds=${ROUNDS:-5} offered=${OFFERED:-30000}
port=${BENCH_PORT:-4730}

echo "Building…" >&2
build bench/LedgerBench
bench=$PWD/artifacts/bin/LedgerBench/release/Wopr.LedgerBench

start_postgres "$port" -c max_wal_size=4GB

# One run on a database of its own, so that none is slowed down by what another left. It proves the books at its end.
number=0
run() {
    number=$((number + 1))
    psql -qh 127.0.0.1 -p "$port" -U postgres -c "create database run$number"
    "$bench" "postgres://postgres@127.0.0.1:$port/run$number" "$@"
    psql -qh 127.0.0.1 -p "$port" -U postgres -c "drop database run$number" -c checkpoint
}
median() { grep -o "$1=[0-9.]*" | cut -d= -f2 | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for shape in spread hot; do
    for ((round = 0; round < rounds; round++)); do
        run ours $shape "$offered" "$seconds" | tee -a "$dir/ours.$shape"
        run naive $shape "$offered" "$seconds" | tee -a "$dir/naive.$shape"
        run ours $shape "$offered" "$seconds" 2 | tee -a "$dir/two.$shape"
    done
    most=$(median pairs/s <"$dir/ours.$shape")
    for ((round = 0; round < rounds; round++)); do
        run ours $shape "$(awk "BEGIN { print int($most * 0.8) }")" "$seconds" | tee -a "$dir/eighty.$shape"
    done
done

echo
echo "| medians of $rounds | obvious way, pairs/s | one replica, pairs/s | ratio | two replicas, pairs/s | pairs a commit | p50 / p99 at 80 %, ms | dropped at 80 % |"
echo "|---|---:|---:|---:|---:|---:|---:|---:|"
for shape in spread hot; do
    naive=$(median pairs/s <"$dir/naive.$shape") ours=$(median pairs/s <"$dir/ours.$shape")
    name="1,000 tenants"; [ $shape = hot ] && name="one tenant"
    echo "| $name | $naive | $ours | $(awk "BEGIN { printf \"%.1f\", $ours / $naive }") | $(median pairs/s <"$dir/two.$shape") | $(median pairs/commit <"$dir/ours.$shape") | $(median p50 <"$dir/eighty.$shape") / $(median p99 <"$dir/eighty.$shape") | $(median dropped <"$dir/eighty.$shape") |"
done
