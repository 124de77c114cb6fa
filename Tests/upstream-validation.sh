#!/bin/sh
# Runs the validation programs of the runtime-tools project on veloci, and those that fail there on runc too. They are for version
# 1.0 and 1.1 of the specification and look at control groups of version 1. What fails must be in upstream-validation.allowed, with
# the reason, and fail on runc as well unless the reason says "though runc passes".
# Usage: upstream-validation.sh PROGRAMS [RUNTIME]; PROGRAMS is a checkout of runtime-tools with its targets "runtimetest" and
# "validation-executables" made, or a folder with these files: NAME.t, runtimetest, rootfs-ARCHITECTURE.tar.gz.
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
if [ -z "${1:-}" ] || [ ! -e "$1/runtimetest" ]; then
    echo "skipped: no validation programs; check out github.com/opencontainers/runtime-tools, make runtimetest validation-executables"
    exit 0
fi
folder=$(realpath "$1")
runtime=$(realpath "${2:-.build/release/veloci}")
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
