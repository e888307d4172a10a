# Prints what compare.sh measured.
middle() { grep -oh "$1=[0-9.-]*" "$2" | cut -d= -f2 | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
sum() { grep -oh "$1=[0-9]*" "$2" | cut -d= -f2 | awk '{ s += $1 } END { print s + 0 }'; }
over() { awk "BEGIN { printf \"%.$3f\", $1 / $2 }"; }
less() { awk "BEGIN { printf \"%.2f\", $1 - $2 }"; }
name_of() { case $1 in bare) echo "bare proxy" ;; ours) echo "ours" ;; portkey) echo "Portkey 1.15.2" ;; direct) echo "no gateway" ;; esac; }

echo
echo "$(date -u '+%-d %B %Y'), $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(awk '/MemTotal/ { printf "%d GiB", $2 / 1048576 }' /proc/meminfo), load $(cut -d' ' -f1 /proc/loadavg) at the end;" \
    "medians of $rounds: \`ROUNDS=$rounds SECONDS_EACH=$seconds REQUESTS=$requests bench/gateway/compare.sh\`"
echo
echo "| requests/s (p50 / p99, ms) | bare proxy | ours | Portkey 1.15.2 | ours / Portkey |"
echo "|---|---:|---:|---:|---:|"
for connections in 1 16 64; do
    row="| $connections connections |"
    for who in bare ours portkey; do
        file=$dir/rate.$who.$connections
        row+=" $(middle rate "$file") ($(middle p50 "$file") / $(middle p99 "$file")) |"
    done
    echo "$row $(over "$(middle rate "$dir/rate.ours.$connections")" "$(middle rate "$dir/rate.portkey.$connections")" 1) |"
done
echo "| answers that were no 2xx | $(cat "$dir"/rate.bare.* | grep -o 'bad=.*' >"$dir/x"; sum bad "$dir/x") | $(cat "$dir"/rate.ours.* >"$dir/x"; sum bad "$dir/x") | $(cat "$dir"/rate.portkey.* >"$dir/x"; sum bad "$dir/x") | |"
echo
echo "| added to 20 ms, one connection | p50, ms | p99, ms |"
echo "|---|---:|---:|"
direct50=$(middle whole50 "$dir/added.direct") direct99=$(middle whole99 "$dir/added.direct")
for who in bare portkey ours; do
    echo "| $(name_of $who)$([ $who = ours ] && echo ', start and settle awaited') | $(less "$(middle whole50 "$dir/added.$who")" "$direct50") | $(less "$(middle whole99 "$dir/added.$who")" "$direct99") |"
done
file=$dir/added.ours
echo "| ours, the pipeline alone | $(less "$(middle alone50 "$file")" "$direct50") | $(less "$(middle alone99 "$file")" "$direct99") |"
echo "| of it waiting for the start | $(middle start50 "$file") | $(middle start99 "$file") |"
echo "| of it waiting for the settle | $(middle settle50 "$file") | $(middle settle99 "$file") |"
echo "| beside it: one prepared insert at this pace, and nothing else | $(middle took50 "$dir/paced") | $(middle took99 "$dir/paced") |"
echo
echo "| $streams streams of 64 pieces, 20 ms apart | whole | pieces lost | stalls over 200 ms | longest gap, ms | first piece added p50 / p99, ms |"
echo "|---|---:|---:|---:|---:|---:|"
first50=$(middle first50 "$dir/streams.direct") first99=$(middle first99 "$dir/streams.direct")
for who in direct bare ours portkey; do
    file=$dir/streams.$who
    added="$(less "$(middle first50 "$file")" "$first50") / $(less "$(middle first99 "$file")" "$first99")"
    [ $who = direct ] && added="($first50 / $first99 in all)"
    echo "| $(name_of $who) | $(sum answers "$file") | $(sum lost "$file") | $(sum stalls "$file") | $(middle longest "$file") | $added |"
done
echo
echo "| while they run, % of one processor | runs | could run and waits | its database waits |"
echo "|---|---:|---:|---:|"
for who in bare ours portkey; do
    echo "| $(name_of $who) | $(middle ran "$dir/turns.$who") | $(middle waited "$dir/turns.$who") | $([ $who = ours ] && middle books "$dir/turns.$who") |"
done
echo
echo "| memory while $requests requests are answered (by Portkey a fifth), MiB | half-way | at the end | most |"
echo "|---|---:|---:|---:|"
for who in ours portkey; do
    read -r middle end most <<<"$(memory $who | sed 's/[a-z]*=//g')"
    echo "| $(name_of $who) | $middle | $end | $most |"
done
echo
echo "| processor time a request, µs | ours | its database | the upstream |"
echo "|---|---:|---:|---:|"
for connections in 1 16 64; do
    file=$dir/cpu.$connections
    echo "| $connections connections | $(middle platform "$file") | $(middle database "$file") | $(middle upstream "$file") |"
done
echo
echo "The books: $proof"
