#!/bin/sh
# Makes a bundle of busybox and takes a container through its life. Usage: demo.sh VELOCI
set -eu
veloci=$(realpath "$1")
if [ "$(id -u)" != 0 ]; then
    echo "the demo makes namespaces and control groups: run it as root (sudo make demo)" >&2
    exit 1
fi
work=$(mktemp -d)
id=veloci-demo-$$
export XDG_RUNTIME_DIR="$work"
run() {
    echo
    echo "\$ veloci $*"
    "$veloci" --root "$work/state" "$@"
}
trap '"$veloci" --root "$work/state" delete --force "$id" || true; rm -rf "$work"' EXIT

mkdir -p "$work/bundle/rootfs/bin"
cp /bin/busybox "$work/bundle/rootfs/bin/"
for name in sh echo hostname id ps; do ln -s busybox "$work/bundle/rootfs/bin/$name"; done
cd "$work/bundle"
"$veloci" spec
sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sh", "-c", "echo hello from $(hostname), I am process $$"/' config.json

run plan
run create "$id"
run state "$id"
echo
run start "$id"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$veloci" --root "$work/state" state "$id" | grep -q '"stopped"' && break
    sleep 0.1
done
run kill --all "$id" KILL
run delete "$id"
run list
left=$(find /sys/fs/cgroup -name "$id" 2>/dev/null; grep -l "$id" /proc/[0-9]*/mountinfo 2>/dev/null || true)
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
echo
echo "Nothing is left: no process, mount, control group or file."
