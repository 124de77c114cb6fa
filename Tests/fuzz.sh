#!/bin/bash
# fuzz.sh [SECONDS [NAME…]]: builds the fuzzers (Tests/Fuzzing: libFuzzer, AddressSanitizer) and runs each of them for that long,
# two (JOBS) at a time; all of them without a name. Says how often each was executed, and fails when one finds something: what it found
# is in .build/fuzzing/found, and `.build/fuzzing/release/veloci-fuzz NAME FILE` repeats it.
# SEED=NUMBER and EXECUTIONS=NUMBER, with a new corpus, make the chances the same each time: a test of what was right before, which
# no machine's speed changes. SECONDS is the limit then, and the corpus is not kept.
# What they learn is kept in .build/fuzzing/corpus for the next time.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-10}
[ $# -gt 0 ] && shift
work=$PWD/.build/fuzzing
export VELOCI_FIXTURES=$PWD/spec-fixtures
mkdir -p "$work/found" "$work/logs"
VELOCI_FUZZING=1 swift build -c release --scratch-path "$work" --product veloci-fuzz >"$work.log" 2>&1 || {
    grep -E "error:" "$work.log" | sort -u || tail "$work.log"
    exit 1
}
fuzz=$work/release/veloci-fuzz
names=${*:-$($fuzz list)}
corpora=$work/corpus
if [ -n "${EXECUTIONS:-}" ]; then
    corpora=$(mktemp -d)
    trap 'rm -rf "$corpora"' EXIT
fi
rm -f "$work"/logs/*

# Words of configurations, for libFuzzer to put in.
cat spec-fixtures/accepted/*.json | grep -oE '"[A-Za-z_./:-]{1,40}"' | sort -u | sed 's/^"/"\\"/; s/"$/\\""/' >"$work/words"

run() {
    local name=$1 corpus=$corpora/$1 extra=()
    mkdir -p "$corpus"
    $fuzz seeds "$name" "$corpus"
    case $name in
        config) extra=("$PWD/spec-fixtures/accepted" "-dict=$work/words" -max_len=16384) ;;
        json) extra=("$PWD/spec-fixtures/accepted" "$PWD/spec-fixtures/rejected" "-dict=$work/words" -max_len=4096) ;;
        state | properties) extra=("-dict=$work/words") ;;
    esac
    [ -z "${SEED:-}" ] || extra+=("-seed=$SEED")
    [ -z "${EXECUTIONS:-}" ] || extra+=("-runs=$EXECUTIONS")
    SWIFT_DETERMINISTIC_HASHING=1 SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 $fuzz "$name" "$corpus" "${extra[@]}" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=3000 \
        -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$work/found/$name-" >"$work/logs/$name" 2>&1
}

export -f run
export fuzz work corpora seconds SEED=${SEED:-} EXECUTIONS=${EXECUTIONS:-}
printf '%s\n' $names | xargs -P ${JOBS:-2} -I NAME bash -c 'run NAME || touch "$work/logs/NAME.failed"'

failed=0
total=0
for name in $names; do
    executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$work/logs/$name" | tail -1)
    if [ -e "$work/logs/$name.failed" ]; then
        rm "$work/logs/$name.failed"
        failed=1
        printf '%-14s %10s executions, and then:\n' "$name" "${executions:-?}"
        grep -aE '^WRONG|Fatal error|ERROR: |SUMMARY|Test unit written' "$work/logs/$name" | cut -c1-600
    else
        printf '%-14s %10s executions\n' "$name" "${executions:-0}"
        # A fuzzer that does next to nothing finds nothing.
        [ "${executions:-0}" -ge 20 ] || { echo "$name: too few executions"; failed=1; }
    fi
    total=$((total + ${executions:-0}))
done
echo "$total executions in all"
exit $failed
