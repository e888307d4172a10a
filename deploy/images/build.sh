#!/usr/bin/env bash
# Publishes our programs and builds their images: wopr-platform and, where it exists, wopr-platform-ui.
#   build.sh               on the official .NET image
#   build.sh --offline     on images made here from Debian's packages, PostgreSQL too
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${TAG:-dev} base=()

have() { docker image inspect "$1" >/dev/null 2>&1; }
if [ "${1:-}" = --offline ]; then
    have wopr-base:local || deploy/images/make-base.sh
    have wopr-postgres-base:local || deploy/images/make-base.sh postgres
    base=(--build-arg BASE=wopr-base:local)
    docker build -q -t wopr-postgres:local -f deploy/images/postgres.Dockerfile .
fi

image() {
    [ -d "src/Hosts/$1" ] || return 0
    dotnet publish "src/Hosts/$1" -c Release -v q --nologo
    docker build -q -t "$2:$tag" "${base[@]}" -f "deploy/images/${1,,}.Dockerfile" .
}
image Platform wopr-platform
image Dashboard wopr-platform-ui
