# shellcheck shell=bash disable=SC2034
# Shared by the tests of real clients. Sourced, never run.
# Output: "ok N - name (seconds)" or "not ok N - name" followed by "# " lines with the command's last words, then the counts.
# Everything a test makes is in $work, in the cgroup $parent, or marked by the environment variable VELOCI_CLIENT_TEST, and
# is removed at the end: no process is killed that the test did not start.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

# the runtime under test and the one whose behaviour is the measure
default_runtime=$repository/.build/debug/veloci
[ ! -x "$repository/.build/embedded/release/veloci" ] || default_runtime=$repository/.build/embedded/release/veloci
RUNTIME=$(command -v "${RUNTIME:-$default_runtime}") || { echo "no runtime: build veloci, or set RUNTIME to a runtime's path" >&2; exit 125; }
RUNTIME=$(realpath -s "$RUNTIME"); runtime_name=$(basename "$RUNTIME")
CONTROL=$(command -v "${CONTROL:-runc}") || CONTROL=''
limit=${LIMIT:-60}                                  # seconds for one check
only=${ONLY:-}                                      # a regular expression: run the checks whose name it matches

passed=0 failed=0 skipped=0 number=0
work=$(mktemp -d "${TMPDIR:-/tmp}/veloci-client.XXXXXX"); chmod 755 "$work"
# cgroup below which clients put their containers; as a slice, no dash means no nesting. A test in a pid namespace of its own has a number
# from outside, where the groups are.
parent=veloci_client_${VELOCI_CLIENT_NUMBER:-$$}
manager=${CGROUP_MANAGER:-cgroupfs}                 # who makes cgroups: cgroupfs or systemd
case $manager in systemd) client_parent=$parent.slice;; *) client_parent=/$parent;; esac
export VELOCI_CLIENT_TEST=$work
mkdir -p "$work/log"
[ "$(id -u)" = 0 ] || { echo "Bail out! this test needs root"; exit 125; }

