#!/bin/bash
# shellcheck disable=SC2015,SC2016
# containerd-cri.sh: the CRI's CheckpointContainer with containerd 2, and what an archive of it becomes again in a pod. Debian 12 has an
# older one: CONTAINERD names the folder of containerd and its shim (default: those of PATH), CRICTL the client. They were built of
# containerd 2.3.4 (CGO_ENABLED=0 go build ./cmd/containerd ./cmd/containerd-shim-runc-v2) and cri-tools 1.36.0.
. "$(dirname "$0")/alone.sh"
if [ -d /sys/fs/cgroup/unified ]; then mount -t tmpfs -o mode=755 none /sys/fs/cgroup/unified || exit 125; fi
LIMIT=${LIMIT:-120}
. "$(dirname "$0")/library.sh"
need busybox:busybox-static tar:tar jq:jq gcc:gcc python3:python3-minimal ip:iproute2
ip link set lo up
PATH=${CONTAINERD:+$CONTAINERD:}$PATH
crictl=$(command -v "${CRICTL:-crictl}") && [[ $(containerd --version 2>/dev/null) =~ \ v?2\. ]] || { skip "containerd's CRI" "not installed: containerd 2 and crictl"; exit; }
criu check >/dev/null 2>&1 || { skip "containerd's CRI" "criu does not work here"; exit; }

# --- images, from this machine
busybox_tree "$work/tree"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .
mkdir -p "$work/images" "$work/registries/127.0.0.1:5000"
printf '#include <unistd.h>\n#include <signal.h>\nstatic void end(int s) { _exit(0); }\nint main(void) { signal(SIGTERM, end); for (;;) pause(); }\n' >"$work/pause.c"
necessary "a program that waits" gcc -O2 -static -o "$work/images/pause" "$work/pause.c"
printf 'pause:1\t-\t["/pause"]\tpause\nbusybox:1\t-\t["sh"]\n' >"$work/images/table"
python3 "$repository/Tests/critest/registry.py" "$work/tree.tar" "$work/images/table" & registry=$!
printf 'server = "http://127.0.0.1:5000"\n[host."http://127.0.0.1:5000"]\n  capabilities = ["pull", "resolve"]\n' >"$work/registries/127.0.0.1:5000/hosts.toml"
necessary "images" eventually busybox wget -qO /dev/null http://127.0.0.1:5000/v2/

# --- containerd
cat >"$work/config.toml" <<C
version = 3
root = "$work/root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.nri.v1.nri"]
[grpc]
  address = "/run/containerd.socket"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "127.0.0.1:5000/pause:1"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "$work/registries"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  enable_experimental_restore_via_create = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "tested"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.tested]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.tested.options]
        BinaryName = "$RUNTIME"
C
containerd --config "$work/config.toml" --log-level info >"$work/log/containerd" 2>&1 & daemon=$!
ctl() { "$crictl" --config "$work/crictl.yaml" -t 60s "$@"; }
printf 'runtime-endpoint: unix:///run/containerd.socket\nimage-endpoint: unix:///run/containerd.socket\n' >"$work/crictl.yaml"
before_clean_up() { ctl rmp --all --force; kill "$daemon" "$registry"; wait "$daemon" "$registry"; find "/sys/fs/cgroup" -depth -type d -path "*/$parent*" -exec rmdir {} +; }
necessary "containerd answers" eventually ctl version
necessary "an image" ctl pull 127.0.0.1:5000/busybox:1
# the network of the host, which is this test's alone: no plug-ins
context='{security_context: {namespace_options: {network: 2, pid: 1}}}'
jq -n --arg parent "/$parent" --arg logs "$work/pods" "{metadata: {name: \"pod\", namespace: \"tests\", uid: \"1\", attempt: 1}, log_directory: \$logs, linux: ($context + {cgroup_parent: \$parent})}" >"$work/pod.json"
count='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'
jq -n --arg count "$count" "{metadata: {name: \"count\"}, image: {image: \"127.0.0.1:5000/busybox:1\"}, command: [\"sh\", \"-c\", \$count], log_path: \"count.log\", linux: $context}" >"$work/count.json"
last() { ctl logs "$(cat "$work/id")" 2>/dev/null | tail -n 1; }
beyond() { [ "$(last)" -gt "$1" ]; }
further() { local now; now=$(last) && eventually beyond "$now"; }
pod() { ctl runp "$work/pod.json" >"$work/pod"; }
begin() { ctl create "$(cat "$work/pod")" "$1" "$work/pod.json" >"$work/id" && ctl start "$(cat "$work/id")"; }
away() { ctl stop -t 1 "$(cat "$work/id")" && ctl rm "$(cat "$work/id")"; }
necessary "a pod" pod
check "a container that counts" eval 'begin "$work/count.json" && eventually beyond 3'
dump() { ctl checkpoint --export "$work/count.tar" "$(cat "$work/id")" && tar tf "$work/count.tar" | grep -c 'checkpoint/core-.*img'; }
check "checkpoint writes an archive" dump
check "and the container goes on" further
check "it is removed" eval 'last >"$work/before" && away'
jq --arg image "$work/count.tar" '.image.image = $image | .metadata.name = "back"' "$work/count.json" >"$work/back.json"
check "a container of the archive" begin "$work/back.json"
check "it counts on" eval 'eventually beyond "$(cat "$work/before")" && further && ctl exec -s "$(cat "$work/id")" true'
check "stop and rm of it" away
check "the pod stops, and is removed" eval 'ctl stopp "$(cat "$work/pod")" && ctl rmp "$(cat "$work/pod")"'
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
