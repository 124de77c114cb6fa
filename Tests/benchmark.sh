#!/bin/bash
# benchmark.sh [RUNTIME]...: what every command costs, side by side with runc and crun: times, system calls, memory, and the lowest
# memory limit. First a bundle as "spec" makes it, then one with the seccomp filter and limits of an engine. Needs root and a quiet
# machine; never part of the tests. VIEW=v2 shows version 2 of control groups alone; ROUNDS and TRIES say how often.
set -euo pipefail
cd "$(dirname "$0")/.."
view=${VIEW:-v1} rounds=${ROUNDS:-30} benchmark=.build/release/veloci-benchmark
[ "$(id -u)" = 0 ] || { echo "benchmark.sh: containers need root here: sudo Tests/benchmark.sh" >&2; exit 1; }
swift build -c release --product veloci-benchmark --quiet && make --no-print-directory --silent build
runtimes=()
for name in "${@:-$PWD/.build/embedded/release/veloci}" $([ $# -gt 0 ] || echo runc crun); do
    path=$(command -v "$name") || { echo "benchmark.sh: $name is not installed" >&2; continue; }
    runtimes+=("$(realpath -s "$path")")
done
for runtime in "${runtimes[@]}"; do "$runtime" --version | head -n 1; done
echo "Linux $(uname -r), $(nproc) processors, control groups as $view"
printf '\n## As spec makes it\n\n'
lab/host-view.sh "$view" "$benchmark" --rounds "$rounds" "${runtimes[@]}"
printf '\n## With a filter and limits\n\n'
lab/host-view.sh "$view" "$benchmark" --rounds "$rounds" --filter-of spec-fixtures/accepted/engine-daemon.json "${runtimes[@]}"
printf '\n## Memory limit\n\n'
lab/host-view.sh "$view" Tests/memory-floor.sh "${runtimes[@]}"
