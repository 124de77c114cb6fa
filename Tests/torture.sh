#!/bin/sh
# torture.sh SECONDS SEED [VELOCI]: random torture (Tests/TortureSubject) for that long, then hundreds of containers by eight
# workers for half of it. The seed is printed; with the same one the same attacks come in the same order. Needs root.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
seed=${2:-$(date +%s)}
[ $# -gt 2 ] && VELOCI=$(realpath "$3") && export VELOCI
[ "$(id -u)" = 0 ] || { echo "torture.sh: skipped: containers with all namespaces need root"; exit 0; }
swift build --product veloci-torture >.build/torture.log 2>&1 && swift build --product veloci >>.build/torture.log 2>&1 || {
    grep error: .build/torture.log
    exit 1
}
torture=.build/debug/veloci-torture
failed=0
echo "== seed $seed"
# A network namespace of its own: what a broken runtime does to devices is not done to the machine's.
unshare -n $torture random "$seconds" "$seed" || failed=1
echo "== crowd"
unshare -n $torture crowd $((seconds / 2)) "${CONTAINERS:-500}" 8 "$seed" || failed=1
exit $failed