need() {
    local pair packages=()
    for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || packages+=("${pair#*:}"); done
    [ ${#packages[@]} = 0 ] || { echo "Bail out! not installed here: ${packages[*]}: sudo apt-get install --no-install-recommends ${packages[*]}"; exit 125; }
}

# check NAME COMMAND...: the command (a function or a program) must succeed within $limit seconds
check() {
    local name=$1 log start end status=0 job watch; shift
    [ -z "$only" ] || [[ $name =~ $only ]] || return 0
    number=$((number + 1)); log=$work/log/$number
    start=$(date +%s%N)
    # a job of its own, so that what hangs can be ended as a whole; no terminal and no input
    set -m; ( set +m; set -e; "$@" ) >"$log" 2>&1 </dev/null & job=$!; set +m
    # what ends at once may end the watch before it has a trap of its own; it would clean up for us
    trap - EXIT TERM
    ( trap 'kill $!; exit' TERM; sleep "$limit" & wait $!; touch "$log.late"; kill -TERM -- "-$job"; sleep 2; kill -KILL -- "-$job" ) >/dev/null 2>&1 & watch=$!
    trap finish EXIT; trap 'exit 130' TERM
    wait "$job" 2>/dev/null || status=$?
    kill "$watch" 2>/dev/null; wait "$watch" 2>/dev/null
    end=$(date +%s%N)
    if [ -e "$log.late" ]; then status=124; echo "not finished within $limit s" >>"$log"; fi
    if [ $status = 0 ]; then
        passed=$((passed + 1)); printf 'ok %d - %s (%d.%01d s)\n' $number "$name" $(((end - start) / 1000000000)) $(((end - start) / 100000000 % 10))
    else
        failed=$((failed + 1)); printf 'not ok %d - %s (status %d)\n' $number "$name" $status
        tail -n "${LOG_LINES:-12}" "$log" | cut -c1-600 | sed 's/^/#   /'
    fi
}

# necessary NAME COMMAND...: a check without which the others make no sense
necessary() { local before=$failed; check "$@"; [ $failed = "$before" ] || { echo "Bail out! $1"; exit 1; }; }

skip() { number=$((number + 1)); skipped=$((skipped + 1)); printf 'ok %d - %s # SKIP %s\n' $number "$1" "$2"; }

# expect TEXT COMMAND...: the command succeeds and prints exactly TEXT; status N COMMAND...: it ends with status N
expect() {
    local wanted=$1 got; shift
    got=$("$@") || { printf 'status %d, output: %s\n' $? "$got"; return 1; }
    [ "$got" = "$wanted" ] || { printf 'expected: %s\n     got: %s\n' "$wanted" "$got"; return 1; }
}
status() { local wanted=$1 got=0; shift; "$@" || got=$?; [ $got = "$wanted" ] || { echo "expected status $wanted, got $got"; return 1; }; }
matches() { local pattern=$1 got; shift; got=$("$@") || { printf 'failed, output: %s\n' "$got"; return 1; }
    [[ $got =~ $pattern ]] || { printf 'expected to match: %s\n              got: %s\n' "$pattern" "$got"; return 1; }; }
# eventually COMMAND...: repeats it for up to ten seconds until it succeeds
eventually() { local turn; for turn in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; "$@"; }

# a root file system with a static busybox and nothing else
busybox_tree() {
    local tree=$1 busybox applet; busybox=$(command -v busybox) || return
    mkdir -p "$tree"/{bin,sbin,etc,dev,proc,sys,tmp,root,usr/bin,var/www}
    cp "$busybox" "$tree/bin/busybox"
    for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -sf busybox "$tree/bin/$applet"; done
    printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n' >"$tree/etc/passwd"
    printf 'root:x:0:\ndaemon:x:1:\nuser:x:1000:\nextra:x:2000:user\n' >"$tree/etc/group"
    chmod 1777 "$tree/tmp"
}

# every cgroup directory of ours, deepest first, on all mounted hierarchies
# (and no test whose number only begins like ours)
our_cgroups() { find /sys/fs/cgroup -depth -type d \( -path "*/$parent" -o -path "*/${parent}[!0-9]*" \) 2>/dev/null; }
leftovers() {
    local pid
    while read -r directory; do cat "$directory/cgroup.procs" 2>/dev/null; done < <(our_cgroups)
    for pid in /proc/[0-9]*; do
        pid=${pid#/proc/}
        case " $$ $BASHPID $PPID ${keep:-} " in *" $pid "*) continue;; esac
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "VELOCI_CLIENT_TEST=$work" && echo "$pid"
    done
}
clean_up() {
    local pid directory target
    set +e
    for pid in $( (leftovers) | sort -u); do
        # ours by cgroup or by environment, but neither this shell nor its children that only look for them
        # 0: it is in a pid namespace that this one does not see
        [ "$pid" != 0 ] && [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && kill -KILL "$pid" 2>/dev/null; done
    sleep 0.2
    # Where a controller is not mounted, podman takes a folder for its hierarchy and leaves files there.
    our_cgroups | while read -r directory; do
        rmdir "$directory" 2>/dev/null || [ "$(stat -f -c %T "$directory" 2>/dev/null)" != tmpfs ] || rm -r "$directory"
    done
    awk -v w="$work/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r target; do umount -l "$target"; done
    if [ -n "${KEEP:-}" ]; then echo "# kept: $work"; else rm -rf --one-file-system "$work"; fi
}
finish() {
    local end=$?
    trap - EXIT INT TERM
    [ "$(type -t before_clean_up)" != function ] || before_clean_up >/dev/null 2>&1
    clean_up
    [ $number -gt 0 ] || exit $end
    printf '%d passed, %d failed' $passed $failed; [ $skipped = 0 ] || printf ', %d skipped' $skipped; echo
    [ $failed = 0 ] || exit 1
    exit 0
}
cd "$work" || exit 125                             # what programs leave in their working directory goes with it
trap finish EXIT; trap 'exit 130' INT TERM
echo "# runtime: $RUNTIME ($("$RUNTIME" --version 2>/dev/null | head -n 1))"
