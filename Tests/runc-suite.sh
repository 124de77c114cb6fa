#!/bin/bash
# Runs runc's own integration tests (its bats files) over veloci, from a checkout of github.com/opencontainers/runc; nothing of them is
# kept in this repository, and nothing is written into the checkout. Images are made of Debian's packages and not downloaded.
# Usage: runc-suite.sh SOURCES [VIEW...]
#   SOURCES   the checkout; tried with v1.5.1
#   VIEW      v1, v2 or hybrid: which control groups the tests see (lab/host-view.sh); host is what this machine has, and the default
# From the environment:
#   RUNTIME   the executable under test (default: the built one)
#   PEER      a runc that the same tests run over before; a test that fails on it as well is no fault of ours
#   KEEP      not empty: what the peer did in an earlier run is not tried again
#   FILES     names of test files without .bats (default: all)
#   TESTS     a regular expression: tests with such names alone (default: all)
#   LIMIT     seconds for one file (default: 400); a test that fails may leave somebody behind for whom bats waits
#   GO        a Go toolchain for the helper programs of the tests (default: go of PATH)
#   PREPARE   only: makes what the tests read, in .build/runc-suite, and nothing else; done: it is there, and SOURCES is that folder
# What fails and is not failed by PEER must be in runc-suite.allowed, with the reason.
set -uo pipefail
if [ "${1:-}" = --inside ]; then
    # Namespaces of its own: no device of the machine's network, and nothing outlives the tests but control groups.
    ip link set lo up 2>/dev/null || true
    mount -t tmpfs -o mode=755 none /run && mkdir -m 1777 /run/tests || exit 125
    # The tests of checkpoint write a configuration that every CRIU of the machine would read.
    mkdir -p /etc/criu && mount -t tmpfs -o mode=755 none /etc/criu || exit 125
    shift
    # This shell stays the first process, which takes dead orphans away: a container's first process ends only after its others.
    TMPDIR=/run/tests "$@"
    exit
fi
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] && [ -d "$1/tests/integration" ] || { echo "usage: $0 SOURCES [v1|v2|hybrid|host]...: SOURCES is a checkout of github.com/opencontainers/runc" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "skipped: these tests need root"; exit 0; }
sources=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- host
runtime=$(realpath "${RUNTIME:-.build/embedded/release/veloci}") || exit 1
peer=${PEER:+$(realpath "$PEER")}
prepare=${PREPARE:-}
[ "$prepare" = done ] || go=$(command -v "${GO:-go}") || { echo "no Go compiler for the helper programs: apt-get install golang-go, or GO=PATH" >&2; exit 1; }
[ "$prepare" = done ] || go=$(realpath "$go")
for program in bats gawk jq busybox ip script; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
repository=$PWD
folder=$PWD/.build/runc-suite
allowed=$PWD/Tests/runc-suite.allowed
results=$folder
. Tests/suites.sh
if [ "$prepare" != done ]; then
    architecture=$("$go" env GOARCH)
    # The tests ask Go for the architecture alone.
    mkdir -p "$folder/bin" && printf '#!/bin/sh\necho %s\n' "$architecture" >"$folder/bin/go" && chmod 755 "$folder/bin/go" || exit 1
fi

# Everything that the tests read, in a copy: they write beside themselves.
prepare() {
    rm -rf "$folder/tests" && cp -r "$sources/tests" "$folder/tests" && rm -rf "$folder/tests/cmd/_bin" && mkdir "$folder/tests/cmd/_bin" || return
    echo "== making the helper programs with $("$go" version | cut -d ' ' -f 3)"
    local name
    for name in "$sources"/tests/cmd/*/*.go; do
        name=$(basename "$(dirname "$name")")
        [ -x "$folder/helpers/$name" ] && continue
        mkdir -p "$folder/helpers"
        (cd "$sources" && GOFLAGS=-mod=vendor GOTOOLCHAIN=local "$go" build -tags seccomp -o "$folder/helpers/$name" "./tests/cmd/$name") || return
    done
    cp "$folder"/helpers/* "$folder/tests/cmd/_bin"
    busybox_image "$folder/tests/integration/testdata/busybox-$architecture.tar.xz" || return
    local debian
    debian=$(lab/debian-tree.sh) || return
    # GNU tar looks into a file for how it is compressed.
    cp "$debian" "$folder/tests/integration/testdata/debian-$architecture.tar.xz"
}

busybox_image() {
    local tree=$folder/busybox applet busybox
    busybox=$(command -v busybox)
    rm -rf "$tree"; mkdir -p "$tree"/{bin,dev,etc,home,root,tmp,usr/bin,usr/sbin,var/spool/mail} || return
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln "$tree/bin/busybox" "$tree/bin/$applet"; done
    ln -s /bin/env "$tree/usr/bin/env"
    chmod 1777 "$tree/tmp"; chmod 700 "$tree/root"
    printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n' >"$tree/etc/group"
    printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
    tar cf "$1" --numeric-owner --owner 0 --group 0 -C "$tree" .
}

# Groups that tests forget, such as the common parent of all of theirs.
clean_groups() {
    find /sys/fs/cgroup -mindepth 1 -maxdepth 4 -depth -type d \( -path '*/runc-cgroups-integration-test*' -o -name 'test_*' \) -exec rmdir {} + 2>/dev/null
}

# Under the name of the runtime whose tests these are; some of them look at it.
mkdir -p "$folder/as" && ln -sf "$runtime" "$folder/as/runc" || exit 1

# run EXECUTABLE VIEW RESULT: one line for each test, "FILE: NAME<tab>passed|failed|skipped".
run() {
    local file command
    : >"$3"; : >"$3.log"
    for file in $([ -n "${FILES:-}" ] && printf '%s\n' $FILES || (cd "$folder/tests/integration" && printf '%s\n' *.bats)); do
        file=$(basename "$file" .bats)
        # runc in the foreground wants a terminal that controls it. What bats writes goes beside it.
        command=$(printf '%q ' bats ${TESTS:+--filter "$TESTS"} --tap "$folder/tests/integration/$file.bats")
        alone "$2" "${LIMIT:-400}" \
            env PATH="$folder/bin:$PATH" RUNC="$1" script -qec "$command >$(printf %q "$folder/tap") 2>&1" /dev/null <&9 9<&- >/dev/null 2>&1
        cat "$folder/tap" >>"$3.log"
        of_bats "$file" <"$folder/tap" >>"$3"
        clean_groups
    done
    counted "$(basename "$1")" "$2" "$3"
}

# A standard input without an end: at the end of its own, script types one into the terminal.
rm -f "$folder/quiet"; mkfifo "$folder/quiet" && exec 9<>"$folder/quiet" || exit 1
[ "$prepare" = done ] || prepare || { echo "the tests cannot be prepared" >&2; exit 1; }
[ "$prepare" != only ] || exit 0
suite "runc's tests" "$folder/as/runc" "$@"
