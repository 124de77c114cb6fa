#!/bin/bash
# Runs podman's own system tests over veloci, from a checkout of github.com/containers/podman at the version of the podman that is
# installed; nothing of them is kept in this repository, and nothing is written into the checkout. The one image that they need is made
# of the busybox that is installed and not downloaded; containers have no network, whatever the tests would like.
# Usage: podman-suite.sh SOURCES [VIEW...]
#   SOURCES   the checkout; tried with v4.3.1
#   VIEW      v1, v2 or hybrid: which control groups the tests see (lab/host-view.sh); host is what this machine has, and the default
# From the environment:
#   RUNTIME   the executable under test (default: the built one)
#   PEER      a runtime that the same tests run over before (default: runc of PATH); what fails on it as well is no fault of ours
#   KEEP      not empty: what the peer did in an earlier run is not tried again
#   FILES     names of test files without .bats (default: those that run containers)
#   LIMIT     seconds for one file (default: 600)
# What fails and is not failed by PEER must be in podman-suite.allowed, with the reason.
set -uo pipefail
if [ "${1:-}" = --inside ]; then
    # Namespaces of its own: no device of the machine's network, and nothing outlives the tests but control groups.
    ip link set lo up 2>/dev/null || true
    mount -t tmpfs -o mode=755 none /run && mkdir -m 1777 /run/tests && mkdir /run/storage || exit 125
    mount -t tmpfs none /var/lib/containers 2>/dev/null; mount -t tmpfs none /etc/cni 2>/dev/null
    shift
    # This shell stays the first process, which takes dead orphans away.
    TMPDIR=/run/tests "$@" </dev/null
    exit
fi
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] && [ -f "$1/test/system/helpers.bash" ] || { echo "usage: $0 SOURCES [v1|v2|hybrid|host]...: SOURCES is a checkout of github.com/containers/podman" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "skipped: these tests need root"; exit 0; }
sources=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- host
runtime=$(realpath "${RUNTIME:-.build/embedded/release/veloci}") || exit 1
peer=$(command -v "${PEER:-runc}" 2>/dev/null) && peer=$(realpath "$peer") || peer=
for program in podman conmon bats gawk jq busybox ip script; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
files=${FILES:-001-basic 030-run 032-sig-proxy 035-logs 040-ps 045-start 050-stop 055-rm 060-mount 065-cp 075-exec 080-pause 090-events 130-kill
    140-diff 160-volumes 170-run-userns 180-blkio 190-run-ipcns 200-pod 220-healthcheck 260-sdnotify 280-update 400-unprivileged-access
    420-cgroups 450-interactive 700-play}
repository=$PWD
folder=$PWD/.build/podman-suite
allowed=$PWD/Tests/podman-suite.allowed
results=$PWD/.build/podman-suite-results
. Tests/suites.sh

prepare() {
    rm -rf "$folder" && mkdir -p "$folder" && cp -r "$sources/test" "$folder/test" || return
    local tree=$folder/tree busybox applet
    busybox=$(command -v busybox)
    mkdir -p "$tree"/{bin,dev,etc,home/podman,proc,root,run,sys,tmp,usr/bin,usr/sbin,var/tmp} || return
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln "$tree/bin/busybox" "$tree/bin/$applet"; done
    chmod 1777 "$tree/tmp" "$tree/var/tmp"; chmod 700 "$tree/root"
    printf 'root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/false\nmail:x:8:12:mail:/var/mail:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:root\nbin:x:1:\nmail:x:12:\nnogroup:x:65533:\nnobody:x:65534:\n' >"$tree/etc/group"
    printf 'NAME="Test image"\nID=test\n' >"$tree/etc/os-release"
    # What the tests look for in their image: its date, and a program that waits.
    sed -n 's/.*PODMAN_TEST_IMAGE_TAG:-"\([0-9]*\)".*/\1/p' "$sources/test/system/helpers.bash" >"$tree/home/podman/testimage-id"
    touch --date=@1600000000 "$tree/home/podman/testimage-id"
    printf '#!/bin/sh\necho Confirmed: testimage pause invoked as $0\nwhile :; do sleep 0.1; done\n' >"$tree/home/podman/pause"; chmod 755 "$tree/home/podman/pause"
    tar cf "$folder/tree.tar" --numeric-owner --owner 0 --group 0 -C "$tree" .
    printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$folder/policy.json"
    cat >"$folder/run-file" <<'S'
#!/bin/bash
# run-file RUNTIME NAME FOLDER FILE: an image, and then one file of tests
cat >/run/containers.conf <<C
[containers]
netns = "none"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "$2"
[engine.runtimes]
"$2" = ["$1"]
C
printf '[storage]\ndriver = "vfs"\nrunroot = "/run/storage/run"\ngraphroot = "/run/storage/graph"\n' >/run/storage.conf
export CONTAINERS_CONF=/run/containers.conf CONTAINERS_STORAGE_CONF=/run/storage.conf
image=$(. "$3/test/system/helpers.bash" >/dev/null 2>&1; echo "$PODMAN_TEST_IMAGE_FQN")
podman import --signature-policy "$3/policy.json" --change 'CMD ["/bin/sh"]' --change 'LABEL created_by=test/system/build-testimage' --change 'WORKDIR /home/podman' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$3/tree.tar" "$image" >/dev/null || exit 125
cd "$3/test/system" && PODMAN=$(command -v podman) exec bats --tap "$4.bats"
S
    chmod 755 "$folder/run-file"
}

# Groups that tests forget.
clean_groups() {
    find /sys/fs/cgroup -mindepth 1 -maxdepth 4 -depth -type d -path '*/libpod*parent*' -exec rmdir {} + 2>/dev/null
}

# run EXECUTABLE VIEW RESULT: one line for each test, "FILE: NAME<tab>passed|failed|skipped".
run() {
    local file name=veloci
    case $3 in */peer.*) name=peer ;; esac
    : >"$3"; : >"$3.log"
    for file in $files; do
        [ -f "$folder/test/system/$file.bats" ] || continue
        alone "$2" "${LIMIT:-600}" \
            "$folder/run-file" "$1" "$name" "$folder" "$file" >"$folder/tap" 2>&1
        cat "$folder/tap" >>"$3.log"
        of_bats "$file" <"$folder/tap" >>"$3"
        clean_groups
    done
    counted "$name" "$2" "$3"
}

prepare || { echo "the tests cannot be prepared" >&2; exit 1; }
suite "podman's tests" "$runtime" "$@"
