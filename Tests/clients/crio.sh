#!/bin/bash
# crio.sh: CRI-O over the runtime, a pod and a container by crictl; with docs/examples/crio.conf. Debian 12 has neither: CRIO, PINNS and
# CRICTL name them (default: those of PATH). They were built of CRI-O 1.36.3 (go build -mod=vendor -tags "containers_image_ostree_stub
# exclude_graphdriver_btrfs containers_image_openpgp libsqlite3 seccomp apparmor" ./cmd/crio, make -C pinns) and cri-tools 1.32.0.
. "$(dirname "$0")/alone.sh"
if [ -d /sys/fs/cgroup/unified ]; then mount -t tmpfs -o mode=755 none /sys/fs/cgroup/unified || exit 125; fi
LIMIT=${LIMIT:-120}
. "$(dirname "$0")/library.sh"
need conmon:conmon busybox:busybox-static tar:tar jq:jq gcc:gcc python3:python3-minimal ip:iproute2 iptables:iptables
crio=$(command -v "${CRIO:-crio}") && pinns=$(command -v "${PINNS:-pinns}") && crictl=$(command -v "${CRICTL:-crictl}") || { skip "CRI-O" "not installed: crio pinns crictl"; exit; }
plugins=$(for folder in /usr/lib/cni /opt/cni/bin; do [ ! -x $folder/bridge ] || echo $folder; done | head -n 1)
ip link set lo up; [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || echo 1 >/proc/sys/net/ipv4/ip_forward

# --- images, from this machine
busybox_tree "$work/tree"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .
mkdir -p "$work/images" "$work/cni" "$work/settings"
printf '#include <unistd.h>\n#include <signal.h>\nstatic void end(int s) { _exit(0); }\nint main(void) { signal(SIGTERM, end); for (;;) pause(); }\n' >"$work/pause.c"
necessary "a program that waits" gcc -O2 -static -o "$work/images/pause" "$work/pause.c"
printf 'pause:1\t-\t["/pause"]\tpause\nbusybox:1\t-\t["sh"]\n' >"$work/images/table"
python3 "$repository/Tests/critest/registry.py" "$work/tree.tar" "$work/images/table" & registry=$!
printf '[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n' >"$work/registries.conf"
printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$work/policy.json"
# a policy of its own settings would have to know the images of archives too
[ -d /etc/containers ] || { skip "CRI-O" "there is no /etc/containers, which its libraries read: golang-github-containers-common has it"; exit; }
mount -t tmpfs none /etc/containers && cp "$work/registries.conf" "$work/policy.json" /etc/containers/ || exit 125
necessary "images" eventually busybox wget -qO /dev/null http://127.0.0.1:5000/v2/

# --- CRI-O; where root may not lower an out-of-memory score, which CRI-O always does, it stays
cat >"$work/runtime" <<W
#!/bin/bash
previous=; for word; do [ "\$previous" != --bundle ] || bundle=\$word; previous=\$word; done
if [ -n "\${bundle:-}" ] && ! (echo -998 >/proc/self/oom_score_adj) 2>/dev/null; then
    jq 'del(.process.oomScoreAdj)' "\$bundle/config.json" >"\$bundle/changed" && mv "\$bundle/changed" "\$bundle/config.json"
fi
exec $RUNTIME "\$@"
W
chmod 755 "$work/runtime"
sed "s,/usr/bin/veloci,$work/runtime,g; s,/run/veloci,$work/state,g" "$repository/docs/examples/crio.conf" >"$work/settings/10-veloci.conf"
printf '{"cniVersion":"0.4.0","name":"tests","plugins":[{"type":"bridge","bridge":"tests0","isGateway":true,"ipMasq":false,"ipam":{"type":"host-local","dataDir":"%s/addresses","ranges":[[{"subnet":"10.88.0.0/16"}]]}}]}\n' "$work" >"$work/cni/10.conflist"
cat >"$work/crio.conf" <<C
[crio]
root = "$work/root"
runroot = "/run/crio-storage"
storage_driver = "vfs"
log_dir = "$work/pods"
version_file = "/run/crio-version"
version_file_persist = "$work/version"
clean_shutdown_file = "$work/clean"
[crio.api]
listen = "/run/crio.socket"
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
pinns_path = "$pinns"
namespaces_dir = "/run/crio-namespaces"
container_exits_dir = "/run/crio-exits"
container_attach_socket_dir = "/run/crio-attach"
default_ulimits = ["nofile=1024:1024"]
apparmor_profile = "unconfined"
[crio.image]
pause_image = "127.0.0.1:5000/pause:1"
pause_command = "/pause"
[crio.network]
network_dir = "$work/cni"
plugin_dirs = ["$plugins"]
C
"$crio" --config "$work/crio.conf" --config-dir "$work/settings" --log-level info >"$work/log/crio" 2>&1 & daemon=$!
ctl() { "$crictl" --config "$work/crictl.yaml" -t 60s "$@"; }
printf 'runtime-endpoint: unix:///run/crio.socket\nimage-endpoint: unix:///run/crio.socket\n' >"$work/crictl.yaml"
before_clean_up() { ctl rmp --all --force; kill "$daemon" "$registry"; wait "$daemon" "$registry"; umount -l /etc/containers; find "/sys/fs/cgroup" -depth -type d -path "*/$parent*" -exec rmdir {} +; }
necessary "CRI-O answers" eventually ctl version
check "its runtime is veloci" eval 'ctl info | jq -e ".config.crio.DefaultRuntime == \"veloci\""'
necessary "an image" ctl pull 127.0.0.1:5000/busybox:1
jq -n --arg parent "/$parent" --arg logs "$work/pods" '{metadata: {name: "pod", namespace: "tests", uid: "1", attempt: 1}, log_directory: $logs, linux: {cgroup_parent: $parent, security_context: {namespace_options: {pid: 1}}}}' >"$work/pod.json"
jq -n '{metadata: {name: "box"}, image: {image: "127.0.0.1:5000/busybox:1"}, command: ["sh", "-c", "echo spoken; exec sleep 1000"], log_path: "box.log", linux: {security_context: {namespace_options: {pid: 1}}, resources: {memory_limit_in_bytes: 67108864}}}' >"$work/box.json"
pod() { ctl runp "$work/pod.json" >"$work/pod"; }
necessary "a pod" pod
box() { ctl create "$(cat "$work/pod")" "$work/box.json" "$work/pod.json" >"$work/box" && ctl start "$(cat "$work/box")"; }
necessary "a container in it" box
id=$(cat "$work/box") pod=$(cat "$work/pod")
check "it runs" matches CONTAINER_RUNNING ctl inspect "$id"
check "exec" expect executed ctl exec -s "$id" echo executed
check "exec's status" matches 'exited with 7|status 7' eval 'ctl exec -s "$id" sh -c "exit 7" 2>&1 || echo "status $?"'
check "what it writes" eventually expect spoken ctl logs "$id"
check "memory limit" eval '{ cat /sys/fs/cgroup/memory/$parent/*$id*/memory.limit_in_bytes /sys/fs/cgroup/$parent/*$id*/memory.max 2>/dev/null || true; } | grep -x 67108864'
check "its address" eval 'ctl inspectp "$pod" | jq -e ".status.network.ip | startswith(\"10.88.\")"'
check "statistics" matches "$(echo "$id" | cut -c1-13)" ctl stats
check "update" ctl update --memory 50000000 "$id"
# --- CheckpointContainer, and what an archive of it becomes again in a pod. CRIU makes again the control groups that it saw: nothing else should run beside it
if criu check >/dev/null 2>&1; then
    counts() { local count='i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'; jq --arg count "$count" '.metadata.name = "count" | .command = ["sh", "-c", $count] | .log_path = "count.log"' "$work/box.json" >"$work/count.json" && ctl create "$pod" "$work/count.json" "$work/pod.json" >"$work/count" && ctl start "$(cat "$work/count")" && eventually beyond "$(cat "$work/count")" 3; }
    last() { ctl logs "$1" 2>/dev/null | tail -n 1; }
    beyond() { [ "$(last "$1")" -gt "$2" ]; }
    further() { eventually beyond "$1" "$(last "$1")"; }
    check "a container that counts" counts
    dump() { ctl checkpoint --export "$work/count.tar" "$(cat "$work/count")" && tar tf "$work/count.tar" | grep -c 'checkpoint/core-.*img'; }
    check "checkpoint writes an archive" dump
    check "and the container goes on" eval 'further "$(cat "$work/count")"'
    before() { last "$(cat "$work/count")" >"$work/before" && ctl stop -t 1 "$(cat "$work/count")" && ctl rm "$(cat "$work/count")"; }
    check "it is removed" before
    back() { jq --arg image "$work/count.tar" '.image.image = $image' "$work/count.json" >"$work/back.json" && ctl create "$pod" "$work/back.json" "$work/pod.json" >"$work/count" && ctl start "$(cat "$work/count")"; }
    check "a container of the archive" back
    from() { local id; id=$(cat "$work/count"); eventually beyond "$id" "$(cat "$work/before")" && further "$id" && ctl logs "$id" | sort -ncu && ctl exec -s "$id" true; }
    check "it counts on" from
    check "stop and rm of it" eval 'ctl stop -t 1 "$(cat "$work/count")" && ctl rm "$(cat "$work/count")"'
else skip "checkpoint" "criu does not work here"; fi

check "stop" eval 'ctl stop -t 1 "$id" && matches CONTAINER_EXITED ctl inspect "$id"'
check "rm" ctl rm "$id"
check "the pod stops" ctl stopp "$pod"
check "and is removed" ctl rmp "$pod"
check "the runtime has forgotten all" expect "" bash -c "ls $work/state 2>/dev/null || true"
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"
