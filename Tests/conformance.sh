#!/bin/sh
# Runs the conformance suite on veloci, each case also sabotaged, and hands it the documents of spec-fixtures. Only what
# conformance/expected-failures.txt names may fail, and no case may be blind.
# Usage: conformance.sh [RUNTIME], or conformance.sh --judge LOG NAME for a run that was made elsewhere.
set -u
cd "$(dirname "$0")/.."

# Names of cases and documents that nobody expects to fail, from those on standard input.
unexpected() {
    while read -r name; do grep -q "^$name " conformance/expected-failures.txt || echo "$name"; done
}

judge() {
    log=$1 name=$2
    failed=$(sed -n "s/^$name: \([^ ]*\) (.*/\1/p" "$log" | unexpected)
    sed -n '/^all /,$p' "$log"
    grep -q '^broken  *0$' "$log" || { echo "cases could not do their work: see $log"; exit 1; }
    grep -q '^passed  *[1-9][0-9][0-9]' "$log" || { echo "the suite did not run: see $log"; exit 1; }
    [ -z "$failed" ] || { echo "not expected to fail: $failed"; exit 1; }
}

if [ "${1:-}" = --judge ]; then
    judge "$2" "$3"
    exit 0
fi
runtime=$(realpath "${1:-.build/embedded/release/veloci}")
if [ "$(id -u)" != 0 ]; then
    echo "skipped: the conformance suite needs root"
    exit 0
fi
log=.build/conformance.log
fixtures=.build/conformance-fixtures.log
name=$(basename "$runtime")
.build/release/oci-conformance --prove --runtime "$runtime" --report .build/conformance >"$log" 2>&1
judge "$log" "$name"
grep -q '; blind 0$' "$log" || { echo "a case passes although sabotaged: see $log"; exit 1; }

# what is kept of a case repeats it by hand
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
.build/release/oci-conformance --runtime "$runtime" --quiet --keep "$kept" --case hook-env --case mount-option-rro --case cgroup-v1-removed --case root-relative >"$kept/log"
for script in "$kept/$name"/*/commands.sh; do
    log=$script.log
    timeout 60 "$script" >"$log" 2>&1
    grep -q '"op":"' "$log" && ! grep -q '^exit status [^0]' "$log" || { echo "not repeated by hand: $script"; cat "$log"; exit 1; }
done
ls "$kept/$name"/*/commands.sh.log | grep -c . | sed 's/$/ kept cases repeated by hand/'

# a run that is killed leaves nothing
.build/release/oci-conformance --runtime "$runtime" -j 4 --case mount --quiet >/dev/null 2>&1 &
tool=$!
left() {
    ls -d "/run/oci-conformance-$tool"
    find /sys/fs/cgroup -type d -name "oci-conformance-$tool"
    grep "oci-conformance-$tool" /proc/self/mountinfo
    pgrep -f "oci-conformance-$tool"
}
for _ in $(seq 100); do [ ! -d "/run/oci-conformance-$tool" ] || break; sleep 0.1; done
[ -d "/run/oci-conformance-$tool" ] || { echo "the run that is to be killed did not begin"; exit 1; }
sleep 0.3
kill -KILL $tool
wait $tool 2>/dev/null
for _ in $(seq 100); do [ -n "$(left 2>/dev/null)" ] || break; sleep 0.2; done
[ -z "$(left 2>/dev/null)" ] || { echo "left by a run that was killed:"; left 2>/dev/null; exit 1; }
echo "a run that was killed left nothing"

# Some documents ask for network devices by names that machines have.
devices=$(ls /sys/class/net)
.build/release/oci-conformance --fixtures spec-fixtures --runtime "$runtime" >"$fixtures" 2>&1
[ "$devices" = "$(ls /sys/class/net)" ] || { echo "network devices of the machine are gone or have other names"; exit 1; }
tail -n 1 "$fixtures"
grep -q "^$name: [1-9][0-9][0-9] of" "$fixtures" || { echo "the documents were not handed over: see $fixtures"; exit 1; }
failed=$(sed -n 's/^\([a-z]*\/[^:]*\.json\): .*/\1/p' "$fixtures" | unexpected)
[ -z "$failed" ] || { echo "another verdict than the index: $failed: see $fixtures"; exit 1; }
