#!/usr/bin/env bash
# Base images made from Debian's packages and this machine's .NET, for where no image registry can be reached.
#   make-base.sh             wopr-base:local, to run our programs on
#   make-base.sh postgres    wopr-postgres-base:local, with PostgreSQL
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "Run this as root: debootstrap makes device files." >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 3; }

kind=${1:-base} suite=${SUITE:-bookworm}
mirror=${MIRROR:-$(apt-cache policy bash | awk '$2 ~ /^https?:/ { print $2; exit }')}
dir=$(mktemp -d /tmp/wopr-base.XXXXXX)
trap 'rm -rf "$dir"' EXIT

case $kind in
    base) name=wopr-base:local packages=ca-certificates,libicu72,libssl3,libstdc++6,zlib1g ;;
    postgres) name=wopr-postgres-base:local packages=postgresql-15 ;;
    *) echo "Usage: make-base.sh [base|postgres]" >&2; exit 2 ;;
esac
debootstrap --variant=minbase --include="$packages" "$suite" "$dir" "${mirror:-http://deb.debian.org/debian}" >"$dir.log" ||
    { tail -n 20 "$dir.log" >&2; exit 1; }
rm -rf "$dir.log" "$dir"/var/cache/apt/* "$dir"/var/lib/apt/lists/* "$dir"/usr/share/doc/* "$dir"/usr/share/man/*

change=()
if [ "$kind" = base ]; then
    # The runtimes and their host only: no compiler in an image.
    root=$(dirname "$(readlink -f "$(command -v dotnet)")")
    mkdir -p "$dir/usr/share/dotnet/shared"
    cp -a "$root/dotnet" "$root/host" "$dir/usr/share/dotnet/"
    cp -a "$root/shared/Microsoft.NETCore.App" "$root/shared/Microsoft.AspNetCore.App" "$dir/usr/share/dotnet/shared/"
    ln -s /usr/share/dotnet/dotnet "$dir/usr/bin/dotnet"
    echo 'app:x:1654:1654::/app:/usr/sbin/nologin' >>"$dir/etc/passwd"
    change=(--change 'ENV DOTNET_RUNNING_IN_CONTAINER=true')
else
    install -d -o "$(awk -F: '/^postgres:/ { print $3 }' "$dir/etc/passwd")" -m 700 "$dir/var/lib/postgresql/data"
    rm -rf "$dir"/var/lib/postgresql/15
fi
tar -C "$dir" -c . | docker import "${change[@]}" - "$name"
