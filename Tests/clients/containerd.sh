#!/bin/bash
# containerd.sh: containerd's "ctr run" over the runtime, through containerd-shim-runc-v2, with a containerd daemon of its own.
. "$(dirname "$0")/library.sh"
need containerd:containerd ctr:containerd busybox:busybox-static tar:tar jq:jq
busybox_tree "$work/tree"
mkdir -p "$work/containerd"
cat >"$work/config.toml" <<C
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$work/containerd/socket"
[ttrpc]
  address = "$work/containerd/ttrpc"
C
ctr_() { ctr --address "$work/containerd/socket" --namespace "vc$$" "$@"; }
# an image in the layout of the OCI image specification, made by hand: one layer, one configuration, one manifest
image_archive() {
    local layout=$work/layout layer configuration manifest
    mkdir -p "$layout/blobs/sha256"
    blob() { local sum; sum=$(sha256sum "$1" | cut -d' ' -f1); cp "$1" "$layout/blobs/sha256/$sum"; echo "$sum"; }
    descriptor() { jq -nc --arg type "$1" --arg sum "sha256:$2" --argjson size "$(stat -c %s "$layout/blobs/sha256/$2")" '{mediaType: $type, digest: $sum, size: $size}'; }
    tar cf "$work/layer" --numeric-owner -C "$work/tree" . && layer=$(blob "$work/layer")
    jq -nc --arg layer "sha256:$layer" '{architecture: "amd64", os: "linux", config: {Env: ["PATH=/bin:/sbin"], Cmd: ["sh"]}, rootfs: {type: "layers", diff_ids: [$layer]}}' >"$work/configuration"
    configuration=$(blob "$work/configuration")
    jq -nc --argjson c "$(descriptor application/vnd.oci.image.config.v1+json "$configuration")" --argjson l "$(descriptor application/vnd.oci.image.layer.v1.tar "$layer")" \
        '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $c, layers: [$l]}' >"$work/manifest"
    manifest=$(blob "$work/manifest")
    jq -nc --argjson m "$(descriptor application/vnd.oci.image.manifest.v1+json "$manifest")" \
        '{schemaVersion: 2, manifests: [$m + {annotations: {"io.containerd.image.name": "localhost/busybox:latest"}, platform: {architecture: "amd64", os: "linux"}}]}' >"$layout/index.json"
    echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
    tar cf "$work/image.tar" -C "$layout" .
}
image=localhost/busybox:latest
containerd --config "$work/config.toml" --log-level warn >"$work/log/containerd" 2>&1 & daemon=$!
before_clean_up() {
    local task
    for task in $(ctr_ task ls -q); do ctr_ task kill -s KILL "$task"; done; sleep 0.5
    for task in $(ctr_ task ls -q); do ctr_ task rm -f "$task"; done
    for task in $(ctr_ container ls -q); do ctr_ container rm "$task"; done
    kill "$daemon"; wait "$daemon"
}
necessary "containerd answers" eventually ctr_ version
necessary "make an image" image_archive
necessary "import it" ctr_ image import "$work/image.tar"
group() { echo "/$parent/$1"; }
run() { local id=$1; shift; ctr_ run --rm --runc-binary "$RUNTIME" --cgroup "$(group "$id")" "$image" "$id" "$@"; }
necessary "run true" run a1 true
# ctr itself loses the output of what ends at once, with every runtime: it cancels what it has not opened yet
check "run prints" expect hello run a2 sh -c 'echo hello; sleep 0.5'
check "exit status 7" status 7 run a3 sh -c 'exit 7'
check "death by a signal" status 137 run a4 sh -c 'sh -c "kill -9 \$\$"; exit $?'
check "a missing program is an error" status 1 run a5 /no/such/program
input() { echo fed | run a6 sh -c 'head -n 1; sleep 0.5'; }
check "standard input" expect fed input
options() { local id=$1; shift; ctr_ run --rm --runc-binary "$RUNTIME" --cgroup "$(group "$id")" "$@"; }
check "environment and directory" expect "/tmp v" options a7 --env X=v --cwd /tmp "$image" a7 sh -c 'echo $(pwd) $X; sleep 0.5'
check "read-only root" status 1 options a9 --read-only "$image" a9 touch /file
bind() { mkdir -p "$work/shared" && echo there >"$work/shared/file" && options b1 --mount "type=bind,src=$work/shared,dst=/data,options=rbind:ro" "$image" b1 sh -c 'cat /data/file; sleep 0.5'; }
check "bind mount" expect there bind
check "privileged" matches '00000[13]f' options b2 --privileged "$image" b2 sh -c 'grep CapEff /proc/self/status; sleep 0.5'
check "host network" options b3 --net-host "$image" b3 test -d /sys/class/net/lo
check "seccomp" matches 'Seccomp:.2' options b4 --seccomp "$image" b4 sh -c 'grep Seccomp: /proc/self/status; sleep 0.5'
terminal() {
    printf '#!/bin/sh\nexec ctr --address %q --namespace %q run --rm --runc-binary %q --cgroup %q --tty %q b6 sh -c "tty; sleep 0.5"\n' "$work/containerd/socket" "vc$$" "$RUNTIME" "$(group b6)" "$image" >"$work/terminal"
    chmod +x "$work/terminal"; script -qec "$work/terminal" /dev/null; }
