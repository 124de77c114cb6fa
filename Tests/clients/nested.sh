#!/bin/bash
# nested.sh: the runtime inside a user namespace, as rootless engines call it, and called by a user without any privilege; at the end
# podman of such a user. RUNTIME=runc tests the tests (under unshare -n, for runc brings up devices that it finds).
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq unshare:util-linux setpriv:util-linux newuidmap:uidmap
busybox_tree "$work/bundle/rootfs"; root=$work/state; box=nested$$; mkdir "$root" "$work/user"; chown 12345:12345 "$work/user"
cp "$RUNTIME" "$work/$runtime_name"; chmod 755 "$work/$runtime_name"; RUNTIME=$work/$runtime_name
# who has no privilege: a user of whom this machine has never heard, with ids below his own where that is asked for
as_user() { setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$work/user" XDG_RUNTIME_DIR="$work/user" "$@"; }
# plain FILTER: the configuration that everybody may have: gid 5 of terminals is not mapped
(cd "$work" && "$RUNTIME" spec) || { echo "Bail out! no config.json"; exit 1; }
configure() { jq '.process.terminal = false | .root.readonly = false | (.mounts[] | select(.destination == "/dev/pts") .options) |= map(select(startswith("gid=") | not))' \
    "$work/config.json" | jq "${1:-.}" | jq '.process.args = ["sh", "-c", $words]' --arg words "${2:-:}" >"$work/bundle/config.json"; }

# a user namespace that maps every id to itself, as newer systemd makes them for services: its root is not the host's
identity() {
    local child; rm -f "$work/go"; mkfifo "$work/go"
    unshare -U -m bash -c 'read -r _ <"$0"; exec "$@"' "$work/go" "$@" & child=$!
    eventually elsewhere $child; echo '0 0 4294967295' >/proc/$child/uid_map; echo '0 0 4294967295' >/proc/$child/gid_map
    echo >"$work/go"; wait $child
}
elsewhere() { [ "$(readlink /proc/self/ns/user)" != "$(readlink "/proc/$1/ns/user")" ]; }
inside() { unshare -U -r -m -C "$@"; }
without_mounts() { unshare -U -r "$@"; }
user_inside() { as_user unshare -U -r -m "$@"; }
user_without_mounts() { as_user unshare -U -r "$@"; }
twice() { unshare -U -r -m unshare -U -r -m "$@"; }

devices='for node in null zero full random urandom tty; do [ -c /dev/$node ] || echo "$node"; done; echo words >/dev/null && head -c 3 /dev/zero | od -An -c | tr -d " \n"'
life() { local state=$1; shift; "$@" bash -ec 'runtime() { "$0" --root "'"$state"'" "$@"; };
    runtime create --bundle "'"$work/bundle"'" '"$box"' </dev/null >/dev/null; runtime start '"$box"'; runtime exec '"$box"' sh -c "id -u; [ -c /dev/null ] && echo again"
    runtime delete --force '"$box"'; runtime list -q' "$RUNTIME" | tr '\n' ' '; }
for way in inside without_mounts identity twice user_inside user_without_mounts; do
    state=$root; case $way in user*) state=$work/user/state;; esac
    run() { $way "$RUNTIME" --root "$state" run --bundle "$work/bundle" "$box"; }
    configure . "$devices"
    check "devices ($way)" expect '\0\0\0' run
    configure '.linux.maskedPaths = ["/etc/passwd", "/usr"] | .linux.readonlyPaths = ["/etc/group"]' 'cat /etc/passwd; ls /usr; echo x 2>/dev/null >/etc/group || echo hidden'
    check "hidden paths ($way)" expect hidden run
    configure '.linux.devices = [{path: "/dev/fifo", type: "p"}, {path: "/dev/other", type: "c", major: 1, minor: 3}] | .linux.devices[1].path = "/dev/null"' '[ -p /dev/fifo ] && [ -c /dev/null ] && echo both'
    check "devices of the configuration ($way)" expect both run
    configure '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "20"}' 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
    check "sysctl ($way)" expect 20 run
    configure '.linux.namespaces |= map(select(.type != "cgroup")) | (.mounts[] | select(.destination == "/sys/fs/cgroup") .options) |= map(select(. != "ro"))' \
        'for place in /sys/fs/cgroup/* /sys/fs/cgroup; do [ -e $place/cgroup.procs ] || continue; echo seen; mkdir $place/made 2>/dev/null && rmdir $place/made && echo "written: $place"; done | sort -u'
    case $way in user*) check "control groups are seen and not written ($way)" expect seen run;; *) check "control groups ($way)" matches ^seen run;; esac
    configure '.linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique_by(.type)' 'echo seen'
    check "a control group namespace ($way)" expect seen run
    configure '.mounts += [{destination: "/data", type: "bind", source: "/etc", options: ["rbind", "ro"]}, {destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=1m"]}]' '[ -e /data/hostname ] && touch /scratch/file && echo mounted'
    check "mounts ($way)" expect mounted run
    configure . 'sleep 1000'
    check "create, start, exec and delete ($way)" expect '0 again ' life "$state" $way
