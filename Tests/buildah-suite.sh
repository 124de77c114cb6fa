#!/bin/bash
# Runs buildah's own tests of run and namespaces, from a checkout of github.com/containers/buildah at the version of the buildah that is
# installed, or conmon's own, from one of github.com/containers/conmon, over veloci; nothing of them is kept in this repository, and
# nothing is written into the checkout. The image that they need is made of the busybox that is installed and not downloaded.
# Usage: buildah-suite.sh SOURCES [VIEW...]
#   SOURCES   the checkout; tried with buildah v1.28.2 and conmon v2.2.1
#   VIEW      v1, v2 or hybrid: which control groups the tests see (lab/host-view.sh); host is what this machine has, and the default
# From the environment:
#   RUNTIME   the executable under test (default: the built one)
#   PEER      a runtime that the same tests run over before (default: runc of PATH); what fails on it as well is no fault of ours
#   KEEP      not empty: what the peer did in an earlier run is not tried again
#   CONMON    the conmon of the checkout's version (default: the installed one, which may lack what newer tests ask of it)
#   FILES     names of test files without .bats (default: run and namespaces of buildah, all of conmon)
#   LIMIT     seconds for one file (default: 600)
# What fails and is not failed by PEER must be in buildah-suite.allowed, with the reason.
set -uo pipefail
if [ "${1:-}" = --inside ]; then
    # Namespaces of its own: no device of the machine's network, and nothing outlives the tests but control groups.
    ip link set lo up 2>/dev/null || true
    mount -t tmpfs -o mode=755 none /run && mkdir -m 1777 /run/tests || exit 125
    mount -t tmpfs none /var/lib/containers 2>/dev/null
    # conmon's tests write below /tmp, whatever they are told
    mount -t tmpfs -o mode=1777 none /tmp || exit 125
    shift
    # This shell stays the first process, which takes dead orphans away.
    TMPDIR=/run/tests "$@" </dev/null
    exit
fi
cd "$(dirname "$0")/.." || exit 1
if [ $# -gt 0 ] && [ -f "$1/tests/run.bats" ]; then project=buildah tests=tests default='run namespaces'
elif [ $# -gt 0 ] && [ -f "$1/test/08-exec.bats" ]; then project=conmon tests=test default=$(cd "$1/test" && printf '%s\n' *.bats)
else echo "usage: $0 SOURCES [v1|v2|hybrid|host]...: SOURCES is a checkout of github.com/containers/buildah or conmon" >&2; exit 2; fi
[ "$(id -u)" = 0 ] || { echo "skipped: these tests need root"; exit 0; }
sources=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- host
runtime=$(realpath "${RUNTIME:-.build/embedded/release/veloci}") || exit 1
peer=$(command -v "${PEER:-runc}" 2>/dev/null) && peer=$(realpath "$peer") || peer=
conmon=$(command -v "${CONMON:-conmon}") && conmon=$(realpath "$conmon") || { echo "conmon is missing" >&2; exit 1; }
for program in $project bats gawk jq busybox ip socat; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
repository=$PWD
# conmon's tests have sockets in the folder that names of theirs must fit into
folder=$PWD/.build/$project-suite
allowed=$PWD/Tests/buildah-suite.allowed
results=$PWD/.build/$project-suite-results
. Tests/suites.sh

prepare() {
    # in the tests' /tmp nothing from outside is seen
    rm -rf "$folder" && mkdir -p "$folder/bin" "$folder/as" && cp "$conmon" "$folder/bin/conmon" && cp -r "$sources/$tests" "$folder/tests" || return
    local tree=$folder/tree busybox applet
    busybox=$(command -v busybox)
    mkdir -p "$tree"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr/bin,usr/sbin,var/tmp,var/log} || return
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln "$tree/bin/busybox" "$tree/bin/$applet"; done
    chmod 1777 "$tree/tmp" "$tree/var/tmp"; chmod 700 "$tree/root"
    printf 'root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/false\nsync:x:5:0:sync:/sbin:/bin/sync\nguest:x:405:100:guest:/dev/null:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$tree/etc/passwd"
    printf 'root:x:0:root\nbin:x:1:\nusers:x:100:\nnobody:x:65534:\n' >"$tree/etc/group"
    printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
    tar cf "$folder/tree.tar" --numeric-owner --owner 0 --group 0 -C "$tree" . && rm -r "$tree" || return
    if [ $project = conmon ]; then
        # what its tests ask podman for: the tree of an image
        printf '#!/bin/sh\n[ "$1" != export ] || exec cat %q\n' "$folder/tree.tar" >"$folder/bin/podman"; chmod 755 "$folder/bin/podman"
        return
    fi
    cat >"$folder/bin/make-image" <<'S'
#!/bin/bash
# make-image FOLDER: a folder with the image; what buildah keeps meanwhile is in memory
with() { buildah --root /run/image/root --runroot /run/image/run --storage-driver vfs "$@"; }
printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$1/policy.json"
box=$(with from scratch) && with add -q "$box" "$1/tree.tar" / >/dev/null && with config --cmd /bin/sh --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$box" &&
    with commit -q --signature-policy "$1/policy.json" "$box" image >/dev/null && with push -q --signature-policy "$1/policy.json" image "dir:$1/image"
S
    cat >"$folder/bin/copy" <<S
#!/bin/bash
# as the program that buildah's tests copy images with: none comes from a registry
options=()
while [[ \$1 == --* ]]; do case \$1 in --max-parallel-downloads=*) shift ;; *) options+=("\$1" "\$2"); shift 2 ;; esac; done
case \$1 in docker://*) exec mkdir -p "\${2#dir:}" ;; esac
name=\${2#containers-storage:}
id=\$(buildah "\${options[@]}" pull -q --signature-policy $(printf %q "$folder/policy.json") dir:$(printf %q "$folder/image")) && exec buildah "\${options[@]}" tag "\$id" "\${name##*]}"
S
    chmod 755 "$folder"/bin/*
    alone host 120 "$folder/bin/make-image" "$folder"
}

clean_groups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 3 -depth -type d \( -name 'buildah-buildah*' -o -name 'conmon-test-*' \) -exec rmdir {} + 2>/dev/null; }

# run EXECUTABLE VIEW RESULT: one line for each test, "FILE: NAME<tab>passed|failed|skipped".
run() {
    local file
    : >"$3"; : >"$3.log"
    # both by the name that the tests know
    rm -f "$folder/as/runc"; cp "$1" "$folder/as/runc" || return
    for file in ${FILES:-$default}; do
        file=$(basename "$file" .bats)
        alone "$2" "${LIMIT:-600}" env PATH="$folder/bin:$folder/as:$PATH" BUILDAH_BINARY="$(command -v buildah)" COPY_BINARY="$folder/bin/copy" BUILDAH_RUNTIME="$folder/as/runc" \
            CONMON_BINARY="$folder/bin/conmon" RUNTIME_BINARY="$folder/as/runc" bats --tap "$folder/tests/$file.bats" >"$folder/tap" 2>&1
        cat "$folder/tap" >>"$3.log"
        of_bats "$file" <"$folder/tap" >>"$3"
        clean_groups
    done
    counted "$(basename "$1")" "$2" "$3"
}

prepare || { echo "the tests cannot be prepared" >&2; exit 1; }
suite "$project's tests" "$runtime" "$@"
