#!/bin/bash
# same-view.sh: one bundle through two runtimes gives the same view from inside. RUNTIME (default: the built veloci) is compared with
# CONTROL (default: runc) by diff of what the program "view" prints, for "runc spec" bundles in many variants, for run, create and
# start, and exec. Differences that the specification asks for are listed in same-view.allowed with their reason.
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq diff:diffutils
[ -n "$CONTROL" ] || { echo "Bail out! no control runtime: sudo apt-get install runc"; exit 125; }
before_clean_up() { local id; for id in $("$RUNTIME" --root "$work/state-a" list -q 2>/dev/null); do "$RUNTIME" --root "$work/state-a" delete -f "$id"; done
    for id in $("$CONTROL" --root "$work/state-b" list -q 2>/dev/null); do "$CONTROL" --root "$work/state-b" delete -f "$id"; done; }
tree=$work/tree; busybox_tree "$tree"; install -m755 "$here/view" "$tree/bin/view"
mkdir -p "$tree"/{dev,proc,sys,data,scratch}; ln -s data "$tree/linked"
for kind in /proc/self/ns/*; do readlink "$kind"; done | sort -u >"$tree/host-namespaces"

base=$work/base.json
( cd "$work" && mkdir -p spec && cd spec && "$CONTROL" spec && jq --arg group "/$parent/VIEW" '
    .process.terminal = false | .process.args = ["/bin/view"] | .process.env += ["ID=VIEW"] | .root = {path: "rootfs", readonly: false} |
    .linux.cgroupsPath = $group' config.json >"$base" ) || { echo "Bail out! $CONTROL spec failed"; exit 125; }

# each runtime gets its own copy of the tree: a container must not see what the one before left there. Both use the same path, so
# that nothing in the view can differ by it
prepare() {
    rm -rf --one-file-system "$work/bundle"; mkdir -p "$work/bundle"; cp -a "$tree" "$work/bundle/rootfs"
    jq "$1" "$base" >"$work/bundle/config.json"
    case $1 in *"$work/others"*)    # each runtime joins a mount namespace of its own: runc moves the root of whoever is inside
        [ -z "${holder:-}" ] || kill "$holder"
        unshare --mount --propagation private sleep 1000 >/dev/null 2>&1 & holder=$!
        eventually has_own_mounts "$holder"
        ln -sfn "/proc/$holder/ns/mnt" "$work/others";; esac
}
has_own_mounts() { [ "$(readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$1/ns/mnt")" ]; }
view_of() {                                         # view_of RUNTIME STATE FILTER WAY: prints the view
    local runtime=$1 state=$2 filter=$3 way=$4 id=VIEW end=0
    prepare "$filter" || return
    case $way in
        run) (cd "$work/bundle" && "$runtime" --root "$state" run "$id") ;;
        exec) jq '.process.args = ["sleep", "1000"]' "$work/bundle/config.json" >"$work/config" && mv "$work/config" "$work/bundle/config.json"
            "$runtime" --root "$state" run -d --bundle "$work/bundle" "$id" </dev/null >/dev/null 2>"$work/error" || { cat "$work/error" >&2; return 1; }
            "$runtime" --root "$state" exec "$id" /bin/view; end=$? ;;
        create) "$runtime" --root "$state" create --bundle "$work/bundle" --pid-file "$work/pid" "$id" </dev/null >"$work/output" 2>"$work/error" &&
                "$runtime" --root "$state" start "$id" && eventually gone "$(cat "$work/pid")"; end=$?; cat "$work/output"; cat "$work/error" >&2 ;;
    esac || end=$?
    "$runtime" --root "$state" delete -f "$id" >/dev/null 2>&1
    return $end
}
gone() { local state; state=$(sed -n 's/^State:\t//p' "/proc/$1/status" 2>/dev/null); case $state in ''|Z*|X*) return 0;; esac; return 1; }
compare() {
    local filter=$1 way=$2 first=0 second=0
    view_of "$CONTROL" "$work/state-b" "$filter" "$way" >"$work/control" 2>"$work/control.error" || first=$?
    view_of "$RUNTIME" "$work/state-a" "$filter" "$way" >"$work/runtime" 2>"$work/runtime.error" || second=$?
    [ $first = 0 ] || { echo "the control itself failed ($first): $(tail -n 2 "$work/control.error")"; return 1; }
    [ $second = 0 ] || { echo "status $second where $(basename "$CONTROL") succeeds: $(tail -n 3 "$work/runtime.error")"; return 1; }
    [ "$(grep -c '^== ' "$work/runtime")" = 12 ] || { echo "the view is not complete"; tail -n 3 "$work/runtime"; return 1; }
    if ! diff -U 0 --label "$(basename "$CONTROL")" --label "$runtime_name" "$work/control" "$work/runtime" >"$work/diff"; then
        grep -E '^[-+]' "$work/diff" | grep -vE '^(---|\+\+\+)' | grep -vEf <(grep -vE '^(#|$)' "$here/same-view.allowed") | grep -vE "${also:-^$}" >"$work/difference" || true
        [ ! -s "$work/difference" ] || { cat "$work/difference"; return 1; }
    fi
}
variant() { check "$1 ($3)" compare "$2" "$3"; }

variant "plain" . run
variant "plain" . create
variant "plain" . exec
namespace() { echo ".linux.namespaces |= map(select(.type != \"$1\"))"; }
variant "host network" "$(namespace network) | .mounts |= map(if .type == \"sysfs\" then {destination: \"/sys\", type: \"none\", source: \"/sys\", options: [\"rbind\", \"nosuid\", \"noexec\", \"nodev\", \"ro\"]} else . end)" run
variant "host pid namespace" "$(namespace pid)" run
variant "host ipc namespace" "$(namespace ipc) | .mounts |= map(select(.type != \"mqueue\"))" run
variant "host uts namespace" "$(namespace uts) | del(.hostname)" run
variant "own cgroup namespace" '.linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique_by(.type)' run
variant "host cgroup namespace" "$(namespace cgroup)" run
ids='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 3000}] | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 3000}]'
variant "user namespace" "$ids" run
variant "user namespace" "$ids" exec
variant "user and groups" '.process.user = {uid: 1000, gid: 1000, additionalGids: [2000, 5], umask: 23}' run
variant "user and groups" '.process.user = {uid: 1000, gid: 1000, additionalGids: [2000, 5], umask: 23}' exec
variant "every capability" '(.process.capabilities[]) = ["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FSETID","CAP_FOWNER","CAP_MKNOD","CAP_NET_RAW","CAP_SETGID","CAP_SETUID","CAP_SETFCAP","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_SYS_CHROOT","CAP_KILL","CAP_AUDIT_WRITE","CAP_SYS_ADMIN","CAP_SYS_PTRACE"]' run
variant "no capability" '(.process.capabilities[]) = []' run
variant "ambient for a user" '.process.user = {uid: 1000, gid: 1000} | (.process.capabilities[]) = ["CAP_NET_RAW"]' run
variant "new privileges allowed" '.process.noNewPrivileges = false' run
variant "limits" '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 100, soft: 50}, {type: "RLIMIT_CORE", hard: 0, soft: 0}, {type: "RLIMIT_STACK", hard: 16777216, soft: 4194304}]' run
variant "limits" '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 100, soft: 50}, {type: "RLIMIT_CORE", hard: 0, soft: 0}, {type: "RLIMIT_STACK", hard: 16777216, soft: 4194304}]' exec
variant "oom score" '.process.oomScoreAdj = 123' run
variant "read-only root" '.root.readonly = true' run
variant "variables twice" '.process.env += ["A=1", "B=2", "A=3", "HOME=/a", "HOME=/data"]' run
variant "variables twice" '.process.env += ["A=1", "B=2", "A=3", "HOME=/a", "HOME=/data"]' exec
variant "directory and environment" '.process.cwd = "/data" | .process.env += ["A=b c", "HOME=/data"]' run
variant "directory and environment" '.process.cwd = "/data" | .process.env += ["A=b c", "HOME=/data"]' exec
mount() { echo ".mounts += [$1]"; }
variant "bind mounts" "$(mount '{destination: "/data", type: "bind", source: "/usr", options: ["rbind", "ro", "nosuid"]}, {destination: "/made/by/runtime", type: "bind", source: "/etc/passwd", options: ["bind", "ro"]}')" run
variant "tmpfs options" "$(mount '{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec", "size=1m", "mode=711"]}')" run
variant "tmpfs over a directory" "$(mount '{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=1m"]}, {destination: "/data", type: "tmpfs", source: "tmpfs", options: ["mode=751"]}')" run
variant "remount" "$(mount '{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=1m"]}, {destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["remount", "size=2m", "noatime", "nosuid"]}')" run
variant "copy of what is covered" "$(mount '{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "nodev"]}')" run
variant "propagation of mounts" "$(mount '{destination: "/data", type: "bind", source: "/usr", options: ["rbind", "rslave"]}, {destination: "/scratch", type: "bind", source: "/usr", options: ["bind", "rshared"]}')" run
variant "recursive read-only" "$(mount '{destination: "/data", type: "bind", source: "/dev", options: ["rbind", "rro"]}')" run
variant "masked by two mounts" "$(mount '{destination: "/data", type: "tmpfs", source: "a", options: ["size=1m"]}, {destination: "/data", type: "tmpfs", source: "b", options: ["size=2m"]}')" run
variant "mount through a link" "$(mount '{destination: "/linked/inside", type: "tmpfs", source: "a", options: ["size=1m"]}')" run
for propagation in shared slave private; do variant "root is $propagation" ".linux.rootfsPropagation = \"$propagation\"" run; done
variant "no masked and read-only paths" 'del(.linux.maskedPaths, .linux.readonlyPaths)' run
variant "own masked and read-only paths" '.linux.maskedPaths = ["/etc/passwd", "/bin", "/no/such"] | .linux.maskedPaths = ["/etc/passwd", "/data", "/no/such"] | .linux.readonlyPaths = ["/tmp", "/etc/group"]' run
variant "devices" '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 5, gid: 6}, {path: "/dev/sub/full", type: "c", major: 1, minor: 7}, {path: "/dev/pipe", type: "p"}]' run
variant "sysctl" '.linux.sysctl = {"net.core.somaxconn": "77", "kernel.msgmax": "9000", "net.ipv4.ip_unprivileged_port_start": "20"}' run
variant "resources" '.linux.resources += {memory: {limit: 67108864, swap: 134217728, reservation: 33554432}, cpu: {shares: 300, quota: 20000, period: 50000, cpus: "0", mems: "0"}, pids: {limit: 44}}' run
variant "device rules" '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}, {allow: true, type: "b", major: 8, access: "r"}]' run
seccomp() { echo ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", architectures: [\"SCMP_ARCH_X86_64\"], syscalls: [{names: [\"mknod\", \"mknodat\", \"sethostname\"], action: \"$1\"}]}"; }
variant "seccomp" "$(seccomp SCMP_ACT_ERRNO)" run
variant "seccomp" "$(seccomp SCMP_ACT_ERRNO)" exec
variant "seccomp and new privileges" "$(seccomp SCMP_ACT_ERRNO) | .process.noNewPrivileges = false" run
# ours leaves those inside their root and is confined by chroot, in which the kernel refuses user namespaces
also='^[-+]unshare -U true: ' variant "joined mount namespace" ".linux.namespaces |= map(if .type == \"mount\" then .path = \"$work/others\" else . end)" run
variant "no mounts but proc" '.mounts |= map(select(.type == "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)' run
variant "no domain of its own" '.hostname = "a" | .domainname = "b.c"' run
variant "personality" '.linux.personality = {domain: "LINUX32"}' run