done

# --- a user who makes the namespace with the container
rootless() { configure "$1" "$2"; as_user "$RUNTIME" --root "$work/user/state" run --bundle "$work/bundle" rootless; }
own='.linux.namespaces += [{type: "user"}] | .linux.namespaces |= map(select(.type != "network" and .type != "cgroup")) | .linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}]
    | .linux.gidMappings = .linux.uidMappings | del(.linux.resources) | .mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)'
check "a user's own namespace" expect '\0\0\0' rootless "$own" "$devices"
check "that maps nobody to root" expect '12345 words' rootless "${own/containerID: 0/containerID: 12345} | .process.user = {uid: 12345, gid: 12345} | .process.cwd = \"/tmp/made\"" 'echo $(id -u) $(echo words >/tmp/made/file; cat /tmp/made/file)'
see='[ -e /sys/fs/cgroup/cgroup.procs ] || ls /sys/fs/cgroup | head -1 | grep -q . && echo seen'
check "with the control groups of its caller" expect seen rootless "$own | .mounts |= map(if .destination == \"/sys/fs/cgroup\" then {destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"nosuid\", \"ro\"]} else . end)" "$see"
if [ "$runtime_name" = veloci ]; then
    disabled() { configure . "$see"; "$RUNTIME" --root "$root" --cgroup-manager disabled run --bundle "$work/bundle" "$box"; }
    check "root without a group of its own sees those of its caller" expect seen disabled
fi

# --- podman of a user, who has ids of his own only as far as the files of this namespace say
if ! command -v podman >/dev/null || ! command -v conmon >/dev/null; then skip "rootless podman" "not installed: podman conmon"; else
    tar cf "$work/tree.tar" -C "$work/bundle/rootfs" .; chmod 644 "$work/tree.tar"; mkdir -p "$work/user/run"; chown 12345 "$work/user/run"
    printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$work/policy.json"
    { cat /etc/passwd; echo "nested:x:12345:12345::$work/user:/bin/sh"; } >"$work/passwd"
    { cat /etc/group; echo "nested:x:12345:"; } >"$work/group"; echo "nested:100000:65536" >"$work/ids"
    podman_() {
        unshare --mount --propagation private bash -ec 'for pair in passwd:passwd group:group ids:subuid ids:subgid; do touch "/etc/${pair#*:}"; mount --bind "$0/${pair%:*}" "/etc/${pair#*:}"; done
            cd "$0/user"; exec setpriv --reuid 12345 --regid 12345 --clear-groups env -i HOME="$0/user" XDG_RUNTIME_DIR="$0/user/run" VELOCI_CLIENT_TEST="$0" PATH="$PATH" "$@"' \
            "$work" podman --storage-driver vfs --cgroup-manager cgroupfs --events-backend file --runtime "$RUNTIME" "$@"
    }
    place=(--network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096)
    before_clean_up() { podman_ rm -a -f -t 0; podman_ unshare rm -rf "$work/user/.local" "$work/user/run"; }
    necessary "podman imports a tree" podman_ import --signature-policy "$work/policy.json" "$work/tree.tar" localhost/busybox
    run() { podman_ run --rm "${place[@]}" "$@"; }
    check "podman runs" expect 'hello 0' run localhost/busybox sh -c 'echo hello $(id -u)'
    check "with its devices" expect '\0\0\0' run localhost/busybox sh -c "$devices"
    check "as another user" expect 1000 run --user 1000 localhost/busybox id -u
    check "with the user's own id" expect 12345 run --userns keep-id localhost/busybox id -u
    check "read-only" status 1 run --read-only localhost/busybox touch /file
    check "read-only without a tmpfs" expect yes run --read-only --read-only-tmpfs=false localhost/busybox sh -c '[ -c /dev/null ] && echo yes'
    check "with the host's control groups" expect yes run --cgroupns host localhost/busybox echo yes
    check "with its own" expect yes run --cgroupns private localhost/busybox echo yes
    check "with a tmpfs and a volume" expect yes run --tmpfs /scratch -v "$work/passwd:/volume:ro" localhost/busybox sh -c 'touch /scratch/file && grep -q nested /volume && echo yes'
    background() { podman_ run -d --name box "${place[@]}" localhost/busybox sleep 1000; }
    check "in the background" background
    check "podman exec" expect 0 podman_ exec box id -u
    check "podman stop" podman_ stop -t 1 box
    check "podman start" podman_ start box
    check "podman rm" podman_ rm -f -t 0 box
fi
