# shellcheck shell=bash
# Settings of podman and buildah for one test: storage, state, cgroups and limits of its own; the machine's are not touched. Sourced.
cat >"$work/containers.conf" <<C
[containers]
# a host may refuse the limits that podman asks for by default: its own hard limit of open files, no CAP_SYS_RESOURCE
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
pids_limit = 0
[engine]
cgroup_manager = "$manager"
events_logger = "file"
lock_type = "file"
C
export CONTAINERS_CONF=$work/containers.conf
printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$work/policy.json"
# overlay where the file system of $work can carry it
storage_driver=vfs
mkdir -p "$work/try/lower" "$work/try/upper" "$work/try/work" "$work/try/merged"
if mount -t overlay overlay -o "lowerdir=$work/try/lower,upperdir=$work/try/upper,workdir=$work/try/work" "$work/try/merged" 2>/dev/null; then
    umount "$work/try/merged"; storage_driver=overlay
fi
podman_with() {
    local runtime=$1; shift
    podman --root "$work/storage" --runroot "$work/run" --tmpdir "$work/tmp" --storage-driver $storage_driver --cgroup-manager $manager \
        --events-backend file --runtime "$runtime" "$@"
}
podman_() { podman_with "$RUNTIME" "$@"; }
# what every "run" and "create" needs here
place=(--cgroup-parent "$client_parent" --network none)
