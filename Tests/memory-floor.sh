#!/bin/bash
# memory-floor.sh [RUNTIME]...: the lowest memory limit with which a container starts and prints, for each runtime, as a table.
# Needs root, busybox (a static one) and a memory controller: version 1 where it is mounted, else version 2. On version 2:
#   lab/mini.sh -d Tests -p .build/embedded/release/veloci -p /usr/sbin/runc -p /usr/bin/crun -p /bin/bash -- env TRIES=1 bash /memory-floor.sh
# A limit counts as working when TRIES runs in a row (default 3) print; limits are searched in pages between 0 and 32 MiB.
set -u
tries=${TRIES:-3} ceiling=${CEILING:-8192} page=$(getconf PAGESIZE 2>/dev/null || echo 4096)
[ "$(id -u)" = 0 ] || { echo "memory-floor.sh: needs root to limit memory; run it with sudo" >&2; exit 1; }
busybox=$(command -v busybox) || { echo "memory-floor.sh: busybox is missing: apt-get install busybox-static" >&2; exit 1; }
[ $# -gt 0 ] || set -- "${RUNTIME:-veloci}" runc crun
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bundle/rootfs/bin" "$work/state"
cp -L "$busybox" "$work/bundle/rootfs/bin/busybox"
version=1; grep -q ' cgroup .*[ ,]memory' /proc/mounts || version=2

# configuration LIMIT: the same few lines for every runtime
configuration() {
    cat >"$work/bundle/config.json" <<C
{"ociVersion": "1.0.2", "root": {"path": "rootfs"},
 "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["/bin/busybox", "echo", "small"], "env": ["PATH=/bin"]},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
 "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}],
           "cgroupsPath": "/memory-floor-$$", "resources": {"memory": {"limit": $1}}}}
C
}

works() {
    local runtime=$1 pages=$2 try output
    configuration $((pages * page))
    for ((try = 0; try < tries; try++)); do
        output=$(timeout 20 "$runtime" --root "$work/state" run --bundle "$work/bundle" "floor$$" 2>"$work/error" </dev/null)
        [ "$output" = small ] && continue
        timeout 20 "$runtime" --root "$work/state" delete --force "floor$$" >/dev/null 2>&1
        return 1
    done
}

printf '| runtime | lowest working limit, cgroup v%s | 1 MiB |\n| --- | ---: | --- |\n' $version
end=0
for runtime; do
    name=$(basename "$runtime")
    if ! command -v "$runtime" >/dev/null; then echo "| $name | not installed | |"; continue; fi
    if ! works "$runtime" "$ceiling"; then
        echo "| $name | does not run: $(tail -n 1 "$work/error" | tr '|' ' ' | cut -c 1-100) | |"; end=1; continue
    fi
    low=0 high=$ceiling  # low fails (0 means no limit), high works
    while [ $((high - low)) -gt 1 ]; do
        middle=$(((low + high) / 2))
        if works "$runtime" $middle; then high=$middle; else low=$middle; fi
    done
    small=no; works "$runtime" $((1048576 / page)) && small=yes
    echo "| $name | $((high * page / 1024)) KiB | $small |"
    # What this project promises: 1 MiB is enough.
    if [ "$name" = veloci ] && [ $small = no ]; then end=1; fi
done
exit $end
