#!/bin/bash
# Runs crun's own tests in Python over veloci, from a checkout of github.com/containers/crun; nothing of them is kept in this repository,
# and nothing is written into the checkout. What the containers run is made of the checkout's tests/init.c with the C compiler.
# Usage: crun-suite.sh SOURCES [VIEW...]
#   SOURCES   the checkout; tried with 1.29.1
#   VIEW      v1, v2 or hybrid: which control groups the tests see (lab/host-view.sh); the default is v1, for crun refuses hybrid ones
# From the environment:
#   RUNTIME   the executable under test (default: the built one)
#   PEER      a crun that the same tests run over before; a test that fails on it as well is no fault of ours
#   KEEP      not empty: what the peer did in an earlier run is not tried again
#   FILES     names of test files without test_ and .py (default: all)
#   LIMIT     seconds for one file (default: 120)
# What fails and is not failed by PEER must be in crun-suite.allowed, with the reason.
set -uo pipefail
if [ "${1:-}" = --inside ]; then
    # Namespaces of its own: no device of the machine's network, and nothing outlives the tests but control groups. A network without
    # an interface of that name has none to bring up.
    ip link set lo up 2>/dev/null || true
    mount -t tmpfs -o mode=755 none /run && mkdir -m 755 /run/tests || exit 125
    # Null devices that somebody may change are not the machine's: crun gives its standard input to the container's user.
    mount -t tmpfs -o mode=755 none /run/tests && mkdir /run/tests/dev && cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /run/tests/dev || exit 125
    for node in /run/tests/dev/*; do mount --bind "$node" "/dev/${node##*/}" || exit 125; done
    cd /run/tests || exit 125
    shift
    "$@"; end=$?
    # Of version 1, what a test leaves frozen cannot be killed.
    find /sys/fs/cgroup/freezer -name freezer.state 2>/dev/null | while read -r state; do
        ! grep -q '^[1-9]' "${state%/*}/cgroup.procs" || echo THAWED >"$state"
    done
    exit $end
fi
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] && [ -f "$1/tests/tests_utils.py" ] || { echo "usage: $0 SOURCES [v1|v2|hybrid]...: SOURCES is a checkout of github.com/containers/crun" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "skipped: these tests need root"; exit 0; }
sources=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- v1
runtime=$(realpath "${RUNTIME:-.build/embedded/release/veloci}") || exit 1
peer=${PEER:+$(realpath "$PEER")}
for program in python3 gawk ip gcc script; do command -v $program >/dev/null || { echo "$program is missing" >&2; exit 1; }; done
repository=$PWD
folder=$PWD/.build/crun-suite
allowed=$PWD/Tests/crun-suite.allowed
results=$folder
. Tests/suites.sh

prepare() {
    rm -rf "$folder/tests" && mkdir -p "$folder" && cp -r "$sources/tests" "$folder/tests" || return
    # A container is known by what "state" says, not by the file in which crun keeps that.
    sed -i "s,os.path.exists(os.path.join(tests_root\, 'root/%s/status' % cid)),True," "$folder/tests/test_checkpoint_restore.py"
    # What configure would find out.
    printf '#define HAVE_%s 1\n' LINUX_IOPRIO_H SECCOMP ERROR_H >"$folder/tests/config.h"
    gcc -O2 -static -D_GNU_SOURCE -I"$folder/tests" -o "$folder/init" "$folder/tests/init.c" -lseccomp 2>"$folder/init.log" || { cat "$folder/init.log"; return 1; }
    # crun alone reads its configuration from a file of any name: here it is the bundle's.
    cat >"$folder/as-crun" <<'W'
#!/bin/bash
words=()
while [ $# -gt 0 ]; do
    case $1 in
        --config=*) file=${1#*=} ;;
        --config | -f) case " ${words[*]} " in *" run "* | *" create "*) file=$2; shift ;; *) words+=("$1") ;; esac ;;
        *) words+=("$1") ;;
    esac
    shift
