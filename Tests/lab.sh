#!/bin/bash
# lab.sh [PART]...: what needs another kernel or another system than this machine, in the lab (lab/README.md). Parts:
#   mini         the Swift tests of control groups and of running containers on pure cgroup v2 with every controller; the memory floor
#   conformance  the conformance suite there, with two NUMA nodes and huge pages; only conformance/expected-failures.txt may fail
#   full         Tests/lab/full.sh: systemd, AppArmor, an unprivileged user; the same view as runc's on cgroup v2
#   hybrid       Tests/lab/version1.sh on Debian 12: systemd 252 with version 1 hierarchies beside version 2
#   legacy       the same with version 1 alone
#   selinux      Tests/lab/selinux.sh: SELinux with Debian's policy; CRIU=PATH is one that was built with SELinux, which Debian's is not
#   checkpoint   Tests/lab/checkpoint.sh: a kernel that tells which memory changed, systemd's units, AppArmor, podman (a larger image)
#   runc-suite   runc's tests of checkpoint on that machine: SOURCES is a checkout of runc, GO a Go that makes their helper programs, PEER a runc
#   migration    Tests/migration.sh there: pre-dumps, lazy pages and PostgreSQL need that kernel; PEER=RUNTIME takes turns (twenty minutes without KVM)
#   clients      Tests/clients with current podman, buildah, containerd and Docker under systemd (a larger image)
#                (half an hour without KVM; ONLY=regex selects checks, as everywhere)
# Without arguments all but checkpoint, runc-suite, migration and clients. JOBS machines (default 2) run at a time; each part's output is printed when it ends. A lab that
# cannot be made fails, unless the mirror does not answer: then it is skipped, and none at all fails. Uses the built debug
# tests, and the executables of make build and make suite (or the debug ones).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
repository=$PWD results=${RESULTS:-.build/lab} started=$SECONDS
[ $# -gt 0 ] || set -- conformance full mini hybrid legacy selinux
for part; do case $part in mini|conformance|full|hybrid|legacy|selinux|checkpoint|runc-suite|migration|clients) ;; *) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2;; esac; done
built() { local place; for place in embedded/release release debug; do [ ! -x ".build/$place/$1" ] || { echo ".build/$place/$1"; return; }; done; echo "not built: $1 (swift build)" >&2; return 1; }
executable=${RUNTIME:-$(built veloci)} && suite=$(built oci-conformance) || exit 1
bundle=.build/debug/velociPackageTests.xctest
[ -x $bundle ] || { echo "not built: $bundle (swift build --build-tests)" >&2; exit 1; }
staging=$(mktemp -d); jobs=()
trap 'for job in "${jobs[@]}"; do kill -TERM -- "-$job" 2>/dev/null; done; rm -rf "$staging"' EXIT; trap 'exit 130' INT TERM

# the files that tests read, at the paths they know from their build
mkdir -p "$staging$repository" "$results"
cp -a Tests docs conformance/expected-failures.txt "$staging$repository/"; [ ! -d spec-fixtures ] || cp -a spec-fixtures "$staging$repository/"

