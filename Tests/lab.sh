#!/bin/bash
# lab.sh [mini] [full] [clients]: what needs another kernel or another system than this machine, in the lab (lab/README.md).
#   mini     the Swift tests of control groups and of running containers, on pure cgroup v2 with every controller; conformance suite
#   full     Tests/lab/full.sh: systemd, AppArmor, an unprivileged user; the same view as runc's on cgroup v2
#   clients  Tests/clients with current podman, buildah, containerd and Docker under systemd (a larger image)
#            (half an hour without KVM; ONLY=regex selects checks, as everywhere)
# Without arguments: mini and full. Uses the built debug tests and the release executable (or the debug one).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
repository=$PWD results=${RESULTS:-.build/lab}
executable=${RUNTIME:-.build/release/veloci}; [ -x "$executable" ] || executable=.build/debug/veloci
[ -x "$executable" ] || { echo "no executable: run swift build" >&2; exit 1; }
staging=$(mktemp -d); trap 'rm -rf "$staging"' EXIT
failed=''

# the files that tests read, at the paths they know from their build
stage_sources() {
    mkdir -p "$staging$repository"
    cp -a Tests "$staging$repository/"; [ ! -d spec-fixtures ] || cp -a spec-fixtures "$staging$repository/"
}
run() {
    local name=$1 end=0; shift
    echo "== lab: $name"
    "$@" || end=$?
    [ $end = 0 ] || { echo "== lab: $name FAILED (status $end)"; failed="$failed $name"; }
}
mini() {
    local bundle=.build/debug/velociPackageTests.xctest directory
    if [ -x $bundle ]; then
        directory=$(dirname "$(realpath $bundle)")
        mkdir -p "$staging$directory" "$staging$repository/.build"
        cp "$bundle" .build/debug/veloci "$staging$directory/"
        [ ! -L .build/debug ] || cp -a .build/debug "$staging$repository/.build/"
        run "Swift tests on cgroup v2" lab/mini.sh --memory 2048 --timeout "${LAB_LIMIT:-600}" --results "$results/mini" --directory "$staging" \
            --program "$bundle:tests" --program /bin/bash --program "$executable:veloci" -- \
            sh -c 'cd "$1" && "$2" --testing-library swift-testing --no-parallel --filter "$3"' sh "$repository" \
            "$repository/$bundle" "${LAB_FILTER:-CgroupsTests|VelociTests|SeccompTests}"
    else echo "== lab: Swift tests skipped: $bundle is not built (swift build --build-tests)"; fi
    local suite=.build/release/oci-conformance; [ -x $suite ] || suite=.build/debug/oci-conformance
    if [ -x $suite ]; then
        run "conformance on cgroup v2" lab/mini.sh --memory 2048 --timeout "${LAB_LIMIT:-600}" --results "$results/conformance" --nodes 2 --append hugepages=16 \
            --program "$suite" --program "$executable:veloci" -- oci-conformance --runtime /usr/bin/veloci
    else echo "== lab: conformance suite skipped: not built"; fi
}
full() {
    run "systemd, AppArmor, unprivileged user" lab/full.sh --timeout "${LAB_LIMIT:-900}" --results "$results/full" --directory "$staging" \
        --program "$executable:veloci" -- env RUNTIME=veloci bash "$repository/Tests/lab/full.sh"
}
clients() {
    run "clients under systemd" lab/full.sh --image clients --memory 3072 --timeout "${LAB_LIMIT:-2400}" --results "$results/clients" --directory "$staging" \
        --program "$executable:veloci" -- env ONLY="${ONLY:-}" bash -c 'cd "$1"; export RUNTIME=veloci CGROUP_MANAGER=${2:-systemd} LIMIT=120 TMPDIR=/var/tmp; end=0
            for test in podman buildah containerd docker; do echo "== $test"; Tests/clients/$test.sh || end=1; done; exit $end' bash "$repository" "${CGROUP_MANAGER:-systemd}"
}
mkdir -p "$results"; stage_sources
[ $# -gt 0 ] || set -- mini full
for part in "$@"; do
    case $part in mini|full|clients) $part;; *) echo "no part $part: mini, full, clients" >&2; exit 2;; esac; done
[ -z "$failed" ] || { echo "lab: failed:$failed (consoles and logs in $results)"; exit 1; }