check "terminal" matches '/dev/(pts|console)' terminal
check "run detached" ctr_ run -d --memory-limit 67108864 --runc-binary "$RUNTIME" --cgroup "$(group life)" "$image" life sleep 1000
check "it runs" matches 'life +[0-9]+ +RUNNING' ctr_ task ls
limit_of() { cat "/sys/fs/cgroup/memory$(group life)/memory.limit_in_bytes" "/sys/fs/cgroup$(group life)/memory.max" 2>/dev/null; [ $? -le 1 ]; }
check "memory limit" expect 67108864 limit_of
check "exec" expect executed ctr_ task exec --exec-id e1 life echo executed
check "exec status" status 9 ctr_ task exec --exec-id e2 life sh -c 'exit 9'
check "exec of a missing program" status 1 ctr_ task exec --exec-id e3 life /no/such/program
check "exec as a user" expect 1000 ctr_ task exec --exec-id e4 --user 1000 life id -u
check "process list" matches '[0-9]+' ctr_ task ps life
check "pause" ctr_ task pause life
check "it is paused" matches 'life +[0-9]+ +PAUSED' ctr_ task ls
check "resume" ctr_ task resume life
check "metrics" matches 'memory' ctr_ task metrics life
check "kill" ctr_ task kill -s KILL life
check "it is stopped" eventually matches 'life +[0-9]+ +STOPPED' ctr_ task ls
check "task delete" ctr_ task rm life
check "container delete" ctr_ container rm life
many() { local n jobs=(); for n in 1 2 3 4; do run "m$n" sh -c "exit $n" & jobs[n]=$!; done
    for n in 1 2 3 4; do local end=0; wait "${jobs[n]}" || end=$?; [ $end = $n ] || { echo "container $n ended with $end"; return 1; }; done; }
check "four at a time" many
check "no task is left" expect "" ctr_ task ls -q
no_shim() { ! pgrep -f "containerd-shim.* -namespace vc$$ "; }
check "the shims are gone" eventually no_shim
check "no cgroup with a process is left" expect "" bash -c "find /sys/fs/cgroup -path '*/$parent/*' -name cgroup.procs -exec cat {} + 2>/dev/null"

# --- checkpoint. CRIU makes again the control groups that it saw: nothing else should run beside it
if criu check >/dev/null 2>&1; then
    counting() { { ctr_ task kill -s KILL counts; sleep 0.5; ctr_ task rm -f counts; ctr_ container rm counts; } >/dev/null 2>&1; mkdir -p "$work/out"; : >"$work/out/count"
        ctr_ run -d --mount "type=bind,src=$work/out,dst=/out,options=rbind" --runc-binary "$RUNTIME" --cgroup "$(group counts)" "$image" counts sh -c 'i=0; while :; do i=$((i + 1)); echo $i >>/out/count; sleep 0.1; done' </dev/null >/dev/null && eventually test -s "$work/out/count"; }
    number() { tail -n 1 "$work/out/count"; }
    further() { local before=$1; sleep 1; [ "$(number)" -gt "$before" ] && [ "$(number)" -lt $((before + 300)) ] || { echo "$before before, $(number) after"; return 1; }; }
    images() { counting && ctr_ task checkpoint --image-path "$work/images" counts && ls "$work/images"/core-*.img && further "$(number)"; }
    check "task checkpoint writes images, and the task goes on" images
    stored() { local before; counting && ctr_ container checkpoint --task --rw --image counts localhost/checkpoint && ctr_ task kill -s KILL counts && sleep 0.5 && { ctr_ task rm -f counts; ctr_ container rm counts; } && before=$(number) && ctr_ container restore --rw --live counts localhost/checkpoint </dev/null >/dev/null && further "$before"; }
    check "container checkpoint, container restore --live" stored
else skip "task checkpoint" "criu does not work here"; fi