mini() {
    lab/mini.sh --memory 2048 --timeout "${LAB_LIMIT:-1200}" --results "$results/mini" --directory "$staging" \
        --program "$bundle:tests" --program /bin/bash --program "$executable:veloci" -- \
        sh -c 'cd "$1" && modprobe bfq && echo bfq >/sys/block/vda/queue/scheduler && tests --testing-library swift-testing --no-parallel --filter "$2" --skip "randomProfiles|ManyDeviceRules|RecordSize" || exit; echo "== the memory floor"; TRIES=1 bash Tests/memory-floor.sh veloci' sh \
        "$repository" "${LAB_FILTER:-CgroupsTests|VelociTests|SeccompTests}" | quiet
    return "${PIPESTATUS[0]}"
}
# what failed, what could not be tried, and the sum: the names of hundreds of tests that passed help nobody
quiet() { grep -aEv '^(◇|✔ (Test|Suite) [^r]|➜ Test|↳ ///)'; }
conformance() {
    local log=$results/conformance.log end=0
    # 1 GiB pages can only be reserved at boot
    lab/mini.sh --memory 3072 --processors 2 --timeout "${LAB_LIMIT:-1800}" --results "$results/conformance" --nodes 2 \
        --append 'hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=16' \
        --program "$suite" --program "$executable:veloci" -- sh -c 'modprobe tun; end=0; printf "%s\n" "$1" >/tmp/expected
            oci-conformance --runtime /usr/bin/veloci --expected /tmp/expected || end=$?
            # what only this machine has is proven here
            oci-conformance --runtime /usr/bin/veloci --prove --quiet --case cgroup-v2 --case rlimit-nice --case rlimit-rtprio | sed "s/^/prove: /"; exit $end' \
        sh "$(cat conformance/expected-failures.txt)" >"$log" || end=$?
    [ $end -le 1 ] || { tail -n 20 "$log"; return $end; }
    Tests/conformance.sh --judge "$log" && grep '^prove: .* = ' "$log" && grep -q '^prove: .*; blind 0$' "$log"
}
# What is only much to compute, and has nothing to do with the machine, is left to this one: an emulated one takes minutes for it.
in_full() { # in_full PART SCRIPT [OPTION]... : a script of Tests/lab in a full lab
    local part=$1 script=$2; shift 2
    lab/full.sh --timeout "${LAB_LIMIT:-1500}" --results "$results/$part" --directory "$staging" --program "$executable:veloci" "$@" -- env RUNTIME=veloci ONLY="${ONLY:-}" WHAT="${WHAT:-}" bash "$repository/Tests/lab/$script" "$part"
}
full() { in_full full full.sh --program "$bundle:tests"; }
# the last Debian whose kernel and systemd have all of version 1
hybrid() { LAB_SUITE=bookworm in_full hybrid version1.sh --program "$bundle:tests" --append systemd.unified_cgroup_hierarchy=0; }
legacy() { LAB_SUITE=bookworm in_full legacy version1.sh --program "$bundle:tests" --append 'systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1'; }
selinux() { in_full selinux selinux.sh --image selinux ${CRIU:+--program "$CRIU:criu"}; }
checkpoint() { in_full checkpoint checkpoint.sh --image clients --memory 3072; }
runc-suite() {
    PREPARE=only Tests/runc-suite.sh "${SOURCES:?names a checkout of github.com/opencontainers/runc}" || return
    local folder=$repository/.build/runc-suite
    mkdir -p "$staging$folder" && cp -a "$folder/tests" "$folder/bin" "$staging$folder/" || return
    lab/full.sh --image clients --memory 3072 --timeout "${LAB_LIMIT:-2400}" --results "$results/runc-suite" --directory "$staging" --program "$executable:veloci" ${PEER:+--program "$PEER:peer"} -- \
        bash -c 'cd "$1" && export PREPARE=done FILES=checkpoint RUNTIME=/usr/bin/veloci PEER=$2 LIMIT=1500; Tests/runc-suite.sh .build/runc-suite; end=$?; cp .build/runc-suite/*.host* /results/; exit $end' bash "$repository" "${PEER:+/usr/bin/peer}"
}
migration() {
    local tree; tree=$(LAB_SUITE=bookworm lab/debian-tree.sh nginx-light postgresql python3-minimal) || return
    mkdir -p "$staging/lab-tree" && cp "$tree" "$staging/lab-tree/tree.tar" || return
    LAB_LIMIT=${LAB_LIMIT:-3000} in_full migration migration.sh --image clients --memory 3072 ${PEER:+--program "$PEER:peer"}
}
clients() {
    lab/full.sh --image clients --memory 3072 --timeout "${LAB_LIMIT:-2400}" --results "$results/clients" --directory "$staging" \
        --program "$executable:veloci" -- env ONLY="${ONLY:-}" bash -c 'cd "$1"; export RUNTIME=veloci CGROUP_MANAGER=${2:-systemd} LIMIT=120 TMPDIR=/var/tmp; end=0
            for test in podman buildah containerd docker; do echo "== $test"; Tests/clients/$test.sh || end=1; done; exit $end' bash "$repository" "${CGROUP_MANAGER:-systemd}"
}

# parts in parallel, each printed as a whole
export LAB_PARALLEL=1
failed='' skipped='' passed=0 names=()
finish_one() {
    local end=0 done index name
    wait -n -p done "${jobs[@]}" || end=$?
    for index in "${!jobs[@]}"; do [ "${jobs[index]}" != "$done" ] || break; done
    name=${names[index]}; unset "jobs[index]" "names[index]"
    echo "== lab: $name ($((SECONDS - started)) s)"; cat "$results/$name.output"
    case $end in
        0) passed=$((passed + 1)) ;;
        123) echo "== lab: $name skipped: Debian's mirror does not answer, and the cache lacks something"; skipped="$skipped $name" ;;
        *) echo "== lab: $name FAILED (status $end)"; failed="$failed $name" ;;
    esac
}
for part; do
    [ ${#jobs[@]} -lt "${JOBS:-2}" ] || finish_one
    # a job of its own, so that it can be ended as a whole, with its machine
    set -m; "$part" >"$results/$part.output" 2>&1 </dev/null & set +m; jobs+=($!) names+=("$part")
done
while [ ${#jobs[@]} -gt 0 ]; do finish_one; done
[ -z "$failed" ] || { echo "lab: failed:$failed (consoles and logs in $results)"; exit 1; }
[ -z "$skipped" ] || echo "lab: skipped, because Debian's mirror does not answer:$skipped"
echo "lab: $passed parts passed in $((SECONDS - started)) s"
[ $passed -gt 0 ]
