#!/bin/sh
# Runs the conformance suite on veloci; only cases of conformance/expected-failures.txt may fail.
# Usage: conformance.sh [RUNTIME], or conformance.sh --judge LOG NAME for a run that was made elsewhere.
set -u
cd "$(dirname "$0")/.."

judge() {
    log=$1 name=$2
    unexpected=$(sed -n "s/^$name: \([^ ]*\) (.*/\1/p" "$log" | while read -r case; do
        grep -q "^$case " conformance/expected-failures.txt || echo "$case"
    done)
    sed -n '/^all /,$p' "$log"
    grep -q '^broken  *0$' "$log" || { echo "cases could not do their work: see $log"; exit 1; }
    grep -q '^passed  *[1-9][0-9][0-9]' "$log" || { echo "the suite did not run: see $log"; exit 1; }
    [ -z "$unexpected" ] || { echo "not expected to fail: $unexpected"; exit 1; }
}

if [ "${1:-}" = --judge ]; then
    judge "$2" "$3"
    exit 0
fi
runtime=$(realpath "${1:-.build/release/veloci}")
if [ "$(id -u)" != 0 ]; then
    echo "skipped: the conformance suite needs root"
    exit 0
fi
log=.build/conformance.log
.build/release/oci-conformance --runtime "$runtime" --report .build/conformance >"$log" 2>&1
judge "$log" "$(basename "$runtime")"
