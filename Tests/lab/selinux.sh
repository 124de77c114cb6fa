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
# what the policy makes of it: files of the container's categories, and no others. No domain changes without new privileges
check "bundle with files" bundle files "$labels | .process.noNewPrivileges = false | .process.args = [\"sh\", \"-c\", \"cat /own; cat /foreign 2>/dev/null || echo refused\"]"
enforced() {
    local end=0; echo own >"$work/files/rootfs/own"; echo foreign >"$work/files/rootfs/foreign"
    chcon -R "$file:c1,c2" "$work/files/rootfs" && chcon "$file:c3" "$work/files/rootfs/foreign" || return
    setenforce 1; expect "own refused " said || end=$?; setenforce 0; return $end
}
said() { "$RUNTIME" run --bundle "$work/files" files | tr '\n' ' '; }
check "enforced: the container reads its own files alone" enforced
check "nothing is left" expect "" "$RUNTIME" list -q
