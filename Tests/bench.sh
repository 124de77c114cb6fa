#!/bin/bash
# bench.sh FOLDER: what every command costs beside runc, crun and the least that a container can cost; a page with tables, a plot
# and every number go to FOLDER. Needs root and a quiet machine; never part of the tests. All of it takes about an hour;
#   ROUNDS=5 SECTIONS=commands BUNDLES=default VIEWS=v1 OPERATIONS=run,state Tests/bench.sh /tmp/short
# takes half a minute. In the environment:
#   VELOCI       the executable (default: what make build makes)
#   OTHERS       further runtimes to compare with: paths, each with a file name of its own
#   VIEWS        v1 v2: a hybrid host shown as one version of control groups
#   BUNDLES      default docker user
#   SECTIONS     commands,idle,parallel,list,counts
#   OPERATIONS   version,create,state,start,ps,pause,resume,update,exec,exec-d,kill,delete,run,life,list
#   ROUNDS       how often each command is measured (default 30); IDLE: milliseconds of the gaps (default 120)
#   LENGTHS      how many containers are alive while list is measured (default 1,100,1000)
#   INSTRUCTIONS 1 counts instructions with valgrind too, for runtimes that run under it
#   SAMPLES      a file to which every measurement is added; the page is about all that are in it
#   TRACES       a folder that keeps strace's tables
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# = 1 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \?//' >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bench.sh: containers need root here: sudo Tests/bench.sh $1" >&2; exit 1; }
folder=$(realpath -m "$1") bench=.build/release/veloci-bench
samples=${SAMPLES:-}
export VELOCI_COMMIT=${VELOCI_COMMIT:-unknown}
swift build -c release --product veloci-bench --quiet
work=$(mktemp -d /run/veloci-bench-XXXXXX)
# A container in a user namespace has to reach its root.
chmod 755 "$work"
samples=${samples:-$work/samples}
# What an interrupted benchmark leaves: containers, their groups, the folder.
cleanup() {
    local groups
    groups=$(find /sys/fs/cgroup -depth -type d -name "${work##*/}*" 2>/dev/null)
    for group in $groups; do xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null || true; done
    [ -z "$groups" ] || sleep 0.5
    for group in $groups; do rmdir "$group" 2>/dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
cc -O2 -Wall -static -o "$work/floor" Tests/Benchmark/floor.c
cc -O2 -Wall -static -o "$work/launch" Tests/Benchmark/launch.c
# An installed copy: the file that a linker wrote starts slower.
cp "${VELOCI:-.build/embedded/release/veloci}" "$work/veloci"
runtimes=("$work/veloci")
for name in ${OTHERS:-} crun runc; do
    path=$(command -v "$name") || { echo "bench.sh: $name is not installed; compared without it" >&2; continue; }
    for other in "${runtimes[@]}"; do
        [ "$(basename "$other")" != "$(basename "$path")" ] || { echo "bench.sh: two runtimes are named $name" >&2; exit 2; }
    done
    runtimes+=("$(realpath -s "$path")")
done

facts() {
    local processor
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    echo "$(date -u +%F), Linux $(uname -r), $(uname -m), $(nproc) processors${processor:+ ($processor)}$(
        grep -q '^flags.* hypervisor' /proc/cpuinfo && echo ', a virtual machine'), load $(cut -d ' ' -f 1 /proc/loadavg) at the start."
    echo "Runtimes:"
    for runtime in "${runtimes[@]}"; do
        printf -- '- %s: %s, %s bytes\n' "$(basename "$runtime")" \
            "$(unshare --net "$runtime" --version | sed -n '1p; s/^swift: /Swift /p' | paste -sd ' ')" "$(stat -L -c %s "$runtime")"
    done
    echo "Gaps of ${IDLE:-120} ms where idle is said; bundle and state on tmpfs."
    echo
}
facts=$(facts; echo .)

for view in ${VIEWS:-v1 v2}; do
    for bundle in ${BUNDLES:-default docker user}; do
        echo "bench.sh: $view $bundle (after $SECONDS s)" >&2
        Tests/Benchmark/enter.sh "$view" "$work/shop" "$bench" --directory "$work/shop" \
            --launcher "$work/launch" --floor "$work/floor" --view "$view" --bundle "$bundle" \
            --rounds "${ROUNDS:-30}" --idle "${IDLE:-120}" --lengths "${LENGTHS:-1,100,1000}" \
            --sections "${SECTIONS:-commands,idle,parallel,list,counts}" ${OPERATIONS:+--operations "$OPERATIONS"} \
            "${runtimes[@]}" >>"$samples"
        rmdir "$work/shop"
    done
done
"$bench" --report "$folder" --facts "${facts%.}" "$samples"
echo "bench.sh: $folder/README.md (after $SECONDS s)" >&2
