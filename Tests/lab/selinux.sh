#!/bin/bash
# Runs in the full lab with SELinux and Debian's policy, as root: process.selinuxLabel and linux.mountLabel.
. "$(dirname "$0")/library.sh"
necessary "SELinux is on" matches '^[01]$' cat /sys/fs/selinux/enforce
label=system_u:system_r:container_t:s0:c1,c2 file=system_u:object_r:container_file_t:s0
labels=".process.selinuxLabel = \"$label\" | .linux.mountLabel = \"$file:c1,c2\""
check "bundle" bundle labelled "$labels | .process.args = [\"cat\", \"/proc/self/attr/current\"]"
labelled() { "$RUNTIME" run --bundle "$work/labelled" labelled | tr -d '\0'; }
check "the process has its label" expect "$label" labelled
check "bundle that shows mounts" bundle mounts "$labels | .process.args = [\"cat\", \"/proc/self/mountinfo\"]"
mounts_are_labelled() {
    local place; "$RUNTIME" run --bundle "$work/mounts" mounts >"$work/mountinfo" || return
    for place in /dev /dev/pts /dev/shm; do
        grep " $place " "$work/mountinfo" | grep -F "context=\"$file:c1,c2\"" || { echo "no context on $place:"; grep " $place " "$work/mountinfo"; return 1; }; done
}
check "mounts of memory have the mount label" mounts_are_labelled
check "bundle that stays" bundle stays "$labels | $sleeper"
exec_label() { "$RUNTIME" run -d --bundle "$work/stays" stays </dev/null >/dev/null && "$RUNTIME" exec "$@" stays cat /proc/self/attr/current | tr -d '\0'; local end=$?; "$RUNTIME" delete -f stays; return $end; }
check "exec has the container's label" expect "$label" exec_label
check "exec with a label of its own" expect "${label%,c2}" exec_label --process-label "${label%,c2}"
check "bundle with a label that the policy does not know" bundle unknown '.process.selinuxLabel = "no_u:such_r:label_t:s0" | .process.args = ["true"]'
check "an unknown label is refused by name" refusal 'no_u:such_r:label_t:s0' "$RUNTIME" run --bundle "$work/unknown" unknown
# what the policy makes of it: files of the container's categories, and no others. The policy is not enforced here, since it would
# also keep this test, which no domain is made for, from being a runtime; what it refuses is in the kernel's log
check "bundle with files" bundle files "$labels | .process.args = [\"cat\", \"/own\", \"/foreign\"]"
# without a daemon that listens, the kernel logs only a few refusals in five seconds
echo 0 >/proc/sys/kernel/printk_ratelimit
judged() {
    echo own >"$work/files/rootfs/own"; echo foreign >"$work/files/rootfs/foreign"
    chcon -R "$file:c1,c2" "$work/files/rootfs" && chcon "$file:c3" "$work/files/rootfs/foreign" && dmesg -C || return
    "$RUNTIME" run --bundle "$work/files" files; dmesg | grep 'avc: *denied' >"$work/denied" || true
    cat "$work/denied"
    grep 'name="foreign"' "$work/denied" | grep -q "scontext=$label " && ! grep -q 'name="own"' "$work/denied"
}
check "the policy lets the container read its own files alone" judged
check "nothing is left" expect "" "$RUNTIME" list -q