done
[ -z "${file:-}" ] || [ "$file" -ef config.json ] || cp "$file" config.json
# Tests ask for features, in the line by which crun names those that it was built with.
case " ${words[*]} " in *" --version ") (exec -a crun "$VELOCI_UNDER_TEST" --version) && echo '+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +CRIU' && exit ;; esac
# A container that is being made is "creating", as the specification says; crun knows none by then, and tests wait until there is one.
case " ${words[*]} " in *" state "*)
    said=$("$VELOCI_UNDER_TEST" "${words[@]}") || exit
    [[ $said != *'"status": "creating"'* ]] || { echo "container does not exist" >&2; exit 1; }
    printf '%s\n' "$said"; exit ;;
esac
exec -a crun "$VELOCI_UNDER_TEST" "${words[@]}"
W
    chmod 755 "$folder/as-crun"
}

# Groups that tests forget: those that were not there before, by their names.
groups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 4 -depth -type d \( -name 'test-*' -o -name 'crun-*' -o -name frozen \) 2>/dev/null | sort; }
clean_groups() { comm -13 "$folder/groups" <(groups) | sort -r | while read -r group; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; done; }

# run EXECUTABLE VIEW RESULT: one line for each test, "FILE: NAME<tab>passed|failed|skipped".
run() {
    local file names name planned
    : >"$3"; : >"$3.log"; groups >"$folder/groups"
    for file in $([ -n "${FILES:-}" ] && printf '%s\n' $FILES || (cd "$folder/tests" && printf '%s\n' test_*.py)); do
        file=$(basename "$file" .py); file=${file#test_}
        names=; : >"$folder/file"
        # A test that hangs has failed, and those after it are still to be run.
        while :; do
            # A terminal, without which tests of terminals are not run; nobody types.
            alone "$2" "${LIMIT:-120}" env OCI_RUNTIME="$1" VELOCI_UNDER_TEST="$runtime" INIT="$folder/init" ${names:+RUN_TESTS="$names"} PYTHONDONTWRITEBYTECODE=1 \
                script -qec "exec python3 $(printf %q "$folder/tests/test_$file.py") 2>&1" /dev/null <&9 9<&- 2>&1 | tr -d '\r' >"$folder/tap"
            cat "$folder/tap" >>"$3.log"
            gawk -v file="$file" '
                function told(name, end) { sub(/ # [0-9.]+s$/, "", name); print file ": " name "\t" end }
                match($0, /^ok [0-9]+ - (.*) #SKIP/, part) { told(part[1], "skipped"); next }
                match($0, /^ok [0-9]+ - (.*)$/, part) { told(part[1], "passed"); next }
                match($0, /^not ok [0-9]+ - (.*)$/, part) { told(part[1], "failed") }' "$folder/tap" >>"$folder/file"
            clean_groups
            planned=$(sed -n 's/^1\.\.//p' "$folder/tap" | tail -n 1)
            [ "$(grep -cE '^(not )?ok ' "$folder/tap")" -lt "${planned:-0}" ] || break
            # The tests of the file in their order; no name of one that can be asked for has a space.
            (cd "$folder/tests" && PYTHONDONTWRITEBYTECODE=1 python3 -c "import test_$file as file; open('$folder/names', 'w').write('\n'.join(file.all_tests) + '\n')" >/dev/null)
            name=$(sed -n "$(($(wc -l <"$folder/file") + 1))p" "$folder/names")
            printf '%s: %s\tfailed\n' "$file" "$name" >>"$folder/file"
            names=$(sed "1,$(wc -l <"$folder/file")d" "$folder/names" | tr '\n' ' ')
            [ -n "$names" ] || break
        done
        cat "$folder/file" >>"$3"
    done
    counted "$(basename "$1")" "$2" "$3"
}

# A standard input without an end: at the end of its own, script types one into the terminal.
rm -f "$folder/quiet"; mkdir -p "$folder"; mkfifo "$folder/quiet" && exec 9<>"$folder/quiet" || exit 1
prepare || { echo "the tests cannot be prepared" >&2; exit 1; }
suite "crun's tests" "$folder/as-crun" "$@"
