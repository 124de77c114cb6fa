#!/bin/sh
# Runs the validation programs of the runtime-tools project on veloci, and those that fail there on runc too. They are for version
# 1.0 and 1.1 of the specification and look at control groups of version 1. What fails must be in upstream-validation.allowed, with
# the reason, and fail on runc as well unless the reason says "though runc passes".
# Usage: upstream-validation.sh [SOURCES|PROGRAMS [RUNTIME]]
#   SOURCES   a checkout of runtime-tools; its programs are made in .build with the Go compiler that is installed
#   PROGRAMS  a folder with these files, made already: NAME.t, runtimetest, rootfs-ARCHITECTURE.tar.gz
#   nothing   the sources of the Debian package golang-github-opencontainers-runtime-tools-dev, which itself has no programs, are
#             fetched with apt-get
set -u
if [ "${1:-}" = --inside ]; then
    # In namespaces of their own: nothing of the machine's /run is seen, and nothing outlives the program but control groups.
    mount -t tmpfs none /run && mkdir /run/bundles || exit 125
    export TMPDIR=/run/bundles RUNTIME="$2"
    exec timeout -k 2 90 "$3"
fi
own=$(realpath "$0")
cd "$(dirname "$0")/.." || exit 1
allowed=Tests/upstream-validation.allowed
if [ "$(id -u)" != 0 ]; then
    echo "skipped: the validation programs need root"
    exit 0
fi
own_folder=$PWD/.build/upstream-validation
package=golang-github-opencontainers-runtime-tools

# The machine's list of packages may leave out sources: a list of our own has the same archives, for sources.
fetch_sources() {
    mkdir -p "$own_folder/lists/partial" "$own_folder/source" || return
    find "$own_folder/source" -mindepth 1 -delete
    list=$own_folder/sources.list
    . /etc/os-release
    archive=$(apt-cache policy 2>/dev/null | sed -n "s|^ *[0-9]* \(http[^ ]*/debian\) $VERSION_CODENAME/main .*|\1|p" | head -n 1)
    [ -n "$archive" ] || { echo "apt knows no Debian archive of $VERSION_CODENAME: apt-get update"; return 1; }
    echo "deb-src $archive $VERSION_CODENAME main" >"$list"
    from_list() { apt-get -qq -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$own_folder/lists" "$@"; }
    from_list update || return
    (cd "$own_folder/source" && from_list source --download-only "$package" && tar xf "$package"_*.orig.tar.*) || return
    sources=$(find "$own_folder/source" -type d -path '*/cmd/runtimetest' | head -n 1)
    sources=${sources%/cmd/runtimetest}
    [ -n "$sources" ]
}

# Newer sources need a newer Go.
make_programs() {
    command -v go >/dev/null || { echo "no Go compiler: apt-get install golang-go"; return 1; }
    folder=$own_folder/programs
    mkdir -p "$folder" && find "$folder" -mindepth 1 -delete
    cp "$1"/rootfs-*.tar.gz "$folder" || return
    mode=vendor
    [ -d "$1/vendor" ] || mode=mod
    echo "making the validation programs from $1 with $(go version | cut -d ' ' -f 3)"
    (cd "$1" && CGO_ENABLED=0 GOFLAGS=-mod=$mode go build -tags "netgo osusergo" -o "$folder/runtimetest" ./cmd/runtimetest) || return
    for directory in "$1"/validation/*/; do
        name=$(basename "$directory")
        [ "$name" = util ] || (cd "$1" && GOFLAGS=-mod=$mode go build -o "$folder/$name.t" "./validation/$name") || return
    done
}

folder=${1:-}
if [ -z "$folder" ]; then
    sources=
    fetch_sources || { echo "the sources of $package cannot be fetched; give a checkout of github.com/opencontainers/runtime-tools"; exit 1; }
    folder=$sources
fi
folder=$(realpath "$folder")
if [ ! -e "$folder/runtimetest" ]; then
    make_programs "$folder" || { echo "the validation programs cannot be made from $folder"; exit 1; }
fi
runtime=$(realpath "${2:-.build/embedded/release/veloci}")
other=$(command -v runc) || other=
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Groups that the programs name, and those of containers that they forget: their names are random UUIDs.
clean_groups() {
    uuid='[0-9a-f]*-[0-9a-f]*-4[0-9a-f]*-[0-9a-f]*-[0-9a-f]*'
    find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d \( -name cgrouptest -o -name testdir -o -name "$uuid" \) |
        while read -r group; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; done
}

# Fails unless the program says nothing but good; its first complaint goes into the file "why". Programs without any test point
# tell of errors in a diagnostic.
run() {
    (cd "$folder" && unshare --mount --pid --fork --mount-proc --kill-child --propagation private \
        "$own" --inside "$1" "$2") >"$results/out" 2>"$results/errors" </dev/null
    status=$?
    clean_groups
    grep -m 1 '^not ok' "$results/out" >"$results/why" && return 1
    if ! grep -q '^ok' "$results/out" && grep -m 1 '"error": "[^"]' "$results/out" >"$results/why"; then return 1; fi
    [ $status = 0 ] && return 0
    grep -m 1 'level=error' "$results/errors" >"$results/why" || tail -n 2 "$results/errors" | tr '\n' ' ' >"$results/why"
    return 1
}

good=0
failed=0
unexpected=
for program in "$folder"/validation/*/*.t "$folder"/*.t; do
    [ -x "$program" ] || continue
    name=$(basename "$program" .t)
    # Some programs race with what they start, so that three tries are granted.
    if run "$runtime" "$program" || run "$runtime" "$program" || run "$runtime" "$program"; then
        good=$((good + 1))
        grep "^$name " "$allowed" | grep -qv "at times" && echo "$name: passes, although the list has it"
        continue
    fi
    failed=$((failed + 1))
    why=$(sed 's/^ *//; s/time="[^"]*" //' "$results/why" | cut -c 1-200)
    judgement="not run"
    if [ -n "$other" ]; then
        if run "$other" "$program"; then judgement=passes; else judgement=fails; fi
    fi
    reason=$(sed -n "s/^$name  *//p" "$allowed")
    printf '%s\n    %s: %s\n    runc: %s\n    why: %s\n' "$name" "$(basename "$runtime")" "$why" "$judgement" "${reason:-NOT KNOWN}"
    case "$judgement:$reason" in
        *:) unexpected="$unexpected $name" ;;
        "passes:though runc passes"*) ;;
        passes:*) unexpected="$unexpected $name" ;;
    esac
done
echo "$good of $((good + failed)) validation programs pass; $failed fail for reasons that are known:$([ -z "$unexpected" ] && echo " all")"
[ $((good + failed)) -gt 0 ] || { echo "no programs in $folder"; exit 1; }
[ -z "$unexpected" ] || { echo "not expected to fail: $unexpected"; exit 1; }
