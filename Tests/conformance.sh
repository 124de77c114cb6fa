#!/bin/sh
# Runs the conformance suite on veloci, each case also sabotaged, and hands it the documents of spec-fixtures. Only what
# conformance/expected-failures.txt names may fail, and no case may be blind.
# Usage: conformance.sh [RUNTIME], or conformance.sh --judge LOG for a run with --expected that was made elsewhere.
set -u
cd "$(dirname "$0")/.."

judge() {
    log=$1
    sed -n '/^all /,$p' "$log"
    grep -q '^broken  *0$' "$log" || { echo "cases could not do their work: see $log"; exit 1; }
    grep -q '^passed  *[1-9][0-9][0-9]' "$log" || { echo "the suite did not run: see $log"; exit 1; }
    # What --expected says of cases that came out in another way.
    ! grep -E '^(not expected to|expected to|broken on)' "$log" || exit 1
}

if [ "${1:-}" = --judge ]; then
    judge "$2"
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
expected=conformance/expected-failures.txt
.build/release/oci-conformance --prove --runtime "$runtime" --expected $expected --report .build/conformance >"$log" 2>&1
end=$?
judge "$log"
[ $end = 0 ] || { echo "the suite ended with status $end: see $log"; exit 1; }
grep -q '; blind 0$' "$log" || { echo "a case passes although sabotaged: see $log"; exit 1; }

# what is kept of a case repeats it by hand
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
.build/release/oci-conformance --runtime "$runtime" --quiet --keep "$kept" --exact --case hook-env --case mount-option-rro \
    --case cgroup-v1-removed --case root-relative >"$kept/log"
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
.build/release/oci-conformance --fixtures spec-fixtures --expected $expected --runtime "$runtime" >"$fixtures" 2>&1
end=$?
[ "$devices" = "$(ls /sys/class/net)" ] || { echo "network devices of the machine are gone or have other names"; exit 1; }
grep "^$name: [1-9][0-9][0-9] of" "$fixtures" || { echo "the documents were not handed over: see $fixtures"; exit 1; }
[ $end = 0 ] || { grep '^not expected to' "$fixtures"; echo "another verdict than the index: see $fixtures"; exit 1; }

# runtimes that leave out one property are seen, and nothing else is said of them
Tests/conformance-mutants.sh "$runtime"
